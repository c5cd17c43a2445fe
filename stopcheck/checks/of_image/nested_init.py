"""An init runs below another one."""

from __future__ import annotations

from itertools import pairwise

from stopcheck.boot.bodies.parent import Parent
from stopcheck.checks._script import called
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation
from stopcheck.stop.blame import chains

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    if case.stopped is None:
        return
    for chain in chains(case.up, case.stopped.mains):
        inits = [process for process in chain if isinstance(process.body, Parent) and process.body.row.role == "init"]
        for outer, inner in pairwise(inits):
            yield Violation(
                message=f"{called(inner)} runs below {called(outer)}, which is the init already: it does nothing that "
                "is not done",
                span=inner.origin or case.start_span(),
                advice=f"Leave {called(inner)} out.",
                severity="note",
            )
