"""The code in the guides does what they say."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.outbox import signature
from beforehand import Config

DOCS = Path(__file__).parents[3] / "docs"


def names_of(page: str) -> dict[str, Any]:
    """What the Python of a page defines."""
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL):
        exec(block, names)
    return names


def test_the_shops_backend_makes_a_link_that_lets_in(world) -> None:
    # The demo's clock stands still in the past of real time; a link for its day is made with its own.
    names = names_of("customer-tokens.md")
    names["time"] = type("Clock", (), {"time": staticmethod(lambda: world.shop.clock().timestamp())})
    secret = (world.shop.config.shop.home / "page.key").read_text()
    token = names["chat_link"](world.customers[0], secret).partition("?pass=")[2]
    assert world.access.tokens.read(token).customer_id == world.customers[0]


def test_the_guides_programs_work(world) -> None:
    names = names_of("http-api.md")
    event = {"id": "docs-1", "kind": "view", "at": "2026-03-02T11:00:00Z"}
    assert names["send_events"](world.address, world.key, [event]) == {"new": 1, "known": 0}
    assert names["ask"](world.address, world.token(), "Recommend me something")


def test_a_receiver_knows_our_webhooks() -> None:
    import time

    is_ours, now = names_of("http-api.md")["is_ours"], str(int(time.time()))
    assert is_ours(b"{}", now, signature(now, b"{}", "secret"), "secret")
    assert not is_ours(b"{} ", now, signature(now, b"{}", "secret"), "secret")
    assert not is_ours(b"{}", now, signature(now, b"{}", "other"), "secret")
    old = str(int(time.time()) - 600)
    assert not is_ours(b"{}", old, signature(old, b"{}", "secret"), "secret")


def test_the_deployments_settings_load(tmp_path: Path) -> None:
    text = re.findall(r"```yaml\n(.*?)```", (DOCS / "deployment.md").read_text("utf-8"), re.DOTALL)[0]
    assert yaml.safe_load(text)
    (tmp_path / "shop.yaml").write_text(text)
    assert Config.load(tmp_path / "shop.yaml").http.trusted_proxies == ("127.0.0.1",)


def test_every_door_of_the_table_is_there_and_the_other_way_round(world) -> None:
    page = (DOCS / "http-api.md").read_text("utf-8")
    for path in world.client.get("/api/v1/openapi.json").json()["paths"]:
        last = path.replace("{customer_id}", "{id}").replace("{conversation_id}", "{id}").removeprefix("/api/v1")
        known = last in page or last.rpartition("/")[2] in page or path.startswith("/v1/models")
        assert known, path


def test_the_backup_can_be_put_back(world, tmp_path: Path) -> None:
    if subprocess.run(["sh", "-c", "command -v sqlite3"], capture_output=True, check=False).returncode:
        pytest.skip("there is no sqlite3 (Debian: apt-get install sqlite3)")
    source = world.shop.config.shop.home / "shop.db"
    subprocess.run(["sqlite3", source, f".backup '{tmp_path}/backup.db'"], check=True)
    with sqlite3.connect(tmp_path / "backup.db") as copy:
        assert copy.execute("SELECT count(*) FROM products").fetchone()[0] > 0
