"""The disagreements that were found and settled: images that are predicted and measured again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.conformance.fuzz.trial import Image

FILE = Path(__file__).parent / "disagreements.jsonl"


@dataclass(frozen=True, slots=True)
class Settled:
    """An image and what the kernel does with it: `outcome` in the words of tests/facts, `exit_code` of PID 1."""

    name: str
    image: Image
    outcome: str
    exit_code: int


@cache
def load() -> tuple[Settled, ...]:
    """All of them, in the order of the file."""
    return tuple(_settled(json.loads(line)) for line in FILE.read_text().splitlines())


def _settled(row: dict[str, object]) -> Settled:
    image = Image(
        str(row["dockerfile"]),
        tuple(row["argv"]),  # type: ignore[arg-type]
        dict(row["files"]),  # type: ignore[call-overload]
        str(row["shell"]),
        str(row["stop_signal"]),
    )
    return Settled(str(row["id"]), image, str(row["outcome"]), int(str(row["exit_code"])))
