"""asyncio: coroutines, the loop that runs them, and what they wait for."""

from __future__ import annotations

from stopcheck.boot.conduct import UndecidedError
from stopcheck.boot.python.library.shelf import Shelf
from stopcheck.boot.python.values import Coroutine, RaisedError, Thing, Wait
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.boot.python.schedule import Task
    from stopcheck.boot.python.values import Steps


class Loops(Shelf):
    """See library.standard."""

    # asyncio

    def wait_for(self, value: Any) -> Steps:
        """`await value`."""
        if isinstance(value, Coroutine):
            return (yield from self.evaluator.run(value.function, value.arguments, value.named))
        if isinstance(value, Thing) and value.kind == "awaitable":
            return (yield from value.fields["steps"])
        if isinstance(value, Thing) and value.kind == "task":
            task = self.task(value)
            yield Wait("await", ready=lambda: task.done)
            if task.error is not None:
                raise task.error
            return task.result
        if isinstance(value, Thing) and value.kind == "future":
            yield Wait("await", ready=lambda: "result" in value.fields)
            return value.fields["result"]
        raise UndecidedError("what it awaits is not known")

    def asyncio_run(self, main: object, **_: object) -> Steps:
        """asyncio.run(): it cancels all tasks that are left, and waits for them."""
        task = self._spawn(main)
        loop = self._loop()
        try:
            result = yield from self._until_done(loop, task)
        except RaisedError:
            yield self._all_cancelled()
            raise
        yield self._all_cancelled()
        return result

    def _all_cancelled(self) -> Wait:
        left = [one for one in self.schedule.tasks if one.kind == "coroutine" and not one.done]
        for one in left:
            one.thrown = RaisedError("asyncio.CancelledError")
        self.schedule.dormant = False
        return Wait("loop", ready=lambda: all(one.done for one in left))

    def _until_done(self, loop: Thing, task: Task) -> Steps:
        loop.fields["told"] = False
        yield Wait("loop", ready=lambda: task.done or bool(loop.fields["told"]))
        if not task.done:
            raise RaisedError("RuntimeError")
        if task.error is not None:
            raise task.error
        return task.result

    def _spawn(self, value: Any) -> Task:
        if isinstance(value, Thing) and value.kind == "task":
            return self.task(value)
        return self.schedule.spawn("coroutine", self.wait_for(value))

    def _loop(self) -> Thing:
        return self.modules.setdefault("$loop", Thing("loop", {"told": False}))

    def asyncio_get_event_loop(self) -> Thing:
        """asyncio.get_event_loop(), and what else gives a loop."""
        return self._loop()

    asyncio_new_event_loop = asyncio_get_running_loop = asyncio_get_event_loop

    def loop_add_signal_handler(self, _: Thing, number: object, function: object, *arguments: object) -> None:
        """loop.add_signal_handler()."""
        name = self.known_signal(number)
        self.schedule.in_loop[name] = (function, arguments)

    def loop_remove_signal_handler(self, _: Thing, number: object) -> None:
        """loop.remove_signal_handler()."""
        self.schedule.in_loop.pop(self.known_signal(number), None)

    def loop_run_until_complete(self, loop: Thing, value: object) -> Steps:
        """loop.run_until_complete()."""
        return (yield from self._until_done(loop, self._spawn(value)))

    def loop_run_forever(self, loop: Thing) -> Steps:
        """loop.run_forever()."""
        loop.fields["told"] = False
        yield Wait("loop", ready=lambda: bool(loop.fields["told"]))

    def loop_stop(self, loop: Thing) -> None:
        """loop.stop()."""
        loop.fields["told"] = True

    def loop_create_task(self, _: Thing, value: object, **__: object) -> Thing:
        """loop.create_task()."""
        return self._handle(self._spawn(value))

    def loop_create_future(self, _: Thing) -> Thing:
        """loop.create_future()."""
        return Thing("future")

    def loop_call_soon(self, _: Thing, function: object, *arguments: Any) -> None:
        """loop.call_soon()."""
        self.schedule.spawn("coroutine", self.evaluator.call(function, arguments))

    def loop_call_soon_threadsafe(self, loop: Thing, function: object, *arguments: Any) -> None:
        """loop.call_soon_threadsafe(): it wakes the loop."""
        self.loop_call_soon(loop, function, *arguments)
        self.schedule.awake = True

    def loop_call_later(self, _: Thing, seconds: object, function: object, *arguments: Any) -> None:
        """loop.call_later()."""
        self.schedule.spawn("coroutine", self.after(seconds, function, arguments))

    def loop_time(self, _: Thing) -> float:
        """loop.time()."""
        return self.clock()

    def future_set_result(self, future: Thing, value: object) -> None:
        """Future.set_result()."""
        future.fields["result"] = value

    def future_done(self, future: Thing) -> bool:
        """Future.done()."""
        return "result" in future.fields

    def asyncio_create_task(self, value: object, **_: object) -> Thing:
        """asyncio.create_task()."""
        return self._handle(self._spawn(value))

    asyncio_ensure_future = asyncio_create_task

    def asyncio_current_task(self) -> Thing:
        """asyncio.current_task()."""
        task = self.schedule.current
        if task is None or task.kind != "coroutine":
            raise RaisedError("RuntimeError")
        return self._handle(task)

    def _handle(self, task: Task) -> Thing:
        """A coroutine's task as the program sees it: the same thing at all times."""
        return self.handles.setdefault(id(task), Thing("task", {"task": task}))

    def asyncio_all_tasks(self, *_: object) -> list[Thing]:
        """asyncio.all_tasks()."""
        return [self._handle(one) for one in self.schedule.tasks if one.kind == "coroutine" and not one.done]

    def task_cancel(self, thing: Thing, *_: object) -> bool:
        """Task.cancel()."""
        task = self.task(thing)
        if not task.done:
            task.thrown = RaisedError("asyncio.CancelledError")
        return True

    def task_done(self, thing: Thing) -> bool:
        """Task.done()."""
        return self.task(thing).done

    def task_add_done_callback(self, _: Thing, __: object) -> None:
        """Task.add_done_callback()."""
        raise UndecidedError("what is done after a task is not followed")

    def asyncio_sleep(self, seconds: object, *_: object) -> Thing:
        """asyncio.sleep()."""
        return self._awaitable(self._sleeps(seconds))

    def _sleeps(self, seconds: object) -> Steps:
        yield self.pause("sleep", seconds)

    def _awaitable(self, steps: Steps) -> Thing:
        return Thing("awaitable", {"steps": steps})

    def asyncio_gather(self, *values: object, return_exceptions: object = False) -> Thing:
        """asyncio.gather(): what one raises, it raises; what cancels it cancels all."""
        return self._awaitable(self._gathered([self._spawn(value) for value in values], return_exceptions is True))

    def _gathered(self, tasks: list[Task], keeps: bool) -> Steps:
        try:
            yield Wait(
                "await",
                ready=lambda: all(task.done for task in tasks) or (not keeps and any(task.error for task in tasks)),
            )
        except RaisedError:
            for task in tasks:
                task.thrown = RaisedError("asyncio.CancelledError") if not task.done else None
            raise
        for task in tasks:
            if task.error is not None and not keeps:
                raise task.error
        return [task.error or task.result for task in tasks]

    def asyncio_wait_for(self, value: object, timeout: object = None) -> Thing:
        """asyncio.wait_for()."""
        return self._awaitable(self._in_time(self._spawn(value), timeout))

    def _in_time(self, task: Task, timeout: object) -> Steps:
        yield self.pause("await", timeout, lambda: task.done)
        if not task.done:
            task.thrown = RaisedError("asyncio.CancelledError")
            raise RaisedError("TimeoutError")
        if task.error is not None:
            raise task.error
        return task.result

    def asyncio_event(self) -> Thing:
        """asyncio.Event()."""
        return Thing("aevent", {"told": False})

    def aevent_set(self, event: Thing) -> None:
        """asyncio.Event.set()."""
        event.fields["told"] = True

    def aevent_clear(self, event: Thing) -> None:
        """asyncio.Event.clear()."""
        event.fields["told"] = False

    def aevent_is_set(self, event: Thing) -> bool:
        """asyncio.Event.is_set()."""
        return bool(event.fields["told"])

    def aevent_wait(self, event: Thing) -> Thing:
        """asyncio.Event.wait()."""
        return self._awaitable(self._is_told(event))

    def _is_told(self, event: Thing) -> Steps:
        yield Wait("await", ready=lambda: bool(event.fields["told"]))
        return True

    def asyncio_queue(self, *_: object, **__: object) -> Thing:
        """asyncio.Queue()."""
        return Thing("aqueue", {"items": []})

    def aqueue_get(self, queue: Thing) -> Thing:
        """asyncio.Queue.get()."""
        return self._awaitable(self._got(queue.fields["items"]))

    def _got(self, items: list[object]) -> Steps:
        yield Wait("await", ready=lambda: bool(items))
        return items.pop(0)

    def aqueue_put(self, queue: Thing, item: object) -> Thing:
        """asyncio.Queue.put()."""
        queue.fields["items"].append(item)
        return self.asyncio_sleep(0)

    def aqueue_put_nowait(self, queue: Thing, item: object) -> None:
        """asyncio.Queue.put_nowait()."""
        queue.fields["items"].append(item)

    def aqueue_task_done(self, _: Thing) -> None:
        """asyncio.Queue.task_done()."""

    def asyncio_start_server(self, *_: object, **__: object) -> Thing:
        """asyncio.start_server()."""
        return self._awaitable(self._opened())

    asyncio_start_unix_server = asyncio_start_server

    def _opened(self) -> Steps:
        yield from ()
        return Thing("listener", {"told": False})

    def listener_serve_forever(self, listener: Thing) -> Thing:
        """asyncio.Server.serve_forever()."""
        return self._awaitable(self._serves(listener))

    def _serves(self, listener: Thing) -> Steps:
        yield Wait("await", ready=lambda: bool(listener.fields["told"]))
        raise RaisedError("asyncio.CancelledError")

    def listener_close(self, listener: Thing) -> None:
        """asyncio.Server.close()."""
        listener.fields["told"] = True

    def listener_wait_closed(self, _: Thing) -> Thing:
        """asyncio.Server.wait_closed()."""
        return self._awaitable(self._sleeps(0))
