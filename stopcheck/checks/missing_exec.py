"""A script starts the service without `exec`, and stays in front of it."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import prefix_exec
from stopcheck.checks._script import branch, called, consequence, ends_there, has_several_turns
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.model import Safety


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("missing-exec"):
        shell = cause.process.body
        if cause.span is None or cause.child is None or not isinstance(shell, Shell):
            continue
        safety: Safety = "safe" if ends_there(shell) else "unsafe"
        fix = None if has_several_turns(shell) else prefix_exec(cause.node, safety)
        yield Violation(
            message=f"{consequence(case, cause)}. {called(cause.process)} starts {called(cause.child)} without "
            f"`exec`{branch(case, cause)}, so the shell stays in front of it and keeps the signal to itself",
            span=cause.span,
            fix=fix,
            advice=_advice(fix is not None and safety == "safe", cause.node),
        )


def _advice(certain: bool, node: object) -> str:
    if certain:
        return "Write `exec` before the command: it then takes the shell's place and gets the signal itself."
    if isinstance(node, SimpleCommand):
        return (
            "Write `exec` before the command, as the last thing that the script does: what stands after it will not "
            "run. Where something has to, start the command with `&`, pass the signal on in a trap, and `wait`."
        )
    return "Write it without the parentheses or braces, with `exec` before the command that stays."
