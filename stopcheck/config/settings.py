"""What a configuration file, or the command line, can say."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.knowledge.programs import ProgramRow

NAMES = ("stopcheck.toml", "pyproject.toml")
"""In one folder the first of them counts."""
FAIL_ON = ("error", "warning", "note", "never")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a configuration file, or the command line, says; None: nothing. `grace_period` in seconds.

    `exclude` are patterns as in .gitignore, `programs` rows of knowledge beside those that stopcheck has.
    """

    grace_period: float | None = None
    select: frozenset[str] | None = None
    ignore: frozenset[str] | None = None
    fail_on: str | None = None
    pedantic: bool | None = None
    exclude: tuple[str, ...] | None = None
    programs: Mapping[str, ProgramRow] = field(default_factory=dict)

    def over(self, other: Settings) -> Settings:
        """Both, this one first; a rule selected here is not ignored there."""
        own = {
            name: value
            for name in ("grace_period", "select", "ignore", "fail_on", "pedantic", "exclude")
            if (value := getattr(self, name)) is not None
        }
        if self.select and self.ignore is None and other.ignore:
            own["ignore"] = other.ignore - self.select
        return replace(other, **own)
