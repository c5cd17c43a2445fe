"""Whose shell su(1) starts, as the build has made the account."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

APP = {"app": "\x7fELF", "start": "#!/bin/sh\nexec /app/app\n"}


@pytest.mark.parametrize(
    ("made", "outcome", "status"),
    [
        pytest.param("useradd -ms /bin/bash svc", "graceful", None, id="bash"),
        pytest.param("useradd --create-home --shell=/bin/bash svc", "graceful", None, id="a-long-option"),
        pytest.param("useradd -m svc", "cut-off", 143, id="dash-by-itself"),
        pytest.param("adduser --disabled-password --gecos '' svc", "graceful", None, id="adduser-has-bash"),
        pytest.param("useradd -m svc && usermod -s /bin/bash svc", "graceful", None, id="changed"),
        pytest.param("useradd -m -s /bin/bash other && useradd -m svc", "cut-off", 143, id="another-user"),
        pytest.param("useradd -r -s /usr/sbin/nologin svc", "fails", 1, id="none"),
        pytest.param("useradd -r -s /bin/false svc", "fails", 1, id="none-either"),
        pytest.param("adduser --system --group svc", "fails", 1, id="a-system-user"),
    ],
)
def test_the_shell_of_an_account(made: str, outcome: str, status: int | None) -> None:
    """bash execs the last command of a list by itself, dash does not."""
    found = verdict("su", "-", "svc", "-c", "cd /app && ./app", files=APP, lines=f"RUN {made}")
    assert (found.outcome, found.exit_code) == (outcome, status)


def test_a_shell_of_its_own_choice() -> None:
    found = verdict(
        "su", "-s", "/bin/sh", "svc", "-c", "exec /app/app", files=APP, lines="RUN useradd -s /bin/false svc"
    )
    assert found.outcome == "graceful"


def test_the_shell_of_an_account_that_a_package_makes() -> None:
    """bash puts the last command of `-c` in its own place, so that the server hears of what su passes on."""
    made = "RUN apt-get update && apt-get install -y postgresql"
    found = verdict("su", "-", "postgres", "-c", "A=1 /app/app -D /data", files=APP, lines=made)
    assert found.outcome == "graceful"
