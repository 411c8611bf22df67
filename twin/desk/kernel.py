"""The life of a work order, minute by minute.

What it does    Orders are reported, accepted, merged or dispatched, sent astray and returned, wait in
                lanes, are signed for, travelled to and worked on inside working hours, called back,
                re-opened, escalated, abandoned, closed. Every step is a line of the log.
Simultaneous    At one minute the order of events is that of ``layout.Event``; within a kind, that of the
                orders' or workers' numbers. A report comes before any event of its minute.
Chance          A draw's key is (order, decision, attempt and hop): never the minute, the worker or the
                place in the queue, so that two policies meet the same luck.

The same text runs compiled and, loaded by ``twin.core.compiled.interpreted``, as plain Python: both write
the same log, bit for bit.
"""

from __future__ import annotations

import numpy as np

from twin.core.clock import add_work, next_open
from twin.core.compiled import compiled_kernel, compiled_shared, compiled_step
from twin.core.draws import exponential_of, keyed_uniform, lognormal_of
from twin.desk.laws import service_minutes
from twin.desk.layout import ATTEMPTS, HOPS, INDOORS, Decision, Event, Status, Step
from twin.desk.queue import NOBODY, goes_before, insert, pop_event, push_event, remove, set_end
from twin.desk.rulebook import DAY_MINUTES, Act, Moment, look_up, own_team, think
from twin.desk.settings import ASSIGNMENTS, DISCIPLINES, SHIFT_ENDS

REACHED, MORE_EVENTS, MORE_LOG, MORE_TOLD, MORE_HEARD, REFUSED = 0, 1, 2, 3, 4, 5
ROOM = 64  # heap cells and log lines that one event can need, generously
ASKED = 4  # times that one event can have the rules asked, generously

NEW, OPEN, DONE = int(Status.NEW), int(Status.OPEN), int(Status.DONE)
CLOSED, MERGED, ABANDONED = int(Status.CLOSED), int(Status.MERGED), int(Status.ABANDONED)

ON_SHIFT_END, ON_RETURNED = int(Event.SHIFT_END), int(Event.RETURNED)
ON_CALL_BACK, ON_ACCEPT, ON_DISPATCH = int(Event.CALL_BACK), int(Event.ACCEPT), int(Event.DISPATCH)
ON_LIMIT, ON_GIVE_UP = int(Event.LIMIT), int(Event.GIVE_UP)
ON_CHECK_MINUTE, ON_CHECK_HOUR, ON_CHECK_DAY = int(Event.CHECK_MINUTE), int(Event.CHECK_HOUR), int(Event.CHECK_DAY)
ON_ASSIGN, ON_SHIFT_START = int(Event.ASSIGN), int(Event.SHIFT_START)

CREATED_STEP, ACCEPTED_STEP, TRIAGED_STEP = int(Step.CREATED), int(Step.ACCEPTED), int(Step.TRIAGED)
DISPATCHED_STEP, SIGNED_STEP, ARRIVED_STEP = int(Step.DISPATCHED), int(Step.SIGNED), int(Step.ARRIVED)
RETURNED_STEP, PAUSED_STEP, RESUMED_STEP = int(Step.RETURNED), int(Step.PAUSED), int(Step.RESUMED)
DONE_STEP, CALLED_BACK_STEP, CLOSED_STEP = int(Step.DONE), int(Step.CALLED_BACK), int(Step.CLOSED)
REOPENED_STEP, ESCALATED_STEP = int(Step.REOPENED), int(Step.ESCALATED)
MERGED_STEP, ABANDONED_STEP, PREEMPTED_STEP = int(Step.MERGED), int(Step.ABANDONED), int(Step.PREEMPTED)

DEDUP, MISROUTE, WRONG_TEAM = int(Decision.DEDUP), int(Decision.MISROUTE), int(Decision.WRONG_TEAM)
TRAVEL, ASTRAY = int(Decision.TRAVEL), int(Decision.ASTRAY)
SERVICE, PART = int(Decision.SERVICE), int(Decision.PART)
PATIENCE, FIX, CALL_BACK = int(Decision.PATIENCE), int(Decision.FIX), int(Decision.CALL_BACK)
REACH, REOPEN, PROBE = int(Decision.REACH), int(Decision.REOPEN), int(Decision.PROBE)

PRIORITY, DEADLINE = DISCIPLINES.index("priority"), DISCIPLINES.index("deadline")
SHORTEST = DISCIPLINES.index("shortest")
FIRST, LONGEST_IDLE = ASSIGNMENTS.index("first"), ASSIGNMENTS.index("longest_idle")
LEAST_LOADED = ASSIGNMENTS.index("least_loaded")
NEAREST, OWN_GRID = ASSIGNMENTS.index("nearest"), ASSIGNMENTS.index("own_grid")
SKILLED = ASSIGNMENTS.index("skilled")
OVERTIME, HAND_OVER = SHIFT_ENDS.index("overtime"), SHIFT_ENDS.index("hand_over")

AT_REPORT, AT_DISPATCH, AT_RETURN = int(Moment.REPORT), int(Moment.DISPATCH), int(Moment.RETURN)
AT_LIMIT, AT_DONE, AT_CALL_BACK = int(Moment.LIMIT), int(Moment.DONE), int(Moment.CALL_BACK)
EVERY_MINUTE, EVERY_HOUR, EVERY_DAY = int(Moment.MINUTE), int(Moment.HOUR), int(Moment.DAY)
DECIDES_PRIORITY, DECIDES_URGENT, DECIDES_SLA = int(Act.PRIORITY), int(Act.URGENT), int(Act.SLA)
DECIDES_MERGE, DECIDES_TEAM, DECIDES_ESCALATE = int(Act.MERGE), int(Act.TEAM), int(Act.ESCALATE)
DECIDES_LEVEL, DECIDES_CALL_BACK = int(Act.LEVEL), int(Act.CALL_BACK)

ESCALATED_GRADE = -1
EMERGENCY_GRADE = -2
TAG = 1 << 40  # event tag = kind * TAG + number


# ---------------------------------------------------------------------------------- small words


@compiled_step
def chance(state, o, decision):
    """The order's uniform for a decision of its present attempt, however it got there."""
    order = state.orders[o]
    return keyed_uniform(state.bases[decision, order.attempt * HOPS], order.key)


@compiled_step
def chance_at_hop(state, o, decision):
    """The order's uniform for a decision of its present hop."""
    order = state.orders[o]
    return keyed_uniform(state.bases[decision, order.attempt * HOPS + order.hop], order.key)


@compiled_kernel
def first_shift(state, minute, w):
    """Enter the beginning of a worker's first shift."""
    wait_for(state, minute, ON_SHIFT_START, w)


@compiled_step
def wait_for(state, minute, kind, who):
    """Enter an event; what would come after the end of all calendars never comes."""
    if minute < np.inf:
        push_event(state.events, state.counts[0], minute, kind * TAG + who)


@compiled_step
def write(state, o, code, minute, worker, team):
    """Add a line to the log."""
    counts = state.counts[0]
    line = state.log[counts.log]
    counts.log += 1
    order = state.orders[o]
    line.minute = minute
    line.order = o
    line.worker = worker
    line.team = team
    line.hop = order.hops
    line.attempt = order.attempt
    line.code = code


@compiled_step
def opening(state, calendar, t):
    """First open minute of a calendar at or after `t`."""
    span = state.spans[calendar]
    if span.always:
        return t
    return next_open(state.opens[span.first : span.last], state.closes[span.first : span.last], span.always, t)


@compiled_step
def after_work(state, calendar, t, work):
    """Minute by which `work` open minutes of a calendar have passed since `t`."""
    span = state.spans[calendar]
    return add_work(state.opens[span.first : span.last], state.closes[span.first : span.last], span.always, t, work)


@compiled_step
def next_round(state, t):
    """First dispatch round at or after `t`; inf beyond the last."""
    low, high = 0, state.rounds.shape[0]
    while low < high:
        middle = (low + high) // 2
        if state.rounds[middle] < t:
            low = middle + 1
        else:
            high = middle
    if low == state.rounds.shape[0]:
        return np.inf
    return state.rounds[low]


@compiled_step
def team_of(state, lane):
    """Team that serves a lane."""
    return lane // state.levers[0].grids


@compiled_step
def count_waiting(state, team, change, t):
    """Keep the integral of the queue's length (for Little's law)."""
    record = state.teams[team]
    record.area += record.waiting * (t - record.touched)
    record.touched = t
    record.waiting += change


# ---------------------------------------------------------------------------------- intake


@compiled_step
def report(state, o):
    """An order comes into being."""
    order = state.orders[o]
    counts = state.counts[0]
    t = order.created
    counts.arrived += 1
    counts.open += 1
    write(state, o, CREATED_STEP, t, NOBODY, NOBODY)
    levers = state.levers[0]
    if levers.escalate or has_rules(state, AT_LIMIT):
        wait_for(state, order.limit, ON_LIMIT, o)
    check_again(state, o, t)
    due = opening(state, state.intake[order.channel], t)
    due += levers.intake_minutes + state.intake_delay[order.channel]
    if due <= t:
        accept(state, o, t)
    else:
        wait_for(state, due, ON_ACCEPT, o)


@compiled_step
def accept(state, o, t):
    """受理: merge into the order of the same incident, or send to dispatch."""
    order = state.orders[o]
    order.status = OPEN
    order.accepted = t
    write(state, o, ACCEPTED_STEP, t, NOBODY, NOBODY)
    ask(state, o, t, AT_REPORT)
    if (order.merge >= 0 or state.levers[0].dedup) and merged(state, o, t):
        return
    to_dispatch(state, o, t)


@compiled_step
def merged(state, o, t):
    """Whether the order is recognised as a report of a matter that is already on the desk."""
    order = state.orders[o]
    levers = state.levers[0]
    lead = state.lead[order.matter]
    if lead == NOBODY:
        state.lead[order.matter] = o
        return False
    first = state.orders[lead]
    settled = first.status == CLOSED and first.solved and not order.again
    if order.merge >= 0:
        fresh = first.status <= DONE or (order.merge == 1 and settled)
    else:
        fresh = first.status <= DONE or (levers.merge_closed and settled)
        fresh = fresh and t - first.created <= levers.merge_window
    if not fresh:
        state.lead[order.matter] = o
        return False
    if order.merge == 0 or chance(state, o, DEDUP) >= levers.dedup_recall:
        return False
    order.status = MERGED
    order.merged_into = lead
    order.ended = t
    write(state, o, MERGED_STEP, t, NOBODY, NOBODY)
    state.counts[0].merged += 1
    state.counts[0].open -= 1
    return True


@compiled_step
def to_dispatch(state, o, t):
    """Triage, then the next dispatch round, or at once."""
    levers = state.levers[0]
    due = t + levers.triage_minutes
    if levers.triage_minutes > 0.0:
        write(state, o, TRIAGED_STEP, due, NOBODY, NOBODY)
    if levers.batch:
        due = next_round(state, due)
    if due <= t:
        state.counts[0].sent = o
    else:
        wait_for(state, due, ON_DISPATCH, o)


@compiled_step
def dispatch(state, o, t):
    """派单: to the team whose duty it is, or astray."""
    order = state.orders[o]
    levers = state.levers[0]
    ask(state, o, t, AT_DISPATCH)
    team = own_team(state, o)
    if np.isnan(order.dispatched):
        order.dispatched = t
        if levers.patience > 0.0:
            wait_for(state, t + levers.patience * exponential_of(chance(state, o, PATIENCE)), ON_GIVE_UP, o)
    write(state, o, DISPATCHED_STEP, t, NOBODY, team)
    may_err = levers.misroute_chance > 0.0 and order.hop < levers.max_hops
    if may_err and chance_at_hop(state, o, MISROUTE) < levers.misroute_chance:
        team = wrong_team(state, o, team, t)
    if team != NOBODY:
        enqueue(state, o, team, t)


@compiled_step
def wrong_team(state, o, team, t):
    """Where a wrong dispatch goes: nowhere (a pure delay), or to a team that will find that this is not its duty."""
    order = state.orders[o]
    levers = state.levers[0]
    if levers.misroute_minutes == 0.0:
        order.hop += 1
        order.hops += 1
        wait_for(state, after_work(state, levers.return_calendar, t, levers.return_minutes), ON_RETURNED, o)
        return NOBODY
    order.wrong = True
    if levers.teams > 1:
        other = int(chance_at_hop(state, o, WRONG_TEAM) * (levers.teams - 1))
        team = other + 1 if other >= team else other
    return team


@compiled_step
def returned(state, o, t):
    """退单: back at dispatch (a wrong team has logged its return when it gave the order back)."""
    if state.levers[0].misroute_minutes == 0.0:
        write(state, o, RETURNED_STEP, t, NOBODY, NOBODY)
    ask(state, o, t, AT_RETURN)
    to_dispatch(state, o, t)


# ---------------------------------------------------------------------------------- waiting


@compiled_step
def rank(state, o, t):
    """Set the order's place in the line: its grade first, then the rank within the grade."""
    order = state.orders[o]
    levers = state.levers[0]
    order.grade = 0
    order.rank = t
    if levers.discipline == PRIORITY:
        if levers.ageing > 0.0:
            order.rank = t + order.priority * levers.ageing
        else:
            order.grade = order.priority
    elif levers.discipline == DEADLINE:
        order.rank = order.limit
    elif levers.discipline == SHORTEST:
        order.rank = state.services[order.category].mean_minutes
    if not np.isnan(order.escalated):
        order.grade = ESCALATED_GRADE
    if levers.preempt and order.priority == 0:
        order.grade = EMERGENCY_GRADE


@compiled_step
def enqueue(state, o, team, t):
    """Hand the order to an idle worker of the team, or let it wait."""
    order = state.orders[o]
    levers = state.levers[0]
    order.queued = t
    order.lane = team * levers.grids + (order.grid if levers.grids > 1 else 0)
    rank(state, o, t)
    if order.fed_up and np.isnan(order.started):
        abandon(state, o, t)
    elif state.ends[1].minute == t or (state.counts[0].events > 0 and state.events[0].minute == t):
        assign_later(state, o, team, t)
    elif not taken_up(state, o, team, t):
        stand_in_line(state, o, t)


@compiled_step
def assign_later(state, o, team, t):
    """Stand in line until all that this minute brings has come in: a round is served by rank, not as it is read."""
    stand_in_line(state, o, t)
    if state.teams[team].assigning != t:
        state.teams[team].assigning = t
        wait_for(state, t, ON_ASSIGN, team)


@compiled_step
def assign(state, team, t):
    """Let idle workers, and for emergencies busy ones, take what waits, the first in rank first."""
    while True:
        o = first_in_line(state, team)
        if o == NOBODY:
            return
        leave_line(state, o, t)
        if not taken_up(state, o, team, t):
            stand_in_line(state, o, t)
            return


@compiled_step
def taken_up(state, o, team, t):
    """Whether somebody takes the order at once: an idle worker or, for an emergency, one who drops other work."""
    w = idle_worker(state, o, team, t)
    if w == NOBODY and state.levers[0].preempt and state.orders[o].priority == 0:
        w = interruptible_worker(state, team)
        if w != NOBODY:
            interrupt(state, w, t)
    if w == NOBODY:
        return False
    sign(state, w, o, t)
    return True


@compiled_step
def stand_in_line(state, o, t):
    """Join the lane."""
    order = state.orders[o]
    count_waiting(state, team_of(state, order.lane), 1, t)
    order.waiting = True
    lane = state.lanes[order.lane]
    lane.root = insert(state.orders, lane.root, o)


@compiled_step
def leave_line(state, o, t):
    """Leave the lane, served or not."""
    order = state.orders[o]
    count_waiting(state, team_of(state, order.lane), -1, t)
    order.waiting = False
    lane = state.lanes[order.lane]
    lane.root = remove(state.orders, lane.root, o)


@compiled_step
def distance(state, w, o):
    """Kilometres from a worker to the order's place: along the streets of a map, else as the crow flies.

    To what is done indoors, at the worker's own place, there are none.
    """
    worker, order = state.workers[w], state.orders[o]
    if order.stop == INDOORS:
        return 0.0
    if state.ways.shape[0] > 0:
        return state.ways[worker.stop, order.stop]
    east, north = worker.x - order.x, worker.y - order.y
    return np.sqrt(east * east + north * north)


@compiled_step
def reluctance(state, w, o):
    """What the assignment rule minimises over the idle workers."""
    worker = state.workers[w]
    rule = state.levers[0].assignment
    if rule == NEAREST:
        return distance(state, w, o)
    if rule == LEAST_LOADED:
        return worker.busy
    if rule == SKILLED:
        return -worker.skill
    if rule == OWN_GRID and worker.grid == state.orders[o].grid:
        return -np.inf
    return worker.idle_since


@compiled_step
def idle_worker(state, o, team, t):
    """The idle worker of a team who is to take the order; NOBODY if none is idle and on shift."""
    record = state.teams[team]
    if record.idle == 0:
        return NOBODY
    if state.levers[0].assignment == FIRST:
        return first_idle_worker(state, team, t)
    by_wait = state.levers[0].assignment == LONGEST_IDLE
    best, least = NOBODY, np.inf
    w = record.idle_first
    while w != NOBODY:
        worker = state.workers[w]
        if worker.shift_end > t:
            value = reluctance(state, w, o)
            if best == NOBODY or value < least or (value == least and w < best):
                best, least = w, value
            elif by_wait and value > least:
                break
        w = worker.idle_next
    return best


@compiled_step
def first_idle_worker(state, team, t):
    """The idle worker with the lowest number."""
    record = state.teams[team]
    for w in range(record.first_worker, record.last_worker):
        worker = state.workers[w]
        if worker.order == NOBODY and worker.on_shift and worker.shift_end > t:
            return w
    return NOBODY


@compiled_step
def stand_by(state, w):
    """Join the idle workers of the team, who stand in the order in which they became idle."""
    worker = state.workers[w]
    team = state.teams[worker.team]
    team.idle += 1
    last = team.idle_last
    worker.idle_next = NOBODY
    worker.idle_previous = last
    team.idle_last = w
    if last == NOBODY:
        team.idle_first = w
    else:
        state.workers[last].idle_next = w


@compiled_step
def stand_by_no_more(state, w):
    """Leave the idle workers of the team."""
    worker = state.workers[w]
    team = state.teams[worker.team]
    team.idle -= 1
    before, after = worker.idle_previous, worker.idle_next
    if before == NOBODY:
        team.idle_first = after
    else:
        state.workers[before].idle_next = after
    if after == NOBODY:
        team.idle_last = before
    else:
        state.workers[after].idle_previous = before


@compiled_step
def interruptible_worker(state, team):
    """The worker on shift whose order is the least urgent of all that are no emergencies."""
    record = state.teams[team]
    best, worst = NOBODY, 0
    for w in range(record.first_worker, record.last_worker):
        worker = state.workers[w]
        if worker.order == NOBODY or not worker.on_shift:
            continue
        priority = state.orders[worker.order].priority
        if priority > worst:
            best, worst = w, priority
    return best


@compiled_step
def next_order(state, w):
    """The order that a free worker takes next; NOBODY if none waits."""
    worker = state.workers[w]
    best = first_in_line(state, worker.team)
    if state.levers[0].grids == 1 or best == NOBODY:
        return best
    own = state.lanes[worker.team * state.levers[0].grids + worker.grid].root
    if own != NOBODY and state.orders[own].grade <= state.orders[best].grade:
        return own
    return best


@compiled_step
def first_in_line(state, team):
    """The order of a team that is first in rank, whatever its grid; NOBODY if none waits."""
    grids = state.levers[0].grids
    best = NOBODY
    for lane in range(team * grids, (team + 1) * grids):
        root = state.lanes[lane].root
        if root != NOBODY and (best == NOBODY or goes_before(state.orders, root, best)):
            best = root
    return best


@compiled_step
def give_up(state, o, t):
    """The reporter's patience has run out before anybody signed."""
    order = state.orders[o]
    if order.status != OPEN or not np.isnan(order.started):
        return
    if order.waiting:
        leave_line(state, o, t)
        abandon(state, o, t)
    else:
        order.fed_up = True  # on its way between desks: gives up when it next reaches a line


@compiled_step
def abandon(state, o, t):
    """The order is given up."""
    order = state.orders[o]
    order.status = ABANDONED
    order.ended = t
    write(state, o, ABANDONED_STEP, t, NOBODY, team_of(state, order.lane))
    state.counts[0].abandoned += 1
    state.counts[0].open -= 1


@compiled_step
def escalate(state, o, t):
    """督办: the limit has passed; the order jumps the line."""
    order = state.orders[o]
    if order.status > OPEN or not np.isnan(order.escalated):
        return
    order.escalated = t
    write(state, o, ESCALATED_STEP, t, NOBODY, NOBODY)
    if order.waiting:
        lane = state.lanes[order.lane]
        lane.root = remove(state.orders, lane.root, o)
        order.grade = min(order.grade, ESCALATED_GRADE)
        lane.root = insert(state.orders, lane.root, o)


# ---------------------------------------------------------------------------------- rules


@compiled_step
def has_rules(state, moment):
    """Whether rules decide anything at a moment."""
    return state.book.moments[moment].step_end > state.book.moments[moment].step


@compiled_step
def ask(state, o, t, moment):
    """Ask the rules of a moment about an order, if there are any."""
    if has_rules(state, moment):
        consult(state, o, t, moment)


@compiled_step
def check(state, o, t, moment):
    """Let the rules of every minute, hour or day look at an order that is still open."""
    if state.orders[o].status <= OPEN:
        ask(state, o, t, moment)
        wait_for(state, t + period_of(moment), ON_CHECK_MINUTE + moment - EVERY_MINUTE, o)


@compiled_step
def check_again(state, o, t):
    """Enter the first full minute, hour and day at which rules look at a new order."""
    for moment in range(EVERY_MINUTE, EVERY_DAY + 1):
        if state.book.checks[moment - EVERY_MINUTE]:
            period = period_of(moment)
            first = period * (np.floor(t / period) + 1.0)
            wait_for(state, first, ON_CHECK_MINUTE + moment - EVERY_MINUTE, o)


@compiled_step
def period_of(moment):
    """Minutes between two looks."""
    return 1.0 if moment == EVERY_MINUTE else 60.0 if moment == EVERY_HOUR else DAY_MINUTES


@compiled_step
def limit_passed(state, o, t):
    """The limit of an order is reached, unless it was moved meanwhile."""
    order = state.orders[o]
    if t < order.limit or order.late or order.status > OPEN:
        return
    order.late = True
    if state.levers[0].escalate:
        escalate(state, o, t)
    ask(state, o, t, AT_LIMIT)


@compiled_shared
def consult(state, o, t, moment):
    """Look up the fields that the rules of a moment go by, decide, do what they say, and note it."""
    book, counts = state.book, state.counts[0]
    record = book.moments[moment]
    for k in range(record.load, record.load_end):
        book.board[k - record.load] = look_up(state, o, t, book.loads[k])
    stuck = think(book, record)
    if stuck >= 0:
        counts.refused, counts.refused_step = o, stuck
        return
    changed = False
    for k in range(record.act, record.act_end):
        act = book.acts[k]
        value = book.board[act.slot]
        if not np.isnan(value):
            wanted = book.codes[act.code + int(value)] if act.codes > 0 else value
            changed |= carry_out(state, o, t, act.act, wanted)
    if changed or not EVERY_MINUTE <= moment <= EVERY_DAY:
        note_decisions(state, o, t, record)


@compiled_step
def note_decisions(state, o, t, record):
    """Add a line for every step of a moment, and the fields that it went by."""
    book, counts = state.book, state.counts[0]
    for k in range(record.step, record.step_end):
        if book.steps[k].row >= 0:
            line = state.told[counts.told]
            counts.told += 1
            line.minute, line.order, line.step, line.epoch = t, o, k, counts.epoch
            line.row = int(book.board[book.steps[k].row])
            line.heard = counts.heard
    for slot in range(record.load_end - record.load):
        state.heard[counts.heard] = book.board[slot]
        counts.heard += 1


@compiled_step
def carry_out(state, o, t, act, value):
    """Do what a rule has decided; whether anything is now other than before."""
    order = state.orders[o]
    if act in (DECIDES_PRIORITY, DECIDES_URGENT):
        return set_priority(state, o, t, act, value)
    if act == DECIDES_SLA:
        return set_limit(state, o, t, order.created + value)
    if act in (DECIDES_ESCALATE, DECIDES_LEVEL):
        return raise_level(state, o, t, act, value)
    whole = int(value)
    if act == DECIDES_TEAM:
        changed = order.duty != whole
        order.duty = whole
    elif act == DECIDES_MERGE:
        changed = order.merge != whole
        order.merge = whole
    elif act == DECIDES_CALL_BACK:
        changed = order.call != whole
        order.call = whole
    else:
        changed = order.reopen != whole
        order.reopen = whole
    return changed


@compiled_step
def set_priority(state, o, t, act, value):
    """Give an order its class, and with it its place in the line."""
    order = state.orders[o]
    wanted = order.priority
    if act == DECIDES_PRIORITY:
        wanted = int(value)
    elif value == 1.0:
        wanted = 0
    if order.priority == wanted:
        return False
    order.priority = wanted
    if order.waiting:
        lane = state.lanes[order.lane]
        lane.root = remove(state.orders, lane.root, o)
        rank(state, o, order.queued)
        lane.root = insert(state.orders, lane.root, o)
        team = team_of(state, order.lane)
        if state.levers[0].preempt and wanted == 0 and state.teams[team].assigning != t:
            state.teams[team].assigning = t
            wait_for(state, t, ON_ASSIGN, team)
    return True


@compiled_step
def set_limit(state, o, t, limit):
    """Give an order the minute by which it is to be done."""
    order = state.orders[o]
    if order.limit == limit:
        return False
    order.limit = limit
    order.late = False
    if order.status <= OPEN and (state.levers[0].escalate or has_rules(state, AT_LIMIT)):
        wait_for(state, max(t, limit), ON_LIMIT, o)
    return True


@compiled_step
def raise_level(state, o, t, act, value):
    """督办: bring an order to a level; it is escalated once, and its level never falls."""
    order = state.orders[o]
    before = order.level
    if act == DECIDES_LEVEL:
        order.level = max(order.level, int(value))
    first = np.isnan(order.escalated) and order.status <= OPEN and value > 0.0
    if first:
        escalate(state, o, t)
    return first or order.level != before


# ---------------------------------------------------------------------------------- the work


@compiled_step
def sign(state, w, o, t):
    """签收: a worker takes the order (who was idle or is just free)."""
    order, worker = state.orders[o], state.workers[w]
    stand_by_no_more(state, w)
    worker.order = o
    order.worker = w
    write(state, o, SIGNED_STEP, t, w, worker.team)
    if np.isnan(order.started) and not order.wrong:
        order.started = t
    prepare(state, w, o)
    work_on(state, w, t)


@compiled_step
def prepare(state, w, o):
    """Find how long the way and the work will take; work already begun keeps its rest."""
    order = state.orders[o]
    levers = state.levers[0]
    order.arrived = False
    order.travel = levers.minutes_per_km * distance(state, w, o) if levers.minutes_per_km > 0.0 else 0.0
    if levers.travel_minutes > 0.0 and order.stop != INDOORS:
        if levers.travel_cv > 0.0:
            luck = chance_at_hop(state, o, ASTRAY) if order.wrong else chance(state, o, TRAVEL)
            order.travel += lognormal_of(luck, levers.travel_minutes, levers.travel_cv)
        else:
            order.travel += levers.travel_minutes
    if order.wrong:
        order.service = levers.misroute_minutes
    elif np.isnan(order.service):
        part = chance(state, o, PART) if state.services[order.category].instant_share > 0.0 else 1.0
        service = service_minutes(state.services[order.category], state.samples, chance(state, o, SERVICE), part)
        order.hands_on = service
        order.service = service


@compiled_step
def work_on(state, w, t):
    """Work from `t` until done, or until the shift ends first."""
    worker = state.workers[w]
    order = state.orders[worker.order]
    worker.since = t
    worker.late = False
    finish = t + order.travel + order.service / worker.skill
    latest = worker.shift_end
    if state.levers[0].shift_end == OVERTIME:
        latest += state.levers[0].overtime_minutes
    if finish <= latest:
        worker.late = finish > worker.shift_end
        set_end(state.ends, w, finish)
    else:
        set_end(state.ends, w, np.inf)


@compiled_step
def stop_work(state, w, t):
    """Account for the work since the last start; the rest stays with the order."""
    worker = state.workers[w]
    o = worker.order
    order = state.orders[o]
    spent = t - worker.since
    worker.busy += spent
    if not order.arrived and spent >= order.travel:
        order.arrived = True
        write(state, o, ARRIVED_STEP, worker.since + order.travel, w, worker.team)
    on_the_way = min(order.travel, spent)
    order.travel -= on_the_way
    order.service = max(0.0, order.service - (spent - on_the_way) * worker.skill)


@compiled_step
def finish(state, w, t):
    """The work is done: account, decide what becomes of the order, take the next."""
    worker = state.workers[w]
    o = worker.order
    order = state.orders[o]
    stop_work(state, w, t)
    if t > worker.shift_end:
        worker.overtime += t - max(worker.since, worker.shift_end)
    if order.stop != INDOORS:
        worker.x, worker.y, worker.stop = order.x, order.y, order.stop
    worker.order = NOBODY
    worker.late = False
    if order.wrong:
        refuse(state, o, w, t)
    else:
        complete(state, o, w, t)
    worker.idle_since = t
    if worker.on_shift:
        stand_by(state, w)
        if t < worker.shift_end:
            take_next(state, w, t)
    if worker.order == NOBODY:
        set_end(state.ends, w, np.inf)


@compiled_step
def refuse(state, o, w, t):
    """退单: not this team's duty; the order goes back and is dispatched anew."""
    order = state.orders[o]
    levers = state.levers[0]
    write(state, o, RETURNED_STEP, t, w, state.workers[w].team)
    order.wrong = False
    order.service = np.nan
    order.hop += 1
    order.hops += 1
    wait_for(state, after_work(state, levers.return_calendar, t, levers.return_minutes), ON_RETURNED, o)


@compiled_step
def complete(state, o, w, t):
    """办理: the work is done, whether or not it solved the matter."""
    order = state.orders[o]
    levers = state.levers[0]
    order.done = t
    order.status = DONE
    order.service = np.nan
    order.overdue = t > order.limit
    order.solved = levers.first_time_fix == 1.0 or chance(state, o, FIX) < levers.first_time_fix
    write(state, o, DONE_STEP, t, w, state.workers[w].team)
    ask(state, o, t, AT_DONE)
    wanted = order.call == 1
    if order.call < 0:
        wanted = levers.call_back_share > 0.0 and chance(state, o, CALL_BACK) < levers.call_back_share
    if wanted:
        call = opening(state, levers.office_calendar, t + levers.call_back_minutes)
        wait_for(state, call, ON_CALL_BACK, o)
    else:
        close(state, o, t)


@compiled_step
def close(state, o, t):
    """办结."""
    order = state.orders[o]
    order.status = CLOSED
    order.closed = t
    write(state, o, CLOSED_STEP, t, NOBODY, NOBODY)
    state.counts[0].finished += 1
    state.counts[0].open -= 1


@compiled_step
def call_back(state, o, t):
    """回访: ask the reporter; an unsolved matter may be opened again."""
    order = state.orders[o]
    levers = state.levers[0]
    order.called_back = t
    write(state, o, CALLED_BACK_STEP, t, NOBODY, NOBODY)
    order.reached = chance(state, o, REACH) < levers.reach_chance
    ask(state, o, t, AT_CALL_BACK)
    again = order.reached and not order.solved and order.attempt + 1 < ATTEMPTS
    if again and (order.reopen == 1 if order.reopen >= 0 else chance(state, o, REOPEN) < levers.reopen_chance):
        order.attempt += 1
        order.hop = 0
        order.status = OPEN
        write(state, o, REOPENED_STEP, t, NOBODY, NOBODY)
        if levers.escalate and t > order.limit:
            escalate(state, o, t)
        to_dispatch(state, o, t)
    else:
        close(state, o, t)


@compiled_step
def take_next(state, w, t):
    """A free worker on shift takes the next order, if any waits."""
    o = next_order(state, w)
    if o != NOBODY:
        leave_line(state, o, t)
        sign(state, w, o, t)


# ---------------------------------------------------------------------------------- shifts


@compiled_step
def interrupt(state, w, t):
    """An emergency takes the worker away; the order goes back to its place in the line."""
    worker = state.workers[w]
    o = worker.order
    stop_work(state, w, t)
    write(state, o, PREEMPTED_STEP, t, w, worker.team)
    worker.order = NOBODY
    worker.late = False
    set_end(state.ends, w, np.inf)
    stand_by(state, w)
    stand_in_line(state, o, t)


@compiled_step
def start_shift(state, w, t):
    """Come on duty: go on with what the last shift left, or take the next order."""
    worker = state.workers[w]
    span = state.spans[worker.calendar]
    worker.on_shift = True
    if worker.order != NOBODY and worker.late:
        worker.overtime += t - max(worker.since, worker.shift_end)
        worker.late = False
    worker.shift_end = state.closes[span.first + worker.interval]
    wait_for(state, worker.shift_end, ON_SHIFT_END, w)
    if np.isnan(worker.since) and emergency_waits(state, w):
        write(state, worker.order, PREEMPTED_STEP, t, NOBODY, worker.team)
        stand_in_line(state, worker.order, t)
        worker.order = NOBODY
    if worker.order == NOBODY:
        worker.idle_since = t
        stand_by(state, w)
        take_next(state, w, t)
    elif np.isnan(worker.since):
        write(state, worker.order, RESUMED_STEP, t, w, worker.team)
        work_on(state, w, t)


@compiled_step
def emergency_waits(state, w):
    """Whether an emergency waits that must not wait for the work left from the last shift."""
    worker = state.workers[w]
    if not state.levers[0].preempt or worker.order == NOBODY or state.orders[worker.order].priority == 0:
        return False
    o = next_order(state, w)
    return o != NOBODY and state.orders[o].priority == 0


@compiled_step
def end_shift(state, w, t):
    """Go off duty; unfinished work waits, is finished in overtime, or goes back to the line."""
    worker = state.workers[w]
    span = state.spans[worker.calendar]
    worker.on_shift = False
    worker.interval += 1
    if span.first + worker.interval < span.last:
        wait_for(state, state.opens[span.first + worker.interval], ON_SHIFT_START, w)
    if worker.order == NOBODY:
        stand_by_no_more(state, w)
    elif not worker.late:
        lay_down(state, w, t)


@compiled_step
def lay_down(state, w, t):
    """Leave the work where it is at the end of a shift."""
    worker = state.workers[w]
    o = worker.order
    stop_work(state, w, t)
    write(state, o, PAUSED_STEP, t, w, worker.team)
    worker.since = np.nan
    set_end(state.ends, w, np.inf)
    if state.levers[0].shift_end == HAND_OVER:
        worker.order = NOBODY
        team = team_of(state, state.orders[o].lane)
        other = idle_worker(state, o, team, t)
        if other == NOBODY:
            stand_in_line(state, o, t)
        else:
            sign(state, other, o, t)


# ---------------------------------------------------------------------------------- the minutes


@compiled_step
def happen(state, t, tag):
    """Let one event happen."""
    kind, who = tag // TAG, tag % TAG
    if kind == ON_ACCEPT:
        accept(state, who, t)
    elif kind == ON_DISPATCH:
        state.counts[0].sent = who
    elif kind == ON_RETURNED:
        returned(state, who, t)
    elif kind == ON_SHIFT_START:
        start_shift(state, who, t)
    elif kind == ON_SHIFT_END:
        end_shift(state, who, t)
    elif kind == ON_CALL_BACK:
        call_back(state, who, t)
    elif kind == ON_LIMIT:
        limit_passed(state, who, t)
    elif ON_CHECK_MINUTE <= kind <= ON_CHECK_DAY:
        check(state, who, t, EVERY_MINUTE + kind - ON_CHECK_MINUTE)
    elif kind == ON_ASSIGN:
        assign(state, who, t)
    else:
        give_up(state, who, t)


@compiled_step
def probe(state, o):
    """Draws that nobody looks at: what a placebo does inside the desk."""
    for _ in range(state.levers[0].probes):
        state.counts[0].probe += chance(state, o, PROBE)


@compiled_step
def room_wanted(state):
    """What has to grow before the next event may happen."""
    counts, book = state.counts[0], state.book
    if counts.events + ROOM > state.events.shape[0]:
        return MORE_EVENTS
    if counts.log + ROOM > state.log.shape[0]:
        return MORE_LOG
    if counts.told + ASKED * book.steps.shape[0] > state.told.shape[0]:
        return MORE_TOLD
    if counts.heard + ASKED * book.loads.shape[0] > state.heard.shape[0]:
        return MORE_HEARD
    return REACHED


@compiled_kernel
def advance(state, until):
    """Let every report and event before minute `until` happen; say whether more room is needed first."""
    counts = state.counts[0]
    while True:
        wanted = room_wanted(state)
        if wanted != REACHED:
            return wanted
        due = state.events[0].minute if counts.events > 0 else np.inf
        end = state.ends[1].minute
        if counts.arrived < counts.orders and state.orders[counts.arrived].created <= min(due, end):
            o = counts.arrived
            if state.orders[o].created >= until:
                break
            due = state.orders[o].created
            report(state, o)
            probe(state, o)
        elif end <= due:
            due = end
            if end >= until:
                break
            finish(state, state.ends[1].worker, end)
        else:
            if due >= until:
                break
            tag = state.events[0].tag
            pop_event(state.events, counts)
            happen(state, due, tag)
        if counts.sent != NOBODY:
            o = counts.sent
            counts.sent = NOBODY
            dispatch(state, o, due)
        counts.handled += 1
        if counts.refused != NOBODY:
            return REFUSED
    counts.now = until
    return REACHED
