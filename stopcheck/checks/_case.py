"""What a check is given: the Dockerfile, its image, one way that a stop goes, and why it goes so."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind, Unknown
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process, World
    from stopcheck.image.model import Image, StartCommand
    from stopcheck.source import Span
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.blame import Cause
    from stopcheck.stop.deliver import Stopped
    from stopcheck.syntax.dockerfile.tree import Dockerfile


@dataclass(frozen=True, slots=True)
class Case:
    """One way that a stop can go. Checks ask it why its outcome is bad; they never read text for that."""

    dockerfile: Dockerfile
    assessment: Assessment
    stopped: Stopped | None
    causes: tuple[Cause, ...] = ()

    @property
    def image(self) -> Image:
        """The image."""
        return self.assessment.image

    @property
    def outcome(self) -> OutcomeKind:
        """What comes of this way."""
        return self.stopped.outcome if self.stopped is not None else self.assessment.outcome

    @property
    def up(self) -> World:
        """The processes as they stand when the service is up; raises where there is no way to speak of."""
        assert self.stopped is not None
        return self.stopped.booted.world

    @property
    def down(self) -> World:
        """The processes when PID 1 has ended, or the grace period is over."""
        assert self.stopped is not None
        return self.stopped.world

    @property
    def supposed(self) -> bool:
        """Whether what is cut off is only taken to handle its signal: it may have had nothing to finish."""
        if self.stopped is None or self.outcome is not OutcomeKind.CUT_OFF:
            return False
        ended = [self.down.processes[pid] for pid in self.stopped.mains]
        lost = [process for process in ended if process.killed_by]
        return bool(lost) and all(self._supposed(process) for process in lost)

    def _supposed(self, process: Process) -> bool:
        signals = process.told or (self.assessment.signal,)
        return process.killed_by == "KILL" and isinstance(process.body, Program) and process.body.assumed(signals[0])

    @property
    def signal(self) -> str:
        """The stop signal as people write it."""
        return "SIG" + self.assessment.signal

    @property
    def seconds(self) -> str:
        """The grace period as people say it."""
        return f"{self.assessment.grace:g} s"

    def of(self, rule: str) -> Iterator[Cause]:
        """The causes that a rule speaks of."""
        return (cause for cause in self.causes if cause.rule == rule)

    def own_start(self) -> StartCommand | None:
        """The ENTRYPOINT or CMD of this Dockerfile that gives PID 1 its program; None where it is inherited."""
        for start in (self.image.entrypoint, self.image.cmd):
            if start is None or isinstance(start, Unknown) or not start.argv:
                continue
            return start if start.instruction is not None else None
        return None

    def start_span(self) -> Span:
        """Where the start command stands; the last FROM where it is inherited."""
        start = self.own_start()
        if start is None:
            for candidate in (self.image.entrypoint, self.image.cmd):
                if candidate is not None and not isinstance(candidate, Unknown) and candidate.instruction is not None:
                    return candidate.instruction.span
        if start is not None and start.instruction is not None:
            return start.instruction.span
        return next(i.span for i in reversed(self.dockerfile.instructions) if i.keyword == "FROM")

    def consequence(self, main: Process | None, name: str = "") -> str:
        """What the stop does, in the user's words: "`docker stop` waits 10 s, then kills gunicorn: exit 137"."""
        name = name or (main.program if main is not None else "the program")
        stopped = self.stopped
        match self.outcome:
            case OutcomeKind.KILLED:
                if stopped is not None and main is not None and not self.down.processes[main.pid].alive:
                    name = self.down.init.program  # what has ended is not killed any more
                return f"`docker stop` waits {self.seconds}, then kills {name}: exit 137"
            case OutcomeKind.CUT_OFF:
                code = f" (exit {stopped.exit_code})" if stopped is not None and stopped.exit_code is not None else ""
                later = self.down.processes[main.pid] if stopped is not None and main is not None else None
                if later is not None and later.killed_by not in {"", "KILL"}:
                    return f"`docker stop` ends {name} at once{code}, and the cleanup that it has to do is lost"
                told = later is not None and later.told
                how = "in the middle of its shutdown" if told else "without ever getting a signal"
                init = self.down.init
                after = init.ended_at - self.down.epoch
                when = "at once" if after < 1 else f"after {after:.2g} s"
                who = f"{name}, which is assumed to handle it," if self.supposed else name
                return f"`docker stop` ends the container {when}{code}, and {who} is SIGKILLed {how}"
            case OutcomeKind.TERMINATED:
                return f"`docker stop` ends {name} at once, without any cleanup"
            case OutcomeKind.EXITS:
                return "The container ends by itself as soon as it is started"
            case OutcomeKind.FAILS:
                code = f": exit {stopped.exit_code}" if stopped is not None and stopped.exit_code is not None else ""
                return f"The container does not start{code}"
        return f"`docker stop` reaches {name}"
