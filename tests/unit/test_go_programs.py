"""Go programs, by their source. How each ends was measured with Go 1.19 as PID 1 of a namespace, with 10 s to end."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stopcheck.analysis import analyze_container
from stopcheck.boot.handlers.go import read
from stopcheck.case import Options, Verdict
from stopcheck.files import MemoryFiles

ASKS = "\tc := make(chan os.Signal, 1)\n\tsignal.Notify(c, syscall.SIGTERM)\n"
SIGNALS = "os os/signal syscall"
WORKS = "\tfor {\n\t\ttime.Sleep(time.Second)\n\t}\n"


def verdict(body: str, imports: str, before: str = "", env: str = "") -> Verdict:
    """What is said of a program whose `main` has this block."""
    packages = "".join(f'\t"{name}"\n' for name in imports.split())
    text = f"package main\n\nimport (\n{packages})\n\n{before}func main() {{\n{body}}}\n"
    dockerfile = (
        "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /out/app .\n"
        f'FROM debian:bookworm-slim\n{env}\nCOPY --from=build /out/app /app\nENTRYPOINT ["/app"]\n'
    )
    files = {"Dockerfile": dockerfile, "main.go": text, "go.mod": "module example.com/app\n\ngo 1.19\n"}
    found, problems = analyze_container(MemoryFiles(files), "Dockerfile", Options(grace_period=10.0))
    assert problems == ()
    return found[0][1]


@pytest.mark.parametrize(
    ("body", "imports", "outcome", "code"),
    [
        pytest.param(ASKS + "\t<-c\n", SIGNALS, "graceful", None, id="waits"),
        pytest.param(ASKS + WORKS, SIGNALS + " time", "killed", 137, id="never-receives"),
        pytest.param(
            ASKS + '\tgo func() {\n\t\tfor s := range c {\n\t\t\tfmt.Println("got", s)\n\t\t}\n\t}()\n' + WORKS,
            SIGNALS + " fmt time", "killed", 137, id="only-prints",
        ),
        pytest.param(
            ASKS + '\tgo func() { log.Println("got", <-c) }()\n' + WORKS, SIGNALS + " log time", "killed", 137,
            id="prints-in-a-line",
        ),
        pytest.param(
            ASKS + '\tgo func() {\n\t\t<-c\n\t\tfmt.Println("end")\n\t\tos.Exit(0)\n\t}()\n' + WORKS,
            SIGNALS + " fmt time", "graceful", None, id="exits-beside-the-work",
        ),
        pytest.param(
            ASKS + "\tdone := make(chan bool)\n\tgo func() {\n\t\ts := <-c\n\t\tfmt.Println(s)\n\t\tdone <- true\n"
            "\t}()\n\t<-done\n", SIGNALS + " fmt", "graceful", None, id="tells-main",
        ),
        pytest.param(
            ASKS + '\tfor {\n\t\tselect {\n\t\tcase <-time.After(time.Second):\n\t\t\tfmt.Println("work")\n'
            '\t\tcase s := <-c:\n\t\t\tfmt.Println("got", s)\n\t\t}\n\t}\n',
            SIGNALS + " fmt time", "killed", 137, id="selects-and-goes-on",
        ),
        pytest.param(
            ASKS + '\tfor {\n\t\tselect {\n\t\tcase <-time.After(time.Second):\n\t\t\tfmt.Println("work")\n'
            "\t\tcase <-c:\n\t\t\tbreak\n\t\t}\n\t}\n",
            SIGNALS + " fmt time", "killed", 137, id="leaves-the-select-alone",
        ),
        pytest.param(
            ASKS + '\tfor {\n\t\tselect {\n\t\tcase <-time.After(time.Second):\n\t\t\tfmt.Println("work")\n'
            '\t\tcase <-c:\n\t\t\tfmt.Println("end")\n\t\t\treturn\n\t\t}\n\t}\n',
            SIGNALS + " fmt time", "graceful", None, id="selects-and-returns",
        ),
        pytest.param(
            ASKS + "\trunning := true\n\tfor running {\n\t\tselect {\n\t\tcase <-c:\n\t\t\trunning = false\n"
            "\t\tcase <-time.After(time.Second):\n\t\t}\n\t}\n",
            SIGNALS + " time", "graceful", None, id="sets-a-flag",
        ),
        pytest.param(ASKS + "\tsignal.Stop(c)\n" + WORKS, SIGNALS + " time", "terminated", 2, id="stops"),
        pytest.param(
            ASKS + "\tsignal.Reset(syscall.SIGTERM)\n" + WORKS, SIGNALS + " time", "terminated", 2, id="resets"
        ),
        pytest.param(
            "\tsignal.Ignore(syscall.SIGTERM)\n" + WORKS, "os/signal syscall time", "killed", 137, id="ignores"
        ),
        pytest.param(
            ASKS + "\t<-c\n\ttime.Sleep(2 * time.Second)\n", SIGNALS + " time", "graceful", None, id="takes-a-while"
        ),
        pytest.param(
            ASKS + "\t<-c\n\ttime.Sleep(15 * time.Second)\n", SIGNALS + " time", "killed", 137, id="takes-too-long"
        ),
        pytest.param(
            "\tctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)\n\tdefer stop()\n"
            "\t<-ctx.Done()\n\ttime.Sleep(20 * time.Second)\n",
            "context os/signal syscall time", "killed", 137, id="takes-too-long-after-a-context",
        ),
        pytest.param('\tfmt.Println("up")\n\tselect {}\n', "fmt", "fails", 2, id="deadlock"),
        pytest.param("\tgo http.ListenAndServe(\":80\", nil)\n\tselect {}\n", "net/http", "terminated", 2, id="serves"),
        pytest.param(
            "\tt := time.NewTicker(time.Second)\n\tfor range t.C {\n\t\tprintln(1)\n\t}\n", "time", "terminated", 2,
            id="ticks",
        ),
        pytest.param(
            '\tcmd := exec.Command("sleep", "9")\n\tcmd.Run()\n', "os/exec", "unknown", None, id="a-child-alone"
        ),
    ],
)  # fmt: skip
def test_what_comes_of_a_signal(body: str, imports: str, outcome: str, code: int | None) -> None:
    found = verdict(body, imports)
    assert (found.outcome, found.exit_code) == (outcome, code)


def test_a_deadlock_on_one_line() -> None:
    (guard,) = read("package main\n\nfunc main() { select {} }\n").guards
    assert (guard.line, guard.status) == (3, 2)


MUST = (
    "func must(name string) string {\n\tv := os.Getenv(name)\n"
    '\tif v == "" {\n\t\tlog.Fatalf("%s?", name)\n\t}\n\treturn v\n}\n\n'
)
FATAL = ' {\n\t\tlog.Fatal("no")\n\t}\n'


@pytest.mark.parametrize(
    ("body", "outcome", "code"),
    [
        pytest.param('\tx := os.Getenv("DSN")\n\tif x == ""' + FATAL + WORKS, "fails", 1, id="empty"),
        pytest.param('\tif x := os.Getenv("DSN"); x == ""' + FATAL + WORKS, "fails", 1, id="in-the-if"),
        pytest.param('\tif os.Getenv("DSN") == ""' + FATAL + WORKS, "fails", 1, id="itself"),
        pytest.param(
            '\tx, ok := os.LookupEnv("DSN")\n\tif !ok {\n\t\tlog.Println(x)\n\t\tos.Exit(3)\n\t}\n' + WORKS, "fails", 3,
            id="looked-up",
        ),
        pytest.param(
            '\tx, y := os.Getenv("HOME"), os.Getenv("DSN")\n\tif x == "" || len(y) == 0 {\n\t\tpanic("no")\n\t}\n'
            + WORKS, "fails", 2, id="one-of-two",
        ),
        pytest.param('\tx := must("DSN")\n\tlog.Println(x)\n' + WORKS, "fails", 1, id="by-a-function"),
        pytest.param(
            '\tx := os.Getenv("DSN")\n\tif x == "" {\n\t\tx = "local"\n\t}\n\tlog.Println(x)\n' + WORKS,
            "terminated", 2, id="a-default",
        ),
        pytest.param(
            '\tx := os.Getenv("DSN")\n\tif x == "" && len(os.Args) > 1' + FATAL + WORKS, "terminated", 2,
            id="and-something-else",
        ),
        pytest.param('\tos.Setenv("DSN", "x")\n\tx := must("DSN")\n\tlog.Println(x)\n' + WORKS, "terminated", 2,
                     id="set-by-itself"),
        pytest.param('\tx := must("HOME")\n\tlog.Println(x)\n' + WORKS, "terminated", 2, id="set"),
    ],
)  # fmt: skip
def test_variables_that_it_needs(body: str, outcome: str, code: int) -> None:
    found = verdict(body, "log os time", MUST)
    assert (found.outcome, found.exit_code) == (outcome, code)


def test_a_variable_that_the_image_sets() -> None:
    assert verdict('\tx := must("DSN")\n\tlog.Println(x)\n' + WORKS, "log os time", MUST, "ENV DSN=a").exit_code == 2


PIECES = st.sampled_from(
    ["func main() {\n", "}\n", "\t", "{", "(", ")", "signal.Notify(c", "c := make(", "<-c", "range c", "for ",
     "select {", "case ", "go func() {", 'os.Getenv("X")', "if ", ' == "" {\n', "log.Fatal(", "\n", " ",
     '"', "'", "//", "/*",
     "package main\n", "signal.NotifyContext(", "x, ok := ", "time.Sleep(9 * time.Second)"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60))
@example(["<-c", "}\n", "c := make(", "signal.Notify(c", "\t"])
@settings(max_examples=300)
def test_any_pieces_are_read(pieces: list[str]) -> None:
    source = read("".join(pieces))
    assert all(action in {"graceful", "ignore"} for action in source.on.values())
    assert source.seconds >= 0


def test_a_signal_that_another_file_may_change_says_nothing_of_others() -> None:
    """`signal.Ignore(os.Interrupt)` in a package of its own is of SIGINT alone."""
    dockerfile = (
        "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /out/app .\n"
        'FROM debian:bookworm-slim\nCOPY --from=build /out/app /app\nENTRYPOINT ["/app"]\n'
    )
    files = {
        "Dockerfile": dockerfile,
        "go.mod": "module example.com/app\n\ngo 1.19\n",
        "main.go": 'package main\n\nimport "example.com/app/web"\n\nfunc main() {\n\tweb.Run()\n}\n',
        "web/web.go": 'package web\n\nimport (\n\t"net/http"\n\t"os"\n\t"os/signal"\n)\n\nfunc Run() {\n'
        '\tsignal.Ignore(os.Interrupt)\n\thttp.ListenAndServe(":80", nil)\n}\n',
    }
    outcomes = []
    for line in ("", "STOPSIGNAL SIGINT\n"):
        text = {"Dockerfile": dockerfile + line}
        found, _ = analyze_container(MemoryFiles({**files, **text}), "Dockerfile", Options(grace_period=10.0))
        outcomes.append(found[0][1].outcome)
    assert outcomes == ["terminated", "unknown"]


def test_all_programs_of_a_folder_are_built() -> None:
    text = 'package main\n\nimport (\n\t"os"\n\t"os/signal"\n\t"syscall"\n)\n\nfunc main() {\n' + ASKS + WORKS + "}\n"
    dockerfile = (
        "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /out/ ./cmd/...\n"
        'FROM debian:bookworm-slim\nCOPY --from=build /out/* /usr/local/bin/\nCMD ["svc"]\n'
    )
    library = "package log\n"
    files = {
        "cmd/svc/main.go": text,
        "cmd/other/main.go": text,
        "cmd/log/log.go": library,
        "go.mod": "module acme/svc\n",
    }
    found, _ = analyze_container(MemoryFiles({**files, "Dockerfile": dockerfile}), "Dockerfile", Options())
    assert found[0][1].outcome == "killed"
