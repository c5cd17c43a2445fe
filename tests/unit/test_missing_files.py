"""Programs that want a file which is surely not there, or make a folder that is: a status of their own."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict


def stopped(script: str, base: str = "python:3.12-slim", lines: str = "") -> tuple[str, int | None]:
    files = {"app": "\x7fELF", "start": f"#!/bin/bash\nset -e\n{script}\nexec /app/app\n"}
    found = verdict("/app/start", files=files, base=base, lines=lines)
    return found.outcome, found.exit_code


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param("cp /config/app.ini /etc/app.ini", 1, id="cp"),
        pytest.param("mv /data/new /data/old", 1, id="mv"),
        pytest.param("cat /config/banner", 1, id="cat"),
        pytest.param("token=$(cat /config/token)", 1, id="cat-in-a-substitution"),
        pytest.param("rm /tmp/app.pid", 1, id="rm"),
        pytest.param("ls /mnt/disk", 2, id="ls"),
        pytest.param("chown -R nobody /data", 1, id="chown"),
        pytest.param("mkdir /var/log", 1, id="mkdir"),
        pytest.param("mkdir /data/cache", 1, id="mkdir-below-nothing"),
        pytest.param("chown -R shop /etc", 1, id="chown-to-nobody"),
        pytest.param("cd /workspace || exit 4", 4, id="cd"),
        pytest.param(". /config/env", 1, id="source"),
        pytest.param(". /srv/.env", 1, id="source-below-a-folder-of-the-system"),
    ],
)
def test_it_ends_the_script(script: str, status: int) -> None:
    """As measured with GNU coreutils 9.1 in an engine."""
    assert stopped(script) == ("fails", status)


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        pytest.param("cp /config/app.ini /etc/app.ini || true", "", id="nobody-minds"),
        pytest.param("rm -f /tmp/app.pid; rm -rf /tmp/cache", "", id="forced"),
        pytest.param("rm /tmp/*.pid", "", id="a-pattern"),
        pytest.param("mkdir -p /var/log", "", id="mkdir-p"),
        pytest.param("mkdir /data; mkdir /data/cache", "", id="one-by-one"),
        pytest.param("useradd shop; chown -R shop /etc", "", id="chown-to-somebody"),
        pytest.param("export token=$(cat /config/token)", "", id="its-status-is-lost"),
        pytest.param("cp /config/app.ini /etc/app.ini", "VOLUME /config", id="a-volume"),
        pytest.param("cp /config/app.ini /etc/app.ini", "RUN ./setup", id="a-step-that-nobody-knows"),
        pytest.param("mkdir /config; touch /config/app.ini; cp /config/app.ini /etc/app.ini", "", id="made-before"),
        pytest.param("date > /tmp/now; cat /tmp/now", "", id="written-before"),
        pytest.param("our-tool; cat /tmp/now", "RUN ./setup", id="perhaps-written"),
        pytest.param("cat /etc/hosts /usr/share/perhaps", "", id="what-a-system-may-have"),
        pytest.param("cat < /dev/null; cat -", "", id="its-input"),
    ],
)
def test_it_goes_on(script: str, lines: str) -> None:
    assert stopped(script, lines=lines) == ("graceful", None)


def test_of_another_base_image_nobody_knows() -> None:
    assert stopped("cp /config/app.ini /etc/app.ini", base="acme/python:1") == ("graceful", None)


@pytest.mark.parametrize("path", ["/etc/shop/shop.env", "/var/lib/shop/env", "/var/log/shop/x"])
def test_what_the_slim_image_does_not_have(path: str) -> None:
    assert stopped(f". {path}") == ("fails", 1)
    assert stopped(f". {path}", base="python:3.12") == ("graceful", None)
    assert stopped(f". {path}", lines="RUN apt-get install -y shop") == ("graceful", None)


@pytest.mark.parametrize(
    "path", ["/etc/default/locale", "/etc/os-release", "/var/lib/dpkg/status", "/var/log/dpkg.log"]
)
def test_what_the_slim_image_may_have(path: str) -> None:
    assert stopped(f"cat {path}") == ("graceful", None)


def test_a_program_that_names_it_may_have_made_it() -> None:
    assert stopped("sed -n 'w /srv/hosts' /etc/hosts; cat /srv/hosts", base="debian:12-slim") == ("graceful", None)


@pytest.mark.parametrize(
    ("argv", "base", "expected"),
    [
        pytest.param(("python", "/app/src/main.py"), "python:3.12-slim", ("fails", 2), id="python"),
        pytest.param(("node", "src/main.js"), "node:22-slim", ("fails", 1), id="node"),
        pytest.param(("python", "/app/lib/main.py"), "python:3.12-slim", ("unknown", None), id="another-folder"),
        pytest.param(("python", "/app/src/other.py"), "python:3.12-slim", ("unknown", None), id="another-file"),
    ],
)
def test_what_is_copied_is_what_is_in_a_folder(argv: tuple[str, ...], base: str, expected: object) -> None:
    """`COPY src/ /app/` makes no /app/src."""
    found = verdict(*argv, files={"main.py": "serve()\n", "main.js": "serve();\n"}, base=base)
    assert (found.outcome, found.exit_code) == expected


def test_what_a_service_may_have_made_is_there_or_not() -> None:
    script = "#!/bin/sh\n/app/app & sleep 1\nrm /tmp/app.pid || exit 4\nwait\n"
    found = verdict("/app/start", files={"app": "\x7fELF", "start": script})
    assert "on the way that depends on whether /tmp/app.pid exists" in [step.text for step in found.story]
