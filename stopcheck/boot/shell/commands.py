"""Simple commands: assignments, functions, builtins, programs in the foreground."""

from __future__ import annotations

from stopcheck.boot.shell import forks
from stopcheck.boot.shell.arithmetic import UnsetError
from stopcheck.boot.shell.assignments import assign_all, assign_before, assigned, refuses_constant
from stopcheck.boot.shell.builtins.find import find_builtin
from stopcheck.boot.shell.call import Call
from stopcheck.boot.shell.frames import OPTION_AT, OPTION_INSIDE, CallEnd, Evaluate, Redirected
from stopcheck.boot.shell.implicit_exec import may_replace
from stopcheck.boot.shell.outputs import opened
from stopcheck.boot.shell.running import redirect_into, run_program
from stopcheck.boot.shell.words import expand_words
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.builtins import SPECIAL, unknown_option
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import OUTPUTS, Group

if TYPE_CHECKING:
    from stopcheck.boot.shell.frames import Reading, Tail
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import Function, SimpleCommand


def simple_command(shell: Shell, node: SimpleCommand, tail: Tail, world: World, process: Process) -> None:
    """Run one: it changes the shell, starts a child, or replaces the process."""
    asking = (*node.words, *(assignment.value for assignment in node.assignments))
    if forks.asks(shell, asking, node, tail, world, process):
        return
    scope = shell.scope(world, process)
    words = expand_words(scope, node.words, shell.row.bash_syntax)
    if shell.aliases and words:
        words = _unaliased(shell, node, words)
    if any(each.name in shell.constants for each in node.assignments) and refuses_constant(shell, words, process):
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
        assign_all(shell, node.assignments, world, process, node.words)
        for redirection in node.redirections:
            if redirection.operator in OUTPUTS:
                opened(shell, redirection, world, process)
        shell.answers = ()
        return
    if shell.row.name == "bash" and shell.answers:
        shell.status = shell.answers[-1].status  # what a bare `exit $(false)` leaves with
    shell.answers = ()
    name = words[0]
    shell.waited = shell.row.name == "bash" and _waits(shell, words)
    if isinstance(name, str):
        function = shell.functions.get(name)
        if function is not None:
            _call_function(call, function)
            return
        builtin = find_builtin(name, shell.row)
        if builtin is not None:
            if node.assignments:
                assign_before(call, name)
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


def _waits(shell: Shell, words: tuple[Field, ...]) -> bool:
    """Whether it is `wait`: bash remembers its last builtin (jobs.c, wait_sigint_handler)."""
    named = (word for word in words if word not in {"builtin", "command", "--"})
    return next(named, "") == "wait" and "wait" not in shell.functions


def read_on(shell: Shell, reading: Reading, world: World, process: Process, *, late: bool) -> None:
    """What a `read` waited for has come, from where it was redirected to read; or its time is over."""
    builtin = find_builtin(str(reading.words[0]), shell.row)
    if builtin is not None:
        builtin(Call(shell, world, process, reading.node, reading.words, None, stdin=reading.pipe, late=late))


_ALIASED = regex(r"[\w ./:=-]+")


def _unaliased(shell: Shell, node: SimpleCommand, words: tuple[Field, ...]) -> tuple[Field, ...]:
    """The words of a command whose name may be an alias: one that was there before its line was read."""
    name = node.words[0].literal if not node.words[0].quoted else None
    text, place = shell.aliases.get(name or "", ("", node.span))
    if not text or not _is_read_later(shell, place, node.span):
        return words
    if not _ALIASED.fullmatch(text):
        raise TooComplex(f"what the alias {name} stands for")
    return (*text.split(), *words[1:])


def _is_read_later(shell: Shell, place: Span, use: Span) -> bool:
    """Whether the line of a command was read only when an earlier one of the same text had run."""
    if use.source is not place.source:
        return True
    items = shell.machine.parse(use.source, shell.row).body.items
    together = any(item.span.start <= place.start and use.start < item.span.end for item in items)
    return not together and "\n" in use.source.text[place.end : use.start]


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
    return words[0] not in shell.functions and find_builtin(words[0], shell.row) is None


def _call_function(call: Call, function: Function) -> None:
    """With its redirections, which hold until it returns."""
    shell, process = call.shell, call.process
    if call.node.redirections:
        shell.push(Redirected.of(process))
        redirect_into(call, process)
    if call.node.assignments:
        shell.assign_for_now(assigned(call))
    alone = not (call.node.redirections or call.node.assignments)
    if not _call(shell, function, call.arguments, call.tail if alone else None):
        _recurse(call)


def _refused(shell: Shell, node: SimpleCommand, words: tuple[Field, ...], world: World, process: Process) -> bool:
    """Whether one of its redirections cannot be made: it does not run, and a special builtin ends a POSIX shell."""
    from stopcheck.boot.shell.lacking import cannot_open

    if not cannot_open(shell, node.redirections, world, process):
        return False
    shell.refuse(shell.row.open_error, special=bool(words) and words[0] in SPECIAL and words[0] not in shell.functions)
    return True


def _cannot_make(call: Call) -> bool:
    from stopcheck.boot.shell.refused import cannot_make

    return cannot_make(call)


def _cannot_find(call: Call) -> bool:
    from stopcheck.boot.shell.lacking import cannot_find

    return cannot_find(call)


def _refuses(shell: Shell, words: tuple[Field, ...], node: SimpleCommand, world: World, process: Process) -> bool:
    from stopcheck.boot.shell.refused import refuses

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


_CALL_LIMIT = 40
"""How deep calls are followed."""


def _call(shell: Shell, function: Function, args: tuple[Field, ...], tail: Tail) -> bool:
    """Call a function; False where calls are nested too deeply."""
    if sum(isinstance(frame, CallEnd) for frame in shell.frames) >= _CALL_LIMIT:
        return False
    if tail is not None and may_replace(shell, tail | {"function"}):
        body = function.body
        if shell.row.name == "bash" and isinstance(body, Group) and not body.redirections:
            shell.push(Evaluate(body.body, frozenset({"function"})))  # it begins anew there
        else:
            shell.push(Evaluate(body, tail | {"function"}))
    else:
        shell.push(CallEnd(function.name, shell.args, _options_anew(shell)), Evaluate(function.body, None))
    shell.args = args
    return True


def _options_anew(shell: Shell) -> tuple[tuple[str, Field | None], ...]:
    """dash and busybox begin with the options of each function, and go on with their own when it has returned."""
    if not shell.row.almquist or "getopts" not in shell.text.span.source.text:
        return ()
    at = shell.variables.get(OPTION_AT) or shell.variables.get("OPTIND") or "1"
    kept = ((OPTION_AT, at), (OPTION_INSIDE, shell.variables.get(OPTION_INSIDE)))
    shell.variables[OPTION_AT] = shell.variables[OPTION_INSIDE] = "1"
    return kept


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
