"""What follows of all the files of a program and its libraries for the signals that it gets."""

from __future__ import annotations

from stopcheck.boot.handlers.source import CHILDREN, Handling
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.libraries import find_library
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Language, Source
    from stopcheck.knowledge.libraries import LibraryRow

MISSING = "not in the files"
STRENGTH = {"default": 0, "ignore": 1, "unknown": 1, "quick": 2, "graceful": 3}


@dataclass(frozen=True, slots=True)
class Read:
    """A program as it was read."""

    language: Language
    name: str
    """The language's."""
    first: Mapping[str, Source]
    """The files that it starts with."""
    sources: Mapping[str, Source]
    """All of them."""
    libraries: Mapping[str, tuple[str, ...]]
    """The names that each module which is none of its files may have as a library."""
    alone: bool
    """Whether it is one file that uses no library."""

    def handling(self, doubts: list[str], tokens: frozenset[str]) -> Handling:
        """`doubts` came up as it was read; `tokens` are what its environment tells its libraries."""
        tokens = self._told(tokens)
        on: dict[str, str] = {}
        doubts += self._files(on)
        strange = all(doubt.endswith(MISSING) for doubt in doubts)
        rows, unknown = self._rows()
        doubts += unknown
        strangers = len(doubts)
        doubts += self._libraries(on, rows, tokens)
        # Python arranges for SIGINT only where that is not ignored.
        inherits = frozenset({"INT"} - on.keys()) if self.name == "python" else frozenset()
        if inherits and any(source.interrupted for source in self.sources.values()):
            on["INT"] = "graceful"
        starts = next((source.starts for source in self.sources.values() if source.starts), "")
        if starts and self._launches(on, doubts):
            # Whom the signal has to reach may be one of those.
            return Handling(reason=f"it starts other programs ({starts})", complete=False, launches=True)
        if starts:
            doubts.append(f"it starts other programs ({starts})")
        if self.language.finish({}, ()).get("TERM") == "raise":
            # Its runtime ends a program that has no handler, whoever works for it.
            doubts = [doubt for doubt in doubts if not doubt.endswith(CHILDREN)]
        if doubts:
            known = {signal: action for signal, action in on.items() if STRENGTH[action] > 1}
            lasts = any(source.lasts for source in self.sources.values())
            strange = strange and len(doubts) == strangers
            return Handling(known, complete=False, reason=doubts[0], lasts=lasts, strange=strange)
        if on and self._has_threads_beside_a_handler():
            return Handling(reason="it has threads beside its signal handler", complete=False, launches=True)
        ordered = tuple(self.sources.values())
        return Handling(
            self.language.finish(on, ordered),
            cleanup=any(source.cleanup for source in self.first.values()),
            lasts=any(source.lasts for source in ordered),
            inherits=inherits,
            seconds=max((source.seconds for source in ordered), default=0.0),
        )

    def _told(self, tokens: frozenset[str]) -> frozenset[str]:
        """What its files and its environment tell its libraries."""
        loads = any("dotenv" in names for names in self.libraries.values())  # from a file that nobody has to see
        tokens = tokens.union(*(source.tokens for source in self.sources.values()))
        hung = (token.partition("=$") for token in tokens if "=$" in token)
        return tokens | {f"{key}=" for key, _, variable in hung if loads or variable in tokens}

    def _files(self, on: dict[str, str]) -> list[str]:
        """Adds what the files do on signals; gives what is doubtful in that."""
        doubts = []
        for path, source in self.sources.items():
            for signal, action in source.on.items():
                if path in self.first or action == "graceful":
                    _add(on, signal, action)
                elif signal == "TERM":
                    doubts.append(f"{path} may change what it does on SIGTERM")
                else:
                    _add(on, signal, "unknown")
        return doubts

    def _rows(self) -> tuple[tuple[LibraryRow, ...], list[str]]:
        """The libraries that are known, and a doubt for each that is not."""
        rows: dict[str, LibraryRow] = {}
        doubts = []
        for names in self.libraries.values():
            if not names:
                continue
            row = next((row for one in names if (row := find_library(self.name, one)) is not None), None)
            if row is None:
                doubts.append(f"it uses {names[-1]}, and whether that handles signals is not known")
            else:
                rows[row.name] = row
        return tuple(rows.values()), doubts

    def _libraries(self, on: dict[str, str], rows: tuple[LibraryRow, ...], tokens: frozenset[str]) -> list[str]:
        """Adds what the libraries do on signals; gives what is doubtful in that."""
        told = frozenset().union(*(source.tokens for source in self.first.values()))
        doubts = []
        for row in rows:
            if row.where and tokens.isdisjoint(row.where):
                continue
            if tokens & row.unless:
                doubts.append(f"what {row.name} does on signals is set otherwise")
                continue
            for signal, action in row.on.items():
                if action != "graceful" and row.where and told.isdisjoint(row.where):
                    doubts.append(f"what {row.name} does on signals depends on which of its files is run")
                else:
                    _add(on, signal, action)
        for row in rows:
            if row.asks and tokens.isdisjoint(row.asks):
                doubts.append(f"which package its {row.name} is of is not known")
            for token in sorted(tokens & row.unsure):
                doubts.append(f"what {row.name} does on signals depends on `{token.rstrip('=(@')}`")
        return doubts

    def _launches(self, on: Mapping[str, str], doubts: list[str]) -> bool:
        """Whether what it starts may be what the signal has to reach."""
        return self.alone or (
            on.get("TERM") is None and (not doubts or any(source.starts for source in self.first.values()))
        )

    def _has_threads_beside_a_handler(self) -> bool:
        threads = self.alone and any(source.threads for source in self.sources.values())
        return threads and any(source.on.keys() - {"INT"} for source in self.first.values())


def _add(on: dict[str, str], signal: str, action: str) -> None:
    """An action beside others: who finishes its work wins over who does not."""
    if signal not in on or STRENGTH[action] > STRENGTH[on[signal]]:
        on[signal] = action
