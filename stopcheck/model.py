"""The words that all layers share: unknown values, problems, edits, violations and findings."""

from __future__ import annotations

from enum import StrEnum

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from stopcheck.source import Span

LONGEST_NUMERAL = 19
"""Decimal digits of the greatest number of 64 bits."""

Severity: TypeAlias = 'Literal["error", "warning", "note"]'
Safety: TypeAlias = 'Literal["safe", "unsafe"]'


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that the files do not tell, and why; it is a value that flows, not an exception."""

    reason: str
    span: Span | None = None

    @property
    def shape(self) -> object:
        """Equal for values of which the same is known, whatever the reason that it is not more."""
        return type(self)


def numeral(text: str, *, signed: bool = False) -> int | None:
    """The whole number that a text is, in ASCII digits; None: it is none, or longer than programs read."""
    digits = text[1:] if signed and text[:1] in {"-", "+"} else text
    if not digits.isascii() or not digits.isdecimal() or len(digits) > LONGEST_NUMERAL:
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


class OutcomeKind(StrEnum):
    """What a stop does to a container; docs/output.md has the meaning of each."""

    GRACEFUL = "graceful"
    TERMINATED = "terminated"
    CUT_OFF = "cut-off"
    KILLED = "killed"
    EXITS = "exits"
    FAILS = "fails"
    UNKNOWN = "unknown"


WORST_FIRST: tuple[OutcomeKind, ...] = (
    OutcomeKind.FAILS,
    OutcomeKind.KILLED,
    OutcomeKind.CUT_OFF,
    OutcomeKind.EXITS,
    OutcomeKind.TERMINATED,
    OutcomeKind.UNKNOWN,
    OutcomeKind.GRACEFUL,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a file from being read, at a place in it; `line` and `column` from 1, or None for the whole file."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    @staticmethod
    def at(span: Span, message: str) -> Problem:
        """A problem at a span."""
        line, column, _, _ = span.position()
        return Problem(span.path, message, line, column)


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of a span."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a finding; `safe` ones change nothing but what the finding is about."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety = "safe"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be said of it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the story: what happens, where it was written (None: nowhere), after how many seconds."""

    text: str
    span: Span | None = None
    seconds: float | None = None
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """What a check yields: the message, the place it blames, how to mend it.

    `story` is that of the way on which it comes true, where that is another than the one told of its image.
    """

    message: str
    span: Span
    fix: Fix | None = None
    related: tuple[Label, ...] = ()
    advice: str | None = None
    severity: Severity | None = None
    story: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation stamped with its rule, its severity in this case and the containers that it harms."""

    rule: str
    severity: Severity
    violation: Violation
    containers: tuple[int, ...]
    story: tuple[Step, ...] = ()
