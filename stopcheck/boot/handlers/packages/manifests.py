"""What the package.json of a program tells, and other configurations in JSON."""

from __future__ import annotations

import json
import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent

if TYPE_CHECKING:
    from stopcheck.boot.handlers.source import Project


def settings(path: str, project: Project) -> dict[str, object]:
    """A configuration in JSON, with the comments and the last commas that tsc allows; empty where there is none."""
    text = project.text(path)
    if text is None:
        return {}
    comments = r"(\"(?:\\.|[^\"\\])*\")|//[^\n]*|/\*.*?\*/"
    plain = re.sub(comments, lambda match: match[1] or "", text.text, flags=re.DOTALL)
    try:
        found = json.loads(re.sub(r",(\s*[}\]])", r"\1", plain))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def nearest_package(path: str, project: Project) -> tuple[str, dict[str, object]]:
    """The nearest package.json above a file, and its folder."""
    folder = parent(path)
    while not (package := settings(join(folder, "package.json"), project)) and folder not in {"/", ""}:
        folder = parent(folder)
    return folder, package
