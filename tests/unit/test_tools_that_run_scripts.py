"""Tools that start an application by what a file or a text tells them: pm2's ecosystem files, watchfiles, coverage."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

PATH = "ENTRYPOINT []\nENV PATH=/app/bin:/usr/local/bin:/usr/bin:/bin"
HEARS = "setInterval(() => {}, 1000);\nprocess.once('SIGINT', () => setTimeout(() => process.exit(0), 1800));\n"
DEAF = "setInterval(() => {}, 1000);\n"


TWO = "module.exports = { apps: [{ name: 'a', script: 'a.js', kill_timeout: 9000 }, { name: 'b', script: '%s' }] }"


def managed(config: str, name: str = "ecosystem.config.js", lines: str = "", words: str = "") -> str:
    files = {"bin/pm2-runtime": "\x7fELF", "a.js": HEARS, "b.js": DEAF, name: config}
    argv = ("pm2-runtime", name, *words.split())
    return str(verdict(*argv, base="node:20-slim", files=files, lines=f"{lines}\n{PATH}", grace=3.0).outcome)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param("module.exports = { apps: [{ script: 'a.js', kill_timeout: 5000 }] };", "graceful", id="one"),
        pytest.param("module.exports = { apps: [{ script: './a.js', kill_timeout: 800 }] }", "cut-off", id="too-slow"),
        pytest.param(TWO.replace("'%s'", "'a.js', kill_timeout: 9000"), "graceful", id="all-at-once"),
        pytest.param(TWO % "b.js", "terminated", id="one-is-deaf"),
        pytest.param("const n = 2;\nmodule.exports = { apps: [{ script: `b.js`, instances: process.env.N || n }] };",
                     "terminated", id="what-does-not-matter-is-made"),
        pytest.param("const apps = [{ script: 'b.js' }];\nmodule.exports = { apps };", "terminated", id="constant"),
        pytest.param("let apps = [{ script: 'b.js' }];\nmodule.exports = { apps };", "unknown", id="variable"),
        pytest.param("module.exports = { apps: [{ script: require('./names').main }] };", "unknown", id="made"),
        pytest.param("module.exports = { apps: [{ script: 'a.ts' }] };", "unknown", id="its-own-interpreter"),
        pytest.param("export default { apps: [{ script: 'b.js' }] };", "terminated", id="module"),
    ],
)  # fmt: skip
def test_an_ecosystem_file_tells_what_pm2_runs(config: str, expected: str) -> None:
    assert managed(config) == expected


def test_what_pm2_would_have_told_counts_where_nobody_tells_pm2() -> None:
    """npm leaves it behind, and with it a program that would have cleaned up on SIGINT (measured: cut-off)."""
    config = "module.exports = { apps: [{ script: '%s' }] }"
    files = {"package.json": '{"scripts": {"start": "pm2-runtime e.config.js; true"}}', "a.js": HEARS, "b.js": DEAF}
    for script, expected in (("a.js", "cut-off"), ("b.js", "terminated")):
        given = {**files, "e.config.js": config % script, "bin/pm2-runtime": "\x7fELF"}
        assert verdict("npm", "start", base="node:20-slim", files=given, lines=PATH).outcome == expected


def test_an_ecosystem_file_in_json() -> None:
    assert managed('{"apps": [{"script": "b.js"}]}', "process.json") == "terminated"
    assert managed('{"script": "b.js"}', "process.json") == "terminated"


def test_pm2_starts_only_those_that_it_is_told_to() -> None:
    config = (
        "module.exports = { apps: [{ name: 'a', script: 'a.js', kill_timeout: 9000 }, { name: 'b', script: 'b.js' }] }"
    )
    assert managed(config, words="--only a") == "graceful"


SLOW = "import signal, sys, time\n\n\ndef stop(*_):\n    time.sleep(1)\n    sys.exit(0)\n\n\n"
FOREVER = "while True:\n    time.sleep(3)\n"


@pytest.mark.parametrize(
    ("argv", "handled", "expected"),
    [
        pytest.param(("python main.py", "."), "SIGINT", "graceful", id="told-INT"),
        pytest.param(("python main.py", "."), "SIGTERM", "terminated", id="never-told-TERM"),
        pytest.param(("--filter", "python", "python main.py"), "SIGTERM", "terminated", id="option"),
        pytest.param(("main.run",), "SIGTERM", "graceful", id="function-not-read"),
        pytest.param(("bash -c 'python main.py; echo'",), "SIGINT", "killed", id="shell"),
    ],
)
def test_watchfiles_tells_its_command_SIGINT(argv: tuple[str, ...], handled: str, expected: str) -> None:  # noqa: N802
    script = f"{SLOW}signal.signal(signal.{handled}, stop)\n{FOREVER}"
    files = {"bin/watchfiles": "\x7fELF", "main.py": script}
    assert verdict("watchfiles", *argv, base="python:3.11-slim", files=files, lines=PATH).outcome == expected


@pytest.mark.parametrize(
    ("line", "handled", "expected"),
    [
        pytest.param("coverage run main.py", "SIGTERM", "graceful", id="handled"),
        pytest.param("coverage run --branch main.py", "SIGINT", "killed", id="not-handled"),
        pytest.param("python -m coverage run main.py", "SIGINT", "killed", id="module"),
        pytest.param("coverage run -m main", "SIGINT", "killed", id="of-a-module"),
    ],
)
def test_coverage_runs_a_script_as_python_does(line: str, handled: str, expected: str) -> None:
    files = {"bin/coverage": "\x7fELF", "main.py": f"{SLOW}signal.signal(signal.{handled}, stop)\n{FOREVER}"}
    assert verdict(*line.split(), base="python:3.11-slim", files=files, lines=PATH).outcome == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("--exec", "node", "x.js"), "terminated", id="node-itself"),
        pytest.param(("--exec", "node x.js"), "cut-off", id="a-text-for-a-shell"),
        pytest.param(("--exec", "node", "--no-warnings", "x.js"), "cut-off", id="options-for-a-shell"),
    ],
)
def test_nodemon_starts_node_without_a_shell(words: tuple[str, ...], expected: str) -> None:
    """SIGINT, which it sends behind SIGTERM, ends what has not ended yet; a shell it leaves behind."""
    files = {"x.js": HEARS.replace("INT", "TERM")}
    assert verdict("nodemon", *words, base="node:20-slim", files=files, lines="ENTRYPOINT []").outcome == expected


@pytest.mark.parametrize(
    ("files", "lines", "expected"),
    [
        pytest.param({}, "", "cut-off", id="sh"),
        pytest.param({".npmrc": "registry=https://npm.example\nscript-shell=/bin/bash\n"}, "", "graceful", id="npmrc"),
        pytest.param({".npmrc": "script-shell = bash\n"}, "", "graceful", id="by-name"),
        pytest.param({}, "ENV npm_config_script_shell=/bin/bash", "graceful", id="variable"),
        pytest.param({}, "RUN npm config set script-shell bash", "graceful", id="build"),
        pytest.param({}, "RUN npm config -g set script-shell=/bin/bash", "graceful", id="build-for-all"),
    ],
)
def test_the_shell_of_npm_scripts(files: dict[str, str], lines: str, expected: str) -> None:
    """dash forks for a lone command of `-c`, and bash becomes it."""
    package = {"package.json": '{"scripts": {"start": "node x.js"}}', "x.js": HEARS.replace("INT", "TERM")}
    found = verdict("npm", "start", base="node:20-slim", files={**package, **files}, lines=f"ENTRYPOINT []\n{lines}")
    assert found.outcome == expected
