"""Configuration files: which one counts, what it changes, what is said of one that is wrong, programs told by users."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.config import programs as config
from stopcheck.config.configuration import Configuration
from stopcheck.config.options import read
from stopcheck.config.settings import NAMES, Settings
from stopcheck.files import MemoryFiles
from stopcheck.knowledge import programs
from stopcheck.knowledge.programs import ProgramRow, find_program

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "#!/bin/sh\nset -e\ngunicorn app:wsgi\n"
DOCKERFILE = 'FROM python:3.12-slim\nRUN pip install gunicorn\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    make(tmp_path, "web/Dockerfile", DOCKERFILE)
    make(tmp_path, "web/start.sh", SCRIPT)
    make(tmp_path, "old/Dockerfile", DOCKERFILE)
    make(tmp_path, "old/start.sh", SCRIPT)
    return tmp_path


def make(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")
    (root / path).chmod(0o755)


def stopcheck(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "stopcheck", *arguments],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def report(here: Path, *arguments: str) -> dict[str, Any]:
    value = json.loads(stopcheck(here, *arguments, "--format", "json").stdout)
    assert isinstance(value, dict)
    return value


def places(here: Path, *arguments: str) -> list[str]:
    return [finding["path"] for finding in report(here, *arguments)["findings"]]


def settings(text: str) -> Settings:
    found, problems = read("stopcheck.toml", text)
    assert problems == ()
    assert found is not None
    return found


def problems(text: str, path: str = "stopcheck.toml") -> list[str]:
    return [f"{one.line}:{one.column}: {one.message}" for one in read(path, text)[1]]


# --- which file counts ---------------------------------------------------------------------------


def test_the_nearest_file_counts_and_it_alone(here: Path) -> None:
    make(here, "stopcheck.toml", 'ignore = ["missing-exec"]\n')
    make(here, "web/stopcheck.toml", "grace-period = 20\n")
    found = report(here)
    assert [finding["path"] for finding in found["findings"]] == ["web/start.sh"]
    assert [container["grace_period"] for container in found["containers"]] == [10.0, 20.0]


def test_what_is_said_does_not_hang_on_where_one_stands(here: Path) -> None:
    make(here, "stopcheck.toml", "grace-period = 20\n")
    for folder, arguments in (("web", ()), (".", ("web",)), (".", ("web/Dockerfile",)), ("old", ("../web/start.sh",))):
        found = report(here / folder, *arguments)
        assert [container["grace_period"] for container in found["containers"]] == [20.0]


def test_a_file_above_the_repository_does_not_count(here: Path) -> None:
    make(here, "stopcheck.toml", 'ignore = ["missing-exec"]\n')
    (here / "web/.git").mkdir()
    assert places(here, "web") == ["web/start.sh"]


@pytest.mark.parametrize(
    "pyproject, ignored",
    [
        pytest.param('[tool.stopcheck]\nignore = ["missing-exec"]\n', True, id="our table"),
        pytest.param('tool = { stopcheck = { ignore = ["missing-exec"] } }\n', True, id="an inline table"),
        pytest.param('[project]\ndependencies = ["stopcheck"]\n', False, id="others' tables"),
        pytest.param("[tool.other\n", False, id="broken, but not ours"),
        pytest.param("tool = 1 # stopcheck\n", False, id="no table"),
    ],
)
def test_pyproject(here: Path, pyproject: str, ignored: bool) -> None:
    make(here, "pyproject.toml", pyproject)
    assert places(here, "web") == ([] if ignored else ["web/start.sh"])
    make(here, "web/pyproject.toml", '[project]\nname = "a"\n')
    assert places(here, "web") == ([] if ignored else ["web/start.sh"])


def test_our_own_file_wins_over_pyproject(here: Path) -> None:
    make(here, "pyproject.toml", '[tool.stopcheck]\nignore = ["missing-exec"]\n')
    make(here, "stopcheck.toml", "")
    assert places(here, "web") == ["web/start.sh"]


def test_standard_input_has_the_configuration_of_this_folder(here: Path) -> None:
    make(here, "web/stopcheck.toml", "grace-period = 20\n")
    command = [sys.executable, "-m", "stopcheck", "-", "--format", "json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=here / "web", input=DOCKERFILE, capture_output=True, text=True, env=env, check=False
    )
    assert json.loads(done.stdout)["containers"][0]["grace_period"] == 20.0


# --- what it changes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, arguments, code",
    [
        pytest.param("", (), 1, id="nothing"),
        pytest.param('fail-on = "never"\n', (), 0, id="fail-on"),
        pytest.param('fail-on = "never"\n', ("--fail-on", "error"), 1, id="fail-on, the command line wins"),
        pytest.param('ignore = ["missing-exec"]\n', (), 0, id="ignore"),
        pytest.param('ignore = ["missing-exec"]\n', ("--ignore", "missing-init"), 1, id="ignore, given anew"),
        pytest.param('ignore = ["missing-exec"]\n', ("--select", "missing-exec"), 1, id="ignored, but selected now"),
        pytest.param('select = ["missing-init"]\n', (), 0, id="select"),
        pytest.param('select = ["missing-init"]\n', ("--select", "missing-exec"), 1, id="select, given anew"),
        pytest.param('select = ["missing-exec"]\n', ("--ignore", "missing-exec"), 0, id="selected, but ignored now"),
        pytest.param('exclude = ["/web/"]\n', ("web",), 3, id="nothing left"),
        pytest.param('exclude = ["/web/"]\n', ("web/Dockerfile",), 1, id="excluded, but named"),
    ],
)
def test_options(here: Path, text: str, arguments: tuple[str, ...], code: int) -> None:
    make(here, "stopcheck.toml", text)
    assert stopcheck(here, *arguments).returncode == code


def test_excluded_files(here: Path) -> None:
    make(here, "stopcheck.toml", 'exclude = ["old/"]\n')
    assert places(here) == ["web/start.sh"]
    assert places(here, "old") == []
    assert places(here / "old", "..") == ["../web/start.sh"]
    assert places(here, "--exclude", "/web/") == ["old/start.sh"]
    assert places(here / "old", "..", "--exclude", "Dockerfile") == ["../web/start.sh"]
    assert stopcheck(here, "--exclude", "!").returncode == 2


def test_the_grace_period_and_pedantry(here: Path) -> None:
    make(here, "stopcheck.toml", "grace-period = 2.5\npedantic = true\n")
    assert {container["grace_period"] for container in report(here)["containers"]} == {2.5}
    assert {container["grace_period"] for container in report(here, "--grace-period", "4")["containers"]} == {4.0}
    make(here, "any/Dockerfile", 'FROM acme/base\nCMD app --port "$PORT"\n')
    assert places(here, "any") == ["any/Dockerfile"]
    assert places(here, "any", "--no-pedantic") == []


def test_several_processes_have_it_too(here: Path) -> None:
    make(here, "web/stopcheck.toml", '[programs.gunicorn]\nrole = "short"\n')
    assert places(here, "--jobs", "2") == ["old/start.sh"]


def test_the_command_line_has_the_last_word() -> None:
    file = Settings(20.0, frozenset({"a"}), frozenset({"b", "c"}), "note", True, ("x",))
    assert Settings().over(file) == file
    line = Settings(3.0, frozenset({"b"}), None, "never", False, ("y",))
    assert line.over(file) == Settings(3.0, frozenset({"b"}), frozenset({"c"}), "never", False, ("y",))


def test_no_file_costs_a_few_looks_at_the_disk(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    real = os.path.lexists

    def look(path: str) -> bool:
        looks.append(path)
        return real(path)

    monkeypatch.setattr(os.path, "lexists", look)
    configuration = Configuration(Settings())
    for name in ("Dockerfile", "other.Dockerfile"):
        assert configuration.settings(str(here / "web" / name), str(here)) == Settings()
    assert looks == [str(folder / name) for folder in (here / "web", here) for name in NAMES]


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, said",
    [
        pytest.param("a = \n", "1:5: is no TOML: Invalid value", id="no TOML"),
        pytest.param('[programs."x', "1:1: is no TOML: ", id="the end is missing"),
        pytest.param("a = " + "[" * 5000, "is nested too deeply", id="deep"),
        pytest.param("a = " + "1" * 5000, "is no TOML", id="a number without end"),
        pytest.param("\ngrace_period = 3\n", '2:1: unknown key "grace_period": did you mean grace-period?', id="a key"),
        pytest.param('zzz = 3\n', '1:1: unknown key "zzz" (known: grace-period, select, ',
                     id="a key unlike any other"),
        pytest.param('grace-period = "10"\n', '1:1: grace-period: "10" is no number of seconds', id="a text"),
        pytest.param("grace-period = -1\n", "1:1: grace-period: -1 is no number of seconds", id="a negative number"),
        pytest.param("grace-period = nan\n", "1:1: grace-period: nan is no number of seconds", id="not a number"),
        pytest.param("grace-period = true\n", "1:1: grace-period: true is no number of seconds", id="a truth"),
        pytest.param("pedantic = 1\n", "1:1: pedantic: 1 is neither true nor false", id="no truth"),
        pytest.param('fail-on = "warnings"\n', '1:1: fail-on: "warnings" is not known here: did you mean warning?',
                     id="a severity"),
        pytest.param('ignore = "missing-exec"\n', '1:1: ignore: "missing-exec" is no list of texts: ["…", "…"]',
                     id="no list"),
        pytest.param('select = [\n  "missing-init",\n  "mising-exec",\n]\n',
                     "1:1: select: no rule is called mising-exec: did you mean missing-exec?", id="a rule"),
        pytest.param('exclude = ["!"]\n', '1:1: exclude: "!" is no pattern of .gitignore', id="a pattern"),
        pytest.param("programs = 1\n", "1:1: programs: is 1, and should be a table", id="programs"),
        pytest.param("[programs]\nacme = 1\n", "2:1: programs.acme: is 1, and should be a table: [programs.NAME]",
                     id="a program"),
        pytest.param('[programs.acme]\nrole = "wraper"\n', '2:1: programs.acme.role: "wraper" is not known here',
                     id="a role"),
        pytest.param('[programs.acme]\nrole = "exce"\n',
                     '2:1: programs.acme.role: "exce" is not known here: did you mean exec?', id="a role, nearly"),
        pytest.param('[programs.acme]\n\nrole = "init"\nforward = "child"\n',
                     '4:1: programs.acme: unknown key "forward": did you mean forwards?', id="a field"),
        pytest.param('[programs.acme]\nvalue-options = "-x"\n',
                     '2:1: programs.acme: unknown key "value-options": did you mean value_options?', id="a dash"),
        pytest.param('[programs.acme]\nrole = "init"\nforwards = "childs"\n',
                     '3:1: programs.acme.forwards: "childs" is not known here: did you mean child?', id="a value"),
        pytest.param('[programs.acme]\nrole = "init"\n',
                     '1:11: programs.acme: role "init" needs `forwards`: child, group, session or none',
                     id="an init that says too little"),
        pytest.param('[programs.acme]\nrole = "exec"\nkill_after = 3\n',
                     "3:1: programs.acme.kill_after: says nothing of a program of this role, only of: fork, init",
                     id="a field of another role"),
        pytest.param('[programs.acme]\non = { TERM = "graceful", SIGINT = "quick" }\n',
                     '2:27: programs.acme.on.SIGINT: "SIGINT" is no signal: did you mean INT?', id="a signal"),
        pytest.param("[programs.acme]\nstops_on = 3\n", "2:1: programs.acme.stops_on: 3 is no text in quotes",
                     id="a number for a signal"),
        pytest.param('[programs.acme]\non = { TERM = "gracefull" }\n',
                     '2:8: programs.acme.on.TERM: "gracefull" is not known here: did you mean graceful?',
                     id="an action"),
        pytest.param('[programs.acme]\nrole = "init"\nforwards = "child"\non.TERM = "graceful"\n',
                     '4:4: programs.acme.on.TERM: "graceful" is not known here (known: ignore, default)',
                     id="an action of another role"),
        pytest.param("[programs.acme]\nexit = 256\n", "2:1: programs.acme.exit: 256 is no whole number from 0 to 255",
                     id="an exit status"),
        pytest.param('[programs.acme]\nvariants = { words = "-g" }\n',
                     "2:1: programs.acme.variants: a table is no list of tables: [{ … }]", id="variants"),
        pytest.param('[programs.acme]\nvariants = [\n  { words = "-g" },\n  { word = "-x" },\n]\n',
                     '4:5: programs.acme.variants: unknown key "word": did you mean words?', id="in a variant"),
        pytest.param('[programs."/usr/bin/acme"]\n',
                     '1:12: programs."/usr/bin/acme": a program is named by the last part of its path: '
                     "did you mean acme?", id="a path"),
        pytest.param('[programs.start.sh]\nrole = "short"\n',
                     '1:17: programs.start: unknown key "sh": a name with a dot is quoted, [programs."start.sh"]',
                     id="a dot"),
        pytest.param('[programs.bash]\nrole = "short"\n', "1:11: programs.bash: a shell is more than a table can tell",
                     id="a shell"),
        pytest.param('[programs.npm]\nforwards = "child"\n',
                     "1:11: programs.npm: npm works in ways of its own: a `role` here would describe it anew",
                     id="what no table tells"),
        pytest.param('[programs.a]\nrole = "short"\nnames = "b c"\n[programs.b]\nrole = "exec"\n',
                     '4:11: programs.b: another table tells of "b" already', id="twice"),
        pytest.param('select = ["""\n[programs.x]\n"""]\n# [pedantic]\npedantic = 0\n',
                     "5:1: pedantic: 0 is neither true nor false", id="what only looks like a key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_line(text: str, said: str) -> None:
    found = problems(text)
    assert any(said in each for each in found), found
    assert all("\n" not in each for each in found)


def test_all_that_is_wrong_is_told() -> None:
    assert len(problems('pedantic = 1\nx = 1\n[programs.acme]\nroles = "x"\nexit = -1\n')) == 4


def test_lines_in_pyproject_and_with_windows_line_ends() -> None:
    assert problems("[tool.other]\na = 1\n\n[tool.stopcheck]\npedantic = 1\n", "pyproject.toml") == [
        "5:1: pedantic: 1 is neither true nor false"
    ]
    assert problems("# a\r\nselect = [\r\n]\r\npedantic = 1\r\n") == ["4:1: pedantic: 1 is neither true nor false"]


KEY_WORDS = """
grace-period select exclude fail-on programs acme tini npm role on TERM otherwise names exit_on variants words
kill_after skip x "" "a.b" "\\n"
"""
VALUE_WORDS = '1 -1 nan 1e400 true "" "exec" "fork" "child" "a\\nb" 1979-05-27 "!" [] {} graceful'
KEYS = st.sampled_from(KEY_WORDS.split())
VALUES = st.recursive(
    st.sampled_from([*VALUE_WORDS.split(), "9" * 400, '"""\na\n[x]\n"""']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[\n{', '.join(each)}\n]")
        | st.lists(st.tuples(KEYS, inner), max_size=3).map(
            lambda each: "{ " + ", ".join(f"{key} = {value}" for key, value in each) + " }"
        )
    ),
    max_leaves=6,
)
LINES = st.one_of(
    st.lists(KEYS, min_size=1, max_size=3).map(lambda keys: f"[{'.'.join(keys)}]"),
    st.lists(KEYS, min_size=1, max_size=2).map(lambda keys: f"[[{'.'.join(keys)}]]"),
    st.tuples(st.lists(KEYS, min_size=1, max_size=3).map(".".join), VALUES).map(" = ".join),
    st.text(max_size=5),
)


@given(st.lists(LINES, max_size=6), st.sampled_from(NAMES), st.sampled_from(["\n", "\r\n"]))
def test_whatever_a_file_holds_there_is_an_answer(lines: list[str], name: str, end: str) -> None:
    text = end.join(["[tool.stopcheck]", *lines] if name == "pyproject.toml" else lines)
    found, wrong = read(name, text)
    assert found is not None or wrong or name == "pyproject.toml"
    for problem in wrong:
        assert "\n" not in problem.message
        assert problem.line is not None
        assert problem.column is not None
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.column >= 1


def test_a_broken_file_is_a_problem_and_ends_in_2(here: Path) -> None:
    make(here, "web/stopcheck.toml", "grace-period = 3\npedantics = true\n")
    done = stopcheck(here, "--fail-on", "never")
    assert done.returncode == 2
    assert "web/stopcheck.toml:2:1  problem" in done.stdout
    found = report(here)
    assert found["problems"] == [
        {"path": "web/stopcheck.toml", "line": 2, "column": 1,
         "message": 'unknown key "pedantics": did you mean pedantic?'}
    ]  # fmt: skip
    # What it stands above would be judged by settings that nobody wants; the rest is judged.
    assert [container["path"] for container in found["containers"]] == ["old/Dockerfile"]
    assert "pedantics" in stopcheck(here, "trace", "web").stdout
    assert stopcheck(here, "trace", "web").returncode == 2


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.mkdir(), id="a folder"),
        pytest.param(lambda path: os.mkfifo(path), id="a FIFO"),
        pytest.param(lambda path: path.symlink_to("nowhere"), id="a link that leads nowhere"),
        pytest.param(lambda path: path.symlink_to(path.name), id="a link to itself"),
        pytest.param(lambda path: path.write_bytes(b"pedantic = true # \xff\n"), id="not UTF-8"),
        pytest.param(lambda path: path.write_bytes(b"#" * (1024 * 1024 + 1)), id="large"),
        pytest.param(lambda path: path.write_bytes(b"\0"), id="NUL"),
    ],
)
def test_a_file_that_cannot_be_read_is_no_silence(here: Path, spoil: Any) -> None:
    spoil(here / "stopcheck.toml")
    done = stopcheck(here, "web", "--format", "json")
    assert done.returncode == 2
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["path"] == "stopcheck.toml"


def test_a_byte_order_mark_is_no_mistake(here: Path) -> None:
    (here / "stopcheck.toml").write_bytes(b"\xef\xbb\xbfgrace-period = 3\r\n")
    assert report(here, "web")["containers"][0]["grace_period"] == 3.0


# --- programs ------------------------------------------------------------------------------------

ELF = "\x7fELF\x02\x01\x01" + "\0" * 57


def outcome(
    table: str, command: str, *, script: str = "", program: str | None = ELF, folder: str = "/usr/local/bin/"
) -> tuple[str, int | None, list[str]]:
    """The outcome, the exit code and the rules that speak: of `acme` with a table, as `command`'s words have it."""
    files = {"acme": program} if program is not None else {}
    lines = ["FROM debian:12", f"COPY acme {folder}", f"CMD {json.dumps(command.split())}"]
    if script:
        files["start.sh"] = script
        lines.insert(2, "COPY start.sh /")
    files["Dockerfile"] = "\n".join(lines) + "\n"
    modes = dict.fromkeys(files, 0o755)
    told = settings(table).programs
    ((_, verdict, found),), problems = analyze_container(MemoryFiles(files, modes), "Dockerfile", Options(), told)
    assert problems == ()
    return str(verdict.outcome), verdict.exit_code, [rule for rule, _, _ in found]


@pytest.mark.parametrize(
    "table, command, expected",
    [
        pytest.param('otherwise = "default"', "acme", ("killed", 137), id="no handler, as PID 1"),
        pytest.param('on = { TERM = "quick" }\nexit = 3', "acme", ("terminated", 3), id="ends at once"),
        pytest.param('on = { TERM = "graceful" }\nseconds = 20', "acme", ("killed", 137), id="takes too long"),
        pytest.param('on = { TERM = "graceful" }\nseconds = 5', "acme", ("graceful", None), id="finishes in time"),
        pytest.param('on = { TERM = "ignore" }', "acme", ("killed", 137), id="goes on"),
        pytest.param('on = { INT = "graceful" }', "acme", ("unknown", None), id="what is not told is not known"),
        pytest.param('role = "exec"', "acme tail -f /dev/null", ("killed", 137), id="becomes its child"),
        pytest.param('role = "exec"\nskip = 1\nvalue_options = "-c"', "acme -c conf web nginx -g daemon off;",
                     ("graceful", None), id="where its child starts"),
        pytest.param('role = "init"\nforwards = "child"', "acme tail -f /dev/null", ("terminated", 143), id="forwards"),
        pytest.param('role = "init"\nforwards = "none"', "acme gunicorn", ("killed", 137), id="forwards nothing"),
        pytest.param('role = "init"\nforwards = "child"\nforwards_only = "INT"', "acme gunicorn", ("killed", 137),
                     id="forwards another"),
        pytest.param('role = "fork"\nforwards = "child"\nkill_after = 0.1', "acme gunicorn", ("cut-off", None),
                     id="does not wait for long"),
        pytest.param('role = "fork"\nforwards = "child"\nthen = "ends"\nexit = 4', "acme gunicorn", ("cut-off", 4),
                     id="does not wait at all"),
        pytest.param('role = "daemon"', "acme gunicorn", ("exits", 0), id="leaves it in the background"),
        pytest.param('background = true\notherwise = "default"', "acme", ("exits", 0), id="leaves for the background"),
        pytest.param('background = true\notherwise = "default"\nforeground_text = ["--stay"]', "acme --stay",
                     ("killed", 137), id="told to stay"),
        pytest.param('role = "exec"\nvariants = [{ words = "-f", role = "fork", forwards = "none" }]',
                     "acme -f gunicorn", ("killed", 137), id="a variant"),
    ],
)  # fmt: skip
def test_a_program_of_ones_own(table: str, command: str, expected: tuple[str, int | None]) -> None:
    found = outcome(f"[programs.acme]\n{table}\n", command)
    assert found[0] == expected[0]
    assert expected[1] is None or found[1] == expected[1]


def test_the_same_with_an_init_above() -> None:
    table = '[programs.acme-init]\nrole = "init"\nforwards = "child"\n[programs.acme]\notherwise = "default"\n'
    assert outcome(table, "acme-init acme")[:2] == ("terminated", 143)


def test_it_is_known_wherever_it_stands_and_whatever_it_is_written_in() -> None:
    table = '[programs.acme]\nrole = "exec"\n'
    for folder in ("/usr/local/bin/", "/opt/acme/"):
        for program in (ELF, '#!/bin/sh\n"$@"\n', "#!/usr/bin/perl\nsystem @ARGV;\n"):
            assert outcome(table, f"{folder}acme gunicorn", folder=folder, program=program)[0] == "graceful"


def test_a_script_that_cannot_start_does_not_start() -> None:
    table = '[programs.acme]\nrole = "exec"\n'
    assert outcome(table, "acme gunicorn", program='#!/bin/sh\r\nexec "$@"\r\n')[0] == "fails"


def test_what_a_script_starts_is_known_too() -> None:
    script = "#!/bin/sh\nacme --config x gunicorn\n"
    table = '[programs.acme]\nrole = "fork"\nforwards = "child"\nvalue_options = "--config"\n'
    assert outcome(table, "/start.sh", script=script) == ("killed", 137, ["missing-exec"])


def test_the_rules_speak_of_it() -> None:
    table = '[programs.acme]\nrole = "fork"\nforwards = "none"\ninstead = "acme --exec"\n'
    assert outcome(table, "acme gunicorn") == ("killed", 137, ["forking-wrapper"])


def test_a_table_without_a_role_corrects_what_is_known() -> None:
    known = find_program("tini")
    assert known is not None
    row = settings('[programs.tini]\nforwards = "session"\n').programs["tini"]
    assert (row.role, row.stop_options, row.forwards) == ("init", known.stop_options, "session")
    assert all("forwards" not in variant for variant in row.variants)
    nginx, corrected = find_program("nginx"), settings('[programs.nginx]\non.TERM = "quick"\n').programs["nginx"]
    assert nginx is not None
    assert corrected.on == {**nginx.on, "TERM": "quick"}
    assert corrected.background == nginx.background


def test_a_table_with_a_role_tells_everything() -> None:
    row = settings('[programs.nginx]\nrole = "service"\notherwise = "graceful"\n').programs["nginx"]
    assert (row.on, row.background, row.variants, row.action("HUP")) == ({}, False, (), "graceful")


def test_other_names() -> None:
    told = settings('[programs.acme]\nrole = "short"\nnames = "acme-run acme.sh"\n').programs
    assert sorted(told) == ["acme", "acme-run", "acme.sh"]


KEPT = {
    "again", "alone", "asks", "by_name", "by_path", "childless", "clears", "config_decides", "config_first",
    "configured", "daemons", "each", "enters", "execve",
    "folder_first", "folder_options", "foreground_base", "idle", "ignore_options", "ignores", "init_waits",
    "keeps_ignored", "kill_option", "limit_signal", "limits", "lock_first", "login", "long_options", "makes", "name",
    "needs_argument", "one_service", "only_letters", "own", "own_letters", "own_session", "package", "packaged", "path",
    "plus", "preserve_options", "prints", "reads", "refused", "refuses", "removes_pid", "resets", "saves", "script",
    "seconds_on", "seconds_text", "sends", "session", "session_only", "stops", "table", "takes", "tells", "trails",
    "unfound", "unit", "before", "drops_dashes", "unknown_user", "unset_options", "unstarted", "waits_for_all",
    "writes",
}  # fmt: skip
"""What the data file alone says of a program."""


def test_users_and_the_data_file_have_the_same_words() -> None:
    told = set(config._ALWAYS) | {"role", "variants"} | {key for fields in config._ROLES.values() for key in fields}
    assert told <= set(ProgramRow.__match_args__)
    assert set(ProgramRow.__match_args__) - told <= KEPT
    assert set(config._CONDITIONS) == programs._CONDITIONS


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md"])
def test_the_pages_show_what_can_be_read(page: str) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        assert problems(block) == []


def test_the_page_tells_all_keys_of_programs() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    rows = "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    told = set(config._ALWAYS) | {"role", "variants"} | {key for fields in config._ROLES.values() for key in fields}
    assert set(re.findall(r"`(\w+)`", rows)) == told


def test_the_init_and_the_launchers_of_the_page() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    table = "".join(re.findall(r"^```toml\n(\[.*?)^```", page, re.DOTALL | re.MULTILINE))

    def ends(command: str) -> str:
        argv = command.split()
        files = {f"bin/{name}": ELF for name in ("acme-init", "acme-launch", "acme-run", "acme-server", "app0")}
        files["Dockerfile"] = f"FROM debian:12\nCOPY bin/ /usr/local/bin/\nCMD {json.dumps(argv)}\n"
        told = settings(table).programs
        found, _ = analyze_container(
            MemoryFiles(files, dict.fromkeys(files, 0o755)), "Dockerfile", Options(grace_period=30.0), told
        )
        return str(found[0][1].outcome)

    assert ends("app0") == "killed"
    assert ends("acme-init --log x app0") == "terminated"
    assert ends("acme-init --profile p --log x acme-server") == "graceful"
    assert ends("acme-launch --env prod SERVICE gunicorn app:wsgi") == "graceful"
    assert ends("acme-run -- acme-server") == "cut-off"
