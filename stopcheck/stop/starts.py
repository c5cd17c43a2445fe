"""Which rule speaks of a start command: of its shell, of a main process with nobody below it, of an early end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.boot.arguments import dropping_script
from stopcheck.boot.programs import Parent, Program
from stopcheck.image.model import StartCommand
from stopcheck.knowledge.programs import find_program
from stopcheck.model import OutcomeKind
from stopcheck.regex import regex
from stopcheck.stop.cause import Cause
from stopcheck.syntax.dockerfile import ShellForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Event, Process
    from stopcheck.image.model import Image
    from stopcheck.source import Span
    from stopcheck.stop.deliver import Stopped

VARIABLE = regex(r"\$(?:([A-Z_][A-Z0-9_]*)|\{([A-Z_][A-Z0-9_]*)(?::?[-+=?][^}]*)?\})")
"""An environment variable as people write it; others (`$1`, `$host`) are meant for programs."""


def shell_rule(image: Image, above: tuple[Process, ...], span: Span) -> str:
    """The rule for a `-c` shell that stays in front of what stands at `span` in its text."""
    start = form_holding(image, span)
    if start is not None and malformed(start):
        return "malformed-exec-form"
    if start is not None and span.source.parent is not start.shell_form:
        start = None  # a `sh -c` in the text of the shell form
    if any(isinstance(other.body, Parent) and other.body.row.role == "init" for other in above):
        return "init-over-shell"
    if start is None:
        return "shell-command-without-exec"
    return "shell-form-entrypoint" if start is image.entrypoint else "shell-form-command"


def form_holding(image: Image, span: Span) -> StartCommand | None:
    """The ENTRYPOINT or CMD whose shell form holds this place; None where it stands elsewhere."""
    for start in (image.entrypoint, image.cmd):
        if isinstance(start, StartCommand) and start.shell_form is not None:
            source = span.source
            while source is not start.shell_form and source.parent is not None:
                source = source.parent
            if source is start.shell_form:
                return start
    return None


def malformed(start: StartCommand) -> ShellForm | None:
    """The shell form of an ENTRYPOINT or CMD that was meant as an exec form."""
    form = start.instruction.form if start.instruction is not None else None
    return form if isinstance(form, ShellForm) and form.json_error is not None else None


def of_main(stopped: Stopped, process: Process, body: Program) -> Iterator[Cause]:
    """A main process that is PID 1 and has not arranged for the signal, or that dies of it at once."""
    unhandled = any(event.kind == "unhandled" and event.pid == process.pid for event in stopped.world.events)
    if body.row.role in {"keepalive", "timer"}:
        if unhandled:
            yield Cause("keepalive-main", process, process.origin)
    elif stopped.outcome is OutcomeKind.KILLED and unhandled:
        yield Cause("missing-init", process, process.origin)
    elif stopped.outcome is OutcomeKind.TERMINATED:
        yield Cause("missing-signal-handler", process, process.origin)


def of_failed_start(image: Image, stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended because a program could not be started."""
    world = stopped.world
    failed = [event for event in world.events if event.failure is not None]
    if failed and stopped.exit_code == failed[-1].failure.status:  # type: ignore[union-attr]
        event = failed[-1]
        yield Cause(_start_rule(image, event), world.processes.get(event.pid, world.init), event.span, event=event)


def of_daemon(stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended because its service left for the background."""
    world = stopped.world
    swept = [event.pid for event in world.events if event.kind == "swept"]
    for event in world.events:
        if event.kind == "daemonizes" and event.other in swept:
            left = world.processes[event.other]
            yield Cause("daemonized-main", world.processes[event.pid], event.span, left, event=event)
            return


def of_lost_command(image: Image, stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended because CMD, which says what to run, did not get to it."""
    init = stopped.world.init
    if image.cleared is not None and isinstance(image.entrypoint, StartCommand):
        yield Cause("superseded-instruction", init, image.cleared.span)
    elif isinstance(image.cmd, StartCommand) and image.cmd.instruction is not None and dropping_script(image):
        yield Cause("ignored-command", init, image.cmd.instruction.span)


def _start_rule(image: Image, event: Event) -> str:
    """The rule for a program that is not there: what its name shows of how it came to be asked for."""
    start = form_holding(image, event.span) if event.span is not None else None
    if start is not None and malformed(start):
        return "malformed-exec-form"
    if event.failure is not None and event.failure.kind == "absent" and VARIABLE.search(event.failure.name):
        return "unexpanded-variable"
    row = find_program(event.failure.name) if event.failure is not None and event.failure.kind == "absent" else None
    return "init-not-installed" if row is not None and row.role == "init" else "unstartable-entrypoint"


def runs_as_pid1_by_luck(stopped: Stopped) -> Event | None:
    """That PID 1's shell has put its last command in its own place, without having been told to."""
    events = stopped.booted.world.events
    return next((event for event in events if event.kind == "implicit-exec" and event.pid == 1), None)
