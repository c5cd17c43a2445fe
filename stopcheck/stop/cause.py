"""One link between PID 1 and a main process that fails, by the rule that speaks of it."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.boot.world import Event, Process
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import Command, Pipeline


@dataclass(frozen=True, slots=True)
class Cause:
    """`process` is who fails, `child` whom it should have told, both as they stood before the stop.

    `span` is the place in a script or Dockerfile (None where the process was started by the image itself), `node` the
    command that stands there, `event` what happened there.
    """

    rule: str
    process: Process
    span: Span | None = None
    child: Process | None = None
    node: Command | Pipeline | None = None
    event: Event | None = None
