"""PID files of services in the background: whether they are there, and whose number is in them."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.program import Program
from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.world import Process, World
    from stopcheck.knowledge.programs import ProgramRow

_NUMBER = regex(r"\d[\d.]*")


def is_there(world: World, path: str) -> bool | None:
    """Whether a PID file is there: that of a service which takes it along when it ends. None: not known."""
    name = posixpath.basename(path)[:-4]
    jobs = [(p, p.body.row) for p in world.processes.values() if p.job and isinstance(p.body, Program)]
    named = [p for p, row in jobs if row.removes_pid and _is_called(name, p, row)]
    if not path.endswith(".pid") or not named or not all(p.alive or p.finished for p in named):
        return None
    return any(p.alive for p in named)


def number_in(world: World, path: str) -> str | None:
    """The number in a PID file: what a script has written there, or that of the service which it is named after."""
    written = world.files.get(path)
    if isinstance(written, str):
        return written.strip() or None
    return None if written is not None else number_of(world, posixpath.basename(path).removesuffix(".pid"))


def number_of(world: World, name: str) -> str | None:
    """The number in a PID file: that of the service of this name in the background, or of the only one there.

    "" where it has ended and has taken the file along.
    """
    jobs = [(p, p.body.row) for p in world.processes.values() if p.job and isinstance(p.body, Program)]
    named = [(p, row) for p, row in jobs if _is_called(name, p, row)]
    if named and not any(p.alive for p, _ in named):
        return "" if all(p.finished and row.removes_pid for p, row in named) else None
    left = [(p, row) for p, row in named or jobs if p.alive]
    return str(left[0][0].pid) if len(left) == 1 else None


def _is_called(name: str, process: Process, row: ProgramRow) -> bool:
    """Whether a file's name is that of a service, with a version or without: php8.2-fpm is php-fpm."""
    return not {name, _NUMBER.sub("", name)}.isdisjoint({process.program, row.table, row.name})
