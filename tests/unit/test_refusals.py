"""Services that end as soon as they are started, and files that a user other than root may not change."""

from __future__ import annotations

import json

import pytest

from tests.unit.scripts import found, said

DEBIAN = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y {}\n"


def outcome(package: str, lines: str, base: str = DEBIAN, **files: str) -> tuple[str, int | None]:
    """What becomes of an image with this package; `lines` end its Dockerfile."""
    texts = {f"{name}.sh": text for name, text in files.items()}
    verdict, _ = said({"Dockerfile": base.format(package) + lines + "\n", **texts})
    return verdict.outcome, verdict.exit_code


@pytest.mark.parametrize(
    ("package", "lines", "expected"),
    [
        pytest.param(
            "postgresql", 'CMD ["/usr/lib/postgresql/15/bin/postgres", "-D", "/data"]', ("fails", 1), id="root"
        ),
        pytest.param("postgresql", 'USER postgres\nCMD ["postgres", "-D", "/data"]', ("graceful", None), id="its-user"),
        pytest.param("postgresql", 'CMD ["su", "postgres", "-c", "postgres -D /data"]', ("graceful", None), id="by-su"),
        pytest.param("postgresql gosu", 'CMD ["gosu", "postgres", "postgres"]', ("graceful", None), id="by-gosu"),
        pytest.param("nginx", 'USER www-data\nCMD ["nginx", "-g", "daemon off;"]', ("fails", 1), id="nginx"),
        pytest.param(
            "nginx",
            "RUN sed -i s,/run/nginx.pid,/tmp/pid, /etc/nginx/nginx.conf && chown -R www-data /var/lib/nginx\n"
            'USER www-data\nCMD ["nginx", "-g", "daemon off;"]',
            ("graceful", None),
            id="nginx-prepared",
        ),
        pytest.param("openssh-server", 'CMD ["/usr/sbin/sshd", "-D"]', ("fails", 255), id="sshd"),
        pytest.param(
            "openssh-server",
            'RUN service ssh start\nCMD ["/usr/sbin/sshd", "-D"]',
            ("graceful", None),
            id="sshd-started-in-the-build",
        ),
        pytest.param(
            "openssh-server", 'RUN mkdir /run/sshd\nCMD ["/usr/sbin/sshd", "-D"]', ("graceful", None), id="sshd-folder"
        ),
        pytest.param("apache2", 'CMD ["apache2", "-DFOREGROUND"]', ("fails", 1), id="apache"),
        pytest.param("apache2", 'CMD ["apachectl", "-DFOREGROUND"]', ("killed", 137), id="apachectl"),
        pytest.param(
            "apache2",
            'CMD ["bash", "-c", ". /etc/apache2/envvars && exec apache2 -DFOREGROUND"]',
            ("fails", 1),
            id="apache-with-its-variables-alone",
        ),
        pytest.param(
            "apache2",
            'RUN mkdir -p /var/run/apache2\nCMD ["bash", "-c", ". /etc/apache2/envvars && exec apache2 -DFOREGROUND"]',
            ("graceful", None),
            id="apache-with-its-variables",
        ),
        pytest.param(
            "apache2",
            'CMD ["bash", "-c", ". /etc/apache2/envvars; mkdir -p $APACHE_RUN_DIR; exec apache2 -DFOREGROUND"]',
            ("graceful", None),
            id="apache-that-makes-it-as-it-starts",
        ),
        pytest.param(
            "apache2",
            'ENV APACHE_RUN_DIR=/var/run/apache2\nCMD ["apache2", "-DFOREGROUND"]',
            ("fails", 1),
            id="apache-without-the-folder",
        ),
        pytest.param(
            "apache2",
            'ENV APACHE_RUN_DIR=/var/run/apache2\nRUN mkdir -p $APACHE_RUN_DIR\nCMD ["apache2", "-DFOREGROUND"]',
            ("graceful", None),
            id="apache-with-the-folder",
        ),
        pytest.param(
            "openssh-server",
            'RUN mkdir /run/sshd && rm -f /etc/ssh/ssh_host_*\nCMD ["/usr/sbin/sshd", "-D"]',
            ("fails", 1),
            id="sshd-without-keys",
        ),
        pytest.param(
            "openssh-server",
            "RUN mkdir /run/sshd && rm -f /etc/ssh/ssh_host_*\n"
            'CMD ["sh", "-c", "ssh-keygen -A && exec /usr/sbin/sshd -D"]',
            ("graceful", None),
            id="sshd-with-new-keys",
        ),
        pytest.param("mariadb-server", 'CMD ["mariadbd"]', ("fails", 1), id="mariadb"),
        pytest.param("mariadb-server", 'CMD ["mariadbd", "--user=mysql"]', ("graceful", None), id="mariadb-told-whom"),
        pytest.param("memcached", 'CMD ["memcached", "-m", "64"]', ("fails", 64), id="memcached"),
        pytest.param("memcached", 'CMD ["memcached", "-u", "memcache"]', ("graceful", None), id="memcached-told-whom"),
        pytest.param("memcached", 'USER memcache\nCMD ["memcached"]', ("graceful", None), id="memcached-its-user"),
        pytest.param("redis-server", 'CMD ["redis-server", "/etc/redis/redis.conf"]', ("exits", 0), id="redis-leaves"),
        pytest.param(
            "redis-server",
            'CMD ["redis-server", "/etc/redis/redis.conf", "--daemonize", "no"]',
            ("graceful", None),
            id="redis-told-to-stay",
        ),
        pytest.param("haproxy", 'CMD ["haproxy", "-f", "/etc/haproxy/haproxy.cfg"]', ("fails", 1), id="haproxy"),
        pytest.param(
            "haproxy",
            'RUN mkdir /run/haproxy\nCMD ["haproxy", "-f", "/etc/haproxy/haproxy.cfg"]',
            ("exits", 0),
            id="haproxy-leaves",
        ),
        pytest.param("sudo", 'USER nobody\nCMD ["sudo", "nginx", "-g", "daemon off;"]', ("fails", 1), id="sudo"),
        pytest.param(
            "sudo",
            'RUN echo \'ALL ALL=(ALL) NOPASSWD: ALL\' > /etc/sudoers.d/all\nUSER nobody\nCMD ["sudo", "sleep", "9d"]',
            ("terminated", 0),
            id="sudo-that-may",
        ),
        pytest.param(
            "mosquitto", 'CMD ["mosquitto", "-c", "/etc/mosquitto/mosquitto.conf"]', ("fails", 1), id="mosquitto"
        ),
        pytest.param(
            "nginx && rm -rf /var/lib/apt/lists/*",
            "RUN printf 'daemon off;\\nevents {}\\nhttp { server { listen 8080; } }\\n' > /n.conf\n"
            'USER www-data\nCMD ["nginx", "-c", "/n.conf"]',
            ("fails", 1),
            id="nginx-behind-a-build-that-cleans-up",
        ),
        pytest.param("avahi-daemon", 'CMD ["avahi-daemon", "--no-drop-root"]', ("fails", 255), id="avahi"),
        pytest.param(
            "avahi-daemon dbus",
            'CMD ["sh", "-c", "service dbus start; exec avahi-daemon"]',
            ("graceful", None),
            id="dbus",
        ),
        pytest.param(
            "nginx",
            'RUN echo \'daemon off;\' >> /etc/nginx/nginx.conf\nCMD ["nginx", "-g", "daemon off;"]',
            ("fails", 1),
            id="nginx-told-twice",
        ),
        pytest.param(
            "nginx",
            "RUN echo 'daemon off;' >> /etc/nginx/nginx.conf\nCMD service nginx start",
            ("killed", 137),
            id="nginx-keeps-its-init-script",
        ),
        pytest.param("nginx", "CMD service nginx start", ("exits", 0), id="nginx-leaves-its-init-script"),
        pytest.param(
            "redis-server",
            "RUN sed -i 's/^daemonize yes/daemonize no/' /etc/redis/redis.conf\nCMD service redis-server start",
            ("killed", 137),
            id="redis-keeps-its-init-script",
        ),
        pytest.param(
            "mosquitto",
            "RUN printf 'listener 1883\\n' > /etc/mosquitto/conf.d/open.conf\n"
            'CMD ["mosquitto", "-c", "/etc/mosquitto/mosquitto.conf"]',
            ("fails", 1),
            id="mosquitto-conf-d",
        ),
        pytest.param(
            "mosquitto",
            'RUN install -d /run/mosquitto\nCMD ["mosquitto", "-c", "/etc/mosquitto/mosquitto.conf"]',
            ("graceful", None),
            id="mosquitto-folder",
        ),
        pytest.param("php8.2-fpm", 'USER www-data\nCMD ["php-fpm8.2", "-F"]', ("fails", 78), id="php-fpm"),
        pytest.param("php8.2-fpm", 'CMD ["php-fpm8.2", "-F"]', ("graceful", None), id="php-fpm-root"),
        pytest.param("cron", 'USER www-data\nCMD ["cron", "-f"]', ("fails", 1), id="cron"),
    ],
)
def test_refusals(package: str, lines: str, expected: tuple[str, int | None]) -> None:
    """As measured in an engine with Debian 12's packages."""
    assert outcome(package, lines) == expected


@pytest.mark.parametrize(("more", "expected"), [("", "fails"), ("RUN ssh-keygen -A\n", "graceful")])
def test_no_package_of_alpine_makes_host_keys(more: str, expected: str) -> None:
    """Its script for OpenRC does so, which a container does not run: "no hostkeys available"."""
    dockerfile = f'FROM alpine:3.20\nRUN apk add --no-cache openssh\n{more}CMD ["/usr/sbin/sshd", "-D", "-e"]\n'
    assert said({"Dockerfile": dockerfile})[0].outcome == expected


@pytest.mark.parametrize(
    ("directive", "expected"), [("", "fails"), ("client_body_temp_path /tmp/b; include more.conf;", "graceful")]
)
def test_nginx_makes_its_temporary_folders(directive: str, expected: str) -> None:
    """With a configuration that says nothing of them they are root's (measured: mkdir(), permission denied)."""
    text = f"pid /tmp/nginx.pid;\nevents {{}}\nhttp {{ {directive} server {{ listen 8080; }} }}\n"
    dockerfile = "FROM nginx:1.27\nUSER nginx\nCOPY nginx.conf /etc/nginx/nginx.conf\n"
    assert said({"Dockerfile": dockerfile, "nginx.conf": text})[0].outcome == expected


REDIS = "RUN apt-get update && apt-get install -y redis-server\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param('USER redis\nCMD ["redis-server"]', "killed", id="root's-folder"),
        pytest.param(
            'WORKDIR /app\nUSER redis\nCMD ["redis-server", "--port", "1"]', "killed", id="the-build's-folder"
        ),
        pytest.param('USER redis\nCMD ["redis-server", "--save", ""]', "graceful", id="nothing-to-save"),
        pytest.param('USER redis\nCMD ["redis-server", "--save", "60", "1"]', "killed", id="told-to-save"),
        pytest.param('RUN mkdir /data\nWORKDIR /data\nUSER redis\nCMD ["redis-server"]', "killed", id="made-by-root"),
        pytest.param('USER redis\nCMD ["redis-server", "--dir", "/tmp"]', "graceful", id="another-folder"),
        pytest.param(
            'USER redis\nCMD ["redis-server", "/etc/redis/redis.conf", "--daemonize", "no"]',
            "graceful",
            id="a-configuration",
        ),
        pytest.param('CMD ["redis-server"]', "graceful", id="root"),
        pytest.param(
            'WORKDIR /app\nRUN chown redis /app\nUSER redis\nCMD ["redis-server"]',
            "graceful",
            id="a-folder-that-is-given",
        ),
    ],
)
def test_redis_that_cannot_save_goes_on(lines: str, expected: str) -> None:
    """Measured with redis 7.0: "Error trying to save the DB, can't exit"."""
    verdict, rows = said({"Dockerfile": f"FROM debian:bookworm-slim\n{REDIS}{lines}\n"})
    assert verdict.outcome == expected
    assert [rule for rule, _, _ in rows] == (["missing-signal-handler"] if expected == "killed" else [])


WORKDIR = "WORKDIR /srv/cache\nCOPY start.sh .\nRUN chmod +x start.sh && useradd svc\n"


@pytest.mark.parametrize(
    ("lines", "script", "expected"),
    [
        pytest.param(WORKDIR + "USER svc", "echo x > new\n", ("fails", 2), id="write"),
        pytest.param(WORKDIR + "USER svc", "mkdir -p data\n", ("fails", 1), id="mkdir"),
        pytest.param(WORKDIR, "echo x > new\n", ("graceful", None), id="root-writes"),
        pytest.param(WORKDIR + "RUN chown svc .\nUSER svc", "echo x > new\n", ("graceful", None), id="given"),
        pytest.param(WORKDIR + "RUN chmod 777 /srv/cache\nUSER svc", "echo x > new\n", ("graceful", None), id="open"),
        pytest.param(
            WORKDIR + "RUN chown -R svc /srv\nUSER svc", "echo x > new\n", ("graceful", None), id="given-above"
        ),
        pytest.param(WORKDIR + "RUN ./setup.sh\nUSER svc", "echo x > new\n", ("graceful", None), id="who-knows"),
        pytest.param("USER svc\n" + WORKDIR, "echo x > new\n", ("graceful", None), id="made-by-a-user"),
        pytest.param(WORKDIR + "USER svc", "chmod +x start.sh\n", ("fails", 1), id="chmod"),
        pytest.param(WORKDIR + "USER svc", "chmod +x start.sh || :\n", ("graceful", None), id="chmod-that-may-fail"),
        pytest.param(WORKDIR + "USER svc", "sed -i s/a/b/ start.sh\n", ("fails", 4), id="sed"),
        pytest.param(WORKDIR + "USER svc", "sed s/a/b/ start.sh\n", ("graceful", None), id="sed-that-prints"),
        pytest.param(WORKDIR + "USER svc", "chown -R redis:redis /var/lib/x\n", ("fails", 1), id="chown"),
        pytest.param(WORKDIR + "USER svc", "chown svc /var/lib/x\n", ("graceful", None), id="chown-to-himself"),
        pytest.param(
            WORKDIR + "USER 1001", "chown svc /var/lib/x\n", ("graceful", None), id="chown-to-who-may-be-himself"
        ),
        pytest.param(
            WORKDIR + "USER svc", 'chown "$(id -u)" /var/lib/x\n', ("graceful", None), id="chown-to-who-knows"
        ),
    ],
)
def test_another_user_may_not(lines: str, script: str, expected: tuple[str, int | None]) -> None:
    """What is root's, and a file that is not the user's own to give away; measured in an engine."""
    script = f"#!/bin/sh\nset -e\n{script}exec redis-server --dir /tmp\n"
    assert outcome("redis-server", f'{lines}\nCMD ["/srv/cache/start.sh"]', start=script) == expected


@pytest.mark.parametrize(
    ("base", "install", "expected"),
    [
        pytest.param("debian:bookworm-slim", "python3 python3-pip", "fails", id="debian"),
        pytest.param("ubuntu:22.04", "python3", "fails", id="ubuntu"),
        pytest.param("debian:bookworm-slim", "python-is-python3", "killed", id="by-its-package"),
        pytest.param("debian:bookworm-slim", "python3 && ln -s /usr/bin/python3 /usr/bin/python", "killed", id="link"),
        pytest.param("debian:bookworm-slim", "python3 && our-setup", "killed", id="who-knows"),
        pytest.param("debian:10", "python3", "killed", id="old"),
        pytest.param("python:3.12-slim", "curl", "killed", id="its-own-image"),
        pytest.param("alpine:3.20", "python3", "killed", id="alpine"),
    ],
)
@pytest.mark.parametrize("command", ['["python", "/a.py"]', '["/a.py"]'])
def test_python3_is_no_python(base: str, install: str, expected: str, command: str) -> None:
    """Debian since 11, and Ubuntu since 20.04, have /usr/bin/python in a package of its own."""
    add = "apk add" if base.startswith("alpine") else "apt-get install -y"
    text = "#!/usr/bin/env python\nimport time\nwhile True:\n    time.sleep(1)\n"
    verdict, _ = said(
        {"Dockerfile": f"FROM {base}\nRUN {add} {install}\nCOPY a.py /a.py\nCMD {command}\n", "a.py": text}
    )
    assert verdict.outcome == expected


def test_a_script_that_the_build_edits_stays_a_script() -> None:
    """It is not taken for a program that handles its signals, whatever it is called."""
    lines = 'COPY start.sh /usr/bin/start\nRUN sed -i y/P/p/ /usr/bin/start\nCMD ["start"]'
    assert outcome("redis-server", lines, start="#!/bin/sh\nredis-server --port @PORT@\n")[0] == "unknown"


def test_a_supervised_program_runs_as_its_user_in_its_folder() -> None:
    """`user` and `directory` of its section."""
    section = "[supervisord]\nnodaemon=true\n[program:r]\ncommand=redis-server\nuser=redis\ndirectory={}\n"
    for folder, expected in (("/", "killed"), ("/tmp", "graceful")):
        files = {
            "Dockerfile": DEBIAN.format("redis-server supervisor")
            + 'COPY s.conf /etc/s.conf\nCMD ["supervisord", "-c", "/etc/s.conf"]\n',
            "s.conf": section.format(folder),
        }
        assert said(files)[0].outcome == expected


def test_a_loop_with_two_guards_goes_on() -> None:
    """A loop that looks after two services, each check an `|| exit 1`, is taken to find them alive."""
    check = "  ps aux | grep {0} | grep -q -v grep || exit 1\n"
    script = "#!/bin/bash\nredis-server --daemonize yes\nnginx\nwhile sleep 60; do\n"
    script += check.format("redis") + check.format("nginx") + "done\n"
    lines = 'COPY start.sh /\nCMD ["/start.sh"]'
    assert outcome("redis-server nginx procps", lines, start=script) == ("killed", 137)


@pytest.mark.parametrize(
    ("options", "lines", "expected"),
    [
        pytest.param("--pid /run/shop.pid", "USER shop", ("fails", 1), id="of-roots"),
        pytest.param("-p /run/shop.pid", "", ("graceful", None), id="as-root"),
        pytest.param("--pid=/run/shop/pid", "", ("fails", 1), id="no-folder"),
        pytest.param("--pid=/run/shop/pid", "RUN mkdir /run/shop", ("graceful", None), id="a-folder"),
        pytest.param("--error-logfile /var/log/shop.log", "USER shop", ("fails", 1), id="a-log-of-roots"),
        pytest.param("--access-logfile /var/log/shop/access.log", "", ("fails", 1), id="no-folder-for-a-log"),
        pytest.param("--access-logfile - --error-logfile -", "USER shop", ("graceful", None), id="no-file"),
        pytest.param("--pid /tmp/shop.pid", "USER shop", ("graceful", None), id="in-a-folder-for-all"),
    ],
)
def test_files_that_gunicorn_makes(options: str, lines: str, expected: tuple[str, int | None]) -> None:
    """As measured with gunicorn 27."""
    base = "FROM python:3.12-slim\nRUN useradd shop # {}\n"
    command = json.dumps(["gunicorn", *options.split(), "shop:app"])
    assert outcome("", f"{lines}\nCMD {command}", base=base) == expected


SEEDED = "RUN docker-entrypoint.sh postgres --version && initdb -D /seed\nENV PGDATA=/seed\n"


@pytest.mark.parametrize(
    ("base", "lines", "expected"),
    [
        pytest.param("postgres:15", "COPY init.sql /docker-entrypoint-initdb.d/", ("fails", 1), id="postgres"),
        pytest.param("postgres:15", "ENV POSTGRES_PASSWORD=", ("fails", 1), id="empty"),
        pytest.param("postgres:15", "ENV POSTGRES_PASSWORD=x", ("graceful", None), id="given"),
        pytest.param("postgres:15", "ENV POSTGRES_HOST_AUTH_METHOD=trust", ("graceful", None), id="without-password"),
        pytest.param("postgres:15", "ENV POSTGRES_HOST_AUTH_METHOD=md5", ("fails", 1), id="with-password"),
        pytest.param("postgres:15", "ARG PW\nENV POSTGRES_PASSWORD=$PW", ("graceful", None), id="each-build-gives-it"),
        pytest.param("postgres:15", SEEDED, ("graceful", None), id="a-database-of-the-build"),
        pytest.param("postgres:11.3", "", ("graceful", None), id="before-it-was-asked-for"),
        pytest.param("postgres:15", 'CMD ["-c", "max_connections=9"]', ("fails", 1), id="options"),
        pytest.param("mysql:8", "", ("fails", 1), id="mysql"),
        pytest.param("mysql:8", "ENV MYSQL_ALLOW_EMPTY_PASSWORD=yes", ("graceful", None), id="mysql-without-password"),
        pytest.param("mariadb:11", "", ("fails", 1), id="mariadb"),
        pytest.param("mariadb:11", "ENV MYSQL_ROOT_PASSWORD=x", ("graceful", None), id="mariadb-by-its-old-name"),
    ],
)
def test_bases_that_want_a_variable(base: str, lines: str, expected: tuple[str, int | None]) -> None:
    """As their own scripts have it, before they start the service."""
    verdict, _ = said({"Dockerfile": f"FROM {base}\n{lines}\n", "init.sql": ""})
    assert (verdict.outcome, verdict.exit_code) == expected


def test_with_the_variable_the_service_is_never_told() -> None:
    """The script would end with 0: what it lacks is the variable, and not a finding."""
    script = "docker-entrypoint.sh postgres &\nwait $!\necho done\n"
    dockerfile = 'FROM postgres:16\nCOPY go.sh /\nENTRYPOINT ["bash", "/go.sh"]\n'
    verdict, rows = said({"Dockerfile": dockerfile, "go.sh": script})
    assert (verdict.outcome, verdict.exit_code) == ("exits", 0)
    assert found((verdict, rows)) == [("unhandled-stop-signal", "wait $!")]
    assert found((verdict, rows), "error") == []
