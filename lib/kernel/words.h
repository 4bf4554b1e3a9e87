// SPDX-License-Identifier: MIT
// A look at SPIR-V that comes from a file before a driver sees it. Pure.
#ifndef KERNEL_WORDS_H
#define KERNEL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// True when the words have the physical layout of a module (SPIR-V 1.6, 2.3): a header, then
// instructions that fill the rest exactly, with one compute entry point named "main". A checksum
// has already told damage from what we wrote; this keeps a driver's parser from running off the end
// should that ever fail.
bool kernel_words_valid(const uint32_t *words, size_t count);

#endif // KERNEL_WORDS_H
