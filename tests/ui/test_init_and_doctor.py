"""The first hour: files are found and understood, a shop is set up from them, and the doctor says what is wrong."""

from __future__ import annotations

import importlib.util
import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beforehand import Config, Shop
from store import ConfigError, InputError
from ui.command_line import app
from ui.doctor import examine
from ui.finding_exports import find_exports
from ui.options import SOME_REJECTED

MAKER = Path(__file__).parents[2] / "docs" / "examples" / "make_shopify_export.py"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A small shop's Shopify export, one table of its own, and files that are none of our business."""
    spec = importlib.util.spec_from_file_location("make_shopify_export", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path / "export"
    module.main(folder, products=20, orders=40)
    ratings = "product,rating,review,date\nbirch-mug,5,Lovely mug,3.4.2025\nfern-bowl,1,Broken,28.2.2025\n,,,2.1.2025\n"
    (folder / "ratings.csv").write_text(ratings)
    (folder / "orders_export.csv.rejects.jsonl").write_text('{"file": "x"}\n')
    (folder / "notes.csv").write_text("kelvin,pascal\n1,2\n")
    return folder


def test_exports_are_found_in_the_order_of_their_import(export: Path) -> None:
    found = find_exports(export.parent)
    assert [(one.path.name, one.kind) for one in found.ready] == [
        ("products_export.csv", "shopify-products"),
        ("orders_export.csv", "shopify-orders"),
        ("ratings.csv", "reviews"),
    ]
    # What is not understood is not passed over in silence.
    (told,) = found.left
    assert "notes.csv" in told
    assert "--kind" in told


def test_init_sets_a_shop_up_and_writes_only_what_was_answered(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["init", "--from", str(export), "--name", "Birch & Fern", "--no-learn", "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == SOME_REJECTED, done.output
    facts = json.loads(done.stdout)
    assert facts["shopify-products (products_export.csv)"] == "20 new, rows rejected: none"
    # One row has no product; the two others came with days as people here write them.
    assert facts["reviews (ratings.csv)"].startswith("2 new, rows rejected: 1,")
    assert "product" in facts["reviews (ratings.csv)"].rpartition("of 1: ")[2]
    assert facts["problems"] == []
    text = Path("shop.yaml").read_text(encoding="utf-8")
    assert "Birch & Fern" in text
    assert "page" not in text
    config = Config.load("shop.yaml")
    with Shop.open(config) as shop:
        assert shop.search("mug")[0].title.endswith("Mug")
        lost = export / "visits.csv"
        lost.write_text("kind,at,customer_id,product_id\nview,2026-01-02,nobody@example.com,birch-mug\n")
        shop.import_file(lost)
    states = {one.what: one.state for one in examine(config)}
    assert (states["Order lines"], states["Reviews"], states["Events"]) == ("good", "good", "could be better")
    assert states["Database"] == states["Search index"] == states["Text encoder"] == "good"
    assert states["Forecasts"] == "could be better"
    again = CliRunner().invoke(app, asked)
    assert isinstance(again.exception, InputError)
    assert "configuration already" in str(again.exception)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(["--currency", "euro"], "currency"), (["--from", "nowhere"], "folder"), (["--chat-model", "gpt"], "chat model")],
)
def test_a_wrong_answer_is_said_and_nothing_is_written(
    wrong: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["init", "--yes", "--no-serve", *wrong])
    assert isinstance(done.exception, InputError)
    assert told in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_what_is_asked_is_asked_again_until_it_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing here").mkdir()
    said = "Birch & Fern\nno such folder\nnothing here\neuro\neur\n\n\n"
    done = CliRunner().invoke(app, ["init", "--no-learn", "--no-serve"], input=said)
    assert done.exit_code == 0, done.output
    assert "no such folder" in done.output
    assert "three letters" in done.output
    shop = Config.load("shop.yaml").shop
    assert (shop.name, shop.currency, shop.home) == ("Birch & Fern", "EUR", Path(".beforehand/shop"))


def test_a_taken_port_is_said_before_anything_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = CliRunner().invoke(app, ["init", "--yes", "--port", str(taken.getsockname()[1])])
    assert isinstance(done.exception, ConfigError)
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_says_what_is_broken_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def _encoder(config: Config) -> None:
        raise RuntimeError("weights are damaged")

    monkeypatch.setattr("ui.doctor._encoder", _encoder)
    Path("shop.yaml").write_text("agent:\n  chat_model: openai:some-model\n")
    done = CliRunner().invoke(app, ["doctor", "--config", "shop.yaml", "--json"])
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert done.exit_code == 1
    assert found["Chat model"]["state"] == "broken"
    assert "OPENAI_API_KEY" in found["Chat model"]["advice"] + found["Chat model"]["found"]
    assert found["encoder"]["found"] == "weights are damaged"
    assert found["Shop"]["advice"] == "beforehand init, or beforehand demo"
