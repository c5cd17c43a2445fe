"""Walks a shell tree: all commands in it, in the order of the text; those in substitutions are left out."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import (
    AndOr,
    Arithmetic,
    ArithmeticExpansion,
    ArithmeticFor,
    Assignment,
    Case,
    Conditional,
    Coprocess,
    For,
    Function,
    Group,
    If,
    Item,
    Parameter,
    Pipeline,
    Subshell,
    TestLogical,
    TestNot,
    While,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.syntax.shell.tree import Command, Node, Sequence, TestExpression


def commands(sequence: Sequence) -> Iterator[Command]:
    """Every command of a sequence and of what it holds."""
    for item in sequence.items:
        for pipeline in (item.command.first, *(pipeline for _, pipeline in item.command.rest)):
            for command in pipeline.commands:
                yield from _within(command)


def _within(command: Command) -> Iterator[Command]:
    yield command
    match command:
        case Group() | Subshell() | For() | ArithmeticFor():
            yield from commands(command.body)
        case While():
            yield from commands(command.condition)
            yield from commands(command.body)
        case If():
            for condition, body in command.branches:
                yield from commands(condition)
                yield from commands(body)
            if command.otherwise is not None:
                yield from commands(command.otherwise)
        case Case():
            for item in command.items:
                yield from commands(item.body)
        case Function() | Coprocess():
            yield from _within(command.body)


def core(node: Node) -> Node:
    """What a node comes down to: most items are lists of one pipeline of one command."""
    while True:
        if isinstance(node, Item) and not node.background:
            node = node.command
        elif isinstance(node, AndOr) and not node.rest:
            node = node.first
        elif isinstance(node, Pipeline) and len(node.commands) == 1 and not (node.negated or node.timed):
            node = node.commands[0]
        else:
            return node


def conditions(sequence: Sequence) -> Iterator[TestExpression]:
    """Every comparison and test in the `[[ … ]]` of a sequence."""
    for command in commands(sequence):
        if isinstance(command, Conditional) and command.expression is not None:
            yield from _parts(command.expression)


def _parts(expression: TestExpression) -> Iterator[TestExpression]:
    match expression:
        case TestNot():
            yield from _parts(expression.operand)
        case TestLogical():
            yield from _parts(expression.left)
            yield from _parts(expression.right)
        case _:
            yield expression


_IN_ARITHMETIC = regex(r"\$\{?#?([@*#]|\d+|[A-Za-z_]\w*)")


def parameters(node: object) -> Iterator[str]:
    """The names of all parameters that a part of a program expands, in substitutions too; "@" for a bare `for x`."""
    return (name for name, _ in expansions(node))


def expansions(node: object) -> Iterator[tuple[str, str]]:
    """Those names, each with the operator of its expansion (`:-` of `${x:-y}`)."""
    if isinstance(node, tuple):
        for part in node:
            yield from expansions(part)
        return
    if isinstance(node, (Parameter, Assignment)) and node.index:
        yield from ((name, "") for name in _IN_ARITHMETIC.findall(node.index))
    if isinstance(node, Parameter):
        yield node.name, node.operator
    elif isinstance(node, (Arithmetic, ArithmeticExpansion)):
        yield from ((name, "") for name in _IN_ARITHMETIC.findall(node.text))
    elif isinstance(node, ArithmeticFor):
        yield from ((name, "") for text in node.expressions for name in _IN_ARITHMETIC.findall(text))
    elif isinstance(node, For) and node.words is None:
        yield "@", ""
    for name in getattr(type(node), "__match_args__", ()):
        if name not in {"span", "text"}:
            yield from expansions(getattr(node, name))
