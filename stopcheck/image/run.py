"""What a RUN does to the files of the image, and which packages it installs."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image import packages
from stopcheck.image.bases import of_system, with_shell
from stopcheck.image.commands import Commands, read_arguments
from stopcheck.image.context import Context
from stopcheck.image.effects import NEW_MODE
from stopcheck.image.fields import Field, Piece
from stopcheck.image.filesystem import FileMap
from stopcheck.image.finding import Listing, find
from stopcheck.image.layers import CopyContext, CopyFiles, Unsure
from stopcheck.image.model import ImageFile
from stopcheck.image.paths import base, join
from stopcheck.image.printing import echoed, printed
from stopcheck.image.shell import DEEPEST, Shell
from stopcheck.image.texts import without_returns
from stopcheck.knowledge.bases import systems_own, third_party
from stopcheck.knowledge.systems import foreign, package_files
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile.tree import ExecForm, ShellForm
from stopcheck.syntax.shell import parse_script, tree
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stopcheck.image.layers import Step
    from stopcheck.image.stages import State
    from stopcheck.syntax.dockerfile.tree import Instruction

_OF_MODES = frozenset({"chmod", "install", "cd"})
_QUESTION = regex(r"--?(version|help|V|h)|version|-v")


def run(state: State, instruction: Instruction, source: Callable[[str], Context | FileMap | Unknown]) -> None:
    """Carry out a RUN as far as it can be understood. `source` finds what `--mount=…,from=NAME` names ("": none)."""
    runner = _Runner(state, instruction, _mounts(instruction, source, state.workdir))
    form = instruction.form
    if isinstance(form, ExecForm):
        runner.words([Field(word.value, pieces=(Piece(word.value, word.span, False),)) for word in form.arguments])
    elif isinstance(form, ShellForm):
        runner.script(form.source, state.shell[0] if state.shell else "")
    state.files = runner.effects.files
    state.installed |= runner.installed
    state.base = of_system(state.base, runner.managers)


def mount_options(instruction: Instruction) -> tuple[dict[str, str], ...]:
    """The options of each `--mount` of a RUN."""
    return tuple(
        dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
        for flag in instruction.flags
        if flag.name == "mount"
    )


def _mounts(
    instruction: Instruction, find: Callable[[str], Context | FileMap | Unknown], workdir: str
) -> tuple[Step, ...]:
    """What `--mount=type=bind` shows for the time of the RUN."""
    steps: list[Step] = []
    for options in mount_options(instruction):
        target = options.get("target") or options.get("dst") or options.get("destination")
        if not target:
            continue
        place = join(workdir, target)
        folder = join("/", options.get("source") or options.get("src") or "")
        source = find(options.get("from", "")) if options.get("type", "bind") == "bind" else None
        if isinstance(source, Context):
            steps.append(CopyContext(place, source, folder[1:], instruction.span))
        elif isinstance(source, FileMap):
            steps.append(CopyFiles(place, source, folder, instruction.span))
        else:
            steps.append(Unsure(Unknown("it is mounted while a build step runs", instruction.span), (place,)))
    return tuple(steps)


class _Runner(Shell):
    """Carries out the commands of one RUN."""

    def __init__(self, state: State, instruction: Instruction, mounts: Sequence[Step]) -> None:
        super().__init__(state, instruction, mounts)
        self.commands = Commands(self.effects)
        self.installed: set[str] = set()
        self.managers: set[str] = set()

    def words(self, words: Sequence[Field | None]) -> None:
        """A command and its arguments."""
        if not words:
            return
        first, *arguments = words
        if first is None:
            self._anything()
            return
        name = first.text if first.text.startswith("./") else base(first.text)
        method = getattr(self, "do_" + _identifier(name), None)
        changes = getattr(self.commands, "do_" + _identifier(name), None)
        self._depth += 1
        if self._depth > 4 * DEEPEST:
            self._anything()
        elif name in self._functions:
            with self._given(True):
                self._command(self._functions[name])
        elif method is not None:
            method(arguments)
        elif changes is not None:
            changes(arguments)
            self._print(self.effects.unknown)
        elif name in packages.WRAPPERS:
            self._wrapped(arguments, packages.WRAPPERS[name])
        elif name in packages.MANAGERS:
            self._install(name, arguments)
        elif name in packages.TALKING or (arguments and all(a and _QUESTION.fullmatch(a.text) for a in arguments)):
            self._print(self.effects.unknown)
        elif name not in packages.SILENT:
            self._anything()
            self._modes(first)
        self._depth -= 1

    def _anything(self) -> None:
        """A command that may do what it likes; files that a COPY or another command made are taken to stay."""
        self.effects.unsure()
        self._print(self.effects.unknown)

    def _modes(self, file: Field | None) -> None:
        """What a script of the image may do to the modes of files: the rest of what it does is not followed."""
        content = self._content(join(self.effects.cwd, file.text)) if file else None
        if not isinstance(content, SourceFile):
            return
        with self._subshell(), self._surely(False):
            for command in commands(parse_script(content, "bash").body):
                words = command.words if isinstance(command, tree.SimpleCommand) else ()
                if isinstance(command, tree.SimpleCommand) and words and words[0].literal in _OF_MODES:
                    self._simple(command)

    def _wrapped(self, arguments: Sequence[Field | None], valued: str) -> None:
        rest = list(arguments)
        while rest:
            field = rest[0]
            if field is None:
                break
            if field.text.startswith("-"):
                rest = rest[2:] if len(field.text) == 2 and field.text[1] in valued else rest[1:]
            elif re.match(r"\w+=", field.text):
                rest = rest[1:]
            else:
                break
        self.words(rest)

    def _install(self, name: str, arguments: Sequence[Field | None]) -> None:
        manager = packages.MANAGERS[name]
        words = [field.text if field else None for field in arguments]
        if self.effects.sure:
            self.managers |= set() if self._excused else {name}
            self.installed |= packages.installed(manager, words)
        self._print(self.effects.unknown)
        if any(field and field.text.partition("=")[0] in manager.elsewhere for field in arguments):
            self.effects.unsure()
        else:
            self.effects.unsure(
                *manager.folders,
                *([self.effects.cwd] if manager.here else []),
                programs=packages.brought(name, words, self._rare(), systems_own()),
                never=foreign(name),
                packages=True,
            )
            for package in packages.installed(manager, words):
                for path, text in package_files(name, package).items():
                    if self.effects.file_at(path) is None:  # what is there stays: it is a conffile
                        self.effects.put(path, ImageFile(path, SourceFile(path, text), NEW_MODE, self.effects.origin))

    def _rare(self) -> frozenset[str]:
        """Programs that only a package of their own brings; of `python` that depends on the release."""
        return third_party() | (self._state.base.missing & packages.RENAMED)

    # --- what needs the walk ---

    def do_cd(self, arguments: Sequence[Field | None]) -> None:
        """cd; where to is not known, all that follows may be anywhere."""
        path = self.effects.path(arguments[0]) if arguments else "/root"
        self.effects.cwd = path if path is not None and self.effects.sure else "$PWD"

    do_pushd = do_cd

    def do_popd(self, arguments: Sequence[Field | None]) -> None:
        """popd."""
        self.effects.cwd = self._state.workdir

    def do_set(self, arguments: Sequence[Field | None]) -> None:
        """Arguments from here on, where it is given more than options."""
        words = [argument.text if argument else "" for argument in arguments]
        values = {at + 1 for at, word in enumerate(words) if word[:1] in {"-", "+"} and word.endswith("o")}
        options = [word for at, word in enumerate(words) if at not in values]
        self._bare = self._bare and "--" not in words and all(word[:1] in {"-", "+"} for word in options)

    def do_export(self, arguments: Sequence[Field | None]) -> None:
        """export NAME=value."""
        for field in arguments:
            name, equals, value = (field.text if field else "").partition("=")
            if equals and self.effects.sure:
                self._variables[name] = value

    def do_source(self, arguments: Sequence[Field | None]) -> None:
        """A text or a file that the shell runs: it may set variables, too."""
        self._open = True
        self._anything()

    do_eval = do_source

    def do_read(self, arguments: Sequence[Field | None]) -> None:
        """read NAME."""
        for field in arguments:
            if field:
                self._variables[field.text] = self.effects.unknown

    def do_sh(self, arguments: Sequence[Field | None]) -> None:
        """A shell with `-c`; a script file may do anything."""
        found = [
            field
            for field in arguments
            if field is None or not re.fullmatch(r"-[a-z]+|--login|-o|pipefail", field.text)
        ]
        flags = [field for field in arguments if field and field not in found]
        if any("c" in field.text for field in flags if not field.text.startswith("--")) and found and found[0]:
            source = found[0].value.source(self._disk)
            with self._subshell():
                self.script(source, "bash")
        else:
            self._anything()
            self._modes(found[0] if found else None)

    do_bash = do_ash = do_dash = do_zsh = do_sh

    def do_make(self, arguments: Sequence[Field | None]) -> None:
        """make: the commands of its targets, each in a shell of its own, where its Makefile is read; else anything."""
        lines = self._recipe(arguments)
        self._anything()
        for path, line in lines:
            with self._subshell():
                self.effects.cwd = path
                self.script(SourceFile(join(path, "Makefile"), line), "sh")

    def _recipe(self, arguments: Sequence[Field | None]) -> list[tuple[str, str]]:
        """The folder, and each command; none where that is not known."""
        from stopcheck.image import makefile

        options = read_arguments(arguments, "Cf", ("directory", "file", "makefile"))
        folder = self.effects.cwd
        if (place := options.value("C", "directory")) is not None:
            folder = self.effects.path(place) or ""
        named = options.value("f", "file", "makefile")
        names = (named.text,) if named is not None else makefile.NAMES
        texts = (self._content(join(folder, name)) for name in names)
        text = next((text for text in texts if isinstance(text, SourceFile)), None)
        words = [field.text if field is not None else "$" for field in options.operands]
        words = [word for word in words if not word.isdigit()]  # of `-j 4`
        if text is None or not folder or "$" in "".join(words):
            return []
        view = self.effects.view
        found = makefile.recipe(text.text, words, lambda name: view.kind(join(folder, name)) == "file")
        return [(folder, line) for line in found]

    def do_su(self, arguments: Sequence[Field | None]) -> None:
        """su USER -c COMMAND."""
        command = read_arguments(arguments, "cs", ("command", "shell")).value("c", "command")
        if command is None:
            self._anything()
        else:
            self.do_sh([Field("-c"), command])

    do_runuser = do_su

    def do_gosu(self, arguments: Sequence[Field | None]) -> None:
        """gosu USER COMMAND."""
        self.words(arguments[1:])

    do_su_exec = do_gosu

    def do_timeout(self, arguments: Sequence[Field | None]) -> None:
        """timeout SECONDS COMMAND."""
        operands = [field for field in arguments if field is None or not field.text.startswith("-")]
        self.words(operands[1:])

    def do_find(self, arguments: Sequence[Field | None]) -> None:
        """find: what `-exec` does to the files that are found."""
        words = [field.text if field else "" for field in arguments]
        first = next((at for at, word in enumerate(words) if word.startswith(("-", "(", "!"))), len(words))
        start = self.effects.selection(arguments[:first] or [Field(".")])
        for at, word in enumerate(words):
            if word in ("-exec", "-execdir", "-ok"):
                end = next((end for end in range(at, len(words)) if words[end] in (";", "+")), len(words))
                command = [None if word == "{}" else field for word, field in zip(words, arguments, strict=True)]
                self._on_found(find(start, words[first:at], self.effects.origin), command[at + 1 : end])
        self._print(find(start, words[first:], self.effects.origin))

    def _on_found(self, found: Listing, command: Sequence[Field | None]) -> None:
        """A command whose unknown arguments are the files that were found."""
        before = self.effects.scope
        self.effects.scope = found.selection
        with self._surely(found.exact):
            self.words(command)
        self.effects.scope = before

    def do_xargs(self, arguments: Sequence[Field | None]) -> None:
        """xargs: a command with arguments that are not known, or what find has found."""
        rest = list(arguments)
        while rest and (field := rest[0]) and field.text.startswith("-"):
            rest = rest[2:] if field.text in ("-n", "-I", "-P", "-L", "-s", "-d", "-a") else rest[1:]
        command = [None if field and field.text == "{}" else field for field in rest]
        command += [] if None in command else [None]
        if len(command) < 2:
            return
        if isinstance(self._input, Listing) and command[0] and command[0].text == "grep":
            # Some of them, by their names: `grep -l`.
            self._print(replace(self._input, exact=False))
        elif isinstance(self._input, Listing):
            self._on_found(self._input, command)
        else:
            self.words(command)

    # --- what prints ---

    def do_echo(self, arguments: Sequence[Field | None]) -> None:
        """echo, as the shell has it that runs the commands."""
        self._print(echoed(arguments, self._shell(), self.effects.origin))

    def do_printf(self, arguments: Sequence[Field | None]) -> None:
        """printf with %s, %b, %d and escapes."""
        self._print(printed(arguments))

    def _shell(self) -> str | None:
        """The shell that runs the commands: of which kind its echo is."""
        name = base(self._state.shell[0]) if self._state.shell else ""
        if name in ("bash", "dash"):
            return name
        if name in ("ash", "busybox"):
            return "busybox"
        found = with_shell(self._state.base, self._state.files).sh if name == "sh" else None
        return found if isinstance(found, str) and found in ("bash", "dash", "busybox") else None

    def do_cat(self, arguments: Sequence[Field | None]) -> None:
        """cat: its files, or its input."""
        operands = read_arguments(arguments).operands
        for field in operands or (Field("-"),):
            if field is not None and field.text == "-":
                self._print(self.effects.unknown if self._input is None else self._input)
            else:
                path = self.effects.path(field)
                self._print(self.effects.unknown if path is None else self._content(path))

    def do_tr(self, arguments: Sequence[Field | None]) -> None:
        r"""tr -d '\r' of a file."""
        words = [field.text if field else None for field in arguments]
        if words in (["-d", "\\r"], ["-d", "\\015"], ["-d", "\r"]) and isinstance(self._input, SourceFile):
            self._print(without_returns(self._input))
        else:
            self._print(self.effects.unknown)

    def do_tee(self, arguments: Sequence[Field | None]) -> None:
        """tee: its input to files, and on."""
        found = read_arguments(arguments)
        output = self.effects.unknown if self._input is None else self._input
        for field in found.operands:
            append = found.has("a", "append")
            self._write(field.value if field and not field.pattern else None, output, append=append)
        self._print(output)


def _identifier(name: str) -> str:
    """A command's name as a part of a method's; one that cannot be leads nowhere."""
    text = "source" if name == "." else name.replace("-", "_").replace("++", "xx")
    return text if text.isidentifier() and text.isascii() else "?"
