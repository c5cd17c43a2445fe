"""Writes a text in Python 2 so that the parser of Python 3 reads it (docs.python.org/3/whatsnew/3.0.html)."""

from __future__ import annotations

import re

from stopcheck.regex import regex

MODULES = frozenset(
    [
        *("BaseHTTPServer", "CGIHTTPServer", "ConfigParser", "Cookie", "HTMLParser", "Queue"),
        *("SimpleHTTPServer", "SimpleXMLRPCServer", "SocketServer", "StringIO", "UserDict", "UserList"),
        *("UserString", "__builtin__", "anydbm", "cPickle", "cStringIO", "cookielib", "copy_reg"),
        *("dummy_thread", "dummy_threading", "exceptions", "htmlentitydefs", "httplib", "md5", "mimetools"),
        *("repr", "rfc822", "robotparser", "sets", "sha", "thread", "urllib2", "urlparse", "whichdb"),
        *("xmlrpclib"),
    ]
)
"""Modules of its library that bear other names in Python 3, or are gone."""

_TOKEN = regex(
    r"(?P<string>(?<!\w)[bBuUrR]{0,2}(?:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'(?:\\.|[^\\'\n])*'?|\"(?:\\.|[^\\\"\n])*\"?))"
    r"|(?P<comment>\#[^\n]*)|(?P<space>[ \f\r]+|\\\n)|(?P<line>\n)|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)"
    r"|(?P<sign><>|.)",
    re.DOTALL,
)
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_STATEMENTS = frozenset({"print", "exec", "raise"})


def modern(text: str) -> str:
    """The same program, word for word but for what Python 3 has dropped; it may still be no Python at all."""
    out: list[str] = []
    depth = 0
    ticks = False
    first = True
    statement = ""
    for match in _TOKEN.finditer(text.expandtabs(8)):
        kind, token = match.lastgroup, match[0]
        if kind in {"space", "comment"} and (kind == "space" or statement not in _STATEMENTS):
            out.append(token)
            continue
        if depth <= 0 and (kind in {"line", "comment"} or token == ";") and statement in _STATEMENTS:
            out.append(")")
            statement = ""
        if kind == "line" or token == ";":
            first = first if depth > 0 else True
            statement = statement if depth > 0 else ""
            out.append(token)
            continue
        if kind == "comment":
            out.append(token)
            continue
        if first and kind == "word":
            rest = _rest(match)
            opens = token in _STATEMENTS and bool(re.match(r"[^\s(=.,;#>)]", rest))
            statement = token if opens or token == "except" else ""
            out.append(f"{token}(" if opens else token)
            first = token == "else"
            continue
        first = False
        depth += _DEPTH.get(token, 0)
        if depth <= 0 and token == ":":
            first, statement = True, ""
        elif depth <= 0 and token == "," and statement == "except":
            token = " as "
        elif token == "<>":
            token = "!="
        elif token == "`":
            token, ticks = (")", False) if ticks else ("repr(", True)
        elif kind == "number":
            token = re.sub(r"^0+(?=\d+[lL]?$)", "0o", token).rstrip("lL")
        elif kind == "string":
            token = re.sub(r"^[uU](?=[rR])", "", token)
        out.append(token)
    if statement in _STATEMENTS:
        out.append(")")
    return "".join(out)


def _rest(match: re.Match[str]) -> str:
    """The next characters of the line behind a word, without the blanks."""
    return match.string[match.end() : match.end() + 200].lstrip(" \t")
