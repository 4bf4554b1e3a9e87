#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The vyre-spv command as a user meets it: output, messages and exit codes.

usage: command.py VYRE-SPV
"""
import json
import os
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
        self.assertEqual(len(texts), 1)

    def test_every_command_has_help(self):
        names = commands()
        self.assertGreaterEqual(len(names), 1)
        for name in names:
            text = self.expect(OK, name, "--help").stdout.decode()
            self.assertTrue(text.startswith(f"usage: vyre-spv {name} "), text)
            self.assertIn("--verbose", text)
            self.assertEqual(self.expect(OK, "help", name).stdout.decode(), text)
            self.assertTrue(all(len(line) <= 110 for line in text.splitlines()), text)

    def test_unknown_words_are_wrong_usage(self):
        for arguments in (["frobnicate"], ["--frobnicate"], ["help", "frobnicate"]):
            result = self.expect(USAGE, *arguments)
            self.assertIn(b"frobnicate", result.stderr)
            self.assertEqual(result.stdout, b"")
        for name in commands():
            result = self.expect(USAGE, name, "--frobnicate")
            self.assertIn(f"Try: vyre-spv {name} --help".encode(), result.stderr)
            self.expect(USAGE, name, "-%")

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
        self.assertEqual(os.stat(self.env["VYRE_CACHE_DIR"]).st_mode & 0o7777, 0o700)

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
    TOOL = sys.argv.pop(1)
    unittest.main()
