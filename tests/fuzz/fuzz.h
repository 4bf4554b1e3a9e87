// SPDX-License-Identifier: MIT
// What every fuzz target shares. A target is one function; libFuzzer or replay.c calls it.
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Input is never trusted to be well-behaved, so a broken promise must stop the run by itself.
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

// The input as a stream of decisions; zeros after its end.
struct fuzz_input {
    const uint8_t *data;
    size_t size;
    size_t next;
};

static inline uint32_t fuzz_byte(struct fuzz_input *input)
{
    return input->next < input->size ? input->data[input->next++] : 0;
}

static inline uint32_t fuzz_word(struct fuzz_input *input)
{
    uint32_t low = fuzz_byte(input);
    uint32_t middle = fuzz_byte(input);
    return low | middle << 8 | fuzz_byte(input) << 16;
}

#endif // TESTS_FUZZ_FUZZ_H
