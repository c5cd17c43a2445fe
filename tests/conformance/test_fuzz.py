"""Fuzzes the analysis against the kernel for a while, and measures settled disagreements again.

`STOPCHECK_FUZZ_SECONDS` for another while than 25 seconds, `STOPCHECK_SEED` to draw the same images again.
"""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import click
import pytest

from tests.conformance.fuzz import disagreements
from tests.conformance.fuzz.__main__ import WORKERS
from tests.conformance.fuzz.run import Found, draw_of, one, shrink
from tests.conformance.fuzz.tree import write
from tests.conformance.fuzz.trial import agrees, measure, predict
from tests.conformance.test_facts_hold import require_containers

SECONDS = 25.0
REMEASURED = 40


def seed() -> int:
    """The seed of this run, which pytest prints where a test fails."""
    number = int(os.environ.get("STOPCHECK_SEED", random.SystemRandom().randrange(10**6)))
    click.echo(f"STOPCHECK_SEED={number}")
    return number


def test_no_random_image_is_contradicted() -> None:
    require_containers()
    number = seed()
    end = time.monotonic() + float(os.environ.get("STOPCHECK_FUZZ_SECONDS", SECONDS))

    def found(index: int) -> Found | None:
        return one(f"{number}.{index}") if time.monotonic() < end else None

    with ThreadPoolExecutor(WORKERS) as pool:
        run = [each for each in pool.map(found, range(100_000)) if each is not None]
        wrong = list(pool.map(shrink, [each for each in run if each.agreement == "wrong"][:10]))
    unknown = sum(each.agreement == "unknown" for each in run)
    click.echo(f"{len(run)} images run, {unknown} unknown, {len(wrong)} wrong")
    # A new disagreement is to be settled, but it is no fault of the change that is tested: many would be.
    assert len(wrong) <= 2 + len(run) // 200, "\n".join(each.report() for each in wrong)
    assert unknown <= len(run) * 0.1 + 3


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in disagreements.load()])
def test_settled_disagreements_stay_settled(case: disagreements.Settled) -> None:
    said = predict(case.image)
    meets = {"exits": ("exits", "fails"), "fails": ("exits", "fails"), "killed": ("killed",)}
    others = ("graceful", "terminated", "cut-off")
    assert said.outcome in (*meets.get(case.outcome, others), "unknown"), said
    assert said.exit_code in (None, case.exit_code), said


def test_settled_disagreements_are_so() -> None:
    require_containers()
    cases = disagreements.load()
    sample = random.Random(seed()).sample(cases, min(REMEASURED, len(cases)))

    def differs(case: disagreements.Settled) -> bool:
        said = predict(case.image)
        for _ in range(6):
            measured = measure(case.image)
            same = (measured.outcome, measured.pid1_exit) == (case.outcome, case.exit_code)
            if same and (said.outcome == "unknown" or agrees(said, measured)):
                return False
        return True

    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [case.name for case, bad in zip(sample, pool.map(differs, sample), strict=True) if bad]
    assert wrong == []


def test_a_draw_is_the_same_for_the_same_seed() -> None:
    assert [draw_of(f"1.{index}") for index in range(50)] == [draw_of(f"1.{index}") for index in range(50)]


def test_what_is_smaller_is_smaller_and_ends() -> None:
    for index in range(20):
        draw = draw_of(f"2.{index}")
        while less := next((each for each in draw.smaller() if each.size() < draw.size()), None):
            draw = less
        assert len(write(draw.body, lines=False).splitlines()) <= 8
