"""Scripts that make ever more of a text or of words: the analysis ends, in little time and memory."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a=x\nwhile :; do a=$a$a; done", id="text"),
        pytest.param("a=x\nwhile :; do a+=$a; done", id="text-added"),
        pytest.param("a=x\nwhile :; do a=${a//x/xx}; done", id="text-replaced"),
        pytest.param("a=xxxxxxxx\nwhile :; do a=${a//[x]/xx}; done", id="text-replaced-by-pattern"),
        pytest.param("a=xxxxxxxx\nwhile :; do a=y$a$a; b=${a%%z*}; done", id="text-trimmed"),
        pytest.param("export A=x\nwhile :; do export A=$A$A; done", id="variable"),
        pytest.param('while :; do echo "$(cat /tmp/f)$(cat /tmp/f)x" >/tmp/f; done', id="file"),
    ],
)
def test_a_text_that_doubles_itself_is_a_loop_without_an_end(text: str) -> None:
    assert verdict("/app/run", files={"run": f"#!/bin/bash\n{text}\nexec app\n"}).outcome == "killed"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('set -- a\nwhile :; do set -- "$@" "$@"; done', id="arguments"),
        pytest.param('a=(x)\nwhile :; do a+=("${a[@]}"); done', id="array"),
        pytest.param('f() { set -- "$@" "$@"; f "$@"; }\nf x', id="function"),
        pytest.param("a=x\nwhile :; do a=$(echo $a $a); done", id="words-of-a-text"),
        pytest.param('exec "$0" "$@" x', id="starts-itself-with-one-more"),
        pytest.param('exec "$0" "$1x$1"', id="starts-itself-with-a-longer-one"),
    ],
)
def test_what_makes_ever_more_words_is_not_followed(text: str) -> None:
    assert verdict("/app/run", files={"run": f"#!/bin/bash\n{text}\nexec app\n"}).outcome == "unknown"
