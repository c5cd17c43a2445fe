"""What may be there while a container runs, though the image does not show it: of a volume, or made by what has run."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import ENDED, READERS, SILENT, Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.lookup import is_bare
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Field, Process, World

_MAKES_NOTHING = (
    READERS
    | SILENT
    | {"date", "env", "find", "flock", "head", "hostname", "id", "ls", "printf", "echo", "ps", "tail", "uname"}
    | {"basename", "dirname", "expr", "getent", "killall", "mkfifo", "nproc", "pgrep", "pidof", "pkill", "readlink"}
    | {"dig", "nc", "ncat", "nslookup", "pg_isready", "ping", "ss"}
    | {"cmp", "diff", "install", "mktemp", "od", "realpath", "rmdir", "seq", "stat", "tty", "which", "whoami"}
)
"""Programs that make nothing but what their arguments name, if at all."""
_LOOKS_ONLY = frozenset({"basename", "cat", "chmod", "chown", "cut", "diff", "dirname", "du", "echo", "grep", "head",
                         "id", "kill", "ls", "pgrep", "pkill", "printf", "ps", "readlink", "realpath", "rm", "rmdir",
                         "sleep", "stat", "tail", "test", "tr", "wc"})  # fmt: skip
"""Programs that make nothing that their arguments name."""


MAY_WRITE = frozenset({"service", "worker", "unknown"})
"""Roles of programs that may write into the files which their words name, as long as they stand."""


def may_have_made(machine: Machine, world: World, path: str, asking: Process | None = None) -> bool:
    """Whether something the image does not show may be there: of its base, a volume, what a program has made."""
    if not (is_bare(machine.image) or machine.image.base.plain):
        return True
    for instruction in machine.image.instructions:
        if instruction.keyword == "VOLUME" and f"/{path.split('/')[1]}" in instruction.value:
            return True
    since = world.removed.get(path, 0)
    return any(
        _may_make(process, path)
        for process in world.processes.values()
        if process is not asking and (process.pid >= since or process.alive)
    )


def _may_make(process: Process, path: str) -> bool:
    """Whether a program may have put something there: its words name it, or it has run through and is none of those."""
    if isinstance(process.body, Parent):
        return False  # its words are those of another process
    if path.endswith(".pid") and _serves(process):
        return True  # it may tell its own number
    program = isinstance(process.body, Program)
    for word in _makes(process):
        if isinstance(word, Unknown):
            if program:
                return True
            continue
        if program and path in word and path.count("/") > 1 and not process.alive:
            return True  # `sed -n "w /srv/list"`
        named = clean(posixpath.join(process.cwd, word.rpartition("=")[2]))
        if named != "/" and (f"{named}/".startswith(f"{path}/") or f"{path}/".startswith(f"{named}/")):
            return True
    body = process.body
    ended = isinstance(body, Program) and body.row is not ENDED and not body.row.status and not process.alive
    ended = ended and not process.killed_by and not process.told
    starts = any(isinstance(word, str) and word.startswith(("-exec", "-ok")) for word in process.argv)
    return ended and (starts or process.program not in _MAKES_NOTHING)


def _makes(process: Process) -> tuple[Field, ...]:
    """Those of its words which may name what it makes."""
    words = process.argv[1:]
    if process.program in _LOOKS_ONLY:
        return ()
    options = any(isinstance(word, str) and word.startswith("-") and "t" in word for word in words)
    return words[-1:] if process.program in {"cp", "ln", "mv"} and not options else words


def _serves(process: Process) -> bool:
    body = process.body
    return isinstance(body, Supervisor) or (
        isinstance(body, Program) and body.row.role not in {"keepalive", "short", "test", "timer"}
    )


def is_nowhere(machine: Machine, world: World, path: str) -> bool:
    """Whether there is surely no such file or folder, nor one that a script has made."""
    return is_unseen(machine, world, path) and not may_have_made(machine, world, path)


def is_unseen(machine: Machine, world: World, path: str) -> bool:
    """Whether neither the image nor the script has it, so that only something that has run may have made it."""
    kind = machine.image.files.kind(path)
    bases = isinstance(kind, Unknown) and kind.reason.startswith("it may come from the base")
    absent = kind is None or (bases and machine.image.base.plain and path.startswith(_EMPTY))
    written = any(f"{each}/".startswith(f"{path}/") for each in world.files)
    return absent and not written and not is_asked_for(world, path)


def is_asked_for(world: World, path: str) -> bool:
    """Whether a test has asked for it, so that this is one of the ways that it may be."""
    return any(doubt.reason == f"whether {path} exists" for doubt in world.assumed)


_EMPTY = ("/mnt/", "/srv/", "/tmp/")
"""Folders in which the images of systems have nothing, nor those of languages."""


def missing_folder(machine: Machine, world: World, path: str, asking: Process | None = None) -> bool:
    """Whether there is surely no such folder; the process that asks for it makes none."""
    kind = machine.image.files.kind(path)
    if isinstance(kind, Unknown) or kind == "folder" or may_have_made(machine, world, path, asking):
        return False
    return not any(written.startswith(path.rstrip("/") + "/") for written in world.files)


def missing_file(machine: Machine, world: World, path: str) -> bool:
    """Whether there is surely nothing to read."""
    return is_nowhere(machine, world, path)
