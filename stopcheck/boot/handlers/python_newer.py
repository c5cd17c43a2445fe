"""Writes what newer versions of Python read so that older ones do (PEP 695, 701 and 758).

stopcheck runs on Python 3.11, too, and the program that it reads need not.
"""

from __future__ import annotations

import re

from stopcheck.regex import regex

_TOKEN = regex(
    r"(?P<formatted>(?<!\w)(?:[fF][rR]?|[rR][fF])(?P<quote>'''|\"\"\"|'|\"))"
    r"|(?P<string>(?<!\w)[bBuUrR]{0,2}(?:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'(?:\\.|[^\\'\n])*'?|\"(?:\\.|[^\\\"\n])*\"?))"
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<generic>(?P<head>(?:(?<![\w.])(?:class|def)|^[ \t]*type)[ \t]+\w+[ \t]*)\[)"
    r"|(?P<alias>^[ \t]*type[ \t]+(?=\w+[ \t]*=[^=]))"
    r"|(?P<caught>^[ \t]*except[ \t]+(?P<names>[A-Z][\w.]*(?:[ \t]*,[ \t]*[A-Z][\w.]*)+)[ \t]*(?=:))"
    r"|(?P<word>\w+)|(?P<other>.)",
    re.DOTALL | re.MULTILINE,
)
_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")
_FORMATTED = regex(r"[\s\\]*(?:[fF][rR]?|[rR][fF])['\"]")
_MOST = 40
"""How deep strings stand in strings at most."""


def older(text: str) -> str:
    """The same program, line for line, in words that Python 3.11 reads."""
    return _Rewriter(text).code(0, "", 0)[0]


class _Row:
    """Strings that stand side by side and are one, from the first of them to what ends them."""

    def __init__(self, out: list[str]) -> None:
        self.out = out
        self.first = self.last = -1
        self.values: list[str] = []
        self.formatted = False

    def add(self, token: str, values: list[str], *, formatted: bool) -> None:
        """One more string."""
        self.first = len(self.out) if self.first < 0 else self.first
        self.last = len(self.out)
        self.values += values
        self.formatted = self.formatted or formatted
        self.out.append(token)

    def close(self) -> None:
        """Say what the values in them are, if there are any."""
        if self.values:
            self.out[self.first] = f"({self.out[self.first]}"
            self.out[self.last] += f" % ({''.join(f'{value},' for value in self.values)}))"
        elif self.formatted:
            self.out[self.first : self.last + 1] = [
                token.replace("%%", "%") for token in self.out[self.first : self.last + 1]
            ]
        self.first, self.values, self.formatted = -1, [], False


class _Rewriter:
    """A text on its way; each method gives what it has written, and where it has stopped to read."""

    def __init__(self, text: str) -> None:
        self.text = text

    def code(self, at: int, ends: str, depth: int) -> tuple[str, int]:
        """Code up to one of these characters outside all brackets, or to the end of the text."""
        out: list[str] = []
        row = _Row(out)
        open_brackets = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            assert match is not None
            token, kind = match[0], match.lastgroup
            if open_brackets == 0 and token in ends and not (token == "!" and self.text.startswith("!=", at)):
                break
            at = match.end()
            if match["formatted"] is not None and depth < _MOST:
                token, values, at = self.formatted(match, at, depth + 1)
                row.add(token, values, formatted=True)
                continue
            if match["string"] is not None:
                row.add(token.replace("%", "%%") if self._is_formatted(match, row) else token, [], formatted=False)
                continue
            if not token.isspace() and token != "\\" and kind != "comment":
                row.close()
            if match["generic"] is not None:
                _, at = self.code(at, "]", depth)
                token, at = re.sub(r"^([ \t]*)type[ \t]+", r"\1", match["head"]), at + 1
            elif match["alias"] is not None:
                token = token.replace("type", "", 1)[: len(token) - len(token.lstrip())]
            elif match["caught"] is not None:
                token = token.replace(match["names"], f"({match['names']})")
            elif kind == "other":
                open_brackets += (token in _OPENS) - (token in _CLOSES)
            out.append(token)
        row.close()
        return "".join(out), at

    def _is_formatted(self, match: re.Match[str], row: _Row) -> bool:
        """Whether a string is one with an f-string beside it."""
        return row.formatted or _FORMATTED.match(self.text, match.end()) is not None

    def formatted(self, match: re.Match[str], at: int, depth: int) -> tuple[str, list[str], int]:
        """An f-string as a string with `%s` for each value, and the values."""
        quote = match["quote"]
        literal: list[str] = []
        values: list[str] = []
        raw = "r" in match[0].lower()
        while at < len(self.text) and not self.text.startswith(quote, at):
            character = self.text[at]
            if character == "\\":
                literal.append(self.text[at : at + 2])
                at += 2
            elif self.text[at : at + 2] in {"{{", "}}"}:
                literal.append(character)
                at += 2
            elif character == "{":
                value, at = self.value(at + 1, depth)
                literal.append("%s")
                values.append(value)
            else:
                literal.append("%%" if character == "%" else character)
                at += 1
        return f"{'r' if raw else ''}{quote}{''.join(literal)}{quote}", values, at + len(quote)

    def value(self, at: int, depth: int) -> tuple[str, int]:
        """What stands in braces: an expression, what it is written as, and in which form."""
        code, at = self.code(at, "}!:", depth)
        code = code.rstrip().removesuffix("=") if re.search(r"[^=!<>]=\s*$", code) else code
        value = f"({code})"
        if self.text.startswith("!", at):
            value = f"repr({code})" if self.text[at + 1 : at + 2] in {"r", "a"} else value
            at += 2
        if self.text.startswith(":", at):
            level = 0
            while at < len(self.text) and (level or self.text[at] != "}"):
                level += {"{": 1, "}": -1}.get(self.text[at], 0)
                at += 1
            value = f"format({value})"
        return value, at + 1
