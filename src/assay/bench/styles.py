"""How four reports would export the same kind of world: columns, units, rounding and what a blank means, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assay.bench.market import CROSS_PLATFORM, GOOGLE, META, TIKTOK, Market

Empty = Literal["zero", "null", "video"]


@dataclass(frozen=True)
class Column:
    """One exported column.

    Attributes:
        header: its name in the export.
        source: what it holds: a metric of ``delivery.simulate`` or an attribute that ``advertising`` knows.
        per: divide by this metric; the column is a rate, and empty where that metric is 0.
        scale: what a metric is multiplied by; money is simulated in cents.
        digits: decimals kept (None: all).
        empty: what an absent value is: ``zero``; ``null`` (also for a count of 0); ``video`` (null unless a video ad).
    """

    header: str
    source: str
    per: str | None = None
    scale: float = 1
    digits: int | None = None
    empty: Empty = "zero"


@dataclass(frozen=True)
class Style:
    """An export: the system that it comes from, its columns in order, and the columns that identify a row."""

    market: Market
    columns: tuple[Column, ...]
    grain: tuple[str, ...]

    def header(self, source: str) -> str | None:
        """The column that holds a metric or attribute, or None where this export has none."""
        return next((c.header for c in self.columns if c.source == source and c.per is None), None)


CENTS = 0.01
MICROS = 10_000

CANONICAL = Style(
    CROSS_PLATFORM,
    (
        Column("date", "date"),
        Column("brand", "brand"),
        Column("audience", "audience"),
        Column("platform", "platform"),
        Column("device", "device"),
        Column("creative", "creative"),
        Column("country", "country"),
        Column("campaign_id", "campaign_key"),
        Column("campaign_name", "campaign_name"),
        Column("ad_id", "ad_key"),
        Column("impressions", "impressions"),
        Column("clicks", "clicks"),
        Column("link_clicks", "link_clicks"),
        Column("landing_page_views", "landing_page_views"),
        Column("spend", "spend", scale=CENTS, digits=2),
        Column("conversions", "conversions"),
        Column("leads", "leads"),
        Column("installs", "installs"),
        Column("video_plays", "video_plays", empty="video"),
        Column("video_completions", "video_completions", empty="video"),
        Column("add_to_cart", "add_to_cart"),
        Column("purchases", "purchases"),
        Column("revenue", "revenue", scale=CENTS, digits=2),
        Column("ctr", "clicks", per="impressions", digits=6, empty="null"),
        Column("cpc", "spend", per="clicks", scale=CENTS, digits=4, empty="null"),
        Column("coupon_code", "coupon"),
    ),
    grain=("date", "ad_id", "device"),
)

META_CSV = Style(
    META,
    (
        Column("Reporting starts", "date"),
        Column("Reporting ends", "date"),
        Column("Account name", "advertiser"),
        Column("Campaign name", "campaign_name"),
        Column("Ad set name", "ad_set_name"),
        Column("Ad name", "ad_name"),
        Column("Ad ID", "ad_number"),
        Column("Country", "country"),
        Column("Platform", "platform"),
        Column("Impression device", "device"),
        Column("Result indicator", "result_indicator"),
        Column("Results", "results", empty="null"),
        Column("Amount spent (EUR)", "spend", scale=CENTS, digits=2),
        Column("Impressions", "impressions"),
        Column("Reach", "reach"),
        Column("Frequency", "impressions", per="reach", digits=6, empty="null"),
        Column("Clicks (all)", "clicks"),
        Column("CTR (all)", "clicks", per="impressions", scale=100, digits=6, empty="null"),
        Column("CPC (all)", "spend", per="clicks", scale=CENTS, digits=6, empty="null"),
        Column("CPM (cost per 1,000 impressions)", "spend", per="impressions", scale=10, digits=6, empty="null"),
        Column("Link clicks", "link_clicks", empty="null"),
        Column("Landing page views", "landing_page_views", empty="null"),
        Column("Leads", "leads", empty="null"),
        Column("App installs", "installs", empty="null"),
        Column("Adds to cart", "add_to_cart", empty="null"),
        Column("Checkouts initiated", "checkouts", empty="null"),
        Column("Purchases", "purchases", empty="null"),
        Column("Purchases conversion value", "revenue", scale=CENTS, digits=2, empty="null"),
        Column("Video plays", "video_plays", empty="null"),
        Column("Video plays at 25%", "p25", empty="null"),
        Column("Video plays at 50%", "p50", empty="null"),
        Column("Video plays at 75%", "p75", empty="null"),
        Column("Video plays at 100%", "video_completions", empty="null"),
    ),
    grain=("Reporting starts", "Ad ID", "Impression device"),
)

GOOGLE_API = Style(
    GOOGLE,
    (
        Column("segments_date", "date"),
        Column("customer_id", "customer_number"),
        Column("customer_descriptive_name", "brand"),
        Column("campaign_id", "campaign_number"),
        Column("campaign_name", "campaign_name"),
        Column("campaign_advertising_channel_type", "platform"),
        Column("ad_group_id", "ad_set_number"),
        Column("ad_group_name", "ad_set_name"),
        Column("ad_group_ad_ad_id", "ad_number"),
        Column("segments_device", "device"),
        Column("metrics_impressions", "impressions"),
        Column("metrics_clicks", "clicks"),
        Column("metrics_engagements", "watched_6s"),
        Column("metrics_cost_micros", "spend", scale=MICROS),
        Column("metrics_ctr", "clicks", per="impressions"),
        Column("metrics_average_cpc", "spend", per="clicks", scale=MICROS, empty="null"),
        Column("metrics_average_cpm", "spend", per="impressions", scale=1000 * MICROS, empty="null"),
        Column("metrics_conversions", "conversion_credit"),
        Column("metrics_conversions_value", "revenue", scale=CENTS, digits=2),
        Column("metrics_all_conversions", "all_conversion_credit"),
        Column("metrics_view_through_conversions", "view_through"),
        Column("metrics_video_views", "video_plays"),
        Column("metrics_video_quartile_p25_rate", "p25", per="video_plays"),
        Column("metrics_video_quartile_p50_rate", "p50", per="video_plays"),
        Column("metrics_video_quartile_p75_rate", "p75", per="video_plays"),
        Column("metrics_video_quartile_p100_rate", "video_completions", per="video_plays"),
    ),
    grain=("segments_date", "ad_group_ad_ad_id", "segments_device"),
)

TIKTOK_REPORT = Style(
    TIKTOK,
    (
        Column("stat_time_day", "midnight"),
        Column("advertiser_id", "advertiser_number"),
        Column("campaign_id", "campaign_number"),
        Column("campaign_name", "campaign_name"),
        Column("objective_type", "objective"),
        Column("adgroup_id", "ad_set_number"),
        Column("ad_id", "ad_number"),
        Column("ad_name", "ad_name"),
        Column("placement_type", "platform"),
        Column("country_code", "country"),
        Column("platform", "device"),
        Column("spend", "spend", scale=CENTS, digits=2),
        Column("impressions", "impressions"),
        Column("reach", "reach"),
        Column("clicks", "clicks"),
        Column("ctr", "clicks", per="impressions", scale=100, digits=2),
        Column("cpc", "spend", per="clicks", scale=CENTS, digits=2),
        Column("cpm", "spend", per="impressions", scale=10, digits=2),
        Column("conversion", "conversions"),
        Column("conversion_rate", "conversions", per="clicks", scale=100, digits=2),
        Column("real_time_conversion", "conversions_by_event_time"),
        Column("landing_page_view", "landing_page_views"),
        Column("web_event_add_to_cart", "add_to_cart"),
        Column("complete_payment", "purchases"),
        Column("total_purchase_value", "revenue", scale=CENTS, digits=2),
        Column("video_play_actions", "video_plays"),
        Column("video_watched_2s", "watched_2s"),
        Column("video_watched_6s", "watched_6s"),
        Column("video_views_p25", "p25"),
        Column("video_views_p50", "p50"),
        Column("video_views_p75", "p75"),
        Column("video_views_p100", "video_completions"),
    ),
    grain=("stat_time_day", "ad_id", "platform"),
)

STYLES: dict[str, Style] = {
    "canonical": CANONICAL,
    "meta": META_CSV,
    "google": GOOGLE_API,
    "tiktok": TIKTOK_REPORT,
}
