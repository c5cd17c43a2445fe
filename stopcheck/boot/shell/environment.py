"""What is asked of the environment: `env | grep ^NAME`."""

from __future__ import annotations

from stopcheck.boot.shell.words import expand_words
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World
    from stopcheck.syntax.shell.tree import Sequence

FILTERS = frozenset({"cut", "grep", "head", "sed", "sort", "tail", "tr", "uniq"})
"""Programs that print nothing where they read nothing."""
BY_THEMSELVES = frozenset({"HOME", "HOSTNAME", "OLDPWD", "PATH", "PWD", "SHLVL", "TERM", "_"})
"""What an engine, or a shell, sets."""
_ASKED = regex(r"\^(\w+)(=?)(?:\.\*)?")


def asks_for_unset(shell: Shell, body: Sequence, world: World, process: Process) -> bool:
    """`env | grep ^NAME | …` where nothing sets a variable so named: then there is nothing to print."""
    if len(body.items) != 1 or body.items[0].command.rest or len(body.items[0].command.first.commands) < 2:
        return False
    scope, texts = shell.aside(world, process), []
    for command in body.items[0].command.first.commands:
        if not isinstance(command, SimpleCommand) or command.redirections or command.assignments:
            return False
        words = expand_words(scope, command.words, shell.row.bash_syntax)
        if any(isinstance(word, Unknown) for word in words) or words[0] in shell.functions:
            return False
        texts.append([str(word) for word in words])
    if texts[0] not in (["env"], ["printenv"]) or any(text[0] not in FILTERS for text in texts[1:]):
        return False
    if any(word.startswith("-") and "c" in word for text in texts[1:] if text[0] == "grep" for word in text[1:]):
        return False  # a number is printed all the same
    patterns = [word for word in texts[1][1:] if word not in {"-E", "-e", "-o", "-s"}]
    asked = _ASKED.fullmatch(patterns[0]) if texts[1][0] == "grep" and len(patterns) == 1 else None
    if asked is None or (not asked[2] and (shell.opened or shell.renamed or not shell.machine.image.base.family)):
        return False
    if asked[2]:
        return scope.variable(asked[1]) is None
    return not any(name.startswith(asked[1]) for name in (*shell.variables, *shell.arrays, *BY_THEMSELVES))


def status_for_unset(shell: Shell, body: Sequence) -> int:
    """The status of what asks for a variable that is not set: of these programs only grep minds."""
    commands = body.items[0].command.first.commands
    last = commands[-1]
    greps = isinstance(last, SimpleCommand) and last.words[0].literal == "grep"
    return int(greps or "pipefail" in shell.options)
