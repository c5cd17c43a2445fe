"""What a shell's constructs are carried out with and stand below: commands, tests, substitutions and builtins."""

from __future__ import annotations

from stopcheck.boot.shell import commands, conditions, hearing, parameters, steps, substitution
from stopcheck.boot.shell.arithmetic import ArithmeticFault
from stopcheck.boot.shell.builtins.find import find_builtin
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.syntax.shell.tree import Conditional


class Interpreter:
    """See shell.Interpreter."""

    step = staticmethod(steps.step)
    disposition = staticmethod(hearing.disposition)
    receive = staticmethod(hearing.receive)
    scope = staticmethod(parameters.scope)
    simple_command = staticmethod(commands.simple_command)
    read_on = staticmethod(commands.read_on)
    substitute = staticmethod(substitution.substitute)

    @staticmethod
    def conditional(shell: Shell, node: Conditional, world: World, process: Process) -> None:
        """`[[ … ]]`: sets the shell's status."""
        value: bool | Unknown = Unknown("a test that could not be read", node.span)
        if node.expression is not None:
            scope = shell.scope(world, process)
            try:
                value = conditions.conditional(shell.machine, world, process.cwd, scope, node.expression)
            except ArithmeticFault:
                value = False
        if isinstance(value, Unknown):
            shell.set_status(Unknown(value.reason, value.span or node.span))
        else:
            shell.set_status(int(not value))

    @staticmethod
    def has_builtin(name: str, row: ShellRow) -> bool:
        """Whether the shell has a builtin of that name."""
        return find_builtin(name, row) is not None
