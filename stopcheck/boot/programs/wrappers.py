"""Programs that start another one: how they pass signals on, how they end, where the other's argv begins."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise, takewhile

from stopcheck.boot.bodies.daemon import Daemonizer
from stopcheck.boot.bodies.parent import Parent, ParentOptions
from stopcheck.boot.bodies.program import ENDED, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import is_missing
from stopcheck.boot.grammar import child_argv
from stopcheck.boot.programs.known import run, tools
from stopcheck.boot.shell.invocation import run_shell
from stopcheck.boot.signals import signal_number
from stopcheck.boot.world import Branch
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile
from stopcheck.knowledge.programs import ProgramRow, applied, find_program
from stopcheck.knowledge.shells import find_shell
from stopcheck.knowledge.systems import lacks
from stopcheck.model import Unknown
from stopcheck.records import replace

if TYPE_CHECKING:
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World


def _is_first(world: World, process: Process, child: Process) -> bool:
    """Whether its child may have ended before it heard of the signal itself: all of their group was sent it."""
    told = any(event.kind == "late" and event.pid == child.pid for event in world.events)
    return told and not any(event.kind == "waits-out" and event.pid == process.pid for event in world.events)


def _goes_to_sleep(world: World, process: Process) -> None:
    world.note("waits-out", process)


def _leaves_now(_: World, process: Process) -> None:
    assert isinstance(process.body, Wrapper)
    process.body.deadline = None


class Wrapper(Parent):
    """Starts its children one after another, passes signals on to the one that runs, and ends after the last."""

    __slots__ = ("cwd", "rest")

    def __init__(
        self, machine: Machine, row: ProgramRow, argv: tuple[Field, ...], env: dict[str, Field],
        rest: tuple[tuple[Field, ...], ...] = (), cwd: str = "", options: ParentOptions | None = None,
    ) -> None:  # fmt: skip
        super().__init__(machine, row, argv, env, options)
        self.rest = rest
        self.cwd = cwd

    def copy(self) -> Wrapper:
        """See Body.copy."""
        other = type(self)(self.machine, self.row, self.argv, self.env, self.rest, self.cwd, self.options)
        other.child, other.deadline, other.got = self.child, self.deadline, self.got
        return other

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        if signal not in self.row.on and self.row.otherwise == "unknown":
            return "caught"
        return super().disposition(signal)

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        match self.row.on.get(signal, self.row.otherwise):
            case "unknown":
                world.note("unsure", process, text=process.program, span=process.origin, signal=signal)
            case "raise" if process.pid != 1:
                world.exit(process, 128 + signal_number(signal), signal)
            case "raise" | "quick":
                world.exit(process, self.row.exit or 0)
            case _:
                super().receive(world, process, signal)
                self.passed_on(world, process, signal)

    def passed_on(self, world: World, process: Process, signal: str) -> None:
        """What it does itself once it has passed a signal on: it waits, ends, or kills itself (in vain as PID 1)."""
        if self.got and self.row.then == "ends":
            world.exit(process, 128 + signal_number(signal) if self.row.exit_signal else self.row.exit or 0)
        elif self.got and self.row.then == "raises" and process.pid != 1:
            world.exit(process, 128 + signal_number(signal), signal)

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if self.child is None and self.row.reads:
            if world.writers(process) and process.stdin:
                return False
            lines = world.pipes.pop(process.stdin, ())
            if self.row.idle and not lines:
                world.exit(process, 0)
                return True
            for line in lines:
                self.argv += tuple(line.split()) if isinstance(line, str) else (line,)
        if self.child is None:
            process.cwd = self.cwd or process.cwd
            self._start(world, process)
            return True
        child = world.processes[self.child]
        if self.deadline is not None and world.clock >= self.deadline and child.alive:
            world.note("gives-up", process, signal="KILL", other=child.pid)
            world.kill(child, "KILL", process)
            if self.row.limits and self.row.forwards == "group":
                for other in world.group(process.pgid):  # timeout(1) does so to all of its group, itself among them
                    world.kill(other, "KILL", process)
            return True
        if child.alive:
            return False
        if self.row.waits_out and self.deadline is not None and world.clock < self.deadline:
            if _is_first(world, process, child):
                doubt = Unknown(f"whether {process.program} is told before what it has started ends", process.origin)
                raise Branch(doubt, (_goes_to_sleep, _leaves_now))
            return False
        gives_up = self.deadline is not None and world.clock >= self.deadline
        if self.row.waits_for_all and not gives_up and any(other.alive for other in world.children(process.pid)):
            return False
        child.reaped = True
        if self.rest and not self.got and self._goes_on(child):
            self.argv, self.rest, self.child = self.rest[0], self.rest[1:], None
            return True
        return self.leave(world, process, child)

    def _goes_on(self, child: Process) -> bool:
        """Whether the next child follows: as a rule where this one has not failed."""
        return isinstance(child.status, Unknown) or not child.status or not self.row.exit_of_child

    def leave(self, world: World, process: Process, child: Process) -> bool:
        """End as the child's end makes it."""
        row = self.row
        signal = child.killed_by
        if self.got and not row.exit_of_child and row.raises and process.pid != 1:
            world.exit(process, 128 + signal_number(self.got), self.got)
        elif self.got and not row.exit_of_child:
            world.exit(process, row.exit if row.exit is not None else 128 + signal_number(self.got))
        elif not row.exit_of_child and row.exit is not None:
            world.exit(process, row.exit)
        elif signal and row.raises and process.pid != 1:
            world.exit(process, 128 + signal_number(signal), signal)
        elif signal and row.exit_killed is not None:
            status = row.exit_on.get(signal, row.exit_killed)
            unknown = Unknown(f"the status of {process.program}", process.origin)
            world.exit(process, status if status >= 0 else unknown)
        elif child.status and not signal and row.exit_failed is not None:
            known = isinstance(child.status, int)
            there = not (isinstance(child.body, Program) and child.body.row is ENDED)
            world.exit(process, row.exit_failed if known and there else child.status)
        else:
            world.exit(process, child.status if child.status is not None else 0)
        return True


def start_busybox(start: Start) -> Body | Failure:
    """`busybox APPLET …`: the small programs as busybox has them, whatever else the image has under their names."""
    argv = start.argv[1:]
    if not argv or not isinstance(argv[0], str) or argv[0].startswith("-"):
        return start.leaf("short", status=0)
    start.process.argv, start.process.program = argv, argv[0]
    if argv[0] in {"sh", "ash"}:
        base = start.machine.image.base
        shell = find_shell("busybox", base.sh_version if base.sh == "busybox" else "")
        assert shell is not None
        return run_shell(start.machine, shell, start.world, start.process, argv, start.env)
    row = find_program(argv[0])
    if argv[0] == "init" and start.machine.image.base.family == "debian":
        return _init(start)
    debian = start.machine.image.base.family == "debian"
    fewer = (
        debian and "busybox" in start.machine.image.installed and "busybox-static" not in start.machine.image.installed
    )
    none = (debian or row is None) and lacks("debian-busybox" if debian else "alpine", argv[0])
    if none or (fewer and not lacks("debian-busybox-static", argv[0])):
        return Failure(127, f"busybox has no {argv[0]}", "refuses", "", ran=True)
    if row is None:
        return start.leaf("unread", "a program of busybox")
    row = replace(applied(row, start.words[1:], "busybox"), variants=())
    child, _ = child_argv(row, argv)
    own = "busybox-static" in start.machine.image.installed and child[:1] in {("sh",), ("ash",)}
    if own and argv[-len(child) :] == child:
        argv = (*argv[: -len(child)], start.argv[0], *child)  # built so, it starts its own programs before others
    return run(replace(start, row=row, argv=argv, depth=start.depth + 1))


def _init(start: Start) -> Body:
    """busybox init where no inittab tells it what to start; another process than PID 1 it will not be."""
    if start.process.pid != 1:
        return start.leaf("short", status=1)
    row = find_program("busybox init")
    if row is None or isinstance(start.machine.image.files.lookup("/etc/inittab"), ImageFile):
        return start.leaf("opaque", "what its inittab starts")
    return Program(row, start.machine.stop_signal)


def start_script(start: Start) -> Body | Failure:
    """A program that is a shell script of its package: /bin/sh runs what it comes down to."""
    return start.script(start.row.script)


def start_wait_for(start: Start) -> Body | Failure:
    """`wait-for-it HOST:PORT … -- COMMAND`: waits, then becomes the command."""
    if "--" not in start.argv:
        return start.leaf("test")
    child = start.argv[start.argv.index("--") + 1 :]
    return start.load(child) if child else start.leaf("test")


def start_capsh(start: Start) -> Body | Failure:
    """`capsh … -- ARG…` becomes /bin/bash with these arguments, `capsh … == ARG…` itself anew (capsh(1))."""
    for index, word in enumerate(start.argv):
        if word in {"--", "=="}:
            return start.load((*(("/bin/bash",) if word == "--" else start.argv[:1]), *start.argv[index + 1 :]))
    return start.leaf("short", status=1 if "-c" in start.argv else None)


_SHORT_OKNODO = re.compile("-[KStqvbmCo]*o[KStqvbmCo]*")


def start_start_stop_daemon(start: Start) -> Body | Failure:
    """start-stop-daemon(8): --start becomes the program, or leaves it in the background (-b), --stop ends it."""
    words = list(start.argv[1:])
    own, rest = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    told = {word for word in own if isinstance(word, str)}
    if {"-K", "--stop"} & told:
        from stopcheck.boot.programs.killers import stop_of_a_daemon

        retry = option(own, "-R", "--retry")
        signal, pid_file = option(own, "-s", "--signal"), option(own, "-p", "--pidfile")
        named = option(own, "-n", "--name") or option(own, "-x", "--exec")
        content = "--oknodo" in told or any(_SHORT_OKNODO.fullmatch(word) for word in told)
        return stop_of_a_daemon(start, retry, signal, pid_file, named, content)
    if not {"-S", "--start"} & told:
        return start.leaf("short", status=3 if {"-T", "--status"} & told else None)
    program = option(own, "-a", "--startas") or option(own, "-x", "--exec")
    if not any(option(own, *names.split()) for names in _MATCHES):
        return start.leaf("short", status=3)
    if program is None:
        return start.leaf("unread", "what it starts")
    argv = (program, *rest)
    background = any(word in {"-b", "--background"} for word in own)
    for long, short in (("--no-close", "-C"), ("--output", "-O")):
        if {long, short} & {word.partition("=")[0] for word in told} and not background:
            return Failure(3, f"`{long}` is for `--background` alone", "refuses", ran=True)
    if "--notify-await" in told and background:
        return start.leaf("opaque", "when its service tells that it is ready")
    if {"-t", "--test"} & told:
        return start.leaf("short", status=0)
    gone = _gone(start, own)
    if gone is not None:
        return gone
    named = option(own, "-x", "--exec")
    if isinstance(named, str) and named[:1] != "/" and tools(start.machine.image, start.row) != "busybox":
        folder = option(own, "-d", "--chdir") or "/"
        if start.machine.image.files.lookup(f"{folder}/{named}") is not None:
            return start.leaf("opaque", "which program it finds by a name that is no path from /")
        return Failure(2, f"it looks for {named} in {folder} alone", "refuses", "Tell it the whole path.", ran=True)
    if background:
        row = ProgramRow("start-stop-daemon", role="daemon")
        path = option(own, "-p", "--pidfile") if {"-m", "--make-pidfile"} & told else ""
        return Daemonizer(start.machine, row, argv, dict(start.env), path if isinstance(path, str) else "")
    started = start.load(argv)
    return replace(started, status=2) if isinstance(started, Failure) else started


_ADVICE = "Make it in the build, or name one that is there."


def _gone(start: Start, own: list[Field]) -> Failure | None:
    """What keeps start-stop-daemon from starting anything: a user or a folder that is surely not there."""
    from stopcheck.boot.files.made import missing_folder

    user, folder = option(own, "-c", "--chuid"), option(own, "-d", "--chdir")
    named = user.partition(":")[0] if isinstance(user, str) else ""
    if named and is_missing(start.machine, start.world, start.process, start.row, named):
        return Failure(2, f"the image has no user {named}", "refuses", _ADVICE, ran=True)
    if isinstance(folder, str) and missing_folder(start.machine, start.world, start.path(folder), start.process):
        return Failure(2, f"there is no folder {folder}", "refuses", _ADVICE, ran=True)
    return None


_MATCHES = ("-x --exec", "-p --pidfile", "-u --user", "-n --name", "--pid", "--ppid")
"""Of these start-stop-daemon wants one."""


def option(words: list[Field], *names: str) -> Field | None:
    """The value of the first of these options that is among the words."""
    for index, word in enumerate(words):
        if isinstance(word, str):
            name, sign, value = word.partition("=")
            if name in names:
                return value if sign else words[index + 1] if index + 1 < len(words) else None
    return None


def start_find(start: Start) -> Body | Failure:
    """find(1): with -exec it runs a program for what it finds and waits for it; -ok asks whom a container has not."""
    for index, word in enumerate(start.argv):
        if word in {"-exec", "-execdir"}:
            rest = start.argv[index + 1 :]
            ends = [at for at, other in enumerate(rest) if other in {";", "+"}]
            child = tuple(
                Unknown("what find has found", start.process.origin) if other == "{}" else other
                for other in rest[: ends[0] if ends else 0]
            )
            if not child or not ends:
                return start.leaf("short", status=1)  # "missing argument to `-exec'"
            if _finds_nothing(start, start.argv[1:index]):
                return start.leaf("short", status=1)
            counts = rest[ends[0]] == "+"
            row = replace(start.row, role="fork", exit=None if counts else 0, exit_of_child=counts)
            return Wrapper(start.machine, row, child, dict(start.env))
    return start.leaf("short")


def _finds_nothing(start: Start, words: tuple[Field, ...]) -> bool:
    """Whether none of the places where find(1) is to look is there."""
    from stopcheck.boot.files.made import is_nowhere

    places = takewhile(lambda word: isinstance(word, str) and word[:1] not in {"-", "(", "!"}, words)
    paths = [start.path(str(place)) for place in places]
    return bool(paths) and all(is_nowhere(start.machine, start.world, path) for path in paths)


_PART = re.compile(r"[\w-]+")
"""A name that run-parts(8) runs; one with a dot is left aside."""


def start_run_parts(start: Start) -> Body | Failure:
    """run-parts(8): the programs of a folder, by their names, one after another; nothing is passed on to them."""
    options = [word for word in start.words if word.startswith("-")]
    if {"--test", "--list"} & set(options):
        return start.leaf("short", status=0)
    valued = {"-a", "-u", "--regex"}
    plain = [word for before, word in pairwise(["", *start.words]) if word[:1] != "-" and before not in valued]
    pattern = next((after for word, after in pairwise(start.words) if word == "--regex"), "")
    pattern = next((word.partition("=")[2] for word in options if word.startswith("--regex=")), pattern)
    if not plain or "--lsbsysinit" in options or "[:" in pattern:
        return _undecided(start)
    try:
        wanted = re.compile(pattern).search if pattern else _PART.fullmatch
    except re.error:
        return _undecided(start)
    files = start.machine.image.files.matching(f"{start.path(plain[-1])}/*")
    runs = [file.path for file in files if wanted(file.path.rpartition("/")[2]) and _is_executable(file)]
    if not runs:
        return _undecided(start)
    told = tuple(word.partition("=")[2] for word in options if word.startswith("--arg="))
    first, *rest = [(path, *told) for path in sorted(runs, reverse="--reverse" in options)]
    row = replace(start.row, role="fork", own_session="--new-session" in options)
    return Wrapper(start.machine, row, first, dict(start.env), tuple(rest))


def _undecided(start: Start) -> Program:
    row = ProgramRow(start.process.program, role="unknown", otherwise="unknown")
    return Program(row, start.machine.stop_signal)


def _is_executable(file: ImageFile) -> bool:
    return isinstance(file.mode, Unknown) or bool(file.mode & 0o111)


_FUNCTION = re.compile(r"\w+(\.\w+)+(?<!\.py)(?<!\.sh)")


def start_watchfiles(start: Start) -> Body | Failure:
    """watchfiles: a command, which it splits itself and tells SIGINT, or a function of Python's, which is not read."""
    target = child_argv(start.row, start.argv)[0][:1]
    words = target[0] if target else None
    if not isinstance(words, str):
        return start.leaf("short", status=2) if words is None else start.leaf("unread", words.reason)
    if _FUNCTION.fullmatch(words) or "function" in start.words:
        return start.leaf("worker")
    try:
        command = tuple(shlex.split(words))
    except ValueError:
        return start.leaf("unread", "what watchfiles runs")
    row = replace(start.row, role="fork", exit_of_child=False, exit=0)
    rewrites = ParentOptions(dict.fromkeys(row.forwards_only, "INT"))
    return Wrapper(start.machine, row, command, dict(start.env), options=rewrites)
