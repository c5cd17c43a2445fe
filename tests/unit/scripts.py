"""Images that start one script, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from stopcheck.fixes import apply, sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.case import Verdict
    from stopcheck.model import Severity, Violation

    Said = tuple[Verdict, list[tuple[str, Violation, Severity]]]

PACKAGES = "hypercorn nginx mariadb-server postgresql redis slapd haproxy cron tini dumb-init supervisor gosu"


def context(script: str, base: str = "debian:bookworm-slim", lines: str = "", **files: str) -> dict[str, str]:
    """The build context of an image that starts /start.sh; `lines` stand before CMD, `files` are further scripts.

    A script is bash's unless it begins with `#!`.
    """
    shebang = "" if script.startswith("#!") else "#!/bin/bash\n"
    install = f"apk add {PACKAGES}" if base.startswith("alpine") else f"apt-get update && apt-get install -y {PACKAGES}"
    others = {f"{name}.sh": text if text.startswith("#!") else f"#!/bin/bash\n{text}" for name, text in files.items()}
    dockerfile = f'FROM {base}\nRUN {install}\nCOPY *.sh /\n{lines}\nCMD ["/start.sh"]\n'
    return {"Dockerfile": dockerfile, "start.sh": shebang + script, **others}


def said(files: Mapping[str, str], grace: float = 10.0) -> Said:
    """The verdict and what is found."""
    modes = dict.fromkeys(files, 0o755)
    ((_, verdict, found),), problems = analyze_container(
        MemoryFiles(files, modes), "Dockerfile", Options(grace_period=grace)
    )
    assert problems == ()
    return verdict, found


def found(some: Said, least: Severity = "warning") -> list[tuple[str, str]]:
    """Rules and the lines that they blame, of findings of a severity and above."""
    order = ("error", "warning", "note")
    rows = [row for row in some[1] if order.index(row[2]) <= order.index(least)]
    return sorted((rule, line(violation)) for rule, violation, _ in rows)


def line(violation: Violation) -> str:
    """The line that is blamed, without its indentation."""
    span = violation.span.outermost()
    return span.source.line(span.position()[0]).strip()


def mended(files: Mapping[str, str], some: Said) -> dict[str, str]:
    """The files after all fixes."""
    fixes = [violation.fix for _, violation, _ in some[1] if violation.fix is not None]
    edits = tuple(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
    return {**files, **{source.path: apply(source, edits) for fix in fixes for source in sources(fix)}}
