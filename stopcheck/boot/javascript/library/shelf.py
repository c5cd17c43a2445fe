"""What all parts of Node.js share: the run that they are asked by, callbacks and events."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque
from stopcheck.boot.javascript.loop import Loop, Timer
from stopcheck.boot.javascript.values import UNDEFINED, Builtin, Class, Function, List, Promise, Thing
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from stopcheck.boot.conduct import Surroundings
    from stopcheck.boot.javascript.statements import Evaluator
    from stopcheck.boot.javascript.values import Steps


class Shelf:
    """Node.js, for one run of a program: what all its parts need."""

    def __init__(self, loop: Loop, decide: Callable[[int], bool], around: Surroundings) -> None:
        self.loop = loop
        self.decide = decide
        self.around = around
        self.variables = dict(around.variables)
        self.env_open = False
        """Whether a file that is not known has set more of them (dotenv)."""
        self.asked: dict[str, None] = {}
        """Variables that the program asked for and that nothing sets."""
        self.written: set[str] = set()
        """The files that the program itself makes."""
        self.process = Thing("process", {"listeners": {}, "exitCode": UNDEFINED})
        self.input = Thing("input", {"listeners": {}})
        self.modules: dict[str, Any] = {}
        self.children: dict[int, Thing] = {}
        """The children that have not ended, by their numbers."""
        self.folders: list[str] = []
        self.cells: dict[int, Any] = {}
        """The channels to children and to a parent (library.channels): its view of what nobody has read yet."""
        self.channel: Thing | None = None
        """The one to its parent."""
        self.forked: dict[int, Thing] = {}
        """The children, by where their messages come."""
        self.unique: object = None
        """Which worker of a cluster it is; None: it is none."""
        self.cluster = Thing("emitter", {"listeners": {}})
        self.cluster_workers = Thing("")
        self.forks = 0
        self.primary: dict[str, Any] = {}
        """How the workers of its cluster are started."""
        self.leaving: Any = UNDEFINED
        """What is called when none of them is there any more."""
        self.place = 0
        self.evaluator: Evaluator

    def error(self, name: str, message: object = "") -> Thing:
        """An exception of the language."""
        return Thing("error", {"name": name, "message": message, "stack": Opaque(), "code": Opaque()})

    def later(self, function: Any, arguments: tuple[Any, ...] = ()) -> None:
        """Has something called soon."""
        if is_called(function):
            self.loop.soon.append(lambda: self.loop.run(self.evaluator.call(function, arguments)))

    def timer(self, function: Any, milliseconds: Any, arguments: tuple[Any, ...], again: bool = False) -> Thing:
        """A timer that calls something."""
        known = isinstance(milliseconds, (int, float)) and not isinstance(milliseconds, bool)
        missing = milliseconds is UNDEFINED or milliseconds is None
        # A longer time than 2^31 - 1 is taken to be 1 ms.
        longest = known and milliseconds > 2**31 - 1
        seconds = 0.001 if missing or longest else milliseconds / 1000 if known else 1.0
        made = Timer(
            self.loop.clock + max(seconds, 0.001), lambda: self.evaluator.call(function, arguments),
            max(seconds, 0.001) if again else None, rough=not known and not missing,
        )  # fmt: skip
        self.loop.timers.append(made)
        return Thing("timer", {"timer": made})

    def listen(self, thing: Thing, name: object, function: Any, once: bool = False) -> Thing:
        """Has something called on an event."""
        if isinstance(name, str) and is_called(function):
            thing.fields.setdefault("listeners", {}).setdefault(name, []).append((function, once))
        return thing

    def emit(self, thing: Thing, name: str, *arguments: Any) -> Steps:
        """Calls who listens for an event; whether somebody does."""
        listeners = thing.fields.setdefault("listeners", {})
        found = list(listeners.get(name, ()))
        for one in found:
            if one[1] and one in listeners[name]:
                listeners[name].remove(one)
            yield from self.evaluator.call(one[0], arguments)
        return bool(found)

    def promised(self, value: object = UNDEFINED, state: str = "kept") -> Promise:
        """A promise that is kept, or broken, already."""
        promise = Promise()
        self.loop.settle(promise, state, value)
        return promise

    def after(self, milliseconds: Any, value: object) -> Promise:
        """A promise that is kept later."""
        promise = Promise()
        self.timer(Builtin("$resolve", promise), milliseconds, (value,))
        return promise


def is_called(value: object) -> bool:
    """Whether something is a function."""
    return isinstance(value, (Function, Class, Builtin))


def gives(values: tuple[Any, ...]) -> bool:
    """Whether there is a function among some values, or in what they have in them."""
    return any(
        is_called(one)
        or (isinstance(one, List) and gives(tuple(one.items)))
        or (isinstance(one, Thing) and not one.kind and gives(tuple(one.fields.values())))
        for one in values
    )
