"""Runs on a Dask cluster: the scheduler hands work that a dead worker held to another one.

The workers must have the same program; each run says so if they have not. What runs are computed from travels once to
each worker, as a task of its own, so that it is made again if the worker that holds it dies.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twin.errors import InputError
from twin.runs.pool import Failure, Task, attempt
from twin.runs.provenance import code_fingerprint

TIMEOUT = 15.0
IN_THE_AIR = 512
_SHOWN = 12


def compute_on(
    address: str, tasks: Sequence[Task], work: Callable[[Task], Any], most: int = IN_THE_AIR
) -> Iterator[tuple[Task, Any]]:
    """Yield (task, value or failure) as tasks end on the cluster at this address; at most so many are handed over.

    ``work`` and tasks must pickle, and the workers must be able to import what they name. Raises InputError R286
    (Dask is not installed), R288 (nobody answers at the address), R289 (the workers run another program).
    """
    client, distributed = _connected(address)
    with client:
        held = client.submit(_unchanged, work, pure=False)
        waiting = iter(tasks)
        named = {}
        for task in itertools.islice(waiting, most):
            named[client.submit(_there, held, code_fingerprint(), task, pure=False)] = task
        landing = distributed.as_completed(list(named), loop=client.loop)
        for future in landing:
            yield named.pop(future), _value(future, distributed)
            for task in itertools.islice(waiting, 1):
                following = client.submit(_there, held, code_fingerprint(), task, pure=False)
                named[following] = task
                landing.add(following)


def _connected(address: str) -> tuple[Any, Any]:
    try:
        import distributed
    except ImportError as error:
        raise InputError.of("R286", package="dask[distributed]", extra="cluster") from error
    try:
        return distributed.Client(address, timeout=TIMEOUT, set_as_default=False), distributed
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError.of("R288", address=address) from error


def _value(future: Any, distributed: Any) -> Any:
    """Return what a task gave; whoever killed worker after worker has failed."""
    try:
        return future.result()
    except distributed.KilledWorker:
        return Failure(None)


def _unchanged(work: Any) -> Any:
    return work


def _there(work: Callable[[Any], Any], fingerprint: str, task: Any) -> Any:
    """Run on a worker."""
    here = code_fingerprint()
    if here != fingerprint:
        raise InputError.of("R289", here=here[:_SHOWN], asked=fingerprint[:_SHOWN])
    return attempt(work, task)
