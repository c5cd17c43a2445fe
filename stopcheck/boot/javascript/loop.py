"""The event loop of Node.js: timers, what keeps the process alive, and signals (nodejs.org/api/process.html)."""

from __future__ import annotations

from collections import deque

from stopcheck.boot.conduct import UndecidedError
from stopcheck.boot.javascript.values import UNDEFINED, Promise, ThrownError
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from stopcheck.boot.javascript.values import Steps, Thing

MOST_TURNS = 8000
"""Callbacks that are run before it is said to do very much."""


@dataclass(eq=False)
class Timer:
    """A timer: when it is due (seconds), what it calls, and every how many seconds where it comes again."""

    at: float
    call: Callable[[], Steps]
    every: float | None = None
    keeps: bool = True
    rough: bool = False


@dataclass(eq=False)
class Loop:
    """What is to be run, now and later, and what keeps the process alive: servers, sockets."""

    clock: float = 0.0
    soon: deque[Callable[[], None]] = field(default_factory=deque)
    timers: list[Timer] = field(default_factory=list)
    handles: dict[int, Thing] = field(default_factory=dict)
    broken: list[Promise] = field(default_factory=list)
    signalled: bool = False
    guessed: bool = False
    """Whether a timer has run out whose time is not told."""
    turns: int = 0
    blocked: Promise | None = None
    """What is waited for while nothing else goes on: execSync()."""

    def start(self, steps: Steps) -> Promise:
        """Carries something out as far as it goes now; the promise is kept when it is through."""
        promise = Promise()
        self._go_on(steps, promise, None)
        return promise

    def _go_on(self, steps: Steps, promise: Promise, waited: Promise | None) -> None:
        try:
            if waited is None:
                wait = next(steps)
            elif waited.state == "broken":
                wait = steps.throw(ThrownError(waited.value))
            else:
                wait = steps.send(waited.value)  # type: ignore[arg-type]
        except StopIteration as end:
            self.settle(promise, "kept", end.value)
            return
        except ThrownError as error:
            self.settle(promise, "broken", error.value)
            return
        self.when(wait, lambda: self._go_on(steps, promise, wait))

    def when(self, promise: Promise, then: Callable[[], None]) -> None:
        """Has something run once a promise is kept or broken."""
        promise.seen = True
        if promise.state == "pending":
            promise.waiting.append(then)
        else:
            self.soon.append(then)

    def settle(self, promise: Promise, state: str, value: Any = UNDEFINED) -> None:
        """Keeps or breaks a promise; one that is kept with a promise follows that."""
        if promise.state != "pending":
            return
        if isinstance(value, Promise) and state == "kept":
            self.when(value, lambda: self.settle(promise, value.state, value.value))
            return
        promise.state, promise.value = state, value
        self.soon.extend(promise.waiting)
        promise.waiting = []
        if state == "broken":
            self.broken.append(promise)

    def drain(self) -> None:
        """Runs all that is to be run now; raises what nobody catches."""
        while self.soon and not self.is_blocked():
            self.turns += 1
            if self.turns > MOST_TURNS:
                raise UndecidedError("it does very much")
            self.soon.popleft()()
        for promise in self.broken:
            if not promise.seen:
                raise ThrownError(promise.value, promise)
        self.broken = []

    def is_blocked(self) -> bool:
        """Whether nothing goes on, signals neither, until a child has ended."""
        return self.blocked is not None and self.blocked.state == "pending"

    def release(self, promise: Promise) -> None:
        """What was waited for has come: it comes before all else."""
        rest, self.soon = self.soon, deque()
        self.settle(promise, "kept")
        self.soon.extend(rest)

    def is_alive(self) -> bool:
        """Whether something keeps the process from ending."""
        return bool(self.handles) or any(timer.keeps for timer in self.timers)

    def advance(self, limit: float) -> bool:
        """Goes on until nothing keeps the process alive, which is true, or nothing happens before a time."""
        self.drain()
        while self.is_blocked() or self.is_alive():
            if self.is_blocked():
                return False
            timer = min(self.timers, key=lambda timer: timer.at, default=None)
            if timer is None or timer.at > limit:
                return False
            if timer.rough and self.signalled:
                raise UndecidedError("how long it waits is not told")
            self.guessed = self.guessed or timer.rough
            self.clock = max(self.clock, timer.at)
            if timer.every is None:
                self.timers.remove(timer)
            else:
                timer.at = self.clock + max(timer.every, 0.001)
            self.turns += 1
            if self.turns > MOST_TURNS:
                raise UndecidedError("it does very much")
            self.run(timer.call())
            self.drain()
        return True

    def run(self, steps: Steps) -> None:
        """Runs a callback; what it throws is caught by nobody."""
        promise = self.start(steps)
        promise.seen = True
        if promise.state == "broken":
            raise ThrownError(promise.value)
