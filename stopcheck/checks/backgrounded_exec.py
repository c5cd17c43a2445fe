"""`exec` in a job, a subshell or a pipeline replaces only the copy of the shell that runs there."""

from __future__ import annotations

from stopcheck.boot.shell.frames import Waiting
from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import called, consequence, is_last, piped_output
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation
from stopcheck.source import Span
from stopcheck.syntax.shell.tree import Pipeline, Subshell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("backgrounded-exec"):
        shell = cause.process.body
        if cause.span is None or not isinstance(shell, Shell):
            continue
        yield Violation(
            message=f"{consequence(case, cause)}. This `exec` stands {_where(cause)}, where it replaces only a copy of "
            f"the shell: {called(cause.process)} itself stays in front and keeps the signal to itself",
            span=cause.span,
            fix=_by_itself(cause, shell),
            advice="Let `exec` stand by itself, as the script's last command.",
        )


def _where(cause: Cause) -> str:
    match cause.node:
        case Pipeline():
            return "in a pipeline"
        case Subshell():
            return "in parentheses"
    return "in the background"


def _by_itself(cause: Cause, shell: Shell) -> Fix | None:
    node = cause.node
    if isinstance(node, Pipeline):
        return piped_output(node, shell)
    title = "Let `exec` stand by itself"
    if isinstance(node, Subshell) and verbatim(node.span) and is_last(shell) and not node.redirections:
        return Fix(title, (Edit(node.span, node.span.text[1:-1].strip()),), "unsafe") if _one_line(node.span) else None
    if isinstance(shell.blocked, Waiting) and shell.jobs and verbatim(shell.jobs[0].span) and is_last(shell):
        job, wait = shell.jobs[0].span, shell.blocked.span
        kept = job.text.removesuffix("&").rstrip()
        between = job.source.text[job.end : wait.start]
        end = wait.end if wait.source is job.source and not between.strip() else job.end
        if kept != job.text and not kept.startswith("("):
            return Fix(title, (Edit(Span(job.source, job.start + len(kept), end), ""),), "unsafe")
    return None


def _one_line(span: Span) -> bool:
    return "\n" not in span.text
