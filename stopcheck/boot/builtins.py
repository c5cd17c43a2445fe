"""The builtins that entrypoints use: what each does to the shell; `do_NAME` is the builtin NAME."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from itertools import pairwise

from stopcheck.boot.alternatives import is_default, is_told_to_start
from stopcheck.boot.arithmetic import ArithmeticFault, ConstantFault, UnsetError, evaluate
from stopcheck.boot.commands import Call, appended, replace_process, run_program
from stopcheck.boot.conditions import MALFORMED, test_arguments
from stopcheck.boot.frames import (
    CallEnd,
    Checked,
    Evaluate,
    Job,
    LoopBody,
    LoopTest,
    Reading,
    SourceEnd,
    Standing,
    Trap,
    TrapEnd,
    Waiting,
)
from stopcheck.boot.programs import Failure
from stopcheck.boot.signals import signal_name, signal_number
from stopcheck.boot.words import Partly, expand_text, separators
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.tree import ArrayLiteral

if TYPE_CHECKING:
    from typing import TypeAlias

    from stopcheck.boot.shell import Shell
    from stopcheck.boot.world import Field, Process
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.source import Span

SETS_LITTLE = (
    "activate",
    "envvars",
    "nvm.sh",
    "profile",
    "bashrc",
    "setup.bash",
    "setup.sh",
    "functions",
    "rvm",
    "sdkman-init.sh",
)
"""Ends of the names of files that are sourced everywhere and set no variable that an entrypoint decides by."""

SHORT = 30.0
"""Seconds of a sleep that a shell which sleeps by itself is taken to have behind it."""

Builtin: TypeAlias = Callable[[Call], None]

_ALMQUIST = frozenset({"dash", "busybox"})
"""The shells whose builtins fail with the same statuses (fuzz: disagreements.jsonl)."""


def find_builtin(name: str, row: ShellRow) -> Builtin | None:
    """The builtin of that name in this shell; None where it has none."""
    if row.name == "zsh" and name in {"noglob", "nocorrect", "-"}:
        return do_builtin
    if name == "builtin" and row.name in {"mksh", "posh"}:
        return do_builtin
    if name in _BASH_ONLY and not row.bash_syntax and not (name == "source" and row.bash_tests):
        return None
    if name == "sleep" and not row.sleeps_itself:
        return None
    if name == "let" and row.name in {"dash", "posh"}:
        return None
    if name in _OWN and row.name not in _OWN[name]:
        return None
    if name == "[[" and not (row.bash_syntax or row.bash_tests):
        return None
    return _BUILTINS.get(name)


_BASH_ONLY = {"source", "declare", "typeset", "shopt", "mapfile", "readarray", "pushd", "popd", "dirs", "disown",
              "enable", "builtin", "caller", "compgen", "complete", "logout", "bind"}  # fmt: skip


_OWN = {
    "print": {"ksh93", "mksh", "zsh"}, "whence": {"ksh93", "mksh", "zsh"}, "autoload": {"ksh93", "mksh", "zsh"},
    "setopt": {"zsh"}, "unsetopt": {"zsh"}, "emulate": {"zsh"}, "zmodload": {"zsh"},
}  # fmt: skip
"""The shells that have builtins which the others lack; source: `command -v` in each of them."""


# --- nothing to speak of ---------------------------------------------------------------------------


def do_true(call: Call) -> None:
    """Succeed."""
    call.shell.set_status(0)


def do_echo(call: Call) -> None:
    """Print the words: known where each shell prints them alike."""
    words = call.arguments
    plain = all(isinstance(word, str) and "\\" not in word for word in words) and words[:1] != ("-e",)
    _print(call, " ".join(map(str, words)) if plain and words[:1] != ("-n",) else Unknown("what `echo` prints"))


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
        _print(call, ("\n" if head == ("%s\\n",) else "").join(map(str, values)))
    elif head and isinstance(head[0], str) and not values and not set("%\\") & set(head[0].replace("\\n", "")):
        _print(call, head[0].replace("\\n", "\n").removesuffix("\n"))
    else:
        _print(call, Unknown("what `printf` prints"))


def _formatted(form: Field, values: tuple[Field, ...]) -> str | None:
    """What a format makes of its values, where it has a `%s` for each and nothing else to be told."""
    pieces = form.split("%s") if isinstance(form, str) else []
    plain = len(pieces) == len(values) + 1 and all(isinstance(value, str) for value in values)
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


def _print(call: Call, text: Field) -> None:
    if "1" in call.closed:
        call.shell.set_status(1)
        return
    if call.stdout is None:
        call.world.write(call.process, text)
    if isinstance(text, str) and call.node.redirections:
        from stopcheck.boot.written import filled

        filled(call.shell, call.node.redirections, call.world, call.process, text)
    call.shell.set_status(0)


do_umask = do_ulimit = do_hash = do_times = do_alias = do_unalias = do_true
do_autoload = do_emulate = do_zmodload = do_true
do_enable = do_bind = do_complete = do_bg = do_suspend = do_dirs = do_true


def do_jobs(call: Call) -> None:
    """List them, and with that forget those that have ended, where they have kept their places."""
    shell = call.shell
    if shell.row.job_slots and "-p" not in call.arguments:
        shell.drop_jobs(tuple(job for job in shell.jobs if not call.world.living(job.pids)))
    shell.set_status(0)


_BASH_OPTIONS = frozenset({"execfail", "inherit_errexit"})
"""Those that matter here."""


def do_shopt(call: Call) -> None:
    """bash's further options."""
    shell = call.shell
    named = _BASH_OPTIONS.intersection(word for word in call.arguments if isinstance(word, str))
    shell.options = shell.options - named if "-u" in call.arguments else shell.options
    shell.options = shell.options | named if "-s" in call.arguments else shell.options
    shell.set_status(0)


def do_false(call: Call) -> None:
    """Fail."""
    call.shell.set_status(1)


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
    file = call.machine.find(name, call.process.cwd, {"PATH": call.shell.variables.get("PATH", "")})
    if isinstance(file, Unknown):
        call.shell.set_status(Unknown(f"whether {name} is installed", call.node.span))
    else:
        absent = 127 if call.shell.row.name in _ALMQUIST else 1
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
    file = call.machine.find(name, call.process.cwd, {"PATH": call.shell.variables.get("PATH", "")})
    if "/" in name or isinstance(file, Unknown):
        return False
    return file is None or posixpath.dirname(file.path) not in _SYSTEMS_FOLDERS


do_builtin = do_command
_SYSTEMS_FOLDERS = frozenset({"/usr/bin", "/bin", "/usr/sbin", "/sbin"})
"""Where `command -p` looks, whatever PATH says (POSIX: "all of the standard utilities")."""
_TWICE = frozenset({"[", "echo", "false", "kill", "printf", "pwd", "sleep", "test", "true"})
"""Builtins that are programs, too."""


# --- the way of control ----------------------------------------------------------------------------


def do_exec(call: Call) -> None:
    """Replace the shell; without a command only its redirections hold."""
    words = call.arguments
    row = call.shell.row
    while words and isinstance(words[0], str) and words[0].startswith("-") and len(words[0]) > 1 and row.name != "dash":
        option, words = words[0], words[1:]
        if option == "--":
            break
        if option == "-a" and words:
            words = words[1:]
        elif row.name == "busybox":
            call.shell.leave(2)
            return
        elif row.name == "bash" and not set(option[1:]) <= set("cla"):
            call.shell.refuse(2)
            return
    if not words:
        if len(call.node.words) > 1 and not _serves_by_default(call):
            # `exec "$@"` of nothing: it was to run what it is given, and no earlier command in its place.
            call.world.fallback = None
        if call.node.redirections:
            from stopcheck.boot.redirections import redirect

            redirect(call.shell, call.node.redirections, call.world, call.process)
        call.shell.set_status(0)
        return
    env = call.shell.environment()
    for assignment in call.node.assignments:
        value = call.shell.value(assignment.name)
        env |= {} if value is None else {assignment.name: value}
    replace_process(call, words, env, "exec")


def _serves_by_default(call: Call) -> bool:
    """Whether what may have been the service is told to start, or is what the script runs where it is given nothing."""
    before = call.world.fallback
    leaves = list(before.awaited()) if before is not None else []
    scripts = call.machine.scripts()
    return any(
        (leaf.origin is not None and is_default(scripts, leaf.origin)) or any(map(is_told_to_start, leaf.argv[1:]))
        for leaf in leaves
    )


def _number(call: Call, default: int) -> int | Unknown:
    if not call.arguments:
        return default
    value = call.arguments[0]
    if isinstance(value, Unknown):
        return value
    number = numeral(value, signed=True)
    return 2 if number is None else number & 255


def _is_misused(call: Call) -> bool:
    """Whether `exit` or `return` is given what it does not take, which is no end then, or another one."""
    shell, words = call.shell, call.arguments
    if shell.row.name == "bash" and len(words) > 1:
        shell.discard(call.process, wholly=True)
        return True
    if shell.row.name in _ALMQUIST and words and isinstance(words[0], str) and not words[0].isdecimal():
        shell.leave(2)
        return True
    return False


def do_exit(call: Call) -> None:
    """Leave the shell, with the status given or the last one (POSIX: in a trap, the one before it)."""
    shell = call.shell
    if _is_misused(call):
        return
    if shell.eases():
        shell.options -= {"e"}
    if call.arguments:
        status = _number(call, 0)
        before = call.world.fallback
        if call.process.pid == 1 and before is not None and status == 0 and shell.turns_away(before.init, call.node):
            call.world.fallback = None
        if call.process.pid == 1 and status != 0:
            call.world.note("leaves", call.process, span=call.node.span)
        shell.leave(status)
        return
    outermost = shell.row.name in _ALMQUIST or (shell.ending and shell.row.name != "bash")
    frames = shell.frames if outermost else tuple(reversed(shell.frames))
    trap = next((frame for frame in frames if isinstance(frame, TrapEnd)), None)
    if shell.row.name in {"bash", "ksh93", "posh"} and trap is not None and (trap.signal != "EXIT" or trap.heard):
        trap = None
    if trap is None and shell.interrupts is not None and shell.row.name in _ALMQUIST:
        shell.leave(shell.interrupts)
        return
    if trap is not None and shell.row.trap_exit_zero:
        shell.leave(0)
        return
    shell.leave(trap.status if trap is not None else shell.status)


do_logout = do_exit


def do_return(call: Call) -> None:
    """Leave a function or a sourced file."""
    shell = call.shell
    if _is_misused(call):
        return
    status = _number(call, 0) if call.arguments else shell.status
    looked = shell.tested()
    frame = shell.unwind(CallEnd, SourceEnd)
    bash = shell.row.name == "bash"
    if frame is None and shell.ending and ((bash and shell.left_within) or not (bash or shell.row.name in _ALMQUIST)):
        raise TooComplex("what `return` in an EXIT trap leaves as the status")
    if frame is None and bash:
        shell.refuse(2)
        return
    trap = shell.unwind(TrapEnd) if frame is None and shell.ending else None
    if trap is not None and not ("e" in shell.options and status):
        shell.push(trap)
        return
    if frame is None:
        shell.leave(status)
        return
    shell.push(frame)
    if looked:
        shell.status, shell.ok = status, False  # `return 3 || true`
    else:
        shell.set_status(status)


def _leave_loops(call: Call, again: bool) -> None:
    """Also those that a trap has interrupted, which ends with that."""
    shell = call.shell
    frames, loops = shell.frames, shell.loops()
    shell.status, shell.ok = 0, False
    if not loops:
        called = any(isinstance(frame, CallEnd) for frame in frames)
        if shell.looped and (shell.row.name == "busybox" or (shell.row.name == "dash" and not called)):
            shell.leave(0)
        return
    count = _number(call, 1)
    last = loops[min(len(loops), 1 if isinstance(count, Unknown) else max(1, count)) - 1]
    trap = next((at for at in range(last, len(frames)) if isinstance(frames[at], TrapEnd)), None)
    if trap is not None and shell.row.name not in {"bash", *_ALMQUIST}:
        raise TooComplex("what a trap leaves of the loop that its `break` or `continue` is meant for")
    if trap is not None:
        shell.unwind_to(trap + 1, call.process)
        if not shell.end_trap():
            return
    shell.unwind_to(last, call.process)
    frame = frames[last]
    if again:
        shell.push(LoopBody(frame.node) if isinstance(frame, LoopTest) else frame)


def do_break(call: Call) -> None:
    """Leave loops."""
    _leave_loops(call, False)


def do_continue(call: Call) -> None:
    """Begin the next round of a loop."""
    _leave_loops(call, True)


def do_eval(call: Call) -> None:
    """Run the words as a command."""
    unknown = next((word for word in call.arguments if isinstance(word, Unknown)), None)
    shell = call.shell
    text = " ".join(map(_evaluated, call.arguments))
    if unknown is not None and _tells_command(text):
        shell.variables[_REST] = Unknown(unknown.reason, unknown.span)
    elif unknown is not None:
        shell.renamed = shell.renamed or "`eval`"
        stands = Standing(f"`eval` of what is not known: {unknown.reason}", call.node.span)
        call.machine.keep_fallback(call.world, call.process, stands)
        shell.set_status(Unknown(f"what `eval` runs: {unknown.reason}", call.node.span), True)
        return
    if shell.row.name == "bash" and text.startswith("-") and call.arguments[0] != "--":
        shell.set_status(2)
        return
    body = call.machine.parse_text(text, call.node.span, shell.row)
    shell.status, shell.ok = 0, False
    if call.tail is None:
        shell.push(Checked(), Evaluate(body, None))
    else:
        shell.push(Evaluate(body, call.tail | {"eval"}))


_REST = "eval"
"""The variable that stands for what is not known in a text for `eval`."""
_COMMAND = regex(r"\s*[\w./-]+(?:\s|\+?=)")


def _evaluated(word: Field) -> str:
    start, end = (word.start, word.end) if isinstance(word, Partly) else ("", "")
    return f"{start}${{{_REST}}}{end}" if isinstance(word, Unknown) else word


def _tells_command(text: str) -> bool:
    """Whether a text says at least which command it is: what is not known is taken to be words for that."""
    return _COMMAND.match(text) is not None and not any(text.count(quote) % 2 for quote in "\"'`")


def do_source(call: Call) -> None:
    """Run a file in this shell."""
    shell = call.shell
    if not call.arguments:
        shell.set_status(2)
        return
    name = call.arguments[0]
    nesting = sum(isinstance(frame, SourceEnd) for frame in shell.frames)
    if nesting > 20:
        call.world.note("dies", call.process, signal="SEGV")
        call.world.exit(call.process, 139, "SEGV")  # it runs out of stack
        return
    if isinstance(name, Unknown):
        if not getattr(name, "end", "").endswith(SETS_LITTLE):
            shell.opened = "a sourced file"
        shell.set_status(Unknown(f"what a sourced file does: {name.reason}", call.node.span), True)
        return
    path = posixpath.normpath(posixpath.join(call.process.cwd, name))
    made = call.world.files.get(path)
    file = call.machine.image.files.lookup(path) if made is None else None
    if file is None and made is None:
        if shell.row.bash_syntax and (shell.row.name != "ksh93" or call.words[0] != "."):
            shell.unsourced = shell.strict and call.special
            shell.refuse(1, special=call.special)
        elif shell.row.name in _ALMQUIST:
            shell.refuse(2, special=call.special)
        else:
            shell.leave(1)
        return
    content = made if file is None else file if isinstance(file, Unknown) else file.content
    if isinstance(content, SourceFile):
        body = call.machine.parse(content, shell.row).body
    elif isinstance(content, str):
        body = call.machine.parse_text(content, call.node.span, shell.row)
    else:
        if not path.endswith(SETS_LITTLE):
            shell.opened = path
            stands = Standing(f"`.` of what is not known: {path}", call.node.span)
            call.machine.keep_fallback(call.world, call.process, stands)
        shell.set_status(Unknown(f"what {path} does", call.node.span), True)
        return
    args = call.arguments[1:] if shell.row.bash_syntax else ()
    shell.push(SourceEnd(path, shell.args if args else None, body), Evaluate(body, None))
    if args:
        shell.args = args


# --- variables -------------------------------------------------------------------------------------


def _declare(call: Call, export: bool, local: bool) -> None:
    shell = call.shell
    scope = shell.scope(call.world, call.process)
    keyed = renames = False
    integers = shell.row.name == "bash" and any(
        isinstance(word, str) and word[:1] == "-" and "i" in word for word in call.arguments
    )
    for word in call.arguments:
        if isinstance(word, Unknown):
            continue
        if word.startswith("-"):
            export = export or "x" in word
            keyed = keyed or "A" in word
            local = local and "g" not in word
            renames = renames or ("n" in word and not export)
            continue
        name, equals, value = word.partition("=")
        append = name.endswith("+")
        name = name.rstrip("+")
        if not name.isidentifier():
            continue
        if local:
            shell.declare_local(name)
        if renames:
            _rename(call, name, value)
            continue
        if keyed:
            shell.arrays.pop(name, None)
            shell.variables[name] = Unknown(f"what is in ${name}")
            continue
        if integers:
            shell.integers |= {name}
        if equals:
            shell.assign(name, appended(shell, name, value) if append else value)
        elif local:
            shell.variables.setdefault(name, "")
        if export:
            shell.exported |= {name}
    status: int | Unknown = 0
    for source in () if renames else call.node.words[1:]:
        # A word such as NAME="$(…)" is known only in part; its name is still set.
        head = source.parts[0] if source.parts else None
        text = getattr(head, "text", "") if head is not None else ""
        if source.literal is not None:
            continue
        if "=" not in text:
            if isinstance(expand_text(scope, source), Unknown):
                shell.renamed = shell.renamed or f"`{call.node.span.text}`"
            continue
        name = text.split("=", 1)[0].rstrip("+")
        if not name.isidentifier():
            continue
        rest = tuple(part for part in source.parts[1:])
        array = next((part for part in rest if isinstance(part, ArrayLiteral)), None)
        if array is not None:
            from stopcheck.boot.words import expand_words

            shell.assign_array(name, array.elements, expand_words(scope, array.elements, True), False)
            continue
        value_field = expand_text(scope, type(source)(rest, source.span))
        prefix = text.split("=", 1)[1]
        if local:
            shell.declare_local(name)
        if integers:
            shell.integers |= {name}
        shell.assign(name, value_field if isinstance(value_field, Unknown) else prefix + value_field)
        if export:
            shell.exported |= {name}
    shell.set_status(status)


def _rename(call: Call, name: str, target: str) -> None:
    """`declare -n name=target`: from then on either may stand for the other, which is not followed."""
    shell, reason = call.shell, f"what `{call.node.span.text}` makes of ${name}"
    shell.renamed = shell.renamed or f"`{call.node.span.text}`"
    for each in filter(str.isidentifier, (name, target)):
        shell.assign(each, Unknown(reason, call.node.span))


def do_export(call: Call) -> None:
    """Set and export, or with -n export no longer."""
    if call.arguments[:1] == ("-n",):
        if call.shell.row.name == "dash":
            call.shell.leave(2)
        else:
            call.shell.exported -= {word for word in call.arguments[1:] if isinstance(word, str)}
            call.shell.set_status(0)
        return
    if not _sets_constant(call):
        _declare(call, True, False)
        _misnamed(call)


_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*(\[.*\])?\+?")


def _misnamed(call: Call) -> None:
    """What is no name cannot be set: all but bash and yash end there (trap.*.export-dash)."""
    shell = call.shell
    words = [word for word in call.arguments if isinstance(word, str) and word]
    functions = any(word[0] == "-" and "f" in word for word in words)  # those of bash go by any name
    names = (word.partition("=")[0] for word in words if word[0] != "-")
    if functions or all(_NAME.fullmatch(name) for name in names):
        return
    if shell.row.name == "bash":
        shell.set_status(1)
    elif shell.row.name not in {"yash", "posh"}:
        shell.leave(2 if shell.row.name in _ALMQUIST else 1)


def _sets_constant(call: Call) -> bool:
    """Whether one of the words would set what is set for good: an error."""
    shell = call.shell
    names = (word.partition("=")[0] for word in call.arguments if isinstance(word, str) and "=" in word)
    if shell.constants.isdisjoint(names):
        return False
    if shell.row.name == "bash" and shell.errexit:
        shell.leave(1)  # also where it is looked at
    else:
        shell.refuse(2 if shell.row.name in _ALMQUIST else 1)
    return True


def do_readonly(call: Call) -> None:
    """Set for good: a second time is an error."""
    if not _sets_constant(call):
        _keep(call)
        _declare(call, False, False)
        _misnamed(call)


def _keep(call: Call) -> None:
    """Nothing sets these any more."""
    names = {word.partition("=")[0] for word in call.arguments if isinstance(word, str)}
    names |= {getattr(word.parts[0], "text", "").partition("=")[0] for word in call.node.words[1:] if word.parts}
    call.shell.constants |= {name for name in names if name.isidentifier()}


def do_local(call: Call) -> None:
    """Set in the function only; elsewhere it is an error."""
    shell = call.shell
    if shell.row.syntax_error and not shell.called and not any(isinstance(frame, CallEnd) for frame in shell.frames):
        shell.leave(2) if shell.row.name in _ALMQUIST else shell.set_status(1)
    else:
        do_declare(call)


def do_declare(call: Call) -> None:
    """Set in the function only, where it is in one."""
    shell, words = call.shell, [word for word in call.arguments if isinstance(word, str)]
    known = shell.row.name in _ALMQUIST or shell.row.name == "bash"
    if known and any(
        word.partition("=")[0] in shell.constants and (shell.row.name != "dash" or "=" in word) for word in words
    ):
        shell.leave(2) if shell.row.name in _ALMQUIST else shell.set_status(1)
        return
    if any(word[:1] == "-" and "r" in word for word in words) and not any(isinstance(f, CallEnd) for f in shell.frames):
        _keep(call)
    _declare(call, False, True)


do_typeset = do_declare


def do_unset(call: Call) -> None:
    """Forget variables and functions."""
    shell = call.shell
    words = [word for word in call.arguments if isinstance(word, str)]
    options = {word for word in words if word.startswith("-")}
    names = [word for word in words if not word.startswith("-")]
    known = shell.row.name in _ALMQUIST or shell.row.name == "bash"
    if known and not options <= {"-f", "-v", "-n", "-fv", "-vf", "--"}:
        shell.refuse(2)
        return
    if shell.row.name in _ALMQUIST and not all(name.isidentifier() for name in names):
        shell.leave(2)
        return
    kept = shell.constants.intersection(names) if known and "-f" not in options else frozenset()
    for word in names:
        bash = shell.row.name == "bash" and word not in shell.variables and "-v" not in options
        if "-f" in options or bash:
            shell.functions.pop(word, None)
        if "-f" not in options and "[" in word and shell.row.name == "bash":
            _unset_element(shell, word, call.node.span)
        elif "-f" not in options and word not in kept:
            shell.variables.pop(word, None)
            shell.arrays.pop(word, None)
            shell.exported -= {word}
    if kept:
        shell.leave(2) if shell.row.name in _ALMQUIST else shell.set_status(1)
    else:
        shell.set_status(0)


def _unset_element(shell: Shell, word: str, span: Span) -> None:
    """`unset 'array[1]'`: what is left keeps its numbers, which is followed for the last one alone."""
    name, _, index = word.rstrip("]").partition("[")
    elements = shell.arrays.get(name, ())
    if elements and index in {str(len(elements) - 1), "-1"}:
        shell.arrays[name] = elements[:-1]
    elif elements and (numeral(index) or 0) < len(elements):
        shell.arrays.pop(name)
        shell.variables[name] = Unknown(f"what is left in ${name}", span)


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
                    _bad_option(call, 1 if shell.row.name == "busybox" else 2, f"{shell.row.name} has no option {name}")
                    shell.refuse(1 if shell.row.name == "busybox" else 2, special=shell.row.name != "busybox")
                    return
                name = _LETTERS.get(name, name)
            elif shell.row.options and letter not in shell.row.options:
                _bad_option(call, 2, f"{shell.row.name} has no option -{letter}")
                shell.refuse(2)
                return
            else:
                name = letter
            if name == "m" and shell.row.refuses_monitor:
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


_LETTERS = {"errexit": "e", "monitor": "m", "allexport": "a", "nounset": "u", "errtrace": "E"}
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


def do_shift(call: Call) -> None:
    """Drop positional parameters."""
    count = _number(call, 1)
    shell = call.shell
    told = call.arguments[0] if call.arguments else "1"
    if shell.row.name in _ALMQUIST and isinstance(told, str) and not told.isdecimal():
        shell.leave(2)
        return
    if isinstance(count, Unknown):
        shell.args = (count,)
    elif count > len(shell.args):
        if shell.row.name == "dash":
            shell.leave(2)
            return
        shell.set_status(1)
        return
    else:
        shell.args = shell.args[count:]
    shell.set_status(0)


_INSIDE = "OPTIND "
"""Where `getopts` is among several options behind one `-`: no script can name this variable."""


def do_getopts(call: Call) -> None:
    """The next option of a script (POSIX)."""
    shell = call.shell
    spec, name, *given = (*call.arguments, "", "")[: max(2, len(call.arguments))]
    words = given or list(shell.args)
    at = shell.variables.get("OPTIND") or "1"
    number = numeral(str(at))
    if any(isinstance(word, Unknown) for word in (spec, name, at, *words)) or number is None:
        shell.set_status(Unknown("the options of the script", call.node.span))
        return
    if shell.keeps(str(name), *(("OPTARG",) if shell.row.name in _ALMQUIST else ())):
        return
    index = number - 1
    word = str(words[index]) if 0 <= index < len(words) else ""
    if not word.startswith("-") or word in {"-", "--"}:
        shell.assign("OPTIND", str(index + 1 + (word == "--")))
        shell.assign(str(name), "?")
        shell.set_status(1)
        return
    inside = int(str(shell.variables.get(_INSIDE) or 1)) % len(word) or 1
    option, value = word[inside], word[inside + 1 :]
    place = str(spec).removeprefix(":").find(option) if option != ":" else -1
    takes = place >= 0 and str(spec).removeprefix(":")[place + 1 : place + 2] == ":"
    more = bool(value) and not takes
    shell.variables[_INSIDE] = str(inside + 1 if more else 1)
    value = "" if more else value
    index += not more
    if takes and not value and index < len(words):
        value, index = str(words[index]), index + 1
    elif place < 0 or (takes and not value):
        silent = str(spec).startswith(":")
        value, option = option if silent else "", ":" if silent and place >= 0 else "?"
    shell.assign("OPTIND", str(index + 1))
    shell.assign("OPTARG", value)
    shell.assign(str(name), option)
    shell.set_status(0)


def do_read(call: Call) -> None:
    """A line from a pipe or a file, as far as it is known; nobody answers where standard input is empty."""
    shell, world, process = call.shell, call.world, call.process
    redirections = call.node.redirections
    names = [word for word in call.arguments if isinstance(word, str) and word.isidentifier()]
    letters = {word[:2] for word in call.arguments if isinstance(word, str) and word.startswith("-")}
    if shell.row.name == "dash" and (not call.arguments or letters - {"-r", "-p"}):
        shell.set_status(2)
        return
    if shell.keeps(*names):
        return
    elsewhere = any(isinstance(word, str) and word.startswith("-u") for word in call.arguments)
    if redirections and call.machine.reads_fifo(call):
        shell.blocked = Standing("`read` waits for a writer", call.node.span)
        return
    if elsewhere or any(each.descriptor not in {None, "0"} or each.operator == "<&" for each in redirections):
        _read_unknown(call, names)
        return
    stdin = process.stdin
    if redirections:
        from stopcheck.boot.redirections import redirect

        stdout, closed = process.stdout, process.closed
        try:
            redirect(shell, redirections, world, process)
        except UnsetError as fault:
            if not fault.in_heredoc or shell.row.name not in _ALMQUIST:
                raise
            shell.set_status(shell.row.open_error)
            return
        stdin, process.stdin, process.stdout, process.closed = process.stdin, stdin, stdout, closed
    if _has_limit(call) and stdin not in world.regular:
        shell.has_exit_trap = shell.has_exit_trap or shell.row.name == "bash"  # it minds signals from then on
    lines = world.pipes.get(stdin, ())
    writers = [pid for pid in world.holders(stdin) if pid != process.pid] if stdin else []
    if lines and isinstance(lines[0], Unknown) and any(each.operator in {"<", "<&", "<>"} for each in redirections):
        _read_unknown(call, names)
    elif lines:
        world.pipes[stdin] = lines[1:]
        _read_line(call, names, lines[0])
    elif writers and (redirections or any(isinstance(word, str) and word.startswith("-t") for word in call.arguments)):
        _read_unknown(call, names)
    elif writers:
        shell.blocked = Reading(tuple(writers), call.node)
    else:
        for name in names:
            shell.assign(name, "")
        shell.set_status(1)


def _has_limit(call: Call) -> bool:
    """Whether `read` is told how long to wait, and that is not at all (0)."""
    for at, word in enumerate(call.arguments, 1):
        if isinstance(word, str) and word.startswith("-") and "t" in word:
            told = word.partition("t")[2] or (call.words[at + 1] if at + 1 < len(call.words) else "0")
            return isinstance(told, Unknown) or told.strip("0.") != ""
    return False


def _read_unknown(call: Call, names: list[str]) -> None:
    for name in names:
        call.shell.assign(name, Unknown(f"what is read into ${name}", call.node.span))
    call.shell.set_status(Unknown("the end of the input", call.node.span))


def _read_line(call: Call, names: list[str], line: Field) -> None:
    """Of several names each gets a word, the last one the rest; with a separator of its own nothing is known."""
    own = any(assignment.name == "IFS" and assignment.value.literal for assignment in call.node.assignments)
    own = own or set(separators(call.shell.scope())) != set(" \t\n")
    options = {word for word in call.arguments if isinstance(word, str) and word.startswith("-")}
    if isinstance(line, Unknown) or "\\" in line or options - {"-r"} or (own and len(names) > 1):
        if isinstance(line, Unknown):
            call.world.write(call.process, line)  # what follows may be done for no line, or for many
        reason = line if isinstance(line, Unknown) else Unknown("a line that was read", call.node.span)
        for name in names:
            call.shell.assign(name, Unknown(f"what is read into ${name}: {reason.reason}", call.node.span))
    else:
        whole = any(assignment.name == "IFS" for assignment in call.node.assignments)
        words = [line] if whole or not names else [word.rstrip() for word in line.split(None, len(names) - 1)]
        for index, name in enumerate(names):
            call.shell.assign(name, words[index] if index < len(words) else "")
    call.shell.set_status(0)


def do_mapfile(call: Call) -> None:
    """All lines into an array: what they are is not known."""
    names = [word for word in call.arguments if isinstance(word, str) and word.isidentifier()]
    if call.shell.keeps(*names):
        return
    for name in names:
        call.shell.assign(name, Unknown(f"what is read into ${name}", call.node.span))
    if call.node.redirections or call.process.stdin:
        call.shell.set_status(Unknown("the end of the input", call.node.span))
    else:
        call.shell.set_status(1)


do_readarray = do_mapfile


def do_sleep(call: Call) -> None:
    """A shell that sleeps by itself hears signals meanwhile; a short sleep is over soon."""
    word = call.arguments[0] if call.arguments else "0"
    short = isinstance(word, str) and word.replace(".", "", 1).isdigit() and float(word) < SHORT
    if short:
        call.shell.set_status(0)
    else:
        call.shell.blocked = Standing("`sleep`", call.node.span)


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
        target = process.cwd if before is None else before
    if isinstance(target, str) and target:
        path = posixpath.normpath(posixpath.join(process.cwd, target))
        elsewhere = shell.variables.get("CDPATH") or any(each.name == "CDPATH" for each in call.node.assignments)
        if shell.row.cd_error and not elsewhere:
            from stopcheck.boot.lacking import missing_folder, tell

            if missing_folder(call.machine, call.world, path):
                tell(call.world, process, path, call.node.span)
                shell.set_status(shell.row.cd_error)
                return
        shell.variables["OLDPWD"], process.cwd = process.cwd, path
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
    _print(call, call.process.cwd)


# --- tests -----------------------------------------------------------------------------------------


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


# --- jobs and signals ------------------------------------------------------------------------------


def do_trap(call: Call) -> None:
    """`trap ACTION SIGNAL…`."""
    shell = call.shell
    words = call.arguments
    nodes = call.node.words[1:]
    if words and words[0] == "--":
        words, nodes = words[1:], nodes[1:]
    if not words or (isinstance(words[0], str) and words[0] in {"-l", "-p"}):
        if words[:1] != ("-l",) and shell.row.name == "bash":
            shell.has_exit_trap = True  # to list them it minds signals from then on (trap.def)
        shell.leave(2) if words and shell.row.name in _ALMQUIST else shell.set_status(0)
        return
    action, signals = words[0], words[1:]
    if not signals and action != "-" and not str(action).isdigit() and not shell.row.trap_resets:
        if shell.row.name == "ksh93":
            shell.leave(1)
        shell.set_status(1)
        return
    if not signals and action != "-" and not str(action).isdigit() and shell.row.name == "bash" and shell.strict:
        shell.refuse(2)
        return
    if not signals or (isinstance(action, str) and action.isdigit()):
        action, signals = "-", words
    status = 0
    for word in signals:
        if isinstance(word, Unknown):
            continue
        name = (
            "EXIT"
            if word in {"0", "EXIT"} or (word.upper() == "EXIT" and shell.row.sig_prefix)
            else (word if word in _pseudo_signals(shell.row) else _trap_signal(word, shell))
        )
        if name is None:
            call.world.note("bad-signal", call.process, text=word, span=call.node.span)
            status = 1
            if shell.row.trap_skips:
                continue
            break
        if action == "-":
            if (shell.traps.pop(name, None) is not None or name == "INT") and name not in shell.armed:
                shell.untrapped |= {name}
            continue
        if name in call.process.ignored and action != "" and shell.row.name != "busybox":
            continue  # busybox takes it down, and never hears the signal
        span = nodes[0].span if nodes else call.node.span
        body = None
        if isinstance(action, str):
            body = call.machine.parse_text(action, span, shell.row)
        trap = Trap(action, call.node.span, body)
        if action != "" and not shell.leaves_waiting(trap):
            if name == "CHLD" and not shell.row.child_trap:
                raise TooComplex("what its trap for SIGCHLD does hangs on when each of its children ends")
            if name in {"DEBUG", "RETURN"}:
                raise TooComplex(f"what its trap for {name} does")
        if shell.has_exit_trap and name not in shell.traps and name not in shell.untrapped:
            shell.armed |= {name}
        shell.has_exit_trap = shell.has_exit_trap or (name == "EXIT" and action != "")
        shell.traps[name] = trap
    shell.set_status(status)


def _pseudo_signals(row: ShellRow) -> frozenset[str]:
    if row.bash_syntax:
        return frozenset({"ERR", "DEBUG", "RETURN"})
    return frozenset({"ERR"}) if row.name == "busybox" else frozenset()


def _trap_signal(word: str, shell: Shell) -> str | None:
    if shell.row.upper_only and word != word.upper():
        return None
    return signal_name(word, shell.row.sig_prefix)


def do_wait(call: Call) -> None:
    """Wait for jobs; returns early when a trapped signal comes."""
    shell, world = call.shell, call.world
    words = [word for word in call.arguments if isinstance(word, Unknown) or not word.startswith("-")]
    options = [word for word in call.arguments if isinstance(word, str) and word.startswith("-") and word != "--"]
    first = any(word.startswith("-n") for word in options)
    if words and shell.row.name == "bash" and (name := _told_which(call.arguments)) is not None:
        words.remove(name)
        shell.assign(name, Unknown("which job has ended", call.node.span))
    if first and not shell.row.wait_n:
        call.world.note("wait-n", call.process, span=call.node.span)
    if options and (not shell.row.wait_n or (shell.row.name != "bash" and not first)):
        shell.set_status(shell.row.wait_n_status)
        return
    children = {child.pid for child in world.children(call.process.pid) if not child.adopted}
    news = [
        child
        for child in world.children(call.process.pid)
        if not (child.alive or child.collected or child.adopted) and child.job
    ]
    for child in world.children(call.process.pid):
        child.collected = child.collected or not child.alive
    pids: list[int] = []
    if words:
        for word in words:
            if isinstance(word, Unknown):
                pids.extend(pid for job in shell.jobs for pid in job.pids)
                continue
            if word.startswith("%"):
                job = _job(shell, word)
                if job is None:
                    shell.set_status(2 if shell.row.name in _ALMQUIST else 127)
                    return
                pids.extend(job.pids)
                continue
            pid = numeral(word)
            if pid is None:
                shell.set_status(2 if shell.row.name in _ALMQUIST else 1)
                return
            if (shell.strict or shell.row.tells_once) and pid in shell.forgotten:
                shell.set_status(127)
                return
            if pid in shell.disowned:
                shell.set_status(shell.disowned[pid], True)
                return
            if pid in children:
                # A pipeline is one job: waiting for its last process waits for all.
                jobs = (job.pids for job in shell.jobs if pid in job.pids)
                pids.extend(next(jobs, (pid,)) if shell.row.waits_for_pipeline else (pid,))
            elif _was_job(call, pid):
                told = shell.seen(world.processes[pid])
                shell.have_waited(world, (pid,))
                if shell.row.tells_once or (shell.strict and shell.row.name == "bash"):
                    shell.forgotten |= {pid}
                shell.set_status(told if told is not None else 0, True)
                return
            else:
                shell.set_status(127)
                return
    else:
        pids = [pid for job in shell.jobs if not job.foreground for pid in job.pids if world.living((pid,))]
        if shell.row.waits_for_substitutions and not first and not shell.dying:
            pids += [other.pid for other in world.living(shell.substitutions)]
        if not pids and news and shell.waits_on(world, call.process, call.node.span, news):
            return
        if not pids and shell.row.name in {"bash", "yash"}:
            shell.forget(world)
    if not pids:
        shell.have_waited(world, None)
        shell.set_status(127 if first else 0)
        return
    if shell.row.wait_resumes and shell.pending:
        shell.set_status(128 + signal_number(shell.pending[0]))
        shell.pending = shell.pending[1:]
        return
    numbers = bool(words) and all(isinstance(word, str) and word.isdigit() for word in words)
    every = not words and not first
    shell.blocked = Waiting(tuple(dict.fromkeys(pids)), call.node.span, first, every, len(words) > 1, numbers)


def _told_which(words: tuple[Field, ...]) -> str | None:
    """The variable that `wait -p NAME` sets."""
    for option, name in pairwise(words):
        if isinstance(option, str) and option[:1] == "-" and option[-1] == "p" and isinstance(name, str):
            return name
    return None


def _was_job(call: Call, pid: int) -> bool:
    """Whether it is a job of this shell that has ended: its status is kept."""
    process = call.world.processes.get(pid)
    if process is None or not process.job or process.adopted or pid in call.shell.forgotten:
        return False
    return process.ppid == call.process.pid and not process.alive


def _is_zombie(call: Call, word: Field) -> bool:
    """Whether a child has ended and its number is not free yet; bash looks at once, the others when they next wait."""
    pid = numeral(word) if isinstance(word, str) else None
    process = call.world.processes.get(pid) if pid is not None else None
    if process is None or process.alive or process.collected or process.ppid != call.process.pid:
        return False
    return call.shell.row.name != "bash" or process.ended_at == call.world.clock


def _job(shell: Shell, word: str) -> Job | None:
    if word in {"%%", "%+", "%"}:
        return shell.jobs[-1] if shell.jobs else None
    number = word[1:]
    if number.isdigit():
        return next((job for job in shell.jobs if str(job.number) == number), None)
    if shell.row.name not in {"bash", "zsh", "yash"}:
        return None
    # Its command, as written, begins so (`%name`) or has it somewhere (`%?name`); where several do, none is meant.
    named = [
        job
        for job in shell.jobs
        if (number[1:] in job.span.text if number[:1] == "?" else job.span.text.startswith(number))
    ]
    return named[0] if len(named) == 1 else None


def do_fg(call: Call) -> None:
    """A job back in the foreground; without job control there is none."""
    shell = call.shell
    if "m" not in shell.options or not shell.jobs:
        shell.set_status(2 if shell.row.name in {"dash", "busybox"} else 1)
        return
    from stopcheck.boot.frames import Foreground

    job = _job(shell, str(call.arguments[0])) if call.arguments else shell.jobs[-1]
    if job is None:
        shell.set_status(1)
        return
    shell.blocked = Foreground(job.pids, call.node)


def do_disown(call: Call) -> None:
    """Forget jobs; of those that it is told one by one `wait PID` still gives a status: 0 where they had not ended."""
    shell = call.shell
    words = [word for word in call.arguments if isinstance(word, Unknown) or not word.startswith("-")]
    letters = "".join(word[1:] for word in call.arguments if isinstance(word, str) and word.startswith("-"))
    if shell.row.name == "ksh93":
        shell.set_status(0)  # it only spares them its own SIGHUP
        return
    if not set(letters) <= set("har-"):
        shell.set_status(2)
        return
    every = bool({"a", "r"} & set(letters)) and not words
    meant = list(shell.jobs) if every else [_named_job(shell, word) for word in words or ["%%"]]
    if "h" not in letters:
        for job in filter(None, meant):
            told = {pid: shell.seen(call.world.processes[pid]) or 0 for pid in job.pids}
            shell.disowned = {**shell.disowned, **(dict.fromkeys(job.pids, 127) if every else told)}
        shell.jobs = tuple(job for job in shell.jobs if job not in meant)
    shell.set_status(0 if all(meant) else 1)


def _named_job(shell: Shell, word: Field) -> Job | None:
    """The job that a number of a process, or what may stand behind `%`, names."""
    if isinstance(word, Unknown):
        return shell.jobs[-1] if shell.jobs else None
    if (pid := numeral(word)) is not None:
        return next((job for job in shell.jobs if pid in job.pids), None)
    return _job(shell, word if word.startswith("%") else f"%{word}")


_ENDING = frozenset({"TERM", "INT", "QUIT", "KILL"})


def do_kill(call: Call) -> None:
    """Send a signal to processes, jobs, groups."""
    shell, world = call.shell, call.world
    words = list(call.arguments)
    signal: str | None = "TERM"
    given, failed = "", 0
    while words and isinstance(words[0], str) and words[0].startswith("-") and len(words[0]) > 1:
        option = words.pop(0)
        assert isinstance(option, str)
        if option == "--" and (
            given if shell.row.name == "busybox" else given == "-SIGNAL" and shell.row.name == "dash"
        ):
            failed += 1
            if shell.row.name == "dash":
                words = []
            break
        if option == "--":
            break
        if option == "-l" or option == "-L":
            shell.set_status(0)
            return
        named = _signal_option(option, shell.row)
        if named:
            value = option[2:] or (words.pop(0) if words else "")
            # A number alone: so say zsh and ksh93 of -n.
            number = numeral(str(value)) is not None
            wrong = (named == "-n" and not number and shell.row.name in {"zsh", "ksh93"}) or (
                named == "-s" and number and shell.row.name == "zsh"
            )
            given, signal = "-s", None if wrong else _kill_signal(value, shell)
        elif given:
            words.insert(0, option)  # a group, after a signal
            break
        else:
            small = shell.row.name == "mksh" and option != option.upper()
            given, signal = "-SIGNAL", None if small else _kill_signal(option[1:], shell)
    if signal is None:
        world.note("bad-signal", call.process, text="kill", span=call.node.span)
        shell.set_status(2 if shell.row.name == "dash" else 1)
        return
    if not words:
        # bash's `$(jobs -p)` may have the numbers of jobs that have ended, too: then it is 1.
        had_jobs = any(other.job and other.ppid == call.process.pid for other in world.processes.values())
        ended = shell.row.name == "bash" and had_jobs and "jobs" in call.node.span.text
        unknown = Unknown("the status of a `kill` of jobs that have ended", call.node.span)
        if ended and "e" in shell.options and not shell.tested():
            shell.leave(unknown)
        else:
            shell.set_status(unknown if ended else 1 if shell.row.name == "busybox" else 2)
        return
    found = False
    for word in words:
        if isinstance(word, str) and not _is_target(word):
            if shell.row.name == "dash":
                shell.set_status(2)
                return
            failed += word != "" or shell.row.name != "busybox"
            continue
        if isinstance(word, Unknown):
            targets = call.machine.unknown_pid(call, word) if signal in _ENDING else None
            if targets is None:
                shell.set_status(Unknown("whom `kill` reaches", call.node.span), True)
                world.note("unknown-kill", call.process, text=word.reason, span=call.node.span)
                return
        else:
            targets = _targets(call, word)
        fallen = isinstance(word, str) and word.startswith("%") and _job(shell, word)
        if not targets and (_is_zombie(call, word) or (fallen and (fallen.foreground or shell.row.name == "busybox"))):
            found = True
            continue
        if not targets and isinstance(word, str) and word.startswith("%") and _job(shell, word) is None:
            shell.set_status(2 if shell.row.name in _ALMQUIST else 1)
            if shell.row.name in _ALMQUIST:
                return
        targets = [target for target in targets if world.may_signal(call.process, target)]
        failed += not targets
        for target in targets:
            found = True
            if signal != "0":
                world.note("kills", call.process, span=call.node.span, signal=signal, other=target.pid)
                world.kill(target, signal, call.process)
            if not call.process.alive:
                return
    if shell.row.name in _ALMQUIST:
        shell.set_status(min(failed, 1) if shell.row.name == "dash" else failed)
    else:
        shell.set_status(0 if found else 1)


def _signal_option(option: str, row: ShellRow) -> str:
    """The option of `kill` that a signal's name follows, by itself or attached; "" where the option is a signal."""
    name = option[:2]
    if name not in {"-s", "-n"} or (name == "-n" and row.name in {"dash", "busybox", "mksh", "posh"}):
        return ""
    attached = {"-s": {"dash", "bash", "mksh", "yash", "ksh93"}, "-n": {"bash", "yash", "ksh93"}}.get(name, set())
    return name if option == name or (row.name in attached and signal_name(option[1:]) is None) else ""


def _is_target(word: str) -> bool:
    return word.startswith("%") or numeral(word.removeprefix("-")) is not None


def _kill_signal(value: Field, shell: Shell) -> str | None:
    if isinstance(value, Unknown):
        return "TERM"
    if value == "0":
        return "0"
    # bash's `kill` understands `SIGTERM` under its own name alone, its `trap` always.
    return signal_name(value, shell.row.sig_prefix and not (shell.row.name == "bash" and shell.strict))


def _targets(call: Call, word: str) -> list[Process]:
    world, process = call.world, call.process
    if word.startswith("%"):
        job = _job(call.shell, word)
        if call.shell.row.name == "yash" and "m" not in call.shell.options:
            return []
        if call.shell.row.name == "dash" and "m" not in call.shell.options:
            # It signals a process group, which there is only where the job has made itself one (timeout, setsid).
            return world.group(job.pids[0]) if job else []
        return world.living(job.pids) if job else []
    number = numeral(word, signed=True)
    if number is None:
        return []
    if number == 0:
        return world.group(process.pgid)
    if number == -1:
        return [other for other in world.processes.values() if other.alive and other.pid != 1 and other is not process]
    if number < 0:
        return world.group(-number)
    return world.living((number,))


_BUILTINS: dict[str, Builtin] = {name[3:]: value for name, value in globals().items() if name.startswith("do_")}
_BUILTINS |= {":": do_true, ".": do_source, "[": do_bracket, "[[": do_bracket}
del _BUILTINS["bracket"], _BUILTINS["which"]
