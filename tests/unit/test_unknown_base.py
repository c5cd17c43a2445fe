"""What hangs on variables that are set elsewhere, by a base image, a build, a run, is no reason to call one bad."""

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


@pytest.mark.parametrize(
    "lines, expected",
    [
        pytest.param("ARG ROLE\nENV ROLE=$ROLE", "graceful", id="a build argument"),
        pytest.param("ARG ROLE=\nENV ROLE=$ROLE", "fails", id="one with a value"),
        pytest.param("ARG ROLE\nENV ROLE=${ROLE:-}", "fails", id="one that the Dockerfile does without"),
        pytest.param("ARG ROLE\nENV ROLE=$ROLE\nENV ROLE=", "fails", id="it is set anew"),
    ],
)
def test_what_is_made_from_a_build_argument_is_given_at_the_build(lines: str, expected: str) -> None:
    script = 'case "$ROLE" in\n  web|work) exec acmed $ROLE ;;\n  *) exit 64 ;;\nesac\n'
    assert outcome(script, f"debian:12\nRUN make install\n{lines}") == expected


@pytest.mark.parametrize(
    "wait, expected",
    [
        pytest.param("psql <<END\nconnect $NAME $WORD\nEND", "graceful", id="in a heredoc: the command fails"),
        pytest.param("nc -z db $PORT", "fails", id="in a word: the shell gives up"),
    ],
)
def test_nothing_is_waited_for_because_of_a_variable_that_set_u_forbids(wait: str, expected: str) -> None:
    script = f"set -eu\nready() {{\n{wait}\n}}\nuntil ready; do sleep 1; done\nexec acmed\n"
    assert outcome(script, "debian:12\nRUN make install") == expected


RUNS = "#!/bin/sh\nhypercorn\n"
"""A start script that does not `exec`: where it is found, the outcome is `killed`."""


@pytest.mark.parametrize(
    "lines, start, expected",
    [
        pytest.param("COPY run.sh $HOME/", "/home/me/run.sh", "killed", id="a variable of the base image"),
        pytest.param("COPY run.sh ${HOME}/bin/", "/home/me/bin/run.sh", "killed", id="a folder below it"),
        pytest.param("COPY run.sh ${HOME}/bin/", "/home/me/sbin/run.sh", "unknown", id="another folder"),
        pytest.param("COPY . .", "/srv/run.sh", "killed", id="its working directory"),
        pytest.param("COPY . .", "/srv/bin/inner.sh", "killed", id="below that"),
        pytest.param("COPY . .", "./run.sh", "killed", id="by a path from there"),
        pytest.param("COPY run.sh ./", "./run.sh", "killed", id="a file to there"),
        pytest.param("COPY . .", "./bin/outer.sh", "killed", id="cd from there"),
        pytest.param("COPY . /app", "/srv/run.sh", "unknown", id="a folder that is known"),
        pytest.param("COPY . .", "./here.sh", "unknown", id="pwd is not known"),
    ],
)
def test_a_script_in_a_folder_that_only_the_base_image_knows(lines: str, start: str, expected: str) -> None:
    files = {
        "Dockerfile": f'FROM acme/base\n{lines}\nENTRYPOINT ["{start}"]\n',
        "run.sh": RUNS,
        "here.sh": "#!/bin/sh\nexec $(pwd)/run.sh\n",
        "bin/inner.sh": RUNS,
        "bin/outer.sh": "#!/bin/sh\ncd bin\nexec ./inner.sh\n",
    }
    cases, _ = analyze_container(MemoryFiles(files, dict.fromkeys(files, 0o755)), "Dockerfile", Options())
    assert cases[0][1].outcome == expected


def test_a_script_that_is_to_be_given_something_does_not_end_too_early() -> None:
    """Its service in the background is not what the container is there for."""
    script = '#!/bin/sh\nour-worker &\nexec "$@"\n'
    files = {
        "Dockerfile": 'FROM debian:12\nRUN make install\nCOPY run.sh /\nENTRYPOINT ["/run.sh"]\n',
        "run.sh": script,
    }
    ((_, verdict, found),), _ = analyze_container(MemoryFiles(files, {"run.sh": 0o755}), "Dockerfile", Options())
    assert (verdict.outcome, found) == ("exits", [])


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


def test_a_copy_whose_last_word_is_cut_short_is_no_trouble() -> None:
    dockerfile = 'FROM example.org/base\nWORKDIR /app\nCOPY a \'b "c\nENTRYPOINT ["/app/start.sh"]\n'
    cases, problems = analyze_container(MemoryFiles({"Dockerfile": dockerfile, "a": ""}), "Dockerfile", Options())
    assert cases or problems
