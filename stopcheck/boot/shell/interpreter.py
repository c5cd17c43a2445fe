"""What a shell's constructs are carried out with and stand below: commands, tests, substitutions and builtins."""

from __future__ import annotations

from stopcheck.boot.shell import commands, conditions, substitution
from stopcheck.boot.shell.arithmetic import ArithmeticFault
from stopcheck.boot.shell.builtins.find import find_builtin
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World
    from stopcheck.syntax.shell.tree import Conditional


class Interpreter:
    """See interface.Interpreter."""

    simple_command = staticmethod(commands.simple_command)
    read_on = staticmethod(commands.read_on)
    substitute = staticmethod(substitution.substitute)
    builtin = staticmethod(find_builtin)

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
