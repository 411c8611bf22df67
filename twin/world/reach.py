"""Reach: which places lie within a distance of others along pieces of way that can be passed."""

from __future__ import annotations

import numpy as np

from twin.core.columns import Floats, Ints


def metres_from(start: Ints, end: Ints, metres: Floats, nodes: int, origins: Ints) -> Floats:
    """Return the length of the shortest way from each origin to each node (origins, nodes) [m]; inf: none leads."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((metres, high, low))
    pairs, first = np.unique(np.stack([low, high], axis=1)[order], axis=0, return_index=True)
    graph = coo_array((metres[order][first], pairs.T.reshape(2, -1)), (nodes, nodes)).tocsr()
    return np.asarray(dijkstra(graph, directed=False, indices=origins)).reshape(len(origins), nodes)


def reached_share(start: Ints, end: Ints, metres: Floats, nodes: int, facilities: Ints, most: float) -> Floats:
    """Return for each node the share of the facilities that lie within `most` metres (nodes,)."""
    if not len(facilities):
        return np.zeros(nodes)
    within = metres_from(start, end, metres, nodes, facilities) <= most
    return np.asarray(within.mean(axis=0), np.float64)
