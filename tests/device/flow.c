// SPDX-License-Identifier: MIT
// Invocations that return, or trap, before the rest of their workgroup meets: the device gives the
// interpreter's bytes, for which they do not take part in barriers (spec: semantics.md, 7.4) but do
// in subgroup operations (7.6).
#include "agree.h"

#define HEAD                                                                                       \
    "workgroup 64\n"                                                                               \
    "buffer e : u32[16] readonly @0\n"                                                             \
    "buffer in : u32[] readonly @1\n"                                                              \
    "buffer out : u32[256] readwrite @2\n"                                                         \
    "buffer sum : u32[8] readwrite @3\n"                                                           \
    "shared t : u32[64]\n"

// What everyone that lives passes to its neighbours.
#define EXCHANGE                                                                                   \
    "barrier\nt[lid.x] = out[gid.x] * 31 + in[lid.x]\nbarrier\n"                                   \
    "out[gid.x] = t[(lid.x + 7) & 63] + gid.x\n"

static const char *const programs[] = {
    // The usual guard before the usual reduction.
    HEAD "if gid.x >= 100 { return }\nt[lid.x] = in[gid.x & 31]\nbarrier\n"
         "loop k in 0..6 { if lid.x < 32 >> k { t[lid.x] = t[lid.x] + t[lid.x + (32 >> k)] }\n"
         "barrier }\nif lid.x == 0 { out[wid.x] = t[0] }",
    // Returns in either branch, nested, one after the other, and before nothing.
    HEAD "if lid.x & 1 { if lid.x & 2 { return } else { out[gid.x] = 5 } } else { "
         "if lid.x > 40 { return } }\nout[gid.x] = 9\n" EXCHANGE
         "if in[lid.x] & 1 { return }\n" EXCHANGE "if lid.x > 50 { return }\nout[gid.x] = 77",
    HEAD EXCHANGE "if gid.x % 3 == 0 { out[gid.x] = 1\nreturn }\nout[gid.x] = 2",
    // All of a workgroup, and all of all of them.
    HEAD "if wid.x == 1 && lid.x < 64 { return }\n" EXCHANGE,
    HEAD "if lid.x < 64 { return }\n" EXCHANGE,
    // In loops: with barriers, without, and around each other.
    HEAD "loop i in 0..5 { " EXCHANGE "if lid.x % 5 == i { return }\nout[gid.x] = i * 3 }\n"
         "out[gid.x] = out[gid.x] + 100",
    HEAD "loop i in 0..in[lid.x] & 15 { if i == 4 { out[gid.x] = 44\nreturn }\n"
         "out[gid.x] = out[gid.x] + i }\n" EXCHANGE,
    HEAD "loop i in 0..20 { if in[(lid.x + i) & 31] == 5 { out[gid.x] = i\nreturn } }\n" EXCHANGE,
    HEAD "loop j in 0..3 { loop i in 0..9 { if i * 7 + j == lid.x { return }\n"
         "out[gid.x] = out[gid.x] * 3 + i }\n" EXCHANGE "}",
    HEAD "loop j in 0..3 { loop i in 0..lid.x & 3 { if e[lid.x & 15] == j { return }\n"
         "loop k in 0..i { out[gid.x] = out[gid.x] + k } }\nif wid.x == 1 { " EXCHANGE "} }",
    // The dead count no loops, take no part in atomics, and store nowhere.
    HEAD "if lid.x > 20 { return }\nlet n = 0\nloop i in 0..len(e) { n = n + 2 }\n"
         "let old = atomic_add(sum[0], 1)\nlet old2 = atomic_add(sum[1000], 1)\n"
         "loop i in 0..n & 3 { barrier }\nlet old3 = atomic_max(sum[1], gid.x)\n"
         "atomic_store.release(out[gid.x], atomic_load.acquire(sum[7]))\nbarrier",
    HEAD
    "if lid.x > 20 { return }\nt[lid.x] = 5\nout[wid.x * 64 + (lid.x * 9 & 63)] = 4\n" EXCHANGE,
    // What is uniform stays so for the dead: assigned, chosen, looped over.
    HEAD "let n = 1\nif lid.x & 4 { return }\nif wid.x > 0 { n = 3 } else { n = n + 1 }\n"
         "n = n * 2\nloop i in 0..n { " EXCHANGE "}\nif n == 6 { " EXCHANGE "}",
    HEAD "if lid.x == 3 { return }\nif wid.x == 1 { return }\n" EXCHANGE
         "loop i in 0..4 { " EXCHANGE "if i == 2 { return } }",
    HEAD "let f = lid.x > 5\nlet n = 1\nif f { return }\nif f { n = 2 } else { out[gid.x] = n "
         "}\n" EXCHANGE "out[gid.x] = out[gid.x] + n",
    // Scopes.
    HEAD "region \"a\" { { if in[lid.x] > 9 { return } } }\nregion \"b\" { let x = lid.x\n"
         "out[gid.x] = x\n" EXCHANGE "}\n{ let x = 3\nout[gid.x] = out[gid.x] + x }",
    // A trap that nobody reaches.
    HEAD "if in[lid.x] == 0x12345 { trap(lid.x, \"no\") }\n" EXCHANGE,
};

static void returns_before_barriers(void **state)
{
    struct vyre_device *device = *state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        assert_agree(device, programs[i], 3, 3);
}

static void the_same_without_the_vulkan_memory_model(void **state)
{
    (void)state;
    struct vyre_device *device =
        test_device(&(const struct vyre_pretend){ .no_vulkan_memory_model = true });
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        assert_agree(device, programs[i], 3, 1);
    test_device_done(&device);
}

static void a_planted_difference_is_found(void **state)
{
    struct vyre_device *device = *state;
    const char *right = HEAD "if lid.x > 30 { return }\nlet x = atomic_add(sum[0], 1)\n" EXCHANGE;
    const char *wrong = HEAD "if lid.x > 31 { return }\nlet x = atomic_add(sum[0], 1)\n" EXCHANGE;
    char why[200];
    assert_true(agree(device, right, right, 1, 3, why));
    assert_false(agree(device, right, wrong, 1, 3, why));
}

// Some of a workgroup trap while the others go on to a barrier, and the dispatch still fails.
static void traps_before_barriers(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_kernel *kernel =
        test_kernel(device,
                    "workgroup 64\nbuffer out : u32[64] readwrite @0\n"
                    "if lid.x == 5 { trap(4096, \"five\") }\nbarrier\n"
                    "if lid.x == 6 { trap(4097, \"six\") }\nbarrier\nout[gid.x] = 1\n",
                    NULL);
    struct vyre_argument argument = { NULL, 0, 0 };
    uint32_t *words;
    argument.buffer = test_buffer(device, 256, &words);
    struct vyre_ticket *ticket;
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK,
                  vyre_dispatch(kernel,
                                vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                                     .grid = { 1, 1, 1 }),
                                &ticket));
    assert_result(VYRE_ERR_FAULT, vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(&diags)));
    // The first in time is reported; the barrier between them decides which that is.
    assert_non_null(strstr(diags.text, "five"));
    assert_non_null(strstr(diags.text, "4096"));
    assert_int_equal(words[5], 0);
    vyre_ticket_destroy(&ticket);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
}

// ---- Random programs --------------------------------------------------------------------------

struct generator {
    char text[16384];
    size_t size;
    uint32_t state;
    unsigned next; // number of the next local
};

static uint32_t below(struct generator *gen, uint32_t limit)
{
    return next_random(&gen->state) % limit;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
put(struct generator *gen, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int written = vsnprintf(gen->text + gen->size, sizeof gen->text - gen->size, format, args);
    va_end(args);
    assert_true(written >= 0 && (size_t)written < sizeof gen->text - gen->size);
    gen->size += (size_t)written;
}

static void value(struct generator *gen)
{
    static const char *const values[] = {
        "in[lid.x & 31]", "e[lid.x & 15]", "out[gid.x]", "gid.x", "x", "n"
    };
    put(gen, "(%s * %u + %u)", values[below(gen, 6)], 1 + below(gen, 9), below(gen, 50));
}

static void mixed_condition(struct generator *gen)
{
    value(gen);
    put(gen, " %% %u == %u", 2 + below(gen, 12), below(gen, 3));
}

static void uniform_condition(struct generator *gen)
{
    static const char *const conditions[] = { "wid.x == 1", "n & 1", "n > 2", "wid.x + n == 3" };
    put(gen, "%s", conditions[below(gen, 4)]);
}

// Statements for any place, without a barrier.
static void quiet(struct generator *gen, unsigned depth)
{
    for (unsigned i = 1 + below(gen, 2); i-- > 0;) {
        switch (below(gen, depth ? 7 : 3)) {
        case 0:
            put(gen, "out[gid.x] = out[gid.x] * 5 + ");
            value(gen);
            put(gen, "\n");
            break;
        case 1:
            put(gen, "x = ");
            value(gen);
            put(gen, "\n");
            break;
        case 2:
            put(gen, "let a%u = atomic_add(sum[%u], ", gen->next++, below(gen, 10));
            value(gen);
            put(gen, ")\n");
            break;
        case 3:
            put(gen, "loop i%u in 0..%s {\n", gen->next++, below(gen, 2) ? "4" : "x & 7");
            quiet(gen, depth - 1);
            put(gen, "}\n");
            break;
        default:
            put(gen, "if ");
            mixed_condition(gen);
            put(gen, " {\n");
            quiet(gen, depth - 1);
            put(gen, below(gen, 2) ? "return\n}\n" : "}\n");
            break;
        }
    }
}

static void lanes(struct generator *gen)
{
    uint32_t kind = below(gen, 3);
    put(gen, "%s(",
        kind == 0   ? "subgroup_ballot"
        : kind == 1 ? "subgroup_add"
                    : "subgroup_shuffle");
    if (kind == 0) {
        mixed_condition(gen);
    } else {
        value(gen);
        if (kind == 2) {
            put(gen, ", ");
            value(gen);
            put(gen, " & %u", below(gen, 2) ? 31 : 63);
        }
    }
    put(gen, ")");
}

static void meeting(struct generator *gen, unsigned depth)
{
    for (unsigned i = 2 + below(gen, 3); i-- > 0;) {
        switch (below(gen, depth ? 9 : 6)) {
        case 0:
        case 1:
            put(gen, "barrier\nt[lid.x] = ");
            value(gen);
            put(gen, "\nbarrier\nx = x * 31 + t[(lid.x + %u) & 63]\n", below(gen, 64));
            break;
        case 2: quiet(gen, 2); break;
        case 3:
            put(gen, "if ");
            mixed_condition(gen);
            put(gen, " { return }\n");
            break;
        case 4:
            // Behind a barrier all lanes stand at the same statement in the interpreter too.
            put(gen, "barrier\nx = x ^ ");
            lanes(gen);
            put(gen, "\n");
            break;
        case 5:
            put(gen, "if ");
            uniform_condition(gen);
            put(gen, " { n = n + %u }\n", below(gen, 3));
            break;
        case 6:
            put(gen, "if ");
            uniform_condition(gen);
            // In a region the interpreter does not mind that another iteration finds another value.
            put(gen, " { region \"a\" {\n");
            meeting(gen, depth - 1);
            put(gen, "} } else { region \"b\" {\n");
            meeting(gen, depth - 1);
            put(gen, "} }\n");
            break;
        default:
            put(gen, "loop i%u in 0..n & 3 {\n", gen->next++);
            meeting(gen, depth - 1);
            put(gen, "}\n");
            break;
        }
    }
}

static void random_programs(void **state)
{
    struct vyre_device *device = *state;
    static struct generator gen;
    char why[200];
    for (uint32_t seed = 1; seed <= 80; seed++) {
        gen.size = gen.next = 0;
        gen.state = seed * 2654435761u;
        put(&gen, "%slet x = in[lid.x & 31]\nlet n = %u\n", HEAD, below(&gen, 7));
        meeting(&gen, 2);
        put(&gen, "out[gid.x] = out[gid.x] ^ x\n");
        if (!agree(device, gen.text, gen.text, seed, 3, why))
            fail_msg("seed %u: %s\n%s", seed, why, gen.text);
    }
}

static int set_up(void **state)
{
    *state = test_device(NULL);
    return 0;
}

static int tear_down(void **state)
{
    struct vyre_device *device = *state;
    test_device_done(&device);
    return 0;
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_before_barriers),
        cmocka_unit_test(the_same_without_the_vulkan_memory_model),
        cmocka_unit_test(a_planted_difference_is_found),
        cmocka_unit_test(traps_before_barriers),
        cmocka_unit_test(random_programs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
