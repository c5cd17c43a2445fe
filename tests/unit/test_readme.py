"""README shows what stopcheck really prints; `make readme` writes it anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SHOWN = re.compile(r"^```console\n\$ stopcheck (.*examples/.*)\n(?:.*\n)*?```$", re.MULTILINE)


def output(match: re.Match[str]) -> str:
    """The block with what the command of its first line prints."""
    command = [sys.executable, "-m", "stopcheck", *match[1].split()]
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", env=env, check=False)
    return f"```console\n$ stopcheck {match[1]}\n{done.stdout}{done.stderr}```"


def test_readme_shows_what_is_printed() -> None:
    readme = README.read_text("utf-8")
    assert SHOWN.sub(output, readme) == readme


def test_readme_shows_findings_and_the_picture() -> None:
    commands = [match[1] for match in SHOWN.finditer(README.read_text("utf-8"))]
    assert any(command.startswith("trace ") for command in commands)
    assert sum(not command.startswith("trace ") for command in commands) >= 2


if __name__ == "__main__":
    README.write_text(SHOWN.sub(output, README.read_text("utf-8")), "utf-8")
