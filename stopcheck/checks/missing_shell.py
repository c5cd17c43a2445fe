"""A shell form, or a script, in an image that has no shell."""

from __future__ import annotations

from stopcheck.checks._start import exec_form, place
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.model import Violation
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.shell import parse_script
from stopcheck.syntax.shell.tree import SimpleCommand
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.model import Fix

ADVICE = "Start the program itself, in exec form, or build on an image that has a shell."


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("missing-shell"):
        failure = cause.event.failure if cause.event is not None else None
        if failure is None:
            continue
        base = case.image.base.name
        content = failure.file.content if failure.file is not None else None
        if failure.file is not None and isinstance(content, SourceFile):
            end = content.text.find("\n")
            span = Span(content, 0, end if end >= 0 else len(content.text))
            why, fix = f"{failure.file.path} is a script for {failure.name}, and {base} has no shell", None
        else:
            start = _shell_form(case)
            form = start.instruction.form if start is not None and start.instruction is not None else None
            span = form.span if form is not None else place(case, cause.span)
            kind = "The shell form needs" if form is not None else "This needs"
            why, fix = f"{kind} {failure.name}, and {base} has no shell", _exec_form(case, start)
        yield Violation(f"{case.consequence(None)}. {why}", span, fix, advice=ADVICE)


def _shell_form(case: Case) -> StartCommand | None:
    """The start command that is in shell form."""
    for start in (case.image.entrypoint, case.image.cmd):
        if isinstance(start, StartCommand) and start.shell_form is not None:
            return start
    return None


def _exec_form(case: Case, start: StartCommand | None) -> Fix | None:
    if start is None or start.shell_form is None:
        return None
    found = list(commands(parse_script(start.shell_form, "posix").body))
    node = found[0] if len(found) == 1 else None
    return exec_form(case.image, node) if isinstance(node, SimpleCommand) and node.words else None
