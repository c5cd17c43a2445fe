"""Redirections of a shell's own input and output: what it reads from then, and whether a pipe is still written to."""

from __future__ import annotations

import itertools
import posixpath

from stopcheck.boot.files.written import makes_fifo
from stopcheck.boot.shell.arithmetic import UnsetError
from stopcheck.boot.shell.frames import OPENS, Standing
from stopcheck.boot.shell.outputs import opened
from stopcheck.boot.shell.outputs import target as makes
from stopcheck.boot.shell.words import expand_text
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.tree import OUTPUTS, ProcessSubstitution

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import Redirection, Word

_LIMIT = 65_536
"""Characters of a file that are read line by line."""


def redirect(
    shell: Shell, redirections: tuple[Redirection, ...], world: World, process: Process, *, lasting: bool = False
) -> None:
    """Point a process's standard input and output to where the redirections lead; `lasting`: as `exec` alone does."""
    for redirection in redirections:
        target = redirection.target
        if closes(redirection):
            _close(shell, redirection, world, process)
            continue
        opened_as = _opens(shell, redirection, world, process)
        process.closed -= set(opened_as)
        inner = any(isinstance(part, ProcessSubstitution) for part in target.parts)
        first = world.next_pid
        if inner:
            expand_text(shell.scope(world, process), target)
        main = redirection.descriptor in {None, "1"}
        if redirection.operator in OUTPUTS and inner:
            pipe = world.new_pipe()
            for pid in range(first, world.next_pid):
                world.processes[pid].stdin = pipe
            if main:
                process.stdout = pipe
            elif lasting:
                world.hold(process, opened_as[0], pipe)
            if not lasting:
                world.held = {**world.held, pipe: process.pid}
                shell.feeding += (pipe,)
        elif redirection.operator in OUTPUTS and main:
            process.stdout = 0
        if redirection.descriptor == "2" and redirection.operator == ">&":
            world.mixed |= {process.stdout}
        if redirection.operator in OUTPUTS and not inner:
            if redirection.operator == ">&" and redirection.descriptor in {None, "1"}:
                number = expand_text(shell.scope(world, process), target)
                outlet = world.outlets.get((process.pid, number)) if isinstance(number, str) else None
                if outlet is not None and world.held.get(outlet) == process.pid:
                    process.stdout = outlet
                    continue
            pipe = opened(shell, redirection, world, process, followed=not lasting)
            if redirection.descriptor in {None, "1"}:
                process.stdout = pipe
            elif lasting and pipe in world.fifos.values():
                world.hold(process, opened_as[0], pipe)
        if redirection.operator == "<>" and not inner:
            path = makes(shell, redirection, world, process)
            if path:
                world.files.setdefault(path, Unknown(f"the content of {path}", redirection.span))
        source = _source(shell, redirection, first if inner else world.next_pid, world, process)
        if source is None:
            continue
        if redirection.descriptor in {None, "0"}:
            process.stdin = source
        else:
            process.inlets = {**process.inlets, opened_as[0]: source}


def _source(shell: Shell, redirection: Redirection, first: int, world: World, process: Process) -> int | None:
    """The pipe, or the file that is read like one, that a redirection of input leads to; `first`: of a `<( … )`."""
    target = redirection.target
    inner = range(first, world.next_pid)
    main = redirection.descriptor in {None, "0"}
    match redirection.operator:
        case "<" if inner:
            pipe = world.new_pipe()
            world.inputs |= {pipe}
            for pid in inner:
                world.processes[pid].stdout = pipe
            return pipe
        case "<" if makes_fifo(target.span.source.text, target.literal or target.span.text):
            path = expand_text(shell.scope(world, process), target)
            pipe = world.fifo(str(path))
            if not world.is_open(pipe):
                shell.blocked = Standing(OPENS, redirection.span, pipe)
            return pipe
        case "<":
            path = expand_text(shell.scope(world, process), target)
            pipe = world.new_pipe(_lines(shell, path, world, process))
            if not _is_ended(shell, path, world, process):
                world.partial |= {pipe}
            world.regular |= frozenset() if str(path).startswith("/dev/") else {pipe}
            return pipe
        case "<<" | "<<-" if redirection.heredoc is not None:
            body = redirection.heredoc.body
            text = body.span.text if redirection.heredoc.quoted else _filled_in(shell, body, world, process)
            return world.new_pipe(_split(text))
        case "<<<":
            return world.new_pipe(_split(expand_text(shell.scope(world, process), target)) or ("",))
        case "<>" if not main and (inner or makes_fifo(target.span.source.text, target.literal or target.span.text)):
            pipe = world.new_pipe() if inner else world.fifo(str(expand_text(shell.scope(world, process), target)))
            world.held = {**world.held, pipe: process.pid}
            return pipe
        case "<&" | "<>":
            number = expand_text(shell.scope(world, process), target)
            known = process.inlets.get(number) if isinstance(number, str) and redirection.operator == "<&" else None
            unknown = Unknown("what is read from another descriptor", redirection.span)
            return known if known is not None or not main else world.new_pipe((unknown,))
    return None


def _filled_in(shell: Shell, body: Word, world: World, process: Process) -> Field:
    try:
        return expand_text(shell.scope(world, process), body)
    except UnsetError as fault:
        fault.in_heredoc = True
        raise


def feeds(redirections: tuple[Redirection, ...]) -> bool:
    """Whether one of them leads into a `>( … )`, which reads on as long as it is there."""
    outputs = (each.target for each in redirections if each.operator in OUTPUTS)
    return any(isinstance(part, ProcessSubstitution) for target in outputs for part in target.parts)


def closes(redirection: Redirection) -> bool:
    """Whether it is `>&-` or `<&-`."""
    return redirection.operator in {">&", "<&"} and redirection.target.literal == "-"


def _descriptors(shell: Shell, redirection: Redirection) -> tuple[str, ...]:
    """The numbers that it is about: of `{name}`, as the variable has it."""
    if redirection.operator[0] == "&":
        return ("1", "2")
    number = redirection.descriptor or ("0" if redirection.operator[0] == "<" else "1")
    return (str(shell.scope().variable(number.strip("{}"))) if number.startswith("{") else number,)


def _close(shell: Shell, redirection: Redirection, world: World, process: Process) -> None:
    (descriptor,) = _descriptors(shell, redirection)
    process.closed |= {descriptor}
    process.stdin = 0 if descriptor == "0" else process.stdin
    process.stdout = 0 if descriptor == "1" else process.stdout
    process.inlets = {number: pipe for number, pipe in process.inlets.items() if number != descriptor}
    world.let_go(process, descriptor)


FIRST = 10
"""bash takes the first number from there on for `{name}>` (redir.c: SHELL_FD_BASE)."""


def _opens(shell: Shell, redirection: Redirection, world: World, process: Process) -> tuple[str, ...]:
    """Keep that a descriptor is open; its number."""
    descriptor = redirection.descriptor
    if descriptor is not None and descriptor.startswith("{"):
        free = (str(number) for number in itertools.count(FIRST))
        number = next(each for each in free if each not in world.descriptors - process.closed)
        unknown = Unknown("the number of a descriptor", redirection.span)
        shell.assign(descriptor.strip("{}"), number if shell.row.name == "bash" else unknown)
        world.descriptors |= {number}
        return (number,)
    if descriptor is not None:
        world.descriptors |= {descriptor}
    return _descriptors(shell, redirection)


def _lines(shell: Shell, path: Field, world: World, process: Process) -> tuple[Field, ...]:
    if isinstance(path, Unknown):
        return (path,)
    if path == "/dev/null":
        return ()
    path = clean(posixpath.join(process.cwd, path))
    if path in world.files:
        return _split(world.files[path])
    file = shell.machine.image.files.lookup(path)
    if file is None or isinstance(file, Unknown) or not isinstance(file.content, SourceFile):
        return (Unknown(f"the content of {path}"),)
    return _split(file.content.text)


def _is_ended(shell: Shell, path: Field, world: World, process: Process) -> bool:
    """Whether a file's last line has a newline, which `read` minds."""
    text = world.files.get(clean(posixpath.join(process.cwd, path))) if isinstance(path, str) else None
    return not isinstance(text, str) or text == "" or text.endswith("\n")


def _split(text: Field) -> tuple[Field, ...]:
    if isinstance(text, Unknown) or len(text) > _LIMIT:
        return (text if isinstance(text, Unknown) else Unknown("a long text"),)
    return tuple(text.removesuffix("\n").split("\n")) if text else ()
