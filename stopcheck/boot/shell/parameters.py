"""The parameters of a shell, and what else the expansion of its words asks it for."""

from __future__ import annotations

from stopcheck.boot.files.accounts import home, user_number
from stopcheck.boot.partly import OneWord, Partly, count
from stopcheck.boot.shell import forks, hearing
from stopcheck.boot.shell.arithmetic import ConstantFault, UnsetError
from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.frames import CallEnd, Resume, SourceEnd
from stopcheck.boot.shell.scope import Scope
from stopcheck.boot.world import DESCRIPTORS
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.records import replace

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import CommandSubstitution, ProcessSubstitution


def scope(shell: Shell, world: World | None = None, process: Process | None = None) -> Scope:
    """What expansion may ask."""

    def variable(name: str) -> Field | None:
        if name == "$":
            return str(shell.origin.root or (process.pid if process is not None else 1))
        if name == "BASHPID" and shell.row.name in {"bash", "mksh"}:
            return str(process.pid) if process is not None else Unknown("$BASHPID")
        if name in {"UID", "EUID"} and process is not None and shell.row.bash_syntax:
            return user_number(process.user)
        if name == "PPID":
            return str(process.ppid) if process is not None else None
        if name == "HOME" and name not in shell.variables and process is not None:
            return home(shell.machine.image, process.user)
        if name == "PWD" and process is not None and "PWD" not in shell.variables:
            return process.folder()
        return value_of(shell, name)

    made: list[str] = []
    return Scope(
        variable,
        lambda: shell.args,
        lambda name, value: _assign_expanding(shell, name, value),
        lambda part: _substitute(shell, part, world, process),
        lambda part: _process_substitution(shell, part, world, process, made),
        lambda name: _array(shell, name),
        lambda groups: _keep_match(shell, groups),
        shell.row.plain,
        "u" in shell.options,
        shell.row.name == "bash",
        shell.row.name != "zsh"
        or not shell.options.isdisjoint({"y", "shwordsplit"})
        or "emulate" in shell.text.span.source.text,
        shell.row.dialect != "busybox",
    )


def _substitute(shell: Shell, part: CommandSubstitution, world: World | None, process: Process | None) -> Field:
    """What a `$( … )` has printed, or prints."""
    answer = shell.answer(part)
    if answer is not None:
        return answer.output
    forks.take_place(shell)
    shell.forked += 1
    if shell.row.name == "bash" and world is not None and process is not None:
        for child in world.children(process.pid):
            child.collected = child.collected or not child.alive  # it is told while it waits for the answer
    if shell.row.wait_resumes:  # what runs it is a child, too, and has ended
        shell.frames = tuple(replace(f, dead=-1) if isinstance(f, Resume) else f for f in shell.frames)
    if shell.row.child_trap and "CHLD" in shell.traps and "CHLD" not in shell.pending:
        if shell.row.child_trap != "within":
            shell.pending += ("CHLD",)
        elif world is not None and process is not None:
            hearing.receive(shell, world, process, "CHLD")
    try:
        return shell.interpreter.substitute(shell, part, world, process)
    except UnsetError:
        return ""


def _process_substitution(
    shell: Shell, part: ProcessSubstitution, world: World | None, process: Process | None, made: list[str]
) -> Field:
    """What a `<( … )` stands for, once what is in it runs; `made`: those of the same words before it."""
    answer = shell.answer(part)
    if answer is not None and world is not None:
        world.files[f"{DESCRIPTORS}{forks.HIGHEST}"] = answer.output
    elif world is not None and process is not None:
        made.append(forks.run_beside(shell, part, world, process, len(made)))
        return made[-1]
    return f"{DESCRIPTORS}{forks.HIGHEST}"


def value_of(shell: Shell, name: str) -> Field | None:
    """A parameter's value; None where it is unset."""
    match name:
        case "#":
            return count(shell.args)
        case "?":
            return shell.status if isinstance(shell.status, Unknown) else str(shell.status)
        case "!":
            if shell.last_job is None:
                return "0" if shell.row.name in {"zsh", "yash"} else None
            return str(shell.last_job)
        case "0":
            return shell.name
        case "-":
            return "".join(sorted(option for option in shell.options if len(option) == 1))
        case "BASH_SOURCE" if shell.row.name == "bash" and shell.mode != "command":
            return _source(shell)
        case "BASH_SUBSHELL" if shell.row.name == "bash":
            return str(shell.origin.depth)
        case "BASH_VERSION":
            return "5.2.15(1)-release" if shell.row.name == "bash" else None
        case "OSTYPE" if shell.row.name == "bash":
            return Partly("$OSTYPE", None, "linux")
        case "HOSTTYPE" | "MACHTYPE" | "SHLVL" | "PIPESTATUS" if shell.row.name == "bash":
            return Unknown(f"${name}")
        case "RANDOM" | "SECONDS" | "HOSTNAME" | "LINENO" | "EPOCHSECONDS":
            return Unknown(f"${name}")
    if (number := numeral(name)) is not None:
        index = number - 1
        several = (word for word in shell.args[: index + 1] if isinstance(word, Unknown))
        doubt = next((word for word in several if not isinstance(word, OneWord)), None)
        return doubt or (shell.args[index] if index < len(shell.args) else None)
    if name in shell.variables:
        return shell.variables[name]
    if name in shell.arrays:
        return shell.arrays[name].get("0")
    setter = shell.opened or shell.renamed
    if setter:
        return Unknown(f"whether {setter} sets ${name}")
    shell.machine.asked[name] = None
    return None


def _source(shell: Shell) -> Field:
    """The file that the current command stands in."""
    sources = (frame.path for frame in reversed(shell.frames) if isinstance(frame, SourceEnd))
    return next(sources, shell.name)


def _array(shell: Shell, name: str) -> Array | None:
    """An array; None where there is none. bash's FUNCNAME has the calls, the innermost first."""
    if name == "FUNCNAME" and shell.row.name == "bash":
        calls = [frame for frame in reversed(shell.frames) if isinstance(frame, (CallEnd, SourceEnd))]
        if not any(isinstance(frame, CallEnd) for frame in calls):
            return None
        names = ("source" if isinstance(frame, SourceEnd) else frame.name for frame in calls)
        return Array().extended((*names, "main") if shell.mode != "command" else tuple(names))
    if name == "PIPESTATUS" and shell.piped and shell.row.name == "bash":
        return Array().extended(each if isinstance(each, Unknown) else str(each) for each in shell.piped)
    if name == "BASH_VERSINFO" and shell.row.name == "bash" and name not in shell.arrays:
        return Array().extended(("5", "2", "15", "1", "release"))
    return shell.arrays.get(name)


def _keep_match(shell: Shell, groups: tuple[Field, ...] | None) -> None:
    matched = Unknown("what a text matched") if groups is None else Array().extended(groups)
    shell.assign_array("BASH_REMATCH", matched)


def _assign_expanding(shell: Shell, name: str, value: Field) -> None:
    if name in shell.constants:
        raise ConstantFault(name)
    shell.assign(name, value)
