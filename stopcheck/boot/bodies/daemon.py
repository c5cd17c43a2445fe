"""Programs that leave for the background: what they start goes on in a session of its own."""

from __future__ import annotations

from stopcheck.boot.bodies.program import ENDED, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.world import Passing
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow


class Leaving(Program):
    """A server that leaves for the background or does not, nobody knows: where something comes after it, it does."""

    __slots__ = ()

    def __init__(self, row: ProgramRow, stop_signal: str, wakes_at: float | None = None) -> None:
        super().__init__(row, stop_signal, wakes_at)
        self.undecided = True

    def end(self, world: World, process: Process) -> None:
        """Suppose that it has left."""
        self.undecided = False
        left = Program(self.row, self.stop_signal)
        depart(world, process, left, process.argv, self.row.name)


def depart(world: World, process: Process, body: Body, argv: tuple[Field, ...], name: str) -> Process:
    """What daemon(3) does: what is to run goes on in a session of its own, and the process that was started ends."""
    child = set_apart(world, process, body, argv, name)
    world.exit(process, 0)
    return child


def set_apart(
    world: World, process: Process, body: Body, argv: tuple[Field, ...], name: str, *, twice: bool = False
) -> Process:
    """A child in a session of its own, for which the process will not wait.

    `twice`: of one that has made it, so that the child leads neither the session nor its group.
    """
    first = world.next_pid
    world.next_pid += twice
    child = world.spawn(process, body, argv, process.origin)
    child.sid = child.pgid = first
    child.program = name
    child.job = True
    world.note("daemonizes", process, other=child.pid, span=process.origin)
    return child


class Daemonizer(Passing):
    """Starts its service as a process of its own session, notes its number in a file, and ends at once."""

    __slots__ = ("env", "machine", "pid_file", "row", "service")

    def __init__(
        self,
        machine: Machine,
        row: ProgramRow,
        service: tuple[Field, ...],
        env: dict[str, Field],
        pid_file: str = "",
    ) -> None:
        self.machine = machine
        self.row = row
        self.service = service
        self.env = env
        self.pid_file = pid_file

    def copy(self) -> Daemonizer:
        """See Body.copy."""
        return self

    def key(self) -> Hashable:
        """See Body.key."""
        return self.row.name

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        twice = self.row.name == "start-stop-daemon"
        child = set_apart(world, process, self, self.service or process.argv, self.row.name, twice=twice)
        status = 0
        if self.pid_file:
            world.files[self.pid_file] = f"{child.pid}\n"
        if self.service:
            started = self.machine.start(world, child, self.row, self.service, self.env)
            if isinstance(started, Failure):
                child.body = Program(ENDED, "")
                world.exit(child, started.status)
                status = 0 if self.row.unstarted is None else started.status
            else:
                child.body = started
        else:
            child.body = Program(self.row, self.machine.stop_signal)
        world.exit(process, status)
        return True
