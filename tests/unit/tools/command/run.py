#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vyre-spv run, in the interpreter and on a device.

usage: run.py VYRE-SPV
"""
import json
import os
import unittest

from support import Case, has_device, OK, SIGNED, SYSTEM, TRAP, TRIPLE, USAGE, WRONG_INPUT


class Run:
    """What holds for every way to run a program."""
    how = ()

    def run_program(self, code, text, *arguments, **options):
        return self.expect(code, "run", self.path("program.vyre", text), *self.how, *arguments,
                           **options)

    def test_values_in_and_out(self):
        result = self.run_program(OK, TRIPLE, "--in", "in=u32:0,1,0x10,4294967295", "--in",
                                  "out=zero:5")
        self.assertEqual(result.stdout, b"out: 1 4 49 4294967294 1\n")
        result = self.run_program(OK, SIGNED, "--in=in=i32:-2147483648,5")
        self.assertEqual(result.stdout, b"out: 5 2147483647\n")

    def test_files_in_and_out(self):
        values = list(range(0, 3000, 7))
        source = self.path("in.bin", b"".join(value.to_bytes(4, "little") for value in values))
        target = self.path("out.bin")
        self.run_program(OK, TRIPLE, "--in", f"in={source}", "--in", f"out=zero:{len(values)}",
                         "--out", f"out={target}")
        with open(target, "rb") as file:
            data = file.read()
        self.assertEqual(data, b"".join((3 * value + 1).to_bytes(4, "little") for value in values))

    def test_values_are_printed_as_asked(self):
        inputs = ("--in", "in=u32:4294967295,2", "--in", "out=zero:2")
        expected = {"u32": b"4294967294\n7\n", "i32": b"-2\n7\n", "hex": b"fffffffe\n00000007\n",
                    "-": b"\xfe\xff\xff\xff\x07\0\0\0"}
        for form, text in expected.items():
            result = self.run_program(OK, TRIPLE, *inputs, "--out", f"out={form}")
            self.assertEqual(result.stdout, text)

    def test_types_in_the_place_of_a_file_are_refused(self):
        inputs = ("--in", "in=u32:1", "--in", "out=zero:1")
        for where in ("f16", "bf16", "i4", "vec4", "vec2<u32>", "u32:3",
                      "f32:", "zero:4", "hex:", "bogus"):
            result = self.run_program(USAGE, TRIPLE, *inputs, "--out", f"out={where}",
                                      cwd=self.folder.name)
            self.assertIn(f"buffer 'out': '{where}' is not one of u32, ".encode(), result.stderr)
            self.assertIn(b"\nFix: use --out out=hex", result.stderr)
            self.assertEqual(result.stdout, b"")
        self.assertEqual(set(os.listdir(self.folder.name)) - {"cache"}, {"program.vyre"})
        # What the message advises, and the other names, are files; -v tells of them.
        for where in ("./u32", "./bogus", "u32.bin"):
            result = self.run_program(OK, TRIPLE, *inputs, "-v", "--out", f"out={where}",
                                      cwd=self.folder.name)
            self.assertIn(f"wrote {where} (4 bytes)\n".encode(), result.stderr)
            with open(self.path(where), "rb") as file:
                self.assertEqual(file.read(), b"\4\0\0\0")

    def test_the_grid_is_told(self):
        text = ("workgroup 4 4\nbuffer out : u32[] readwrite @0\nshared t : u32[1]\n"
                "let i = gid.y * 8 + gid.x\nif i < len(out) {\n    out[i] = i\n}\n")
        inputs = ("--in", "out=zero:36")
        result = self.run_program(OK, text, "-v", *inputs)
        self.assertIn(b"grid: 2 x 2 x 1 workgroups of 4 x 4 x 1, derived from the sizes of the "
                      b"buffers\n", result.stderr)
        result = self.run_program(OK, text, "-v", "--grid", "2,5", *inputs)
        self.assertIn(b"grid: 2 x 5 x 1 workgroups of 4 x 4 x 1\n", result.stderr)
        self.assertEqual(result.stdout, b"out: " + " ".join(map(str, range(36))).encode() + b"\n")
        self.assertNotIn(b"grid", self.run_program(OK, text, *inputs).stderr)

    def test_numbers_of_f32(self):
        text = ("workgroup 1\nbuffer x : f32[] readonly @0\nbuffer y : f32[] readwrite @1\n"
                "y[gid.x] = x[gid.x] * 2.0\n")
        result = self.run_program(OK, text, "--in", "x=f32:1.5,-2,inf,nan,.1,-0,0x1.8p1,1e38",
                                  "--in", "y=zero:8")
        self.assertEqual(result.stdout, b"y: 3 -4 inf nan 0.2 -0 6 2e+38\n")
        for wrong in ("1e39", "", "1.5.2", "x", "1,,2", "1,", " 1", "+1", "infinity", "nan(0x1)",
                      "--1", "0x", "1e", "."):
            given = f"x=f32:{wrong}" if wrong else "x=f32:,"
            result = self.run_program(USAGE, text, "--in", given, "--in", "y=zero:1")
            self.assertIn(b"buffer 'x': '", result.stderr, wrong)
            self.assertIn(b"is not a number that f32 can hold, inf or nan", result.stderr)

    def test_what_is_printed_reads_back_exactly(self):
        # The program leaves them alone: a store of f32 flushes what is subnormal and knows one NaN,
        # and not every device has integers of 64 bits.
        text = ("workgroup 1\nbuffer x : {0}[] readwrite @0\nbuffer n : u32[1] writeonly @1\n"
                "n[0] = 1\n")
        words = {"u8": ["0", "255"], "i8": ["-128", "127"], "u16": ["0", "65535"],
                 "i16": ["-32768", "32767"], "bool": ["0", "1"], "u32": ["0", "4294967295"], "i32": ["-2147483648", "2147483647"],
                 "u64": ["0", "18446744073709551615"],
                 "i64": ["-9223372036854775808", "9223372036854775807"],
                 "f32": ["0.1", "16777216", "3.4028235e+38", "1e-45", "1.1754944e-38", "-inf",
                         "nan", "-nan", "nan(0xffc12345)", "0.33333334"],
                 "f64": ["0.1", "1.7976931348623157e+308", "5e-324", "-inf", "nan", "-nan", "-0",
                         "nan(0x7ff8000000000001)", "0.3333333333333333"]}
        hexadecimal = {"u32": ["00000001", "fedcba98"], "i16": ["8000"], "f32": ["7f800001"],
                       "vec<u8;3>": ["0a0b0c", "010203"], "f16": ["3c00"]}
        for form, numbers in words.items():
            result = self.run_program(OK, text.format(form), "--in",
                                      f"x={form}:{','.join(numbers)}", "--out", f"x={form}")
            self.assertEqual(result.stdout.decode().split(), numbers)
        for element, numbers in hexadecimal.items():
            result = self.run_program(OK, text.format(element), "--in",
                                      f"x=hex:{','.join(numbers)}", "--out", "x=hex")
            self.assertEqual(result.stdout.decode().split(), numbers)
        result = self.run_program(OK, text.format("bool"), "--in", "x=bool:true,false")
        self.assertEqual(result.stdout, b"x: 1 0\nn: 1\n")
        for wrong in ("u8:256", "i8:-129", "i16:32768", "bool:2", "bool:tru", "f64:1e400",
                      "hex:1", "hex:001", "hex:0g", "hex:00,"):
            element = "u8" if wrong.startswith("hex") else wrong.split(":")[0]
            result = self.run_program(USAGE, text.format(element), "--in", f"x={wrong}")
            self.assertIn(b"is not ", result.stderr, wrong)

    def test_the_grid_may_be_given(self):
        text = ("workgroup 2\nbuffer n : u32[1] readwrite @0\n"
                "let old = atomic_add(n[0], 1)\n")
        for grid, count in (("3", 6), ("3,2", 12), ("3,2,4", 48)):
            result = self.run_program(OK, text, "--in", "n=zero:1", "--grid", grid)
            self.assertEqual(result.stdout, f"n: {count}\n".encode())
        for grid in ("0", "1,", "1,2,3,4", "-1", "x", "4294967296", "1 "):
            self.run_program(USAGE, text, "--in", "n=zero:1", "--grid", grid)

    def test_empty_buffers_are_buffers(self):
        result = self.run_program(OK, TRIPLE, "--in", "in=u32:", "--in", "out=zero:2")
        self.assertEqual(result.stdout, b"out: 1 1\n")
        result = self.run_program(OK, TRIPLE, "--in", "in=u32:1", "--in", "out=zero:0")
        self.assertEqual(result.stdout, b"out:\n")

    def test_a_trap_is_an_error_without_output(self):
        result = self.run_program(WRONG_INPUT, TRAP, "--in", "in=u32:7", "--in", "out=zero:1")
        self.assertEqual(result.stdout, b"")
        self.assertIn(b"seven", result.stderr)
        result = self.run_program(OK, TRAP, "--in", "in=u32:6", "--in", "out=zero:1")
        self.assertEqual(result.stdout, b"out: 6\n")

    def test_wrong_bindings_are_wrong_usage(self):
        good = ("--in", "in=u32:1")
        for arguments in ((), good, (*good, "--in", "out"), (*good, "--in", "=u32:1"),
                          (*good, "--in", "out="), (*good, "--in", "other=zero:1"),
                          (*good, *good, "--in", "out=zero:1"),
                          (*good, "--in", "out=zero:x"), (*good, "--in", "out=u32:1,,2"),
                          (*good, "--in", "out=u32:-1"), (*good, "--in", "out=i32:2147483648"),
                          (*good, "--in", "out=u32:1,"), (*good, "--in", "out=u32: 1"),
                          (*good, "--in", "out=zero:1", "--out", "in=u32"),
                          (*good, "--in", "out=zero:1", "--out", "none=u32")):
            result = self.run_program(USAGE, TRIPLE, *arguments)
            self.assertEqual(result.stdout, b"")
        result = self.run_program(USAGE, TRIPLE, "--in", "in=-", "--in", "out=-")
        self.assertIn(b"can be read once, not 2 times", result.stderr)
        result = self.run_program(USAGE, TRIPLE, *good, "--in", "out=f16:1.5")
        self.assertIn(b"'f16:' is not zero: and none of u32, i32, f32, u8, ", result.stderr)
        result = self.run_program(USAGE, TRIPLE, *good, "--in", "out=u32:1,4294967296,3")
        self.assertIn(b"buffer 'out': '4294967296' is not a number from 0 to 4294967295",
                      result.stderr)
        result = self.run_program(USAGE, TRIPLE, *good, "--in", "out=u64:1")
        self.assertIn(b"buffer 'out': its elements are u32, not u64\nFix: give u32:..., hex:",
                      result.stderr)
        for other in ("f32:1.5", "i32:1", "bool:1"):
            self.run_program(USAGE, TRIPLE, *good, "--in", f"out={other}")
        result = self.run_program(USAGE, TRIPLE.replace("out : u32[] readwrite",
                                                        "out : u32[] writeonly"), *good, "--in",
                                  "out=zero:1")
        self.assertIn(b"takes no input: the run makes it, of zeros\nFix: give it a count",
                      result.stderr)
        result = self.run_program(SYSTEM, TRIPLE, *good, "--in", "out=/nonexistent")
        self.assertIn(b"No such file", result.stderr)

    def test_what_is_likely_a_slip_is_warned_of(self):
        five = self.path("five", b"12345")
        result = self.run_program(OK, TRIPLE, "--in", f"in={five}", "--in", "out=zero:1")
        self.assertIn(b"warning: buffer 'in': the last 1 of 5 bytes of ", result.stderr)
        text = "workgroup 1\nbuffer q : u32[] writeonly @0\nq[gid.x] = 1\n"
        result = self.run_program(OK, text, "--grid", "1")
        self.assertEqual(result.stdout, b"q:\n")
        self.assertRegex(result.stderr, rb"warning: buffer 'q' has no elements: .*\nFix: give it a "
                                        rb"count")

    def test_no_output_goes_over_an_input_or_another_output(self):
        text = TRIPLE.replace("let", "buffer other : u32[1] writeonly @2\nlet")
        self.path("in.bin", b"\1\0\0\0")
        os.symlink("program.vyre", self.path("link.vyre"))
        for outputs in (("out=./program.vyre",), ("out=./link.vyre",), ("out=./in.bin",),
                        ("out=./new", "other=././new")):
            result = self.run_program(USAGE, text, "--in", "in=./in.bin", "--in", "out=zero:1",
                                      *(f"--out={output}" for output in outputs),
                                      cwd=self.folder.name)
            self.assertIn(b"which is the same file\nFix: write to another", result.stderr, outputs)
            self.assertFalse(os.path.exists(self.path("new")))
        self.run_program(OK, text, "--in", "in=./in.bin", "--in", "out=zero:1",
                         "--out=out=/dev/null", "--out=other=/dev/null", cwd=self.folder.name)

    def test_inputs_are_read_to_a_limit(self):
        huge = self.path("huge", b"")
        os.truncate(huge, 1 << 40)
        for given in (huge, "zero:9999999999999"):
            result = self.run_program(WRONG_INPUT, TRIPLE, "--in", f"in={given}", "--in",
                                      "out=zero:1")
            self.assertRegex(result.stderr, rb"is too large: at most \d+ bytes (fit one buffer of "
                             rb"this device|of inputs are left; the interpreter has 1 GiB for all)")
            self.assertEqual(result.stdout, b"")

    def test_programs_that_are_wrong(self):
        self.run_program(WRONG_INPUT, "let")
        self.run_program(WRONG_INPUT, TRIPLE.replace("in[i]", "on[i]"), "--in", "in=u32:1", "--in",
                         "out=zero:1")

    def test_a_barrier_of_the_grid_is_for_all_workgroups(self):
        program = """workgroup 4
buffer parts : u32[] readwrite @0
buffer sum : u32[] readwrite @1
parts[gid.x] = gid.x + 1
barrier grid_sync
sum[gid.x] = parts[0] + parts[7]
"""
        result = self.run_program(OK, program, "--in", "parts=zero:8", "--in", "sum=zero:8",
                                  "--out", "sum=u32")
        self.assertEqual(result.stdout, b"9\n" * 8)
        result = self.run_program(WRONG_INPUT, program.replace("gid.x + 1", "7\nlet x = parts[7]")
                                  .replace("parts[0]", "x"), "--in", "parts=zero:8", "--in",
                                  "sum=zero:8")
        self.assertIn(b"F003", result.stderr)


class Interpreter(Run, Case):
    how = ("--interp",)

    def test_an_input_that_is_too_small_is_shown_at_its_buffer(self):
        result = self.run_program(WRONG_INPUT, TRAP, "--in", "in=u32:", "--in", "out=zero:1")
        self.assertIn(b"program.vyre:2:8: error[X003]: buffer 'in' needs 4 bytes", result.stderr)

    def test_the_inputs_share_the_memory(self):
        result = self.run_program(WRONG_INPUT, TRIPLE, "--in", "in=zero:1000", "--in",
                                  "out=zero:268435456")
        self.assertIn(b"at most 1073737824 bytes of inputs are left", result.stderr)

    def test_options_of_devices_are_not_for_the_interpreter(self):
        program = self.path("program.vyre", TRIPLE)
        for option in (["--stats"], ["--no-cache"], ["-O0"], ["-g"], ["--float", "strict"]):
            result = self.expect(USAGE, "run", program, "--interp", *option)
            self.assertIn(f"--interp and {option[0]} exclude each other".encode(), result.stderr)

    def test_a_wrong_program_is_told_before_inputs_are_asked_for(self):
        result = self.expect(WRONG_INPUT, "run", "-", "--interp",
                             stdin=b"buffer a : u32[] readonly @0\na[0] = 1\n")
        self.assertIn(b"error[V112]", result.stderr)
        self.assertNotIn(b"--in", result.stderr)

    def test_a_device_is_not_for_the_interpreter(self):
        self.run_program(USAGE, TRIPLE, "--device", "x")

    def test_limits_of_devices_are_not_for_the_interpreter(self):
        inputs = ("--in", "in=u32:1", "--in", "out=zero:1")
        for name in ("timeout", "loop-budget"):
            for number in ("0", "1", "60"):
                result = self.run_program(USAGE, TRIPLE, *inputs, f"--{name}", number)
                self.assertIn(f"--interp and --{name} exclude each other".encode(), result.stderr)
                self.assertIn(b"\nFix: use --steps N", result.stderr)

    def test_the_steps_of_a_run_are_limited(self):
        text = ("workgroup 1\nbuffer n : u32[1] readwrite @0\n"
                "loop i in 0..1000 { n[0] = n[0] + 1 }\n")
        arguments = ("--in", "n=u32:0")
        result = self.run_program(OK, text, *arguments, "--steps", "10000")
        self.assertEqual(result.stdout, b"n: 1000\n")
        result = self.run_program(WRONG_INPUT, text, *arguments, "--steps", "500")
        self.assertIn(b"error[X", result.stderr)
        self.assertEqual(result.stdout, b"")


class Device(Run, Case):
    def setUp(self):
        super().setUp()
        if not has_device():
            self.skipTest("no device")

    def test_a_device_without_an_end_is_read_to_the_limit(self):
        result = self.run_program(WRONG_INPUT, TRIPLE, "--in", "in=/dev/zero", "--in", "out=zero:1")
        self.assertRegex(result.stderr, rb"'/dev/zero' is too large: at most \d+ bytes fit one "
                         rb"buffer of this device")

    def test_steps_are_not_for_a_device(self):
        result = self.run_program(USAGE, TRIPLE, "--in", "in=u32:1", "--in", "out=zero:1",
                                  "--steps", "5")
        self.assertIn(b"--steps is for --interp", result.stderr)

    def test_a_second_run_takes_everything_from_the_cache(self):
        arguments = ("--stats", "--in", "in=u32:1", "--in", "out=zero:1")
        cold = self.run_program(OK, TRIPLE, *arguments)
        warm = self.run_program(OK, TRIPLE, *arguments)
        self.assertIn(b"module: compiled", cold.stderr)
        self.assertIn(b"module: from the cache", warm.stderr)
        self.assertIn(b"lowering: 0.0 us", warm.stderr)
        self.assertEqual(cold.stdout, warm.stdout)
        without = self.run_program(OK, TRIPLE, "--no-cache", *arguments)
        self.assertIn(b"module: compiled", without.stderr)
        listing = json.loads(self.expect(OK, "cache", "ls", "--json").stdout)
        kinds = {entry["kind"] for entry in listing["entries"]}
        self.assertLessEqual({"spirv", "probe"}, kinds)
        self.assertTrue(all(entry["valid"] for entry in listing["entries"]))

    def test_the_loop_budget_reaches_the_kernel_and_its_key(self):
        text = ("workgroup 1\nbuffer n : u32[1] readwrite @0\n"
                "loop i in 0..n[0] { n[0] = n[0] - 1 + 1 }\n")
        arguments = ("--in", "n=u32:100")
        self.assertEqual(self.run_program(OK, text, *arguments).stdout, b"n: 100\n")
        result = self.run_program(WRONG_INPUT, text, *arguments, "--loop-budget", "99")
        self.assertIn(b"K008", result.stderr)
        self.assertEqual(result.stdout, b"")
        self.run_program(OK, text, *arguments, "--loop-budget", "100")
        self.run_program(USAGE, text, *arguments, "--loop-budget", "4294967296")
        result = self.run_program(USAGE, text, *arguments, "--timeout", "0")
        self.assertIn(b"--timeout takes 1 to 4294967295 seconds\nFix: leave it out", result.stderr)

    def test_the_float_mode_reaches_the_kernel_and_its_key(self):
        text = ("workgroup 1\nbuffer x : u32[1] readonly @0\nbuffer y : u32[1] readwrite @1\n"
                "y[0] = u32(f32(x[0]) * 1.5)\n")
        arguments = ("--in", "x=u32:5", "--in", "y=zero:1")
        for mode in ("strict", "exact", "fast"):
            result = self.run_program(OK, text, *arguments, "--stats", "--float", mode)
            self.assertEqual(result.stdout, b"y: 7\n")
            self.assertIn(b"module: compiled", result.stderr)
        self.run_program(USAGE, text, *arguments, "--float", "sloppy")

    def test_a_cache_that_cannot_be_used_is_no_obstacle(self):
        self.env["VYRE_CACHE_DIR"] = "/dev/null/cache"
        arguments = ("--in", "in=u32:1", "--in", "out=zero:1")
        result = self.run_program(OK, TRIPLE, *arguments)
        self.assertEqual(result.stdout, b"out: 4\n")
        self.assertTrue(result.stderr.startswith(b"warning[C001]"), result.stderr)
        self.assertNotIn(b"error", result.stderr)
        self.env.clear()  # neither VYRE_CACHE_DIR nor HOME, as in many services
        result = self.run_program(OK, TRIPLE, *arguments)
        self.assertEqual((b"out: 4\n", b""), (result.stdout, result.stderr))

    def test_the_device_is_named_on_demand_only(self):
        arguments = ("--in", "in=u32:1", "--in", "out=zero:1")
        self.assertEqual(self.run_program(OK, TRIPLE, *arguments).stderr, b"")
        self.assertIn(b"device: ", self.run_program(OK, TRIPLE, "-v", *arguments).stderr)

    def test_devices_can_be_chosen(self):
        arguments = ("--in", "in=u32:1", "--in", "out=zero:1")
        devices = json.loads(self.expect(OK, "devices", "--json").stdout)["devices"]
        self.assertEqual(sum(device["chosen"] for device in devices), 1)
        for index, device in enumerate(devices):
            if not device["usable"]:
                continue
            self.run_program(OK, TRIPLE, "--device", str(index), *arguments)
            self.run_program(OK, TRIPLE, "--device", device["name"].upper(), *arguments)
        result = self.run_program(SYSTEM, TRIPLE, "--device", "no such device", *arguments)
        self.assertIn(b"error[D004]", result.stderr)
        self.expect(SYSTEM, "devices", "--device", "no such device")

    def test_the_list_explains_itself(self):
        text = self.expect(OK, "devices").stdout.decode()
        self.assertIn("[chosen]", text)
        for device in json.loads(self.expect(OK, "devices", "--json").stdout)["devices"]:
            self.assertTrue(device["reason"])
            self.assertIn(device["reason"], text)

    def test_without_a_loader_it_is_a_system_failure(self):
        env = {**self.env, "VK_ICD_FILENAMES": "/nonexistent", "VK_DRIVER_FILES": "/nonexistent"}
        result = self.expect(SYSTEM, "devices", env=env)
        self.assertIn(b"error[D003]", result.stderr)


if __name__ == "__main__":
    unittest.main()
