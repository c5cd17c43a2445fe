"""Styled lines: what reports for people are made of, and how they become text for a terminal or a pipe."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

Segment: TypeAlias = tuple[str, str]
"""A text and the name of its style in SGR, "" for plain."""
Line: TypeAlias = list[Segment]

# Only colours that every theme keeps readable on its background, and never white, black or a background.
SGR = {
    "error": "1;31",
    "warning": "33",
    "note": "36",
    "good": "32",
    "strong": "1",
    "faint": "2",
    "removed": "31",
    "added": "32",
}
ASCII = {"│": "|", "─": "-", "└": "`", "├": "|", "→": "->", "↳": "->", "▼": "v", "✓": "+", "✗": "x", "†": "*", "‖": "="}
ASCII |= {"∅": "o", "…": "...", "·": "-", "—": "-", "●": "*", "■": "#", "↦": "=>", "≈": "~"}
PLAIN = str.maketrans(ASCII)


@dataclass(frozen=True, slots=True)
class Style:
    """What the reader can see: columns, colours, and whether more than ASCII."""

    width: int = 80
    color: bool = False
    unicode: bool = True


def paint(lines: Iterable[Line], style: Style) -> str:
    """The lines as text, each ended by a newline, without blanks at its end."""
    painted = ("".join(_painted(segment, style) for segment in _trimmed(line)) for line in lines)
    return "".join(line + "\n" for line in painted)


def _painted(segment: Segment, style: Style) -> str:
    text, name = segment
    if not style.unicode:
        text = text.translate(PLAIN)
    return f"\x1b[{SGR[name]}m{text}\x1b[0m" if style.color and name and text.strip() else text


def _trimmed(line: Line) -> Line:
    kept = list(line)
    while kept and not kept[-1][0].rstrip(" "):
        kept.pop()
    return [*kept[:-1], (kept[-1][0].rstrip(" "), kept[-1][1])] if kept else []


def clean(text: str) -> str:
    """A text from a file as it can be shown: no control character reaches the terminal, each one column of its own."""
    return "".join(_visible(character) for character in text) if not text.isprintable() else text


def _visible(character: str) -> str:
    if character in "\t\n":
        return " "
    return character if character.isprintable() else "\ufffd"


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, width: int) -> Iterator[str]:
    """The words of a text in lines of at most so many columns; a longer word has a line for itself."""
    line = ""
    for word in clean(text).split():
        if line and columns(line) + 1 + columns(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def clip(text: str, width: int) -> str:
    """A text cut to so many columns, with `…` where something is missing."""
    if columns(text) <= width:
        return text
    kept = ""
    for character in text:
        if columns(kept + character) >= width:
            break
        kept += character
    return kept + "…"


def count(number: int, noun: str) -> str:
    """ "1 error", "2 errors"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
