"""Tells what happens, step by step, in the words of somebody who knows Docker but not signals."""

from __future__ import annotations

import itertools

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.boot import start_argv
from stopcheck.boot.shell.frames import Foreground, Standing, Waiting
from stopcheck.boot.shell.shell import Shell
from stopcheck.case import Process as ProcessView
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind, Step, Unknown
from stopcheck.stop.blame import chains
from stopcheck.stop.deliver import is_of_a_trap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Body, Event, Field, Process, World
    from stopcheck.case import Fate
    from stopcheck.image.model import Image
    from stopcheck.source import Span
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped


ASSUMED_LIMIT = 3
"""So many of the conditions that the files do not decide are told."""


def shown(argv: tuple[Field, ...]) -> str:
    """An argv as a person would type it, shortened."""
    words = ["…" if isinstance(word, Unknown) else word for word in argv]
    text = " ".join(" ".join(word.split()) if word else "''" for word in words)
    return text if len(text) <= 48 else text[:47] + "…"


def together(names: tuple[str, ...]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c", "a, b, c and 2 more"."""
    some = (*names[:3], f"{len(names) - 3} more") if len(names) > 4 else names
    return " and ".join([", ".join(some[:-1]), some[-1]] if len(some) > 1 else some)


def name_of(process: Process) -> str:
    """What to call a process: a script by its path, any other by its program."""
    body = process.body
    if isinstance(body, Shell) and body.mode != "command" and body.script.startswith("/"):
        return body.script
    if isinstance(body, Shell) and body.mode == "command":
        return f"{process.program} -c"
    return process.program or shown(process.argv)


def story(assessment: Assessment, stopped: Stopped) -> tuple[Step, ...]:
    """The steps of one way, each with its place and its second: how it starts, then what the signal does."""
    world = stopped.world
    signal = "SIG" + assessment.signal
    steps = list(_beginning(assessment))
    for reason in list(dict.fromkeys(condition.reason for condition in world.assumed))[:ASSUMED_LIMIT]:
        span = next(condition.span for condition in world.assumed if condition.reason == reason)
        steps.append(Step(f"on the way that depends on {reason}", span))
    started = list(_started(stopped))
    seen: set[tuple[object, ...]] = set()
    for event in world.events:
        if event.seconds is not None and stopped.outcome is OutcomeKind.UNKNOWN:
            break
        if event.seconds is not None:
            steps += started
            started = []
        text = _tell(event, world, signal, stopped)
        # What a loop asks in vain, each time in a process of its own, is told once.
        what = (event.text, event.span) if event.kind == "cannot-open" else (text, event.seconds)
        if text is None or what in seen:
            continue
        seen.add(what)
        if event.kind == "waits-outside":  # who waits was started before
            last = next((at for at, step in enumerate(started, 1) if step.pid == event.pid), 0)
            steps += started[:last]
            started = started[last:]
        steps.append(Step(text, _written(event.span), event.seconds, event.pid))
    steps += started
    if stopped.outcome is OutcomeKind.UNKNOWN and stopped.reason is not None:
        steps.append(Step(f"from here on it is not known: {stopped.reason.reason}", stopped.reason.span))
    return tuple(steps)


def nothing_to_start(image: Image) -> tuple[Step, ...]:
    """The story of an image that has no command: an engine refuses to run it as it is."""
    ends = [each for each in image.instructions if each.keyword in {"FROM", "CMD", "ENTRYPOINT"}]
    text = "there is neither an ENTRYPOINT nor a CMD: the container needs a command when it is run"
    return (Step(text, ends[-1].span),)


def _beginning(assessment: Assessment) -> Iterator[Step]:
    """What PID 1 is started as, and by which instruction."""
    argv = start_argv(assessment.image)
    if argv is None or isinstance(argv, Unknown):
        return
    span = None
    for start in (assessment.image.entrypoint, assessment.image.cmd):
        if start is not None and not isinstance(start, Unknown) and start.argv:
            span = start.instruction.span if start.instruction is not None else None
            break
    for label in assessment.image.recipes:
        yield Step(label.text, label.span)
    yield Step(f"PID 1 is `{shown(argv)}`", span, pid=1)


def _started(stopped: Stopped) -> Iterator[Step]:
    """Who starts whom on the way from PID 1 to the main processes."""
    world = stopped.booted.world
    left = {event.other for event in world.events if event.kind == "daemonizes"}
    told: set[int] = {1, *left}
    for chain in chains(world, stopped.mains):
        for above, process in itertools.pairwise(chain):
            if process.pid in told:
                continue
            told.add(process.pid)
            how = " in the background" if process.job else ""
            yield Step(
                f"{name_of(above)} (pid {above.pid}) starts `{shown(process.argv)}`{how} as pid {process.pid}",
                _written(process.origin), pid=process.pid,
            )  # fmt: skip


def _written(span: Span | None) -> Span | None:
    """A place in a file; None for one in a text that stands for a script of the base image."""
    return span if span is not None and span.outermost().source.path else None


def _forbidding(event: Event) -> str:
    """What has a shell end for want of a variable."""
    asked = event.span is not None and any(f"{{{event.text}{mark}" in event.span.text for mark in ("?", ":?"))
    return f"`${{{event.text}:?}}`" if asked else "`set -u`"


def _tell(event: Event, world: World, signal: str, stopped: Stopped) -> str | None:
    process = world.processes[event.pid]
    who = f"{name_of(process)} (pid {event.pid})"
    sent = "SIG" + event.signal if event.signal and event.signal not in {"EXIT", "0"} else event.signal
    other = world.processes.get(event.other)
    whom = f"{name_of(other)} (pid {other.pid})" if other is not None else ""
    late = event.seconds is not None
    match event.kind:
        case "cannot-start":
            return f"PID 1 cannot start: {event.text}" if event.pid == 1 else f"{who} cannot start: {event.text}"
        case "not-found":
            return f"{who} cannot run it: {event.text}"
        case "cannot-open" | "denied" | "bad-option" | "refused":
            return f"{who} cannot do this: {event.text}"
        case "cannot-read":
            return f"{who} cannot read this, a syntax error for its shell: {event.text}"
        case "leaves" if not late and event.span is not None:
            return f"{who} gives up: `{event.span.text}`"
        case "waits-outside":
            return f"a loop waits here ({event.text}): that it ends is assumed"
        case "unset":
            return f"{who} gives up: ${event.text} is not set, which {_forbidding(event)} forbids"
        case "exec":
            return f"`exec`: {shown(process.argv)} takes the place of the shell, as pid {event.pid}"
        case "implicit-exec" if event.pid == 1:
            return f"the shell execs its last command by itself: {shown(process.argv)} becomes pid {event.pid}"
        case "trap-lost":
            return "the trap set here is lost: exec keeps no traps"
        case "bad-signal":
            return (
                f"this shell does not know the signal {event.text}"
                if event.text != "kill"
                else "this shell's `kill` does not know that signal name"
            )
        case "daemonizes":
            return f"{process.program} starts {whom} in the background and ends"
        case "stop":
            return f"{signal} is sent to {who}"
        case "unhandled":
            return f"{who} has no handler for it, and the kernel protects PID 1: nothing happens"
        case "ignored":
            return f"{who} ignores {sent}"
        case "harmless":
            return f"{sent} does nothing to {who}"
        case "deferred":
            return f"{who} notes {sent}; its trap has to wait until {_front(process, world)} ends"
        case "trap":
            return f"{who} runs its {event.signal} trap"
        case "forwards":
            return f"{who} passes {sent} on to {whom}"
        case "drops":
            return f"{who} drops {sent}"
        case "kills":
            return f"{who} sends {sent} to {whom}"
        case "dies":
            return f"{who} has no handler for {sent} and dies of it at once"
        case "caught" if isinstance(process.body, Program) and late:
            return _answer(who, sent, process.body, event.signal)
        case "goes-on":
            return f"{who} gets {sent} and goes on"
        case "gives-up":
            return f"{who} waits no longer: SIGKILL for {whom}"
        case "forsakes":
            return f"{who} ends at once and leaves its services behind"
        case "crash":
            return f"{who} sends the signal to itself again and again{'' if event.text else ' until it crashes'}"
        case "swept":
            untold = f"which never got a signal{_supposed(process.body, signal)}"
            how = f", {'in the middle of its shutdown' if process.told else untold}"
            return f"PID 1 is gone: the kernel SIGKILLs {who}{how if event.pid in stopped.mains else ''}"
        case "grace-over":
            return "the grace period is over: SIGKILL for everything that is left, exit code 137"
        case "end" if late and not event.signal:
            return f"{who} ends" if event.pid == 1 or event.pid in stopped.mains else None
        case "end" if event.pid == 1 and not late:
            return f"PID 1 ends by itself, and the container with it{_status(process)}"
        case "helper" if is_of_a_trap(world, process):
            return f"the trap runs {event.text}"
    return None


def _answer(who: str, sent: str, body: Program, signal: str) -> str | None:
    """What a program does that the signal has got to."""
    action = body.action(signal)
    if action == "raise":
        return f"{who} has no handler for {sent}: the runtime of its language ends it at once"
    if action == "quick":
        return f"{who} gets {sent}, and its own handler ends it at once"
    if body.assumed(signal):
        return f"{who} gets {sent}: that it handles it and shuts down is assumed{_why(body)}"
    return f"{who} gets {sent} and shuts down" if action != "ignore" else None


def _supposed(body: Body, signal: str) -> str:
    if not isinstance(body, Program) or not body.assumed(signal.removeprefix("SIG")):
        return ""
    return f"; that it would have handled it is assumed{_why(body)}"


def _why(body: Program) -> str:
    return f" ({body.row.instead})" if body.row.instead else ""


def _status(process: Process) -> str:
    return f": exit code {process.status}" if isinstance(process.status, int) else ""


def _front(process: Process, world: World) -> str:
    body = process.body
    if isinstance(body, Shell) and isinstance(body.blocked, Foreground):
        return " | ".join(name_of(world.processes[pid]) for pid in body.blocked.pids)
    return "the foreground command"


def processes(assessment: Assessment, stopped: Stopped) -> tuple[ProcessView, ...]:
    """The processes that stood when the signal came, and what each does with it."""
    before, after = stopped.booted.world, stopped.world
    views = []
    for process in before.processes.values():
        if not process.alive:
            continue
        later = after.processes[process.pid]
        note, fate = _bearing(process, later, after, assessment)
        views.append(
            ProcessView(
                pid=process.pid,
                ppid=process.ppid,
                argv=process.argv,
                program=process.program,
                role=_role(process),
                main=process.pid in stopped.mains,
                span=process.origin,
                note=note,
                fate=fate,
                told=later.told,
                assumed=isinstance(process.body, Program) and any(map(process.body.assumed, later.told)),
            )
        )
    return tuple(views)


def _role(process: Process) -> str:
    body = process.body
    if isinstance(body, Shell):
        return "shell"
    if isinstance(body, Parent):
        return "init" if body.row.role == "init" else "wrapper"
    if isinstance(body, Supervisor) or (isinstance(body, Launching) and body.children()):
        return "supervisor"
    if isinstance(body, Program) and body.row.role in {"timer", "keepalive"}:
        return "timer"
    return "service"


def _bearing(process: Process, later: Process, after: World, assessment: Assessment) -> tuple[str, Fate]:
    """In a sentence and in a word: what a process does with the stop signal."""
    signal = assessment.signal
    mine = [event for event in after.events if event.pid == process.pid and event.seconds is not None]
    kinds = {event.kind for event in mine}
    body = process.body
    waits = _waits(process)
    if "forwards" in kinds:
        return "", "forwards"
    if "deferred" in kinds:
        return f"{waits}; its trap has to wait", "defers"
    if "trap" in kinds or "kills" in kinds:
        return "runs its trap", "handles"
    if "unhandled" in kinds:
        why = f"no trap for SIG{signal}" if isinstance(body, Shell) else f"no handler for SIG{signal}"
        return f"{waits}, {why}" if waits else why, "ignores"
    if "ignored" in kinds or "goes-on" in kinds or "harmless" in kinds or "drops" in kinds:
        return waits, "ignores"
    if "dies" in kinds:
        return f"{waits}, no trap for it" if waits else "", "dies"
    if later.told:
        note = "" if later.killed_by != "KILL" else "SIGKILLed before it has finished"
        return note, "handles"
    return ("SIGKILLed when PID 1 ends" if not after.init.alive and later.killed_by == "KILL" else waits), "untold"


def _waits(process: Process) -> str:
    body = process.body
    if isinstance(body, Shell):
        match body.blocked:
            case Foreground():
                return f"waits for pid {' and '.join(str(pid) for pid in body.blocked.pids)} in the foreground"
            case Waiting():
                return f"in `wait` for pid {' and '.join(str(pid) for pid in body.blocked.pids)}"
            case Standing():
                return body.blocked.why
    return ""


def headline(outcome: OutcomeKind) -> str:
    """The outcome in words."""
    return {
        OutcomeKind.GRACEFUL: "it shuts down",
        OutcomeKind.TERMINATED: "it dies of the signal at once, without cleaning up",
        OutcomeKind.CUT_OFF: "it is SIGKILLed before it could shut down",
        OutcomeKind.KILLED: "nothing hears the signal: SIGKILL when the grace period is over",
        OutcomeKind.EXITS: "it ends by itself",
        OutcomeKind.FAILS: "it does not start",
        OutcomeKind.UNKNOWN: "not known",
    }[outcome]
