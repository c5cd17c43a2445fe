"""The kernel's part: processes, the signals between them, and time."""

from __future__ import annotations

import itertools

from stopcheck.boot.signals import HARMLESS, PAUSING, signal_number
from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.model import Unknown
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
    from typing import TypeAlias

    from stopcheck.boot.failure import Failure
    from stopcheck.source import Span

SPIN_LIMIT = 1500
"""A loop that goes round so many steps without time passing goes round for ever."""
SOMEWHERE = "?"
"""Stands in `World.files` for a file that may have been written, nobody knows where."""

DESCRIPTORS = "/dev/fd/"
"""What a process has open, by number."""

Field: TypeAlias = str | Unknown
Status: TypeAlias = int | Unknown
LONGEST = 99
"""Lines of a file that is written which are followed."""
SHORT = 30.0
"""Seconds: what sleeps less, or has less time, is taken to have that behind it once the container is up."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `kind` tells what, `seconds` when (None while the container starts)."""

    kind: str
    pid: int
    text: str = ""
    span: Span | None = None
    seconds: float | None = None
    signal: str = ""
    other: int = 0
    failure: Failure | None = None


class Body(Protocol):
    """What runs in a process."""

    @property
    def overrides(self) -> bool:
        """Whether it installs its handlers also for signals that it inherited as ignored (a shell does not)."""

    def copy(self) -> Body:
        """A copy that can go another way."""

    def step(self, world: World, process: Process) -> bool:
        """Do one thing; False where there is nothing to do now. Raises Branch where the files do not decide."""

    def disposition(self, signal: str) -> str:
        """ "default", "ignored" or "caught"."""

    def receive(self, world: World, process: Process, signal: str) -> None:
        """A caught signal arrives."""

    def wakes(self) -> float | None:
        """When time alone will make it go on."""

    def awaits(self, process: Process) -> tuple[int, ...]:
        """The processes whose end it needs to go on."""

    def key(self) -> Hashable:
        """Equal for equal states."""


class Passing:
    """A body that acts as soon as it runs, and then is gone: signals and time find it in no other state."""

    __slots__ = ()
    overrides = True

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return "default"

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""

    def wakes(self) -> float | None:
        """See Body.wakes."""
        return None

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return ()


@dataclass(slots=True)
class Process:
    """One process; `status` is None while it lives."""

    pid: int
    ppid: int
    pgid: int
    sid: int
    argv: tuple[Field, ...]
    body: Body
    env: Mapping[str, Field]
    cwd: str = "/"
    ignored: frozenset[str] = frozenset()
    status: Status | None = None
    killed_by: str = ""
    reaped: bool = False
    job: bool = False
    origin: Span | None = None
    program: str = ""
    told: tuple[str, ...] = ()
    finished: bool = False
    user: str = ""
    """By name or number; "" is root."""
    stdin: int = 0
    stdout: int = 0
    """The pipes that it reads from and writes to, by number; 0 is none."""
    ended_at: float = 0.0
    ended_before: int = 0
    """The number of the process that was started next when it had ended."""
    collected: bool = False
    """Whether its parent has asked the kernel how it ended: until then its number still names it."""
    adopted: bool = False
    """Whether its own parent has ended, so that PID 1 has it: a shell there does not know it."""
    started_at: float = 0.0
    closed: frozenset[str] = frozenset()
    """The descriptors that were closed, by number: `exec >&-`."""
    inlets: Mapping[str, int] = field(default_factory=dict)
    """By the number of a descriptor but the first three, the pipe that it reads from there: `exec 4<file`."""

    held: tuple[str, ...] | None = None
    """While it is stopped (SIGSTOP), the signals that wait until it goes on; None: it is not."""

    @property
    def alive(self) -> bool:
        """Whether it runs (a zombie does not)."""
        return self.status is None

    @property
    def gone(self) -> bool:
        """Whether it has ended and nobody waits for it: nothing in it changes any more."""
        return self.reaped and self.status is not None

    def writes_to(self, pipe: int) -> bool:
        """Whether it has the end of a pipe open that is written to; a shell may come back to one."""
        kept = getattr(self.body, "outputs", None)
        return self.stdout == pipe or (kept is not None and pipe in kept())

    def reads_from(self, pipe: int) -> bool:
        """Whether it has the end of a pipe open that is read from; a shell may come back to one."""
        kept = getattr(self.body, "inputs", None)
        return self.stdin == pipe or pipe in self.inlets.values() or (kept is not None and pipe in kept())

    def folder(self) -> Field:
        """Its working directory, as `pwd` tells it."""
        return folder_named(self.cwd)

    def copy(self) -> Process:
        """A copy that can go another way."""
        return Process(
            self.pid, self.ppid, self.pgid, self.sid, self.argv, self.body.copy(), self.env, self.cwd, self.ignored,
            self.status, self.killed_by, self.reaped, self.job, self.origin, self.program, self.told, self.finished,
            self.user, self.stdin, self.stdout, self.ended_at, self.ended_before,
            self.collected, self.adopted, self.started_at, self.closed, self.inlets, self.held,
        )  # fmt: skip


def folder_named(cwd: str) -> Field:
    """A working directory by its name; that of a base image that is not known has none."""
    return cwd if cwd.startswith("/") else Unknown("the working directory of the base image")


class Branch(Exception):  # noqa: N818 - no error: the two ways that a step can go
    """The files do not decide how to go on; each way is a function that takes it, in a copy of the world."""

    def __init__(self, condition: Unknown, ways: tuple[Callable[[World, Process], None], ...]) -> None:
        super().__init__(condition.reason)
        self.condition = condition
        self.ways = ways


class TooComplex(Exception):  # noqa: N818
    """More steps or processes than an entrypoint can need."""


@dataclass(slots=True)
class World:
    """All processes of the container, at a time (seconds since the stop signal, or since some start before it)."""

    processes: dict[int, Process] = field(default_factory=dict)
    clock: float = 0.0
    stopping: bool = False
    next_pid: int = 1
    events: list[Event] = field(default_factory=list)
    assumed: tuple[Unknown, ...] = ()
    fallback: World | None = None
    steps: int = 0
    step_limit: int = 20_000
    epoch: float = 0.0
    """When the stop signal was sent."""
    first_after: int = 0
    """Processes from this pid on were started after it."""
    spin: int = 0
    """Steps since time last passed."""
    moving: int = 1
    """The process whose step is taken."""
    turns: frozenset[Hashable] = frozenset()
    """The states in which the files did not decide how to go on; see boot.settle.turn."""
    came_round: bool = False
    """Whether such a state came again: a loop that goes on until something happens."""
    pipes: dict[int, tuple[Field, ...]] = field(default_factory=dict)
    """The lines in each pipe that nobody has read yet; Unknown: some lines that are not known."""
    next_pipe: int = -1
    descriptors: frozenset[str] = frozenset()
    """Those that any script has opened, but for the first three."""
    held: Mapping[int, int] = field(default_factory=dict)
    """The pipes that a shell itself can write to, and which: those of its coprocesses."""
    outlets: Mapping[tuple[int, str], int] = field(default_factory=dict)
    """By process and number of the descriptor, the pipe that a shell holds open there: `exec 3> >(cat)`."""
    regular: frozenset[int] = frozenset()
    """The pipes that are files in truth."""
    fifos: Mapping[str, int] = field(default_factory=dict)
    """The pipe that a FIFO is, by its path."""
    sinks: Mapping[int, str] = field(default_factory=dict)
    """The pipes that are files which are written, and which: what is printed there is their content."""
    partial: frozenset[int] = frozenset()
    """The pipes whose last line has no newline yet."""
    unread: frozenset[int] = frozenset()
    """The pipes that were read from by a redirection which is over: nobody reads them any more."""
    inputs: frozenset[int] = frozenset()
    """The pipes into which a `<( … )` prints that a redirection has opened."""
    mixed: frozenset[int] = frozenset()
    """The pipes into which errors go, too: nobody knows what their lines are."""
    files: dict[str, Field] = field(default_factory=dict)
    """What scripts have written since the container was started, by path; Unknown: there, with a content not known."""
    owners: dict[str, str] = field(default_factory=dict)
    """Whose those are that a shell has made by a redirection."""
    places: dict[str, Span] = field(default_factory=dict)
    """Where the text of some of these stands in the script that has written it."""
    folders: frozenset[str] = frozenset()
    """Those that scripts have made since then."""
    removed: dict[str, int] = field(default_factory=dict)
    """Paths that scripts have removed, with the number of the process that came next: what was there before is not."""
    runnable: frozenset[str] = frozenset()
    """Patterns of the files that scripts have made executable since then."""
    shared: Mapping[int, Hashable] = field(default_factory=dict)
    """The memory that processes share, by number."""

    def copy(self) -> World:
        """A copy that can go another way."""
        return World(
            {pid: process if process.gone else process.copy() for pid, process in self.processes.items()},
            self.clock, self.stopping, self.next_pid, list(self.events), self.assumed, self.fallback, self.steps,
            self.step_limit, self.epoch, self.first_after, self.spin, self.moving, self.turns, self.came_round,
            dict(self.pipes), self.next_pipe, self.descriptors, self.held, self.outlets, self.regular, self.fifos,
            self.sinks, self.partial, self.unread, self.inputs, self.mixed, dict(self.files), dict(self.owners),
            dict(self.places), self.folders, dict(self.removed), self.runnable, self.shared,
        )  # fmt: skip

    # --- processes -------------------------------------------------------------------------------

    def spawn(self, parent: Process | None, body: Body, argv: tuple[Field, ...], origin: Span | None) -> Process:
        """fork(2): a child in its parent's group and session."""
        if self.next_pid > 200 and sum(not process.gone for process in self.processes.values()) > 200:
            raise TooComplex("it starts more than 200 processes")
        pid = self.next_pid
        self.next_pid += 1
        if parent is None:
            process = Process(pid, 0, pid, pid, argv, body, {}, origin=origin)
        else:
            process = Process(
                pid, parent.pid, parent.pgid, parent.sid, argv, body, parent.env, parent.cwd, parent.ignored,
                origin=origin, user=parent.user, stdin=parent.stdin, stdout=parent.stdout, closed=parent.closed,
                inlets=parent.inlets,
            )  # fmt: skip
        process.started_at = self.clock
        self.processes[pid] = process
        return process

    def connect(self, children: list[Process], errors: tuple[bool, ...] = ()) -> None:
        """A pipe between each process of a pipeline and the next; it goes by the number of its first reader.

        `errors`: into which of them `|&` sends errors, too.
        """
        for writer, reader in itertools.pairwise(children):
            taken = any(other is not writer for other in map(self.processes.get, self.holders(reader.pid)))
            writer.stdout = reader.stdin = self.new_pipe() if taken else reader.pid
        self.mixed |= {reader.pid for reader, both in zip(children[1:], errors, strict=False) if both}

    def writers(self, reader: Process, pipes: Iterable[int] | None = None) -> tuple[int, ...]:
        """The living processes that hold the other end of its pipe: until they end, it has more to read."""
        pipes = (reader.stdin,) if pipes is None else pipes
        return tuple(pid for pipe in pipes for pid in self.holders(pipe) if pid != reader.pid)

    def holders(self, pipe: int) -> tuple[int, ...]:
        """The living processes that can write to a pipe."""
        shell = self.held.get(pipe)
        return tuple(
            other.pid
            for other in self.processes.values()
            if other.alive and (other.pid == shell or other.writes_to(pipe))
        )

    def ended(self) -> int:
        """How many processes have ended so far."""
        return sum(not process.alive for process in self.processes.values())

    def is_open(self, pipe: int) -> bool:
        """Whether somebody writes to a FIFO, or has done so."""
        return bool(self.pipes.get(pipe) or self.holders(pipe))

    def hold(self, process: Process, descriptor: str, pipe: int) -> None:
        """A process can write to a pipe by this descriptor from now on."""
        self.let_go(process, descriptor)
        self.outlets = {**self.outlets, (process.pid, descriptor): pipe}
        self.held = {**self.held, pipe: process.pid}

    def let_go(self, process: Process, descriptor: str) -> None:
        """It closes what it has there."""
        pipe = self.outlets.get((process.pid, descriptor))
        if pipe is not None:
            self.held = {held: pid for held, pid in self.held.items() if held != pipe}

    def breaks_off(self, writer: Process) -> bool:
        """Whether all that read from its pipe have ended."""
        if writer.stdout in self.unread:
            return True
        if writer.stdout in self.inputs:
            return not any(other.reads_from(writer.stdout) for other in self.processes.values() if other.alive)
        readers = [other.alive for other in self.processes.values() if other.stdin == writer.stdout > 0]
        return bool(readers) and not any(readers)

    def new_pipe(self, lines: tuple[Field, ...] = ()) -> int:
        """A pipe of its own, or a file that is read like one; these have negative numbers."""
        number, self.next_pipe = self.next_pipe, self.next_pipe - 1
        self.pipes[number] = lines
        return number

    def write(self, process: Process, text: Field) -> None:
        """What a process prints goes into its pipe, where it has one."""
        self.put(process.stdout, text)

    def put(self, pipe: int, text: Field, *, ends: bool = True) -> None:
        """Print into a pipe, or into the file that it is; `ends`: with a newline behind."""
        if not pipe:
            return
        before = self.pipes.get(pipe, ())
        lines: tuple[Field, ...] = (text,) if isinstance(text, Unknown) else tuple(text.split("\n"))
        if pipe in self.partial and before:
            last = before[-1]
            unknown = last if isinstance(last, Unknown) else text if isinstance(text, Unknown) else None
            lines = (unknown if unknown is not None else f"{last}{lines[0]}", *lines[1:])
            before = before[:-1]
        lines = before + lines
        self.partial = self.partial - {pipe} if ends else self.partial | {pipe}
        if pipe in self.sinks:
            doubt = next((line for line in lines if isinstance(line, Unknown)), None)
            if doubt is None and len(lines) > LONGEST:
                doubt = Unknown("the content of a long file")
            lines = lines if doubt is None else (doubt,)
            self._fill(self.sinks[pipe], lines, ends)
        self.pipes[pipe] = lines

    def _fill(self, path: str, lines: tuple[Field, ...], ends: bool) -> None:
        text = lines[0] if isinstance(lines[0], Unknown) else "\n".join(map(str, lines)) + ("\n" if ends else "")
        before = self.files.get(path)
        if not isinstance(before, str) or not isinstance(text, str) or before.rstrip("\n") != text.rstrip("\n"):
            self.places.pop(path, None)
        self.files[path] = Unknown(f"the content of {path}", text.span) if isinstance(text, Unknown) else text

    def fifo(self, path: str) -> int:
        """The pipe that a FIFO is."""
        if path not in self.fifos:
            self.fifos = {**self.fifos, path: self.new_pipe()}
        return self.fifos[path]

    def new_sink(self, path: str, text: Field) -> int:
        """A file that is written from now on, behind this text; one that is written already goes on being so."""
        pipe = next((pipe for pipe, other in self.sinks.items() if other == path), 0)
        if not pipe or self.files.get(path) != text:
            self.sinks = {pipe: other for pipe, other in self.sinks.items() if other != path}
            pipe = self.new_pipe()
        self.sinks = {**self.sinks, pipe: path}
        self.files[path] = text
        if text != "":
            ends = isinstance(text, Unknown) or text.endswith("\n")
            self.pipes.pop(pipe, None)
            self.put(pipe, text if isinstance(text, Unknown) else text.removesuffix("\n"), ends=ends)
        return pipe

    def note(
        self, kind: str, process: Process, text: str = "", span: Span | None = None, signal: str = "", other: int = 0
    ) -> None:
        """Keep an event for the story."""
        self.events.append(Event(kind, process.pid, text, span, self._seconds, signal, other))

    def note_failure(self, kind: str, process: Process, failure: Failure, span: Span | None) -> None:
        """Keep that a program could not be started."""
        self.events.append(Event(kind, process.pid, failure.reason, span, self._seconds, failure=failure))

    @property
    def _seconds(self) -> float | None:
        return self.clock - self.epoch if self.stopping else None

    def exit(self, process: Process, status: Status, killed_by: str = "") -> None:
        """A process ends; its children go to PID 1; when PID 1 ends, all that live are SIGKILLed."""
        if not process.alive:
            return
        process.status = status
        process.killed_by = killed_by
        process.ended_at, process.ended_before = self.clock, self.next_pid
        self.note("end", process, signal=killed_by)
        parent = self.processes.get(process.ppid)
        if parent is not None and parent.alive and "CHLD" in getattr(parent.body, "traps", ()):
            parent.body.receive(self, parent, "CHLD")
        for child in self.processes.values():
            if child.ppid == process.pid and not child.gone:
                child.ppid, child.adopted = 1, True
        if process.pid == 1:
            for other in self.processes.values():
                if other.alive:
                    other.status, other.killed_by = 137, "KILL"
                    self.note("swept", other, signal="KILL")

    @property
    def init(self) -> Process:
        """PID 1."""
        return self.processes[1]

    def children(self, pid: int) -> Iterator[Process]:
        """Those of a process, zombies too, in order of age."""
        return (process for process in self.processes.values() if process.ppid == pid and not process.reaped)

    def living(self, pids: Iterable[int]) -> list[Process]:
        """Those of the pids that are alive."""
        return [self.processes[pid] for pid in pids if pid in self.processes and self.processes[pid].alive]

    # --- signals ---------------------------------------------------------------------------------

    @staticmethod
    def may_signal(sender: Process, target: Process) -> bool:
        """kill(2): root may signal all, another user its own; a name and a number may be the same user."""
        mine, other = sender.user or "0", target.user or "0"
        if mine in {"0", "root"} or mine == other:
            return True
        return other not in {"0", "root"} and mine.isdigit() != other.isdigit()

    def kill(self, target: Process, signal: str, sender: Process | None) -> None:
        """kill(2), from outside where `sender` is None; PID 1 gets only what it has caught (pid_namespaces(7))."""
        other = sender.pid if sender is not None else 0
        if not target.alive and signal == target.killed_by and target.ended_at == self.clock:
            self.note("late", target, signal=signal, other=other)
        if not target.alive or signal == "0":
            return
        if sender is not None and not self.may_signal(sender, target):
            return
        if signal == "KILL":
            if target.pid == 1 and sender is not None:
                return
            self.exit(target, 137, "KILL")
            return
        if target.held is not None and signal != "CONT":
            target.held += () if signal in target.held else (signal,)
            return
        held, target.held = target.held or (), None
        for waiting in held:
            self.kill(target, waiting, sender)
        if not target.alive:
            return
        disposition = target.body.disposition(signal)
        if signal in target.ignored and (disposition == "default" or not target.body.overrides):
            disposition = "ignored"
        if disposition == "caught":
            target.told += (signal,)
            self.note("caught", target, signal=signal, other=other)
            target.body.receive(self, target, signal)
        elif disposition == "ignored":
            self.note("ignored", target, signal=signal, other=other)
        elif signal in HARMLESS:
            self.note("harmless", target, signal=signal, other=other)
        elif target.pid == 1:
            self.note("unhandled", target, signal=signal, other=other)
        elif signal in PAUSING:
            self.note("paused", target, signal=signal, other=other)
            target.held = () if signal == "STOP" else None  # the others stop nothing in an orphaned group
        else:
            target.told += (signal,)
            self.note("dies", target, signal=signal, other=other)
            self.exit(target, 128 + signal_number(signal), signal)

    def group(self, pgid: int) -> list[Process]:
        """The living members of a process group."""
        return [process for process in self.processes.values() if process.pgid == pgid and process.alive]

    # --- time ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Let every process do what it can without time passing; raises Branch and TooComplex."""
        moved = True
        while moved:
            moved = False
            for process in [process for process in self.processes.values() if process.status is None]:
                self.moving = process.pid
                while process.status is None and process.held is None and process.body.step(self, process):
                    moved = True
                    self.steps += 1
                    self.spin += 1
                    if self.steps > self.step_limit:
                        raise TooComplex("it takes too many steps to follow")
                if not self.init.alive:
                    return

    def pass_time(self, until: float) -> None:
        """The clock goes on."""
        self.clock = max(self.clock, until)
        self.spin = 0

    def next_wake(self) -> float | None:
        """When the next timer ends; one that is over has done what it does."""
        going = (process for process in self.processes.values() if process.alive and process.held is None)
        times = [process.body.wakes() for process in going]
        return min((time for time in times if time is not None and time > self.clock), default=None)

    def awaited(self, pid: int = 1) -> Iterator[Process]:
        """The leaves that PID 1 waits for in the end: itself, where it waits for none."""
        seen = set()
        todo = [pid]
        while todo:
            process = self.processes.get(todo.pop(0))
            if process is None or not process.alive or process.pid in seen:
                continue
            seen.add(process.pid)
            below = process.body.awaits(process)
            if below:
                todo.extend(below)
            else:
                yield process

    def key(self) -> Hashable:
        """Equal for worlds that go on alike (the time apart) and are at the same place (settle.turn)."""
        processes = tuple(
            (
                p.pid,
                p.ppid,
                p.pgid,
                p.sid,
                p.argv,
                p.user,
                p.status,
                p.killed_by,
                p.reaped,
                p.ignored,
                p.closed,
                p.body.key(),
            )
            for p in self.processes.values()
            if not p.gone
        )
        files = tuple((path, None if isinstance(text, Unknown) else text) for path, text in self.files.items())
        pipes = tuple((pipe, lines) for pipe, lines in self.pipes.items() if lines and pipe not in self.sinks)
        shared = tuple(self.shared.items())
        return (processes, pipes, files, self.runnable, self.descriptors, self.mixed, self.regular, shared)
