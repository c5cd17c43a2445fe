"""execve(2) on paper: from an argv and the image's files to what runs in the process."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.program import UNMARKED, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.permissions import closed_folder, is_shut_out
from stopcheck.boot.files.written import made_executable
from stopcheck.boot.grammar import split_string
from stopcheck.boot.lookup import (
    DEFAULT_PATH,
    GLIBC,
    SHELL_NAMES,
    begins_like_a_program,
    find_file,
    found_as,
    is_absent,
    is_bare,
    is_for,
    is_hidden,
    is_no_name,
    is_of_bash,
    lacks_language,
    lacks_node,
    lacks_shell,
    may_be_the_bases,
    own_script,
    waits_for_a_volume,
)
from stopcheck.boot.machine import Machine
from stopcheck.boot.programs import known
from stopcheck.boot.programs.roles import Start, is_namesake
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Edited, ImageFile, Made
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import ProgramRow, find_program, unknown_program
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.world import Body, Field, Process, World

NESTING_LIMIT = 30
MOST_WORDS = 1000
"""With which a program is started: no entrypoint needs as many."""
_BY_VARIABLE = regex(r"\$(\w+|\{\w+\})[\w./-]*")
QUESTIONS = frozenset({"--help", "--version", "-help", "-version", "-h", "-V", "help", "version", "usage"})
"""An only argument to which a program answers, and ends."""
OPAQUE_ENDINGS = (".sh", ".bash", ".run", "entrypoint", "/init")


def _as_written(process: Process) -> str:
    """How a script writes the name of the program that it starts: `${JAVA}`; "" where that is not to be seen."""
    words = process.origin.text.split() if process.origin is not None else []
    first = next((word.strip('"') for word in words if word != "exec"), "")
    return first if _BY_VARIABLE.fullmatch(first) else ""


def _refused(name: str, depth: int) -> Failure | None:
    if not name:
        return Failure(127, "an empty word names no program", "absent", name)
    if name.endswith("/"):
        return Failure(126, f"{name} is a folder", "folder", name)
    return Failure(126, f"{name} starts itself for ever") if depth > NESTING_LIMIT else None


class Loader(Machine):
    """The machine as it starts programs."""

    # --- starting a program ----------------------------------------------------------------------

    def load(
        self, world: World, process: Process, argv: tuple[Field, ...], env: Mapping[str, Field], depth: int = 0,
        search: Field | None = None,
    ) -> Body | Failure:  # fmt: skip
        """execve(2) in `process`: sets its argv and gives what runs in it; a Failure where it cannot start.

        `search`: the folders in which a shell looks for it, where those are not the PATH that it is given.
        """
        if not argv:
            return Failure(127, "nothing to run")
        if len(argv) > MOST_WORDS:  # a script that starts itself with ever more of them
            raise TooComplex(f"it starts a program with more than {MOST_WORDS:,} words")
        name = argv[0]
        process.argv, process.env = argv, env
        if isinstance(name, Unknown):
            process.program = _as_written(process) or "a program that is not known"
            return Program(ProgramRow("", role="unnamed"), self.stop_signal)
        process.program = name.rsplit("/", 1)[-1]
        refused = _refused(name, depth)
        if refused is not None:
            return refused
        search = env.get("PATH") if search is None else search
        written = self.written(world, process, name) if "/" in name else None
        file = written or find_file(self.image, name, process.cwd, {} if search is None else {"PATH": search})
        if file is None and "/" in name:
            made = world.files.get(clean(posixpath.join(process.cwd, name)))
            if isinstance(made, Unknown):  # what a script has worked on may say anything
                return self._opaque(process, "opaque", made.reason)
        elsewhere = None
        if isinstance(search, Unknown) and "/" not in name and not is_no_name(name):
            elsewhere = self._opaque(process, "absent", search.reason)
        elif waits_for_a_volume(self.image, name):
            elsewhere = self._opaque(process, "absent", "the image has no working directory and no file of its own")
        if file is None:
            return elsewhere or self._not_found(name, process.cwd, search)
        start = Start(self, world, process, ProgramRow(process.program), argv, env, depth)
        if not isinstance(file, Unknown):
            if process.user and is_shut_out(self.image, process.user, file, 1):
                why = f"{file.path} may be executed by root alone, but runs as {process.user}"
                return Failure(126, why, "unreadable", name, file)
            if isinstance(file.content, SourceFile):
                return self._load_file(start, file, file.content)
        return self._load_program(start, name, file, elsewhere)

    def _load_program(
        self, start: Start, name: str, file: ImageFile | Unknown, elsewhere: Program | None
    ) -> Body | Failure:
        """A file whose content is not in the files: what is known of it by its name, or by what made it.

        `elsewhere`: what stands for it where it may be in a folder that is not known.
        """
        world, process, image = start.world, start.process, self.image
        absent = Failure(127, f"{name} is not in the image", "absent", name)
        if process.program in SHELL_NAMES:
            if "/" in name and may_be_the_bases(file) and lacks_shell(image, name, process.cwd):
                return absent
            from stopcheck.boot.shell.invocation import start_shell

            return start_shell(self, world, process, start.argv, start.env)
        if process.program in self.programs:
            there = not isinstance(file, Unknown)
            if there or isinstance(find_file(image, name, process.cwd, {"PATH": DEFAULT_PATH}), Unknown):
                return known.run(replace(start, row=self.programs[process.program]))
            return absent
        path = file.path if not isinstance(file, Unknown) else name
        if own_script(path, image.base.execs) and len(start.argv) > 1:
            return self._become(start)
        own = own_script(path, tuple(image.base.starts))
        if own:
            argv = (*image.base.starts[own].split(), *start.argv[1:])
            return self.load(world, process, argv, start.env, start.depth + 1)
        row = find_program(name)
        if row is not None and not is_namesake(row, file):
            if (may_be_the_bases(file) and lacks_language(image, name)) or lacks_node(image, name):
                return elsewhere or absent
            return self._told_by_sources(start, row, file) or known.run(replace(start, row=row))
        if may_be_the_bases(file) and is_absent(image, name, process.cwd):
            return elsewhere or absent
        return self._stranger(start, file)

    def _told_by_sources(self, start: Start, row: ProgramRow, file: ImageFile | Unknown) -> Program | None:
        """What a service that only has the name of a known one does, where the sources it was made of tell all."""
        if row.role not in {"service", "worker"} or isinstance(file, Unknown):
            return None
        if not isinstance(file.content, Made) or not file.content.tool or not file.content.sources:
            return None
        from stopcheck.boot.programs.sources import start_made

        program = start_made(start, file.content)
        return program if program.row.otherwise == "default" else None

    def _opaque(self, process: Process, role: str, reason: str) -> Program:
        return Program(ProgramRow(process.program, role=role, instead=reason), self.stop_signal)

    def _not_found(self, name: str, cwd: str, search: Field | None) -> Failure:
        if "\r" in name:
            return Failure(127, f"{name.rstrip()!r} is not in the image (its line ends in CR LF)", "crlf", name)
        if "/" in name and self.image.files.kind(clean(posixpath.join(cwd, name))) == "folder":
            return Failure(126, f"{name} is a folder", "folder", name)
        if is_of_bash(name):
            return Failure(127, f"{name} is bash's own, and another shell runs this", "absent", name)
        if isinstance(search, str) and is_hidden(name, search):
            return Failure(127, f"{name} is looked for on PATH alone, and that is {search!r}", "path", name)
        return Failure(127, f"{name} is not in the image", "absent", name)

    def _become(self, start: Start) -> Body | Failure:
        """What a base image's own script that ends in `exec "$@"` becomes.

        A shell runs by itself what the kernel refuses.
        """
        base, argv, process = self.image.base, start.argv, start.process
        leads = isinstance(argv[1], str) and base.prepends and is_for(self.image, argv[1], process.cwd, start.env)
        own = (*base.prepends.split(), *argv[1:]) if leads else argv[1:]
        if base.needs and own[0] == base.prepends:
            from stopcheck.boot.programs.refusals import gives_up

            ended = gives_up(replace(start, row=ProgramRow(process.program), argv=own))
            if ended is not None:
                return ended
        hooks = self._hooks() if isinstance(base.cmd, tuple) and own[:1] == base.cmd[:1] else ""
        if hooks:
            return start.script(f'set -e\n{hooks}exec "$@"', arguments=own)
        started = self.load(start.world, process, own, start.env, start.depth + 1)
        if isinstance(started, Failure) and started.kind in UNMARKED and started.file:
            return self.load(start.world, process, ("/bin/sh", started.file.path, *own[1:]), start.env, start.depth + 1)
        return started

    def _hooks(self) -> str:
        """What the base image's own script runs first, of what the build has put into its folder for that."""
        folder, lines = self.image.base.hooks, ""
        for file in self.image.files.matching(f"{folder}/*.*sh") if folder else ():
            executable = isinstance(file.mode, Unknown) or file.mode & 0o111
            if executable and isinstance(file.content, SourceFile) and file.path.endswith((".sh", ".envsh")):
                lines += f"{'. ' if file.path.endswith('.envsh') else ''}{file.path}\n"
        return lines

    def _stranger(self, start: Start, file: ImageFile | Unknown) -> Body | Failure:
        """A program of which there is no knowledge: what the build made it of, or what can be said by its name."""
        name, argv = str(start.argv[0]), start.argv
        there = None if isinstance(file, Unknown) else file
        role = "unread" if name.endswith(OPAQUE_ENDINGS) and there is None else "unknown"
        if may_be_the_bases(file) and is_bare(self.image):
            role = "absent"
        reason = file.reason if isinstance(file, Unknown) else getattr(file.content, "reason", "")
        linked = ".sh is not in the build context" in reason
        edited = there is not None and isinstance(there.content, Edited)
        if edited or linked or name.endswith((".sh", ".bash", "-entrypoint")):
            role = "unread"
        if len(argv) == 2 and argv[1] in QUESTIONS:
            role = "short"
        elif there is not None and isinstance(there.content, Made) and there.content.tool:
            from stopcheck.boot.programs.sources import start_made

            return start_made(start, there.content)
        elif "/bin/" in (path := there.path if there is not None else start.path(name)) or "/" not in name:
            from stopcheck.boot.programs.console_scripts import start_console_script
            from stopcheck.boot.programs.runtimes import start_output

            output = start_output(start, path) or start_console_script(start, file)
            if output is not None:
                return output
        return Program(unknown_program(start.process.program, start.words, role, reason), self.stop_signal)

    def start(
        self, world: World, process: Process, row: ProgramRow, argv: tuple[Field, ...], env: Mapping[str, Field],
        depth: int = 0,
    ) -> Body | Failure:  # fmt: skip
        """As a program starts another, mostly by execvp(3): that hands a file which the kernel refuses to /bin/sh.

        musl's does not; of a base image that is not known nobody can say. Source: start.* of the facts, the "ENOEXEC"
        of execvp(3).
        """
        started = self.load(world, process, argv, env, depth)
        if not isinstance(started, Failure) or started.ran:
            return started
        own = find_program(row.child) if started.kind == "absent" and argv[0] == row.child else None
        if own is not None:  # what is there brings what it runs on
            return known.run(Start(self, world, process, own, argv, env, depth))
        if started.kind in UNMARKED and started.file and not row.execve and self.image.base.family != "alpine":
            if self.image.base.family not in GLIBC:
                told = ProgramRow(process.program, role="opaque", instead="whether its libc runs scripts without `#!`")
                return Program(told, self.stop_signal)
            return self.load(world, process, ("/bin/sh", started.file.path, *argv[1:]), env, depth)
        return replace(started, status=started.status if row.unstarted is None else row.unstarted, ran=True)

    def _load_file(self, start: Start, file: ImageFile, source: SourceFile) -> Body | Failure:
        """A text: the program that its first line names, with it as an argument."""
        world, process, argv, env = start.world, start.process, start.argv, start.env
        if not isinstance(file.mode, Unknown) and not file.mode & 0o111 and not made_executable(world, file.path):
            return Failure(126, f"{file.path} is not executable", "mode", str(argv[0]), file)
        closed = closed_folder(self.image, process.user, file.path) if process.user else ""
        if closed:
            return Failure(
                126, f"{closed} is closed to {process.user}, and {file.path} is in it", "closed", str(argv[0])
            )
        text = source.text
        if begins_like_a_program(text):
            row = find_program(str(argv[0]), self.programs)
            if row is None or is_namesake(row, file):
                row = ProgramRow(process.program, role="unknown")
            return known.run(replace(start, row=row))
        if not text.startswith("#!"):
            kind, why = _no_shebang(text)
            return Failure(126, f"{file.path} {why}", kind, str(argv[0]), file)
        if process.user and is_shut_out(self.image, process.user, file, 4):
            why = f"{file.path} may be read by root alone, but runs as {process.user}"
            return Failure(126, why, "unreadable", str(argv[0]), file)
        line = text[2 : text.find("\n") if "\n" in text else len(text)]
        words = line.strip(" \t").split(None, 1)
        if not words:
            return Failure(126, f"{file.path} names no interpreter after `#!`", "shebang", str(argv[0]), file)
        if line.endswith("\r"):
            return self._carriage_return(file, words, str(argv[0]))
        interpreter: tuple[Field, ...] = tuple(words) if len(words) == 1 else (words[0], words[1].rstrip(" \t"))
        if words[0].rsplit("/", 1)[-1] == "env" and len(interpreter) > 1 and str(interpreter[1]).startswith("-S"):
            interpreter = (interpreter[0], *split_string(str(interpreter[1])[2:]))
        program = process.program
        script = _seen_from(process.cwd, found_as(self.image, str(argv[0]), file.path, process.cwd, env))
        loaded = self.load(world, process, (*interpreter, script, *argv[1:]), env, start.depth + 1)
        if isinstance(loaded, Failure) and loaded.kind == "absent":
            why = loaded.reason.replace(" is not", ", which is not", 1)
            return Failure(127, f"{file.path} asks for {why}", "interpreter", loaded.name, file)
        if program in self.programs and not isinstance(loaded, Failure):
            # Who describes a script knows it better than its text does; that it starts at all is another question.
            process.program = program
            return known.run(replace(start, row=self.programs[program]))
        return loaded

    def _carriage_return(self, file: ImageFile, words: list[str], name: str) -> Failure:
        """A `#!` line that ends in CR LF: the CR is the last character of the interpreter's name, or of its option."""
        program, what = words[0].rsplit("/", 1)[-1].rstrip(), words[-1].rstrip()
        if len(words) == 1 or program == "env":
            status, why = 127, f"there is no {what} with a carriage return in its name"
        else:
            bash = program == "bash" or (program == "sh" and self.image.base.sh == "bash")
            status, why = 1 if bash else 2, f"{program} knows no option {what} with a carriage return in it"
        return Failure(status, f"{file.path} has Windows line ends: {why}", "crlf", name, file)


def _seen_from(cwd: str, path: str) -> str:
    """A file's path for a process; of both only the way from the same unknown folder may be known."""
    return path if path.startswith("/") or not cwd or cwd.startswith("/") else posixpath.relpath(path, cwd)


def _no_shebang(text: str) -> tuple[str, str]:
    if not text.strip():
        return "empty", "is empty"
    if text.startswith("\ufeff"):
        return "mark", "begins with a byte order mark: the kernel does not see its `#!`"
    if text.lstrip().startswith("#!"):
        return "late", "has something before its `#!` line"
    return "shebang", "has no `#!` line: the kernel cannot run it"
