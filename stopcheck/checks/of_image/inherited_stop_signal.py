"""The base image has set a stop signal for its own program, and it reaches another one."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.checks._script import called, consequence, main_of
from stopcheck.checks._start import stop_signal, told_by_signal
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Label, OutcomeKind, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.source import Span


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("inherited-stop-signal"):
        who = called(cause.process)
        stopped = who if isinstance(cause.process.body, Supervisor) else called(main_of(case, cause))
        yield Violation(
            message=f"{consequence(case, cause)}. {_base(case)} is stopped by {case.signal}, which every image built "
            f"from it inherits; {who} waits for SIGTERM",
            span=_from(case),
            fix=stop_signal(case, "SIGTERM"),
            related=(Label(cause.span, f"{who} is not stopped by {case.signal}"),) if cause.span is not None else (),
            advice=f"Say which signal {stopped} is stopped by: `STOPSIGNAL SIGTERM`.",
        )
    if case.outcome is OutcomeKind.GRACEFUL and case.signal != "SIGTERM" and case.image.inherits_stop_signal:
        yield from _untried(case)


def _untried(case: Case) -> Iterator[Violation]:
    """Programs that nobody knows are taken to handle the stop signal; one that somebody else chose they may not."""
    for process in told_by_signal(case):
        body = process.body
        if isinstance(body, Program) and body.row.role == "unknown" and process.program not in case.image.base.name:
            yield Violation(
                message=f"{called(process)} is stopped by {case.signal}, because {_base(case)} is; if it only knows "
                "SIGTERM, it is not stopped at all",
                span=_from(case),
                fix=stop_signal(case, "SIGTERM"),
                advice=f"Say which signal {called(process)} is stopped by: `STOPSIGNAL SIGTERM`.",
                severity="note",
            )


def _base(case: Case) -> str:
    return case.image.stop_signal_base or case.image.base.name


def _from(case: Case) -> Span:
    """The FROM that names the base image."""
    first = next(instruction for instruction in case.image.instructions if instruction.keyword == "FROM")
    return first.arguments[0].span
