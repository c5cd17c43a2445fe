"""Programs in Python and JavaScript that are carried out on paper: from their files and what they are started in."""

from __future__ import annotations

import json
import posixpath
import sys

from stopcheck.boot.files.accounts import ROOT, home
from stopcheck.boot.programs.tree import Tree
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    import tree_sitter

    from stopcheck.boot.conduct import Conduct, Surroundings
    from stopcheck.boot.handlers.source import Handling
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs.launcher import Begin, Launcher
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.source import SourceFile

_NO_FORKS = 14
"""Python 3.14 starts children of multiprocessing by a server (docs.python.org/3/library/multiprocessing.html)."""
_FORGETS = range(9, 13)
"""Measured with Python 3.7 to 3.13, the minor versions in which Thread.join() forgets its thread (bpo-45274)."""
_LISTENS = regex(r"listen|[Ss]erver|\bbind\b|subprocess|multiprocessing|fork|[Ss]pawn|system|popen")
"""What a program that serves, or that starts what does, has in it."""


def known_variables(process: Process, language: str, path: str, env: Mapping[str, Field]) -> dict[str, str]:
    """The variables whose values are known; Python's `sys.path` is told as if it were one, and may be given so."""
    known = {name: value for name, value in env.items() if isinstance(value, str)}
    if language == "python":
        folder = known.pop("sys.path", "") or posixpath.dirname(path)
        told = known.get("PYTHONPATH", "")  # an empty part of it is the current folder
        more = [posixpath.join(process.cwd, place).rstrip("/") for place in told.split(":")] if told else []
        known["sys.path"] = ":".join([folder, *more])
    return known


def carried_out(
    machine: Machine, world: World | None, process: Process, language: str, path: str, project: Tree,
    env: Mapping[str, Field],
) -> Handling | None:  # fmt: skip
    """What carrying out a program line by line tells; None where it cannot be followed so."""
    from stopcheck.boot.handlers.program import read_file
    from stopcheck.boot.handlers.source import Handling

    source = project.text(path)
    if source is None:
        return None
    around = _surroundings(machine, world, process, path, env)
    found = (_in_python if language == "python" else _in_javascript)(source, path, project, around)
    if found is None or machine.stop_signal in found.unsure:
        return None
    if found.ends:
        return Handling(work=True, status=found.status, line=found.line, asked=found.asked)
    cleanup = read_file(language, source.text).cleanup
    on = {signal: "graceful" if action == "quick" and cleanup else action for signal, action in found.on.items()}
    return Handling(
        on, cleanup=cleanup, lasts=True, inherits=found.inherits, seconds=found.seconds.get(machine.stop_signal, 0.0),
        seconds_on=found.seconds, stands=found.lasts,
    )  # fmt: skip


def launcher(
    machine: Machine, process: Process, language: str, path: str, env: Mapping[str, Field], world: World,
    row: ProgramRow, given: Mapping[str, SourceFile],
) -> Launcher | None:  # fmt: skip
    """A program that starts others and is carried out beside them; None where it starts none, or cannot be followed."""
    project = Tree(machine.image.files, known_variables(process, language, path, env), given)
    source = project.text(path)
    if source is None:
        return None
    from stopcheck.boot.programs.launcher import Launcher, is_launcher

    around = _surroundings(machine, world, process, path, env)
    begin = (_live_python if language == "python" else _live_javascript)(source, path, project, around)
    if begin is None or not is_launcher(begin, process.pid, machine.stop_signal):
        return None
    return Launcher(machine, row, begin, source)


def told_arguments(process: Process, path: str) -> tuple[Field, ...]:
    """A program's arguments: its own name, and what follows it."""
    words = process.argv
    name = path.rpartition("/")[2]
    for at, word in enumerate(words):
        if word == "-m":
            return (path, *words[at + 2 :])
        if word == "-c":
            return (word, *words[at + 2 :])
        if isinstance(word, str) and word.rpartition("/")[2] == name:
            return tuple(words[at:])
    return ()


def is_alone(world: World | None, process: Process) -> bool:
    """Whether nothing runs beside a program but what has started it."""
    if world is None:
        return False
    above, one = {process.pid}, process
    while one.ppid in world.processes and one.ppid not in above:
        one = world.processes[one.ppid]
        above.add(one.pid)
    return all(pid in above or not other.alive for pid, other in world.processes.items())


def _surroundings(
    machine: Machine, world: World | None, process: Process, path: str, env: Mapping[str, Field]
) -> Surroundings:
    """What a program is started in."""
    from stopcheck.boot.conduct import Opaque, Surroundings
    from stopcheck.boot.files.made import missing_file, missing_folder
    from stopcheck.boot.files.permissions import is_denied
    from stopcheck.boot.programs.misspelt import may_be, minor_version
    from stopcheck.boot.programs.modules import lacking, mentions

    def missing(name: str) -> bool:
        place = clean(posixpath.join(process.cwd, name))
        return world is not None and missing_file(machine, world, place)

    def refuses(name: str) -> str:
        place = clean(posixpath.join(process.cwd, name))
        if world is None or place.startswith(("/dev/", "/proc/", "/sys/")):
            return ""
        if missing_folder(machine, world, posixpath.dirname(place), process):
            return "FileNotFoundError"
        if process.user in ROOT or place in world.files:
            return ""
        return "PermissionError" if is_denied(machine.image, place, world, process.user) else ""

    known = {"HOME": home(machine.image, process.user), "HOSTNAME": Unknown("the engine sets it"), **env}
    variables = {name: value if isinstance(value, str) else Opaque(name) for name, value in known.items()}
    words = tuple(word if isinstance(word, str) else Opaque() for word in told_arguments(process, path)) or (Opaque(),)
    interpreter = process.argv[0] if process.argv and isinstance(process.argv[0], str) else ""
    minor = minor_version(machine.image.base.name)
    return Surroundings(
        variables, words, missing=missing, package=_package(process, path), first=process.pid == 1,
        absent=lacking(machine.image, env, path), deaf=process.ignored, interpreter=interpreter,
        refuses=refuses, forks=not may_be(machine.image.base.name, _NO_FORKS),
        forgets=None if minor is None else minor in _FORGETS,
        alone=is_alone(world, process) and not mentions(machine.image.files, path, _LISTENS),
    )  # fmt: skip


def _package(process: Process, path: str) -> str:
    """The package that `python -m` starts a program in."""
    words = process.argv
    name = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
    place = f"/{name.replace('.', '/')}" if isinstance(name, str) else ""
    if not isinstance(name, str) or not path.endswith((f"{place}.py", f"{place}/__main__.py")):
        return ""
    return name if path.endswith(f"{place}/__main__.py") else name.rpartition(".")[0]


def _in_python(source: SourceFile, _: str, project: Tree, around: Surroundings) -> Conduct | None:
    from stopcheck.boot.handlers.python import parse
    from stopcheck.boot.python.fate import conduct

    tree = parse(source.text)
    return conduct(tree, replace(around, module=_modules(project))) if tree is not None else None


def _live_python(source: SourceFile, _: str, project: Tree, around: Surroundings) -> Begin | None:
    from stopcheck.boot.handlers.python import parse
    from stopcheck.boot.python.live import Live

    tree = parse(source.text)
    whole = replace(around, module=_modules(project))
    return None if tree is None else lambda kernel, decide: Live(tree, replace(whole, kernel=kernel), decide)


def _modules(project: Tree) -> Callable[[str], ast.Module | None]:
    """The modules of a project, by their names."""
    from stopcheck.boot.handlers.python import parse

    def module(name: str) -> ast.Module | None:
        for root in project.variable("sys.path").split(":"):
            place = posixpath.join(root, name.replace(".", "/"))
            found = project.text(f"{place}.py")
            if found is not None:
                return parse(found.text)
            folder, _, last = place.rpartition("/")
            plain = last == "__init__" and name.partition(".")[0] not in sys.stdlib_module_names
            within = plain and (project.matching(f"{folder}/*.py") or project.matching(f"{folder}/*/*.py"))
            if within and project.text(f"{folder}.py") is None:
                return parse("")  # a folder is a package without that file, too
        return None

    return module


def _in_javascript(source: SourceFile, path: str, project: Tree, around: Surroundings) -> Conduct | None:
    if not _is_plain_javascript(source, path):
        return None
    from stopcheck.boot.javascript.fate import conduct, parse

    root = parse(source.text)
    whole = replace(around, module=_scripts(project), data=_data(project))
    return conduct(root, path, whole) if root is not None else None


def _live_javascript(source: SourceFile, path: str, project: Tree, around: Surroundings) -> Begin | None:
    if not _is_plain_javascript(source, path):
        return None
    from stopcheck.boot.javascript.fate import parse
    from stopcheck.boot.javascript.live import Live

    root = parse(source.text)
    whole = replace(around, module=_scripts(project), data=_data(project))
    return None if root is None else lambda kernel, decide: Live(root, path, replace(whole, kernel=kernel), decide)


def _is_plain_javascript(source: SourceFile, path: str) -> bool:
    """Whether it uses Node.js and its own files alone: what reads it would only be loaded to find a library in it."""
    from stopcheck.boot.handlers.node import MODULES
    from stopcheck.boot.handlers.program import read_file
    from stopcheck.knowledge.javascript import runtime

    needs = (need.removeprefix("node:").partition("/")[0] for need in read_file("node", source.text).needs)
    known = MODULES | {"child_process", "cluster"} | runtime().others
    return not path.endswith("ts") and all(need.startswith(".") or need in known for need in needs)


def _scripts(project: Tree) -> Callable[[str], tree_sitter.Node | None]:
    """The scripts of a project, by their paths."""
    from stopcheck.boot.javascript.fate import parse

    def module(name: str) -> tree_sitter.Node | None:
        found = project.text(name)
        return parse(found.text) if found is not None and not name.endswith(".json") else None

    return module


def _data(project: Tree) -> Callable[[str], object]:
    """What is in a project's files in JSON, by their paths."""

    def data(name: str) -> object:
        found = project.text(name) if name.endswith(".json") else None
        try:
            return json.loads(found.text) if found is not None else None
        except ValueError:
            return None

    return data
