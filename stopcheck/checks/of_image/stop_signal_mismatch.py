"""The stop signal is not the one on which the program finishes what it has begun."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.checks._script import called, consequence
from stopcheck.checks._start import is_supervised, started, stop_signal, told_by_signal
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process
    from stopcheck.checks._case import Case
    from stopcheck.source import Span


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("stop-signal-mismatch"):
        wanted = _wanted(cause.process)
        yield Violation(
            message=f"{consequence(case, cause)}. It is stopped by {wanted}, not by {case.signal}",
            span=_place(case, cause.process),
            fix=stop_signal(case, wanted),
            advice=_advice(cause.process, wanted, is_supervised(case, cause.process)),
        )
    if case.outcome is OutcomeKind.GRACEFUL and case.signal == "SIGTERM" and case.image.stop_signal_span is None:
        for process in told_by_signal(case):
            body = process.body
            if isinstance(body, Program) and body.row.on_term:
                yield _hasty(case, process, body)


def _hasty(case: Case, process: Process, body: Program) -> Violation:
    name, wanted = called(process), f"SIG{body.row.stops_on}"
    return Violation(
        message=f"On SIGTERM {name} {body.row.on_term}; {wanted} makes it end in good order",
        span=_place(case, process),
        fix=stop_signal(case, wanted),
        advice=_advice(process, wanted),
        severity="note",
    )


def _wanted(process: Process) -> str:
    body = process.body
    assert isinstance(body, Program)
    return "SIGTERM" if body.action("TERM") in {"graceful", "quick"} else f"SIG{body.row.stops_on}"


def _place(case: Case, process: Process) -> Span:
    own = None if is_supervised(case, process) else case.image.stop_signal_span
    return own or started(case, process)


def _advice(process: Process, wanted: str, supervised: bool = False) -> str:
    how = f"`stopsignal={wanted.removeprefix('SIG')}` in its section" if supervised else f"`STOPSIGNAL {wanted}`"
    more = ", or start it with `--die-on-term`" if process.program == "uwsgi" else ""
    return f"Have {called(process)} stopped by {wanted}: {how}{more}."
