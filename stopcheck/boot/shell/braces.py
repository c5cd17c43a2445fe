"""Brace expansion: `{a,b}`, `{1..3}`, `{a..e}`."""

from __future__ import annotations

from stopcheck.model import numeral
from stopcheck.regex import regex

_SEQUENCE = regex(r"([^.{}]+)\.\.([^.{}]+)(?:\.\.([^.{}]+))?")
_LIMIT = 1000
"""Words that are followed; a pattern that makes more of them stays as it is."""


def expanded(text: str) -> list[str]:
    """All words that an unquoted word becomes, in their order; itself where nothing in it expands (bash(1))."""
    words = _words(text)
    return words if len(words) <= _LIMIT else [text]


def _words(text: str) -> list[str]:
    start = text.find("{")
    while start >= 0:
        parts, end = _parts(text, start)
        choices = _choices(parts)
        if choices:
            before, after = text[:start], _words(text[end:])
            if len(choices) * len(after) > _LIMIT:
                return [text] * (_LIMIT + 1)
            return [f"{before}{choice}{rest}" for choice in choices for rest in after]
        start = text.find("{", start + 1)
    return [text]


def _parts(text: str, start: int) -> tuple[list[str], int]:
    """What stands between the commas of the braces that open at `start`, and where they end; nothing if they do not."""
    parts: list[str] = []
    depth, begin = 0, start + 1
    for at in range(start, len(text)):
        char = text[at]
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        if depth == 0:
            return [*parts, text[begin:at]], at + 1
        if char == "," and depth == 1:
            parts.append(text[begin:at])
            begin = at + 1
    return [], len(text)


def _choices(parts: list[str]) -> list[str]:
    if len(parts) > 1:
        return [word for part in parts for word in _words(part)]
    found = _SEQUENCE.fullmatch(parts[0]) if parts else None
    if not found:
        return []
    first, last, by = found.groups()
    step = abs(numeral(by, signed=True) or 1) if by else 1
    low, high = numeral(first, signed=True), numeral(last, signed=True)
    letters = low is None and high is None and len(first) == len(last) == 1 and (first + last).isascii()
    if letters:
        low, high = ord(first), ord(last)
    padded = any(len(each.lstrip("+-")) > 1 and each.lstrip("+-")[0] == "0" for each in (first, last))
    if low is None or high is None or padded or (letters and not (first + last).isalpha()):
        return []
    if abs(high - low) // step >= _LIMIT:
        return [""] * (_LIMIT + 1)
    numbers = range(low, high + 1, step) if low <= high else range(low, high - 1, -step)
    return [chr(number) if letters else str(number) for number in numbers]
