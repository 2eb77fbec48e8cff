"""``beforehand train sentiment``: from review files to a folder of weights with its model card.

One network learns English and Chinese together, from the pretrained English encoder: Chinese words start next to the
English words they mean (``vocabulary``), known stars and bare polarities are learnt with one loss (``network``), rare
stars are drawn more often than they come, and dev texts in their true mixture set the calibration. No text of a dev or
test split is learnt, in whatever file it stands.
"""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders import Device, EncoderFiles, EncoderSettings, find_encoder, learnt_weights, pick_device, put_back
from store import InputError, Settings

from .dev_choices import choose_on_dev
from .first_stage import FirstStage, fit_first_stage
from .fitting import FitPlan, FitProgress, TokenExample, fit
from .model_card import renew_dev_figures, write_model_card
from .sources import (
    CHINESE,
    ENGLISH_STARS,
    EPRSTMT,
    POLARITIES,
    SST2,
    Example,
    read_source,
    read_sources,
    text_key,
    without_texts_of,
)
from .tokens import TextTokens
from .vocabulary import first_vectors, learn_words, meaning_in_english, read_dictionary
from .weights_folder import base_state, read_weights, write_choices, write_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from .network import SentimentNetwork

_HAN = re.compile(r"([\u3400-\u9fff])")
DEV_TEXTS = 150
"""Dev texts of each source that early stopping looks at."""
FIRST_STAGE_LONGEST = 160
"""Tokens of a text that the first stage learns from: as many as are read."""
_WORD_VECTORS = "bert.embeddings.word_embeddings.weight"


class TrainSettings(Settings):
    """How ``beforehand train sentiment`` learns. The model card says how far the weights that come along got."""

    epochs: int = 2
    """0: the network of ``start`` stays as it is, and its aspects; first stages and choices on dev are made anew."""
    rate: float = 1.5e-4
    words_rate: float = 6e-4
    batch_tokens: int = 5120
    most_texts: int = 160
    """Texts of a batch at most: short ones do not fill its tokens."""
    longest: int = 88
    """Tokens of a text that are learnt from; reading can use more."""
    most_per_source: int = 6000
    """Texts of a star source per epoch, drawn by the root of how often their stars come."""
    most_chinese: int = 37_000
    """Texts of zh_online_shopping_10_cats per epoch."""
    spaced_share: float = 0.12
    """Share of Chinese texts read character by character, so that words never seen are read by their characters."""
    start: str = ""
    """Folder of weights to go on from; empty: the pretrained encoder."""
    start_share: float = 0.0
    """How much of ``start`` stays in the weights that come out, the rest being what was learnt (Wortsman et al. 2022,
    "Robust fine-tuning of zero-shot models")."""
    frozen_layers: int = 0
    """So many lower layers, and the words, stay as they are. With 2, aspect weights of ``start`` go on fitting."""
    word_dropout: float = 0.0
    """Share of words that are hidden from the network while it learns. More epochs over the same texts want more."""
    average_last: float = 0.3
    """The mean of the weights over this last part of the run is what comes out."""
    least_rate: float = 0.0
    """Rates fall to this share of their tops and stay there."""
    patience: int = 3
    """So many checks on dev in a row that are no better end the run; there are eight."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainReport:
    """Where the weights are, and what they reached on dev (fractions; macro-F1 unless the key says accuracy)."""

    folder: Path
    dev: dict[str, float]


def train_sentiment(
    data: Path,
    folder: Path,
    *,
    settings: TrainSettings | None = None,
    encoder_settings: EncoderSettings | None = None,
    progress: Callable[[FitProgress], None] | None = None,
) -> TrainReport:
    """Learn from the files in ``data`` and write weights and ``MODEL_CARD.md`` to ``folder``.

    About 45 minutes on two cores with native bf16; minutes on a GPU. Raises ``InputError`` when a file is missing.
    """
    settings = settings or TrainSettings()
    if not settings.epochs and not settings.start:
        raise InputError("nothing to learn", value="epochs: 0", advice="Name in start: the weights that are to stay")
    base, device = find_encoder(encoder_settings), pick_device(encoder_settings)
    held_out = [
        example
        for split in ("dev", "test")
        for example in read_sources(data, (*SST2, *ENGLISH_STARS, *CHINESE, *EPRSTMT), split)
    ]
    learnt = {
        name: without_texts_of(read_source(data, name, "train"), held_out) for name in (*SST2, *ENGLISH_STARS, *CHINESE)
    }
    words, network = starting_network(learnt, settings, base, device)
    tokens = TextTokens(base.path, words, longest=settings.longest)
    if settings.epochs:
        dev = as_token_examples(dev_examples(data, DEV_TEXTS), tokens)
        before = learnt_weights(network) if settings.start_share else {}
        epochs = sentiment_epochs(learnt, tokens, settings)
        fit(network, epochs, fit_plan(settings), device, mask_id=103, dev=dev, progress=progress)
        keep_share(network, before, settings.start_share)
    return finish_sentiment(network, words, tokens, data, folder, learnt, settings, base, device)


def keep_share(network: SentimentNetwork, before: Mapping[str, Tensor], share: float) -> None:
    """Move ``network`` back by ``share`` of the way to the weights that it had ``before``."""
    now = learnt_weights(network)
    put_back(network, {name: now[name] + share * (one - now[name].to(one.device)) for name, one in before.items()})


def fit_plan(settings: TrainSettings) -> FitPlan:
    """How the network is fitted by ``settings``."""
    return FitPlan(
        settings.rate,
        words_rate=settings.words_rate,
        batch_tokens=settings.batch_tokens,
        most_texts=settings.most_texts,
        word_dropout=settings.word_dropout,
        average_last=settings.average_last,
        least_rate=settings.least_rate,
        patience=settings.patience,
        seed=settings.seed,
    )


def dev_examples(data: Path, most: int) -> list[Example]:
    """The first ``most`` dev texts of each source that is learnt."""
    return [one for name in (*SST2, *ENGLISH_STARS, *CHINESE) for one in read_source(data, name, "dev")[:most]]


def starting_network(
    learnt: Mapping[str, Sequence[Example]], settings: TrainSettings, base: EncoderFiles, device: Device
) -> tuple[list[str], SentimentNetwork]:
    """The added words and the network that learning starts from: ``settings.start``, else the base with new words."""
    if not settings.start:
        words, vectors = learn_vocabulary(learnt, base)
        return words, new_network(base, vectors, device)
    from .network import HIDDEN

    weights = read_weights(Path(settings.start), base)
    network = new_network(base, np.zeros((len(weights.words), HIDDEN), dtype=np.float32), device)
    network.load_weights(weights.state)
    if settings.frozen_layers:
        network.freeze(settings.frozen_layers)
    return weights.words, network


def finish_sentiment(
    network: SentimentNetwork,
    words: list[str],
    tokens: TextTokens,
    data: Path,
    folder: Path,
    learnt: Mapping[str, Sequence[Example]],
    settings: TrainSettings,
    base: EncoderFiles,
    device: Device,
) -> TrainReport:
    """Fit the first stages beside a fitted network, let dev choose, and write weights and card to ``folder``."""
    firsts = {
        language: first_stage_of([one for name in names for one in learnt.get(name, ())], tokens)
        for language, names in (("en", (*SST2, *ENGLISH_STARS)), ("zh", CHINESE))
    }
    chosen = choose_on_dev(network, firsts, tokens, data, device)
    if settings.epochs:
        write_weights(
            folder, network.weights(), words, chosen.calibrations, base,
            first_stages=firsts, thresholds=chosen.thresholds, blend=chosen.blend,
        )  # fmt: skip
        write_model_card(folder, data, learnt, settings, base, chosen.dev)
    else:
        if folder.resolve() != Path(settings.start).resolve():
            shutil.copytree(settings.start, folder, dirs_exist_ok=True)
        write_choices(folder, chosen.calibrations, firsts, chosen.thresholds, chosen.blend)
        renew_dev_figures(folder, chosen.dev)
    return TrainReport(folder, chosen.dev)


def first_stage_of(examples: Sequence[Example], tokens: TextTokens) -> FirstStage:
    """The first stage of one language. Each has its own: the texts of one would only hold back the other's fit."""
    vocabulary = tokens.tokenizer.get_vocab_size(with_added_tokens=True)
    return fit_first_stage(as_token_examples(examples, tokens, longest=FIRST_STAGE_LONGEST), vocabulary)


def learn_vocabulary(
    learnt: Mapping[str, Sequence[Example]], base: EncoderFiles
) -> tuple[list[str], NDArray[np.float32]]:
    """The words to add, and where their vectors start, from the texts that are learnt from."""
    from .vocabulary import emoji_of

    chinese = [example for name in CHINESE for example in learnt.get(name, ())]
    emoji = [emoji_of(example.text) for name in ENGLISH_STARS for example in learnt.get(name, ())]
    words, near = learn_words([example.text for example in chinese] + [one for one in emoji if one])
    tokens = TextTokens(base.path, words, longest=512)
    vectors = base_state(base)[_WORD_VECTORS].numpy()
    first = len(vectors)
    counts: dict[str, Counter[int]] = {label: Counter() for label in POLARITIES}
    for example, ids in zip(chinese, tokens.encode([one.text for one in chinese]), strict=True):
        counts[example.label].update({one for one in ids if one >= first})
    totals = {label: 2 + sum(example.label == label for example in chinese) for label in POLARITIES}
    leaning = {
        word: float(
            np.log((counts["positive"][first + place] + 1) / totals["positive"])
            - np.log((counts["negative"][first + place] + 1) / totals["negative"])
        )
        for place, word in enumerate(words)
    }
    plain, dictionary = TextTokens(base.path, [], longest=32), read_dictionary()
    english = {}
    for word in words:
        meaning = meaning_in_english(word, dictionary)
        ids = plain.encode([meaning])[0][1:-1] if meaning else []
        if ids:
            english[word] = vectors[ids].mean(axis=0)
    return words, first_vectors(words, near, leaning, english)


def new_network(base: EncoderFiles, vectors: NDArray[np.float32], device: Device, *, seed: int = 0) -> SentimentNetwork:
    """A network over ``base`` whose added words start at ``vectors``, in the precision of ``device``."""
    import torch

    from .network import SentimentNetwork

    torch.manual_seed(seed)
    network = SentimentNetwork(base.path, added_words=len(vectors), dtype=device.dtype)
    with torch.no_grad():
        network.more_words.copy_(torch.from_numpy(vectors))
    return network


def sentiment_epochs(
    learnt: Mapping[str, Sequence[Example]], tokens: TextTokens, settings: TrainSettings
) -> list[list[TokenExample]]:
    """What is seen in each epoch: all of SST-2, and of each other source a fresh draw."""
    draw = random.Random(settings.seed)
    shopping = list(learnt.get("zh_online_shopping_10_cats", ()))
    draw.shuffle(shopping)
    hotel_keys = {text_key(example.text) for example in shopping}
    epochs = []
    for number in range(settings.epochs):
        seen: list[Example] = list(learnt.get("sst2", ()))
        # Most of SST-2 are phrases; whole sentences, which are what is read later, come twice.
        seen += [one for one in seen if one.text.rstrip().endswith(".")]
        for name in ENGLISH_STARS:
            seen += drawn_by_stars(learnt.get(name, ()), settings.most_per_source, draw)
        start = number * settings.most_chinese % max(1, len(shopping))
        chinese = (shopping[start:] + shopping[:start])[: settings.most_chinese]
        chinese += drawn_by_stars(learnt.get("zh_stars_meituan_dining", ()), settings.most_per_source, draw)
        hotel = learnt.get("zh_chnsenticorp_hotel", ())
        chinese += [example for example in hotel if text_key(example.text) not in hotel_keys]
        texts = [example.text for example in seen] + [
            _HAN.sub(r"\1 ", one.text) if draw.random() < settings.spaced_share else one.text for one in chinese
        ]
        epochs.append(as_token_examples(seen + chinese, tokens, texts))
    return epochs


def as_token_examples(
    examples: Sequence[Example], tokens: TextTokens, texts: Sequence[str] | None = None, *, longest: int | None = None
) -> list[TokenExample]:
    """Examples with their texts (or ``texts`` in their place) as ids, cut at ``longest``."""
    ids = tokens.encode(texts if texts is not None else [example.text for example in examples], longest=longest)
    return [TokenExample(one, example.allowed, example.possible) for one, example in zip(ids, examples, strict=True)]


def drawn_by_stars(examples: Sequence[Example], most: int, draw: random.Random) -> list[Example]:
    """At most ``most`` examples, each star by the square root of how often it comes."""
    by_stars: dict[tuple[int, ...], list[Example]] = defaultdict(list)
    for example in examples:
        by_stars[example.allowed].append(example)
    roots = {stars: len(some) ** 0.5 for stars, some in by_stars.items()}
    drawn: list[Example] = []
    for stars, some in by_stars.items():
        draw.shuffle(some)
        drawn += some[: int(most * roots[stars] / sum(roots.values()))]
    return drawn
