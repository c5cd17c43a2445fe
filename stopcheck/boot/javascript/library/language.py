"""What the language itself brings: promises, arrays, texts, numbers, objects."""

from __future__ import annotations

import math

from stopcheck.boot.conduct import Opaque
from stopcheck.boot.javascript.library.shelf import Shelf, is_called
from stopcheck.boot.javascript.values import UNDEFINED, Builtin, Function, List, Promise, Thing, ThrownError, Undefined
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from stopcheck.boot.javascript.values import Steps


class Language(Shelf):
    """See library.node."""

    # Functions

    def function_bind(self, function: Any, this: object = UNDEFINED, *before: Any) -> object:
        """Function.prototype.bind()."""
        if isinstance(function, Function):
            return replace(function, this=this, before=(*function.before, *before))
        return Builtin("$bound", (function, before))

    def function_call(self, function: Any, this: object = UNDEFINED, *arguments: Any) -> Steps:
        """Function.prototype.call()."""
        bound = replace(function, this=this) if isinstance(function, Function) else function
        return (yield from self.evaluator.call(bound, arguments))

    def function_apply(self, function: Any, this: object = UNDEFINED, arguments: Any = UNDEFINED) -> Steps:
        """Function.prototype.apply()."""
        given = tuple(arguments.items) if isinstance(arguments, List) else ()
        return (yield from self.function_call(function, this, *given))

    # Promises

    def promise_then(self, promise: Promise, kept: Any = UNDEFINED, broken: Any = UNDEFINED) -> Promise:
        """Promise.prototype.then()."""
        made = Promise()

        def go_on() -> None:
            function = kept if promise.state == "kept" else broken
            if is_called(function):
                inner = self.loop.start(self._called(function, promise.value))
                inner.seen = True
                self.loop.when(inner, lambda: self.loop.settle(made, inner.state, inner.value))
            else:
                self.loop.settle(made, promise.state, promise.value)

        self.loop.when(promise, go_on)
        return made

    def _called(self, function: Any, *arguments: Any) -> Steps:
        value = yield from self.evaluator.call(function, arguments)
        return (yield from self.evaluator.awaited(value))

    def promise_catch(self, promise: Promise, broken: Any = UNDEFINED) -> Promise:
        """Promise.prototype.catch()."""
        return self.promise_then(promise, UNDEFINED, broken)

    def promise_finally(self, promise: Promise, function: Any = UNDEFINED) -> Promise:
        """Promise.prototype.finally()."""
        return self.loop.start(self._finally(promise, function))

    def _finally(self, promise: Promise, function: Any) -> Steps:
        try:
            value = yield promise
        except ThrownError:
            yield from self._called(function)
            raise
        yield from self._called(function)
        return value

    def promise_resolve(self, _: Any = None, value: Any = UNDEFINED) -> Promise:
        """Promise.resolve()."""
        return value if isinstance(value, Promise) else self.promised(value)

    def promise_reject(self, _: Any = None, value: Any = UNDEFINED) -> Promise:
        """Promise.reject()."""
        return self.promised(value, "broken")

    def promise_all(self, _: Any = None, values: Any = UNDEFINED) -> Promise:
        """Promise.all()."""
        return self.loop.start(self._all(self._promises(values), keeps=False))

    def promise_allsettled(self, _: Any = None, values: Any = UNDEFINED) -> Promise:
        """Promise.allSettled()."""
        return self.loop.start(self._all(self._promises(values), keeps=True))

    def _promises(self, values: Any) -> list[Promise]:
        items = self.evaluator.items(values, self.place)
        promises = [one if isinstance(one, Promise) else self.promised(one) for one in items]
        for promise in promises:
            promise.seen = True
        return promises

    def _all(self, promises: list[Promise], keeps: bool) -> Steps:
        found: list[Any] = []
        for promise in promises:
            try:
                found.append((yield promise))
            except ThrownError:
                if not keeps:
                    raise
                found.append(Opaque())
        return List(found)

    def promise_race(self, _: Any = None, values: Any = UNDEFINED) -> Promise:
        """Promise.race()."""
        made = Promise()
        for promise in self._promises(values):
            self.loop.when(promise, lambda one=promise: self.loop.settle(made, one.state, one.value))  # type: ignore[misc]
        return made

    # Arrays

    def _each(self, values: List, function: Any) -> Steps:
        found: list[Any] = []
        for at, item in enumerate(list(values.items)):
            found.append((item, (yield from self.evaluator.call(function, (item, at, values)))))
        return found

    def list_foreach(self, values: List, function: Any) -> Steps:
        """Array.prototype.forEach()."""
        yield from self._each(values, function)
        return UNDEFINED

    def list_map(self, values: List, function: Any) -> Steps:
        """Array.prototype.map()."""
        return List([result for _, result in (yield from self._each(values, function))])

    def list_filter(self, values: List, function: Any) -> Steps:
        """Array.prototype.filter()."""
        pairs = yield from self._each(values, function)
        return List([item for at, (item, told) in enumerate(pairs) if self.evaluator.is_true(told, self.place + at)])

    def list_some(self, values: List, function: Any) -> Steps:
        """Array.prototype.some()."""
        pairs = yield from self._each(values, function)
        return any(self.evaluator.is_true(told, self.place + at) for at, (_, told) in enumerate(pairs))

    def list_every(self, values: List, function: Any) -> Steps:
        """Array.prototype.every()."""
        pairs = yield from self._each(values, function)
        return all(self.evaluator.is_true(told, self.place + at) for at, (_, told) in enumerate(pairs))

    def list_find(self, values: List, function: Any) -> Steps:
        """Array.prototype.find()."""
        found = yield from self.list_filter(values, function)
        return found.items[0] if found.items else UNDEFINED

    def list_push(self, values: List, *items: Any) -> int:
        """Array.prototype.push()."""
        values.items.extend(items)
        return len(values.items)

    def list_unshift(self, values: List, *items: Any) -> int:
        """Array.prototype.unshift()."""
        values.items[:0] = items
        return len(values.items)

    def list_pop(self, values: List) -> object:
        """Array.prototype.pop()."""
        return values.items.pop() if values.items else UNDEFINED

    def list_shift(self, values: List) -> object:
        """Array.prototype.shift()."""
        return values.items.pop(0) if values.items else UNDEFINED

    def list_slice(self, values: List, start: Any = 0, end: Any = None) -> object:
        """Array.prototype.slice()."""
        if not isinstance(start, int) or not isinstance(end, (int, type(None))):
            return Opaque()
        return List(values.items[start:end])

    def list_splice(self, values: List, start: Any = 0, count: Any = None, *items: Any) -> object:
        """Array.prototype.splice()."""
        if not isinstance(start, int) or not isinstance(count, (int, type(None))):
            return Opaque()
        end = len(values.items) if count is None else start + count
        taken = values.items[start:end]
        values.items[start:end] = items
        return List(taken)

    def list_join(self, values: List, sign: Any = ",") -> object:
        """Array.prototype.join()."""
        if not isinstance(sign, str) or not all(isinstance(one, (str, int)) for one in values.items):
            return Opaque()
        return sign.join(str(one) for one in values.items)

    def list_includes(self, values: List, wanted: Any = UNDEFINED) -> bool:
        """Array.prototype.includes()."""
        if isinstance(wanted, Opaque) or any(isinstance(one, Opaque) for one in values.items):
            return self.decide(self.place)
        return any(one is wanted or (type(one) is type(wanted) and one == wanted) for one in values.items)

    def list_concat(self, values: List, *more: Any) -> List:
        """Array.prototype.concat()."""
        rest = [item for one in more for item in (one.items if isinstance(one, List) else [one])]
        return List([*values.items, *rest])

    def list_entries(self, values: List) -> List:
        """Array.prototype.entries()."""
        return List([List([at, item]) for at, item in enumerate(values.items)])

    def array_from(self, _: Any = None, values: Any = UNDEFINED, function: Any = UNDEFINED) -> Steps:
        """Array.from()."""
        if isinstance(values, Thing) and isinstance(values.fields.get("length"), int):
            made = List([UNDEFINED] * min(values.fields["length"], 1000))
        else:
            made = List(self.evaluator.items(values, self.place))
        return (yield from self.list_map(made, function)) if is_called(function) else made

    def array_isarray(self, _: Any = None, value: Any = UNDEFINED) -> bool:
        """Array.isArray()."""
        return self.decide(self.place) if isinstance(value, Opaque) else isinstance(value, List)

    # Texts and numbers

    def string_split(self, value: str, sign: Any = UNDEFINED) -> object:
        """String.prototype.split()."""
        return List(list(value.split(sign))) if isinstance(sign, str) and sign else Opaque()

    def string_includes(self, value: str, part: Any = UNDEFINED) -> bool:
        """String.prototype.includes()."""
        return part in value if isinstance(part, str) else self.decide(self.place)

    def string_startswith(self, value: str, part: Any = UNDEFINED) -> bool:
        """String.prototype.startsWith()."""
        return value.startswith(part) if isinstance(part, str) else self.decide(self.place)

    def string_endswith(self, value: str, part: Any = UNDEFINED) -> bool:
        """String.prototype.endsWith()."""
        return value.endswith(part) if isinstance(part, str) else self.decide(self.place)

    def string_tolowercase(self, value: str) -> str:
        """String.prototype.toLowerCase()."""
        return value.lower()

    def string_touppercase(self, value: str) -> str:
        """String.prototype.toUpperCase()."""
        return value.upper()

    def string_trim(self, value: str) -> str:
        """String.prototype.trim()."""
        return value.strip()

    def number(self, value: Any) -> Any:
        """`Number(value)`."""
        if isinstance(value, (bool, int, float)):
            return int(value) if isinstance(value, bool) else value
        if value is None or value == "":
            return 0
        if isinstance(value, Undefined):
            return float("nan")
        if not isinstance(value, str):
            return Opaque()
        try:
            return int(value)
        except ValueError:
            try:
                return float(value)
            except ValueError:
                return float("nan")

    def parseint(self, value: Any = UNDEFINED, *_: Any) -> Any:
        """parseInt()."""
        found = self.number(value) if value is not None and value != "" else float("nan")
        return int(found) if isinstance(found, (int, float)) and found == found and abs(found) < 2**53 else found

    parsefloat = parseint

    def isnan(self, value: Any = UNDEFINED) -> Any:
        """isNaN()."""
        found = self.number(value)
        return self.decide(self.place) if isinstance(found, Opaque) else found != found

    def boolean(self, value: Any = UNDEFINED) -> bool:
        """Boolean()."""
        return self.evaluator.is_true(value, self.place)

    def string(self, value: Any = "") -> Any:
        """String()."""
        return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else Opaque()

    def _counted(self, function: Callable[..., Any], *values: Any) -> Any:
        known = values and all(isinstance(one, (int, float)) and one == one and abs(one) < 1e15 for one in values)
        return function(*values) if known else Opaque("a number")

    def math_min(self, _: Any = None, *values: Any) -> Any:
        """Math.min()."""
        return self._counted(lambda *all_of: min(all_of), *values)

    def math_max(self, _: Any = None, *values: Any) -> Any:
        """Math.max()."""
        return self._counted(lambda *all_of: max(all_of), *values)

    def math_floor(self, _: Any = None, value: Any = UNDEFINED) -> Any:
        """Math.floor()."""
        return self._counted(math.floor, value)

    def math_ceil(self, _: Any = None, value: Any = UNDEFINED) -> Any:
        """Math.ceil()."""
        return self._counted(math.ceil, value)

    # Objects

    def object_keys(self, _: Any = None, value: Any = UNDEFINED) -> object:
        """Object.keys()."""
        return List(list(value.fields)) if isinstance(value, Thing) else Opaque()

    def object_values(self, _: Any = None, value: Any = UNDEFINED) -> object:
        """Object.values()."""
        return List(list(value.fields.values())) if isinstance(value, Thing) else Opaque()

    def object_entries(self, _: Any = None, value: Any = UNDEFINED) -> object:
        """Object.entries()."""
        if not isinstance(value, Thing):
            return Opaque()
        return List([List([key, one]) for key, one in value.fields.items()])

    def object_assign(self, _: Any = None, value: Any = UNDEFINED, *more: Any) -> object:
        """Object.assign()."""
        for one in more:
            if isinstance(value, Thing) and isinstance(one, Thing):
                value.fields |= one.fields
        return value

    def object_freeze(self, _: Any = None, value: Any = UNDEFINED) -> object:
        """Object.freeze()."""
        return value
