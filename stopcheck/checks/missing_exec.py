"""A script starts the service without `exec`, and stays in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.checks._edits import prefix_exec
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("missing-exec"):
        if cause.span is None:
            continue
        main = cause.child.program if cause.child is not None else "the service"
        yield Violation(
            message=f"the script starts {main} without `exec`, so the shell stays in front of it: {case.consequence(cause.child)}",
            span=cause.span,
            fix=prefix_exec(cause.node),
            advice="write `exec` before the command: it then takes the shell's place and gets the signal itself",
        )
