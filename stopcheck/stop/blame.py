"""Why an outcome is bad: the links between PID 1 and the main process that lose the signal, one cause each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopcheck.boot.programs import Parent, Program
from stopcheck.boot.shell import Foreground, Shell, Waiting
from stopcheck.model import OutcomeKind, Unknown
from stopcheck.syntax.shell.tree import Pipeline, SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Event, Process, World
    from stopcheck.source import Span
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped
    from stopcheck.syntax.shell.tree import Command

BAD = frozenset({OutcomeKind.KILLED, OutcomeKind.CUT_OFF})
IDLE = frozenset({"echo", "printf", ":", "true", "exit", "return", "log", "date"})
"""A trap of nothing else does no work: with `exec` it is not missed."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One link that fails, by the rule that speaks of it.

    `process` is who fails, `child` whom it should have told, `span` the place in a script or Dockerfile (None where
    the process was started by the image itself), `node` the command that stands there.
    """

    rule: str
    process: Process
    span: Span | None = None
    child: Process | None = None
    node: Command | Pipeline | None = None
    event: Event | None = None


def causes(assessment: Assessment, stopped: Stopped) -> tuple[Cause, ...]:
    """All causes of one way's outcome, from PID 1 downwards; none where the outcome is not bad."""
    world = stopped.booted.world
    if stopped.outcome in {OutcomeKind.EXITS, OutcomeKind.FAILS}:
        return tuple(_of_an_early_end(stopped))
    if stopped.outcome is OutcomeKind.UNKNOWN:
        return ()
    found: list[Cause] = []
    for chain in chains(world, stopped.mains):
        for index, process in enumerate(chain):
            below = chain[index + 1] if index + 1 < len(chain) else None
            for cause in _of_link(assessment, stopped, chain[:index], process, below):
                if all((cause.rule, cause.process.pid) != (other.rule, other.process.pid) for other in found):
                    found.append(cause)
    return tuple(found)


def chains(world: World, pids: tuple[int, ...]) -> Iterator[tuple[Process, ...]]:
    """For each main process, those from PID 1 down to it."""
    for pid in pids:
        chain = []
        process = world.processes.get(pid)
        while process is not None and process not in chain:
            chain.append(process)
            process = world.processes.get(process.ppid) if process.pid != 1 else None
        yield tuple(reversed(chain))


def _of_link(
    assessment: Assessment, stopped: Stopped, above: tuple[Process, ...], process: Process, below: Process | None
) -> Iterator[Cause]:
    body = process.body
    if isinstance(body, Shell):
        if isinstance(body.blocked, Foreground):
            yield from _of_foreground(assessment, stopped, above, process, body, body.blocked, below)
        elif isinstance(body.blocked, Waiting):
            yield from _of_wait(assessment, stopped, process, body, body.blocked.span, below)
        elif stopped.outcome in BAD and assessment.signal not in body.traps:
            yield Cause("unhandled-stop-signal", process, body.blocked.span if body.blocked else None, below)
    elif isinstance(body, Parent) and body.row.role == "fork":
        if below is not None and _lost_by(stopped, process, below):
            yield Cause("forking-wrapper", process, process.origin, below)
    elif isinstance(body, Program) and below is None:
        yield from _of_main(assessment, stopped, process, body)


def _of_foreground(
    assessment: Assessment, stopped: Stopped, above: tuple[Process, ...], process: Process, shell: Shell,
    blocked: Foreground, below: Process | None,
) -> Iterator[Cause]:  # fmt: skip
    if stopped.outcome not in BAD:
        return
    span, node = blocked.node.span, blocked.node
    trap = shell.traps.get(assessment.signal)
    if trap is not None and trap.text != "" and not _idle(trap.body):
        yield Cause("trap-deferred", process, span, below, node)
        return
    if isinstance(node, Pipeline):
        yield Cause("piped-main", process, span, below, node)
        return
    if below is not None and isinstance(below.body, Program) and below.body.row.role in {"keepalive", "timer"}:
        rule = "keepalive-main" if process.pid == 1 or not shell.traps else "trap-deferred"
        yield Cause(rule, below, span, below, node)
        return
    if shell.mode == "command" and all(other.pid == 1 or not isinstance(other.body, Shell) for other in above):
        yield Cause(_shell_rule(assessment, above, process), process, span, below, node)
        return
    yield Cause("missing-exec", process, span, below, node)


def _shell_rule(assessment: Assessment, above: tuple[Process, ...], process: Process) -> str:
    """A `-c` shell that the image itself starts: by its shell form, below an init, or by hand."""
    if any(isinstance(other.body, Parent) and other.body.row.role == "init" for other in above):
        return "init-over-shell"
    image = assessment.image
    if process.pid == 1:
        for rule, start in (("shell-form-entrypoint", image.entrypoint), ("shell-form-command", image.cmd)):
            if start is not None and not isinstance(start, Unknown) and start.shell_form is not None:
                return rule
            if start is not None and not isinstance(start, Unknown) and start.argv:
                break
    return "shell-command-without-exec"


def _of_wait(
    assessment: Assessment, stopped: Stopped, process: Process, shell: Shell, span: Span, below: Process | None
) -> Iterator[Cause]:
    if stopped.outcome not in BAD:
        return
    trap = shell.traps.get(assessment.signal)
    if trap is None:
        yield Cause("unhandled-stop-signal", process, span, below)
    elif trap.text == "":
        yield Cause("trap-ignores-signal", process, trap.span, below)
    elif below is not None and stopped.world.processes[below.pid].told:
        yield Cause("trap-without-wait", process, trap.span, below)
    else:
        yield Cause("trap-without-forward", process, trap.span, below)


def _of_main(assessment: Assessment, stopped: Stopped, process: Process, body: Program) -> Iterator[Cause]:
    later = stopped.world.processes[process.pid]
    if body.row.role in {"keepalive", "timer"}:
        if process.pid == 1 or stopped.outcome is OutcomeKind.TERMINATED:
            yield Cause("keepalive-main", process, process.origin)
    elif stopped.outcome is OutcomeKind.KILLED and process.pid == 1 and not later.told:
        yield Cause("missing-init", process, process.origin)
    elif stopped.outcome is OutcomeKind.TERMINATED:
        yield Cause("missing-signal-handler", process, process.origin)


def _lost_by(stopped: Stopped, process: Process, below: Process) -> bool:
    """Whether a wrapper kept the signal to itself, or killed its child before that had finished."""
    if stopped.outcome not in BAD:
        return False
    events = [event for event in stopped.world.events if event.pid == process.pid and event.seconds is not None]
    if any(event.kind == "gives-up" for event in events):
        return True
    return not any(event.kind == "forwards" for event in events)


def _of_an_early_end(stopped: Stopped) -> Iterator[Cause]:
    world = stopped.world
    init = world.init
    starts = [event for event in world.events if event.kind in {"cannot-start", "not-found"}]
    if stopped.exit_code and starts:
        event = starts[-1]
        yield Cause("unstartable-entrypoint", world.processes[event.pid], event.span, event=event)
        return
    swept = [event.pid for event in world.events if event.kind == "swept"]
    for event in world.events:
        if event.kind == "daemonizes" and event.other in swept:
            yield Cause(
                "daemonized-main", world.processes[event.pid], event.span, world.processes[event.other], event=event
            )
            return
    left = [
        world.processes[pid]
        for pid in swept
        if world.processes[pid].job and isinstance(world.processes[pid].body, Program)
    ]
    left = [
        process
        for process in left
        if isinstance(process.body, Program) and process.body.row.role in {"service", "unknown", "opaque", "unnamed"}
    ]
    if left:
        yield Cause("script-ends", init, left[-1].origin, left[-1])


def _idle(body: object) -> bool:
    """Whether a trap's action does no work: it prints, it exits."""
    items = getattr(body, "items", ())
    for item in items:
        for pipeline in (item.command.first, *(pipeline for _, pipeline in item.command.rest)):
            for command in pipeline.commands:
                if not isinstance(command, SimpleCommand) or not command.words or command.words[0].literal not in IDLE:
                    return False
    return True
