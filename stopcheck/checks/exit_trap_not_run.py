"""An EXIT trap is all there is, and this shell does not run it when a signal comes."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.signals import signal_number
from stopcheck.checks._edits import insert_after, verbatim
from stopcheck.checks._script import consequence
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Fix, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    signal = case.assessment.signal
    leave = f"trap 'exit {128 + signal_number(signal)}' {signal}"
    for cause in case.of("exit-trap-not-run"):
        shell = cause.process.body
        if cause.span is None or not isinstance(shell, Shell):
            continue
        waits = cause.node is None and verbatim(cause.span)
        advice = f"Let the signal end the script, which runs the EXIT trap: `{leave}`."
        if cause.node is not None:
            advice += " And start the service with `&` and `wait` for it: no trap runs while it is in the foreground."
        yield Violation(
            message=f"{consequence(case, cause)}. {shell.row.name} does not run an EXIT trap when {case.signal} comes",
            span=cause.span,
            fix=Fix("Let the signal end the script", (insert_after(cause.span, leave),)) if waits else None,
            advice=advice,
        )
