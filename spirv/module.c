// SPDX-License-Identifier: MIT
// Modules: words, what a runtime must know to bind them, and their form in the cache.
#include "module.h"

#include "base/memory.h"
#include "base/size.h"
#include "facts.h"
#include "spirv/lower.h"

#include <spirv/unified1/spirv.h>
#include <string.h>

struct vyre_module {
    uint32_t *words; // owned
    size_t word_count;
    struct vyre_module_binding *bindings; // owned
    struct vyre_module_term *terms;       // owned
    struct vyre_module_info info;         // its `bindings` and `terms` are the fields above
};

enum vyre_result spv_module_create(uint32_t *words, size_t word_count,
                                   struct vyre_module_binding *bindings,
                                   struct vyre_module_term *terms,
                                   const struct vyre_module_info *info, struct vyre_module **out)
{
    struct vyre_module *module = memory_alloc(sizeof *module);
    *out = module;
    if (!module) {
        memory_free(words);
        memory_free(bindings);
        memory_free(terms);
        return VYRE_ERR_NO_MEMORY;
    }
    *module = (struct vyre_module){ words, word_count, bindings, terms, *info };
    module->info.bindings = bindings;
    module->info.terms = terms;
    return VYRE_OK;
}

const uint32_t *vyre_module_words(const struct vyre_module *module, size_t *count)
{
    *count = module->word_count;
    return module->words;
}

void vyre_module_reflect(const struct vyre_module *module, struct vyre_module_info *out)
{
    *out = module->info;
}

void vyre_module_derive(const struct vyre_module_info *info, uint32_t *push)
{
    for (size_t i = 0; i < info->term_count; i++) {
        const struct vyre_module_term *term = &info->terms[i];
        const uint32_t quotient = push[term->binding] / term->divisor;
        const bool first = i == 0 || term->word != info->terms[i - 1].word;
        if (first || quotient < push[term->word])
            push[term->word] = quotient;
    }
}

void vyre_module_destroy(struct vyre_module **module)
{
    if (!module || !*module)
        return;
    memory_free((*module)->words);
    memory_free((*module)->bindings);
    memory_free((*module)->terms);
    memory_free(*module);
    *module = NULL;
}

// ---- Bytes ------------------------------------------------------------------------------------
//
// Little-endian u32 words: magic, version, the fixed part of the info, then the bindings, the
// terms, and the SPIR-V words. Counts come before what they count, and the size has to be exact.

enum {
    MAGIC = 0x444D5956, // "VYMD"
    VERSION = 3,
    HEADER_WORDS = 14,
    BINDING_WORDS = 4,
    TERM_WORDS = 3,
    SPIRV_HEADER_WORDS = 5,
};

struct cursor {
    uint8_t *out;
    const uint8_t *in;
};

static void put(struct cursor *cursor, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        *cursor->out++ = (uint8_t)(word >> (8 * i));
}

static uint32_t get(struct cursor *cursor)
{
    uint32_t word = 0;
    for (int i = 0; i < 4; i++)
        word |= (uint32_t)*cursor->in++ << (8 * i);
    return word;
}

// Bytes of a saved module with these counts; false when they do not fit.
static bool saved_size(size_t binding_count, size_t term_count, size_t word_count, size_t *out)
{
    size_t words, of_terms;
    return size_mul(binding_count, BINDING_WORDS, &words) && size_add(words, word_count, &words) &&
           size_mul(term_count, TERM_WORDS, &of_terms) && size_add(words, of_terms, &words) &&
           size_add(words, HEADER_WORDS, &words) && size_mul(words, 4, out);
}

enum vyre_result spv_module_save(const struct vyre_module *module, uint8_t **out, size_t *size)
{
    const struct vyre_module_info *info = &module->info;
    *out = NULL;
    *size = 0;
    size_t bytes;
    if (module->word_count > UINT32_MAX ||
        !saved_size(info->binding_count, info->term_count, module->word_count, &bytes))
        return VYRE_ERR_LIMIT;
    struct cursor cursor = { .out = memory_alloc(bytes) };
    if (!cursor.out)
        return VYRE_ERR_NO_MEMORY;
    *out = cursor.out;
    *size = bytes;
    put(&cursor, MAGIC);
    put(&cursor, VERSION);
    put(&cursor, (uint32_t)module->word_count);
    put(&cursor, (uint32_t)info->binding_count);
    for (int axis = 0; axis < 3; axis++)
        put(&cursor, info->workgroup_size[axis]);
    put(&cursor, info->workgroup_memory);
    put(&cursor, info->param_count);
    put(&cursor, info->derived_count);
    put(&cursor, (uint32_t)info->term_count);
    put(&cursor, info->push_bytes);
    put(&cursor, info->subgroup_size);
    put(&cursor, info->fault_binding);
    for (size_t i = 0; i < info->binding_count; i++) {
        put(&cursor, info->bindings[i].binding);
        put(&cursor, info->bindings[i].buffer);
        put(&cursor, info->bindings[i].stride);
        put(&cursor, info->bindings[i].writable);
    }
    for (size_t i = 0; i < info->term_count; i++) {
        put(&cursor, info->terms[i].word);
        put(&cursor, info->terms[i].binding);
        put(&cursor, info->terms[i].divisor);
    }
    for (size_t i = 0; i < module->word_count; i++)
        put(&cursor, module->words[i]);
    return VYRE_OK;
}

// One or two subgroups of the language; a row of the workgroup is made of whole ones.
static bool good_subgroup_size(const struct vyre_module_info *info)
{
    const uint32_t size = info->subgroup_size;
    return size == 0 || ((size == SPV_SUBGROUP || size == 2 * SPV_SUBGROUP) &&
                         info->workgroup_size[0] % size == 0);
}

// Reads the fixed part. False when anything in it cannot be what spv_module_save writes.
static bool get_header(struct cursor *cursor, size_t size, struct vyre_module_info *info,
                       size_t *word_count)
{
    if (size < HEADER_WORDS * 4 || get(cursor) != MAGIC || get(cursor) != VERSION)
        return false;
    *word_count = get(cursor);
    *info = (struct vyre_module_info){ .binding_count = get(cursor) };
    for (int axis = 0; axis < 3; axis++) {
        info->workgroup_size[axis] = get(cursor);
        if (info->workgroup_size[axis] == 0)
            return false;
    }
    info->workgroup_memory = get(cursor);
    info->param_count = get(cursor);
    info->derived_count = get(cursor);
    info->term_count = get(cursor);
    info->push_bytes = get(cursor);
    info->subgroup_size = get(cursor);
    info->fault_binding = get(cursor);
    size_t expected;
    if (!saved_size(info->binding_count, info->term_count, *word_count, &expected) ||
        expected != size)
        return false;
    if (*word_count < SPIRV_HEADER_WORDS || !good_subgroup_size(info))
        return false;
    if (info->fault_binding != UINT32_MAX && info->fault_binding != info->binding_count)
        return false;
    return info->derived_count <= VYRE_MODULE_MOST_DERIVED &&
           4 * ((uint64_t)info->binding_count + info->param_count + info->derived_count) ==
               info->push_bytes;
}

static bool get_bindings(struct cursor *cursor, struct vyre_module_binding *bindings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bindings[i].binding = get(cursor);
        bindings[i].buffer = get(cursor);
        bindings[i].stride = get(cursor);
        uint32_t writable = get(cursor);
        bindings[i].writable = writable != 0;
        // Bindings are dense, and buffers come in declaration order.
        if (bindings[i].binding != i || writable > 1 ||
            (i > 0 && bindings[i].buffer <= bindings[i - 1].buffer))
            return false;
    }
    return true;
}

// Every derived word has its terms, one after the other.
static bool get_terms(struct cursor *cursor, struct vyre_module_term *terms,
                      const struct vyre_module_info *info)
{
    uint64_t next = info->binding_count + (uint64_t)info->param_count;
    for (size_t i = 0; i < info->term_count; i++) {
        terms[i].word = get(cursor);
        terms[i].binding = get(cursor);
        terms[i].divisor = get(cursor);
        const bool again = i > 0 && terms[i].word == terms[i - 1].word;
        if (terms[i].binding >= info->binding_count || !terms[i].divisor ||
            (!again && terms[i].word != next++))
            return false;
    }
    return next * 4 == info->push_bytes;
}

enum vyre_result spv_module_load(const uint8_t *bytes, size_t size, struct vyre_module **out)
{
    *out = NULL;
    struct cursor cursor = { .in = bytes };
    struct vyre_module_info info;
    size_t word_count;
    if (!get_header(&cursor, size, &info, &word_count))
        return VYRE_MISS;
    struct vyre_module_binding *bindings = memory_calloc(info.binding_count, sizeof *bindings);
    struct vyre_module_term *terms = memory_calloc(info.term_count, sizeof *terms);
    uint32_t *words = memory_calloc(word_count, sizeof *words);
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    if (bindings && terms && words) {
        const bool good =
            get_bindings(&cursor, bindings, info.binding_count) && get_terms(&cursor, terms, &info);
        result = good ? VYRE_OK : VYRE_MISS;
        for (size_t i = 0; i < word_count && !result; i++)
            words[i] = get(&cursor);
        if (!result && words[0] != SpvMagicNumber)
            result = VYRE_MISS;
    }
    if (!result)
        return spv_module_create(words, word_count, bindings, terms, &info, out);
    memory_free(bindings);
    memory_free(terms);
    memory_free(words);
    return result;
}
