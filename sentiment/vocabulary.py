"""The vocabulary that makes an English WordPiece encoder read Chinese and emoji, and where its vectors start.

Words, single characters, emoji and full-width punctuation are added to the base tokenizer as tokens that are matched
before its own rules, longest first from the left; English is tokenised exactly as before. Their vectors start near the
English words they mean: a short dictionary of ours says it for some 1,400 frequent words, and for the rest a ridge
regression from co-occurrence vectors (positive pointwise mutual information, truncated SVD; Levy and Goldberg 2014) to
the vectors of the dictionary's words says it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from tokenizers import Tokenizer

DICTIONARY = Path(__file__).parent / "weights" / "chinese_english_words.tsv"
_HAN = re.compile(r"[\u3400-\u9fff]+")
_PUNCTUATION = {
    "！": "!",
    "？": "?",
    "，": ",",
    "。": ".",
    "：": ":",
    "；": ";",
    "（": "(",
    "）": ")",
    "～": "~",
    "…": ".",
}
_Rows = NDArray[np.float32]


def read_dictionary(path: Path = DICTIONARY) -> dict[str, str]:
    """Chinese word to English words, from a file of tab-separated pairs."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if "\t" in line)


def build_tokenizer(encoder_folder: Path, words: Sequence[str]) -> Tokenizer:
    """The base tokenizer with ``words`` added: ``words[i]`` has the id (size of the base vocabulary) + i.

    The base knows some three hundred Han characters by themselves. They are renamed, so that the added ones are used.
    """
    from tokenizers import AddedToken, Tokenizer

    spec = json.loads((encoder_folder / "tokenizer.json").read_text(encoding="utf-8"))
    added = set(words)
    spec["model"]["vocab"] = {
        (f"[base {word}]" if word in added else word): number for word, number in spec["model"]["vocab"].items()
    }
    spec["truncation"] = spec["padding"] = None
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in words])
    return tokenizer


def learn_words(
    texts: Sequence[str], *, least_word: int = 12, least_character: int = 3
) -> tuple[list[str], csr_matrix]:
    """The words worth adding for ``texts``, most frequent first, and how often they stand near one another.

    Words come from jieba's segmentation and count at least ``least_word`` times (those of the dictionary five times);
    single characters, emoji and full-width punctuation at least ``least_character`` times. The second result holds
    symmetric counts within five words, shape (words, words).
    """
    import jieba
    from scipy.sparse import coo_matrix

    dictionary = read_dictionary()
    for word in dictionary:
        if len(word) > 2:
            jieba.add_word(word)
    segmented = [jieba.lcut(text) for text in texts]
    counts = Counter(token for tokens in segmented for token in tokens if _HAN.fullmatch(token) and len(token) <= 6)
    single = Counter(one for text in texts for one in text if _HAN.match(one) or _is_emoji(one) or one in _PUNCTUATION)
    words = [word for word, n in counts.most_common() if n >= (5 if word in dictionary else least_word)]
    words += [one for one, n in single.most_common() if n >= least_character and counts[one] < least_word]
    words = list(dict.fromkeys(words + list(_PUNCTUATION)))
    number = {word: place for place, word in enumerate(words)}
    left, right = [], []
    for tokens in segmented:
        known = [number[token] for token in tokens if token in number]
        for step in range(1, 6):
            left += known[:-step]
            right += known[step:]
    near = coo_matrix((np.ones(len(left), dtype=np.float32), (left, right)), shape=(len(words), len(words))).tocsr()
    return words, near + near.T


def first_vectors(
    words: Sequence[str],
    near: csr_matrix,
    leaning: Mapping[str, float],
    english: Mapping[str, _Rows],
) -> _Rows:
    """Where the vectors of ``words`` start: float32, shape (words, hidden).

    ``near`` are the counts of ``learn_words``; ``leaning`` is the log-odds of a word between positive and negative
    texts, which co-occurrence cannot tell (good and bad keep the same company); ``english`` are the base's vectors of
    the dictionary's words and of what an emoji or punctuation mark is called.
    """
    from sklearn.utils.extmath import randomized_svd

    total = near.sum()
    often = np.asarray(near.sum(axis=1)).ravel() + 1.0
    pairs = near.tocoo()
    information = np.log(np.maximum(pairs.data * total / (often[pairs.row] * often[pairs.col] ** 0.75), 1e-9))
    information -= np.log(total**0.25)
    pairs.data = np.maximum(information, 0).astype(np.float32)
    left, values, _ = randomized_svd(pairs.tocsr(), n_components=300, random_state=0)
    company = left * np.sqrt(values)
    place = {word: number for number, word in enumerate(words)}
    for word in words:  # A rare character keeps the company of the words that it stands in.
        if len(word) == 1 and often[place[word]] < 50:
            around = [place[other] for other in words if word in other and len(other) > 1][:20]
            if around:
                company[place[word]] = company[around].mean(axis=0)
    company /= np.linalg.norm(company, axis=1, keepdims=True) + 1e-6
    lean = np.array([[leaning.get(word, 0.0)] for word in words])
    features = np.concatenate([company, 0.3 * lean, np.ones((len(words), 1))], axis=1)
    taught = [place[word] for word in english if word in place]
    targets = np.stack([english[words[number]] for number in taught])
    known = features[taught]
    weights = np.linalg.solve(known.T @ known + 3.0 * np.eye(features.shape[1]), known.T @ targets)
    vectors = features @ weights
    vectors[taught] = 0.8 * targets + 0.2 * vectors[taught]
    # Regression shrinks towards the mean; the usual length of a word vector is given back.
    usual = np.linalg.norm(targets, axis=1).mean()
    vectors *= usual / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return np.asarray(vectors, dtype=np.float32)


def meaning_in_english(word: str, dictionary: Mapping[str, str]) -> str | None:
    """English words for ``word``: of the dictionary, of the mark's ASCII twin, or the emoji's Unicode name."""
    if word in dictionary:
        return dictionary[word]
    if word in _PUNCTUATION:
        return _PUNCTUATION[word]
    if len(word) == 1 and _is_emoji(word):
        return unicodedata.name(word, "").lower() or None
    return None


def emoji_of(text: str) -> str:
    """The emoji of ``text``, in their order."""
    return "".join(one for one in text if _is_emoji(one))


def _is_emoji(one: str) -> bool:
    return unicodedata.category(one) == "So" and ord(one) > 0x2000
