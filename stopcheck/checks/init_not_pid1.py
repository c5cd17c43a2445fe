"""An init is started by a script that stays in front of it, so it is not PID 1."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import prefix_exec
from stopcheck.checks._script import branch, called, consequence, ends_there
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("init-not-pid1"):
        shell = cause.process.body
        if cause.span is None or cause.child is None or not isinstance(shell, Shell):
            continue
        init = called(cause.child)
        yield Violation(
            message=f"{consequence(case, cause)}. {called(cause.process)} stays in front of {init}"
            f"{branch(case, cause)}: PID 1 is the shell, which keeps the signal to itself, and {init} is no init there",
            span=cause.span,
            fix=prefix_exec(cause.node, "safe" if ends_there(shell) else "unsafe"),
            advice=f"Write `exec` before {init}, or better, make it the ENTRYPOINT: "
            f'`ENTRYPOINT ["{init}", "--", "/entrypoint.sh"]`.',
        )
