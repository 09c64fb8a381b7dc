"""A text file as UTF-8 with ordinary line ends, written to scratch piece by piece, so that any size fits."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from assay.source.files.encoding import UTF8, Encoding, detect_encoding, is_utf8, told_by_bytes

CHUNK = 1 << 19
SAMPLE = 1 << 18


@dataclass(frozen=True)
class Transcoded:
    """The copy.

    Attributes:
        path: where it is.
        broken: numbers of the lines (from 1) that hold bytes which the encoding does not know.
        faithful: whether nothing but the byte order mark and the form of line ends was changed.
    """

    path: Path
    encoding: Encoding
    broken: list[int] = field(default_factory=list)
    faithful: bool = False


def as_text(path: Path, target: Path) -> Transcoded:
    """A file as UTF-8 with plain ends of lines: itself if it is that already, else a copy at ``target``."""
    encoding, plain = encoding_of(path)
    return Transcoded(path, encoding, faithful=True) if plain else transcode(path, target, encoding)


def encoding_of(path: Path) -> tuple[Encoding, bool]:
    """The encoding of a file, by all of it (text beyond ASCII may come late), and whether nothing has to change."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        if (found := told_by_bytes(head)) is not None:
            return found, False
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        beyond = bytearray()
        valid = plain = True
        while chunk := file.read(CHUNK):
            plain = plain and b"\r" not in chunk and b"\0" not in chunk
            if chunk.isascii() and not decoder.getstate()[0]:
                continue
            if valid:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    valid = plain = False
            if len(beyond) < SAMPLE:
                beyond += b"\n".join(line for line in re.split(b"[\r\n]+", chunk) if not line.isascii())[:SAMPLE]
        if valid and not decoder.getstate()[0]:
            return UTF8, plain
    return detect_encoding(bytes(beyond)), False


def transcode(path: Path, target: Path, encoding: Encoding) -> Transcoded:
    """Write ``path`` to ``target`` as UTF-8 with plain ends of lines, and without zero bytes and byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    broken: list[int] = []
    line, pending, feeds, returns, paired, zeros = 1, False, 0, 0, 0, 0
    with path.open("rb") as source, target.open("wb") as out:
        source.seek(encoding.mark)
        while True:
            chunk = source.read(CHUNK)
            text = decoder.decode(chunk, not chunk)
            if pending:
                text, pending = "\r" + text, False
            if chunk and text.endswith("\r"):
                text, pending = text[:-1], True
            alone = 0
            if "\r" in text:
                parts = text.split("\r\n")  # quicker than to replace what is in every line
                paired += len(parts) - 1
                text = "\n".join(parts)
                if "\r" in text:
                    alone = text.count("\r")
                    text = text.replace("\r", "\n")
            ends = text.count("\n")
            feeds += ends - alone
            returns += alone
            if "\0" in text:
                zeros += text.count("\0")
                text = text.replace("\0", "")
            if "\ufffd" in text:
                broken += [line + text.count("\n", 0, found.start()) for found in re.finditer("\ufffd", text)]
            line += ends
            out.write(text.encode("utf-8", "replace"))
            if not chunk:
                break
    faithful = encoding.name.startswith("utf-8") and not (broken or returns or zeros) and paired in (0, feeds)
    return Transcoded(target, encoding, list(dict.fromkeys(broken)), faithful)


def returns_alone(path: Path) -> bool:
    """Whether lines end with carriage returns alone, and no line feed is anywhere in the file."""
    with path.open("rb") as file:
        if b"\r" not in (head := file.read(SAMPLE)) or b"\n" in head:
            return False
        with mmap(file.fileno(), 0, access=ACCESS_READ) as whole:
            return whole.find(b"\n") < 0


def is_plain(head: bytes, tail: bytes) -> bool:
    """Whether the ends of a file are UTF-8 without a mark, with ordinary line ends and no zero bytes."""
    body = head + tail
    if body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in body:
        return False
    if b"\r" in body.replace(b"\r\n", b"\n"):
        return False
    return is_utf8(head, whole=False) and is_utf8(tail.lstrip(bytes(range(0x80, 0xC0))))


def is_binary(head: bytes) -> bool:
    """Whether decoded text is none: too many control characters, or bytes that no encoding knows."""
    decoded = head.decode("utf-8", "replace")
    strange = sum(c == "\ufffd" or (c < " " and c not in "\t\n\r\x0b\x0c\x01\x1f") for c in decoded)
    return strange > 0.05 * len(decoded)
