#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants faults in the compiler, one at a time, and wants the first 400 random programs to find each.

usage: planted.py --texts SOURCE            every fault still has its place in the sources
       planted.py SOURCE BUILD PROGRAM [NAME...]

A fault is a text of a source file and what takes its place. The file is compiled as BUILD compiles it, into a folder of
its own, and linked into PROGRAM before the library that has the true one. Nothing in SOURCE or BUILD changes.

Not among them is a barrier that ends no load in common subexpressions: in a program without races nobody can tell. What
another invocation stores between two loads of one element stands, for all of them, between two barriers that lie between
the loads, so that the text of the store does too, and the store itself ends the first load.
"""
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

FAULTS = [
    ("min with -1 of an i32 is the other operand", "lib/ir/pass/strength.c",
     "case IR_BIN_MIN: return bits == UINT32_MAX && kind == INTERP_U32;",
     "case IR_BIN_MIN: return bits == UINT32_MAX;"),
    ("the second of two axes has one id", "lib/ir/pass/fold.c",
     "return expr->op <= 2 && program->workgroup[expr->op] == 1;",
     "return expr->op == 1;"),
    ("common subexpressions: a store ends no load", "lib/ir/pass/cse.c",
     "case IR_NODE_STORE: cse->versions[node->name]++; break;",
     "case IR_NODE_STORE: cse->versions[node->name] += node->kind == IR_NODE_ASSIGN; break;"),
    ("common subexpressions: an assignment ends no value", "lib/ir/pass/cse.c",
     ".words = { expr->name, cse->versions[expr->name], cse->loop_epoch } };",
     ".words = { expr->name, 0, cse->loop_epoch } };"),
    ("common subexpressions: a loop finds what was loaded before it", "lib/ir/pass/cse.c",
     "const uint32_t entered = cse->memory_epoch = cse->loop_epoch;",
     "const uint32_t entered = cse->memory_epoch;"),
    ("common subexpressions: a copy ends no load", "lib/ir/pass/cse.c",
     "default: cse->memory_epoch = cse->copy_epoch = ++cse->epochs; break;",
     "default: break;"),
    ("ranges: a ^ b is no larger than either", "lib/ir/range_arith.c",
     "case IR_BIN_BIT_XOR: return (struct ir_range){ .high = ones_above(left->high | right->high) };",
     "case IR_BIN_BIT_XOR: return (struct ir_range){ .high = left->high > right->high ? left->high : right->high };"),
    ("ranges: a - b does not wrap", "lib/ir/range_arith.c",
     "return left->low >= right->high ? ir_range_difference(left, right) : ir_range_any;",
     "return ir_range_difference(left, right);"),
    ("barriers of the grid: who returned comes back", "lib/ir/grid_sync.c",
     "bool found = node->kind == IR_NODE_RETURN;",
     "bool found = false;"),
    ("an i32 is shifted right without its sign", "spirv/operators.c",
     "is_signed ? SpvOpShiftRightArithmetic : SpvOpShiftRightLogical",
     "SpvOpShiftRightLogical"),
    ("loads of f32 keep their NaN", "spirv/elements.c",
     "value.id = spv_canonical(lowering, value.id);",
     "value.id = value.id + 0;"),
    ("stores of bytes take their neighbour along", "spirv/elements.c",
     "return bytes == 1 ? 0xFF : 0xFFFF;",
     "return 0xFFFF + 0 * bytes;"),
    ("compare and exchange takes its operands the other way round", "spirv/memory.c",
     "pointer, scope, order, failed, value, expected);",
     "pointer, scope, order, failed, expected, value);"),
    ("a shuffle reads lanes that do not exist", "spirv/subgroup.c",
     "uint32_t inside = spv_test2(lowering, SpvOpULessThan, lane, lane_count(lowering));",
     "uint32_t inside = spv_test2(lowering, SpvOpULessThan, lane, spv_u32(lowering, SPV_SUBGROUP));"),
    ("a sum of what all lanes share counts 32 lanes", "spirv/subgroup.c",
     "return spv_word2(lowering, SpvOpIMul, value, lane_count(lowering));",
     "return spv_word2(lowering, SpvOpIMul, value, spv_u32(lowering, SPV_SUBGROUP));"),
    ("copies go on behind the end of their source", "spirv/async.c",
     "uint32_t from_source = clip(lowering, size, copy->from, there);",
     "uint32_t from_source = there ? size : 0;"),
    ("what a branch gives a local is lost behind it", "spirv/locals.c",
     "if (!arms->then_end || same_words(then, otherwise))",
     "if (!arms->then_end || same_words(then, otherwise) || arms->otherwise_end == arms->header)"),
    ("each iteration finds locals as they were before the loop", "spirv/locals.c",
     "first[k * PHI_WORDS + PHI_SECOND] = spv_value_word(local->value, k);",
     "first[k * PHI_WORDS + PHI_SECOND] += 0;"),
    ("who returned before a barrier writes on", "spirv/alive.c",
     "return cond ? spv_test2(lowering, SpvOpLogicalAnd, cond, alive) : alive;",
     "return cond ? cond : alive;"),
    ("who has left fills workgroup memory too", "spirv/filled.c",
     "const bool all = !list->mixed && !list->late && !search->some_left;",
     "const bool all = !list->mixed && !list->late;"),
    ("what lies beyond a workgroup stays", "spirv/alive.c",
     "if (!width || size % width == 0)",
     "if (size > 0 || !width)"),
]

SEEDS = ["1", "400"]


def misplaced(source):
    """Faults whose text is not in its file, or there more than once."""
    found = []
    for name, path, old, _ in FAULTS:
        count = (source / path).read_text().count(old)
        if count != 1:
            found.append(f"{path} has the text of '{name}' {count} times: {old}")
    return found


def compile_command(commands, source, path, mutated, out):
    """The command that compiles `mutated` as `path` is compiled."""
    wanted = (source / path).resolve()
    for entry in commands:
        directory = pathlib.Path(entry["directory"])
        if (directory / entry["file"]).resolve() != wanted:
            continue
        words = shlex.split(entry["command"])
        kept = []
        skip = False
        for word in words:
            if skip:
                skip = False
            elif word in ("-o", "-MF", "-MQ", "-c"):
                skip = True
            elif word != "-MD" and not word.startswith("-Werror") and word != entry["file"]:
                kept.append(word)
        return kept + ["-w", "-iquote", str(wanted.parent), "-o", str(out), "-c", str(mutated)]
    sys.exit(f"error: {path} is not compiled in this build")


def link_command(build, program, mutated, out):
    """The command that links `program`, with one more object."""
    target = str(pathlib.Path(program).resolve().relative_to(build))
    lines = subprocess.run(["ninja", "-C", str(build), "-t", "commands", "-s", target], check=True, text=True,
                           capture_output=True).stdout.splitlines()
    words = shlex.split([line for line in lines if f" -o {target} " in line][-1])
    words[words.index(target)] = str(out)
    return words[:1] + [str(mutated)] + words[1:]


def plant(source, build, program, fault, folder):
    """Whether the random programs find it."""
    name, path, old, new = fault
    mutated = folder / pathlib.Path(path).name
    mutated.write_text((source / path).read_text().replace(old, new))
    commands = json.loads((build / "compile_commands.json").read_text())
    subprocess.run(compile_command(commands, source, path, mutated, folder / "mutated.o"), cwd=build, check=True)
    subprocess.run(link_command(build, program, folder / "mutated.o", folder / "planted"), cwd=build, check=True)
    run = subprocess.run([folder / "planted", *SEEDS, "find"], text=True, capture_output=True, check=False)
    said = [line for line in run.stderr.splitlines() if line.startswith("seed ")]
    if run.returncode == 77:
        sys.exit(77)
    if run.returncode == 0 or not said:
        print(f"NOT FOUND: {name} (exit {run.returncode})\n{run.stdout[-2000:]}{run.stderr[-2000:]}", flush=True)
        return False
    print(f"found: {name}\n    {said[0]}", flush=True)
    return True


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--texts":
        found = misplaced(pathlib.Path(sys.argv[2]))
        print("\n".join(found) if found else f"{len(FAULTS)} faults have their places")
        sys.exit(1 if found else 0)
    source, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    missed = misplaced(source)
    wanted = [fault for fault in FAULTS if not sys.argv[4:] or fault[0] in sys.argv[4:]]
    for fault in wanted if not missed else []:
        with tempfile.TemporaryDirectory() as folder:
            if not plant(source, build, sys.argv[3], fault, pathlib.Path(folder)):
                missed.append(fault[0])
    print(f"{len(wanted) - len(missed)} of {len(wanted)} faults are found")
    if missed:
        print("\n".join(missed))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
