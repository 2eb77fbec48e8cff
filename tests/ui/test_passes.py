"""Passes let in whom the shop signed for, and nobody else."""

import base64
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import ConfigError, NotAllowed
from ui.passes import page_key, read_pass, sign_pass

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = b"k" * 40


def signed(**changes: object) -> str:
    values = {"now": NOW, "lasts": timedelta(hours=1)} | changes
    return sign_pass(KEY, "customer", "C1042", **values)  # type: ignore[arg-type]


def test_a_signed_pass_names_its_customer() -> None:
    found = read_pass(KEY, signed(), now=NOW)
    assert (found.audience, found.subject, found.expires) == ("customer", "C1042", NOW + timedelta(hours=1))


def test_an_expired_pass_is_refused() -> None:
    with pytest.raises(NotAllowed, match="expired"):
        read_pass(KEY, signed(), now=NOW + timedelta(hours=1))


def test_a_pass_of_another_key_is_refused() -> None:
    with pytest.raises(NotAllowed):
        read_pass(b"other" * 10, signed(), now=NOW)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c", "%%%.é.x", "x" * 5000])
def test_nonsense_is_refused(token: str) -> None:
    with pytest.raises(NotAllowed):
        read_pass(KEY, token, now=NOW)


def test_changing_the_customer_breaks_the_signature() -> None:
    header, claims, signature = signed().split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    told["sub"] = "C1043"
    forged = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    with pytest.raises(NotAllowed):
        read_pass(KEY, f"{header}.{forged}.{signature}", now=NOW)
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    with pytest.raises(NotAllowed):
        read_pass(KEY, f"{unsigned}.{claims}.", now=NOW)


def test_it_is_a_json_web_token_that_other_libraries_read() -> None:
    header, claims, _ = signed().split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["aud"] == "customer"


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    key = page_key(tmp_path / "shop")
    assert len(key) >= 32
    assert page_key(tmp_path / "shop") == key
    assert stat.S_IMODE((tmp_path / "shop" / "page.key").stat().st_mode) == 0o600
    assert [one.name for one in (tmp_path / "shop").iterdir()] == ["page.key"]


def test_a_short_key_is_an_error_and_not_a_weak_signature(tmp_path: Path) -> None:
    (tmp_path / "page.key").write_text("")
    with pytest.raises(ConfigError, match="too short"):
        page_key(tmp_path)
