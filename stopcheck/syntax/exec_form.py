"""JSON arrays of strings as Go's encoding/json reads them: what BuildKit takes for an exec form, and what is wrong with the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_BLANK = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SMART_QUOTES = "“”„‟‘’‚‛«»″"


@dataclass(frozen=True, slots=True)
class Element:
    """One string of the array; `start` and `end` are offsets in the text read, quotes included."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class JsonMistake:
    """Why a text that begins with a bracket is no exec form.

    `offset` is where reading stopped. `fatal`: it is valid JSON with an element that is no string, which ends the build;
    else BuildKit takes the text for shell form.
    """

    message: str
    offset: int
    fatal: bool = False


def read_exec_form(text: str) -> tuple[Element, ...] | JsonMistake:
    """Read a text that begins with `[`; white space around the array is allowed, anything else after it is not."""
    elements: list[Element] = []
    foreign: JsonMistake | None = None
    at = _skip(text, 1)
    if text.startswith("]", at):
        return _end(text, at, elements, foreign)
    while True:
        match = _STRING.match(text, at)
        if match:
            end = match.end()
            elements.append(Element(_decode(match[0]), at, end))
        else:
            end = _other_value(text, at)
            if end < 0:
                return JsonMistake(_explain(text, at), at)
            foreign = foreign or JsonMistake(f"`{_clip(text[at:end])}` is no string: put it in double quotes", at, True)
        at = _skip(text, end)
        if text.startswith("]", at):
            return _end(text, at, elements, foreign)
        if not text.startswith(",", at):
            return JsonMistake(_explain(text, at), at)
        at = _skip(text, at + 1)


def _end(text: str, bracket: int, elements: list[Element], foreign: JsonMistake | None) -> tuple[Element, ...] | JsonMistake:
    after = _skip(text, bracket + 1)
    if after < len(text):
        return JsonMistake(f"text after the closing bracket: `{_clip(text[after:])}`", after)
    return foreign or tuple(elements)


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _decode(token: str) -> str:
    value = token[1:-1]
    if "\\" in value:
        import json

        value = json.loads(token)
    return value if value.isascii() else _SURROGATE.sub("�", value)


def _other_value(text: str, at: int) -> int:
    """The end of a JSON value that is no string, -1 where there is none."""
    import json

    decoder = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_no_constant)
    try:
        return decoder.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return -1


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _clip(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _explain(text: str, at: int) -> str:
    rest = text[at:]
    if not rest:
        return "the closing bracket is missing"
    if rest[0] == "]":
        return "a comma stands before the closing bracket"
    if rest[0] == "'":
        return "single quotes: JSON needs double quotes"
    if rest[0] in _SMART_QUOTES:
        return "typographic quotes: JSON needs straight double quotes"
    if rest[0] == '"':
        return "a quote is missing" if at and text[:at].rstrip()[-1:] in "[," else "a comma is missing between two elements"
    return f"`{_clip(rest)}` is not in double quotes"
