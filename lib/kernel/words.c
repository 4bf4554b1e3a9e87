// SPDX-License-Identifier: MIT
#include "words.h"

#include <spirv/unified1/spirv.h>
#include <string.h>

enum {
    HEADER_WORDS = 5,
    OLDEST = 0x00010000,
    NEWEST = 0x00010600,
};

static bool is_header(const uint32_t *words)
{
    return words[0] == SpvMagicNumber && words[1] >= OLDEST && words[1] <= NEWEST &&
           (words[1] & 0xff0000ff) == 0 && words[3] > 0 && words[4] == 0;
}

// OpEntryPoint: execution model, function, name, interface.
static bool is_compute_main(const uint32_t *words, uint32_t size)
{
    static const char name[8] = "main"; // with the padding that SPIR-V asks for
    return size >= 5 && words[1] == SpvExecutionModelGLCompute &&
           memcmp(&words[3], name, sizeof name) == 0;
}

bool kernel_words_valid(const uint32_t *words, size_t count)
{
    if (count < HEADER_WORDS || !is_header(words))
        return false;
    unsigned entry_points = 0;
    for (size_t at = HEADER_WORDS; at < count;) {
        uint32_t size = words[at] >> SpvWordCountShift;
        uint32_t opcode = words[at] & SpvOpCodeMask;
        if (size == 0 || size > count - at)
            return false;
        if (opcode == SpvOpEntryPoint) {
            if (!is_compute_main(&words[at], size))
                return false;
            entry_points++;
        }
        at += size;
    }
    return entry_points == 1;
}
