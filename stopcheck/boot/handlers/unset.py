"""What a text of Python comes to where the variables that it reads are not set (library/os.html: environ, getenv)."""

from __future__ import annotations

import ast

from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_READERS = frozenset({"os.getenv", "getenv", "os.environ.get", "environ.get"})
_METHODS = frozenset({"lower", "upper", "strip", "casefold", "startswith", "endswith"})
_MAKERS = {"bool": bool, "str": str}
_DEEPEST = 4


def read_names(nodes: Iterable[ast.AST]) -> frozenset[int]:
    """The constants, by their id(), that name a variable which is read: such a text sets nothing."""
    calls = (node for node in nodes if isinstance(node, ast.Call) and _reads(node))
    return frozenset(id(call.args[0]) for call in calls)


def assigned(nodes: Iterable[ast.AST]) -> Mapping[str, list[ast.expr]]:
    """What is assigned to each name that gets its value in no other way."""
    found: dict[str, list[ast.expr]] = {}
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        others |= {part.id for target in targets if target for part in ast.walk(target) if isinstance(part, ast.Name)}
        if isinstance(node, (ast.arg, ast.alias)):
            others.add(node.arg if isinstance(node, ast.arg) else (node.asname or node.name))
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            others |= {part.id for part in ast.walk(node.optional_vars) if isinstance(part, ast.Name)}
    return {name: values for name, values in found.items() if name not in others}


def unset_and_false(node: ast.expr, named: Mapping[str, list[ast.expr]]) -> frozenset[str] | None:
    """The variables without which this is surely false, "none" where it is anyway; None where it may be true."""
    reads: set[str] = set()
    try:
        value = _value(node, named, reads, 0)
    except (LookupError, TypeError, ValueError):
        return None
    return None if value else frozenset(reads)


def _reads(node: ast.Call) -> bool:
    first = node.args[0] if node.args else None
    named = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return named and ast.unparse(node.func) in _READERS and len(node.args) < 3 and not node.keywords


def _value(node: ast.expr, named: Mapping[str, list[ast.expr]], reads: set[str], depth: int) -> object:
    """Raises LookupError where something else decides."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Call() if _reads(node):
            reads.add(str(getattr(node.args[0], "value", "")))
            return _value(node.args[1], named, reads, depth) if len(node.args) > 1 else None
        case ast.Call(func=ast.Attribute(value=inner, attr=attr), keywords=[]) if attr in _METHODS:
            text = _value(inner, named, reads, depth)
            if isinstance(text, str):
                return getattr(text, attr)(*(_value(word, named, reads, depth) for word in node.args))
        case ast.Call(func=ast.Name(id=made), args=[word], keywords=[]) if made in _MAKERS:
            return _MAKERS[made](_value(word, named, reads, depth))
        case ast.Compare(ops=[operator], comparators=[other]):
            return _compared(operator, _value(node.left, named, reads, depth), _value(other, named, reads, depth))
        case ast.UnaryOp(op=ast.Not()):
            return not _value(node.operand, named, reads, depth)
        case ast.Tuple() | ast.List() | ast.Set():
            return [_value(part, named, reads, depth) for part in node.elts]
        case ast.Name() if node.id in named and depth < _DEEPEST:
            values = [_value(one, named, reads, depth + 1) for one in named[node.id]]
            if not any(values):
                return False
    raise LookupError


def _compared(operator: ast.cmpop, left: object, right: object) -> bool:
    match operator:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.In() if isinstance(right, list):
            return left in right
        case ast.Is():
            return left is right
        case ast.IsNot():
            return left is not right
    raise LookupError
