"""Our shell parser sees the same commands as shfmt, which shares no code with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from stopcheck.syntax.shell import parse_text
from tests.differential import sequence
from tests.differential.shell_text import scripts

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.sh"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in SCRIPTS])
def test_scripts(path: Path) -> None:
    text = path.read_bytes().decode("utf-8")
    script = parse_text(text)
    assert script.problems == ()
    assert sequence.events(script) == sequence.shfmt_events(text)


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 40


@settings(max_examples=60)
@given(scripts())
def test_generated_scripts(text: str) -> None:
    script = parse_text(text)
    assert script.problems == ()
    assert sequence.events(script) == sequence.shfmt_events(text)
