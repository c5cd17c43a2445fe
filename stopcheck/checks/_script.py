"""What checks ask about a script: what follows a command, which branch it is in, how a trap is written."""

from __future__ import annotations

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.program import Program
from stopcheck.boot.no_service import reads_a_terminal
from stopcheck.boot.shell.frames import CallEnd, ForRest, Items, SourceEnd, Trap
from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import insert_after, insert_before, verbatim
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.shells import find_shell
from stopcheck.model import Edit, Fix
from stopcheck.source import Span
from stopcheck.stop.blame import chains
from stopcheck.stop.shells import idle
from stopcheck.stop.story import name_of
from stopcheck.syntax.shell.tree import Case as CaseCommand
from stopcheck.syntax.shell.tree import Function, Group, If, Parameter, Pipeline, SimpleCommand
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Event, Process
    from stopcheck.checks._case import Case
    from stopcheck.stop.blame import Cause
    from stopcheck.syntax.shell.tree import Command, Item, Sequence, Word

# --- who and where ---------------------------------------------------------------------------------


def main_of(case: Case, cause: Cause) -> Process:
    """The main process that a cause keeps from being stopped: at the end of a chain that it is a link of."""
    assert case.stopped is not None
    every = list(chains(case.up, case.stopped.mains))
    links = [chain for chain in every if any(p.pid == cause.process.pid for p in chain)]
    below = [chain for chain in links if cause.child is not None and any(p.pid == cause.child.pid for p in chain)]
    if isinstance(cause.process.body, Shell):
        links = links or every  # a script below PID 1 that the main process has left
    return case.up.processes[(below or links or [(cause.process,)])[0][-1].pid]


def called(process: Process) -> str:
    """What to call a process in a message: a script by its file, a program by its name."""
    body = process.body
    script = body.script if isinstance(body, Shell) and body.mode != "command" else ""
    script = body.source.path if isinstance(body, Launching) else script
    return (script or name_of(process)).rsplit("/", 1)[-1]


def at_a_terminal(case: Case) -> str:
    """What is in front, if PID 1 ended because that has no terminal (`docker run -it`) to read from; else "".

    A shell that is given nothing to run ends with its standard input, and so does `cat`.
    """
    last = max((p for p in case.down.processes.values() if not p.job), key=lambda p: p.pid)
    front = next((p for p in (case.down.init, last) if reads_a_terminal(p)), None)
    return front.program if front is not None else ""


def consequence(case: Case, cause: Cause) -> str:
    """What the stop does to the main process of a cause."""
    main = main_of(case, cause)
    return case.consequence(main, called(main))


def branch(case: Case, cause: Cause) -> str:
    """Where in a script a command stands, if not at its top: " in the branch `web)`"; else empty."""
    if cause.span is None or case.stopped is None:
        return ""
    places = [
        place
        for script in case.stopped.booted.machine.scripts()
        if script.body.span.source is cause.span.source
        for place in _around(script.body, cause.span)
    ]
    return f" in {places[-1]}" if places else ""


def _around(body: Sequence, span: Span) -> Iterator[str]:
    """The functions and branches around a place, from the outside."""
    for command in commands(body):
        if not _holds(command.span, span):
            continue
        match command:
            case Function(name=name):
                yield f"`{name}()`"
            case CaseCommand(items=items):
                for item in items:
                    if _holds(item.body.span, span) and item.patterns:
                        yield f"the branch `{'|'.join(pattern.span.text for pattern in item.patterns)})`"
            case If(branches=branches, otherwise=otherwise):
                for index, (condition, taken) in enumerate(branches):
                    if _holds(taken.span, span):
                        yield f"the branch `{'elif' if index else 'if'} {_short(condition.span.text)}`"
                if otherwise is not None and _holds(otherwise.span, span):
                    yield f"the `else` of `if {_short(branches[0][0].span.text)}`"


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip("; ")
    return line if len(line) <= 40 else line[:39] + "…"


def _holds(outer: Span, inner: Span) -> bool:
    return outer.source is inner.source and outer.start <= inner.start and inner.end <= outer.end


# --- what follows ----------------------------------------------------------------------------------


def ends_there(shell: Shell) -> bool:
    """Whether a shell only leaves, with the same status and no trap, once the command ends that it waits for."""
    return is_last(shell) and all(trap.text == "" for trap in shell.traps.values())


def has_several_turns(shell: Shell) -> bool:
    """Whether it is in a `for` over several values: an `exec` there would leave all but the first out."""
    return any(isinstance(frame, ForRest) and not frame.once for frame in shell.frames)


def is_last(shell: Shell) -> bool:
    """Whether the command that a shell waits for is the last that it runs, but for a trap."""
    for frame in reversed(shell.frames):
        match frame:
            case CallEnd() | SourceEnd() | ForRest(values=(), once=True):
                continue
            case Items(node=node, index=index) if index < len(node.items):
                return _leaves(node.items[index])
            case _:
                return False
    return True


def _leaves(item: Item) -> bool:
    """`exit`, `exit $?`."""
    pipeline = item.command.first
    command = pipeline.commands[0]
    if item.command.rest or len(pipeline.commands) > 1 or not isinstance(command, SimpleCommand) or not command.words:
        return False
    return command.words[0].literal == "exit" and all(_is_parameter(word, "?") for word in command.words[1:])


def _is_parameter(word: Word, name: str) -> bool:
    return len(word.parts) == 1 and isinstance(word.parts[0], Parameter) and word.parts[0].name == name


# --- jobs and their numbers ------------------------------------------------------------------------


def scripts(case: Case) -> Iterator[Sequence]:
    """The bodies of the scripts that were run."""
    if case.stopped is not None:
        yield from (script.body for script in case.stopped.booted.machine.scripts())


def pid_of(case: Case, shell: Shell, pid: int) -> str | None:
    """How a script can name a job of its own: the variable that it keeps `$!` in, or `$!` itself."""
    for body in scripts(case):
        for command in commands(body):
            if not isinstance(command, SimpleCommand) or command.words:
                continue
            for assignment in command.assignments:
                if _is_parameter(assignment.value, "!") and shell.variables.get(assignment.name) == str(pid):
                    return f"${assignment.name}"
    return "$!" if shell.last_job == pid else None


def jobs(case: Case, shell: Shell) -> tuple[Process, ...]:
    """The living jobs of a shell that do work."""
    found = (case.up.processes[job.pids[-1]] for job in shell.jobs if case.up.living(job.pids))
    return tuple(process for process in found if not is_keepalive(process))


def is_keepalive(process: Process) -> bool:
    """A `sleep`, a `tail -f`: it does no work."""
    return isinstance(process.body, Program) and process.body.row.role in {"timer", "keepalive"}


def stopping(case: Case, shell: Shell) -> tuple[str, ...]:
    """Statements that tell all jobs of a shell to stop and wait for them."""
    signal = case.assessment.signal
    kill = "kill" if signal in {"TERM", "INT"} else f"kill -{signal}"
    names = [pid_of(case, shell, job.pid) for job in jobs(case, shell)]
    if not names:
        return ()
    if None in names:
        return (f'trap "" {signal}', f"{kill} 0", "wait")
    known = " ".join(f'"{name}"' for name in names)
    return (f"{kill} {known}", f"wait {known}" if len(names) == 1 else "wait")


# --- traps -----------------------------------------------------------------------------------------


def action(trap: Trap) -> Span | None:
    """Where the text of a trap stands, its quotes left out; None where that is not its text on disk."""
    if trap.body is None or trap.text == "":
        return None
    source = trap.body.span.source
    span = Span(source, 0, len(source.text))
    return span if verbatim(span) else None


def first_in_trap(shell: Shell, trap: Trap, *statements: str) -> Edit | None:
    """Statements at the beginning of what a trap does: in the function that it calls, or in its text."""
    span = action(trap)
    if span is None or trap.body is None:
        return None
    function = shell.functions.get(span.text.strip())
    if function is not None:
        first = function.body.body.items[0] if isinstance(function.body, Group) and function.body.body.items else None
        return insert_before(first.span, *statements) if first is not None and verbatim(first.span) else None
    outer = span.outermost()
    text = "; ".join(statements) + "; "
    match outer.source.text[outer.start - 1 : outer.start]:
        case "'":
            return Edit(outer.at_start(), text)
        case '"':
            return Edit(outer.at_start(), text.replace("$", "\\$").replace('"', '\\"'))
    return Edit(outer, f"'{text}{span.text}'") if "'" not in text + span.text else None


def bodies(shell: Shell, trap: Trap) -> Iterator[Sequence]:
    """What a trap does: its text, and the functions that it calls."""
    if trap.body is None:
        return
    yield trap.body
    for command in commands(trap.body):
        name = command.words[0].literal if isinstance(command, SimpleCommand) and command.words else None
        function = shell.functions.get(name) if name is not None else None
        if function is not None and isinstance(function.body, Group):
            yield function.body.body


def statement_at(shell: Shell, trap: Trap, span: Span) -> Span | None:
    """The statement of what a trap does in which a command stands."""
    items = (item.span for body in bodies(shell, trap) for item in body.items)
    return next((item for item in items if _holds(item, span) and verbatim(item)), None)


def after_statement(trap: Trap, span: Span, *statements: str) -> Edit:
    """Statements after one of a trap's text or of its function."""
    inline = trap.body is not None and span.source is trap.body.span.source
    if inline:
        outer = span.outermost()
        return Edit(Span(outer.source, outer.end, outer.end), "".join(f"; {statement}" for statement in statements))
    return insert_after(span, *statements)


def trap_at(shell: Shell, span: Span | None) -> Trap | None:
    """The trap that was set at a place."""
    return next((trap for trap in shell.traps.values() if trap.span == span), None)


def does_work(case: Case, event: Event) -> bool:
    """Whether a trap that was lost does more than to print and to leave."""
    if event.span is None or case.stopped is None:
        return False
    shell = find_shell("bash")
    assert shell is not None
    body = case.stopped.booted.machine.parse_text(event.text, event.span, shell)
    return not idle(Trap(event.text, event.span, body))


def command_at(case: Case, span: Span) -> Command | None:
    """The command that stands at a place, in a script or in the text of a trap."""
    if case.stopped is None:
        return None
    found = list(scripts(case))
    for process in (*case.up.processes.values(), *case.down.processes.values()):
        if isinstance(process.body, Shell):
            found += [trap.body for trap in process.body.traps.values() if trap.body is not None]
    return next((command for body in found for command in commands(body) if command.span == span), None)


def in_background(node: SimpleCommand, *statements: str) -> Edit:
    """A command put into the background, with statements after it."""
    edit = insert_after(node.span, *statements)
    text = edit.text.removeprefix("; ")
    return Edit(Span(edit.span.source, node.span.outermost().end, edit.span.end), _kept(node, edit) + text)


def _kept(node: SimpleCommand, edit: Edit) -> str:
    """The `&`, and the comment that stands between a command and what comes after it."""
    between = edit.span.source.text[node.span.outermost().end : edit.span.start]
    return " & " if edit.text.startswith("; ") else " &" + between


def waits_for_it(case: Case, cause: Cause, shell: Shell) -> Fix | None:
    """The command in the foreground put into the background and waited for, and the trap made to stop it."""
    node, trap = cause.node, shell.traps.get(case.assessment.signal)
    if not isinstance(node, SimpleCommand) or not node.words or not verbatim(node.span) or trap is None:
        return None
    title = "Wait for it, so that the trap can run"
    if cause.child is not None and is_keepalive(cause.child):
        more = waiting_too(shell, trap)
        edits = (*((more,) if more is not None else ()), in_background(node, "wait $!"))
        return Fix(title, edits, "unsafe") if not names_last_job(shell) else None
    inside = _telling(shell, trap)
    if inside is None or not is_last(shell):
        return None
    name, edit = inside
    statements = (f"{name}=$!", f'wait "${name}"') if name else ("wait $!",)
    return Fix(title, (*((edit,) if edit is not None else ()), in_background(node, *statements)), "unsafe")


def _telling(shell: Shell, trap: Trap) -> tuple[str, Edit | None] | None:
    """What makes a trap stop a job: the variable that it takes its number from (empty: `$!`), and an edit."""
    kills = list(kills_in(shell, trap))
    names = list(dict.fromkeys(name for command in kills for name in _parameters(command)))
    if not kills:
        edit = first_in_trap(shell, trap, 'kill "$!"', 'wait "$!"')
        return ("", edit) if edit is not None else None
    if len(names) != 1 or not names[0].isidentifier() or shell.variables.get(names[0]):
        return None
    if any(is_call(command, "wait") for body in bodies(shell, trap) for command in commands(body)):
        return names[0], None
    statement = statement_at(shell, trap, kills[-1].span)
    return (names[0], after_statement(trap, statement, "wait")) if statement is not None else None


def waiting_too(shell: Shell, trap: Trap) -> Edit | None:
    """A `wait` for what a trap tells to stop, where it does not wait for that: the script's own is ended by the signal.

    It names what the last `kill` names: there may be other jobs, that do not end.
    """
    kills = list(kills_in(shell, trap))
    if not kills or any(is_call(command, "wait") for body in bodies(shell, trap) for command in commands(body)):
        return None
    targets = [word for word in kills[-1].words[1:] if not (word.literal or "").startswith("-")]
    statement = statement_at(shell, trap, kills[-1].span)
    if statement is None or not targets or not all(_is_number(word) for word in targets):
        return None
    return after_statement(trap, statement, " ".join(["wait", *(word.span.text for word in targets)]))


def _is_number(word: Word) -> bool:
    """Whether it is a job's number that a variable holds."""
    return len(word.parts) == 1 and isinstance(word.parts[0], Parameter) and not word.parts[0].operator


def kills_in(shell: Shell, trap: Trap) -> Iterator[SimpleCommand]:
    """The `kill` commands of what a trap does."""
    for body in bodies(shell, trap):
        for command in commands(body):
            if isinstance(command, SimpleCommand) and is_call(command, "kill"):
                yield command


def is_call(command: Command, name: str) -> bool:
    """Whether it is a simple command of that name."""
    return isinstance(command, SimpleCommand) and bool(command.words) and command.words[0].literal == name


def _parameters(command: Command) -> Iterator[str]:
    words = command.words if isinstance(command, SimpleCommand) else ()
    return (part.name for word in words for part in word.parts if isinstance(part, Parameter))


def names_last_job(shell: Shell) -> bool:
    """Whether a trap uses `$!`, which a further job would change."""
    found = (bodies(shell, trap) for trap in shell.traps.values())
    return any("!" in _parameters(command) for some in found for body in some for command in commands(body))


def piped_output(node: Pipeline, shell: Shell) -> Fix | None:
    """`exec app > >(filter)` instead of `app | filter`: bash alone has process substitution."""
    left, *rest = node.commands
    if shell.row.name != "bash" or len(rest) != 1 or node.negated or node.timed or not verbatim(node.span):
        return None
    if not isinstance(left, SimpleCommand) or not left.words or not ends_there(shell):
        return None
    source, end = left.span.source, left.words[-1].span.end
    if any(redirection.span.start < end for redirection in left.redirections):
        return None
    both = " 2>&1" if any(node.stderr_too) else ""
    # Before the command's own redirections: those were made when its output was already the pipe.
    edits = [
        Edit(Span(source, end, end), f" > >({rest[0].span.text}){both}"),
        Edit(Span(source, left.span.end, node.span.end), ""),
    ]
    if left.words[0].literal != "exec":
        edits.insert(0, Edit(left.words[0].span.at_start(), "exec "))
    return Fix("Start it with `exec`, its output redirected into the filter", tuple(edits), "unsafe")
