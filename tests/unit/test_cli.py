"""The command line as a person or a hook uses it: commands, options, exit codes, one line for whatever is wrong."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stopcheck import __version__, main
from stopcheck.cli import cli

ROOT = Path(__file__).resolve().parents[2]
ENV = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": ""}
SCRIPT = "#!/bin/sh\nset -e\ngunicorn app:wsgi\n"
DOCKERFILE = 'FROM python:3.12-slim\nRUN pip install gunicorn\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    make(tmp_path, "web/Dockerfile", DOCKERFILE)
    make(tmp_path, "web/start.sh", SCRIPT)
    make(tmp_path, "go/Dockerfile", 'FROM debian:12\nCOPY app /app\nENTRYPOINT ["/app"]\n')
    return tmp_path


def make(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    (root / path).chmod(0o755)


def stopcheck(here: Path, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "stopcheck", *arguments],
        cwd=here,
        input=stdin,
        env={**os.environ, **ENV, **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def report(here: Path, *arguments: str, stdin: str = "") -> dict[str, Any]:
    value = json.loads(stopcheck(here, *arguments, "--format", "json", stdin=stdin).stdout)
    assert isinstance(value, dict)
    return value


def rules_at(here: Path, *arguments: str, stdin: str = "") -> list[tuple[str, str, int]]:
    found = report(here, *arguments, stdin=stdin)["findings"]
    return [(finding["rule"], finding["path"], finding["line"]) for finding in found]


BLAMED = [("missing-exec", "web/start.sh", 3)]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="this folder"),
        pytest.param((".",), id="a folder"),
        pytest.param(("check",), id="the command"),
        pytest.param(("check", "web"), id="the command and a folder"),
        pytest.param(("web/Dockerfile",), id="a Dockerfile"),
        pytest.param(("web/start.sh",), id="a script"),
        pytest.param(("web/start.sh", "web/Dockerfile", "web"), id="all of them"),
        pytest.param(("--jobs", "2"), id="two processes"),
    ],
)
def test_what_is_checked(here: Path, arguments: tuple[str, ...]) -> None:
    assert rules_at(here, *arguments) == BLAMED


def test_standard_input(here: Path) -> None:
    assert rules_at(here / "web", "-", stdin=DOCKERFILE) == [("missing-exec", "start.sh", 3)]
    assert rules_at(here, "-", "--context", "web", stdin=DOCKERFILE) == BLAMED


def test_paths_from_inside_the_repository(here: Path) -> None:
    assert rules_at(here / "go", "../web") == [("missing-exec", "../web/start.sh", 3)]


def test_a_plain_call_and_the_full_command_line_agree(here: Path) -> None:
    for form in ("text", "json", "sarif", "trace"):
        plain, full = (stopcheck(here, *more, "--format", form) for more in ((), ("--jobs", "1")))
        assert (plain.stdout, plain.stderr, plain.returncode) == (full.stdout, full.stderr, full.returncode)
    assert set(main.COMMANDS) == set(cli.commands)


def test_a_plain_call_loads_nothing_that_it_does_not_use(here: Path) -> None:
    code = """
import sys
from stopcheck.main import run
sys.argv[1:] = ARGUMENTS
run()
print(sorted({"click", "rich", "yaml", "pathspec", "difflib", "typing"} & set(sys.modules)), file=sys.stderr)
"""
    for arguments in (["web", "--format", "json"], ["web"]):
        command = [sys.executable, "-c", code.replace("ARGUMENTS", repr(arguments))]
        env = {**os.environ, **ENV}
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, env=env, check=True)
        assert done.stderr == "[]\n"


def test_a_commands_name_wins_over_a_path(here: Path) -> None:
    make(here, "rules/Dockerfile", "FROM debian:12\n")
    assert "missing-exec" in stopcheck(here, "rules").stdout
    assert stopcheck(here, "./rules").returncode == 0


@pytest.mark.parametrize(
    "arguments, code",
    [
        pytest.param(("go",), 0, id="clean"),
        pytest.param(("web",), 1, id="an error"),
        pytest.param(("web", "--fail-on", "error"), 1, id="an error where errors count"),
        pytest.param(("web", "--fail-on", "never"), 0, id="never"),
        pytest.param(("web", "--ignore", "missing-exec"), 0, id="ignored"),
        pytest.param(("web", "--select", "shell-form-command"), 0, id="another rule"),
        pytest.param(("web", "--select", "shell-form-command,missing-exec"), 1, id="two rules"),
        pytest.param(("trace", "web"), 0, id="trace"),
        pytest.param(("broken",), 1, id="a problem"),
        pytest.param(("broken", "--fail-on", "error"), 1, id="a problem counts as an error"),
        pytest.param(("broken", "--fail-on", "never"), 0, id="a problem with never"),
        pytest.param(("nix",), 2, id="no such path"),
        pytest.param(("nix", "go", "--fail-on", "never"), 2, id="no such path beside another"),
        pytest.param(("--nix",), 2, id="no such option"),
        pytest.param(("--format", "nix"), 2, id="no such format"),
        pytest.param(("--jobs", "0"), 2, id="no process"),
        pytest.param(("--grace-period", "-1"), 2, id="negative time"),
        pytest.param(("--grace-period", "nan"), 2, id="no time"),
        pytest.param(("--context", "nix"), 2, id="no such context"),
        pytest.param(("--select", "nix"), 2, id="no such rule to select"),
        pytest.param(("--ignore", "nix"), 2, id="no such rule to ignore"),
        pytest.param(("rule", "nix"), 2, id="no such page"),
        pytest.param(("rule",), 2, id="no name"),
        pytest.param(("--output", "nix/x"), 2, id="no such folder to write to"),
        pytest.param(("empty",), 3, id="nothing to check"),
        pytest.param(("--version",), 0, id="version"),
        pytest.param(("--help",), 0, id="help"),
        pytest.param(("check", "--help"), 0, id="help of check"),
        pytest.param(("rules",), 0, id="rules"),
        pytest.param(("rule", "missing-exec"), 0, id="rule"),
    ],
)
def test_exit_codes(here: Path, arguments: tuple[str, ...], code: int) -> None:
    (here / "empty").mkdir()
    make(here, "broken/Dockerfile", "FROM debian:12\nCMD [1]\n")
    done = stopcheck(here, *arguments)
    assert (done.returncode, done.stdout[-300:], done.stderr) == (code, done.stdout[-300:], done.stderr)
    assert bool(done.stderr) == (code == 3 or (code == 2 and "nix" not in done.stdout))


def test_a_mistyped_rule_is_corrected(here: Path) -> None:
    assert (
        "no rule is called missing-exex: did you mean missing-exec?"
        in stopcheck(here, "--ignore", "missing-exex").stderr
    )
    assert "--format" in stopcheck(here, "--fromat", "json").stderr


def test_one_bad_path_does_not_hide_another(here: Path) -> None:
    found = report(here, "nix", "web")
    assert [finding["rule"] for finding in found["findings"]] == ["missing-exec"]
    assert found["problems"] == [{"path": "nix", "line": None, "column": None, "message": "no such file or folder"}]


def test_a_script_that_nothing_starts_passes(here: Path) -> None:
    make(here, "tools/build.sh", SCRIPT)
    assert stopcheck(here, "tools/build.sh").returncode == 0


def test_nothing_to_check_says_so(here: Path) -> None:
    (here / "empty").mkdir()
    done = stopcheck(here, "empty", "--format", "json")
    assert done.stderr == "stopcheck: nothing to check: no Dockerfile or Containerfile is there\n"
    assert json.loads(done.stdout)["containers"] == []
    make(here, "empty/out/Dockerfile", "FROM debian:12\n")
    make(here, "empty/.gitignore", "out\n")
    assert stopcheck(here, "empty").stderr.endswith("is there besides what a .gitignore names\n")


def test_the_options_of_the_analysis(here: Path) -> None:
    make(here, "two/Dockerfile", 'FROM debian:12 AS first\nCMD ["a"]\nFROM debian:12 AS second\nCMD ["b"]\n')
    container = report(here, "two", "--target", "first", "--grace-period", "2.5")["containers"][0]
    assert (container["stage"], container["argv"], container["grace_period"]) == ("first", ["a"], 2.5)
    assert report(here, "two", "--target", "third")["problems"]


def test_output_to_a_file(here: Path) -> None:
    done = stopcheck(here, "web", "--format", "json", "--output", "out.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((here / "out.json").read_text("utf-8"))["findings"]
    stopcheck(here, "web", "-o", "out.txt", PYTHONIOENCODING="ascii")
    assert "│" in (here / "out.txt").read_text("utf-8")


def test_colour_only_where_it_is_wanted(here: Path) -> None:
    assert "\x1b" not in stopcheck(here, "web").stdout
    assert "\x1b[1;31m" in stopcheck(here, "web", "--color", "always").stdout


def on_a_terminal(here: Path, *arguments: str, **env: str) -> str:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "stopcheck", *arguments],
        cwd=here,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, **ENV, "TERM": "xterm", **env},
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        shown += data
    os.close(leader)
    process.wait(60)
    return shown.decode("utf-8")


def test_a_terminal_gets_colour_and_its_own_width(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[1;31m" in on_a_terminal(here, "web")
    assert "\x1b" not in on_a_terminal(here, "web", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(here, "web", TERM="dumb")
    assert "\x1b" not in on_a_terminal(here, "web", "--color", "never")
    assert max(map(len, on_a_terminal(here, "web", NO_COLOR="1", COLUMNS="50").splitlines())) <= 50


def test_a_terminal_gets_pages_and_tables(here: Path) -> None:
    assert "missing-exec" in on_a_terminal(here, "rule", "missing-exec")
    assert "missing-exec" in on_a_terminal(here, "rules")


def test_a_long_run_shows_that_it_goes_on(here: Path) -> None:
    for number in range(60):
        make(here, f"many/{number}/Dockerfile", 'FROM debian:12\nCMD ["a"]\n')
    assert "Dockerfiles" in on_a_terminal(here, "many")
    assert "Dockerfiles" not in on_a_terminal(here, "web")


def test_a_terminal_that_knows_only_ascii(here: Path) -> None:
    done = stopcheck(here, "web", PYTHONIOENCODING="ascii")
    assert done.stdout.isascii()
    assert " | " in done.stdout


def test_a_reader_that_goes_away_is_no_error(here: Path) -> None:
    command = f"{sys.executable} -m stopcheck --format json web; echo $? >&2"
    env = {**os.environ, **ENV}
    done = subprocess.run(
        ["sh", "-c", f"{{ {command}; }} | true"], cwd=here, capture_output=True, text=True, env=env, check=True
    )
    assert done.stderr == "1\n"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        pytest.param("web >&-", "", 1, id="output"),
        pytest.param("web 2>&-", "", 1, id="errors"),
        pytest.param("- <&-", "standard input is closed", 2, id="input"),
    ],
)
def test_a_closed_stream_is_no_traceback(here: Path, words: str, said: str, code: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m stopcheck {words}"],
        cwd=here, capture_output=True, text=True, env={**os.environ, **ENV}, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert said in done.stderr
    assert bool(said) == bool(done.stderr)


def test_version_and_rules(here: Path) -> None:
    assert stopcheck(here, "--version").stdout == f"stopcheck {__version__}\n"
    listed = stopcheck(here, "rules").stdout.splitlines()
    assert [line.split()[0] for line in listed] == sorted(path.stem for path in (ROOT / "rules").glob("*.md"))
    assert stopcheck(here, "rule", "missing-exec").stdout.startswith("# missing-exec\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0\1\2" * 100, id="NUL bytes"),
        pytest.param(b"FROM a\nCMD caf\xe9\xff\n", id="not UTF-8"),
        pytest.param(b"\xff\xfeF\0R\0O\0M\0 \0a\0", id="UTF-16"),
        pytest.param(b"{{ template }}\nFROM {{ x }}\n", id="a template"),
        pytest.param(b"FROM a AS b\nFROM b AS a\nFROM a\nCMD x\n", id="stages in a circle"),
        pytest.param(b"FROM debian:12\nCOPY ../x /x\nCMD /x\n", id="out of the context"),
        pytest.param(b'FROM debian:12\nENTRYPOINT ["/start.sh"\n', id="broken exec form"),
        pytest.param(b"CMD " + b"(" * 5000 + b"\n", id="deep"),
        pytest.param(b"FROM debian:12\nCMD " + b"a;" * 20000 + b"\n", id="long"),
    ],
)
def test_whatever_a_dockerfile_holds_there_is_a_report(here: Path, text: bytes) -> None:
    (here / "odd").mkdir()
    (here / "odd" / "Dockerfile").write_bytes(text)
    done = stopcheck(here, "odd", "--format", "json")
    assert done.returncode in (0, 1), done.stdout
    found = json.loads(done.stdout)
    assert found["containers"] or found["problems"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('#!/bin/sh\nexec "$0" "$@"\n', id="starts itself"),
        pytest.param("#!/bin/sh\n. /start.sh\nexec app\n", id="reads itself"),
        pytest.param("#!/bin/sh\nf() { f; }\nf\n", id="a function calls itself"),
        pytest.param("#!/bin/sh\nwhile :; do :; done\n", id="an endless loop"),
        pytest.param("#!/bin/sh\n" + "if a; then\n" * 500, id="no end"),
        pytest.param("\0\1\2", id="binary"),
    ],
)
def test_whatever_a_script_holds_there_is_a_report(here: Path, script: str) -> None:
    make(here, "web/start.sh", script)
    done = stopcheck(here, "web", "--format", "json")
    assert done.returncode in (0, 1), done.stdout
    assert json.loads(done.stdout)["containers"]


def test_what_is_said_does_not_hang_on_the_hashes_of_a_run() -> None:
    said = {
        stopcheck(ROOT, "check", "--format", "json", "tests/fixtures", "examples", PYTHONHASHSEED=seed).stdout
        for seed in ("1", "2", "5")
    }
    assert len(said) == 1
    assert '"outcome": "killed"' in said.pop()
