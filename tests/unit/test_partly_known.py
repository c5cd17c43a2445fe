"""Texts of which only a part is known: what begins with one word is not another, and it is not empty."""

from __future__ import annotations

import pytest

from tests.unit.scripts import context, said


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param('x="port $(cat /f)"; [ -n "$x" ] && exit 3; exit 4\n', 3, id="not-empty"),
        pytest.param('x="port $(cat /f)"; [ "$x" ] && exit 3; exit 4\n', 3, id="not-empty-by-itself"),
        pytest.param('x="$(cat /f)"; [ -n "$x" ] && exit 3; exit 4\n', None, id="empty-perhaps"),
        pytest.param('x="$(cat /f).conf"; [ "$x" = off ] && exit 4; exit 3\n', 3, id="another-end"),
        pytest.param('x="$(cat /f).conf"; [ off = "$x" ] && exit 4; exit 3\n', 3, id="on-the-right"),
        pytest.param('x="$(cat /f).conf"; [ "$x" != off ] && exit 3; exit 4\n', 3, id="not-the-same"),
        pytest.param('x="a$(cat /f)"; [ "$x" = ab ] && exit 3; exit 4\n', None, id="the-same-perhaps"),
        pytest.param('x="ab$(cat /f)bc"; [ "$x" = abc ] && exit 4; exit 3\n', 3, id="too-long"),
        pytest.param('x="$(cat /f).conf"; [[ $x == *.log ]] && exit 4; exit 3\n', 3, id="a-pattern"),
        pytest.param('x="$(cat /f).conf"; [[ $x == [a-c]* ]] && exit 4; exit 3\n', None, id="a-set"),
        pytest.param(
            'x="port $(cat /f)"\ncase "$x" in -p|--port) exit 4;; port*) exit 3;; *) exit 5;; esac\n', 3, id="case"
        ),
        pytest.param('case "$(cat /f)" in a) exit 3;; *) exit 3;; esac\n', 3, id="case-of-anything"),
        pytest.param('case "$(cat /f)" in a) exit 3;; *) exit 4;; esac\n', None, id="case-of-something"),
        pytest.param('f() { case "$1" in -q) exit 4;; esac; }\nf "got $(cat /f)"\nexit 3\n', 3, id="an-argument"),
        pytest.param(
            'x="A_$(cat /f)"; [ -n "${!x:-}" ] && exit 4; exit 3\n', None, id="what-a-name-known-in-part-means"
        ),
        pytest.param('x="A_$(cat /f)"; [ -n "${x#A_}" ] && exit 4; exit 3\n', None, id="the-rest-of-it"),
        pytest.param('x="A_$(cat /f)"; [ "${x^^}" = A_B ] && exit 4; exit 3\n', None, id="in-capitals"),
        pytest.param('x="--$(cat /f)"; [ "${#x}" = 5 ] && exit 4; exit 3\n', None, id="how-long-it-is"),
        pytest.param('x="a$(cat /f)"; [ "${x:+on}" = on ] && exit 3; exit 4\n', 3, id="another-word-as-it-is-set"),
        pytest.param('x=ab; [ -n "${x#$(cat /f)b}" ] && exit 4; exit 3\n', None, id="without-what-is-known-in-part"),
        pytest.param('x=; while read -r l; do x="$x $l"; done </f\nexit 3\n', 3, id="a-loop-that-adds"),
    ],
)
def test_what_is_known_of_a_text_decides(script: str, status: int | None) -> None:
    assert said(context(script, lines="VOLUME /f"))[0].exit_code == status


def test_many_loops_one_after_the_other_are_no_endless_loop() -> None:
    script = 'say() { while [ "$#" -gt 0 ]; do line="$1"; shift; done; our-log "$line"; }\n'
    verdict, found = said(context(script + 'say "starting"\n' * 200 + "exec hypercorn\n"))
    assert verdict.outcome == "graceful"
    assert not [rule for rule, *_ in found]


def test_an_endless_loop_is_one_though_there_are_loops_in_it() -> None:
    script = "while true; do n=0; while [ $n -lt 3 ]; do n=$((n+1)); done; done\n"
    assert said(context(script))[0].outcome == "killed"
