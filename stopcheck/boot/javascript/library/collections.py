"""Map and Set, with what is in them (tc39.es/ecma262, Keyed Collections)."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.javascript.library.shelf import Shelf
from stopcheck.boot.javascript.values import UNDEFINED, List, Thing
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.boot.javascript.values import Steps

COLLECTIONS = {"Map": "map", "WeakMap": "map", "Set": "set", "WeakSet": "set"}


class Collections(Shelf):
    """See library.node. What a Map or a Set has is in `$pairs`, by keys of which no two are the same."""

    def collection(self, path: str, values: Any = UNDEFINED) -> Steps:
        """`new Map(values)`, `new Set(values)`."""
        made = Thing(COLLECTIONS[path], {"size": 0, "$pairs": {}})
        if isinstance(values, Opaque):
            return Opaque(path)
        for value in self.evaluator.items(values, self.place) if values not in (None, UNDEFINED) else ():
            if made.kind == "set":
                self.set_add(made, value)
            else:
                self.map_set(made, self.evaluator.member(value, "0"), self.evaluator.member(value, "1"))
        yield from ()
        return made

    def elements(self, collection: Thing) -> list[Any]:
        """What `for … of` goes over."""
        pairs = list(collection.fields["$pairs"].values())
        return [key for key, _ in pairs] if collection.kind == "set" else [List([key, value]) for key, value in pairs]

    def map_set(self, collection: Thing, key: Any = UNDEFINED, value: Any = UNDEFINED) -> Thing:
        """Map.prototype.set()."""
        pairs = collection.fields["$pairs"]
        pairs[_key(key)] = (pairs.get(_key(key), (key,))[0], value)
        collection.fields["size"] = len(pairs)
        return collection

    def set_add(self, collection: Thing, value: Any = UNDEFINED) -> Thing:
        """Set.prototype.add()."""
        return self.map_set(collection, value, value)

    def map_get(self, collection: Thing, key: Any = UNDEFINED) -> object:
        """Map.prototype.get()."""
        pairs = collection.fields["$pairs"]
        if _key(key) in pairs:
            return pairs[_key(key)][1]
        return Opaque("what a Map has") if self._is_doubtful(collection, key) else UNDEFINED

    def map_has(self, collection: Thing, key: Any = UNDEFINED) -> bool:
        """Map.prototype.has()."""
        if _key(key) in collection.fields["$pairs"]:
            return True
        return self._is_doubtful(collection, key) and self.decide(self.place)

    def map_delete(self, collection: Thing, key: Any = UNDEFINED) -> bool:
        """Map.prototype.delete()."""
        pairs = collection.fields["$pairs"]
        had = pairs.pop(_key(key), None) is not None
        if not had and self._is_doubtful(collection, key):
            raise UndecidedError("what it deletes is not known")
        collection.fields["size"] = len(pairs)
        return had

    def _is_doubtful(self, collection: Thing, key: object) -> bool:
        """Whether a key that is not found may be there all the same."""
        pairs = collection.fields["$pairs"]
        return any(isinstance(one, Opaque) for one, _ in pairs.values()) or (isinstance(key, Opaque) and bool(pairs))

    def map_clear(self, collection: Thing) -> object:
        """Map.prototype.clear()."""
        collection.fields |= {"size": 0, "$pairs": {}}
        return UNDEFINED

    set_has, set_delete, set_clear = map_has, map_delete, map_clear

    def map_foreach(self, collection: Thing, function: Any) -> Steps:
        """Map.prototype.forEach()."""
        for key, value in list(collection.fields["$pairs"].values()):
            yield from self.evaluator.call(function, (value, key, collection))
        return UNDEFINED

    def map_keys(self, collection: Thing) -> List:
        """Map.prototype.keys(), as if it were an array."""
        return List([key for key, _ in collection.fields["$pairs"].values()])

    def map_values(self, collection: Thing) -> List:
        """Map.prototype.values(), as if it were an array."""
        return List([value for _, value in collection.fields["$pairs"].values()])

    def map_entries(self, collection: Thing) -> List:
        """Map.prototype.entries(), as if it were an array."""
        return List([List([key, value]) for key, value in collection.fields["$pairs"].values()])

    set_foreach, set_keys, set_values, set_entries = map_foreach, map_keys, map_values, map_entries


def _key(value: Any) -> tuple[bool, Any]:
    """What is the same for keys that are the same (SameValueZero): true is not 1."""
    return (isinstance(value, bool), value)
