"""What processes share: events, queues, locks and values of multiprocessing (docs.python.org/3/library).

Each is made of cells: memory of the world, of which a program has a view that is always up to date while it runs. What
is put into one is a copy, as pickle makes it.
"""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.library.shelf import PLAIN, Shelf
from stopcheck.boot.python.values import Function, RaisedError, Thing, Wait
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from stopcheck.boot.python.values import Steps

VALUE = "$value"
"""The field of a thing that has the cell of its attribute `value`."""


class Shared(Shelf):
    """See library.standard."""

    def cell(self, value: Hashable) -> int:
        """A piece of memory that is shared with the children that are forked from here on."""
        kernel = self.around.kernel
        number = kernel.share(value) if kernel is not None else len(self.cells) + 1
        self.cells[number] = value
        return number

    def change(self, number: int, value: Hashable) -> None:
        """Writes to a cell."""
        self.cells[number] = value
        if self.around.kernel is not None:
            self.around.kernel.change(number, value)

    def told(self, number: int, value: Hashable) -> None:
        """Another process has written to a cell."""
        self.cells[number] = value

    def token(self) -> Hashable:
        """Something that nobody else has."""
        self.tokens += 1
        return (self.own, self.tokens)

    def frozen(self, value: Any) -> Hashable:
        """A value as it is kept in a cell."""
        if isinstance(value, PLAIN):
            return ("plain", type(value).__name__, value)
        if isinstance(value, (list, tuple)):
            return (type(value).__name__, *map(self.frozen, value))
        if isinstance(value, dict):
            return ("dict", *((self.frozen(key), self.frozen(one)) for key, one in value.items()))
        if isinstance(value, Function):
            name = getattr(value.node, "name", "")
            if value.bound or self.main.get(name) is not value:
                raise UndecidedError("which function it passes on is not followed")
            return ("function", name)
        if isinstance(value, Thing) and value.kind == "object":
            return ("object",)
        if isinstance(value, Opaque):
            return ("unknown", value.name)
        raise UndecidedError("what it passes on to another process is not followed")

    def thawed(self, value: Any) -> Any:
        """A copy of what is kept in a cell."""
        kind, *parts = value
        if kind == "plain":
            return parts[1]
        if kind in {"list", "tuple"}:
            return (list if kind == "list" else tuple)(map(self.thawed, parts))
        if kind == "dict":
            return {self.thawed(key): self.thawed(one) for key, one in parts}
        if kind == "function":
            return self.main[parts[0]]
        return Thing("object") if kind == "object" else Opaque(parts[0])

    # Events: set() waits until all that wait have woken up (Lib/multiprocessing/synchronize.py, Condition.notify), so
    # that a signal's handler which calls it in one that waits never comes back, nor does anybody who calls it after one
    # that waits was killed (facts rt.python3-shared-event-*).

    def multiprocessing_event(self) -> Thing:
        """multiprocessing.Event()."""
        return Thing("SharedEvent", {"$told": self.cell(False), "$sleepers": self.cell(())})

    def sharedevent_is_set(self, event: Thing) -> bool:
        """Event.is_set()."""
        return bool(self.cells[event.fields["$told"]])

    def sharedevent_clear(self, event: Thing) -> None:
        """Event.clear()."""
        self.change(event.fields["$told"], False)

    def sharedevent_set(self, event: Thing) -> Steps:
        """Event.set()."""
        self.change(event.fields["$told"], True)
        woken = self._sleepers(event)
        if woken:
            yield Wait("lock", ready=lambda: not woken & self._sleepers(event))

    def _sleepers(self, event: Thing) -> frozenset[Any]:
        return frozenset(self.cells[event.fields["$sleepers"]])

    def sharedevent_wait(self, event: Thing, timeout: object = None) -> Steps:
        """Event.wait()."""
        if not self.sharedevent_is_set(event):
            token, sleepers = self.token(), event.fields["$sleepers"]
            self.change(sleepers, (*self.cells[sleepers], token))
            try:
                yield self.pause("event", timeout, lambda: self.sharedevent_is_set(event))
            except RaisedError:
                self._without(sleepers, token)
                raise
            self._without(sleepers, token)
        return self.sharedevent_is_set(event)

    def _without(self, number: int, token: Hashable) -> None:
        self.change(number, tuple(one for one in self.cells[number] if one != token))

    # Locks

    def multiprocessing_lock(self) -> Thing:
        """multiprocessing.Lock()."""
        return Thing("SharedLock", {"$holders": self.cell(()), "most": 1, "again": False})

    def multiprocessing_rlock(self) -> Thing:
        """multiprocessing.RLock()."""
        lock = self.multiprocessing_lock()
        lock.fields["again"] = True
        return lock

    def multiprocessing_semaphore(self, value: object = 1) -> Thing:
        """multiprocessing.Semaphore()."""
        if not isinstance(value, int):
            raise UndecidedError("how many may hold a semaphore is not known")
        return Thing("SharedLock", {"$holders": self.cell(()), "most": value, "again": False})

    multiprocessing_boundedsemaphore = multiprocessing_semaphore

    def sharedlock_acquire(self, lock: Thing, block: object = True, timeout: object = None) -> Steps:
        """Lock.acquire()."""
        number = lock.fields["$holders"]
        task = self.schedule.current
        me = (self.own, self.schedule.tasks.index(task) if task is not None else -1)

        def is_free() -> bool:
            return bool(len(self.cells[number]) < lock.fields["most"])

        if not is_free() and not (lock.fields["again"] and me in self.cells[number]):
            if block is not True:
                return False
            yield self.pause("lock", timeout, is_free)
            if not is_free():
                return False
        self.change(number, (*self.cells[number], me))
        return True

    def sharedlock_release(self, lock: Thing) -> None:
        """Lock.release()."""
        number = lock.fields["$holders"]
        self.change(number, self.cells[number][:-1])

    # Queues: who waits for something holds the reader's lock, and keeps it where it is killed.

    def multiprocessing_queue(self, maxsize: object = 0, *_: object, **__: object) -> Thing:
        """multiprocessing.Queue()."""
        if not isinstance(maxsize, int):
            raise UndecidedError("how much a queue holds is not known")
        return Thing("SharedQueue", {"$items": self.cell(()), "$reader": self.cell(None), "$open": self.cell(0),
                                     "most": maxsize})  # fmt: skip

    multiprocessing_joinablequeue = multiprocessing_simplequeue = multiprocessing_queue

    def sharedqueue_put(self, queue: Thing, item: object, block: object = True, timeout: object = None) -> Steps:
        """Queue.put()."""
        items, most = queue.fields["$items"], queue.fields["most"]

        def has_room() -> bool:
            return bool(most <= 0 or len(self.cells[items]) < most)

        kept = self.frozen(item)
        if block is True:
            yield self.pause("queue", timeout, has_room)
        if not has_room():
            raise RaisedError("queue.Full")
        self.change(items, (*self.cells[items], kept))
        self.change(queue.fields["$open"], self.cells[queue.fields["$open"]] + 1)

    def sharedqueue_put_nowait(self, queue: Thing, item: object) -> Steps:
        """Queue.put_nowait()."""
        return self.sharedqueue_put(queue, item, False)

    def sharedqueue_get(self, queue: Thing, block: object = True, timeout: object = None) -> Steps:
        """Queue.get()."""
        items, reader = queue.fields["$items"], queue.fields["$reader"]
        limit = self.pause("queue", timeout if block is True else 0)

        def wait(ready: Any) -> Wait:
            return Wait("queue", limit.until, ready, limit.rough)

        yield wait(lambda: self.cells[reader] is None)
        if self.cells[reader] is None and not self.cells[items]:
            self.change(reader, self.token())
            try:
                yield wait(lambda: bool(self.cells[items]))
            except RaisedError:
                self.change(reader, None)
                raise
            self.change(reader, None)
        elif self.cells[reader] is not None:
            raise RaisedError("queue.Empty")
        if not self.cells[items]:
            raise RaisedError("queue.Empty")
        first, *rest = self.cells[items]
        self.change(items, tuple(rest))
        return self.thawed(first)

    def sharedqueue_get_nowait(self, queue: Thing) -> Steps:
        """Queue.get_nowait()."""
        return self.sharedqueue_get(queue, False)

    def sharedqueue_empty(self, queue: Thing) -> bool:
        """Queue.empty()."""
        return not self.cells[queue.fields["$items"]]

    def sharedqueue_qsize(self, queue: Thing) -> int:
        """Queue.qsize()."""
        return len(self.cells[queue.fields["$items"]])

    def sharedqueue_task_done(self, queue: Thing) -> None:
        """JoinableQueue.task_done()."""
        number = queue.fields["$open"]
        self.change(number, self.cells[number] - 1)

    def sharedqueue_join(self, queue: Thing) -> Steps:
        """JoinableQueue.join()."""
        yield Wait("queue", ready=lambda: self.cells[queue.fields["$open"]] <= 0)

    def sharedqueue_close(self, _: Thing) -> None:
        """Queue.close()."""

    sharedqueue_join_thread = sharedqueue_cancel_join_thread = sharedqueue_close

    # Values

    def multiprocessing_value(self, _: object, value: object = 0, *__: object, **named: object) -> Thing:
        """multiprocessing.Value()."""
        lock = self.multiprocessing_rlock() if named.get("lock") is not False else None
        return Thing("SharedValue", {VALUE: self.cell(self.frozen(value)), "lock": lock})

    def sharedvalue_get_lock(self, value: Thing) -> Thing:
        """Value.get_lock()."""
        lock: Thing | None = value.fields["lock"]
        if lock is None:
            raise RaisedError("AttributeError")
        return lock
