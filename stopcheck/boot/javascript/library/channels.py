"""Children with which a program talks: fork() of node:child_process, and node:cluster (nodejs.org/api/cluster.html).

A channel is two pieces of memory of the world, one for each way, in which messages stand that nobody has read yet. Its
child is told of them by a variable, as Node.js does it.
"""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.javascript.library.processes import Processes, told_words
from stopcheck.boot.javascript.library.shelf import is_called
from stopcheck.boot.javascript.values import UNDEFINED, Builtin, List, Thing, Undefined
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from stopcheck.boot.javascript.values import Steps

_CHANNEL, _WORKER = "NODE_CHANNEL_FD", "NODE_UNIQUE_ID"
"""The variables that a child finds, and takes away (lib/internal/process/pre_execution.js)."""
_PLAIN = (str, int, float, bool, type(None))
_LEAVE, _GONE, _LISTENS = ("leave",), ("gone",), ("listens",)
"""What Node.js itself sends: a worker is to leave, somebody has disconnected, a worker listens."""
_HEARS = frozenset({"message", "disconnect"})


class Channels(Processes):
    """See library.node."""

    def join(self) -> None:
        """What Node.js does first: it looks for a channel to the one that has started it."""
        told = self.variables.pop(_CHANNEL, None)
        self.unique = self.variables.pop(_WORKER, None)
        if isinstance(told, str) and self.around.kernel is not None:
            down, up = map(int, told.split("."))
            self.channel = Thing("channel", {"down": down, "up": up})
            self.cells[up] = self.kernel().look(up)
            self.told(down, self.kernel().look(down))
            if self.unique is not None:
                self.loop.handles[id(self.channel)] = self.channel

    def _write(self, number: int, message: Hashable) -> None:
        self.cells[number] = (*self.cells[number], message)
        self.kernel().change(number, self.cells[number])

    def told(self, number: int, value: Any) -> None:
        """Somebody has written to a channel, or has read what was there."""
        self.cells[number] = value
        if number in self.forked and value:
            self._read(number)
            for message in value:
                self._heard_by_parent(self.forked[number], message)
            return
        own = self.channel is not None and number == self.channel.fields["down"]
        if own and (_LEAVE in value or _GONE in value or (value and self.process.fields["listeners"].get("message"))):
            self._read(number)
            for message in value:
                self._heard_by_child(message)

    def _read(self, number: int) -> None:
        self.cells[number] = ()
        self.kernel().change(number, ())

    def _frozen(self, value: Any) -> Hashable:
        """A message as it is sent."""
        if isinstance(value, _PLAIN):
            return ("plain", type(value).__name__, value)
        if isinstance(value, List):
            return ("list", *map(self._frozen, value.items))
        if isinstance(value, Thing) and not value.kind:
            return ("object", *((key, self._frozen(one)) for key, one in value.fields.items()))
        if isinstance(value, (Opaque, Undefined)):
            return ("unknown",)
        raise UndecidedError("what it sends is not followed")

    def _thawed(self, message: Any) -> Any:
        kind, *parts = message
        if kind == "plain":
            return parts[1]
        if kind == "list":
            return List([self._thawed(one) for one in parts])
        return Thing("", {key: self._thawed(one) for key, one in parts}) if kind == "object" else Opaque("a message")

    # In the parent

    def child_process_fork(self, _: Any, module: object = UNDEFINED, *rest: Any) -> Thing:
        """child_process.fork()."""
        words, options = told_words(rest)
        return self._fork(module, words, options, {})

    def _fork(self, module: object, words: list[Any], options: Any, more: dict[str, str]) -> Thing:
        if isinstance(module, Thing) and module.fields.get("protocol") == "file:":
            module = module.fields["pathname"]
        if not isinstance(module, str):
            raise UndecidedError("what it starts is not known")
        told = dict(self.options(options))
        env = told.get("env", UNDEFINED)
        down, up = self.kernel().share(()), self.kernel().share(())
        variables = self.variables if not isinstance(env, Thing) else env.fields
        told["env"] = Thing("", {**variables, **more, _CHANNEL: f"{down}.{up}"})
        silent = told.pop("silent", False) is True
        told.setdefault("stdio", "pipe" if silent else "inherit")
        child = self.start(["node", module, *words], Thing("", told))
        self.cells |= {down: (), up: ()}
        child.fields |= {"connected": True, "down": down}
        self.forked[up] = child
        return child

    def _heard_by_parent(self, child: Thing, message: Any) -> None:
        worker = child.fields.get("worker")
        emitters = [child] if worker is None else [child, worker]
        if message == _GONE:
            self._cut(child)
        elif message == _LISTENS:
            self._tell(worker, "listening", ())
        else:
            value = self._thawed(message)
            for one in emitters:
                self.later(Builtin(f"{one.kind}.emit", one), ("message", value))
            if worker is not None:
                self.later(Builtin("emitter.emit", self.cluster), ("message", worker, value))

    def _cut(self, child: Thing) -> None:
        """The channel to a child is closed."""
        if not child.fields.get("connected"):
            return
        child.fields["connected"] = False
        self.later(Builtin("child.emit", child), ("disconnect",))
        if "worker" in child.fields:
            self._tell(child.fields["worker"], "disconnect", ())

    def _tell(self, worker: Any, name: str, more: tuple[Any, ...]) -> None:
        """Something is so with a worker: it is told of that, and then the cluster."""
        self.later(Builtin("emitter.emit", worker), (name, *more))
        self.later(Builtin("emitter.emit", self.cluster), (name, worker, *more))

    def child_on(self, child: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """ChildProcess.on()."""
        return self.listen(child, name, function) if "down" in child.fields else super().child_on(child, name, function)

    child_addlistener = child_on

    def child_send(self, child: Thing, message: Any = UNDEFINED, *rest: Any) -> bool:
        """ChildProcess.send()."""
        if child.fields.get("connected"):
            self._write(child.fields["down"], self._frozen(message))
        for one in rest:
            self.later(one, (None,))
        return bool(child.fields.get("connected"))

    def child_disconnect(self, child: Thing) -> None:
        """ChildProcess.disconnect()."""
        if child.fields.get("connected"):
            self._write(child.fields["down"], _GONE)
            self._cut(child)

    def ended(self, pid: int, status: object) -> None:
        """A child has ended: see Processes.ended; a worker of the cluster is taken off its list."""
        child = self.children[pid]
        worker = child.fields.get("worker")
        if worker is not None:
            self.cluster_workers.fields.pop(str(worker.fields["id"]), None)
            worker.fields["exitedAfterDisconnect"] = worker.fields["exitedAfterDisconnect"] is True
        self._cut(child)
        super().ended(pid, status)
        if worker is not None:
            self._tell(worker, "exit", (child.fields["exitCode"], child.fields["signalCode"]))
            if not self.cluster_workers.fields:
                self.later(self.leaving)
                self.leaving = UNDEFINED

    # node:cluster, in the primary

    def of_cluster(self, name: str) -> Any:
        """A part of node:cluster."""
        known: dict[str, Any] = {
            "isPrimary": self.unique is None, "isMaster": self.unique is None, "isWorker": self.unique is not None,
            "workers": self.cluster_workers if self.unique is None else UNDEFINED,
            "worker": Thing("", {"id": self.unique}) if self.unique is not None else UNDEFINED,
        }  # fmt: skip
        if name in known:
            return known[name]
        return Builtin(f"cluster.{name}", self.cluster)

    def cluster_fork(self, _: Thing, env: Any = UNDEFINED) -> Thing:
        """cluster.fork()."""
        if self.unique is not None or isinstance(env, Opaque):
            raise UndecidedError("which worker it forks is not known")
        self.forks += 1
        more = {_WORKER: str(self.forks), **(env.fields if isinstance(env, Thing) else {})}
        told = self.primary.get("args", UNDEFINED)
        words = list(told.items) if isinstance(told, List) else list(self.around.arguments[1:])
        child = self._fork(self.primary.get("exec", self.modules["$main"].fields["filename"]), words, UNDEFINED, more)
        worker = Thing("worker", {"id": self.forks, "process": child, "exitedAfterDisconnect": UNDEFINED})
        child.fields["worker"] = worker
        self.cluster_workers.fields[str(self.forks)] = worker
        self._tell(worker, "online", ())
        return worker

    def cluster_setupprimary(self, _: Thing, settings: Any = UNDEFINED) -> None:
        """cluster.setupPrimary()."""
        if isinstance(settings, Thing):
            self.primary = settings.fields

    cluster_setupmaster = cluster_setupprimary

    def cluster_on(self, cluster: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """cluster.on()."""
        return self.listen(cluster, name, function)

    def cluster_once(self, cluster: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """cluster.once()."""
        return self.listen(cluster, name, function, once=True)

    worker_on, worker_once = cluster_on, cluster_once

    def cluster_disconnect(self, _: Thing, function: Any = UNDEFINED) -> None:
        """cluster.disconnect(): it calls back when all workers have disconnected and ended (fact rt.node-cluster-*)."""
        workers = list(self.cluster_workers.fields.values())
        if is_called(function):
            if workers:
                self.leaving = function
            else:
                self.later(function)
        for worker in workers:
            self.worker_disconnect(worker)

    def worker_disconnect(self, worker: Thing) -> Thing:
        """Worker.disconnect(): it closes its servers, and then the channel."""
        worker.fields["exitedAfterDisconnect"] = True
        if worker.fields["process"].fields["connected"]:
            self._write(worker.fields["process"].fields["down"], _LEAVE)
        return worker

    def worker_kill(self, worker: Thing, signal: object = "SIGTERM") -> None:
        """Worker.kill()."""
        self.child_kill(worker.fields["process"], signal)

    worker_destroy = worker_kill

    def worker_send(self, worker: Thing, message: Any = UNDEFINED, *rest: Any) -> bool:
        """Worker.send()."""
        return self.child_send(worker.fields["process"], message, *rest)

    def worker_emit(self, worker: Thing, name: str, *arguments: Any) -> Steps:
        """Tells who listens to a worker."""
        return (yield from self.emit(worker, name, *arguments))

    def worker_isconnected(self, worker: Thing) -> bool:
        """Worker.isConnected()."""
        return bool(worker.fields["process"].fields["connected"])

    def worker_isdead(self, worker: Thing) -> bool:
        """Worker.isDead()."""
        return bool(worker.fields["process"].fields.get("ended"))

    # In the child

    def _heard_by_child(self, message: Any) -> None:
        if message == _LEAVE:
            for server in [one for one in self.loop.handles.values() if one.kind == "server"]:
                self.loop.handles.pop(id(server))
            self.process_disconnect(self.process)
        elif message == _GONE:
            self._left()
            if self.unique is not None:
                self.later(Builtin("process.exit", self.process), (0,))
        else:
            self.later(Builtin("process.emit", self.process), ("message", self._thawed(message)))

    def _left(self) -> None:
        if self.channel is not None:
            self.loop.handles.pop(id(self.channel), None)
            self.channel = None
            self.later(Builtin("process.emit", self.process), ("disconnect",))

    def hears(self, name: object) -> None:
        """Who listens for messages is kept alive by the channel, and told what has come."""
        if name in _HEARS and self.channel is not None:
            self.loop.handles[id(self.channel)] = self.channel
            down = self.channel.fields["down"]
            self.told(down, self.cells[down])

    def process_disconnect(self, _: Thing) -> None:
        """process.disconnect()."""
        if self.channel is not None:
            self._write(self.channel.fields["up"], _GONE)
            self._left()

    def process_send(self, _: Thing, message: Any = UNDEFINED, *rest: Any) -> bool:
        """process.send()."""
        if self.channel is not None:
            self._write(self.channel.fields["up"], self._frozen(message))
        for one in rest:
            self.later(one, (None,))
        return self.channel is not None

    def listens(self) -> None:
        """A server of a worker listens."""
        if self.unique is not None and self.channel is not None:
            self._write(self.channel.fields["up"], _LISTENS)
