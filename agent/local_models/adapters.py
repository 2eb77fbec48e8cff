"""``beforehand train chat``: a LoRA adapter (Hu and others 2021, arXiv 2106.09685) for a chat model, from dialogues.

The loss is cross-entropy over the tokens of replies alone. Deterministic for the seed on one device. What does no
better on the conversations that were kept apart is not written.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from encoders import Device, file_sha256, learnt_weights, pack_by_tokens, put_back, schedule
from store import InputError

from .dialogues import Dialogue, split
from .examples import Example, examples_of
from .files import CARD, ChatModelFiles
from .network import LoadedModel, load_model
from .settings import ChatTrainSettings

Step = Callable[[int, int], None]
"""Called with the step and the number of steps."""


@dataclass(frozen=True, slots=True)
class Figures:
    """On the conversations kept apart."""

    loss: float
    """Mean over tokens of replies, in nats."""
    exact: float
    """Share of replies that the model, writing the likeliest token each time, writes word for word."""


@dataclass(frozen=True, slots=True)
class ChatReport:
    """What a run of ``train chat`` came to."""

    folder: Path
    kept: bool
    """Whether the adapter was better than none, and was written."""
    before: Figures
    after: Figures
    dialogues: int
    valid_dialogues: int
    replies: int
    left_out: int
    """Replies behind the longest example."""
    epochs: int
    """After so many the best weights were reached."""
    adapter_sha256: str = ""


def train_adapter(
    dialogues: Sequence[Dialogue],
    target: Path,
    files: ChatModelFiles,
    *,
    data: dict[str, str],
    device: Device,
    settings: ChatTrainSettings | None = None,
    progress: Step | None = None,
) -> ChatReport:
    """Learn from ``dialogues`` and write the adapter and its card to ``target``. ``data``: file names to sha256.

    Raises ``InputError`` where there is nothing to learn, ``ModelError`` where the model cannot be used.
    """
    settings = settings or ChatTrainSettings()
    if target.exists() and any(target.iterdir()) and not (target / CARD).is_file():
        raise InputError("the folder holds something else than an adapter", value=str(target))
    sides = split(dialogues, settings.valid_share, settings.seed)
    torch.manual_seed(settings.seed)
    model = load_model(files, device)
    train, valid = (_examples(model, side, settings.longest) for side in sides)
    wanted = sum(said.learnt for one in dialogues for said in one.messages)
    learnt = sum(max(one.replies) for one in (*train, *valid))
    if not train or not valid:
        raise InputError(
            "every reply of one side stands behind more tokens than are read",
            value=settings.longest,
            advice="Set a larger longest in the training settings",
        )
    network = _with_adapter(model.network, settings)
    fit = _Fit(network, device, settings)
    before = fit.figures(valid)
    after, epochs = fit.run(train, valid, before, progress)
    report = ChatReport(
        target, after.loss < before.loss, before, after, len(sides[0]), len(sides[1]), learnt, wanted - learnt, epochs
    )
    return _written(report, network, files, settings, data, device) if report.kept else report


def _examples(model: LoadedModel, dialogues: Sequence[Dialogue], longest: int) -> list[Example]:
    return [example for one in dialogues for example in examples_of(model.tokenizer, one, model.ends, longest)]


def _with_adapter(network: nn.Module, settings: ChatTrainSettings) -> Any:
    from peft import LoraConfig, get_peft_model

    if settings.checkpointing:
        network.activation_checkpointing_enable()  # type: ignore[operator]
        network.enable_input_require_grads()  # type: ignore[operator]
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
    )
    return get_peft_model(network, config)


class _Fit:
    """A network with an adapter, and how it learns."""

    def __init__(self, network: Any, device: Device, settings: ChatTrainSettings) -> None:
        self._network = network
        self._device = device
        self._settings = settings

    def run(
        self, train: Sequence[Example], valid: Sequence[Example], best: Figures, progress: Step | None
    ) -> tuple[Figures, int]:
        """Learn until the figures of ``valid`` no longer fall; returns the best, and after which epoch they were."""
        settings, draw = self._settings, random.Random(self._settings.seed)
        parameters = [one for one in self._network.parameters() if one.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=settings.rate, weight_decay=settings.weight_decay)
        batches = _batches(train, settings.batch_tokens)
        steps, step = settings.epochs * len(batches), 0
        kept, reached = learnt_weights(self._network), 0
        for epoch in range(1, settings.epochs + 1):
            draw.shuffle(batches)
            self._network.train()
            for batch in batches:
                for group in optimizer.param_groups:
                    group["lr"] = settings.rate * schedule(step / steps, settings.warm_up)
                loss = self._losses(batch)[0].mean()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                step += 1
                if progress is not None:
                    progress(step, steps)
            now = self.figures(valid)
            if now.loss < best.loss:
                best, kept, reached = now, learnt_weights(self._network), epoch
            elif epoch - reached >= settings.patience:
                break
        put_back(self._network, kept)
        return best, reached

    @torch.no_grad()
    def figures(self, examples: Sequence[Example]) -> Figures:
        self._network.eval()
        total, tokens, exact, replies = 0.0, 0, 0, 0
        for batch in _batches(examples, self._settings.batch_tokens):
            losses, right, owners = self._losses(batch)
            total, tokens = total + float(losses.sum()), tokens + len(losses)
            for owner in torch.unique(owners):
                replies += 1
                exact += bool(right[owners == owner].all())
        return Figures(total / tokens, exact / replies)

    def _losses(self, batch: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
        """Of each learnt token: its loss, whether it is the likeliest, and the number of its reply in the batch."""
        longest = max(len(one.tokens) for one in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        read = torch.zeros_like(ids)
        owners = torch.zeros_like(ids)
        for row, one in enumerate(batch):
            ids[row, : len(one.tokens)] = torch.tensor(one.tokens)
            read[row, : len(one.tokens)] = 1
            replies = torch.tensor(one.replies)
            owners[row, : len(one.tokens)] = torch.where(replies > 0, replies + row * longest, 0)
        ids, read, owners = (one.to(self._device.name) for one in (ids, read, owners))
        bf16 = self._device.dtype is torch.bfloat16
        with torch.autocast(self._device.name, torch.bfloat16, enabled=bf16):
            logits = self._network(input_ids=ids, attention_mask=read, use_cache=False).logits
        learnt = owners[:, 1:] > 0
        logits, wanted = logits[:, :-1][learnt].float(), ids[:, 1:][learnt]
        losses = nn.functional.cross_entropy(logits, wanted, reduction="none")
        return losses, logits.argmax(dim=1) == wanted, owners[:, 1:][learnt]


def _batches(examples: Sequence[Example], tokens: int) -> list[list[Example]]:
    packed: Iterator[list[int]] = pack_by_tokens([len(one.tokens) for one in examples], tokens)
    return [[examples[at] for at in batch] for batch in packed]


def _written(
    report: ChatReport,
    network: Any,
    files: ChatModelFiles,
    settings: ChatTrainSettings,
    data: dict[str, str],
    device: Device,
) -> ChatReport:
    """The adapter's files, and the card that says what it is."""
    folder = report.folder
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(str(folder))
    # peft's card is a form to fill in; ours is filled in.
    (folder / "README.md").unlink(missing_ok=True)
    sha256 = file_sha256(folder / "adapter_model.safetensors")
    card = {
        "adapter_sha256": sha256,
        "base": files.name,
        "base_sha256": files.sha256(),
        "data": data,
        "dialogues": {"train": report.dialogues, "valid": report.valid_dialogues},
        "replies": report.replies,
        "replies_left_out": report.left_out,
        "valid_before": asdict(report.before),
        "valid_after": asdict(report.after),
        "epochs": report.epochs,
        "precision": device.precision,
        "settings": settings.model_dump(mode="json"),
    }
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return ChatReport(**{**_fields(report), "adapter_sha256": sha256})


def _fields(report: ChatReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__slots__}
