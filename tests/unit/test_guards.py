"""Scripts in Perl, Ruby and PHP that give up where a variable is not set."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

LOOPS = {"perl": "while (1) { sleep 5; }", "ruby": "loop { sleep 5 }", "php": "while (true) { sleep(5); }"}


def _ends(language: str, guard: str, lines: str = "") -> tuple[str, int | None]:
    begin = "<?php\n" if language == "php" else ""
    stopped = verdict(
        language,
        "main",
        files={"main": f"{begin}{guard}\n{LOOPS[language]}\n"},
        lines=f"RUN apt-get install -y ruby php-cli\n{lines}",
    )
    return stopped.outcome, stopped.exit_code


GIVES_UP = [
    ("perl", 'die "no URL\\n" unless $ENV{URL};', None),
    ("perl", "use strict;\nmy $url = $ENV{URL} or die 'no URL';", None),
    ("perl", "my $url = $ENV{'URL'} // die 'no URL';", None),
    ("perl", "exit 3 if !defined $ENV{URL};", 3),
    ("perl", 'my $url = $ENV{URL};\nunless ($url) {\n  print STDERR "no URL\\n";\n  exit 2;\n}', 2),
    ("perl", "sub f { return 1; }\nif (not exists $ENV{URL}) { warn 'x'; exit(4) }", 4),
    ("ruby", "url = ENV.fetch('URL')", 1),
    ("ruby", "require 'redis'\nREDIS = Redis.new(url: ENV.fetch('URL'))", 1),
    ("ruby", "abort 'no URL' unless ENV['URL']", 1),
    ("ruby", "raise 'no URL' if ENV['URL'].nil?", 1),
    ("ruby", "url = ENV['URL'] || abort('no URL')", 1),
    ("ruby", "def f\n  1\nend\nunless ENV.key?('URL')\n  warn 'no URL'\n  exit 5\nend", 5),
    ("ruby", "url = ENV['URL']\nif url.nil?\n  exit(false)\nend", 1),
    ("php", "$url = getenv('URL') ?: exit(2);", 2),
    ("php", "if (!getenv('URL')) { fwrite(STDERR, 'no'); exit(1); }", 1),
    ("php", '$url = getenv("URL");\nif ($url === false) {\n  throw new RuntimeException("no");\n}', 255),
    ("php", "$u = getenv('URL');\nif ($u === false || $u === '') {\n  exit(9);\n}", 9),
    ("php", "getenv('URL') or die('no URL');", 0),
]


@pytest.mark.parametrize(("language", "guard", "status"), GIVES_UP)
def test_gives_up_without_a_variable(language: str, guard: str, status: int | None) -> None:
    outcome, code = _ends(language, guard)
    assert outcome in {"exits", "fails"}
    assert code == status
    assert _ends(language, guard, "ENV URL=x")[0] not in {"exits", "fails"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("perl", "die 'no' unless $ENV{URL} || $ENV{URI};", id="one-of-two"),
        pytest.param("perl", "my $url = $ENV{URL} || 'x' or die 'no';", id="default"),
        pytest.param("perl", "$ENV{URL} ||= 'x';\ndie 'no' unless $ENV{URL};", id="set-before"),
        pytest.param("perl", "sub f {\ndie 'no' unless $ENV{URL};\n}", id="in-a-function"),
        pytest.param("perl", "if ($x) {\ndie 'no' unless $ENV{URL};\n}", id="in-a-block"),
        pytest.param("perl", "unless ($ENV{URL}) { if ($x) { exit 1 } }", id="not-always"),
        pytest.param("perl", "unless ($ENV{URL}) { exit 1 if $x; }", id="not-always-either"),
        pytest.param("perl", "my $url = $ENV{URL};\n$url = 'x';\ndie 'no' unless $url;", id="set-again"),
        pytest.param("ruby", "url = ENV.fetch('URL', 'x')", id="fetch-with-default"),
        pytest.param("ruby", "url = ENV.fetch('URL') { 'x' }", id="fetch-with-block"),
        pytest.param("ruby", "url = ENV.fetch('URL') if ARGV.any?", id="fetch-if"),
        pytest.param("ruby", "url = ENV.fetch('URL') rescue 'x'", id="fetch-rescued"),
        pytest.param("ruby", "begin\nurl = ENV.fetch('URL')\nrescue KeyError\nend", id="in-begin"),
        pytest.param("ruby", "require 'dotenv/load'\nurl = ENV.fetch('URL')", id="dotenv"),
        pytest.param("ruby", "t = Thread.new { ENV.fetch('URL') }", id="in-a-thread"),
        pytest.param("php", "if (!getenv('URL')) { echo 'no'; }", id="only-tells"),
        pytest.param("php", "function f() {\n$url = getenv('URL') ?: exit(2);\n}", id="in-a-php-function"),
        pytest.param("php", "$url = getenv('URL') ?: 'x';", id="php-default"),
    ],
)
def test_may_go_on_without_it(language: str, text: str) -> None:
    assert _ends(language, text)[0] not in {"exits", "fails"}


TRAP = "trap('TERM') { q << :stop }\n"


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        pytest.param(f"q = Queue.new\n{TRAP}q.pop\n", True, id="the-main-thread"),
        pytest.param(f"q = Queue.new\nt = Thread.new do\n  q.pop\nend\n{TRAP}t.join\n", True, id="all-threads"),
        pytest.param(f"q = Queue.new\n{TRAP}Thread.new {{ loop {{ sleep 1 }} }}\nq.pop\n", False, id="one-that-sleeps"),
        pytest.param(f"q = Queue.new\n{TRAP}q << 1\nq.pop\nsleep\n", False, id="filled"),
        pytest.param(f"require 'socket'\nq = Queue.new\n{TRAP}q.pop\n", False, id="with-a-library"),
        pytest.param("r, w = IO.pipe\ntrap('TERM') { w << 'x' }\nr.read(1)\n", False, id="a-pipe"),
    ],
)
def test_threads_that_wait_for_one_another(text: str, fails: bool) -> None:
    """Measured with Ruby 3.1: "No live threads left. Deadlock?"."""
    stopped = verdict("ruby", "main", files={"main": text}, lines="RUN apt-get install -y ruby")
    assert (stopped.outcome == "fails") is fails
    assert stopped.exit_code == (1 if fails else stopped.exit_code)
