"""What would come of a stop if some causes were mended: so the next ones show, and none is blamed for another."""

from __future__ import annotations

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.boot import Booted, explore
from stopcheck.boot.shell.frames import Foreground
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import WORST_FIRST
from stopcheck.stop.deliver import stop

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from stopcheck.boot.world import Process, World
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.cause import Cause
    from stopcheck.stop.deliver import Stopped


class Mended:
    """A process that does what its rule advises: it passes the signal on to its children and lasts as long as they.

    Where it is PID 1 and `replaced` by its child (`exec`), the child gets only what it has caught, as PID 1 does.
    """

    __slots__ = ("replaced", "targets", "told")
    overrides = True

    def __init__(self, targets: tuple[int, ...], replaced: bool) -> None:
        self.targets = targets
        self.replaced = replaced
        self.told = False

    def copy(self) -> Mended:
        """See Body.copy."""
        other = Mended(self.targets, self.replaced)
        other.told = self.told
        return other

    def key(self) -> Hashable:
        """See Body.key."""
        return (self.targets, self.told)

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return "caught"

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        self.told = True
        for child in world.living(self.targets):
            if self.replaced and process.pid == 1 and child.body.disposition(signal) == "default":
                world.note("unhandled", child, signal=signal)
            else:
                world.kill(child, signal, process)

    def wakes(self) -> float | None:
        """See Body.wakes."""
        return None

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return self.targets

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if not self.told or world.living(self.targets):
            return False
        world.exit(process, 0)
        return True


def mended(assessment: Assessment, stopped: Stopped, causes: Iterable[Cause]) -> Stopped | None:
    """The worst that a stop can come to when these causes are gone; None where mending them is not to be foreseen."""
    world = stopped.booted.world.copy()
    mains = stopped.mains
    for cause in causes:
        if cause.rule == "abandoned-job" and cause.child is not None:
            mains = tuple(pid for pid in mains if pid != cause.child.pid)
        elif cause.rule == "inherited-stop-signal" and isinstance(cause.process.body, Supervisor):
            continue  # another signal is sent, and it does with that what it does
        elif isinstance(cause.process.body, (Shell, Parent, Supervisor, Launching)):
            _mend(world, world.processes[cause.process.pid], cause)
        else:
            return None
    again = stop(Booted(world, stopped.booted.machine), assessment.signal, assessment.grace, mains)
    return min(again, key=lambda one: WORST_FIRST.index(one.outcome), default=None)


def outlived(stopped: Stopped) -> World:
    """The processes that PID 1 left behind when it ended, as they would stand had it lasted."""
    world = stopped.world.copy()
    left = {event.pid for event in world.events if event.kind == "swept"}
    for process in world.processes.values():
        if process.pid in {1, *left}:
            process.status, process.killed_by = None, ""
    shell, world.init.body = world.init.body, Mended((), False)
    world.fallback = None
    booted = next(explore(world, stopped.booted.machine))
    booted.world.init.body = shell
    return booted.world


def _mend(world: World, process: Process, cause: Cause) -> None:
    body = process.body
    targets: tuple[int, ...] = tuple(child.pid for child in world.children(process.pid) if child.alive)
    if isinstance(body, Parent) and body.child is not None:
        targets = (body.child,)
        _mend_with_it(world, body.child, "command")
    elif isinstance(body, Supervisor):
        groups = {pid for pid, managed in zip(body.pids, body.managed, strict=False) if managed.group}
        targets = tuple(pid for pid, p in world.processes.items() if p.alive and (pid in targets or p.pgid in groups))
    elif isinstance(body, Shell) and isinstance(body.blocked, Foreground) and _is_replaced(cause) and cause.child:
        targets = tuple(pid for pid in body.blocked.pids if pid == cause.child.pid) or targets
        _mend_with_it(world, cause.child.pid, "subshell")
    process.body = Mended(targets, _is_replaced(cause))


def _mend_with_it(world: World, pid: int, mode: str) -> None:
    """A wrapper's shell command goes away with the wrapper, parentheses with what is in them."""
    shell = world.processes[pid].body
    if isinstance(shell, Shell) and shell.mode == mode and isinstance(shell.blocked, Foreground):
        world.processes[pid].body = Mended(shell.blocked.pids, True)
        for child in shell.blocked.pids:
            _mend_with_it(world, child, mode)


def _is_replaced(cause: Cause) -> bool:
    """Whether the rule advises `exec`, so that the child takes the place of its parent."""
    if isinstance(cause.process.body, Launching) and not cause.process.body.row.instead:
        return False  # it is told to pass the signal on
    return not cause.rule.startswith(("trap-", "unhandled-", "exit-trap-", "supervisor-", "inherited-", "grace-"))
