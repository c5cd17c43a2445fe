"""The program is told to stop, and the signal itself ends it: it has no handler."""

from __future__ import annotations

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.program import Program
from stopcheck.checks._script import called, consequence
from stopcheck.checks._start import started
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process
    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("missing-signal-handler"):
        body = cause.process.body
        if not isinstance(body, (Launching, Program)):
            continue
        yield Violation(
            message=f"{consequence(case, cause)}. {_why(case, cause.process, body)}",
            span=started(case, cause.process),
            advice=_advice(case, cause.process, body),
        )


def _why(case: Case, process: Process, body: Launching | Program) -> str:
    if isinstance(body, Launching):
        return "It is told, and has not ended when the grace period is over"
    action = body.action(case.assessment.signal)
    if action == "ignore" and body.row.saves:
        return f"It has to save its data in {process.cwd} before it ends, and {process.user} may not write there"
    if action == "ignore":
        return f"It goes on when {case.signal} comes: no handler ends it, or something keeps it running after that"
    why = f"its runtime ends it on {case.signal}" if action == "raise" else f"{case.signal} itself ends it"
    return f"It has no handler, so {why}"


def _advice(case: Case, process: Process, body: Launching | Program) -> str:
    if body.row.saves:
        return f'Name a folder with `--dir` that {process.user} may write, or have it save nothing: `--save ""`.'
    goes_on = isinstance(body, Program) and body.action(case.assessment.signal) == "ignore"
    end = ", and exit" if goes_on else ", end"
    return f"Handle {case.signal} in {called(process)}: take no new work, finish what was begun{end}."
