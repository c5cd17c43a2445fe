"""What is said of a script that gives up as it is, because nobody has given it the variables it asks for."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles

DOCKERFILE = 'FROM debian:12\nRUN apt-get install -y hypercorn\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'


def said(script: str) -> tuple[str, list[tuple[str, str, int, str, bool]]]:
    files = {"Dockerfile": DOCKERFILE, "start.sh": "#!/bin/bash\n" + script}
    ((_, verdict, found),), problems = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert problems == ()
    return str(verdict.outcome), [
        (rule, severity, one.span.position()[0], one.message.split(", ")[0], one.fix is not None)
        for rule, one, severity in found
    ]


@pytest.mark.parametrize(
    "guard, condition",
    [
        pytest.param(': "${PASSWORD:?is needed}"', "With PASSWORD set", id="an expansion"),
        pytest.param('if [ -z "$PASSWORD" ]; then exit 1; fi', "With PASSWORD set", id="a test"),
        pytest.param('[ -n "$PASSWORD" ] || { echo "set it"; exit 64; }', "With PASSWORD set", id="a list"),
        pytest.param("set -u; echo $PASSWORD", "With PASSWORD set", id="set -u"),
        pytest.param('set -e; test -n "$PASSWORD"; test -n "$KEY"', "With PASSWORD", id="one after the other"),
        pytest.param('need() { [ -n "${!1}" ] || exit 1; }; need PASSWORD', "With PASSWORD set", id="by its name"),
        pytest.param('for v in PASSWORD; do [ -z "${!v}" ] && exit 1; done', "With PASSWORD set", id="one of a list"),
        pytest.param("case $MODE in a|b) ;; *) exit 1;; esac", "With MODE set", id="a case"),
        pytest.param('echo "$COLOR"; : "${PASSWORD:?}"', "With PASSWORD set", id="beside one that is not needed"),
    ],
)
def test_what_comes_after_a_guard_is_looked_at_too(guard: str, condition: str) -> None:
    outcome, found = said(f"{guard}\nhypercorn -u nobody\n")
    assert outcome == "fails"
    assert found == [("missing-exec", "warning", 3, condition, True)]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(': "${PASSWORD:?is needed}"\nexec hypercorn -u nobody\n', id="the rest is well"),
        pytest.param("exit 3\n", id="it asks for nothing"),
        pytest.param('[ "$A" = "$B" ] && exit 1\nfalse\n', id="it fails all the same"),
    ],
)
def test_there_is_nothing_to_say_where_the_rest_is_well_or_never_comes(script: str) -> None:
    outcome, found = said(script)
    assert (outcome, found) == ("fails", [])


BOTH = 'prepare() {\n  our-tool --all\n}\ncase "${1:-run}" in\nrun) prepare; %s ;;\ninit) prepare ;;\nesac\n'


@pytest.mark.parametrize(
    "script, expected",
    [
        pytest.param(BOTH % "exec hypercorn", [], id="it has ended on the way to the service"),
        pytest.param(BOTH % "echo done", [("missing-exec", "error", 3)], id="there is no other service"),
        pytest.param(
            'case "${1:-run}" in\nrun) exec hypercorn ;;\nwork) our-app worker ;;\nesac\n',
            [("missing-exec", "warning", 4)],
            id="it is not run on that way",
        ),
        pytest.param(
            'case "${1:-run}" in\nrun) exec hypercorn ;;\nwork) our-app --all ;;\nesac\n',
            [],
            id="nothing but its place tells that it is a service",
        ),
    ],
)
def test_what_makes_things_ready_for_the_service_is_none_elsewhere(
    script: str, expected: list[tuple[str, str, int]]
) -> None:
    assert [row[:3] for row in said(script)[1]] == expected


@pytest.mark.parametrize(
    "script, expected",
    [
        pytest.param('case "$1" in yes) ;; esac; }\non "$TRACE"\nexec "$@"\n', [], id="what it is given is no command"),
        pytest.param('[[ $1 == yes ]]; }\non "$TRACE"\nexec "$@"\n', [], id="nor is it in a comparison"),
        pytest.param('case "$1" in a)\nour-app serve ;; esac; }\non "$1"\n', [3], id="it is given the first argument"),
        pytest.param('case "$1" in a)\nour-app serve ;; esac; }\non "$@"\n', [3], id="it is given all arguments"),
    ],
)
def test_a_function_has_arguments_of_its_own(script: str, expected: list[int]) -> None:
    assert [row[2] for row in said("on() { " + script)[1]] == expected


@pytest.mark.parametrize(
    "script, expected",
    [
        pytest.param("F=0\n[ -e /a ] || F=$((F+1))\n[ -e /b ] || F=$((F+1))\nexit $F\n", ("exits", None), id="a count"),
        pytest.param("[ -e /a ] || exit 3\necho done\n", ("exits", None), id="a guard"),
        pytest.param("[ -e /a ] || exit 3\nexit 4\n", ("fails", None), id="two errors"),
        pytest.param("exit 3\n", ("fails", 3), id="one way"),
        pytest.param("[ -e /a ] && exit 3\nexit 3\n", ("fails", 3), id="the same on both ways"),
    ],
)
def test_the_exit_code_is_told_where_all_ways_have_it(script: str, expected: tuple[str, int | None]) -> None:
    files = {"Dockerfile": DOCKERFILE, "start.sh": "#!/bin/bash\n" + script}
    ((_, verdict, _),), _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert (verdict.outcome, verdict.exit_code) == expected


@pytest.mark.parametrize(
    "dockerfile, line",
    [
        pytest.param("FROM scratch\nCOPY x /\n", 1, id="a folder of files"),
        pytest.param("FROM debian:12\nCMD []\n", 2, id="a CMD that is empty"),
        pytest.param("FROM debian:12\nENTRYPOINT []\nEXPOSE 1\n", 2, id="an ENTRYPOINT that clears it"),
    ],
)
def test_an_image_without_a_command_has_a_story(dockerfile: str, line: int) -> None:
    ((_, verdict, found),), _ = analyze_container(MemoryFiles({"Dockerfile": dockerfile}), "Dockerfile", Options())
    assert (verdict.outcome, found) == ("fails", [])
    (step,) = verdict.story
    assert step.text == "there is neither an ENTRYPOINT nor a CMD: the container needs a command when it is run"
    assert step.span is not None
    assert step.span.position()[0] == line


def test_a_configuration_that_is_refused_for_want_of_a_variable_is_looked_past() -> None:
    conf = "[supervisord]\nnodaemon=true\n[program:a]\ncommand=sh -c 'gunicorn --bind :%(ENV_PORT)s shop; true'\n"
    dockerfile = "FROM debian:12\nRUN make && apt-get install -y supervisor\nCOPY s.conf /\n"
    files = {"Dockerfile": dockerfile + 'CMD ["supervisord", "-c", "/s.conf"]\n', "s.conf": conf}
    ((_, verdict, found),), _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert (verdict.outcome, verdict.exit_code) == ("fails", 2)
    ((rule, violation, severity),) = found
    assert (rule, severity, violation.span.position()[0]) == ("supervisor-not-forwarding", "warning", 4)
    assert violation.message.startswith("With PORT set, ")


def test_what_another_command_does_says_so_and_has_its_own_story() -> None:
    script = '#!/bin/bash\ncase "${1:-run}" in\nrun) exec hypercorn ;;\nwork) our-app worker ;;\nesac\n'
    files = {"Dockerfile": DOCKERFILE, "start.sh": script}
    ((_, verdict, ((_, violation, _),)),), _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert violation.message.startswith("Run with `work`, `docker stop` waits 10 s, then kills our-app: exit 137.")
    assert violation.story[0].text == "PID 1 is `/start.sh work`"
    assert verdict.story[0].text == "PID 1 is `/start.sh`"


def test_a_service_that_has_left_is_not_to_blame_where_the_script_gives_up() -> None:
    outcome, found = said('memcached -u nobody -d\nif [ -z "$PASSWORD" ]; then exit 1; fi\nsleep infinity\n')
    assert (outcome, [(rule, severity) for rule, severity, *_ in found]) == ("fails", [("keepalive-main", "warning")])
    outcome, found = said("memcached -u nobody -d\nexit 1\n")
    assert (outcome, [rule for rule, *_ in found]) == ("fails", ["daemonized-main"])


START = '{"scripts": {"start": "node app.js"}}'


@pytest.mark.parametrize(
    ("program", "severity"),
    [
        pytest.param("process.on('SIGTERM', () => process.exit());\n", "error", id="it handles it"),
        pytest.param("eval(process.env.X);\n", "warning", id="nobody knows"),
    ],
)
def test_what_may_have_nothing_to_lose_is_no_error(program: str, severity: str) -> None:
    dockerfile = 'FROM node:20\nRUN npm install\nCOPY app.js package.json ./\nCMD ["npm", "start"]\n'
    files = {"Dockerfile": dockerfile, "app.js": program + "setInterval(() => {}, 1000);\n", "package.json": START}
    ((_, verdict, found),), _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert verdict.outcome == "cut-off"
    ((rule, violation, said_as),) = found
    assert (rule, said_as) == ("forking-wrapper", severity)
    assumed = severity == "warning"
    assert ("node, which is assumed to handle it," in violation.message) is assumed
    assert any("that it would have handled it is assumed (" in step.text for step in verdict.story) is assumed
