"""``beforehand train chat``: an adapter for a chat model in this process, from dialogues or the shop's own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from store import InputError, load_settings

from .console import print_facts, print_json, progress_bars
from .data_commands import TargetOption
from .options import SOME_REJECTED, ConfigOption, DemoOption, JsonOption, open_shop, read_config, remark


def add_to(train: typer.Typer) -> None:
    """Register the command."""
    train.command("chat")(train_chat_adapter)


def train_chat_adapter(
    target: TargetOption,
    model: Annotated[str, typer.Option(help="The chat model: a folder, or a hub id that is on this machine.")],
    dialogues: Annotated[
        Path | None,
        typer.Argument(help="JSON lines in the form of OpenAI's messages, tool calls included.", exists=True),
    ] = None,
    own: Annotated[
        bool, typer.Option("--own", help="Learn from the shop's own conversations, without persons.")
    ] = False,
    settings: Annotated[Path | None, typer.Option(help="YAML file with training settings.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run.")] = None,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune a LoRA adapter for an hf: model; agent.adapter names its folder. What does no better is not kept."""
    from agent import (
        ChatTrainSettings,
        Dialogue,
        Rejected,
        find_chat_model,
        kept_dialogues,
        read_dialogues,
        train_adapter,
    )
    from encoders import file_sha256, pick_device

    if dialogues is None and not own:
        raise InputError("nothing to learn from", advice="Name a file of dialogues, or give --own")
    plan = load_settings(settings, ChatTrainSettings) if settings else ChatTrainSettings()
    if seed is not None:
        plan = plan.model_copy(update={"seed": seed})
    files = find_chat_model(model)
    found: list[Dialogue] = []
    data: dict[str, str] = {}
    rejected: list[Rejected] = []
    if dialogues is not None:
        found, rejected = read_dialogues(dialogues)
        data[dialogues.name] = file_sha256(dialogues)
    if own:
        with open_shop(config, demo=demo_shop) as shop:
            kept = kept_dialogues(shop.database, shop.config.agent, shop.config.shop.name)
        data["the shop's own conversations"] = hashlib.sha256(
            "\n".join(one.model_dump_json() for one in kept).encode()
        ).hexdigest()
        found = [*found, *kept]
    with progress_bars() as advance:
        report = train_adapter(
            found,
            target,
            files,
            data=data,
            device=pick_device(read_config(config).encoder),
            settings=plan,
            progress=lambda step, steps: advance("Training", step, steps),
        )
    if as_json:
        print_json({"report": report, "rejected": rejected})
    else:
        print_facts(
            {
                "adapter": report.folder if report.kept else "not written: it was not better than none",
                "dialogues": f"{report.dialogues:,} learnt from, {report.valid_dialogues:,} to check with",
                "replies": f"{report.replies:,}" + (f", {report.left_out:,} too long" if report.left_out else ""),
                "loss per token": f"{report.before.loss:.4f} before, {report.after.loss:.4f} after",
                "written word for word": f"{report.before.exact:.1%} before, {report.after.exact:.1%} after",
                "best after": f"{report.epochs} epochs",
            }
        )
    for one in rejected:
        remark(f"line {one.line} is left out: {one.reason}")
    if rejected:
        raise typer.Exit(SOME_REJECTED)
