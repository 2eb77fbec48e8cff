"""What goes outside: a signed webhook and e-mail files. At least once each, always under the same key.

Rows are written in the transaction of their decision (``enqueue``); ``deliver`` sends what is due and marks it. Killed
between the two it sends again, and the receiver knows it by the key. A mail file has the key as its name, so that
sending it again replaces it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Records

from store import Database
from store.schema import Outgoing

from .settings import OutboxSettings

_log = logging.getLogger(__name__)
_TIMEOUT_S = 10.0
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=6)
KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER = "Idempotency-Key", "X-Beforehand-Signature", "X-Beforehand-Timestamp"

Post = Callable[[str, bytes, Mapping[str, str]], None]
"""Sends a body with headers to an address; raises ``OSError`` if it did not arrive."""


def enqueue(
    records: Records, key: str, channel: str, customer_id: str, payload: Mapping[str, Any], at: datetime
) -> None:
    """Write down that this is to be sent. Must run in the transaction of the decision."""
    row = Outgoing(
        key=key, channel=channel, customer_id=customer_id, payload=dict(payload), created_at=at, next_at=at, attempts=0
    )
    records.add(row)


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """``sha256=`` and the HMAC of time and body, as the receiver computes it again.

    The time is signed too, so that who has caught a message once cannot send it again later.
    """
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post_http(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """The ``Post`` of the running shop."""
    if not url.startswith(("http://", "https://")):
        raise OSError(f"not an address of the web: {url}")
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
            return
    except urllib.error.HTTPError as error:
        raise OSError(f"the receiver answered {error.code}") from error


class Outbox:
    """Sends what waits. Several processes may do it at once: then something may go out twice, under one key."""

    def __init__(self, database: Database, settings: OutboxSettings, *, post: Post = post_http) -> None:
        self._database, self._settings, self._post = database, settings, post

    def deliver(self, at: datetime, limit: int = 100) -> int:
        """Try everything that is due at ``at``; returns how much was sent."""
        with self._database.read() as records:
            asked = select(Outgoing).where(Outgoing.next_at <= at).order_by(Outgoing.next_at, Outgoing.id).limit(limit)
            waiting = list(records.scalars(asked))
        sent = 0
        for row in waiting:
            problem = self._try(row, at)
            sent += problem is None
            with self._database.write() as records:
                mine = records.get(Outgoing, row.id)
                if mine is not None and mine.sent_at is None:
                    self._note(mine, problem, at)
        return sent

    def _try(self, row: Outgoing, at: datetime) -> str | None:
        """``None`` if it arrived, else why not."""
        try:
            if row.channel == "webhook":
                self._send_webhook(row, at)
            else:
                self._write_mail(row)
        except OSError as error:
            _log.warning("%s of %s did not go out: %s", row.channel, row.key, error)
            return str(error) or type(error).__name__
        return None

    def _note(self, row: Outgoing, problem: str | None, at: datetime) -> None:
        row.attempts += 1
        row.problem = problem
        if problem is None:
            row.sent_at, row.next_at = at, None
        elif row.attempts >= self._settings.max_attempts:
            row.next_at = None
        else:
            row.next_at = at + min(_FIRST_PAUSE * 2 ** (row.attempts - 1), _LONGEST_PAUSE)

    def _send_webhook(self, row: Outgoing, at: datetime) -> None:
        url = self._settings.webhook_url
        if url is None:
            raise OSError("no webhook_url is set any more")
        secret = os.environ.get(self._settings.webhook_secret_env, "")
        if not secret:
            raise OSError(f"the environment variable {self._settings.webhook_secret_env} with the key is not set")
        body = json.dumps(row.payload, ensure_ascii=False, sort_keys=True).encode()
        timestamp = str(int(at.timestamp()))
        headers = {
            "Content-Type": "application/json",
            KEY_HEADER: row.key,
            TIME_HEADER: timestamp,
            SIGNATURE_HEADER: signature(timestamp, body, secret),
        }
        self._post(url, body, headers)

    def _write_mail(self, row: Outgoing) -> None:
        if self._settings.mail_folder is None:
            raise OSError("no mail_folder is set any more")
        folder = Path(self._settings.mail_folder)
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", row.key)[:80] + "-" + hashlib.sha256(row.key.encode()).hexdigest()[:8]
        message = EmailMessage()
        # A line end in a name must not begin another header.
        message["From"], message["To"] = self._settings.sender, _one_line(str(row.payload["to"]))
        message["Subject"] = _one_line(str(row.payload["subject"]))
        message["Message-ID"] = f"<{name}@beforehand>"
        message.set_content(str(row.payload["text"]))
        part = folder / f".{name}.part"
        part.write_bytes(message.as_bytes())
        part.replace(folder / f"{name}.eml")


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n]+", " ", text)
