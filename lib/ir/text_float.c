// SPDX-License-Identifier: MIT
// f32 literals. The C library converts, but only texts without a decimal point: its spelling
// depends on the locale of the process, which belongs to the caller.
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// No f32 needs more digits (the longest exact one has 112); a longer literal is a mistake.
enum { LONGEST = 400 };

bool ir_text_float_parse(const char *text, size_t size, uint32_t *bits)
{
    char whole[LONGEST + 32];
    size_t used = 0;
    long exponent = 0;
    bool fraction = false;
    bool zero = true;
    size_t i = 0;
    for (; i < size && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.') {
            fraction = true;
            continue;
        }
        if (used >= LONGEST)
            return false;
        zero = zero && text[i] == '0';
        exponent -= fraction;
        whole[used++] = text[i];
    }
    if (i < size) {
        long written = strtol(text + i + 1, NULL, 10); // saturates, and clamped before the sum
        written = written > 100000 ? 100000 : written < -100000 ? -100000 : written;
        exponent += written;
    }
    snprintf(whole + used, sizeof whole - used, "e%ld", exponent);
    float value = strtof(whole, NULL);
    if (isinf(value) || (value == 0 && !zero))
        return false;
    *bits = float_bits(value);
    return true;
}

// The fewest significant digits that give the same f32 back, and the power of ten of the first.
static void shortest_digits(float value, char digits[16], int *exponent)
{
    for (int precision = 0; precision < 9; precision++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", precision, (double)value);
        size_t used = 0;
        const char *c = text;
        for (; *c && *c != 'e'; c++) // whatever the decimal point is, it is not a digit
            if (*c >= '0' && *c <= '9' && used < 15)
                digits[used++] = *c;
        digits[used] = '\0';
        *exponent = *c ? atoi(c + 1) : 0;
        char again[64];
        snprintf(again, sizeof again, "%se%d", digits, *exponent - (int)used + 1);
        if (float_bits(strtof(again, NULL)) == float_bits(value))
            return;
    }
}

void ir_text_float_print(struct str *out, uint32_t bits)
{
    uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude >= 0x7F800000 || (magnitude < 0x00800000 && magnitude != 0)) {
        str_printf(out, "f32.bits(0x%08x)", bits); // infinities, NaNs and subnormals
        return;
    }
    char digits[16] = "0";
    int exponent = 0;
    if (magnitude)
        shortest_digits(float_of(magnitude), digits, &exponent);
    int count = (int)strlen(digits);
    str_puts(out, bits >> 31 ? "-" : "");
    if (exponent < -5 || exponent > 15) {
        str_printf(out, "%c", digits[0]);
        if (count > 1)
            str_printf(out, ".%s", digits + 1);
        str_printf(out, "e%d", exponent);
        return;
    }
    if (exponent < 0)
        str_puts(out, "0");
    for (int i = 0; i <= exponent; i++)
        str_putc(out, i < count ? digits[i] : '0');
    str_putc(out, '.');
    for (int i = exponent + 1; i < 0; i++)
        str_putc(out, '0');
    const char *rest = exponent < 0 ? digits : exponent + 1 < count ? digits + exponent + 1 : "";
    str_puts(out, *rest ? rest : "0");
}
