"""What all parts of the standard library share: the run that they are asked by."""

from __future__ import annotations

from stopcheck.boot.conduct import UndecidedError
from stopcheck.boot.python.values import (
    FOREVER,
    Coroutine,
    Function,
    Library,
    Method,
    Partial,
    RaisedError,
    Thing,
    Wait,
)
from stopcheck.boot.signals import NAMES, NUMBERS
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from stopcheck.boot.conduct import Surroundings
    from stopcheck.boot.python.schedule import Schedule, Task
    from stopcheck.boot.python.statements import Evaluator
    from stopcheck.boot.python.values import Steps

PLAIN = (str, int, float, bytes, bool, type(None))


class Shelf:
    """The standard library, for one run of a program: what all its parts need."""

    def __init__(self, schedule: Schedule, decide: Callable[[int], bool], around: Surroundings) -> None:
        self.schedule = schedule
        self.decide = decide
        self.around = around
        self.variables = dict(around.variables)
        self.env_open = False
        """Whether a file that is not known has set more of them (python-dotenv)."""
        self.arguments = list(around.arguments)
        self.written: set[str] = set()
        """The files that the program itself makes."""
        self.modules: dict[str, Thing] = {}
        self.exits: list[tuple[object, tuple[object, ...], Mapping[str, object]]] = []
        self.handles: dict[int, Thing] = {}
        self.children: dict[int, Thing] = {}
        self.watched: set[int] = set()
        """The children of whose end asyncio is told."""
        self.folder: object = ""
        """Its working directory, where it has changed that."""
        self.workers: list[tuple[int, bool]] = []
        """The children of multiprocessing, and whether each is a daemon."""
        self.cells: dict[int, Any] = {}
        """What it shares with other processes (library.shared), by number: its view of that."""
        self.tokens = 0
        self.own = 0
        """Which of the processes that share something it is."""
        self.main: Mapping[str, object] = {}
        """The names of the program's own file."""
        self.pools: list[Thing] = []
        """Its pools of processes."""
        self.place = 0
        self.line = 0
        """The line of the program's own file that is carried out."""
        self.asked: dict[str, None] = {}
        """Variables that the program asked for and that nothing sets."""
        self.evaluator: Evaluator

    def lacks(self, name: str) -> bool:
        """Takes note of a variable that nothing sets; false."""
        self.asked[name] = None
        return False

    def clock(self) -> float:
        """The time, in seconds."""
        return self.schedule.clock

    def after(self, seconds: object, function: object, arguments: tuple[Any, ...]) -> Steps:
        """A pause, and then a call."""
        yield self.pause("sleep", seconds)
        yield from self.evaluator.call(function, arguments)

    def pause(
        self, kind: str, seconds: object, ready: Callable[[], bool] | None = None, whom: tuple[int, ...] = ()
    ) -> Wait:
        """A wait of so many seconds; None: without an end."""
        if seconds is None:
            return Wait(kind, FOREVER, ready, whom=whom)
        if isinstance(seconds, (int, float)):
            return Wait(kind, self.clock() + seconds, ready)
        return Wait(kind, self.clock() + 1.0, ready, rough=True)

    def task(self, thing: Thing) -> Task:
        task: Task | None = thing.fields.get("task")
        if task is None:
            raise RaisedError("RuntimeError")
        return task

    def signal_name(self, value: object) -> str:
        if isinstance(value, Library):
            name = value.path.rpartition(".")[2]
            return name[3:] if name.startswith("SIG") and name[3:] in NUMBERS else ""
        return NAMES.get(value, "") if isinstance(value, int) else ""

    def known_signal(self, value: object) -> str:
        name = self.signal_name(value)
        if not name:
            raise UndecidedError("which signal it handles is not known")
        return name


def is_called(value: object) -> bool:
    """Whether something is a function, or has one in it."""
    return isinstance(value, (Function, Partial, Method, Coroutine)) or (
        isinstance(value, (list, tuple)) and any(map(is_called, value))
    )
