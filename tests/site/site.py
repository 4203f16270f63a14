"""`Site`: the loopback Tencent News for tests, in a process of its own, governed from here."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from tests.site.log import Seen
from tests.site.world import Farewell, Part, Plan, World

ROOT = Path(__file__).parents[2]
CONTROL = "control.test"
"""A host that exists only behind the proxy: ``POST http://control.test/<order>`` with a JSON object."""


class OrderRefusedError(Exception):
    """The site did not carry out an order; the message is its reason."""


class Site:
    """A running site. Takes what `Plan` takes: ``Site(seed=1, articles=200)``.

    ``world`` is a twin of what the server serves: what is done through this object happens to both.
    The server ends with the ``with`` block, and also when this process dies.
    """

    proxy: str
    """``http://127.0.0.1:PORT``: a forward proxy for plain requests and for tunnels (CONNECT) with TLS."""
    ca_file: str
    """Path of the certificate authority's PEM file; it is enough as the only trust store."""

    def __init__(self, *, port: int = 0, **plan: Any) -> None:
        self.world = World(Plan(**plan))
        self._port = port
        self._folder = tempfile.TemporaryDirectory(prefix="site-")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        plan = orjson.dumps(asdict(self.world.plan)).decode()
        command = [sys.executable, "-m", "tests.site.server", str(self._port), self._folder.name, plan]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError("the site did not start; its message stands above")
        self._port = int(line)
        self.proxy = f"http://127.0.0.1:{self._port}"
        self.ca_file = str(Path(self._folder.name) / "ca.pem")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server; safe to call again."""
        if self._process is not None:
            # The end of its standard input is the server's order to stop.
            self._process.communicate(timeout=10)
            self._process = None
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The server's process id, for those who weigh it. Raises `RuntimeError` while it is not running."""
        if self._process is None:
            raise RuntimeError("the site is not running")
        return self._process.pid

    def environment(self) -> dict[str, str]:
        """The variables that lead an ordinary program here, to be laid over its own environment."""
        names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
        return dict.fromkeys(names, self.proxy) | {"SSL_CERT_FILE": self.ca_file}

    def requests(self, host: str = "", path: str = "") -> list[Seen]:
        """What was asked so far, oldest first: all, or of one host, or with ``path`` in the path."""
        log = [Seen(**entry) for entry in self._order("requests")]
        return [entry for entry in log if host in ("", entry.host) and path in entry.path]

    def forget_requests(self) -> None:
        """Begin the log anew."""
        self._order("forget_requests")

    def edit(self, article_id: str, part: Part = "body") -> None:
        """Change an article: its text, its title, or only counters that no reader reads (``noise``)."""
        self._order("edit", article_id, part)
        self.world.edit(article_id, part)

    def remove(self, article_id: str, farewell: Farewell = "babygohome") -> None:
        """Take an article down: its address leads elsewhere, or its data say ``is_deleted``."""
        self._order("remove", article_id, farewell)
        self.world.remove(article_id, farewell)

    def restore(self, article_id: str) -> None:
        """Undo `remove`."""
        self._order("restore", article_id)
        self.world.restore(article_id)

    def mistake(self, article_id: str, other: str | None) -> None:
        """Answer for an article with another one's page, as a mixed-up cache does; None: with its own again."""
        self._order("mistake", article_id, other)
        self.world.mistake(article_id, other)

    def publish(self, count: int = 1, *, copy_of: str = "") -> tuple[str, ...]:
        """Add articles at the head of the lists; their ids. With ``copy_of`` they repeat that article."""
        self._order("publish", count, copy_of=copy_of)
        return self.world.publish(count, copy_of=copy_of)

    def fault(self, match: str, kind: str, times: int | None = None, *, skip: int = 0, **options: Any) -> None:
        """Spoil the answers to addresses that hold ``match`` (with ``*`` in it: that look like it) from now on.

        ``kind`` is one of `tests.site.faults.KINDS`; its options are described there. The first ``skip`` such
        requests pass, the next ``times`` are spoilt (None: all). Raises `OrderRefusedError` for an unknown kind.
        """
        self._order("fault", match, kind, times, skip, options)

    def clear_faults(self) -> None:
        """From now on everything works again."""
        self._order("clear_faults")

    def robots(self, host: str, text: str) -> None:
        """Give one host a robots.txt of its own."""
        self._order("robots", host, text)

    def _order(self, name: str, /, *args: object, **kwargs: object) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            body = orjson.dumps({"args": args, "kwargs": kwargs})
            connection.request("POST", f"http://{CONTROL}/{name}", body)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise OrderRefusedError(f"{name}: {text.decode()}")
        return orjson.loads(text)
