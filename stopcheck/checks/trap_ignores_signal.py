"""A trap makes the script ignore the stop signal, or go on as before."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import action, after_statement, called, command_at, consequence, stopping, trap_at
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.shell.frames import Trap
    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("trap-ignores-signal"):
        shell = cause.process.body
        if cause.span is None:
            continue
        why, advice, fix = _kept(case, cause)
        if isinstance(shell, Shell) and cause.event is not None:
            why = f"The trap runs, and {called(cause.process)} goes on as before"
            advice = "End the trap with `exit`."
            trap = trap_at(shell, cause.span)
            fix = _leaving(shell, trap) if trap is not None else None
        elif isinstance(shell, Shell) and cause.child is not None and cause.child.pid in shell.substitutions:
            why = f"`wait` waits for `>({cause.span.text})`, too, which reads until {called(cause.process)} ends"
            advice = 'Wait for the service alone, by its number: `wait "$pid"`.'
            fix = None
        elif isinstance(shell, Shell):
            why = f"An empty trap makes {called(cause.process)}, and all that it starts, ignore {case.signal}"
            advice = "Let the trap pass the signal on and wait, or leave it out and `exec` the service."
            fix = _handling(case, cause, shell)
        yield Violation(f"{consequence(case, cause)}. {why}", cause.span, fix, advice=advice)


def _kept(case: Case, cause: Cause) -> tuple[str, str, Fix | None]:
    why = f"A signal that a script ignores stays ignored after `exec`: {called(cause.process)} minds no {case.signal}"
    return why, f"Leave it out, or set it back before the `exec`: `trap - {case.assessment.signal}`.", None


def _handling(case: Case, cause: Cause, shell: Shell) -> Fix | None:
    assert cause.span is not None
    command = command_at(case, cause.span)
    told = stopping(case, shell)
    if not isinstance(command, SimpleCommand) or len(command.words) < 3 or not verbatim(command.span):
        return None
    if not told and cause.child is not None:
        return None
    text = "; ".join(told or ("exit 0",))
    return Fix("Let the trap stop what was started", (Edit(command.words[1].span, f"'{text}'"),), "unsafe")


def _leaving(shell: Shell, trap: Trap) -> Fix | None:
    if trap.body is None or not trap.body.items:
        return None
    function = shell.functions.get(str(trap.text))
    if function is None and action(trap) is not None and verbatim(trap.body.items[-1].span):
        edit = after_statement(trap, trap.body.items[-1].span, "exit 0")
        return Fix("Leave at the end of the trap", (edit,), "unsafe")
    return None
