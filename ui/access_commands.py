"""``beforehand staff``, ``keys`` and ``audit``: who may come in, and what they saw and did."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from .addresses import page_address
from .console import out, print_facts, print_json, print_table
from .options import ConfigOption, JsonOption, open_shop, remark

if TYPE_CHECKING:
    from beforehand import Shop

    from .access import Access, Actor

NameArgument = Annotated[str, typer.Argument(help="What is typed to sign in.")]
RoleOption = Annotated[str, typer.Option("--role", help="viewer, agent, manager or owner.")]

staff = typer.Typer(help="People who work in the shop: who may sign in, and what they may do.", no_args_is_help=True)
keys = typer.Typer(help="API keys: what other programs come in with.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(staff, name="staff")
    app.add_typer(keys, name="keys")
    app.command("audit")(audit)


def _access(shop: Shop) -> Access:
    from .access import Access

    return Access(shop)


def _whoever() -> Actor:
    """Who sits at the command line, for the log."""
    from .access import SYSTEM, Actor

    try:
        return Actor(f"{SYSTEM}:{getpass.getuser()}")
    except (KeyError, OSError):
        return Actor(SYSTEM)


def _tell_link(shop: Shop, name: str, link: str, *, as_json: bool) -> None:
    address = f"{page_address(shop.config.page)}/welcome?link={link}"
    if as_json:
        print_json({"name": name, "link": address})
    else:
        remark("The link sets the password, once, within 48 hours:")
        out().print(address)


@staff.command("add")
def add_staff(name: NameArgument, role: RoleOption, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Add somebody; prints the link that sets the password."""
    with open_shop(config) as shop:
        _tell_link(shop, name, _access(shop).staff.add(name, role, _whoever()), as_json=as_json)


@staff.command("link")
def link_staff(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """A fresh link to set the password, for somebody who has forgotten it."""
    with open_shop(config) as shop:
        _tell_link(shop, name, _access(shop).staff.link(name, _whoever()), as_json=as_json)


@staff.command("role")
def set_staff_role(name: NameArgument, role: RoleOption, config: ConfigOption = None) -> None:
    """Give somebody another role."""
    with open_shop(config) as shop:
        _access(shop).staff.set_role(name, role, _whoever())


@staff.command("disable")
def disable_staff(name: NameArgument, config: ConfigOption = None) -> None:
    """Let somebody in no more; open sessions end at once."""
    with open_shop(config) as shop:
        _access(shop).staff.set_disabled(name, True, _whoever())


@staff.command("enable")
def enable_staff(name: NameArgument, config: ConfigOption = None) -> None:
    """Let somebody in again, with the password as it was."""
    with open_shop(config) as shop:
        _access(shop).staff.set_disabled(name, False, _whoever())


@staff.command("list")
def list_staff(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Who there is."""
    with open_shop(config) as shop:
        found = _access(shop).staff.members()
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.name,
            one.role,
            "disabled" if one.disabled else "active" if one.has_password else "has a link",
            "" if one.signed_in_at is None else one.signed_in_at.isoformat(" ", "minutes"),
        )
        for one in found
    ]
    print_table(("name", "role", "state", "last signed in"), rows)


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="What the key is for, as the log shows it.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it opens; may be given several times.")],
    per_minute: Annotated[int, typer.Option(help="Requests that it may make in a minute.", min=1)] = 600,
    days: Annotated[int | None, typer.Option(help="After so many days it ends; by default it does not.", min=1)] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. Its secret is shown this once; only a hash of it is kept."""
    with open_shop(config) as shop:
        ends = None if days is None else shop.clock() + timedelta(days=days)
        entry, secret = _access(shop).keys.add(name, scope, _whoever(), per_minute=per_minute, expires_at=ends)
    facts = {"id": entry.id, "name": entry.name, "scopes": " ".join(entry.scopes), "key": secret}
    print_json(facts) if as_json else print_facts(facts)


@keys.command("list")
def list_keys(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Which keys there are, without their secrets."""
    with open_shop(config) as shop:
        found, now = _access(shop).keys.entries(), shop.clock()
    if as_json:
        print_json(found)
        return
    rows = []
    for one in found:
        over = one.expires_at is not None and one.expires_at <= now
        state = "revoked" if one.revoked_at else "expired" if over else "active"
        rows.append((one.id, one.name, " ".join(one.scopes), str(one.per_minute), state))
    print_table(("id", "name", "scopes", "per minute", "state"), rows)


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Id of the key, as `keys list` shows it.")], config: ConfigOption = None
) -> None:
    """End a key; it opens nothing any more, at once or a few seconds later."""
    with open_shop(config) as shop:
        _access(shop).keys.revoke(key, _whoever())


def audit(
    customer: Annotated[str | None, typer.Option(help="Only what was about this customer.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this one did: staff:NAME, key:NAME.")] = None,
    security: Annotated[bool, typer.Option("--security", help="Only what was refused, and changes of access.")] = False,
    days: Annotated[float, typer.Option(help="Of the last so many days.", min=0)] = 30,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000)] = 100,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who saw and did what, when, of which customer; newest first."""
    with open_shop(config) as shop:
        found = _access(shop).audit.entries(
            log="security" if security else None,
            customer_id=customer,
            actor=actor,
            since=shop.clock() - timedelta(days=days),
            limit=limit,
        )
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.at.isoformat(" ", "seconds"),
            one.actor + (f" ({one.role})" if one.role else ""),
            one.action,
            one.customer_id or "",
            one.address,
            " ".join(f"{name}={value}" for name, value in one.detail.items()),
        )
        for one in found
    ]
    print_table(("when", "who", "what", "customer", "from", "more"), rows)
