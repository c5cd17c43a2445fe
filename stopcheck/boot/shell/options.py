"""The options that a shell is started with."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.boot.world import Field


def shell_options(words: tuple[Field, ...]) -> tuple[frozenset[str], tuple[Field, ...], bool]:
    """A shell's own options, the words after them, and whether `-c` is among them."""
    options: set[str] = set()
    command = False
    index = 0
    while index < len(words):
        word = words[index]
        if isinstance(word, Unknown) or len(word) < 2 or word[0] not in "-+":
            break
        if word == "--":
            index += 1
            break
        if word.startswith("--"):
            options |= {"l"} if word == "--login" else set()
            index += 2 if word in {"--rcfile", "--init-file"} else 1
            continue
        for letter in word[1:]:
            if letter == "c":
                command = True
            elif letter in "oO" and index + 1 < len(words):  # `-O` of bash names what `shopt` knows
                index += 1
                options |= {str(words[index])}
            elif word[0] == "-":
                options |= {letter}
        index += 1
    return frozenset(options), tuple(words[index:]), command
