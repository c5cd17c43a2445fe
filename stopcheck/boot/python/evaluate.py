"""Carries out Python: statements and expressions, as far as their values are known (docs.python.org/3/reference)."""

from __future__ import annotations

import ast
import itertools
import operator

from stopcheck.boot.conduct import Opaque, UndecidedError
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
from stopcheck.knowledge.python import standard_library
from stopcheck.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from stopcheck.boot.python.values import Steps

MOST_STEPS = 30_000
DEEPEST = 40
"""Calls within calls."""
MOST_ITEMS = 10_000
_BUSY = 40
"""So many rounds of a loop without a pause count for one second."""
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.BitOr: operator.or_, ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor, ast.Pow: operator.pow,
}  # fmt: skip
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_PLAIN = (str, int, float, bytes, bool, type(None))
_CONTAINERS = (list, tuple, dict, set)
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))


@dataclass(frozen=True)
class Left:
    """How a block was left: `break`, `continue` or `return`."""

    how: str
    value: object = None


BREAK, CONTINUE = Left("break"), Left("continue")


class Evaluator:
    """Carries out a program's statements; what the standard library does is asked of `library`."""

    def __init__(self, decide: Callable[[int], bool], library: Any) -> None:
        self.decide = decide
        """Answers what cannot be known, by the place in the program that asks."""
        self.library = library
        self.steps = 0
        self.depth = 0

    # Statements

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

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope) -> Steps:
        """A function, with its defaults as they are now."""
        defaults = yield from self.values(node.args.defaults, scope)
        named: dict[str, object] = {}
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if default is not None:
                named[argument.arg] = yield from self.value(default, scope)
        return Function(node, scope, tuple(defaults), named)

    def do_classdef(self, node: ast.ClassDef, scope: Scope) -> Steps:
        bases = yield from self.values(node.bases, scope)
        if node.keywords and any(word.arg != "metaclass" for word in node.keywords):
            raise UndecidedError(f"the class in line {node.lineno} is not followed")
        inner = Scope({}, scope, scope.top())
        yield from self.block(node.body, inner)
        told = [
            one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        inner.names[_FIELDS] = tuple(told)
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
        target = cast("Any", type(node.target))(**{**vars(node.target), "ctx": ast.Load()})
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
            elif isinstance(pattern, ast.MatchValue) and isinstance(subject, _PLAIN):
                fits = (yield from self.value(pattern.value, scope)) == subject
            else:
                raise UndecidedError(f"line {node.lineno} is not followed")
            if fits and (case.guard is None or (yield from self.truth(case.guard, scope))):
                return (yield from self.block(case.body, scope))
        return None

    # Assignment

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

    # Expressions

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

    def items(self, value: object, place: int) -> Iterable[Any]:
        """What a loop goes over; of something that nobody knows, one thing or nothing."""
        if isinstance(value, _VIEWS):
            value = list(cast("Iterable[Any]", value))
        if isinstance(value, (list, tuple, set, dict, str, range)):
            if _size(value) > MOST_ITEMS:
                raise UndecidedError("it goes through very many things")
            return list(value)
        if isinstance(value, Opaque):
            return [Opaque(value.name)] if self.decide(place) else []
        if isinstance(value, Library) and value.path == "sys.stdin":
            return []
        if isinstance(value, Thing) and value.kind == "endless":
            return itertools.repeat(Opaque())
        raise UndecidedError("what a loop goes over is not known")

    def truth(self, node: ast.expr, scope: Scope) -> Steps:
        """Whether an expression is true."""
        value = yield from self.value(node, scope)
        return self.is_true(value, id(node))

    def is_true(self, value: object, place: int) -> bool:
        """Whether a value counts as true; `place` is where that is asked."""
        if isinstance(value, (*_PLAIN, *_CONTAINERS, range)):
            return bool(value)
        return self.decide(place) if isinstance(value, Opaque) else True

    def of_joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Steps:
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
                continue
            value = yield from self.value(cast("ast.FormattedValue", part).value, scope)
            if not isinstance(value, _PLAIN) or cast("ast.FormattedValue", part).format_spec is not None:
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
        fits = isinstance(left, (*_PLAIN, list, tuple, set)) and isinstance(right, (*_PLAIN, list, tuple, set, dict))
        if operate is None or not fits or _size(left) + _size(right) > MOST_ITEMS:
            return Opaque()
        small = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if isinstance(node.op, ast.Mult) and (not small or max(abs(left), abs(right)) > 10**9):
            return Opaque()
        if isinstance(node.op, ast.Pow) and (not small or abs(left) > 10**6 or not 0 <= right <= 64):
            return Opaque()
        if isinstance(node.op, ast.Mod) and isinstance(left, (str, bytes)):
            return Opaque()
        return _guarded(lambda: operate(left, right))

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
            elif isinstance(right, _CONTAINERS) or (isinstance(left, str) and isinstance(right, str)):
                told = _guarded(lambda: left in right)
            else:
                return self.decide(place)
            return bool(told) is isinstance(operation, ast.In)
        plain = (*_PLAIN, *_CONTAINERS, Library)
        if isinstance(left, plain) and isinstance(right, plain):
            left, right = self.library.number(left), self.library.number(right)
            parts = [isinstance(one, Library) for one in (left, right)]
            if any(parts) and not (all(parts) and isinstance(operation, (ast.Eq, ast.NotEq))):
                return self.decide(place)  # sys.version_info, sys.byteorder: a value of which only the name is known
            return bool(_guarded(lambda: _COMPARE[type(operation)](left, right)))
        if isinstance(operation, (ast.Eq, ast.NotEq)):
            return (left is right) is isinstance(operation, ast.Eq)
        return self.decide(place)

    def of_ifexp(self, node: ast.IfExp, scope: Scope) -> Steps:
        told = yield from self.truth(node.test, scope)
        return (yield from self.value(node.body if told else node.orelse, scope))

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
        return _guarded(lambda: dict(found))

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

    def attribute(self, owner: Any, name: str) -> Any:
        """`owner.name`."""
        if isinstance(owner, _Super):
            return self._inherited(owner, name)
        if isinstance(owner, Instance):
            if name in owner.fields:
                return owner.fields[name]
            member = owner.kind.member(name)
            if isinstance(member, Function):
                bound = () if member.role == "static" else (owner.kind,) if member.role == "class" else (owner,)
                return replace(member, bound=bound)
            if member is not None:
                return member
            if owner.thing is not None:
                return self.library.attribute(owner.thing, name)
            if name == "__class__":
                return owner.kind
            if owner.kind.library():
                return Opaque(name)
            raise RaisedError("AttributeError")
        if isinstance(owner, Class):
            member = owner.member(name)
            if isinstance(member, Function):
                return replace(member, bound=(owner,)) if member.role == "class" else member
            return Opaque(name) if member is None else member
        if isinstance(owner, (*_PLAIN, *_CONTAINERS)):
            if not hasattr(owner, name):
                raise UndecidedError(f"what {name} is, is not known")  # a list may stand for a generator
            return _Native(owner, name) if name in standard_library().methods else Opaque(name)
        return self.library.attribute(owner, name)

    def _inherited(self, owner: _Super, name: str) -> Any:
        for base in owner.owner.bases if owner.owner is not None else ():
            member = base.member(name) if isinstance(base, Class) else None
            if isinstance(member, Function):
                return replace(member, bound=(owner.bound,))
        if name == "__init__":
            return Partial(Library("object.__init__"), (owner.bound,), {})
        thing = owner.bound.thing if isinstance(owner.bound, Instance) else None
        return self.library.attribute(thing, name) if thing is not None else Opaque(name)

    def of_subscript(self, node: ast.Subscript, scope: Scope) -> Steps:
        owner = yield from self.value(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            parts: list[Any] = []
            for part in (node.slice.lower, node.slice.upper, node.slice.step):
                parts.append((yield from self.value(part, scope)) if part is not None else None)
            known = all(part is None or isinstance(part, int) for part in parts)
            if isinstance(owner, (str, bytes, list, tuple)) and known:
                return _guarded(lambda: owner[slice(*parts)])
            return Opaque()
        key = yield from self.value(node.slice, scope)
        if isinstance(owner, Library) and owner.path == "os.environ":
            return self.library.variable(key)
        if isinstance(owner, (str, bytes, list, tuple, dict)) and not isinstance(key, Opaque):
            return _guarded(lambda: owner[key])
        return Opaque()

    # Calls

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
        return _Super(function.owner, bound)

    def call(self, function: Any, arguments: tuple[Any, ...], named: Mapping[str, Any] | None = None) -> Steps:
        """Calls something."""
        named = named or {}
        if isinstance(function, Function):
            if isinstance(function.node, ast.AsyncFunctionDef):
                return Coroutine(function, arguments, named)
            return (yield from self.run(function, arguments, named))
        if isinstance(function, Partial):
            return (
                yield from self.call(function.function, (*function.arguments, *arguments), {**function.named, **named})
            )
        if isinstance(function, Class):
            return (yield from self._instance(function, arguments, named))
        if isinstance(function, _Native):
            return self._native(function, arguments, named)
        if isinstance(function, Instance):
            return (yield from self.call(self.attribute(function, "__call__"), arguments, named))
        return (yield from self.library.call(function, arguments, named))

    def run(self, function: Function, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Steps:
        """The body of a function of the program."""
        if self.depth > DEEPEST:
            raise UndecidedError("its functions call one another very deep")
        names = bind(function, arguments, named)
        if function.bound:
            names["$method"] = (function, function.bound[0])
        scope = Scope(names, function.scope, function.scope.top())
        self.depth += 1
        try:
            if isinstance(function.node, ast.Lambda):
                return (yield from self.value(function.node.body, scope))
            if _is_generator(function.node):
                raise UndecidedError(f"{function.node.name} is a generator")
            left = yield from self.block(function.node.body, scope)
            return left.value if left is not None else None
        finally:
            self.depth -= 1

    def _instance(self, kind: Class, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Steps:
        made = Instance(kind)
        if kind.library():
            made.thing = self.library.made(kind.library(), made)
        begin = self.attribute(made, "__init__") if kind.member("__init__") is not None else None
        if begin is not None:
            yield from self.call(begin, arguments, named)
        elif kind.library():
            yield from self.library.begin(made, arguments, named)
        elif arguments or named:
            made.fields |= dict(
                zip(cast("tuple[str, ...]", kind.member(_FIELDS) or ()), arguments, strict=False)
            ) | dict(named)
        return made

    def _native(self, method: _Native, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> object:
        known = all(isinstance(one, (*_PLAIN, *_CONTAINERS)) for one in (*arguments, *named.values()))
        changes = isinstance(method.owner, (list, dict, set))
        if not known and not changes:
            return Opaque()
        sizes = [_size(one) for one in (method.owner, *arguments)]
        if method.name in {"sort", "zfill", "ljust", "rjust"} or (max(sizes) + 1) * (sum(sizes) + 1) > MOST_ITEMS**2:
            return Opaque()
        return _guarded(lambda: getattr(method.owner, method.name)(*arguments, **named))


_FIELDS = "$fields"
"""What a class tells of its instances' fields, in their order, for dataclasses.dataclass."""
_ROLES = {"property": "property", "staticmethod": "static", "classmethod": "class"}


@dataclass(frozen=True, eq=False)
class _Native:
    """A method of a text, a list, a mapping or a set."""

    owner: Any
    name: str


@dataclass(frozen=True, eq=False)
class _Super:
    """`super()` in a method."""

    owner: Class | None
    bound: Any


def _is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    stack: list[ast.AST] = list(node.body)
    while stack:
        one = stack.pop()
        if isinstance(one, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            stack += ast.iter_child_nodes(one)
    return False


def bind(function: Function, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """A function's parameters with what they are given; raises TypeError's like where that does not fit."""
    told = function.node.args
    given = (*function.bound, *arguments)
    positional = [one.arg for one in (*told.posonlyargs, *told.args)]
    names: dict[str, Any] = dict(zip(positional[len(positional) - len(function.defaults) :], function.defaults,
                                     strict=True))  # fmt: skip
    names |= function.named_defaults
    names |= dict(zip(positional, given, strict=False))
    rest = given[len(positional) :]
    if told.vararg is not None:
        names[told.vararg.arg] = rest
    elif rest:
        raise RaisedError("TypeError")
    known = {*positional, *(one.arg for one in told.kwonlyargs)}
    more = {name: value for name, value in named.items() if name not in known}
    names |= {name: value for name, value in named.items() if name in known}
    if told.kwarg is not None:
        names[told.kwarg.arg] = more
    elif more:
        raise RaisedError("TypeError")
    if not known <= names.keys():
        raise RaisedError("TypeError")
    return names


def _size(value: object) -> int:
    """How many things, or letters, a value has."""
    if isinstance(value, range):
        return max(0, (value.stop - value.start) // value.step)
    return len(value) if isinstance(value, (str, bytes, *_CONTAINERS)) else 0


def _guarded(work: Callable[[], Any]) -> Any:
    """What Python itself makes of known values; what it raises, the program raises."""
    try:
        return work()
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise RaisedError(type(error).__name__) from None


def _whole_name(node: ast.ImportFrom, scope: Scope) -> str:
    """The module that is imported from: `from .name` is one of the importing module's package."""
    if not node.level:
        return node.module or ""
    package = scope.top().names.get("__package__")
    parts = package.split(".") if isinstance(package, str) and package else []
    if len(parts) < node.level:
        raise RaisedError("ImportError")
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
