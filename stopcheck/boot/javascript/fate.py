"""A program in JavaScript, from its first line to where it ends or stands, and on from there with a signal."""

from __future__ import annotations

from functools import lru_cache

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
from stopcheck.boot.javascript.library.node import Node
from stopcheck.boot.javascript.loop import Loop
from stopcheck.boot.javascript.statements import Evaluator
from stopcheck.boot.javascript.values import ThrownError
from stopcheck.boot.signals import NUMBERS
from stopcheck.boot.world import SHORT
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    import tree_sitter

    from stopcheck.boot.conduct import Surroundings

UNSETTLED = 13
"""What Node.js ends with where the program still waits at its top, and nothing can come any more."""

FATAL = 7
"""What it ends with where a listener for what nobody has caught throws (nodejs.org/api/process.html, Exit codes)."""


@lru_cache(maxsize=64)
def parse(text: str) -> tree_sitter.Node | None:
    """The tree of a program; None where it cannot be read."""
    import tree_sitter
    import tree_sitter_javascript

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))
    root = parser.parse(text.encode("utf-8", "surrogatepass")).root_node
    return None if root.has_error else root


def conduct(root: tree_sitter.Node, path: str, around: Surroundings) -> Conduct | None:
    """What the program at an absolute path does; None where that cannot be followed. SIGUSR1 starts the debugger."""
    found = conduct_of(lambda answers, signal, later: _Tried(root, path, around, answers).go(signal, later))
    return None if found is None else replace(found, on={"USR1": "ignore", **found.on})


class Run:
    """One way through a program."""

    def __init__(self, root: tree_sitter.Node, path: str, around: Surroundings, decide: Callable[[int], bool]) -> None:
        self.root = root
        self.path = path
        self.loop = Loop()
        self.node = Node(self.loop, decide, around)
        self.evaluator = self.node.evaluator = Evaluator(decide, self.node)
        self.status: int | None = 0
        """What it ends with; None: nobody knows."""

    def ends(self, limit: float, first: bool = False, signal: str = "") -> bool:
        """Goes on until the program has ended, which is true, or nothing happens before a time."""
        try:
            if first:
                self._begin()
            if signal:
                self.loop.run(self.node.emit(self.node.process, f"SIG{signal}", f"SIG{signal}", NUMBERS[signal]))
            while True:
                try:
                    through = self.loop.advance(limit)
                    break
                except ThrownError as error:
                    self.loop.broken = []
                    self._complain(error)
        except ThrownError:
            self.status = 1
            return True
        except EndedError as end:
            self.status = end.status
            return True
        if through:
            told = self.node.process.fields["exitCode"]
            if isinstance(told, Opaque):
                raise SpoiltEndError
            self.status = told & 255 if isinstance(told, int) else 0
            if self.top.state == "pending":
                self.status = UNSETTLED
        return through

    def _begin(self) -> None:
        self.node.read(self.path, self.root)
        scope, module = self.node.scope(self.path)
        self.node.modules |= {"$main": module, self.path: module}
        self.node.join()
        self.node.folders.append(self.path.rpartition("/")[0] or "/")
        self.top = self.loop.start(self.evaluator.whole(self.root, scope))

    def _complain(self, error: ThrownError) -> None:
        """What the program does with what nobody has caught: a promise that is broken has a listener of its own,
        but not that of a module itself; what that throws goes the way of all else (facts rt.node-unhandled-*).
        """
        listeners = self.node.process.fields["listeners"]
        if error.unseen not in (None, self.top) and listeners.get("unhandledRejection"):
            try:
                self.loop.run(self.node.emit(self.node.process, "unhandledRejection", error.value))
            except ThrownError as another:
                error = another
            else:
                return
        if not listeners.get("uncaughtException"):
            raise error
        try:
            self.loop.run(self.node.emit(self.node.process, "uncaughtException", error.value))
        except ThrownError:
            raise EndedError(FATAL) from None


class _Tried(Run):
    """One way through a program that nobody but its own clock and one signal has to do with."""

    def __init__(self, root: tree_sitter.Node, path: str, around: Surroundings, answers: Answers) -> None:
        super().__init__(root, path, around, answers.decide)
        self.answers = answers

    def go(self, signal: str | None, later: int) -> Fate:
        """From its start until it ends or stands; and on from there, with a signal."""
        loop = self.loop
        if self.ends(SHORT, first=True):
            return self._ended()
        if signal is None:
            listeners = self.node.process.fields["listeners"]
            handled = {name[3:] for name, functions in listeners.items() if name[3:] in NUMBERS and functions}
            guessed = loop.guessed
            lasts = self._lasts()
            if guessed and not lasts:
                raise UndecidedError("how long it lasts is not told")
            return Fate(handled=dict.fromkeys(sorted(handled), "raise"), lasts=lasts)
        for _ in range(later):
            soonest = min((timer.at for timer in loop.timers), default=SHORT)
            if soonest > SHORT + PATIENCE:
                break
            if self.ends(soonest):
                return self._ended()
        start = loop.clock
        self.answers.told.clear()
        loop.signalled = True
        if not self.ends(start + PATIENCE, signal=signal):
            return Fate()
        return Fate(seconds=loop.clock - start)

    def _lasts(self) -> bool:
        """Whether it surely stands for long."""
        self.answers.closed = True
        try:
            return not self.ends(SHORT + PATIENCE)
        except (UndecidedError, RecursionError):
            return False

    def _ended(self) -> Fate:
        if self.loop.guessed:
            raise UndecidedError("how long it lasts is not told")
        if self.status == 0:
            return Fate(status=0)
        return Fate(status=self.status, line=self.evaluator.line, asked=tuple(self.node.asked))
