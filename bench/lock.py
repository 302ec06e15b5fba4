"""How fast is a contended lock handed on: ours and Redisson's, on one machine, one after the other.

One process each; with N waiters N + 1 threads want the lock all the time. A hand-over is a turn that
somebody was waiting for when the one before began to release; its time runs from there to the moment
at which the next one has the lock. Whoever overtakes those who wait makes turns without hand-overs.

tests/redisson/peers.py says where Redisson comes from.
"""
import pathlib
import statistics
import sys

WAITERS = (1, 8, 64)
TURNS = 12000


def row(hammer, cast, peer, who, waiters):
    threads = waiters + 1
    hammer(cast, [peer], threads, turns=TURNS // 4 // threads)  # warm up
    result = hammer(cast, [peer], threads, turns=TURNS // threads)
    if (result.violations, result.failures) != (0, 0):
        raise RuntimeError(f"{who}: {result}")
    taken = sorted(took for times in result.samples.values() for took in times)
    print(".", end="", file=sys.stderr, flush=True)
    return {"who": who, "waiters": waiters, "turns_per_s": result.turns / result.seconds,
            "hand_overs_per_s": len(taken) / result.seconds, "p50_ms": statistics.median(taken) / 1e6,
            "p99_ms": taken[int(len(taken) * 0.99)] / 1e6, "longest_wait_ms": result.longest_wait_ns / 1e6}


def measure(*_):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "redisson"))
    from peers import VERSIONS, Cast, hammer  # only whoever wants to know this needs Java

    rows = []
    for version in VERSIONS:
        cast = Cast(version)
        ours, theirs = cast.ask_in("c", "java")
        for waiters in WAITERS:
            rows.append(row(hammer, cast, ours, "Frontrow", waiters))
            rows.append(row(hammer, cast, theirs, f"Redisson {version}", waiters))
        cast.close()
    return {"name": "lock", "what": "a contended lock handed on", "rows": rows}
