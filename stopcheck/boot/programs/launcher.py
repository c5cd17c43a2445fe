"""A program that starts others, and is carried out on paper as they come and go: it is told of them, and tells them."""

from __future__ import annotations

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.program import ENDED, Program
from stopcheck.boot.conduct import PATIENCE, Opaque, UndecidedError
from stopcheck.boot.failure import Failure
from stopcheck.boot.signals import signal_number
from stopcheck.boot.world import SHORT, Branch, TooComplex
from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.model import Unknown
from stopcheck.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import Any, TypeAlias

    from stopcheck.boot.conduct import Kernel
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.source import SourceFile

    Begin: TypeAlias = "Callable[[Kernel, Callable[[int], bool]], Living]"
    """Begins a program anew, given a kernel, and who answers what nobody knows, by the place that asks."""

MOST_ANSWERS = 6
"""What nobody knows that is answered both ways."""
_HAIR = 1e-6
"""Seconds: what is due now is not missed for the rounding of a sum."""
_SPOILT = Unknown("a word that a program puts together")


class Living(Protocol):
    """A program that is carried out: boot.python.live.Live."""

    over: bool
    raised: bool

    @property
    def status(self) -> int | None:
        """What it ends with; None: nobody knows."""

    @property
    def clock(self) -> float:
        """Its time."""

    @property
    def origin(self) -> int:
        """The line that it carries out."""

    def advance(self, limit: float) -> bool:
        """See Live.advance; raises UndecidedError."""

    def soonest(self) -> float | None:
        """See Live.soonest."""

    def disposition(self, signal: str) -> str:
        """See Live.disposition."""

    def deliver(self, signal: str) -> None:
        """See Live.deliver."""

    def child_ended(self, pid: int, status: object) -> None:
        """See Live.child_ended."""

    def pipe_closed(self, pid: int) -> None:
        """See Live.pipe_closed."""

    def shared(self, number: int, value: object) -> None:
        """See Live.shared."""

    def awaited(self) -> tuple[int, ...]:
        """See Live.awaited."""


class _AskedError(Exception):
    """The program asks for something that nobody knows, at this place."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def is_launcher(begin: Begin, pid: int, signal: str) -> bool:
    """Whether a program comes to where it starts another in its first seconds, or when a signal comes."""
    kernel = _Trial(pid)
    trial = begin(kernel, kernel.decide)
    try:
        if not trial.advance(SHORT) and trial.disposition(signal) == "caught":
            trial.deliver(signal)
            trial.advance(trial.clock + PATIENCE)
    except _StartsError:
        return True
    except (UndecidedError, RecursionError):
        return False
    return False


class _StartsError(Exception):
    """It starts another program."""


class _Trial:
    """A kernel that only tells whether it is asked to start something."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pieces = 0
        self.asked = False

    def decide(self, _: int) -> bool:
        """What nobody knows is so: what it becomes then is not sure."""
        self.asked = True
        return True

    def pid(self) -> int:
        """See Kernel.pid."""
        return self.number

    def start(self, *_: object) -> int:
        """See Kernel.start."""
        raise _StartsError

    def fork(self) -> int:
        """See Kernel.fork."""
        raise _StartsError

    def become(self, *_: object) -> None:
        """See Kernel.become."""
        if self.asked:
            raise UndecidedError("whether it becomes another program")
        raise _StartsError

    def send(self, *_: object) -> bool:
        """See Kernel.send."""
        raise UndecidedError("it sends a signal to somebody else")

    def group_of(self, _: int) -> int:
        """See Kernel.group_of."""
        return self.number

    def share(self, _: object) -> int:
        """See Kernel.share."""
        self.pieces += 1
        return self.pieces

    def change(self, *_: object) -> None:
        """See Kernel.change."""

    def look(self, _: int) -> None:
        """See Kernel.look: who has been forked hears of others."""
        raise _StartsError


class Launcher(Launching):
    """A body that begins anew from what has happened to it so far (`log`), wherever a world was copied.

    `results` are the kernel's answers, which it gets again then, `answers` what was supposed at places of the program.
    `offset` is how far its own clock is ahead, once the stop has come: what it does in its first seconds is done at
    once before that.
    """

    __slots__ = (
        "answers", "before", "begin", "fresh", "heard", "known", "late", "log", "machine", "offset", "pids", "pipes",
        "quiet", "reached", "results", "row", "run", "shared", "signals", "source", "where",
    )  # fmt: skip
    overrides = True

    def __init__(
        self, machine: Machine, row: ProgramRow, begin: Begin,
        source: SourceFile,
    ) -> None:  # fmt: skip
        self.machine = machine
        self.row = row
        self.begin = begin
        self.source = source
        self.log: tuple[tuple[str, object, object], ...] = ()
        self.results: tuple[Any, ...] = ()
        self.answers: Mapping[tuple[int, int], bool] = {}
        self.pids: tuple[int, ...] = ()
        self.pipes: Mapping[int, int] = {}
        """What children print is read from these, by their numbers."""
        self.shared: Mapping[int, object] = {}
        """What it shares with others, as it has heard of it last."""
        self.quiet = 0
        """How many of the kernel's answers were to what neither starts nor ends anybody."""
        self.known: frozenset[int] = frozenset()
        """The children of whose end it has heard."""
        self.late: tuple[str, ...] = ()
        """Signals that have come since its last step."""
        self.offset: float | None = None
        self.heard = 0.0
        self.reached = -1.0
        self.fresh = True
        self.signals = 0
        self.run: Living | None = None
        self.before: Living | None = None
        """What it was before it goes on from within a step: from something that nobody knows, or from a fork."""
        self.where: tuple[World, Process] | None = None

    def copy(self) -> Launcher:
        """See Body.copy."""
        other = Launcher.__new__(Launcher)
        for slot in self.__slots__:
            setattr(other, slot, getattr(self, slot))
        other.run = other.where = None
        return other

    def key(self) -> Hashable:
        """See Body.key."""
        return (self.row.name, self.results, len(self.log), tuple(self.answers.items()))

    def round(self) -> Hashable:
        """See Shell.round."""
        return (self.row.name, self._seen().origin, tuple(self.answers.items()))

    # What happens to it

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return self._seen().disposition(signal)

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        self.late += (signal,)

    def wakes(self) -> float | None:
        """See Body.wakes."""
        soonest = self._seen().soonest() if self.offset is not None else None
        return None if soonest is None or self.offset is None else soonest - self.offset

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return tuple(pid for pid in self._seen().awaited() if pid not in self.known) if self.pids else ()

    def children(self) -> tuple[int, ...]:
        """Those that it has started and that it has not heard of to have ended."""
        return tuple(pid for pid in self.pids if pid not in self.known)

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        self.where = world, process
        try:
            return self._step(world, process)
        except _GoneError:
            return True
        except _AskedError as asked:
            doubt = Unknown(f"what {self.source.path.rpartition('/')[2]} asks for", self.span())
            self.run, self.before = None, self.run
            self.fresh = True
            raise Branch(doubt, tuple(self._supposing(asked.place, told) for told in (True, False))) from None
        except (UndecidedError, RecursionError) as error:
            raise TooComplex(f"what {self.source.path.rpartition('/')[2]} does: {error}") from None
        finally:
            self.where = None

    def _step(self, world: World, process: Process) -> bool:
        self.before = None
        if world.stopping and self.offset is None:
            self.offset = self._running().clock - world.clock
        for pid in self.children():
            child = world.processes[pid]
            if not child.alive:
                self.known |= {pid}
                child.reaped = True
                by = child.killed_by
                self._put("ended", pid, -signal_number(by) if by else child.status)
        for pid, pipe in self.pipes.items():
            if not world.holders(pipe):
                self.pipes = {other: open_ for other, open_ in self.pipes.items() if other != pid}
                self._put("closed", pid)
        for number, heard in self.shared.items():
            if world.shared[number] != heard:
                self.shared = {**self.shared, number: world.shared[number]}
                self._put("shared", number, world.shared[number])
        for signal in self.late:
            self._put("signal", signal)
        self.late = ()
        limit = self.heard + SHORT if self.offset is None else world.clock + self.offset + _HAIR
        if not self.fresh and limit <= self.reached:
            return False
        self.fresh = False
        self.reached = limit
        before = len(self.results) - self.quiet
        self._put("advance", limit)
        run = self._running()
        if len(self.results) - self.quiet != before:
            self.heard = run.clock
        if run.over:
            raised = run.raised and process.pid != 1
            status = Unknown("the status of " + process.program, process.origin) if run.status is None else run.status
            world.exit(process, status, "INT" if raised else "")
        return True

    def _put(self, what: str, first: object, second: object = None) -> None:
        """Something happens: it is kept, and done."""
        run = self._running()
        self.log += ((what, first, second),)
        if what != "advance":
            self.fresh = True
        if what not in {"advance", "shared"}:
            self.heard = run.clock
        self._do(run, what, first, second)

    def _do(self, run: Living, what: str, first: object, second: object) -> None:
        if what == "advance":
            assert isinstance(first, float)
            run.advance(first)
        elif what == "signal":
            self.signals += 1
            run.deliver(str(first))
        elif what == "closed":
            assert isinstance(first, int)
            run.pipe_closed(first)
        elif what == "shared":
            assert isinstance(first, int)
            run.shared(first, second)
        else:
            assert isinstance(first, int)
            run.child_ended(first, Opaque("a status") if isinstance(second, Unknown) else second)

    def _seen(self) -> Living:
        return self.before or self._running()

    def _running(self) -> Living:
        """The program as far as it has come."""
        if self.run is None:
            self.signals = 0
            self.run = run = self.begin(_Calls(self), self._decide)
            for what, first, second in self.log:
                self._do(run, what, first, second)
        return self.run

    # What it asks

    def _decide(self, place: int) -> bool:
        told = self.answers.get((place, self.signals))
        if told is None:
            if len(self.answers) >= MOST_ANSWERS:
                raise UndecidedError("it asks for too much that is not known")
            raise _AskedError(place)
        return told

    def _supposing(self, place: int, told: bool) -> Callable[[World, Process], None]:
        answers = {**self.answers, (place, self.signals): told}

        def way(_: World, process: Process) -> None:
            assert isinstance(process.body, Launcher)
            process.body.answers = answers

        return way

    def span(self) -> Span | None:
        """Where in its source it is."""
        line = self.run.origin if self.run is not None else 0
        if not 0 < line <= len(self.source.line_starts):
            return None
        start, text = self.source.line_starts[line - 1], self.source.line(line)
        start += len(text) - len(text.lstrip())
        return Span(self.source, start, start + len(text.strip()))


class _Calls:
    """The kernel, as a launcher asks it: what it has asked before is answered as before (see conduct.Kernel)."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher = launcher
        self.count = 0

    def _ask(self, ask: Callable[[World, Process], Any], quiet: bool = False) -> Any:
        launcher = self.launcher
        at, self.count = self.count, self.count + 1
        if at < len(launcher.results):
            return launcher.results[at]
        if launcher.where is None:
            raise UndecidedError("it has come to something else than before")
        told = ask(*launcher.where)
        launcher.results += (told,)
        launcher.quiet += quiet
        return told

    def pid(self) -> int:
        """See Kernel.pid."""
        return int(self._ask(lambda _, process: process.pid, quiet=True))

    def start(
        self, words: tuple[object, ...], env: Mapping[str, object], session: str = "",
        deaf: frozenset[str] = frozenset(), folder: str = "", piped: bool = False,
    ) -> int:  # fmt: skip
        """See Kernel.start."""
        launcher = self.launcher

        def ask(world: World, process: Process) -> int:
            argv = tuple(map(_field, words))
            child = world.spawn(process, Program(ENDED, ""), argv, launcher.span() or process.origin)
            child.job = True
            child.cwd = folder or child.cwd
            child.ignored |= deaf
            child.stdout = world.new_pipe() if piped else child.stdout
            if session:
                child.pgid = child.pid
                child.sid = child.pid if session == "session" else child.sid
            started = launcher.machine.load(world, child, argv, _environment(env))
            if isinstance(started, Failure) and not started.ran:
                world.note_failure("cannot-start", child, started, child.origin)
                world.exit(child, started.status)
                child.reaped = True
                return 0
            if isinstance(started, Failure):
                world.note_failure("cannot-start", child, started, child.origin)
                world.exit(child, started.status)
            else:
                child.body = started
            launcher.pids += (child.pid,)
            if piped:
                launcher.pipes = {**launcher.pipes, child.pid: child.stdout}
            return child.pid

        return int(self._ask(ask))

    def fork(self) -> int:
        """See Kernel.fork."""
        launcher = self.launcher

        def ask(world: World, process: Process) -> int:
            body = launcher.copy()
            child = world.spawn(process, body, process.argv, launcher.span() or process.origin)
            child.program, child.env, child.job = process.program, process.env, True
            body.results = (*launcher.results, 0)
            body.before = launcher.run
            body.pids, body.pipes, body.known, body.late, body.fresh = (), {}, frozenset(), (), True
            launcher.pids += (child.pid,)
            return child.pid

        return int(self._ask(ask))

    def become(self, words: tuple[object, ...], env: Mapping[str, object], deaf: frozenset[str] = frozenset()) -> None:
        """See Kernel.become."""
        launcher = self.launcher

        def ask(world: World, process: Process) -> int:
            argv = tuple(map(_field, words))
            before = process.argv, process.program, process.env
            started = launcher.machine.load(world, process, argv, _environment(env))
            if isinstance(started, Failure) and started.ran:
                world.note_failure("cannot-start", process, started, launcher.span())
                world.exit(process, started.status)
                raise _GoneError
            if isinstance(started, Failure):
                process.argv, process.program, process.env = before
                world.note_failure("cannot-start", process, started, launcher.span())
                return 0
            process.body = started
            process.ignored |= deaf
            raise _GoneError

        self._ask(ask)

    def send(self, pid: int, signal: str, group: bool = False) -> bool:
        """See Kernel.send."""

        def ask(world: World, process: Process) -> int:
            found = world.group(pid) if group else world.living((pid,))
            for other in found if signal else ():
                world.note("forwards", process, signal=signal, other=other.pid)
                world.kill(other, signal, process)
            return int(bool(found))

        return bool(self._ask(ask))

    def group_of(self, pid: int) -> int:
        """See Kernel.group_of."""

        def ask(world: World, process: Process) -> int:
            other = world.processes.get(pid) if pid else process
            return other.pgid if other is not None else 0

        return int(self._ask(ask, quiet=True))

    def share(self, value: Hashable) -> int:
        """See Kernel.share."""

        def ask(world: World, _: Process) -> int:
            number = len(world.shared) + 1
            self._write(world, number, value)
            return number

        return int(self._ask(ask, quiet=True))

    def change(self, number: int, value: Hashable) -> None:
        """See Kernel.change."""
        self._ask(lambda world, _: self._write(world, number, value), quiet=True)

    def look(self, number: int) -> Hashable:
        """See Kernel.look."""

        def ask(world: World, _: Process) -> Hashable:
            self._write(world, number, world.shared[number])
            return world.shared[number]

        told: Hashable = self._ask(ask, quiet=True)
        return told

    def _write(self, world: World, number: int, value: Hashable) -> None:
        launcher = self.launcher
        world.shared = {**world.shared, number: value}
        launcher.shared = {**launcher.shared, number: value}


class _GoneError(Exception):
    """It has become another program."""


def _field(word: object) -> Field:
    return word if isinstance(word, str) else _SPOILT


def _environment(env: Mapping[str, object]) -> dict[str, Field]:
    return {
        str(name): value if isinstance(value, str) else Unknown(f"the value of {name}") for name, value in env.items()
    }
