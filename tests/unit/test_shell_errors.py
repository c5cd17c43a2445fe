"""What becomes of a script in which a command fails: the shells differ, and `set -e` is not the same everywhere.

Each row was measured with the four shells of SHELLS: the status of PID 1, without and with `set -e`. Where the script
comes to its end, that is 20 more than the status of the last command.
"""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.verdicts import verdict

SHELLS = {"dash": "debian:bookworm", "bash": "debian:bookworm", "busybox": "alpine:3.17", "sh": "amazonlinux:2023"}
"""Base images of dash 0.5.12, bash 5.2, busybox 1.35, and of the same bash as /bin/sh, which is its POSIX mode."""

MEASURED: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("echo a >/missing/x", (22, 2, 21, 1, 21, 1, 21, 1)),
    (": >/missing/x", (2, 2, 21, 1, 1, 1, 1, 1)),
    ("cat </missing/x", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("echo a >&7", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("exec >&7", (2, 2, 21, 1, 1, 1, 1, 1)),
    ("{ echo a; } >&7", (22, 2, 21, 1, 21, 21, 21, 1)),
    ("x=$(echo a >&7)", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("echo a 7>&1 >&7", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("exec 3>&1; f() { echo a >&3; }; (f)", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("f() { echo a >&3; }; f 3>&1", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("exec {fd}>/tmp/x; echo a >&$fd", (127, 127, 20, 20, 127, 127, 20, 20)),
    (">/missing/x", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("exec >/missing/x || true", (2, 2, 20, 20, 1, 1, 1, 1)),
    ("command : >/missing/x", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("export A=1 >/missing/x || true", (2, 2, 20, 20, 1, 1, 1, 1)),
    ("{ true; } >/missing/x", (22, 2, 21, 1, 21, 21, 21, 1)),
    ("( true ) >/missing/x", (22, 2, 21, 1, 22, 2, 21, 1)),
    ("if true; then true; fi >/missing/x", (22, 2, 21, 1, 21, 21, 21, 1)),
    ("while read a; do true; done </missing/x", (22, 2, 21, 1, 21, 21, 21, 1)),
    ("case a in a) true;; esac >/missing/x", (22, 2, 21, 1, 21, 21, 21, 1)),
    ("f() { true; }; f >/missing/x", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("echo a >/missing/x || true", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("echo a >/tmp", (22, 2, 21, 1, 21, 1, 21, 1)),
    (': >"$UNSET"', (2, 2, 21, 1, 1, 1, 1, 1)),
    ("x=$(: >/missing/x)", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("$(false)", (21, 1, 21, 1, 21, 1, 21, 1)),
    ("x=1 $(exit 3)", (23, 3, 23, 3, 23, 3, 23, 3)),
    ("x=$(true) $(false)", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("$(false) $(true)", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("sleep 0 >/missing/x & wait $!", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("cd /missing", (22, 2, 21, 1, 22, 2, 21, 1)),
    ("cd /missing || true", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("cd /missing || exit", (2, 2, 1, 1, 2, 2, 1, 1)),
    ("cd /missing && true", (22, 22, 21, 21, 22, 22, 21, 21)),
    ("(cd /missing; true)", (20, 2, 20, 1, 20, 2, 20, 1)),
    ("x=$(cd /missing && pwd)", (22, 2, 21, 1, 22, 2, 21, 1)),
    ("cd a b", (22, 2, 21, 1, 22, 2, 21, 1)),
    ("pushd", (147, 127, 21, 1, 147, 127, 21, 1)),
    ("pushd /tmp >/dev/null; popd >/dev/null; popd", (147, 127, 21, 1, 147, 127, 21, 1)),
    ("pushd /tmp; pushd; popd; popd", (147, 127, 21, 1, 147, 127, 21, 1)),
    ("cd -", (20, 20, 21, 1, 20, 20, 21, 1)),
    ("mkdir -p /missing; cd /missing && exit 9; rmdir /missing", (9, 9, 9, 9, 9, 9, 9, 9)),
    ("x=$((1/0))", (2, 2, 21, 21, 2, 2, 1, 1)),
    ("x=$((1/0)) || true", (2, 2, 21, 21, 2, 2, 1, 1)),
    ("n=0; [ $((5/n)) = 1 ]", (2, 2, 21, 21, 2, 2, 1, 1)),
    ("f() { x=$((1/0)); true; }; f", (2, 2, 21, 21, 2, 2, 1, 1)),
    ("(x=$((1/0)))", (22, 2, 21, 1, 22, 2, 21, 1)),
    ("eval 'x=$((1/0))'", (2, 2, 21, 1, 2, 2, 1, 1)),
    ("x=$((08))", (2, 2, 21, 21, 2, 2, 1, 1)),
    ("let x=1/0", (147, 127, 21, 1, 22, 2, 21, 1)),
    ("readonly R=1; R=2", (2, 2, 21, 1, 2, 2, 1, 1)),
    ("readonly R=1; R=2 || true", (2, 2, 21, 1, 2, 2, 1, 1)),
    ("readonly R=1; R=2; true", (2, 2, 21, 1, 2, 2, 1, 1)),
    ("readonly R=1; R=2 true", (2, 2, 20, 1, 2, 2, 21, 1)),
    ("readonly R=1; export R=2", (2, 2, 21, 1, 2, 2, 1, 1)),
    ("readonly R=1; unset R", (2, 2, 21, 1, 2, 2, 21, 1)),
    ("readonly R=1; f() { local R=2; }; f", (2, 2, 21, 1, 2, 2, 21, 1)),
    ("readonly R=1; printf -v R x", (22, 2, 21, 1, 20, 20, 21, 1)),
    ("printf -v 1x y", (22, 2, 22, 2, 20, 20, 22, 2)),
    ("readonly R=1; R+=x", (147, 127, 21, 1, 147, 127, 1, 1)),
    ("readonly R=1; for R in a b; do true; done", (2, 2, 21, 1, 2, 2, 1, 1)),
    ("readonly R=1; eval 'R=2' || true", (2, 2, 20, 20, 2, 2, 1, 1)),
    ("readonly R=1; eval 'export R=2; true' || true", (2, 2, 20, 20, 2, 2, 1, 1)),
    ("readonly R=1; eval 'R=2 true; exit 9' || true", (2, 2, 9, 9, 2, 2, 20, 20)),
    ("declare -r R=1; R=2", (20, 127, 21, 1, 20, 127, 1, 1)),
    ("unset 1", (2, 2, 20, 20, 2, 2, 20, 20)),
    ("f() { false; }; unset f; f() { true; }; f", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("export X=$(false)", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("f() { local X=$(false); }; f", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("X=$(false)", (21, 1, 21, 1, 21, 1, 21, 1)),
    ("X=$(exit 7)", (27, 7, 27, 7, 27, 7, 27, 7)),
    ("X=$(false) || true", (20, 20, 20, 20, 20, 20, 20, 20)),
    ('f() { break; }; for i in 1 2; do f; x=$x$i; done; [ "$x" = 12 ] && exit 9', (9, 9, 9, 9, 21, 21, 9, 9)),
    ("while break; do :; done; exit 9", (9, 9, 9, 9, 9, 9, 9, 9)),
    ("n=0; while n=$((n+1)); [ $n -gt 2 ] || continue; do exit 9; done", (9, 9, 9, 9, 9, 9, 9, 9)),
    ("false; break; [ $? = 0 ] && exit 9", (9, 1, 9, 1, 9, 1, 9, 1)),
    ("for i in 1 2; do eval break; exit 9; done; exit 8", (8, 8, 8, 8, 8, 8, 8, 8)),
    ("for i in 1 2; do (break; exit 9); done", (20, 20, 29, 9, 20, 20, 29, 9)),
    ("for i in 1 2; do (f() { break; exit 9; }; f); done", (29, 9, 29, 9, 20, 20, 29, 9)),
    ("return", (0, 0, 22, 2, 0, 0, 2, 2)),
    ("return 3", (3, 3, 22, 2, 3, 3, 2, 2)),
    ("(return 3; true)", (23, 3, 20, 2, 23, 3, 22, 2)),
    ("exit 1 2", (1, 1, 21, 21, 1, 1, 21, 21)),
    ("f() { return 1 2; true; }; f || exit 9", (9, 9, 21, 21, 9, 9, 21, 21)),
    ("eval 'return 1 2'", (1, 1, 21, 21, 1, 1, 21, 21)),
    (". /wrong.sh; exit 9", (9, 1, 21, 21, 9, 1, 21, 21)),
    ("timeout 1 /missing/x", (147, 127, 147, 127, 147, 127, 147, 127)),
    ("exit -1", (2, 2, 255, 255, 2, 2, 255, 255)),
    (". /fail.sh || true", (20, 1, 20, 20, 20, 1, 20, 20)),
    ("if . /fail.sh; then true; fi", (20, 1, 20, 20, 20, 1, 20, 20)),
    (". /missing.sh || true", (2, 2, 20, 20, 2, 2, 1, 1)),
    ("set -o foo || true", (2, 2, 20, 20, 20, 20, 20, 20)),
    ("set -Z", (2, 2, 22, 2, 2, 2, 2, 2)),
    ("shift abc", (2, 2, 21, 1, 2, 2, 21, 1)),
    ("(false; true) && true", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("if (false; exit 4); then true; else exit $?; fi", (4, 4, 4, 4, 4, 4, 4, 4)),
    ("f() { false; exit 4; }; (f) || exit $?", (4, 4, 4, 4, 4, 4, 4, 4)),
    ('x=$([ -n "$UNSET" ] && echo a)', (21, 1, 21, 1, 21, 1, 21, 1)),
    ('x=$([ -n "$UNSET" ] || echo a); [ "$x" = a ] || exit 9', (20, 20, 20, 20, 20, 20, 20, 20)),
    ("x=$([ -n \"$UNSET\" ] && trap 'exit 3' QUIT)", (21, 1, 21, 1, 21, 1, 21, 1)),
    ("timeout 1 /missing/x; cd /missing || exit 4", (4, 127, 4, 127, 4, 127, 4, 127)),
    ("find /tmp -name x; cd /missing || exit 4", (4, 4, 4, 4, 4, 4, 4, 4)),
    ("x=$(false; echo a) || exit 5", (20, 5, 20, 20, 20, 20, 20, 20)),
    ('x=$(set -e; false; echo a); [ -n "$x" ] || exit 5', (5, 1, 5, 1, 5, 1, 5, 1)),
    ("f() { false; echo x; }; x=$(f)", (20, 1, 20, 20, 20, 20, 20, 1)),
    ("if { (false; exit 7) & wait $!; }; then true; else exit $?; fi", (7, 1, 7, 7, 7, 1, 7, 7)),
    ("echo a | grep -q b", (21, 1, 21, 1, 21, 1, 21, 1)),
    ("set -o pipefail; x=$(false | true)", (2, 2, 21, 1, 21, 1, 21, 1)),
    ("(exit 3) & p=$!; wait $p; wait $p", (23, 3, 23, 3, 23, 3, 147, 3)),
    ("(exit 3) & p=$!; wait $p; sleep 0; wait $p", (147, 3, 23, 3, 147, 3, 147, 3)),
    ("(exit 3) & p=$!; wait $p; x=$(echo a); wait $p", (147, 3, 23, 3, 147, 3, 147, 3)),
    ("(exit 3) & p=$!; sleep 0.2; sleep 0; wait $p", (23, 3, 23, 3, 23, 3, 23, 3)),
    ("(exit 3) & p=$!; wait; wait $p", (23, 3, 147, 127, 23, 3, 147, 127)),
    ("(exit 3) & p=$!; wait; jobs >/dev/null; wait $p", (147, 127, 147, 127, 147, 127, 147, 127)),
    ("(exit 3) & wait; kill %%", (21, 1, 21, 1, 20, 20, 21, 1)),
    ("(exit 3) & p=$!; sleep 0.3 & wait $p || true; (exit 5) & wait %1", (25, 5, 147, 127, 25, 5, 147, 127)),
    ("(exit 3) & wait -n", (22, 2, 23, 3, 149, 129, 23, 3)),
    ("[ a = b", (22, 2, 22, 2, 22, 2, 22, 2)),
    ("read -t 1 a", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("read", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("trap TERM", (20, 20, 20, 20, 20, 20, 2, 2)),
    ("trap -l", (2, 2, 20, 20, 2, 2, 20, 20)),
    ("eval 'if' || true", (2, 2, 20, 20, 2, 2, 2, 2)),
    ("eval 'a=('", (2, 2, 21, 2, 2, 2, 1, 2)),
    ("trap ')' EXIT", (2, 2, 20, 2, 2, 2, 20, 2)),
    ("a=(", (2, 2, 1, 2, 2, 2, 1, 2)),
    ("a=(b", (2, 2, 1, 2, 2, 2, 1, 2)),
    ("f() { a=(", (2, 2, 1, 2, 2, 2, 1, 2)),
    ("(eval 'a=('; exit 9)", (22, 2, 21, 2, 22, 2, 21, 2)),
    ("eval 'a=(' || true", (2, 2, 20, 20, 2, 2, 1, 1)),
    ("exec -z true", (127, 127, 22, 2, 2, 2, 2, 2)),
    ("shopt -s execfail; exec /missing/x; true", (127, 127, 20, 127, 127, 127, 20, 127)),
    ("shopt -s execfail; exec /missing/x || true", (127, 127, 20, 127, 127, 127, 20, 127)),
    ("shopt -s execfail; eval 'exec /missing/x' || true", (127, 127, 20, 20, 127, 127, 20, 20)),
    ("{ :; } & select x in a b; do break; done", (2, 2, 21, 21, 2, 2, 21, 21)),
    ("timeout 0.2 sleep 5", (144, 124, 144, 124, 163, 143, 144, 124)),
    ("timeout -s KILL 0.2 sleep 5", (157, 137, 157, 137, 157, 137, 157, 137)),
    ("timeout -k 1 0.2 sh -c \"trap '' TERM; sleep 3; true\" && true", (157, 157, 157, 157, 157, 157, 157, 157)),
    ("timeout abc true", (145, 125, 145, 125, 21, 1, 145, 125)),
    ("timeout --foreground 1 false", (21, 1, 21, 1, 21, 1, 21, 1)),
    ("timeout --preserve-status 0.2 sleep 5", (163, 143, 163, 143, 21, 1, 163, 143)),
    ("timeout 1 false || true", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("shift ²", (2, 2, 21, 1, 2, 2, 21, 1)),
    ("exit --5", (2, 2, 2, 2, 2, 2, 2, 2)),
    ("wait ²", (22, 2, 21, 1, 22, 2, 21, 1)),
    ("[ ٣ -eq 3 ]", (22, 2, 22, 2, 22, 2, 22, 2)),
    ("[ 99999999999999999999 -eq 1 ]", (22, 2, 22, 2, 22, 2, 22, 2)),
    ("kill -0 ²", (22, 2, 21, 1, 21, 1, 21, 1)),
    ("return --1", (2, 2, 22, 2, 2, 2, 2, 2)),
    ("trap : ²", (21, 1, 21, 1, 21, 1, 21, 1)),
    ("x=9223372036854775807; [ $((x+1)) -lt 0 ]", (20, 20, 20, 20, 20, 20, 20, 20)),
    ("[[ a.b =~ a\\.b ]]; [[ acb =~ a\\.b ]]", (147, 127, 21, 1, 20, 20, 21, 1)),
    ("set -- {a,b{1,2}}; exit $#", (1, 1, 3, 3, 1, 1, 3, 3)),
)


def ended(shell: str, script: str, errexit: bool) -> int | None:
    """The status of a container that runs it."""
    first = "#!/bin/bash" if shell == "bash" else "#!/bin/sh"
    text = f"{first}\n{'set -e' if errexit else ':'}\n{script}\nrc=$?\nexit $((rc+20))\n"
    dockerfile = f'FROM {SHELLS[shell]}\nCOPY *.sh /\nCMD ["/start.sh"]\n'
    files = {"Dockerfile": dockerfile, "start.sh": text, "fail.sh": "false\ntrue\n", "wrong.sh": "return 1 2\n"}
    memory = MemoryFiles(files, dict.fromkeys(files, 0o755))
    ((_, verdict, _),), _ = analyze_container(memory, "Dockerfile", Options())
    assert str(verdict.outcome) in {"exits", "fails"}, verdict
    return verdict.exit_code


@pytest.mark.parametrize("shell", list(SHELLS))
@pytest.mark.parametrize(("script", "statuses"), [pytest.param(*row, id=row[0]) for row in MEASURED])
def test_what_a_failing_command_comes_to(shell: str, script: str, statuses: tuple[int, ...]) -> None:
    plain, strict = statuses[2 * list(SHELLS).index(shell) :][:2]
    assert (ended(shell, script, False), ended(shell, script, True)) == (plain, strict)


def test_what_an_expression_finds_is_kept() -> None:
    script = '[[ v1.2 =~ ^v([0-9]+)\\.([[:digit:]]+)$ ]] && exit "${#BASH_REMATCH[@]}${BASH_REMATCH[2]}"; exit 9'
    assert ended("bash", script, errexit=True) == 32


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param("false | true\nexit ${PIPESTATUS[0]}", 1, id="a part of a pipeline"),
        pytest.param("false | (exit 5) | true\nall=(${PIPESTATUS[@]})\nexit ${all[1]}", 5, id="all"),
        pytest.param("(( BASHPID == $$ )) || exit 3\nexit 4", 4, id="its-own-number"),
        pytest.param("false | true\nn=1\nexit ${PIPESTATUS[0]}", None, id="not-known-any-more"),
        pytest.param("bash -es a b <<'END'\nfalse\nexit 9\nEND\nexit $?", 1, id="options-of-a-shell-that-reads-a-text"),
        pytest.param("sh -s a b c <<'END'\nexit $#\nEND\nexit $?", 3, id="words-of-one"),
        pytest.param("echo 'exit $#' >/tmp/x\nsh -s a b </tmp/x\nexit $?", 2, id="words-of-one-that-reads-a-file"),
    ],
)
def test_a_status_that_a_script_ends_with(script: str, status: int | None) -> None:
    """Each as bash 5.2 was seen to end."""
    assert ended("bash", script, errexit=False) == status


@pytest.mark.parametrize(
    "line",
    [
        '. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib.sh"',
        '. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/lib.sh"',
        '. "$(dirname "${HERE:-/srv/x}")/lib.sh"',
        '. "$(dirname "$0")/lib.sh"',
    ],
)
def test_with_nounset_a_script_finds_the_file_beside_it(line: str) -> None:
    files = {
        "Dockerfile": 'FROM debian:12\nRUN apt-get install -y hypercorn\nCOPY . /srv/\nENTRYPOINT ["/srv/start.sh"]\n',
        "start.sh": f"#!/bin/bash\nset -eu\n{line}\nexec $SERVICE\n",
        "lib.sh": 'SERVICE="hypercorn -u nobody"\n',
    }
    modes = dict.fromkeys(files, 0o755)
    (((_, verdict, _),), _) = analyze_container(MemoryFiles(files, modes), "Dockerfile", Options())
    assert (verdict.outcome, verdict.main) == ("graceful", ("hypercorn",))


def test_a_file_that_is_sourced_and_not_known_may_set_what_is_asked_for() -> None:
    files = {
        "Dockerfile": "FROM debian:12\nRUN apt-get install -y hypercorn && our-builder >/etc/where\nCOPY start.sh /\n"
        'ENTRYPOINT ["/start.sh"]\n',
        "start.sh": '#!/bin/bash\nset -u\n. "$(cat /etc/where)/lib.sh"\necho $NAME\nexec hypercorn -u nobody\n',
    }
    (((_, verdict, _),), _) = analyze_container(
        MemoryFiles(files, dict.fromkeys(files, 0o755)), "Dockerfile", Options()
    )
    assert (verdict.outcome, verdict.main) == ("graceful", ("hypercorn",))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param('[ -n "$ROLE" ] || exit 3\nexec hypercorn', "gives up: `exit 3`", id="exit"),
        pytest.param('set -u\nexec hypercorn -p "$PORT"', "gives up: $PORT is not set", id="unset"),
    ],
)
def test_the_story_says_where_a_script_gives_up(script: str, told: str) -> None:
    stopped = verdict("/app/start", files={"start": f"#!/bin/bash\n{script}\n"})
    assert stopped.outcome == "fails"
    assert any(told in step.text and step.span is not None for step in stopped.story)
