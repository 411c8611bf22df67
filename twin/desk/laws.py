"""Service laws: the working time that a keyed draw stands for."""

from __future__ import annotations

from twin.core.compiled import compiled_step
from twin.core.draws import (
    exponential_of,
    gamma_of,
    loglogistic_of,
    lognormal_of,
    weibull_of,
)
from twin.desk.settings import SERVICE_LAWS

FIXED = SERVICE_LAWS.index("fixed")
EXPONENTIAL = SERVICE_LAWS.index("exponential")
LOGNORMAL = SERVICE_LAWS.index("lognormal")
GAMMA = SERVICE_LAWS.index("gamma")
WEIBULL = SERVICE_LAWS.index("weibull")
LOGLOGISTIC = SERVICE_LAWS.index("loglogistic")
TWO_PART = SERVICE_LAWS.index("two_part")
EMPIRICAL = SERVICE_LAWS.index("empirical")


@compiled_step
def service_minutes(service, samples, u, part):
    """Working minutes of one order under the law of its category.

    `service` is a record of ``layout.SERVICE`` (means in minutes), `samples` the pooled empirical
    sample [min]; `u` and `part` are two uniforms of the order. The two-part law is a share solved at
    once and a lognormal rest, whose mean is ``mean_minutes``.
    """
    law = service.law
    if law == EXPONENTIAL:
        return service.mean_minutes * exponential_of(u)
    if law == LOGNORMAL:
        return lognormal_of(u, service.mean_minutes, service.cv)
    if law == FIXED:
        return service.mean_minutes
    if law == GAMMA:
        return gamma_of(u, service.mean_minutes, service.cv)
    if law == WEIBULL:
        return weibull_of(u, service.mean_minutes, service.shape)
    if law == LOGLOGISTIC:
        return loglogistic_of(u, service.mean_minutes, service.shape)
    if law == TWO_PART:
        if part < service.instant_share:
            return service.instant_minutes
        return lognormal_of(u, service.mean_minutes, service.cv)
    return samples[service.first_sample + int(u * service.samples)]
