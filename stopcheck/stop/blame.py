"""Why an outcome is bad: the links between PID 1 and the main process that lose the signal, one cause each."""

from __future__ import annotations

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind
from stopcheck.records import replace
from stopcheck.stop.cause import Cause
from stopcheck.stop.mains import gives_up
from stopcheck.stop.mend import Mended, mended
from stopcheck.stop.shells import lost_trap, of_early_end, of_script_end, of_shell
from stopcheck.stop.starts import of_daemon, of_failed_start, of_lost_command, of_main, of_windows_lines, signal_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Body, Process, World
    from stopcheck.image.model import Image
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped

__all__ = ["Cause", "causes", "chains"]

BAD = frozenset({OutcomeKind.KILLED, OutcomeKind.CUT_OFF})
ROUNDS = 6
LEFT = frozenset({"daemonized-main", "script-ends"})
"""Rules that blame an end of PID 1 on a service that was left in the background."""


def causes(assessment: Assessment, stopped: Stopped) -> tuple[Cause, ...]:
    """All causes of one way's outcome, from PID 1 downwards; none where the outcome is not bad.

    What fails further down shows only when what is above has been mended: so it is, on paper, until nothing is bad.
    """
    if stopped.outcome in {OutcomeKind.EXITS, OutcomeKind.FAILS}:
        return tuple(_of_an_early_end(assessment.image, stopped))
    found: list[Cause] = []
    current: Stopped | None = stopped
    for _ in range(ROUNDS):
        if current is None or current.outcome not in (BAD if found else BAD | {OutcomeKind.TERMINATED}):
            break
        new = _failing(assessment, current)
        found += new
        if not new:
            break
        if any(cause.rule == "inherited-stop-signal" for cause in new):
            assessment = replace(assessment, signal="TERM")
        current = mended(assessment, current, new)
    return tuple(cause for cause in found if not _lingers(cause, stopped))


def _lingers(cause: Cause, stopped: Stopped) -> bool:
    """Whether the script only waits a while on some condition, before it gives up."""
    return cause.rule == "keepalive-main" and stopped.booted.conditional and gives_up(stopped.booted.world)


def _failing(assessment: Assessment, stopped: Stopped) -> list[Cause]:
    """The first link of each chain that fails."""
    found: list[Cause] = []
    for chain in chains(stopped.booted.world, stopped.mains):
        if stopped.outcome in BAD and not stopped.world.init.alive and _ends_well(stopped, chain[-1]):
            continue
        if any(_comes_late(stopped, process, chain) for process in chain):
            continue
        for index, process in enumerate(chain):
            below = chain[index + 1] if index + 1 < len(chain) else None
            causes = list(_of_link(assessment, stopped, chain[:index], process, below))
            if causes:
                seen = {(cause.rule, cause.process.pid, cause.span) for cause in found}
                found += [cause for cause in causes if (cause.rule, cause.process.pid, cause.span) not in seen]
                break
    return found


def _ends_well(stopped: Stopped, process: Process) -> bool:
    """Whether a main process ended because it was told."""
    later = stopped.world.processes[process.pid]
    lost = isinstance(process.body, Program) and process.body.row.cleanup and bool(later.killed_by)
    return bool(later.told) and not later.alive and later.killed_by != "KILL" and not lost


def chains(world: World, pids: tuple[int, ...]) -> Iterator[tuple[Process, ...]]:
    """For each main process, those from PID 1 down to it."""
    for pid in pids:
        chain = []
        process = world.processes.get(pid)
        while process is not None and process not in chain:
            chain.append(process)
            process = world.processes.get(process.ppid) if process.pid != 1 else None
        yield tuple(reversed(chain))


def _of_link(
    assessment: Assessment, stopped: Stopped, above: tuple[Process, ...], process: Process, below: Process | None
) -> Iterator[Cause]:
    body = process.body
    if isinstance(body, Launching):
        yield from _of_launcher(stopped, process, body, below)
    elif isinstance(body, Program) and below is None:
        if stopped.outcome in BAD and _ends_well(stopped, process):
            return
        trap = lost_trap(assessment, stopped, process) if stopped.outcome in BAD else None
        yield from (trap,) if trap is not None else of_main(assessment, stopped, process, body)
    elif stopped.outcome not in BAD:
        return
    elif isinstance(body, Shell):
        yield from of_shell(assessment, stopped, above, process, below)
    elif below is not None and _is_adopted(body, below):
        yield from _of_beside(assessment, process, below)
    elif isinstance(body, Parent):
        lost = below is not None and (_lost_by(stopped, process, below) or _outstays(stopped, process, below))
        if lost and body.row.role != "init":
            better = _better_signal(assessment, body, below)
            yield better or Cause("forking-wrapper", process, process.origin, below)
    elif isinstance(body, Supervisor):
        yield from _of_supervisor(assessment, stopped, process, below)
    elif below is not None and not (isinstance(body, Mended) and below.pid in body.targets):
        yield from _of_beside(assessment, process, below)


def _of_launcher(stopped: Stopped, process: Process, body: Launching, below: Process | None) -> Iterator[Cause]:
    """A program that starts others and keeps the signal to itself, leaves before they are done, or never leaves."""
    if stopped.outcome not in BAD:
        return
    if below is not None and below.pid in body.pids:
        if _lost_by(stopped, process, below) or _stays_alone(stopped, process):
            yield Cause("forking-wrapper", process, below.origin, below)
    elif below is None and not body.children() and _is_unhandled(stopped, process):
        yield Cause("missing-init", process, process.origin)
    elif below is None and not body.children() and stopped.outcome is OutcomeKind.KILLED:
        yield Cause("missing-signal-handler", process, process.origin)


def _stays_alone(stopped: Stopped, process: Process) -> bool:
    """Whether it does not end though all that stood beside it has."""
    world = stopped.world
    others = (p for p in world.processes.values() if p.pid < world.first_after and p.pid not in {1, process.pid})
    return world.init.alive and not any(other.alive for other in others)


def _is_unhandled(stopped: Stopped, process: Process) -> bool:
    return any(event.kind == "unhandled" and event.pid == process.pid for event in stopped.world.events)


def _is_adopted(body: Body, below: Process) -> bool:
    """Whether it has only got to an init, a wrapper or a supervisor because what had started it has ended."""
    if isinstance(body, Parent):
        return below.pid != body.child
    return isinstance(body, Supervisor) and below.pid not in body.pids


def _of_beside(assessment: Assessment, process: Process, below: Process) -> Iterator[Cause]:
    """A job that the script left behind when it became something else, or waits for something else.

    One that would die of the signal at once loses nothing by not being told.
    """
    body = process.body
    dies = isinstance(below.body, Program) and below.body.action(assessment.signal) == "default"
    if isinstance(body, Program) and body.row.role in {"keepalive", "timer"}:
        yield Cause("keepalive-main", process, process.origin, below)
    elif not dies:
        yield Cause("abandoned-job", process, below.origin, below)


def _of_supervisor(
    assessment: Assessment, stopped: Stopped, process: Process, below: Process | None
) -> Iterator[Cause]:
    """A supervisor that leaves its programs alone, or waits for them longer than anybody waits for it."""
    mine = [event for event in stopped.world.events if event.pid == process.pid and event.seconds is not None]
    gone = next((event for event in mine if event.kind in {"forsakes", "unhandled", "ignored", "harmless"}), None)
    later = stopped.world.processes[process.pid]
    foreign = assessment.image.inherits_stop_signal and process.body.disposition("TERM") == "caught"
    if gone is not None and gone.kind != "forsakes" and foreign:
        # The base image's own program is stopped by it, which is not what PID 1 is here.
        yield Cause("inherited-stop-signal", process, process.origin, below, event=gone)
    elif gone is not None:
        yield Cause("supervisor-not-forwarding", process, process.origin, below, event=gone)
    elif later.alive and isinstance(later.body, Supervisor) and later.body.stopping and below is not None:
        stays = {event.pid: event for event in stopped.world.events if event.kind == "goes-on"}
        if below.pid in stays:
            return  # it is told in time, and not stopped by that: its own link fails
        kept = next((other for other in later.body.programs(stopped.world) if other in stays), None)
        if kept is not None and not stopped.world.processes[below.pid].alive:
            other = stopped.booted.world.processes[kept]
            yield Cause("supervisor-exceeds-grace", process, other.origin, other, event=stays[kept])
            return
        body = stopped.world.processes[below.pid].body
        slow = isinstance(body, Launching) or (isinstance(body, Program) and body.row.seconds > assessment.grace)
        if slow and _is_told_at_once(stopped, below):
            return  # that takes too long by itself
        yield Cause("supervisor-exceeds-grace", process, below.origin or process.origin, below)


def _comes_late(stopped: Stopped, process: Process, chain: tuple[Process, ...]) -> bool:
    """Whether a supervisor came to a main process only after others, which it had waited for in vain."""
    events = (event for event in stopped.world.events if event.kind == "gives-up" and event.pid == process.pid)
    given_up = {event.other for event in events} if isinstance(process.body, Supervisor) else set()
    return bool(given_up) and given_up.isdisjoint(below.pid for below in chain)


def _is_told_at_once(stopped: Stopped, process: Process) -> bool:
    caught = [event for event in stopped.world.events if event.kind == "caught" and event.pid == process.pid]
    return any(event.seconds is not None and event.seconds < 1 for event in caught)


def leaves_early(world: World, process: Process, below: Process) -> bool:
    """Whether a wrapper ended while its child was still shutting down."""
    child = world.processes[below.pid]
    return not world.processes[process.pid].alive and bool(child.told) and child.killed_by == "KILL"


def _lost_by(stopped: Stopped, process: Process, below: Process) -> bool:
    """Whether a wrapper kept the signal to itself, killed its child, or left it, before that had finished."""
    events = [event for event in stopped.world.events if event.pid == process.pid and event.seconds is not None]
    if any(event.kind == "gives-up" for event in events) or leaves_early(stopped.world, process, below):
        return True
    return not any(event.kind == "forwards" for event in events)


def _better_signal(assessment: Assessment, body: Parent, below: Process | None) -> Cause | None:
    """That a wrapper keeps the stop signal to itself, while it passes on the one on which its child finishes."""
    kept = body.row.forwards_only and assessment.signal not in body.row.forwards_only
    if not kept or "TERM" not in body.row.forwards_only or below is None or not isinstance(below.body, Program):
        return None
    rule = signal_rule(assessment.image, assessment.signal, below.body)
    return None if rule is None else Cause(rule, below, below.origin)


def _outstays(stopped: Stopped, process: Process, below: Process) -> bool:
    """Whether it is PID 1 and does not end though its child has."""
    return process.pid == 1 and stopped.world.init.alive and not stopped.world.processes[below.pid].alive


def _of_an_early_end(image: Image, stopped: Stopped) -> Iterator[Cause]:
    """The first of these that finds something.

    A script that gives up with an error on some condition, or for want of a variable, has not run out, whatever it has
    left in the background.
    """
    told = any(event.kind == "leaves" for event in stopped.world.events) and bool(stopped.booted.machine.asked)
    gives_up = stopped.outcome is OutcomeKind.FAILS and (stopped.booted.conditional or told)
    ended = (of_early_end(stopped), of_failed_start(image, stopped), of_windows_lines(stopped), of_daemon(stopped))
    for found in (*ended, of_script_end(stopped)):
        causes = tuple(cause for cause in found if not gives_up or cause.rule not in LEFT or cause.child is None)
        if causes:
            return iter(causes)
    return of_lost_command(image, stopped)
