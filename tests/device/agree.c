// SPDX-License-Identifier: MIT
// The interpreter and the device agree, byte for byte: on every operator over edge values, on
// memory, atomics, loops and barriers, and on random programs (fixed seed).
#include "agree.h"

// ---- Tables -----------------------------------------------------------------------------------

static const char *const expressions[] = {
    "a + b",
    "a - b",
    "a * b",
    "a / b",
    "a % b",
    "a / 7",
    "a % 7",
    "a & b",
    "a | b",
    "a ^ b",
    "a << b",
    "a >> b",
    "a << 3",
    "a >> 35",
    "min(a, b)",
    "max(a, b)",
    "abs_diff(a, b)",
    "saturating_add(a, b)",
    "saturating_sub(a, b)",
    "saturating_mul(a, b)",
    "rotate_left(a, b)",
    "rotate_right(a, b)",
    "wrapping_add(a, b)",
    "wrapping_sub(a, b)",
    "mul_high(a, b)",
    "-a",
    "~a",
    "popcount(a)",
    "clz(a)",
    "ctz(a)",
    "reverse_bits(a)",
    "u32(a == b)",
    "u32(a != b)",
    "u32(a < b)",
    "u32(a > b)",
    "u32(a <= b)",
    "u32(a >= b)",
    "u32(a && b)",
    "u32(a || b)",
    "u32(!a)",
    "select(a < b, a, b)",
    "select(a, b, a)",
    "u32(i32(a))",
    "u32(bool(a))",
    "u32(c + d)",
    "u32(c - d)",
    "u32(c * d)",
    "u32(c / s)",
    "c % s",
    "u32(c / 7i)",
    "c % -3i",
    "c & d",
    "c | d",
    "c ^ d",
    "u32(min(c, d))",
    "u32(max(c, d))",
    "u32(c == d)",
    "u32(c < d)",
    "u32(c > d)",
    "u32(c <= d)",
    "u32(c >= d)",
    "u32(select(c < d, c, d))",
    "u32(~c)",
    "u32(popcount(c))",
    "u32(clz(c))",
    "u32(ctz(c))",
    "u32(reverse_bits(c))",
    "u32(bool(c))",
    "u32(bool(a) == bool(b))",
    "u32(bool(a) != bool(b))",
    "u32(bool(a) && bool(b))",
    "u32(!bool(a))",
    "u32(select(bool(a), a < b, bool(b)))",
    // Statically u32, an i32 at run time.
    "(c & d) >> (c | d)",
    "(c & d) << (c ^ d)",
    "abs_diff(c & d, c | d)",
    "saturating_add(c & d, d | c)",
    "saturating_sub(c & d, d | c)",
    "saturating_mul(c & d, d | c)",
    "saturating_add(c & c, d & d)",
    "saturating_sub(c & c, d & d)",
    "saturating_mul(c & c, d & d)",
    "u32((c & c) < (d & d))",
    "min(c & c, d & d)",
    "wrapping_add(c, d)",
    "wrapping_sub(c, d)",
    "-(c & c)",
    "u32(!(c & d))",
    // Raw words of a bool buffer.
    "u32(flags[a & 15])",
    "u32(!flags[a & 15])",
    "u32(flags[a & 15] && flags[b & 15])",
    "u32(flags[a & 15] == flags[b & 15])",
    "select(flags[a & 15], a, b)",
};

static void every_operator_on_edge_values(void **state)
{
    struct vyre_device *device = *state;
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        char text[700];
        snprintf(text, sizeof text,
                 "workgroup 32\n"
                 "buffer e : u32[16] readonly @0\n"
                 "buffer flags : bool[16] readonly @1\n"
                 "buffer out : u32[256] readwrite @2\n"
                 "let a = e[gid.x & 15]\n"
                 "let b = e[gid.x >> 4 & 15]\n"
                 "let c = i32(a)\n"
                 "let d = i32(b)\n"
                 "let s = select(d == 0i || d == -1i, 3i, d)\n"
                 "out[gid.x] = %s\n",
                 expressions[i]);
        assert_agree(device, text, 8, 1);
    }
}

#define IO                                                                                         \
    "buffer e : u32[16] readonly @0\n"                                                             \
    "buffer in : u32[] readonly @1\n"                                                              \
    "buffer out : u32[] readwrite @2\n"                                                            \
    "buffer flags : bool[40] readwrite @3\n"                                                       \
    "buffer signed : i32[] readwrite @4\n"

static const char *const programs[] = {
    // Loads and stores in and out of bounds.
    "workgroup 32\n" IO "out[gid.x] = in[e[gid.x & 15]]",
    "workgroup 32\n" IO "out[gid.x * 3] = in[gid.x * 2] + len(in) + len(flags) * 1000",
    "workgroup 32\n" IO "out[0xffffffff] = 1\nsigned[gid.x] = -5i\nflags[gid.x + 39] = true",
    "workgroup 32\n" IO "flags[gid.x] = flags[gid.x + 1000]\nsigned[gid.x] = signed[gid.x] * 2i",
    "workgroup 7\n" IO "flags[gid.x] = in[gid.x] < 20\nif gid.x < 9 { out[gid.x] = 3 }",
    // Atomics whose result does not depend on the order.
    "workgroup 32\n" IO "let x = atomic_add(out[in[gid.x] & 3], gid.x)",
    "workgroup 32\n" IO "let x = atomic_or(out[in[gid.x]], 1 << gid.x)\n"
    "let y = atomic_and(out[60], 1)",
    "workgroup 32\n" IO "let x = atomic_xor(out[gid.x & 7], in[gid.x])",
    "workgroup 32\n" IO "let x = atomic_min(out[gid.x & 3], in[gid.x])\n"
    "let y = atomic_max(out[4 + (gid.x & 3)], in[gid.x])\n"
    "let z = atomic_lru_update(out[8], gid.x)",
    // Atomics on own words, where the result is known.
    "workgroup 32\n" IO "let x = atomic_exchange(out[gid.x], 7)\nsigned[gid.x] = i32(x)",
    "workgroup 32\n" IO "let x = atomic_compare_exchange(out[gid.x], in[0], 7)\n"
    "let y = atomic_compare_exchange(out[gid.x], 7, 9)\nsigned[gid.x] = i32(x + y)",
    "workgroup 16\n" IO "let sum = 0\n"
    "loop i in 0..gid.x {\n"
    "    let x = atomic_add.acq_rel(out[gid.x], i)\n"
    "    if x > 100 { sum = sum + atomic_max(out[gid.x], 5) }\n"
    "}\n"
    "signed[gid.x] = i32(sum)",
    // Loops.
    "workgroup 32\n" IO "let s = 0\nloop i in in[gid.x]..in[gid.x] + 9 { s = s + i }\n"
    "out[gid.x] = s",
    "workgroup 32\n" IO
    "let s = 1\nloop i in 3..e[gid.x & 7] { loop j in i..len(in) { s = s * 3 + j\n"
    "if s & 16 { s = s ^ in[j] } } }\nout[gid.x] = s",
    "workgroup 32\n" IO "loop i in 0..40 { if i == gid.x { out[i] = 77\nreturn }\nout[gid.x] = i }",
    "workgroup 32\n" IO "loop i in 0xfffffff0..0xffffffff { out[gid.x] = i }",
    "workgroup 32\n" IO "let n = 2\nloop i in 0..n { n = n + 1 }\nout[gid.x] = n",
    // Returns and scopes.
    "workgroup 32\n" IO "if gid.x & 1 { return } else { if gid.x & 2 { out[gid.x] = 1 } }\n"
    "region \"r\" { let x = 5\nout[gid.x] = out[gid.x] + x }\n{ let x = 6\nout[gid.x] = out[gid.x] "
    "* x }",
    "workgroup 32\n" IO "let f = gid.x > 3\nif f { f = bool(flags[gid.x]) }\n"
    "let n = -1i\nif f && gid.x < 20 { n = i32(in[3]) }\nsigned[gid.x] = n\nout[gid.x] = u32(f)",
    // Workgroup memory and barriers.
    "workgroup 32\n" IO "shared t : u32[32]\nt[lid.x] = in[gid.x]\nbarrier\n"
    "out[gid.x] = t[31 - lid.x]",
    "workgroup 32\n" IO "shared t : u32[300]\nshared z : i32[5]\nlet s = u32(z[lid.x])\n"
    "loop i in 0..300 { s = s + t[i] }\nout[gid.x] = s + 9",
    "workgroup 64\n" IO "shared t : u32[64]\nt[lid.x] = in[gid.x]\nbarrier\n"
    "loop k in 0..6 {\n"
    "    let step = 32 >> k\n"
    "    if lid.x < step { t[lid.x] = t[lid.x] + t[lid.x + step] }\n"
    "    barrier\n"
    "}\n"
    "if lid.x == 0 { out[wid.x] = t[0] }",
    "workgroup 32\n" IO "shared t : u32[32]\n"
    "if wid.x == 1 { t[lid.x] = 4\nbarrier\nout[lid.x] = t[lid.x ^ 5] } else { if wid.x == 2 { "
    "return } }\n"
    "barrier\nif wid.x == 0 { signed[lid.x] = i32(t[lid.x]) + 2i }",
    "workgroup 4 4 2\n" IO "shared t : u32[32]\n"
    "let l = lid.x + lid.y * 4 + lid.z * 16\nt[l] = l * in[gid.x]\nbarrier\n"
    "out[l + wid.x * 32] = t[(l * 7) & 31] + gid.y * 100 + gid.z * 1000",
    // Storage as a means of talking within a workgroup.
    "workgroup 32\n" IO "if wid.x == 0 { out[lid.x] = in[lid.x] * 2 }\nbarrier\n"
    "if wid.x == 0 { signed[lid.x] = i32(out[31 - lid.x]) }",
    // Collectives of one rank.
    "workgroup 32\n" IO "all_gather(in, out, 0)\nall_reduce(out, sum, 0)\nif gid.x < 4 {\n"
    "reduce_scatter(e, out, xor, 0)\nbroadcast(out, 0, 0) }",
    // Atomics in divergent flow beside others that go on.
    "workgroup 32\n" IO
    "loop i in 0..u32(lid.x < 13) { let x = atomic_xor(out[1], gid.x) }\nbarrier\n"
    "if wid.x == 0 { signed[lid.x] = i32(out[1] & 0) + 5i }",
};

static void memory_control_flow_and_barriers(void **state)
{
    struct vyre_device *device = *state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        assert_agree(device, programs[i], 3, 2);
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

// Loops of more iterations than the device allows: a fault or the right result, never a wrong one.
static void loops_are_never_cut_silently(void **state)
{
    static const struct {
        const char *loops;
        bool too_many; // for a limit of 65,535 iterations
    } cases[] = {
        { "loop i in 0..65000 { n = n + 1 }", false },
        { "loop i in 0..70000 { n = n + 1 }", true },
        { "loop i in 0..300 { loop j in 0..300 { n = n + 1 } }", true },
        { "loop i in 0..out[1] { n = n + 1 }", true },
        { "loop i in 0..60000 { n = n + 1 }\nloop i in 0..60000 { n = n + 1 }", true },
        { "loop i in 0..60000 { n = n + 1 }\nif n { loop i in 0..6000 { n = n + 1 } }", true },
    };
    struct vyre_device *device = *state;
    struct vyre_target target;
    vyre_device_target(device, &target);
    const bool limited = target.loop_limit != 0 && target.loop_limit <= 65535;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "workgroup 16\nbuffer out : u32[16] readwrite @0\nlet n = 0\n%s\nout[gid.x] = n\n",
                 cases[i].loops);
        struct vyre_kernel *kernel = test_kernel(device, text, NULL);
        struct vyre_argument argument = { NULL, 0, 0 };
        uint32_t *words;
        argument.buffer = test_buffer(device, 64, &words);
        words[1] = 70000;
        struct vyre_ticket *ticket;
        assert_result(VYRE_OK,
                      vyre_dispatch(kernel,
                                    vyre_dispatch_params(.arguments = &argument,
                                                         .argument_count = 1, .grid = { 1, 1, 1 }),
                                    &ticket));
        enum vyre_result result = vyre_ticket_wait(ticket, test_wait_ns, NULL);
        if (result != (limited && cases[i].too_many ? VYRE_ERR_FAULT : VYRE_OK))
            fail_msg("%s: %s", cases[i].loops, vyre_result_name(result));
        vyre_ticket_destroy(&ticket);
        vyre_buffer_destroy(&argument.buffer);
        vyre_kernel_destroy(&kernel);
    }
}

// What is an error in the interpreter is total on a device (spec: semantics.md, 15).
static void signed_division_is_total(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_kernel *kernel = test_kernel(
        device,
        "workgroup 1\nbuffer in : i32[3] readonly @0\nbuffer out : i32[8] readwrite @1\n"
        "out[0] = in[0] / in[1]\nout[1] = in[0] / in[2]\n"
        "out[2] = i32(in[0] % in[1])\nout[3] = i32(in[0] % in[2])\n"
        "out[4] = in[0] / -1i\nout[5] = i32(in[0] % -1i)\n",
        NULL);
    struct vyre_argument arguments[2] = { { NULL, 0, 0 } };
    uint32_t *in, *out;
    arguments[0].buffer = test_buffer(device, 12, &in);
    arguments[1].buffer = test_buffer(device, 32, &out);
    in[0] = 0x80000000u;
    in[1] = 0;
    in[2] = UINT32_MAX;
    memset(out, 0x55, 32);
    test_dispatch(kernel, arguments, 2, (const uint32_t[]){ 1, 1, 1 });
    const uint32_t expected[] = { 0, 0x80000000u, 0, 0, 0x80000000u, 0 };
    assert_memory_equal(out, expected, sizeof expected);
    vyre_buffer_destroy(&arguments[0].buffer);
    vyre_buffer_destroy(&arguments[1].buffer);
    vyre_kernel_destroy(&kernel);
}

static void a_planted_difference_is_found(void **state)
{
    struct vyre_device *device = *state;
    const char *right = "workgroup 32\n" IO "out[gid.x] = in[gid.x] / e[gid.x & 15]";
    const char *wrong = "workgroup 32\n" IO "out[gid.x] = in[gid.x] / max(e[gid.x & 15], 1)";
    char why[200];
    assert_true(agree(device, right, right, 1, 3, why));
    assert_false(agree(device, right, wrong, 1, 3, why));
    assert_non_null(strstr(why, "interpreter ffffffff"));
}

// ---- Random programs --------------------------------------------------------------------------

enum type { U32, I32, BOOL };

struct local {
    unsigned number;
    enum type type;
    bool assignable;
};

struct generator {
    char text[32768];
    size_t size;
    uint32_t state;
    struct local locals[200];
    unsigned live;
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

static void expression(struct generator *gen, enum type type, unsigned depth);

static void leaf(struct generator *gen, enum type type)
{
    for (unsigned i = 0, from = below(gen, gen->live + 1); i < gen->live; i++) {
        const struct local *local = &gen->locals[(from + i) % gen->live];
        if (local->type == type && below(gen, 3)) {
            put(gen, "v%u", local->number);
            return;
        }
    }
    uint32_t value = below(gen, 2) ? edges[below(gen, 16)] : below(gen, 9);
    if (type == U32)
        put(gen, below(gen, 4) ? "%u" : "gid.x + %u", value);
    else if (type == I32)
        put(gen, "i32(%u)", value);
    else
        put(gen, "%s", value & 1 ? "true" : "(gid.x < 20)");
}

static void call(struct generator *gen, const char *name, enum type type, unsigned operands,
                 unsigned depth)
{
    put(gen, "%s(", name);
    for (unsigned i = 0; i < operands; i++) {
        put(gen, i ? ", " : "");
        expression(gen, type, depth);
    }
    put(gen, ")");
}

static void infix(struct generator *gen, const char *op, enum type type, unsigned depth)
{
    put(gen, "(");
    expression(gen, type, depth);
    put(gen, " %s ", op);
    expression(gen, type, depth);
    put(gen, ")");
}

static void u32_expression(struct generator *gen, unsigned depth)
{
    static const char *const ops[] = { "+", "-", "*", "&", "|", "^", "<<", ">>" };
    static const char *const calls[] = { "min",
                                         "max",
                                         "abs_diff",
                                         "saturating_add",
                                         "saturating_sub",
                                         "saturating_mul",
                                         "rotate_left",
                                         "rotate_right",
                                         "mul_high" };
    static const char *const unary[] = { "popcount", "clz", "ctz", "reverse_bits", "-", "~" };
    switch (below(gen, 8)) {
    case 0:
    case 1: infix(gen, ops[below(gen, 8)], U32, depth); break;
    case 2: call(gen, calls[below(gen, 9)], U32, 2, depth); break;
    case 3: call(gen, unary[below(gen, 6)], U32, 1, depth); break;
    case 4:
        // Divisors come from memory, because the validator refuses a literal 0.
        put(gen, "(");
        expression(gen, U32, depth);
        put(gen, " %s e[%u])", below(gen, 2) ? "/" : "%", below(gen, 20));
        break;
    case 5: call(gen, "u32", (enum type)below(gen, 3), 1, depth); break;
    case 6:
        put(gen, "in[");
        expression(gen, U32, depth);
        put(gen, below(gen, 2) ? " & 31]" : "]");
        break;
    default:
        put(gen, "select(");
        expression(gen, BOOL, depth);
        put(gen, ", ");
        expression(gen, U32, depth);
        put(gen, ", ");
        expression(gen, U32, depth);
        put(gen, ")");
        break;
    }
}

static void i32_expression(struct generator *gen, unsigned depth)
{
    static const char *const ops[] = { "+", "-", "*" };
    static const char *const holes[] = { "&", "|", "^" };
    switch (below(gen, 6)) {
    case 0: infix(gen, ops[below(gen, 3)], I32, depth); break;
    case 1: call(gen, below(gen, 2) ? "min" : "max", I32, 2, depth); break;
    case 2: call(gen, "i32", (enum type)below(gen, 3), 1, depth); break;
    case 3:
        put(gen, "i32(");
        infix(gen, holes[below(gen, 3)], I32, depth);
        put(gen, ")");
        break;
    case 4:
        put(gen, "(");
        expression(gen, I32, depth);
        put(gen, " / %di)", below(gen, 2) ? 3 : -7);
        break;
    default:
        put(gen, "signed[");
        expression(gen, U32, depth);
        put(gen, "]");
        break;
    }
}

static void bool_expression(struct generator *gen, unsigned depth)
{
    static const char *const ops[] = { "==", "!=", "<", ">", "<=", ">=" };
    switch (below(gen, 5)) {
    case 0: infix(gen, ops[below(gen, 6)], U32, depth); break;
    case 1: infix(gen, ops[below(gen, 6)], I32, depth); break;
    case 2: infix(gen, below(gen, 2) ? "&&" : "||", below(gen, 2) ? U32 : BOOL, depth); break;
    case 3: call(gen, "!", below(gen, 2) ? U32 : BOOL, 1, depth); break;
    default: call(gen, "bool", (enum type)below(gen, 3), 1, depth); break;
    }
}

static void expression(struct generator *gen, enum type type, unsigned depth)
{
    if (depth == 0 || below(gen, 5) == 0)
        leaf(gen, type);
    else if (type == U32)
        u32_expression(gen, depth - 1);
    else if (type == I32)
        i32_expression(gen, depth - 1);
    else
        bool_expression(gen, depth - 1);
}

static void new_local(struct generator *gen, enum type type, bool assignable)
{
    if (gen->live < sizeof gen->locals / sizeof *gen->locals)
        gen->locals[gen->live++] = (struct local){ gen->next, type, assignable };
    gen->next++;
}

static void statements(struct generator *gen, unsigned count, unsigned depth);

static void braces(struct generator *gen, unsigned depth)
{
    unsigned live = gen->live;
    put(gen, "{\n");
    statements(gen, 1 + below(gen, 3), depth);
    put(gen, "}");
    gen->live = live;
}

static void assignment(struct generator *gen)
{
    for (unsigned i = 0; i < gen->live; i++) {
        const struct local local = gen->locals[below(gen, gen->live)];
        if (!local.assignable)
            continue;
        put(gen, "v%u = ", local.number);
        expression(gen, local.type, 3);
        put(gen, "\n");
        return;
    }
}

static void statement(struct generator *gen, unsigned depth)
{
    enum type type = (enum type)below(gen, 3);
    unsigned live;
    switch (below(gen, depth ? 7 : 4)) {
    case 0:
        put(gen, "let v%u = ", gen->next);
        expression(gen, type, 4);
        put(gen, "\n");
        new_local(gen, type, true);
        break;
    case 1: assignment(gen); break;
    case 2:
        put(gen, "out[gid.x] = out[gid.x] * 31 + ");
        expression(gen, U32, 4);
        put(gen, "\n");
        break;
    case 3:
        put(gen, "let v%u = atomic_add(sum[%u], ", gen->next, below(gen, 10));
        expression(gen, U32, 2);
        put(gen, ")\n");
        gen->next++; // its value depends on the order
        break;
    case 4:
        put(gen, "loop v%u in %u..", gen->next, below(gen, 3));
        live = gen->live;
        put(gen, below(gen, 2) ? "min(4, " : "(3 & ");
        expression(gen, U32, 2);
        put(gen, ") ");
        new_local(gen, U32, false);
        braces(gen, depth - 1);
        put(gen, "\n");
        gen->live = live;
        break;
    default:
        put(gen, "if ");
        expression(gen, BOOL, 3);
        put(gen, " ");
        braces(gen, depth - 1);
        if (below(gen, 2)) {
            put(gen, " else ");
            braces(gen, depth - 1);
        }
        put(gen, "\n");
        break;
    }
}

static void statements(struct generator *gen, unsigned count, unsigned depth)
{
    for (unsigned i = 0; i < count; i++)
        statement(gen, depth);
}

// Everyone writes a word of its own, then reads somebody else's.
static void exchange(struct generator *gen)
{
    put(gen, "barrier\ntile[lid.x] = ");
    expression(gen, U32, 3);
    put(gen, "\nbarrier\nlet v%u = tile[(lid.x + %u) & 31]\n", gen->next, below(gen, 40));
    new_local(gen, U32, true);
}

static void random_programs(void **state)
{
    struct vyre_device *device = *state;
    static struct generator gen;
    char why[200];
    for (uint32_t seed = 1; seed <= 200; seed++) {
        gen.size = gen.live = gen.next = 0;
        gen.state = seed * 2654435761u;
        put(&gen, "workgroup 32\n"
                  "buffer e : u32[16] readonly @0\n"
                  "buffer in : u32[] readonly @1\n"
                  "buffer signed : i32[] readonly @2\n"
                  "buffer out : u32[64] readwrite @3\n"
                  "buffer sum : u32[8] readwrite @4\n"
                  "shared tile : u32[32]\n");
        for (unsigned part = 0; part < 3; part++) {
            statements(&gen, 2 + below(&gen, 4), 3);
            exchange(&gen);
        }
        put(&gen, "out[gid.x] = out[gid.x] ^ v%u\n", gen.next - 1);
        if (!agree(device, gen.text, gen.text, seed, 2, why))
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
        cmocka_unit_test(every_operator_on_edge_values),
        cmocka_unit_test(memory_control_flow_and_barriers),
        cmocka_unit_test(the_same_without_the_vulkan_memory_model),
        cmocka_unit_test(loops_are_never_cut_silently),
        cmocka_unit_test(signed_division_is_total),
        cmocka_unit_test(a_planted_difference_is_found),
        cmocka_unit_test(random_programs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
