"""Records behave as the standard library's dataclasses do."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from stopcheck import records
from stopcheck.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Point:
    """Two fields, one with a default."""

    x: int
    y: int = 2

    @property
    def sum(self) -> int:
        return self.x + self.y


@dataclasses.dataclass(frozen=True, slots=True)
class StandardPoint:
    """The same as the standard library makes it."""

    x: int
    y: int = 2


@dataclass(frozen=True, slots=True)
class Named(Point):
    """A field more."""

    name: str = "n"


@dataclass(slots=True)
class Box:
    """One that changes, with a default of its own for each."""

    items: list[int] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True)
class Open:
    """One without slots."""

    x: int


@dataclass(frozen=True, slots=True, eq=False)
class Unique:
    """Compared by identity."""

    x: int


@dataclass(frozen=True, slots=True, order=True)
class Ranked:
    """One that sorts."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Own:
    """One with methods of its own."""

    x: int

    def __repr__(self) -> str:
        return "one"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Empty:
    """No field at all."""


def test_fields_are_given_by_place_or_by_name() -> None:
    assert (Point(1).x, Point(1).y, Point(1, 3).y, Point(y=4, x=0).y) == (1, 2, 3, 4)
    assert Point(1).sum == 3


@pytest.mark.parametrize(
    "arguments, named",
    [
        pytest.param((), {}, id="too few"),
        pytest.param((1, 2, 3), {}, id="too many"),
        pytest.param((1,), {"z": 1}, id="no such field"),
        pytest.param((1,), {"x": 1}, id="twice"),
    ],
)
@pytest.mark.parametrize("cls", [pytest.param(cls, id=cls.__name__) for cls in (Point, StandardPoint)])
def test_a_wrong_call_is_a_type_error(cls: Any, arguments: tuple[int, ...], named: dict[str, int]) -> None:
    for _ in range(2):  # the first call makes `__init__`
        with pytest.raises(TypeError):
            cls(*arguments, **named)


@pytest.mark.parametrize("cls", [pytest.param(cls, id=cls.__name__) for cls in (Point, StandardPoint)])
def test_a_frozen_one_cannot_be_changed(cls: Any) -> None:
    with pytest.raises(AttributeError):
        cls(1).x = 2
    with pytest.raises(AttributeError):
        del cls(1).x


def test_equal_fields_make_equal_values_of_one_type() -> None:
    assert Point(1, 2) == Point(1)
    assert Point(1) != Point(2)
    other: object = Open(1)
    assert other != Point(1)
    assert Point(1) != Named(1)
    assert hash(Point(1, 2)) == hash(Point(1))
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert Unique(1) != Unique(1)
    assert Empty() == Empty()


def test_one_that_changes_has_no_hash() -> None:
    with pytest.raises(TypeError):
        hash(Box())


def test_defaults_are_made_for_each() -> None:
    one, other = Box(), Box()
    one.items.append(1)
    assert (other.items, Box([2], 3).items, Box(size=3).size) == ([], [2], 3)


def test_fields_of_the_base_come_first() -> None:
    assert (Named(1, 5, "m").name, Named(1).y, Named(1).sum) == ("m", 2, 3)
    Point(1)
    assert Named(7, name="k") == Named(7, 2, "k")


def test_without_slots_there_is_room_for_more() -> None:
    value = Open(1)
    value.__dict__["cached"] = 2
    assert value.x == 1
    with pytest.raises(AttributeError):
        value.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Point(1).__dict__  # noqa: B018


def test_replace() -> None:
    assert replace(Point(1), y=5) == Point(1, 5)
    assert replace(Named(1, 2, "a"), x=3) == Named(3, 2, "a")


def test_the_standard_library_takes_it_for_a_dataclass() -> None:
    value: Any = Named(1, 2, "a")
    kind: Any = Named
    assert dataclasses.is_dataclass(kind)
    assert [one.name for one in dataclasses.fields(value)] == ["x", "y", "name"]
    assert dataclasses.replace(value, y=5) == Named(1, 5, "a")
    assert dataclasses.asdict(value) == {"x": 1, "y": 2, "name": "a"}


def test_order() -> None:
    assert sorted([Ranked(2, 1), Ranked(1, 2), Ranked(1, 1)]) == [Ranked(1, 1), Ranked(1, 2), Ranked(2, 1)]


@pytest.mark.parametrize(
    "value", [pytest.param(v, id=type(v).__name__) for v in (Point(1), Named(1), Box([1]), Open(1))]
)
def test_it_survives_pickling(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value


def test_it_can_be_matched_by_place() -> None:
    match Point(1, 9):
        case Point(x, y):
            assert (x, y) == (1, 9)


def test_it_shows_its_fields() -> None:
    assert repr(Point(1)) == "Point(x=1, y=2)"
    assert repr(Own(1)) == "one"


def test_a_method_of_its_own_is_kept() -> None:
    assert Own(1) == Own(2)


def test_defining_is_what_it_is_for() -> None:
    import timeit

    def define(decorator: Any) -> float:
        source = "class A:\n a: int\n b: str = ''\n c: int = 0\n"
        scope: dict[str, Any] = {}

        def once() -> None:
            exec(source, scope)
            scope["A"].__doc__ = "A."
            decorator(frozen=True, slots=True)(scope["A"])

        return min(timeit.repeat(once, number=20, repeat=5))

    assert define(records.dataclass) < define(dataclasses.dataclass) / 2
