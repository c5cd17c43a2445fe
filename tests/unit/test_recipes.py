"""Base images that the same repository builds: which Dockerfile it is, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stopcheck import engine
from stopcheck.analysis import analyze_container
from stopcheck.case import Options, Recipe
from stopcheck.engine import Request, run
from stopcheck.files import MemoryFiles
from stopcheck.recipes import Recipes

if TYPE_CHECKING:
    from pathlib import Path

BASE = "FROM debian:12\n"
SLIM = {"tree/slim/Dockerfile": BASE}
ARGS = {"app/Dockerfile": "ARG TREE=acme/tree\nARG PEAR=acme/pear:1\nFROM $TREE\nFROM ${PEAR}\n"}
START = "unstartable-entrypoint"
TWO = {"pear/Dockerfile": BASE, "app/Dockerfile": "FROM acme/tree\nFROM acme/pear\n"}


def test_what_is_mounted_when_it_runs_need_not_be_in_the_image() -> None:
    files = {
        "setup/Dockerfile": 'FROM debian:12\nENTRYPOINT ["/run.sh"]\n',
        "compose.yaml": "services:\n  a:\n    build: setup/\n    volumes:\n      - ./setup/run.sh:/run.sh:ro,Z\n",
    }
    for mounts, outcome, rules in ((Recipes(MemoryFiles(files)).mount, "unknown", []), (None, "fails", [START])):
        (((_, verdict, rows),), _) = analyze_container(MemoryFiles(files), "setup/Dockerfile", Options(mounts=mounts))
        assert (verdict.outcome, [rule for rule, _, _ in rows]) == (outcome, rules)
        if mounts:
            assert verdict.reason == "what /run.sh is: compose.yaml mounts it when the container runs"


def test_who_may_write_where_something_is_mounted() -> None:
    start = "#!/bin/sh\nset -e\ndate > /var/log/starts.log\nexec /app\n"
    dockerfile = 'FROM debian:12-slim\nCOPY app start /\nUSER nobody\nCMD ["sh", "/start"]\n'
    compose = "services:\n  a:\n    build: .\n    volumes:\n      - ./logs:/var/log\n"
    files = {"Dockerfile": dockerfile, "start": start, "app": "\x7fELF", "compose.yaml": compose}
    for mounts, outcome in ((None, "fails"), (Recipes(MemoryFiles(files)).mount, "unknown")):
        (((_, verdict, _),), _) = analyze_container(MemoryFiles(files), "Dockerfile", Options(mounts=mounts))
        assert verdict.outcome == outcome


def test_folders_have_capitals_that_names_of_images_have_not() -> None:
    files = {
        "NodeBase/Dockerfile": 'FROM debian:12\nSTOPSIGNAL SIGINT\nCMD ["sleep", "9"]\n',
        "Hub/Dockerfile": "FROM acme/node-base\n",
        "Edge/Dockerfile": "FROM acme/hub\n",
    }
    options = Options(recipes=Recipes(MemoryFiles(files)).find)
    (((container, _, _),), _) = analyze_container(MemoryFiles(files), "Edge/Dockerfile", options)
    assert (container.argv, container.stop_signal) == (("sleep", "9"), "SIGINT")


def test_a_configuration_that_is_mounted_may_keep_a_service_in_the_foreground() -> None:
    files = {
        "Dockerfile": 'FROM debian:12\nRUN apt-get install -y clamav-daemon\nCMD ["clamd"]\n',
        "compose.yaml": "services:\n  a:\n    build: .\n    volumes:\n      - ./conf/:/etc/clamav/:Z\n",
    }
    for mounts, outcome in ((Recipes(MemoryFiles(files)).mount, "unknown"), (None, "exits")):
        (((_, verdict, _),), _) = analyze_container(MemoryFiles(files), "Dockerfile", Options(mounts=mounts))
        assert verdict.outcome == outcome


@pytest.mark.parametrize(
    ("text", "path", "is_mounted"),
    [
        pytest.param("    volumes:\n      - .:/app\n", "/app/server.js", True, id="a folder above"),
        pytest.param("    volumes:\n      - .:/app\n", "/apple/server.js", False, id="another folder"),
        pytest.param('    volumes:\n      - "${PWD}/a:/srv/a:ro"\n', "/srv/a", True, id="in quotes"),
        pytest.param("    volumes:\n      - type: bind\n        target: /srv\n", "/srv/a", True, id="the long form"),
        pytest.param("volumeMounts:\n  - mountPath: /srv\n", "/srv/a", True, id="a manifest"),
        pytest.param("docker run -v $PWD:/srv -it app", "/srv/a", True, id="docker run"),
        pytest.param("docker run --mount type=bind,src=.,dst=/srv app", "/srv/a", True, id="docker run --mount"),
        pytest.param("build: .\nports:\n  - 80:80\n", "/srv/a", False, id="a port"),
        pytest.param("docker run -v /:/ x", "/srv/a", False, id="the root"),
    ],
)
def test_where_something_is_mounted(text: str, path: str, is_mounted: bool) -> None:
    assert Recipes(MemoryFiles({"a.yml": text})).mount(path, "Dockerfile") == ("a.yml" if is_mounted else None)


@pytest.mark.parametrize(
    ("place", "text", "context"),
    [
        pytest.param(
            "compose.yml", "a:\n  build:\n    context: .\n    dockerfile: docker/Dockerfile\n", "", id="compose"
        ),
        pytest.param("compose.yml", "a:\n  build: docker\n", "docker", id="a folder for compose"),
        pytest.param("docker/make.sh", "cd ..\ndocker build . -f ./docker/Dockerfile\n", "", id="a script"),
        pytest.param("README.md", "docker build -f docker/Dockerfile -t a/b:$V .\n", "", id="a manual"),
        pytest.param("Makefile", "all:\n\tdocker build .\n", None, id="another Dockerfile's"),
        pytest.param(
            "a.sh", "docker build -f docker/Dockerfile .\ndocker build docker\n", None, id="two that are told"
        ),
        pytest.param(".github/workflows/a.yml", "jobs:\n  build:\n    runs-on: ubuntu\n", None, id="a job"),
    ],
)
def test_with_which_folder_it_is_built(place: str, text: str, context: str | None) -> None:
    files = MemoryFiles({"Dockerfile": BASE, "docker/Dockerfile": BASE, place: text})
    assert Recipes(files).context("docker/Dockerfile") == context


def test_a_dockerfile_that_copies_all_is_looked_at_with_what_it_is_built_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text('FROM debian:12\nCOPY . /app\nCMD ["/app/start.sh"]\n')
    (tmp_path / "start.sh").write_text("#!/bin/sh\nhypercorn\n")
    (tmp_path / "start.sh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    for script, context, outcome in (
        ("", "docker", "unknown"),
        ("docker build -f docker/Dockerfile .\n", ".", "killed"),
    ):
        (tmp_path / "build.sh").write_text(script)
        engine._repository.cache_clear()
        (one,) = run(Request((".",))).report.containers
        assert (one.container.context, str(one.verdict.outcome)) == (context, outcome)


@pytest.mark.parametrize(
    ("place", "dockerfile", "tells"),
    [
        pytest.param("compose.yml", "web/Dockerfile", True, id="above it"),
        pytest.param("deploy/app.yml", "Dockerfile", True, id="below it"),
        pytest.param("web/compose.yml", "web/Dockerfile", True, id="with it"),
        pytest.param("api/compose.yml", "web/Dockerfile", False, id="elsewhere"),
        pytest.param("we/compose.yml", "web/Dockerfile", False, id="a name that begins alike"),
    ],
)
def test_whose_mounts_a_file_tells(place: str, dockerfile: str, tells: bool) -> None:
    files = MemoryFiles({place: "volumes:\n  - ./a:/srv\n"})
    assert Recipes(files).mount("/srv/a", dockerfile) == (place if tells else None)


def found(reference: str, **files: str) -> Recipe | None:
    every = {"tree/Dockerfile": BASE, "other/Dockerfile": BASE}
    every |= {name.replace("__", "/"): text for name, text in files.items()}
    return Recipes(MemoryFiles(every)).find(reference)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("docker build -t acme/base tree", id="a tag"),
        pytest.param("docker build --tag=acme/base:latest ./tree/", id="with an equals sign"),
        pytest.param("docker buildx build --push -t x -t docker.io/acme/base tree", id="buildx, two tags"),
        pytest.param("cd / && docker build --pull \\\n  -t acme/base \\\n  tree && echo", id="several lines"),
        pytest.param("docker build -t acme/base:$VERSION tree", id="a variable in the tag"),
        pytest.param('docker build -t "acme/base:$(git describe)" "tree" # it', id="a command in the tag"),
        pytest.param("podman build -t acme/base tree", id="podman"),
    ],
)
def test_a_build_that_is_written_down_names_it(line: str) -> None:
    assert found("acme/base", **{"build.sh": line}) == Recipe("tree/Dockerfile", "tree")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("docker build -t acme/base:1 tree", id="another tag"),
        pytest.param("docker build -t acme/base-app tree", id="another name"),
        pytest.param("docker build -t acme/base $DIR", id="where is not known"),
        pytest.param("docker build -t acme/base gone", id="a folder that is not there"),
        pytest.param("docker build -t acme/base https://example.org/x.git", id="an address"),
        pytest.param("docker build -t acme/base tree\ndocker build -t acme/base other", id="two that fit"),
        pytest.param("docker run -t acme/base tree", id="no build"),
    ],
)
def test_what_is_not_surely_it_is_none(line: str) -> None:
    assert found("acme/base", Makefile=f"all:\n\t{line}\n") is None


def test_a_script_may_be_started_from_its_own_folder() -> None:
    assert found("acme/base", **{"tree__build.sh": "docker build -t acme/base ."}) == Recipe("tree/Dockerfile", "tree")


def test_build_arguments_count() -> None:
    line = "docker build --build-arg A=b --build-arg=C=$D -t acme/base tree"
    assert found("acme/base", **{"x.sh": line}) == Recipe("tree/Dockerfile", "tree", None, (("A", "b"), ("C", None)))
    base = "ARG A=scratch\nFROM $A\nCMD sleep 9999\n"
    files = {
        "Dockerfile": "FROM acme/base\nEXPOSE 1\n",
        "tree/Dockerfile": base,
        "x.sh": line.replace("=b", "=debian:12"),
    }
    ((_, verdict, _),), _ = analyze_container(
        MemoryFiles(files), "Dockerfile", Options(recipes=Recipes(MemoryFiles(files)).find)
    )
    assert verdict.outcome == "killed"


def test_the_dockerfile_may_have_any_name_and_the_stage_count() -> None:
    files = {
        "tree__base.Dockerfile": BASE,
        "ci.yml": "run: docker build -t a/b -f tree/base.Dockerfile --target run .\n",
    }
    assert found("a/b", **files) == Recipe("tree/base.Dockerfile", "", "run")


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param(
            "services:\n  x:\n    image: acme/base\n    build: ../tree\n  y:\n    image: z\n    build: ../other\n",
            Recipe("tree/Dockerfile", "tree"),
            id="compose",
        ),
        pytest.param(
            "services:\n  x:\n    image: acme/base\n    build:\n      args:\n        A: '1'\n        B: $B\n"
            "      context: ../tree\n",
            Recipe("tree/Dockerfile", "tree", None, (("A", "1"), ("B", None))),
            id="compose, arguments",
        ),
        pytest.param(
            "services:\n  x:\n    build:\n      context: ../tree\n      args:\n        - A=1\n        - C\n"
            "    image: acme/base\n",
            Recipe("tree/Dockerfile", "tree", None, (("A", "1"), ("C", None))),
            id="compose, a list of arguments",
        ),
        pytest.param(
            "services:\n  x:\n    build:\n      context: ..\n      dockerfile: tree/Dockerfile\n      target: run\n"
            '    image: "acme/base:${TAG:-1}"\n',
            Recipe("tree/Dockerfile", "", "run"),
            id="compose, in full",
        ),
        pytest.param("services:\n  x:\n    image: acme/base\n", None, id="compose without a build"),
        pytest.param(
            "steps:\n  - name: x\n    uses: docker/build-push-action@v6\n    with:\n      context: tree\n"
            "      tags: |\n        ghcr.io/acme/base\n        acme/base:latest\n",
            Recipe("tree/Dockerfile", "tree"),
            id="an action",
        ),
        pytest.param(
            "steps:\n  - uses: docker/build-push-action@v6\n    with:\n"
            "      file: tree/Dockerfile\n      tags: acme/base:${{ env.V }},x\n",
            Recipe("tree/Dockerfile", ""),
            id="an action, by its file",
        ),
    ],
)
def test_yaml_names_it(text: str, expected: Recipe | None) -> None:
    assert found("acme/base", **{"deploy__build.yml": text}) == expected


@pytest.mark.parametrize(
    "reference, files, expected",
    [
        pytest.param("acme/tree", TWO, "tree/Dockerfile", id="the folder's name"),
        pytest.param("acme/tree", {**TWO, **ARGS}, "tree/Dockerfile", id="arguments in FROM"),
        pytest.param("acme/tree", {}, None, id="a name alone is too little: it may be anybody's"),
        pytest.param("tree", TWO, None, id="no namespace"),
        pytest.param("acme/tree:1.2", TWO, "tree/Dockerfile", id="a version"),
        pytest.param("acme/tree:$VERSION", TWO, "tree/Dockerfile", id="some version"),
        pytest.param("acme/tree:slim", TWO, None, id="a variant"),
        pytest.param("acme/tree:slim", {**TWO, **SLIM}, "tree/slim/Dockerfile", id="its own folder"),
        pytest.param("acme/tree:1.2", {**TWO, "tree/1.1/Dockerfile": BASE}, None, id="perhaps another version's"),
        pytest.param("acme/tree", {**TWO, "x/tree/Dockerfile": BASE}, None, id="two folders"),
        pytest.param("$X/tree", TWO, None, id="a name that is not known"),
        pytest.param("acme/tree@sha256:00", TWO, None, id="one image for ever"),
        pytest.param(
            "acme/tree", {**TWO, "tree/Dockerfile": "FROM acme/tree:1\n"}, None, id="one that is made from it"
        ),
    ],
)
def test_folders_of_ones_own_images(reference: str, files: dict[str, str], expected: str | None) -> None:
    recipe = found(reference, **files)
    assert (recipe and recipe.path) == expected


def said(text: str, **files: str):  # type: ignore[no-untyped-def]
    every = {"Dockerfile": text, "build.sh": "docker build -t acme/base base\n"}
    every |= {f"base/{name}": body for name, body in files.items()}
    memory = MemoryFiles(every)
    ((_, verdict, violations),), problems = analyze_container(
        memory, "Dockerfile", Options(recipes=Recipes(memory).find)
    )
    assert problems == ()
    return verdict, [(rule, one.span.path, one.fix is not None) for rule, one, _ in violations]


def test_all_of_the_base_image_counts() -> None:
    base = 'FROM debian:12\nENV APP=hypercorn\nRUN apt-get install -y $APP\nCOPY run.sh /\nENTRYPOINT ["/run.sh"]\n'
    run = "#!/bin/bash\n$APP -u nobody\n"
    verdict, violations = said("FROM acme/base\nCMD []\n", **{"Dockerfile": base, "run.sh": run})
    assert verdict.outcome == "killed"
    assert verdict.story[0].text == "the base image acme/base is what base/Dockerfile makes"
    assert violations == [("missing-exec", "base/run.sh", True)]


def test_the_line_of_the_base_image_is_to_blame() -> None:
    base = "FROM debian:12\nRUN apt-get install -y hypercorn\nCMD hypercorn -u nobody\n"
    verdict, violations = said("FROM acme/base\nEXPOSE 1\n", Dockerfile=base)
    assert verdict.outcome == "killed"
    assert violations == [("shell-form-command", "base/Dockerfile", True)]


def test_its_triggers_are_pulled_and_its_arguments_are_its_own() -> None:
    base = "FROM debian:12\nARG X=1\nONBUILD ENV Y=2\nCMD x\n"
    verdict, _ = said('FROM acme/base\nENV Z=$X-$Y\nCMD ["bash", "-c", "exec sleep 9$Z"]\n', Dockerfile=base)
    assert "`exec`: sleep 9-2 takes the place of the shell, as pid 1" in [step.text for step in verdict.story]


def test_nothing_is_looked_for_where_the_base_image_is_known() -> None:
    def never(reference: str) -> Recipe | None:
        raise AssertionError(reference)

    files = MemoryFiles({"Dockerfile": "FROM debian:12 AS a\nFROM a\nCMD sleep 9999\n"})
    (_, problems) = analyze_container(files, "Dockerfile", Options(recipes=never))
    assert problems == ()


def test_a_run_finds_them_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"base/Dockerfile": BASE, "app/Dockerfile": "FROM acme/base\nCMD sleep 9999\n"}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    (tmp_path / "Makefile").write_text("base:\n\tdocker build -t acme/base base\n")
    monkeypatch.chdir(tmp_path)
    report = run(Request((".",))).report
    assert [(one.container.path, str(one.verdict.outcome)) for one in report.containers] == [
        ("app/Dockerfile", "killed"),
        ("base/Dockerfile", "exits"),
    ]


def test_its_command_was_never_meant_for_another_entrypoint() -> None:
    verdict, violations = said('FROM acme/base\nENTRYPOINT ["bash"]\n', Dockerfile='FROM debian:12\nCMD ["top"]\n')
    assert (verdict.outcome, violations) == ("exits", [])


def test_images_that_are_made_from_each_other_come_to_an_end() -> None:
    verdict, _ = said("FROM acme/base\nCMD x\n", Dockerfile="FROM acme/base\n")
    assert verdict.outcome == "unknown"


def test_a_comment_of_a_dockerfile_may_tell_how_it_is_built() -> None:
    dockerfile = "# Build: docker build -t acme/bot -f bot/Dockerfile .\nFROM debian:12\nCOPY . .\n"
    recipes = Recipes(MemoryFiles({"bot/Dockerfile": dockerfile, "bot/run.sh": "", "lib/x": ""}))
    assert recipes.context("bot/Dockerfile") == ""
