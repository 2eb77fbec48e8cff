"""``beforehand demo``, ``serve``, ``link``, ``chat`` and ``mcp``: the shop at work."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Annotated

import typer

from agent import ProductCard, Progress, Reply, Sentence, Session
from beforehand import Config, Shop

from .addresses import LOOPBACK, check_free, page_address
from .console import Advance, err, out, print_facts, print_json, print_json_line, progress_bars
from .memory import keep_few_arenas
from .options import DEMO_HOME, ConfigOption, DemoOption, HostOption, JsonOption, PortOption, open_shop, remark

_LEAVE = {"exit", "quit", ":q", "退出"}


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)
    app.command("serve")(serve)
    app.command("link")(link)
    app.command("chat")(chat)
    app.command("mcp")(mcp)


def demo(
    host: HostOption = None,
    port: PortOption = None,
    scale: Annotated[float, typer.Option(help="Size of the shop; 1 is over 2,000 products.", min=0.01, max=5)] = 1.0,
    seed: Annotated[int, typer.Option(help="Another seed makes another shop.")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Build the shop anew, whatever is there.")] = False,
    build_only: Annotated[
        bool, typer.Option("--build-only", help="Build the shop, but do not serve the page.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a demo shop and open its page, with a chat for each of its customers."""
    if not build_only:
        # Said before the shop is built, not half a minute later.
        page = Config().page
        check_free(host or page.host, port or page.port)
    with progress_bars() as advance:
        age = timedelta(0) if fresh else timedelta(hours=12)
        shop = Shop.demo(DEMO_HOME, seed=seed, scale=scale, max_age=age, progress=advance)
    with shop:
        if build_only:
            facts = {"home": str(shop.config.shop.home.resolve()), "database": shop.config.database_url}
            print_json(facts) if as_json else print_facts(facts)
            return
        _serve(shop, host, port, demo=True, as_json=as_json)


def serve(
    config: ConfigOption = None, host: HostOption = None, port: PortOption = None, as_json: JsonOption = False
) -> None:
    """Serve the shop's page. Customers come with a pass that your shop signs; see `beforehand link`."""
    with open_shop(config) as shop:
        _serve(shop, host, port, demo=False, as_json=as_json)


def link(
    customer: Annotated[str, typer.Argument(help="Id of the customer.")],
    config: ConfigOption = None,
    hours: Annotated[float, typer.Option(help="How long the link lets in.", min=0.01, max=24 * 30)] = 12,
    as_json: JsonOption = False,
) -> None:
    """Print the chat link of one customer, as your shop would make it for somebody who is logged in."""
    with open_shop(config) as shop:
        from .access import Access
        from .shop_door import ShopDoor

        access = Access(shop)
        ShopDoor(shop, access).shopper(customer)
        token = access.tokens.sign(customer, timedelta(hours=hours))
        address = f"{page_address(shop.config.page)}/?pass={token}"
        print_json({"customer": customer, "link": address, "hours": hours}) if as_json else out().print(address)


def chat(
    customer: Annotated[str, typer.Argument(help="Id of the customer who is logged in.")],
    message: Annotated[list[str] | None, typer.Argument(help="What to say; without it the chat stays open.")] = None,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Chat with the agent in the terminal, as one customer of the shop."""
    with open_shop(config, demo=demo_shop) as shop:
        with err().status("Loading the models ...") if err().is_terminal else nullcontext():
            session = Session.for_customer(customer)
            shop.agent.conversation(session)
        if message:
            _turn(shop, session, " ".join(message), as_json=as_json)
            return
        if not as_json:
            remark("A program answers. Leave with Ctrl-D or 'exit'.")
        for text in _lines():
            _turn(shop, session, text, as_json=as_json)


def mcp(
    token: Annotated[
        str, typer.Option(envvar="BEFOREHAND_TOKEN", help="The customer's token; best from the environment.")
    ] = "",
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
) -> None:
    """Serve one customer's tools over standard input and output, for a program that speaks MCP."""
    import asyncio

    with open_shop(config, demo=demo_shop) as shop:
        from .access import Access
        from .mcp_door import serve_stdio

        asyncio.run(serve_stdio(shop, Access(shop).tokens, token))


def _serve(shop: Shop, host: str | None, port: int | None, *, demo: bool, as_json: bool) -> None:
    from encoders import answer_on_one_thread

    from .access import Access
    from .background import Worker
    from .page_events import PageOptions
    from .shop_door import ShopDoor
    from .web import build_app, running, shop_pictures

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    host, port = host or shop.config.page.host, port or shop.config.page.port
    check_free(host, port)
    keep_few_arenas()
    # Only who sits at this machine may look through any customer's eyes.
    choose_customer = demo and host in LOOPBACK
    with progress_bars() as advance:
        warm_up(shop, advance)
    if not shop.config.agent.chat_model.startswith("hf:"):
        # A chat model in this process is large: its every call fills all cores by itself.
        answer_on_one_thread(shop.config.encoder)
    access = Access(shop, open_demo=choose_customer)
    options = PageOptions(
        shop.config.shop.name,
        choose_customer=choose_customer,
        turns_per_minute=shop.config.http.chat_turns_per_minute,
    )
    app = build_app(ShopDoor(shop, access), options, shop_pictures(shop), host=host, shop=shop, access=access)
    address = page_address(shop.config.page, host, port)
    with running(app, host, port) as ended, Worker(shop):
        link = None if choose_customer else access.staff.first_link()
        opening = address if link is None else f"{address}/welcome?link={link}"
        if as_json:
            print_json_line({"address": address, "open": opening})
        else:
            out().print(f"\n  The page is at {address}\n")
            if link is not None:
                out().print(f"  Set the owner's password (once, within 48 hours): {opening}")
            if not choose_customer:
                out().print(
                    f"  Staff signs in at {address}/sign-in; more of them: beforehand staff add NAME --role ROLE"
                )
                out().print("  A customer's chat: beforehand link CUSTOMER\n")
            remark("Stop with Ctrl-C.")
        # Whoever stops services sends SIGTERM: leave as on Ctrl-C, everything closed.
        signal.signal(signal.SIGTERM, _stop)
        ended.wait()


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def warm_up(shop: Shop, advance: Advance) -> None:
    """Load what the first customer would otherwise wait for."""
    steps = (
        ("Loading the text encoder", lambda: shop.encoder),
        ("Indexing the products", lambda: shop.products),
        ("Counting what goes together", lambda: shop.recommender.refresh()),
        ("Loading the agent", lambda: shop.agent),
    )
    for work, load in steps:
        advance(work, 0, 1)
        load()
        advance(work, 1, 1)


def _turn(shop: Shop, session: Session, text: str, *, as_json: bool) -> None:
    console = err()
    spoke = False
    for event in shop.agent.stream(session, text):
        if isinstance(event, Progress):
            console.print(f"  {event.text}", style="dim")
        elif isinstance(event, Sentence) and not as_json:
            out().print(event.text, end="")
            spoke = True
        elif isinstance(event, Reply) and as_json:
            print_json_line(event)
        elif isinstance(event, Reply):
            out().print("" if spoke else event.text)
            _print_beside(event)


def _print_beside(reply: Reply) -> None:
    for card in reply.products:
        out().print(f"  * {card_line(card)}")
    for number, option in enumerate(reply.options, 1):
        out().print(f"  {number}) {option}")


def card_line(card: ProductCard) -> str:
    """A product on one line: title, price, rating, stock, why."""
    rating = "" if card.rating is None else f"★ {card.rating:.1f} ({card.review_count})"
    stock = "" if card.in_stock else "out of stock"
    return " · ".join(part for part in (card.title, card.price, rating, stock, card.why) if part)


def _lines() -> Iterator[str]:
    """What is typed, line by line, until the end."""
    while True:
        try:
            text = err().input("\n> ") if err().is_terminal else input()
        except EOFError:
            return
        if text.strip().lower() in _LEAVE:
            return
        if text.strip():
            yield text
