"""What is to be done on a stop takes longer than the grace period."""

from __future__ import annotations

from stopcheck.boot.bodies.program import OWN, Program
from stopcheck.checks._script import called, consequence
from stopcheck.checks._start import is_supervised, place, started
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Event
    from stopcheck.checks._case import Case
    from stopcheck.stop.cause import Cause

MORE = (
    "Make it shorter, or give it more time where the container is run: `docker run --stop-timeout`, "
    "`stop_grace_period` in a compose file, `terminationGracePeriodSeconds` in Kubernetes; and tell stopcheck, with "
    "`--grace-period`."
)
WAKES = (
    "`time.sleep(60)` goes on to its end whatever a handler does; `Event.wait(60)` ends as the handler sets the event."
)
CHILDREN = (
    "Put an init in front of the script (`docker run --init`, `init: true`, or tini in the image), which is given what "
    "leaves for the background, and start no other job beside it: or do without that."
)
SUPERVISED = " supervisord has to wait for it as long: `stopwaitsecs`."
WAITS = {"supervisord": "`stopwaitsecs`", "init": "`S6_SERVICES_GRACETIME` and `S6_KILL_GRACETIME`, in milliseconds"}
"""Where a supervisor is told how long to wait."""


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("grace-period-too-short"):
        body = cause.process.body
        if isinstance(body, Program):
            why = f"{called(cause.process)} takes about {body.row.seconds:g} s to finish"
            if _is_told(body):
                why = f"By its source, {called(cause.process)} may take {body.row.seconds:g} s to end"
            if body.row.waits_for_all and body.row.seconds < case.assessment.grace:
                why = f"{called(cause.process)} waits for all its children, those that PID 1 is given among them"
        elif cause.span is not None:
            why = f"The trap still waits for `{cause.span.text}` then"
        else:
            continue
        sleeps = isinstance(body, Program) and _is_told(body) and cause.process.program.startswith("python")
        advice = f"{MORE} {WAKES}" if sleeps else MORE
        if isinstance(body, Program) and body.row.waits_for_all and body.row.seconds < case.assessment.grace:
            advice = CHILDREN
        told = bool(case.down.processes[cause.process.pid].told)
        if cause.event is not None:
            yield _impatient(case, cause, cause.event, why)
            continue
        before = f"{consequence(case, cause)}. " if told or not isinstance(body, Program) else "Once it is told: "
        yield Violation(
            message=f"{before}{why}, and the grace period is {case.seconds}",
            span=started(case, cause.process) if isinstance(body, Program) else place(case, cause.span),
            advice=f"{advice}{SUPERVISED}" if is_supervised(case, cause.process) else advice,
        )


def _is_told(body: Program) -> bool:
    """Whether its source tells how long it may take: more than what any program is taken to need."""
    return body.row.table == OWN and body.row.seconds > ProgramRow(body.row.name).seconds


def _impatient(case: Case, cause: Cause, event: Event, why: str) -> Violation:
    """A supervisor that kills what takes longer than it waits, whatever the grace period is."""
    above = case.down.processes[event.pid]
    knob = WAITS.get(above.program)
    longer = f" {called(above)} can be told to wait longer: {knob}." if knob else ""
    return Violation(
        message=f"{consequence(case, cause)}. {why}, and {called(above)} waits {event.seconds or 0:g} s for it",
        span=started(case, cause.process),
        advice=f"Make it shorter, or give it more time.{longer} The grace period has to be longer than that, too.",
    )
