"""Text that a build step writes, with the place in the Dockerfile that each character comes from."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NEAR = 200
"""How far from one character the next may stand, quotes and stripped tabs between them."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Characters and the offset of each in the file on disk."""

    text: str
    offsets: Sequence[int]

    @staticmethod
    def at(text: str, span: Span) -> Mapped:
        """Text that stands in a span, where quotes and escapes may be around and between its characters."""
        raw = span.text
        places = _on_disk(span)
        if raw == text:
            return Mapped(text, places)
        offsets = []
        at = 0
        for char in text:
            found = raw.find(char, at, at + _NEAR)
            if found >= 0:
                offsets.append(places[found])
                at = found + 1
            else:
                offsets.append(places[min(at, len(places) - 1)] if places else span.outermost().start)
        return Mapped(text, offsets)

    @staticmethod
    def all_at(text: str, span: Span) -> Mapped:
        """Text that a whole span stands for: the value of a variable."""
        return Mapped(text, [span.outermost().start] * len(text))

    def part(self, start: int, end: int) -> Mapped:
        """The characters from `start` to before `end`."""
        return Mapped(self.text[start:end], self.offsets[start:end])

    def plus(self, text: str) -> Mapped:
        """The same with characters after it that are not written anywhere."""
        return Mapped(self.text + text, [*self.offsets, *[self.offsets[-1] if self.offsets else 0] * len(text)])

    def source(self, disk: SourceFile) -> SourceFile:
        """A text of its own, a part of the file on disk."""
        segments: list[tuple[int, int]] = []
        for here, there in enumerate(self.offsets):
            if not segments or segments[-1][1] - segments[-1][0] != there - here:
                segments.append((here, there))
        return SourceFile(disk.path, self.text, disk, tuple(segments) or ((0, 0),))


def joined(pieces: Iterable[Mapped]) -> Mapped:
    """One after another."""
    texts: list[str] = []
    offsets: list[int] = []
    for piece in pieces:
        texts.append(piece.text)
        offsets += piece.offsets
    return Mapped("".join(texts), offsets)


def _on_disk(span: Span) -> Sequence[int]:
    """The offsets of a span's characters in the file on disk."""
    if span.source.parent is None:
        return range(span.start, span.end)
    if span.end - span.start <= 1:
        return [span.outermost().start] * (span.end - span.start)
    out = span.outermost()
    if out.end - out.start == span.end - span.start:
        return range(out.start, out.end)
    middle = (span.start + span.end) // 2
    left, right = Span(span.source, span.start, middle), Span(span.source, middle, span.end)
    return [*_on_disk(left), *_on_disk(right)]


_ESCAPE = {
    "echo": regex(r"\\(0[0-7]{0,3}|.)", re.DOTALL),
    "printf": regex(r"\\([0-7]{1,3}|.)", re.DOTALL),
}
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "r": "\r", "v": "\v"}
_DISPUTED = frozenset("123456789eExuU")
"""Escapes that not every shell has."""


def unescaped(mapped: Mapped, reader: str) -> tuple[Mapped, bool] | None:
    """Backslash escapes as "echo" or "printf" reads them, and whether a `c` among them ends all output.

    None where shells do not agree on what they are.
    """
    pieces: list[Mapped] = []
    at = 0
    for match in _ESCAPE[reader].finditer(mapped.text):
        name = match[1]
        if name == "c":
            return joined([*pieces, mapped.part(at, match.start())]), True
        value = chr(int(name, 8) & 0x7F) if name[0] in "01234567" and len(name) > 1 else _ESCAPES.get(name)
        if name in _DISPUTED:
            return None
        if value is not None:
            pieces += [mapped.part(at, match.start()), Mapped(value, mapped.offsets[match.start() : match.start() + 1])]
            at = match.end()
    return joined([*pieces, mapped.part(at, len(mapped.text))]), False


def without_returns(source: SourceFile) -> SourceFile:
    """A text with Unix line ends; offsets still lead to the old one."""
    if "\r\n" not in source.text:
        return source
    lines: list[str] = []
    segments: list[tuple[int, int]] = []
    here = there = 0
    for line in source.text.split("\r\n"):
        segments.append((here, there))
        lines.append(line)
        here += len(line) + 1
        there += len(line) + 2
    return SourceFile(source.path, "\n".join(lines), source, tuple(segments))
