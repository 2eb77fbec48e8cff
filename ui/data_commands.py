"""``beforehand export``, ``score`` and ``train``: files out, files read, models learnt from them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from store import InputError, load_settings

from .console import print_facts, print_json, print_table, progress_bars
from .import_command import read_mapping
from .options import SOME_REJECTED, ConfigOption, DemoOption, JsonOption, open_shop, read_config, remark

if TYPE_CHECKING:
    from sentiment import ScoreProgress

SourceOption = Annotated[
    str | None, typer.Option("--format", help="csv, tsv, jsonl or parquet; by default by the name.")
]


def add_to(app: typer.Typer) -> None:
    app.command("export")(export)
    app.command("score")(score)
    app.add_typer(train, name="train")


def export(
    kind: Annotated[str, typer.Argument(help="products, customers, orders, reviews, events, shopify-products, ...")],
    target: Annotated[Path, typer.Option("--output", "-o", help="File to write (a folder for tau-retail).")],
    source: Annotated[str | None, typer.Option(help="Only records that came from there: amazon, shopify, ...")] = None,
    mapping: Annotated[str | None, typer.Option("--map", help="Column mapping, as for import.")] = None,
    for_programs: Annotated[
        bool, typer.Option("--raw", help="Do not mark texts that a spreadsheet would run as a formula.")
    ] = False,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the shop's records to a file, in a form that can be imported."""
    from store.exports import export_records

    with open_shop(config, demo=demo_shop) as shop, progress_bars() as advance:
        report = export_records(
            shop.database,
            kind,
            target,
            mapping=read_mapping(mapping),
            source=source,
            spreadsheet_safe=not for_programs,
            progress=lambda done, total: advance(f"Writing {kind}", done, total),
        )
    print_json(report) if as_json else print_facts({"written": report.path, "records": report.records})


def score(
    source: Annotated[str, typer.Argument(metavar="IN", help='File of reviews, or "-" for standard input.')],
    target: Annotated[str, typer.Option("--output", "-o", help='File to write, or "-" for standard output.')],
    text_column: Annotated[str | None, typer.Option(help="Column with the text; found by default.")] = None,
    source_format: SourceOption = None,
    target_format: Annotated[str | None, typer.Option(help="Format of the output; by default by the name.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="File for rows that cannot be read.")] = None,
    aspects: Annotated[
        bool, typer.Option("--aspects", help="What each text speaks of, too; needs weights of 'train aspects'.")
    ] = False,
    language: Annotated[
        Literal["auto", "en", "zh"] | None, typer.Option(help="Language of the texts; found per text by default.")
    ] = None,
    batch_tokens: Annotated[int | None, typer.Option(min=16, help="Tokens per batch, padding included.")] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"] | None, typer.Option(help="Where to compute; by default as configured.")
    ] = None,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="Settle the clear texts by a cheap first stage: faster, a little coarser.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a file of reviews: sentiment, probabilities and expected stars as new columns."""
    from sentiment import SentimentModel, score_file

    settings = read_config(config)
    asked = {"language": language, "batch_tokens": batch_tokens, "cascade": cascade or None}
    reading = settings.sentiment.model_copy(update={key: one for key, one in asked.items() if one is not None})
    encoder = settings.encoder.model_copy(update={} if device is None else {"device": device})
    with progress_bars() as advance:
        advance("Loading the model", 0, None)
        model = SentimentModel.load(reading, encoder)
        advance("Loading the model", 1, 1)

        def told(step: ScoreProgress) -> None:
            share = step.share
            advance("Reading reviews", step.rows, None if not share else max(step.rows, round(step.rows / share)))

        report = score_file(
            model,
            source,
            target,
            text_column=text_column,
            source_format=source_format,
            target_format=target_format,
            rejects=rejects,
            aspects=aspects,
            progress=told,
        )
    facts = {
        "rows": report.rows,
        "rejected": report.rejected,
        "taken up from an earlier run": report.resumed or None,
        "text column": report.text_column,
        **report.polarities,
        "seconds": round(report.seconds, 1),
        "rejects": report.rejects if report.rejected else None,
    }
    if target == "-":
        # Standard output is the scored file; the report must not get into it.
        remark(", ".join(f"{name} {value}" for name, value in facts.items() if value is not None))
    else:
        print_json(report) if as_json else print_facts({"written": target, **facts})
    if report.rejected:
        raise typer.Exit(SOME_REJECTED)


train = typer.Typer(help="Train the models that come with the program, or your own.", no_args_is_help=True)
DataOption = Annotated[
    Path | None, typer.Option(help="Folder with the public data [default: the environment variable BEFOREHAND_DATA].")
]
TargetOption = Annotated[Path, typer.Option("--output", "-o", help="Folder for the weights and their model card.")]


@train.command("sentiment")
def train_sentiment_model(
    target: TargetOption,
    data: DataOption = None,
    settings: Annotated[Path | None, typer.Option(help="YAML file with training settings.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune the review reader. About an hour on two cores; minutes on a GPU."""
    from sentiment import TrainSettings, train_sentiment

    plan = load_settings(settings, TrainSettings) if settings else TrainSettings()
    if seed is not None:
        plan = plan.model_copy(update={"seed": seed})
    with progress_bars() as advance:
        report = train_sentiment(
            data_folder(data) / "sentiment",
            target,
            settings=plan,
            encoder_settings=read_config(config).encoder,
            progress=lambda step: advance("Training", step.step, step.steps),
        )
    print_json(report) if as_json else print_facts({"weights": report.folder, **_rounded(report.dev)})


@train.command("aspects")
def train_aspect_model(
    folder: Annotated[Path, typer.Argument(help="Folder made by 'train sentiment'; the aspects are added there.")],
    data: DataOption = None,
    settings: Annotated[Path | None, typer.Option(help="YAML file with training settings.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Teach a review reader which aspects a text speaks of, and how."""
    from sentiment import AspectTrainSettings, train_aspects

    with progress_bars() as advance:
        written = train_aspects(
            data_folder(data) / "sentiment",
            folder,
            settings=load_settings(settings, AspectTrainSettings) if settings else AspectTrainSettings(),
            encoder_settings=read_config(config).encoder,
            progress=lambda step: advance("Training", step.step, step.steps),
        )
    print_json({"weights": written}) if as_json else print_facts({"weights": written})


@train.command("intents")
def train_intent_model(
    target: TargetOption,
    file: Annotated[
        Path | None,
        typer.Argument(help="Your own utterances: CSV with utterance, intent and, if you wish, split.", exists=True),
    ] = None,
    data: DataOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the run.")] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train what tells which kind of question a customer asks: the shop's own weights, or any intents of a file."""
    from agent import train_intent_file, train_intents
    from encoders import TextEncoder

    if file is not None:
        with progress_bars() as advance:
            learnt = train_intent_file(
                file,
                target / f"{file.name.split('.')[0]}.safetensors",
                encoder=read_config(config).encoder,
                seed=seed,
                progress=lambda step, steps, loss: advance("Training", step, steps),
            )
        print_json(learnt) if as_json else print_facts({"weights": learnt.path, **_rounded(learnt.metrics)})
        return
    with progress_bars() as advance:
        report = train_intents(
            data_folder(data),
            target / "intents.safetensors",
            embed=TextEncoder.load(read_config(config).encoder).encode,
            seed=seed,
            progress=advance,
        )
    print_json(report) if as_json else print_facts({"weights": report.path, **_rounded(report.metrics)})


@train.command("history")
def train_history_model(
    config: ConfigOption = None, demo_shop: DemoOption = False, as_json: JsonOption = False
) -> None:
    """Learn from the shop's own past which product comes next; recommendations follow it."""
    with open_shop(config, demo=demo_shop) as shop, progress_bars() as advance:
        report = shop.train_history(advance)
    if as_json:
        print_json(report)
        return
    print_facts(
        {
            "model": report.folder,
            "histories": f"{report.histories:,}, {report.entries:,} products met, {report.products:,} different",
            "epochs": report.epochs,
            "next product among ten": f"{report.recall_10:.1%} of {report.asked:,} (popular ones: "
            f"{report.popularity_recall_10:.1%})",
            "ranker": f"learnt from {report.cases:,} recommendations",
        }
    )


@train.command("queries")
def train_query_weights(
    target: TargetOption, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Learn from the texts of public products what queries mean: the weights of search that come with the program."""
    from encoders import TextEncoder
    from retrieval import train_query_adapter

    with progress_bars() as advance:
        encoder = TextEncoder.load(read_config(config).encoder)
        report = train_query_adapter(data_folder(data), target, encoder, progress=advance)
    if as_json:
        print_json(report)
        return
    print_facts(
        {
            "weights": report.weights,
            "queries": f"{report.queries:,} made from {report.products:,} products",
            "NDCG@10 on held-out products": f"{report.before:.4f} before, {report.after:.4f} after",
        }
    )


@train.command("search")
def train_search_models(
    judgements: Annotated[
        Path, typer.Argument(help="CSV, TSV or JSONL: query, product and, unless rows are clicks, a grade.")
    ],
    networks: Annotated[
        bool | None,
        typer.Option(
            help="Also tune the encoder and a cross-encoder, minutes to hours; unless said, with 1,000 queries or more."
        ),
    ] = None,
    config: ConfigOption = None,
    demo_shop: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Teach search the shop's own judgements or clicks. What does not do better is not kept."""
    with open_shop(config, demo=demo_shop) as shop, progress_bars() as advance:
        report = shop.train_search(judgements, advance, networks=networks)
    if as_json:
        print_json(report)
        return
    print_facts(
        {
            "queries": f"{report.queries:,}",
            "judgements": f"{report.judgements:,}",
            "rows that could not be read": report.rejected_rows or None,
            "of unknown products": report.unknown_products or None,
            "NDCG@10 before": f"{report.before:.4f}",
            "NDCG@10 after": f"{report.after:.4f}",
            "encoder": "tuned" if report.encoder_kept else "as it was",
            "cross-encoder": "reads the best" if report.pairs_kept else "none",
            "ranker": report.ranker,
            "kept": "yes" if report.kept else "no: it was not better",
        }
    )
    if report.rejected_rows:
        raise typer.Exit(SOME_REJECTED)


@train.command("insight")
def train_insight_models(
    config: ConfigOption = None, demo_shop: DemoOption = False, as_json: JsonOption = False
) -> None:
    """Learn from the shop's own past what its customers will do; "beforehand insight" answers from it."""
    with open_shop(config, demo=demo_shop) as shop, progress_bars() as advance:
        report = shop.train_insight(advance)
    if as_json:
        print_json(report)
        return
    print_facts({"customers": f"{report.customers:,}", "value": report.value})
    rows = [
        (
            one.forecast,
            f"{one.rows:,}",
            "" if one.auc is None else f"{one.auc:.3f}",
            "learnt" if one.learnt else one.why,
        )
        for one in report.forecasts
    ]
    print_table(("forecast", "cases", "AUC", "how"), rows)


def data_folder(given: Path | None) -> Path:
    """The folder of the public data. Raises ``InputError`` if none is named, or there is none."""
    named = given or (Path(os.environ["BEFOREHAND_DATA"]) if os.environ.get("BEFOREHAND_DATA") else None)
    if named is None:
        raise InputError("training needs the public data", advice="Name their folder with --data, or BEFOREHAND_DATA")
    if not named.is_dir():
        raise InputError("there is no such folder of data", value=str(named))
    return named


def _rounded(values: dict[str, float]) -> dict[str, object]:
    return {name: round(value, 4) for name, value in values.items()}
