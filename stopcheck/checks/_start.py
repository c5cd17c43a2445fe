"""What the rules about start commands share: where their text stands, and what to write instead of it."""

from __future__ import annotations

import posixpath

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.lookup import SHELL_NAMES
from stopcheck.boot.shell.options import shell_options
from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import PREFIXES
from stopcheck.checks._script import called, consequence, ends_there, main_of
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile, StartCommand
from stopcheck.knowledge.programs import applied, find_program
from stopcheck.model import Edit, Fix, OutcomeKind, Violation
from stopcheck.source import SourceFile
from stopcheck.stop.blame import chains
from stopcheck.stop.starts import form_holding, runs_as_pid1_by_luck, shell_rule
from stopcheck.syntax.shell import parse_script
from stopcheck.syntax.shell.tree import SimpleCommand, Text
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process
    from stopcheck.checks._case import Case
    from stopcheck.image.model import Image
    from stopcheck.model import Safety, Unknown
    from stopcheck.source import Span
    from stopcheck.stop.blame import Cause
    from stopcheck.syntax.dockerfile.tree import Argument
    from stopcheck.syntax.shell.tree import Command, Pipeline

_PATTERN = frozenset("*?[]{}~")
"""Characters that a shell gives a meaning outside quotes."""
_INITS = {"tini": ("tini", "--"), "dumb-init": ("dumb-init", "--"), "catatonit": ("catatonit", "--")}
_WORKS = frozenset({OutcomeKind.GRACEFUL, OutcomeKind.TERMINATED})
_QUIET_OPTIONS = frozenset("ceux")
"""Options of a shell that make no difference to a single program that it execs."""


# --- where it stands -------------------------------------------------------------------------------


def place(case: Case, span: Span | None) -> Span:
    """The shell form or the argument of a start command that holds a place; else that place itself."""
    if span is None or not span.path:
        return case.start_span()
    start = form_holding(case.image, span)
    if start is not None and start.instruction is not None and start.instruction.form is not None:
        return start.instruction.form.span if span.source.parent is start.shell_form else span
    argument = _argument_holding(case.image, span)
    return argument.span if argument is not None else span


def started(case: Case, process: Process) -> Span:
    """Where it is written that a process be started: the words of a start command from its name on, or its command."""
    cmd = case.image.cmd.argv if isinstance(case.image.cmd, StartCommand) else ()
    for start, more in ((case.image.entrypoint, cmd), (case.image.cmd, ())):
        if isinstance(start, StartCommand) and start.argument_spans:
            for at in range(len(start.argv)):
                if (*start.argv[at:], *more) == process.argv:
                    return start.argument_spans[at].to(start.argument_spans[-1])
    return place(case, process.origin)


def told_by_signal(case: Case) -> Iterator[Process]:
    """The main processes that get the stop signal as it is sent, where this Dockerfile says what is started."""
    starts = (start for start in (case.image.entrypoint, case.image.cmd) if isinstance(start, StartCommand))
    if case.stopped is None or not any(start.instruction is not None for start in starts):
        return
    for chain in chains(case.up, case.stopped.mains):
        if not any(isinstance(process.body, (Shell, Supervisor)) for process in chain):
            yield chain[-1]


def keyword(case: Case, span: Span | None) -> str:
    """ "ENTRYPOINT" or "CMD": the instruction that holds a place."""
    start = form_holding(case.image, span) if span is not None else None
    return start.instruction.keyword if start is not None and start.instruction is not None else "CMD"


def _argument_holding(image: Image, span: Span) -> Argument | None:
    out = span.outermost()
    for start in (image.entrypoint, image.cmd):
        if isinstance(start, StartCommand) and start.instruction is not None:
            for argument in getattr(start.instruction.form, "arguments", ()):
                inside = argument.span.start <= out.start and out.end <= argument.span.end
                if inside and argument.span.source is out.source:
                    return argument  # type: ignore[no-any-return]
    return None


def argument_named(image: Image, program: str) -> Span | None:
    """Where ENTRYPOINT or CMD names a program."""
    for start in (image.entrypoint, image.cmd):
        if isinstance(start, StartCommand):
            for word, span in zip(start.argv, start.argument_spans, strict=False):
                if isinstance(word, str) and word.rsplit("/", 1)[-1] == program:
                    return span
    return None


def argument_valued(image: Image, value: str) -> Span | None:
    """The element of ENTRYPOINT or CMD that is this text."""
    for start in (image.entrypoint, image.cmd):
        if isinstance(start, StartCommand):
            for word, span in zip(start.argv, start.argument_spans, strict=False):
                if word == value:
                    return span
    return None


# --- what is said of it ----------------------------------------------------------------------------


def of_shell_form(case: Case, rule: str) -> Iterator[Violation]:
    """The shell of a shell form that stays PID 1, or that has made way by luck."""
    for cause in case.of(rule):
        shell = cause.process.body
        fix = without_shell(case, cause.node, shell if isinstance(shell, Shell) else None)
        yield Violation(
            message=f"{consequence(case, cause)}. {keyword(case, cause.span)} is in shell form: PID 1 is a shell, and "
            "it passes no signal on",
            span=place(case, cause.span),
            fix=fix,
            advice=advice(fix, successor(case, cause)) + _unmarked(case, cause),
        )
    yield from by_luck(case, rule)


def _unmarked(case: Case, cause: Cause) -> str:
    """What else it takes where the shell runs a script that nothing but a shell can start."""
    for child in case.up.processes.values():
        shell = child.body
        if child.ppid != cause.process.pid or not isinstance(shell, Shell) or shell.mode != "file":
            continue
        file = case.image.files.lookup(posixpath.join(child.cwd, shell.script))
        text = file.content.text if isinstance(file, ImageFile) and isinstance(file.content, SourceFile) else "#!"
        if not text.startswith("#!"):
            return f" First give {called(child)} a `#!` line: without one it cannot be started but by a shell."
    return ""


def successor(case: Case, cause: Cause) -> str:
    """What takes the place of the shell once that makes way: the main program, or a script or wrapper before it."""
    child = cause.child
    if child is None or not isinstance(child.body, (Parent, Shell)):
        return called(main_of(case, cause))
    return called(child)


def by_luck(case: Case, rule: str) -> Iterator[Violation]:
    """PID 1's shell has put its last command in its own place, as some shells do and others do not."""
    stopped = case.stopped
    event = runs_as_pid1_by_luck(stopped) if stopped is not None else None
    if stopped is None or event is None or event.span is None or case.outcome not in _WORKS:
        return
    if _argument_holding(case.image, event.span) is None and form_holding(case.image, event.span) is None:
        return
    node, luck = command_at(event.span), _luck(case.image, event.span)
    if node is None or luck is None or shell_rule(case.image, (), event.span) != rule:
        return
    fix = without_shell(case, node)
    name = called(case.up.init)
    yield Violation(
        message=f"{name} is PID 1 only by luck: {luck}",
        span=place(case, event.span),
        fix=fix,
        advice=advice(fix, name),
        severity="note",
    )


def _luck(image: Image, span: Span) -> str | None:
    """Which shell does so; None where that is not known."""
    start = form_holding(image, span)
    every = (s for s in (image.entrypoint, image.cmd) if isinstance(s, StartCommand))
    words = start.argv if start is not None else tuple(word for s in every for word in s.argv)
    name = next((str(word).rsplit("/", 1)[-1] for word in words if _is_shell(word)), "sh")
    shell = SHELL_NAMES[name] or image.base.sh
    if not isinstance(shell, str):
        return None
    if shell == "busybox":
        return "busybox's sh puts the last command of `sh -c` in its own place, Debian's and Ubuntu's sh does not"
    return f"{shell} puts the last command in its own place here, the sh of Debian and Ubuntu never does"


def advice(fix: Fix | None, name: str, becomes: str = "PID 1") -> str:
    """What to write instead; `becomes` is whose place the program takes in the end."""
    if fix is not None and len(fix.edits) == 1 and fix.edits[0].text == "exec ":
        return f"Write `exec` before the command: {name} then takes the shell's place and gets the signal itself."
    if fix is not None:
        return f"Write it in exec form, a JSON array: {name} itself is then {becomes}."
    return f"Let the shell `exec` {name} as its last command, or write an exec form."


# --- what to write instead -------------------------------------------------------------------------


def without_shell(case: Case, node: Command | Pipeline | None, shell: Shell | None = None) -> Fix | None:
    """The exec form of a command that needs no shell, else `exec ` before it.

    `shell` is the one that waits for it; None where it has been replaced, so that nothing was left for it to do.
    """
    if not isinstance(node, SimpleCommand) or not node.words or not node.span.path:
        return None
    last = shell is None or ends_there(shell)
    return (exec_form(case.image, node) if last else None) or exec_before(node, "safe" if last else "unsafe")


def exec_before(node: SimpleCommand, safety: Safety = "safe") -> Fix | None:
    """`exec ` before a command, "unsafe" where something is left to do after it; None: its place is not certain."""
    word = node.words[0]
    if word.literal in PREFIXES or not is_exact(word.span):
        return None
    return Fix("Put `exec` before the command", (Edit(word.span.at_start(), "exec "),), safety)


def is_exact(span: Span) -> bool:
    """Whether a place in a text is the same characters in the file, escaped where it is in a JSON string."""
    text = span.outermost().text
    if text == span.text:
        return True
    from json import loads

    try:
        return bool(loads(f'"{text}"') == span.text)
    except ValueError:
        return False


def command_at(span: Span) -> SimpleCommand | None:
    """The command that stands at a place in a text."""
    script = parse_script(span.source, "bash")
    return next((one for one in commands(script.body) if isinstance(one, SimpleCommand) and one.span == span), None)


def with_init(case: Case) -> Fix | None:
    """An init that the image has, in front of what ENTRYPOINT or CMD starts."""
    init = next((words for name, words in _INITS.items() if name in case.image.installed), None)
    start = case.own_start()
    if init is None or start is None or not start.argument_spans:
        return None
    text = "".join(f'"{word}", ' for word in init)
    return Fix(f"Start it below {init[0]}", (Edit(start.argument_spans[0].at_start(), text),), "unsafe")


def stop_signal(case: Case, signal: str) -> Fix | None:
    """STOPSIGNAL with this value: in place of the one that is there, or in front of what the image starts."""
    title, span = f"Stop it with {signal}", case.image.stop_signal_span
    if span is not None:
        return Fix(title, (Edit(span, signal),)) if span.source is case.dockerfile.source else None
    starts = (case.image.entrypoint, case.image.cmd)
    own = (start.instruction for start in starts if isinstance(start, StartCommand) and start.instruction is not None)
    instruction = next((one for one in own if one in case.dockerfile.instructions), None)
    if instruction is None:
        return None
    return Fix(title, (Edit(instruction.span.at_start(), f"STOPSIGNAL {signal}\n"),))


# --- the foreground ---


def staying(process: Process) -> tuple[str, ...] | None:
    """The argv with which it stays: without the option that makes it leave, or with the one that keeps it.

    Where its configuration may make it leave, too, these take the other's place.
    """
    words = tuple(word for word in process.argv if isinstance(word, str))
    row = find_program(words[0]) if words else None
    if row is None or len(words) != len(process.argv):
        return None
    if applied(row, words[1:]).background and not row.background:
        keeping = row.foreground if row.config_decides else ()
        for at in range(1, len(words)):
            rest = (*words[1:at], *keeping, *words[at + 1 :])
            if not applied(row, rest).background:
                return (words[0], *rest)
        return None
    return (*words, *row.foreground) if row.foreground else None


def that_stays(name: str, words: tuple[str, ...] | None) -> str:
    """How a program is started so that it stays in the foreground, as far as that is known."""
    from shlex import join

    row = find_program(name)
    if words is None:
        words = (name, *row.foreground) if row is not None and row.foreground else (name, "…")
    return join(words)


# --- exec form ---


def in_json(text: str) -> str:
    """A text as an element of an exec form."""
    from json import dumps

    return dumps(text, ensure_ascii=False)


def exec_form(image: Image, node: SimpleCommand, instead: tuple[str, ...] = ()) -> Fix | None:
    """The exec form of a command, or of other words `instead`; None where it needs its shell, or more hangs on that."""
    words = [_plain(word.parts) for word in node.words]
    if node.assignments or node.redirections or any(word is None for word in words) or "-c" in words:
        return None  # what a second shell is told is mended by `exec` in its text
    texts = [in_json(str(word)) for word in instead or words]
    start = form_holding(image, node.span)
    if start is not None:
        edits = _of_shell_form(node, start, texts) if _shell_makes_no_difference(image, start.argv[:-1]) else None
    else:
        start, edits = _of_arguments(image, node, texts)
    if start is None or edits is None:
        return None
    if start is image.entrypoint and image.cmd is not None:
        return None  # CMD, which the shell did not look at, would become its arguments
    passing = start is image.entrypoint or passes_on(image)
    if passing is None:
        return None
    return Fix("Write it in exec form", edits, "safe" if passing else "unsafe")


def _plain(parts: object) -> str | None:
    """A word that a shell leaves as it is, its quotes removed."""
    assert isinstance(parts, tuple)
    for part in parts:
        if not isinstance(part, Text) or (not part.quoted and not _PATTERN.isdisjoint(part.text)):
            return None
    return "".join(part.text for part in parts)


def _of_shell_form(node: SimpleCommand, start: StartCommand, texts: list[str]) -> tuple[Edit, ...] | None:
    """Each word becomes an element; what stands between them stays."""
    form = start.shell_form
    if form is None or start.instruction is None or start.instruction.form is None:
        return None
    around = _around(node)
    if node.span.source.text != form.text or around is None:
        return None
    if around.strip() or len(texts) != len(node.words):
        return (Edit(start.instruction.form.span, "[" + ", ".join(texts) + "]"),)
    last = len(texts) - 1
    return tuple(
        Edit(word.span.outermost(), ("[" if n == 0 else "") + text + ("]" if n == last else ","))
        for n, (word, text) in enumerate(zip(node.words, texts, strict=True))
    )


def _around(node: SimpleCommand) -> str | None:
    """What the text holds besides the words of its one command: comments, `;`. None: other commands."""
    source = node.span.source
    script = parse_script(source, "bash")
    items = script.body.items
    if len(items) != 1 or items[0].background or items[0].command.rest or script.problems:
        return None
    first = items[0].command.first
    if first.negated or first.timed or len(first.commands) != 1 or first.commands[0].span != node.span:
        return None
    rest, at = "", 0
    for word in node.words:
        rest, at = rest + source.text[at : word.span.start], word.span.end
    return rest + source.text[at:]


def _of_arguments(
    image: Image, node: SimpleCommand, texts: list[str]
) -> tuple[StartCommand | None, tuple[Edit, ...] | None]:
    """`"sh", "-c", "app x"` becomes `"app", "x"`."""
    argument = _argument_holding(image, node.span)
    around = _around(node)
    if argument is None or around is None or node.span.source.text != argument.value or "\n" in argument.span.text:
        return None, None
    for start in (image.entrypoint, image.cmd):
        if not isinstance(start, StartCommand) or argument.span not in start.argument_spans:
            continue
        at = start.argument_spans.index(argument.span)
        shell = next((n for n in range(at - 1, -1, -1) if _is_shell(start.argv[n])), None)
        if at + 1 < len(start.argv) or shell is None or not _shell_makes_no_difference(image, start.argv[shell:at]):
            return None, None
        return start, (Edit(start.argument_spans[shell].to(argument.span), ", ".join(texts)),)
    return None, None


def _is_shell(word: object) -> bool:
    return isinstance(word, str) and word.rsplit("/", 1)[-1] in SHELL_NAMES


def _shell_makes_no_difference(image: Image, shell: tuple[str | Unknown, ...]) -> bool:
    """Whether it is a shell that reads no file before its command: no login shell, no BASH_ENV."""
    if not shell or not _is_shell(shell[0]) or "BASH_ENV" in image.env or any(str(w).startswith("--") for w in shell):
        return False
    options, rest, command = shell_options((*shell[1:], "text"))
    letters = {option for option in options if len(option) == 1}
    return command and rest == ("text",) and letters <= _QUIET_OPTIONS


def passes_on(image: Image) -> bool | None:
    """Whether ENTRYPOINT hands CMD on, whatever its first word is; False: most likely; None: it may look at it."""
    start = image.entrypoint
    if start is None:
        return True
    if not isinstance(start, StartCommand):
        return None
    if any(path == start.argv[0] or path.endswith(f"/{start.argv[0]}") for path in image.base.execs):
        return bool(image.base.prepends)
    row = find_program(start.argv[0]) if isinstance(start.argv[0], str) else None
    return True if row is not None and row.role in {"init", "exec"} else None


def is_supervised(case: Case, process: Process) -> bool:
    """Whether supervisord tells it to stop, by a signal of its own."""
    parent = case.up.processes.get(process.ppid)
    return parent is not None and isinstance(parent.body, Supervisor) and parent.program == "supervisord"
