"""The builtins of shells: which are special, and from knowledge/builtins.toml the options that each knows."""

from __future__ import annotations

from functools import cache

import tomli

from stopcheck.knowledge import table_text

SPECIAL = frozenset({":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
                     "shift", "source", "times", "trap", "unset"})  # fmt: skip
"""The special builtins (XCU 2.14)."""


@cache
def _options() -> dict[str, dict[str, str]]:
    return tomli.loads(table_text("builtins.toml"))


def unknown_option(shell: str, name: str, words: tuple[object, ...]) -> bool:
    """Whether one of the options among these words, which stand behind a builtin's name, is none that it knows."""
    if not words or not isinstance(words[0], str) or words[0][:1] != "-":
        return False
    letters = _options().get(shell, {}).get(name)
    if letters is None:
        return False
    value = False
    for word in words:
        if value:
            value = False
            continue
        if not isinstance(word, str) or word[:1] != "-" or word in {"-", "--"}:
            return False
        for at, letter in enumerate(word[1:], 1):
            if letter not in letters.replace(":", ""):
                return True
            if f"{letter}:" in letters:
                value = at == len(word) - 1
                break
    return False
