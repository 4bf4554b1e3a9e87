// SPDX-License-Identifier: MIT
// f32 and f64 literals. The C library converts, but only texts without a decimal point: its
// spelling depends on the locale of the process, which belongs to the caller.
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What differs between the two formats. Values are handled as doubles, which hold every f32.
static const struct format {
    uint64_t exponent_mask; // infinities and NaNs have all of it set
    int sign_bit;
    int digits; // enough significant ones to tell any two values apart
    const char *name;
    const char *suffix;
} single = { 0x7F800000, 31, 9, "f32", "" }, twice = { 0x7FF0000000000000, 63, 17, "f64", "f64" };

static const struct format *format_of(enum ir_type_kind type)
{
    return type == IR_TYPE_F64 ? &twice : &single;
}

static uint64_t bits_of(const struct format *format, double value)
{
    uint64_t bits = 0;
    float narrow = (float)value; // exact: the value is one of the format
    if (format == &single) {
        uint32_t low;
        memcpy(&low, &narrow, sizeof low);
        return low;
    }
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(const struct format *format, uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    if (format == &single) {
        uint32_t low = (uint32_t)bits;
        float narrow;
        memcpy(&narrow, &low, sizeof narrow);
        return (double)narrow;
    }
    return value;
}

// Rounded once, to the format itself.
static double nearest(const struct format *format, const char *text)
{
    return format == &single ? (double)strtof(text, NULL) : strtod(text, NULL);
}

// The longest f32 that is written out has 112 digits, and nobody writes the 767 of an f64; a longer
// literal is a mistake.
enum { LONGEST = 400 };

bool ir_text_float_parse(const char *text, size_t size, enum ir_type_kind type, uint64_t *bits)
{
    const struct format *format = format_of(type);
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
    double value = nearest(format, whole);
    if (isinf(value) || (value == 0 && !zero))
        return false;
    *bits = bits_of(format, value);
    return true;
}

// The fewest significant digits that give the same value back, and the power of ten of the first.
static void shortest_digits(const struct format *format, double value, char digits[24],
                            int *exponent)
{
    for (int precision = 0; precision < format->digits; precision++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", precision, value);
        size_t used = 0;
        const char *c = text;
        for (; *c && *c != 'e'; c++) // whatever the decimal point is, it is not a digit
            if (*c >= '0' && *c <= '9' && used < 20)
                digits[used++] = *c;
        digits[used] = '\0';
        *exponent = *c ? atoi(c + 1) : 0;
        char again[64];
        snprintf(again, sizeof again, "%se%d", digits, *exponent - (int)used + 1);
        if (nearest(format, again) == value)
            return;
    }
}

static void put_digits(struct str *out, const char *digits, int exponent)
{
    int count = (int)strlen(digits);
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

void ir_text_float_print(struct str *out, enum ir_type_kind type, uint64_t bits)
{
    const struct format *format = format_of(type);
    uint64_t sign = (uint64_t)1 << format->sign_bit;
    uint64_t magnitude = bits & (sign - 1);
    uint64_t exponent_bits = magnitude & format->exponent_mask;
    if (exponent_bits == format->exponent_mask || (!exponent_bits && magnitude)) {
        str_printf(out, "%s.bits(0x%0*llx)", format->name, (format->sign_bit + 1) / 4,
                   (unsigned long long)bits); // infinities, NaNs and subnormals
        return;
    }
    char digits[24] = "0";
    int exponent = 0;
    if (magnitude)
        shortest_digits(format, value_of(format, magnitude), digits, &exponent);
    str_puts(out, bits & sign ? "-" : "");
    put_digits(out, digits, exponent);
    str_puts(out, format->suffix);
}
