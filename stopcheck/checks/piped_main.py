"""The service is part of a pipeline, which a shell has to stay in front of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.boot.shell import Shell
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import branch, called, consequence, ends_there, main_of
from stopcheck.model import Edit, Fix, Violation
from stopcheck.source import Span
from stopcheck.syntax.shell.tree import Pipeline, SimpleCommand

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
            fix=_redirected(node, shell),
            advice=f"Let {main} write to standard output, where `docker logs` finds it, and start it with `exec`; "
            "where a copy is needed, bash can `exec` it with its output redirected: `exec app > >(tee app.log)`.",
        )


def _redirected(node: Pipeline, shell: Shell) -> Fix | None:
    """`exec app > >(filter)` instead of `app | filter`: bash alone has process substitution."""
    left, *rest = node.commands
    if shell.row.name != "bash" or len(rest) != 1 or node.negated or node.timed or not verbatim(node.span):
        return None
    if not isinstance(left, SimpleCommand) or not left.words or not ends_there(shell):
        return None
    source, end = left.span.source, left.words[-1].span.end
    if any(redirection.span.start < end for redirection in left.redirections):
        return None
    both = " 2>&1" if any(node.stderr_too) else ""
    # Before the command's own redirections: those were made when its output was already the pipe.
    edits = (
        Edit(left.words[0].span.at_start(), "exec "),
        Edit(Span(source, end, end), f" > >({rest[0].span.text}){both}"),
        Edit(Span(source, left.span.end, node.span.end), ""),
    )
    return Fix("Start it with `exec`, its output redirected into the filter", edits, "unsafe")
