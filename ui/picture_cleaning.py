"""A picture from outside becomes one that is safe to keep and to show: read as pixels, and drawn anew as JPEG.

What it is, its own bytes say; its name and the type that it came with are not looked at. Drawing anew leaves behind
where and with what it was taken (EXIF), and whatever stood in the file beside the picture.
"""

from __future__ import annotations

import io
import warnings

from agent import Picture
from store import InputError

KINDS = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF"}
_LARGEST_SIDE = 2048
_MOST_PIXELS = 60_000_000
"""A telephone's largest; a file of a few bytes can name far more, and drawing them takes the memory."""
_QUALITY = 85


def clean_picture(content: bytes) -> Picture:
    """At most 2048 pixels on a side, upright, on white where it was transparent. Raises ``InputError``."""
    from PIL import Image, ImageOps

    if not content.startswith(tuple(KINDS.values())):
        raise InputError("this is no picture that can be taken", allowed=tuple(KINDS))
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures; ours are counted below, before anything is drawn.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(KINDS)) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise InputError(
                        "the picture is too large",
                        value=f"{opened.width} x {opened.height}",
                        allowed=f"at most {_MOST_PIXELS:,} pixels",
                    )
                opened.draft("RGB", (_LARGEST_SIDE, _LARGEST_SIDE))
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
                flat = Image.new("RGB", upright.size, "white")
                seen = upright.convert("RGBA")
                flat.paste(seen, mask=seen)
    except InputError:
        raise
    except Exception as error:
        # Pillow's readers fail in many ways on what is broken on purpose; none of them is ours to tell apart.
        raise InputError("the picture cannot be read", advice="Send it as JPEG or PNG") from error
    drawn = io.BytesIO()
    flat.save(drawn, "JPEG", quality=_QUALITY, optimize=True)
    return Picture(drawn.getvalue(), *flat.size)
