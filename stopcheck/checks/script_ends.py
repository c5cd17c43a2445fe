"""The service is left in the background, and the script that started it runs out."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import at_a_terminal, called, command_at, scripts
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation
from stopcheck.source import Span
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("script-ends"):
        if cause.span is None:
            continue
        if cause.event is not None:
            yield _of_wait_n(case, cause)
            continue
        child = called(cause.child) if cause.child is not None else "the service"
        script = called(cause.process)
        shell = at_a_terminal(case)
        if shell:
            ends = f"{child} was left in the background, and {shell}, which is left in front, ends without a terminal"
        else:
            ends = f"{script} starts {child} in the background and has nothing more to do"
        yield Violation(
            message=f"The container stops as soon as it is started: {ends}; when it ends, {child} is SIGKILLed",
            span=cause.span,
            fix=_in_front(case, cause),
            advice=f"Start {child} last, in the foreground, with `exec` and without `&` or `nohup`. With several "
            "services, pass the signal on in a trap and `wait` for them.",
            severity="warning" if shell else None,
        )


def _of_wait_n(case: Case, cause: Cause) -> Violation:
    shell = cause.process.body
    name = shell.row.name if isinstance(shell, Shell) else "sh"
    assert cause.span is not None
    return Violation(
        message=f"{case.consequence(None)}: {name} does not know `wait -n`, so {called(cause.process)} ends here and "
        "takes everything that it has started along",
        span=cause.span,
        advice="Run the script with bash (`#!/bin/bash`), or `wait` for all jobs.",
    )


def _in_front(case: Case, cause: Cause) -> Fix | None:
    """`exec app` instead of `app &`, where that is the only job and the script's last command."""
    shell = cause.process.body
    if not isinstance(shell, Shell) or len(shell.jobs) != 1 or cause.span is None:
        return None
    job = shell.jobs[0].span
    command = command_at(case, cause.span)
    last = any(body.items and body.items[-1].span == job for body in scripts(case))
    text = job.text.removesuffix("&")
    if not last or text == job.text or not isinstance(command, SimpleCommand) or not verbatim(job):
        return None
    if command.span.start != job.start or not command.words:
        return None
    end = job.start + len(text.rstrip())
    edits = (Edit(command.words[0].span.at_start(), "exec "), Edit(Span(job.source, end, job.end), ""))
    return Fix("Start it in the foreground, with `exec`", edits, "unsafe")
