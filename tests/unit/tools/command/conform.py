#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vyre-spv conform.

usage: conform.py VYRE-SPV
"""
import bz2
import gzip
import json
import lzma
import subprocess
import unittest

from support import (
    Case, has_device, have, OK, record, SYSTEM, TOOL, TRAP, TRIPLE_RUN, TRIPLE_WIRE, USAGE,
    WRONG_INPUT,
)


class Conform(Case):
    """Records of our own: what is judged, what is printed, and what hostile input does."""
    RUN = TRIPLE_RUN
    WIRE = {"name": "wire/one", "wire": TRIPLE_WIRE.hex(), "decodes": True,
            "fingerprint": None, "output_indices": [1]}
    BAD = {"name": "bad/cut", "wire": TRIPLE_WIRE[:-1].hex(), "original": "error",
           "error_kind": "WireFormatValidation", "token": "IntegrityMismatch"}
    TEXT = {"name": "text/empty", "text": "", "original": "error", "error_kind": "MissingHeader"}
    VALID = {"name": "v/one", "family": "own", "wire": TRIPLE_WIRE.hex(), "errors": [],
             "warnings": [], "options": {}}

    def conform(self, code, *records, options=()):
        lines = b"".join(one if isinstance(one, bytes) else record(**one) for one in records)
        return self.expect(code, "conform", *options, self.path("records.jsonl", lines))

    def last(self, result):
        return result.stdout.decode().splitlines()[-1]

    def test_each_kind_is_known_by_its_fields(self):
        wire = {**self.WIRE, "fingerprint": self.fingerprint()}
        result = self.conform(OK, self.RUN, wire, self.BAD, self.TEXT, self.VALID)
        text = result.stdout.decode()
        for family in ("run/own", "wire", "wire_bad", "text", "validate/own"):
            self.assertRegex(text, rf"(?m)^{family} +1 +0 +0 +0$")
        self.assertEqual(self.last(result), "5 passed, 0 failed, 0 skipped")
        self.assertEqual(result.stderr, b"")
        result = self.expect(OK, "conform", "-", stdin=record(**self.RUN))
        self.assertEqual(self.last(result), "1 passed, 0 failed, 0 skipped")

    def fingerprint(self):
        """As a difference tells it."""
        result = self.conform(WRONG_INPUT, {**self.WIRE, "fingerprint": "00" * 32})
        self.assertIn(b"FAIL wire/one", result.stdout)
        known = ""
        for at in range(32):
            result = self.conform(WRONG_INPUT, {**self.WIRE,
                                                "fingerprint": known + "00" * (32 - at)})
            found = result.stdout.decode().split(f"byte {at} is ")
            known += found[1][:2] if len(found) > 1 else "00"
        return known

    def test_differences_are_readable(self):
        wrong = json.loads(json.dumps(self.RUN))
        wrong["buffers"][1]["output"] = "0400000008000000"
        result = self.conform(WRONG_INPUT, wrong, self.RUN)
        self.assertIn(b"FAIL run/one (" + self.path("records.jsonl").encode() + b":1): buffer 'out' "
                      b"(u32), element 1 of 2: expected 8 (08000000), got 7 (07000000)\n",
                      result.stdout)
        self.assertEqual(self.last(result), "1 passed, 1 failed, 0 skipped")
        for change, said in (({"result": "error", "error": "trap"}, b"ran; expected the error trap"),
                             ({"fingerprint": "11" * 32}, b"fingerprint: byte 0 is ")):
            self.assertIn(said, self.conform(WRONG_INPUT, {**self.RUN, **change}).stdout)
        wrong["buffers"][1]["output"] = "04000000"
        self.assertIn(b"buffer 'out': 8 bytes, expected 4",
                      self.conform(WRONG_INPUT, wrong).stdout)
        wrong["buffers"][1].update(output="0400000007000000", type="i32")
        self.assertIn(b"expected 'out' : i32[0] rw", self.conform(WRONG_INPUT, wrong).stdout)
        result = self.conform(WRONG_INPUT, {**self.VALID, "errors": ["V008", "U20b"]})
        self.assertIn(b"errors: expected [ V008 V120 ], got [ ]", result.stdout)
        self.conform(OK, {**self.BAD, "wire": TRIPLE_WIRE[:20].hex(), "token": "TruncatedPayload"})
        for change in ({"token": "utf8"}, {"error_kind": "VersionMismatch"},
                       {"original": "accepts"}, {"wire": TRIPLE_WIRE.hex()}):
            self.assertIn(b"FAIL bad/cut", self.conform(WRONG_INPUT, {**self.BAD, **change}).stdout)
        for change in ({"error_kind": "OddHexLineLength"}, {"original": "accepts"}):
            self.assertIn(b"FAIL text", self.conform(WRONG_INPUT, {**self.TEXT, **change}).stdout)

    def test_skips_have_reasons_and_deviations_ids(self):
        omitted = {"name": "big", "family": "own", "buffers": [], "result": "omitted_size",
                   "wire": None}
        result = self.conform(OK, omitted, {**self.RUN, "result": "ok"})
        self.assertIn(b"(omitted_size): 1\n", result.stdout)
        self.assertEqual(self.last(result), "1 passed, 0 failed, 1 skipped")
        lines = [json.loads(line) for line in
                 self.conform(OK, omitted, options=("--json",)).stdout.splitlines()]
        self.assertEqual([line["type"] for line in lines], ["skipped", "summary"])
        self.assertEqual(lines[0]["name"], "big")
        self.assertEqual(lines[1]["skipped"], 1)
        self.assertEqual(lines[1]["families"]["run/own"],
                         {"passed": 0, "failed": 0, "deviates": 0, "skipped": 1})

    def test_records_may_share_a_program(self):
        shared = {**self.RUN, "name": "run/two", "wire": None, "wire_of": "run/one"}
        for records in ((self.RUN, shared), (shared, self.RUN)):
            result = self.conform(OK, *records)
            self.assertEqual(self.last(result), "2 passed, 0 failed, 0 skipped")
        result = self.conform(OK, shared, self.RUN, options=("--only", "run/two"))
        self.assertEqual(self.last(result), "1 passed, 0 failed, 0 skipped")
        result = self.conform(OK, shared)
        self.assertIn(b"the record that holds its program is not in these files", result.stdout)

    # One call of each family of the protocol; results as the original gives them.
    EMPTY_SLOT = "00" * 64
    CALLS = [
        ("opcode", {"opcode": 8}, {"is_builtin": False, "is_system": False, "publish_ok": True,
                                   "user_ok": True}),
        ("lengths", {"fn": "ring_byte_len", "slots": 2}, 128),
        ("lengths", {"fn": "control_byte_len", "observables": 4294967295}, None),
        ("encode_empty", {"fn": "empty_ring", "slots": 1}, EMPTY_SLOT),
        ("encode_empty", {"fn": "empty_io_queue", "slots": 64}, {"len": 2048}),
        ("encode_control", {"observables": 1048577, "tenants": 1, "shutdown": False},
         {"error": True}),
        ("publish_slot", {"ring_slots": 1, "slot": 0, "tenant": 7, "opcode": 1, "args": [42, 160]},
         "0100000001000000070000000200" "00002a000000a0000000" + "00" * 40),
        ("publish_slot", {"ring_bytes": 65, "slot": 0, "tenant": 7, "opcode": 1, "args": []},
         {"error": True}),
        ("publish_packed", {"slot": 0, "tenant": 0, "ops": [[1, [7]], [2, []]]},
         "0100000001000080000000000200" "0000" "02010100" "02010000" "07000000" + "00" * 36),
        ("batch_publish", {"ring_slots": 4, "start": 3, "tenant": 5, "fence_tag": 9,
                           "items": [[1, [1, 2]]]}, {"error": True}),
        ("window", {"ring_slots": 1, "start": 0, "tenant": 1, "opcode": 9, "ticket": 3,
                    "required": [[5]], "lookahead": []},
         {"returned": 1, "ring": "0100000009000000010000000200" "0000" "03000000" "00000000"
                                 "05000000" + "00" * 36}),
        ("encode_work_items", {"slots": 1, "tenant": 6, "items": [[8, 1, 2, 3]]},
         "0100000008000000060000000200" "0000" "01000000" "02000000" "03000000" + "00" * 36),
        ("encode_work_items", {"ring_slots": 1, "start": 0, "tenant": 6, "items": []},
         {"returned": 0, "ring": EMPTY_SLOT}),
        ("transition", {"status_before": 2, "transition": "done"},
         {"returned": 2, "status_after": 3}),
        ("load_miss", {"resource": 1, "prefetch": False},
         {"decoded": [1, False], "slot": "01000000fdff0000" + "00" * 8 + "01000000" + "00" * 44}),
        ("load_miss", {"slot": 9}, None),
        ("count_done", {"items": 1, "ring": "03" + "00" * 63}, {"lossy": 1, "strict": 1}),
        ("read_control", {"control": ""},
         {"done": 0, "epoch": 0, "metrics": [], "obs": [0, 0, 0, 0], "strict_done": None,
          "strict_epoch": None, "strict_metrics": None, "strict_obs0": None, "strict_obs2": None,
          "strict_obs3": None}),
        ("debug_log", {"bytes": "04000000" + "01000000" * 4},
         {"lossy": [[1, 1, 1, 1]], "strict": [[1, 1, 1, 1]]}),
        ("debug_log", {"bytes": "0100"}, {"lossy": [], "strict": None}),
        ("priority", {"slots": 6}, [0, 1, 2, 4, 5, 6]),
        ("priority", {"partition_slots": 65, "worker_width": 64},
         {"active": 64, "budget": 128, "count": 2}),
        ("io_queue", {"slots": 1, "slot": 0, "dst": 7, "bytes": 4096, "tag": 99},
         "01000000" "00000000" "07000000" "00000000" "00000000" "00100000" "01000000" "63000000"),
        ("io_queue", {"slots": 65}, {"error": True}),
        ("tenant", {"register": "until failure, at most 1023"},
         {"registered": 1023, "last": {"base": 0x7FF00000, "id": 1023, "op0": 0x7FF00000}}),
        ("replay", {"file": "00" * 32, "open_capacity": 1}, {"error": True}),
        ("replay", {"file_prefix": 7, "of": "00" * 32, "open_capacity": 1}, {"error": True}),
    ]

    def calls(self):
        return [{"name": f"call/{i}", "family": family, "call": call, "result": result}
                for i, (family, call, result) in enumerate(self.CALLS)]

    def test_calls_of_the_protocol_are_made_and_compared(self):
        records = self.calls()
        result = self.conform(OK, *records)
        self.assertEqual(self.last(result), f"{len(records)} passed, 0 failed, 0 skipped")
        # Each is caught when it says something else.
        result = self.conform(WRONG_INPUT, *({**one, "result": "11"} for one in records))
        self.assertEqual(self.last(result), f"0 passed, {len(records)} failed, 0 skipped")
        self.assertIn(b'FAIL call/1 (' + self.path("records.jsonl").encode() +
                      b':2): result, from byte 0 on: 128, expected "11"\n', result.stdout)

    def test_calls_of_another_form_fail_by_name(self):
        records = [{**one, "call": {**one["call"], "twice": True}} for one in self.calls()]
        result = self.conform(WRONG_INPUT, *records)
        self.assertEqual(self.last(result), f"0 passed, {len(records)} failed, 0 skipped")
        self.assertIn(b"call/0: a call of ", result.stderr)
        self.assertEqual(result.stderr.count(b" has no argument 'twice'\n"), len(records))
        lengths = {"name": "call/fn", "family": "lengths", "call": {"fn": "moon", "slots": 1},
                   "result": 1}
        result = self.conform(WRONG_INPUT, lengths, {**lengths, "family": "moon"})
        self.assertIn(b'no arguments of a call of lengths: {"fn": "moon", "slots": 1}\n',
                      result.stderr)
        self.assertIn(b"'moon' is no family of the protocol\n", result.stderr)

    def test_calls_may_name_programs_of_the_kind_wire(self):
        known = self.fingerprint()
        wire = {**self.WIRE, "fingerprint": known}
        call = {"name": "call/key", "family": "cache", "call": {"program": "wire/one"},
                "result": {"hex": known, "equals_program_fingerprint": True}}
        for records in ((wire, call), (call, wire)):
            self.assertEqual(self.last(self.conform(OK, *records)),
                             "2 passed, 0 failed, 0 skipped")
        result = self.conform(OK, call)
        self.assertIn(b"the record of the program that it names is in none of the files",
                      result.stdout)

    def test_arguments_of_calls_may_be_anything(self):
        odd = (None, 7, -1, 1e300, True, "", "x", "0", [], [None], {}, [[]], 2**40, "66" * 100,
               [[1, [2**33]]], [[-1, []]], [[1]], [[9, 1, 2, 3]] * 300)
        records = []
        for one in self.calls():
            for key in one["call"]:
                records += [{**one, "call": {**one["call"], key: value}} for value in odd]
                records.append({**one, "call": {k: v for k, v in one["call"].items() if k != key}})
            records += [{**one, key: value} for key in ("family", "call", "result")
                        for value in odd if value is not None]
        result = self.expect(None, "conform", "-",
                             stdin=b"".join(record(**one) for one in records))
        self.assertEqual(result.returncode, WRONG_INPUT, result.stderr)
        counts = [int(word) for word in self.last(result).split() if word.isdigit()]
        self.assertEqual(sum(counts), len(records))

    def test_only_takes_names_prefixes_and_patterns(self):
        records = [{**self.RUN, "name": name} for name in ("a/x1", "a/x2", "b/x1")]
        for only, count in ((["a/x1"], 1), (["a/"], 2), (["*/x1"], 2), (["[ab]/*"], 3),
                            (["b/", "a/x2"], 2)):
            options = [word for name in only for word in ("--only", name)]
            result = self.conform(OK, *records, options=options)
            self.assertEqual(self.last(result), f"{count} passed, 0 failed, 0 skipped", only)
        result = self.conform(USAGE, *records, options=("--only", "c"))
        self.assertIn(b"no record has such a name", result.stderr)

    def test_the_device_runs_what_the_compiler_takes(self):
        self.conform(USAGE, self.RUN, options=("--device", "x"))
        self.conform(USAGE, self.RUN, options=("--backend", "x"))
        self.conform(SYSTEM, self.RUN, options=("--backend", "vulkan", "--device", "no such one"))
        if not has_device():
            return
        options = ("--backend", "vulkan")
        result = self.conform(OK, self.RUN, self.VALID, options=options)
        self.assertEqual(self.last(result), "2 passed, 0 failed, 0 skipped")
        wrong = json.loads(json.dumps(self.RUN))
        wrong["buffers"][1]["output"] = "0400000008000000"
        result = self.conform(WRONG_INPUT, wrong, options=options)
        self.assertIn(b"element 1 of 2: expected 8 (08000000), got 7 (07000000)", result.stdout)
        for change in ({"note": "racy: x"}, {"result": "error", "error": "index_not_u32"},
                       {"raw_inputs": []}):
            result = self.conform(OK, {**self.RUN, **change}, options=options)
            self.assertEqual(self.last(result), "0 passed, 0 failed, 1 skipped")
        wrong["buffers"][0]["input"] = None
        self.assertIn(b"not enough inputs",
                      self.conform(WRONG_INPUT, wrong, options=options).stderr)
        trap = self.expect(OK, "asm", "-", stdin=TRAP.encode()).stdout
        trap = {"name": "trap", "wire": trap.hex(), "result": "error", "error": "trap",
                "buffers": [{"name": "in", "binding": 0, "access": "ro", "type": "u32", "count": 1,
                             "input": "07000000", "output": None},
                            {"name": "out", "binding": 1, "access": "rw", "type": "u32", "count": 1,
                             "input": "00000000", "output": None}]}
        for backend in ("vulkan", "interp"):
            result = self.conform(OK, trap, options=("--backend", backend))
            self.assertEqual(self.last(result), "1 passed, 0 failed, 0 skipped")
            trap_missed = json.loads(json.dumps(trap))
            trap_missed["buffers"][0]["input"] = "06000000"
            self.conform(WRONG_INPUT, trap_missed, options=("--backend", backend))

    def test_a_device_may_be_off_where_functions_are_not_exact(self):
        text = ("workgroup 2\nbuffer in : f32[2] readonly @0\nbuffer out : f32[2] readwrite @1\n"
                "out[gid.x] = in[gid.x]\n")
        wire = self.expect(OK, "asm", "-", stdin=text.encode()).stdout.hex()
        one, below_zero = 0x3f800000, 0x80800000

        def copied(away, **fields):
            words = [(one + away).to_bytes(4, "little"), below_zero.to_bytes(4, "little")]
            given = [one.to_bytes(4, "little"), below_zero.to_bytes(4, "little")]
            buffers = [{"name": "in", "binding": 0, "access": "ro", "type": "f32", "count": 2,
                        "input": b"".join(given).hex(), "output": None},
                       {"name": "out", "binding": 1, "access": "rw", "type": "f32", "count": 2,
                        "input": "00" * 8, "output": b"".join(words).hex()}]
            return {"name": "copy", "wire": wire, "result": "ok", "buffers": buffers, **fields}

        cases = [("interp", 0, {}, OK), ("interp", 1, {"float_ops": ["sin"]}, WRONG_INPUT)]
        if has_device():
            cases += [("vulkan", 0, {}, OK), ("vulkan", 1, {"float_ops": ["sqrt"]}, WRONG_INPUT),
                      ("vulkan", 128, {"float_ops": ["f32", "sin"]}, OK),
                      ("vulkan", -128, {"float_ops": ["log2"]}, OK),
                      ("vulkan", 129, {"float_ops": ["f32", "sin"]}, WRONG_INPUT),
                      ("vulkan", 200, {"float_ops": ["exp"], "op_ulp_tolerance": 200}, OK),
                      ("vulkan", 200, {"op_ulp_tolerance": 200}, WRONG_INPUT)]
        for backend, away, fields, code in cases:
            result = self.conform(code, copied(away, **fields), options=("--backend", backend))
            if code == WRONG_INPUT:
                self.assertIn(b"buffer 'out' (f32), element 0 of 2: expected 1", result.stdout)

    def test_extras_are_added_to_buffers(self):
        for extras, errors in (({"linear_type": {"in": "linear"}}, []),
                               ({"linear_type": {"in": "unrestricted"}}, []),
                               ({"bytes_extraction": {"in": True}}, []),
                               ({"shape_predicate": {"in": "count >= 1"}}, ["U35"]),
                               ({"shape_predicate": {"in": "!((count >= 1) && (count <= 5))"}}, []),
                               ({"shape_predicate": {"in": "(count % 2 == 1) || (count == 0)"}}, []),
                               ({"shape_predicate": {"in": "-6 <= count * -2 + 1 <= 6"}}, [])):
            record_ = {**self.VALID, "extras": extras}
            result = self.conform(OK, {**record_, "errors": errors})
            self.assertEqual(self.last(result), "1 passed, 0 failed, 0 skipped", extras)
        for extras in ({"linear_type": {"none": "linear"}}, {"linear_type": {"in": 7}},
                       {"linear_type": {"in": "evil) @9"}}, {"color": {"in": "red"}},
                       {"shape_predicate": {"in": "("}}, {"shape_predicate": {"in": "(" * 5000}},
                       {"shape_predicate": {"in": "!(" * 5000}}, {"shape_predicate": {"in": ""}},
                       {"shape_predicate": {"in": "count >= x"}}):
            result = self.conform(WRONG_INPUT, {**self.VALID, "extras": extras})
            self.assertIn(b"records.jsonl:1: v/one: extras: ", result.stderr)

    def test_programs_in_memory_may_be_given_as_text(self):
        text = "workgroup 0\nbuffer o : u32[1] readwrite @0\no[0] = 1\n"
        memory = {**self.VALID, "wire": None, "decodes": False, "errors": ["U03"]}
        self.assertEqual(self.last(self.conform(OK, memory)), "0 passed, 0 failed, 1 skipped")
        for wire in (None, TRIPLE_WIRE[:-1].hex()):
            result = self.conform(OK, {**memory, "wire": wire, "source": text})
            self.assertEqual(self.last(result), "1 passed, 0 failed, 0 skipped")
        self.conform(WRONG_INPUT, {**memory, "source": text, "errors": []})
        result = self.conform(WRONG_INPUT, {**memory, "source": text, "wire": TRIPLE_WIRE.hex()})
        self.assertIn(b"decoded; the original refuses it", result.stdout)
        self.assertIn(b"source: T", self.conform(WRONG_INPUT, {**memory, "source": "let"}).stderr)
        unknown = {**memory, "source": text + 'opaque("acme.node", "")\n'}
        result = self.conform(OK, unknown)
        self.assertIn(b"deviates as V-1 (docs/ir.md): 1\n", result.stdout)
        for errors in ([], ["U03", "V031"], ["V008"], ["U03", "V008"]):
            result = self.conform(OK if "V031" in errors else WRONG_INPUT,
                                  {**unknown, "errors": errors})
            self.assertNotIn(b"V-1", result.stdout)

    def test_what_is_no_record_is_told_with_its_place(self):
        for line in (b"{", b"[1]", b"7", b"{} {}", b'{"a": 1, "a": 2}', b"\xff", b"\0", b"{}",
                     b'{"name": "x"}', b"[" * 100000, b'{"a": "\\u0000"}', b"x" * 1000):
            result = self.conform(WRONG_INPUT, self.RUN, b"\n \r\n" + line + b"\n", self.TEXT)
            self.assertRegex(result.stderr.decode(), r"records\.jsonl:4: ")
            self.assertEqual(self.last(result), "2 passed, 1 failed, 0 skipped")
        self.assertEqual(self.last(self.conform(OK, record(**self.RUN).strip())),
                         "1 passed, 0 failed, 0 skipped")

    def test_what_is_no_corpus_is_refused_once(self):
        lines = record(**self.RUN) * 100
        for name, content in (("xz", lzma.compress(lines)), ("gzip", gzip.compress(lines)),
                              ("bzip2", bz2.compress(lines)), ("zip", b"PK\3\4" + lines),
                              ("zstd", b"\x28\xb5\x2f\xfd" + lines)):
            path = self.path("corpus", content)
            result = self.expect(WRONG_INPUT, "conform", path)
            self.assertIn(f"'{path}' is compressed, by {name}\nFix: ".encode(), result.stderr)
            self.assertEqual(result.stderr.count(b"\n"), 2)
            self.assertEqual(self.last(result), "0 passed, 0 failed, 0 skipped")
            if name not in ("zip", "zstd") and have(name):  # the others are no archives
                fix = result.stderr.decode().split("Fix: ")[1].replace("| vyre-spv", f"| {TOOL}")
                done = subprocess.run(["sh", "-c", fix], capture_output=True, check=True)
                self.assertEqual(self.last(done), "100 passed, 0 failed, 0 skipped")
            result = self.expect(WRONG_INPUT, "conform", "-", stdin=content)
            self.assertIn(f"Fix: pipe it through {name}".encode() if name != "zip" else b"unzip -p",
                          result.stderr)
        result = self.expect(WRONG_INPUT, "conform", TOOL, self.path("good", lines))
        self.assertIn(b" is binary, not lines of JSON\nFix: ", result.stderr)
        self.assertEqual(result.stderr.count(b"\n"), 2)
        self.assertEqual(self.last(result), "100 passed, 0 failed, 0 skipped")
        result = self.conform(WRONG_INPUT, b"\nno JSON" * 1000)
        self.assertIn(b"is not read on: none of its first 10 lines is JSON", result.stderr)
        self.assertEqual(result.stderr.count(b"\n"), 11)
        result = self.conform(WRONG_INPUT, b"x\n" * 9 + record(**self.RUN) + b"x\n" * 9)
        self.assertEqual(self.last(result), "1 passed, 18 failed, 0 skipped")

    def test_every_field_may_be_anything(self):
        wire = {**self.WIRE, "fingerprint": "00" * 32, "canonical": "00", "text": "x"}
        for good in (self.RUN, wire, self.BAD, self.TEXT, self.VALID,
                     {**self.VALID, "extras": {"linear_type": {"in": "affine"}}}):
            for key in good:
                for value in (None, 7, -1, 1e300, True, "", "x", "0", "\0", [], [None], {}, {"a": 1},
                              "zz", [[]], ["x" * 3000], "6" * 2000):
                    changed = {**good, key: value}
                    result = self.expect(None, "conform", "-", stdin=record(**changed))
                    self.assertIn(result.returncode, (OK, WRONG_INPUT), (changed, result.stderr))
                    self.assertRegex(self.last(result), r"^\d+ passed, \d+ failed, \d+ skipped$")
        for key in self.RUN["buffers"][0]:
            for value in (None, 7, "", "x", [], {}, True, "00"):
                changed = json.loads(json.dumps(self.RUN))
                changed["buffers"][0][key] = value
                self.expect(None, "conform", "-", stdin=record(**changed))

    def test_control_bytes_do_not_reach_the_terminal(self):
        evil = {**self.RUN, "name": "\x1b[2J", "family": "\x1b[3J", "result": "error",
                "error": "trap"}
        result = self.conform(WRONG_INPUT, evil, {**evil, "result": "\x1b[4J"})
        self.assertNotIn(b"\x1b", result.stdout + result.stderr)

    def test_files_that_cannot_be_read(self):
        self.expect(SYSTEM, "conform", self.path("absent"))
        self.expect(SYSTEM, "conform", self.folder.name)
        result = self.expect(WRONG_INPUT, "conform", self.path("empty", b""))
        self.assertIn(b"no record", result.stderr)
        self.expect(USAGE, "conform")
        self.assertIn(b"is binary", self.expect(WRONG_INPUT, "conform", "/dev/zero").stderr)
        long = self.path("long", b"x" * ((64 << 20) + 1))
        result = self.expect(WRONG_INPUT, "conform", long)
        self.assertIn(b"long:1: a line is longer than 64 MiB", result.stderr)


if __name__ == "__main__":
    unittest.main()
