"""Pictures that customers send: what is taken, what is left of it, and who may see it."""

from __future__ import annotations

import io
import zlib

import httpx
import pytest
from PIL import Image

from agent import Session
from store import InputError
from store.demo import demo_customers
from store.schema import Attachment
from ui.access import CUSTOMER_COOKIE
from ui.picture_cleaning import clean_picture


def drawn(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    to = io.BytesIO()
    Image.new("RGB", size, "red").save(to, kind, **options)  # type: ignore[arg-type]
    return to.getvalue()


def with_secrets() -> bytes:
    """A picture that says where it was taken, lies on its side, and has a program behind it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    return drawn(exif=exif) + b"<?php evil(); MZ"


def bomb() -> bytes:
    """A small file that names a picture of 2.5 thousand million pixels."""
    head = bytearray(drawn("PNG"))
    head[16:24] = (50_000).to_bytes(4, "big") * 2
    head[29:33] = zlib.crc32(bytes(head[12:29])).to_bytes(4, "big")
    return bytes(head)


def test_a_picture_is_drawn_anew() -> None:
    made = clean_picture(with_secrets())
    assert made.content.startswith(b"\xff\xd8\xff")
    assert (made.width, made.height) == (20, 40)
    for part in (b"SecretCamera", b"Exif", b"php", b"MZ"):
        assert part not in made.content
    assert (clean_picture(drawn("WEBP", (4000, 1000))).width, clean_picture(drawn("PNG")).width) == (2048, 40)
    clear = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(clear, "PNG")
    assert Image.open(io.BytesIO(clean_picture(clear.getvalue()).content)).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"MZ\x90\0", b"#!/bin/sh", b"<svg onload='alert(1)'/>", b"<script>", b"GIF89a", b"%PDF-1.7",
        b"RIFF\0\0\0\0WAVE", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"\xff\xd8\xff\xe0MZ", drawn()[:200], bomb(),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        clean_picture(content)


def cookie(world, customer: str | None = None, hours: float = 1) -> dict[str, str]:
    return {"Cookie": f"{CUSTOMER_COOKIE}={world.token(customer, hours)}"}


def send(world, content: bytes, customer: str, path: str = "/attachments", **headers: str) -> httpx.Response:
    return world.client.post(path, content=content, headers=cookie(world, customer) | headers)


def kept(world) -> list[Attachment]:
    from sqlalchemy import select

    with world.shop.database.read() as records:
        return list(records.scalars(select(Attachment).order_by(Attachment.at)))


def refused(world, customer: str, action: str) -> bool:
    return any(one.action == action for one in world.access.audit.entries(customer_id=customer, log="security"))


def test_a_picture_reaches_a_person_and_nobody_else(world) -> None:
    """From the customer's browser to the service inbox, and not to another customer."""
    from ui.merchant.inbox import read_waiting
    from ui.shop_door import ShopDoor

    mine, other = world.customers
    # A name and a type that lie are not looked at; the path has no place for a name.
    lies = {"content-type": "text/html", "content-disposition": 'attachment; filename="../../etc/cron.d/x.exe"'}
    assert send(world, with_secrets(), mine, "/attachments?filename=../../x.sh", **lies).status_code == 204
    picture = kept(world)[-1]
    assert picture.customer_id == mine
    assert b"SecretCamera" not in picture.content

    found = world.shop.agent.conversation(Session.for_customer(mine))
    assert found is not None
    assert found.state == "person"
    assert "cannot see it" in found.messages[-1].text
    waiting = {one.conversation_id: one for one in read_waiting(world.shop.database)}
    assert waiting[found.id].wish == "(a picture)"
    _, messages = ShopDoor(world.shop, world.access).messages(mine, _unseen())
    assert [one.pictures for one in messages][-2:] == [(picture.id,), ()]

    path = f"/attachments/{picture.id}"
    own = world.client.get(path, headers=cookie(world, mine))
    assert own.status_code == 200
    assert own.headers["content-type"] == "image/jpeg"
    assert own.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in own.headers["content-security-policy"]
    assert world.client.get(path, headers=world.staff("agent")).status_code == 200
    seen = world.access.audit.entries(customer_id=mine, log="audit")
    assert any(one.action == "picture_seen" and one.actor == "staff:a-agent" for one in seen)
    strangers = [{}, cookie(world, other), cookie(world, mine, -1), world.staff("viewer"), world.program]
    assert [world.client.get(path, headers=one).status_code for one in strangers] == [404] * len(strangers)
    assert any(one.action == "refused_picture" for one in world.access.audit.entries(log="security", limit=100_000))

    # A second one is no second hand-over.
    assert send(world, drawn("PNG"), mine).status_code == 204
    found = world.shop.agent.conversation(Session.for_customer(mine))
    assert found is not None
    assert found.messages[-1].kind == "note"
    world.shop.agent.hand_back(Session.for_staff("test", "owner"), found.id)


def _unseen():
    from ui.chat_view import Seen

    return Seen()


@pytest.mark.parametrize(
    "path",
    [
        "/attachments/../shop.db", "/attachments/..%2f..%2fetc%2fpasswd", "/attachments/%2e%2e/page.key",
        "/attachments//etc/passwd", "/attachments/x", "/attachments/" + "0" * 32, "/attachments/" + "A" * 32,
        "/attachments?picture=../shop.db",
    ],
)  # fmt: skip
def test_path_tricks_lead_nowhere(world, path: str) -> None:
    for who in (cookie(world), world.staff()):
        assert world.client.get(path, headers=who).status_code in {404, 405}


def test_what_may_not_come_in_leaves_nothing_and_is_logged(world) -> None:
    customer = demo_customers(world.shop.database, "en")[4].id
    before = len(kept(world))
    for content in (b"MZ\x90\0\x03", b"<svg onload='alert(1)'/>", bomb()):
        assert send(world, content, customer, **{"content-type": "image/png"}).status_code == 415
    assert refused(world, customer, "refused_upload_content")
    largest = world.shop.config.http.largest_picture_bytes
    assert send(world, b"\xff\xd8\xff" + b"x" * largest, customer).status_code == 413
    for nobody in ({}, cookie(world, hours=-1), world.staff(), world.program):
        assert world.client.post("/attachments", content=drawn(), headers=nobody).status_code == 401
    assert send(world, drawn(), "nobody").status_code == 404
    assert len(kept(world)) == before
    assert world.shop.agent.conversation(Session.for_customer(customer)) is None
    statuses = [send(world, b"MZ", customer).status_code for _ in range(6)]
    assert statuses[-1] == 429


def test_what_is_forgotten_is_gone(world) -> None:
    customer = demo_customers(world.shop.database, "en")[5].id
    assert send(world, drawn(), customer).status_code == 204
    session = Session.for_customer(customer)
    exported = world.shop.agent.export_profile(session)["pictures"]
    assert isinstance(exported[0]["content"], str)
    world.shop.agent.forget(session)
    assert all(one.customer_id != customer for one in kept(world))
