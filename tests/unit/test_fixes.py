"""Edits applied, and the lines they change."""

from __future__ import annotations

import pytest

from stopcheck.fixes import Hunk, apply, hunks, joined, sources
from stopcheck.model import Edit, Fix
from stopcheck.source import SourceFile, Span

TEXT = "one\ntwo\nthree\nfour\n"
SOURCE = SourceFile("x", TEXT)


def edit(old: str, new: str, source: SourceFile = SOURCE) -> Edit:
    start = source.text.index(old)
    return Edit(Span(source, start, start + len(old)), new)


def test_edits_are_applied_by_place_whatever_their_order() -> None:
    assert apply(SOURCE, (edit("three", "3"), edit("one", "1"))) == "1\ntwo\n3\nfour\n"


def test_insertions_at_one_place_keep_their_order() -> None:
    start = Span(SOURCE, 4, 4)
    assert apply(SOURCE, (Edit(start, "a"), Edit(start, "b"))) == "one\nabtwo\nthree\nfour\n"


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply(SOURCE, (edit("two\nthree", "x"), edit("three", "y")))


def test_an_edit_in_a_nested_text_changes_the_file_on_disk() -> None:
    inner = SourceFile("x", "three", SOURCE, ((0, 8),))
    assert apply(SOURCE, (Edit(Span(inner, 0, 0), "exec "),)) == "one\ntwo\nexec three\nfour\n"


def test_edits_that_touch_become_one() -> None:
    fix = Fix("x", (Edit(Span(SOURCE, 7, 7), " > log"), Edit(Span(SOURCE, 7, 13), ""), edit("one", "1")))
    assert joined(fix).edits == (edit("one", "1"), Edit(Span(SOURCE, 7, 13), " > log"))


def test_edits_of_other_files_are_left_alone() -> None:
    other = SourceFile("y", "one\n")
    fix = Fix("t", (edit("one", "1", other), edit("two", "2")))
    assert sources(fix) == (other, SOURCE)
    assert apply(SOURCE, fix.edits) == "one\n2\nthree\nfour\n"


@pytest.mark.parametrize(
    "edits, expected",
    [
        pytest.param((edit("two", "2"),), (Hunk("x", 2, ("two",), ("2",)),), id="a word"),
        pytest.param((edit("two", "2"), edit("three", "3")), (Hunk("x", 2, ("two", "three"), ("2", "3")),), id="next"),
        pytest.param(
            (edit("one", "1"), edit("four", "4")),
            (Hunk("x", 1, ("one",), ("1",)), Hunk("x", 4, ("four",), ("4",))),
            id="far apart",
        ),
        pytest.param((edit("two\n", ""),), (Hunk("x", 2, ("two",), ()),), id="a line taken away"),
        pytest.param((edit("two\nthree", "2"),), (Hunk("x", 2, ("two", "three"), ("2",)),), id="lines joined"),
        pytest.param((Edit(Span(SOURCE, 4, 4), "new\n"),), (Hunk("x", 2, ("two",), ("new", "two")),), id="a line more"),
        pytest.param((edit("four", "4\n5"),), (Hunk("x", 4, ("four",), ("4", "5")),), id="a line split"),
    ],
)
def test_the_lines_that_change(edits: tuple[Edit, ...], expected: tuple[Hunk, ...]) -> None:
    assert hunks(Fix("t", edits)) == expected


def test_line_ends_do_not_show() -> None:
    source = SourceFile("x", "a\r\nb")
    assert hunks(Fix("t", (edit("a", "c", source), edit("b", "d", source)))) == (Hunk("x", 1, ("a", "b"), ("c", "d")),)
