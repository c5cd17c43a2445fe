"""What is surely not there while the container runs: files and folders that neither the image nor a script has made."""

from __future__ import annotations

import posixpath

from stopcheck.boot.programs.program import ENDED, READERS, SILENT, Failure, Parent, Program
from stopcheck.boot.shell.arithmetic import ArithmeticFault, evaluate
from stopcheck.boot.shell.redirections import closes
from stopcheck.boot.shell.words import expand_text
from stopcheck.boot.written import OUTPUTS
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.syntax.shell.tree import (
    ArithmeticExpansion,
    CommandSubstitution,
    Parameter,
    ProcessSubstitution,
    SimpleCommand,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import Command, Redirection, Word

_MAKES_NOTHING = (
    READERS | SILENT | {"date", "env", "find", "head", "hostname", "id", "ls", "printf", "echo", "ps", "tail", "uname"}
)
"""Programs that make nothing but what their arguments name, if at all."""

_GIVE_TERMINAL = frozenset(
    {"script", "unbuffer", "dtach", "screen", "tmux", "su", "runuser", "sudo", "socat", "expect"}
)
"""Programs that may give what they start a terminal of its own; an engine gives none where it is not told to."""


def missing_folder(machine: Machine, world: World, path: str, asking: Process | None = None) -> bool:
    """Whether there is surely no such folder; the process that asks for it makes none."""
    kind = machine.image.files.kind(path)
    if isinstance(kind, Unknown) or kind == "folder" or may_have_made(machine, world, path, asking):
        return False
    return not any(written.startswith(path.rstrip("/") + "/") for written in world.files)


def missing_file(machine: Machine, world: World, path: str) -> bool:
    """Whether there is surely nothing to read."""
    return (
        machine.image.files.kind(path) is None and path not in world.files and not may_have_made(machine, world, path)
    )


def cannot_open(shell: Shell, redirections: Iterable[Redirection], world: World, process: Process) -> bool:
    """Whether one of these redirections surely cannot be made, which the story then tells."""
    if not shell.row.open_error:
        return False
    before = set(_open(world, process))
    for each in redirections:
        if _is_closed(shell, each, before):
            world.note_failure("cannot-open", process, Failure(1, f"`{each.span.text}`: it is not open"), each.span)
            return True
        if _is_unopened(shell, each, world, process):
            tell(world, process, str(expand_text(shell.scope(world, process), each.target)), each.span)
            return True
        (before.discard if closes(each) else before.add)(each.descriptor or "1")
    return False


def _open(world: World, process: Process) -> frozenset[str]:
    """The descriptors that may be open: a container starts with three."""
    return (world.descriptors | {"0", "1", "2"}) - process.closed


def fails(shell: Shell, command: Command, world: World, process: Process) -> bool:
    """Whether a command surely fails: for want of a folder or a file, or because of an expansion that is an error."""
    redirections = getattr(command, "redirections", ())
    opened = {each.descriptor or "1" for each in redirections if not closes(each)} | _open(world, process)
    if shell.row.open_error and any(
        _is_unopened(shell, each, world, process) or _is_closed(shell, each, opened) for each in redirections
    ):
        return True
    if not isinstance(command, SimpleCommand):
        return False
    scope = shell.aside(world, process)
    for word in (*command.words, *(assignment.value for assignment in command.assignments)):
        for part in word.parts:
            if isinstance(part, ArithmeticExpansion):
                try:
                    evaluate(scope, part.text)
                except ArithmeticFault:
                    return True
            elif isinstance(part, Parameter) and part.operator in {"?", ":?"} and not scope.variable(part.name):
                return True
    if (
        not shell.row.cd_error
        or len(command.words) != 2
        or command.words[0].literal != "cd"
        or _is_asked(command.words[1])
    ):
        return False
    path = expand_text(scope, command.words[1])
    return isinstance(path, str) and missing_folder(
        shell.machine, world, posixpath.normpath(posixpath.join(process.cwd, path))
    )


def tell(world: World, process: Process, path: str, span: Span | None) -> None:
    """Keep what was not there."""
    reason = f"there is no {path}" if path else "an empty name is that of no file"
    world.note_failure("cannot-open", process, Failure(1, reason, "argument", path), span)


def _is_closed(shell: Shell, redirection: Redirection, opened: Collection[str]) -> bool:
    """Whether it leads to a descriptor that nothing has opened, or that was closed."""
    number = redirection.target.literal or ""
    told = redirection.operator in {">&", "<&"} and len(number) == 1 and number.isdigit()
    return told and not shell.opened and number not in opened


def _is_unopened(shell: Shell, redirection: Redirection, world: World, process: Process) -> bool:
    operator, target = redirection.operator, redirection.target
    if _is_asked(target) or (operator not in OUTPUTS and operator not in {"<", "<>"}):
        return False
    path = expand_text(shell.scope(world, process), target)
    if isinstance(path, Unknown) or (operator == ">&" and (path == "-" or path.removesuffix("-").isdecimal())):
        return False
    return path == "" or _cannot(shell.machine, world, operator, posixpath.normpath(posixpath.join(process.cwd, path)))


def _cannot(machine: Machine, world: World, operator: str, path: str) -> bool:
    if path == "/dev/tty":
        # A container has no terminal unless it is asked for one.
        return not any(process.program in _GIVE_TERMINAL for process in world.processes.values())
    if path.startswith(("/dev/", "/proc/", "/sys/")):
        return False
    if operator == "<":
        return missing_file(machine, world, path)
    return missing_folder(machine, world, posixpath.dirname(path)) or machine.image.files.kind(path) == "folder"


def _is_asked(word: Word) -> bool:
    return any(isinstance(part, (CommandSubstitution, ProcessSubstitution)) for part in word.parts)


def may_have_made(machine: Machine, world: World, path: str, asking: Process | None = None) -> bool:
    """Whether something the image does not show may be there: of its base, a volume, what a program has made."""
    if not machine.bare():
        return True
    for instruction in machine.image.instructions:
        if instruction.keyword == "VOLUME" and f"/{path.split('/')[1]}" in instruction.value:
            return True
    return any(_may_make(process, path) for process in world.processes.values() if process is not asking)


def _may_make(process: Process, path: str) -> bool:
    """Whether a program may have put something there: its words name it, or it has run through and is none of those."""
    if isinstance(process.body, Parent):
        return False  # its words are those of another process
    program = isinstance(process.body, Program)
    for word in process.argv[1:]:
        if isinstance(word, Unknown):
            if program:
                return True
            continue
        named = posixpath.normpath(posixpath.join(process.cwd, word.rpartition("=")[2]))
        if named != "/" and (f"{named}/".startswith(f"{path}/") or f"{path}/".startswith(f"{named}/")):
            return True
    ended = isinstance(process.body, Program) and process.body.row is not ENDED and not process.alive
    ended = ended and not process.killed_by and not process.told
    starts = any(isinstance(word, str) and word.startswith(("-exec", "-ok")) for word in process.argv)
    return ended and (starts or process.program not in _MAKES_NOTHING)
