"""Django's development server: only from version 2.2 on does it handle SIGTERM."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.bodies.program import Program
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.programs.roles import Start

_FILES = ("requirements.txt", "requirements/base.txt", "requirements/common.txt", "Pipfile")
"""What pins the libraries of a project, in the folder of manage.py or in the one above it."""
_LINE = regex(
    r"^[ \t]*django(?:[ \t]*=[ \t]*[\"'])?((?:[ \t,]*[<>=!~]{1,3}[ \t]*[\d.*]+)+)", re.IGNORECASE | re.MULTILINE
)
_PIN = regex(r"(===?|~=|<=?)[ \t]*([\d.]+)")
_HANDLES = (2, 2)


def start_runserver(start: Start) -> Program:
    """`manage.py runserver`, where the project may pin a version that is older.

    Measured with 2.1 and 5.2; nothing in the sources of 1.5, 1.8, 1.11 and 2.0 names SIGTERM.
    """
    row = replace(start.row, role="service")
    if _is_old(start):
        row = replace(row, on={"INT": "quick"}, otherwise="default")
    return Program(row, start.machine.stop_signal)


def _is_old(start: Start) -> bool:
    folder = posixpath.dirname(str(start.argv[0]))
    for name in _FILES:
        for place in (folder, posixpath.join(folder, "..")):
            text = start.text(posixpath.join(place, name))
            line = _LINE.search(text.text) if isinstance(text, SourceFile) else None
            if line is not None:
                return any(_ends_before(*pin) for pin in _PIN.findall(line[1]))
    return False


def _ends_before(operator: str, version: str) -> bool:
    """Whether a pin lets no version through that handles the signal (PEP 440)."""
    numbers = tuple(int(part) for part in version.split(".") if part)
    if operator == "~=" and len(numbers) == 2:  # 2.1 and later, but not 3
        return numbers[0] < _HANDLES[0]
    return numbers <= _HANDLES if operator == "<" else numbers[:2] < _HANDLES and len(numbers) > 1
