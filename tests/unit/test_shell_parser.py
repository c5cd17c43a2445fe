"""Each construct of the shell grammar: what tree it gives, and where in the text its nodes stand."""

from __future__ import annotations

from typing import Any

import pytest

from stopcheck.source import SourceFile
from stopcheck.syntax.shell import parse_script, parse_text
from stopcheck.syntax.shell import tree as t

# --- a short notation for trees ------------------------------------------------------------------
# [cmd arg]  a simple command          «x»   quoted text               $x "$x  a parameter, the latter quoted
# {…} (…)    group, subshell           a & ; items                     ${x op argument|replacement}


def shape(source: str, dialect: str = "bash") -> str:
    return _sequence(parse_text(source, dialect=dialect).body)


def _sequence(sequence: t.Sequence) -> str:
    return "; ".join(_and_or(item.command) + (" &" if item.background else "") for item in sequence.items)


def _and_or(command: t.AndOr) -> str:
    return _pipeline(command.first) + "".join(f" {operator} {_pipeline(right)}" for operator, right in command.rest)


def _pipeline(pipeline: t.Pipeline) -> str:
    text = _command(pipeline.commands[0])
    for both, command in zip(pipeline.stderr_too, pipeline.commands[1:], strict=True):
        text += (" |& " if both else " | ") + _command(command)
    return ("time " if pipeline.timed else "") + ("! " if pipeline.negated else "") + text


def _command(command: t.Command) -> str:
    match command:
        case t.Unparsed(reason):
            return f"<?{reason}?>"
        case t.Function(name, body):
            return f"function {name} {_command(body)}"
        case t.Coprocess(name, body):
            return f"coproc {name} {_command(body)}"
        case t.SimpleCommand(assignments, words, redirections):
            parts = [*map(_assignment, assignments), *map(_word, words), *map(_redirection, redirections)]
            return f"[{' '.join(parts)}]"
    return " ".join([_compound(command), *map(_redirection, command.redirections)])


def _compound(command: t.Command) -> str:
    match command:
        case t.Group(body):
            return f"{{{_sequence(body)}}}"
        case t.Subshell(body):
            return f"({_sequence(body)})"
        case t.If(branches, otherwise):
            arms = [f"{_sequence(condition)} ? {_sequence(body)}" for condition, body in branches]
            return f"if({' : '.join(arms)}{'' if otherwise is None else f' : {_sequence(otherwise)}'})"
        case t.While(until, condition, body):
            return f"{'until' if until else 'while'}({_sequence(condition)} ? {_sequence(body)})"
        case t.For(variable, words, body, select=select):
            values = "@" if words is None else " ".join(map(_word, words))
            return f"{'select' if select else 'for'}({variable} in {values} ? {_sequence(body)})"
        case t.ArithmeticFor((first, second, third), body):
            return f"for(({first};{second};{third}) ? {_sequence(body)})"
        case t.Case(subject, items):
            return f"case({_word(subject)}{''.join(map(_case_item, items))})"
        case t.Arithmetic(text):
            return f"(({text}))"
        case t.Conditional(expression):
            return f"[[{_test(expression)}]]"
    raise AssertionError(command)


def _case_item(item: t.CaseItem) -> str:
    return f" / {'|'.join(map(_word, item.patterns))}: {_sequence(item.body)} {item.terminator}".rstrip()


def _test(expression: t.TestExpression | None) -> str:
    match expression:
        case t.TestUnary(operator, operand):
            return f"{operator} {_word(operand)}"
        case t.TestBinary(operator, left, right):
            return f"{_word(left)} {operator} {_word(right)}"
        case t.TestNot(inner):
            return f"!({_test(inner)})"
        case t.TestLogical(operator, first, second):
            return f"({_test(first)} {operator} {_test(second)})"
    raise AssertionError(expression)


def _assignment(assignment: t.Assignment) -> str:
    index = "" if assignment.index is None else f"[{assignment.index}]"
    return f"{assignment.name}{index}{'+' if assignment.append else ''}={_word(assignment.value)}"


def _redirection(redirection: t.Redirection) -> str:
    text = f"{redirection.descriptor or ''}{redirection.operator}{_word(redirection.target)}"
    return text if redirection.heredoc is None else f"{text}:{_word(redirection.heredoc.body)}:"


def _word(word: t.Word) -> str:
    return "".join(map(_part, word.parts))


def _part(part: t.WordPart) -> str:
    mark = '"' if getattr(part, "quoted", False) else ""
    match part:
        case t.Text(text, quoted=quoted):
            return f"«{text}»" if quoted else text
        case t.CommandSubstitution(body, backquoted=backquoted):
            return f"{mark}`{_sequence(body)}`" if backquoted else f"{mark}$({_sequence(body)})"
        case t.ArithmeticExpansion(text):
            return f"{mark}$(({text}))"
        case t.ProcessSubstitution(direction, body):
            return f"{direction}({_sequence(body)})"
        case t.ArrayLiteral(elements):
            return f"({' '.join(map(_word, elements))})"
        case t.Parameter(name, operator=operator, argument=argument, index=index, replacement=replacement):
            brackets = "" if index is None else f"[{index}]"
            if not operator and index is None:
                return f"{mark}${name}"
            if operator == "invalid":
                return f"{mark}${{{name} invalid}}"
            operands = [operator, "" if argument is None else _word(argument)]
            second = "" if replacement is None else f"|{_word(replacement)}"
            return f"{mark}${{{name}{brackets} {''.join(operands)}{second}}}"
    raise AssertionError(part)


# --- lists and pipelines -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("\n# nothing\n \t\n", "", id="blank"),
        pytest.param("a b c", "[a b c]", id="words"),
        pytest.param("a\nb;c;\n", "[a]; [b]; [c]", id="separators"),
        pytest.param("a & b", "[a] &; [b]", id="background"),
        pytest.param("a && b || c &", "[a] && [b] || [c] &", id="and-or in the background"),
        pytest.param("a &&\n # why\n\n b", "[a] && [b]", id="line ends after an operator"),
        pytest.param("a | b |\nc", "[a] | [b] | [c]", id="pipeline"),
        pytest.param("a |& b", "[a] |& [b]", id="pipeline of both streams"),
        pytest.param("! a | b", "! [a] | [b]", id="negation"),
        pytest.param("! ! a", "[a]", id="double negation"),
        pytest.param("!a", "[!a]", id="no negation without a blank"),
        pytest.param("time -p a | b", "time [a] | [b]", id="time"),
        pytest.param("time", "time []", id="time alone"),
        pytest.param("timeout 5 a", "[timeout 5 a]", id="time is a whole word"),
        pytest.param("a # b\nc#d", "[a]; [c#d]", id="comments begin a word"),
        pytest.param("a \\\n b", "[a b]", id="continuation between words"),
        pytest.param("ab\\\ncd", "[abcd]", id="continuation in a word"),
        pytest.param("a b\\\n c", "[a b c]", id="continuation at the end of a word"),
        pytest.param("if a\\\nb; then c; fi", "if([ab] ? [c])", id="continuation in a condition"),
        pytest.param("a\r\nb\r\n", "[a\r]; [b\r]", id="carriage returns stay"),
        pytest.param("echo if then fi { } in", "[echo if then fi { } in]", id="reserved words as arguments"),
        pytest.param("a\x00b", "[a\x00b]", id="NUL"),
    ],
)
def test_lists(source: str, expected: str) -> None:
    assert shape(source) == expected


# --- compound commands ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{ a; b & }", "{[a]; [b] &}", id="group"),
        pytest.param("{a;}", "[{a]; <?unexpected `}`?>", id="a brace glued to a word is none"),
        pytest.param("(a;b) >x 2>&1", "([a]; [b]) >x 2>&1", id="subshell with redirections"),
        pytest.param("((a);b)", "(([a]); [b])", id="two parentheses that are no arithmetic"),
        pytest.param("(( a > (b+1) ))", "(( a > (b+1) ))", id="arithmetic"),
        pytest.param("((x = $(a)))&", "((x = $(a))) &", id="arithmetic in the background"),
        pytest.param("if a; then b; fi", "if([a] ? [b])", id="if"),
        pytest.param("if a\nthen b\nelif c; d; then e; else f; fi", "if([a] ? [b] : [c]; [d] ? [e] : [f])", id="elif"),
        pytest.param("if (a) then (b) fi", "if(([a]) ? ([b]))", id="reserved word after a subshell"),
        pytest.param("if a; then if b; then c; fi fi", "if([a] ? if([b] ? [c]))", id="fi fi"),
        pytest.param("while read -r x; do a; done <f", "while([read -r x] ? [a]) <f", id="while"),
        pytest.param("until a; do b; done &", "until([a] ? [b]) &", id="until"),
        pytest.param("for x in a $b 'c d'; do e; done", "for(x in a $b «c d» ? [e])", id="for"),
        pytest.param("for x; do a; done", "for(x in @ ? [a])", id="for over the parameters"),
        pytest.param("for x\ndo a; done", "for(x in @ ? [a])", id="for on two lines"),
        pytest.param("for x in; do a; done", "for(x in  ? [a])", id="for over nothing"),
        pytest.param("for x\nin a # b\ndo c; done", "for(x in a ? [c])", id="for with a comment"),
        pytest.param("for x in a; { b; }", "for(x in a ? [b])", id="for with braces"),
        pytest.param("for ((i=0; i<3; i++)); do a; done", "for((i=0; i<3; i++) ? [a])", id="arithmetic for"),
        pytest.param("for ((;;)) { a; }", "for((;;) ? [a])", id="endless for"),
        pytest.param("select x in a b; do c; done", "select(x in a b ? [c])", id="select"),
        pytest.param(
            "case $1 in a|b) c;; (d) ;; *) e\n;; esac", "case($1 / a|b: [c] ;; / d:  ;; / *: [e] ;;)", id="case"
        ),
        pytest.param(
            "case a in b) c;& d) e;;& f) g\nesac", "case(a / b: [c] ;& / d: [e] ;;& / f: [g])", id="case ends"
        ),
        pytest.param("case a in esac", "case(a)", id="empty case"),
        pytest.param("case a\nin\n# b\nesac >x", "case(a) >x", id="case with redirection"),
        pytest.param("case a in (esac) b;; esac", "case(a / esac: [b] ;;)", id="esac as a pattern"),
        pytest.param("case $x in -*|'') a;; [!-]*) b; esac", "case($x / -*|«»: [a] ;; / [!-]*: [b])", id="case globs"),
        pytest.param("case a in b) if c; then d; fi;; esac", "case(a / b: if([c] ? [d]) ;;)", id="if in case"),
        pytest.param("f() { a; }", "function f {[a]}", id="function"),
        pytest.param("f ( )\n( a ) >x", "function f ([a]) >x", id="function with a subshell"),
        pytest.param("function f { a; }", "function f {[a]}", id="function keyword"),
        pytest.param("function f-g () { a; } 2>&1", "function f-g {[a]} 2>&1", id="both"),
        pytest.param("f() if a; then b; fi", "function f if([a] ? [b])", id="function of an if"),
        pytest.param("f() [[ a ]]", "function f [[-n a]]", id="function of a test"),
        pytest.param("coproc a b", "coproc None [a b]", id="coproc of a simple command"),
        pytest.param("coproc N { a; }", "coproc N {[a]}", id="named coproc"),
    ],
)
def test_compound_commands(source: str, expected: str) -> None:
    assert shape(source) == expected
    assert shape(f"x; {source}\ny") == f"[x]; {expected}; [y]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("[[ a ]]", "-n a", id="word"),
        pytest.param("[[ -f $x ]]", "-f $x", id="unary"),
        pytest.param("[[ -z '' ]]", "-z «»", id="empty"),
        pytest.param('[[ "$a" == b* ]]', '"$a == b*', id="pattern"),
        pytest.param("[[ a = b ]]", "a = b", id="single equals"),
        pytest.param("[[ $a -eq 1 ]]", "$a -eq 1", id="number"),
        pytest.param("[[ a < b ]]", "a < b", id="less"),
        pytest.param("[[ ! -e a && b || c ]]", "((!(-e a) && -n b) || -n c)", id="precedence"),
        pytest.param("[[ a && ( b || c ) ]]", "(-n a && (-n b || -n c))", id="parentheses"),
        pytest.param("[[ (a) ]]", "-n a", id="tight parentheses"),
        pytest.param("[[ a\n && # b\n c ]]", "(-n a && -n c)", id="line ends"),
        pytest.param(
            "[[ $a =~ ^(b|c d)+[[:space:]]$ ]]", "$a =~ ^(b|c d)+[[:space:]]$", id="regular expression with a blank"
        ),
        pytest.param('[[ a =~ "b c"|$d ]]', "a =~ «b c»|$d", id="quoted regular expression"),
        pytest.param("[[ a == @(b|c d) ]]", "a == @(b|c d)", id="extended glob"),
        pytest.param("[[ -n $(a) ]]", "-n $([a])", id="substitution"),
        pytest.param("[[ -v a[1] ]]", "-v a[1]", id="subscript"),
    ],
)
def test_conditionals(source: str, expected: str) -> None:
    assert shape(source) == f"[[{expected}]]"
    assert shape(f"if {source}; then x; fi >y") == f"if([[{expected}]] ? [x]) >y"


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("'a b'c", "«a b»c", id="single quotes"),
        pytest.param('"a $b c"', '«a »"$b« c»', id="double quotes"),
        pytest.param('""', "«»", id="empty double quotes"),
        pytest.param(r'"a\"\$\\\`\n"', r'«a"$\`\n»', id="escapes in double quotes"),
        pytest.param('"a\\\nb"', "«ab»", id="continuation in double quotes"),
        pytest.param(r"\a\ b\\", "«a »b«\\»", id="backslashes"),
        pytest.param(r"$'a\tb\x41\101\u00e9\'\cA'", "«a\tbAAé'\x01»", id="ANSI quotes"),
        pytest.param('$"a $b"', '«a »"$b', id="localised"),
        pytest.param("a$", "a$", id="dollar alone"),
        pytest.param('"$ $"', "«$ $»", id="dollars alone in quotes"),
        pytest.param("$a$b-$c", "$a$b-$c", id="parameters"),
        pytest.param("$1$@$*$#$?$$$!$-$0", "$1$@$*$#$?$$$!$-$0", id="special parameters"),
        pytest.param("$12", "$12", id="one digit only"),
        pytest.param("${12}", "$12", id="braces for more"),
        pytest.param("{a,b}~*?[c]", "{a,b}~*?[c]", id="braces, tildes and globs stay"),
        pytest.param("@(a|b c)d", "@(a|b c)d", id="extended glob"),
        pytest.param("!(*.txt|$a)", "!(*.txt|$a)", id="negated extended glob"),
        pytest.param("+(a|@(b|c))", "+(a|@(b|c))", id="nested extended glob"),
        pytest.param("$(a; b)", "$([a]; [b])", id="command substitution"),
        pytest.param("$()", "$()", id="empty substitution"),
        pytest.param("$(<a)", "$([<a])", id="file substitution"),
        pytest.param('"$(a "b $(c)")"', '"$([a «b »"$([c])])', id="nested quotes"),
        pytest.param("$(case a in b) c;; esac)", "$(case(a / b: [c] ;;))", id="case in a substitution"),
        pytest.param("$((1 + $(a) * (2)))", "$((1 + $(a) * (2)))", id="arithmetic"),
        pytest.param("$((a); b)", "$(([a]); [b])", id="subshell in a substitution"),
        pytest.param("$[1+2]", "$((1+2))", id="old arithmetic"),
        pytest.param("`a b`", "`[a b]`", id="backquotes"),
        pytest.param(r"`a \`b\``", "`[a `[b]`]`", id="nested backquotes"),
        pytest.param(r'"`a \"b\" \$c`"', '"`[a «b» $c]`', id="escapes in quoted backquotes"),
        pytest.param(r"`a \\$b`", "`[a «$»b]`", id="escaped backslash in backquotes"),
        pytest.param("<(a | b)", "<([a] | [b])", id="process substitution"),
        pytest.param("a=>(b)", "a=>([b])", id="process substitution in a word"),
        pytest.param("a=(b 'c d')", "a=(b «c d»)", id="array as an argument"),
    ],
)
def test_words(source: str, expected: str) -> None:
    assert shape(f"x {source} y") == f"[x {expected} y]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("${a}", "$a", id="plain"),
        pytest.param("${a:-b c}", "${a :-b c}", id="default"),
        pytest.param("${a-}", "${a -}", id="default without colon"),
        pytest.param("${a:=b}", "${a :=b}", id="assign"),
        pytest.param("${a:?b $c}", "${a :?b $c}", id="error"),
        pytest.param('${a:+-x "$a"}', '${a :+-x "$a}', id="alternative"),
        pytest.param("${a:-${b:-c}}", "${a :-${b :-c}}", id="nested"),
        pytest.param("${a:-$(b)}", "${a :-$([b])}", id="substitution in a default"),
        pytest.param("${a:-'}'}", "${a :-«}»}", id="quoted brace"),
        pytest.param("${a#*/}", "${a #*/}", id="prefix"),
        pytest.param("${a##*/}", "${a ##*/}", id="longest prefix"),
        pytest.param("${a%.*}", "${a %.*}", id="suffix"),
        pytest.param("${a%%=*}", "${a %%=*}", id="longest suffix"),
        pytest.param("${a/b/c}", "${a /b|c}", id="replace"),
        pytest.param("${a//b}", "${a //b}", id="remove all"),
        pytest.param("${a//\\//_}", "${a //«/»|_}", id="replace a slash"),
        pytest.param("${a/#b/c}", "${a /#b|c}", id="replace at the start"),
        pytest.param("${a/%b/c}", "${a /%b|c}", id="replace at the end"),
        pytest.param("${a:1}", "${a :1}", id="substring"),
        pytest.param("${a: -3:2}", "${a : -3|2}", id="substring with length"),
        pytest.param("${a:(b?1:2):3}", "${a :(b?1:2)|3}", id="substring of a condition"),
        pytest.param("${@:2}", "${@ :2}", id="parameters from the second"),
        pytest.param("${a^}${a^^}${a,}${a,,}", "${a ^}${a ^^}${a ,}${a ,,}", id="case"),
        pytest.param("${a@Q}", "${a @Q}", id="transformation"),
        pytest.param("${#a}${#}${#@}", "${a length}$#${@ length}", id="length"),
        pytest.param("${#a[@]}", "${a[@] length}", id="count"),
        pytest.param("${#:-a}", "${# :-a}", id="number of parameters with an operator"),
        pytest.param("${a[1]}${a[@]}", "${a[1] }${a[@] }", id="element"),
        pytest.param("${a[$b]:-c}", "${a[$b] :-c}", id="element or default"),
        pytest.param("${a[${b[0]}]}", "${a[${b[0]}] }", id="nested subscript"),
        pytest.param("${!a}", "${a indirect}", id="indirect"),
        pytest.param("${!a:-b}", "${a indirect:-b}", id="indirect with default"),
        pytest.param("${!a*}${!a@}", "${a[*] prefix}${a[@] prefix}", id="names by prefix"),
        pytest.param("${!a[@]}", "${a[@] keys}", id="keys"),
        pytest.param("${!}${!:-a}", "$!${! :-a}", id="last job"),
        pytest.param("${a.b}", "${a.b invalid}", id="bad name"),
        pytest.param("${{a}}", "${{a invalid}}", id="template"),
        pytest.param("${}", "${ invalid}", id="nothing"),
        pytest.param("${#a[1]b}", "${#a[1]b invalid}", id="text behind a length"),
        pytest.param("${a[1]b$(c)}", "${a[1]b$(c) invalid}", id="text behind a subscript"),
    ],
)
def test_parameters(source: str, expected: str) -> None:
    assert shape(f"x {source}") == f"[x {expected}]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param('"${a:-b c}"', '"${a :-«b c»}', id="default"),
        pytest.param("\"${a:-'b'}\"", "\"${a :-«'b'»}", id="single quotes are text in a default"),
        pytest.param("\"${a#'b'}\"", '"${a #«b»}', id="single quotes quote in a pattern"),
        pytest.param("\"${a:-'}$b'}\"", "\"${a :-«'}»\"$b«'»}", id="single quotes hide a brace from bash"),
        pytest.param("\"${a:+'${b['c']}'}\"", "\"${a :+«'»\"${b['c'] }«'»}", id="single quotes around a subscript"),
        pytest.param("\"${a:-$'b\\tc'}\"", '"${a :-«b\tc»}', id="ANSI quotes"),
        pytest.param('"${a:-"b $c"}"', '"${a :-«b »"$c}', id="double quotes within"),
        pytest.param('"${a:-\\}\\b}"', '"${a :-«}\\b»}', id="escapes"),
    ],
)
def test_parameters_in_double_quotes(source: str, expected: str) -> None:
    assert shape(f"x {source}") == f"[x {expected}]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("a=b c=$d e", "[a=b c=$d e]", id="before a command"),
        pytest.param("a= b", "[a= b]", id="empty value"),
        pytest.param("a=", "[a=]", id="alone"),
        pytest.param("a+=b", "[a+=b]", id="append"),
        pytest.param("a[1]=b", "[a[1]=b]", id="element"),
        pytest.param('a["$k"]+=b', '[a["$k"]+=b]', id="append to an element"),
        pytest.param("a=(b\n# c\nd)", "[a=(b d)]", id="array"),
        pytest.param("a=() b", "[a=() b]", id="empty array"),
        pytest.param("a+=([k]=v)", "[a+=([k]=v)]", id="keys"),
        pytest.param("a=$(b)c", "[a=$([b])c]", id="substitution"),
        pytest.param("a b=c", "[a b=c]", id="not after the command"),
        pytest.param(">x a=b c", "[a=b c >x]", id="after a redirection"),
        pytest.param("1a=b", "[1a=b]", id="no name"),
    ],
)
def test_assignments(source: str, expected: str) -> None:
    assert shape(source) == expected


def test_assignments_are_told_from_words() -> None:
    command = parse_text("a=1 b+=2 c[3]=4 d e=5 1f=6").body.items[0].command.first.commands[0]
    assert isinstance(command, t.SimpleCommand)
    assert [(x.name, x.append, x.index, x.value.literal) for x in command.assignments] == [
        ("a", False, None, "1"),
        ("b", True, None, "2"),
        ("c", False, "3", "4"),
    ]
    assert [word.literal for word in command.words] == ["d", "e=5", "1f=6"]


# --- redirections --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("a >b 2>&1", "[a >b 2>&1]", id="out and error"),
        pytest.param("a>b<c>>d", "[a >b <c >>d]", id="tight"),
        pytest.param("a >&2", "[a >&2]", id="to error"),
        pytest.param("a >&-", "[a >&-]", id="close"),
        pytest.param("a 3<>b 4<&3-", "[a 3<>b 4<&3-]", id="numbers"),
        pytest.param("a >|b", "[a >|b]", id="clobber"),
        pytest.param("a &>b", "[a &>b]", id="both"),
        pytest.param("a &>>b c", "[a c &>>b]", id="both, appended"),
        pytest.param("a 2&>b", "[a 2 &>b]", id="a number before both is an argument"),
        pytest.param("exec {fd}>b", "[exec {fd}>b]", id="variable"),
        pytest.param("a <<<'b c'", "[a <<<«b c»]", id="here-string"),
        pytest.param("a < <(b)", "[a <<([b])]", id="process substitution"),
        pytest.param("a 2 >b", "[a 2 >b]", id="a number apart is an argument"),
        pytest.param("a b2>c", "[a b2 >c]", id="a word that ends in a number"),
        pytest.param("a > $b$c", "[a >$b$c]", id="expanded"),
        pytest.param(">a", "[>a]", id="alone"),
    ],
)
def test_redirections(source: str, expected: str) -> None:
    assert shape(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("a <<E\nb $c\nE\nd", '[a <<E:«b »"$c«\n»:]; [d]', id="expanded"),
        pytest.param("a <<'E'\nb $c\\\nE\nd", "[a <<«E»:«b $c\\\n»:]; [d]", id="quoted"),
        pytest.param("a <<\\E\n$b\nE", "[a <<«E»:«$b\n»:]", id="escaped delimiter"),
        pytest.param("a <<-E\n\t\tb\n\tc\td\n\tE\ne", "[a <<-E:«b\nc\td\n»:]; [e]", id="tabs"),
        pytest.param("a <<E | b && c\nd\nE\ne", "[a <<E:«d\n»:] | [b] && [c]; [e]", id="rest of the line"),
        pytest.param("a <<E <<F\nb\nE\nc\nF\n", "[a <<E:«b\n»: <<F:«c\n»:]", id="two"),
        pytest.param("a <<E; b <<F\nc\nE\nd\nF\n", "[a <<E:«c\n»:]; [b <<F:«d\n»:]", id="two commands"),
        pytest.param("x=$(a <<E\nb\nE\n) c", "[x=$([a <<E:«b\n»:]) c]", id="in a substitution"),
        pytest.param("x=$(a <<E\nb\nE)", "[x=$([a <<E:«b\n»:])]", id="closed on the delimiter's line"),
        pytest.param(
            "a <<E $(b <<F\nc\nF\n)\nd\nE\n", "[a $([b <<F:«c\n»:]) <<E:«d\n»:]", id="a substitution has its own"
        ),
        pytest.param("a <<E\n$(b <<F\nc\nF\n)\nE\n", '[a <<E:"$([b <<F:«c\n»:])«\n»:]', id="nested in a body"),
        pytest.param("a <<E\n\"b\" 'c' \\$d \\e\nE\n", "[a <<E:«\"b\" 'c' $d \\e\n»:]", id="quotes are text"),
        pytest.param("a <<E\nb\\\nE\nE\nc", "[a <<E:«bE\n»:]; [c]", id="continued line before the delimiter"),
        pytest.param("a <<E\nb\n\\\nE\nc", "[a <<E:«b\n»:]; [c]", id="delimiter after an empty continued line"),
        pytest.param("a <<E\nb", "[a <<E:«b»:]", id="without its end"),
        pytest.param("a <<E", "[a <<E::]", id="without a body"),
        pytest.param("a <<E\r\nb\r\nE\r\nc", "[a <<E\r:«b\r\n»:]; [c]", id="carriage returns"),
        pytest.param("if a <<E; then\nb\nE\nc; fi", "if([a <<E:«b\n»:] ? [c])", id="in a condition"),
        pytest.param("a <<E # b\nc\nE\n", "[a <<E:«c\n»:]", id="comment behind"),
        pytest.param("a <<''\nb\n\nc", "[a <<«»:«b\n»:]; [c]", id="empty delimiter"),
        pytest.param("a <<E\n$(b <<F\nE\nc", '[a <<E:"${$(b <<F\n invalid}:]; [c]', id="begun in such an expansion"),
        pytest.param("a <<E\n$(b <<F)\nE\nc", '[a <<E:"$([b <<F::])«\n»:]; [c]', id="begun in a body"),
        pytest.param("a <<E\n$(b\nE\nc", '[a <<E:"${$(b\n invalid}:]; [c]', id="expansion without its end"),
    ],
)
def test_heredocs(source: str, expected: str) -> None:
    assert shape(source) == expected


# --- dialects ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "bash", "busybox", "posix"),
    [
        pytest.param("[[ a ]]", "[[-n a]]", "[[-n a]]", "[[[ a ]]]", id="[["),
        pytest.param("a &>b", "[a &>b]", "[a &>b]", "[a] &; [>b]", id="&>"),
        pytest.param("function f", None, None, "[function f]", id="function"),
        pytest.param("a $'b'", "[a «b»]", "[a «b»]", "[a $«b»]", id="ANSI quotes"),
        pytest.param('a $"b"', "[a «b»]", "[a $«b»]", "[a $«b»]", id="localised"),
        pytest.param("a+=b", "[a+=b]", "[a+=b]", "[a+=b]", id="append"),
        pytest.param("((a))", "((a))", "(([a]))", "(([a]))", id="(("),
        pytest.param("a {b}>c", "[a {b}>c]", "[a {b} >c]", "[a {b} >c]", id="{fd}"),
        pytest.param("time a", "time [a]", "[time a]", "[time a]", id="time"),
        pytest.param("a <(b)", "[a <([b])]", "[a <([b])]", None, id="process substitution"),
        pytest.param("a=(b)", "[a=(b)]", None, None, id="array"),
        pytest.param('"${a:-b\'c}"', None, "[\"${a :-«b'c»}]", "[\"${a :-«b'c»}]", id="a single quote in a default"),
        pytest.param("a <<<b", "[a <<<b]", None, None, id="here-string"),
        pytest.param("case a in b) c;& esac", "case(a / b: [c] ;&)", None, None, id=";&"),
        pytest.param("f-g() { a; }", "function f-g {[a]}", None, None, id="function name"),
        pytest.param("a |& b", "[a] |& [b]", None, None, id="|&"),
        pytest.param("a &>>b", "[a &>>b]", None, "[a] &; [>>b]", id="&>>"),
        pytest.param("[[ a && b ]]", "[[(-n a && -n b)]]", "[[(-n a && -n b)]]", "[[[ a] && [b ]]]", id="[[ with &&"),
        pytest.param("[[ a =~ (b|c) ]]", "[[a =~ (b|c)]]", None, None, id="regular expression"),
        pytest.param("for a.b in c; do d; done", "for(a.b in c ? [d])", None, None, id="loop variable"),
        pytest.param("for ((;;)); do a; done", "for((;;) ? [a])", None, None, id="arithmetic for"),
    ],
)
def test_dialects(source: str, bash: str | None, busybox: str | None, posix: str | None) -> None:
    for dialect, expected in (("bash", bash), ("busybox", busybox), ("posix", posix)):
        script = parse_text(source, dialect=dialect)
        if expected is None:
            assert script.problems, dialect
        else:
            assert (shape(source, dialect), script.problems) == (expected, ()), dialect


# --- what cannot be read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected", "unparsed"),
    [
        pytest.param("a\n)\nb", "[a]; <?unexpected `)`?>; [b]", [")"], id="stray parenthesis"),
        pytest.param("a\nfi\nb", "[a]; <?unexpected `fi`?>; [b]", ["fi"], id="stray fi"),
        pytest.param("a\nb (c) d\ne", "[a]; <?unexpected `(`?>; [e]", ["b (c) d"], id="unexpected parenthesis"),
        pytest.param('a\nb "c\nd', '[a]; <?`"` without its end?>; [d]', ['b "c'], id="unclosed quote"),
        pytest.param("a\nb 'c\nd", "[a]; <?`'` without its end?>; [d]", ["b 'c"], id="unclosed single quote"),
        pytest.param("a\nb $(c\nd", "[a]; <?`(` without `)`?>; [d]", ["b $(c"], id="unclosed substitution"),
        pytest.param("a\nb ${c\nd", "[a]; <?`${` without `}`?>; [d]", ["b ${c"], id="unclosed parameter"),
        pytest.param("if a; then b\nc", "<?`if` without `fi`?>; [c]", ["if a; then b"], id="unclosed then"),
        pytest.param(
            "if a; then\nfor b in c; do\nd\nfi\ne",
            "if([a] ? <?`do` without `done`?>); [e]",
            ["for b in c; do\nd"],
            id="a loop without its end within an if",
        ),
        pytest.param("{ a )\nb; }\nc", "{[a]; <?unexpected `)`?>; [b]}; [c]", [")"], id="stray parenthesis in a group"),
        pytest.param("if a; then (b; fi\nc", "if([a] ? <?`(` without `)`?>); [c]", ["(b;"], id="subshell without end"),
        pytest.param("a; ; b\nc", "[a]; <?unexpected `;`?>; [c]", ["; b"], id="two semicolons"),
        pytest.param("a &&\n", "<?a command is missing?>", ["a &&"], id="nothing after an operator"),
        pytest.param("while a; do # b\ndone\nc", "<?no command after `do`?>; [c]", None, id="empty loop"),
        pytest.param("a <\nb", "<?no target after `<`?>; [b]", ["a <"], id="no target"),
        pytest.param("for 1 2; do a; done", None, None, id="bad loop"),
        pytest.param("a=(b;c)\nd", "<?`;` in an array?>; [d]", ["a=(b;c)"], id="bad array"),
        pytest.param("x <<E (\nb)\nE\nc", "<?unexpected `(`?>; [c]", ["x <<E ("], id="a heredoc's body is skipped"),
        pytest.param("`a (`\nb", "[`<?unexpected `(`?>`]; [b]", ["a ("], id="inside backquotes"),
    ],
)
def test_unparsed(source: str, expected: str | None, unparsed: list[str] | None) -> None:
    script = parse_text(source)
    assert script.problems
    if expected is not None:
        assert shape(source) == expected
    if unparsed is not None:
        assert [problem.span.text for problem in script.problems] == unparsed


@pytest.mark.parametrize("opening", ["(", "$(", '"$(', "{ ", "${x:-", "if ", "[[ -n $(", "a=(", "$[", "f() ", "x $((`"])
def test_deep_nesting_is_no_recursion_error(opening: str) -> None:
    script = parse_text(opening * 10_000 + "\nx")
    assert script.problems


@pytest.mark.parametrize(("opening", "closing"), [("$(", ")"), ("( ", " )"), ("{ ", ";}"), ("$(`", "`)")])
def test_what_is_too_deep_is_not_wrong(opening: str, closing: str) -> None:
    script = parse_text("a\n" + opening * 90 + "x" + closing * 90 + "\nb")
    assert isinstance(script.body.items[0].command.first.commands[0], t.SimpleCommand)
    unread = script.body.items[1].command.first.commands[0]
    assert isinstance(unread, t.Unparsed)
    assert unread.too_deep


# --- spans ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        pytest.param("a && b  & c", t.Item, ["a && b  &", "c"], id="item"),
        pytest.param("a || b ; c", t.AndOr, ["a || b", "c"], id="and-or"),
        pytest.param("! a | b ;", t.Pipeline, ["! a | b"], id="pipeline"),
        pytest.param(" a 'b c' $d#e ", t.Word, ["a", "'b c'", "$d#e"], id="word"),
        pytest.param('a"b $c"', t.Text, ["a", "b "], id="text without its quotes"),
        pytest.param('"$a${b:-c}"', t.Parameter, ["$a", "${b:-c}"], id="parameter"),
        pytest.param("x $(a; b) `c`", t.CommandSubstitution, ["$(a; b)", "`c`"], id="substitution"),
        pytest.param("x $((1)) $[2]", t.ArithmeticExpansion, ["$((1))", "$[2]"], id="arithmetic"),
        pytest.param("a=b c+=(d) e", t.Assignment, ["a=b", "c+=(d)"], id="assignment"),
        pytest.param("a=(b c)", t.ArrayLiteral, ["(b c)"], id="array"),
        pytest.param("a 2> b <<E\nE\n", t.Redirection, ["2> b", "<<E"], id="redirection"),
        pytest.param("{ a; } >b # c", t.Group, ["{ a; } >b"], id="group"),
        pytest.param("(a )\n", t.Subshell, ["(a )"], id="subshell"),
        pytest.param("if a; then b; fi; c", t.If, ["if a; then b; fi"], id="if"),
        pytest.param("case a in b) c;; (d) e; esac", t.CaseItem, ["b) c;;", "(d) e; "], id="case item"),
        pytest.param("f () { a; } >b", t.Function, ["f () { a; } >b"], id="function"),
        pytest.param("[[ a && ! -f b ]]", t.TestNot, ["! -f b"], id="test"),
        pytest.param("a b\\\n c\\\nd", t.Word, ["a", "b", "c\\\nd"], id="continuations"),
    ],
)
def test_spans(source: str, kind: type[Any], expected: list[str]) -> None:
    found = [node.span.text for node in t.walk(parse_text(source)) if isinstance(node, kind)]
    assert found == expected


def test_spans_in_backquotes_lead_to_the_file() -> None:
    source = 'x=`a \\`b \\\\\\`c "d"\\\\\\` e\\``'
    words = [n.span.outermost().text for n in t.walk(parse_text(source).body) if isinstance(n, t.Word)]
    assert "b" in words
    assert "c" in words
    assert '"d"' in words
    assert "e" in words
    positions = {
        node.literal: node.span.position()
        for node in t.walk(parse_text("x\ny=`a \\`b\n  c\\``").body)
        if isinstance(node, t.Word)
    }
    assert positions["a"] == (2, 4, 2, 5)
    assert positions["b"] == (2, 8, 2, 9)
    assert positions["c"] == (3, 3, 3, 4)


def test_a_part_of_a_file_keeps_its_place() -> None:
    whole = SourceFile("Dockerfile", "FROM a\nCMD exec b c\n")
    part = SourceFile("Dockerfile", "exec b c", whole, ((0, 11),))
    word = [node for node in t.walk(parse_script(part).body) if isinstance(node, t.Word)][1]
    assert word.span.position() == (2, 10, 2, 11)


# --- scripts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "shebang", "newline"),
    [
        pytest.param("#!/bin/sh -e\na\n", "/bin/sh -e", True, id="plain"),
        pytest.param("#! /bin/sh \r\na", "/bin/sh \r", False, id="carriage return"),
        pytest.param("a\n", None, True, id="none"),
        pytest.param(" #!/bin/sh", None, False, id="not at the start"),
        pytest.param("", None, False, id="empty"),
    ],
)
def test_script(source: str, shebang: str | None, newline: bool) -> None:
    script = parse_text(source)
    assert (script.shebang, script.ends_with_newline) == (shebang, newline)


def test_unknown_dialect() -> None:
    with pytest.raises(KeyError):
        parse_text("a", dialect="fish")
