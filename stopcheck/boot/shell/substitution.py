"""Command substitution: the few commands whose output the files decide."""

from __future__ import annotations

import posixpath

from stopcheck.boot.accounts import ROOT, user_number
from stopcheck.boot.lookup import find_file
from stopcheck.boot.pid_files import number_of
from stopcheck.boot.programs.killers import pattern_of
from stopcheck.boot.programs.program import UNTOLD, Program
from stopcheck.boot.shell.environment import asks_for_unset
from stopcheck.boot.shell.frames import TrapEnd
from stopcheck.boot.shell.words import Partly, expand_text, expand_words
from stopcheck.boot.world import folder_named
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import find_program
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.syntax.shell.tree import CommandSubstitution


LONGEST = 99
"""So far does `seq` count in a trap that waits for a service."""
COMM = 15
"""Characters of a program's name that the kernel keeps (proc(5)), and pgrep compares."""


_COUNTED_JOBS = regex(r"jobs\s+-(?:rp|pr|r)\s*\|\s*wc\s+-l")


def substitute(shell: Shell, part: CommandSubstitution, world: World | None, process: Process | None) -> Field:
    """The output of `$( … )`; Unknown for all that is not plainly told by its words."""
    unknown = Unknown(f"the output of `{_shortened(part.span.text)}`", part.span)
    items = part.body.items
    if not items:
        return ""
    if process is None or world is None or any(item.background for item in items):
        return unknown
    if asks_for_unset(shell, part.body, world, process):
        return ""
    if shell.row.name == "bash" and _COUNTED_JOBS.fullmatch(part.body.span.text.strip()):
        return str(sum(bool(world.living(job.pids)) for job in shell.jobs if not job.foreground))
    cwd = process.cwd
    lines: list[str] = []
    for item in items:
        printed = False
        for operator, pipeline in (("", item.command.first), *item.command.rest):
            command = pipeline.commands[0]
            if len(pipeline.commands) != 1 or not isinstance(command, SimpleCommand):
                return unknown
            away = _goes_to(command)
            if away not in {"", "/dev/null"} or (command.assignments and not command.words):
                return unknown
            words = expand_words(shell.aside(world, process), command.words, shell.row.bash_syntax)
            if any(isinstance(word, Unknown) for word in words):
                return unknown
            texts = [str(word) for word in words]
            if texts[:1] == ["cd"] and len(texts) == 2:
                cwd = clean(posixpath.join(cwd, texts[1]))
                continue
            output = _printed(shell, command, texts, cwd, world, process, unknown)
            if isinstance(output, Unknown):
                return output
            if operator == "||" and printed:
                lines.pop()
            printed = texts not in (["true"], [":"]) and not away
            if printed:
                lines.append(output)
    return "\n".join(lines).rstrip("\n")


def _goes_to(command: SimpleCommand) -> str | None:
    """Where its output goes if not into the substitution, as far as it is told; "" where it goes there."""
    for each in command.redirections:
        if each.operator[0] in "&>" and (each.descriptor or "1") == "1":
            return each.target.literal
    return ""


def _printed(
    shell: Shell, command: SimpleCommand, texts: list[str], cwd: str, world: World, process: Process, unknown: Unknown
) -> Field:
    if not texts:
        source = command.redirections[0].target if command.redirections else None
        path = "" if source is None else expand_text(shell.aside(world, process), source)
        return path if path == "" or isinstance(path, Unknown) else _file(shell, world, cwd, path)
    if texts == ["envsubst"] and command.redirections and command.redirections[0].operator == "<<<":
        output = expand_text(shell.aside(world, process), command.redirections[0].target)
        return unknown if isinstance(output, Unknown) or "$" in output else output
    return unknown if texts[0] in shell.functions else _output(shell, texts, cwd, world, process, unknown)


def _output(shell: Shell, words: list[str], cwd: str, world: World, process: Process, unknown: Unknown) -> Field:
    name, arguments = words[0], [word for word in words[1:] if word != "--"]
    if name in {"pgrep", "pidof", "ps"} and find_file(shell.machine.image, name, process.cwd, process.env) is None:
        return ""
    plain = [word for word in arguments if not word.startswith("-")]
    letters = {letter for word in arguments if word.startswith("-") for letter in word[1:]}
    alive = [other for other in world.processes.values() if other.alive]
    match name:
        case "pwd":
            return folder_named(cwd)
        case "echo":
            return " ".join(word for word in arguments if word != "-n")
        case "printf" if arguments and arguments[0] in {"%s", "%s\\n"}:
            return "".join(arguments[1:])
        case "dirname" if len(plain) == 1:
            return posixpath.dirname(plain[0]) or "."
        case "basename" if 1 <= len(plain) <= 2:
            text = posixpath.basename(plain[0].rstrip("/"))
            return text.removesuffix(plain[1]) if len(plain) == 2 else text
        case "readlink" | "realpath" if len(plain) == 1:
            path = clean(posixpath.join(cwd, plain[0]))
            file = shell.machine.image.files.lookup(path)
            return path if file is None or isinstance(file, Unknown) else file.path
        case "whoami":
            return process.user if process.user not in ROOT else "root"
        case "id" if arguments == ["-u"]:
            return user_number(process.user)
        case "id" if arguments in (["-un"], ["-nu"], ["-u", "-n"], ["-n", "-u"]):
            return process.user if process.user not in ROOT else "root"
        case "id" if arguments == ["-g"] and process.user in ROOT:
            return "0"
        case "jobs" if "r" in letters and shell.row.name not in {"bash", "yash", "zsh"}:
            return ""  # they have no such option, and complain
        case "jobs" if "p" in letters:
            if shell.row.name == "yash" and "m" not in shell.options:
                return "\n".join("0" for job in shell.jobs if world.living(job.pids))  # the group that it has not made
            if not shell.row.jobs_p:
                return unknown if shell.row.name == "yash" else ""
            if shell.row.name == "busybox":  # the newest first, and those that have ended as long as they have a place
                return "\n".join(str(job.pids[0]) for job in reversed(shell.jobs))
            if shell.row.name == "bash":  # those that have ended, too, until it has told of them
                kept = [job for job in shell.jobs if not job.waited and ("r" not in letters or world.living(job.pids))]
                return unknown if any(job.doubtful for job in kept) else "\n".join(str(job.pids[0]) for job in kept)
            return "\n".join(str(job.pids[0]) for job in shell.jobs if world.living(job.pids))
        case "jobs" if shell.row.name == "dash":
            return ""  # what runs it has no jobs
        case "jobs" if shell.row.name == "bash" and arguments in ([], ["-r"]):
            listed = [job for job in shell.jobs if world.living(job.pids) or not (letters or job.waited)]
            if listed and all(job.doubtful for job in listed):
                return unknown
            return Partly(unknown.reason, unknown.span, "[") if listed else ""
        case "pgrep" if len(plain) == 1 and not set(arguments) & {"-f", "-P", "-u", "-x"}:
            return _pids(world, _one_of(arguments, [p for p in alive if plain[0] in p.program[:COMM]]), unknown)
        case "pgrep" if len(arguments) == 2 and arguments[0] == "-P" and plain:
            numbers = _pids(world, (p for p in alive if str(p.ppid) == plain[0]), unknown)
            # In a trap bash forks once more for what it asks, and pgrep finds what has forked it: by then that is gone.
            asks = numbers == "" and shell.row.name == "bash" and plain[0] == str(shell.root or process.pid)
            return str(world.next_pid) if asks and any(isinstance(f, TrapEnd) for f in shell.frames) else numbers
        case "pidof" | "pgrep" if (plain and name == "pidof") or "-x" in arguments:
            numbers = _pids(
                world, (p for p in alive if p.program in (plain if name == "pidof" else plain[:1])), unknown
            )
            return numbers.replace("\n", " ") if isinstance(numbers, str) and name == "pidof" else numbers
        case "pgrep" if len(plain) == 1 and arguments[0] == "-f" and len(arguments) == 2:
            # Its own shell may be among them, for what is in the name of its script, or in its text.
            told = (p for p in alive if pattern_of(plain[0]).search(" ".join(map(str, p.argv))))
            return _pids(world, _one_of(arguments, list(told)), unknown)
        case "ps" if (parent := _parent_asked(arguments)) and shell.machine.image.base.sh != "busybox":
            numbers = _pids(world, (p for p in alive if str(p.ppid) == parent), unknown)
            # It finds itself, too, where this shell has started it, and in a trap what has forked it.
            own = [str(world.next_pid)] if parent == str(process.pid) else []
            return numbers if isinstance(numbers, Unknown) else "\n".join([*filter(None, [numbers]), *own])
        case "ps" if _parent_asked(arguments):
            return ""  # busybox has no such option, and complains
        case "cat" if len(plain) == 1:
            content = _file(shell, world, cwd, plain[0], unknown)
            pid_file = isinstance(content, Unknown) and plain[0].endswith(".pid")
            number = number_of(world, posixpath.basename(plain[0])[:-4]) if pid_file else None
            return content if number is None else number
        case "type" if "-t" in arguments and len(plain) == 1:
            return _kind(shell, process, plain[0])
        case "which" | "command" | "type" if len(plain) == 1 and plain[0].rsplit("/", 1)[-1]:
            return _whereabouts(shell, process, plain[0])
        case "true" | ":" | "false":
            return ""
        case "seq" if world.stopping and 1 <= len(plain) <= 2 and all(word.isdigit() for word in arguments):
            first, last = (1, int(plain[0])) if len(plain) == 1 else (int(plain[0]), int(plain[1]))
            return unknown if last - first > LONGEST else "\n".join(map(str, range(first, last + 1)))
    row = find_program(name)
    return row.prints if row is not None and row.prints else unknown


def _kind(shell: Shell, process: Process, name: str) -> Field:
    """What `type -t` says of a name."""
    from stopcheck.boot.shell.builtins.find import find_builtin

    if name in shell.functions:
        return "function"
    if find_builtin(name, shell.row) is not None:
        return "builtin"
    file = find_file(shell.machine.image, name, process.cwd, {"PATH": shell.variables.get("PATH", "")})
    return Unknown(f"whether {name} is installed") if isinstance(file, Unknown) else "" if file is None else "file"


def _whereabouts(shell: Shell, process: Process, name: str) -> str:
    """What `command -v` prints, of a program that may be there: where CMD has it, or where it would be."""
    from stopcheck.boot.shell.builtins.find import find_builtin

    if "/" in name or name in shell.functions or find_builtin(name, shell.row) is not None:
        return name
    search = shell.variables.get("PATH", "")
    file = find_file(shell.machine.image, name, process.cwd, {"PATH": search})
    if not isinstance(file, Unknown):
        return "" if file is None else file.path
    folders = ["/usr/bin", *(search.split(":") if isinstance(search, str) else ())]
    places = [posixpath.join(folder, name) for folder in folders if folder.startswith("/")]
    starts = [start for start in (shell.machine.image.entrypoint, shell.machine.image.cmd) if start is not None]
    told = {word for start in starts if not isinstance(start, Unknown) for word in start.argv if isinstance(word, str)}
    places.sort(key=lambda place: place not in told)
    return next((place for place in places if isinstance(shell.machine.image.files.lookup(place), Unknown)), name)


def _parent_asked(words: list[str]) -> str:
    """The process whose children `ps -o pid= --ppid PID` lists; "" where it is asked for something else."""
    text = " ".join(words)
    match = regex(r"(?:-o pid= --ppid[= ](\d+)|--ppid[= ](\d+) -o pid=)").fullmatch(text)
    return "" if match is None else match[1] or match[2]


def _one_of(arguments: list[str], found: list[Process]) -> list[Process]:
    """`pgrep -n`, `pgrep -o`: the newest of them, the oldest."""
    return found[-1:] if "-n" in arguments else found[:1] if "-o" in arguments else found


def _pids(world: World, found: Iterable[Process], unknown: Unknown) -> Field:
    """The numbers of the processes; not known where none is found, and one stands that nobody knows what it starts."""
    numbers = "\n".join(str(process.pid) for process in found)
    bodies = [process.body for process in world.processes.values() if process.alive]
    untold = any((isinstance(body, Program) and body.row.role in UNTOLD) or _is_new(body) for body in bodies)
    return unknown if untold and not numbers else numbers


def _is_new(body: Body) -> bool:
    """Whether it is a part of a script that has not begun: what it becomes may be found a moment later."""
    return getattr(body, "mode", "") == "subshell" and getattr(body, "blocked", None) is None


def _file(shell: Shell, world: World, cwd: str, path: str, unknown: Unknown | None = None) -> Field:
    path = clean(posixpath.join(cwd, path))
    if path in world.files:
        return world.files[path]
    file = shell.machine.image.files.lookup(path)
    if file is None or isinstance(file, Unknown) or not isinstance(file.content, SourceFile):
        return unknown or Unknown(f"the content of {path}")
    return file.content.text.rstrip("\n") if len(file.content.text) < 4096 else Unknown(f"the content of {path}")


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"
