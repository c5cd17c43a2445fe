"""A program that does no work keeps the container alive, and hears no signal."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.checks._script import called
from stopcheck.checks._start import place, started, with_init
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation
from stopcheck.stop.story import together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process
    from stopcheck.checks._case import Case


ONE = "Start {} in the foreground, as the last command, with `exec`."
SEVERAL = (
    "Give each a container of its own; or let the script wait for them, with a trap that passes the signal on to all "
    "and waits; or let a supervisor start them."
)


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("keepalive-main"):
        idle = called(cause.process)
        main = cause.child if cause.child is not None and cause.child.pid != cause.process.pid else None
        if main is not None and isinstance(main.body, Program):
            names = _left(case, main)
            name = together(names)
            runs = "runs in the background, where no signal reaches it"
            if len(names) > 1:
                runs = "run in the background, where no signal reaches them"
            why = f"{idle} keeps the container alive; {name} {runs}"
            advice = SEVERAL if len(names) > 1 else ONE.format(name)
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


def _left(case: Case, main: Process) -> tuple[str, ...]:
    """The mains in the background by name; helpers only where there is nothing else."""
    mains = [case.up.processes[pid] for pid in case.stopped.mains] if case.stopped is not None else [main]
    programs = [process for process in mains if isinstance(process.body, Program)]
    works = [p for p in programs if isinstance(p.body, Program) and not p.body.row.helper]
    return tuple(dict.fromkeys(called(process) for process in works or programs))
