"""What a program in JavaScript holds: numbers, texts and truths are Python's own, and all else is one of these."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, TypeAlias

    from tree_sitter import Node

    Steps: TypeAlias = "Generator[Promise, None, Any]"
    """What is carried out with pauses; it yields the promise that it waits for."""


class Undefined:
    """`undefined`."""


UNDEFINED = Undefined()
ABSENT = object()
"""What a name stands for that a file does not have, though others do."""


class ThrownError(Exception):
    """An exception of the program, with what was thrown; `unseen` is the promise that it has broken."""

    def __init__(self, value: object, unseen: Promise | None = None) -> None:
        super().__init__(value)
        self.value = value
        self.unseen = unseen


@dataclass(eq=False)
class Thing:
    """An object: its fields, and those of its class. `kind` is what the runtime makes of it, "" for a plain one."""

    kind: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    made_by: Class | None = None


@dataclass(eq=False)
class List:
    """An array."""

    items: list[Any]


@dataclass(eq=False)
class Scope:
    """Names and what they stand for."""

    names: dict[str, Any]
    outer: Scope | None = None

    def home(self, name: str) -> Scope | None:
        """The scope that has a name, from this one outwards."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.outer
        return None


@dataclass(frozen=True, eq=False)
class Function:
    """A function, with what `this` is in it where that is bound."""

    node: Node
    scope: Scope
    arrow: bool = False
    this: object = UNDEFINED
    owner: Class | None = None
    before: tuple[object, ...] = ()


@dataclass(frozen=True, eq=False)
class Class:
    """A class: its constructor and methods, its fields' nodes, its own members, and what it extends."""

    name: str
    methods: dict[str, Any]
    fields: tuple[tuple[str, Any], ...]
    static: dict[str, Any]
    base: object
    scope: Scope


@dataclass(frozen=True)
class Builtin:
    """Something of the language or of Node.js, by its dotted name; `owner` is the object whose method it is."""

    path: str
    owner: Any = None


@dataclass(eq=False)
class Promise:
    """A value that comes later: `state` is `pending`, `kept` or `broken`; who waits is told when that changes."""

    state: str = "pending"
    value: object = UNDEFINED
    waiting: list[Callable[[], None]] = field(default_factory=list)
    seen: bool = False
    """Whether somebody would see it broken."""


def value_of(data: object) -> object:
    """What the program holds of a text in JSON."""
    if isinstance(data, dict):
        return Thing("", {key: value_of(value) for key, value in data.items()})
    return List([value_of(one) for one in data]) if isinstance(data, list) else data
