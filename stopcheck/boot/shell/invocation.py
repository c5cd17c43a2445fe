"""The command line of a shell: its options, and what it is to read (`-c TEXT`, a file, standard input)."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.either import Either
from stopcheck.boot.failure import Failure
from stopcheck.boot.lookup import DEFAULT_PATH, SHELL_NAMES, begins_like_a_program, find_file
from stopcheck.boot.shell.frames import Evaluate, SourceEnd
from stopcheck.boot.shell.options import shell_options
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile
from stopcheck.image.paths import clean, join
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.knowledge.shells import find_shell
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.source import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.shell.shell import Interpreter
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.image.model import Image
    from stopcheck.knowledge.shells import ShellRow

_READS_FOLDERS = {"dash": 0, "busybox": 0, "mksh": 0, "bash": 126, "posh": 126, "ksh93": 126, "yash": 2}
"""What comes of a folder that a shell is to run as a script: to some it is a file with nothing in it."""
_PROFILES = ("profile", ".profile", ".bash_profile", ".bash_login")


def start_shell(
    machine: Machine, world: World, process: Process, argv: tuple[Field, ...], env: Mapping[str, Field]
) -> Body | Failure:
    """The shell that a name means in this image, or each that it may mean."""
    image = machine.image
    row = shell_row(image, process.program)
    if row is None:
        return Failure(127, f"{argv[0]} is not in the image", "absent", str(argv[0]))
    _, rest, command = shell_options(argv[1:])
    path = clean(posixpath.join(process.cwd, str(rest[0]))) if rest and not command else ""
    if path in image.base.execs and isinstance(image.files.lookup(path), Unknown):
        return machine.load(world, process, (path, *rest[1:]), env)
    if not isinstance(row, Unknown):
        return run_shell(machine, row, world, process, argv, env)
    if SHELL_NAMES[process.program]:
        return Program(ProgramRow(process.program, role="opaque", instead=row.reason), machine.stop_signal)
    known = [find_shell(name) for name in ("dash", "bash", "busybox")]
    # A script that one of them cannot read tells that it is another.
    rows = [replace(shell, plain="") for shell in known if shell is not None]
    return Either(row, tuple(run_shell(machine, each, world, process, argv, env) for each in rows))


def run_shell(
    machine: Machine, row: ShellRow, world: World, process: Process, argv: tuple[Field, ...], env: Mapping[str, Field]
) -> Body:
    """A shell with its options read: `-c TEXT [NAME [ARG…]]`, `FILE [ARG…]`, or standard input, which is empty."""

    def leaf(role: str, status: int | None = None, instead: str = "", name: str = process.program) -> Program:
        return Program(ProgramRow(name, role=role, status=status, instead=instead), machine.stop_signal)

    options, rest, command = shell_options(argv[1:])
    own = argv[1 : len(argv) - len(rest)]
    status, joined = _refused(row, own)
    if status is not None:
        why = f"{row.name} is given `{joined}` as one option, as all that stands behind a `#!` interpreter is"
        advice = "Write the letters together (`-eu`), or set the options in the script (`set -eu`)."
        world.note_failure("cannot-start", process, Failure(status, why, "refuses", advice), process.origin)
        return leaf("short", status)
    if row.name == "bash" and (process.program == "sh" or "--posix" in own):
        options |= {"posix"}
    env = _profiled(machine.image, env) if "l" in options else env
    if command:
        if not rest:
            return leaf("short", 2)
        text = rest[0]
        if isinstance(text, Unknown):
            return leaf("unnamed", instead=text.reason)
        body = machine.parse_text(text, _place(machine.image, process, text), row)
        name = rest[1] if len(rest) > 1 else argv[0]
        shell = Shell(
            machine, _interpreter(), row, body, "command", name, rest[2:], env, options, f"{process.program} -c"
        )
        return _prepared(shell, world, process)
    if not rest or "s" in options:
        if process.stdin > 0 and not any("s" in str(word) for word in own if word != "-s"):
            from stopcheck.boot.shell.piped import Piped

            return Piped(machine, process.program, tuple(word for word in own if word not in {"-s", "--"}), rest)
        if process.stdin:
            return leaf("unnamed", instead="what it reads are the commands that another program prints")
        return leaf("short", 0)
    path = rest[0]
    if isinstance(path, Unknown):
        return leaf("unnamed", instead=path.reason)
    file = machine.written(world, process, path) or machine.image.files.lookup(clean(posixpath.join(process.cwd, path)))
    if file is None and row.name == "bash" and "/" not in path:
        file = find_file(machine.image, path, process.cwd, env)  # it looks for a script in PATH, too
    if file is None and row.name in _READS_FOLDERS and machine.is_folder(world, process, path):
        return leaf("short", _READS_FOLDERS[row.name])
    if file is None or _is_binary(file, path):
        status = 2 if row.almquist else 127 if file is None else 126
        why = f"{path} is not in the image" if file is None else f"{path} is a program, and no script"
        failure = Failure(status, why, "argument" if file is None else "binary", path)
        world.note_failure("cannot-start", process, failure, process.origin)
        return leaf("short", status)
    if isinstance(file, Unknown) or isinstance(file.content, Unknown):
        reason = file.reason if isinstance(file, Unknown) else getattr(file.content, "reason", "")
        return leaf("unread", instead=reason, name=path.rsplit("/", 1)[-1])
    script = machine.parse(file.content, row)
    shell = Shell(machine, _interpreter(), row, script.body, "file", path, rest[1:], env, options, path)
    return _prepared(shell, world, process)


def _prepared(shell: Shell, world: World, process: Process) -> Shell:
    """A shell with what it reads first: bash the file of BASH_ENV, unless it is called sh (script.bash.env-*).

    A login shell reads /etc/profile, which on Debian and Alpine reads what stands in /etc/profile.d.
    """
    if "l" in shell.options and shell.row.name in {"bash", "dash", "busybox"}:
        for profile in reversed(shell.machine.image.files.matching("/etc/profile.d/*.sh")):
            if isinstance(profile.content, SourceFile):
                body = shell.machine.parse(profile.content, shell.row).body
                shell.push(SourceEnd(profile.path, None, body), Evaluate(body, None))
    named = shell.variables.get("BASH_ENV")
    if shell.row.name != "bash" or not isinstance(named, str) or not shell.options.isdisjoint({"posix", "i", "p"}):
        return shell
    machine = shell.machine
    file = machine.written(world, process, named) or machine.image.files.lookup(join(process.cwd, named))
    content = file.content if isinstance(file, ImageFile) else None
    if isinstance(content, SourceFile):
        body = machine.parse(content, shell.row).body
        shell.push(SourceEnd(named, None, body), Evaluate(body, None))
    return shell


def _interpreter() -> Interpreter:
    """What it is carried out with: imported where a shell runs, for many images start none."""
    from stopcheck.boot.shell.interpreter import Interpreter

    return Interpreter()


def shell_row(image: Image, name: str) -> ShellRow | Unknown | None:
    """The shell of that name in an image; Unknown where /bin/sh is not known, None where it has none."""
    base = image.base
    kind = SHELL_NAMES[name]
    if not kind:
        if isinstance(base.sh, Unknown):
            return base.sh
        kind = base.sh
        if kind == "none":
            return None
    version = base.sh_version if kind == base.sh else base.bash_version if kind == "bash" else ""
    patched = kind != "dash" or base.family in {"debian", "ubuntu", ""}
    return find_shell(kind, version, "" if patched else "upstream") or Unknown(f"how the shell {kind} behaves")


def _refused(row: ShellRow, words: tuple[Field, ...]) -> tuple[int | None, str]:
    """The status of a shell that is given several options as one, if that is an error, and that one."""
    joined = next((word for word in words if isinstance(word, str) and word[:1] == "-" and " " in word.rstrip()), "")
    if not joined or not row.blank_option:
        return None, ""
    named = joined.startswith("--") or joined.partition(" ")[0].endswith("o")  # a name, with a blank before it or in it
    return {"bash": 2, "busybox": 0, "yash": None}.get(
        row.name, row.blank_option
    ) if named else row.blank_option, joined


def _profiled(image: Image, env: Mapping[str, Field]) -> Mapping[str, Field]:
    """What a login shell's profiles leave of the environment: Debian's and Alpine's set PATH anew."""
    files = image.files
    own = files.fills("/etc/profile.d") or any(map(files.puts, _PROFILES))
    if env.get("PATH", DEFAULT_PATH) == DEFAULT_PATH and not own:
        return env
    return {**env, "PATH": Unknown("what the profiles of a login shell set PATH to")}


def _place(image: Image, process: Process, text: str) -> Span | None:
    """Where the text of `-c` stands: in CMD or ENTRYPOINT for PID 1, in the command that started it otherwise."""
    for start in (image.entrypoint, image.cmd):
        if start is None or isinstance(start, Unknown):
            continue
        if start.shell_form is not None and start.shell_form.text == text:
            return Span(start.shell_form, 0, len(text))
        for value, span in zip(start.argv, start.argument_spans, strict=False):
            if value == text:
                return span
    return process.origin


def _is_binary(file: ImageFile | Unknown, path: str) -> bool:
    """Whether it is surely no text that a shell could read: a shell itself, or what begins like a program."""
    if isinstance(file, Unknown):
        return path.rsplit("/", 1)[-1] in SHELL_NAMES
    return isinstance(file.content, SourceFile) and begins_like_a_program(file.content.text)
