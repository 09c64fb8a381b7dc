"""Daily tables for the tests of the temporal hypotheses: small, seeded, with nothing wrong."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

Columns = dict[str, Any]
START = dt.date(2024, 3, 4)  # a Monday


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=int(number))


def ads(days: int = 100, campaigns: int = 24, seed: int = 0, ads_each: int = 3) -> Columns:
    """Ads of campaigns that run all the time, with prices and click rates of their own, as columns of arrays."""
    rng = np.random.default_rng(seed)
    number = campaigns * ads_each
    when, ad = np.repeat(np.arange(days), number), np.tile(np.arange(number), days)
    campaign = ad // ads_each
    level = np.exp(rng.normal(7.5, 0.5, number))[ad] * np.exp(rng.normal(0, 0.15, len(ad)))
    price = np.exp(rng.normal(0, 0.4, campaigns))[campaign] * np.array([4.0, 9.0, 6.0])[campaign % 3]
    rate = np.exp(rng.normal(-3.5, 0.3, campaigns))[campaign]
    impressions = rng.poisson(level * np.array([1, 1, 1, 1, 1.1, 1.3, 1.2])[when % 7])
    clicks = rng.binomial(impressions, rate)
    return {
        "date": np.array([day(w) for w in when]),
        "platform": np.array(["alpha", "beta", "gamma"])[campaign % 3],
        "campaign_id": np.array([f"c{c:03d}" for c in campaign]),
        "ad_id": np.array([f"a{a:04d}" for a in ad]),
        "impressions": impressions,
        "clicks": clicks,
        "landing_page_views": rng.binomial(clicks, 0.8),
        "spend": np.round(impressions * price / 1000 * np.exp(rng.normal(0, 0.1, len(ad))), 2),
    }


def only(columns: Columns, keep: np.ndarray[Any, Any]) -> Columns:
    """The rows that are kept."""
    return {name: np.asarray(values)[keep] for name, values in columns.items()}


def changed(columns: Columns, name: str, where: np.ndarray[Any, Any], values: Any) -> Columns:
    """With other values of a column in some rows."""
    return {**columns, name: np.where(where, values, columns[name])}
