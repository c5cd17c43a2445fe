"""A program in Python that is carried out while the world goes on, in which it has children."""

from __future__ import annotations

from stopcheck.boot.conduct import EndedError, SpoiltEndError
from stopcheck.boot.python.fate import Run
from stopcheck.boot.python.library.standard import Standard
from stopcheck.boot.python.schedule import DEFAULT, IGNORED, INTERRUPTS
from stopcheck.boot.python.values import FOREVER
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from stopcheck.boot.conduct import Surroundings


class Live(Run):
    """See boot.programs.launcher.Living."""

    def __init__(self, tree: ast.Module, around: Surroundings, decide: Callable[[int], bool]) -> None:
        super().__init__(tree, around, decide)
        self.schedule.handlers.update(dict.fromkeys(around.deaf, IGNORED))
        self.over = False
        self.status: int | None = 0
        """What it ends with; None: nobody knows."""

    @property
    def clock(self) -> float:
        """The time, in seconds since it began."""
        return self.schedule.clock

    @property
    def origin(self) -> int:
        """The line of its file that it carries out."""
        return self.library.line

    def advance(self, limit: float) -> bool:
        """Goes on until it is through, which is true, or nothing happens before a time (seconds)."""
        if self.over:
            return True
        try:
            if not self.schedule.advance(limit):
                return False
            fate = self.ended()
            self.status = fate.status
        except EndedError as end:
            self.status = end.status
        except SpoiltEndError:
            self.status = None
        self.over = True
        return True

    def soonest(self) -> float | None:
        """When time alone lets it go on."""
        until = self.schedule.soonest()
        return None if until == FOREVER else until

    def disposition(self, signal: str) -> str:
        """What a signal finds: see Body.disposition."""
        schedule = self.schedule
        if signal in schedule.blocked or signal in schedule.in_loop:
            return "caught"
        handler = schedule.handlers.get(signal, INTERRUPTS if signal == "INT" else DEFAULT)
        return {DEFAULT: "default", IGNORED: "ignored"}.get(handler, "caught")  # type: ignore[call-overload, no-any-return]

    def deliver(self, signal: str) -> None:
        """A signal comes; raises UndecidedError where nobody knows what that does now."""
        self.schedule.signalled = True
        self.schedule.deliver(signal)

    def child_ended(self, pid: int, status: object) -> None:
        """A child has ended, with a status, or by a signal (negative)."""
        assert isinstance(self.library, Standard)
        self.library.ended(pid, status)
        if self.disposition("CHLD") == "caught":
            self.schedule.deliver("CHLD")

    def pipe_closed(self, pid: int) -> None:
        """Nobody is left who could write to what it reads of a child."""
        assert isinstance(self.library, Standard)
        self.library.child(pid).fields["open"] = False

    def shared(self, number: int, value: object) -> None:
        """Another process has written to memory that they share."""
        self.library.told(number, value)

    def awaited(self) -> tuple[int, ...]:
        """The children for whose end it waits, however long that takes."""
        waits = [task.top().wait for task in self.schedule.tasks if not task.done]
        return tuple(pid for wait in waits if wait is not None and wait.until == FOREVER for pid in wait.whom)
