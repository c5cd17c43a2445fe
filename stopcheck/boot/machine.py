"""exec(3) on paper: from an argv and the image's files to what runs in the process."""

from __future__ import annotations

import math
import posixpath
from itertools import pairwise, takewhile

from stopcheck.boot.accounts import ROOT, is_missing, is_refused, login_shell
from stopcheck.boot.permissions import closed_folder
from stopcheck.boot.programs.grammar import (
    child_argv,
    folders,
    has_own_session,
    ignored_by,
    is_option,
    kill_after,
    limit_signal,
    new_user,
    own_words,
    permuted,
    refuses_value,
    time_limit,
    unset,
)
from stopcheck.boot.programs.program import (
    FOR_EVER,
    UNMARKED,
    Daemonizer,
    Failure,
    Leaving,
    Parent,
    ParentOptions,
    Program,
    parent_options,
)
from stopcheck.boot.programs.roles import Start, find_role, is_namesake
from stopcheck.boot.programs.supervisors import Departing, Supervisor
from stopcheck.boot.programs.timeouts import Limit, Timeout, watch
from stopcheck.boot.programs.wrappers import Wrapper
from stopcheck.boot.quiet import quiet, removes, writes
from stopcheck.boot.shell import commands, conditions, substitution
from stopcheck.boot.shell.arithmetic import ArithmeticFault
from stopcheck.boot.shell.builtins.find import find_builtin
from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.signals import HARMLESS, signal_name
from stopcheck.boot.world import SHORT
from stopcheck.boot.written import made_executable, makes_fifo
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Edited, ImageFile, Made, Unlikely
from stopcheck.knowledge.programs import ProgramRow, applied, find_program, unknown_program
from stopcheck.knowledge.shells import find_shell
from stopcheck.knowledge.systems import has_bash, is_foreign_manager, lacks
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.exec_form import character_offsets
from stopcheck.syntax.shell import parse_script
from stopcheck.syntax.shell.tree import ProcessSubstitution

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from stopcheck.boot.handlers.source import Handling
    from stopcheck.boot.shell.commands import Call
    from stopcheck.boot.shell.frames import Blocked
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.image.model import FileSystem, Image
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.syntax.shell.tree import Conditional, Script, Sequence

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BARE_PATH = {True: "/bin:/usr/bin", False: "/usr/local/bin:/bin:/usr/bin"}
"""Where execvp(3) looks without PATH: with glibc, and with musl (its src/process/execvp.c)."""
SHELL_NAMES = {"sh": "", "bash": "bash", "dash": "dash", "ash": "busybox", "mksh": "mksh", "zsh": "zsh", "yash": "yash",
               "ksh": "ksh93", "ksh93": "ksh93", "posh": "posh", "rbash": "bash"}  # fmt: skip
NESTING_LIMIT = 30
GLIBC = frozenset({"debian", "ubuntu", "rhel", "fedora", "amazonlinux", "opensuse", "arch"})
"""Families of base images whose getopt(3) looks for options behind other words."""
SUPERVISORD_POLLS = 0.9
"""supervisord looks at its programs once a second (sup.supervisord-*: 1.07 s for one, 0.4 s more for each other)."""
_BY_VARIABLE = regex(r"\$(\w+|\{\w+\})[\w./-]*")
_PROFILES = ("profile", ".profile", ".bash_profile", ".bash_login")
QUESTIONS = frozenset({"--help", "--version", "-help", "-version", "-h", "-V", "help", "version", "usage"})
"""An only argument to which a program answers, and ends."""
OPAQUE_ENDINGS = (".sh", ".bash", ".run", "entrypoint", "/init")


def _as_written(process: Process) -> str:
    """How a script writes the name of the program that it starts: `${JAVA}`; "" where that is not to be seen."""
    words = process.origin.text.split() if process.origin is not None else []
    first = next((word.strip('"') for word in words if word != "exec"), "")
    return first if _BY_VARIABLE.fullmatch(first) else ""


class Machine:
    """An image ready to run: what it needs to know to start a program; it keeps parsed scripts."""

    def __init__(self, image: Image, stop_signal: str, programs: Mapping[str, ProgramRow] | None = None) -> None:
        self.image = image
        self.stop_signal = "" if stop_signal in HARMLESS and image.inherits_stop_signal else stop_signal
        """What programs nobody knows are taken to end on."""
        self.programs = programs or {}
        self.asked: dict[str, None] = {}
        """The variables that scripts asked for and that nothing sets, in that order."""
        self.wanted: set[str] = set()
        """Those without which a configuration is refused."""
        self.handlings: dict[Hashable, tuple[Handling, FileSystem]] = {}
        """What the sources of programs say of signals: on each way that is followed they are the same."""
        self._texts: dict[tuple[str, Span | None], SourceFile] = {}
        self._parsed: dict[tuple[int, str], tuple[SourceFile, Script]] = {}

    # --- scripts ---------------------------------------------------------------------------------

    def parse(self, source: SourceFile, row: ShellRow) -> Script:
        """A script as this shell reads it, parsed once."""
        dialect = row.dialect or ("bash" if row.bash_syntax else "posix")
        key = (id(source), row.name)
        found = self._parsed.get(key)
        if found is None:
            script = parse_script(source, dialect)
            if script.problems and row.syntax_error:
                from stopcheck.syntax.shell.lines import readable

                script = replace(script, body=readable(script.body))
            found = self._parsed[key] = (source, script)
        return found[1]

    def scripts(self) -> tuple[Script, ...]:
        """The scripts that were run from files, in the order of their first use."""
        return tuple(script for source, script in self._parsed.values() if source.parent is None)

    def parse_text(self, text: str, span: Span | None, row: ShellRow) -> Sequence:
        """A text that a script or an argument gives (a trap, `eval`, `-c`), with its place."""
        return self.parse(self._text(text, span), row).body

    def _text(self, text: str, span: Span | None) -> SourceFile:
        key = (text, span)
        source = self._texts.get(key)
        if source is None:
            source = self._texts[key] = embedded(text, span)
        return source

    def shell_row(self, name: str) -> ShellRow | Unknown | None:
        """The shell of that name in this image; Unknown where /bin/sh is not known, None where it has none."""
        base = self.image.base
        kind = SHELL_NAMES[name]
        if not kind:
            if isinstance(base.sh, Unknown):
                return base.sh
            kind = base.sh
            if kind == "none":
                return None
        version = base.sh_version if kind == base.sh else self._version(kind)
        patched = kind != "dash" or base.family in {"debian", "ubuntu", ""}
        return find_shell(kind, version, "" if patched else "upstream") or Unknown(f"how the shell {kind} behaves")

    def _version(self, kind: str) -> str:
        return str(getattr(self.image.base, "bash_version", "")) if kind == "bash" else ""

    # --- what shells ask -------------------------------------------------------------------------

    simple_command = staticmethod(commands.simple_command)
    substitute = staticmethod(substitution.substitute)
    success_expected = staticmethod(commands.success_expected)
    builtin = staticmethod(find_builtin)
    quiet = staticmethod(quiet)
    removes = staticmethod(removes)
    writes = staticmethod(writes)

    def conditional(self, shell: Shell, node: Conditional, world: World, process: Process) -> None:
        """`[[ … ]]`: sets the shell's status."""
        value: bool | Unknown = Unknown("a test that could not be read", node.span)
        if node.expression is not None:
            scope = shell.scope(world, process)
            try:
                value = conditions.conditional(self, world, process.cwd, scope, node.expression)
            except ArithmeticFault:
                value = False
        if isinstance(value, Unknown):
            shell.set_status(Unknown(value.reason, value.span or node.span))
        else:
            shell.set_status(int(not value))

    @staticmethod
    def keep_fallback(world: World, process: Process, blocked: Blocked) -> None:
        """Remember the world in which this shell stands here, for when nothing else would."""
        if world.stopping:
            return
        stands = world.copy()
        stands.fallback = None
        body = stands.processes[process.pid].body
        assert isinstance(body, Shell)
        body.blocked = blocked
        world.fallback = stands

    @staticmethod
    def only_waits(world: World, process: Process) -> bool:
        """Whether a process, or what it waits for, does no work of its own (`sleep`, `tail -f`)."""
        leaves = list(world.awaited(process.pid))
        return all(isinstance(p.body, Program) and p.body.row.role in {"keepalive", "timer"} for p in leaves)

    @staticmethod
    def reads_fifo(call: Call) -> bool:
        """Whether a `read` is redirected from a FIFO that this script has made, or holds open for both ends."""
        redirection = call.node.redirections[0]
        target = redirection.target
        text = target.literal or target.span.text
        script = call.node.span.source.text
        if redirection.operator == "<&":
            name = text.strip('"').lstrip("$").strip("{}")
            return f"{name}<>" in script or f"{{{name}}}<>" in script
        made = any(isinstance(part, ProcessSubstitution) for part in target.parts)
        return makes_fifo(script, text) or (redirection.operator == "<>" and made)

    @staticmethod
    def unknown_pid(call: Call, word: Unknown) -> list[Process] | None:
        """Whom a `kill` of something not known means while the script prepares: the one job that stands; else None."""
        world = call.world
        left = [process for process in world.processes.values() if process.alive and process.job]
        return left if len(left) == 1 and not world.stopping else None

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
        name = argv[0]
        process.argv, process.env = argv, env
        if isinstance(name, Unknown):
            process.program = _as_written(process) or "a program that is not known"
            return Program(ProgramRow("", role="unnamed"), self.stop_signal)
        process.program = name.rsplit("/", 1)[-1]
        if not name:
            return Failure(127, "an empty word names no program", "absent", name)
        if name.endswith("/"):
            return Failure(126, f"{name} is a folder", "folder", name)
        if depth > NESTING_LIMIT:
            return Failure(126, f"{name} starts itself for ever")
        search = env.get("PATH") if search is None else search
        written = self.written(world, process, name) if "/" in name else None
        file = written or self.find(name, process.cwd, {} if search is None else {"PATH": search})
        if file is None and "/" in name:
            made = world.files.get(posixpath.normpath(posixpath.join(process.cwd, name)))
            if isinstance(made, Unknown):  # what a script has worked on may say anything
                told = ProgramRow(process.program, role="opaque", instead=made.reason)
                return Program(told, self.stop_signal)
        elsewhere = None
        if isinstance(search, Unknown) and "/" not in name and not _no_name(name):
            told = ProgramRow(process.program, role="absent", instead=search.reason)
            elsewhere = Program(told, self.stop_signal)
        if file is None and elsewhere is not None:
            return elsewhere
        if file is None:
            carriage = " (its line ends in CR LF)" if "\r" in name else ""
            shown = f"{name.rstrip()!r}" if carriage else name
            if "/" in name and self.image.files.kind(posixpath.normpath(posixpath.join(process.cwd, name))) == "folder":
                return Failure(126, f"{name} is a folder", "folder", name)
            return Failure(127, f"{shown} is not in the image{carriage}", "crlf" if carriage else "absent", name)
        path = file.path if not isinstance(file, Unknown) else name
        if not isinstance(file, Unknown) and isinstance(file.content, SourceFile):
            return self._load_file(world, process, file, file.content, argv, env, depth)
        if process.program in SHELL_NAMES:
            if "/" in name and _may_be_the_bases(file) and self._lacks_shell(name, process):
                return Failure(127, f"{name} is not in the image", "absent", name)
            return self._shell(world, process, argv, env)
        if process.program in self.programs:
            if isinstance(file, Unknown) and not isinstance(
                self.find(name, process.cwd, {"PATH": DEFAULT_PATH}), Unknown
            ):
                return Failure(127, f"{name} is not in the image", "absent", name)
            return self._known(world, process, self.programs[process.program], argv, env, depth)
        base = self.image.base
        if _own(path, base.execs) and len(argv) > 1:
            leads = isinstance(argv[1], str) and base.prepends and self._is_for(argv[1], process.cwd, env)
            own = (*base.prepends.split(), *argv[1:]) if leads else argv[1:]
            started = self.load(world, process, own, env, depth + 1)
            if isinstance(started, Failure) and started.kind in UNMARKED and started.file:
                # These are scripts that end in `exec "$@"`: a shell runs by itself what the kernel refuses.
                return self.load(world, process, ("/bin/sh", started.file.path, *own[1:]), env, depth + 1)
            return started
        start = _own(path, tuple(base.starts))
        if start:
            return self.load(world, process, (*base.starts[start].split(), *argv[1:]), env, depth + 1)
        row = find_program(name)
        if row is None or is_namesake(row, file):
            made_here = not isinstance(file, Unknown)
            role = "unread" if name.endswith(OPAQUE_ENDINGS) and not made_here else "unknown"
            if _may_be_the_bases(file):
                if self._absent(name, process.cwd):
                    return elsewhere or Failure(127, f"{name} is not in the image", "absent", name)
                role = "absent" if self.bare() else role
            edited = not isinstance(file, Unknown) and isinstance(file.content, Edited)
            linked = isinstance(file, Unlikely) and ".sh is not in the build context" in file.reason
            if edited or linked or name.endswith((".sh", ".bash", "-entrypoint")):
                role = "unread"
            if len(argv) == 2 and argv[1] in QUESTIONS:
                role = "short"
            elif not isinstance(file, Unknown) and isinstance(file.content, Made) and file.content.tool:
                from stopcheck.boot.programs.sources import start_made

                return start_made(self, process, file.content, env)
            elif "/bin/" in path:
                from stopcheck.boot.programs.runtimes import start_output

                output = start_output(Start(self, world, process, ProgramRow(process.program), argv, env), path)
                if output is not None:
                    return output
            reason = file.reason if isinstance(file, Unknown) else getattr(file.content, "reason", "")
            words = tuple(word for word in argv[1:] if isinstance(word, str))
            return Program(unknown_program(process.program, words, role, reason), self.stop_signal)
        return self._known(world, process, row, argv, env, depth)

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
        if started.kind in UNMARKED and started.file and not row.execve and self.image.base.family != "alpine":
            if self.image.base.family not in GLIBC:
                told = ProgramRow(process.program, role="opaque", instead="whether its libc runs scripts without `#!`")
                return Program(told, self.stop_signal)
            return self.load(world, process, ("/bin/sh", started.file.path, *argv[1:]), env, depth)
        return replace(started, status=started.status if row.unstarted is None else row.unstarted, ran=True)

    def _absent(self, name: str, cwd: str) -> bool:
        """Whether the base image, which alone could have it, has no program of this name."""
        return self._meant_elsewhere(name, cwd) or (self.bare() and self._lacks(name, cwd))

    def bare(self) -> bool:
        """Whether the base image is an operating system alone, so that it holds no program but the system's."""
        base = self.image.base
        starts_shell = isinstance(base.cmd, tuple) and base.cmd[-1:] and base.cmd[-1].rsplit("/", 1)[-1] in SHELL_NAMES
        return base.entrypoint is None and bool(starts_shell)

    def _lacks_shell(self, name: str, process: Process) -> bool:
        """Whether a shell is surely not there: images of systems and languages have none but the system's own."""
        base, program = self.image.base, process.program
        if self.bare():
            return self._lacks(name, process.cwd)
        others = program not in {"sh", "bash", "dash", "ash"} or name.startswith("/usr/local/")
        return base.plain and program not in base.name and others

    def _lacks(self, name: str, cwd: str) -> bool:
        """Whether neither the system's own image, nor what the build put on top, has a program of this name."""
        base = self.image.base
        folder, _, program = (posixpath.normpath(posixpath.join(cwd, name)) if "/" in name else name).rpartition("/")
        if base.name.partition(":")[0] == base.family and f"{folder}/".startswith(_EMPTY):
            return True
        return (
            base.name.partition(":")[0] == base.family
            and (not folder or folder in DEFAULT_PATH.split(":"))
            and (folder.startswith("/usr/local/") or lacks(base.family, program))  # that is left to others
        )

    def _is_for(self, word: str, cwd: str, env: Mapping[str, Field]) -> bool:
        """Whether a base image's own entrypoint puts its program before this first argument."""
        base = self.image.base
        if (
            word.startswith("-")
            or (base.prepends_to and word.endswith(base.prepends_to))
            or word in base.prepends_words
        ):
            return True
        if not base.prepends_missing:
            return False
        file = self.find(word, cwd, env)
        if isinstance(file, Unknown):
            return find_program(word) is None and self._meant_elsewhere(word, cwd)
        return file is None or not (isinstance(file.mode, Unknown) or file.mode & 0o111)

    def _meant_elsewhere(self, name: str, cwd: str) -> bool:
        """Whether a name that only the base image could have on PATH is that of a file which the build puts elsewhere.

        No system brings along a script whose name ends in `.sh`, either.
        """
        base = self.image.base
        own = {path.rsplit("/", 1)[-1] for path in (*base.execs, *base.starts)}
        if "/" in name or name in own or not (base.plain or self.bare()):
            return False
        here = self.image.files.lookup(posixpath.normpath(posixpath.join(cwd, name)))
        return name.endswith(".sh") or self.image.files.puts(name) or not (here is None or isinstance(here, Unknown))

    def written(self, world: World, process: Process, name: str) -> ImageFile | None:
        """A script that another one has written, where its text is known; that it was made executable is taken so."""
        path = posixpath.normpath(posixpath.join(process.cwd, name))
        text = world.files.get(path)
        if not isinstance(text, str):
            return None
        mode = Unknown("the mode of a file that is written as the container starts")
        return ImageFile(path, self._text(text, world.places.get(path)), mode, None)

    def find(self, name: str, cwd: str, env: Mapping[str, Field]) -> ImageFile | Unknown | None:
        """The file that a program's name means."""
        if "\r" in name:
            return None
        if "/" in name:
            file = self.image.files.lookup(posixpath.normpath(posixpath.join(cwd, name)))
        else:
            search = env.get("PATH", BARE_PATH[self.image.base.family in GLIBC])
            file = self.image.files.which(name, (search or cwd) if isinstance(search, str) else DEFAULT_PATH)
        keyword = name == "[[" and self.image.base.family in GLIBC  # busybox has a program of this name
        if isinstance(file, Unknown) and (
            keyword or name in _BUILT_IN or _no_name(name) or is_foreign_manager(self.image.base.family, name)
        ):
            return None
        return file

    def _load_file(
        self, world: World, process: Process, file: ImageFile, source: SourceFile, argv: tuple[Field, ...],
        env: Mapping[str, Field], depth: int,
    ) -> Body | Failure:  # fmt: skip
        if not isinstance(file.mode, Unknown) and not file.mode & 0o111 and not made_executable(world, file.path):
            return Failure(126, f"{file.path} is not executable", "mode", str(argv[0]), file)
        closed = closed_folder(self.image, process.user, file.path) if process.user else ""
        if closed:
            return Failure(
                126, f"{closed} is closed to {process.user}, and {file.path} is in it", "closed", str(argv[0])
            )
        text = source.text
        if _begins_like_a_program(text):
            row = find_program(str(argv[0]), self.programs)
            if row is None or is_namesake(row, file):
                row = ProgramRow(process.program, role="unknown")
            return self._known(world, process, row, argv, env, depth)
        if not text.startswith("#!"):
            kind, why = _no_shebang(text)
            return Failure(126, f"{file.path} {why}", kind, str(argv[0]), file)
        if self._for_root_alone(process, file):
            why = f"{file.path} can be read by root alone, and {process.user} is to run it"
            return Failure(126, why, "unreadable", str(argv[0]), file)
        line = text[2 : text.find("\n") if "\n" in text else len(text)]
        words = line.strip(" \t").split(None, 1)
        if not words:
            return Failure(126, f"{file.path} names no interpreter after `#!`", "shebang", str(argv[0]), file)
        if line.endswith("\r"):
            return self._carriage_return(file, words, str(argv[0]))
        interpreter: tuple[Field, ...] = tuple(words) if len(words) == 1 else (words[0], words[1].rstrip(" \t"))
        if words[0].rsplit("/", 1)[-1] == "env" and len(interpreter) > 1 and str(interpreter[1]).startswith("-S"):
            interpreter = (interpreter[0], *str(interpreter[1])[2:].split())
        program = process.program
        script = _seen_from(process.cwd, self._named(str(argv[0]), file.path, process.cwd, env))
        loaded = self.load(world, process, (*interpreter, script, *argv[1:]), env, depth + 1)
        if isinstance(loaded, Failure) and loaded.kind == "absent":
            return Failure(127, f"{file.path} asks for {loaded.reason}", "interpreter", loaded.name, file)
        if program in self.programs and not isinstance(loaded, Failure):
            # Who describes a script knows it better than its text does; that it starts at all is another question.
            process.program = program
            return self._known(world, process, self.programs[program], argv, env, depth)
        return loaded

    def _named(self, name: str, target: str, cwd: str, env: Mapping[str, Field]) -> str:
        """The path by which a script was found, which becomes its `$0`: that of a link, where it is one."""
        search = env.get("PATH", "")
        folders = search.split(":") if isinstance(search, str) and "/" not in name else [""]
        for folder in folders:
            path = posixpath.normpath(posixpath.join(cwd, folder, name))
            found = self.image.files.lookup(path)
            if not isinstance(found, Unknown) and found is not None and found.path == target:
                return path
        return target

    def _for_root_alone(self, process: Process, file: ImageFile) -> bool:
        """Whether an interpreter cannot open a script: the engine starts it with root's rights, what runs it has none.

        Who owns a file is not followed: where the build changes that of any, it may be the user's.
        """
        if process.user in {"", "root", "0"} or isinstance(file.mode, Unknown) or file.mode & 0o044:
            return False
        return not any(
            "chown" in line.value or any(flag.name == "chown" for flag in line.flags)
            for line in self.image.instructions
        )

    def _carriage_return(self, file: ImageFile, words: list[str], name: str) -> Failure:
        """A `#!` line that ends in CR LF: the CR is the last character of the interpreter's name, or of its option."""
        program, what = words[0].rsplit("/", 1)[-1].rstrip(), words[-1].rstrip()
        if len(words) == 1 or program == "env":
            status, why = 127, f"there is no {what} with a carriage return in its name"
        else:
            bash = program == "bash" or (program == "sh" and self.image.base.sh == "bash")
            status, why = 1 if bash else 2, f"{program} knows no option {what} with a carriage return in it"
        return Failure(status, f"{file.path} has Windows line ends: {why}", "crlf", name, file)

    # --- shells ----------------------------------------------------------------------------------

    def _shell(
        self, world: World, process: Process, argv: tuple[Field, ...], env: Mapping[str, Field]
    ) -> Body | Failure:
        row = self.shell_row(process.program)
        if row is None:
            return Failure(127, f"{argv[0]} is not in the image", "absent", str(argv[0]))
        _, rest, command = shell_options(argv[1:])
        path = posixpath.normpath(posixpath.join(process.cwd, str(rest[0]))) if rest and not command else ""
        if path in self.image.base.execs and isinstance(self.image.files.lookup(path), Unknown):
            return self.load(world, process, (path, *rest[1:]), env)
        if isinstance(row, Unknown):
            if SHELL_NAMES[process.program]:
                return Program(ProgramRow(process.program, role="opaque", instead=row.reason), self.stop_signal)
            known = [find_shell(name) for name in ("dash", "bash", "busybox")]
            # A script that one of them cannot read tells that it is another.
            rows = [replace(shell, plain="") for shell in known if shell is not None]
            return self._either_shell(world, process, argv, env, row, rows)
        return self.shell(row, process, argv, env, world)

    def _either_shell(
        self, world: World, process: Process, argv: tuple[Field, ...], env: Mapping[str, Field], why: Unknown,
        rows: list[ShellRow],
    ) -> Body:  # fmt: skip
        from stopcheck.boot.either import Either

        return Either(why, tuple(self.shell(row, process, argv, env, world) for row in rows))

    def shell(
        self, row: ShellRow, process: Process, argv: tuple[Field, ...], env: Mapping[str, Field], world: World
    ) -> Body:
        """A shell with its options read: `-c TEXT [NAME [ARG…]]`, `FILE [ARG…]`, or standard input, which is empty."""
        options, rest, command = shell_options(argv[1:])
        status, joined = _refused(row, argv[1 : len(argv) - len(rest)])
        if status is not None:
            why = f"{row.name} is given `{joined}` as one option, as all that stands behind a `#!` interpreter is"
            advice = "Write the letters together (`-eu`), or set the options in the script (`set -eu`)."
            world.note_failure("cannot-start", process, Failure(status, why, "refuses", advice), process.origin)
            return Program(ProgramRow(process.program, role="short", status=status), self.stop_signal)
        if row.name == "bash" and (process.program == "sh" or "--posix" in argv[1 : len(argv) - len(rest)]):
            options |= {"posix"}
        env = self._profiled(env) if "l" in options else env
        if command:
            if not rest:
                return Program(ProgramRow(process.program, role="short", status=2), self.stop_signal)
            text = rest[0]
            if isinstance(text, Unknown):
                return Program(ProgramRow(process.program, role="unnamed", instead=text.reason), self.stop_signal)
            body = self.parse_text(text, self._place(process, text), row)
            name = rest[1] if len(rest) > 1 else argv[0]
            return Shell(self, row, body, "command", name, rest[2:], env, options, f"{process.program} -c")
        if not rest or "s" in options:
            own = argv[1 : len(argv) - len(rest)]
            if process.stdin > 0 and not any("s" in str(word) for word in own if word != "-s"):
                from stopcheck.boot.shell.piped import Piped

                return Piped(self, process.program, tuple(word for word in own if word not in {"-s", "--"}), rest)
            if process.stdin:
                why = "what it reads are the commands that another program prints"
                return Program(ProgramRow(process.program, role="unnamed", instead=why), self.stop_signal)
            return Program(ProgramRow(process.program, role="short", status=0), self.stop_signal)
        path = rest[0]
        if isinstance(path, Unknown):
            return Program(ProgramRow(process.program, role="unnamed", instead=path.reason), self.stop_signal)
        file = self.written(world, process, path) or self.image.files.lookup(
            posixpath.normpath(posixpath.join(process.cwd, path))
        )
        if file is None and row.name == "bash" and "/" not in path:
            file = self.find(path, process.cwd, env)  # it looks for a script in PATH, too
        status = 2 if row.almquist else 127 if file is None else 126
        if file is None or _is_binary(file, path):
            return Program(ProgramRow(process.program, role="short", status=status), self.stop_signal)
        if isinstance(file, Unknown) or isinstance(file.content, Unknown):
            reason = file.reason if isinstance(file, Unknown) else getattr(file.content, "reason", "")
            return Program(ProgramRow(path.rsplit("/", 1)[-1], role="unread", instead=reason), self.stop_signal)
        script = self.parse(file.content, row)
        return Shell(self, row, script.body, "file", path, rest[1:], env, options, path)

    def _profiled(self, env: Mapping[str, Field]) -> Mapping[str, Field]:
        """What a login shell's profiles leave of the environment: Debian's and Alpine's set PATH anew."""
        files = self.image.files
        own = files.fills("/etc/profile.d") or any(map(files.puts, _PROFILES))
        if env.get("PATH", DEFAULT_PATH) == DEFAULT_PATH and not own:
            return env
        return {**env, "PATH": Unknown("what the profiles of a login shell set PATH to")}

    def _place(self, process: Process, text: str) -> Span | None:
        """Where the text of `-c` stands: in CMD or ENTRYPOINT for PID 1, in the command that started it otherwise."""
        for start in (self.image.entrypoint, self.image.cmd):
            if start is None or isinstance(start, Unknown):
                continue
            if start.shell_form is not None and start.shell_form.text == text:
                return Span(start.shell_form, 0, len(text))
            for value, span in zip(start.argv, start.argument_spans, strict=False):
                if value == text:
                    return span
        return process.origin

    # --- programs we know ------------------------------------------------------------------------

    def _known(
        self,
        world: World,
        process: Process,
        row: ProgramRow,
        argv: tuple[Field, ...],
        env: Mapping[str, Field],
        depth: int,
    ) -> Body | Failure:
        words = tuple(word for word in argv[1:] if isinstance(word, str))
        tools = self._tools(row)
        told, permutes = argv, self.image.base.family in GLIBC
        if permutes and row.role == "init" and row.own_letters:
            argv = permuted(row, argv)
        own = own_words(row, argv) if row.role in {"exec", "fork", "init"} else words
        row = applied(row, own, tools, self.image.base.name, env)
        if permutes and row.own_letters and row.role != "short" and (taken := _taken_option(row, told)):
            return Failure(1, taken)
        if row.zero_options and row.role == "init" and (wrong := _wrong_value(row, own)):
            return Failure(1, wrong)
        match row.role:
            case "exec" | "fork" | "init":
                return self._wrapper(world, process, row, argv, env, depth)
            case "setsid":
                return self._setsid(world, process, row, argv, env, depth)
            case "supervisor":
                return self._supervisor(world, process, row, words, dict(env))
            case "timer" if not argv[1:] or any(isinstance(each, str) and _no_interval(each) for each in argv[1:]):
                # "missing operand", "invalid time interval"
                return Program(ProgramRow(row.name, role="short", status=1), self.stop_signal)
            case "timer":
                return Program(row, self.stop_signal, _duration(argv[1:], world.clock))
            case "daemon":
                child, _ = child_argv(row, argv)
                return (
                    Daemonizer(self, row, child, dict(env))
                    if child
                    else Failure(1, f"{row.name} is told to start nothing")
                )
        special = find_role(row.role)
        return (
            special(Start(self, world, process, row, argv, env, depth)) if special else Program(row, self.stop_signal)
        )

    def _tools(self, row: ProgramRow) -> str:
        """Whose small programs these are: busybox's where that is /bin/sh, unless a package brings others."""
        sh = self.image.base.sh
        if self.image.base.family == "scratch" and self.image.files.lookup("/bin/sh") is None:
            return "busybox"  # no other's stand alone
        return sh if isinstance(sh, str) and self.image.installed.isdisjoint(row.package.split()) else ""

    def _supervisor(
        self, world: World, process: Process, row: ProgramRow, words: tuple[str, ...], env: dict[str, Field]
    ) -> Body:
        """supervisord by its configuration, the others by the folders of their services."""
        from stopcheck.boot.programs import service_folders, supervisord

        if row.name != "supervisord":
            return service_folders.supervisor(self, row, words, process.cwd, env)
        own = process.argv[0]
        place = own if isinstance(own, str) else ""
        found = supervisord.read(self.image.files, words, process.cwd, env, world, place)
        if isinstance(found, Unknown):
            body_of = Program if supervisord.is_told_to_stay(words) else Leaving
            return body_of(ProgramRow(row.name, role="opaque", instead=found.reason), self.stop_signal)
        if isinstance(found, supervisord.Refused):
            self.asked.update(dict.fromkeys(found.names))
            self.wanted |= set(found.names)
            if found.names:
                world.note("cannot-open", process, text=found.why, span=found.place)
            else:
                world.note_failure("refused", process, Failure(2, found.why, "config"), found.place)
            return Program(ProgramRow(row.name, role="short", status=2), self.stop_signal)
        body = Supervisor(self, found.managed, env, frozenset({"TERM", "INT", "QUIT"}), lag=SUPERVISORD_POLLS)
        return Departing(row, body) if found.daemonizes else body

    def _setsid(
        self,
        world: World,
        process: Process,
        row: ProgramRow,
        argv: tuple[Field, ...],
        env: Mapping[str, Field],
        depth: int,
    ) -> Body | Failure:
        """setsid(1) forks only where it leads its process group already; else the child takes its place."""
        child, _ = child_argv(row, argv)
        if not child:
            return Program(ProgramRow(row.name, role="short", status=1), self.stop_signal)
        own = argv[: len(argv) - len(child)]
        if self.image.base.sh == "busybox" and any(word != "-c" for word in own[1:]):
            return Program(ProgramRow(row.name, role="short", status=1), self.stop_signal)
        forks = any(is_option(word, name) for word in own[1:] for name in ("-f", "--fork"))
        if process.pgid != process.pid and not forks:
            process.sid = process.pgid = process.pid
            return self.start(world, process, row, child, env, depth + 1)
        if any(is_option(word, name) for word in own[1:] for name in ("-w", "--wait")):
            if any(is_option(word, name) for word in own[1:] for name in ("-c", "--ctty")):
                return Program(ProgramRow(row.name, role="short", status=1), self.stop_signal)  # there is no terminal
            return Parent(self, row, child, dict(env))
        return Daemonizer(self, row, child, dict(env))

    def _login_shell(self, user: str | None) -> str:
        """Whose login shell is known: root's is bash in the base images of all families but those with busybox."""
        bash = "/bin/bash" if self.image.base.family in GLIBC else ""
        if user is None or user in ROOT:
            return bash
        return login_shell(self.image, user) or (bash if has_bash(user) else "")

    def _wrapper(
        self,
        world: World,
        process: Process,
        row: ProgramRow,
        argv: tuple[Field, ...],
        env: Mapping[str, Field],
        depth: int,
    ) -> Body | Failure:
        if row.login and not row.shell:
            row = replace(row, shell=self._login_shell(new_user(row, argv)))
        child, assigned = child_argv(row, argv)
        env = {**env, **assigned}
        special = find_role(row.alone) if row.alone and len(argv) == 1 else None
        if special is not None:
            return special(Start(self, world, process, row, argv, env, depth))
        if not child and row.alone and "." not in row.alone:
            return Program(ProgramRow(row.name, role=row.alone), self.stop_signal)
        if not child:
            status = row.childless
            if status is None:
                status = _without_child(row.table or row.name, argv, self._tools(row) == "busybox")
            return Program(ProgramRow(row.name, role="short", status=status), self.stop_signal)
        own = [word for word in argv[: len(argv) - len(child)] if isinstance(word, str)]
        if row.reads:
            child = _with_what_is_read(own, child)
        if _refuses(row, own) or refuses_value(row, argv):
            status = 1 if self._tools(row) == "busybox" else row.refused
            return Program(ProgramRow(row.name, role="short", status=status), self.stop_signal)
        if row.clears and any(is_option(word, name) for word in own for name in row.clears):
            env = assigned
        elif row.unset_options:
            env = {name: value for name, value in env.items() if name in assigned or name not in unset(row, argv)}
        if row.path and "PATH" not in env:
            env = {**env, "PATH": row.path}
        process.ignored |= set(row.ignores) | ignored_by(row, own)
        if row.session_only and not has_own_session(row, argv):
            row = replace(row, on={**row.on, **dict.fromkeys(row.session_only, "ignore")})
        after = kill_after(row, argv) if row.kill_option else None
        if after is not None:
            row = replace(row, kill_after=_duration((after,), 0.0))
        gone = self._gone(world, process, row, argv)
        if gone is not None:
            return gone
        user = new_user(row, argv)
        if row.login and is_refused(self.image, process, row, argv, user):
            return Program(ProgramRow(row.name, role="short", status=1), self.stop_signal)
        if row.refuses:
            from stopcheck.boot.programs.refusals import refusal

            refused = refusal(Start(self, world, process, row, argv, env, depth))
            if refused is not None:
                return refused
        limit: Limit | None = None
        if row.limits:
            found = self._limit(world, row, argv, own)
            if isinstance(found, Program):
                return found
            limit = found
        if row.role == "exec":
            process.user = process.user if user is None else user
            started = self.start(world, process, row, child, env, depth + 1)
            if limit is not None and limit.expires != FOR_EVER and not isinstance(started, Failure):
                watch(world, process, limit)
            return started
        if row.role == "fork":
            rewrites = dict.fromkeys(row.forwards_only, row.sends) if row.sends else {}
            options = ParentOptions(rewrites, user=user)
            if limit is None:
                return Wrapper(self, row, child, env, options=options)
            timeout = Timeout(self, row, child, env, options=options)
            timeout.limit, timeout.timed_out = limit, False
            return timeout
        return Parent(self, row, child, env, replace(parent_options(row, argv), user=user))

    def _gone(self, world: World, process: Process, row: ProgramRow, argv: tuple[Field, ...]) -> Failure | None:
        """What keeps a wrapper from starting anything: a user or a folder that is surely not there."""
        user = new_user(row, argv) if row.unknown_user is not None else None
        if user is not None and is_missing(self, world, process, row, user):
            advice = "Make it in the build (`RUN useradd …`), or name one that is there."
            return Failure(row.unknown_user or 1, f"the image has no user {user}", "refuses", advice, ran=True)
        if row.unfound:
            from stopcheck.boot.lacking import missing_folder

            for folder in folders(row, argv):
                if missing_folder(self, world, posixpath.normpath(posixpath.join(process.cwd, folder)), process):
                    advice = "Make it in the build (`RUN mkdir -p …`), or name one that is there."
                    return Failure(row.unfound, f"there is no folder {folder}", "refuses", advice, ran=True)
        return None

    def _limit(self, world: World, row: ProgramRow, argv: tuple[Field, ...], own: list[str]) -> Limit | Program:
        """How long a wrapper lets its child run; what it comes to where it is told so wrongly."""
        refused = Program(ProgramRow(row.name, role="short", status=1 if row.role == "exec" else 125), self.stop_signal)
        told = time_limit(row, argv)
        named = limit_signal(row, argv)
        signal = signal_name(named) if isinstance(named, str) else "TERM"
        seconds = _duration(told, 0.0)
        if signal is None or (isinstance(told[0], str) and seconds == FOR_EVER and told[0] not in {"inf", "infinity"}):
            return refused
        if row.role == "exec" and seconds != FOR_EVER:
            seconds = float(math.ceil(seconds))  # busybox looks once a second
        expires = world.clock + seconds if 0 < seconds < SHORT else FOR_EVER
        preserves = any(is_option(word, name) for word in own[1:] for name in row.preserve_options)
        return Limit(expires, signal, row.kill_after, preserves)


_EMPTY = ("/home/", "/mnt/", "/opt/", "/srv/", "/usr/src/")
"""Folders in which the images of systems have nothing."""


def _is_binary(file: ImageFile | Unknown, path: str) -> bool:
    """Whether it is surely no text that a shell could read: a shell itself, or what begins like a program."""
    if isinstance(file, Unknown):
        return path.rsplit("/", 1)[-1] in SHELL_NAMES
    return isinstance(file.content, SourceFile) and _begins_like_a_program(file.content.text)


def _begins_like_a_program(text: str) -> bool:
    return "\0" in text[:256] or text.startswith(("\x7fELF", "MZ"))


def _may_be_the_bases(file: ImageFile | Unknown) -> bool:
    return isinstance(file, Unknown) and file.reason.startswith("it may come from the base image")


def _refuses(row: ProgramRow, own: list[str]) -> bool:
    """Whether a wrapper's own words have an option that it does not know; getopt_long(3) takes one cut short."""
    if not row.only_letters:
        return False
    value = False
    for word in own[1:]:
        if value:
            value = False
            continue
        if word == "--":
            break
        value = word in row.value_options
        if word.startswith("--"):
            name = word.partition("=")[0]
            if row.long_options and not any(option.startswith(name) for option in row.long_options):
                return True
        elif len(word) > 1 and word[0] == "-" and word[1] not in row.only_letters:
            return True
    return False


def _taken_option(row: ProgramRow, argv: tuple[Field, ...]) -> str:
    """Why an init with glibc's getopt(3) refuses an option of its child as one of its own; "" where there is none."""
    child, _ = child_argv(row, argv)
    if not child or "--" in argv[: len(argv) - len(child)]:
        return ""
    if argv[-1] in row.value_options:
        return f"{row.name} takes `{argv[-1]}` for an option of its own, and finds no value behind it"
    for word in takewhile(lambda word: word != "--", child[1:]):
        if isinstance(word, str) and word[:1] == "-" and len(word) > 1 and word[1] not in row.own_letters:
            return f"{row.name} takes `{word}` for an option of its own: `--` is missing before {child[0]}"
    return ""


def _wrong_value(row: ProgramRow, own: tuple[str, ...]) -> str:
    """Why tini refuses the value of an option: `-e` wants a status, `-p` the whole name of a signal."""
    for option, value in pairwise(own):
        if option in row.value_options:
            fits = option in row.zero_options and value.isdigit() and int(value) < 256
            if not fits and not (option not in row.zero_options and value.startswith("SIG") and signal_name(value)):
                return f"`{value}` is nothing that {row.name} takes behind {option}"
    return ""


def _without_child(name: str, argv: tuple[Field, ...], busybox: bool) -> int:
    """The status of a wrapper that is given nothing to start: env and nice then tell what is so.

    flock locks the open file of a number; who else holds it in a container that starts?
    """
    if name == "tini":
        return 0 if argv[1:] == ("--version",) else 1
    if name in {"timeout", "nohup", "stdbuf"}:
        return 0 if argv[1:] in {("--help",), ("--version",)} else 1 if busybox else 125
    last = str(argv[-1])
    if name == "flock" and len(argv) > 1 and (last.isdigit() or isinstance(argv[-1], Unknown)):
        return 0
    if name not in {"env", "nice"}:
        return 64 if name == "flock" else 1
    adjusts = name == "nice" and len(argv) > 1
    return (1 if busybox else 125) if adjusts or (last.startswith("-") and last not in {"-", "-i", "-0"}) else 0


def _with_what_is_read(own: list[str], child: tuple[Field, ...]) -> tuple[Field, ...]:
    """The words of `xargs -I{} …` in which something that it reads stands in the place of `{}`."""
    place = next((word[2:] or after for word, after in pairwise([*own, ""]) if word.startswith("-I")), "")
    place = place or next((word.partition("=")[2] or "{}" for word in own if word.startswith("--replace")), "")
    unknown = Unknown("what xargs reads")
    return tuple(unknown if place and isinstance(word, str) and place in word else word for word in child)


def _seen_from(cwd: str, path: str) -> str:
    """A file's path for a process; of both only the way from the same unknown folder may be known."""
    return path if path.startswith("/") or not cwd or cwd.startswith("/") else posixpath.relpath(path, cwd)


def _own(path: str, paths: tuple[str, ...]) -> str:
    """The one of a base image's own scripts that a path, or a bare name, means; "" for none."""
    if "/" in path:
        return path if path in paths else ""
    return next((own for own in paths if own.rsplit("/", 1)[-1] == path), "")


def embedded(text: str, span: Span | None) -> SourceFile:
    """A text that stands in another one at `span`, or was made from it."""
    if span is None:
        return SourceFile("", text)
    at = span.text.find(text)
    if at >= 0:
        return SourceFile(span.path, text, span.source, ((0, span.start + at),))
    offsets = character_offsets(span.text) if span.text.startswith('"') else ()
    if len(offsets) == len(text) + 1:
        return SourceFile(span.path, text, span.source, tuple((n, span.start + at) for n, at in enumerate(offsets)))
    lines, own = text.split("\n"), span.text.split("\n")
    if len(lines) == len(own) > 1:  # a here-document, with values in the place of variables
        return SourceFile(span.path, text, span.source, tuple(_by_lines(lines, own, span.start)))
    return SourceFile(span.path, text, span.source, tuple((n, span.start) for n in range(len(text) + 1)))


def _by_lines(lines: list[str], own: list[str], start: int) -> Iterator[tuple[int, int]]:
    """Segments by which each line stands at its own; what is longer than that stands at its last character."""
    here, there = 0, start
    for line, written in zip(lines, own, strict=True):
        yield here, there
        yield from ((here + at, there + max(len(written) - 1, 0)) for at in range(len(written), len(line)))
        here, there = here + len(line) + 1, there + len(written) + 1


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _duration(words: tuple[Field, ...], clock: float) -> float:
    """When a `sleep` ends; for ever where its argument is not known or is `infinity`."""
    total = 0.0
    for word in words:
        if isinstance(word, Unknown):
            return FOR_EVER
        number, unit = (word[:-1], _UNITS[word[-1]]) if word[-1:] in _UNITS else (word, 1.0)
        try:
            total += float(number) * unit
        except ValueError:
            return FOR_EVER
    return clock + total


def _no_interval(word: str) -> bool:
    """Whether `sleep` complains of a word; options are another thing."""
    return not word.startswith("-") and (word != word.strip() or _duration((word,), -FOR_EVER) == FOR_EVER)


def shell_options(words: tuple[Field, ...]) -> tuple[frozenset[str], tuple[Field, ...], bool]:
    """A shell's own options, the words after them, and whether `-c` is among them."""
    options: set[str] = set()
    command = False
    index = 0
    while index < len(words):
        word = words[index]
        if isinstance(word, Unknown) or len(word) < 2 or word[0] not in "-+":
            break
        if word == "--":
            index += 1
            break
        if word.startswith("--"):
            options |= {"l"} if word == "--login" else set()
            index += 2 if word in {"--rcfile", "--init-file"} else 1
            continue
        for letter in word[1:]:
            if letter == "c":
                command = True
            elif letter in "oO" and index + 1 < len(words):  # `-O` of bash names what `shopt` knows
                index += 1
                options |= {str(words[index])}
            elif word[0] == "-":
                options |= {letter}
        index += 1
    return frozenset(options), tuple(words[index:]), command


def _refused(row: ShellRow, words: tuple[Field, ...]) -> tuple[int | None, str]:
    """The status of a shell that is given several options as one, if that is an error, and that one."""
    joined = next((word for word in words if isinstance(word, str) and word[:1] == "-" and " " in word.rstrip()), "")
    if not joined or not row.blank_option:
        return None, ""
    named = joined.startswith("--") or joined.partition(" ")[0].endswith("o")  # a name, with a blank before it or in it
    return {"bash": 2, "busybox": 0, "yash": None}.get(
        row.name, row.blank_option
    ) if named else row.blank_option, joined


def _no_shebang(text: str) -> tuple[str, str]:
    if not text.strip():
        return "empty", "is empty"
    if text.startswith("\ufeff"):
        return "mark", "begins with a byte order mark: the kernel does not see its `#!`"
    if text.lstrip().startswith("#!"):
        return "late", "has something before its `#!` line"
    return "shebang", "has no `#!` line: the kernel cannot run it"


_NEVER = frozenset("\n\"'`$()[]{}<>|&;*?,=")

_OPERATORS = frozenset({"&&", "||", ";", "|"})
_BUILT_IN = frozenset({"compgen", "declare", "disown", "let", "mapfile", "popd", "pushd", "readarray", "shopt",
                       "source", "typeset"})  # fmt: skip
"""Builtins of bash of which no package makes a program."""


def _no_name(name: str) -> bool:
    """Whether no package installs a program of this name: `npm start`, `app --help`, `$APP`, `['gunicorn',`."""
    first, *rest = name.split() or [name]
    program = first.rsplit("/", 1)[-1]
    command = rest and (
        program in SHELL_NAMES
        or program.endswith((".sh", ".py", ".js"))
        or find_program(program) is not None
        or any(word.startswith("-") or word in _OPERATORS for word in rest)
    )
    if first.startswith("-") or name.isdecimal():
        return True
    return name not in {"[", "[["} and (bool(command) or not _NEVER.isdisjoint(name.rsplit("/", 1)[-1]))
