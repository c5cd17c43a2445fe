"""Holds the analysis to the measured facts: nothing that it says of them may be wrong, but for a short list."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from tests.conformance import facts
from tests.conformance.agreement import compare

GROUPS = sorted({fact.group for fact in facts.load()})

EXCEPTIONS = {
    "rt.go-ctx-ignored.INT": "a program that nobody knows ignores SIGINT: it is taken to handle its stop signal",
    "rtt.go-ctx-ignored.INT": "the same",
    "rtt.cron-daemon-tail": "tini goes with the shell; cron is not told, but has nothing to lose by that",
    "verup.*.time": "measured without a program `time`, which Alpine has",
    "trap.zsh.app-tee-bg-trap": "zsh waits for the last process of a pipeline alone, which ends after the first",
    "trap.mksh.sigint-trap-fwdINT-app0": "mksh ends by a second SIGINT that its trap has sent to a job",
}
"""The facts that are contradicted, each with the reason; one that holds again has to leave this list."""


def excepted(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in EXCEPTIONS)


@pytest.mark.parametrize("group", GROUPS)
def test_no_fact_is_contradicted(group: str) -> None:
    wrong = [
        (one.fact.id, one.fact.outcome, one.fact.pid1_exit, one.predicted.outcome, one.predicted.exit_code)
        for one in compare(group)
        if one.agreement == "wrong" and not excepted(one.fact.id)
    ]
    assert wrong == []


def test_what_is_excepted_is_contradicted() -> None:
    wrong = [one.fact.id for group in GROUPS for one in compare(group) if one.agreement == "wrong"]
    assert [pattern for pattern in EXCEPTIONS if not any(fnmatchcase(name, pattern) for name in wrong)] == []


def test_most_facts_are_predicted_exactly() -> None:
    all_of_them = [one.agreement for group in GROUPS for one in compare(group)]
    assert all_of_them.count("exact") >= 0.99 * len(all_of_them)
    assert all_of_them.count("unknown") <= 0.006 * len(all_of_them)
