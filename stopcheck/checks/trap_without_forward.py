"""A trap runs, but does not tell the service to stop."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import verbatim
from stopcheck.checks._script import (
    bodies,
    called,
    command_at,
    consequence,
    first_in_trap,
    is_call,
    kills_in,
    pid_of,
    stopping,
    trap_at,
)
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation
from stopcheck.syntax.shell.tree import CommandSubstitution, Parameter, SimpleCommand
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.shell.frames import Trap
    from stopcheck.checks._case import Case
    from stopcheck.syntax.shell.tree import Word


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("trap-without-forward"):
        shell = cause.process.body
        if cause.span is None or cause.child is None or not isinstance(shell, Shell):
            continue
        trap = trap_at(shell, cause.span)
        early = trap is not None and _expanded(case, trap)
        child = called(cause.child)
        job = pid_of(case, shell, cause.child.pid) or "$!"
        yield Violation(
            message=f"{consequence(case, cause)}. {_why(case, shell, trap, early, child)}",
            span=cause.span,
            fix=_forwarding(case, shell, trap, early) if trap is not None else None,
            advice="Put the trap's text in single quotes, so that it is expanded when it runs."
            if early
            else "Quote the heredoc's delimiter (`<<'EOF'`), so that the script is written as it stands."
            if trap is not None and _eaten(trap)
            else f"""In the trap, tell it and wait for it: `kill "{job}"; wait "{job}"`.""",
        )


def _why(case: Case, shell: Shell, trap: Trap | None, early: bool, child: str) -> str:
    if early:
        return (
            f"The text of the trap stands in double quotes: it was expanded when it was set, before {child} was "
            "started, and `kill` is given no process"
        )
    if trap is not None and _eaten(trap):
        return f"The build has expanded the heredoc, and left nothing of `$…` in the trap: it does not tell {child}"
    if (
        trap is not None
        and not shell.row.jobs_p
        and any(_asks_for_jobs(word) for k in kills_in(shell, trap) for word in k.words)
    ):
        return f"`$(jobs -p)` gives nothing in {shell.row.name}, so the trap tells nobody"
    return f"The trap runs, but does not tell {child}"


def _asks_for_jobs(word: Word) -> bool:
    return any(isinstance(part, CommandSubstitution) and "jobs" in part.body.span.text for part in word.parts)


def _expanded(case: Case, trap: Trap) -> bool:
    """Whether a trap's text held a variable that was expanded when it was set."""
    action = _action_word(case, trap)
    return action is not None and any(isinstance(part, Parameter) for part in action.parts)


def _eaten(trap: Trap) -> bool:
    """Whether the build has expanded the heredoc in a Dockerfile that holds the script."""
    written = trap.span.outermost().text if trap.span is not None else ""
    return "$" in written and isinstance(trap.text, str) and "$" not in trap.text


def _action_word(case: Case, trap: Trap) -> Word | None:
    command = command_at(case, trap.span)
    return command.words[1] if isinstance(command, SimpleCommand) and len(command.words) > 2 else None


def _forwarding(case: Case, shell: Shell, trap: Trap, early: bool) -> Fix | None:
    title = "Tell it in the trap, and wait"
    if early:
        word = _action_word(case, trap)
        text = word.span.text if word is not None and verbatim(word.span) else ""
        if word is None or text[:1] != '"' or text[-1:] != '"' or set("'\\`") & set(text) or '"' in text[1:-1]:
            return None
        waits = any(is_call(command, "wait") for body in bodies(shell, trap) for command in commands(body))
        return Fix(title, (Edit(word.span, f"'{text[1:-1]}'" if waits else f"'{text[1:-1]}; wait'"),), "unsafe")
    if any(True for _ in kills_in(shell, trap)):
        return None
    told = stopping(case, shell)
    edit = first_in_trap(shell, trap, *told) if told else None
    return Fix(title, (edit,), "unsafe") if edit is not None else None
