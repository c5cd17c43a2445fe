"""Where in the text of a TOML document a key stands: a parser tells values without their places."""

from __future__ import annotations

import re

import tomli

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


_TOKEN = regex(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{]|[\]}]|\n', re.DOTALL
)


def _statements(text: str) -> list[int]:
    """The offsets at which the statements of a TOML document begin, and its end."""
    starts = [0]
    depth = 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth == 0:
                starts.append(token.end())
    return [*starts, len(text)]


def place(text: str, keys: Sequence[str]) -> tuple[int, int]:
    """Line and column, from 1, of what a TOML document says of a key: a parser tells values without their places."""
    starts = _statements(text)
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high) // 2
        if _holds(tomli.loads(text[: starts[middle]]), keys):
            high = middle
        else:
            low = middle + 1
    start = starts[max(low - 1, 0)]
    key = re.escape(keys[-1]) if keys else r"\S"
    named = regex(rf"(?<![\w-]){key}(?![\w-])").search(text, start, starts[low])
    at = named.start() if named else start
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _holds(value: Any, keys: Sequence[str]) -> bool:
    if not keys:
        return True
    if isinstance(value, list):
        return any(_holds(each, keys) for each in value)
    return isinstance(value, dict) and keys[0] in value and _holds(value[keys[0]], keys[1:])


def no_toml(path: str, text: str, error: Exception) -> Problem:
    """What keeps a text from being read as TOML, with its place."""
    message = "is nested too deeply" if isinstance(error, RecursionError) else f"is no TOML: {error}"
    at = re.search(r" \(at line (\d+), column (\d+)\)", message)
    if at is not None:
        return Problem(path, message[: at.start()], int(at[1]), int(at[2]))
    last = len(text.rstrip("\n").split("\n"))
    return Problem(path, message.replace(" (at end of document)", ", and then it ends"), last, 1)
