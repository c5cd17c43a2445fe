"""Whole images as people write them: what is said of each stands in its expected.json, and a kernel agrees."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.conformance import harness
from tests.conformance.prediction import Prediction, meets
from tests.conformance.rule_examples import run_example

if TYPE_CHECKING:
    from stopcheck.case import Verdict
    from stopcheck.model import Severity, Violation
    from tests.conformance.harness import Measurement

FOLDER = Path(__file__).parent / "fixtures"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/expected.json"))
GRACE = 7.0
"""Seconds of grace where a fixture is run: more than any known program of them needs."""


@cache
def files(case: str) -> tuple[dict[str, str], dict[str, int]]:
    """The build context of a fixture, and the permission bits in it."""
    paths = [path for path in (FOLDER / case).rglob("*") if path.is_file() and path.name != "expected.json"]
    texts = {path.relative_to(FOLDER / case).as_posix(): path.read_text("utf-8") for path in paths}
    modes = {path.relative_to(FOLDER / case).as_posix(): path.stat().st_mode & 0o777 for path in paths}
    return texts, modes


def analysed(case: str, grace: float = 10.0) -> tuple[Verdict, list[tuple[str, Violation, Severity]]]:
    ((_, verdict, found),), problems = analyze_container(
        MemoryFiles(*files(case)), "Dockerfile", Options(grace_period=grace)
    )
    assert problems == ()
    return verdict, found


@cache
def measured() -> dict[str, Measurement | harness.UnavailableError]:
    """All fixtures, run at the same time: most of it is waiting."""

    def run(case: str) -> Measurement | harness.UnavailableError:
        texts, modes = files(case)
        try:
            return run_example(texts, GRACE, modes, analysed(case, GRACE)[0].outcome)
        except harness.UnavailableError as reason:
            return reason

    with ThreadPoolExecutor(len(CASES)) as pool:
        return dict(zip(CASES, pool.map(run, CASES), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_of_it(case: str) -> None:
    expected: dict[str, Any] = json.loads((FOLDER / case / "expected.json").read_text("utf-8"))
    verdict, found = analysed(case)
    findings = sorted([rule, each.span.path, each.span.position()[0]] for rule, each, _ in found)
    assert expected == {
        "outcome": str(verdict.outcome),
        "exit_code": verdict.exit_code,
        "main": list(verdict.main),
        "findings": findings,
    }


@pytest.mark.parametrize("case", CASES)
def test_it_ends_as_predicted(case: str) -> None:
    result = measured()[case]
    if isinstance(result, harness.UnavailableError):
        if os.environ.get("CI") and "only images of one stage" not in str(result):
            raise result
        pytest.skip(str(result))
    verdict, _ = analysed(case, GRACE)
    predicted = Prediction(str(verdict.outcome), verdict.exit_code, verdict.reason)
    # Where the job beside the main process counts as a main one, its being cut off is what counts.
    outcome = "cut-off" if result.outcome == "partial" and len(verdict.main) > 1 else result.outcome
    assert meets(outcome, result.pid1_exit, predicted), f"predicted {predicted}, measured {result}"
