"""Starts a container on paper and lets it come up: every world that it can end in."""

from __future__ import annotations

from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from stopcheck.boot.arguments import dropping_script
from stopcheck.boot.either import MARK
from stopcheck.boot.frames import CallEnd, Foreground, ForRest, IfRest, Items, Standing, Waiting
from stopcheck.boot.machine import DEFAULT_PATH, Machine
from stopcheck.boot.programs import ENDED, LONG, Failure, Program, is_answered
from stopcheck.boot.shell import Shell
from stopcheck.boot.supervisors import Supervisor
from stopcheck.boot.world import Branch, TooComplex, World
from stopcheck.model import Unknown
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from stopcheck.boot.world import Field, Process
    from stopcheck.image.model import Image
    from stopcheck.knowledge.programs import ProgramRow

ENGINES_CHOICE = "the engine chooses the exit code"
"""What it finds before it starts PID 1 are 126 and 127; for what the kernel refuses some engines have 1, others 255."""
WORLD_LIMIT = 128
TICK_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Booted:
    """A world in which the container is up, or has ended by itself; `unsure` says what could not be followed."""

    world: World
    machine: Machine
    unsure: Unknown | None = None

    @property
    def up(self) -> bool:
        """Whether PID 1 is alive."""
        return self.world.init.alive

    @property
    def conditional(self) -> bool:
        """Whether something the files do not decide led here; which shell /bin/sh is counts only where it matters."""
        return any(not condition.reason.startswith(MARK) for condition in self.world.assumed)


def start_argv(image: Image) -> tuple[Field, ...] | Unknown | None:
    """PID 1's argv: ENTRYPOINT and CMD; None: nothing to run.

    A shell form of ENTRYPOINT drops CMD. (An engine appends it all the same, and to `sh -c TEXT` it is `$0`, `$1` …: so
    it counts where the text looks at them.)
    """
    entrypoint, cmd = image.entrypoint, image.cmd
    if isinstance(entrypoint, Unknown):
        # What no file sets is unset: that goes for the ENTRYPOINT of a base image that nothing is known of, too.
        if isinstance(cmd, Unknown) or cmd is None or cmd.instruction is None or not image.env_open:
            return entrypoint
        return cmd.argv or None
    if entrypoint is not None and entrypoint.argv:
        if entrypoint.shell_form is not None and (cmd is None or dropping_script(image) is not None):
            return entrypoint.argv
        if isinstance(cmd, Unknown):
            return cmd
        return entrypoint.argv + (cmd.argv if cmd is not None else ())
    if isinstance(cmd, Unknown):
        return cmd
    return cmd.argv if cmd is not None and cmd.argv else None


def boot(image: Image, stop_signal: str, programs: Mapping[str, ProgramRow] | None = None) -> tuple[Booted, ...]:
    """Every way that the container can come up, the default one first; empty where it is not known what it runs."""
    argv = start_argv(image)
    if argv is None or isinstance(argv, Unknown):
        return ()
    machine = Machine(image, stop_signal, programs)
    world = World()
    env: dict[str, Field] = {"PATH": DEFAULT_PATH, **image.env}
    process = world.spawn(None, Program(ENDED, ""), argv, None)
    process.cwd = image.workdir or "/"
    process.user = image.user.split(":")[0]
    process.origin = _origin(image)
    try:
        started = machine.load(world, process, argv, env)
    except RecursionError:
        return (Booted(world, machine, Unknown("the start command is nested too deeply")),)
    if isinstance(started, Failure):
        world.note_failure("cannot-start", process, started, process.origin)
        told = started.kind in {"absent", "folder", "mode"} or started.status < 126
        world.exit(process, started.status if told else Unknown(ENGINES_CHOICE))
        return (Booted(world, machine),)
    process.body = started
    return tuple(explore(world, machine))


def _origin(image: Image):  # type: ignore[no-untyped-def]
    for start in (image.entrypoint, image.cmd):
        if start is not None and not isinstance(start, Unknown) and start.instruction is not None:
            return start.instruction.value_span
    return None


def explore(world: World, machine: Machine) -> Iterator[Booted]:
    """Let a world settle; where the files do not decide, every way is taken, states seen before are not taken again."""
    came_up = False
    for booted in _explored(world, machine):
        came_up = True
        yield booted
    if not came_up:
        yield Booted(world, machine, Unknown("a loop that never comes to rest", world.init.origin))


def _explored(world: World, machine: Machine) -> Iterator[Booted]:
    todo = [world]
    seen: set[Hashable] = set()
    count = 0
    while todo:
        current = todo.pop()
        try:
            yield _settled(current, machine)
            count += 1
        except Branch as branch:
            if count + len(todo) > WORLD_LIMIT:
                yield Booted(current, machine, Unknown("more conditions than can be followed", branch.condition.span))
                count += 1
                if count > WORLD_LIMIT:
                    return
                continue
            todo.extend(reversed(branched(current, branch, seen)))
        except TooComplex as error:
            yield Booted(current, machine, Unknown(str(error)))
            count += 1


def branched(world: World, branch: Branch, seen: set[Hashable]) -> list[World]:
    """The worlds that a branch leads to, but for those whose state was reached before."""
    worlds = []
    mover = world.moving
    for way in branch.ways:
        other = world.copy()
        way(other, other.processes[mover])
        other.assumed += (branch.condition,)
        key = other.key()
        if key not in seen:
            seen.add(key)
            worlds.append(other)
    return worlds


def _settled(world: World, machine: Machine) -> Booted:
    """Run until only a stop, or time, would change anything."""
    settling: dict[int, _Settling] = {}
    while True:
        world.run()
        if not world.init.alive:
            kept = world.fallback is not None and _left_behind(world, world.fallback) and not _waits(world.fallback)
            if world.fallback is None or _guard(world) or _gave_way(world) or kept:
                return Booted(world, machine)
            fallback, world.fallback = world.fallback, None
            _become(world, fallback)
            continue
        ending = _next_end(world)
        if ending is not None:
            world.pass_time(ending)
            continue
        for top, leaves in _groups(world):
            group = settling.setdefault(top, _Settling(top))
            if not group.done:
                group.go_on(world, leaves)
                break
        else:
            return Booted(world, machine)


def _groups(world: World) -> Iterator[tuple[int, list[Process]]]:
    """What comes up independently of the rest, by the pid above it: what PID 1 waits for, a supervisor's programs."""
    leaves = list(world.awaited())
    yield 1, leaves
    for leaf in leaves:
        if isinstance(leaf.body, Supervisor):
            yield from ((pid, list(world.awaited(pid))) for pid in leaf.body.pids)


class _Settling:
    """How far one group has come: what it has been seen to do again and again."""

    def __init__(self, top: int) -> None:
        self.top = top
        self.done = False
        self._ticks: set[Hashable] = set()
        self._ended: dict[object, int] = {}

    def go_on(self, world: World, leaves: list[Process]) -> None:
        """Let what it waits for end, where that may be short; it is done where something stands."""
        undecided = [
            leaf for leaf in leaves if isinstance(leaf.body, Program) and leaf.body.undecided and leaf.pid != self.top
        ]
        timers = [leaf for leaf in leaves if isinstance(leaf.body, Program) and leaf.body.wakes() is not None]
        if not leaves or any(_stands(leaf) for leaf in leaves):
            self._finish(world, ended=not leaves)
        elif undecided:
            self._suppose_ended(world, undecided)
        elif timers and len(self._ticks) < TICK_LIMIT:
            self._pass_time(world, timers)
        else:
            self._finish(world)

    def _finish(self, world: World, *, ended: bool = False) -> None:
        """Nothing more will come; a program of a supervisor that has run through is taken to stand before that."""
        fallback = world.fallback
        if ended and fallback is not None and any(_stands(leaf) for leaf in fallback.awaited(self.top)):
            _become(world, fallback)
        world.fallback = None
        self.done = True

    def _suppose_ended(self, world: World, undecided: list[Process]) -> None:
        repeated = any(self._ended.get(leaf.origin, 0) >= 2 and not _in_turn(world, leaf) for leaf in undecided)
        stands = world.copy()
        stands.fallback = None
        for leaf in undecided:
            body = stands.processes[leaf.pid].body
            assert isinstance(body, Program)
            body.stands, body.undecided = True, False
        if repeated:
            _become(world, stands)
            return
        if not any(_is_asked(world, leaf) for leaf in undecided) and not _stood_together(world, undecided):
            world.fallback = stands
        for leaf in undecided:
            self._ended[leaf.origin] = self._ended.get(leaf.origin, 0) + 1
            assert isinstance(leaf.body, Program)
            leaf.body.end(world, leaf)

    def _pass_time(self, world: World, timers: list[Process]) -> None:
        round_ = tuple(p.body.round() for p in world.processes.values() if p.alive and isinstance(p.body, Shell))
        if round_ in self._ticks:
            # A loop comes round: if it starts a program that nobody knows, that is what it is there for.
            if world.fallback is not None and any(count >= 2 for count in self._ended.values()):
                _become(world, world.fallback)
            else:
                self._finish(world)
            return
        self._ticks.add(round_)
        wake = min(wake for leaf in timers if (wake := leaf.body.wakes()) is not None)
        if wake - world.clock >= LONG:
            self._finish(world)
        else:
            world.pass_time(wake)


def _gave_way(world: World) -> bool:
    """Whether PID 1 had put a command that does its work in its own place: what ran before made things ready for it."""
    body = world.init.body
    execs = any(event.kind == "exec" and event.pid == 1 for event in world.events)
    return execs and isinstance(body, Program) and body.row.role == "short"


def _is_asked(world: World, leaf: Process) -> bool:
    """Whether its status or what it prints is an answer (`if app check; …`, `app check | grep -q ok`).

    Nobody asks a service that: a loop asks it to start it anew (`until app; do sleep 1; done`), and where nothing
    follows an `if`, that is how its failure is told.
    """
    shell = _shell_of(world, leaf)
    if shell is None or not isinstance(shell.blocked, Foreground):
        return False
    if len(shell.blocked.pids) > 1 and is_answered(world.processes[shell.blocked.pids[-1]]):
        return True
    frames = list(takewhile(lambda frame: not isinstance(frame, CallEnd), reversed(shell.frames)))
    return any(
        isinstance(frame, IfRest) and isinstance(below, Items) and below.index < len(below.node.items)
        for frame, below in pairwise(frames)
    )


def _shell_of(world: World, leaf: Process) -> Shell | None:
    parent = world.processes.get(leaf.ppid)
    return parent.body if parent is not None and isinstance(parent.body, Shell) else None


def _in_turn(world: World, leaf: Process) -> bool:
    """Whether it is run once for each value of a `for`, so that it ends each time."""
    shell = _shell_of(world, leaf)
    return shell is not None and any(isinstance(frame, ForRest) for frame in shell.frames)


def _stood_together(world: World, jobs: list[Process]) -> bool:
    """Whether jobs are waited for that were there before the last that was: `wait $a; wait $b` waits for both."""
    before = world.fallback
    return (
        before is not None
        and before.next_pid == world.next_pid
        and all(job.job for job in jobs)
        and any(isinstance(leaf.body, Program) and leaf.body.stands for leaf in before.awaited())
    )


def _left_behind(world: World, before: World) -> bool:
    """Whether a known service has left for the background since: PID 1 was there for it, not for what ran before it."""
    return any(
        pid not in before.processes
        and process.job
        and isinstance(process.body, Program)
        and process.body.row.role == "service"
        and not process.body.row.helper
        for pid, process in world.processes.items()
    )


def _waits(world: World) -> bool:
    """Whether PID 1 waits for a job that it has started: it is there for that."""
    body = world.init.body
    return isinstance(body, Shell) and isinstance(body.blocked, Waiting)


def _guard(world: World) -> bool:
    """Whether the service was never meant to come up: an exec that fails, an error exit on an undecided condition."""
    if any(event.kind == "cannot-start" and event.pid == 1 for event in world.events):
        return True
    return bool(world.assumed) and isinstance(world.init.status, int) and world.init.status != 0


def _become(world: World, other: World) -> None:
    """Take over another world's state."""
    for name in World.__slots__:
        setattr(world, name, getattr(other, name))


def _next_end(world: World) -> float | None:
    """When the next program ends that the script itself has told to: a temporary server, say."""
    bodies = [process.body for process in world.processes.values() if process.alive]
    return min(
        (body.ends_at for body in bodies if isinstance(body, Program) and body.ends_at is not None), default=None
    )


def _stands(leaf: Process) -> bool:
    body = leaf.body
    if isinstance(body, Program):
        return not body.undecided and body.wakes() is None
    if isinstance(body, Shell):
        return isinstance(body.blocked, (Standing, Waiting, Foreground))
    return True
