#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vyre-spv compile.

usage: compile.py VYRE-SPV
"""
import json
import os
import re
import subprocess
import unittest

from support import (
    Case, has_device, have, OK, record, run, SYSTEM, TRIPLE, TRIPLE_RUN, TRIPLE_WIRE, USAGE,
    WRONG_INPUT,
)


class Compile(Case):
    def compile(self, *options):
        source = self.path("triple.vyre", TRIPLE)
        target = self.path("triple.spv")
        self.expect(OK, "compile", source, "-o", target, *options)
        with open(target, "rb") as file:
            return file.read()

    def test_modules_are_valid_for_their_environment(self):
        versions = {"vulkan1.1": 0x10300, "vulkan1.2": 0x10500, "vulkan1.3": 0x10600}
        for environment, version in versions.items():
            for model in ("glsl450", "vulkan"):
                module = self.compile("--target-env", environment, "--memory-model", model)
                self.assertEqual(int.from_bytes(module[:4], "little"), 0x07230203)
                self.assertEqual(int.from_bytes(module[4:8], "little"), version)
                if have("spirv-val"):
                    subprocess.run(["spirv-val", "--target-env", environment,
                                    self.path("triple.spv")], check=True)

    def test_targets_have_names(self):
        many = "workgroup 256\n" + "".join(
            f"buffer b{i} : u32[] readwrite @{i}\n" for i in range(6)) + "b5[gid.x] = b0[gid.x]\n"
        refused = self.expect(WRONG_INPUT, "compile", "-", stdin=many.encode())
        self.assertIn(b"<stdin>:1:1: error[L008]", refused.stderr)
        self.assertIn(b"--target roadmap2022", refused.stderr)
        large = b"workgroup 1\nshared a : u32[1]\nshared b : u32[5000]\n"
        self.assertIn(b"<stdin>:3:8: error[L009]",
                      self.expect(WRONG_INPUT, "compile", "-", stdin=large).stderr)
        target = self.path("many.spv")
        self.expect(OK, "compile", "-", "-o", target, "--target", "roadmap2022",
                    stdin=many.encode())
        with open(target, "rb") as file:
            self.assertEqual(int.from_bytes(file.read(8)[4:], "little"), 0x10600)
        if have("spirv-val"):
            subprocess.run(["spirv-val", "--target-env", "vulkan1.3", target], check=True)
        refused = self.expect(WRONG_INPUT, "compile", "-", "--target", "roadmap2022", "--pretend",
                              "4-buffers", stdin=many.encode())
        self.assertIn(b"error[L010]", refused.stderr)
        self.assertEqual(self.compile(), self.compile("--target", "portable"))
        self.assertEqual(self.compile("--target", "roadmap2022", "--target-env", "vulkan1.1",
                                      "--memory-model", "glsl450")[4:8], b"\0\3\1\0")
        wrong = self.expect(USAGE, "compile", "-", "--target", "moon", stdin=many.encode())
        for name in (b"portable", b"roadmap2022", b"vulkan1.4"):
            self.assertIn(name + b" ", wrong.stderr)
        wrong = self.expect(USAGE, "compile", "-", "--pretend", "moon", stdin=many.encode())
        names = [line.split()[0] for line in wrong.stderr.decode().splitlines()[:-2]]
        self.assertIn("no-int64", names)
        shown = " ".join(self.expect(OK, "compile", "--help").stdout.decode().split())
        for name in names:
            self.assertIn(name, shown)
        self.expect(USAGE, "compile", "-", "--target", "portable", "--device", "0")
        for target in "portable", "roadmap2022":
            wrong = self.expect(USAGE, "compile", "-", "--target", target, "--pretend",
                                "no-memory-model", "--memory-model", "vulkan", stdin=b"return")
            self.assertIn(b"--pretend no-memory-model", wrong.stderr)
            self.expect(OK, "compile", "-", "-o", os.devnull, "--target", target, "--pretend",
                        "no-memory-model", "--memory-model", "glsl450", stdin=b"return")

    def test_a_device_is_a_target(self):
        if not has_device():
            self.skipTest("no Vulkan device")
        many = "workgroup 256\n" + "".join(
            f"buffer b{i} : u32[] readwrite @{i}\n" for i in range(6)) + "b5[gid.x] = b0[gid.x]\n"
        self.expect(OK, "compile", "-", "-o", self.path("many.spv"), "--device", "0",
                    stdin=many.encode())
        refused = self.expect(WRONG_INPUT, "compile", "-", "--device", "0", "--pretend",
                              "4-buffers", stdin=many.encode())
        self.assertIn(b"error[L010]", refused.stderr)
        self.expect(USAGE, "compile", "-", "--device", "0", "--pretend", "no-memory-model",
                    "--memory-model", "vulkan", stdin=many.encode())
        self.expect(SYSTEM, "compile", "-", "--device", "no such device", stdin=many.encode())
        self.expect(OK, "conform", "--backend", "vulkan", "--pretend", "no-memory-model", "-",
                    stdin=record(**TRIPLE_RUN))
        self.expect(USAGE, "conform", "--pretend", "no-memory-model", "-",
                    stdin=record(**TRIPLE_RUN))
        self.expect(OK, "run", "-", "--pretend", "no-memory-model", "--in", "in=u32:1,2", "--in",
                    "out=u32:0,0", stdin=TRIPLE.encode())
        self.expect(USAGE, "run", "-", "--interp", "--pretend", "no-memory-model",
                    stdin=TRIPLE.encode())

    def test_the_same_options_give_the_same_bytes(self):
        self.assertEqual(self.compile(), self.compile())
        self.assertEqual(self.compile(), self.compile("-O"))
        self.assertNotEqual(self.compile("-O0"), b"")
        self.assertGreater(len(self.compile("-g")), len(self.compile()))
        loop = b"buffer n : u32[1] readwrite @0\nloop i in 0..9 { n[0] = i }\n"
        trusted, counted = (self.expect(OK, "compile", "-", *options, stdin=loop).stdout
                            for options in ((), ("--loop-budget", "9")))
        self.assertGreater(len(counted), len(trusted))
        # The place of the output does not matter.
        piped = self.expect(OK, "compile", "-", stdin=TRIPLE.encode()).stdout
        self.assertEqual(piped, self.compile())
        joined = self.path("joined.spv")
        self.expect(OK, "compile", "-o" + joined, self.path("triple.vyre"))
        with open(joined, "rb") as file:
            self.assertEqual(file.read(), piped)

    def test_programs_are_shown_between_passes(self):
        text = b"buffer out : u32[4] readwrite @0\nlet x = 2 * 4\nout[0] = x\n"
        def dumped(name):
            return self.expect(OK, "compile", "-", "-o", self.path("dump.spv"), "--dump-after",
                               name, stdin=text).stderr.decode()
        self.assertIn("// after fold\n", dumped("fold"))
        self.assertTrue(dumped("fold").endswith("let x = 8\nout[0] = 8\n"), dumped("fold"))
        self.assertNotIn("let", dumped("dead"))
        shown = re.findall("^// after (\\w+)$", dumped("all"), re.M)
        self.assertEqual(shown[:2], ["inline", "grid_sync"])
        # The help of the option names them all.
        self.assertIn("(" + ", ".join(shown) + "; all:",
                      " ".join(self.expect(OK, "compile", "--help").stdout.decode().split()))
        wrong = self.expect(USAGE, "compile", "-", "--dump-after", "nothing", stdin=text)
        self.assertIn("there are all, " + ", ".join(shown), wrong.stderr.decode())
        self.expect(USAGE, "compile", "-", "-O0", "--dump-after", "all", stdin=text)

    def test_ops_are_given_as_programs(self):
        def written(name, text):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
            return self.path(name)
        # Arguments in the order of their bindings: 100 * a + b.
        body = written("mad.vyre", "buffer b : u32[1] readonly @5\nbuffer a : u32[1] uniform @2\n"
                       "buffer out : u32[1] readwrite @9 output\nout[0] = a[0] * 100 + b[0]\n")
        twice = written("twice.vyre", "buffer a : u32[1] readonly @0\n"
                        "buffer out : u32[1] readwrite @1 output\n"
                        "out[0] = call \"mad\"(a[0], a[0])\n")
        caller = written("caller.vyre", "buffer out : u32[2] writeonly @0\n"
                         "out[gid.x] = call \"twice\"(gid.x + 1)\n")
        ops = ("--op", "mad=" + body, "--op", "twice=" + twice)
        ran = self.expect(OK, "run", caller, *ops, "--interp", "--out", "out=u32")
        self.assertEqual(ran.stdout, b"101\n202\n")
        self.expect(OK, "validate", caller, *ops)
        self.assertIn(b"V016", self.expect(WRONG_INPUT, "validate", caller, *ops[:2]).stderr)
        if has_device():
            self.expect(OK, "compile", caller, *ops, "-o", self.path("called.spv"), "--stats",
                        "--device", "0")
            self.assertIn(b"leave out --target-env", self.expect(
                USAGE, "compile", caller, *ops, "--stats", "--device", "0", "--target-env",
                "vulkan1.1").stderr)
        shown = self.expect(OK, "compile", caller, *ops, "-o", self.path("called.spv"),
                            "--dump-after", "inline").stderr.decode()
        self.assertTrue(shown.startswith("// after inline\n"), shown)
        self.assertNotIn("call", shown)
        # One calls those before it only; and what is no body is refused with its name.
        self.assertIn(b"V016", self.expect(WRONG_INPUT, "run", caller, *ops[2:], "--interp",
                                           "--out", "out=u32").stderr)
        wrong = self.expect(WRONG_INPUT, "compile", caller, "--op", "mad=" + caller, "-o",
                            self.path("x.spv"))
        self.assertIn(b"caller.vyre: error[O004]: op 'mad': ", wrong.stderr)
        for argument in ("mad", "=" + body, "mad="):
            self.assertIn(b"is not ID=PROGRAM", self.expect(USAGE, "compile", caller, "--op",
                                                            argument).stderr)
        self.assertIn(b"read once", self.expect(USAGE, "run", "-", "--op", "mad=-",
                                                "--interp").stderr)

    def test_parts_of_a_program_are_shown_one_after_the_other(self):
        text = (b"buffer out : u32[4] readwrite @0\nout[1] = 7\nbarrier grid_sync\n"
                b"out[0] = out[1]\n")
        shown = self.expect(WRONG_INPUT, "compile", "-", "-o", self.path("dump.spv"), "--dump-after",
                            "grid_sync", stdin=text).stderr.decode()
        self.assertIn("error[L007]", shown)
        parts = re.split("^// after grid_sync, part ([12]) of 2\n", shown.split("<stdin>")[0],
                         flags=re.M)
        self.assertEqual(parts[1::2], ["1", "2"])
        for part, statement in zip(parts[2::2], ("out[1] = 7\n", "out[0] = out[1]\n")):
            self.assertTrue(part.endswith(statement), part)
            self.expect(OK, "compile", "-", "-o", self.path("part.spv"), stdin=part.encode())

    def test_binary_never_goes_to_a_terminal(self):
        controller, terminal = os.openpty()
        result = self.expect(USAGE, "compile", "-", stdin=TRIPLE.encode(), stdout=terminal)
        self.assertIn(b"terminal", result.stderr)
        # Under another name it is the same terminal.
        result = self.expect(USAGE, "compile", "-", "-o", os.ttyname(terminal),
                             stdin=TRIPLE.encode())
        self.assertIn(b"is a terminal", result.stderr)
        os.set_blocking(controller, False)
        with self.assertRaises(BlockingIOError):
            os.read(controller, 1)
        if have("spirv-dis"):
            self.expect(OK, "compile", "-S", "-", stdin=TRIPLE.encode(), stdout=terminal)
        os.close(terminal)
        os.close(controller)

    @unittest.skipUnless(have("spirv-dis"), "spirv-dis is not installed")
    def test_assembly_is_text(self):
        text = self.expect(OK, "compile", "-S", "-g", "-", stdin=TRIPLE.encode()).stdout.decode()
        self.assertIn("OpEntryPoint GLCompute", text)
        self.assertIn('"out"', text)
        # Without SPIRV-Tools it says what to do. (A build against its library needs no program.)
        missing = run("compile", "-S", "-", stdin=TRIPLE.encode(), env={"PATH": "/nonexistent"})
        if missing.returncode != OK:
            self.assertEqual(missing.returncode, SYSTEM)
            self.assertIn(b"install spirv-tools", missing.stderr)

    @unittest.skipUnless(have("spirv-dis"), "needs spirv-dis")
    def test_programs_stand_beside_their_assembly(self):
        text = self.expect(OK, "compile", "--side-by-side", self.path("triple.vyre", TRIPLE)).stdout
        lines = text.decode().splitlines()
        # Each line of the program once, in order, but for those whose code is in pieces.
        shown = [line[8:] for line in lines if re.match(r" *[0-9]+ \|", line)]
        self.assertEqual([line for at, line in enumerate(shown) if line not in shown[:at]],
                         [line for at, line in enumerate(TRIPLE.splitlines())
                          if line not in TRIPLE.splitlines()[:at]])
        at = lines.index("    7 |     out[i] = in[i] * 3 + 1")
        self.assertTrue(any("OpIMul" in line for line in lines[at:at + 10]))
        self.assertTrue(any("OpULessThan" in line for line in lines[:at]))
        # What has no text is printed first, and has the same code.
        wire = self.expect(OK, "compile", "--side-by-side", "-", stdin=TRIPLE_WIRE).stdout.decode()
        self.assertEqual([line for line in wire.splitlines() if "OpIMul" in line],
                         [line for line in lines if "OpIMul" in line])
        self.expect(USAGE, "compile", "--side-by-side", "-S", "-", stdin=TRIPLE.encode())
        # Comments may hold anything; a terminal gets no control bytes.
        text = self.expect(OK, "compile", "--side-by-side", "-",
                           stdin=(TRIPLE + "// \x1b[31m\n").encode()).stdout
        self.assertNotIn(b"\x1b", text)
        missing = run("compile", "--side-by-side", "-", stdin=TRIPLE.encode(),
                      env={"PATH": "/nonexistent"})
        if missing.returncode != OK:
            self.assertEqual(missing.returncode, SYSTEM)
            self.assertIn(b"install spirv-tools", missing.stderr)

    def test_stats_go_to_standard_error(self):
        result = self.expect(OK, "compile", "--stats", "-", stdin=TRIPLE.encode())
        self.assertIn(b"workgroup: 64 x 1 x 1\n", result.stderr)
        words = int(result.stderr.split(b"words: ")[1].split()[0])
        self.assertEqual(4 * words, len(result.stdout))
        self.assertIn(b"checks: 1 kept, 1 removed\n", result.stderr)
        self.assertRegex(result.stderr, rb"  7:5 +removed store  out: `i` is below len\(out\): ")

    def test_the_driver_of_a_device_is_asked_about_its_code(self):
        if not has_device():
            self.skipTest("no device")
        source, target = self.path("triple.vyre", TRIPLE), self.path("triple.spv")
        text = self.expect(OK, "compile", source, "-o", target, "--stats").stderr.decode()
        self.assertIn("\nmachine code: not asked; --device NAME asks", text)
        text = self.expect(OK, "compile", source, "-o", target, "--stats", "--device", "0"
                           ).stderr.decode()
        silent = "\nmachine code: this driver does not tell" in text
        self.assertTrue(silent or "\nmachine code: as the driver tells\n  " in text, text)
        stats = json.loads(self.expect(OK, "compile", source, "-o", target, "--json", "--device",
                                       "0").stdout)
        self.assertEqual(stats["machine_code"] is None, silent)

    def test_stats_are_json_too(self):
        source, target = self.path("triple.vyre", TRIPLE), self.path("triple.spv")
        stats = json.loads(self.expect(OK, "compile", source, "--json", "-o", target).stdout)
        with open(target, "rb") as file:
            module = file.read()
        self.assertEqual(stats["bytes"], len(module))
        self.assertEqual(module, self.expect(OK, "compile", source).stdout)
        # Every instruction is of one kind.
        words, at, count = [int.from_bytes(module[i:i + 4], "little")
                            for i in range(0, len(module), 4)], 5, 0
        while at < len(words):
            at, count = at + (words[at] >> 16), count + 1
        self.assertEqual(sum(stats["instructions"].values()), count)
        self.assertNotIn("other", stats["instructions"])
        self.assertEqual([check["removed"] for check in stats["checks"]], [False, True])
        self.assertEqual(stats["compile_us"], round(stats["compile_us"], 3))
        self.assertIn("fold", [each["name"] for each in stats["passes"]])
        self.expect(USAGE, "compile", source, "--json")

    def test_json_tells_what_binds_the_module(self):
        text = ("workgroup 64\nbuffer in : u32[] readonly @3\nbuffer out : i16[8] writeonly @1\n"
                "shared s : u32[4]\nloop i in 0..in[0] { if in[i] == 7 { trap(1, \"t\") } }\n"
                "let i = gid.x\nif i < 8 { out[i] = out[0] }\n")
        target = self.path("bound.spv")
        out = self.expect(OK, "compile", "-", "--json", "-o", target, stdin=text.encode()).stdout
        self.assertIsNone(re.search(rb"\d\.\d{4}", out), out)
        stats = json.loads(out)
        interface = stats["interface"]
        self.assertEqual(interface["bindings"], [
            {"buffer": "in", "element": "u32", "count": 0, "binding": 0, "stride": 4,
             "writable": False},
            {"buffer": "out", "element": "i16", "count": 8, "binding": 1, "stride": 2,
             "writable": True}])
        self.assertEqual(interface["fault_binding"], 2)
        words = interface["push_constants"]
        self.assertEqual([word["word"] for word in words], list(range(stats["push_bytes"] // 4)))
        self.assertEqual([word.get("binding") for word in words[:2]], [0, 1])
        self.assertEqual({word["holds"] for word in words[2:]} - {"smallest quotient"}, set())
        with open(target, "rb") as file:
            module = file.read()
        # OpDecorate id Binding n, of the module itself.
        words = [int.from_bytes(module[i:i + 4], "little") for i in range(0, len(module), 4)]
        bound, at = set(), 5
        while at < len(words):
            if words[at] == 4 << 16 | 71 and words[at + 2] == 33:
                bound.add(words[at + 3])
            at += words[at] >> 16
        self.assertEqual(bound, {0, 1, 2})
        quiet = json.loads(self.expect(
            OK, "compile", "-", "--json", "-o", target,
            stdin=b"workgroup 1\nbuffer a : u32[1] readwrite @0\na[0] = 1\n").stdout)
        self.assertIsNone(quiet["interface"]["fault_binding"])

    def test_a_wrong_program_leaves_no_output(self):
        target = self.path("none.spv")
        self.expect(WRONG_INPUT, "compile", "-", "-o", target, stdin=b"let")
        self.assertFalse(os.path.exists(target))

    def test_outputs_that_cannot_be_written_are_reported(self):
        result = self.expect(SYSTEM, "compile", "-", "-o", "/dev/full", stdin=TRIPLE.encode())
        self.assertIn(b"No space left", result.stderr)
        self.assertTrue(os.path.exists("/dev/full"))
        self.expect(SYSTEM, "compile", "-", "-o", self.path("no/where"), stdin=TRIPLE.encode())

    def test_wrong_usage(self):
        for arguments in ([], ["a", "b"], ["-O", "-O0", "-"], ["--target-env", "vulkan9", "-"],
                          ["--loop-budget", "0x100000000", "-"],
                          ["--target-env"], ["-o"], ["--stats=1", "-"]):
            self.expect(USAGE, "compile", *arguments, stdin=TRIPLE.encode())

    def test_a_module_is_not_a_program(self):
        self.compile()
        result = self.expect(WRONG_INPUT, "compile", self.path("triple.spv"))
        self.assertIn(b"SPIR-V", result.stderr)
        self.assertEqual(result.stderr.count(b"\n"), 1)


if __name__ == "__main__":
    unittest.main()
