"""Programs in JavaScript that start others. How each ends was measured with Node.js 20, as PID 1 of a namespace."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

WORKER = """
import signal, sys, time
def leave(number, frame):
    time.sleep(0.3)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
while True:
    time.sleep(1)
"""
HEAD = "const { spawn, spawnSync, exec, execSync } = require('child_process');\n"
CHILD = "const child = spawn('python3', ['worker.py'], { stdio: 'inherit' });\n"


def said(text: str) -> tuple[str, int | None]:
    """The outcome, and the exit code where it is told."""
    files = {"main.js": HEAD + text, "worker.py": WORKER, "plain.js": "setInterval(() => {}, 1000);\n"}
    found = verdict("node", "main.js", files=files, base="node:20-bookworm")
    return found.outcome.value, found.exit_code


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(CHILD + "child.on('exit', (code) => process.exit(code));", ("killed", 137), id="waits"),
        pytest.param(
            CHILD + "process.on('SIGTERM', () => child.kill('SIGTERM'));\nchild.on('exit', () => process.exit(0));",
            ("graceful", None), id="passes-it-on",
        ),
        pytest.param(
            CHILD + "process.on('SIGTERM', () => { child.kill(); process.exit(0); });", ("cut-off", 0),
            id="leaves-at-once",
        ),
        pytest.param("execSync('python3 worker.py');", ("killed", 137), id="waits-at-once"),
        pytest.param(
            "process.on('SIGTERM', () => process.exit(0));\nexecSync('python3 worker.py');", ("killed", 137),
            id="a-handler-has-to-wait-for-that",
        ),
        pytest.param("process.exit(spawnSync('python3', ['worker.py']).status);", ("killed", 137), id="spawn-sync"),
        pytest.param("execSync('false');\n" + CHILD, ("fails", 1), id="checks"),
        pytest.param(
            "execSync('true');\n" + CHILD + "for (const s of ['SIGTERM', 'SIGINT']) "
            "process.on(s, () => child.kill(s));\n"
            "child.on('close', (code) => process.exit(code ?? 1));", ("graceful", None), id="work-before",
        ),
        pytest.param(
            "const p = exec('python3 worker.py; true', () => process.exit(0));\n"
            "process.on('SIGTERM', () => p.kill('SIGTERM'));", ("killed", 137), id="its-output-stays-open",
        ),
        pytest.param(
            "const p = spawn('sh', ['-c', 'python3 worker.py; true'], { detached: true, stdio: 'ignore' });\n"
            "process.on('SIGTERM', () => process.kill(-p.pid, 'SIGTERM'));\np.on('exit', () => process.exit(0));",
            ("cut-off", 0), id="a-group-with-a-shell",
        ),
        pytest.param(
            "let child;\nfunction start() {\n  child = spawn('python3', ['worker.py'], { stdio: 'inherit' });\n"
            "  child.on('exit', () => setTimeout(start, 500));\n}\n"
            "process.on('SIGTERM', () => child.kill());\nstart();", ("killed", 137), id="starts-it-anew",
        ),
        pytest.param(
            CHILD + "const server = require('http').createServer(() => {}).listen(0);\n"
            "process.on('SIGTERM', () => { child.once('exit', () => server.close()); child.kill(); });",
            ("graceful", None), id="a-server-beside",
        ),
        pytest.param(
            CHILD + "const server = require('http').createServer(() => {}).listen(0);\n"
            "process.on('SIGTERM', () => server.close(() => process.exit(0)));", ("cut-off", 0), id="only-the-server",
        ),
        pytest.param(
            "const c = spawn(process.execPath, ['plain.js'], { env: { ...process.env, KIND: 'x' } });\n"
            "process.on('SIGTERM', () => c.kill());\nc.on('exit', (code, signal) => process.exit(signal ? 1 : code));",
            ("terminated", 1), id="a-child-without-handler",
        ),
        pytest.param(
            "const run = (name, words) => new Promise((keep, fail) => {\n"
            "  current = spawn(name, words, { stdio: 'inherit' });\n"
            "  current.on('close', (code) => code === 0 ? keep() : fail(new Error('failed')));\n});\nlet current;\n"
            "process.on('SIGTERM', () => current && current.kill());\n"
            "(async () => { await run('true', []); await run('python3', ['worker.py']); })()\n"
            "  .catch(() => process.exit(1));", ("graceful", None), id="promises",
        ),
        pytest.param(
            CHILD + "child.on('message', () => {});\nprocess.on('SIGTERM', () => child.kill());", ("unknown", None),
            id="what-they-tell-each-other-is-not-followed",
        ),
    ],
)  # fmt: skip
def test_it_ends_as_the_kernel_has_it(text: str, outcome: tuple[str, int | None]) -> None:
    assert said(text) == outcome


CLUSTER = """
const cluster = require('node:cluster');
const os = require('os');
if (cluster.isPrimary) {
  for (let i = 0; i < os.cpus().length; i++) cluster.fork();
  %s
} else {
  const server = require('http').createServer().listen(0);
  %s
}
"""
KILL = "process.on('SIGTERM', () => { for (const id in cluster.workers) cluster.workers[id].kill(); });\n"
DISCONNECT = "process.on('SIGTERM', () => cluster.disconnect(() => process.exit(4)));\n"
SENDS = (
    "process.on('SIGTERM', () => Object.values(cluster.workers).forEach((one) => one.send({ type: 'stop' })));\n"
    "cluster.on('exit', () => { if (!Object.keys(cluster.workers).length) process.exit(3); });\n"
)
CLOSES = "process.on('SIGTERM', () => server.close(() => process.exit(0)));"
FORKED = """
const { fork } = require('child_process');
if (process.env.ROLE === 'child') {
  %s
} else {
  const child = fork(__filename, [], { env: { ...process.env, ROLE: 'child' } });
  %s
}
"""


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(CLUSTER % ("", ""), ("killed", 137), id="nobody-is-told"),
        pytest.param(CLUSTER % (KILL, ""), ("terminated", 0), id="kills"),
        pytest.param(CLUSTER % (KILL, CLOSES), ("graceful", None), id="kills-those-that-close"),
        pytest.param(CLUSTER % (KILL, "process.on('SIGTERM', () => {});"), ("killed", 137), id="kills-the-deaf"),
        pytest.param(
            CLUSTER % (KILL + "cluster.on('exit', () => cluster.fork());", CLOSES), ("killed", 137), id="forks-again",
        ),
        pytest.param(CLUSTER % (DISCONNECT, ""), ("graceful", None), id="disconnects"),
        pytest.param(CLUSTER % (DISCONNECT, "setInterval(() => {}, 999);"), ("killed", 137),
                     id="disconnected-and-busy"),
        pytest.param(
            CLUSTER % (SENDS, "process.on('message', (m) => { if (m.type === 'stop') process.exit(0); });"),
            ("graceful", None), id="sends",
        ),
        pytest.param(CLUSTER % (SENDS, "process.on('message', () => {});"), ("killed", 137), id="nobody-listens"),
        pytest.param(
            "const cluster = require('cluster');\nif (cluster.isMaster) cluster.fork(); else console.log('done');",
            ("killed", 137), id="a-worker-with-nothing-to-do",
        ),
        pytest.param(FORKED % ("console.log('done');", "child.on('exit', (code) => process.exit(code + 7));"),
                     ("fails", 7), id="fork-of-one-that-ends"),
        pytest.param(
            FORKED % ("process.on('message', ({ code }) => process.exit(code));",
                      "child.send({ code: 3 });\nchild.on('exit', (code) => process.exit(code));"), ("fails", 3),
            id="sends-at-once",
        ),
        pytest.param(
            FORKED % ("process.send({ ready: 6 });", "child.on('message', (m) => process.exit(m.ready));"),
            ("fails", 6), id="hears",
        ),
        pytest.param(
            FORKED % ("process.on('message', () => {});", "process.on('SIGTERM', () => child.disconnect());"),
            ("graceful", None), id="disconnects-a-child",
        ),
        pytest.param(
            FORKED % ("process.on('message', () => {});", "process.on('SIGTERM', () => child.send('stop'));"),
            ("killed", 137), id="a-child-that-does-nothing",
        ),
        pytest.param("if (process.send) process.send('ready'); else process.exit(9);", ("fails", 9), id="no-channel"),
    ],
)  # fmt: skip
def test_children_that_are_talked_to(text: str, outcome: tuple[str, int | None]) -> None:
    assert said(text) == outcome


IMPORTS = (
    "import { fork } from 'node:child_process';\nimport path from 'node:path';\nimport { fileURLToPath } from 'url';\n"
)
PASSES = "child.on('exit', () => process.exit(4));\nprocess.on('SIGTERM', () => child.kill());\n"


@pytest.mark.parametrize(
    "child",
    [
        pytest.param("new URL('./plain.mjs', import.meta.url)", id="url"),
        pytest.param("fileURLToPath(new URL('plain.mjs', import.meta.url))", id="path-of-a-url"),
        pytest.param("path.join(path.dirname(fileURLToPath(import.meta.url)), 'plain.mjs')", id="joined"),
        pytest.param("`${import.meta.dirname}/plain.mjs`", id="dirname"),
    ],
)
def test_children_of_a_module(child: str) -> None:
    """Measured with Node.js 20: the child dies of SIGTERM, and what is imported is there from the first line on."""
    text = f"const child = fork({child});\n{PASSES}{IMPORTS}"
    files = {"main.mjs": text, "plain.mjs": "setInterval(() => {}, 1000);\n"}
    found = verdict("node", "main.mjs", files=files, base="node:20-bookworm")
    assert (found.outcome.value, found.exit_code) == ("terminated", 4)


def test_a_module_that_forks_itself() -> None:
    """Measured with Node.js 20."""
    waits = "if (process.argv[2]) setInterval(() => {}, 1000); else {\n"
    text = f"{IMPORTS}{waits}const child = fork(fileURLToPath(import.meta.url), ['x']);\n{PASSES}}}\n"
    found = verdict("node", "main.mjs", files={"main.mjs": text}, base="node:20-bookworm")
    assert (found.outcome.value, found.exit_code) == ("terminated", 4)
