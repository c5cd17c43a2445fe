"""What a command prints that a `$( … )` asks for, as far as its words and the processes that there are tell it."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.program import UNTOLD, Program
from stopcheck.boot.files.accounts import ROOT, user_number
from stopcheck.boot.files.pid_files import number_of
from stopcheck.boot.lookup import find_file, lacks_language
from stopcheck.boot.partly import Partly
from stopcheck.boot.shell.frames import TrapEnd
from stopcheck.boot.world import folder_named
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import find_program
from stopcheck.model import Unknown
from stopcheck.records import dataclass
from stopcheck.regex import pattern_of, regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.shell.frames import Job
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Body, Field, Process, World

LONGEST = 99
"""So far does `seq` count in a trap that waits for a service."""
COMM = 15
"""Characters of a program's name that the kernel keeps (proc(5)), and pgrep compares."""


_FORMAT = regex(r"(?:[^%\\]|%[sd])*(?:\\n)?")
"""A format of printf(1) that says nothing of widths."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command in a substitution: its words, its working folder, and what is said of an output that is not known."""

    shell: Shell
    world: World
    process: Process
    words: list[str]
    cwd: str
    unknown: Unknown

    @property
    def arguments(self) -> list[str]:
        """All words behind its name but `--`."""
        return [word for word in self.words[1:] if word != "--"]

    @property
    def plain(self) -> list[str]:
        """Those that are no options."""
        return [word for word in self.arguments if not word.startswith("-")]

    @property
    def letters(self) -> set[str]:
        """Those of its options."""
        return {letter for word in self.arguments if word.startswith("-") for letter in word[1:]}

    @property
    def alive(self) -> list[Process]:
        """The processes that it can find."""
        return [other for other in self.world.processes.values() if other.alive]


def printed(asked: Asked) -> Field:
    """The output, with its last line end."""
    shell, process = asked.shell, asked.process
    name, plain = asked.words[0], asked.plain
    if name in {"pgrep", "pidof", "ps"} and find_file(shell.machine.image, name, process.cwd, process.env) is None:
        return ""
    match name:
        case "jobs":
            told = _jobs(asked)
        case "pgrep":
            told = _pgrep(asked)
        case "pidof" if plain:
            told = _spaced(_pids(asked, [p for p in asked.alive if p.program in plain]))
        case "ps" if parent := _parent_asked(asked.arguments):
            told = _children(asked, parent)
        case "cat" if len(plain) == 1:
            told = _cat(asked)
        case "whoami" | "id":
            told = _user(asked)
        case "type" if "-t" in asked.arguments and len(plain) == 1:
            told = _kind(shell, process, plain[0])
        case "which" | "command" | "type" if len(plain) == 1 and plain[0].rsplit("/", 1)[-1]:
            told = _whereabouts(shell, process, plain[0])
        case _:
            told = _text(asked)
    if told is not None:
        return told
    row = find_program(name)
    return row.prints if row is not None and row.prints else asked.unknown


def _text(asked: Asked) -> Field | None:
    """Of a command that works on its words alone."""
    arguments, plain = asked.arguments, asked.plain
    match asked.words[0]:
        case "pwd":
            return folder_named(asked.cwd)
        case "echo":
            return " ".join(word for word in arguments if word != "-n")
        case "printf" if arguments and arguments[0] in {"%s", "%s\\n"}:
            return "".join(arguments[1:])
        case "printf" if (
            arguments and _FORMAT.fullmatch(arguments[0]) and len(arguments) == 1 + arguments[0].count("%")
        ):
            return arguments[0].removesuffix("\\n").replace("%d", "%s") % tuple(arguments[1:])
        case "dirname" if len(plain) == 1:
            return posixpath.dirname(plain[0]) or "."
        case "basename" if 1 <= len(plain) <= 2:
            text = posixpath.basename(plain[0].rstrip("/"))
            return text.removesuffix(plain[1]) if len(plain) == 2 else text
        case "readlink" | "realpath" if len(plain) == 1:
            path = clean(posixpath.join(asked.cwd, plain[0]))
            file = asked.shell.machine.image.files.lookup(path)
            return path if file is None or isinstance(file, Unknown) else file.path
        case "true" | ":" | "false":
            return ""
        case "seq" if asked.world.stopping and 1 <= len(plain) <= 2 and all(word.isdigit() for word in arguments):
            first, last = (1, int(plain[0])) if len(plain) == 1 else (int(plain[0]), int(plain[1]))
            return asked.unknown if last - first > LONGEST else "\n".join(map(str, range(first, last + 1)))
    return None


def _user(asked: Asked) -> Field | None:
    """`whoami`, `id -u`."""
    user, arguments = asked.process.user, asked.arguments
    if asked.words[0] == "whoami" or arguments in (["-un"], ["-nu"], ["-u", "-n"], ["-n", "-u"]):
        return user if user not in ROOT else "root"
    if arguments == ["-u"]:
        return user_number(user)
    return "0" if arguments == ["-g"] and user in ROOT else None


def _jobs(asked: Asked) -> Field | None:
    """`jobs`, of which only whether it prints anything is known, and `jobs -p`: whose numbers each shell prints."""
    shell, arguments, letters = asked.shell, asked.arguments, asked.letters
    living = [job for job in shell.jobs if asked.world.living(job.pids)]
    if "r" in letters and shell.row.name not in {"bash", "yash", "zsh"}:
        return ""  # they have no such option, and complain
    if "p" in letters:
        if shell.row.name == "yash" and "m" not in shell.options:
            return "\n".join("0" for _ in living)  # the group that it has not made
        if not shell.row.jobs_p:
            return asked.unknown if shell.row.name == "yash" else ""
        if shell.row.name == "busybox":  # the newest first, and those that have ended as long as they have a place
            return "\n".join(str(job.pids[0]) for job in reversed(shell.jobs))
        if shell.row.name == "bash":
            kept = living if "r" in letters else known_below(shell, asked.world)
            kept = [job for job in kept if not job.waited]
            return asked.unknown if any(job.doubtful for job in kept) else "\n".join(str(job.pids[0]) for job in kept)
        return "\n".join(str(job.pids[0]) for job in living)
    if shell.row.name == "dash":
        return ""  # what runs it has no jobs
    if shell.row.name != "bash" or arguments not in ([], ["-r"]):
        return None
    listed = living if letters else [job for job in shell.jobs if job in living or not job.waited]
    if listed and all(job.doubtful for job in listed):
        return asked.unknown
    return Partly(asked.unknown.reason, asked.unknown.span, "[") if listed else ""


def known_below(shell: Shell, world: World) -> list[Job]:
    """The jobs that what bash forks for a `$( … )` or `<( … )` knows: those that run, and `$!` (measured with 5.2)."""
    return [job for job in shell.jobs if world.living(job.pids) or shell.last_job in job.pids]


def _pgrep(asked: Asked) -> Field | None:
    """The numbers of the processes by their name, their parent, or the text of their command."""
    shell, world, arguments, plain = asked.shell, asked.world, asked.arguments, asked.plain
    if len(plain) == 1 and not set(arguments) & {"-f", "-P", "-u", "-x"}:
        return _pids(asked, _one_of(arguments, [p for p in asked.alive if plain[0] in p.program[:COMM]]))
    if len(arguments) == 2 and arguments[0] == "-P" and plain:
        numbers = _pids(asked, [p for p in asked.alive if str(p.ppid) == plain[0]])
        # In a trap bash forks once more for what it asks, and pgrep finds what has forked it: by then that is gone.
        asks = numbers == "" and shell.row.name == "bash" and plain[0] == str(shell.origin.root or asked.process.pid)
        return str(world.next_pid) if asks and any(isinstance(f, TrapEnd) for f in shell.frames) else numbers
    if len(arguments) == 4 and {"-P", "-x"} <= set(arguments):
        parent = arguments[arguments.index("-P") + 1]
        name = next(word for word in plain if word != parent)
        return _pids(asked, [p for p in asked.alive if str(p.ppid) == parent and p.program == name])
    if "-x" in arguments:
        return _pids(asked, [p for p in asked.alive if p.program in plain[:1]])
    if len(plain) == 1 and arguments[0] == "-f" and len(arguments) == 2:
        # Its own shell may be among them, for what is in the name of its script, or in its text.
        pattern = pattern_of(plain[0])
        return _pids(asked, [p for p in asked.alive if pattern.search(" ".join(map(str, p.argv)))])
    return None


def _children(asked: Asked, parent: str) -> Field:
    """`ps --ppid`: busybox has no such option, and complains."""
    if asked.shell.machine.image.base.sh == "busybox":
        return ""
    numbers = _pids(asked, [p for p in asked.alive if str(p.ppid) == parent])
    # It finds itself, too, where this shell has started it, and in a trap what has forked it.
    own = [str(asked.world.next_pid)] if parent == str(asked.process.pid) else []
    return numbers if isinstance(numbers, Unknown) else "\n".join([*filter(None, [numbers]), *own])


def _cat(asked: Asked) -> Field:
    """A file's content; that of a PID file by the name of the program that writes it."""
    path = asked.plain[0]
    content = file_text(asked.shell, asked.world, asked.cwd, path, asked.unknown)
    named = isinstance(content, Unknown) and path.endswith(".pid")
    number = number_of(asked.world, posixpath.basename(path)[:-4]) if named else None
    return content if number is None else number


def _spaced(numbers: Field) -> Field:
    return numbers.replace("\n", " ") if isinstance(numbers, str) else numbers


def _kind(shell: Shell, process: Process, name: str) -> Field:
    """What `type -t` says of a name."""
    if name in shell.functions:
        return "function"
    if shell.interpreter.has_builtin(name, shell.row):
        return "builtin"
    file = find_file(shell.machine.image, name, process.cwd, {"PATH": shell.variables.get("PATH", "")})
    return Unknown(f"whether {name} is installed") if isinstance(file, Unknown) else "" if file is None else "file"


def _whereabouts(shell: Shell, process: Process, name: str) -> str:
    """What `command -v` prints, of a program that may be there: where CMD has it, or where it would be."""
    if "/" in name or name in shell.functions or shell.interpreter.has_builtin(name, shell.row):
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
    image = shell.machine.image
    maybe = (place for place in places if isinstance(image.files.lookup(place), Unknown))
    return next((place for place in maybe if not lacks_language(image, place)), name)


def _parent_asked(words: list[str]) -> str:
    """The process whose children `ps -o pid= --ppid PID` lists; "" where it is asked for something else."""
    text = " ".join(words)
    match = regex(r"(?:-o pid= --ppid[= ](\d+)|--ppid[= ](\d+) -o pid=)").fullmatch(text)
    return "" if match is None else match[1] or match[2]


def _one_of(arguments: list[str], found: list[Process]) -> list[Process]:
    """`pgrep -n`, `pgrep -o`: the newest of them, the oldest."""
    return found[-1:] if "-n" in arguments else found[:1] if "-o" in arguments else found


def _pids(asked: Asked, found: list[Process]) -> Field:
    """The numbers of the processes; not known where none is found, and one stands that nobody knows what it starts."""
    numbers = "\n".join(str(process.pid) for process in found)
    bodies = [process.body for process in asked.alive]
    untold = any((isinstance(body, Program) and body.row.role in UNTOLD) or _is_new(body) for body in bodies)
    return asked.unknown if untold and not numbers else numbers


def _is_new(body: Body) -> bool:
    """Whether it is a part of a script that has not begun: what it becomes may be found a moment later."""
    return getattr(body, "mode", "") == "subshell" and getattr(body, "blocked", None) is None


def file_text(shell: Shell, world: World, cwd: str, path: str, unknown: Unknown | None = None) -> Field:
    """What a file has in it, without its last line ends; `unknown` says why not."""
    path = clean(posixpath.join(cwd, path))
    if path in world.files:
        return world.files[path]
    file = shell.machine.image.files.lookup(path)
    if file is None or isinstance(file, Unknown) or not isinstance(file.content, SourceFile):
        return unknown or Unknown(f"the content of {path}")
    return file.content.text.rstrip("\n") if len(file.content.text) < 4096 else Unknown(f"the content of {path}")
