"""What stopcheck says of a fact's image, and whether that agrees with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from stopcheck.knowledge.programs import ProgramRow

if TYPE_CHECKING:
    from tests.conformance.fact_images import FactImage
    from tests.conformance.facts import Fact

Agreement = Literal["exact", "unknown", "wrong"]

MEETS = {"ends": ("graceful", "terminated"), "partial": ("graceful",)}
"""Measured outcomes that stand for one of several words of the report."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The verdict on an image: `reason` where it is unknown, `story` its steps one a line."""

    outcome: str
    exit_code: int | None = None
    reason: str | None = None
    story: str = ""


def predict(image: FactImage, grace_period: float = 3.0) -> Prediction:
    """Analyse an image that stands in memory; the facts were measured with 3 s of grace."""
    programs = {name: ProgramRow(name, otherwise="default") for name in image.default_programs}
    programs["app"] = ProgramRow("app", role="unknown", seconds=image.cleanup_seconds)
    options = Options(grace_period=grace_period)
    cases, problems = analyze_container(MemoryFiles(image.files, image.modes), "Dockerfile", options, programs)
    if not cases:
        return Prediction("problem", reason="; ".join(problem.message for problem in problems))
    verdict = cases[0][1]
    story = "\n".join(step.text for step in verdict.story)
    return Prediction(str(verdict.outcome), verdict.exit_code, verdict.reason, story)


def agreement(fact: Fact, predicted: Prediction) -> Agreement:
    """Compare the outcome, and the exit code where the measured outcome makes it certain."""
    if predicted.outcome == "unknown":
        return "unknown"
    return "exact" if _same_outcome(fact, predicted) and _same_code(fact, predicted) else "wrong"


def _same_outcome(fact: Fact, predicted: Prediction) -> bool:
    if {fact.outcome, predicted.outcome} == {"exits", "fails"}:
        return predicted.exit_code == fact.pid1_exit
    return predicted.outcome in MEETS.get(fact.outcome, (fact.outcome,))


def _same_code(fact: Fact, predicted: Prediction) -> bool:
    if predicted.exit_code is None:
        return True
    if fact.outcome == "fails":
        return predicted.exit_code in (fact.pid1_exit, 1, 126, 127)
    if fact.outcome in ("killed", "cut-off", "terminated", "exits"):
        return predicted.exit_code == fact.pid1_exit
    return True
