"""A base image that is not known may set variables: what hangs on them is no reason to call a container bad."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles


def outcome(script: str, base: str = "acme/base") -> str:
    dockerfile = f'FROM {base}\nCOPY start.sh /\nENTRYPOINT ["bash", "/start.sh"]\n'
    files = MemoryFiles({"Dockerfile": dockerfile, "start.sh": script})
    ((_, verdict, found),), problems = analyze_container(files, "Dockerfile", Options())
    assert problems == ()
    assert found == []
    return str(verdict.outcome)


@pytest.mark.parametrize(
    "script, expected",
    [
        pytest.param('[ -z "$ACME_HOME" ] && exit 1\nexec $ACME_HOME/bin/acmed\n', "unknown", id="a test"),
        pytest.param("set -u\nexec $ACME_HOME/bin/acmed\n", "unknown", id="set -u"),
        pytest.param(": ${ACME_HOME:?}\nexec acmed\n", "graceful", id="an expansion"),
        pytest.param('test -n "$A" || exit 1\ntest -n "$B" || exit 1\nexec acmed\n', "graceful", id="two tests"),
        pytest.param('if [ -n "$ACME_HOME" ]; then exec acmed; fi\necho gone\n', "graceful", id="it runs out"),
        pytest.param('[ -n "$found" ] || exit 1\nexec acmed\n', "fails", id="a name of the script's own"),
        pytest.param('[ -z "$A" ] && exit 1\nexit 2\n', "fails", id="it fails all the same"),
        pytest.param('ACME_HOME=\n[ -z "$ACME_HOME" ] && exit 1\nexec acmed\n', "fails", id="the script sets it"),
    ],
)
def test_what_the_base_image_may_set_decides_nothing(script: str, expected: str) -> None:
    assert outcome(script) == expected


def test_what_a_known_base_image_does_not_set_is_unset() -> None:
    assert outcome('[ -z "$ACME_HOME" ] && exit 1\nexec $ACME_HOME/bin/acmed\n', "debian:12") == "fails"


def test_a_script_that_starts_itself_anew_as_another_user_comes_to_rest() -> None:
    files = MemoryFiles(
        {
            "Dockerfile": 'FROM acme/base\nCOPY start.sh /bin/\nENTRYPOINT ["start.sh"]\nCMD ["hypercorn"]\n',
            "start.sh": '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then exec su-exec nobody "$0" "$@"; fi\nexec "$@"\n',
        },
        {"start.sh": 0o755},
    )
    ((_, verdict, found),), _ = analyze_container(files, "Dockerfile", Options())
    assert (verdict.outcome, verdict.main, found) == ("graceful", ("hypercorn",), [])
