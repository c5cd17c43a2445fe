"""Parts of a script that change nothing a stop depends on."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import (
    OUTPUTS,
    AndOr,
    Conditional,
    If,
    Redirection,
    SimpleCommand,
    TestBinary,
    TestNot,
    TestUnary,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.syntax.shell.tree import Command, Item, Node, While

HARMLESS = frozenset(
    """
    : true false echo printf mkdir chown chmod chgrp cp mv rm ln touch cat sed install find usermod groupmod useradd
    adduser addgroup groupadd tee mktemp date id ls sleep umask ulimit test [ unset export rsync tar gzip gunzip openssl
    keytool update-ca-certificates ssh-keygen sysctl envsubst awk grep
    """.split()  # noqa: SIM905 - a table reads better as one text
)
REMOVERS = frozenset({"find", "mv", "rm", "rsync"})
WRITERS = frozenset({"cp", "install", "ln", "mv", "rsync", "sed", "tar", "tee"})
_NUMERIC = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_DENIALS = frozenset({"!", "!=", "-ne", "-lt", "-le", "-z"})
LOOKS = regex(r"\bkill -0\b|/proc/|\b(?:jobs|pgrep|pidof|wait)\b")
"""What a loop that goes round without a pause looks at processes with."""


def quiet(node: If) -> bool:
    """Whether an `if` can be passed over: its branches only print, or work on files, and set nothing."""
    bodies = [body for _, body in node.branches] + ([node.otherwise] if node.otherwise is not None else [])
    conditions = [condition for condition, _ in node.branches[1:]]
    return all(quiet_items(sequence.items) for sequence in (*bodies, *conditions))


def writes(node: If) -> bool:
    """Whether it may write a configuration in some of its branches: a file in /etc, or nobody knows which."""
    for each in walk(node):
        target = None
        if isinstance(each, Redirection) and each.operator in OUTPUTS and each.operator != ">&":
            target = each.target
        elif isinstance(each, SimpleCommand) and each.words and each.words[0].literal in WRITERS:
            target = each.words[-1]
        if target is not None and (target.literal is None or target.literal.startswith("/etc")):
            return True
    return False


def removes(node: If) -> bool:
    """Whether it may take a file away in some of its branches."""
    named = (each.words[0].literal for each in walk(node) if isinstance(each, SimpleCommand) and each.words)
    return not REMOVERS.isdisjoint(named)


def waits_for(loop: While) -> bool:
    """Whether a loop ends when something has come about (`until`, `while !`, `[ a != b ]`), not when it is over."""
    items = loop.condition.items
    last = items[-1].command.first if items else None
    return loop.until is not (last is not None and last.negated is not _denies(last.commands[0]))


def _denies(command: Command) -> bool:
    """Whether a test is true as long as something is not so."""
    match command:
        case SimpleCommand(words=(name, *words)) if name.literal in {"[", "test"}:
            return any(word.literal in _DENIALS for word in words)
        case Conditional(expression=TestNot()):
            return True
        case Conditional(expression=TestUnary() | TestBinary() as expression):
            return expression.operator in _DENIALS
    return False


def runs_out(loop: While) -> bool:
    """Whether a loop ends with the words that it goes through, or with its jobs: `while getopts …`, `while wait -n`."""
    items = loop.condition.items
    command = items[-1].command.first.commands[0] if items else None
    return isinstance(command, SimpleCommand) and _named(command) in {"getopts", "wait"}


def gives_up(loop: While) -> bool:
    """Whether one of several things that it asks for can end it (`while [ $tries -gt 0 ] && …`), or it leaves off."""
    other = "||" if loop.until else "&&"
    several = any(operator == other for item in loop.condition.items for operator, _ in item.command.rest)
    return several or leaves_off(loop)


def leaves_off(loop: While) -> bool:
    """Whether it leaves off when it has tried so often: `if [ $tries -ge 30 ]; then break; fi`."""
    return any(_is_limit(each) for each in walk(loop.body))


def _is_limit(node: Node) -> bool:
    if isinstance(node, If):
        asked: Node = node.branches[0][0]
        done: Node = node.branches[0][1]
    elif isinstance(node, AndOr) and node.rest and node.rest[0][0] == "&&":
        asked, done = node.first, node.rest[0][1]
    else:
        return False
    commands = [each for each in walk(asked) if isinstance(each, SimpleCommand)]
    left = any(isinstance(each, SimpleCommand) and _named(each) == "break" for each in walk(done))
    words = [word for command in commands for word in command.words]
    counts = any(word.literal in _NUMERIC for word in words) and not any("$?" in word.span.text for word in words)
    return left and counts


def _named(command: SimpleCommand) -> str | None:
    return command.words[0].literal if command.words else None


def quiet_items(items: Iterable[Item]) -> bool:
    """Whether these only print, or work on files."""
    for item in items:
        if item.background:
            return False
        for pipeline in (item.command.first, *(pipeline for _, pipeline in item.command.rest)):
            for command in pipeline.commands:
                if isinstance(command, If):
                    if not quiet(command) or not quiet_items(command.branches[0][0].items):
                        return False
                elif not isinstance(command, SimpleCommand) or not _harmless(command):
                    return False
    return True


def _harmless(command: SimpleCommand) -> bool:
    if command.assignments or not command.words:
        return False
    name = command.words[0].literal
    if name not in HARMLESS:
        return False
    return name not in {"export", "unset"} or all("=" not in word.span.text for word in command.words[1:])
