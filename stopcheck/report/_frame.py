"""Code frames: the lines of a span with their numbers, the span underlined; and the lines that a fix changes."""

from __future__ import annotations

from stopcheck.fixes import hunks
from stopcheck.hints import TYPE_CHECKING
from stopcheck.report._lines import clean, clip, columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.model import Fix
    from stopcheck.report._lines import Line
    from stopcheck.source import SourceFile, Span

MOST_LINES = 4
TAB = 4


def frame(span: Span, color: str, width: int, context: int = 0) -> Iterator[Line]:
    """The lines of a span, and `context` lines above it; a span of many lines is cut short."""
    source = span.outermost().source
    line, column, end_line, end_column = span.position()
    last = min(end_line, line + MOST_LINES - 1)
    gutter = max(2, len(str(last)))
    for number in range(max(1, line - context), line):
        yield _code(source, number, gutter, width)
    for number in range(line, last + 1):
        text = source.line(number)
        start = column - 1 if number == line else len(text) - len(text.lstrip())
        end = end_column - 1 if number == end_line else len(text)
        # A long line is shown from a little before its culprit on.
        room = width - gutter - 5
        cut = 0 if columns(_spread(text[:end])) <= room else max(0, start - room // 4)
        yield _code(source, number, gutter, width, cut)
        before = columns(_spread(text[:start])) - columns(_spread(text[:cut])) + (1 if cut else 0)
        marks = max(1, columns(_spread(text[:end])) - columns(_spread(text[:start])))
        if marks > 0 and before < room:
            rule: Line = [(" " * (gutter + 2), ""), (" │ ", "faint"), (" " * before, "")]
            yield [*rule, ("^" * min(marks, room - before), color)]
    if end_line > last:
        yield [(" " * (gutter + 2), ""), (" │ ", "faint"), (f"… {end_line - last} more", "faint")]


def _code(source: SourceFile, number: int, gutter: int, width: int, cut: int = 0) -> Line:
    text = source.line(number)
    shown = "…" + _spread(text)[columns(_spread(text[:cut])) :] if cut else _spread(text)
    return [(f"  {number:>{gutter}}", "faint"), (" │ ", "faint"), (clip(shown, width - gutter - 5), "")]


def _spread(text: str) -> str:
    return clean(text.replace("\t", " " * TAB))


def diff(fix: Fix, here: str, width: int) -> Iterator[Line]:
    """What a fix changes, as a small diff; the file is named where it is not `here`."""
    for hunk in hunks(fix):
        if hunk.path != here:
            yield [(f"     {clean(hunk.path)}", "strong")]
        gutter = max(2, len(str(hunk.line + max(len(hunk.before), len(hunk.after)))))
        room = width - gutter - 5
        cuts = [_hidden(*pair, room) for pair in zip(hunk.before, hunk.after, strict=False)]
        for sign, lines, color in (("-", hunk.before, "removed"), ("+", hunk.after, "added")):
            for number, text in enumerate(lines):
                cut = cuts[number] if len(hunk.before) == len(hunk.after) else 0
                shown = clip(("…" if cut else "") + _spread(text)[cut:], room)
                yield [(f"  {hunk.line + number:>{gutter}}", "faint"), (f" {sign} {shown}", color)]


def _hidden(before: str, after: str, room: int) -> int:
    """How much of a line to leave out at its beginning, so that what is changed in it is to be seen."""
    before, after = _spread(before), _spread(after)
    if before == after or clip(before, room) != clip(after, room):
        return 0
    same = next((n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), len(before))
    return max(0, same - room // 4)
