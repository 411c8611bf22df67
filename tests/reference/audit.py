"""The audit, one posting at a time; the chain by hashing each posting with the seal before."""

import hashlib
import struct


def audit(world, p, luck, note):
    postings = world.postings
    detect = p.detect_chained if p.chained else p.detect
    before = 0
    for row in range(len(postings)):
        key, fen = int(postings.key[row]), int(postings.fen[row])
        kept = int(postings.seal[row])
        if p.chained and not kept:
            words = (int(postings.day[row]), int(postings.account[row]), fen, int(postings.source[row]),
                     int(postings.project[row]), int(postings.programme[row]))  # fmt: skip
            kept = int.from_bytes(hashlib.sha256(struct.pack("<QQqqqqqq", before, key, *words)).digest()[:8], "little")
            note.set("postings", row, seal=kept)
        before = kept
        if not p.leak_chance:
            continue
        if not postings.handled[row]:
            chance = p.leak_chance * max(1 - p.fear * p.audit_share * detect, 0)
            payments = (5, 6, 7, 9, 11, 12, 13, 14, *range(16, 25))
            large = postings.account[row] in payments and fen >= max(p.least_yuan * 100, 1)
            leaks = luck.happens("leak", chance, key, 0) and large
            note.set("postings", row, handled=True, leaked_fen=round(fen * p.leak_share) if leaks else 0)
        elif postings.judged_on[row] < 0 and world.day >= postings.day[row] + p.audit_after_days:
            astray = int(postings.leaked_fen[row])
            audited = astray > 0 and luck.happens("audited", p.audit_share, key, 0)
            found = audited and luck.happens("found", detect, key, 0)
            note.set("postings", row, judged_on=world.day, found=found)
            back = round(astray * p.recovered_share)
            if found and back:
                note.spawn("postings", luck.key("recovered", key, 0), day=world.day, account=10, fen=-back,
                           source=postings.source[row], project=postings.project[row],
                           programme=postings.programme[row])  # fmt: skip
