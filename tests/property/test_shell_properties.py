"""Whatever the text: the shell parser answers, in linear time, with spans that lie in the text and in one another."""

from __future__ import annotations

import gc
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.source import Span
from stopcheck.syntax.shell import parse_text, tree
from stopcheck.syntax.shell.tree import Heredoc, Script, Sequence, Unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

DIALECTS = st.sampled_from(["bash", "busybox", "posix"])

TOKENS = st.sampled_from(
    [
        *("if ", "then ", "elif ", "else ", "fi", "for ", "while ", "until ", "select ", "do ", "done", "case ", "in "),
        *(
            "esac",
            "function ",
            "coproc ",
            "time ",
            "! ",
            "{ ",
            "}",
            "(",
            ")",
            "((",
            "))",
            "[[ ",
            " ]]",
            ";;",
            ";&",
            ";;&",
        ),
        *(
            "$(",
            "`",
            "${",
            "$((",
            "$[",
            "<(",
            ">(",
            '"',
            "'",
            "$'",
            '$"',
            "\\",
            "\\\n",
            "\\`",
            "$",
            "$x",
            '"$@"',
            "${x:-",
        ),
        *("\n", " ", "\t", ";", "&", "&&", "||", "|", "|&", "#", "\r", "\0", "é", "\udc80", "=", "a", "b ", "*", "~"),
        *(">", "2>&1", "<", "&>", ">>", "<<<", "{fd}>", "<<E", "<<-E ", "<<'E'", "E\n", "\nE\n", "\n\tE\n"),
        *("a=", "a+=(", "a[1]=", "[", "]", "f() ", "@(", "!(", "-f ", "==", "=~ ", "/", "//", ":", "%", "^^", "@"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(TOKENS, max_size=40).map("".join))


def children(node: Any) -> Iterator[Any]:
    """The nodes directly below a node."""
    for name in type(node).__match_args__:
        values = [getattr(node, name)]
        while values:
            value = values.pop()
            if isinstance(value, tuple):
                values.extend(value)
            elif type(value).__module__ == tree.__name__:
                yield value


def check_spans(node: Any, within: Span) -> None:
    """All spans below a node lie in that of their parent; a heredoc's body stands behind the command it belongs to."""
    if isinstance(node, Heredoc):
        span = node.body.span.outermost()
        assert within.outermost().start <= span.start <= span.end <= len(span.source.text)
        for child in children(node.body):
            check_spans(child, span)
        return
    span = node.span.outermost()
    outer = within.outermost()
    assert 0 <= node.span.start <= node.span.end <= len(node.span.source.text)
    assert outer.start <= span.start <= span.end <= outer.end
    for child in children(node):
        check_spans(child, node.span)


@settings(max_examples=400)
@given(TEXTS, DIALECTS)
def test_any_text_is_read(text: str, dialect: str) -> None:
    script = parse_text(text, dialect=dialect)
    whole = Span(script.body.span.source, 0, len(text))
    assert whole.source.text == text
    check_spans(script.body, whole)
    for problem in script.problems:
        assert problem.span.text
        assert problem.reason


@settings(max_examples=300)
@given(TEXTS, DIALECTS)
def test_problems_are_the_unparsed_nodes(text: str, dialect: str) -> None:
    script = parse_text(text, dialect=dialect)
    below = [child for child in walk(script.body) if isinstance(child, Unparsed)]
    assert list(map(id, script.problems)) == list(map(id, below))


@settings(max_examples=200)
@given(TEXTS, DIALECTS)
def test_items_stand_one_after_another(text: str, dialect: str) -> None:
    def check(node: Any) -> None:
        if isinstance(node, Sequence):
            for before, after in zip(node.items, node.items[1:], strict=False):
                assert before.span.end <= after.span.start
        for child in children(node):
            check(child)

    check(parse_text(text, dialect=dialect).body)


@settings(max_examples=200)
@given(TEXTS)
def test_what_comes_before_does_not_change(text: str) -> None:
    def commands(script: Script, count: int) -> list[str]:
        return [item.command.span.text for item in script.body.items[:count]]

    assert commands(parse_text("one a\ntwo b\n" + text), 2) == ["one a", "two b"]


REPEATED = [
    *(
        "(",
        "((",
        "$(",
        "$((",
        "`",
        '"',
        "'",
        '"$(',
        "${x:-",
        '"${x:-"',
        "{ ",
        "if a\n",
        "if a; then\n",
        "case x in a) ",
    ),
    *(
        "<<A\n",
        "cat <<A\nA\n",
        "a\\\n",
        "@(a|",
        "a=(",
        "a[",
        "[[ ! ",
        "[[ a && ",
        "! ",
        "f() ",
        "a|",
        "a && ",
        "a;",
        "fi\n",
    ),
    *(
        '"\n',
        "'\n",
        "x `a` ",
        '"`',
        "<(a\n",
        "while a; do\n",
        "a <<A $(\n",
        "(\n",
        "((\n",
        "((a)\n",
        "$[",
        "a[$(",
        "x=$(\n",
    ),
    *(
        "$'\\",
        "\r\n",
        "\0",
        "<<'\n",
        "[[ a =~ (",
        "if a; then b; fi\n",
        "for ((;;)) {\n",
        "`\\`",
        "#\n",
        "a() {\n",
        ")",
    ),
]


@pytest.mark.parametrize("unit", REPEATED)
def test_time_is_linear(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        gc.disable()  # its cost grows with all that the tests before this one have left
        start = time.process_time()
        parse_text(text)
        gc.enable()
        return time.process_time() - start

    seconds(1_000)
    shorter, longer = (min(seconds(length) for _ in range(3)) for length in (8_000, 64_000))
    # Eight times the text; quadratic would be sixty-four times the time.
    assert longer < 0.1 + 24 * shorter


@pytest.mark.parametrize("unit", REPEATED)
def test_work_is_linear(unit: str) -> None:
    """The same in calls, which no other process makes more of, and from shorter texts on."""

    def calls(length: int) -> int:
        text = (unit * (length // len(unit) + 1))[:length]
        made = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal made
            made += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            parse_text(text)
        finally:
            sys.setprofile(before)
        return made

    assert calls(32_000) < 300_000 + 24 * calls(4_000)
