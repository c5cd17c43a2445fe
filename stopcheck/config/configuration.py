"""Finds the configuration that holds for a file: `stopcheck.toml` or pyproject.toml, at or above it."""

from __future__ import annotations

import os
import stat

from stopcheck.config.settings import NAMES, Settings
from stopcheck.discovery import ignored, is_inside, patterns, shown
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.discovery import Ignores

LARGEST = 1024 * 1024
"""Bytes of the largest configuration file that is read."""


@dataclass(frozen=True, slots=True)
class _Nearest:
    """What holds in a folder: settings (None: their file is broken), and what they exclude, from which folder on."""

    settings: Settings | None
    excluded: Ignores = ()


class Configuration:
    """The settings of all places of a run: those of the nearest file at or above each, under the command line's."""

    def __init__(self, given: Settings) -> None:
        self.problems: list[Problem] = []
        self._given = given
        self._found: dict[str, _Nearest] = {}

    def settings(self, path: str, root: str) -> Settings | None:
        """For a file in a repository, both absolute; None where the configuration file is broken."""
        return self._at(os.path.dirname(path), root).settings

    def excludes(self, path: str, root: str) -> bool:
        """Whether a file is not to be checked where nobody has named it."""
        excluded = self._at(os.path.dirname(path), root).excluded
        return any(is_inside(path, folder) for folder, _ in excluded) and ignored(path, excluded)

    def _at(self, folder: str, root: str) -> _Nearest:
        if folder not in self._found:
            found = self._read(folder)
            if found is None and folder != root and is_inside(folder, root):
                found = self._at(os.path.dirname(folder), root)
            self._found[folder] = found or self._under(Settings(), folder)
        return self._found[folder]

    def _read(self, folder: str) -> _Nearest | None:
        for name in NAMES:
            path = os.path.join(folder, name)
            if not os.path.lexists(path):  # as mostly
                continue
            text, problem = _text_of(path)
            found, problems = None, problem
            if text is not None:
                from stopcheck.config.options import read  # and with it a reader of TOML: most runs have no such file

                found, problems = read(shown(path), text)
            self.problems += problems
            if problems:
                return _Nearest(None)
            if found is not None:
                return self._under(found, folder)
        return None

    def _under(self, found: Settings, folder: str) -> _Nearest:
        settings = self._given.over(found)
        if self._given.exclude is not None:
            folder = os.getcwd()
        return _Nearest(settings, ((folder, patterns(settings.exclude)),) if settings.exclude else ())


def _text_of(path: str) -> tuple[str | None, tuple[Problem, ...]]:
    """The text of a file that is there; None where it says nothing of us, or is not as it should be: a problem."""
    name = shown(path)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return None, (Problem(name, "is no file"),)
        if status.st_size > LARGEST:
            return None, (Problem(name, f"is larger than {LARGEST // 1024 // 1024} MB"),)
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):  # it was meant to be a configuration
        return None, (Problem(name, "is a link that leads nowhere"),)
    except OSError as error:
        return None, (Problem(name, f"cannot be read: {error.strerror or error}"),)
    if path.endswith(NAMES[1]) and b"stopcheck" not in data:
        return None, ()
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        return None, (Problem(name, "is not UTF-8", line, column),)
