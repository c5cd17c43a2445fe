"""Measures whole processes, time and memory, beside hadolint on the same Dockerfiles; `make bench`."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import stopcheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
CONTEXTS = 500


@dataclass(frozen=True)
class Cost:
    """The least of several runs: seconds from start to end, and peak memory in MB."""

    seconds: float
    megabytes: float


def measure(command: Sequence[str], runs: int) -> Cost:
    """Run a whole process several times; one that crashes is an error, one that finds something is not."""
    costs = [run(command) for _ in range(runs)]
    return Cost(min(cost.seconds for cost in costs), max(cost.megabytes for cost in costs))


def run(command: Sequence[str]) -> Cost:
    """Run a whole process once."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def folders() -> Iterator[Path]:
    """The build context of each image in examples/ and tests/fixtures/."""
    for top in (ROOT / "examples", ROOT / "tests" / "fixtures"):
        for dockerfile in sorted(top.rglob("Dockerfile")):
            yield dockerfile.parent


def make_contexts(root: Path) -> list[Path]:
    """So many build contexts in a folder, no two alike; those without a script get one that says hello first."""
    dockerfiles: list[Path] = []
    for number, folder in enumerate(islice(cycle(list(folders())), CONTEXTS)):
        context = root / f"service-{number:03}"
        shutil.copytree(folder, context, symlinks=True)
        files = [path for path in context.rglob("*") if path.is_file() and not path.is_symlink()]
        for path in files:
            with path.open("a") as file:
                file.write(f"LABEL number={number}\n" if path.name == "Dockerfile" else f"# {number}\n")
        if len(files) == 1:
            (context / "start.sh").write_text(f'#!/bin/sh\nset -e\necho "{number}"\nexec "$@"\n')
        dockerfiles.append(context / "Dockerfile")
    return dockerfiles


def table(rows: Sequence[Sequence[str]]) -> str:
    """Cells under one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def row(what: str, cost: Cost, against: str = "") -> tuple[str, str, str, str]:
    """A line of the table."""
    duration = f"{cost.seconds * 1000:.0f} ms" if cost.seconds < 1 else f"{cost.seconds:.2f} s"
    return what, duration, f"{cost.megabytes:.0f} MB", against


def main() -> None:
    """Measure, and print the table."""
    compileall.compile_dir(str(Path(stopcheck.__file__).parent), quiet=2)
    ours, hadolint = str(PROGRAMS / "stopcheck"), shutil.which("hadolint", path=str(PROGRAMS))
    if hadolint is None:
        raise SystemExit("hadolint is not installed: make bench installs it")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".git").mkdir()
        dockerfiles = [str(path) for path in make_contexts(Path(folder))]
        bare = measure([sys.executable, "-c", "pass"], 20)
        json = measure([ours, dockerfiles[0], "--format", "json"], 20)
        text = measure([ours, dockerfiles[0]], 20)
        many = measure([ours, "check", "--jobs", "1", "--format", "json", folder], 3)
        rival = measure([hadolint, "--no-fail", "--format", "json", *dockerfiles], 3)
    rows = [
        ("what", "time", "memory", "measured against"),
        row("python -c pass", bare),
        row("one file, json", json, f"{json.seconds / bare.seconds:.1f} x bare python (at most 6)"),
        row("one file, text", text, f"{text.seconds / bare.seconds:.1f} x bare python (at most 8)"),
        row(f"{CONTEXTS} contexts", many, f"{rival.seconds / many.seconds:.1f} x faster (at least 5; below 100 MB)"),
        row(f"hadolint, {CONTEXTS} Dockerfiles", rival),
    ]
    print(table(rows))


if __name__ == "__main__":
    main()
