"""Measures a case and prints it as a row of facts: `python -m tests.conformance.measure ID [--file F]… -- ARGV…`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tests.conformance import facts, harness

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNS = 3
"""A fact is what every run shows; with fewer a race goes unseen."""


def row(
    identity: str, what: str, shell: str, argv: Sequence[str], files: Sequence[Path], signal: str
) -> dict[str, Any]:
    """The fields of tests/facts/README.md; the files are taken as they are, below `$D`."""
    told: dict[str, Any] = {
        "id": identity,
        "group": identity.split(".")[0],
        "what": what,
        "shell": shell,
        "argv": list(argv),
        "files": {
            file.name: {"text": file.read_text("utf-8"), "mode": f"{file.stat().st_mode & 0o777:o}"} for file in files
        },
        "stop_signal": signal,
    }
    unmeasured = {"outcome": "", "pid1_exit": 0, "seconds": 0.0, "tree": "", "flaky": False}
    unmeasured |= dict.fromkeys(("app_is_pid1", "app_got_signal", "app_finished"), "")
    case = facts.case_of(facts._fact({**told, **unmeasured}))
    runs = [harness.run(case) for _ in range(RUNS)]
    seen = [run.outcome for run in runs]
    outcome = max(sorted(set(seen)), key=seen.count)
    kept = runs[seen.index(outcome)]
    return {
        **told,
        "outcome": outcome,
        "pid1_exit": kept.pid1_exit,
        "app_is_pid1": _share([stand_in.pid == 1 for stand_in in kept.stand_ins]),
        "app_got_signal": _share([bool(stand_in.signals) for stand_in in kept.stand_ins]),
        "app_finished": _share([stand_in.finished for stand_in in kept.stand_ins]),
        "seconds": round(kept.seconds, 3),
        "tree": kept.tree,
        "flaky": len(set(seen)) > 1,
    }


def _share(seen: list[bool]) -> str:
    if not seen:
        return "n/a"
    return "yes" if all(seen) else "no" if not any(seen) else f"{sum(seen)}/{len(seen)}"


@click.command()
@click.argument("identity", metavar="ID")
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--what", default="", help="What it is about, with its version.")
@click.option("--shell", default="", help="The shell that takes part, with its version.")
@click.option("--file", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--stop-signal", default="TERM", show_default=True)
def main(
    identity: str, argv: tuple[str, ...], what: str, shell: str, files: tuple[Path, ...], stop_signal: str
) -> None:
    try:
        measured = row(identity, what, shell, argv, files, stop_signal)
    except harness.UnavailableError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(json.dumps(measured, ensure_ascii=False))


if __name__ == "__main__":
    main()
