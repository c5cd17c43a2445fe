"""The service leaves for the background: the process that was started ends, and with it the container."""

from __future__ import annotations

from stopcheck.checks._script import at_a_terminal, called
from stopcheck.checks._start import command_at, exec_form, in_json, is_exact, place, staying, that_stays
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.model import Edit, Fix, Violation
from stopcheck.source import Span
from stopcheck.syntax.shell import parse_script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.stop.cause import Cause
    from stopcheck.syntax.shell.tree import SimpleCommand


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("daemonized-main"):
        name = called(cause.child) if cause.child is not None else called(cause.process)
        words = staying(cause.process)
        shell = at_a_terminal(case)
        left = (
            f"{shell}, which is left in front, ends at once without a terminal" if shell else "nothing is left in front"
        )
        yield Violation(
            message=f"{case.consequence(None)}. {name} leaves for the background: {left}",
            span=place(case, cause.span),
            fix=_fix(case, cause, words) if words is not None else None,
            advice=_advice(that_stays(name, words), shell, job=cause.process.job),
            severity="warning" if shell else None,
        )


def _advice(command: str, shell: str | None, *, job: bool) -> str:
    if shell:
        return f"Keep it in the foreground, in the place of {shell}: `exec {command}`."
    return f"Keep it in the foreground{', without `&`' if job else ''}: `{command}`."


def _fix(case: Case, cause: Cause, words: tuple[str, ...]) -> Fix | None:
    title = f"Keep {called(cause.process)} in the foreground"
    for start in (case.image.entrypoint, case.image.cmd):
        if isinstance(start, StartCommand) and start.argument_spans:
            first = len(start.argv) - len(cause.process.argv)
            if first >= 0 and start.argv[first:] == cause.process.argv:
                return Fix(title, (_in_array(start.argument_spans[first:], cause.process.argv, words),))
    node = command_at(cause.span) if cause.span is not None and cause.span.path else None
    if node is None or tuple(word.literal for word in node.words) != cause.process.argv:
        return None
    form = exec_form(case.image, node, words)
    return Fix(title, form.edits, form.safety) if form is not None else _in_script(title, node, words)


def _in_array(spans: tuple[Span, ...], before: tuple[object, ...], after: tuple[str, ...]) -> Edit:
    """Words of an array taken out, made others, or put in."""
    at = next(
        (n for n, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), min(len(before), len(after))
    )
    last = 0
    while last < min(len(before), len(after)) - at and before[-1 - last] == after[-1 - last]:
        last += 1
    text = "".join(", " + in_json(word) for word in after[at : len(after) - last])
    return Edit(Span(spans[at - 1].source, spans[at - 1].end, spans[len(before) - last - 1].end), text)


def _in_script(title: str, node: SimpleCommand, words: tuple[str, ...]) -> Fix | None:
    """`exec` and the other words, where it is the last command of a script."""
    items = parse_script(node.span.source, "bash").body.items
    if not items or items[-1].span.end != node.span.end or not is_exact(node.span):
        return None
    from shlex import join

    whole = node.words[0].span.to(node.words[-1].span)
    return Fix(title, (Edit(whole, "exec " + join(words)),))
