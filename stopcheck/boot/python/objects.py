"""Python's values at work: attributes, calls, instances, what a loop goes over."""

from __future__ import annotations

import ast
import itertools

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
PLAIN = (str, int, float, bytes, bool, type(None))
CONTAINERS = (list, tuple, dict, set)
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
FIELDS = "$fields"
"""What a class tells of its instances' fields, in their order, for dataclasses.dataclass."""


@dataclass(frozen=True, eq=False)
class _Native:
    """A method of a text, a list, a mapping or a set."""

    owner: Any
    name: str


@dataclass(frozen=True, eq=False)
class Inherited:
    """`super()` in a method."""

    owner: Class | None
    bound: Any


class Objects:
    """What values do, whoever asks; `value` and `block` carry out the expressions and statements in their bodies."""

    def __init__(self, decide: Callable[[int], bool], library: Any) -> None:
        self.decide = decide
        """Answers what cannot be known, by the place in the program that asks."""
        self.library = library
        self.steps = 0
        self.depth = 0

    def value(self, node: ast.expr, scope: Scope) -> Steps:
        """The value of an expression."""
        raise NotImplementedError

    def block(self, body: list[ast.stmt], scope: Scope) -> Steps:
        """Carries out statements; None, or how they were left."""
        raise NotImplementedError

    def items(self, value: object, place: int) -> Iterable[Any]:
        """What a loop goes over; of something that nobody knows, one thing or nothing."""
        if isinstance(value, _VIEWS):
            value = list(cast("Iterable[Any]", value))
        if isinstance(value, (list, tuple, set, dict, str, range)):
            if size(value) > MOST_ITEMS:
                raise UndecidedError("it goes through very many things")
            return list(value)
        if isinstance(value, Opaque):
            return [Opaque(value.name)] if self.decide(place) else []
        if isinstance(value, Library) and value.path == "sys.stdin":
            return []
        if isinstance(value, Thing) and value.kind == "endless":
            return itertools.repeat(Opaque())
        raise UndecidedError("what a loop goes over is not known")

    def is_true(self, value: object, place: int) -> bool:
        """Whether a value counts as true; `place` is where that is asked."""
        if isinstance(value, (*PLAIN, *CONTAINERS, range)):
            return bool(value)
        return self.decide(place) if isinstance(value, Opaque) else True

    def attribute(self, owner: Any, name: str) -> Any:
        """`owner.name`."""
        if isinstance(owner, Inherited):
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
        if isinstance(owner, (*PLAIN, *CONTAINERS)):
            if not hasattr(owner, name):
                raise UndecidedError(f"what {name} is, is not known")  # a list may stand for a generator
            return _Native(owner, name) if name in standard_library().methods else Opaque(name)
        return self.library.attribute(owner, name)

    def _inherited(self, owner: Inherited, name: str) -> Any:
        for base in owner.owner.bases if owner.owner is not None else ():
            member = base.member(name) if isinstance(base, Class) else None
            if isinstance(member, Function):
                return replace(member, bound=(owner.bound,))
        if name == "__init__":
            return Partial(Library("object.__init__"), (owner.bound,), {})
        thing = owner.bound.thing if isinstance(owner.bound, Instance) else None
        return self.library.attribute(thing, name) if thing is not None else Opaque(name)

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
                zip(cast("tuple[str, ...]", kind.member(FIELDS) or ()), arguments, strict=False)
            ) | dict(named)
        return made

    def _native(self, method: _Native, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> object:
        known = all(isinstance(one, (*PLAIN, *CONTAINERS)) for one in (*arguments, *named.values()))
        changes = isinstance(method.owner, (list, dict, set))
        if not known and not changes:
            return Opaque()
        sizes = [size(one) for one in (method.owner, *arguments)]
        if method.name in {"sort", "zfill", "ljust", "rjust"} or (max(sizes) + 1) * (sum(sizes) + 1) > MOST_ITEMS**2:
            return Opaque()
        return guarded(lambda: getattr(method.owner, method.name)(*arguments, **named))


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


def size(value: object) -> int:
    """How many things, or letters, a value has."""
    if isinstance(value, range):
        return max(0, (value.stop - value.start) // value.step)
    return len(value) if isinstance(value, (str, bytes, *CONTAINERS)) else 0


def guarded(work: Callable[[], Any]) -> Any:
    """What Python itself makes of known values; what it raises, the program raises."""
    try:
        return work()
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise RaisedError(type(error).__name__) from None
