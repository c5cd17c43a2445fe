"""STOPSIGNAL names no signal."""

from __future__ import annotations

from stopcheck.boot.signals import NUMBERS, signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation, numeral

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    signal, span = case.image.stop_signal, case.image.stop_signal_span
    if not isinstance(signal, str) or span is None or signal_name(signal) is not None:
        return
    from difflib import get_close_matches

    known = [f"SIG{name}" for name in NUMBERS]
    close = get_close_matches(signal.strip().upper().replace("_", ""), known, n=1, cutoff=0.7)
    fix = Fix("Name the signal", (Edit(span, close[0]),), "unsafe") if close and span.text == signal else None
    passes = bool(numeral(signal, signed=True))  # (ParseSignal of moby/sys/signal)
    yield Violation(
        message=f"`{signal}` is no signal: "
        + ("the container is not told to stop" if passes else "the build ends here"),
        span=span,
        fix=fix,
        advice=f"Did you mean {close[0]}?" if close else "Write a name, such as SIGTERM, or a number from 1 to 64.",
        severity="error",
    )
