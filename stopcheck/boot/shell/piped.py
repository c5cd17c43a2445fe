"""A shell that reads its commands from a pipe: `echo "exec app" | sh`."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.failure import Failure
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow

if TYPE_CHECKING:
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Body, Field, Process, World


class Piped(Program):
    """It runs what it reads, once all is written; where that is not known, so is what it does."""

    __slots__ = ("machine", "options", "words")

    def __init__(self, machine: Machine, name: str, options: tuple[Field, ...], words: tuple[Field, ...]) -> None:
        super().__init__(ProgramRow(name, role="short", status=0), machine.stop_signal)
        self.machine = machine
        self.options = options
        self.words = words

    def copy(self) -> Piped:
        """See Body.copy."""
        other = Piped(self.machine, self.row.name, self.options, self.words)
        other.writers = self.writers
        return other

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        self.writers = world.writers(process)
        if self.writers:
            return False
        lines = world.pipes.pop(process.stdin, ())
        name = process.argv[0]
        body: Body | Failure = Program(
            ProgramRow(process.program, role="unread", instead="what it reads is not known"), self.stop_signal
        )
        if all(isinstance(line, str) for line in lines) and process.stdin not in world.mixed:
            text = "\n".join((*map(str, lines), "exit $?"))  # it puts no last command in its own place
            argv = (name, *self.options, "-c", text, name, *self.words)
            body = self.machine.load(world, process, argv, process.env)
        if isinstance(body, Failure):
            world.exit(process, body.status)
        else:
            process.body = body
        return True
