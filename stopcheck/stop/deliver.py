"""The stop itself: signal to PID 1, grace period, SIGKILL; and the outcome in one word."""

from __future__ import annotations

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import ASSUMED, UNTOLD, Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.boot import ENGINES_CHOICE, branched
from stopcheck.boot.shell.frames import Standing
from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.world import Branch, TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind, Unknown
from stopcheck.records import dataclass
from stopcheck.stop.mains import mains

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from stopcheck.boot.boot import Booted
    from stopcheck.boot.world import Process, World

WORLD_LIMIT = 32
BEFORE = -1.0
"""When those ended that had ended before the stop: some time passes between the two, but none on the clock."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What one way of coming up, stopped, ends in; `seconds` from the signal to PID 1's end."""

    booted: Booted
    world: World
    outcome: OutcomeKind
    mains: tuple[int, ...]
    exit_code: int | None = None
    reaches: bool | None = None
    seconds: float | None = None
    reason: Unknown | None = None


def stop(booted: Booted, signal: str, grace: float, main_pids: tuple[int, ...] | None = None) -> Iterator[Stopped]:
    """Every way that a stop can go; `signal` a bare name, `grace` in seconds, `main_pids` where they are known."""
    if booted.unsure is not None:
        yield Stopped(booted, booted.world, OutcomeKind.UNKNOWN, (), reason=booted.unsure)
        return
    if not booted.up:
        yield _ended_before(booted)
        return
    main_pids = mains(booted.world) if main_pids is None else main_pids
    world = booted.world.copy()
    world.stopping, world.epoch, world.first_after = True, world.clock, world.next_pid
    for process in world.processes.values():
        if not process.alive:
            process.ended_at = BEFORE
    world.steps = 0
    todo = [(world, True)]
    seen: set[Hashable] = set()
    count = 0
    while todo:
        current, fresh = todo.pop()
        count += 1
        try:
            if fresh:
                current.note("stop", current.init, signal=signal)
                current.kill(current.init, signal, None)
            _run(current, grace)
            yield judge(booted, current, main_pids, signal, grace)
        except Branch as branch:
            if count > WORLD_LIMIT:
                yield Stopped(booted, current, OutcomeKind.UNKNOWN, main_pids, reason=branch.condition)
                return
            todo.extend((other, False) for other in reversed(branched(current, branch, seen)))
        except TooComplex as error:
            yield Stopped(booted, current, OutcomeKind.UNKNOWN, main_pids, reason=Unknown(str(error)))
            return


def _run(world: World, grace: float) -> None:
    """Let time pass until PID 1 has ended or the grace period is over."""
    deadline = world.epoch + grace
    while True:
        world.run()
        if not world.init.alive:
            return
        if _end_helpers(world):
            continue
        wake = world.next_wake()
        if wake is None or wake > deadline:
            world.pass_time(deadline)
            world.note("grace-over", world.init)
            return
        world.pass_time(wake)


def _end_helpers(world: World) -> bool:
    """Programs that a trap runs are taken to do their work and end."""
    stood = (p for p in world.processes.values() if p.pid < world.first_after and p.ended_at != BEFORE)
    before = {process.argv for process in stood}
    for process in world.processes.values():
        body = process.body
        if process.alive and process.pid >= world.first_after and isinstance(body, Program) and body.undecided:
            if process.argv in before and not is_of_a_trap(world, process):
                body.undecided, body.stands = False, True  # it was stopped, and is started anew
                return True
            world.note("helper", process, text=process.program, span=process.origin)
            body.end(world, process)
            return True
    return False


def _ended_before(booted: Booted) -> Stopped:
    status = booted.world.init.status
    code = status if isinstance(status, int) else None
    refused = isinstance(status, Unknown) and status.reason == ENGINES_CHOICE
    outcome = OutcomeKind.FAILS if code or refused else OutcomeKind.EXITS
    return Stopped(booted, booted.world, outcome, (), exit_code=code)


def judge(booted: Booted, world: World, main_pids: tuple[int, ...], signal: str, grace: float) -> Stopped:
    """The outcome of a world in which PID 1 has ended or the grace period is over."""
    processes = [world.processes[pid] for pid in main_pids]
    reaches = bool(processes) and all(process.told for process in processes)
    unsure = _unsure(world, processes, signal) or _stood_open(booted, main_pids)
    if world.init.alive:
        if unsure is not None and (any(map(_is_open, processes)) or not _surely_stuck(world)):
            return Stopped(booted, world, OutcomeKind.UNKNOWN, main_pids, reason=unsure)
        return Stopped(booted, world, OutcomeKind.KILLED, main_pids, 137, reaches, grace)
    seconds = world.clock - world.epoch
    processes = _that_count(world, processes, signal)
    main_pids = tuple(process.pid for process in processes)
    reaches = bool(processes) and all(process.told for process in processes)
    outcome = _worst(world, processes, signal)
    waited = next((event for event in world.events if event.kind == "waits-unseen"), None)
    if outcome is OutcomeKind.CUT_OFF and waited is not None:
        unsure = unsure or Unknown("how long a loop waits when the container stops", waited.span)
    if unsure is not None:
        return Stopped(booted, world, OutcomeKind.UNKNOWN, main_pids, reason=unsure, seconds=seconds)
    status = world.init.status
    code = status if isinstance(status, int) and outcome is not OutcomeKind.GRACEFUL else None
    return Stopped(booted, world, outcome, main_pids, code, reaches, seconds)


def _worst(world: World, processes: list[Process], signal: str) -> OutcomeKind:
    found = {_fate(process, _meant_for(world, process, signal)) for process in processes}
    for outcome in (OutcomeKind.CUT_OFF, OutcomeKind.TERMINATED):
        if outcome in found:
            return outcome
    return OutcomeKind.GRACEFUL


def _that_count(world: World, processes: list[Process], signal: str) -> list[Process]:
    """Without the jobs beside them that went with the container and would have done no more had they been told."""
    rest = [
        process
        for process in processes
        if not (process.job and process.killed_by == "KILL")
        or _fate(process, _meant_for(world, process, signal)) is not OutcomeKind.TERMINATED
    ]
    return rest or processes


def _meant_for(world: World, process: Process, signal: str) -> str:
    """The signal that a main process would have been told to end with: what has started it may make another of it."""
    above = world.processes[process.ppid].body if process.ppid in world.processes else None
    if isinstance(above, Supervisor):
        told = dict(zip(above.pids, above.managed, strict=False)).get(process.pid)
        return told.stop_signal if told is not None else signal
    return (above.options.rewrites.get(signal) or signal) if isinstance(above, Parent) else signal


def _fate(process: Process, signal: str) -> OutcomeKind:
    body = process.body
    deaf = isinstance(body, Program) and body.action(signal) in {"default", "raise"} and not process.finished
    if deaf and process.killed_by == "KILL":
        return OutcomeKind.TERMINATED  # it would have done no more had it been told (trap2.mksh.app0-bg-wait)
    if isinstance(body, Program) and body.row.role in {"keepalive", "timer"}:
        return OutcomeKind.TERMINATED
    if isinstance(body, Shell) and isinstance(body.blocked, Standing) and body.blocked.why == "`sleep`":
        return OutcomeKind.TERMINATED  # ksh93 sleeps itself: no other than the program of that name
    if process.killed_by == "KILL":
        return OutcomeKind.CUT_OFF
    if process.killed_by:
        lost = isinstance(body, Program) and body.row.cleanup
        return OutcomeKind.CUT_OFF if lost else OutcomeKind.TERMINATED
    if isinstance(body, Program) and not process.finished:
        return OutcomeKind.TERMINATED
    if isinstance(body, Shell) and not process.told:
        return OutcomeKind.CUT_OFF
    return OutcomeKind.GRACEFUL


def _unsure(world: World, processes: list[Process], signal: str) -> Unknown | None:
    """What keeps the outcome from being known: a program that nobody can name, a signal to nobody knows whom."""
    for process in processes:
        body = process.body
        if isinstance(body, Program) and body.row.role in UNTOLD - ASSUMED:
            why = body.row.instead
            if not why.startswith(("what ", "which ", "whether ")):  # that says already what is not known
                why = f"what {process.program} does is not in the files" + (f" ({why})" if why else "")
            return Unknown(why, process.origin)
        if (
            isinstance(body, Shell)
            and isinstance(body.blocked, Standing)
            and not body.blocked.why.startswith(("an endless", "`read`", "`sleep`"))
        ):
            return Unknown(body.blocked.why, body.blocked.span)
    for process in world.processes.values():
        stands = process.body.blocked if isinstance(process.body, Shell) and process.alive else None
        if isinstance(stands, Standing) and stands.why.startswith("not read"):
            return Unknown(stands.why, stands.span)
    if not all(process.told for process in processes):
        for process in world.processes.values():
            if isinstance(process.body, Program) and process.body.row.tells and is_of_a_trap(world, process):
                return Unknown(f"what {process.program} tells when the container stops", process.origin)
    for event in world.events:
        if event.seconds is not None and event.kind == "unknown-kill":
            return Unknown(f"whom `kill` reaches: {event.text}", event.span)
        if event.kind == "races" and event.pid in {process.pid for process in processes}:
            return Unknown(f"whether {event.text} is done before the supervisor leaves", event.span)
        if event.seconds is not None and event.kind == "helper":
            return Unknown(f"what {event.text} does when the container stops", event.span)
        if event.kind == "unsure" and event.pid in {1, *(process.pid for process in processes)}:
            return Unknown(f"what {event.text} does on SIG{event.signal}", event.span)
    return None


def is_of_a_trap(world: World, process: Process) -> bool:
    """Whether a trap has started it since the stop."""
    trapped = {event.pid for event in world.events if event.kind == "trap" and event.seconds is not None}
    while process.pid >= world.first_after and process.ppid in world.processes:
        process = world.processes[process.ppid]
        if process.pid in trapped:
            return True
    return False


def _is_open(process: Process) -> bool:
    """Whether it may not have come this far: a program that should not be there, a text that may hold an `exec`."""
    body = process.body
    if isinstance(body, Shell):
        return isinstance(body.blocked, Standing) and body.blocked.why.startswith(("`eval`", "`.`"))
    return isinstance(body, Program) and body.row.role == "absent"


def _stood_open(booted: Booted, main_pids: tuple[int, ...]) -> Unknown | None:
    """What a main process stood at when the signal came, if nobody knows what that would have made of it."""
    for pid in main_pids:
        process = booted.world.processes[pid]
        if isinstance(process.body, Shell) and isinstance(process.body.blocked, Standing) and _is_open(process):
            return Unknown(process.body.blocked.why, process.body.blocked.span)
    return None


def _surely_stuck(world: World) -> bool:
    """Whether PID 1, or what it would be once mended, is a shell that ignores the signal, whatever its children do."""
    unhandled = (event.pid for event in world.events if event.kind == "unhandled" and event.seconds is not None)
    first = world.processes[min(unhandled, default=1)]
    if not isinstance(first.body, Shell) or first.told or first.body.traps:
        return False
    # Of what could not be read the next part may be a trap.
    return not (isinstance(first.body.blocked, Standing) and first.body.blocked.why.startswith("not read"))
