"""What tells of a process that something waits for whether it may be the service: who asks it, how often, for what."""

from __future__ import annotations

from itertools import pairwise, takewhile

from stopcheck.boot.bodies.program import Program, is_answered
from stopcheck.boot.shell.frames import (
    AndOrRest,
    CallEnd,
    Foreground,
    ForRest,
    IfRest,
    Items,
    LoopBody,
    Reading,
    Standing,
    TrapEnd,
    Waiting,
)
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.syntax.shell.tree import Parameter, SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process, World


def waits_for_any(process: Process) -> bool:
    """Whether a shell waits until somebody opens a FIFO, or reads for so long: any end may be what it waits for."""
    blocked = process.body.blocked if isinstance(process.body, Shell) else None
    return (isinstance(blocked, Standing) and blocked.pipe != 0) or isinstance(blocked, Reading)


def is_asked(world: World, leaf: Process) -> bool:
    """Whether its status or what it prints is an answer (`if app check; …`, `app check | grep -q ok`).

    Nobody asks a service that: a loop asks it to start it anew (`until app; do sleep 1; done`), and where nothing
    follows an `if`, that is how its failure is told.
    """
    if is_substituted(world, leaf):
        return True
    shell = shell_of(world, leaf)
    if shell is None or not isinstance(shell.blocked, Foreground):
        return False
    if len(shell.blocked.pids) > 1 and is_answered(world.processes[shell.blocked.pids[-1]]):
        return True
    frames = list(takewhile(lambda frame: not isinstance(frame, CallEnd), reversed(shell.frames)))
    if any(isinstance(frame, LoopBody) for frame in frames) and isinstance(frames[0], AndOrRest) and _leaves(frames[0]):
        return True
    return any(
        isinstance(frame, IfRest) and isinstance(below, Items) and below.index < len(below.node.items)
        for frame, below in pairwise(frames)
    )


def _leaves(frame: AndOrRest) -> bool:
    """Whether its failure is what a loop is left for: `app status || exit`."""
    operator, pipeline = frame.node.rest[frame.index]
    command = pipeline.commands[0]
    name = command.words[0].literal if isinstance(command, SimpleCommand) and command.words else None
    return operator == "||" and name in {"exit", "break", "return"}


def is_substituted(world: World, leaf: Process) -> bool:
    """Whether what it prints is what a `$( … )` asks for."""
    for parent in above(world, leaf):
        blocked = parent.body.blocked if isinstance(parent.body, Shell) else None
        if isinstance(blocked, Foreground) and blocked.asked is not None and not leaf.job:
            return True
    return False


def is_asked_last(world: World, leaf: Process) -> bool:
    """Whether nobody does anything with what it prints: `x=$(app)` is all that is left of the script."""
    shells = [process.body for process in above(world, leaf) if isinstance(process.body, Shell)]
    return is_substituted(world, leaf) and all(len(shell.frames) <= 1 for shell in shells)


def above(world: World, leaf: Process) -> Iterator[Process]:
    """Its parent, the parent of that, and so on to PID 1."""
    process = world.processes.get(leaf.ppid)
    while process is not None:
        yield process
        process = world.processes.get(process.ppid) if process.pid != 1 else None


def is_in_loop(process: Process) -> bool:
    """Whether a shell is in the body of a loop."""
    return isinstance(process.body, Shell) and any(isinstance(frame, LoopBody) for frame in process.body.frames)


def shell_of(world: World, leaf: Process) -> Shell | None:
    """The shell that has started it."""
    parent = world.processes.get(leaf.ppid)
    return parent.body if parent is not None and isinstance(parent.body, Shell) else None


def in_turn(world: World, leaf: Process) -> bool:
    """Whether it is run once for each of several values of a `for`, so that it ends each time."""
    for process in above(world, leaf):
        shell = process.body
        loops = [frame for frame in shell.frames if isinstance(frame, ForRest)] if isinstance(shell, Shell) else []
        loops = [frame for frame in loops if _holds(frame, leaf)]
        rounds = any(not frame.once for frame in loops)
        if rounds and not _is_value(process, loops[-1], leaf) and not _is_all(loops[-1], leaf):
            return True
    return False


def in_trap(world: World, leaf: Process) -> bool:
    """Whether a trap runs it: that cleans up behind a service, or what was to be one. It may wait for that, too."""
    if leaf.job and world.processes[leaf.ppid].body is _waiting_shell(world, leaf):
        return False
    shells = (process.body for process in above(world, leaf) if isinstance(process.body, Shell))
    return any(isinstance(frame, TrapEnd) for shell in shells for frame in shell.frames)


def _waiting_shell(world: World, leaf: Process) -> Shell | None:
    """The shell that started a job before the trap that waits for it now."""
    shell = shell_of(world, leaf)
    trap = next((frame for frame in shell.frames if isinstance(frame, TrapEnd)), None) if shell is not None else None
    text = (
        shell.traps[trap.signal].body if shell is not None and trap is not None and trap.signal in shell.traps else None
    )
    if shell is None or text is None or leaf.origin is None or leaf.origin.source is text.span.source:
        return None
    return shell


def _holds(loop: ForRest, leaf: Process) -> bool:
    """Whether a `for` has started it: a job from before that it waits for is none of its rounds (`wait $pid`)."""
    start, whole = leaf.origin, loop.node.span
    return not leaf.job or start is None or start.source is not whole.source or whole.start <= start.start < whole.end


def _is_all(loop: ForRest, leaf: Process) -> bool:
    """Whether a `for` does nothing else, and does not tell it the value: it is started anew when it ends, then."""
    items = loop.node.body.items
    if len(items) != 1 or items[0].command.rest or items[0].background or leaf.origin is None:
        return False
    command = items[0].command.first.commands[0]
    return isinstance(command, SimpleCommand) and loop.node.variable not in command.span.text


def _is_value(process: Process, loop: ForRest, leaf: Process) -> bool:
    """Whether a script that the `for` names has become it by `exec`: every value starts something else."""
    blocked = process.body.blocked if isinstance(process.body, Shell) else None
    command = blocked.node if isinstance(blocked, Foreground) and leaf.pid in blocked.pids else None
    if not isinstance(command, SimpleCommand) or not command.words or leaf.origin is None:
        return False
    first = command.words[0].parts
    named = len(first) == 1 and isinstance(first[0], Parameter) and first[0].name == loop.node.variable
    return named and leaf.origin.source is not command.span.source


def is_standing(leaf: Process) -> bool:
    """Whether it goes on until somebody stops it: it is known, or supposed, to."""
    body = leaf.body
    if isinstance(body, Program):
        return not body.undecided and body.wakes() is None
    if isinstance(body, Shell):
        return isinstance(body.blocked, (Standing, Waiting, Foreground))
    return True
