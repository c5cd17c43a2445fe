"""As PID 1 a program without a handler never notices the stop signal."""

from __future__ import annotations

from stopcheck.checks._script import called
from stopcheck.checks._start import started
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("missing-init"):
        name = called(cause.process)
        yield Violation(
            message=f"{case.consequence(cause.process, name)}. It does not handle {case.signal}, and what PID 1 does "
            "not handle, the kernel keeps from it",
            span=started(case, cause.process),
            advice=f"Handle {case.signal} in the program, or put an init in front of it: `docker run --init`, "
            "`init: true` in a compose file, or tini in the image.",
        )
