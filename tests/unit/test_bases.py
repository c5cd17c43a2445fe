"""The base images: what a reference is resolved to, and that each row of the data file can be used."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from stopcheck.image.bases import base_image
from stopcheck.knowledge import bases
from stopcheck.knowledge.bases import DEFAULT_PATH, BaseRow, find_base
from stopcheck.model import Unknown
from stopcheck.source import SourceFile, Span

DATA: dict[str, Any] = tomllib.loads(Path(bases.__file__).with_name("bases.toml").read_text("utf-8"))
SYSTEMS: dict[str, dict[str, Any]] = DATA["os"]
IMAGES: list[dict[str, Any]] = DATA["image"]


def found(reference: str) -> BaseRow:
    row = find_base(reference)
    assert row is not None, reference
    return row


@pytest.mark.parametrize(
    "reference, family, sh, version",
    [
        pytest.param("debian", "debian", "dash", "0.5.12-12", id="debian"),
        pytest.param("debian:12.5-slim", "debian", "dash", "0.5.12-2", id="debian-number"),
        pytest.param("debian:bullseye-20240101-slim", "debian", "dash", "0.5.11+git20200708", id="debian-codename"),
        pytest.param("debian:8", "debian", "dash", "0.5.7-4", id="debian-8"),
        pytest.param("debian:oldstable-slim", "debian", "dash", "0.5.12-2", id="debian-suite"),
        pytest.param("ubuntu:14.04", "ubuntu", "dash", "0.5.7-4ubuntu1", id="ubuntu-14.04"),
        pytest.param("ubuntu:22.04", "ubuntu", "dash", "0.5.11+git20210903", id="ubuntu-22.04"),
        pytest.param("ubuntu:noble-20240801", "ubuntu", "dash", "0.5.12-6ubuntu5", id="ubuntu-codename"),
        pytest.param("alpine:3.20", "alpine", "busybox", "1.28.4", id="alpine"),
        pytest.param("alpine:edge", "alpine", "busybox", "1.28.4", id="alpine-edge"),
        pytest.param("alpine:3.7", "alpine", "busybox", "1.27.2", id="alpine-3.7"),
        pytest.param("alpine:3", "alpine", "busybox", "1.28.4", id="alpine-3"),
        pytest.param("node:8.11-alpine", "alpine", "busybox", "1.22.1", id="old-alpine-by-patch"),
        pytest.param("node:8-alpine", "alpine", "busybox", "1.28.4", id="newest-patch-of-8"),
        pytest.param("busybox:1.27", "busybox", "busybox", "1.27.2", id="busybox-old"),
        pytest.param("busybox", "busybox", "busybox", "1.28.4", id="busybox"),
        pytest.param("centos:7.9.2009", "rhel", "bash", "4.2.46", id="centos-7"),
        pytest.param("centos", "rhel", "bash", "4.4.19", id="centos-latest"),
        pytest.param("rockylinux:9-minimal", "rhel", "bash", "5.1.8", id="rocky-9"),
        pytest.param("registry.access.redhat.com/ubi9/ubi-minimal:9.4", "rhel", "bash", "5.1.8", id="ubi9-minimal"),
        pytest.param("registry.redhat.io/ubi8/python-39", "rhel", "bash", "4.4.19", id="ubi8-python"),
        pytest.param("redhat/ubi8-minimal", "rhel", "bash", "4.4.19", id="ubi8-hub"),
        pytest.param("fedora:40", "fedora", "bash", "5.1.0", id="fedora"),
        pytest.param("fedora:25", "fedora", "bash", "4.3.42", id="fedora-25"),
        pytest.param("amazonlinux:2", "amazonlinux", "bash", "4.2.46", id="amazonlinux-2"),
        pytest.param("amazonlinux:2018.03", "amazonlinux", "bash", "4.2.46", id="amazonlinux-1"),
        pytest.param("amazonlinux:2023", "amazonlinux", "bash", "5.2.15", id="amazonlinux-2023"),
        pytest.param("openeuler/openeuler:24.03-lts", "rhel", "bash", "", id="openeuler"),
        pytest.param("opensuse/leap:15.6", "opensuse", "bash", "4.4.23", id="leap"),
        pytest.param("archlinux:base-devel", "arch", "bash", "5.2.15", id="arch"),
        pytest.param("scratch", "scratch", "none", "", id="scratch"),
        pytest.param("gcr.io/distroless/static-debian12:nonroot", "distroless", "none", "", id="distroless"),
        pytest.param("gcr.io/distroless/base-debian12:debug", "distroless", "none", "", id="distroless-debug"),
        pytest.param("cgr.dev/chainguard/python:latest", "wolfi", "none", "", id="wolfi"),
        pytest.param("cgr.dev/chainguard/python:latest-dev", "wolfi", "busybox", "1.36.1", id="wolfi-dev"),
        pytest.param("cgr.dev/example.com/python:3.12", "wolfi", "none", "", id="wolfi-own-organisation"),
        pytest.param("python:3.12-slim-bookworm", "debian", "dash", "0.5.12-2", id="slim-bookworm"),
        pytest.param("python:3.12-alpine3.19", "alpine", "busybox", "1.28.4", id="alpine3.19"),
        pytest.param("openjdk:8-jre", "debian", "dash", "", id="openjdk-8"),
        pytest.param("openjdk:17", "rhel", "bash", "", id="openjdk-17"),
        pytest.param("openjdk:17-slim", "debian", "dash", "", id="openjdk-17-slim"),
        pytest.param("mysql:8.0.28", "debian", "dash", "", id="mysql-before"),
        pytest.param("mysql:8.4", "rhel", "bash", "5.1.8", id="mysql"),
        pytest.param("mcr.microsoft.com/dotnet/aspnet:8.0", "debian", "dash", "", id="dotnet"),
        pytest.param("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled", "distroless", "none", "", id="chiseled"),
        pytest.param("mcr.microsoft.com/dotnet/sdk:8.0-alpine", "alpine", "busybox", "1.28.4", id="dotnet-alpine"),
        pytest.param("nvidia/cuda:12.2.0-base-ubuntu22.04", "ubuntu", "dash", "0.5.11+git20210903", id="cuda"),
        pytest.param("nvidia/cuda:12.2.0-runtime-rockylinux9", "rhel", "bash", "5.1.8", id="cuda-rocky"),
        pytest.param("lscr.io/linuxserver/baseimage-alpine:3.20", "alpine", "busybox", "1.28.4", id="family-in-name"),
        pytest.param("python:3.12-windowsservercore-ltsc2022", "windows", None, "", id="windows"),
        pytest.param("bitnami/redis:7.2", "", None, "", id="system-not-known"),
    ],
)
def test_shell(reference: str, family: str, sh: str | None, version: str) -> None:
    row = found(reference)
    assert (row.family, row.sh, row.sh_version) == (family, sh, version)


@pytest.mark.parametrize(
    "reference, entrypoint, cmd, stop_signal",
    [
        pytest.param("node:20", ("docker-entrypoint.sh",), ("node",), None, id="node"),
        pytest.param("node:10.15", None, ("node",), None, id="node-before-its-entrypoint"),
        pytest.param("python:3.12", None, ("python3",), None, id="python"),
        pytest.param("python:2.7-slim", None, ("python2",), None, id="python-2"),
        pytest.param("golang:1.22", None, ("bash",), None, id="debian's-cmd"),
        pytest.param("golang:1.22-alpine", None, ("/bin/sh",), None, id="alpine's-cmd"),
        pytest.param("php:8.3-cli", ("docker-php-entrypoint",), ("php", "-a"), None, id="php-cli"),
        pytest.param("php:8.3-fpm-alpine", ("docker-php-entrypoint",), ("php-fpm",), "SIGQUIT", id="php-fpm"),
        pytest.param("php:7.2.10-fpm", ("docker-php-entrypoint",), ("php-fpm",), "SIGTERM", id="php-fpm-before-quit"),
        pytest.param("php:8-apache", ("docker-php-entrypoint",), ("apache2-foreground",), "SIGWINCH", id="php-apache"),
        pytest.param(
            "nginx:1.27-alpine", ("/docker-entrypoint.sh",), ("nginx", "-g", "daemon off;"), "SIGQUIT", id="nginx"
        ),
        pytest.param("nginx:1.17", None, ("nginx", "-g", "daemon off;"), "SIGTERM", id="nginx-1.17"),
        pytest.param(
            "nginx:1.19", ("/docker-entrypoint.sh",), ("nginx", "-g", "daemon off;"), "SIGQUIT", id="nginx-1.19"
        ),
        pytest.param("httpd:2.4", None, ("httpd-foreground",), "SIGWINCH", id="httpd"),
        pytest.param("postgres:16", ("docker-entrypoint.sh",), ("postgres",), "SIGINT", id="postgres"),
        pytest.param("redis:7-alpine", ("docker-entrypoint.sh",), ("redis-server",), None, id="redis"),
        pytest.param("eclipse-temurin:21", ("/__cacert_entrypoint.sh",), ("jshell",), None, id="temurin-jdk"),
        pytest.param("eclipse-temurin:21-jre", ("/__cacert_entrypoint.sh",), None, None, id="entrypoint-clears-cmd"),
        pytest.param("eclipse-temurin:17.0.7_7-jre", None, ("/bin/bash",), None, id="temurin-before-its-entrypoint"),
        pytest.param("gcr.io/distroless/java17-debian12", ("/usr/bin/java", "-jar"), None, None, id="distroless-java"),
        pytest.param("gcr.io/distroless/java-base-debian12", None, None, None, id="distroless-java-base"),
        pytest.param("gcr.io/distroless/base:debug", ("/busybox/sh",), None, None, id="distroless-debug"),
        pytest.param("scratch", None, None, None, id="scratch"),
        pytest.param("ghcr.io/astral-sh/uv:0.5", ("/uv",), None, None, id="uv"),
        pytest.param(
            "ghcr.io/astral-sh/uv:python3.12-bookworm-slim", None, ("/usr/local/bin/uv",), None, id="uv-bookworm"
        ),
        pytest.param("phusion/baseimage:noble-1.0.2", None, ("/sbin/my_init",), None, id="baseimage"),
        pytest.param(
            "serversideup/php:8.4-fpm-alpine",
            ("docker-php-serversideup-entrypoint",),
            ("php-fpm",),
            "SIGQUIT",
            id="serversideup",
        ),
    ],
)
def test_what_is_inherited(
    reference: str, entrypoint: tuple[str, ...] | None, cmd: tuple[str, ...] | None, stop_signal: str | None
) -> None:
    row = found(reference)
    assert (row.entrypoint, row.cmd, row.stop_signal) == (entrypoint, cmd, stop_signal)


@pytest.mark.parametrize(
    "reference",
    [
        "nginx",
        "nginx:latest",
        "docker.io/nginx",
        "docker.io/library/nginx:latest",
        "index.docker.io/library/nginx",
        "public.ecr.aws/docker/library/nginx",
        "mirror.gcr.io/library/nginx",
        "registry.example.com:5000/library/nginx",
        "registry.example.com/cache/docker-hub/library/nginx:latest",
        "gitlab.example.com/group/dependency_proxy/containers/nginx",
        "arm64v8/nginx",
        "library/nginx",
    ],
)
def test_one_image_by_many_names(reference: str) -> None:
    assert found(reference) == found("nginx")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("docker.io/library/debian:12", "debian:12"),
        ("registry.example.org:5000/library/node", "node"),
        (f"php:8.4-fpm@sha256:{'0' * 64}", "php:8.4-fpm"),
        (f"docker.io/library/debian@sha256:{'0' * 64}", f"debian@sha256:{'0' * 64}"),
        ("docker.io/library/node:${VERSION}", "node:${VERSION}"),
        ("quay.io/keycloak/keycloak:26.0", "quay.io/keycloak/keycloak:26.0"),
    ],
)
def test_as_people_call_it(reference: str, name: str) -> None:
    span = Span(SourceFile("Dockerfile", reference), 0, len(reference))
    assert base_image(reference, span).name == name


def test_tag_and_digest() -> None:
    assert found("docker.io/library/nginx:1.25-alpine@sha256:" + "0" * 64) == found("nginx:1.25-alpine")


@pytest.mark.parametrize(
    "reference",
    [
        "",
        ":",
        "@",
        "example/app",
        "registry.example.com/nginx",
        "localhost:5000/nginx",
        "nginxx",
        "ghcr.io/nginx",
        "NODE",
    ],
)
def test_not_known(reference: str) -> None:
    assert find_base(reference) is None


def test_digest_alone_leaves_the_system_unknown() -> None:
    row = found("php@sha256:" + "0" * 64)
    assert (row.family, row.sh) == ("", None)
    assert isinstance(row.cmd, Unknown)
    assert isinstance(row.stop_signal, Unknown)


def test_digest_alone_of_a_system_is_of_its_family() -> None:
    row = found("debian@sha256:" + "0" * 64)
    assert (row.family, row.sh, row.sh_version, row.entrypoint, row.cmd) == ("debian", "dash", "", None, ("bash",))


@pytest.mark.parametrize("variable", ["$VERSION", "${VERSION}", "${VERSION:-3}"])
def test_variable_in_the_tag(variable: str) -> None:
    assert found(f"python:{variable}").sh is None
    assert found(f"python:{variable}-alpine").sh == "busybox"
    assert found(f"python:3.12-{variable}").cmd == ("python3",)
    assert isinstance(found(f"python:{variable}").cmd, Unknown)
    assert isinstance(found(f"nginx:1.{variable}").stop_signal, Unknown)
    assert found(f"php:{variable}-fpm-alpine").cmd == ("php-fpm",)


def test_entrypoint_that_is_not_told_leaves_all_unknown() -> None:
    row = found("bitnami/redis:7.2-debian-12")
    assert (row.family, row.sh) == ("debian", "dash")
    assert all(isinstance(value, Unknown) for value in (row.entrypoint, row.cmd, row.stop_signal))


@pytest.mark.parametrize("reference", ["perl:5", "gradle:7.5", "wordpress:5.2", "tomee"])
def test_value_that_the_row_calls_unknown(reference: str) -> None:
    row = found(reference)
    assert any(isinstance(value, Unknown) for value in (row.entrypoint, row.cmd, row.stop_signal))
    assert not {"unknown", tuple("unknown")} & {row.entrypoint, row.cmd, row.stop_signal}


def test_own_scripts_and_programs() -> None:
    node = found("node:22-alpine")
    assert node.execs == ("/usr/local/bin/docker-entrypoint.sh",)
    assert node.prepends == "node"
    assert "npm" in node.programs
    assert "bash" in node.missing
    assert (found("redis").prepends, found("redis").default) == ("redis-server", "")
    assert found("jenkins/jenkins:lts").default == "java"
    assert found("registry:2").starts == {"/entrypoint.sh": "registry"}
    assert found("httpd").starts == {"/usr/local/bin/httpd-foreground": "httpd -DFOREGROUND"}
    assert found("dunglas/frankenphp:1-php8.3").prepends == "frankenphp run"
    assert "bash" not in found("postgres:16-alpine").missing


@pytest.mark.parametrize(
    ("reference", "there"),
    [
        ("debian:12-slim", False), ("debian:8", True), ("debian:jessie", True), ("debian", False), ("ubuntu", True),
        ("python:3.12-slim", False), ("python:3.12", True), ("python:3.6-slim", True), ("python:3.12-alpine", True),
        ("node:20-slim", False), ("node:20", True), ("nginx:1.27", False), ("nginx:alpine", True), ("php:8-fpm", False),
        ("php:8.3-fpm-alpine", True), ("alpine", True), ("ruby:3.3-slim", False),
    ],
)  # fmt: skip
def test_what_sends_signals_by_name(reference: str, there: bool) -> None:
    assert there is not (found(reference).missing >= {"pkill", "killall", "pgrep", "ps"})
    assert "pidof" not in found(reference).missing


def test_environment_and_place() -> None:
    golang = found("golang:1.22")
    assert golang.env["PATH"] == f"/go/bin:/usr/local/go/bin:{DEFAULT_PATH}"
    assert golang.workdir == "/go"
    assert found("haproxy:2.3").user == ""
    assert found("haproxy:3.0").user == "haproxy"
    assert found("quay.io/jupyter/base-notebook").shell == ("/bin/bash", "-o", "pipefail", "-c")


def test_bash_by_release() -> None:
    assert found("node:18-buster").bash_version == "5.0.3"
    assert found("ubuntu:16.04").bash_version == "4.3.42"
    assert found("alpine").bash_version == ""


@given(st.text(alphabet="$@:/-._{}*[]v0129nginxphpalpine\x00é\n", max_size=60))
def test_any_text(reference: str) -> None:
    find_base(reference)
    find_base(f"php:{reference}")


def test_long_numbers() -> None:
    assert found("nginx:" + "9" * 10_000).stop_signal == "SIGQUIT"


INHERITED = {"entrypoint", "cmd", "stop_signal", "shell", "env", "workdir", "user"}
SCRIPTS = {
    "execs",
    "sets",
    "prepends",
    "prepends_to",
    "prepends_missing",
    "prepends_words",
    "needs",
    "needs_unless",
    "default",
    "holds",
    "hooks",
    "starts",
    "programs",
}
IMAGE_KEYS = {"names", "os", "always", "plain", "lean", "variants", "source"} | INHERITED | SCRIPTS
VARIANT_KEYS = {"tags", "since", "before", "os", "lean"} | INHERITED | SCRIPTS


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["names"][0]) for entry in IMAGES])
def test_row(entry: dict[str, Any]) -> None:
    assert next(iter(entry)) == "names", "the loader looks for the names at the head of a row"
    assert entry["source"]
    assert set(entry) <= IMAGE_KEYS
    assert entry.get("os", "debian") in SYSTEMS
    for variant in entry.get("variants", ()):
        assert set(variant) <= VARIANT_KEYS
        assert set(variant) & {"tags", "since", "before"}
        assert variant.get("os", "") in {"", *SYSTEMS}
    for name in entry["names"]:
        row = found(name.replace("*", "x").replace("?", "8"))
        assert "*" in name or row.source == entry["source"]


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["names"][0]) for entry in IMAGES])
def test_scripts_of_an_entrypoint_are_paths(entry: dict[str, Any]) -> None:
    for part in (entry, *entry.get("variants", ())):
        assert all(path.startswith("/") for path in (*part.get("execs", ()), *part.get("starts", ())))


def test_rows_parsed_one_by_one_are_those_of_the_file() -> None:
    assert [bases._parsed(place) for place in range(1, len(bases._blocks()))] == IMAGES
    names = [name for entry in IMAGES for name in entry["names"]]
    assert sorted(bases._index()) == sorted(names), "a name twice, or one that the loader does not see"


def test_no_glob_hides_a_later_name() -> None:
    order = list(bases._index())
    for place, glob in enumerate(order):
        later = [name for name in order[place + 1 :] if "*" in name and fnmatchcase(name.replace("*", "x"), glob)]
        assert "*" not in glob or not later, (glob, later)


def test_each_family_has_its_own_row() -> None:
    assert {system["family"] for system in SYSTEMS.values()} <= set(SYSTEMS)
    assert all(system["sh"] in {"dash", "bash", "busybox", "none"} for system in SYSTEMS.values() if "sh" in system)


@pytest.mark.parametrize("name", [name for entry in IMAGES for name in entry["names"] if "*" not in name])
def test_an_image_run_as_it_is_has_no_findings(name: str) -> None:
    ((_, _, found),), _ = analyze_container(MemoryFiles({"Dockerfile": f"FROM {name}"}), "Dockerfile", Options())
    assert found == []
