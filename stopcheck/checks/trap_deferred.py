"""A trap is set, but the shell runs it only when the command in the foreground has ended."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import called, consequence, is_keepalive, waits_for_it
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("trap-deferred"):
        shell = cause.process.body
        if cause.span is None or cause.child is None or not isinstance(shell, Shell):
            continue
        child = called(cause.child)
        yield Violation(
            message=f"{consequence(case, cause)}. The trap for {case.signal} cannot run: a shell waits for its "
            f"foreground command first, and that is {child}",
            span=cause.span,
            fix=waits_for_it(case, cause, shell),
            advice=_advice(child, is_keepalive(cause.child)),
        )


def _advice(child: str, keepalive: bool) -> str:
    if keepalive:
        return f"Start {child} with `&` and `wait` for it: a trap interrupts `wait` at once."
    return (
        f"Start {child} with `&` and `wait` for it: a trap interrupts `wait` at once. In the trap, pass the signal on "
        "and `wait` again, until it has finished."
    )
