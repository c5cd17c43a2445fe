"""Variables in Dockerfile words, expanded as BuildKit's shell lexer does it."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.wildcards import ends
from stopcheck.model import Unknown
from stopcheck.records import dataclass
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from stopcheck.image.model import Value
    from stopcheck.image.wildcards import Token

Lookup: TypeAlias = "Callable[[str], Value | None]"
"""The value of a variable: None where it is surely unset."""

_SPECIAL = frozenset("@*#?-$!0")
_LONGEST = 1 << 15
_MOST_STEPS = 2_000_000
_TOO_LONG = Unknown("a variable's value is too long to work with")


@dataclass(frozen=True, slots=True)
class Missing(Unknown):
    """A build argument without a value: `${x:-y}` takes it as unset; by itself it is rather given at each build."""


class SubstitutionError(Exception):
    """A word that BuildKit refuses; the message is the reason."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a result, and the part of the text that it is made from."""

    value: Value
    start: int
    end: int


def expand(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> Value:
    """The text with its variables expanded, and quotes removed unless `quotes` is off (then they are characters).

    Raises SubstitutionError for what BuildKit refuses to build. `${x:?}` of an unset variable is Unknown: it asks for a
    build argument. Source: frontend/dockerfile/shell/lex.go of moby/buildkit.
    """
    if "$" not in text and escape not in text and not (quotes and ("'" in text or '"' in text)):
        return text
    return _joined(_Lexer(text, lookup, escape, quotes).word())


def expand_known(text: str, lookup: Lookup, escape: str = "\\") -> str:
    """The same with each expansion that is Unknown left as it is written, `${x}` as `$x`."""
    lexer = _Lexer(text, lookup, escape, quotes=True)
    out = []
    for piece in lexer.word():
        if isinstance(piece.value, str):
            out.append(piece.value)
        else:
            written = text[piece.start : piece.end]
            out.append("$" + written[2:-1] if written.startswith("${") and written[2:-1].isidentifier() else written)
    return "".join(out)


def expand_source(source: SourceFile, lookup: Lookup) -> SourceFile | Unknown:
    """The body of a heredoc with its variables expanded; offsets still lead to where they were written."""
    if "$" not in source.text and "\\" not in source.text:
        return source
    pieces = _Lexer(source.text, lookup, "\\", quotes=False).word()
    text = _joined(pieces, longest=2 * len(source.text) + _LONGEST)
    if isinstance(text, Unknown):
        return text
    segments: list[tuple[int, int]] = [(0, 0)]
    length = 0
    for piece in pieces:
        assert isinstance(piece.value, str)
        if not piece.value:
            continue
        here, there = segments[-1]
        if piece.start - there != length - here:
            segments.append((length, piece.start))
        # What a value has more than the variable's own text stands at the end of that, not in what follows it.
        written = piece.end - piece.start
        segments += [(length + at, piece.end - 1) for at in range(written, len(piece.value))]
        length += len(piece.value)
    return SourceFile(source.path, text, source, tuple(segments))


def _joined(pieces: list[_Piece], longest: int = _LONGEST) -> Value:
    texts = []
    length = 0
    for piece in pieces:
        if isinstance(piece.value, Unknown):
            return piece.value
        texts.append(piece.value)
        length += len(piece.value)
    # A value that doubles itself line by line would fill the memory.
    return "".join(texts) if length <= longest else _TOO_LONG


class _Lexer:
    def __init__(self, text: str, lookup: Lookup, escape: str, quotes: bool) -> None:
        self._text = text
        self._at = 0
        self._lookup = lookup
        self._escape = escape
        self._quotes = quotes
        self._depth = 0

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        return char

    def word(self, stop: str = "", *, raw_escapes: bool = False) -> list[_Piece]:
        """Up to `stop`, or to the end of the text."""
        pieces: list[_Piece] = []
        text, end = self._text, len(self._text)
        special = "$" + self._escape + stop + ("'\"" if self._quotes else "")
        while self._at < end:
            start = self._at
            char = text[start]
            if stop and char == stop:
                self._at += 1
                return pieces
            if char == "$":
                pieces.append(self._expansion(start))
            elif self._quotes and char == "'":
                pieces.append(self._single_quoted())
            elif self._quotes and char == '"':
                pieces += self._double_quoted(raw_escapes=raw_escapes)
            elif char == self._escape:
                self._at += 1
                if raw_escapes:
                    pieces.append(_Piece(char, start, start + 1))
                pieces.append(_Piece(self._next(), start + 1, self._at))
            else:
                while self._at < end and text[self._at] not in special:
                    self._at += 1
                pieces.append(_Piece(text[start : self._at], start, self._at))
        if stop:
            raise SubstitutionError(f"`{stop}` is missing in a variable's expansion")
        return pieces

    def _single_quoted(self) -> _Piece:
        start = self._at + 1
        end = self._text.find("'", start)
        if end < 0:
            raise SubstitutionError("a single quote is not closed")
        self._at = end + 1
        return _Piece(self._text[start:end], start, end)

    def _double_quoted(self, *, raw_escapes: bool) -> list[_Piece]:
        pieces: list[_Piece] = []
        self._at += 1
        while True:
            start = self._at
            char = self._peek()
            if not char:
                raise SubstitutionError("a double quote is not closed")
            if char == '"':
                self._at += 1
                return pieces
            if char == "$":
                pieces.append(self._expansion(start))
                continue
            self._at += 1
            if char == self._escape:
                following = self._peek()
                if raw_escapes:
                    pieces.append(_Piece(char, start, start + 1))
                if not following:
                    continue
                if following in ('"', "$", self._escape):
                    self._at += 1
                    start, char = start + 1, following
            pieces.append(_Piece(char, start, start + 1))

    def _expansion(self, start: int) -> _Piece:
        value = self._dollar()
        return _Piece(value, start, self._at)

    def _dollar(self) -> Value:
        self._at += 1
        if self._peek() != "{":
            name = self._name()
            return self._lookup(name) or "" if name else "$"
        self._at += 1
        if self._peek() in ("", "{", "}", ":"):
            raise SubstitutionError("bad substitution: `${` needs a variable's name")
        self._depth += 1
        if self._depth > 100:
            raise SubstitutionError("expansions are nested too deeply")
        value = self._braced(self._name())
        self._depth -= 1
        return value

    def _braced(self, name: str) -> Value:
        operator = self._next()
        if operator == "}":
            return self._lookup(name) or ""
        if operator == "/":
            return self._replace(name)
        null_is_unset = operator == ":"
        if null_is_unset:
            operator = self._next()
        if operator not in ("+", "-", "?", "#", "%") or not operator or (null_is_unset and operator in "#%"):
            raise SubstitutionError(
                f"`${{{name}{':' if null_is_unset else ''}{operator}` is no expansion that is known"
            )
        word = _joined(self.word("}", raw_escapes=operator in "#%"))
        value = self._lookup(name)
        if operator in "#%":
            return _trimmed(value or "", word, operator)
        if isinstance(value, Missing):
            value = None
        if isinstance(value, Unknown):
            return value
        is_set = value is not None and not (null_is_unset and value == "")
        if operator == "-":
            return value if is_set and value is not None else word
        if operator == "+":
            return word if is_set else ""
        if not is_set:
            return Unknown(f"the build argument {name} is not given")
        return value if value is not None else ""

    def _replace(self, name: str) -> Value:
        every = self._peek() == "/"
        if every:
            self._at += 1
        pattern = _joined(self.word("/", raw_escapes=True))
        replacement = _joined(self.word("}", raw_escapes=True))
        value = self._lookup(name) or ""
        for part in (value, pattern, replacement):
            if isinstance(part, Unknown):
                return part
        assert isinstance(value, str)
        assert isinstance(pattern, str)
        assert isinstance(replacement, str)
        return _replaced(value, pattern, replacement, every=every)

    def _name(self) -> str:
        """A name, the digits of a positional parameter, or one special character."""
        start = self._at
        text = self._text
        first = self._peek()
        if first.isdecimal():
            while self._peek().isdecimal():
                self._at += 1
        elif first and first in _SPECIAL:
            self._at += 1
        else:
            while self._at < len(text) and (
                text[self._at] == "_" or text[self._at].isalpha() or text[self._at].isdecimal()
            ):
                self._at += 1
        return text[start : self._at]


def _trimmed(value: Value, pattern: Value, operator: str) -> Value:
    if isinstance(value, Unknown):
        return value
    if isinstance(pattern, Unknown):
        return pattern
    longest = pattern.startswith(operator)
    tokens = _tokens(pattern[1:] if longest else pattern)
    if len(value) * len(tokens) > _MOST_STEPS:
        return _TOO_LONG
    if operator == "%":
        end = _match_end(tokens[::-1], value[::-1], longest=longest)
        return value if end is None else value[: len(value) - end]
    end = _match_end(tokens, value, longest=longest)
    return value if end is None else value[end:]


def _replaced(value: str, pattern: str, replacement: str, *, every: bool) -> Value:
    tokens = _tokens(pattern)
    if len(value) ** 2 * len(tokens) > _MOST_STEPS:
        return _TOO_LONG
    out = []
    at = 0
    while at <= len(value):
        length = _match_end(tokens, value[at:], longest=True)
        if length is not None:
            out.append(replacement)
            at += length
            if not every:
                break
        if not length:
            out.append(value[at : at + 1])
            at += 1
    return "".join(out) + value[at:]


def _match_end(tokens: tuple[Token, ...], value: str, *, longest: bool) -> int | None:
    """How many characters at the beginning of the value a pattern matches: the fewest, or the most; None: no match."""
    found = ends(tokens, value)
    return max(found, default=None) if longest else next(found, None)


def _tokens(pattern: str) -> tuple[Token, ...]:
    out: list[Token] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out.append(("star", "\n"))
        elif char == "?":
            out.append(("any", "\n"))
        elif char == "\\":
            following = pattern[at : at + 1]
            if following and following in "}/":
                continue
            if not following or following not in "*?\\":
                raise SubstitutionError(f"`\\{following}` is no escape in a pattern")
            out.append(("char", following))
            at += 1
        else:
            out.append(("char", char))
    return tuple(out)
