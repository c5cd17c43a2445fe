"""Regular expressions that are compiled when they are first used: most runs need few of them."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import Any


class _Lazy:
    """Stands in for a compiled pattern; the first use of a method puts all of them in place."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._text, self._flags)
        for method in ("match", "fullmatch", "search", "sub", "subn", "split", "finditer", "findall", "pattern"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """As re.compile; an error in the expression is raised when it is first used."""
    return cast("re.Pattern[str]", _Lazy(text, flags))


def pattern_of(text: str) -> re.Pattern[str]:
    """The pattern that a program is given, as pgrep; what is none is taken literally."""
    try:
        return re.compile(text)
    except re.error:
        return re.compile(re.escape(text))
