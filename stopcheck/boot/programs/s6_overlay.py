"""s6-overlay: an /init that supervises the services of an image, and runs its CMD beside them."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.supervisor import Managed, Supervisor
from stopcheck.boot.failure import Failure
from stopcheck.boot.grammar import child_argv
from stopcheck.boot.signals import signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Process, World
    from stopcheck.image.model import ImageFile

LEGACY = "/etc/services.d"
SOURCES = "/etc/s6-overlay/s6-rc.d"
STOPS = {"TERM": 0, "USR2": 0, "INT": 129, "USR1": 130, "PWR": 130}
"""The signals that stop it, with the status that it then ends with: after all but the first two it asks the kernel to
halt, which ends the PID namespace (reboot(2))."""
TO_COMMAND = frozenset({"TERM", "QUIT", "INT", "USR1", "USR2", "PWR", "WINCH"})
"""Those that the command gets instead, where S6_CMD_RECEIVE_SIGNALS says so."""
_NAMED = regex(r"(?i)s6[-_]?overlay")
_THIRD = regex(r"(?i)s6[-_]?overlay[^\n]{0,60}?(?:/v|version\S{0,3}[= ]\s*[\"']?v?)3\b")


def start_overlay(start: Start) -> Body | Failure:
    """`/init [COMMAND…]` of s6-overlay; measured with version 3.2.3 and s6 2.15 as PID 1."""
    image = start.machine.image
    texts = [line.span.text for line in image.instructions]
    managed = tuple(_services(start))
    third = any(map(_THIRD.search, texts))
    told = start.argv[0] != "/init" or any(map(_NAMED.search, texts)) or image.files.matching(f"{SOURCES}/*/run")
    if not told:  # other inits of that name look into /etc/services.d, too
        return start.leaf("unread", "/init is not in the files")
    if start.machine.stop_signal not in {"TERM", ""} and not third:
        return start.leaf("opaque", f"what this version of s6-overlay does on SIG{start.machine.stop_signal}")
    if start.process.pid != 1:
        if third:
            return Failure(100, "/init of s6-overlay only runs as PID 1", "not-first")
        return start.leaf("opaque", "what s6-overlay does where it is not PID 1")
    command = start.argv[1:]
    for file in image.files.matching(f"{LEGACY}/*/run"):
        if not isinstance(file.mode, Unknown) and not file.mode & 0o111 and not isinstance(file.content, Unknown):
            return start.leaf("opaque", f"{file.path} is not executable")  # version 2 makes it so, 3 does not
    if not managed and not command:
        return start.leaf("opaque", "the services of s6-overlay are not in the files")
    if command:
        managed += (Managed("command", command, wait=None),)
    return Overlay(start, managed, bool(command))


def _services(start: Start) -> Iterator[Managed]:
    """The long-running services: those of s6-rc wait for ever for their end unless told otherwise, the others 3 s."""
    files = start.machine.image.files
    for file in files.matching(f"{SOURCES}/*/run"):
        folder = posixpath.dirname(file.path)
        if _word(start, f"{folder}/type") == "longrun":
            wait = numeral(_word(start, f"{folder}/timeout-kill"))
            signal = signal_name(_word(start, f"{folder}/down-signal")) or "TERM"
            yield _managed(file, signal, wait / 1000 if wait else None)
    for file in files.matching(f"{LEGACY}/*/run"):
        yield _managed(file, "TERM", None)


def _managed(file: ImageFile, signal: str, wait: float | None) -> Managed:
    folder = posixpath.dirname(file.path)
    return Managed(posixpath.basename(folder), ("./run",), signal, wait, place=file.origin, folder=folder)


def _word(start: Start, path: str) -> str:
    text = start.text(path)
    return text.text.strip() if isinstance(text, SourceFile) else ""


def start_notified(start: Start) -> Body | Failure:
    """s6-notifyoncheck(1) becomes its command; `cd DIRECTORY COMMAND` is a program there, execline's."""
    child, _ = child_argv(start.row, start.argv)
    if len(child) > 2 and child[0] == "cd" and isinstance(child[1], str):
        start.process.cwd, child = start.path(child[1]), child[2:]
    return start.load(child)


class Overlay(Supervisor):
    """Stops its services, then sends SIGTERM to all that is left, waits, SIGKILLs that, and ends.

    `patience`: how long it waits for the services of /etc/services.d; `pause`: from SIGTERM to SIGKILL, which it always
    waits; in seconds.
    """

    __slots__ = ("command", "late", "patience", "pause", "since", "to_command")

    def __init__(self, start: Start, managed: tuple[Managed, ...], has_command: bool) -> None:
        super().__init__(start.machine, managed, dict(start.env), frozenset(STOPS), at_once=True)
        self.command = len(managed) - 1 if has_command else None
        self.to_command = has_command and start.env.get("S6_CMD_RECEIVE_SIGNALS", "0") != "0"
        self.patience = _seconds(start, "S6_SERVICES_GRACETIME")
        self.pause = _seconds(start, "S6_KILL_GRACETIME")
        self.since = 0.0
        self.late = False

    def copy(self) -> Overlay:
        """See Body.copy."""
        other = Overlay.__new__(Overlay)
        for slot in (*Supervisor.__slots__, *self.__slots__):
            setattr(other, slot, getattr(self, slot))
        return other

    def key(self) -> Hashable:
        """See Body.key."""
        return (super().key(), self.leaves_at is None)

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        caught = self.stops_on | (TO_COMMAND if self.to_command else frozenset())
        return "caught" if signal in caught else "ignored"

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        if self.to_command and self.command is not None:
            child = world.processes[self.pids[self.command]]
            world.note("forwards", process, signal=signal, other=child.pid)
            world.kill(child, signal, process)
        elif not self.stopping:
            self.stopping, self.status, self.since = True, STOPS[signal], world.clock

    def wakes(self) -> float | None:
        """See Body.wakes."""
        found = super().wakes()
        if self.late or not self.stopping or self.leaves_at is not None:
            return found
        end = self.since + self.patience
        return end if found is None else min(found, end)

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if not self.pids:
            return super().step(world, process)
        ended = None if self.command is None else world.processes[self.pids[self.command]]
        if ended is not None and not ended.alive and not self.stopping:
            status = ended.status
            if not world.stopping or not isinstance(status, int):
                world.exit(process, 0 if status is None else status)
            else:
                self.stopping, self.status, self.since = True, status, world.clock
            return True
        if not self.stopping:
            return False
        if self.leaves_at is not None:
            return self._leave(world, process)
        if self.current is None or self.kills_at:
            moved = super().step(world, process)
            if moved or self.leaves_at is not None:
                return moved
        if self._are_down(world):
            self.leaves_at = world.clock + self.pause
            self._tell_all(world, process, "TERM", "forwards")
            return True
        return False

    def _start(self, world: World, process: Process, managed: Managed) -> int:
        if managed.folder.startswith(SOURCES):
            world.runnable |= {f"{managed.folder}/run"}  # s6-rc makes a copy of its own, executable (measured)
        return super()._start(world, process, managed)

    def _stop(self, world: World, process: Process, index: int) -> None:
        if index != self.command:
            super()._stop(world, process, index)

    def _are_down(self, world: World) -> bool:
        """Whether the services have ended; for those of /etc/services.d it does not wait for ever."""
        self.late = self.late or world.clock >= self.since + self.patience
        for index, pid in enumerate(self.pids):
            legacy = self.managed[index].folder.startswith(LEGACY)
            if index != self.command and world.processes[pid].alive and not (legacy and self.late):
                return False
        return True

    def _leave(self, world: World, process: Process) -> bool:
        if self.leaves_at is None or world.clock < self.leaves_at:
            return False
        self._tell_all(world, process, "KILL", "gives-up")
        world.exit(process, self.status)
        return True

    def _tell_all(self, world: World, process: Process, signal: str, kind: str) -> None:
        for other in list(world.processes.values()):
            if other.alive and other is not process:
                world.note(kind, process, signal=signal, other=other.pid)
                world.kill(other, signal, process)


def _seconds(start: Start, name: str) -> float:
    """A time from the environment, there in milliseconds; 3 s where it is not told."""
    told = start.env.get(name, "")
    return int(told) / 1000 if isinstance(told, str) and told.isdigit() else 3.0
