"""Which characters a file is written in, and text that was once read in the wrong ones."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000
_COMMON = 0.8  # share of two-byte characters that must be common ones before a text is taken for Chinese
_MISREAD_AS = (("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "utf-8"),
               ("cp1252", "gb18030"), ("latin-1", "gb18030"))  # fmt: skip


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding it was in, and how many characters were lost on the way."""

    text: str
    encoding: str
    lost: int = 0


def decoded(plain: bytes) -> Decoded:
    """Decode UTF-8, UTF-16 (with or without a mark), GB18030, else Windows-1252."""
    for mark, encoding in _BOMS:
        if plain.startswith(mark):
            return _leniently(plain, encoding)
    wide = _wide(plain[:_SAMPLE])
    if wide:
        return _leniently(plain, wide)
    try:
        return Decoded(plain.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    found = [_leniently(plain, "utf-8"), _leniently(plain, "gb18030" if _is_chinese(plain) else "cp1252")]
    return min(found, key=lambda one: one.lost)


def unscrambled(text: str) -> Iterator[str]:
    """Tell what a text may have said before it was read in a wrong encoding and saved again."""
    for misread, true in _MISREAD_AS:
        try:
            found = text.encode(misread).decode(true)
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if found != text:
            yield found


def _leniently(plain: bytes, encoding: str) -> Decoded:
    text = plain.decode(encoding, errors="replace")
    return Decoded(text, encoding.removesuffix("-sig"), text.count("\ufffd"))


def _wide(sample: bytes) -> str:
    """Return UTF-16 with its byte order where every other byte of a Latin text would be zero."""
    if len(sample) < 4:
        return ""
    even, odd = sample[::2].count(0) / len(sample[::2]), sample[1::2].count(0) / len(sample[1::2])
    if max(even, odd) < 0.2 or min(even, odd) > 0.05:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_chinese(plain: bytes) -> bool:
    """Whether two-byte sequences are mostly those of GB 2312; an umlaut before a letter is a rare character."""
    sample = plain[:_SAMPLE]
    position, common, pairs = 0, 0, 0
    while position < len(sample) - 1:
        lead, trail = sample[position], sample[position + 1]
        if lead < 0x80:
            position += 1
            continue
        pairs += 1
        common += 0xA1 <= lead <= 0xF7 and trail >= 0xA1
        position += 2
    return pairs > 0 and common / pairs > _COMMON
