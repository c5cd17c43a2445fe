"""What a shell forks for: jobs, pipelines, subshells, substitutions; and its table of jobs."""

from __future__ import annotations

import itertools

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import READERS
from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.frames import (
    CallEnd,
    Evaluate,
    Foreground,
    Job,
    Joined,
    Negate,
    Redirected,
    TrapEnd,
)
from stopcheck.boot.shell.implicit_exec import may_replace, under
from stopcheck.boot.shell.origin import Origin
from stopcheck.boot.world import DESCRIPTORS, TooComplex
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.records import replace
from stopcheck.syntax.shell.tree import (
    AndOr,
    ArrayLiteral,
    CommandSubstitution,
    Function,
    Group,
    ProcessSubstitution,
    Sequence,
    SimpleCommand,
    Subshell,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from stopcheck.boot.shell.frames import Tail, Trap
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import Arithmetic, Case, Conditional, Coprocess, For, Item, Node, Pipeline, Word

    Asking: TypeAlias = SimpleCommand | Case | For | Arithmetic | Conditional

ASYNCHRONOUS = frozenset({"INT", "QUIT"})
"""What a job ignores where the shell has no job control (POSIX, "Signals and Error Handling")."""
_READ_SCRIPTS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh93", "mksh", "yash"})
"""What may run what is piped to it."""
_TIDYING = (Function, Sequence, SimpleCommand, Subshell)
"""What bash runs an EXIT trap behind, where it is what a child of it runs."""
HIGHEST = 63
"""The number of the first descriptor that bash takes for itself."""
_ASKED = (ArrayLiteral, CommandSubstitution, ProcessSubstitution)


def fork(
    shell: Shell, world: World, process: Process, node: Node, span: Span, background: bool, piped: bool = False
) -> Process:
    """fork(2) of this shell, to run a part of the script: traps are reset, jobs forgotten."""
    body = shell.copy()
    body.frames = (Evaluate(node, frozenset()),)
    body.mode = "subshell"
    body.has_exit_trap = body.had_trap = False
    body.armed = frozenset()
    body.deaf = shell.deaf if shell.row.undeafens else frozenset()
    body.options = shell.options - {"m"}
    body.kept = shell.outputs()
    body.origin = _origin(shell, process, node, background, piped)
    body.traps = {name: trap for name, trap in shell.traps.items() if _is_inherited(shell, name, trap)}
    body.pending, body.jobs, body.blocked, body.ending = (), (), None, False
    body.answers, body.substitutions, body.disowned, body.feeding = (), (), {}, ()
    child = world.spawn(process, body, process.argv, span)
    child.program = process.program
    child.job = background
    if "m" in shell.options:
        child.pgid = child.pid
    elif background and shell.row.deafens_jobs:
        if shell.row.name != "bash" or _is_program(shell, node):
            child.ignored |= ASYNCHRONOUS
            if shell.row.undeafens:
                body.deaf = ASYNCHRONOUS - process.ignored
        else:
            # It is the subshell that ignores them, not the programs in it. A function, or a builtin, by itself
            # hears INT: only execute_in_subshell and execute_disk_command call setup_async_signals (execute_cmd.c).
            body.deaf = frozenset({"QUIT"}) if isinstance(node, SimpleCommand) else ASYNCHRONOUS
    return child


def _is_inherited(shell: Shell, name: str, trap: Trap) -> bool:
    """Whether a trap holds in a child, too: what is ignored, and of bash under `set -E` the ERR trap.

    Source: trap2.bash.errtrace-subshell, trap2.bash.errtrace-substitution.
    """
    if name == "ERR" and shell.row.name == "bash":
        return "E" in shell.options
    return trap.text == "" and name != "EXIT"


def _origin(shell: Shell, process: Process, node: Node, background: bool, piped: bool) -> Origin:
    # Source: execute_cmd.c, execute_command_internal, where it calls subshell_exit.
    alone = node.first.commands[0] if isinstance(node, AndOr) and not node.rest else node  # `! … &`
    tidies = background is not piped if isinstance(alone, Group) else isinstance(alone, _TIDYING)
    trap = next((frame for frame in shell.frames if isinstance(frame, TrapEnd)), None)
    before = shell.origin
    return Origin(
        depth=before.depth + 1,
        root=before.root or process.pid,
        called=before.called or any(isinstance(frame, CallEnd) for frame in shell.frames),
        looped=before.looped or bool(shell.loops()),
        lenient=shell.tested() and (shell.row.name == "bash" or not background),
        ends_plainly=shell.row.name == "bash" and not tidies,
        interrupts=before.interrupts if trap is None else trap.status,
    )


def _is_program(shell: Shell, node: Node) -> bool:
    """Whether a job is one program alone, neither a builtin nor a function."""
    if not isinstance(node, SimpleCommand):
        return False
    names = [word.literal for word in node.words]
    while names[:1] == ["command"]:
        names = [name for name in names[1:] if name not in {"-p", "--"}]
    name = names[0] if names else ":"
    return name is None or not (name in shell.functions or shell.interpreter.has_builtin(name, shell.row))


def start_jobs(shell: Shell, node: Item, world: World, process: Process) -> None:
    """`command &`: a job of one process, or of each part of a pipeline."""
    pipeline = node.command.first
    if not node.command.rest and len(pipeline.commands) > 1:
        children = [fork(shell, world, process, command, node.span, True, True) for command in pipeline.commands]
        world.connect(children, pipeline.stderr_too)
        _add_job(shell, tuple(child.pid for child in children), node.span)
    else:
        # bash runs a program at once, whatever `!` says of its status.
        negated = pipeline.negated and not (shell.row.name == "bash" and _is_program(shell, pipeline.commands[0]))
        whole = node.command.rest or negated or pipeline.timed
        inner: Node = node.command if whole else pipeline.commands[0]
        child = fork(shell, world, process, inner, node.span, True)
        _add_job(shell, (child.pid,), node.span)


def start_coprocess(shell: Shell, node: Coprocess, world: World, process: Process) -> None:
    """`coproc NAME { … }`: a job whose input the shell holds open, and whose output it may read.

    bash takes the highest numbers that are free.
    """
    child = fork(shell, world, process, node.body, node.span, True)
    if "m" not in shell.options:
        child.ignored, cast("Shell", child.body).deaf = process.ignored, ASYNCHRONOUS
    _add_job(shell, (child.pid,), node.span)
    child.stdin, child.stdout = world.new_pipe(), world.new_pipe()
    taken = {*process.inlets, *(number for pid, number in world.outlets if pid == process.pid)}
    free = [str(number) for number in range(HIGHEST, 9, -1) if str(number) not in taken]
    if len(free) < 2:
        raise TooComplex("how many coprocesses a shell can talk to")
    source, sink = free[:2]
    world.hold(process, sink, child.stdin)
    process.inlets = {**process.inlets, source: child.stdout}
    name = node.name or "COPROC"
    shell.assign_array(name, Array().extended((source, sink)))
    shell.assign(f"{name}_PID", str(child.pid))


def run_pipeline(shell: Shell, node: Pipeline, tail: Tail, world: World, process: Process) -> None:
    """Its parts in children, where there is more than one; in some shells the last part in the shell itself."""
    if node.negated:
        shell.push(Negate())
        tail = None
    if node.timed:
        tail = None
    if len(node.commands) == 1:
        shell.push(Evaluate(node.commands[0], tail))
        return
    last = shell.row.last_in_shell or ("lastpipe" in shell.options and "m" not in shell.options)
    inside = node.commands[:-1] if last else node.commands
    under = None if tail is None else tail | {"pipeline"}
    children = [fork(shell, world, process, command, command.span, False, True) for command in inside]
    world.connect(children, node.stderr_too)
    take_place(shell)
    pids = tuple(child.pid for child in children)
    if last and shell.row.last_in_shell and "pipefail" not in shell.options and may_replace(shell, under):
        world.connect([children[-1], process])
        shell.push(Evaluate(node.commands[-1], under))
    elif last:
        if shell.row.name == "bash":
            add_job(shell, pids, node.span, True)  # it has a number as long as it runs
        shell.push(Joined(pids, node))
        shell.push(Redirected.of(process))
        world.connect([children[-1], process])
        shell.push(Evaluate(node.commands[-1], None))
    else:
        shell.blocked = Foreground(pids, node)


def join(shell: Shell, frame: Joined, world: World) -> None:
    """Wait for the others, unless the shell leaves them as a job."""
    shell.jobs = tuple(job for job in shell.jobs if job.pids != frame.pids)
    left = world.living(frame.pids)
    last = frame.node.commands[-1]
    reads = isinstance(last, SimpleCommand) and bool(last.words) and last.words[0].literal in READERS
    if not shell.row.leaves_pipeline or "pipefail" in shell.options or not left or reads:
        shell.blocked = Foreground(frame.pids, frame.node, own=shell.status)
        return
    for process in left:
        process.job = True
    add_job(shell, frame.pids, frame.node.span)


def run_subshell(
    shell: Shell, node: Subshell, tail: Tail, world: World, process: Process, kept: frozenset[int]
) -> None:
    """`( … )`: in a child, unless the shell has nothing else to do.

    It makes its redirections itself, and keeps nothing of what was there: `kept` is what the shell does.
    """
    within = under(shell, tail, "subshell", node)
    if may_replace(shell, within):
        shell.kept -= kept
        alone = within is not None and within <= {"subshell", "redirection"} and shell.mode == "subshell"
        shell.origin = replace(shell.origin, parenthesised=shell.origin.parenthesised or alone)
        shell.push(Evaluate(node.body, frozenset() if alone and shell.row.exec_parentheses else within))
        return
    child = fork(shell, world, process, node.body, node.span, False)
    body = cast("Shell", child.body)
    body.origin = replace(body.origin, parenthesised=True)
    body.kept = shell.outputs(-1 if node.redirections and tail is None else None) - kept
    take_place(shell)
    shell.blocked = Foreground((child.pid,), node)


def asks(shell: Shell, words: tuple[Word, ...], node: Asking, tail: Tail, world: World, process: Process) -> bool:
    """Run the first substitution in these words in which something may stand; False where none is left."""
    if not any(isinstance(part, _ASKED) for word in words for part in word.parts):
        return False
    from stopcheck.boot.shell.asked import sourced, to_run

    part = sourced(shell, node) or next(
        to_run(shell, words, world, process, last=_is_last(shell, node, world, process)), None
    )
    return part is not None and run_first(shell, (part,), node, tail, world, process, surely=True)


def run_first(
    shell: Shell, parts: tuple[CommandSubstitution | ProcessSubstitution, ...], node: Asking, tail: Tail, world: World,
    process: Process, *, surely: bool = False,
) -> bool:  # fmt: skip
    """Run the first of these substitutions in which something may stand (or `surely` the first)."""
    if not parts:
        return False
    from stopcheck.boot.shell.asked import is_to_run

    part = next((each for each in parts if surely or is_to_run(shell, each, world, process)), None)
    if part is None:
        return False
    child = fork(shell, world, process, part.body, part.span, False)
    body = cast("Shell", child.body)
    lenient = body.origin.lenient and not shell.row.almquist
    direction = part.direction if isinstance(part, ProcessSubstitution) else "$"
    body.origin = replace(body.origin, lenient=lenient, substitutes=direction)
    if forgets_errexit(shell):
        body.options -= {"e"}
    child.stdout, child.pgid = world.new_pipe(), process.pgid  # under `set -m`, too
    if isinstance(part, ProcessSubstitution):
        note_substitution(shell, child)
    take_place(shell)
    shell.push(Evaluate(node, tail))
    shell.blocked = Foreground((child.pid,), node, part, child.stdout)
    return True


def run_beside(shell: Shell, part: ProcessSubstitution, world: World, process: Process, before: int) -> str:
    """Start a `<( … )` or `>( … )`, and name it; bash takes the highest numbers, `before` of them are taken."""
    child = fork(shell, world, process, part.body, part.span, False)
    body = cast("Shell", child.body)
    body.origin = replace(body.origin, substitutes=part.direction)
    note_substitution(shell, child)
    number = str(HIGHEST - before)
    if part.direction == "<":
        child.stdout = world.new_pipe()
        process.inlets = {**process.inlets, number: child.stdout}
    return f"{DESCRIPTORS}{number}"


def note_substitution(shell: Shell, child: Process) -> None:
    """`<( … )`, `>( … )`: in bash `$!` names what runs it."""
    shell.substitutions += (child.pid,)
    if shell.row.name == "bash":
        shell.last_job = child.pid


def _is_last(shell: Shell, node: Asking, world: World, process: Process) -> bool:
    """Whether nothing but a builtin, or an assignment, is left to do of what the container was started for."""
    if shell.frames or not isinstance(node, SimpleCommand):
        return False
    if process.pid != 1 and not isinstance(world.processes[process.ppid].body, Parent):
        return False
    name = node.words[0].literal if node.words else ":"
    return name is not None and shell.interpreter.has_builtin(name, shell.row)


def forgets_errexit(shell: Shell) -> bool:
    """Whether `set -e` does not hold in a `$( … )`."""
    bash = shell.row.name == "bash" and not shell.strict and "inherit_errexit" not in shell.options
    return bash or shell.row.name == "busybox"


def take_place(shell: Shell) -> int:
    """The place in the table of jobs for what is forked now: the first that is free, or whose job is waited for."""
    if not shell.row.job_slots:
        shell.jobs = tuple(job for job in shell.jobs if not job.waited)
        return max((job.number for job in shell.jobs), default=0) + 1
    numbers = {job.number: job for job in shell.jobs}
    number = next(number for number in itertools.count(1) if number not in numbers or numbers[number].waited)
    if number in numbers:
        drop_jobs(shell, (numbers[number],))
    return number


def forget_waited(shell: Shell) -> None:
    """bash forgets the jobs that it has waited for when it reads a line. Source: parse.y, shell_getc."""
    if not any(isinstance(frame, TrapEnd) and frame.frozen for frame in shell.frames):
        shell.jobs = tuple(job for job in shell.jobs if not job.waited)


def drop_jobs(shell: Shell, jobs: Iterable[Job]) -> None:
    """Forget these, their status too."""
    shell.jobs = tuple(job for job in shell.jobs if job not in jobs)
    shell.forgotten |= {pid for job in jobs for pid in job.pids}


def add_job(shell: Shell, pids: tuple[int, ...], span: Span, foreground: bool = False) -> None:
    """Keep a job under its number."""
    number = take_place(shell)
    shell.jobs += (Job(pids, span, number, foreground, controlled="m" in shell.options),)


def _add_job(shell: Shell, pids: tuple[int, ...], span: Span) -> None:
    add_job(shell, pids, span)
    shell.last_job = pids[-1]
    shell.status, shell.ok = 0, False
