// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <stdint.h>

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

// RFC 3629, section 4: the second byte decides about overlong forms, surrogates and the upper end.
static bool second_byte_fits(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xE0: return second >= 0xA0 && second <= 0xBF;
    case 0xED: return second >= 0x80 && second <= 0x9F;
    case 0xF0: return second >= 0x90 && second <= 0xBF;
    case 0xF4: return second >= 0x80 && second <= 0x8F;
    default: return is_continuation(second);
    }
}

size_t utf8_sequence(const void *bytes, size_t size)
{
    const uint8_t *b = bytes;
    if (size == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    size_t length = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    if (b[0] < 0xC2 || b[0] > 0xF4 || size < length || !second_byte_fits(b[0], b[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_continuation(b[i]))
            return 0;
    return length;
}

bool utf8_valid(const void *bytes, size_t size)
{
    const uint8_t *b = bytes;
    while (size) {
        size_t length = b[0] < 0x80 ? 1 : utf8_sequence(b, size);
        if (length == 0)
            return false;
        b += length;
        size -= length;
    }
    return true;
}
