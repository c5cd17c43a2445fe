"""Files that a script writes as the container starts, and what it asks of them later."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.scripts import context, found, said

WAITS = "our-app &\n{mark}\ntrap stop TERM\nwait $!\n"


@pytest.mark.parametrize(
    ("mark", "stop", "outcome"),
    [
        pytest.param("echo $! > /run/a", "[ -f /run/a ] && kill $(cat /run/a); wait", "graceful", id="a-number"),
        pytest.param("echo $! > /run/a", "[[ -s /run/a ]] && kill $(< /run/a); wait", "graceful", id="not-empty"),
        pytest.param("F=/run/a; echo $! >| $F", 'test -r $F && kill "$(cat "$F")"; wait', "graceful", id="by-variable"),
        pytest.param("P=$!; date > /run/a", "[ -e /run/a ] && kill $P; wait", "graceful", id="a-text-not-known"),
        pytest.param("P=$!; touch /run/a", "[ -e /run/a ] && kill $P; wait", "graceful", id="touched"),
        pytest.param("P=$!; { date; id; } > /run/a", "[ -e /run/a ] && kill $P; wait", "graceful", id="of-a-group"),
        pytest.param("P=$!; echo 1 > /run/a", "[ -e /run/b ] && kill $P; wait", "killed", id="another"),
        pytest.param("P=$!; echo 1 > /run/a; rm -f /run/a", "[ -e /run/a ] && kill $P; wait", "killed", id="removed"),
        pytest.param("P=$!; touch /run/a; rm -f /run/*", "[ -e /run/a ] && kill $P; wait", "killed", id="by-pattern"),
        pytest.param("P=$!; echo 1 > /run/a; rm -rf $D", "[ -e /run/a ] && kill $P; wait", "graceful", id="unset"),
        pytest.param(
            'P=$!; touch /run/a; rm -rf "$(date)"', "[ -e /run/a ] && kill $P; wait", "killed", id="which-is-not-known"
        ),
        pytest.param(
            "P=$!; touch /run/a; if date | grep -q 1; then rm /run/a; fi", "[ -e /run/a ] && kill $P; wait", "killed",
            id="perhaps-removed",
        ),
    ],
)  # fmt: skip
def test_a_mark_that_the_trap_asks_for(mark: str, stop: str, outcome: str) -> None:
    script = f"stop() {{ {stop}; }}\n" + WAITS.format(mark=mark)
    some = said(context(script))
    assert some[0].outcome == outcome
    assert outcome == "killed" or found(some, "note") == []


@pytest.mark.parametrize(
    ("writes", "status"),
    [
        pytest.param("{ echo A=1; echo B=2; } > /tmp/e\n. /tmp/e\nexit $A$B", 12, id="a-group"),
        pytest.param("for i in A B; do echo $i=3; done > /tmp/e\n. /tmp/e\nexit $A$B", 33, id="a-loop"),
        pytest.param("f() { echo A=4; }\nf > /tmp/e\n. /tmp/e\nexit $A", 4, id="a-function"),
        pytest.param("(cat <<E\nA=5\nE\n) > /tmp/e\n. /tmp/e\nexit $A", 5, id="a-program-that-copies"),
        pytest.param("echo A=6 > /tmp/e\necho B=7 >> /tmp/e\n. /tmp/e\nexit $A$B", 67, id="one-behind-another"),
        pytest.param("{ printf A=; printf 8; } > /tmp/e\n. /tmp/e\nexit $A", 8, id="lines-in-pieces"),
        pytest.param("printf 'a\\nb' > /tmp/e\nn=0\nwhile read x; do n=$((n+1)); done < /tmp/e\nexit $n", 1,
                     id="a-last-line-without-an-end"),
        pytest.param("printf a > /tmp/e\nread x < /tmp/e || exit 9", 9, id="a-line-without-an-end"),
        pytest.param(": > /tmp/e\n[ -s /tmp/e ] || exit 3", 3, id="nothing"),
    ],
)  # fmt: skip
def test_what_a_script_prints_into_a_file(writes: str, status: int) -> None:
    assert said(context(f"{writes}\nexec hypercorn\n"))[0].exit_code == status


@pytest.mark.parametrize(
    "waits",
    [
        pytest.param(
            ": > /tmp/port\nour-app --port-file /tmp/port &\nuntil [ -s /tmp/port ]; do sleep 1; done", id="a-port"
        ),
        pytest.param(
            "echo > /tmp/log\nour-app --log=/tmp/log &\nuntil grep -q up /tmp/log; do sleep 1; done", id="a-log"
        ),
        pytest.param(": > /tmp/up\nour-app &\nwhile [ ! -s /tmp/up ]; do sleep 1; done", id="that-it-knows-of"),
        pytest.param("our-app > /tmp/log &\nuntil grep -q up /tmp/log; do sleep 1; done", id="what-it-prints"),
        pytest.param("{ echo a; our-app; } > /tmp/log &\nuntil grep -q up /tmp/log; do sleep 1; done", id="in-a-group"),
    ],
)
def test_a_program_may_write_into_what_a_script_has_made(waits: str) -> None:
    assert said(context(f"{waits}\nexec hypercorn\n"))[0].outcome == "graceful"


def test_a_line_that_is_read_back() -> None:
    script = "echo run > /tmp/mode\nread -r MODE < /tmp/mode\n[ $MODE = run ] && exit 3\nexec hypercorn\n"
    assert said(context(script))[0].exit_code == 3


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("true", "graceful", id="as-it-is-in-the-image"),
        pytest.param("printf '[supervisord]\\n' > /etc/supervisor/supervisord.conf", "unknown", id="the-whole"),
        pytest.param("envsubst < /start.sh > /etc/supervisor/conf.d/b.conf", "unknown", id="a-part"),
        pytest.param("cp /usr/share/a/b.conf /etc/supervisor/conf.d", "unknown", id="copied-to-the-folder"),
        pytest.param("cp /usr/share/a/x.tmpl.conf /etc/supervisor/conf.d/b.conf", "unknown", id="copied-by-name"),
        pytest.param("cp /usr/share/a/b.conf /etc/nginx/conf.d/", "graceful", id="of-another-program"),
        pytest.param('envsubst < /start.sh > "/etc/$(date | xargs)"', "unknown", id="nobody-knows-where"),
        pytest.param('if [ -f "$(date)" ]; then sed p /usr/share/a > /etc/b; fi', "unknown", id="perhaps"),
        pytest.param('if [ -f "$(date)" ]; then cp /usr/share/a /etc/supervisor; fi', "unknown", id="perhaps-copied"),
        pytest.param('if [ -f "$(date)" ]; then mkdir -p /b; echo x > /dev/null; fi', "graceful", id="no-file"),
        pytest.param('if [ -f "$(date)" ]; then cp /usr/share/a /b; fi', "graceful", id="elsewhere"),
    ],
)
def test_a_configuration_that_is_written_as_the_container_starts(line: str, expected: str) -> None:
    part = "/etc/supervisor/conf.d/a.conf"
    lines = f"RUN apt-get install -y supervisor\nRUN printf '[program:a]\\ncommand=hypercorn\\n' > {part}"
    assert said(context(f"{line}\nexec supervisord -n\n", lines=lines))[0].outcome == expected


WRITES = "cat > /tmp/run.sh <<{end}\n#!/bin/bash\n{command}\nEND\nchmod +x /tmp/run.sh\n{between}exec {start}\n"


@pytest.mark.parametrize(
    ("parts", "outcome", "lines"),
    [
        pytest.param({}, "killed", [("missing-exec", "hypercorn -u nobody; true")], id="run"),
        pytest.param(
            {"start": "bash /tmp/run.sh"}, "killed", [("missing-exec", "hypercorn -u nobody; true")], id="read",
        ),
        pytest.param({"command": "exec hypercorn -u nobody"}, "graceful", [], id="with-exec"),
        pytest.param(
            {"end": "END", "command": "hypercorn -u ${USER:-nobody}; true"}, "killed",
            [("missing-exec", "hypercorn -u ${USER:-nobody}; true")], id="with-a-variable",
        ),
        pytest.param({"between": "sed -i s/x/y/ /tmp/run.sh\n"}, "unknown", [], id="worked-on"),
        pytest.param({"between": "date >> /tmp/run.sh\n"}, "unknown", [], id="appended-to"),
        pytest.param(
            {"between": "echo exit >> /tmp/run.sh\n"}, "killed", [("missing-exec", "hypercorn -u nobody; true")],
            id="appended-to-by-what-is-known",
        ),
        pytest.param(
            {"between": "cp /tmp/run.sh /srv/run.sh; sed -i s/x/y/ /srv/run.sh\n", "start": "/srv/run.sh"}, "unknown",
            [], id="worked-on-in-a-folder-of-the-system",
        ),
    ],
)  # fmt: skip
def test_a_script_that_another_one_writes(parts: dict[str, str], outcome: str, lines: list[tuple[str, str]]) -> None:
    told = {"end": "'END'", "command": "hypercorn -u nobody; true", "between": "", "start": "/tmp/run.sh", **parts}
    some = said(context(WRITES.format(**told)))
    assert some[0].outcome == outcome
    assert found(some) == lines


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param("envsubst < /start.sh > /run/n.conf\nnginx -c /run/n.conf", "killed", id="what-is-not-known"),
        pytest.param("printf 'daemon off;\\n' > /run/n.conf\nnginx -c /run/n.conf", "killed", id="that-it-stays"),
        pytest.param("echo 'user www;' > /run/n.conf\nnginx -c /run/n.conf", "exits", id="something-else"),
        pytest.param("envsubst < /start.sh > /run/other.conf\nnginx -c /run/n.conf", "killed", id="another-file"),
    ],
)
def test_a_configuration_may_keep_a_service_in_the_foreground(script: str, outcome: str) -> None:
    assert said(context(f"{script}\necho\n"))[0].outcome == outcome


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("cp /usr/share/a/default.env /config/.env\n. /config/.env", "graceful", id="copied"),
        pytest.param("cp /usr/share/a/shop.sh /config/\n. /config/shop.sh", "graceful", id="copied-to-a-folder"),
        pytest.param("cp /usr/share/a/shop.xml /config/\n. /config/shop.sh", "fails", id="another-file"),
        pytest.param("date > /run/now\n. /run/now", "graceful", id="what-is-not-known"),
        pytest.param("echo exit 0 > /run/end\n. /run/end", "exits", id="what-is-known"),
        pytest.param("python3 -m venv /config/venv\n. /config/venv/bin/activate", "graceful", id="an-environment"),
        pytest.param(
            "virtualenv -q /config/v\n. /config/v/bin/activate", "graceful", id="an-environment-of-virtualenv"
        ),
        pytest.param("python3 -m venv /config/venv\n. /config/other/bin/activate", "fails", id="another-environment"),
    ],
)
def test_what_is_written_as_the_container_starts_can_be_sourced(lines: str, expected: str) -> None:
    brought = "RUN apt-get install -y python3 python3-venv virtualenv"
    assert said(context(f"#!/bin/sh\n{lines}\nexec hypercorn\n", lines=brought))[0].outcome == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("", "fails", id="not-executable"),
        pytest.param("chmod +x /setup", "graceful", id="by-letter"),
        pytest.param("chmod 0755 /setup", "graceful", id="by-number"),
        pytest.param("chmod -R u=rwx,g=rx /", "graceful", id="with-all-that-is-in-a-folder"),
        pytest.param("chmod 644 /setup", "fails", id="another-mode"),
        pytest.param("chmod -x /setup", "fails", id="taken-away"),
        pytest.param("chmod +x /other", "fails", id="another-file"),
        pytest.param('chmod +x "$(date)"', "graceful", id="which-is-not-known"),
        pytest.param("chmod +x /setup; [ -x /setup ] || exit 1", "graceful", id="asked-for"),
    ],
)
def test_a_script_may_make_another_executable(lines: str, expected: str) -> None:
    files = context(f"set -e\n{lines}\n/setup\nexec hypercorn\n", lines="COPY setup /")
    files["setup"] = "#!/bin/sh\ndate\n"
    modes = {path: 0o644 if path == "setup" else 0o755 for path in files}
    (((_, verdict, _),), _) = analyze_container(MemoryFiles(files, modes), "Dockerfile", Options())
    assert verdict.outcome == expected


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('D="$(dirname "$0")"; mkdir -p "$D/logs"', id="beside-itself"),
        pytest.param('cd "$(dirname "$0")"; mkdir -p "$PWD/logs"', id="where-it-is"),
        pytest.param('D="$(cd "$(dirname "$0")" && pwd)"; mkdir -p "$D/logs/a"', id="absolute"),
        pytest.param('ROOT=/; mkdir -p $ROOT/data/x; touch "$ROOT/data/y"', id="root"),
        pytest.param("cd //; cat //etc/passwd; rm -rf //tmp/x/", id="two-slashes"),
    ],
)
def test_a_path_that_begins_with_two_slashes(script: str) -> None:
    """It means the same as one (path_resolution(7)), though posixpath keeps both; once it was climbed for ever."""
    files = MemoryFiles(
        {"Dockerfile": 'FROM debian:12\nCOPY start.sh /\nCMD ["/start.sh"]\n',
         "start.sh": f"#!/bin/sh\nset -e\n{script}\nexec memcached -u nobody\n"}, {"start.sh": 0o755},
    )  # fmt: skip
    found, _ = analyze_container(files, "Dockerfile", Options())
    assert found[0][1].outcome == "graceful"
