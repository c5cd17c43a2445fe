"""What a script reads from pipes and files, and what it asks `$( … )` for."""

from __future__ import annotations

import pytest

from stopcheck.boot.world import World
from tests.unit.scripts import context, said


@pytest.mark.parametrize(
    ("script", "outcome", "main"),
    [
        pytest.param("x=$(hypercorn)\necho $x\n", "killed", ("hypercorn",), id="a-service-is-waited-for"),
        pytest.param("x=$(nginx -v)\nexec hypercorn\n", "graceful", ("hypercorn",), id="a-question-is-not"),
        pytest.param("x=$(our-tool)\nexec hypercorn\n", "graceful", ("hypercorn",), id="nor-what-nobody-knows"),
        pytest.param("x=$(hypercorn & echo $!)\n", "killed", ("hypercorn",), id="a-job-that-holds-the-pipe"),
        pytest.param(
            'x=$(hypercorn >/dev/null & echo $!)\ntrap \'kill "$x"; sleep 2\' TERM\nsleep 1000 & wait\n', "graceful",
            ("hypercorn",), id="a-number-that-it-prints",
        ),
        pytest.param("f() { hypercorn -u nobody & }\nx=$(f)\n", "killed", ("hypercorn",), id="a-job-of-a-function"),
        pytest.param("set -eu\nx=$(echo $nothing)\nexec hypercorn\n", "fails", (), id="unset-in-a-substitution"),
        pytest.param(
            '[ "$(cd "$(dirname /srv/app)"; pwd)" = /srv ] && exec hypercorn\nexit 1\n', "graceful", ("hypercorn",),
            id="several-commands-in-a-substitution",
        ),
        pytest.param(
            '[ "$(echo a; true; echo b)" = "$(printf "%s" "a\nb")" ] && exec hypercorn\nexit 1\n', "graceful",
            ("hypercorn",), id="which-print-a-line-each",
        ),
        pytest.param(
            '[ "$(command -v sh >/dev/null; echo b 2>/dev/null)" = b ] && exec hypercorn\nexit 1\n', "graceful",
            ("hypercorn",), id="but-for-those-that-print-elsewhere",
        ),
        pytest.param(
            '[ -x "$(command -v hypercorn)" ] || exit 1\nexec "$(which hypercorn)"\n', "graceful", ("hypercorn",),
            id="where-a-program-may-be",
        ),
        pytest.param(
            'PATH=/\n[ "$(command -v cd) $(command -v start.sh)" = "cd /start.sh" ] && exec /usr/bin/hypercorn\n',
            "graceful", ("hypercorn",), id="where-a-builtin-and-a-script-are",
        ),
        pytest.param(
            '[ "$(x=a; echo $x)" = "" ] && exit 1\nexec hypercorn\n', "graceful", ("hypercorn",), id="or-set-something",
        ),
        pytest.param(
            '[ "$(echo a && echo b)" = b ] && hypercorn\nexec hypercorn\n', "graceful", ("hypercorn",),
            id="all-of-them",
        ),
        pytest.param(
            "printf 'a\\nb\\n' | while read -r x; do hypercorn & done\nwait\n", "exits", (), id="jobs-of-a-pipe"
        ),
        pytest.param("echo hypercorn | { read -r x; $x; }\n", "killed", ("hypercorn",), id="a-line-of-a-pipe"),
        pytest.param("read -r x <<EOF\nhypercorn\nEOF\nexec $x\n", "graceful", ("hypercorn",), id="of-a-heredoc"),
        pytest.param("read -r x y <<< 'a  hypercorn '\nexec $y\n", "graceful", ("hypercorn",), id="its-second-word"),
        pytest.param(
            "ls /etc | while read -r x; do hypercorn; done\n", "killed", ("hypercorn",), id="lines-that-are-not-known"
        ),
        pytest.param("while read -r x; do hypercorn; done\n", "exits", (), id="nothing-to-read"),
        pytest.param(
            "coproc R { hypercorn; }\ntrap 'kill $R_PID' TERM\nwhile read -r x <&${R[0]}; do echo $x; done\nwait\n",
            "killed", ("hypercorn",), id="what-a-coprocess-prints",
        ),
        pytest.param("true | xargs -r hypercorn\n", "exits", (), id="xargs-of-nothing"),
        pytest.param("echo hypercorn | xargs nice\n", "killed", ("hypercorn",), id="xargs-of-a-word"),
        pytest.param(
            "exec > >(tee /log) 2>&1\nhypercorn & p=$!\ntrap 'kill $p; wait' TERM\nwait\n", "killed", ("hypercorn",),
            id="wait-is-for-tee-too",
        ),
        pytest.param(
            "exec > >(tee /log) 2>&1\nhypercorn & p=$!\ntrap 'kill $p; wait $p' TERM\nwait $p\n", "graceful",
            ("hypercorn",), id="wait-for-one-is-not",
        ),
        pytest.param("#!/bin/sh\necho ${x//a/b}\nexec hypercorn\n", "fails", (), id="what-dash-cannot-expand"),
        pytest.param("echo ${x//a/b}\nexec hypercorn\n", "graceful", ("hypercorn",), id="and-bash-can"),
        pytest.param("x=$(jobs -r)\n[ -z \"$x\" ] && exit 3\nexec hypercorn\n", "fails", (), id="no-job-runs"),
        pytest.param("su nobody -c hypercorn\n", "fails", (), id="an-account-without-a-shell"),
        pytest.param("su nobody -s /bin/sh -c hypercorn\n", "killed", ("hypercorn",), id="with-another-shell"),
    ],
)  # fmt: skip
def test_what_a_script_reads_and_asks(script: str, outcome: str, main: tuple[str, ...]) -> None:
    verdict, _ = said(context(script))
    assert (verdict.outcome, verdict.main) == (outcome, main), verdict.reason


def test_accounts_that_the_build_changes_are_not_the_systems() -> None:
    verdict, _ = said(context("su nobody -c hypercorn\n", lines="RUN usermod -s /bin/sh nobody"))
    assert verdict.outcome == "killed"


@pytest.mark.parametrize(
    "what", [{"descriptors": frozenset({"3"})}, {"mixed": frozenset({3})}, {"regular": frozenset({-1})}]
)
def test_what_is_open_makes_another_state_of_a_world(what: dict[str, frozenset[object]]) -> None:
    """Else a way on which a descriptor is open would hide one on which it is not, where `>&3` fails."""
    assert World(**what).key() != World().key()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param("env | grep ^APP_ > /tmp/env\nexec hypercorn\n", "fails", id="nothing-is-so-named"),
        pytest.param("printenv | grep -E '^(APP|WEB)_' | sort > /tmp/env\nexec hypercorn\n", "fails", id="either"),
        pytest.param("conf=$(env | grep ^APP_ | cut -d= -f2)\nexec hypercorn\n", "fails", id="in-a-substitution"),
        pytest.param("export APP_A=1\nenv | grep ^APP_ > /tmp/env\nexec hypercorn\n", "graceful", id="set-before"),
        pytest.param("env | grep ^PA > /tmp/env\nexec hypercorn\n", "graceful", id="set-by-the-engine"),
        pytest.param("env | grep hyper > /tmp/env\nexec hypercorn\n", "graceful", id="may-stand-in-a-value"),
        pytest.param(". /etc/default/app\nenv | grep ^APP_ > /tmp/env\nexec hypercorn\n", "graceful", id="may-be-set"),
        pytest.param("conf=$(env | grep ^APP_ | cut -d= -f2) || :\nexec hypercorn\n", "graceful", id="is-minded"),
        pytest.param("set +o pipefail\nx=$(env | grep ^APP_ | sort)\nexec hypercorn\n", "graceful", id="not-the-last"),
        pytest.param("set +o pipefail\nx=$(env | sort | grep ^APP_)\nexec hypercorn\n", "graceful", id="not-followed"),
        pytest.param("set +o pipefail\nx=$(env | grep ^APP_)\nexec hypercorn\n", "fails", id="the-last"),
        pytest.param("read -r -d '' x <<END\na\nEND\nexec hypercorn\n", "fails", id="read-finds-no-nul"),
        pytest.param(
            "read -r -d '' x <<END || :\na\nb\nEND\n[[ $x = a*b ]] && exec hypercorn\n", "graceful", id="but-reads-all"
        ),
    ],
)
def test_env_has_what_is_set(script: str, outcome: str) -> None:
    verdict, _ = said(context(f"set -eo pipefail\n{script}"))
    assert verdict.outcome == outcome
