#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what small programs compile to with the listings beside them.

usage: golden.py VYRE-SPV            every X.vyre here gives X.golden
       golden.py VYRE-SPV --update   rewrites the listings; `ninja -C BUILD golden-update` does it

A listing is `compile --side-by-side`. A line `// options: ...` of the program adds options. Of what
is called only the names are kept, of what is declared only what says something about the program.
Each module passes spirv-val as well. Exits with 77 where SPIRV-Tools are not installed.
"""
import difflib
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

NOTHING = re.compile("(?!)")
OMITTED = {
    "; what it calls": re.compile("^(?!.* = OpFunction )"),
    "; what it declares": re.compile("Op(Name|String|Type|Constant|Variable|ExtInstImport|Entry)"
                                     "|ArrayStride|Block|Offset|BuiltIn|DescriptorSet"),
}
HERE = os.path.dirname(os.path.abspath(__file__))


def compiled(tool, program, *options):
    done = subprocess.run([tool, "compile", os.path.basename(program), *options], cwd=HERE,
                          capture_output=True, timeout=60)
    if done.returncode:
        sys.exit(f"{program}: exit {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def listing(tool, program):
    with open(program, encoding="utf-8") as file:
        text = file.read()
    said = re.search(r"^// options: (.*)$", text, re.M)
    options = shlex.split(said.group(1)) if said else []
    environment = dict(zip(options, options[1:])).get("--target-env", "vulkan1.1")
    valid = subprocess.run(["spirv-val", "--target-env", environment, "-"],
                           input=compiled(tool, program, *options), capture_output=True, timeout=60)
    if valid.returncode:
        sys.exit(f"{program}: {valid.stderr.decode()}")
    kept, part = [], ""
    for line in compiled(tool, program, "--side-by-side", *options).decode().splitlines():
        part = line if line.startswith(";") else part
        if line == part or not line or not OMITTED.get(part, NOTHING).search(line):
            kept.append(line.rstrip())
    return "\n".join(kept) + "\n"


def main(tool, update):
    if not shutil.which("spirv-dis") or not shutil.which("spirv-val"):
        print("skipped: SPIRV-Tools are not installed")
        return 77
    tool, differ = os.path.abspath(tool), 0
    programs = sorted(glob.glob(os.path.join(HERE, "*.vyre")))
    for program in programs:
        golden, now = program[:-len(".vyre")] + ".golden", listing(tool, program)
        before = ""
        if os.path.exists(golden):
            with open(golden, encoding="utf-8") as file:
                before = file.read()
        if before == now:
            continue
        differ += 1
        if update:
            print("updated", os.path.basename(golden))
            with open(golden, "w", encoding="utf-8") as file:
                file.write(now)
        else:
            sys.stdout.writelines(difflib.unified_diff(
                before.splitlines(True), now.splitlines(True), "golden", os.path.basename(program)))
    print(f"{len(programs)} programs, {differ} differ")
    if differ and not update:
        print("If the new code is what it should be: ninja -C BUILD golden-update, and commit")
    return 1 if not programs or (differ and not update) else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--update"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], bool(sys.argv[2:])))
