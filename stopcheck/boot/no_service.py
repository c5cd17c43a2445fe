"""Whether a container has ended, and what might have been its service before was none all the same."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.lookup import SHELL_NAMES
from stopcheck.boot.shell.frames import (
    Waiting,
)
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from stopcheck.boot.world import Process, World
    from stopcheck.model import Unknown

from stopcheck.boot.leaves import is_in_loop

TIDYING = frozenset({"cat", "chmod", "chown", "date", "echo", "kill", "killall", "ls", "mkdir", "pkill", "rm", "sleep",
                     "sync", "tail", "touch"})  # fmt: skip
ANSWERING = frozenset({"false", "true"})
"""What does no work."""


def is_no_service(world: World, before: World) -> bool:
    """Whether the container has ended, and what might have been its service in `before` was none all the same."""
    kept = _left_behind(world, before) and not _waits(before)
    below = [process for process in world.processes.values() if process.pid != 1]
    typed = any(reads_a_terminal(process) and process.program in SHELL_NAMES for process in below)
    return typed or kept or _guard(world, before) or _gave_way(world) or _works_on(world, before)


def _gave_way(world: World) -> bool:
    """Whether PID 1 had put a command that does its work in its own place: what ran before made things ready for it."""
    body = world.init.body
    execs = any(event.kind == "exec" and event.pid == 1 for event in world.events)
    return execs and isinstance(body, Program) and body.row.role == "short" and world.init.program not in ANSWERING


def reads_a_terminal(process: Process) -> bool:
    """Whether it does what is typed (`docker run -it`), and ends where there is no terminal."""
    return process.program in {*SHELL_NAMES, "cat"} and len(process.argv) == 1 and not process.stdin


def _left_behind(world: World, before: World) -> bool:
    """Whether a service has left for the background since: PID 1 was there for it, not for what ran before it.

    A known one, or the same program as before with other arguments (`app --init; app & sleep 5`).
    """
    tried = {leaf.program: leaf.argv for leaf in before.awaited()}
    return any(
        pid not in before.processes
        and process.job
        and isinstance(process.body, Program)
        and (process.body.row.role in {"service", "worker"} or tried.get(process.program, process.argv) != process.argv)
        and not process.body.row.helper
        for pid, process in world.processes.items()
    )


def _works_on(world: World, before: World) -> bool:
    """Whether a script does more work behind what might be its service: then that was work, too.

    What tidies up behind a service that has ended is no such work. What is done with a file that the program was
    told of is: it has made that.
    """
    later = [process for pid, process in world.processes.items() if pid >= before.next_pid]
    ended = [p for p in later if isinstance(p.body, Program) and p.body.row.role in {"short", "test"}]
    work = [process for process in ended if process.program not in TIDYING]
    told = {word for leaf in before.awaited() for word in _files(leaf)}
    return len({process.program for process in work}) >= 2 or any(not told.isdisjoint(_files(p)) for p in work)


def _files(process: Process) -> set[str]:
    """The paths of files among the arguments of a program."""
    return {word for word in process.argv[1:] if isinstance(word, str) and word.startswith("/") and "." in word}


def _waits(world: World) -> bool:
    """Whether PID 1 waits for a job that it has started: it is there for that."""
    body = world.init.body
    return isinstance(body, Shell) and isinstance(body.blocked, Waiting)


def waits_in_loop(world: World) -> bool:
    """Whether PID 1 waits for a job inside of a loop."""
    return _waits(world) and is_in_loop(world.init)


def _guard(world: World, before: World) -> bool:
    """Whether the service was never meant to come up: an exec that fails, an error exit on an undecided condition.

    That is one which was asked since what might have been its service, or of which that is a part
    (`[ -f /data ] || { tell; exit 1; }`): what ends with an error in any case is how the end of a service is told.
    """
    if any(event.kind == "cannot-start" and event.pid == 1 for event in world.events):
        return True
    refused = bool(world.assumed) and isinstance(world.init.status, int) and world.init.status != 0
    if not refused or _asks_in_the_end(world.init) or _ends_as_its_trap_does(world):
        return False
    parts = (_is_part(world.init, doubt, leaf) for doubt in before.assumed for leaf in before.awaited())
    return len(world.assumed) > len(before.assumed) or any(parts)


def _ends_as_its_trap_does(world: World) -> bool:
    """Whether the status is that of a process which an EXIT trap has killed and waited for (under `set -e`)."""
    trap = next((at for at, event in enumerate(world.events) if event.kind == "trap" and event.text == "EXIT"), None)
    killed = [] if trap is None else [event.pid for event in world.events[trap:] if event.kind == "dies"]
    return any(world.processes[pid].status == world.init.status for pid in killed)


_LEAVES = regex(r"\b(?:exec|exit|return)\b")


def _is_part(init: Process, doubt: Unknown, leaf: Process) -> bool:
    """Whether it depends on a condition that a program is started: both stand in one command, or the first may leave.

    So it is taken to be where they are not in PID 1's script itself.
    """
    items = init.body.text.items if isinstance(init.body, Shell) else ()
    asking, starting = (
        next((item for item in items if place is not None and item.span.holds(place)), None)
        for place in (doubt.span, leaf.origin)
    )
    if asking is None or starting is None or asking is starting:
        return True
    return _LEAVES.search(asking.span.text) is not None


def _asks_in_the_end(process: Process) -> bool:
    """Whether a script ends with a `read`: that somebody presses a key, and it fails where there is no terminal."""
    items = process.body.text.items if isinstance(process.body, Shell) else ()
    last = items[-1].command.first.commands[-1] if items and not items[-1].command.rest else None
    return isinstance(last, SimpleCommand) and bool(last.words) and last.words[0].literal == "read"
