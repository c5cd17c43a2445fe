"""What find(1) finds in a RUN, as a selection of the image's files."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.layers import Selection
from stopcheck.image.wildcards import file_pattern
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace

if TYPE_CHECKING:
    from stopcheck.source import Span

_ALL = Selection(all=True)


@dataclass(frozen=True, slots=True)
class Listing(Unknown):
    """What find prints: `exact` where it is all that is selected, else some of it."""

    selection: Selection = _ALL
    exact: bool = False


def find(start: Selection, words: list[str], span: Span) -> Listing:
    """What find finds below its folders: `-type f` and `-name PATTERN` are understood."""
    selection = replace(start, deep=True)
    exact = not start.all
    waiting = [word for word in words if word not in ("-print", "-print0")]
    while waiting:
        word = waiting.pop(0)
        value = waiting.pop(0) if waiting else ""
        if word == "-name":
            tokens = file_pattern(value)
            selection, exact = replace(selection, name=tokens), exact and tokens is not None
        elif (word, value) != ("-type", "f"):
            exact = False
    return Listing("what find finds is not known", span, selection, exact)
