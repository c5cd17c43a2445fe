"""Programs in Python that no version of it can compile: they end with 1 before their first line is run."""

from __future__ import annotations

import ast
import sys
import warnings

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.source import Span

if TYPE_CHECKING:
    from stopcheck.boot.bodies.program import Program
    from stopcheck.boot.programs.roles import Start
    from stopcheck.source import SourceFile

_OFFICIAL = regex(r"(?:.*/)?python(?::(?:3(?:\.(\d+)(?:\.\d+)*)?)?(?![\d.]*\d).*)?")
_OLDEST = 8
"""3.7 made `async` a keyword, and 3.8 is what most of what is written since needs."""


def may_be(base: str, minor: int) -> bool:
    """Whether an official image of Python, by its name, may have this version of Python 3, or a later one."""
    image = _OFFICIAL.fullmatch(base)
    return image is not None and (not image[1] or int(image[1]) >= minor)


def minor_version(base: str) -> int | None:
    """The version of Python 3 that an official image has, where its name tells."""
    image = _OFFICIAL.fullmatch(base)
    return int(image[1]) if image is not None and image[1] else None


def misspelt(start: Start, source: SourceFile) -> Program | None:
    """It ends at once where the image's own Python surely refuses it.

    This one knows the syntax of those before it. What a later one has added it does not; but how blocks are indented
    has never changed.
    """
    image = _OFFICIAL.fullmatch(start.machine.image.base.name)
    if (
        image is None
        or not start.machine.image.base.plain
        or start.process.program not in {"python", "python3", f"python3.{image[1]}"}
    ):
        return None
    error = _error(source.text)
    minor = int(image[1]) if image[1] else sys.version_info.minor + 1
    if error is None or minor < _OLDEST:
        return None
    if minor > sys.version_info.minor and not isinstance(error, IndentationError):
        return None
    line = min(error.lineno or 1, len(source.line_starts))
    begin = source.line_starts[line - 1]
    text = source.line(line).rstrip()
    begin += len(text) - len(text.lstrip())
    place = Span(source, begin, begin + len(text.strip()))
    start.world.note("cannot-open", start.process, text=f"a syntax error, {error.msg}", span=place)
    return start.leaf("short", status=1)


def _error(text: str) -> SyntaxError | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None
    return None
