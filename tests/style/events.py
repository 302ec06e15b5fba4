#!/usr/bin/env python3
"""The events that the server writes are what docs/events promises: events.py PROGRAM, which prints one of each kind, a
line each. Schemas and the AsyncAPI document must be sound themselves, and name each other.
"""
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import yaml

DOCS = Path(__file__).resolve().parents[2] / "docs/events"
FORMATS = jsonschema.FormatChecker()


def validator(path):
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=FORMATS)


def references(node):
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolves(document, reference):
    if not reference.startswith("#/"):
        return (DOCS / reference).exists()
    for step in reference[2:].split("/"):
        if not isinstance(document, dict) or step not in document:
            return False
        document = document[step]
    return True


def main():
    wrong = []
    validators = {path.name: validator(path) for path in sorted(DOCS.glob("*.json"))}
    for name, one in validators.items():
        for example in one.schema["examples"]:
            wrong += [f"{name}: example: {error.message}" for error in one.iter_errors(example)]
            for member in one.schema["required"]:
                less = {key: value for key, value in example.items() if key != member}
                if one.is_valid(less):
                    wrong.append(f"{name}: passes without {member}")
    document = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())
    wrong += [f"asyncapi.yaml: nothing at {one}" for one in references(document) if not resolves(document, one)]
    written = set()
    for line in subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines():
        event = json.loads(line)
        name = f"{event['type']}.v{event['version']}.json"
        written.add(name)
        if name not in validators:
            wrong.append(f"{name} is missing: {line}")
            continue
        wrong += [f"{name}: {error.message}: {line}" for error in validators[name].iter_errors(event)]
        unknown = set(event) - set(validators[name].schema["properties"])
        wrong += [f"{name}: does not know {member}" for member in sorted(unknown)]
    wrong += [f"{name}: nobody writes it" for name in validators if name not in written]
    wrong += [f"asyncapi.yaml does not name {name}" for name in validators if name not in set(references(document))]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
