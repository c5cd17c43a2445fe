"""A program that is no shell, once it runs: it stands, ends, acts on signals, leaves what it prints."""

from __future__ import annotations

import posixpath

from stopcheck.boot.signals import signal_number
from stopcheck.boot.world import DESCRIPTORS
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stopcheck.boot.world import Process, World
    from stopcheck.knowledge.programs import ProgramRow

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
            # A program nobody knows is taken to handle the signals that stop a service. What the others do varies that
            # programs are told on purpose; so does what WINCH does where only the base image has chosen it.
            if signal in {"TERM", "INT", "QUIT", self.stop_signal}:
                return "graceful"
            return "unknown" if signal in {"HUP", "USR1", "USR2", "WINCH"} else "default"
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
        seconds = self.row.seconds_on.get(signal, self.row.seconds)
        self.ends_at = world.clock + (seconds if action == "graceful" else 0.0)
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


def _row(role: str) -> ProgramRow:
    from stopcheck.knowledge.programs import ProgramRow

    return ProgramRow(name="", role=role)


UNMARKED: frozenset[str] = frozenset({"empty", "shebang", "mark", "late"})
"""What keeps the kernel, though not a shell, from running a script."""
ENDED = _row("short")
