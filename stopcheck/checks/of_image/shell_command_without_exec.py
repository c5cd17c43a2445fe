"""`sh -c COMMAND` is written out, and the shell stays in front of the command."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import consequence
from stopcheck.checks._start import advice, by_luck, place, successor, without_shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case

RULE = "shell-command-without-exec"


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of(RULE):
        fix = without_shell(case, cause.node, cause.process.body if isinstance(cause.process.body, Shell) else None)
        yield Violation(
            message=f"{consequence(case, cause)}. `{cause.process.program} -c` starts it as its child, and passes no "
            "signal on",
            span=place(case, cause.span),
            fix=fix,
            advice=advice(fix, successor(case, cause)),
        )
    yield from by_luck(case, RULE)
