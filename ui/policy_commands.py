"""``beforehand train policy``, ``policy-back`` and ``ab``: a policy that learns, the way back, and tests of two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from .console import print_facts, print_json
from .data_commands import train
from .options import ConfigOption, DemoOption, JsonOption, open_shop, remark

ab = typer.Typer(help="Tests of two policies.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command("policy-back")(policy_back)
    app.add_typer(ab, name="ab")


@train.command("policy")
def train_policy_model(
    replay_days: Annotated[int, typer.Option(help="Last days to replay before it may decide.", min=1)] = 14,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Learn from the ledger when to act. It decides only where it would have earned more in the last days."""
    with open_shop(config, demo=demo_shop) as shop:
        report = shop.train_policy(replay_days=replay_days)
    if as_json:
        print_json(report)
        return
    gain = None
    if report.gain_minor is not None and report.gain_low_minor is not None and report.gain_high_minor is not None:
        low, high = report.gain_low_minor / 100, report.gain_high_minor / 100
        gain = f"{report.gain_minor / 100:+.2f} per decision, between {low:.2f} and {high:.2f}"
    print_facts(
        {
            "decisions": f"{report.decisions:,}",
            "replayed": f"{report.replayed:,}",
            "it would have earned": gain,
            "warnings": "; ".join(report.warnings) or None,
            "drift": report.drift,
            "may decide": f"{'yes' if report.live else 'no'}: {report.why}",
        }
    )


def policy_back(config: ConfigOption = None, demo_shop: DemoOption = False) -> None:
    """Put the policy that was learnt before the last one back. With proactive.policy: transparent none is used."""
    with open_shop(config, demo=demo_shop) as shop:
        done = shop.policy_back()
    remark("The policy before the last one decides again." if done else "There is no policy before the last one.")
    if not done:
        raise typer.Exit(1)


@ab.command("size")
def ab_size(
    rate: Annotated[float, typer.Argument(help="Share of customers who buy now: 0.05.")],
    effect: Annotated[float, typer.Argument(help="Smallest change worth finding: 0.01.")],
    power: Annotated[float, typer.Option(help="Probability of finding it.")] = 0.8,
    customers_a_day: Annotated[int | None, typer.Option(help="New customers in the test each day.", min=1)] = None,
) -> None:
    """How many customers a test needs."""
    from agent import sample_size

    needed = sample_size(rate, effect, power=power)
    days = None if customers_a_day is None else f"{-(-needed // customers_a_day):,}"
    print_facts(
        {
            "customers": f"{needed:,} in all, half of them in each arm",
            "days": days,
            "looking every day": f"about {round(needed * 1.5):,} customers until it is decided",
        }
    )


@ab.command("show")
def ab_show(
    test: Annotated[str, typer.Argument(help="Name of the test, as in proactive.policy: ab:NAME=transparent/learned.")],
    planned: Annotated[int, typer.Option(help="Customers in all that it was planned for.", min=60)] = 1000,
    since: Annotated[datetime | None, typer.Option(help="First day of the test.", formats=["%Y-%m-%d"])] = None,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """The test as it stands, with an interval that may be looked at every day."""
    with open_shop(config, demo=demo_shop) as shop:
        found = shop.ab_test(test, planned=planned, since=None if since is None else since.replace(tzinfo=UTC))
    if as_json:
        print_json(found)
        return
    print_facts(
        {
            "control": f"{found.control.customers:,} customers, {found.control.mean / 100:.2f} each",
            "variant": f"{found.variant.customers:,} customers, {found.variant.mean / 100:.2f} each",
            "difference": f"{found.effect / 100:+.2f}, between {found.low / 100:.2f} and {found.high / 100:.2f}",
            "verdict": {"better": "the variant is better", "worse": "the variant is worse"}.get(
                found.verdict, "not decided" if found.low > float("-inf") else found.told
            ),
        }
    )
