"""Programs that a shell runs: as a child in the foreground, or in its own place."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.program import UNMARKED, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.made import MAY_WRITE
from stopcheck.boot.files.written import makes_fifo, makes_files, worked_on
from stopcheck.boot.lookup import SHELL_NAMES, find_file
from stopcheck.boot.shell import forks, implicit_exec
from stopcheck.boot.shell.assignments import assigned
from stopcheck.boot.shell.frames import STARTS, Evaluate, Foreground, Standing
from stopcheck.boot.shell.options import shell_options
from stopcheck.boot.shell.outputs import copied
from stopcheck.boot.shell.words import expand_text
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.records import replace

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Body, Field, Process, World


def run_program(call: Call) -> None:
    """A program: in place of the shell where that shell does so, else as a child in the foreground."""
    shell, world, process = call.shell, call.world, call.process
    given, words = call.words, _with_input(call, call.words)
    call = call if words is given else replace(call, words=words)
    if isinstance(shell.blocked, Standing):
        shell.push(Evaluate(call.node, call.tail))
        shell.blocked = replace(shell.blocked, why=STARTS, retries=True)
        return
    _beware_of_fifos(call, words)
    env = shell.environment()
    env |= assigned(call)
    tail = call.tail
    if tail is not None:
        tail |= {"simple"}
        tail |= {"redirection"} if call.node.redirections else frozenset()
        tail |= {"assignment"} if call.node.assignments else frozenset()
    if implicit_exec.may_replace(shell, tail):
        replace_process(call, call.words, env, "implicit-exec")
        return
    child = world.spawn(process, shell, call.words, call.node.span)
    if "m" in shell.options:
        child.pgid = child.pid
    child.env = env
    child.ignored |= {signal for signal, trap in shell.traps.items() if trap.text == "" and signal != "EXIT"}
    redirect_into(call, child)
    started = shell.machine.load(world, child, call.words, env, search=_search(call, env))
    if isinstance(started, Failure):
        if started.kind in UNMARKED and _interpret_here(call, child):
            return
        world.note_failure("not-found", process, started, call.node.span)
        del world.processes[child.pid]
        if shell.row.name == "bash" and "CHLD" in shell.traps:
            shell.receive(world, process, "CHLD")  # a child has looked for it
        shell.set_status(started.status)
        return
    child.body = _or_function(call, started)
    _name(child.body, given, words)
    if call.words[0] == "mkdir" and isinstance(child.body, Program) and _makes(call):
        child.body = Program(replace(child.body.row, status=0), shell.machine.stop_signal)
    _writes(world, child)
    forks.take_place(shell)
    if call.words == ("cat",) and call.node.redirections:
        copied(shell, call.node.redirections, world, process)
    if world.files or world.folders or makes_files(call.words):
        worked_on(call.words, world, child)
    shell.blocked = Foreground((child.pid,), call.node)


def _makes(call: Call) -> bool:
    from stopcheck.boot.shell.lacking import surely_makes

    return surely_makes(call)


def _search(call: Call, env: dict[str, Field]) -> Field:
    """Where the shell looks for a program: its PATH, exported or not, and that of this command before it."""
    if any(assignment.name == "PATH" for assignment in call.node.assignments):
        return env.get("PATH", "")
    return call.shell.variables.get("PATH", "")


def _or_function(call: Call, started: Body) -> Body:
    """A program that nobody knows may be a function of a file that was sourced and cannot be read."""
    name, shell = call.words[0], call.shell
    if not shell.opened or not isinstance(started, Program) or started.row.role != "unknown":
        return started
    if not isinstance(name, str) or "/" in name or name in shell.machine.image.installed:
        return started
    row = replace(started.row, role="absent", instead=f"{shell.opened} may define it")
    return Program(row, shell.machine.stop_signal)


def redirect_into(call: Call, process: Process) -> None:
    """A process whose output goes elsewhere keeps no pipe open."""
    process.closed = call.closed
    process.stdin = process.stdin if call.stdin is None else call.stdin
    process.stdout = process.stdout if call.stdout is None else call.stdout


def _writes(world: World, process: Process) -> None:
    """What a program that may stand prints into its file, nobody knows; one that ends tells when it does."""
    role = process.body.row.role if isinstance(process.body, Program) else ""
    if process.stdout in world.sinks and role not in {"short", "test"} and not hasattr(process.body, "frames"):
        world.put(process.stdout, Unknown(f"what {process.program} prints", process.origin))
    if role in MAY_WRITE and world.files:
        named = (word.rpartition("=")[2] for word in process.argv[1:] if isinstance(word, str))
        for path in {clean(posixpath.join(process.cwd, word)) for word in named if word} & world.files.keys():
            world.files[path] = Unknown(f"the content of {path}", process.origin)


def _beware_of_fifos(call: Call, words: tuple[Field, ...]) -> None:
    """`cat` of a FIFO that the script makes stands until somebody has written; raises TooComplex."""
    if call.shell.mode == "subshell" or words[0] != "cat":
        return
    script = call.node.span.source.text
    if any(isinstance(word, str) and makes_fifo(script, word) for word in words[1:]):
        raise TooComplex("how long `cat` reads from a FIFO")


def _with_input(call: Call, words: tuple[Field, ...]) -> tuple[Field, ...]:
    """`sh < FILE` runs the file like `sh FILE`, and `sh <<EOF` what stands there."""
    name = words[0]
    if not isinstance(name, str) or name.rsplit("/", 1)[-1] not in SHELL_NAMES or not call.node.redirections:
        return words
    options, rest, command = shell_options(words[1:])
    if command or (rest and "s" not in options):
        return words
    given = (_without_s(word) for word in words[1 : len(words) - len(rest)])
    own = tuple(word for word in given if word not in {"-", "--"})
    scope = call.shell.scope(call.world, call.process)
    for redirection in call.node.redirections:
        heredoc = redirection.heredoc
        if redirection.operator == "<":
            return (name, *own, expand_text(scope, redirection.target), *rest)
        if heredoc is not None or redirection.operator == "<<<":
            body = redirection.target if heredoc is None else heredoc.body
            text = body.span.text if heredoc is not None and heredoc.quoted else expand_text(scope, body)
            if isinstance(text, Unknown):
                raise TooComplex(f"what {name} reads: {text.reason}")
            text = f"{text}\nexit $?"  # it puts no last command in its own place
            return (name, *own, "-c", text, *((name, *rest) if rest else ()))
    return words


def _name(body: Body, given: tuple[Field, ...], words: tuple[Field, ...]) -> None:
    """A shell that reads from its input has its own name for `$0`, as it was called."""
    if words is not given and hasattr(body, "frames"):
        cast("Shell", body).name = given[0]


def _without_s(word: Field) -> Field:
    """A shell's option letters without -s."""
    if isinstance(word, Unknown) or word[:1] != "-" or word[:2] == "--":
        return word
    return word.replace("s", "")


def _interpret_here(call: Call, child: Process) -> bool:
    """A script without `#!` that a shell starts is run by that shell (POSIX, "Command Search and Execution")."""
    shell = call.shell
    started = shell.machine.load(call.world, child, _interpreted(shell, call.words, child), child.env)
    if isinstance(started, Failure):
        return False
    child.body = started
    shell.blocked = Foreground((child.pid,), call.node)
    return True


def _interpreted(shell: Shell, words: tuple[Field, ...], process: Process) -> tuple[Field, ...]:
    """What a shell makes of a script without `#!`: itself, and the path at which it has found the script."""
    file = find_file(shell.machine.image, str(words[0]), process.cwd, process.env)
    path = file.path if file is not None and not isinstance(file, Unknown) else words[0]
    return (_own_name(shell), path, *words[1:])


def _own_name(shell: Shell) -> str:
    return shell.row.name if shell.row.name in {"bash", "ksh93"} else "/bin/sh"


def replace_process(call: Call, words: tuple[Field, ...], env: dict[str, Field], kind: str) -> None:
    """execve(2) of the shell's own process: caught signals fall back to their defaults, ignored ones stay ignored."""
    shell, world, process = call.shell, call.world, call.process
    given, words = words, _with_input(call, words)
    _beware_of_fifos(call, words)
    left = shell.row.ignores if kind == "implicit-exec" and shell.row.name == "busybox" else frozenset()
    if shell.mode == "subshell":
        left = frozenset()  # a fork puts them back
    ignored = (
        process.ignored
        | left
        | {signal for signal, trap in shell.traps.items() if trap.text == "" and signal != "EXIT"}
    )
    if shell.row.name == "posh" and process.job:
        ignored -= (
            forks.ASYNCHRONOUS
        )  # a job of it ignores them, but no program that it becomes (trap2.posh.job-hears-INT)
    before = process.argv, process.ignored
    traps = dict(shell.traps)
    process.ignored = ignored  # to which what it becomes adds: `exec nohup app`
    process.origin = call.node.span
    started = shell.machine.load(world, process, words, env, search=_search(call, env))
    if isinstance(started, Failure) and started.kind in UNMARKED:
        # ENOEXEC: the shell runs it by itself, as a script of its own (POSIX, "Command Search and Execution").
        started = shell.machine.load(world, process, _interpreted(shell, words, process), env)
    if isinstance(started, Failure):
        if kind == "exec" and not started.name and words[0] == "" and shell.row.almquist:
            started = replace(started, status=126)  # they join it with a folder of PATH, and cannot execute that
        process.argv, process.ignored = before
        if started.ran:  # what was to start it has taken the shell's place
            world.note_failure("cannot-start", process, started, call.node.span)
            world.exit(process, started.status)
            return
        if kind == "exec" and "execfail" in shell.options and shell.mode != "subshell" and not shell.errexit:
            world.note_failure("not-found", process, started, call.node.span)
            shell.set_status(started.status)
            return
        world.note_failure("cannot-start", process, started, call.node.span)
        if kind == "exec" and _untraps(shell, words[0], started):
            shell.traps.pop("EXIT", None)
        shell.leave(started.status)
        return
    process.body = started
    _name(started, given, words)
    redirect_into(call, process)
    _writes(world, process)
    world.note(kind, process, text=" ".join(str(word) for word in words if isinstance(word, str)), span=call.node.span)
    for signal, trap in traps.items():
        text = trap.text if isinstance(trap.text, str) else ""
        world.note("trap-kept" if trap.text == "" else "trap-lost", process, text=text, span=trap.span, signal=signal)


def _untraps(shell: Shell, name: Field, failure: Failure) -> bool:
    """Whether an `exec` that fails takes the shell's EXIT trap away: in bash not that of a name that it cannot find."""
    if shell.row.name == "bash":
        return failure.status != 127 or "/" in str(name)
    return shell.row.name in {"zsh", "yash", "ksh93"}
