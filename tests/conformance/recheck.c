// SPDX-License-Identifier: MIT
// Runs records of the kinds semantics, programs and fuzz (see README.md) on the default device with
// every bounds check made that the compiler had proven away: none of them fails. What the programs
// compute is judged by `vyre-spv conform`. usage: recheck LEAST CHECKS FILE.jsonl..., where LEAST
// is how many records of that file have to run, and CHECKS how many removed checks have to stand in
// them: a compiler that refuses or proves less than before is a failure, not a shorter run.
//
// A record belongs to this runner when the original ran it (result ok) and the compiler takes its
// program; everything else is counted by the reason.
#include "test.h"

#include "on_device.h"
#include "records.h"
#include "spirv/lower.h"

#include <stdlib.h>

struct counts {
    unsigned inside; // ran, and no access that was proven to be inside was not
    unsigned outside;
    unsigned failed; // could not be compiled or run
    unsigned refused;
    unsigned skipped;
    unsigned long proven; // accesses without a check, of all that ran
};

struct runner {
    struct vyre_device *device;
    struct vyre_target target;
    struct counts counts;
};

// False: an access was outside, or the record cannot be read.
static bool stayed_inside(const struct on_device_run *run, const char *name)
{
    const uint32_t *record = on_device_fault(run);
    if (!record)
        return false;
    if (record[0] != SPV_FAULT_UNPROVEN)
        return true; // other faults are what the program does
    printf("FAIL %s: element %u of buffer %u is outside\n", name, record[1], record[2]);
    return false;
}

static enum ir_inside count_proven(void *user, const struct ir_expr *index, enum ir_inside found)
{
    (void)index;
    *(unsigned long *)user += found != IR_INSIDE_UNKNOWN;
    return found;
}

static void run_program(struct runner *runner, const struct vyre_program *program,
                        const json_t *record)
{
    struct counts *counts = &runner->counts;
    const char *name = json_string_value(json_object_get(record, "name"));
    const struct vyre_validate_params validate = { .subgroup_ops = true, .collectives = true };
    unsigned long proven = 0;
    const struct spv_recheck recheck = { count_proven, &proven };
    struct vyre_module *module = NULL;
    enum vyre_result result = vyre_program_validate(program, &validate);
    if (!result)
        result = spv_lower_rechecked(program, vyre_compile_params(.target = &runner->target),
                                     &recheck, &module);
    if (result == VYRE_ERR_UNSUPPORTED || result == VYRE_ERR_INVALID_PROGRAM) {
        counts->refused++;
        return;
    }
    struct on_device_run run = { .program = program };
    const bool ran = !result && on_device_run(runner->device, program, module, record, &run);
    if (!ran) {
        printf("FAIL %s: cannot run: %s\n", name, vyre_result_name(result));
        counts->failed++;
    } else if (stayed_inside(&run, name)) {
        counts->inside++;
        counts->proven += proven;
    } else {
        counts->outside++;
    }
    on_device_fini(&run);
    vyre_module_destroy(&module);
}

static void run_record(void *user, const json_t *record)
{
    struct runner *runner = user;
    struct vyre_program *program;
    if (on_device_decode(record, &program))
        run_program(runner, program, record);
    else
        runner->counts.skipped++;
    vyre_program_destroy(&program);
}

int main(int argc, char **argv)
{
    struct runner runner = { 0 };
    if (vyre_device_create(NULL, &runner.device)) {
        printf("no Vulkan device\n");
        return TEST_SKIPPED;
    }
    vyre_device_target(runner.device, &runner.target);
    bool read = true;
    for (int i = 3; i < argc; i += 3) {
        const unsigned long least = strtoul(argv[i - 2], NULL, 10);
        const unsigned long checks = strtoul(argv[i - 1], NULL, 10);
        runner.counts = (struct counts){ 0 };
        read = records_read(argv[i], run_record, &runner) && read;
        const struct counts *counts = &runner.counts;
        printf("%s: %u inside with %lu removed checks, %u outside, %u failed, %u refused by the "
               "compiler, %u skipped\n",
               argv[i], counts->inside, counts->proven, counts->outside, counts->failed,
               counts->refused, counts->skipped);
        if (counts->inside < least || counts->proven < checks)
            printf("FAIL: %lu records and %lu removed checks are expected\n", least, checks);
        read = read && counts->failed == 0 && counts->outside == 0 && counts->inside >= least &&
               counts->proven >= checks;
    }
    vyre_device_destroy(&runner.device);
    return read ? 0 : 1;
}
