"""Report formats: each module of this package without a leading underscore is one, and renders a Report to text."""

from __future__ import annotations

import os
from importlib import import_module

from stopcheck.hints import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from stopcheck.case import Report
    from stopcheck.report._lines import Style


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    names = (name.partition(".") for name in os.listdir(os.path.dirname(__file__)))
    return tuple(sorted(stem for stem, _, suffix in names if suffix == "py" and not stem.startswith("_")))


def render(name: str, report: Report, style: Style) -> str:
    """The report in the format of that name, with a newline at its end."""
    return cast("str", import_module(f"stopcheck.report.{name}").render(report, style))
