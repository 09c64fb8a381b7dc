"""Tiny files as spreadsheets and ad platforms write them, each with what an audit has to read from it.

    python -m tests.files.corpus FOLDER        # write them all, to look at them

An entry is data: the file's name and bytes, and the columns with their types, the rows and the findings' kinds that are
expected, or a word of the one-line error.
"""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import lzma
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

I, F, T, D, TS, B = "integer", "float", "text", "date", "timestamp", "boolean"  # noqa: E741 - one letter a type


@dataclass(frozen=True)
class Tricky:
    """One file, or one folder of files that are read as one table by a glob.

    Attributes:
        files: bytes by name; the address is the only name, or ``*`` and the suffix.
        columns: expected names and types; None where an error is expected.
        rows: expected number of rows.
        notes: kinds of notes expected from reading the file; those of no consequence are left out.
        error: a part of the expected error.
        cells: expected values, by row and column.
    """

    name: str
    files: Mapping[str, bytes]
    columns: Mapping[str, str] | None = None
    rows: int = 0
    notes: tuple[str, ...] = ()
    error: str = ""
    cells: Mapping[tuple[int, str], object] = field(default_factory=dict)
    sheet: str = ""

    @property
    def address(self) -> str:
        if len(self.files) == 1:
            (only,) = self.files
            return only + (f"#{self.sheet}" if self.sheet else "")
        return "*" + "".join(Path(next(iter(self.files))).suffixes[-1:])


def one(name: str, content: str | bytes, columns: Mapping[str, str], rows: int, encoding: str = "utf-8",
        file: str = "", **more: object) -> Tricky:  # fmt: skip
    """An entry of one file."""
    data = content.encode(encoding) if isinstance(content, str) else content
    return Tricky(name, {file or "t.csv": data}, columns, rows, **more)  # type: ignore[arg-type]


def wrong(name: str, data: bytes, error: str, file: str = "t.csv") -> Tricky:
    """An entry that cannot be read."""
    return Tricky(name, {file: data}, error=error)


DAYS = [f"2025-03-{d:02d}" for d in range(1, 13)]


def lines(*rows: str, end: str = "\n") -> str:
    return end.join(rows) + end


def workbook(sheets: Mapping[str, list[list[object]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


GERMAN = lines("Datum;Kampagne;Impressionen;Kosten",
               "01.03.2025;Frühling;1.200;12,50 €", "02.03.2025;Grün;980;1.009,00 €", "13.03.2025;Öl;1.015;0,75 €")  # fmt: skip
GERMAN_TYPES = {"Datum": D, "Kampagne": T, "Impressionen": I, "Kosten": F}
PLAIN = lines("day,name,clicks", *[f"{d},ad {i},{10 * i + 3}" for i, d in enumerate(DAYS)])
PLAIN_TYPES = {"day": D, "name": T, "clicks": I}


def corpus() -> Iterator[Tricky]:
    """All entries."""
    yield from dialects()
    yield from encodings()
    yield from values()
    yield from layouts()
    yield from torn()
    yield from packed()
    yield from workbooks()
    yield from several()
    yield from platforms()
    yield from objects()
    yield from errors()


def dialects() -> Iterator[Tricky]:
    yield one("thousands in some cells, told by another column", lines("imp,cost", '1500,"1,200.50"', '"1,700",3.25'),
              {"imp": I, "cost": F}, 2, cells={(1, "imp"): 1700, (0, "cost"): 1200.5})  # fmt: skip
    yield one("spaces before quotes", lines("a, b, c", *[f'{i}, "x, {i}", {i}.5' for i in range(9)]), {"a": I, "b": T, "c": F},
              9, cells={(2, "b"): "x, 2", (2, "c"): 2.5})  # fmt: skip
    yield one("escaped quotes", lines("a,b,c", *[f'{i},"x \\"q\\", {i}",{i}.5' for i in range(9)]), {"a": I, "b": T, "c": F},
              9, cells={(2, "b"): 'x "q", 2', (2, "c"): 2.5})  # fmt: skip
    yield one("plain", PLAIN, PLAIN_TYPES, 12)
    yield one("semicolons", "a;b\n1;x\n2;y\n", {"a": I, "b": T}, 2)
    yield one("semicolons and decimal commas", "a;b\n1,5;2,25\n2,5;3,75\n", {"a": F, "b": F}, 2,
              cells={(0, "a"): 1.5, (1, "b"): 3.75})  # fmt: skip
    yield one("tabs in a file named csv", "a\tb\n1\tx, y\n2\tz\n", {"a": I, "b": T}, 2, cells={(0, "b"): "x, y"})
    yield one("pipes", "a|b|c\n1|x|2\n3|y|4\n", {"a": I, "b": T, "c": I}, 2)
    yield one("sep line", "sep=;\na;b\n1;2\n", {"a": I, "b": I}, 1)
    yield one("sep line quoted", '"sep=|"\r\na|b\r\n1|2\r\n', {"a": I, "b": I}, 1)
    yield one("carriage returns", lines("a,b", "1,x", "2,y", end="\r"), {"a": I, "b": T}, 2)
    yield one("carriage returns and feeds", lines("a,b", "1,x", "2,y", end="\r\n"), {"a": I, "b": T}, 2)
    yield one("mixed ends of lines", "a,b\r\n1,x\n2,y\r\n", {"a": I, "b": T}, 2)
    yield one("no end of the last line", "a,b\n1,x\n2,y", {"a": I, "b": T}, 2)
    yield one("quotes and newlines in fields", 'a,b\n1,"line one\nline ""two"", end"\n2,y\n', {"a": I, "b": T}, 2,
              cells={(0, "b"): 'line one\nline "two", end', (1, "a"): 2})  # fmt: skip
    yield one("one column", "name\nx\ny\n", {"name": T}, 2)
    yield one("single quotes", "'a','b'\n'1','x, y'\n'2','z'\n", {"a": I, "b": T}, 2, cells={(0, "b"): "x, y"})
    yield one("delimiter at the end of lines", "a,b,\n1,x,\n2,y,\n", {"a": I, "b": T}, 2)
    yield one("empty lines between rows", "a,b\n\n1,x\n\n\n2,y\n\n", {"a": I, "b": T}, 2)


def encodings() -> Iterator[Tricky]:
    yield one("utf-8 with a mark", "\ufeffName;Klicks\nMüller;3\n", {"Name": T, "Klicks": I}, 1)
    yield one("cp1252", GERMAN, GERMAN_TYPES, 3, "cp1252", cells={(0, "Kampagne"): "Frühling", (0, "Kosten"): 12.5})
    yield one("cp1250", lines("Kampania,Kliknięcia", "Łódź święto,3", "Żółw,4"), {"Kampania": T, "Kliknięcia": I}, 2,
              "cp1250")  # fmt: skip
    yield one("cp1251", lines("Дата;Показы", "01.03.2025;10", "20.03.2025;11"), {"Дата": D, "Показы": I}, 2, "cp1251")
    yield one("cp1254", lines("Şehir,Tıklama", "İzmir,3", "Muğla,4"), {"Şehir": T, "Tıklama": I}, 2, "cp1254")
    yield one("koi8", lines("Дата;Показы", "01.03.2025;10", "20.03.2025;11"), {"Дата": D, "Показы": I}, 2, "koi8_r")
    yield one("shift jis", lines("日付,キャンペーン,クリック", "2025-03-01,春の広告,5"),
              {"日付": D, "キャンペーン": T, "クリック": I}, 1, "shift_jis")  # fmt: skip
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield one(
            name, PLAIN.replace(",", "\t").replace("name", "größe"), {"day": D, "größe": T, "clicks": I}, 12, name
        )
    broken = PLAIN.replace("ad 3", "größe").replace("ad 4", "süß").encode() + "2025-03-20,Köln,5\n".encode("cp1252")
    yield one("some bytes that are no utf-8", broken, PLAIN_TYPES, 13, notes=("malformed_values",))
    bad_byte = "name,n\nMünchen,1\n".encode() + b"K\xf6ln,2\n" + b"plain,3\n"
    yield one("one bad byte beside one letter", bad_byte, {"name": T, "n": I}, 3, cells={(0, "name"): "München"},
              notes=("malformed_values",))  # fmt: skip
    yield one("zero bytes", PLAIN.replace("ad 3", "ad\0 3"), PLAIN_TYPES, 12)


def values() -> Iterator[Tricky]:
    def column(name: str, cells: list[str], kind: str, first: object) -> Tricky:
        text = lines("v;n", *[f"{c};{i}" for i, c in enumerate(cells)])
        return one(name, text, {"v": kind, "n": I}, len(cells), cells={(0, "v"): first})

    yield column("thousands with commas", ["1,234", "567", "12,345"], I, 1234)
    yield column("thousands with points", ["1.234", "567", "12.345", "8", "9.001", "2.222", "3.141"], I, 1234)
    yield column("thousands with spaces", ["1 234,5", "567", "12\u00a0345,25"], F, 1234.5)
    yield column("thousands with narrow spaces", ["1\u202f234", "567", "12\u202f345"], I, 1234)
    yield column("swiss apostrophes", ["1'234.50", "567.00", "12'345.75"], F, 1234.5)
    yield column("indian groups", ["12,34,567", "1,234", "99"], I, 1234567)
    yield column("decimals with three places", ["0.125", "3.500", "12.750"], F, 0.125)
    yield column("currency signs", ["$1,188.00", "$7.5", "-$3"], F, 1188.0)
    yield column("currency behind", ["1.188,00 €", "7,50 €", "3,10 €"], F, 1188.0)
    yield column("currency codes", ["USD 3.20", "USD 1,000.00"], F, 3.2)
    yield column("per cent", ["12.5%", "0.3 %", "100%"], F, 12.5)
    yield column("accounting negatives", ["(1,234.00)", "12.50", "3.75"], F, -1234.0)
    yield column("unicode minus", ["−5", "3", "−12"], I, -5)
    yield column("minus behind", ["5-", "3", "12-"], I, -5)
    yield column("marks for nothing", ["--", "3", "12"], I, None)
    yield column("post codes", ["01234", "56789", "00001"], T, "01234")
    yield column("ids beyond doubles", ["9007199254740993", "9007199254740995"], I, 9007199254740993)
    yield column("iso", ["2025-01-31", "2025-02-01"], D, "2025-01-31")
    yield column("day first", ["13/02/2025", "03/04/2025", "01/01/2025"], D, "2025-02-13")
    yield column("month first", ["02/13/2025", "03/04/2025"], D, "2025-02-13")
    yield column("months by name", ["20-Oct-20", "1-May-21"], D, "2020-10-20")
    yield column("english dates", ["April 1, 2024", "May 30, 2024"], D, "2024-04-01")
    yield column("german dates", ["1. März 2024", "30. Dezember 2024"], D, "2024-03-01")
    yield column("french dates", ["1er février 2024", "30 août 2024"], D, "2024-02-01")
    yield column("spanish dates", ["1 de enero de 2024", "30 de agosto de 2024"], D, "2024-01-01")
    yield column("portuguese dates", ["1 de março de 2024", "30 de dezembro de 2024"], D, "2024-03-01")
    yield column("dates of eight digits", [f"202503{d:02d}" for d in range(1, 20)], D, "2025-03-01")
    yield column("numbers of eight digits", [f"2025{d:04d}" for d in range(90, 120)], I, 20250090)
    yield column("dates with points", ["31.12.25", "01.01.26"], D, "2025-12-31")
    yield column(
        "times with zones", ["2025-01-02T10:00:00Z", "2025-01-03T12:00:00+02:00"], TS, "2025-01-02 10:00:00+00:00"
    )
    yield column("times of days, day first", ["31/12/2025 13:45", "01/01/2026 9:05"], TS, "2025-12-31 13:45:00")
    yield column("clock with am and pm", ["12/31/2025 1:45 PM", "1/1/2026 9:05 AM"], TS, "2025-12-31 13:45:00")
    mixed = ["2025-03-13", "14.03.2025", "2025-03-15", "Mar 16, 2025", "2025-03-17", "18/03/25"]
    yield one("dates in four formats", lines("v;n", *[f"{c};{i}" for i, c in enumerate(mixed)]), {"v": D, "n": I}, 6,
              cells={(i, "v"): f"2025-03-{13 + i}" for i in range(6)}, notes=("malformed_values",))  # fmt: skip
    yield one("dates and times in two formats", lines("v;n", "2025-03-13;1", "14.03.2025 10:30;2", "2025-03-15;3"),
              {"v": TS, "n": I}, 3, cells={(1, "v"): "2025-03-14 10:30:00"}, notes=("malformed_values",))  # fmt: skip
    yield column("years of two digits", ["31/12/24", "13/02/25", "01/03/25"], D, "2024-12-31")
    yield column("years of two digits with dashes", ["31-12-24", "13-02-25"], D, "2024-12-31")
    yield column("years of two digits and a clock", ["31/12/24 10:00", "13/02/25 11:30"], TS, "2024-12-31 10:00:00")
    yield column("two orders of dates", ["13/02/2025", "02/13/2025", "03/14/2025"], T, "13/02/2025")
    yield column("german booleans", ["ja", "nein", "ja"], B, True)
    yield column("words", ["x1", "12", "n/a ok"], T, "x1")
    yield column("json lists in cells", ['"[{""a"": 1}, {""b"": 2}]"', "[]"], T, '[{"a": 1}, {"b": 2}]')


def layouts() -> Iterator[Tricky]:
    yield one("groups above the header", lines("Ad,,Results,", "id,name,clicks,cost", *[f"{i},n{i},{i * 3},{i}.5" for i in range(9)]),
              {"id": I, "name": T, "clicks": I, "cost": F}, 9)  # fmt: skip
    yield one("title lines", "Campaign report\nMarch 2025\n\n" + PLAIN, PLAIN_TYPES, 12)
    yield one("title lines padded by a spreadsheet", "Campaign report,,\n,,\n" + PLAIN, PLAIN_TYPES, 12)
    yield one("header repeated", PLAIN + PLAIN + PLAIN, PLAIN_TYPES, 36)
    yield one(
        "header repeated over torn rows", PLAIN + "2025-03-01\n" + PLAIN, PLAIN_TYPES, 25, notes=("column_shift",)
    )
    yield one("total below", PLAIN + "Total,,696\n", PLAIN_TYPES, 12)
    yield one("totals without a word", PLAIN + ",,696\n", PLAIN_TYPES, 12)
    yield one("metadata below", PLAIN + "\nReport Time:,2025/04/01\nDate Range:,2025/03/01-2025/03/31\nFilter\n",
              PLAIN_TYPES, 12)  # fmt: skip
    yield one("empty rows of a spreadsheet below", PLAIN + ",,\n,,\n,,\n", PLAIN_TYPES, 12)
    yield one("duplicate names", "a,b,a,A\n1,x,2,3\n4,y,5,6\n", {"a": I, "b": T, "a_1": I, "A_2": I}, 2)
    yield one("empty names", "a,,c,\n1,x,2,u\n4,y,5,v\n", {"a": I, "column1": T, "c": I, "column3": T}, 2)
    yield one("names over lines", '"Amount\nspent",b\n1,x\n2,y\n', {"Amount spent": I, "b": T}, 2)
    yield one("no header", "2025-03-01,5,x\n2025-03-02,6,y\n", {"column0": D, "column1": I, "column2": T}, 2)
    yield one("years as names", "country,2023,2024\nDE,1,2\nFR,3,4\n", {"country": T, "2023": I, "2024": I}, 2)
    yield one("row names of R", '"a","b"\n"1",5,"x"\n"2",6,"y"\n', {"column0": I, "a": I, "b": T}, 2)
    yield one("header alone", "a,b,c\n", {"a": T, "b": T, "c": T}, 0)


def torn() -> Iterator[Tricky]:
    yield one(
        "a field too few", PLAIN + "2025-03-20,9\n" + "2025-03-21,x,9\n", PLAIN_TYPES, 14, notes=("column_shift",)
    )
    yield one("a field too many", PLAIN + "2025-03-20,a,b,9\n" + "2025-03-21,x,9\n", PLAIN_TYPES, 14,
              notes=("column_shift",))  # fmt: skip
    yield one("both", PLAIN + "2025-03-20,a,b,9\n2025-03-21\n2025-03-21,x,9\n", PLAIN_TYPES, 15,
              notes=("column_shift",))  # fmt: skip
    yield one("a quote that is never closed", PLAIN + '2025-03-20,"Nike,9\n2025-03-21,x,9\n', PLAIN_TYPES, 14,
              notes=("malformed_values",), cells={(12, "name"): '"Nike'})  # fmt: skip
    yield one("inches", PLAIN.replace("ad 3", '7" tablet'), PLAIN_TYPES, 12, cells={(3, "name"): '7" tablet'})


def packed() -> Iterator[Tricky]:
    data = PLAIN.encode()
    yield one("gzip", gzip.compress(data), PLAIN_TYPES, 12, file="t.csv.gz")
    yield one("zstd", zstd(data), PLAIN_TYPES, 12, file="t.csv.zst")
    yield one("bzip2", bz2.compress(data), PLAIN_TYPES, 12, file="t.csv.bz2")
    yield one("xz", lzma.compress(data), PLAIN_TYPES, 12, file="t.csv.xz")
    yield one("zip", zipped(report_csv=data), PLAIN_TYPES, 12, file="t.csv.zip")
    yield one("gzip of utf-16", gzip.compress(PLAIN.encode("utf-16")), PLAIN_TYPES, 12, file="t.csv.gz")
    yield one("gzip without its suffix", gzip.compress(data), PLAIN_TYPES, 12)
    yield one("gzip of json lines", gzip.compress(b'{"a": 1}\n{"a": 2}\n'), {"a": I}, 2, file="t.jsonl.gz")


def workbooks() -> Iterator[Tricky]:

    rows = [["day", "name", "cost"], *[[dt.date(2025, 3, d), f"ad {d}", d / 4] for d in range(1, 9)]]
    types = {"day": D, "name": T, "cost": F}
    yield one("workbook", workbook({"Data": rows}), types, 8, file="t.xlsx")
    yield one("a named sheet", workbook({"Notes": [["hello"]], "Data": rows}), types, 8, file="t.xlsx", sheet="Data")
    total = [*rows, [], ["Total", None, 9.0]]
    yield one("titles and totals in a sheet", workbook({"Data": [["Report"], [], *total]}), types, 8, file="t.xlsx")
    yield wrong("no such sheet", workbook({"Data": rows}), "no sheet", "t.xlsx#Other")
    yield wrong("no workbook", b"not a workbook", "cannot be read as an Excel workbook", "t.xlsx")
    yield wrong("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "save it as", "t.xls")
    yield wrong("a locked workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "password", "t.xlsx")


def several() -> Iterator[Tricky]:
    def month(m: int, header: str = "day,clicks,cost", row: str = "2025-{m:02d}-{d:02d},{d},{d}.5") -> bytes:
        return lines(header, *[row.format(m=m, d=d) for d in range(1, 11)]).encode()

    types = {"day": D, "clicks": I, "cost": F}
    yield Tricky("months", {f"{m}.csv": month(m) for m in (1, 2, 3)}, types, 30)
    yield Tricky("a month of another order", {"1.csv": month(1), "2.csv": month(2, "cost,day,clicks", "{d}.5,2025-{m:02d}-{d:02d},{d}")},
                 types, 20, cells={(10, "cost"): 1.5})  # fmt: skip
    yield Tricky("a column that comes", {"1.csv": month(1), "2.csv": month(2, "day,clicks,cost,new", "2025-{m:02d}-{d:02d},{d},{d}.5,7")},
                 {**types, "new": I}, 20)  # fmt: skip
    yield Tricky("a column that goes", {"1.csv": month(1), "2.csv": month(2), "3.csv": month(3, "day,clicks", "2025-{m:02d}-{d:02d},{d}")},
                 types, 30, notes=("missing_columns",))  # fmt: skip
    yield Tricky("a type that changes", {"1.csv": month(1), "2.csv": month(2), "3.csv": month(3, row="2025-{m:02d}-{d:02d},{d},high")},
                 {**types, "cost": T}, 30, notes=("type_change",))  # fmt: skip
    abroad = '{d:02d}/{m:02d}/2025,{d},"{d},5"'
    yield Tricky("a month from another country",
                 {"1.csv": month(1, row="{m}/{d}/2025,{d},{d}.5").replace(b"1/10/", b"1/20/"),
                  "2.csv": month(2, row=abroad).replace(b"10/02/", b"20/02/"), "3.csv": month(3, row="{m}/{d}/2025,{d},{d}.5").replace(b"3/10/", b"3/20/")},
                 types, 30, cells={(9, "day"): dt.date(2025, 1, 20), (11, "cost"): 2.5, (12, "day"): dt.date(2025, 2, 3), (22, "day"): dt.date(2025, 3, 3)},
                 notes=("type_change", "type_change"))  # fmt: skip
    yield Tricky("months in different encodings", {"1.csv": GERMAN.encode("cp1252"), "2.csv": GERMAN.encode("utf-16")},
                 GERMAN_TYPES, 6)  # fmt: skip
    yield Tricky("a month with a mark of thousands from another country",
                 {"1.csv": month(1), "2.csv": month(2, row="2025-{m:02d}-{d:02d},1.0{d:02d},\"{d},5\"")},
                 types, 20, cells={(10, "clicks"): 1001, (11, "cost"): 2.5}, notes=("type_change",))  # fmt: skip
    yield Tricky("a month from another country with gaps",
                 {"1.csv": month(1), "2.csv": month(2, row="2025-{m:02d}-{d:02d},{d},\"{d},5\"").replace(b'"3,5"', b"N/A")},
                 {**types, "cost": T}, 20, cells={(11, "cost"): "2.5", (12, "cost"): "N/A"}, notes=("type_change",))  # fmt: skip
    yield Tricky("months in two currencies",
                 {"1.csv": month(1, row="2025-{m:02d}-{d:02d},{d},${d}.5"), "2.csv": month(2, row="2025-{m:02d}-{d:02d},{d},€{d}.5")},
                 {**types, "cost": T}, 20, notes=("type_change",))  # fmt: skip
    yield Tricky("a month that is empty", {"1.csv": month(1), "2.csv": b" \n"}, types, 10, notes=("malformed_values",))
    yield Tricky("a column of the name that files have", {"1.csv": b"assay_file,v\na,1\n", "2.csv": b"assay_file,w\nb,2\n"},
                 {"assay_file": T, "v": I, "w": I}, 2, notes=("missing_columns",))  # fmt: skip
    yield Tricky("many json files", {f"{i}.jsonl": b'{"a": 1}\n' for i in range(9)}, {"a": I}, 9)
    yield Tricky("json of months from two countries", {"1.jsonl": b'{"v": "1,250.5"}\n', "2.jsonl": b'{"v": "1.250,5"}\n'},
                 {"v": F}, 2, cells={(0, "v"): 1250.5, (1, "v"): 1250.5}, notes=("type_change",))  # fmt: skip
    yield Tricky("json of months", {"1.jsonl": b'{"a": 1}\n', "2.jsonl": b'{"a": 2, "b": "x"}\n'}, {"a": I, "b": T}, 2)


def platforms() -> Iterator[Tricky]:
    google = lines("Campaign report", '"March 1, 2025 - March 31, 2025"',
                   "Day,Campaign,Cost,Impr.,CTR,Search impr. share",
                   *[f'2025-03-{d:02d},Brand {d},{d}.50,"1,{d:03d}",{d}.25%,{"< 10%" if d % 2 else "45.10%"}' for d in range(1, 9)],
                   'Total: Account, --,36.00,"8,036",4.50%, --', "Total: Campaigns, --,36.00,\"8,036\",4.50%, --")  # fmt: skip
    types = {"Day": D, "Campaign": T, "Cost": F, "Impr.": I, "CTR": F, "Search impr. share": F}
    yield one("google ads", google, types, 8, cells={(0, "Search impr. share"): 10.0, (0, "Impr."): 1001})
    yield one("google ads in utf-16", google_tabs(), types, 8, "utf-16")
    meta = lines("Reporting starts,Campaign name,Amount spent (EUR),Impressions,Results",
                 ",,36,8036,", *[f"2025-03-{d:02d},C{d},{d},{1000 + d},{'' if d % 3 else d}" for d in range(1, 9)])  # fmt: skip
    yield one("meta with totals above", meta, {"Reporting starts": D, "Campaign name": T, "Amount spent (EUR)": I,
              "Impressions": I, "Results": I}, 8)  # fmt: skip
    french = lines("Jour;Nom de la campagne;Montant dépensé (EUR);Couverture", "01/03/2025;Été;12,50;1\u202f200",
                   "15/03/2025;Hiver;7,25;980")  # fmt: skip
    yield one(
        "meta in french", french, {"Jour": D, "Nom de la campagne": T, "Montant dépensé (EUR)": F, "Couverture": I}, 2
    )
    linkedin = lines("Campaign Performance Report (in UTC)", '"Report Start: March 1, 2025, 12:00 AM"',
                     '"Report End: March 31, 2025, 11:59 PM"', '"Date Generated: April 1, 2025, 9:00 AM"', "",
                     "Start Date (in UTC)\tCampaign Name\tTotal Spent\tImpressions\tClick Through Rate",
                     *[f'{d}/3/2025\tCampaign {d}\t{d}.5\t"1,{d:03d}"\t0.{d}%' for d in range(13, 21)])  # fmt: skip
    yield one("linkedin", linkedin, {"Start Date (in UTC)": D, "Campaign Name": T, "Total Spent": F, "Impressions": I,
              "Click Through Rate": F}, 8, "utf-16", cells={(0, "Start Date (in UTC)"): "2025-03-13"})  # fmt: skip
    rows = [["Campaign name", "By Day", "Cost", "CTR (destination)"],
            *[[f"C{d}", f"2025-03-{d:02d}", d / 2, f"{d}.10%"] for d in range(1, 9)],
            ["Total of 8 results", "-", 18.0, "4.5%"]]  # fmt: skip
    yield one("tiktok", workbook({"Sheet1": rows}), {"Campaign name": T, "By Day": D, "Cost": F, "CTR (destination)": F},
              8, file="t.xlsx")  # fmt: skip
    amazon = lines("Date,Campaign Name,Currency,Impressions,Click-Thru Rate (CTR),Spend,7 Day Total Sales ",
                   *[f'"Mar {d:02d}, 2025",C{d},USD,{d}00,{d}.1000%,${d}.20,"$1,0{d}0.00"' for d in range(1, 10)])  # fmt: skip
    yield one("amazon", amazon, {"Date": D, "Campaign Name": T, "Currency": T, "Impressions": I,
              "Click-Thru Rate (CTR)": F, "Spend": F, "7 Day Total Sales": F}, 9)  # fmt: skip
    dv360 = lines("Date,Insertion Order,Impressions,Click Rate (CTR),Revenue (Adv Currency)",
                  *[f"2025/03/{d:02d},IO {d},{d}00,0.1{d}%,{d}.5" for d in range(1, 9)],
                  ",,3600,0.13%,40.0", "", "Report Time:,2025/04/01 02:11 GMT", "Date Range:,2025/03/01 - 2025/03/08",
                  "Group By:,Date", "MRC Accredited Metrics,Active View metrics are accredited")  # fmt: skip
    yield one("dv360", dv360, {"Date": D, "Insertion Order": T, "Impressions": I, "Click Rate (CTR)": F,
              "Revenue (Adv Currency)": F}, 8)  # fmt: skip
    yield one("excel in german", GERMAN.replace("\n", "\r\n"), GERMAN_TYPES, 3, "cp1252")
    microsoft = lines('"Report Name: Campaign performance"', '"Report Time: 3/1/2025,3/31/2025"', '"Rows: 3"', "",
                      '"Gregorian date","Campaign name","Spend","CTR"',
                      *[f'"3/{d}/2025","C{d}","{d}.00","{d}.00%"' for d in (1, 14, 20)], "",
                      '"©2025 Microsoft Corporation. All rights reserved. "')  # fmt: skip
    yield one("microsoft", microsoft, {"Gregorian date": D, "Campaign name": T, "Spend": F, "CTR": F}, 3, "utf-8-sig")


def google_tabs() -> str:
    """The report that Google Ads calls Excel .csv: tabs, thousands with commas, totals below."""
    return lines("Campaign report", "March 1, 2025 - March 31, 2025",
                 "Day\tCampaign\tCost\tImpr.\tCTR\tSearch impr. share",
                 *[f'2025-03-{d:02d}\tBrand {d}\t{d}.50\t1,{d:03d}\t{d}.25%\t{"< 10%" if d % 2 else "45.10%"}' for d in range(1, 9)],
                 "Total: Account\t --\t36.00\t8,036\t4.50%\t --")  # fmt: skip


def objects() -> Iterator[Tricky]:
    rows = [{"day": "2025-03-01", "n": 1, "actions": [{"type": "x", "value": 2}]}, {"day": "2025-03-02", "n": 2}]
    types = {"day": D, "n": I, "actions": "nested"}
    yield one("json array", json.dumps(rows), types, 2, file="t.json")
    yield one("json lines", "\n".join(map(json.dumps, rows)), types, 2, file="t.jsonl")
    yield one("json with a mark", "\ufeff" + json.dumps(rows), types, 2, file="t.json")
    yield one("json in utf-16", json.dumps([{"größe": "x"}], ensure_ascii=False), {"größe": T}, 1, "utf-16", "t.json")
    yield one("json of numbers and texts", '[{"v": 1.5}, {"v": "2.5"}]', {"v": F}, 2, file="t.json")
    yield one("json of numbers and words", '[{"v": 1.5}, {"v": "none yet"}]', {"v": T}, 2, file="t.json",
              cells={(0, "v"): "1.5", (1, "v"): "none yet"})  # fmt: skip
    yield one("json of texts", '[{"cost": "1.234,50"}, {"cost": "7,25"}]', {"cost": F}, 2, file="t.json")


def errors() -> Iterator[Tricky]:
    yield wrong("an empty file", b"", "empty")
    yield wrong("blank lines only", b"\n\n  \n", "no rows")
    yield wrong("a cut gzip", gzip.compress(PLAIN.encode())[:-20], "damaged or cut off", "t.csv.gz")
    yield wrong("a damaged gzip", gzip.compress(PLAIN.encode())[:12] + bytes(40), "damaged or cut off", "t.csv.gz")
    yield wrong("two files in a zip", zipped(a_csv=b"a\n1\n", b_csv=b"b\n1\n"), "holds 2 files", "t.csv.zip")
    yield wrong("broken json", b'{"a": 1', "cannot be read as json", "t.json")
    yield wrong("an image", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "no text", "t.csv")


def write(entry: Tricky, folder: Path) -> str:
    """Write the files of an entry, and return their address."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in entry.files.items():
        (folder / name.partition("#")[0]).write_bytes(data)
    return str(folder / entry.address)


if __name__ == "__main__":
    for item in corpus():
        write(item, Path(sys.argv[1]) / item.name)
