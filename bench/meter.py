"""Who used how much of the processors: of the stack, by kind of process, and of the rest of the machine."""
import os
import time

TICKS = os.sysconf("SC_CLK_TCK")


def processes():
    """Every process: its id, group, and processor time in ticks."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(name), int(fields[2]), int(fields[11]) + int(fields[12])


def cpu_by_group(groups):
    """Ticks used so far by each named group of processes."""
    names = {group: name for name, group in groups.items()}
    used = dict.fromkeys(groups, 0)
    for _, group, ticks in processes():
        if group in names:
            used[names[group]] += ticks
    return used


def cpu_of_machine():
    """Ticks that all processors were busy, and that the host took away."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = fields
    return user + nice + system + irq + softirq, steal


class Meter:
    """Processor time between begin() and end(), by kind of process."""

    def __init__(self, groups):
        self.groups = groups

    def begin(self):
        self.before = cpu_by_group(self.groups), cpu_of_machine(), os.times(), time.monotonic()

    def end(self):
        groups, machine, own, at = cpu_by_group(self.groups), cpu_of_machine(), os.times(), time.monotonic()
        before_groups, before_machine, before_own, before_at = self.before
        wall = at - before_at
        kinds = {}
        for name, ticks in groups.items():
            kind = name.split("-")[0]
            kinds[kind] = kinds.get(kind, 0) + (ticks - before_groups[name]) / TICKS
        driver = sum(own[:4]) - sum(before_own[:4])
        busy = (machine[0] - before_machine[0]) / TICKS
        other = max(0.0, busy - sum(kinds.values()) - driver)
        stolen = (machine[1] - before_machine[1]) / TICKS
        return {"cpu_s": kinds, "driver_s": driver, "other_share": (other + stolen) / (wall * os.cpu_count())}

