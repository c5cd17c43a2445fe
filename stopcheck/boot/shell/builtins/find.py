"""From a name to the builtin, as each shell has it; `do_NAME` is the builtin NAME. And `type`, `command`."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from stopcheck.boot.lookup import find_file
from stopcheck.boot.shell.builtins import control, declaring, jobs, kill, plain, reading, texts, trap, variables, wait
from stopcheck.boot.shell.call import Call
from stopcheck.boot.shell.running import run_program
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from typing import TypeAlias

    from stopcheck.knowledge.shells import ShellRow

Builtin: TypeAlias = Callable[[Call], None]


def find_builtin(name: str, row: ShellRow) -> Builtin | None:
    """The builtin of that name in this shell; None where it has none."""
    if row.name == "zsh" and name in {"noglob", "nocorrect", "-"}:
        return do_builtin
    if name == "builtin" and row.name in {"mksh", "posh"}:
        return do_builtin
    if name in _BASH_ONLY and not row.bash_syntax and not (name == "source" and row.name in {"busybox", "mksh"}):
        return None
    if name == "sleep" and not row.sleeps_itself:
        return None
    if name == "let" and row.name in {"dash", "posh", "yash"}:
        return None
    if name == "ulimit" and row.name == "posh":
        return None
    if name in _OWN and row.name not in _OWN[name]:
        return None
    if name == "[[" and not (row.bash_syntax or row.bash_tests):
        return None
    return _BUILTINS.get(name)


_BASH_ONLY = {"source", "declare", "typeset", "shopt", "mapfile", "readarray", "pushd", "popd", "dirs",
              "enable", "builtin", "caller", "compgen", "complete", "logout", "bind"}  # fmt: skip


_OWN = {
    "print": {"ksh93", "mksh", "zsh"}, "whence": {"ksh93", "mksh", "zsh"}, "autoload": {"ksh93", "mksh", "zsh"},
    "disown": {"bash", "ksh93", "yash", "zsh"},
    "setopt": {"zsh"}, "unsetopt": {"zsh"}, "emulate": {"zsh"}, "zmodload": {"zsh"},
}  # fmt: skip
"""The shells that have builtins which the others lack; source: `command -v` in each of them."""


def do_type(call: Call) -> None:
    """`type name`, `command -v name`: whether a program is there."""
    names = [word for word in call.arguments if isinstance(word, Unknown) or not word.startswith("-")]
    if not names or isinstance(names[0], Unknown):
        call.shell.set_status(Unknown("whether a program exists", call.node.span))
        return
    name = names[0]
    if name in call.shell.functions or find_builtin(name, call.shell.row):
        call.shell.set_status(0)
        return
    file = find_file(call.machine.image, name, call.process.cwd, {"PATH": call.shell.variables.get("PATH", "")})
    if isinstance(file, Unknown):
        call.shell.set_status(Unknown(f"whether {name} is installed", call.node.span))
    else:
        absent = 127 if call.shell.row.almquist else 1
        call.shell.set_status(0 if file is not None else absent)


do_which = do_compgen = do_whence = do_type


def do_command(call: Call) -> None:
    """`command name …` runs it past the functions; `command -v` asks for it."""
    words = call.arguments
    if words and isinstance(words[0], str) and words[0] in {"-v", "-V"}:
        do_type(call)
        return
    systems = words[:1] == ("-p",)
    while words and isinstance(words[0], str) and words[0] in {"-p", "--"}:
        words = words[1:]
    if not words:
        call.shell.set_status(0)
        return
    if isinstance(words[0], str) and words[0].startswith("-") and call.words[0] == "command":
        call.shell.set_status(2)
        return
    row = call.shell.row
    tail = None if row.name == "yash" or call.tail is None else call.tail | {"command"}
    again = Call(call.shell, call.world, call.process, call.node, words, tail)
    name = words[0]
    builtin = find_builtin(name, call.shell.row) if isinstance(name, str) else None
    if builtin is not None and row.name == "zsh" and call.words[0] == "command" and name not in _TWICE:
        call.shell.set_status(127)  # it runs programs alone
    elif builtin is not None:
        builtin(again)
    elif systems and isinstance(name, str) and _is_elsewhere(again, name):
        call.shell.set_status(127)
    else:
        run_program(again)


def _is_elsewhere(call: Call, name: str) -> bool:
    """Whether PATH has to be asked for a program: it is in the image, in none of the system's folders."""
    file = find_file(call.machine.image, name, call.process.cwd, {"PATH": call.shell.variables.get("PATH", "")})
    if "/" in name or isinstance(file, Unknown):
        return False
    return file is None or posixpath.dirname(file.path) not in _SYSTEMS_FOLDERS


do_builtin = do_command
_SYSTEMS_FOLDERS = frozenset({"/usr/bin", "/bin", "/usr/sbin", "/sbin"})
"""Where `command -p` looks, whatever PATH says (POSIX: "all of the standard utilities")."""
_TWICE = frozenset({"[", "echo", "false", "kill", "printf", "pwd", "sleep", "test", "true"})
"""Builtins that are programs, too."""


_BUILTINS: dict[str, Builtin] = {
    name[3:]: value
    for part in (*map(vars, (control, declaring, jobs, kill, plain, reading, texts, trap, variables, wait)), globals())
    for name, value in part.items()
    if name.startswith("do_")
}
_BUILTINS |= {":": plain.do_true, ".": texts.do_source, "[": plain.do_bracket, "[[": plain.do_bracket}
