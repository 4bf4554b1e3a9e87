#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command as a whole: overview, help, completion, output, and its cache.

usage: overview.py VYRE-SPV
"""
import base64
import json
import os
import re
import subprocess
import unittest

from support import Case, commands, has_device, OK, run, SYSTEM, TRIPLE, USAGE


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


if __name__ == "__main__":
    unittest.main()
