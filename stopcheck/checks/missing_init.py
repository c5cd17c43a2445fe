"""As PID 1 a program without a handler never notices the stop signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.checks._script import called
from stopcheck.checks._start import place, with_init
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("missing-init"):
        name = called(cause.process)
        yield Violation(
            message=f"{name} does not handle {case.signal}, and as PID 1 it is not even ended by it: "
            f"{case.consequence(cause.process)}",
            span=place(case, cause.span),
            fix=with_init(case),
            advice=f"handle {case.signal} in the program, or put an init in front of it: `docker run --init`, "
            "`init: true` in a compose file, or tini in the image",
        )
