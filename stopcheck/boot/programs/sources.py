"""From a program's sources, where the build tells them, to what runs: a leaf that does what they say on signals."""

from __future__ import annotations

import json
import posixpath
import re
import sys

from stopcheck.boot.programs.program import OWN, Program
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.records import dataclass, field, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable, Mapping

    import tree_sitter

    from stopcheck.boot.conduct import Conduct, Surroundings
    from stopcheck.boot.handlers.source import Handling
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs.launcher import Begin, Launcher
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.image.model import FileSystem, Made

EXITS = {"ruby": 1, "go": 2}
"""What a language's runtime ends PID 1 with on a signal that the program does not handle."""
EXIT_SIGNAL = frozenset({"java", "dotnet"})
"""Languages whose runtime ends a program with 128 and the signal's number, whether or not it has handled it."""
EXITS_ON: Mapping[str, Mapping[str, int]] = {"python": {"INT": 130}, "go": {"QUIT": 2}}

_NODE = frozenset({"node", "nodejs"})
"""Node.js by its names; Deno and Bun bring more than it does, and less."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of an image, or of a stage on its way, as a program's sources: see handlers.source.Project."""

    files: FileSystem
    variables: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, SourceFile] = field(default_factory=dict)
    """Texts that no file holds, by the path that they would have."""

    def text(self, path: str) -> SourceFile | None:
        """See Project.text."""
        if path in self.given:
            return self.given[path]
        found = self.files.lookup(path)
        content = getattr(found, "content", None)
        return content if isinstance(content, SourceFile) else None

    def is_folder(self, path: str) -> bool:
        """See Project.is_folder."""
        return self.files.kind(path) == "folder"

    def matching(self, pattern: str) -> tuple[str, ...]:
        """See Project.matching."""
        return tuple(file.path for file in self.files.matching(pattern))

    def variable(self, name: str) -> str:
        """See Project.variable."""
        return self.variables.get(name, "")


def from_source(
    machine: Machine,
    process: Process,
    language: str,
    paths: tuple[str, ...],
    files: FileSystem,
    env: Mapping[str, Field],
    needs: Iterable[str] = (),
    given: Mapping[str, SourceFile] | None = None,
    world: World | None = None,
) -> Program:
    """A program in files of an image, or made from them; `needs` are modules that are loaded before it.

    `given` are texts that are in none (`perl -e TEXT`); `world` has the files that were made since the start.
    """
    from stopcheck.boot.handlers.program import read_program

    known = {name: value for name, value in env.items() if isinstance(value, str)}
    if language == "python":
        folder = known.pop("sys.path", "") or posixpath.dirname(paths[0])
        more = [place for place in known.get("PYTHONPATH", "").split(":") if place]
        known["sys.path"] = ":".join([folder, *(posixpath.join(process.cwd, place) for place in more)])
        known["python"] = _python(process.program, machine.image.base.name)
    needs, given = tuple(needs), given or {}
    texts = frozenset((path, source.text) for path, source in given.items())
    told = _told(process, paths[0]) if language in {"python", "node"} else ()
    made = frozenset(world.files) if world is not None else frozenset()
    key = (
        language,
        paths,
        needs,
        id(files),
        frozenset(known.items()),
        frozenset(env),
        texts,
        told,
        made,
        process.pid == 1,
    )
    handling, _ = machine.handlings.get(key, (None, files))
    if handling is None:
        project = Tree(files, known, given)
        handling = read_program(language, paths, project, needs, env)
        if language == "php":
            from stopcheck.boot.programs.extensions import has_pcntl, without_signals

            handling = without_signals(handling, paths, project) if has_pcntl(machine) is False else handling
        if len(paths) == 1 and (language == "python" or process.program in _NODE):
            handling = _carried_out(machine, world, process, language, paths[0], project, env, told) or handling
        machine.handlings[key] = handling, files  # as long as these are kept, no others have their number
    source = Tree(files, known, given).text(paths[0]) if handling.line else None
    if source is not None and world is not None:
        _note_end(machine, world, process, handling, source)
    program = Program(_row(process, language, handling), machine.stop_signal)
    program.undecided = program.undecided and not handling.stands
    return program


def _note_end(machine: Machine, world: World, process: Process, handling: Handling, source: SourceFile) -> None:
    """Keep where a program gives up, and for want of what."""
    start = source.line_starts[min(handling.line, len(source.line_starts)) - 1]
    line = source.line(handling.line)
    text = line.strip()
    start += line.index(text) if text else 0
    span = Span(source, start, start + len(text))
    machine.asked.update(dict.fromkeys(handling.asked))
    machine.wanted |= set(handling.asked)
    if handling.asked:
        world.note("cannot-open", process, text=f"{handling.asked[-1]} is not set", span=span)
    else:
        world.note("leaves", process, span=span)


def _told(process: Process, path: str) -> tuple[Field, ...]:
    """A program's arguments: its own name, and what follows it."""
    words = process.argv
    name = path.rpartition("/")[2]
    for at, word in enumerate(words):
        if word == "-m":
            return (path, *words[at + 2 :])
        if word == "-c" or (isinstance(word, str) and word.rpartition("/")[2] == name):
            return tuple(words[at:])
    return ()


def _package(process: Process, path: str) -> str:
    """The package that `python -m` starts a program in."""
    words = process.argv
    name = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
    place = f"/{name.replace('.', '/')}" if isinstance(name, str) else ""
    if not isinstance(name, str) or not path.endswith((f"{place}.py", f"{place}/__main__.py")):
        return ""
    return name if path.endswith(f"{place}/__main__.py") else name.rpartition(".")[0]


def _carried_out(
    machine: Machine, world: World | None, process: Process, language: str, path: str, project: Tree,
    env: Mapping[str, Field], arguments: tuple[Field, ...],
) -> Handling | None:  # fmt: skip
    """What carrying out a program line by line tells; None where it cannot be followed so."""
    from stopcheck.boot.handlers.program import read_file
    from stopcheck.boot.handlers.source import Handling

    source = project.text(path)
    if source is None:
        return None
    around = _surroundings(machine, world, process, path, env, arguments)
    found = (_in_python if language == "python" else _in_javascript)(source, path, project, around)
    if found is None or machine.stop_signal in found.unsure:
        return None
    if found.ends:
        return Handling(work=True, status=found.status, line=found.line, asked=found.asked)
    cleanup = read_file(language, source.text).cleanup
    on = {signal: "graceful" if action == "quick" and cleanup else action for signal, action in found.on.items()}
    return Handling(
        on, cleanup=cleanup, lasts=True, inherits=found.inherits, seconds=found.seconds.get(machine.stop_signal, 0.0),
        stands=found.lasts,
    )  # fmt: skip


def _surroundings(
    machine: Machine, world: World | None, process: Process, path: str, env: Mapping[str, Field],
    arguments: tuple[Field, ...],
) -> Surroundings:  # fmt: skip
    """What a program is started in."""
    from stopcheck.boot.conduct import Opaque, Surroundings
    from stopcheck.boot.lacking import missing_file

    def missing(name: str) -> bool:
        place = posixpath.normpath(posixpath.join(process.cwd, name))
        return world is not None and missing_file(machine, world, place)

    variables = {name: value if isinstance(value, str) else Opaque(name) for name, value in env.items()}
    words = tuple(word if isinstance(word, str) else Opaque() for word in arguments) or (Opaque(),)
    interpreter = process.argv[0] if process.argv and isinstance(process.argv[0], str) else ""
    return Surroundings(
        variables, words, missing=missing, package=_package(process, path), first=process.pid == 1,
        deaf=process.ignored, interpreter=interpreter,
    )  # fmt: skip


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


def _in_python(source: SourceFile, _: str, project: Tree, around: Surroundings) -> Conduct | None:
    from stopcheck.boot.handlers.python import parse
    from stopcheck.boot.python.fate import conduct

    tree = parse(source.text)
    return conduct(tree, replace(around, module=_modules(project))) if tree is not None else None


_STARTS = {"python": regex(r"\b(?:subprocess|multiprocessing|create_subprocess_\w+|os\.(?:fork|system))\b"),
           "node": regex(r"\bchild_process\b")}  # fmt: skip
"""What a program has in it that starts others."""


def launcher(
    machine: Machine, process: Process, language: str, path: str, env: Mapping[str, Field], world: World,
    row: ProgramRow, root: str,
) -> Launcher | None:  # fmt: skip
    """A program that starts others and is carried out beside them; None where that cannot be followed.

    `root` is the folder that it is started from as a module.
    """
    known = {name: value for name, value in env.items() if isinstance(value, str)}
    known["sys.path"] = root or posixpath.dirname(path)
    project = Tree(machine.image.files, known)
    source = project.text(path)
    if source is None or not _STARTS[language].search(source.text):
        return None
    from stopcheck.boot.programs.launcher import Launcher, is_launcher

    around = _surroundings(machine, world, process, path, env, _told(process, path))
    begin = (_live_python if language == "python" else _live_javascript)(source, path, project, around)
    if begin is None or not is_launcher(begin, process.pid):
        return None
    if language == "node":
        process.ignored = frozenset()  # it puts back what it was started with ignored (src/node.cc)
    return Launcher(machine, row, begin, source)


def _live_python(source: SourceFile, _: str, project: Tree, around: Surroundings) -> Begin | None:
    from stopcheck.boot.handlers.python import parse
    from stopcheck.boot.python.live import Live

    tree = parse(source.text)
    whole = replace(around, module=_modules(project))
    return None if tree is None else lambda kernel, decide: Live(tree, replace(whole, kernel=kernel), decide)


def _live_javascript(source: SourceFile, path: str, project: Tree, around: Surroundings) -> Begin | None:
    if not _is_plain_javascript(source, path):
        return None
    from stopcheck.boot.javascript.fate import parse
    from stopcheck.boot.javascript.live import Live

    root = parse(source.text)
    whole = replace(around, module=_scripts(project), data=_data(project))
    return None if root is None else lambda kernel, decide: Live(root, path, replace(whole, kernel=kernel), decide)


def _in_javascript(source: SourceFile, path: str, project: Tree, around: Surroundings) -> Conduct | None:
    if not _is_plain_javascript(source, path):
        return None
    from stopcheck.boot.javascript.fate import conduct, parse

    root = parse(source.text)
    whole = replace(around, module=_scripts(project), data=_data(project))
    return conduct(root, path, whole) if root is not None else None


def _is_plain_javascript(source: SourceFile, path: str) -> bool:
    """Whether it uses Node.js and its own files alone: what reads it would only be loaded to find a library in it."""
    from stopcheck.boot.handlers.node import MODULES
    from stopcheck.boot.handlers.program import read_file
    from stopcheck.knowledge.javascript import runtime

    needs = (need.removeprefix("node:").partition("/")[0] for need in read_file("node", source.text).needs)
    known = MODULES | {"child_process"} | runtime().others
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


def _python(program: str, base: str) -> str:
    """The major version of Python that runs a program: what its name says, or the official image; "": not known."""
    named = re.match(r"(?:python|pypy)(\d)", program)
    image = re.fullmatch(r"(?:docker\.io/)?(?:library/)?(?:python|pypy)(?::(\d?).*)?", base)
    return named[1] if named else (image[1] or "3") if image else ""


def _row(process: Process, language: str, handling: Handling) -> ProgramRow:
    program = process.program
    deaf = dict.fromkeys(handling.inherits & process.ignored, "default")
    if deaf:
        handling = replace(handling, on={**handling.on, **deaf})
    if handling.launches:
        return ProgramRow(program, role="unread", instead=handling.reason)
    told = process.argv[1] if len(process.argv) > 1 else ""
    if handling.work and (language == "python" or (isinstance(told, str) and told[:1] != "-" and told != "serve")):
        # `node --watch`, `deno serve`: what is told before the file may keep it.
        return ProgramRow(program, role="short", status=handling.status)
    if handling.complete and not handling.lasts:
        # It would be deaf while it runs, or die of the signal, and that may be no time.
        reason = "nothing in it shows that it lasts until it is stopped"
        handled = {signal: action for signal, action in handling.on.items() if action == "graceful"}
        if not handled:
            return ProgramRow(program, role="unread", instead=reason)
        handling = replace(handling, complete=False, reason=reason, cleanup=False, on=handled)
    row = ProgramRow(
        program, role="unknown", on=handling.on, otherwise="default" if handling.complete else "",
        cleanup=handling.cleanup, exit=EXITS.get(language), exit_on=EXITS_ON.get(language, {}),
        exit_signal=language in EXIT_SIGNAL,
        instead=handling.reason, table=OWN,
    )  # fmt: skip
    return replace(row, seconds=handling.seconds) if handling.seconds > row.seconds else row


def start_made(machine: Machine, process: Process, made: Made, env: Mapping[str, Field]) -> Program:
    """A program that a build step has made of sources."""
    if made.files is None:
        return Program(ProgramRow(process.program, role="unknown"), machine.stop_signal)
    paths = made.sources
    if len(paths) == 1 and made.files.kind(paths[0]) == "folder":
        from stopcheck.boot.handlers.go import package_files

        paths = package_files(paths[0], Tree(made.files))
    if not paths:
        return Program(ProgramRow(process.program, role="unknown"), machine.stop_signal)
    return from_source(machine, process, made.tool, paths, made.files, env)
