"""The code in the guides does what they say."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.outbox import signature
from beforehand import Config
from store import HttpSettings

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


def test_the_limits_that_the_guide_tells_are_those_in_force() -> None:
    page, limits = (DOCS / "deployment.md").read_text("utf-8"), HttpSettings()
    for name in re.findall(r"`(\w+(?:_per_minute|_bytes|_timeout_s))`", page):
        assert hasattr(limits, name), name
    for told in (f"{limits.requests_per_minute} requests", f"{limits.page_requests_per_minute:,} a minute"):
        assert told in page


def test_the_service_starts_what_there_is(tmp_path: Path) -> None:
    """systemd reads the unit, and the command that it starts knows its options."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    text = (DOCS / "deploy" / "beforehand.service").read_text("utf-8")
    unit.read_string(text)
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert Path(program).name == "beforehand"
    check_command(arguments)
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze (Debian: apt-get install systemd)")
    file = tmp_path / "beforehand.service"
    # What the machine of the guide has and this one has not: the program, and the user.
    file.write_text(text.replace(program, "/bin/true").replace("User=beforehand", "User=root"))
    found = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    ours = [line for line in found.stderr.splitlines() if "beforehand.service" in line]
    assert ours == [], found.stderr


def check_command(arguments: list[str]) -> None:
    """``beforehand ARGUMENTS`` is a command with these options."""
    from typer.main import get_command

    from ui.command_line import app

    group = get_command(app)
    command = group.commands[arguments[0]]  # type: ignore[attr-defined]
    known = {name for parameter in command.params for name in parameter.opts}
    assert {one for one in arguments[1:] if one.startswith("--")} <= known


def test_the_container_starts_what_there_is() -> None:
    lines = (DOCS / "deploy" / "Containerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    steps = [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line and line[0] != "#"]
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert {name for name, _ in steps} <= known
    assert steps[0][0] == "FROM"
    program, *arguments = json.loads(dict(steps)["CMD"])
    assert program == "beforehand"
    check_command(arguments)
    assert dict(steps)["EXPOSE"] == str(Config().page.port)
    assert "/readyz" in dict(steps)["HEALTHCHECK"]
    assert dict(steps)["USER"] != "root"


def test_the_reverse_proxy_hands_on_what_is_needed(tmp_path: Path) -> None:
    text = (DOCS / "deploy" / "nginx.conf").read_text("utf-8")
    assert f"proxy_pass http://127.0.0.1:{Config().page.port};" in text
    for needed in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "Host $host", "proxy_buffering off"):
        assert needed in text
    assert text.count("{") == text.count("}")
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("there is no nginx (Debian: apt-get install nginx-light openssl)")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=help.example.com"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], capture_output=True, check=True)
    text = re.sub(r"/etc/letsencrypt/\S+fullchain.pem", str(certificate), text)
    text = re.sub(r"/etc/letsencrypt/\S+privkey.pem", str(key), text)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{text}\n}}\n")
    found = subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-p", tmp_path, "-c", whole], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


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
