"""Where a script of another user than root may not write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.verdicts import verdict

if TYPE_CHECKING:
    from stopcheck.case import Verdict


def stopped(script: str, lines: str = "USER nobody", base: str = "debian:12-slim", shell: str = "/bin/sh") -> Verdict:
    files = {"app": "\x7fELF", "start": f"#!{shell}\n{script}\nexec /app/app\n"}
    return verdict("/app/start", files=files, base=base, lines=lines)


@pytest.mark.parametrize(
    ("script", "shell", "status"),
    [
        pytest.param("set -e\necho $$ > /run/app.pid", "/bin/sh", 2, id="dash"),
        pytest.param("set -e\necho $$ > /run/app.pid", "/bin/bash", 1, id="bash"),
        pytest.param("exec > /var/log/app.log 2>&1", "/bin/sh", 2, id="a-special-builtin"),
        pytest.param(": > /etc/app.conf", "/bin/sh", 2, id="another"),
        pytest.param("> /etc/app.conf || exit 3", "/bin/sh", 3, id="nothing-else"),
        pytest.param("set -e\necho $$ > app.pid", "/bin/sh", 2, id="a-folder-of-the-builds"),
        pytest.param("set -e\nmkdir -p logs/http", "/bin/bash", 1, id="a-folder-in-it"),
        pytest.param("set -e\ndate >> logs/app.log", "/bin/bash", 1, id="what-the-build-context-may-yet-bring"),
    ],
)
def test_it_fails(script: str, shell: str, status: int) -> None:
    found = stopped(script, shell=shell)
    assert (found.outcome, found.exit_code) == ("fails", status)
    assert any("may not write" in step.text for step in found.story)


@pytest.mark.parametrize(
    ("script", "lines", "base"),
    [
        pytest.param("set -e\necho $$ > /run/app.pid", "", "debian:12-slim", id="root"),
        pytest.param("set -e\necho $$ > /run/app.pid", "USER 0:0", "debian:12-slim", id="root-by-number"),
        pytest.param("set -e\necho $$ > /tmp/app.pid", "USER nobody", "debian:12-slim", id="everybodys"),
        pytest.param(
            "set -e\necho $$ > app.pid", "RUN chown nobody /app\nUSER nobody", "debian:12-slim", id="given-to-him"
        ),
        pytest.param("echo $$ > /run/app.pid", "USER nobody", "debian:12-slim", id="nobody-minds"),
        pytest.param("echo x > /dev/null && exec ./app", "USER nobody", "debian:12-slim", id="a-device"),
        pytest.param("set -e\necho > /run/a", "RUN chown nobody /run\nUSER nobody", "debian:12-slim", id="given"),
        pytest.param("set -e\necho > /var/log/a", "RUN chmod -R a+w /var\nUSER nobody", "debian:12-slim", id="above"),
        pytest.param("set -e\necho > /run/a", "RUN chown app $DIRS\nUSER nobody", "debian:12-slim", id="perhaps"),
        pytest.param("set -e\necho > /run/a", "RUN our-setup\nUSER nobody", "debian:12-slim", id="nobody-knows"),
        pytest.param("set -e\necho > /run/a", "USER nobody", "acme/python:1", id="another-base"),
    ],
)
def test_it_may_write(script: str, lines: str, base: str) -> None:
    assert stopped(script, lines, base).outcome == "graceful"


def test_bash_goes_on_where_its_own_output_fails() -> None:
    assert stopped("exec > /var/log/app.log", shell="/bin/bash").outcome == "graceful"


MADE = "RUN apt-get update && apt-get install -y curl && useradd -r svc\nUSER svc"


@pytest.mark.parametrize(
    ("script", "lines", "base", "status"),
    [
        pytest.param("set -e\ndate > /var/log/boot.log", MADE, "debian:12-slim", 2, id="behind-packages"),
        pytest.param("set -e\ndate > /var/log/boot.log", "USER nobody", "python:3.12-slim", 2, id="a-language"),
        pytest.param("set -e\nmkdir -p /data/cache", MADE, "debian:12-slim", 1, id="mkdir"),
        pytest.param("mkdir -p /var/lib/shop || exit 7", "USER nobody", "debian:12-slim", 7, id="mkdir-in-a-folder"),
        pytest.param("set -e\ntouch /etc/shop.ready", "USER nobody", "debian:12-slim", 1, id="touch"),
        pytest.param("set -e\ncp /app/app /usr/bin/", "USER nobody", "debian:12-slim", 1, id="cp-into-a-folder"),
        pytest.param("set -e\nmv -f /tmp/a /etc/a.conf", "USER nobody", "debian:12-slim", 1, id="mv"),
    ],
)
def test_it_cannot_make(script: str, lines: str, base: str, status: int) -> None:
    found = stopped(script, lines, base)
    assert (found.outcome, found.exit_code) == ("fails", status)


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        pytest.param("set -e\ndate > /var/log/boot.log", f"{MADE}\nUSER www-data", id="a-package-may-know-him"),
        pytest.param("set -e\ndate > /var/log/boot.log", f"RUN ./setup\n{MADE}", id="a-script-of-the-build"),
        pytest.param("set -e\nmkdir -p /data/cache", f"RUN mkdir /data && chown svc /data\n{MADE}", id="given"),
        pytest.param("set -e\nmkdir -p /tmp/cache /var/tmp/cache", MADE, id="open-to-all"),
        pytest.param("set -e\nmkdir -p /var/lib/apt", "USER nobody", id="there-already"),
        pytest.param("set -e\nmkdir -p /data/cache", "RUN useradd svc", id="root"),
        pytest.param("set -e\ncp /etc/hosts /tmp/hosts", "USER nobody", id="from-there"),
        pytest.param("set -e\ntouch -c /etc/perhaps", "USER nobody", id="makes-nothing"),
        pytest.param("set -e\nmkdir -p /data/cache", f"VOLUME /data\n{MADE}", id="a-volume"),
        pytest.param('set -e\ncd "$(mktemp -d)"\ntouch state\necho x > new', MADE, id="who-knows-where"),
    ],
)
def test_it_may_make(script: str, lines: str) -> None:
    assert stopped(script, lines).outcome == "graceful"


def test_what_root_has_given_before() -> None:
    script = "#!/bin/sh\nchown svc /var/log\nexec gosu svc /app/inner\n"
    inner = "#!/bin/sh\nset -e\ndate > /var/log/boot.log\nexec /app/app\n"
    lines = "RUN apt-get update && apt-get install -y gosu && useradd svc"
    files = {"app": "\x7fELF", "start": script, "inner": inner}
    assert verdict("/app/start", files=files, lines=lines).outcome == "graceful"
    files["start"] = script.replace("chown svc /var/log\n", "")
    assert verdict("/app/start", files=files, lines=lines).outcome == "fails"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("RUN chmod 700 /app\nUSER nobody", "fails", id="closed"),
        pytest.param("RUN chmod go-rwx /app\nUSER nobody", "fails", id="in-letters"),
        pytest.param("RUN chmod 750 /app\nUSER 1001", "graceful", id="roots-group"),
        pytest.param("RUN chmod 700 /app && chmod 755 /app\nUSER nobody", "graceful", id="opened-again"),
        pytest.param("RUN chmod 700 /app && chown -R nobody /app\nUSER nobody", "graceful", id="his"),
        pytest.param("RUN chmod 700 /app", "graceful", id="root"),
    ],
)
@pytest.mark.parametrize("argv", [("/app/start",), ("python3", "/app/main.py")])
def test_a_closed_folder(argv: tuple[str, ...], lines: str, outcome: str) -> None:
    main = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: exit())\nwhile True:\n    signal.pause()\n"
    files = {"app": "\x7fELF", "start": "#!/bin/sh\nexec /app/app\n", "main.py": main}
    assert verdict(*argv, files=files, base="python:3.12-slim", lines=lines).outcome == outcome


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("RUN useradd -u ${UID} runner && mkdir -p /srv/run/state", "fails", id="made"),
        pytest.param("RUN useradd -m -d $HOME runner && mkdir -p /srv/run/state", "graceful", id="a-home-perhaps"),
        pytest.param("RUN useradd runner && mkdir -m 777 -p /srv/run/state", "graceful", id="with-a-mode"),
        pytest.param("RUN useradd runner && mkdir -p /srv/run/state && chown $U /srv/run", "graceful", id="given"),
    ],
)
def test_a_folder_that_a_step_makes_is_roots(lines: str, outcome: str) -> None:
    script = "set -e; echo 1 > /srv/run/state/pid; exec nats-server"
    assert verdict("bash", "-c", script, lines=f"{lines}\nUSER runner").outcome == outcome


SCRIPT = "#!/bin/sh\nexec memcached -u nobody\n"
SLIM = "FROM debian:bookworm-slim\nRUN useradd -r svc\n"


@pytest.mark.parametrize(
    ("dockerfile", "outcome"),
    [
        # Those that fail, and the number alone, were built and run in Docker (runc 1.1.5: "permission denied", 126).
        pytest.param(f"{SLIM}COPY --chmod=750 start.sh /\nUSER svc\n", "fails", id="execute"),
        pytest.param(f"{SLIM}COPY --chmod=744 start.sh /\nUSER svc\n", "fails", id="read-alone"),
        pytest.param(f"{SLIM}COPY start.sh /\nRUN chmod u+x /start.sh\nUSER svc\n", "fails", id="its-owner-alone"),
        pytest.param(f"{SLIM}COPY --chmod=750 start.sh /\nUSER 1001:1001\n", "fails", id="a-group-of-its-own"),
        pytest.param(f"{SLIM}COPY --chmod=750 start.sh /\nUSER 1001\n", "graceful", id="a-number-is-of-roots-group"),
        pytest.param(f"{SLIM}COPY --chmod=750 start.sh /\nUSER 1001:0\n", "graceful", id="roots-group"),
        pytest.param(
            "FROM debian:bookworm-slim\nRUN useradd -r -g root svc\nCOPY --chmod=750 start.sh /\nUSER svc\n",
            "graceful", id="made-for-roots-group",
        ),
        pytest.param(
            f"{SLIM}COPY --chmod=750 --chown=root:svc start.sh /\nUSER svc\n", "graceful", id="its-own-group"
        ),
        pytest.param(
            f"{SLIM}COPY --chmod=750 start.sh /\nRUN chown svc /start.sh\nUSER svc\n", "graceful", id="its-own"
        ),
        pytest.param(f"{SLIM}COPY --chmod=750 start.sh /\n", "graceful", id="root"),
        pytest.param(
            f"{SLIM}COPY --chown=root:root --chmod=700 start.sh /\nUSER svc\n", "fails", id="given-to-root"
        ),
        pytest.param(
            f"{SLIM}COPY --chmod=700 start.sh /\nRUN mkdir /d && chown -R svc /d && chown 0:0 /start.sh\nUSER svc\n",
            "fails", id="another-is-given",
        ),
        pytest.param(
            f"{SLIM}COPY --chmod=700 start.sh /\nRUN chown svc /*.sh\nUSER svc\n", "graceful", id="given-by-pattern"
        ),
        pytest.param(
            f"{SLIM}COPY --chmod=700 start.sh /\nRUN chown -R svc:svc .\nUSER svc\n", "graceful", id="given-with-all"
        ),
        pytest.param(
            f"FROM alpine AS a\nCOPY start.sh /\nRUN chmod 0750 /start.sh\n{SLIM}COPY --from=a /start.sh /\n"
            "USER svc\n", "fails", id="from-a-stage",
        ),
    ],
)  # fmt: skip
def test_whom_a_script_lets_run_it(dockerfile: str, outcome: str) -> None:
    files = MemoryFiles({"Dockerfile": f'{dockerfile}CMD ["/start.sh"]\n', "start.sh": SCRIPT}, {"start.sh": 0o644})
    found, problems = analyze_container(files, "Dockerfile", Options())
    assert problems == ()
    assert found[0][1].outcome == outcome


def test_whom_a_program_in_python_lets_read_it() -> None:
    dockerfile = 'FROM python:3.12-slim\nCOPY --chmod=640 app.py /srv/\nUSER nobody\nCMD ["python", "/srv/app.py"]\n'
    files = MemoryFiles({"Dockerfile": dockerfile, "app.py": "import time\nwhile True: time.sleep(1)\n"})
    found, _ = analyze_container(files, "Dockerfile", Options())
    assert (found[0][1].outcome, found[0][1].exit_code) == ("fails", 2)
