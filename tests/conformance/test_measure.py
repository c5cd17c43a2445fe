"""A case that is measured anew gives the row that is among the facts."""

from __future__ import annotations

import json

import pytest

from tests.conformance import facts, measure
from tests.conformance.test_facts_hold import require_containers


@pytest.mark.parametrize("identity", ["shc.dash.exec", "init.tini.app"])
def test_a_row(identity: str) -> None:
    require_containers()
    rows = map(json.loads, facts.FACTS.read_text("utf-8").splitlines())
    stored = next(row for row in rows if row["id"] == identity)
    measured = measure.row(identity, stored["what"], stored["shell"], stored["argv"], (), "TERM")
    assert {**measured, "seconds": 0, "files": {}} == {**stored, "seconds": 0, "files": {}}
    assert 0.5 <= measured["seconds"] < 2.5
