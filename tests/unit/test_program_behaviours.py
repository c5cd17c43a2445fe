"""What known programs do when their image is stopped: services, wrappers, interpreters, runners of scripts."""

from __future__ import annotations

import json

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.verdicts import verdict

ALPINE = "alpine:3.20"
SCRIPTS = {"start": "server", "wrapped": "server; true", "direct": "exec server", "prestart": "echo hi"}
PACKAGE = {"package.json": json.dumps({"scripts": SCRIPTS})}


def outcome(line: str, **options: object) -> str:
    return str(verdict(*line.split(" "), **options).outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("nginx -g daemon_off;", "exits", id="nginx"),
        pytest.param("httpd -D FOREGROUND", "graceful", id="httpd"),
        pytest.param("httpd", "exits", id="httpd-daemon"),
        pytest.param("cron -f", "killed", id="cron"),
        pytest.param("cron", "exits", id="cron-daemon"),
        pytest.param("/usr/sbin/sshd -D -e", "graceful", id="sshd"),
        pytest.param("/usr/sbin/sshd -De", "graceful", id="sshd-cluster"),
        pytest.param("/usr/sbin/sshd", "exits", id="sshd-daemon"),
        pytest.param("memcached -u nobody", "graceful", id="memcached"),
        pytest.param("memcached -u nobody -d", "exits", id="memcached-daemon"),
        pytest.param("redis-server --daemonize yes", "exits", id="redis-daemon"),
        pytest.param("sleep", "fails", id="sleep-told-nothing"),
        pytest.param("redis-server --save x", "graceful", id="redis"),
        pytest.param("haproxy -W -db", "graceful", id="haproxy-master"),
        pytest.param("solr start -f", "graceful", id="solr"),
        pytest.param("solr start", "exits", id="solr-daemon"),
        pytest.param("haproxy -db", "killed", id="haproxy"),
        pytest.param("haproxy -f /etc/proxy.cfg -D", "exits", id="haproxy-daemon"),
        pytest.param("stunnel", "exits", id="stunnel"),
        pytest.param("ceph -s", "exits", id="ceph"),
        pytest.param("ceph-osd -i 1 -k /keyring", "exits", id="ceph-osd-daemon"),
        pytest.param("ceph-osd -i 1 --foreground", "graceful", id="ceph-osd"),
        pytest.param("ceph-mon -i 1 --mkfs", "exits", id="ceph-mon-mkfs"),
        pytest.param("murmurd -fg -ini /etc/murmur.ini", "graceful", id="murmurd"),
        pytest.param("supercronic -test /etc/crontab", "exits", id="supercronic-test"),
        pytest.param("s6-svc -u /run/service/app", "exits", id="s6-svc"),
        pytest.param("supervisorctl start app", "exits", id="supervisorctl"),
        pytest.param("supervisorctl tail -f app", "graceful", id="supervisorctl-tail"),
        pytest.param("docker run --detach our/image", "exits", id="docker-run-detached"),
        pytest.param("docker run our/image", "graceful", id="docker-run"),
        pytest.param("docker compose up -d", "exits", id="compose-up-detached"),
        pytest.param("podman push our/image", "exits", id="podman-push"),
        pytest.param("fetchmail --daemon 30 --fetchmailrc /rc", "exits", id="fetchmail-daemon"),
        pytest.param("fetchmail -d30 -N", "graceful", id="fetchmail"),
        pytest.param("pylint app", "exits", id="pylint"),
        pytest.param("playwright test", "exits", id="playwright"),
        pytest.param("/opt/keycloak/bin/kc.sh start --optimized", "graceful", id="keycloak"),
        pytest.param("/opt/keycloak/bin/kc.sh build", "exits", id="keycloak-build"),
        pytest.param("freshclam -d --foreground", "graceful", id="freshclam"),
        pytest.param("remix-serve build", "graceful", id="remix-serve"),
        pytest.param("playwright run-server", "unknown", id="playwright-server"),
        pytest.param("kcadm.sh create realms -s realm=x", "exits", id="kcadm"),
        pytest.param("lintian x.deb", "exits", id="lintian"),
        pytest.param("composer run-script post-install-cmd", "exits", id="composer-event"),
        pytest.param("composer run-script serve", "unknown", id="composer-script"),
        pytest.param("frankenphp run --config /Caddyfile", "graceful", id="frankenphp"),
        pytest.param("./srcds_run -game tf", "killed", id="srcds"),
        pytest.param("./srcds_run -game tf -norestart", "graceful", id="srcds-in-front"),
        pytest.param("pandoc -o /out/x.pdf x.md", "exits", id="pandoc"),
        pytest.param("trivy server", "unknown", id="a-tool-that-serves"),
        pytest.param("scl enable devtoolset-9 redis-server", "killed", id="scl"),
        pytest.param("scl enable python27 devtoolset-9 -- alembic upgrade head", "exits", id="scl-and-its-words"),
        pytest.param("scl enable --exec python27 memcached", "unknown", id="scl-that-becomes-it"),
        pytest.param("fixuid -q memcached -u nobody", "graceful", id="fixuid"),
        pytest.param("squid -Nz -f /etc/squid/squid.conf", "exits", id="squid-that-makes-its-folders"),
        pytest.param("pcscd --debug", "exits", id="pcscd-daemon"),
        pytest.param("pcscd -f", "graceful", id="pcscd"),
        pytest.param("R -e print(1)", "exits", id="R"),
        pytest.param("Rscript", "exits", id="Rscript-without-a-file"),
        pytest.param("ipython", "exits", id="ipython-without-a-terminal"),
        pytest.param("ipython serve.py", "graceful", id="ipython-and-a-file"),
        pytest.param("sidekiq -d -L log", "exits", id="sidekiq-daemon"),
        pytest.param("sidekiq -q default", "graceful", id="sidekiq"),
        pytest.param("script/delayed_job start", "exits", id="delayed-job-start"),
        pytest.param("script/delayed_job run", "graceful", id="delayed-job-run"),
        pytest.param("clockworkd -c clock.rb start", "exits", id="clockworkd-start"),
        pytest.param("searchd", "exits", id="searchd"),
        pytest.param("searchd --nodetach", "graceful", id="searchd-nodetach"),
        pytest.param("rails server --daemon", "exits", id="rails-daemon"),
        pytest.param("socat", "fails", id="socat-without-addresses"),
        pytest.param("R -e shiny::runApp()", "killed", id="R-shiny"),
        pytest.param("Rscript serve.R", "killed", id="Rscript"),
        pytest.param("lua5.4 serve.lua", "killed", id="lua"),
        pytest.param("elixir --no-halt x.exs", "graceful", id="elixir"),
        pytest.param("mix ecto.migrate", "exits", id="mix-task"),
        pytest.param("sbcl --script x.lisp", "terminated", id="sbcl"),
        pytest.param("deno run x.ts", "unknown", id="deno"),
        pytest.param("deno test", "exits", id="deno-test"),
        pytest.param("tmux new -d -s x memcached", "exits", id="tmux"),
        pytest.param("screen -dmS x memcached", "exits", id="screen"),
        pytest.param("torsocks memcached -u nobody", "graceful", id="torsocks"),
        pytest.param("ssh-agent memcached -u nobody", "graceful", id="ssh-agent"),
        pytest.param("sg www-data redis-server", "killed", id="sg"),
        pytest.param("hugo --minify", "exits", id="hugo"),
        pytest.param("hugo server", "graceful", id="hugo-server"),
        pytest.param("hugo -w", "graceful", id="hugo-watch"),
        pytest.param("our-tool version", "exits", id="only-version"),
        pytest.param("info users are there", "exits", id="info"),
        pytest.param("our-tool -V", "exits", id="only-V"),
        pytest.param("our-tool -v", "graceful", id="verbose"),
        pytest.param("our-tool version serve", "graceful", id="more-than-version"),
        pytest.param("celery -A app worker -c 2", "graceful", id="celery"),
        pytest.param("celery -A app purge", "exits", id="celery-purge"),
        pytest.param("flask --app x run", "killed", id="flask"),
        pytest.param("flask run --debug", "terminated", id="flask-debug"),
        pytest.param("flask run --debug --no-reload", "killed", id="flask-debug-without-the-reloader"),
        pytest.param("env FLASK_ENV=development flask run", "graceful", id="flask-of-a-version-that-is-not-known"),
        pytest.param("functions-framework --target=x", "graceful", id="functions-framework"),
        pytest.param("flask db upgrade", "exits", id="flask-upgrade"),
        pytest.param("python3 -m http.server", "killed", id="http-server"),
        pytest.param("php -S 0.0.0.0:80", "killed", id="php-server"),
        pytest.param("postgres --version", "exits", id="version"),
        pytest.param("squid -N", "killed", id="squid-waits-31-seconds"),
        pytest.param("mysqld_safe", "killed", id="mysqld-safe"),
        pytest.param("uwsgi --http :80 --master", "killed", id="uwsgi-master"),
        pytest.param("uwsgi --http :80 --master --die-on-term", "graceful", id="uwsgi-die-on-term"),
        pytest.param("catalina.sh run", "graceful", id="tomcat"),
        pytest.param("catalina.sh start", "exits", id="tomcat-daemon"),
        pytest.param("java -jar x.jar", "graceful", id="java"),
        pytest.param("java -Xrs -jar x.jar", "killed", id="java-xrs"),
        pytest.param("java -version", "exits", id="java-version"),
        pytest.param("rails server -b 0.0.0.0", "graceful", id="rails"),
        pytest.param("rails db:migrate", "exits", id="rails-migrate"),
        pytest.param("bundle exec rails server", "graceful", id="bundle"),
        pytest.param("bundle install", "exits", id="bundle-install"),
        pytest.param("nc -l 80", "killed", id="nc"),
        pytest.param("nc -z db 5432", "exits", id="nc-test"),
        pytest.param("service nginx start", "exits", id="service"),
        pytest.param("/etc/init.d/nginx start", "exits", id="init-script"),
        pytest.param("apachectl -D FOREGROUND", "killed", id="apachectl"),
        pytest.param("wait-for-it.sh db:5432 -- gunicorn app", "graceful", id="wait-for-it"),
        pytest.param("apachectl start -D FOREGROUND", "unknown", id="apachectl-start"),
        pytest.param("twistd web", "exits", id="twistd"),
        pytest.param("twistd -n web", "graceful", id="twistd-nodaemon"),
        pytest.param("rackup -D", "exits", id="rackup-daemon"),
        pytest.param("thin start -p 80", "graceful", id="thin"),
        pytest.param("pgbouncer -d /etc/pgbouncer.ini", "exits", id="pgbouncer-daemon"),
        pytest.param("pgbouncer /etc/pgbouncer.ini", "graceful", id="pgbouncer"),
        pytest.param("nsd", "exits", id="nsd-daemon"),
        pytest.param("puma -C puma.rb --daemon", "exits", id="puma-daemon"),
        pytest.param("ntpd --nofork", "graceful", id="ntpd"),
        pytest.param("/opt/wildfly/bin/standalone.sh -b 0.0.0.0", "killed", id="wildfly"),
        pytest.param("env LAUNCH_JBOSS_IN_BACKGROUND=1 standalone.sh", "graceful", id="wildfly-in-the-background"),
        pytest.param("beanstalkd", "killed", id="beanstalkd"),
        pytest.param("inotifywait -m /tmp", "killed", id="inotifywait"),
        pytest.param("gdb --args server", "unknown", id="gdb"),
        pytest.param("env FLASK_DEBUG=1 flask run", "terminated", id="flask-debug-by-env"),
        pytest.param("env FLASK_DEBUG=0 flask run", "killed", id="flask-debug-off"),
        pytest.param("env FLASK_DEBUG=1 flask run --no-debug", "killed", id="flask-no-debug"),
        pytest.param("rake db:migrate", "exits", id="rake-migrate"),
        pytest.param("rake work", "unknown", id="rake-own-task"),
        pytest.param("direnv exec / sshd -D", "graceful", id="direnv"),
        pytest.param("start-stop-daemon --start --exec /usr/sbin/sshd -- -D", "graceful", id="start-stop-daemon"),
        pytest.param("start-stop-daemon -S -b -x /usr/sbin/sshd -- -D", "exits", id="start-stop-daemon-background"),
    ],
)
def test_on_debian(line: str, expected: str) -> None:
    packages = (
        "apache2 celery cron default-jre flask haproxy mariadb-server memcached netcat-openbsd nginx openssh-server",
        "php postgresql python3 rails redis squid tomcat uwsgi",
    )
    lines = f"RUN apt-get install -y {' '.join(packages)} && mkdir /run/sshd"
    assert outcome(line, lines=lines) == expected


def test_fetchmail_stays_where_pid_1_has_started_it() -> None:
    assert verdict("bash", "-c", "fetchmail -d 30; true").outcome == "killed"
    found = verdict("bash", "-c", "bash /app/inner.sh; sleep 9999", files={"inner.sh": "fetchmail -d 30\ntrue\n"})
    assert (found.outcome, found.main) == ("killed", ("fetchmail",))
    assert any("in the background" in step.text for step in found.story)


@pytest.mark.parametrize("line", ["node dist/main.mjs", "python3 -m our_module", "ruby /opt/server.rb"])
def test_a_script_that_is_not_in_the_files(line: str) -> None:
    """As PID 1 it may be deaf, but in Ruby; below an init it is taken to handle its signal, or dies of it."""
    lines = "RUN apt-get install -y nodejs python3 ruby tini"
    assert (verdict(*line.split(" "), lines=lines).outcome == "unknown") == (not line.startswith("ruby"))
    found = verdict("tini", "--", *line.split(" "), lines=lines)
    assert found.outcome == "graceful"
    assert any("assumed" in step.text for step in found.story)


@pytest.mark.parametrize(
    ("line", "lines", "expected"),
    [
        pytest.param("our-server", "", "unknown", id="a-signal-that-its-base-image-is-stopped-by"),
        pytest.param("our-server", "STOPSIGNAL SIGWINCH", "graceful", id="chosen-for-it"),
        pytest.param("our-server", "STOPSIGNAL SIGTERM", "graceful", id="set-anew"),
        pytest.param("circusd /circus.ini", "", "killed", id="one-that-goes-on"),
    ],
)
def test_a_signal_that_the_kernel_ignores(line: str, lines: str, expected: str) -> None:
    assert outcome(line, base="httpd:2.4", lines=lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("pm2 start app.js", "exits", id="pm2-start"),
        pytest.param("pm2 start app.js --no-daemon", "killed", id="pm2-no-daemon"),
        pytest.param("pm2 logs", "killed", id="pm2-logs"),
        pytest.param("react-scripts start", "killed", id="react-scripts"),
        pytest.param("react-scripts build", "exits", id="react-scripts-build"),
        pytest.param("vue-cli-service serve", "graceful", id="vue-serve"),
        pytest.param("vue-cli-service build --watch", "killed", id="vue-watch"),
        pytest.param("vue-cli-service build", "exits", id="vue-build"),
        pytest.param("nest start", "cut-off", id="nest-start"),
        pytest.param("ts-node-dev --respawn -P tsconfig.json main.ts", "cut-off", id="ts-node-dev"),
        pytest.param("nest build", "exits", id="nest-build"),
        pytest.param("bunx server", "graceful", id="bunx"),
        pytest.param("bun x server", "graceful", id="bun-x"),
        pytest.param("run-s direct", "killed", id="run-s"),
        pytest.param("npm-run-all direct", "killed", id="npm-run-all"),
        pytest.param("npm-run-all -p direct start", "killed", id="npm-run-all-parallel"),
        pytest.param("npm-run-all -p direct -s start", "unknown", id="npm-run-all-mixed"),
        pytest.param("concurrently npm:direct", "graceful", id="concurrently-shortcut"),
        pytest.param("concurrently npm:d*", "unknown", id="concurrently-pattern"),
        pytest.param("node --watch server.js", "terminated", id="node-watch"),
    ],
)
def test_on_node(line: str, expected: str) -> None:
    programs = ("pm2", "react-scripts", "nest", "bun", "bunx", "run-s", "npm-run-all", "concurrently", "server")
    files = {f"bin/{name}": "\x7fELF" for name in (*programs, "vue-cli-service")}
    files |= {**PACKAGE, "server.js": "setInterval(() => {}, 1000)\n"}
    lines = "ENTRYPOINT []\nENV PATH=/app/bin:/usr/local/bin:/usr/bin:/bin"
    assert outcome(line, base="node:20", files=files, lines=lines) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("node make.js && concurrently 'node a.js' 'node b.js'", "exits", id="whatever-they-start"),
        pytest.param("tool --watch", "cut-off", id="unless-they-watch"),
    ],
)
def test_tests_end(script: str, expected: str) -> None:
    package = json.dumps({"scripts": {"test": script}})
    files = {"package.json": package, **dict.fromkeys(("make.js", "a.js", "b.js"), "require('./more')\n")}
    assert outcome("npm test", base="node:20", files=files, lines="RUN npm install -g tool") == expected


@pytest.mark.parametrize(
    ("broker", "expected"),
    [pytest.param("redis://redis", "graceful", id="redis"), pytest.param("memory://", "killed", id="its-own-memory")],
)
def test_how_long_celery_takes_to_end_depends_on_its_broker(broker: str, expected: str) -> None:
    files = {"shop.py": f"from celery import Celery\napp = Celery(broker='{broker}')\n"}
    lines = "RUN pip install celery"
    assert outcome("celery -A shop worker", base="python:3.12", files=files, lines=lines, grace=4.0) == expected


@pytest.mark.parametrize(
    ("handled", "lines", "expected"),
    [
        pytest.param("SIGINT", "", "graceful", id="sends-INT"),
        pytest.param("SIGTERM", "", "terminated", id="not-TERM"),
        pytest.param("SIGTERM", "ENV PM2_KILL_SIGNAL=SIGTERM", "graceful", id="told-TERM"),
        pytest.param("SIGTERM", "ARG S\nENV PM2_KILL_SIGNAL=$S", "unknown", id="told-what-is-not-known"),
    ],
)
def test_pm2_sends_its_own_signal(handled: str, lines: str, expected: str) -> None:
    script = f"require('http').createServer().listen(80);\nprocess.on('{handled}', () => process.exit(0));\n"
    files = {"bin/pm2-runtime": "\x7fELF", "server.js": script}
    lines = f"{lines}\nENTRYPOINT []\nENV PATH=/app/bin:/usr/local/bin:/usr/bin:/bin"
    assert outcome("pm2-runtime server.js", base="node:20", files=files, lines=lines) == expected


@pytest.mark.parametrize(
    ("base", "lines", "expected"),
    [
        pytest.param("node:20", "", "graceful", id="newest"),
        pytest.param("node:20.8.1-slim", "", "killed", id="npm-10.1"),
        pytest.param("node:20.8.1-slim", "RUN npm install -g npm@10.9", "unknown", id="another-npm"),
        pytest.param("node:20.12", "", "graceful", id="npm-10.5"),
        pytest.param("node:20.1", "", "graceful", id="npm-9.6.4"),
        pytest.param("node:20.10", "", "killed", id="npm-10.2"),
        pytest.param("node:18.18-alpine3.18", "", "killed", id="npm-9.8"),
    ],
)
def test_npm_by_its_version(base: str, lines: str, expected: str) -> None:
    files = {**PACKAGE, "server": "\x7fELF"}
    lines = f"{lines}\nENTRYPOINT []\nENV PATH=/app:/usr/local/bin:/usr/bin:/bin"
    assert outcome("npm run direct", base=base, files=files, lines=lines) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param('["postfix", "start-fg"]', "terminated", id="execs-master-as-pid-1"),
        pytest.param('["tini", "--", "postfix", "start-fg"]', "cut-off", id="stays-a-script-elsewhere"),
        pytest.param('["postfix", "start"]', "exits", id="leaves"),
    ],
)
def test_postfix(command: str, expected: str) -> None:
    files = MemoryFiles({"Dockerfile": f"FROM debian:12\nRUN apt-get install -y tini postfix\nCMD {command}\n"})
    cases, _ = analyze_container(files, "Dockerfile", Options())
    assert cases[0][1].outcome == expected


def test_nginx_in_the_foreground() -> None:
    assert verdict("nginx", "-g", "daemon off;", base="nginx:1.27").outcome == "graceful"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("", "exits", id="by-default"),
        pytest.param('RUN echo "daemon off;" >> /etc/nginx/nginx.conf', "graceful", id="in-a-run"),
        pytest.param("COPY src/fg.conf /etc/nginx/nginx.conf", "graceful", id="in-a-copied-file"),
        pytest.param("COPY src/bg.conf /etc/nginx/nginx.conf", "exits", id="only-in-a-comment"),
        pytest.param("COPY --from=other/image /x /etc/nginx/nginx.conf", "unknown", id="in-an-unknown-file"),
        pytest.param(
            "RUN ./configure --prefix=/opt/web && make install\nCOPY src/fg.conf /opt/web/conf/nginx.conf",
            "graceful",
            id="where-its-build-has-put-it",
        ),
        pytest.param(
            'ARG OPTIONS="--prefix=/opt/web"\nCOPY src/fg.conf /opt/web/conf/nginx.conf',
            "graceful",
            id="where-an-argument-tells-its-build-to-put-it",
        ),
        pytest.param(
            "RUN ./configure --conf-path=/web.conf && make install\nCOPY src/fg.conf /web.conf",
            "graceful",
            id="where-its-build-looks-for-it",
        ),
        pytest.param(
            "RUN ./configure --prefix=/opt/web && make install\nCOPY src/bg.conf /opt/web/conf/nginx.conf",
            "exits",
            id="where-its-build-has-put-it-only-in-a-comment",
        ),
    ],
)
def test_nginx_by_its_configuration(lines: str, expected: str) -> None:
    files = {"fg.conf": "user www;\ndaemon   off;\n", "bg.conf": "# daemon off;\n"}
    assert outcome("nginx", files=files, base="nginx:1.27", lines=lines) == expected


@pytest.mark.parametrize(
    ("base", "lines", "expected"),
    [
        pytest.param("php:8.3-fpm", "", "graceful", id="official"),
        pytest.param("wordpress:fpm-alpine", "", "graceful", id="made-from-the-official-one"),
        pytest.param("debian:bookworm", "RUN apt-get install -y php-fpm", "exits", id="debian"),
        pytest.param("example/php-base", "", "unknown", id="base-not-known"),
    ],
)
def test_php_fpm(base: str, lines: str, expected: str) -> None:
    assert outcome("php-fpm", base=base, lines=lines) == expected


@pytest.mark.parametrize(
    ("ini", "expected"),
    [
        pytest.param("[uwsgi]\nmaster = true\n", "killed", id="master"),
        pytest.param("[uwsgi]\nmaster = true\ndie-on-term = true\n", "graceful", id="die-on-term"),
        pytest.param("[uwsgi]\nmaster\ndie-on-term\nhook-pre-app = exec:true\n", "graceful", id="bare-names"),
        pytest.param("[uwsgi]\nmaster = 4\n", "killed", id="any-value-switches-on"),
        pytest.param("[uwsgi]\nmaster = false\n", "terminated", id="no-master"),
        pytest.param("[uwsgi]\nmaster = off\n", "terminated", id="off"),
        pytest.param("[uwsgi]\ndaemonize = /log\n", "exits", id="daemonize"),
    ],
)
def test_uwsgi_reads_its_ini_file(ini: str, expected: str) -> None:
    assert outcome("uwsgi --ini app.ini", files={"app.ini": ini}) == expected


@pytest.mark.parametrize("command", ["nginx -c /srv/web.conf", "nginx -p /srv -c web.conf"])
def test_nginx_by_a_configuration_that_is_nowhere(command: str) -> None:
    """What makes it as the container starts may have it stay in the foreground."""
    assert outcome(command, base="nginx:1.27") == "unknown"


def test_squid_by_its_configuration() -> None:
    files = {"squid.conf": "http_port 3128\nshutdown_lifetime 2 seconds\n"}
    assert outcome("squid -N -f /app/squid.conf", files=files) == "graceful"


@pytest.mark.parametrize(
    ("line", "base", "expected"),
    [
        pytest.param("crond -f", ALPINE, "killed", id="crond"),
        pytest.param("crond", ALPINE, "exits", id="crond-daemon"),
        pytest.param("su app -c server", "debian:bookworm", "cut-off", id="su-of-util-linux-with-dash"),
        pytest.param("su app -c server", ALPINE, "graceful", id="su-of-busybox"),
        pytest.param("busybox su app -c server", "debian:bookworm", "killed", id="busybox-on-debian"),
        pytest.param("busybox sleep 100000", "debian:bookworm", "killed", id="busybox-sleep"),
        pytest.param("httpd -f -p 80", "busybox:1.36", "killed", id="httpd-of-busybox"),
    ],
)
def test_busybox_has_its_own(line: str, base: str, expected: str) -> None:
    files = {"server": "\x7fELF"}
    lines = "RUN useradd app\nENV PATH=/app:/usr/sbin:/usr/bin:/sbin:/bin"
    assert outcome(line, base=base, files=files, lines=lines) == expected


@pytest.mark.parametrize(("package", "expected"), [("busybox", "fails"), ("busybox-static", "killed")])
def test_the_two_busyboxes_of_debian(package: str, expected: str) -> None:
    """Measured in an engine: "crond: applet not found"."""
    assert outcome("busybox crond -f", base="debian:bookworm", lines=f"RUN apt-get install -y {package}") == expected


@pytest.mark.parametrize(
    ("line", "base", "expected"),
    [
        pytest.param("npm start", "node:20", "cut-off", id="npm-dash"),
        pytest.param("npm start", "node:20-alpine", "graceful", id="npm-busybox"),
        pytest.param("npm run direct", "node:20", "graceful", id="npm-exec"),
        pytest.param("npm run wrapped", "node:20-alpine", "cut-off", id="npm-list"),
        pytest.param("npm ci", "node:20", "exits", id="npm-ci"),
        pytest.param("npm run nothing", "node:20", "fails", id="npm-no-such-script"),
        pytest.param("yarn start", "node:20-alpine", "cut-off", id="yarn-1-leaves-at-once"),
        pytest.param("yarn install", "node:20", "exits", id="yarn-install"),
        pytest.param("pnpm start", "node:24", "unknown", id="pnpm-of-no-known-version"),
        pytest.param("pnpm run direct", "node:20", "graceful", id="pnpm-exec"),
        pytest.param("bun run start", "oven/bun:1", "graceful", id="bun-with-bash"),
        pytest.param("bun run wrapped", "node:20", "cut-off", id="bun-list"),
        pytest.param("npm --prefix /elsewhere start", "node:20", "unknown", id="npm-another-folder"),
        pytest.param("npm --prefix /elsewhere run build:node", "node:20", "exits", id="npm-a-script-that-builds"),
        pytest.param("npm --prefix /elsewhere run db:migrate", "node:20", "exits", id="npm-a-script-that-migrates"),
        pytest.param("npm --prefix /elsewhere run build:watch", "node:20", "unknown", id="npm-a-script-that-watches"),
        pytest.param("npm --prefix /elsewhere run builder", "node:20", "unknown", id="npm-another-script"),
        pytest.param("npm -w web start", "node:20", "unknown", id="npm-workspace"),
    ],
)
def test_scripts_of_package_json(line: str, base: str, expected: str) -> None:
    files = {**PACKAGE, "server": "\x7fELF"}
    found = outcome(line, base=base, files=files, lines="ENTRYPOINT []\nENV PATH=/app:/usr/local/bin:/usr/bin:/bin")
    assert found == expected


def test_concurrently_that_is_given_nothing_to_run() -> None:
    assert (
        verdict("concurrently", "", base="node:20", lines="ENTRYPOINT []\nRUN npm i -g concurrently").outcome
        == "unknown"
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"package.json": "{}"}, "unknown", id="none"),
        pytest.param(
            {"package.json": "{}", "server.js": "process.on('SIGTERM', () => process.exit()); setInterval(() => 0, 9)"},
            "graceful",
            id="server.js",
        ),
    ],
)
def test_npm_starts_server_js_where_there_is_no_script(files: dict[str, str], expected: str) -> None:
    assert outcome("npm start", base="node:20-alpine", files=files, lines="ENTRYPOINT []") == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("server --port 80", "graceful", id="plain"),
        pytest.param("echo x && server", "graceful", id="list"),
        pytest.param("server | tee log", "unknown", id="pipeline"),
    ],
)
def test_yarn_since_2_starts_programs_itself(script: str, expected: str) -> None:
    package = json.dumps({"packageManager": "yarn@4.1.0", "scripts": {"start": script}})
    lines = "ENTRYPOINT []\nENV PATH=/app:/usr/local/bin:/usr/bin:/bin"
    assert (
        outcome("yarn start", base="node:20", files={"package.json": package, "server": "\x7fELF"}, lines=lines)
        == expected
    )


@pytest.mark.parametrize(
    ("makefile", "line", "expected"),
    [
        pytest.param("run:\n\tserver\n", "make run", "graceful", id="plain-command"),
        pytest.param("run:\n\tcd / && server\n", "make run", "killed", id="shell"),
        pytest.param("run:\n\tserver --host=0.0.0.0\n", "make run", "graceful", id="an-option-with-a-value"),
        pytest.param("run:\n\tHOST=0.0.0.0 server\n", "make run", "killed", id="an-assignment"),
        pytest.param("all: build run\nbuild:\n\techo x\nrun:\n\t@server\n", "make", "graceful", id="prerequisites"),
        pytest.param("run:\n\t$(SERVER)\n", "make run", "exits", id="a-variable-that-nobody-sets"),
        pytest.param("S ?= nobody\nrun:\n\t$(S)\n", "env S=server make run", "graceful", id="of-the-environment"),
        pytest.param("S = nobody\nrun:\n\t$(S)\n", "make run S=server", "graceful", id="of-the-command-line"),
        pytest.param("D := /\nrun: server\n\tcd $(D) && exec $<\n", "make run", "graceful", id="variables"),
        pytest.param("export S = server\nrun:\n\texec $$S\n", "make run", "graceful", id="exports"),
        pytest.param("S = server\nrun:\n\texec $$S\n", "env S=nobody make run", "graceful", id="sets-anew"),
        pytest.param("S = server\nexport\nrun:\n\texec $$S\n", "make run", "graceful", id="exports-all"),
        pytest.param("run:\n\thypercorn app\n", "make run", "killed", id="a-helper-outlives-it"),
        pytest.param("run:\n\t$(firstword server x)\n", "make run", "unknown", id="function"),
        pytest.param("ifdef X\nendif\nrun:\n\tserver\n", "make run", "unknown", id="condition"),
        pytest.param("run:\n\tserver\n", "make other", "unknown", id="another-target"),
        pytest.param("run:\n\techo x\n", "make run", "exits", id="ends"),
        pytest.param("ifdef X\nendif\n", "make test-unit lint", "exits", id="tests"),
        pytest.param("ifdef X\nendif\n", "make test-server", "unknown", id="a-server-for-tests"),
        pytest.param("ifdef X\nendif\n", "make lint run", "unknown", id="work-before-something"),
    ],
)
def test_make(makefile: str, line: str, expected: str) -> None:
    files = {"Makefile": makefile, "server": "\x7fELF"}
    lines = "RUN apt-get install -y make\nENV PATH=/app:/usr/bin:/bin"
    assert outcome(line, files=files, lines=lines) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("import time\nwhile True: time.sleep(1)\n", "killed", id="no-handler"),
        pytest.param(
            "import signal\nsignal.signal(signal.SIGTERM, lambda *_: exit())\nsignal.pause()\n",
            "graceful",
            id="handler",
        ),
        pytest.param("import acme\n", "unknown", id="nobody-knows"),
        pytest.param("import urllib.request\nurllib.request.urlopen('http://a')\n", "exits", id="asks-and-ends"),
        pytest.param("print('hello')\n", "exits", id="ends-by-itself"),
        pytest.param("import sys\nprint('hello')\nsys.exit(3)\n", "fails", id="fails-by-itself"),
        pytest.param("import flask\nflask.Flask(__name__).run()\n", "killed", id="library-without-handlers"),
        pytest.param("import subprocess\nprint('up')\nsubprocess.run(['x'])\n", "killed", id="starts-others"),
        pytest.param("import subprocess\nsubprocess.run(['x'])\n", "killed", id="starts-one"),
    ],
)
def test_python_program(text: str, expected: str) -> None:
    files = {"app.py": text, "run.py": f"#!/usr/bin/env python3\n{text}"}
    lines = "RUN pip install acme flask" if "import acme" in text or "flask" in text else ""
    for line in ("python app.py", "python -m app", "/app/run.py"):
        assert outcome(line, base="python:3.12", files=files, lines=lines) == expected


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(("python", "-c", "import os; os.execvp('server', ['server'])"), "graceful", id="python-exec"),
        pytest.param(("python", "-c", "import subprocess; subprocess.run(['server'])"), "killed", id="python-run"),
        pytest.param(("python", "-c", "import x; x.main()"), "unknown", id="python-else"),
        pytest.param(("perl", "-e", 'exec "server"'), "graceful", id="perl-exec"),
        pytest.param(("python", "manage.py", "migrate"), "exits", id="migrate"),
        pytest.param(("python", "manage.py", "runserver", "0:80"), "terminated", id="runserver"),
        pytest.param(("python", "manage.py", "runserver", "--noreload"), "killed", id="runserver-noreload"),
        pytest.param(("python", "-m", "gunicorn", "app"), "graceful", id="gunicorn"),
        pytest.param(("python", "-u", "-W", "ignore", "/usr/bin/gunicorn", "app"), "graceful", id="options"),
        pytest.param(("python", "--version"), "exits", id="version"),
        pytest.param(("python",), "exits", id="nothing"),
    ],
)
def test_interpreter(argv: tuple[str, ...], expected: str) -> None:
    lines = "ENV PATH=/app:/usr/local/bin:/usr/bin:/bin"
    files = {"server": "\x7fELF", "manage.py": "import django\n"}
    assert verdict(*argv, base="python:3.12", files=files, lines=lines).outcome == expected


@pytest.mark.parametrize(
    ("trap", "expected"),
    [
        pytest.param("pkill server", "graceful", id="pkill"),
        pytest.param("pkill -TERM -f '/app/server'", "graceful", id="pkill-line"),
        pytest.param("killall server", "graceful", id="killall"),
        pytest.param("pkill other", "killed", id="pkill-another"),
        pytest.param("pkill -KILL server", "cut-off", id="pkill-kill"),
    ],
)
def test_signals_by_name(trap: str, expected: str) -> None:
    script = f'#!/bin/bash\ntrap "{trap}; wait; exit 0" TERM\n/app/server &\nwait\n'
    files = {"start.sh": script, "server": "\x7fELF"}
    assert outcome("/app/start.sh", files=files, lines="RUN apt-get install -y procps psmisc") == expected


def test_a_procfile() -> None:
    files = {"Procfile": "web: server\nworker: server -w\n", "server": "\x7fELF"}
    found = verdict("honcho", "start", files=files, lines="RUN pip install honcho\nENV PATH=/app:/usr/bin:/bin")
    assert (found.outcome, found.main) == ("graceful", ("server", "server"))


@pytest.mark.parametrize("line", ["npx prisma migrate dev", "npx knex migrate:latest --env dev"])
def test_a_migration_in_development_is_no_service(line: str) -> None:
    script = f"#!/bin/sh\n{line}\nexec node main.js\n"
    found = verdict("/app/start.sh", files={"start.sh": script}, base="node:22")
    assert found.main == ("node",)


def test_foreman_becomes_what_its_procfile_names() -> None:
    files = {"Procfile.dev": "web: env A=1 server\n", "server": "\x7fELF"}
    lines = "RUN gem install foreman\nENV PATH=/app:/usr/bin:/bin"
    found = verdict("foreman", "start", "-f", "Procfile.dev", files=files, lines=lines)
    assert (found.outcome, found.main) == ("graceful", ("server",))


def test_supervisord_as_a_module() -> None:
    files = {"s.conf": "[supervisord]\nnodaemon=true\n[program:web]\ncommand=gunicorn app\n"}
    lines = "RUN pip install gunicorn supervisor"
    found = verdict("python3", "-m", "supervisor.supervisord", "-c", "s.conf", files=files, lines=lines)
    assert (found.outcome, found.main) == ("graceful", ("gunicorn",))


def test_a_namesake_is_not_taken_for_the_known_program() -> None:
    assert outcome("/app/watch", files={"watch": "\x7fELF"}) == "graceful"


@pytest.mark.parametrize(
    ("copied", "expected"),
    [
        pytest.param("/usr/local/bin/uwsgi /usr/local/bin/uwsgi", "killed", id="what-an-installer-has-put-there"),
        pytest.param("/src/out/uwsgi /usr/local/bin/uwsgi", "graceful", id="what-a-build-has-made"),
    ],
)
def test_a_program_of_another_stage(copied: str, expected: str) -> None:
    dockerfile = (
        "FROM python:3.12 AS build\nWORKDIR /src\nRUN pip install uwsgi && make out\n"
        f'FROM python:3.12-slim\nCOPY --from=build {copied}\nCOPY app.ini /etc/\nCMD ["uwsgi", "/etc/app.ini"]\n'
    )
    files = {"Dockerfile": dockerfile, "app.ini": "[uwsgi]\nmaster = true\nhttp = :80\n"}
    cases, _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    assert cases[0][1].outcome == expected


@pytest.mark.parametrize(("command", "expected"), [("run server.py", "unknown"), ("version", "exits")])
def test_mcp_serves_what_the_file_says(command: str, expected: str) -> None:
    assert verdict("mcp", *command.split(), lines="RUN pip install mcp").outcome == expected


def test_a_helper_beside_the_service_is_no_main() -> None:
    script = "#!/bin/sh\ncron\nexec gunicorn app\n"
    found = verdict("/app/start.sh", files={"start.sh": script}, lines="RUN apt-get install -y cron gunicorn")
    assert (found.outcome, found.main) == ("graceful", ("gunicorn",))


def test_a_supervisors_helper_is_no_main() -> None:
    conf = "[supervisord]\nnodaemon=true\n[program:web]\ncommand=gunicorn app\n[program:cron]\ncommand=cron -f\n"
    lines = "RUN apt-get install -y cron gunicorn supervisor"
    found = verdict("supervisord", "-c", "/app/s.conf", files={"s.conf": conf}, lines=lines)
    assert (found.outcome, found.main) == ("graceful", ("gunicorn",))


@pytest.mark.parametrize(("base", "expected"), [("our/wildfly:26", "unknown"), ("jboss/wildfly:20.0.0", "graceful")])
def test_wildfly_where_its_image_may_have_told_it(base: str, expected: str) -> None:
    assert outcome("/opt/jboss/wildfly/bin/standalone.sh", base=base) == expected


@pytest.mark.parametrize(
    ("base", "command", "outcome"),
    [
        pytest.param("debian:12", '["tini", "gunicorn", "-b", "x"]', "fails", id="glibc-takes-it-for-its-own"),
        pytest.param("debian:12", '["tini", "--", "gunicorn", "-b", "x"]', "graceful", id="glibc-with-dashes"),
        pytest.param("alpine:3.20", '["tini", "gunicorn", "-b", "x"]', "graceful", id="musl-stops-at-the-first-word"),
    ],
)
def test_an_init_that_looks_for_options_behind_its_child(base: str, command: str, outcome: str) -> None:
    install = "apk add" if base.startswith("alpine") else "apt-get install -y"
    files = MemoryFiles({"Dockerfile": f"FROM {base}\nRUN {install} tini py3-gunicorn gunicorn\nCMD {command}\n"})
    cases, _ = analyze_container(files, "Dockerfile", Options())
    assert cases[0][1].outcome == outcome


SUPERVISED = {
    "s.conf": "[supervisord]\nnodaemon=true\n[program:a]\ncommand=/app/start.sh\n[program:b]\ncommand=/app/other\n",
    "server": "\x7fELF",
    "other": "\x7fELF",
}


@pytest.mark.parametrize(
    ("script", "expected", "main"),
    [
        pytest.param("sleep 1\nexec /app/server\n", "graceful", "server", id="after-a-while"),
        pytest.param("our-setup --once\nexec /app/server\n", "graceful", "server", id="after-what-nobody-knows"),
        pytest.param("our-setup --once\n/app/server\n", "cut-off", "server", id="left-in-the-foreground"),
        pytest.param("/app/server\n", "cut-off", "server", id="alone"),
    ],
)
def test_a_supervisors_programs_come_up_each_by_itself(script: str, expected: str, main: str) -> None:
    files = {**SUPERVISED, "start.sh": f"#!/bin/sh\n{script}"}
    found = verdict("supervisord", "-c", "/app/s.conf", files=files, lines="RUN pip install -r x supervisor")
    assert (found.outcome, set(found.main)) == (expected, {main, "other"})


def test_a_supervisor_does_not_see_to_the_end_what_its_programs_leave_behind() -> None:
    text = "[supervisord]\nnodaemon=true\n[program:a]\ncommand=sh -c '/app/server | tee /log'\nstopasgroup=true\n"
    files = {"s.conf": text, "server": "\x7fELF"}
    found = verdict("supervisord", "-c", "/app/s.conf", files=files, lines="RUN apt-get install -y supervisor")
    assert (found.outcome, found.reason) == ("unknown", "whether server is done before the supervisor leaves")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param('sh -c "if our-check; then\n    date\n  fi\n  exec gunicorn a:b"', id="statements"),
        pytest.param('sh -c "date && \\\n  exec gunicorn a:b"', id="continued"),
        pytest.param("gunicorn\n  a:b", id="words"),
    ],
)
def test_a_command_of_a_supervisor_that_goes_over_lines(command: str) -> None:
    """Measured with supervisor 4.2: the lines stay lines."""
    files = {"s.conf": f"[supervisord]\nnodaemon=true\n[program:a]\ncommand={command}\n"}
    found = verdict("supervisord", "-c", "/app/s.conf", files=files, lines="RUN pip install supervisor gunicorn")
    assert (found.outcome, found.main) == ("graceful", ("gunicorn",))


STAYS, NGINX = "[supervisord]\nnodaemon=true\n", "[program:nginx]\ncommand=nginx -g 'daemon off;'\n"
ASKS = NGINX + "environment=CONF=%(ENV_C)s,HOME=%(ENV_HOME)s\n"
APT, APK = "RUN apt-get install -y supervisor nginx", "RUN apk add supervisor nginx"
FOR_APT, FOR_APK = "COPY src/s.conf /etc/supervisor/conf.d/", "COPY src/s.conf /etc/supervisor.d/s.ini"


@pytest.mark.parametrize(
    "base, lines, conf, command, expected",
    [
        pytest.param("debian:bookworm", (APT, FOR_APT), NGINX, "supervisord", "exits, ", id="Debian's own"),
        pytest.param(
            "ubuntu:22.04", (APT, FOR_APT), NGINX + STAYS, "supervisord", "graceful, nginx", id="a part says more"
        ),
        pytest.param(
            "ubuntu:22.04",
            (APT, FOR_APT),
            NGINX + "[program:cron]\ncommand=cron -f\n" + STAYS,
            "supervisord",
            "graceful, nginx",
            id="cron beside it",
        ),
        pytest.param("debian:bookworm", (FOR_APT, APT), NGINX, "supervisord -n", "graceful, nginx", id="copied before"),
        pytest.param(
            "debian:bookworm", (APT, FOR_APT), "", "supervisord -n", "graceful, supervisord", id="nothing to start"
        ),
        pytest.param("alpine:3.19", (APK, FOR_APK), NGINX, "supervisord -n", "graceful, nginx", id="Alpine's own"),
        pytest.param(
            "alpine:3.19",
            (APK, FOR_APT),
            NGINX,
            "supervisord -n",
            "graceful, supervisord",
            id="a part that it does not read",
        ),
        pytest.param(
            "debian:bookworm",
            (APT, "RUN printf '[include]\\nfiles=/app/*.conf\\n' > /etc/supervisord.conf"),
            NGINX,
            "supervisord -n",
            "fails, ",
            id="no section of its own",
        ),
        pytest.param(
            "debian:bookworm",
            (APT, "RUN printf '[supervisord]\\n[include]\\nfiles=/app/*.conf\\n' > /etc/supervisord.conf"),
            NGINX,
            "supervisord -n",
            "graceful, nginx",
            id="one that it finds first",
        ),
        pytest.param(
            "debian:bookworm", ("RUN make install",), NGINX, "supervisord", "unknown, supervisord", id="nobody knows"
        ),
        pytest.param(
            "python:3.12",
            ("RUN pip install -r a; apt-get install -y nginx", "COPY src/s.conf /usr/local/etc/supervisord.conf"),
            NGINX + STAYS,
            "supervisord",
            "graceful, nginx",
            id="beside what pip brings",
        ),
        pytest.param(
            "debian:bookworm",
            ("RUN python3 -m venv /venv; /venv/bin/pip install -r a", "COPY src/s.conf /venv/supervisord.conf", APT),
            NGINX + STAYS,
            "/venv/bin/supervisord",
            "graceful, nginx",
            id="in an environment of its own",
        ),
        pytest.param(
            "debian:bookworm",
            (APT, "RUN make install", FOR_APT),
            NGINX + STAYS,
            "supervisord",
            "graceful, nginx",
            id="whatever a step may have made",
        ),
        pytest.param(
            "debian:bookworm",
            (APT, "RUN make install"),
            NGINX,
            "supervisord",
            "unknown, supervisord",
            id="where nobody has brought one",
        ),
    ],
)
def test_the_configuration_that_comes_with_supervisords_package(
    base: str, lines: tuple[str, ...], conf: str, command: str, expected: str
) -> None:
    found = verdict(*command.split(), files={"s.conf": conf}, base=base, lines="\n".join(lines))
    assert f"{found.outcome}, {' '.join(found.main)}" == expected


def test_a_configuration_that_is_copied_from_where_nobody_sees_it() -> None:
    stages = 'FROM ours/conf AS conf\nFROM debian:12\nRUN apt-get install -y nginx\n%sCMD ["nginx"]\n'
    for copy, expected in (("COPY --from=conf /etc/nginx /etc/nginx\n", "unknown"), ("COPY root /\n", "exits")):
        files = {"Dockerfile": stages % copy, "root/etc/motd": "\n"}
        cases, _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
        assert cases[0][1].outcome == expected


def test_supervisord_stops_the_programs_of_a_group_at_once() -> None:
    # Measured with 4.3: three of 2 s each take 2.3 s as one program, 6.4 s as three, 4.7 s where a group holds two.
    def seconds(conf: str) -> float:
        lines = "RUN pip install supervisor rq"
        return verdict("supervisord", "-c", "/app/s.conf", files={"s.conf": STAYS + conf}, lines=lines).seconds or 0

    programs = "".join(f"[program:{name}]\ncommand=rq worker {name}\n" for name in "abc")
    together = seconds("[program:a]\ncommand=rq worker %(process_num)d\nnumprocs=3\nprocess_name=%(process_num)d\n")
    apart, two = seconds(programs), seconds(programs + "[group:g]\nprograms=a, c\n")
    assert (round(apart - together, 1), round(two - together, 1)) == (3.0, 1.5)


def test_nginx_told_twice_to_stay() -> None:
    files = MemoryFiles(
        {"Dockerfile": "FROM nginx:1.27\nCOPY n.conf /etc/nginx/nginx.conf\n", "n.conf": "daemon off;\n"}
    )
    cases, _ = analyze_container(files, "Dockerfile", Options())
    assert (cases[0][1].outcome, cases[0][1].exit_code) == ("fails", 1)


@pytest.mark.parametrize(
    ("dockerfile", "expected", "main"),
    [
        pytest.param('FROM redis:7\nCOPY r.conf /\nCMD ["/r.conf"]\n', "graceful", ("redis-server",), id="redis"),
        pytest.param('FROM redis:7\nCOPY r.conf /\nCMD ["/r"]\n', "fails", (), id="no-configuration"),
        pytest.param('FROM node:20\nWORKDIR /a\nCOPY s.js .\nCMD ["s.js"]\n', "killed", ("node",), id="node"),
        pytest.param('FROM node:20\nWORKDIR /a\nCOPY s.js .\nCMD ["./s.js"]\n', "killed", ("node",), id="by-path"),
        pytest.param('FROM python:3.12\nWORKDIR /a\nCOPY s.js .\nCMD ["s.js"]\n', "fails", (), id="no-entrypoint"),
    ],
)
def test_what_a_base_images_entrypoint_puts_before_its_arguments(
    dockerfile: str, expected: str, main: tuple[str, ...]
) -> None:
    server = "require('http').createServer().listen(80)\n"
    files = {"Dockerfile": dockerfile, "r.conf": "port 6390\n", "s.js": server}
    cases, _ = analyze_container(MemoryFiles(files, {"s.js": 0o644, "r.conf": 0o644}), "Dockerfile", Options())
    assert (cases[0][1].outcome, cases[0][1].main) == (expected, main)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("COPY src/start.sh /start.sh", "graceful", id="copied: it may be a link there"),
        pytest.param("RUN ln -s /app/start.sh /start.sh", "graceful", id="a link"),
        pytest.param("RUN cat /app/start.sh > /start.sh && chmod +x /start.sh", "fails", id="made by the build"),
    ],
)
def test_whether_a_script_is_a_link(lines: str, expected: str) -> None:
    script = "#!/bin/sh\n[ -h /start.sh ] || exit 1\nexec memcached -u nobody\n"
    assert outcome("/start.sh", files={"start.sh": script}, lines=lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("COPY --chmod=700 run.sh /", "fails", id="roots-alone"),
        pytest.param("COPY --chmod=744 run.sh /", "fails", id="read-by-all"),
        pytest.param("COPY --chmod=755 run.sh /", "graceful", id="run-by-all"),
        pytest.param("COPY --chown=app --chmod=700 run.sh /", "graceful", id="the-users"),
    ],
)
def test_a_script_that_only_root_can_read(lines: str, expected: str) -> None:
    dockerfile = f'FROM debian:12\nRUN useradd app\n{lines}\nCOPY server /usr/bin/\nUSER app\nCMD ["/run.sh"]\n'
    files = {"Dockerfile": dockerfile, "run.sh": "#!/bin/sh\nexec server\n", "server": "\x7fELF"}
    cases, _ = analyze_container(MemoryFiles(files, dict.fromkeys(files, 0o755)), "Dockerfile", Options())
    assert cases[0][1].outcome == expected


def test_eval_of_what_is_not_known_may_be_an_exec() -> None:
    files = {"start.sh": '#!/bin/bash\neval "$(cat /etc/default/command)"\n'}
    assert outcome("/app/start.sh", files=files) == "unknown"


PARSER = "import argparse, time\nargparse.ArgumentParser().parse_args()\nwhile True: time.sleep(1)\n"
LOOP = "import time\nwhile True: time.sleep(1)\n"


@pytest.mark.parametrize(
    "argv, files, outcome",
    [
        pytest.param(("python3", "/opt/tool/main.py", "--help"), {}, "exits", id="a script that is not in the files"),
        pytest.param(
            ("python3", "main.py", "run", "--help"), {"main.py": PARSER}, "exits", id="one that parses options"
        ),
        pytest.param(
            ("ruby", "tool", "--help"),
            {"tool": "require_relative 'lib'\nOurs.run(ARGV)\n"},
            "exits",
            id="by its arguments",
        ),
        pytest.param(("python3", "main.py", "--help"), {"main.py": LOOP}, "killed", id="one that does not"),
        pytest.param(("python3", "main.py", "--help", "x"), {"main.py": PARSER}, "exits", id="not the last word"),
        pytest.param(("python3", "-m", "tool", "--version"), {"tool/__main__.py": PARSER}, "exits", id="a module"),
        pytest.param(("python3", "-m", "acme", "--help"), {}, "exits", id="a module that is not in the files"),
        pytest.param(("node", "/opt/tool/cli.js", "--version"), {}, "exits", id="node"),
        pytest.param(("python3", "/opt/tool/main.py"), {}, "unknown", id="nothing asked"),
    ],
)
def test_a_script_that_is_asked_for_help_prints_it_and_ends(
    argv: tuple[str, ...], files: dict[str, str], outcome: str
) -> None:
    base = "node:20" if argv[0] == "node" else "python:3.12"
    assert verdict(*argv, files=files or {"README": ""}, base=base, lines="RUN make -C / tools").outcome == outcome


@pytest.mark.parametrize("command", ["our-app", "python3 tool.py", "python3 -m our.tool", "node tool.js", "ruby x"])
@pytest.mark.parametrize(
    "arguments, expected",
    [
        ("migrate", "exits"),
        ("--config x.ini createuser", "killed"),
        ("--force createuser", "exits"),
        ("watch", "killed"),
    ],
)
def test_what_it_is_told_says_that_a_program_ends(command: str, arguments: str, expected: str) -> None:
    assert verdict("sh", "-c", f"{command} {arguments}; true", lines="RUN make install").outcome == expected


@pytest.mark.parametrize(
    "words, expected",
    [
        pytest.param(("memcached", "-u", "nobody"), "graceful", id="it becomes its arguments"),
        pytest.param(("sleep", "infinity"), "killed", id="whatever they are"),
        pytest.param(("-a",), "unknown", id="a program of the image's own"),
    ],
)
def test_the_entrypoint_of_php_wherever_it_comes_from(words: tuple[str, ...], expected: str) -> None:
    script = "/usr/local/bin/docker-php-entrypoint"
    lines = f"COPY --from=php:8.2-alpine {script} {script}\nRUN apk add memcached"
    assert verdict("docker-php-entrypoint", *words, base="alpine:3.19", lines=lines).outcome == expected


UNMARKED = {"start": "exec server\n"}
PACKAGES = "RUN apt-get install -y tini dumb-init catatonit gosu sudo daemontools s6"
INSTALLED = f"{PACKAGES} && make install"


@pytest.mark.parametrize(
    ("start", "base", "expected"),
    [
        pytest.param("tini --", "debian:bookworm", ("graceful", None), id="execvp"),
        pytest.param("env", "debian:bookworm", ("graceful", None), id="in-its-own-place"),
        pytest.param("gosu nobody", "debian:bookworm", ("fails", 1), id="execve"),
        pytest.param("tini -- gosu nobody", "debian:bookworm", ("fails", 1), id="execve-below-execvp"),
        pytest.param("env", ALPINE, ("fails", 126), id="musl"),
        pytest.param("env", "acme/base", ("unknown", None), id="a-base-that-nobody-knows"),
        pytest.param("softlimit", "debian:bookworm", ("fails", 111), id="execve-with-a-status-of-its-own"),
        pytest.param("s6-setsid", "debian:bookworm", ("fails", 126), id="of-the-other-family"),
        pytest.param("", "debian:bookworm", ("fails", None), id="engine"),
    ],
)
def test_a_script_without_a_first_line(start: str, base: str, expected: tuple[str, int | None]) -> None:
    found = verdict(*start.split(), "/app/start", files=UNMARKED, base=base, lines=INSTALLED)
    assert (found.outcome, found.exit_code) == expected


@pytest.mark.parametrize(
    ("start", "status"),
    [("dumb-init --", 2), ("catatonit --", 1), ("tini --", 127), ("tini -- dumb-init --", 2), ("sudo", 1)],
)
def test_a_program_that_is_not_there_has_the_starters_status(start: str, status: int) -> None:
    found = verdict(*start.split(), "/absent", lines=PACKAGES)
    assert (found.outcome, found.exit_code) == ("fails", status)


def test_a_shell_runs_a_script_whose_first_line_comes_late() -> None:
    files = {"run": "#!/bin/sh\n/app/start; true\n", "start": "\n#!/bin/sh\nexec server\n"}
    assert verdict("/app/run", files=files, lines=INSTALLED).outcome == "killed"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("", "exits", id="the default"),
        pytest.param("ADD conf /etc/nginx", "unknown", id="a folder that is not in the files"),
        pytest.param("COPY conf/nginx.conf /etc/nginx/", "unknown", id="a file that is not in the files"),
        pytest.param("COPY conf/site.conf /etc/nginx/conf.d/", "exits", id="another file"),
    ],
)
def test_a_configuration_that_is_copied_from_where_nobody_can_read_it(lines: str, expected: str) -> None:
    assert outcome("nginx", lines=lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("bash /usr/local/bin/docker-entrypoint.sh node", ("graceful", ("node",)), id="what it is given"),
        pytest.param("bash -x /usr/local/bin/docker-entrypoint.sh date", ("exits", ()), id="with an option"),
        pytest.param("bash /usr/local/bin/theirs.sh node", ("unknown", ("bash",)), id="another script"),
    ],
)
def test_an_image_s_own_script_below_a_shell(line: str, expected: tuple[str, tuple[str, ...]]) -> None:
    server = "process.on('SIGTERM', () => process.exit());\nsetInterval(() => {}, 9);\n"
    last = "server.js" if line.endswith("node") else "-u"
    found = verdict(*line.split(), last, base="node:20", files={"server.js": server})
    assert (found.outcome, found.main) == expected


def test_a_script_of_the_working_directory_that_has_the_name_of_an_image_s_own() -> None:
    files = {"docker-entrypoint.sh": "echo done\n"}
    assert verdict("sh", "docker-entrypoint.sh", base="node:20", files=files).outcome == "exits"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param("su nobody -s /bin/sh -c|server", "cut-off", id="a session of its own"),
        pytest.param("su -s /bin/sh -c|exec server", "graceful", id="root's is the init's"),
        pytest.param("su -s /bin/sh -c|server", "cut-off", id="whose shell may end before su is told"),
    ],
)
def test_an_init_that_signals_its_session_does_not_reach_another(start: str, expected: str) -> None:
    lines = "RUN apt-get install -y dumb-init && make install"
    own, _, command = start.partition("|")
    assert verdict("dumb-init", "--", *own.split(), command, lines=lines).outcome == expected


OWN = {"app": "\x7fELF"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("tini -x /app/app", "fails", id="a-letter-that-tini-lacks"),
        pytest.param("tini --graceful -- /app/app", "fails", id="an-option-that-tini-lacks"),
        pytest.param("tini -s -vvv -p SIGTERM -- /app/app", "graceful", id="tinis-options"),
        pytest.param("dumb-init --graceful /app/app", "fails", id="an-option-that-dumb-init-lacks"),
        pytest.param("dumb-init --sing /app/app", "graceful", id="an-option-cut-short"),
        pytest.param("catatonit -x -- /app/app", "fails", id="a-letter-that-catatonit-lacks"),
        pytest.param("bash -s app", "exits", id="a-shell-that-reads-standard-input"),
    ],
)
def test_options_that_a_program_knows_not(line: str, expected: str) -> None:
    assert outcome(line, lines="RUN apt-get install -y tini dumb-init catatonit", files=OWN) == expected


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        pytest.param("alpine:3.20", "/sbin/tini", "graceful", id="alpine"),
        pytest.param("alpine:3.20", "/usr/bin/tini", "fails", id="alpine-as-on-debian"),
        pytest.param("debian:12", "/usr/bin/tini", "graceful", id="debian"),
        pytest.param("debian:12", "/sbin/tini", "fails", id="debian-as-on-alpine"),
    ],
)
def test_where_packages_put_tini(base: str, path: str, expected: str) -> None:
    install = "apk add" if base.startswith("alpine") else "apt-get install -y"
    assert outcome(f"{path} -- /app/app", base=base, lines=f"RUN {install} tini", files=OWN) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("#!/usr/local/bin/bash\nexec /app/app\n", "fails", id="a-folder-that-is-left-to-others"),
        pytest.param(
            "#!/bin/bash\nexec 9>/tmp/lock\nflock -n 9 || exit 1\nexec /app/app\n", "graceful", id="flock-of-a-number"
        ),
        pytest.param("#!/bin/bash\ntrap 'kill $(jobs -pr); wait' TERM\n/app/app &\nwait\n", "graceful", id="jobs-pr"),
        pytest.param("#!/bin/ksh93\nprint starting\n/app/app\nprint done\n", "killed", id="print-of-ksh"),
        pytest.param("#!/bin/zsh\nsetopt err_exit\nfalse\nexec /app/app\n", "fails", id="setopt-of-zsh"),
        pytest.param(
            "#!/bin/zsh\n/app/app & p=$!\nTRAPTERM() { kill $p; wait $p }\nwait\n", "unknown", id="a-trap-of-zsh"
        ),
        pytest.param(
            "#!/bin/bash\nif [[ $(id -u) -eq 0 ]]; then exec gosu svc $0; fi\nexec /app/app\n",
            "graceful",
            id="a-users-number",
        ),
        pytest.param("#!/bin/bash\n(( EUID == 0 )) && exec gosu svc $0\nexec /app/app\n", "graceful", id="EUID"),
    ],
)
def test_scripts_of_whole_images(script: str, expected: str) -> None:
    packages = "RUN apt-get install -y ksh93u+m zsh gosu && useradd svc"
    assert outcome("/app/start", files={"start": script, **OWN}, lines=packages) == expected


def test_a_program_of_ones_own_in_a_folder_for_programs() -> None:
    text = "my $run = 1;\n$SIG{TERM} = sub { $run = 0 };\nwhile ($run) { sleep 1 }\n"
    assert outcome("perl bin/svc.pl", files={"bin/svc.pl": text}) == "graceful"


@pytest.mark.parametrize(
    ("lines", "start", "expected"),
    [
        pytest.param("ENV PATH=/app:$PATH", ("sh", "-c", "exec app"), "graceful", id="no-login"),
        pytest.param("ENV PATH=/app:$PATH", ("bash", "-lc", "exec app"), "unknown", id="set-anew"),
        pytest.param("COPY src/app.sh /etc/profile.d/", ("bash", "--login", "-c", "exec app"), "unknown", id="profile"),
        pytest.param("", ("bash", "-lc", "exec app"), "fails", id="nothing-sets-it"),
        pytest.param("COPY src/app /usr/bin/", ("bash", "-lc", "exec app"), "graceful", id="where-all-look"),
    ],
)
def test_a_login_shell_has_its_path_from_its_profiles(lines: str, start: tuple[str, ...], expected: str) -> None:
    assert verdict(*start, lines=lines, files={**OWN, "app.sh": "PATH=$PATH:/app"}).outcome == expected


@pytest.mark.parametrize(
    ("base", "lines", "expected"),
    [
        pytest.param("node:20-slim", "", "cut-off", id="without-ps"),
        pytest.param("node:20-slim", "RUN apt-get install -y procps", "graceful", id="with-ps"),
        pytest.param("node:20", "", "graceful", id="the-whole-image"),
    ],
)
def test_concurrently_asks_ps_for_what_it_has_started(base: str, lines: str, expected: str) -> None:
    started = ("concurrently", "exec /app/app")
    lines = f"ENTRYPOINT []\n{lines}\nRUN npm install -g concurrently"
    assert verdict(*started, base=base, lines=lines, files=OWN).outcome == expected


def test_concurrently_gives_its_commands_names() -> None:
    started = ("concurrently", "-k", "-n", "web,work", "--prefix-colors=blue", "exec /app/app", "exec /app/app work")
    lines = "ENTRYPOINT []\nRUN npm install -g concurrently"
    assert verdict(*started, base="node:20", lines=lines, files=OWN).outcome == "graceful"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('# the server\n\nnginx -g "daemon off;"\n', "graceful", id="words"),
        pytest.param("s6-setuidgid www nginx\n", "exits", id="without-quotes"),
        pytest.param('foreground { mkdir -p "/x y" }\nnginx -g "daemon off;"\n', "graceful", id="foreground"),
        pytest.param('if { false }\nnginx -g "daemon off;"\n', "fails", id="if"),
        pytest.param('if -n { false }\nnginx -g "daemon off;"\n', "graceful", id="if-not"),
        pytest.param('ifelse { false } { exit 3 }\nnginx -g "daemon off;"\n', "graceful", id="ifelse"),
        pytest.param('ifte { nginx -g "daemon off;" } { exit 3 } true\n', "graceful", id="ifte"),
        pytest.param('background { nginx -g "daemon off;" }\nwait { }\n', "killed", id="background"),
        pytest.param('importas -D /tmp there DATA\ncd $there\nnginx -g "daemon off;"\n', "graceful", id="importas"),
        pytest.param('importas -i there DATA\nnginx -g "daemon off;"\n', "fails", id="importas-of-nothing"),
        pytest.param('define x nginx\n${x} -g "daemon off;"\n', "graceful", id="define"),
        pytest.param('redirfd -a 1 /tmp/log\nfdmove -c 2 1\nnginx -g "daemon off;"\n', "graceful", id="descriptors"),
        pytest.param("s6-setuidgid www foreground { nginx } true\n", "unknown", id="blocks-of-another"),
        pytest.param('forx x { a b } nginx -g "daemon off;"\n', "unknown", id="not-told"),
        pytest.param("foreground { nginx\n", "unknown", id="unclosed"),
    ],
)
def test_an_execline_script(text: str, expected: str) -> None:
    files = {"run": f"#!/bin/execlineb -P\n{text}"}
    lines = "RUN apk add execline s6 nginx"
    assert verdict("/app/run", base="alpine:3.20", lines=lines, files=files).outcome == expected


def test_what_is_not_known_of_a_helper_keeps_no_service_back() -> None:
    files = {"sv/nginx/run": "#!/bin/sh\nexec nginx -g 'daemon off;'\n", "sv/cron/run": "#!/bin/sh\nexec crond -n\n"}
    lines = "RUN apt-get install -y s6 nginx cronie"
    assert verdict("s6-svscan", "/app/sv", lines=lines, files=files).outcome == "graceful"
    assert verdict("crond", "-n", lines=lines).outcome == "unknown"


def test_rsyslogd_in_the_foreground() -> None:
    assert outcome("rsyslogd -n -iNONE", lines="RUN apt-get install -y rsyslog") == "graceful"
    assert outcome("rsyslogd -N1", lines="RUN apt-get install -y rsyslog") == "exits"


def test_a_base_image_may_put_several_words_before_options() -> None:
    files = MemoryFiles({"Dockerfile": "FROM dunglas/frankenphp:1-php8.3\nCOPY . /app\n"})
    cases, _ = analyze_container(files, "Dockerfile", Options())
    assert (str(cases[0][1].outcome), cases[0][1].main) == ("graceful", ("frankenphp",))


@pytest.mark.parametrize("command", ["npm start", "sleep infinity"])
def test_node_looks_for_a_file_that_is_named_like_a_whole_command(command: str) -> None:
    files = MemoryFiles({"Dockerfile": f'FROM node:22\nWORKDIR /app\nCOPY . .\nCMD ["{command}"]\n'})
    cases, _ = analyze_container(files, "Dockerfile", Options())
    _, verdict, (violation,) = cases[0]
    first, second = command.split()
    assert str(verdict.outcome) == "fails"
    assert violation[1].fix is not None
    assert violation[1].fix.edits[0].text == f'"{first}", "{second}"'


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        pytest.param("rpmbuild -ba shop.spec", "exits", id="builds-a-package"),
        pytest.param("make -j 4 all", "exits", id="make"),
        pytest.param("make serve", "killed", id="make-serves"),
        pytest.param("stack build", "exits", id="builder"),
        pytest.param("stack exec shop", "killed", id="builder-runs-it"),
        pytest.param("shop-tool build", "exits", id="nobody-knows-but-it-builds"),
        pytest.param("npm test", "exits", id="tests"),
        pytest.param("npm run dev", "killed", id="script"),
    ],
)
def test_what_builds_is_no_service(command: str, outcome: str) -> None:
    """A container that builds something and ends is not stopped: no line of it is to be blamed."""
    script = f"#!/bin/bash\nset -e\ncd /src\n{command}\necho done\n"
    stopped = verdict("/app/build.sh", files={"build.sh": script}, base="example/builder:1")
    assert stopped.outcome == outcome


@pytest.mark.parametrize(
    ("name", "pins", "expected"),
    [
        pytest.param("requirements.txt", "Django==1.11.29\n", "killed", id="old"),
        pytest.param("requirements.txt", "pytz\ndjango>=1.8,<2.2\n", "killed", id="below"),
        pytest.param("requirements.txt", "Django~=2.1.5\n", "killed", id="compatible-with-old"),
        pytest.param("requirements.txt", "Django~=2.1\n", "terminated", id="compatible-with-new"),
        pytest.param("requirements.txt", "Django==2.2.28\n", "terminated", id="first"),
        pytest.param("requirements.txt", "Django>=1.11,<3\n", "terminated", id="either"),
        pytest.param("requirements.txt", "django-redis==1.0\nDjango\n", "terminated", id="another"),
        pytest.param("Pipfile", '[packages]\ndjango = "==1.11"\n', "killed", id="pipfile"),
    ],
)
def test_an_old_development_server_of_django(name: str, pins: str, expected: str) -> None:
    """Measured with Django 2.1: before 2.2 it does not handle SIGTERM."""
    files = {"manage.py": "import django\n", name: pins}
    argv = ("python", "manage.py", "runserver", "0:80")
    assert verdict(*argv, base="python:3.7", files=files).outcome == expected


def test_python_2_has_none_but_old_ones() -> None:
    files = {"manage.py": "import django\n"}
    assert verdict("python", "manage.py", "runserver", base="python:2.7.18-buster", files=files).outcome == "killed"


@pytest.mark.parametrize("option", ["", "-s ", "--silent ", "--if-present --silent "])
def test_options_of_npm_before_the_name_of_a_script(option: str) -> None:
    package = {"scripts": {"build": "cp server.js made.js"}}
    files = {"package.json": json.dumps(package), "server.js": "setInterval(() => {}, 1000)\n"}
    script = f"set -e; npm run {option}build; exec node server.js"
    assert verdict("bash", "-c", script, base="node:20", files=files, lines="ENTRYPOINT []").outcome == "killed"


def test_the_script_that_bundler_makes_is_the_program_of_its_gem() -> None:
    stub = '#!/usr/bin/env ruby\nrequire "bundler/setup"\n\nload Gem.bin_path("thruster", "thrust")\n'
    files = {"bin/thrust": stub, "bin/work": "#!/bin/sh\nexec nginx -g 'daemon off;'\n"}
    said = verdict("./bin/thrust", "./bin/work", files=files, base="ruby:3.4", lines="RUN bundle install")
    assert (said.outcome, said.main) == ("graceful", ("nginx",))
    assert [process.role for process in said.processes] == ["wrapper", "service"]


def test_the_script_of_tomcat_is_known_in_its_own_image() -> None:
    said = verdict("catalina.sh", "run", base="tomcat:9.0-jdk11")
    assert said.outcome == "graceful"
    assert not any("assumed" in step.text for step in said.story)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("RUN git clone https://acme.org/tool.git /opt/tool", "unknown", id="a-script-of-python"),
        pytest.param("COPY serve.sh /opt/tool/tool.py", "unknown", id="that-is-not-in-the-context"),
    ],
)
def test_a_script_by_its_name_that_nobody_has_read(lines: str, expected: str) -> None:
    """Its interpreter handles no signal by itself, whether or not the script is started by its own name."""
    assert outcome("/opt/tool/tool.py --serve", lines=lines) == expected


def test_a_program_that_was_a_script_which_is_not_in_the_context() -> None:
    assert outcome("/bin/ours", lines="COPY ours.sh /bin/ours") == "unknown"
    assert outcome("/bin/ours", lines="COPY ours /bin/ours") == "graceful"


def test_bun_with_a_script_that_nobody_has_read() -> None:
    lines = "RUN git clone https://acme.org/tool.git /opt/tool"
    assert outcome("bun run /opt/tool/index.mjs", base="oven/bun:1", lines=lines) == "unknown"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("timeout 0.4 ./app", ("graceful", None), id="ends-within-its-time"),
        pytest.param("timeout -s KILL 0.3 ./app", ("cut-off", 137), id="killed-when-it-is-over"),
        pytest.param("timeout -k 0.1 0.3 ./app", ("cut-off", 137), id="killed-a-little-later"),
    ],
)
def test_a_timeout_runs_out_behind_a_signal_too(line: str, expected: tuple[str, int | None]) -> None:
    found = verdict(*line.split(" "), files={"app": "\x7fELF\x02"})
    assert (str(found.outcome), found.exit_code) == expected


def test_script_gives_up_what_it_has_waited_for() -> None:
    files = {"n.sh": "#!/bin/sh\n./app\n", "app": "\x7fELF\x02"}
    found = verdict("script", "-qec", "./n.sh", "/dev/null", files=files, lines="STOPSIGNAL SIGINT")
    assert (str(found.outcome), found.exit_code) == ("cut-off", 0)


def test_services_of_runit_stay_in_its_process_group() -> None:
    files = {"a/run": "#!/bin/sh\nour-app\n"}
    found = verdict("timeout", "60", "runsv", "/app/a", files=files, lines="RUN our-build /usr/bin/our-app")
    assert any("passes SIGTERM on to our-app" in step.text for step in found.story)


def test_whether_runuser_hears_of_the_end_of_its_child_first_is_not_known() -> None:
    script = "#!/bin/sh\nrunuser -u nobody -- sh -c './app & wait' & trap 'wait; exit 4' TERM; wait\n"
    files = {"n.sh": script, "app": "\x7fELF\x02"}
    found = verdict("dumb-init", "./n.sh", files=files, lines="RUN apt-get update && apt-get install -y dumb-init")
    told = "on the way that depends on whether runuser is told before what it has started ends"
    assert told in [step.text for step in found.story]
