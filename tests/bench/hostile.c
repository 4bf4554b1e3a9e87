// SPDX-License-Identifier: MIT
// The front end on programs that are made to hurt: each at a size and at four times that size. What
// is linear takes four times as long; a growth of 16 would be quadratic. Programs are judged, not
// required to be valid, and every diagnostic is made.
//
// usage: hostile [--json] [--rounds N] [--small]
#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "program.h"

enum { GROWTH = 4 };

// ---- Programs -----------------------------------------------------------------------------------

static void name_of(char out[80], const char *prefix, uint32_t number)
{
    snprintf(out, 80, "%s_%u", prefix, number);
}

static const char long_prefix[] = "a_prefix_that_all_of_these_names_have_in_common";

static void buffer(struct vyre_builder *b, const char *name, uint32_t binding)
{
    vyre_builder_buffer(b, vyre_buffer_decl(.name = name, .binding = binding,
                                            .access = VYRE_ACCESS_READ_WRITE,
                                            .element = VYRE_TYPE_U32));
}

static vyre_expr var(struct vyre_builder *b)
{
    return vyre_builder_var(b, "x");
}

static void many_buffers(struct vyre_builder *b, uint32_t count)
{
    char name[80];
    for (uint32_t i = 0; i < count; i++) {
        name_of(name, long_prefix, i);
        buffer(b, name, count - i);
    }
    for (uint32_t i = 0; i < count; i++) {
        name_of(name, long_prefix, count - 1 - i);
        vyre_builder_store(b, name, vyre_builder_u32(b, i), vyre_builder_len(b, name));
    }
}

static void one_buffer_many_times(struct vyre_builder *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buffer(b, "twice", 7);
}

static void many_names(struct vyre_builder *b, uint32_t count)
{
    char name[80];
    for (uint32_t i = 0; i < count; i++) {
        name_of(name, long_prefix, i);
        vyre_builder_let(b, name, vyre_builder_u32(b, i));
    }
}

static void unknown_names(struct vyre_builder *b, uint32_t count)
{
    char name[80];
    for (uint32_t i = 0; i < count; i++) {
        name_of(name, long_prefix, i);
        vyre_builder_assign(b, "x", vyre_builder_var(b, name));
    }
}

static void long_names(struct vyre_builder *b, uint32_t count)
{
    static char name[20001];
    memset(name, 'n', sizeof name - 1);
    for (uint32_t i = 0; i < count; i++)
        vyre_builder_assign(b, name, vyre_builder_u32(b, i));
}

static void deep_branches(struct vyre_builder *b, uint32_t count)
{
    enum { DEPTH = 58 };
    for (uint32_t i = 0; i < count; i++) {
        for (int depth = 0; depth < DEPTH; depth++)
            vyre_builder_if(b, vyre_builder_bool(b, true));
        for (int depth = 0; depth < DEPTH; depth++)
            vyre_builder_end(b);
    }
}

static void deep_blocks(struct vyre_builder *b, uint32_t count)
{
    enum { DEPTH = 58 };
    for (uint32_t i = 0; i < count; i++) {
        for (int depth = 0; depth < DEPTH; depth++)
            vyre_builder_block(b);
        for (int depth = 0; depth < DEPTH; depth++)
            vyre_builder_end(b);
    }
}

// Operands whose order is found by comparing them, each inside the next.
static void deep_operands(struct vyre_builder *b, uint32_t count)
{
    enum { DEPTH = 58 };
    for (uint32_t i = 0; i < count; i++) {
        vyre_expr value = var(b);
        for (int depth = 0; depth < DEPTH; depth++)
            value = vyre_builder_binary(b, VYRE_BIN_BIT_XOR, value, var(b));
        vyre_builder_assign(b, "x", value);
    }
}

static vyre_expr twins(struct vyre_builder *b, int depth)
{
    if (depth == 0)
        return var(b);
    const vyre_expr left = twins(b, depth - 1);
    return vyre_builder_binary(b, VYRE_BIN_BIT_XOR, left, twins(b, depth - 1));
}

// Operands that are equal to their ends.
static void equal_operands(struct vyre_builder *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        vyre_builder_assign(b, "x", twins(b, 8));
}

static void wide_calls(struct vyre_builder *b, uint32_t count)
{
    enum { ARGUMENTS = 4096 };
    vyre_expr arguments[ARGUMENTS];
    for (uint32_t i = 0; i < count; i++) {
        for (int k = 0; k < ARGUMENTS; k++)
            arguments[k] = vyre_builder_var(b, "unknown");
        vyre_builder_assign(b, "x", vyre_builder_call(b, "op", arguments, ARGUMENTS));
    }
}

// Plain and atomic accesses of the same buffers without a barrier between them.
static void aliases(struct vyre_builder *b, uint32_t count)
{
    buffer(b, "p", 1);
    buffer(b, "q", 2);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = i % 2 ? "p" : "q";
        vyre_builder_store(b, name, vyre_builder_u32(b, i),
                           vyre_builder_atomic(b, VYRE_ATOMIC_ADD, VYRE_ORDER_RELAXED, name,
                                               vyre_builder_u32(b, 0), 0, vyre_builder_u32(b, 1)));
    }
}

static void exclusive_regions(struct vyre_builder *b, uint32_t count)
{
    char name[80];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s_%u#self-exclusive", long_prefix, i / 2);
        vyre_builder_region(b, name, NULL);
        vyre_builder_end(b);
    }
}

static void deep_types(struct vyre_builder *b, uint32_t count)
{
    enum { DEPTH = 55 };
    vyre_type type = VYRE_TYPE_U32;
    for (int depth = 0; depth < DEPTH; depth++)
        type = vyre_builder_type_vec(b, type, 2);
    for (uint32_t i = 0; i < count; i++)
        vyre_builder_assign(b, "x", vyre_builder_cast(b, type, var(b)));
}

static const struct hostile {
    const char *name;
    uint32_t count; // the smaller size
    void (*make)(struct vyre_builder *b, uint32_t count);
} hostiles[] = {
    { "buffers with one prefix", 4000, many_buffers },
    { "one buffer declared again", 4000, one_buffer_many_times },
    { "names with one prefix", 20000, many_names },
    { "names that are not declared", 5000, unknown_names },
    { "names of 20 kB", 100, long_names },
    { "branches 58 deep", 400, deep_branches },
    { "blocks 58 deep", 400, deep_blocks },
    { "commutative operands 58 deep", 1000, deep_operands },
    { "commutative operands that are equal", 200, equal_operands },
    { "calls of 4,096 unknown names", 4, wide_calls },
    { "plain and atomic accesses", 5000, aliases },
    { "self-exclusive regions", 10000, exclusive_regions },
    { "types 55 deep", 1000, deep_types },
};

enum { HOSTILES = sizeof hostiles / sizeof hostiles[0] };

// ---- Measuring ----------------------------------------------------------------------------------

static struct vyre_program *make(const struct hostile *hostile, uint32_t count)
{
    struct vyre_builder *b = NULL;
    struct vyre_program *program = NULL;
    bench_check(vyre_builder_create(&b), "builder");
    vyre_builder_workgroup(b, 64, 1, 1);
    buffer(b, "out", 0);
    vyre_builder_let(b, "x", vyre_builder_global_id(b, 0));
    hostile->make(b, count);
    bench_check(vyre_builder_finish(b, &bench_sink, &program), hostile->name);
    vyre_builder_destroy(&b);
    return program;
}

static void count_diag(void *user, const struct vyre_diag *diag)
{
    (void)diag;
    ++*(uint64_t *)user;
}

static void front_end(const uint8_t *bytes, size_t size, uint64_t *diags)
{
    uint8_t fingerprint[VYRE_FINGERPRINT_SIZE];
    const struct vyre_diag_sink sink = { count_diag, diags };
    struct vyre_program *program = NULL;
    struct vyre_program *canonical = NULL;
    bench_check(vyre_program_decode(bytes, size, &bench_sink, &program), "decode");
    const enum vyre_result judged =
        vyre_program_validate(program, &(struct vyre_validate_params){ .diag = &sink });
    if (judged != VYRE_ERR_INVALID_PROGRAM)
        bench_check(judged, "validate");
    bench_check(vyre_program_fingerprint(program, &bench_sink, fingerprint), "fingerprint");
    bench_check(vyre_program_canonicalize(program, &canonical), "canonicalize");
    vyre_program_destroy(&canonical);
    vyre_program_destroy(&program);
}

static void through_text(const char *text, size_t size, uint64_t *diags)
{
    const struct vyre_diag_sink sink = { count_diag, diags };
    struct vyre_program *program = NULL;
    char *printed = NULL;
    size_t printed_size = 0;
    bench_check(vyre_program_parse(text, size, "hostile", &bench_sink, &program), "parse");
    const enum vyre_result judged =
        vyre_program_validate(program, &(struct vyre_validate_params){ .diag = &sink });
    if (judged != VYRE_ERR_INVALID_PROGRAM)
        bench_check(judged, "validate");
    bench_check(vyre_program_print(program, &printed, &printed_size), "print");
    vyre_free(printed);
    vyre_program_destroy(&program);
}

struct figures {
    size_t bytes;
    uint64_t diags;
    double wire, text; // seconds
};

static struct figures measure(const struct hostile *hostile, uint32_t count, int rounds)
{
    struct figures figures = { 0 };
    struct vyre_program *program = make(hostile, count);
    double wire[BENCH_MOST_ROUNDS], text[BENCH_MOST_ROUNDS];
    char *printed = NULL;
    size_t printed_size = 0;
    uint8_t *bytes = bench_encode(program, &figures.bytes);
    bench_check(vyre_program_print(program, &printed, &printed_size), "print");
    vyre_program_destroy(&program);
    for (int round = 0; round < rounds; round++) {
        uint64_t ignored = 0;
        figures.diags = 0;
        const double start = bench_cpu_now();
        front_end(bytes, figures.bytes, &figures.diags);
        const double between = bench_cpu_now();
        through_text(printed, printed_size, &ignored);
        wire[round] = between - start;
        text[round] = bench_cpu_now() - between;
    }
    figures.wire = bench_spread(wire, rounds).median;
    figures.text = bench_spread(text, rounds).median;
    vyre_free(bytes);
    vyre_free(printed);
    return figures;
}

static void print_case(const struct hostile *hostile, const struct figures *small,
                       const struct figures *large, bool json, bool first)
{
    const double grown = (double)large->bytes / (double)small->bytes;
    const double wire = large->wire / small->wire, text = large->text / small->text;
    if (json)
        printf("%s{\"name\": \"%s\", \"bytes\": [%zu, %zu], \"diagnostics\": [%llu, %llu], "
               "\"wire_ns_per_byte\": [%.2f, %.2f], \"growth\": {\"bytes\": %.2f, \"wire\": %.2f, "
               "\"text\": %.2f}}",
               first ? "" : ", ", hostile->name, small->bytes, large->bytes,
               (unsigned long long)small->diags, (unsigned long long)large->diags,
               small->wire * 1e9 / (double)small->bytes, large->wire * 1e9 / (double)large->bytes,
               grown, wire, text);
    else
        printf("%-36s %9zu %9llu %9.2f %9.2f %8.2f %8.2f %8.2f\n", hostile->name, large->bytes,
               (unsigned long long)large->diags, small->wire * 1e9 / (double)small->bytes,
               large->wire * 1e9 / (double)large->bytes, grown, wire, text);
}

int main(int argc, char **argv)
{
    int rounds = 5;
    bool json = false, small_only = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (strcmp(argv[i], "--small") == 0)
            small_only = true;
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            rounds = atoi(argv[++i]);
        else
            rounds = 0;
    }
    if (rounds < 1 || rounds > BENCH_MOST_ROUNDS) {
        fprintf(stderr, "usage: hostile [--json] [--rounds 1..99] [--small]\n");
        return 2;
    }
    if (json)
        printf("{\"bench\": \"hostile\", \"cases\": [");
    else
        printf("%-36s %9s %9s %9s %9s %8s %8s %8s\n", "growth by 4", "bytes", "diags", "ns/byte",
               "at 4x", "bytes x", "wire x", "text x");
    for (int i = 0; i < HOSTILES; i++) {
        const uint32_t count = small_only ? hostiles[i].count / 50 + 1 : hostiles[i].count;
        const struct figures small = measure(&hostiles[i], count, rounds);
        const struct figures large = measure(&hostiles[i], count * GROWTH, rounds);
        print_case(&hostiles[i], &small, &large, json, i == 0);
    }
    if (json)
        printf("]}\n");
    return 0;
}
