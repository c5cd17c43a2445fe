"""What becomes of a program in Python: it runs through, or it stands, and each signal makes of it what it makes."""

from __future__ import annotations

from stopcheck.boot.python.evaluate import Evaluator
from stopcheck.boot.python.library.standard import Standard
from stopcheck.boot.python.schedule import DEFAULT, IGNORED, PATIENCE, Schedule
from stopcheck.boot.python.values import EndedError, Library, Opaque, RaisedError, Scope, UndecidedError, Wait
from stopcheck.boot.world import SHORT
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from stopcheck.boot.python.values import Steps, Surroundings

MOST_WAYS = 32
"""Ways through a program, by what nobody knows, that are tried."""
MOST_ASKED = 10
_LATER = 3
"""A signal is tried at so many pauses one after another: they may not be alike."""
_HANDLED_ANYWAY = ("INT",)


@dataclass(frozen=True)
class Fate:
    """How one run went: `status`, where it ended by itself; else it stands, with the signals that it has `handled`.

    `line` is where it gave up, `asked` the variables that it asked for and that nothing sets.
    `seconds` is how long it takes from a signal to its end, None where it goes on; `raised`: Ctrl+C's exception did it.
    """

    status: int | None = None
    handled: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    raised: bool = False
    line: int = 0
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conduct:
    """A whole program: it runs through (`ends`), with a status where that is known, or has its actions by signal.

    `seconds` is the longest that each takes. What it does on the signals that are `unsure` could not be followed.
    `line` is where it gives up, `asked` the variables that it asks for first.
    `inherits` are those that it handles unless it was started with them ignored.
    """

    ends: bool = False
    status: int | None = None
    on: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    line: int = 0
    asked: tuple[str, ...] = ()
    inherits: frozenset[str] = frozenset()


def conduct(tree: ast.Module, around: Surroundings) -> Conduct | None:
    """What a program does; None where that cannot be followed."""
    program = _Program(tree, around)
    try:
        first = program.ways(None)
        standing = [fate for fate in first if fate.status is None]
        # Who only complains of what nobody knows, and gives up, does not count.
        if not standing or any(fate.status == 0 for fate in first):
            statuses = {fate.status for fate in first}
            if standing:
                return None
            last = first[-1]
            asked = tuple(dict.fromkeys(name for fate in first for name in fate.asked))
            return Conduct(True, statuses.pop() if len(statuses) == 1 else None, line=last.line, asked=asked)
        handled = dict(standing[0].handled)
        if any(dict(fate.handled) != handled for fate in standing):
            return None
    except (UndecidedError, RecursionError):
        return None
    on: dict[str, str] = {}
    seconds: dict[str, float] = {}
    unsure: set[str] = set()
    for signal in dict.fromkeys([*handled, *_HANDLED_ANYWAY]):
        try:
            on[signal], seconds[signal] = program.action(signal, handled.get(signal, "raise"))
        except (UndecidedError, RecursionError):
            unsure.add(signal)
    return Conduct(on=on, seconds=seconds, unsure=frozenset(unsure), inherits=frozenset({"INT"} - handled.keys()))


@dataclass(frozen=True)
class _Program:
    """A program and all that it is started with."""

    tree: ast.Module
    around: Surroundings

    def action(self, signal: str, told: str) -> tuple[str, float]:
        """What it does on a signal, and the longest that takes."""
        if told in {"default", "ignore"}:
            return told, 0.0
        after = [fate for later in range(_LATER) for fate in self.ways(signal, later) if fate.status is None]
        ends = {fate.seconds is not None for fate in after}
        if len(ends) != 1:
            raise UndecidedError("it may end or not")
        if ends == {False}:
            return "ignore", 0.0
        quick = signal == "INT" and all(fate.raised for fate in after)
        return "quick" if quick else "graceful", max(fate.seconds or 0.0 for fate in after)

    def ways(self, signal: str | None, later: int = 0) -> list[Fate]:
        """How it goes, for each answer to what nobody knows."""
        fates: list[Fate] = []
        answers: list[bool] = []
        for _ in range(MOST_WAYS):
            run = _Run(self, list(answers))
            fate = run.go(signal, later)
            if fate not in fates:
                fates.append(fate)
            answers = run.answers
            while answers and not answers[-1]:
                answers.pop()
            if not answers:
                return fates
            answers[-1] = False
        raise UndecidedError("there are too many ways through it")


class _Run:
    """One way through a program."""

    def __init__(self, program: _Program, answers: list[bool]) -> None:
        self.answers = answers
        self.asked = 0
        self.told: dict[int, bool] = {}
        self.schedule = Schedule(self._call)
        self.library = Standard(self.schedule, self._decide, program.around)
        self.evaluator = self.library.evaluator = Evaluator(self._decide, self.library)
        self.schedule.spawn("main", self._life(program.tree))
        self.raised = False
        self.line = 0

    def _call(self, function: object, arguments: tuple[object, ...]) -> Steps:
        return self.evaluator.call(function, arguments)

    def _decide(self, place: int) -> bool:
        """The same answer at the same place, as long as no signal has come."""
        if place not in self.told:
            if self.asked == len(self.answers):
                if self.asked >= MOST_ASKED:
                    raise UndecidedError("it asks for too much that is not known")
                self.answers.append(True)
            self.told[place] = self.answers[self.asked]
            self.asked += 1
        return self.told[place]

    def _life(self, tree: ast.Module) -> Steps:
        """From its first line to its last, and what Python does then; the status."""
        status = 0
        try:
            yield from self.evaluator.block(tree.body, Scope({"__name__": "__main__", "__file__": Opaque()}))
        except RaisedError as error:
            self.line = self.library.line
            status = self._status(error)
        yield Wait("threads", ready=lambda: not self.schedule.threads_left())
        for function, arguments, named in reversed(self.library.exits):
            yield from self.evaluator.call(function, arguments, named)
        return status

    def _status(self, error: RaisedError) -> int:
        self.raised = error.kind == "KeyboardInterrupt"
        if error.kind != "SystemExit":
            return 130 if self.raised else 1
        code = error.value
        if isinstance(code, Opaque):
            return -1
        return 0 if code is None else int(code) & 255 if isinstance(code, int) else 1

    def go(self, signal: str | None, later: int) -> Fate:
        """From its start until it ends or stands; and on from there, with a signal."""
        schedule = self.schedule
        try:
            if schedule.advance(SHORT):
                return self._ended()
            if signal is None:
                return Fate(handled=self._handled())
            for _ in range(later):
                main = schedule.main().top().wait
                until = main.until if main is not None else SHORT
                if until > SHORT + PATIENCE:
                    break
                if schedule.advance(until):
                    return self._ended()
            start = schedule.clock
            self.told.clear()
            schedule.signalled = True
            if not schedule.deliver(signal) or not schedule.advance(start + PATIENCE):
                return Fate()
        except EndedError as end:
            return Fate(status=end.status) if signal is None else Fate(seconds=schedule.clock - start)
        return Fate(seconds=schedule.clock - start, raised=self.raised)

    def _ended(self) -> Fate:
        """It has run through."""
        main = self.schedule.main()
        if main.error is not None:
            raise UndecidedError("what it does at its end goes wrong")
        status = main.result
        if not isinstance(status, int) or status < 0:
            raise UndecidedError("what it ends with is not known")
        if status == 0:
            return Fate(status=0)
        return Fate(status=status, line=self.line, asked=tuple(self.library.asked))

    def _handled(self) -> dict[str, str]:
        """What it has arranged, by signal: `default`, `ignore`, or `raise` for what has to be tried."""
        schedule = self.schedule
        actions = {DEFAULT: "default", IGNORED: "ignore"}
        told = {
            signal: actions.get(handler, "raise") if isinstance(handler, Library) else "raise"
            for signal, handler in schedule.handlers.items()
        }
        return told | dict.fromkeys(schedule.in_loop, "raise") | dict.fromkeys(schedule.blocked, "raise")
