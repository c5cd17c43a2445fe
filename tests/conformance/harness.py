"""Stops a real container made of kernel namespaces and measures what happens, in the words of tests/facts/README.md."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import errno
import fcntl
import functools
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHELLS = {"dash": "/usr/bin/dash", "bash": "/usr/bin/bash", "busybox": "/bin/busybox", "mksh": "/usr/bin/mksh"}

BUILD = "/run/build"
"""Where the programs of `Case.build_programs` stand."""

STABLE_SECONDS = 0.2
"""So long the same processes must stand before the signal is sent."""
START_SECONDS = 4.0
"""So long a stand-in may take to come up; a script that never starts one is stopped after this."""

SHUTDOWN_SECONDS = 0.5
"""So long a service takes to clean up."""
LONG_SHUTDOWN_SECONDS = 1.5
"""So long it takes where PID 1 is expected to end before it: a shell that crashes needs half a second where the machine
is slow, and who is first would be a race."""

Kind = Literal["service", "default", "deaf", "quick", "job"]
DEFINES: dict[Kind, tuple[str, ...]] = {
    "service": (),
    "default": ("-DDEFAULT_DISPOSITIONS",),
    "deaf": ("-DDEAF",),
    "quick": ("-DQUICK",),
    "job": ("-DJOB",),
}


@dataclass(frozen=True, slots=True)
class Case:
    """What to run: files by absolute path with (text, mode); `stand_ins` are names, or paths, with their kind.

    A "service" handles its stop signal, a "default" program has no handler of its own, a "deaf" one hears it and goes
    on, a "quick" one ends on it without cleaning up, a "job" ends by itself, at once. Services end on TERM, INT and
    QUIT, with `stops_on_signal` also on the stop signal where it is another. `rules` are (program, "stays" in the
    foreground or "leaves" it, text among its arguments or "*"). `sh` is what /bin/sh is ("none": there is none);
    `busybox_tools` makes the everyday commands busybox's, as they are on Alpine. `links` are symbolic links, `absent`
    are paths that this container does not have. `shutdown` is how many seconds a service takes to clean up. `build` are
    commands run in it beforehand, one after another, with `build_programs` ending at once.
    """

    argv: tuple[str, ...]
    files: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    stop_signal: str = "TERM"
    grace: float = 3.0
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "/"
    sh: str = "dash"
    stand_ins: Mapping[str, Kind] = field(default_factory=lambda: {"app": "service", "app0": "default"})
    busybox_tools: bool = False
    rules: tuple[tuple[str, str, str], ...] = ()
    stops_on_signal: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    build: tuple[tuple[str, ...], ...] = ()
    build_programs: tuple[str, ...] = ()
    shutdown: float = SHUTDOWN_SECONDS


@dataclass(frozen=True, slots=True)
class StandIn:
    """One stand-in process that stood when the signal was sent, and what it saw afterwards."""

    name: str
    pid: int
    kind: Kind
    signals: tuple[int, ...]
    finished: bool


@dataclass(frozen=True, slots=True)
class Measurement:
    """What happened. `seconds` from the signal to PID 1's end, negative where it had ended before."""

    outcome: str
    pid1_exit: int
    seconds: float
    tree: str
    stand_ins: tuple[StandIn, ...]
    output: str


class UnavailableError(Exception):
    """This machine cannot run the containers, and why."""


@functools.cache
def stand_in_binary(kind: Kind, shutdown: float = SHUTDOWN_SECONDS) -> str:
    """The path of the compiled stand-in; raises UnavailableError where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise UnavailableError("no C compiler (cc) to build the stand-in programs")
    folder = tempfile.mkdtemp(prefix="stand-ins-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = f"{folder}/{kind}"
    defines = (f"-DSHUTDOWN_MS={shutdown * 1000:.0f}", *DEFINES[kind])
    command = [compiler, "-O1", "-Wall", "-Werror", *defines, "-o", target, str(HERE / "standins" / "app.c")]
    subprocess.run(command, check=True)
    return target


@functools.cache
def why_unavailable() -> str | None:
    """None where containers can be run here, else the reason."""
    try:
        measured = run(Case(("app",), grace=2.0))
    except UnavailableError as problem:
        return str(problem)
    return None if measured.outcome == "graceful" else f"a plain service measured {measured}"


def run(case: Case) -> Measurement:
    """Start the case, wait until it stands still, stop it, watch it for the grace period; raises UnavailableError."""
    with tempfile.TemporaryDirectory(prefix="container-") as folder:
        scratch, log = Path(folder, "scratch"), Path(folder, "log")
        scratch.mkdir()
        log.mkdir()
        log.chmod(0o777)
        with _Container(_specification(case, scratch, log)) as container:
            return _measure(case, container, log)


def _specification(case: Case, scratch: Path, log: Path) -> dict[str, Any]:
    files: list[dict[str, Any]] = [{"path": path, "absent": True} for path in case.absent]
    if case.busybox_tools:
        files += [{"path": f"/usr/bin/{name}", "link": SHELLS["busybox"]} for name in _busybox_tools()]
    if case.sh != "none":
        files.append({"path": "/bin/sh", "link": SHELLS[case.sh]})
        files.append({"path": "/bin/ash", "link": SHELLS["busybox"]})
    for name, kind in case.stand_ins.items():
        path = name if name.startswith("/") else f"/usr/local/bin/{name}"
        files.append({"path": path, "copy": stand_in_binary(kind, case.shutdown), "mode": 0o755})
    for name in case.build_programs:
        files.append({"path": f"{BUILD}/{name}", "copy": stand_in_binary("job"), "mode": 0o755})
    files += [{"path": path, "link": target} for path, target in case.links.items()]
    files += [{"path": path, "text": text, "mode": mode} for path, (text, mode) in case.files.items()]
    rules = [*case.rules, *([("*", "stops", str(_number(case.stop_signal)))] if case.stops_on_signal else ())]
    text = "".join("\t".join(rule) + "\n" for rule in rules)
    files.append({"path": "/run/stand-ins/rules", "text": text, "mode": 0o644})
    env = {"PATH": PATH, "HOME": "/root", "HOSTNAME": "container", **case.env}
    return {
        "argv": case.argv,
        "env": env,
        "cwd": case.cwd,
        "files": files,
        "build": [{"argv": argv, "env": {**env, "PATH": f"{BUILD}:{env['PATH']}"}} for argv in case.build],
        "scratch": str(scratch),
        "log": str(log),
    }


@functools.cache
def _busybox_tools() -> tuple[str, ...]:
    listed = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    return tuple(name for name in listed if name not in ("busybox", "sh", "ash", "bash"))


class _Container:
    """The launcher's process and the events it tells."""

    def __init__(self, specification: Mapping[str, Any]) -> None:
        python = os.path.realpath(sys.executable)
        self._process = subprocess.Popen(
            [python, "-I", "-S", "-E", str(HERE / "container.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._buffer = b""
        self.status: int | None = None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(specification).encode())
            self._process.stdin.close()
            self.pid = int(self._next(60)["pid"])
            self.start_error: int | None = self._next(60).get("error")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> _Container:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End whatever still runs: PID 1 dies with its launcher, and the rest with PID 1."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def _line(self, timeout: float) -> bytes | None:
        """The next line of the launcher; None where none came in time."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            data = os.read(descriptor, 4096)
            if not data:
                assert self._process.stderr is not None
                raise UnavailableError(self._process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2])
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _next(self, timeout: float) -> dict[str, Any]:
        line = self._line(timeout)
        if line is None:
            raise UnavailableError(f"the container did not start within {timeout} s")
        event: dict[str, Any] = json.loads(line)
        return event

    def ended(self, timeout: float = 0.0) -> bool:
        """Whether PID 1 has ended; wait for it up to `timeout` seconds."""
        if self.status is None:
            line = self._line(timeout)
            if line is not None:
                self.status = json.loads(line)["status"]
        return self.status is not None

    def signal(self, number: int) -> None:
        """Send a signal to PID 1 from outside; it may have ended by itself just now."""
        if not self.ended():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _measure(case: Case, container: _Container, log: Path) -> Measurement:
    _wait_until_stable(container, log, case)
    tree = "" if container.ended() else " | ".join(_tree(container.pid))
    before = _stand_ins(case, log)
    with _Deaths(container.pid, [item for item in before.values() if item.kind == "default"]) as deaths:
        sent = time.monotonic()
        early = container.ended()
        if not early:
            container.signal(_number(case.stop_signal))
            container.ended(case.grace)
        seconds = -1.0 if early else time.monotonic() - sent
        killed = not container.ended()
        if killed:
            container.signal(signal.SIGKILL)
            container.ended(30)
        if container.status is None:
            raise UnavailableError("PID 1 outlived SIGKILL")
        after = {key: deaths.complete(item) for key, item in _stand_ins(case, log).items() if key in before}
    code = container.status
    if container.start_error is not None:
        code = 127 if container.start_error == errno.ENOENT else 126
    stand_ins = tuple(after.values())
    output = Path(log, "output").read_text(errors="replace")
    return Measurement(_outcome(early, killed, code, stand_ins), code, seconds, tree, stand_ins, output)


class _Deaths:
    """Tells of what signal programs without handlers died, which they cannot tell themselves."""

    GET_INFO, EXIT, LAYOUT = 0xC040FF0B, 1 << 3, "QQ11Ii"
    """PIDFD_GET_INFO, PIDFD_INFO_EXIT and struct pidfd_info of <linux/pidfd.h>, Linux 6.15."""

    def __init__(self, pid: int, stand_ins: list[StandIn]) -> None:
        self._descriptors: dict[tuple[str, int], int] = {}
        wanted = {(item.name, item.pid) for item in stand_ins}
        for process, _ in _descendants(pid) if wanted else ():
            with contextlib.suppress(OSError):
                fields = _status(process)
                inner = int(fields["NSpid"].split()[-1])
                for name, number in wanted:
                    if number == inner and name[:15] == fields["Name"]:
                        self._descriptors[name, number] = os.pidfd_open(process)

    def __enter__(self) -> _Deaths:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._descriptors.values():
            os.close(descriptor)

    def complete(self, item: StandIn) -> StandIn:
        """The stand-in with the signal it died of, unless that was SIGKILL; raises UnavailableError."""
        descriptor = self._descriptors.get((item.name, item.pid))
        if descriptor is None:
            return item
        buffer = bytearray(struct.pack(self.LAYOUT, self.EXIT, 0, *[0] * 12))
        try:
            fcntl.ioctl(descriptor, self.GET_INFO, buffer)
        except OSError as problem:
            raise UnavailableError(f"of what a process died is told by Linux 6.15 or newer: {problem}") from problem
        mask, *_, status = struct.unpack(self.LAYOUT, buffer)
        died_of = status & 0x7F if mask & self.EXIT else 0
        return item if died_of in (0, signal.SIGKILL) else dataclasses.replace(item, signals=(died_of,))


def _number(name: str) -> int:
    text = name.removeprefix("SIG")
    if text.isdigit():
        return int(text)
    if text.startswith("RTMIN+"):
        return signal.SIGRTMIN + int(text[6:])
    return signal.Signals[f"SIG{text}"]


def _outcome(early: bool, killed: bool, code: int, stand_ins: tuple[StandIn, ...]) -> str:
    """The word for it. A program without a handler was told if it died of anything but SIGKILL."""
    if early:
        return "fails" if code in (126, 127) else "exits"
    if killed:
        return "killed"
    if not stand_ins:
        return "ends"
    done = [item.finished or (item.kind in ("default", "quick") and bool(item.signals)) for item in stand_ins]
    if all(done):
        return "graceful" if all(item.finished for item in stand_ins) else "terminated"
    return "partial" if any(done) else "cut-off"


def _stand_ins(case: Case, log: Path) -> dict[str, StandIn]:
    """The stand-ins that came up, by their name in the log."""
    kinds = {os.path.basename(name): kind for name, kind in case.stand_ins.items()}
    found: dict[str, StandIn] = {}
    path = log / "log"
    for line in path.read_text().splitlines() if path.exists() else ():
        key, name, pid, event, *arguments = line.split(" ")
        if event == "ready":
            found[key] = StandIn(name, int(pid), kinds.get(name, "service"), (), False)
        elif event == "signal":
            item = found[key]
            found[key] = StandIn(name, item.pid, item.kind, (*item.signals, int(arguments[0])), item.finished)
        elif event == "done":
            item = found[key]
            found[key] = StandIn(name, item.pid, item.kind, item.signals, True)
    return found


def _wait_until_stable(container: _Container, log: Path, case: Case) -> None:
    """Until the same processes, none of them running, have stood for STABLE_SECONDS and a stand-in is up."""
    start = time.monotonic()
    since, last, patience = start, [""], START_SECONDS
    while not container.ended(0.01):
        now = time.monotonic()
        tree = _tree(container.pid)
        if tree != last or _is_running(container.pid):
            since, last = now, tree
        up = not case.stand_ins or bool(_stand_ins(case, log))
        if up and patience == START_SECONDS:
            patience = now - start + 2.0
        if (up and now - since >= STABLE_SECONDS) or now - start >= patience:
            return


def _descendants(pid: int) -> list[tuple[int, int]]:
    """(process, parent), PID 1 first, as the machine numbers them."""
    found, todo = [], [(pid, 0)]
    while todo:
        process, parent = todo.pop(0)
        found.append((process, parent))
        try:
            for thread in os.listdir(f"/proc/{process}/task"):
                children = Path(f"/proc/{process}/task/{thread}/children").read_text().split()
                todo += [(int(child), process) for child in children]
        except OSError:
            continue
    return found


def _tree(pid: int) -> list[str]:
    """`pid<-parent command` for each process, in the container's own numbers."""
    numbers: dict[int, str] = {0: "0"}
    lines = []
    for process, parent in _descendants(pid):
        try:
            fields = _status(process)
            command = Path(f"/proc/{process}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
        except OSError:
            continue
        levels = fields["NSpid"].split()
        numbers[process] = levels[1] if len(levels) > 1 else levels[0]
        text = command.decode(errors="replace").replace("\n", " ")
        if fields["State"].startswith("Z"):
            text = f"[{fields['Name']}] (Z)"
        lines.append(f"{numbers[process]}<-{numbers.get(parent, '0')} {text}")
    return lines


def _status(process: int) -> dict[str, str]:
    """/proc/PID/status as a dict; raises OSError where the process is gone."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def _is_running(pid: int) -> bool:
    for process, _ in _descendants(pid):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][:1]
        except OSError:
            continue
        if state in "RD":
            return True
    return False
