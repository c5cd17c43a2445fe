"""COPY and ADD: which file of the context stands where in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stopcheck.files import DiskFiles
from stopcheck.image.build import build_image
from stopcheck.image.model import Unlikely
from stopcheck.model import Unknown
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile
from tests.unit.images import at, build, file, image

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = {
    "run.sh": "run",
    "other.sh": "other",
    "notes.txt": "notes",
    "sub/run.sh": "sub run",
    "sub/deep/tool": "tool",
    "app.tar.gz": "\0",
}


@pytest.mark.parametrize(
    ("steps", "path", "expected"),
    [
        pytest.param("COPY run.sh /start", "/start", "run", id="file to file"),
        pytest.param("COPY run.sh /app/", "/app/run.sh", "run", id="trailing slash"),
        pytest.param("COPY run.sh /app/.", "/app/run.sh", "run", id="trailing dot"),
        pytest.param("COPY run.sh /usr/local/bin", "/usr/local/bin/run.sh", "run", id="a folder that is there"),
        pytest.param("RUN mkdir -p /app\nCOPY run.sh /app", "/app/run.sh", "run", id="a folder made by RUN"),
        pytest.param("WORKDIR /app\nCOPY run.sh /app", "/app/run.sh", "run", id="a folder made by WORKDIR"),
        pytest.param("COPY sub /app\nCOPY run.sh /app", "/app/run.sh", "run", id="a folder made by COPY"),
        pytest.param("WORKDIR /app\nCOPY run.sh .", "/app/run.sh", "run", id="the current folder"),
        pytest.param("WORKDIR /app\nCOPY run.sh bin/", "/app/bin/run.sh", "run", id="relative"),
        pytest.param("WORKDIR /app\nCOPY run.sh ..", "/run.sh", "run", id="the folder above"),
        pytest.param("COPY run.sh other.sh /app/", "/app/other.sh", "other", id="several sources"),
        pytest.param('COPY ["run.sh", "/a b/"]', "/a b/run.sh", "run", id="JSON form"),
        pytest.param("COPY sub /app", "/app/run.sh", "sub run", id="a folder's contents"),
        pytest.param("COPY sub /app", "/sub/run.sh", None, id="and nothing else"),
        pytest.param("COPY sub/ /app/", "/app/deep/tool", "tool", id="deep"),
        pytest.param("COPY . /app", "/app/sub/deep/tool", "tool", id="the whole context"),
        pytest.param("COPY / /app", "/app/run.sh", "run", id="the whole context by its root"),
        pytest.param("COPY ./sub/../run.sh /x", "/x", "run", id="a path that is not clean"),
        pytest.param("COPY ../run.sh /x", "/x", "run", id="what leads above the context is cut off"),
        pytest.param("COPY *.sh /app/", "/app/other.sh", "other", id="wildcard"),
        pytest.param("COPY *.sh /app/", "/app/notes.txt", None, id="wildcard that does not match"),
        pytest.param("COPY r?n.sh /x", "/x", "run", id="question mark"),
        pytest.param("COPY [o-p]*.sh /x", "/x", "other", id="range"),
        pytest.param("COPY s* /app/", "/app/run.sh", "sub run", id="a folder by wildcard gives its contents"),
        pytest.param("COPY */run.sh /x", "/x", "sub run", id="wildcard in the path"),
        pytest.param("ENV D=/opt/x\nCOPY run.sh $D/", "/opt/x/run.sh", "run", id="variable"),
        pytest.param("ARG F=run\nCOPY ${F}.sh /x", "/x", "run", id="argument"),
        pytest.param("COPY --parents sub/deep/tool /app/", "/app/sub/deep/tool", "tool", id="--parents"),
        pytest.param("COPY --parents sub/./deep /app/", "/app/deep/tool", "tool", id="--parents with a pivot"),
        pytest.param("COPY --exclude=*.sh . /app", "/app/run.sh", None, id="--exclude"),
        pytest.param("COPY --exclude=*.sh . /app", "/app/notes.txt", "notes", id="what --exclude leaves"),
        pytest.param("COPY run.sh /x\nCOPY other.sh /x", "/x", "other", id="the last one counts"),
        pytest.param("COPY . /app\nCOPY other.sh /app/run.sh", "/app/run.sh", "other", id="over a folder's file"),
        pytest.param("COPY missing.sh /x", "/x", "?", id="a file that is built before"),
        pytest.param("COPY missing.sh /app/", "/app/missing.sh", "?", id="the same into a folder"),
        pytest.param("COPY dist /app", "/app/server.js", "??", id="a folder that is built before"),
        pytest.param("COPY run.sh /app/\nCOPY dist /app", "/app/run.sh", "run", id="which hides nothing"),
        pytest.param("COPY target/*.jar /app.jar", "/app.jar", "??", id="a wildcard without a match"),
        pytest.param("COPY . /app", "/app/dist/server.js", "??", id="what a folder may hold at the build"),
        pytest.param("ARG F\nCOPY $F /x", "/x", "??", id="a source that is not known"),
        pytest.param("ARG D\nCOPY run.sh $D/x", "/anything", "??", id="a destination that is not known"),
        pytest.param("ARG D\nCOPY run.sh /opt/$D/x", "/app", None, id="but for what is known of it"),
        pytest.param("ADD run.sh /x", "/x", "run", id="ADD of a file"),
        pytest.param("ADD app.tar.gz /app", "/app/bin/x", "??", id="ADD unpacks"),
        pytest.param("ADD app.tar.gz /app\nCOPY run.sh /app", "/app/run.sh", "run", id="into a folder"),
        pytest.param("COPY app.tar.gz /app/", "/app/app.tar.gz", "\0", id="COPY does not"),
        pytest.param("ADD https://example.org/a/tini?x=1 /sbin/", "/sbin/tini", "?", id="ADD of a URL"),
        pytest.param("ADD https://example.org/tini /tini", "/tini", "?", id="ADD of a URL to a file"),
        pytest.param("ADD https://example.org/x.git /x", "/x/y", "??", id="ADD of a repository"),
        pytest.param("COPY --from=example.org/tool /t /t", "/t", "?", id="from another image"),
        pytest.param("COPY run.sh /x", "/y", None, id="what no step puts there"),
    ],
)
def test_copies(steps: str, path: str, expected: str | None) -> None:
    made, _ = build("FROM debian:12\n" + steps, CONTEXT)
    assert made is not None
    assert at(made, path) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param("COPY --from=a /x /y", "/y", "run", id="a file"),
        pytest.param("COPY --from=0 /x /y", "/y", "run", id="by number"),
        pytest.param("COPY --from=A /x /y", "/y", "run", id="in another case"),
        pytest.param("COPY --from=a x /y", "/y", "run", id="a relative source"),
        pytest.param("COPY --from=a /srv/app /app", "/app/deep/tool", "tool", id="a folder"),
        pytest.param("COPY --from=a /srv/app/run.sh /app/", "/app/run.sh", "sub run", id="a file of a folder"),
        pytest.param("COPY --from=a /link /app/", "/app/link", "run", id="a link is followed"),
        pytest.param("COPY --from=a /made /app", "/app/x", "??", id="what a build step makes"),
        pytest.param("COPY --from=a /srv/app/built /built", "/built", "?", id="a file that must be there"),
        pytest.param("COPY --from=a /srv/app/*.sh /app/", "/app/run.sh", "sub run", id="wildcard"),
        pytest.param("COPY --from=a --chmod=700 /x /y", "/y", "run", id="with a mode"),
    ],
)
def test_copies_from_a_stage(text: str, path: str, expected: str) -> None:
    stage = "FROM debian:12 AS a\nCOPY run.sh /x\nCOPY sub /srv/app\nRUN ln -s /x /link && make -C /made\n"
    assert at(image(stage + "FROM debian:12\n" + text, CONTEXT), path) == expected


def test_a_path_that_may_be_a_folder_holds_the_file_either_way() -> None:
    made = image("FROM example.org/app\nCOPY run.sh /app", CONTEXT)
    assert at(made, "/app") == "run"
    assert at(made, "/app/run.sh") == "run"
    assert isinstance(made.files.kind("/app"), Unknown)


def test_the_folder_of_an_unknown_base_is_a_place_of_its_own() -> None:
    made = image('FROM example.org/app\nCOPY run.sh .\nCMD ["./run.sh"]', CONTEXT)
    assert at(made, f"{made.workdir}/./run.sh".lstrip("/")) == "run"
    assert at(made, "/run.sh") == "??"


def test_a_workdir_that_is_not_known_is_a_place_of_its_own() -> None:
    made = image("FROM debian:12\nARG HOME_OF_IT\nWORKDIR ${HOME_OF_IT}\nCOPY run.sh $HOME_OF_IT/bin/", CONTEXT)
    assert at(made, f"{made.workdir}/bin/run.sh") == "run"


def test_a_heredoc_is_a_file() -> None:
    text = "FROM debian:12\nENV A=gunicorn\nCOPY <<one <<'two' /x/\nexec $A\none\nexec $A\ntwo\n"
    made = image(text)
    assert at(made, "/x/one") == "exec gunicorn\n"
    assert at(made, "/x/two") == "exec $A\n"
    assert file(made, "/x/one").mode == 0o644


def test_files_know_where_they_are_from() -> None:
    made = image("FROM debian:12\nCOPY sub /app", CONTEXT)
    found = file(made, "/app/run.sh")
    assert isinstance(found.content, SourceFile)
    assert found.content.path == "sub/run.sh"
    assert found.origin is not None
    assert found.origin.text == "COPY sub /app"
    assert found.path == "/app/run.sh"


@pytest.mark.parametrize(
    ("steps", "mode"),
    [
        pytest.param("COPY run.sh /x", 0o644, id="that of the context"),
        pytest.param("COPY --chmod=755 run.sh /x", 0o755, id="octal"),
        pytest.param("COPY --chmod=+x run.sh /x", 0o755, id="symbolic"),
        pytest.param("ARG M=0700\nCOPY --chmod=$M run.sh /x", 0o700, id="variable"),
        pytest.param("COPY --chmod=755 . /\nRUN chmod -x /run.sh && mv /run.sh /x", 0o644, id="folder, then RUN"),
        pytest.param("ADD https://example.org/x /x", 0o600, id="a download"),
        pytest.param("ADD --chmod=755 https://example.org/x /x", 0o755, id="a download with a mode"),
        pytest.param("COPY --chmod=755 missing /x", 0o755, id="a missing file with a mode"),
        pytest.param("COPY missing /x", None, id="a missing file"),
        pytest.param("ARG M\nCOPY --chmod=$M run.sh /x", None, id="a mode that is not known"),
    ],
)
def test_modes(steps: str, mode: int | None) -> None:
    made = image("FROM debian:12\n" + steps, CONTEXT, modes={"run.sh": 0o644})
    found = file(made, "/x").mode
    assert found == mode if mode is not None else isinstance(found, Unknown)


def test_what_dockerignore_leaves_out_is_not_copied() -> None:
    files = CONTEXT | {".dockerignore": "*.sh\n!other.sh\n"}
    made = image("FROM debian:12\nCOPY . /app", files)
    assert at(made, "/app/run.sh") is None
    assert at(made, "/app/other.sh") == "other"
    found = file(image("FROM debian:12\nCOPY run.sh /x", files), "/x").content
    assert isinstance(found, Unknown)
    assert found.reason == "run.sh is left out by .dockerignore"


def test_a_source_outside_of_the_context_is_a_problem() -> None:
    made, problems = build("FROM scratch\nCOPY ../gone.sh /x", CONTEXT)
    assert made is not None
    assert [(problem.line, problem.column) for problem in problems] == [(2, 6)]
    assert "`../gone.sh` is outside of the build context" in problems[0].message
    assert at(made, "/x") == "?"


def test_a_link_out_of_the_context_is_a_problem() -> None:
    obstacles = {"out": "is a symbolic link that leads out of the repository"}
    made, problems = build("FROM scratch\nCOPY out /x", obstacles=obstacles)
    assert made is not None
    assert len(problems) == 1
    assert "leads out of the build context" in problems[0].message
    assert at(made, "/x") == "?"


@pytest.mark.parametrize(
    ("context", "problems"),
    [
        pytest.param("web", ["`run.sh` is a symbolic link that leads out of the build context"], id="outside"),
        pytest.param("", [], id="inside of a wider one"),
        pytest.param("alias", ["`run.sh` is a symbolic link that leads out of the build context"], id="by a link"),
    ],
)
def test_links_on_disk(tmp_path: Path, context: str, problems: list[str]) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "run.sh").write_text("run")
    (tmp_path / "web/run.sh").symlink_to("../run.sh")
    (tmp_path / "web/own.sh").symlink_to("other.sh")
    (tmp_path / "web/other.sh").write_text("own")
    (tmp_path / "alias").symlink_to("web")
    prefix = "" if context else "web/"
    text = f"FROM scratch\nCOPY {prefix}run.sh /x\nCOPY {prefix}own.sh /y"
    dockerfile = parse_dockerfile(SourceFile("Dockerfile", text))
    made, found = build_image(dockerfile, DiskFiles(tmp_path), context)
    assert made is not None
    assert [problem.message.partition(":")[0] for problem in found] == problems
    assert at(made, "/x") == ("?" if problems else "run")
    assert at(made, "/y") == "own"


def test_a_file_that_may_not_be_read_is_there() -> None:
    made, problems = build("FROM scratch\nCOPY . /", {"a": ""}, obstacles={"secret": "may not be read"})
    assert made is not None
    assert problems == ()
    found = file(made, "/secret").content
    assert isinstance(found, Unknown)
    assert found.reason == "secret may not be read"


def test_the_context_can_be_below_the_root() -> None:
    made = image("FROM scratch\nCOPY run.sh /x", {"web/run.sh": "web", "run.sh": "root"}, context="web")
    assert at(made, "/x") == "web"
    assert made.context == "web"


def test_what_a_move_surely_does_not_bring_an_earlier_step_may_have_made() -> None:
    stage = "FROM alpine AS a\nRUN tar -xf /x.tgz -C /usr/local/bin\nCOPY sub /srv\nRUN mv /srv/* /usr/local/bin/\n"
    made = image(stage + "FROM alpine\nCOPY --from=a /usr/local/bin /usr/local/bin\n", CONTEXT)
    found = made.files.lookup("/usr/local/bin/tool")
    assert isinstance(found, Unknown)
    assert not isinstance(found, Unlikely)


def test_a_folder_that_may_be_a_file_keeps_what_is_in_it_over_several_stages() -> None:
    stages = """FROM node:22-alpine AS deps
WORKDIR /app
COPY package.json ./
RUN npm ci
FROM node:22-alpine AS builder
COPY --from=deps /app/node_modules /app/node_modules
FROM node:22-alpine
COPY --from=builder /app/node_modules /app/node_modules
"""
    made = image(stages, {"package.json": "{}"})
    assert at(made, "/app/node_modules/.bin/tsx") == "??"
    assert at(made, "/app/node_modules") == "?"
    assert at(made, "/app/other") is None


@pytest.mark.parametrize(
    ("source", "path", "expected"),
    [
        pytest.param("yarn.lock*", "/app/main.js", None, id="a pattern that nothing matches"),
        pytest.param("yarn.lock*", "/app/yarn.lock", None, id="gives nothing"),
        pytest.param("package-lock.json", "/app/main.js", None, id="a manifest is no folder"),
        pytest.param("package-lock.json", "/app/package-lock.json", "?", id="it has to be there, then"),
        pytest.param("dist", "/app/main.js", "??", id="what may be a folder"),
    ],
)
def test_what_is_not_in_the_context(source: str, path: str, expected: str | None) -> None:
    made = image(f"FROM debian:12\nCOPY run.sh {source} /app/", CONTEXT)
    assert at(made, path) == expected
