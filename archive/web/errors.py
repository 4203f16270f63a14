"""What can keep the web page from being served."""

from __future__ import annotations

from archive.errors import ExitCode, QQNewsError


class WebMissing(QQNewsError):
    """The libraries of the web page are not installed."""

    exit_code = ExitCode.USAGE

    def __init__(self, library: str) -> None:
        super().__init__(f"the web page needs {library}: install it with pip install 'qqnews[web]'")
        self.library = library


class PasswordNeeded(QQNewsError):
    """Others could reach the page, and no password would stop them."""

    exit_code = ExitCode.USAGE

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} can be reached by others: name a password with --password-file or QQNEWS_PASSWORD")
        self.host = host


class BadPassword(QQNewsError):
    """A password that cannot be read, or protects nothing."""

    exit_code = ExitCode.USAGE

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"no password in {where}: {reason}")


class CannotListen(QQNewsError):
    """The address is taken by another program, or not ours to take."""

    exit_code = ExitCode.FAILED

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen at {host}, port {port} ({reason}): choose another with --port")
        self.host = host
        self.port = port
