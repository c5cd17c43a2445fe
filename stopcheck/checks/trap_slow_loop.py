"""A loop sleeps longer than the grace period, and its trap has to wait until the sleep has ended."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import consequence, names_last_job
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
    for cause in case.of("trap-slow-loop"):
        shell = cause.process.body
        if cause.span is None or not isinstance(shell, Shell):
            continue
        yield Violation(
            message=f"{consequence(case, cause)}. The trap has to wait for `{cause.span.text}`, which takes longer "
            f"than the {case.seconds} that `docker stop` gives",
            span=cause.span,
            fix=_interruptible(cause, shell),
            advice="Let it sleep in the background and `wait` for it: a trap interrupts `wait` at once.",
        )


def _interruptible(cause: Cause, shell: Shell) -> Fix | None:
    node = cause.node
    if not isinstance(node, SimpleCommand) or not verbatim(node.span) or names_last_job(shell):
        return None
    end = Span(node.span.source, node.span.end, node.span.end)
    return Fix("Let the trap interrupt it", (Edit(end, " & wait $!"),))
