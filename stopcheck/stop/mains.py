"""Which of the processes that stand are what the container is there for."""

from __future__ import annotations

from itertools import takewhile

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import LASTING, UNTOLD, Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.shell.frames import Foreground, Items, Joined, LoopBody, Reading, Standing, Waiting
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from stopcheck.boot.world import Process, World

FILTERS = frozenset({"tee", "cat", "grep", "sed", "awk", "logger", "rotatelogs", "cronolog", "multilog", "svlogd", "jq",
                     "ts", "head", "tail", "cut", "tr", "less", "bunyan", "pino-pretty"})  # fmt: skip


def mains(world: World) -> tuple[int, ...]:
    """The pids of the main processes; the script itself where it only loops or keeps the container alive."""
    front = _front(world, 1)
    services = [pid for pid in front if _is_service(world.processes[pid])]
    real = [pid for pid in services if not _helps(world.processes[pid])]
    beside = [process.pid for process in world.processes.values() if _known_beside(world, process, front)]
    useful = [pid for pid in beside if not _helps(world.processes[pid])]
    if real:
        return tuple(dict.fromkeys(real + useful))
    jobs = [process.pid for process in world.processes.values() if process.pid not in front and _is_job(world, process)]
    if useful or jobs:
        return tuple(dict.fromkeys(useful + jobs))
    if services or beside:
        return tuple(dict.fromkeys(services or beside))
    script = _script(world, front)
    return (script,) if script is not None else tuple(front)


def gives_up(world: World) -> bool:
    """Whether the script only waits a while before it leaves, for somebody to look: `sleep 7200; exit 1`."""
    for pid in _front(world, 1):
        parent = world.processes.get(world.processes[pid].ppid)
        timer, shell = world.processes[pid].body, parent.body if parent is not None else None
        if isinstance(timer, Program) and timer.row.role == "timer" and timer.wakes() and isinstance(shell, Shell):
            top = shell.frames[-1] if shell.frames else None
            after = top.node.items[top.index :] if isinstance(top, Items) else ()
            command = after[0].command.first.commands[0] if after else None
            if isinstance(command, SimpleCommand) and command.words and command.words[0].literal == "exit":
                return True
    return False


def _front(world: World, pid: int, above: tuple[int, ...] = ()) -> list[int]:
    """What PID 1 waits for in the end, by way of inits, wrappers, shells and supervisors.

    `above`: those that wait for it; a coprocess may wait for its own shell.
    """
    process = world.processes.get(pid)
    if process is None or not process.alive or pid in above:
        return []
    above = (*above, pid)
    body = process.body
    if isinstance(body, Launching):
        awaited = body.awaits(process)
        below = [found for child in awaited or body.children() for found in _front(world, child, above)]
        works = any(_is_service(world.processes[found]) for found in below)  # beside a mere timer it is the service
        return below if works and awaited else [pid, *below]
    if isinstance(body, Program) and process.program in FILTERS and body.writers:
        # It has taken the place of the shell whose pipeline it ends.
        return [found for writer in body.writers for found in _front(world, writer, above)] or [pid]
    if isinstance(body, Supervisor):
        return [found for child in body.programs(world) for found in _front(world, child, above)] or [pid]
    if isinstance(body, Parent) and body.child is not None:
        return _front(world, body.child, above)
    if isinstance(body, Shell) and isinstance(body.blocked, (Foreground, Reading, Waiting)):
        pids = body.blocked.pids
        if isinstance(body.blocked, Foreground):  # of a pipeline whose last part the shell itself starts
            pids = (*next((frame.pids for frame in reversed(body.frames) if isinstance(frame, Joined)), ()), *pids)
        below = [found for child in pids for found in _front(world, child, above)]
        if isinstance(body.blocked, Foreground) and len(pids) > 1:
            work = [found for found in below if world.processes[found].program not in FILTERS]
            below = work[:1] or below
        return below or [pid]
    return [pid]


def _is_service(process: Process) -> bool:
    body = process.body
    if isinstance(body, Program):
        return body.row.role not in {"keepalive", "timer", "short", "test"}
    return not isinstance(body, (Shell, Supervisor))


def _known_beside(world: World, process: Process, front: list[int]) -> bool:
    """A known service in the background, or one that has left for it."""
    body = process.body
    return (
        process.alive
        and process.pid not in front
        and isinstance(body, Program)
        and body.row.role in LASTING
        and in_job(world, process)
    )


def _helps(process: Process) -> bool:
    """Whether it only serves the container's own needs: schedulers, loggers and the like."""
    return isinstance(process.body, Program) and process.body.row.helper


def in_job(world: World, process: Process) -> bool:
    """Whether it was started in the background, or by something that was."""
    parent = world.processes.get(process.ppid)
    beyond = parent is None or parent.pid in {1, process.pid}
    return process.job or (not beyond and parent is not None and in_job(world, parent))


def _is_job(world: World, process: Process) -> bool:
    body = process.body
    untold = process.alive and isinstance(body, Program) and body.row.role in UNTOLD
    return untold and in_job(world, process) and not _is_probe(world, process)


def _is_probe(world: World, process: Process) -> bool:
    """Whether a loop in the background runs it now and then, with a pause between: it ends each time."""
    parent = world.processes.get(process.ppid)
    shell = parent.body if parent is not None else None
    if process.job or not isinstance(shell, Shell):
        return False
    inside = takewhile(lambda frame: not isinstance(frame, LoopBody), reversed(shell.frames))
    rest = [
        item.command.first for frame in inside if isinstance(frame, Items) for item in frame.node.items[frame.index :]
    ]
    looped = any(isinstance(frame, LoopBody) for frame in shell.frames)
    return looped and any(
        isinstance(command, SimpleCommand) and bool(command.words) and command.words[0].literal == "sleep"
        for pipeline in rest
        for command in pipeline.commands
    )


def _script(world: World, front: list[int]) -> int | None:
    """The shell that loops or traps around a timer."""
    for pid in front:
        process = world.processes[pid]
        if isinstance(process.body, Shell):
            return pid
        parent = world.processes.get(process.ppid)
        if parent is not None and isinstance(parent.body, Shell):
            shell = parent.body
            traps = any(trap.text != "" for trap in shell.traps.values())
            if (
                traps
                or any(type(frame).__name__ == "LoopBody" for frame in shell.frames)
                or isinstance(shell.blocked, Standing)
            ):
                return parent.pid
    return None
