"""Placebo: nothing."""


def placebo(world, p, luck, note):
    for number in range(p.draws_per_day):
        luck.uniform(world.phase.value, number)
