"""Where a wrapper's child begins in its argv."""

from __future__ import annotations

import pytest

from stopcheck.boot.grammar import child_argv, own_words, refuses_value
from stopcheck.knowledge.programs import applied, find_program
from stopcheck.model import Unknown

UNKNOWN = Unknown("a variable")


def child(*argv: str | Unknown) -> tuple[str | Unknown, ...]:
    name = argv[0]
    assert isinstance(name, str)
    row = find_program(name)
    assert row is not None
    words = [word for word in argv[1:] if isinstance(word, str)]
    return child_argv(applied(row, own_words(row, argv) if row.role in {"exec", "fork", "init"} else words), argv)[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("gosu www-data nginx -g x", "nginx -g x", id="gosu"),
        pytest.param("env A=1 B= app --c=d E=f", "app --c=d E=f", id="env"),
        pytest.param("env -i -u HOME A=1 app", "app", id="env-options"),
        pytest.param("env --unset=HOME -C /srv app", "app", id="env-long-options"),
        pytest.param("setpriv --reuid=1 --regid 1 --clear-groups app -x", "app -x", id="setpriv"),
        pytest.param("chpst -u nobody -e env app", "app", id="chpst"),
        pytest.param("chpst -unobody app", "app", id="chpst-attached"),
        pytest.param("nice -n 5 app", "app", id="nice"),
        pytest.param("nice -5 app", "app", id="nice-old"),
        pytest.param("ionice -c2 -n 7 app", "app", id="ionice"),
        pytest.param("taskset -c 0,1 app", "app", id="taskset-list"),
        pytest.param("taskset 0x3 app", "app", id="taskset-mask"),
        pytest.param("numactl -C 0 --interleave=all app", "app", id="numactl"),
        pytest.param("timeout 10 app", "app", id="timeout"),
        pytest.param("timeout -k 5 -s INT 10 app -s", "app -s", id="timeout-options"),
        pytest.param("timeout -k5 -sINT 10 app", "app", id="timeout-attached"),
        pytest.param("tini -g -- app", "app", id="tini"),
        pytest.param("tini -vvv -e 143 app -- x", "app -- x", id="tini-no-separator"),
        pytest.param("dumb-init --rewrite 15:3 app", "app", id="dumb-init"),
        pytest.param("sudo -E -u app A=1 -- server", "server", id="sudo"),
        pytest.param("sudo -Eu app server", "server", id="sudo-cluster"),
        pytest.param("su app -c server", "/bin/sh -c server", id="su"),
        pytest.param("su - app -c server", "/bin/sh -c server", id="su-login"),
        pytest.param("su -s /bin/bash app -c server", "/bin/bash -c server", id="su-shell"),
        pytest.param("su --shell=/bin/bash -c server app", "/bin/bash -c server", id="su-user-last"),
        pytest.param("su app -lc server", "/bin/sh -c server", id="su-cluster"),
        pytest.param("runuser -u app -- server -u x", "server -u x", id="runuser"),
        pytest.param("runuser app -c server", "/bin/sh -c server", id="runuser-command"),
        pytest.param("flock -n /lock app", "app", id="flock"),
        pytest.param("flock -w 5 /lock -c app", "/bin/sh -c app", id="flock-command"),
        pytest.param("script -qec app /dev/null", "/bin/sh -c app", id="script"),
        pytest.param("xargs -r -n1 -I{} app {}", "app {}", id="xargs"),
        pytest.param("bundle exec puma -p 1", "puma -p 1", id="bundle"),
        pytest.param("poetry run app", "app", id="poetry"),
        pytest.param("newrelic-admin run-program app", "app", id="newrelic"),
        pytest.param("chamber exec a b -- app", "app", id="chamber"),
        pytest.param("watchmedo auto-restart -d . -p *.py -- app -x", "app -x", id="watchmedo"),
        pytest.param("unshare -m -w /srv app", "app", id="unshare"),
        pytest.param("dockerize -wait tcp://db:5432 -timeout 60s -poll app -x", "app -x", id="dockerize"),
        pytest.param("doppler run -p x -- app", "app", id="doppler"),
        pytest.param("doppler run --command=app", "/bin/sh -c app", id="doppler-command"),
        pytest.param("aws-vault exec profile -- app", "app", id="aws-vault"),
        pytest.param("conda run --no-capture-output -n env app -n", "app -n", id="conda"),
        pytest.param("uv run --no-sync --extra x app --extra", "app --extra", id="uv"),
        pytest.param("uv run -p 3.12 src/main.py -m", "python src/main.py -m", id="uv-file"),
        pytest.param("uv run -m shop.main", "python -m shop.main", id="uv-module"),
        pytest.param("uv run --script job --fast", "python job --fast", id="uv-script"),
        pytest.param("tsx --tsconfig t.json src/x.ts -r", "node src/x.ts -r", id="tsx"),
        pytest.param("gosu root", "", id="no-child"),
        pytest.param("env", "", id="nothing"),
        pytest.param("/lib64/ld-linux-x86-64.so.2 --library-path /lib app", "app", id="loader"),
    ],
)
def test_child(line: str, expected: str) -> None:
    found = " ".join(str(word) for word in child(*line.split()))
    if expected.startswith("/bin/") and " -c " in expected:
        assert found.startswith(expected)
    else:
        assert found == expected


def test_arguments_follow_the_command_of_su() -> None:
    assert child("su", "app", "-c", 'exec "$@"', "--", "a", "b") == ("/bin/sh", "-c", 'exec "$@"', "a", "b")


def test_env_splits_a_string() -> None:
    assert child("env", "-S", "python -u", "x.py") == ("python", "-u", "x.py")
    assert child("env", "-S", "sh -c 'umask 022; app'") == ("sh", "-c", "umask 022; app")
    assert child("env", "-S", "it's not closed") == ("it's", "not", "closed")


def test_cross_env_shell_joins_its_words() -> None:
    assert child("cross-env-shell", "A=1", "app", "x") == ("/bin/sh", "-c", "app x")


def test_an_unknown_word_can_be_the_user() -> None:
    assert child("gosu", UNKNOWN, "app") == ("app",)


def test_an_unknown_word_can_be_the_child() -> None:
    assert child("nohup", UNKNOWN, "x") == (UNKNOWN, "x")


def test_variables_are_kept() -> None:
    row = find_program("env")
    assert row is not None
    assert child_argv(row, ("env", "A=1", "B=x=y", "app"))[1] == {"A": "1", "B": "x=y"}


def test_own_words_end_where_the_child_begins() -> None:
    row = find_program("flock")
    assert row is not None
    assert own_words(row, ("flock", "-n", "/lock", "app", "-F")) == ("-n", "/lock")


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        pytest.param("tini -p SIGTERM -- app", False, id="tini-signal"),
        pytest.param("tini -gpSIGTERM -- app", False, id="tini-attached"),
        pytest.param("tini -p TERM -- app", True, id="tini-signal-without-sig"),
        pytest.param("tini -p 15 -- app", True, id="tini-signal-by-number"),
        pytest.param("tini -p -- app", True, id="tini-signal-forgotten"),
        pytest.param("tini -e 143 -- app", False, id="tini-status"),
        pytest.param("tini -e 256 -- app", True, id="tini-status-too-great"),
        pytest.param("dumb-init -r 15:2 app", False, id="dumb-init"),
        pytest.param("dumb-init --rewrite=15:0 app", False, id="dumb-init-drops"),
        pytest.param("dumb-init --rewrite SIGTERM:SIGINT app", True, id="dumb-init-by-name"),
        pytest.param("dumb-init -r 15 app", True, id="dumb-init-one"),
        pytest.param("dumb-init -r 15:64 app", True, id="dumb-init-too-great"),
        pytest.param("timeout -s TERM 10 app", False, id="timeout"),
    ],
)
def test_what_an_option_takes(line: str, refused: bool) -> None:
    argv = tuple(line.split())
    row = find_program(argv[0])
    assert row is not None
    assert refuses_value(row, argv) is refused


@pytest.mark.parametrize(
    ("line", "role"),
    [
        pytest.param("sudo -b app", "daemon", id="letter"),
        pytest.param("sudo -nb app", "daemon", id="letters"),
        pytest.param("sudo -unobody app", "fork", id="in-a-value"),
        pytest.param("chroot /srv app", "exec", id="none"),
        pytest.param("flock -c app /lock", "short", id="first"),
        pytest.param("parallel app ::: 1", "opaque", id="gnu-parallel"),
        pytest.param("parallel app -- 1", "fork", id="parallel"),
    ],
)
def test_what_options_make_of_it(line: str, role: str) -> None:
    argv = tuple(line.split())
    row = find_program(argv[0])
    assert row is not None
    own = own_words(row, argv) if row.role in {"exec", "fork", "init"} else argv[1:]
    assert applied(row, own).role == role


def test_the_options_of_env_end_at_its_first_variable() -> None:
    assert child("env", "-S", "A=1", "-S", "app") == ("-S", "app")
