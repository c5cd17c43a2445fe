"""Tools that build a program and run it as their child, by its sources: `go run`, air, `dotnet run`, `nest start`."""

from __future__ import annotations

import json

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.programs.sources import from_source
from stopcheck.boot.programs.tree import Tree
from stopcheck.boot.programs.wrappers import Wrapper, option
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.records import replace

if TYPE_CHECKING:
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World

_BUILT = "the built program"
_GO_VALUES = frozenset(
    [
        *("-C", "-p", "-ldflags", "-tags", "-gcflags", "-asmflags", "-mod", "-modfile", "-overlay", "-pkgdir"),
        *("-toolexec", "-installsuffix", "-pgo"),
    ]
)
"""Options of `go run` whose value may be a word of its own."""


class Builder(Wrapper):
    """A wrapper whose child is a program that is not in the image yet: made in `language` of these files, if known."""

    __slots__ = ("language", "paths")
    language: str
    paths: tuple[str, ...]

    def copy(self) -> Builder:
        """See Body.copy."""
        other = super().copy()
        assert isinstance(other, Builder)
        other.language, other.paths = self.language, self.paths
        return other

    def _start(self, world: World, process: Process) -> None:
        child = world.spawn(process, self, self.argv, process.origin)
        child.program = str(self.argv[0])
        child.body = Program(ProgramRow(child.program, role="unknown"), self.machine.stop_signal)
        if self.paths:
            files = self.machine.image.files
            child.body = from_source(self.machine, child, self.language, self.paths, files, self.env, world=world)
        self.child = child.pid


def _builder(start: Start, language: str, paths: tuple[str, ...]) -> Body:
    builder = Builder(start.machine, replace(start.row, role="fork"), (_BUILT,), dict(start.env))
    builder.language, builder.paths = language, paths
    return builder


def start_go_run(start: Start) -> Body:
    """`go run PACKAGE …`, or files of one; nothing is known of its program where `-exec` starts it."""
    from stopcheck.boot.handlers.go import package_files

    words = list(start.words[1:]) if len(start.words) == len(start.argv) - 1 else []
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in {"-exec", "-C"} or option.startswith(("-exec=", "-C=")):
            words = []
        elif option in _GO_VALUES and words:
            words.pop(0)
    named = words[0] if words else ""
    project = Tree(start.machine.image.files)
    if named.endswith(".go"):
        last = next((at for at, word in enumerate(words) if not word.endswith(".go")), len(words))
        paths = tuple(start.path(word) for word in words[:last])
    elif named.startswith(("./", "/")) or named == ".":
        paths = package_files(start.path(named), project)
    else:
        paths = ()
    return _builder(start, "go", paths if all(project.text(path) for path in paths) else ())


def start_dotnet_run(start: Start) -> Body:
    """`dotnet run`: the project that `--project` names, or the only one of the folder."""
    words = start.words
    own: list[Field] = [*(words[: words.index("--")] if "--" in words else words)]
    named = option(own, "--project", "-p")
    place = start.path(named) if isinstance(named, str) else start.process.cwd
    project = Tree(start.machine.image.files)
    found = (place,) if place.endswith("proj") else project.matching(join(place, "*.csproj"))
    return _builder(start, "dotnet", found if len(found) == 1 and project.text(found[0]) else ())


def start_air(start: Start) -> Body:
    """`air`: what its configuration has `go build` make; it SIGKILLs that, unless it is told to interrupt it before.

    Source: runner/util_linux.go of air 1.40, 1.49, 1.61 and 1.67.
    """
    import tomli

    from stopcheck.boot.handlers.go import package_files

    named = option(list(start.argv[1:]), "-c")
    project = Tree(start.machine.image.files)
    found = [named] if isinstance(named, str) else [".air.toml", ".air.conf"]
    text = next((text for name in found if (text := project.text(start.path(name)))), None)
    try:
        told = tomli.loads(text.text).get("build", {}) if text else {}
    except ValueError:
        told = None
    if not isinstance(told, dict) or (named is not None and text is None) or told.get("send_interrupt"):
        return start.leaf("unread", "what air is told")
    words = str(told.get("cmd", "go build -o ./tmp/main .")).split()
    place = words[-1] if words[:2] == ["go", "build"] else ""
    if place.endswith(".go"):
        return _builder(start, "go", (start.path(place),) if project.text(start.path(place)) else ())
    return _builder(start, "go", package_files(start.path(place), project) if place[:1] == "." else ())


def start_nest(start: Start) -> Body:
    """`nest start`: what nest-cli.json says of a project alone (docs.nestjs.com/cli/monorepo)."""
    project = Tree(start.machine.image.files)
    text = project.text(start.path("nest-cli.json"))
    try:
        told = json.loads(text.text) if text else {}
    except ValueError:
        told = None
    plain = isinstance(told, dict) and "projects" not in told
    others = [word for word in start.words[1:] if not word.startswith("-")]
    names = (told.get("sourceRoot", "src"), told.get("entryFile", "main")) if plain and told is not None else ()
    if len(names) == 2 and all(isinstance(name, str) for name in names) and not others:
        path = start.path(f"{join('/', names[0])[1:]}/{names[1]}.ts")
        return _builder(start, "node", (path,) if project.text(path) else ())
    return _builder(start, "node", ())
