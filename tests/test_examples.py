"""The images in examples/: what is said of each, and that a kernel agrees."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import DiskFiles
from tests.conformance import harness
from tests.conformance.prediction import Prediction, meets
from tests.conformance.rule_examples import run_example

if TYPE_CHECKING:
    from stopcheck.analysis import Case

EXAMPLES = Path(__file__).parents[1] / "examples"

SAID = {
    "shell-form": ("killed", 137, [("error", "shell-form-command", "Dockerfile", 9)]),
    "shell-form-alpine": ("graceful", None, [("note", "shell-form-command", "Dockerfile", 9)]),
    "start-script": ("killed", 137, [("error", "missing-exec", "start.sh", 5)]),
    "start-script-exec": ("graceful", None, []),
    "init-over-script": ("cut-off", 143, [("error", "missing-exec", "start.sh", 9)]),
    "trap-never-fires": ("killed", 137, [("error", "trap-deferred", "entrypoint.sh", 11)]),
    "supervisord-daemon": ("exits", 0, [("error", "daemonized-main", "Dockerfile", 9)]),
    "go-service": ("graceful", None, []),
}
"""Outcome, exit code where it is certain, and findings by example."""


@cache
def analysed(name: str) -> Case:
    (case,), problems = analyze_container(DiskFiles(EXAMPLES / name), "Dockerfile", Options())
    assert problems == ()
    return case


def test_every_example_is_listed() -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir()) == sorted(SAID)


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_an_example(name: str) -> None:
    _, verdict, found = analysed(name)
    outcome, exit_code, findings = SAID[name]
    assert (verdict.outcome, verdict.exit_code) == (outcome, exit_code)
    assert [
        (severity, rule, violation.span.path, violation.span.position()[0]) for rule, violation, severity in found
    ] == findings


@pytest.mark.parametrize("name", SAID)
def test_a_kernel_agrees(name: str) -> None:
    _, verdict, _ = analysed(name)
    paths = [path for path in sorted((EXAMPLES / name).iterdir()) if path.is_file()]
    files = {path.name: path.read_text("utf-8") for path in paths}
    modes = {path.name: path.stat().st_mode & 0o777 for path in paths}
    try:
        if name == "go-service":
            # What its first stage compiles is the stand-in.
            measured = harness.run(harness.Case(("/shop",), grace=10.0, sh="none", stand_ins={"/shop": "service"}))
        else:
            measured = run_example(files, 10.0, modes, verdict.outcome)
    except harness.UnavailableError as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    predicted = Prediction(str(verdict.outcome), verdict.exit_code, verdict.reason)
    assert meets(measured.outcome, measured.pid1_exit, predicted), f"predicted {predicted}, measured {measured}"
