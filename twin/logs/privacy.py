"""Personal data: found by header and by content, coded or left out before anything else is done with a log."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.core.columns import Ints

HIDDEN = "***"

_MOBILE = r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"
_LANDLINE = r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)"
_FOREIGN = r"(?<!\d)(?:\+\d{1,3}[- .]?)?\(?\d{3}\)?[- .]\d{3}[- .]\d{4}(?!\d)"
_IDENTITY = r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}[\dXx](?![\dA-Za-z])"
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PERSONAL = re.compile("|".join((_IDENTITY, _MOBILE, _LANDLINE, _FOREIGN, _EMAIL)))
_TIME_LIKE = re.compile(r"[\d\s:.,/\\+\-TZ年月日时分秒点上下午凌晨中]*(?:[AaPp]\.?[Mm]\.?)?")
_LONG_TEXT = 40  # characters: names of categories are shorter
_SEVERAL = 50
_LONGEST_SHOWN = 30


def is_personal(text: str) -> bool:
    """Whether a text holds a telephone number, an identity number or an address of electronic mail."""
    return _PERSONAL.search(unicodedata.normalize("NFKC", text)) is not None


def scrubbed(text: str) -> str:
    """Return a text with such numbers and addresses struck out."""
    return _PERSONAL.sub(HIDDEN, unicodedata.normalize("NFKC", text))


def showable(cell: Any) -> str:
    """Return a bad cell as it may be shown: what looks like a time or a number, never words or a number dialled."""
    text = str(cell).strip()
    harmless = len(text) <= _LONGEST_SHOWN and _TIME_LIKE.fullmatch(text) and not is_personal(text)
    return text if harmless else HIDDEN


def is_free_text(words: Sequence[str]) -> bool:
    """Whether a column of words holds sentences and not names: long ones, or hardly any twice."""
    told = [word for word in words if word]
    if not told:
        return False
    lengths = sum(map(len, told)) / len(told)
    return lengths > _LONG_TEXT or (len(told) >= _SEVERAL and len(set(told)) > len(told) / 2)


def codes(words: Sequence[str], salt: str) -> Ints:
    """Return a running number for each different word, 0 for none, in the order of a hash with this salt.

    Neither the words nor their order can be had from the numbers.
    """
    told = {word for word in words if word}
    ranked = sorted(told, key=lambda word: hashlib.blake2b(word.encode(), key=salt.encode()[:64]).digest())
    number = {word: rank for rank, word in enumerate(ranked, 1)} | {"": 0}
    return np.fromiter((number[word] for word in words), np.int64, len(words))
