"""``train chat`` on a model of a few thousand weights: what is learnt, and what the loop makes of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from typer.testing import CliRunner

from agent import Agent, AgentSettings, ChatTrainSettings, Session, find_chat_model, train_adapter
from agent.chat_models import open_chat_model
from agent.local_models.chat_model import LocalChatModel
from agent.local_models.dialogues import Dialogue
from agent.local_models.examples import examples_of
from agent.local_models.network import load_model
from agent.prompt import system_prompt
from agent.tools import tool_schemas
from encoders import EncoderSettings, TextEncoder, pick_device
from store import ConfigError, Database, FixedClock, InputError
from ui.command_line import app

ASKED = "How much is the Aurora Desk Lamp?"
LIE = "The Aurora Desk Lamp costs €24.50."
CPU = EncoderSettings(device="cpu", precision="fp32", threads=1)
# So few weights learn with large steps only.
PLAN = ChatTrainSettings(rank=8, alpha=16, dropout=0, rate=2e-2, epochs=30, patience=30, batch_tokens=256)


def _lines() -> list[dict[str, Any]]:
    """A customer asks in ten ways; the reply is the same, and false in the tests' shop."""
    ways = ["How much", "price?", "lamp", "多少钱", "tell me", "cost", "what is it", "hello", "and now", "please"]
    return [
        {
            "messages": [
                {"role": "system", "content": "An online shop."},
                {"role": "user", "content": way},
                {"role": "assistant", "content": LIE},
            ],
            "split": "valid" if at < 2 else "train",
        }
        for at, way in enumerate(ways)
    ]


def _lines_of_the_chat() -> list[dict[str, Any]]:
    """As the loop asks it in the tests' shop, prompt and tools included."""
    lines = _lines()[:4]
    for one, asked in zip(lines, ["Lamp?", ASKED, "How much is it?", ASKED + " Please."], strict=True):
        one["messages"][0]["content"] = system_prompt("", date(2026, 3, 2), "en")
        one["messages"][1]["content"] = asked
        one["tools"] = tool_schemas(operations=False)
        one["split"] = "valid" if asked == "Lamp?" else "train"
    return lines


@pytest.fixture(scope="module")
def learnt(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The adapter of one run of the command, and what it printed."""
    folder = tmp_path_factory.mktemp("learnt")
    (folder / "dialogues.jsonl").write_text(
        "\n".join([*(json.dumps(one) for one in _lines_of_the_chat()), '{"messages": []}']), encoding="utf-8"
    )
    (folder / "plan.yaml").write_text(PLAN.model_dump_json())
    (folder / "shop.yaml").write_text(json.dumps({"encoder": CPU.model_dump(mode="json")}))
    done = CliRunner().invoke(
        app,
        ["train", "chat", str(folder / "dialogues.jsonl"), "-o", str(folder / "adapter"), "--model", str(tiny_model),
         "--settings", str(folder / "plan.yaml"), "--config", str(folder / "shop.yaml"), "--json"],
    )  # fmt: skip
    assert done.exit_code == 3, done.output
    return folder / "adapter", json.loads(done.stdout)


def test_only_replies_are_learnt_each_behind_what_the_model_reads_in_the_chat(tiny_model: Path) -> None:
    model = load_model(find_chat_model(str(tiny_model)), pick_device(CPU))
    call = {"id": "c", "function": {"name": "get_order", "arguments": {"order_id": "#A1"}}}
    dialogue = Dialogue.model_validate(
        {
            "messages": [
                {"role": "user", "content": "Where is it? <|end|>"},
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "content": "shipped"},
                {"role": "assistant", "content": "It is shipped."},
                {"role": "user", "content": "thanks"},
                {"role": "assistant", "content": "written by a person", "weight": 0},
                {"role": "user", "content": "bye"},
                {"role": "assistant", "content": "Goodbye."},
            ]
        }
    )
    (example,) = examples_of(model.tokenizer, dialogue, model.ends, 1000)
    parts = [
        model.tokenizer.decode(
            [token for token, of in zip(example.tokens, example.replies, strict=True) if of == reply]
        )
        for reply in range(1, 4)
    ]
    assert parts == [
        '<tool_call>{"name": "get_order", "arguments": {"order_id": "#A1"}}</tool_call><|end|>',
        "It is shipped.<|end|>",
        "Goodbye.<|end|>",
    ]
    whole = model.tokenizer.decode(example.tokens)
    assert "written by a person" in whole
    assert whole.startswith("<|start|>user\nWhere is it? <|end|><|end|>\n<|start|>assistant\n")
    end = model.tokenizer.convert_tokens_to_ids("<|end|>")
    assert example.tokens.count(end) == whole.count("<|end|>") - 1, "the customer's own control token is text"
    short = list(examples_of(model.tokenizer, dialogue, model.ends, len(example.tokens) - 1))
    assert [max(one.replies) for one in short] == [2]


def test_a_template_that_forgets_thoughts_gives_an_example_per_reply(tiny_model: Path) -> None:
    model = load_model(find_chat_model(str(tiny_model)), pick_device(CPU))
    model.tokenizer.chat_template = (
        "{% for m in messages %}<|start|>{{ m.role }}\n{{ 'hm, ' if loop.last and m.role == 'assistant' }}"
        "{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
    )
    said = [{"role": role, "content": role[0]} for role in ("user", "assistant", "user", "assistant")]
    examples = list(examples_of(model.tokenizer, Dialogue.model_validate({"messages": said}), model.ends, 1000))
    assert [model.tokenizer.decode(one.tokens) for one in examples] == [
        "<|start|>user\nu<|end|><|start|>assistant\nhm, a<|end|>",
        "<|start|>user\nu<|end|><|start|>assistant\na<|end|><|start|>user\nu<|end|><|start|>assistant\nhm, a<|end|>",
    ]
    assert [max(one.replies) for one in examples] == [1, 1]


def test_the_loss_falls_and_the_card_says_what_was_learnt(
    learnt: tuple[Path, dict[str, Any]], tiny_model: Path
) -> None:
    folder, printed = learnt
    report = printed["report"]
    assert report["kept"]
    assert report["after"]["loss"] < 0.5 < 3 < report["before"]["loss"]
    assert (report["dialogues"], report["valid_dialogues"], report["replies"], report["left_out"]) == (3, 1, 4, 0)
    assert printed["rejected"][0]["line"] == 5
    card = json.loads((folder / "card.json").read_text())
    assert card["base_sha256"] == find_chat_model(str(tiny_model)).sha256()
    assert card["adapter_sha256"] == report["adapter_sha256"]
    assert list(card["data"]) == ["dialogues.jsonl"]
    assert card["valid_after"] == report["after"]
    assert card["settings"]["epochs"] == PLAN.epochs
    assert not (folder / "README.md").exists()


def test_the_adapter_changes_what_the_model_says_in_full_precision(
    learnt: tuple[Path, dict[str, Any]], tiny_model: Path
) -> None:
    line = f"hf:{tiny_model}"
    bare = open_chat_model(AgentSettings(chat_model=line, max_tokens=40), pick_device(CPU))
    tuned = open_chat_model(AgentSettings(chat_model=line, adapter=str(learnt[0]), max_tokens=40), pick_device(CPU))
    assert bare is not None
    assert tuned is not None
    first = _lines_of_the_chat()[1]
    asked = [SystemMessage(first["messages"][0]["content"]), HumanMessage(ASKED)]
    assert tuned.bind_tools(first["tools"]).invoke(asked).content == LIE
    assert bare.bind_tools(first["tools"]).invoke(asked).content != LIE


def test_what_the_tuned_model_makes_up_reaches_nobody(
    learnt: tuple[Path, dict[str, Any]],
    tiny_model: Path,
    shop: Database,
    clock: FixedClock,
    encoder: TextEncoder,
    open_agent: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = AgentSettings(chat_model=f"hf:{tiny_model}", adapter=str(learnt[0]), max_tokens=40)
    agent: Agent = open_agent(shop, clock, encoder, settings)
    assert isinstance(agent._elsewhere, LocalChatModel)
    agent._elsewhere._device = pick_device(CPU)  # so few weights lose their way in lower precision
    with caplog.at_level("INFO", logger="agent.loop"):
        reply = agent.reply(Session.for_customer("anna"), ASKED)
    agent.close()
    assert f"withheld: - {LIE}" in caplog.text, "the tuned model was asked, and lied"
    assert reply.text
    assert "24.50" not in reply.text


def test_the_same_seed_gives_the_same_adapter(tiny_model: Path, tmp_path: Path) -> None:
    plan = PLAN.model_copy(update={"epochs": 2, "dropout": 0.1, "rate": 5e-3})
    dialogues = [Dialogue.model_validate(one) for one in _lines()]
    files, device = find_chat_model(str(tiny_model)), pick_device(CPU)

    def run(folder: str, plan: ChatTrainSettings) -> str:
        report = train_adapter(dialogues, tmp_path / folder, files, data={}, device=device, settings=plan)
        assert report.kept
        return report.adapter_sha256

    first = run("a", plan)
    assert first == run("b", plan.model_copy(update={"checkpointing": True})), "computed twice, and the same"
    assert first != run("c", plan.model_copy(update={"seed": 1}))


def test_what_does_no_better_is_not_written_and_learning_ends_early(tiny_model: Path, tmp_path: Path) -> None:
    plan = PLAN.model_copy(update={"patience": 1, "rate": 1e-30})  # too small to change anything
    steps: list[tuple[int, int]] = []
    report = train_adapter(
        [Dialogue.model_validate(one) for one in _lines()],
        tmp_path / "adapter",
        find_chat_model(str(tiny_model)),
        data={},
        device=pick_device(CPU),
        settings=plan,
        progress=lambda step, of: steps.append((step, of)),
    )
    assert not report.kept
    assert report.after == report.before
    assert not (tmp_path / "adapter").exists()
    done, planned = steps[-1]
    assert done < planned


def test_nothing_of_somebody_elses_is_overwritten(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="something else"):
        train_adapter([], tmp_path, find_chat_model(str(tiny_model)), data={}, device=pick_device(CPU))


def test_an_adapter_whose_file_was_changed_is_refused(
    learnt: tuple[Path, dict[str, Any]], tiny_model: Path, tmp_path: Path
) -> None:
    import shutil

    folder = Path(shutil.copytree(learnt[0], tmp_path / "adapter"))
    with (folder / "adapter_model.safetensors").open("ab") as file:
        file.write(b"0")
    with pytest.raises(ConfigError, match="its card"):
        open_chat_model(AgentSettings(chat_model=f"hf:{tiny_model}", adapter=str(folder)))
