"""The values that supervisord's configuration may have, and may not; measured with 4.2 and 4.3."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

MAIN = "[supervisord]\nnodaemon=true\n"
WEB = "[program:web]\ncommand=gunicorn app\n"


def start(conf: str, *words: str, lines: str = "RUN pip install supervisor gunicorn") -> str:
    found = verdict("supervisord", "-n", "-c", "/app/s.conf", *words, files={"s.conf": conf}, lines=lines)
    return f"{found.outcome} {found.exit_code}"


@pytest.mark.parametrize(
    "line",
    [
        "stopsignal=sigquit",
        "stopsignal=3",
        "stopwaitsecs = 1_0",
        "autorestart=Unexpected",
        "exitcodes=",
        "exitcodes=0, 2",
        "umask=022",
        "stdout_logfile=NONE",
        "stdout_logfile=/dev/fd/1",
        "stdout_logfile=web.log",
        "stdout_logfile=/app/web.log",
        "user=www-data",
        'environment=A="1",B=/usr/bin:/bin,\n  C=x',
        'environment=A="%(ENV_HOME)s"',
        "numprocs=2\nprocess_name=%(program_name)s_%(process_num)02d",
        "stopasgroup=yes\nkillasgroup=1",
        "unknown=what it does not know",
    ],
)
def test_what_it_takes(line: str) -> None:
    assert start(f"{MAIN}{WEB}{line}\n") == "graceful None"


@pytest.mark.parametrize(
    "line",
    [
        "stopsignal=SIGNAL",
        "startsecs=",
        "umask=98",
        "exitcodes=0;2",
        "exitcodes=256",
        "redirect_stderr=maybe",
        'environment=A="1',
        "environment=A",
        "numprocs=2\nprocess_name=web",
        "stopasgroup=true\nkillasgroup=off",
        "process_name=%(process)s",
        "command=date +%Y",
        "[group:all]\nprograms=web,worker",
        "[fcgi-program:php]\ncommand=php-fpm",
        "[eventlistener:ears]\ncommand=ears",
        "[eventlistener:ears]\ncommand=ears\nevents=TICK_5\nredirect_stderr=true",
    ],
)
def test_what_it_refuses(line: str) -> None:
    assert start(f"{MAIN}{WEB}{line}\n") == "fails 2"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-l", "/dev/null"), "graceful None"),
        (("--logfile=/dev/null", "--sil"), "graceful None"),
        (("--loglevel", "info"), "graceful None"),
        (("-nx",), "fails 2"),
        (("--verbose",), "fails 2"),
        (("web",), "fails 2"),
    ],
)
def test_its_arguments(words: tuple[str, ...], expected: str) -> None:
    assert start(MAIN + WEB, *words) == expected


def test_what_a_user_may_not() -> None:
    web = MAIN + WEB
    lines = "RUN pip install supervisor gunicorn\nUSER www-data\nWORKDIR /"
    assert start(web, lines=lines) == "fails 1"
    assert start(web + "[supervisord]\nlogfile=/dev/null\n", lines=lines) == "graceful None"
    assert start(web + "[supervisord]\nlogfile=/dev/null\nuser=root\n", lines=lines) == "fails 2"
    assert start(web + "[supervisord]\nuser=www-data\n", lines="RUN pip install supervisor\nWORKDIR /") == "fails 1"
    assert (
        start(web + "[supervisord]\nuser=www-data\n", lines="RUN pip install supervisor; chmod 777 /\nWORKDIR /")
        == "graceful None"
    )


def test_the_number_that_it_tells_in_a_file() -> None:
    files = {
        "s.conf": "[supervisord]\npidfile=/tmp/s.pid\n" + WEB,
        "start.sh": "#!/bin/bash\nsupervisord -c /app/s.conf\n"
        "trap 'kill $(cat /tmp/s.pid); sleep 2; exit 0' TERM\nwhile sleep 1; do :; done\n",
    }
    found = verdict("dumb-init", "/app/start.sh", files=files, lines="RUN pip install supervisor gunicorn dumb-init")
    assert (found.outcome, found.reason) == ("unknown", "whom `kill` reaches: the output of `$(cat /tmp/s.pid)`")


def test_what_a_trap_has_told_a_supervisor_before_its_shell_ended() -> None:
    files = {
        "sv/web/run": "#!/bin/sh\nexec gunicorn app\n",
        "start.sh": "#!/bin/sh\ns6-svscan /app/sv &\ntrap 's6-svc -wD -d /app/sv/web; exit 0' TERM\nwait\n",
    }
    lines = "RUN apt-get update && apt-get install -y tini s6 gunicorn"
    for init in ((), ("tini", "--")):
        found = verdict(*init, "/app/start.sh", files=files, lines=lines)
        assert (found.outcome, found.reason) == ("unknown", "what s6-svc tells when the container stops")
