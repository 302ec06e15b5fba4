"""Is a history linearizable? After Wing and Gong, with Lowe's memory of what was tried: is there an order of the
operations that fits both the clock (who had ended before another began comes first) and the rules of a model?

An operation whose outcome is unknown may take effect at any time after its start, or never.
"""
import math

TRIES_MAX = 400_000


class Undecided(Exception):
    """Too many orders to try them all."""


class Operation:
    __slots__ = ("start", "end", "what", "must")

    def __init__(self, start, end, what):
        """end: when the answer was there, or None when there was none that tells."""
        self.start = start
        self.end = math.inf if end is None else end
        self.what = what
        self.must = end is not None

    def __repr__(self):
        return f"{self.what} [{self.start:.3f}, {self.end:.3f}]"


def candidates(known, unknown, first, done):
    """Who may be next: all that began before the first of those left had ended."""
    bound, found = math.inf, []
    for i in range(first, len(known)):
        if known[i].start > bound:
            break
        if not done >> i & 1:
            bound = min(bound, known[i].end)
            found.append(i)
    found = [i for i in found if known[i].start <= bound]
    found += [len(known) + j for j, one in enumerate(unknown)
              if one.start <= bound and not done >> (len(known) + j) & 1]
    return found


def first_left(known, first, done):
    while first < len(known) and done >> first & 1:
        first += 1
    return first


def linearize(operations, state, step):
    """None when there is such an order, else the longest that was found, as a list of operations.

    step(state, what, is_known) gives the state afterwards, or None when it cannot be.
    """
    known = sorted((one for one in operations if one.must), key=lambda one: one.start)
    unknown = sorted((one for one in operations if not one.must), key=lambda one: one.start)
    every = known + unknown
    seen, best, order, tries = set(), [], [], 0
    stack = [(0, 0, state, iter(candidates(known, unknown, 0, 0)))]
    if not known:
        return None
    while stack:
        first, done, state, left = stack[-1]
        for i in left:
            after = step(state, every[i].what, every[i].must)
            now_done = done | 1 << i
            if after is None or (now_done, after) in seen:
                continue
            seen.add((now_done, after))
            tries += 1
            if tries > TRIES_MAX:
                raise Undecided
            order.append(every[i])
            now_first = first_left(known, first, now_done)
            if now_first == len(known):
                return None
            stack.append((now_first, now_done, after, iter(candidates(known, unknown, now_first, now_done))))
            break
        else:
            if len(order) > len(best):
                best = list(order)
            stack.pop()
            if order:
                order.pop()
    return best


# ---- models -----------------------------------------------------------------------------------------------------------


def points(balance, what, is_known):
    """what is (kind, amount, told): "change" by an amount, told the balance after it; "few", told that amount is more
    than there is; "read", told the balance."""
    kind, amount, told = what
    if kind == "few":
        return balance if balance < amount else None
    if kind == "read":
        return balance if balance == told else None
    after = balance + amount
    if after < 0 or (is_known and told is not None and told != after):
        return None
    return after


EMPTY = (0, None, False)


def seat(state, what, _is_known):
    """state is (an account or 0, the ticket it was shown or None, whether that was used at the door); what is
    (kind, who, ticket): "pay", "cancel", "has", "has_not" and "too_late" (to cancel, since used) of one account; "show",
    its ticket is seen; "enter", "used" and "void" (which a door says of cancelled ones), about that ticket."""
    owner, shown, used = state
    kind, who, ticket = what
    if kind == "pay":
        return (who, None, False) if owner == 0 else None
    if kind == "cancel":
        return EMPTY if owner == who and not used else None
    if kind == "show":
        return (owner, ticket, used) if owner == who and shown in (None, ticket) else None
    if kind == "enter":
        return (owner, shown, True) if owner == who and shown == ticket and not used else None
    fits = {"has": owner == who, "has_not": owner != who, "too_late": owner == who and used,
            "used": shown == ticket and used, "void": shown != ticket}
    return state if fits[kind] else None
