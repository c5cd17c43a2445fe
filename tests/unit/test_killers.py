"""Traps that send signals by name, with what the image has for it."""

from __future__ import annotations

import pytest

from tests.unit.scripts import found, said
from tests.unit.verdicts import verdict

STOP = "stop() {{ {command}; wait; exit 0; }}\ntrap stop TERM\nour-app &\nwait\n"


@pytest.mark.parametrize(
    ("base", "lines", "command", "outcome"),
    [
        pytest.param("debian:12-slim", "", "pkill our-app", "killed", id="no-pkill"),
        pytest.param("debian:12-slim", "", "killall our-app", "killed", id="no-killall"),
        pytest.param("debian:12-slim", "", "kill $(pgrep our-app)", "killed", id="no-pgrep"),
        pytest.param("debian:12-slim", "", "kill $(pidof our-app)", "graceful", id="pidof"),
        pytest.param("debian:12-slim", "RUN apt-get install -y procps", "pkill our-app", "graceful", id="procps"),
        pytest.param("debian:12-slim", "RUN apt-get install -y our-set", "pkill our-app", "graceful", id="perhaps"),
        pytest.param("debian:12-slim", "RUN apt-get install -y tini", "pkill our-app", "killed", id="of-no-use"),
        pytest.param("alpine:3.20", "", "killall our-app", "graceful", id="busybox"),
    ],
)
def test_by_name(base: str, lines: str, command: str, outcome: str) -> None:
    dockerfile = f'FROM {base}\n{lines}\nCOPY our-app start.sh /usr/local/bin/\nCMD ["start.sh"]\n'
    script = "#!/bin/sh\n" + STOP.format(command=command)
    some = said({"Dockerfile": dockerfile, "start.sh": script, "our-app": "\x7fELF"})
    assert some[0].outcome == outcome
    assert [rule for rule, _ in found(some)] == ([] if outcome == "graceful" else ["trap-without-forward"])


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        pytest.param("pg_ctl -m fast stop", "graceful", id="waits"),
        pytest.param("pg_ctl -W stop", "cut-off", id="is-told-not-to-wait"),
        pytest.param("kill $!", "cut-off", id="kill"),
    ],
)
def test_a_client_that_waits_until_its_server_has_ended(command: str, outcome: str) -> None:
    script = f"#!/bin/bash\npostgres -D /data &\ntrap '{command}; exit 0' TERM\nwhile true; do sleep 1; done\n"
    dockerfile = 'FROM postgres:15\nCOPY start.sh /\nSTOPSIGNAL SIGTERM\nENTRYPOINT ["/start.sh"]\n'
    assert said({"Dockerfile": dockerfile, "start.sh": script})[0].outcome == outcome


def test_what_a_client_of_a_supervisor_tells() -> None:
    """Measured: `sv force-stop` lets the service finish before the trap goes on."""
    start = (
        "#!/bin/sh\nstop() {\n  sv -w 5 force-stop /app/service/web\n  kill -HUP $pid\n  wait $pid\n  exit 0\n}\n"
        "trap stop TERM\nrunsvdir /app/service & pid=$!\nwait $pid\n"
    )
    files = {"start": start, "service/web/run": "#!/bin/sh\nexec redis-server\n"}
    lines = "RUN apt-get update && apt-get install -y runit redis-server"
    stopped = verdict("/app/start", files=files, lines=lines)
    assert (stopped.outcome, stopped.reason) == ("unknown", "what sv tells when the container stops")


def test_what_has_just_been_started_may_be_found_or_not() -> None:
    dockerfile = 'FROM debian:12-slim\nCOPY our-app start.sh /usr/local/bin/\nCMD ["start.sh"]\n'
    script = "#!/bin/bash -e\ntrap 'kill $(pidof our-app); wait; exit 0' EXIT\ntrue && our-app &\nmissing-app\n"
    assert said({"Dockerfile": dockerfile, "start.sh": script, "our-app": "\x7fELF"})[0].outcome != "fails"


@pytest.mark.parametrize("start", ['"/start.sh"', '"tini", "--", "/start.sh"'])
def test_a_sourced_file_that_nobody_has_read_may_become_anything(start: str) -> None:
    dockerfile = f"FROM debian:12-slim\nRUN apt-get install -y tini\nCOPY start.sh /\nVOLUME /conf\nCMD [{start}]\n"
    script = "#!/bin/bash\nexport A=1\n. /conf/*.sh\n"
    assert said({"Dockerfile": dockerfile, "start.sh": script})[0].outcome == "unknown"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("start-stop-daemon --stop --name nothing", "fails", id="nothing"),
        pytest.param("start-stop-daemon --stop --oknodo --name nothing", "graceful", id="oknodo"),
        pytest.param("start-stop-daemon -S -b -x /usr/sbin/nginx\nstart-stop-daemon -K -x /usr/sbin/nginx", "graceful",
                     id="one"),
        pytest.param("our-daemon\nstart-stop-daemon --stop --name our-daemon", "graceful", id="perhaps"),
    ],
)  # fmt: skip
def test_to_stop_a_daemon_fails_where_there_is_none(lines: str, outcome: str) -> None:
    """Measured: 1, and 0 with --oknodo."""
    script = f"#!/bin/sh\nset -e\n{lines}\nexec our-app\n"
    files = {"start": script, "our-daemon": "\x7fELF", "our-app": "\x7fELF"}
    assert verdict("/app/start", files=files, lines="ENV PATH=/app:$PATH").outcome == outcome
