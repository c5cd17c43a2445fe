"""One draw from its seed to what was found, and the smallest one that shows the same."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.conformance.fuzz.grammar import Draw, Grammar
from tests.conformance.fuzz.trial import Agreement, Image, Said, agrees, disagreement, is_race, measure, predict

if TYPE_CHECKING:
    from tests.conformance.harness import Measurement

ROUNDS = 60
"""So many measurements a shrink may take that do not lead on."""


@dataclass(frozen=True, slots=True)
class Found:
    """A draw, what is said of it and what was measured."""

    name: str
    draw: Draw
    agreement: Agreement
    said: Said
    measured: Measurement | None

    def difference(self) -> str:
        """What is said, and what is so."""
        said = f"{self.said.outcome} {self.said.exit_code}" + (f" ({self.said.reason})" if self.said.reason else "")
        return f"said {said}, measured {self.measured and (self.measured.outcome, self.measured.pid1_exit)}"

    def report(self) -> str:
        """All there is to see."""
        texts = "".join(f"--- {path}\n{text}" for path, text in self.draw.texts().items())
        told = f"mains {self.said.mains}\n{self.said.story}"
        seen = self.measured
        if seen is not None:
            saw = [f"{item.name} {item.signals[:9]} {'finished' if item.finished else ''}" for item in seen.stand_ins]
            told += f"\n--- seen\n{seen.tree}\n{saw} {seen.seconds:.2f} s\n{seen.output[:300]}"
        head = f"=== {self.name} [{self.draw.shell}] {self.difference()}"
        return f"{head}\n{self.draw.dockerfile()}{texts}--- story\n{told}\n"


def image_of(draw: Draw) -> Image:
    """What is predicted and run."""
    argv = ("/bin/sh", "-c", draw.argv()[-1]) if draw.form == "shell form" else draw.argv()
    return Image(draw.dockerfile(), argv, draw.texts(), draw.shell, draw.stop_signal)


def draw_of(name: str) -> Draw:
    """The same for the same name."""
    return Grammar(random.Random(name)).draw()


def one(name: str) -> Found:
    """Draw, predict, measure."""
    draw = draw_of(name)
    return Found(name, draw, *disagreement(image_of(draw)))


def shrink(found: Found) -> Found:
    """The smallest that still shows the same difference."""
    assert found.measured is not None
    patience = ROUNDS
    kind = (found.said.outcome, found.measured.outcome)
    best = found
    going = True
    while going and patience:
        going = False
        for draw in sorted(best.draw.smaller(), key=Draw.size):
            if draw.size() >= best.draw.size():
                continue
            image = image_of(draw)
            said = predict(image)
            if said.outcome != kind[0] or is_race(image, said):
                continue
            measured = measure(image)
            if (said.outcome, measured.outcome) != kind or agrees(said, measured):
                patience -= 1
                if not patience:
                    break
                continue
            best = replace(best, draw=draw, said=said, measured=measured)
            going = True
            break
    agreement, said, again = disagreement(image_of(best.draw))
    return replace(best, said=said, measured=again) if agreement == "wrong" else found
