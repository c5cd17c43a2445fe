"""Files that scripts write as the container starts: marks, PID files, settings."""

from __future__ import annotations

import fnmatch
import posixpath

from stopcheck.boot.made import is_nowhere
from stopcheck.boot.shell.words import expand_text
from stopcheck.boot.world import SOMEWHERE
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile
from stopcheck.image.paths import clean, folders_above
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.tree import CommandSubstitution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import Redirection

COPIED = (".conf", ".ini", ".env", ".sh")
"""Ends of the names of files whose copies are followed: what is read or sourced later."""

_EXECUTABLE = regex(r"(?:[ugoa]*[+=][rwst]*[xX][rwxXst]*(?:,\S*)?|[0-7]*[1357][0-7]{0,2})")
"""Modes with which a file can be run."""

_MKFIFO = regex(r"\bmkfifo((?:[ \t]+[^\s;&|]+)+)")

OUTPUTS = frozenset({">", ">>", ">|", "&>", "&>>", ">&"})


def opened(shell: Shell, redirection: Redirection, world: World, process: Process, *, followed: bool = True) -> int:
    """A file that output is sent to is there from then on; returns the pipe that it is where that is followed."""
    path = target(shell, redirection, world, process)
    if not path:
        if isinstance(expand_text(shell.scope(world, process), redirection.target), Unknown):
            world.files[SOMEWHERE] = Unknown("a file whose name is not known", redirection.span)
        return 0
    if is_nowhere(shell.machine, world, path):
        world.owners[path] = process.user
    word = redirection.target
    plain = redirection.operator in {">", ">>", ">|"} and redirection.descriptor in {None, "1"}
    if makes_fifo(word.span.source.text, word.literal or word.span.text):
        world.files[path] = Unknown(f"the content of {path}", redirection.span)
        return world.fifo(path)
    if not (followed and plain):
        world.files[path] = Unknown(f"the content of {path}", redirection.span)
        return 0
    return world.new_sink(path, _before(shell, world, path) if redirection.operator == ">>" else "")


def _before(shell: Shell, world: World, path: str) -> Field:
    """What a file holds before something is appended to it."""
    if path in world.files:
        return world.files[path]
    file = shell.machine.image.files.lookup(path)
    if isinstance(file, ImageFile) and isinstance(file.content, SourceFile):
        return file.content.text
    return "" if is_nowhere(shell.machine, world, path) else Unknown(f"the content of {path}")


def copied(shell: Shell, redirections: tuple[Redirection, ...], world: World, process: Process) -> None:
    """`cat <<END > FILE`: the text that stands there becomes the file's content."""
    body = next((each.heredoc for each in redirections if each.heredoc is not None), None)
    if body is None:
        return
    text = body.body.span.text if body.quoted else expand_text(shell.aside(world, process), body.body)
    if not isinstance(text, str) or (body.strip_tabs and "\t" in text):
        return
    for redirection in redirections:
        if redirection.operator in {">", ">|"} and redirection.descriptor in {None, "1"}:
            path = target(shell, redirection, world, process)
            if path:
                world.files[path], world.places[path] = text, body.body.span


def makes_files(words: tuple[Field, ...]) -> bool:
    """Whether it may be the first that writes one, or sets its mode."""
    return words[0] in {"touch", "tee", "cp", "chmod", "mkdir", "install"} or _makes_environment(words)


def _makes_environment(words: tuple[Field, ...]) -> bool:
    """Whether it makes a virtual environment of Python, whose `activate` is sourced later."""
    return words[0] == "virtualenv" or words[1:3] == ("-m", "venv")


def worked_on(words: tuple[Field, ...], world: World, process: Process) -> None:
    """What a program does to them; of one that it may have removed, nothing more is known."""
    paths = [
        word if isinstance(word, Unknown) else _path(process, word)
        for word in words[1:]
        if isinstance(word, Unknown) or not word.startswith("-")
    ]
    if words[0] in {"touch", "tee"}:
        for path in paths:
            if isinstance(path, str):
                kept = world.files.get(path, "") if words[0] == "touch" else ""
                world.files[path] = kept or Unknown(f"the content of {path}")
    elif words[0] == "chmod" and any(isinstance(word, str) and _EXECUTABLE.fullmatch(word) for word in words[1:]):
        named = ["/*" if isinstance(path, Unknown) else path for path in paths]
        world.runnable |= {*named, *(f"{path}/*" for path in named if {"-R", "--recursive"}.intersection(words))}
    elif _makes_environment(words):
        path = f"{paths[-1]}/bin/activate"
        world.files[path] = Unknown(f"the content of {path}")
    elif words[0] == "cp" and len(paths) > 1:
        for path in paths[:-1]:
            place = _copied(path, paths[-1])
            if place:
                world.files[place] = Unknown(f"the content of {place}")
    elif words[0] in {"sed", "perl", "awk", "dos2unix", "patch", "ed", "ex"}:
        for path in paths:
            if isinstance(path, str) and path in world.files:
                world.files[path] = Unknown(f"the content of {path}")
    elif words[0] == "mkdir" or (words[0] == "install" and {"-d", "--directory"}.intersection(words)):
        world.folders |= {above for path in paths if isinstance(path, str) for above in _with_those_above(path)}
    elif words[0] in {"rm", "rmdir", "mv", "unlink", "find"}:
        _note_removed(words[0], paths, world)
        world.folders = frozenset(
            made
            for made in world.folders
            if not any(isinstance(path, Unknown) or _covers(path, made) for path in paths)
        )
        for written in list(world.files):
            if any(isinstance(path, Unknown) or _covers(path, written) for path in paths):
                del world.files[written]


def _note_removed(name: str, paths: list[Field], world: World) -> None:
    """What a script itself has made and surely removed; it is there again only if something makes it anew."""
    for path in paths:
        empty = path in world.folders and not any(_covers(f"{path}/*", each) for each in world.files)
        if isinstance(path, str) and (empty if name == "rmdir" else name == "rm" and path in world.files):
            world.removed[path] = world.next_pid


def _with_those_above(path: str) -> Iterator[str]:
    yield from () if path == "/" else (path, *folders_above(path))


def _copied(source: Field, target: Field) -> str:
    """The file that a copy makes: its target is that, or a folder; "": one that is not followed."""
    if isinstance(source, Unknown) or isinstance(target, Unknown):
        return ""
    places = (target, posixpath.join(target, posixpath.basename(source)))
    return next((place for place in places if place.endswith(COPIED)), "")


def written(world: World, pattern: str) -> list[str]:
    """The files whose path a pattern fits, `*` taken for any characters but `/`."""
    return [
        path for path in world.files if path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)
    ]


def makes_fifo(script: str, name: str) -> bool:
    """Whether a script makes a FIFO that it writes as `name`: `mkfifo -m 600 NAME`."""
    return any(name in made[1].split() for made in _MKFIFO.finditer(script))


def made_executable(world: World, path: str) -> bool:
    """Whether a script has run `chmod +x` on it."""
    return any(_covers(pattern, path) for pattern in world.runnable)


def _covers(pattern: str, path: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern) or path.startswith(pattern.rstrip("/") + "/")


def target(shell: Shell, redirection: Redirection, world: World, process: Process) -> str:
    """The file that output goes to; "" where that is not known, or where it is a descriptor or a device."""
    if any(isinstance(part, CommandSubstitution) for part in redirection.target.parts):
        return ""
    path = expand_text(shell.scope(world, process), redirection.target)
    if not isinstance(path, str) or not path or path == "-" or path.isdecimal():
        return ""
    path = _path(process, path)
    return "" if path.startswith(("/dev/", "/proc/")) else path


def _path(process: Process, path: str) -> str:
    return clean(posixpath.join(process.cwd, path))
