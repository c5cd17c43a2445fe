"""Starts a container on paper and lets it come up: every world that it can end in."""

from __future__ import annotations

from stopcheck.boot.arguments import dropping_script
from stopcheck.boot.bodies.program import ENDED, Program
from stopcheck.boot.either import MARK
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import is_nobody
from stopcheck.boot.loader import Loader
from stopcheck.boot.lookup import DEFAULT_PATH
from stopcheck.boot.settle import settle, turn
from stopcheck.boot.world import SHORT, Branch, TooComplex, World
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Field
    from stopcheck.image.model import Image
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.source import Span

ENGINES_CHOICE = "the engine chooses the exit code"
"""What it finds before it starts PID 1 are 126 and 127; for what the kernel refuses some engines have 1, others 255."""
_MAY_STAND = frozenset({"unknown", "service", "worker", "opaque", "unread", "daemon"})
HEARD = frozenset({"caught", "dies"})
WORLD_LIMIT = 128
BRANCH_LIMIT = 512
"""So often a way may part, those counted that come to where another has been."""


@dataclass(frozen=True, slots=True)
class Booted:
    """A world in which the container is up, or has ended by itself; `unsure` says what could not be followed.

    `ended` is how it would have ended, where it is up only because a command is supposed to stand that may be short.
    """

    world: World
    machine: Machine
    unsure: Unknown | None = None
    ended: World | None = None

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
        if image.files.matching("/etc/s6-overlay/s6-rc.d/*/run"):
            # Services for s6-overlay's own folder are there for the /init of a base image that brings it.
            own = () if isinstance(cmd, Unknown) or cmd is None or cmd.instruction is None else cmd.argv
            return ("/init", *own)
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
    machine = Loader(image, stop_signal, programs)
    world = World()
    env: dict[str, Field] = {"PATH": DEFAULT_PATH, **image.env}
    process = world.spawn(None, Program(ENDED, ""), argv, None)
    process.cwd = image.workdir
    process.user = image.user.split(":")[0]
    process.origin = _origin(image)
    nobody = is_nobody(image, process.user)
    try:
        started = _NO_ACCOUNT if nobody else machine.load(world, process, argv, env)
    except RecursionError:
        return (Booted(world, machine, Unknown("the start command is nested too deeply")),)
    if isinstance(started, Failure):
        world.note_failure("cannot-start", process, started, process.origin)
        told = started.kind in {"absent", "path", "folder", "mode", "refuses"} or started.status < 126 or started.ran
        world.exit(process, started.status if told else Unknown(ENGINES_CHOICE))
        return (Booted(world, machine),)
    process.body = started
    return tuple(explore(world, machine))


_NO_ACCOUNT = Failure(
    126, "USER names somebody who has no account in the image", "account", "Make it in the build: `RUN useradd …`."
)


def _origin(image: Image) -> Span | None:
    for start in (image.entrypoint, image.cmd):
        if start is not None and not isinstance(start, Unknown) and start.instruction is not None:
            return start.instruction.value_span
    return None


def explore(world: World, machine: Machine) -> Iterator[Booted]:
    """Let a world settle; where the files do not decide, every way is taken, states seen before are not taken again.

    What is only supposed to stand does so where nothing surely does: first a loop that looks after something (where it
    mostly is), then a command that may be short, then a loop that waits for what is outside.
    """
    ways = list(_explored(world, machine))
    likely = min((_supposed(way) for way in ways if way.up and way.unsure is None), default=0)
    rounds = 0
    for way in ways:
        if not way.up or way.unsure is not None or _supposed(way) <= likely:
            rounds += way.up and way.world.came_round
            if rounds < 2 or not way.world.came_round:
                yield way
        elif way.ended is not None:
            yield Booted(way.ended, machine)
    if not ways:
        yield Booted(world, machine, Unknown("a loop that never comes to rest", world.init.origin))


def _supposed(way: Booted) -> int:
    if way.ended is not None:
        return 2 if Booted(way.ended, way.machine).conditional else 0
    return (3 if _waits_for_others(way.world) else 1) if way.world.came_round else 0


def _waits_for_others(world: World) -> bool:
    """Whether a loop that looks again in a moment waits for what is outside: nothing was started that may stand."""
    programs = [(each, each.body) for each in world.processes.values() if isinstance(each.body, Program)]
    wakes = [body.wakes() for each, body in programs if each.alive]
    if not wakes or any(at is None or at - world.clock > SHORT for at in wakes):
        return False
    return not any(body.row.role in _MAY_STAND for _, body in programs)


def _explored(world: World, machine: Machine) -> Iterator[Booted]:
    todo = [world]
    seen: set[Hashable] = set()
    count = branches = 0
    while todo:
        current = todo.pop()
        try:
            ended = settle(current)
            yield Booted(current, machine, None, ended)
            count += 1
        except Branch as branch:
            branches += 1
            if count + len(todo) > WORLD_LIMIT or branches > BRANCH_LIMIT:
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
    """The worlds that a branch leads to, but for those whose state was reached before.

    A loop that comes round to where it was goes on, for all that the files tell; and where nothing has heard of the
    stop, it goes on as before.
    """
    worlds: list[World] = []
    rest: dict[Hashable, World] = {}
    mover = world.moving
    unheard = world.stopping and not any(event.seconds is not None and event.kind in HEARD for event in world.events)
    for way in branch.ways:
        other = world.copy()
        way(other, other.processes[mover])
        other.assumed += (branch.condition,)
        place = turn(other)
        if place in other.turns:
            if unheard:
                return [other]
            if not world.stopping and not other.came_round:
                other.came_round = True
                worlds.append(other)
                continue
            if not world.stopping and ("round", place) in seen:
                continue  # what differs is the number of a process at most: `app & wait $!`
            seen.add(("round", place))
        if not world.stopping:
            other.turns |= {place}
        key = (place, other.key())
        if key not in seen:
            seen.add(key)
            worlds.append(other)
        elif other.came_round and not world.stopping and ("round", key) not in seen:
            rest[key] = other
    if worlds or not rest:
        return worlds
    # What has come round may part once more before it comes to rest: then it goes on as before.
    at, other = next(iter(rest.items()))
    seen.add(("round", at))
    return [other]
