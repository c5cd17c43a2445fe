"""Finds what is to be checked: Dockerfiles in folders and by name, scripts by name, and the repository of each."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from pathspec import GitIgnoreSpec

    Ignores: TypeAlias = Sequence[tuple[str, GitIgnoreSpec]]

NAMES = ("dockerfile", "containerfile")
SEPARATORS = (".", "-", "_")

TEMPLATES = frozenset(
    {"j2", "jinja", "jinja2", "tmpl", "template", "tpl", "erb", "in", "mustache", "hbs", "handlebars", "gotmpl", "m4"}
    | {"ejs", "epp", "cue", "jsonnet", "twig", "liquid"}
)
"""Endings of files from which a program makes the real one."""

NO_DOCKERFILES = frozenset(
    {"bak", "orig", "rej", "swp", "old", "save", "dockerignore", "containerignore", "md", "mdx", "rst", "adoc", "html"}
    | {"yml", "yaml", "json", "toml", "xml", "lock", "log", "diff", "patch", "gz", "zip", "tar", "xz", "bz2", "png"}
    | {"svg", "jpg", "jpeg", "gif", "pdf", "sum", "sha256", "sig", "asc", "snap", "golden", "tmlanguage", "ipynb"}
)
"""Endings of what begins like a Dockerfile's name and is something else: notes, data, leftovers of editors."""

MAYBE_DOCKERFILES = frozenset(
    {
        "txt",
        "css",
        "js",
        "jsx",
        "cjs",
        "mjs",
        "ts",
        "tsx",
        "py",
        "pyi",
        "go",
        "rs",
        "rb",
        "java",
        "kt",
        "cs",
        "php",
        "pl",
    }
    | {"lua", "swift", "c", "h", "cc", "cpp", "hpp", "scala", "ex", "exs", "vim", "el", "sh", "bash", "zsh", "fish"}
    | {"ps1", "bat", "cmd", "nix", "bzl", "mk", "conf", "cfg", "ini"}
)
"""`Dockerfile.go` is the Go variant of a Dockerfile or a program about Dockerfiles: only its first line tells."""

SCRIPTS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"})
SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", ".venv", "venv", ".tox", ".nox", "__pycache__"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".terraform", ".gradle", ".direnv"}
)
"""Folders that hold what others wrote or what a tool made."""


_NOWHERE = "a link that leads nowhere"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file, `path`, in a repository: `root` is absolute, `path` relative to it with `/`."""

    root: str
    path: str

    @property
    def absolute(self) -> str:
        """The path from the root of the file system."""
        return os.path.join(self.root, self.path)

    @property
    def shown(self) -> str:
        """The path as a person reads it: relative to the working directory, with `/`."""
        return shown(self.absolute)


@dataclass(frozen=True, slots=True)
class Found:
    """What the paths lead to. `bad_paths`: one named is not there; `left_out`: a .gitignore names something there."""

    dockerfiles: tuple[Place, ...]
    scripts: tuple[Place, ...]
    problems: tuple[Problem, ...]
    bad_paths: bool
    left_out: bool = False


def shown(path: str) -> str:
    """An absolute path relative to the working directory, with `/`."""
    folder, name = os.path.split(path)
    here = os.getcwd()
    return _seen_from(here, folder) + name if name and not is_inside(here, path) else _relative(path)


@lru_cache(maxsize=256)
def _seen_from(_: str, folder: str) -> str:
    """What stands before the names in a folder: to work it out takes too long to do it for each of its files."""
    relative = _relative(folder)
    return "" if relative == "." else relative.rstrip("/") + "/"


def _relative(path: str) -> str:
    with suppress(ValueError):  # another drive
        path = os.path.relpath(path)
    return path.replace(os.sep, "/")


def is_dockerfile(path: str) -> bool:
    """Whether a file is a Dockerfile by its name, and where that leaves a doubt by its first instruction."""
    name = os.path.basename(path).lower()
    if not _named_like_a_dockerfile(name):
        return False
    ending = _ending(name)
    if ending in TEMPLATES or ending in NO_DOCKERFILES or name.endswith("~"):
        return False
    return ending not in MAYBE_DOCKERFILES or _begins_like_a_dockerfile(_head(path))


def _named_like_a_dockerfile(name: str) -> bool:
    for word in NAMES:
        before, found, after = name.partition(word)
        if found and not (before and after):
            return (not before or before[-1] in SEPARATORS) and (not after or after[0] in SEPARATORS)
    return False


def _ending(name: str) -> str:
    """What follows the last dot, dash or underscore of a file name that has something before it."""
    return max((name.rpartition(separator) for separator in SEPARATORS), key=lambda parts: len(parts[0]))[2]


def _begins_like_a_dockerfile(head: bytes) -> bool:
    import re

    first = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*(?:FROM|ARG)[ \t]", re.IGNORECASE)
    return bool(first.match(head))


def _begins_like_a_script(head: bytes) -> bool:
    import re

    return bool(re.match(rb"#![^\n]*\b(?:sh|bash|dash|ash|ksh|mksh|zsh|yash|busybox)\b", head))


def _head(path: str) -> bytes:
    """The beginning of a file, nothing where it cannot be read."""
    with suppress(OSError), open(path, "rb") as file:
        return file.read(4096)
    return b""


def repository_root(folder: str) -> str:
    """The nearest folder at or above this one with a `.git`; else the working directory if the folder is in it."""
    at = folder
    while not os.path.exists(os.path.join(at, ".git")):
        parent = os.path.dirname(at)
        if parent == at:
            here = os.getcwd()
            # A home or a whole file system is no repository: nobody wants all of it walked.
            return here if is_inside(folder, here) and here not in (at, os.path.expanduser("~")) else folder
        at = parent
    return at


def is_inside(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def place(path: str) -> Place:
    """A file on disk as a place in its repository."""
    path = os.path.abspath(path)
    root = repository_root(os.path.dirname(path))
    return Place(root, os.path.relpath(path, root).replace(os.sep, "/"))


def discover(paths: Sequence[str]) -> Found:
    """What is to be checked for these paths; each file once, sorted by place."""
    dockerfiles: set[Place] = set()
    scripts: set[Place] = set()
    problems: list[Problem] = []
    left_out: set[str] = set()
    bad_paths = False
    for path in paths:
        if os.path.isdir(path):
            dockerfiles.update(walk(os.path.abspath(path), left_out, problems))
            continue
        if not os.path.exists(path):
            bad_paths = True
            message = _NOWHERE if os.path.islink(path) else "no such file or folder"
            problems.append(Problem(shown(os.path.abspath(path)), message))
            continue
        kind = kind_of(path)
        if kind == "dockerfile":
            dockerfiles.add(place(path))
        elif kind == "script":
            scripts.add(place(path))
        else:
            problems.append(Problem(shown(os.path.abspath(path)), kind))
    return Found(tuple(sorted(dockerfiles)), tuple(sorted(scripts)), tuple(problems), bad_paths, bool(left_out))


def kind_of(path: str) -> str:
    """What a file named by hand is: "dockerfile", "script", or a sentence that says why it is neither."""
    name = os.path.basename(path).lower()
    if _named_like_a_dockerfile(name) and _ending(name) in TEMPLATES:
        return "a template: render it first, and check what it gives (`render … | stopcheck -`)"
    if is_dockerfile(path):
        return "dockerfile"
    if _ending(name) in SCRIPTS:
        return "script"
    head = _head(path)
    if _begins_like_a_script(head):
        return "script"
    if _begins_like_a_dockerfile(head):
        return "dockerfile"
    return "neither a Dockerfile nor a shell script, going by its name and its first lines"


def walk(folder: str, left_out: set[str], problems: list[Problem]) -> Iterator[Place]:
    """The Dockerfiles below a folder, links to folders not followed.

    What .gitignore names is left out, unless git tracks it all the same. The repositories in which it names something
    are put into `left_out`, the folders that may not be read, and links that lead nowhere, into `problems`.
    """
    root = repository_root(folder)
    pending = [(folder, root, _ignores_above(folder, root))]
    while pending:
        at, root, ignores = pending.pop()
        try:
            with os.scandir(at) as listing:
                entries = list(listing)
        except OSError as error:
            message = f"this folder may not be read ({(error.strerror or 'error').lower()})"
            problems.append(Problem(shown(at), message))
            continue
        names = {entry.name for entry in entries}
        if ".git" in names and at != root:
            root, ignores = at, ()
        if ".gitignore" in names:
            ignores = (*ignores, *_read_ignore(at))
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name in SKIPPED:
                    continue
                if ignored(entry.path + os.sep, ignores):
                    left_out.add(root)
                else:
                    pending.append((entry.path, root, ignores))
            elif is_dockerfile(entry.path):
                if ignored(entry.path, ignores):
                    left_out.add(root)
                elif entry.is_symlink() and not os.path.exists(entry.path):
                    problems.append(Problem(shown(entry.path), _NOWHERE))
                elif os.path.isfile(entry.path):
                    yield Place(root, entry.path[len(root.rstrip(os.sep)) + 1 :].replace(os.sep, "/"))
    for root in left_out:
        yield from _tracked(root, folder)


def _tracked(root: str, folder: str) -> Iterator[Place]:
    """The Dockerfiles below a folder that git tracks."""
    from stopcheck.tracked import tracked

    for path in tracked(root):
        place = Place(root, path)
        *folders, name = path.split("/")
        if not _named_like_a_dockerfile(name.lower()) or not SKIPPED.isdisjoint(folders):
            continue
        if is_inside(place.absolute, folder) and is_dockerfile(place.absolute) and os.path.isfile(place.absolute):
            yield place


def _ignores_above(folder: str, root: str) -> tuple[tuple[str, GitIgnoreSpec], ...]:
    """The .gitignore files above a folder; none where they name the folder itself, which then was asked for by name."""
    above: list[str] = []
    at = folder
    while at != root and is_inside(at, root):
        at = os.path.dirname(at)
        above.append(at)
    ignores = tuple(ignore for at in reversed(above) for ignore in _read_ignore(at))
    return () if ignores and ignored(folder + os.sep, ignores) else ignores


def _read_ignore(folder: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    try:
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    try:
        yield folder, patterns(lines)
    except ValueError:  # one line that is no pattern: git passes over it and keeps the others
        yield folder, patterns([line for line in lines if _is_pattern(line)])


def patterns(lines: Sequence[str]) -> GitIgnoreSpec:
    """Lines as .gitignore has them; ValueError where one of them is no pattern."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


def _is_pattern(line: str) -> bool:
    try:
        patterns([line])
    except ValueError:
        return False
    return True


def ignored(path: str, ignores: Ignores) -> bool:
    """Whether patterns leave a path out, each with the folder it counts from; the last, the nearest, decides."""
    for folder, spec in reversed(ignores):
        # Not os.path.relpath: a folder's trailing slash counts in a pattern.
        relative = path[len(folder.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        decided = spec.check_file(relative).include
        if decided is not None:
            return decided
    return False
