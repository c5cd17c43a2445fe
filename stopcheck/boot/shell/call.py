"""What a builtin is called with."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.shell.frames import Tail
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import SimpleCommand


@dataclass(frozen=True, slots=True)
class Call:
    """A command about to run, and who runs it."""

    shell: Shell
    world: World
    process: Process
    node: SimpleCommand
    words: tuple[Field, ...]
    tail: Tail
    stdin: int | None = None
    """The pipe or file that its redirections have it read from; None where it keeps its shell's."""
    stdout: int | None = None
    closed: frozenset[str] = frozenset()
    """The descriptors that are closed for it."""
    late: bool = False
    """Whether the time is over that `read -t` gives it."""

    @property
    def machine(self) -> Machine:
        """The image that it runs in."""
        return self.shell.machine

    @property
    def output(self) -> int:
        """The pipe, or the file, that it prints into; 0 is none that is followed."""
        return self.process.stdout if self.stdout is None else self.stdout

    @property
    def special(self) -> bool:
        """Whether an error of a special builtin ends a POSIX shell here: behind `command` it does not (XCU 2.8.1)."""
        return self.node.words[0].literal not in {"command", "builtin"}

    @property
    def arguments(self) -> tuple[Field, ...]:
        """The words after the command's name."""
        return self.words[1:]
