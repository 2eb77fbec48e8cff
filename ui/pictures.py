"""Product pictures for the page. No picture is ever fetched from another machine.

A product's own picture file below the shop's home folder is served; the demo's are drawn; everything else gets a plain
placeholder with the product's initial.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from store.schema import Product

_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}
_LARGEST_BYTES = 8 * 2**20
_HUES = 24


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it goes to the browser."""

    content: bytes
    media_type: str


def picture_of(product: Product, home: Path) -> Picture:
    """The product's picture; ``home`` is the shop's home folder."""
    local = _local_file(product.image, home)
    if local is not None:
        return Picture(local.read_bytes(), _TYPES[local.suffix.lower()])
    if product.source == "demo":
        from store.demo import product_picture

        drawn = product_picture(home, product)
        if drawn is not None:
            return Picture(drawn.read_bytes(), _TYPES[drawn.suffix.lower()])
    return placeholder(product.title, product.category_path[0] if product.category_path else product.id)


@lru_cache(maxsize=512)
def placeholder(title: str, group: str) -> Picture:
    """A calm tile with the title's first letter, its colour by ``group``; the same every time."""
    hue = hashlib.sha256(group.encode()).digest()[0] % _HUES * 360 // _HUES
    letter = escape(next((char.upper() for char in title if char.isalnum()), "·"))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240">'
        f'<rect width="320" height="240" fill="hsl({hue} 32% 90%)"/>'
        f'<circle cx="160" cy="120" r="64" fill="hsl({hue} 36% 80%)"/>'
        f'<text x="160" y="120" dy=".36em" text-anchor="middle" font-family="sans-serif" font-size="64" '
        f'font-weight="600" fill="hsl({hue} 38% 34%)">{letter}</text></svg>'
    )
    return Picture(svg.encode(), "image/svg+xml")


def _local_file(image: str | None, home: Path) -> Path | None:
    if not image or "://" in image or image.startswith(("/", "\\", "data:")):
        return None
    file = (home / image).resolve()
    inside = file.is_relative_to(home.resolve())
    if not inside or file.suffix.lower() not in _TYPES or not file.is_file() or file.stat().st_size > _LARGEST_BYTES:
        return None
    return file
