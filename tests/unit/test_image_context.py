"""The build context: .dockerignore, wildcards, and which folder it is."""

from __future__ import annotations

import pytest

from stopcheck.files import MemoryFiles
from stopcheck.image.context import Context, Patterns, find_context, source_path
from stopcheck.image.wildcards import file_pattern, has_wildcards, matches
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile


@pytest.mark.parametrize(
    ("lines", "path", "ignored"),
    [
        pytest.param("a", "a", True, id="the path itself"),
        pytest.param("a", "a/b/c", True, id="what is below it"),
        pytest.param("a", "b/a", False, id="not that name elsewhere"),
        pytest.param("*.sh", "run.sh", True, id="star"),
        pytest.param("*.sh", "bin/run.sh", False, id="a star stays in its folder"),
        pytest.param("*/*.sh", "bin/run.sh", True, id="one folder down"),
        pytest.param("**/*.sh", "run.sh", True, id="any depth: none"),
        pytest.param("**/*.sh", "a/b/run.sh", True, id="any depth: two"),
        pytest.param("a/**/b", "a/b", True, id="between: none"),
        pytest.param("a/**/b", "a/x/y/b", True, id="between: two"),
        pytest.param("a/**", "a/x/y", True, id="all below"),
        pytest.param("**", "x/y", True, id="everything"),
        pytest.param("temp?", "temp1", True, id="question mark"),
        pytest.param("temp?", "temp", False, id="a question mark is one character"),
        pytest.param("[a-c].sh", "b.sh", True, id="range"),
        pytest.param("/a/b", "a/b", True, id="leading slash"),
        pytest.param("a/", "a/b", True, id="trailing slash"),
        pytest.param("./a", "a", True, id="dot"),
        pytest.param("  a  ", "a", True, id="blanks"),
        pytest.param("# a\n#a", "a", False, id="comment"),
        pytest.param("*\n!run.sh", "run.sh", False, id="exception"),
        pytest.param("*\n!run.sh", "other.sh", True, id="all others"),
        pytest.param("!run.sh\n*", "run.sh", True, id="the last that matches decides"),
        pytest.param("*\n!bin", "bin/run.sh", False, id="a folder as an exception"),
        pytest.param("*\n! bin/**", "bin/run.sh", False, id="an exception with a blank"),
        pytest.param("bin\n!bin/run.sh", "bin/run.sh", False, id="a file of a folder that is left out"),
        pytest.param("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True, id="and back"),
        pytest.param("a.b", "axb", False, id="a dot is a dot"),
        pytest.param("[", "a", False, id="a malformed pattern"),
        pytest.param("!", "a", False, id="nothing to except"),
        pytest.param("", "a", False, id="empty"),
    ],
)
def test_dockerignore(lines: str, path: str, ignored: bool) -> None:
    context = Context(MemoryFiles({".dockerignore": lines}), "")
    assert context.ignored(path) is ignored


def test_the_ignore_file_of_the_dockerfile_wins() -> None:
    files = MemoryFiles({".dockerignore": "a", "docker/Dockerfile.dockerignore": "b"})
    context = Context(files, "", "docker/Dockerfile")
    assert not context.ignored("a")
    assert context.ignored("b")


def test_a_byte_order_mark_is_no_part_of_a_pattern() -> None:
    assert Context(MemoryFiles({".dockerignore": "\ufeffa\r\nb\r\n"}), "").ignored("a")


def test_many_stars_take_linear_time() -> None:
    assert not Patterns(["**/*a" * 30 + "b"]).match("a" * 250)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param("*", "", True, id="star of nothing"),
        pytest.param("a*b*c", "axxbyyc", True, id="stars"),
        pytest.param("a*", "a/b", False, id="no slash"),
        pytest.param("a?c", "a/c", False, id="no slash for one character"),
        pytest.param("[^a]b", "cb", True, id="not in brackets"),
        pytest.param("[^a]b", "ab", False, id="in brackets"),
        pytest.param("[]a]", "]", False, id="a bracket that is not escaped"),
        pytest.param("[\\]a]", "]", True, id="an escaped bracket"),
        pytest.param("\\*", "*", True, id="an escaped star"),
        pytest.param("\\*", "x", False, id="stands for itself"),
        pytest.param("[a", "a", False, id="an open bracket"),
        pytest.param("[-]", "-", False, id="a dash needs an escape"),
        pytest.param("a\\", "a", False, id="a backslash at the end"),
        pytest.param("ab", "abc", False, id="all of it"),
    ],
)
def test_go_patterns(pattern: str, text: str, expected: bool) -> None:
    tokens = file_pattern(pattern)
    assert (tokens is not None and matches(tokens, text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a*", True), ("a?", True), ("[a]", True), ("a", False), ("\\*", False), ("a\\", False)],
)
def test_has_wildcards(text: str, expected: bool) -> None:
    assert has_wildcards(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(".", ""), ("/", ""), ("./a/", "a"), ("../a", "a"), ("a/../../b", "b"), ("a//b/.", "a/b")],
)
def test_source_path(text: str, expected: str) -> None:
    assert source_path(text) == expected


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        pytest.param("COPY run.sh /", ["a/b/run.sh", "run.sh"], "a/b", id="its own folder first"),
        pytest.param("COPY run.sh /", ["a/run.sh", "run.sh"], "a", id="the nearest above"),
        pytest.param("COPY b/run.sh /", ["a/b/run.sh"], "a", id="sources begin with its folder"),
        pytest.param("COPY run.sh x /", ["a/b/run.sh", "run.sh", "x"], "", id="all sources count"),
        pytest.param("COPY run.sh x y /", ["a/run.sh", "a/x", "x"], "a", id="most sources"),
        pytest.param("COPY run.sh x /", ["run.sh"], "a/b", id="half of them are too few"),
        pytest.param("COPY run.sh yarn.lock /", ["run.sh"], "", id="but a lock file is often left out"),
        pytest.param("COPY a/b/run.sh x y /", ["a/b/run.sh"], "", id="but for one in its own folder"),
        pytest.param("COPY run.sh /", [], "a/b", id="no source exists anywhere"),
        pytest.param("COPY . /", ["run.sh"], "a/b", id="a dot is everywhere"),
        pytest.param("COPY * /", ["run.sh"], "a/b", id="a star too"),
        pytest.param("COPY *.sh /", ["run.sh"], "", id="wildcard"),
        pytest.param("COPY --from=x run.sh /", ["run.sh"], "a/b", id="another stage's file"),
        pytest.param("COPY $X /", ["run.sh"], "a/b", id="a variable"),
        pytest.param("ADD https://example.org/run.sh /", ["run.sh"], "a/b", id="URL"),
        pytest.param("COPY b /", ["a/b/run.sh"], "a/b", id="a source named as its folder is a file to be"),
        pytest.param("COPY a /", ["a/b/run.sh"], "a/b", id="or as a folder above it"),
        pytest.param("COPY b x /", ["a/b/run.sh", "a/x"], "a/b", id="whatever else is there"),
        pytest.param("ONBUILD COPY run.sh /", ["run.sh"], "", id="ONBUILD"),
        pytest.param('COPY ["run.sh", "/"]', ["run.sh"], "", id="JSON form"),
        pytest.param("COPY ../run.sh /", ["run.sh"], "", id="what leads above"),
        pytest.param("RUN true", ["run.sh"], "a/b", id="no sources"),
    ],
)
def test_find_context(text: str, files: list[str], expected: str) -> None:
    source = SourceFile("a/b/Dockerfile", "FROM scratch\n" + text)
    found = find_context(parse_dockerfile(source), MemoryFiles(dict.fromkeys(files, "")), "a/b/Dockerfile")
    assert found == expected


@pytest.mark.parametrize(
    ("text", "told", "expected"),
    [
        pytest.param("COPY . /", "", "", id="the root"),
        pytest.param("ADD --chown=1 ./ /srv", "a", "a", id="a folder above it"),
        pytest.param("COPY . /", None, "a/b", id="nothing is told"),
        pytest.param("COPY . /\nCOPY run.sh /", "", "a/b", id="a source that only one folder has says more"),
        pytest.param("COPY --from=x . /", "", "a/b", id="another stage's files"),
        pytest.param("RUN true", "", "a/b", id="nothing is copied"),
    ],
)
def test_what_is_told_of_the_context(text: str, told: str | None, expected: str) -> None:
    dockerfile = parse_dockerfile(SourceFile("a/b/Dockerfile", "FROM scratch\n" + text))
    files = MemoryFiles({"a/b/run.sh": ""})
    assert find_context(dockerfile, files, "a/b/Dockerfile", lambda _: told) == expected


@pytest.mark.parametrize(
    ("build", "files", "expected"),
    [
        pytest.param("RUN go mod download && go build .", ["go.mod"], "", id="above"),
        pytest.param("RUN go build .", ["a/b/go.mod", "go.mod"], "a/b", id="its own"),
        pytest.param("RUN cd web && npm ci", ["a/package.json", "package.json"], "a", id="the nearest"),
        pytest.param("RUN go build .", ["a/main.go"], "a/b", id="nowhere"),
        pytest.param(
            'RUN npm i ws\nCMD ["node", "./run.js"]', ["package.json", "a/b/run.js"], "a/b", id="what it starts"
        ),
        pytest.param("RUN ./build.sh", ["go.mod", "package.json"], "a/b", id="another tool"),
    ],
)
def test_what_the_build_works_on_tells_of_the_context(build: str, files: list[str], expected: str) -> None:
    dockerfile = parse_dockerfile(SourceFile("a/b/Dockerfile", f"FROM scratch\nCOPY . /\n{build}"))
    assert find_context(dockerfile, MemoryFiles(dict.fromkeys(files, "")), "a/b/Dockerfile", lambda _: None) == expected


def test_a_dockerfile_at_the_root_has_the_root_as_its_context() -> None:
    dockerfile = parse_dockerfile(SourceFile("Dockerfile", "FROM scratch\nCOPY gone /"))
    assert find_context(dockerfile, MemoryFiles({}), "Dockerfile") == ""
