"""A shell stays in front of its jobs, or loops, without a trap for the stop signal."""

from __future__ import annotations

import re

from stopcheck.boot.shell.frames import Foreground
from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import after_operator, insert_before, verbatim
from stopcheck.checks._script import called, consequence, stopping
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix, Violation
from stopcheck.source import Span
from stopcheck.syntax.shell import parse_script
from stopcheck.syntax.shell.tree import SimpleCommand
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("unhandled-stop-signal"):
        shell = cause.process.body
        if cause.span is None or not isinstance(shell, Shell):
            continue
        signal = case.assessment.signal
        dies = any(event.kind == "dies" and event.pid == cause.process.pid for event in case.down.events)
        how = "it dies of the signal at once, and its children are not told" if dies else "the signal does nothing"
        yield Violation(
            message=f"{consequence(case, cause)}. {called(cause.process)} stays here without a trap for "
            f"SIG{signal}: {how}",
            span=cause.span,
            fix=_with_trap(case, cause, shell),
            advice="Set a trap that passes the signal on and waits for what it was sent to; with a single service, "
            "`exec` it instead.",
        )


def _with_trap(case: Case, cause: Cause, shell: Shell) -> Fix | None:
    assert cause.span is not None
    if not verbatim(cause.span):
        return None
    signal = case.assessment.signal
    told = stopping(case, shell)
    if not told and cause.child is not None:
        return None
    loops = isinstance(shell.blocked, Foreground)
    action = "; ".join([*told, "exit 0"] if loops or not told else told)
    opening, closing = ("{ ", "; }") if after_operator(cause.span) else ("", "")
    edits = [insert_before(cause.span, f"{opening}trap '{action}' {signal}")]
    if isinstance(shell.blocked, Foreground):
        node = shell.blocked.node
        if not isinstance(node, SimpleCommand) or not verbatim(node.span):
            return None
        edits.append(_interruptible(node, closing))
    else:
        edits += [_interruptible(node) for node in _sleeps(cause.span)]
        if closing:
            edits.append(Edit(cause.span.at_end(), closing))
    title = "Set a trap that passes the signal on" if told else "Set a trap that ends the script"
    return Fix(title, tuple(edits), "unsafe")


def _interruptible(node: SimpleCommand, closing: str = "") -> Edit:
    """It goes to the background and the shell waits for it, which a trap ends at once."""
    return Edit(Span(node.span.source, node.span.end, node.span.end), " & wait $!" + closing)


def _sleeps(loop: Span) -> list[SimpleCommand]:
    """The sleeps of a loop that may be anywhere in its round: a trap would only run when they are over."""
    inner = (
        node
        for node in commands(parse_script(loop.source, "bash").body)
        if isinstance(node, SimpleCommand) and loop.start <= node.span.start < loop.end
    )
    text = loop.source.text
    return [
        node
        for node in inner
        if node.words and node.words[0].literal == "sleep" and not re.match(r"[ \t]*&(?!&)", text[node.span.end :])
    ]
