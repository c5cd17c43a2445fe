"""What servers of Debian's packages, Deno and Bun do, as their containers were seen to end."""

from __future__ import annotations

import json

import pytest

from tests.unit.verdicts import verdict


def outcome(line: str, **options: object) -> str:
    return str(verdict(*line.split(" "), **options).outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        "apt-cacher-ng", "autossh -f -M 0 -N db", "bird", "carbon-cache start", "collectd",
        "corosync", "danted -D", "ddclient -daemon=300", "dhcpcd", "fail2ban-client start", "fail2ban-server -b",
        "git daemon --detach --base-path=/srv", "glusterd", "gpsd -n /dev/ttyS0", "icecast2 -b -c /i.xml", "incrond",
        "inadyn", "inetd", "inspircd --runasroot", "in.tftpd -l --secure /srv", "knotd -d", "lldpd",
        "lsyncd /l.lua", "mini_httpd -p 80", "minidlnad", "mpd", "munged", "munin-node", "nbd-server 10809 /disk",
        "nghttpx -D", "ngircd", "nrpe -c /n.cfg -d", "opendmarc", "pdns_recursor --daemon=yes", "pdns_server --daemon",
        "pgpool", "postgrey -d", "radvd", "rpc.mountd", "saslauthd -a pam", "smbd", "snmptrapd", "spamd -d",
        "ss-server -c /s.json -f /pid", "sslh -p 443", "stubby -g", "svnserve -d -r /srv", "tgtd", "tincd -n net",
        "turnserver -o", "websockify -D 6080 db:5900", "xrdp", "/usr/lib/frr/zebra -d", "aria2c --enable-rpc -D",
        "hitch --daemon /h.pem",
    ],
)  # fmt: skip
def test_they_leave_for_the_background(line: str) -> None:
    assert outcome(line) == "exits"


@pytest.mark.parametrize(
    "line",
    [
        "apt-cacher-ng ForeGround=1", "bird -f", "collectd -f", "corosync -f", "cupsd -f", "danted",
        "ddclient -foreground -daemon=300", "fail2ban-client -x -f start", "fail2ban-server -xf start",
        "freshclam -d -F", "glusterd -N", "gpsd -N", "incrond -n", "inadyn -n", "inetd -i",
        "inspircd --nofork", "in.tftpd -L", "knotd", "lldpd -d", "lsyncd -nodaemon /l.lua", "minidlnad -S",
        "mpd --no-daemon", "munged -F", "munin-node --foreground", "nbd-server -d 10809 /disk", "ngircd -n",
        "nrpe -c /n.cfg -f", "opendmarc -f", "pgpool -n", "postgrey", "radvd -n", "rpc.mountd -F", "saslauthd -d",
        "smbd -F --no-process-group", "smbd -i", "snmptrapd -f", "spamd", "ss-server -c /s.json", "sslh -f",
        "tincd -D", "xrdp --nodaemon", "/usr/lib/frr/zebra", "carbon-cache --nodaemon start", "webpack-dev-server",
        "pdns_server --guardian=yes",
    ],
)  # fmt: skip
def test_they_stay_and_end_in_order(line: str) -> None:
    assert outcome(line) in {"graceful", "terminated"}


@pytest.mark.parametrize(("user", "expected"), [("nobody", "graceful"), ("root", "fails")])
def test_icecast_will_not_run_as_root(user: str, expected: str) -> None:
    assert outcome("icecast2 -c /i.xml", lines=f"RUN make install\nUSER {user}") == expected


@pytest.mark.parametrize(
    "line",
    [
        "pdns_server", "pdns_server --daemon=no", "stubby", "svnserve -d --foreground", "tgtd -f", "teeworlds-server",
        "python3 -m bottle app", "watchmedo shell-command /app", "cupsd",
    ],
)  # fmt: skip
def test_as_pid_1_they_are_deaf(line: str) -> None:
    assert outcome(line, lines="RUN apt-get install -y python3") == "killed"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("git daemon --base-path=/srv", ("terminated", 128), id="git"),
        pytest.param("docker-registry serve /c.yml", ("terminated", 2), id="registry"),
        pytest.param("pdns_recursor", ("terminated", 1), id="recursor"),
        pytest.param("tini -- pdns_server", ("terminated", 143), id="powerdns-below-an-init"),
        pytest.param("smbd -F", ("exits", 1), id="samba-leads-its-group"),
        pytest.param("smbd -FS", ("exits", 1), id="samba-leads-its-group-short"),
        pytest.param("honcho run serve", ("killed", 137), id="honcho-run"),
        pytest.param("tini -- honcho run serve", ("cut-off", 143), id="honcho-run-below-an-init"),
    ],
)
def test_their_status(line: str, expected: tuple[str, int]) -> None:
    found = verdict(*line.split(" "), lines="RUN apt-get install -y tini")
    assert (str(found.outcome), found.exit_code) in {expected, (expected[0], None), ("fails", expected[1])}


def test_samba_below_a_shell_leads_no_group() -> None:
    files = {"start.sh": "#!/bin/sh\nsmbd -F\nexit 0\n"}
    assert outcome("tini -g -- /app/start.sh", files=files, lines="RUN apt-get install -y tini") != "exits"


@pytest.mark.parametrize("text", ["foreground = quiet", "foreground = yes"])
def test_stunnel_stays(text: str) -> None:
    assert outcome("stunnel /app/s.conf", files={"s.conf": f"{text}\n[x]\naccept = 1\n"}) == "graceful"


SERVES = "Deno.serve({ port: 80 }, () => new Response('x'));\n"
LISTENS = f"{SERVES}Deno.addSignalListener('SIGTERM', () => Deno.exit(0));\n"
NODES = f"import process from 'node:process';\n{SERVES}process.on('SIGTERM', () => process.exit(0));\n"


@pytest.mark.parametrize(
    ("line", "base", "text", "expected"),
    [
        pytest.param("deno run -A m.ts", "node:20", LISTENS, "graceful", id="listener"),
        pytest.param("deno -A m.ts", "node:20", NODES, "graceful", id="listener-of-node"),
        pytest.param("deno run -A m.ts", "node:20", SERVES, "unknown", id="of-no-known-version"),
        pytest.param("tini -- deno run -A m.ts", "node:20", SERVES, "terminated", id="below-an-init"),
        pytest.param("tini -- deno serve -A m.ts", "node:20", "export default {};", "unknown", id="serve"),
        pytest.param("run -A m.ts", "denoland/deno:2.1.4", SERVES, "terminated", id="its-image-has-an-init"),
        pytest.param("run -A m.ts", "denoland/deno:2.1.4", LISTENS, "graceful", id="its-image-and-a-listener"),
        pytest.param("deno run -A m.ts", "denoland/deno:bin-2.1.4", SERVES, "killed", id="at-its-default"),
        pytest.param("deno run -A m.ts", "denoland/deno:bin-2.9.0", SERVES, "terminated", id="its-own-handler"),
        pytest.param("deno run -A m.ts", "node:20", f"{SERVES}new Deno.Command('x');", "unknown", id="starts-another"),
        pytest.param("deno run -A --watch m.ts", "node:20", LISTENS, "unknown", id="watch"),
        pytest.param("deno fmt", "node:20", LISTENS, "exits", id="a-command-that-ends"),
        pytest.param("deno task start", "node:20", LISTENS, "unknown", id="task"),
    ],
)
def test_deno(line: str, base: str, text: str, expected: str) -> None:
    lines = "COPY --from=denoland/deno:bin /deno /usr/bin/deno\nCOPY bin/tini /usr/bin/tini"
    entry = "" if line.startswith("run ") else "\nENTRYPOINT []"
    files = {"m.ts": text, "bin/tini": "\x7fELF"}
    assert outcome(line, base=base, files=files, lines=lines + entry) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("bun --watch m.ts", "killed", id="watch"),
        pytest.param("bun run --watch m.ts", "killed", id="run-watch"),
        pytest.param("bun m.ts", "killed", id="plain"),
    ],
)
def test_bun_takes_options_before_a_file(line: str, expected: str) -> None:
    files = {"m.ts": "Bun.serve({ fetch() { return new Response('x') } });\n", "package.json": '{"scripts": {}}'}
    assert outcome(line, base="oven/bun:1", files=files, lines="ENTRYPOINT []") == expected


def test_bun_passes_other_signals_on() -> None:
    files = {"package.json": json.dumps({"scripts": {"start": "app"}}), "app": "\x7fELF"}
    lines = "ENTRYPOINT []\nENV PATH=/app:/usr/local/bin:/usr/bin:/bin\nSTOPSIGNAL SIGQUIT"
    assert outcome("bun run start", base="oven/bun:1", files=files, lines=lines) == "graceful"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("bind = ':80'\ndaemon = True\n", "exits", id="leaves"),
        pytest.param("bind = ':80'\ndaemon = False\n", "graceful", id="stays"),
        pytest.param("bind = ':80'\n# daemon = True\n", "graceful", id="commented"),
    ],
)
def test_gunicorn_by_its_configuration(text: str, expected: str) -> None:
    assert outcome("gunicorn -c gunicorn.conf.py app:app", files={"gunicorn.conf.py": text}) == expected


def test_what_pnpm_executes_below_an_init() -> None:
    lines = "ENV PATH=/app:/usr/local/bin:/usr/bin:/bin\nENTRYPOINT []"
    files = {"app": "\x7fELF", "package.json": "{}"}
    assert outcome("tini -- pnpm exec app", base="node:24", files=files, lines=lines) == "unknown"
    assert outcome("pnpm exec app", base="node:20", files=files, lines=lines) == "graceful"


@pytest.mark.parametrize(
    "line", ["npm start", "yarn start", "cross-env A=1 app", "env-cmd app", "tsx app.ts", "nodemon app.js"]
)
def test_what_is_passed_on_is_not_every_signal(line: str) -> None:
    files = {
        "package.json": json.dumps({"scripts": {"start": "app"}}),
        "app": "\x7fELF",
        "app.ts": "listen()",
        "app.js": "setInterval(() => 0, 9)",
    }
    lines = "ENTRYPOINT []\nENV PATH=/app:/usr/local/bin:/usr/bin:/bin\nSTOPSIGNAL SIGQUIT"
    assert outcome(line, base="node:20", files=files, lines=lines) == "killed"


@pytest.mark.parametrize(
    ("files", "main"),
    [
        pytest.param({"package.json": '{"main": "m.js", "scripts": {"start": "node s.js"}}', "index.js": ""}, "m.js",
                     id="main"),
        pytest.param({"package.json": '{"scripts": {"start": "node s.js"}}', "index.js": ""}, "index.js", id="index"),
        pytest.param({"package.json": '{"scripts": {"start": "node s.js"}}'}, "s.js", id="start"),
        pytest.param({"package.json": '{"name": "x"}', "nodemon.json": '{"ext": "js", "exec": "node x.js"}',
                      "index.js": ""}, "x.js", id="its-configuration"),
        pytest.param({"package.json": '{"nodemonConfig": {"exec": "node x.js", "signal": "SIGINT"}}'}, "",
                     id="another-signal"),
        pytest.param({"package.json": "{}"}, "", id="nothing"),
    ],
)  # fmt: skip
def test_what_nodemon_runs_that_is_told_nothing(files: dict[str, str], main: str) -> None:
    """Tried with nodemon 3.1.14; 1.19 and 2.0 have the same sources."""
    script = {main: "setInterval(() => 0, 9)"} if main else {}
    found = verdict("nodemon", base="node:20", files={**files, **script}, lines="ENTRYPOINT []")
    assert found.outcome == ("terminated" if main else "unknown")


@pytest.mark.parametrize(
    ("version", "node", "expected"),
    [
        pytest.param("pnpm@9.1.0", 22, "cut-off", id="9"),
        pytest.param("pnpm@10.2.0+sha512.abc", 24, "cut-off", id="10"),
        pytest.param("pnpm@12.0.0", 20, "unknown", id="12"),
        pytest.param(None, 22, "unknown", id="not-told"),
        pytest.param(None, 20, "cut-off", id="a-node-that-11-does-not-run-with"),
    ],
)
def test_pnpm_by_its_version(version: str | None, node: int, expected: str) -> None:
    package = {"scripts": {"start": "app"}, **({"packageManager": version} if version else {})}
    files = {"package.json": json.dumps(package), "app": "\x7fELF"}
    lines = "ENTRYPOINT []\nRUN npm i -g pnpm\nENV PATH=/app:/usr/local/bin:/usr/bin:/bin"
    assert outcome("pnpm start", base=f"node:{node}", files=files, lines=lines) == expected


@pytest.mark.parametrize("line", ["dotenv run -- app", "dotenv -f .env run app"])
def test_dotenv_of_python_becomes_the_command(line: str) -> None:
    lines = "ENV PATH=/app:/usr/local/bin:/usr/bin:/bin"
    assert outcome(line, base="python:3.12", files={"app": "\x7fELF"}, lines=lines) == "graceful"


def test_tincd_that_makes_keys_ends() -> None:
    start = "#!/bin/sh\ntincd -nhome -K4096 < /dev/null\nexec tincd -nhome -D\n"
    stopped = verdict("/app/start", files={"start": start}, lines="RUN apt-get install -y tinc")
    assert (stopped.outcome, stopped.main) == ("graceful", ("tincd",))


def test_smbd_of_alpine_whose_version_nobody_knows() -> None:
    assert outcome("smbd -FS", base="alpine:3.20", lines="RUN apk add samba") == "unknown"
    assert outcome("smbd -FS --no-process-group", base="alpine:3.20", lines="RUN apk add samba") == "graceful"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("ping 127.0.0.1", "killed", id="for-ever"),
        pytest.param("ping -c 3 127.0.0.1", "exits", id="counted"),
        pytest.param("ping -w5 127.0.0.1", "exits", id="timed"),
    ],
)
def test_ping(line: str, expected: str) -> None:
    assert outcome(line, base="busybox") == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("exec haproxy -W -db -f /h.cfg", "graceful", id="alone"),
        pytest.param("rsyslogd; exec haproxy -W -db -f /h.cfg", "killed", id="with-a-daemon"),
        pytest.param("sleep 1000 & exec haproxy -W -db -f /h.cfg", "killed", id="with-a-job"),
        pytest.param("our-setup; exec haproxy -W -db -f /h.cfg", "graceful", id="behind-what-has-ended"),
        pytest.param("haproxy -W -db -f /h.cfg & p=$!; trap 'kill $p; wait' TERM; wait", "graceful", id="no-pid-1"),
    ],
)
def test_a_master_that_waits_for_all_children(script: str, expected: str) -> None:
    assert verdict("bash", "-c", script).outcome == expected


def test_node_puts_back_what_it_was_started_with_ignored() -> None:
    files = {"app.js": "setInterval(() => {}, 1000);\n"}
    lines = "RUN apt-get install -y tini"
    script = "trap '' TERM INT; exec node app.js"
    for signal in ("TERM", "INT", "QUIT"):
        stop = f"{lines}\nSTOPSIGNAL SIG{signal}"
        assert (
            verdict("tini", "--", "sh", "-c", script, base="node:20", files=files, lines=stop).outcome == "terminated"
        )


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        pytest.param(("node", "-r", "./signals.js", "app.js"), "", id="option"),
        pytest.param(("node", "--import=./signals.js", "app.js"), "", id="import"),
        pytest.param(("node", "app.js"), 'ENV NODE_OPTIONS="--require /app/signals.js"', id="variable"),
    ],
)
def test_what_node_loads_first_may_handle_signals(argv: tuple[str, ...], lines: str) -> None:
    handles = "process.on('SIGTERM', () => process.exit(0));\n"
    files = {"app.js": "setInterval(() => {}, 1000);\n", "signals.js": handles}
    assert verdict(*argv, base="node:20", files=files, lines=lines).outcome == "graceful"
    files["signals.js"] = "console.log('loaded');\n"
    assert verdict(*argv, base="node:20", files=files, lines=lines).outcome == "killed"


def test_an_official_image_has_no_other_users_than_its_system() -> None:
    lines = "RUN apt-get update && apt-get install -y gosu"
    files = {"app.py": "import time\nwhile True:\n    time.sleep(1)\n"}
    for user, outcome in (("service", "fails"), ("nobody", "killed")):
        stopped = verdict("gosu", user, "python", "app.py", base="python:3.11", files=files, lines=lines)
        assert stopped.outcome == outcome
    assert verdict("gosu", "node", "node", "app.js", base="node:20", lines=lines).outcome != "fails"
