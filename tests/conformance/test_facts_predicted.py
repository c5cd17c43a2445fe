"""Holds the analysis to the measured facts: nothing that it says of them may be wrong."""

from __future__ import annotations

import pytest

from tests.conformance import facts
from tests.conformance.agreement import compare

GROUPS = sorted({fact.group for fact in facts.load()} - {"verup"})


@pytest.mark.parametrize("group", GROUPS)
def test_no_fact_is_contradicted(group: str) -> None:
    wrong = [
        (one.fact.id, one.fact.outcome, one.fact.pid1_exit, one.predicted.outcome, one.predicted.exit_code)
        for one in compare(group)
        if one.agreement == "wrong"
    ]
    assert wrong == []
