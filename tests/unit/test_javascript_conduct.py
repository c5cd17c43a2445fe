"""Programs in JavaScript, carried out on paper. How each ends was measured with Node.js 20 as PID 1 of a namespace."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.boot.conduct import Conduct, Surroundings
from stopcheck.boot.javascript.fate import conduct, parse
from tests.unit.verdicts import verdict

MODULES = {"/app/config.js": "module.exports = { level: 6 };\n", "/app/pause.js": "exports.pause = () => 1;\n"}


def carried_out(text: str, *arguments: str, first: bool = True, **variables: str) -> Conduct | None:
    """What a program does that is started with some arguments and variables beside some modules."""
    root = parse(text)
    assert root is not None
    modules = {path: parse(source) for path, source in MODULES.items()}
    words = ("/app/app.js", *arguments)
    around = Surroundings(variables, words, modules.get, lambda path: path.startswith("/gone"), first=first)
    return conduct(root, "/app/app.js", around)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("console.log('hello');", 0, id="prints"),
        pytest.param("process.exit(3);", 3, id="exits"),
        pytest.param("process.exitCode = 4;", 4, id="exit-code"),
        pytest.param("throw new Error('no');", 1, id="throws"),
        pytest.param("try { throw new Error('no'); } catch (e) { process.exit(5); }", 5, id="catches"),
        pytest.param("try { null.x; } catch { process.exitCode = 2; } finally { console.log('x'); }", 2, id="finally"),
        pytest.param("if (!process.env.TOKEN) { console.error('no token'); process.exit(2); }", 2, id="variable"),
        pytest.param("process.exit(process.env.HOME === '/root' ? 0 : 1);", 0, id="variable-that-is-set"),
        pytest.param("const gone = ['A', 'B'].filter((k) => !process.env[k]);\n"
                     "if (gone.length) process.exit(gone.length);",
                     2, id="variables"),
        pytest.param("const gone = ['A', 'HOME'].filter((k) => !(k in process.env)); process.exit(gone.length);", 1,
                     id="in-the-environment"),
        pytest.param("unknown();", 1, id="a-name-that-is-not-there"),
        pytest.param("process.on('unhandledRejection', () => {});\nsetTimeout(() => { throw new Error('x'); }, 1);", 1,
                     id="a-listener-for-promises-alone"),
        pytest.param("process.on('uncaughtException', (e) => { throw e; });\nPromise.reject(new Error('x'));", 7,
                     id="a-listener-that-throws"),
        pytest.param("const m = new Map([['a', 1], [1, 5]]); m.set(true, 2).delete('a');\n"
                     "process.exit(m.size * 100 + m.get(1) * 10 + m.get(true));", 252, id="map"),
        pytest.param("const s = new Set([1, 1, 2]); let n = s.has(2) ? 10 : 20;\n"
                     "for (const x of s) n += x; s.forEach((x) => { n += x; }); process.exit(n + [...s].length);", 18,
                     id="set"),
        pytest.param("const { a: { b = 7 } = {}, ...rest } = {}; process.exit(b);", 7, id="patterns"),
        pytest.param("let n = 0; for (const x of [1, 2, 3]) { if (x === 2) continue; n += x; } process.exit(n);", 4,
                     id="for-of"),
        pytest.param("let n = 0; for (let i = 0; i < 5; i++) n++; while (n > 3) --n; process.exit(n);", 3, id="loops"),
        pytest.param("switch (process.argv[2]) { case 'a': process.exit(1); case 'work': process.exit(2); default: }",
                     2,
                     id="switch"),
        pytest.param("class A { n = 2; f() { return this.n; } }\nclass B extends A { f() { return super.f() + 1; } }\n"
                     "process.exit(new B().f());", 3, id="classes"),
        pytest.param("class E extends Error {}\n"
                     "try { throw new E(); } catch (e) { process.exit(e instanceof E ? 8 : 9); }",
                     8, id="errors-of-its-own"),
        pytest.param("process.exit(Math.min(9, Math.max(2, 7), Math.floor(8.5)) + Math.ceil(0.5));", 8, id="numbers"),
        pytest.param("const [, a, , b] = [1, 2, 3, 4]; process.exit(a * 10 + b);", 24, id="holes-in-a-pattern"),
        pytest.param("const f = (a, b = 2, ...c) => a + b + c.length; process.exit(f(1, undefined, 3, 4));",
                     5, id="call"),
        pytest.param("const { level } = require('./config'); process.exit(level);", 6, id="a-module-of-its-own"),
        pytest.param("require('fs').readFileSync('/gone');", 1, id="reads-what-is-not-there"),
        pytest.param("require('/gone');", 1, id="needs-what-is-not-there"),
        pytest.param("try { require('/gone'); } catch (e) { process.exit(e.code === 'MODULE_NOT_FOUND' ? 3 : 4); }", 3,
                     id="can-do-without"),
        pytest.param("setTimeout(() => console.log('done'), 500);", 0, id="one-timer"),
        pytest.param("setInterval(() => {}, 1000).unref();", 0, id="a-timer-that-keeps-nothing"),
        pytest.param("let n = 0; const t = setInterval(() => { if (++n === 3) clearInterval(t); }, 100);", 0,
                     id="three-times"),
        pytest.param("process.stdin.resume(); process.on('SIGTERM', () => {});", 0, id="standard-input"),
        pytest.param("new Promise(() => {});", 0, id="waits-for-nothing"),
        pytest.param("(async () => { throw new Error('x'); })();", 1, id="nobody-catches"),
        pytest.param("(async () => { throw new Error('x'); })().catch(() => process.exit(6));", 6, id="somebody-does"),
        pytest.param("const sleep = (ms) => new Promise((r) => setTimeout(r, ms));\n"
                     "(async () => { await sleep(50); return 4; })().then((n) => process.exit(n));", 4, id="promises"),
        pytest.param("Promise.all([1, Promise.resolve(2)]).then((all) => process.exit(all.length));", 2, id="all"),
        pytest.param("process.on('uncaughtException', () => { process.exitCode = 3; }); setTimeout(() => x.y, 10);", 3,
                     id="uncaught"),
        pytest.param("const E = require('events'); const e = new E(); "
                     "e.on('go', (n) => process.exit(n)); e.emit('go', 9);",
                     9, id="events"),
        pytest.param("const s = require('net').createServer().listen(0, () => s.close());", 0, id="closes-its-server"),
        pytest.param("process.exit([3, 1].map((n) => n * 2).find((n) => n > 5) ?? 0);", 6, id="lists"),
        pytest.param("const o = { a: 1, ...{ b: 2 } }; process.exit(Object.keys(o).length + (o?.c?.d ?? 1));", 3,
                     id="objects"),
        pytest.param("process.exit(parseInt('12', 10) + (Number('x') || 1));", 13, id="numbers"),
    ],
)  # fmt: skip
def test_what_runs_through(text: str, status: int) -> None:
    found = carried_out(text, "work", HOME="/root")
    assert found is not None
    assert (found.ends, found.status) == (True, status)


ALIVE = "setInterval(() => {}, 1000);\n"
SERVER = "const server = require('http').createServer((q, r) => r.end('ok')).listen(0);\n"
SLEEP = "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));\n"
LOOP = (
    "let run = true;\nprocess.on('SIGTERM', () => { run = false; });\n(async () => { while (run) await sleep(%d); })();"
)
TERM = "process.on('SIGTERM', () => { %s });\n"


@pytest.mark.parametrize(
    ("text", "action", "seconds"),
    [
        pytest.param(ALIVE, None, None, id="nothing"),
        pytest.param(SERVER, None, None, id="server"),
        pytest.param(ALIVE + TERM % "process.exit(0);", "graceful", 0, id="exits"),
        pytest.param(ALIVE + TERM % "console.log('no');", "ignore", 0, id="prints"),
        pytest.param(SERVER + "process.on('uncaughtException', () => process.exit(1));\n"
                     "process.on('unhandledRejection', () => {});\nPromise.reject(new Error('x'));", None, None,
                     id="a-promise-that-somebody-hears-of"),
        pytest.param("const timers = new Map(); timers.set('a', setInterval(() => {}, 1000));\n"
                     + TERM % "for (const [, timer] of timers) clearInterval(timer);", "graceful", 0,
                     id="timers-in-a-map"),
        pytest.param(ALIVE + TERM % "throw new Error('x');", "graceful", 0, id="throws"),
        pytest.param(ALIVE + TERM % "setTimeout(() => process.exit(0), 2000);", "graceful", 2, id="drains"),
        pytest.param(ALIVE + TERM % "setTimeout(() => process.exit(0), 30000);", "graceful", 30, id="drains-long"),
        pytest.param(SERVER + TERM % "server.close();", "graceful", 0, id="closes"),
        pytest.param(SERVER + ALIVE + TERM % "server.close();", "ignore", 0, id="closes-one-of-two"),
        pytest.param(SLEEP + LOOP % 500, "graceful", 0.5, id="looks-often"),
        pytest.param(SLEEP + LOOP % 60000, "graceful", 60, id="looks-once-a-minute"),
        pytest.param(ALIVE + "['SIGINT', 'SIGTERM'].forEach((s) => process.on(s, () => process.exit()));",
                     "graceful", 0, id="each"),
        pytest.param(ALIVE + "process.once('SIGTERM', process.exit.bind(process, 0));", "graceful", 0, id="bind"),
        pytest.param("class W { start() { this.t = setInterval(() => {}, 500); "
                     "process.on('SIGTERM', this.stop.bind(this)); }\n"
                     "stop() { clearInterval(this.t); } }\nnew W().start();", "graceful", 0, id="method"),
        pytest.param(ALIVE + "const E = require('events'); new E().on('SIGTERM', () => process.exit());", None, None,
                     id="another-emitter"),
        pytest.param(ALIVE + "process.on('SIGINT', () => process.exit());", None, None, id="another-signal"),
        pytest.param(ALIVE + "if (process.env.NICE) process.on('SIGTERM', () => process.exit());",
                     None, None, id="not-asked"),
        pytest.param(ALIVE + TERM % "process.removeAllListeners('SIGTERM'); process.kill(process.pid, 'SIGTERM');",
                     "ignore", 0, id="signals-itself"),
        pytest.param("const a = new AbortController();\n"
                     "require('http').createServer().listen({ port: 0, signal: a.signal });\n"
                     + TERM % "a.abort();", "graceful", 0, id="aborts"),
        pytest.param("const { once } = require('events');\nconst t = setInterval(() => {}, 1000);\n"
                     "once(process, 'SIGTERM').then(() => clearInterval(t));", "graceful", 0, id="once"),
        pytest.param("const { once } = require('events');\nconst s = require('net').createServer().listen(0);\n"
                     "(async () => { await once(s, 'listening'); await once(process, 'SIGTERM'); s.close(); })();",
                     "graceful", 0, id="once-it-listens"),
        pytest.param("const { setTimeout: sleep } = require('timers/promises');\nconst a = new AbortController();\n"
                     "(async () => { for (;;) { try { await sleep(60000, null, { signal: a.signal }); }\n"
                     "catch (e) { if (e.name === 'AbortError') break; throw e; } } })();\n"
                     + TERM % "a.abort();", "graceful", 0, id="aborts-a-pause"),
        pytest.param("const { once } = require('events');\nconst a = new AbortController();\n"
                     "const t = setInterval(() => {}, 1000);\n"
                     "once(process, 'SIGHUP', { signal: a.signal }).catch(() => clearInterval(t));\n"
                     + TERM % "a.abort();", "graceful", 0, id="aborts-what-never-came"),
        pytest.param("const s = require('dgram').createSocket('udp4');\ns.bind(0);\n" + TERM % "s.close();",
                     "graceful", 0, id="datagrams"),
    ],
)  # fmt: skip
def test_what_stands_and_what_sigterm_makes_of_it(text: str, action: str | None, seconds: float | None) -> None:
    found = carried_out(text)
    assert found is not None
    assert not found.ends
    assert found.on.get("TERM") == action
    assert found.seconds.get("TERM") == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("require('acme').run();", id="nobody-knows"),
        pytest.param("require('child_process').spawn('app');", id="starts-another"),
        pytest.param("function* f() { yield 1; }\nfor (const x of f()) console.log(x);", id="generator"),
        pytest.param("while (true) {}", id="without-an-end"),
        pytest.param("(async () => { while (true) await null; })();", id="without-a-pause"),
        pytest.param("function f() { f(); }\nf();", id="deep"),
        pytest.param("if (require('fs').existsSync('/x')) setInterval(() => {}, 1);", id="as-the-files-are"),
        pytest.param("require(process.argv[2] + 'x');", id="a-module-that-is-not-known"),
        pytest.param("setTimeout(() => {}, Number(require('fs').readFileSync('/x')));", id="how-long"),
        pytest.param("require('./elsewhere');", id="a-file-that-is-not-there"),
        pytest.param("out: for (;;) { break out; }", id="label"),
        pytest.param("process.kill(7, 'SIGTERM');", id="signals-somebody"),
        pytest.param("const a = [1];\nwhile (true) a.push(...a);", id="fills-the-memory"),
        pytest.param("const t = setInterval(() => {}, 1000);\nclearInterval(JSON.parse('{}').t);", id="some-timer"),
    ],
)
def test_what_cannot_be_followed(text: str) -> None:
    assert carried_out(text) is None


def test_a_signal_that_it_sends_itself_ends_it_below_an_init() -> None:
    again = TERM % "process.removeAllListeners('SIGTERM'); process.kill(process.pid, 'SIGTERM');"
    found = carried_out(ALIVE + again, first=False)
    assert found is not None
    assert found.on["TERM"] == "graceful"


def test_what_it_does_with_the_variable_that_it_lacks_is_told() -> None:
    text = "if (!process.env.QUEUE) {\n  throw new Error('no queue');\n}\nsetInterval(() => {}, 9);\n"
    said = verdict("node", "app.js", files={"app.js": text}, base="node:20", lines="ENTRYPOINT []")
    assert said.outcome == "fails"
    assert any("QUEUE is not set" in step.text and step.span is not None for step in said.story)


@pytest.mark.parametrize(
    ("name", "text", "files", "outcome"),
    [
        pytest.param("app.js", "require('http').createServer().listen(80);", {"package.json": '{"type": "module"}'},
                     "fails", id="require-in-a-module"),
        pytest.param("app.mjs", "module.exports = 1; setInterval(() => {}, 9);", {}, "fails", id="by-its-name"),
        pytest.param("app.cjs", "require('http').createServer().listen(80);", {"package.json": '{"type": "module"}'},
                     "killed", id="by-its-name-none"),
        pytest.param("app.js", "require('http').createServer().listen(80);", {"package.json": '{"name": "app"}'},
                     "killed", id="no-module"),
        pytest.param("src/app.js", "if (typeof require === 'undefined') process.exit(3); setInterval(() => {}, 9);",
                     {"package.json": '{"type": "module"}'}, "fails", id="typeof"),
        pytest.param("app.js", "const { ports: [port] } = require('./config'); if (port !== 80) process.exit(4);\n"
                     "setInterval(() => {}, 9);", {"config.json": '{"ports": [80, null]}'}, "killed", id="json"),
        pytest.param("app.js", "if (!process.env[require('./config.json').name]) process.exit(4);",
                     {"config.json": '{"name": "TOKEN"}'}, "fails", id="a-name-in-json"),
    ],
)  # fmt: skip
def test_what_a_file_is_and_what_is_in_json(name: str, text: str, files: dict[str, str], outcome: str) -> None:
    said = verdict("node", name, files={name: text, **files}, base="node:20", lines="ENTRYPOINT []")
    assert said.outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param("setInterval(() => {}, 1000);", "killed", id="stands"),
        pytest.param("setTimeout(() => {}, 60000);", "exits", id="ends-later"),
    ],
)
def test_what_surely_stands_is_the_service_wherever_it_is_started(text: str, outcome: str) -> None:
    script = "#!/bin/sh\nfor n in 1 2; do\n  node /app/app.js $n\ndone\n"
    said = verdict("/app/start", files={"start": script, "app.js": text}, base="node:20", lines="ENTRYPOINT []")
    assert said.outcome == outcome


PIECES = st.sampled_from(
    [
        *(
            "const x = 1;",
            "let y = x;",
            "f();",
            "function f(a) {",
            "}",
            "if (x) {",
            "for (const a of b) {",
            "while (x) {",
        ),
        *(
            "try {",
            "} catch (e) {",
            "throw x;",
            "return x;",
            "await f();",
            "x += x;",
            "process.on('SIGTERM', f);",
            "x?.y;",
        ),
        *("setTimeout(f, x);", "class A extends B {", "new A();", "[...x];", "({ ...x });", "x => x;", "async () => {"),
        *(
            "switch (x) { case 1:",
            "process.exit(x);",
            "x[y] = f;",
            "break;",
            "`${x}`;",
            "import a from 'fs';",
            "delete x;",
        ),
    ]
)


@given(lines=st.lists(PIECES, max_size=25))
@settings(max_examples=300, deadline=None)
def test_any_program_is_carried_out_or_given_up(lines: list[str]) -> None:
    root = parse("\n".join(lines))
    if root is not None:
        conduct(root, "/app.js", Surroundings({}, ("/app.js",)))


EXPRESS = (
    "const express = require('express');\nconst app = express();\napp.get('/', (ask, answer) => answer.send('hi'));\n"
)
SERVED = EXPRESS + "const server = app.listen(3000);\n"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(EXPRESS + "app.listen(3000, () => console.log('up'));", "killed", id="no-handler"),
        pytest.param(SERVED + "process.on('SIGTERM', () => server.close());", "graceful", id="closes"),
        pytest.param(SERVED + "process.on('SIGTERM', () => console.log('bye'));", "killed", id="only-says-so"),
        pytest.param(
            SERVED + "setInterval(() => console.log('tick'), 5000);\nprocess.on('SIGTERM', () => server.close());",
            "killed", id="a-timer-keeps-it",
        ),
        pytest.param(
            "const router = require('express').Router();\nrouter.get('/x', () => {});\n" + SERVED
            + "app.use('/api', router);\nprocess.on('SIGTERM', () => server.close(() => process.exit(0)));",
            "graceful", id="router",
        ),
        pytest.param(
            "const pino = require('pino');\nconst log = pino();\nlog.info('up');\nsetInterval(() => {}, 1000);\n"
            "process.on('SIGTERM', () => { log.info('bye'); process.exit(0); });", "graceful", id="logs",
        ),
        pytest.param("const dayjs = require('dayjs');\nconsole.log(dayjs().format());", "exits", id="prints"),
        pytest.param(
            "require('dotenv').config();\nif (!process.env.TOKEN) process.exit(2);\n" + SERVED, "killed",
            id="a-file-may-set-it",
        ),
        pytest.param("if (!process.env.TOKEN) process.exit(2);\n" + SERVED, "fails", id="nothing-sets-it"),
    ],
)  # fmt: skip
def test_libraries_in_which_nothing_waits(text: str, outcome: str) -> None:
    lines = "RUN npm install express pino dayjs dotenv"
    assert verdict("node", "app.js", files={"app.js": text}, base="node:20", lines=lines).outcome == outcome


@pytest.mark.parametrize(
    ("kind", "name", "outcome"),
    [
        pytest.param("commonjs", "main.js", "fails", id="no-module"),
        pytest.param("commonjs", "main.mjs", "killed", id="a-module-by-its-name"),
        pytest.param("module", "main.js", "killed", id="a-module"),
        pytest.param("module", "main.cjs", "fails", id="no-module-by-its-name"),
    ],
)
def test_a_file_that_imports_and_is_no_module(kind: str, name: str, outcome: str) -> None:
    files = {
        name: "import http from 'http';\nhttp.createServer().listen(80);\n",
        "package.json": f'{{"type": "{kind}"}}',
    }
    stopped = verdict("node", name, files=files, base="node:20-slim")
    assert stopped.outcome == outcome
    assert stopped.exit_code == (1 if outcome == "fails" else 137)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        pytest.param("./lib/util", "fails", id="gone"),
        pytest.param("./util", "killed", id="there"),
    ],
)
def test_a_module_of_its_own_that_is_not_there(name: str, outcome: str) -> None:
    files = {"main.js": f"require('{name}').go();\n", "util.js": "exports.go = () => setInterval(() => {}, 1000);\n"}
    lines = "WORKDIR /srv/web\nCOPY src/*.js ./"
    stopped = verdict("node", "main.js", files=files, base="node:20-slim", lines=lines)
    assert stopped.outcome == outcome
    assert stopped.exit_code == (1 if outcome == "fails" else 137)


def test_a_container_has_no_terminal() -> None:
    text = "if (process.stdout.isTTY || process.stdin.isTTY) process.exit(1);\nsetInterval(() => {}, 1000);\n"
    assert verdict("node", "main.js", files={"main.js": text}, base="node:20-slim").outcome == "killed"


@pytest.mark.parametrize("name", ["eval", "WebSocket", "AbortSignal", "global"])
def test_a_name_that_is_there_and_is_not_followed_is_no_error(name: str) -> None:
    assert carried_out(f"{name}; setInterval(() => {{}}, 1000);") is None


@pytest.mark.parametrize("name", ["Blob", "Headers", "Int8Array", "escape"])
def test_a_name_that_takes_no_time(name: str) -> None:
    assert carried_out(f"{name}; setInterval(() => {{}}, 1000);") is not None
