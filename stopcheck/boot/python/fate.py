"""A program in Python, from its first line to where it ends or stands, and on from there with a signal."""

from __future__ import annotations

from contextlib import suppress

from stopcheck.boot.conduct import (
    PATIENCE,
    Answers,
    Conduct,
    EndedError,
    Fate,
    Opaque,
    SpoiltEndError,
    UndecidedError,
    conduct_of,
)
from stopcheck.boot.python.library.standard import Standard
from stopcheck.boot.python.schedule import DEFAULT, IGNORED, Schedule
from stopcheck.boot.python.statements import Evaluator
from stopcheck.boot.python.values import Library, RaisedError, Scope, Wait
from stopcheck.boot.world import SHORT
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from stopcheck.boot.conduct import Surroundings
    from stopcheck.boot.python.values import Steps


def conduct(tree: ast.Module, around: Surroundings) -> Conduct | None:
    """What a program does; None where that cannot be followed. SIGINT raises KeyboardInterrupt."""
    return conduct_of(
        lambda answers, signal, later: _Tried(tree, around, answers).go(signal, later), frozenset({"INT"})
    )


class Run:
    """One way through a program."""

    def __init__(self, tree: ast.Module, around: Surroundings, decide: Callable[[int], bool]) -> None:
        self.schedule = Schedule(self._call)
        self.library = Standard(self.schedule, decide, around)
        self.evaluator = self.library.evaluator = Evaluator(decide, self.library)
        self.package = around.package
        self.schedule.spawn("main", self._life(tree))
        self.raised = False
        self.line = 0

    def _call(self, function: object, arguments: tuple[object, ...]) -> Steps:
        return self.evaluator.call(function, arguments)

    def _life(self, tree: ast.Module) -> Steps:
        """From its first line to its last, and what Python does then; the status."""
        status = 0
        try:
            if self.package:
                yield from self.library.load(self.package)
            names: dict[str, object] = {"__name__": "__main__", "__package__": self.package, "__file__": Opaque()}
            self.library.main = names
            yield from self.evaluator.block(tree.body, Scope(names))
        except RaisedError as error:
            self.line = self.library.line
            status = self._status(error)
        with suppress(RaisedError):  # what is raised here is only told, and no thread is waited for any more
            yield Wait("threads", ready=lambda: not self.schedule.threads_left())
        yield from self.library.pools_over("ProcessExecutor")
        for function, arguments, named in reversed(self.library.exits):
            yield from self.evaluator.call(function, arguments, named)
        yield from self.library.pools_over("ProcessPool")
        yield from self.library.workers_over()
        return status

    def _status(self, error: RaisedError) -> int:
        self.raised = error.kind == "KeyboardInterrupt"
        if error.kind != "SystemExit":
            return 130 if self.raised else 1
        code = error.value
        if isinstance(code, Opaque):
            return -1
        return 0 if code is None else int(code) & 255 if isinstance(code, int) else 1

    def ended(self) -> Fate:
        """It has run through."""
        if self.schedule.guessed:
            raise UndecidedError("how long it lasts is not told")
        main = self.schedule.main()
        if main.error is not None:
            raise UndecidedError("what it does at its end goes wrong")
        status = main.result
        if not isinstance(status, int) or status < 0:
            raise SpoiltEndError
        if status == 0:
            return Fate(status=0)
        return Fate(status=status, line=self.line, asked=tuple(self.library.asked))


class _Tried(Run):
    """One way through a program that nobody but the kernel's clock and one signal has to do with."""

    def __init__(self, tree: ast.Module, around: Surroundings, answers: Answers) -> None:
        super().__init__(tree, around, answers.decide)
        self.answers = answers

    def go(self, signal: str | None, later: int) -> Fate:
        """From its start until it ends or stands; and on from there, with a signal."""
        schedule = self.schedule
        try:
            if schedule.advance(SHORT):
                return self.ended()
            if signal is None:
                handled, guessed = self._handled(), schedule.guessed
                lasts = self._lasts()
                if guessed and not lasts:
                    raise UndecidedError("how long it lasts is not told")
                return Fate(handled=handled, lasts=lasts)
            for _ in range(later):
                main = schedule.main().top().wait
                until = main.until if main is not None else SHORT
                if until > SHORT + PATIENCE:
                    break
                if schedule.advance(until):
                    return self.ended()
            start = schedule.clock
            self.answers.told.clear()
            schedule.signalled = True
            if not schedule.deliver(signal) or not schedule.advance(start + PATIENCE):
                return Fate()
        except EndedError as end:
            if signal is None and schedule.guessed:
                raise UndecidedError("how long it lasts is not told") from None
            return Fate(status=end.status) if signal is None else Fate(seconds=schedule.clock - start)
        return Fate(seconds=schedule.clock - start, raised=self.raised)

    def _lasts(self) -> bool:
        """Whether it surely stands for long."""
        self.answers.closed = True
        try:
            return not self.schedule.advance(SHORT + PATIENCE)
        except (EndedError, UndecidedError, RecursionError):
            return False

    def _handled(self) -> dict[str, str]:
        """What it has arranged, by signal: `default`, `ignore`, or `raise` for what has to be tried."""
        schedule = self.schedule
        actions = {DEFAULT: "default", IGNORED: "ignore"}
        told = {
            signal: actions.get(handler, "raise") if isinstance(handler, Library) else "raise"
            for signal, handler in schedule.handlers.items()
        }
        return told | dict.fromkeys(schedule.in_loop, "raise") | dict.fromkeys(schedule.blocked, "raise")
