"""JavaScript's expressions, and the assignment to what they name (tc39.es/ecma262)."""

from __future__ import annotations

import operator

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.javascript.nodes import field, string, text
from stopcheck.boot.javascript.objects import MOST_ITEMS, Objects, line
from stopcheck.boot.javascript.values import (
    ABSENT,
    UNDEFINED,
    Builtin,
    Class,
    Function,
    List,
    Scope,
    Thing,
    ThrownError,
    Undefined,
)
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from tree_sitter import Node

    from stopcheck.boot.javascript.values import Steps

MOST_STEPS = 40_000
PLAIN = (str, int, float, bool, type(None), Undefined)
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "-": operator.sub, "*": operator.mul, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


class Expressions(Objects):
    """Gives expressions their values."""

    def bind(self, target: Node, value: Any, scope: Scope) -> Steps:
        """Gives new names values: a name, or a pattern of them."""
        yield from self._assign(target, value, scope, new=True)

    def _assign(self, target: Node, value: Any, scope: Scope, new: bool = False) -> Steps:
        kind = target.type
        if kind in {"identifier", "shorthand_property_identifier_pattern"}:
            name = text(target)
            home = None if new else scope.home(name)
            (home or scope).names[name] = value
        elif kind == "member_expression":
            owner = yield from self.value(field(target, "object"), scope)
            self.put(owner, text(target.child_by_field_name("property")), value)
        elif kind == "subscript_expression":
            owner = yield from self.value(field(target, "object"), scope)
            key = yield from self.value(field(target, "index"), scope)
            if isinstance(key, (str, int, float)) and not isinstance(key, bool):
                self.put(owner, str(key) if not isinstance(key, float) else str(int(key)), value)
            elif not isinstance(key, Opaque):
                raise UndecidedError(f"line {self.line} is not followed")
        elif kind in {"assignment_pattern", "object_assignment_pattern"}:
            if value is UNDEFINED:
                value = yield from self.value(field(target, "right"), scope)
            yield from self._assign(field(target, "left"), value, scope, new)
        elif kind == "object_pattern":
            if value is None or value is UNDEFINED:
                raise ThrownError(self.library.error("TypeError"))
            for one in target.named_children:
                if one.type == "pair_pattern":
                    part = self.member(value, text(field(one, "key")))
                    yield from self._assign(field(one, "value"), part, scope, new)
                elif one.type == "rest_pattern":
                    yield from self._assign(one.named_children[0], Opaque(), scope, new)
                elif one.type != "comment":
                    inner = field(one, "left") if one.type == "object_assignment_pattern" else one
                    yield from self._assign(one, self.member(value, text(inner)), scope, new)
        elif kind == "array_pattern":
            items = list(self.items(value, target.id))
            unknown = Opaque() if isinstance(value, Opaque) else UNDEFINED
            at = 0
            for one in target.children:
                at += one.type == ","
                if not one.is_named or one.type == "comment":
                    continue
                if one.type == "rest_pattern":
                    yield from self._assign(one.named_children[0], List(items[at:]), scope, new)
                    return
                yield from self._assign(one, items[at] if at < len(items) else unknown, scope, new)
        else:
            raise UndecidedError(f"line {target.start_point[0] + 1} is not followed")

    def value(self, node: Node, scope: Scope) -> Steps:
        """The value of an expression."""
        self.steps += 1
        get = getattr(self, f"of_{node.type}", None)
        if get is None or self.steps > MOST_STEPS:
            raise UndecidedError(f"line {node.start_point[0] + 1} is not followed")
        return (yield from get(node, scope))

    def values(self, nodes: Iterable[Node], scope: Scope) -> Steps:
        """The values of expressions, of which some may stand for several (`...rest`)."""
        found: list[Any] = []
        for node in nodes:
            if node.type == "spread_element":
                found += self.items((yield from self.value(node.named_children[0], scope)), node.id)
                if len(found) > MOST_ITEMS:
                    raise UndecidedError(f"line {node.start_point[0] + 1} has more values than are followed")
            elif node.type != "comment":
                found.append((yield from self.value(node, scope)))
        return found

    def truth(self, node: Node, scope: Scope) -> Steps:
        """Whether an expression is true."""
        value = yield from self.value(node, scope)
        return self.is_true(value, node.id)

    def of_identifier(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        name = text(node)
        home = scope.home(name)
        value = home.names[name] if home is not None else self.library.known(name)
        if value is ABSENT:
            raise ThrownError(self.library.error("ReferenceError"))
        return value

    def of_undefined(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        return UNDEFINED

    def of_null(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        return None

    def of_true(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        return True

    def of_false(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        return False

    def of_regex(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        return Opaque("a regular expression")

    def of_number(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        try:
            plain = text(node).replace("_", "")
            return int(plain, 0) if not plain.startswith("0") or plain[1:2].isalpha() or plain == "0" else float(plain)
        except ValueError:
            try:
                return float(plain)
            except ValueError:
                return Opaque()

    def of_string(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        return string(node)

    def of_template_string(self, node: Node, scope: Scope) -> Steps:
        parts: list[str] = []
        for child in node.named_children:
            if child.type == "string_fragment":
                parts.append(text(child))
            elif child.type == "template_substitution":
                value = yield from self.value(child.named_children[0], scope)
                if not isinstance(value, (str, int, bool)):
                    return Opaque("a text")
                parts.append(str(value).lower() if isinstance(value, bool) else str(value))
            else:
                return Opaque("a text")
        return "".join(parts)

    def of_this(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        home = scope.home("this")
        return home.names["this"] if home is not None else UNDEFINED

    def of_parenthesized_expression(self, node: Node, scope: Scope) -> Steps:
        inner = [child for child in node.named_children if child.type != "comment"]
        return (yield from self.value(inner[0], scope))

    def of_sequence_expression(self, node: Node, scope: Scope) -> Steps:
        return (yield from self.values(node.named_children, scope))[-1]

    def of_array(self, node: Node, scope: Scope) -> Steps:
        return List((yield from self.values(node.named_children, scope)))

    def of_object(self, node: Node, scope: Scope) -> Steps:
        made = Thing()
        for one in node.named_children:
            if one.type == "pair":
                value = yield from self.value(field(one, "value"), scope)
                key = yield from self._key(field(one, "key"), scope)
                made.fields[key] = value
            elif one.type == "shorthand_property_identifier":
                made.fields[text(one)] = yield from self.of_identifier(one, scope)
            elif one.type == "method_definition":
                made.fields[text(one.child_by_field_name("name"))] = Function(one, scope)
            elif one.type == "spread_element":
                value = yield from self.value(one.named_children[0], scope)
                made.fields |= value.fields if isinstance(value, Thing) else {}
        return made

    def _key(self, node: Node, scope: Scope) -> Steps:
        if node.type == "computed_property_name":
            value = yield from self.value(node.named_children[0], scope)
            return str(value) if isinstance(value, (str, int)) else "?"
        return string(node) if node.type == "string" else text(node)

    def of_function_expression(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        name = node.child_by_field_name("name")
        inner = Scope({}, scope) if name is not None else scope
        function = Function(node, inner)
        if name is not None:
            inner.names[text(name)] = function
        return function

    def of_arrow_function(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        return Function(node, scope, arrow=True)

    def of_class(self, node: Node, scope: Scope) -> Steps:
        """A class, of which nothing is carried out yet but its static fields."""
        heritage = next((child for child in node.named_children if child.type == "class_heritage"), None)
        base = (yield from self.value(heritage.named_children[0], scope)) if heritage is not None else None
        methods: dict[str, Any] = {}
        fields: list[tuple[str, Any]] = []
        static: dict[str, Any] = {}
        made = Class(text(node.child_by_field_name("name")), methods, (), static, base, scope)
        for one in field(node, "body").named_children:
            words = {text(child) for child in one.children if not child.is_named}
            if one.type == "method_definition":
                if words & {"get", "set", "*"}:
                    raise UndecidedError(f"line {one.start_point[0] + 1} is not followed")
                name = text(one.child_by_field_name("name"))
                (static if "static" in words else methods)[name] = Function(one, scope, owner=made)
            elif one.type == "field_definition":
                name, given = text(one.child_by_field_name("property")), one.child_by_field_name("value")
                if "static" in words:
                    static[name] = (yield from self.value(given, scope)) if given is not None else UNDEFINED
                else:
                    fields.append((name, given))
            elif one.type != "comment":
                raise UndecidedError(f"line {one.start_point[0] + 1} is not followed")
        return replace(made, fields=tuple(fields))

    def of_unary_expression(self, node: Node, scope: Scope) -> Steps:
        sign = text(node.child_by_field_name("operator"))
        inner = field(node, "argument")
        if sign == "typeof" and inner.type == "identifier":
            home = scope.home(text(inner))
            if home is None:
                return "undefined" if not self.library.is_known(text(inner)) else Opaque()
            if home.names[text(inner)] is ABSENT:
                return "undefined"
        value = yield from self.value(inner, scope)
        if sign == "!":
            return not self.is_true(value, node.id)
        if sign == "void":
            return UNDEFINED
        if sign in {"-", "+"} and isinstance(value, (int, float)):
            return -value if sign == "-" else value
        if sign == "+" and isinstance(value, str):
            return self.library.number(value)
        if sign == "typeof":
            names = {str: "string", int: "number", float: "number", bool: "boolean", Undefined: "undefined"}
            return "function" if isinstance(value, (Function, Class)) else names.get(type(value), Opaque())
        return Opaque()

    def of_binary_expression(self, node: Node, scope: Scope) -> Steps:
        sign = text(node.child_by_field_name("operator"))
        left = yield from self.value(field(node, "left"), scope)
        if sign in {"&&", "||", "??"}:
            return (yield from self._either(sign, left, node, scope))
        right = yield from self.value(field(node, "right"), scope)
        if sign in {"==", "===", "!=", "!=="}:
            return self._is_same(left, right, node.id, loose=len(sign) == 2) is sign.startswith("=")
        if sign in {"instanceof", "in"}:
            if isinstance(left, Thing) and isinstance(right, Class) and left.made_by is not None:
                return right in line(left.made_by)
            if sign == "in" and isinstance(left, str) and right == Builtin("process.env"):
                return self.library.member(right, left) is not UNDEFINED
            return self.decide(node.id)
        return self._computed(sign, left, right, node.id)

    def _either(self, sign: str, left: Any, node: Node, scope: Scope) -> Steps:
        if sign == "??":
            takes = self.decide(node.id) if isinstance(left, Opaque) else left is not None and left is not UNDEFINED
        else:
            takes = self.is_true(left, node.id) is (sign == "||")
        if takes:
            # What nobody knows was taken to be so, and counts as that from here on.
            return sign == "||" if isinstance(left, Opaque) and sign != "??" else left
        return (yield from self.value(field(node, "right"), scope))

    def _computed(self, sign: str, left: Any, right: Any, place: int) -> Any:
        numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (left, right))
        if sign == "+" and isinstance(left, str) and isinstance(right, (str, int)) and not isinstance(right, bool):
            return left + str(right) if len(left) < MOST_ITEMS else Opaque()
        if numbers and abs(left) < 1e15 and abs(right) < 1e15:
            if sign == "+":
                return left + right
            if sign in _ARITHMETIC:
                return _ARITHMETIC[sign](left, right)
            if sign == "/" and right:
                return left / right
            if sign == "%" and right and left >= 0 and right > 0:
                return left % right
            if sign == "**" and 0 <= right <= 15 and abs(left) <= 10_000:
                return left**right
            if sign == "<<" and isinstance(left, int) and isinstance(right, int) and 0 <= right < 31:
                return left << right
        if sign in {"<", ">", "<=", ">="}:
            return self.decide(place)
        return Opaque()

    def _is_same(self, left: Any, right: Any, place: int, loose: bool = False) -> bool:
        if isinstance(left, Opaque) or isinstance(right, Opaque):
            return self.decide(place)
        nothing = (None, UNDEFINED)
        if loose and (left in nothing or right in nothing):
            return left in nothing and right in nothing
        if isinstance(left, PLAIN) and isinstance(right, PLAIN):
            if isinstance(left, bool) is not isinstance(right, bool) or isinstance(left, str) is not isinstance(
                right, str
            ):
                return self.decide(place) if loose else False
            return bool(left == right)
        return left is right or (isinstance(left, Builtin) and left == right)

    def of_ternary_expression(self, node: Node, scope: Scope) -> Steps:
        told = yield from self.truth(field(node, "condition"), scope)
        return (yield from self.value(field(node, "consequence" if told else "alternative"), scope))

    def of_assignment_expression(self, node: Node, scope: Scope) -> Steps:
        value = yield from self.value(field(node, "right"), scope)
        yield from self._assign(field(node, "left"), value, scope)
        return value

    def of_augmented_assignment_expression(self, node: Node, scope: Scope) -> Steps:
        sign = text(node.child_by_field_name("operator"))[:-1]
        left = yield from self.value(field(node, "left"), scope)
        if sign in {"&&", "||", "??"}:
            value = yield from self._either(sign, left, node, scope)
        else:
            value = self._computed(sign, left, (yield from self.value(field(node, "right"), scope)), node.id)
        yield from self._assign(field(node, "left"), value, scope)
        return value

    def of_update_expression(self, node: Node, scope: Scope) -> Steps:
        target = field(node, "argument")
        before = yield from self.value(target, scope)
        number = isinstance(before, (int, float)) and not isinstance(before, bool)
        after = before + (1 if text(node.child_by_field_name("operator")) == "++" else -1) if number else Opaque()
        yield from self._assign(target, after, scope)
        return before if node.children[0].is_named else after

    def of_await_expression(self, node: Node, scope: Scope) -> Steps:
        value = yield from self.value(node.named_children[0], scope)
        return (yield from self.awaited(value))

    def of_member_expression(self, node: Node, scope: Scope) -> Steps:
        owner = yield from self.value(field(node, "object"), scope)
        if node.child_by_field_name("optional_chain") is not None and (owner is None or owner is UNDEFINED):
            return UNDEFINED
        return self.member(owner, text(node.child_by_field_name("property")))

    def of_subscript_expression(self, node: Node, scope: Scope) -> Steps:
        owner = yield from self.value(field(node, "object"), scope)
        key = yield from self.value(field(node, "index"), scope)
        if isinstance(key, float) and key.is_integer():
            key = int(key)
        if isinstance(key, Opaque) or not isinstance(key, (str, int)):
            return Opaque()
        return self.member(owner, str(key))

    def of_meta_property(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        home = scope.home(text(node))
        if home is None:
            raise UndecidedError(f"{text(node)} is not followed")
        return home.names[text(node)]

    def of_super(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        home = scope.home("$owner")
        if home is None or home.names["$owner"] is None:
            raise UndecidedError("super is not followed")
        return Builtin("$super", (home.names["$owner"], (yield from self.of_this(node, scope))))

    def of_call_expression(self, node: Node, scope: Scope) -> Steps:
        told = field(node, "function")
        if told.type == "import":
            raise UndecidedError("a module is loaded as it runs")
        function = yield from self.value(told, scope)
        if node.child_by_field_name("optional_chain") is not None and (function is None or function is UNDEFINED):
            return UNDEFINED
        if (
            function is UNDEFINED
            and told.type == "member_expression"
            and any(child.type == "optional_chain" for child in told.children)
        ):
            return UNDEFINED
        given = field(node, "arguments")
        if given.type != "arguments":
            return Opaque("a text")
        arguments = yield from self.values(given.named_children, scope)
        self.library.place = node.id
        self.line = node.start_point[0] + 1
        if isinstance(function, Builtin) and function.path == "$super":
            kind, this = function.owner
            yield from self._begin(this, kind.base, tuple(arguments))
            yield from self._fields(this, kind)
            return UNDEFINED
        return (yield from self.call(function, tuple(arguments)))

    def of_new_expression(self, node: Node, scope: Scope) -> Steps:
        kind = yield from self.value(field(node, "constructor"), scope)
        given = node.child_by_field_name("arguments")
        arguments = tuple((yield from self.values(given.named_children, scope))) if given is not None else ()
        self.library.place = node.id
        if isinstance(kind, Class):
            made = Thing(self.library.kind_of(kind), made_by=kind)
            yield from self._begin(made, kind, arguments)
            return made
        return (yield from self.library.make(kind, arguments))
