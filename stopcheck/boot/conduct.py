"""What becomes of a program that is carried out on paper: each way through it is tried, and what all agree in holds."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import Any

MOST_WAYS = 32
"""Ways through a program, by what nobody knows, that are tried."""
MOST_ASKED = 10
LATER = 3
"""A signal is tried at so many pauses one after another: they may not be alike."""
PATIENCE = 300.0
"""So many seconds after a signal nobody waits any longer."""


class UndecidedError(Exception):
    """What the program does here cannot be said; the text tells why."""


class SpoiltEndError(UndecidedError):
    """The process ends at once, with a status that nobody knows."""

    def __init__(self) -> None:
        super().__init__("what it ends with is not known")


class EndedError(Exception):
    """The process ends at once, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, eq=False)
class Opaque:
    """A value that only the running program has."""

    name: str = ""


class Kernel(Protocol):
    """What a program asks the kernel for that has to do with other processes; a command is words, some not known."""

    def pid(self) -> int:
        """getpid(2)."""

    def start(
        self, words: tuple[object, ...], env: Mapping[str, object], session: str = "",
        deaf: frozenset[str] = frozenset(), folder: str = "", piped: bool = False,
    ) -> int:  # fmt: skip
        """fork(2) and execve(2): the child's number, 0 where there is no such program.

        `session`: "group" or "session", of which the child is the leader; `deaf`: the signals that it ignores;
        `folder`: its working directory; `piped`: what it prints is read, until nobody is left who could write.
        """

    def fork(self) -> int:
        """fork(2): the child's number, 0 in the child."""

    def become(self, words: tuple[object, ...], env: Mapping[str, object], deaf: frozenset[str] = frozenset()) -> None:
        """execve(2); it comes back where there is no such program. `deaf`: see `start`."""

    def send(self, pid: int, signal: str, group: bool = False) -> bool:
        """kill(2), a process or a process group; whether there is one. "" asks for that alone."""

    def group_of(self, pid: int) -> int:
        """getpgid(2); 0 is the program itself."""

    def share(self, value: Hashable) -> int:
        """mmap(2), shared with the children that it forks: the number of a piece of memory that has this value."""

    def change(self, number: int, value: Hashable) -> None:
        """Writes to such a piece; the others are told of it."""

    def look(self, number: int) -> Hashable:
        """What is there now, for one that has just been forked."""


@dataclass(frozen=True)
class Surroundings:
    """What a program is started in: its variables and arguments, its own modules by name, and which files are surely
    not there, by the names that it uses. A module is its tree.
    """

    variables: Mapping[str, object]
    arguments: tuple[object, ...]
    module: Callable[[str], Any] = lambda _: None
    missing: Callable[[str], bool] = lambda _: False
    absent: Callable[[str], bool] = lambda _: False
    """Whether a library is surely not installed, by the name of its top."""
    refuses: Callable[[str], str] = lambda _: ""
    """The exception with which a file surely cannot be made by this name; "" where it may be."""
    alone: bool = False
    """Whether nothing else runs beside it that could listen, nor does it itself."""
    data: Callable[[str], Any] = lambda _: None
    """What is in a file of the program's in JSON; None: there is none."""
    package: str = ""
    """The package that a program in Python is in, where it was started by its name (`python -m`)."""
    first: bool = False
    """Whether it is PID 1, which the kernel keeps from a signal that it has not arranged for."""
    deaf: frozenset[str] = frozenset()
    """The signals that it was started with ignored."""
    interpreter: str = ""
    """What runs it."""
    forks: bool = True
    """Whether a child of multiprocessing is a fork of its parent, as in Python until 3.13."""
    forgets: bool | None = None
    """Whether a Thread.join() that an exception leaves takes its thread for ended, as in Python 3.9 to 3.12."""
    kernel: Kernel | None = None
    """Whom it asks for other processes; None: what it does with such is undecided."""


@dataclass(frozen=True)
class Fate:
    """How one run went: `status`, where it ended by itself; else it stands, with the signals that it has `handled`.

    `line` is where it gave up, `asked` the variables that it asked for and that nothing sets.
    `seconds` is how long it takes from a signal to its end, None where it goes on; `raised`: Ctrl+C's exception did it.
    `lasts`: it still stands long after.
    """

    status: int | None = None
    handled: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    raised: bool = False
    line: int = 0
    asked: tuple[str, ...] = ()
    lasts: bool = False


@dataclass(frozen=True)
class Conduct:
    """A whole program: it runs through (`ends`), with a status where that is known, or has its actions by signal.

    `seconds` is the longest that each takes. What it does on the signals that are `unsure` could not be followed.
    `line` is where it gives up, `asked` the variables that it asks for first.
    `inherits` are those that it handles unless it was started with them ignored. `lasts`: it stands for long.
    """

    ends: bool = False
    status: int | None = None
    on: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    line: int = 0
    asked: tuple[str, ...] = ()
    inherits: frozenset[str] = frozenset()
    lasts: bool = False


class Answers:
    """Answers what cannot be known, by the place in the program that asks: the same as long as no signal has come."""

    def __init__(self, given: list[bool]) -> None:
        self.given = given
        self.asked = 0
        self.told: dict[int, bool] = {}
        self.closed = False
        """Whether nothing more may be asked."""

    def decide(self, place: int) -> bool:
        """The answer at a place."""
        if place not in self.told:
            if self.closed:
                raise UndecidedError("it asks for something else later")
            if self.asked == len(self.given):
                if self.asked >= MOST_ASKED:
                    raise UndecidedError("it asks for too much that is not known")
                self.given.append(True)
            self.told[place] = self.given[self.asked]
            self.asked += 1
        return self.told[place]


def conduct_of(run: Callable[[Answers, str | None, int], Fate], raises: frozenset[str] = frozenset()) -> Conduct | None:
    """What a program does; None where that cannot be followed.

    `run` goes one way through it, and stops it with a signal (bare name) at the pause of that number after it stands.
    The signals of `raises` end it in a way of its own where it has not arranged for them.
    """
    try:
        first = _ways(run, None)
    except (UndecidedError, RecursionError):
        return None
    standing = [fate for fate in first if fate.status is None]
    # Who only complains of what nobody knows, and gives up, does not count.
    if not standing or any(fate.status == 0 for fate in first):
        return None if standing else _through(first)
    handled = dict(standing[0].handled)
    if any(dict(fate.handled) != handled for fate in standing):
        return None
    on: dict[str, str] = {}
    seconds: dict[str, float] = {}
    unsure: set[str] = set()
    for signal in dict.fromkeys([*handled, *raises]):
        try:
            on[signal], seconds[signal] = _action(run, signal, handled.get(signal, "raise"), signal in raises)
        except (UndecidedError, RecursionError):
            unsure.add(signal)
    lasts = all(fate.lasts for fate in standing)
    return Conduct(on=on, seconds=seconds, unsure=frozenset(unsure), inherits=raises - handled.keys(), lasts=lasts)


def _through(ways: list[Fate]) -> Conduct:
    statuses = {fate.status for fate in ways}
    asked = tuple(dict.fromkeys(name for fate in ways for name in fate.asked))
    return Conduct(True, statuses.pop() if len(statuses) == 1 else None, line=ways[-1].line, asked=asked)


def _action(
    run: Callable[[Answers, str | None, int], Fate], signal: str, told: str, may_be_quick: bool
) -> tuple[str, float]:
    """What it does on a signal, and the longest that takes."""
    if told in {"default", "ignore"}:
        return told, 0.0
    after = [fate for later in range(LATER) for fate in _ways(run, signal, later) if fate.status is None]
    ends = {fate.seconds is not None for fate in after}
    if len(ends) != 1:
        raise UndecidedError("it may end or not")
    if ends == {False}:
        return "ignore", 0.0
    quick = may_be_quick and all(fate.raised for fate in after)
    return "quick" if quick else "graceful", max(fate.seconds or 0.0 for fate in after)


def _ways(run: Callable[[Answers, str | None, int], Fate], signal: str | None, later: int = 0) -> list[Fate]:
    """How it goes, for each answer to what nobody knows."""
    fates: list[Fate] = []
    given: list[bool] = []
    for _ in range(MOST_WAYS):
        answers = Answers(given)
        fate = run(answers, signal, later)
        if fate not in fates:
            fates.append(fate)
        while given and not given[-1]:
            given.pop()
        if not given:
            return fates
        given[-1] = False
    raise UndecidedError("there are too many ways through it")
