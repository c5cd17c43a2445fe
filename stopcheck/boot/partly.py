"""Texts that are known in part: their ends, or that they are one word."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.boot.world import Field
    from stopcheck.source import Span

LONGEST_TEXT = 1 << 17
"""Characters of a text that is followed; a longer one is no word to the kernel either (execve(2), MAX_ARG_STRLEN)."""


@dataclass(frozen=True, slots=True)
class Partly(Unknown):
    """A text of which only the ends are known: `--port=$PORT`."""

    start: str = ""
    end: str = ""

    @property
    def shape(self) -> object:
        """See Unknown.shape."""
        return (type(self), self.start, self.end)


@dataclass(frozen=True, slots=True)
class OneWord(Partly):
    """What a word says is not known, but that it stays one: it was quoted."""


def count(values: tuple[Field, ...], span: Span | None = None) -> Field:
    """How many words there are, as `$#` and `${#array[@]}` tell it."""
    if any(isinstance(value, Unknown) and not isinstance(value, OneWord) for value in values):
        return Unknown("the number of arguments", span)
    return str(len(values))


def bounded(value: Field) -> Field:
    """A value, Unknown where it is longer than is followed: one that doubles itself would fill the memory."""
    too_long = isinstance(value, str) and len(value) > LONGEST_TEXT
    return Unknown("a text that is too long to follow") if too_long else value
