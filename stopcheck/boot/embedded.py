"""A text that stands in another one, or was made from it, with the way back to its place."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile.exec_form import character_offsets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.source import Span


def embedded(text: str, span: Span | None) -> SourceFile:
    """A text that stands in another one at `span`, or was made from it."""
    if span is None:
        return SourceFile("", text)
    at = span.text.find(text)
    if at >= 0:
        return SourceFile(span.path, text, span.source, ((0, span.start + at),))
    offsets = character_offsets(span.text) if span.text.startswith('"') else ()
    if len(offsets) == len(text) + 1:
        return SourceFile(span.path, text, span.source, tuple((n, span.start + at) for n, at in enumerate(offsets)))
    lines, own = text.split("\n"), span.text.split("\n")
    if len(lines) == len(own) > 1:  # a here-document, with values in the place of variables
        return SourceFile(span.path, text, span.source, tuple(_by_lines(lines, own, span.start)))
    return SourceFile(span.path, text, span.source, tuple((n, span.start) for n in range(len(text) + 1)), span.end)


def _by_lines(lines: list[str], own: list[str], start: int) -> Iterator[tuple[int, int]]:
    """Segments by which each line stands at its own; what is longer than that stands at its last character."""
    here, there = 0, start
    for line, written in zip(lines, own, strict=True):
        yield here, there
        yield from ((here + at, there + max(len(written) - 1, 0)) for at in range(len(written), len(line)))
        here, there = here + len(line) + 1, there + len(written) + 1
