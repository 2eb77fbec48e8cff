"""Pictures that customers attach for a person to see.

Each is opened, turned upright, made smaller and written anew as JPEG, so that nothing of the file sent is kept:
no place where it was taken, no script, no second content. Its name is the id of its message.
"""

from __future__ import annotations

import base64
import io
import os
import re
from html import escape
from pathlib import Path

from store import InputError

LARGEST_BYTES = 12 * 2**20
_MOST_PIXELS = 50_000_000
_LONGEST = 1280
_ID = re.compile(r"msg_[0-9a-f]{32}")


def clean_picture(path: Path) -> bytes:
    """The picture as a JPEG of at most 1280 pixels. Raises ``InputError`` for what is no picture, or too large."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if path.stat().st_size > LARGEST_BYTES:
        raise InputError("the picture is too large", value=f"{path.stat().st_size:,} bytes", allowed="12 MB at most")
    try:
        with Image.open(path, formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise InputError("the picture has too many pixels", value=f"{opened.width} x {opened.height}")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
            upright.thumbnail((_LONGEST, _LONGEST))
            kept = io.BytesIO()
            upright.save(kept, "JPEG", quality=82)
            return kept.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InputError("this is not a picture", value=path.name, allowed="JPEG, PNG, WebP or GIF") from error


def keep_picture(home: Path, message_id: str, content: bytes) -> None:
    """Write a cleaned picture for a message; only the program's own user may read it."""
    file = _file(home, message_id)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)


def picture_html(home: Path, message_id: str, label: str) -> str:
    """The picture inside the page itself, so that no address gives it to anybody else; empty if it is gone."""
    file = _file(home, message_id)
    if not file.is_file():
        return ""
    encoded = base64.b64encode(file.read_bytes()).decode("ascii")
    return f'<img class="sent" src="data:image/jpeg;base64,{encoded}" alt="{escape(label)}">'


def _file(home: Path, message_id: str) -> Path:
    if not _ID.fullmatch(message_id):
        raise InputError("not the id of a message", value=message_id)
    return home / "sent-pictures" / f"{message_id}.jpg"
