"""Programs that send signals to others, or look for them: kill, killall, `nginx -s quit`, pgrep, `tail --pid`."""

from __future__ import annotations

import re
from itertools import pairwise

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import UNTOLD, Program
from stopcheck.boot.files.pid_files import number_in
from stopcheck.boot.signals import NAMES, signal_name
from stopcheck.boot.world import Passing, TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.records import replace
from stopcheck.regex import pattern_of
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World

_NGINX = {"stop": "TERM", "quit": "QUIT", "reload": "HUP", "reopen": "USR1"}
"""nginx.org/en/docs/control.html"""


class Killer(Passing):
    """Sends a signal to the processes that its words name, and ends; `content`: well, too, where there are none."""

    __slots__ = ("by", "content", "signal", "targets")
    asks = False
    """Whether it asks a server, which then ends by itself, whoever may signal it."""

    def __init__(self, by: str, signal: str, targets: tuple[Field, ...], content: bool = False) -> None:
        self.by = by
        self.signal = signal
        self.targets = targets
        self.content = content

    def copy(self) -> Killer:
        """See Body.copy."""
        return self

    def key(self) -> Hashable:
        """See Body.key."""
        return (self.by, self.signal, self.targets, self.content)

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        found = self.send(world, process)
        if process.alive:
            world.exit(process, 0 if found or self.content else 1)
        return True

    def send(self, world: World, process: Process) -> bool:
        """Send the signal; whether there was anybody to get it, to kill and killall everybody whom it names."""
        found = False
        missed = False
        for target in self.targets:
            if isinstance(target, Unknown):
                world.note("unknown-kill", process, text=target.reason, span=process.origin)
                continue
            meant = self._meant(world, process, target)
            left = self.by != "table" and bool(self._among(_zombies(world), process, target))
            found, missed = found or left, missed or not (meant or left)
            for other in meant:
                found = True
                world.note("kills", process, signal=self.signal, other=other.pid, span=process.origin)
                world.kill(other, self.signal, None if self.asks and other.pid != 1 else process)
            for other in self._around(world, target):
                found = other.finished = True
                world.exit(other, 0)
        return found and not (missed and process.program in {"kill", "killall"})

    def _around(self, world: World, target: str) -> list[Process]:
        """Wrappers that keep a server running, and end when it was asked to end: mysqld_safe with its mysqld."""
        if self.by not in {"table", "name", "pattern"} or self.signal not in {"TERM", "QUIT"}:
            return []
        rows = ((other, other.body.row) for other in world.processes.values() if isinstance(other.body, Program))
        return [
            other
            for other, row in rows
            if other.alive and row.action("TERM") == "ignore" and target in row.instead.split()
        ]

    def _meant(self, world: World, process: Process, target: str) -> list[Process]:
        return self._among([other for other in world.processes.values() if other.alive], process, target)

    def _among(self, processes: list[Process], process: Process, target: str) -> list[Process]:
        others = [other for other in processes if other is not process]
        if self.by == "pid":
            number = numeral(target, signed=True) or 0
            if number == -1:
                return [other for other in others if other.pid != 1]
            return [other for other in others if other.pid == number or (number < -1 and other.pgid == -number)]
        if self.by == "parent":
            return [other for other in others if str(other.ppid) in target.split(",")]
        if self.by == "table":
            return [other for other in others if isinstance(other.body, Program) and other.body.row.table == target]
        if self.by == "name":
            return [other for other in others if target in {other.program, _base(other)}]
        pattern = pattern_of(target)
        if self.by == "line":
            return [other for other in others if pattern.search(" ".join(map(str, other.argv)))]
        return [other for other in others if pattern.search(other.program[:15]) or pattern.search(_base(other)[:15])]


def _zombies(world: World) -> list[Process]:
    """What has ended while its parent, a program, never asks: its name and its number are found still."""
    parents = {pid for pid, process in world.processes.items() if process.alive and isinstance(process.body, Program)}
    return [other for other in world.processes.values() if not other.alive and other.ppid in parents]


def _base(process: Process) -> str:
    first = process.argv[0] if process.argv else ""
    return first.rsplit("/", 1)[-1] if isinstance(first, str) else ""


class Stopper(Killer):
    """One that waits until those are gone that it has asked to end."""

    __slots__ = ("asked",)

    def __init__(self, by: str, signal: str, targets: tuple[Field, ...], content: bool = False) -> None:
        super().__init__(by, signal, targets, content)
        self.asked: tuple[int, ...] | None = None

    def copy(self) -> Stopper:
        """See Body.copy."""
        other = type(self)(self.by, self.signal, self.targets, self.content)
        other.asked = self.asked
        return other

    def key(self) -> Hashable:
        """See Body.key."""
        return (*self.targets, self.asked)

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if self.asked is None:
            texts = [target for target in self.targets if isinstance(target, str)]
            self.asked = tuple(other.pid for text in texts for other in self._meant(world, process, text))
            self.send(world, process)
        elif world.living(self.asked):
            return False
        else:
            world.exit(process, 0 if self.asked or self.content else 1)
        return True


class Client(Killer):
    """A server's own client."""

    __slots__ = ()
    asks = True


class WaitingClient(Stopper):
    """One that waits until the server is gone."""

    __slots__ = ()
    asks = True


class Looker(Killer):
    """Looks for processes, and sends nothing: its status tells whether they are there."""

    __slots__ = ()

    def names_known(self, world: World, process: Process) -> bool:
        """Whether all its words name a process that is there, or was."""
        others = list(world.processes.values())
        return all(isinstance(target, str) and self._among(others, process, target) for target in self.targets)

    def _may_find(self, world: World, process: Process) -> bool:
        """Whether a shell is yet to start what it looks for, or a program may have that nobody knows."""
        bodies = [other.body for other in world.processes.values() if other.alive]
        unknown = any(isinstance(body, Program) and body.row.role in UNTOLD for body in bodies)
        return bool(self._starting(world)) or (unknown and not self.names_known(world, process))

    def _starting(self, world: World) -> list[Process]:
        """The shells that are yet to start what it looks for, or may be."""
        alive = (other for other in world.processes.values() if other.alive)
        wanted = {"", *self.targets}
        return [each for each in alive if getattr(each.body, "blocked", self) is None and _becomes(each.body) in wanted]

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        texts = [target for target in self.targets if isinstance(target, str)]
        found = {other.pid: other for text in texts for other in self._meant(world, process, text)}
        numbers = [str(pid) for pid in sorted(found)]
        if self.signal == "0" and process.program in {"pgrep", "pidof"} and numbers:
            world.write(process, ("\n" if process.program == "pgrep" else " ").join(numbers))
        early = list(found.values()) or self._starting(world)
        if early and all(_is_just_started(world, process, other) for other in early):
            raise TooComplex(f"whether {process.program} comes before what is being started")
        if not found and self._may_find(world, process):
            world.write(process, Unknown(f"what {process.program} prints", process.origin))
            world.exit(process, Unknown(f"the status of {process.program}", process.origin))
        world.exit(process, int(not found))
        return True


def _is_just_started(world: World, looker: Process, found: Process) -> bool:
    """Whether a wrapper has started it that was started right before the looker: it may not have come so far."""
    above = world.processes.get(found.ppid)
    return above is not None and isinstance(above.body, Parent) and above.pid + 1 == looker.pid


def _becomes(body: Body) -> str:
    """The program that a part of a script is, which has not begun; "" where it may be any."""
    frames: tuple[object, ...] = getattr(body, "frames", ())
    node = getattr(frames[0], "node", None) if len(frames) == 1 else None
    name = node.words[0].literal if isinstance(node, SimpleCommand) and node.words else None
    return "" if name is None or name in getattr(body, "functions", ()) else name


class Lister(Looker):
    """One that prints what it finds, itself too."""

    __slots__ = ()

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        found = {other.pid for text in self.targets for other in self._meant(world, process, str(text))}
        found |= {process.pid} if str(process.ppid) in self.targets else set()
        if found:
            world.write(process, "\n".join(map(str, sorted(found))))
        world.exit(process, int(not found))
        return True


_NARROWED = frozenset("FGPUgstu")
"""Letters of pgrep's options that ask for a user, a parent, a group and the like."""


def start_looks(start: Start) -> Body:
    """pgrep and pidof, with which a script looks after a service, and a trap waits until it is gone."""
    words = [word for word in start.argv[1:] if isinstance(word, str)]
    letters = {letter for word in words if word.startswith("-") for letter in word[1:]}
    names = tuple(word for word in words if not word.startswith("-"))
    if words[:1] == ["-P"] and len(words) == len(start.argv) - 1 == 2 and start.process.program == "pgrep":
        return Looker("parent", "0", names)
    if len(words) < len(start.argv) - 1 or "--" in " ".join(words) or not _NARROWED.isdisjoint(letters):
        return start.leaf("test")
    exact = "x" in letters or start.process.program == "pidof"
    return Looker("line" if "f" in letters else "name" if exact else "pattern", "0", names)


def start_lists(start: Start) -> Body:
    """`ps -o pid= --ppid PID`: the children of a process, itself among them where it is one, which is gone by then.

    `ps -p PID` only tells whether it is there.
    """
    words = [word for word in start.argv[1:] if isinstance(word, str)]
    if words == ["-p"] and len(start.argv) == 2:
        return start.leaf("short", status=1)  # a number is missing
    if words[:1] == ["-p"] and len(words) == len(start.argv) - 1 == 2 and start.machine.image.base.sh != "busybox":
        return Looker("pid", "0", (words[1],)) if words[1].isdigit() else start.leaf("short", status=1)
    parent = words[3] if words[:3] == ["-o", "pid=", "--ppid"] and len(words) == len(start.argv) - 1 == 4 else ""
    return Lister("parent", "0", (parent,)) if parent.isdigit() else start.leaf("test")


class Follower(Program):
    """`tail --pid`: stands until a process is gone."""

    __slots__ = ("watched",)
    watched: int

    def copy(self) -> Follower:
        """See Body.copy."""
        other = super().copy()
        assert isinstance(other, Follower)
        other.watched = self.watched
        return other

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if world.living((self.watched,)):
            return super().step(world, process)
        world.exit(process, 0)
        return True


def start_follows(start: Start) -> Body:
    """tail(1), which looks once a second whether the process that it is told is there."""
    words = [*start.argv[1:], ""]
    told = [word[6:] for word in words if isinstance(word, str) and word.startswith("--pid=")]
    told += [value for word, value in pairwise(words) if word == "--pid" and isinstance(value, str)]
    row = replace(start.row, role="keepalive")
    if any(not word.isdigit() for word in told):
        return start.leaf("short", status=1)  # it takes numbers alone
    if len(told) != 1 or not told[0].isdigit():
        return Program(row, start.machine.stop_signal)
    body = Follower(row, start.machine.stop_signal)
    body.watched = int(told[0])
    return body


def start_stops(start: Start) -> Body:
    """A client that asks its server to end: `pg_ctl stop`, `mysqladmin shutdown`. Most wait for that."""
    waits = start.row.then == "waits" and not {"-W", "--no-wait"} & set(start.words)
    return (WaitingClient if waits else Client)("table", "TERM", (start.row.instead,))


def stop_of_a_daemon(
    start: Start, retry: Field | None, signal: Field | None, pid_file: Field | None, named: Field | None, content: bool
) -> Body:
    """`start-stop-daemon --stop`: with --retry it waits until the process is gone, and begins with its signal.

    Where there is none it fails, unless it is `content` with that.
    """
    words = [word for word in (retry, signal, pid_file, named) if word is not None]
    schedule = str(retry or "").partition("/")[0].removeprefix("-")
    told = signal_name(str(signal or (schedule if not schedule.isdigit() else "") or "TERM"))
    if any(isinstance(word, Unknown) for word in words) or told is None or not (pid_file or named):
        return _unknown(start, "whom start-stop-daemon stops")
    by, target = "name", str(named).rsplit("/", 1)[-1]
    if pid_file:
        by, target = "pid", number_in(start.world, start.path(str(pid_file))) or ""
    if not target:
        return _unknown(start, f"whom {pid_file} names")
    content = content or _may_have_left_one(start)
    return (Stopper if retry else Killer)(by, told, (target,), content=content)


def _may_have_left_one(start: Start) -> bool:
    """Whether something has run that may have left a process which nobody sees."""
    bodies = [other.body for other in start.world.processes.values() if other is not start.process]
    return any(isinstance(body, Program) and body.row.role not in {"short", "test"} for body in bodies)


def start_signals(start: Start) -> Body | Failure:
    """Read whom it signals and how from its argv."""
    program = start.process.program
    if start.row.table == "nginx":
        words = start.words
        order = words[words.index("-s") + 1] if words.index("-s") + 1 < len(words) else ""
        return (
            Killer("name", _NGINX.get(order, "TERM"), ("nginx",)) if order in _NGINX else start.leaf("short", status=1)
        )
    signal: str | None = "TERM"
    by = {"kill": "pid", "killall": "name"}.get(program, "pattern")
    targets: list[Field] = []
    looks = waits = False
    words_left = list(start.argv[1:])
    while words_left:
        word = words_left.pop(0)
        if isinstance(word, Unknown) or not word.startswith("-") or word == "-":
            targets.append(word)
        elif word == "--":
            targets += words_left
            break
        elif word in {"-n", "-o", "--newest", "--oldest"} and program == "pkill":
            return _unknown(start, f"{program} {word}")
        elif word in {"-s", "--signal", "-n"} and words_left:
            given = words_left.pop(0)
            signal = signal_name(given) if isinstance(given, str) else None
        elif word.startswith("--signal="):
            signal = signal_name(word[9:])
        elif word in {"-l", "-L", "--list"}:
            return start.leaf("test")
        elif word == "-0":
            looks = True
        elif program == "killall" and (word == "--wait" or re.fullmatch(r"-[eIgqrvV]*w[eIgqrvVw]*", word)):
            waits = True
        elif word in {"-f", "--full", "-fx", "-xf"} and by == "pattern":
            by = "line"
        elif word in {"-x", "--exact"} and by == "pattern":
            by = "name"
        elif word in {"-P", "--parent"} and by == "pattern" and words_left:
            by, targets = "parent", [words_left.pop(0)]
        elif word in {"-u", "-U", "-g", "-G", "-t", "--euid", "--uid", "--pgroup", "--group"}:
            return _unknown(start, f"{program} {word}")
        elif (name := signal_name(word[1:])) is not None:
            signal = name
        elif by == "pid" and (number := numeral(word[1:])) is not None and number not in NAMES:
            targets.append(word)
    if program == "pkill" and not targets:
        return start.leaf("short", status=1 if start.machine.image.base.sh == "busybox" else 2)  # it wants something
    if looks:
        return Looker(by, "0", tuple(targets))
    if signal is None:
        return _unknown(start, f"the signal that {program} sends")
    if program == "killall5":
        return _unknown(start, program)
    return (Stopper if waits else Killer)(by, signal, tuple(targets))


def _unknown(start: Start, what: str) -> Body:
    return Killer("pid", "TERM", (Unknown(what, start.process.origin),))
