"""What a program in Python holds: numbers, texts, lists and mappings are Python's own, and all else is one of these."""

from __future__ import annotations

import builtins

from stopcheck.boot.conduct import UndecidedError
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Generator, Mapping
    from typing import Any, TypeAlias

    Steps: TypeAlias = "Generator[Wait, None, Any]"
    """What is carried out with pauses; it yields what it waits for."""

FOREVER = float("inf")


class RaisedError(Exception):
    """An exception of the program: its class, by the name of a built-in one or as a class of the program's own."""

    def __init__(self, kind: str | Class, value: object = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value

    def fits(self, caught: object) -> bool:
        """Whether `except caught` catches it."""
        if isinstance(caught, tuple):
            return any(self.fits(one) for one in caught)
        if isinstance(caught, Class):
            return isinstance(self.kind, Class) and caught in self.kind.line()
        if not isinstance(caught, Library):
            raise UndecidedError("what is caught is not known")
        kinds = {one.path if isinstance(one, Library) else "" for one in self.kind.line()} if isinstance(
            self.kind, Class) else {self.kind}  # fmt: skip
        return any(_is_kind(kind, caught.path) for kind in kinds)


ALIASES = {
    "socket.timeout": "TimeoutError",
    "asyncio.TimeoutError": "TimeoutError",
    "concurrent.futures.TimeoutError": "TimeoutError",
    "asyncio.exceptions.CancelledError": "asyncio.CancelledError",
    "socket.error": "OSError",
    "IOError": "OSError",
    "EnvironmentError": "OSError",
    "urllib.error.URLError": "OSError",
    "socket.gaierror": "OSError",
    "requests.RequestException": "OSError",
    "requests.ConnectionError": "OSError",
    "requests.exceptions.RequestException": "OSError",
    "requests.exceptions.ConnectionError": "OSError",
}
"""Other names of exceptions, or the nearest built-in that they are a kind of (docs.python.org/3/library)."""
_BASES = {"asyncio.CancelledError": "BaseException", "queue.Empty": "Exception", "queue.Full": "Exception",
          "multiprocessing.TimeoutError": "Exception", "concurrent.futures.process.BrokenProcessPool": "Exception",
          "subprocess.TimeoutExpired": "Exception", "subprocess.CalledProcessError": "Exception"}  # fmt: skip


def _is_kind(kind: str, caught: str) -> bool:
    kind, caught = ALIASES.get(kind, kind), ALIASES.get(caught, caught)
    if kind == caught:
        return True
    own = getattr(builtins, _BASES.get(kind, kind), None)
    other = getattr(builtins, caught, None)
    return isinstance(own, type) and isinstance(other, type) and issubclass(own, other)


@dataclass(eq=False)
class Wait:
    """A pause: until a time (on the program's clock, in seconds), or until something is so.

    `kind` is what waits. Where `rough`, the time is not told in the source. `woken` by a signal whose handler
    has come back, it is over (signal.pause). `whom` are the children for whose end it is.
    """

    kind: str
    until: float = FOREVER
    ready: Callable[[], bool] | None = None
    rough: bool = False
    woken: bool = False
    whom: tuple[int, ...] = ()


@dataclass(frozen=True)
class Library:
    """Something of the standard library, by its dotted name."""

    path: str


@dataclass(eq=False)
class Scope:
    """Names and what they stand for; a function's names look into the scope that it was defined in."""

    names: dict[str, Any]
    outer: Scope | None = None
    module: Scope | None = None
    elsewhere: Mapping[str, Scope] = field(default_factory=dict)

    def top(self) -> Scope:
        """The module's own."""
        return self.module or self

    def home(self, name: str) -> Scope | None:
        """The scope that has a name, from this one outwards."""
        if name in self.elsewhere:
            return self.elsewhere[name]
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.outer
        return None


@dataclass(frozen=True, eq=False)
class Function:
    """A function, a lambda, or a method with what it is bound to."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    defaults: tuple[object, ...] = ()
    named_defaults: Mapping[str, object] = field(default_factory=dict)
    bound: tuple[object, ...] = ()
    owner: Class | None = None
    role: str = ""
    """`property`, `static` or `class`, by its decorator."""


@dataclass(frozen=True, eq=False)
class Partial:
    """A function with some of its arguments (functools.partial)."""

    function: object
    arguments: tuple[object, ...]
    named: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Coroutine:
    """A call of an `async def` that has not begun."""

    function: Function
    arguments: tuple[object, ...]
    named: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the program's own."""

    name: str
    bases: tuple[object, ...]
    members: dict[str, Any]

    def line(self) -> list[object]:
        """The class and those it is made of, the closest first."""
        found: list[object] = [self]
        for base in self.bases:
            found += base.line() if isinstance(base, Class) else [base]
        return found

    def member(self, name: str) -> object:
        """What it or a class that it is made of has by a name; None where none has."""
        return next((one.members[name] for one in self.line() if isinstance(one, Class) and name in one.members), None)

    def library(self) -> tuple[str, ...]:
        """The classes of the standard library that it is made of."""
        return tuple(one.path for one in self.line() if isinstance(one, Library) and one.path != "object")


@dataclass(eq=False)
class Instance:
    """An object of a class of the program's own; `thing` is the part that comes from the standard library."""

    kind: Class
    fields: dict[str, Any] = field(default_factory=dict)
    thing: Thing | None = None


@dataclass(eq=False)
class Thing:
    """An object of the standard library that matters for how a program waits: `kind` is its class's bare name."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Method:
    """A method of a thing."""

    thing: Thing
    name: str
