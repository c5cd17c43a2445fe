"""Programs that a build step makes of sources in the build context: Go, and JavaScript from TypeScript."""

from __future__ import annotations

import json

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options, Verdict
from stopcheck.files import MemoryFiles

NOTIFIES = 'package main\nimport ("os/signal"; "syscall")\nfunc main() { signal.Notify(c, syscall.SIGTERM) }\n'
SERVES = 'package main\nimport "net/http"\nfunc main() { http.ListenAndServe(":80", nil) }\n'
USES = 'package main\nimport "acme.org/server"\nfunc main() { server.Run() }\n'


def verdict(dockerfile: str, files: dict[str, str]) -> Verdict:
    found, problems = analyze_container(MemoryFiles({"Dockerfile": dockerfile, **files}), "Dockerfile", Options())
    assert problems == ()
    return found[0][1]


def go(
    text: str, build: str = "go build -o /app ./cmd/web", start: str = '["/app"]', copy: str = "/app /app"
) -> Verdict:
    """A Go program of the package cmd/web, built in one stage and run in another."""
    return verdict(
        f"FROM golang:1.24 AS build\nWORKDIR /src\nCOPY . .\nRUN {build}\n"
        f"FROM alpine:3.20\nRUN apk add --no-cache tini\nCOPY --from=build {copy}\nCMD {start}\n",
        {"go.mod": "module acme.com/shop\n", "cmd/web/main.go": text},
    )


@pytest.mark.parametrize(
    ("text", "outcome", "code"),
    [
        pytest.param(SERVES, "terminated", 2, id="no-handler"),
        pytest.param(NOTIFIES, "graceful", None, id="handler"),
        pytest.param(USES, "unknown", None, id="nobody-knows"),
    ],
)
def test_a_go_program(text: str, outcome: str, code: int | None) -> None:
    found = go(text)
    assert (found.outcome, found.exit_code) == (outcome, code)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(SERVES, "terminated", id="all-is-known"),
        pytest.param(USES, "graceful", id="not-all-is-known"),
    ],
)
def test_a_go_program_with_the_name_of_a_known_one(text: str, outcome: str) -> None:
    """Its sources tell, where they tell all; else it may be the known program, built anew."""
    assert go(text, copy="/app /bin/prometheus", start='["/bin/prometheus"]').outcome == outcome


def test_a_go_program_below_an_init() -> None:
    found = go(SERVES, start='["tini", "--", "/app"]')
    assert (found.outcome, found.exit_code) == ("terminated", 143)


@pytest.mark.parametrize(
    ("build", "copy"),
    [
        pytest.param("CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /app ./cmd/web", "/app /app", id="flags"),
        pytest.param("cd cmd/web && go build -o /app", "/app /app", id="folder"),
        pytest.param("go build -o=/app cmd/web/main.go", "/app /app", id="file"),
        pytest.param("go build -o bin/ ./cmd/web", "/src/bin/web /app", id="into-a-folder"),
        pytest.param("go build -C cmd/web -o ../../app .", "/src/app /app", id="change-folder"),
        pytest.param("go build acme.com/shop/cmd/web", "/src/web /app", id="import-path"),
        pytest.param("go install ./cmd/web", "/go/bin/web /app", id="install"),
        pytest.param("go build -o /app ./...", "/app /app", id="all"),
        pytest.param("go install ./...", "/go/bin/web /app", id="install-all"),
    ],
)
def test_where_go_puts_it(build: str, copy: str) -> None:
    assert go(SERVES, build, copy=copy).outcome == "terminated"


@pytest.mark.parametrize(
    ("build", "outcome"),
    [
        pytest.param("go build -o /app $PACKAGE", "graceful (assumed)", id="not-known"),
        pytest.param("make", "graceful (assumed)", id="make"),
        pytest.param(
            "go install acme.org/tool@latest && cp /go/bin/tool /app", "graceful (assumed)", id="from-elsewhere"
        ),
    ],
)
def test_a_go_program_of_sources_that_are_not_known(build: str, outcome: str) -> None:
    assert told(go(SERVES, build)) == outcome


NEXT = ("COPY --from=build /src/.next/standalone ./", "server.js", '{"dependencies": {"next": "^15.1.0"}}')
NITRO = ("COPY --from=build /src/.output .output", ".output/server/index.mjs", '{"devDependencies": {"nuxt": "^3.9"}}')
KIT = ("COPY --from=build /src/build build", "build", '{"devDependencies": {"@sveltejs/adapter-node": "^5.2.9"}}')


@pytest.mark.parametrize(
    ("framework", "more", "outcome"),
    [
        pytest.param(NEXT, {}, "graceful", id="next"),
        pytest.param(NITRO, {}, "graceful", id="nitro"),
        pytest.param(NITRO, {"nuxt.config.ts": 'export default { nitro: { preset: "bun" } }'}, "unknown", id="preset"),
        pytest.param((*NITRO[:2], '{"dependencies": {"nuxt": "~3.2"}}'), {}, "unknown", id="nitro-that-is-old"),
        pytest.param(KIT, {}, "graceful", id="sveltekit"),
        pytest.param((*KIT[:2], KIT[2].replace("5.2.9", "4.0.1")), {}, "killed", id="sveltekit-that-is-old"),
        pytest.param((*KIT[:2], '{"dependencies": {"vite": "^6"}}'), {}, "unknown", id="another-build"),
    ],
)
def test_a_server_that_a_framework_builds(framework: tuple[str, str, str], more: dict[str, str], outcome: str) -> None:
    copy, start, package = framework
    found = verdict(
        "FROM node:22 AS build\nWORKDIR /src\nCOPY . .\nRUN npm ci && npm run build\n"
        f'FROM node:22\nWORKDIR /app\n{copy}\nCMD ["node", "{start}"]\n',
        {"package.json": package, **more},
    )
    assert found.outcome == outcome
    assert not any("assumed" in step.text for step in found.story)


def test_typescript_of_a_folder_beside_which_the_build_makes_another() -> None:
    """What stands in a folder that the build has made a part of is still of the stage that it is copied from."""
    found = verdict(
        "FROM node:22 AS build\nWORKDIR /src\nCOPY . .\nRUN npm ci && npx tsc && mkdir -p dist/sql\n"
        'FROM node:22\nWORKDIR /app\nCOPY --from=build /src/dist ./dist\nCMD ["node", "dist/main.js"]\n',
        {"src/main.ts": EXPRESS, "tsconfig.json": '{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}'},
    )
    assert found.outcome == "killed"


def test_typescript_of_a_project_that_another_refers_to() -> None:
    found = verdict(
        'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npx tsc -b\nCMD ["node", "dist/bot/main.js"]\n',
        {
            "tsconfig.json": '{"files": [], "references": [{"path": "./bot"}]}',
            "bot/tsconfig.json": '{"compilerOptions": {"outDir": "../dist/bot", "rootDir": "src"}}',
            "bot/src/main.ts": EXPRESS,
        },
    )
    assert found.outcome == "killed"


def test_a_go_program_that_is_only_asked_for_help() -> None:
    assert go(SERVES, start='["/app", "--help"]').outcome == "exits"


def test_what_nobody_knows_is_told() -> None:
    assert go(USES).reason == (
        "what app does on SIGTERM (it uses acme.org/server, and whether that handles signals is not known)"
    )
    loads = go('package main\nimport "plugin"\nfunc main() { plugin.Open(x) }\n')
    assert any("assumed (" in step.text and "it loads plugins" in step.text for step in loads.story)


def test_the_story_tells_what_the_runtime_does() -> None:
    assert any("the runtime of its language ends it" in step.text for step in go(SERVES).story)


EXPRESS = "import express from 'express'\nexpress().listen(80)\n"


def node(
    text: str, copied: bool, config: str = '{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}', **more: str
) -> Verdict:
    """A program in TypeScript, compiled in the image that runs it or in a stage before."""
    last = "FROM node:22-slim\nWORKDIR /srv\nCOPY --from=build /app/dist ./dist\n" if copied else ""
    return verdict(
        "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n"
        f'{last}CMD ["node", "dist/main.js"]\n',
        {
            "tsconfig.json": config,
            "src/main.ts": text,
            "src/stop.ts": "process.on('SIGTERM', () => {})\n",
            **{f"{name}.json": content for name, content in more.items()},
        },
    )


@pytest.mark.parametrize("copied", [pytest.param(True, id="copied"), pytest.param(False, id="one-stage")])
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(EXPRESS, "killed", id="no-handler"),
        pytest.param(EXPRESS + "import './stop'\n", "graceful", id="handler"),
        pytest.param("import acme from 'acme'\n", "unknown", id="nobody-knows"),
    ],
)
def test_typescript(text: str, outcome: str, copied: bool) -> None:
    assert node(text, copied).outcome == outcome


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("ts-node src/main.ts", id="ts-node"),
        pytest.param("ts-node -P tsconfig.json src/main.ts", id="project"),
        pytest.param("node -r ts-node/register src/main.ts", id="register"),
    ],
)
def test_typescript_that_is_not_compiled(start: str) -> None:
    words = ", ".join(f'"{word}"' for word in start.split())
    found = verdict(
        f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nENV PATH=/app/node_modules/.bin:$PATH\nCMD [{words}]\n",
        {"src/main.ts": EXPRESS, "tsconfig.json": "{}"},
    )
    assert (found.outcome, found.exit_code) == ("killed", 137)


@pytest.mark.parametrize(
    ("config", "base"),
    [
        pytest.param('{"extends": "./base"}', '{"compilerOptions": {"outDir": "dist"}}', id="all"),
        pytest.param('{"extends": ["./base.json"], "compilerOptions": {"strict": true}}',
                     '{"compilerOptions": {"outDir": "./dist", "rootDir": "./src"}}', id="some"),
        pytest.param('{"extends": "./base", "compilerOptions": {"outDir": "dist"}}',
                     '{"compilerOptions": {"outDir": "elsewhere"}}', id="its-own-counts"),
    ],
)  # fmt: skip
def test_typescript_by_a_configuration_that_extends_another(config: str, base: str) -> None:
    assert node(EXPRESS, True, config, base=base).outcome == "killed"


def test_typescript_by_a_configuration_that_does_not_lead_there() -> None:
    assert node(EXPRESS, True, '{"compilerOptions": {"outDir": "build"}}').outcome == "unknown"


LOOP = "fn main() { loop { work(); } }\n"
AXUM = "#[tokio::main]\nasync fn main() { axum::serve(listener, app).await.unwrap(); }\n"
CTRL_C = "#[tokio::main]\nasync fn main() { tokio::signal::ctrl_c().await; loop { work(); } }\n"
TERMINATE = "use tokio::signal::unix::SignalKind;\nfn main() { signal(SignalKind::terminate()); loop { work(); } }\n"
CTRLC = "fn main() { ctrlc::set_handler(stop); loop { work(); } }\n"
ACTIX = "#[actix_web::main]\nasync fn main() { HttpServer::new(|| App::new()).bind(a).run().await }\n"


def rust(
    text: str, needs: str = "", build: str = "cargo build --release", files: dict[str, str] | None = None,
    copy: str = "/src/target/release/shop /app",
) -> Verdict:  # fmt: skip
    """A program in Rust, built in one stage and run in another."""
    return verdict(
        f"FROM rust:1.90 AS build\nWORKDIR /src\nCOPY . .\nRUN {build}\n"
        f'FROM debian:12-slim\nCOPY --from=build {copy}\nCMD ["/app"]\n',
        {
            "Cargo.toml": f'[package]\nname = "shop"\n[dependencies]\n{needs}\n',
            "src/main.rs": text,
            **(files or {}),
        },
    )


def told(found: Verdict) -> str:
    return f"{found.outcome}{' (assumed)' if any('assumed' in step.text for step in found.story) else ''}"


@pytest.mark.parametrize(
    ("text", "needs", "outcome"),
    [
        pytest.param(LOOP, "", "killed", id="none"),
        pytest.param(AXUM, 'axum = "0.8"\ntokio = { version = "1", features = ["full"] }', "killed", id="axum"),
        pytest.param(CTRL_C, 'tokio = "1"', "killed", id="another-signal"),
        pytest.param(TERMINATE, 'tokio = "1"', "graceful", id="handler"),
        pytest.param(CTRLC, 'ctrlc = "3"', "killed", id="ctrlc"),
        pytest.param(CTRLC, 'ctrlc = { version = "3", features = ["termination"] }', "graceful", id="ctrlc-more"),
        pytest.param(CTRLC, "ctrlc = { workspace = true }", "graceful (assumed)", id="features-of-the-workspace"),
        pytest.param(ACTIX, 'actix-web = "4"', "graceful", id="actix"),
        pytest.param(
            ACTIX.replace(".run()", ".disable_signals().run()"), 'actix-web = "4"', "graceful (assumed)", id="actix-off"
        ),
        pytest.param("#[launch]\nfn rocket() { rocket::build() }\n", 'rocket = "0.5"', "graceful", id="rocket"),
        pytest.param(LOOP, 'acme = "1"', "unknown", id="nobody-knows"),
        pytest.param(
            "use std::process::Command;\n" + LOOP, "", "graceful (assumed)", id="starts-others"
        ),
        pytest.param("fn main() { println!(\"{}\", 1); }\n", "", "unknown", id="may-end-by-itself"),
        pytest.param("// SignalKind::terminate()\n" + LOOP, "", "killed", id="comment"),
        pytest.param("fn f(c: char) { c == '\"'; signal(SIGTERM); '\"'; }\n" + LOOP, "", "graceful", id="quotes"),
    ],
)  # fmt: skip
def test_a_program_in_rust(text: str, needs: str, outcome: str) -> None:
    assert told(rust(text, needs)) == outcome


@pytest.mark.parametrize(
    ("build", "copy"),
    [
        pytest.param("cargo build -r --locked", "/src/target/release/shop /app", id="short"),
        pytest.param("cargo build", "/src/target/debug/shop /app", id="debug"),
        pytest.param(
            "cargo build --release --target x86_64-unknown-linux-musl",
            "/src/target/x86_64-unknown-linux-musl/release/shop /app",
            id="target",
        ),
        pytest.param("cargo build --release && cp target/release/shop /app", "/app /app", id="copied"),
        pytest.param("cargo install --path .", "/usr/local/cargo/bin/shop /app", id="install"),
        pytest.param("cargo install --path . --root /usr", "/usr/bin/shop /app", id="root"),
    ],
)
def test_where_cargo_puts_it(build: str, copy: str) -> None:
    assert told(rust(LOOP, build=build, copy=copy)) == "killed"


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        pytest.param({"src/stop.rs": TERMINATE}, "graceful", id="file"),
        pytest.param({"src/bin/other.rs": TERMINATE}, "killed", id="another-program"),
        pytest.param({"Cargo.toml": '[workspace]\nmembers = ["shop"]\n', "shop/src/main.rs": LOOP,
                      "shop/Cargo.toml": '[package]\nname = "shop"\n'}, "killed", id="workspace"),
        pytest.param({"Cargo.toml": '[package]\nname = "shop"\n[dependencies]\nlib = { path = "lib" }\n',
                      "lib/Cargo.toml": '[package]\nname = "lib"\n', "lib/src/lib.rs": TERMINATE}, "graceful",
                     id="path"),
        pytest.param({"Cargo.toml": '[package]\nname = "x"\n[[bin]]\nname = "shop"\npath = "src/web.rs"\n',
                      "src/web.rs": LOOP}, "killed", id="named-program"),
    ],
)  # fmt: skip
def test_which_sources_cargo_makes_it_of(files: dict[str, str], outcome: str) -> None:
    assert told(rust(LOOP, 'tokio = "1"' if "Cargo.toml" not in files else "", files=files)) == outcome


def test_a_program_of_the_build_s_own_that_has_the_name_of_another() -> None:
    found = go(NOTIFIES, copy="/app /usr/bin/service", start='["service", "-env", "dev"]')
    assert (found.outcome, found.main) == ("graceful", ("service",))


WAITS = "#include <unistd.h>\nint main(void) { for (;;) sleep(1); }\n"
FLAG = "int stop;\nvoid on() { stop = 1; }\nint main() { signal(SIGTERM, on); while (!stop) sleep(1); }\n"


def c(
    text: str, build: str = "gcc -O2 -Wall -o /usr/local/bin/job src/*.c -lm", lines: str = "", name: str = "job"
) -> Verdict:
    """A C program, compiled in one stage and run in another."""
    return verdict(
        f"FROM gcc:12 AS build\nWORKDIR /w\nCOPY src/ src/\nRUN {build}\n"
        f"FROM debian:bookworm-slim\n{lines}\nCOPY --from=build /usr/local/bin/{name} /usr/local/bin/\n"
        f'CMD ["{name}"]\n',
        {"src/main.c": text, "src/acme.h": "void acme(void);\n"},
    )


@pytest.mark.parametrize(
    ("text", "lines", "outcome"),
    [
        pytest.param(WAITS, "", "killed", id="no-handler"),
        pytest.param(FLAG, "", "graceful", id="flag"),
        pytest.param(FLAG, "STOPSIGNAL SIGINT", "killed", id="other-signal"),
        pytest.param('#include "acme.h"\n' + WAITS, "", "killed", id="header"),
        pytest.param('#include "none.h"\n' + WAITS, "", "unknown", id="header-that-is-missing"),
        pytest.param("#include <uv.h>\n" + WAITS, "", "unknown", id="library"),
        pytest.param(WAITS.replace("sleep(1)", 'system("app")'), "", "unknown", id="starts-others"),
        pytest.param(FLAG.replace("sleep(1)", "fork()"), "", "graceful", id="starts-others-with-a-handler"),
        pytest.param(WAITS.replace("for (;;)", "signal(SIGTERM, SIG_IGN); for (;;)"), "", "killed", id="ignores"),
        pytest.param(WAITS.replace("for", "sigaction(sigs[0], &sa, 0); for"), "", "graceful", id="computed"),
        pytest.param("/* signal(SIGTERM, on); */" + WAITS, "", "killed", id="comment"),
        pytest.param(FLAG.replace("stop = 1", "(void)s; puts(x)").replace("!stop", "1"), "", "killed", id="prints"),
        pytest.param(FLAG.replace("stop = 1", "write(p[1], x, 1)").replace("!stop", "1"), "", "graceful", id="pipe"),
        pytest.param(
            FLAG.replace("stop = 1", "puts(x)").replace("while (!stop) sleep(1)", "pause()"), "", "graceful", id="once"
        ),
        pytest.param("int main(void) { return work(); }", "", "unknown", id="ends"),
    ],
)
def test_a_c_program(text: str, lines: str, outcome: str) -> None:
    assert c(text, lines=lines).outcome == outcome


@pytest.mark.parametrize(
    "build",
    [
        "cc src/main.c -o /usr/local/bin/job",
        "cd /usr/local/bin && gcc /w/src/main.c && mv a.out job",
        "g++ -std=c++17 -static -o /usr/local/bin/job src/main.c -lpthread",
        "clang -I src -D_GNU_SOURCE -o /usr/local/bin/job src/main.c",
    ],
)
def test_how_c_is_compiled(build: str) -> None:
    assert c(WAITS, build).outcome == "killed"


@pytest.mark.parametrize(
    "build",
    [
        "gcc -o /usr/local/bin/job src/main.c -lacme",
        "gcc -o /usr/local/bin/job src/main.c extra.o",
        "gcc -c src/main.c -o /usr/local/bin/job",
    ],
)
def test_c_that_is_not_known_to_the_end(build: str) -> None:
    assert c(WAITS, build).outcome == "graceful"


def test_c_that_a_makefile_compiles_one_by_one() -> None:
    rules = "SRCS = main.c\nall: job\njob: $(SRCS:.c=.o)\n\tcc -o $@ $^ -lsqlite3\n%.o: %.c\n\tcc -c $<\n"
    found = verdict(
        "FROM gcc:13 AS build\nWORKDIR /w\nCOPY . .\nRUN make\n"
        'FROM debian:12\nCOPY --from=build /w/job /usr/bin/job\nCMD ["job"]\n',
        {"main.c": WAITS, "Makefile": rules},
    )
    assert found.outcome == "killed"


def test_a_compiled_program_with_the_name_of_another() -> None:
    """`svc` is a program of daemontools, and ends."""
    build = "gcc -o /usr/local/bin/svc src/main.c"
    assert c(WAITS, build, name="svc").outcome == "killed"


RULES = """
BINARY := web
FLAGS ?= -trimpath
.PHONY: all build

all: build
build: # the program
	@echo building $(BINARY)
	CGO_ENABLED=0 go build $(FLAGS) -o bin/$(BINARY) ./cmd/web
clean:
	rm -rf bin
"""


@pytest.mark.parametrize(
    ("build", "rules", "outcome"),
    [
        pytest.param("make", RULES, "terminated", id="first-target"),
        pytest.param("make build FLAGS=-v", RULES, "terminated", id="given"),
        pytest.param("cd / && make -j 4 -C /src build", RULES, "terminated", id="folder"),
        pytest.param("make BINARY=other", RULES, "graceful", id="another-name"),
        pytest.param("make none", RULES, "graceful", id="no-such-target"),
        pytest.param("make", RULES.replace("web\n", "$(shell basename web)\n", 1), "graceful", id="function"),
        pytest.param("make", "include rules.mk\n" + RULES, "graceful", id="include"),
        pytest.param("make && make clean", RULES, "graceful", id="taken-away"),
        pytest.param("make", RULES + "ifeq ($(OS),Windows_NT)\n\tdel bin\nendif\n", "terminated", id="condition"),
        pytest.param(
            "make", RULES.replace("FLAGS ?=", "ifdef FAST\nFLAGS ?= -race\nendif\nFLAGS ?="), "graceful",
            id="what-a-condition-decides",
        ),
    ],
)  # fmt: skip
def test_a_program_that_make_builds(build: str, rules: str, outcome: str) -> None:
    found = verdict(
        f"FROM golang:1.24 AS build\nWORKDIR /src\nCOPY . .\nRUN {build}\n"
        'FROM alpine:3.20\nCOPY --from=build /src/bin/web /web\nCMD ["/web"]\n',
        {"go.mod": "module acme.com/shop\n", "cmd/web/main.go": SERVES, "Makefile": rules},
    )
    assert found.outcome == outcome


def test_c_that_make_builds() -> None:
    rules = "CC = gcc\nOBJS = main.o\n\njob: $(OBJS)\n\t$(CC) -o $@ $^\n"
    found = verdict(
        'FROM gcc:12\nWORKDIR /w\nCOPY . .\nRUN make\nCMD ["./job"]\n', {"main.c": WAITS, "Makefile": rules}
    )
    assert found.outcome == "killed"


def test_a_flag_that_another_file_may_ask_for() -> None:
    dockerfile = (
        "FROM gcc:12 AS build\nWORKDIR /w\nCOPY src/ src/\nRUN gcc -o /usr/local/bin/job src/main.c src/stop.c\n"
        'FROM debian:bookworm-slim\nCOPY --from=build /usr/local/bin/job /usr/local/bin/\nCMD ["job"]\n'
    )
    asks = "void init(void) { signal(SIGTERM, on); }\n"
    stop = f"#include <signal.h>\nvolatile int stop;\nvoid on(int s) {{ stop = 1; }}\n{asks}"
    main = "extern volatile int stop;\nint main(void) { init(); while (!stop) sleep(1); }\n"
    assert verdict(dockerfile, {"src/main.c": main, "src/stop.c": stop}).outcome == "graceful"
    prints = stop.replace("stop = 1", 'puts("x")')
    waits = "int main(void) { init(); pause(); return 0; }\n"
    assert verdict(dockerfile, {"src/main.c": waits, "src/stop.c": prints}).outcome == "graceful"


@pytest.mark.parametrize(
    "build", ['go build -ldflags="-X main.version=$VERSION" -o /app ./cmd/web', "go build $FLAGS -o /app ./cmd/web"]
)
def test_a_word_that_is_not_known_beside_a_package(build: str) -> None:
    assert go(SERVES, build=build).outcome == "terminated"


def test_nothing_that_it_is_compiled_from_is_there() -> None:
    dockerfile = 'FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nCMD ["/app"]\n'
    assert verdict(dockerfile, {"README": ""}).outcome == "unknown"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(SERVES, "terminated", id="no-handler"),
        pytest.param(NOTIFIES, "cut-off", id="handler"),
        pytest.param(USES, "unknown", id="nobody-knows"),
    ],
)
@pytest.mark.parametrize("words", ["./cmd/web", "-race ./cmd/web/", "-tags prod cmd/web/main.go", "cmd/web/main.go -v"])
def test_what_go_runs(text: str, outcome: str, words: str) -> None:
    files = {"go.mod": "module acme.com/shop\n", "cmd/web/main.go": text}
    found = verdict(
        f"FROM golang:1.24\nWORKDIR /src\nCOPY . .\nCMD {json.dumps(['go', 'run', *words.split()])}\n", files
    )
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("text", "config", "outcome"),
    [
        pytest.param(SERVES, 'cmd = "go build -o ./tmp/main ./cmd/web"', "terminated", id="no-handler"),
        pytest.param(NOTIFIES, 'cmd = "go build -o ./tmp/main ./cmd/web"', "cut-off", id="handler"),
        pytest.param(SERVES, 'cmd = "make web"', "cut-off", id="another-build"),
        pytest.param(NOTIFIES, "send_interrupt = true", "unknown", id="interrupts"),
    ],
)
def test_what_air_builds(text: str, config: str, outcome: str) -> None:
    files = {"go.mod": "module acme.com/shop\n", "cmd/web/main.go": text, ".air.toml": f"[build]\n{config}\n"}
    dockerfile = "FROM golang:1.24\nRUN go install github.com/air-verse/air@latest\nWORKDIR /src\nCOPY . .\n"
    assert verdict(f'{dockerfile}CMD ["air", "-c", ".air.toml"]\n', files).outcome == outcome


@pytest.mark.parametrize(
    ("config", "hooks", "outcome"),
    [
        pytest.param("{}", "", "terminated", id="no-handler"),
        pytest.param('{"sourceRoot": "src"}', "app.enableShutdownHooks();", "cut-off", id="handler"),
        pytest.param('{"monorepo": true, "projects": {"web": {}}}', "", "cut-off", id="one-of-several-projects"),
        pytest.param('{"entryFile": "start"}', "", "cut-off", id="not-there"),
    ],
)
def test_what_nest_runs(config: str, hooks: str, outcome: str) -> None:
    text = (
        "import { NestFactory } from '@nestjs/core';\nasync function bootstrap() {\n"
        f"  const app = await NestFactory.create({{}});\n  {hooks}\n  await app.listen(80);\n}}\nbootstrap();\n"
    )
    files = {"nest-cli.json": config, "src/main.ts": text, "bin/nest": "\x7fELF"}
    dockerfile = (
        "FROM node:22-alpine\nWORKDIR /app\nENTRYPOINT []\nENV PATH=/app/bin:$PATH\nCOPY . .\n"
        'CMD ["nest", "start", "--watch"]\n'
    )
    assert verdict(dockerfile, files).outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param("WebApplication.CreateBuilder(args).Build().Run();\n", "graceful", id="host"),
        pytest.param("while (true) { Thread.Sleep(1000); }\n", "terminated", id="no-handler"),
    ],
)
@pytest.mark.parametrize("words", ["--project web", "--no-build -p web/web.csproj -- --port 80"])
def test_what_dotnet_runs(text: str, outcome: str, words: str) -> None:
    """SIGTERM comes to it by way of `dotnet run` (ProcessReaper of the SDK)."""
    told = "<PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>"
    project = f'<Project Sdk="Microsoft.NET.Sdk.Web">{told}</Project>'
    argv = json.dumps(["dotnet", "run", *words.split()])
    dockerfile = f"FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\nCMD {argv}\n"
    assert verdict(dockerfile, {"web/web.csproj": project, "web/Program.cs": text}).outcome == outcome


@pytest.mark.parametrize(
    ("build", "source", "outcome"),
    [
        pytest.param("rollup -c", "lib/bot.ts", "killed", id="its-only-namesake"),
        pytest.param("rollup -c", "tests/bot.ts", "unknown", id="in-its-tests-alone"),
        pytest.param("webpack", "lib/bot.ts", "unknown", id="by-a-tool-that-names-what-it-makes"),
    ],
)
def test_a_bundle_that_bears_the_name_of_its_source(build: str, source: str, outcome: str) -> None:
    dockerfile = (
        "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n"
        'FROM node:22-slim\nWORKDIR /srv\nCOPY --from=build /app/output ./\nCMD ["node", "bot.js"]\n'
    )
    files = {"package.json": json.dumps({"scripts": {"build": build}}), source: "setInterval(() => {}, 1000);\n"}
    assert verdict(dockerfile, files).outcome == outcome
