"""Command substitutions that are run: those in which something may stand, so that their command waits for it."""

from __future__ import annotations

from stopcheck.boot.bodies.program import LONG
from stopcheck.boot.grammar import duration
from stopcheck.boot.shell.environment import asks_for_unset
from stopcheck.boot.shell.quiet import LOOKS
from stopcheck.boot.shell.words import may_be_unset
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.image.model import ImageFile
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import applied, find_program
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.tree import (
    ArrayLiteral,
    CommandSubstitution,
    ProcessSubstitution,
    Sequence,
    SimpleCommand,
    Subshell,
    While,
)
from stopcheck.syntax.shell.walk import commands, expansions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World
    from stopcheck.syntax.shell.tree import Command, Item, Node, Word

_STARTS = frozenset({"exec", "fork", "init", "setsid"})
_STANDS = _STARTS | {"service", "worker", "daemon", "supervisor"}
_HOLDS = frozenset({"timer", "keepalive"})
"""In the background these keep the pipe open, too."""
DEFAULTS = frozenset({":-", "-", ":=", "=", ":+", "+"})
"""Operators that say what an unset variable is to be."""
_RUNS = frozenset({"exec", "eval", ".", "source"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_SHEBANG = regex(r"#!.*\b(?:sh|bash|dash|ash)\b")


def to_run(
    shell: Shell, words: Iterable[Word], world: World, process: Process, *, last: bool = False
) -> Iterator[CommandSubstitution]:
    """The substitutions of these words that have yet to be run; `last`: a script has nothing more to do than these."""
    for word in words:
        for part in word.parts:
            if isinstance(part, ArrayLiteral):
                yield from to_run(shell, part.elements, world, process, last=last)
            elif isinstance(part, CommandSubstitution) and is_to_run(shell, part, world, process, last=last):
                yield part


def is_to_run(
    shell: Shell, part: CommandSubstitution | ProcessSubstitution, world: World, process: Process, *, last: bool = False
) -> bool:
    """Whether something may stand in a substitution, or surely fails, that has yet to be run; `last`: see to_run."""
    return (
        shell.answer(part) is None
        and (
            _may_stand(shell, part.body)
            or ("u" in shell.options and _lacks(shell, part.body))
            or _fails(shell, part.body, world, process)
            or any(isinstance(each, While) and _goes_on(each) for each in commands(part.body))
            or (last and _is_stranger(shell, part.body))
        )
        and not asks_for_unset(shell, part.body, world, process)
    )


def sourced(shell: Shell, node: Node) -> ProcessSubstitution | None:
    """The `<( … )` that `.` is to run, unless that has been read already."""
    words = node.words if isinstance(node, SimpleCommand) else ()
    if len(words) < 2 or words[0].literal not in {".", "source"} or len(words[1].parts) != 1:
        return None
    (part,) = words[1].parts
    found = isinstance(part, ProcessSubstitution) and part.direction == "<" and shell.answer(part) is None
    return part if found and isinstance(part, ProcessSubstitution) else None


def _fails(shell: Shell, body: Sequence, world: World, process: Process) -> bool:
    """Whether a command in it surely fails, for what is not there or cannot be worked out: its status is to be seen."""
    if _is_plain(shell, body):
        return True
    within = list(commands(body))
    simple = [command for command in within if isinstance(command, SimpleCommand)]
    names = {command.words[0].literal for command in simple if command.words}
    if names & {"kill", "wait"}:
        return True  # it may signal the very shell that asks; and what that waits for is no child of its own
    redirected = [command for command in within if getattr(command, "redirections", ())]
    if not redirected and "cd" not in names and not any(char in body.span.text for char in "/%?"):
        return False
    from stopcheck.boot.shell.lacking import fails

    return any(fails(shell, command, world, process) for command in (*simple, *redirected))


_PLAIN = frozenset({":", "[", "declare", "disown", "echo", "exit", "export", "false", "printf", "readonly", "return",
                    "set", "test", "trap", "true", "typeset", "unset"})  # fmt: skip


def _is_plain(shell: Shell, body: Sequence, depth: int = 0) -> bool:
    """Whether it is of builtins alone, or of functions of such; with `exit`, `false` or a test, `set -e` counts."""
    names: set[str] = set()
    for item in body.items:
        for pipeline in (item.command.first, *(pipeline for _, pipeline in item.command.rest)):
            names |= {"false"} if pipeline.negated else set()
            for command in pipeline.commands:
                name = command.words[0].literal if isinstance(command, SimpleCommand) and command.words else None
                inner = getattr(shell.functions[name].body, "body", None) if name in shell.functions else None
                inner = command.body if isinstance(command, Subshell) and not command.redirections else inner
                asked = _asked_by(command) if name is None else None
                if isinstance(inner, Sequence) and depth < 3 and _is_plain(shell, inner, depth + 1):
                    names.add("false")
                elif asked is not None and depth < 3 and all(_is_plain(shell, each, depth + 1) for each in asked):
                    names.add("false" if asked else "true")  # `x=$(false)`
                elif name is None or name not in _PLAIN or name in shell.functions:
                    return False
                else:
                    names.add(name)
    return not names.isdisjoint({"[", "disown", "exit", "false", "readonly", "return", "test", "trap"})


def _asked_by(command: Command) -> tuple[Sequence, ...] | None:
    """What the substitutions of assignments without a command run; None where it is something else."""
    if not isinstance(command, SimpleCommand) or command.words or command.redirections:
        return None
    parts = (part for assignment in command.assignments for part in assignment.value.parts)
    return tuple(part.body for part in parts if isinstance(part, CommandSubstitution))


def _lacks(shell: Shell, body: Sequence) -> bool:
    """Whether it names a variable that is not set, at which `set -u` may end it."""
    return any(
        operator not in DEFAULTS
        and name.isidentifier()
        and name not in shell.variables
        and name not in shell.arrays
        and may_be_unset(name)
        for name, operator in expansions(body)
    )


def _may_stand(shell: Shell, body: Sequence, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a program that may stand is among its commands; one that nobody knows is asked, and answers."""
    return any(
        _starts(shell, command, item, seen)
        or any(_may_stand(shell, part.body, seen) for part in _substitutions(command))
        for item in body.items
        for command in commands(replace(body, items=(item,)))
    )


def _starts(shell: Shell, command: Command, item: Item, seen: frozenset[str]) -> bool:
    if not isinstance(command, SimpleCommand) or not command.words:
        return False
    return _stands(shell, command, seen, asked=not item.background, alone=_is_alone(item))


_ROUND = regex(r"(?:while\s+(?::|true)|until\s+false)\s*[;\n]")
_ENDS = regex(r"\b(?:break|exec|exit|return)\b")


def _goes_on(loop: While) -> bool:
    """Whether a loop has no end, or looks at processes, which may have none."""
    text = loop.span.text
    return LOOKS.search(text) is not None or (_ROUND.match(text) is not None and not _ENDS.search(text))


def _is_alone(item: Item) -> bool:
    return not item.command.rest and len(item.command.first.commands) == 1


def _is_long(arguments: list[str]) -> bool:
    """Whether a `sleep` only keeps the container alive."""
    told = all(word[:1].isdigit() or word in {"inf", "infinity"} for word in arguments)
    return told and duration(tuple(arguments), 0.0) >= LONG


def _substitutions(command: Command) -> Iterator[CommandSubstitution | ProcessSubstitution]:
    """What it waits for: each `$( … )`, and a `<( … )` that it reads from."""
    if isinstance(command, SimpleCommand):
        words = (*command.words, *(assignment.value for assignment in command.assignments))
        yield from (part for word in words for part in word.parts if isinstance(part, CommandSubstitution))
    inputs = (each.target for each in getattr(command, "redirections", ()) if each.operator == "<")
    yield from (part for word in inputs for part in word.parts if isinstance(part, ProcessSubstitution))


def _is_stranger(shell: Shell, body: Sequence) -> bool:
    """Whether it comes down to a program that nobody knows, and that is asked nothing: it may be the service itself."""
    command = body.items[-1].command.first.commands[0] if body.items else None
    if not isinstance(command, SimpleCommand) or not command.words or command.redirections:
        return False
    name = command.words[0].literal
    if not name or name in shell.functions or shell.interpreter.has_builtin(name, shell.row):
        return False
    row = find_program(name, shell.machine.programs)
    asks = any(word.span.text.startswith("-") for word in command.words[1:])
    return not asks and (row is None or row.role == "unknown")


def _script(shell: Shell, name: str) -> Sequence | None:
    """What a shell script of the image runs."""
    file = shell.machine.image.files.lookup(clean(name))
    text = file.content.text if isinstance(file, ImageFile) and isinstance(file.content, SourceFile) else ""
    if not _SHEBANG.match(text):
        return None
    assert isinstance(file, ImageFile)
    return shell.machine.parse(cast("SourceFile", file.content), shell.row).body


def _stands(shell: Shell, command: SimpleCommand, seen: frozenset[str], *, asked: bool, alone: bool = False) -> bool:
    """`asked`: in the foreground an option makes a question of it (`nginx -v`); `alone`: in no pipeline."""
    name = command.words[0].literal or ""
    behind = command.words[2:] if len(command.words) > 2 and command.words[1].literal == "-p" else command.words[1:]
    if name == "command" and behind and (behind[0].literal or "-")[0] != "-":
        return _stands(shell, replace(command, words=behind), seen, asked=asked)
    function = shell.functions.get(name)
    if function is not None:
        inner = getattr(function.body, "body", None)
        return name not in seen and isinstance(inner, Sequence) and _may_stand(shell, inner, seen | {name})
    if name in _RUNS or name.rsplit("/", 1)[-1] in _SHELLS:
        return True
    if "/" in name and name not in seen and (script := _script(shell, name)) is not None:
        return _may_stand(shell, script, seen | {name})
    arguments = [word.span.text for word in command.words[1:]]
    row = find_program(name, shell.machine.programs)
    row = None if row is None else applied(row, arguments)
    if (row is not None and row.role == "keepalive" and alone) or (name == "sleep" and _is_long(arguments)):
        return True
    starts = row is not None and row.role in _STARTS and not all(word.startswith("-") for word in arguments)
    if asked and any(word.startswith("-") for word in arguments) and not starts:
        return False
    if not name or shell.interpreter.has_builtin(name, shell.row):
        return not name
    if row is None or row.role == "unknown":
        return not asked and not command.redirections  # in the background it is asked nothing, and keeps the pipe open
    return row.role in (_STANDS if asked else _STANDS | _HOLDS)
