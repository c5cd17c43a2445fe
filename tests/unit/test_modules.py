"""Programs in Python that want a module which nothing has put where they look for it."""

from __future__ import annotations

import pytest

from tests.unit.scripts import found, said
from tests.unit.verdicts import verdict

FILES = {"svc/run.py": "from svc.util import go\ngo()\n", "svc/util.py": "import time\ndef go(): time.sleep(1e6)\n"}
LOOP = "\nimport time\nwhile True: time.sleep(1)\n"


def fails(*argv: str, base: str = "python:3.12-slim", lines: str = "", **texts: str) -> bool:
    files = {**FILES, **{f"{name}.py": text for name, text in texts.items()}}
    stopped = verdict(*argv, files=files, base=base, lines=lines)
    return stopped.outcome == "fails" and stopped.exit_code == 1


@pytest.mark.parametrize(
    ("base", "lines"),
    [
        ("python:3.12-slim", ""),
        ("python:3.12-slim", "RUN apt-get update && apt-get install -y libpq5"),
        ("debian:12", "RUN apt-get update && apt-get install -y --no-install-recommends python3 tini"),
        ("debian:12", "RUN apt-get update && apt-get install -y python3 python3-flask"),
    ],
)
def test_a_package_is_started_by_its_file(base: str, lines: str) -> None:
    assert fails("python3", "svc/run.py", base=base, lines=lines)


@pytest.mark.parametrize(
    "lines",
    [
        "ENV PYTHONPATH=/app",
        "RUN pip install -e .",
        "RUN make deps",
        "RUN ./setup",
        "COPY --from=python:3.12 /usr/local /usr/local",
        "COPY --from=python:3.12 /srv /app",
        "COPY wheels /opt/venv/lib/python3.12/site-packages",
    ],
)
def test_it_may_be_found(lines: str) -> None:
    assert not fails("python3", "svc/run.py", lines=lines)


def test_it_is_found() -> None:
    assert not fails("python3", "-m", "svc.run")
    assert not fails("python3", "main.py", main="from svc.util import go\ngo()\n")


def test_a_library_that_nothing_installs() -> None:
    assert fails("python3", "main.py", main="import redis" + LOOP)
    assert not fails("python3", "main.py", main="import redis" + LOOP, lines="RUN pip install redis")
    assert not fails("python3", "main.py", main="import sys\nsys.path.append('lib')\nimport redis" + LOOP)
    assert not fails("python3", "main.py", main="import redis" + LOOP, base="acme/python:3")


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy",
        "import typing\nif typing.TYPE_CHECKING:\n    import numpy",
        "import setuptools",
        "def go():\n    import numpy",
        "import sys\nif sys.version_info < (3, 8):\n    import numpy",
        "import sys\nif sys.platform == 'win32':\n    import winloop",
    ],
)
def test_it_is_never_asked_for(text: str) -> None:
    assert not fails("python3", "main.py", main=text + LOOP)


def test_what_is_done_without_it() -> None:
    text = "try:\n    import ujson as json\nexcept {}:\n    import json" + LOOP
    assert not fails("python3", "main.py", main=text.format("ImportError"))
    assert not fails("python3", "main.py", main=text.format("ModuleNotFoundError"))
    assert fails("python3", "main.py", main=text.format("OSError"))


def test_a_module_on_pythonpath_is_run() -> None:
    """`svc` is also a program of daemontools, which ends at once."""
    files = {"lib/svc/__init__.py": "", "lib/svc/__main__.py": "import time\n\nwhile True:\n    time.sleep(1)\n"}
    for lines in ("ENV PYTHONPATH=/app/lib", "ENV PYTHONPATH=:/srv:lib"):
        stopped = verdict("python3", "-m", "svc", files=files, lines=lines, base="python:3.12")
        assert (stopped.outcome, stopped.exit_code) == ("killed", 137)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param("import yaml\n", ["unstartable-entrypoint"], id="of-others"),
        pytest.param("import conf\n", [], id="its-own"),
        pytest.param("import sys\nsys.exit(1)\n", [], id="none"),
    ],
)
def test_a_module_that_no_step_brings_is_blamed(text: str, rules: list[str]) -> None:
    dockerfile = 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nCMD ["python", "app.py"]\n'
    some = said({"Dockerfile": dockerfile, "app.py": text, "conf.py": "raise SystemExit(1)\n"})
    assert (some[0].outcome, some[0].exit_code) == ("fails", 1)
    assert [rule for rule, _ in found(some)] == rules
