"""Programs in Dart, by their sources. That the runtime catches no signal by itself was measured (sass 1.108)."""

from __future__ import annotations

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.verdicts import verdict

SERVES = "import 'package:shelf/shelf_io.dart' as io;\nvoid main() async { await io.serve(handler, '0.0.0.0', 80); }\n"
HEARS = (
    "import 'dart:io';\nvoid main() async {\n  final server = await HttpServer.bind('0.0.0.0', 80);\n"
    "  ProcessSignal.sigterm.watch().listen((_) async { await server.close(); exit(0); });\n}\n"
)
PARTS = "import 'package:shop/server.dart';\nimport 'src/log.dart';\nvoid main() => serve();\n"
STARTS = "import 'dart:io';\nvoid main() async { await Process.start('worker', []); await serve(); }\n"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(SERVES, "killed", id="no-handler"),
        pytest.param(HEARS, "graceful", id="handler"),
        pytest.param(PARTS, "graceful", id="handler-in-its-package"),
        pytest.param(SERVES.replace("shelf/", "nobody_knows/"), "unknown", id="library-that-nobody-knows"),
        pytest.param(STARTS, "graceful", id="starts-others"),
        pytest.param(PARTS.replace("src/log", "src/gone"), "graceful", id="handler-though-a-file-is-gone"),
    ],
)
@pytest.mark.parametrize("run", ["compiled", "sources"])
def test_a_program(text: str, outcome: str, run: str) -> None:
    files = {
        "bin/server.dart": text,
        "bin/src/log.dart": "void log(String text) => print(text);\n",
        "lib/server.dart": HEARS.replace("main", "serve"),
        "pubspec.yaml": "name: shop\ndependencies:\n  shelf: ^1.4.0\n",
    }
    compiled = (
        "FROM dart:stable AS build\nWORKDIR /app\nCOPY . .\nRUN dart pub get\n"
        "RUN dart compile exe bin/server.dart -o bin/server\n"
        'FROM scratch\nCOPY --from=build /runtime/ /\nCOPY --from=build /app/bin/server /srv/\nCMD ["/srv/server"]\n'
    )
    sources = 'FROM dart:stable\nWORKDIR /app\nCOPY . .\nRUN dart pub get\nCMD ["dart", "run", "bin/server.dart"]\n'
    files["Dockerfile"] = compiled if run == "compiled" else sources
    found, problems = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert problems == ()
    assert found[0][1].outcome == outcome


def test_below_an_init_it_dies_of_the_signal() -> None:
    found = verdict("tini", "--", "dart", "main.dart", base="dart:stable", files={"main.dart": SERVES})
    assert (found.outcome, found.exit_code) == ("terminated", 143)
