"""The weights of a chat model on a device, and tokens out of them. Knows nothing of messages, tools or customers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from encoders import Device
from store import ModelError

from .files import ChatModelFiles
from .prompting import check_template


@dataclass(frozen=True, slots=True)
class Writing:
    """How a reply is written, and when it must end."""

    max_tokens: int
    time_s: float
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: without the stop string, and without the control token that ends a turn."""

    text: str
    tokens: int
    finish_reason: str
    """``stop``: it came to its end; ``length``: it has all the tokens it may have; ``time``: it ran out of time."""

    @property
    def timed_out(self) -> bool:
        return self.finish_reason == "time"


class LoadedModel:
    """A model and its tokenizer. One caller at a time."""

    def __init__(self, network: Any, tokenizer: Any, device: Device) -> None:
        from transformers import GenerationConfig

        self.network = network
        self.tokenizer = tokenizer
        self._device = device
        own = network.generation_config
        ends = own.eos_token_id if own.eos_token_id is not None else tokenizer.eos_token_id
        self.ends: tuple[int, ...] = (ends,) if isinstance(ends, int) else tuple(ends or ())
        if not self.ends:
            raise ModelError("neither the model nor its tokenizer says which token ends a reply")
        # What else a model suggests (sampling, a penalty on repeating) is left out: a reply must repeat ids and prices.
        network.generation_config = GenerationConfig(
            eos_token_id=list(self.ends),
            pad_token_id=self.ends[0] if own.pad_token_id is None else own.pad_token_id,
            bos_token_id=own.bos_token_id,
        )
        self._longest: int | None = getattr(network.config, "max_position_embeddings", None)

    def write(
        self, prompt: list[int], how: Writing, streamer: Any = None, ended: threading.Event | None = None
    ) -> Written:
        """Go on from ``prompt``. Raises ``ModelError`` if the model's window has no room for a reply."""
        from transformers import MaxTimeCriteria, StoppingCriteriaList

        room = how.max_tokens if self._longest is None else min(how.max_tokens, self._longest - len(prompt))
        if room < 1:
            raise ModelError(
                "the conversation is longer than the model's window",
                value=f"{len(prompt)} tokens",
                allowed=f"fewer than {self._longest}",
            )
        ids = torch.tensor([prompt], device=self._device.name)
        rules = [MaxTimeCriteria(how.time_s), *([_Ended(ended)] if ended is not None else [])]
        sampling = {"do_sample": True, "temperature": how.temperature, "top_k": 0} if how.temperature else {}
        with torch.inference_mode(), torch.random.fork_rng(_forked(self._device)):
            torch.manual_seed(how.seed)
            out = self.network.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=room,
                stopping_criteria=StoppingCriteriaList(rules),
                streamer=streamer,
                **({"stop_strings": list(how.stop), "tokenizer": self.tokenizer} if how.stop else {}),
                **sampling,
            )[0, len(prompt) :].tolist()
        return self._written(out, how, room)

    def _written(self, out: list[int], how: Writing, room: int) -> Written:
        ended = bool(out) and out[-1] in self.ends
        text = self.tokenizer.decode(out[:-1] if ended else out, skip_special_tokens=False)
        cut = [at for at in (text.find(one) for one in how.stop) if at >= 0]
        reason = "stop" if ended or cut else "length" if len(out) >= room else "time"
        return Written(text[: min(cut)] if cut else text, len(out), reason)

    def stream(self, prompt: list[int], how: Writing) -> Iterator[str | Written]:
        """The text piece by piece, and last what ``write`` gives. Closing the iterator ends the writing."""
        from transformers import TextIteratorStreamer

        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        ended, found = threading.Event(), list[Written | BaseException]()

        def work() -> None:
            try:
                found.append(self.write(prompt, how, streamer, ended))
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                found.append(error)
            finally:
                streamer.on_finalized_text("", stream_end=True)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield from _before_stop(streamer, how.stop)
        finally:
            ended.set()
            thread.join()
        if isinstance(found[0], BaseException):
            raise found[0]
        yield found[0]


class _Ended:
    """A stopping rule: somebody no longer listens."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        return torch.full((len(input_ids),), self._event.is_set(), device=input_ids.device, dtype=torch.bool)


def _before_stop(pieces: Iterator[str], stop: tuple[str, ...]) -> Iterator[str]:
    """``pieces`` up to the first stop string; what may be its beginning is held back."""
    longest, kept = max((len(one) for one in stop), default=0), ""
    for piece in pieces:
        kept += piece
        found = [at for at in (kept.find(one) for one in stop) if at >= 0]
        if found:
            yield kept[: min(found)]
            return
        safe = len(kept) - max(longest - 1, 0)
        if safe > 0:
            yield kept[:safe]
            kept = kept[safe:]
    if kept:
        yield kept


def _forked(device: Device) -> list[int]:
    return [torch.cuda.current_device()] if device.name == "cuda" else []


def load_model(files: ChatModelFiles, device: Device) -> LoadedModel:
    """Read ``files`` onto ``device``, the adapter merged into the weights. Raises ``ModelError`` if that fails.

    Only safetensors are read, and no code that lies beside the weights is run.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(files.path, local_files_only=True, trust_remote_code=False)
        network = AutoModelForCausalLM.from_pretrained(
            files.path, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=device.dtype
        )
        if files.adapter is not None:
            from peft import PeftModel

            network = PeftModel.from_pretrained(network, str(files.adapter), local_files_only=True).merge_and_unload()
    except Exception as error:  # transformers raises what the files' formats raise
        raise ModelError(f"the chat model cannot be read: {error}", value=str(files.path)) from error
    check_template(tokenizer)
    return LoadedModel(network.to(device.name).eval(), tokenizer, device)
