"""Carries out the shell script of a RUN, as far as it can be understood."""

from __future__ import annotations

from contextlib import contextmanager

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image import packages
from stopcheck.image.effects import Effects
from stopcheck.image.fields import Field, Glob, disk_file, fields, text_of
from stopcheck.image.model import ImageFile
from stopcheck.image.paths import base, join
from stopcheck.image.printing import whole
from stopcheck.image.texts import Mapped, joined
from stopcheck.model import Unknown
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.shell import parse_script, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stopcheck.image.layers import Step
    from stopcheck.image.model import Value
    from stopcheck.image.printing import Output
    from stopcheck.image.stages import State
    from stopcheck.syntax.dockerfile.tree import Instruction

_SHELLS = {
    "sh": "bash",
    "bash": "bash",
    "ash": "busybox",
    "dash": "posix",
    "busybox": "busybox",
    "zsh": "bash",
    "ksh": "bash",
}
DEEPEST = 12
_LONGEST_LOOP = 100
_MOST_COMMANDS = 5000
_ASSIGNING = frozenset({"export", "declare", "typeset", "readonly", "local"})


class Shell:
    """Carries out lists, pipelines, loops and redirections; what a command does to files is told above, in `words`."""

    def __init__(self, state: State, instruction: Instruction, mounts: Sequence[Step]) -> None:
        self.effects = Effects(state.files, state.workdir, instruction.span, mounts)
        self._state = state
        self._excused = False
        """Whether what runs may fail, and the RUN goes on: `apk add tini || apt-get install tini`."""
        self._variables: dict[str, Value] = {}
        self._functions: dict[str, tree.Command] = {}
        self._outputs: list[list[Output]] = [[]]
        self._input: Output | None = None
        self._depth = 0
        self._left = _MOST_COMMANDS
        self._open = False
        self._bare = True
        self._disk = disk_file(instruction.span.source)

    def script(self, source: SourceFile, shell: str) -> None:
        """A text that a shell reads."""
        name = base(shell)
        first = source.text.partition("\n")[0]
        if first.startswith("#!"):
            name = base(first[2:].split()[-1]) if first[2:].split() else ""
        if name not in _SHELLS or self._depth > DEEPEST:
            self.effects.unsure()
            return
        with self._given(self._depth > 0):
            self._depth += 1
            self._sequence(parse_script(source, _SHELLS[name]).body, last=True)
            self._depth -= 1

    # --- the tree ---

    def _sequence(self, sequence: tree.Sequence, *, last: bool = False) -> None:
        for at, item in enumerate(sequence.items):
            self._and_or(item.command, last=last and at == len(sequence.items) - 1)

    def _and_or(self, command: tree.AndOr, *, last: bool) -> None:
        """A list; where the whole RUN hangs on a list of `&&` alone, each of its commands has succeeded."""
        chain = last and all(operator == "&&" for operator, _ in command.rest)
        excused, self._excused = self._excused, self._excused or any(operator == "||" for operator, _ in command.rest)
        self._pipeline(command.first)
        doubt = _asks(command.first)
        for operator, pipeline in command.rest:
            with self._surely(chain or (operator == "&&" and not doubt)):
                self._pipeline(pipeline)
            doubt = doubt or _asks(pipeline)
        self._excused = excused

    @contextmanager
    def _surely(self, sure: bool) -> Iterator[None]:
        before = self.effects.sure
        self.effects.sure = before and sure
        yield
        self.effects.sure = before

    @contextmanager
    def _given(self, arguments: bool) -> Iterator[None]:
        """What is run with arguments of its own: the shell of a RUN has none."""
        before = self._bare
        self._bare = before and not arguments
        yield
        self._bare = before

    def _pipeline(self, pipeline: tree.Pipeline) -> None:
        if len(pipeline.commands) == 1:
            self._command(pipeline.commands[0])
            return
        outer = self._input
        for command in pipeline.commands[:-1]:
            with self._subshell():
                self._input = self._captured(command)
        with self._subshell():
            self._command(pipeline.commands[-1])
        self._input = outer

    @contextmanager
    def _subshell(self) -> Iterator[None]:
        cwd, variables = self.effects.cwd, dict(self._variables)
        yield
        self.effects.cwd, self._variables = cwd, variables

    def _captured(self, command: tree.Command) -> Output:
        self._outputs.append([])
        self._command(command)
        return whole(self._outputs.pop())

    def _command(self, command: tree.Command) -> None:
        self._depth += 1
        self._left -= 1
        if self._depth > 4 * DEEPEST or self._left <= 0:
            if self._left >= 0:
                self.effects.unsure()
        elif isinstance(command, tree.SimpleCommand):
            self._redirected(command.redirections, lambda: self._simple(command))
        elif isinstance(command, tree.Function):
            self._functions[command.name] = command.body
        elif isinstance(command, tree.Unparsed):
            self.effects.unsure()
            self._print(self.effects.unknown)
        elif isinstance(command, tree.Coprocess):
            self._command(command.body)
        else:
            self._redirected(command.redirections, lambda: self._compound(command))
        self._depth -= 1

    def _compound(self, command: tree.Command) -> None:
        match command:
            case tree.Group():
                self._sequence(command.body)
            case tree.Subshell():
                with self._subshell():
                    self._sequence(command.body)
            case tree.If():
                for condition, body in command.branches:
                    self._sequence(condition)
                    self._perhaps(body)
                if command.otherwise:
                    self._perhaps(command.otherwise)
            case tree.Case():
                for item in command.items:
                    self._perhaps(item.body)
            case tree.For():
                self._for(command)
            case tree.While() | tree.ArithmeticFor():
                self._perhaps(command.body)

    def _perhaps(self, body: tree.Sequence) -> None:
        with self._surely(False):
            self._sequence(body)
        self._print(self.effects.unknown)

    def _for(self, command: tree.For) -> None:
        found: list[Field] = []
        for word in command.words or ():
            expanded = fields(word, self._variable)
            if expanded is None:
                break
            found += expanded
        else:
            if command.words and len(found) <= _LONGEST_LOOP:
                for field in found:
                    self._variables[command.variable] = Glob(field.text) if field.pattern else field.text
                    self._sequence(command.body)
                return
        self._variables[command.variable] = self.effects.unknown
        self._perhaps(command.body)

    # --- redirections ---

    def _print(self, output: Output | None) -> None:
        self._outputs[-1].append(self.effects.unknown if output is None else output)

    def _redirected(self, redirections: tuple[tree.Redirection, ...], execute: Callable[[], None]) -> None:
        outer = self._input
        target: tree.Redirection | None = None
        hidden = False
        for redirection in redirections:
            if redirection.operator in ("<", "<<", "<<-", "<<<") and redirection.descriptor in (None, "0"):
                self._input = self._read(redirection)
            elif redirection.operator in (">", ">>", ">|", "&>", "&>>") and redirection.descriptor in (None, "1"):
                target = redirection
            elif redirection.operator == ">&" and redirection.descriptor in (None, "1"):
                literal = redirection.target.literal or ""
                hidden = literal == "2"
                target = redirection if not literal.isdecimal() and literal != "-" else target
        if target is None and not hidden:
            execute()
        else:
            self._outputs.append([])
            execute()
            output = whole(self._outputs.pop())
            if target is not None:
                self._write(text_of(target.target, self._variable), output, append=">>" in target.operator)
        self._input = outer

    def _read(self, redirection: tree.Redirection) -> Output:
        if redirection.heredoc is not None:
            return text_of(redirection.heredoc.body, self._variable) or self._not_known(redirection)
        text = text_of(redirection.target, self._variable)
        if text is None:
            return self._not_known(redirection)
        if redirection.operator == "<<<":
            return text.plus("\n")
        return self._content(join(self.effects.cwd, text.text))

    def _not_known(self, node: tree.Redirection | tree.Word) -> Unknown:
        return Unknown("a build step writes what the files do not tell", node.span)

    def _content(self, path: str) -> Output:
        file = self.effects.file_at(path)
        return self.effects.unknown if file is None else file.content

    def _write(self, target: Mapped | None, output: Output, *, append: bool) -> None:
        """Output to a file."""
        effects = self.effects
        if target is None or not target.text:
            effects.unsure()
            return
        path = join(effects.cwd, target.text)
        if path.startswith(("/dev/", "/proc/")):
            if path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
                self._print(output)
            return

        def content(before: ImageFile | None) -> ImageFile:
            if append and not (before is None and effects.surely_nothing(path)):
                text: SourceFile | Unknown = self._appended(before, output)
            else:
                text = self._source(output)
            return ImageFile(path, text, effects.mode_at(path), effects.origin)

        effects.write(path, content)

    def _source(self, output: Output) -> SourceFile | Unknown:
        return output.source(self._disk) if isinstance(output, Mapped) else output

    def _appended(self, before: ImageFile | None, output: Output) -> SourceFile | Unknown:
        old = before.content if before else Unknown("a build step appends to what is not known", self.effects.origin)
        if isinstance(old, Unknown):
            return old
        new = self._source(output)
        if isinstance(new, Unknown) or not old.text:
            return new
        if isinstance(output, Mapped) and disk_file(old) is self._disk:
            return joined([mapped(old), output]).source(self._disk)
        return Unknown("a build step appends to the file", self.effects.origin)

    # --- simple commands ---

    def _variable(self, name: str) -> Value | None:
        if name in self._variables:
            return self._variables[name]
        if name == "PWD":
            return self.effects.cwd
        if name in {"@", "*"} or name.isdecimal():
            return "" if self._bare and name != "0" else self.effects.unknown
        if name == "HOME" and "HOME" not in self._state.build_env:
            return "/root" if self._state.user in ("", "root", "0") else self.effects.unknown
        return self.effects.unknown if self._open else self._state.path_variable(name)

    def _simple(self, command: tree.SimpleCommand) -> None:
        words: list[Field | None] = []
        for word in command.words:
            expanded = fields(word, self._variable)
            words += (None,) if expanded is None else expanded
            if expanded is None and command.words[0].literal in _ASSIGNING:
                name = word.parts[0].text.partition("=")[0] if isinstance(word.parts[0], tree.Text) else ""
                self._variables[name] = self._not_known(word)
        if not command.words:
            for assignment in command.assignments:
                value = text_of(assignment.value, self._variable)
                known = value is not None and not assignment.append and self.effects.sure
                self._variables[assignment.name] = value.text if known and value else self._no_value(assignment, value)
            return
        self.words(words)

    def _no_value(self, assignment: tree.Assignment, value: Mapped | None) -> Value:
        empty = value is not None and not value.text and not assignment.append and self.effects.sure
        return (
            "" if empty else Unknown(f"{assignment.name} is set in a way that the files do not tell", assignment.span)
        )

    def words(self, words: Sequence[Field | None]) -> None:
        """A command and its arguments."""
        raise NotImplementedError


def mapped(source: SourceFile) -> Mapped:
    """A whole text, with its places."""
    return Mapped.at(source.text, Span(source, 0, len(source.text)))


def _asks(pipeline: tree.Pipeline) -> bool:
    """Whether a pipeline is run to ask something."""
    last = pipeline.commands[-1]
    if pipeline.negated or isinstance(last, (tree.Conditional, tree.Arithmetic)):
        return True
    return isinstance(last, tree.SimpleCommand) and bool(last.words) and last.words[0].literal in packages.TESTS
