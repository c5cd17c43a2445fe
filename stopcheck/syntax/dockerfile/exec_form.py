"""JSON arrays of strings as Go's encoding/json reads them: what BuildKit takes for an exec form, and what is wrong."""

from __future__ import annotations

import re

from stopcheck.records import dataclass
from stopcheck.regex import regex

_STRING = regex(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_BLANK = regex(r"[ \t\r\n]*")
_SURROGATE = regex("[\ud800-\udfff]")
_SMART_QUOTES = "“”„‟‘’‚‛«»″"
_SMART_QUOTE = regex(f"[{_SMART_QUOTES}]")


_PIECE = regex(r"([\\`][ \t]*\r?\n)|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
"""A line continuation, or an escape."""


_LIST = regex(f"""[({{]?\\s*(?:"[^"]*+"|'[^']*+'|[{_SMART_QUOTES}][^{_SMART_QUOTES}]*+[{_SMART_QUOTES}])\\s*,""")


@dataclass(frozen=True, slots=True)
class Element:
    """One string of the array; `start` and `end` are offsets in the text read, quotes included."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class JsonMistake:
    """Why a text that begins with a bracket is no exec form, and the characters that show it.

    `fatal`: it is valid JSON with an element that is no string, which ends the build; anything else BuildKit takes
    for shell form. `meant`: it was meant as an exec form; False for the shell's own brackets (`[ -f x ] || y`).
    """

    message: str
    start: int
    end: int
    fatal: bool = False
    meant: bool = True


def read_exec_form(text: str) -> tuple[Element, ...] | JsonMistake:
    """Read a text that begins with `[`; white space around the array is allowed, anything else after it is not."""
    elements: list[Element] = []
    foreign: JsonMistake | None = None
    at = _skip(text, 1)
    if text.startswith("]", at):
        return _end(text, at, (), None)
    while True:
        match = _STRING.match(text, at)
        end = match.end() if match else _other_value(text, at)
        if end < 0:
            return _mistake(text, at)
        if match:
            elements.append(Element(_decode(match[0]), at, end))
        elif foreign is None:
            foreign = JsonMistake(f"put `{_clip(text[at:end])}` in double quotes", at, end, fatal=True)
        at = _skip(text, end)
        if text.startswith("]", at):
            return _end(text, at, tuple(elements), foreign)
        if not text.startswith(",", at):
            return _mistake(text, at)
        at = _skip(text, at + 1)


def without_bracket(text: str) -> JsonMistake | None:
    """What is wrong with a text that lists quoted words with commas but does not begin with `[`; None for others."""
    if "," not in text or text[:1].isalnum() or not _LIST.match(text):
        return None
    if text[0] in "({":
        return JsonMistake(f"`{text[0]}` stands where the array's `[` should", 0, 1)
    return JsonMistake("the opening bracket `[` is missing", 0, 1)


def _end(
    text: str, bracket: int, elements: tuple[Element, ...], foreign: JsonMistake | None
) -> tuple[Element, ...] | JsonMistake:
    if _skip(text, bracket + 1) < len(text):
        return _mistake(text, bracket)
    return foreign or elements


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _decode(token: str) -> str:
    value = token[1:-1]
    if "\\" in value:
        import json

        value = str(json.loads(token))
    return value if value.isascii() else _SURROGATE.sub("\ufffd", value)


def character_offsets(token: str) -> tuple[int, ...]:
    """Where in a JSON string each character of its value begins, and where the closing quote stands.

    Line continuations of a Dockerfile inside the string stand for nothing.
    """
    offsets: list[int] = []
    at = 1
    while at < len(token) - 1:
        piece = _PIECE.match(token, at)
        end = piece.end() if piece else at + 1
        if piece is None or not piece[1]:
            offsets.append(at)
        at = end
    return (*offsets, at)


def _other_value(text: str, at: int) -> int:
    """The end of a JSON value that is no string, -1 where there is none."""
    if text[at : at + 1] not in tuple("-0123456789tfn[{"):
        return -1
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


# --- what is wrong, in words ---------------------------------------------------------------------

_OPERAND = r"""(?:"(?:[^"\\]|\\.)*+"|'[^']*+'|[^\s"'])++"""
_TEST = regex(
    rf"""\[\[?\s+(?:!\s+)?(?:-[a-zA-Z]\s|{_OPERAND}\s+(?:=|==|!=|=~|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))\s"""
    rf"""|{_OPERAND}\s+\]\]?\s*(?:&&|\|\||;))"""
)


def _mistake(text: str, at: int) -> JsonMistake:
    """Name the mistake; `at` is where a value, a comma or the end was expected, or the closing bracket."""
    message, start, end = _explain(text, at)
    return JsonMistake(message, start, min(end, len(text)), meant=not _TEST.match(text))


def _explain(text: str, at: int) -> tuple[str, int, int]:
    rest, before = text[at:], text[:at].rstrip()[-1:]
    first = rest[:1]
    smart = _SMART_QUOTE.search(text)
    if first == "]":
        return _explain_bracket(text, at, before)
    if smart and (_quotes(text) % 2 or first in (*_SMART_QUOTES, '"')):
        return f"typographic quotes ({smart[0]}): JSON needs straight double quotes", smart.start(), smart.end()
    if not rest:
        return "the closing bracket `]` is missing", len(text), len(text)
    if first == "'":
        return "single quotes: JSON needs double quotes", at, at + 1
    if first == ",":
        return "two commas without an element between them", at, at + 1
    if first == '"':
        return _explain_string(text, at) if before in "[," else ("a comma is missing between two elements", at, at + 1)
    word = re.split(r"[\s,\]]", rest, maxsplit=1)[0] or first
    if _quotes(text) % 2:
        return f"a double quote is missing at `{_clip(word)}`", at, at + len(word)
    if first == "#":
        return "a comment inside the array: JSON has none", at, at + 1
    if before in "[,":
        return f"`{_clip(word)}` is not in double quotes", at, at + len(word)
    if first in ")}>" and len(rest) == 1:
        return f"it ends with `{first}` in place of `]`", at, at + 1
    if first in ";:":
        return f"`{first}` stands where a comma should", at, at + 1
    return f"a comma is missing before `{_clip(word)}`", at, at + len(word)


def _explain_bracket(text: str, at: int, before: str) -> tuple[str, int, int]:
    if before == "," and _skip(text, at + 1) == len(text):
        comma = text.rindex(",", 0, at)
        return "a comma stands before the closing bracket", comma, comma + 1
    after = _skip(text, at + 1)
    if text.startswith("#", after):
        return "a comment after the array: a comment needs a line of its own", after, len(text)
    return f"text after the array: `{_clip(text[after:])}`", after, len(text)


def _explain_string(text: str, at: int) -> tuple[str, int, int]:
    """A double quote that begins no JSON string."""
    for match in re.finditer(r'\\(?:u[0-9a-fA-F]{4}|.)|[\x00-\x1f"]', text[at + 1 :], re.DOTALL):
        start, piece = at + 1 + match.start(), match[0]
        if piece == '"':
            break
        if piece[0] != "\\":
            return "a tab or other control character in a string", start, start + 1
        if len(piece) == 2 and piece[1] not in '"\\/bfnrt':
            return f"`{piece}` is no escape in JSON: a backslash is written `\\\\`", start, start + 2
    return "a double quote is missing at the end of a string", at, len(text)


def _quotes(text: str) -> int:
    """How many double quotes there are that no backslash escapes."""
    return len(re.sub(r"\\.", "", text).split('"')) - 1


def _clip(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
