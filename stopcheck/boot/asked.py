"""Command substitutions that are run: those in which something may stand, so that their command waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.knowledge.programs import find_program
from stopcheck.records import replace
from stopcheck.syntax.shell.tree import ArrayLiteral, CommandSubstitution, Sequence, SimpleCommand
from stopcheck.syntax.shell.walk import commands, parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stopcheck.boot.shell import Shell
    from stopcheck.syntax.shell.tree import Word

_STANDS = frozenset({"service", "worker", "exec", "fork", "init", "setsid", "daemon", "supervisor"})
_HOLDS = frozenset({"timer", "keepalive"})
"""In the background these keep the pipe open, too."""
_RUNS = frozenset({"exec", "eval", ".", "source"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})


def to_run(shell: Shell, words: Iterable[Word]) -> Iterator[CommandSubstitution]:
    """The substitutions of these words that have yet to be run."""
    strict = "u" in shell.options
    answered = {id(answer.part) for answer in shell.answers}
    for word in words:
        for part in word.parts:
            if isinstance(part, ArrayLiteral):
                yield from to_run(shell, part.elements)
            elif (
                isinstance(part, CommandSubstitution)
                and id(part) not in answered
                and (_may_stand(shell, part.body) or (strict and _lacks(shell, part.body)))
            ):
                yield part


def _lacks(shell: Shell, body: Sequence) -> bool:
    """Whether it names a variable that is not set, at which `set -u` may end it."""
    return any(
        name.isidentifier() and name not in shell.variables and name not in shell.arrays for name in parameters(body)
    )


def _may_stand(shell: Shell, body: Sequence, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a program that may stand is among its commands; one that nobody knows is asked, and answers."""
    return any(
        isinstance(command, SimpleCommand)
        and bool(command.words)
        and _stands(shell, command, seen, asked=not item.background)
        for item in body.items
        for command in commands(replace(body, items=(item,)))
    )


def _stands(shell: Shell, command: SimpleCommand, seen: frozenset[str], *, asked: bool) -> bool:
    """`asked`: in the foreground an option makes a question of it (`nginx -v`)."""
    name = command.words[0].literal or ""
    if name == "command" and len(command.words) > 1 and (command.words[1].literal or "-")[0] != "-":
        return _stands(shell, replace(command, words=command.words[1:]), seen, asked=asked)
    function = shell.functions.get(name)
    if function is not None:
        inner = getattr(function.body, "body", None)
        return name not in seen and isinstance(inner, Sequence) and _may_stand(shell, inner, seen | {name})
    if name in _RUNS or name in _SHELLS:
        return True
    if asked and any(word.span.text.startswith("-") for word in command.words[1:]):
        return False
    if not name or shell.machine.builtin(name, shell.row) is not None:
        return not name
    row = find_program(name, shell.machine.programs)
    return row is not None and row.role in (_STANDS if asked else _STANDS | _HOLDS)
