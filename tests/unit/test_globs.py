"""The files that a pattern names, in a list that is gone through or kept."""

from __future__ import annotations

import pytest

from tests.unit.scripts import context, said


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param("files=(/o*.sh)\n[[ ${files[0]} = /other.sh ]] && exec hypercorn\nexit 1", "graceful", id="array"),
        pytest.param("files=(/x*.sh)\n[[ ${files[0]} = /x*.sh ]] && exec hypercorn\nexit 1", "graceful", id="stays"),
        pytest.param(
            "shopt -s nullglob\nfiles=(/x*.sh)\n(( ${#files[@]} )) && exit 1\nexec hypercorn", "graceful", id="no"
        ),
        pytest.param("for f in /x/*.sh; do . $f; done\nexec hypercorn", "fails", id="a-name-like-any"),
        pytest.param(
            "shopt -s nullglob\nfor f in /x/*.sh; do . $f; done\nexec hypercorn", "graceful", id="not-gone-through"
        ),
        pytest.param("shopt -s nullglob\nfor f in /o*.sh; do . $f; done\nexec hypercorn", "fails", id="gone-through"),
        pytest.param(
            "shopt -s nullglob\nshopt -u nullglob\nfor f in /x/*.sh; do . $f; done\nexec hypercorn", "fails", id="unset"
        ),
    ],
)
def test_files_of_a_pattern(script: str, outcome: str) -> None:
    verdict, _ = said(context(f"set -e\n{script}\n", other="exit 3\n"))
    assert verdict.outcome == outcome


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        pytest.param("set -e\nsource /other.sh\nexec hypercorn", "fails", id="source"),
        pytest.param("set -e\nshopt -s nullglob\nexec hypercorn", "fails", id="shopt"),
        pytest.param("source /other.sh\nexec hypercorn", "graceful", id="nobody-minds"),
        pytest.param("set -e\ndeclare -x A=1 || true\nexec hypercorn", "graceful", id="minded"),
    ],
)
def test_no_program_is_called_like_a_builtin_of_bash(command: str, outcome: str) -> None:
    verdict, _ = said(context(f"#!/bin/sh\n{command}\n", base="python:3.12-slim", other="A=1\n"))
    assert verdict.outcome == outcome


def test_a_static_httpd_is_busyboxs() -> None:
    lines = "FROM busybox AS build\nRUN cp /bin/busybox /httpd\n\nFROM scratch\nCOPY --from=build /httpd /httpd\n"
    verdict, _ = said({"Dockerfile": f'{lines}CMD ["/httpd", "-f", "-h", "/www"]\n'})
    assert verdict.outcome == "killed"
