"""Files that scripts write as the container starts: marks, PID files, settings."""

from __future__ import annotations

import fnmatch
import posixpath

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean, folders_above
from stopcheck.model import Unknown
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Field, Process, World

COPIED = (".conf", ".ini", ".env", ".sh")
"""Ends of the names of files whose copies are followed: what is read or sourced later."""
_EXECUTABLE = regex(r"(?:[ugoa]*[+=][rwst]*[xX][rwxXst]*(?:,\S*)?|[0-7]*[1357][0-7]{0,2})")
"""Modes with which a file can be run."""
_MKFIFO = regex(r"\bmkfifo((?:[ \t]+[^\s;&|]+)+)")


def makes_files(words: tuple[Field, ...]) -> bool:
    """Whether it may be the first that writes one, or sets its mode."""
    return words[0] in {"touch", "tee", "cp", "chmod", "mkdir", "install"} or _makes_environment(words)


def _makes_environment(words: tuple[Field, ...]) -> bool:
    """Whether it makes a virtual environment of Python, whose `activate` is sourced later."""
    return words[0] == "virtualenv" or words[1:3] == ("-m", "venv")


def worked_on(words: tuple[Field, ...], world: World, process: Process) -> None:
    """What a program does to them; of one that it may have removed, nothing more is known."""
    paths = [
        word if isinstance(word, Unknown) else absolute(process, word)
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


def absolute(process: Process, path: str) -> str:
    """The path that a process means by another."""
    return clean(posixpath.join(process.cwd, path))
