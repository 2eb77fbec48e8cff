"""Settings files: what is wrong is said with the file, the key, the value and the nearest known key."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import ConfigError, Settings, load_settings


class Inner(Settings):
    threads: int = 2


class Outer(Settings):
    name: str = "shop"
    inner: Inner = Inner()


def _write(folder: Path, text: str) -> Path:
    file = folder / "shop.yaml"
    file.write_text(text)
    return file


def test_reads_values_and_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_NAME", "Corner")
    settings = load_settings(_write(tmp_path, "name: ${SHOP_NAME} shop\n"), Outer)
    assert settings == Outer(name="Corner shop", inner=Inner(threads=2))
    assert load_settings(_write(tmp_path, ""), Outer) == Outer()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("inner: {thread: 3}", "unknown key 'inner.thread'; did you mean 'threads'?"),
        ("nmae: x", "did you mean 'name'"),
        ("inner: {threads: many}", "inner.threads = 'many'"),
        ("name: ${NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE"),
        ("- a\n- b", "must hold keys and values"),
        ("a: [", "is not YAML"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(_write(tmp_path, text), Outer)
    assert said in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_settings(tmp_path / "nowhere.yaml", Outer)
