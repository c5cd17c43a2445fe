"""C programs, by their source: what is said of them, and what the kernel makes of them as PID 1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options, Verdict
from stopcheck.files import MemoryFiles
from tests.conformance.harness import Case, Measurement, run
from tests.conformance.test_facts_hold import require_containers

INCLUDES = "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n\n"
LOOP = "    for (;;)\n        sleep(1);\n"
FLAG = "static volatile sig_atomic_t stop;\nstatic void handle(int s)\n{\n    stop = 1;\n}\n"
PRINTS = 'static void handle(int s)\n{\n    printf("got %d\\n", s);\n}\n'
HANDLES = "    signal(SIGTERM, handle);\n"
BLOCKS = (
    "    sigset_t set;\n    sigemptyset(&set);\n    sigaddset(&set, SIGTERM);\n"
    "    sigprocmask(SIG_BLOCK, &set, NULL);\n"
)

CASES = [
    pytest.param("", LOOP, "killed", id="no-handler"),
    pytest.param("", "    pause();\n", "killed", id="no-handler-waits-once"),
    pytest.param("", "    sleep(86400);\n", "killed", id="sleeps-long"),
    pytest.param(
        "static void handle(int s)\n{\n    _exit(0);\n}\n", HANDLES + LOOP, "graceful", id="exits-in-the-handler"
    ),
    pytest.param(FLAG, HANDLES + "    while (!stop)\n        sleep(1);\n", "graceful", id="asks-for-the-flag"),
    pytest.param(FLAG, HANDLES + LOOP, "killed", id="nobody-asks-for-the-flag"),
    pytest.param(FLAG, HANDLES + "    pause();\n", "graceful", id="the-flag-is-no-matter"),
    pytest.param(
        FLAG,
        "    struct sigaction act;\n    memset(&act, 0, sizeof(act));\n    act.sa_handler = handle;\n"
        "    sigaction(SIGTERM, &act, NULL);\n    while (!stop) {\n        sleep(1);\n    }\n", "graceful",
        id="sigaction",
    ),
    pytest.param(
        "static volatile int running = 1;\nvoid handle(int s) { running = 0; }\n",
        "    struct sigaction act = { .sa_handler = handle };\n    sigaction(SIGTERM, &act, NULL);\n"
        "    while (running)\n        sleep(1);\n", "graceful", id="sigaction-in-one",
    ),
    pytest.param(PRINTS, HANDLES + LOOP, "killed", id="only-prints"),
    pytest.param(PRINTS, HANDLES + "    pause();\n", "graceful", id="prints-and-goes-on-to-the-end"),
    pytest.param(PRINTS, HANDLES + "    while (1) {\n        pause();\n    }\n", "killed", id="prints-and-waits-again"),
    pytest.param(
        PRINTS, HANDLES + "    while (sleep(600) == 0)\n        puts(\"again\");\n", "graceful",
        id="sees-the-interruption",
    ),
    pytest.param("", "    signal(SIGTERM, SIG_IGN);\n" + LOOP, "killed", id="ignores"),
    pytest.param("", "    signal(SIGTERM, SIG_DFL);\n" + LOOP, "killed", id="default"),
    pytest.param(
        "static void handle(int s)\n{\n    exit(0);\n}\n", "    signal(SIGINT, handle);\n" + LOOP, "killed",
        id="another-signal",
    ),
    pytest.param(
        "static void handle(int s)\n{\n    signal(s, SIG_DFL);\n    raise(s);\n}\n", HANDLES + LOOP, "killed",
        id="dies-of-it-in-vain",
    ),
    pytest.param("", BLOCKS + "    int sig;\n    sigwait(&set, &sig);\n", "graceful", id="waits-for-it"),
    pytest.param("", BLOCKS + LOOP, "killed", id="blocks"),
    pytest.param(
        "", '    const char *dsn = getenv("DSN");\n    if (!dsn) {\n        puts("DSN?");\n        return 2;\n    }\n'
        + LOOP, "fails", id="wants-a-variable",
    ),
]  # fmt: skip


def source(top: str, body: str) -> str:
    return f"{INCLUDES}{top}\nint main(void)\n{{\n{body}    return 0;\n}}\n"


def verdict(text: str) -> Verdict:
    """What is said of an image with this program."""
    dockerfile = (
        "FROM gcc:13 AS build\nWORKDIR /src\nCOPY app.c .\nRUN gcc -O2 -o /app app.c\n"
        'FROM debian:bookworm-slim\nCOPY --from=build /app /app\nCMD ["/app"]\n'
    )
    files = MemoryFiles({"Dockerfile": dockerfile, "app.c": text})
    found, problems = analyze_container(files, "Dockerfile", Options(grace_period=3.0))
    assert problems == ()
    return found[0][1]


@pytest.mark.parametrize(("top", "body", "outcome"), CASES)
def test_it_is_as_the_source_says(top: str, body: str, outcome: str) -> None:
    assert verdict(source(top, body)).outcome == outcome


@pytest.fixture(scope="module")
def measured() -> dict[str, Measurement]:
    """What comes of each program as PID 1, by its text."""
    require_containers()
    texts = [source(*map(str, case.values[:2])) for case in CASES]
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(texts, pool.map(compiled_and_run, texts), strict=True))


def compiled_and_run(text: str) -> Measurement:
    build = ("/bin/sh", "-c", "TMPDIR=/src cc -O2 -w -o /src/app /src/app.c")
    return run(Case(("/src/app",), {"/src/app.c": (text, 0o644)}, stand_ins={}, build=(build,)))


@pytest.mark.parametrize(("top", "body", "outcome"), CASES)
def test_the_kernel_agrees(measured: dict[str, Measurement], top: str, body: str, outcome: str) -> None:
    # Whether it has cleaned up, or just ended, is not to be seen from outside.
    expected = {"graceful": {"graceful", "terminated", "ends"}, "fails": {"fails", "exits"}}.get(outcome, {outcome})
    assert measured[source(top, body)].outcome in expected
