"""What a program that is no shell does once it runs: stands, ends, starts children, passes signals on."""

from __future__ import annotations

import itertools
import posixpath

from stopcheck.boot.failure import Failure
from stopcheck.boot.signals import signal_name, signal_number
from stopcheck.boot.world import DESCRIPTORS, Passing
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown, numeral
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.source import SourceFile

FOR_EVER = float("inf")
UNTOLD = frozenset({"unknown", "worker", "unread", "unnamed", "absent", "opaque"})
"""Roles of what no table tells all of: a program nobody knows; one that works until it is stopped; a text nobody has
read; a name that is not known; a program that should not be there; a server whose configuration is not known."""
ASSUMED = frozenset({"unknown", "worker"})
"""Those that are taken to handle their signals."""
LASTING = frozenset({"service", "worker", "opaque"})
"""Roles of what surely stands."""
READERS = frozenset({"cat", "tee", "grep", "sed", "awk", "cut", "tr", "jq", "sort", "uniq", "wc", "logger", "ts"})
"""Programs that end when what they read from does."""
COMPARING = frozenset({"comm", "diff", "join", "paste"})
"""Programs that read the files that they are told of to their end."""
SILENT = frozenset({"true", ":", "false", "sleep", "test", "[", "mkdir", "chmod", "chown", "touch", "rm", "mv", "cp",
                    "kill", "ln"})  # fmt: skip
"""Programs that print nothing."""
OWN = "a program of the user's own"
"""The table of a row that comes from no data file, but from a program's sources: its author can give it a handler."""
LONG = 300.0
"""A sleep of this many seconds and more only keeps the container alive."""


class Program:
    """A leaf: a service, a timer, a command that ends, or a program that nobody knows (`undecided`)."""

    __slots__ = ("ends_at", "exit_status", "row", "stands", "stop_signal", "undecided", "wakes_at", "writers")

    def __init__(self, row: ProgramRow, stop_signal: str, wakes_at: float | None = None) -> None:
        self.row = row
        self.stop_signal = stop_signal
        self.undecided = row.role in UNTOLD - LASTING
        self.stands = False
        self.wakes_at = wakes_at
        self.ends_at: float | None = None
        self.exit_status: int | Unknown = 0
        self.writers: tuple[int, ...] = ()
        """Those that it reads from until they end."""

    @property
    def overrides(self) -> bool:
        """See Body.overrides."""
        return not self.row.keeps_ignored

    def copy(self) -> Program:
        """See Body.copy."""
        other = type(self)(self.row, self.stop_signal, self.wakes_at)
        other.undecided, other.stands = self.undecided, self.stands
        other.ends_at, other.exit_status = self.ends_at, self.exit_status
        other.writers = self.writers
        return other

    def key(self) -> Hashable:
        """See Body.key."""
        return (self.row.name, self.undecided, self.stands, self.ends_at is None)

    def action(self, signal: str) -> str:
        """What it does on a signal: see knowledge/programs.toml."""
        told = self.row.action(signal)
        if told:
            return told
        if self.writers:
            return "default"
        if self.row.role in UNTOLD:
            # A program nobody knows is taken to handle the signals that stop a service; what HUP does varies, and so
            # does what WINCH does where only the base image has chosen it.
            if signal in {"TERM", "INT", "QUIT", self.stop_signal}:
                return "graceful"
            return "unknown" if signal in {"HUP", "WINCH"} else "default"
        # Of the services with a table only Apache's ends on SIGWINCH, which does nothing by itself.
        return "default" if signal == "WINCH" and self.row.role == "service" else "unknown"

    def assumed(self, signal: str) -> bool:
        """Whether it is only taken to handle a signal, because nothing tells otherwise."""
        return self.action(signal) == "graceful" and not self.row.action(signal)

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return "default" if self.action(signal) == "default" else "caught"

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        action = self.action(signal)
        if action == "ignore":
            world.note("goes-on", process, signal=signal)
            return
        if action == "unknown":
            world.note("unsure", process, text=process.program, span=process.origin, signal=signal)
            if self.row.helper and signal == self.stop_signal:  # what is not known of it keeps no service back
                self.ends_at = world.clock + self.row.seconds
            return
        if action == "raise" and process.pid != 1:
            world.exit(process, 128 + signal_number(signal), signal)
            return
        if self.ends_at is not None:
            return
        self.ends_at = world.clock + (self.row.seconds if action == "graceful" else 0.0)
        if self.row.exit_signal:
            self.exit_status = 128 + signal_number(signal)
        else:
            self.exit_status = self.row.exit_on.get(signal, self.row.exit or 0)
        process.finished = action == "graceful"

    def wakes(self) -> float | None:
        """See Body.wakes."""
        times = [time for time in (self.wakes_at, self.ends_at) if time is not None and time != FOR_EVER]
        return min(times, default=None)

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return self.writers

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if self.row.role in {"short", "test"}:
            self.writers = () if is_answered(process) else world.writers(process, _sources(process))
            if self.writers:
                return False
            self._print(world, process)
            status = self.row.status
            if process.program == "cat" and "0" in process.closed and _reads(process):
                status = 1
            world.exit(
                process, status if status is not None else Unknown(f"the status of {process.program}", process.origin)
            )
            return True
        if self.row.writes and world.breaks_off(process):
            world.exit(process, 128 + signal_number("PIPE"), "PIPE")
            return True
        if self.ends_at is not None and (world.clock >= self.ends_at or self.row.waits_for_all):
            if world.clock < self.ends_at < FOR_EVER:
                return False
            if self.row.waits_for_all and any(
                other.alive and other.ppid == process.pid for other in world.processes.values()
            ):
                self.ends_at = FOR_EVER  # until the last of them has ended
                return False
            world.exit(process, self.exit_status)
            return True
        if self.wakes_at is not None and world.clock >= self.wakes_at:
            world.exit(process, 0)
            return True
        return False

    def _print(self, world: World, process: Process) -> None:
        """What it leaves in its pipe before it ends: `cat` what it has read, most others something not known."""
        lines = world.pipes.pop(process.stdin, ()) if _reads(process) else ()
        if process.program in {"cat", "tee"} and process.stdin and _reads(process):
            known = [line for line in lines if isinstance(line, str)]
            ends = process.stdin not in world.partial
            if process.program == "tee":
                _copy(world, process, "\n".join([*known, ""] if ends else known) if len(known) == len(lines) else None)
            if lines and len(known) == len(lines):
                world.put(process.stdout, "\n".join(known), ends=ends)
                return
            for line in lines:
                world.write(process, line)
        elif process.program not in SILENT:
            world.write(process, Unknown(f"what {process.program} prints", process.origin))

    def end(self, world: World, process: Process) -> None:
        """Suppose that it has done its work."""
        self.undecided = False
        self._print(world, process)
        world.exit(process, Unknown(f"the status of {process.program}", process.origin))


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


def _sources(process: Process) -> tuple[int, ...]:
    """The pipes that it reads to their end: those that its arguments name (`cat <(app)`), or its standard input."""
    if process.program not in READERS | COMPARING:
        return ()
    named = (word.removeprefix(DESCRIPTORS) for word in process.argv[1:] if isinstance(word, str))
    pipes = tuple(process.inlets[number] for number in named if number in process.inlets and process.program != "tee")
    return pipes or ((process.stdin,) if process.stdin and _reads(process) else ())


def _reads(process: Process) -> bool:
    """Whether it reads its standard input: `cat FILE` and `grep TEXT /a/file` do not."""
    files = [word for word in process.argv[1:] if not (isinstance(word, str) and word.startswith("-"))]
    if process.program == "cat":
        return not files
    named = len(files) > 1 and (isinstance(files[-1], Unknown) or "/" in files[-1])
    return process.program in READERS and not (named and process.program in {"grep", "sed", "awk", "jq"})


def _copy(world: World, process: Process, text: str | None) -> None:
    """tee(1): the files that it names hold what it has read, behind what they held with `-a`."""
    words = [word for word in process.argv[1:] if isinstance(word, str)]
    appends = any(word in {"-a", "--append"} for word in words)
    for word in words:
        path = clean(posixpath.join(process.cwd, word))
        if word[:1] == "-" or path.startswith(("/dev/", "/proc/")):
            continue
        before = world.files.get(path) if appends else ""
        unknown = Unknown(f"the content of {path}", process.origin)
        world.files[path] = before + text if isinstance(before, str) and text is not None else unknown
        world.places.pop(path, None)


def is_answered(process: Process) -> bool:
    """`grep -q`, `grep -m 1`: it ends as soon as it has found what it looks for."""
    options = [word for word in process.argv[1:] if isinstance(word, str) and word[:1] == "-"]
    short = "".join(word[1:] for word in options if word[:2] != "--")
    return process.program == "grep" and (bool({"q", "m"} & set(short)) or bool({"--quiet", "--silent"} & set(options)))


def may_be_carried_out(language: str, program: str) -> bool:
    """Whether a program's language, and what runs it, allow that: Deno and Bun bring more than Node.js, and less."""
    return language == "python" or (language == "node" and program in {"node", "nodejs"})


class Launching:
    """A program that starts others and is carried out: boot.programs.launcher has it, which few images need."""

    __slots__ = ()
    row: ProgramRow
    source: SourceFile
    pids: tuple[int, ...]

    def children(self) -> tuple[int, ...]:
        """Those that it has started and that it has not heard of to have ended."""
        raise NotImplementedError

    def round(self) -> Hashable:
        """See Shell.round."""
        raise NotImplementedError


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


def _row(role: str) -> ProgramRow:
    from stopcheck.knowledge.programs import ProgramRow

    return ProgramRow(name="", role=role)


UNMARKED: frozenset[str] = frozenset({"empty", "shebang", "mark", "late"})
"""What keeps the kernel, though not a shell, from running a script."""

ENDED = _row("short")
