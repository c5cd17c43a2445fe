"""Dockerfiles to instructions: each case is one that BuildKit's own reader decides."""

from __future__ import annotations

import pytest

from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile
from stopcheck.syntax.dockerfile.parser import MAX_CHARACTERS
from stopcheck.syntax.dockerfile.tree import Dockerfile, ExecForm, Instruction, ShellForm


def parse(text: str, path: str = "Dockerfile") -> Dockerfile:
    return parse_dockerfile(SourceFile(path, text))


def only(text: str) -> Instruction:
    """The one instruction after FROM, in a file without problems."""
    dockerfile = parse("FROM x\n" + text)
    assert dockerfile.problems == ()
    assert len(dockerfile.instructions) == 2
    return dockerfile.instructions[1]


def shell(instruction: Instruction) -> str:
    assert isinstance(instruction.form, ShellForm)
    return instruction.form.source.text


def execs(instruction: Instruction) -> list[str]:
    assert isinstance(instruction.form, ExecForm)
    return [argument.value for argument in instruction.form.arguments]


def words(instruction: Instruction) -> list[str]:
    return [argument.value for argument in instruction.arguments]


def problems(text: str, path: str = "Dockerfile") -> list[tuple[int | None, str]]:
    return [(problem.line, problem.message) for problem in parse(text, path).problems]


def lines_of(dockerfile: Dockerfile) -> list[tuple[str, int, int]]:
    out = []
    for one in dockerfile.instructions:
        first, _, last, _ = one.span.position()
        out.append((one.keyword, first, last))
    return out


# --- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("FROM x\nRUN a\n", [("FROM", 1, 1), ("RUN", 2, 2)], id="plain"),
        pytest.param("FROM x\nRUN a", [("FROM", 1, 1), ("RUN", 2, 2)], id="no-final-newline"),
        pytest.param("\n# c\n\n  FROM x\n", [("FROM", 4, 4)], id="indented-after-comments"),
        pytest.param("FROM x\nRUN a \\\n  b\nCMD c", [("FROM", 1, 1), ("RUN", 2, 3), ("CMD", 4, 4)], id="continued"),
        pytest.param("FROM x\nRUN a \\\n\n# c\n\n  b\nCMD c", [("FROM", 1, 1), ("RUN", 2, 6), ("CMD", 7, 7)], id="gap"),
        pytest.param("FROM x\nRUN a \\ \t\n  b", [("FROM", 1, 1), ("RUN", 2, 3)], id="blanks-after-the-backslash"),
        pytest.param("FROM x\nRUN a \\\\\nCMD b", [("FROM", 1, 1), ("RUN", 2, 2), ("CMD", 3, 3)], id="two-backslashes"),
        pytest.param("FROM x\nRUN a \\", [("FROM", 1, 1), ("RUN", 2, 2)], id="continued-at-the-end"),
        pytest.param("FROM x\nRUN a \\\n\n\n", [("FROM", 1, 1), ("RUN", 2, 4)], id="continued-into-nothing"),
        pytest.param("FROM x\n\\\nRUN a\n", [("FROM", 1, 1), ("RUN", 2, 3)], id="a-backslash-first"),
        pytest.param("FROM x\n# c \\\nRUN a\n", [("FROM", 1, 1), ("RUN", 3, 3)], id="comments-are-not-continued"),
        pytest.param(
            "FROM x\r\nRUN a \\\r\n  b\r\nCMD c\r\n", [("FROM", 1, 1), ("RUN", 2, 3), ("CMD", 4, 4)], id="crlf"
        ),
        pytest.param("\ufeffFROM x\nRUN a", [("FROM", 1, 1), ("RUN", 2, 2)], id="bom"),
        pytest.param("\ufeff# c\nFROM x", [("FROM", 2, 2)], id="bom-comment"),
        pytest.param("FROM x\nRUN\\\n a\n", [("FROM", 1, 1), ("RUN", 2, 3)], id="backslash-at-the-keyword"),
        pytest.param("FROM x\n\x0cRUN a\n", [("FROM", 1, 1), ("RUN", 2, 2)], id="form-feed"),
        pytest.param("FROM x\nRUN a\x0bb\x1cc\u2028d\n", [("FROM", 1, 1), ("RUN", 2, 2)], id="only-lf-ends-a-line"),
    ],
)
def test_line_ranges(text: str, expected: list[tuple[str, int, int]]) -> None:
    dockerfile = parse(text)
    assert lines_of(dockerfile) == expected
    assert dockerfile.problems == ()


@pytest.mark.parametrize("keyword", ["RUN", "run", "Run"])
def test_keywords_are_upper_cased(keyword: str) -> None:
    found = only(f"{keyword} a")
    assert found.keyword == "RUN"
    assert found.keyword_span.text == keyword


@pytest.mark.parametrize(
    "text, command",
    [
        pytest.param("CMD a  b", "a  b", id="as-written"),
        pytest.param("CMD a \\\n  b\\\nc", "a   bc", id="joined-without-a-line-end"),
        pytest.param("CMD a \\\n# c\n\n   # d\n  b", "a   b", id="comments-dropped"),
        pytest.param("CMD \t a \t ", "a", id="trimmed"),
        pytest.param("CMD \\\n  a", "a", id="begins-on-the-next-line"),
        pytest.param("CMD a \\\n", "a", id="ends-in-a-backslash"),
        pytest.param("CMD a \\\r\n b\r\n", "a  b", id="crlf"),
        pytest.param("CMD", "", id="nothing"),
        pytest.param("CMD a # b", "a # b", id="no-comment-at-a-line's-end"),
        pytest.param("CMD a \\\n  && b # c \\\n  && d", "a   && b # c   && d", id="hash-inside-a-line"),
    ],
)
def test_shell_form_is_what_the_shell_gets(text: str, command: str) -> None:
    assert shell(only(text)) == command


def test_each_character_of_a_shell_form_maps_into_the_file() -> None:
    text = "FROM x\nENTRYPOINT a \\\n# c\n\n  && b \\\n && c"
    form = parse(text).instructions[1].form
    assert isinstance(form, ShellForm)
    source = form.source
    assert source.text == "a   && b  && c"
    assert [text[source.to_parent(at)] for at in range(len(source.text))] == list(source.text)
    assert source.to_parent(source.text.index("b")) == text.index("b \\")
    assert form.span.text == "a \\\n# c\n\n  && b \\\n && c"


# --- directives ----------------------------------------------------------------------------------


def test_directives() -> None:
    found = parse("# syntax=docker/dockerfile:1\n#Check = skip=all\n# escape=`\nFROM x\nRUN a `\n b\\\nCMD c")
    assert found.directives == (("syntax", "docker/dockerfile:1"), ("check", "skip=all"), ("escape", "`"))
    assert found.escape == "`"
    assert lines_of(found) == [("FROM", 4, 4), ("RUN", 5, 6), ("CMD", 7, 7)]
    assert shell(found.instructions[1]) == "a  b\\"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("# c\n# escape=`\n", id="after-a-comment"),
        pytest.param("\n# escape=`\n", id="after-a-blank-line"),
        pytest.param("# other=1\n# escape=`\n", id="after-an-unknown-directive"),
        pytest.param("FROM y\n# escape=`\n", id="after-an-instruction"),
        pytest.param("#! escape=`\n", id="not-a-directive"),
    ],
)
def test_directives_end_at_the_first_line_that_is_none(head: str) -> None:
    found = parse(head + "FROM x\nCMD a \\\n b")
    assert found.escape == "\\"
    assert lines_of(found)[-1][0] == "CMD"
    assert shell(found.instructions[-1]) == "a  b"


@pytest.mark.parametrize(
    "text, line",
    [
        pytest.param("# escape=x\nFROM x\n", 1, id="wrong-escape"),
        pytest.param("# escape=`\n# escape=`\nFROM x\n", 2, id="twice"),
    ],
)
def test_directives_that_end_the_build(text: str, line: int) -> None:
    assert [at for at, _ in problems(text)] == [line]


# --- flags ---------------------------------------------------------------------------------------


def test_flags_stand_before_the_arguments() -> None:
    found = only("COPY --from=b --link --chown=a:b --exclude=x --exclude=y z --w /to")
    assert [(flag.name, flag.value, flag.span.text) for flag in found.flags] == [
        ("from", "b", "--from=b"),
        ("link", None, "--link"),
        ("chown", "a:b", "--chown=a:b"),
        ("exclude", "x", "--exclude=x"),
        ("exclude", "y", "--exclude=y"),
    ]
    assert found.flag("exclude") == "y"
    assert found.flag("link") == ""
    assert found.flag("chmod") is None
    assert words(found) == ["z", "--w", "/to"]


@pytest.mark.parametrize(
    "text, value, rest",
    [
        pytest.param('RUN --mount="a b" c', "a b", "c", id="quotes"),
        pytest.param("RUN --mount=a\\ b c", "a b", "c", id="escape"),
        pytest.param("RUN --mount='a' \\\n  c", "a", "c", id="next-line"),
        pytest.param("RUN --mount=a -- --b", "a", "--b", id="two-dashes-end-them"),
    ],
)
def test_flag_values(text: str, value: str, rest: str) -> None:
    found = only(text)
    assert found.flag("mount") == value
    assert found.value == rest


@pytest.mark.parametrize(
    "text, message",
    [
        pytest.param("CMD --port 80", "`CMD` has no flags: `--port`", id="none-at-all"),
        pytest.param("COPY --form=b a /b", "`COPY` has no flag `--form`", id="unknown"),
        pytest.param("COPY --from a /b", "`--from` needs a value", id="no-value"),
        pytest.param("COPY --from=a --from=b c /d", "`--from` stands twice", id="twice"),
        pytest.param("COPY --link=yes a /b", "the value must be true or false", id="not-a-truth"),
        pytest.param("HEALTHCHECK --interval=30 CMD a", "the value must be a time", id="no-unit"),
        pytest.param("HEALTHCHECK --retries=x CMD a", "the value must be a whole number", id="no-number"),
        pytest.param("RUN --network=hots x", "`--network=hots`: the value must be default, none or host", id="network"),
        pytest.param("RUN --security=in x", "`--security=in`: the value must be insecure or sandbox", id="security"),
        pytest.param("RUN --mount=from=$a,target=/t x", "without a variable in `from`", id="variable-in-a-mount"),
    ],
)
def test_flags_that_end_the_build(text: str, message: str) -> None:
    ((line, told),) = problems("FROM x\n" + text)
    assert line == 2
    assert message in told


def test_times() -> None:
    found = only("HEALTHCHECK --interval=1m30s --timeout=0 --start-period=.5h --retries=3 CMD a")
    assert found.flag("interval") == "1m30s"


# --- exec form -----------------------------------------------------------------------------------


@pytest.mark.parametrize("keyword", ["CMD", "ENTRYPOINT", "RUN", "SHELL"])
def test_exec_form(keyword: str) -> None:
    found = only(f'{keyword} [ "a", \\\n # c\n "b c" ]  ')
    assert execs(found) == ["a", "b c"]
    assert isinstance(found.form, ExecForm)
    assert [argument.span.text for argument in found.form.arguments] == ['"a"', '"b c"']
    assert found.form.span.text == '[ "a", \\\n # c\n "b c" ]'


def test_an_empty_array_is_an_exec_form() -> None:
    assert execs(only("ENTRYPOINT []")) == []


@pytest.mark.parametrize(
    "text, message, place",
    [
        pytest.param("CMD ['a', 'b']", "single quotes", "'", id="single-quotes"),
        pytest.param('CMD ["a", "b"', "closing bracket", "", id="no-bracket"),
        pytest.param('CMD ["a", \\\n "b",]', "a comma stands before", ",", id="trailing-comma"),
        pytest.param('CMD ["a"] b', "text after the array", "b", id="text-after"),
        pytest.param('CMD "a", "b"]', "opening bracket", '"', id="no-opening-bracket"),
        pytest.param("HEALTHCHECK CMD ['a']", "single quotes", "'", id="healthcheck"),
    ],
)
def test_what_is_not_json_is_shell_form_and_says_why(text: str, message: str, place: str) -> None:
    form = only(text).form
    assert isinstance(form, ShellForm)
    assert message in str(form.json_error)
    assert form.json_error_span is not None
    assert form.json_error_span.text == place


def test_the_shells_brackets_are_no_mistake() -> None:
    form = only("RUN [ -f /a ] && b").form
    assert isinstance(form, ShellForm)
    assert form.json_error is None


@pytest.mark.parametrize("keyword", ["CMD", "ENTRYPOINT", "RUN", "SHELL", "COPY", "VOLUME", "HEALTHCHECK CMD"])
def test_an_array_with_more_than_strings_ends_the_build(keyword: str) -> None:
    found = parse(f'FROM x\n{keyword} ["a", \\\n 1]\nUSER u')
    assert [(problem.line, problem.column) for problem in found.problems] == [(3, 2)]
    assert "only strings" in found.problems[0].message
    assert [one.form for one in found.instructions if one.keyword in keyword] in ([None], [])
    assert found.instructions[-1].keyword == "USER"


def test_shell_must_be_json() -> None:
    ((line, message),) = problems("FROM x\nSHELL /bin/bash -c")
    assert line == 2
    assert "`SHELL` needs a JSON array" in message


# --- heredocs ------------------------------------------------------------------------------------


def test_run_of_a_heredoc_runs_its_body() -> None:
    text = "FROM x\nRUN <<EOF\na \\\nb\n# c\n\nEOF\nCMD d\n"
    found = parse(text)
    assert lines_of(found) == [("FROM", 1, 1), ("RUN", 2, 2), ("CMD", 8, 8)]
    run = found.instructions[1]
    assert shell(run) == "a \\\nb\n# c\n\n"
    (heredoc,) = run.heredocs
    assert (heredoc.name, heredoc.expand, heredoc.strip_tabs) == ("EOF", True, False)
    assert heredoc.span.text == "a \\\nb\n# c\n\nEOF"
    assert heredoc.content.to_parent(0) == text.index("a \\")


def test_run_with_heredocs_and_a_command_gets_them_all() -> None:
    text = "FROM x\nRUN a <<A \\\n  b <<-B\n1\nA\n\t2\n\tB\nCMD c"
    found = parse(text)
    run = found.instructions[1]
    assert isinstance(run.form, ShellForm)
    source = run.form.source
    assert source.text == "a <<A   b <<-B\n1\nA\n\t2\nB"
    assert [text[source.to_parent(at)] for at in range(len(source.text))] == list(source.text)
    assert [heredoc.content.text for heredoc in run.heredocs] == ["1\n", "2\n"]
    assert found.instructions[2].span.position()[0] == 8


def test_copy_of_heredocs() -> None:
    found = only("COPY --chmod=755 <<a.sh <<-'b' /to/\n#!/bin/sh\na.sh\n\t\tx $y\n\tb\n")
    assert words(found) == ["<<a.sh", "<<-'b'", "/to/"]
    first, second = found.heredocs
    assert (first.name, first.content.text, first.expand) == ("a.sh", "#!/bin/sh\n", True)
    assert (second.name, second.content.text, second.expand, second.strip_tabs) == ("b", "x $y\n", False, True)
    assert found.span.text == "COPY --chmod=755 <<a.sh <<-'b' /to/"


@pytest.mark.parametrize(
    "line, names",
    [
        pytest.param("RUN <<A", [("A", True)], id="plain"),
        pytest.param("RUN 3<<A", [("A", True)], id="descriptor"),
        pytest.param("RUN << A", [("A", True)], id="blank-before-the-name"),
        pytest.param("RUN <<'A'", [("A", False)], id="single-quotes"),
        pytest.param('RUN <<"A B"', [("A B", False)], id="double-quotes"),
        pytest.param("RUN <<A\\'B", [("A'B", True)], id="escape"),
        pytest.param("RUN <<$A", [("$A", True)], id="variable"),
        pytest.param("RUN cat <<A >/b", [("A", True)], id="redirection-after-a-blank"),
        pytest.param("RUN cat <<A>/b", [("A>/b", True)], id="redirection-belongs-to-the-name"),
        pytest.param("RUN cat<<A", [], id="inside-a-word"),
        pytest.param("RUN cat <<<A", [], id="here-string"),
        pytest.param("RUN '<<A'", [], id="quoted"),
        pytest.param('RUN "<<A"', [], id="double-quoted"),
        pytest.param("RUN echo it's <<A", [], id="after-an-open-quote"),
        pytest.param('RUN echo "${a:-b}" <<A', [("A", True)], id="after-a-substitution"),
        pytest.param("RUN echo ${a <<A", [], id="after-an-open-brace"),
        pytest.param("RUN echo $((1<<-1))", [], id="shift"),
        pytest.param("RUN a <<-", [], id="no-name"),
        pytest.param('RUN ["<<A"]', [], id="exec-form"),
        pytest.param("USER <<A", [], id="other-instruction"),
        pytest.param("ONBUILD RUN <<A", [("A", True)], id="onbuild"),
    ],
)
def test_what_opens_a_heredoc(line: str, names: list[tuple[str, bool]]) -> None:
    bodies = "".join(f"body\n{name}\n" for name, _ in names)
    found = parse(f"FROM x\n{line}\n{bodies}CMD z")
    assert found.problems == ()
    middle = found.instructions[1]
    heredocs = (middle.onbuild or middle).heredocs
    assert [(heredoc.name, heredoc.expand) for heredoc in heredocs] == names
    assert [heredoc.content.text for heredoc in heredocs] == ["body\n"] * len(names)
    assert found.instructions[2].keyword == "CMD"


def test_a_heredoc_in_a_file_with_crlf() -> None:
    found = only("RUN <<A\r\nb\r\nA\r\n")
    assert found.heredocs[0].content.text == "b\r\n"


def test_a_body_that_ends_in_a_backslash_takes_no_line_after_it() -> None:
    found = parse("FROM x\nRUN <<A\nb \\\nA\n# c\nCMD d \\\n e\n")
    assert lines_of(found) == [("FROM", 1, 1), ("RUN", 2, 2), ("CMD", 6, 7)]
    assert shell(found.instructions[2]) == "d  e"


def test_a_heredoc_that_is_not_closed() -> None:
    ((line, message),) = problems("FROM x\nRUN <<EOF\na\n EOF\nCMD b\n")
    assert line == 2
    assert "no line `EOF` follows" in message


def test_a_heredoc_cannot_be_the_destination() -> None:
    ((line, message),) = problems("FROM x\nCOPY a <<EOF\nEOF\n")
    assert line == 2
    assert "destination" in message


# --- the arguments of each instruction -----------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("ENV a b  c", ["a", "b  c"], id="env-old"),
        pytest.param(
            "ENV a=b c='d e' f=\"g h\" i=j\\ k l=",
            ["a", "b", "c", "'d e'", "f", '"g h"', "i", "j\\ k", "l", ""],
            id="env",
        ),
        pytest.param("ENV a=b \\\n  c=d", ["a", "b", "c", "d"], id="env-continued"),
        pytest.param("ENV a b=c", ["a", "b=c"], id="env-old-with-equals"),
        pytest.param("ENV a=b=c", ["a", "b=c"], id="env-two-equals"),
        pytest.param("LABEL a.b='c d'", ["a.b", "'c d'"], id="label"),
        pytest.param("ARG a b=c d=", ["a", "", "b", "c", "d", ""], id="arg"),
        pytest.param("USER a:b", ["a:b"], id="user"),
        pytest.param("USER a b", ["a b"], id="user-is-one-value"),
        pytest.param("WORKDIR /a b", ["/a b"], id="workdir"),
        pytest.param("STOPSIGNAL SIGQUIT", ["SIGQUIT"], id="stopsignal"),
        pytest.param("EXPOSE 80 443/tcp", ["80", "443/tcp"], id="expose"),
        pytest.param("MAINTAINER A <b>", ["A <b>"], id="maintainer"),
        pytest.param("VOLUME /a /b", ["/a", "/b"], id="volume"),
        pytest.param('VOLUME ["/a", "/b c"]', ["/a", "/b c"], id="volume-json"),
        pytest.param("COPY a b \\\n /c", ["a", "b", "/c"], id="copy"),
        pytest.param('ADD ["a b", "/c"]', ["a b", "/c"], id="add-json"),
        pytest.param('COPY "a b" /c', ['"a', 'b"', "/c"], id="copy-knows-no-quotes"),
        pytest.param("COPY [ab]* /c", ["[ab]*", "/c"], id="copy-glob"),
        pytest.param("HEALTHCHECK none", ["NONE"], id="healthcheck-none"),
        pytest.param("HEALTHCHECK --interval=5s CMD a", ["CMD"], id="healthcheck-cmd"),
    ],
)
def test_arguments(text: str, expected: list[str]) -> None:
    found = only(text)
    assert words(found) == expected
    for argument in found.arguments:
        if found.form is None and found.keyword != "HEALTHCHECK":
            assert argument.span.text == argument.value


def test_from() -> None:
    found = parse("FROM --platform=linux/arm64 a:1 as Build-1\nFROM Build-1").instructions
    assert [words(one) for one in found] == [["a:1", "as", "Build-1"], ["Build-1"]]
    assert found[0].flag("platform") == "linux/arm64"
    assert found[0].arguments[2].span.position() == (1, 36, 1, 43)


def test_an_arg_without_a_value_differs_from_one_with_an_empty_value() -> None:
    assert [argument.given for argument in only("ARG a b=").arguments] == [True, False, True, True]


def test_env_with_another_escape() -> None:
    found = parse("# escape=`\nFROM x\nENV a=c:\\ b=d` e `\n f=g").instructions[1]
    assert words(found) == ["a", "c:\\", "b", "d` e", "f", "g"]


def test_healthcheck() -> None:
    assert shell(only("HEALTHCHECK CMD a || b")) == "a || b"
    assert execs(only('HEALTHCHECK cmd ["a"]')) == ["a"]


def test_onbuild_holds_an_instruction() -> None:
    found = only("ONBUILD run --mount=type=tmpfs,target=/t a \\\n  b")
    assert found.onbuild is not None
    assert found.onbuild.keyword == "RUN"
    assert found.onbuild.flag("mount") == "type=tmpfs,target=/t"
    assert shell(found.onbuild) == "a   b"
    assert found.onbuild.span.text == "run --mount=type=tmpfs,target=/t a \\\n  b"


# --- problems ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, message",
    [
        pytest.param('ARG "a=b"', "the quotes stand around name and value", id="argument-quoted-whole"),
        pytest.param("ENV a=b 'c=d e'", "the quotes stand around name and value", id="variable-quoted-whole"),
        pytest.param("RUNN a", "unknown instruction `RUNN`: did you mean `RUN`?", id="unknown"),
        pytest.param("&& b", "is a `\\` missing at the end of the line before?", id="backslash-missing"),
        pytest.param("ENV", "`ENV` needs a name and a value", id="env-nothing"),
        pytest.param("ENV a", "`ENV` needs a name and a value", id="env-name"),
        pytest.param("ENV a=b c", "`c` has no `=`", id="env-no-equals"),
        pytest.param("ENV =b", "a name is missing", id="env-no-name"),
        pytest.param("ARG", "`ARG` needs a name", id="arg"),
        pytest.param("ARG =a", "a name is missing", id="arg-no-name"),
        pytest.param("COPY a", "`COPY` needs a source and a destination", id="copy"),
        pytest.param('ADD ["a"]', "`ADD` needs a source and a destination", id="add-json"),
        pytest.param("VOLUME", "`VOLUME` needs a path", id="volume"),
        pytest.param('VOLUME ["a", " "]', "`VOLUME` needs a path", id="volume-blank"),
        pytest.param("USER", "`USER` needs a value", id="user"),
        pytest.param("EXPOSE", "`EXPOSE` needs", id="expose"),
        pytest.param("SHELL []", "`SHELL` needs at least one string", id="shell"),
        pytest.param("HEALTHCHECK", "`HEALTHCHECK` needs", id="healthcheck"),
        pytest.param("HEALTHCHECK CMD", "`HEALTHCHECK CMD` needs a command", id="healthcheck-cmd"),
        pytest.param("HEALTHCHECK curl x", "needs `CMD` or `NONE`, not `curl`", id="healthcheck-kind"),
        pytest.param("HEALTHCHECK NONE x", "nothing may follow", id="healthcheck-none"),
        pytest.param("ONBUILD", "`ONBUILD` needs an instruction", id="onbuild"),
        pytest.param("ONBUILD FROM y", "`FROM` cannot stand in `ONBUILD`", id="onbuild-from"),
        pytest.param("FROM", "`FROM` needs an image", id="from"),
        pytest.param("FROM a b", "`FROM` needs an image", id="from-two-words"),
        pytest.param("FROM a AS 1b", "`1b` cannot name a stage", id="from-name"),
        pytest.param("RUN a\udce9", "bytes that are not UTF-8", id="not-utf-8"),
    ],
)
def test_a_problem_keeps_the_rest(text: str, message: str) -> None:
    found = parse(f"FROM x\n{text}\nUSER u\n")
    assert [problem.line for problem in found.problems] == [2]
    assert message in found.problems[0].message
    assert found.instructions[0].keyword == "FROM"
    assert found.instructions[-1].keyword == "USER"


def test_several_problems_are_told_in_order() -> None:
    assert [line for line, _ in problems("USER a\nFROM x\nENV b\nRUNN c\nCMD --d\n")] == [1, 3, 4, 5]


def test_lines_that_lost_their_backslash_are_told_once() -> None:
    assert [line for line, _ in problems("FROM x\nRUN a\n  && b\n  && c\nCMD d")] == [3]


@pytest.mark.parametrize(
    "text, line, message",
    [
        pytest.param("", 1, "no instructions: the file is empty", id="empty"),
        pytest.param(" \n\n", 1, "no instructions: the file is empty", id="blank"),
        pytest.param("# a\n# b\n", 1, "no instructions: the file is only comments", id="comments"),
        pytest.param("ARG a=1\nRUN b\n", 1, "there is no `FROM`", id="no-from"),
        pytest.param("RUN b\nFROM x\n", 1, "`RUN` stands before the first `FROM`", id="before-from"),
        pytest.param("# Title\n\nSome prose\nmore of it\n", 3, "unknown instruction `Some`", id="prose"),
        pytest.param("FROM x\n\0\0", 2, "a NUL byte", id="nul"),
        pytest.param("F\0R\0O\0M\0", 1, "a NUL byte", id="utf-16"),
        pytest.param("\udc89PNG\r\n\x1a\n\0", 3, "a NUL byte", id="png"),
        pytest.param("{% if a %}\nFROM x\n{% endif %}\n", 1, "a template (`{%`)", id="jinja-block"),
        pytest.param("FROM {{ image }}\nRUN {{ run }}\n", 1, "a template (`{{`)", id="jinja-value"),
        pytest.param("FROM x\n{{- if .A }}\nRUN a\n{{- end }}\n", 2, "a template (`{{`)", id="go-template"),
        pytest.param("FROM <%= @image %>\n", 1, "a template (`<%`)", id="erb"),
        pytest.param("FROM x\n%%PACKAGES%%\n", 2, "a template (`%%PACKAGES%%`)", id="placeholder"),
        pytest.param("FROM x\nRUN " + "a" * MAX_CHARACTERS, 1, "too long for a Dockerfile", id="characters"),
        pytest.param("FROM x\nRUN " + "a" * 70_000, 2, "a line longer than 65,535 bytes", id="line"),
    ],
)
def test_a_file_that_is_no_dockerfile_has_one_problem(text: str, line: int, message: str) -> None:
    ((found, told),) = problems(text)
    assert found == line
    assert message in told


def test_the_marks_of_a_template_are_fine_inside_a_command() -> None:
    assert shell(only("RUN docker inspect -f '{{.State}}' a")) == "docker inspect -f '{{.State}}' a"


def test_a_name_can_tell_a_template() -> None:
    text = 'FROM x\nRUN a {{ b\n"c" }}\n'
    assert "a template" in problems(text, "Dockerfile.template")[0][1]
    assert "unknown instruction" in problems(text)[0][1]


def test_bare_commands_are_no_problem() -> None:
    found = parse("FROM x\nRUN\nCMD\nENTRYPOINT\n")
    assert found.problems == ()
    assert [shell(one) for one in found.instructions[1:]] == ["", "", ""]


def test_bytes_that_are_not_utf_8_in_a_comment_are_no_problem() -> None:
    assert problems("# caf\udce9\nFROM x\nLABEL a=caf\udce9\n") == []
