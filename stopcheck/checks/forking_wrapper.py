"""A wrapper starts the service as its child, and does not pass the stop signal on as it should."""

from __future__ import annotations

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import Program
from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import called, consequence, main_of
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation
from stopcheck.stop.blame import leaves_early

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process
    from stopcheck.checks._case import Case
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.stop.blame import Cause


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md; wrappers of one line that fail alike are told of at once (`npm run`, of a script of npx)."""
    alike: dict[tuple[str, int, str], list[Cause]] = {}
    for cause in case.of("forking-wrapper"):
        if _row(cause) is not None:
            span = cause.span or case.start_span()
            alike.setdefault((span.path, span.position()[0], _what_it_does(case, cause)), []).append(cause)
    for (_, _, what), causes in alike.items():
        first, row = causes[0], _row(causes[0])
        assert row is not None
        names = list(dict.fromkeys(called(cause.process) for cause in causes))
        name, main = " and ".join(names), called(main_of(case, first))
        child, instead = "the service" if main == name else main, row.instead if len(names) == 1 else ""
        how = f"starts {child} as its child and" if len(names) == 1 else f"start {child} as their child; each of them"
        yield Violation(
            message=f"{consequence(case, first)}. {name} {how} {what}",
            span=first.span or case.start_span(),
            advice=_advice_to_author(case, first)
            if isinstance(first.process.body, Launching)
            else _advice(instead, name, main),
        )


def _advice(instead: str, name: str, main: str) -> str:
    if instead.endswith("."):  # a sentence of its own
        return instead
    return (
        f"Use {instead} instead of {name}."
        if instead
        else f"Start {main} without {name}, so that it gets the signal itself."
    )


def _advice_to_author(case: Case, cause: Cause) -> str:
    """For a program of the user's own."""
    row = _row(cause)
    if row is not None and row.instead and cause.process.body.disposition(case.assessment.signal) != "caught":
        return row.instead
    return f"Let it pass {case.signal} on to all that it has started, wait for that, and then end."


def _lasts(case: Case, child: Process) -> bool:
    return case.down.processes[child.pid].alive


def _row(cause: Cause) -> ProgramRow | None:
    body = cause.process.body
    if isinstance(body, Shell):
        return body.packaged
    return body.row if isinstance(body, (Parent, Program, Launching)) else None


def _what_it_does(case: Case, cause: Cause) -> str:
    row = _row(cause)
    assert row is not None
    if any(event.kind == "gives-up" and event.pid == cause.process.pid for event in case.down.events):
        return f"kills it {row.kill_after:g} s after the signal"
    if cause.child is not None and leaves_early(case.down, cause.process, cause.child):
        return "does not wait until it is done"
    if cause.child is not None and not _lasts(case, cause.child) and _lasts(case, cause.process):
        return "goes on when that has ended"
    if row.forwards == "none" or isinstance(cause.process.body, Shell):
        return "passes no signal on"
    if row.on.get(case.assessment.signal) == "ignore" or case.assessment.signal not in (
        row.forwards_only or (case.assessment.signal,)
    ):
        return f"does not pass {case.signal} on"
    return "passes the signal only to a shell in between, which keeps it to itself"
