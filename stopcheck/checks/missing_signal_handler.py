"""The program is told to stop, and the signal itself ends it: it has no handler."""

from __future__ import annotations

from stopcheck.boot.programs import Program
from stopcheck.checks._script import called, consequence
from stopcheck.checks._start import started
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("missing-signal-handler"):
        body = cause.process.body
        ended = isinstance(body, Program) and body.action(case.assessment.signal) == "raise"
        goes_on = isinstance(body, Program) and body.action(case.assessment.signal) == "ignore"
        why = f"its runtime ends it on {case.signal}" if ended else f"{case.signal} itself ends it"
        yield Violation(
            message=f"{consequence(case, cause)}. "
            + (f"It goes on when {case.signal} comes" if goes_on else f"It has no handler, so {why}"),
            span=started(case, cause.process),
            advice=f"Handle {case.signal} in {called(cause.process)}: take no new work, finish what was begun, end.",
        )
