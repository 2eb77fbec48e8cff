"""A chat model of a few thousand random weights with a tokenizer and a chat template of its own, made in a second."""

from __future__ import annotations

from pathlib import Path

import pytest

TEMPLATE = """{% for m in messages %}<|start|>{{ m.role }}
{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{"name": "{{ c.function.name }}", "arguments": \
{{ c.function.arguments | tojson }}}</tool_call>{% endfor %}<|end|>
{% if loop.first and tools %}<|start|>tools
{% for t in tools %}{{ t.function.name }} {% endfor %}<|end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|start|>assistant
{% endif %}"""
_TEXT = [
    "You are the customer assistant of an online shop. Answer from what the tools returned only.",
    "How much is the Aurora Desk Lamp? The Aurora Desk Lamp costs €34.50. It is in stock. 极光台灯多少钱？",
    '{"name": "search_products", "arguments": {"query": "Aurora Desk Lamp"}} {"name": "get_product", "arguments": '
    '{"product_id": "P002"}} get_orders get_order read_help_pages hand_over_to_person',
]


def make_model(folder: Path, *, template: str | None = TEMPLATE, hidden: int = 32, seed: int = 0) -> Path:
    """Write a random model of Llama's kind to ``folder``."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|pad|>", "<|start|>", "<|end|>"],
        show_progress=False,
    )
    raw.train_from_iterator(_TEXT, trainer)
    raw.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False)])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<|pad|>", eos_token="<|end|>")
    tokenizer.chat_template = template
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=2048, tie_word_embeddings=True,
        initializer_range=0.3,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny")
