"""What the nodes of JavaScript's syntax tree say."""

from __future__ import annotations

from stopcheck.boot.conduct import UndecidedError
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\", "\\'": "'", '\\"': '"'}


def text(node: Node | None) -> str:
    """What a node says; "" for none."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def string(node: Node) -> str:
    """The value of a string."""
    parts = [text(child) for child in node.named_children]
    return "".join(_ESCAPES.get(part, part) if part.startswith("\\") else part for part in parts)


def field(node: Node, name: str) -> Node:
    """A part of a node; raises UndecidedError where it is not there, as in a text that is not whole."""
    found = node.child_by_field_name(name)
    if found is None:
        raise UndecidedError(f"line {node.start_point[0] + 1} is not followed")
    return found
