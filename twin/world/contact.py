"""When, and through which channel, residents get in touch with the hotline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Floats, Ints
from twin.core.parameters import param
from twin.world.tables import CHANNELS

_HOUR_MINUTES = 60
_DAY_HOURS = 24
PHONE, APP = CHANNELS.index("phone"), CHANNELS.index("app")


@dataclass(frozen=True)
class Contact:
    """Habits of residents who report something; the block of every mechanism in which they do."""

    day_share: float = param(0.8, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                             doc="share of reports that come in the daytime", zh="白天诉求占比")
    day_from_hour: float = param(7.0, "h", 0.0, 12.0, source="scenario range", evidence="assumed",
                                 doc="hour at which the daytime begins", zh="白天开始时刻")
    day_to_hour: float = param(22.0, "h", 13.0, 24.0, source="scenario range", evidence="assumed",
                               doc="hour at which the daytime ends", zh="白天结束时刻")
    phone_ease: float = param(0.87, "1", 0.0, 1.0, source="beijing2020", evidence="published",
                              doc="ease of reaching the hotline for somebody without digital skill, against 1 for "
                                  "somebody who has all of it (0.87 lets about 9 % of reports come by app)",
                              zh="电话渠道便利度")


def _profile(contact: Contact) -> tuple[Floats, Floats]:
    """Minutes of the day and the share of a day's contacts before each of them, both (4,)."""
    opens, closes = contact.day_from_hour, contact.day_to_hour
    night_hours = _DAY_HOURS - (closes - opens)
    day_share = contact.day_share if night_hours > 0 else 1.0
    before = (1 - day_share) * opens / night_hours if night_hours > 0 else 0.0
    minutes = np.array([0.0, opens, closes, _DAY_HOURS]) * _HOUR_MINUTES
    return minutes, np.array([0.0, before, before + day_share, 1.0])


def minute_at(contact: Contact, share: Floats) -> Floats:
    """Return the minute of the day before which this share (0 to 1) of a day's contacts falls."""
    minutes, shares = _profile(contact)
    return np.interp(share, shares, minutes)


def share_before(contact: Contact, minute: Floats) -> Floats:
    """Return the share of a day's contacts before a minute of the day (held at its ends outside 0 to 1440)."""
    minutes, shares = _profile(contact)
    return np.interp(np.clip(minute, 0, DAY_MINUTES), minutes, shares)


def access(contact: Contact, digital_skill: Floats) -> Floats:
    """Return how easily residents reach the hotline, 0 to 1: by phone, and by app as far as they are skilled."""
    return contact.phone_ease + (1 - contact.phone_ease) * digital_skill


def channel(contact: Contact, digital_skill: Floats, luck: Floats) -> Ints:
    """Return the channel of reports: the app in proportion to what it adds to access, else the phone."""
    by_app = (1 - contact.phone_ease) * digital_skill
    return np.where(luck * access(contact, digital_skill) < by_app, APP, PHONE)
