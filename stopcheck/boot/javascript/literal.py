"""What a file in JavaScript exports, as far as it stands there: a configuration that nothing is carried out for."""

from __future__ import annotations

from stopcheck.boot.javascript.fate import parse
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from tree_sitter import Node

_CONSTANTS = {"true": True, "false": False, "null": None}
_EXPORTS = frozenset({"module.exports", "exports"})
_MADE = Unknown("a value that a configuration in JavaScript makes as it is read")


def exported(text: str) -> object:
    """The value of `module.exports = …` or `export default …`; Unknown, whole or in part, where it has to be made."""
    root = parse(text)
    for statement in root.named_children if root is not None else ():
        inner = statement.named_children[-1] if statement.named_children else None
        if inner is None:
            continue
        if statement.type == "export_statement" and any(child.type == "default" for child in statement.children):
            return _value(inner)
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if inner.type == "assignment_expression" and left is not None and _text(left) in _EXPORTS and right is not None:
            return _value(right)
    return _MADE


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _value(node: Node) -> object:
    match node.type:
        case "object":
            return _object(node)
        case "array":
            return [_value(child) for child in node.named_children if child.type != "comment"]
        case "string" | "template_string":
            plain = all(child.type == "string_fragment" for child in node.named_children)
            return "".join(map(_text, node.named_children)) if plain else _MADE
        case "number":
            return int(_text(node)) if _text(node).isdigit() else _MADE
        case "true" | "false" | "null":
            return _CONSTANTS[node.type]
    return _MADE


def _object(node: Node) -> object:
    found: dict[str, object] = {}
    for child in node.named_children:
        name, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "comment":
            continue
        if child.type != "pair" or name is None or value is None or name.type == "computed_property_name":
            return _MADE
        found[_text(name).strip("\"'")] = _value(value)
    return found
