"""Which rule speaks of a start command: of its shell, of a main process with nobody below it, of an early end."""

from __future__ import annotations

from stopcheck.boot.arguments import dropping_script
from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import OWN, Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.failure import Failure
from stopcheck.boot.lookup import SHELL_NAMES
from stopcheck.boot.shell.frames import Foreground, TrapEnd
from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.world import Event
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.knowledge.programs import find_program
from stopcheck.model import OutcomeKind
from stopcheck.regex import regex
from stopcheck.source import Span
from stopcheck.stop.cause import Cause
from stopcheck.syntax.dockerfile.tree import ShellForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process, World
    from stopcheck.image.model import Image
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped

VARIABLE = regex(r"\$(?:([A-Z_][A-Z0-9_]*+)(?![a-z])|\{([A-Z_][A-Z0-9_]*)(?::?[-+=?][^}]*)?\})")
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


def of_main(assessment: Assessment, stopped: Stopped, process: Process, body: Program) -> Iterator[Cause]:
    """A main process that the signal does not reach as PID 1, that dies of it, or that is not done in time."""
    later = stopped.world.processes[process.pid]
    unhandled = any(event.kind == "unhandled" and event.pid == process.pid for event in stopped.world.events)
    if body.row.role in {"keepalive", "timer"}:
        if unhandled:
            yield Cause("keepalive-main", process, process.origin)
        return
    late = isinstance(later.body, Program) and later.body.ends_at is not None
    lost = {event.kind for event in stopped.world.events if event.pid == process.pid and event.seconds is not None}
    reached = bool(later.told or lost & {"unhandled", "harmless", "ignored", "paused"}) or assessment.signal == "KILL"
    better = signal_rule(assessment.image, assessment.signal, body) if reached else None
    if stopped.outcome is OutcomeKind.KILLED and late:
        yield Cause("grace-period-too-short", process, process.origin)
    elif late and (impatient := _given_up(stopped, process)) is not None:
        yield Cause("grace-period-too-short", process, process.origin, event=impatient)
    elif better is not None and set(later.told) <= {assessment.signal}:
        yield Cause(better, process, process.origin)
    elif stopped.outcome is OutcomeKind.KILLED and unhandled:
        yield Cause("missing-init", process, process.origin)
    elif stopped.outcome is OutcomeKind.KILLED and body.row.instead and body.action(assessment.signal) == "ignore":
        yield Cause("forking-wrapper", process, process.origin)
    elif stopped.outcome is OutcomeKind.KILLED:
        if body.action(assessment.signal) == "ignore" and (_own(process, body) or body.row.saves):
            yield Cause("missing-signal-handler", process, process.origin)
    elif _own(process, body) and _dies(body, later, assessment.signal):
        yield Cause("missing-signal-handler", process, process.origin)


def _given_up(stopped: Stopped, process: Process) -> Event | None:
    """That a supervisor has SIGKILLed it before it was done."""
    for event in stopped.world.events:
        if event.kind == "gives-up" and event.other == process.pid:
            return event if isinstance(stopped.world.processes[event.pid].body, Supervisor) else None
    return None


def _own(process: Process, body: Program) -> bool:
    """Whether it is a program of the user's, who can give it a handler: cron will not be given one."""
    if body.row.table == OWN:
        return True
    row = find_program(str(process.argv[0])) if process.argv else None
    return row is not None and row.role == "interpreter"


def _dies(body: Program, later: Process, signal: str) -> bool:
    """Whether the signal ended it though it has not arranged for it: by the kernel, or by its language's runtime."""
    action = body.action(signal)
    return action == "raise" or (action == "default" and later.killed_by == signal)


def signal_rule(image: Image, signal: str, body: Program) -> str | None:
    """The rule for a stop signal on which a program does not finish what it has begun, though it would on another."""
    if body.action(signal) == "graceful":
        return None
    if signal != "TERM" and body.action("TERM") in {"graceful", "quick"}:
        return "inherited-stop-signal" if image.inherits_stop_signal else "stop-signal-mismatch"
    wanted = body.row.stops_on
    return "stop-signal-mismatch" if wanted and wanted != signal and body.action(wanted) == "graceful" else None


def of_long_trap(stopped: Stopped, process: Process, below: Process | None) -> Cause | None:
    """A trap that still waits for a timer of its own when the grace period is over."""
    later = stopped.world.processes[process.pid]
    shell = later.body
    if not later.alive or not isinstance(shell, Shell) or not isinstance(shell.blocked, Foreground):
        return None
    in_trap = any(isinstance(frame, TrapEnd) for frame in shell.frames)
    started = any(pid >= stopped.world.first_after for pid in shell.blocked.pids)
    if not in_trap or not started:
        return None
    return Cause("grace-period-too-short", process, shell.blocked.node.span, below, shell.blocked.node)


def of_failed_start(image: Image, stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended because a program could not be started."""
    world = stopped.world
    told = [event for event in world.events if event.failure is not None]
    failed = [event for event in told if event.kind != "cannot-open" or event.failure.kind == "dot"]  # type: ignore[union-attr]
    if failed and stopped.exit_code in (None, failed[-1].failure.status):  # type: ignore[union-attr]
        event = failed[-1]
        yield Cause(_start_rule(image, event), world.processes.get(event.pid, world.init), event.span, event=event)


def of_windows_lines(stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended with an error, and its script has the line ends of Windows: a shell that reads it minds each CR."""
    init = stopped.world.init
    if stopped.outcome is not OutcomeKind.FAILS:
        return
    for script in stopped.booted.machine.scripts():
        source = script.body.span.source
        if source.parent is None and "\r\n" in source.text:
            first = Span(source, 0, source.text.index("\r\n"))
            failure = Failure(stopped.exit_code or 1, f"{source.path} has Windows line ends", "crlf")
            yield Cause("unstartable-entrypoint", init, first, event=Event("not-found", 1, "", first, failure=failure))
            return


def of_daemon(stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended because its service left for the background."""
    world = stopped.world
    swept = [event.pid for event in world.events if event.kind == "swept"]
    for event in world.events:
        if event.kind == "daemonizes" and event.other in swept:
            left = world.processes[event.other]
            if _helped(world, left):
                continue
            yield Cause("daemonized-main", world.processes[event.pid], event.span, left, event=event)
            return


def _helped(world: World, left: Process) -> bool:
    """Whether it only serves the container's own needs, and a program was run after it, which is what PID 1 did.

    A shell that is given nothing to run is none.
    """
    helper = isinstance(left.body, Program) and left.body.row.helper
    return helper and any(
        p.pid > left.pid
        and isinstance(p.body, Program)
        and p.body.row.table != "core utilities"
        and p.program not in SHELL_NAMES
        for p in world.processes.values()
    )


def of_lost_command(image: Image, stopped: Stopped) -> Iterator[Cause]:
    """PID 1 ended because CMD, which says what to run, did not get to it."""
    init = stopped.world.init
    if image.cleared is not None and isinstance(image.entrypoint, StartCommand):
        yield Cause("superseded-instruction", init, image.cleared.span)
    elif isinstance(image.cmd, StartCommand) and image.cmd.instruction is not None and dropping_script(image):
        yield Cause("ignored-command", init, image.cmd.instruction.span)


def _start_rule(image: Image, event: Event) -> str:
    """The rule for a program that is not there: what its name shows of how it came to be asked for."""
    failure = event.failure
    assert failure is not None
    start = form_holding(image, event.span) if event.span is not None else None
    if start is None and event.pid == 1:
        forms = (one for one in (image.entrypoint, image.cmd) if isinstance(one, StartCommand))
        start = next((one for one in forms if one.shell_form is not None and one.argv[0] == failure.name), None)
    if start is not None and malformed(start):
        return "malformed-exec-form"
    if failure.kind in {"absent", "argument"} and VARIABLE.search(failure.name):
        return "unexpanded-variable"
    wants_shell = failure.kind in {"absent", "interpreter"} and failure.name.rsplit("/", 1)[-1] in SHELL_NAMES
    if wants_shell and image.base.sh == "none":
        return "missing-shell"
    row = find_program(failure.name) if failure.kind == "absent" else None
    return "init-not-installed" if row is not None and row.role == "init" else "unstartable-entrypoint"


def runs_as_pid1_by_luck(stopped: Stopped) -> Event | None:
    """That PID 1's shell has put its last command in its own place, without having been told to."""
    events = stopped.booted.world.events
    return next((event for event in events if event.kind == "implicit-exec" and event.pid == 1), None)
