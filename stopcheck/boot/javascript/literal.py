"""What a file in JavaScript exports, as far as it stands there: a configuration that nothing is carried out for."""

from __future__ import annotations

from stopcheck.boot.javascript.fate import parse
from stopcheck.boot.javascript.nodes import text
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

_CONSTANTS = {"true": True, "false": False, "null": None}
_EXPORTS = frozenset({"module.exports", "exports"})
_MADE = Unknown("a value that a configuration in JavaScript makes as it is read")


def exported(code: str) -> object:
    """The value of `module.exports = …` or `export default …`; Unknown, whole or in part, where it has to be made."""
    root = parse(code)
    names: dict[str, object] = {}
    for statement in root.named_children if root is not None else ():
        inner = statement.named_children[-1] if statement.named_children else None
        if inner is None:
            continue
        if statement.type == "lexical_declaration" and text(statement.children[0]) == "const":
            names |= _constants(statement, names)
        if statement.type == "export_statement" and any(child.type == "default" for child in statement.children):
            return _value(inner, names)
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if inner.type == "assignment_expression" and left is not None and text(left) in _EXPORTS and right is not None:
            return _value(right, names)
    return _MADE


def _constants(statement: Node, names: Mapping[str, object]) -> dict[str, object]:
    pairs = ((one.child_by_field_name("name"), one.child_by_field_name("value")) for one in statement.named_children)
    return {text(name): _value(value, names) for name, value in pairs if name is not None and value is not None}


def _value(node: Node, names: Mapping[str, object]) -> object:
    match node.type:
        case "object":
            return _object(node, names)
        case "array":
            return [_value(child, names) for child in node.named_children if child.type != "comment"]
        case "string" | "template_string":
            plain = all(child.type == "string_fragment" for child in node.named_children)
            return "".join(map(text, node.named_children)) if plain else _MADE
        case "number":
            return int(text(node)) if text(node).isdigit() else _MADE
        case "true" | "false" | "null":
            return _CONSTANTS[node.type]
        case "identifier" | "shorthand_property_identifier":
            return names.get(text(node), _MADE)
    return _MADE


def _object(node: Node, names: Mapping[str, object]) -> object:
    found: dict[str, object] = {}
    for child in node.named_children:
        name, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "comment":
            continue
        if child.type == "shorthand_property_identifier":
            found[text(child)] = _value(child, names)
            continue
        if child.type != "pair" or name is None or value is None or name.type == "computed_property_name":
            return _MADE
        found[text(name).strip("\"'")] = _value(value, names)
    return found
