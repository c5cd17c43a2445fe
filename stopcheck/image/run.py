"""What a RUN does to the files of the image, and which packages it installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.image.filesystem import Unsure
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.image.build import State
    from stopcheck.syntax.dockerfile import Instruction


def run(state: State, instruction: Instruction) -> None:
    """Carry out a RUN as far as it can be understood."""
    state.files = state.files.after(Unsure(Unknown("a build step may have made it", instruction.span)))
