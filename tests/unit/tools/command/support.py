# SPDX-License-Identifier: MIT
"""What the tests of the vyre-spv command share. The first argument of each is its path."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.abspath(sys.argv.pop(1))

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

# A record of it for `conform`.
TRIPLE_RUN = {
    "name": "run/one", "family": "own", "wire": TRIPLE_WIRE.hex(), "result": "ok",
    "workgroup": [64, 1, 1], "float": False, "float_ops": [],
    "buffers": [{"name": "in", "binding": 0, "access": "ro", "type": "u32", "count": 0,
                 "input": "0100000002000000", "output": None},
                {"name": "out", "binding": 1, "access": "rw", "type": "u32", "count": 0,
                 "input": "0000000000000000", "output": "0400000007000000"}],
}

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


def record(**fields):
    return (json.dumps(fields) + "\n").encode()
