"""Java and C processes that share locks in one private Redis: for tests/redisson/run and bench/lock.py.

FRONTROW_REDISSON_DIR  where Redisson is fetched to, and built against (default: var/redisson)
FRONTROW_LOCK_PEER     the C peer (default: tests/redisson/peer, below the folder this is called in)
"""
import collections
import glob
import mmap
import os
import pathlib
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(os.environ.get("FRONTROW_REDISSON_DIR", HERE.parent.parent / "var" / "redisson")).resolve()
C_PEER = pathlib.Path(os.environ.get("FRONTROW_LOCK_PEER", "tests/redisson/peer")).resolve()
# What the system that Frontrow replaces runs, and a current one.
VERSIONS = ("3.27.2", "4.7.0")
PATIENCE_S = 120


def need(program, package):
    if shutil.which(program) is None:
        sys.exit(f"{program} is missing: install {package}")


def prepare(version):
    """Fetch this Redisson once, and build the Java peer when its source is newer. Gives the class path."""
    need("java", "default-jdk-headless")
    need("javac", "default-jdk-headless")
    libs = FOLDER / version / "lib"
    classes = FOLDER / version / "classes"
    complete = FOLDER / version / "complete"
    if not complete.exists():
        need("mvn", "maven")
        print(f"# fetching Redisson {version}", flush=True)
        # Its output is kept for when it fails: even with nothing to say it says colours.
        done = subprocess.run(["mvn", "-q", "-B", "-Dstyle.color=never", "-f", HERE / "pom.xml",
                               f"-Dmaven.repo.local={FOLDER / 'm2'}", f"-Dredisson.version={version}",
                               "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={libs}"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"Redisson {version} could not be fetched:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        complete.touch()
    source = HERE / "Peer.java"
    if not (classes / "Peer.class").exists() or (classes / "Peer.class").stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["javac", "-Xlint:all,-classfile,-processing,-path", "-cp", f"{libs}/*", "-d", classes, source],
                       check=True)
    return f"{classes}:{libs}/*"


def server_program():
    """redis-tools has the server under the name of its checks; what it is called tells it what to be."""
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if found is None:
        sys.exit("there is no Redis: install redis-tools")
    return found


class Redis:
    """A server of its own, with nothing on disk but its log."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="frontrow-redisson-"))
        program = self.folder / "redis-server"
        program.symlink_to(server_program())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.server = subprocess.Popen(
            [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", self.folder,
             "--logfile", "redis.log"])
        until = time.monotonic() + 60
        while self.ask("PING") != "PONG":
            if time.monotonic() > until:
                sys.exit("redis-server does not start")
            time.sleep(0.05)

    def ask(self, *words):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *map(str, words)], capture_output=True, text=True)
        return done.stdout.strip()

    def close(self):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder)


class Peer:
    """One process. ask() a line, or tell() it and take the answer() later."""

    def __init__(self, kind, words, log):
        self.kind = kind
        self.asked = None
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.hear() == "ready", f"{kind} peer does not start"

    def hear(self):
        watchdog = threading.Timer(PATIENCE_S, self.kill)
        watchdog.start()
        line = self.process.stdout.readline().strip()
        watchdog.cancel()
        assert line != "", f"{self.kind} peer died or said nothing for {PATIENCE_S} s (asked: {self.asked})"
        return line

    def tell(self, *words):
        self.asked = " ".join(map(str, words))
        self.process.stdin.write(self.asked + "\n")
        self.process.stdin.flush()

    def ask(self, *words):
        self.tell(*words)
        return self.hear()

    def kill(self):
        """As the kernel does it: nothing is said to anybody."""
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()


class Cast:
    """The Redis and all the processes of one run against one version of Redisson."""

    def __init__(self, version):
        if not C_PEER.exists():
            sys.exit(f"{C_PEER} is missing: build it, or say in FRONTROW_LOCK_PEER where it is")
        self.class_path = prepare(version)
        self.redis = Redis()
        self.log = open(self.redis.folder / "peers.log", "w")
        self.peers = []

    def ask_in(self, *kinds):
        """One idle process for each kind named; those of earlier tests that still live come first."""
        idle = [peer for peer in self.peers if peer.process.poll() is None]
        chosen = []
        for kind in kinds:
            peer = next((peer for peer in idle if peer.kind == kind), None)
            if peer is None:
                peer = self.start(kind)
            else:
                idle.remove(peer)
            chosen.append(peer)
        return chosen

    def start(self, kind):
        where = ["127.0.0.1", str(self.redis.port)]
        java = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", self.class_path, "Peer"]
        made = Peer(kind, (java if kind == "java" else [str(C_PEER)]) + where, self.log)
        self.peers.append(made)
        return made

    def close(self):
        for peer in self.peers:
            peer.close()
        self.log.close()
        self.redis.close()


Hammered = collections.namedtuple("Hammered", "turns violations failures seconds samples longest_wait_ns")


def hammer(cast, peers, threads, turns, hold_us=0, pause_us=0, lease_ms=10000):
    """Have every peer take one lock at once. samples: (from, to) -> nanoseconds of each awaited hand-over. A wake-up
    that was lost costs a lease, and shows as the longest wait."""
    path = cast.redis.folder / "witness"
    for old in glob.glob(f"{path}*"):
        os.unlink(old)
    path.write_bytes(bytes(40))
    began = time.monotonic()
    for who, peer in enumerate(peers, 1):
        peer.tell("hammer", "hammered", path, who, threads, turns, hold_us, pause_us, lease_ms)
    failures = sum(int(peer.hear().split()[1]) for peer in peers)
    seconds = time.monotonic() - began
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as witness:
        _, count, violations, _, _ = struct.unpack("5q", witness)
    samples = collections.defaultdict(list)
    longest_wait_ns = 0
    for who, _ in enumerate(peers, 1):
        with open(f"{path}.{who}", encoding="ascii") as lines:
            for line in lines:
                left_by, took_ns, waited_ns = map(int, line.split())
                samples[left_by, who].append(took_ns)
                longest_wait_ns = max(longest_wait_ns, waited_ns)
    return Hammered(count, violations, failures, seconds, samples, longest_wait_ns)


def between(samples, peers, giver, taker):
    """The hand-overs between processes, from one kind to the other."""
    return sorted(took for (left_by, who), all_of_them in samples.items() for took in all_of_them
                  if left_by != who and peers[left_by - 1].kind == giver and peers[who - 1].kind == taker)


def describe(taken_ns):
    if not taken_ns:
        return "none"
    taken_ns = sorted(taken_ns)
    return (f"{len(taken_ns)} times, median {statistics.median(taken_ns) / 1e6:.2f} ms, "
            f"p99 {taken_ns[int(len(taken_ns) * 0.99)] / 1e6:.2f} ms, longest {taken_ns[-1] / 1e6:.2f} ms")
