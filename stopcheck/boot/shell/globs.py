"""Pathname expansion: the files that the words of a `for`, or of an array, name."""

from __future__ import annotations

import posixpath

from stopcheck.boot.files.written import written
from stopcheck.boot.shell.words import expand_pattern, expand_words
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.syntax.shell.tree import Text

if TYPE_CHECKING:
    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.world import Field, World
    from stopcheck.image.model import FileSystem
    from stopcheck.syntax.shell.tree import Word

WILDCARDS = frozenset("*?[")


def with_files(
    scope: Scope, words: tuple[Word, ...], files: FileSystem, world: World, cwd: str, *, nullglob: bool = False
) -> tuple[Field, ...]:
    """All fields that the words become; a pattern stays as it is where none fits of the files that are surely there.

    Those are the image's, and what the script has written. bash's option nullglob takes it away.
    """
    fields: list[Field] = []
    for word in words:
        pattern = _pattern(scope, word)
        found = () if pattern is None else _files(pattern, files, world, cwd)
        if not found and not (nullglob and pattern is not None):
            fields += expand_words(scope, (word,), True)
        fields += found
    return tuple(fields)


def _pattern(scope: Scope, word: Word) -> str | None:
    """A word that is a pattern, where it is known."""
    if not any(isinstance(part, Text) and not part.quoted and WILDCARDS & set(part.text) for part in word.parts):
        return None
    pattern = expand_pattern(scope, word)
    return pattern if isinstance(pattern, str) and "\\" not in pattern else None


def _files(pattern: str, files: FileSystem, world: World, cwd: str) -> tuple[str, ...]:
    folder, name = posixpath.split(clean(posixpath.join(cwd, pattern)))
    if WILDCARDS & set(folder):
        return ()
    shown = pattern[: len(pattern) - len(name)]
    path = posixpath.join(folder, name)
    there = (*(file.path for file in files.matching(path)), *written(world, path))
    names = {posixpath.basename(each) for each in there}
    return tuple(shown + each for each in sorted(names) if not each.startswith("."))
