"""SARIF: what code scanning services read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stopcheck import rules
from stopcheck.report import render
from stopcheck.report._lines import Style
from stopcheck.source import SourceFile
from tests.unit.reports import DOCKERFILE, REPORT, finding, spot

if TYPE_CHECKING:
    from stopcheck.case import Report

PAGE = "---\nsummary: No exec\nseverity: error\nfix: safe\nsince: 0.1.0\naliases: []\n---\n# missing-exec\n\nText.\n"


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "load_all", lambda: (rules.parse("missing-exec", PAGE),))


def run(report: Report = REPORT) -> dict[str, Any]:
    log = json.loads(render("sarif", report, Style()))
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


def test_each_rule_is_described_with_its_page() -> None:
    (rule,) = run()["tool"]["driver"]["rules"]
    assert rule["id"] == "missing-exec"
    assert rule["shortDescription"] == {"text": "No exec"}
    assert rule["help"] == {"text": "# missing-exec\n\nText.", "markdown": "# missing-exec\n\nText."}
    assert rule["defaultConfiguration"] == {"level": "error"}


def test_a_result_points_at_its_rule_and_its_place() -> None:
    (result,) = run()["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("missing-exec", 0, "error")
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "web/start.sh", "uriBaseId": "SRCROOT"},
                "region": {
                    "startLine": 4,
                    "startColumn": 1,
                    "endLine": 4,
                    "endColumn": 29,
                    "snippet": {"text": "gunicorn app:wsgi --bind :80"},
                },
            }
        }
    ]


def test_the_code_flow_leads_from_the_dockerfile_into_the_script() -> None:
    (flow,) = run()["results"][0]["codeFlows"]
    steps = [step["location"] for step in flow["threadFlows"][0]["locations"]]
    places = [step["physicalLocation"]["artifactLocation"]["uri"] for step in steps]
    assert places == ["web/Dockerfile", "web/start.sh", "web/start.sh", "web/start.sh"]
    assert steps[3]["message"] == {"text": "+10.0 s: SIGKILL to all that is left"}


def test_a_fix_replaces_a_region() -> None:
    assert run()["results"][0]["fixes"] == [
        {
            "description": {"text": "Start it with `exec`"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "web/start.sh", "uriBaseId": "SRCROOT"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 4, "startColumn": 1, "endLine": 4, "endColumn": 1},
                            "insertedContent": {"text": "exec "},
                        }
                    ],
                }
            ],
        }
    ]


def test_a_problem_is_a_notification() -> None:
    (invocation,) = run()["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"] == {"text": "no FROM"}


def fingerprint(report: Report) -> list[str]:
    return [result["partialFingerprints"]["stopcheckFinding/v1"] for result in run(report)["results"]]


def test_a_fingerprint_survives_a_line_that_moves() -> None:
    source = SourceFile("web/start.sh", "#!/bin/sh\n\n\n  gunicorn app:wsgi --bind :80\n")
    moved = replace(
        finding(), violation=replace(finding().violation, span=spot(source, "gunicorn app:wsgi --bind :80"))
    )
    assert fingerprint(replace(REPORT, findings=(moved,))) == fingerprint(REPORT)


def test_fingerprints_tell_places_apart() -> None:
    elsewhere = replace(finding(), violation=replace(finding().violation, span=spot(DOCKERFILE, "COPY start.sh /")))
    assert len(set(fingerprint(replace(REPORT, findings=(finding(), finding(), elsewhere))))) == 3


def test_a_uri_is_quoted() -> None:
    source = SourceFile("my web/é#1", "app\n")
    odd = replace(finding(), violation=replace(finding().violation, span=spot(source, "app")))
    place = run(replace(REPORT, findings=(odd,)))["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20web/%C3%A9%231"
