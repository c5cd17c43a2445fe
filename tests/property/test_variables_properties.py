"""Expansion for any text."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from stopcheck.image.variables import SubstitutionError, expand, expand_known, expand_source
from stopcheck.image.wildcards import file_pattern, matches
from stopcheck.model import Unknown
from stopcheck.source import SourceFile, Span

WORDS = st.text(st.sampled_from("$${{}}:-+?#%/\\'\"ab* \n`"), max_size=30)
VALUES = st.dictionaries(st.sampled_from("ab"), st.text(st.sampled_from("ab/*\n"), max_size=12))


@given(WORDS, VALUES)
def test_any_text_expands_or_is_refused(text: str, values: dict[str, str]) -> None:
    found: object = None
    with suppress(SubstitutionError):
        found = expand(text, values.get)
    assert found is None or isinstance(found, (str, Unknown))


@given(st.text(st.characters(exclude_characters="$\\'\"")), VALUES)
def test_text_without_marks_stands_for_itself(text: str, values: dict[str, str]) -> None:
    assert expand(text, values.get) == text


@given(st.text())
def test_single_quotes_protect_everything(text: str) -> None:
    text = text.replace("'", "")
    assert expand(f"'{text}'", lambda _: None) == text


@given(WORDS, VALUES)
def test_where_all_is_known_both_agree(text: str, values: dict[str, str]) -> None:
    try:
        found = expand(text, values.get)
    except SubstitutionError:
        return
    if isinstance(found, str):
        assert expand_known(text, values.get) == found


@given(WORDS, VALUES)
@example("$a", {"a": "aaa"})
def test_a_heredoc_maps_into_its_text(text: str, values: dict[str, str]) -> None:
    source = SourceFile("Dockerfile", text)
    try:
        found = expand_source(source, values.get)
    except SubstitutionError:
        return
    assert isinstance(found, SourceFile)
    for at in range(len(found.text)):
        place = Span(found, at, at + 1).outermost()
        assert 0 <= place.start <= place.end <= len(text)


@given(st.text(st.sampled_from("ab*?[]^-\\/"), max_size=12), st.text(st.sampled_from("ab/-"), max_size=12))
def test_any_pattern_matches_or_not(pattern: str, text: str) -> None:
    tokens = file_pattern(pattern, any_depth=True)
    assert tokens is None or matches(tokens, text) in (True, False)


@given(st.text(st.characters(exclude_characters="*?[\\")))
def test_a_pattern_without_wildcards_matches_itself_alone(text: str) -> None:
    tokens = file_pattern(text)
    assert tokens is not None
    assert matches(tokens, text)
    assert not matches(tokens, text + "x")
