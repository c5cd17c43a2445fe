"""A trap sends its own signal to the script that it runs in, again and again."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import (
    after_statement,
    bodies,
    consequence,
    first_in_trap,
    is_call,
    kills_in,
    statement_at,
    trap_at,
)
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Fix, Violation
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.shell.frames import Trap
    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("trap-recursion"):
        shell = cause.process.body
        if cause.span is None or not isinstance(shell, Shell):
            continue
        trap = trap_at(shell, cause.span)
        signal = case.assessment.signal
        until = "" if cause.event is not None and cause.event.text else f" until {shell.row.name} crashes"
        yield Violation(
            message=f"{consequence(case, cause)}. The trap sends {case.signal} to the script itself, too, and so runs "
            f"again and again{until}",
            span=cause.span,
            fix=_ignoring(shell, trap, signal) if trap is not None else None,
            advice=f'Ignore the signal first, and wait at the end: `trap "" {signal}; kill 0; wait`.',
        )


def _ignoring(shell: Shell, trap: Trap, signal: str) -> Fix | None:
    first = first_in_trap(shell, trap, f'trap "" {signal}')
    kill = next(iter(kills_in(shell, trap)), None)
    statement = statement_at(shell, trap, kill.span) if kill is not None else None
    if first is None or statement is None:
        return None
    waits = any(is_call(command, "wait") for body in bodies(shell, trap) for command in commands(body))
    wait = () if waits else (after_statement(trap, statement, "wait"),)
    return Fix("Ignore the signal in the trap, and wait", (first, *wait))
