// SPDX-License-Identifier: MIT
// The value library: functions that are too long to write out at each use, made from GLSL with the
// project (shaders/values). A module gets copies of those that it calls, and of what they call.
//
// Does: finds functions by name; copies them, with the types and constants they use.
// Needs: words that glslc made. Breaks nothing: ids are given in the order of first use, so the
// same program gives the same module.
#ifndef SPV_LIBRARY_H
#define SPV_LIBRARY_H

#include "base/array.h"
#include "writer.h"

struct spv_lowering;

struct spv_library {
    const uint32_t *text;    // the module that functions are copied from; NULL: not looked at yet
    size_t size;             // words
    const uint32_t *places;  // per id of the library: where it is defined. NULL: not looked at yet
    uint32_t *own_places;    // owned; the same of a library that has no index
    uint32_t *ids;           // owned; per id of the library: the module's; 0: none yet
    struct spv_words wanted; // functions to copy, by their id in the library
    struct spv_words operands; // a stack, of instructions that are being copied
};

// The id that a function has in the module. The function itself is copied by spv_library_finish,
// which does nothing in a module that calls none.
uint32_t spv_library_function(struct spv_lowering *lowering, const char *name);
void spv_library_finish(struct spv_lowering *lowering);
void spv_library_fini(struct spv_library *library);

// Whether word `at` of an instruction, its first one being 0, is an id; the others are numbers. Of
// instructions that functions, types and constants are made of.
bool spv_library_is_id(SpvOp op, uint32_t at);

#endif // SPV_LIBRARY_H
