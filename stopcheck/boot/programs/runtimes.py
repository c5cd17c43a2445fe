"""Starts what runs on a machine of its own, Java's and .NET's: which sources the build has made it of."""

from __future__ import annotations

import re

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.programs.sources import from_source
from stopcheck.boot.programs.tree import Tree
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Made
from stopcheck.image.paths import base, join, parent
from stopcheck.knowledge.programs import applied, find_program
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body
    from stopcheck.image.model import FileSystem

_CLASS_PATH = frozenset({"-cp", "-classpath", "--class-path"})
_VALUES = frozenset(
    ["-p", "--module-path", "--upgrade-module-path", "--add-modules", "--add-reads", "--add-exports", "--add-opens"]
)
_FOR_ALL = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
"""Variables in which the JVM, or its launcher, finds more options."""
_HOST_VALUES = frozenset({"--additionalprobingpath", "--depsfile", "--runtimeconfig", "--fx-version", "--roll-forward"})


@dataclass(frozen=True, slots=True)
class Told:
    """What `java` is told to run: an archive, a class, or a source; `doubt`: what else it may be told to do."""

    jar: str = ""
    main: str = ""
    paths: tuple[str, ...] = ()
    doubt: str = ""


def read_java(start: Start) -> Told:
    """The options of the launcher (docs.oracle.com: the java command), and those of the environment."""
    doubt, archive, waiting = "", False, list(start.argv[1:])
    places: tuple[str, ...] = (".",)
    while waiting:
        word = waiting.pop(0)
        if isinstance(word, Unknown):
            doubt = doubt or "an option that is not known"
        elif word in _CLASS_PATH:
            value = waiting.pop(0) if waiting else ""
            places = tuple(value.split(":")) if isinstance(value, str) else ()
        elif word.startswith("--class-path="):
            places = tuple(word.partition("=")[2].split(":"))
        elif word == "-jar":
            archive = True
        elif word in _VALUES:
            waiting = waiting[1:]
        elif word.startswith(("-javaagent", "-agent", "@", "-m", "--module")):
            doubt = doubt or word
        elif not word.startswith("-") and archive:
            return Told(jar=word, doubt=doubt)
        elif not word.startswith("-"):
            return Told(main=word, paths=places, doubt=doubt)
    return Told(doubt=doubt)


def start_java(start: Start) -> Body | Failure:
    """A JVM: what its program registers, where the sources tell; else it is taken to be ended in order."""
    more = " ".join(value for name in _FOR_ALL if isinstance(value := start.env.get(name, ""), str)).split()
    if "-Xrs" in more:
        return Program(applied(start.row, ("-Xrs",)), start.machine.stop_signal)
    told = read_java(start)
    jar = start.text(told.jar) if told.jar else None
    if isinstance(jar, SourceFile) and not jar.text:
        from stopcheck.boot.failure import Failure

        return Failure(1, f"{start.path(told.jar)} is empty, and no archive", "argument", told.jar)
    doubt = told.doubt or next((word for word in more if word.startswith(("-javaagent", "-agent"))), "")
    found = _sources(start, told)
    return _untold(start) if found is None else _machine(start, found, doubt)


def _machine(start: Start, found: Found, doubt: str) -> Program:
    needs = (*found.needs, doubt) if doubt else found.needs
    env = {**start.env, **dict.fromkeys(found.tokens, "")}
    program = from_source(start.machine, start.process, "java", found.paths, found.files, env, needs)
    # What the machine itself does holds whatever the sources say.
    program.row = replace(program.row, on={**start.row.on, **program.row.on}, exit_signal=True, keeps_ignored=True)
    return program


def _untold(start: Start) -> Program:
    why = "the sources of what it runs were not found"
    return Program(replace(start.row, role="unknown", instead=why), start.machine.stop_signal)


@dataclass(frozen=True, slots=True)
class Found:
    """The sources of a program, and what its build says of it."""

    files: FileSystem
    paths: tuple[str, ...]
    needs: tuple[str, ...] = ()
    tokens: frozenset[str] = frozenset()


def _sources(start: Start, told: Told) -> Found | None:
    from stopcheck.boot.handlers import java

    if told.main.endswith(".java"):
        path = start.path(told.main)
        return Found(start.machine.image.files, (path,)) if isinstance(start.text(path), SourceFile) else None
    if told.jar:
        files, place = _origin(start, start.path(told.jar))
        return _module(files, java.module_of(place, Tree(files)), "")
    name = told.main.partition("$")[0]
    for entry in told.paths if re.fullmatch(r"[\w.]+", name) else ():
        archive = entry.endswith((".jar", "*"))
        folder = start.path(entry or ".")
        files, place = _origin(start, folder if archive else join(folder, name.replace(".", "/") + ".class"))
        beside = () if archive else java.find_class(name, [folder], Tree(start.machine.image.files))
        if beside:
            return Found(start.machine.image.files, beside)
        found = _module(files, java.module_of(place, Tree(files)), name)
        if found is not None:
            return found
    return None


_LAUNCHERS = regex(r"/(?:build/install/[^/]+|target/universal/stage|target/appassembler)/bin/[^/]+$")
"""Where Gradle's installDist, sbt's stage and Maven's appassembler put the scripts that exec java."""
_UNLIKE = frozenset({"unixStartScriptGenerator", "showConsoleWindow", "bashScriptExtraDefines", "-Xrs"})
"""What a build says of such a script that may make it do something else."""
_FOR_JVM = regex(r"-Xrs|-javaagent|-agent|-J|-main")


def start_output(start: Start, path: str) -> Program | None:
    """A program that no table tells of and that the build has made: the script that starts one of Java.

    Sources: Gradle's unixStartScript.txt, sbt-native-packager's bash-template and ash-template, and appassembler's
    unixBinTemplate all end in `exec`.
    """
    from stopcheck.boot.handlers import java

    files, place = _origin(start, path)
    row = find_program("java")
    found = _module(files, java.module_of(place, Tree(files)), "") if _LAUNCHERS.search(place) else None
    if found is None or row is None or found.tokens & _UNLIKE:
        return None
    told = [start.env.get(name, "") for name in (*_FOR_ALL, "JAVA_OPTS")]
    options = [str(word) for word in (*told, *start.argv[1:]) if isinstance(word, Unknown) or _FOR_JVM.search(word)]
    return _machine(replace(start, row=row), found, "an option of the JVM" if options else "")


def _module(files: FileSystem, module: str | None, name: str) -> Found | None:
    """The sources of a module: of the class that is named, by its build else, or of the only one that can be it."""
    from stopcheck.boot.handlers import java

    if module is None:
        return None
    project = Tree(files)
    text, declared = java.declared(module, project)
    tokens = frozenset(re.findall(r"[\w.-]+", text)) | java.settings(module, project)
    name = name or declared
    paths = java.find_class(name, java.source_folders(module), project) if name else java.find_main(module, project)
    if not paths and "io.quarkus" in tokens:
        # The build makes the class that it starts with.
        return Found(files, (), ("io.quarkus",), tokens)
    return Found(files, paths, (), tokens) if paths else None


def _origin(start: Start, path: str) -> tuple[FileSystem, str]:
    """Where a file was made that no text tells of: a stage's files, or the build context's, and its place in them."""
    files = start.machine.image.files
    found = files.lookup(path)
    content = found if found is None or isinstance(found, Unknown) else found.content
    if isinstance(content, Made) and content.files is not None and not content.tool:
        place = content.sources[0]
        return content.files, join(parent(place), base(path)) if "*" in base(place) else place
    return files, path


def start_dotnet(start: Start) -> Body | Failure:
    """`dotnet NAME.dll`: an assembly that a project of this name makes."""
    from stopcheck.boot.handlers.dotnet import find_project

    waiting = list(start.argv[1:])
    while waiting:
        word = waiting.pop(0)
        if isinstance(word, Unknown):
            break
        if word in _HOST_VALUES:
            waiting = waiting[1:]
        elif word.endswith(".dll"):
            built = start.text(word)
            if isinstance(built, Made) and built.tool == "dotnet" and built.files is not None:
                return from_source(start.machine, start.process, "dotnet", built.sources, built.files, start.env)
            files, place = _origin(start, start.path(word))
            project = find_project(base(place).removesuffix(".dll"), Tree(files))
            if project is None:
                break
            return from_source(start.machine, start.process, "dotnet", (project,), files, start.env)
        elif word != "exec" and not word.startswith("-"):
            break
    return _untold(start)
