// SPDX-License-Identifier: MIT
// What the driver's 32-bit float instructions give, for operands that the host chooses and whose
// results it knows. Nothing here may be contracted: `precise` says so.
#version 450
layout(local_size_x = 64) in;
struct Case
{
    uint a;
    uint b;
    uint c;
    uint sum;
    uint difference;
    uint product;
    uint quotient;
    uint root;
    uint fused;
    uint from_unsigned;
    uint from_signed;
    uint comparisons;
    uint third;      // quotients with a constant on one side, which a compiler may treat otherwise
    uint tenth;
    uint reciprocal;
    uint zero_sum; // a zero may be dropped, or swallow what it meets
    uint zero_product;
    uint zero_quotient;
    uint zero_difference;
    uint hidden_sum; // the same, of operands that the compiler hides
    uint hidden_difference;
    uint hidden_product;
    uint hidden_quotient;
    uint hidden_third;
    uint hidden_zero_sum;
    uint hidden_zero_product;
    uint hidden_zero_quotient;
    uint hidden_zero_difference;
    uint chosen[4]; // words that happen to be the bits of 0, -0, 1 and -1
    uint hidden_chosen[4];
};
layout(std430, set = 0, binding = 0) buffer Probe
{
    Case cases[];
};

// As spv_hidden does it: of two numbers in a row one is even, which drivers do not know.
uint nothing()
{
    uint n = gl_NumWorkGroups.x;
    return n * (n + 1u) & 1u;
}

float hidden(uint bits)
{
    return uintBitsToFloat(bits + nothing());
}

void judge_hidden(uint i)
{
    float a = hidden(cases[i].a);
    float b = hidden(cases[i].b);
    float zero = hidden(0u);
    precise float sum = a + b;
    precise float difference = a - b;
    precise float product = a * b;
    precise float quotient = a / b;
    precise float third = a / hidden(0x40400000u);
    precise float zero_sum = a + zero;
    precise float zero_product = a * zero;
    precise float zero_quotient = zero / a;
    precise float zero_difference = zero - a;
    cases[i].hidden_sum = floatBitsToUint(sum);
    cases[i].hidden_difference = floatBitsToUint(difference);
    cases[i].hidden_product = floatBitsToUint(product);
    cases[i].hidden_quotient = floatBitsToUint(quotient);
    cases[i].hidden_third = floatBitsToUint(third);
    cases[i].hidden_zero_sum = floatBitsToUint(zero_sum);
    cases[i].hidden_zero_product = floatBitsToUint(zero_product);
    cases[i].hidden_zero_quotient = floatBitsToUint(zero_quotient);
    cases[i].hidden_zero_difference = floatBitsToUint(zero_difference);
    bool odd = (cases[i].a & 1u) != 0;
    cases[i].hidden_chosen[0] = odd ? 0x3F800000u : 0x80000000u ^ nothing();
    cases[i].hidden_chosen[1] = odd ? 0x80000000u ^ nothing() : 0x3F800000u;
    cases[i].hidden_chosen[2] = odd ? 0xBF800000u ^ nothing() : 0u;
    cases[i].hidden_chosen[3] = odd ? 0u : 0xBF800000u ^ nothing();
}

void main()
{
    uint i = gl_GlobalInvocationID.x;
    float a = uintBitsToFloat(cases[i].a);
    float b = uintBitsToFloat(cases[i].b);
    float c = uintBitsToFloat(cases[i].c);
    precise float sum = a + b;
    precise float difference = a - b;
    precise float product = a * b;
    precise float quotient = a / b;
    precise float root = sqrt(a);
    precise float fused = fma(a, b, c);
    precise float third = a / 3.0;
    precise float tenth = a / 10.0;
    precise float reciprocal = 1.0 / a;
    precise float zero_sum = a + 0.0;
    precise float zero_product = a * 0.0;
    precise float zero_quotient = 0.0 / a;
    precise float zero_difference = 0.0 - a;
    cases[i].sum = floatBitsToUint(sum);
    cases[i].difference = floatBitsToUint(difference);
    cases[i].product = floatBitsToUint(product);
    cases[i].quotient = floatBitsToUint(quotient);
    cases[i].root = floatBitsToUint(root);
    cases[i].fused = floatBitsToUint(fused);
    cases[i].from_unsigned = floatBitsToUint(float(cases[i].a));
    cases[i].from_signed = floatBitsToUint(float(int(cases[i].a)));
    cases[i].comparisons =
        uint(a < b) | uint(a <= b) << 1 | uint(a == b) << 2 | uint(a == a) << 3;
    cases[i].third = floatBitsToUint(third);
    cases[i].tenth = floatBitsToUint(tenth);
    cases[i].reciprocal = floatBitsToUint(reciprocal);
    cases[i].zero_sum = floatBitsToUint(zero_sum);
    cases[i].zero_product = floatBitsToUint(zero_product);
    cases[i].zero_quotient = floatBitsToUint(zero_quotient);
    cases[i].zero_difference = floatBitsToUint(zero_difference);
    bool odd = (cases[i].a & 1u) != 0;
    cases[i].chosen[0] = odd ? 0x3F800000u : 0x80000000u;
    cases[i].chosen[1] = odd ? 0x80000000u : 0x3F800000u;
    cases[i].chosen[2] = odd ? 0xBF800000u : 0u;
    cases[i].chosen[3] = odd ? 0u : 0xBF800000u;
    judge_hidden(i);
}
