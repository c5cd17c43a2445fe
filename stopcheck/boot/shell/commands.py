"""Simple commands: assignments, functions, builtins, programs in the foreground."""

from __future__ import annotations

import posixpath

from stopcheck.boot.failure import Failure
from stopcheck.boot.lookup import find_file
from stopcheck.boot.made import MAY_WRITE
from stopcheck.boot.programs.program import UNMARKED, Program
from stopcheck.boot.shell import constructs, forks, implicit_exec
from stopcheck.boot.shell.arithmetic import UnsetError, evaluate
from stopcheck.boot.shell.call import Call
from stopcheck.boot.shell.environment import asks_for_unset, status_for_unset
from stopcheck.boot.shell.frames import STARTS, Evaluate, Foreground, Redirected, Standing
from stopcheck.boot.shell.options import shell_options
from stopcheck.boot.shell.words import expand_text, expand_words
from stopcheck.boot.world import TooComplex
from stopcheck.boot.written import OUTPUTS, copied, makes_fifo, makes_files, opened, worked_on
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.knowledge.builtins import unknown_option
from stopcheck.model import Unknown, numeral
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import ArrayLiteral, CommandSubstitution, SimpleCommand

if TYPE_CHECKING:
    from stopcheck.boot.shell.frames import Reading, Tail
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.syntax.shell.tree import Assignment, Function, Word


def simple_command(shell: Shell, node: SimpleCommand, tail: Tail, world: World, process: Process) -> None:
    """Run one: it changes the shell, starts a child, or replaces the process."""
    asking = (*node.words, *(assignment.value for assignment in node.assignments))
    if forks.asks(shell, asking, node, tail, world, process):
        return
    scope = shell.scope(world, process)
    words = expand_words(scope, node.words, shell.row.bash_syntax)
    if shell.aliases and words:
        words = _unaliased(shell, node, words)
    if any(each.name in shell.constants for each in node.assignments) and _is_constant(shell, words, process):
        shell.answers = ()
        return
    try:
        if node.redirections and _refused(shell, node, words, world, process):
            shell.answers = ()
            return
        if node.redirections and process.user and _refuses(shell, words, node, world, process):
            return
        call = _redirected(Call(shell, world, process, node, words, tail)) if words else None
    except UnsetError as fault:
        if not _fails_alone(shell, words, fault):
            raise
        if type(fault) is UnsetError and str(fault):
            world.note("lacks", process, text=str(fault), span=node.span)
        shell.answers = ()
        return
    if call is None:
        before: int | Unknown = 0
        for word in node.words:  # that came to nothing: `$(false)`
            before = _status_in(shell, word, None, before, world, process)
        _assign_all(shell, node.assignments, world, process, before)
        for redirection in node.redirections:
            if redirection.operator in OUTPUTS:
                opened(shell, redirection, world, process)
        shell.answers = ()
        return
    if shell.row.name == "bash" and shell.answers:
        shell.status = shell.answers[-1].status  # what a bare `exit $(false)` leaves with
    shell.answers = ()
    name = words[0]
    if isinstance(name, str):
        function = shell.functions.get(name)
        if function is not None:
            _call_function(call, function)
            return
        builtin = shell.interpreter.builtin(name, shell.row)
        if builtin is not None:
            if node.assignments:
                _assign_before(call, name)
            if unknown_option(shell.row.name, name, call.arguments):
                shell.refuse(2, special=call.special and name in SPECIAL)
                return
            if _may_print(call):
                world.put(call.output, Unknown(f"what `{name}` prints", node.span))
            builtin(call)
            return
        if (process.user and _cannot_make(call)) or _cannot_find(call):
            return
    run_program(call)


def read_on(shell: Shell, reading: Reading, world: World, process: Process, *, late: bool) -> None:
    """What a `read` waited for has come, from where it was redirected to read; or its time is over."""
    builtin = shell.interpreter.builtin(str(reading.words[0]), shell.row)
    if builtin is not None:
        builtin(Call(shell, world, process, reading.node, reading.words, None, stdin=reading.pipe, late=late))


_ALIASED = regex(r"[\w ./:=-]+")


def _unaliased(shell: Shell, node: SimpleCommand, words: tuple[Field, ...]) -> tuple[Field, ...]:
    """The words of a command whose name may be an alias: one that was there before its line was read."""
    name = node.words[0].literal if not node.words[0].quoted else None
    text, place = shell.aliases.get(name or "", ("", node.span))
    before = node.span.source.text[place.end : node.span.start] if node.span.source is place.source else "\n"
    if not text or "\n" not in before:
        return words
    if not _ALIASED.fullmatch(text):
        raise TooComplex(f"what the alias {name} stands for")
    return (*text.split(), *words[1:])


def _fails_alone(shell: Shell, words: tuple[Field, ...], fault: UnsetError) -> bool:
    """Whether an error in an expansion of a redirection is only the command's, whose status it then sets.

    bash expands it in the child. dash and busybox make of a heredoc a redirection that cannot be made.
    """
    words = words[1:] if words[:1] == ("command",) else words
    if shell.row.name == "bash" and _is_outside(shell, words):
        shell.set_status(shell.row.open_error)
        return True
    if fault.in_heredoc and shell.row.almquist:
        shell.refuse(shell.row.open_error, special=bool(words) and words[0] in SPECIAL)
        return True
    return False


def _is_outside(shell: Shell, words: tuple[Field, ...]) -> bool:
    """Whether these words run a program, not a builtin or a function."""
    if not words or isinstance(words[0], Unknown):
        return False
    return words[0] not in shell.functions and shell.interpreter.builtin(words[0], shell.row) is None


def _call_function(call: Call, function: Function) -> None:
    """With its redirections, which hold until it returns."""
    shell, process = call.shell, call.process
    if call.node.redirections:
        shell.push(Redirected.of(process))
        _redirect(call, process)
    if call.node.assignments:
        shell.assign_for_now(_assigned(call))
    alone = not (call.node.redirections or call.node.assignments)
    if not shell.call(function, call.arguments, call.tail if alone else None):
        _recurse(call)


def _assigned(call: Call) -> dict[str, Field]:
    """What the assignments before a command set, each with those before it set already."""
    values: dict[str, Field] = {}
    scope = call.shell.scope(call.world, call.process)
    scope = replace(scope, variable=lambda name, known=scope.variable: values[name] if name in values else known(name))
    for assignment in call.node.assignments:
        values[assignment.name] = expand_text(scope, assignment.value)
    return values


def _assign_before(call: Call, name: str) -> None:
    """Assignments before a builtin: before a special one they stay, in a POSIX shell (XCU 2.9.1)."""
    shell, node = call.shell, call.node
    bash = shell.row.name == "bash" and not shell.strict
    if name in {"eval", ".", "source", "command"} and (bash or not call.special):
        shell.assign_for_now(_assigned(call))
    elif (shell.strict and name in SPECIAL) or (name == "exec" and call.arguments):
        _assign_all(shell, node.assignments, call.world, call.process)
        if shell.row.name == "bash":
            shell.exported |= {each.name for each in node.assignments}
    elif name in {"export", "readonly"}:
        meant = tuple(each for each in node.assignments if not bash or each.name in call.arguments)
        _assign_all(shell, meant, call.world, call.process)
    elif name in {"eval", ".", "source"}:
        _assign_all(shell, node.assignments, call.world, call.process)


def _is_constant(shell: Shell, words: tuple[Field, ...], process: Process) -> bool:
    """What comes of an assignment to a constant; False where the command before which it stands runs all the same."""
    if shell.row.almquist:
        shell.leave(2)
    elif shell.row.constant_error and not (words and shell.row.name == "ksh93"):
        shell.leave(shell.row.constant_error)
    elif shell.row.name != "bash":
        return False
    elif not shell.ending and (shell.errexit or (shell.strict and (not words or words[0] in SPECIAL))):
        shell.leave(shell.fault())  # also where it is looked at
    elif not words or shell.strict:
        shell.discard(process)
    else:
        return False
    return True


def _refused(shell: Shell, node: SimpleCommand, words: tuple[Field, ...], world: World, process: Process) -> bool:
    """Whether one of its redirections cannot be made: it does not run, and a special builtin ends a POSIX shell."""
    from stopcheck.boot.lacking import cannot_open

    if not cannot_open(shell, node.redirections, world, process):
        return False
    shell.refuse(shell.row.open_error, special=bool(words) and words[0] in SPECIAL and words[0] not in shell.functions)
    return True


SPECIAL = frozenset({":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
                     "shift", "source", "times", "trap", "unset"})  # fmt: skip
"""The special builtins (XCU 2.14)."""


def _cannot_make(call: Call) -> bool:
    from stopcheck.boot.permissions import cannot_make

    return cannot_make(call)


def _makes(call: Call) -> bool:
    from stopcheck.boot.lacking import surely_makes

    return surely_makes(call)


def _cannot_find(call: Call) -> bool:
    from stopcheck.boot.lacking import cannot_find

    return cannot_find(call)


def _refuses(shell: Shell, words: tuple[Field, ...], node: SimpleCommand, world: World, process: Process) -> bool:
    from stopcheck.boot.permissions import refuses

    return refuses(shell, words, node.redirections, world, process)


def _redirected(call: Call) -> Call:
    """With what its redirections make of its input and output; `read` and a bare `exec` see to theirs themselves."""
    call = replace(call, closed=call.process.closed) if call.process.closed else call
    if not call.node.redirections or call.words[0] == "read" or call.words == ("exec",):
        return call
    from stopcheck.boot.shell.redirections import redirect

    process = call.process
    before, shell = Redirected.of(process), call.shell
    outside = shell.row.name == "bash" and _is_outside(shell, call.words)
    before_it = dict(shell.variables), shell.last_job, shell.substitutions
    try:
        redirect(shell, call.node.redirections, call.world, process)
    finally:
        after, call = Redirected.of(process), replace(call, closed=process.closed)
        before.restore(process)
        if outside:
            shell.variables, shell.last_job, shell.substitutions = before_it  # its child has set them
    pairs = ((before.stdin, after.stdin), (before.stdout, after.stdout))
    stdin, stdout = (new if old != new else None for old, new in pairs)
    return replace(call, stdin=stdin, stdout=stdout)


_LISTS = frozenset({"alias", "declare", "export", "hash", "local", "readonly", "set", "trap", "typeset", "umask"})
"""Builtins that print where they are given nothing to do."""
_PRINTS = frozenset({"caller", "compgen", "dirs", "jobs", "popd", "pushd", "times", "type", "ulimit", "whence"})
"""Builtins whose output is not followed; `echo` and `printf` tell theirs themselves."""


def _may_print(call: Call) -> bool:
    name, arguments = call.words[0], call.arguments
    if name == "command":
        return arguments[:1] in {("-v",), ("-V",)}
    if name in {".", "source"} or name == "eval":
        return any(isinstance(word, Unknown) for word in arguments) or name != "eval"
    if name == "jobs" and call.shell.row.jobs_p and arguments and set(arguments) <= {"-p", "-pr", "-rp", "-r"}:
        return False  # it tells them itself
    if name == "jobs" and call.shell.row.name == "dash" and call.shell.mode == "subshell":
        return bool(call.shell.jobs)  # it knows of none of those of the shell that it was forked from
    return name in _PRINTS or (name in _LISTS and (not arguments or arguments[0] == "-p"))


def _recurse(call: Call) -> None:
    """A function that calls itself for ever: some shells count, the others run out of stack, bash after seconds."""
    status = {"dash": 2, "zsh": 1, "ksh93": 1}.get(call.shell.row.name)
    if status is not None:
        call.shell.leave(status)
    elif call.shell.row.name in {"bash", "posh"}:
        raise TooComplex("how long a function that calls itself for ever takes to run out of memory")
    else:
        call.world.note("dies", call.process, signal="SEGV")
        call.world.exit(call.process, 139, "SEGV")


def run_program(call: Call) -> None:
    """A program: in place of the shell where that shell does so, else as a child in the foreground."""
    shell, world, process = call.shell, call.world, call.process
    words = _with_input(call, call.words)
    call = call if words is call.words else replace(call, words=words)
    if isinstance(shell.blocked, Standing):
        shell.push(Evaluate(call.node, call.tail))
        shell.blocked = replace(shell.blocked, why=STARTS, retries=True)
        return
    if shell.mode != "subshell" and words[0] == "cat" and any(_is_fifo(call, word) for word in words[1:]):
        raise TooComplex("how long `cat` reads from a FIFO")
    env = shell.environment()
    env |= _assigned(call)
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
    _redirect(call, child)
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
    if call.words[0] == "mkdir" and isinstance(child.body, Program) and _makes(call):
        child.body = Program(replace(child.body.row, status=0), shell.machine.stop_signal)
    _writes(world, child)
    forks.take_place(shell)
    if call.words == ("cat",) and call.node.redirections:
        copied(shell, call.node.redirections, world, process)
    if world.files or world.folders or makes_files(call.words):
        worked_on(call.words, world, child)
    shell.blocked = Foreground((child.pid,), call.node)
    shell.waited = False


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


def _redirect(call: Call, process: Process) -> None:
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


def _is_fifo(call: Call, word: Field) -> bool:
    """Whether the script makes a FIFO of this name."""
    return isinstance(word, str) and makes_fifo(call.node.span.source.text, word)


def _with_input(call: Call, words: tuple[Field, ...]) -> tuple[Field, ...]:
    """`sh < FILE` runs the file like `sh FILE`, and `sh <<EOF` what stands there."""
    name = words[0]
    if not isinstance(name, str) or name.rsplit("/", 1)[-1] not in shell_names() or not call.node.redirections:
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


def _without_s(word: Field) -> Field:
    """A shell's option letters without -s."""
    if isinstance(word, Unknown) or word[:1] != "-" or word[:2] == "--":
        return word
    return word.replace("s", "")


def shell_names() -> frozenset[str]:
    """The names that shells go by."""
    return frozenset({"sh", "bash", "dash", "ash", "mksh", "zsh", "yash", "ksh", "ksh93", "posh"})


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
    words = _with_input(call, words)
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
        if kind == "exec" and "execfail" in shell.options and not shell.errexit:
            world.note_failure("not-found", process, started, call.node.span)
            shell.set_status(started.status)
            return
        world.note_failure("cannot-start", process, started, call.node.span)
        if kind == "exec" and _untraps(shell, words[0], started):
            shell.traps.pop("EXIT", None)
        shell.leave(started.status)
        return
    process.body = started
    _redirect(call, process)
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


def _assign_all(
    shell: Shell, assignments: tuple[Assignment, ...], world: World, process: Process, status: int | Unknown = 0
) -> None:
    """Do the assignments; the status is that of the last command substitution in them, else `status`."""
    for assignment in assignments:
        scope = shell.scope(world, process)
        part = assignment.value.parts[0] if len(assignment.value.parts) == 1 else None
        if isinstance(part, ArrayLiteral):
            values = constructs.listed(shell, part.elements, world, process)
            shell.assign_array(assignment.name, part.elements, values, assignment.append)
            continue
        value = expand_text(scope, assignment.value)
        if assignment.index is not None:
            keyed = isinstance(shell.variables.get(assignment.name), Unknown)  # an associative array is not followed
            if not keyed:
                _assign_element(shell, assignment, evaluate(scope, assignment.index, assignment.span), value)
            continue
        if assignment.append:
            value = appended(shell, assignment.name, value)
        shell.assign(assignment.name, value)
        status = _status_in(shell, assignment.value, value, status, world, process)
    shell.set_status(status, True)


def _status_in(
    shell: Shell, word: Word, value: Field | None, status: int | Unknown, world: World, process: Process
) -> int | Unknown:
    """The status of a word's last command substitution, else `status`. `value`: what the word has become."""
    for each in word.parts:
        if isinstance(each, CommandSubstitution):
            answer = shell.answer(each)
            alone = value if len(word.parts) == 1 else None
            status = _status_of(each, shell, world, process, alone) if answer is None else answer.status
    return status


def appended(shell: Shell, name: str, value: Field) -> Field:
    """What `name+=value` sets."""
    before = shell.value(name) or ""
    if isinstance(before, Unknown) or isinstance(value, Unknown):
        return before if isinstance(before, Unknown) else value
    return f"{before or 0}+({value})" if name in shell.integers else before + value


_PLAIN_STATUS = {"false": 1, "true": 0, ":": 0, "echo": 0, "printf": 0, "pwd": 0}


def _status_of(
    part: CommandSubstitution, shell: Shell, world: World, process: Process, output: Field | None
) -> int | Unknown:
    """The status of a command substitution, where it is one command whose status everyone knows.

    `output`: what it prints, where that is all there is to a value.
    """
    unknown = Unknown("the status of a command substitution", part.span)
    items = part.body.items
    if len(items) != 1 or items[0].background or items[0].command.rest:
        return unknown
    pipeline = items[0].command.first
    command = pipeline.commands[-1]
    if not pipeline.negated and asks_for_unset(shell, part.body, world, process):
        return status_for_unset(shell, part.body)
    if (
        pipeline.negated
        or ("pipefail" in shell.options and len(pipeline.commands) > 1)
        or not isinstance(command, SimpleCommand)
        or not command.words
    ):
        return unknown
    name = command.words[0].literal
    if name == "cat" and len(command.words) == 1 and "0" in process.closed and not command.redirections:
        if not shell.row.almquist:
            raise TooComplex("how long `$(cat)` reads where standard input is closed")  # bash: from its own pipe
        return 1
    if name in {"pgrep", "pidof"} and isinstance(output, str) and name not in shell.functions:
        there = find_file(shell.machine.image, name, process.cwd, {"PATH": shell.variables.get("PATH", "")})
        return 127 if there is None else int(output == "")
    return _PLAIN_STATUS.get(name, unknown) if name is not None else unknown


def _assign_element(shell: Shell, assignment: Assignment, index: Field, value: Field) -> None:
    elements = shell.arrays.get(assignment.name, ())
    number = numeral(index) if isinstance(index, str) else None
    if number is not None and number <= len(elements):
        shell.arrays[assignment.name] = (*elements[:number], value, *elements[number + 1 :])
    else:
        shell.arrays[assignment.name] = (Unknown(f"the array {assignment.name}", assignment.span),)
