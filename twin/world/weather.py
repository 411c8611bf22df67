"""Weather as it was measured: temperature and rain of every hour of two years, lived again by month and day."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from twin.core.columns import Floats

DAY_HOURS = 24
YEARS = (2014, 2015)
_FILE = "beijing_weather.csv.gz"
_LEAP_DAY = (2, 29)


@dataclass(frozen=True, eq=False)
class Weather:
    """Temperature `temp_c` and rain `rain_mm` in each hour (days, 24) from `first` on."""

    first: dt.date
    temp_c: Floats
    rain_mm: Floats

    def row(self, date: dt.date, year: int) -> int:
        """Return the row of the same month and day in a year of the series; 29 February is lived as the 28th."""
        day = 28 if (date.month, date.day) == _LEAP_DAY else date.day
        return (dt.date(year, date.month, day) - self.first).days


@lru_cache(maxsize=1)
def beijing() -> Weather:
    """Return the hourly weather of Beijing, station Dongsi, 2014 and 2015 (docs/data.md)."""
    packed = resources.files("twin.data").joinpath(_FILE).read_bytes()
    lines = list(csv.reader(gzip.decompress(packed).decode("ascii").splitlines()))[1:]
    values = np.array([[float(temp), float(rain)] for _, temp, rain in lines])
    temp, rain = values.reshape(-1, DAY_HOURS, 2).transpose(2, 0, 1)
    return Weather(dt.date(YEARS[0], 1, 1), temp, rain)
