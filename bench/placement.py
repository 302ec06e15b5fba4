"""
Who runs on which processor. Whoever asks has the last one, and all that answers the first: as they are not on one
machine anywhere else, what one of them waits for the other's turn is not the servers' time.
"""
import os
import re
import signal
import time

from meter import processes

NGINX_START_S = 10


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().replace("\0", " ").strip()
    except OSError:
        return ""


class Nginx:
    """The stack's nginx, and how many workers it has."""

    def __init__(self, master, conf):
        self.master, self.conf = master, conf
        with open(conf, encoding="utf-8") as file:
            self.usual = int(re.search(r"^worker_processes (\d+);", file.read(), re.MULTILINE)[1])

    def workers(self):
        """Those that are not ending already."""
        return sum(group == self.master and command_of(pid) == "nginx: worker process" for pid, group, _ in processes())

    def have(self, count):
        """One a processor is nginx's own rule: more of them on one make a connection wait for another's turn."""
        with open(self.conf, encoding="utf-8") as file:
            text = file.read()
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^worker_processes \d+;", f"worker_processes {count};", text, flags=re.MULTILINE))
        os.kill(self.master, signal.SIGHUP)
        until = time.monotonic() + NGINX_START_S
        while self.workers() != count:
            if time.monotonic() > until:
                raise RuntimeError(f"nginx does not come to have {count} workers")
            time.sleep(0.02)


class Cgroup:
    """The processor time of some groups of processes together, bounded by the kernel; as root only. Of either version."""

    PERIOD_US = 5000

    def __init__(self, share):
        first = "/sys/fs/cgroup/cpu"
        self.old = os.path.isdir(first)
        self.root = first if self.old else "/sys/fs/cgroup"
        self.path = f"{self.root}/frontrow-bench-{os.getpid()}"
        os.mkdir(self.path)
        quota = int(share * self.PERIOD_US)
        if self.old:
            self.write("cpu.cfs_period_us", self.PERIOD_US)
            self.write("cpu.cfs_quota_us", quota)
        else:
            self.write("cpu.max", f"{quota} {self.PERIOD_US}")

    def write(self, name, what, path=None):
        with open(f"{path or self.path}/{name}", "w", encoding="ascii") as file:
            file.write(str(what))

    def take(self, groups):
        for pid, group, _ in processes():
            if group in groups:
                self.write("cgroup.procs", pid)

    def end(self):
        with open(f"{self.path}/cgroup.procs", encoding="ascii") as file:
            for pid in file.read().split():
                self.write("cgroup.procs", pid, self.root)
        os.rmdir(self.path)


class Apart:
    """
    All that answers on the first processor, whoever asks on the last one, as long as it lasts. With a share, what nginx
    passes requests on to has no more than that of the first, so that nginx has the rest.
    """

    def __init__(self, bench, share=None):
        processors = sorted(os.sched_getaffinity(0))
        self.all, self.first, self.last = set(processors), {processors[0]}, {processors[-1]}
        groups = bench.settings["groups"]
        self.bench, self.groups = bench, set(groups.values())
        self.back = {group for name, group in groups.items() if not name.startswith("nginx")}
        self.nginx = Nginx(groups["nginx"], bench.settings["nginx_conf"])
        self.share, self.cgroup = share, None

    def pin(self, processors):
        for pid, group, _ in processes():
            if group not in self.groups:
                continue
            for thread in os.listdir(f"/proc/{pid}/task"):
                try:
                    os.sched_setaffinity(int(thread), processors)
                except ProcessLookupError:
                    pass

    def client(self):
        """What a program that asks is started with: before everybody else on its processor, where that is allowed."""
        first = ["chrt", "--fifo", "1"] if os.geteuid() == 0 else []
        return [*first, "taskset", "-c", ",".join(map(str, self.last))]

    def __enter__(self):
        self.pin(self.first)
        self.nginx.have(1)
        if self.share:
            self.cgroup = Cgroup(self.share)
            self.cgroup.take(self.back)
        self.bench.client = self.client()
        return self

    def __exit__(self, *_):
        self.bench.client = []
        if self.cgroup:
            self.cgroup.end()
        self.pin(self.all)
        self.nginx.have(self.nginx.usual)
