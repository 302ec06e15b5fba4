#!/usr/bin/python3
"""docs/openapi.yaml says what frontrow-web does: the same routes, the same access, the same keys, the same codes.

FRONTROW_WEB names the program. It is asked for its routes and needs no service for that.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
DOCUMENT = TOP / "docs/openapi.yaml"
OUTCOMES = TOP / "src/base/outcome.def"
NGINX_WORDS = TOP / "nginx/problem_words.conf"

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# What a route's row calls its access, and who that is to a client.
WHO = {"public": "anyone", "fan": "fan", "fan_by_script": "fan", "operator": "operator"}

# Codes that no client is meant to meet: success, a request in the wrong pool, a mistake of ours.
UNSEEN = {"done", "misdirected", "internal"}

# What every operation that asks for it must be able to answer.
SIGNED_IN_NEEDS = {"401"}
OPERATOR_NEEDS = {"403"}
KEY_NEEDS = {"400", "409", "422"}


def routes_of_program(program):
    """{(method, path): (who, key)} as `frontrow-web --routes` prints them."""
    printed = subprocess.run([program, "--routes"], check=True, capture_output=True, text=True, timeout=30).stdout
    routes = {}
    for line in printed.splitlines():
        method, path, _pool, access, key = line.split()
        if access.lower() not in WHO:
            sys.exit(f"{program} --routes: unknown access in: {line}")
        if (method, path) in routes:
            sys.exit(f"{program} --routes: twice: {method} {path}")
        routes[method, path] = (WHO[access.lower()], key != "-")
    return routes


def who_may(security):
    """The security of an operation in one word; whoever may not be told apart from it is a mistake."""
    if security == []:
        return "anyone"
    schemes = sorted(name for one in security for name in one)
    roles = {role for one in security for required in one.values() for role in required}
    if schemes == ["bearer", "cookie"] and len(roles) == 1:
        return roles.pop()
    return f"unclear security {security}"


def look_up(document, pointer):
    for step in pointer.removeprefix("#/").split("/"):
        document = document[step]
    return document


def resolved(document, thing):
    return look_up(document, thing["$ref"]) if "$ref" in thing else thing


def takes_key(document, parameters):
    """Whether Idempotency-Key is listed; a key that is listed but not required is a mistake."""
    keys = [one for one in (resolved(document, p) for p in parameters) if one["name"] == "Idempotency-Key"]
    if any(one["in"] != "header" or one.get("required") is not True for one in keys):
        return "an Idempotency-Key that is not a required header"
    return bool(keys)


def routes_of_document(document):
    """{(method, path): (who, key, statuses, id)} as the document describes them."""
    routes = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            who = who_may(operation.get("security", document["security"]))
            key = takes_key(document, item.get("parameters", []) + operation.get("parameters", []))
            plain = re.sub(r"\{[^}]*\}", "{}", path)
            routes[method.upper(), plain] = (who, key, operation["responses"], operation.get("operationId"))
    return routes


def compare_routes(described, built):
    for route in sorted(built.keys() - described.keys()):
        yield f"{' '.join(route)}: built, but not in the document"
    for route in sorted(described.keys() - built.keys()):
        yield f"{' '.join(route)}: in the document, but not built"
    for route in sorted(described.keys() & built.keys()):
        who, key = built[route]
        told_who, told_key, _responses, _name = described[route]
        if told_who != who:
            yield f"{' '.join(route)}: for {who}, the document says {told_who}"
        if told_key != key:
            yield f"{' '.join(route)}: key {'required' if key else 'not asked for'}, the document says {told_key}"


def check_answers(document, described):
    """Whoever may be refused is told how, and every refusal is a problem."""
    for route, (who, key, responses, _name) in described.items():
        needed = set()
        needed |= SIGNED_IN_NEEDS if who != "anyone" else set()
        needed |= OPERATOR_NEEDS if who == "operator" else set()
        needed |= KEY_NEEDS if key is True else set()
        for status in sorted(needed - responses.keys()):
            yield f"{' '.join(route)}: {status} is not in the document"
        for status, response in responses.items():
            content = resolved(document, response).get("content", {})
            if status >= "400" and "application/problem+json" not in content:
                yield f"{' '.join(route)}: {status} is no application/problem+json"


def check_names(described):
    names = [name for _who, _key, _responses, name in described.values()]
    for name in sorted({name for name in names if name is None or names.count(name) > 1}, key=str):
        yield f"operationId {name}: each operation needs one of its own"


def codes_of_server():
    """The codes of the workers' outcomes and of the refusals that nginx makes itself."""
    outcomes = re.findall(r'^OUTCOME\(\w+, "(\w+)"', OUTCOMES.read_text(), re.MULTILINE)
    words = re.search(r"\$frontrow_problem_code \{(.*?)\n\}", NGINX_WORDS.read_text(), re.DOTALL)[1]
    refusals = re.findall(r"^\s*\S+\s+(\w+);", words, re.MULTILINE)
    return set(outcomes + refusals) - UNSEEN


def codes_of_answers(document):
    """What the answers in the document narrow the code of their problem to."""
    for response in document["components"]["responses"].values():
        for content in response.get("content", {}).values():
            for part in content["schema"].get("allOf", []):
                yield from part.get("properties", {}).get("code", {}).get("enum", [])


def check_codes(document):
    """A code that the server says, the list of codes knows, and some answer has."""
    said = codes_of_server()
    listed = set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
    for code in sorted(said - listed):
        yield f"code {code}: said by the server, but not in the document"
    for code in sorted(listed - said):
        yield f"code {code}: in the document, but the server never says it"
    for code in sorted(listed ^ set(codes_of_answers(document))):
        yield f"code {code}: the list and the answers of the document differ"


def references(thing):
    if isinstance(thing, dict):
        if isinstance(thing.get("$ref"), str):
            yield thing["$ref"]
        for value in thing.values():
            yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


def check_references(document):
    used = set(references(document))
    for pointer in sorted(used):
        try:
            look_up(document, pointer)
        except (KeyError, TypeError):
            yield f"{pointer}: points nowhere"
    for name in document["components"]["schemas"]:
        if f"#/components/schemas/{name}" not in used:
            yield f"schema {name}: nothing uses it"


def main():
    program = os.environ.get("FRONTROW_WEB")
    if not program:
        sys.exit("FRONTROW_WEB must name the program frontrow-web")
    document = yaml.safe_load(DOCUMENT.read_text())
    built = routes_of_program(program)
    described = routes_of_document(document)
    wrong = [
        *check_references(document),
        *compare_routes(described, built),
        *check_answers(document, described),
        *check_names(described),
        *check_codes(document),
    ]
    for line in wrong:
        print(line)
    if not built:
        wrong.append("no route")
    print(f"openapi: {len(built)} routes built, {len(described)} described, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
