"""A script that is started by a link: its `$0` is that of the link."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

MAIN = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: exit())\nwhile True:\n    signal.pause()\n"
LINK = "RUN ln -s /app/start /usr/local/bin/start"


@pytest.mark.parametrize(
    ("folder", "outcome", "status"),
    [
        pytest.param('$(dirname "$0")', "fails", 2, id="of-the-link"),
        pytest.param('$(dirname "$(readlink -f "$0")")', "graceful", None, id="of-what-it-leads-to"),
        pytest.param('$(dirname "$(realpath "$0")")', "graceful", None, id="by-realpath"),
    ],
)
@pytest.mark.parametrize("name", ["start", "/usr/local/bin/start"])
def test_the_folder_of_a_script(name: str, folder: str, outcome: str, status: int | None) -> None:
    """As measured in an engine; python3 ends with 2 where there is no such file."""
    files = {"start": f'#!/bin/sh\ncd "{folder}"\nexec python3 main.py\n', "main.py": MAIN}
    found = verdict(name, files=files, base="python:3.12-slim", lines=LINK)
    assert (found.outcome, found.exit_code) == (outcome, status)


def test_a_link_to_a_script_that_is_not_there() -> None:
    assert verdict("/entry", files={"main.py": MAIN}, lines="RUN ln -s /app/missing.sh /entry").outcome == "unknown"


@pytest.mark.parametrize("shell", ["/bin/zsh", "/usr/local/bin/bash"])
def test_a_shell_that_a_language_does_not_bring(shell: str) -> None:
    found = verdict("/app/start", files={"start": f"#!{shell}\nexec python3 /app/main.py\n"}, base="python:3.12-slim")
    assert found.outcome == "fails"
    installed = verdict(
        "/app/start",
        files={"start": "#!/bin/zsh\nexec python3 /app/main.py\n", "main.py": MAIN},
        base="python:3.12-slim",
        lines="RUN apt-get update && apt-get install -y zsh",
    )
    assert installed.outcome == "graceful"
