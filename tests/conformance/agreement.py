"""Prints how far the analysis agrees with the measured facts: `python -m tests.conformance.agreement`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import click

from tests.conformance import facts
from tests.conformance.fact_images import FactImage, image_of
from tests.conformance.prediction import Agreement, Prediction, agreement, predict

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTCOMES: tuple[Agreement, ...] = ("exact", "unknown", "wrong")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A fact, its image, what is said of it and whether the two agree."""

    fact: facts.Fact
    image: FactImage
    predicted: Prediction
    agreement: Agreement


def compare(group: str | None = None, identity: str | None = None) -> Iterator[Comparison]:
    """All steady facts (of a group, or whose id begins so)."""
    for fact in facts.load():
        if (
            fact.flaky
            or fact.is_mixed
            or (group and fact.group != group)
            or (identity and not fact.id.startswith(identity))
        ):
            continue
        image = image_of(fact)
        predicted = predict(image)
        yield Comparison(fact, image, predicted, agreement(fact, predicted))


@click.command()
@click.option("--group", help="Only this group.")
@click.option("--id", "identity", help="Only the facts whose id begins so, with their images.")
@click.option("--show-wrong", default=0, help="List so many wrong ones.")
@click.option("--show-unknown", default=0, help="List so many unknown ones.")
@click.option("--reasons", is_flag=True, help="Count the reasons given.")
def main(group: str | None, identity: str | None, show_wrong: int, show_unknown: int, reasons: bool) -> None:
    compared = list(compare(group, identity))
    click.echo(_table(compared))
    if identity:
        for one in compared:
            click.echo(_in_full(one))
    for kind, count in (("wrong", show_wrong), ("unknown", show_unknown)):
        for one in islice((one for one in compared if one.agreement == kind), count):
            click.echo(_in_short(one))
    if reasons:
        counted = Counter(one.predicted.reason for one in compared if one.agreement != "exact" and one.predicted.reason)
        for reason, count in counted.most_common():
            click.echo(f"{count:5} {reason}")


def _table(compared: list[Comparison]) -> str:
    rows = Counter((one.fact.group, one.agreement) for one in compared)
    groups = sorted({one.fact.group for one in compared})
    lines = [f"{'group':10}{'total':>7}" + "".join(f"{name:>9}" for name in OUTCOMES)]
    for group in groups:
        counts = [rows[group, name] for name in OUTCOMES]
        lines.append(f"{group:10}{sum(counts):7}" + "".join(f"{count:9}" for count in counts))
    counts = [sum(rows[group, name] for group in groups) for name in OUTCOMES]
    lines.append(f"{'all':10}{sum(counts):7}" + "".join(f"{count:9}" for count in counts))
    return "\n".join(lines)


def _in_short(one: Comparison) -> str:
    fact, predicted = one.fact, one.predicted
    script = "".join(f"\n    {name}: {text!r}" for name, (text, _) in fact.files.items() if name in ("e.sh", "s.conf"))
    return (
        f"{fact.id} [{fact.shell}] SIG{fact.stop_signal} {list(fact.argv)}{script}\n"
        f"    measured {fact.outcome} {fact.pid1_exit}, predicted {predicted.outcome} {predicted.exit_code}"
        + (f": {predicted.reason}" if predicted.reason else "")
    )


def _in_full(one: Comparison) -> str:
    files = "\n".join(f"--- {name}\n{text}" for name, text in one.image.files.items() if not name.startswith("bin/"))
    return f"\n{_in_short(one)}\n    tree {one.fact.tree}\n{files}\n--- story\n{one.predicted.story}"


if __name__ == "__main__":
    main()
