"""Text with a path, and spans in it that know their line and column."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from stopcheck.records import dataclass


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A text and where it stands; one that is part of another text (a shell form, a heredoc) maps its offsets there.

    `segments` are pairs (offset here, offset in `parent`), ascending; between two of them offsets advance alike. A text
    that was made of a part of its parent, whose characters stand nowhere, goes to `end` there: so does each span in it.
    Compared by identity.
    """

    path: str
    text: str
    parent: SourceFile | None = None
    segments: tuple[tuple[int, int], ...] = ((0, 0),)
    end: int | None = None

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of each line; lines end at LF."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return tuple(starts)

    @cached_property
    def _segment_starts(self) -> tuple[int, ...]:
        return tuple(here for here, _ in self.segments)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, in code points."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its line end; empty where there is none."""
        if not 1 <= number <= len(self.line_starts):
            return ""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] - 1 if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def to_parent(self, offset: int) -> int:
        """The offset in the parent's text that an offset here stands for."""
        here, there = self.segments[max(0, bisect_right(self._segment_starts, offset) - 1)]
        return there + offset - here


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of offsets in a text."""

    source: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters in the span."""
        return self.source.text[self.start : self.end]

    @property
    def path(self) -> str:
        """The path of the file it stands in."""
        return self.source.path

    def outermost(self) -> Span:
        """The same place in the file that is on disk."""
        source, start, end = self.source, self.start, self.end
        while source.parent is not None:
            last = source.to_parent(end)
            if end > start:
                last = source.to_parent(end - 1) + 1 if source.end is None else source.end
            start, end, source = source.to_parent(start), min(last, len(source.parent.text)), source.parent
        return Span(source, start, max(start, end))

    def position(self) -> tuple[int, int, int, int]:
        """Line, column, end line, end column in the file on disk; from 1, the end exclusive."""
        out = self.outermost()
        return (*out.source.position(out.start), *out.source.position(out.end))

    def at_start(self) -> Span:
        """The empty span where this one begins."""
        return Span(self.source, self.start, self.start)

    def at_end(self) -> Span:
        """The empty span where this one ends."""
        return Span(self.source, self.end, self.end)

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of the other."""
        return Span(self.source, self.start, other.end)

    def holds(self, other: Span) -> bool:
        """Whether another one of the same text lies in it."""
        return self.source is other.source and self.start <= other.start and other.end <= self.end

    def between(self, later: Span) -> str:
        """What stands between it and a later one of the same text."""
        return self.source.text[self.end : later.start] if self.source is later.source else ""
