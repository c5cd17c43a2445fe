"""Whether what ENTRYPOINT starts looks at its arguments at all: where it does not, a CMD is given to nobody."""

from __future__ import annotations

import posixpath

from stopcheck.boot.grammar import child_argv
from stopcheck.boot.lookup import DEFAULT_PATH, SHELL_NAMES
from stopcheck.boot.shell.options import shell_options
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import find_program
from stopcheck.model import Unknown
from stopcheck.source import SourceFile
from stopcheck.syntax.shell import parse_script
from stopcheck.syntax.shell.tree import SimpleCommand
from stopcheck.syntax.shell.walk import commands, parameters

if TYPE_CHECKING:
    from stopcheck.boot.world import Field
    from stopcheck.image.model import Image, ImageFile

DEPTH = 8
_READS = frozenset({"@", "*", "#"})
_OPENS = frozenset({".", "source", "eval", "getopts"})
"""Builtins that may look at the arguments with no parameter in sight."""


def dropping_script(image: Image) -> SourceFile | None:
    """The text of the script, or of the shell form, that ENTRYPOINT runs and that never looks at its arguments.

    None where it does, where it is no script, or where a part of it is not known.
    """
    start = image.entrypoint
    if not isinstance(start, StartCommand):
        return None
    if start.shell_form is not None:
        return None if _may_read(image, start.shell_form, "/", 0, from_zero=True) else start.shell_form
    return _dropping(image, start.argv, image.workdir)


def _dropping(image: Image, argv: tuple[Field, ...], cwd: str) -> SourceFile | None:
    for _ in range(DEPTH):
        name = argv[0] if argv else None
        if not isinstance(name, str):
            return None
        file = _find(image, name, cwd)
        if file is not None and isinstance(file.content, SourceFile):
            source = file.content
            interpreter = source.text[2 : source.text.find("\n")].split() if source.text.startswith("#!") else []
            shell = next((word for word in interpreter if posixpath.basename(word) != "env"), "")
            known = posixpath.basename(shell) in SHELL_NAMES
            return source if known and not _may_read(image, source, cwd, 0) else None
        base = posixpath.basename(name)
        if base in SHELL_NAMES:
            _, rest, command = shell_options(argv[1:])
            if command or not rest or not isinstance(rest[0], str):
                return None
            script = _find(image, posixpath.join(cwd, rest[0]), cwd)
            source_ = script.content if script is not None else None
            return source_ if isinstance(source_, SourceFile) and not _may_read(image, source_, cwd, 0) else None
        row = find_program(name)
        if row is None or row.role not in {"exec", "init", "fork"}:
            return None
        argv, _ = child_argv(row, argv)
    return None


def _find(image: Image, name: str, cwd: str) -> ImageFile | None:
    if "/" in name:
        found = image.files.lookup(clean(posixpath.join(cwd, name)))
    else:
        path = image.env.get("PATH", DEFAULT_PATH)
        found = image.files.which(name, path if isinstance(path, str) else DEFAULT_PATH)
    return None if isinstance(found, Unknown) else found


def _may_read(image: Image, source: SourceFile, cwd: str, depth: int, from_zero: bool = False) -> bool:
    """Whether a script, or a part of it that is not known, may look at its arguments.

    `from_zero`: the first of them is `$0`, as after `sh -c TEXT`.
    """
    script = parse_script(source, "bash")
    if script.problems or depth > DEPTH:
        return True
    if any(name in _READS or (name.isdigit() and (name != "0" or from_zero)) for name in parameters(script.body)):
        return True
    for command in commands(script.body):
        if isinstance(command, SimpleCommand) and command.words and command.words[0].literal in _OPENS:
            path = command.words[1].literal if len(command.words) > 1 else None
            if command.words[0].literal not in {".", "source"} or path is None:
                return True
            file = _find(image, path if "/" in path else f"./{path}", cwd)
            if file is None or not isinstance(file.content, SourceFile):
                return True
            if _may_read(image, file.content, cwd, depth + 1):
                return True
    return False
