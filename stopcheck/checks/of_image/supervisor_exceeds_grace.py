"""A supervisor waits longer for its programs than anybody waits for it."""

from __future__ import annotations

from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.checks._script import called, consequence
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind, Violation
from stopcheck.syntax.ini import parse_ini

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.bodies.supervisor import Managed
    from stopcheck.checks._case import Case
    from stopcheck.source import Span

ADVICE = (
    "Give each program less than the grace period, or the container more: `docker stop --time`, `stop_grace_period` in "
    "compose, `terminationGracePeriodSeconds` in Kubernetes."
)


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    blamed = list(case.of("supervisor-exceeds-grace"))
    for cause in blamed:
        supervisor = cause.process.body
        if isinstance(supervisor, Supervisor) and cause.span is not None:
            why, advice = "stops its programs one after another and is not done", ADVICE
            before = consequence(case, cause)
            if cause.event is not None and cause.child is not None:
                before = case.consequence(None, called(cause.child))
                why = (
                    f"waits for {called(cause.child)}, which goes on when SIG{cause.event.signal} comes: it is not done"
                )
                advice = f"Let {called(cause.child)} end on SIG{cause.event.signal}, or be killed before."
            yield Violation(
                message=f"{before}. {cause.process.program} {why} after {case.seconds}",
                span=cause.span,
                advice=advice,
            )
    if blamed or case.stopped is None or case.outcome not in {OutcomeKind.GRACEFUL, OutcomeKind.TERMINATED}:
        return
    for process in case.up.processes.values():
        if isinstance(process.body, Supervisor):
            for managed in process.body.managed:
                if managed.place is not None and managed.wait is not None and managed.wait > case.assessment.grace:
                    yield Violation(
                        message=f"{process.program} would wait {managed.wait:g} s for {managed.name}, but `docker "
                        f"stop` kills both after {case.seconds}",
                        span=_option(managed, managed.place),
                        advice=ADVICE,
                        severity="note",
                    )


def _option(managed: Managed, place: Span) -> Span:
    """Where the time is set that a program gets."""
    for section in parse_ini(place.source):
        if any(option.span.start == place.start for option in section.options):
            option = section.option("stopwaitsecs")
            return option.span if option is not None else place
    return place
