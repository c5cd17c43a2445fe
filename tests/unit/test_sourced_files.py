"""Where a shell looks for a file that `.` names without a slash, and for programs where PATH is not the system's."""

from __future__ import annotations

import pytest

from tests.unit.scripts import context, found, mended, said
from tests.unit.verdicts import verdict

LIBRARY = "run() { exec /app/app; }\n"


def outcome(script: str, lines: str = "", base: str = "debian:bookworm") -> str:
    files = {"app": "\x7fELF", "start": script, "common.sh": LIBRARY, "lib/other.sh": LIBRARY}
    return str(verdict("/app/start", files=files, lines=lines, base=base).outcome)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("#!/bin/sh\n. common.sh\nrun\n", "fails", id="dash"),
        pytest.param("#!/bin/sh\n. ./common.sh\nrun\n", "graceful", id="dash-with-a-slash"),
        pytest.param("#!/bin/sh\nPATH=/app:$PATH\n. common.sh\nrun\n", "graceful", id="dash-on-path"),
        pytest.param("#!/bin/bash\n. common.sh\nrun\n", "graceful", id="bash"),
        pytest.param("#!/bin/bash\nPATH=$PATH:/app/lib\nsource other.sh\nrun\n", "graceful", id="bash-on-path"),
        pytest.param("#!/bin/bash\nset -o posix\n. common.sh\nrun\n", "fails", id="bash-as-sh"),
    ],
)
def test_where_a_file_is_looked_for(script: str, expected: str) -> None:
    assert outcome(script) == expected


def test_busybox_looks_on_path_alone() -> None:
    assert outcome("#!/bin/sh\n. common.sh\nrun\n", base="alpine:3.19") == "fails"


def test_the_fix_tells_where_it_is() -> None:
    files = context(
        "#!/bin/sh\n. common.sh\nrun\n", lines="WORKDIR /", common="run() { exec nginx -g 'daemon off;'; }\n"
    )
    some = said(files)
    assert found(some) == [("unstartable-entrypoint", ". common.sh")]
    assert ". ./common.sh" in mended(files, some)["start.sh"]


@pytest.mark.parametrize(
    ("name", "files", "why"),
    [
        pytest.param("bin/serve", {"bin/serve": "#!/bin/sh\nsleep 1000\n"}, "sleep is looked for on PATH", id="sleep"),
        pytest.param("python3", {"bin/x": ""}, "python3 is looked for on PATH", id="python"),
    ],
)
def test_a_path_without_the_folders_of_the_system(name: str, files: dict[str, str], why: str) -> None:
    stopped = verdict(name, files=files, lines="ENV PATH=/app/bin", base="python:3.11")
    assert (stopped.outcome, stopped.exit_code) == ("fails", 127)
    assert any(why in step.text for step in stopped.story)


def test_a_shell_is_told_a_script_that_is_not_there() -> None:
    stopped = verdict("sh", "/run.sh", files={"app": "\x7fELF"})
    assert (stopped.outcome, stopped.exit_code) == ("fails", 2)
    assert any("/run.sh is not in the image" in step.text for step in stopped.story)


def test_an_interpreter_whose_name_is_two_lines() -> None:
    lines = """SHELL ["/bin/bash", "-c"]\nRUN echo '#!/bin/sh\\nexec nginx' > /run.sh && chmod 755 /run.sh"""
    assert verdict("/run.sh", lines=lines, base="nginx:1.25").outcome == "fails"


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        pytest.param("#!/bin/sh\necho configured\n", "graceful", id="ends"),
        pytest.param("#!/bin/sh\ntail -f /dev/null\n", "killed", id="stands"),
        pytest.param("#!/bin/sh\nexit 3\n", "fails", id="fails"),
    ],
)
def test_what_nginx_runs_first(hook: str, expected: str) -> None:
    lines = 'ENTRYPOINT []\nRUN cp hook.sh /docker-entrypoint.d/40-hook.sh\nENTRYPOINT ["/docker-entrypoint.sh"]'
    stopped = verdict("nginx", "-g", "daemon off;", files={"hook.sh": hook}, lines=lines, base="nginx:1.25")
    assert stopped.outcome == expected


@pytest.mark.parametrize(("option", "expected"), [("-lc", "graceful"), ("-c", "killed")])
def test_a_login_shell_reads_the_profiles(option: str, expected: str) -> None:
    lines = "RUN echo 'export HOW=exec' > /etc/profile.d/how.sh"
    files = {"app": "\x7fELF"}
    assert verdict("bash", option, "$HOW ./app; echo over", files=files, lines=lines).outcome == expected


def test_bash_knows_no_alias_in_a_script() -> None:
    dockerfile = 'FROM python:3.12-slim\nCOPY start.sh /\nCMD ["/start.sh"]\n'
    some = said({"Dockerfile": dockerfile, "start.sh": "#!/bin/bash\nalias run='exec python -V'\nrun\n"})
    assert [(rule, "is an alias" in violation.message) for rule, violation, _ in some[1]] == [
        ("unstartable-entrypoint", True)
    ]


@pytest.mark.parametrize(
    ("base", "lines", "expected"),
    [
        pytest.param("python:3.12-slim", "", "fails", id="slim"),
        pytest.param("ruby:3.3-alpine", "", "fails", id="alpine"),
        pytest.param("python:3.12", "", "graceful", id="full"),
        pytest.param("python:3.12-slim", "RUN pip install -r requirements.txt", "graceful", id="installed"),
        pytest.param("acme/python:slim", "", "graceful", id="of-others"),
    ],
)
def test_a_program_that_is_misspelt(base: str, lines: str, expected: str) -> None:
    assert verdict("pyhton", "app.py", base=base, lines=lines, files={"app.py": "x"}).outcome == expected


def test_a_program_whose_name_begins_like_the_language() -> None:
    assert verdict("sh", "-c", "exec nodejss app.js", base="node:20-slim").outcome == "fails"


def test_the_entrypoint_of_node_has_it_run_what_is_no_command() -> None:
    files = {"app.js": "process.on('SIGTERM', () => process.exit(0));\nsetInterval(() => {}, 1000);\n"}
    assert verdict("app", base="node:20-slim", files=files).outcome == "graceful"
    assert verdict("other", base="node:20-slim", files=files).outcome == "unknown"
