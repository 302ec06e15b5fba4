#!/usr/bin/env python3
"""The checker of histories says yes to what can have happened and no to what cannot. Prints TAP."""
import itertools
import random
import sys

from linear import EMPTY, Operation, linearize, points, seat


def balance(*operations, start=0):
    return linearize([Operation(*one) for one in operations], start, points) is None


def chair(*operations):
    """Each is from, to, kind, account and, of those about a ticket, the ticket."""
    return linearize([Operation(one[0], one[1], (one[2][0], one[2][1], *(one[2][2:] or (None,)))) for one in operations],
                     EMPTY, seat) is None


CASES = {
    "nothing happened": (True, balance()),
    "one after the other": (True, balance((0, 1, ("change", 5, 5)), (2, 3, ("read", 0, 5)))),
    "a read of the old, after the answer": (False, balance((0, 1, ("change", 5, 5)), (2, 3, ("read", 0, 0)))),
    "a read of the old, before the answer": (True, balance((0, 3, ("change", 5, 5)), (1, 2, ("read", 0, 0)))),
    "new, then old": (False, balance((0, 9, ("change", 5, 5)), (1, 2, ("read", 0, 5)), (3, 4, ("read", 0, 0)))),
    "two changes at once, in either order": (True, balance((0, 9, ("change", 5, 8)), (0, 9, ("change", 3, 3)))),
    "two changes that both came first": (False, balance((0, 9, ("change", 5, 5)), (0, 9, ("change", 3, 3)))),
    "an unknown one that happened": (True, balance((0, None, ("change", 5, None)), (2, 3, ("read", 0, 5)))),
    "an unknown one that did not": (True, balance((0, None, ("change", 5, None)), (2, 3, ("read", 0, 0)))),
    "an unknown one that happened late": (True, balance((0, None, ("change", 5, None)), (2, 3, ("read", 0, 0)),
                                                        (4, 5, ("read", 0, 5)))),
    "an unknown one that happened twice": (False, balance((0, None, ("change", 5, None)), (2, 3, ("read", 0, 10)))),
    "an unknown one before it was asked": (False, balance((4, None, ("change", 5, None)), (2, 3, ("read", 0, 5)))),
    "a debit of more than there is": (False, balance((0, 1, ("change", -5, -5)))),
    "refused with enough": (False, balance((0, 1, ("few", 5, None)), start=7)),
    "refused with too little": (True, balance((0, 1, ("few", 5, None)), start=4)),
    "refused while it was little": (True, balance((0, 9, ("change", -5, 2)), (1, 3, ("few", 5, None)), start=7)),
    "a seat bought, cancelled, bought": (True, chair((0, 1, ("pay", 1)), (2, 3, ("cancel", 1)), (4, 5, ("pay", 2)))),
    "a seat sold twice": (False, chair((0, 1, ("pay", 1)), (0, 1, ("pay", 2)))),
    "sold twice, with a cancellation between": (True, chair((0, 9, ("pay", 1)), (0, 9, ("pay", 2)),
                                                            (0, None, ("cancel", 1)))),
    "cancelled by another": (False, chair((0, 1, ("pay", 1)), (2, 3, ("cancel", 2)))),
    "bought and not there": (False, chair((0, 1, ("pay", 1)), (2, 3, ("has_not", 1)))),
    "let in once": (True, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")), (4, 5, ("enter", 1, "a")),
                                (6, 7, ("used", 1, "a")), (8, 9, ("too_late", 1)))),
    "let in twice": (False, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")), (4, 9, ("enter", 1, "a")),
                                  (4, 9, ("enter", 1, "a")))),
    "let in, perhaps twice": (True, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")), (4, None, ("enter", 1, "a")),
                                          (5, 9, ("enter", 1, "a")))),
    "cancelled and let in": (False, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")), (4, 9, ("enter", 1, "a")),
                                          (4, 9, ("cancel", 1)))),
    "cancelled and refused": (True, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")), (4, 5, ("cancel", 1)),
                                          (6, 7, ("void", 1, "a")))),
    "paid and refused": (False, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")), (4, 5, ("void", 1, "a")))),
    "the ticket of an earlier purchase": (False, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")), (4, 5, ("cancel", 1)),
                                                       (6, 7, ("pay", 1)), (8, 9, ("enter", 1, "a")))),
    "let in, and gone at the same time": (False, chair((0, 1, ("pay", 1)), (2, 3, ("show", 1, "a")),
                                                       (4, 9, ("enter", 1, "a")), (4, 9, ("has_not", 1)))),
    "too late to cancel, and nobody was let in": (False, chair((0, 1, ("pay", 1)), (2, 3, ("too_late", 1)))),
    "there and gone without a word": (False, chair((0, 1, ("pay", 1)), (2, 3, ("has", 1)), (4, 5, ("has_not", 1)))),
}


def by_trying_all(operations):
    """The same question without any thought."""
    must = [one for one in operations if one.must]
    for count in range(len(must), len(operations) + 1):
        for order in itertools.permutations(operations, count):
            if all(one in order for one in must) and fits(order):
                return True
    return False


def fits(order):
    for i, one in enumerate(order):
        if any(later.end < one.start for later in order[i + 1:]):
            return False
    state = 0
    for one in order:
        state = points(state, one.what, one.must)
        if state is None:
            return False
    return True


def some_history(dice):
    """Half of them happened; in the others somebody was told what may not be true."""
    operations, state, clock = [], 0, 0.0
    for _ in range(dice.randint(1, 5)):
        clock += dice.random()
        known, amount = dice.random() < 0.7, dice.choice((1, 2, -1))
        if dice.random() < 0.4:
            what = ("read", 0, state)
        else:
            state = max(0, state + amount)
            what = ("change", amount, state if dice.random() < 0.8 else state + 1)
        start = clock - dice.random() * 2
        if known or what[0] == "change":
            operations.append(Operation(start, clock + dice.random() * 2 if known else None, what))
    return operations


def main():
    failed = 0
    for number, (what, (expected, got)) in enumerate(CASES.items(), 1):
        failed += expected != got
        print(f"{'ok' if expected == got else 'not ok'} {number} - {what}: {'can' if expected else 'cannot'} be")
    dice, verdicts, wrong = random.Random(8), [0, 0], 0
    for _ in range(1500):
        history = some_history(dice)
        truth = by_trying_all(history)
        verdicts[truth] += 1
        wrong += truth != (linearize(history, 0, points) is None)
    good = wrong == 0 and min(verdicts) > 200
    failed += not good
    print(f"{'ok' if good else 'not ok'} {len(CASES) + 1} - it says what trying all orders says: {verdicts}, {wrong} wrong")
    print(f"1..{len(CASES) + 1}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
