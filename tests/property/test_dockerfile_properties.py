"""Whatever text comes in: no exception, every span in the file, every joined text made of the file's characters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile import parse_dockerfile
from stopcheck.syntax.dockerfile.exec_form import JsonMistake, read_exec_form, without_bracket
from stopcheck.syntax.dockerfile.tree import Dockerfile, ExecForm, Instruction, ShellForm
from stopcheck.syntax.pragmas import read_pragmas

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = (
    "FROM x",
    "ARG a",
    "RUN ",
    "CMD ",
    "ENTRYPOINT ",
    "COPY a /b",
    "ENV a=b ",
    "SHELL ",
    "HEALTHCHECK CMD ",
    "ONBUILD ",
    "VOLUME ",
    "LABEL ",
    "--mount=a ",
    "--",
    '["a", "b"]',
    '["',
    "'",
    '"',
    "[",
    "]",
    ",",
    "\\",
    "\\\n",
    "`\n",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "# c",
    "# escape=`\n",
    "# syntax=a\n",
    "<<A",
    "<<-A",
    "<<'A B'",
    "\nA\n",
    "\n\tA\n",
    "\nA B\n",
    "${a:-",
    "$",
    "}",
    "=",
    "1",
    "null",
    "{{ a }}",
    "\ufeff",
    "\u2028",
    "\xa0",
    "\udce9",
    "é",
    "“",
    "# stopcheck: ignore[a] b",
    " # stopcheck: ",
)

dockerfiles = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map(lambda pieces: "FROM x\nRUN <<A\n" + "".join(pieces)),
    st.text(max_size=60),
)


def spans(instruction: Instruction) -> Iterator[Span]:
    yield from (instruction.span, instruction.keyword_span, instruction.value_span)
    yield from (flag.span for flag in instruction.flags)
    yield from (argument.span for argument in instruction.arguments)
    if instruction.form:
        yield instruction.form.span
    if isinstance(instruction.form, ExecForm):
        yield from (argument.span for argument in instruction.form.arguments)
    if isinstance(instruction.form, ShellForm) and instruction.form.json_error_span:
        yield instruction.form.json_error_span
    for heredoc in instruction.heredocs:
        yield heredoc.span
    if instruction.onbuild:
        yield from spans(instruction.onbuild)


def sources(instruction: Instruction) -> Iterator[SourceFile]:
    if isinstance(instruction.form, ShellForm):
        yield instruction.form.source
    yield from (heredoc.content for heredoc in instruction.heredocs)
    if instruction.onbuild:
        yield from sources(instruction.onbuild)


def parse(text: str) -> Dockerfile:
    return parse_dockerfile(SourceFile("Dockerfile", text))


@given(dockerfiles)
def test_spans_lie_in_the_file(text: str) -> None:
    found = parse(text)
    for instruction in found.instructions:
        for span in spans(instruction):
            assert span.source is found.source
            assert 0 <= span.start <= span.end <= len(text)
    for problem in found.problems:
        assert problem.line is not None
        assert 1 <= problem.line <= text.count("\n") + 1


@given(dockerfiles)
def test_joined_texts_map_to_the_same_characters(text: str) -> None:
    for instruction in parse(text).instructions:
        for source in sources(instruction):
            assert source.parent is not None
            assert [text[source.to_parent(at)] for at in range(len(source.text))] == list(source.text)
            assert 0 <= source.to_parent(len(source.text)) <= len(text)


@given(dockerfiles)
def test_instructions_follow_one_another(text: str) -> None:
    end = 0
    for instruction in parse(text).instructions:
        assert instruction.span.start >= end
        end = max([instruction.span.end, *(heredoc.span.end for heredoc in instruction.heredocs)])


@given(dockerfiles)
def test_arguments_are_as_written(text: str) -> None:
    """Words that no line end splits stand in the file as they are; only FROM's may be left out."""
    for instruction in parse(text).instructions:
        if instruction.form is None and instruction.keyword != "HEALTHCHECK":
            for argument in instruction.arguments:
                assert argument.span.text == argument.value or "\n" in argument.span.text


@given(dockerfiles)
def test_line_ends_do_not_matter(text: str) -> None:
    text = text.replace("\r", "")
    unix, windows = parse(text), parse(text.replace("\n", "\r\n"))
    assert [(one.keyword, one.value, one.span.position()[0]) for one in unix.instructions] == [
        (one.keyword, one.value, one.span.position()[0]) for one in windows.instructions
    ]
    assert [(one.line, one.message) for one in unix.problems] == [(one.line, one.message) for one in windows.problems]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.booleans())
def test_each_json_array_of_strings_is_an_exec_form(values: list[str], ascii_only: bool) -> None:
    found = read_exec_form(json.dumps(values, ensure_ascii=ascii_only))
    assert not isinstance(found, JsonMistake)
    assert [element.value for element in found] == values


@given(st.text(st.sampled_from("[]\"',\\ a1{}:#&|=-“”\n\t"), max_size=30))
def test_mistakes_lie_in_the_text(rest: str) -> None:
    text = "[" + rest
    found = read_exec_form(text)
    if isinstance(found, JsonMistake):
        assert 0 <= found.start <= found.end <= len(text)
        assert found.message
    other = without_bracket(rest)
    assert other is None or other.end <= len(rest)


@given(dockerfiles)
def test_pragmas_lie_in_the_file(text: str) -> None:
    found = read_pragmas(SourceFile("a.sh", text))
    for pragma in found.pragmas:
        assert "stopcheck" in pragma.span.text
        assert pragma.first is None or 1 <= pragma.first <= (pragma.last or 0) <= text.count("\n") + 1
