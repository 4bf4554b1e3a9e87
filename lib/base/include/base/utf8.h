// SPDX-License-Identifier: MIT
// UTF-8 as RFC 3629 defines it: no surrogates, no overlong forms, at most U+10FFFF.
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

// Length in bytes (1 to 4) of the well-formed sequence at the start of `bytes`, or 0.
size_t utf8_sequence(const void *bytes, size_t size);

bool utf8_valid(const void *bytes, size_t size);

#endif // BASE_UTF8_H
