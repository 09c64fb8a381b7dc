"""Words and values that stand for "no value": what people and programs write where a null belongs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Never a legitimate category: programs' words, spreadsheet errors, and marks.
_CERTAIN = """
n/a|n/a.|n.a.|n.a|n\\a|#n/a|#n/a n/a|#na|<na>|null|(null)|<null>|[null]|\\n|nan|-nan|#null!|nat|#nv
not available|not applicable|not set|(not set)|not provided|(not provided)|no value|no data|data missing|missing
(missing)|<missing>|(blank)|blank|(empty)|<empty>|empty|undefined|(undefined)|[object object]|n/d|n.d.|s/d|s/n|tbd|tba
k.a.|k. a.|k.a|keine angabe|keine angaben|ohne angabe|nicht angegeben|nicht verfügbar|nicht gesetzt|fehlt|unbekannt
нет данных|нет|н/д|н.д.|не указано|не задано|не определено|неизвестно|пусто|немає даних|не вказано|невідомо
non disponible|non renseigné|non défini|indisponible|inconnu|s.o.|non specificato
non disponibile|sconosciuto|no disponible
no aplica|sin datos|sin especificar|desconocido|não disponível|não informado|não definido|sem dados
desconhecido|não se aplica|onbekend|niet beschikbaar|geen gegevens|nvt|n.v.t.|okänd|saknas|ukendt|ukjent|tuntematon
brak danych|brak|nieznany|nie dotyczy|není k dispozici|neznámý|bilinmiyor|belirtilmemiş|yok|veri yok
不明|未知|无|無|空|暂无|无数据|未設定|該当なし|なし|データなし|없음|알 수 없음|미정|غير معروف|غير متوفر|לא ידוע
"""
# Words that can be a real category as well: the gender "unknown", the sport "none", the country "NA".
_AMBIGUOUS = """
na|nd|none|nil|unknown|(unknown)|unspecified|not specified|not known|unassigned|(none)|any|other|no|keine|ohne|kein
unknown unknown|unk|void|default|ninguno|nenhum|aucun|nessuno|geen|ingen|indefinido|неизвестен|неизвестная
xxx|x|0|нет|无|無|空|なし|없음|yok|brak|unbekannt|неизвестно|невідомо|desconocido|desconhecido|inconnu
sconosciuto|onbekend|nieznany|okänd|ukendt|ukjent|不明|未知|not provided|(not provided)|not applicable
"""
_DIGIT = re.compile("[0-9]")  # none of the words has one, but a bare 0
_MARKS = re.compile(r"^[\s\-–—_.?·…,;:'\"]*$")


def _words(listed: str) -> frozenset[str]:
    return frozenset(normal(word) for line in listed.strip().splitlines() for word in line.split("|"))


def normal(text: str) -> str:
    """Text in compatibility form, lower case, with single spaces: equal for variants of one word."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


AMBIGUOUS = _words(_AMBIGUOUS)
CERTAIN = _words(_CERTAIN) - AMBIGUOUS
_NEVER_ALONE = frozenset({"0", "x", "other", "any", "default", "no"})

NUMERIC_SENTINELS: tuple[float, ...] = tuple(
    sorted(
        {float(int("9" * digits)) for digits in range(2, 19)}
        | {-float(int("9" * digits)) for digits in range(1, 19)}
        | {-1.0, -32768.0, -2147483648.0, 2147483647.0, 4294967295.0, 1e9, 1e10, 1e12, -8888.0, 88888888.0}
        | {123456789.0, 12345678.0, -9223372036854775808.0, 9223372036854775807.0, 65535.0, 32767.0}
    )
)
"""Numbers that programs write for "unknown": runs of nines, minus one, and the ends of the integer types."""

DATE_SENTINELS: tuple[str, ...] = (
    "0001-01-01", "1000-01-01", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1900-01-02",
    "1901-01-01", "1904-01-01", "1911-11-11", "1960-01-01", "1969-12-31", "1970-01-01", "1970-01-02", "1980-01-01",
    "1999-12-31", "2000-01-01", "2001-01-01", "2037-12-31", "2038-01-19", "2049-12-31", "2050-12-31", "2099-01-01",
    "2099-12-31", "2100-01-01", "2199-12-31", "2222-02-22", "2999-12-31", "3000-01-01", "9999-01-01", "9999-12-31",
)  # fmt: skip
"""Dates that stand for "no date": the epochs of systems and the far future. Each also has to be far from the others."""


@lru_cache(maxsize=65_536)
def is_placeholder(text: str) -> bool:
    """Whether a text says "no value", by itself: certain words, and words that may be a real category as well.

    Where the difference matters ask :func:`is_ambiguous` too: a gender ``unknown`` is a value.
    """
    if _DIGIT.search(text):  # ids and codes, of which tables are full, told at once
        return False
    word = normal(text)
    if word in _NEVER_ALONE:
        return False
    return _MARKS.match(word) is not None or word in CERTAIN or word in AMBIGUOUS


@lru_cache(maxsize=65_536)
def is_ambiguous(text: str) -> bool:
    """Whether a placeholder can be a real category as well, so that only its company tells."""
    return normal(text) in AMBIGUOUS
