"""Variables in Dockerfile words."""

from __future__ import annotations

import pytest

from stopcheck.image.variables import Missing, SubstitutionError, expand, expand_known, expand_source
from stopcheck.model import Unknown
from stopcheck.source import SourceFile, Span

VARIABLES: dict[str, str | Unknown] = {
    "path": "a/b/c.tar.gz",
    "empty": "",
    "stars": "x*y*z",
    "secret": Unknown("nobody knows"),
    "needed": Missing("not given"),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain", "plain", id="nothing to expand"),
        pytest.param("$path", "a/b/c.tar.gz", id="name"),
        pytest.param("${path}s", "a/b/c.tar.gzs", id="braces"),
        pytest.param("$paths", "", id="the longest name counts"),
        pytest.param("$unset.", ".", id="unset is empty"),
        pytest.param("$", "$", id="a lone dollar"),
        pytest.param("$.", "$.", id="a dollar before no name"),
        pytest.param("$1x", "x", id="positional parameter"),
        pytest.param("$$", "", id="special parameter"),
        pytest.param("${unset:-x}", "x", id=":- of unset"),
        pytest.param("${empty:-x}", "x", id=":- of empty"),
        pytest.param("${empty-x}", "", id="- of empty"),
        pytest.param("${path:-x}", "a/b/c.tar.gz", id=":- of set"),
        pytest.param("${unset:-$path}", "a/b/c.tar.gz", id="nested"),
        pytest.param("${unset:-${unset:-deep}}", "deep", id="nested braces"),
        pytest.param("${unset:-'a }'}", "a }", id="quotes in a word"),
        pytest.param("${path:+x}", "x", id=":+ of set"),
        pytest.param("${unset:+x}", "", id=":+ of unset"),
        pytest.param("${empty+x}", "x", id="+ of empty"),
        pytest.param("${empty:+x}", "", id=":+ of empty"),
        pytest.param("${path#*/}", "b/c.tar.gz", id="# takes the shortest"),
        pytest.param("${path##*/}", "c.tar.gz", id="## takes the longest"),
        pytest.param("${path%.*}", "a/b/c.tar", id="% takes the shortest"),
        pytest.param("${path%%.*}", "a/b/c", id="%% takes the longest"),
        pytest.param("${path#x}", "a/b/c.tar.gz", id="# without a match"),
        pytest.param(r"${stars#x\*}", "y*z", id="an escaped star"),
        pytest.param("${path#?/}", "b/c.tar.gz", id="question mark"),
        pytest.param("${path/b/x}", "a/x/c.tar.gz", id="replace the first"),
        pytest.param(r"${path//\//-}", "a-b-c.tar.gz", id="replace all"),
        pytest.param("${path/c*/}", "a/b/", id="replace by a pattern"),
        pytest.param(r"\$path", "$path", id="escaped dollar"),
        pytest.param("'$path'", "$path", id="single quotes"),
        pytest.param('"$path"', "a/b/c.tar.gz", id="double quotes"),
        pytest.param(r'"\$path \a"', r"$path \a", id="escapes in double quotes"),
        pytest.param(r"a\ b", "a b", id="escaped blank"),
    ],
)
def test_expands(text: str, expected: str) -> None:
    assert expand(text, VARIABLES.get) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("${path", id="no brace"),
        pytest.param("${}", id="no name"),
        pytest.param("${:-x}", id="no name before an operator"),
        pytest.param("${path:#x}", id="colon before #"),
        pytest.param("${path^^}", id="what only bash has"),
        pytest.param("'open", id="single quote"),
        pytest.param('"open', id="double quote"),
        pytest.param("${path/b", id="no second slash"),
        pytest.param("${a:-" * 200, id="nested too deeply"),
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(SubstitutionError):
        expand(text, VARIABLES.get)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("x$secret", "nobody knows", id="by itself"),
        pytest.param("${secret:-x}", "nobody knows", id="it may be set"),
        pytest.param("${unset:-$secret}", "nobody knows", id="in a word that is used"),
        pytest.param("${secret#x}", "nobody knows", id="trimmed"),
        pytest.param("$needed", "not given", id="an argument without a value"),
        pytest.param("${unset:?say it}", "the build argument unset is not given", id=":? asks for it"),
    ],
)
def test_keeps_what_is_unknown(text: str, reason: str) -> None:
    found = expand(text, VARIABLES.get)
    assert isinstance(found, Unknown)
    assert found.reason == reason


def test_a_word_that_is_not_used_does_not_matter() -> None:
    assert expand("${path:-$secret}", VARIABLES.get) == "a/b/c.tar.gz"


def test_an_argument_without_a_value_takes_the_default() -> None:
    assert expand("${needed:-d}", VARIABLES.get) == "d"


def test_the_escape_can_be_a_backquote() -> None:
    assert expand("`$path \\", VARIABLES.get, "`") == "$path \\"


def test_known_parts_are_expanded_and_the_rest_stays() -> None:
    assert expand_known("$empty/${secret}/$path/${secret:-x}", VARIABLES.get) == "/$secret/a/b/c.tar.gz/${secret:-x}"


def test_a_value_that_doubles_itself_ends() -> None:
    value: str | Unknown = "0123456789"
    for _ in range(64):
        value = expand("$x$x", {"x": value}.get)
    assert isinstance(value, Unknown)


def test_wildcards_take_linear_time() -> None:
    found = expand("${x##" + "*a" * 40 + "b}", {"x": "a" * 2000}.get)
    assert found == "a" * 2000


def test_a_heredoc_leads_back_to_where_it_is_written() -> None:
    source = SourceFile("Dockerfile", "exec ${name} 'one' \\$two\n")
    found = expand_source(source, {"name": "gunicorn"}.get)
    assert isinstance(found, SourceFile)
    assert found.text == "exec gunicorn 'one' $two\n"
    start = found.text.index("'one'")
    place = Span(found, start, start + 5).outermost()
    assert place.text == "'one'"
    name = found.text.index("gunicorn")
    assert Span(found, name, name).outermost().start == source.text.index("${name}")


def test_a_value_longer_than_its_variable_stays_in_it() -> None:
    source = SourceFile("Dockerfile", "exec $n --flag\n")
    found = expand_source(source, {"n": "gunicorn"}.get)
    assert isinstance(found, SourceFile)
    assert Span(found, 5, 13).outermost().text == "$n"
    assert Span(found, 12, 13).outermost().text == "n"
    assert Span(found, 14, 20).outermost().text == "--flag"
