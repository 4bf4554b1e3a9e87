#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The vyre-spv command as a user meets it: output, messages and exit codes.

usage: command.py VYRE-SPV
"""
import base64
import bz2
import gzip
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOOL = None

OK, WRONG_INPUT, USAGE, SYSTEM = 0, 1, 2, 3


def run(*arguments, stdin=b"", env=None, **options):
    """Runs the command; stdout and stderr of the result are bytes."""
    variables = {"PATH": os.environ.get("PATH", ""), **(env or {})}
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([TOOL, *arguments], input=stdin, stderr=subprocess.PIPE, env=variables,
                          timeout=60, check=False, **options)


def read_terminal(controller):
    """All that was written to a terminal that nobody has open any more; one read may be a part."""
    shown = b""
    try:
        while part := os.read(controller, 65536):
            shown += part
    except OSError:  # EIO: the end
        pass
    return shown


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="vyre-spv-test-")
        self.env = {"VYRE_CACHE_DIR": os.path.join(self.folder.name, "cache")}

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name, content=None):
        path = os.path.join(self.folder.name, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def expect(self, code, *arguments, **options):
        options.setdefault("env", self.env)
        result = run(*arguments, **options)
        if code is None:  # any of ours, so no crash
            code = result.returncode if result.returncode in (OK, WRONG_INPUT, USAGE) else OK
        self.assertEqual(result.returncode, code, (arguments, result.stdout, result.stderr))
        return result


def commands():
    """Names of the commands, taken from the overview."""
    lines = run("--help").stdout.decode().split("commands:\n")[1].split("\n\n")[0].splitlines()
    return [line.split()[0] for line in lines if not line.startswith("  help ")]


class Overview(Case):
    def test_no_command_is_wrong_usage(self):
        result = self.expect(USAGE)
        self.assertEqual(result.stdout, b"")
        self.assertIn(b"usage:", result.stderr)

    def test_help_has_three_spellings(self):
        texts = {self.expect(OK, word).stdout for word in ("help", "--help", "-h")}
        texts.add(self.expect(OK, "help", "help").stdout)
        self.assertEqual(len(texts), 1)

    def test_every_command_has_help(self):
        names = commands()
        self.assertGreaterEqual(len(names), 1)
        for name in names:
            text = self.expect(OK, name, "--help").stdout.decode()
            self.assertTrue(text.startswith(f"usage: vyre-spv {name} "), text)
            self.assertIn("--verbose", text)
            self.assertEqual(self.expect(OK, "help", name).stdout.decode(), text)
            self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)

    def test_unknown_words_are_wrong_usage(self):
        for arguments in (["frobnicate"], ["--frobnicate"], ["help", "frobnicate"]):
            result = self.expect(USAGE, *arguments)
            self.assertIn(b"frobnicate", result.stderr)
            self.assertEqual(result.stdout, b"")
        for name in commands():
            result = self.expect(USAGE, name, "--frobnicate")
            self.assertIn(f"Try: vyre-spv {name} --help".encode(), result.stderr)
            self.expect(USAGE, name, "-%")

    def test_sizes_have_suffixes(self):
        for size in ("4K", "0x10k", "2M", "1g", "17179869183G", "18446744073709551615", "0"):
            result = run("scan", "--memory", size)  # wrong for its patterns only
            self.assertNotIn(b"--memory", result.stderr, size)
        for size in ("", "K", "-1", "1KB", "1 K", "1T", "0x", "17179869184G", "1.5M",
                     "18446744073709551616"):
            result = self.expect(USAGE, "scan", "--memory", size, "-e", "x", ".")
            self.assertIn(b"takes a number of bytes below 2^64", result.stderr, size)

    def test_messages_name_the_option_without_its_value(self):
        for arguments in (("--max-count=-1",), ("--max-count", "-1")):
            result = self.expect(USAGE, "scan", *arguments, "-e", "x", ".")
            self.assertIn(b"error: --max-count takes a whole number below 2^64, not '-1'",
                          result.stderr)
        result = self.expect(USAGE, "scan", "--json=1", "-e", "x", ".")
        self.assertIn(b"no argument is allowed in '--json=1'", result.stderr)

    def test_control_bytes_in_arguments_do_not_reach_the_terminal(self):
        result = self.expect(USAGE, "a\x1b[31mb")
        self.assertNotIn(b"\x1b", result.stderr)
        self.assertIn(b"a\\x1b[31mb", result.stderr)

    def test_version_names_the_build(self):
        text = self.expect(OK, "--version").stdout.decode()
        self.assertRegex(text, r"^vyre-spv \d+\.\d+\.\d+ \(")
        self.assertIn("SPIR-V", text)

    def test_man_page_and_completion_come_from_the_tables(self):
        page = self.expect(OK, "--print-man").stdout.decode()
        words = self.expect(OK, "--print-completion").stdout.decode()
        for name in commands():
            self.assertIn(f".SS {name}\n", page)
            text = self.expect(OK, name, "--help").stdout.decode().split("options:\n")[1]
            options = [word.rstrip(",").split("=")[0] for line in text.splitlines()
                       if line.startswith("  -") for word in line.split()[:2]
                       if word.startswith("-")]
            self.assertGreaterEqual(len(options), 4)
            for option in options:
                self.assertIn(option.replace("-", "\\-"), page)
                if option.startswith("--"):
                    self.assertIn(" " + option, words)
        syntax = subprocess.run(["bash", "-n"], input=words.encode(), check=False)
        self.assertEqual(syntax.returncode, 0)


class Completion(Case):
    def complete(self, line):
        """What bash offers at the end of a line; it splits words at = too."""
        words = re.findall(r"=|[^ =]+", line) + ([""] if line.endswith(" ") else [])
        script = self.expect(OK, "--print-completion").stdout + b"""
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_vyre_spv
printf '%s\\n' "${COMPREPLY[@]}"
"""
        done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True,
                              check=True)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode().split()

    def test_commands_and_options_are_offered(self):
        self.assertEqual(set(self.complete("vyre-spv ")), {"help", "--version", *commands()})
        self.assertEqual(self.complete("vyre-spv dev"), ["devices"])
        self.assertEqual(self.complete("vyre-spv help va"), ["validate"])
        self.assertEqual(self.complete("vyre-spv run --loop"), ["--loop-budget"])
        self.assertEqual(self.complete("vyre-spv scan --stats --inge"), ["--ingest"])
        self.assertEqual(self.complete("vyre-spv frobnicate "), [])

    def test_values_are_offered(self):
        for line, values in (("run --float ", "strict exact fast"),
                             ("compile --float=", "strict exact fast"),
                             ("compile --float=e", "exact"), ("compile --float e", "exact"),
                             ("conform --backend ", "interp vulkan"),
                             ("scan --color n", "never"), ("cache ", "ls clear"),
                             ("cache --json c", "clear")):
            self.assertEqual(self.complete("vyre-spv " + line), values.split(), line)

    def test_names_that_the_library_has_are_offered_and_taken(self):
        page = self.expect(OK, "compile", "--help").stdout.decode()
        passes = self.complete("vyre-spv compile --dump-after ")
        self.assertLessEqual({"all", "fold", "dead", "inline", "grid_sync"}, set(passes))
        targets = self.complete("vyre-spv compile --target ")
        self.assertIn("portable", targets)
        pretended = self.complete("vyre-spv run --pretend ")
        self.assertIn("no-int64", pretended)
        for option, names in (("--dump-after", passes), ("--target", targets),
                              ("--pretend", pretended)):
            for name in names:
                self.expect(OK, "compile", option, name, "-", "-o", os.devnull,
                            stdin=TRIPLE.encode())
                if option != "--pretend":
                    self.assertIn(name, page)

    def test_files_are_offered_where_nothing_else_is(self):
        for line in ("run ", "compile -o ", "scan -f ", "run --in x=", "scan --stats ", "asm p"):
            self.assertEqual(self.complete("vyre-spv " + line), [], line)
        self.assertIn(b"complete -o default ", self.expect(OK, "--print-completion").stdout)


class Patterns(Case):
    """Of a scan; what it finds is tested in tests/scan_oracle."""

    def test_a_pattern_file_without_an_end_is_refused(self):
        result = self.expect(USAGE, "scan", "-f", "/dev/zero", "/")
        self.assertIn(b"/dev/zero:1:4097: the pattern is longer than 4096 bytes", result.stderr)
        result = self.expect(USAGE, "scan", "-f", "-", "/", stdin=b"good\n" + b"x" * 5000000)
        self.assertIn(b"standard input:2:4097: ", result.stderr)
        result = self.expect(USAGE, "scan", "-f", "/", "/")
        self.assertIn(b"cannot read '/': Is a directory", result.stderr)
        self.expect(USAGE, "scan", "-f", self.path("absent"), "/")

    def test_the_wrong_one_of_several_patterns_is_named(self):
        result = self.expect(USAGE, "scan", "-e", "good", "-e", "ba\\d", "/")
        self.assertIn(b"-e 'ba\\d': column 3: unknown escape", result.stderr)

    def test_colours_follow_the_terminal_and_no_color(self):
        if not has_device():
            return
        path = self.path("text", "needle")
        for variable, coloured in ((None, True), ("", True), ("1", False)):
            controller, terminal = os.openpty()
            env = {**self.env, **({} if variable is None else {"NO_COLOR": variable})}
            self.expect(OK, "scan", "-e", "needle", path, env=env, stdout=terminal)
            os.close(terminal)
            shown = os.read(controller, 65536)
            os.close(controller)
            self.assertEqual(b"\x1b[1;31mneedle" in shown, coloured, variable)


class Output(Case):
    def test_a_full_disk_is_reported(self):
        with open("/dev/full", "wb") as full:
            for arguments in (["--help"], ["--version"], ["cache", "ls"], ["--print-man"]):
                result = self.expect(SYSTEM, *arguments, stdout=full)
                self.assertIn(b"No space left on device", result.stderr)

    def test_a_closed_output_is_reported(self):
        # Not written to whatever file is opened next under number 1.
        result = run("--help", env=self.env, preexec_fn=lambda: os.close(1), stdout=None)
        self.assertEqual(result.returncode, SYSTEM)

    def test_a_closed_pipe_ends_quietly(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = run("--print-man", env=self.env, stdout=writer)
        os.close(writer)
        self.assertNotEqual(result.returncode, OK)
        self.assertEqual(result.stderr, b"")


class Cache(Case):
    def entry(self, name, content):
        os.makedirs(self.env["VYRE_CACHE_DIR"], mode=0o700, exist_ok=True)
        with open(os.path.join(self.env["VYRE_CACHE_DIR"], name), "wb") as file:
            file.write(content)

    def test_ls_of_a_new_cache_is_empty(self):
        self.assertTrue(self.expect(OK, "cache", "ls").stdout.startswith(b"0 entries, 0 bytes in "))
        listing = json.loads(self.expect(OK, "cache", "ls", "--json").stdout)
        self.assertEqual(listing, {"directory": self.env["VYRE_CACHE_DIR"], "entries": []})
        cleared = json.loads(self.expect(OK, "cache", "clear", "--json").stdout)
        self.assertEqual(cleared["removed"], 0)
        # Looking makes nothing.
        self.assertFalse(os.path.exists(self.env["VYRE_CACHE_DIR"]))

    def test_ls_marks_damage_and_clear_removes_entries_only(self):
        name = "0123456789abcdef" * 4 + ".spirv"
        self.entry(name, b"not an entry")
        self.entry("notes.txt", b"mine")
        self.assertIn(name.encode() + b"  damaged\n", self.expect(OK, "cache", "ls").stdout)
        listing = json.loads(self.expect(OK, "cache", "ls", "--json").stdout)
        self.assertEqual([entry["name"] for entry in listing["entries"]], [name])
        self.assertEqual(listing["entries"][0]["size"], 12)
        self.assertFalse(listing["entries"][0]["valid"])
        cleared = json.loads(self.expect(OK, "cache", "clear", "--json").stdout)
        self.assertEqual(cleared["removed"], 1)
        self.assertEqual(os.listdir(self.env["VYRE_CACHE_DIR"]), ["notes.txt"])

    def test_the_directory_follows_the_environment(self):
        home = self.path("home")
        cases = (({"HOME": home}, "home/.cache/vyre"),
                 ({"HOME": home, "XDG_CACHE_HOME": self.path("xdg")}, "xdg/vyre"),
                 ({"HOME": home, "XDG_CACHE_HOME": "relative"}, "home/.cache/vyre"),
                 ({"HOME": home, "XDG_CACHE_HOME": self.path("xdg"),
                   "VYRE_CACHE_DIR": self.path("own")}, "own"))
        for env, expected in cases:
            listing = json.loads(self.expect(OK, "cache", "ls", "--json", env=env).stdout)
            self.assertEqual(listing["directory"], self.path(expected))
        self.expect(SYSTEM, "cache", "ls", env={})

    def test_a_directory_that_is_not_utf8_is_still_json(self):
        folder = os.fsencode(self.folder.name) + b"/\xff\\"
        result = self.expect(OK, "cache", "ls", "--json", env={"VYRE_CACHE_DIR": folder})
        listing = json.loads(result.stdout)
        self.assertEqual(base64.b64decode(listing["directory_b64"]), folder)
        self.assertNotIn("directory", listing)

    def test_an_unsafe_directory_is_refused(self):
        folder = self.path("open")
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        result = self.expect(SYSTEM, "cache", "ls", env={"VYRE_CACHE_DIR": folder})
        self.assertIn(b"error[C002]", result.stderr)
        self.assertIn(b"Fix: ", result.stderr)

    def test_wrong_actions_are_wrong_usage(self):
        for arguments in ([], ["frobnicate"], ["ls", "more"]):
            self.expect(USAGE, "cache", *arguments)


TRIPLE = """workgroup 64
buffer in  : u32[] readonly  @0
buffer out : u32[] readwrite @1

let i = gid.x
if i < len(out) {
    out[i] = in[i] * 3 + 1
}
"""

# TRIPLE in the wire format.
TRIPLE_WIRE = base64.b64decode(
    "VllSRQQABAAU8gVyYG5XzkafvLxAtHigPbxx245Cz5FfutpQ6J/mZgIVdnlyZS5wcm9ncmFtLm1ldGFkYXRhR1ZZ"
    "UkUtTUVUQQBAAAAAAQAAAAEAAAAAAgIAAABpbgAAAAAAAAAAAAAAAAAAAAABAwAAAG91dAEAAAAAAAAAAAAAAAAA"
    "AAABABB2eXJlLm5vZGUucmVnaW9uZQsRAAAAdnlyZS5wcm9ncmFtLnJvb3QAAgAAAAABAAAAaQYAAwkNAwEAAABp"
    "BQMAAABvdXQBAAAAAgMAAABvdXQDAQAAAGkJAQkDBAIAAABpbgMBAAAAaQADAAAAAAEAAAAAAAAAAAIABAABAAEA"
    "BgAAAAAAAQEAAQEAAQAGAAAAAAABAQE=")

TRAP = """workgroup 1
buffer in  : u32[1] readonly @0
buffer out : u32[1] readwrite @1
if in[0] == 7 {
    trap(in[0] + 1, "seven")
}
out[0] = in[0]
"""

SIGNED = """workgroup 1
buffer in  : i32[2] readonly @0
buffer out : i32[2] readwrite @1 output
out[0] = in[1]
out[1] = in[0] - 1i
"""


def have(program):
    return any(os.access(os.path.join(folder, program), os.X_OK)
               for folder in os.environ.get("PATH", "").split(":"))


def has_device():
    return run("devices").returncode == OK


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


def record(**fields):
    return (json.dumps(fields) + "\n").encode()


class Conform(Case):
    """Records of our own: what is judged, what is printed, and what hostile input does."""
    RUN = {"name": "run/one", "family": "own", "wire": TRIPLE_WIRE.hex(), "result": "ok",
           "workgroup": [64, 1, 1], "float": False, "float_ops": [],
           "buffers": [{"name": "in", "binding": 0, "access": "ro", "type": "u32", "count": 0,
                        "input": "0100000002000000", "output": None},
                       {"name": "out", "binding": 1, "access": "rw", "type": "u32", "count": 0,
                        "input": "0000000000000000", "output": "0400000007000000"}]}
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
        self.assertIn(b"error[L008]", refused.stderr)
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
                    stdin=record(**Conform.RUN))
        self.expect(USAGE, "conform", "--pretend", "no-memory-model", "-",
                    stdin=record(**Conform.RUN))
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
        self.assertIn("fold", [each["name"] for each in stats["passes"]])
        self.expect(USAGE, "compile", source, "--json")

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
        inputs = ("--in", "in=i32:-1,2", "--in", "out=zero:2")
        expected = {"u32": b"4294967294\n7\n", "i32": b"-2\n7\n", "hex": b"fffffffe\n00000007\n",
                    "-": b"\xfe\xff\xff\xff\x07\0\0\0"}
        for form, text in expected.items():
            result = self.run_program(OK, TRIPLE, *inputs, "--out", f"out={form}")
            self.assertEqual(result.stdout, text)

    def test_types_in_the_place_of_a_file_are_refused(self):
        inputs = ("--in", "in=u32:1", "--in", "out=zero:1")
        for where in ("u8", "i16", "f16", "bf16", "f64", "bool", "vec4", "vec2<u32>", "u32:3",
                      "f32:", "zero:4", "hex:", "bogus"):
            result = self.run_program(USAGE, TRIPLE, *inputs, "--out", f"out={where}",
                                      cwd=self.folder.name)
            self.assertIn(f"buffer 'out': '{where}' is not one of u32, ".encode(), result.stderr)
            self.assertIn(b"\nFix: use --out out=hex", result.stderr)
            self.assertEqual(result.stdout, b"")
        self.assertEqual(set(os.listdir(self.folder.name)) - {"cache"}, {"program.vyre"})
        # What the message advises, and the other names, are files; -v tells of them.
        for where in ("./u8", "./bogus", "u32.bin"):
            result = self.run_program(OK, TRIPLE, *inputs, "-v", "--out", f"out={where}",
                                      cwd=self.folder.name)
            self.assertIn(f"wrote {where} (4 bytes)\n".encode(), result.stderr)
            with open(self.path(where), "rb") as file:
                self.assertEqual(file.read(), b"\4\0\0\0")

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
        text = ("workgroup 1\nbuffer x : {0}[] readonly @0\nbuffer y : {0}[] readwrite @1\n"
                "y[gid.x] = x[gid.x]\n")
        words = {"u32": ["0", "4294967295"], "i32": ["-2147483648", "2147483647"],
                 "u64": ["0", "18446744073709551615"],
                 "i64": ["-9223372036854775808", "9223372036854775807"],
                 "f32": ["0.1", "16777216", "3.4028235e+38", "1e-45", "1.1754944e-38", "-inf",
                         "nan", "-nan", "nan(0xffc12345)", "0.33333334"]}
        for form, numbers in words.items():
            if form in ("u64", "i64") and self.how != ("--interp",):
                continue  # not every device has integers of 64 bits
            # A store of f32 flushes what is subnormal and knows one NaN only.
            element = "u32" if form == "f32" else form
            result = self.run_program(OK, text.format(element), "--in",
                                      f"x={form}:{','.join(numbers)}", "--in",
                                      f"y=zero:{len(numbers)}", "--out", f"y={form}")
            self.assertEqual(result.stdout.decode().split(), numbers)

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
        self.assertIn(b"'f16:' is not one of u32:, i32:, u64:, i64:, f32:, zero:", result.stderr)
        result = self.run_program(USAGE, TRIPLE, *good, "--in", "out=u32:1,4294967296,3")
        self.assertIn(b"buffer 'out': '4294967296' is not a number from 0 to 4294967295",
                      result.stderr)
        result = self.run_program(USAGE, TRIPLE, *good, "--in", "out=u64:1")
        self.assertIn(b"buffer 'out': its elements are u32, and numbers of u64", result.stderr)
        result = self.run_program(SYSTEM, TRIPLE, *good, "--in", "out=/nonexistent")
        self.assertIn(b"No such file", result.stderr)

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
    TOOL = os.path.abspath(sys.argv.pop(1))
    unittest.main()
