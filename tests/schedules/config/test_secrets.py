"""Passwords, keys and tokens in every place that can hold one: after a day of jobs they stand nowhere else.

Not in what everybody can read (lists of processes, the crontab, units), not in what is kept (the archive's directory:
database, logs, reports, captures; exports, backups), and not in what is said.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from archive.redaction.secrets import parts_of, redacted, secrets_in, without_password
from archive.runs.due_times import DueTimes
from archive.store import Archive
from schedules.timetable.job_file import JobFile
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import Machine, PostOffice
from tests.schedules.deploy.test_crontab import FAKE
from tests.schedules.quick import start_quick, until_heard
from tests.site.site import Site

PROXY, TLS_PROXY, ALL_PROXY, JOB_PROXY = "pw-of-proxy-1a", "pw%21of@tls:proxy-2b", "pw-of-all-3c", "pw-of-job-proxy-4d"
PAGE, TOKEN, MAIL, BOT = "password-of-page-5e", "token-of-page-6f", "pwOfMail7g", "key-of-bot-8h"
PING, HOOK, WORD, ADDRESS = "5a0c-ping-9i", "hook-10j", "hook-token-11k", "pw-in-address-12l"
SECRETS = (PROXY, TLS_PROXY, ALL_PROXY, JOB_PROXY, PAGE, TOKEN, MAIL, BOT, PING, HOOK, WORD, ADDRESS)
USER = "robert"


def forms() -> Iterator[bytes]:
    """Every secret as it is, unquoted, and as HTTP sends it."""
    for secret in SECRETS:
        for plain in {secret, secret.replace("%21", "!")}:
            yield plain.encode()
            yield base64.b64encode(f"{USER}:{plain}".encode())


def shown_in(content: bytes) -> list[bytes]:
    return [form for form in forms() if form in content]


def everything_in(*places: Path, but: tuple[Path, ...]) -> Iterator[tuple[Path, bytes]]:
    """All files there, with their names, unpacked where they are packed."""
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and path not in but:
                content = path.read_bytes()
                yield path, os.fsencode(path) + (gzip.decompress(content) if path.suffix == ".gz" else content)


class Watch:
    """Looks at the list of processes again and again, as any user of the machine can."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    self.seen.add(process.read_bytes())


@pytest.fixture
def planted(machine: Machine, post_office: PostOffice, fresh_site: Site, tmp_path: Path) -> Machine:
    """A machine with a secret in every setting that can hold one."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/crontab").write_text(FAKE)
    (tmp_path / "bin/crontab").chmod(0o755)
    (tmp_path / "token").write_text(TOKEN)
    port = fresh_site.proxy.rpartition(":")[2]

    def proxy(password: str) -> str:
        return f"http://{USER}:{password}@127.0.0.1:{port}"

    machine.environment |= {
        "SSL_CERT_FILE": fresh_site.ca_file,
        "http_proxy": proxy(PROXY),
        "https_proxy": proxy(TLS_PROXY),
        "ALL_PROXY": proxy(ALL_PROXY),
        "no_proxy": "localhost",
        "QQNEWS_PASSWORD": PAGE,
        "WECOM_KEY": BOT,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    }
    urls = [
        f"mailtos://{USER}:{MAIL}@127.0.0.1:1/?to=somebody@example.org",
        "wecombot://${WECOM_KEY}",
        f"json://127.0.0.1:1/{HOOK}?token={WORD}",
    ]
    machine.jobs.write_text(f"""
        [hot]
        command = "crawl --source hot --limit 2 --delay 0"
        every = "1d"
        grace = "2d"
        [own]
        command = "crawl --source channel:tech --limit 1 --delay 0 --proxy {proxy(JOB_PROXY)}"
        every = "1d"
        grace = "2d"
        [bad]
        command = "show nothing"
        every = "8h"
        missed = "all"
        grace = "2d"
        [notify]
        urls = {json.dumps(urls)}
        group = "0s"
        ping = "http://127.0.0.1:1/{PING}"
        metrics_file = "{tmp_path}/metrics.prom"
    """)
    return machine


def a_day_ago(machine: Machine) -> None:
    """The clock was looked at a day ago for the last time: all that was due since is to be run."""
    with Archive.existing(machine.data) as archive:
        for job in JobFile(machine.jobs).enabled():
            DueTimes(archive).watch(job.name, job.identity, datetime.now(UTC) - timedelta(days=1))


def test_after_a_day_of_jobs_secrets_stand_where_they_were_put_and_nowhere_else(
    planted: Machine, tmp_path: Path
) -> None:
    said = list[tuple[str, bytes]]()

    def call(*words: str) -> bytes:
        command = [str(QQNEWS), "--data", str(planted.data), *words]
        environment = clean_environment(**planted.environment)
        ended = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)
        said.append((" ".join(words), ended.stdout + ended.stderr))
        return ended.stdout

    jobs = ("--jobs", str(planted.jobs))
    with Watch() as watch:
        call("schedule", "cron", "install", *jobs)
        call("schedule", "systemd", "--user", "--to", str(tmp_path / "units"), *jobs)
        call("schedule", "list", *jobs)
        a_day_ago(planted)
        line = (tmp_path / "bin/stored").read_text().splitlines()[-2].removeprefix("* * * * * ")
        bare = {"XDG_STATE_HOME": planted.environment["XDG_STATE_HOME"], "PATH": "/usr/bin:/bin"}
        ended = subprocess.run(["/bin/sh", "-c", line], env=bare, cwd="/", capture_output=True, timeout=280)
        said.append(("cron", ended.stdout + ended.stderr))
        serve = subprocess.Popen(
            [
                str(QQNEWS),
                "--data",
                str(planted.data),
                "serve",
                "--port",
                "0",
                "--password-file",
                str(tmp_path / "token"),
            ],
            env=clean_environment(**planted.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert serve.stdout is not None
        said.append(("serve", serve.stdout.readline()))
        for words in (["status"], ["--json", "status"], ["status", "--metrics"], ["status", "--nagios"]):
            call(*words, *jobs)
        call("schedule", "history", "-n", "999")
        call("doctor", "--offline")
        call("crawl", "--dry-run", "--source", "hot")
        call("verify", "--deep")
        call("backup", str(tmp_path / "out/backup.db"))
        for form in ("jsonl", "warc", "sqlite"):
            call("export", form, str(tmp_path / "out" / form))
        serve.terminate()
        said.append(("serve", serve.communicate(timeout=30)[0]))
    history = [json.loads(row) for row in call("--json", "schedule", "history", "-n", "999").splitlines()]
    assert [row["state"] for row in history] == ["ran"] * 5
    assert {row["verdict"] for row in history if row["job"] in ("hot", "own")} == {"ok"}
    assert any(b"schedule\0tick" in words for words in watch.seen)
    assert any(b"crawl\0--source\0channel:tech" in words for words in watch.seen)
    (variables,) = (tmp_path / "config/qqnews").iterdir()
    kept_apart = (planted.jobs, tmp_path / "token", variables, tmp_path / "units/qqnews.env")
    for path in kept_apart[2:]:
        assert path.stat().st_mode & 0o777 == 0o600
        assert shown_in(path.read_bytes())
    ours = {f"a process: {words!r}": words for words in watch.seen if os.fsencode(tmp_path) in words}
    kept = {str(path): content for path, content in everything_in(tmp_path, but=kept_apart)}
    places = ours | kept | {f"what was said: {what}": text for what, text in said}
    assert [place for place, content in places.items() if shown_in(content)] == []
    assert len(ours) > 5
    assert any(place.endswith(".warc.gz") for place in kept)


class Proxy407(BaseHTTPRequestHandler):
    """A proxy that is content with no password."""

    def do_CONNECT(self) -> None:
        self.send_error(407)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing_proxy() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy407)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("form", "way"),
    [
        ("http://{u}:{p}@127.0.0.1:{port}", "variables"),
        ("http://{u}:{p}@127.0.0.1:1", "--proxy"),
        ("http://{u}:{p}", "variables"),
        ("http://{u}:{p}", "--proxy"),
    ],
)
def test_what_goes_wrong_with_a_proxy_shows_no_password(
    machine: Machine, refusing_proxy: int, form: str, way: str, tmp_path: Path
) -> None:
    """Its refusal, its absence, and an address that lacks its host: then the password stands in the port's place."""
    proxy = form.format(u=USER, p=PROXY, port=refusing_proxy)
    options = ["--proxy", proxy] if way == "--proxy" else []
    variables = dict.fromkeys(("http_proxy", "https_proxy"), proxy) if way == "variables" else {}
    said = b""
    for words in (["crawl", "20250212A090WZ00", "--delay", "0"], ["doctor"]):
        command = [str(QQNEWS), "--data", str(machine.data), *words, *options]
        environment = clean_environment(**machine.environment, **variables)
        ended = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)
        assert ended.returncode != 0
        said += ended.stdout + ended.stderr
    assert PROXY.encode() not in said, said
    assert [path for path, content in everything_in(tmp_path, but=()) if shown_in(content)] == []


def test_a_password_given_by_hand_leaves_the_list_of_processes(
    machine: Machine, fresh_site: Site, tmp_path: Path
) -> None:
    fresh_site.fault("/web_feed/", "slow", seconds=60)
    port = fresh_site.proxy.rpartition(":")[2]
    words = [str(QQNEWS), "--data", str(machine.data), "crawl", "--source", "channel:tech"]
    words += [f"--proxy=http://{USER}:{PROXY}@127.0.0.1:{port}"]
    environment = clean_environment(SSL_CERT_FILE=fresh_site.ca_file)
    crawl = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not fresh_site.requests(path="/web_feed/"):
            assert crawl.poll() is None
        shown = Path(f"/proc/{crawl.pid}/cmdline").read_bytes()
    finally:
        crawl.kill()
        crawl.wait()
    assert (b"channel:tech" in shown, PROXY.encode() in shown) == (True, False)


@pytest.mark.parametrize(
    "table",
    [
        '[notify]\nurls = ["mailto:robert:{s}@example.org"]',
        '[notify]\nurls = ["json://a", 7, "{s} x://"]',
        '[notify]\nping = "mailto://robert:{s}@example.org"',
        '[notify]\nping = "{s}"',
        '[notify]\nverdicts = ["json://robert:{s}@example.org"]',
        '[notify]\nurl = "json://robert:{s}@example.org"',
        '[b]\nevery = "1h"\ncommand = "crawl https://robert:{s}@news.qq.com/rain/a/20250212A090WZ00"',
        '[b]\nevery = "1h"\ncommand = "crawl --contact http://robert:{s}@example.org"',
        '[b]\nevery = "http://robert:{s}@example.org"\ncommand = "stats"',
    ],
)
def test_a_time_table_that_is_refused_is_not_quoted(machine: Machine, table: str) -> None:
    machine.jobs.write_text(f'[a]\ncommand = "stats"\nevery = "1h"\n{table.format(s=MAIL)}\n')
    ended = machine.call("list")
    assert ended.returncode == 20, ended.stderr
    assert MAIL not in ended.stderr
    assert str(machine.jobs) in ended.stderr


def test_an_address_with_a_password_is_not_quoted(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"https://{USER}:{ADDRESS}@example.org/x\n")
    for target in (f"https://{USER}:{ADDRESS}@example.org/x", str(tmp_path / "list")):
        words = [str(QQNEWS), "--data", str(machine.data), "crawl", target]
        ended = subprocess.run(words, env=clean_environment(), capture_output=True, text=True, check=False)
        assert ended.returncode == 20
        assert (ADDRESS in ended.stderr, "example.org" in ended.stderr) == (False, True)


def test_the_daemon_s_log_and_messages_show_no_key(machine: Machine, post_office: PostOffice) -> None:
    """An address of the dead-man's switch that no call can be made of, and a service that repeats what it was asked."""
    machine.jobs.write_text(
        f'[bad]\ncommand = "show nothing"\nevery = "2s"\n[notify]\nping = "http://127.0.0.1:1/{PING} x"\n'.replace(
            " x", "%20"
        )
        + f'urls = ["json://127.0.0.1:1/{HOOK}?token={WORD}"]\n'
    )
    daemon = start_quick(machine)
    until_heard(machine, "messages: json: ")
    daemon.terminate()
    assert daemon.wait(60) == 0
    for path, content in everything_in(machine.data, but=()):
        assert shown_in(content) == [], path
    assert shown_in(machine.jobs.with_name("screen").read_bytes()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to http://u:p@ss@h:1/x", "to http://***@h:1/x"),
        ("'ftp://a@b/' and wss://c:d@e", "'ftp://***@b/' and wss://***@e"),
        ("nonnumeric port: 'geheim123@proxy'", "nonnumeric port: '***@proxy'"),
        ("Basic bWU6Z2VoZWltMTIz", "Basic ***"),
        ("mail to me@example.org, http://h/@x", "mail to me@example.org, http://h/@x"),
    ],
)
def test_what_is_taken_out_of_a_sentence(text: str, expected: str) -> None:
    assert redacted(text, environment={"HTTPS_PROXY": "http://me:geheim123@proxy:8080"}) == expected


def test_what_is_secret_in_an_environment_and_an_address() -> None:
    found = secrets_in(
        {"http_proxy": "http://u:a%40b@h", "no_proxy": "x@y", "QQNEWS_PASSWORD": "geheim12", "HOME": "/h"}
    )
    assert {"u:a%40b", "u:a@b", "a%40b", "a@b", "geheim12"} <= found
    assert "/h" not in found
    assert {"key-1", "key 2", "t0"} - parts_of("wecombot://key-1/key%202?x=t0&y=1") == {"t0"}  # Too short to be one.


@pytest.mark.parametrize(
    ("words", "kept", "moved"),
    [
        (["crawl", "--proxy", "http://u:p@h", "x"], ["crawl", "x"], {"QQNEWS_PROXY": "http://u:p@h"}),
        (["crawl", "--proxy=http://u:p@h"], ["crawl"], {"QQNEWS_PROXY": "http://u:p@h"}),
        (["crawl", "--proxy", "http://h:1"], ["crawl", "--proxy", "http://h:1"], {}),
        (["crawl", "--proxy", "http://u:pass"], ["crawl"], {"QQNEWS_PROXY": "http://u:pass"}),
        (["crawl", "--proxy"], ["crawl", "--proxy"], {}),
        (["crawl", "--", "--proxy", "a@b"], ["crawl", "--", "--proxy", "a@b"], {}),
    ],
)
def test_a_proxy_s_password_leaves_the_command_line(words: list[str], kept: list[str], moved: dict[str, str]) -> None:
    assert without_password(words) == (kept, moved)
