"""knowledge/libraries.toml: each library once, by what was looked at, with actions that exist."""

from __future__ import annotations

import re
import tomllib

import pytest

from stopcheck.boot.handlers.program import find_language
from stopcheck.boot.handlers.together import STRENGTH
from stopcheck.knowledge import table_text
from stopcheck.knowledge.libraries import find_library, library_rows

TABLES = tomllib.loads(table_text("libraries.toml"))


@pytest.mark.parametrize("language", [pytest.param(name, id=name) for name in TABLES])
def test_each_name_stands_once(language: str) -> None:
    names = [entry.rpartition("@")[0] for table in TABLES[language] for entry in table["names"].split()]
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(library_rows(language))


@pytest.mark.parametrize("language", [pytest.param(name, id=name) for name in TABLES])
def test_each_row_says_what_was_looked_at(language: str) -> None:
    for row in library_rows(language).values():
        assert row.version[:1].isdigit(), row.name
        assert row.source, row.name
        assert set(row.on.values()) <= STRENGTH.keys(), row.name
        assert all(re.fullmatch(r"[A-Z]+\d?", signal) for signal in row.on), row.name
        assert bool(row.on) or not row.where, row.name


@pytest.mark.parametrize("language", [pytest.param(name, id=name) for name in TABLES])
def test_its_language_asks_for_each_by_that_name(language: str) -> None:
    module = find_language(language)
    for name in library_rows(language):
        assert name in module.libraries(name), name


def test_the_longest_name_counts() -> None:
    module = find_language("python")
    rows = [find_library("python", name) for name in module.libraries("sqlalchemy.orm.Session?")]
    assert [row.name for row in rows if row] == ["sqlalchemy"]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        pytest.param("python", "numpi", id="nearly"),
        pytest.param("node", "Express", id="case"),
        pytest.param("cobol", "express", id="language"),
    ],
)
def test_what_is_not_there_is_not_known(language: str, name: str) -> None:
    assert find_library(language, name) is None
