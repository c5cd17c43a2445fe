"""An init is PID 1, and below it a shell keeps the signal from the program."""

from __future__ import annotations

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import consequence
from stopcheck.checks._start import advice, argument_named, place, successor, without_shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Label, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("init-over-shell"):
        init = next(
            (p for p in case.up.processes.values() if isinstance(p.body, Parent) and p.body.row.role == "init"), None
        )
        name = init.program if init is not None else "the init"
        span = argument_named(case.image, name)
        fix = without_shell(case, cause.node, cause.process.body if isinstance(cause.process.body, Shell) else None)
        yield Violation(
            message=f"{consequence(case, cause)}. {name} hands the signal to a shell, which dies of it at once",
            span=place(case, cause.span),
            fix=fix,
            related=(Label(span, f"{name} ends as soon as the shell has ended"),) if span is not None else (),
            advice=advice(fix, successor(case, cause), f"what {name} starts"),
        )
