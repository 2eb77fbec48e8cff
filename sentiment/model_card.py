"""The model card: what the weights learnt from, how, and what they reach.

Comes in: what a training run knows. Goes out: ``MODEL_CARD.md`` beside the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from encoders import EncoderFiles, file_sha256
from store import Settings

from .sources import Example

# As the data folder's README gives them; most of this is what customers wrote, without a licence stated for it.
_LICENCES = {
    "sst2": "repository MIT; the data itself: not stated",
    "zh_eprstmt": "none yet",
    "absa_semeval14": "repository MIT; the data itself: not stated",
    "absa_mams": "Apache-2.0",
    "absa_zh_cosmetics": "not stated",
}
_RESEARCH = "repository MIT; README: for research, the original licences hold"
CARD = "MODEL_CARD.md"
_FILES_HEAD = "## Files"


def write_model_card(
    folder: Path,
    data: Path,
    learnt: Mapping[str, Sequence[Example]],
    settings: Settings,
    base: EncoderFiles,
    dev: Mapping[str, float],
) -> None:
    """Write ``folder/MODEL_CARD.md``: data with licence and sha256, recipe, dev figures, sha256 of each file."""
    rows = _data_rows(data, {name: len(examples) for name, examples in learnt.items()})
    text = _CARD.format(base=base.name, base_sha256=base.sha256, rows=rows, recipe=_recipe(settings)) + _figures(dev)
    (folder / CARD).write_text(text + _files(folder), encoding="utf-8")


def renew_dev_figures(folder: Path, dev: Mapping[str, float]) -> None:
    """Put ``dev`` in the place of the dev figures in the card of ``folder``, and say its files anew."""
    path = folder / CARD
    before = path.read_text(encoding="utf-8").split(_FILES_HEAD)[0]
    above, _, rest = before.partition(_FIGURES_HEAD)
    below = rest.partition(_ASPECTS_HEAD)[1:]
    path.write_text(above + _figures(dev) + "".join(below) + _files(folder), encoding="utf-8")


def add_aspects(folder: Path, data: Path, learnt: Mapping[str, int], settings: Settings) -> None:
    """Say in the card of ``folder`` what aspects were ``learnt`` from (file to sentences), and how."""
    path = folder / CARD
    before = path.read_text(encoding="utf-8").split(_FILES_HEAD)[0] if path.is_file() else "# Aspects\n\n"
    before = before.split(_ASPECTS_HEAD)[0]
    told = _ASPECTS.format(rows=_data_rows(data, learnt), recipe=_recipe(settings))
    path.write_text(before + told + _files(folder), encoding="utf-8")


def _data_rows(data: Path, learnt: Mapping[str, int]) -> str:
    return "\n".join(
        f"| {name} | {count} | {_licence(name)} | `{file_sha256(data / f'{name}.csv.gz')}` |"
        for name, count in learnt.items()
    )


def _licence(name: str) -> str:
    return _LICENCES.get(name, _RESEARCH if name.startswith("absa_") else "not stated")


def _recipe(settings: Settings) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in settings.model_dump().items())


def _figures(dev: Mapping[str, float]) -> str:
    return _FIGURES.format(rows="\n".join(f"| {name} | {100 * value:.1f} |" for name, value in dev.items()))


def _files(folder: Path) -> str:
    rows = "\n".join(
        f"| {path.name} | {path.stat().st_size} | `{file_sha256(path)}` |"
        for path in sorted(folder.iterdir())
        if path.suffix in {".safetensors", ".txt", ".json"}
    )
    return f"{_FILES_HEAD}\n\n| file | bytes | sha256 |\n|---|---|---|\n{rows}\n"


_CARD = """# Review reader, English and Chinese

Reads a review and gives polarity, stars and how sure it is. For reviews of shops, hotels and restaurants; texts in
other languages are read with doubt and marked as such. Not for judging people.

Base: {base} (sha256 `{base_sha256}`), to which a Chinese vocabulary was added; the weights here are differences to it.
Made again by `beforehand train sentiment`.

## Data

| file | texts learnt | licence as stated | sha256 |
|---|---|---|---|
{rows}

`zh_eprstmt` was only measured on. Texts that stand in a dev or test split of any of these files were left out.

## Recipe

{recipe}

"""

_FIGURES_HEAD = "## Dev figures (%)"
_FIGURES = """## Dev figures (%)

Sources with two classes: accuracy; with three: macro-F1. Test figures: `benchmarks/results/sentiment_quality.json`.

| source | dev |
|---|---|
{rows}

"""

_ASPECTS_HEAD = "## Aspects"
_ASPECTS = """## Aspects

Finds what a text names and judges each. Made again by `beforehand train aspects`.

| file | sentences learnt | licence as stated | sha256 |
|---|---|---|---|
{rows}

Sentences that stand in a dev or test split of any of these files were left out.

{recipe}

"""
