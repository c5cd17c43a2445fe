"""RUN: what its commands do to the files of the image."""

from __future__ import annotations

import pytest

from stopcheck.image.model import ImageFile
from stopcheck.model import Unknown
from stopcheck.source import SourceFile, Span
from tests.unit.images import at, file, image

CONTEXT = {"run.sh": "run", "sub/a.sh": "a", "sub/b.txt": "b", "dos.sh": "#!/bin/sh\r\nexec app\r\n",
           "setup.sh": "#!/bin/sh\nif true; then\n  chmod +x /src/run.sh\nfi\n"}  # fmt: skip
UNIX = "#!/bin/sh\nexec app\n"
DEBIAN = "FROM debian:12\nCOPY . /src/\n"


@pytest.mark.parametrize(
    ("steps", "path", "expected"),
    [
        pytest.param("RUN cp /src/run.sh /x", "/x", "run", id="cp"),
        pytest.param("RUN cp /src/run.sh /usr/local/bin", "/usr/local/bin/run.sh", "run", id="cp into a folder"),
        pytest.param("RUN cp -p /src/run.sh /src/sub/a.sh /opt/", "/opt/a.sh", "a", id="cp of several"),
        pytest.param("RUN cp -r /src/sub /y", "/y/a.sh", "a", id="cp of a folder"),
        pytest.param("RUN mkdir /y && cp -r /src/sub /y", "/y/sub/a.sh", "a", id="cp of a folder into one"),
        pytest.param("RUN mkdir /y && cp -r /src/sub/. /y", "/y/a.sh", "a", id="cp of a folder's contents"),
        pytest.param("RUN cp /src/sub/*.sh /opt", "/opt/a.sh", "a", id="cp of a pattern"),
        pytest.param("RUN cp -t /opt /src/run.sh", "/opt/run.sh", "run", id="cp -t"),
        pytest.param("RUN cp $(which app) /x", "/x", "??", id="cp of what is not known"),
        pytest.param("RUN mv /src/run.sh /x", "/x", "run", id="mv"),
        pytest.param("RUN mv /src/run.sh /x", "/src/run.sh", None, id="mv leaves nothing"),
        pytest.param("RUN mv /src /y", "/y/sub/a.sh", "a", id="mv of a folder"),
        pytest.param("RUN mv /src/* /opt/", "/opt/sub/a.sh", "a", id="mv of a pattern"),
        pytest.param("RUN ln -s /src/run.sh /x", "/x", "run", id="ln -s"),
        pytest.param("RUN ln -s src/run.sh /x", "/x", "run", id="ln -s relative to the link"),
        pytest.param("RUN ln -sf /src/run.sh /usr/local/bin/", "/usr/local/bin/run.sh", "run", id="ln -s into one"),
        pytest.param("RUN cd /opt && ln -s /src/run.sh", "/opt/run.sh", "run", id="ln -s into the current folder"),
        pytest.param("RUN ln -s /src /y", "/y/sub/a.sh", "a", id="a link to a folder"),
        pytest.param("RUN ln -s /x /y && ln -s /y /x", "/x", "??", id="links in a circle"),
        pytest.param("RUN ln /src/run.sh /x", "/x", "run", id="hard link"),
        pytest.param("RUN install -m 755 /src/run.sh /x", "/x", "run", id="install"),
        pytest.param("RUN install -D -t /y /src/run.sh", "/y/run.sh", "run", id="install -t"),
        pytest.param("RUN install -d /y\nCOPY run.sh /y", "/y/run.sh", "run", id="install -d"),
        pytest.param("RUN rm /src/run.sh", "/src/run.sh", None, id="rm"),
        pytest.param("RUN rm -rf /src", "/src/sub/a.sh", None, id="rm -r"),
        pytest.param("RUN rm /src/sub/*.sh", "/src/sub/a.sh", None, id="rm of a pattern"),
        pytest.param("RUN rm /src/sub/*.sh", "/src/sub/b.txt", "b", id="and nothing else"),
        pytest.param("RUN rm -rf /src/*", "/src/run.sh", None, id="rm of all"),
        pytest.param("RUN rm -rf /src/*/", "/src/sub/a.sh", None, id="rm of all folders"),
        pytest.param("RUN rm -rf /src/*/", "/src/run.sh", "run", id="which no file is"),
        pytest.param("RUN rm -rf $UNSET_BY_ALL/src", "/src/run.sh", None, id="an unset variable is empty"),
        pytest.param("RUN touch /x", "/x", "", id="touch"),
        pytest.param("RUN touch /src/run.sh", "/src/run.sh", "run", id="touch of what is there"),
        pytest.param("RUN echo 'exec app' > /x", "/x", "exec app\n", id="echo"),
        pytest.param("RUN echo -n a b > /x", "/x", "a b", id="echo -n"),
        pytest.param("RUN echo a > /x && echo b >> /x", "/x", "a\nb\n", id="append"),
        pytest.param("RUN echo a >> /x", "/x", "a\n", id="append to nothing"),
        pytest.param("RUN echo a >> /src/run.sh", "/src/run.sh", "?", id="append to a file of the context"),
        pytest.param("RUN { echo a; echo b; } > /x", "/x", "a\nb\n", id="group"),
        pytest.param("RUN (echo a; echo b) > /x", "/x", "a\nb\n", id="subshell"),
        pytest.param("RUN echo a | tee /x", "/x", "a\n", id="tee"),
        pytest.param("RUN echo a | tee /x /y > /dev/null", "/y", "a\n", id="tee of two"),
        pytest.param("RUN echo b | tee -a /src/none", "/src/none", "?", id="tee -a to what may be there"),
        pytest.param("RUN printf '%s\\n' a b > /x", "/x", "a\nb\n", id="printf"),
        pytest.param("RUN printf '#!/bin/sh\\nexec %s\\n' app > /x", "/x", "#!/bin/sh\nexec app\n", id="printf twice"),
        pytest.param("RUN printf '%05d' 7 > /x", "/x", "?", id="a printf format that is not read"),
        pytest.param("RUN cat > /x <<EOF\na\nEOF", "/x", "a\n", id="heredoc of the Dockerfile"),
        pytest.param("RUN <<EOF\ncat > /x <<END\na $PATH_X b\nEND\nEOF", "/x", "a  b\n", id="heredoc in a heredoc"),
        pytest.param("RUN <<EOF cat > /x\na\nEOF", "/x", "a\n", id="heredoc before the command"),
        pytest.param("ENV A=1\nRUN echo $A > /x", "/x", "1\n", id="ENV"),
        pytest.param("ARG A=1\nRUN echo $A > /x", "/x", "1\n", id="ARG"),
        pytest.param("RUN A=1 && echo ${A}2 > /x", "/x", "12\n", id="a variable of the script"),
        pytest.param("RUN export A=1; echo $A > /x", "/x", "1\n", id="export"),
        pytest.param('RUN echo "exec $@" > /x', "/x", "exec \n", id="arguments, of which there are none"),
        pytest.param('RUN echo a $1 "$@" "$*" > /x', "/x", "a \n", id="arguments, one by one"),
        pytest.param('RUN set -euo pipefail; echo "a$1" > /x', "/x", "a\n", id="no arguments beside options"),
        pytest.param('RUN set -- b; echo "a$1" > /x', "/x", "?", id="arguments that are set"),
        pytest.param('RUN f() { echo "a$1" > /x; }; f b', "/x", "?", id="a function's arguments"),
        pytest.param('RUN cat > /x <<E\nexec "$@"\nE\n', "/x", 'exec ""\n', id="arguments in a heredoc"),
        pytest.param("RUN A=$(date); echo $A > /x", "/x", "?", id="a variable that is not known"),
        pytest.param("RUN export A=$(date); echo $A > /x", "/x", "?", id="the same with export"),
        pytest.param("RUN . /etc/os-release; echo $ID > /x", "/x", "?", id="a variable that a file may set"),
        pytest.param("RUN echo \"${A:-d}\" > /x", "/x", "d\n", id="default"),
        pytest.param("RUN cat /src/run.sh > /x", "/x", "run", id="cat"),
        pytest.param("RUN cat /src/run.sh /src/sub/a.sh > /x", "/x", "?", id="cat of two"),
        pytest.param("RUN tr -d '\\r' < /src/dos.sh > /x", "/x", UNIX, id="tr -d"),
        pytest.param("RUN sed -i 's/\\r$//' /src/dos.sh", "/src/dos.sh", UNIX, id="sed strips CR"),
        pytest.param("RUN sed -i -e 's/\\r//g' /src/*.sh", "/src/dos.sh", UNIX, id="of a pattern"),
        pytest.param("RUN dos2unix /src/dos.sh", "/src/dos.sh", UNIX, id="dos2unix"),
        pytest.param("RUN find /src -name '*.sh' -exec dos2unix {} +", "/src/dos.sh", UNIX, id="by find"),
        pytest.param("RUN find /src -newer x -exec dos2unix {} +", "/src/dos.sh", "?", id="by an odd find"),
        pytest.param("RUN find /src -newer x -exec dos2unix {} +", "/src/run.sh", "run", id="which changes nothing"),
        pytest.param("RUN find . -name '*.sh' | xargs sed -i 's/\\r$//'", "/src/dos.sh", UNIX, id="by xargs"),
        pytest.param("RUN ls | xargs sed -i s/r/b/", "/src/run.sh", "?", id="xargs of what is not known"),
        pytest.param("RUN find /opt | xargs grep -l x | xargs sed -i s/a/b/", "/src/run.sh", "run", id="elsewhere"),
        pytest.param("RUN sed -i s/r/b/ /src/run.sh", "/src/run.sh", "bun", id="sed"),
        pytest.param("RUN sed -i 's/ruby\\.exe$/ruby/' /src/*.sh", "/src/run.sh", "run", id="sed that finds nothing"),
        pytest.param("RUN sed -i 's/[r]u/wi/' /src/run.sh", "/src/run.sh", "win", id="sed of a wildcard"),
        pytest.param("RUN sed -i 's/r|b//' -E /src/run.sh", "/src/run.sh", "?", id="sed of alternatives"),
        pytest.param("RUN sed -i -f /src/x /src/run.sh", "/src/run.sh", "?", id="sed of a file"),
        pytest.param("RUN sed -ni 1p /src/run.sh", "/src/run.sh", "?", id="sed that prints"),
        pytest.param("RUN sed -i -e s/r/b/ -e '1i x' /src/run.sh", "/src/run.sh", "x\nbun", id="sed of more"),
        pytest.param("RUN sed -i s/r/b/ /src/run.sh || true", "/src/run.sh", "bun", id="sed, whatever comes of it"),
        pytest.param("RUN test -f /y && sed -i s/r/b/ /src/* || :", "/src/run.sh", "?", id="sed that may not run"),
        pytest.param("RUN sed -Ei 's/r(u)/\\1/' /src/run.sh", "/src/run.sh", "un", id="sed -E"),
        pytest.param('RUN sed -i "s/r/$(date)/" /src/run.sh', "/src/run.sh", "?", id="sed with what is not known"),
        pytest.param("RUN f=$(mktemp) && sed -i s/a/b/ $f", "/src/run.sh", "run", id="sed of a temporary file"),
        pytest.param("RUN cp /src/run.sh $(pwd)/x", "/x", "run", id="the current folder"),
        pytest.param("RUN sed s/a/b/ /src/run.sh", "/src/run.sh", "run", id="sed that only prints"),
        pytest.param("RUN sed s/a/b/ /src/run.sh > /x", "/x", "?", id="what sed prints"),
        pytest.param("RUN perl -pi -e s/a/b/ /src/run.sh", "/src/run.sh", "?", id="perl -i"),
        pytest.param("RUN curl -fsSLo /x https://example.org/a", "/x", "?", id="curl -o"),
        pytest.param("RUN cd /opt && curl -O https://example.org/a?b", "/opt/a", "?", id="curl -O"),
        pytest.param("RUN wget -qO /x https://example.org/a", "/x", "?", id="wget -O"),
        pytest.param("RUN wget -P /opt https://example.org/a", "/opt/a", "?", id="wget -P"),
        pytest.param("RUN curl https://example.org/a > /x", "/x", "?", id="curl to a file"),
        pytest.param("RUN wget -qO- https://example.org/a", "/x", None, id="wget to the output"),
        pytest.param("RUN tar -xzf a.tgz -C /y", "/y/x", "??", id="tar -C"),
        pytest.param("RUN tar -xzf a.tgz -C /y", "/x", None, id="and nowhere else"),
        pytest.param("RUN cd /y && tar xzf a.tgz", "/y/x", "??", id="tar in the current folder"),
        pytest.param("RUN tar xzf a.tgz -C /src", "/src/run.sh", "run", id="tar hides nothing"),
        pytest.param("RUN unzip a.zip -d /y", "/y/x", "??", id="unzip"),
        pytest.param("RUN git clone https://example.org/a.git /y", "/y/x", "??", id="git clone"),
        pytest.param("RUN cd /y && git clone https://example.org/a.git", "/y/a/x", "??", id="git clone by name"),
        pytest.param("RUN go build -o /app ./cmd", "/app", "?", id="go build"),
        pytest.param("RUN apt-get install -y curl", "/usr/bin/curl", "??", id="packages go to the system"),
        pytest.param("RUN apt-get install -y curl", "/x", None, id="and to nothing else"),
        pytest.param("RUN pip install -t /y x", "/y/x", "??", id="packages that go elsewhere"),
        pytest.param("WORKDIR /app\nRUN npm ci", "/app/x", "??", id="packages in the current folder"),
        pytest.param("WORKDIR /app\nRUN npm ci", "/x", None, id="packages in the current folder alone"),
        pytest.param("RUN make install", "/x", "??", id="anything may do anything"),
        pytest.param("RUN make install", "/src/run.sh", "run", id="but hides nothing"),
        pytest.param("RUN curl https://example.org/a | sh", "/x", "??", id="a downloaded script"),
        pytest.param("RUN node --version", "/x", None, id="a version is only printed"),
        pytest.param("RUN sh -c 'cp /src/run.sh /x'", "/x", "run", id="sh -c"),
        pytest.param("RUN bash -euxo pipefail -c 'cp /src/run.sh /x'", "/x", "run", id="bash with options"),
        pytest.param("RUN sh /src/run.sh", "/x", "??", id="a script"),
        pytest.param('RUN ["cp", "/src/run.sh", "/x"]', "/x", "run", id="exec form"),
        pytest.param("RUN sudo -u app env A=1 cp /src/run.sh /x", "/x", "run", id="wrappers"),
        pytest.param("RUN su app -c 'cp /src/run.sh /x'", "/x", "run", id="su -c"),
        pytest.param("RUN f() { cp /src/run.sh /x; }; f", "/x", "run", id="function"),
        pytest.param("RUN f() { f; f; }; f", "/x", "??", id="a function that calls itself"),
        pytest.param("RUN for f in a.sh b.txt; do cp /src/sub/$f /opt/$f; done", "/opt/b.txt", "b", id="for"),
        pytest.param("RUN mkdir /y; for f in /src/*; do cp \"$f\" /y/; done", "/y/run.sh", "run", id="for of all"),
        pytest.param("RUN for f in /opt/*; do sed -i s/a/b/ $f; done", "/src/run.sh", "run", id="for of others"),
        pytest.param("RUN for f in /src/*; do sed -i s/r/b/ $f; done", "/src/run.sh", "bun", id="for of these"),
        pytest.param("RUN for f in $(ls); do cp $f /y/; done", "/y/run.sh", "??", id="for over what is not known"),
        pytest.param("RUN cd /src && (cd sub && cp a.sh /x) && cp run.sh /z", "/z", "run", id="a subshell's folder"),
        pytest.param("WORKDIR /src\nRUN cp run.sh /x", "/x", "run", id="WORKDIR"),
        pytest.param("RUN if [ -f /etc/x ]; then echo b > /src/run.sh; fi", "/src/run.sh", "?", id="on a condition"),
        pytest.param("RUN if [ -f /etc/x ]; then echo b > /x; fi", "/x", "??", id="a new file on a condition"),
        pytest.param("RUN [ -f /etc/x ] && echo b > /x || true", "/x", "??", id="after a question"),
        pytest.param("RUN test -f /etc/x && echo b > /x", "/x", "b\n", id="a question that the build hangs on"),
        pytest.param("RUN false || echo b > /x", "/x", "??", id="after a failure"),
        pytest.param("RUN rm /src/run.sh || true", "/src/run.sh", None, id="before ||"),
        pytest.param("RUN test -d x && rm /src/run.sh; true", "/src/run.sh", "run", id="what may be removed stays"),
        pytest.param("RUN useradd -m -d /y app\nCOPY run.sh /y", "/y/run.sh", "run", id="a home folder"),
        pytest.param("RUN adduser -h /y app\nCOPY run.sh /y", "/y/run.sh", "run", id="the same of busybox"),
        pytest.param("RUN echo 'if then' && )", "/x", "??", id="what is no shell"),
        pytest.param('SHELL ["pwsh", "-c"]\nRUN cp /src/run.sh /x', "/x", "??", id="a shell that is not known"),
        pytest.param("RUN <<EOF\n#!/usr/bin/env python3\nopen('/x')\nEOF", "/x", "??", id="a heredoc that is no shell"),
        pytest.param("RUN <<EOF\n#!/bin/bash\ncp /src/run.sh /x\nEOF", "/x", "run", id="a heredoc with a shebang"),
        pytest.param("RUN --mount=target=/m cp /m/run.sh /x", "/x", "run", id="a mounted context"),
        pytest.param("RUN --mount=source=sub,target=/m cp -r /m /y", "/y/a.sh", "a", id="a mounted folder"),
        pytest.param("RUN --mount=target=/m true", "/m/run.sh", None, id="is there for the RUN alone"),
        pytest.param("RUN --mount=type=cache,target=/m cp /m/a /x", "/x", "?", id="a mounted cache"),
    ],
)  # fmt: skip
def test_run(steps: str, path: str, expected: str | None) -> None:
    assert at(image(DEBIAN + steps, CONTEXT), path) == expected


@pytest.mark.parametrize(
    ("steps", "mode"),
    [
        pytest.param("RUN chmod +x /src/run.sh", 0o755, id="+x"),
        pytest.param("RUN chmod 700 /src/run.sh", 0o700, id="octal"),
        pytest.param("RUN chmod u=rwx,g-r /src/run.sh", 0o704, id="clauses"),
        pytest.param("RUN chmod -R a+x /src", 0o755, id="-R"),
        pytest.param("RUN chmod -R 750 /", 0o750, id="-R of everything"),
        pytest.param("RUN chmod +x /src/*.sh", 0o755, id="pattern"),
        pytest.param("RUN chmod +x /src/*.py", 0o644, id="a pattern that does not match"),
        pytest.param("RUN cd /src && chmod +x run.sh", 0o755, id="relative"),
        pytest.param("WORKDIR /src\nRUN chmod +x *.sh sub/*", 0o755, id="relative pattern"),
        pytest.param("RUN chmod +x /src/none /src/run.sh", 0o755, id="several"),
        pytest.param("COPY setup.sh /\nRUN sh /setup.sh", None, id="in a script"),
        pytest.param("COPY --chmod=755 setup.sh /\nRUN /setup.sh", None, id="in a script that is run"),
        pytest.param("COPY setup.sh /\nRUN sh /other.sh", 0o644, id="in a script that is not run"),
        pytest.param("RUN chmod --recursive +x /src", 0o755, id="long option"),
        pytest.param("RUN chmod 755 /src/run.sh && chmod -x /src/run.sh", 0o644, id="-x"),
        pytest.param("RUN find /src -type f -name '*.sh' -exec chmod +x {} \\;", 0o755, id="find"),
        pytest.param("RUN find /src -name '*.py' -exec chmod +x {} \\;", 0o644, id="a find of others"),
        pytest.param("RUN find /opt -exec chmod 777 {} +", 0o644, id="a find elsewhere"),
        pytest.param("RUN find /src -mmin 1 | xargs chmod +x", None, id="xargs"),
        pytest.param("RUN chmod +x $(ls /src)", None, id="files that are not known"),
        pytest.param("RUN test -f x && chmod +x /src/run.sh; true", None, id="on a condition"),
        pytest.param("RUN chmod $MODE_OF_$(id) /src/run.sh", None, id="a mode that is not known"),
        pytest.param("RUN ln -s /src/run.sh /l && chmod +x /l", 0o755, id="through a link"),
        pytest.param("RUN mv /src/run.sh /t && chmod +x /t && mv /t /src/run.sh", 0o755, id="moved about"),
        pytest.param("RUN install -m 711 /src/run.sh /t && mv /t /src/run.sh", 0o711, id="install"),
        pytest.param("RUN echo x > /src/run.sh", 0o644, id="written anew"),
        pytest.param("RUN chmod +x /src/run.sh\nRUN echo x > /src/run.sh", 0o755, id="which keeps the mode"),
    ],
)
def test_modes(steps: str, mode: int | None) -> None:
    found = file(image(DEBIAN + steps, CONTEXT, modes={"run.sh": 0o644}), "/src/run.sh").mode
    assert found == mode if mode is not None else isinstance(found, Unknown)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        pytest.param("FROM debian:12", "-e a\n\tb\n", id="dash prints -e and reads escapes"),
        pytest.param("FROM alpine:3.20", "a\n\tb\n", id="busybox reads them with -e"),
        pytest.param("FROM fedora:40", "a\n\tb\n", id="bash too"),
        pytest.param('FROM debian:12\nSHELL ["/bin/bash", "-c"]', "a\n\tb\n", id="bash by SHELL"),
        pytest.param("FROM example.org/app", "?", id="not known"),
    ],
)
def test_echo_is_that_of_the_shell(base: str, expected: str) -> None:
    assert at(image(base + "\nRUN echo -e 'a\\n\\tb' > /x"), "/x") == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        pytest.param("FROM debian:12", "a\nb\n", id="dash"),
        pytest.param("FROM alpine:3.20", "a\\nb\n", id="busybox"),
        pytest.param("FROM fedora:40", "a\\nb\n", id="bash"),
    ],
)
def test_escapes_without_an_option(base: str, expected: str) -> None:
    assert at(image(base + "\nRUN echo 'a\\nb' > /x"), "/x") == expected


def test_what_a_run_writes_leads_back_to_the_dockerfile() -> None:
    text = "FROM debian:12\nRUN echo '#!/bin/sh\\n\\\nexec app' > /x && \\\n    printf '%s\\n' \"one  two\" >> /x\n"
    content = file(image(text), "/x").content
    assert isinstance(content, SourceFile)
    assert content.text == "#!/bin/sh\nexec app\none  two\n"
    for word in ("#!/bin/sh", "exec app", "one  two"):
        start = content.text.index(word)
        place = Span(content, start, start + len(word)).outermost()
        assert place.text == word
        assert place.path == "Dockerfile"


def test_a_heredoc_leads_back_to_the_dockerfile() -> None:
    text = "FROM debian:12\nRUN <<EOF\ncat > /x <<-END\n\t\texec app\n\tEND\nEOF\n"
    content = file(image(text), "/x").content
    assert isinstance(content, SourceFile)
    assert content.text == "exec app\n"
    assert Span(content, 0, 4).position() == (4, 3, 4, 7)


def test_line_ends_that_are_mended_lead_back_to_the_file() -> None:
    content = file(image(DEBIAN + "RUN dos2unix /src/dos.sh", CONTEXT), "/src/dos.sh").content
    assert isinstance(content, SourceFile)
    start = content.text.index("exec")
    assert Span(content, start, start + 4).position() == (2, 1, 2, 5)
    assert Span(content, start, start + 4).path == "dos.sh"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param("RUN apk add --no-cache tini su-exec", {"tini", "su-exec"}, id="apk"),
        pytest.param("RUN apk add --virtual .build gcc && apk del .build", {"gcc"}, id="apk --virtual"),
        pytest.param("RUN apk add 'bash>5' curl=8.1-r0 jq@edge", {"bash", "curl", "jq"}, id="versions"),
        pytest.param("RUN apt-get install -y --yes tini=0.19 gosu:amd64", {"tini", "gosu"}, id="apt-get"),
        pytest.param("RUN apt-get -qq -o a=b install dumb-init", {"dumb-init"}, id="options before"),
        pytest.param("RUN DEBIAN_FRONTEND=noninteractive apt install -y nginx", {"nginx"}, id="an assignment before"),
        pytest.param("RUN yum -y install httpd && dnf install -y php", {"httpd", "php"}, id="yum and dnf"),
        pytest.param("RUN pip install -r deps.txt gunicorn==21 'uvicorn[all]' .", {"gunicorn", "uvicorn"}, id="pip"),
        pytest.param("RUN npm install -g pm2@5 serve", {"pm2", "serve"}, id="npm"),
        pytest.param("RUN gem install puma -v 6", {"puma"}, id="gem"),
        pytest.param('ENV P="tini gosu"\nRUN apt-get install $P', {"tini", "gosu"}, id="a variable of several"),
        pytest.param("RUN if true; then apk add tini; fi", set(), id="on a condition"),
        pytest.param("RUN apt-get remove tini", set(), id="removed"),
        pytest.param("RUN sudo apt-get install tini", {"tini"}, id="sudo"),
    ],
)  # fmt: skip
def test_installed(steps: str, expected: set[str]) -> None:
    assert image("FROM debian:12\n" + steps).installed == expected


def test_stages_hand_on_what_is_installed() -> None:
    assert image("FROM alpine AS a\nRUN apk add tini\nFROM a\nRUN apk add bash").installed == {"tini", "bash"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("for a in 1 2 3 4 5 6 7 8 9; do " * 12 + "touch /x" + "; done" * 12, id="loops in loops"),
        pytest.param("f() { g; g; }; g() { f; f; }; f", id="functions in a circle"),
        pytest.param("a=x; " + "a=$a$a; " * 60 + "echo $a > /x", id="a value that doubles itself"),
        pytest.param("sh -c " * 200 + "x", id="shells in shells"),
        pytest.param("(" * 500 + "x" + ")" * 500, id="parentheses"),
        pytest.param("sudo " * 3000 + "x", id="wrappers of wrappers"),
        pytest.param("touch /x; \\\n" * 20000 + "true", id="many commands"),
    ],
)
def test_bad_scripts_end(text: str) -> None:
    made = image("FROM debian:12\nRUN " + text)
    assert made.files.lookup("/x") is None or isinstance(made.files.lookup("/x"), (ImageFile, Unknown))
