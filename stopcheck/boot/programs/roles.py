"""Starts the programs whose role needs more than their row: services that leave, interpreters, script runners."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from importlib import import_module

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.either import Either
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Made
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.model import Unknown
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from typing import TypeAlias

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.image.model import ImageFile
    from stopcheck.source import SourceFile


@dataclass(frozen=True, slots=True)
class Start:
    """A program about to run: its row with the variants applied, its argv and environment, in which process."""

    machine: Machine
    world: World
    process: Process
    row: ProgramRow
    argv: tuple[Field, ...]
    env: Mapping[str, Field]
    depth: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments that are known."""
        return tuple(word for word in self.argv[1:] if isinstance(word, str))

    def path(self, name: str) -> str:
        """A path as this process sees it."""
        return clean(posixpath.join(self.process.cwd, name))

    def text(self, name: str) -> SourceFile | Unknown | None:
        """The text of a file; Unknown where it may be there, None where it surely is not."""
        file = self.machine.image.files.lookup(self.path(name))
        return file if file is None or isinstance(file, Unknown) else file.content

    def load(self, argv: tuple[Field, ...], env: Mapping[str, Field] | None = None) -> Body | Failure:
        """Become another program."""
        env = self.env if env is None else env
        return self.machine.start(self.world, self.process, self.row, argv, env, self.depth + 1)

    def script(self, text: str, named: str = "", arguments: tuple[Field, ...] | None = None) -> Body | Failure:
        """Run what a script of the program's package comes down to; its name and arguments, where not the program's."""
        name = self.process.program
        arguments = self.argv[1:] if arguments is None else arguments
        body = self.load(("/bin/sh", "-c", text, named or self.argv[0], *arguments))
        self.process.argv, self.process.program = self.argv, name
        for shell in body.bodies if isinstance(body, Either) else (body,):
            if isinstance(shell, Shell):
                shell.mode, shell.script, shell.packaged = "file", name, self.row
        return body

    def leaf(self, role: str, reason: str = "", status: int | None = None) -> Program:
        """A program of which only its role is known."""
        row = ProgramRow(self.process.program, role=role, instead=reason, status=status)
        return Program(row, self.machine.stop_signal)


Role: TypeAlias = Callable[[Start], "Body | Failure"]


def find_role(name: str) -> Role | None:
    """The function for a role, `start_Y` of module X for "X.Y"; None where the row says all."""
    module, dot, function = _SPOKEN.get(name, name).partition(".")
    if not dot:
        return None
    role: Role = getattr(import_module(f"stopcheck.boot.programs.{module}"), f"start_{function}")
    return role


_SPOKEN = {
    "exec": "start_wrapper.wrapper", "fork": "start_wrapper.wrapper", "init": "start_wrapper.wrapper",
    "setsid": "start_wrapper.setsid", "daemon": "start_wrapper.daemon", "timer": "timeouts.timer",
    "supervisor": "service_folders.supervisor", "service": "services.service",
    "interpreter": "interpreters.interpreter",
}  # fmt: skip
"""Roles that others ask for by their own name."""


def _is_of_programs(path: str) -> bool:
    return posixpath.basename(posixpath.dirname(path)) in {"bin", "sbin"}


def is_namesake(row: ProgramRow, file: ImageFile | Unknown) -> bool:
    """Whether a file is rather a program of the image's own that only shares its name with a known one.

    That is what stands outside the folders of programs, but for services, whose files are copied anywhere; and in
    them what the build makes of sources that it has.
    """
    if isinstance(file, Unknown):
        return False
    lasts = row.role in {"service", "worker", "init", "supervisor", "interpreter"}
    told = lasts or row.status is not None
    made = file.content if isinstance(file.content, Made) else None
    if made is not None and made.sources and row.role not in {"exec", "fork"}:
        installed = not made.tool and _is_of_programs(made.sources[0])  # where it was copied from
        if not installed:
            return not (lasts if made.tool else told)
    if _is_of_programs(file.path):
        return False
    return not told and "/lib" not in file.path
