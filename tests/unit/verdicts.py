"""What is said of an image that runs one command in the exec form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.case import Verdict


def verdict(
    *argv: str,
    files: Mapping[str, str] | None = None,
    base: str = "debian:bookworm",
    lines: str = "",
    grace: float = 10.0,
) -> Verdict:
    """The verdict on an image with these files in /app, its working directory; `lines` stand before CMD."""
    dockerfile = f"FROM {base}\nWORKDIR /app\nCOPY src/ /app/\n{lines}\nCMD {json.dumps(argv)}\n"
    context = {f"src/{name}": text for name, text in (files or {".keep": ""}).items()}
    modes = dict.fromkeys(context, 0o755)
    found, problems = analyze_container(
        MemoryFiles({**context, "Dockerfile": dockerfile}, modes), "Dockerfile", Options(grace_period=grace)
    )
    assert problems == ()
    return found[0][1]
