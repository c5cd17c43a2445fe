"""The array that BuildKit takes for an exec form, and the words for what is wrong with the others."""

from __future__ import annotations

import pytest

from stopcheck.syntax.dockerfile.exec_form import JsonMistake, read_exec_form, without_bracket


@pytest.mark.parametrize(
    "text, values",
    [
        pytest.param("[]", [], id="empty"),
        pytest.param("[ \t]", [], id="empty-blank"),
        pytest.param('["a"]', ["a"], id="one"),
        pytest.param('[""]', [""], id="empty-string"),
        pytest.param('["a","b"]', ["a", "b"], id="two"),
        pytest.param('[\t"a" ,  "b c" ]  ', ["a", "b c"], id="blanks"),
        pytest.param(r'["\" \\ \/ \b\f\n\r\t"]', ['" \\ / \b\f\n\r\t'], id="escapes"),
        pytest.param(r'["\u0041\u0000"]', ["A\0"], id="unicode-escape"),
        pytest.param(r'["\ud83d\ude00"]', ["😀"], id="surrogate-pair"),
        pytest.param(r'["\ud83d"]', ["\ufffd"], id="lone-surrogate-is-replaced"),
        pytest.param('["a\udce9"]', ["a\ufffd"], id="undecodable-byte-is-replaced"),
        pytest.param('["it\'s $HOME"]', ["it's $HOME"], id="other-quotes-inside"),
        pytest.param('["♥", "“x”"]', ["♥", "“x”"], id="not-ascii"),
    ],
)
def test_arrays_of_strings(text: str, values: list[str]) -> None:
    found = read_exec_form(text)
    assert not isinstance(found, JsonMistake)
    assert [one.value for one in found] == values
    assert all(text[one.start] == text[one.end - 1] == '"' for one in found)


@pytest.mark.parametrize(
    "element",
    ["1", "-1.5e3", "true", "false", "null", "{}", '{"a": ["b"]}', "[]", '["a"]'],
)
def test_an_element_that_is_no_string_is_fatal(element: str) -> None:
    text = f'["a", {element}, "b"]'
    found = read_exec_form(text)
    assert isinstance(found, JsonMistake)
    assert found.fatal
    assert text[found.start : found.end] == element


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('["a", 1', id="array-open"),
        pytest.param('["a", 1] x', id="text-after"),
        pytest.param('["a", NaN]', id="nan"),
        pytest.param('["a", 01]', id="leading-zero"),
        pytest.param('["a", 1e999]', id="number-too-large-for-go"),
        pytest.param('["a", {"b": }]', id="broken-object"),
        pytest.param("[" * 5000, id="deep"),
        pytest.param('["a", tru]', id="half-a-literal"),
    ],
)
def test_what_is_no_json_is_not_fatal(text: str) -> None:
    found = read_exec_form(text)
    assert isinstance(found, JsonMistake)
    assert not found.fatal


@pytest.mark.parametrize(
    "text, message, shown",
    [
        pytest.param("['a', 'b']", "single quotes", "'", id="single-quotes"),
        pytest.param("[\"a\", 'b']", "single quotes", "'", id="single-quotes-later"),
        pytest.param("[“a”, “b”]", "typographic quotes (“)", "“", id="smart-quotes"),
        pytest.param('["a”, "b"]', "typographic quotes (”)", "”", id="smart-quote-closes"),
        pytest.param('["a", "b"', "the closing bracket `]` is missing", "", id="no-bracket"),
        pytest.param('["a", "b",', "the closing bracket `]` is missing", "", id="no-bracket-after-comma"),
        pytest.param('["a" "b"]', "a comma is missing", '"', id="no-comma"),
        pytest.param('["a", "b",]', "a comma stands before the closing bracket", ",", id="trailing-comma"),
        pytest.param('["a",, "b"]', "two commas", ",", id="two-commas"),
        pytest.param('["a", b"]', 'a double quote is missing at `b"`', 'b"', id="no-opening-quote"),
        pytest.param('["a, "b"]', 'a double quote is missing at `b"`', 'b"', id="no-closing-quote"),
        pytest.param('["a", "b]', "a double quote is missing at the end of a string", '"b]', id="last-quote-missing"),
        pytest.param("[a, b]", "`a` is not in double quotes", "a", id="no-quotes"),
        pytest.param('["a", $B]', "`$B` is not in double quotes", "$B", id="bare-variable"),
        pytest.param('["a"] && b', "text after the array: `&& b`", "&& b", id="text-after"),
        pytest.param('["a"]]', "text after the array: `]`", "]", id="second-bracket"),
        pytest.param('["a"] # start', "a comment after the array", "# start", id="comment-after"),
        pytest.param('["a", # start', "a comment inside the array", "#", id="comment-inside"),
        pytest.param('["a"; "b"]', "`;` stands where a comma should", ";", id="semicolon"),
        pytest.param('["a", "b")', "it ends with `)`", ")", id="wrong-bracket"),
        pytest.param(r'["c:\dir"]', r"`\d` is no escape in JSON", r"\d", id="escape"),
        pytest.param('["a\tb"]', "control character", "\t", id="raw-tab"),
        pytest.param('["a" --b "c"]', "a comma is missing before `--b`", "--b", id="word-between"),
    ],
)
def test_the_mistake_has_a_name(text: str, message: str, shown: str) -> None:
    found = read_exec_form(text)
    assert isinstance(found, JsonMistake)
    assert message in found.message
    assert text[found.start : found.end] == shown
    assert found.meant


@pytest.mark.parametrize(
    "text",
    [
        "[ -f /x ] && y",
        "[ ! -e /x ] || y",
        '[ "$A" = "b" ] && c',
        "[ 'x' != y ]",
        '[[ "$A" == b ]]',
        '[ "$(cat /x | head -1)" -eq 1 ]',
        "[ $A ] || exit 1",
    ],
)
def test_the_shells_own_brackets_were_not_meant_as_an_array(text: str) -> None:
    found = read_exec_form(text)
    assert isinstance(found, JsonMistake)
    assert not found.meant


@pytest.mark.parametrize(
    "text, message",
    [
        pytest.param('"a", "b"]', "the opening bracket `[` is missing", id="missing"),
        pytest.param("'a', 'b'", "the opening bracket `[` is missing", id="single"),
        pytest.param('("a", "b")', "`(` stands where", id="round"),
        pytest.param('{ "a", "b" }', "`{` stands where", id="curly"),
    ],
)
def test_a_list_without_its_bracket(text: str, message: str) -> None:
    found = without_bracket(text)
    assert found is not None
    assert message in found.message
    assert found.start == 0


@pytest.mark.parametrize("text", ["", "a b", '"a" "b"', "echo a, b", '("a" && "b")', "{ a; }", '"a"'])
def test_words_without_commas_are_a_command(text: str) -> None:
    assert without_bracket(text) is None
