"""One cause, one finding: mending all that is called an error makes a stop go well, and mending less does not.

Held to the examples of all rule pages, tests/fixtures, examples/, and the image of every measured fact. Where an error
comes without a fix nobody can mend it here; then mending the others must not be enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stopcheck import fixes, rules
from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.config.options import read
from stopcheck.files import DiskFiles, MemoryFiles
from stopcheck.model import OutcomeKind
from stopcheck.proof import EditedFiles
from tests.conformance import facts
from tests.conformance.fact_images import image_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.case import Verdict
    from stopcheck.files import Files
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.model import Fix, Severity, Violation

TESTS = Path(__file__).parents[1]
WELL = (OutcomeKind.GRACEFUL, OutcomeKind.TERMINATED)

EXCEPTIONS = {
    # What starts now is started by a program that passes no signal on: seen once it starts.
    "start.flock.not-executable",
    "start.setsid.not-executable",
}
"""The facts of which it does not hold; one of which it holds again has to leave this list."""


@dataclass(frozen=True)
class Subject:
    """An image definition, `Dockerfile` among its files, and what is known of its programs."""

    files: Files
    options: Options = field(default_factory=Options)
    programs: Mapping[str, ProgramRow] = field(default_factory=dict)

    def analysed(self, files: Files | None = None) -> tuple[Verdict, list[tuple[str, Violation, Severity]]]:
        cases, _ = analyze_container(files or self.files, "Dockerfile", self.options, self.programs)
        ((_, verdict, found),) = cases
        return verdict, found

    def mended(self, some: list[Fix]) -> OutcomeKind:
        """The outcome after these fixes; two that touch the same text count as no way to mend it."""
        edits = tuple(dict.fromkeys(edit for fix in some for edit in fix.edits))
        sources = dict.fromkeys(edit.span.outermost().source for edit in edits)
        files = EditedFiles(self.files, {source: fixes.apply(source, edits) for source in sources})
        return self.analysed(files)[0].outcome

    def violations(self) -> list[str]:
        """In which ways it does not hold."""
        verdict, found = self.analysed()
        errors = [(rule, violation.fix) for rule, violation, severity in found if severity == "error"]
        said: list[str] = []
        if errors and verdict.outcome in WELL:
            said.append(f"errors though it is {verdict.outcome}")
        if errors and all(fix is not None for _, fix in errors):
            outcome = self.mended([fix for _, fix in errors if fix is not None])
            if outcome not in WELL:
                said.append(
                    f"{verdict.outcome}, and {outcome} after all fixes of {', '.join(rule for rule, _ in errors)}"
                )
        for index, (rule, _) in enumerate(errors):
            others = [fix for at, (_, fix) in enumerate(errors) if at != index and fix is not None]
            if others and self.mended(others) in WELL:
                said.append(f"{verdict.outcome}, and well without mending {rule}")
        return said


@cache
def pages() -> dict[str, Subject]:
    return {
        f"{rule.name}-{heading}-{example.title}".replace(" ", "-"): Subject(MemoryFiles(example.files, example.modes))
        for rule in rules.load_all()
        for heading in ("Bad", "Good")
        for example in rules.examples(rule, heading)
    }


def folders() -> dict[str, Subject]:
    return {
        f"{path.parent.name}/{path.name}": Subject(DiskFiles(path))
        for parent in (TESTS / "fixtures", TESTS.parent / "examples")
        for path in sorted(parent.iterdir())
        if (path / "Dockerfile").exists()
    }


def measured(group: str) -> Iterator[tuple[str, Subject]]:
    for fact in facts.load():
        image = image_of(fact) if fact.group == group and not fact.flaky and not fact.is_mixed else None
        if image is not None:
            told = (
                'app0 = { otherwise = "default" }',
                f'app = {{ role = "unknown", seconds = {image.cleanup_seconds} }}',
            )
            settings, _ = read("stopcheck.toml", "\n".join(("[programs]", *told)))
            assert settings is not None
            options = Options(grace_period=3.0)
            yield fact.id, Subject(MemoryFiles(image.files, image.modes), options, settings.programs)


def test_there_is_something_to_hold_it_to() -> None:
    subjects = [*pages().values(), *folders().values()]
    assert sum(any(severity == "error" for *_, severity in each.analysed()[1]) for each in subjects) > 50


@pytest.mark.parametrize("name", pages())
def test_examples_of_rule_pages(name: str) -> None:
    assert pages()[name].violations() == []


@pytest.mark.parametrize("name", folders())
def test_fixtures_and_examples(name: str) -> None:
    assert folders()[name].violations() == []


def test_what_a_page_calls_good_ends_well_where_the_bad_is_an_error() -> None:
    for name, subject in pages().items():
        good = pages().get(name.replace("-Bad-", "-Good-"))
        if "-Bad-" in name and good is not None and any(severity == "error" for *_, severity in subject.analysed()[1]):
            assert good.analysed()[0].outcome in WELL, name


@pytest.mark.parametrize("group", sorted({fact.group for fact in facts.load()} - {"verup"}))
def test_measured_images(group: str) -> None:
    found = {name: said for name, subject in measured(group) if (said := subject.violations())}
    new = {name: said for name, said in found.items() if name not in EXCEPTIONS}
    assert new == {}
    assert [name for name in EXCEPTIONS if name.startswith(f"{group}.") and name not in found] == []
