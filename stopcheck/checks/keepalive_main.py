"""A program that does no work keeps the container alive, and hears no signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.boot.programs import Program
from stopcheck.checks._script import called
from stopcheck.checks._start import place, started, with_init
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("keepalive-main"):
        idle = called(cause.process)
        main = cause.child if cause.child is not None and cause.child.pid != cause.process.pid else None
        if main is not None and isinstance(main.body, Program):
            name = called(main)
            why = f"{idle} keeps the container alive; {name} runs in the background, where no signal reaches it"
            advice = f"Start {name} in the foreground, as the last command, with `exec`."
        else:
            name = idle
            why = f"It only keeps the container alive, and nothing here hears {case.signal}"
            advice = (
                "Run the service itself in the foreground. A container that is to stay idle ends at once below an "
                "init: `docker run --init`, `init: true` in a compose file, or tini in the image."
            )
        yield Violation(
            message=f"{case.consequence(main or cause.process, name)}. {why}",
            span=place(case, cause.span) if main is not None else started(case, cause.process),
            fix=with_init(case) if main is None else None,
            advice=advice,
        )
