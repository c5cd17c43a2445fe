"""When a shell replaces itself by its last command, though nobody has written `exec` (knowledge/shells.toml)."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.shell.frames import Tail
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.syntax.shell.tree import Case, For, Group, If, Subshell

_ALONE = frozenset({"assignment", "redirection", "simple", "subshell"})
"""Where a command stands alone in `( … )`."""


def may_replace(shell: Shell, tail: Tail) -> bool:
    """Whether this shell execs its last command by itself here (knowledge/shells.toml)."""
    if tail is None or shell.frames or not (shell.mode == "subshell" or _comes_last(shell)) or _traps(shell, tail):
        return False
    construct = tail - {"simple", "assignment"}
    if shell.origin.parenthesised and len(construct) == 1 and construct <= shell.row.exec_parentheses:
        return True
    allowed = {"command": shell.row.exec_command, "subshell": _of_subshell(shell)}.get(shell.mode, shell.row.exec_file)
    if shell.mode == "file" and shell.open_end:
        allowed = allowed | shell.row.exec_open_file
    if "plain" in allowed:
        return shell.plain and "eval" not in tail
    return tail <= allowed and "simple" in allowed and len(tail & shell.row.exec_apart) < 2


def _traps(shell: Shell, tail: frozenset[str]) -> bool:
    """Whether it has to stay for a trap; bash does not for an ERR trap that a lone `( command )` inherits.

    Source: trap2.bash.errtrace-subshell-child, trap2.bash.errtrace-subshell-alone.
    """
    names = {name for name, trap in shell.traps.items() if trap.text != ""}
    if shell.row.name == "bash":
        names |= shell.traps.keys() & {"EXIT"}
        if shell.mode == "subshell" and tail <= _ALONE:
            names -= {"ERR"}
    return bool(names) or (shell.had_trap and shell.row.name == "busybox")


def _of_subshell(shell: Shell) -> frozenset[str]:
    """The constructs that it looks into as a subshell; bash looks at a redirection in `<( … )`, not in `$( … )`."""
    row, substitutes = shell.row, shell.origin.substitutes
    if not substitutes or not row.exec_substitution:
        return row.exec_subshell
    return row.exec_substitution | (frozenset() if substitutes == "$" else {"redirection"})


def under(shell: Shell, tail: Tail, construct: str, node: Group | If | Case | For | Subshell) -> Tail:
    """What is the last of a construct, which is the last itself; None where the shell does not look into it."""
    if tail is None or (
        node.redirections and construct != "subshell" and shell.row.name in {"dash", "busybox", "ksh93"}
    ):
        return None
    return tail | {construct, "redirection"} if node.redirections else tail | {construct}


def _comes_last(shell: Shell) -> bool:
    """Whether it takes the last command of its text for its last: it looks at what it has still to read."""
    row, text = shell.row, shell.text
    rest = text.span.source.text[text.items[-1].span.end if text.items else 0 :]
    return not row.exec_before or regex(row.exec_before).fullmatch(rest) is not None
