"""timeout(1), coreutils' and busybox's: what it starts may run so long, then it gets a signal; and sleep(1)."""

from __future__ import annotations

import math

from stopcheck.boot.bodies.program import FOR_EVER, Program
from stopcheck.boot.grammar import duration, is_option, limit_signal, time_limit
from stopcheck.boot.programs.wrappers import Wrapper
from stopcheck.boot.signals import signal_name
from stopcheck.boot.world import SHORT
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Process, World

TIMED_OUT = 124
"""The status of timeout(1) whose child has run too long."""
KILLED = 137
"""Where it was SIGKILLed, in the end or at once."""


@dataclass(frozen=True, slots=True)
class Limit:
    """When the time is over; what is sent then; SIGKILL so much later; whether the child's own status is told."""

    expires: float
    signal: str = "TERM"
    kill_after: float | None = None
    preserves: bool = False


class Timeout(Wrapper):
    """coreutils': a parent that waits for its child."""

    __slots__ = ("limit", "timed_out")
    limit: Limit
    timed_out: bool

    def copy(self) -> Timeout:
        """See Body.copy."""
        other = super().copy()
        assert isinstance(other, Timeout)
        other.limit, other.timed_out = self.limit, self.timed_out
        return other

    @property
    def expires(self) -> float | None:
        """When it gives its child the signal to end, if that stands until then."""
        return None if self.timed_out or self.limit.expires == FOR_EVER else self.limit.expires

    def wakes(self) -> float | None:
        """See Body.wakes."""
        return min((time for time in (self.expires, self.deadline) if time is not None), default=None)

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        child = world.processes.get(self.child or 0)
        if child is None:
            process.ignored -= set(self.row.forwards_only)  # it catches these before it forks
        over = self.expires is not None and world.clock >= self.expires
        if child is None or not over or not child.alive:
            return super().step(world, process)
        self.timed_out = True
        if self.limit.signal == "KILL":
            for target in self._targets(world, process):
                world.kill(target, "KILL", process)
        else:
            super().receive(world, process, self.limit.signal)
        return True

    def leave(self, world: World, process: Process, child: Process) -> bool:
        """See Wrapper.leave."""
        if not self.timed_out:
            return super().leave(world, process, child)
        told = child.status if self.limit.preserves and child.status is not None else TIMED_OUT
        world.exit(process, KILLED if child.killed_by == "KILL" else told)
        return True


class Watcher:
    """busybox's: the child takes its place, and a process that nobody waits for watches it."""

    __slots__ = ("limit", "target")
    overrides = True

    def __init__(self, limit: Limit, target: int) -> None:
        self.limit = limit
        self.target = target

    @property
    def expires(self) -> float:
        """When it sends its next signal."""
        return self.limit.expires

    def copy(self) -> Watcher:
        """See Body.copy."""
        return Watcher(self.limit, self.target)

    def key(self) -> Hashable:
        """See Body.key."""
        return ("watcher", self.target, self.limit.signal)

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return "default"

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""

    def wakes(self) -> float | None:
        """See Body.wakes."""
        return self.limit.expires

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return ()

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        target = world.processes[self.target]
        if target.alive and world.clock < self.limit.expires:
            return False
        if target.alive:
            world.kill(target, self.limit.signal, process)
        if target.alive and self.limit.kill_after is not None:
            self.limit = Limit(world.clock + self.limit.kill_after, "KILL")
        else:
            world.exit(process, 0)
        return True


def watch(world: World, process: Process, limit: Limit) -> None:
    """Have another process watch this one."""
    watcher = world.spawn(process, Watcher(limit, process.pid), process.argv, process.origin)
    watcher.program, watcher.ppid, watcher.adopted = "timeout", 1, True


def limit(start: Start, own: list[str]) -> Limit | Program:
    """How long a wrapper lets its child run, by its `own` words; what it comes to where it is told so wrongly."""
    row, clock = start.row, start.world.clock
    status = 1 if row.role == "exec" else 125
    refused = Program(ProgramRow(row.name, role="short", status=status), start.machine.stop_signal)
    told = time_limit(row, start.argv)
    named = limit_signal(row, start.argv)
    signal = signal_name(named) if isinstance(named, str) else "TERM"
    seconds = duration(told, 0.0)
    if signal is None or (isinstance(told[0], str) and seconds == FOR_EVER and told[0] not in {"inf", "infinity"}):
        return refused
    if row.role == "exec" and seconds != FOR_EVER:
        seconds = float(math.ceil(seconds))  # busybox looks once a second
    expires = clock + seconds if 0 < seconds < SHORT else FOR_EVER
    preserves = any(is_option(word, name) for word in own[1:] for name in row.preserve_options)
    return Limit(expires, signal, row.kill_after, preserves)


def start_timer(start: Start) -> Program:
    """`sleep TIME…`; without an operand, or with one that is no interval, it fails at once."""
    words = start.argv[1:]
    if not words or any(isinstance(word, str) and _no_interval(word) for word in words):
        return Program(ProgramRow(start.row.name, role="short", status=1), start.machine.stop_signal)
    clock = start.world.clock
    return Program(start.row, start.machine.stop_signal, clock + duration(words, 0.0) * start.row.unit)


def _no_interval(word: str) -> bool:
    """Whether `sleep` complains of a word; options are another thing."""
    return not word.startswith("-") and (word != word.strip() or duration((word,), -FOR_EVER) == FOR_EVER)
