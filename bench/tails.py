"""The slowest, and what one processor carries: whoever asks has a processor of their own, all that answers another."""
import rounds
from placement import Apart

TAIL_CASES, TAIL_CONNECTIONS = ("static", "board", "seats", "concerts", "status", "join", "hold", "pay"), (64, 256)
CORE_CASES = ("static", "board", "seats", "status", "join", "hold", "charge", "pay")


def measure_tails(bench, known):
    """How much slower than the median the slowest of a hundred are, with few connections and with many."""
    rows, usual = [], bench.settings["connections"]
    with Apart(bench):
        for name in TAIL_CASES:
            for connections in TAIL_CONNECTIONS:
                bench.settings["connections"] = connections
                result = rounds.measure_alone(bench, known[name])
                rows.append({"label": f"{name}, {connections}", "kind": name, "connections": connections, **result})
    bench.settings["connections"] = usual
    return {"name": "tails", "what": "p99 / p50", "target": 3, "rows": rows}


def measure_core(bench, known):
    """What one processor carries: all that answers, and what follows from it."""
    with Apart(bench):
        rows = [{"label": name, "kind": name, **rounds.measure_alone(bench, known[name])} for name in CORE_CASES]
    return {"name": "core", "what": "everything that answers on one processor, whoever asks on another", "rows": rows}
