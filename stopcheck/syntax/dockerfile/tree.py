"""What a Dockerfile is made of: instructions, their forms, arguments, flags and heredocs, each with its span."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from typing import TypeAlias

    from stopcheck.model import Problem
    from stopcheck.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Argument:
    """A word of an instruction: an element of an exec form, a source of COPY …; `span` includes its quotes.

    `given` is False only for the value of an ARG that has none (`ARG name`), which then is "".
    """

    value: str
    span: Span
    given: bool = True


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

    `source` is that text with its offsets mapped into the Dockerfile; for a RUN that is only `<<NAME` it is the
    heredoc's body, for any other RUN with heredocs their bodies follow. `json_error` says what is wrong with it as an
    exec form where it was meant as one, at `json_error_span`; else None.
    """

    source: SourceFile
    span: Span
    json_error: str | None = None
    json_error_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`<<NAME … NAME`: `content` is the body (tabs stripped for `<<-`), with its offsets mapped into the Dockerfile.

    `span` goes from the first line of the body to the delimiter that closes it.
    """

    name: str
    content: SourceFile
    expand: bool
    strip_tabs: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    `keyword` is upper case. `span` ends before the bodies of its heredocs. `value` is what follows keyword and flags,
    continuations joined, as BuildKit sees it; `value_span` where it stands. `form` is set for CMD, ENTRYPOINT, RUN,
    SHELL, HEALTHCHECK CMD, and for COPY, ADD, VOLUME where they are written as JSON; it is None for a CMD, ENTRYPOINT
    or RUN whose array holds more than strings, which is a problem of the file. `arguments` are the words of the others
    (for FROM: image, `AS`, name; for COPY and ADD: sources and destination; for ENV, ARG and LABEL: alternately name
    and value, quotes and escapes still in the value; for HEALTHCHECK: `CMD` or `NONE`). `onbuild` is the instruction
    that ONBUILD holds.
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
