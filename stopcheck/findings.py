"""Runs the checks over a case and keeps what holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.case import Options
    from stopcheck.files import Files
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.model import Severity, Violation
    from stopcheck.stop.assess import Assessment
    from stopcheck.syntax.dockerfile import Dockerfile


def violations(
    dockerfile: Dockerfile, files: Files, assessment: Assessment, options: Options, programs: Mapping[str, ProgramRow] | None
) -> list[tuple[str, Violation, Severity]]:
    """What is wrong with a container, by rule."""
    return []
