"""Carries out JavaScript: statements and expressions, as far as their values are known (tc39.es/ecma262)."""

from __future__ import annotations

import operator

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.javascript.values import (
    ABSENT,
    UNDEFINED,
    Builtin,
    Class,
    Function,
    List,
    Promise,
    Scope,
    Thing,
    ThrownError,
    Undefined,
)
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from tree_sitter import Node

    from stopcheck.boot.javascript.values import Steps

MOST_STEPS = 40_000
DEEPEST = 30
MOST_ITEMS = 10_000
PLAIN = (str, int, float, bool, type(None), Undefined)
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "-": operator.sub, "*": operator.mul, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class Left:
    """How a block was left: `break`, `continue` or `return`."""

    how: str
    value: object = UNDEFINED


BREAK, CONTINUE = Left("break"), Left("continue")


class Evaluator:
    """Carries out a program's statements; what the language brings and Node.js does is asked of `library`."""

    def __init__(self, decide: Callable[[int], bool], library: Any) -> None:
        self.decide = decide
        """Answers what cannot be known, by the place in the program that asks."""
        self.library = library
        self.steps = 0
        self.depth = 0
        self.line = 0

    # Statements

    def block(self, nodes: Iterable[Node], scope: Scope) -> Steps:
        """Carries out statements; None, or how they were left. Functions are known before the first of them."""
        statements = [node for node in nodes if node.type != "comment"]
        for node in statements:
            inner = node.named_children[-1] if node.type == "export_statement" and node.named_children else node
            if inner.type in {"function_declaration", "generator_function_declaration"}:
                scope.names[text(inner.child_by_field_name("name"))] = Function(inner, scope)
        for node in statements:
            left = yield from self.statement(node, scope)
            if left is not None:
                return left
        return None

    def statement(self, node: Node, scope: Scope) -> Steps:
        """Carries out one statement."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise UndecidedError("it does very much")
        self.line = node.start_point[0] + 1
        do = getattr(self, f"do_{node.type}", None)
        if do is None or node.has_error:
            raise UndecidedError(f"line {self.line} is not followed")
        return (yield from do(node, scope))

    def do_empty_statement(self, node: Node, scope: Scope) -> Steps:
        yield from ()

    do_function_declaration = do_debugger_statement = do_empty_statement

    def do_expression_statement(self, node: Node, scope: Scope) -> Steps:
        yield from self.value(node.named_children[0], scope)

    def do_statement_block(self, node: Node, scope: Scope) -> Steps:
        return (yield from self.block(node.named_children, Scope({}, scope)))

    def do_lexical_declaration(self, node: Node, scope: Scope) -> Steps:
        for one in node.named_children:
            if one.type != "variable_declarator":
                continue
            given = one.child_by_field_name("value")
            value = (yield from self.value(given, scope)) if given is not None else UNDEFINED
            yield from self.bind(_field(one, "name"), value, scope)

    do_variable_declaration = do_lexical_declaration

    def do_class_declaration(self, node: Node, scope: Scope) -> Steps:
        scope.names[text(node.child_by_field_name("name"))] = yield from self.of_class(node, scope)

    def do_return_statement(self, node: Node, scope: Scope) -> Steps:
        given = [one for one in node.named_children if one.type != "comment"]
        return Left("return", (yield from self.value(given[0], scope)) if given else UNDEFINED)

    def do_break_statement(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        if node.named_children:
            raise UndecidedError("a label is not followed")
        return BREAK

    def do_continue_statement(self, node: Node, scope: Scope) -> Steps:
        yield from ()
        if node.named_children:
            raise UndecidedError("a label is not followed")
        return CONTINUE

    def do_throw_statement(self, node: Node, scope: Scope) -> Steps:
        line = self.line
        value = yield from self.value(node.named_children[0], scope)
        self.line = line
        raise ThrownError(value)

    def do_if_statement(self, node: Node, scope: Scope) -> Steps:
        told = yield from self.truth(_field(node, "condition"), scope)
        branch = node.child_by_field_name("consequence" if told else "alternative")
        if branch is None:
            return None
        return (yield from self.statement(branch.named_children[0] if branch.type == "else_clause" else branch, scope))

    def do_while_statement(self, node: Node, scope: Scope) -> Steps:
        return (yield from self._loop(node, scope, _field(node, "condition"), None, first=True))

    def do_do_statement(self, node: Node, scope: Scope) -> Steps:
        return (yield from self._loop(node, scope, _field(node, "condition"), None, first=False))

    def do_for_statement(self, node: Node, scope: Scope) -> Steps:
        inner = Scope({}, scope)
        begin = node.child_by_field_name("initializer")
        if begin is not None:
            if begin.type.endswith("declaration") or begin.type.endswith("statement"):
                yield from self.statement(begin, inner)
            else:
                yield from self.value(begin, inner)
        test = node.child_by_field_name("condition")
        if test is not None and test.type == "expression_statement":
            test = test.named_children[0]
        test = None if test is None or test.type == "empty_statement" else test
        return (yield from self._loop(node, inner, test, node.child_by_field_name("increment"), first=True))

    def _loop(self, node: Node, scope: Scope, test: Node | None, step: Node | None, first: bool) -> Steps:
        while True:
            if first and test is not None and not (yield from self.truth(test, scope)):
                return None
            first = True
            left = yield from self.statement(_field(node, "body"), scope)
            if left is BREAK:
                return None
            if left is not None and left is not CONTINUE:
                return left
            if step is not None:
                yield from self.value(step, scope)

    def do_for_in_statement(self, node: Node, scope: Scope) -> Steps:
        values = yield from self.value(_field(node, "right"), scope)
        words = {text(child) for child in node.children if not child.is_named}
        if "await" in words:
            raise UndecidedError(f"line {node.start_point[0] + 1} is not followed")
        items = self.items(values, node.id) if "of" in words else self.keys(values, node.id)
        for item in items:
            inner = Scope({}, scope)
            yield from self.bind(_field(node, "left"), item, inner)
            left = yield from self.statement(_field(node, "body"), inner)
            if left is BREAK:
                return None
            if left is not None and left is not CONTINUE:
                return left
        return None

    def do_switch_statement(self, node: Node, scope: Scope) -> Steps:
        value = yield from self.value(_field(node, "value"), scope)
        cases = [case for case in _field(node, "body").named_children if case.type != "comment"]
        start = None
        for at, case in enumerate(cases):
            if case.type == "switch_case":
                told = yield from self.value(_field(case, "value"), scope)
                if self._is_same(value, told, case.id):
                    start = at
                    break
        if start is None:
            start = next((at for at, case in enumerate(cases) if case.type == "switch_default"), None)
        inner = Scope({}, scope)
        for case in cases[start:] if start is not None else ():
            left = yield from self.block(case.children_by_field_name("body"), inner)
            if left is BREAK:
                return None
            if left is not None:
                return left
        return None

    def do_try_statement(self, node: Node, scope: Scope) -> Steps:
        left = None
        handler, last = node.child_by_field_name("handler"), node.child_by_field_name("finalizer")
        try:
            try:
                left = yield from self.statement(_field(node, "body"), scope)
            except ThrownError as error:
                if handler is None:
                    raise
                inner = Scope({}, scope)
                name = handler.child_by_field_name("parameter")
                if name is not None:
                    yield from self.bind(name, error.value, inner)
                left = yield from self.statement(_field(handler, "body"), inner)
        except ThrownError:
            over = (yield from self.statement(_field(last, "body"), scope)) if last is not None else None
            if over is not None:
                return over
            raise
        over = (yield from self.statement(_field(last, "body"), scope)) if last is not None else None
        return over if over is not None else left

    def do_export_statement(self, node: Node, scope: Scope) -> Steps:
        inner = node.child_by_field_name("declaration") or node.child_by_field_name("value")
        if inner is None:
            raise UndecidedError("what it exports is not followed")
        if inner.type.endswith("declaration"):
            yield from self.statement(inner, scope)
        else:
            yield from self.value(inner, scope)

    def whole(self, root: Node, scope: Scope) -> Steps:
        """What a file does: what it imports comes first, wherever that stands (ECMA-262, Modules)."""
        imported = [node for node in root.named_children if node.type == "import_statement"]
        rest = [node for node in root.named_children if node.type != "import_statement"]
        return (yield from self.block([*imported, *rest], scope))

    def do_import_statement(self, node: Node, scope: Scope) -> Steps:
        module = self.library.load(string(_field(node, "source")))
        yield from ()
        clause = next((child for child in node.named_children if child.type == "import_clause"), None)
        for one in clause.named_children if clause is not None else ():
            if one.type == "identifier":
                scope.names[text(one)] = module
            elif one.type == "namespace_import":
                scope.names[text(one.named_children[-1])] = module
            else:
                for name in one.named_children:
                    told = text(name.child_by_field_name("name"))
                    scope.names[text(name.child_by_field_name("alias")) or told] = self.member(module, told)

    # Names

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
            owner = yield from self.value(_field(target, "object"), scope)
            self.put(owner, text(target.child_by_field_name("property")), value)
        elif kind == "subscript_expression":
            owner = yield from self.value(_field(target, "object"), scope)
            key = yield from self.value(_field(target, "index"), scope)
            if isinstance(key, (str, int, float)) and not isinstance(key, bool):
                self.put(owner, str(key) if not isinstance(key, float) else str(int(key)), value)
            elif not isinstance(key, Opaque):
                raise UndecidedError(f"line {self.line} is not followed")
        elif kind in {"assignment_pattern", "object_assignment_pattern"}:
            if value is UNDEFINED:
                value = yield from self.value(_field(target, "right"), scope)
            yield from self._assign(_field(target, "left"), value, scope, new)
        elif kind == "object_pattern":
            if value is None or value is UNDEFINED:
                raise ThrownError(self.library.error("TypeError"))
            for one in target.named_children:
                if one.type == "pair_pattern":
                    part = self.member(value, text(_field(one, "key")))
                    yield from self._assign(_field(one, "value"), part, scope, new)
                elif one.type == "rest_pattern":
                    yield from self._assign(one.named_children[0], Opaque(), scope, new)
                elif one.type != "comment":
                    inner = _field(one, "left") if one.type == "object_assignment_pattern" else one
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

    def put(self, owner: Any, name: str, value: Any) -> None:
        """`owner.name = value`."""
        if isinstance(owner, Thing):
            owner.fields[name] = value
        elif isinstance(owner, List) and name.isdecimal() and int(name) <= len(owner.items):
            owner.items[int(name) : int(name) + 1] = [value]
        elif isinstance(owner, Class):
            owner.static[name] = value
        elif isinstance(owner, Builtin):
            self.library.put(owner, name, value)
        elif owner is None or owner is UNDEFINED:
            raise ThrownError(self.library.error("TypeError"))

    # Expressions

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

    def items(self, value: Any, place: int) -> list[Any]:
        """What `for … of` goes over; of something that nobody knows, one thing or nothing."""
        if isinstance(value, List):
            return list(value.items)
        if isinstance(value, str):
            return list(value[:MOST_ITEMS])
        if isinstance(value, Opaque):
            return [Opaque()] if self.decide(place) else []
        if isinstance(value, Thing) and value.kind in {"map", "set"}:
            return cast("list[Any]", self.library.elements(value))
        if value is None or isinstance(value, (Undefined, bool, int, float)):
            raise ThrownError(self.library.error("TypeError"))
        raise UndecidedError("what a loop goes over is not known")

    def keys(self, value: Any, place: int) -> list[Any]:
        """What `for … in` goes over."""
        if isinstance(value, Thing):
            return list(value.fields)
        if isinstance(value, List):
            return [str(at) for at in range(len(value.items))]
        return self.items(value, place) if isinstance(value, Opaque) else []

    def truth(self, node: Node, scope: Scope) -> Steps:
        """Whether an expression is true."""
        value = yield from self.value(node, scope)
        return self.is_true(value, node.id)

    def is_true(self, value: Any, place: int) -> bool:
        """Whether a value counts as true; `place` is where that is asked."""
        if isinstance(value, Opaque):
            return self.decide(place)
        if isinstance(value, float) and value != value:
            return False
        return bool(value) if isinstance(value, (str, int, float, bool, type(None))) else value is not UNDEFINED

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
                value = yield from self.value(_field(one, "value"), scope)
                key = yield from self._key(_field(one, "key"), scope)
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
        for one in _field(node, "body").named_children:
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
        inner = _field(node, "argument")
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
        left = yield from self.value(_field(node, "left"), scope)
        if sign in {"&&", "||", "??"}:
            return (yield from self._either(sign, left, node, scope))
        right = yield from self.value(_field(node, "right"), scope)
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
        return (yield from self.value(_field(node, "right"), scope))

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
        told = yield from self.truth(_field(node, "condition"), scope)
        return (yield from self.value(_field(node, "consequence" if told else "alternative"), scope))

    def of_assignment_expression(self, node: Node, scope: Scope) -> Steps:
        value = yield from self.value(_field(node, "right"), scope)
        yield from self._assign(_field(node, "left"), value, scope)
        return value

    def of_augmented_assignment_expression(self, node: Node, scope: Scope) -> Steps:
        sign = text(node.child_by_field_name("operator"))[:-1]
        left = yield from self.value(_field(node, "left"), scope)
        if sign in {"&&", "||", "??"}:
            value = yield from self._either(sign, left, node, scope)
        else:
            value = self._computed(sign, left, (yield from self.value(_field(node, "right"), scope)), node.id)
        yield from self._assign(_field(node, "left"), value, scope)
        return value

    def of_update_expression(self, node: Node, scope: Scope) -> Steps:
        target = _field(node, "argument")
        before = yield from self.value(target, scope)
        number = isinstance(before, (int, float)) and not isinstance(before, bool)
        after = before + (1 if text(node.child_by_field_name("operator")) == "++" else -1) if number else Opaque()
        yield from self._assign(target, after, scope)
        return before if node.children[0].is_named else after

    def of_await_expression(self, node: Node, scope: Scope) -> Steps:
        value = yield from self.value(node.named_children[0], scope)
        return (yield from self.awaited(value))

    def awaited(self, value: Any) -> Steps:
        """`await value`."""
        if not isinstance(value, Promise):
            promise = Promise("kept", value)
            return (yield promise)
        return (yield value)

    def of_member_expression(self, node: Node, scope: Scope) -> Steps:
        owner = yield from self.value(_field(node, "object"), scope)
        if node.child_by_field_name("optional_chain") is not None and (owner is None or owner is UNDEFINED):
            return UNDEFINED
        return self.member(owner, text(node.child_by_field_name("property")))

    def of_subscript_expression(self, node: Node, scope: Scope) -> Steps:
        owner = yield from self.value(_field(node, "object"), scope)
        key = yield from self.value(_field(node, "index"), scope)
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

    def member(self, owner: Any, name: str) -> Any:
        """`owner.name`."""
        if owner is None or owner is UNDEFINED:
            raise ThrownError(self.library.error("TypeError"))
        if isinstance(owner, Thing):
            if name in owner.fields:
                value = owner.fields[name]
                return replace(value, this=owner) if isinstance(value, Function) and not value.arrow else value
            for kind in line(owner.made_by):
                if name in kind.methods:
                    return replace(kind.methods[name], this=owner)
            return self.library.member(owner, name)
        if isinstance(owner, Class):
            found = next((kind.static[name] for kind in line(owner) if name in kind.static), None)
            return (
                replace(found, this=owner) if isinstance(found, Function) else Opaque(name) if found is None else found
            )
        if isinstance(owner, Builtin) and owner.path == "$super":
            base, this = owner.owner[0].base, owner.owner[1]
            for kind in line(base):
                if name in kind.methods:
                    return replace(kind.methods[name], this=this)
            return self.library.member(this, name)
        return self.library.member(owner, name)

    # Calls

    def of_call_expression(self, node: Node, scope: Scope) -> Steps:
        told = _field(node, "function")
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
        given = _field(node, "arguments")
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
        kind = yield from self.value(_field(node, "constructor"), scope)
        given = node.child_by_field_name("arguments")
        arguments = tuple((yield from self.values(given.named_children, scope))) if given is not None else ()
        self.library.place = node.id
        if isinstance(kind, Class):
            made = Thing(self.library.kind_of(kind), made_by=kind)
            yield from self._begin(made, kind, arguments)
            return made
        return (yield from self.library.make(kind, arguments))

    def _begin(self, made: Thing, kind: object, arguments: tuple[Any, ...]) -> Steps:
        """What a constructor does."""
        if not isinstance(kind, Class):
            return
        begin = kind.methods.get("constructor")
        if kind.base is None or begin is None:
            yield from self._begin(made, kind.base, arguments)
            yield from self._fields(made, kind)
        if begin is not None:
            yield from self.call(replace(begin, this=made), arguments)

    def _fields(self, made: Thing, kind: Class) -> Steps:
        for name, given in kind.fields:
            inner = Scope({"this": made}, kind.scope)
            made.fields[name] = (yield from self.value(given, inner)) if given is not None else UNDEFINED

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Steps:
        """Calls something."""
        if isinstance(function, Function):
            steps = self.run(function, (*function.before, *arguments))
            if any(child.type == "async" for child in function.node.children):
                return self.library.loop.start(steps)
            return (yield from steps)
        if isinstance(function, (Undefined, str, int, float, bool, type(None))):
            raise ThrownError(self.library.error("TypeError"))
        return (yield from self.library.call(function, arguments))

    def run(self, function: Function, arguments: tuple[Any, ...]) -> Steps:
        """The body of a function of the program."""
        if self.depth > DEEPEST:
            raise UndecidedError("its functions call one another very deep")
        node = function.node
        if any(child.type == "*" for child in node.children) or node.type.startswith("generator"):
            raise UndecidedError("a generator is not followed")
        scope = Scope({}, function.scope)
        if not function.arrow:
            scope.names |= {"this": function.this, "$owner": function.owner, "arguments": List(list(arguments))}
        self.depth += 1
        try:
            single = node.child_by_field_name("parameter")
            told = [single] if single is not None else _field(node, "parameters").named_children
            at = 0
            for parameter in told:
                if parameter.type == "comment":
                    continue
                if parameter.type == "rest_pattern":
                    yield from self.bind(parameter.named_children[0], List(list(arguments[at:])), scope)
                    break
                yield from self.bind(parameter, arguments[at] if at < len(arguments) else UNDEFINED, scope)
                at += 1
            body = _field(node, "body")
            if body.type != "statement_block":
                return (yield from self.value(body, scope))
            left = yield from self.block(body.named_children, scope)
            return left.value if left is not None else UNDEFINED
        finally:
            self.depth -= 1


def line(kind: object) -> list[Class]:
    """A class and those that it extends, the closest first."""
    found: list[Class] = []
    while isinstance(kind, Class) and len(found) < DEEPEST:
        found.append(kind)
        kind = kind.base
    return found


def text(node: Node | None) -> str:
    """What a node says; "" for none."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\", "\\'": "'", '\\"': '"'}


def string(node: Node) -> str:
    """The value of a string."""
    parts = [text(child) for child in node.named_children]
    return "".join(_ESCAPES.get(part, part) if part.startswith("\\") else part for part in parts)


def _field(node: Node, name: str) -> Node:
    found = node.child_by_field_name(name)
    if found is None:
        raise UndecidedError(f"line {node.start_point[0] + 1} is not followed")
    return found
