"""What advertising looks like from outside one table: platforms, prices, audiences, brands, the calendar.

All names are invented; the levels are of the order that such reports show, not taken from any one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

OBJECTIVES = ("awareness", "traffic", "leads", "app_installs", "sales")
CREATIVES = ("image", "carousel", "collection", "video", "story_video")
VIDEO_CREATIVES = ("video", "story_video")

AUDIENCES = (
    "prospecting_broad",
    "lookalike_1pct",
    "lookalike_5pct",
    "retargeting_7d",
    "retargeting_30d",
    "interest_sports",
    "interest_cooking",
    "interest_travel",
    "existing_customers",
    "in_market",
)
AUDIENCE_WEIGHT = (0.24, 0.15, 0.09, 0.1, 0.13, 0.07, 0.05, 0.06, 0.07, 0.04)
AUDIENCE_RESPONSE = (0.8, 1.0, 0.9, 1.9, 1.6, 0.9, 0.95, 0.85, 1.5, 1.1)

COUNTRIES = ("US", "GB", "DE", "FR", "NL", "ES", "IT", "PL", "SE", "CA")
COUNTRY_WEIGHT = (0.34, 0.15, 0.14, 0.1, 0.06, 0.06, 0.05, 0.04, 0.03, 0.03)
COUNTRY_PRICE = (1.6, 1.3, 1.1, 1.0, 1.1, 0.75, 0.8, 0.5, 1.05, 1.3)

ADVERTISERS = (
    "Halden Group",
    "Marrow & Pike",
    "Ostrava Trading",
    "Quillon Retail",
    "Brightmere Holdings",
    "Tamsin Foods",
    "Corvane Digital",
    "Lindqvist Home",
)

# Largest first; the second and third share a word, as brands and their lines do.
BRANDS = (
    "Nordvale",
    "Velora",
    "Velora Home",
    "Castellan",
    "Pinebrook",
    "Oakhurst & Sons",
    "Lumista",
    "Zephyr Cycles",
    "Kaffa Lane",
    "Brasswick",
    "Tidewell",
    "Mirabeau Paris",
    "Sorrel",
    "Juniper Table",
    "Aldermoor",
    "Fennimore",
    "Glasswing",
    "Hartlow",
    "Ivory Peak",
    "Kestrel Outdoors",
    "Larkspur",
    "Moss & Fern",
    "Novalith",
    "Orchard Street",
    "Petrichor",
    "Quarry Bank",
    "Redfern Optics",
    "Saltmarsh",
    "Thistledown",
    "Umberto",
    "Vantage Point",
    "Wexcombe",
    "Yarrow Health",
    "Ardent Motors",
    "Bellweather",
    "Cobalt Gym",
)
SMALL_BRAND = "Fig & Fable"
COUPONS = ("WELCOME10", "SPRING20", "FREESHIP", "APP15", "VIP25", "SUMMER5")

# Monday to Sunday, for brands that sell to people and for brands that sell to companies.
WEEK = ((0.93, 0.92, 0.94, 0.97, 1.0, 1.13, 1.16), (1.12, 1.16, 1.15, 1.12, 1.02, 0.62, 0.6))
# (month, first day, days, factor) of the sales that everybody takes part in.
SALES = ((1, 2, 5, 1.5), (2, 12, 3, 1.35), (5, 24, 3, 1.3), (7, 8, 4, 1.8), (9, 5, 3, 1.4), (11, 11, 1, 1.7),
         (11, 28, 4, 2.9), (12, 10, 10, 1.5))  # fmt: skip


@dataclass(frozen=True)
class Platform:
    """Where an ad set is delivered, and what that does to its figures.

    Attributes:
        name: as the report prints it.
        weight: share of the campaigns.
        cpm: usual price of a thousand impressions, in currency units.
        ctr: usual clicks per impression.
        link: share of the clicks that leave for the advertiser's page.
        video: share of the ads that are videos.
        per_click: the advertiser pays clicks, so spend follows clicks and not impressions.
    """

    name: str
    weight: float
    cpm: float
    ctr: float
    link: float
    video: float
    per_click: bool = False


@dataclass(frozen=True)
class Market:
    """One advertising system: its platforms and devices, and how it counts.

    Attributes:
        platforms: where ads run.
        devices: the row-level breakdown, with each device's share of the delivery.
        objectives: probability of each of ``OBJECTIVES``.
        own_funnel: cart and purchase come from one first-party event stream, so a cart is never below its purchases;
            otherwise they are separate pixels, and a few rows disagree by one.
        attributed: conversions are shares of credit, so fractional, and the last days are still filling up.
    """

    platforms: tuple[Platform, ...]
    devices: tuple[tuple[str, float], ...]
    objectives: tuple[float, float, float, float, float] = (0.1, 0.2, 0.17, 0.13, 0.4)
    own_funnel: bool = False
    attributed: bool = False


CROSS_PLATFORM = Market(
    platforms=(
        Platform("facebook", 0.27, 7.5, 0.013, 0.72, 0.4),
        Platform("instagram", 0.22, 8.5, 0.009, 0.68, 0.5),
        Platform("google_search", 0.2, 38.0, 0.048, 0.97, 0.0, per_click=True),
        Platform("youtube", 0.12, 9.0, 0.004, 0.85, 1.0),
        Platform("tiktok", 0.14, 5.0, 0.008, 0.8, 0.95),
        Platform("pinterest", 0.05, 4.5, 0.006, 0.75, 0.2),
    ),
    devices=(("mobile", 0.66), ("desktop", 0.26), ("tablet", 0.08)),
    own_funnel=True,
)
META = Market(
    platforms=(
        Platform("facebook", 0.5, 7.5, 0.017, 0.66, 0.35),
        Platform("instagram", 0.42, 8.5, 0.011, 0.62, 0.5),
        Platform("audience_network", 0.08, 3.0, 0.008, 0.9, 0.3),
    ),
    devices=(("android_smartphone", 0.44), ("iphone", 0.38), ("desktop", 0.12), ("ipad", 0.06)),
    objectives=(0.0, 0.24, 0.2, 0.14, 0.42),
)
GOOGLE = Market(
    platforms=(
        Platform("SEARCH", 0.5, 40.0, 0.055, 0.97, 0.0, per_click=True),
        Platform("DISPLAY", 0.24, 2.4, 0.006, 0.9, 0.1),
        Platform("VIDEO", 0.16, 9.0, 0.004, 0.85, 1.0),
        Platform("SHOPPING", 0.1, 9.5, 0.011, 0.99, 0.0, per_click=True),
    ),
    devices=(("MOBILE", 0.62), ("DESKTOP", 0.29), ("TABLET", 0.06), ("CONNECTED_TV", 0.03)),
    objectives=(0.08, 0.22, 0.26, 0.06, 0.38),
    attributed=True,
)
TIKTOK = Market(
    platforms=(
        Platform("PLACEMENT_TIKTOK", 0.86, 5.2, 0.009, 0.78, 0.9),
        Platform("PLACEMENT_PANGLE", 0.14, 2.2, 0.006, 0.85, 0.95),
    ),
    devices=(("ANDROID", 0.55), ("IPHONE", 0.45)),
    objectives=(0.12, 0.22, 0.14, 0.18, 0.34),
)
