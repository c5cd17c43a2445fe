"""Texts given to interpreters that do nothing but start one program: `perl -e 'exec "app"'`."""

from __future__ import annotations

import re

from stopcheck.records import dataclass
from stopcheck.regex import regex


@dataclass(frozen=True, slots=True)
class Inline:
    """A program that a text starts: in its own place, or as a child that it waits for."""

    argv: tuple[str, ...]
    replaces: bool


SIGNALS: dict[str, dict[str, str]] = {
    "python": {"INT": "raise"},
    "perl": {"INT": "ignore", "QUIT": "ignore"},
    "ruby": {"TERM": "raise", "INT": "raise", "QUIT": "raise", "HUP": "raise"},
    "php": {},
    "node": {},
}
"""What each does with signals while its child runs; nothing is passed on (wrap.python-*, wrap.perl-*, wrap.ruby-*)."""

_STRING = r"\"(?:[^\"\\$@#]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_CALL = regex(rf"\s*(exec|system)\s*\(?\s*((?:{_STRING})(?:\s*,\s*(?:{_STRING}))*)\s*\)?\s*(;.*)?$", re.DOTALL)
_PHP = regex(rf"\s*pcntl_exec\s*\(\s*({_STRING})\s*\)\s*;?\s*$")
_NODE = regex(rf"\s*require\((?:\"|')child_process(?:\"|')\)\.(?:exec|execSync)\(\s*({_STRING})\s*\)\s*;?\s*$")
_META = regex(r"[;&|<>()$`*?\[\]{}~\\\"'\n]")


def read_inline(language: str, text: str) -> Inline | None:
    """The one program that the text starts; None where it does more, or cannot be read."""
    if language in {"perl", "ruby"}:
        call = _CALL.match(text)
        return Inline(_shell_words(_strings(call[2])), call[1] == "exec") if call else None
    if language == "php":
        call = _PHP.match(text)
        return Inline(tuple(_strings(call[1])), True) if call else None
    call = _NODE.match(text)
    return Inline(("/bin/sh", "-c", _strings(call[1])[0]), False) if call else None


def _strings(text: str) -> list[str]:
    return [found[1:-1] for found in re.findall(_STRING, text)]


def _shell_words(strings: list[str]) -> tuple[str, ...]:
    """As exec and system have it: one string with a shell's characters goes to /bin/sh, one without is split."""
    if len(strings) > 1:
        return tuple(strings)
    return ("/bin/sh", "-c", strings[0]) if _META.search(strings[0]) else tuple(strings[0].split())
