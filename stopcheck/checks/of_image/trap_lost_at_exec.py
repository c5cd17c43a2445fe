"""A trap is set, and then `exec` throws it away."""

from __future__ import annotations

from stopcheck.checks._script import called, does_work
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Event
    from stopcheck.checks._case import Case

ADVICE = (
    "Start the service with `&`, pass the signal on in the trap, wait for it there, and `wait` at the end of the "
    "script; or do the work in the service's own handler."
)


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    blamed = {cause.event: cause for cause in case.of("trap-lost-at-exec")}
    for event in _lost(case):
        main = case.up.processes[event.pid]
        if event in blamed:
            message = (
                f"{case.consequence(main)}. The trap that is set here would have dealt with {case.signal}, but "
                f"`exec` keeps no traps, and {called(main)} has no handler of its own"
            )
            yield Violation(message, event.span, advice=ADVICE)  # type: ignore[arg-type]
        elif does_work(case, event):
            message = (
                f"What this trap does is not done when the container stops: `exec` keeps no traps, and {called(main)} "
                "has taken the script's place"
            )
            yield Violation(message, event.span, advice=ADVICE, severity="note")  # type: ignore[arg-type]


def _lost(case: Case) -> Iterator[Event]:
    """Traps for the stop, or for the script's end, that an `exec` of a main process, or above one, has lost."""
    if case.stopped is None or case.outcome in {OutcomeKind.EXITS, OutcomeKind.FAILS, OutcomeKind.UNKNOWN}:
        return
    seen = set()
    for event in case.up.events:
        if event.kind != "trap-lost" or event.span is None or event.span in seen:
            continue
        if event.signal in {case.assessment.signal, "EXIT"} and case.up.processes[event.pid].alive:
            seen.add(event.span)
            yield event
