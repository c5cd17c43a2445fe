"""Draws random but plausible images: a shell, a start command, the scripts that it leads to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tests.conformance.fuzz.entrypoints import Entrypoint, kinds_of
from tests.conformance.fuzz.layers import layered
from tests.conformance.fuzz.tree import Block, Node, size, smaller, write

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

Form = Literal["script", "command", "shell form"]

BASES = {"dash": "debian:bookworm", "bash": "debian:bookworm", "busybox": "alpine:3.17", "sh": "amazonlinux:2023"}
"""A base image whose shell is meant; `sh` is bash under that name, in its POSIX mode."""
SERVICES = ("app1", "app2", "app3", "app4", "app5", "app6", "serve", "run")
"""Stand-ins that take half a second to clean up."""
DEFAULTS = ("plain1", "plain2")
"""Stand-ins without handlers."""

INITS = (
    "tini --", "tini --", "tini -s --", "tini -g --", "tini -e 143 --", "tini -v --", "dumb-init", "dumb-init --",
    "tini -p SIGTERM --", "tini -w -g --", "tini -e 3 -e 143 --", "dumb-init --single-child", "dumb-init -v -r 15:0 --",
    "dumb-init -r 1:15 -r 2:15", "catatonit -g --", "env A=1 tini --", "tini -- env", "tini -s -- dumb-init --",
    "dumb-init -c", "dumb-init -r 15:2", "dumb-init --rewrite 15:3 --", "catatonit --",
)  # fmt: skip
WRAPPERS = ("env", "env A=1", "nice", "nice -n 5", "nohup", "setsid", "timeout 100", "timeout -s INT 100", "exec",
            "command", "exec env", "exec nice", "A=1")  # fmt: skip
DEBIAN_WRAPPERS = (
    "setpriv --no-new-privs", "setpriv --reuid=65534 --clear-groups", "stdbuf -oL", "ionice -c3", "setsid -w",
    "setsid --fork", "timeout --foreground 100", "timeout -k 1 100", "flock /tmp/lock", "chrt -o 0", "gosu nobody",
    "exec gosu nobody", "runuser -u nobody --", "sudo", "sudo -u nobody", "exec setpriv --no-new-privs",
    "command exec", "tini -s --", "timeout -k 5 -s INT 100", "setsid -fw", "env --ignore-signal=USR2", "setpriv --nnp",
    "dumb-init", "exec tini -s --", "exec tini -s -g --", "exec dumb-init",
)  # fmt: skip
PACKAGES = {name: (name,) for name in ("tini", "dumb-init", "catatonit", "gosu", "sudo")} | {
    "procps": ("pkill", "pgrep", "$(ps ", "ps -p "),
    "psmisc": ("killall",),
}
"""The programs of a package without which the image would not have them."""
SHELL_OR_ROOT = ("command", "A=1", "sudo", "gosu", "runuser", "setpriv --reuid", "chrt", "flock")
"""What only a shell understands, or only root may do; so it comes first."""
QUIET = ("true", ":", "echo starting", "mkdir -p /tmp/x", "export MODE=1", "cd /tmp", "umask 022", "A=${A:-1}",
         "printf 'x\\n' >/tmp/y", "sleep 0", "[ -z \"$UNSET\" ]", "command -v sh >/dev/null")  # fmt: skip
CONDITIONS = (
    "true", "false", "[ -n \"$1\" ]", "[ -z \"$1\" ]", "[ $# -gt 0 ]", "[ $# -eq 0 ]", "[ \"$1\" = app1 ]",
    "[ \"$1\" = serve ]", "[ -f /nowhere ]", "[ -x /run.sh ]", "test -d /tmp",
    "command -v app1 >/dev/null", "! true", "[ \"${1#-}\" != \"$1\" ]",
    "[ \"$$\" = 1 ]", "[ -n \"${1:-}\" ]", "[ \"$#\" -ne 0 ]", "[ \"$MODE\" = 1 ]", "true && false", "false || true",
)  # fmt: skip
PATTERNS = ("app1", "app*", "serve", "-*", "''", "serve|run", "[a-z]*", "/*")
ARGUMENTS = ((), (), ("app1",), ("app2", "--flag"), ("serve",), ("-x",), ("run", "app2"), ("sh", "-c", "app1"),
             ("sh", "-c", "app1; true"), ("plain1",), ("serve", "app4"))  # fmt: skip
SIGNALS = ("TERM",) * 12 + ("INT", "INT", "QUIT", "QUIT", "HUP", "USR1", "WINCH", "USR2")
KEEPALIVE = ("sleep infinity", "sleep 1000", "tail -f /dev/null")
EVERYDAY: tuple[str, ...] = (
    "while ! true; do sleep 1; done", "until test -d /tmp; do sleep 1; done", "n=0; until [ $n -ge 2 ]; do n=$((n+1)); sleep 0.1; done",
    "if [ -f /lib.sh ]; then . /lib.sh; fi", "[ -f /nowhere ] && . /nowhere", "tail -F /tmp/log 2>/dev/null &",
    "while getopts ab: o; do case $o in a) A=1;; esac; done", ': "${A:=1}"', 'A="${B:-$1}"', "exec 2>&1", "exec >/tmp/out 2>&1",
    "for f in /docker-entrypoint.d/*; do [ -f \"$f\" ] && . \"$f\"; done", "ls /tmp | grep -q nothing || true",
    "echo x | grep -q x", "find /tmp -name x >/dev/null", 'x=$(id -u)', '[ "$(id -u)" = 0 ] || exit 3', "x=$(echo app3)",
    "x=$(hostname)", "x=$(false) || true", "x=$(sh -c 'exit 4') || true", "command -p sleep 0", "nohup sleep 0.1", "(exit 3) || true",
    "f() { trap 'exit 3' TERM; }; f", "f() { local rc=$?; return 3; }; f || true", "printf '%s\\n' \"$@\"", "true | xargs -r app4",
    "printf 'a\\nb\\n' | while read -r x; do echo $x; done", "x=$(app5 >/dev/null & echo $!)", "sleep 0.1 & wait $!",
    "sleep 0.1 & wait", "read x </dev/null || true", "test \"$A\" || A=1", "trap - INT", "trap '' HUP", "set -- \"$@\" --flag",
    "export A=1 B=2", "date +%s >/dev/null", "cat /nowhere 2>/dev/null || true", "(sleep 0.1; kill -0 1) &", "if ! true; then exit 5; fi",
)  # fmt: skip
EVERYDAY += (
    '[ -n "${DEBUG:-}" ] && set -x', 'while [ "$#" -gt 1 ]; do shift; done', 'while [ $# -gt 0 ]; do case $1 in --x) shift;; esac; shift; done',
    'file_env() { local var="$1"; local val="${2:-}"; export "$var"="$val"; unset "${var}_FILE"; }; file_env A x',
    "find /tmp -name '*.none' -print | sort | while read -r f; do . \"$f\"; done", "for i in 1 2 3; do true && break; sleep 1; done",
    "timeout 0.2 sh -c 'until false; do sleep 0.1; done' || true", "mkdir -p /tmp/d && touch /tmp/d/ready", "(sleep 0.1; echo ready) &",
    "n=3; while [ $n -gt 0 ]; do n=$((n - 1)); done", "[ -w /tmp ] || exit 2", "ulimit -n 256 2>/dev/null || true", "readonly VERSION=1",
    'if [ -z "$NAME" ]; then NAME=${NAME:-x}; export NAME; fi', "rm -f /tmp/app.pid", "sed -e s/a/b/ /etc/passwd >/tmp/conf",
    "cat >/tmp/conf <<-EOF\n\tx\n\tEOF", "test -t 0 && exit 6", "getent passwd root >/dev/null || exit 8", "eval 'A=1; B=2'", "ready() { return 0; }; ready && A=1",
    "usage() { echo usage >&2; exit 64; }", 'case "$1" in -h|--help) echo usage; exit 0;; esac', 'for a in "$@"; do case $a in -*) ;; *) break;; esac; done',
    "log() { printf '%s\\n' \"$*\" >&2; }; log starting", "exec 3>&1", "exec 3>&-", "sleep 0.1; jobs -l >/dev/null", "true & p=$!; kill -0 $p && wait $p", "OLD=$PATH; PATH=/usr/local/bin:$PATH",
    "start_aside() { sleep 1000 & }; start_aside", "wait 2>/dev/null || :", "set -- ${OPTS} \"$@\"", "test $# -ne 0 || set -- app2",
)  # fmt: skip
EVERYDAY += (
    'set -- -a -b v; while getopts "ab:c" o; do case "$o" in a) A=1;; b) B=$OPTARG;; *) exit 64;; esac; done; shift $((OPTIND - 1))',
    'while getopts ":hv" o; do case $o in h) exit 0;; \\?) exit 64;; esac; done; shift "$((OPTIND-1))"', 'while IFS= read -r line; do case $line in "#"*|"") continue;; esac; export LAST="$line"; done < /etc/passwd',
    'while IFS=: read -r u rest; do [ "$u" = root ] && break; done </etc/passwd', 'n=0; while read -r l; do n=$((n+1)); done </etc/hosts', 'while read -r k v; do export "X_$k=$v"; done <<EOF\na 1\nb 2\nEOF',
    'n=0; until nc -z localhost 1 2>/dev/null; do n=$((n+1)); [ $n -ge 3 ] && break; sleep 0.1; done', 'n=0; until test -f /nowhere; do n=$((n+1)); if [ "$n" -gt 2 ]; then echo timeout >&2; break; fi; sleep 0.1; done',
    'tries=3; while [ "$tries" -gt 0 ] && ! test -f /nowhere; do tries=$((tries - 1)); sleep 0.1; done', 'for i in 1 2 3; do if test -S /run/x.sock; then break; fi; sleep 0.1; done; test -S /run/x.sock || echo late',
    'i=0; while ! test -f /nowhere; do i=$((i+1)); if [ $i -eq 3 ]; then break; fi; sleep 0.1; done', 'cat >/tmp/app.conf <<EOF\nuser=${USER:-nobody}\nport=${PORT:-80}\nEOF', "cat <<'EOF' >/tmp/app.conf\n$HOME\nEOF",
    'cat >/tmp/gen.sh <<EOF\n#!/bin/sh\nexec sleep 0\nEOF\nchmod +x /tmp/gen.sh; /tmp/gen.sh', 'echo "A=1" >/tmp/env; . /tmp/env', 'echo "A=2" >/tmp/env; set -a; . /tmp/env; set +a; [ "$A" = 2 ] || exit 9', 'trap - TERM',
    'trap - TERM INT EXIT', "trap 'exit 3' TERM; trap - TERM", 'nohup sleep 1000 >/dev/null 2>&1 &', 'setsid sleep 1000 &', '(sleep 1000 &)', 'if [ "${1%.conf}" != "$1" ]; then set -- app1 "$@"; fi',
    'case "$1" in *.conf) set -- app1 "$@";; esac', 'if [ $# -eq 0 ] || [ "${1#-}" != "$1" ]; then set -- app2 "$@"; fi', 'cmd=$1; shift 2>/dev/null || true', 'name="${0##*/}"; [ "$name" = entrypoint.sh ] || echo other',
    'x=${1:-}; [ -n "${x%%=*}" ] && A=1', 'set -- "$@" --listen "${LISTEN:-0.0.0.0}"', 'if [ "$(echo "$1" | cut -c1)" = "-" ]; then set -- app1 "$@"; fi',
    'is_empty() { [ -z "$(ls -A "$1" 2>/dev/null)" ]; }; is_empty /nowhere && mkdir -p /tmp/data', 'umask 0077; touch /tmp/secret; chmod 600 /tmp/secret', 'printenv HOME >/dev/null', 'env | sort >/dev/null',
    'for v in A B; do eval "x=\\${$v:-}"; [ -n "$x" ] || true; done', 'f() { for a; do case $a in --x=*) X=${a#*=};; esac; done; }; f "$@"', 'die() { echo "$*" >&2; exit 1; }; [ -d /tmp ] || die no',
    'set -o nounset; echo "${UNSET-}"', 'command exec 3>&1', 'exec 3>/tmp/log; echo x >&3; exec 3>&-', 'if ! id nosuch >/dev/null 2>&1; then A=1; fi', 'mkdir -p /tmp/d; [ "$(id -u)" -eq 0 ] && chown -R nobody /tmp/d',
    'mkdir -p /tmp/r && chown nobody /tmp/r || exit 5', 'ln -sf /dev/stdout /tmp/out.log', '{ echo a; echo b; } >>/tmp/log', 'test "$#" -gt 0 && shift $#',
    'wait_for() { t=$1; shift; while ! "$@"; do t=$((t-1)); [ $t -le 0 ] && return 1; sleep 0.1; done; }; wait_for 2 test -f /nowhere || echo gone', 'export PATH="/opt/bin:$PATH"', 'OPTS="$OPTS -x"; set -- "$@" $OPTS',
    'x=$(cat /etc/hostname 2>/dev/null || echo none)', 'x=`hostname`', 'if grep -q root /etc/passwd; then A=1; fi', 'sleep 0.1 & wait $! || exit 4', 'kill -0 1 || exit 3', 'exec 2>/tmp/err.log', 'ulimit -c 0',
    "trap 'rm -f /tmp/app.pid' EXIT", 'echo $$ >/tmp/app.pid', "trap '' PIPE", '[ "$$" -eq 1 ] || echo not pid 1',
)  # fmt: skip
EVERYDAY += (
    'exec 3>&1 4>&2 >/tmp/log 2>&1; exec 1>&3 2>&4 3>&- 4>&-', 'VAR=$(cat <<EOF\na b\nEOF\n); [ "$VAR" = "a b" ] || exit 7', 'x=${HOSTNAME:-$(hostname)}', 'set -- $(echo app1 --flag)',
    'OLDIFS=$IFS; IFS=,; for x in a,b; do :; done; IFS=$OLDIFS', 'IFS=,; set -- a,b; set -- $*; unset IFS; [ $# -eq 1 ] && exit 8', 'case $- in *e*) A=1;; esac', 'x=$-; case $x in *i*) exit 3;; esac',
    'f() { return 1; }; if ! f; then A=1; fi; [ "$A" = 1 ] || exit 4', 'f() { return 2; }; f || [ $? -eq 2 ] || exit 4', 'f() { set -- a b; }; f; [ $# -le 2 ] || exit 5', 'f() { shift; echo "$1"; }; f a b',
    'f() { A=2; }; (f); [ -z "$A" ] || exit 6', 'A=1; f() { local A=2; }; f; [ "$A" = 1 ] || exit 6', 'while :; do break; done', 'while :; do while :; do break 2; done; done', 'for i in 1 2 3; do [ $i = 2 ] && continue; done',
    'for i in 1 2; do for j in a b; do continue 2; done; exit 3; done', 'until [ "${n:=0}" -ge 2 ]; do n=$((n+1)); done', 'i=0; while [ "$((i+=1))" -lt 3 ]; do :; done; [ $i = 3 ] || exit 4',
    'x=abc; [ "${x#a}" = bc ] && [ "${x%c}" = ab ] && [ "${#x}" = 3 ] || exit 9', 'x=/a/b/c; [ "${x##*/}" = c ] && [ "${x%/*}" = /a/b ] || exit 9', 'x=a=b=c; [ "${x%%=*}" = a ] && [ "${x#*=}" = b=c ] || exit 9',
    '[ "${A+x}" = x ] && exit 9; A=; [ "${A+x}" = x ] || exit 9', '[ -n "${A:+x}" ] && exit 9; true', 'A=x; [ "${A:+y}" = y ] || exit 9', 'eval "X_1=a"; eval "y=\\$X_1"; [ "$y" = a ] || exit 9',
    "x='a b'; set -- $x; [ $# = 2 ] || exit 9", 'x=\'a b\'; set -- "$x"; [ $# = 1 ] || exit 9', 'set -f; set -- *; [ "$1" = "*" ] || exit 9; set +f', 'test a = a -a b = b || exit 9', '[ a = b -o b = b ] || exit 9',
    '[ ! -e /nowhere ] || exit 9', '[ 1 -lt 2 ] && [ 2 -le 2 ] && [ 3 -gt 2 ] || exit 9', 'x=; [ $x = a ] 2>/dev/null; [ $? -eq 2 ] || exit 9', '[ a -eq 1 ] 2>/dev/null || A=1', 'trap "exit 5" TERM; (trap - TERM); true',
    'trap "echo a" INT; trap', 'x=$(trap)', 'f() { trap "exit 6" TERM; }; f', '(exit 7); rc=$?; [ $rc = 7 ] || exit 9', '! (exit 7) || exit 9', 'true && ! false || exit 9', 'if false; then :; elif true; then A=1; else exit 9; fi',
    '{ false; } || A=1', 'false || { true; } && A=1', 'x=$(exit 3); [ $? = 3 ] || exit 9', 'x=$(exit 3) || true; [ -z "$x" ] || exit 9', 'export X=$(exit 3); [ $? = 0 ] || exit 9',
    'x=$(echo a; exit 3) || y=$?; [ "$x$y" = a3 ] || exit 9', '. /nowhere 2>/dev/null || true', 'command . /nowhere 2>/dev/null || true', '[ -r /nowhere ] && . /nowhere || true', 'unset -f nothing; unset nothing', 'exec </dev/null',
    'exec 0</dev/null 2>&1', 'read -r x </etc/hostname || x=none', 'printf "%s\\n" a b | while read -r x; do A=$x; done; [ -z "$A" ] || exit 9', 'sleep 0.1 | cat', 'true | sleep 0.1', 'wait $$ 2>/dev/null || true',
    'jobs >/dev/null', 'kill -l >/dev/null', 'kill -0 $$ || exit 9', 'sleep 1000 & kill $!; wait $! || true', 'sleep 1000 & kill -9 $!; wait $!; [ $? = 137 ] || exit 9', 'sleep 1000 & p=$!; kill $p; wait $p; [ $? = 143 ] || exit 9',
    '(sleep 0.1) & wait', '{ sleep 0.1; exit 3; } & wait $! || rc=$?; [ "$rc" = 3 ] || exit 9', 'sleep 0.2 & sleep 0.1 & wait; true',
)  # fmt: skip
EVERYDAY_BASH: tuple[str, ...] = (
    "set -o pipefail", "set -euo pipefail", "pids=()", "a=(app1 --flag)", "read x <<< app4", "cat <<< hi >/dev/null", "exec > >(cat)",
    "exec > >(cat) 2>&1", '[[ $1 == app* ]] || true', '[[ -z ${A:-} ]] && A=1', 'if [[ "$1" == -* ]]; then set -- app2 "$@"; fi',
    'set -- "${@:2}"', 'declare -a b=()', "shopt -s nullglob", "mapfile -t l < <(echo a)", "while read -r x; do echo $x; done < <(echo a)",
    "for ((i=0; i<2; i++)); do :; done", "((n=1))", "source /nowhere || true", "echo $BASHPID >/dev/null", "trap 'exit 4' ERR",
    "function g { return 0; }; g", "disown -a",
)  # fmt: skip
EVERYDAY_BASH += (
    'if [ "${1:0:1}" = - ]; then set -- app1 "$@"; fi', "set -Eeuo pipefail", "trap 'echo failed >&2' ERR", "trap 'echo $LINENO; exit 9' ERR", "printf -v x '%s' a",
    "declare -r LEVEL=2", "local_only() { local -r c=1; local d=(a b); }; local_only", "declare -A m=([a]=1 [b]=2)", "IFS=, read -ra parts <<< a,b", "x=${1:-app1}; x=${x,,}",
    'arr=("$@"); arr+=(--flag)', "[[ $- == *i* ]] && exit 7", "(( $# > 0 )) || set -- app3", "until [[ -d /tmp ]]; do sleep 1; done", "for x in {1..3}; do :; done", "disown", "disown -h",
    "sleep 1000 & disown", "sleep 1000 & disown -h %+", "time true", "pushd /tmp >/dev/null; popd >/dev/null", "[[ -v A ]] || A=1", 'x=("${@:2}")', "select_x() { return 0; }", "exec {fd}>/tmp/lock",
    'file_env() { local var="$1" fileVar="${1}_FILE"; if [ "${!var:-}" ] && [ "${!fileVar:-}" ]; then exit 1; fi; local val="${2:-}"; export "$var"="$val"; }; file_env PASSWORD',
    '_is_sourced() { [ "${#FUNCNAME[@]}" -ge 2 ] && [ "${FUNCNAME[1]}" = source ]; }', "wait -n 2>/dev/null || true", "mapfile -t lines < /etc/passwd",
)  # fmt: skip
EVERYDAY_BASH += (
    'exec > >(tee -a /tmp/log) 2>&1', 'exec 2> >(tee /tmp/err >&2)', 'exec &> >(tee /tmp/l)', 'coproc cat', 'coproc LOG { cat >/tmp/l; }; echo x >&"${LOG[1]}"',
    'case a in a) A=1 ;;& b) B=1 ;;& *) C=1 ;; esac; [ "$A$B$C" = 11 ] || exit 9', 'case a in a) A=1 ;& b) B=1 ;; c) C=1;; esac; [ "$A$B$C" = 11 ] || exit 9', 'case "$1" in app*) A=1 ;& x) B=1;; *) exit 3;; esac',
    'printf -v now %s x; [[ $now == x ]] || exit 3', '[[ $1 =~ ^app[0-9]+$ ]] && A=1', '[[ "a=b" =~ ^([a-z])=(.*)$ ]] && x=${BASH_REMATCH[2]}; [[ $x == b ]] || exit 3', 'if [[ ${1:-} =~ ^- ]]; then set -- app1 "$@"; fi',
    '[[ $1 = app1 || $1 == serve ]] && A=1', '[[ -z ${1-} && -n $HOME ]] || A=2', 'f() { local -a xs=(a b); local n=${#xs[@]}; [ $n = 2 ] || return 9; }; f || exit 8', 'f() { local x y=1; x=$(false); echo $y; }; f',
    'f() { local x; x=$(false); }; f || echo no', 'f() { local x=$(false); }; f || exit 6', 'declare -i n=0; n+=1; (( n == 1 )) || exit 3', 'i=0; while (( i++ < 3 )); do :; done; (( i == 4 )) || exit 3', 'i=0; (( i++ )) || true',
    'i=0; (( i += 1 )); (( ++i ))', 'let i=0; let i++', 'let "x = 3 * 2"; [ $x = 6 ] || exit 5', 'x=5; while (( x-- > 0 )); do :; done', 'for ((i=0; i<3; ++i)); do (( i == 1 )) && break; done',
    'mapfile -t ls < <(printf "a\\nb\\n"); [ ${#ls[@]} = 2 ] || echo other', 'readarray -t ls <<< a', 'IFS=" " read -r -a words <<< "a b c"; set -- "${words[@]}" "$@"', 'arr=(a b c); unset "arr[1]"; [ ${#arr[@]} = 2 ] || exit 3',
    'arr=(a b c); for x in "${arr[@]}"; do [[ $x == b ]] && continue; done', 'arr=("${@:2}"); set -- app1 "${arr[@]}"', 'while [[ $# -gt 0 ]]; do case $1 in --) shift; break;; -*) shift;; *) break;; esac; done',
    '[[ $(type -t f) == function ]] || A=1', 'compgen -v >/dev/null', 'source <(echo A=1)', '. <(echo "A=3"); [[ $A == 3 ]] || exit 3', 'read -r -d "" x <<EOF || true\na\nEOF', 'while read -r -t 1 x; do :; done < /dev/null',
    'exec {log}>/tmp/log; echo x >&"$log"; exec {log}>&-', 'readonly -a RA=(1 2)', 'declare -x FOO=bar', 'export -f f 2>/dev/null || true', 'f() { echo "${FUNCNAME[0]}"; }; f', 'sleep 1000 & disown $!',
    'sleep 0.1 & sleep 0.2 & wait -n; wait', 'set -o errtrace; trap "echo e" ERR', 'hash -r; type -P sh >/dev/null', 'x="${1^^}"; y="${x,,}"', 'x=abc; [[ ${x:1} == bc && ${x: -1} == c ]] || exit 3',
    'x=a.b; x=${x//./_}; [ $x = a_b ] || exit 3', 'x=${1:?}', '(( UID == 0 )) || exit 3', '(( EUID )) && exit 4', 'if ((${#@} == 0)); then set -- app1; fi', 'true | false; [ "${PIPESTATUS[1]}" = 1 ] || exit 3',
    'SECONDS=0; (( SECONDS < 5 )) || exit 3', 'x=$(</etc/hostname)', 'exec 3< <(echo a); read -r x <&3; exec 3<&-', 'time sleep 0.1', 'printf "%q " "$@"; echo',
)  # fmt: skip
EVERYDAY_BASH += (
    'set -e; x=0; (( x )) && exit 3; true', 'set -e; (( 1 )); [[ a == a ]]', 'set -e; f() { false; }; f || true', 'set -e; [[ a == b ]] && exit 4; true', 'set -eo pipefail; x=$(true | cat)',
    'set -euo pipefail; x=${1:-}; y=${x%%:*}', 'set -u; a=(); for x in "${a[@]}"; do :; done', 'set -u; a=(); n=${#a[@]}; (( n == 0 )) || exit 3', 'a=(x y z); [[ "${a[*]}" == "x y z" && ${a[-1]} == z && ${a[1]} == y ]] || exit 3',
    'a=(x y z); a=("${a[@]:1}"); [[ ${#a[@]} == 2 ]] || exit 3', 'a=([0]=x [2]=z); [[ ${#a[@]} == 2 ]] || exit 3', 'a=(x); a[1]=y; a+=(z); [[ ${#a[@]} == 3 ]] || exit 3', 'for k in "${!a[@]}"; do :; done',
    'declare -A m; m[k]=v; [[ ${m[k]} == v ]] || exit 3', 'declare -A m=([a]=1); for k in "${!m[@]}"; do [[ $k == a ]] || exit 3; done', '[[ -v HOME && ! -v NOTSET ]] || exit 3', '[[ a < b ]] || exit 3',
    '[[ 2 -gt 1 && abc == a?c && abc != b* ]] || exit 3', '[[ "x y" == "x y" ]] || exit 3', 'x="a*"; [[ abc == $x && ! abc == "$x" ]] || exit 3', '[[ abc =~ b ]] && [[ ! abc =~ ^b ]] || exit 3',
    're="^[0-9]+$"; [[ 12 =~ $re ]] || exit 3', 'x=abc; [[ ${x/b/B} == aBc && ${x//[ab]/_} == __c ]] || exit 3', 'x=abc; [[ ${x:0:2} == ab && ${x:1:1} == b ]] || exit 3',
    'x=Abc; [[ ${x^^} == ABC && ${x,,} == abc && ${x,} == abc ]] || exit 3', 'n=X; X=5; [[ ${!n} == 5 ]] || exit 3', 'f() { local -n r=$1; r=5; }; f Y; [[ $Y == 5 ]] || exit 3',
    'f() { local x=1; g; }; g() { [[ $x == 1 ]] || exit 3; }; f', 'f() { declare -g G=1; }; f; [[ $G == 1 ]] || exit 3', 'f() { return $(( $1 + 1 )); }; f 2; [[ $? == 3 ]] || exit 4',
    'x=$(( $(echo 2) * 3 )); (( x == 6 )) || exit 3', '((a=1, b=a+1)); (( b == 2 )) || exit 3', '(( a = 3 > 2 ? 7 : 8 )); (( a == 7 )) || exit 3', 'for ((i=0,j=5; i<j; i++,j--)); do :; done; (( i == 3 )) || exit 9',
    'i=5; while (( --i )); do :; done; (( i == 0 )) || exit 9', 'i=0; until (( ++i >= 3 )); do :; done; (( i == 3 )) || exit 9', 'let "i=2" "i*=4"; (( i == 8 )) || exit 9', 'x=$((16#ff)); (( x == 255 )) || exit 9',
    'case abc in a*) A=1;;& *c) B=1;;& *b) exit 9;; esac; [[ $A$B == 11 ]] || exit 8', 'trap "echo d" DEBUG; trap - DEBUG', 'trap "A=1" RETURN; trap - RETURN', 'while read -r -a w; do [[ ${w[1]} == b ]] || exit 3; done <<< "a b"',
    'read -r a b <<< "x y z"; [[ $b == "y z" ]] || exit 3', 'IFS=: read -r a b <<< "x:y"; [[ $b == y ]] || exit 3', 'mapfile -t l < <(printf "a\\nb\\n"); (( ${#l[@]} == 2 )) || exit 3',
    'x=$(printf "%s-" a b); [[ $x == a-b- ]] || exit 3', 'printf -v x "%02d" 3; [[ $x == 03 ]] || exit 3', 'x=$(type -t cd); [[ $x == builtin ]] || exit 3', 'cat < <(echo a) > >(cat >/dev/null)',
    'shopt -s nullglob; a=(/nowhere/*); (( ${#a[@]} == 0 )) || exit 3', 'a=(/nowhere/*); (( ${#a[@]} == 1 )) || exit 3', 'true |& cat', '{ true; } &>/dev/null', 'x=a; x+=b; [[ $x == ab ]] || exit 3',
    'echo {a,b}{1,2} >/dev/null; set -- {1..3}; (( $# == 3 )) || exit 3', 'x=$BASH_VERSION; [[ ${x%%.*} -ge 4 ]] || exit 3', '[[ $BASH_SOURCE == "$0" ]] || exit 3', '[[ ${BASH_SOURCE[0]} == "${0}" ]] || exit 3',
    '(( ${BASH_VERSINFO[0]} >= 4 )) || exit 3', '(( BASHPID == $$ )) || exit 3',
)  # fmt: skip
WRONG_SHELL = (
    "a=(x y)", "PIDS=()", "[[ -z $x ]] && A=1", "if [[ $1 == app* ]]; then A=1; fi", "function go { true; }", "function go() { true; }", "source /lib.sh", "echo ${x^^}", "x=${1:0:1}", "x=${x//a/b}",
    "for ((i=0; i<2; i++)); do :; done", "((n=1))", "read x <<< a", "true &> /tmp/z", "true |& cat", "exec > >(cat)", "echo $'a'", "local x=1", "declare x=1", "x=${!A}", "let n=1",
    "select x in a; do break; done", "set -o pipefail", "disown", "shopt -s nullglob", "go-on() { true; }", "[ a == a ] || exit 3", "case a in a) ;& b) ;; esac", "trap 'x=(' INT", "eval 'a=(x)'",
)  # fmt: skip
"""What bash understands, where another shell runs the script; and some that neither does."""
EVERYDAY_LAST: tuple[str, ...] = (
    'set -- {} "$@"; exec "$@"', "exec {} <<EOF\nx\nEOF", "su nobody -s /bin/sh -c {}", "su nobody -c {}", "echo a | xargs {}", "x=$({})",
    "echo a | while read x; do {}; done", "{} & tail -f /dev/null", "{} & wait $!; exit $?", "pid=$({} >/dev/null & echo $!); wait $pid",
    "until {}; do sleep 0.3; done", "while ! {}; do sleep 0.3; done", "sleep infinity & {}", 'eval "exec $(echo {})"', "command -p {}",
    "exec sh -c 'exec {}'", "sh -c '{} & wait'", "if {}; then exit 0; else exit 1; fi", "{} & pid=$!; trap 'kill -TERM \"$pid\"' TERM INT; wait \"$pid\"",
    "{} & pid=$!; trap 'kill $pid' EXIT; trap 'exit 0' TERM INT; wait", "{} & trap 'kill $!; wait $!' TERM; wait $!",
    "( {} ) & wait", "nohup {} >/dev/null 2>&1 & wait $!", "setsid {} & wait", "while :; do {} & wait $!; done", "{} | while read l; do echo $l; done",
    "for i in 1 2; do {} & done; wait", "trap 'kill $(jobs -p)' EXIT; {} & wait", "while read x; do {}; done </dev/null", "time {}",
    "env -i {}", "exec env A=1 B=2 {}", "f() { exec {}; }; f", "f() { {}; }; f & wait $!", "f() { {} & }; f; wait", "{ {}; } 2>&1 | tee /tmp/log",
    "trap 'exit 0' TERM; while true; do sleep 0.3; done", "trap 'exit 0' TERM; {} & while kill -0 $!; do sleep 0.2; done",
    "x={}; exec $x", 'exec ${x:-{}}', "{} <<EOF\nx\nEOF", "while read x; do {}; done <<EOF\na\nEOF", "exec 3>&1; {} >&3", "{} & exec app6",
)  # fmt: skip
EVERYDAY_LAST += (
    "pid=0; handler() { if [ $pid -ne 0 ]; then kill -TERM \"$pid\"; wait \"$pid\"; fi; exit 143; }; trap 'kill ${!}; handler' TERM; {} & pid=\"$!\"; while true; do tail -f /dev/null & wait ${!}; done",
    "trap 'kill -TERM $PID' TERM INT; {} & PID=$!; wait $PID; trap - TERM INT; wait $PID; exit $?",
    "trap 'kill -TERM $PID' TERM INT; {} & PID=$!; wait $PID; trap - TERM INT; wait $PID; STATUS=$?; exit $STATUS",
    'term() { kill -TERM "$child" 2>/dev/null; wait "$child"; }; trap term TERM INT; {} & child=$!; wait "$child"', 'trap "exit" INT TERM; trap "kill 0" EXIT; {} & wait',
    "trap 'trap - TERM && kill -- -$$' INT TERM EXIT; {} & wait", "{} & P1=$!; {} & P2=$!; wait $P1; wait $P2", "{} & P1=$!; {} & P2=$!; wait $P1 $P2", "{} & P1=$!; {} & P2=$!; while kill -0 $P1 && kill -0 $P2; do sleep 0.3; done",
    "(while :; do sleep 1000; done) & exec {}", "{} || { echo failed; exit 1; }", "if ! {}; then echo failed >&2; exit 1; fi", 'exec {} "$@" ${EXTRA_ARGS}', "exec {} \\\n  --flag \\\n  --other", 'exec "$(command -v {})" "$@"',
    'exec $(which {}) "$@"', '[ $# -eq 0 ] && exec {}; exec "$@"', '[ "$1" = "" ] && exec {} || exec "$@"', 'case "${1:-serve}" in serve) shift || true; exec {} "$@";; sh|bash) exec "$@";; *) exec "$@";; esac',
    'CMD="exec {}"; eval "$CMD"', "CMD={}; set -- $CMD; exec \"$@\"", 'cleanup() { rc=$?; kill $(jobs -p) 2>/dev/null; exit $rc; }; trap cleanup EXIT; {} & wait', 'cleanup() { kill "$pid"; wait "$pid"; }; trap cleanup EXIT; {} & pid=$!; wait "$pid"',
    "trap_all() { f=$1; shift; for s in \"$@\"; do trap \"$f $s\" $s; done; }; stop() { kill $!; wait $!; exit 0; }; trap_all stop TERM INT; {} & wait $!", "{} 2>&1 | while IFS= read -r l; do echo \"$l\"; done",
    "mkfifo /tmp/p; cat /tmp/p & {} >/tmp/p", "exec setsid {}", "setsid {} & wait $!", "while :; do {} || sleep 0.3; done", "while true; do {}; [ $? -eq 0 ] && exit 0; done", "if [ -z \"$1\" ]; then {}; else \"$@\"; fi",
    "main() { exec {} \"$@\"; }; main \"$@\"", "main() { {} \"$@\" & wait $!; }; main \"$@\"", "run() { \"$@\" & pid=$!; wait $pid; }; run {}", "{} & sleep infinity", "{} & {} & tail -f /dev/null", "{} & exec tail -f /dev/null", "{} & wait; exit 0",
    "trap 'kill $pid; wait $pid; exit 0' TERM; {} & pid=$!; while true; do sleep 0.3; done", "trap 'kill $pid; wait $pid; exit 0' TERM; {} & pid=$!; while true; do sleep 1000 & wait $!; done", "trap 'exit 0' TERM; {}", "trap : TERM INT; {} & wait; wait",
    "trap 'kill $pid' TERM; {} & pid=$!; while kill -0 $pid 2>/dev/null; do wait $pid; done", "trap 'kill $pid' TERM; {} & pid=$!; wait $pid; wait $pid 2>/dev/null; exit $?", "{} & pid=$!; echo $pid >/tmp/app.pid; wait $(cat /tmp/app.pid)",
    "{} & echo $! >/tmp/app.pid; trap 'kill $(cat /tmp/app.pid)' TERM; wait", "if [ \"$(id -u)\" = 0 ]; then exec env {}; fi; exec app6", "[ \"$1\" = serve ] && shift && exec {} \"$@\"; exec \"$@\"", "sh -c \"exec {}\"", "sh -ec \"{}; true\"", "exec sh -c \"{} & wait\"",
)  # fmt: skip
EVERYDAY_LAST += (
    'exec su nobody -s /bin/sh -c "exec {}"', "su -s /bin/sh nobody -c 'exec {}'", 'exec su -s /bin/sh -c "{}" nobody', 'exec runuser -u nobody -- {}', "runuser nobody -s /bin/sh -c 'exec {}'",
    "exec runuser -s /bin/sh -c '{}' nobody", 'exec setpriv --reuid=65534 --regid=65534 --clear-groups {}', 'if [ "$(id -u)" = 0 ]; then exec setpriv --reuid=65534 --clear-groups "$0" "$@"; fi; exec {}',
    'if [ "$(id -u)" = 0 ]; then exec su nobody -s /bin/sh -c "$0"; fi; exec {}', 'if [ -z "$AGAIN" ]; then AGAIN=1 exec "$0" "$@"; fi; exec {}', 'if [ -z "$AGAIN" ]; then export AGAIN=1; "$0" "$@"; exit $?; fi; exec {}',
    'if [ "$1" != again ]; then exec "$0" again; fi; exec {}', 'if [ "$1" != again ]; then exec sh "$0" again; fi; {} & wait', 'command exec {}', 'command exec {} || exec {}', 'nohup {} & wait $!',
    'nohup {} & p=$!; trap "kill $p" TERM; wait $p', 'nohup {} >/tmp/n.log 2>&1 & tail -f /dev/null', "setsid {} & p=$!; trap 'kill $p; wait $p' TERM; wait $p", 'setsid -w {} & wait $!', 'setsid {}', '({} &); wait',
    '({} &) ; sleep 1000', '({} & wait)', '( trap "exit 0" TERM; {} & wait ) & wait $!', 'set -- {} "$@"; exec "$@"', 'set -- sh -c "exec {}"; exec "$@"', 'set -- env A=1 {}; "$@"', 'shift 2>/dev/null; exec {} "$@"',
    'case $1 in "") exec {};; esac; exec "$@"', '{} & pid=$!; trap - TERM; wait $pid', "{} & pid=$!; trap 'trap - TERM; kill $pid; wait $pid' TERM; wait $pid", "trap 'trap - TERM; kill -TERM -$$' TERM; {} & wait",
    "trap 'exit 0' TERM; {} & while :; do sleep 0.3; done", "stop=0; trap 'stop=1' TERM; {} & pid=$!; while [ $stop -eq 0 ]; do sleep 0.3; done; kill $pid; wait $pid",
    'trap \'stop=1\' TERM; {} & pid=$!; until [ "$stop" ]; do sleep 0.3 & wait $!; done; kill $pid; wait $pid; exit 0', 'n=0; while [ $n -lt 3 ]; do {} && break; n=$((n+1)); sleep 0.1; done',
    'until {}; do echo again; sleep 0.3; done', '{} & p1=$!; {} & p2=$!; trap "kill $p1 $p2; wait" TERM; wait $p1 $p2', "{} & p1=$!; {} & p2=$!; trap 'kill -TERM $p1; wait $p1; kill -TERM $p2; wait $p2' TERM; wait",
    'PIDS=; {} & PIDS="$PIDS $!"; {} & PIDS="$PIDS $!"; trap \'kill $PIDS; wait $PIDS\' TERM; wait $PIDS',
    'for s in a b; do {} & P="$P $!"; done; trap \'for p in $P; do kill $p; done; for p in $P; do wait $p; done; exit 0\' TERM; wait',
    'forward() { kill -s $1 $pid; wait $pid; exit $?; }; for s in TERM INT; do trap "forward $s" $s; done; {} & pid=$!; wait $pid', "{} & pid=$!; trap 'kill -s HUP $pid' HUP; trap 'kill -s TERM $pid' TERM; wait $pid; wait $pid",
    '{} & child=$!; trap "kill -TERM $child 2>/dev/null; wait $child; exit 143" TERM; wait $child; rc=$?; exit $rc', 'mkfifo /tmp/f; {} >/tmp/f 2>&1 & cat </tmp/f', 'mkfifo /tmp/f; cat </tmp/f & exec {} >/tmp/f',
    '{ {}; echo $? >/tmp/rc; } | cat; exit $(cat /tmp/rc)', '{} 2>&1 | tee -a /tmp/log', '{} 2>&1 | sed -u s/a/b/', '{} >/tmp/log 2>&1 & tail -F /tmp/log', '{} & tail --pid=$! -f /dev/null', 'exec {} <&-', 'exec {} >&- 2>&-',
    'exec 3>&1; exec {} 3>&-', '{} & exec 3>&-; wait', 'exec {} 9>/tmp/lock', 'exec 9>/tmp/lock; flock 9; exec {}', 'exec env -u A PATH="$PATH" {}', 'exec nice -n 5 ionice -c3 {}', 'exec chrt -b 0 {}', 'exec stdbuf -oL {}',
    'exec timeout -k 5 100 {}', 'env HOME=/tmp {} & wait $!', 'A=1 B=2 exec {}', 'main() { local a=1; {} & wait $!; }; main "$@"', 'start() { {} & PID=$!; }; stop() { kill $PID; wait $PID; }; trap stop TERM; start; wait $PID',
    'start() { {} & echo $!; }; pid=$(start >/dev/null; echo $!); wait', 'finish() { kill $(jobs -p) 2>/dev/null; wait; exit 0; }; trap finish TERM INT; {} & {} & wait',
    'cat >/tmp/run.sh <<EOF\n#!/bin/sh\nexec {}\nEOF\nchmod +x /tmp/run.sh; exec /tmp/run.sh', 'cat >/tmp/run.sh <<EOF\nexec {}\nEOF\nexec sh /tmp/run.sh', 'echo "exec {}" >/tmp/r; . /tmp/r',
    'while read -r l; do set -- $l; done </etc/hosts; exec {}', 'while read -r l; do {} & done <<EOF\na\nb\nEOF\nwait', 'printf "x\\ny\\n" | while read -r l; do {} & done; wait', 'sleep 0.1 && {}',
    '{} & sleep 0.1; kill -0 $! || exit 1; wait $!', '{} & while ! test -d /tmp; do sleep 0.1; done; wait', 'trap "kill 0" TERM; {} & {} & wait', "trap 'kill -TERM 0; wait' TERM; {} & {} & wait", 'exec {} "$@" & wait $!',
    'exec {} && exit 0', 'if true; then exec {}; fi', 'true && exec {} || exit 1', 'test -d /missing && exec {}; exec {} --default', '[ -x /usr/local/bin/{} ] && exec {}; exit 4', 'wait; exec {}',
)  # fmt: skip
EVERYDAY_LAST += (
    '(trap "exit 5" TERM; {} & wait $!) & trap "kill $!; wait $!" TERM; wait', "trap 'kill -TERM $p; wait $p; exit $?' TERM; {} & p=$!; wait $p; exit $?", 'f() { trap "kill $p; wait $p; exit 0" TERM; }; f; {} & p=$!; wait',
    "trap 'kill $!' TERM; {} & wait $!; wait $!", "trap 'kill $!; wait' TERM; (sleep 1000; true) & {} & wait", 'on_term() { echo term; exit; }; trap on_term TERM; {} & wait',
    'on_exit() { kill $p; wait $p; }; trap on_exit EXIT; trap exit TERM; {} & p=$!; wait', "trap 'exit' TERM; trap 'kill $p; wait $p' EXIT; {} & p=$!; wait $p",
    "trap 'kill $p; trap - EXIT; exit' TERM; trap 'echo x' EXIT; {} & p=$!; wait", 'set -e; {} & wait $! || { echo failed; exit 3; }', 'set -e; if {}; then :; fi', 'set -e; {} || rc=$?; exit ${rc:-0}',
    'set +e; {}; rc=$?; set -e; exit $rc', '{}; case $? in 0) exit 0;; *) exit 1;; esac', 'while true; do {}; rc=$?; [ $rc -eq 0 ] && break; sleep 0.1; done', 'while true; do {}; case $? in 143|137) exit 0;; esac; done',
    'n=0; while [ $n -lt 2 ]; do {}; n=$((n+1)); done', 'for i in 1 2; do {}; done', '{} & a=$!; {} & b=$!; trap "kill $a $b" TERM; wait $a; wait $b; wait $a; wait $b',
    '{} & a=$!; {} & b=$!; while kill -0 $a 2>/dev/null && kill -0 $b 2>/dev/null; do sleep 0.2; done; kill $a $b 2>/dev/null; exit 1',
    'trap \'stop=1; kill $a\' TERM; {} & a=$!; while [ -z "$stop" ]; do wait $a; [ -n "$stop" ] || { {} & a=$!; }; done; wait $a', "trap 'kill $a; wait $a; exit 0' TERM; while :; do {} & a=$!; wait $a; sleep 0.1; done",
    "term=0; trap 'term=1' TERM; {} & p=$!; wait $p; if [ $term = 1 ]; then kill $p; wait $p; fi", 'trap : TERM; {} & p=$!; wait $p; kill $p; wait $p',
    "trap 'echo a' TERM; {} & p=$!; wait $p; rc=$?; while [ $rc -gt 128 ] && kill -0 $p; do kill $p; wait $p; rc=$?; done; exit $rc", '{} & exec sleep 1000', 'sleep 1000 & exec {}', '{} | cat & wait', '{} | cat & wait $!',
    '{} 2>&1 | cat & p=$!; trap "kill $p; wait $p" TERM; wait $p', 'sh -c "{} & wait" & wait', 'sh -c "exec {}" & p=$!; trap "kill $p; wait $p" TERM; wait $p', 'sh -c "{}; true" & p=$!; trap "kill $p; wait $p" TERM; wait $p',
    'env sh -c "exec {}"', 'eval "{} & p=\\$!"; trap "kill $p; wait $p" TERM; wait $p', 'x="{} --flag"; exec $x', 'x="exec {}"; eval $x', 'set -- {}; "$@" & wait $!', 'p={}; command -v $p >/dev/null || exit 127; exec "$p"',
    'exec "$(command -v {})"', 'if [ -t 1 ]; then exec sh; else exec {}; fi', '[ "$#" -gt 5 ] || exec {}', '[ "$#" -lt 5 ] && exec {} "$@"; exit 3', 'test -z "$X" && { exec {}; }; exit 3', '{ exec {}; }', '( exec {} )',
    '( exec {} ) & wait $!', '( {} & wait $! )', '{ {} & }; wait', 'f() { {} & p=$!; }; f; trap "kill $p; wait $p" TERM; wait $p', 'f() ( exec {} ); f', 'f() { exec {}; }; f & wait $!', 'f() { "$@"; }; f {}',
    'f() { exec "$@"; }; f {} --x', 'f() { "$@" & wait $!; }; f {}', 'f() { for s; do $s & done; wait; }; f {} {}', 'umask 022 && exec {}', 'cd /tmp && exec {}', '(cd /tmp && {})', 'exec {} >/dev/null 2>&1 </dev/null',
    '{} >/dev/null 2>&1 </dev/null &\nwait', 'nice {} & wait $!', 'timeout 100 {} & wait $!', "trap 'kill $p; wait $p' TERM; timeout 100 {} & p=$!; wait $p",
    "trap 'kill $p; wait $p' TERM; su nobody -s /bin/sh -c 'exec {}' & p=$!; wait $p", "trap 'kill $p; wait $p' TERM; runuser -u nobody -- {} & p=$!; wait $p", 'su nobody -s /bin/sh -c "{} & wait"',
    'su nobody -s /bin/sh -c "{}" & wait $!', 'exec su nobody -s /bin/sh -c "trap : TERM; {} & wait; wait"',
)  # fmt: skip
EVERYDAY_LAST_BASH: tuple[str, ...] = (
    'a=({}); exec "${a[@]}"', "pids=(); {} & pids+=($!); {} & pids+=($!); trap 'kill \"${pids[@]}\"; wait' TERM; wait",
    "{} & pids+=($!); wait \"${pids[@]}\"", "{} < <(echo x)", "{} > >(cat)", "{} & {} & wait -n", "{} & {} & wait -n; exit $?",
    "{} & {} & wait -n; kill $(jobs -p); wait", "trap 'kill 0' EXIT; {} & {} & wait -n", "trap 'kill $(jobs -p); wait' TERM INT EXIT; {} & {} & wait",
    "{} <<< x", "exec {} <<< x", "while read -r x; do {}; done <<< a", "{} |& cat", "{} &> /tmp/log", "exec &> /tmp/log; {}", 'exec "${@:1}"', '"${@:-{}}"',
    "set -m; {} & fg", "{} & {} & for p in $(jobs -p); do wait $p; done", "coproc {}; wait", "if [[ -n ${1:-} ]]; then exec \"$@\"; fi; exec {}",
    "{} & disown; wait", "{} & wait -n $!",
)  # fmt: skip
EVERYDAY_LAST_BASH += (
    "{} & disown; wait $!", "{} & disown -a; wait", "{} & {} & disown %1; wait", "{} & disown -h; wait", "{} & disown $!; exec app6", "exec 1> >(tee /tmp/l) 2>&1; exec {}", "{} > >(cat) 2>&1 & wait $!", "{} & wait -n || exit $?",
    '_main() { exec {} "$@"; }; if ! [[ ${BASH_SOURCE[0]} != "$0" ]]; then _main "$@"; fi', "cmd=({} --flag); exec \"${cmd[@]}\" \"$@\"", 'args=(); args+=({}); "${args[@]}"', "trap 'kill -TERM \"${pids[@]}\"; wait \"${pids[@]}\"' TERM; pids=(); for i in 1 2; do {} & pids+=(\"$!\"); done; wait",
    "function run { {}; }; run", "set -Eeo pipefail; trap 'exit 9' ERR; {}", "set -e; trap 'kill $(jobs -p)' EXIT; {} & {} & wait -n", "[[ $# -eq 0 ]] && exec {}; exec \"$@\"", "if (( $# )); then exec \"$@\"; else exec {}; fi", "{} & pid=$!; trap \"kill $pid; wait $pid\" SIGTERM SIGINT; wait $pid",
    "trap 'kill -s SIGTERM $!; wait $!' SIGTERM; {} & wait $!", "{} & while wait -n; do :; done", "{} & until wait $!; do :; done", "declare -a pids; {} & pids[0]=$!; {} & pids[1]=$!; wait \"${pids[@]}\"", "exec {} <<< \"x\"", "while IFS= read -r line; do echo $line; done < <({})",
)  # fmt: skip
EVERYDAY_LAST_BASH += (
    'exec > >(tee -a /tmp/log) 2>&1; exec {}', 'exec > >(tee -a /tmp/log) 2>&1; {} & wait $!', "exec > >(tee -a /tmp/log) 2>&1; trap 'kill $pid; wait $pid' TERM; {} & pid=$!; wait $pid", 'exec &> >(tee /tmp/l); {}',
    '{} > >(tee /tmp/l) 2> >(cat >&2)', 'coproc {}; wait $COPROC_PID', 'coproc S { {}; }; trap "kill $S_PID; wait $S_PID" TERM; wait $S_PID', 'coproc { {}; }; exec app6',
    'pids=(); for i in 1 2; do {} & pids+=($!); done; for p in "${pids[@]}"; do wait $p; done', 'pids=(); for i in 1 2; do {} & pids+=($!); done; trap \'kill "${pids[@]}"\' TERM; for p in "${pids[@]}"; do wait $p; done',
    "pids=(); {} & pids+=($!); {} & pids+=($!); trap 'kill ${pids[*]}; wait' TERM; while wait -n; do :; done", 'pids=(); {} & pids+=($!); {} & pids+=($!); wait -n "${pids[@]}"; rc=$?; kill "${pids[@]}" 2>/dev/null; wait; exit $rc',
    "declare -A P; {} & P[a]=$!; {} & P[b]=$!; trap 'kill ${P[a]} ${P[b]}; wait' TERM; wait", '{} & {} & while (( $(jobs -rp | wc -l) > 0 )); do wait -n; done', 'while :; do {} & wait -n; done',
    '{} & {} & wait -n -p which; kill $(jobs -p); wait', "trap 'kill $(jobs -pr); wait' TERM; {} & {} & wait -n", 'case ${1:-serve} in serve) A=1 ;& *) exec {};; esac', 'case a in a) A=1 ;;& *) exec {};; esac', 'exec "${@:2}"',
    '"${@:2}" & wait', 'exec "${@:-{}}"', 'cmd=("${@:2}"); exec {} "${cmd[@]}"', 'args=("$@"); [[ ${#args[@]} -eq 0 ]] && args=({}); exec "${args[@]}"', '[[ ${1:-} =~ ^app ]] && exec "$@"; exec {}',
    'if [[ $1 == *.conf ]]; then exec {} "$1"; fi; exec app6', 'if (( EUID == 0 )); then exec setpriv --reuid=65534 --clear-groups "$BASH_SOURCE" "$@"; fi; exec {}',
    'if [[ $EUID -eq 0 ]]; then exec gosu nobody "$BASH_SOURCE" "$@"; fi; exec {}', 'printf -v cmd "%s" {}; exec $cmd', 'printf -v cmd "exec %s" {}; eval "$cmd"', 'i=0; while ((i < 2)); do {} & ((i++)); done; wait',
    'i=0; until {} || (( ++i >= 3 )); do sleep 0.1; done', 'set -e; n=0; ((n++)); exec {}', 'set -e; n=1; ((n++)); exec {}', 'set -e; n=0; ((n+=1)); exec {}', 'set -e; n=1; ((n--)); exec {}', 'set -e; let n=0; exec {}',
    '{} & disown; exec app6', '{} & disown -r; wait $!', 'nohup {} & disown; sleep 1000', 'setsid {} & disown; wait', 'exec -c {}', 'time {}', '! {}',
    'f() { local pid; {} & pid=$!; trap "kill $pid; wait $pid" TERM; wait "$pid"; }; f', 'f() { local IFS=,; {} & wait $!; }; f', 'main() { local -r x=1; exec {} "$@"; }; main "$@"', 'readonly CMD={}; exec "$CMD"',
    'declare -r CMD=({}); exec "${CMD[@]}"', 'trap "kill %1 %2; wait" TERM; {} & {} & wait', "trap 'kill %1; wait %1; exit' TERM; {} & wait %1", 'set -m; {} & wait', 'set -m; {} & fg %1',
    "set -m; trap 'kill -- -$pid; wait' TERM; {} & pid=$!; wait", 'while IFS= read -r l; do echo "$l"; done < <({} 2>&1)', '{} |& tee /tmp/log', '{} &>/tmp/log & wait -n', '{} & wait -f $!',
    'mapfile -t cmd <<< {}; exec "${cmd[@]}"', 'read -ra cmd <<< "{} --x"; exec "${cmd[@]}"', 'source <(echo "exec {}")', 'eval "$(echo exec {})"', 'x=$({} & wait $!)', 'until [[ -n $stop ]]; do {} & wait $!; done',
)  # fmt: skip
EVERYDAY_LAST_BASH += (
    'declare -a P=(); {} & P+=("$!"); {} & P+=("$!"); trap \'for p in "${P[@]}"; do kill "$p"; done; for p in "${P[@]}"; do wait "$p"; done; exit 0\' TERM; wait',
    'trap \'kill "${P[0]}"; wait "${P[0]}"\' TERM; P=(); {} & P[0]=$!; wait "${P[0]}"', 'stop() { kill "${P[@]}"; wait "${P[@]}"; exit 0; }; trap stop SIGTERM SIGINT; P=(); for c in {} {}; do $c & P+=($!); done; wait',
    'P=(); for i in {1..2}; do {} & P[i]=$!; done; wait "${P[@]}"', 'A=({} --x); "${A[@]}" & wait $!', 'A=("$@"); (( ${#A[@]} )) || A=({}); exec "${A[@]}"', 'set -m; {} & p=$!; trap "kill -TERM -$p; wait $p" TERM; wait $p',
    '[[ -n ${1:-} ]] || exec {}; exec "$@"', '[[ "${1:-}" == -* || -z "${1:-}" ]] && set -- {} "$@"; exec "$@"', 'while read -r s; do $s & done <<< {}; wait', 'while read -r s; do {} & done < <(printf "a\\nb\\n"); wait',
    'exec {fd}>/tmp/lock; flock $fd; exec {}', '{} & wait -n; echo done; exit 0', 'set -e; {} & {} & wait -n; exit $?', 'trap "exit 0" TERM; while sleep 0.3; do :; done & {}', 'trap "kill $(jobs -p)" EXIT; {} & wait',
    "trap 'jobs -p | xargs -r kill; wait' TERM; {} & {} & wait", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT; {} & {} & wait -n", '{ {} & wait $!; } 2> >(cat >&2)', '{} 2> >(cat >&2)',
    '{} 2> >(cat >&2) & p=$!; trap "kill $p; wait $p" TERM; wait $p', 'exec > >(cat); {} & wait $!', 'exec > >(cat); exec {}', 'if [[ -x /usr/local/bin/{} ]]; then exec {}; fi; exit 3',
    'function main { local c=("$@"); exec "${c[@]}"; }; main {}', 'function cleanup { kill "$p"; wait "$p"; }; trap cleanup EXIT; {} & p=$!; wait "$p"', 'main() { {} & local p=$!; trap "kill $p; wait $p" TERM; wait $p; }; main',
    'let "n = 0"; until (( n++ >= 2 )); do sleep 0.1; done; exec {}', '((0)) || exec {}', 'set -e; ((0)) || exec {}', 'set -e; ((0)); exec {}', 'x=1; ((x)) && exec {}; exit 3',
    '{} & while kill -0 $! 2>/dev/null; do sleep 0.2 & wait $!; done', 'trap "kill $!" TERM; {} & wait', 'exec bash -c "exec {}"', 'bash -c "{}"', 'bash -c "{}; true"', 'bash -ec "{} & wait"', 'bash -c "exec \\"\\$@\\"" sh {}',
    'exec bash -c \'"$@" & wait\' sh {}', 'exec env bash -c {}', 'BASH_ENV=/nowhere exec bash -c {}', 'exec bash -lc {}', 'exec bash --login -c "exec {}"', 'exec bash -o pipefail -c "{} | cat"', 'exec bash <<< "exec {}"',
    'bash -s <<EOF\nexec {}\nEOF',
)  # fmt: skip
FAILING: tuple[str, ...] = (
    "echo x >/missing/log", "echo x >>/missing/log || true", ": >/missing/log", "{ echo a; echo b; } >/missing/log", "(echo a) >/missing/log", "exec >/missing/log", "exec 2>/missing/log",
    "cat </missing/conf", 'while read -r l; do export "$l"; done </missing/env', "read -r v </missing/v || true", "echo $$ >/missing/app.pid", "f() { echo x; }; f >/missing/log", ">/missing/log", "A=1 >/missing/log",
    "sleep 0 >/missing/log", "x=$(cat </missing/conf)", "case a in a) :;; esac >/missing/log", "if true; then echo a; fi >/missing/log || true", "export A=1 >/missing/log", "command : >/missing/log || true", "echo x >/tmp", 'echo x >"$LOG"',
    "cd /missing", "cd /missing || exit 1", "cd /missing || true", "cd /missing && echo there", "(cd /missing && echo x)", "(cd /missing; echo x) || true", "cd /tmp && cd - >/dev/null", 'cd "$(dirname "$0")"', "x=$(cd /missing && pwd)",
    'DIR=$(cd "$(dirname "$0")" && pwd)', "cd /missing 2>/dev/null || cd /tmp", "mkdir -p /missing && cd /missing", "if cd /missing; then exit 3; fi", "! cd /missing", "cd /missing 2>/dev/null || { echo no >&2; exit 4; }",
    "n=0; x=$((10/n))", "x=$((1/0)) || true", "(x=$((1/0))) || true", "x=$((08))", "[ $((1/0)) = 1 ] || true", "f() { x=$((1/0)); return 0; }; f",
    "timeout 0.1 sleep 5", "timeout 0.1 sleep 5 || true", "timeout -k 1 0.1 sleep 5 || true", "timeout -s KILL 0.1 sleep 5 || true", "timeout 1 false", "timeout 1 /missing/x || true", "if timeout 0.1 sleep 5; then exit 3; fi", "timeout 0.1 plain2 || true",
    "timeout 0.1 sleep 5; [ $? -eq 124 ] || exit 6", "timeout x true || true", "trap -- '' HUP", "trap 'echo c' CHLD", "f() { trap 'exit 3' TERM; }; (f)", "(trap 'exit 3' TERM INT EXIT) || true", "x=$(trap 'exit 3' EXIT)", "trap '' INT QUIT",
    "f() { false; echo on; }; if f; then :; fi", "f() { false; true; }; f || true", "(false; true) || true", "(false; true) && true", "f() { (false; exit 4); }; f || true", "f() { ! true; }; f", "! false && true", "f() { false; echo x; }; x=$(f)",
    "x=$(false; echo a) || true", "f() { x=$(false; echo a); }; f || true", "{ false; true; } || true", "if (false; exit 4); then exit 5; fi", "while (false; true); do break; done", "f() { return 3; }; f || true", "f() { return; }; false || f",
    "readonly R=1; R=2 || true", "readonly R=1; (R=2) || true", "readonly R=1; export R=2", "readonly R=1; unset R || true", "export X=$(false)", "f() { local X=$(false); }; f", "f() { local X; X=$(false); }; f || true", "X=$(false) || true", "X=$(exit 3)",
    "shift 9", "shift 9 || true", "shift 2>/dev/null || :", "unset -v A B", "unset -f f", "unset NO_SUCH", "f() { true; }; unset f; f || true", "return 0 2>/dev/null || true", "return 3", "(return 3) || true", "exit 300 || true",
    "true & p=$!; wait $p; kill $p || true", "true & p=$!; wait $p; kill $p 2>/dev/null", "kill -0 99999 || true", "wait 99999 || true", "wait 99999", "kill 99999", "(exit 3) & wait $! || true", "false & wait", "false & wait $!", "(exit 3) & p=$!; wait $p || true; wait $p || true",
    "false | cat", "(exit 3) | true", "echo a | grep -q b", "false | true || exit 3", "exec /missing/app", "(exec /missing/app) || true", "missing-app", "missing-app || true", "/missing/app || true", "command -v missing-app >/dev/null || true", "missing-app && exit 3",
    "read -r a", "read -r a || true", "while read -r l; do echo $l; done", "while true; do read -r l || break; done", "read -t 1 a || true", "until read -r a; do break; done", "[ -t 0 ] || true", "[ -t 1 ] && exit 3", "if [ -t 0 ]; then exec sh; fi", "test -t 0 && exec sh",
    ". /missing/env 2>/dev/null || true", "[ -f /missing/env ] && . /missing/env", "set -o nosuch 2>/dev/null || true", "[ a = b", "eval 'if' || true", "exit $((1/0))", "false; x=$?; [ $x -eq 1 ] || exit 7", "if false; then :; else echo $?; fi",
)  # fmt: skip
"""What fails, and what is made of it. What takes longer than 0.1 s may be taken for what stands."""
FAILING_BASH: tuple[str, ...] = (
    "set -o pipefail; false | true", "set -o pipefail; false | cat || true", "set -o pipefail; x=$(false | true) || true", "shopt -s execfail; exec /missing/app", "shopt -s execfail; exec /missing/app || true", "shopt -s inherit_errexit", "((1/0)) || true", "let x=1/0 || true",
    "declare -r Q=1; Q=2 || true", "pushd /missing >/dev/null || true", "source /missing/env || true", "[[ -d /missing ]] || cd /missing || true", "echo x &>/missing/log || true", "select x in a b; do break; done", "trap 'exit 9' ERR; cd /missing || true", "trap 'echo e' ERR; cd /missing",
    "trap ':' CHLD", "set -o posix", "a=(", "return 1 2", "mapfile -t l </missing/list || true", "read -ra a </missing/a || true", "wait -n 99999 || true", "cat <<<a >/missing/x || true", "(( x = 1 / 0 )) || exit 3",
)  # fmt: skip
FAILING_LAST: tuple[str, ...] = (
    "cd /missing && exec {}", "cd /missing || exit 1; exec {}", "cd /missing; exec {}", "{} >/missing/log 2>&1", "exec {} >/missing/log", "exec {} 2>/missing/log || exec {}", "{} >/missing/log & wait $!", "{} & echo $! >/missing/app.pid; wait", "timeout 100 {}", "timeout -k 5 100 {}",
    "exec timeout 100 {}", "exec {} || exit 1", "{} && exit 0", "trap '' TERM; {}", "trap '' TERM; exec {}", "trap -- '' HUP; exec {}", "trap '' TERM; sh -c 'trap \"exit 3\" TERM; {} & wait'", "if ! cd /missing; then cd /tmp; fi; exec {}", "timeout 0.1 plain1 || exec {}",
    "read -r a; {}", "while read -r a; do {}; done; exec {}", "exec /missing/app || exec {}", "command -v missing-app >/dev/null && exec missing-app; exec {}", "[ -t 0 ] && exec sh; exec {}", "f() { false; exec {}; }; f || exit 1", "(false; {}) || exit 4", "{} & wait 99999; wait",
    "{} & kill -0 $! && wait $!", "{} & trap 'cd /missing; kill $!; wait $!' TERM; wait $!", "{} & trap 'echo bye >/missing/log; kill $!; wait $!' TERM; wait $!", "{} & trap 'kill $!; wait $! || exit 3; exit 0' TERM; wait $!", "{} & trap ': >/missing/log; kill $!; wait' TERM EXIT; wait",
    "(cd /missing && exec {}) || exec {}", "missing-app || exec {}", "{} & false & wait; wait", "f() ( cd /missing && exec {} ); f || {}", "x=$(cd /missing; echo a) && exec {}", "trap 'exit 0' CHLD; {} & wait", "(sleep 1000 &); {} & pid=$!; trap 'kill $pid; wait; exit 0' TERM; wait $pid",
    "while :; do timeout 100 {} || true; done", "trap 'timeout 0.1 sleep 5; exit 3' TERM; {} & wait", "trap 'readonly R=1; R=2; exit 3' TERM; {} & wait", "trap 'exit $((1/0))' TERM; {} & wait", "{} & trap 'kill $! && wait $! && exit 0 || exit 4' TERM; wait",
)  # fmt: skip
STATUSES = ("", "", " 0", " 1", " 3", " $?", " 143")


@dataclass(frozen=True, slots=True)
class Draw:
    """A start command and its files; `shell` reads it, `launcher` stands before it."""

    shell: str
    form: Form
    body: Block
    launcher: str = ""
    shebang: str = "#!/bin/sh"
    arguments: tuple[str, ...] = ()
    stop_signal: str = "TERM"
    files: tuple[tuple[str, Block], ...] = field(default=())

    def argv(self) -> tuple[str, ...]:
        """What PID 1 is."""
        before = tuple(self.launcher.split())
        if self.form == "script":
            return (*before, "/entrypoint.sh", *self.arguments)
        name = "bash" if self.shell == "bash" else "/bin/sh"
        return (
            *before,
            name,
            "-c",
            write(self.body, lines=False),
            *(("sh", *self.arguments) if self.arguments else ()),
        )

    def texts(self) -> dict[str, str]:
        """The scripts by their path; all can be executed."""
        scripts = (("/entrypoint.sh", self.body), *self.files) if self.form == "script" else self.files
        return {path: f"{self.shebang}\n{write(block, lines=True)}\n" for path, block in scripts}

    def dockerfile(self) -> str:
        """The image."""
        lines = [f"FROM {BASES[self.shell]}"]
        text = self._text()
        packages = [name for name, programs in PACKAGES.items() if any(program in text for program in programs)]
        if packages:
            managers = {"busybox": "apk add", "sh": "dnf install -y"}
            install = managers.get(self.shell, "apt-get update && apt-get install -y")
            lines.append(f"RUN {install} {' '.join(packages)}")
        lines.append("COPY bin/ /usr/local/bin/")
        lines += [f"COPY files{path} {path}" for path in self.texts()]
        if self.stop_signal != "TERM":
            lines.append(f"STOPSIGNAL SIG{self.stop_signal}")
        if self.form == "shell form":
            lines.append(f"CMD {write(self.body, lines=False)}")
        else:
            lines.append(f"CMD {json.dumps(self.argv())}")
        return "\n".join(lines) + "\n"

    def _text(self) -> str:
        return "\n".join((*self.argv(), *self.texts().values()))

    def size(self) -> int:
        """How much there is to read."""
        extra = bool(self.launcher) + len(self.arguments) + (self.stop_signal != "TERM") + (self.form == "shell form")
        return size(self.body) + sum(2 + size(block) for _, block in self.files) + extra

    def smaller(self) -> Iterator[Draw]:
        """Each draw that is one step smaller."""
        from dataclasses import replace

        for index in range(len(self.files)):
            yield replace(self, files=self.files[:index] + self.files[index + 1 :])
        for body in smaller(self.body):
            yield replace(self, body=body)
        for index, (path, block) in enumerate(self.files):
            for less in smaller(block):
                yield replace(self, files=(*self.files[:index], (path, less), *self.files[index + 1 :]))
        if self.launcher:
            yield replace(self, launcher="")
        if self.arguments:
            yield replace(self, arguments=())
            yield replace(self, arguments=self.arguments[:-1])
        if self.stop_signal != "TERM":
            yield replace(self, stop_signal="TERM")


class Grammar:
    """Draws with one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._shell = ""
        self._services = 0
        self._functions: list[str] = []
        self._files: list[tuple[str, Block]] = []

    def draw(self) -> Draw:
        """One image."""
        chance = self._chance
        self._services, self._functions, self._files = 0, [], []
        self._shell = chance.choice(("dash", "dash", "bash", "bash", "busybox", "sh"))
        form: Form = chance.choices(("script", "command", "shell form"), (7, 2, 1))[0]
        if form == "shell form" and self._shell == "bash":
            form = "command"
        if form == "script" and self._one_in(2):
            body = Entrypoint(chance, self._shell, self._service).block()
        elif form == "script":
            body = self._script()
        else:
            body = self._short()
        if form == "script" and self._one_in(2):
            body, layers = layered(chance, kinds_of(self._shell), body)
            self._files += layers
        shebang = "#!/bin/sh"
        if self._shell == "bash":
            shebang = chance.choice(("#!/bin/bash", "#!/usr/bin/env bash", "#!/bin/bash -e"))
        elif self._one_in(8):
            shebang = "#!/bin/sh -e"
        return Draw(
            self._shell,
            form,
            body,
            chance.choice(INITS) if form != "shell form" and self._one_in(6) else "",
            shebang,
            chance.choice(ARGUMENTS) if form != "shell form" else (),
            chance.choice(SIGNALS),
            tuple(self._files),
        )

    # --- parts -----------------------------------------------------------------------------------

    def _one_in(self, count: int) -> bool:
        return self._chance.randrange(count) == 0

    def _failing(self, text: str) -> str:
        """Nobody has looked at which programs Amazon Linux has: there one is missing by its path alone."""
        if self._shell == "busybox" and "timeout 0.1" in text:
            return "timeout 1 false || true"  # it counts whole seconds
        return text.replace("missing-app", "/missing/app") if self._shell == "sh" else text

    def _is_bash(self) -> bool:
        return self._shell in ("bash", "sh")

    def _some(self, texts: tuple[str, ...]) -> str:
        return self._chance.choice(texts)

    def _service(self) -> str:
        """A program that stands, seldom twice the same."""
        if self._one_in(9):
            return self._some(DEFAULTS)
        self._services += 1
        return SERVICES[(self._services - 1) % 6]

    def _wrapper(self) -> str:
        return self._some(WRAPPERS if self._shell == "busybox" else (*WRAPPERS, *DEBIAN_WRAPPERS))

    def _script(self) -> Block:
        nodes: list[Node] = []
        if self._one_in(3):
            nodes.append(Node(self._some(("set -e", "set -e", "set -eu", "set -u", "set +e", "set -m"))))
        if self._one_in(4):
            nodes += self._function()
        if self._one_in(10):
            nodes += self._source()
        if self._one_in(2):
            nodes.append(self._trap())
        for _ in range(self._chance.randrange(3)):
            nodes += self._statement(0)
        nodes += self._chance.choice((self._last, self._jobs, self._jobs, self._branching, self._dispatch))(0)
        if self._one_in(4):
            nodes += self._statement(0)
        return tuple(nodes)

    def _short(self) -> Block:
        """A script without functions: those of another script are none of its own."""
        nodes: list[Node] = []
        functions, self._functions = self._functions, []
        if self._one_in(3):
            nodes.append(self._trap())
        for _ in range(self._chance.randrange(3)):
            nodes += self._statement(1)
        nodes += self._chance.choice((self._last, self._last, self._jobs))(1)
        self._functions = functions
        return tuple(nodes)

    def _function(self) -> list[Node]:
        name = self._some(("main", "stop", "start", "cleanup"))
        self._functions.append(name)
        if name in ("stop", "cleanup"):
            action = Node(self._some(('kill "$pid"', 'kill -TERM "$pid" 2>/dev/null', "kill $(jobs -p)", "echo bye")))
            block = [action]
            if self._one_in(2):
                block.append(Node(self._some(('wait "$pid"', "wait"))))
            if self._one_in(2):
                block.append(Node("exit" + self._some(STATUSES)))
            nodes = [Node(name + "() { {}}", (tuple(block),))]
        else:
            block = self._statement(2) + self._last(1)
            nodes = [Node(name + "() { {}}", (tuple(block),))]
        if self._one_in(3):
            nodes[0] = Node(nodes[0].text.replace("() { {}}", "() ( {})"), nodes[0].blocks)
        if name in ("stop", "cleanup"):
            nodes.append(Node(f"trap {name} " + self._some(("TERM", "TERM INT", "EXIT", "TERM INT EXIT", "INT"))))
        return nodes

    def _source(self) -> list[Node]:
        block = tuple(self._statement(2) + ([self._trap()] if self._one_in(2) else []) + self._statement(2))
        if self._one_in(4):
            block += (
                Node(self._some(("return", "return 3", "exit 4", "exit", "false", "return 3 || true", "false; true"))),
            )
        self._files.append(("/lib.sh", block))
        return [
            Node(
                self._some(
                    (
                        ". /lib.sh",
                        ". /lib.sh",
                        ". /lib.sh || true",
                        "[ -f /lib.sh ] && . /lib.sh",
                        "if . /lib.sh; then :; fi",
                        ". /lib.sh || exit 5",
                    )
                )
            )
        ]

    def _trap(self) -> Node:
        action = self._some(
            (
                "kill $pid", 'kill "$pid"', "kill -TERM $pid", "kill -INT $pid", "kill -QUIT $pid", "kill $pid; wait $pid",
                "kill $pid; wait", "kill -TERM $pid; wait $pid; exit 0", "kill $pid; exit 0", "exit 0", "exit 3", "exit",
                ":", "", "-", "echo bye", "kill 0", "kill $(jobs -p)", "kill $(jobs -p); wait", "kill %1",
                "kill %1; wait %1", "kill -9 $pid", "wait $pid", "wait", "trap - TERM; kill 0", "trap - TERM; kill -TERM $$",
                "kill $pid 2>/dev/null || true", "exit $?", "kill -s TERM $pid", "kill -SIGTERM $pid", "kill -15 $pid",
                "trap '' TERM; kill 0; wait", "kill -TERM -1", "stopping=1", "exec app6", "app6", "kill -TERM -- -$$",
                "false", "kill $pid; sleep 0.1", "sleep 0.1; exit 7", "echo $?; exit 4", "return 5",
                "break", "kill -0 $pid && exit 5", "kill $pid; wait $pid; wait", "(kill $pid)", "kill $pid & wait",
                "[ -n \"$pid\" ] && kill $pid", "if kill -0 $pid; then kill $pid; wait $pid; fi",
                "while kill -0 $pid 2>/dev/null; do kill $pid; wait $pid; done",
                "kill -s TERM -- $pid", "kill -sTERM $pid", "kill -n 15 $pid; wait", "kill %app1; wait", "kill $pid $!; wait",
                "trap - TERM; kill $pid; wait $pid", "trap '' TERM INT; kill $pid; wait", "sleep 0.1; kill $pid; wait",
                "kill -TERM $pid && wait $pid", "kill $pid & wait $pid", "for p in $pid $!; do kill $p; done; wait",
                "case $pid in '') exit 0;; *) kill $pid; wait;; esac", "exec sleep 0.1", "command kill $pid; exit",
            )
        )  # fmt: skip
        signals = self._some(
            ("TERM", "TERM", "TERM", "TERM INT", "INT TERM", "INT", "EXIT", "EXIT", "TERM EXIT", "INT TERM EXIT", "QUIT",
             "TERM QUIT INT", "2 15", "SIGTERM", "SIGTERM SIGINT", "0", "15", "HUP TERM", "term", "USR1")
        )  # fmt: skip
        if self._one_in(60):
            signals = self._some(("CHLD", "ERR"))
        if action == "-":
            return Node(f"trap - {signals}")
        return Node(f'trap "{action}" {signals}' if "'" in action else f"trap '{action}' {signals}")

    def _statement(self, depth: int) -> list[Node]:
        """One that does not stand, usually."""
        chance = self._chance
        kind = chance.choices(
            ("quiet", "everyday", "job", "trap", "if", "case", "subshell", "set", "loop", "eval", "wait", "and", "kill",
             "local", "fed", "failing"),
            (4, 5, 4, 2, 2, 1, 2, 2, 1, 1, 1, 2, 1, 1, 1, 3),
        )[0]  # fmt: skip
        if depth > 2 and kind in ("if", "case", "subshell", "loop", "eval", "everyday", "fed", "failing"):
            kind = "quiet"
        match kind:
            case "failing":
                text = self._some((*FAILING, *FAILING_BASH) if self._is_bash() else FAILING)
                return [Node(self._failing(text) if depth < 2 or "'" not in text else "cd /missing || true")]
            case "everyday":
                text = self._some((*EVERYDAY, *EVERYDAY_BASH) if self._is_bash() else EVERYDAY)
                if not self._is_bash() and self._one_in(20):
                    text = self._some(WRONG_SHELL)
                return [Node(text if (depth < 2 or "'" not in text) and (not depth or "\n" not in text) else "true")]
            case "fed":
                head = self._some(("echo a | while read x; do{}done", "printf 'a\\nb\\n' | while read -r x; do{}done",
                                   "echo app1 app2 | (read x y;{})", "x=$({})", "while read x; do{}done </dev/null",
                                   "ls / | while read x; do{}done", "f() {{}}; f", "true | while read x; do{}done"))  # fmt: skip
                return [Node(head, (tuple(self._statement(depth + 2)),))]
            case "job":
                return self._job(depth)
            case "trap":
                return [self._trap()]
            case "if":
                return [self._if(depth, self._statement)]
            case "case":
                return [self._case(depth, self._statement)]
            case "subshell":
                inside = tuple(self._statement(depth + 1))
                return [Node(self._some(("( {})", "{ {}}", "( {}) | cat", "{ {}} | cat")), (inside,))]
            case "set":
                return [Node(self._some(("set -- app1", "set -- app2 \"$@\"", "shift", "set -- \"$@\"", "set -e", "set +e",
                                         "set -- sh -c app3", "shift 2>/dev/null || true",
                                         "set -o pipefail", "[ $# -gt 0 ] || set -- app4")))]  # fmt: skip
            case "loop":
                head = self._some(("for i in 1 2; do{}done", "while false; do{}done", "until true; do{}done",
                                   "for a in \"$@\"; do{}done", "i=0; while [ $i -lt 2 ]; do i=$((i+1)){}done"))  # fmt: skip
                if head.startswith("i=0"):
                    head = "i=0; while [ $i -lt 2 ]; do i=$((i+1));{}done"
                inside = tuple(self._statement(depth + 1))
                if self._one_in(4):
                    inside = (*inside, Node(self._some(("break", "continue", '[ -n "$a" ] && break'))))
                return [Node(head, (inside,))]
            case "eval":
                inner = write(tuple(self._statement(3)), lines=False)
                return [Node(f"eval '{inner}'" if "'" not in inner else "eval true")]
            case "wait":
                return [Node(self._some(("wait $pid || true", "jobs", "false || true", "! false", "false && true")))]
            case "and":
                left = self._some(CONDITIONS)
                right = self._statement(3)[0]
                if right.blocks or right.suffix or "\n" in right.text or right.text.endswith("&"):
                    right = Node("true")
                return [Node(f"{left} {self._some(('&&', '||'))} {right.write(lines=False)}")]
            case "kill":
                return [Node(self._some(("kill -0 $$", "kill -0 ${pid:-1}", "sleep 0", "kill -HUP $$", "kill -CHLD $$")))]  # fmt: skip
            case "local":
                return [Node(self._some(("false", "A=$(false)", "export B=$(false)", "[ 1 = 2 ]", "unset A",
                                         "B=$(echo app2)", "readonly R=1", "type app1 >/dev/null",
                                         "sh -c 'exit 3'", "(exit 2)", "sh -c true")))]  # fmt: skip
        return [Node(self._some(QUIET))]

    def _job(self, depth: int) -> list[Node]:
        """Something in the background."""
        kind = self._chance.choices(("service", "keepalive", "group", "pipeline", "wrapped"), (8, 2, 2, 1, 2))[0]
        match kind:
            case "keepalive":
                node = Node(self._some(KEEPALIVE), suffix=" &")
            case "group":
                inside = tuple(self._statement(depth + 2) + self._last(depth + 2))
                node = Node(self._some(("( {})", "{ {}}")), (inside,), suffix=" &")
            case "pipeline":
                node = Node(f"{self._service()} | cat", suffix=" &")
            case "wrapped":
                node = Node(self._service(), prefixes=(self._wrapper(),), suffix=" &")
            case _:
                node = Node(self._service(), suffix=" &")
        return [node, Node("pid=$!")] if not self._one_in(4) else [node]

    def _jobs(self, depth: int) -> list[Node]:
        """Jobs, and what stands beside them."""
        nodes = self._job(depth)
        if self._one_in(3):
            nodes += self._job(depth)
        if self._one_in(2):
            nodes.append(self._trap())
        kind = self._chance.choices(("wait", "loop", "keepalive", "last", "poll"), (8, 2, 2, 2, 1))[0]
        match kind:
            case "wait":
                nodes.append(
                    Node(
                        self._some(
                            ("wait", "wait", "wait $pid", 'wait "$pid"', "wait $!", "wait" if self._shell == "dash" else "wait -n", "wait $pid || true",
                             "wait %1", "wait; wait", "wait || exit $?", "if wait $pid; then echo ok; fi", "! wait $pid",
                             "wait $pid && echo done", "wait $pid; wait $pid", "(wait)", "wait $pid $pid", "wait 99",
                             "{ wait; }", "wait $pid; wait", "wait; wait $pid", "wait %app1", "while wait; do break; done", "wait | cat", "wait & wait $!", "wait $pid && exit 0 || exit 4")
                        )
                    )
                )  # fmt: skip
                if self._one_in(3):
                    nodes.append(Node(self._some(("wait", "wait $pid", "rc=$?; wait; exit $rc", "exit $?", "echo $?"))))
            case "loop":
                nodes.append(self._endless())
            case "keepalive":
                nodes.append(Node(self._some((*KEEPALIVE, "sleep infinity & wait $!", "sleep 1000 & wait"))))
            case "poll":
                nodes.append(
                    Node(
                        self._some(
                            ("while kill -0 $pid 2>/dev/null; do sleep 0.3; done",
                             "while kill -0 $pid 2>/dev/null; do wait $pid; done",
                             "until ! kill -0 $pid; do sleep 0.3; done",
                             "while [ -z \"$stopping\" ]; do sleep 0.3; done; kill $pid; wait $pid",
                             "while [ -z \"$stopping\" ]; do wait $pid; done")
                        )
                    )
                )  # fmt: skip
            case _:
                nodes += self._last(depth)
        return nodes

    def _endless(self) -> Node:
        head = self._some(
            (
                "while true; do{}done",
                "while :; do{}done",
                "until false; do{}done",
                "while sleep 1000; do{}done",
                "until sleep 1000; do{}done",
            )
        )
        inside = self._some(("sleep 0.3", "sleep 1000", "sleep 1000 & wait $!", "sleep 0.3 & wait", "wait; sleep 0.3",
                             "app5", "app5; sleep 0.3", "app5 || true; sleep 0.3", "tail -f /dev/null"))  # fmt: skip
        return Node(head, ((Node(inside),),))

    def _last(self, depth: int) -> list[Node]:
        """What stands in the foreground."""
        kind = self._chance.choices(
            ("plain", "exec", "wrapped", "arguments", "shell", "pipeline", "group", "keepalive", "redirected", "called",
             "file", "eval", "endless", "and", "everyday"),
            (3, 4, 4, 4, 3, 2, 2, 1, 1, 3, 1, 1, 1, 2, 9),
        )[0]  # fmt: skip
        if depth > 2:
            kind = "plain"
        match kind:
            case "everyday" if depth < 2:
                return [Node(self._everyday(depth))]
            case "exec":
                return [Node(self._service(), prefixes=("exec",))]
            case "wrapped":
                prefixes = tuple(self._wrapper() for _ in range(self._chance.choice((1, 1, 2))))
                if any("exec" in prefix or prefix.startswith(SHELL_OR_ROOT) for prefix in prefixes[1:]):
                    prefixes = prefixes[:1]
                return [Node(self._service(), prefixes=prefixes)]
            case "arguments":
                # Debian's busybox, which is run here, has no `nice` as Alpine's has.
                nice = 'exec env "$@"' if self._shell == "busybox" else 'exec nice "$@"'
                return [Node(self._some(('exec "$@"', 'exec "$@"', '"$@"', "exec $@", '${1:+exec "$@"}', 'exec "${@:-app1}"',
                                         'command "$@"', 'eval "$@"', 'exec env "$@"', nice)))]  # fmt: skip
            case "shell":
                inner = write(self._short() if depth < 2 else (Node(self._service()),), lines=False)
                quote = "'" if "'" not in inner else '"' if '"' not in inner and "$" not in inner else ""
                if not quote:
                    inner, quote = self._service(), "'"
                shell = self._some(
                    ("sh", "sh", "bash", "exec sh", "sh -e") if self._shell != "busybox" else ("sh", "exec sh")
                )
                return [Node(f"{shell} -c {quote}{inner}{quote}")]
            case "pipeline":
                return [
                    Node(self._service() + self._some((" | cat", " 2>&1 | cat", " | tee /tmp/log", " | cat | cat")))
                ]
            case "group":
                inside = tuple(self._statement(depth + 1) + self._last(depth + 1))
                return [
                    Node(self._some(("( {})", "{ {}}", "( {}) | cat", "( {}) >/dev/null", "{ {}} 2>&1")), (inside,))
                ]
            case "keepalive":
                return [Node(self._some(KEEPALIVE), prefixes=("exec",) if self._one_in(2) else ())]
            case "redirected":
                return [Node(self._service() + self._some((" >/dev/null", " 2>&1", " </dev/null", " >>/tmp/log 2>&1")),
                             prefixes=("exec",) if self._one_in(2) else ())]  # fmt: skip
            case "called":
                names = [name for name in self._functions if name in ("main", "start")]
                if names:
                    return [
                        Node(self._some((f'{names[0]} "$@"', names[0], f"{names[0]} || exit 6", f"{names[0]} &\nwait")))
                    ]
                return [Node(self._service(), prefixes=("exec",))]
            case "file":
                if any(path == "/run.sh" for path, _ in self._files):
                    return [Node("exec /run.sh")]
                self._files.append(("/run.sh", self._short()))
                return [Node("/run.sh", prefixes=("exec",) if self._one_in(2) else ())]
            case "eval":
                return [
                    Node(
                        self._some(
                            (
                                "eval {}",
                                "eval 'exec {}'",
                                "eval exec {}",
                                "exec >/dev/null; exec {}",
                                "exec 2>&1; {}",
                                "A=$(echo {}); $A",
                                'set -- {}; exec "$@"',
                                'eval "{} &"; wait',
                            )
                        ).replace("{}", self._service())
                    )
                ]
            case "endless":
                return [self._endless()]
            case "and":
                return [
                    Node(
                        self._service() + self._some((" || true", " && echo ok", " || exit 9", "; echo $?", "; exit 2"))
                    )
                ]
        return [Node(self._service())]

    def _everyday(self, depth: int) -> str:
        """A way to start a service that is seen in many entrypoints; a heredoc and quotes only where they can stand."""
        texts = (
            (*EVERYDAY_LAST, *FAILING_LAST, *EVERYDAY_LAST_BASH) if self._is_bash() else (*EVERYDAY_LAST, *FAILING_LAST)
        )
        if self._shell == "busybox":
            # Where a program is looked for without PATH is the C library's choice, and Alpine's is another one.
            texts = tuple(text for text in texts if "env -i" not in text)
        text = self._failing(self._some(texts))
        while depth and ("\n" in text or "'" in text):
            text = self._failing(self._some(texts))
        before, *after = text.replace("{ {}; }", "{ \0; }").replace("() { {} & }", "() { \0 & }").split("{}")
        written = before.replace("\0", self._service())
        for piece in after:
            written += self._service() + piece
        return written

    def _if(self, depth: int, inner: object) -> Node:
        draw = self._statement if inner == self._statement else self._last
        first, second = tuple(draw(depth + 1)), tuple(draw(depth + 1))
        if self._one_in(2):
            return Node(f"if {self._some(CONDITIONS)}; then{{}}else{{}}fi", (first, second))
        return Node(f"if {self._some(CONDITIONS)}; then{{}}fi", (first,))

    def _case(self, depth: int, inner: object) -> Node:
        draw = self._statement if inner == self._statement else self._last
        first, second = tuple(draw(depth + 1)), tuple(draw(depth + 1))
        return Node(f'case "$1" in {self._some(PATTERNS)}){{}};; *){{}};; esac', (first, second))

    def _branching(self, depth: int) -> list[Node]:
        node = self._if(depth, self._last) if self._one_in(2) else self._case(depth, self._last)
        return [node, *self._last(depth)]

    def _dispatch(self, depth: int) -> list[Node]:
        """The everyday beginning of an entrypoint."""
        first = self._some(
            ('if [ "${1#-}" != "$1" ]; then set -- app1 "$@"; fi', '[ $# -gt 0 ] || set -- app1',
             'case "$1" in -*|"") set -- app2 "$@";; esac', 'if [ "$1" = serve ]; then shift; set -- app3 "$@"; fi',
             'if [ "$1" = app1 ] && [ -z "$AGAIN" ]; then export AGAIN=1; exec env "$0" "$@"; fi')
        )  # fmt: skip
        return [
            Node(first),
            Node(self._some(('exec "$@"', 'exec "$@"', '"$@"', '"$@" & wait', '"$@" &\npid=$!\nwait $pid'))),
        ]
