// SPDX-License-Identifier: MIT
// The f32 functions of the interpreter against the reference's results, bit for bit.
// usage: libm FILE, with lines of operator, operand bits, result bits in hexadecimal
#include "interp/ops.h"

#include "ir/tables.h"

#include <stdio.h>
#include <string.h>

static bool find(const char *spelling, enum ir_unop *out)
{
    for (int op = 0; op < IR_UNOP_COUNT; op++) {
        if (strcmp(ir_unop_info((enum ir_unop)op)->spelling, spelling) == 0) {
            *out = (enum ir_unop)op;
            return true;
        }
    }
    return false;
}

static bool check(const char *spelling, uint32_t operand, uint32_t expected)
{
    enum ir_unop op;
    struct interp_value value = interp_float((double)interp_f32_from_bits(operand));
    if (!find(spelling, &op) || interp_unop(op, &value, &value) != INTERP_OP_OK) {
        printf("FAIL %s has no result\n", spelling);
        return false;
    }
    uint32_t got = interp_f32_bits((float)value.number);
    if (got != expected)
        printf("FAIL %s(%08x): %08x, expected %08x\n", spelling, operand, got, expected);
    return got == expected;
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "usage: libm FILE\n");
        return 2;
    }
    char spelling[32];
    unsigned operand, expected, passed = 0, failed = 0;
    while (fscanf(file, "%31s %x %x", spelling, &operand, &expected) == 3)
        *(check(spelling, operand, expected) ? &passed : &failed) += 1;
    fclose(file);
    printf("%u vectors passed, %u failed\n", passed, failed);
    return failed == 0 && passed == 5440 ? 0 : 1;
}
