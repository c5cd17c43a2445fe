"""The rules about start commands, inits and daemons: whom they blame, and what their fixes make of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from stopcheck.fixes import apply, sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.analysis import Case

PYTHON = "FROM python:3.12-slim\nRUN pip install gunicorn\n"
"""/bin/sh is dash: it never execs a last command by itself."""
SCRIPT = "#!/bin/sh\nexec gunicorn app:app\n"
PASSING = 'COPY <<\'EOF\' /entry.sh\n#!/bin/sh\nexec "$@"\nEOF\nRUN chmod +x /entry.sh\nENTRYPOINT ["/entry.sh"]\n'


def analysed(files: Mapping[str, str], modes: Mapping[str, int] | None = None, **options: Any) -> Case:
    (case,), _ = analyze_container(MemoryFiles(files, modes), "Dockerfile", Options(**options))
    return case


def found(case: Case) -> list[tuple[str, str, int]]:
    return [(severity, rule, violation.span.position()[0]) for rule, violation, severity in case[2]]


def mended(files: Mapping[str, str], case: Case) -> dict[str, str]:
    """The files after all fixes."""
    fixes = [violation.fix for _, violation, _ in case[2] if violation.fix is not None]
    edits = tuple(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
    return {**files, **{source.path: apply(source, edits) for fix in fixes for source in sources(fix)}}


def assert_mended(start: str, rule: str, severity: str, last: str) -> None:
    """This is what is found, and all that the fix does is to make `last` of the last instruction, its keyword apart."""
    files = {"Dockerfile": f"{PYTHON}{start}\n"}
    case = analysed(files)
    assert {(one, name) for one, name, _ in found(case)} == {(severity, rule)}
    before = max(files["Dockerfile"].rfind("\nCMD "), files["Dockerfile"].rfind("\nENTRYPOINT ")) + 1
    keyword = files["Dockerfile"][before:].split(" ", 1)[0]
    after = mended(files, case)
    assert after["Dockerfile"] == f"{files['Dockerfile'][:before]}{keyword} {last}\n"
    better = analysed(after)
    assert (better[1].outcome, better[2]) == ("graceful", [])
    assert case[1].outcome != "graceful" or severity != "error"


@pytest.mark.parametrize(
    ("start", "rule", "last"),
    [
        pytest.param("CMD gunicorn app:app", "shell-form-command", '["gunicorn", "app:app"]', id="plain"),
        pytest.param(
            "CMD gunicorn 'app:create(\"x\")' --name=a\\ b",
            "shell-form-command",
            '["gunicorn", "app:create(\\"x\\")", "--name=a b"]',
            id="quotes",
        ),
        pytest.param("CMD gunicorn app:ä '☃'", "shell-form-command", '["gunicorn", "app:ä", "☃"]', id="unicode"),
        pytest.param("CMD gunicorn a:b # it", "shell-form-command", '["gunicorn", "a:b"]', id="comment"),
        pytest.param("CMD gunicorn a:b ;", "shell-form-command", '["gunicorn", "a:b"]', id="semicolon"),
        pytest.param("CMD gunicorn -b $IP a:b", "shell-form-command", "exec gunicorn -b $IP a:b", id="variable"),
        pytest.param("CMD gunicorn *.py", "shell-form-command", "exec gunicorn *.py", id="pattern"),
        pytest.param("CMD gunicorn a:b 2>&1", "shell-form-command", "exec gunicorn a:b 2>&1", id="redirection"),
        pytest.param("CMD A=1 gunicorn a:b", "shell-form-command", "A=1 exec gunicorn a:b", id="assignment"),
        pytest.param("CMD date && gunicorn a:b", "shell-form-command", "date && exec gunicorn a:b", id="and"),
        pytest.param("CMD { date; gunicorn a:b; }", "shell-form-command", "{ date; exec gunicorn a:b; }", id="group"),
        pytest.param("CMD gunicorn a:b; date", "shell-form-command", "exec gunicorn a:b; date", id="something-follows"),
        pytest.param(
            "CMD gunicorn \\\n  # where\n  -b :80 \\\n\n  a:b",
            "shell-form-command",
            '["gunicorn", \\\n  # where\n  "-b", ":80", \\\n\n  "a:b"]',
            id="continuation-lines",
        ),
        pytest.param(
            "CMD cd /srv && \\\n  gunicorn $ARGS \\\n  a:b",
            "shell-form-command",
            "cd /srv && \\\n  exec gunicorn $ARGS \\\n  a:b",
            id="exec-behind-a-continuation",
        ),
        pytest.param(
            'SHELL ["/bin/sh", "-eux", "-c"]\nCMD gunicorn a:b',
            "shell-form-command",
            '["gunicorn", "a:b"]',
            id="shell-with-options",
        ),
        pytest.param(
            PASSING + "CMD gunicorn a:b",
            "shell-form-command",
            "exec gunicorn a:b",
            id="an-entrypoint-may-look-at-its-first-word",
        ),
        pytest.param("ENTRYPOINT gunicorn a:b", "shell-form-entrypoint", '["gunicorn", "a:b"]', id="entrypoint"),
        pytest.param(
            'CMD ["sh", "-c", "gunicorn a:b"]',
            "shell-command-without-exec",
            '["gunicorn", "a:b"]',
            id="sh-c-without-need",
        ),
        pytest.param(
            'CMD ["sh", "-c", "date && gunicorn \\u0061:\\"b\\" $X"]',
            "shell-command-without-exec",
            '["sh", "-c", "date && exec gunicorn \\u0061:\\"b\\" $X"]',
            id="json-escapes",
        ),
        pytest.param(
            'CMD ["sh", "-c", "gunicorn \\"$0\\"", "a:b"]',
            "shell-command-without-exec",
            '["sh", "-c", "exec gunicorn \\"$0\\"", "a:b"]',
            id="arguments-of-sh-c",
        ),
        pytest.param(
            'ENTRYPOINT ["/bin/sh", "-c"]\nCMD ["gunicorn a:b"]',
            "shell-command-without-exec",
            '["exec gunicorn a:b"]',
            id="sh-c-in-two-instructions",
        ),
        pytest.param(
            'RUN apt-get install -y tini\nENTRYPOINT ["tini", "--"]\nCMD gunicorn a:b',
            "init-over-shell",
            '["gunicorn", "a:b"]',
            id="tini-over-shell-form",
        ),
        pytest.param(
            'RUN apt-get install -y tini gosu\nENTRYPOINT ["tini", "-g", "--", "gosu", "me"]\nCMD gunicorn -b $IP a:b',
            "init-over-shell",
            "exec gunicorn -b $IP a:b",
            id="tini-g-and-gosu-over-shell-form",
        ),
        pytest.param("CMD ['gunicorn', 'a:b']", "malformed-exec-form", '["gunicorn", "a:b"]', id="single-quotes"),
        pytest.param('CMD ["gunicorn" "a:b"]', "malformed-exec-form", '["gunicorn", "a:b"]', id="no-comma"),
        pytest.param('CMD ["gunicorn", "a:b"', "malformed-exec-form", '["gunicorn", "a:b"]', id="no-bracket"),
        pytest.param('CMD "gunicorn", "a:b"]', "malformed-exec-form", '["gunicorn", "a:b"]', id="none-at-first"),
        pytest.param(
            "ENTRYPOINT [“gunicorn”, “a:b”,]", "malformed-exec-form", '["gunicorn", "a:b"]', id="two-mistakes"
        ),
        pytest.param(
            "CMD [\"gunicorn a:b --name 'x y'\"]",
            "unstartable-entrypoint",
            '["gunicorn", "a:b", "--name", "x y"]',
            id="one-string",
        ),
        pytest.param('CMD ["gunicorn", "-D", "a:b"]', "daemonized-main", '["gunicorn", "a:b"]', id="daemon-option"),
    ],
)
def test_an_error_and_what_to_write_instead(start: str, rule: str, last: str) -> None:
    assert_mended(start, rule, "error", last)


@pytest.mark.parametrize(
    ("start", "rule", "last"),
    [
        pytest.param(
            'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD gunicorn a:b',
            "shell-form-command",
            '["gunicorn", "a:b"]',
            id="bash-execs",
        ),
        pytest.param(
            'SHELL ["/bin/bash", "-lc"]\nCMD gunicorn a:b',
            "shell-form-command",
            "exec gunicorn a:b",
            id="login-shell-reads-files-first",
        ),
        pytest.param(
            'ENV BASH_ENV=/etc/shop\nSHELL ["bash", "-c"]\nCMD gunicorn a:b',
            "shell-form-command",
            "exec gunicorn a:b",
            id="bash-env-is-read-first",
        ),
    ],
)
def test_what_works_by_luck(start: str, rule: str, last: str) -> None:
    assert_mended(start, rule, "note", last)


@pytest.mark.parametrize(
    ("start", "rule", "last"),
    [
        pytest.param(
            'CMD ["gunicorn", "$APP", "--bind=$IP:80"]',
            "unexpanded-variable",
            '["sh", "-c", "exec gunicorn \\"$APP\\" \\"--bind=$IP:80\\""]',
            id="variables",
        ),
        pytest.param(
            'CMD ["gunicorn", "$GUNICORN_ARGS", "it\'s \\"it\\""]',
            "unexpanded-variable",
            '["sh", "-c", "exec gunicorn $GUNICORN_ARGS \'it\'\\\\\'\'s \\"it\\"\'"]',
            id="several-words-and-quotes",
        ),
        pytest.param(
            'RUN apt-get install -y tini\nENTRYPOINT ["tini", "--", "gunicorn", "${APP:-shop}"]',
            "unexpanded-variable",
            '["tini", "--", "sh", "-c", "exec gunicorn \\"${APP:-shop}\\""]',
            id="below-an-init",
        ),
    ],
)
def test_a_warning_and_what_to_write_instead(start: str, rule: str, last: str) -> None:
    assert_mended(start, rule, "warning", last)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("CMD exec gunicorn a:b", id="exec"),
        pytest.param('CMD ["sh", "-c", "exec gunicorn a:b"]', id="exec-in-sh-c"),
        pytest.param('CMD ["gunicorn", "a:b"]', id="exec-form"),
        pytest.param(PASSING + 'CMD ["gunicorn", "a:b"]', id="script-that-passes-on"),
        pytest.param("CMD [ -f /srv/ready ] ; exec gunicorn a:b", id="the-shells-own-brackets"),
        pytest.param('ENTRYPOINT exec gunicorn "$@"\nCMD ["x", "a:b"]', id="shell-form-that-looks-at-its-arguments"),
        pytest.param('ENTRYPOINT ["gunicorn"]\nCMD ["a:b"]', id="arguments"),
        pytest.param('CMD ["gunicorn", "a:b", "--access-logformat", "%(h)s $host $1"]', id="dollars-of-the-program"),
        pytest.param('CMD ["sh", "-c", "exec gunicorn \\"$APP\\""]', id="variable-for-a-shell"),
        pytest.param("CMD python manage.py migrate", id="a-job-in-shell-form"),
    ],
)
def test_nothing_is_said_of(start: str) -> None:
    assert found(analysed({"Dockerfile": PYTHON + start + "\n"})) == []


class TestPlaces:
    """Where a finding stands that several stages or files have a part in."""

    def test_an_inherited_entrypoint_is_blamed_where_it_is_written(self) -> None:
        files = {
            "Dockerfile": "FROM python:3.12-slim AS base\nRUN pip install gunicorn\nENTRYPOINT gunicorn a:b\n"
            "FROM node:20 AS assets\nCMD npm run build\nFROM base\nCOPY --from=assets /x /x\n"
        }
        case = analysed(files)
        assert found(case) == [("error", "shell-form-entrypoint", 3)]
        assert 'ENTRYPOINT ["gunicorn", "a:b"]' in mended(files, case)["Dockerfile"]

    def test_an_onbuild_instruction_is_mended_in_its_line(self) -> None:
        files = {
            "Dockerfile": "FROM python:3.12-slim AS base\nONBUILD CMD gunicorn a:b\nFROM base\n"
            "RUN pip install gunicorn\n"
        }
        case = analysed(files)
        assert found(case) == [("error", "shell-form-command", 2)]
        assert 'ONBUILD CMD ["gunicorn", "a:b"]\n' in mended(files, case)["Dockerfile"]

    def test_an_onbuild_instruction_does_its_work_for_others_too(self) -> None:
        text = 'FROM debian:12 AS base\nONBUILD CMD ["cron", "-f"]\nFROM base\nCMD ["rsyslogd", "-n"]\n'
        assert "superseded-instruction" not in [rule for _, rule, _ in found(analysed({"Dockerfile": text}))]

    def test_escape_directive_and_carriage_returns(self) -> None:
        text = "# escape=`\nFROM python:3.12-slim\nRUN pip install gunicorn\nCMD gunicorn `\n  a:b\n".replace(
            "\n", "\r\n"
        )
        case = analysed({"Dockerfile": text})
        assert found(case) == [("error", "shell-form-command", 4)]
        assert mended({"Dockerfile": text}, case)["Dockerfile"] == text.replace(
            "gunicorn `\r\n  a:b", '["gunicorn", `\r\n  "a:b"]'
        )

    def test_an_init_in_front_of_a_script_leaves_the_blame_to_the_script(self) -> None:
        files = {
            "Dockerfile": PYTHON + 'RUN apt-get install -y tini\nCOPY run.sh /\nENTRYPOINT ["tini", "--", "/run.sh"]\n',
            "run.sh": "#!/bin/sh\ngunicorn a:b\n",
        }
        case = analysed(files)
        assert [(rule, violation.span.path) for rule, violation, _ in case[2]] == [("missing-exec", "run.sh")]

    def test_a_second_shell_in_the_text_is_a_cause_of_its_own(self) -> None:
        files = {"Dockerfile": PYTHON + 'CMD sh -c "gunicorn a:b"\n'}
        case = analysed(files)
        assert {rule for rule, _, _ in case[2]} == {"shell-form-command", "shell-command-without-exec"}
        assert mended(files, case)["Dockerfile"] == PYTHON + 'CMD exec sh -c "exec gunicorn a:b"\n'

    def test_cmd_keeps_an_entrypoint_in_shell_form(self) -> None:
        """In exec form it would be given CMD, which it was not before."""
        files = {"Dockerfile": PYTHON + 'ENTRYPOINT gunicorn a:b\nCMD ["--workers", "4"]\n'}
        case = analysed(files)
        assert sorted(found(case)) == [("error", "shell-form-entrypoint", 3), ("warning", "ignored-command", 4)]
        assert "ENTRYPOINT exec gunicorn a:b\n" in mended(files, case)["Dockerfile"]


class TestLuck:
    """A note is only for what works."""

    def test_not_where_something_else_is_wrong(self) -> None:
        case = analysed({"Dockerfile": "FROM alpine:3.20\nCMD sleep infinity\n"})
        assert found(case) == [("error", "keepalive-main", 2)]

    def test_not_where_the_shell_is_not_known(self) -> None:
        case = analysed({"Dockerfile": "FROM registry.example/base:1\nCMD sleep infinity\n"})
        assert {rule for _, rule, _ in found(case)} == {"keepalive-main"}

    def test_not_for_what_ends_by_itself(self) -> None:
        assert found(analysed({"Dockerfile": "FROM alpine:3.20\nENTRYPOINT sh\n"})) == []


class TestUnknownShell:
    """What /bin/sh is decides, and it is not known."""

    dockerfile = "FROM registry.example/base:1\nENTRYPOINT gunicorn a:b\n"

    def test_it_is_no_finding(self) -> None:
        case = analysed({"Dockerfile": self.dockerfile})
        assert case[1].outcome == "unknown"
        assert found(case) == []

    def test_it_is_a_warning_for_the_pedantic(self) -> None:
        assert found(analysed({"Dockerfile": self.dockerfile}, pedantic=True)) == [
            ("warning", "shell-form-entrypoint", 2)
        ]


class TestSuperseded:
    def test_a_cleared_command_that_leaves_nothing_to_run(self) -> None:
        files = {
            "Dockerfile": 'FROM python:3.12-slim AS base\nRUN pip install gunicorn\nCMD ["gunicorn", "a:b"]\n'
            'FROM base\nCOPY entry.sh /\nENTRYPOINT ["/entry.sh"]\n',
            "entry.sh": '#!/bin/sh\nexec "$@"\n',
        }
        case = analysed(files)
        assert case[1].outcome == "exits"
        assert found(case) == [("error", "superseded-instruction", 3)]

    def test_a_cleared_command_is_no_finding_where_the_entrypoint_runs_something(self) -> None:
        files = {
            "Dockerfile": 'FROM python:3.12-slim AS base\nRUN pip install gunicorn\nCMD ["python"]\n'
            'FROM base\nENTRYPOINT ["gunicorn", "a:b"]\n',
        }
        assert found(analysed(files)) == []

    def test_lines_are_taken_out_whole(self) -> None:
        files = {"Dockerfile": PYTHON + 'CMD [\\\n  "gunicorn", \\\n  "a:b"]\nENV A=1\nCMD ["gunicorn", "c:d"]\n'}
        case = analysed(files)
        assert found(case) == [("warning", "superseded-instruction", 3)]
        assert mended(files, case)["Dockerfile"] == PYTHON + 'ENV A=1\nCMD ["gunicorn", "c:d"]\n'


class TestIgnoredCommand:
    @pytest.mark.parametrize(
        "script",
        [
            pytest.param('mkdir -p /tmp/x\nexec "$@"\n', id="at"),
            pytest.param("shift\nexec gunicorn $*\n", id="star"),
            pytest.param('for word; do echo "$word"; done\nexec gunicorn a:b\n', id="bare-for"),
            pytest.param('echo "$(printf %s ${1:-x})"\nexec gunicorn a:b\n', id="in-a-substitution"),
            pytest.param("[ $(($# + 1)) -gt 2 ]\nexec gunicorn a:b\n", id="in-arithmetic"),
            pytest.param('cat <<END\n$2\nEND\nexec gunicorn a:b\n', id="in-a-heredoc"),
            pytest.param('echo "${names[$1]:-}"\nexec gunicorn a:b\n', id="in-a-subscript"),
            pytest.param("seen[$1]=yes\nexec gunicorn a:b\n", id="in-a-subscript-that-is-set"),
            pytest.param(". /etc/profile.d/unknown.sh\nexec gunicorn a:b\n", id="a-sourced-file-that-is-not-known"),
            pytest.param("eval run\nexec gunicorn a:b\n", id="eval"),
        ],
    )  # fmt: skip
    def test_a_script_that_may_look_at_its_arguments(self, script: str) -> None:
        files = {
            "Dockerfile": PYTHON + 'COPY entry.sh /\nENTRYPOINT ["/entry.sh"]\nCMD ["gunicorn", "a:b"]\n',
            "entry.sh": "#!/bin/sh\n" + script,
        }
        assert "ignored-command" not in {rule for _, rule, _ in found(analysed(files))}

    def test_a_script_and_what_it_sources_do_not(self) -> None:
        files = {
            "Dockerfile": PYTHON + 'COPY *.sh /\nENTRYPOINT ["sh", "/entry.sh"]\nCMD ["--workers", "4"]\n',
            "entry.sh": ". /lib.sh\nexec gunicorn a:b\n",
            "lib.sh": "name=shop\n",
        }
        assert found(analysed(files)) == [("warning", "ignored-command", 5)]

    def test_a_script_that_ends_without_running_anything(self) -> None:
        files = {
            "Dockerfile": PYTHON + 'COPY entry.sh /\nENTRYPOINT ["/entry.sh"]\nCMD ["gunicorn", "a:b"]\n',
            "entry.sh": "#!/bin/sh\necho hello",
        }
        case = analysed(files)
        assert found(case) == [("error", "ignored-command", 5)]
        after = mended(files, case)
        assert after["entry.sh"] == '#!/bin/sh\necho hello\nexec "$@"\n'
        assert analysed(after)[1].outcome == "graceful"


class TestUnexpandedVariable:
    def test_a_build_argument_is_gone_when_the_container_runs(self) -> None:
        case = analysed({"Dockerfile": PYTHON + 'ARG PORT=80\nCMD ["gunicorn", "-b", ":$PORT"]\n'})
        ((_, violation, _),) = case[2]
        assert violation.fix is None
        assert violation.advice is not None
        assert "build argument" in violation.advice

    def test_a_variable_for_a_program_name(self) -> None:
        case = analysed({"Dockerfile": PYTHON + 'ENTRYPOINT ["$HOME/run"]\n'})
        assert (case[1].outcome, case[1].exit_code) == ("fails", 127)
        assert found(case) == [("error", "unexpanded-variable", 3)]

    @pytest.mark.parametrize(
        "command",
        [
            pytest.param('["java", "-jar", "/shop.jar", "--server.port=${PORT}"]', id="spring"),
            pytest.param('["envsubst", "$HOST"]', id="envsubst"),
        ],
    )
    def test_programs_that_read_it_themselves(self, command: str) -> None:
        case = analysed({"Dockerfile": f"FROM eclipse-temurin:21-jre\nCOPY shop.jar /\nCMD {command}\n"})
        assert "unexpanded-variable" not in {rule for _, rule, _ in found(case)}

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("$Env:X; /run.ps1", id="powershell"),
            pytest.param("$Progress = 'x'; /run.ps1", id="mixed-case"),
            pytest.param("$HOME/run.ps1", id="upper-case"),
        ],
    )
    def test_powershell_has_variables_of_its_own(self, text: str) -> None:
        case = analysed({"Dockerfile": f'FROM mcr.microsoft.com/powershell\nCMD ["pwsh", "-c", "{text}"]\n'})
        assert found(case) == []

    def test_a_name_in_mixed_case_is_no_environment_variable(self) -> None:
        assert found(analysed({"Dockerfile": PYTHON + 'CMD ["gunicorn", "$Progress"]\n'})) == []

    def test_no_shell_no_fix(self) -> None:
        case = analysed({"Dockerfile": 'FROM scratch\nCOPY shop /shop\nCMD ["/shop", "$PORT"]\n'})
        ((rule, violation, _),) = case[2]
        assert rule == "unexpanded-variable"
        assert violation.fix is None


class TestUnstartable:
    @pytest.mark.parametrize(
        ("script", "mode", "path", "line", "code", "after"),
        [
            pytest.param(SCRIPT.replace("\n", "\r\n"), 0o755, "run.sh", 1, None, SCRIPT, id="crlf"),
            pytest.param(
                "#!/bin/sh -e\r\nexec gunicorn a:b\r\n",
                0o755,
                "run.sh",
                1,
                2,
                "#!/bin/sh -e\nexec gunicorn a:b\n",
                id="crlf-option",
            ),
            pytest.param("exec gunicorn app:app\n", 0o755, "run.sh", 1, None, SCRIPT, id="no-shebang"),
            pytest.param("#!\nexec gunicorn app:app\n", 0o755, "run.sh", 1, None, SCRIPT, id="shebang-of-nothing"),
            pytest.param("\ufeff" + SCRIPT, 0o755, "run.sh", 1, None, SCRIPT, id="byte-order-mark"),
            pytest.param("\n\n" + SCRIPT, 0o755, "run.sh", 1, None, SCRIPT, id="blank-lines-first"),
            pytest.param("", 0o755, "run.sh", 1, None, None, id="empty"),
            pytest.param(SCRIPT, 0o644, "Dockerfile", 3, 126, SCRIPT, id="mode"),
        ],
    )
    def test_a_script(self, script: str, mode: int, path: str, line: int, code: int | None, after: str | None) -> None:
        files = {"Dockerfile": PYTHON + 'COPY run.sh /run.sh\nENTRYPOINT ["/run.sh"]\n'}
        files["run.sh"] = script
        case = analysed(files, {"run.sh": mode})
        assert (case[1].outcome, case[1].exit_code) == ("fails", code)
        ((rule, violation, severity),) = case[2]
        assert (rule, severity) == ("unstartable-entrypoint", "error")
        assert (violation.span.path, violation.span.position()[0]) == (path, line)
        if after is not None:
            fixed = mended(files, case)
            assert fixed["run.sh"] == after
            better = analysed(fixed, {"run.sh": mode})
            assert (better[1].outcome, better[2]) == ("graceful", [])

    def test_a_heredoc_is_not_executable(self) -> None:
        files = {"Dockerfile": PYTHON + "COPY <<'EOF' /run.sh\n#!/bin/sh\nexec gunicorn a:b\nEOF\nCMD [\"/run.sh\"]\n"}
        case = analysed(files)
        assert found(case) == [("error", "unstartable-entrypoint", 3)]
        after = mended(files, case)
        assert "COPY --chmod=755 <<'EOF' /run.sh\n" in after["Dockerfile"]
        assert analysed(after)[1].outcome == "graceful"

    def test_a_copy_of_many_files_is_not_surely_to_be_executable(self) -> None:
        files = {"Dockerfile": PYTHON + 'COPY . /app/\nCMD ["/app/run.sh"]\n', "run.sh": SCRIPT}
        ((_, violation, _),) = analysed(files, {"run.sh": 0o644})[2]
        assert violation.fix is not None
        assert violation.fix.safety == "unsafe"

    def test_a_file_that_is_not_on_path(self) -> None:
        files = {"Dockerfile": 'FROM scratch\nWORKDIR /srv\nCOPY shop .\nCMD ["shop"]\n', "shop": "\x7fELF\0"}
        case = analysed(files)
        assert found(case) == [("error", "unstartable-entrypoint", 4)]
        assert mended(files, case)["Dockerfile"].endswith('CMD ["/srv/shop"]\n')

    def test_a_missing_program_in_a_script_is_blamed_there(self) -> None:
        files = {
            "Dockerfile": 'FROM alpine:3.20\nCOPY run.sh /\nCMD ["/run.sh"]\n',
            "run.sh": "#!/bin/sh\nset -e\nexec /srv-shop/bin/shop\n",
        }
        case = analysed(files)
        assert [(rule, violation.span.path, violation.span.position()[0]) for rule, violation, _ in case[2]] == [
            ("unstartable-entrypoint", "run.sh", 3)
        ]

    def test_a_program_that_no_file_sets(self) -> None:
        files = {
            "Dockerfile": PYTHON + 'COPY run.sh /\nCMD ["/run.sh"]\n',
            "run.sh": '#!/bin/sh\nexec "/usr/bin/$SERVER" app:app\n',
        }
        case = analysed(files)
        assert (case[1].outcome, case[1].exit_code) == ("fails", 126)  # /usr/bin/ is a folder
        ((rule, violation, severity),) = case[2]
        assert (rule, severity) == ("unstartable-entrypoint", "warning")
        assert "SERVER is not set in the image" in violation.message

    def test_a_name_with_blanks_may_be_a_name(self) -> None:
        case = analysed({"Dockerfile": PYTHON + 'CMD ["Plex Media Server"]\n'})
        assert case[1].outcome != "fails"

    def test_a_file_that_nothing_brings_may_be_mounted(self) -> None:
        case = analysed({"Dockerfile": PYTHON + 'ENTRYPOINT ["/shop-server"]\n'})
        assert (case[1].outcome, case[1].exit_code) == ("fails", 127)
        assert found(case) == [("warning", "unstartable-entrypoint", 3)]

    @pytest.mark.parametrize(
        ("base", "cmd", "code", "why"),
        [
            pytest.param("node:20-slim", ["node", "shop.js"], 1, "/shop/shop.js is not in the image", id="node"),
            pytest.param(
                "python:3.12-slim", ["python", "shop.py"], 2, "/shop/shop.py is not in the image", id="python"
            ),
            pytest.param(
                "gcr.io/distroless/nodejs20-debian12",
                ["node", "main.js"],
                1,
                "takes `node` for the script to run",
                id="the-entrypoint-is-node",
            ),
        ],
    )
    def test_a_script_that_is_not_there(self, base: str, cmd: list[str], code: int, why: str) -> None:
        dockerfile = f"FROM {base}\nWORKDIR /shop\nCOPY main.js .\nCMD {json.dumps(cmd)}\n"
        case = analysed({"Dockerfile": dockerfile, "main.js": "setInterval(() => {}, 1000)\n"})
        assert (case[1].outcome, case[1].exit_code) == ("fails", code)
        ((rule, violation, severity),) = case[2]
        assert (rule, severity) == ("unstartable-entrypoint", "error")
        assert why in violation.message

    @pytest.mark.parametrize("copied", ["", "COPY lib/ /opt/lib/"])
    def test_a_script_where_the_image_has_no_program_comes_with_a_volume(self, copied: str) -> None:
        files = {"Dockerfile": f'FROM node:20-slim\nWORKDIR /shop\n{copied}\nCMD ["node", "shop.js"]\n', "lib/x": ""}
        assert analysed(files)[1].outcome == "unknown"

    def test_bash_is_missing_on_alpine(self) -> None:
        files = {
            "Dockerfile": 'FROM alpine:3.20\nCOPY run.sh /\nCMD ["/run.sh"]\n',
            "run.sh": "#!/usr/bin/env bash\n:\n",
        }
        case = analysed(files)
        assert [(rule, violation.span.path) for rule, violation, _ in case[2]] == [("unstartable-entrypoint", "run.sh")]

    def test_no_base_image_has_a_program_of_a_whole_command_s_name(self) -> None:
        case = analysed({"Dockerfile": 'FROM registry.example/base:1\nENTRYPOINT ["cd /app && ./start.sh"]\n'})
        assert (case[1].outcome, found(case)) == ("fails", [("error", "unstartable-entrypoint", 2)])


class TestDaemons:
    def test_a_shell_form_is_mended_with_it(self) -> None:
        files = {"Dockerfile": "FROM debian:bookworm-slim\nRUN apt-get install -y nginx\nSTOPSIGNAL QUIT\nCMD nginx\n"}
        case = analysed(files)
        assert found(case) == [("error", "daemonized-main", 4)]
        after = mended(files, case)
        assert after["Dockerfile"].endswith('CMD ["nginx", "-g", "daemon off;"]\n')
        assert (analysed(after)[1].outcome, analysed(after)[2]) == ("graceful", [])

    def test_an_init_script_is_named_by_its_service(self) -> None:
        files = {"Dockerfile": "FROM debian:bookworm-slim\nRUN apt-get install -y nginx\nCMD service nginx start\n"}
        ((rule, violation, severity),) = analysed(files)[2]
        assert (rule, severity) == ("daemonized-main", "error")
        assert violation.advice == "Keep it in the foreground: `nginx -g 'daemon off;'`."

    def test_a_keepalive_in_front_of_services(self) -> None:
        files = {
            "Dockerfile": "FROM debian:bookworm-slim\nRUN apt-get install -y nginx\n"
            "CMD service nginx start && tail -f /var/log/nginx/access.log\n"
        }
        case = analysed(files)
        assert case[1].main == ("nginx",)
        assert found(case) == [("error", "keepalive-main", 3)]

    def test_a_keepalive_below_an_init_is_fine(self) -> None:
        files = {
            "Dockerfile": 'FROM debian:bookworm-slim\nRUN apt-get install -y tini\nCMD ["tini", "--", "sleep", "1d"]\n'
        }
        case = analysed(files)
        assert (case[1].outcome, found(case)) == ("terminated", [])


DEBIAN = "FROM debian:bookworm-slim\nRUN apt-get install -y hypercorn nginx tini uvicorn\n"


class TestAnEntrypointThatIsNotKnown:
    def test_it_may_be_what_cmd_is_for(self) -> None:
        files = {"Dockerfile": 'FROM example.org/node\nCOPY app.js /\nCMD ["/app.js"]\n', "app.js": "listen()\n"}
        case = analysed(files, {"app.js": 0o644})
        assert (case[1].outcome, found(case)) == ("unknown", [])

    def test_it_is_not_asked_for_a_program(self) -> None:
        files = {"Dockerfile": 'FROM example.org/node\nCOPY app /\nCMD ["/app"]\n', "app": "\x7fELF"}
        assert analysed(files, {"app": 0o755})[1].outcome == "graceful"


class TestMissingShell:
    def test_a_shell_form_is_written_in_exec_form(self) -> None:
        files = {"Dockerfile": "FROM scratch\nCOPY shop /shop\nCMD /shop --name 'a b'\n"}
        case = analysed(files)
        assert (case[1].outcome, case[1].exit_code) == ("fails", 127)
        assert found(case) == [("error", "missing-shell", 3)]
        assert mended(files, case)["Dockerfile"].endswith('CMD ["/shop", "--name", "a b"]\n')

    @pytest.mark.parametrize(
        ("start", "rule"),
        [
            pytest.param("CMD /shop --port $PORT", "missing-shell", id="it-needs-the-shell"),
            pytest.param('CMD ["sh", "-c", "/shop"]', "missing-shell", id="written-out"),
            pytest.param('ENTRYPOINT ["/run.sh"]', "missing-shell", id="script"),
            pytest.param("CMD ['/shop']", "malformed-exec-form", id="malformed-exec-form"),
            pytest.param('CMD ["$SHOP"]', "unexpanded-variable", id="variable"),
        ],
    )
    def test_without_a_fix_that_is_certain(self, start: str, rule: str) -> None:
        files = {
            "Dockerfile": f"FROM gcr.io/distroless/static-debian12\nCOPY run.sh /run.sh\nCOPY shop /shop\n{start}\n",
            "run.sh": "#!/bin/sh\nexec /shop\n",
        }
        assert {(severity, name) for severity, name, _ in found(analysed(files))} == {("error", rule)}

    def test_a_shell_that_the_build_brings(self) -> None:
        files = {"Dockerfile": "FROM scratch\nCOPY --from=busybox:1.36 /bin /bin\nCMD /shop\n"}
        assert "missing-shell" not in {rule for _, rule, _ in found(analysed(files))}


class TestStopSignal:
    @pytest.mark.parametrize(
        ("dockerfile", "said"),
        [
            pytest.param(
                'FROM nginx:1.27\nCOPY shop /\nCMD ["/shop"]\n',
                [("note", "inherited-stop-signal", 1)],
                id="unknown-program",
            ),
            pytest.param('FROM nginx:1.27\nCMD ["nginx", "-g", "daemon off;"]\n', [], id="its-own-program"),
            pytest.param('FROM nginx:1.27\nCOPY shop /\nSTOPSIGNAL TERM\nCMD ["/shop"]\n', [], id="set-anew"),
            pytest.param("FROM nginx:1.27\nCOPY . /usr/share/nginx/html\n", [], id="nothing-of-its-own"),
            pytest.param("FROM httpd:2.4\nCOPY . /usr/local/apache2/htdocs/\n", [], id="nothing-of-its-own-httpd"),
            pytest.param("FROM httpd:2.4-alpine\nRUN true\n", [], id="nothing-of-its-own-httpd-alpine"),
            pytest.param(
                'FROM nginx:1.27\nRUN apt-get install -y tini uvicorn\nCMD ["tini", "--", "uvicorn", "a:b"]\n',
                [("error", "inherited-stop-signal", 1)],
                id="below-an-init-it-dies-of-the-signal",
            ),
            pytest.param(
                "FROM php:8.3-apache\nRUN apt-get install -y supervisor\nCOPY <<END /s.conf\n[supervisord]\n"
                'nodaemon=true\n[program:web]\ncommand=apache2-foreground\nEND\nCMD ["supervisord", "-c", "/s.conf"]\n',
                [("error", "inherited-stop-signal", 1)],
                id="a-supervisor-that-it-does-nothing-to",
            ),
            pytest.param(
                DEBIAN + 'STOPSIGNAL SIGQUIT\nCMD ["hypercorn"]\n',
                [("error", "stop-signal-mismatch", 3)],
                id="a-signal-it-does-not-know",
            ),
            pytest.param(
                DEBIAN + 'STOPSIGNAL SIGKILL\nCMD ["tini", "hypercorn"]\n',
                [("error", "stop-signal-mismatch", 3)],
                id="one-that-nobody-is-told-of",
            ),
            pytest.param(
                PYTHON + 'RUN pip install uwsgi\nCMD ["uwsgi", "--master", "--http-socket", ":80"]\n',
                [("error", "stop-signal-mismatch", 4)],
                id="uwsgi-starts-anew",
            ),
            pytest.param(
                PYTHON + 'RUN pip install uwsgi\nCMD ["uwsgi", "--master", "--die-on-term", "--http-socket", ":80"]\n',
                [],
                id="uwsgi-dies-on-term",
            ),
            pytest.param(
                DEBIAN + 'CMD ["tini", "--", "nginx", "-g", "daemon off;"]\n',
                [("note", "stop-signal-mismatch", 3)],
                id="nginx",
            ),
            pytest.param(
                DEBIAN + 'STOPSIGNAL SIGTERM\nCMD ["nginx", "-g", "daemon off;"]\n', [], id="nginx-on-purpose"
            ),
        ],
    )
    def test_who_is_sent_which(self, dockerfile: str, said: list[tuple[str, str, int]]) -> None:
        assert found(analysed({"Dockerfile": dockerfile})) == said

    @pytest.mark.parametrize(
        ("value", "fixed"),
        [
            pytest.param("SIGTEMR", "SIGTERM", id="typing-error"),
            pytest.param("SIG_INT", "SIGINT", id="underscore"),
            pytest.param("0", None, id="zero"),
            pytest.param("99", None, id="too-great"),
            pytest.param("stop", "SIGSTOP", id="lower-case"),
        ],
    )
    def test_names_that_no_signal_has(self, value: str, fixed: str | None) -> None:
        files = {"Dockerfile": DEBIAN + f'STOPSIGNAL {value}\nCMD ["hypercorn"]\n'}
        case = analysed(files)
        if value == "stop":
            assert "invalid-stop-signal" not in {rule for _, rule, _ in found(case)}
            return
        assert found(case) == [("error", "invalid-stop-signal", 3)]
        fix = case[2][0][1].fix
        assert (fix.edits[0].text if fix is not None else None) == fixed

    @pytest.mark.parametrize("value", ["SIGRTMIN+3", "term", "15", "64", "${SIGNAL:-SIGINT}"])
    def test_names_of_signals(self, value: str) -> None:
        case = analysed({"Dockerfile": DEBIAN + f'STOPSIGNAL {value}\nCMD ["hypercorn"]\n'})
        assert "invalid-stop-signal" not in {rule for _, rule, _ in found(case)}

    def test_time(self) -> None:
        files = {"Dockerfile": PYTHON + 'RUN pip install celery\nCMD ["celery", "-A", "shop", "worker"]\n'}
        assert found(analysed(files)) == []
        assert found(analysed(files, grace_period=2.0)) == [("error", "grace-period-too-short", 4)]

    def test_time_that_is_short_only_once_it_is_told(self) -> None:
        files = {"Dockerfile": PYTHON + "RUN pip install celery\nCMD celery -A shop worker\n"}
        rows = {rule: violation.message for rule, violation, _ in analysed(files, grace_period=2.0)[2]}
        assert sorted(rows) == ["grace-period-too-short", "shell-form-command"]
        assert rows["grace-period-too-short"].startswith("Once it is told: celery takes about")

    def test_a_shell_behind_a_daemon_stays_with_a_terminal(self) -> None:
        case = analysed({"Dockerfile": DEBIAN + "CMD service nginx start && /bin/bash\n"})
        assert found(case) == [("warning", "daemonized-main", 3)]
        assert case[2][0][1].message.endswith("bash, which is left in front, ends at once without a terminal")
        assert "in the place of bash: `exec " in str(case[2][0][1].advice)
        assert found(analysed({"Dockerfile": DEBIAN + "CMD service nginx start && true\n"}))[0][0] == "error"

    def test_a_handler_is_missed_in_the_users_own_code_only(self) -> None:
        worker = {"worker.py": "import time\nwhile True:\n    time.sleep(1)\n"}
        init = PYTHON + 'RUN apt-get install -y tini cron\nCOPY worker.py /\nENTRYPOINT ["tini", "--"]\n'
        own = analysed({"Dockerfile": init + 'CMD ["python", "/worker.py"]\n', **worker})
        assert found(own) == [("warning", "missing-signal-handler", 6)]
        other = analysed({"Dockerfile": init + 'CMD ["cron", "-f"]\n', **worker})
        assert (other[1].outcome, found(other)) == ("terminated", [])


@pytest.mark.parametrize(
    ("script", "line", "said"),
    [
        pytest.param("#!/bin/sh\nset -euo pipefail\nexec gunicorn a:app\n", 2, "no option pipefail", id="an-option"),
        pytest.param("#!/bin/sh\nargs=(a:app)\nexec gunicorn $args\n", 2, "written for bash", id="an-array"),
        pytest.param("#!/bin/sh\nif true; then\nexec gunicorn a:app\n", 2, "cannot read", id="nobodys-syntax"),
        pytest.param("#!/bin/bash\ntimeout 9 until ls; do :; done\nexec gunicorn\n", 2, "bash -n", id="bash"),
        pytest.param("set -e\r\nexec gunicorn a:app\r\n", 1, "CR LF", id="line-ends"),
        pytest.param("echo up\r\nexec python app.py\r\n", 2, "CR LF", id="the-end-of-a-path"),
    ],
)
def test_what_a_shell_does_not_take(script: str, line: int, said: str) -> None:
    shell = "bash" if "bash" in script.partition("\n")[0] else "sh"
    files = {"Dockerfile": f'{PYTHON}COPY start /\nCMD ["{shell}", "/start"]\n', "start": script}
    case = analysed(files)
    assert (case[1].outcome, case[1].exit_code) == ("fails", 2)
    ((_, violation, severity),) = case[2]
    assert (severity, violation.span.position()[0]) == ("error", line)
    assert said in f"{violation.message} {violation.advice}"


def test_two_brackets_are_no_program_where_dash_reads_them() -> None:
    script = '#!/bin/sh\nif [[ -z "$FOO" ]]; then exec gunicorn a:app; fi\nexit 4\n'
    case = analysed({"Dockerfile": f'{PYTHON}COPY start /\nCMD ["sh", "/start"]\n', "start": script})
    assert (case[1].outcome, case[1].exit_code) == ("fails", 4)


@pytest.mark.parametrize(
    ("lines", "rule", "line"),
    [
        pytest.param('ENV MAIN=/app.py\nCMD ["python", "$MAIN"]', "unexpanded-variable", 5, id="a-script"),
        pytest.param('ENTRYPOINT ["python"]\nCMD app.py', "unstartable-entrypoint", 5, id="a-shell-for-a-script"),
        pytest.param("ARG HOME_DIR=/srv\nCMD python $HOME_DIR/main.py", "unstartable-entrypoint", 5, id="an-argument"),
    ],
)
def test_no_script_for_an_interpreter(lines: str, rule: str, line: int) -> None:
    files = {"Dockerfile": f"{PYTHON}COPY main.py /srv/\n{lines}\n", "main.py": "import time\n"}
    case = analysed(files)
    assert case[1].outcome == "fails"
    assert found(case) == [("error", rule, line)]


def test_an_interpreter_where_no_package_puts_one() -> None:
    lines = "RUN apt-get update && apt-get install -y python3\nCOPY --chmod=755 start /\nCMD /start\n"
    files = {"Dockerfile": f"FROM debian:12-slim\n{lines}", "start": "#!/usr/local/bin/bash\nexec python3 -V\n"}
    case = analysed(files)
    assert found(case) == [("error", "unstartable-entrypoint", 1)]


def test_an_option_that_begins_a_word_which_is_not_known() -> None:
    script = '#!/bin/sh\nuid=$(stat -c %u /srv)\nexec setpriv --reuid="$uid" --clear-groups -- gunicorn a:app\n'
    case = analysed({"Dockerfile": f'{PYTHON}COPY start /\nCMD ["sh", "/start"]\n', "start": script})
    assert case[1].outcome == "graceful"


def test_what_a_configuration_may_send_to_the_background_is_told_to_stay() -> None:
    lines = (
        'FROM debian:12-slim\nRUN apt-get update && apt-get install -y haproxy\nCMD ["haproxy", "-D", "-f", "/a.cfg"]\n'
    )
    files = {"Dockerfile": lines}
    case = analysed(files)
    assert found(case) == [("error", "daemonized-main", 3)]
    after = mended(files, case)
    assert after["Dockerfile"].endswith('CMD ["haproxy", "-W", "-db", "-f", "/a.cfg"]\n')
    assert analysed(after)[1].outcome == "graceful"


def test_a_configuration_without_its_section() -> None:
    lines = "RUN apt-get update && apt-get install -y supervisor\nCOPY a.conf /\n"
    files = {
        "Dockerfile": f'FROM debian:12-slim\n{lines}CMD ["supervisord", "-n", "-c", "/a.conf"]\n',
        "a.conf": "[program:app]\ncommand=our-server\n",
    }
    case = analysed(files)
    assert (case[1].outcome, found(case)) == ("fails", [("error", "unstartable-entrypoint", 4)])


@pytest.mark.parametrize(("mark", "told"), [("", True), ("#!/bin/sh\n", False)])
def test_a_script_without_a_mark_needs_one_in_exec_form(mark: str, told: bool) -> None:
    files = {"Dockerfile": "FROM python:3.13\nCOPY run.sh /\nCMD /run.sh\n", "run.sh": f"{mark}gunicorn app\n"}
    (case,), _ = analyze_container(MemoryFiles(files, dict.fromkeys(files, 0o755)), "Dockerfile", Options())
    advice = next(violation.advice for rule, violation, _ in case[2] if rule == "shell-form-command")
    assert advice is not None
    assert ("`#!` line" in advice) is told


@pytest.mark.parametrize(
    ("script", "heir"),
    [
        pytest.param("#!/bin/sh\ngunicorn app:app\n", "run.sh itself", id="a-script-that-stays"),
        pytest.param("#!/bin/sh\nexec gunicorn app:app\n", "gunicorn itself", id="a-script-that-makes-way"),
    ],
)
def test_who_is_pid_1_once_a_shell_form_is_mended(script: str, heir: str) -> None:
    files = {"Dockerfile": f"{PYTHON}COPY run.sh /\nCMD /run.sh\n", "run.sh": script}
    case = analysed(files, dict.fromkeys(files, 0o755))
    advice = next(violation.advice for rule, violation, _ in case[2] if rule == "shell-form-command")
    assert advice is not None
    assert heir in advice


def test_wrappers_of_one_command_are_told_of_at_once() -> None:
    package = '{"scripts": {"serve": "npx serve dist"}}'
    files = {
        "Dockerfile": 'FROM node:22.12\nCOPY package.json /\nCMD ["npm", "run", "serve"]\n',
        "package.json": package,
    }
    (message,) = (each.message for rule, each, _ in analysed(files)[2] if rule == "forking-wrapper")
    assert "npm and npx start serve as their child; each of them passes the signal only to a shell" in message


def test_an_npm_that_passes_nothing_on_is_not_said_to_tell_a_shell() -> None:
    package = '{"scripts": {"dev": "our-check && vite"}}'
    files = {"Dockerfile": 'FROM node:20.10\nCOPY package.json /\nCMD ["npm", "run", "dev"]\n', "package.json": package}
    case = analysed(files)
    message = next(violation.message for rule, violation, _ in case[2] if rule == "forking-wrapper")
    assert message.endswith("npm starts vite as its child and does not pass SIGTERM on")
    assert "npm (pid 1) drops SIGTERM" in [step.text for step in case[1].story]


def test_what_comes_of_another_way_than_the_one_that_is_told_says_so() -> None:
    script = "#!/bin/bash\nif our-check; then\n  exec tini -- sh -c 'gunicorn app; true'\nfi\ngunicorn app &\nwait $!\n"
    dockerfile = 'FROM debian:12\nRUN make install\nCOPY start.sh /\nCMD ["/start.sh"]\n'
    case = analysed({"Dockerfile": dockerfile, "start.sh": script}, {"start.sh": 0o755})
    messages = {rule: violation.message for rule, violation, _ in case[2]}
    assert case[1].outcome == "killed"
    assert messages["init-over-shell"].startswith(
        "On another way, which depends on the status of our-check, `docker stop`"
    )
    assert messages["unhandled-stop-signal"].startswith("`docker stop` waits 10 s")


@pytest.mark.parametrize(
    ("name", "text", "begin"),
    [
        pytest.param("app.py", "import app\n", "#!/usr/bin/env python3\n", id="python"),
        pytest.param("app.bash", "exec app\n", "#!/bin/bash\n", id="bash"),
        pytest.param("app.sh", "exec gunicorn app:app\n", "#!/bin/sh\n", id="sh"),
    ],
)
def test_the_first_line_is_that_of_its_language(name: str, text: str, begin: str) -> None:
    files = {"Dockerfile": f'FROM python:3.12\nCOPY {name} /\nENTRYPOINT ["/{name}"]\n', name: text}
    assert mended(files, analysed(files, {name: 0o755}))[name].startswith(begin)


def test_a_script_that_nothing_runs() -> None:
    files = {
        "Dockerfile": 'FROM php:8.3-cli\nWORKDIR /srv\nCOPY worker.php .\nCMD ["worker.php"]\n',
        "worker.php": "<?php\nwhile (true) sleep(1);\n",
    }
    case = analysed(files)
    assert found(case) == [("error", "unstartable-entrypoint", 4)]
    assert 'CMD ["php", "worker.php"]' in mended(files, case)["Dockerfile"]


def test_node_is_told_the_name_of_an_npm_script() -> None:
    files = {
        "Dockerfile": 'FROM node:20-slim\nWORKDIR /srv\nCOPY app.js package.json ./\nCMD ["start"]\n',
        "app.js": "setInterval(() => {}, 1000);\n",
        "package.json": '{"scripts": {"start": "node app.js"}}\n',
    }
    case = analysed(files)
    assert (case[1].outcome, case[1].exit_code) == ("fails", 1)
    ((_, violation, _),) = case[2]
    assert "node takes `start` for a file" in violation.message
    files["package.json"] = "{}\n"
    assert analysed(files)[1].outcome == "graceful"  # nobody knows what it is
