"""What a script waits for before its service, and what it stays in for good."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.scripts import context, found, said
from tests.unit.verdicts import verdict


@pytest.mark.parametrize(
    ("script", "outcome", "main"),
    [
        pytest.param(
            'while ! nc -z "$HOST" 5432; do sleep 1; done\nexec "$@"\n', "exits", (), id="a-wait-loop-before-nothing"
        ),
        pytest.param('our-setup --all\nexec "$@"\n', "exits", (), id="work-before-nothing"),
        pytest.param(
            'while [ "$(our-check)" != up ]; do sleep 1; done\npsql -f /init.sql\n', "exits", (), id="until-it-is-up"
        ),
        pytest.param(
            'while [[ "$s" != 200 ]]; do sleep 2; s=$(our-check); done\npsql -f /init.sql\n', "exits", (),
            id="until-it-answers",
        ),
        pytest.param(
            'while [ ! -f "$(our-place)" ]; do sleep 1; done\npsql -f /init.sql\n', "exits", (), id="until-it-is-there"
        ),
        pytest.param(
            "until [ -f /shared/ready ]; do sleep 1; done\npsql -f /init.sql\n", "exits", (), id="until-others-write-it"
        ),
        pytest.param(
            "i=0\nwhile [ ! -s /shared/url ]; do i=$((i+1)); [ $i -gt 9 ] && exit 1; sleep 2; done\npsql -f /x\n",
            "exits", (), id="until-others-fill-it",
        ),
        pytest.param(
            'while [ "$(our-check)" = up ]; do sleep 1; done\npsql -f /init.sql\n', "killed", None, id="while-it-is-up"
        ),
        pytest.param(
            'until [ -z "$(our-check)" ]; do sleep 1; done\npsql -f /init.sql\n', "killed", None, id="until-it-is-gone"
        ),
        pytest.param(
            'if [ $# -eq 0 ]; then\nour-app migrate\nour-app\nfi\nexec "$@"\n', "killed", ("our-app",),
            id="what-it-runs-where-it-is-given-nothing",
        ),
        pytest.param(
            'if [[ -z "$1" ]]; then our-app; fi\nexec "$@"\n', "killed", ("our-app",), id="where-the-first-is-empty"
        ),
        pytest.param(
            "until dockerize -wait tcp://db:5432 -timeout 5s; do echo not yet; done\nexec hypercorn\n", "graceful",
            ("hypercorn",), id="a-wrapper-that-only-waits",
        ),
        pytest.param('our-app start\nexec "$@"\n', "killed", ("our-app",), id="what-is-told-to-start"),
        pytest.param(
            'look() { while :; do nc -z "$HOST" 5432; r=$?; if [ $r = 0 ]; then return 0; fi; sleep 1; done; }\n'
            "look\nour-app\n", "killed", ("our-app",), id="a-loop-that-looks-outside",
        ),
        pytest.param(
            'our-app --all\nwhile :; do sleep 10; nc -z localhost 80 && break; done\nour-note\n', "killed", ("bash",),
            id="a-loop-that-looks-after-what-was-started",
        ),
        pytest.param(". /opt/tomcat/bin/catalina.sh run\n", "unknown", None, id="a-file-that-nobody-sees"),
        pytest.param(". /opt/tomcat/env.sh\nexec hypercorn\n", "graceful", ("hypercorn",), id="before-the-service"),
        pytest.param('if [ -n "$CHECK" ]; then our-check; fi\nexec "$@"\n', "exits", (), id="where-it-is-told-to"),
        pytest.param(
            'until nc -z "$HOST" 5432; do sleep 1; done\nexec hypercorn -u nobody\n', "graceful", ("hypercorn",),
            id="a-wait-loop-before-the-service",
        ),
        pytest.param(
            "our-start\nwhile pgrep nginx; do sleep 5; done\nrm -f /tmp/lock\n", "killed", None, id="as-long-as-it-runs"
        ),
        pytest.param("while pgrep nginx; do sleep 5; done\nrm -f /tmp/lock\n", "exits", (), id="what-nobody-starts"),
        pytest.param("until test -e /run/stop; do sleep 5; done\necho over\n", "killed", None, id="until-told"),
        pytest.param("until test -e /run/stop; do sleep 5; done\nexit 4\n", "killed", None, id="until-told-to-leave"),
        pytest.param(
            "f() { while [ ! -e /run/stop ]; do sleep 5; done; }\nf\nexit 0\nexec hypercorn\n", "killed", None,
            id="until-told-to-leave-in-a-function",
        ),
        pytest.param(
            "(sleep 2; touch /run/stop) &\nuntil test -e /run/stop; do sleep 1; done\nexit 4\n", "fails", (),
            id="until-a-job-tells-it",
        ),
        pytest.param(
            "n=0\nuntil test -e /run/x; do n=$((n+1)); if [ $n -gt 5 ]; then exit 1; fi; sleep 1; done\nexit 4\n",
            "fails", (), id="until-told-or-after-five-times",
        ),
        pytest.param(
            "if ! timeout 30 tail -F /log | grep -q ready; then exit 1; fi\nexec hypercorn -u nobody\n", "graceful",
            ("hypercorn",), id="a-log-until-it-says-so",
        ),
        pytest.param(
            "set -m\nour-app &\nour-helper prepare\nfg %1\n", "killed", ("our-app",), id="a-job-brought-to-the-front"
        ),
        pytest.param(
            "trap 'exit 0' TERM\nuntil our-app; do sleep 1; done\necho over\n", "killed", ("our-app",),
            id="until-it-ends-well",
        ),
        pytest.param(
            "until our-check; do sleep 1; done\nexec hypercorn\n", "graceful", ("hypercorn",), id="until-it-is-ready"
        ),
        pytest.param("migrate -path /m up\nexec hypercorn\n", "graceful", ("hypercorn",), id="a-migration"),
        pytest.param("wg-quick up wg0\ntrap 'exit 0' TERM\nsleep infinity & wait\n", "graceful", None, id="a-tunnel"),
        pytest.param("tail -F /log | grep -v debug\n", "killed", None, id="a-log-for-good"),
        pytest.param(
            "nginx\nwhile sleep 60; do\npgrep nginx\nif [ $? -ne 0 ]; then exit 1; fi\ndone\n", "killed", ("nginx",),
            id="a-loop-that-looks-after-it",
        ),
        pytest.param(
            "nginx\nwhile true; do pgrep nginx || exit 1; sleep 5; done\n", "killed", ("nginx",), id="or-else-it-leaves"
        ),
        pytest.param(
            "trap 'exit 0' TERM\nour-app\nwhile true; do sleep 9 & wait $!; [ \"$(cat x)\" = 1 ] && exit 0; done\n",
            "graceful", None, id="a-loop-that-looks-after-a-file",
        ),
        pytest.param(
            "trap 'exit 0' TERM\nwhile true; do our-app check; sleep 9 & wait $!; done\n", "graceful", None,
            id="work-and-a-sleep-that-a-trap-may-cut-short",
        ),
        pytest.param(
            "trap 'exit 0' TERM\nwhile true; do our-app check; sleep 9; done\n", "killed", ("our-app",),
            id="work-and-a-sleep",
        ),
        pytest.param(
            "our-app & P=$!\nour-app 2 & P=\"$P $!\"\ntrap 'kill $P; wait' TERM\nfor p in $P; do wait $p; done\n",
            "graceful", ("our-app",), id="jobs-waited-for-one-by-one",
        ),
        pytest.param(
            "while true; do nc -z db 5 && break; sleep 1; done\nexec hypercorn -u nobody\n", "graceful", ("hypercorn",),
            id="a-loop-until-it-breaks",
        ),
        pytest.param(
            'our-setup\nif [ "$(cat /x)" = off ]; then exit 0; fi\nexec hypercorn -u nobody\n', "graceful",
            ("hypercorn",), id="work-before-a-service-that-is-off",
        ),
        pytest.param(
            "set -- sh -c\nwhile getopts ab: o; do case $o in a) A=1;; esac; done\n", "exits", (),
            id="options-have-an-end",
        ),
        pytest.param("for f in a b c; do our-app $f; done\n", "exits", (), id="once-for-each"),
        pytest.param(
            "our-dump > /x\ntar cf /out/x.tar /x\nsha256sum /out/x.tar > /out/sum\n", "exits", (), id="work-and-work"
        ),
        pytest.param("our-setup\nbash\nour-cleanup\n", "exits", (), id="around-what-is-typed"),
        pytest.param("our-app\nrm -f /run/lock\nsync\necho over\n", "killed", ("our-app",), id="what-tidies-up"),
        pytest.param(
            "trap 'our-license give-back' EXIT\nour-license take\nour-app\n", "unknown", ("our-app",),
            id="work-in-an-exit-trap",
        ),
        pytest.param("for f in /in/*; do our-app $f; done\n", "exits", (), id="once-for-each-file"),
        pytest.param("for port in 80; do our-app $port; done\n", "killed", ("our-app",), id="for-one-value"),
        pytest.param(
            'set -e\nsu -c our-setup -s /bin/sh nobody\nread -ra X <<<"$X"\nexec hypercorn -u nobody\n', "graceful",
            ("hypercorn",), id="a-shell-behind-the-command-and-an-empty-line",
        ),
        pytest.param(
            "exec 3</etc/hosts\nwhile read -r x <&3; do :; done\nexec hypercorn -u nobody\n", "graceful",
            ("hypercorn",), id="a-file-held-open-has-an-end",
        ),
        pytest.param(
            "trap 'nginx -s quit' TERM\nnginx\nwhile [ -e /proc/$(cat /run/nginx.pid) ]; do sleep 1; done\n", "killed",
            ("nginx",), id="the-pid-file-goes-and-proc-stays",
        ),
        pytest.param(
            "trap 'kill -QUIT $(cat /run/nginx.pid)' TERM\nnginx\n"
            "while kill -0 $(cat /run/nginx.pid); do sleep 1; done\n", "graceful",
            ("nginx",), id="the-pid-file-goes-and-kill-fails",
        ),
        pytest.param(
            "stop() { nginx -s quit; while pgrep -x nginx >/dev/null; do sleep 0.2; done; exit 0; }\ntrap stop TERM\n"
            "nginx\nwhile pgrep -x nginx >/dev/null; do sleep 2 & wait $!; done\n", "graceful",
            ("nginx",), id="until-it-is-gone",
        ),
        pytest.param(
            "trap 'nginx -s quit; while pidof nginx; do sleep 1; done; exit 0' TERM\nnginx\n"
            "sleep infinity & wait $!\n",
            "graceful", ("nginx",), id="until-pidof-finds-none",
        ),
        pytest.param(
            "trap 'nginx -s quit; while [ -e /run/nginx.pid ]; do sleep 1; done; exit 0' TERM\nnginx\n"
            "sleep 9d & wait $!\n", "graceful", ("nginx",), id="until-its-pid-file-is-gone",
        ),
        pytest.param(
            "trap 'service nginx stop; exit 0' TERM\nservice nginx start\nsleep 9d & wait $!\n", "graceful",
            ("nginx",), id="its-init-script-waits",
        ),
        pytest.param(
            "trap 'start-stop-daemon --stop --retry 5 --pidfile /run/nginx.pid; exit 0' TERM\nnginx\n"
            "sleep 9d & wait $!\n",
            "graceful", ("nginx",), id="start-stop-daemon-waits",
        ),
        pytest.param(
            "trap 'su postgres -c \"pg_ctl stop -m fast\"; exit 0' TERM\nservice postgresql start\n"
            "sleep 9d & wait $!\n",
            "graceful", ("postgres",), id="a-client-of-another-user",
        ),
        pytest.param(
            "trap 'supervisorctl stop all; exit 0' TERM\nsupervisord\nour-app &\nwait $!\n", "unknown",
            None, id="what-a-supervisor-is-told",
        ),
        pytest.param(
            "trap 'service redis-server stop; exit 0' TERM\nservice redis-server start\nsleep 9d & wait $!\n",
            "unknown",
            ("redis-server",), id="its-init-script-may-not-see-it",
        ),
        pytest.param(
            "our-app & p=$!\n"
            "stop() { kill $p; for i in $(seq 1 20); do kill -0 $p || break; sleep 0.2; done; exit 0; }\n"
            "trap stop TERM\nwait $p\n", "graceful", ("our-app",), id="so-many-looks",
        ),
        pytest.param(
            "trap 'killall -q -w nginx; exit 0' TERM\nnginx\nsleep 9d & wait $!\n", "graceful",
            ("nginx",), id="killall-waits",
        ),
        pytest.param(
            "our-app & p=$!\ntrap 'kill $p; tail --pid=$p -f /dev/null; exit 0' TERM\nsleep 9d & wait $!\n",
            "graceful", ("our-app",), id="tail-until-it-is-gone",
        ),
        pytest.param(
            "our-app &\ntrap 'kill $(pgrep -P $$); wait' TERM\nwait\n", "graceful", ("our-app",), id="its-children",
        ),
        pytest.param(
            "trap 'nginx -s quit; while [ -S /run/x ]; do sleep 1; done; exit 0' TERM\nnginx\nsleep 9d & wait $!\n",
            "unknown", ("nginx",), id="until-nobody-knows-when",
        ),
        pytest.param(
            "trap 'nginx -s quit' TERM\nnginx\nwhile curl localhost; do sleep 1; done\n", "unknown",
            ("nginx",), id="a-loop-that-goes-on-behind-the-trap",
        ),
        pytest.param(
            "trap 'kill $(pidof our-worker); wait' TERM\nour-launcher &\nwait $!\n", "unknown", ("our-launcher",),
            id="a-child-of-what-nobody-knows",
        ),
        pytest.param(
            "trap 'kill $(pidof our-server); wait' TERM\nour-server &\nwait $!\n", "graceful", ("our-server",),
            id="by-its-name",
        ),
        pytest.param(
            "trap 'curl -X POST localhost/shutdown; wait' TERM\nour-server &\nwait $!\n", "unknown", ("our-server",),
            id="told-over-the-network",
        ),
        pytest.param(
            "trap 'curl db/leave; kill $!; wait' TERM\nour-server &\nwait $!\n", "graceful", ("our-server",),
            id="told-twice",
        ),
        pytest.param("trap 'date; wait' TERM\nour-server &\nwait $!\n", "killed", ("our-server",), id="never-told"),
        pytest.param(
            "trap '[ -e /proc/$!/status ] && kill $!; wait' TERM\nour-server &\nwait $!\n", "graceful", ("our-server",),
            id="told-where-the-kernel-shows-it",
        ),
        pytest.param(
            "trap '[ -f /proc/$! ] && kill $!; wait' TERM\nour-server &\nwait $!\n", "killed", ("our-server",),
            id="which-it-does-in-a-folder",
        ),
        pytest.param(
            "our-setup & wait $!\nif [ -d /proc/$! ]; then our-app; fi\nexec hypercorn -u nobody\n", "graceful",
            ("hypercorn",), id="until-its-end-is-known",
        ),
        pytest.param(
            "our-server &\nwhile true; do curl localhost/health; sleep 5; done\n", "killed", None, id="told-nothing",
        ),
        pytest.param("mkfifo /p\nexec 3<>/p\nread x <&3\n", "killed", None, id="a-fifo-held-open-has-none"),
        pytest.param(
            "trap 'ourctl stop' TERM\nmkfifo -m 600 /p\nourctl start\nread x < /p &\nwait\n", "unknown", None,
            id="a-fifo-with-a-mode-holds-a-job",
        ),
        pytest.param(
            'our-setup\nif [ $# = 0 ]; then echo usage; exit 0; fi\nexec our-app "$@"\n', "exits", (), id="only-usage"
        ),
        pytest.param(
            'case ${1:-run} in run) our-app; exit 0 ;; esac\nexec "$@"\n', "killed", ("our-app",), id="run-and-exit"
        ),
        pytest.param(
            'set -- "$(hostname)" b; while [ $# -gt 0 ]; do shift 1; done\nrm -f /tmp/lock\n', "exits", (),
            id="a-quoted-word-is-one",
        ),
    ],
)  # fmt: skip
def test_outcome(script: str, outcome: str, main: tuple[str, ...] | None) -> None:
    some = said(context(script))
    assert some[0].outcome == outcome
    assert main is None or some[0].main == main
    assert outcome == "killed" or found(some, "note") == []


def test_what_a_loop_goes_on_running_is_not_told_of_a_trap() -> None:
    verdict = said(context("tmux new -d\nwhile [ $? -eq 0 ]; do sleep 1; tmux has-session; done\n"))[0]
    assert verdict.outcome == "killed"
    assert not any("trap runs" in step.text for step in verdict.story)
    verdict = said(context("trap 'our-hook' TERM\nour-server &\nwait $!\n"))[0]
    assert verdict.reason is not None
    assert "our-hook" in verdict.reason


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param(". /opt/theirs/lib.sh\nrun_service\n", "unknown", id="a-function-of-a-file-that-cannot-be-read"),
        pytest.param(". /opt/theirs/lib.sh\nlog_start\nexec hypercorn\n", "graceful", id="one-that-ends"),
        pytest.param(". /opt/theirs/lib.sh\n/opt/theirs/server\n", "killed", id="a-path-is-no-function"),
    ],
)
def test_what_a_sourced_file_may_define(script: str, outcome: str) -> None:
    lines = "RUN curl https://example.org/theirs.tar.gz | tar xz -C /opt"
    assert said(context(script, lines=lines))[0].outcome == outcome


def test_the_same_program_once_more_in_the_background_is_the_service() -> None:
    some = said(context("our-app --init\nour-app & sleep 3\necho started\n"))
    assert some[0].outcome == "exits"
    assert [rule for rule, _ in found(some, "note")] == ["script-ends"]


PARTS = """FROM debian:12
RUN our-installer
COPY start.sh /
COPY 10-first.sh 99-last.sh /parts/
CMD ["/start.sh"]
"""
LOOP = '#!/bin/bash\nfor part in /parts/*; do\n  if [ -x "$part" ]; then "$part"; fi\ndone\n'


@pytest.mark.parametrize(
    ("last", "outcome", "main"),
    [
        pytest.param("exec our-server", "killed", ("our-server",), id="one-becomes-the-service"),
        pytest.param("our-task", "exits", (), id="all-do-some-work"),
    ],
)
def test_a_script_for_each_file_of_a_folder_that_may_hold_others(
    last: str, outcome: str, main: tuple[str, ...]
) -> None:
    scripts = {"start.sh": LOOP, "10-first.sh": "#!/bin/sh\nour-setup\n", "99-last.sh": f"#!/bin/sh\n{last}\n"}
    files = MemoryFiles({"Dockerfile": PARTS, **scripts}, dict.fromkeys(scripts, 0o755))
    ((_, verdict, found),), _ = analyze_container(files, "Dockerfile", Options())
    assert (verdict.outcome, verdict.main) == (outcome, main)
    assert [violation.fix for _, violation, _ in found] == [None] * len(main)


@pytest.mark.parametrize(
    ("given", "options", "argv"),
    [
        pytest.param("-p 80 -v hypercorn -m 1", "p:v", "hypercorn -m 1", id="a-value"),
        pytest.param("-p80 -v -- hypercorn -m 1", ":p:v", "hypercorn -m 1", id="attached"),
        pytest.param("-vvp 80 hypercorn -m 1", "p:v", "hypercorn -m 1", id="behind-one-dash"),
        pytest.param("hypercorn -m 1", "p:v", "hypercorn -m 1", id="none"),
        pytest.param("-x hypercorn", "p:v", "hypercorn", id="one-not-known"),
    ],
)
def test_the_options_of_a_script(given: str, options: str, argv: str) -> None:
    loop = f"while getopts {options} o; do case $o in p) P=$OPTARG ;; v) V=1 ;; esac; done\nshift $((OPTIND - 1))\n"
    some = said(context(f"set -- {given}\n{loop}[ \"$*\" = '{argv}' ] || exit 9\nexec hypercorn -u nobody\n"))
    assert some[0].outcome == "graceful"


def test_a_loop_that_waits_for_the_next_job_to_end() -> None:
    some = said(context("trap 'exit 0' TERM\nour-app &\nour-helper &\nwhile true; do wait -n; sleep 1; done\n"))
    assert some[0].outcome == "cut-off"
    assert some[0].main == ("our-app", "our-helper")
    assert [rule for rule, _ in found(some)] == ["trap-without-forward"]


@pytest.mark.parametrize("start", ["inner", "exec inner", "/usr/local/bin/inner"])
def test_a_shell_runs_a_script_without_a_shebang_where_it_has_found_it(start: str) -> None:
    lines = "RUN printf 'hypercorn -u nobody\\ntrue\\n' > /usr/local/bin/inner && chmod +x /usr/local/bin/inner"
    some = said(context(f"{start}\n", lines=lines))
    assert (some[0].outcome, some[0].main) == ("killed", ("hypercorn",))


@pytest.mark.parametrize("base", ["php:8.2-fpm", "node:20-bookworm"])
def test_so_does_the_entrypoint_of_a_base_image(base: str) -> None:
    """It is a script that ends in `exec "$@"`, which is not what the kernel does with a file."""
    files = context("hypercorn -u nobody\ntrue\n", base=base)
    files["start.sh"] = files["start.sh"].partition("\n")[2]
    some = said(files)
    assert (some[0].outcome, some[0].main) == ("killed", ("hypercorn",))


@pytest.mark.parametrize("where", ["$(command -v named)", "$(which named)"])
def test_a_program_is_where_cmd_has_it(where: str) -> None:
    script = f'if [[ "$1" == "{where}" ]]; then shift; exec named -g "$@"; fi\nexec "$@"\n'
    files = context(script)
    files["Dockerfile"] = files["Dockerfile"].replace(
        'CMD ["/start.sh"]', 'ENTRYPOINT ["/start.sh"]\nCMD ["/usr/sbin/named"]'
    )
    assert said(files)[0].outcome == "graceful"


@pytest.mark.parametrize("last", ["read", "read -p 'Press a key' key", "echo bye"])
def test_a_script_that_waits_for_a_key_in_the_end_was_not_left_because_of_an_error(last: str) -> None:
    script = f"our-app serve\nif [ ! -e /data/x ]; then our-app serve; fi\n{last}\n"
    some = said(context(script, lines="RUN make install"))
    assert (some[0].outcome, some[0].main) == ("killed", ("our-app",))


@pytest.mark.parametrize("told, main", [("daemonize true", ("nginx", "puma")), ("threads 0, 4", ("puma",))])
def test_puma_that_its_configuration_sends_to_the_background(told: str, main: tuple[str, ...]) -> None:
    files = context("cd /srv\npuma -C config/puma.rb\nnginx -g 'daemon off;'\n", lines="COPY config /srv/config")
    some = said({**files, "config/puma.rb": f"workers 2\n{told}\nport 3000\n"})
    assert (some[0].outcome, tuple(sorted(some[0].main))) == ("killed", main)


def test_conditions_that_make_no_difference_in_the_end_are_not_followed_for_ever() -> None:
    """Each sets a variable of its own, so that no way comes to where another has been, until the script ends."""
    checks = "".join(f"if [ -f /data/{n} ]; then v{n}=1; fi\n" for n in range(24))
    some = said(context("/checks.sh\nhypercorn -u nobody\ntrue\n", checks=checks))
    assert (some[0].outcome, some[0].main) == ("killed", ("hypercorn",))


def test_a_loop_that_waits_for_its_pause_is_followed_once_round() -> None:
    """It comes to rest at once: following the pause to its end would start the next one, and so on for ever."""
    script = "trap 'exit 0' TERM\nwhile true; do\n  date > /tmp/last\n  sleep 60 &\n  wait $!\ndone\n"
    stopped, _ = said(context(script))
    assert max(process.pid for process in stopped.processes) < 10


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        pytest.param('while [ "$n" -gt 0 ] && ! test -f /nowhere', "exits", id="gives-up"),
        pytest.param('until [ "$n" -eq 0 ] || test -f /nowhere', "exits", id="until-it-gives-up"),
    ],
)
def test_a_loop_that_waits_for_a_file(condition: str, outcome: str) -> None:
    """It may come from outside, but a loop that counts ends without it (measured)."""
    end = "" if outcome == "exits" else "exec hypercorn\n"
    script = f"n=3\n{condition}; do n=$((n - 1)); sleep 0.1; done\n{end}"
    assert said(context(script))[0].outcome == outcome


def test_what_is_looked_at_in_a_substitution_changes_nothing() -> None:
    """Measured: dash tells of the division there, and goes on."""
    script = "#!/bin/sh\nx=$(exit $((1/0)))\nexec hypercorn\n"
    assert said(context(script))[0].outcome == "graceful"


@pytest.mark.parametrize(
    ("loop", "outcome"),
    [
        pytest.param("our-app &\nwait $!\n", "killed", id="no-name"),
        pytest.param("our-app &\npid=$!\nwait $pid\n", "killed", id="a-name"),
        pytest.param("our-app &\npid=$!\nwait $pid\n", "graceful", id="with-a-trap"),
    ],
)
def test_a_job_that_is_started_anew_until_it_fails(loop: str, outcome: str) -> None:
    """Each round has another number for its job, and is the same round."""
    trap = "trap 'kill $pid; wait $pid' TERM\n" if outcome == "graceful" else ""
    verdict, _ = said(context(f"{trap}while :; do\n{loop}if [ $? -ne 0 ]; then break; fi\ndone\nexit 0\n"))
    assert (verdict.outcome, verdict.main) == (outcome, ("our-app",))


def test_a_loop_that_waits_for_one_job_after_the_other_stands_for_them() -> None:
    """As measured in an engine: the signal ends `wait -n`, and so the loop, and the script."""
    script = "our-server &\nour-worker &\ntrap 'kill $(jobs -p)' TERM\nwhile wait -n; do :; done\n"
    verdict, _ = said(context(script))
    assert (verdict.outcome, verdict.main) == ("cut-off", ("our-server", "our-worker"))
    assert said(context(f"{script}wait\n"))[0].outcome == "graceful"


@pytest.mark.parametrize(
    "trap",
    [
        pytest.param("trap 'touch /tmp/stop' TERM\n", id="touch"),
        pytest.param("trap 'date > /tmp/stop' TERM\n", id="a-redirection"),
        pytest.param("stop() { touch /tmp/stop; }\ntrap stop TERM\n", id="in-a-function"),
    ],
)
def test_a_mark_that_a_trap_makes_is_not_there_before(trap: str) -> None:
    """As measured in an engine."""
    script = f"our-server &\np=$!\n{trap}until [ -f /tmp/stop ]; do sleep 1; done\nkill $p; wait $p\n"
    verdict, _ = said(context(script))
    assert (verdict.outcome, verdict.main) == ("graceful", ("our-server",))


ASKS = "until nc -z localhost 80; do sleep 1; done\nexec nginx -g 'daemon off;'\n"


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param(ASKS, "killed", id="nobody"),
        pytest.param(ASKS.replace("nc -z localhost 80", "nc -z -w 1 db 80"), "graceful", id="outside"),
        pytest.param("H=localhost\n" + ASKS.replace("localhost", "$H"), "graceful", id="told-by-a-variable"),
        pytest.param("our-server &\n" + ASKS, "graceful", id="a-program-that-nobody-knows"),
        pytest.param("(sleep 1; date) &\n" + ASKS, "killed", id="beside-what-listens-nowhere"),
        pytest.param(ASKS.replace("nc -z localhost 80", "curl -sf http://127.0.0.1:80/up"), "killed", id="web"),
        pytest.param(ASKS.replace("nc -z localhost 80", "curl -sf localhost:80"), "killed", id="web-without-scheme"),
        pytest.param(ASKS.replace("nc -z localhost 80", "curl http://localhost:15021/ready"), "graceful", id="sidecar"),
        pytest.param(ASKS.replace("nc -z localhost 80", "pg_isready -hlocalhost -U me"), "killed", id="postgres"),
        pytest.param(ASKS.replace("nc -z localhost 80", "redis-cli -h 127.0.0.1 ping"), "killed", id="redis"),
        pytest.param(ASKS.replace("nc -z localhost 80", "redis-cli ping"), "killed", id="redis-by-default"),
        pytest.param(ASKS.replace("nc -z localhost 80", "redis-cli -u $URL ping"), "graceful", id="redis-elsewhere"),
        pytest.param(ASKS.replace("nc -z localhost 80", "(: > /dev/tcp/localhost/80)"), "killed", id="bash"),
        pytest.param(ASKS.replace("nc -z localhost 80", "(: > /dev/tcp/db/80)"), "graceful", id="bash-outside"),
        pytest.param("nginx\n" + ASKS.replace("exec nginx", "exec our-proxy"), "cut-off", id="a-daemon"),
    ],
)
def test_who_answers_in_the_container_itself(script: str, outcome: str) -> None:
    files = {"e.sh": f"#!/bin/bash\n{script}"}
    assert verdict("./e.sh", files=files, lines="RUN apt-get install -y nginx redis-tools").outcome == outcome


def test_a_shell_without_sockets_has_no_such_file() -> None:
    files = {"e.sh": "#!/bin/sh\n(: > /dev/tcp/db/80) || exit 4\nexec nginx -g 'daemon off;'\n"}
    found = verdict("./e.sh", files=files, lines="RUN apt-get install -y nginx")
    assert (found.outcome, found.exit_code) == ("fails", 4)


def test_nobody_is_told_of_once() -> None:
    found = verdict("sh", "e.sh", files={"e.sh": ASKS}, lines="RUN apt-get install -y nginx netcat-openbsd")
    story = [step.text for step in found.story]
    assert len([text for text in story if "nobody listens" in text]) == 1


@pytest.mark.parametrize(
    ("script", "grace", "outcome"),
    [
        pytest.param("trap 'exit 0' TERM\nwhile true; do timeout 20 tail -f /x; done\n", 10, "killed", id="held-up"),
        pytest.param("trap 'exit 0' TERM\nwhile true; do timeout 2 tail -f /x; done\n", 10, "terminated", id="soon"),
        pytest.param("for i in 1 2; do timeout 2 tail -f /x; done\nexit 3\n", 10, "fails", id="twice"),
        pytest.param("timeout 2 sh -c 'until false; do sleep 0.5; done'\nexit 3\n", 10, "fails", id="a-loop"),
        pytest.param("timeout 2 sh -c 'while :; do sleep 0.3; done' || :\n", 10, "exits", id="a-loop-forgiven"),
    ],
)
def test_a_loop_that_limits_the_time_of_what_it_starts(script: str, grace: float, outcome: str) -> None:
    assert str(verdict("bash", "/app/r.sh", files={"r.sh": script}, grace=grace).outcome) == outcome


@pytest.mark.parametrize("named", ["%1", "%sleep", "-p %1"])
def test_jobs_finds_the_job_that_it_is_asked_for(named: str) -> None:
    script = f"sleep 1000 &\njobs {named} && exit 4\nexit 5\n"
    assert verdict("bash", "/app/r.sh", files={"r.sh": script}).exit_code == 4


@pytest.mark.parametrize(
    ("script", "main"),
    [
        pytest.param("[ -f /data/x ] || our-setup\nour-app --serve\nexit 1\n", ("our-app",), id="in-any-case"),
        pytest.param("[ -f /data/x ] || { our-words; exit 1; }\nexec our-app\n", ("our-app",), id="of-a-condition"),
        pytest.param("[ -f /data/x ] && exec our-app\nour-words\nexit 1\n", ("our-app",), id="behind-a-condition"),
        pytest.param("our-setup\n[ -f /data/x ] || exit 1\nexec our-app\n", ("our-app",), id="since"),
    ],
)
def test_an_error_in_the_end_tells_of_a_service_unless_a_condition_decides(script: str, main: tuple[str, ...]) -> None:
    assert verdict("/app/start.sh", files={"start.sh": f"#!/bin/sh\n{script}"}, lines="RUN ./all").main == main


def test_who_waits_in_a_loop_was_started_before() -> None:
    story = verdict(
        "tini", "--", "/app/run",
        files={"run": "#!/bin/sh\nuntil nc -z db 5432; do sleep 1; done\nnginx -g 'daemon off;'\n"},
        lines="RUN apt-get update && apt-get install -y tini nginx netcat-openbsd",
    ).story  # fmt: skip
    texts = [step.text for step in story]
    assert texts[1:3] == [
        "tini (pid 1) starts `/bin/sh /app/run` as pid 2",
        "a loop waits here (the status of nc): that it ends is assumed",
    ]


def test_a_status_that_comes_of_the_exit_trap_is_no_refusal() -> None:
    """`set -e` ends the trap with the status of what it has killed; the service stood all the same."""
    script = (
        "#!/bin/bash\nset -e\nnode side.js &\nside=$!\ntrap 'kill $side 2>/dev/null; wait $side' EXIT\nsleep 1\n"
        "if ! curl -sf http://127.0.0.1:9100/; then exit 1; fi\napp &\nmain=$!\n"
        "trap 'kill -TERM $main || true' TERM\nwait $main\n"
    )
    files = {"e.sh": script, "side.js": "require('http').createServer(() => {}).listen(9100)\n"}
    lines = "RUN apt-get install -y tini curl"
    assert verdict("tini", "--", "/app/e.sh", files=files, base="node:22", lines=lines).outcome == "cut-off"


@pytest.mark.parametrize(("command", "outcome"), [("yarn start", "killed"), ("prepare", "exits")])
def test_what_is_told_to_start_serves_although_a_script_would_become_its_arguments(command: str, outcome: str) -> None:
    files = {"e.sh": f'#!/bin/bash\n{command}\nexec "$@"\n', "package.json": '{"scripts": {"start": "node dist/main"}}'}
    assert verdict("/bin/bash", "/app/e.sh", files=files, base="node:22").outcome == outcome


def test_whether_a_trap_for_sigchld_hears_of_what_has_been_read_is_not_known() -> None:
    script = "hypercorn &\nmapfile -t x < <(cat /etc/passwd)\n{}trap 'exit 7' CHLD\nwait\n"
    assert said(context("#!/bin/bash\nset -o posix\n" + script.format("")))[0].outcome == "unknown"
    assert said(context("#!/bin/bash\nset -o posix\n" + script.format("ls\n")))[0].outcome == "killed"


@pytest.mark.parametrize(
    ("between", "outcome"), [pytest.param("", "unknown", id="at-once"), pytest.param("date\n", "killed", id="later")]
)
def test_whether_pgrep_finds_what_a_wrapper_is_about_to_start_is_not_known(between: str, outcome: str) -> None:
    lines = "RUN apt-get update && apt-get install -y procps"
    script = f"timeout 100 hypercorn &\n{between}while pgrep -x hypercorn; do sleep 1; done\n"
    assert said(context(script, lines=lines))[0].outcome == outcome


def test_whether_wait_n_is_told_of_what_was_in_the_foreground_is_not_known() -> None:
    script = "exec dumb-init bash -c 'trap \"while wait -n; do :; done\" EXIT; hypercorn & while {}; do :; done'\n"
    assert said(context(script.format("sleep 1")))[0].outcome == "unknown"
    assert said(context(script.format("wait")))[0].outcome != "unknown"


def test_an_exit_trap_does_not_wait_for_what_the_last_construct_has_fed() -> None:
    """The redirections of the construct are undone before the trap runs: cat sees the end of what it reads."""
    script = "#!/bin/bash\ntrap wait EXIT\n{ gunicorn & trap 'kill $!; wait $!' TERM; wait $!; } 2> >(cat >&2)\n"
    assert said(context(script))[0].outcome == "graceful"


@pytest.mark.parametrize(("signal", "expected"), [("TERM", "graceful"), ("INT", "graceful")])
def test_a_trap_finds_no_job_where_a_pipeline_in_front_has_ended(signal: str, expected: str) -> None:
    """bash has told of what a signal has ended, and forgets it (not of SIGINT): `kill %1` goes round no dead job."""
    script = f"trap 'kill %1' {signal}; gunicorn | tee /tmp/log; true"
    lines = f"RUN apt-get install -y dumb-init && make install\nSTOPSIGNAL SIG{signal}"
    assert verdict("dumb-init", "bash", "-c", script, lines=lines).outcome == expected


def test_setsid_has_no_terminal_to_control_as_a_job_either() -> None:
    assert verdict("sh", "-c", "( exec setsid -c app ) & wait", lines="RUN make install").outcome == "exits"
