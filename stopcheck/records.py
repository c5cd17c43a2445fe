"""Dataclasses at a tenth of the cost to define: their methods are shared, and `__init__` is made when first called.

`dataclasses.dataclass` compiles six methods of each class at import: for the types of this package that takes longer
than all the rest of a run over one file. Here `dataclass`, `field` and `replace` mean what they mean there.
"""

from __future__ import annotations

from operator import attrgetter

from stopcheck.hints import TYPE_CHECKING, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")


class _Fields:
    """`__dataclass_fields__`, made when the standard library's `fields`, `replace` or `is_dataclass` asks for it."""

    def __get__(self, instance: Any, cls: Any) -> dict[str, Any]:
        import dataclasses

        plain = dataclasses.make_dataclass(cls.__name__, cls.__match_args__)
        return {field.name: field for field in dataclasses.fields(plain)}


class _Made:
    """A default that is made anew for each instance."""

    __slots__ = ("factory",)

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def field(*, default_factory: Callable[[], T]) -> T:
    """A field with a default of its own for each instance."""
    default: Any = _Made(default_factory)
    return default  # type: ignore[no-any-return]


@dataclass_transform(field_specifiers=(field,))
def dataclass(
    *, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False
) -> Callable[[type[T]], type[T]]:
    """A class whose annotations are its fields, in their order, after those of its base."""

    def define(cls: type[T]) -> type[T]:
        body: dict[str, Any] = dict(cls.__dict__)
        own = tuple(body.get("__annotations__", ()))
        fields = (*getattr(cls, "__match_args__", ()), *own)
        defaults = {name: body.pop(name) for name in own if name in body}
        body["__defaults__"] = {**getattr(cls, "__defaults__", {}), **defaults}
        body |= {"__match_args__": fields, "__init__": _first_init, "_made": [0]}
        shared: dict[str, Any] = {"__repr__": _repr, "__reduce__": _reduce, "__dataclass_fields__": _Fields()}
        shared["_values"] = property(attrgetter(*fields) if fields else lambda _: ())
        if slots:
            shared["__slots__"] = own
        if frozen:
            shared |= {"__setattr__": _refuse, "__delattr__": _refuse}
        if eq:
            shared |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
        if order:
            shared["__lt__"] = _lt
        for name in ("__dict__", "__weakref__"):
            body.pop(name, None)
        defined: Any = type(cls)
        return defined(cls.__name__, cls.__bases__, shared | body)  # type: ignore[no-any-return]

    return define


def replace(value: T, **changes: Any) -> T:
    """The same, with other values in those fields."""
    record: Any = value
    take = changes.pop
    return type(value)(*[take(name) if name in changes else getattr(value, name) for name in record.__match_args__],
                       **changes)  # fmt: skip


SOON = 8
"""Of most types a run over one file makes fewer: to compile `__init__` for them would take longer than it saves."""


def _first_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Fills the fields one by one; after some calls, and for a wrong one, the real `__init__` takes its place."""
    cls = type(self)
    fields, defaults = cls.__match_args__, cls.__defaults__
    rest = fields[len(args) :]
    fits = len(args) <= len(fields) and kwargs.keys() <= set(rest) and set(rest) <= kwargs.keys() | defaults.keys()
    cls._made[0] += 1
    if cls._made[0] > SOON or not fits:
        _make_init(cls)
        cls.__init__(self, *args, **kwargs)
        return
    put = object.__setattr__
    for name, value in zip(fields, args, strict=False):
        put(self, name, value)
    for name in rest:
        value = kwargs[name] if name in kwargs else defaults[name]
        put(self, name, value.factory() if isinstance(value, _Made) else value)


def _make_init(cls: Any) -> None:
    scope: dict[str, Any] = {"unset": _Made}
    parameters = ["self"]
    body = [" __dict = self.__dict__" if cls.__dictoffset__ else " pass"]
    for name in cls.__match_args__:
        value = name
        if name not in cls.__defaults__:
            parameters.append(name)
        elif isinstance(cls.__defaults__[name], _Made):
            scope["make_" + name] = cls.__defaults__[name].factory
            parameters.append(f"{name}=unset")
            value = f"make_{name}() if {name} is unset else {name}"
        else:
            scope["default_" + name] = cls.__defaults__[name]
            parameters.append(f"{name}=default_{name}")
        slot = getattr(cls, name, None)
        if slot is None:
            body.append(f" __dict[{name!r}] = {value}")
        else:
            # The slot itself: a frozen class has no other way in, and there is no faster one.
            scope["set_" + name] = slot.__set__
            body.append(f" set_{name}(self, {value})")
    exec("\n".join([f"def __init__({', '.join(parameters)}):", *body]), scope)
    cls.__init__ = scope["__init__"]


def _refuse(self: Any, name: str, value: object = None) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed: it is frozen")


def _eq(self: Any, other: Any) -> Any:
    return self._values == other._values if type(self) is type(other) else NotImplemented


def _lt(self: Any, other: Any) -> Any:
    return self._values < other._values if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash(self._values)


def _repr(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"


def _reduce(self: Any) -> tuple[Any, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)
