"""Supervisors that run what a folder of services holds: runit, s6, daemontools."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.bodies.supervisor import Managed, Supervisor
from stopcheck.boot.signals import signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile
from stopcheck.knowledge.programs import ProgramRow, find_program
from stopcheck.model import numeral
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body
    from stopcheck.model import Unknown


def start_supervisor(start: Start) -> Body:
    """A program for each `FOLDER/NAME/run`, or for the one `FOLDER/run`; supervisord's by its configuration.

    A signal whose action is "graceful" stops them, "quick" forsakes them, "ignore" does neither.
    """
    machine, row = start.machine, start.row
    if row.name == "supervisord":
        from stopcheck.boot.programs.supervisord import start_supervisord

        return start_supervisord(start)
    folder = start.path(_folder(start.words, row))
    own = posixpath.join(folder, ".s6-svscan", f"SIG{machine.stop_signal}")
    if row.name == "s6-svscan" and isinstance(machine.image.files.lookup(own), ImageFile):
        return start.leaf("opaque", f"what {own} does")
    runs = machine.image.files.matching(posixpath.join(folder, *(() if row.one_service else "*"), "run"))
    if not runs:
        return Program(
            ProgramRow(row.name, role="opaque", instead=f"the services in {folder} are not in the files"),
            machine.stop_signal,
        )
    scripts = [name for file in runs for name in row.asks if isinstance(_beside(machine, file, name), ImageFile)]
    if scripts:
        return start.leaf("opaque", f"what {scripts[0]} does in place of a signal")
    told = row.name.startswith("s6-")
    managed = tuple(
        Managed(
            name=posixpath.basename(posixpath.dirname(file.path)),
            argv=("./run",),
            stop_signal=signal_name(_word(machine, file, "down-signal") if told else "") or "TERM",
            wait=_seconds(_word(machine, file, "timeout-kill") if told else ""),
            folder=posixpath.dirname(file.path),
            place=file.origin,
            own_group=row.own_group,
        )
        for file in runs
        if not isinstance(_beside(machine, file, "down"), ImageFile)
    )
    stops = frozenset(signal for signal, action in row.on.items() if action == "graceful")
    forsakes = _quick(row)
    hears = frozenset(signal for signal, action in row.on.items() if action == "ignore")
    return Supervisor(
        machine, managed, dict(start.env), stops, at_once=True, forsakes=forsakes, status=row.exit or 0,
        statuses=row.exit_on, hears=hears, scatters=_quick(find_program(row.each)) if row.each else frozenset(),
    )  # fmt: skip


def _folder(words: tuple[str, ...], row: ProgramRow) -> str:
    """The folder that its arguments name; else that it stands in."""
    rest = iter(words)
    for word in rest:
        if word in row.value_options:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return "."


def _beside(machine: Machine, run: ImageFile, name: str) -> ImageFile | Unknown | None:
    """A file beside `run`: where it is named `down`, nothing is started (runsv(8), s6-supervise, supervise)."""
    return machine.image.files.lookup(posixpath.join(posixpath.dirname(run.path), name))


def _word(machine: Machine, run: ImageFile, name: str) -> str:
    """What a file beside `run` says: see s6-supervise(1)."""
    content = getattr(_beside(machine, run, name), "content", None)
    return content.text.strip() if isinstance(content, SourceFile) else ""


def _seconds(text: str) -> float | None:
    told = numeral(text)
    return told / 1000 if told else None


def _quick(row: ProgramRow | None) -> frozenset[str]:
    return frozenset(signal for signal, action in row.on.items() if action == "quick") if row else frozenset()
