"""Whether PHP has the extension without which it handles no signal, and what its programs then do."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options, Verdict
from stopcheck.files import MemoryFiles

HANDLES = "pcntl_async_signals(true); pcntl_signal(SIGTERM, 'stop');"
WAITS = "while (true) sleep(1);"
BUILDS = "RUN docker-php-ext-install -j4 gd \\\n  pcntl\n"


def verdict(text: str, lines: str = "", base: str = "php:8.3-cli", start: str = '["php", "/srv/main.php"]') -> Verdict:
    found, problems = analyze_container(
        MemoryFiles(
            {
                "Dockerfile": f"FROM {base}\n{lines}COPY src /srv\nWORKDIR /srv\nCMD {start}\n",
                "src/main.php": f"<?php {text}",
                "src/artisan": "<?php",
                "src/bin/console": "<?php",
            }
        ),
        "Dockerfile",
        Options(),
    )
    assert problems == ()
    return found[0][1]


def told(found: Verdict) -> str:
    return f"{found.outcome}{' (assumed)' if any('assumed' in step.text for step in found.story) else ''}"


@pytest.mark.parametrize(
    ("text", "lines", "base", "outcome"),
    [
        pytest.param(HANDLES + WAITS, BUILDS, "php:8.3-cli", "graceful", id="built"),
        pytest.param(HANDLES + WAITS, "", "php:8.3-cli", "fails", id="fails-without-it"),
        pytest.param("$pid = pcntl_fork(); " + WAITS, "", "php:8.3-cli", "fails", id="cannot-fork"),
        pytest.param(
            "function f() { sleep(1); }\nif (!pcntl_signal(15, 'f')) { f(); }" + WAITS, "", "php:8.3-cli", "fails",
            id="asks-what-became-of-it",
        ),
        pytest.param("function f() { pcntl_alarm(3); }" + WAITS, "", "php:8.3-cli", "unknown", id="may-not-come-to-it"),
        pytest.param("require 'acme.php';" + HANDLES, "", "php:8.3-cli", "unknown", id="may-end-before"),
        pytest.param(f"if ($argc > 1) {{ {HANDLES} }} {WAITS}", "", "php:8.3-cli", "unknown", id="in-a-branch"),
        pytest.param(
            f"if (extension_loaded('pcntl')) {{ {HANDLES} }} {WAITS}", "", "php:8.3-cli", "killed", id="looks-for-it"
        ),
        pytest.param(
            f"if (extension_loaded('pcntl')) {{ {HANDLES} }} while (!$stop) {{ sleep(1); }}", "", "php:8.3-cli",
            "killed", id="looks-for-it-and-waits-for-a-flag",
        ),
        pytest.param(
            f"if (extension_loaded('pcntl')) {{ {HANDLES} }} {WAITS}", BUILDS, "php:8.3-cli", "graceful", id="finds-it"
        ),
        pytest.param("use React\\Loop; " + WAITS, "", "php:8.3-cli", "killed", id="no-library-can"),
        pytest.param("use React\\Loop; " + WAITS, BUILDS, "php:8.3-cli", "unknown", id="a-library-may"),
        pytest.param("use React\\Loop;", "", "php:8.3-cli", "unknown", id="may-end-by-itself"),
        pytest.param("use A\\App; $app->run();", "", "php:8.3-cli", "unknown", id="may-be-a-command"),
        pytest.param("use React\\EventLoop\\Loop; Loop::run();", "", "php:8.3-cli", "killed", id="loop-of-a-library"),
        pytest.param("use React\\Loop; exec('x');", "", "php:8.3-cli", "unknown", id="starts-others"),
        pytest.param(HANDLES + WAITS, "RUN apt-get install -y php-cli\n", "debian:12", "graceful", id="debian"),
        pytest.param(
            "use React\\Loop; " + WAITS, "RUN dnf install -y php-cli\n", "fedora:41", "unknown", id="fedora"
        ),
    ],
)  # fmt: skip
def test_a_program_of_ones_own(text: str, lines: str, base: str, outcome: str) -> None:
    assert told(verdict(text, lines, base)) == outcome


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("RUN pecl install swoole && docker-php-ext-enable swoole\n", id="another-extension"),
        pytest.param("ARG EXTENSIONS\nRUN docker-php-ext-install $EXTENSIONS\n", id="by-a-variable"),
        pytest.param("RUN set -e; ./build.sh\n", id="script"),
        pytest.param("RUN --mount=type=bind,target=/build /build/extensions\n", id="program"),
        pytest.param("RUN curl -s https://acme.org/x | bash\n", id="download"),
        pytest.param("COPY --from=acme/php /usr/local/lib/php /usr/local/lib/php\n", id="copied"),
    ],
)
def test_what_may_bring_it(lines: str) -> None:
    assert told(verdict("use React\\Loop; " + WAITS, lines)) == "unknown"


def test_a_heredoc_builds_it() -> None:
    lines = "RUN <<END\nset -e\ndocker-php-ext-install zip pcntl\nEND\n"
    assert told(verdict("", lines, start='["php", "artisan", "queue:work"]')) == "graceful"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("RUN docker-php-ext-install gd zip && pecl install redis\n", id="other-extensions"),
        pytest.param("COPY --from=composer:2 /usr/bin/composer /usr/bin/composer\n", id="composer"),
        pytest.param("COPY start.sh /\nRUN chmod +x /start.sh\n", id="script-for-later"),
    ],
)
def test_what_does_not_bring_it(lines: str) -> None:
    assert told(verdict("use React\\Loop; " + WAITS, lines)) == "killed"


@pytest.mark.parametrize(
    ("command", "without", "built", "unsure"),
    [
        pytest.param("artisan queue:work --tries=3", "killed", "graceful", "graceful (assumed)", id="queue"),
        pytest.param("artisan serve --host=0.0.0.0", "killed", "unknown", "unknown", id="serve"),
        pytest.param("artisan schedule:work", "killed", "graceful (assumed)", "graceful (assumed)", id="schedule"),
        pytest.param("artisan horizon", "graceful (assumed)", "graceful (assumed)", "graceful (assumed)", id="horizon"),
        pytest.param("artisan migrate --force", "exits", "exits", "exits", id="migrate"),
        pytest.param("bin/console messenger:consume all", "killed", "graceful", "graceful (assumed)", id="messenger"),
    ],
)
def test_commands_of_frameworks(command: str, without: str, built: str, unsure: str) -> None:
    start = f'["php", {", ".join(f"{word!r}" for word in command.split())}]'.replace("'", '"')
    found = [told(verdict("", lines, start=start)) for lines in ("", BUILDS, "RUN ./build.sh\n")]
    assert found == [without, built, unsure]
