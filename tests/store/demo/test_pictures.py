"""Pictures: valid, different, the same again, and kept."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from store import Database
from store.demo import DemoReport, draw_picture, product_picture
from store.demo.pictures import SIZE_PX, _shapes
from store.demo.vocabulary import read_vocabulary
from store.schema import Product

Small = tuple[Database, Path, DemoReport]


@pytest.fixture(scope="module")
def products(small: Small) -> list[Product]:
    with small[0].read() as session:
        return list(session.scalars(select(Product).order_by(Product.id)))


def _pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=float)


def test_every_narrow_category_has_its_own_silhouette() -> None:
    assert {sub.shape for sub in read_vocabulary().subs} == set(_shapes())
    assert len(_shapes()) == 60


def test_pictures_are_square_lively_and_all_different(products: list[Product]) -> None:
    drawn = [draw_picture(product) for product in products[:60]]
    assert len(set(drawn)) == len(drawn)
    for product, data in zip(products, drawn, strict=False):
        image = Image.open(io.BytesIO(data))
        assert (image.format, image.size) == ("WEBP", (SIZE_PX, SIZE_PX))
        pixels = _pixels(data)
        corner, middle = pixels[:60, :60].mean((0, 1)), pixels[120:400, 120:360]
        # A grey box would differ from its ground nowhere.
        assert (np.abs(middle - corner).max(axis=2) > 40).mean() > 0.12, product.title


def test_the_colour_is_the_products(products: list[Product]) -> None:
    shirt = next(product for product in products if product.category_path[-1] == "T-shirts")
    means = {}
    for color in ("black", "coral"):
        copy = Product(id="P1", title="T", brand="Acme", category_path=shirt.category_path, attributes={"color": color})
        means[color] = _pixels(draw_picture(copy))[200:330, 190:290].mean((0, 1))
    assert means["black"].max() < 90
    assert means["coral"][0] > means["coral"][2] + 60


def test_the_same_product_gives_the_same_picture(products: list[Product]) -> None:
    assert draw_picture(products[7]) == draw_picture(products[7])


def test_a_product_from_elsewhere_gets_a_parcel() -> None:
    product = Product(id="B000123", title="Guitar strings", brand=None, category_path=[], attributes={})
    assert _pixels(draw_picture(product)).shape == (SIZE_PX, SIZE_PX, 3)


def test_the_file_is_drawn_once_and_kept(products: list[Product], tmp_path: Path) -> None:
    path = product_picture(tmp_path, products[0])
    assert path is not None
    assert path == tmp_path / "pictures" / f"{products[0].id}.webp"
    assert path.read_bytes() == draw_picture(products[0])
    path.write_bytes(b"kept")
    assert product_picture(tmp_path, products[0]) == path
    assert path.read_bytes() == b"kept"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    imported = Product(id="X1", title="Imported", image="https://shop.example/x.jpg", source="shop")
    assert product_picture(tmp_path, imported) is None
