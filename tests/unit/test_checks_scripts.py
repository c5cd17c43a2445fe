"""The rules about scripts, traps and wrappers: what they say, and what their fixes make of a script."""

from __future__ import annotations

import pytest

from stopcheck.model import OutcomeKind
from stopcheck.source import SourceFile
from stopcheck.syntax.shell import parse_script
from tests.unit.scripts import context, found, line, mended, said

KEPT = ("keepalive-main", "sleep infinity")
GOOD = {OutcomeKind.GRACEFUL, OutcomeKind.TERMINATED}

FIXES = {
    "exec": """
- hypercorn -u nobody
+ exec hypercorn -u nobody
""",
    "exec-before-exit": """
- hypercorn
+ exec hypercorn
  exit $?
""",
    "exec-after-an-assignment": """
- LANG=C hypercorn
+ LANG=C exec hypercorn
""",
    "exec-after-a-redirection": """
- >/log hypercorn
+ >/log exec hypercorn
""",
    "exec-arguments": """
  set -- hypercorn -u nobody
- "$@"
+ exec "$@"
""",
    "exec-in-a-function": """
  run() {
-   hypercorn "$@"
+   exec hypercorn "$@"
  }
  run -u nobody
""",
    "exec-in-a-branch": """
- if true; then hypercorn; fi
+ if true; then exec hypercorn; fi
""",
    "exec-in-a-list": """
- hypercorn && echo over
+ exec hypercorn && echo over
""",
    "exec-in-a-loop": """
  while :; do
-     hypercorn
+     exec hypercorn
      sleep 1
  done
""",
    "exec-after-a-keyword": """
- time -p hypercorn
+ time -p exec hypercorn
""",
    "exec-in-a-text": """
- eval "hypercorn $OPTIONS"
+ eval "exec hypercorn $OPTIONS"
""",
    "exec-out-of-parentheses": """
- (exec hypercorn)
+ exec hypercorn
""",
    "exec-out-of-a-job": """
- exec hypercorn &
+ exec hypercorn
-
- wait
""",
    "exec-out-of-a-pipeline": """
- hypercorn -v |& tee /log
+ exec hypercorn -v > >(tee /log) 2>&1
""",
    "the-last-job": """
- hypercorn &
+ exec hypercorn
""",
    "exec-an-init": """
- tini -- hypercorn
+ exec tini -- hypercorn
""",
    "trap-for-the-last-job": """
  hypercorn &
+ trap 'kill "$!"; wait "$!"' TERM
  wait
""",
    "trap-for-two-jobs": """
  hypercorn & a=$!
  nginx -g 'daemon off;' & b=$!
+ trap 'kill "$a" "$b"; wait' TERM
  wait
""",
    "trap-for-jobs-without-names": """
  hypercorn &
  nginx -g 'daemon off;' &
+ trap 'trap "" TERM; kill 0; wait' TERM
  wait
""",
    "trap-in-a-function": """
  main() {
      hypercorn &
+     trap 'kill "$!"; wait "$!"' TERM
      wait
  }
  main
""",
    "trap-for-a-loop": """
+ trap 'exit 0' TERM
  while true; do
      date > /x
-     sleep 60
+     sleep 60 & wait $!
  done
""",
    "trap-for-a-loop-with-a-condition": """
+ trap 'exit 0' TERM
  while [ "$(date +%s)" -le "$(cat /until)" ]; do
-     sleep ${EVERY:-60}
+     sleep ${EVERY:-60} & wait $!
  done
""",
    "wait-after-kill": """
- trap 'kill $!' TERM
+ trap 'kill $!; wait' TERM
  hypercorn &
  wait
""",
    "wait-before-exit": """
- trap 'kill $!; exit' TERM
+ trap 'kill $!; wait; exit' TERM
  hypercorn &
  wait
""",
    "wait-in-a-function-on-one-line": """
- stop() { kill $!; exit; }
+ stop() { kill $!; wait; exit; }
  trap stop TERM
  hypercorn &
  wait
""",
    "wait-after-a-comment": """
  stop() {
      kill $! || true # gone
+     wait
  }
  trap stop TERM
  hypercorn &
  wait
""",
    "wait-after-a-loop": """
  stop() {
    for p in $a $b; do
      kill $p
    done
+   wait
  }
  trap stop TERM
  hypercorn & a=$!
  nginx -g 'daemon off;' & b=$!
  wait
""",
    "forward-in-a-word": """
- trap exit TERM
+ trap 'kill "$!"; wait "$!"; exit' TERM
  hypercorn &
  wait
""",
    "forward-in-double-quotes": """
- trap "echo bye" TERM
+ trap "kill \\"\\$pid\\"; wait \\"\\$pid\\"; echo bye" TERM
  hypercorn & pid=$!
  wait
""",
    "forward-in-a-function": """
  bye() {
+     kill "$pid"
+     wait "$pid"
      echo bye
  }
  trap bye TERM
  hypercorn & pid=$!
  wait $pid
""",
    "no-recursion": """
- trap 'kill 0' TERM
+ trap 'trap "" TERM; kill 0; wait' TERM
  hypercorn &
  wait
""",
    "ignored-no-more": """
- trap '' TERM
+ trap 'kill "$pid"; wait "$pid"' TERM
  hypercorn & pid=$!
  wait
""",
    "no-longer-deferred": """
- trap 'rm -f /lock' TERM
+ trap 'kill "$!"; wait "$!"; rm -f /lock' TERM
- hypercorn -v  # the cache
+ hypercorn -v &  # the cache
+ wait $!
""",
    "the-variable-that-the-trap-expects": """
- trap 'kill $pid' TERM
+ trap 'kill $pid; wait' TERM
- hypercorn
+ hypercorn &
+ pid=$!
+ wait "$pid"
""",
    "sleep-interrupted": """
  trap 'exit 0' TERM
- date; sleep infinity
+ date; sleep infinity & wait $!
""",
    "one-more-signal": """
- trap 'exit 0' INT
+ trap 'exit 0' INT TERM
  while :; do sleep 2; done
""",
    "names-without-sig": """
  #!/bin/sh
- trap 'kill $!; wait' SIGINT SIGTERM # both
+ trap 'kill $!; wait' INT TERM # both
  hypercorn &
  wait
""",
    "kill-s-without-sig": """
  #!/bin/sh
- trap 'kill -s SIGTERM $!; wait' TERM
+ trap 'kill -s TERM $!; wait' TERM
  hypercorn &
  wait
""",
    "leave-so-that-exit-runs": """
  #!/bin/sh
  trap 'kill $!; wait' EXIT
+ trap 'exit 143' TERM
  hypercorn &
  wait
""",
}
"""Scripts before (`-`) and after (`+`) their fix."""


def side(text: str, sign: str) -> str:
    """The lines of a fix that have this sign, or none."""
    lines = text.strip("\n").split("\n")
    return "".join(f"{line[2:]}\n" for line in lines if line[:1] in {sign, " ", ""})


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in FIXES.items()])
def test_a_fix(text: str) -> None:
    before, after = side(text, "-"), side(text, "+")
    files = context(before)
    some = said(files)
    assert some[0].outcome not in GOOD
    changed = mended(files, some)
    assert changed["start.sh"].removeprefix("#!/bin/bash\n") == after
    assert parse_script(SourceFile("start.sh", changed["start.sh"]), "bash").problems == ()
    better = said(changed)
    assert better[0].outcome in GOOD
    assert found(better) == []


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("command hypercorn\n", id="a-builtin-in-front"),
        pytest.param('run="mem"\neval "${run}cached"\n', id="a-text-that-is-put-together"),
        pytest.param("#!/bin/sh\nhypercorn | tee /log\n", id="a-pipeline-in-dash"),
        pytest.param("set -m\nhypercorn &\nfg %1\n", id="fg"),
        pytest.param("trap \"kill $(cat /p)\" TERM\nhypercorn &\nwait\n", id="a-trap-that-was-expanded"),
        pytest.param("(\n    cd /tmp\n    exec hypercorn\n)\n", id="parentheses-over-several-lines"),
        pytest.param("#!/bin/sh\ntrap 'wait' EXIT\nhypercorn &\n", id="an-exit-trap-that-tells-nobody"),
    ],
)  # fmt: skip
def test_no_fix_where_none_is_certain(script: str) -> None:
    some = said(context(script))
    assert some[0].outcome not in GOOD
    assert [(rule, severity, violation.fix) for rule, violation, severity in some[1]] == [
        (rule, "error", None) for rule, _, _ in some[1]
    ]
    assert some[1] != []


@pytest.mark.parametrize(
    ("script", "safety"),
    [
        pytest.param("hypercorn\n", "safe", id="the-last-command"),
        pytest.param("hypercorn\nexit $?\n", "safe", id="exit-with-its-status"),
        pytest.param("run() { hypercorn; }\nrun\n", "safe", id="the-last-in-a-function"),
        pytest.param("for x in 1; do hypercorn; done\n", "safe", id="the-last-round"),
        pytest.param("hypercorn\nexit 0\n", "unsafe", id="exit-with-another-status"),
        pytest.param("hypercorn\necho over\n", "unsafe", id="more-to-do"),
        pytest.param("run() { hypercorn; }\nrun\necho over\n", "unsafe", id="more-to-do-for-the-caller"),
        pytest.param("hypercorn || echo failed\n", "unsafe", id="its-status-is-looked-at"),
        pytest.param("while :; do hypercorn; done\n", "unsafe", id="a-loop"),
        pytest.param("trap 'echo bye' EXIT\nhypercorn\n", "unsafe", id="a-trap"),
        pytest.param("supervisord -n -c /etc/theirs.conf\n", "unsafe", id="nobody-knows-what-comes-then"),
    ],
)
def test_exec_is_safe_where_nothing_is_lost(script: str, safety: str) -> None:
    _, rows = said(context(script))
    assert [(rule, violation.fix and violation.fix.safety) for rule, violation, _ in rows] == [("missing-exec", safety)]


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        pytest.param(
            "hypercorn\n",
            ["`docker stop` waits 10 s, then kills hypercorn: exit 137.", "start.sh starts hypercorn without `exec`"],
            id="missing-exec",
        ),
        pytest.param('case "${KIND:-web}" in\nweb|www)\nhypercorn ;;\nesac\n', ["in the branch `web|www)`"], id="case"),
        pytest.param("if [ -z \"$X\" ]; then\nhypercorn\nfi\n", ["in the branch `if [ -z \"$X\" ]`"], id="if"),
        pytest.param('if [ "$X" ]; then :; else\nhypercorn\nfi\n', ['in the `else` of `if [ "$X" ]`'], id="else"),
        pytest.param("run() { hypercorn; }\nrun\n", ["in `run()`"], id="function"),
        pytest.param(
            "trap 'kill $!' TERM\nhypercorn &\nwait\n",
            ["ends the container at once (exit 143)", "in the middle of its shutdown", "does not wait for it"],
            id="trap-without-wait",
        ),
        pytest.param("#!/bin/sh\ntrap x SIGTERM\nhypercorn &\nwait\n", ["dash does not know SIGTERM"], id="dash"),
        pytest.param("trap x TREM\nhypercorn &\nwait\n", ["there is no signal TREM"], id="typing-error"),
        pytest.param(
            "trap \"kill $pid\" TERM\nhypercorn & pid=$!\nwait\n", ["was expanded when it was set"], id="expanded-early"
        ),
        pytest.param(
            "#!/bin/sh\ntrap 'kill $(jobs -p); wait' TERM\nhypercorn &\nwait\n",
            ["`$(jobs -p)` gives nothing in dash"],
            id="jobs-in-dash",
        ),
        pytest.param("flock /x hypercorn\n", ["as its child and passes no signal on"], id="flock"),
        pytest.param("exec su -s /bin/sh nobody -c 'hypercorn; true'\n", ["only to a shell in between"], id="su"),
    ],
)  # fmt: skip
def test_a_message(script: str, parts: list[str]) -> None:
    _, rows = said(context(script))
    text = " ".join(violation.message for _, violation, _ in rows)
    assert [part for part in parts if part not in text] == []


class TestNotes:
    """What works, and has something lost all the same."""

    def test_a_lost_clean_up(self) -> None:
        some = said(context("trap 'rm -f /lock' EXIT\nexec hypercorn\n"))
        assert (some[0].outcome, found(some), found(some, "note")) == (
            "graceful",
            [],
            [("trap-lost-at-exec", "trap 'rm -f /lock' EXIT")],
        )

    def test_a_trap_that_only_prints_is_not_missed(self) -> None:
        assert found(said(context("trap 'echo bye' EXIT\nexec hypercorn\n")), "note") == []

    def test_a_trap_that_is_set_back(self) -> None:
        assert found(said(context("trap 'rm /lock' EXIT\ntrap - EXIT\nexec hypercorn\n")), "note") == []

    def test_a_helper_that_is_left_behind(self) -> None:
        some = said(context("our-agent --port 1 &\nexec hypercorn\n"))
        assert found(some, "note") == [("abandoned-job", "our-agent --port 1 &")]

    @pytest.mark.parametrize("helper", ["tail -F /log", "sleep infinity", "while :; do sleep 5; done"])
    def test_a_helper_with_nothing_to_lose(self, helper: str) -> None:
        assert found(said(context(f"{helper} &\nexec hypercorn\n")), "note") == []

    def test_an_init_below_an_init(self) -> None:
        files = context("exec tini -- hypercorn\n")
        files["Dockerfile"] = files["Dockerfile"].replace('["/start.sh"]', '["dumb-init", "/start.sh"]')
        assert found(said(files), "note") == [("nested-init", "exec tini -- hypercorn")]


class TestInits:
    def test_one_that_is_not_there(self) -> None:
        files = context("exec hypercorn\n")
        files["Dockerfile"] = files["Dockerfile"].replace('["/start.sh"]', '["/tini", "--", "/start.sh"]')
        some = said(files)
        assert (some[0].outcome, some[0].exit_code, [rule for rule, _ in found(some)]) == (
            "fails",
            127,
            ["init-not-installed"],
        )

    def test_the_advice_says_where_it_is(self) -> None:
        files = context("exec hypercorn\n")
        files["Dockerfile"] = files["Dockerfile"].replace('["/start.sh"]', '["/tini", "--", "/start.sh"]')
        ((_, violation, _),) = said(files)[1]
        assert violation.advice == "tini is installed here, but elsewhere: name it without a folder."


@pytest.mark.parametrize(
    ("script", "outcome", "expected"),
    [
        pytest.param("supervisord\nexec hypercorn\n", "unknown", [], id="the-next-takes-the-shells-place"),
        pytest.param("supervisord\nhypercorn\n", "killed", [("missing-exec", "hypercorn")], id="the-next-stands"),
        pytest.param("supervisord\nour-app\n", "killed", [("missing-exec", "our-app")], id="so-does-nobody-knows-what"),
        pytest.param("supervisord\ntail -f /log\n", "killed", [("keepalive-main", "tail -f /log")], id="a-keepalive"),
        pytest.param("if ! supervisord\nthen exit 3; fi\nexec hypercorn\n", "unknown", [], id="it-is-asked"),
        pytest.param("supervisord\n", "killed", [("missing-exec", "supervisord")], id="nothing-comes-after-it"),
        pytest.param("our-setup\nsupervisord\n", "killed", [("missing-exec", "supervisord")], id="the-last-of-two"),
        pytest.param("supervisord -n\nhypercorn\n", "killed", [("missing-exec", "supervisord -n")], id="it-is-told"),
        pytest.param("supervisord &\nexec hypercorn\n", "unknown", [], id="in-the-background"),
        pytest.param("php-fpm8.2 -y /x/own.conf\nexec hypercorn\n", "unknown", [], id="a-service"),
    ],
)
def test_a_server_of_which_nobody_knows_whether_it_stays(
    script: str, outcome: str, expected: list[tuple[str, str]]
) -> None:
    some = said(context(script, base="ours/base", lines="RUN make install"))
    assert (some[0].outcome, found(some)) == (outcome, expected)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param('["apache2ctl", "-D", "FOREGROUND"]', ["forking-wrapper"], id="as-pid-1"),
        pytest.param("apache2ctl -D FOREGROUND", ["forking-wrapper", "shell-form-command"], id="below-a-shell"),
        pytest.param('["tini", "--", "apache2ctl", "-D", "FOREGROUND"]', ["forking-wrapper"], id="below-an-init"),
        pytest.param('["tini", "--", "postfix", "start-fg"]', ["forking-wrapper"], id="only-as-pid-1"),
        pytest.param('["postfix", "start-fg"]', [], id="that-execs-as-pid-1"),
        pytest.param("postfix start-fg", ["shell-form-command"], id="that-would-exec-as-pid-1"),
    ],
)
def test_a_package_that_starts_its_service_by_a_script(command: str, expected: list[str]) -> None:
    files = context("", lines=f"RUN apt-get install -y apache2 postfix\nCMD {command}")
    files["Dockerfile"] = files["Dockerfile"].rpartition("CMD")[0]
    some = said(files)
    assert sorted(rule for rule, _ in found(some)) == expected
    assert {line(violation) for _, violation, _ in some[1]} <= {f"CMD {command}"}
    assert not any("sh -c" in violation.message for _, violation, _ in some[1])


def test_the_script_of_a_package_goes_by_the_packages_name() -> None:
    script = "trap 'kill %1; wait' TERM\nhypercorn & apache2ctl -D FOREGROUND\n"
    _, rows = said(context(script, lines="RUN apt-get install -y apache2"))
    messages = {rule: violation.message for rule, violation, _ in rows}
    assert "that is apache2ctl" in messages["trap-deferred"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("/sub.sh 0\n/sub.sh 1\n/sub.sh 2\nexec hypercorn\n", id="a-script"),
        pytest.param("sh /sub.sh 0\nsh /sub.sh 0\nsh /sub.sh 0\nexec hypercorn\n", id="with-the-same-arguments"),
        pytest.param(". /sub.sh 0\n. /sub.sh 1\n. /sub.sh 2\nexec hypercorn\n", id="a-part-of-the-script"),
        pytest.param("run() { our-tool $1; }\nrun 0\nrun 1\nrun 2\nexec hypercorn\n", id="a-function"),
        pytest.param(
            "i=0\nwhile [ $i -lt 5 ]; do our-tool; i=$((i+1)); done\nexec hypercorn\n", id="a-loop-that-counts"
        ),
    ],
)
def test_what_is_run_several_times_in_a_row_is_no_service(script: str) -> None:
    some = said(context(script, sub="our-tool --number $1\n"))
    assert (some[0].outcome, some[0].main, some[1]) == ("graceful", ("hypercorn",), [])


@pytest.mark.parametrize("count", ["", "; i=$((i+1))"])
def test_what_a_loop_starts_again_and_again_is_the_service(count: str) -> None:
    some = said(context(f"i=0\nwhile true; do our-app $i{count}; sleep 1; done\n"))
    assert (some[0].outcome, some[0].main) == ("killed", ("our-app",))


def test_a_script_without_interpreter_gets_its_exec_too() -> None:
    """Once the kernel runs it, the service would be told nothing."""
    for last, mending in (("redis-server --dir /tmp", "exec redis-server --dir /tmp"), ('"$@"', 'exec "$@"')):
        files = {
            "Dockerfile": "FROM debian:12\nRUN apt-get install -y redis-server\nCOPY start.sh /\n"
            'ENTRYPOINT ["/start.sh"]\nCMD ["redis-server", "--dir", "/tmp"]\n',
            "start.sh": f"set -e\necho up\n{last}\n",
        }
        some = said(files)
        assert some[0].outcome == "fails"
        after = mended(files, some)
        assert after["start.sh"] == f"#!/bin/sh\nset -e\necho up\n{mending}\n"
        assert said(after)[0].outcome == "graceful"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("#!/bin/sh\ntrap 'kill $pid' SIGTERM\nhypercorn & pid=$!\nwait $pid\n", id="unknown-signal"),
        pytest.param(
            "#!/bin/sh\nstop() { echo bye; kill -TERM $pid; }\ntrap stop SIGTERM\nhypercorn & pid=$!\nwait\n",
            id="unknown-signal-and-a-function",
        ),
        pytest.param("trap 'kill $pid' TERM\nhypercorn & pid=$!\ntail -f /dev/null\n", id="keepalive"),
        pytest.param("hypercorn & pid=$!\ntrap 'kill $pid; exit' TERM\nsleep infinity\n", id="keepalive-and-exit"),
    ],
)
def test_a_fix_holds_what_would_come_up_next(script: str) -> None:
    """A trap that runs at last has to wait for the service, too."""
    files = context(script)
    some = said(files)
    assert some[0].outcome == "killed"
    assert said(mended(files, some))[0].outcome == "graceful"


@pytest.mark.parametrize(
    "worker",
    [
        pytest.param("php artisan horizon", id="artisan"),
        pytest.param("php bin/console messenger:consume async", id="console"),
        pytest.param("python3 manage.py qcluster", id="manage.py"),
        pytest.param("rails jobs:work", id="rails"),
    ],
)
def test_a_worker_beside_the_service_is_a_service_too(worker: str) -> None:
    some = said(context(f"{worker} &\nexec hypercorn\n"))
    assert (some[0].outcome, found(some)) == ("cut-off", [("abandoned-job", f"{worker} &")])


@pytest.mark.parametrize("job", ["php artisan our:task", "php artisan tinker", "our-task"])
def test_what_may_be_done_soon_is_none(job: str) -> None:
    some = said(context(f"{job} &\nexec hypercorn\n"))
    assert (some[0].outcome, found(some)) == ("graceful", [])


@pytest.mark.parametrize(
    ("script", "outcome", "expected"),
    [
        pytest.param("nginx\nexec tini -- hypercorn\n", "cut-off", [("abandoned-job", "nginx")], id="below-an-init"),
        pytest.param("[ -e /x ] && :\nnginx\nsleep infinity\n", "killed", [KEPT], id="kept-alive-on-any-way"),
        pytest.param(
            "nginx\nif ! our-check; then sleep 7200; exit 1; fi\nexec hypercorn\n",
            "cut-off",
            [("abandoned-job", "nginx")],
            id="a-pause-before-it-gives-up",
        ),
        pytest.param(
            "ceph-mon --mkfs -i a\nceph-mon -i a &\nsleep 3\nceph -s\n",
            "exits",
            [("daemonized-main", "ceph-mon -i a &")],
            id="a-known-service-before-other-work",
        ),
        pytest.param(
            "service ssh start\n/bin/bash\n", "exits", [("daemonized-main", "service ssh start")], id="an-empty-shell"
        ),
        pytest.param(
            "pcscd\nour-tool --once\nexit 0\n", "killed", [("missing-exec", "our-tool --once")], id="a-helper"
        ),
    ],
)
def test_a_bad_end_has_a_line_that_is_to_blame(script: str, outcome: str, expected: list[tuple[str, str]]) -> None:
    some = said(context(script))
    assert (some[0].outcome, found(some)) == (outcome, expected)


def test_a_trap_that_asks_postfix_to_stop_tells_it() -> None:
    script = "trap 'postfix stop' EXIT\npostfix start\nsleep 86400 & wait\n"
    assert said(context(script, lines="RUN apt-get install -y postfix"))[0].reason is None


def test_what_keeps_several_services_alive_names_them_all() -> None:
    _, rows = said(context("cron\nnginx\nphp-fpm -D\ntail -f /log\n"))
    messages = [violation.message for rule, violation, _ in rows if rule == "keepalive-main"]
    assert len(messages) == 1
    assert "then kills nginx and php-fpm: exit 137" in messages[0]
    assert "nginx and php-fpm run in the background, where no signal reaches them" in messages[0]


LOG = "exec > >(tee /log) 2>&1\n"


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param(LOG + "trap 'kill $pid; wait' TERM\nhypercorn & pid=$!\nwait $pid\n", "killed", id="all-of-them"),
        pytest.param(LOG + "trap 'kill $pid' TERM\nhypercorn & pid=$!\nwait\nwait\n", "killed", id="behind-the-trap"),
        pytest.param(LOG + "trap 'kill $pid; wait $pid' TERM\nhypercorn & pid=$!\nwait\n", "graceful", id="its-own"),
    ],
)
def test_a_script_that_waits_for_what_reads_its_own_output(script: str, outcome: str) -> None:
    some = said(context(script))
    expected = [("trap-ignores-signal", LOG.strip())] if outcome == "killed" else []
    assert (some[0].outcome, found(some)) == (outcome, expected)
    assert all("`wait` waits for `>(tee /log)`, too" in violation.message for _, violation, _ in some[1])


def test_a_trap_behind_an_operator_stands_in_braces() -> None:
    files = context('nginx -g "daemon off;" &\n[ -n "$QUIET" ] || wait\nexit 0\n')
    some = said(files)
    assert found(some) == [("unhandled-stop-signal", '[ -n "$QUIET" ] || wait')]
    assert """|| { trap 'kill "$!"; wait "$!"' TERM; wait; }""" in mended(files, some)["start.sh"]


def test_what_keeps_it_alive_is_blamed_in_the_script_where_it_stands() -> None:
    some = said(context("/inner.sh\n", inner="nginx\ntail -f /log\n"))
    both = [("keepalive-main", "tail -f /log"), ("missing-exec", "/inner.sh")]
    assert (some[0].outcome, found(some)) == ("killed", both)
    some = said(context("nginx\nwhile true; do /inner.sh; done\n", inner="sleep 9\n"))
    assert [rule for rule, _ in found(some)] == ["unhandled-stop-signal"]


@pytest.mark.parametrize(
    ("last", "severity"),
    [
        pytest.param("bash", "warning", id="a-shell"),
        pytest.param("cat", "warning", id="what-reads-all-there-is"),
        pytest.param("cat /etc/motd", "error", id="but-not-from-a-file"),
        pytest.param("date | cat", "error", id="or-from-a-pipe"),
    ],
)
def test_what_would_stay_with_a_terminal(last: str, severity: str) -> None:
    some = said(context(f"nginx\n{last}\n"))
    assert [(rule, how) for rule, _, how in some[1]] == [("daemonized-main", severity)]


class TestSupervisors:
    conf = "[supervisord]\nnodaemon=true\n\n[program:cache]\ncommand=%s\n"

    def said(self, command: str) -> list[tuple[str, str]]:
        files = {"supervisord.conf": self.conf % command}
        lines = "COPY supervisord.conf /etc/supervisord.conf"
        files |= context("exec supervisord -n -c /etc/supervisord.conf\n", lines=lines)
        return found(said(files), "note")

    def test_a_shell_that_keeps_the_signal(self) -> None:
        command = 'bash -c "date; hypercorn; date"'
        assert self.said(command) == [("supervisor-not-forwarding", f"command={command}")]

    def test_a_shell_that_execs(self) -> None:
        assert self.said('bash -c "date; exec hypercorn"') == []

    def test_the_whole_group(self) -> None:
        assert self.said('bash -c "date; hypercorn; date"\nstopasgroup=true\nkillasgroup=true') == []

    def test_a_script_of_a_package(self) -> None:
        assert self.said("postfix start-fg") == [("supervisor-not-forwarding", "command=postfix start-fg")]

    def test_a_promise_that_nobody_keeps(self) -> None:
        assert self.said("hypercorn\nstopwaitsecs=60") == [("supervisor-exceeds-grace", "stopwaitsecs=60")]

    def test_one_that_is_waited_for_in_vain_is_to_blame_alone(self) -> None:
        assert self.said("hypercorn\n[program:last]\ncommand=squid -N") == [
            ("grace-period-too-short", "command=squid -N")
        ]

    def test_a_program_that_takes_long_by_itself(self) -> None:
        assert self.said("squid -N") == [("grace-period-too-short", "command=squid -N")]

    def test_a_program_that_leaves_it(self) -> None:
        files = context("supervisord -n -c /etc/s.conf\n", lines="COPY supervisord.conf /etc/s.conf")
        files["supervisord.conf"] = self.conf % "varnishd -a :80"
        some = said(files)
        assert found(some, "note") == [("abandoned-job", "command=varnishd -a :80")]
        assert some[1][0][1].advice == "Keep it in the foreground: `varnishd -a :80 -F`."

    def test_a_program_that_leaves_it_beside_one_that_stays(self) -> None:
        files = context("supervisord -n -c /etc/s.conf\n", lines="COPY supervisord.conf /etc/s.conf")
        files["supervisord.conf"] = self.conf % "hypercorn\n[program:web]\ncommand=nginx -c /etc/nginx/nginx.conf"
        some = said(files)
        assert found(some, "note") == [
            ("abandoned-job", "command=nginx -c /etc/nginx/nginx.conf"),
            ("missing-exec", "supervisord -n -c /etc/s.conf"),
        ]
        advice = {rule: violation.advice for rule, violation, _ in some[1]}
        assert (
            advice["abandoned-job"] == "Keep it in the foreground: `nginx -c /etc/nginx/nginx.conf -g 'daemon off;'`."
        )

    @pytest.mark.parametrize(("section", "socket"), [("program", ""), ("fcgi-program", "socket=tcp://:9000\n")])
    def test_a_program_that_its_signal_does_not_stop(self, section: str, socket: str) -> None:
        lines = "COPY supervisord.conf /etc/supervisord.conf\nSTOPSIGNAL SIGTERM"
        files = context("exec supervisord -n -c /etc/supervisord.conf\n", lines=lines)
        command = "uwsgi --master --http :80 -w app"
        files["supervisord.conf"] = f"[supervisord]\nnodaemon=true\n[{section}:web]\ncommand={command}\n{socket}"
        some = said(files)
        assert found(some, "note") == [("stop-signal-mismatch", f"command={command}")]
        assert "stopsignal=INT" in (some[1][0][1].advice or "")

    @pytest.mark.parametrize("supervisor", ["s6-svscan /run/service", "supervisord -n -c /etc/supervisord.conf"])
    def test_the_advice_is_for_that_supervisor(self, supervisor: str) -> None:
        lines = "RUN apt-get install -y postfix s6\nCOPY supervisord.conf /etc/supervisord.conf\n"
        lines += "COPY run.sh /run/service/cache/run"
        files = context(f"exec {supervisor}\n", lines=lines, run="exec postfix start-fg\n")
        files["supervisord.conf"] = self.conf % "postfix start-fg"
        ((_, violation, _),) = said(files)[1]
        assert ("stopasgroup" in (violation.advice or "")) == supervisor.startswith("supervisord")


def test_a_supervisor_that_does_not_wait_for_long_enough() -> None:
    """Its own limit counts, however much time whoever stops the container gives it (sup.supervisord-*)."""
    conf = "[supervisord]\nnodaemon=true\n[program:cache]\ncommand=squid -N\nstopwaitsecs=2\n"
    files = {
        "Dockerfile": (
            "FROM debian:12\nRUN apt-get install -y supervisor squid\nCOPY all.conf /etc/supervisor/supervisord.conf\n"
            'CMD ["supervisord"]\n'
        ),
        "all.conf": conf,
    }
    some = said(files, grace=60.0)
    assert (some[0].outcome, some[0].exit_code) == ("cut-off", 0)
    assert found(some) == [("grace-period-too-short", "command=squid -N")]
    message = some[1][0][1].message
    assert message.startswith("`docker stop` ends the container after 2.9 s (exit 0), and squid is SIGKILLed")
    assert "supervisord waits 2 s for it" in message
    assert said({**files, "all.conf": conf.replace("=2", "=40")}, grace=60.0)[0].outcome == "graceful"


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param("record -o /tmp/a.cast || true\nhead -c 300 /tmp/a.cast\n", "exits", id="its-file-is-used"),
        pytest.param("record -o /tmp/a.cast || true\nhead -c 300 /tmp/b.cast\n", "killed", id="another-file"),
        pytest.param("record -o /tmp/a.cast\nrm /tmp/a.cast\n", "killed", id="its-file-is-removed"),
        pytest.param("oursetup.pl -c /a.conf\n", "exits", id="a-setup"),
        pytest.param("our-installer -c /a.conf\n", "killed", id="another-name"),
    ],
)
def test_what_shows_that_a_program_has_ended(script: str, outcome: str) -> None:
    assert said(context(script))[0].outcome == outcome


def test_a_daemon_is_told_of_once_in_the_story() -> None:
    story = [step.text for step in said(context("nginx\nexec hypercorn\n"))[0].story]
    assert [text for text in story if "nginx" in text and "starts" in text] == [
        "nginx starts nginx (pid 3) in the background and ends"
    ]


@pytest.mark.parametrize(
    ("script", "blamed"),
    [
        pytest.param("pdm run python job.py\nexec nginx -g 'daemon off;'\n", None, id="a-runner-that-ends"),
        pytest.param("ng build --watch\n", "ng build --watch", id="a-build-that-watches"),
        pytest.param("our-cli build --watch\n", "our-cli build --watch", id="one-that-nobody-knows"),
        pytest.param("our-cli build\n", None, id="a-build"),
    ],
)
def test_what_stays_and_what_ends(script: str, blamed: str | None) -> None:
    assert found(said(context(script))) == ([("missing-exec", blamed)] if blamed else [])


@pytest.mark.parametrize(
    ("option", "mains"),
    [
        pytest.param("autorestart=false", ("hypercorn",), id="once"),
        pytest.param("autorestart=true", ("hypercorn", "our-tool"), id="again-and-again"),
    ],
)
def test_a_script_that_a_supervisor_does_not_start_again_has_ended(option: str, mains: tuple[str, ...]) -> None:
    conf = f"[supervisord]\nnodaemon=true\n[program:a]\ncommand=hypercorn\n[program:b]\ncommand=sh /b.sh\n{option}\n"
    files = context("exec supervisord -c /s.conf\n", lines="COPY s.conf /", b="our-tool --prepare\nexit 0\n")
    assert said({**files, "s.conf": conf})[0].main == mains
