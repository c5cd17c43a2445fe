"""The service is part of a pipeline, which a shell has to stay in front of."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import branch, called, consequence, main_of, piped_output
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation
from stopcheck.syntax.shell.tree import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("piped-main"):
        node, shell = cause.node, cause.process.body
        if cause.span is None or not isinstance(node, Pipeline) or not isinstance(shell, Shell):
            continue
        main = called(main_of(case, cause))
        yield Violation(
            message=f"{consequence(case, cause)}. It runs in a pipeline{branch(case, cause)}, so the shell stays in "
            "front to wait for all parts of it, and keeps the signal to itself",
            span=cause.span,
            fix=piped_output(node, shell),
            advice=f"Let {main} write to standard output, where `docker logs` finds it, and start it with `exec`; "
            "where a copy is needed, bash can `exec` it with its output redirected: `exec app > >(tee app.log)`.",
        )
