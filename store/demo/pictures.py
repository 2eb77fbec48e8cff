"""Product pictures, drawn by code: a silhouette per narrow category in the product's own colour, on a soft ground.

Comes in: a product. Goes out: WebP bytes. The same product always gives the same picture. Any product can be drawn; one
from outside the demo's categories gets a parcel. Pictures are drawn when asked for (some 50 ms each), then kept.
"""

from __future__ import annotations

import colorsys
import hashlib
import io
import os
import random
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..schema import Product
from .vocabulary import read_vocabulary

if TYPE_CHECKING:
    from PIL import Image

SIZE_PX = 480
_SCALE = 2
"""Drawn this much larger and then reduced, for smooth edges."""
_GROUNDS = ("f6e7d8", "e3eef2", "ece6f4", "e4f0e4", "f8e3e0", "f4efd6", "e2ebf7", "efe9e4")
_DEEP_GROUNDS = ("9ab6c4", "b3a3c6", "9fba9b", "d09e87", "c2b17c")
_FIXED = {
    "white": "fbfaf7", "metal": "b4bcc5", "wood": "8a5f3f", "black": "20242b", "glass": "d3e8f0", "gold": "e6b84a",
    "green": "5b9a5a", "cream": "f6ecd9", "glow": "ffe9a3",
}  # fmt: skip
_ACCENTS = ("f2785c", "f2b84b", "3fa7a0", "5577c9", "c75b8e", "7bab55")
_PARCEL = ["r base 18 30 64 52 3", "p light 18,30 30,18 70,18 82,30", "r cream 44 30 12 16 1", "t deep 50 64 8"]
Color = tuple[int, int, int]


def product_picture(home: Path, product: Product) -> Path | None:
    """The file of a demo product's picture, drawn now if it is not there yet; ``None`` for other products' pictures."""
    if product.source != "demo" or not product.image:
        return None
    target = home / product.image
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Several requests may draw at once: each writes its own file, and the last rename wins.
        draft = target.with_suffix(f".{os.getpid()}.{random.getrandbits(32):08x}")
        draft.write_bytes(draw_picture(product))
        draft.replace(target)
    return target


def draw_picture(product: Product) -> bytes:
    """A square WebP picture, 480 x 480."""
    from PIL import Image

    chance = random.Random(hashlib.sha256(product.id.encode()).digest())
    sub = next((one for one in read_vocabulary().subs if one.name.en == (product.category_path or [""])[-1]), None)
    colors = read_vocabulary().colors
    named = (product.attributes.get("color") or "").split(",")[0].strip()
    base = _rgb(colors[named][1]) if named in colors else _pack_color(chance)
    ground = _rgb(_fitting_ground(chance, base))
    palette = _palette(base, _rgb(chance.choice(_ACCENTS)), ground)
    canvas = _draw_ground(chance, ground, 0.18 if _pale(base) else 0.72)
    figure = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    pen = _Pen(figure, palette, (product.brand or product.title).split()[0])
    for line in _shapes().get(sub.shape, _PARCEL) if sub else _PARCEL:
        pen.draw(line)
    figure = figure.rotate(chance.uniform(-4, 4), Image.Resampling.BILINEAR)
    canvas = _with_shadow(canvas, figure)
    canvas.alpha_composite(figure)
    _stamp(canvas, product.brand or "", palette)
    out = io.BytesIO()
    canvas.convert("RGB").resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS).save(out, "WEBP", quality=84, method=3)
    return out.getvalue()


@lru_cache(maxsize=1)
def _shapes() -> dict[str, list[str]]:
    raw: dict[str, list[str]] = yaml.safe_load(files("store.demo").joinpath("words/shapes.yaml").read_text("utf-8"))
    return raw


@lru_cache(maxsize=1)
def _slope() -> Image.Image:
    """Light falls from the upper left: 0 there, 255 at the lower right."""
    from PIL import Image

    down = Image.linear_gradient("L")
    return Image.blend(down, down.rotate(90), 0.35)


class _Pen:
    """Draws lines of words/shapes.yaml onto a transparent figure; every part gets light from the upper left."""

    def __init__(self, figure: Image.Image, palette: dict[str, Color], brand: str) -> None:
        self.figure, self.palette, self.brand = figure, palette, brand
        # The silhouettes fill the field; a little air round them looks better.
        self.unit = figure.width / 100 * 0.86
        self.margin = figure.width * 0.07

    def draw(self, line: str) -> None:
        words = line.split()
        if words[0] == "m":
            self._part(words[1:], mirrored=False)
            self._part(words[1:], mirrored=True)
        else:
            self._part(words, mirrored=False)

    def _part(self, words: list[str], *, mirrored: bool) -> None:
        from PIL import Image, ImageDraw

        kind, fill, rest = words[0], words[1], words[2:]
        if kind == "t":
            self._word(fill, *(float(number) for number in rest))
            return
        mask = Image.new("L", self.figure.size, 0)
        draw = ImageDraw.Draw(mask)
        if kind in "re":
            x, y, a, b, *rounding = (float(number) for number in rest)
            if kind == "e":
                x, y, a, b = x - a, y - b, 2 * a, 2 * b
            x = 100 - x - a if mirrored else x
            box = (*self._at(x, y), *self._at(x + a, y + b))
            if kind == "e":
                draw.ellipse(box, fill=255)
            else:
                draw.rounded_rectangle(box, radius=rounding[0] * self.unit, fill=255)
        else:
            self._path(draw, kind, rest, mirrored)
        self._shade(mask, self.palette[fill], flat=fill in {"bg", "glow"}, alpha=150 if fill == "glow" else 255)

    def _path(self, draw: Any, kind: str, rest: list[str], mirrored: bool) -> None:
        width = float(rest.pop(0)) * self.unit if kind in "ls" else 0.0
        points = [tuple(float(number) for number in pair.split(",")) for pair in rest]
        if mirrored:
            points = [(100 - x, y) for x, y in points]
        if kind in "cs":
            points = _smooth(points, closed=kind == "c")
        placed = [self._at(x, y) for x, y in points]
        if kind in "pc":
            draw.polygon(placed, fill=255)
            return
        draw.line(placed, fill=255, width=round(width), joint="curve")
        # Round ends; a smooth line also gets them between its short pieces, where the joints would leave notches.
        for x, y in placed if kind == "s" else (placed[0], placed[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)

    def _shade(self, mask: Image.Image, color: Color, *, flat: bool, alpha: int) -> None:
        from PIL import Image

        box = mask.getbbox()
        if box is None:
            return
        mask = mask.crop(box)
        if alpha < 255:
            mask = mask.point(lambda value: value * alpha // 255)
        size = mask.size
        if flat:
            part = Image.new("RGB", size, color)
        else:
            shaded, lit = _mix(color, (24, 26, 38), 0.2), _mix(color, (255, 255, 255), 0.16)
            part = Image.composite(Image.new("RGB", size, shaded), Image.new("RGB", size, lit), _slope().resize(size))
        part.putalpha(mask)
        self.figure.alpha_composite(part, box[:2])

    def _word(self, fill: str, x: float, y: float, size: float) -> None:
        from PIL import ImageDraw, ImageFont

        shown = self.brand.upper()
        font = ImageFont.load_default(size=size * self.unit * min(1, 6.5 / len(shown)))
        ImageDraw.Draw(self.figure).text(self._at(x, y), shown, font=font, fill=(*self.palette[fill], 255), anchor="mm")

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return self.margin + x * self.unit, self.margin * 0.8 + y * self.unit


def _smooth(points: list[tuple[float, ...]], *, closed: bool) -> list[tuple[float, ...]]:
    """Catmull-Rom spline through the points."""
    count = len(points)
    curve: list[tuple[float, ...]] = []
    for at in range(count if closed else count - 1):
        near = [
            points[(at + step) % count] if closed else points[min(max(at + step, 0), count - 1)]
            for step in (-1, 0, 1, 2)
        ]
        for part in range(14):
            t = part / 14
            curve.append(tuple(_spline([point[axis] for point in near], t) for axis in (0, 1)))
    return curve if closed else [*curve, points[-1]]


def _spline(near: list[float], t: float) -> float:
    a, b, c, d = near
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def _draw_ground(chance: random.Random, ground: Color, disc_light: float) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFilter

    side = SIZE_PX * _SCALE
    lighter, darker = _mix(ground, (255, 255, 255), 0.75 * disc_light), _mix(ground, (90, 80, 110), 0.1)
    slope = Image.linear_gradient("L").resize((side, side))
    canvas = Image.composite(Image.new("RGB", (side, side), darker), Image.new("RGB", (side, side), lighter), slope)
    disc = Image.new("L", (side // 4, side // 4), 0)
    x, y, radius = chance.uniform(0.38, 0.62), chance.uniform(0.36, 0.52), chance.uniform(0.3, 0.4)
    box = [(x - radius) * side / 4, (y - radius) * side / 4, (x + radius) * side / 4, (y + radius) * side / 4]
    ImageDraw.Draw(disc).ellipse(box, fill=150)
    disc = disc.filter(ImageFilter.GaussianBlur(1)).resize((side, side), Image.Resampling.BICUBIC)
    canvas.paste(Image.new("RGB", (side, side), _mix(ground, (255, 255, 255), disc_light)), (0, 0), disc)
    return canvas.convert("RGBA")


def _with_shadow(canvas: Image.Image, figure: Image.Image) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFilter

    small = canvas.width // 4
    box = figure.getchannel("A").getbbox() or (0, 0, canvas.width, canvas.height)
    left, right, floor = box[0] / 4, box[2] / 4, box[3] / 4
    shadow = Image.new("L", (small, small), 0)
    ImageDraw.Draw(shadow).ellipse((left, floor - small * 0.035, right, floor + small * 0.03), fill=120)
    shadow = shadow.filter(ImageFilter.GaussianBlur(small * 0.018)).resize(canvas.size, Image.Resampling.BICUBIC)
    canvas.paste(Image.new("RGBA", canvas.size, (52, 46, 66, 255)), (0, 0), shadow)
    return canvas


def _stamp(canvas: Image.Image, brand: str, palette: dict[str, Color]) -> None:
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size=canvas.width * 0.034)
    ImageDraw.Draw(canvas).text(
        (canvas.width * 0.05, canvas.width * 0.95), brand, font=font, fill=palette["ink"], anchor="ls"
    )


def _palette(base: Color, accent: Color, ground: Color) -> dict[str, Color]:
    named = {name: _rgb(value) for name, value in _FIXED.items()}
    return named | {
        "base": base,
        "dark": _mix(base, (16, 18, 30), 0.28),
        "deep": _mix(base, (22, 24, 34), 0.74),
        "light": _mix(base, (255, 255, 255), 0.45),
        "accent": accent if _distance(accent, base) > 90 else _rgb("f6ecd9"),
        "bg": _mix(ground, (255, 255, 255), 0.15 if _pale(base) else 0.6),
        "ink": _mix(ground, (40, 36, 60), 0.72),
    }


def _pack_color(chance: random.Random) -> Color:
    red, green, blue = colorsys.hls_to_rgb(chance.random(), chance.uniform(0.38, 0.6), chance.uniform(0.35, 0.6))
    return round(red * 255), round(green * 255), round(blue * 255)


def _fitting_ground(chance: random.Random, base: Color) -> str:
    """A ground on which the colour stands out: pale products get a deeper one."""
    grounds = _DEEP_GROUNDS if _pale(base) else _GROUNDS
    return chance.choice([ground for ground in grounds if _distance(_rgb(ground), base) > 95] or list(_DEEP_GROUNDS))


def _pale(color: Color) -> bool:
    return sum(color) > 600


def _rgb(text: str) -> Color:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def _mix(one: Color, other: Color, share: float) -> Color:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _distance(one: Color, other: Color) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)
