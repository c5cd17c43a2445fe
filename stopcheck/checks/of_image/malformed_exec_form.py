"""An exec form that is not valid JSON is taken for a shell form."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.model import Edit, Fix, Label, Violation
from stopcheck.regex import regex
from stopcheck.stop.starts import malformed
from stopcheck.syntax.dockerfile.exec_form import read_exec_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.syntax.dockerfile.tree import ShellForm

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛", "'"))
_TRAILING_COMMA = regex(r",(\s*)\]\s*$")
_NO_COMMA = regex(r'"(\s+)"')
_COMMENT = regex(r"\]\s+#[^\]\"]*$")


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for start in (case.image.entrypoint, case.image.cmd):
        form = malformed(start) if isinstance(start, StartCommand) else None
        if form is None or not isinstance(start, StartCommand) or start.instruction is None:
            continue
        fixed = repaired(form)
        yield Violation(
            message=(f"{case.consequence(None)}. " if start is _first(case) else "")
            + f"This is no exec form, so a shell gets the text with its brackets; {form.json_error}",
            span=form.span,
            fix=fixed,
            related=(Label(form.json_error_span, str(form.json_error)),) if form.json_error_span is not None else (),
            advice="Write a JSON array: strings in straight double quotes, commas between them, nothing after it.",
        )


def _first(case: Case) -> StartCommand | None:
    """What names PID 1's program."""
    for start in (case.image.entrypoint, case.image.cmd):
        if isinstance(start, StartCommand):
            return start
    return None


def repaired(form: ShellForm) -> Fix | None:
    """The same text as valid JSON, where it is clear what it was to be."""
    text = form.span.text
    if "\n" in text:
        return None
    for candidate in _candidates(text):
        elements = read_exec_form(candidate)
        if isinstance(elements, tuple) and elements:
            return Fix("Write it as JSON", (Edit(form.span, candidate),))
    return None


def _candidates(text: str) -> Iterator[str]:
    text = _COMMENT.sub("]", text.translate(_QUOTES).strip())
    quoted = text if '"' in text else text.replace("'", '"')
    mixed = re.sub(r"'([^'\"\\]*)'", r'"\1"', text)
    for plain in dict.fromkeys((text, quoted, mixed)):
        opened = plain if plain.startswith("[") else "[" + plain.lstrip("({")
        closed = opened if opened.endswith("]") else opened.rstrip(")}>;, ") + "]"
        whole = _TRAILING_COMMA.sub(r"\1]", closed)
        yield whole
        yield _NO_COMMA.sub(r'",\1"', whole)
