"""Supervisors: start several programs, and stop them in their own way."""

from __future__ import annotations

from stopcheck.boot.bodies.daemon import depart
from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import ENDED, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.world import Passing
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.source import Span


@dataclass(frozen=True, slots=True)
class Managed:
    """A program of a supervisor: how it is started and stopped; `wait` in seconds until SIGKILL (None: never).

    `group`, `kill_group`: the signal, the SIGKILL go to its process group; `folder` is its working directory, `user`
    whom it runs as ("": as the supervisor). `once`: nothing starts it again when it has ended. Those that are told to
    stop at the same time have the same `along`. `own_group`: it leads a process group of its own.
    """

    name: str
    argv: tuple[Field, ...]
    stop_signal: str = "TERM"
    wait: float | None = 10.0
    group: bool = False
    kill_group: bool = False
    place: Span | None = None
    folder: str = ""
    user: str = ""
    once: bool = False
    along: str = ""
    own_group: bool = True


class Supervisor:
    """Runs its programs; on a signal that stops it, it stops them one after another or all at once, then ends."""

    __slots__ = (
        "at_once",
        "current",
        "env",
        "forsakes",
        "hears",
        "kills_at",
        "lag",
        "leaves_at",
        "machine",
        "managed",
        "pids",
        "scatters",
        "status",
        "statuses",
        "stopping",
        "stops_on",
    )
    overrides = True

    def __init__(
        self, machine: Machine, managed: tuple[Managed, ...], env: dict[str, Field], stops_on: frozenset[str],
        at_once: bool = False, lag: float = 0.0, forsakes: frozenset[str] = frozenset(), status: int = 0,
        statuses: Mapping[str, int] | None = None, hears: frozenset[str] = frozenset(),
        scatters: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.machine = machine
        self.managed = managed
        self.env = env
        self.stops_on = stops_on
        self.at_once = at_once
        self.lag = lag
        self.forsakes = forsakes
        self.hears = hears
        self.scatters = scatters
        self.status = status
        self.statuses = statuses or {}
        self.pids: tuple[int, ...] = ()
        self.stopping = False
        self.current: int | None = None
        self.kills_at: tuple[tuple[int, float], ...] = ()
        self.leaves_at: float | None = None

    def copy(self) -> Supervisor:
        """See Body.copy."""
        other = Supervisor.__new__(Supervisor)
        for slot in self.__slots__:
            setattr(other, slot, getattr(self, slot))
        return other

    def key(self) -> Hashable:
        """See Body.key."""
        return (self.pids, self.stopping, self.current)

    def lets_end(self, pid: int) -> bool:
        """Whether it is told not to start a program again, as it is others: that has work to do once."""
        if all(managed.once for managed in self.managed):
            return False  # it would stand for nothing
        return any(started == pid and managed.once for started, managed in zip(self.pids, self.managed, strict=False))

    def programs(self, world: World) -> list[int]:
        """Its living programs."""
        return [process.pid for process in world.living(self.pids)]

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return "caught" if signal in self.stops_on | self.forsakes | self.hears else "default"

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        if signal in self.forsakes or (signal in self.scatters and _is_sent_to_all(world, process)):
            world.note("forsakes", process, signal=signal)
            world.exit(process, self.statuses.get(signal, self.status))
        elif signal in self.stops_on:
            self.stopping = True

    def wakes(self) -> float | None:
        """See Body.wakes."""
        times = [time for _, time in self.kills_at]
        if self.leaves_at is not None:
            times.append(self.leaves_at)
        return min(times, default=None)

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return ()

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if not self.pids and self.managed:
            self.pids = tuple(self._start(world, process, managed) for managed in self.managed)
            return True
        if not self.stopping:
            return False
        for index, time in self.kills_at:
            child = world.processes[self.pids[index]]
            if not child.alive:
                self.kills_at = tuple(pair for pair in self.kills_at if pair[0] != index)
                return True
            if world.clock >= time:
                self.kills_at = tuple(pair for pair in self.kills_at if pair[0] != index)
                world.note("gives-up", process, signal="KILL", other=child.pid)
                for target in world.group(child.pgid) if self.managed[index].kill_group else [child]:
                    world.kill(target, "KILL", process)
                return True
        if self.at_once:
            if self.current is None:
                self.current = 0
                for index in range(len(self.pids)):
                    self._stop(world, process, index)
                return True
        else:
            position = self.current if self.current is not None else len(self.pids)
            if position > 0 and not world.living(self.pids[position:]):
                along = self.managed[position - 1].along
                self._stop(world, process, position - 1)
                position -= 1
                while along and position > 0 and self.managed[position - 1].along == along:
                    self._stop(world, process, position - 1)
                    position -= 1
                self.current = position
                return True
        if world.living(self.pids):
            return False
        if self.leaves_at is None:
            self.leaves_at = world.clock + self.lag
            self._note_races(world)
            return True
        if world.clock >= self.leaves_at:
            world.exit(process, self.status)
            return True
        return False

    def _note_races(self, world: World) -> None:
        """It looks at least so often whether its programs have ended, and at once where one of them writes or closes.

        So it is not known whether it sees to the end what they have left behind, told with them and not done yet.
        Source: runforever() of supervisor/supervisord.py.
        """
        groups = {world.processes[pid].pgid for pid in self.pids} if self.lag else set()
        for other in world.processes.values():
            if other.alive and other.told and other.pgid in groups:
                world.note("races", other, text=other.program, span=other.origin)

    def _start(self, world: World, process: Process, managed: Managed) -> int:
        child = world.spawn(process, self, managed.argv, managed.place or process.origin)
        child.cwd = managed.folder or child.cwd
        child.user = managed.user or child.user
        if managed.own_group:
            child.pgid = child.sid = child.pid
        started = self.machine.load(world, child, managed.argv, self.env)
        if isinstance(started, Failure):
            world.note_failure("cannot-start", child, started, process.origin)
            child.body = Program(ENDED, "")
            world.exit(child, started.status)
        else:
            child.body = started
        return child.pid

    def _stop(self, world: World, process: Process, index: int) -> None:
        managed = self.managed[index]
        child = world.processes[self.pids[index]]
        if not child.alive:
            return
        if managed.wait is not None:
            self.kills_at += ((index, world.clock + managed.wait),)
        for target in world.group(child.pgid) if managed.group else [child]:
            world.note("forwards", process, signal=managed.stop_signal, other=target.pid)
            world.kill(target, managed.stop_signal, process)


def _is_sent_to_all(world: World, process: Process) -> bool:
    """Whether an init sends signals to a whole group, what stands between a supervisor and its services among it."""
    above = world.processes[process.ppid].body if process.ppid in world.processes else None
    return isinstance(above, Parent) and above.row.forwards in {"group", "session"}


class Departing(Passing):
    """Leaves for the background with all that it is to run: the process that was started ends at once."""

    __slots__ = ("body", "row")

    def __init__(self, row: ProgramRow, body: Supervisor) -> None:
        self.row = row
        self.body = body

    def copy(self) -> Departing:
        """See Body.copy."""
        return self

    def key(self) -> Hashable:
        """See Body.key."""
        return self.row.name

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        depart(world, process, self.body.copy(), process.argv, self.row.name)
        return True
