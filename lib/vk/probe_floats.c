// SPDX-License-Identifier: MIT
// The float probe: which 32-bit float instructions of the driver give what the language says, on
// edge values and on random ones (docs/runtime.md, "Floats").
//
// A result counts as right when it is the IEEE 754 result, rounded to nearest even, once NaN are
// one and subnormals are zeros. The host's own arithmetic is what the device is compared with.
#include "probe_floats.h"

#include "base/memory.h"

#include <math.h>
#include <spirv/unified1/spirv.h>
#include <string.h>

static const uint32_t probe_words[] = {
#include "float_probe.spv.inc"
};

struct float_case {
    uint32_t a, b, c;
    uint32_t sum, difference, product, quotient, root, fused;
    uint32_t from_unsigned, from_signed, comparisons;
    uint32_t third, tenth, reciprocal;
    uint32_t zero_sum, zero_product, zero_quotient, zero_difference;
    // With operands as the compiler hides them.
    uint32_t hidden_sum, hidden_difference, hidden_product, hidden_quotient, hidden_third;
    uint32_t hidden_zero_sum, hidden_zero_product, hidden_zero_quotient, hidden_zero_difference;
    uint32_t chosen[4], hidden_chosen[4];
};

enum {
    CASES = 16384,
    WORKGROUP = 64, // of the shader
};

// ---- Operands -----------------------------------------------------------------------------------

static const uint32_t edges[32] = {
    0x00000000, 0x80000000, 0x00800000, 0x80800000, 0x00800001, 0x00FFFFFF, 0x01000000, 0x3EAAAAAB,
    0x3EFFFFFF, 0x3F000000, 0x3F7FFFFF, 0x3F800000, 0xBF800000, 0x3F800001, 0x3FC00000, 0x40000000,
    0x40400000, 0xC0490FDB, 0x4AFFFFFF, 0x4B000000, 0x4B7FFFFF, 0xCB800000, 0x4EFFFFFF, 0x4F000000,
    0x4F7FFFFF, 0x5F000000, 0x7E800000, 0x7F000000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000,
};

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13; // xorshift32
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// One NaN, and zeros for subnormals.
static uint32_t canonical(uint32_t bits)
{
    if ((bits & 0x7FFFFFFF) > 0x7F800000)
        return 0x7FC00000;
    return bits & 0x7F800000 ? bits : bits & 0x80000000;
}

static uint32_t to_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return canonical(bits);
}

// Operands are canonical, as those of the language are.
static void choose_operands(struct float_case *one, uint32_t index, uint32_t *random)
{
    const uint32_t a = next_random(random), b = next_random(random), c = next_random(random);
    *one = (struct float_case){ canonical(a), canonical(b), canonical(c), .sum = 0 };
    if (index < 1024) { // every pair of edges
        one->a = edges[index % 32];
        one->b = edges[index / 32];
        one->c = edges[(a >> 8) % 32];
    } else if (index % 4 == 0) { // near each other, so that sums cancel
        one->a = (a & 0x807FFFFF) | (120 + (a >> 8) % 16) << 23;
        one->b = (b & 0x807FFFFF) | (120 + (b >> 8) % 16) << 23;
        one->c = to_bits(-from_bits(one->a) * from_bits(one->b));
    } else if (index % 4 == 1) { // a product at the border of the normal numbers
        one->a = (a & 0x807FFFFF) | (40 + (a >> 8) % 40) << 23;
        one->b = to_bits(0x1.fffffep-127f / from_bits(one->a)) + (b & 3) - 1;
    } else if (index % 4 == 2) { // a quotient there
        one->b = (b & 0x807FFFFF) | (130 + (b >> 8) % 60) << 23;
        one->a = canonical(to_bits(0x1.fffffep-127f * from_bits(one->b)) + (a & 3) - 1);
    }
}

// ---- Judging ------------------------------------------------------------------------------------

static bool is(uint32_t got, float expected)
{
    return canonical(got) == to_bits(expected);
}

// Mesa makes a conversion of a choice between 0 and 1 and their negatives, and takes either zero
// for the one that fits (1 or -0 becomes 1 or 0), whatever the type of the words.
static bool chosen_is_wrong(uint32_t a, const uint32_t chosen[4])
{
    static const uint32_t words[2][4] = { { 0x80000000, 0x3F800000, 0, 0xBF800000 },
                                          { 0x3F800000, 0x80000000, 0xBF800000, 0 } };
    return memcmp(chosen, words[a & 1], sizeof words[0]) != 0;
}

// Operations as bits of enum vyre_exact_float that this case shows to be wrong when the driver sees
// constants. Mesa 22.3's CPU driver takes 0 + -0 for -0, and 0 / 0 and 0 * infinity for 0, when the
// 0 is one.
static uint32_t wrong_with_constants(const struct float_case *one)
{
    const float a = from_bits(one->a), b = from_bits(one->b);
    uint32_t wrong = 0;
    if (!is(one->sum, a + b) || !is(one->difference, a - b) || !is(one->zero_sum, a + 0.0f) ||
        !is(one->zero_difference, 0.0f - a))
        wrong |= VYRE_EXACT_ADD;
    if (!is(one->product, a * b) || !is(one->zero_product, a * 0.0f))
        wrong |= VYRE_EXACT_MUL;
    if (!is(one->quotient, a / b) || !is(one->third, a / 3.0f) || !is(one->tenth, a / 10.0f) ||
        !is(one->reciprocal, 1.0f / a) || !is(one->zero_quotient, 0.0f / a))
        wrong |= VYRE_EXACT_DIV;
    if (chosen_is_wrong(one->a, one->chosen))
        wrong |= VYRE_EXACT_SELECT;
    return wrong;
}

// The same when it does not see them.
static uint32_t wrong_when_hidden(const struct float_case *one)
{
    const float a = from_bits(one->a), b = from_bits(one->b);
    uint32_t wrong = 0;
    if (!is(one->hidden_sum, a + b) || !is(one->hidden_difference, a - b) ||
        !is(one->hidden_zero_sum, a + 0.0f) || !is(one->hidden_zero_difference, 0.0f - a))
        wrong |= VYRE_EXACT_ADD;
    if (!is(one->hidden_product, a * b) || !is(one->hidden_zero_product, a * 0.0f))
        wrong |= VYRE_EXACT_MUL;
    if (!is(one->hidden_quotient, a / b) || !is(one->hidden_third, a / 3.0f) ||
        !is(one->hidden_zero_quotient, 0.0f / a))
        wrong |= VYRE_EXACT_DIV;
    if (chosen_is_wrong(one->a, one->hidden_chosen))
        wrong |= VYRE_EXACT_SELECT;
    return wrong;
}

// Operations that are never hidden.
static uint32_t wrong_in(const struct float_case *one)
{
    const float a = from_bits(one->a), b = from_bits(one->b), c = from_bits(one->c);
    uint32_t wrong = 0;
    if (!is(one->root, sqrtf(a)))
        wrong |= VYRE_EXACT_SQRT;
    if (!is(one->fused, fmaf(a, b, c)))
        wrong |= VYRE_EXACT_FMA;
    if (!is(one->from_unsigned, (float)one->a) || !is(one->from_signed, (float)(int32_t)one->a))
        wrong |= VYRE_EXACT_CONVERT;
    uint32_t comparisons = (uint32_t)(a < b) | (uint32_t)(a <= b) << 1 | (uint32_t)(a == b) << 2 |
                           (uint32_t)!isnan(a) << 3;
    if (one->comparisons != comparisons)
        wrong |= VYRE_EXACT_COMPARE;
    return wrong;
}

// ---- The module ---------------------------------------------------------------------------------

static const struct {
    uint32_t control, capability, mode;
} controls[] = {
    { VYRE_FLOAT_ROUND_TO_EVEN, SpvCapabilityRoundingModeRTE, SpvExecutionModeRoundingModeRTE },
    { VYRE_FLOAT_SPECIALS, SpvCapabilitySignedZeroInfNanPreserve,
      SpvExecutionModeSignedZeroInfNanPreserve },
    { VYRE_FLOAT_SUBNORMALS, SpvCapabilityDenormPreserve, SpvExecutionModeDenormPreserve },
};
enum { CONTROLS = sizeof controls / sizeof *controls, MOST_ADDED = 7 * CONTROLS + 8 };

static size_t put_capabilities(uint32_t *out, uint32_t asked)
{
    static const char name[24] = "SPV_KHR_float_controls";
    size_t count = 0;
    for (size_t i = 0; i < CONTROLS; i++) {
        if (!(asked & controls[i].control))
            continue;
        out[count++] = 2u << SpvWordCountShift | SpvOpCapability;
        out[count++] = controls[i].capability;
    }
    out[count++] = 7u << SpvWordCountShift | SpvOpExtension;
    for (size_t i = 0; i < sizeof name; i += 4)
        out[count++] =
            (uint32_t)(unsigned char)name[i] | (uint32_t)(unsigned char)name[i + 1] << 8 |
            (uint32_t)(unsigned char)name[i + 2] << 16 | (uint32_t)(unsigned char)name[i + 3] << 24;
    return count;
}

static size_t put_modes(uint32_t *out, uint32_t entry, uint32_t asked)
{
    size_t count = 0;
    for (size_t i = 0; i < CONTROLS; i++) {
        if (!(asked & controls[i].control))
            continue;
        out[count++] = 4u << SpvWordCountShift | SpvOpExecutionMode;
        out[count++] = entry;
        out[count++] = controls[i].mode;
        out[count++] = 32;
    }
    return count;
}

// The shader with the execution modes that modules of the compiler have on this target.
static size_t make_module(uint32_t *out, uint32_t asked)
{
    enum { HEADER = 5 };
    const size_t size = sizeof probe_words / sizeof *probe_words;
    size_t count = HEADER;
    bool had_capability = false;
    memcpy(out, probe_words, HEADER * sizeof *out);
    for (size_t at = HEADER; at < size; at += probe_words[at] >> SpvWordCountShift) {
        const uint32_t op = probe_words[at] & SpvOpCodeMask;
        const uint32_t words = probe_words[at] >> SpvWordCountShift;
        if (asked && op != SpvOpCapability && !had_capability) {
            count += put_capabilities(out + count, asked);
            had_capability = true;
        }
        memcpy(out + count, probe_words + at, words * sizeof *out);
        count += words;
        if (asked && op == SpvOpExecutionMode)
            count += put_modes(out + count, probe_words[at + 1], asked);
    }
    return count;
}

// ---- Running ------------------------------------------------------------------------------------

enum vyre_result vk_probe_floats_init(struct vk_probe_part *part, struct vyre_device *device,
                                      uint32_t float_controls, const struct vyre_diag_sink *diag)
{
    const struct vk_plan *plan = &device->candidate.plan;
    uint32_t words[sizeof probe_words / sizeof *probe_words + MOST_ADDED];
    const struct vk_probe_shader shader = {
        .words = words,
        .word_count = make_module(words, float_controls),
        .size = CASES * sizeof(struct float_case),
        .workgroups = CASES / WORKGROUP,
    };
    *part = (struct vk_probe_part){ 0 };
    if (shader.size > plan->target.max_storage_range || shader.workgroups > plan->max_grid[0])
        return VYRE_OK;
    enum vyre_result result = vk_probe_part_init(part, device, &shader, diag);
    uint32_t random = 2463534242u;
    for (uint32_t i = 0; result == VYRE_OK && i < CASES; i++)
        choose_operands((struct float_case *)part->host + i, i, &random);
    return result;
}

void vk_probe_floats_judge(const struct vk_probe_part *part, struct vk_probe *out)
{
    const uint32_t constants = VYRE_EXACT_ADD | VYRE_EXACT_MUL | VYRE_EXACT_DIV | VYRE_EXACT_SELECT;
    uint32_t wrong = 0, seen = 0, hidden = 0;
    out->exact_floats = out->hidden_floats = 0;
    if (!part->workgroups)
        return;
    for (uint32_t i = 0; i < CASES; i++) {
        const struct float_case *one = (const struct float_case *)part->host + i;
        wrong |= wrong_in(one);
        seen |= wrong_with_constants(one);
        hidden |= wrong_when_hidden(one);
    }
    out->exact_floats =
        ~wrong & (VYRE_EXACT_SQRT | VYRE_EXACT_FMA | VYRE_EXACT_CONVERT | VYRE_EXACT_COMPARE);
    out->exact_floats |= ~(seen & hidden) & constants;
    out->hidden_floats = seen & ~hidden & constants;
}
