"""What a key of a configuration may hold, and what is said of a value that cannot be meant."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

    Kind: TypeAlias = Callable[[Any], Any]

FEW = 10
"""So many words are listed where none of them is like the one that was meant."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the value of a key."""

    keys: tuple[str, ...]
    message: str


class MeaninglessError(Exception):
    """A value that cannot be meant, and at which key below its own."""

    def __init__(self, message: str, *below: str) -> None:
        super().__init__(message)
        self.below = below


def table_of(
    table: Any, kinds: Mapping[str, Kind], keys: tuple[str, ...], wrong: list[Wrong]
) -> Iterator[tuple[str, Any]]:
    """The values of a table that are as they should be; the others go to `wrong`."""
    if not isinstance(table, dict):
        wrong.append(Wrong(keys, f"{named(keys)}is {said(table)}, and should be a table"))
        return
    for key, value in table.items():
        here = (*keys, key)
        if key not in kinds:
            wrong.append(Wrong(here, f"{named(keys)}unknown key {said(key)}{_key_hint(keys, key, value, kinds)}"))
        else:
            try:
                yield key, kinds[key](value)
            except MeaninglessError as error:
                below = (*here, *error.below)
                wrong.append(Wrong(below, f"{named(below)}{error}"))


def named(keys: Sequence[str]) -> str:
    """A key as it is written, with a colon."""
    bare = regex(r"[\w-]+", re.ASCII)
    return ".".join(key if bare.fullmatch(key) else said(key) for key in keys) + ": " if keys else ""


def said(value: Any) -> str:
    """A value in a message, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    text = " ".join(str(value).split())
    text = text if len(text) <= 40 else text[:39] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def hint(word: str, known: Iterable[str]) -> str:
    """Which of the known words may have been meant, or which there are."""
    from difflib import get_close_matches

    by_lower = {each.lower().replace("-", "_"): each for each in known}
    close = get_close_matches(word.lower().replace("-", "_"), by_lower, n=1)
    if close:
        return f": did you mean {by_lower[close[0]]}?"
    return f" (known: {', '.join(by_lower.values())})" if len(by_lower) <= FEW else ""


def _key_hint(keys: tuple[str, ...], key: str, value: Any, known: Iterable[str]) -> str:
    if isinstance(value, dict) and keys[:1] == ("programs",):
        return f": a name with a dot is quoted, [programs.{said(f'{keys[-1]}.{key}')}]"
    return hint(key, known)


def a_flag(value: Any) -> bool:
    """`true` or `false`."""
    if isinstance(value, bool):
        return value
    raise MeaninglessError(f"{said(value)} is neither true nor false")


def a_whole(lowest: int, value: Any) -> int:
    """A whole number from the lowest that is meant to 255."""
    if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= 255:
        return value
    raise MeaninglessError(f"{said(value)} is no whole number from {lowest} to 255")


def a_seconds(value: Any) -> float:
    """A number of seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10**9:
        return float(value)
    raise MeaninglessError(f"{said(value)} is no number of seconds")


def a_word(known: tuple[str, ...], value: Any) -> str:
    """One of some words."""
    if isinstance(value, str) and value in known:
        return value
    raise MeaninglessError(f"{said(value)} is not known here{hint(str(value), known)}")


def a_text(value: Any) -> str:
    """A text in quotes."""
    if isinstance(value, str):
        return value
    raise MeaninglessError(f"{said(value)} is no text in quotes")


def a_list(value: Any) -> list[str]:
    """A list of texts."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise MeaninglessError(f'{said(value)} is no list of texts: ["…", "…"]')


def words(value: Any) -> list[str]:
    """A text of words, or a list of them, as in knowledge/programs.toml."""
    return value.split() if isinstance(value, str) else a_list(value)
