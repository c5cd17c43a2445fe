"""Edits: what a fix makes of the files, and the lines it changes."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit
from stopcheck.records import dataclass, replace
from stopcheck.source import Span

if TYPE_CHECKING:
    from stopcheck.model import Fix
    from stopcheck.source import SourceFile


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring lines of a file before and after a fix; `line`, from 1, is the first."""

    path: str
    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def apply(source: SourceFile, edits: tuple[Edit, ...]) -> str:
    """The text of a file on disk after those edits that stand in it; ValueError where two of them overlap."""
    parts: list[str] = []
    at = 0
    for span, text in _placed(source, edits):
        if span.start < at:
            raise ValueError("edits overlap")
        parts += [source.text[at : span.start], text]
        at = span.end
    return "".join([*parts, source.text[at:]])


def sources(fix: Fix) -> tuple[SourceFile, ...]:
    """The files on disk that a fix changes, each once, in the order of its edits."""
    return tuple(dict.fromkeys(edit.span.outermost().source for edit in fix.edits))


def joined(fix: Fix) -> Fix:
    """The same fix, with edits that touch made one: in whatever order they are applied, the text is the same."""
    edits: list[Edit] = []
    for source in sources(fix):
        here: list[Edit] = []
        for span, text in _placed(source, fix.edits):
            if here and here[-1].span.end == span.start:
                last = here.pop()
                here.append(Edit(Span(source, last.span.start, span.end), last.text + text))
            else:
                here.append(Edit(span, text))
        edits += here
    return replace(fix, edits=tuple(edits))


def hunks(fix: Fix) -> tuple[Hunk, ...]:
    """The lines that a fix changes, those next to one another together."""
    return tuple(hunk for source in sources(fix) for hunk in _hunks(source, fix.edits))


def _hunks(source: SourceFile, edits: tuple[Edit, ...]) -> list[Hunk]:
    groups: list[tuple[int, int, list[tuple[Span, str]]]] = []
    for span, text in _placed(source, edits):
        first = source.position(span.start)[0]
        # An edit that takes lines away ends where the next line begins: that line stays as it is.
        last = max(first, source.position(span.end - 1 if span.end > span.start else span.end)[0])
        if groups and first <= groups[-1][1] + 1:
            start, end, members = groups[-1]
            groups[-1] = (start, max(end, last), [*members, (span, text)])
        else:
            groups.append((first, last, [(span, text)]))
    return [_hunk(source, first, last, members) for first, last, members in groups]


def _hunk(source: SourceFile, first: int, last: int, members: list[tuple[Span, str]]) -> Hunk:
    start = source.line_starts[first - 1]
    end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
    parts: list[str] = []
    at = start
    for span, text in members:
        parts += [source.text[at : span.start], text]
        at = span.end
    after = "".join([*parts, source.text[at:end]])
    return Hunk(source.path, first, _lines(source.text[start:end]), _lines(after))


def _lines(text: str) -> tuple[str, ...]:
    lines = text.split("\n")
    return tuple(line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines))


def _placed(source: SourceFile, edits: tuple[Edit, ...]) -> list[tuple[Span, str]]:
    """Those edits that stand in a file, by place; equal places keep their order."""
    placed = [(edit.span.outermost(), edit.text) for edit in edits]
    return sorted(((span, text) for span, text in placed if span.source is source), key=lambda item: item[0].start)
