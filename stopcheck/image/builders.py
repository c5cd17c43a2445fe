"""The commands of a RUN that make programs: which file each puts where, and from which sources."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.fields import Field
from stopcheck.image.model import ImageFile, Made
from stopcheck.image.paths import base, inside, join, parent
from stopcheck.model import Unknown
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopcheck.image.effects import Effects

_PROGRAM_MODE = 0o755
_GO_BIN = "/go/bin"
_GO_VALUES = frozenset(
    [
        "o",
        "p",
        "C",
        "ldflags",
        "tags",
        "gcflags",
        "asmflags",
        "gccgoflags",
        "mod",
        "modfile",
        "overlay",
        "pkgdir",
        "toolexec",
        "installsuffix",
        "buildmode",
        "compiler",
        "pgo",
        "coverpkg",
        "covermode",
    ]
)


class Builders:
    """What each does; the method bears the command's name after `do_`."""

    effects: Effects

    def write_program(self, field: Field | None, name: str = "", made: Unknown | None = None) -> None:
        """A program at the path that an argument names, or in the folder there if its `name` is known."""
        effects = self.effects
        path = effects.path(field)
        if path is None:
            effects.unsure()
            return
        if field is not None and (field.text.endswith("/") or effects.view.kind(path) == "folder"):
            if not name:
                effects.unsure(path)
                return
            path = join(path, name)
        content = made or Unknown("it is compiled", effects.origin)
        effects.put(path, ImageFile(path, content, _PROGRAM_MODE, effects.origin))

    def do_go(self, arguments: Sequence[Field | None]) -> None:
        """go: `build -o` writes a program, `install` puts it below /go, and the rest stays in the current folder."""
        effects = self.effects
        options, operands = _go_words(arguments)
        verb = operands[0].text if operands and operands[0] else ""
        effects.unsure(effects.cwd, "/go", "/root", "/usr/local")
        if verb not in {"build", "install"}:
            if "o" in options:
                self.write_program(options["o"])
            return
        folder = effects.path(options["C"]) if "C" in options else effects.cwd
        several = self._go_commands(folder, operands[1:]) if folder is not None else ()
        sources = self._go_package(folder, operands[1:]) if folder is not None else None
        found = tuple((each,) for each in several) or ((sources,) if sources is not None else ())
        if folder is None or not found:
            if "o" in options:
                self.write_program(options["o"])
            return
        for each in found:
            self._write_go(verb, options, folder, each)

    def _write_go(self, verb: str, options: Mapping[str, Field | None], folder: str, sources: tuple[str, ...]) -> None:
        """What is built of one package."""
        effects, view = self.effects, self.effects.view
        alone = sources[0] if sources[0].endswith(".go") else ""
        name = base(alone).removesuffix(".go") if alone else self._go_name(sources[0])
        made = Made("it is compiled", effects.origin, "go", sources, view)
        if "o" in options:
            before, effects.cwd = effects.cwd, folder
            self.write_program(options["o"], name, made)
            effects.cwd = before
        else:
            self.write_program(Field(join(_GO_BIN if verb == "install" else folder, name)), name, made)

    def _go_commands(self, folder: str, packages: Sequence[Field | None]) -> tuple[str, ...]:
        """The folders of all programs of `./cmd/...`, or of several packages, each told by its path."""
        words = [field.text if field and not field.pattern else "" for field in packages]
        if not all(word.startswith(".") for word in words) or not (len(words) > 1 or "..." in "".join(words)):
            return ()
        found: dict[str, None] = {}
        for word in words:
            root = join(folder, word.removesuffix("...").rstrip("/") or ".")
            below = ("/*.go", "/*/*.go", "/*/*/*.go") if word.endswith("...") else ("/*.go",)
            for file in (file for pattern in below for file in self.effects.view.matching(root + pattern)):
                source = file.content
                if isinstance(source, SourceFile) and re.search(r"^package[ \t]+main\b", source.text, re.MULTILINE):
                    found[parent(file.path)] = None
        return tuple(found)

    def _go_package(self, folder: str, packages: Sequence[Field | None]) -> tuple[str, ...] | None:
        """The folder of the package that is built, or its files; None where it is not known, or not one."""
        if not packages:
            return (folder,)
        words = [field.text if field and not field.pattern else None for field in packages]
        if packages[0] is not None and packages[0].text in {"*.go", "./*.go"}:
            return (folder,)
        if all(word is not None and word.endswith(".go") for word in words):
            return tuple(join(folder, word) for word in words if word)
        word = words[0]
        if len(words) > 1 or not word or "..." in word or "@" in word:
            return None
        if word.startswith((".", "/")):
            return (join(folder, word),)
        root, name = self._go_module(folder)
        rest = inside(word, name) if name else None
        return None if rest is None else (join(root, rest or "."),)

    def _go_module(self, folder: str) -> tuple[str, str]:
        """The folder of the nearest go.mod, and the module that it names."""
        while True:
            file = self.effects.file_at(join(folder, "go.mod"))
            if file is not None and isinstance(file.content, SourceFile):
                found = re.search(r"^[ \t]*module[ \t]+\"?([^\s\"]+)", file.content.text, re.MULTILINE)
                return folder, found[1] if found else ""
            if folder in {"/", ""}:
                return folder, ""
            folder = parent(folder)

    def _go_name(self, folder: str) -> str:
        """The name that go gives a program: the last part of its package's path, but for a version."""
        root, name = self._go_module(folder)
        path = name if name and folder == root else folder
        return base(parent(path) if re.fullmatch(r"v[2-9]\d*", base(path)) else path)

    def do_cargo(self, arguments: Sequence[Field | None]) -> None:
        """cargo: `build` puts programs below target/, `install --path` into /usr/local/cargo/bin or `--root`."""
        effects = self.effects
        effects.unsure(effects.cwd, "/usr/local/cargo", "/root", "/tmp")
        words, options = _cargo_words(arguments)
        verb = words[0] if words else ""
        manifest = effects.path(options.get("manifest-path") or options.get("path"))
        folder = effects.cwd if manifest is None else parent(manifest) if manifest.endswith(".toml") else manifest
        if verb == "install" and "path" in options:
            root = effects.path(options["root"]) if "root" in options else "/usr/local/cargo"
            target = join(root, "bin") if root else None
        elif verb in {"build", "b"}:
            target = self._cargo_output(folder, options)
        else:
            return
        if target is None:
            effects.unsure()
            return
        for name, sources in self._cargo_programs(folder):
            made = Made("it is compiled", effects.origin, "rust", sources, effects.view)
            path = join(target, name)
            effects.put(path, ImageFile(path, made, _PROGRAM_MODE, effects.origin))

    def _cargo_output(self, folder: str, options: dict[str, Field | None]) -> str | None:
        """The folder that a build puts its programs into (doc.rust-lang.org/cargo: Build Cache)."""
        if any(options.get(name, folder) is None for name in ("target-dir", "target", "profile")):
            return None
        root, triple, profile = (options.get(name) for name in ("target-dir", "target", "profile"))
        place = self.effects.path(root) if root is not None else join(folder, "target")
        built = "release" if {"release", "r"} & options.keys() else "debug"
        if profile is not None:
            built = "debug" if profile.text == "dev" else profile.text
        return join(join(place, triple.text) if triple is not None else place, built) if place else None

    def _cargo_programs(self, folder: str) -> list[tuple[str, tuple[str, ...]]]:
        """The programs of a package, and of the members of its workspace, with the files that each begins with."""
        found: list[tuple[str, tuple[str, ...]]] = []
        todo = [join(folder, "Cargo.toml")]
        while todo:
            manifest = todo.pop()
            told = self._toml(manifest)
            place = parent(manifest)
            members = _table(told, "workspace").get("members")
            for member in members if isinstance(members, list) else ():
                files = self.effects.view.matching(join(place, f"{member}/Cargo.toml"))
                todo += [file.path for file in files if file.path != manifest]
            name = _table(told, "package").get("name")
            programs = told.get("bin")
            mains = {str(name): "src/main.rs"} if name else {}
            for program in programs if isinstance(programs, list) else ():
                if isinstance(program, dict) and "name" in program:
                    mains = {key: main for key, main in mains.items() if main != program.get("path", "src/main.rs")}
                    mains[str(program["name"])] = str(program.get("path", f"src/bin/{program['name']}.rs"))
            for file in self.effects.view.matching(join(place, "src/bin/*.rs")) if name else ():
                mains.setdefault(base(file.path).removesuffix(".rs"), f"src/bin/{base(file.path)}")
            paths = ((key, join(place, main)) for key, main in mains.items())
            found += [(key, (manifest, main)) for key, main in paths if self.effects.file_at(main)]
        return found

    def _toml(self, path: str) -> dict[str, object]:
        import tomli

        file = self.effects.file_at(path)
        try:
            return tomli.loads(file.content.text) if file and isinstance(file.content, SourceFile) else {}
        except ValueError:
            return {}

    def do_gcc(self, arguments: Sequence[Field | None]) -> None:
        """Compilers of C and C++: what follows `-o`, or else a.out, of sources alone (gcc(1))."""
        effects = self.effects
        view = effects.view
        output, sources = self._c_words(arguments)
        effects.unsure(effects.cwd)
        made = Made("it is compiled", effects.origin, "c", sources, view) if sources else None
        if output is not None or made is not None:
            self.write_program(output or Field("a.out"), "", made)

    def _c_words(self, arguments: Sequence[Field | None]) -> tuple[Field | None, tuple[str, ...]]:
        """What follows `-o`, and the sources; none where what it is made of is not known, or is no program yet."""
        effects = self.effects
        output: Field | None = None
        sources: list[str] = []
        known = True
        waiting = list(arguments)
        while waiting:
            field = waiting.pop(0)
            text = field.text if field is not None else ""
            if text == "-o":
                output = waiting.pop(0) if waiting else None
            elif text in _C_VALUES:
                waiting = waiting[1:]
            elif text.startswith("-"):
                known = known and re.fullmatch(_C_OPTION, text) is not None
            elif field is not None and re.fullmatch(_C_SOURCE, text):
                path = join(effects.cwd, text)
                sources += [file.path for file in effects.view.matching(path)] if field.pattern else [path]
            elif text.endswith(".o") and effects.file_at(join(effects.cwd, f"{text[:-2]}.c")):
                sources.append(join(effects.cwd, f"{text[:-2]}.c"))  # what has been made of it before
            else:
                known = False
        return output, tuple(sources) if known else ()

    do_cc = do_clang = do_tcc = do_musl_gcc = do_gxx = do_cxx = do_clangxx = do_gcc

    def do_dotnet(self, arguments: Sequence[Field | None]) -> None:
        """dotnet: `publish -o` and `build -o` put an assembly into a folder, and a program of its name beside it."""
        effects = self.effects
        effects.unsure()
        verb, *rest = arguments or (None,)
        words, options, properties = _dotnet_words(rest)
        folder = effects.path(options.get("o") or options.get("output"))
        if verb is None or verb.text not in {"publish", "build"} or folder is None or len(words) > 1:
            return
        project = self._dotnet_project(effects.path(words[0]) if words else effects.cwd)
        file = effects.file_at(project) if project else None
        if project is None or file is None or not isinstance(file.content, SourceFile):
            return
        plain = re.sub(r"<!--.*?-->", "", file.content.text, flags=re.DOTALL)
        told = re.search(r"<AssemblyName>\s*([^<]*?)\s*</", plain)
        name = told[1] if told else base(project).rpartition(".")[0]
        if not re.fullmatch(r"[\w.-]+", name) or "assemblyname" in properties.lower():
            return
        made = Made("it is compiled", effects.origin, "dotnet", (project,), effects.view)
        lone = re.search(r"<UseAppHost>\s*false", plain, re.I) or "useapphost=false" in properties.lower()
        for output in (f"{name}.dll", *(() if lone else (name,))):
            path = join(folder, output)
            effects.put(path, ImageFile(path, made, _PROGRAM_MODE, effects.origin))

    def do_dart(self, arguments: Sequence[Field | None]) -> None:
        """dart: `compile exe SOURCE -o PROGRAM`, without `-o` beside the source as SOURCE.exe (dart.dev/tools)."""
        effects = self.effects
        effects.unsure(effects.cwd, "/root")
        texts = [field.text if field is not None else "" for field in arguments]
        if texts[:2] != ["compile", "exe"]:
            return
        output, source = None, ""
        waiting = list(arguments[2:])
        while waiting:
            field = waiting.pop(0)
            text = field.text if field is not None else ""
            if text in {"-o", "--output"}:
                output = waiting.pop(0) if waiting else None
            elif text.startswith("--output=") and field is not None:
                output = field.after(len("--output="))
            elif text.endswith(".dart"):
                source = text
        if not source:
            return
        made = Made("it is compiled", effects.origin, "dart", (join(effects.cwd, source),), effects.view)
        self.write_program(output or Field(f"{source.removesuffix('.dart')}.exe"), "", made)

    def _dotnet_project(self, place: str | None) -> str | None:
        """A project file, or the only one in a folder."""
        if place is None or place.endswith(".csproj"):
            return place
        found = self.effects.view.matching(join(place, "*.csproj"))
        others = self.effects.view.matching(join(place, "*.sln*"))
        return found[0].path if len(found) == 1 and not others else None


_C_SOURCE = r".*\.(?:c|cc|cpp|cxx)"
_C_OPTION = (
    r"-(?:static|pthread|O\w*|g\w*|std=\S+|W\S*|f[\w=-]+|m[\w=-]+|D_\w+(?:=\w+)?|DNDEBUG|s|pie|[IL].+"
    r"|l(?:c|crypt|dl|m|pthread|resolv|rt|sqlite3|stdc\+\+|util|z))"
)
"""What a program of the files that are named can be compiled with."""
_C_VALUES = frozenset({"-I", "-L", "-isystem"})
_CARGO_VALUES = frozenset(
    [
        "bin",
        "features",
        "F",
        "jobs",
        "j",
        "manifest-path",
        "p",
        "package",
        "path",
        "profile",
        "root",
        "target",
        "target-dir",
    ]
)


def _cargo_words(arguments: Sequence[Field | None]) -> tuple[list[str], dict[str, Field | None]]:
    """The words that are no options, and the options, with their values where they take one."""
    words: list[str] = []
    options: dict[str, Field | None] = {}
    waiting = list(arguments)
    while waiting:
        field = waiting.pop(0)
        text = field.text if field is not None else ""
        if field is None or text == "--":
            break
        if not text.startswith("-"):
            words += [] if text.startswith("+") else [text]
            continue
        name, equals, _ = text.lstrip("-").partition("=")
        if name in _CARGO_VALUES:
            options[name] = field.after(text.index("=") + 1) if equals else waiting.pop(0) if waiting else None
        else:
            options[name] = field
    return words, options


def _table(told: dict[str, object], name: str) -> dict[str, object]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


_DOTNET_VALUES = frozenset(
    ["o", "output", "c", "configuration", "r", "runtime", "f", "framework", "v", "verbosity", "a", "arch", "os"]
)


def _dotnet_words(arguments: Sequence[Field | None]) -> tuple[list[Field | None], dict[str, Field | None], str]:
    """The words that are no options, the options that take a value, and the properties of MSBuild."""
    words: list[Field | None] = []
    options: dict[str, Field | None] = {}
    properties = ""
    waiting = list(arguments)
    while waiting:
        field = waiting.pop(0)
        text = field.text if field is not None else ""
        if re.match(r"(?:--?|/)(?:p|property)[:=]", text):
            properties += f" {text}"
        elif text in {"-p", "--property"} and waiting:
            value = waiting.pop(0)
            properties += f" {value.text}" if value is not None else " AssemblyName"
        elif field is None or not re.match(r"-|/\w+:", text):
            words += [] if text in {"true", "false"} else [field]
        else:
            name, equals, _ = text.lstrip("-").partition("=")
            if name in _DOTNET_VALUES:
                options[name] = field.after(text.index("=") + 1) if equals else waiting.pop(0) if waiting else None
    return words, options, properties


def _go_words(arguments: Sequence[Field | None]) -> tuple[dict[str, Field | None], list[Field | None]]:
    """The options that take a value, and the words that are no options."""
    options: dict[str, Field | None] = {}
    operands: list[Field | None] = []
    waiting = list(arguments)
    while waiting:
        field = waiting.pop(0)
        if field is None or not field.text.startswith("-"):
            operands.append(field)
            continue
        name, equals, _ = field.text.lstrip("-").partition("=")
        if name not in _GO_VALUES:
            continue
        if equals:
            options[name] = field.after(field.text.index("=") + 1)
        else:
            options[name] = waiting.pop(0) if waiting else None
    known: list[Field | None] = [field for field in operands if field is not None]
    # `-ldflags "-X main.version=$VERSION"` is no word that is known: beside a package it is taken for an option.
    return options, known if len(known) > 1 else operands
