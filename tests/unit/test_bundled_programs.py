"""JavaScript that a bundler has made, and packages of the same repository."""

from __future__ import annotations

import json

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles

SERVES = 'import http from "node:http";\nhttp.createServer().listen(80);\n'
HANDLES = f'{SERVES}process.on("SIGTERM", () => process.exit(0));\n'


def outcome(build: str, files: dict[str, str], start: str = "dist/index.js") -> str:
    package = json.dumps({"name": "shop", "scripts": {"build": build}})
    dockerfile = (
        f"FROM node:22-slim AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n"
        f'FROM node:22-slim\nWORKDIR /app\nCOPY --from=build /app/dist ./dist\nCMD ["node", "{start}"]\n'
    )
    found, problems = analyze_container(
        MemoryFiles({"Dockerfile": dockerfile, "package.json": package, **files}), "Dockerfile", Options()
    )
    assert problems == ()
    return found[0][1].outcome


@pytest.mark.parametrize(
    ("build", "source", "start"),
    [
        pytest.param("vite build && esbuild server/index.ts --bundle --outdir=dist", "server/index.ts", "dist/index.js",
                     id="esbuild-folder"),
        pytest.param("esbuild src/main.ts --outfile=dist/server.mjs --format=esm", "src/main.ts", "dist/server.mjs",
                     id="esbuild-file"),
        pytest.param("bun build src/index.ts --outdir ./dist", "src/index.ts", "dist/index.js", id="bun"),
        pytest.param("ncc build src/index.ts -o dist", "src/index.ts", "dist/index.js", id="ncc"),
        pytest.param("tsup src/index.ts", "src/index.ts", "dist/index.js", id="tsup"),
        pytest.param("babel src -d dist", "src/index.js", "dist/index.js", id="babel"),
        pytest.param("swc src -d dist", "src/index.ts", "dist/src/index.js", id="swc"),
    ],
)  # fmt: skip
def test_what_a_bundler_makes(build: str, source: str, start: str) -> None:
    assert outcome(build, {source: SERVES}, start) == "killed"
    assert outcome(build, {source: HANDLES}, start) == "graceful"


def test_what_a_configuration_names() -> None:
    files = {"tsup.config.ts": 'export default { entry: ["src/index.ts"], format: ["cjs"] }', "src/index.ts": SERVES}
    assert outcome("tsup", files) == "killed"


@pytest.mark.parametrize(
    ("build", "files"),
    [
        pytest.param("make all", {"src/index.ts": SERVES}, id="another-tool"),
        pytest.param("esbuild src/other.ts --outdir=dist", {"src/other.ts": SERVES}, id="another-name"),
        pytest.param("esbuild src/index.ts --outdir=out", {"src/index.ts": SERVES}, id="another-folder"),
    ],
)
def test_what_is_not_told(build: str, files: dict[str, str]) -> None:
    assert outcome(build, files) == "unknown"


ROOT = {"package.json": json.dumps({"workspaces": ["packages/*"]})}
PNPM = {"package.json": "{}", "pnpm-workspace.yaml": "packages:\n  - 'packages/*'\n"}


@pytest.mark.parametrize("root", [pytest.param(ROOT, id="npm"), pytest.param(PNPM, id="pnpm")])
@pytest.mark.parametrize(
    ("package", "file"),
    [
        pytest.param({"main": "./src/log.js"}, "src/log.js", id="main"),
        pytest.param({"exports": {".": {"types": "./x.d.ts", "import": "./src/log.js"}}}, "src/log.js", id="exports"),
        pytest.param({"main": "./dist/log.js"}, "src/index.js", id="usual-place"),
    ],
)
def test_a_package_of_the_same_repository(root: dict[str, str], package: dict[str, object], file: str) -> None:
    def stopped(text: str, more: dict[str, str]) -> str:
        app = {"name": "app", "type": "module", "dependencies": {"@shop/log": "workspace:*"}}
        files = {
            **root,
            "apps/web/package.json": json.dumps(app),
            "apps/web/main.js": f'import log from "@shop/log";\n{SERVES}',
            "packages/log/package.json": json.dumps({"name": "@shop/log", **package}),
            f"packages/log/{file}": text,
            "Dockerfile": 'FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD ["node", "apps/web/main.js"]\n',
        }
        for name in more:
            del files[name]
        return analyze_container(MemoryFiles(files), "Dockerfile", Options())[0][0][1].outcome

    assert stopped("export default console;\n", {}) == "killed"
    assert stopped("process.on('SIGTERM', () => process.exit(0));\nexport default console;\n", {}) == "graceful"
    assert stopped("", {f"packages/log/{file}": ""}) == "unknown"


@pytest.mark.parametrize(
    ("command", "main"),
    [
        pytest.param("npm run start -w @shop/web", ("node",), id="behind"),
        pytest.param("npm -w apps/web start", ("node",), id="before-by-folder"),
        pytest.param("npm run start --workspace=@shop/web -- --port 80", ("node",), id="in-one-word"),
        pytest.param("npm run start -w @shop/none", None, id="no-such-member"),
        pytest.param("npm run start -ws", None, id="all"),
    ],
)
def test_a_script_of_a_member(command: str, main: tuple[str, ...] | None) -> None:
    """Measured with npm 11: as in the member's own folder."""
    member = {"name": "@shop/web", "type": "module", "scripts": {"start": "exec node main.js"}}
    files = {
        "package.json": json.dumps({"workspaces": ["apps/*"]}),
        "apps/web/package.json": json.dumps(member),
        "apps/web/main.js": HANDLES,
        "Dockerfile": f"FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD {json.dumps(command.split())}\n",
    }
    verdict = analyze_container(MemoryFiles(files), "Dockerfile", Options())[0][0][1]
    assert (verdict.outcome, verdict.main) == (("unknown", ("npm",)) if main is None else ("graceful", main))


def test_what_npx_runs_may_make_files() -> None:
    dockerfile = (
        "FROM node:22-alpine AS build\nWORKDIR /app\nCOPY package.json tsconfig.json ./\nCOPY src ./src\nRUN npx tsc\n"
        'FROM node:22-alpine\nWORKDIR /app\nCOPY --from=build /app/dist ./dist\nCMD ["node", "dist/index.js"]\n'
    )
    told = '{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}'
    files = {"Dockerfile": dockerfile, "package.json": "{}", "tsconfig.json": told, "src/index.ts": SERVES}
    found, problems = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert (found[0][1].outcome, problems) == ("killed", ())
