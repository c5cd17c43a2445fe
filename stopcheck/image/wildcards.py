"""Wildcard patterns (of COPY, .dockerignore and `${x#…}`), matched in time linear in text and pattern."""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile

from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

Token: TypeAlias = tuple[str, str]
"""What a part of a pattern is, and its characters.

"char": one character; "any": any one but those given; "set", "no-set": one (not) in the ranges, given as pairs;
"star": any number, but those given; "folders" (and "within" after it): nothing, or all up to a slash.
"""


def ends(tokens: tuple[Token, ...], text: str) -> Iterator[int]:
    """How many characters at the beginning of the text the pattern can match, ascending."""
    last = len(tokens)
    states = _closure(tokens, {0})
    for at, char in enumerate(text):
        if last in states:
            yield at
        if not states:
            return
        states = _closure(tokens, {after for state in states if state < last for after in _step(tokens, state, char)})
    if last in states:
        yield len(text)


def matches(tokens: tuple[Token, ...], text: str) -> bool:
    """Whether the pattern matches the whole text."""
    if not (text.startswith(literal_head(tokens)) and text.endswith(_literal_tail(tokens))):
        return False
    found = -1
    for end in ends(tokens, text):
        found = end
    return found == len(text)


@lru_cache(maxsize=1024)
def literal_head(tokens: tuple[Token, ...]) -> str:
    """The characters that all it matches begins with."""
    return "".join(chars for _, chars in takewhile(lambda token: token[0] == "char", tokens))


@lru_cache(maxsize=1024)
def _literal_tail(tokens: tuple[Token, ...]) -> str:
    """The characters that all it matches ends with."""
    return "".join(chars for _, chars in takewhile(lambda token: token[0] == "char", reversed(tokens)))[::-1]


def _closure(tokens: tuple[Token, ...], states: set[int]) -> set[int]:
    out = set()
    for state in states:
        out.add(state)
        while state < len(tokens) and tokens[state][0] in ("star", "folders"):
            state += 1 if tokens[state][0] == "star" else 2
            out.add(state)
    return out


def _step(tokens: tuple[Token, ...], state: int, char: str) -> tuple[int, ...]:
    kind, chars = tokens[state]
    if kind == "star":
        return () if char in chars else (state,)
    if kind in ("folders", "within"):
        within = state + (kind == "folders")
        return (within, within + 1) if char == "/" else (within,)
    if kind == "char":
        found = char == chars
    elif kind == "any":
        found = char not in chars
    else:
        found = any(low <= char <= high for low, high in zip(chars[::2], chars[1::2], strict=True)) == (kind == "set")
    return (state + 1,) if found else ()


@lru_cache(maxsize=1024)
def file_pattern(pattern: str, *, any_depth: bool = False) -> tuple[Token, ...] | None:
    """A pattern of Go's filepath.Match (`*`, `?`, `[a-z]`, `\\x`; none matches a slash); None for a malformed one.

    `any_depth` reads `**` as .dockerignore does: any number of folders. Source: moby/patternmatcher.
    """
    out: list[Token] = []
    at, end = 0, len(pattern)
    while at < end:
        char = pattern[at]
        at += 1
        if char == "*" and any_depth and pattern.startswith("*", at):
            at += 1
            at += pattern.startswith("/", at)
            out += [("star", "")] if at == end else [("folders", ""), ("within", "")]
        elif char == "*":
            if out[-1:] != [("star", "/")]:
                out.append(("star", "/"))
        elif char == "?":
            out.append(("any", "/"))
        elif char == "[":
            found = _bracket(pattern, at)
            if found is None:
                return None
            token, at = found
            out.append(token)
        elif char == "\\":
            if at == end:
                return None
            out.append(("char", pattern[at]))
            at += 1
        else:
            out.append(("char", char))
    return tuple(out)


def _bracket(pattern: str, at: int) -> tuple[Token, int] | None:
    """A bracket expression whose inside begins at `at`, and where it ends."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges = ""
    while not (ranges and pattern.startswith("]", at)):
        low, at = _bracket_char(pattern, at)
        high = low
        if low and pattern.startswith("-", at):
            high, at = _bracket_char(pattern, at + 1)
        if not low or not high:
            return None
        ranges += low + high
    return ("no-set" if negated else "set", ranges), at + 1


def _bracket_char(pattern: str, at: int) -> tuple[str, int]:
    """A character in brackets and what follows it; "" where none may stand."""
    char = pattern[at : at + 1]
    if char in ("", "-", "]"):
        return "", at
    if char == "\\":
        return pattern[at + 1 : at + 2], at + 2
    return char, at + 1


def has_wildcards(path: str) -> bool:
    """Whether a COPY source is a pattern: it has a `*`, `?` or `[` that no backslash escapes."""
    at = 0
    while at < len(path):
        if path[at] in "*?[":
            return True
        at += 2 if path[at] == "\\" else 1
    return False
