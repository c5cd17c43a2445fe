"""What is said of a container: the processes that stand, what a stop does to them, and the report of it all."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    from stopcheck.model import Finding, OutcomeKind, Problem, Step, Unknown
    from stopcheck.source import Span

Fate: TypeAlias = 'Literal["handles", "dies", "ignores", "forwards", "defers", "untold", "unknown", ""]'
"""What a process does with the stop signal: it dies at once, defers its trap, is never told …; "": nothing to say."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What builds an image: a Dockerfile, the build context (None: found out) and the stage (None: the last).

    `arguments` are the build arguments that it is given, None where the value is not known.
    """

    path: str
    context: str | None = None
    target: str | None = None
    arguments: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How an image is to be run: its stage, its build context (None: found out), the grace period in seconds.

    `context` is a path of `Files`. `pedantic` asks for what rests on unknown facts, too. `recipes` tells what builds an
    image that FROM names, where the files show it; `mounts` which file tells that something is mounted at a path
    of the containers of a Dockerfile; `contexts` the folder that a Dockerfile is built with.
    """

    target: str | None = None
    context: str | None = None
    grace_period: float = 10.0
    pedantic: bool = False
    recipes: Callable[[str], Recipe | None] | None = None
    mounts: Callable[[str, str], str | None] | None = None
    contexts: Callable[[str], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """An image plus what runs it; `grace_period` in seconds."""

    path: str
    stage: str | None
    service: str | None
    context: str
    argv: tuple[str | Unknown, ...]
    stop_signal: str
    grace_period: float = 10.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process that stands when the service is up.

    `role` is one of "shell", "service", "init", "wrapper", "supervisor", "timer", "helper"; `span` is where it was
    started; `note` what it does when the signal comes ("waits for pid 2 in the foreground"); `fate` the same in a word;
    `told` the signals that it gets, without SIG; `assumed`: that it handles them, nobody knows.
    """

    pid: int
    ppid: int
    argv: tuple[str | Unknown, ...]
    program: str
    role: str
    main: bool = False
    span: Span | None = None
    note: str = ""
    fate: Fate = ""
    told: tuple[str, ...] = ()
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a stop does; `seconds` from the signal to the end of the container, None where the program decides.

    The seconds of a step in `story` count from the stop signal; negative or None: before it.
    """

    outcome: OutcomeKind
    exit_code: int | None = None
    signal_reaches_main: bool | None = None
    main: tuple[str, ...] = ()
    reason: str | None = None
    seconds: float | None = None
    story: tuple[Step, ...] = ()
    processes: tuple[Process, ...] = ()


@dataclass(frozen=True, slots=True)
class ContainerReport:
    """A container and what a stop does to it."""

    container: Container
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run has to say; a finding's `containers` are indices into `containers`."""

    containers: tuple[ContainerReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
