"""Comments that silence findings."""

from __future__ import annotations

import pytest

from stopcheck.source import SourceFile
from stopcheck.syntax.pragmas import Pragma, read_pragmas


def pragmas(text: str) -> tuple[Pragma, ...]:
    found = read_pragmas(SourceFile("start.sh", text))
    assert found.problems == ()
    return found.pragmas


@pytest.mark.parametrize(
    "text, first, last",
    [
        pytest.param("# stopcheck: ignore[a]\nx\ny\n", 2, 2, id="own-line"),
        pytest.param("  #stopcheck:ignore[a]\nx\n", 2, 2, id="no-blanks"),
        pytest.param("# stopcheck: ignore[a]\n\n# c\n\nx\n", 5, 5, id="comments-between"),
        pytest.param("w\nx # stopcheck: ignore[a]\ny\n", 2, 2, id="line-end"),
        pytest.param("# stopcheck: ignore[a]\nx \\\n  y \\\n  z\nw\n", 2, 4, id="continued"),
        pytest.param("v\nx \\\n  y # stopcheck: ignore[a]\nw\n", 2, 3, id="end-of-a-continued-line"),
        pytest.param("RUN x \\\n# stopcheck: ignore[a]\n  && y \\\n\n  && z\nw\n", 1, 5, id="inside-an-instruction"),
        pytest.param("x \\\\\n# stopcheck: ignore[a]\ny\n", 3, 3, id="two-backslashes"),
        pytest.param("# stopcheck: ignore[a]\r\nx \\\r\ny\r\n", 2, 3, id="crlf"),
    ],
)
def test_lines_it_holds_for(text: str, first: int, last: int) -> None:
    (pragma,) = pragmas(text)
    assert (pragma.first, pragma.last) == (first, last)
    assert [line for line in range(1, 9) if pragma.covers(line)] == list(range(first, last + 1))


def test_a_whole_file() -> None:
    (pragma,) = pragmas("x\n# stopcheck: ignore-file[missing-exec] generated\n")
    assert pragma.rules == ("missing-exec",)
    assert pragma.reason == "generated"
    assert pragma.covers(1)
    assert pragma.covers(999)


@pytest.mark.parametrize(
    "comment, rules, reason",
    [
        pytest.param("# stopcheck: ignore[missing-exec]", ("missing-exec",), "", id="one"),
        pytest.param("# stopcheck: ignore[a, b-c]  it is fine ", ("a", "b-c"), "it is fine", id="two"),
        pytest.param("# stopcheck: ignore [a] - short job", ("a",), "short job", id="dash"),
        pytest.param("# stopcheck: ignore[a]: see [1]", ("a",), "see [1]", id="colon"),
    ],
)
def test_rules_and_reason(comment: str, rules: tuple[str, ...], reason: str) -> None:
    (pragma,) = pragmas(f"{comment}\nx\n")
    assert (pragma.rules, pragma.reason) == (rules, reason)
    assert pragma.span.text == comment.rstrip()


def test_several_in_a_file() -> None:
    found = pragmas("# stopcheck: ignore[a]\n# stopcheck: ignore[b]\nx # stopcheck: ignore[c]\n")
    assert [(pragma.rules, pragma.first) for pragma in found] == [(("a",), 3), (("b",), 3), (("c",), 3)]


@pytest.mark.parametrize(
    "comment, message",
    [
        pytest.param("# stopcheck: ignore", "cannot be read", id="no-rules"),
        pytest.param("# stopcheck: ignore[]", "no rule is named", id="empty"),
        pytest.param("# stopcheck: ignore[a", "cannot be read", id="not-closed"),
        pytest.param("# stopcheck: ignore[a,]", "`` cannot be the name", id="comma"),
        pytest.param("# stopcheck: ignore[SC1234]", "`SC1234` cannot be the name", id="code"),
        pytest.param("# stopcheck: disable[a]", "cannot be read", id="other-word"),
        pytest.param("# stopcheck ignore[a]", "a colon is missing", id="no-colon"),
    ],
)
def test_what_was_meant_as_one_is_a_problem(comment: str, message: str) -> None:
    found = read_pragmas(SourceFile("start.sh", f"w\n  {comment}\nx\n"))
    assert found.pragmas == ()
    ((line, column, told),) = [(problem.line, problem.column, problem.message) for problem in found.problems]
    assert (line, column) == (2, 3)
    assert message in told


def test_one_with_no_code_after_it_is_a_problem() -> None:
    found = read_pragmas(SourceFile("start.sh", "x\n# stopcheck: ignore[a]\n\n"))
    assert [problem.line for problem in found.problems] == [2]
    assert "no code follows" in found.problems[0].message


@pytest.mark.parametrize("text", ["", "x\n", "# see stopcheck for this\nx\n", "a#stopcheck: ignore[b]\nx\n"])
def test_other_comments_are_left_alone(text: str) -> None:
    assert pragmas(text) == ()


def test_many_of_them_take_linear_time() -> None:
    found = pragmas("# stopcheck: ignore[a]\n" * 20_000 + "x\n")
    assert {(pragma.first, pragma.last) for pragma in found} == {(20_001, 20_001)}
