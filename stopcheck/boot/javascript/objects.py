"""JavaScript's values at work: members, calls, constructors, what a loop goes over."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.javascript.nodes import field
from stopcheck.boot.javascript.values import (
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
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from tree_sitter import Node

    from stopcheck.boot.javascript.values import Steps

DEEPEST = 30
"""Calls within calls, classes above one another."""
MOST_ITEMS = 10_000


class Objects:
    """What values do, whoever asks; the expressions and statements in their bodies are carried out above."""

    def __init__(self, decide: Callable[[int], bool], library: Any) -> None:
        self.decide = decide
        """Answers what cannot be known, by the place in the program that asks."""
        self.library = library
        self.steps = 0
        self.depth = 0
        self.line = 0

    def value(self, node: Node, scope: Scope) -> Steps:
        """The value of an expression."""
        raise NotImplementedError

    def bind(self, target: Node, value: Any, scope: Scope) -> Steps:
        """Gives the names in a pattern their values."""
        raise NotImplementedError

    def block(self, nodes: Iterable[Node], scope: Scope) -> Steps:
        """Carries out statements; None, or how they were left."""
        raise NotImplementedError

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

    def is_true(self, value: Any, place: int) -> bool:
        """Whether a value counts as true; `place` is where that is asked."""
        if isinstance(value, Opaque):
            return self.decide(place)
        if isinstance(value, float) and value != value:
            return False
        return bool(value) if isinstance(value, (str, int, float, bool, type(None))) else value is not UNDEFINED

    def awaited(self, value: Any) -> Steps:
        """`await value`."""
        if not isinstance(value, Promise):
            promise = Promise("kept", value)
            return (yield promise)
        return (yield value)

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
            told = [single] if single is not None else field(node, "parameters").named_children
            at = 0
            for parameter in told:
                if parameter.type == "comment":
                    continue
                if parameter.type == "rest_pattern":
                    yield from self.bind(parameter.named_children[0], List(list(arguments[at:])), scope)
                    break
                yield from self.bind(parameter, arguments[at] if at < len(arguments) else UNDEFINED, scope)
                at += 1
            body = field(node, "body")
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
