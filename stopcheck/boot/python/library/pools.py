"""Pools of processes: those of multiprocessing and of concurrent.futures (docs.python.org/3/library).

Each worker is a fork that takes tasks from a queue, and puts what comes of them where its parent looks for it.
"""

from __future__ import annotations

from stopcheck.boot.conduct import EndedError, Opaque, UndecidedError
from stopcheck.boot.python.library.processes import Processes, status_of
from stopcheck.boot.python.library.shared import Shared
from stopcheck.boot.python.library.shelf import is_called
from stopcheck.boot.python.library.threads import Threads
from stopcheck.boot.python.values import Library, RaisedError, Thing, Wait
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from stopcheck.boot.python.values import Steps

_FEW = 2
"""As many workers are there surely, where their number is that of the processors."""
_BROKEN = "concurrent.futures.process.BrokenProcessPool"
_DOUBT = "?"
"""What a worker finds that has not ended by SIGTERM."""
_CHUNKS = 4
"""So many parts of a map() are made for each worker (Lib/multiprocessing/pool.py: _map_async)."""


class Pools(Processes, Shared, Threads):
    """See library.standard. A pool is `open` until it is closed (`closed`) or given up (`over`)."""

    def _pool(self, kind: str, size: object, initializer: object, initargs: Any) -> Thing:
        if size is not None and not isinstance(size, (int, Opaque)):
            raise UndecidedError("how many workers a pool has is not known")
        known = isinstance(size, int)
        return Thing(kind, {
            "queue": self.multiprocessing_queue(), "$results": self.cell(()), "pids": [], "tasks": [], "state": "open",
            "known": known, "size": size if known else _FEW, "initializer": initializer, "initargs": tuple(initargs),
            "count": 0, "broken": False, "own": self.own,
        })  # fmt: skip

    def _start_worker(self, pool: Thing) -> Steps:
        pid = self.fork_worker()
        if pid:
            pool.fields["pids"].append(pid)
            return
        self.workers.clear()
        self.exits.clear()
        self.pools.clear()
        try:
            if pool.fields["initializer"] is not None:
                yield from self.evaluator.call(pool.fields["initializer"], pool.fields["initargs"])
            yield from self._works(pool)
        except RaisedError as error:
            raise EndedError(status_of(error)) from None
        raise EndedError(0)

    def _works(self, pool: Thing) -> Steps:
        """What a worker does: what a task raises is told to the parent, but of a Pool only what is an Exception."""
        results = pool.fields["$results"]
        while True:
            task = yield from self.sharedqueue_get(pool.fields["queue"])
            if task is None:
                return
            if task == _DOUBT:
                raise UndecidedError("whether a worker ends that goes on after SIGTERM differs from run to run")
            number, function, calls = task
            raised = ""
            values: list[Any] = []
            try:
                for arguments, named in calls:
                    values.append(self._plain((yield from self.evaluator.call(function, arguments, named))))
            except RaisedError as error:
                if pool.kind == "ProcessPool" and not error.fits(Library("Exception")):
                    raise
                raised = error.kind if isinstance(error.kind, str) else "Exception"
            self.change(results, (*self.cells[results], (number, raised, self.frozen(values))))

    def _plain(self, value: object) -> object:
        try:
            self.frozen(value)
        except UndecidedError:
            return Opaque("what a worker makes")
        return value

    def _submit(self, pool: Thing, function: object, calls: list[tuple[tuple[Any, ...], Mapping[str, Any]]]) -> int:
        fields = pool.fields
        fields["count"] += 1
        number: int = fields["count"]
        fields["tasks"].append(number)
        if not fields["known"] and len(self._left(pool)) > _FEW:
            raise UndecidedError("how many workers a pool has is not known")
        items = fields["queue"].fields["$items"]
        task = self.frozen((number, function, [(arguments, dict(named)) for arguments, named in calls]))
        self.change(items, (*self.cells[items], task))
        return number

    def _left(self, pool: Thing) -> list[int]:
        """The tasks that are not done."""
        done = {number for number, _, _ in self.cells[pool.fields["$results"]]}
        return [number for number in pool.fields["tasks"] if number not in done]

    def _is_done(self, pool: Thing, numbers: list[int]) -> bool:
        return pool.fields["broken"] or not set(numbers) & set(self._left(pool))

    def _values(self, pool: Thing, numbers: list[int]) -> list[Any]:
        """What has come of tasks that are done; raises what one of them has raised."""
        found = {number: (raised, values) for number, raised, values in self.cells[pool.fields["$results"]]}
        values: list[Any] = []
        for number in numbers:
            if number not in found:
                raise RaisedError(_BROKEN)
            if found[number][0]:
                raise RaisedError(found[number][0])
            values += self.thawed(found[number][1])
        return values

    def _is_over(self, pid: int) -> bool:
        return self.child(pid).fields["status"] is not None

    def _all_over(self, pool: Thing) -> Wait:
        pids = tuple(pool.fields["pids"])
        return Wait("child", ready=lambda: all(map(self._is_over, pids)), whom=pids)

    def _ends(self, pool: Thing, how: object = None) -> None:
        """Each worker is told to end, once it has done what it does."""
        items = pool.fields["queue"].fields["$items"]
        self.change(items, (*self.cells[items], *([self.frozen(how)] * len(pool.fields["pids"]))))

    def pools_over(self, kind: str) -> Steps:
        """What Python does at its end with the pools of a kind."""
        for pool in [one for one in self.pools if one.kind == kind]:
            if kind == "ProcessPool":
                yield from self.processpool_terminate(pool)
            else:
                yield from self.processexecutor_shutdown(pool)

    # multiprocessing.Pool

    def multiprocessing_pool(self, processes: object = None, initializer: object = None, initargs: Any = ()) -> Steps:
        """multiprocessing.Pool()."""
        pool = self._pool("ProcessPool", processes, initializer, initargs)
        for _ in range(pool.fields["size"]):
            yield from self._start_worker(pool)
        pool.fields["task"] = self.schedule.spawn("thread", self._kept(pool), daemon=True)
        self.pools.append(pool)
        return pool

    def _kept(self, pool: Thing) -> Steps:
        """What one of its threads does: who has ended is replaced, until it is closed and all is done."""
        fields = pool.fields
        while fields["state"] == "open" or (fields["state"] == "closed" and self._left(pool)):
            yield Wait("pool", ready=lambda: (
                any(map(self._is_over, fields["pids"])) or fields["state"] == "over"
                or (fields["state"] == "closed" and not self._left(pool))
            ))  # fmt: skip
            for pid in [pid for pid in fields["pids"] if self._is_over(pid) and fields["state"] != "over"]:
                fields["pids"].remove(pid)
                yield from self._start_worker(pool)
        if fields["state"] == "closed":
            self._ends(pool)
        fields["state"] = "over"

    def processpool_close(self, pool: Thing) -> None:
        """Pool.close()."""
        if pool.fields["state"] == "open":
            pool.fields["state"] = "closed"

    def processpool_terminate(self, pool: Thing) -> Steps:
        """Pool.terminate(): what waits is dropped, and the workers get SIGTERM. Who goes on after that may be told to
        end or not: its parent takes words from the same queue (Lib/multiprocessing/pool.py, _help_stuff_finish).
        """
        if pool.fields["own"] != self.own:
            return  # one of its workers that has inherited a handler (Lib/multiprocessing/util.py: Finalize)
        pool.fields["state"] = "over"
        self.change(pool.fields["queue"].fields["$items"], ())
        for pid in pool.fields["pids"]:
            if not self._is_over(pid):
                self.kernel().send(pid, "TERM")
        self._ends(pool, _DOUBT)
        yield self._all_over(pool)

    def processpool_join(self, pool: Thing) -> Steps:
        """Pool.join()."""
        if pool.fields["state"] == "open":
            raise RaisedError("ValueError")
        if pool.fields["own"] != self.own:
            raise RaisedError("AssertionError")
        task = self.task(pool)
        yield Wait("pool", ready=lambda: task.done)
        yield self._all_over(pool)

    def processpool_apply_async(
        self, pool: Thing, function: object, args: Any = (), kwds: Any = None, callback: object = None,
        error_callback: object = None,
    ) -> Thing:  # fmt: skip
        """Pool.apply_async()."""
        result = self._asked(pool, function, [[(tuple(args), kwds or {})]])
        result.fields["single"] = True
        if is_called(callback) or is_called(error_callback):
            self.schedule.spawn("thread", self._calls_back(result, callback, error_callback), daemon=True)
        return result

    def _calls_back(self, result: Thing, callback: object, error_callback: object) -> Steps:
        try:
            value = yield from self.poolresult_get(result)
        except RaisedError as error:
            if is_called(error_callback):
                yield from self.evaluator.call(error_callback, (error,))
            return
        if is_called(callback):
            yield from self.evaluator.call(callback, (value,))

    def processpool_apply(self, pool: Thing, function: object, args: Any = (), kwds: Any = None) -> Steps:
        """Pool.apply()."""
        return self.poolresult_get(self.processpool_apply_async(pool, function, args, kwds))

    def processpool_map_async(self, pool: Thing, function: object, values: object, chunksize: object = None) -> Thing:
        """Pool.map_async()."""
        return self._mapped(pool, function, [((value,), {}) for value in self._items(values)], chunksize)

    def processpool_map(self, pool: Thing, function: object, values: object, chunksize: object = None) -> Steps:
        """Pool.map()."""
        return self.poolresult_get(self.processpool_map_async(pool, function, values, chunksize))

    def processpool_starmap(self, pool: Thing, function: object, values: object, chunksize: object = None) -> Steps:
        """Pool.starmap()."""
        calls: list[Any] = [(tuple(value), {}) for value in self._items(values)]
        return self.poolresult_get(self._mapped(pool, function, calls, chunksize))

    def _items(self, values: object) -> list[Any]:
        if isinstance(values, Opaque):
            raise UndecidedError("how much a pool has to do is not known")
        return list(self.evaluator.items(values, self.place))

    def _mapped(self, pool: Thing, function: object, calls: list[Any], chunksize: object) -> Thing:
        if not isinstance(chunksize, (int, type(None))) or (chunksize is None and not pool.fields["known"]):
            raise UndecidedError("how a pool divides its work is not known")
        size = chunksize or max(1, -(-len(calls) // (pool.fields["size"] * _CHUNKS)))
        return self._asked(pool, function, [calls[at : at + size] for at in range(0, len(calls), size)])

    def _asked(self, pool: Thing, function: object, chunks: list[Any]) -> Thing:
        if pool.fields["state"] != "open":
            raise RaisedError("ValueError" if pool.kind == "ProcessPool" else "RuntimeError")
        return Thing("PoolResult", {"pool": pool, "numbers": [self._submit(pool, function, one) for one in chunks]})

    def poolresult_ready(self, result: Thing) -> bool:
        """AsyncResult.ready()."""
        return self._is_done(result.fields["pool"], result.fields["numbers"])

    poolresult_done = poolresult_ready

    def poolresult_wait(self, result: Thing, timeout: object = None) -> Steps:
        """AsyncResult.wait()."""
        yield self.pause("result", timeout, lambda: self.poolresult_ready(result))

    def poolresult_get(self, result: Thing, timeout: object = None) -> Steps:
        """AsyncResult.get()."""
        yield from self.poolresult_wait(result, timeout)
        if not self.poolresult_ready(result):
            executor = result.fields["pool"].kind == "ProcessExecutor"
            raise RaisedError("TimeoutError" if executor else "multiprocessing.TimeoutError")
        values = self._values(result.fields["pool"], result.fields["numbers"])
        return values[0] if result.fields.get("single") else values

    poolresult_result = poolresult_get

    # concurrent.futures.ProcessPoolExecutor

    def concurrent_futures_processpoolexecutor(
        self, max_workers: object = None, mp_context: object = None, initializer: object = None, initargs: Any = (),
    ) -> Thing:  # fmt: skip
        """ProcessPoolExecutor()."""
        if mp_context is not None:
            raise UndecidedError("how a pool starts its workers is not followed")
        pool = self._pool("ProcessExecutor", max_workers, initializer, initargs)
        self.pools.append(pool)
        return pool

    def processexecutor_submit(self, pool: Thing, function: object, *arguments: Any, **named: Any) -> Steps:
        """Executor.submit(): the workers are there from the first on."""
        if pool.fields["broken"]:
            raise RaisedError(_BROKEN)
        if not pool.fields["pids"]:
            for _ in range(pool.fields["size"]):
                yield from self._start_worker(pool)
            self.schedule.spawn("thread", self._watched(pool), daemon=True)
        result = self._asked(pool, function, [[(arguments, named)]])
        result.fields["single"] = True
        return result

    def _watched(self, pool: Thing) -> Steps:
        """What its thread does: a worker that ends by itself breaks it, and all others are terminated."""
        fields = pool.fields
        yield Wait("pool", ready=lambda: any(map(self._is_over, fields["pids"])))
        if fields["state"] == "over":
            return
        fields["broken"] = True
        for pid in fields["pids"]:
            if not self._is_over(pid):
                self.kernel().send(pid, "TERM")

    def processexecutor_map(self, pool: Thing, function: object, *values: object, **named: object) -> Steps:
        """Executor.map(): what comes of it is waited for by who goes through it."""
        if named:
            raise UndecidedError("how a pool divides its work is not followed")
        results = []
        for arguments in zip(*map(self._items, values), strict=False):
            results.append((yield from self.processexecutor_submit(pool, function, *arguments)))
        return Thing("PoolResults", {"results": results})

    def processexecutor_shutdown(self, pool: Thing, wait: object = True, *, cancel_futures: object = False) -> Steps:
        """Executor.shutdown(): what workers have, or have before them, is done; the end of the program waits, too."""
        fields = pool.fields
        if fields["state"] == "open":
            fields["state"] = "closed"
        items = fields["queue"].fields["$items"]
        if cancel_futures is True:
            self.change(items, self.cells[items][: fields["size"] + 1])
            kept = {self.thawed(task)[0] for task in self.cells[items]}
            fields["tasks"] = [number for number in fields["tasks"] if number <= max(kept, default=0)]
        if wait is not True or not fields["pids"] or fields["own"] != self.own:
            return
        left: Callable[[], bool] = lambda: fields["broken"] or not self._left(pool)  # noqa: E731
        yield Wait("pool", ready=left)
        if fields["state"] != "over":
            fields["state"] = "over"
            self._ends(pool)
        yield self._all_over(pool)

    def concurrent_futures_as_completed(self, results: Any, timeout: object = None) -> Steps:
        """as_completed() of what workers do, too, as if all were completed at once."""
        found = self._items(results)
        if not any(isinstance(one, Thing) and one.kind == "PoolResult" for one in found):
            return (yield from super().concurrent_futures_as_completed(results, timeout))
        yield self.pause("result", timeout, lambda: all(map(self.poolresult_ready, found)))
        return found

    def lines(self, value: Thing) -> Steps:
        """What comes of all the tasks of a map(), too."""
        if value.kind != "PoolResults":
            return (yield from super().lines(value))
        found = []
        for result in value.fields["results"]:
            found.append((yield from self.poolresult_get(result)))
        return found
