#!/usr/bin/env python3
"""Secrets: a new key signs nobody out, and what must stay secret is in no log and in no list of processes. This comes
last, so that the logs are those of all the tests before it.
"""
import os
import re
import signal
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

from frontrow import DIR, PASSWORD, RUN, SRC, Client, Tap, ctl, fan, operator, poll
from security import key_lines, token

POOLS = ("fast", "money", "sign_in", "office")
SEALED_BYTES = (50, 51)


def reload(lines):
    """Write the key file and have every pool replace its processes."""
    path = DIR / "etc/frontrow.secret"
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(line + "\n" for line in lines))
    fresh.replace(path)
    for pool in POOLS:
        os.kill(int((RUN / f"web-{pool}.pid").read_text()), signal.SIGHUP)


def pools_say(token_text, role_token, statuses):
    """What each pool says of a token: money and fast of a fan's, office of an operator's."""
    said = [Client(token_text).ask("GET", "/account").status, Client(token_text).ask("GET", "/concerts/1/queue").status,
            Client(role_token).ask("GET", "/operator/invariants").status]
    return said == statuses


def rotation(tap):
    client, office = fan(46), operator()
    account = client.ask("GET", "/account").json["account_id"]
    officer = office.ask("GET", "/account").json["account_id"]
    old = (DIR / "etc/frontrow.secret").read_text().split()
    new = ctl("secret", "new").stdout.strip()
    key = tuple(new.split(":"))
    fans, officers = token(account, key=key), token(officer, role=2, key=key)
    tap.check("a key that is not there yet is not believed", pools_say(fans, officers, [401, 401, 401]))
    # First all processes learn the new key, then they sign with it: nobody meets one that does not know it.
    reload(old + [new])
    tap.check("behind the old one it verifies, in every pool",
              poll(15, lambda: pools_say(fans, officers, [200, 200, 200])))
    reload([new] + old)
    first_byte = int(key[0])
    tap.check("in front it signs", poll(15, lambda: urlsafe_b64decode(fan(46).token + "==")[0] == first_byte))
    tap.check("nobody was signed out", pools_say(client.token, office.token, [200, 200, 200]))
    fresh, fresh_office = fan(46), operator()
    reload([new])
    tap.check("without the old key its tokens are dead, in every pool",
              poll(15, lambda: pools_say(client.token, office.token, [401, 401, 401])))
    tap.check("and those of the new one live", pools_say(fresh.token, fresh_office.token, [200, 200, 200]))
    reload([new] + old)
    tap.check("(the old key is back for those who come after)",
              poll(15, lambda: pools_say(client.token, office.token, [200, 200, 200])))


def secrets():
    """(what, text) of everything that nobody may read anywhere."""
    yield "a password", PASSWORD
    yield "a wrong password", "not-the-password"
    for name in ("mysql", "mysql-owner"):
        yield f"the password of {name}", (DIR / f"etc/{name}.password").read_text().strip()
    yield "the webhook's key", ctl("webhook", "key").stdout.strip()
    for number, secret in key_lines():
        yield f"key {number}", secret


def sealed_texts(text):
    """Tokens and tickets, whoever's they are: as long as one, in its alphabet, and beginning with the number of a key."""
    numbers = {int(number) for number, _secret in key_lines()}
    for found in re.findall(r"(?<![\w-])[\w-]{67,68}(?![\w-])", text):
        data = urlsafe_b64decode(found + "=" * (-len(found) % 4))
        if len(data) in SEALED_BYTES and data[0] in numbers:
            yield found


def logs(tap):
    files = [path for path in (DIR / "log").rglob("*") if path.is_file()]
    tap.check("there are logs to look at", sum(path.stat().st_size for path in files) > 10000, files)
    for path in files:
        text = path.read_text(errors="replace")
        tap.same(f"{path.name} holds no secret", [], [what for what, secret in secrets() if secret in text])
        tap.same(f"{path.name} holds no token and no ticket", [], list(sealed_texts(text)))


def processes(tap):
    """All whose files are in the stack's folder: servers, workers, helpers."""
    seen = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace")
            environment = (folder / "environ").read_bytes().decode(errors="replace")
            ours = str(DIR) in words or str(RUN) in words or (folder / "cwd").resolve() == RUN.resolve()
        except OSError:
            continue
        if not ours:
            continue
        seen += 1
        shown = [what for what, secret in secrets() if secret in words or secret in environment]
        tap.same(f"{Path(words.split(chr(0))[0]).name} ({folder.name}) shows no secret", [], shown)
    tap.check("MariaDB, Redis, nginx and the pools were among them", seen >= 10, seen)


def sources(tap):
    """What lies in the tree is for everybody: no key and no password but the demo's."""
    found = [str(path) for path in (SRC / "etc").rglob("*") if path.is_file()
             and re.search(r"^\s*\d+:[0-9a-f]{64}|^\s*password = \"[^\"]+\"", path.read_text(), re.M)]
    tap.same("the example configuration holds no secret", [], found)


def main():
    tap = Tap()
    rotation(tap)
    logs(tap)
    processes(tap)
    sources(tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
