"""Supervisors that run what a folder of services holds: runit, s6, daemontools."""

from __future__ import annotations

import posixpath

from stopcheck.boot.programs.program import Program
from stopcheck.boot.programs.supervisors import Managed, Supervisor
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow, find_program

if TYPE_CHECKING:
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body


def start_supervisor(start: Start) -> Body:
    """A program for each `FOLDER/NAME/run`, or for the one `FOLDER/run`; supervisord's by its configuration.

    A signal whose action is "graceful" stops them, "quick" forsakes them, "ignore" does neither.
    """
    machine, row = start.machine, start.row
    if row.name == "supervisord":
        from stopcheck.boot.programs.supervisord import start_supervisord

        return start_supervisord(start)
    folder = next((word for word in start.words if not word.startswith("-")), ".")
    folder = start.path(folder)
    runs = machine.image.files.matching(posixpath.join(folder, *(() if row.one_service else "*"), "run"))
    if not runs:
        return Program(
            ProgramRow(row.name, role="opaque", instead=f"the services in {folder} are not in the files"),
            machine.stop_signal,
        )
    managed = tuple(
        Managed(
            name=posixpath.basename(posixpath.dirname(file.path)),
            argv=("./run",),
            wait=None,
            folder=posixpath.dirname(file.path),
            place=file.origin,
        )
        for file in runs
    )
    stops = frozenset(signal for signal, action in row.on.items() if action == "graceful")
    forsakes = _quick(row)
    hears = frozenset(signal for signal, action in row.on.items() if action == "ignore")
    return Supervisor(
        machine, managed, dict(start.env), stops, at_once=True, forsakes=forsakes, status=row.exit or 0,
        statuses=row.exit_on, hears=hears, scatters=_quick(find_program(row.each)) if row.each else frozenset(),
    )  # fmt: skip


def _quick(row: ProgramRow | None) -> frozenset[str]:
    return frozenset(signal for signal, action in row.on.items() if action == "quick") if row else frozenset()
