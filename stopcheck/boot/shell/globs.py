"""Pathname expansion: the files that the words of a `for` name."""

from __future__ import annotations

import posixpath

from stopcheck.boot.shell.words import expand_pattern, expand_words
from stopcheck.hints import TYPE_CHECKING
from stopcheck.syntax.shell.tree import Text

if TYPE_CHECKING:
    from stopcheck.boot.shell.words import Scope
    from stopcheck.boot.world import Field
    from stopcheck.image.model import FileSystem
    from stopcheck.syntax.shell.tree import Word

WILDCARDS = frozenset("*?[")


def with_files(scope: Scope, words: tuple[Word, ...], files: FileSystem, cwd: str) -> tuple[Field, ...]:
    """All fields that the words become; a pattern stays as it is where none fits of the files that are surely there."""
    fields: list[Field] = []
    for word in words:
        fields += _files(scope, word, files, cwd) or expand_words(scope, (word,), True)
    return tuple(fields)


def _files(scope: Scope, word: Word, files: FileSystem, cwd: str) -> tuple[str, ...]:
    if not any(isinstance(part, Text) and not part.quoted and WILDCARDS & set(part.text) for part in word.parts):
        return ()
    pattern = expand_pattern(scope, word)
    if not isinstance(pattern, str) or "\\" in pattern:
        return ()
    folder, name = posixpath.split(posixpath.normpath(posixpath.join(cwd, pattern)))
    if WILDCARDS & set(folder):
        return ()
    shown = pattern[: len(pattern) - len(name)]
    return tuple(
        shown + posixpath.basename(file.path)
        for file in files.matching(posixpath.join(folder, name))
        if not posixpath.basename(file.path).startswith(".")
    )
