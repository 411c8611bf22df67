"""Channels: the twin's four words for the many that cities use."""

from __future__ import annotations

import re
from functools import cache

CHANNELS = ("phone", "app", "walk_in", "patrol")

_WORDS = {
    "patrol": (
        "employee|staff|internal|city worker|crew|inspector|patrol|proactive|system|integration|maximo|"
        "巡查|巡检|网格|自查|自行发现|自行巡|系统|主动发现|内部"
    ),
    "app": (
        r"\bapp\b|\bapi\b|web|self.?service|online|internet|mobile|connect|twitter|social|chat|text|sms|e-?mail|open311|"
        "网|微信|小程序|微博|客户端|短信|邮箱|邮件|公众号|支付宝|手机"
    ),
    "walk_in": r"walk|counter|in.?person|office|\bmail\b|letter|来访|窗口|现场|上门|来信|信函|信访",
    "phone": "phone|call|voice|hotline|constituent|电话|热线|来电|12345|话务",
}  # fmt: skip
_STAFF = re.compile(_WORDS["patrol"], re.IGNORECASE)


@cache
def standard_channel(word: str) -> str:
    """Return the twin's word for a city's word for a channel, "" where none is near."""
    if word in CHANNELS:
        return word
    return next((name for name, pattern in _WORDS.items() if re.search(pattern, word, re.IGNORECASE)), "")


def is_staff(word: str) -> bool:
    """Whether a channel looks like the staff's or a machine's own work, and not a citizen's request."""
    return word == "patrol" or _STAFF.search(word) is not None
