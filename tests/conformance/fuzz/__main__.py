"""Draws images, predicts and runs them: `python -m tests.conformance.fuzz -n 2000 [--seed 7]`."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed

import click

from tests.conformance.fuzz.run import Found, one, shrink

WORKERS = 20


@click.command()
@click.option("-n", "number", default=2000, help="So many images.")
@click.option("--seed", type=int, default=None, help="Draw the same ones again.")
@click.option("--workers", default=WORKERS, help="So many containers at a time: they mostly sleep.")
@click.option("--show-unknown", is_flag=True, help="Count the reasons for what is unknown.")
@click.option("--no-shrink", is_flag=True, help="Print disagreements as they were drawn.")
@click.option("--limit", default=40, help="Shrink so many disagreements.")
def main(number: int, seed: int | None, workers: int, show_unknown: bool, no_shrink: bool, limit: int) -> None:
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    start = time.monotonic()
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    wrong: list[Found] = []
    with ThreadPoolExecutor(workers) as pool:
        for future in as_completed([pool.submit(one, f"{seed}.{index}") for index in range(number)]):
            found = future.result()
            counts[found.agreement] += 1
            if found.agreement == "unknown":
                reasons[found.said.reason] += 1
            if found.agreement == "wrong":
                wrong.append(found)
        seconds = time.monotonic() - start
        small = wrong if no_shrink else list(pool.map(shrink, wrong[:limit]))
    for found in sorted(small, key=lambda found: (found.difference(), found.draw.size())):
        click.echo(found.report())
    if show_unknown:
        for reason, count in reasons.most_common():
            click.echo(f"{count:5} {reason}")
    told = ", ".join(f"{counts[name]} {name}" for name in ("exact", "other way", "wrong", "unknown", "race"))
    click.echo(f"seed {seed}: {number} run, {told}, {seconds:.0f} s")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
