"""Programs that an installer writes for a project in Python."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options, Verdict
from stopcheck.files import MemoryFiles

DEAF = "import time\n\ndef main():\n    while True:\n        time.sleep(5)\n"
HANDLES = f"import signal, sys\nsignal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))\n{DEAF}"
STAGES = """FROM python:3.12-slim AS build
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /build
COPY . .
RUN pip install .
FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH
COPY --from=build /opt/venv /opt/venv
CMD ["shopd", "worker"]
"""
ALONE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install .\nCMD ["shopd", "worker"]\n'
PROJECT = {"pyproject.toml": '[project.scripts]\nshopd = "shop.cli:main"\n'}


def verdict(dockerfile: str, files: dict[str, str]) -> Verdict:
    found, problems = analyze_container(MemoryFiles({"Dockerfile": dockerfile, **files}), "Dockerfile", Options())
    assert problems == ()
    return found[0][1]


@pytest.mark.parametrize("dockerfile", [ALONE, STAGES])
@pytest.mark.parametrize(
    ("text", "outcome"), [(DEAF, "killed"), (HANDLES, "graceful"), (f"import mystery\n{DEAF}", "unknown")]
)
def test_its_sources_tell(dockerfile: str, text: str, outcome: str) -> None:
    assert verdict(dockerfile, {**PROJECT, "src/shop/cli.py": text}).outcome == outcome


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        pytest.param("pyproject.toml", '[tool.poetry.scripts]\nshopd = "shop.cli:main"\n', id="poetry"),
        pytest.param("pyproject.toml", '[tool.poetry.scripts.shopd]\nreference = "shop.cli:main"\n', id="poetry-table"),
        pytest.param("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    shopd = shop.cli:main\n", id="cfg"),
        pytest.param("setup.py", "setup(entry_points={'console_scripts': ['shopd=shop.cli:main']})\n", id="setup"),
    ],
)
def test_where_it_is_named(name: str, manifest: str) -> None:
    assert verdict(ALONE, {name: manifest, "shop/cli.py": DEAF}).outcome == "killed"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({**PROJECT, "shop/other.py": DEAF}, id="no-such-module"),
        pytest.param({"pyproject.toml": "[project.scripts\n", "shop/cli.py": "shopd = 1"}, id="not-to-be-read"),
        pytest.param({"pyproject.toml": '[project.scripts]\nshop-d = "shop.cli:main"\n'}, id="another-name"),
    ],
)
def test_what_is_not_found(files: dict[str, str]) -> None:
    assert verdict(ALONE, files).outcome == "graceful"
