"""Images of any Dockerfile: no exception, spans in range, the same answer twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.files import MemoryFiles
from stopcheck.image.build import build_image
from stopcheck.image.context import find_context
from stopcheck.image.model import ImageFile
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile import parse_dockerfile

FILES = MemoryFiles({"run.sh": "#!/bin/sh\r\nexec app\r\n", "sub/a": "a", ".dockerignore": "sub\n!sub/a\n"})

PATHS = st.sampled_from(
    ["/x", "/app/", "run.sh", ".", "sub", "$A/x", "${B:-/y}", "*", "../x", "/usr/local/bin", "s*/a"]
)
COMMANDS = st.sampled_from(
    [
        *(
            "cp -r",
            "mv",
            "ln -s",
            "ln -sf",
            "chmod +x",
            "chmod -R 700",
            "rm -rf",
            "mkdir -p",
            "touch",
            "sed -i 's/\\r$//'",
        ),
        *(
            "echo -e 'a\\nb' >",
            "cat run.sh >>",
            "install -m 700",
            "tar xf x -C",
            "curl -o",
            "cd",
            "printf '%s\\n' a b >",
        ),
        *(
            "if true; then cp run.sh",
            "fi; (",
            ") &&",
            "for f in *; do rm $f",
            "done | tee",
            "A=$A$A",
            "make",
            "<<EOF cat >",
        ),
    ]
)
RUNS = st.lists(st.tuples(COMMANDS, PATHS, PATHS, st.sampled_from([" && ", "; ", " || ", " | "])), max_size=5).map(
    lambda parts: "RUN " + "".join(f"{command} {one} {two}{end}" for command, one, two, end in parts) + "true"
)
INSTRUCTIONS = st.one_of(
    RUNS,
    st.builds("FROM {} AS s{}".format, st.sampled_from(["debian:12", "scratch", "s0", "$A", "x/y"]), st.integers(0, 2)),
    st.builds("COPY {} {}".format, PATHS, PATHS),
    st.builds("COPY --from=s{} {} {}".format, st.integers(0, 3), PATHS, PATHS),
    st.builds("ADD --chmod={} {} {}".format, st.sampled_from(["755", "u+x", "$A", "x"]), PATHS, PATHS),
    st.builds("WORKDIR {}".format, PATHS),
    st.builds("ENV A={} B=$A".format, PATHS),
    st.builds("ARG A={}".format, PATHS),
    st.builds("ONBUILD COPY {} {}".format, PATHS, PATHS),
    st.sampled_from(
        ["ARG B", 'CMD ["a"]', "ENTRYPOINT a", "ENTRYPOINT []", 'SHELL ["/bin/bash", "-c"]', "STOPSIGNAL $A"]
    ),
)
DOCKERFILES = st.lists(INSTRUCTIONS, max_size=12).map(lambda lines: "FROM debian:12 AS s0\n" + "\n".join(lines) + "\n")
LOOKED_UP = ("/x", "/app/run.sh", "run.sh", "/bin/sh", "/", "", "/y", "/usr/local/bin/run.sh", "../x", "/x/x/x")


def in_range(span: Span) -> bool:
    place = span.outermost()
    return 0 <= place.start <= place.end <= len(place.source.text)


@settings(max_examples=300)
@given(DOCKERFILES)
def test_any_dockerfile_makes_an_image(text: str) -> None:
    dockerfile = parse_dockerfile(SourceFile("Dockerfile", text))
    context = find_context(dockerfile, FILES, "Dockerfile")
    image, problems = build_image(dockerfile, FILES, context)
    assert image is not None
    assert all(1 <= (problem.line or 1) <= text.count("\n") + 1 for problem in problems)
    for path in LOOKED_UP:
        found = image.files.lookup(path)
        assert image.files.lookup(path) == found
        image.files.kind(path)
        if isinstance(found, ImageFile):
            assert found.origin is None or in_range(found.origin)
            if isinstance(found.content, SourceFile):
                size = len(found.content.text)
                assert all(in_range(Span(found.content, at, at + 1)) for at in range(size))
    again, _ = build_image(dockerfile, FILES, context)
    assert again is not None
    assert [again.files.lookup(path) is None for path in LOOKED_UP] == [
        image.files.lookup(path) is None for path in LOOKED_UP
    ]


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    for source in (SourceFile("Dockerfile", text), SourceFile("Dockerfile", "FROM a\nRUN " + text)):
        dockerfile = parse_dockerfile(source)
        build_image(dockerfile, FILES, find_context(dockerfile, FILES, "Dockerfile"))
