"""What a shell is carried out with that stands above it."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.frames import Reading, Tail
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.syntax.shell.tree import CommandSubstitution, Conditional, SimpleCommand


class Interpreter(Protocol):
    """It is handed down with the shell (`interpreter.py` has the one there is): modules below need not know it."""

    def simple_command(self, shell: Shell, node: SimpleCommand, tail: Tail, world: World, process: Process) -> None:
        """Run one: it changes the shell, starts a child, or replaces the process."""

    def conditional(self, shell: Shell, node: Conditional, world: World, process: Process) -> None:
        """`[[ … ]]`: sets the shell's status."""

    def substitute(
        self, shell: Shell, part: CommandSubstitution, world: World | None, process: Process | None
    ) -> Field:
        """The output of `$( … )`."""

    def read_on(self, shell: Shell, reading: Reading, world: World, process: Process, *, late: bool) -> None:
        """What a `read` waited for has come, or its time is over."""

    def builtin(self, name: str, row: ShellRow) -> Callable[[Call], None] | None:
        """The builtin of that name in this shell; None where it has none."""
