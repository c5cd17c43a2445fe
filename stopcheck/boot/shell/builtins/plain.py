"""The builtins that say, look and test: `echo`, `printf`, `true`, `cd`, `test`."""

from __future__ import annotations

import posixpath

from stopcheck.boot.shell.conditions import MALFORMED, test_arguments
from stopcheck.boot.shell.frames import Standing
from stopcheck.boot.world import SHORT
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.world import Field


def do_true(call: Call) -> None:
    """Succeed."""
    call.shell.set_status(0)


def do_echo(call: Call) -> None:
    """Print the words: known where each shell prints them alike."""
    words = call.arguments
    open_end = words[:1] == ("-n",) and call.shell.row.name != "yash"
    words = words[1:] if open_end else words
    plain = all(isinstance(word, str) and "\\" not in word for word in words) and words[:1] not in {("-e",), ("-n",)}
    _print(call, " ".join(map(str, words)) if plain else Unknown("what `echo` prints"), ends=not open_end)


def do_print(call: Call) -> None:
    """What ksh and zsh have besides `echo`: its options, and what it makes of backslashes, are not followed."""
    plain = all(isinstance(word, str) and not word.startswith("-") and "\\" not in word for word in call.arguments)
    _print(call, " ".join(map(str, call.arguments)) if plain else Unknown("what `print` prints"))


def do_printf(call: Call) -> None:
    """Print by a format; only the plainest are followed."""
    if call.arguments[:1] == ("-v",) and call.shell.row.name != "busybox":
        _print_into(call)
        return
    head, values = call.arguments[:1], call.arguments[1:]
    if head in {("%s\\n",), ("%s",)} and values and all(isinstance(value, str) for value in values):
        lines = head == ("%s\\n",)
        _print(call, ("\n" if lines else "").join(map(str, values)), ends=lines)
        return
    if head and isinstance(head[0], str) and not values and not set("%\\") & set(head[0].replace("\\n", "")):
        text: str | None = head[0].replace("\\n", "\n")
    else:
        text = _formatted(head[0], values) if head else None
    if text is None:
        _print(call, Unknown("what `printf` prints"))
    else:
        _print(call, text.removesuffix("\n"), ends=text.endswith("\n"))


def _formatted(form: Field, values: tuple[Field, ...]) -> str | None:
    """What a format makes of its values, where it has a `%s` for each and nothing else to be told but `\\n`.

    A `%d` does so of what is a number as it is written.
    """
    pieces = regex("%[sd]").split(form.replace("\\n", "\n")) if isinstance(form, str) else []
    plain = len(pieces) == len(values) + 1 and all(isinstance(value, str) for value in values)
    if isinstance(form, str) and "%d" in form:
        plain = plain and all(str(value) == "0" or regex("[1-9][0-9]*").fullmatch(str(value)) for value in values)
    if not plain or any(set(piece) & {"%", "\\"} for piece in pieces):
        return None
    return "".join(piece + str(value) for piece, value in zip(pieces, (*values, ""), strict=True))


def _print_into(call: Call) -> None:
    """`printf -v NAME FORMAT …` of bash; dash knows no option."""
    shell, words = call.shell, call.arguments[1:]
    name = words[0] if words else ""
    if shell.row.name != "bash" or (isinstance(name, str) and not name.partition("[")[0].isidentifier()):
        shell.set_status(2)
    elif not (isinstance(name, str) and shell.keeps(name)):
        if isinstance(name, str):
            unknown = Unknown("what `printf` prints", call.node.span)
            text = _formatted(words[1], words[2:]) if len(words) > 1 else None
            shell.assign(name.partition("[")[0], unknown if text is None else text)
        shell.set_status(0)


def _print(call: Call, text: Field, *, ends: bool = True) -> None:
    if "1" in call.closed:
        call.shell.set_status(1)
        return
    if text != "" or ends:
        call.world.put(call.output, text, ends=ends)
    call.shell.set_status(0)


def do_alias(call: Call) -> None:
    """Have a word stand for others; bash does so in scripts only where it is told to, or in POSIX mode."""
    shell = call.shell
    if not shell.row.bash_syntax or shell.strict or "expand_aliases" in shell.options:
        told = (word.partition("=") for word in call.arguments if isinstance(word, str) and "=" in word)
        shell.aliases = {**shell.aliases, **{name: (text, call.node.span) for name, _, text in told}}
    shell.set_status(0)


def do_unalias(call: Call) -> None:
    """Forget that."""
    every = call.arguments[:1] == ("-a",)
    kept = {name: told for name, told in call.shell.aliases.items() if not every and name not in call.arguments}
    call.shell.aliases = kept
    call.shell.set_status(0)


do_umask = do_ulimit = do_hash = do_times = do_true
do_autoload = do_emulate = do_zmodload = do_true
do_enable = do_bind = do_complete = do_suspend = do_dirs = do_true


def do_false(call: Call) -> None:
    """Fail."""
    call.shell.set_status(1)


def do_cd(call: Call) -> None:
    """Change the folder, where there is one."""
    shell, process = call.shell, call.process
    words = [word for word in call.arguments if isinstance(word, Unknown) or word not in {"--", "-P", "-L"}]
    target = words[0] if words else shell.scope(call.world, process).variable("HOME")
    if len(words) > 1 and shell.row.name == "bash":
        shell.set_status(shell.row.cd_error)
        return
    if target == "-":
        before = shell.variables.get("OLDPWD")
        if before is None and shell.row.name == "bash":
            shell.set_status(shell.row.cd_error)
            return
        target = process.folder() if before is None else before
    if isinstance(target, str) and target:
        path = clean(posixpath.join(process.cwd, target))
        elsewhere = shell.variables.get("CDPATH") or any(each.name == "CDPATH" for each in call.node.assignments)
        if shell.row.cd_error and not elsewhere:
            from stopcheck.boot.files.made import missing_folder
            from stopcheck.boot.shell.lacking import tell

            if missing_folder(call.machine, call.world, path):
                tell(call.world, process, path, call.node.span)
                shell.set_status(shell.row.cd_error)
                return
        shell.variables["OLDPWD"], process.cwd = process.folder(), path
        if shell.keeps("OLDPWD", "PWD"):
            return
    shell.set_status(0)


def do_pushd(call: Call) -> None:
    """`cd`, and keep where it came from; without a folder change the last two."""
    shell, before = call.shell, call.process.cwd
    if call.arguments:
        do_cd(call)
        shell.folders += (before,) if shell.status == 0 else ()
    elif shell.folders:
        call.process.cwd, shell.folders = shell.folders[-1], (*shell.folders[:-1], before)
        shell.set_status(0)
    else:
        shell.set_status(1)


def do_popd(call: Call) -> None:
    """Go back to the folder that was kept last."""
    shell = call.shell
    if shell.folders:
        call.process.cwd, shell.folders = shell.folders[-1], shell.folders[:-1]
        shell.set_status(0)
    else:
        shell.set_status(1)


def do_pwd(call: Call) -> None:
    """Print the folder."""
    _print(call, call.process.folder())


def do_sleep(call: Call) -> None:
    """A shell that sleeps by itself hears signals meanwhile; a short sleep is as good as that of the program."""
    from stopcheck.boot.shell.running import run_program

    word = call.arguments[0] if call.arguments else "0"
    short = isinstance(word, str) and word.replace(".", "", 1).isdigit() and float(word) < SHORT
    if short:
        run_program(call)
    else:
        call.shell.blocked = Standing("`sleep`", call.node.span)


def do_test(call: Call) -> None:
    """`test …`."""
    _tested(call, call.arguments)


_REFUSED = frozenset({"=~"})
_PLAIN_REFUSES = frozenset({"=~", "=="})
"""What is no operator of `test` (fuzz: test-double-equals.*)."""


def _tested(call: Call, arguments: tuple[Field, ...]) -> None:
    refused = frozenset() if call.words[0] == "[[" else _PLAIN_REFUSES if call.shell.row.plain == "posix" else _REFUSED
    value = test_arguments(call.machine, call.world, call.process.cwd, arguments, refused)
    if value is MALFORMED:
        call.shell.set_status(2)
    elif isinstance(value, Unknown):
        call.shell.set_status(Unknown(value.reason, value.span or call.node.span))
    else:
        call.shell.set_status(int(not value))


def do_bracket(call: Call) -> None:
    """`[ … ]` (and `[[ … ]]` where it is only a command)."""
    arguments = call.arguments
    if call.words[0] == "[" and arguments[-1:] != ("]",) and not any(isinstance(word, Unknown) for word in arguments):
        call.shell.set_status(2)
        return
    _tested(call, arguments[:-1] if arguments and arguments[-1] in {"]", "]]"} else arguments)
