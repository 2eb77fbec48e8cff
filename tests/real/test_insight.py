"""Published results on public data, made again by the code that a shop runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.insight_shops import cdnow, day, online_retail, taobao
from insight.btyd import BgNbd
from insight.customer_features import customer_features, purchase_counts
from insight.examples import fitted_rates
from insight.grouping import distinct
from insight.history import DAY

pytestmark = pytest.mark.real


def test_bg_nbd_on_cdnow_gives_the_published_parameters(data_folder: Path) -> None:
    """Fader, Hardie and Lee 2005, table 2: r .243, alpha 4.414, a .793, b 2.426, log-likelihood -9582.4 (in weeks)."""
    import pandas as pd

    file = data_folder / "behaviour" / "churn_ltv" / "cdnow.parquet"
    sample = pd.read_parquet(file).query("in_sample").customer_id.unique()
    history, end = cdnow(file), day(1997, 9, 30)
    past = history.until(end + DAY - 1)
    counts, bought = purchase_counts(past.purchases, end, len(history.customers))
    assert bought.all()
    mine = np.isin(np.array(history.customers).astype(int), sample)
    model = BgNbd.fit(
        type(counts)(counts.repeats[mine], counts.last[mine] / 7, counts.observed[mine] / 7),
    )
    assert model.r == pytest.approx(0.243, abs=0.0006)
    assert model.alpha == pytest.approx(4.414, abs=0.0006)
    assert model.a == pytest.approx(0.793, abs=0.0006)
    assert model.b == pytest.approx(2.426, abs=0.0006)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.06)

    everybody = BgNbd.fit(counts)
    expected = everybody.expected(counts, 273.0)
    later = history.purchases.after(end + DAY - 1, end + DAY - 1 + 273 * DAY)
    actual = distinct(later.customer, later.at // DAY, len(history.customers))
    assert np.abs(actual - expected).mean() == pytest.approx(0.819, abs=0.0006)
    assert np.corrcoef(actual, expected)[0, 1] == pytest.approx(0.669, abs=0.0006)
    assert expected.sum() == pytest.approx(16_874, abs=2)


def test_public_logs_become_pasts_that_features_can_be_made_of(data_folder: Path) -> None:
    retail = online_retail([data_folder / "behaviour" / "churn_ltv" / "online_retail_2009_2010.parquet"])
    past = retail.until(day(2010, 10, 26) - 1)
    features = customer_features(past, fitted_rates(past))
    known = ~np.isnan(features.column("days_since_joined"))
    assert int(known.sum()) == 3_952
    assert 0 < np.nanmean(features.column("return_share")) < 0.1
    log = taobao(data_folder / "behaviour" / "purchase_intent" / "taobao_events.parquet")
    assert len(log.customers) == 400
    assert len(log.events) == 41_629
    assert customer_features(log).column("view_90").sum() > 30_000
