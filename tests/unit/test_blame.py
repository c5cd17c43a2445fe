"""Which link loses the signal: one cause, one finding, and each that is mended shows the next."""

from __future__ import annotations

import pytest

from tests.unit.scripts import context, found, said

TRAP = 'trap \'kill "$pid"; wait "$pid"\' TERM\n'

SCRIPTS = [
    # --- a command in the foreground
    pytest.param("hypercorn", [("missing-exec", "hypercorn")], id="a-command"),
    pytest.param('"$@"', [("missing-exec", '"$@"')], id="the-command-that-is-given"),
    pytest.param("hypercorn || exit 1", [("missing-exec", "hypercorn || exit 1")], id="a-command-with-a-way-out"),
    pytest.param("while true; do\nhypercorn\ndone", [("missing-exec", "hypercorn")], id="restarted"),
    pytest.param("run() { hypercorn; }\nrun", [("missing-exec", "run() { hypercorn; }")], id="in-a-function"),
    pytest.param("(cd /tmp; hypercorn)", [("missing-exec", "(cd /tmp; hypercorn)")], id="in-a-subshell"),
    pytest.param("trap 'echo bye; exit 0' TERM\nhypercorn", [("missing-exec", "hypercorn")], id="with-an-idle-trap"),
    pytest.param("trap 'rm /lock' TERM\nhypercorn", [("trap-deferred", "hypercorn")], id="with-a-trap-that-works"),
    pytest.param("trap 'rm /l' EXIT\nhypercorn", [("trap-without-forward", "trap 'rm /l' EXIT")], id="exit-in-bash"),
    pytest.param(
        "#!/bin/sh\ntrap 'rm /lock' EXIT\nhypercorn", [("exit-trap-not-run", "trap 'rm /lock' EXIT")], id="exit-in-dash"
    ),
    pytest.param("hypercorn | tee /log", [("piped-main", "hypercorn | tee /log")], id="piped"),
    pytest.param("exec hypercorn | tee /log", [("backgrounded-exec", "exec hypercorn | tee /log")], id="exec-piped"),
    pytest.param("(exec hypercorn)", [("backgrounded-exec", "(exec hypercorn)")], id="exec-in-a-subshell"),
    pytest.param("tini -- hypercorn", [("init-not-pid1", "tini -- hypercorn")], id="an-init"),
    pytest.param("exec hypercorn", [], id="exec"),
    # --- jobs
    pytest.param("hypercorn &\nwait", [("unhandled-stop-signal", "wait")], id="wait"),
    pytest.param("hypercorn &\nhaproxy -W &\nwait -n", [("unhandled-stop-signal", "wait -n")], id="wait-for-the-first"),
    pytest.param("exec hypercorn &\nwait", [("backgrounded-exec", "exec hypercorn &")], id="exec-in-a-job"),
    pytest.param("set -m\nhypercorn &\nfg", [("unhandled-stop-signal", "fg")], id="fg"),
    pytest.param(
        "hypercorn &\nnginx -g 'daemon off;'",
        [("abandoned-job", "hypercorn &"), ("missing-exec", "nginx -g 'daemon off;'")],
        id="a-job-beside-a-command",
    ),
    pytest.param("hypercorn &\nexec nginx -g 'daemon off;'", [("abandoned-job", "hypercorn &")], id="a-job-left"),
    pytest.param("nginx\nexec hypercorn", [("abandoned-job", "nginx")], id="a-daemon-left"),
    pytest.param("haproxy -D\nexec tini -- our-server", [], id="a-daemon-that-no-other-signal-would-reach"),
    pytest.param("our-helper &\nexec hypercorn", [], id="a-helper"),
    pytest.param("hypercorn &\ncron -f", [("keepalive-main", "cron -f")], id="a-known-helper-in-front"),
    pytest.param("our-app &\nexec cron -f", [("abandoned-job", "our-app &")], id="a-known-helper-in-its-place"),
    pytest.param(
        "haproxy -D\nwhile inotifywait /etc/haproxy; do\nhaproxy -D -sf 9\ndone",
        [("unhandled-stop-signal", "while inotifywait /etc/haproxy; do")],
        id="a-loop-that-looks-at-its-configuration",
    ),
    pytest.param("hypercorn &", [("script-ends", "hypercorn &")], id="the-end"),
    pytest.param("hypercorn &\nalembic upgrade head", [("script-ends", "hypercorn &")], id="work-after-a-service"),
    pytest.param(
        "hypercorn &\nour-server", [("abandoned-job", "hypercorn &"), ("missing-exec", "our-server")],
        id="a-server-after-a-service",
    ),
    pytest.param("our-setup\nnginx", [("daemonized-main", "nginx")], id="a-service-after-work"),
    pytest.param(
        "service nginx start\nnginx -g 'daemon off;'", [("daemonized-main", "service nginx start")],
        id="a-service-that-stands-already",
    ),
    pytest.param(
        "service nginx start\nnginx -c /other.conf -g 'daemon off;'",
        [("abandoned-job", "service nginx start"), ("missing-exec", "nginx -c /other.conf -g 'daemon off;'")],
        id="one-that-is-configured-otherwise",
    ),
    pytest.param(
        "service ssh start\nour-server & wait $!", [("unhandled-stop-signal", "our-server & wait $!")],
        id="a-server-beside-ssh",
    ),
    pytest.param("if our-test | grep -q ok; then echo ok; fi", [], id="a-question"),
    pytest.param("if ! aws s3 ls; then\nsleep 7200\nexit 1\nfi\nexec hypercorn", [], id="a-failure-that-is-kept"),
    pytest.param("pcscd --debug\nour-tool --help", [], id="a-command-beside-a-helper"),
    pytest.param("pcscd --debug\nrm -f /x", [("daemonized-main", "pcscd --debug")], id="a-helper-alone"),
    pytest.param("our-build\nexec our-tool --help", [], id="a-command-that-takes-over"),
    pytest.param("our-server\nexec hypercorn", [], id="a-service-that-takes-over"),
    pytest.param("if ! our-test; then\nmkdir /x\nfi\naws s3 ls", [], id="a-test"),
    pytest.param(
        "if ! our-server; then\necho failed\nfi", [("missing-exec", "if ! our-server; then")], id="a-server-that-fails",
    ),
    pytest.param("if ! aws s3 ls; then\necho no\nsleep 7200\nexit 1\nfi\nexec hypercorn", [], id="a-failure-told"),
    pytest.param("for x in a b c d; do\nour-tool $x\ndone\nexec hypercorn", [], id="in-turn"),
    pytest.param("nohup hypercorn &\nexec bash", [("script-ends", "nohup hypercorn &")], id="beside-a-terminal"),
    pytest.param("our-test | grep -v noise", [("piped-main", "our-test | grep -v noise")], id="a-filter"),
    pytest.param("our-helper &\nalembic upgrade head", [], id="work-beside-a-helper"),
    pytest.param("#!/bin/sh\nhypercorn &\nwait -n", [("script-ends", "wait -n")], id="wait-n-in-dash"),
    # --- traps that run
    pytest.param(f"{TRAP}hypercorn & pid=$!\nwait $pid", [], id="forwards-and-waits"),
    pytest.param(
        "trap 'kill $pid' TERM\nhypercorn & pid=$!\nwait $pid", [("trap-without-wait", "trap 'kill $pid' TERM")],
        id="forwards",
    ),
    pytest.param("trap 'kill $pid' TERM\nhypercorn & pid=$!\nwait $pid\nwait $pid", [], id="waits-twice"),
    pytest.param(
        "set -e\ntrap 'kill $pid' TERM\nhypercorn & pid=$!\nwait $pid\nwait $pid",
        [("trap-without-wait", "trap 'kill $pid' TERM")],
        id="waits-twice-under-set-e",
    ),
    pytest.param("trap exit TERM\nhypercorn &\nwait", [("trap-without-forward", "trap exit TERM")], id="leaves"),
    pytest.param(
        "trap 'kill $a; wait' TERM\nhypercorn & a=$!\nhaproxy -W & b=$!\nwait",
        [("trap-without-forward", "trap 'kill $a; wait' TERM")],
        id="forwards-to-one-of-two",
    ),
    pytest.param("trap 'kill 0' TERM\nhypercorn &\nwait", [("trap-recursion", "trap 'kill 0' TERM")], id="to-itself"),
    pytest.param("trap '' TERM\nhypercorn &\nwait", [("trap-ignores-signal", "trap '' TERM")], id="ignores"),
    pytest.param(
        f"{TRAP}hypercorn & pid=$!\nwhile :; do sleep 1; done", [("trap-ignores-signal", TRAP.strip())], id="goes-on"
    ),
    pytest.param(
        f"{TRAP}(cd /tmp; hypercorn; true) & pid=$!\nwait $pid",
        [("missing-exec", "(cd /tmp; hypercorn; true) & pid=$!")],
        id="to-a-subshell-that-keeps-it",
    ),
    pytest.param(
        "#!/bin/sh\ntrap 'kill -SIGTERM $!; wait' TERM\nhypercorn &\nwait",
        [("trap-unknown-signal", "trap 'kill -SIGTERM $!; wait' TERM")],
        id="kill-with-a-name-that-dash-does-not-know",
    ),
    pytest.param(
        "trap 'kill -INT $!; wait' TERM\ncron -f &\nwait", [("trap-wrong-signal", "trap 'kill -INT $!; wait' TERM")],
        id="kill-with-a-signal-that-jobs-ignore",
    ),
    # --- traps that do not run
    pytest.param(
        "#!/bin/sh\ntrap exit SIGTERM\nhypercorn &\nwait", [("trap-unknown-signal", "trap exit SIGTERM")], id="unknown"
    ),
    pytest.param(
        "#!/bin/sh\nset -e\ntrap exit SIGTERM\nexec hypercorn", [("trap-unknown-signal", "trap exit SIGTERM")],
        id="unknown-under-set-e",
    ),
    pytest.param("trap exit KILL\nhypercorn &\nwait", [("trap-unknown-signal", "trap exit KILL")], id="never"),
    pytest.param("trap exit INT\nhypercorn &\nwait", [("trap-wrong-signal", "trap exit INT")], id="another"),
    pytest.param("trap reload HUP\nhypercorn &\nwait", [("unhandled-stop-signal", "wait")], id="one-to-reload"),
    pytest.param("trap 'exit 0' TERM\nexec cron -f", [("trap-lost-at-exec", "trap 'exit 0' TERM")], id="lost"),
    pytest.param("trap '' TERM\nexec cron -f", [("trap-ignores-signal", "trap '' TERM")], id="ignored-and-kept"),
    pytest.param("trap '' TERM\nexec hypercorn", [], id="ignored-and-overridden"),
    # --- loops
    pytest.param("while true; do\nsleep 5\ndone", [("unhandled-stop-signal", "while true; do")], id="loop"),
    pytest.param("trap 'exit 0' TERM\nwhile true; do\nsleep 60\ndone", [("trap-slow-loop", "sleep 60")], id="slow"),
    pytest.param("trap 'exit 0' TERM\nwhile true; do\nsleep 5\ndone", [], id="quick"),
    pytest.param("trap 'exit 0' TERM\nsleep infinity", [("trap-deferred", "sleep infinity")], id="asleep"),
    pytest.param("trap 'exit 0' TERM\nsleep infinity & wait", [], id="asleep-in-the-background"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "expected"), SCRIPTS)
def test_the_link_that_loses_the_signal(script: str, expected: list[tuple[str, str]]) -> None:
    lines = 'ENTRYPOINT ["/start.sh"]\nCMD ["hypercorn"]\n#' if '"$@"' in script else ""
    files = context(f"{script}\n", lines="STOPSIGNAL SIGTERM")
    if lines:
        files["Dockerfile"] = files["Dockerfile"].replace('CMD ["/start.sh"]', lines)
    assert found(said(files)) == expected


def test_a_job_with_nothing_to_lose_is_not_what_makes_it_bad() -> None:
    assert found(said(context("python3 -m http.server &\nhypercorn\n"))) == [("missing-exec", "hypercorn")]


def test_every_script_in_a_row_is_blamed() -> None:
    files = context("/inner.sh\n", inner="/innermost.sh\n", innermost="#!/bin/sh\nhypercorn -u nobody\n")
    assert found(said(files)) == [
        ("missing-exec", "/inner.sh"),
        ("missing-exec", "/innermost.sh"),
        ("missing-exec", "hypercorn -u nobody"),
    ]


def test_every_script_above_what_keeps_it_alive_is_blamed() -> None:
    files = context("/inner.sh\n", inner="/innermost.sh\n", innermost="nginx\ntail -f /log\n")
    some = said(files)
    assert found(some) == [
        ("keepalive-main", "tail -f /log"),
        ("missing-exec", "/inner.sh"),
        ("missing-exec", "/innermost.sh"),
    ]
    assert all("kills nginx" in violation.message for _, violation, _ in some[1])


def test_what_is_below_shows_when_what_is_above_is_mended() -> None:
    inner = "trap 'kill $!' TERM\nhypercorn &\nwait\n"
    assert found(said(context("/inner.sh\n", inner=inner))) == [
        ("missing-exec", "/inner.sh"),
        ("trap-without-wait", "trap 'kill $!' TERM"),
    ]
    assert found(said(context("exec /inner.sh\n", inner=inner))) == [("trap-without-wait", "trap 'kill $!' TERM")]


def test_what_is_below_shows_though_nobody_knows_what_its_job_would_do() -> None:
    files = context("", lines="RUN apt-get install -y python3\nCOPY job.py /")
    files["start.sh"] = "#!/bin/sh\nwhile sleep 3; do\n    pgrep job.py || python3 /job.py &\ndone\n"
    files["job.py"] = "import some_library\nsome_library.work()\n"
    files["Dockerfile"] = files["Dockerfile"].replace('CMD ["/start.sh"]', "CMD /start.sh")
    expected = [("shell-form-command", "CMD /start.sh"), ("unhandled-stop-signal", "while sleep 3; do")]
    assert found(said(files)) == expected
    files["Dockerfile"] = files["Dockerfile"].replace("CMD /start.sh", 'CMD ["/start.sh"]')
    assert found(said(files)) == expected[1:]


def test_a_wrapper_that_forwards_is_not_blamed_for_the_script_in_front_of_it() -> None:
    assert found(said(context("sudo -u nobody hypercorn\n"))) == [("missing-exec", "sudo -u nobody hypercorn")]


def test_a_wrapper_that_forwards_nothing_is_blamed_as_well() -> None:
    line = "flock /tmp/lock hypercorn"
    assert found(said(context(f"{line}\n"))) == [("forking-wrapper", line), ("missing-exec", line)]


def test_an_init_does_not_take_the_blame_for_a_script() -> None:
    files = context("hypercorn\n")
    files["Dockerfile"] = files["Dockerfile"].replace('["/start.sh"]', '["tini", "--", "/start.sh"]')
    some = said(files)
    assert (some[0].outcome, found(some)) == ("cut-off", [("missing-exec", "hypercorn")])


def test_a_program_that_exec_alone_does_not_help() -> None:
    assert found(said(context("cron -f\n"))) == [("missing-exec", "cron -f"), ("missing-init", "cron -f")]


def test_a_branch_that_the_image_does_not_take_is_a_warning() -> None:
    script = 'case "$1" in\nweb) exec hypercorn ;;\nproxy) haproxy -W ;;\nesac\n'
    files = context(script)
    files["Dockerfile"] = files["Dockerfile"].replace('CMD ["/start.sh"]', 'ENTRYPOINT ["/start.sh"]\nCMD ["web"]')
    verdict, rows = said(files)
    assert (verdict.outcome, [(rule, severity) for rule, _, severity in rows]) == (
        "graceful",
        [("missing-exec", "warning")],
    )


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        pytest.param('if [ "$(date +%u)" = 7 ]; then TIDY=1; fi\nhypercorn\n', "error", id="on-every-way"),
        pytest.param("if our-check; then exec hypercorn; fi\nhaproxy -W\n", "warning", id="on-one-way"),
    ],
)
def test_what_goes_wrong_on_every_way_is_an_error(script: str, severity: str) -> None:
    _, rows = said(context(script))
    assert [(rule, how) for rule, _, how in rows] == [("missing-exec", severity)]


@pytest.mark.parametrize(
    ("script", "rules"),
    [
        pytest.param('cmd=$1\nexec "$cmd"\n', [], id="an-argument-by-name"),
        pytest.param('exec "$1"\n', [], id="an-argument"),
        pytest.param('exec "$APP"\n', [("unstartable-entrypoint", 'exec "$APP"')], id="the-environment"),
    ],
)
def test_a_name_that_is_missing(script: str, rules: list[tuple[str, str]]) -> None:
    assert found(said(context(script))) == rules


def test_a_program_without_a_known_name_is_called_as_it_is_written() -> None:
    some = said(context('. /opt/setup\n"${JAVA}" -jar app.jar\n'))
    (message,) = (violation.message for rule, violation, _ in some[1] if rule == "missing-exec")
    assert message.startswith("`docker stop` waits 10 s, then kills ${JAVA}: exit 137. start.sh starts ${JAVA} without")


def test_a_configuration_that_the_script_writes() -> None:
    script = "cat > /etc/stunnel/stunnel.conf <<EOF\nforeground = yes\nEOF\nexec stunnel\n"
    assert said(context(script))[0].outcome == "graceful"
