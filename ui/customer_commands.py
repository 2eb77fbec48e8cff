"""What the agent keeps of a customer: seen, exported, deleted. And what waits for a person's approval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from agent import Session

from .console import out, print_facts, print_json, print_table
from .options import ConfigOption, DemoOption, JsonOption, open_shop


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("profile")(profile)
    app.command("approvals")(approvals)


def profile(
    customer: Annotated[str, typer.Argument(help="Id of the customer.")],
    export: Annotated[Path | None, typer.Option(help="JSON file to write everything to.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete it; orders stay with the shop.")] = False,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """What the agent keeps of one customer; export it or delete it."""
    session = Session.for_customer(customer)
    with open_shop(config, demo=demo_shop) as shop:
        found = shop.agent.profile(session)
        if export is not None:
            content = json.dumps(shop.agent.export_profile(session), ensure_ascii=False, indent=1)
            export.write_text(content + "\n", encoding="utf-8")
        forgotten = shop.agent.forget(session) if delete else None
    if as_json:
        print_json({"profile": found, "forgotten": forgotten})
        return
    print_facts(
        {
            name.replace("_", " "): getattr(found, name)
            for name in ("customer_id", "name", "language", "conversations", "messages", "first_at", "last_at")
        }
    )
    rows = [(one.operation, one.order_id or "", one.state, f"{one.at:%Y-%m-%d}") for one in found.promised]
    if rows:
        print_table(("operation", "order", "state", "on"), rows)
    if forgotten is not None:
        out().print(f"deleted: {forgotten.conversations} conversations, {forgotten.messages} messages")


def approvals(
    name: Annotated[str, typer.Option(help="Your name, for the log.")] = "command line",
    role: Annotated[str, typer.Option(help="Your role.")] = "owner",
    approve: Annotated[str | None, typer.Option(help="Id of a proposal to approve.")] = None,
    reject: Annotated[str | None, typer.Option(help="Id of a proposal to reject.")] = None,
    note: Annotated[str, typer.Option(help="Is told to the customer.")] = "",
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """What customers have confirmed and a person has to approve; approve or reject one of them."""
    session = Session.for_staff(name, role)
    with open_shop(config, demo=demo_shop) as shop:
        if approve or reject:
            outcome = shop.agent.decide_proposal(session, approve or reject or "", approve=bool(approve), note=note)
            out().print(f"{outcome.proposal_id}: {outcome.state}")
        waiting = shop.agent.operations.queue(session)
    if as_json:
        print_json(waiting)
        return
    rows = [(one.id, one.customer_id, one.operation, one.consequences.order_id or "") for one in waiting]
    print_table(("proposal", "customer", "operation", "order"), rows)
