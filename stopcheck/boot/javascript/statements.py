"""Carries out JavaScript: its statements, as far as the values in them are known (tc39.es/ecma262)."""

from __future__ import annotations

from stopcheck.boot.conduct import UndecidedError
from stopcheck.boot.javascript.expressions import MOST_STEPS, Expressions
from stopcheck.boot.javascript.nodes import field, string, text
from stopcheck.boot.javascript.values import (
    UNDEFINED,
    Function,
    Scope,
    ThrownError,
)
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

    from stopcheck.boot.javascript.values import Steps


@dataclass(frozen=True)
class Left:
    """How a block was left: `break`, `continue` or `return`."""

    how: str
    value: object = UNDEFINED


BREAK, CONTINUE = Left("break"), Left("continue")


class Evaluator(Expressions):
    """Carries out a program's statements; what the language brings and Node.js does is asked of `library`."""

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
            yield from self.bind(field(one, "name"), value, scope)

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
        told = yield from self.truth(field(node, "condition"), scope)
        branch = node.child_by_field_name("consequence" if told else "alternative")
        if branch is None:
            return None
        return (yield from self.statement(branch.named_children[0] if branch.type == "else_clause" else branch, scope))

    def do_while_statement(self, node: Node, scope: Scope) -> Steps:
        return (yield from self._loop(node, scope, field(node, "condition"), None, first=True))

    def do_do_statement(self, node: Node, scope: Scope) -> Steps:
        return (yield from self._loop(node, scope, field(node, "condition"), None, first=False))

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
            left = yield from self.statement(field(node, "body"), scope)
            if left is BREAK:
                return None
            if left is not None and left is not CONTINUE:
                return left
            if step is not None:
                yield from self.value(step, scope)

    def do_for_in_statement(self, node: Node, scope: Scope) -> Steps:
        values = yield from self.value(field(node, "right"), scope)
        words = {text(child) for child in node.children if not child.is_named}
        if "await" in words:
            raise UndecidedError(f"line {node.start_point[0] + 1} is not followed")
        items = self.items(values, node.id) if "of" in words else self.keys(values, node.id)
        for item in items:
            inner = Scope({}, scope)
            yield from self.bind(field(node, "left"), item, inner)
            left = yield from self.statement(field(node, "body"), inner)
            if left is BREAK:
                return None
            if left is not None and left is not CONTINUE:
                return left
        return None

    def do_switch_statement(self, node: Node, scope: Scope) -> Steps:
        value = yield from self.value(field(node, "value"), scope)
        cases = [case for case in field(node, "body").named_children if case.type != "comment"]
        start = None
        for at, case in enumerate(cases):
            if case.type == "switch_case":
                told = yield from self.value(field(case, "value"), scope)
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
                left = yield from self.statement(field(node, "body"), scope)
            except ThrownError as error:
                if handler is None:
                    raise
                inner = Scope({}, scope)
                name = handler.child_by_field_name("parameter")
                if name is not None:
                    yield from self.bind(name, error.value, inner)
                left = yield from self.statement(field(handler, "body"), inner)
        except ThrownError:
            over = (yield from self.statement(field(last, "body"), scope)) if last is not None else None
            if over is not None:
                return over
            raise
        over = (yield from self.statement(field(last, "body"), scope)) if last is not None else None
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
        module = self.library.load(string(field(node, "source")))
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
