#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vyre-spv validate, asm and dis.

usage: programs.py VYRE-SPV
"""
import os
import subprocess
import unittest

from support import Case, OK, read_terminal, SYSTEM, TOOL, TRIPLE, TRIPLE_WIRE, USAGE, WRONG_INPUT


class Validate(Case):
    def test_valid_programs_are_not_mentioned(self):
        path = self.path("triple.vyre", TRIPLE)
        result = self.expect(OK, "validate", path, path)
        self.assertEqual((result.stdout, result.stderr), (b"", b""))
        self.expect(OK, "validate", "-", stdin=TRIPLE.encode())

    def test_a_file_without_an_end_is_refused(self):
        result = self.expect(WRONG_INPUT, "validate", "/dev/zero")
        self.assertIn(b"'/dev/zero' is too large: at most 536870912 bytes are read of a program",
                      result.stderr)

    def test_no_output_goes_over_its_input(self):
        for command, content in (("compile", TRIPLE), ("asm", TRIPLE), ("dis", TRIPLE_WIRE)):
            source = self.path("source", content)
            link = self.path(f"link-{command}")
            os.link(source, link)
            for target in (source, link):
                result = self.expect(USAGE, command, source, "-o", target)
                self.assertIn(b"which is the same file\nFix: write to another file", result.stderr)
            with open(source, "rb") as file:
                self.assertEqual(file.read(), content if isinstance(content, bytes)
                                 else content.encode())

    def test_standard_input_has_one_reader(self):
        for arguments in (("validate", "-", "-"), ("conform", "-", "-"),
                          ("run", "--interp", "-", "--in", "in=-"),
                          ("run", "program", "--in", "a=-", "--in", "b=-"),
                          ("scan", "-f", "-", "-"), ("scan", "-f", "-"),
                          ("scan", "-e", "x", "-", "-"), ("scan", "-f", "-", "-f", "-", "/")):
            result = self.expect(USAGE, *arguments, stdin=TRIPLE.encode())
            self.assertIn(b"standard input (-) ", result.stderr, arguments)
            self.assertIn(f"Try: vyre-spv {arguments[0]} --help".encode(), result.stderr)
            self.assertEqual(result.stdout, b"")

    def test_an_invalid_program_is_shown_with_its_place(self):
        text = TRIPLE.replace("in[i]", "nothing[i]")
        result = self.expect(WRONG_INPUT, "validate", self.path("bad.vyre", text))
        lines = result.stderr.decode().splitlines()
        self.assertRegex(lines[0], r"bad\.vyre:7:14: error\[V\d{3}\]: .*nothing")
        self.assertIn("out[i] = nothing[i] * 3 + 1", lines[1])
        self.assertEqual(lines[2].index("^"), lines[1].index("nothing"))
        self.assertTrue(lines[3].startswith("Fix: "))
        self.assertNotIn("\x1b", result.stderr.decode())

    def test_a_terminal_gets_colours_of_ours_only(self):
        path = self.path("bad\x1b[2Jname.vyre", TRIPLE.replace("in[i]", "nothing[i]"))
        controller, terminal = os.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        done = subprocess.run([TOOL, "validate", path], stderr=terminal, env=environment,
                              stdout=subprocess.DEVNULL, timeout=60)
        os.close(terminal)
        shown = read_terminal(controller)
        os.close(controller)
        self.assertEqual(done.returncode, WRONG_INPUT)
        self.assertIn(b"\x1b[1;31merror[V", shown)
        self.assertIn(b"bad\\x1b[2Jname", shown)
        self.assertNotIn(b"\x1b[2J", shown)

    def test_a_text_that_is_none_is_shown_with_its_place(self):
        for text in ("let", "workgroup 64\nlet x =", "\0\0\0\0", "{" * 10000, "workgroup 0x"):
            result = self.expect(WRONG_INPUT, "validate", "-", stdin=text.encode())
            self.assertRegex(result.stderr.decode(), r"^<stdin>:\d+:\d+: error\[[TV]\d{3}\]: ")

    def test_the_wire_format_is_known_by_its_content(self):
        self.expect(OK, "validate", "-", stdin=TRIPLE_WIRE)
        text = self.expect(OK, "compile", "-", stdin=TRIPLE.encode()).stdout
        self.assertEqual(self.expect(OK, "compile", "-", stdin=TRIPLE_WIRE).stdout, text)
        for damaged in (TRIPLE_WIRE[:-1], TRIPLE_WIRE[:20], TRIPLE_WIRE + b"x"):
            result = self.expect(WRONG_INPUT, "validate", "-", stdin=damaged)
            self.assertIn(b"error[W", result.stderr)

    def test_diagnostics_of_every_form_name_the_file(self):
        damaged = self.path("damaged.wire", TRIPLE_WIRE[:-9])
        # Valid as bytes, not as a program: it stores to what it may only read.
        wrong = self.path("wrong.wire")
        self.expect(OK, "asm", "-", "-o", wrong,
                    stdin=b"buffer a : u32[] readonly @0\na[0] = 1\n")
        result = self.expect(WRONG_INPUT, "validate", self.path("good.vyre", TRIPLE), damaged, wrong)
        lines = [line for line in result.stderr.decode().splitlines() if "error[" in line]
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(lines[0].startswith(f"{damaged}: error[W"), lines)
        self.assertTrue(lines[1].startswith(f"{wrong}: error[V112]"), lines)
        result = self.expect(WRONG_INPUT, "compile", "-", stdin=TRIPLE_WIRE[:-9])
        self.assertTrue(result.stderr.startswith(b"<stdin>: error[W"), result.stderr)

    def test_all_files_are_looked_at_and_the_worst_counts(self):
        good = self.path("good.vyre", TRIPLE)
        bad = self.path("bad.vyre", "let")
        result = self.expect(WRONG_INPUT, "validate", bad, good, bad)
        self.assertEqual(result.stderr.count(b"bad.vyre:"), 2)
        result = self.expect(SYSTEM, "validate", bad, self.path("absent"), good)
        self.assertIn(b"No such file", result.stderr)
        self.expect(USAGE, "validate")

    def test_shadowing_may_be_allowed(self):
        text = ("workgroup 1\nbuffer o : u32[1] readwrite @0\nlet x = 1\n"
                "if x == 1 {\n    let x = 2\n    o[0] = x\n}\n")
        result = self.expect(WRONG_INPUT, "validate", "-", stdin=text.encode())
        self.assertIn(b"error[V008]", result.stderr)
        self.expect(OK, "validate", "--allow-shadowing", "-", stdin=text.encode())


class AsmAndDis(Case):
    def test_text_and_wire_format_are_the_same_program(self):
        wire = self.expect(OK, "asm", "-", stdin=TRIPLE.encode()).stdout
        self.assertEqual(wire, TRIPLE_WIRE)
        text = self.expect(OK, "dis", "-", stdin=wire).stdout
        self.assertEqual(text.decode(), self.expect(OK, "dis", self.path("t.bin", wire)).stdout.decode())
        self.assertEqual(self.expect(OK, "asm", self.path("t.vyre", text)).stdout, wire)

    def test_the_envelope_is_the_wire_format_in_hexadecimal(self):
        envelope = self.expect(OK, "asm", "--envelope", "-", stdin=TRIPLE.encode()).stdout
        lines = envelope.decode().splitlines()
        self.assertEqual(lines[:2], ["vyre_ir v0.1", f"wire_bytes {len(TRIPLE_WIRE)}"])
        self.assertEqual(bytes.fromhex("".join(lines[2:])), TRIPLE_WIRE)
        # Known by its content wherever a program is read.
        text = self.expect(OK, "dis", "-", stdin=TRIPLE_WIRE).stdout
        self.assertEqual(self.expect(OK, "dis", "-", stdin=envelope).stdout, text)
        self.assertEqual(self.expect(OK, "dis", "--envelope", "-", stdin=envelope).stdout, text)
        self.assertEqual(self.expect(OK, "asm", "-", stdin=envelope).stdout, TRIPLE_WIRE)
        self.assertEqual(self.expect(OK, "asm", "--envelope", "-", stdin=TRIPLE_WIRE).stdout, envelope)
        self.expect(OK, "validate", "-", stdin=envelope)
        self.assertEqual(self.expect(OK, "compile", "-", stdin=envelope).stdout,
                         self.expect(OK, "compile", "-", stdin=TRIPLE.encode()).stdout)
        result = self.expect(OK, "run", "--interp", "--in", "in=u32:1", "--in", "out=zero:1",
                             self.path("t.hex", envelope))
        self.assertEqual(result.stdout, b"out: 4\n")

    def test_what_is_wrong_with_an_envelope_has_a_place(self):
        envelope = self.expect(OK, "asm", "--envelope", "-", stdin=TRIPLE.encode()).stdout
        path = self.path("bad.hex", envelope.replace(b"56595245", b"5659g245"))
        result = self.expect(WRONG_INPUT, "dis", path)
        self.assertRegex(result.stderr.decode(), r"bad\.hex:3:5: error\[W035\]: (?s:.*)\nFix: ")
        result = self.expect(WRONG_INPUT, "validate", "-", stdin=envelope[:-3])
        self.assertIn(b"<stdin>:2:1: error[W036]", result.stderr)
        result = self.expect(WRONG_INPUT, "dis", "--envelope", "-", stdin=TRIPLE_WIRE)
        self.assertIn(b"error[W031]", result.stderr)

    def test_output_goes_to_a_file_or_to_standard_output(self):
        target = self.path("t.bin")
        self.assertEqual(self.expect(OK, "asm", "-", "-o", target, stdin=TRIPLE.encode()).stdout, b"")
        with open(target, "rb") as file:
            self.assertEqual(file.read(), TRIPLE_WIRE)
        text = self.path("t.vyre")
        self.assertEqual(self.expect(OK, "dis", target, "--output", text).stdout, b"")
        self.assertEqual(self.expect(OK, "asm", text, "-o", "-").stdout, TRIPLE_WIRE)
        for command in ("asm", "dis"):
            self.expect(SYSTEM, command, target, "-o", "/dev/full")
            self.expect(SYSTEM, command, target, "-o", self.path("no/where"))
            self.expect(SYSTEM, command, self.path("absent"))
            for arguments in ([], ["a", "b"], ["-o"]):
                self.expect(USAGE, command, *arguments)

    def test_only_text_goes_to_a_terminal(self):
        controller, terminal = os.openpty()
        result = self.expect(USAGE, "asm", "-", stdin=TRIPLE.encode(), stdout=terminal)
        self.assertIn(b"terminal", result.stderr)
        os.set_blocking(controller, False)
        with self.assertRaises(BlockingIOError):
            os.read(controller, 1)
        self.expect(OK, "asm", "--envelope", "-", stdin=TRIPLE.encode(), stdout=terminal)
        self.assertTrue(read_terminal(controller).startswith(b"vyre_ir v0.1"))
        self.expect(OK, "dis", "-", stdin=TRIPLE_WIRE, stdout=terminal)
        os.close(terminal)
        os.close(controller)

    def test_wrong_input(self):
        target = self.path("none.bin")
        self.expect(WRONG_INPUT, "asm", "-", "-o", target, stdin=b"let")
        result = self.expect(WRONG_INPUT, "asm", "-", "-o", target,
                             stdin=b"workgroup 0\nbuffer o : u32[1] readwrite @0\no[0] = 1\n")
        self.assertIn(b"error[W020]", result.stderr)
        self.assertFalse(os.path.exists(target))
        for text in (b"", TRIPLE.encode(), b"VYR"):
            result = self.expect(WRONG_INPUT, "dis", "-", stdin=text)
            self.assertIn(b"neither the wire format nor an envelope", result.stderr)
        self.assertIn(b"error[W", self.expect(WRONG_INPUT, "dis", "-", stdin=TRIPLE_WIRE[:-1]).stderr)
        module = self.expect(OK, "compile", "-", stdin=TRIPLE.encode()).stdout
        for command in ("asm", "dis"):
            result = self.expect(WRONG_INPUT, command, "-", stdin=module)
            self.assertIn(b"SPIR-V", result.stderr)
        # asm does not validate.
        self.expect(OK, "asm", "-", stdin=TRIPLE.replace("in[i]", "nothing[i]").encode())


if __name__ == "__main__":
    unittest.main()
