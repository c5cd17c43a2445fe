"""The report as JSON: the contract that docs/output.md and schema.json describe."""

from __future__ import annotations

import json

from stopcheck import __version__
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.case import ContainerReport, Report
    from stopcheck.model import Finding, Fix, Problem, Step
    from stopcheck.report._lines import Style
    from stopcheck.source import Span

SCHEMA = 1


def render(report: Report, style: Style) -> str:
    """See report.render."""
    value = {
        "schema": SCHEMA,
        "version": __version__,
        "containers": [_container(container) for container in report.containers],
        "findings": [_finding(finding) for finding in report.findings],
        "problems": [_problem(problem) for problem in report.problems],
    }
    # Bytes that are not UTF-8 are surrogates in our texts, which JSON has no place for.
    return json.dumps(value, ensure_ascii=not style.unicode, indent=2).encode("utf-8", "replace").decode() + "\n"


def _container(report: ContainerReport) -> dict[str, Any]:
    container, verdict = report.container, report.verdict
    return {
        "path": container.path,
        "stage": container.stage,
        "service": container.service,
        "context": container.context,
        "argv": [word if isinstance(word, str) else None for word in container.argv],
        "stop_signal": container.stop_signal,
        "grace_period": float(container.grace_period),
        "outcome": str(verdict.outcome),
        "exit_code": verdict.exit_code,
        "signal_reaches_main": verdict.signal_reaches_main,
        "main": list(verdict.main),
        "reason": verdict.reason,
        "story": [_step(step) for step in verdict.story],
    }


def _step(step: Step) -> dict[str, Any]:
    if step.span is None:
        return {"path": None, "line": None, "column": None, "text": step.text}
    line, column, _, _ = step.span.position()
    return {"path": step.span.path, "line": line, "column": column, "text": step.text}


def _finding(finding: Finding) -> dict[str, Any]:
    violation = finding.violation
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": violation.message,
        **_place(violation.span),
        "containers": list(finding.containers),
        "story": [_step(step) for step in finding.story],
        "fix": None if violation.fix is None else _fix(violation.fix),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "safety": fix.safety, "edits": edits}


def _place(span: Span) -> dict[str, Any]:
    line, column, end_line, end_column = span.position()
    return {"path": span.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _problem(problem: Problem) -> dict[str, Any]:
    return {"path": problem.path, "line": problem.line, "column": problem.column, "message": problem.message}
