"""What stopcheck says of a fact's image, and whether that agrees with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stopcheck.analysis import _verdict
from stopcheck.files import MemoryFiles
from stopcheck.image.build import build_image
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.source import SourceFile
from stopcheck.stop.assess import assess
from stopcheck.syntax.dockerfile import parse_dockerfile

if TYPE_CHECKING:
    from tests.conformance.fact_images import FactImage
    from tests.conformance.facts import Fact

Agreement = Literal["exact", "unknown", "wrong"]

MEETS = {"ends": ("graceful", "terminated"), "partial": ("graceful",)}
"""Measured outcomes that stand for one of several words of the report."""


CERTAIN = ("killed", "cut-off", "terminated", "exits", "fails")
"""Measured outcomes whose exit code is compared; where nothing starts, the engine chooses among 1, 126 and 127."""


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
    files = MemoryFiles(image.files, image.modes)
    dockerfile = parse_dockerfile(SourceFile("Dockerfile", image.dockerfile))
    built, problems = build_image(dockerfile, files, "", None)
    if built is None:
        return Prediction("problem", reason="; ".join(problem.message for problem in problems))
    try:
        verdict = _verdict(assess(built, grace_period, programs))
    except Exception as error:  # one that crashes is as wrong as can be, and the others are still compared
        return Prediction("crash", reason=repr(error))
    story = "\n".join(step.text for step in verdict.story)
    return Prediction(str(verdict.outcome), verdict.exit_code, verdict.reason, story)


def agreement(fact: Fact, predicted: Prediction) -> Agreement:
    """Compare with a fact."""
    if predicted.outcome == "unknown":
        return "unknown"
    return "exact" if meets(fact.outcome, fact.pid1_exit, predicted) else "wrong"


def meets(outcome: str, code: int, predicted: Prediction) -> bool:
    """Whether a prediction fits a measured outcome, and its exit code where that outcome makes it certain."""
    if {outcome, predicted.outcome} == {"exits", "fails"}:
        return predicted.exit_code == code
    if predicted.outcome not in MEETS.get(outcome, (outcome,)):
        return False
    if predicted.exit_code is None or outcome not in CERTAIN:
        return True
    return predicted.exit_code == code or (outcome == "fails" and predicted.exit_code in (1, 126, 127))
