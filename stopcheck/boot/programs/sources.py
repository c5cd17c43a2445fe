"""From a program's sources, where the build tells them, to what runs: a leaf that does what they say on signals."""

from __future__ import annotations

import re

from stopcheck.boot.bodies.launching import may_be_carried_out
from stopcheck.boot.bodies.program import OWN, Program
from stopcheck.boot.programs.tree import Tree
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.records import replace
from stopcheck.source import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stopcheck.boot.handlers.source import Handling
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.image.model import FileSystem, Made

EXITS = {"ruby": 1, "go": 2}
"""What a language's runtime ends PID 1 with on a signal that the program does not handle."""
EXIT_SIGNAL = frozenset({"java", "dotnet"})
"""Languages whose runtime ends a program with 128 and the signal's number, whether or not it has handled it."""
_SET = ("HOME", "HOSTNAME", "PATH")
"""Variables that the engine sets itself."""
EXITS_ON: Mapping[str, Mapping[str, int]] = {"python": {"INT": 130}, "go": {"QUIT": 2}}


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
    first = paths[0] if paths else ""
    needs = tuple(needs)
    carried = len(paths) == 1 and not needs and may_be_carried_out(language, process.program)
    known = {name: value for name, value in env.items() if isinstance(value, str)}
    told: tuple[object, ...] = ()
    if carried or language == "python":
        from stopcheck.boot.programs.carried_out import is_alone, known_variables, told_arguments

        known = known_variables(process, language, first, env)
        told = (told_arguments(process, first), is_alone(world, process))
    if language == "python":
        known["python"] = _python(process.program, machine.image.base.name)
    given = given or {}
    texts = frozenset((path, source.text) for path, source in given.items())
    made = frozenset(world.files) if world is not None else frozenset()
    who = (process.pid == 1, process.user)
    key = (language, paths, needs, id(files), frozenset(known.items()), frozenset(env), texts, told, made, *who)
    project = Tree(files, known, given)
    handling, _ = machine.handlings.get(key, (None, files))
    if handling is None:
        handling = _read(machine, language, paths, project, env, needs)
        if carried:
            from stopcheck.boot.programs.carried_out import carried_out

            handling = carried_out(machine, world, process, language, first, project, env) or handling
        machine.handlings[key] = handling, files  # as long as these are kept, no others have their number
    source = project.text(handling.file or first) if handling.line else None
    if source is not None and world is not None:
        _note_end(machine, world, process, handling, source)
    program = Program(_row(process, language, handling, machine.stop_signal), machine.stop_signal)
    program.undecided = program.undecided and not handling.stands
    return program


def _read(
    machine: Machine,
    language: str,
    paths: tuple[str, ...],
    project: Tree,
    env: Mapping[str, Field],
    needs: tuple[str, ...],
) -> Handling:
    """What a program's texts tell, without being carried out."""
    from stopcheck.boot.handlers.program import read_program

    first = paths[0] if paths else ""
    handling = read_program(language, paths, project, needs, (*env, *_SET, *_versions(language, first, project)))
    if language == "php":
        from stopcheck.boot.programs.extensions import has_pcntl, without_signals

        return without_signals(handling, paths, project) if has_pcntl(machine) is False else handling
    return handling


def _versions(language: str, path: str, project: Tree) -> Iterable[str]:
    """The packages that a program asks for with their major versions, as knowledge/libraries.toml writes them."""
    if language == "python":
        from stopcheck.boot.handlers.requirements import versions
    elif language == "node":
        from stopcheck.boot.handlers.node import versions
    else:
        return ()
    return versions(path, project)


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


def _python(program: str, base: str) -> str:
    """The major version of Python that runs a program: what its name says, or the official image; "": not known."""
    named = re.match(r"(?:python|pypy)(\d)", program)
    image = re.fullmatch(r"(?:docker\.io/)?(?:library/)?(?:python|pypy)(?::(\d?).*)?", base)
    return named[1] if named else (image[1] or "3") if image else ""


def _row(process: Process, language: str, handling: Handling, stop_signal: str) -> ProgramRow:
    program = process.program
    deaf = dict.fromkeys(handling.inherits & process.ignored, "default")
    if deaf:
        handling = replace(handling, on={**handling.on, **deaf})
    # Of 33 such programs in public repositories some 28 had no handler: it is not for us to say that they have.
    if handling.strange and stop_signal not in handling.on and language not in EXIT_SIGNAL:
        why = f"what {program} does on SIG{stop_signal} ({handling.reason})"
        return ProgramRow(program, role="opaque" if handling.lasts else "unread", instead=why)
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
    longer = {signal: seconds for signal, seconds in handling.seconds_on.items() if seconds > row.seconds}
    return replace(row, seconds=max(handling.seconds, row.seconds), seconds_on=longer)


def start_made(start: Start, made: Made) -> Program:
    """A program that a build step has made of sources."""
    if made.files is None:
        return start.leaf("unknown")
    paths = made.sources
    if len(paths) == 1 and made.files.kind(paths[0]) == "folder":
        from stopcheck.boot.handlers.go import module_of, package_files

        project, folder = Tree(made.files), paths[0]
        paths = package_files(folder, project)
        if not paths and module_of(folder, project) is None:
            return start.leaf("unread", "nothing of what it is compiled from is in the build context")
    if not paths:
        return start.leaf("unknown")
    return from_source(start.machine, start.process, made.tool, paths, made.files, start.env, world=start.world)
