"""What other programs answer for an address out of capture files: pywb as a server, and warcio record by record."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from tests.site.site import ROOT

PYWB = ROOT / ".venv/pywb/bin"
"""Where ``make check-replay`` puts it: what it needs does not go with what we need."""
_READY_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """Status and body that a program gives for an address."""

    status: int
    body: bytes


@contextmanager
def pywb(folder: Path, files: Iterable[Path]) -> Iterator[Pywb]:
    """A pywb that serves these files as one collection."""
    folder.mkdir()
    subprocess.run([PYWB / "wb-manager", "init", "all"], cwd=folder, check=True, capture_output=True)
    for number, file in enumerate(files):
        # Files of different exports have the same name.
        copy = folder / f"{number}-{file.name}"
        shutil.copyfile(file, copy)
        subprocess.run([PYWB / "wb-manager", "add", "all", copy], cwd=folder, check=True, capture_output=True)
    port = _free_port()
    command = [str(PYWB / "wayback"), "--bind", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_for(process, port, folder / "log")
        yield Pywb(port)
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Pywb:
    """A running pywb."""

    port: int

    def answer(self, url: str, moment: str = "", post: bytes | None = None) -> Answer:
        """What was captured of an address, the newest or that of a ``moment`` (digits), as it was."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            method = "GET" if post is None else "POST"
            connection.request(method, f"/all/{moment}id_/{url}", post, {"Content-Type": "application/json"})
            found = connection.getresponse()
            return Answer(found.status, found.read())


def warcio_answers(files: Iterable[Path]) -> dict[str, list[Answer]]:
    """Address → what was captured of it, in the order of the records; revisits are looked up by address and date."""
    held, found = dict[tuple[str, str], bytes](), list[tuple[str, int, bytes | tuple[str, str]]]()
    for file in files:
        with file.open("rb") as opened:
            for record in ArchiveIterator(opened):
                said = record.rec_headers.get_header
                if record.rec_type == "response":
                    body = record.content_stream().read()
                    held[said("WARC-Target-URI"), said("WARC-Date")] = body
                    found.append((said("WARC-Target-URI"), int(record.http_headers.get_statuscode()), body))
                elif record.rec_type == "revisit":
                    target = said("WARC-Refers-To-Target-URI"), said("WARC-Refers-To-Date")
                    found.append((said("WARC-Target-URI"), int(record.http_headers.get_statuscode()), target))
    answers = dict[str, list[Answer]]()
    for url, status, body_or_target in found:
        body = body_or_target if isinstance(body_or_target, bytes) else held[body_or_target]
        answers.setdefault(url, []).append(Answer(status, body))
    return answers


def warcio_checks(files: Iterable[Path]) -> bool:
    """Whether ``warcio check`` finds every digest right."""
    checker = Checker(Namespace(inputs=[str(file) for file in files], verbose=False))
    checker.process_all()
    return bool(checker.exit_value == 0)


def kinds(files: Iterable[Path]) -> list[str]:
    """The kinds of the records."""
    found = list[str]()
    for file in files:
        with file.open("rb") as opened:
            found += [record.rec_type for record in ArchiveIterator(opened)]
    return found


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"pywb did not start: {log.read_text()}")
