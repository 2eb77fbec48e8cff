"""Policies against one another in simulated worlds; off-policy estimators and A/B tests against known truths.

    python -m benchmarks policy
    python -m benchmarks policy --only worlds
    python -m benchmarks policy --data FILE.py[:Class]      other worlds of the same form (docs/worlds.md)

In each world every policy meets the same shoppers with the same luck. Ours knows nothing of a world: it starts as the
transparent policy and learns from its own ledger, day by day. The worlds it was made with have other seeds. A world is
won if ours earns more per customer than every policy but the oracle.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from agent.deciding import DecidingSettings
from agent.deciding.batch import Floats
from agent.deciding.evaluation import Log, evaluate
from agent.deciding.experiments import Arm, compare

from .frame import Figures, Options, bootstrap
from .synthetic_logs import draw_log
from .worlds import ShopperWorld, WorldMaker, load_world
from .worlds.contest import Outcome, play
from .worlds.learner import Learner
from .worlds.rivals import AlwaysDiscount, AtRandom, Contestant, Oracle, Passive, Popularity

KEYS = (
    "worlds_won",
    "worlds_total",
    "oracle_share",
    "messages_vs_discount",
    "ope_coverage_dr",
    "ope_dr_vs_ips_rmse",
    "ab_false_positive_rate",
    "events_per_s",
    "event_to_message_p95_ms",
)
PARTS = ("worlds", "estimators", "tests", "stream")
_POLICIES = ("passive", "random", "discount", "popularity", "oracle", "ours")
_RIVALS = ("passive", "random", "discount", "popularity")
_DAYS = 56
_UNSEEN, _UNSEEN_QUICK = 100_000, 900_000
"""Seeds of the first world: of worlds that nothing was chosen by."""
_AB_DAYS, _AB_CUSTOMERS_A_DAY, _AB_RATE = 56, 200, 0.05


def run(options: Options) -> Figures:
    """Everything; with ``--data`` the worlds only. ``--quick``: 3 worlds of 500 customers, 100 logs, 200 tests."""
    figures = Figures()
    worlds, customers = (3, 500) if options.quick else (20, 2000)
    if options.data:
        for file in options.data:
            stem, maker = load_world(str(file))
            _contest(figures, maker, range(options.seed * worlds, (options.seed + 1) * worlds), customers, f"{stem}_")
        return figures
    wanted = options.only or PARTS
    if "worlds" in wanted:
        first = (_UNSEEN_QUICK if options.quick else _UNSEEN) + options.seed * worlds
        _contest(figures, ShopperWorld, range(first, first + worlds), customers, "")
    if "estimators" in wanted:
        _estimators(figures, 100 if options.quick else 1000, options.seed)
        _obd(figures, options.public / "behaviour" / "interventions" / "obd_women.parquet")
    if "tests" in wanted:
        rate, number = _false_positives(200 if options.quick else 2000, options.seed)
        figures.add("ab_false_positive_rate", rate, _share_interval(rate, number))
    if "stream" in wanted:
        _stream(figures, options)
    return figures


def _contest(figures: Figures, maker: WorldMaker, seeds: range, customers: int, stem: str) -> None:
    worlds = len(seeds)
    gains: dict[str, list[float]] = {name: [] for name in _POLICIES}
    messages: dict[str, int] = dict.fromkeys(_POLICIES, 0)
    won, fewer, clear = 0, 0, 0
    for number in seeds:
        found = {name: _played(name, maker, number, customers) for name in _POLICIES}
        for name, outcome in found.items():
            gains[name].append(float(outcome.profit_minor.mean() - found["passive"].profit_minor.mean()))
            messages[name] += outcome.messages
        ours = found["ours"].profit_minor
        leads = {name: _lead(ours - found[name].profit_minor) for name in _RIVALS}
        won += all(lead > 0 for lead, _ in leads.values())
        clear += all(low > 0 for _, low in leads.values())
        fewer += found["ours"].messages < found["discount"].messages
        told = ", ".join(f"{name} {gains[name][-1]:.0f}" for name in _POLICIES[1:])
        print(f"world {number}: beyond passive, minor units per customer: {told}", flush=True)
    figures.add(f"{stem}worlds_won", won)
    figures.add(f"{stem}worlds_total", worlds)
    figures.add(f"{stem}worlds_won_beyond_95_percent_interval", clear)
    ours_gain, best_gain = np.array(gains["ours"]), np.array(gains["oracle"])

    def share(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        return float((ours_gain[rows] / np.maximum(best_gain[rows], 1e-9)).mean())

    figures.add(f"{stem}oracle_share", share(np.arange(worlds)), bootstrap(share, worlds))
    figures.add(f"{stem}messages_vs_discount", messages["ours"] / max(messages["discount"], 1))
    figures.add(f"{stem}worlds_with_fewer_messages", fewer)
    for name in _POLICIES[1:]:
        mine = np.array(gains[name])
        interval = bootstrap(lambda rows, mine=mine: float(mine[rows].mean()), worlds)  # type: ignore[misc]
        figures.add(f"{stem}{name}_gain_minor", float(mine.mean()), interval)


def _played(name: str, maker: WorldMaker, seed: int, customers: int) -> Outcome:
    world = maker(seed, customers, _DAYS)
    contestants: dict[str, Contestant] = {
        "passive": Passive(),
        "random": AtRandom(seed),
        "discount": AlwaysDiscount(),
        "popularity": Popularity(world.popular),
        "oracle": Oracle(world),
        "ours": Learner(DecidingSettings(seed=seed), window_days=world.window_days),
    }
    return play(world, contestants[name])


def _lead(differences: Floats) -> tuple[float, float]:
    """Mean lead per customer and the lower end of its 95 % interval; the same customers, so differences are paired."""
    error = float(differences.std(ddof=1)) / np.sqrt(differences.size)
    return float(differences.mean()), float(differences.mean() - 1.96 * error)


def _estimators(figures: Figures, logs: int, seed: int) -> None:
    covered = np.zeros((logs, 3))
    missed = np.zeros((logs, 3))
    for number in range(logs):
        known = draw_log(seed * logs + number)
        found = evaluate(known.log, known.target)
        for at, one in enumerate((found.ips, found.snips, found.dr)):
            covered[number, at] = one.low <= known.truth <= one.high
            missed[number, at] = one.value - known.truth
    for at, name in enumerate(("ips", "snips", "dr")):
        rate = float(covered[:, at].mean())
        figures.add(f"ope_coverage_{name}", rate, _share_interval(rate, logs))

    def ratio(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        squares = (missed[rows] ** 2).mean(axis=0)
        return float(np.sqrt(squares[2] / squares[0]))

    figures.add("ope_dr_vs_ips_rmse", ratio(np.arange(logs)), bootstrap(ratio, logs))
    figures.note(f"Off-policy estimators: {logs} logs of 2,000 decisions, each of another shop, with known truth")


def _obd(figures: Figures, file: Path) -> None:
    """The uniform policy's clicks, judged from the clicks of Thompson sampling; what it really got stands beside."""
    frame = pd.read_parquet(file)
    log = frame[frame.behavior_policy == "bts"]
    other = frame[frame.behavior_policy == "random"]
    affinities = [name for name in frame.columns if name.startswith("user_feature")]
    features = pd.get_dummies(log[[*affinities, "position"]].astype(str)).to_numpy(dtype=float)
    items = int(frame.item_id.max()) + 1
    chosen, propensity = log.item_id.to_numpy(dtype=np.int64), log.propensity_score.to_numpy(dtype=float)
    found = evaluate(
        Log(features, chosen, propensity, log.click.to_numpy(dtype=float)), np.full((len(log), items), 1 / items)
    )
    for name, one in (("ips", found.ips), ("snips", found.snips), ("dr", found.dr)):
        figures.add(f"obd_random_from_bts_{name}", one.value, (one.low, one.high))
    figures.add("obd_random_clicks", float(other.click.mean()))
    figures.add("obd_effective_rows", found.overlap.effective_rows)
    for warning in found.overlap.warnings:
        figures.note(f"obd_women: {warning}")


def _false_positives(tests: int, seed: int) -> tuple[float, int]:
    """Share of tests without an effect that some daily look calls decided."""
    half, random = _AB_CUSTOMERS_A_DAY // 2, np.random.default_rng([seed, 41])
    bought = random.binomial(half, _AB_RATE, size=(tests, _AB_DAYS, 2)).cumsum(axis=1)
    called = 0
    for test in range(tests):
        for day in range(_AB_DAYS):
            count = half * (day + 1)
            rates = bought[test, day] / count
            arms = [Arm(count, float(one), float(one * (1 - one) * count / (count - 1))) for one in rates]
            if compare(*arms, planned=_AB_CUSTOMERS_A_DAY * _AB_DAYS).verdict != "open":
                called += 1
                break
    return called / tests, tests


def _share_interval(rate: float, number: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    middle = (rate + 1.92 / number) / (1 + 3.84 / number)
    half = 1.96 * np.sqrt(rate * (1 - rate) / number + 0.96 / number**2) / (1 + 3.84 / number)
    return float(middle - half), float(middle + half)


def _stream(figures: Figures, options: Options) -> None:
    """The real engine on a stream of events, where its benchmark is there."""
    if find_spec("benchmarks.policy_stream") is None:
        for key in ("events_per_s", "event_to_message_p95_ms"):
            figures.add(key, None)
        figures.note("events_per_s, event_to_message_p95_ms: the stream of the engine is not measured here yet")
        return
    found = import_module("benchmarks.policy_stream").measure(options.quick)
    for key, value in found.items():
        figures.add(key, float(value) if np.isfinite(value) else None)
