"""What expressions come to, and what they set on the way (each as bash 5.2 and dash 0.5.12 were seen to do it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stopcheck.boot.shell.arithmetic import ArithmeticFault, evaluate
from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.scope import Scope
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.boot.world import Field


def _worked_out(text: str, variables: dict[str, Field], plain: str = "") -> Field:
    scope = Scope(
        variables.get, tuple, variables.__setitem__, lambda _: "", lambda _: "", lambda _: None, lambda _: None, plain
    )  # fmt: skip
    return evaluate(scope, text)


@pytest.mark.parametrize(
    ("text", "value", "left"),
    [
        pytest.param("i++", "0", "1", id="the value before"),
        pytest.param("++i", "1", "1", id="the value behind"),
        pytest.param("i--, i", "-1", "-1", id="a list has the value of its last"),
        pytest.param("i += 2 * 3", "6", "6", id="what is added"),
        pytest.param("i = 7 / 2", "3", "3", id="whole numbers"),
        pytest.param("-7 / 2 + -7 % 2", "-4", "0", id="towards zero"),
        pytest.param("1 || i++", "1", "0", id="what is left out sets nothing"),
        pytest.param("0 && i / 0", "0", "0", id="nor is it an error"),
        pytest.param("1 ? 4 : i++", "4", "0", id="a choice"),
        pytest.param("2 ** 3 ** 2 == 512", "1", "0", id="powers from the right"),
        pytest.param("1 << 3 | 2 & 3 ^ 1", "11", "0", id="bits"),
        pytest.param("10#08 + 0x10 + 010", "32", "0", id="bases"),
        pytest.param("!i", "1", "0", id="not"),
        pytest.param("$? > 128 && ${#} + $$", "1", "0", id="parameters of the shell's own"),
        pytest.param("9223372036854775807 + 1", "-9223372036854775808", "0", id="64 bits"),
        pytest.param("i = 7 ** 63", "2898552624600762295", "2898552624600762295", id="64 bits of a power"),
    ],
)
def test_an_expression_has_a_value_and_leaves_one(text: str, value: str, left: str) -> None:
    variables: dict[str, Field] = {"i": "0", "?": "143", "#": "2", "$": "1"}
    assert (_worked_out(text, variables), variables["i"]) == (value, left)


def test_what_is_set_to_something_unknown_is_unknown() -> None:
    variables: dict[str, Field] = {"i": "0", "x": Unknown("x")}
    assert isinstance(_worked_out("i = x + 1", variables), Unknown)
    assert isinstance(variables["i"], Unknown)


@pytest.mark.parametrize("text", ["1 / 0", "1 % i", "1 +", "08", "1 + * 2", "$e == 0", "! $u", "0 && $e", '"$e" == ""'])
def test_some_are_errors(text: str) -> None:
    with pytest.raises(ArithmeticFault):
        _worked_out(text, {"i": "0", "e": ""})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("$e + 1", "1", id="a sign is left"),
        pytest.param("e == 0", "1", id="by its name it is 0"),
        pytest.param("$u", "0", id="nothing at all is 0"),
        pytest.param('"$i" + "1"', "8", id="bash takes quotes away"),
        pytest.param("128 + ${u:-15}", "143", id="what stands there instead"),
        pytest.param("${e-1} + ${e:-2} + ${i:-3}", "9", id="of an empty one too"),
    ],
)
def test_a_parameter_without_a_value_leaves_nothing(text: str, value: str) -> None:
    assert _worked_out(text, {"i": "7", "e": ""}) == value


def test_dash_knows_no_increment() -> None:
    variables: dict[str, Field] = {"i": "3"}
    with pytest.raises(ArithmeticFault):
        _worked_out("i++", variables, "posix")
    assert _worked_out("++i", variables, "posix") == "3"
    assert variables["i"] == "3"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("${#names[@]} > 1", "1", id="how many an array has"),
        pytest.param("${#none[*]} + 3", "3", id="none"),
        pytest.param("${#x} * 2", "6", id="how long a text is"),
    ],
)
def test_sizes_are_numbers(text: str, value: str) -> None:
    arrays = {"names": Array().extended(("a", "b c")), "none": Array()}
    scope = Scope({"x": "abc"}.get, tuple, lambda *_: None, lambda _: "", lambda _: "", arrays.get, lambda _: None)
    assert evaluate(scope, text) == value


def test_how_many_are_not_known_there_may_be_any_number_of() -> None:
    several = Array().extended((Unknown("x"),))
    scope = Scope(lambda _: None, tuple, lambda *_: None, lambda _: "", lambda _: "", lambda _: several, lambda _: None)
    assert isinstance(evaluate(scope, "${#names[@]}"), Unknown)
