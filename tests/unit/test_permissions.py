"""Where a script of another user than root may not write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
        pytest.param("set -e\necho $$ > app.pid", "USER nobody", "debian:12-slim", id="a-folder-of-the-builds"),
        pytest.param("echo $$ > /run/app.pid", "USER nobody", "debian:12-slim", id="nobody-minds"),
        pytest.param("echo x > /dev/null && exec ./app", "USER nobody", "debian:12-slim", id="a-device"),
        pytest.param("set -e\necho > /run/a", "RUN chown nobody /run\nUSER nobody", "debian:12-slim", id="given"),
        pytest.param("set -e\necho > /var/log/a", "RUN chmod -R a+w /var\nUSER nobody", "debian:12-slim", id="above"),
        pytest.param("set -e\necho > /run/a", "RUN chown app $DIRS\nUSER nobody", "debian:12-slim", id="perhaps"),
        pytest.param("set -e\necho > /run/a", "RUN our-setup\nUSER nobody", "debian:12-slim", id="nobody-knows"),
        pytest.param("set -e\necho > /run/a", "USER nobody", "python:3.12-slim", id="another-base"),
    ],
)
def test_it_may_write(script: str, lines: str, base: str) -> None:
    assert stopped(script, lines, base).outcome == "graceful"


def test_bash_goes_on_where_its_own_output_fails() -> None:
    assert stopped("exec > /var/log/app.log", shell="/bin/bash").outcome == "graceful"
