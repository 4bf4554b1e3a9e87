// SPDX-License-Identifier: MIT
#include "compile_stats.h"
#include "json.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include <spirv/unified1/spirv.h>

// ---- Collecting ---------------------------------------------------------------------------------

static char *copy_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    return memcpy(tool_calloc(size, 1), text, size);
}

// Owned; "" when memory runs out.
static char *print_program(const struct vyre_program *program)
{
    char *text = NULL;
    size_t size = 0;
    if (vyre_program_print(program, &text, &size))
        return copy_text("");
    char *copy = copy_text(text);
    vyre_free(text);
    return copy;
}

void stats_begin(struct compile_stats *stats, const struct vyre_program *program)
{
    stats->program = program;
    stats->text = print_program(program);
    vyre_program_measure(program, &stats->size);
}

void stats_pass(void *user, const char *pass, size_t part, size_t part_count,
                const struct vyre_program *program)
{
    // One module is made of a program that is one part.
    (void)part;
    (void)part_count;
    struct compile_stats *stats = user;
    stats->passes = tool_realloc(stats->passes, (stats->pass_count + 1) * sizeof *stats->passes);
    struct stats_pass *made = &stats->passes[stats->pass_count++];
    char *text = print_program(program);
    *made = (struct stats_pass){ .name = copy_text(pass),
                                 .before = stats->size,
                                 .changed = strcmp(text, stats->text) != 0 };
    vyre_program_measure(program, &made->after);
    free(stats->text);
    stats->text = text;
    stats->size = made->after;
}

void stats_check(void *user, const struct vyre_check *check)
{
    struct compile_stats *stats = user;
    char place[32];
    snprintf(place, sizeof place, "%u:%u", check->line, check->column);
    stats->checks = tool_realloc(stats->checks, (stats->check_count + 1) * sizeof *stats->checks);
    stats->checks[stats->check_count++] = (struct stats_check){
        .kind = check->kind,
        .removed = check->removed,
        .name = copy_text(check->name),
        .where = copy_text(check->line   ? place
                           : check->path ? check->path
                                         : "?"),
        .reason = copy_text(check->reason),
    };
}

static void note_fact(void *user, const struct vyre_code_fact *fact)
{
    struct compile_stats *stats = user;
    stats->facts = tool_realloc(stats->facts, (stats->fact_count + 1) * sizeof *stats->facts);
    stats->facts[stats->fact_count++] = (struct stats_fact){
        .part = copy_text(fact->part),
        .name = copy_text(fact->name),
        .value = copy_text(fact->value),
    };
}

int stats_ask_driver(struct compile_stats *stats, struct vyre_device *device,
                     const struct vyre_kernel_params *params)
{
    struct vyre_kernel *kernel = NULL;
    struct vyre_kernel_params own = *params;
    own.capture = true;
    enum vyre_result result = vyre_kernel_create(device, &own, &kernel);
    if (!result)
        result = vyre_kernel_tell_code(kernel, note_fact, stats);
    vyre_kernel_destroy(&kernel);
    stats->driver = result == VYRE_ERR_UNSUPPORTED ? STATS_SILENT : STATS_TOLD;
    return result && result != VYRE_ERR_UNSUPPORTED ? tool_failed(result, "device") : TOOL_OK;
}

void stats_fini(struct compile_stats *stats)
{
    for (size_t i = 0; i < stats->pass_count; i++)
        free(stats->passes[i].name);
    for (size_t i = 0; i < stats->check_count; i++) {
        free(stats->checks[i].name);
        free(stats->checks[i].where);
        free(stats->checks[i].reason);
    }
    for (size_t i = 0; i < stats->fact_count; i++) {
        free(stats->facts[i].part);
        free(stats->facts[i].name);
        free(stats->facts[i].value);
    }
    free(stats->facts);
    free(stats->passes);
    free(stats->checks);
    free(stats->text);
    *stats = (struct compile_stats){ .passes = NULL };
}

// ---- Instructions -------------------------------------------------------------------------------

enum kind {
    KIND_DECLARATION,
    KIND_DEBUG,
    KIND_MEMORY,
    KIND_ATOMIC,
    KIND_ARITHMETIC,
    KIND_BITS,
    KIND_COMPARISON,
    KIND_CONVERSION,
    KIND_FLOW,
    KIND_CALL,
    KIND_GROUP,
    KIND_OTHER,
    KIND_COUNT
};

static const char *const kind_names[KIND_COUNT] = {
    [KIND_DECLARATION] = "declarations",
    [KIND_DEBUG] = "names and lines",
    [KIND_MEMORY] = "memory",
    [KIND_ATOMIC] = "atomics",
    [KIND_ARITHMETIC] = "arithmetic",
    [KIND_BITS] = "bits",
    [KIND_COMPARISON] = "comparisons and selects",
    [KIND_CONVERSION] = "conversions and vectors",
    [KIND_FLOW] = "control flow",
    [KIND_CALL] = "calls",
    [KIND_GROUP] = "barriers and subgroups",
    [KIND_OTHER] = "other",
};

// SPIR-V numbers its instructions by what they do (SPIR-V 1.6, 3.52); first match wins.
static const struct {
    SpvOp first, last;
    enum kind kind;
} ranges[] = {
    { SpvOpExtInst, SpvOpExtInst, KIND_ARITHMETIC }, // of GLSL.std.450
    { SpvOpFunction, SpvOpFunctionEnd, KIND_DECLARATION },
    { SpvOpFunctionCall, SpvOpFunctionCall, KIND_CALL },
    { SpvOpLoad, SpvOpInBoundsPtrAccessChain, KIND_MEMORY },
    { SpvOpSource, SpvOpLine, KIND_DEBUG },
    { SpvOpNoLine, SpvOpNoLine, KIND_DEBUG },
    { SpvOpModuleProcessed, SpvOpModuleProcessed, KIND_DEBUG },
    { SpvOpNop, SpvOpDecorationGroup, KIND_DECLARATION },
    { SpvOpExecutionModeId, SpvOpDecorateId, KIND_DECLARATION },
    { SpvOpVectorExtractDynamic, SpvOpTranspose, KIND_CONVERSION },
    { SpvOpCopyLogical, SpvOpCopyLogical, KIND_CONVERSION },
    { SpvOpConvertFToU, SpvOpBitcast, KIND_CONVERSION },
    { SpvOpSNegate, SpvOpSMulExtended, KIND_ARITHMETIC },
    { SpvOpAny, SpvOpFUnordGreaterThanEqual, KIND_COMPARISON },
    { SpvOpShiftRightLogical, SpvOpBitCount, KIND_BITS },
    { SpvOpControlBarrier, SpvOpMemoryBarrier, KIND_GROUP },
    { SpvOpAtomicLoad, SpvOpAtomicXor, KIND_ATOMIC },
    { SpvOpPhi, SpvOpUnreachable, KIND_FLOW },
    { SpvOpGroupNonUniformElect, SpvOpGroupNonUniformQuadSwap, KIND_GROUP },
};

static enum kind kind_of(SpvOp op)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (op >= ranges[i].first && op <= ranges[i].last)
            return ranges[i].kind;
    return KIND_OTHER;
}

static void count_kinds(const struct vyre_module *module, size_t counts[KIND_COUNT])
{
    enum { HEADER_WORDS = 5 };
    size_t count = 0;
    const uint32_t *words = vyre_module_words(module, &count);
    bool in_function = false;
    memset(counts, 0, KIND_COUNT * sizeof *counts);
    for (size_t at = HEADER_WORDS; at < count; at += words[at] >> SpvWordCountShift) {
        const SpvOp op = (SpvOp)(words[at] & SpvOpCodeMask);
        enum kind kind = kind_of(op);
        in_function |= op == SpvOpFunction;
        // Variables outside of functions are memory, but nobody executes them.
        counts[kind == KIND_MEMORY && !in_function ? KIND_DECLARATION : kind]++;
    }
}

// What a device executes.
static size_t executed(const size_t counts[KIND_COUNT])
{
    size_t sum = 0;
    for (int i = KIND_MEMORY; i < KIND_COUNT; i++)
        sum += counts[i];
    return sum;
}

// ---- Printing -----------------------------------------------------------------------------------

static const char *const check_names[] = { "load", "store", "atomic", "loop" };

static size_t count_removed(const struct compile_stats *stats)
{
    size_t removed = 0;
    for (size_t i = 0; i < stats->check_count; i++)
        removed += stats->checks[i].removed;
    return removed;
}

static void print_module(const struct vyre_module *module, uint64_t nanoseconds)
{
    struct vyre_module_info info;
    size_t count = 0;
    char subgroups[16] = "not needed";
    vyre_module_words(module, &count);
    vyre_module_reflect(module, &info);
    if (info.subgroup_size)
        snprintf(subgroups, sizeof subgroups, "of %u", info.subgroup_size);
    fprintf(
        stderr,
        "words: %zu (%zu bytes)\nbindings: %zu\nworkgroup: %u x %u x %u\n"
        "workgroup memory: %u bytes\nfull subgroups: %s\npush constants: %u bytes\ncan fault: %s\n"
        "compile time: %.1f us\n",
        count, 4 * count, info.binding_count, info.workgroup_size[0], info.workgroup_size[1],
        info.workgroup_size[2], info.workgroup_memory, subgroups, info.push_bytes,
        info.fault_binding == UINT32_MAX ? "no" : "yes", (double)nanoseconds / 1000.0);
}

static void print_kinds(const struct vyre_module *module)
{
    size_t counts[KIND_COUNT];
    count_kinds(module, counts);
    fprintf(stderr, "instructions: %zu, and %zu that declare\n", executed(counts),
            counts[KIND_DECLARATION] + counts[KIND_DEBUG]);
    for (int i = KIND_MEMORY; i < KIND_COUNT; i++)
        if (counts[i])
            fprintf(stderr, "  %-24s %6zu\n", kind_names[i], counts[i]);
}

static void print_difference(size_t before, size_t after, const char *what)
{
    if (before != after)
        fprintf(stderr, ", %s %zu to %zu", what, before, after);
}

static void print_passes(const struct compile_stats *stats)
{
    fprintf(stderr, "passes: %zu\n", stats->pass_count);
    for (size_t i = 0; i < stats->pass_count; i++) {
        const struct stats_pass *pass = &stats->passes[i];
        fprintf(stderr, "  %-10s %s", pass->name, pass->changed ? "changed" : "nothing");
        print_difference(pass->before.statements, pass->after.statements, "statements");
        print_difference(pass->before.expressions, pass->after.expressions, "expressions");
        print_difference(pass->before.accesses, pass->after.accesses, "accesses");
        print_difference(pass->before.loops, pass->after.loops, "loops");
        fputc('\n', stderr);
    }
}

static void print_checks(const struct compile_stats *stats)
{
    const size_t removed = count_removed(stats);
    int widest = 0;
    for (size_t i = 0; i < stats->check_count; i++)
        if ((int)strlen(stats->checks[i].where) > widest)
            widest = (int)strlen(stats->checks[i].where);
    fprintf(stderr, "checks: %zu kept, %zu removed\n", stats->check_count - removed, removed);
    for (size_t i = 0; i < stats->check_count; i++) {
        const struct stats_check *check = &stats->checks[i];
        fprintf(stderr, "  %-*s %-7s %-6s ", widest, check->where,
                check->removed ? "removed" : "kept", check_names[check->kind]);
        tool_print_escaped(stderr, check->name);
        fputs(": ", stderr);
        tool_print_escaped(stderr, check->reason);
        fputc('\n', stderr);
    }
}

static void print_facts(const struct compile_stats *stats)
{
    static const char *const why[] = {
        [STATS_NOT_ASKED] = "not asked; --device NAME asks the driver of a device",
        [STATS_SILENT] = "this driver does not tell (VK_KHR_pipeline_executable_properties)",
        [STATS_TOLD] = "as the driver tells",
    };
    fprintf(stderr, "machine code: %s\n", why[stats->driver]);
    for (size_t i = 0; i < stats->fact_count; i++) {
        const struct stats_fact *fact = &stats->facts[i];
        fputs("  ", stderr);
        tool_print_escaped(stderr, fact->name);
        fputs(": ", stderr);
        tool_print_escaped(stderr, fact->value);
        fputc('\n', stderr);
    }
}

void stats_print(const struct compile_stats *stats, const struct vyre_module *module,
                 uint64_t nanoseconds)
{
    print_module(module, nanoseconds);
    print_kinds(module);
    print_facts(stats);
    print_passes(stats);
    print_checks(stats);
}

// ---- JSON ---------------------------------------------------------------------------------------

static json_t *size_of(const struct vyre_program_size *size)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "statements", (json_int_t)size->statements,
                     "expressions", (json_int_t)size->expressions, "accesses",
                     (json_int_t)size->accesses, "loops", (json_int_t)size->loops);
}

static json_t *kinds_of(const struct vyre_module *module)
{
    size_t counts[KIND_COUNT];
    json_t *kinds = json_object();
    count_kinds(module, counts);
    for (int i = 0; i < KIND_COUNT; i++)
        if (counts[i])
            json_object_set_new(kinds, kind_names[i], json_integer((json_int_t)counts[i]));
    return kinds;
}

static json_t *passes_of(const struct compile_stats *stats)
{
    json_t *passes = json_array();
    for (size_t i = 0; i < stats->pass_count; i++) {
        const struct stats_pass *pass = &stats->passes[i];
        json_array_append_new(passes,
                              json_pack("{s:s, s:b, s:o, s:o}", "name", pass->name, "changed",
                                        (int)pass->changed, "before", size_of(&pass->before),
                                        "after", size_of(&pass->after)));
    }
    return passes;
}

static json_t *checks_of(const struct compile_stats *stats)
{
    json_t *checks = json_array();
    for (size_t i = 0; i < stats->check_count; i++) {
        const struct stats_check *check = &stats->checks[i];
        json_t *made = json_pack("{s:s, s:s, s:b}", "where", check->where, "kind",
                                 check_names[check->kind], "removed", (int)check->removed);
        json_set_bytes(made, "name", check->name);
        json_set_bytes(made, "reason", check->reason);
        json_array_append_new(checks, made);
    }
    return checks;
}

// null: nobody was asked, or nobody answered.
static json_t *facts_of(const struct compile_stats *stats)
{
    if (stats->driver != STATS_TOLD)
        return json_null();
    json_t *facts = json_array();
    for (size_t i = 0; i < stats->fact_count; i++) {
        const struct stats_fact *fact = &stats->facts[i];
        json_t *made = json_object();
        json_set_bytes(made, "part", fact->part);
        json_set_bytes(made, "name", fact->name);
        json_set_bytes(made, "value", fact->value);
        json_array_append_new(facts, made);
    }
    return facts;
}

// ---- What binds the module (docs/runtime.md, "Binding a module by hand") ------------------------

static json_t *bindings_of(const struct compile_stats *stats, const struct vyre_module_info *info)
{
    json_t *bindings = json_array();
    for (size_t i = 0; i < info->binding_count; i++) {
        const struct vyre_module_binding *binding = &info->bindings[i];
        struct vyre_buffer_info buffer;
        json_t *made = json_object();
        if (!vyre_program_buffer_info(stats->program, binding->buffer, &buffer)) {
            json_set_bytes(made, "buffer", buffer.name);
            json_set_bytes(made, "element", buffer.element);
            json_object_set_new(made, "count", json_integer((json_int_t)buffer.count));
        }
        json_object_set_new(made, "binding", json_integer((json_int_t)binding->binding));
        json_object_set_new(made, "stride", json_integer((json_int_t)binding->stride));
        json_object_set_new(made, "writable", json_boolean(binding->writable));
        json_array_append_new(bindings, made);
    }
    return bindings;
}

// The quotients of which a derived word is the smallest.
static json_t *derived_of(const struct vyre_module_info *info, uint32_t word)
{
    json_t *terms = json_array();
    for (size_t i = 0; i < info->term_count; i++)
        if (info->terms[i].word == word)
            json_array_append_new(
                terms, json_pack("{s:I, s:I}", "binding",
                                 (json_int_t)info->bindings[info->terms[i].binding].binding,
                                 "divisor", (json_int_t)info->terms[i].divisor));
    return terms;
}

static json_t *push_constants_of(const struct vyre_module_info *info)
{
    json_t *words = json_array();
    uint32_t word = 0;
    for (size_t i = 0; i < info->binding_count; i++, word++)
        json_array_append_new(words, json_pack("{s:I, s:s, s:I}", "word", (json_int_t)word, "holds",
                                               "byte length", "binding",
                                               (json_int_t)info->bindings[i].binding));
    for (uint32_t i = 0; i < info->param_count; i++, word++)
        json_array_append_new(words, json_pack("{s:I, s:s, s:I}", "word", (json_int_t)word, "holds",
                                               "launch parameter", "number", (json_int_t)i));
    for (uint32_t i = 0; i < info->derived_count; i++, word++)
        json_array_append_new(words, json_pack("{s:I, s:s, s:o}", "word", (json_int_t)word, "holds",
                                               "smallest quotient", "of", derived_of(info, word)));
    return words;
}

// null: the module cannot fault.
static json_t *fault_binding_of(const struct vyre_module_info *info)
{
    return info->fault_binding == UINT32_MAX ? json_null()
                                             : json_integer((json_int_t)info->fault_binding);
}

static json_t *interface_of(const struct compile_stats *stats, const struct vyre_module_info *info)
{
    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:I}", "entry_point", "main", "descriptor_set",
                     (json_int_t)0, "bindings", bindings_of(stats, info), "fault_binding",
                     fault_binding_of(info), "push_constants", push_constants_of(info),
                     "subgroup_size", (json_int_t)info->subgroup_size);
}

void stats_print_json(const struct compile_stats *stats, const struct vyre_module *module,
                      uint64_t nanoseconds)
{
    struct vyre_module_info info;
    size_t count = 0;
    vyre_module_words(module, &count);
    vyre_module_reflect(module, &info);
    json_print(json_pack(
        "{s:I, s:I, s:[I,I,I], s:I, s:I, s:b, s:o, s:f, s:o, s:o, s:o, s:o}", "bytes",
        (json_int_t)(4 * count), "bindings", (json_int_t)info.binding_count, "workgroup",
        (json_int_t)info.workgroup_size[0], (json_int_t)info.workgroup_size[1],
        (json_int_t)info.workgroup_size[2], "workgroup_memory", (json_int_t)info.workgroup_memory,
        "push_bytes", (json_int_t)info.push_bytes, "can_fault",
        (int)(info.fault_binding != UINT32_MAX), "interface", interface_of(stats, &info),
        "compile_us", (double)nanoseconds / 1000.0, "instructions", kinds_of(module),
        "machine_code", facts_of(stats), "passes", passes_of(stats), "checks", checks_of(stats)));
}
