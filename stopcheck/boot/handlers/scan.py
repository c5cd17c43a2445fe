"""Strings and comments apart from code, for languages that are read without a parser."""

from __future__ import annotations

import re

from stopcheck.boot.signals import NAMES
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_TOKEN = 40


@dataclass(frozen=True, slots=True)
class Scan:
    """A source without its comments: `code` has a `"` for each string, `strings` are their contents in order."""

    code: str
    strings: tuple[str, ...]

    def at(self, pattern: str) -> list[str]:
        """The strings at which a match of the pattern ends."""
        positions = [index for index, character in enumerate(self.code) if character == '"']
        ends = {match.end() - 1 for match in re.finditer(pattern, self.code)}
        return [text for position, text in zip(positions, self.strings, strict=False) if position in ends]

    def tokens(self) -> frozenset[str]:
        """See Source.tokens."""
        calls = {f"{name}(" for name in re.findall(r"\b(\w+)\s*\(", self.code)}
        values = {f"{name}=" for name in re.findall(r"\b(\w+)\s*(?:=(?![=>])|:)(?!\s*false\b)", self.code)}
        return frozenset(calls | values | {text for text in self.strings if len(text) <= LONGEST_TOKEN})

    def calls(self, names: frozenset[str]) -> bool:
        """Whether it calls one of these functions, or methods."""
        return not names.isdisjoint(re.findall(r"\b(\w+[!?]?)\s*\(", self.code))


_SHORT = frozenset(
    """
    cat chmod chown clear cp date df du echo env free git hostname id ln ls mkdir mv nproc printf ps pwd rm stat touch
    uname uptime which whoami
    """.split()  # noqa: SIM905 - a table reads better as one text
)


def only_asks(source: Scan, others: str) -> bool:
    """Whether all that a script in Perl or Ruby starts prints something, or works on files, and ends: "`date`".

    `others` is what starts a program in any other way than by a command line that stands there.
    """
    if re.search(others, source.code):
        return False
    quoted = re.findall(r"`([^`]*)`", source.code)
    lines = source.at(r"\bsystem\s*\(?\s*\"")
    whole = source.code.count("`") == 2 * len(quoted) and len(re.findall(r"\bsystem\b", source.code)) == len(lines)
    parts = [part.split() for line in (*quoted, *lines) for part in re.split(r"&&|\|\||[;|\n]", line)]
    return whole and all(words and words[0] in _SHORT and "&" not in "".join(words) for words in parts)


LOOPS = r"\bwhile\s*\(?\s*(?:true|1)\b|\bfor\s*\(\s*;\s*;"
"""A loop without an end in languages that look like C."""


def scan(text: str, comments: str, quotes: str = "\"'`") -> Scan:
    """Take strings and comments apart; `comments` is a regular expression for a comment."""
    strings = "|".join(rf"{quote}(?:\\.|[^\\{quote}])*(?:{quote}|\\?\Z)" for quote in quotes)
    found: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match["comment"] is not None:
            return "\n" if match[0].endswith("\n") else " "
        found.append(match["string"][1:-1])
        return '"'

    code = re.sub(rf"(?P<comment>{comments})|(?P<string>{strings})", replace, text, flags=re.DOTALL | re.MULTILINE)
    return Scan(code, tuple(found))


def block(text: str, head: str) -> tuple[int, str] | None:
    """Where the block begins that the first line like `head` opens, and its text, to the `}` that stands as far in."""
    match = re.search(rf"^([ \t]*){head}[^\n]*\n", text, re.MULTILINE)
    end = text.find(f"\n{match[1]}}}", match.end() - 1) if match else -1
    return (match.end(), text[match.end() : end + 1]) if match and end >= 0 else None


_PRINTS = r"(?:print|puts|warn|say|printf|echo|error_log|fwrite|\$std(?:out|err)\.puts|STDERR->print)"
_ONLY_PRINTS = rf"\s*(?:\s*{_PRINTS}\b[^;\n{{}}=`]*[;\n]?\s*)*(?:\}}|\bend\b)"
"""A block of nothing but calls that print."""


def goes_on(code: str, handler: str) -> bool:
    """Whether all handlers do no more than to print; `handler` is how one begins, up to the text of its block."""
    found = re.findall(handler, code)
    return bool(found) and len(re.findall(handler + _ONLY_PRINTS, code)) == len(found)


def throws(code: str, handler: str) -> bool:
    """Whether a handler throws something, which a loop may catch and go on after; `handler`: see `goes_on`."""
    return bool(re.search(handler + r"(?:(?!\b(?:exit|end)\b)[^{}])*?\b(?:die|croak|raise|throw)\b", code))


def dallies(code: str, opening: str) -> bool:
    """Whether a handler sleeps for some seconds, so that how long it takes is not sure; `opening`: see `goes_on`."""
    return bool(re.search(opening + r"[^{}]*?\bsleep\s*\(?\s*(?:[2-9]\b|\d\d)", code))


def is_misread(text: str, source: Scan, sign: str) -> bool:
    """Whether the scan may have taken code for a string: a sign of handlers that stands in no comment is gone."""
    plain = re.sub(r"^\s*(//|#|\*|/\*)[^\n]*$", "", text, flags=re.MULTILINE)
    return len(re.findall(sign, plain)) > len(re.findall(sign, source.code))


def signals_in(strings: Iterable[str]) -> set[str]:
    """The signals that texts name."""
    names = {name.removeprefix("SIG") for text in strings for name in text.split()}
    return names & set(NAMES.values())
