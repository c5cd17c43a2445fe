"""Dockerfile text to instructions, as BuildKit reads them."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem
from stopcheck.source import Span
from stopcheck.syntax.dockerfile.faults import InstructionError, TemplateError, UnknownInstructionError
from stopcheck.syntax.dockerfile.instructions import read_instruction
from stopcheck.syntax.dockerfile.line import Line, Reading
from stopcheck.syntax.dockerfile.lines import DockerfileLines
from stopcheck.syntax.dockerfile.tree import Dockerfile
from stopcheck.syntax.dockerfile.words import SPACE

if TYPE_CHECKING:
    from stopcheck.source import SourceFile
    from stopcheck.syntax.dockerfile.tree import Instruction

MAX_CHARACTERS = 1_000_000
"""A longer file is a problem and not read: no Dockerfile is that long."""

MAX_LINE_BYTES = 65_535
"""BuildKit reads no longer line (bufio.MaxScanTokenSize - 1)."""


def parse_dockerfile(source: SourceFile) -> Dockerfile:
    """Read a Dockerfile; never raises: what cannot be built is told in `problems`, with its line.

    A text that is no Dockerfile at all (binary, too long, a template) has one problem and no instructions.
    """
    refused = _refuse(source)
    return Dockerfile(source, (), (), (refused,)) if refused else _read(Reading(DockerfileLines(source)))


def _refuse(source: SourceFile) -> Problem | None:
    text = source.text
    if len(text) > MAX_CHARACTERS:
        message = f"too long for a Dockerfile: {len(text):,} characters, at most {MAX_CHARACTERS:,} are read"
        return Problem(source.path, message, 1, 1)
    nul = text.find("\0")
    if nul >= 0:
        message = "a NUL byte: the file is binary or UTF-16, and a Dockerfile must be UTF-8 text"
        return Problem.at(Span(source, nul, nul + 1), message)
    return None


def _read(reading: Reading) -> Dockerfile:
    _check_line_lengths(reading)
    directives = _directives(reading)
    try:
        instructions = _instructions(reading)
    except TemplateError as template:
        message = f"a template (`{template}`), not a Dockerfile: check the file that it is rendered to"
        return Dockerfile(reading.source, (), directives, (Problem.at(template.span, message),), reading.lines.escape)
    _check_stages(reading, instructions)
    problems = sorted(reading.problems, key=lambda problem: (problem.line or 0, problem.column or 0))
    return Dockerfile(reading.source, instructions, directives, tuple(problems), reading.lines.escape)


def _check_line_lengths(reading: Reading) -> None:
    message = f"a line longer than {MAX_LINE_BYTES:,} bytes cannot be built"
    for number, line in enumerate(reading.lines.texts):
        if len(line) * 4 > MAX_LINE_BYTES and len(line.encode(errors="surrogatepass")) > MAX_LINE_BYTES:
            reading.problem(reading.lines.span(number, number), message)


def _directives(reading: Reading) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for number, name, value in reading.lines.directives():
        span = reading.lines.span(number, number)
        if name in found:
            reading.problem(span, f"a second `{name}` directive: a file may have only one")
            break
        found[name] = value
        if name == "escape" and value in ("\\", "`"):
            reading.lines.escape = value
        elif name == "escape":
            reading.problem(span, f"`escape={value}`: the escape can only be a backslash or a backquote")
    return tuple(found.items())


def _instructions(reading: Reading) -> tuple[Instruction, ...]:
    found: list[Instruction] = []
    lines = reading.lines
    told = False
    for start, last in lines.logical():
        first = max(start, reading.floor)
        while start < first <= last and lines.skipped(lines.texts[first]):
            first += 1
        if first > last:
            continue
        line = Line(reading, lines.join(first, last), lines.span(first, last), last)
        try:
            found.append(read_instruction(line, 0, len(line.text.rstrip(SPACE))))
            told = False
        except UnknownInstructionError as fault:
            if not told:
                reading.problem(line.span(fault.start, fault.end), str(fault))
            if not found and not fault.alike:
                break
            told = True
        except InstructionError as fault:
            reading.problem(line.span(fault.start, fault.end), str(fault))
            told = False
    return tuple(found)


def _check_stages(reading: Reading, instructions: tuple[Instruction, ...]) -> None:
    """Tell what stands before the first FROM, or that there is none."""
    first = next((at for at, one in enumerate(instructions) if one.keyword == "FROM"), None)
    if first is not None:
        early = next((one for one in instructions[:first] if one.keyword != "ARG"), None)
        if early:
            reading.problem(early.keyword_span, f"`{early.keyword}` stands before the first `FROM`: only `ARG` may")
    elif instructions:
        message = "there is no `FROM`: a Dockerfile begins with the image to build on"
        reading.problem(instructions[0].keyword_span, message)
    elif reading.problems:
        del reading.problems[1:]
    else:
        what = "only comments" if reading.source.text.strip() else "empty"
        reading.problems.append(Problem(reading.source.path, f"no instructions: the file is {what}", 1, 1))
