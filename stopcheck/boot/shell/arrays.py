"""Arrays: what stands under which number, or under which key."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.boot.world import Field

_BUCKETS = 1024


@dataclass(frozen=True, slots=True)
class Array:
    """What it holds, in the order in which it is listed; `keyed`: `declare -A`.

    A value that is not known may be any number of elements, so that the numbers of those behind it are not.
    """

    items: tuple[tuple[str, Field], ...] = ()
    keyed: bool = False

    def values(self) -> tuple[Field, ...]:
        """`${name[@]}`."""
        return tuple(value for _, value in self.items)

    def keys(self) -> tuple[str, ...]:
        """`${!name[@]}`."""
        return tuple(key for key, _ in self.items)

    def get(self, key: str) -> Field | None:
        """An element; None: there is none."""
        return dict(self.items).get(self._meant(key))

    def put(self, key: str, value: Field) -> Array:
        """With this under a key, or a number."""
        items = {**dict(self.items), self._meant(key): value}
        if not self.keyed:
            return Array(tuple(sorted(items.items(), key=lambda item: int(item[0]))))
        # What was put last is the first in its bucket.
        newest = sorted(items.items(), key=lambda item: item[0] == key, reverse=True)
        return Array(tuple(sorted(newest, key=lambda item: _bucket(item[0]))), keyed=True)

    def without(self, key: str) -> Array:
        """`unset 'name[key]'`: the others keep their numbers."""
        meant = self._meant(key)
        return Array(tuple(item for item in self.items if item[0] != meant), self.keyed)

    def extended(self, values: Iterable[Field]) -> Array:
        """`name+=(…)`: behind the last."""
        first = self._end()
        return Array((*self.items, *((str(first + at), value) for at, value in enumerate(values))))

    def part(self, offset: int, length: int | None) -> tuple[Field, ...]:
        """`${name[@]:offset:length}`: from that number on; of keys, that many are left out but one."""
        if self.keyed:
            found = self.values()[max(0, offset - 1) :]
        else:
            start = offset if offset >= 0 else self._end() + offset
            found = tuple(value for key, value in self.items if int(key) >= start >= 0)
        return found if length is None else found[: max(0, length)]

    def _end(self) -> int:
        return int(self.items[-1][0]) + 1 if self.items else 0

    def _meant(self, key: str) -> str:
        """The number that a negative one counts from behind."""
        return key if self.keyed or key[:1] != "-" else str(self._end() + int(key))


def _bucket(key: str) -> int:
    """Where bash's table has a key (FNV-1, 32 bits), measured with 5.2; it lists them in this order."""
    number = 2_166_136_261
    for byte in key.encode(errors="surrogateescape"):
        number = (number * 16_777_619 & 0xFFFF_FFFF) ^ byte
    return number % _BUCKETS
