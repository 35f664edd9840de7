#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kept.py BEFORE.json AFTER.json: each field of BEFORE that AFTER has not, one a line.

Objects are matched by kind and name. AFTER comes from a program that knows the
types: what it did not understand is missing there.
"""
import json
import sys


def objects(path):
    text, found, at = open(path).read(), {}, 0
    while text[at:].strip():
        item, end = json.JSONDecoder().raw_decode(text[at:].lstrip())
        at = len(text) - len(text[at:].lstrip()) + end
        for o in item["items"] if item.get("kind") == "List" else [item]:
            found[o["kind"], o["metadata"]["name"]] = o
    return found


def missing(before, after, path):
    if isinstance(before, dict):
        for key, value in before.items():
            if not isinstance(after, dict) or key not in after:
                yield f"{path}.{key}"
            else:
                yield from missing(value, after[key], f"{path}.{key}")
    elif isinstance(before, list):
        for i, value in enumerate(before):
            if not isinstance(after, list) or i >= len(after):
                yield f"{path}[{i}]"
            else:
                yield from missing(value, after[i], f"{path}[{i}]")


before, after = objects(sys.argv[1]), objects(sys.argv[2])
for (kind, name), o in before.items():
    for line in missing(o, after.get((kind, name)), f"{kind} {name}"):
        print(line)
