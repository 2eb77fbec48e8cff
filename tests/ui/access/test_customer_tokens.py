"""Tokens let in whom the shop signed for, and nobody else."""

import base64
import json
import stat
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from store import AccessSettings, ConfigError, FixedClock, NotAllowed
from ui.access import CustomerTokens, TokenExpired
from ui.access.signing_key import signing_key

SECRET = "s" * 40


@pytest.fixture
def tokens(tmp_path: Path, clock: FixedClock) -> CustomerTokens:
    return CustomerTokens(AccessSettings(token_secret=SECRET), tmp_path, clock)


def shop_token(clock: FixedClock, key: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    claims = {"sub": "C1042", "aud": "customer", "exp": int(clock().timestamp()) + 3600} | changes
    return jwt.encode({name: one for name, one in claims.items() if one is not None}, key, algorithm=algorithm)


def test_the_shops_token_names_its_customer(tokens: CustomerTokens, clock: FixedClock) -> None:
    found = tokens.read(shop_token(clock))
    assert (found.customer_id, found.expires) == ("C1042", clock() + timedelta(hours=1))


def test_our_own_link_is_read_beside_the_shops_secret(tokens: CustomerTokens) -> None:
    assert tokens.read(tokens.sign("C7", timedelta(hours=1))).customer_id == "C7"


def test_without_a_secret_the_key_file_is_the_shared_secret(tmp_path: Path, clock: FixedClock) -> None:
    tokens = CustomerTokens(AccessSettings(), tmp_path, clock)
    assert tokens.read(shop_token(clock, (tmp_path / "page.key").read_text())).customer_id == "C1042"


def test_an_expired_token_is_refused(tokens: CustomerTokens, clock: FixedClock) -> None:
    token = shop_token(clock)
    clock.advance(timedelta(hours=1))
    with pytest.raises(TokenExpired):
        tokens.read(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "merchant"},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "  "},
        {"sub": "x" * 201},
        {"exp": "soon"},
        {"exp": 4102444800},
        {"nbf": 4102444000},
        {"nbf": "later"},
    ],
)
def test_a_token_that_says_something_else_is_refused(
    tokens: CustomerTokens, clock: FixedClock, changes: dict[str, object]
) -> None:
    with pytest.raises(NotAllowed):
        tokens.read(shop_token(clock, **changes))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c", "%%%.é.x", "x" * 50_000, "\x00", "bh_key"])
def test_nonsense_is_refused(tokens: CustomerTokens, token: str) -> None:
    with pytest.raises(NotAllowed):
        tokens.read(token)


def test_a_token_of_another_key_is_refused(tokens: CustomerTokens, clock: FixedClock) -> None:
    with pytest.raises(NotAllowed):
        tokens.read(shop_token(clock, "o" * 40))
    forged = jwt.encode(
        {"sub": "C1", "aud": "customer", "exp": int(clock().timestamp()) + 60}, SECRET, headers={"kid": "beforehand"}
    )
    with pytest.raises(NotAllowed):
        tokens.read(forged)


def test_changing_the_customer_or_dropping_the_signature_is_refused(tokens: CustomerTokens, clock: FixedClock) -> None:
    header, claims, signature = shop_token(clock).split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    told["sub"] = "C1043"
    forged = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for token in (f"{header}.{forged}.{signature}", f"{unsigned}.{claims}.", f"{unsigned}.{forged}.{signature}"):
        with pytest.raises(NotAllowed):
            tokens.read(token)


def test_the_issuer_counts_where_one_is_set(tmp_path: Path, clock: FixedClock) -> None:
    tokens = CustomerTokens(AccessSettings(token_secret=SECRET, token_issuer="https://shop.example"), tmp_path, clock)
    assert tokens.read(shop_token(clock, iss="https://shop.example")).customer_id == "C1042"
    for issuer in (None, "https://evil.example"):
        with pytest.raises(NotAllowed):
            tokens.read(shop_token(clock, iss=issuer))
    assert tokens.read(tokens.sign("C7", timedelta(hours=1))).customer_id == "C7"


def test_rsa_lets_in_by_the_private_key_only(tmp_path: Path, clock: FixedClock) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(pem)
    settings = AccessSettings(token_algorithm="RS256", token_public_key=tmp_path / "public.pem")
    tokens = CustomerTokens(settings, tmp_path, clock)
    signed = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    assert tokens.read(shop_token(clock, signed, "RS256")).customer_id == "C1042"
    # The public key is known to all; it must not count as a shared secret (algorithm confusion).
    claims = {"sub": "C1", "aud": "customer", "exp": int(clock().timestamp()) + 60}
    body = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "HS256"}, claims)
    )
    import hashlib
    import hmac

    signature = base64.urlsafe_b64encode(hmac.new(pem, body.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    with pytest.raises(NotAllowed):
        tokens.read(f"{body}.{signature}")


@pytest.mark.parametrize("content", [None, "", "not a key", "-----BEGIN PRIVATE KEY-----"])
def test_a_public_key_that_is_none_is_said_at_the_start(tmp_path: Path, clock: FixedClock, content: str | None) -> None:
    if content is not None:
        (tmp_path / "public.pem").write_text(content)
    with pytest.raises(ConfigError):
        CustomerTokens(
            AccessSettings(token_algorithm="RS256", token_public_key=tmp_path / "public.pem"), tmp_path, clock
        )


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "shop")
    assert len(key) >= 32
    assert signing_key(tmp_path / "shop") == key
    assert stat.S_IMODE((tmp_path / "shop" / "page.key").stat().st_mode) == 0o600
    assert [one.name for one in (tmp_path / "shop").iterdir()] == ["page.key"]


def test_a_short_key_is_an_error_and_not_a_weak_signature(tmp_path: Path) -> None:
    (tmp_path / "page.key").write_text("")
    with pytest.raises(ConfigError, match="too short"):
        signing_key(tmp_path)
