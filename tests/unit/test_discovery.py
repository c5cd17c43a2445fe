"""What is found: Dockerfiles by name, scripts, repositories, and what is left out."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from stopcheck.discovery import discover, is_dockerfile, kind_of, repository_root

if TYPE_CHECKING:
    from pathlib import Path

FROM = "FROM debian:12\n"


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def make(root: Path, *paths: str, text: str = FROM) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str) -> list[str]:
    return [place.shown for place in discover(paths or (".",)).dockerfiles]


@pytest.mark.parametrize(
    "name, expected",
    [
        pytest.param(name, expected, id=name)
        for expected, names in (
            (True, "Dockerfile dockerfile DOCKERFILE Dockerfile.dev Dockerfile-alpine Dockerfile_gpu web.Dockerfile"),
            (True, "web.dockerfile web-Dockerfile Containerfile Containerfile.ubi Dockerfile.3.12 a.containerfile"),
            (False, "Dockerfile.md Dockerfile.dockerignore Dockerfile.j2 Dockerfile.tmpl Dockerfile.in Dockerfile.bak"),
            (
                False,
                "Dockerfile~ Dockerfile.orig Dockerfiles mydockerfile compose.yml Dockerfile.erb",
            ),
            (False, "dockerfile_test.go dockerfile.py Dockerfile.js dockerfile-parse.rs"),
        )
        for name in names.split()
    ],
)
def test_what_a_dockerfile_is_called(here: Path, name: str, expected: bool) -> None:
    make(here, name, text="package main\n")
    assert is_dockerfile(name) is expected


def test_a_doubtful_name_is_decided_by_the_first_instruction(here: Path) -> None:
    make(here, "Dockerfile.go", text="# The Go service.\n\nARG version=1\nFROM golang:$version\n")
    assert is_dockerfile("Dockerfile.go")


def test_deciding_takes_no_longer_for_an_odd_file(here: Path) -> None:
    make(here, "Dockerfile.txt", text="\n \n" * 4096)
    assert not is_dockerfile("Dockerfile.txt")


def test_a_folder_is_walked(here: Path) -> None:
    make(here, "Dockerfile", "a/b/Dockerfile.dev", "node_modules/x/Dockerfile", ".venv/Dockerfile", ".git/Dockerfile")
    assert found() == ["Dockerfile", "a/b/Dockerfile.dev"]
    assert found("a") == ["a/b/Dockerfile.dev"]


def test_a_folder_named_like_a_dockerfile_is_a_folder(here: Path) -> None:
    make(here, "Dockerfile/x.Dockerfile")
    assert found() == ["Dockerfile/x.Dockerfile"]


def test_each_file_is_found_once(here: Path) -> None:
    make(here, "a/Dockerfile")
    assert found("a", "a/Dockerfile", str(here / "a"), ".") == ["a/Dockerfile"]


def test_folders_in_a_circle_end(here: Path) -> None:
    make(here, "a/Dockerfile")
    os.symlink(here, here / "a" / "up")
    assert found() == ["a/Dockerfile"]


def test_ignored_files_are_left_out(here: Path) -> None:
    make(
        here,
        "Dockerfile",
        "build/Dockerfile",
        "a/Dockerfile.tmp",
        "a/Dockerfile",
        "a/keep/Dockerfile.tmp",
        "b/skip/Dockerfile",
    )
    make(here, ".gitignore", text="build/\n*.tmp\nbroken\\\n!\n")
    make(here, "a/keep/.gitignore", text="!*.tmp\n")
    make(here, "b/.gitignore", text="/skip\n")
    assert found() == ["Dockerfile", "a/Dockerfile", "a/keep/Dockerfile.tmp"]


def test_the_ignores_of_folders_above_count(here: Path) -> None:
    make(here, ".git/HEAD", text="")
    make(here, "a/Dockerfile", "a/x/Dockerfile")
    make(here, ".gitignore", text="a/x\n")
    assert found("a") == ["a/Dockerfile"]


@needs_git
@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_what_git_tracks_is_not_ignored(here: Path, version: str) -> None:
    make(here, "out/Dockerfile", "out/sub/Dockerfile", "out/sub/Dockerfile.dev", "Dockerfile.tmp")
    make(here, "node_modules/Dockerfile", "out/Dockerfile.md")
    make(here, ".gitignore", text="out\n*.tmp\n")
    git(here, "init", "-q")
    git(here, "update-index", "--index-version", version)
    git(here, "add", "-f", "out/sub/Dockerfile", "out/Dockerfile.md", "Dockerfile.tmp", "node_modules/Dockerfile")
    git(here, "add", "-N", "-f", "out/sub/Dockerfile.dev")  # an entry with the further flags of version 3
    assert found() == ["Dockerfile.tmp", "out/sub/Dockerfile", "out/sub/Dockerfile.dev"]
    assert found("out/sub") == ["out/sub/Dockerfile", "out/sub/Dockerfile.dev"]
    (here / "out/sub/Dockerfile").unlink()
    assert found() == ["Dockerfile.tmp", "out/sub/Dockerfile.dev"]


@needs_git
def test_what_git_tracks_is_known_in_a_worktree(here: Path) -> None:
    make(here, "main/out/Dockerfile")
    make(here, "main/.gitignore", text="out\n")
    git(here / "main", "init", "-q")
    git(here / "main", "add", "-f", ".")
    git(here / "main", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a")
    git(here / "main", "worktree", "add", "-q", "../other")
    assert found("other") == ["other/out/Dockerfile"]


@pytest.mark.parametrize("index", [b"", b"DIRC", b"DIRC\0\0\0\2\0\0\0\1" + b"x" * 80, b"nothing of the kind"])
def test_an_index_that_cannot_be_read_tells_nothing(here: Path, index: bytes) -> None:
    make(here, "out/Dockerfile", ".git/HEAD")
    make(here, ".gitignore", text="out\n")
    (here / ".git/index").write_bytes(index)
    assert found() == []


def test_an_ignored_folder_or_file_that_is_named_is_checked(here: Path) -> None:
    make(here, ".git/HEAD", text="")
    make(here, "out/Dockerfile", "out/sub/Dockerfile")
    make(here, ".gitignore", text="out\n")
    assert found() == []
    assert discover((".",)).left_out
    assert not discover(("out",)).left_out
    assert found("out") == ["out/Dockerfile", "out/sub/Dockerfile"]
    assert found("out/Dockerfile") == ["out/Dockerfile"]


def test_a_link_that_leads_nowhere_hides_nothing(here: Path) -> None:
    make(here, "a/Dockerfile")
    (here / "b").mkdir()
    (here / "b" / "Dockerfile").symlink_to("Dockerfile")
    (here / "b" / "Dockerfile.web").symlink_to("gone")
    seen = discover(["."])
    assert [place.path for place in seen.dockerfiles] == ["a/Dockerfile"]
    assert sorted((problem.path, problem.message) for problem in seen.problems) == [
        ("b/Dockerfile", "a link that leads nowhere"),
        ("b/Dockerfile.web", "a link that leads nowhere"),
    ]


def test_a_folder_that_may_not_be_read_is_a_problem(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(here, "a/Dockerfile")

    def refused(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refused)
    seen = discover(["a"])
    assert [(problem.path, problem.message) for problem in seen.problems] == [
        ("a", "this folder may not be read (permission denied)")
    ]


def test_a_path_that_does_not_exist_is_a_problem(here: Path) -> None:
    make(here, "Dockerfile")
    os.symlink("nowhere", here / "link")
    result = discover(("nix", "Dockerfile", "link"))
    assert result.bad_paths
    assert [place.shown for place in result.dockerfiles] == ["Dockerfile"]
    assert [(problem.path, problem.message) for problem in result.problems] == [
        ("nix", "no such file or folder"),
        ("link", "a link that leads nowhere"),
    ]


@pytest.mark.parametrize(
    "name, text, kind",
    [
        pytest.param("Dockerfile.prod", "", "dockerfile", id="by name"),
        pytest.param("images.txt", "# x\nFROM a\n", "dockerfile", id="by its first instruction"),
        pytest.param("start.sh", "echo\n", "script", id="script by name"),
        pytest.param("entrypoint", "#!/usr/bin/env bash\n", "script", id="script by shebang"),
        pytest.param("entrypoint", "#!/bin/busybox sh\n", "script", id="busybox"),
    ],
)
def test_what_a_named_file_is(here: Path, name: str, text: str, kind: str) -> None:
    make(here, name, text=text)
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    "name, text, word",
    [
        pytest.param("Dockerfile.j2", FROM, "template", id="template"),
        pytest.param("Dockerfile.tmpl", FROM, "template", id="Go template"),
        pytest.param("notes", "hello\n", "neither", id="anything"),
        pytest.param("app", "#!/usr/bin/python3\n", "neither", id="another language"),
        pytest.param("Dockerfile.md", "# How to\n\nHello.\n", "neither", id="notes"),
    ],
)
def test_what_cannot_be_checked_says_why(here: Path, name: str, text: str, word: str) -> None:
    make(here, name, text=text)
    result = discover((name,))
    assert not result.dockerfiles
    assert not result.scripts
    assert word in result.problems[0].message


def test_the_root_is_the_nearest_repository(here: Path) -> None:
    make(here, ".git/HEAD", "a/.git", "a/b/Dockerfile", "c/Dockerfile", text="")
    assert repository_root(str(here / "a" / "b")) == str(here / "a")
    assert repository_root(str(here / "c")) == str(here)
    roots = {place.shown: place.root for place in discover((".",)).dockerfiles}
    assert roots == {"a/b/Dockerfile": str(here / "a"), "c/Dockerfile": str(here)}


def test_without_a_repository_the_root_is_the_working_directory(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(here, "a/b/Dockerfile")
    assert repository_root(str(here / "a" / "b")) == str(here)
    (here / "else").mkdir()
    monkeypatch.chdir(here / "else")
    assert repository_root(str(here / "a" / "b")) == str(here / "a" / "b")


def test_neither_a_home_nor_a_file_system_is_a_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(here, "a/Dockerfile")
    monkeypatch.setenv("HOME", str(here))
    assert repository_root(str(here / "a")) == str(here / "a")
    monkeypatch.chdir("/")
    assert repository_root(str(here / "a")) == str(here / "a")


def test_paths_are_shown_from_the_working_directory(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(here, "a/Dockerfile", "Dockerfile", ".git/HEAD")
    monkeypatch.chdir(here / "a")
    assert found("Dockerfile", "..") == ["../Dockerfile", "Dockerfile"]
