"""The commands: what they print, as text and as JSON, and how they end."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

import ui.import_command
import ui.options
from beforehand import Shop
from store.schema import Event
from ui.command_line import app, main

ROOT = Path(__file__).resolve().parents[2]
runner = CliRunner()
PRODUCTS = "id,title,price,currency,stock\nP1,Trail shoe,79.90,EUR,3\nP2,Rain jacket,59.00,EUR,0\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text("shop:\n  home: home\n", encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr, as ``main`` would end."""
    done = runner.invoke(app, list(arguments))
    return done.exit_code, done.stdout, done.stderr


def ended(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """The same through ``main``, which turns our errors into one line."""
    monkeypatch.setattr(sys, "argv", ["beforehand", *arguments])
    with pytest.raises(SystemExit) as exit:
        main()
    said = capsys.readouterr()
    return int(exit.value.code or 0), said.out, said.err


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    code, out, _ = run("--help")
    assert code == 0
    for name in (
        "demo",
        "serve",
        "chat",
        "import",
        "score",
        "train",
        "search",
        "recommend",
        "decide",
        "decisions",
        "export",
        "link",
        "insight",
        "profile",
        "approvals",
    ):
        assert f"  {name} " in out
    heavy = ("torch", "gradio", "pandas", "transformers", "langchain_core", "sqlalchemy", "fastapi")
    program = (
        "import sys\nfrom ui.command_line import app\nfrom typer.testing import CliRunner\n"
        f"CliRunner().invoke(app, ['--help'])\nprint([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_and_usage(monkeypatch, capsys) -> None:
    assert run("--version")[:2][0] == 0
    assert ended(monkeypatch, capsys, "nosuch")[0] == 2
    assert ended(monkeypatch, capsys, "search")[0] == 2
    assert ended(monkeypatch, capsys, "search", "x", "--limit", "0")[0] == 2


def test_errors_are_one_line(monkeypatch, capsys, here: Path) -> None:
    for arguments in (
        ("search", "x", "--demo"),
        ("serve", "--config", "missing.yaml"),
        ("decide", "C9", "-c", "shop.yaml"),
    ):
        code, out, err = ended(monkeypatch, capsys, *arguments)
        assert code == 1
        assert out == ""
        assert err.startswith("Error: ")
        assert len(err.strip().splitlines()) == 1


def test_import_tells_what_went_in_and_that_again_changes_nothing(here: Path) -> None:
    (here / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    code, out, _ = run("import", "products.csv", "--kind", "products", "-c", "shop.yaml", "--json")
    assert code == 0
    first = json.loads(out)["imported"][0]
    assert (first["new"], first["rejected"], first["kind"]) == (2, 0, "products")
    code, out, _ = run("import", "products.csv", "--kind", "products", "-c", "shop.yaml")
    assert code == 0
    assert "0 new, 0 updated, 2 unchanged" in out


def test_rejected_rows_end_with_three_and_a_bad_file_with_one(here: Path) -> None:
    (here / "products.csv").write_text(PRODUCTS + "P3,Broken,N/A,EUR,1\n", encoding="utf-8")
    code, out, err = run(
        "import", "products.csv", "--kind", "products", "-c", "shop.yaml", "--rejects", "bad.jsonl", "--json"
    )
    assert code == 3
    assert json.loads(out)["imported"][0]["rejected"] == 1
    assert "P3" in (here / "bad.jsonl").read_text("utf-8")
    code, out, err = run("import", "missing.csv", "products.csv", "--kind", "products", "-c", "shop.yaml")
    assert code == 1
    assert "missing.csv" in err
    assert "2 unchanged" in out


def test_a_mapping_by_hand_and_by_file(here: Path) -> None:
    (here / "reviews.csv").write_text("asin,score,words\nP1,5,Great shoe\n", encoding="utf-8")
    mapping = "product_id=asin,stars=score,text=words"
    code, out, _ = run("import", "reviews.csv", "--kind", "reviews", "--map", mapping, "-c", "shop.yaml", "--json")
    assert code == 0
    assert json.loads(out)["imported"][0]["new"] == 1
    (here / "map.yaml").write_text("columns: {product_id: asin, stars: score, text: words}\n", encoding="utf-8")
    code, out, _ = run("import", "reviews.csv", "--kind", "reviews", "--map", "map.yaml", "-c", "shop.yaml", "--json")
    assert json.loads(out)["imported"][0]["unchanged"] == 1
    code, out, _ = run("export", "reviews", "-o", "out.jsonl", "-c", "shop.yaml", "--json")
    assert json.loads(out)["records"] == 1
    assert json.loads((here / "out.jsonl").read_text("utf-8"))["text"] == "Great shoe"


def test_a_table_of_ones_own_goes_in_as_it_was_understood_when_that_is_agreed_to(here: Path) -> None:
    (here / "c.csv").write_text("event,timestamp,email,product\nadd_to_cart,2026-01-02,a@example.com,P1\n", "utf-8")
    (here / "b.csv").write_text("id,email\nC7,a@example.com\n", "utf-8")
    (here / "a.csv").write_text("product,rating,when\nP1,5,2026-01-02\n", "utf-8")
    code, out, err = run("import", "a.csv", "c.csv", "-c", "shop.yaml")
    assert (code, out) == (1, "")
    assert "--kind events --map kind=event,at=timestamp,customer_id=email,product_id=product" in err
    # What it is called is enough, where the columns then tell the rest.
    (here / "d.csv").write_text("Customer ID;locale\nC7;zh\n", "utf-8")
    assert "Name the kind" in run("import", "d.csv", "-c", "shop.yaml")[2]
    assert run("import", "d.csv", "--kind", "customers", "--yes", "-c", "shop.yaml")[0] == 0
    code, out, _ = run("import", "c.csv", "b.csv", "--yes", "-c", "shop.yaml", "--json")
    assert code == 0
    # Customers first, whatever the order of the files: the event finds its customer.
    assert [one["kind"] for one in json.loads(out)["imported"]] == ["customers", "events"]
    with Shop.open("shop.yaml") as shop, shop.database.read() as session:
        assert [(one.kind, one.customer_id) for one in session.scalars(select(Event))] == [("cart_add", "C7")]


def test_another_encoding_is_named(here: Path) -> None:
    (here / "r.csv").write_bytes("product_id,text\nP1,质量很好\n".encode("gb18030"))
    assert run("import", "r.csv", "-c", "shop.yaml")[0] == 3
    code, out, _ = run("import", "r.csv", "--encoding", "gb18030", "-c", "shop.yaml", "--json")
    assert (code, json.loads(out)["imported"][0]["new"]) == (0, 1)


@pytest.mark.parametrize("mapping", ["text=", "=words", "text=a,b"])
def test_a_broken_mapping_is_said(here: Path, monkeypatch, capsys, mapping: str) -> None:
    (here / "reviews.csv").write_text("words\nx\n", encoding="utf-8")
    code, _, err = ended(monkeypatch, capsys, "import", "reviews.csv", "--map", mapping, "-c", "shop.yaml")
    assert code == 1
    assert "not a column mapping" in err


@pytest.fixture
def reader(door, monkeypatch) -> None:
    """The review reader of the fake shop, so that no model is loaded."""
    import sentiment

    def score_file(model, source, target, *, text_column=None, progress=None, **_):
        return door.score(Path(source), Path(target), text_column, progress)

    monkeypatch.setattr(sentiment, "score_file", score_file)
    monkeypatch.setattr(sentiment, "SentimentModel", type("Model", (), {"load": lambda *_: None}))


def test_score_writes_the_file_and_reports(here: Path, reader: None) -> None:
    (here / "in.csv").write_text("text\ngood\nbad\nwell\n", encoding="utf-8")
    code, out, _ = run("score", "in.csv", "-o", "out.csv", "--json")
    assert code == 0
    assert json.loads(out)["polarities"] == {"positive": 1, "negative": 1, "neutral": 1}
    with (here / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["sentiment"] for row in csv.DictReader(file)] == ["positive", "negative", "neutral"]


def test_training_needs_data(here: Path, monkeypatch, capsys) -> None:
    monkeypatch.delenv("BEFOREHAND_DATA", raising=False)
    code, _, err = ended(monkeypatch, capsys, "train", "sentiment", "-o", "weights")
    assert code == 1
    assert "BEFOREHAND_DATA" in err


def test_a_link_lets_its_customer_in(here: Path) -> None:
    from ui.access import CUSTOMER_COOKIE, Access
    from ui.page_events import Visitor
    from ui.shop_door import ShopDoor

    with Shop.open("shop.yaml") as shop:
        from store.schema import Customer

        with shop.database.write() as session:
            session.add(Customer(id="C1", first_name="Emma"))
        code, out, _ = run("link", "C1", "-c", "shop.yaml", "--json")
        assert code == 0
        token = json.loads(out)["link"].partition("?pass=")[2]
        door = ShopDoor(shop, Access(shop))

        def visitor(cookies: dict[str, str] | None = None, **query: str) -> Visitor:
            return door.visitor(SimpleNamespace(query_params=query, cookies=cookies or {}, client=None))

        found = visitor(**{"pass": token})
        assert (found.customer_id, found.merchant) == ("C1", False)
        assert visitor({CUSTOMER_COOKIE: token}).customer_id == "C1"
        assert visitor(**{"pass": token[:-2]}).problem == "pass_refused"
        assert visitor(customer="C1").customer_id is None
        assert door.shoppers("en") == []


def test_staff_and_keys_are_kept_from_the_command_line(here: Path, monkeypatch, capsys) -> None:
    code, out, _ = run("staff", "add", "ana", "--role", "manager", "-c", "shop.yaml", "--json")
    assert code == 0
    assert "/welcome?link=" in json.loads(out)["link"]
    assert run("staff", "role", "ana", "--role", "agent", "-c", "shop.yaml")[0] == 0
    assert run("staff", "disable", "ana", "-c", "shop.yaml")[0] == 0
    (ana,) = json.loads(run("staff", "list", "-c", "shop.yaml", "--json")[1])
    assert (ana["role"], ana["disabled"], ana["has_password"]) == ("agent", True, False)
    assert ended(monkeypatch, capsys, "staff", "add", "ana", "--role", "boss", "-c", "shop.yaml")[0] == 1
    code, out, _ = run(
        "keys", "add", "warehouse", "--scope", "events", "--scope", "search", "-c", "shop.yaml", "--json"
    )
    key = json.loads(out)
    assert key["key"].startswith("bh_")
    assert run("keys", "revoke", key["id"], "-c", "shop.yaml")[0] == 0
    assert "revoked" in run("keys", "list", "-c", "shop.yaml")[1]
    told = json.loads(run("audit", "--security", "-c", "shop.yaml", "--json")[1])
    assert [one["action"] for one in told][:1] == ["key_revoked"]
    assert key["key"] not in json.dumps(told)


def test_ctrl_c_is_quiet(monkeypatch, capsys) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ui.import_command, "read_mapping", stopped)
    code, out, err = ended(monkeypatch, capsys, "import", "x.csv")
    assert code == 130
    assert "Traceback" not in out + err


def test_a_place_that_cannot_be_written_to_is_said_in_one_line(here: Path, monkeypatch, capsys) -> None:
    (here / "taken").write_text("a file, and no folder", "utf-8")
    (here / "other.yaml").write_text("shop:\n  home: taken/home\n", "utf-8")
    code, out, err = ended(monkeypatch, capsys, "import", "shop.yaml", "-c", "other.yaml")
    assert (code, out) == (1, "")
    assert err.startswith("Error: Not a directory: 'taken")
    assert "Traceback" not in err
    assert ended(monkeypatch, capsys, "init", "--yes", "--no-serve", "-c", "taken/shop.yaml")[0] == 1


def test_a_reader_that_went_away_is_no_traceback(here: Path) -> None:
    (here / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    command = "from ui.command_line import main; main()"
    done = subprocess.run(
        f"{sys.executable} -c '{command}' import products.csv --kind products -c shop.yaml --json | true",
        shell=True, cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr


def test_insight_of_a_small_shop(here: Path, monkeypatch, capsys) -> None:
    code, _, err = ended(monkeypatch, capsys, "insight", "--demo")
    assert code == 1
    assert "demo" in err
    Shop.demo(here / ".beforehand" / "demo", scale=0.05).close()
    code, _, err = ended(monkeypatch, capsys, "insight", "--demo")
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    code, out, _ = run("train", "insight", "--demo", "--json")
    assert code == 0
    assert {one["forecast"] for one in json.loads(out)["forecasts"]} >= {"leaves", "buys_7_days"}
    code, out, _ = run("insight", "C1018", "--demo")
    assert code == 0
    assert "segment" in out
    code, out, _ = run("insight", "--demo", "--json")
    assert code == 0
    assert sum(one["customers"] for one in json.loads(out)) > 0
    code, _, err = ended(monkeypatch, capsys, "insight", "--rank", "nonsense", "--demo")
    assert code == 1
    assert "leaves" in err


def test_a_policy_is_learnt_tested_and_gone_back_from(here: Path, monkeypatch, capsys) -> None:
    code, out, _ = run("ab", "size", "0.05", "0.01", "--customers-a-day", "200")
    assert code == 0
    assert "16,3" in out
    assert "82" in out
    code, out, _ = run("ab", "show", "asking", "--config", "shop.yaml")
    assert (code, "too few customers yet" in out) == (0, True)
    code, _, err = ended(monkeypatch, capsys, "train", "policy", "--config", "shop.yaml")
    assert code == 1
    assert "no settled decisions" in err
    assert run("policy-back", "--config", "shop.yaml")[0] == 1
