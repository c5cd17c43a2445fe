"""What bash makes of braces and of `=~`, asked of bash itself."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.boot.shell.braces import expanded
from stopcheck.boot.shell.extended_regex import compiled

BASH = shutil.which("bash") or ""

braces = st.lists(
    st.sampled_from(["{", "}", ",", "a", "b", "{a,b}", "{1..3}", "{c..a}", "{4..0..2}", "-1", "x", "{,y}"]),
    min_size=1,
    max_size=6,
).map("".join)
pieces = [
    "a", "b", "ab", "1", ".", "^", "$", "|", "(", ")", "*", "+", "?", "{2}", "{1,}", "{", "}", "[ab]", "[^a]",
    "[[:digit:]]", "[[:alpha:]_-]+", "[]a]", "[a-c1-3]", r"\.", r"\(", "(a|b)", "(ab)?", "-", "/", " ",
]  # fmt: skip
patterns = st.lists(st.sampled_from(pieces), min_size=1, max_size=6).map("".join)
subjects = st.text("ab1.-_/ (\n", max_size=8)


def asked(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What bash says, where no locale has a say in it."""
    command = [BASH, "-c", script, "bash", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"}, timeout=20)


def has_many_empty_words(word: str) -> bool:
    """Whether bash drops a word that comes to nothing, which `printf` cannot show."""
    return "" in expanded(word)


@pytest.mark.skipif(not BASH, reason="there is no bash here")
@settings(max_examples=150, deadline=None)
@given(braces)
def test_braces(word: str) -> None:
    told = asked(f"printf '%s\\n' {word}").stdout.splitlines()
    assert told == [each for each in expanded(word) if each] or has_many_empty_words(word), word


@pytest.mark.skipif(not BASH, reason="there is no bash here")
@settings(max_examples=150, deadline=None)
@given(patterns, subjects)
def test_regular_expressions(pattern: str, text: str) -> None:
    ours = compiled(pattern)
    if ours is None:
        return
    told = asked('[[ $1 =~ $2 ]]; echo $?; printf "%s\\0" "${BASH_REMATCH[@]}"', text, pattern).stdout
    status, _, groups = told.partition("\n")
    found = ours.search(text)
    assert status == ("1" if found is None else "0"), (pattern, text)
    if found is not None and "|" not in pattern:
        assert groups.split("\0")[:-1] == [found[0], *(group or "" for group in found.groups())], (pattern, text)
