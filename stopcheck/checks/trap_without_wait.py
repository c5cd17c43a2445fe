"""A trap passes the signal on, but does not wait until the service has finished."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import after_statement, called, consequence, statement_at, trap_at
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Fix, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("trap-without-wait"):
        shell = cause.process.body
        if cause.span is None or cause.child is None or not isinstance(shell, Shell):
            continue
        child = called(cause.child)
        yield Violation(
            message=f"{consequence(case, cause)}. The trap tells {child} to stop but does not wait for it: the signal "
            f"has ended the script's own `wait`, so the script ends, and takes {child} along",
            span=cause.span,
            fix=_with_wait(cause, shell),
            advice=f"`wait` in the trap, after `kill`, so that {child} can finish.",
        )


def _with_wait(cause: Cause, shell: Shell) -> Fix | None:
    trap = trap_at(shell, cause.span)
    kill = cause.event.span if cause.event is not None and cause.event.kind == "kills" else None
    if trap is None or kill is None:
        return None
    statement = statement_at(shell, trap, kill)
    if statement is None:
        return None
    return Fix("Wait for it in the trap", (after_statement(trap, statement, "wait"),))
