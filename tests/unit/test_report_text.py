"""The report for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stopcheck.case import Fate, Process, Report, Verdict
from stopcheck.model import Edit, Fix, OutcomeKind, Step, Violation
from stopcheck.report import render
from stopcheck.report._frame import diff, frame
from stopcheck.report._lines import Style, columns, paint, wrap
from stopcheck.report._story import command, gist, outcome
from stopcheck.source import SourceFile, Span
from tests.unit.reports import GRACEFUL, KILLED, REPORT, SCRIPT, Ending, finding, spot, violation


def text(report: Report = REPORT, width: int = 80, color: bool = False, unicode: bool = True) -> str:
    return render("text", report, Style(width, color, unicode))


def test_a_finding_begins_with_its_place_severity_and_rule() -> None:
    assert text().splitlines()[0] == "web/start.sh:4:1  error  missing-exec"


def test_the_culprit_is_underlined_from_first_to_last_character() -> None:
    lines = text().splitlines()
    at = lines.index("   4 │ gunicorn app:wsgi --bind :80")
    assert lines[at - 1] == "   3 │ python manage.py migrate"
    assert lines[at + 1] == "     │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^"


def test_the_place_in_the_other_file_is_shown_with_its_code() -> None:
    lines = text().splitlines()
    at = lines.index("  this starts the script: web/Dockerfile:3:1")
    assert lines[at + 1 : at + 3] == ['   3 │ ENTRYPOINT ["/start.sh"]', "     │ ^^^^^^^^^^^^^^^^^^^^^^^^"]


def test_the_fix_is_a_diff_of_the_line() -> None:
    lines = text().splitlines()
    at = lines.index("  Fix: Start it with `exec`")
    assert lines[at + 1 : at + 3] == ["   4 - gunicorn app:wsgi --bind :80", "   4 + exec gunicorn app:wsgi --bind :80"]


def test_an_unsafe_fix_says_so() -> None:
    unsafe = replace(finding(), violation=violation("unsafe"))
    assert "Fix: Start it with `exec` (look at it: it changes more than this)" in text(
        replace(REPORT, findings=(unsafe,))
    )


def test_the_story_has_the_clock_and_is_told_once_a_container() -> None:
    twice = replace(REPORT, findings=(finding(), finding("warning")))
    lines = text(twice).splitlines()
    assert [line.split("  ")[-1] for line in lines if line.lstrip().startswith("+")] == [
        "SIGTERM: PID 1 ignores it",
        "SIGKILL to all that is left",
    ]
    assert "    +10.0 s  SIGKILL to all that is left" in lines


def test_each_container_has_its_line_and_the_last_line_counts() -> None:
    lines = text().splitlines()
    assert "web/Dockerfile: killed (137) after 10 s — gunicorn is never told, then SIGKILLed" in lines
    assert "go/Dockerfile (final): graceful — app gets SIGTERM and can finish" in lines
    assert "x/Dockerfile: unknown — /run is made by a build step" in lines
    assert lines[-1] == "3 images checked: 1 error, 1 problem"


def test_a_problem_has_its_place() -> None:
    lines = text().splitlines()
    at = lines.index("old/Dockerfile:1:1  problem")
    assert lines[at + 1] == "  no FROM"


@pytest.mark.parametrize("width", [pytest.param(width, id=str(width)) for width in (40, 60, 80, 120)])
@pytest.mark.parametrize("form", [pytest.param(form, id=form) for form in ("text", "trace")])
def test_no_line_is_wider_than_the_terminal(form: str, width: int) -> None:
    for line in render(form, REPORT, Style(width)).splitlines():
        # A path, like any other single word, is never broken.
        assert columns(line) <= width or " " not in line.strip(), line


def test_colours_are_only_those_that_any_background_bears() -> None:
    import re

    painted = text(color=True)
    codes = {code for found in re.findall(r"\x1b\[([0-9;]*)m", painted) for code in found.split(";")}
    assert codes <= {"0", "1", "2", "31", "32", "33", "36"}
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == text()


def test_without_unicode_it_is_ascii() -> None:
    assert text(unicode=False).isascii()
    assert "web/Dockerfile: killed (137) after 10 s - gunicorn is never told" in text(unicode=False)


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    source = SourceFile("a\x1b[2Jb", "CMD \x1b]0;owned\x07 \udcff\n")
    bad = Violation("says \x1b[31m", Span(source, 4, 14))
    shown = text(replace(REPORT, findings=(replace(finding(), violation=bad),)))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.encode("utf-8")


def test_a_tab_and_wide_characters_do_not_shift_the_underline() -> None:
    source = SourceFile("x", "\techo 日本 && app\n")
    lines = paint(frame(spot(source, "app"), "error", 80), Style()).splitlines()
    assert lines == ["   1 │     echo 日本 && app", "     │ " + " " * 17 + "^^^"]


def test_a_long_line_is_cut_to_where_the_culprit_stands() -> None:
    source = SourceFile("x", "RUN " + "a" * 300 + " && app\n")
    code, marks = paint(frame(spot(source, "app"), "error", 60), Style()).splitlines()
    assert columns(code) <= 60
    assert code[marks.index("^") : marks.rindex("^") + 1] == "app"


def test_a_span_of_many_lines_is_cut_short() -> None:
    source = SourceFile("x", "".join(f"line{number}\n" for number in range(9)))
    lines = paint(frame(Span(source, 0, len(source.text) - 1), "error", 80), Style()).splitlines()
    assert lines[-1] == "     │ … 5 more"
    assert [line for line in lines if "line" in line] == [f"   {n + 1} │ line{n}" for n in range(4)]


def test_a_fix_in_another_file_names_it() -> None:
    fix = Fix("t", (Edit(spot(SCRIPT, "gunicorn").at_start(), "exec "),))
    assert paint(diff(fix, "web/Dockerfile", 80), Style()).splitlines()[0] == "     web/start.sh"


@pytest.mark.parametrize(
    "ending, expected",
    [
        pytest.param(Ending(OutcomeKind.GRACEFUL, True), "app gets SIGTERM and can finish", id="graceful"),
        pytest.param(
            Ending(OutcomeKind.TERMINATED, True), "app dies of SIGTERM at once, without cleanup", id="terminated"
        ),
        pytest.param(
            Ending(OutcomeKind.TERMINATED, False),
            "app has no handler that could be told: SIGKILLed at once",
            id="terminated-untold",
        ),
        pytest.param(Ending(OutcomeKind.CUT_OFF, False), "app is never told, then SIGKILLed", id="cut-off"),
        pytest.param(
            Ending(OutcomeKind.CUT_OFF, True), "app is told, but SIGKILLed before the work is done", id="told"
        ),
        pytest.param(Ending(OutcomeKind.KILLED, False), "app is never told, then SIGKILLed", id="killed"),
        pytest.param(
            Ending(OutcomeKind.KILLED, True),
            "app is told, but the container does not end: SIGKILL",
            id="killed though told",
        ),
        pytest.param(Ending(OutcomeKind.EXITS), "the container ends by itself, before any stop", id="exits"),
        pytest.param(Ending(OutcomeKind.FAILS), "app never starts", id="fails"),
        pytest.param(Ending(OutcomeKind.UNKNOWN), "the files do not tell", id="unknown"),
    ],
)
def test_the_gist_of_each_outcome(ending: Ending, expected: str) -> None:
    assert gist(ending.report()) == expected


@pytest.mark.parametrize(
    "told, expected",
    [
        pytest.param((("TERM",), ("TERM",)), "app gets SIGTERM and can finish", id="another signal"),
        pytest.param((("TERM",), ("INT",)), "app is told and can finish", id="several signals"),
    ],
)
def test_the_gist_names_the_signal_that_the_main_process_gets(told: tuple[tuple[str, ...], ...], expected: str) -> None:
    """A supervisor that is told SIGQUIT tells its programs SIGTERM."""
    mains = tuple(
        Process(pid, 1, ("app",), "app", "service", main=True, told=each) for pid, each in enumerate(told, start=2)
    )
    verdict = replace(GRACEFUL.verdict, processes=mains)
    quits = replace(GRACEFUL.container, stop_signal="SIGQUIT")
    assert gist(replace(GRACEFUL, container=quits, verdict=verdict)) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(1, "app gets SIGTERM; that it handles it is assumed", id="one"),
        pytest.param(2, "app and job get SIGTERM; that they handle it is assumed", id="two"),
    ],
)
def test_the_gist_says_what_is_assumed(count: int, expected: str) -> None:
    names = ("app", "job")[:count]
    mains = tuple(
        Process(pid, 1, (name,), name, "service", main=True, told=("TERM",), assumed=True)
        for pid, name in enumerate(names, start=2)
    )
    verdict = replace(GRACEFUL.verdict, processes=mains, main=names)
    assert gist(replace(GRACEFUL, verdict=verdict)) == expected


def test_only_what_takes_long_tells_how_long() -> None:
    assert outcome(KILLED) == "killed (137) after 10 s"
    assert outcome(Ending(OutcomeKind.TERMINATED, True, 143).report()) == "terminated (143)"
    assert outcome(GRACEFUL) == "graceful"


def test_a_command_is_written_as_one_would_type_it() -> None:
    assert command(("sh", "-c", "it's $x", "")) == "sh -c 'it'\\''s $x' ''"


def test_words_are_wrapped_and_long_ones_kept() -> None:
    assert list(wrap("one two  three " + "x" * 12, 9)) == ["one two", "three", "x" * 12]


def test_where_one_main_process_is_told_the_other_is_named() -> None:
    processes = (
        Process(1, 0, ("node", "a.js"), "node", "service", True, None, "", "handles"),
        Process(7, 1, ("postgres",), "postgres", "service", True, None, "", "untold"),
    )
    verdict = Verdict(OutcomeKind.CUT_OFF, 0, False, ("node", "postgres"), None, 0.5, (), processes)
    assert gist(replace(GRACEFUL, verdict=verdict)) == "postgres is never told, then SIGKILLed"


def test_what_dies_of_the_signal_is_not_said_to_be_killed() -> None:
    dead = (Process(2, 1, ("dev",), "dev", "service", True, None, "", "dies"),)
    verdict = Verdict(OutcomeKind.CUT_OFF, 143, True, ("dev",), None, None, (), dead)
    assert gist(replace(GRACEFUL, verdict=verdict)) == "dev dies of SIGTERM before any cleanup"
    beside = (*dead, Process(3, 1, ("job",), "job", "service", True, None, "", "handles"))
    verdict = Verdict(OutcomeKind.TERMINATED, 0, True, ("dev", "job"), None, None, (), beside)
    assert gist(replace(GRACEFUL, verdict=verdict)) == "dev dies of SIGTERM at once, without cleanup"


def test_many_main_processes_are_named_once_and_as_in_a_sentence() -> None:
    verdict = Verdict(OutcomeKind.GRACEFUL, None, True, ("web", "worker", "worker", "cache"))
    assert gist(replace(GRACEFUL, verdict=verdict)) == "web, worker and cache get SIGTERM and can finish"
    verdict = replace(verdict, main=tuple("abcdef"))
    assert gist(replace(GRACEFUL, verdict=verdict)) == "a, b, c and 3 more get SIGTERM and can finish"


def test_a_fix_far_to_the_right_is_to_be_seen() -> None:
    source = SourceFile("x", f"CMD sh -c '{'a' * 100}; app'\n")
    fix = Fix("t", (Edit(spot(source, "app").at_start(), "exec "),))
    before, after = paint(diff(fix, "x", 60), Style()).splitlines()
    assert before.endswith("a; app'")
    assert after.endswith("a; exec app'")
    assert max(map(columns, (before, after))) <= 60


@pytest.mark.parametrize("fate, verb", [("handles", "ends on"), ("dies", "dies of")])
def test_the_gist_of_what_a_handler_ends_at_once_is_no_death(fate: Fate, verb: str) -> None:
    main = Process(1, 0, ("app",), "app", "service", True, None, "", fate)
    verdict = Verdict(OutcomeKind.TERMINATED, 0, True, ("app",), processes=(main,))
    assert gist(replace(GRACEFUL, verdict=verdict)) == f"app {verb} SIGTERM at once, without cleanup"


def test_what_comes_true_on_another_way_tells_that_way_once() -> None:
    way = (Step("PID 1 is `/start.sh worker`"),)
    other = replace(finding("warning"), violation=replace(violation(), story=way))
    lines = text(Report((GRACEFUL,), (other, other))).splitlines()
    assert [line for line in lines if "What happens then" in line or "PID 1 is" in line] == [
        "  What happens then:",
        "      PID 1 is `/start.sh worker`",
    ]
    assert not any(line.startswith("  When ") for line in lines)


@pytest.mark.parametrize("outcome", [OutcomeKind.KILLED, OutcomeKind.CUT_OFF])
def test_what_nobody_is_to_blame_for_tells_its_story(outcome: OutcomeKind) -> None:
    harmed = replace(KILLED, verdict=replace(KILLED.verdict, outcome=outcome))
    assert any(line.strip() == "+0.0 s  SIGTERM: PID 1 ignores it" for line in text(Report((harmed,))).splitlines())


def test_what_fails_without_a_finding_tells_its_story() -> None:
    story = (Step("PID 1 is `app`"), Step("PID 1 cannot start: there is no app"))
    failing = replace(GRACEFUL, verdict=Verdict(OutcomeKind.FAILS, 127, story=story))
    lines = text(Report((failing,))).splitlines()
    assert lines[:3] == [
        "go/Dockerfile (final): fails (127) — the main process never starts",
        "      PID 1 is `app`",
        "      PID 1 cannot start: there is no app",
    ]
