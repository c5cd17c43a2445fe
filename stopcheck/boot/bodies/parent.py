"""Inits and wrappers: they start one child, pass signals on, and end with it."""

from __future__ import annotations

import itertools

from stopcheck.boot.bodies.program import ENDED, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.signals import signal_name, signal_number
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import numeral
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow


@dataclass(frozen=True, slots=True)
class ParentOptions:
    """What an init's own options change: signals that it rewrites ("": drops), statuses that it tells as 0."""

    rewrites: Mapping[str, str] = field(default_factory=dict)
    zero: frozenset[int] = frozenset()
    user: str | None = None


def parent_options(row: ProgramRow, argv: tuple[Field, ...]) -> ParentOptions:
    """Read them from an argv (tini -e, dumb-init -r)."""
    rewrites: dict[str, str] = {}
    zero: set[int] = set()
    for option, value in itertools.pairwise((*argv, "")):
        if not isinstance(option, str) or not isinstance(value, str) or option == "--":
            break
        name = next((name for name in row.rewrite_options if option != name and option.startswith(name)), "")
        if name:
            option, value = name, option[len(name) :].removeprefix("=")
        if option in row.rewrite_options:
            source, _, target = value.partition(":")
            names = (signal_name(source), "" if target == "0" else signal_name(target))
            if names[0] is not None and names[1] is not None:
                rewrites[names[0]] = names[1]
        elif option in row.zero_options and (status := numeral(value)) is not None:
            zero |= {status}
    return ParentOptions(rewrites, frozenset(zero))


class Parent:
    """An init or a wrapper: starts one child, passes signals on, ends with it."""

    __slots__ = ("argv", "child", "deadline", "env", "got", "machine", "options", "row")
    overrides = True

    def __init__(
        self, machine: Machine, row: ProgramRow, argv: tuple[Field, ...], env: dict[str, Field],
        options: ParentOptions | None = None,
    ) -> None:  # fmt: skip
        self.machine = machine
        self.row = row
        self.argv = argv
        self.env = env
        self.options = options or ParentOptions()
        self.child: int | None = None
        self.deadline: float | None = None
        self.got = ""

    def copy(self) -> Parent:
        """See Body.copy."""
        other = Parent(self.machine, self.row, self.argv, self.env, self.options)
        other.child, other.deadline, other.got = self.child, self.deadline, self.got
        return other

    def key(self) -> Hashable:
        """See Body.key."""
        return (self.row.name, self.child, self.deadline is None)

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        if signal in self.row.on:
            return "default" if self.row.on[signal] == "default" else "caught"
        if self.row.forwards == "none" or (self.row.forwards_only and signal not in self.row.forwards_only):
            return "default"
        return "caught"

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        if self.row.on.get(signal) == "ignore":
            world.note("drops", process, signal=signal)
            return
        self.got = signal
        rewritten = self.options.rewrites.get(signal, signal)
        if not rewritten:
            world.note("drops", process, signal=signal)
            return
        signal = rewritten
        for target in self._targets(world, process):
            world.note("forwards", process, signal=signal, other=target.pid)
            world.kill(target, signal, process)
        if self.row.kill_after is None:
            return
        soonest = world.clock + self.row.kill_after
        if self.deadline is None:
            self.deadline = soonest
        elif self.row.waits_out and (self.deadline != soonest or world.next_pid > world.first_after):
            # What it waits in is a sleep(3), which that ends (su-common.c); two signals at one moment are one.
            self.deadline = world.clock

    def _targets(self, world: World, process: Process) -> list[Process]:
        child = world.processes.get(self.child or 0)
        if child is None or not child.alive:
            return []
        leads = self.row.role == "fork" and not self.row.own_session
        if leads and self.row.forwards == "group":
            group = [other for other in world.group(process.pgid) if other is not process and other is not child]
            return [child, *group]
        if self.row.forwards in {"group", "session"}:
            return [other for other in world.group(child.pgid) if other is not process]
        return [child]

    def wakes(self) -> float | None:
        """See Body.wakes."""
        return self.deadline

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return (self.child,) if self.child is not None else ()

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if self.child is None:
            self._start(world, process)
            return True
        if self.deadline is not None:
            if world.clock < self.deadline:
                return False
            child = world.processes[self.child]
            if child.alive:
                world.note("gives-up", process, signal="KILL", other=child.pid)
                world.kill(child, "KILL", process)
            world.exit(process, 128 + signal_number(self.got))
            return True
        child = world.processes[self.child]
        if child.alive or not self.row.ends_with_child:
            return False
        child.reaped = True
        if self.row.forwards == "session":
            for other in world.group(child.pgid):
                world.kill(other, "TERM", process)
        status = child.status if child.status is not None else 0
        world.exit(process, 0 if status in self.options.zero else status)
        return True

    def _gives_session(self) -> bool:
        """Whether what it starts leads a session of its own (su -c for another user): Machine._wrapper has looked."""
        return bool(self.row.session_only) and all(self.row.on.get(each) != "ignore" for each in self.row.session_only)

    def _start(self, world: World, process: Process) -> None:
        if self.row.role == "fork" and self.row.forwards == "group":
            process.pgid = process.pid
        child = world.spawn(process, self, self.argv, process.origin)
        self.child = child.pid
        child.user = process.user if self.options.user is None else self.options.user
        child.ignored = frozenset() if self.row.resets else child.ignored
        if self.row.role == "init" and self.row.own_group:
            child.pgid = child.pid
            if self.row.forwards == "session":
                child.sid = child.pid
        elif self.row.own_session or self._gives_session():
            child.pgid = child.sid = child.pid
        started = self.machine.start(world, child, self.row, self.argv, self.env)
        if isinstance(started, Failure):
            world.note_failure("cannot-start", child, started, child.origin)
            child.body = Program(ENDED, "")
            world.exit(child, started.status)
        else:
            child.body = started
