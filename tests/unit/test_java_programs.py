"""Java programs, by their source. How each ends was measured with OpenJDK 17 as PID 1 of a namespace."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options, Verdict
from stopcheck.files import MemoryFiles

LOOP = "        while (true) {\n            Thread.sleep(1000);\n        }\n"
HOOK = "        Runtime.getRuntime().addShutdownHook(new Thread(() -> "


def verdict(body: str, imports: str = "", command: str = '["java", "Main"]', env: str = "") -> Verdict:
    """What is said of a program whose `main` has this block."""
    main = f"    public static void main(String[] args) throws Exception {{\n{body}    }}\n"
    text = f"{imports}public class Main {{\n{main}}}\n"
    dockerfile = f"FROM eclipse-temurin:17\n{env}\nWORKDIR /app\nCOPY Main.java .\nRUN javac Main.java\nCMD {command}\n"
    found, problems = analyze_container(
        MemoryFiles({"Dockerfile": dockerfile, "Main.java": text}), "Dockerfile", Options(grace_period=10.0)
    )
    assert problems == ()
    return found[0][1]


@pytest.mark.parametrize(
    ("body", "outcome", "code"),
    [
        pytest.param(LOOP, "terminated", 143, id="no-handler"),
        pytest.param(HOOK + 'System.out.println("end")));\n' + LOOP, "graceful", None, id="hook"),
        pytest.param(HOOK + "System.exit(0)));\n" + LOOP, "killed", 137, id="hook-that-waits-for-itself"),
        pytest.param(
            HOOK + "Runtime.getRuntime().halt(0)));\n" + LOOP, "graceful", None, id="hook-that-ends-at-once"
        ),
        pytest.param(
            HOOK + "{\n            try {\n                Thread.sleep(20_000);\n            }"
            " catch (InterruptedException e) {\n            }\n        }));\n" + LOOP,
            "killed", 137, id="hook-that-takes-too-long",
        ),
        pytest.param(
            HOOK + "{\n            if (busy) {\n                Thread.sleep(20_000);\n            }\n        }));\n"
            + LOOP, "graceful", None, id="hook-that-may-take-long",
        ),
        pytest.param(
            '        Signal.handle(new Signal("TERM"), s -> System.out.println("got " + s));\n' + LOOP, "killed", 137,
            id="only-prints",
        ),
        pytest.param(
            '        Signal.handle(new Signal("TERM"), s -> {\n            System.out.println("end");\n'
            "            System.exit(3);\n        });\n" + LOOP, "graceful", None, id="exits",
        ),
        pytest.param(
            "        HttpServer s = HttpServer.create(new InetSocketAddress(80), 0);\n        s.start();\n",
            "terminated", 143, id="serves",
        ),
    ],
)  # fmt: skip
def test_what_comes_of_a_signal(body: str, outcome: str, code: int | None) -> None:
    imports = "import com.sun.net.httpserver.HttpServer;\nimport java.net.InetSocketAddress;\nimport sun.misc.Signal;\n"
    found = verdict(body, imports)
    assert (found.outcome, found.exit_code) == (outcome, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(
            '        String url = System.getenv("DSN");\n        if (url == null || url.isEmpty()) {\n'
            '            System.err.println("DSN");\n            System.exit(2);\n        }\n' + LOOP, 2, id="exits",
        ),
        pytest.param(
            '        if (System.getenv("DSN") == null) {\n            throw new IllegalStateException("DSN");\n'
            "        }\n" + LOOP, 1, id="throws",
        ),
    ],
)  # fmt: skip
def test_variables_that_it_needs(body: str, code: int) -> None:
    found = verdict(body)
    assert (found.outcome, found.exit_code) == ("fails", code)
    assert verdict(body, env="ENV DSN=x").outcome == "terminated"


def test_a_default_is_no_need() -> None:
    found = verdict(
        '        String url = System.getenv("DSN");\n        if (url == null) {\n            url = "x";\n        }\n'
        + LOOP
    )
    assert found.outcome == "terminated"
