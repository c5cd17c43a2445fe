"""What is known of the files of an image: there, perhaps there, surely not there."""

from __future__ import annotations

import pytest

from stopcheck.image.model import ImageFile
from stopcheck.image.modes import ModeChange, changed_mode, read_mode
from stopcheck.model import Unknown
from tests.unit.images import at, image, shown


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param("FROM scratch", "/bin/sh", None, id="scratch is empty"),
        pytest.param("FROM scratch\nADD root.tar /", "/bin/sh", "??", id="until something is unpacked"),
        pytest.param("FROM debian:12", "/bin/ls", "??", id="the base's own folders"),
        pytest.param("FROM debian:12", "/start.sh", None, id="nothing else is in a system's image"),
        pytest.param("FROM debian:12", "/app/x", None, id="nor other folders"),
        pytest.param("FROM nginx:1.27", "/docker-entrypoint.d/x.sh", "??", id="but what an image uses itself"),
        pytest.param("FROM golang:1.22", "/go/bin/x", "??", id="its working directory"),
        pytest.param("FROM example.org/app", "/start.sh", "??", id="an unknown base may hold anything"),
        pytest.param("FROM alpine:3.20", "/bin/bash", None, id="what a base surely lacks"),
        pytest.param("FROM alpine:3.20\nRUN apk add bash", "/bin/bash", "??", id="until packages come"),
        pytest.param("FROM alpine:3.20\nCOPY a /bin/bash", "/bin/bash", "a", id="or it is copied"),
        pytest.param("FROM alpine:3.20\nRUN apk add curl=8.5", "/bin/bash", None, id="that bring no bash"),
        pytest.param("FROM python:3.12", "/usr/bin/tini", None, id="no system brings an init along"),
        pytest.param("FROM jenkins/jenkins", "/usr/bin/tini", "??", id="an image may"),
        pytest.param("FROM python:3.12\nRUN apt-get update", "/usr/bin/tini", None, id="nothing installed"),
        pytest.param("FROM python:3.12\nRUN apt-get install -y curl", "/usr/bin/tini", None, id="something else"),
        pytest.param("FROM python:3.12\nRUN apt-get install -y tini", "/bin/tini", "??", id="its package"),
        pytest.param("FROM python:3.12\nRUN apt-get install -y tini", "/sbin/tini", None, id="elsewhere"),
        pytest.param(
            "FROM python:3.12\nARG A\nRUN apt-get install -y $A", "/usr/bin/tini", "??", id="what is not known"
        ),
        pytest.param("FROM python:3.12\nRUN apt-get install -y ./a.deb", "/bin/tini", "??", id="a package's file"),
        pytest.param("FROM python:3.12\nRUN pip install -r a", "/usr/local/bin/supervisord", "??", id="a list"),
        pytest.param("FROM nats", "/nats-server", "??", id="what an image starts, though it has nothing else"),
        pytest.param("FROM nats", "/start.sh", None, id="nothing else"),
        pytest.param("FROM debian:12\nRUN apt-get install -y curl", "/root/start.sh", None, id="a home is empty"),
        pytest.param("FROM debian:12\nRUN apt-get install -y curl", "/root/.profile", "??", id="but for hidden files"),
        pytest.param("FROM debian:12\nRUN pip install acme", "/root/start.sh", "??", id="and what users install"),
        pytest.param("FROM centos:7", "/root/anaconda-ks.cfg", "??", id="another system's is not empty"),
        pytest.param("FROM alpine:3.20\nCOPY a /usr/bin/bash", "/bin/bash", "??", id="perhaps through a link"),
        pytest.param("FROM debian:12\nRUN pip install x", "/start.sh", None, id="packages stay in the system"),
        pytest.param("FROM debian:12\nRUN ./build", "/start.sh", "??", id="anything may be built"),
        pytest.param("FROM debian:12\nRUN ./build\nRUN rm /start.sh", "/start.sh", None, id="removed after it"),
        pytest.param("FROM debian:12\nRUN rm /start.sh\nRUN ./build", "/start.sh", "??", id="built after it"),
        pytest.param("FROM debian:12\nWORKDIR /app", "/app", None, id="a folder is no file"),
        pytest.param("FROM debian:12\nCOPY a /app/bin/x", "/app/bin/../bin/x", "a", id="a path that is not clean"),
    ],
)
def test_lookup(text: str, path: str, expected: str | None) -> None:
    assert at(image(text, {"a": "a", "root.tar": ""}), path) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param("FROM scratch", "/", "folder", id="the root"),
        pytest.param("FROM debian:12", "/usr/local/bin", "folder", id="of every system"),
        pytest.param("FROM debian:12", "/usr/x", "unknown", id="of the base"),
        pytest.param("FROM debian:12", "/x", None, id="nothing"),
        pytest.param("FROM scratch\nCOPY a /x/y", "/x", "folder", id="above a file"),
        pytest.param("FROM scratch\nCOPY a /x/y", "/x/y", "file", id="file"),
        pytest.param("FROM scratch\nCOPY sub /x", "/x", "folder", id="a copied folder"),
        pytest.param("FROM scratch\nCOPY . /x", "/x/sub", "folder", id="a folder in it"),
        pytest.param("FROM scratch\nWORKDIR /x/y", "/x", "folder", id="above WORKDIR"),
        pytest.param("FROM debian:12\nRUN ln -s /opt /x", "/x", "folder", id="through a link"),
        pytest.param("FROM example.org/app\nCOPY a /x", "/x", "unknown", id="a file or a folder that holds it"),
    ],
)
def test_kind(text: str, path: str, expected: str | None) -> None:
    found = image(text, {"a": "a", "sub/b": "b"}).files.kind(path)
    assert ("unknown" if isinstance(found, Unknown) else found) == expected


@pytest.mark.parametrize(
    ("text", "program", "expected"),
    [
        pytest.param("COPY a /usr/local/bin/app", "app", "a", id="in the PATH"),
        pytest.param("COPY a /usr/bin/app\nCOPY b /usr/local/bin/app", "app", "b", id="the first folder wins"),
        pytest.param("COPY b /bin/app\nCOPY --chmod=644 a /usr/bin/app", "app", "b", id="not executable"),
        pytest.param("ENV PATH=/opt/bin:$PATH\nCOPY a /opt/bin/app", "app", "a", id="ENV PATH"),
        pytest.param("COPY a /opt/app", "app", "??", id="not in the PATH: perhaps of the base"),
    ],
)
def test_which(text: str, program: str, expected: str) -> None:
    made = image("FROM debian:12\n" + text, {"a": "a", "b": "b"})
    search = made.env["PATH"]
    assert isinstance(search, str)
    assert shown(made.files.which(program, search)) == expected


def test_a_program_that_is_nowhere() -> None:
    made = image("FROM scratch\nCOPY a /app", {"a": "a"})
    assert made.files.which("bash", "/bin:/usr/bin") is None


def test_links_are_followed_and_kept() -> None:
    made = image("FROM debian:12\nCOPY a /opt/app\nRUN ln -s /opt/app /usr/local/bin/app", {"a": "a"})
    found = made.files.lookup("/usr/local/bin/app")
    assert isinstance(found, ImageFile)
    assert found.path == "/opt/app"


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("COPY a /app/x", id="COPY to a file"),
        pytest.param("COPY a b /app/", id="COPY into a folder"),
        pytest.param("WORKDIR /app\nCOPY a x", id="WORKDIR"),
        pytest.param("COPY . /src\nRUN cp /src/a /app/x", id="cp"),
        pytest.param("COPY . /src\nRUN mkdir -p /app && cp /src/a /app/x", id="mkdir"),
        pytest.param("RUN echo -n a > /app/x", id="echo"),
        pytest.param("RUN cd /app && echo -n a > x", id="cd"),
        pytest.param("COPY . /src\nRUN cp -r /src/sub/. /app", id="cp of a folder"),
        pytest.param("COPY sub /app", id="COPY of a folder"),
    ],
)
def test_what_is_written_through_a_link_lands_at_its_target(step: str) -> None:
    text = f"FROM debian:12\nRUN mkdir /data && ln -s /data /app\n{step}"
    made = image(text, {"a": "a", "b": "b", "sub/x": "a"})
    name = "a" if "a b" in step else "x"
    assert at(made, f"/data/{name}") == "a"
    assert at(made, f"/app/{name}") == "a"


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        pytest.param("755", 0o600, 0o755, id="octal"),
        pytest.param("0755", 0o600, 0o755, id="leading zero"),
        pytest.param("4755", 0o600, 0o4755, id="setuid"),
        pytest.param("+x", 0o644, 0o755, id="+x"),
        pytest.param("a+x", 0o600, 0o711, id="a+x"),
        pytest.param("u+x", 0o644, 0o744, id="u+x"),
        pytest.param("ug+rwx,o=r", 0o600, 0o774, id="clauses"),
        pytest.param("-x", 0o755, 0o644, id="-x"),
        pytest.param("go-rwx", 0o755, 0o700, id="go-rwx"),
        pytest.param("+w", 0o444, 0o644, id="the umask holds without a who"),
        pytest.param("a+X", 0o644, 0o644, id="X without an x"),
        pytest.param("a+X", 0o744, 0o755, id="X with one"),
        pytest.param("g=u", 0o740, 0o770, id="copied"),
        pytest.param("u+s", 0o755, 0o4755, id="u+s"),
        pytest.param("+t", 0o755, 0o1755, id="+t"),
        pytest.param("u=rwx", 0o4600, 0o4700, id="= keeps others"),
    ],
)
def test_chmod(text: str, before: int, after: int) -> None:
    change = read_mode(text)
    assert change is not None
    assert change.apply(before) == after


@pytest.mark.parametrize("text", ["", "x", "8", "999", "777777", "u+q", "+x,", "99999"])
def test_what_is_no_mode(text: str) -> None:
    assert read_mode(text) is None


def test_a_mode_is_known_where_its_x_bits_are() -> None:
    nobody_knows = Unknown("?")
    execute = read_mode("+x")
    write = read_mode("+w")
    assert changed_mode(nobody_knows, ModeChange(0o700)) == 0o700
    assert changed_mode(nobody_knows, execute) == 0o755
    assert changed_mode(nobody_knows, write) is nobody_knows
    assert changed_mode(0o644, nobody_knows) is nobody_knows
    assert changed_mode(0o644, None) == 0o644


def test_a_step_that_may_have_brought_a_program_says_more_than_the_base_image() -> None:
    made = image("FROM alpine:3.20\nRUN tar -xf app.tgz -C /usr/local/bin\n")
    found = made.files.which("app", "/usr/local/sbin:/usr/local/bin:/usr/bin")
    assert isinstance(found, Unknown)
    assert found.span is not None
    assert found.span.text.startswith("RUN tar")
