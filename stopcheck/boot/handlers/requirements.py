"""What a program in Python asks an installer for.

Sources: peps.python.org/pep-0508 and pep-0440; python-poetry.org, Dependency specification.
"""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.handlers.source import Project

_FILES = ("requirements*.txt", "requirements/*.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg")
_NAME = r"""(?:^|["'])[ \t]*(?P<name>[A-Za-z][\w.-]*)(?![\w.-])["']?[ \t]*(?:\[[^\]\n]*\])?[ \t]*(?![ \t@])\(?"""
_POETRY = r"""(?:=[ \t]*(?:\{.*?version[ \t]*=[ \t]*)?["'])?"""
_WHICH = r"""(?P<which>[ \t]*(?:[=~^<>!]+[ \t]*v?|(?<=["'])v?)\d[^#;"'\n]*|\*)?"""
_ASKED = regex(_NAME + _POETRY + _WHICH, re.MULTILINE)
"""A requirement at the start of a line or of a text: its name, and which versions will do."""
_BOUND = regex(r"([=~^<>!]*)\s*v?(\d+)((?:\.\d+)*)")


def versions(path: str, project: Project) -> frozenset[str]:
    """`NAME@N` for the packages that the nearest folder with requirements asks for; `NAME@` where it is the newest."""
    folder = parent(path)
    while True:
        found = [file for name in _FILES for file in project.matching(join(folder, name))]
        if found or folder in {"/", ""}:
            break
        folder = parent(folder)
    texts = [source.text for file in found if (source := project.text(file)) is not None]
    return frozenset(token for text in texts for token in _asked(text))


def _asked(text: str) -> Iterator[str]:
    for match in _ASKED.finditer(text):
        name = re.sub(r"[-_.]+", "-", match["name"]).lower()
        yield f"{name}@{_major(match['which'] or '')}"


def _major(which: str) -> str:
    """The major version that is installed: the one that is named, or the greatest below a bound; "": the newest."""
    newest = ""
    for operator, major, rest in _BOUND.findall(which):
        if operator in {"", "=", "==", "===", "~=", "^", "~", "<="}:
            newest = major
        elif operator == "<":
            newest = str(int(major) - (not rest.strip(".0")))
    return newest
