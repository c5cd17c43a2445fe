"""Programs on Java's and .NET's machines: from what is started back to the sources that the build has made it of."""

from __future__ import annotations

import json

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options, Verdict
from stopcheck.files import MemoryFiles

POM = "<project><artifactId>shop</artifactId></project>"
LOOP = "package com.acme;\npublic class Shop { public static void main(String[] a) { while (true) { work(); } } }\n"
HOOK = LOOP.replace("while", "Runtime.getRuntime().addShutdownHook(t); while")
SPRING = (
    "package com.acme;\nimport org.springframework.boot.SpringApplication;\n"
    "public class Shop { public static void main(String[] a) { SpringApplication.run(Shop.class, a); } }\n"
)
FOUND = "src/main/java/com/acme/Shop.java"


def verdict(dockerfile: str, files: dict[str, str]) -> Verdict:
    found, problems = analyze_container(MemoryFiles({"Dockerfile": dockerfile, **files}), "Dockerfile", Options())
    assert problems == ()
    return found[0][1]


def told(found: Verdict) -> str:
    """The outcome, and whether it rests on what is only assumed."""
    return f"{found.outcome}{' (assumed)' if any('assumed' in step.text for step in found.story) else ''}"


def java(
    files: dict[str, str],
    copy: str = "COPY --from=build /src/target/*.jar /app.jar",
    start: str = '["java", "-jar", "/app.jar"]',
    build: str = "mvn package",
) -> Verdict:
    """An archive that one stage builds and another runs."""
    return verdict(
        f"FROM maven:3 AS build\nWORKDIR /src\nCOPY . .\nRUN {build}\n"
        f"FROM eclipse-temurin:21\nRUN apt-get install -y tini\n{copy}\nCMD {start}\n",
        {"pom.xml": POM, **files},
    )


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(LOOP, "terminated", id="none"),
        pytest.param(HOOK, "graceful", id="hook"),
        pytest.param(SPRING, "graceful", id="framework"),
        pytest.param("import org.acme.Server;\n" + LOOP, "graceful (assumed)", id="nobody-knows"),
        pytest.param(
            SPRING.replace(" SpringApplication.run(", " new X().setRegisterShutdownHook(false).run("),
            "graceful (assumed)",
            id="framework-without-its-hook",
        ),
    ],
)
def test_a_program_in_java(text: str, outcome: str) -> None:
    assert told(java({FOUND: text})) == outcome


@pytest.mark.parametrize("start", ['["java", "-jar", "/app.jar"]', '["tini", "--", "java", "-jar", "/app.jar"]'])
def test_the_jvm_ends_with_the_signals_number_wherever_it_stands(start: str) -> None:
    found = java({FOUND: LOOP}, start=start)
    assert (found.outcome, found.exit_code) == ("terminated", 143)


@pytest.mark.parametrize(
    ("copy", "start"),
    [
        pytest.param("COPY --from=build /src/target/shop.jar /app.jar", '["java", "-jar", "/app.jar"]', id="name"),
        pytest.param("COPY --from=build /src/target/*.jar /srv/", '["java", "-jar", "/srv/shop.jar"]', id="into"),
        pytest.param("COPY --from=build /src/target /srv", '["java", "-jar", "/srv/shop.jar"]', id="folder"),
        pytest.param(
            "COPY --from=build /src/target/classes /srv", '["java", "-cp", "/srv", "com.acme.Shop"]', id="classes"
        ),
        pytest.param(
            "COPY --from=build /src/target/*.jar /app.jar",
            '["java", "-cp", "/lib/*:/app.jar", "com.acme.Shop"]',
            id="class-path",
        ),
        pytest.param(
            "COPY --from=build /src/target/*.jar /app.jar", '["java", "-jar", "-Da=b", "/app.jar"]', id="option-behind"
        ),
        pytest.param("COPY target/*.jar /app.jar", '["java", "-Xmx1g", "-jar", "/app.jar"]', id="built-before"),
        pytest.param(
            "ARG JAR=target/*.jar\nCOPY ${JAR} /app.jar", '["java", "-jar", "/app.jar"]', id="built-before-by-argument"
        ),
    ],
)
def test_where_the_archive_comes_from(copy: str, start: str) -> None:
    assert told(java({FOUND: LOOP}, copy, start)) == "terminated"


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        pytest.param(
            {FOUND: LOOP, "src/main/java/com/acme/Stop.java": HOOK.replace("main(", "f(")}, "graceful", id="beside"
        ),
        pytest.param(
            {
                FOUND: LOOP.replace("public", "import com.acme.stop.Stop;\npublic", 1),
                "src/main/java/com/acme/stop/Stop.java": "package com.acme.stop;\nclass A { { addShutdownHook(t); } }",
            },
            "graceful",
            id="package",
        ),
        pytest.param(
            {FOUND: LOOP.replace("public", "import com.acme.made.Stop;\npublic", 1)},
            "graceful (assumed)",
            id="generated",
        ),
        pytest.param(
            {FOUND: LOOP, "src/main/java/com/acme/Other.java": LOOP.replace("Shop", "Other")},
            "graceful (assumed)",
            id="two-that-can-start",
        ),
        pytest.param(
            {
                FOUND: LOOP,
                "src/main/java/com/acme/Other.java": LOOP.replace("Shop", "Other"),
                "pom.xml": "<project><mainClass>com.acme.Shop</mainClass></project>",
            },
            "terminated",
            id="the-build-names-it",
        ),
        pytest.param(
            {"src/main/kotlin/Shop.kt": "fun main() { while (true) { work() } }\n"}, "terminated", id="kotlin"
        ),
        pytest.param(
            {
                "src/main/kotlin/shop.kt": "fun main() { while (true) { work() } }\n",
                "src/main/kotlin/other.kt": "fun main() { }\n",
                "build.gradle.kts": 'application { mainClass.set("ShopKt") }\n',
            },
            "terminated",
            id="kotlin-by-the-name-of-its-file",
        ),
        pytest.param({"pom.xml": "<groupId>io.quarkus</groupId>"}, "graceful", id="the-build-makes-the-start"),
        pytest.param(
            {
                FOUND: SPRING,
                "src/main/resources/application.yml": "spring:\n  main:\n    register-shutdown-hook: false\n",
            },
            "graceful (assumed)",
            id="configuration",
        ),
        pytest.param({}, "graceful (assumed)", id="no-sources"),
    ],
)
def test_which_sources_it_is_made_of(files: dict[str, str], outcome: str) -> None:
    assert told(java(files)) == outcome


@pytest.mark.parametrize(
    ("start", "outcome"),
    [
        pytest.param('["java", "-Xrs", "-jar", "/app.jar"]', "killed", id="Xrs"),
        pytest.param(
            '["env", "JAVA_TOOL_OPTIONS=-Xmx1g -Xrs", "java", "-jar", "/app.jar"]', "killed", id="Xrs-by-variable"
        ),
        pytest.param('["java", "-javaagent:/agent.jar", "-jar", "/app.jar"]', "graceful (assumed)", id="agent"),
        pytest.param('["java", "@/options", "-jar", "/app.jar"]', "graceful (assumed)", id="options-in-a-file"),
    ],
)
def test_options_of_the_jvm(start: str, outcome: str) -> None:
    assert told(java({FOUND: LOOP}, start=start)) == outcome


@pytest.mark.parametrize(
    ("lines", "start"),
    [
        pytest.param("", '["java", "Shop.java"]', id="source"),
        pytest.param("RUN javac Shop.java\n", '["java", "Shop"]', id="compiled-beside"),
        pytest.param("RUN javac Shop.java\n", '["java", "-cp", "/srv", "Shop"]', id="class-path"),
    ],
)
def test_a_class_beside_its_source(lines: str, start: str) -> None:
    text = LOOP.removeprefix("package com.acme;\n")
    found = verdict(f"FROM eclipse-temurin:21\nWORKDIR /srv\nCOPY . .\n{lines}CMD {start}\n", {"Shop.java": text})
    assert told(found) == "terminated"


WAITS = "while (true) { Thread.Sleep(100); }\n"
ENDS = f"AppDomain.CurrentDomain.ProcessExit += (s, e) => Stop();\n{WAITS}"
REGISTERS = f"using var r = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Stop());\n{WAITS}"
WEB = "var builder = WebApplication.CreateBuilder(args);\nbuilder.Build().Run();\n"


def project(sdk: str = "Microsoft.NET.Sdk", framework: str = "net8.0", more: str = "") -> str:
    return f'<Project Sdk="{sdk}"><TargetFramework>{framework}</TargetFramework>{more}</Project>\n'


def dotnet(files: dict[str, str], publish: str = "Shop/Shop.csproj -c Release -o /out", more: str = "") -> Verdict:
    """A program in C# that one stage publishes and another runs."""
    return verdict(
        "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nWORKDIR /src\nCOPY . .\n"
        f"RUN dotnet publish {publish}\n"
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nWORKDIR /app\nCOPY --from=build /out .\n"
        f'{more}ENTRYPOINT ["dotnet", "Shop.dll"]\n',
        files,
    )


@pytest.mark.parametrize(
    ("made", "text", "outcome"),
    [
        pytest.param(project(), WAITS, "terminated", id="none"),
        pytest.param(project(), ENDS, "graceful", id="process-exit"),
        pytest.param(project(framework="net10.0"), WAITS, "killed", id="none-since-10"),
        pytest.param(project(framework="net10.0"), ENDS, "killed", id="process-exit-since-10"),
        pytest.param(project(framework="net10.0"), REGISTERS, "graceful", id="registration"),
        pytest.param(project("Microsoft.NET.Sdk.Web"), WEB, "graceful", id="host"),
        pytest.param(
            project(more='<PackageReference Include="Acme" />'), WAITS, "graceful (assumed)", id="nobody-knows"
        ),
        pytest.param(project(framework="$(Framework)"), WAITS, "graceful (assumed)", id="which-version"),
        pytest.param(project(), '[DllImport("libc")]\n' + WAITS, "graceful (assumed)", id="native"),
        pytest.param("<Project><TargetFramework>net8.0</TargetFramework></Project>", WAITS, "unknown", id="no-sdk"),
    ],
)
def test_a_program_for_dotnet(made: str, text: str, outcome: str) -> None:
    assert told(dotnet({"Shop/Shop.csproj": made, "Shop/Program.cs": text})) == outcome


CANCELS = "Console.CancelKeyPress += (_, e) => { e.Cancel = true; Stop(); };\n" + WAITS
RUNS_ON = "Console.CancelKeyPress += (_, e) => Stop();\n" + WAITS


@pytest.mark.parametrize(
    ("framework", "text", "signal", "outcome"),
    [
        pytest.param("netcoreapp3.1", WAITS, "INT", "killed", id="nothing"),
        pytest.param("netcoreapp3.1", WAITS, "HUP", "killed", id="hang-up"),
        pytest.param("netcoreapp3.1", ENDS, "INT", "killed", id="exit-is-of-another-signal"),
        pytest.param("netcoreapp3.1", CANCELS, "INT", "graceful", id="cancel"),
        pytest.param("netcoreapp3.1", CANCELS, "QUIT", "graceful", id="cancel-break"),
        pytest.param("netcoreapp3.1", CANCELS, "TERM", "terminated", id="cancel-is-of-another-signal"),
        pytest.param("netcoreapp3.1", RUNS_ON, "INT", "unknown", id="not-cancelled"),
        pytest.param("net8.0", WAITS, "INT", "unknown", id="not-measured"),
    ],
)
def test_other_signals_for_dotnet(framework: str, text: str, signal: str, outcome: str) -> None:
    files = {"Shop/Shop.csproj": project(framework=framework), "Shop/Program.cs": text}
    assert told(dotnet(files, more=f"STOPSIGNAL SIG{signal}\n")) == outcome


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        pytest.param({"Shop/deep/Stop.cs": ENDS}, "graceful", id="folder"),
        pytest.param({"Shop/obj/Stop.cs": ENDS}, "terminated", id="not-compiled"),
        pytest.param({"Other/Stop.cs": ENDS}, "terminated", id="another-project"),
        pytest.param(
            {
                "Shop/Shop.csproj": project(more='<ProjectReference Include="..\\Lib\\Lib.csproj" />'),
                "Lib/Lib.csproj": project(),
                "Lib/Stop.cs": ENDS,
            },
            "graceful",
            id="reference",
        ),
        pytest.param(
            {"Shop/Shop.csproj": project(more='<ProjectReference Include="../Lib/Lib.csproj" />')},
            "graceful (assumed)",
            id="reference-that-is-not-there",
        ),
        pytest.param(
            {"Directory.Build.props": '<Project><PackageReference Include="Acme" /></Project>'},
            "graceful (assumed)",
            id="shared-settings",
        ),
    ],
)
def test_what_a_project_compiles(files: dict[str, str], outcome: str) -> None:
    assert told(dotnet({"Shop/Shop.csproj": project(), "Shop/Program.cs": WAITS, **files})) == outcome


@pytest.mark.parametrize(
    ("files", "publish", "outcome"),
    [
        pytest.param({}, "Shop.sln -o /out", "terminated", id="by-the-name"),
        pytest.param({"Copy/Shop.csproj": project()}, "Shop.sln -o /out", "graceful (assumed)", id="two-of-the-name"),
        pytest.param({"Copy/Shop.csproj": project()}, "Shop -o /out", "terminated", id="one-is-published"),
    ],
)
def test_which_project_makes_an_assembly(files: dict[str, str], publish: str, outcome: str) -> None:
    assert told(dotnet({"Shop/Shop.csproj": project(), "Shop/Program.cs": WAITS, **files}, publish)) == outcome


def test_published_before_the_image_is_built() -> None:
    found = verdict(
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY bin/Release/net8.0/publish/ App/\nWORKDIR /App\n"
        'ENTRYPOINT ["dotnet", "Shop.dll"]\n',
        {"Shop.csproj": project(), "Program.cs": WAITS},
    )
    assert (told(found), found.exit_code) == ("terminated", 143)


def test_a_script_that_is_not_there_is_still_not_known() -> None:
    found = verdict('FROM debian:12\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n', {})
    assert found.outcome == "unknown"


def test_below_a_shell_that_dies_it_would_have_done_no_more_had_it_been_told() -> None:
    start = '["tini", "--", "sh", "-c", "java -jar /app.jar; echo done"]'
    assert java({FOUND: LOOP}, start=start).outcome == "terminated"
    assert java({FOUND: HOOK}, start=start).outcome == "cut-off"


def launched(folder: str, build: dict[str, str], start: str = '["/opt/shop/bin/shop"]', env: str = "") -> Verdict:
    """A program that the script of a build tool starts."""
    return verdict(
        "FROM gradle:8-jdk21 AS build\nWORKDIR /src\nCOPY . .\nRUN ./build.sh\n"
        f"FROM eclipse-temurin:21\n{env}COPY --from=build /src/{folder} /opt/shop\nCMD {start}\n",
        {FOUND: LOOP, **build},
    )


GRADLE = {"build.gradle": "plugins { id 'application' }\napplication { mainClass = 'com.acme.Shop' }\n"}


@pytest.mark.parametrize(
    ("folder", "build"),
    [
        pytest.param("build/install/shop", GRADLE, id="gradle"),
        pytest.param("target/universal/stage", {"build.sbt": "enablePlugins(JavaAppPackaging)\n"}, id="sbt"),
        pytest.param("target/appassembler", {"pom.xml": "<project/>\n"}, id="maven"),
    ],
)
def test_the_script_of_a_build_tool_becomes_java(folder: str, build: dict[str, str]) -> None:
    found = launched(folder, build)
    assert (told(found), found.exit_code) == ("terminated", 143)
    assert told(launched(folder, {**build, FOUND: HOOK})) == "graceful"
    beside = launched(folder, build, '["./shop"]', "WORKDIR /opt/shop/bin\n")
    assert told(beside) == "terminated"


@pytest.mark.parametrize(
    ("folder", "build", "start", "env"),
    [
        pytest.param("build/install/shop", GRADLE, '["/opt/shop/bin/shop"]', "ENV JAVA_OPTS=-Xrs\n", id="options"),
        pytest.param("build/install/shop", GRADLE, '["/opt/shop/bin/shop", "-J-Xrs"]', "", id="argument"),
        pytest.param("build/other/shop", GRADLE, '["/opt/shop/bin/shop"]', "", id="another-folder"),
        pytest.param(
            "target/appassembler",
            {"pom.xml": "<showConsoleWindow>false<"},
            '["/opt/shop/bin/shop"]',
            "",
            id="background",
        ),
    ],
)
def test_another_script_may_do_anything(folder: str, build: dict[str, str], start: str, env: str) -> None:
    assert told(launched(folder, build, start, env)) == "graceful (assumed)"


@pytest.mark.parametrize(
    ("made", "publish", "start", "outcome"),
    [
        pytest.param(project(), "Shop/Shop.csproj -o /out", "/app/Shop", "terminated", id="program"),
        pytest.param(project(), "Shop/Shop.csproj -o /out", "/app/Other", "graceful (assumed)", id="another"),
        pytest.param(project(), "Shop --self-contained true -o /out", "/app/Shop", "terminated", id="folder"),
        pytest.param(
            project(), "-p:PublishSingleFile=true --output=/out Shop", "/app/Shop", "terminated", id="single"
        ),
        pytest.param(
            project(more="<AssemblyName>Web</AssemblyName>"), "Shop -o /out", "/app/Web", "terminated", id="named"
        ),
        pytest.param(
            project(more="<AssemblyName>Web</AssemblyName>"), "Shop -o /out", "dotnet /app/Web.dll", "terminated",
            id="named-assembly",
        ),
        pytest.param(
            project(), "Shop /p:UseAppHost=false -o /out", "/app/Shop", "graceful (assumed)", id="no-program"
        ),
        pytest.param(
            project(), "Shop -p:AssemblyName=Web -o /out", "/app/Web", "graceful (assumed)", id="named-by-an-option"
        ),
        pytest.param(
            project(more="<PublishAot>true</PublishAot>"), "Shop -o /out", "/app/Shop", "graceful (assumed)", id="aot"
        ),
        pytest.param(project(framework="net10.0"), "Shop -o /out", "/app/Shop", "killed", id="since-10"),
    ],
)  # fmt: skip
def test_a_program_that_dotnet_publishes(made: str, publish: str, start: str, outcome: str) -> None:
    found = verdict(
        f"FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\nWORKDIR /src\nCOPY . .\nRUN dotnet publish {publish}\n"
        f"FROM mcr.microsoft.com/dotnet/runtime:8.0\nCOPY --from=build /out /app\nCMD {json.dumps(start.split())}\n",
        {"Shop/Shop.csproj": made, "Shop/Program.cs": WAITS},
    )
    assert told(found) == outcome


def test_an_archive_that_is_only_touched_is_empty() -> None:
    found = verdict('FROM eclipse-temurin:21-jre\nRUN touch /shop.jar\nCMD ["java", "-jar", "/shop.jar"]\n', {})
    assert (found.outcome, found.exit_code) == ("fails", 1)
