#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where everything in the value library is, so that compilations need not look for it.

usage: index_values.py WORDS OUT    WORDS is a list of numbers as glslc -mfmt=num writes it

OUT defines `value_places`, the word at which an id's function, type or constant begins (0: none),
and `value_names`, the functions by name in the order of strcmp.
"""
import re
import sys

# Instructions whose result has a place, and the word in which it stands.
TYPES = {19, 20, 21, 22, 23, 28, 30, 32, 33, 11}  # OpTypeVoid to OpTypeFunction, OpExtInstImport
CONSTANTS = {41, 42, 43, 44, 54}  # OpConstantTrue to OpConstantComposite, OpFunction
NAME = 5


def main():
    with open(sys.argv[1], encoding="ascii") as source:
        words = [int(word, 0) for word in re.findall(r"0x[0-9a-fA-F]+|\d+", source.read())]
    places, names = [0] * words[3], {}
    functions, at = set(), 5
    while at < len(words):
        op, count = words[at] & 0xFFFF, words[at] >> 16
        if op in TYPES:
            places[words[at + 1]] = at
        elif op in CONSTANTS:
            places[words[at + 2]] = at
            if op == 54:
                functions.add(words[at + 2])
        elif op == NAME:
            text = b"".join(word.to_bytes(4, "little") for word in words[at + 2:at + count])
            name = text.split(b"\0")[0].decode()
            # glslang's names end with the kinds of the parameters: "f32_add(u1;u1;".
            if "(" in name:
                names.setdefault(name.split("(")[0], words[at + 1])
        at += count
    with open(sys.argv[2], "w", encoding="ascii") as out:
        print("static const uint32_t value_places[] = {", file=out)
        for i in range(0, len(places), 12):
            print(" ".join(f"{place}," for place in places[i:i + 12]), file=out)
        print("};\nstatic const struct value_name value_names[] = {", file=out)
        for name in sorted(names):
            if names[name] in functions:
                print(f'{{ "{name}", {names[name]} }},', file=out)
        print("};", file=out)


main()
