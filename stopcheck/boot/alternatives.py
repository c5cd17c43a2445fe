"""Commands that an entrypoint knows besides the image's own, and what it runs where it is given none."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import Case, Function, If, Parameter, SimpleCommand, TestBinary, Word
from stopcheck.syntax.shell.walk import commands, conditions

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import Script

LIMIT = 6
STARTING = frozenset({"master", "proxy", "run", "serve", "server", "start", "web", "worker"})
"""What a service is told by custom, alone or in a word such as `start-api`."""
_NOTHING = regex(r"""\$(?:#|\{#\})|-z\s+"?\$\{?[1@*]|"\$\{?[1@*]\}?"\s*==?\s*""(?!\w)|"\$[1@*]x"\s*==?\s*"?x""")
_APART = regex(r"[^a-z]+")
_ALL = ("1", "@", "*")
_NAME = regex(r"[a-zA-Z][\w:.-]*")


def alternatives(scripts: Iterable[Script]) -> tuple[str, ...]:
    """The words that the scripts compare their first argument with, in order, at most LIMIT of them."""
    scripts = tuple(scripts)
    handed = frozenset(_handed(scripts))
    found = dict.fromkeys(name for script in scripts for name in _names(script, handed) if _NAME.fullmatch(name))
    return tuple(found)[:LIMIT]


def is_told_to_start(word: object) -> bool:
    """Whether an argument, or a name, tells that this is a service."""
    return isinstance(word, str) and "/" not in word and not STARTING.isdisjoint(_APART.split(word))


def is_default(scripts: Iterable[Script], span: Span) -> bool:
    """Whether a command stands in an `if` that asks whether there are any arguments."""
    bodies = (script.body for script in scripts if script.body.span.source is span.source)
    found = (command for body in bodies for command in commands(body) if isinstance(command, If))
    return any(
        branch.span.start <= span.start < branch.span.end and _NOTHING.search(condition.span.text)
        for command in found
        for condition, branch in command.branches
    )


def _handed(scripts: Iterable[Script]) -> Iterator[str]:
    """The functions that are called with the arguments of their caller: in another `$1` is something else."""
    for script in scripts:
        for command in commands(script.body):
            if isinstance(command, SimpleCommand) and any(_first_argument(word, _ALL) for word in command.words[1:2]):
                yield command.words[0].literal or ""


def _names(script: Script, handed: Container[str]) -> Iterator[str]:
    everything = tuple(commands(script.body))
    others = [one.body.span for one in everything if isinstance(one, Function) and one.name not in handed]
    for command in everything:
        if _lies_in(command.span, others):
            continue
        if isinstance(command, Case) and _first_argument(command.subject):
            for item in command.items:
                yield from (pattern.literal for pattern in item.patterns if pattern.literal)
        elif isinstance(command, SimpleCommand) and command.words:
            yield from _tested(command)
    for expression in conditions(script.body):
        if (
            isinstance(expression, TestBinary)
            and not _lies_in(expression.span, others)
            and expression.operator in {"=", "=="}
            and _first_argument(expression.left)
        ):
            yield expression.right.literal or ""


def _lies_in(span: Span, others: Iterable[Span]) -> bool:
    return any(other.start <= span.start < other.end for other in others)


def _tested(command: SimpleCommand) -> Iterator[str]:
    if command.words[0].literal not in {"[", "test"} or len(command.words) < 4:
        return
    for left, operator, right in zip(command.words[1:], command.words[2:], command.words[3:], strict=False):
        if operator.literal in {"=", "=="} and _first_argument(left):
            yield right.literal or ""


def _first_argument(word: Word, names: Container[str] = ("1",)) -> bool:
    return len(word.parts) == 1 and isinstance(word.parts[0], Parameter) and word.parts[0].name in names
