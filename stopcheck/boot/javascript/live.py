"""A program in JavaScript that is carried out while the world goes on, in which it has children."""

from __future__ import annotations

from stopcheck.boot.conduct import SpoiltEndError, UndecidedError
from stopcheck.boot.javascript.fate import Run
from stopcheck.boot.signals import NUMBERS
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import tree_sitter

    from stopcheck.boot.conduct import Surroundings


class Live(Run):
    """See boot.programs.launcher.Living."""

    raised = False

    def __init__(self, root: tree_sitter.Node, path: str, around: Surroundings, decide: Callable[[int], bool]) -> None:
        super().__init__(root, path, around, decide)
        self.over = False
        self.begun = False

    @property
    def clock(self) -> float:
        """The time, in seconds since it began."""
        return self.loop.clock

    @property
    def origin(self) -> int:
        """The line of its file that it carries out."""
        return self.evaluator.line

    def advance(self, limit: float) -> bool:
        """Goes on until it is through, which is true, or nothing happens before a time (seconds)."""
        if not self.over:
            first, self.begun = not self.begun, True
            try:
                self.over = self.ends(limit, first=first)
            except SpoiltEndError:
                self.over, self.status = True, None
            if self.over and self.loop.guessed:
                raise UndecidedError("how long it lasts is not told")
        return self.over

    def soonest(self) -> float | None:
        """When time alone lets it go on."""
        if self.loop.is_blocked():
            return None
        return min((timer.at for timer in self.loop.timers), default=None)

    def disposition(self, signal: str) -> str:
        """What a signal finds: see Body.disposition."""
        if self.node.process.fields["listeners"].get(f"SIG{signal}"):
            return "caught"
        return "ignored" if signal == "USR1" else "default"  # it starts the debugger

    def deliver(self, signal: str) -> None:
        """A signal comes: who listens is called when the loop comes to that."""
        self.loop.signalled = True
        steps = (f"SIG{signal}", f"SIG{signal}", NUMBERS[signal])
        self.loop.soon.append(lambda: self.loop.run(self.node.emit(self.node.process, *steps)))

    def child_ended(self, pid: int, status: object) -> None:
        """A child has ended, with a status, or by a signal (negative)."""
        self.node.ended(pid, status)

    def pipe_closed(self, pid: int) -> None:
        """Nobody is left who could write to what it reads of a child."""
        self.node.closed(pid)

    def shared(self, number: int, value: object) -> None:
        """Another process has written to a channel."""
        self.node.told(number, value)

    def awaited(self) -> tuple[int, ...]:
        """The children without which nothing would keep it alive, or for which all else waits."""
        children = self.node.children
        if self.loop.is_blocked():
            return tuple(pid for pid, child in children.items() if "blocked" in child.fields)
        others = [handle for handle in self.loop.handles.values() if handle.kind != "child"]
        return () if others or any(timer.keeps for timer in self.loop.timers) else tuple(children)
