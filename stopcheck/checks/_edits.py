"""The edits that several rules suggest, each only where the text on disk is the text that was read."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Edit, Fix
from stopcheck.source import Span
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from stopcheck.model import Safety
    from stopcheck.syntax.shell.tree import Command, Pipeline

PREFIXES = frozenset({"command", "builtin", "eval", "exec", "fg", "bg", "wait", ".", "source"})
"""Builtins that no program stands behind: `exec` before them starts nothing."""


def verbatim(span: Span) -> bool:
    """Whether the span's text stands on disk as it is, so that it can be edited."""
    return span.outermost().text == span.text


def prefix_exec(node: Command | Pipeline | None, safety: Safety = "safe") -> Fix | None:
    """`exec ` before a simple command; None for anything else, which `exec` cannot start."""
    if not isinstance(node, SimpleCommand) or not node.words or not verbatim(node.span):
        return None
    if node.words[0].literal in PREFIXES:
        return None
    return Fix("Start it with `exec`", (Edit(node.words[0].span.at_start(), "exec "),), safety)


def insert_before(span: Span, *statements: str) -> Edit:
    """Statements before a command: on lines of their own where it begins its line."""
    outer = span.outermost()
    start = outer.source.line_starts[outer.position()[0] - 1]
    indent = outer.source.text[start : outer.start]
    joint = "\n" + indent if not indent.strip() else "; "
    return Edit(outer.at_start(), "".join(statement + joint for statement in statements))


def after_operator(span: Span) -> bool:
    """Whether a command is what `&&` or `||` leads to: a list of commands in its place has to stand in braces."""
    outer = span.outermost()
    return outer.source.text[: outer.start].rstrip().endswith(("&&", "||"))


def insert_after(span: Span, *statements: str) -> Edit:
    """Statements after a command: on lines of their own where it is alone on its line, else after a `;`."""
    outer = span.outermost()
    text = outer.source.text
    start = outer.source.line_starts[outer.position()[0] - 1]
    indent = text[start : outer.start]
    rest = text[outer.end : (text + "\n").index("\n", outer.end)].strip()
    joint = "\n" + indent if not indent.strip() and (not rest or rest.startswith("#")) else "; "
    end = outer.end + (len(rest) + text[outer.end :].index(rest) if joint != "; " and rest else 0)
    return Edit(Span(outer.source, end, end), "".join(joint + statement for statement in statements))
