"""Dockerfile text to instructions, as BuildKit reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from stopcheck.model import Problem
    from stopcheck.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Argument:
    """A word of an instruction: an element of an exec form, a source of COPY …; `span` includes its quotes."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name=value`; `value` is None for a bare `--name`."""

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExecForm:
    """A JSON array of strings; `span` goes from bracket to bracket."""

    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ShellForm:
    """What the image's shell gets after `-c`: line continuations joined, comments in them dropped.

    `source` is that text with its offsets mapped into the Dockerfile. `json_error` says what is wrong with it as an
    exec form where it was meant as one (it begins with a bracket), else None.
    """

    source: SourceFile
    span: Span
    json_error: str | None = None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`<<NAME … NAME`: `content` is the body (tabs stripped for `<<-`), with its offsets mapped into the Dockerfile."""

    name: str
    content: SourceFile
    expand: bool
    strip_tabs: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    `keyword` is upper case. `value` is what follows keyword and flags, continuations joined, as BuildKit sees it;
    `value_span` where it stands. `form` is set for CMD, ENTRYPOINT, RUN, SHELL, HEALTHCHECK CMD, and for COPY, ADD,
    VOLUME where they are written as JSON. `arguments` are the words of the others (for FROM: image, `AS`, name;
    for COPY and ADD: sources and destination; for ENV, ARG and LABEL: alternately name and value, quotes and escapes
    still in the value). `onbuild` is the instruction that ONBUILD holds.
    """

    keyword: str
    span: Span
    keyword_span: Span
    value: str
    value_span: Span
    flags: tuple[Flag, ...] = ()
    arguments: tuple[Argument, ...] = ()
    form: ExecForm | ShellForm | None = None
    heredocs: tuple[Heredoc, ...] = ()
    onbuild: Instruction | None = None

    def flag(self, name: str) -> str | None:
        """The value of the last flag of that name, None where there is none ("" for a bare one)."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag.value or ""
        return None


Form: TypeAlias = ExecForm | ShellForm


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole file: its instructions in order, parser directives (`escape`, `syntax`, `check`), problems."""

    source: SourceFile
    instructions: tuple[Instruction, ...]
    directives: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    escape: str = "\\"


def parse_dockerfile(source: SourceFile) -> Dockerfile:
    """Read a Dockerfile; never raises: what cannot be built is told in `problems`, with its line."""
    raise NotImplementedError
