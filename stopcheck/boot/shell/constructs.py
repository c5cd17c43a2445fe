"""The constructs of a script, carried out one step at a time: lists, conditions, loops, functions, expressions."""

from __future__ import annotations

from stopcheck.boot.failure import Failure
from stopcheck.boot.shell import forks
from stopcheck.boot.shell.arithmetic import ArithmeticFault, ConstantFault, UnsetError, evaluate, filled_in
from stopcheck.boot.shell.frames import (
    ENDLESS,
    UNSEEN,
    AndOrRest,
    CaseRest,
    Checked,
    Evaluate,
    Foreground,
    ForRest,
    IfRest,
    Items,
    LoopBody,
    LoopTest,
    Redirected,
    SourceEnd,
    Standing,
    TrapEnd,
)
from stopcheck.boot.shell.implicit_exec import may_replace, under
from stopcheck.boot.shell.quiet import leaves_off, quiet, quiet_items, removes, runs_out, waits_for, writes
from stopcheck.boot.shell.words import expand_pattern, expand_text, fits
from stopcheck.boot.signals import signal_name
from stopcheck.boot.world import SOMEWHERE, SPIN_LIMIT, Branch, TooComplex
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.syntax.shell.tree import (
    AndOr,
    Arithmetic,
    ArithmeticFor,
    Case,
    Conditional,
    Coprocess,
    For,
    Function,
    Group,
    If,
    Item,
    Pipeline,
    Sequence,
    SimpleCommand,
    Subshell,
    Unparsed,
    While,
    Word,
    walk,
)
from stopcheck.syntax.shell.walk import commands, core

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopcheck.boot.shell.frames import Tail
    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import Command, Node


def begin(shell: Shell, node: Node, tail: Tail, world: World, process: Process) -> None:
    """Begin with a node: run it, or push what is to be done of it."""
    node = core(node)
    match node:
        case Sequence():
            rest_of_items(shell, node, 0, tail)
        case Item():
            forks.start_jobs(shell, node, world, process)
        case AndOr():
            shell.push(AndOrRest(node, 0, tail), Evaluate(node.first, None))
        case Pipeline():
            forks.run_pipeline(shell, node, tail, world, process)
        case SimpleCommand():
            shell.interpreter.simple_command(shell, node, tail, world, process)
        case Group():
            if _redirected(shell, node, tail, world, process):
                shell.push(Evaluate(node.body, under(shell, tail, "group", node)))
        case Subshell():
            kept = shell.kept
            if _redirected(shell, node, tail, world, process):
                forks.run_subshell(shell, node, tail, world, process, shell.kept - kept)
        case If() if _redirected(shell, node, tail, world, process):
            shell.push(IfRest(node, 0, under(shell, tail, "if", node)), Evaluate(node.branches[0][0], None))
        case Case():
            if not forks.asks(shell, (node.subject,), node, tail, world, process) and _redirected(
                shell, node, tail, world, process
            ):
                choose(shell, node, under(shell, tail, "case", node), world, process)
        case For():
            if not forks.asks(shell, node.words or (), node, tail, world, process) and _redirected(
                shell, node, tail, world, process
            ):
                _begin_for(shell, node, under(shell, tail, "for", node), world, process)
        case ArithmeticFor():
            shell.status, shell.ok = 0, False
            _begin_loop(shell, world)
            if _reckoned(shell, node.expressions[0], node.span) is not None:
                _arithmetic_loop(shell, node, world)
        case While() if _redirected(shell, node, tail, world, process):
            shell.ok = False  # the condition may ask for the status of what came before
            _begin_loop(shell, world)
            shell.push(LoopTest(node), Evaluate(node.condition, None))
        case Function():
            if shell.row.name == "zsh" and signal_name(node.name.removeprefix("TRAP")) and node.name[:4] == "TRAP":
                raise TooComplex(f"what its function {node.name}, which is a trap, does")
            shell.functions[node.name] = node
            shell.status, shell.ok = 0, False
        case Arithmetic():
            if not forks.run_first(shell, node.substitutions, node, tail, world, process):
                _arithmetic(shell, node, world, process)
                shell.answers = ()
        case Conditional():
            if not forks.asks(shell, _words_of(node), node, tail, world, process):
                shell.interpreter.conditional(shell, node, world, process)
                shell.answers = ()
        case Coprocess() if shell.row.name not in {"bash", "zsh"}:
            shell.set_status(127)  # a command that is not there
        case Coprocess():
            forks.start_coprocess(shell, node, world, process)
        case Unparsed():
            _cannot_read(shell, node, world, process)


def _redirected(
    shell: Shell, node: Group | Subshell | If | For | While | Case, tail: Tail, world: World, process: Process
) -> bool:
    """Make the redirections; False where one surely cannot be made, which is what the construct comes to."""
    if node.redirections:
        from stopcheck.boot.shell.lacking import cannot_open
        from stopcheck.boot.shell.redirections import feeds, redirect
        from stopcheck.boot.shell.refused import may_not_open

        before, feeding = Redirected.of(process), shell.feeding
        try:
            fails = cannot_open(shell, node.redirections, world, process) or (
                process.user != "" and may_not_open(shell, node.redirections, world, process)
            )
            if not fails:
                redirect(shell, node.redirections, world, process)
                if isinstance(shell.blocked, Standing) and shell.row.almquist and not isinstance(node, Subshell):
                    before.restore(process)
                    shell.push(Evaluate(node, tail))
                    shell.blocked = replace(shell.blocked, retries=True)
                    return False  # a signal has it fail
        except UnsetError as fault:
            almquist = shell.row.almquist
            if not (fault.in_heredoc if almquist else shell.row.name == "bash" and isinstance(node, Subshell)):
                raise
            before.restore(process)
            fails = True
        if fails:
            if shell.row.name == "busybox" and not isinstance(node, Subshell):
                shell.status, shell.ok = shell.row.open_error, False  # `set -e` does not hold
            else:
                shell.set_status(2 if shell.row.name == "busybox" else shell.row.open_error)
            return False
        if tail is None or "EXIT" in shell.traps:  # that trap runs with what was there before
            shell.push(replace(before, feeds=feeds(node.redirections)))
        else:
            shell.feeding = feeding  # it holds what is new as long as it is there
            if not _is_forked_for(shell, process, node):
                shell.kept |= {before.stdout} - {0}
    return True


def _is_forked_for(shell: Shell, process: Process, node: Command) -> bool:
    """Whether bash has forked for a construct alone, and keeps nothing of what it has redirected."""
    forked = shell.row.name == "bash" and shell.mode == "subshell" and process.origin is not None
    return forked and process.origin is not None and process.origin.start == node.span.start


def _cannot_read(shell: Shell, node: Unparsed, world: World, process: Process) -> None:
    """A syntax error: the shell ends, or only the file, the `eval` or the trap that it stands in does."""
    if not shell.row.syntax_error or node.too_deep:
        shell.blocked = Standing(f"not read: {node.reason}", node.span)
        return
    array = shell.row.name == "bash" and node.array and not shell.errexit
    ends = array and not shell.ending and (shell.strict or shell.mode == "subshell")
    ends = ends or (shell.strict and any(isinstance(frame, Checked) for frame in shell.frames))
    status = _discarded(shell, node) if array else shell.row.syntax_status
    world.note_failure("cannot-read", process, Failure(status, node.reason, "syntax"), node.span)
    fails = shell.row.syntax_error == "fails" and not ends
    outside = shell.row.syntax_error == "outside"
    within = shell.unwind(SourceEnd, Checked, TrapEnd) if fails else shell.unwind(SourceEnd) if outside else None
    if within is None or (isinstance(within, TrapEnd) and ("e" in shell.options or shell.unsourced)):
        shell.dying = ""  # an error in a trap is the status
        shell.leave(status)
    else:
        shell.status, shell.ok = status, False
        shell.push(within)


def _discarded(shell: Shell, node: Unparsed) -> int:
    """The status of an array that bash 5.2 cannot read, which is no syntax error to it."""
    if shell.strict:
        return 127 if shell.mode == "command" else 1
    if node.more:
        raise TooComplex("what bash makes of the lines behind an array that it cannot read")
    return 1


def _begins_line(shell: Shell, node: Sequence, index: int) -> bool:
    """Whether the shell has read a line just now: of a script, or of the text of a trap or an `eval`."""
    if index and "\n" not in node.items[index - 1].span.between(node.items[index].span):
        return False
    return shell.machine.parse(node.span.source, shell.row).body is node


def rest_of_items(shell: Shell, node: Sequence, index: int, tail: Tail) -> None:
    """The items of a list, one after another; the last of a text may replace the shell."""
    if index >= len(node.items):
        return
    if shell.jobs and shell.row.name == "bash" and _begins_line(shell, node, index):
        forks.forget_waited(shell)
    last = index == len(node.items) - 1
    if not last:
        shell.push(Items(node, index + 1, tail), Evaluate(node.items[index], None))
        return
    if tail is not None and index:
        text = node.items[index - 1].span.between(node.items[index].span)
        if node.items[index - 1].background:
            tail = tail | {"background"}
        else:
            tail = tail | {"newline" if "\n" in text else "sequence"}
    shell.push(Evaluate(node.items[index], tail))


def rest_of_list(shell: Shell, frame: AndOrRest) -> None:
    """`a && b || c`, with the status of the last that ran."""
    operator, pipeline = frame.node.rest[frame.index]
    more = frame.index + 1 < len(frame.node.rest)
    tail = None if more or frame.tail is None else frame.tail | {"and-or"}

    def taken(shell: Shell) -> None:
        if more:
            shell.push(AndOrRest(frame.node, frame.index + 1, frame.tail), Evaluate(pipeline, None))
        else:
            shell.push(Evaluate(pipeline, tail))

    def skipped(shell: Shell) -> None:
        if more:
            shell.push(AndOrRest(frame.node, frame.index + 1, frame.tail))

    def decided(status: int, way: Callable[[Shell], None]) -> Callable[[Shell], None]:
        def go(shell: Shell) -> None:
            shell.decide(status)
            way(shell)

        return go

    on_success, on_failure = (taken, skipped) if operator == "&&" else (skipped, taken)
    if isinstance(shell.status, Unknown):
        if shell.ok:
            shell.status = 0
            on_success(shell)
            return
        _branch(shell, shell.status, decided(0, on_success), decided(1, on_failure))
    (on_success if shell.status == 0 else on_failure)(shell)


def _branch(shell: Shell, condition: Unknown, *ways: Callable[[Shell], object]) -> None:
    def way(go: Callable[[Shell], object]) -> Callable[[World, Process], None]:
        def take(_: World, process: Process) -> None:
            go(cast("Shell", process.body))

        return take

    raise Branch(condition, tuple(way(go) for go in ways))


def rest_of_if(shell: Shell, frame: IfRest, world: World, process: Process) -> None:
    """The branch that the status of its condition leads to."""
    node, index = frame.node, frame.index

    def taken(shell: Shell) -> None:
        shell.decide(0)
        shell.push(Evaluate(node.branches[index][1], frame.tail))

    def skipped(shell: Shell) -> None:
        last = index + 1 == len(node.branches) and node.otherwise is None
        shell.decide(0 if last else shell.status)  # what follows `elif` and `else` sees the status of the condition
        if index + 1 < len(node.branches):
            shell.push(IfRest(node, index + 1, frame.tail), Evaluate(node.branches[index + 1][0], None))
        elif node.otherwise is not None:
            shell.push(Evaluate(node.otherwise, frame.tail))

    if isinstance(shell.status, Unknown):
        if quiet(node):
            world.write(process, shell.status)
            clears = bool(world.files) and removes(node)
            if clears:
                world.files.clear()
            if clears or writes(node):
                world.files[SOMEWHERE] = Unknown("a file that may be written", node.span)
            shell.decide(0)
            return
        _branch(shell, shell.status, skipped, taken)
    (taken if shell.status == 0 else skipped)(shell)


def _begin_for(shell: Shell, node: For, tail: Tail, world: World, process: Process) -> None:
    values = shell.args if node.words is None else listed(shell, node.words, world, process)
    if node.select:
        if world.pipes.get(process.stdin) or (process.stdin and world.writers(process)):
            shell.blocked = Standing("`select` waits for an answer", node.span)
        else:
            shell.status, shell.ok = shell.row.select_end, False  # nobody answers: that is the end of it
        return
    if node.variable in shell.constants and values and shell.row.name in {"dash", "bash", "busybox"}:
        if shell.strict or shell.errexit:
            shell.leave(shell.fault() if shell.row.name == "bash" else 2)
        else:
            shell.status, shell.ok = 1, False
        return
    doubt = next((value for value in values if isinstance(value, Unknown)), None)
    if doubt is not None:
        world.write(process, doubt)
    if not values:
        shell.status, shell.ok = 0, False
    shell.push(ForRest(node, values, tail))


def test_loop(shell: Shell, frame: LoopTest, world: World, process: Process) -> None:
    """Another round of a `while` or `until`, or its end."""
    status = shell.status
    node = frame.node
    if isinstance(status, Unknown):
        world.write(process, status)
        # A loop that waits for something ends some day; it stands only if else nothing would (see boot.settle).
        if world.stopping and not runs_out(node) and any(isinstance(each, TrapEnd) for each in shell.frames):
            world.note("waits-unseen", process, span=node.span)
        if world.stopping and any(_signals(command) for command in commands(node.body)):
            world.note("unknown-kill", process, text=status.reason, span=node.span)  # it may be gone through or not
        # Where nothing here can bring it about, what is left to do must be more than `exit`.
        exits = not quiet_items(node.body.items) or any(each.alive and each.job for each in world.processes.values())
        ends = runs_out(node) or (waits_for(node) and (_goes_on(shell, exits=exits) or leaves_off(node)))
        if not ends and not _asks_for_good(shell, world, process, node):
            shell.keep_fallback(world, process, Standing(UNSEEN, node.span))
        if not world.stopping and not runs_out(node) and waits_for(node):
            world.note("waits-outside", process, text=status.reason, span=node.span)
        shell.decide(0)
        return
    if (status == 0) == node.until:
        shell.status, shell.ok = frame.body, True
        return
    if world.spin > SPIN_LIMIT:
        shell.push(frame)
        shell.blocked = Standing(ENDLESS, node.span, ended=world.ended())
        return
    shell.push(LoopBody(node), Evaluate(node.body, None))


def _signals(command: Command) -> bool:
    name = command.words[0].literal if isinstance(command, SimpleCommand) and command.words else None
    return name in {"kill", "killall", "pkill"}


def _goes_on(shell: Shell, *, exits: bool = False) -> bool:
    """Whether there is more to do than to print, to work on files, and to leave; `exits`: to leave counts, too."""
    for frame in reversed(shell.frames):
        if isinstance(frame, Items):
            rest = frame.node.items[frame.index :]
            end = next((at for at, item in enumerate(rest) if _is_exit(item) and not exits), len(rest))
            if not quiet_items(rest[:end]):
                return True
            if end < len(rest):
                return False
    return False


def _is_exit(item: Item) -> bool:
    """Whether it is an `exit` and nothing else: what stands behind it is never come to."""
    command = item.command.first.commands[0]
    alone = not item.background and not item.command.rest and len(item.command.first.commands) == 1
    return alone and isinstance(command, SimpleCommand) and bool(command.words) and command.words[0].literal == "exit"


def turns_away(shell: Shell, before: Process, leave: SimpleCommand) -> bool:
    """Whether this `exit 0`, in a branch of its own and with more to do below, gives up the service.

    So does a script that is only asked for its usage: what it ran before was there to make things ready.
    """
    frames = before.body.frames if isinstance(before.body, type(shell)) else ()
    lists = [item.command for frame in frames if isinstance(frame, Items) for item in frame.node.items]
    lists += [frame.node for frame in frames if isinstance(frame, AndOrRest)]
    pipelines = (pipeline for each in lists for pipeline in (each.first, *(rest for _, rest in each.rest)))
    return _goes_on(shell) and not any(leave in pipeline.commands for pipeline in pipelines)


def loop_again(shell: Shell, frame: LoopBody, world: World) -> None:
    """A round is over: the condition is next."""
    if isinstance(frame.node, While):
        shell.ok = False
        shell.push(LoopTest(frame.node, shell.status), Evaluate(frame.node.condition, None))
    else:
        if _reckoned(shell, frame.node.expressions[2], frame.node.span) is not None:
            _arithmetic_loop(shell, frame.node, world)


def _arithmetic_loop(shell: Shell, node: ArithmeticFor, world: World) -> None:
    condition = node.expressions[1].strip()
    value = _reckoned(shell, condition, node.span) if condition else "1"
    if value in {"0", None} or isinstance(value, Unknown):
        return
    shell.push(LoopBody(node), Evaluate(node.body, None))
    if world.spin > SPIN_LIMIT:
        shell.blocked = Standing(ENDLESS, node.span)


def rest_of_for(shell: Shell, frame: ForRest) -> None:
    """A round for the next value."""
    if not frame.values:
        return
    shell.assign(frame.node.variable, frame.values[0])
    rest = frame.values[1:]
    if rest:
        shell.push(ForRest(frame.node, rest, frame.tail), Evaluate(frame.node.body, None))
    elif frame.tail is not None and may_replace(shell, frame.tail):
        shell.push(Evaluate(frame.node.body, frame.tail))
    else:
        shell.push(ForRest(frame.node, (), None), Evaluate(frame.node.body, None))


def choose(shell: Shell, node: Case, tail: Tail, world: World, process: Process, start: int = 0) -> None:
    """`start`: the first item whose patterns are tried, behind one that ends in `;;&`.

    What it leads to sees the status from before it in `$?`; where it leads to nothing, its own is 0.
    """
    scope = shell.scope(world, process)
    subject = expand_text(scope, node.subject)
    possible: list[int] = []
    doubt: Unknown | None = None
    for index, item in enumerate(node.items[start:], start):
        answers = [fits(subject, expand_pattern(scope, word)) for word in item.patterns]
        unsure = next((answer for answer in answers if isinstance(answer, Unknown)), None)
        if True in answers or unsure is not None:
            possible.append(index)
        if True in answers:
            break
        doubt = doubt or unsure
    else:
        possible.append(-1)

    def into(index: int) -> Callable[[Shell], None]:
        if index >= 0 and node.items[index].body.items:
            return lambda shell: case_body(shell, node, index, "", tail)

        def nothing(shell: Shell) -> None:
            if not start:
                shell.decide(0)
            if index >= 0:
                case_body(shell, node, index, "", tail)

        return nothing

    if doubt is None:
        into(possible[0])(shell)
    else:
        _branch(shell, doubt, *map(into, possible))


def case_body(shell: Shell, node: Case, index: int, after: str, tail: Tail) -> None:
    """Run what the patterns of an item lead to; `after`: how the item before it ended."""
    if after == ";&":
        index += 1
        if index >= len(node.items):
            return
    item = node.items[index]
    if item.terminator in {";&", ";;&"}:
        shell.push(CaseRest(node, index, tail), Evaluate(item.body, None))
    else:
        shell.push(Evaluate(item.body, tail))


def _arithmetic(shell: Shell, node: Arithmetic, world: World, process: Process) -> None:
    scope = shell.scope(world, process)
    value = _reckoned(shell, filled_in(scope, node.text, node.substitutions), node.span, scope)
    if value is not None:
        shell.set_status(value if isinstance(value, Unknown) else int(value == "0"))


def _reckoned(shell: Shell, text: str, span: Span, scope: Scope | None = None) -> Field | None:
    """The value of an expression; None where it cannot be worked out, which is the status then."""
    try:
        return evaluate(scope or shell.scope(), text, span)
    except ArithmeticFault as fault:
        if not (isinstance(fault, ConstantFault) and shell.keeps(str(fault))):
            shell.set_status(1)
        return None


def listed(shell: Shell, words: tuple[Word, ...], world: World, process: Process) -> tuple[Field, ...]:
    """The words of a list, with the files that its patterns name."""
    from stopcheck.boot.shell.globs import with_files

    nullglob = "nullglob" in shell.options
    return with_files(
        shell.scope(world, process), words, shell.machine.image.files, world, process.cwd, nullglob=nullglob
    )


def _words_of(node: Conditional) -> tuple[Word, ...]:
    """The words of a `[[ … ]]` itself, not those in its substitutions."""
    words: list[Word] = []
    for each in walk(node):
        if isinstance(each, Word) and not (words and each.span.end <= words[-1].span.end):
            words.append(each)
    return tuple(words)


def _asks_for_good(shell: Shell, world: World, process: Process, loop: While) -> bool:
    """Whether it is supposed already that what a loop asks stands: `until app; do sleep 1; done` starts it anew."""
    before = world.fallback.processes.get(process.pid) if world.fallback is not None else None
    other = before.body if before is not None else None
    if not isinstance(other, type(shell)) or not isinstance(other.blocked, Foreground):
        return False
    return any(isinstance(frame, LoopTest) and frame.node is loop for frame in other.frames)


def _begin_loop(shell: Shell, world: World) -> None:
    """Count the steps of a loop from its beginning, where no other is around it: a long script is no endless loop."""
    bodies = [process.body for process in world.processes.values() if process.alive]
    if not any(
        isinstance(frame, LoopBody) for body in bodies if isinstance(body, type(shell)) for frame in body.frames
    ):
        world.spin = 0
