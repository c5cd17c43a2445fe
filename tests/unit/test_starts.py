"""How a container starts: the home of `~`, options in one word, texts for an interpreter, what an init is told."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.verdicts import verdict


@pytest.mark.parametrize(
    ("script", "lines", "outcome"),
    [
        pytest.param("cd ~ && exec nats-server", "", "graceful", id="root"),
        pytest.param(
            "cd ~/app && exec nats-server",
            "RUN useradd app\nUSER app",
            "graceful",
            id="the-home-of-a-user-is-not-known",
        ),
        pytest.param("cd && exec nats-server", "RUN useradd app\nUSER app", "graceful", id="without-a-word"),
        pytest.param('[ ~/x = /srv/x ] && exec nats-server; "$NOTHING"', "ENV HOME=/srv", "graceful", id="told"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_home(shell: str, script: str, lines: str, outcome: str) -> None:
    assert verdict(shell, "-c", f"set -e; {script}", lines=lines).outcome == outcome


@pytest.mark.parametrize(
    ("first", "outcome", "code"),
    [
        pytest.param("#!/bin/sh -e -u", "fails", 2, id="dash"),
        pytest.param("#!/bin/bash -e -u", "fails", 1, id="bash"),
        pytest.param("#!/bin/bash -o pipefail", "fails", 2, id="name"),
        pytest.param("#!/bin/bash -eu ", "graceful", None, id="blank-behind"),
        pytest.param("#!/usr/bin/env -S bash -e -u", "graceful", None, id="split"),
    ],
)
def test_options_that_the_kernel_hands_on_as_one(first: str, outcome: str, code: int | None) -> None:
    stopped = verdict("/app/start", files={"start": f"{first}\nexec nats-server\n"})
    assert (stopped.outcome, stopped.exit_code) == (outcome, code)
    assert (outcome == "fails") is any("as one option" in step.text for step in stopped.story)


@pytest.mark.parametrize(
    ("argv", "outcome"),
    [
        pytest.param(("perl", "-e", '$SIG{TERM} = "IGNORE"; sleep 1 while 1'), "killed", id="perl-ignores"),
        pytest.param(("perl", "-e", "$SIG{TERM} = sub { exit }; sleep 1 while 1"), "graceful", id="perl-handles"),
        pytest.param(("perl", "-e", "sleep 1 while 1"), "killed", id="perl"),
        pytest.param(("perl", "-e", "print 1"), "exits", id="perl-that-ends"),
        pytest.param(("perl", "-e", "main(1)"), "unknown", id="perl-that-may-end"),
        pytest.param(("perl", "-ne", "print 1"), "unknown", id="perl-that-reads"),
        pytest.param(("perl", "-ne", "print while 1"), "unknown", id="perl-with-other-options"),
        pytest.param(("ruby", "-e", 'trap("TERM", "IGNORE"); loop { sleep 1 }'), "killed", id="ruby-ignores"),
        pytest.param(("node", "-e", "setInterval(() => {}, 1000)"), "killed", id="node"),
        pytest.param(("python3", "-u", "-c", "import time\nwhile True: time.sleep(1)"), "killed", id="python"),
    ],
)
def test_text_for_an_interpreter(argv: tuple[str, ...], outcome: str) -> None:
    lines = "RUN apt-get update && apt-get install -y nodejs perl python3 ruby"
    assert verdict(*argv, lines=lines).outcome == outcome


TWO = "trap 'echo' TERM; nats-server & wait; wait"


@pytest.mark.parametrize(
    ("start", "outcome"),
    [
        pytest.param(("tini", "--"), "killed", id="child"),
        pytest.param(("tini", "-vg", "--"), "graceful", id="letters"),
        pytest.param(("env", "TINI_KILL_PROCESS_GROUP=1", "tini", "--"), "graceful", id="environment"),
        pytest.param(("env", "TINI_KILL_PROCESS_GROUP=0", "tini", "--"), "graceful", id="environment-whatever-it-says"),
    ],
)
def test_tini_tells_the_group(start: tuple[str, ...], outcome: str) -> None:
    assert verdict(*start, "sh", "-c", TWO, lines="RUN apt-get install -y tini").outcome == outcome


@pytest.mark.parametrize("option", ["-h", "--version"])
def test_an_init_that_is_asked_for_its_version_ends(option: str) -> None:
    stopped = verdict("dumb-init", option, lines="RUN apt-get install -y dumb-init")
    assert (stopped.outcome, stopped.exit_code) == ("exits", 0)


def test_a_loop_that_waits_for_a_job_is_no_endless_one() -> None:
    """The job may end, and then the loop would spin: what stands is the job."""
    script = "stop=0; trap 'stop=1; kill $pid' TERM; our-service & pid=$!; while [ $stop = 0 ]; do wait $pid; done"
    stopped = verdict("bash", "-c", script, lines="COPY src/ /usr/bin/", files={"our-service": "\x7fELF"})
    assert stopped.main == ("our-service",)


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        pytest.param("echo nats-server | sh", "killed", id="pipe"),
        pytest.param("sh -s </app/start", "killed", id="file"),
    ],
)
def test_a_shell_that_reads_its_commands(command: str, outcome: str) -> None:
    assert verdict("bash", "-c", f"{command}; true", files={"start": "nats-server\n"}).outcome == outcome


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        pytest.param(("both",), "killed", id="one-after-another"),
        pytest.param(("-j2", "both"), "unknown", id="at-once"),
        pytest.param(("-j", "1", "both"), "killed", id="one-at-a-time"),
        pytest.param(("SHELL=/bin/bash", "both"), "unknown", id="another-shell"),
        pytest.param(("-sf", "rules", "only"), "killed", id="file-in-a-cluster"),
    ],
)
def test_make(arguments: tuple[str, ...], outcome: str) -> None:
    files = {"Makefile": "both: a b\na:\n\ttouch x\nb:\n\tnats-server; true\n", "rules": "only:\n\tnats-server; true\n"}
    assert verdict("make", *arguments, files=files, lines="RUN apt-get install -y make").outcome == outcome


@pytest.mark.parametrize(
    ("program", "signal", "outcome"),
    [
        pytest.param("runsv", "TERM", "graceful", id="runsv"),
        pytest.param("runsv", "HUP", "killed", id="runsv-hangup"),
        pytest.param("s6-supervise", "INT", "cut-off", id="s6-supervise"),
        pytest.param("supervise", "TERM", "killed", id="supervise"),
    ],
)
def test_a_supervisor_of_one_service(program: str, signal: str, outcome: str) -> None:
    files = {"web/run": "#!/bin/sh\nexec nats-server\n", "web/log/run": "#!/bin/sh\nexec cat\n"}
    lines = f"RUN apt-get install -y runit s6 daemontools\nSTOPSIGNAL SIG{signal}"
    assert verdict(program, "/app/web", files=files, lines=lines).outcome == outcome


def test_an_option_of_bash_that_takes_a_word() -> None:
    assert verdict("bash", "-O", "extglob", "-c", "exec nats-server").outcome == "graceful"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param("$SIG{'TERM'} = 'IGNORE';\nwhile (1) { sleep 1 }\n", "killed", id="quoted"),
        pytest.param(
            "$SIG{INT} = 'IGNORE';\n$SIG{TERM} = sub { exit };\nwhile (1) { sleep 1 }\n", "graceful", id="other"
        ),
        pytest.param(
            "use IO::Socket::INET;\nwhile (my $c = $s->accept) { close $c; }\n", "killed", id="of-perl-itself"
        ),
    ],
)
def test_script_in_perl(text: str, outcome: str) -> None:
    assert verdict("perl", "/app/a.pl", files={"a.pl": text}, lines="RUN apt-get install -y perl").outcome == outcome


@pytest.mark.parametrize(
    ("argv", "outcome"),
    [
        pytest.param(("execlineb", "-c", "cd /srv export A 1 nats-server"), "graceful", id="execline"),
        pytest.param(("execlineb", "-c", "emptyenv nats-server"), "unknown", id="execline-else"),
        pytest.param(("awk", 'BEGIN { system("nats-server") }'), "unknown", id="awk"),
        pytest.param(("awk", "BEGIN { print 1 }"), "exits", id="awk-that-prints"),
        pytest.param(("lua", "-e", 'os.execute("nats-server")'), "unknown", id="lua"),
        pytest.param(("sh", "-c", "echo nats-server | xargs -I{} sh -c 'exec {}'; true"), "killed", id="xargs"),
    ],
)
def test_what_starts_another_program(argv: tuple[str, ...], outcome: str) -> None:
    lines = "RUN apt-get install -y execline lua5.4 nats-server mawk"
    assert verdict(*argv, lines=lines).outcome == outcome


def test_what_reads_from_a_fifo() -> None:
    assert verdict("sh", "-c", "nats-server & mkfifo /run/log; cat /run/log").outcome == "unknown"
    assert verdict("sh", "-c", "mkfifo /run/log; cat /run/log & exec nats-server").outcome == "graceful"


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param("my-check() { true; }; export -f my-check", "graceful", id="function"),
        pytest.param("export my-name=1", "fails", id="variable"),
        pytest.param('export "$UNKNOWN_TO_US"', "graceful", id="nothing"),
        pytest.param("export A+=1 B=2; readonly C", "graceful", id="names"),
    ],
)
def test_names_that_are_exported(script: str, outcome: str) -> None:
    assert verdict("bash", "-c", f"set -e; {script}; exec nats-server").outcome == outcome


@pytest.mark.parametrize(
    ("script", "main"),
    [
        pytest.param("our-service & sleep 9999 & wait", "our-service", id="together"),
        pytest.param("our-service & wait $!; sleep 9999 & wait", "bash", id="one-after-another"),
    ],
)
def test_a_long_sleep_beside_a_job(script: str, main: str) -> None:
    stopped = verdict(
        "bash", "-c", f"trap 'exit 0' TERM; {script}", lines="COPY src/ /usr/bin/", files={"our-service": "\x7fELF"}
    )
    assert stopped.main == (main,)


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param("echo up; sleep 5", "exits", id="short"),
        pytest.param("echo up; sleep 120", "killed", id="long"),
        pytest.param("nats-server & sleep 120; echo over", "killed", id="beside-a-service"),
        pytest.param("sleep 120; exec nats-server", "graceful", id="before-a-service"),
        pytest.param("sleep 120; exec /nowhere/server", "fails", id="before-what-is-not-there"),
    ],
)
def test_a_sleep_behind_which_a_script_runs_out(script: str, outcome: str) -> None:
    assert verdict("bash", "-c", script).outcome == outcome


def test_the_command_of_flock_has_its_own_options() -> None:
    stopped = verdict("flock", "/lock", "bash", "-c", "[[ a ]] && nats-server; true")
    assert (stopped.outcome, stopped.main) == ("killed", ("nats-server",))
    assert any("bash -c" in step.text for step in stopped.story[1:])


@pytest.mark.parametrize("interval", ["soon", "infinity\r", "1x"])
def test_an_interval_that_sleep_does_not_take(interval: str) -> None:
    found = verdict("sh", "-c", f"exec sleep '{interval}'")
    assert (found.outcome, found.exit_code) == ("fails", 1)


@pytest.mark.parametrize("name", ["./start", "/opt/app/start", "/srv/start"])
def test_a_system_brings_no_program_of_the_users(name: str) -> None:
    found = verdict(name, files={"bin/start": "#!/bin/sh\nexec nats-server\n"}, lines="WORKDIR /opt/app")
    assert (found.outcome, found.exit_code) == ("fails", 127)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("RUN apt-get update", "unknown", id="both-come-when-it-is-run"),
        pytest.param("WORKDIR /srv", "fails", id="a-folder-of-its-own"),
        pytest.param("COPY start /srv/start", "fails", id="a-file-of-its-own"),
    ],
)
def test_a_relative_path_in_an_image_that_is_given_nothing(lines: str, outcome: str) -> None:
    files = {"Dockerfile": f'FROM debian:12\n{lines}\nCMD ["./start"]\n', "start": "#!/bin/sh\nexec nats-server\n"}
    found, _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert found[0][1].outcome == outcome


@pytest.mark.parametrize(
    ("text", "argv", "code"),
    [
        pytest.param("import acme\nfrom .names import NAME\n", ("pkg/job.py",), 1, id="by-path"),
        pytest.param("import acme\nfrom .names import NAME\n", ("-m", "pkg.job"), None, id="as-a-module"),
        pytest.param("import acme\nif acme.up:\n    from .names import NAME\n", ("pkg/job.py",), None, id="perhaps"),
        pytest.param("import acme\n__package__ = 'x'\nfrom .names import NAME\n", ("pkg/job.py",), None, id="told"),
    ],
)  # fmt: skip
def test_python_that_imports_of_no_package(text: str, argv: tuple[str, ...], code: int | None) -> None:
    """Measured with Python 3.11: ImportError, status 1."""
    files = {"pkg/job.py": f"{text}acme.serve()\n", "pkg/names.py": "NAME = 1\n"}
    found = verdict("python", *argv, files=files, base="python:3.11-slim", lines="RUN pip install acme")
    assert (found.exit_code == 1) is (code == 1)


@pytest.mark.parametrize(
    ("base", "program", "outcome"),
    [
        pytest.param("debian:bookworm-slim", "/usr/bin/python3", "fails", id="debian"),
        pytest.param("ubuntu:22.04", "/usr/bin/env python3", "fails", id="by-name"),
        pytest.param("ubuntu:14.04", "/usr/bin/python3", "killed", id="an-old-one-has-it"),
        pytest.param("alpine:3.19", "/usr/bin/python3", "fails", id="alpine"),
        pytest.param("acme/base", "/usr/bin/python3", "killed", id="nobody-knows-the-base"),
        pytest.param("python:3.11-slim", "/usr/bin/python3", "fails", id="its-own-is-elsewhere"),
        pytest.param("python:3.11", "/usr/bin/python3", "killed", id="the-full-image-has-both"),
        pytest.param("python:3.11-slim", "/usr/local/bin/python3.11", "killed", id="version"),
        pytest.param("python:3.11-slim", "/usr/bin/env python3.9", "fails", id="another-version"),
        pytest.param("python:3-slim", "/usr/bin/env python3.9", "killed", id="whatever-version"),
        pytest.param("node:20-alpine", "/usr/bin/env python3", "fails", id="another-language"),
    ],
)
def test_interpreters_that_are_not_there(base: str, program: str, outcome: str) -> None:
    """Measured in Docker: the engine, or the shell, finds no such file."""
    text = f"#!{program}\nimport time\nwhile True:\n    time.sleep(1)\n"
    assert verdict("/app/job", files={"job": text}, base=base).outcome == outcome


def test_an_interpreter_that_another_image_brings() -> None:
    text = "#!/usr/bin/env python3\nimport time\nwhile True:\n    time.sleep(1)\n"
    lines = "COPY --from=python:3.11 /usr/local /usr/local"
    assert verdict("/app/job", files={"job": text}, base="node:20-slim", lines=lines).outcome == "killed"


def test_an_interpreter_that_a_package_brings() -> None:
    text = "#!/usr/bin/python3\nimport time\nwhile True:\n    time.sleep(1)\n"
    found = verdict("/app/job", files={"job": text}, lines="RUN apt-get update && apt-get install -y supervisor")
    assert found.outcome == "killed"


@pytest.mark.parametrize(
    ("base", "text", "code"),
    [
        pytest.param("python:3.11-slim", "def main()\n    pass\n", 1, id="colon"),
        pytest.param("python:3.8", "print 'up'\n", 1, id="python-2"),
        pytest.param("python:3.11.4", "if True:\nloop()\n", 1, id="indent"),
        pytest.param("python:3-slim", "if True:\nloop()\n", 1, id="indent-in-any-version"),
        pytest.param("python:3.99-slim", "def main()\n    pass\n", None, id="a-later-one-may-take-it"),
        pytest.param("python:2.7", "print 'up'\n", None, id="python-2-takes-it"),
        pytest.param("acme/python:3.11", "def main()\n    pass\n", None, id="not-the-official-image"),
    ],
)
@pytest.mark.parametrize("argv", [("python", "job.py"), ("python", "-m", "job")])
def test_python_that_cannot_be_compiled(base: str, text: str, code: int | None, argv: tuple[str, ...]) -> None:
    found = verdict(*argv, files={"job.py": f"import time\n{text}time.sleep(9)\n"}, base=base)
    assert (found.exit_code == 1) is (code == 1)
    assert any("a syntax error" in step.text for step in found.story) is (code == 1)


@pytest.mark.parametrize(
    ("mode", "text", "outcome", "code"),
    [
        pytest.param("644", "#!/bin/sh\nexec app\n", "fails", 1, id="shell-script"),
        pytest.param("644", '#!/usr/bin/env bash\nset -e\nexec app "$@"\n', "fails", 1, id="bash-script"),
        pytest.param("755", "#!/bin/sh\nexec app\n", "graceful", None, id="executable"),
        pytest.param("644", "setInterval(() => {}, 1000);\n", "killed", 137, id="its-own"),
        pytest.param("644", "#!/usr/bin/env node\nsetInterval(() => {}, 1000);\n", "killed", 137, id="its-own-by-name"),
    ],
)
def test_what_may_not_be_executed_is_run_by_node_in_its_image(
    mode: str, text: str, outcome: str, code: int | None
) -> None:
    """Measured in an engine: docker-entrypoint.sh puts `node` before it."""
    files = {"start": text, "bin/app": "\x7fELF"}
    lines = f"RUN chmod {mode} start\nENV PATH=/app/bin:$PATH"
    found = verdict("./start", files=files, base="node:20-slim", lines=lines)
    assert (found.outcome, found.exit_code) == (outcome, code)


@pytest.mark.parametrize(
    ("base", "lines", "outcome"),
    [
        pytest.param("python:3.12-slim", "RUN pip install flask && chmod +x /app/job", "fails", id="nothing-of-it"),
        pytest.param("debian:bookworm", "RUN apt-get update && apt-get install -y curl", "fails", id="a-system"),
        pytest.param("python:3.12-slim", "RUN apt-get install -y nodejs", "cut-off", id="a-package"),
        pytest.param("python:3.12-slim", "RUN curl -fsS https://example.org/setup | bash -", "cut-off", id="anything"),
        pytest.param("python:3.12-slim", "COPY --from=tools /usr/local /usr/local", "cut-off", id="a-whole-system"),
        pytest.param("python:3.12-slim", "RUN ./job", "cut-off", id="a-script"),
        pytest.param("node:20-slim", "", "cut-off", id="its-own"),
        pytest.param("acme/base", "", "unknown", id="nobody-knows-the-base"),
    ],
)
def test_node_is_not_there(base: str, lines: str, outcome: str) -> None:
    assert verdict("npx", "serve", files={"job": "#!/bin/sh\n"}, base=base, lines=lines).outcome == outcome
