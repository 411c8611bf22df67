"""Batches: requests that a machine or a clerk entered at once, long after or before they were made."""

from __future__ import annotations

import numpy as np

from twin.core.columns import Flags
from twin.logs.request_log import RequestLog

FEWEST = 10  # requests of one type in one minute
TIMES_USUAL = 20.0  # as many as the type brings in a minute of its days

_ACTIVE_MINUTES = 16 * 60.0
_COARSE = 0.5


def batches(log: RequestLog) -> Flags:
    """Return the requests that came with at least nine others of their type in the same minute, far above its rate.

    A storm brings a few calls a minute; thirty a minute are entered by a machine. Where half of all times are full
    hours the minutes are not known, and nothing is called a batch.
    """
    minute = log.created.astype("datetime64[m]").astype(np.int64)
    if log.date_only or not len(log) or np.mean(minute % 60 == 0) > _COARSE:
        return np.zeros(len(log), np.bool_)
    kind = log.subtype.code.astype(np.int64)
    _, where, together = np.unique(np.stack((kind, minute)), axis=1, return_inverse=True, return_counts=True)
    usual = np.bincount(kind) / (log.days * _ACTIVE_MINUTES)
    found: Flags = together[where.ravel()] >= np.maximum(FEWEST, TIMES_USUAL * usual[kind])
    return found
