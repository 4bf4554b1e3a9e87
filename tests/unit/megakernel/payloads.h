// SPDX-License-Identifier: MIT
// Payloads that between them use everything a payload may contain. Their first buffer is read-only,
// the second is written. None of them depends on the order of invocations.
#ifndef TESTS_MEGAKERNEL_PAYLOADS_H
#define TESTS_MEGAKERNEL_PAYLOADS_H

#define BUFFERS                                                                                    \
    "buffer from : u32[] readonly @0\n"                                                            \
    "buffer to : u32[] readwrite @1\n"

static const struct {
    const char *name;
    const char *text;
} payloads[] = {
    { "map", "workgroup 8\n" BUFFERS "let i = gid.x\n"
             "if i < len(to) { to[i] = from[i] * 3 + len(from) }\n" },
    { "early return", "workgroup 8\n" BUFFERS "let i = gid.x\n"
                      "if i >= 11 { return }\n"
                      "let x = from[i]\n"
                      "if x % 3 == 0 {\n"
                      "    to[i] = 1\n"
                      "    return\n"
                      "}\n"
                      "to[i] = x\n"
                      "if x % 3 == 1 { to[i + 16] = 5 }\n" },
    { "outside of the window", "workgroup 8\n" BUFFERS "{ to[gid.x * 2] = from[gid.x * 5] + 1 }\n"
                               "{ to[0xffffffff - gid.x] = 9 }\n"
                               "let words = len(from)\n"
                               "let old = atomic_add.relaxed(to[words + gid.x], 7)\n"
                               "{ to[gid.x * 2 + 1] = old + from[0xfffffff0 + gid.x] }\n" },
    { "atomics", "workgroup 8\n" BUFFERS "let bucket = from[gid.x] % 5\n"
                 "let old = atomic_add.relaxed(to[bucket], gid.x + 1)\n"
                 "let seen = atomic_max.relaxed(to[5], from[gid.x] % 100)\n"
                 "let won = atomic_compare_exchange.acq_rel(to[6 + bucket], 0, gid.x)\n" },
    { "indices from memory",
      "workgroup 4\n" BUFFERS "let i = from[from[from[gid.x] % 8] % 8] % 16\n"
      "to[from[i] % 6 * 4 + lid.x] = from[from[gid.x] % 16]\n" },
    { "order within a statement",
      "workgroup 1\n" BUFFERS "to[atomic_add.relaxed(to[0], 1) % 8 + 8] ="
      " atomic_add.relaxed(to[0], 2) + from[from[gid.x] % 8] +"
      " atomic_add.relaxed(to[atomic_add.relaxed(to[1], 1) % 4], 4)\n" },
    { "loops", "workgroup 4\n" BUFFERS "let sum = 0\n"
               "loop i in 0..len(from) { sum = sum + from[i] }\n"
               "loop j in gid.x..min(gid.x + 5, 20) {\n"
               "    loop k in 3..7 { sum = sum * 5 + from[j + k] }\n"
               "}\n"
               "loop none in 9..4 { sum = 0 }\n"
               "to[gid.x] = sum\n" },
    { "leaving a loop", "workgroup 4\n" BUFFERS "let x = from[gid.x] % 16\n"
                        "loop i in 0..32 {\n"
                        "    loop j in 0..len(from) {\n"
                        "        if from[i + j] % 32 == x {\n"
                        "            to[gid.x] = i * 100 + j\n"
                        "            return\n"
                        "        }\n"
                        "        to[gid.x] = i\n"
                        "    }\n"
                        "}\n"
                        "to[gid.x] = 12345\n" },
    { "workgroup memory", "workgroup 8\n" BUFFERS "shared tile : u32[20]\n"
                          "let clean = tile[lid.x] + tile[lid.x + 12]\n"
                          "tile[lid.x] = from[gid.x] + clean\n"
                          "barrier\n"
                          "to[gid.x] = tile[7 - lid.x] + tile[25]\n" },
    { "leaving before a barrier", "workgroup 8\n" BUFFERS "shared tile : u32[8]\n"
                                  "if from[gid.x] % 4 == 0 { return }\n"
                                  "let x = from[gid.x]\n"
                                  "tile[lid.x] = x\n"
                                  "{ let old = atomic_add.relaxed(to[30], 1) }\n"
                                  "barrier\n"
                                  "x = tile[(lid.x + 1) % 8]\n"
                                  "loop i in 0..2 { if x % 2 == i { to[16 + lid.x] = x } }\n"
                                  "if x % 8 == 1 { return }\n"
                                  "barrier\n"
                                  "to[gid.x] = x + tile[0]\n" },
    { "barriers in loops", "workgroup 4\n" BUFFERS "shared sum : u32[4]\n"
                           "sum[lid.x] = from[gid.x]\n"
                           "loop i in 0..3 {\n"
                           "    barrier\n"
                           "    let other = sum[lid.x ^ 1 << i % 2]\n"
                           "    barrier\n"
                           "    sum[lid.x] = sum[lid.x] * 3 + other\n"
                           "}\n"
                           "if wid.x % 2 == 0 { barrier }\n"
                           "to[gid.x] = sum[lid.x]\n" },
    { "signed and boolean",
      "workgroup 4\n"
      "buffer from : i32[] readonly @0\n"
      "buffer to : bool[] readwrite @1\n"
      "let x = from[gid.x] - 9000000i\n"
      "let index = u32(x) % 8\n"
      "to[gid.x * 16 + index] = x > -5i\n"
      "if to[gid.x * 16] { to[gid.x * 16 + 8] = false } else { to[gid.x * 16 + 9] = true }\n" },
    { "three dimensions",
      "workgroup 2 3 2\n" BUFFERS "let i = lid.x + 2 * lid.y + 6 * lid.z + 12 * wid.x\n"
      "to[i] = from[i] + gid.x * 100 + gid.y * 10 + gid.z + wid.y\n" },
    { "regions and blocks", "workgroup 4\n" BUFFERS "region \"outer\" {\n"
                            "    let x = from[gid.x]\n"
                            "    { if x % 2 == 0 { return } }\n"
                            "    region \"inner\" { to[gid.x] = x }\n"
                            "}\n" },
};

enum { PAYLOAD_COUNT = sizeof payloads / sizeof *payloads };

#endif // TESTS_MEGAKERNEL_PAYLOADS_H
