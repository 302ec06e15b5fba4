"""What was measured, as a table."""
import sys

from rounds import SIDES

COLUMNS = (f"{'':<18}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'p99.9':>8}{'p99/p50':>8}{'errors':>8}{'dirty':>7}"
           "   server CPU µs per request")


def cpu_text(side):
    parts = [f"{kind} {us:.0f}" for kind, us in sorted(side["cpu_us"].items(), key=lambda item: -item[1]) if us >= 0.5]
    return f"{side['server_cpu_us']:.0f} = " + " + ".join(parts)


def row(label, side):
    return (f"{label:<18}{side['rate']:>9,.0f}{side['p50_ms']:>8.2f}{side['p99_ms']:>8.2f}{side['p999_ms']:>8.2f}"
            f"{side['p99_ms'] / side['p50_ms']:>8.1f}{side['refused'] + side['broken']:>8}{side['dirty']:>7}"
            f"   {cpu_text(side)}")


# ---- a thing and what it is compared with ----------------------------------------------------------------------------

def print_ab(result):
    if "ab" not in result:
        return
    sides = ", ".join(f"{result[name]['what']} {side['rate']:,.0f}/s (p50 {side['p50_ms']:.2f}, p99 {side['p99_ms']:.2f} ms, "
                      f"{side['errors']:.0f} errors)" for name, side in result["ab"].items() if name != "ratio")
    ratio = f"; {result['ab']['ratio']:.2f} times the ceiling" if "ratio" in result["ab"] else ""
    print(f"  by ab: {sides}{ratio}")


def print_sides(result):
    for name in SIDES:
        if name in result:
            print(row(("" if name == "thing" else "  ") + result[name]["what"], result[name]))
    for name, what in (("ceiling", "the ceiling"), ("peer", "the peer")):
        if f"to_{name}" not in result:
            continue
        told = result[f"to_{name}"]
        target = f"; to reach: {result['target']}" if name == "ceiling" and result.get("target") else ""
        print(f"  {told['rate']:.2f} times {what} ({told['rate_least']:.2f} to {told['rate_most']:.2f}), "
              f"{told['cpu']:.2f} of its server CPU{target}")
    print_ab(result)


# ---- the others ------------------------------------------------------------------------------------------------------

def print_rows(result):
    print(result["name"])
    for line in result["rows"]:
        more = f"   script {line['script_us']:.0f} µs, {line['memory_mb']:.1f} MB" if "script_us" in line else ""
        more += f"   {line['bytes']:,} bytes" if "bytes" in line else ""
        print(row(f"  {line['label']}", line) + more)


def print_overload(result):
    print(f"overload: {result['what']}")
    print(f"{'arriving/s':>12}{'accepted/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'refused/s':>11}{'p99 ms':>9}{'no hint':>9}"
          f"{'other':>7}{'broken':>8}{'crowd late p99':>16}{'nginx':>7}{'behind':>8}{'crowd':>7}{'else':>6}")
    for line in result["loads"]:
        print(f"{line['offered']:>12,.0f}{line['accepted']:>12,.0f}{line['p50_ms']:>9.2f}{line['p99_ms']:>9.2f}"
              f"{line['refused']:>11,.0f}{line['refused_p99_ms']:>9.2f}{line['without_hint']:>9}{line['other']:>7}"
              f"{line['broken']:>8}{line['late_p99_ms']:>16.2f}{line['busy']['nginx']:>7.2f}"
              f"{sum(line['busy'].values()) - line['busy']['nginx']:>8.2f}{line['crowd_busy']:>7.2f}"
              f"{line['other_share']:>6.2f}")
    print(f"  accepted at twice the peak: {result['accepted_at_twice']:.2f} of it, to reach: 0.9; "
          f"recovered after {result['recovered_after_s']:.1f} s, to reach: 2 s; picture: {result['picture']}")


def print_story(result):
    steps = list(result["stories"][0]["steps"])
    print(f"story{'fans/s':>7}{'broken':>8}" + "".join(f"{name + ' p50/p99':>21}" for name in steps) +
          "   server CPU ms per fan")
    for line in result["stories"]:
        times = "".join(f"{step['p50_ms']:>12.2f}/{step['p99_ms']:<8.2f}" for step in line["steps"].values())
        cpu = ", ".join(f"{kind} {ms:.2f}" for kind, ms in sorted(line["cpu_ms"].items(), key=lambda item: -item[1])
                        if ms >= 0.05)
        print(f"{line['rate']:>12}{line['broken']:>8}{times}   {sum(line['cpu_ms'].values()):.2f} = {cpu}")


def print_relay(result):
    print(f"relay: {result['sent_per_s']:,.0f} events/s to the bus, "
          f"{result['done_per_s']:,.0f} until all groups are done")


def print_instructions(result):
    for line in result["rows"]:
        print(f"instructions of the worker, {line['kind']:<8}{line['web']:>9,.0f}  bare {line['bare']:>9,.0f}")


def print_start(result):
    for name, label in (("first_answer_ms", "first answer"), ("with_redis_ms", "first board")):
        print(f"start, {label:<15}{result[name]['median']:>9.0f} ms (at most {result[name]['most']:.0f}), "
              f"to reach: {result['target']}")


def print_memory(result):
    print(f"memory, {len(result['processes'])} processes: {result['rss_mb']:.1f} MB resident (shared pages counted "
          f"once: {result['pss_mb']:.1f} MB), to reach: {result['target']}")


def print_lock(result):
    print(f"{'lock':<18}{'waiters':>7}{'turns/s':>10}{'hand-overs/s':>14}{'median ms':>11}{'p99 ms':>9}{'longest wait ms':>17}")
    for line in result["rows"]:
        print(f"  {line['who']:<16}{line['waiters']:>7}{line['turns_per_s']:>10,.0f}{line['hand_overs_per_s']:>14,.0f}"
              f"{line['p50_ms']:>11.3f}{line['p99_ms']:>9.3f}{line['longest_wait_ms']:>17.1f}")


PRINTERS = {"tails": print_rows, "core": print_rows, "queue-size": print_rows, "map": print_rows,
            "overload": print_overload, "story": print_story, "relay": print_relay, "lock": print_lock,
            "instructions": print_instructions, "start": print_start, "memory": print_memory}


def print_result(result):
    PRINTERS.get(result["name"], print_sides)(result)
    sys.stdout.flush()
