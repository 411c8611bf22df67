"""The Sioux Falls network of LeBlanc, Morlok & Pierskalla (1975), entered by hand from the published tables.

LeBlanc, L. J., Morlok, E. K. & Pierskalla, W. P. (1975). An efficient approach to solving the road network equilibrium
traffic assignment problem. Transportation Research 9, 309-318. Every street has the same figures both ways, and so has
the demand but for six pairs; the numbers below are one direction of each.
"""

from __future__ import annotations

import numpy as np

from twin.world.assignment import Links

NODES = 24
# ends, time without traffic, and by how much it rises with the fourth power of the flow (1e-18 a vehicle)
STREETS = """
1-2 6 2 | 1-3 4 2 | 2-6 5 1241 | 3-4 4 7 | 3-12 4 2 | 4-5 2 3 | 4-11 6 1550 | 5-6 4 1001 | 5-9 5 75 | 6-8 2 521
7-8 3 119 | 7-18 2 1 | 8-9 10 2306 | 8-16 5 1157 | 9-10 3 12 | 10-11 5 75 | 10-15 6 27 | 10-16 4 1080 | 10-17 8 1930
11-12 6 1550 | 11-14 4 1061 | 12-13 3 1 | 13-24 4 893 | 14-15 5 1085 | 14-23 4 1020 | 15-19 3 10 | 15-22 3 53
16-17 2 401 | 16-18 3 3 | 17-19 2 554 | 18-20 4 2 | 19-20 4 958 | 20-21 6 1373 | 20-22 5 1130 | 21-22 2 401
21-24 3 790 | 22-23 4 960 | 23-24 2 451
"""
# hundreds of vehicles from each node to the nodes after it, and back
TRIPS = """
1 1 5 2 3 5 8 5 13 5 2 5 3 5 5 4 1 3 3 1 4 3 1
1 2 1 4 2 4 2 6 2 1 3 1 1 4 2 0 1 1 0 1 0 0
2 1 3 1 2 1 3 3 2 1 1 1 2 1 0 0 0 0 1 1 0
5 4 4 7 7 12 14 6 6 5 5 8 5 1 2 3 2 4 5 2
2 2 5 8 10 5 2 2 1 2 5 2 0 1 1 1 2 1 0
4 8 4 8 4 2 2 1 2 9 5 1 2 3 1 2 1 1
10 6 19 5 7 4 2 5 14 10 2 4 5 2 5 2 1
8 16 8 6 6 4 6 22 14 3 7 9 4 5 3 2
28 14 6 6 6 9 14 9 2 4 6 3 7 5 2
40 20 19 21 40 44 39 7 18 25 12 26 18 8
14 10 16 14 14 10 1 4 6 4 11 13 6
13 7 7 7 6 2 3 4 3 7 7 5
6 7 6 5 1 3 6 6 13 8 8
13 7 7 1 3 5 4 12 11 4
12 15 2 8 11 8 26 10 4
28 5 13 16 6 12 5 3
6 17 17 6 17 6 3
3 4 1 3 1 0
12 4 12 3 1
12 24 7 4
18 7 5
21 11
7
"""
# the trips that are not the same both ways: from, to, hundreds
OTHERWISE = ((11, 4, 15), (11, 10, 39), (15, 9, 10), (18, 11, 2), (20, 12, 5), (24, 13, 7))
EQUILIBRIUM_TOTAL = 7_480_225.0  # vehicle-time of the best known solution
EQUILIBRIUM_POTENTIAL = 4_231_335.287


def network() -> Links:
    """Return the links, each street in both directions; nodes are counted from 0."""
    one_way = []
    for street in STREETS.replace("\n", "|").split("|"):
        if street.strip():
            ends, free, rise = street.split()
            start, end = (int(node) - 1 for node in ends.split("-"))
            one_way.append((start, end, float(free), float(rise) * 1e-18))
    start, end, free, rise = (np.array(column) for column in zip(*one_way, strict=True))
    return Links(np.r_[start, end], np.r_[end, start], np.r_[free, free], np.r_[rise, rise])


def demand() -> np.ndarray:  # type: ignore[type-arg]
    """Return the trips from each node to each."""
    trips = np.zeros((NODES, NODES))
    for node, row in enumerate(TRIPS.strip().splitlines()):
        trips[node, node + 1 :] = [100.0 * float(one) for one in row.split()]
    trips = trips + trips.T
    for start, end, hundreds in OTHERWISE:
        trips[start - 1, end - 1] = 100.0 * hundreds
    return trips
