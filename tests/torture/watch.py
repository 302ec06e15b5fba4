#!/usr/bin/env python3
"""Looks from the side, past the proxies: watch.py RUN-DIRECTORY LOG

Ten times a second it writes down every concert's queue as Redis has it. And it is another service that shares the
accounts' locks, as Redisson takes them: while it has one, nobody may change that account's points.
"""
import getpass
import json
import random
import socket
import subprocess
import sys
import threading
import time
import uuid

EVERY_S = 0.1
LEASE_MS = 5000

QUEUE = """
local info = redis.call('INFO', 'server')
local answer = {info:match('run_id:(%x+)'), redis.call('GET', 'torture:mark') or ''}
local time = redis.call('TIME')
answer[3] = time[1] * 1000 + math.floor(time[2] / 1000)
for _, key in ipairs(redis.call('KEYS', 'concert:{*}')) do
  local tag = key:match('{.*}')
  local function all(name) return redis.call('ZRANGE', name .. ':' .. tag, 0, -1, 'WITHSCORES') end
  -- The line is cut at each two million numbers, and a loss of Redis uses up a hundred thousand.
  local line = all('wait')
  for part = 1, 3 do
    local more = redis.call('ZRANGE', 'wait:' .. tag .. ':' .. part, 0, -1, 'WITHSCORES')
    for _, word in ipairs(more) do line[#line + 1] = word end
  end
  answer[#answer + 1] = {tag, redis.call('HGET', key, 'capacity'),
    redis.call('HGET', key, 'rate_per_minute'), line, all('admitted'), all('active'),
    redis.call('HGETALL', 'places:' .. tag)}
end
return answer
"""
TAKE = """
if redis.call('exists', KEYS[1]) == 1 then return redis.call('pttl', KEYS[1]) end
redis.call('hset', KEYS[1], ARGV[1], 1)
redis.call('pexpire', KEYS[1], ARGV[2])
return 'mine'
"""
GIVE = """
if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return 'lost' end
redis.call('del', KEYS[1])
redis.call('publish', 'redisson_lock__channel:{' .. KEYS[1] .. '}', '0')
return 'given'
"""


class Gone(Exception):
    pass


class Redis:
    """Commands and answers, one after the other."""

    def __init__(self, path):
        self.path = path
        self.link = None

    def ask(self, *words):
        try:
            if self.link is None:
                plain = socket.socket(socket.AF_UNIX)
                plain.settimeout(20)
                plain.connect(self.path)
                self.link = plain.makefile("rwb")
            said = [str(word).encode() for word in words]
            self.link.write(b"*%d\r\n" % len(said) + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in said))
            self.link.flush()
            return self.read()
        except (OSError, ValueError) as error:
            self.link = None
            raise Gone(str(error)) from error

    def read(self):
        line = self.link.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("closed")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise Gone(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self.link.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return rest


class Log:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()

    def add(self, **line):
        with self.lock:
            self.file.write(json.dumps(line, separators=(",", ":")) + "\n")
            self.file.flush()


def pairs(flat):
    return {flat[i]: flat[i + 1] for i in range(0, len(flat), 2)}


def numbers(flat):
    return {account: float(score) for account, score in pairs(flat).items()}


def watch_queues(path, log):
    redis, mark = Redis(path), ""
    while True:
        began = time.time()
        try:
            run, found, clock, *concerts = redis.ask("EVAL", QUEUE, 0)
            # Without the mark Redis has forgotten all it knew; nothing may be compared with before.
            if found != mark or mark == "":
                mark = str(uuid.uuid4())
                redis.ask("SET", "torture:mark", mark)
            for tag, capacity, rate, wait, admitted, active, places in concerts:
                log.add(queue=int(tag.strip("{}c")), at=began, to=time.time(), clock=clock, life=f"{run} {found}",
                        capacity=int(capacity or 0), rate=int(rate or 0), wait=numbers(wait), admitted=numbers(admitted),
                        active=numbers(active), places=pairs(places))
        except Gone:
            pass
        time.sleep(EVERY_S)


class Database:
    """A client that stays: a statement goes in, a line comes out."""

    def __init__(self, path):
        self.words = ["mariadb", "--no-defaults", f"--socket={path}", f"--user={getpass.getuser()}", "-N", "--batch",
                      "--unbuffered", "frontrow"]
        self.client = None

    def line(self, statement):
        try:
            if self.client is None:
                self.client = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                               stderr=subprocess.DEVNULL, text=True, bufsize=1)
            self.client.stdin.write(statement + ";\n")
            self.client.stdin.flush()
            line = self.client.stdout.readline()
        except OSError:
            line = ""
        if not line:
            self.client.kill()
            self.client.wait()
            self.client = None
            raise Gone("no answer")
        return line.split()


def take(redis, name, me):
    """Ask so often that it is ours in the very moment in which it is free."""
    end = time.monotonic() + 1
    while time.monotonic() < end:
        if redis.ask("EVAL", TAKE, 1, name, me, LEASE_MS) == "mine":
            return True
    return False


def somebody_busy(redis):
    """An account that is being changed right now, so that the lock comes straight from its hands."""
    for _ in range(50):
        names = redis.ask("KEYS", "user*")
        if names:
            return random.choice(names)
        time.sleep(0.01)
    return None


def share_lock(redis, database, log, counts):
    name = somebody_busy(redis)
    if name is None:
        return
    account, me = int(name[4:]), f"{uuid.uuid4()}:1"
    if not take(redis, name, me):
        return
    began, seen = time.time(), []
    while time.time() < began + 0.06:
        seen.append(database.line(f"SELECT points FROM account WHERE account_id = {account}")[0])
    ended = time.time()
    # Only what was seen while the lock was ours for certain says anything.
    if redis.ask("EVAL", GIVE, 1, name, me) != "given" or ended - began > LEASE_MS / 2000:
        return
    counts["shared"] += 1
    if len(set(seen)) > 1:
        log.add(lock=account, at=began, to=ended, seen=seen)


def share_locks(redis_path, mysql_path, log):
    redis, database, counts = Redis(redis_path), Database(mysql_path), {"shared": 0}
    while True:
        try:
            share_lock(redis, database, log, counts)
        except Gone:
            time.sleep(0.2)
        if counts["shared"] % 20 == 19:
            log.add(shared=counts["shared"])
            counts["shared"] += 1
        time.sleep(0.05)


def main():
    run, log = sys.argv[1], Log(sys.argv[2])
    threading.Thread(target=watch_queues, args=(f"{run}/redis.sock", log), daemon=True).start()
    share_locks(f"{run}/redis.sock", f"{run}/mariadb.sock", log)


if __name__ == "__main__":
    main()
