"""Threads, queues and executors."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.library.shelf import Shelf
from stopcheck.boot.python.values import Instance, Method, RaisedError, Thing, Wait
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from stopcheck.boot.python.values import Steps


class Threads(Shelf):
    """See library.standard."""

    # threading, queue, concurrent.futures

    def _thread(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        told = dict(zip(("group", "target", "name", "args", "kwargs"), arguments, strict=False)) | dict(named)
        return {"target": told.get("target"), "args": told.get("args", ()), "kwargs": told.get("kwargs") or {},
                "daemon": told.get("daemon", False)}  # fmt: skip

    def begin(self, instance: Instance, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Steps:
        """`__init__` of the library's class that an object is made of."""
        yield from ()
        if instance.thing is not None and instance.thing.kind in {"Thread", "Process"}:
            instance.thing.fields |= self._thread(arguments, named)

    def object___init__(self, instance: Instance, *arguments: Any, **named: Any) -> Steps:
        """`super().__init__(…)`, where no class of the program's own is above."""
        yield from self.begin(instance, arguments, named)

    def threading_thread(self, *arguments: Any, **named: Any) -> Thing:
        """threading.Thread()."""
        return Thing("Thread", self._thread(arguments, named))

    def threading_timer(self, seconds: object, function: object, args: Any = (), kwargs: Any = None) -> Thing:
        """threading.Timer()."""
        return Thing("Thread", {"target": Method(Thing("timer"), "run"), "args": (seconds, function, args or ()),
                                "kwargs": {}, "daemon": False})  # fmt: skip

    def timer_run(self, _: Thing, seconds: object, function: object, arguments: Any) -> Steps:
        """What a Timer's thread does."""
        yield from self.after(seconds, function, tuple(arguments))

    def thread_start(self, thread: Thing) -> None:
        """Thread.start()."""
        fields = thread.fields
        instance = fields.get("self")
        daemon = fields.get("daemon", False)
        if isinstance(instance, Instance):
            daemon = instance.fields.get("daemon", daemon)
        if not isinstance(daemon, (bool, type(None))):
            raise UndecidedError("whether a thread is a daemon is not known")
        if isinstance(instance, Instance) and instance.kind.member("run") is not None:
            target, arguments = self.evaluator.attribute(instance, "run"), ()
            named: Mapping[str, Any] = {}
        else:
            target, arguments, named = fields.get("target"), tuple(fields.get("args", ())), fields.get("kwargs") or {}
        if target is None:
            raise UndecidedError("what a thread does is not known")
        fields["task"] = self.schedule.spawn("thread", self.evaluator.call(target, arguments, named), bool(daemon))

    def thread_setdaemon(self, thread: Thing, daemon: object) -> None:
        """Thread.setDaemon()."""
        thread.fields["daemon"] = daemon

    def thread_join(self, thread: Thing, timeout: object = None) -> Steps:
        """Thread.join()."""
        task = self.task(thread)
        try:
            yield self.pause("join", timeout, lambda: task.done or task.forgotten)
        except RaisedError:
            if self.around.forgets is None and not task.daemon:
                raise UndecidedError("what is raised while it waits for a thread differs between versions") from None
            task.forgotten = bool(self.around.forgets)
            raise

    def thread_is_alive(self, thread: Thing) -> bool:
        """Thread.is_alive()."""
        return "task" in thread.fields and not (self.task(thread).done or self.task(thread).forgotten)

    def thread_cancel(self, thread: Thing) -> None:
        """Timer.cancel()."""
        if "task" in thread.fields:
            self.task(thread).done = True

    def threading_event(self) -> Thing:
        """threading.Event()."""
        return Thing("Event", {"told": False})

    def event_set(self, event: Thing) -> None:
        """Event.set()."""
        event.fields["told"] = True

    def event_clear(self, event: Thing) -> None:
        """Event.clear()."""
        event.fields["told"] = False

    def event_is_set(self, event: Thing) -> bool:
        """Event.is_set()."""
        return bool(event.fields["told"])

    event_isset = event_is_set

    def event_wait(self, event: Thing, timeout: object = None) -> Steps:
        """Event.wait(): a signal's handler is run, and it goes on to wait."""
        yield self.pause("event", timeout, lambda: bool(event.fields["told"]))
        return event.fields["told"]

    # Locks: one that is held is waited for, by the thread that holds it, too, unless it is an RLock.

    def threading_lock(self) -> Thing:
        """threading.Lock()."""
        return Thing("Lock", {"left": 1, "again": False, "holders": []})

    def threading_rlock(self) -> Thing:
        """threading.RLock()."""
        return Thing("Lock", {"left": 1, "again": True, "holders": []})

    def threading_semaphore(self, value: object = 1) -> Thing:
        """threading.Semaphore()."""
        if not isinstance(value, int):
            raise UndecidedError("how many may hold a semaphore is not known")
        return Thing("Lock", {"left": value, "again": False, "holders": []})

    threading_boundedsemaphore = threading_semaphore

    def lock_acquire(self, lock: Thing, blocking: object = True, timeout: object = None) -> Steps:
        """Lock.acquire(): after a signal's handler it goes on to wait."""
        fields = lock.fields
        holder = self.schedule.current
        if fields["left"] <= 0 and not (fields["again"] and holder in fields["holders"]):
            if blocking is not True:
                return False
            yield self.pause("lock", None if timeout == -1 else timeout, lambda: fields["left"] > 0)
            if fields["left"] <= 0:
                return False
        fields["left"] -= 1
        fields["holders"].append(holder)
        return True

    def lock_release(self, lock: Thing, *_: object) -> None:
        """Lock.release()."""
        lock.fields["left"] += 1
        if lock.fields["holders"]:
            lock.fields["holders"].pop()

    def lock_locked(self, lock: Thing) -> bool:
        """Lock.locked()."""
        return bool(lock.fields["left"] <= 0)

    def _queue(self, *_: object, **__: object) -> Thing:
        return Thing("Queue", {"items": []})

    queue_queue = queue_lifoqueue = queue_priorityqueue = queue_simplequeue = _queue

    def queue_put(self, queue: Thing, item: object, *_: object, **__: object) -> None:
        """Queue.put()."""
        queue.fields["items"].append(item)

    queue_put_nowait = queue_put

    def queue_get(self, queue: Thing, block: object = True, timeout: object = None) -> Steps:
        """Queue.get()."""
        items = queue.fields["items"]
        if block is not True:
            return self.queue_get_nowait(queue)
        yield self.pause("queue", timeout, lambda: bool(items))
        return self.queue_get_nowait(queue)

    def queue_get_nowait(self, queue: Thing) -> object:
        """Queue.get_nowait()."""
        items: list[object] = queue.fields["items"]
        if not items:
            raise RaisedError("queue.Empty")
        return items.pop(0)

    def queue_empty(self, queue: Thing) -> bool:
        """Queue.empty()."""
        return not queue.fields["items"]

    def queue_qsize(self, queue: Thing) -> int:
        """Queue.qsize()."""
        return len(queue.fields["items"])

    def queue_task_done(self, _: Thing) -> None:
        """Queue.task_done()."""

    def concurrent_futures_threadpoolexecutor(self, *_: object, **__: object) -> Thing:
        """ThreadPoolExecutor()."""
        return Thing("pool", {"tasks": []})

    def pool_submit(self, pool: Thing, function: object, *arguments: Any, **named: Any) -> Thing:
        """Executor.submit()."""
        task = self.schedule.spawn("thread", self.evaluator.call(function, arguments, named))
        pool.fields["tasks"].append(task)
        return Thing("result", {"task": task})

    def pool_map(self, pool: Thing, function: object, values: object, **_: object) -> object:
        """Executor.map()."""
        for value in self.evaluator.items(values, self.place):
            self.pool_submit(pool, function, value)
        return Opaque()

    def pool_shutdown(self, pool: Thing, wait: object = True, **_: object) -> Steps:
        """Executor.shutdown()."""
        tasks = pool.fields["tasks"]
        if wait is True:
            yield Wait("result", ready=lambda: all(task.done for task in tasks))

    def concurrent_futures_as_completed(self, results: Any, timeout: object = None) -> Steps:
        """concurrent.futures.as_completed(), as if all were completed at once."""
        tasks = [self.task(result) for result in self.evaluator.items(results, self.place)]
        yield self.pause("result", timeout, lambda: all(task.done for task in tasks))
        return list(self.evaluator.items(results, self.place))

    def result_result(self, result: Thing, timeout: object = None) -> Steps:
        """Future.result()."""
        task = self.task(result)
        yield self.pause("result", timeout, lambda: task.done)
        if not task.done:
            raise RaisedError("TimeoutError")
        if task.error is not None:
            raise task.error
        return task.result

    # sched

    def sched_scheduler(self, *_: object) -> Thing:
        """sched.scheduler()."""
        return Thing("scheduler", {"events": []})

    def scheduler_enter(
        self, scheduler: Thing, delay: object, _: object, action: object, argument: Any = (), **__: object
    ) -> None:
        """scheduler.enter()."""
        at = self.clock() + (delay if isinstance(delay, (int, float)) else 1.0)
        scheduler.fields["events"].append((at, action, tuple(argument)))

    def scheduler_run(self, scheduler: Thing, *_: object) -> Steps:
        """scheduler.run()."""
        events = scheduler.fields["events"]
        while events:
            events.sort(key=lambda event: event[0])
            at, action, arguments = events.pop(0)
            yield Wait("sleep", at)
            yield from self.evaluator.call(action, arguments)
