"""A trap is set for another signal than the one that stops the container, or passes on one that nobody minds."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.signals import signal_name
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import called, command_at, consequence
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation
from stopcheck.source import Span
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("trap-wrong-signal"):
        if cause.span is None or not isinstance(cause.process.body, Shell):
            continue
        if cause.event is None:
            why = f"The container is stopped with {case.signal}, and this trap is not set for that"
            advice = f"Set it for {case.assessment.signal}, too."
        else:
            child = called(cause.child) if cause.child is not None else "it"
            why = (
                f"A job in the background ignores SIG{cause.event.signal} unless it has a handler for it, and {child} "
                "has none"
            )
            advice = "Send TERM, which no job ignores by default, or start it under `set -m`, where none ignores INT."
        fix = _further(case, cause) if cause.event is None else _other(case, cause)
        yield Violation(f"{consequence(case, cause)}. {why}", cause.span, fix, advice=advice)


def _further(case: Case, cause: Cause) -> Fix | None:
    assert cause.span is not None
    command = command_at(case, cause.span)
    if not isinstance(command, SimpleCommand) or not verbatim(command.span):
        return None
    end = command.words[-1].span.end
    signal = case.assessment.signal
    return Fix(f"Set it for {signal}, too", (Edit(Span(command.span.source, end, end), f" {signal}"),))


def _other(case: Case, cause: Cause) -> Fix | None:
    assert cause.span is not None
    assert cause.event is not None
    command = command_at(case, cause.span)
    if not isinstance(command, SimpleCommand) or not verbatim(command.span):
        return None
    for word in command.words[1:]:
        text = word.literal or ""
        bare = text.removeprefix("-")
        if bare and not bare.isdigit() and signal_name(bare) == cause.event.signal:
            start = word.span.end - len(bare)
            return Fix("Send TERM", (Edit(Span(word.span.source, start, word.span.end), "TERM"),))
    return None
