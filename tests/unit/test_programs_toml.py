"""The data on programs is whole: every row has a source, and its words mean something."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import stopcheck.knowledge.programs as programs
from stopcheck.boot.programs.roles import find_role
from stopcheck.boot.signals import signal_name
from stopcheck.knowledge.programs import ProgramRow, applied, find_program, program_row

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = Path(programs.__file__).with_name("programs.toml").read_text("utf-8")
TABLES: dict[str, dict[str, Any]] = tomllib.loads(TEXT)
PLAIN_ROLES = {
    "service", "short", "test", "timer", "keepalive", "unknown", "worker", "opaque", "exec", "fork", "init", "daemon",
    "supervisor", "setsid", "unread",
}  # fmt: skip
ACTIONS = {"graceful", "quick", "ignore", "default", "raise", "unknown"}
CONDITIONS = {"words", "any", "command", "letters", "without", "first", "bare", "text", "base", "image", "named", "env"}
each_table = pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in TABLES])


def values(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The table and each of its variants."""
    yield table
    yield from table.get("variants", ())


@each_table
def test_row_has_a_source(name: str) -> None:
    assert len(TABLES[name]["source"]) > 8


@each_table
def test_row_has_only_known_fields(name: str) -> None:
    row = program_row(name, TABLES[name])
    for variant in row.variants:
        program_row(name, {key: value for key, value in variant.items() if key not in CONDITIONS})


@each_table
def test_variants_have_conditions(name: str) -> None:
    for variant in TABLES[name].get("variants", ()):
        assert CONDITIONS & variant.keys(), variant


@each_table
def test_roles_mean_something(name: str) -> None:
    for table in values(TABLES[name]):
        role = table.get("role", "service")
        assert role in PLAIN_ROLES or find_role(role) is not None, role


@each_table
def test_actions_and_signals_mean_something(name: str) -> None:
    for table in values(TABLES[name]):
        assert set(table.get("on", {}).values()) <= ACTIONS
        assert table.get("otherwise", "unknown") in ACTIONS
        signals = [*table.get("on", {}), *table.get("exit_on", {}), *str(table.get("forwards_only", "")).split()]
        assert [signal for signal in signals if signal_name(signal) != signal] == []


@each_table
def test_what_leaves_can_be_kept(name: str) -> None:
    table = TABLES[name]
    if table.get("background") and table.get("foreground"):
        row = program_row(name, table)
        kept = applied(row, row.foreground)
        assert not kept.background or any(text in " ".join(row.foreground) for text in row.foreground_text)


def test_no_name_stands_twice() -> None:
    names = [name for table, row in TABLES.items() for name in (table, *row.get("names", "").split())]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_cutting_the_file_gives_what_reading_it_gives() -> None:
    for table, data in TABLES.items():
        for name in (table, *data.get("names", "").split()):
            row = find_program(name)
            assert row is not None, name
            assert (row.name, row.table, row.source) == (name, table, data["source"])


@pytest.mark.parametrize(
    ("path", "table"),
    [
        pytest.param("/usr/local/bin/python3.12", "python", id="version"),
        pytest.param("php-fpm8.2", "php-fpm", id="debian-php-fpm"),
        pytest.param("php-fpm81", "php-fpm", id="alpine-php-fpm"),
        pytest.param("/usr/sbin/nginx", "nginx", id="path"),
        pytest.param("md5sum", "core utilities", id="digit-inside"),
        pytest.param("apache2", "apache2", id="digit-belongs"),
        pytest.param("/sbin/init", "systemd", id="whole-path"),
        pytest.param("/etc/init.d/mysql", "service", id="init-script"),
    ],
)
def test_finds_a_program(path: str, table: str) -> None:
    row = find_program(path)
    assert row is not None
    assert row.table == table


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path or "empty") for path in ("", "/app/server", "nginxx", "3", "/app/init")]
)
def test_knows_nothing_of_others(path: str) -> None:
    assert find_program(path) is None


def test_a_row_of_the_caller_comes_first() -> None:
    assert find_program("/bin/nginx", {"nginx": ProgramRow("nginx", role="short")}) == ProgramRow("nginx", role="short")


@pytest.mark.parametrize(
    ("conditions", "arguments", "fits"),
    [
        pytest.param({"words": "a b"}, ["b", "x", "a"], True, id="all-words"),
        pytest.param({"words": "a b"}, ["a"], False, id="a-word-missing"),
        pytest.param({"any": "a b"}, ["b"], True, id="any"),
        pytest.param({"any": "a b"}, [], False, id="none-of-any"),
        pytest.param({"any": "--mode"}, ["--mode=x"], True, id="with-value"),
        pytest.param({"words": "a", "without": "b"}, ["a", "b"], False, id="without"),
        pytest.param({"first": "-"}, ["-a", "b"], True, id="first"),
        pytest.param({"first": "-"}, ["b", "-a"], False, id="first-is-another"),
        pytest.param({"bare": True}, [], True, id="nothing"),
        pytest.param({"bare": True}, ["x"], False, id="something"),
        pytest.param({"letters": "D"}, ["-eD"], True, id="cluster"),
        pytest.param({"letters": "D"}, ["--Dear"], False, id="long-option"),
        pytest.param({"text": "daemon off"}, ["-g", "daemon off;"], True, id="text"),
        pytest.param({"base": "busybox"}, [], True, id="base"),
        pytest.param({"base": "dash"}, [], False, id="another-base"),
        pytest.param({"image": "haproxy"}, [], True, id="image"),
        pytest.param({"image": "redis"}, [], False, id="another-image"),
        pytest.param({"image": "redis haproxy"}, [], True, id="one-of-the-images"),
        pytest.param({"image": "haproxy:3"}, [], True, id="image-version"),
        pytest.param({"image": "haproxy:3.0"}, [], True, id="image-whole-version"),
        pytest.param({"image": "haproxy:3.1 haproxy:2.0"}, [], False, id="another-image-version"),
        pytest.param({"image": "haproxy:3.0.1"}, [], False, id="image-version-not-told"),
        pytest.param({"env": "DEBUG"}, [], True, id="switched-on"),
        pytest.param({"env": "TRACE"}, [], False, id="switched-off"),
        pytest.param({"env": "OTHER"}, [], False, id="not-set"),
        pytest.param({"env": "OTHER MODE=dev"}, [], True, id="variable-with-value"),
        pytest.param({"env": "MODE=production"}, [], False, id="variable-with-another-value"),
    ],
)
def test_conditions(conditions: dict[str, str], arguments: list[str], fits: bool) -> None:
    row = ProgramRow("x", variants=({**conditions, "role": "short"},))
    env = {"DEBUG": "1", "TRACE": "False", "MODE": "dev"}
    found = applied(row, arguments, "busybox", "docker.io/library/haproxy:3.0@sha256:00", env)
    assert found.role == ("short" if fits else "service")


def test_the_first_variant_that_fits_holds() -> None:
    row = ProgramRow("x", variants=({"words": "a", "role": "short"}, {"words": "a b", "role": "test"}))
    assert applied(row, ["a", "b"]).role == "short"


def test_one_row_is_read_quickly() -> None:
    times = []
    for _ in range(5):
        programs._tables.cache_clear()
        programs._row.cache_clear()
        start = time.perf_counter()
        find_program("nginx")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.008
