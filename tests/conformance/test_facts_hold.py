"""Measures facts again and holds the shared file to the kernel of this machine.

A sample by default; `STOPCHECK_FACTS=all` (or a number) for more, `STOPCHECK_SEED` to draw the same sample again.
"""

from __future__ import annotations

import dataclasses
import os
import random
from concurrent.futures import ThreadPoolExecutor

import click
import pytest

from tests.conformance import facts, harness

SAMPLE = 40
WORKERS = 24


def require_containers() -> None:
    """Skip where containers cannot be run; in CI that is a failure."""
    missing = [name for name in facts.MAIN_PACKAGES if name not in facts.installed()]
    reason = harness.why_unavailable() or (f"not installed: {', '.join(missing)}" if missing else None)
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)


def sample() -> tuple[facts.Fact, ...]:
    """The facts to measure again, drawn with a seed that pytest prints where the test fails."""
    measurable = [fact for fact in facts.load() if facts.is_measurable(fact)]
    wanted = os.environ.get("STOPCHECK_FACTS", str(SAMPLE))
    if wanted == "all":
        return tuple(measurable)
    seed = int(os.environ.get("STOPCHECK_SEED", random.SystemRandom().randrange(10**6)))
    click.echo(f"STOPCHECK_SEED={seed}: {wanted} of {len(measurable)} measurable facts")
    return tuple(random.Random(seed).sample(measurable, min(int(wanted), len(measurable))))


def disagreement(fact: facts.Fact) -> str | None:
    """What this machine does otherwise than the fact says; measured a second time before it is told."""
    case = facts.case_of(fact)
    long = harness.LONG_SHUTDOWN_SECONDS if fact.outcome in ("cut-off", "partial") else case.shutdown
    for shutdown in (case.shutdown, long):
        measured = harness.run(dataclasses.replace(case, shutdown=shutdown))
        same_code = measured.pid1_exit == fact.pid1_exit
        if measured.outcome == fact.outcome and (same_code or not fact.exit_is_certain):
            return None
        # `ends` is what is noted where nobody could tell more: there or here.
        if same_code and (fact.outcome == "ends" or (measured.outcome == "ends" and not fact.has_stand_in)):
            return None
    return f"{fact.id}: expected {fact.outcome} {fact.pid1_exit}, measured {measured}"


def test_facts_hold() -> None:
    require_containers()
    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = [text for text in pool.map(disagreement, sample()) if text is not None]
    assert not wrong, "\n".join(wrong)
