"""Texts that are known in part: their ends, or that they are one word."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.boot.world import Field
    from stopcheck.source import Span


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
