"""The one door to Apprise: messages to mail, WeCom, DingTalk, Feishu, Telegram, webhooks and whatever else it knows."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import apprise

from archive.errors import UnreadableRow
from archive.files.readable_names import readable
from archive.monitoring.notices import LOCK, Notices, Recipient
from archive.redaction.secrets import parts_of, redacted
from archive.runs.locks import Locked, Locks
from archive.store import Archive
from schedules.config.notification_policy import Address, MissingVariable, NotificationPolicy, pause_after
from schedules.notify.alarms import Alarms
from schedules.notify.messages import Message, message, trial

SECONDS: Final = 15.0
"""A service that has not answered by then counts as failing."""
PATIENCE: Final = 10.0
"""Seconds to wait for somebody else who is sending: what we noted may have come too late for him."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a message to one address. ``error``: '' if it was taken."""

    label: str
    error: str


def deliver_alarms(data: Path, telling: NotificationPolicy) -> list[Delivered]:
    """Send what is to be told of an archive that cannot be worked on. Nothing here needs its disk."""
    alarms, done = Alarms(data), list[Delivered]()
    with alarms.sending() as is_ours:
        for due in alarms.due(telling, datetime.now(UTC)) if is_ours else ():
            error = send(due.to, message(due.notices, telling.zone, place_of(data)))
            alarms.told(due, error, datetime.now(UTC))
            done.append(Delivered(due.to.label, error))
    return done


def deliver(data: Path, telling: NotificationPolicy) -> list[Delivered]:
    """Send what is to be sent now. Whoever else is at it, no message is sent twice. Raises ``Locked``."""
    with Archive.existing(data) as archive:
        archive.pass_over = _left_out
        locks, notices = Locks(archive), Notices(archive)
        token = _take(locks)
        try:
            return list(_deliver(notices, telling, place_of(data)))
        finally:
            locks.release(token)


def _left_out(_: UnreadableRow) -> None:
    """Who cannot be read cannot be told; `qqnews status` names the row."""


def try_all(data: Path, telling: NotificationPolicy) -> list[Delivered]:
    """Send a test to every address, whatever the hour."""
    return [Delivered(to.label, send(to, trial(place_of(data)))) for to in telling.urls]


def place_of(data: Path) -> str:
    """Which archive it is, for those who have several."""
    return f"The archive: {readable(data.absolute())} on {socket.gethostname()}"


def send(to: Address, what: Message) -> str:
    """Send a message; why that was not possible, or ''. Bounded in time."""
    try:
        url = to.filled(os.environ)
    except MissingVariable as error:
        return str(error)
    asset = apprise.AppriseAsset(app_id="qqnews", app_desc="Tencent News archive", app_url="", async_mode=False)
    service = apprise.Apprise(asset=asset)
    if not service.add(url):
        return "Apprise does not understand this address"
    kind = apprise.NotifyType.SUCCESS if what.is_good else apprise.NotifyType.FAILURE
    result = service.notify(what.body, what.title, kind, body_format=apprise.NotifyFormat.TEXT, timeout=SECONDS)
    if result:
        return ""
    if result.status == apprise.AppriseResultStatus.TIMEOUT:
        return f"no answer within {SECONDS:.0f} s"
    said = [entry.message for entry in result.logs() if entry.message]
    line = " ".join((said[0] if said else "the service refused it").split())
    return redacted(line, parts_of(url))[:200]


def _take(locks: Locks) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return locks.take(LOCK, "sending", datetime.now(UTC))
        except Locked:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.2)


def _deliver(notices: Notices, telling: NotificationPolicy, place: str) -> Iterator[Delivered]:
    """To each recipient in turn, those that could not be reached of late last."""
    known = {recipient.id: recipient for recipient in notices.recipients()}
    asked = [(to, known[to.id]) for to in telling.urls if to.id in known]
    for to, recipient in sorted(asked, key=lambda pair: pair[1].tries):
        if (error := _tell(notices, telling, to, recipient, place)) is not None:
            yield Delivered(to.label, error)


def _tell(notices: Notices, telling: NotificationPolicy, to: Address, recipient: Recipient, place: str) -> str | None:
    """Tell one recipient what it is to be told now, if anything; what went wrong, or ''."""
    pending = notices.pending(recipient.id)
    if not telling.is_time(recipient, pending, datetime.now(UTC)):
        return None
    error = send(to, message(pending, telling.zone, place))
    now = datetime.now(UTC)
    if error:
        notices.not_reached(recipient.id, error, now + pause_after(recipient.tries + 1))
    else:
        notices.reached(recipient.id, pending[-1].id, now)
    return error
