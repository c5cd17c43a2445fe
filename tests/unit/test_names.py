"""Variables whose names a script works out: in associative arrays, for `export`, for `eval`."""

from __future__ import annotations

import pytest

from tests.unit.scripts import context, said


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('k=$(name)\nexport "$k"=1\n', id="export"),
        pytest.param('k=$(name)\ndeclare "$k=1"\n', id="declare"),
        pytest.param("export $(cat /vars)\n", id="from-a-file"),
        pytest.param('eval "$(vars)"\n', id="eval"),
        pytest.param('declare -A d\nd=(["ID"]=5)\nfor k in "${!d[@]}"; do\nexport "$k"="${d[$k]}"\ndone\n', id="keys"),
    ],
)
def test_a_variable_that_may_be_set_is_not_unset(script: str) -> None:
    assert said(context(f'set -u\n{script}echo "$ID"\nexec hypercorn\n'))[0].outcome == "graceful"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param('export NAME="$(name)"\n', "fails", id="another-name"),
        pytest.param("a=(x y)\n[ \"${!a[*]}\" = '0 1' ] && ID=1\n", "graceful", id="numbers"),
        pytest.param("f() { echo; }\neval f $(names)\n", "fails", id="a-function-of-what-is-not-known"),
        pytest.param('eval "$(ssh-agent -s)"\necho "$SSH_AUTH_SOCK"\n', "fails", id="the-names-that-an-agent-tells"),
        pytest.param('eval "NAME=$(name)"\n', "fails", id="eval-of-another-name"),
        pytest.param('eval "ID=$(name)"\n', "graceful", id="eval-of-the-name"),
        pytest.param("eval export $(names)\n", "graceful", id="eval-export"),
        pytest.param("set -- $(names)\nID=$2\n", "graceful", id="one-of-several-arguments"),
        pytest.param('set -- "$(names)"\nID=$2\n', "fails", id="one-argument-is-not-two"),
        pytest.param('eval set -- "$(names)"\nID=$1\n', "graceful", id="eval-set"),
        pytest.param('declare -A d=([a]=b)\nd[c]=e\n[ "${d[c]}" = e ] || exit 1\nID=1\n', "graceful", id="an-element"),
    ],
)
def test_what_is_known(script: str, expected: str) -> None:
    assert said(context(f'set -u\n{script}echo "$ID"\nexec hypercorn\n'))[0].outcome == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param('eval "exec hypercorn -m $(free)"\n', "graceful", id="in-its-place"),
        pytest.param('eval "hypercorn -m $(free)"\n', "killed", id="beside-it"),
        pytest.param(
            'run="hypercorn -m $(free)"\nrun="$run -u nobody"\neval "$run -v"\n', "killed", id="piece-by-piece"
        ),
        pytest.param('run="hypercorn -m $(free)"\nexec $run -v\n', "graceful", id="without-eval"),
        pytest.param('run="mem$(cat /etc/n) -v"\nexec $run\n', "unknown", id="a-command-known-in-part"),
        pytest.param("eval hypercorn $(options) '&'\nwait\n", "killed", id="in-the-background"),
        pytest.param('eval "$(command) -m 5"\n', "unknown", id="the-command-is-not-known"),
        pytest.param('eval "echo \'$(text)"\nexec hypercorn\n', "graceful", id="an-open-quote"),
    ],
)
def test_what_eval_runs_where_its_command_is_known(script: str, expected: str) -> None:
    assert said(context(script))[0].outcome == expected
