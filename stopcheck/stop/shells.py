"""Why a shell does not pass a stop signal on: what it waits for, which trap it has, what that trap does."""

from __future__ import annotations

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import UNTOLD, Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.shell.frames import Foreground, LoopBody, LoopTest, Standing, TrapEnd, Waiting
from stopcheck.boot.shell.quiet import HARMLESS
from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.signals import signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.source import Span
from stopcheck.stop.cause import Cause
from stopcheck.stop.mains import in_job
from stopcheck.stop.mend import Mended, outlived
from stopcheck.stop.starts import of_long_trap, shell_rule
from stopcheck.syntax.shell.tree import ArithmeticFor, Parameter, Pipeline, SimpleCommand, Subshell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.shell.frames import Trap
    from stopcheck.boot.world import Event, Process, World
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped

IDLE = frozenset({"echo", "printf", ":", "true", "exit", "return", "log", "date"})
"""A trap of nothing else does no work: with `exec` it is not missed."""
STOPPING = ("TERM", "INT", "QUIT")
"""Signals that people trap in order to stop."""
SERVICES = UNTOLD | {"service"}
"""Roles of programs that may be what the container is there for."""
WORK = frozenset({"unknown", "short"})


def of_shell(
    assessment: Assessment, stopped: Stopped, above: tuple[Process, ...], process: Process, below: Process | None
) -> Iterator[Cause]:
    """The cause for which `below`, or the script itself, is not stopped well; none where this shell does its part."""
    shell = process.body
    assert isinstance(shell, Shell)
    mine = [event for event in stopped.world.events if event.pid == process.pid and event.seconds is not None]
    ran = [event for event in mine if event.kind == "trap"]
    crash = next((event for event in mine if event.kind == "crash"), None)
    if shell.packaged is not None:
        if above and isinstance(above[-1].body, Supervisor):
            yield Cause("supervisor-not-forwarding", process, process.origin, below)
        elif not _starts_anew(above, shell):
            yield Cause("forking-wrapper", process, process.origin, below)
    elif crash is not None:
        yield Cause("trap-recursion", process, crash.span, below, event=crash)
    elif ran and isinstance(shell.blocked, Foreground) and ran[0].signal == "EXIT" and idle(shell.traps.get("EXIT")):
        yield from _of_foreground(assessment, stopped, above, process, shell, shell.blocked, below)
    elif (late := of_long_trap(stopped, process, below)) is not None:
        yield late
    elif ran:
        yield from _of_trap(stopped, process, below, ran)
    elif isinstance(shell.blocked, Foreground):
        yield from _of_foreground(assessment, stopped, above, process, shell, shell.blocked, below)
    else:
        yield _of_no_trap(assessment, stopped, process, shell, below)


def _starts_anew(above: tuple[Process, ...], shell: Shell) -> bool:
    """Whether it would be PID 1 now, and is a script that asks for that: it may do otherwise then."""
    body = above[-1].body if above else None
    return isinstance(body, Mended) and body.replaced and shell.packaged is not None and "$$" in shell.packaged.script


# --- no trap has run -------------------------------------------------------------------------------


def _of_foreground(
    assessment: Assessment, stopped: Stopped, above: tuple[Process, ...], process: Process, shell: Shell,
    blocked: Foreground, below: Process | None,
) -> Iterator[Cause]:  # fmt: skip
    world, node = stopped.booted.world, blocked.node
    span, trap = node.span, shell.traps.get(assessment.signal)
    if below is not None and below.pid not in blocked.pids:
        if any(pid in stopped.mains for front in blocked.pids for pid in _leaves(world, front)):
            return  # the chain of that main has its own cause here; this one is looked at again without it
        fronts = [leaf for front in blocked.pids for leaf in world.awaited(front)]
        if any(isinstance(front.body, Supervisor) for front in fronts):
            yield Cause("abandoned-job", process, below.origin or span, below)
        else:
            keeps = _of_keepalive(assessment, stopped, process, shell, blocked, below)
            inner = world.processes[blocked.pids[-1]]
            if keeps.process.pid not in {process.pid, inner.pid} and isinstance(inner.body, Shell):
                yield from _of_foreground(assessment, stopped, above, process, shell, blocked, inner)
                if isinstance(inner.body.blocked, Foreground):
                    under = (*above, process)
                    yield from _of_foreground(assessment, stopped, under, inner, inner.body, inner.body.blocked, below)
                    return
            yield keeps
    elif below is None or (isinstance(below.body, Program) and below.body.row.role in {"keepalive", "timer"}):
        yield _of_keepalive(assessment, stopped, process, shell, blocked, below)
    elif process.pid != 1 and _is_part(above, process):
        return  # ( … ) and the parts of a pipeline go with the command that they are part of
    elif trap is None and _works(shell.traps.get("EXIT")):
        yield Cause("exit-trap-not-run", process, shell.traps["EXIT"].span, below, node)
    elif _works(trap):
        yield Cause("trap-deferred", process, span, below, node)
    elif any(below.pid in job.pids for job in shell.jobs) or (blocked.asked is not None and below.job):
        yield _of_no_trap(assessment, stopped, process, shell, below)  # `fg`; a job that holds the pipe of a $( … )
    elif isinstance(node, (Pipeline, Subshell)) and (own := _own_exec(world, below, span)) is not None:
        yield Cause("backgrounded-exec", process, own, below, node)
    elif isinstance(node, Pipeline):
        yield Cause("piped-main", process, span, below, node)
    elif shell.mode == "command" and above and isinstance(above[-1].body, Parent) and above[-1].body.row.role != "init":
        yield Cause("forking-wrapper", above[-1], above[-1].origin, process)
    elif shell.mode == "command" and above and isinstance(above[-1].body, Supervisor):
        yield Cause("supervisor-not-forwarding", process, process.origin or span, below, node)
    elif shell.mode == "command" and all(other.pid == 1 or not isinstance(other.body, Shell) for other in above):
        yield Cause(shell_rule(assessment.image, above, span), process, span, below, node)
    elif isinstance(below.body, Parent) and below.body.row.role == "init":
        yield Cause("init-not-pid1", process, span, below, node)
    else:
        yield Cause("missing-exec", process, span, below, node)


def _of_keepalive(
    assessment: Assessment, stopped: Stopped, process: Process, shell: Shell, blocked: Foreground, below: Process | None
) -> Cause:
    """A `sleep` or the like is in front: of a loop, of jobs, or of nothing; maybe in a script that this one runs."""
    world, node = stopped.booted.world, blocked.node
    front = world.processes[blocked.pids[-1]]
    inner = front.body
    if isinstance(inner, Shell) and isinstance(inner.blocked, Foreground) and not shell.traps and not loop_span(shell):
        return _of_keepalive(assessment, stopped, front, inner, inner.blocked, below)
    loop = loop_span(shell)
    if _effective(shell.traps.get(assessment.signal)):
        rule = "trap-slow-loop" if loop is not None else "trap-deferred"
        return Cause(rule, process, node.span, front, node)
    if loop is not None or any(signal in shell.traps for signal in (*STOPPING, "EXIT")) or _bad_trap(stopped, process):
        return _of_no_trap(assessment, stopped, process, shell, below)
    return Cause("keepalive-main", front, node.span, below or front, node)


def _of_no_trap(
    assessment: Assessment, stopped: Stopped, process: Process, shell: Shell, below: Process | None
) -> Cause:
    """The signal finds no trap that could run."""
    signal, traps = assessment.signal, shell.traps
    bad = _bad_trap(stopped, process)
    if bad is not None and signal not in traps:
        return Cause("trap-unknown-signal", process, bad.span, below, event=bad)
    if signal in traps:
        return Cause("trap-ignores-signal", process, traps[signal].span, below)
    never = next((name for name in ("KILL", "STOP") if _effective(traps.get(name))), None)
    if never is not None:
        return Cause("trap-unknown-signal", process, traps[never].span, below)
    if _works(traps.get("EXIT")):
        return Cause("exit-trap-not-run", process, traps["EXIT"].span, below)
    other = next((name for name in STOPPING if _effective(traps.get(name))), None)
    if other is not None:
        inherited = other == "TERM" and assessment.image.inherits_stop_signal and not _is_its_signal(below, signal)
        return Cause("inherited-stop-signal" if inherited else "trap-wrong-signal", process, traps[other].span, below)
    if below is not None and len(shell.jobs) == 1 and below.pid in shell.jobs[0].pids:
        own = _own_exec(stopped.booted.world, below, shell.jobs[0].span)
        if own is not None:
            return Cause("backgrounded-exec", process, own, below)
    return Cause("unhandled-stop-signal", process, _stands_at(shell) or process.origin, below)


def _stands_at(shell: Shell) -> Span | None:
    match shell.blocked:
        case Waiting(span=span):
            return span
        case Foreground(node=node):
            return loop_span(shell) or node.span
        case Standing(span=span):
            return loop_span(shell) or span
    return None


def _is_its_signal(process: Process | None, signal: str) -> bool:
    """Whether a program is one that this signal is meant for: nginx, of SIGQUIT."""
    return process is not None and isinstance(process.body, Program) and process.body.row.stops_on == signal


def _bad_trap(stopped: Stopped, process: Process) -> Event | None:
    """A `trap` that this shell refused because of the name of a signal, while the container came up."""
    events = (event for event in stopped.world.events if event.pid == process.pid and event.kind == "bad-signal")
    return next((event for event in events if event.seconds is None and event.text != "kill"), None)


def loop_span(shell: Shell) -> Span | None:
    """The head of the innermost loop that a shell is in: `while true`."""
    for frame in reversed(shell.frames):
        if isinstance(frame, (LoopBody, LoopTest)):
            node = frame.node
            end = node.body.span.start if isinstance(node, ArithmeticFor) else node.condition.span.end
            return Span(node.span.source, node.span.start, end)
    return None


# --- a trap has run --------------------------------------------------------------------------------


def _of_trap(stopped: Stopped, process: Process, below: Process | None, ran: list[Event]) -> Iterator[Cause]:
    """The trap ran, and it was not enough."""
    world = stopped.world
    later = world.processes[process.pid]
    if below is None:
        if _goes_on(world, later):
            yield Cause("trap-ignores-signal", process, ran[0].span, event=ran[0])
        return
    told = world.processes[below.pid]
    mine = [event for event in world.events if event.pid == process.pid and event.seconds is not None]
    kills = [event for event in mine if event.kind == "kills" and event.other == below.pid]
    sender = _trap_of(ran, mine, kills[-1]) if kills else ran[0]
    if not told.told:
        refused = next((event for event in mine if event.kind == "bad-signal"), None)
        unheard = next((event for event in world.events if event.kind == "ignored" and event.pid == below.pid), None)
        if refused is not None:
            yield Cause("trap-unknown-signal", process, refused.span, below, event=refused)
        elif unheard is not None and kills:
            yield Cause("trap-wrong-signal", process, kills[-1].span, below, event=unheard)
        else:
            yield Cause("trap-without-forward", process, sender.span, below, event=sender)
    elif told.killed_by == "KILL" and not later.alive:
        yield Cause("trap-without-wait", process, sender.span, below, event=kills[-1] if kills else sender)
    elif not told.alive and _goes_on(world, later):
        yield Cause("trap-ignores-signal", process, ran[0].span, below, event=ran[0])
    elif not told.alive and (reader := _own_reader(world, later)) is not None:
        yield Cause("trap-ignores-signal", process, reader.origin, reader)


def _own_reader(world: World, process: Process) -> Process | None:
    """The `>( … )` that a script waits for, though it reads what that writes until it ends."""
    shell = process.body
    if not process.alive or not isinstance(shell, Shell) or not isinstance(shell.blocked, Waiting):
        return None
    return next((world.processes[pid] for pid in shell.blocked.pids if pid in shell.substitutions), None)


def _trap_of(ran: list[Event], mine: list[Event], kill: Event) -> Event:
    """The trap in which a `kill` stands: the last that began before it."""
    return next((event for event in reversed(mine[: mine.index(kill)]) if event.kind == "trap"), ran[0])


def _goes_on(world: World, process: Process) -> bool:
    """Whether a script has left its trap and goes on, with what it did before or with something new."""
    shell = process.body
    if not process.alive or not isinstance(shell, Shell) or any(isinstance(frame, TrapEnd) for frame in shell.frames):
        return False
    return not isinstance(shell.blocked, Waiting) or any(pid >= world.first_after for pid in shell.blocked.pids)


# --- where no shell stands any more ------------------------------------------------------------------


def lost_trap(assessment: Assessment, stopped: Stopped, process: Process) -> Cause | None:
    """A trap for the stop signal that the script set and lost at `exec`, though the program has no handler of its own.

    Where the script had it ignored, the program ignores it, too.
    """
    if stopped.world.processes[process.pid].told or not isinstance(process.body, Program):
        return None
    for event in reversed(stopped.booted.world.events):
        if event.pid == process.pid and event.signal == assessment.signal and event.kind in {"trap-lost", "trap-kept"}:
            rule = "trap-lost-at-exec" if event.kind == "trap-lost" else "trap-ignores-signal"
            return Cause(rule, process, event.span, process, event=event)
    return None


def of_early_end(stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended by itself because its shell refused a command, in front of the service or of a `wait` for it."""
    world = stopped.world
    shell = world.init.body
    if not isinstance(shell, Shell) or not stopped.exit_code:
        return
    mine = [event for event in world.events if event.pid == 1 and event.kind != "swept"]
    refused = next((event for event in mine if event.kind == "bad-signal"), None)
    if refused is not None and "e" in shell.options:
        yield Cause("trap-unknown-signal", world.init, refused.span, event=refused)
    unknown_wait = next((event for event in mine if event.kind == "wait-n"), None)
    if unknown_wait is not None:
        yield Cause("script-ends", world.init, unknown_wait.span, event=unknown_wait)


def of_script_end(stopped: Stopped) -> Iterator[Cause]:
    """The script ran through, and left a service in the background that its end takes along.

    A program that nobody knows is a helper, like those that are, where the script has done work of its own after it
    had started it. A script that ends in `exec "$@"` is meant to be given something to run.
    """
    if _becomes_its_arguments(stopped.booted.world.init):
        return
    world = outlived(stopped)
    programs = [process for process in world.processes.values() if isinstance(process.body, Program)]
    worked = max((p.pid for p in programs if not p.alive and _role(p) in WORK and p.program not in HARMLESS), default=0)
    left = [p for p in programs if p.alive and in_job(world, p) and _role(p) in SERVICES]
    left = [p for p in left if (_role(p) in {"service", "worker"} and not _helps(p)) or p.pid > worked]
    if left:
        yield Cause("script-ends", world.init, left[-1].origin, left[-1])


def _becomes_its_arguments(process: Process) -> bool:
    """Whether the last command of a script is `exec "$@"`, and nothing was given."""
    items = process.body.text.items if isinstance(process.body, Shell) and not process.body.args else ()
    command = items[-1].command.first.commands[-1] if items else None
    words = command.words if isinstance(command, SimpleCommand) else ()
    parts = [part for word in words if word.literal != "exec" for part in word.parts]
    return bool(parts) and all(isinstance(part, Parameter) and part.name in {"@", "*"} for part in parts)


def _helps(process: Process) -> bool:
    return isinstance(process.body, Program) and process.body.row.helper


def _role(process: Process) -> str:
    return process.body.row.role if isinstance(process.body, Program) else ""


# --- what is asked ---------------------------------------------------------------------------------


def idle(trap: Trap | None) -> bool:
    """Whether a trap's action does no work: it prints, it exits. (No trap does none.)"""
    if trap is None or trap.body is None:
        return trap is None
    return all(
        isinstance(command, SimpleCommand) and bool(command.words) and command.words[0].literal in IDLE
        for item in trap.body.items
        for pipeline in (item.command.first, *(pipeline for _, pipeline in item.command.rest))
        for command in pipeline.commands
    )


def _works(trap: Trap | None) -> bool:
    return trap is not None and trap.text != "" and not idle(trap)


def _effective(trap: Trap | None) -> bool:
    return trap is not None and trap.text != ""


def _leaves(world: World, pid: int) -> Iterator[int]:
    for process in world.awaited(pid):
        yield process.pid
        if isinstance(process.body, Supervisor):
            yield from (leaf for child in process.body.programs(world) for leaf in _leaves(world, child))


def _is_part(above: tuple[Process, ...], process: Process) -> bool:
    """Whether it is a subshell that the shell above it waits for in the foreground."""
    if not above or not isinstance(process.body, Shell) or process.body.mode != "subshell":
        return False
    parent = above[-1].body
    return isinstance(parent, Shell) and isinstance(parent.blocked, Foreground) and process.pid in parent.blocked.pids


def _own_exec(world: World, process: Process, region: Span) -> Span | None:
    """Where an `exec` that stands in this part of a script made a process what it is."""
    for event in reversed(world.events):
        span = event.span
        if event.kind == "exec" and event.pid == process.pid and span is not None and span.source is region.source:
            return span if region.start <= span.start < region.end else None
    return None


def bad_word(event: Event, signal: str) -> bool:
    """Whether the name that a shell refused means the stop signal in another shell."""
    return signal_name(event.text) == signal
