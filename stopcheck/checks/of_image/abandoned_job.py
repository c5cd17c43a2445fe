"""A job that the script leaves in the background is SIGKILLed when the main process ends, without having been told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.boot.programs import ASSUMED, Program
from stopcheck.checks._script import called, consequence
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
        job = called(cause.child)
        yield Violation(
            message=f"{consequence(case, cause)}. {job} was left in the background, where nobody passes the "
            "signal on to it",
            span=cause.span,
            advice=ADVICE,
        )
    for helper in _helpers(case):
        yield Violation(
            message=f"when the container stops, {called(helper)} is SIGKILLed without having been told: it was left in "
            "the background, and nobody passes the signal on to it",
            span=helper.origin,  # type: ignore[arg-type]
            advice=f"If {called(helper)} has something to lose, do not leave it behind. {ADVICE}",
            severity="note",
        )


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
