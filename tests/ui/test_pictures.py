"""Pictures come from this machine only, and only from the shop's own folder."""

from pathlib import Path

import pytest

from store.schema import Product
from ui.pictures import picture_of, placeholder

PNG = b"\x89PNG\r\n\x1a\n....."


def product(image: str | None, title: str = "Trail shoe") -> Product:
    return Product(id="P1", title=title, image=image, source="shop", category_path=["Shoes"], attributes={})


def test_a_local_picture_is_served(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "p1.png").write_bytes(PNG)
    found = picture_of(product("pictures/p1.png"), tmp_path)
    assert (found.content, found.media_type) == (PNG, "image/png")


@pytest.mark.parametrize(
    "image", [None, "", "https://shop.example/p.png", "../secret.png", "/etc/hostname.png", "page.key", "missing.png"]
)
def test_everything_else_gets_a_placeholder(tmp_path: Path, image: str | None) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "page.key").write_text("secret")
    (tmp_path / "secret.png").write_bytes(PNG)
    found = picture_of(product(image), home)
    assert found.media_type == "image/svg+xml"
    assert b"secret" not in found.content


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (home / "p.png").symlink_to(tmp_path / "secret.png")
    assert picture_of(product("p.png"), home).media_type == "image/svg+xml"


@pytest.mark.parametrize(("title", "letter"), [("<b>", "B"), ("&", "·"), ("跑鞋", "跑"), ("", "·")])
def test_the_placeholder_shows_one_letter_and_never_markup(title: str, letter: str) -> None:
    svg = placeholder(title, "Shoes").content.decode()
    assert f">{letter}</text>" in svg
    assert svg == placeholder(title, "Shoes").content.decode()
