"""A job that the script leaves in the background is SIGKILLed when the main process ends, without having been told."""

from __future__ import annotations

from stopcheck.boot.bodies.program import ASSUMED, Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.checks._script import called, consequence
from stopcheck.checks._start import staying, that_stays
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind, Violation
from stopcheck.stop.mains import in_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process
    from stopcheck.checks._case import Case

ADVICE = (
    "Give it a container of its own; or let the script wait for both, with a trap that passes the signal on to both "
    "and waits; or let a supervisor start them."
)


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("abandoned-job"):
        if cause.span is None or cause.child is None:
            continue
        job, starter = called(cause.child), _supervised(case, cause.child)
        left = f"{job} was left in the background, where nobody passes the signal on to it"
        if starter is not None:
            supervisor = called(case.up.processes[starter.ppid])
            left = f"{job} leaves for the background, where {supervisor} does not look for it"
        stays = f"Keep it in the foreground: `{that_stays(job, staying(starter))}`." if starter is not None else ADVICE
        yield Violation(message=f"{consequence(case, cause)}. {left}", span=cause.span, advice=stays)
    for helper in _helpers(case):
        yield Violation(
            message=f"When the container stops, {called(helper)} is SIGKILLed without getting a signal: it was left in "
            "the background, and nobody passes the signal on to it",
            span=helper.origin,  # type: ignore[arg-type]
            advice=f"If {called(helper)} has something to lose, do not leave it behind. {ADVICE}",
            severity="note",
        )


def _supervised(case: Case, job: Process) -> Process | None:
    """The program of a supervisor that has left this behind."""
    left = (each.pid for each in case.up.events if each.kind == "daemonizes" and each.other == job.pid)
    starter = case.up.processes.get(next(left, 0))
    parent = case.up.processes.get(starter.ppid) if starter is not None else None
    return starter if parent is not None and isinstance(parent.body, Supervisor) else None


def _helpers(case: Case) -> Iterator[Process]:
    """Programs in the background, not the mains, that were killed though all else went well."""
    if case.stopped is None or case.outcome not in {OutcomeKind.GRACEFUL, OutcomeKind.TERMINATED}:
        return
    for process in case.up.processes.values():
        body, later = process.body, case.down.processes[process.pid]
        works = isinstance(body, Program) and body.row.role in {"service", *ASSUMED} and process.alive
        left = process.pid not in case.stopped.mains and process.origin is not None and in_job(case.up, process)
        if works and left and later.killed_by == "KILL" and not later.told:
            yield process
