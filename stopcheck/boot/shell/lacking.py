"""Commands of a script that want what is surely not there, and fail."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import ROOT, is_nobody
from stopcheck.boot.files.made import is_nowhere, is_unseen, missing_file, missing_folder
from stopcheck.boot.listening import is_own, may_listen
from stopcheck.boot.shell.arithmetic import ArithmeticFault, evaluate
from stopcheck.boot.shell.redirections import closes
from stopcheck.boot.shell.refused import strays
from stopcheck.boot.shell.words import expand_text, expand_words
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import (
    OUTPUTS,
    ArithmeticExpansion,
    CommandSubstitution,
    Parameter,
    ProcessSubstitution,
    SimpleCommand,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import Command, Redirection, Word

_GIVE_TERMINAL = frozenset(
    {"script", "unbuffer", "dtach", "screen", "tmux", "su", "runuser", "sudo", "socat", "expect"}
)
"""Programs that may give what they start a terminal of its own; an engine gives none where it is not told to."""
_SOURCES = {"cat": (0, None), "chmod": (1, None), "chown": (1, None), "cp": (0, -1), "ls": (0, None), "mv": (0, -1),
            "rm": (0, None), "rmdir": (0, None), "touch": (0, None), "ln": (-1, None)}  # fmt: skip
"""Programs that want some of their words to be there, as a slice of those that are no options."""


def _unfound(machine: Machine, world: World, process: Process, words: Sequence[Field]) -> str:
    """What a program wants that is surely not there, or wants to make that is; "" for nothing."""
    if any(isinstance(word, Unknown) for word in words):
        return ""
    name, *rest = (str(word) for word in words)
    options = {letter for word in rest if word[:1] == "-" for letter in (word[2:3] if word[:2] == "--" else word[1:])}
    paths = [clean(posixpath.join(process.cwd, word)) for word in rest if word and word[0] != "-"]
    if name == "mkdir":
        made = paths if not options else []
        above = (posixpath.dirname(path) for path in made)
        there = next((path for path in made if _is_folder(machine, world, path)), "")
        return there or next((path for path in above if path != "/" and is_nowhere(machine, world, path)), "")
    if name in {"touch", "ln"} and paths:
        made = paths[-1:] if name == "ln" else [] if "c" in options else paths
        return next(
            (path for path in map(posixpath.dirname, made) if path != "/" and is_nowhere(machine, world, path)), ""
        )
    if name == "chown":
        owner = next((word.partition(":")[0] for word in rest if word[:1] != "-"), "")
        if is_nobody(machine.image, owner) and not any(owner in process.argv for process in world.processes.values()):
            return owner
    if name not in _SOURCES or options & {"f", "t", "T", "q", "s"} or "--" in rest or "-" in rest:
        return ""
    first, last = _SOURCES[name]
    named = [path for path in paths[first:last] if not _WILDCARDS & set(path)]
    return next((path for path in named if path.startswith("/") and is_nowhere(machine, world, path)), "")


def _is_folder(machine: Machine, world: World, path: str) -> bool:
    return path in world.folders or machine.image.files.kind(path) == "folder"


_WILDCARDS = frozenset("*?[")


def cannot_find(call: Call) -> bool:
    """Whether a program wants what is surely not there: it complains, and ends with a status of its own."""
    shell, world, process = call.shell, call.world, call.process
    path = _unfound(shell.machine, world, process, call.words)
    if not path:
        return shell.tested() and _may_lack(call)
    relative = any(isinstance(word, str) and word[:1] not in {"-", "/"} for word in call.words[1:])
    if relative and call.words[0] != "chown" and strays(call.node.span.source.text):
        return False
    status = 2 if call.words[0] == "ls" and shell.machine.image.base.sh != "busybox" else 1
    there = call.words[0] == "mkdir" and _is_folder(shell.machine, world, path)
    reason = f"{path} is there already" if there else f"there is no {path}"
    world.note_failure("cannot-open", process, Failure(status, reason, "argument", path), call.node.span)
    shell.set_status(status)
    return True


def _may_lack(call: Call) -> bool:
    """Whether `rm` is asked to remove what only something that has run may have made: its status tells of that."""
    shell, world = call.shell, call.world
    if call.words[0] != "rm" or len(call.words) != 2 or not isinstance(call.words[1], str):
        return False
    path = call.words[1]
    if not path.startswith("/") or _WILDCARDS & set(path) or not is_unseen(shell.machine, world, path):
        return False
    shell.set_status(Unknown(f"whether {path} exists", call.node.span))
    return True


def surely_makes(call: Call) -> bool:
    """Whether all folders that a plain `mkdir` names are surely not there yet, and what they are to stand in is."""
    machine, world, process = call.machine, call.world, call.process
    words = [word for word in call.arguments if isinstance(word, str) and word[:1] not in {"-", ""}]
    if process.user not in ROOT or not words or len(words) < len(call.arguments):
        return False
    paths = [clean(posixpath.join(process.cwd, word)) for word in words]
    above = map(posixpath.dirname, paths)
    there = all(path in {"/", "/tmp"} or _is_folder(machine, world, path) for path in above)
    return there and all(is_nowhere(machine, world, path) for path in paths)


def cannot_open(shell: Shell, redirections: Iterable[Redirection], world: World, process: Process) -> bool:
    """Whether one of these redirections surely cannot be made, which the story then tells."""
    if not shell.row.open_error:
        return False
    before = set(_open(world, process))
    for each in redirections:
        if _is_closed(shell, each, before):
            world.note_failure("cannot-open", process, Failure(1, f"`{each.span.text}`: it is not open"), each.span)
            return True
        if _is_unopened(shell, each, world, process):
            path = expand_text(shell.scope(world, process), each.target)
            named = each.target.span.text if isinstance(path, Unknown) else path
            there = isinstance(path, Unknown) or clean(posixpath.join(process.cwd, path)) in world.files
            tell(world, process, named, each.span, kept=there and _keeps(shell, each))
            return True
        (before.discard if closes(each) else before.add)(each.descriptor or "1")
    return False


def _open(world: World, process: Process) -> frozenset[str]:
    """The descriptors that may be open: a container starts with three."""
    return (world.descriptors | {"0", "1", "2"}) - process.closed


def fails(shell: Shell, command: Command, world: World, process: Process) -> bool:
    """Whether a command surely fails: for want of a folder or a file, or because of an expansion that is an error."""
    redirections = getattr(command, "redirections", ())
    opened = {each.descriptor or "1" for each in redirections if not closes(each)} | _open(world, process)
    if shell.row.open_error and any(
        _is_unopened(shell, each, world, process) or _is_closed(shell, each, opened) for each in redirections
    ):
        return True
    if not isinstance(command, SimpleCommand):
        return False
    scope = shell.aside(world, process)
    for word in (*command.words, *(assignment.value for assignment in command.assignments)):
        for part in word.parts:
            if isinstance(part, ArithmeticExpansion):
                try:
                    evaluate(scope, part.text)
                except ArithmeticFault:
                    return True
            elif isinstance(part, Parameter) and part.operator in {"?", ":?"} and not scope.variable(part.name):
                return True
    named = command.words[0].literal if command.words else None
    if named in _SOURCES and named not in shell.functions and not any(map(_is_asked, command.words)):
        words = expand_words(scope, command.words, shell.row.bash_syntax)
        return bool(_unfound(shell.machine, world, process, words))
    if (
        not shell.row.cd_error
        or len(command.words) != 2
        or command.words[0].literal != "cd"
        or _is_asked(command.words[1])
    ):
        return False
    path = expand_text(scope, command.words[1])
    return isinstance(path, str) and missing_folder(shell.machine, world, clean(posixpath.join(process.cwd, path)))


def tell(world: World, process: Process, path: str, span: Span | None, *, kept: bool = False) -> None:
    """Keep what was not there; `kept`: or what is there, and may not be written over."""
    reason = f"there is no {path}" if path else "an empty name is that of no file"
    reason = f"nobody listens at {path}" if path.startswith("/dev/tcp/") else reason
    reason = f"{path} is there already, and `set -C` keeps it" if kept else reason
    world.note_failure("cannot-open", process, Failure(1, reason, "argument", path), span)


def _is_closed(shell: Shell, redirection: Redirection, opened: Collection[str]) -> bool:
    """Whether it leads to a descriptor that nothing has opened, or that was closed."""
    number = redirection.target.literal or ""
    told = redirection.operator in {">&", "<&"} and len(number) == 1 and number.isdigit()
    return told and not shell.opened and number not in opened


def _is_unopened(shell: Shell, redirection: Redirection, world: World, process: Process) -> bool:
    operator, target = redirection.operator, redirection.target
    if _is_asked(target) or (operator not in OUTPUTS and operator not in {"<", "<>"}):
        return False
    path = expand_text(shell.scope(world, process), target)
    if isinstance(path, str) and path.startswith(("/dev/tcp/", "/dev/udp/")):
        return _is_unanswered(shell, target, world)
    kept = _keeps(shell, redirection)
    if kept and isinstance(path, Unknown) and _MKTEMP.fullmatch(path.reason):
        return True
    if isinstance(path, Unknown) or (operator == ">&" and (path == "-" or path.removesuffix("-").isdecimal())):
        return False
    named = clean(posixpath.join(process.cwd, path))
    if kept and _is_file(shell.machine, world, named):
        return True
    return path == "" or _cannot(shell.machine, world, operator, named)


def _keeps(shell: Shell, redirection: Redirection) -> bool:
    """Whether it may not write over what is there."""
    return "C" in shell.options and redirection.operator in {">", "&>", ">&"}


_MKTEMP = regex(r"the output of `\$\(mktemp(?: -t)?(?: [\w/.-]*X{3,})?\)`")
"""What is not known of a file that is surely there: `set -C` keeps it."""


def _is_file(machine: Machine, world: World, path: str) -> bool:
    """Whether it is surely a file, which `set -C` keeps from being written over."""
    if path.startswith("/dev/") or path in world.fifos:
        return False
    return path in world.files or machine.image.files.kind(path) == "file"


def _is_unanswered(shell: Shell, target: Word, world: World) -> bool:
    """Whether bash surely finds nobody at `/dev/tcp/HOST/PORT`; others know no such file (bash(1): REDIRECTION)."""
    if shell.row.name != "bash":
        return True
    named = re.fullmatch(r"/dev/tcp/([^/$]+)/(.*)", target.span.text.strip("\"'"))
    return named is not None and is_own(named[1], named[2]) and not may_listen(world)


def _cannot(machine: Machine, world: World, operator: str, path: str) -> bool:
    if path == "/dev/tty":
        # A container has no terminal unless it is asked for one.
        return not any(process.program in _GIVE_TERMINAL for process in world.processes.values())
    if path.startswith(("/dev/", "/proc/", "/sys/")):
        return False
    if operator == "<":
        return missing_file(machine, world, path)
    return missing_folder(machine, world, posixpath.dirname(path)) or machine.image.files.kind(path) == "folder"


def _is_asked(word: Word) -> bool:
    return any(isinstance(part, (CommandSubstitution, ProcessSubstitution)) for part in word.parts)
