"""The report as SARIF 2.1.0, for code scanning services and editors."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from urllib.parse import quote

from stopcheck import __version__, rules
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.case import Report
    from stopcheck.model import Finding, Fix, Problem, Step
    from stopcheck.report._lines import Style
    from stopcheck.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"


def render(report: Report, style: Style) -> str:
    """See report.render."""
    described = rules.load_all()
    indices = {rule.name: index for index, rule in enumerate(described)}
    driver = {
        "name": "stopcheck",
        "version": __version__,
        "semanticVersion": __version__,
        "shortDescription": {"text": "If this container is stopped, what happens?"},
        "rules": [_rule(rule) for rule in described],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The working directory of the run."}}},
        "invocations": [
            {
                "executionSuccessful": not report.problems,
                "toolExecutionNotifications": [_notification(problem) for problem in report.problems],
            }
        ],
        "results": _results(report, indices),
    }
    text = json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=not style.unicode)
    return text.encode("utf-8", "replace").decode() + "\n"


def _rule(rule: rules.Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.text.strip(), "markdown": rule.text.strip()},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"since": rule.since, "fix": rule.fix, "tags": ["docker", "signals"]},
    }


def _notification(problem: Problem) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(problem.path)}
    if problem.line is not None:
        place["region"] = {"startLine": problem.line, "startColumn": problem.column or 1}
    location = {"physicalLocation": place}
    return {"level": "error", "message": {"text": problem.message}, "locations": [location]}


def _results(report: Report, indices: dict[str, int]) -> list[dict[str, Any]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    results: list[dict[str, Any]] = []
    for finding in report.findings:
        span = finding.violation.span
        line, _, _, _ = span.position()
        # A line that moves keeps its fingerprint; the number tells equal lines of a file apart.
        key = (finding.rule, span.path, span.outermost().source.line(line).strip())
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        fingerprint = sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
        results.append(_result(finding, report, indices.get(finding.rule, -1), fingerprint))
    return results


def _result(finding: Finding, report: Report, index: int, fingerprint: str) -> dict[str, Any]:
    violation = finding.violation
    verdicts = [report.containers[index].verdict for index in finding.containers]
    result = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": violation.message},
        "locations": [{"physicalLocation": _place(violation.span, snippet=True)}],
        "partialFingerprints": {"stopcheckFinding/v1": fingerprint},
        "properties": {"outcomes": sorted({str(verdict.outcome) for verdict in verdicts})},
    }
    if violation.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(label.span), "message": {"text": label.text}}
            for number, label in enumerate(violation.related, 1)
        ]
    stories = [violation.story] if violation.story else [verdict.story for verdict in verdicts if verdict.story]
    flows = [_flow(story, violation.span) for story in stories]
    if flows:
        result["codeFlows"] = flows
    if violation.fix is not None:
        result["fixes"] = [_fix(violation.fix)]
    return result


def _flow(story: tuple[Step, ...], blamed: Span) -> dict[str, Any]:
    """A story as a code flow; what is written nowhere, such as the SIGKILL, is told at the place before it."""
    at = next((step.span for step in story if step.span is not None), blamed)
    locations: list[dict[str, Any]] = []
    for step in story:
        at = step.span or at
        time = "" if step.seconds is None or step.seconds < 0 else f"{step.seconds:+.1f} s: "
        location = {"physicalLocation": _place(at), "message": {"text": time + step.text}}
        locations.append({"location": location})
    return {"threadFlows": [{"locations": locations}]}


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.span.path, []).append(replacement)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
    }


def _place(span: Span, snippet: bool = False) -> dict[str, Any]:
    region = _region(span)
    if snippet:
        region["snippet"] = {"text": span.outermost().text}
    return {"artifactLocation": _artifact(span.path), "region": region}


def _region(span: Span) -> dict[str, Any]:
    line, column, end_line, end_column = span.position()
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path.encode("utf-8", "surrogateescape")), "uriBaseId": ROOT}
