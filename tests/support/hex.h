// SPDX-License-Identifier: MIT
// Hexadecimal text to bytes, for corpus records.
#ifndef TESTS_SUPPORT_HEX_H
#define TESTS_SUPPORT_HEX_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hex {
    uint8_t *data; // owned; never NULL
    size_t size;
};

// The corpus is ours: malformed text ends the test program.
static inline struct hex hex_decode(const char *text)
{
    struct hex hex = { NULL, text ? strlen(text) / 2 : 0 };
    hex.data = malloc(hex.size + 1);
    if (!hex.data)
        abort();
    for (size_t i = 0; i < hex.size; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            abort();
        hex.data[i] = (uint8_t)byte;
    }
    return hex;
}

static inline void hex_free(struct hex *hex)
{
    free(hex->data);
    hex->data = NULL;
}

#endif // TESTS_SUPPORT_HEX_H
