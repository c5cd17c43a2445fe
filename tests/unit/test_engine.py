"""Runs over several files: what is merged, kept apart, silenced, and what happens when the analysis itself fails."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from stopcheck import engine, rules
from stopcheck.case import Container, Verdict
from stopcheck.config.settings import Settings
from stopcheck.engine import Request, Run
from stopcheck.model import OutcomeKind, Problem, Severity, Violation
from stopcheck.source import Span

if TYPE_CHECKING:
    from pathlib import Path

    from stopcheck.case import Options
    from stopcheck.engine import Case
    from stopcheck.files import Files

PAGE = "---\nsummary: s\nseverity: error\nfix: safe\nsince: 0.1.0\naliases: [was-bad]\n---\n# x\n"


def stub(files: Files, path: str, options: Options, _: object) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """Blames each line with `BAD` in the Dockerfile, and in the script that its second line names."""
    dockerfile = files.read(path)
    assert dockerfile is not None
    if "CRASH" in dockerfile.text:
        raise IndexError("no such thing")
    folder = path.rpartition("/")[0]
    script = files.read(f"{folder}/{dockerfile.line(2)}".lstrip("/")) if dockerfile.line(2) else None
    severity: Severity = "warning" if "MILD" in dockerfile.text else "error"
    found = [
        (rule, Violation(f"{rule} {severity}", Span(source, at, at + 3)), severity)
        for source in (dockerfile, script)
        if source is not None
        for at in (at for at in range(len(source.text)) if source.text.startswith("BAD", at))
        for rule in ("bad", "worse")
    ]
    problems = (Problem.at(Span(dockerfile, 0, 1), "odd"),) if "ODD" in dockerfile.text else ()
    context = options.context if options.context is not None else folder
    container = Container(path, options.target, None, context, (), "SIGTERM", options.grace_period)
    return ((container, Verdict(OutcomeKind.GRACEFUL), found),), problems


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    module = ModuleType("stopcheck.analysis")
    module.analyze_container = stub  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stopcheck.analysis", module)
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("bad", "worse"):
        (pages / f"{name}.md").write_text(PAGE if name == "bad" else PAGE.replace("was-bad", ""))
    monkeypatch.setattr(rules, "folder", lambda: str(pages))
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    monkeypatch.chdir(project)
    return project


def make(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(*paths: str, given: Settings | None = None, **more: str) -> Run:
    return engine.run(Request(paths or (".",), given or Settings(), **more))  # type: ignore[arg-type]


def found(result: Run) -> list[tuple[str, str, int, tuple[int, ...]]]:
    return [
        (one.rule, one.violation.span.path, one.violation.span.position()[0], one.containers)
        for one in result.report.findings
    ]


def test_findings_are_sorted_by_place_and_rule(here: Path) -> None:
    make(here, b__Dockerfile="FROM x\n\nBAD\n", a__Dockerfile="FROM x\n\n\nBAD\nBAD\n")
    assert found(run()) == [
        ("bad", "a/Dockerfile", 4, (0,)),
        ("worse", "a/Dockerfile", 4, (0,)),
        ("bad", "a/Dockerfile", 5, (0,)),
        ("worse", "a/Dockerfile", 5, (0,)),
        ("bad", "b/Dockerfile", 3, (1,)),
        ("worse", "b/Dockerfile", 3, (1,)),
    ]
    assert [one.container.path for one in run().report.containers] == ["a/Dockerfile", "b/Dockerfile"]


def test_one_place_that_harms_several_is_listed_once_as_the_worst_has_it(here: Path) -> None:
    make(here, Dockerfile="FROM MILD\nx.sh\n", Dockerfile_b="FROM x\nx.sh\n", x_sh="BAD\n")
    result = run()
    assert found(result) == [("bad", "x.sh", 1, (0, 1)), ("worse", "x.sh", 1, (0, 1))]
    assert [one.severity for one in result.report.findings] == ["error", "error"]
    assert result.report.findings[0].violation.message == "bad error"


def test_rules_are_selected_and_ignored(here: Path) -> None:
    make(here, Dockerfile="FROM x\n\nBAD\n")
    assert [name for name, *_ in found(run(given=Settings(select=frozenset({"bad"}))))] == ["bad"]
    assert [name for name, *_ in found(run(given=Settings(ignore=frozenset({"bad"}))))] == ["worse"]


def test_a_script_leads_to_the_dockerfiles_that_start_it(here: Path) -> None:
    make(here, a__Dockerfile="FROM BAD\nx.sh\n", a__x_sh="BAD\n", b__Dockerfile="FROM BAD\n")
    make(here, c__Dockerfile="FROM x\ny.sh\n", c__y_sh="BAD\n")
    result = run("a/x.sh", given=Settings(select=frozenset({"bad"})))
    assert [one.container.path for one in result.report.containers] == ["a/Dockerfile"]
    assert [(path, line) for _, path, line, _ in found(result)] == [("a/Dockerfile", 1), ("a/x.sh", 1)]


def test_a_script_that_no_dockerfile_starts_is_clean(here: Path) -> None:
    make(here, Dockerfile="FROM BAD\nODD\n", x_sh="BAD\n")
    result = run("x.sh")
    assert (found(result), result.report.problems, result.empty) == ([], (), False)


def test_a_dockerfile_that_is_named_is_reported_in_full_beside_a_script(here: Path) -> None:
    make(here, a__Dockerfile="FROM BAD\nx.sh\n", a__x_sh="BAD\n")
    assert len(found(run("a/x.sh", "a/Dockerfile"))) == 4


def test_standard_input_is_a_dockerfile_of_this_folder(here: Path) -> None:
    make(here, x_sh="BAD\n")
    result = run("-", stdin="FROM BAD\nx.sh\n")
    assert [(path, line) for _, path, line, _ in found(result)][::2] == [("-", 1), ("x.sh", 1)]
    assert (result.report.containers[0].container.path, result.report.containers[0].container.context) == ("-", ".")


def test_paths_are_shown_from_the_working_directory(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(here, a__Dockerfile="FROM x\nx.sh\nODD\n", a__x_sh="BAD\n")
    monkeypatch.chdir(here / "a")
    result = run("Dockerfile")
    assert (result.report.containers[0].container.path, result.report.containers[0].container.context) == (
        "Dockerfile",
        ".",
    )
    assert found(result)[0][1] == "x.sh"
    assert result.report.problems[0].path == "Dockerfile"


def test_the_context_may_lie_elsewhere(here: Path, tmp_path: Path) -> None:
    make(here, a__Dockerfile="FROM x\n")
    make(tmp_path / "other", x_sh="")
    result = run("a/Dockerfile", context=str(tmp_path / "other"))
    container = result.report.containers[0].container
    assert (container.path, container.context) == ("a/Dockerfile", "../other")


def test_options_reach_the_analysis(here: Path) -> None:
    make(here, Dockerfile="FROM x\n")
    container = run(given=Settings(grace_period=3.0), target="final").report.containers[0].container
    assert (container.stage, container.grace_period) == ("final", 3.0)


def test_a_bug_in_the_analysis_of_one_file_does_not_hide_another(here: Path) -> None:
    make(here, a__Dockerfile="CRASH\n", b__Dockerfile="FROM BAD\n")
    result = run()
    assert result.crashed
    assert len(found(result)) == 2
    (problem,) = result.report.problems
    assert problem.path == "a/Dockerfile"
    assert problem.message.startswith("internal error (IndexError: no such thing at test_engine.py:")
    assert "\n" not in problem.message


def test_a_file_too_large_is_told(here: Path) -> None:
    make(here, Dockerfile="FROM x\n" + "#" * (5 * 1024 * 1024), b__Dockerfile="FROM BAD\n")
    result = run()
    assert [problem.message for problem in result.report.problems] == ["is larger than 4 MB, and not read"]
    assert not result.crashed
    assert len(found(result)) == 2


def test_a_link_out_of_the_repository_is_told(here: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("FROM x\n")
    (here / "Dockerfile").symlink_to(tmp_path / "outside")
    assert [problem.message for problem in run().report.problems] == [
        "is a symbolic link that leads out of the repository"
    ]


def test_nothing_to_check(here: Path) -> None:
    assert run().empty
    make(here, Dockerfile="FROM x\n")
    assert not run().empty


def test_progress_counts_to_the_end(here: Path) -> None:
    make(here, a__Dockerfile="FROM x\n", b__Dockerfile="FROM x\n")
    calls: list[tuple[int, int]] = []
    engine.run(Request((".",)), lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    "text, left",
    [
        pytest.param("FROM x\n\n# stopcheck: ignore[bad] known\nBAD\n", ["worse"], id="above the line"),
        pytest.param("FROM x\n\n# stopcheck: ignore[bad, worse] known\nBAD\n", [], id="two rules"),
        pytest.param("FROM x\n\n# stopcheck: ignore[was-bad] known\nBAD\n", ["worse"], id="by a former name"),
        pytest.param("FROM x\n\n# stopcheck: ignore[bad] known\nRUN x\nBAD\n", ["bad", "worse"], id="another line"),
        pytest.param("# stopcheck: ignore-file[worse]\n\nBAD\n", ["bad"], id="the whole file"),
    ],
)
def test_a_comment_silences_a_rule(here: Path, text: str, left: list[str]) -> None:
    make(here, Dockerfile=text)
    result = run()
    assert [name for name, *_ in found(result)] == left
    assert result.report.problems == ()


def test_a_comment_in_the_script_silences_what_the_script_is_blamed_for(here: Path) -> None:
    make(here, Dockerfile="FROM BAD\nx.sh\n", x_sh="# stopcheck: ignore[bad]\nBAD\n")
    assert [(name, path) for name, path, _, _ in found(run())] == [
        ("bad", "Dockerfile"),
        ("worse", "Dockerfile"),
        ("worse", "x.sh"),
    ]


@pytest.mark.parametrize(
    "comment, message",
    [
        pytest.param("ignore[wors]", "no rule is called wors: did you mean worse?", id="mistyped"),
        pytest.param("ignore[zzz]", "no rule is called zzz: `stopcheck rules` lists them", id="made up"),
        pytest.param("ignore[]", "no rule is named", id="no rule"),
    ],
)
def test_a_comment_that_silences_nothing_is_a_problem(here: Path, comment: str, message: str) -> None:
    make(here, Dockerfile=f"FROM x\n\n# stopcheck: {comment}\nBAD\n")
    (problem,) = run().report.problems
    assert (problem.path, problem.line) == ("Dockerfile", 3)
    assert problem.message.startswith(message)
