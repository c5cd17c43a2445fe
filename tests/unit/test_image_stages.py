"""Stages, scopes of variables, and what the image starts."""

from __future__ import annotations

import pytest

from stopcheck.files import MemoryFiles
from stopcheck.image.build import DEFAULT_PATH, build_image
from stopcheck.image.model import Image, StartCommand
from stopcheck.model import Unknown
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile
from tests.unit.images import at, build, image


def argv(start: StartCommand | Unknown | None) -> tuple[object, ...] | str | None:
    if isinstance(start, Unknown):
        return "unknown"
    return None if start is None else start.argv


def starts(made: Image) -> tuple[object, object]:
    return argv(made.entrypoint), argv(made.cmd)


@pytest.mark.parametrize(
    ("text", "entrypoint", "cmd"),
    [
        pytest.param("FROM scratch", None, None, id="nothing"),
        pytest.param("FROM debian:12", None, ("bash",), id="from the base image"),
        pytest.param('FROM debian:12\nENTRYPOINT ["a"]', ("a",), None, id="ENTRYPOINT clears the base's CMD"),
        pytest.param('FROM debian:12\nCMD ["c"]\nENTRYPOINT ["a"]', ("a",), ("c",), id="CMD of the stage stays"),
        pytest.param('FROM debian:12\nENTRYPOINT ["a"]\nCMD ["c"]', ("a",), ("c",), id="the usual order"),
        pytest.param("FROM debian:12\nENTRYPOINT a b", ("/bin/sh", "-c", "a b"), None, id="shell form"),
        pytest.param(
            "FROM debian:12\nENTRYPOINT a\nCMD c",
            ("/bin/sh", "-c", "a"),
            ("/bin/sh", "-c", "c"),
            id="CMD stays visible beside a shell-form ENTRYPOINT",
        ),
        pytest.param(
            'FROM debian:12\nCMD a\nSHELL ["/bin/bash", "-ec"]',
            None,
            ("/bin/sh", "-c", "a"),
            id="SHELL changes what comes after it",
        ),
        pytest.param(
            'FROM debian:12\nSHELL ["/bin/bash", "-ec"]\nCMD a', None, ("/bin/bash", "-ec", "a"), id="SHELL before"
        ),
        pytest.param("FROM debian:12\nCMD []", None, None, id="empty CMD resets"),
        pytest.param("FROM nginx:1.27\nENTRYPOINT []", None, None, id="empty ENTRYPOINT resets both"),
        pytest.param('FROM nginx:1.27\nENTRYPOINT [""]', None, None, id="ENTRYPOINT of an empty word resets both"),
        pytest.param(
            'FROM debian:12 AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["e"]', ("e",), None, id="CMD of another stage goes"
        ),
        pytest.param(
            'FROM debian:12 AS a\nENTRYPOINT ["e"]\nFROM a\nCMD ["c"]', ("e",), ("c",), id="ENTRYPOINT is inherited"
        ),
        pytest.param(
            'FROM debian:12 AS a\nONBUILD CMD ["c"]\nFROM a\nENTRYPOINT ["e"]',
            ("e",),
            ("c",),
            id="ONBUILD runs in the child",
        ),
        pytest.param('FROM debian:12 AS a\nONBUILD CMD ["c"]', None, ("bash",), id="ONBUILD does not run in its stage"),
        pytest.param(
            'FROM debian:12 AS a\nONBUILD CMD ["c"]\nFROM a AS b\nFROM b\nENTRYPOINT ["e"]',
            ("e",),
            None,
            id="ONBUILD runs in children only",
        ),
        pytest.param("FROM example.org/app", "unknown", "unknown", id="unknown base"),
        pytest.param('FROM example.org/app\nCMD ["c"]', "unknown", ("c",), id="CMD on an unknown base"),
        pytest.param('FROM example.org/app\nENTRYPOINT ["e"]', ("e",), None, id="ENTRYPOINT on an unknown base"),
        pytest.param(
            'FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCMD ["c.exe"]', "unknown", "unknown", id="Windows"
        ),
        pytest.param('FROM --platform=windows/amd64 x\nCMD ["c"]', "unknown", "unknown", id="Windows by platform"),
    ],
)
def test_entrypoint_and_cmd(text: str, entrypoint: object, cmd: object) -> None:
    assert starts(image(text)) == (entrypoint, cmd)


def test_start_commands_know_where_they_stand() -> None:
    made = image('FROM nginx:1.27\nCMD ["a", "b"]')
    assert isinstance(made.cmd, StartCommand)
    assert [span.text for span in made.cmd.argument_spans] == ['"a"', '"b"']
    assert isinstance(made.entrypoint, StartCommand)
    assert (made.entrypoint.base, made.entrypoint.instruction) == ("nginx:1.27", None)


def test_a_shell_form_keeps_its_text() -> None:
    made = image("FROM debian:12\nCMD exec \\\n  app")
    assert isinstance(made.cmd, StartCommand)
    assert made.cmd.shell_form is not None
    assert made.cmd.argv[-1] == made.cmd.shell_form.text


def test_superseded_ones_are_of_the_same_stage() -> None:
    made = image('FROM debian:12 AS a\nCMD ["1"]\nFROM a\nCMD ["2"]\nCMD ["3"]\nENTRYPOINT ["4"]\nENTRYPOINT ["5"]')
    assert [instruction.span.text for instruction in made.superseded] == ['CMD ["2"]', 'ENTRYPOINT ["4"]']
    assert made.cleared is None


def test_cleared_is_the_command_of_the_stage_below() -> None:
    made = image('FROM debian:12 AS a\nCMD ["1"]\nFROM a\nENTRYPOINT ["2"]')
    assert made.cleared is not None
    assert made.cleared.span.text == 'CMD ["1"]'


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        pytest.param("FROM scratch\nENV A=1 B=2", "B", "2", id="several"),
        pytest.param("FROM scratch\nENV A some text", "A", "some text", id="the old form"),
        pytest.param("FROM scratch\nENV A=1\nENV A=2 B=$A", "B", "1", id="one ENV sees what was before it"),
        pytest.param('FROM scratch\nENV A="x y" B=x\\ y', "B", "x y", id="quotes and escapes"),
        pytest.param("FROM scratch\nARG A=1", "A", None, id="ARG is no ENV"),
        pytest.param("FROM scratch\nARG A=1\nENV B=$A", "B", "1", id="ARG in ENV"),
        pytest.param("FROM scratch\nARG A=1 B=${A}2\nENV C=$B", "C", "12", id="one ARG sees itself"),
        pytest.param("ARG A=1\nFROM scratch\nENV B=$A", "B", "", id="a global ARG is not in a stage"),
        pytest.param("ARG A=1\nFROM scratch\nARG A\nENV B=$A", "B", "1", id="unless it is named there"),
        pytest.param("ARG A=1\nFROM scratch\nARG A=2\nENV B=$A", "B", "2", id="its own default wins"),
        pytest.param("FROM scratch\nENV B=$A\nARG A=1", "B", "", id="ARG holds from its line on"),
        pytest.param("FROM scratch\nARG A\nENV B=$A", "B", "", id="ARG without a value is unset"),
        pytest.param("FROM scratch\nARG A\nENV B=${A:-d}", "B", "d", id="or has a default where it is used"),
        pytest.param("FROM scratch AS x\nARG A=1\nFROM scratch\nENV B=$A", "B", "", id="not in another stage"),
        pytest.param("FROM scratch AS x\nARG A=1\nFROM x\nENV B=$A", "B", "1", id="but in one built on it"),
        pytest.param("FROM scratch AS x\nENV A=1\nFROM x\nENV B=${A}2", "B", "12", id="ENV is inherited"),
        pytest.param("FROM scratch", "PATH", DEFAULT_PATH, id="PATH"),
        pytest.param("FROM scratch\nENV PATH=/a:$PATH", "PATH", f"/a:{DEFAULT_PATH}", id="PATH before the default"),
    ],
)
def test_variables(text: str, name: str, expected: str | None) -> None:
    assert image(text).env.get(name) == expected


def test_build_arguments_win() -> None:
    made = image("ARG A=1\nFROM scratch\nARG A\nARG B=2\nENV X=$A$B", build_args={"A": "8", "B": "9"})
    assert made.env["X"] == "89"


def test_the_platform_is_not_known() -> None:
    made = image("FROM scratch\nARG TARGETARCH\nENV X=$TARGETARCH")
    assert isinstance(made.env["X"], Unknown)


def test_an_unknown_base_may_set_any_variable() -> None:
    made = image("FROM example.org/app\nENV X=$FOO")
    assert made.env_open
    assert isinstance(made.env["X"], Unknown)


def test_a_known_base_sets_what_it_sets() -> None:
    made = image("FROM debian:12\nENV X=$FOO")
    assert not made.env_open
    assert made.env["X"] == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM scratch", "/", id="default"),
        pytest.param("FROM debian:12\nWORKDIR /a\nWORKDIR b", "/a/b", id="relative"),
        pytest.param("FROM debian:12\nWORKDIR /a/../b/", "/b", id="cleaned"),
        pytest.param("FROM debian:12\nENV D=/x\nWORKDIR $D/y", "/x/y", id="variable"),
        pytest.param("FROM debian:12\nARG D\nWORKDIR /a/$D", "/a/$D", id="an argument without a value"),
        pytest.param("FROM example.org/app", "", id="unknown base"),
        pytest.param("FROM example.org/app\nWORKDIR b", "b", id="relative to what is not known"),
        pytest.param("FROM example.org/app\nWORKDIR /b", "/b", id="absolute on an unknown base"),
        pytest.param("FROM scratch AS a\nWORKDIR /a\nFROM a", "/a", id="inherited"),
    ],
)
def test_workdir(text: str, expected: str) -> None:
    assert image(text).workdir == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM debian:12", "SIGTERM", id="default"),
        pytest.param("FROM nginx:1.27", "SIGQUIT", id="inherited"),
        pytest.param("FROM nginx:1.27\nSTOPSIGNAL SIGTERM", "SIGTERM", id="set again"),
        pytest.param("FROM debian:12\nENV S=INT\nSTOPSIGNAL SIG$S", "SIGINT", id="variable"),
        pytest.param("FROM debian:12\nSTOPSIGNAL 3", "3", id="number"),
        pytest.param("FROM debian:12 AS a\nSTOPSIGNAL SIGINT\nFROM a", "SIGINT", id="from a stage"),
        pytest.param("FROM example.org/app", "SIGTERM", id="unknown base"),
    ],
)
def test_stop_signal(text: str, expected: str) -> None:
    assert image(text).stop_signal == expected


def test_an_image_named_after_one_with_a_signal_may_have_it() -> None:
    assert isinstance(image("FROM example.org/our-nginx").stop_signal, Unknown)


def test_stop_signal_says_where_it_is_from() -> None:
    made = image("FROM nginx:1.27")
    assert (made.stop_signal_base, made.stop_signal_span) == ("nginx:1.27", None)
    made = image("FROM nginx:1.27\nSTOPSIGNAL SIGINT")
    assert made.stop_signal_base is None
    assert made.stop_signal_span is not None
    assert made.stop_signal_span.text == "SIGINT"


@pytest.mark.parametrize(
    ("text", "target", "stage"),
    [
        pytest.param("FROM scratch AS a\nENV A=1\nFROM scratch AS b\nENV A=2", None, "b", id="the last"),
        pytest.param("FROM scratch AS a\nENV A=1\nFROM scratch AS b\nENV A=2", "a", "a", id="by name"),
        pytest.param("FROM scratch AS a\nENV A=1\nFROM scratch AS b\nENV A=2", "A", "a", id="in another case"),
        pytest.param("FROM scratch AS a\nENV A=1\nFROM scratch AS b\nENV A=2", "0", "a", id="by number"),
    ],
)
def test_target(text: str, target: str | None, stage: str) -> None:
    made = image(text, target=target)
    assert made.stage == stage
    assert made.env["A"] == ("1" if stage == "a" else "2")


def test_an_unknown_target_is_a_problem_that_names_the_stages() -> None:
    made, problems = build("FROM scratch AS a\nFROM scratch AS b", target="c")
    assert made is None
    assert [problem.message for problem in problems] == ["there is no stage `c`; the stages are: a, b"]


def test_a_file_without_stages_makes_no_image() -> None:
    source = SourceFile("Dockerfile", "# nothing\n")
    assert build_image(parse_dockerfile(source), MemoryFiles({}), "") == (None, ())


@pytest.mark.parametrize(
    ("text", "name", "sh"),
    [
        pytest.param("FROM debian:12", "debian:12", "dash", id="plain"),
        pytest.param("ARG V=12\nFROM debian:$V", "debian:12", "dash", id="global argument"),
        pytest.param("ARG V\nFROM debian:${V:-12}", "debian:12", "dash", id="default in FROM"),
        pytest.param("ARG V\nFROM alpine:$V", "alpine:$V", "busybox", id="a tag that is not known"),
        pytest.param("ARG I\nFROM $I", "$I", None, id="a name that is not known"),
        pytest.param("FROM scratch", "scratch", "none", id="scratch"),
        pytest.param("FROM example.org/app", "example.org/app", None, id="unknown"),
        pytest.param("FROM node:6-onbuild", "node:6-onbuild", None, id="an image with triggers"),
    ],
)
def test_base(text: str, name: str, sh: str | None) -> None:
    found = image(text).base
    assert found.name == name
    assert found.sh == sh if sh else isinstance(found.sh, Unknown)


@pytest.mark.parametrize(
    ("text", "sh"),
    [
        pytest.param("FROM debian:12\nRUN ln -sf /bin/bash /bin/sh", "bash", id="link"),
        pytest.param("FROM debian:12\nRUN rm /bin/sh && ln -s bash /bin/sh", "bash", id="removed and linked"),
        pytest.param("FROM debian:12\nRUN cp /bin/bash /bin/sh", None, id="replaced"),
        pytest.param("FROM debian:12\nRUN dpkg-reconfigure dash", None, id="dpkg-reconfigure"),
        pytest.param("FROM debian:12\nRUN apt-get install -y bash", "dash", id="bash beside it"),
        pytest.param("FROM scratch\nADD rootfs.tar.gz /", None, id="unpacked onto scratch"),
        pytest.param("FROM scratch\nCOPY --from=busybox /bin/sh /bin/sh", None, id="copied onto scratch"),
        pytest.param("FROM scratch\nCOPY --from=busybox / /", None, id="a whole image onto scratch"),
        pytest.param("FROM scratch\nCOPY app /app", "none", id="scratch stays without"),
        pytest.param("FROM alpine:3.20 AS a\nFROM scratch\nCOPY --from=a / /", "busybox", id="a whole stage"),
    ],
)
def test_what_sh_is_after_the_build(text: str, sh: str | None) -> None:
    found = image(text, {"app": "", "rootfs.tar.gz": ""}).base.sh
    assert found == sh if sh else isinstance(found, Unknown)


def test_a_stage_that_comes_later_is_no_base() -> None:
    _, problems = build("FROM b AS a\nFROM a AS b")
    assert len(problems) == 1
    assert "the stage `b` comes later" in problems[0].message


def test_a_stage_may_bear_the_name_of_its_base() -> None:
    made = image("FROM debian:12 AS base\nFROM base AS debian")
    assert made.base.name == "debian:12"


def test_copying_from_a_later_stage_is_a_problem() -> None:
    _, problems = build("FROM scratch AS a\nCOPY --from=b /x /x\nFROM scratch AS b\nCOPY --from=a /x /x")
    assert len(problems) == 1
    assert problems[0].line == 2


def test_copying_from_itself_is_a_problem() -> None:
    _, problems = build("FROM scratch AS a\nCOPY --from=a /x /x")
    assert len(problems) == 1


def test_stages_that_are_not_needed_are_not_built() -> None:
    made, problems = build("FROM scratch AS broken\nENV A=${\nFROM scratch AS b")
    assert made is not None
    assert problems == ()


def test_a_bad_substitution_is_a_problem_at_its_line() -> None:
    _, problems = build("FROM scratch\nENV A=${x^}")
    assert [(problem.line, "ENV" in problem.message) for problem in problems] == [(2, True)]


def test_a_chain_of_many_stages_is_followed() -> None:
    text = "FROM scratch AS s0\nCOPY app /app\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(3000))
    made = image(text, {"app": "x"})
    assert at(made, "/app") == "x"


def test_copying_through_many_stages_ends() -> None:
    steps = (f"FROM scratch AS s{n + 1}\nCOPY --from=s{n} / /\nCOPY --from=s{n} / /x\n" for n in range(500))
    made = image("FROM scratch AS s0\nCOPY app /app\n" + "".join(steps), {"app": "x"})
    assert at(made, "/app") == "??"


def test_healthcheck() -> None:
    made = image("FROM scratch\nHEALTHCHECK CMD a\nHEALTHCHECK CMD b")
    assert made.healthcheck is not None
    assert made.healthcheck.span.text == "HEALTHCHECK CMD b"
    assert image("FROM scratch\nHEALTHCHECK CMD a\nHEALTHCHECK NONE").healthcheck is None


def test_user_and_instructions() -> None:
    made = image("FROM scratch AS a\nENV U=app\nFROM a\nUSER $U:$U")
    assert made.user == "app:app"
    assert [instruction.keyword for instruction in made.instructions] == ["FROM", "ENV", "FROM", "USER"]


@pytest.mark.parametrize(
    ("run", "sh"),
    [
        pytest.param("apk add --no-cache bash", "busybox", id="apk"),
        pytest.param("apt-get update && apt-get install -y curl", "dash", id="apt-get"),
        pytest.param("apk add bash || apt-get install -y bash", None, id="either"),
        pytest.param("if test -x /sbin/apk; then apk add bash; fi", None, id="perhaps"),
        pytest.param("dnf install -y curl", None, id="a system whose shell hangs on its version"),
        pytest.param("make install", None, id="none"),
        pytest.param("apk add bash && ln -sf /bin/bash /bin/sh", "bash", id="what the build makes of it"),
    ],
)
def test_the_package_manager_tells_the_shell_of_a_base_image_that_is_not_known(run: str, sh: str | None) -> None:
    found = image(f"FROM acme/base\nRUN {run}\n").base.sh
    assert (None if isinstance(found, Unknown) else found) == sh


def test_a_stage_begins_with_the_variables_of_its_parent_and_not_with_its_arguments() -> None:
    made = image("FROM scratch AS a\nENV V=env\nARG V=arg\nENV SAME=$V\nFROM a\nENV BELOW=$V")
    assert (made.env["SAME"], made.env["BELOW"]) == ("arg", "env")


def test_a_stage_is_found_by_its_name_in_lower_case() -> None:
    made, problems = build("FROM scratch AS Base\nUSER a\nFROM Base\nWORKDIR /x")
    assert [problem.message for problem in problems] == [
        "FROM finds a stage by its name in lower case only: write `base`"
    ]
    assert made is not None
    assert made.user == "a"
