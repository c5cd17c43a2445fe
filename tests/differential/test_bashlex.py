"""Our shell parser sees the same simple commands as bashlex, wherever bashlex can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from stopcheck.syntax.shell import parse_text
from tests.differential import sequence
from tests.differential.shell_text import scripts

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.sh"))


def _readable(path: Path) -> bool:
    try:
        sequence.bashlex_commands(path.read_text("utf-8"))
    except sequence.Rejected:
        return False
    return True


READABLE = [path for path in SCRIPTS if _readable(path)]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in READABLE])
def test_scripts(path: Path) -> None:
    text = path.read_text("utf-8")
    assert sequence.simple_commands(parse_text(text)) == sequence.bashlex_commands(text)


def test_there_are_scripts() -> None:
    assert len(READABLE) >= 10


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(scripts())
def test_generated_scripts(text: str) -> None:
    try:
        expected = sequence.bashlex_commands(text)
    except sequence.Rejected:
        assume(False)
    assert sequence.simple_commands(parse_text(text)) == expected
