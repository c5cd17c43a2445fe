"""Texts that stand in others, or were made from them: a span in one has a place in the file on disk."""

from __future__ import annotations

import json

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.boot.embedded import embedded
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from stopcheck.source import SourceFile, Span

FILE = SourceFile("start.sh", "#!/bin/sh\nsh -c 'app; other'\n")
WORD = Span(FILE, 16, 28)


@pytest.mark.parametrize(
    ("text", "part", "there"),
    [
        pytest.param("app; other", (5, 10), "other", id="stands there"),
        pytest.param("made of it", (0, 4), "'app; other'", id="made of it"),
        pytest.param("made of it", (5, 5), "", id="made of it, an empty place"),
    ],
)
def test_a_span_in_an_embedded_text(text: str, part: tuple[int, int], there: str) -> None:
    assert WORD.text == "'app; other'"
    assert Span(embedded(text, WORD), *part).outermost().text == there


@pytest.mark.parametrize(
    ("command", "blamed"),
    [
        pytest.param("npm start", "npm start", id="alone"),
        pytest.param("if true; then \\\n  npm start; \\\nfi", "npm start", id="in a construct"),
    ],
)
def test_what_a_script_of_package_json_starts_is_blamed_on_the_whole_command(command: str, blamed: str) -> None:
    files = {
        "Dockerfile": f"FROM node:20-alpine\nCOPY . /\nCMD {command}\n",
        "package.json": json.dumps({"scripts": {"start": "node app.js"}}),
        "app.js": "require('http').createServer().listen(80)\n",
    }
    ((_, _, found),), _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    spans = [violation.span.outermost().text for rule, violation, _ in found if rule == "missing-signal-handler"]
    assert spans == [blamed]
