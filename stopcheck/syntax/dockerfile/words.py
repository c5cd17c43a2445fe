"""Words of a Dockerfile line as BuildKit's own lexer splits them, with quotes, escapes and `$` left as written."""

from __future__ import annotations

import re

from stopcheck.records import dataclass
from stopcheck.regex import regex

SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""White space to Go's unicode.IsSpace; Python's has four characters more."""

_HEREDOC = regex(r"(\d*)<<(-?)[ \t\r\f\n]*([^<]*)\Z", re.ASCII | re.DOTALL)
_DIGITS = regex(r"\d+")
_NAME = regex(r"\w*")


_MAX_DEPTH = 50
"""Of `${a:-${b:-…}}`."""


class LexError(Exception):
    """The line cannot be split; the message says why."""


@dataclass(frozen=True, slots=True)
class HeredocName:
    """What follows `<<`: the delimiter without its quotes, whether the body is expanded, whether `-` was there."""

    name: str
    expand: bool
    strip_tabs: bool


def heredoc_names(line: str) -> list[HeredocName]:
    """The heredocs that a logical line opens, in order; LexError where a delimiter cannot be read."""
    try:
        words = _Lexer(line, raw_quotes=True, raw_escapes=True).words()
    except LexError:
        return []
    return [heredoc for heredoc in map(heredoc_name, words) if heredoc]


def heredoc_name(word: str) -> HeredocName | None:
    """The heredoc that a word opens, None where it opens none."""
    match = _HEREDOC.match(word) if "<<" in word else None
    if not match or not match[3]:
        return None
    words = _Lexer(match[3], raw_quotes=False, raw_escapes=False).words()
    if len(words) != 1:
        return None
    raw = _Lexer(match[3], raw_quotes=True, raw_escapes=False).words()
    return HeredocName(words[0], _quotes(words[0]) == _quotes(raw[0]), match[2] == "-")


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


class _Lexer:
    """A cursor over one line; every variable counts as unset and stays as written."""

    def __init__(self, text: str, *, raw_quotes: bool, raw_escapes: bool) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes

    def words(self) -> list[str]:
        """All words; LexError for an open quote or brace."""
        words: list[str] = []
        word: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "$":
                piece = self._dollar()
            elif char in "'\"<\\":
                word.append(self._raw(char))
                continue
            else:
                piece = char
                self.at += 1
            for one in piece:
                if one not in SPACE:
                    word.append(one)
                elif any(word):
                    words.append("".join(word))
                    word = []
        if any(word):
            words.append("".join(word))
        return words

    def _raw(self, char: str) -> str:
        if char == "'":
            return self._single_quoted()
        if char == '"':
            return self._double_quoted()
        self.at += 1
        if char == "<":
            return self._possible_heredoc()
        escaped = self._take(1)
        return char + escaped if self.raw_escapes else escaped

    def _take(self, count: int) -> str:
        piece = self.text[self.at : self.at + count]
        self.at += len(piece)
        return piece

    def _possible_heredoc(self) -> str:
        if not self.text.startswith("<", self.at):
            return "<"
        end = self.at + 1
        while end < len(self.text) and self.text[end] in "\t\r ":
            end += 1
        return "<" + self._take(end - self.at)

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise LexError("the single quote is not closed")
        piece = self._take(end + 1 - self.at)
        return piece if self.raw_quotes else piece[1:-1]

    def _double_quoted(self) -> str:
        quote = self._take(1) if self.raw_quotes else self._take(1)[1:]
        out = [quote]
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return "".join(out) + quote
            if char == "$":
                out.append(self._dollar())
                continue
            self.at += 1
            if char == "\\":
                if self.raw_escapes:
                    out.append(char)
                if self.at == len(self.text):
                    break
                if self.text[self.at] in '"$\\':
                    char = self._take(1)
            out.append(char)
        raise LexError("the double quote is not closed")

    def _dollar(self) -> str:
        self.at += 1
        if not self.text.startswith("{", self.at):
            return "$" + self._name()
        self.at += 1
        if self.at == len(self.text):
            raise LexError("`${` is not closed")
        if self.text[self.at] in "{}:":
            raise LexError("bad substitution")
        name = self._name()
        operator = self._take(1)
        if operator == "}":
            return f"${{{name}}}"
        if operator == "/":
            if self.text.startswith("/", self.at):
                self.at += 1
            return f"${{{name}/{self._until('/', True)}/{self._until('}', True)}}}"
        if operator == ":":
            modifier = self._take(1)
            if not modifier or modifier in "#%":
                raise LexError("bad substitution")
            return f"${{{name}:{modifier}{self._until('}', False)}}}"
        if operator and operator in "+-?#%":
            return f"${{{name}{operator}{self._until('}', operator in '#%')}}}"
        raise LexError("bad substitution")

    def _name(self) -> str:
        if self.at == len(self.text):
            return ""
        match = _DIGITS.match(self.text, self.at)
        if match:
            return self._take(match.end() - self.at)
        if self.text[self.at] in "@*#?-$!":
            return self._take(1)
        match = _NAME.match(self.text, self.at)
        return self._take(match.end() - self.at) if match else ""

    def _until(self, stop: str, raw_escapes: bool) -> str:
        """The text up to an unquoted `stop`, which is passed over."""
        kept, self.raw_escapes = self.raw_escapes, raw_escapes
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise LexError("substitutions are nested too deep")
        out: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == stop:
                self.at += 1
                self.raw_escapes = kept
                self.depth -= 1
                return "".join(out)
            if char == "$":
                out.append(self._dollar())
            elif char in "'\"<\\":
                out.append(self._raw(char))
            else:
                out.append(char)
                self.at += 1
        raise LexError(f"`{stop}` is missing")
