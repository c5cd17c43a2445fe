"""Holds the runner of small images to what is known by hand: images that show what each part of it is for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.conformance.rule_examples import run_example
from tests.conformance.test_facts_hold import require_containers

if TYPE_CHECKING:
    from tests.conformance.harness import Measurement

SCRIPT = 'FROM debian:12\nCOPY start /\nENTRYPOINT ["/start"]\n'

EXAMPLES: dict[str, tuple[dict[str, str], str, int]] = {
    "shell form, dash": ({"Dockerfile": "FROM debian:bookworm-slim\nCMD gunicorn app:app\n"}, "killed", 137),
    "shell form, busybox": ({"Dockerfile": "FROM alpine:3.20\nCMD gunicorn app:app\n"}, "graceful", 0),
    "shell form, bash": ({"Dockerfile": "FROM fedora:40\nCMD gunicorn app:app\n"}, "graceful", 0),
    "shell form, no shell": ({"Dockerfile": "FROM gcr.io/distroless/static\nCMD /server\n"}, "fails", 127),
    "SHELL": ({"Dockerfile": 'FROM debian:12\nSHELL ["/bin/bash", "-c"]\nCMD server\n'}, "graceful", 0),
    "single quotes": ({"Dockerfile": "FROM debian:12\nCMD ['server', 'x']\n"}, "fails", 127),
    "init that is not there": ({"Dockerfile": 'FROM debian:12\nCMD ["tini", "--", "server"]\n'}, "fails", 127),
    "init on alpine": (
        {"Dockerfile": 'FROM alpine\nRUN apk add --no-cache tini\nENTRYPOINT ["/sbin/tini", "--"]\nCMD ["server"]\n'},
        "graceful",
        0,
    ),
    "init over a shell": (
        {"Dockerfile": 'FROM debian:12\nRUN apt-get install -y tini\nCMD ["tini", "--", "sh", "-c", "server; true"]\n'},
        "cut-off",
        143,
    ),
    "script": ({"Dockerfile": SCRIPT + 'CMD ["server"]\n', "start": '#!/bin/sh\nexec "$@"\n'}, "graceful", 0),
    "script without exec": ({"Dockerfile": SCRIPT, "start": "#!/bin/sh\nserver\n"}, "killed", 137),
    "script that waits for a database": (
        {
            "Dockerfile": SCRIPT,
            "start": "#!/bin/sh\npython manage.py migrate\nuntil nc -z db 1; do :; done\nexec server\n",
        },
        "graceful",
        0,
    ),
    "script without mode": (
        {
            "Dockerfile": 'FROM debian:12\nCOPY --chmod=644 start /\nCMD ["/start"]\n',
            "start": "#!/bin/sh\nexec server\n",
        },
        "fails",
        126,
    ),
    "script with its mode mended": (
        {
            "Dockerfile": 'FROM debian:12\nCOPY --chmod=644 start /\nRUN chmod +x /start\nCMD ["/start"]\n',
            "start": "#!/bin/sh\nexec server\n",
        },
        "graceful",
        0,
    ),
    "script that RUN writes": (
        {"Dockerfile": "FROM debian:12\nRUN printf '#!/bin/sh\\nserver\\n' >/s && chmod +x /s\nCMD [\"/s\"]\n"},
        "killed",
        137,
    ),
    "script from a heredoc": (
        {"Dockerfile": 'FROM debian:12\nCOPY --chmod=755 <<EOF /start\n#!/bin/sh\nserver\nEOF\nCMD ["/start"]\n'},
        "killed",
        137,
    ),
    "interpreter that is not there": (
        {"Dockerfile": SCRIPT.replace("debian:12", "alpine"), "start": "#!/bin/bash\nexec server\n"},
        "fails",
        127,
    ),
    "working directory": (
        {
            "Dockerfile": 'FROM debian:12\nWORKDIR /srv\nCOPY . .\nCMD ["./start"]\n',
            "start": "#!/bin/sh\nexec bin/server\n",
        },
        "graceful",
        0,
    ),
    "variables": (
        {"Dockerfile": 'FROM debian:12\nENV RUN="exec server"\nCMD ["sh", "-c", "$RUN"]\n'},
        "graceful",
        0,
    ),
    "daemon": ({"Dockerfile": 'FROM debian:12\nCMD ["nginx"]\n'}, "exits", 0),
    "daemon in the foreground": ({"Dockerfile": 'FROM debian:12\nCMD ["nginx", "-g", "daemon off;"]\n'}, "graceful", 0),
    "inherited stop signal": ({"Dockerfile": 'FROM nginx:1.27\nCMD ["server"]\n'}, "graceful", 0),
    "keepalive": ({"Dockerfile": 'FROM debian:12\nCMD ["sleep", "infinity"]\n'}, "killed", 137),
    "wrapper": ({"Dockerfile": 'FROM debian:12\nCMD ["runuser", "-u", "nobody", "--", "server"]\n'}, "graceful", 143),
}


@pytest.fixture(scope="module")
def measured() -> dict[str, Measurement]:
    require_containers()
    with ThreadPoolExecutor(8) as pool:
        runs = pool.map(lambda example: run_example(example[0], grace=3.0), EXAMPLES.values())
        return dict(zip(EXAMPLES, runs, strict=True))


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in EXAMPLES])
def test_small_images(measured: dict[str, Measurement], name: str) -> None:
    _, outcome, code = EXAMPLES[name]
    found = measured[name]
    assert (found.outcome, found.pid1_exit) == (outcome, code), found
