"""Programs that end with 1 before they have begun: no version of Python can compile them, or they import of a package
that a file which is run by its path is not in; or Node.js is to run what is written for a shell.
"""

from __future__ import annotations

import ast
import posixpath
import sys
import warnings

from stopcheck.boot.lookup import SHELL_NAMES
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
    return _ends(start, source, error.lineno or 1, f"a syntax error, {error.msg}")


def homeless(start: Start, source: SourceFile) -> Program | None:
    """It ends where it imports of its own package (`from .names import NAME`): run by its path, it has none.

    Source: docs.python.org/3/reference/import.html, "Package Relative Imports"; measured with Python 3.11.
    """
    if "from ." not in source.text:
        return None
    for statement in _statements(source.text):
        if isinstance(statement, ast.ImportFrom) and statement.level:
            why = "a file that is run by its path is in no package to import of"
            return _ends(start, source, statement.lineno, why)
        if not isinstance(statement, _GOES_ON) or not _PACKAGE.isdisjoint(_bound(statement)):
            return None
    return None


def foreign(start: Start, source: SourceFile) -> Program | None:
    """It ends where Node.js is to run a shell script, as a file without execute permission in its official image.

    Its entrypoint puts `node` before such a file (measured with Node.js 20).
    """
    shebang = _SHEBANG.match(source.text)
    if shebang is None or SHELL_NAMES.keys().isdisjoint(posixpath.basename(word or "") for word in shebang.groups()):
        return None
    from stopcheck.boot.javascript.fate import parse

    told = "Node.js is to run a shell script (its official image has it run a file that may not be executed)"
    return _ends(start, source, 1, told) if parse(source.text) is None else None


_SHEBANG = regex(r"#!\s*(\S+)(?:[ \t]+(\S+))?")
_GOES_ON = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
"""Statements after which the next one is surely come to, or that end the program in the same way."""
_PACKAGE = frozenset({"__package__", "__spec__", "__name__", "__path__"})


def _bound(statement: ast.stmt) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _statements(text: str) -> list[ast.stmt]:
    """The statements of a file, without texts that stand for themselves; none where it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]


def _ends(start: Start, source: SourceFile, line: int, why: str) -> Program:
    line = min(line, len(source.line_starts))
    begin = source.line_starts[line - 1]
    text = source.line(line).rstrip()
    begin += len(text) - len(text.lstrip())
    place = Span(source, begin, begin + len(text.strip()))
    start.world.note("cannot-open", start.process, text=why, span=place)
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
