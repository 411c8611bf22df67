"""Sample, one resident at a time: the slow version that explains the fast one, and that it is held to."""


def sample(world, p, luck, note):
    for resident in range(len(world.residents)):
        chance = p.daily_chance * (1 - world.residents.trust[resident])
        if luck.happens("does", chance, world.residents.key[resident]):
            note.add("residents", resident, sample_count=1)
