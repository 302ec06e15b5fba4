#!/usr/bin/env python3
"""Check a Frontrow draw: your own place, or everybody's. Needs nothing but Python 3.6.

    draw.py http://HOST/api/v1/concerts/7/draw                what was drawn, and is it as promised?
    draw.py http://HOST/api/v1/concerts/7/draw 262            which number did entry number 262 get?
    draw.py http://HOST/api/v1/concerts/7/draw --all          every entry number and the number it got
    draw.py --last 10 --seed HEX --list-hash HEX 262          the same without a server

This is a second implementation, written from docs/draw.md; it shares no code with the server.
"""
import argparse
import base64
import hashlib
import json
import sys
import urllib.request

ROUNDS = 8


def sha256(data):
    return hashlib.sha256(data).digest()


class Shuffle:
    def __init__(self, seed, list_hash, last):
        self.key = sha256(b"frontrow draw 1\n" + seed + list_hash)
        self.last = last
        bits = max(2, (last - 1).bit_length())
        self.high_bits = bits // 2
        self.low_bits = bits - bits // 2

    def scramble(self, round_, half, bits):
        digest = sha256(self.key + bytes([round_]) + half.to_bytes(4, "big"))
        return int.from_bytes(digest[:4], "big") % (1 << bits)

    def once(self, index):
        high, low = divmod(index, 1 << self.low_bits)
        for round_ in range(0, ROUNDS, 2):
            high ^= self.scramble(round_, low, self.high_bits)
            low ^= self.scramble(round_ + 1, high, self.low_bits)
        return (high << self.low_bits) | low

    def number(self, entry):
        if not 1 <= entry <= self.last:
            return entry
        index = self.once(entry - 1)
        while index >= self.last:
            index = self.once(index)
        return index + 1


def entries_of(bitmap):
    return [8 * i + bit for i, byte in enumerate(bitmap) for bit in range(8) if byte & 0x80 >> bit]


def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def check(url):
    """The draw, after everything that can be checked was; ends the program when something is wrong."""
    draw = fetch(url + "?format=list")
    print("commitment   ", draw["commitment"])
    if draw["seed"] is None:
        print("not drawn yet:", draw["entrants"], "entrants so far. Keep the commitment and come back.")
        sys.exit(0)
    print("seed         ", draw["seed"])
    print("entrants     ", draw["entrants"], "with entry numbers up to", draw["last_entry"])
    bitmap = base64.b64decode(draw["list"])
    checks = [
        ("the seed is the one that was promised", sha256(bytes.fromhex(draw["seed"])).hex() == draw["commitment"]),
        ("the list is the one that was drawn from", sha256(bitmap).hex() == draw["entrants_hash"]),
        ("the list has that many entrants", len(entries_of(bitmap)) == draw["entrants"]),
    ]
    for what, good in checks:
        print("ok " if good else "WRONG", what)
    if not all(good for _, good in checks):
        sys.exit(1)
    shuffle = Shuffle(bytes.fromhex(draw["seed"]), bytes.fromhex(draw["entrants_hash"]), draw["last_entry"])
    return shuffle, entries_of(bitmap)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rest", nargs="*", help="address of the draw, and your entry number")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--last", type=int)
    parser.add_argument("--seed")
    parser.add_argument("--list-hash")
    args = parser.parse_args()
    if args.seed:
        shuffle = Shuffle(bytes.fromhex(args.seed), bytes.fromhex(args.list_hash), args.last)
        entries, mine = range(1, args.last + 1), args.rest
    else:
        if not args.rest:
            parser.error("the address of the draw is missing")
        shuffle, entries = check(args.rest[0])
        mine = args.rest[1:]
    if args.all:
        for number, entry in sorted((shuffle.number(entry), entry) for entry in entries):
            print(entry, number)
    for entry in map(int, mine):
        number = shuffle.number(entry)
        if args.seed:
            print(entry, number)
        elif entry not in set(entries):
            print("entry number", entry, "was not in the draw")
            sys.exit(1)
        else:
            ahead = sum(shuffle.number(other) < number for other in entries)
            print("entry number", entry, "got number", number, "with", ahead, "entrants ahead of it")


if __name__ == "__main__":
    main()
