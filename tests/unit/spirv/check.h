// SPDX-License-Identifier: MIT
// What every test of the compiler uses: SPIRV-Tools as a checker, and the targets that matter.
#ifndef TESTS_SPIRV_CHECK_H
#define TESTS_SPIRV_CHECK_H

#include "test.h"

#include <vyre/compile.h>

// Runs spirv-val for an environment. NULL: valid; else its message, until the next call.
const char *check_words(enum vyre_spirv_env env, const uint32_t *words, size_t count);

// Disassembles without header and indentation. free() the text.
char *check_disassemble(const uint32_t *words, size_t count);

// Assembles, or fails the test. free() the words.
uint32_t *check_assemble(const char *text, size_t *count);

// Visits each word of each operand: the opcode, the word's place in the instruction, and whether
// SPIRV-Tools takes it for an id.
void check_operands(const uint32_t *words, size_t count,
                    void (*visit)(void *user, uint32_t op, uint32_t at, bool is_id), void *user);

// A target like that of a large GPU, for environment 0 to 2 and either memory model.
void check_target(struct vyre_target *out, unsigned env, unsigned memory_model);

// Lowers for every environment, memory model, scope, and option, and expects a valid module and the
// same bytes each time.
void check_everywhere(const struct vyre_program *program);

// Number of instructions with this opcode in the module for Vulkan 1.3 and its memory model.
unsigned check_count(const struct vyre_program *program, unsigned opcode);
unsigned check_count_words(const uint32_t *words, size_t count, unsigned opcode);

#endif // TESTS_SPIRV_CHECK_H
