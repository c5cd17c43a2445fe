"""Python's expressions, and the assignment to what they name (docs.python.org/3/reference/expressions.html)."""

from __future__ import annotations

import ast
import operator

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.objects import CONTAINERS, MOST_ITEMS, MOST_STEPS, PLAIN, Inherited, Objects, guarded, size
from stopcheck.boot.python.values import Class, Function, Instance, Library, RaisedError, Scope, Thing
from stopcheck.hints import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from stopcheck.boot.python.values import Steps

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.BitOr: operator.or_, ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor, ast.Pow: operator.pow,
}  # fmt: skip
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


class Expressions(Objects):
    """Gives expressions their values."""

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> Steps:
        """Gives a name, an attribute, an item or several of them a value."""
        if isinstance(target, ast.Name):
            scope.elsewhere.get(target.id, scope).names[target.id] = value
        elif isinstance(target, ast.Attribute):
            owner = yield from self.value(target.value, scope)
            if isinstance(owner, Instance):
                owner.fields[target.attr] = value
            elif isinstance(owner, Thing):
                self.library.put_attribute(owner, target.attr, value)
            elif isinstance(owner, Class):
                owner.members[target.attr] = value
            elif not isinstance(owner, (Opaque, Function)):
                raise UndecidedError(f"line {target.lineno} is not followed")
        elif isinstance(target, ast.Subscript):
            owner = yield from self.value(target.value, scope)
            key = yield from self.value(target.slice, scope)
            try:
                if isinstance(owner, (dict, list)) and not isinstance(key, Opaque):
                    owner[key] = value
                elif isinstance(owner, Library) and owner.path == "os.environ" and isinstance(key, str):
                    self.library.put_variable(key, value)
                elif not isinstance(owner, Opaque):
                    raise UndecidedError(f"line {target.lineno} is not followed")
            except (TypeError, IndexError) as error:
                raise RaisedError(type(error).__name__) from None
        elif isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, Opaque):
                for one in target.elts:
                    yield from self.assign(one, Opaque(), scope)
            elif isinstance(value, (list, tuple)) and len(value) == len(target.elts):
                for one, item in zip(target.elts, value, strict=True):
                    yield from self.assign(one, item, scope)
            else:
                raise UndecidedError(f"line {target.lineno} is not followed")
        else:
            raise UndecidedError(f"line {target.lineno} is not followed")

    def value(self, node: ast.expr, scope: Scope) -> Steps:
        """The value of an expression."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            home = scope.home(node.id)
            # `global x` alone gives it no value.
            told = home is not None and node.id in home.names
            return home.names[node.id] if home is not None and told else self.library.builtin(node.id)
        self.steps += 1
        get = getattr(self, f"of_{type(node).__name__.lower()}", None)
        if get is None or self.steps > MOST_STEPS:
            raise UndecidedError(f"line {node.lineno} is not followed")
        return (yield from get(node, scope))

    def values(self, nodes: Iterable[ast.expr], scope: Scope) -> Steps:
        """The values of expressions, of which some may stand for several (`*rest`)."""
        found: list[object] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                rest = yield from self.value(node.value, scope)
                if isinstance(rest, Thing):
                    raise UndecidedError(f"line {node.lineno} is not followed")
                found += self.items(rest, id(node))
            else:
                found.append((yield from self.value(node, scope)))
        return found

    def truth(self, node: ast.expr, scope: Scope) -> Steps:
        """Whether an expression is true."""
        value = yield from self.value(node, scope)
        return self.is_true(value, id(node))

    def of_joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Steps:
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
                continue
            value = yield from self.value(cast("ast.FormattedValue", part).value, scope)
            if not isinstance(value, PLAIN) or cast("ast.FormattedValue", part).format_spec is not None:
                parts.append("?")
                parts.append("\0")
            else:
                parts.append(str(value))
        return Opaque("a text") if "\0" in parts else "".join(parts)

    def of_tuple(self, node: ast.Tuple, scope: Scope) -> Steps:
        return tuple((yield from self.values(node.elts, scope)))

    def of_list(self, node: ast.List, scope: Scope) -> Steps:
        return (yield from self.values(node.elts, scope))

    def of_set(self, node: ast.Set, scope: Scope) -> Steps:
        values = yield from self.values(node.elts, scope)
        return values if any(isinstance(value, (list, dict, set)) for value in values) else set(values)

    def of_dict(self, node: ast.Dict, scope: Scope) -> Steps:
        made: dict[Any, object] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            worth = yield from self.value(value, scope)
            if key is None:
                worth = self.library.variables if worth == Library("os.environ") else worth
                if not isinstance(worth, dict):
                    raise UndecidedError(f"line {node.lineno} is not followed")
                made |= worth
                continue
            name = yield from self.value(key, scope)
            if isinstance(name, (list, dict, set)):
                raise RaisedError("TypeError")
            made[name] = worth
        return made

    def of_boolop(self, node: ast.BoolOp, scope: Scope) -> Steps:
        value: object = None
        for part in node.values:
            value = yield from self.value(part, scope)
            if self.is_true(value, id(part)) is isinstance(node.op, ast.Or):
                # What nobody knows was taken to be so, and counts as that from here on.
                return isinstance(node.op, ast.Or) if isinstance(value, Opaque) else value
        return isinstance(node.op, ast.And) if isinstance(value, Opaque) else value

    def of_unaryop(self, node: ast.UnaryOp, scope: Scope) -> Steps:
        value = yield from self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return not self.is_true(value, id(node))
        if isinstance(value, (int, float)):
            return -value if isinstance(node.op, ast.USub) else value
        return Opaque()

    def of_binop(self, node: ast.BinOp, scope: Scope) -> Steps:
        left = yield from self.value(node.left, scope)
        right = yield from self.value(node.right, scope)
        operate = _BINARY.get(type(node.op))
        fits = isinstance(left, (*PLAIN, list, tuple, set)) and isinstance(right, (*PLAIN, list, tuple, set, dict))
        if operate is None or not fits or size(left) + size(right) > MOST_ITEMS:
            return Opaque()
        small = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if isinstance(node.op, ast.Mult) and (not small or max(abs(left), abs(right)) > 10**9):
            return Opaque()
        if isinstance(node.op, ast.Pow) and (not small or abs(left) > 10**6 or not 0 <= right <= 64):
            return Opaque()
        if isinstance(node.op, ast.Mod) and isinstance(left, (str, bytes)):
            return Opaque()
        return guarded(lambda: operate(left, right))

    def of_compare(self, node: ast.Compare, scope: Scope) -> Steps:
        left = yield from self.value(node.left, scope)
        for operation, part in zip(node.ops, node.comparators, strict=True):
            right = yield from self.value(part, scope)
            told = self._compare(operation, left, right, id(part))
            if not told:
                return False
            left = right
        return True

    def _compare(self, operation: ast.cmpop, left: Any, right: Any, place: int) -> bool:
        if isinstance(operation, (ast.Is, ast.IsNot)) and (left is None or right is None):
            other = right if left is None else left
            told = self.decide(place) if isinstance(other, Opaque) else other is None
            return told is isinstance(operation, ast.Is)
        if isinstance(left, Opaque) or isinstance(right, Opaque):
            return self.decide(place)
        if isinstance(operation, (ast.Is, ast.IsNot)):
            return (left is right or (isinstance(left, Library) and left == right)) is isinstance(operation, ast.Is)
        if isinstance(operation, (ast.In, ast.NotIn)):
            if isinstance(right, Library) and right.path == "os.environ":
                told = self.library.has_variable(left)
            elif isinstance(right, CONTAINERS) or (isinstance(left, str) and isinstance(right, str)):
                told = guarded(lambda: left in right)
            else:
                return self.decide(place)
            return bool(told) is isinstance(operation, ast.In)
        plain = (*PLAIN, *CONTAINERS, Library)
        if isinstance(left, plain) and isinstance(right, plain):
            left, right = self.library.number(left), self.library.number(right)
            parts = [isinstance(one, Library) for one in (left, right)]
            if any(parts) and not (all(parts) and isinstance(operation, (ast.Eq, ast.NotEq))):
                return self.decide(place)  # sys.version_info, sys.byteorder: a value of which only the name is known
            return bool(guarded(lambda: _COMPARE[type(operation)](left, right)))
        if isinstance(operation, (ast.Eq, ast.NotEq)):
            return (left is right) is isinstance(operation, ast.Eq)
        return self.decide(place)

    def of_ifexp(self, node: ast.IfExp, scope: Scope) -> Steps:
        told = yield from self.truth(node.test, scope)
        return (yield from self.value(node.body if told else node.orelse, scope))

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope) -> Steps:
        """A function, with its defaults as they are now."""
        defaults = yield from self.values(node.args.defaults, scope)
        named: dict[str, object] = {}
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if default is not None:
                named[argument.arg] = yield from self.value(default, scope)
        return Function(node, scope, tuple(defaults), named)

    def of_lambda(self, node: ast.Lambda, scope: Scope) -> Steps:
        return (yield from self.function(node, scope))

    def of_namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Steps:
        value = yield from self.value(node.value, scope)
        yield from self.assign(node.target, value, scope)
        return value

    def of_await(self, node: ast.Await, scope: Scope) -> Steps:
        value = yield from self.value(node.value, scope)
        return (yield from self.library.wait_for(value))

    def of_listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Steps:
        found: list[object] = []
        yield from self._each(node.generators, 0, Scope({}, scope, scope.top()), node.elt, found)
        return found

    of_setcomp = of_generatorexp = of_listcomp

    def of_dictcomp(self, node: ast.DictComp, scope: Scope) -> Steps:
        found: list[Any] = []
        pair = ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)
        yield from self._each(node.generators, 0, Scope({}, scope, scope.top()), pair, found)
        return guarded(lambda: dict(found))

    def _each(
        self, loops: list[ast.comprehension], at: int, scope: Scope, part: ast.expr, found: list[object]
    ) -> Steps:
        if at == len(loops):
            found.append((yield from self.value(part, scope)))
            return
        values = yield from self.value(loops[at].iter, scope)
        for item in self.items(values, id(loops[at])):
            yield from self.assign(loops[at].target, item, scope)
            for test in loops[at].ifs:
                if not (yield from self.truth(test, scope)):
                    break
            else:
                yield from self._each(loops, at + 1, scope, part, found)

    def of_attribute(self, node: ast.Attribute, scope: Scope) -> Steps:
        owner = yield from self.value(node.value, scope)
        value = self.attribute(owner, node.attr)
        if isinstance(value, Function) and value.role == "property":
            return (yield from self.call(value, ()))
        return value

    def of_subscript(self, node: ast.Subscript, scope: Scope) -> Steps:
        owner = yield from self.value(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            parts: list[Any] = []
            for part in (node.slice.lower, node.slice.upper, node.slice.step):
                parts.append((yield from self.value(part, scope)) if part is not None else None)
            known = all(part is None or isinstance(part, int) for part in parts)
            if isinstance(owner, (str, bytes, list, tuple)) and known:
                return guarded(lambda: owner[slice(*parts)])
            return Opaque()
        key = yield from self.value(node.slice, scope)
        if isinstance(owner, Library) and owner.path == "os.environ":
            return self.library.variable(key)
        if isinstance(owner, (str, bytes, list, tuple, dict)) and not isinstance(key, Opaque):
            return guarded(lambda: owner[key])
        return Opaque()

    def of_call(self, node: ast.Call, scope: Scope) -> Steps:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and scope.home("super") is None:
            return self._super(scope)
        function = yield from self.value(node.func, scope)
        arguments = yield from self.values(node.args, scope)
        named: dict[str, object] = {}
        for word in node.keywords:
            value = yield from self.value(word.value, scope)
            if word.arg is not None:
                named[word.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                named |= value
            else:
                raise UndecidedError(f"line {node.lineno} is not followed")
        self.library.place = id(node)
        return (yield from self.call(function, tuple(arguments), named))

    def _super(self, scope: Scope) -> object:
        home = scope.home("$method")
        if home is None:
            raise UndecidedError("super() is not followed")
        function, bound = cast("tuple[Function, Any]", home.names["$method"])
        return Inherited(function.owner, bound)
