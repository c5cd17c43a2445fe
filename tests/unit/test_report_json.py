"""The JSON contract."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import stopcheck.report
from stopcheck import __version__
from stopcheck.case import Report
from stopcheck.model import Problem
from stopcheck.report import render
from stopcheck.report._lines import Style
from stopcheck.source import SourceFile, Span
from tests.unit.reports import REPORT, finding

SCHEMA = json.loads(Path(stopcheck.report.__file__).with_name("schema.json").read_text("utf-8"))


def written(report: Report = REPORT, style: Style | None = None) -> dict[str, Any]:
    value = json.loads(render("json", report, style or Style()))
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("report", [pytest.param(REPORT, id="full"), pytest.param(Report(), id="empty")])
def test_it_is_what_the_schema_says(report: Report) -> None:
    jsonschema.validate(written(report), SCHEMA)


def test_the_schema_lets_nothing_else_through() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for key in written():
        lacking = {name: value for name, value in written().items() if name != key}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(lacking, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**written(), "more": 1}, SCHEMA)


def test_a_container() -> None:
    container = written()["containers"][0]
    story = container.pop("story")
    assert container == {
        "path": "web/Dockerfile",
        "stage": None,
        "service": None,
        "context": "web",
        "argv": ["/start.sh", "gunicorn", "app:wsgi"],
        "stop_signal": "SIGTERM",
        "grace_period": 10.0,
        "outcome": "killed",
        "exit_code": 137,
        "signal_reaches_main": False,
        "main": ["gunicorn"],
        "reason": None,
    }
    assert story[0] == {"path": "web/Dockerfile", "line": 3, "column": 1, "text": "/start.sh is PID 1, run by dash"}
    assert story[3] == {"path": None, "line": None, "column": None, "text": "SIGKILL to all that is left"}


def test_a_word_that_is_not_known_is_null() -> None:
    assert written()["containers"][2]["argv"] == ["/run", None]


def test_a_finding() -> None:
    assert written()["findings"] == [
        {
            "rule": "missing-exec",
            "severity": "error",
            "message": "`docker stop` waits 10 s, then kills gunicorn: exit 137.",
            "path": "web/start.sh",
            "line": 4,
            "column": 1,
            "end_line": 4,
            "end_column": 29,
            "containers": [0],
            "story": [{"path": "web/Dockerfile", "line": 3, "column": 1, "text": "this starts the script"}],
            "fix": {
                "title": "Start it with `exec`",
                "safety": "safe",
                "edits": [
                    {"path": "web/start.sh", "line": 4, "column": 1, "end_line": 4, "end_column": 1, "text": "exec "}
                ],
            },
        }
    ]


def test_a_finding_without_a_fix_says_null() -> None:
    bare = replace(finding(), violation=replace(finding().violation, fix=None))
    assert written(replace(REPORT, findings=(bare,)))["findings"][0]["fix"] is None


def test_a_problem() -> None:
    assert written()["problems"] == [{"path": "old/Dockerfile", "line": 1, "column": 1, "message": "no FROM"}]
    assert written(Report(problems=(Problem("x", "m"),)))["problems"][0]["line"] is None


def test_a_place_in_a_nested_text_is_told_in_the_file_on_disk() -> None:
    dockerfile = SourceFile("Dockerfile", "FROM a\nCMD é && app\n")
    inner = SourceFile("Dockerfile", "é && app", dockerfile, ((0, 11),))
    nested = replace(finding(), violation=replace(finding().violation, span=Span(inner, 5, 8)))
    found = written(replace(REPORT, findings=(nested,)))["findings"][0]
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (2, 10, 2, 13)


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert written(Report(problems=(Problem("caf\udce9", "m"),)))["problems"][0]["path"] == "caf?"


def test_it_fits_into_ascii() -> None:
    accents = Report(problems=(Problem("café", "m"),))
    assert render("json", accents, Style(unicode=False)).isascii()
    assert written(accents, Style(unicode=False)) == written(accents)


def test_the_version_is_that_of_the_package() -> None:
    assert (written()["schema"], written()["version"]) == (1, __version__)
