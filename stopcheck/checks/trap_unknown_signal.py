"""A trap, or a `kill` in it, names a signal that this shell does not know or nobody can catch."""

from __future__ import annotations

from stopcheck.boot.shell.frames import Trap, Waiting
from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.signals import signal_name
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import called, command_at, consequence, waiting_too
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation
from stopcheck.source import Span
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause
    from stopcheck.syntax.shell.tree import Word

NEVER = frozenset({"KILL", "STOP"})


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("trap-unknown-signal"):
        shell = cause.process.body
        if cause.span is None or not isinstance(shell, Shell):
            continue
        yield Violation(
            message=f"{consequence(case, cause)}. {_why(cause, shell)}",
            span=cause.span,
            fix=_renamed(case, cause, shell),
            advice=f"Write {case.assessment.signal}, without SIG: every shell understands that."
            if cause.event is not None
            else f"Trap {case.assessment.signal}: that is what a container is stopped with.",
        )


def _why(cause: Cause, shell: Shell) -> str:
    if cause.event is None:
        return "This trap never runs: SIGKILL and SIGSTOP cannot be caught"
    if cause.event.text == "kill":
        name = "bash as `sh`" if shell.row.name == "bash" else shell.row.name
        return f"`kill` fails here: {name} does not know a signal of that name"
    known = signal_name(cause.event.text) is not None
    what = f"{shell.row.name} does not know {cause.event.text}" if known else f"there is no signal {cause.event.text}"
    ends = "e" in shell.options
    return f"`trap` fails here: {what}" + (f", and with `set -e` that ends {called(cause.process)}" if ends else "")


def _renamed(case: Case, cause: Cause, shell: Shell) -> Fix | None:
    assert cause.span is not None
    command = command_at(case, cause.span)
    if not isinstance(command, SimpleCommand) or not verbatim(command.span):
        return None
    traps = command.words[0].literal == "trap"
    named = command.words[1:]
    if traps and len(named) > 1:  # a function may be called `stop`
        named = named[2 if named[0].literal == "--" else 1 :]
    edits = [edit for word in named if (edit := _rename(case, word, cause, shell)) is not None]
    if edits and traps:
        edits += _and_wait(case, command, shell)
    return Fix("Name the signal as every shell knows it", tuple(edits)) if edits else None


def _and_wait(case: Case, command: SimpleCommand, shell: Shell) -> Iterator[Edit]:
    """What the trap lacks besides: once it runs, it has to wait for what it tells to stop."""
    text = next((word for word in command.words[1:] if word.literal != "--"), None)
    if text is None or text.literal is None or case.stopped is None or not isinstance(shell.blocked, Waiting):
        return
    body = case.stopped.booted.machine.parse_text(text.literal, text.span, shell.row)
    edit = waiting_too(shell, Trap(text.literal, command.span, body))
    if edit is not None:
        yield edit


def _rename(case: Case, word: Word, cause: Cause, shell: Shell) -> Edit | None:
    text = word.literal
    if text is None or word.quoted:
        return None
    name = signal_name(text.removeprefix("-"))
    if name is None or (cause.event is not None and name == text.removeprefix("-")):
        return None
    if cause.event is None:
        return Edit(word.span, case.assessment.signal) if name in NEVER else None
    start = word.span.start + len(text) - len(text.removeprefix("-"))
    return None if text.isdigit() else Edit(Span(word.span.source, start, word.span.end), name)
