"""Carries out Python: its statements, as far as the values in them are known (docs.python.org/3/reference)."""

from __future__ import annotations

import ast

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.expressions import Expressions
from stopcheck.boot.python.objects import FIELDS, MOST_STEPS, PLAIN
from stopcheck.boot.python.values import (
    Class,
    Coroutine,
    Function,
    Instance,
    Library,
    Partial,
    RaisedError,
    Scope,
    Thing,
)
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopcheck.boot.python.values import Steps

_BUSY = 40
"""So many rounds of a loop without a pause count for one second."""
_ROLES = {"property": "property", "staticmethod": "static", "classmethod": "class"}


@dataclass(frozen=True)
class Left:
    """How a block was left: `break`, `continue` or `return`."""

    how: str
    value: object = None


BREAK, CONTINUE = Left("break"), Left("continue")


class Evaluator(Expressions):
    """Carries out a program's statements; what the standard library does is asked of `library`."""

    def block(self, body: list[ast.stmt], scope: Scope) -> Steps:
        """Carries out statements; None, or how they were left."""
        for statement in body:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise UndecidedError("it does very much")
            if scope.top().names.get("__name__") == "__main__":
                self.library.line = statement.lineno
            do = getattr(self, f"do_{type(statement).__name__.lower()}", None)
            if do is None:
                raise UndecidedError(f"line {statement.lineno} is not followed")
            left = yield from do(statement, scope)
            if left is not None:
                return left
        return None

    def do_expr(self, node: ast.Expr, scope: Scope) -> Steps:
        yield from self.value(node.value, scope)

    def do_pass(self, node: ast.Pass, scope: Scope) -> Steps:
        yield from ()

    def do_break(self, node: ast.Break, scope: Scope) -> Steps:
        yield from ()
        return BREAK

    def do_continue(self, node: ast.Continue, scope: Scope) -> Steps:
        yield from ()
        return CONTINUE

    def do_return(self, node: ast.Return, scope: Scope) -> Steps:
        value = (yield from self.value(node.value, scope)) if node.value is not None else None
        return Left("return", value)

    def do_global(self, node: ast.Global, scope: Scope) -> Steps:
        yield from ()
        scope.elsewhere = {**scope.elsewhere, **dict.fromkeys(node.names, scope.top())}

    def do_nonlocal(self, node: ast.Nonlocal, scope: Scope) -> Steps:
        yield from ()
        for name in node.names:
            home = scope.outer.home(name) if scope.outer is not None else None
            scope.elsewhere = {**scope.elsewhere, name: home or scope.top()}

    def do_import(self, node: ast.Import, scope: Scope) -> Steps:
        for alias in node.names:
            module = yield from self.library.load(alias.name)
            top = module if alias.asname else (yield from self.library.load(alias.name.partition(".")[0]))
            scope.names[alias.asname or alias.name.partition(".")[0]] = top

    def do_importfrom(self, node: ast.ImportFrom, scope: Scope) -> Steps:
        if node.module == "__future__":
            return
        module = yield from self.library.load(_whole_name(node, scope))
        for alias in node.names:
            if alias.name == "*":
                raise UndecidedError("all names of a module are imported")
            scope.names[alias.asname or alias.name] = yield from self.library.imported(module, alias.name)

    def do_if(self, node: ast.If, scope: Scope) -> Steps:
        told = yield from self.truth(node.test, scope)
        return (yield from self.block(node.body if told else node.orelse, scope))

    def do_while(self, node: ast.While, scope: Scope) -> Steps:
        rounds = 0
        while (yield from self.truth(node.test, scope)):
            before = self.library.clock()
            left = yield from self.block(node.body, scope)
            if left is BREAK:
                return None
            if left is not None and left is not CONTINUE:
                return left
            rounds = rounds + 1 if self.library.clock() == before else 0
            if rounds > _BUSY:
                if isinstance(node.test, ast.Compare):
                    raise UndecidedError("how long a loop goes on is not told")
                rounds = 0
                yield self.library.busy()
        return (yield from self.block(node.orelse, scope))

    def do_for(self, node: ast.For, scope: Scope) -> Steps:
        values = yield from self.value(node.iter, scope)
        if isinstance(values, Thing):
            values = yield from self.library.lines(values)
        for item in self.items(values, id(node)):
            yield from self.assign(node.target, item, scope)
            left = yield from self.block(node.body, scope)
            if left is BREAK:
                return None
            if left is not None and left is not CONTINUE:
                return left
        return (yield from self.block(node.orelse, scope))

    def do_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Steps:
        function = yield from self.function(node, scope)
        value: object = function
        for decorator in reversed(node.decorator_list):
            named = yield from self.value(decorator, scope)
            if isinstance(named, Library) and named.path in _ROLES:
                value = replace(function, role=_ROLES[named.path])
            elif isinstance(named, (Function, Class, Partial)) or named == Library("atexit.register"):
                value = yield from self.call(named, (value,))
            elif not self.library.is_harmless(named):
                raise UndecidedError(f"a decorator in line {decorator.lineno} is not followed")
        scope.names[node.name] = value

    do_asyncfunctiondef = do_functiondef

    def do_classdef(self, node: ast.ClassDef, scope: Scope) -> Steps:
        bases = yield from self.values(node.bases, scope)
        if node.keywords and any(word.arg != "metaclass" for word in node.keywords):
            raise UndecidedError(f"the class in line {node.lineno} is not followed")
        inner = Scope({}, scope, scope.top())
        yield from self.block(node.body, inner)
        told = [
            one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        inner.names[FIELDS] = tuple(told)
        defined = Class(node.name, tuple(bases), inner.names)
        for name, member in inner.names.items():
            if isinstance(member, Function):
                # A class's own names are not seen in its methods.
                inner.names[name] = replace(member, scope=scope, owner=defined)
        scope.names[node.name] = defined

    def do_assign(self, node: ast.Assign, scope: Scope) -> Steps:
        value = yield from self.value(node.value, scope)
        for target in node.targets:
            yield from self.assign(target, value, scope)

    def do_annassign(self, node: ast.AnnAssign, scope: Scope) -> Steps:
        if node.value is not None:
            value = yield from self.value(node.value, scope)
            yield from self.assign(node.target, value, scope)

    def do_augassign(self, node: ast.AugAssign, scope: Scope) -> Steps:
        kind: Callable[..., ast.expr] = type(node.target)
        target = kind(**{**vars(node.target), "ctx": ast.Load()})
        value = yield from self.value(ast.copy_location(ast.BinOp(target, node.op, node.value), node), scope)
        yield from self.assign(node.target, value, scope)

    def do_delete(self, node: ast.Delete, scope: Scope) -> Steps:
        yield from ()
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names.pop(target.id, None)

    def do_assert(self, node: ast.Assert, scope: Scope) -> Steps:
        if not (yield from self.truth(node.test, scope)):
            raise RaisedError("AssertionError")

    def do_raise(self, node: ast.Raise, scope: Scope) -> Steps:
        if node.exc is None:
            home = scope.home("$caught")
            if home is None:
                raise RaisedError("RuntimeError")
            raise cast("RaisedError", home.names["$caught"])
        value = yield from self.value(node.exc, scope)
        if isinstance(value, Library):
            raise RaisedError(value.path)
        if isinstance(value, Class):
            raise RaisedError(value, (yield from self.call(value, ())))
        if isinstance(value, Instance):
            raise RaisedError(value.kind, value)
        if isinstance(value, Thing) and value.kind == "exception":
            raise RaisedError(value.fields["kind"], value.fields.get("value"))
        if isinstance(value, RaisedError):
            raise value
        raise UndecidedError(f"what line {node.lineno} raises is not known")

    def do_try(self, node: ast.Try, scope: Scope) -> Steps:
        left = None
        try:
            try:
                left = yield from self.block(node.body, scope)
            except RaisedError as error:
                handler = yield from self._handler(node, error, scope)
                if handler is None:
                    raise
                scope.names["$caught"] = error
                if handler.name:
                    scope.names[handler.name] = error
                left = yield from self.block(handler.body, scope)
            else:
                left = left if left is not None else (yield from self.block(node.orelse, scope))
        except RaisedError:
            over = yield from self.block(node.finalbody, scope)
            if over is not None:
                return over
            raise
        over = yield from self.block(node.finalbody, scope)
        return over if over is not None else left

    def _handler(self, node: ast.Try, error: RaisedError, scope: Scope) -> Steps:
        for handler in node.handlers:
            if handler.type is None:
                return handler
            caught = yield from self.value(handler.type, scope)
            if error.fits(caught):
                return handler
        return None

    def do_with(self, node: ast.With | ast.AsyncWith, scope: Scope, at: int = 0) -> Steps:
        if at == len(node.items):
            return (yield from self.block(node.body, scope))
        manager = yield from self.value(node.items[at].context_expr, scope)
        target = node.items[at].optional_vars
        if isinstance(manager, Coroutine):
            raise UndecidedError(f"line {node.lineno} is not followed")
        entered = yield from self._enter(manager)
        if target is not None:
            yield from self.assign(target, entered, scope)
        try:
            left = yield from self.do_with(node, scope, at + 1)
        except RaisedError as error:
            if (yield from self._exit(manager, error)):
                return None
            raise
        yield from self._exit(manager, None)
        return left

    do_asyncwith = do_with

    def _enter(self, manager: object) -> Steps:
        for name in ("__enter__", "__aenter__"):
            if isinstance(manager, Instance) and manager.kind.member(name) is not None:
                return (yield from self.awaited(self.call(self.attribute(manager, name), ())))
        return (yield from self.library.begin_with(manager))

    def _exit(self, manager: object, error: RaisedError | None) -> Steps:
        for name in ("__exit__", "__aexit__"):
            if isinstance(manager, Instance) and manager.kind.member(name) is not None:
                told = (Opaque("type"), error, Opaque("traceback")) if error is not None else (None, None, None)
                result = yield from self.awaited(self.call(self.attribute(manager, name), told))
                return self.is_true(result, id(manager.kind))
        return (yield from self.library.end_with(manager, error))

    def awaited(self, steps: Steps) -> Steps:
        """A value, which is waited for where it is a coroutine."""
        value = yield from steps
        return (yield from self.library.wait_for(value)) if isinstance(value, Coroutine) else value

    def do_match(self, node: ast.Match, scope: Scope) -> Steps:
        subject = yield from self.value(node.subject, scope)
        for case in node.cases:
            pattern = case.pattern
            if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
                fits = True
            elif isinstance(pattern, ast.MatchValue) and isinstance(subject, PLAIN):
                fits = (yield from self.value(pattern.value, scope)) == subject
            else:
                raise UndecidedError(f"line {node.lineno} is not followed")
            if fits and (case.guard is None or (yield from self.truth(case.guard, scope))):
                return (yield from self.block(case.body, scope))
        return None


def _whole_name(node: ast.ImportFrom, scope: Scope) -> str:
    """The module that is imported from: `from .name` is one of the importing module's package."""
    if not node.level:
        return node.module or ""
    package = scope.top().names.get("__package__")
    parts = package.split(".") if isinstance(package, str) and package else []
    if len(parts) < node.level:
        raise RaisedError("ImportError")
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
