"""Each rule page's examples: the bad ones are blamed where they are marked, the good ones are not, a kernel agrees."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import pytest

from stopcheck import findings, rules
from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from stopcheck.fixes import apply, sources
from tests.conformance import harness
from tests.conformance.prediction import Prediction, meets
from tests.conformance.rule_examples import UnbuildableError, run_example

if TYPE_CHECKING:
    from stopcheck.case import Verdict
    from stopcheck.model import Severity, Violation

GRACE = 3.0
"""Seconds of grace where an example is run: it is the same story in less time."""


@dataclass(frozen=True)
class Case:
    """An example with where it stands."""

    rule: rules.Rule
    heading: Literal["Bad", "Good"]
    example: rules.Example

    def analysed(self, grace: float = 10.0) -> tuple[Verdict, list[tuple[str, Violation, Severity]]]:
        files = MemoryFiles(self.example.files, self.example.modes)
        ((_, verdict, found),), problems = analyze_container(files, "Dockerfile", Options(grace_period=grace))
        assert problems == ()
        return verdict, found


@cache
def cases() -> tuple[Case, ...]:
    return tuple(
        Case(rule, heading, example)
        for rule in rules.load_all()
        for heading in ("Bad", "Good")
        for example in rules.examples(rule, heading)
    )


def parameters(*headings: str) -> list[object]:
    return [
        pytest.param(case, id=f"{case.rule.name}-{case.heading}-{case.example.title}".replace(" ", "-"))
        for case in cases()
        if case.heading in headings
    ]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.name) for rule in rules.load_all()])
class TestPage:
    """What holds of a page as a whole."""

    def test_it_is_complete(self, rule: rules.Rule) -> None:
        assert rule.text.lstrip().startswith(f"# {rule.name}\n")
        headings = re.findall(r"^## (.*)$", rule.text, re.MULTILINE)
        assert [name for name in headings if name in ("Bad", "Good", "When it is fine", "References")] == [
            "Bad",
            "Good",
            "When it is fine",
            "References",
        ]
        assert rules.examples(rule, "Bad")
        assert rules.examples(rule, "Good")
        assert re.fullmatch(r"\d+\.\d+\.\d+", rule.since)

    def test_it_has_a_check_and_its_aliases_are_nobody_elses(self, rule: rules.Rule) -> None:
        assert rule.name in findings.rules_with_checks()
        names = [name for other in rules.load_all() for name in (other.name, *other.aliases)]
        assert all(names.count(name) == 1 for name in (rule.name, *rule.aliases))

    def test_it_promises_the_fixes_that_it_has(self, rule: rules.Rule) -> None:
        fixes = [
            violation.fix.safety
            for case in cases()
            if case.rule == rule and case.heading == "Bad"
            for _, violation, _ in case.analysed()[1]
            if violation.fix is not None
        ]
        assert set(fixes) == ({rule.fix} - {"none"})


def test_each_check_has_a_page() -> None:
    assert findings.rules_with_checks() == rules.names()


@pytest.mark.parametrize("case", parameters("Bad"))
def test_a_bad_example_is_blamed_where_it_is_marked(case: Case) -> None:
    _, found = case.analysed()
    blamed = [(name, violation.span.path, violation.span.position()[0]) for name, violation, _ in found]
    assert sorted(blamed) == sorted((case.rule.name, path, line) for path, line in case.example.marks)
    order = ("error", "warning", "note")
    assert all(order.index(severity) >= order.index(case.rule.severity) for _, _, severity in found)


@pytest.mark.parametrize("case", parameters("Good"))
def test_a_good_example_is_not_blamed(case: Case) -> None:
    assert case.analysed()[1] == []
    assert case.example.marks == ()


@pytest.mark.parametrize("case", parameters("Bad"))
def test_the_fix_of_a_bad_example_gives_the_good_one(case: Case) -> None:
    fixes = [violation.fix for _, violation, _ in case.analysed()[1] if violation.fix is not None]
    if not fixes:
        return
    (good,) = [example for example in rules.examples(case.rule, "Good") if example.title == case.example.title]
    edits = tuple(edit for fix in fixes for edit in fix.edits)
    changed = {source.path: apply(source, edits) for fix in fixes for source in sources(fix)}
    assert {**case.example.files, **changed} == good.files


@pytest.mark.parametrize("case", parameters("Bad", "Good"))
def test_an_example_ends_as_predicted(case: Case) -> None:
    verdict, _ = case.analysed(GRACE)
    try:
        measured = run_example(case.example.files, GRACE, case.example.modes, verdict.outcome)
    except UnbuildableError:
        assert verdict.outcome == "unknown"
        return
    except harness.UnavailableError as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    predicted = Prediction(str(verdict.outcome), verdict.exit_code, verdict.reason)
    # Where the job beside the main process counts as a main one, its being cut off is what counts.
    outcome = "cut-off" if measured.outcome == "partial" and len(verdict.main) > 1 else measured.outcome
    assert meets(outcome, measured.pid1_exit, predicted), f"predicted {predicted}, measured {measured}"
