"""The stages of a Dockerfile, and what the instructions of one have made of the image so far."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.variables import Missing
from stopcheck.model import Unknown
from stopcheck.records import dataclass, field, replace

if TYPE_CHECKING:
    from stopcheck.image.filesystem import FileMap
    from stopcheck.image.model import Base, StartCommand, Value
    from stopcheck.model import Label
    from stopcheck.source import Span
    from stopcheck.syntax.dockerfile.tree import Dockerfile, Instruction

_DEFAULT_SHELL = ("/bin/sh", "-c")


@dataclass(frozen=True, slots=True)
class Stage:
    """A FROM and the instructions that follow it; `name` in lower case, "" where it has none."""

    index: int
    name: str
    origin: Instruction
    instructions: tuple[Instruction, ...]


def split_stages(dockerfile: Dockerfile) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    """What stands before the first FROM, and the stages."""
    head: list[Instruction] = []
    stages: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM":
            stages.append((instruction, []))
        else:
            (stages[-1][1] if stages else head).append(instruction)
    return tuple(head), tuple(
        Stage(index, origin.arguments[2].value.lower() if len(origin.arguments) > 2 else "", origin, tuple(found))
        for index, (origin, found) in enumerate(stages)
    )


@dataclass(slots=True)
class State:
    """A stage on its way: what the instructions so far have made of the image."""

    base: Base
    files: FileMap
    env: dict[str, Value]
    build_env: dict[str, Value]
    env_open: bool
    entrypoint: StartCommand | Unknown | None
    cmd: StartCommand | Unknown | None
    stop_signal: Value
    stop_signal_base: str | None
    workdir: str
    user: str
    stop_signal_span: Span | None = None
    shell: tuple[str, ...] = _DEFAULT_SHELL
    healthcheck: Instruction | None = None
    instructions: list[Instruction] = field(default_factory=list)
    installed: set[str] = field(default_factory=set)
    unset_arguments: set[str] = field(default_factory=set)
    blanks: set[str] = field(default_factory=set)
    superseded: list[Instruction] = field(default_factory=list)
    cleared: Instruction | None = None
    cmd_is_own: bool = False
    cmd_of_base: bool = False
    """Whether another Dockerfile sets it: there it goes with another ENTRYPOINT."""
    entrypoint_is_own: bool = False
    windows: bool = False
    recipes: list[Label] = field(default_factory=list)

    def copy(self) -> State:
        """One that can go another way."""
        return replace(
            self,
            env=dict(self.env),
            build_env=dict(self.build_env),
            instructions=list(self.instructions),
            installed=set(self.installed),
            unset_arguments=set(self.unset_arguments),
            blanks=set(self.blanks),
            superseded=list(self.superseded),
            recipes=list(self.recipes),
        )

    def child(self) -> State:
        """What a stage begins with that is built from this one."""
        state = self.copy()
        state.build_env |= state.env
        state.superseded, state.cleared = [], None
        state.cmd_is_own = state.entrypoint_is_own = False
        return state

    def variable(self, name: str) -> Value | None:
        """A variable as the build sees it; where the base image is not known it may set any."""
        value = self.build_env.get(name)
        if value is None and self.env_open and name.isidentifier():
            return Unknown(f"the base image {self.base.name} may set {name}")
        return value

    def path_variable(self, name: str) -> Value | None:
        """The same for paths: an ARG that has no value is given at the build, or the build would make no sense."""
        if name in self.unset_arguments and name not in self.build_env:
            return Missing(f"the build argument {name} has no default")
        return self.variable(name)
