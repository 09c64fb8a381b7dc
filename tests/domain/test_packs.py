"""Packs are data: read fast, extended by path, refused with file and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.domain.pack import load_packs
from assay.errors import ConfigurationError

SEVEN = {
    "clicks_exceed_impressions",
    "conversions_exceed_clicks",
    "spend_with_zero_impressions",
    "video_completions_exceed_plays",
    "purchases_without_add_to_cart",
    "landing_page_views_exceed_clicks",
}


def test_the_built_in_packs_know_the_relations_of_advertising() -> None:
    pack = load_packs()
    assert {r.kind for r in pack.relations} >= SEVEN
    assert all(r.means and r.action for r in pack.relations)


def test_a_synonym_is_strong_or_weak_and_not_both() -> None:
    pack = load_packs()
    assert not set(pack.strong) & set(pack.weak)


def test_a_further_pack_adds_roles_synonyms_and_relations(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(
        "pack: shop\n"
        "roles:\n"
        "  shipped: {family: count, synonyms: [units_shipped, Versandt]}\n"
        "  ordered: {family: count, synonyms: 'units ordered, Bestellt'}\n"
        "relations:\n"
        "  - {kind: relation_violation, form: le, roles: [shipped, ordered], strict: true, means: m, action: a}\n",
        encoding="utf-8",
    )
    pack = load_packs([path])
    assert pack.strong["versandt"] == "shipped"
    assert pack.strong["units_ordered"] == "ordered"
    assert pack.relations[-1].roles == (("shipped",), ("ordered",))
    assert len(pack.relations) == len(load_packs().relations) + 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("roles: [\n", "line 2"),
        ("- a\n- b\n", "must be a mapping"),
        ("colour: red\n", "unknown entry 'colour'"),
        ("roles: {x: {family: metric}}\n", "roles.x.family"),
        ("roles: {x: {family: count, dense: maybe}}\n", "roles.x.dense"),
        ("roles: {x: {family: count, synonyms: 7}}\n", "roles.x.synonyms"),
        ("relations: [{kind: wrong, form: le, roles: [a, b]}]\n", "relations[0].kind"),
        ("relations: [{kind: relation_violation, form: above, roles: [a, b]}]\n", "relations[0].form"),
        ("relations: [{kind: relation_violation, form: le, roles: [clicks, nothing]}]\n", "'nothing'"),
        ("relations: [{kind: relation_violation, form: le, roles: [clicks]}]\n", "at least two"),
        ("units: {cents: many}\n", "units.cents"),
    ],
)
def test_a_wrong_pack_is_refused_in_one_line_with_file_and_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_packs([path])
    message = str(caught.value)
    assert "mine.yaml" in message
    assert says in message
    assert "\n" not in message


def test_a_missing_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read"):
        load_packs([tmp_path / "none.yaml"])
