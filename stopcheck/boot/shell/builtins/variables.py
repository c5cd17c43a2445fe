"""The builtins that set parameters and options, and forget variables: `set`, `shift`, `getopts`, `unset`."""

from __future__ import annotations

import re

from stopcheck.boot.failure import Failure
from stopcheck.boot.shell.arithmetic import ArithmeticFault, ConstantFault, evaluate
from stopcheck.boot.shell.builtins.control import number
from stopcheck.boot.shell.frames import OPTION_AT, OPTION_INSIDE
from stopcheck.boot.shell.subscript import key_of
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field


def do_unset(call: Call) -> None:
    """Forget variables and functions."""
    shell = call.shell
    words = [word for word in call.arguments if isinstance(word, str)]
    options = {word for word in words if word.startswith("-")}
    names = [word for word in words if not word.startswith("-")]
    known = shell.row.almquist or shell.row.name == "bash"
    if known and not options <= {"-f", "-v", "-n", "-fv", "-vf", "--"}:
        shell.refuse(2)
        return
    if shell.row.almquist and not all(name.isidentifier() for name in names):
        shell.leave(2)
        return
    kept = shell.constants.intersection(names) if known and "-f" not in options else frozenset()
    for word in names:
        bash = shell.row.name == "bash" and word not in shell.variables and "-v" not in options
        if "-f" in options or bash:
            shell.functions.pop(word, None)
        if "-f" not in options and "[" in word and shell.row.name == "bash":
            _unset_element(call, word)
        elif "-f" not in options and word not in kept:
            shell.variables.pop(word, None)
            shell.arrays.pop(word, None)
            shell.exported -= {word}
    if kept:
        shell.leave(2) if shell.row.almquist else shell.set_status(1)
    else:
        shell.set_status(0)


def _unset_element(call: Call, word: str) -> None:
    """`unset 'array[1]'`: what is left keeps its numbers."""
    name, _, index = word.removesuffix("]").partition("[")
    shell = call.shell
    array = shell.arrays.get(name)
    if array is None:
        return
    key = key_of(shell.scope(call.world, call.process), array, index)
    left = Unknown(f"what is left in ${name}", call.node.span) if isinstance(key, Unknown) else array.without(key)
    shell.assign_array(name, left)


def do_set(call: Call) -> None:
    """Options, and with `--` or plain words the positional parameters."""
    shell = call.shell
    words = list(call.arguments)
    options = set(shell.options)
    while words:
        word = words[0]
        if isinstance(word, Unknown) or word[:1] not in {"-", "+"} or word == "-":
            break
        words.pop(0)
        if word == "--":
            shell.args = tuple(words)
            shell.options = frozenset(options)
            shell.set_status(0)
            return
        if word.endswith("\r"):
            # A line that ends in CR LF: the last letter is no option. (A special builtin's error ends a POSIX shell.)
            _bad_option(call, 2, f"{word!r} is no option (its line ends in CR LF)", "crlf")
            if shell.row.name == "bash":
                shell.set_status(2)
            else:
                shell.leave(2)
            return
        for letter in word[1:]:
            if letter == "o" and words:
                name = str(words.pop(0))
                if name == "pipefail" and _without_pipefail(call):
                    _bad_option(call, 2, "dash has no option pipefail")
                    shell.leave(2)
                    return
                if shell.row.named_options and name not in shell.row.named_options:
                    status = 1 if shell.row.name in {"busybox", "posh"} else 2
                    _bad_option(call, status, f"{shell.row.name} has no option {name}")
                    shell.refuse(status, special=shell.row.name != "busybox")
                    return
                name = _LETTERS.get(name, name)
            elif shell.row.options and letter not in shell.row.options:
                status = 1 if shell.row.name == "posh" else 2
                _bad_option(call, status, f"{shell.row.name} has no option -{letter}")
                shell.refuse(status)
                return
            else:
                name = letter
            if name in {"n", "noexec"} and word[0] == "-" and shell.row.name not in {"mksh", "posh", "yash"}:
                shell.leave(0)  # it reads on, and runs nothing more
                shell.traps.pop("EXIT", None)
                return
            if name == "m" and word[0] == "-" and shell.row.refuses_monitor:
                shell.leave(1)
                return
            if name == "m" and not shell.row.job_control:
                continue  # without a terminal it is refused
            (options.add if word[0] == "-" else options.discard)(name)
    shell.options = frozenset(options)
    if words:
        shell.args = tuple(words[1:] if words[0] == "-" else words)
    shell.status, shell.ok = 0, False


def _bad_option(call: Call, status: int, reason: str, kind: str = "option") -> None:
    call.world.note_failure("bad-option", call.process, Failure(status, reason, kind), call.node.span)


_LETTERS = {"errexit": "e", "monitor": "m", "allexport": "a", "nounset": "u", "errtrace": "E", "noclobber": "C"}
"""The letters of the options that are followed."""


def do_setopt(call: Call) -> None:
    """zsh's other way to set options; it minds neither case nor `_` (zshoptions(1))."""
    names = {str(word).replace("_", "").lower() for word in call.arguments}
    options = {_LETTERS.get(name, name) for name in names}
    call.shell.options = call.shell.options - options if call.words[0] == "unsetopt" else call.shell.options | options
    call.shell.set_status(0)


do_unsetopt = do_setopt


def _without_pipefail(call: Call) -> bool:
    """dash knows no `pipefail` up to 0.5.12, which no release of Debian or Ubuntu is ahead of, and leaves."""
    version = str(getattr(call.machine.image.base, "sh_version", ""))
    return call.shell.row.name == "dash" and (not version or re.match(r"0\.5\.([789]|1[012])\b", version) is not None)


_BASH_OPTIONS = frozenset({"execfail", "expand_aliases", "inherit_errexit", "lastpipe", "nullglob"})
"""Those that matter here."""


def do_shopt(call: Call) -> None:
    """bash's further options."""
    shell = call.shell
    named = _BASH_OPTIONS.intersection(word for word in call.arguments if isinstance(word, str))
    shell.options = shell.options - named if "-u" in call.arguments else shell.options
    shell.options = shell.options | named if "-s" in call.arguments else shell.options
    shell.set_status(0)


def do_shift(call: Call) -> None:
    """Drop positional parameters."""
    count = number(call, 1)
    shell = call.shell
    told = call.arguments[0] if call.arguments else "1"
    if shell.row.almquist and isinstance(told, str) and not told.isdecimal():
        shell.leave(2)
        return
    if isinstance(count, Unknown):
        shell.args = (count,)
    elif count > len(shell.args):
        ends = shell.row.name == "dash" or shell.row.special_ends
        shell.refuse(2 if shell.row.name == "dash" else 1, special=ends)
        return
    else:
        shell.args = shell.args[count:]
    shell.set_status(0)


def do_getopts(call: Call) -> None:
    """The next option of a script (POSIX)."""
    shell = call.shell
    if len(call.arguments) < 2 and (shell.row.almquist or shell.row.name == "bash"):
        shell.set_status(2)
        return
    spec, name, *given = (*call.arguments, "", "")[: max(2, len(call.arguments))]
    words = given or list(shell.args)
    at = shell.variables.get(OPTION_AT) or shell.variables.get("OPTIND") or "1"
    number = numeral(str(at))
    if any(isinstance(word, Unknown) for word in (spec, name, at, *words)) or number is None:
        shell.set_status(Unknown("the options of the script", call.node.span))
        return
    if shell.keeps(str(name), *(("OPTARG",) if shell.row.almquist else ())):
        return
    index = number - 1 if shell.row.name != "bash" else min(number - 1, len(words))
    word = str(words[index]) if 0 <= index < len(words) else ""
    if not word.startswith("-") or word in {"-", "--"}:
        _keep_option(shell, index + 1 + (word == "--"))
        shell.assign(str(name), "?")
        shell.set_status(1)
        return
    inside = int(str(shell.variables.get(OPTION_INSIDE) or 1)) % len(word) or 1
    option, value = word[inside], word[inside + 1 :]
    place = str(spec).removeprefix(":").find(option) if option != ":" else -1
    takes = place >= 0 and str(spec).removeprefix(":")[place + 1 : place + 2] == ":"
    more = bool(value) and not takes
    shell.variables[OPTION_INSIDE] = str(inside + 1 if more else 1)
    value = "" if more else value
    index += not more
    if takes and not value and index < len(words):
        value, index = str(words[index]), index + 1
    elif place < 0 or (takes and not value):
        silent = str(spec).startswith(":")
        value, option = option if silent else "", ":" if silent and place >= 0 else "?"
    _keep_option(shell, index + 1)
    shell.assign("OPTARG", value)
    shell.assign(str(name), option)
    shell.set_status(0)


def _keep_option(shell: Shell, number: int) -> None:
    """Which word is the next: dash and busybox keep that for themselves, too."""
    shell.assign("OPTIND", str(number))
    if shell.row.almquist:
        shell.variables[OPTION_AT] = str(number)


def do_let(call: Call) -> None:
    """Arithmetic."""
    value: Field = "0"
    for word in call.arguments:
        if isinstance(word, Unknown):
            value = word
            continue
        try:
            value = evaluate(call.shell.scope(call.world, call.process), word, call.node.span)
        except ArithmeticFault as fault:
            if not (isinstance(fault, ConstantFault) and call.shell.keeps(str(fault))):
                call.shell.set_status(1 if call.shell.row.name == "bash" else 2)
            return
    call.shell.set_status(value if isinstance(value, Unknown) else int(value == "0"))
