// SPDX-License-Identifier: MIT
// What a ring writes into a replay log: each unit of work once, in order, with what became of it.
#include "ring_support.h"

#include "megakernel/host/tenant.h"
#include "megakernel/program/layout.h"

#include <time.h>
#include <unistd.h>

enum { UNITS = 60 };

// Unit i writes into its own pair of words; its first word says whether it traps.
static const char text[] = "workgroup 8\n"
                           "buffer job : u32[] readwrite @0\n"
                           "if lid.x == 3 {\n"
                           "    if job[0] == 1 { trap(5, \"planted\") }\n"
                           "    job[1] = job[1] + 1\n"
                           "}\n";

struct place {
    char folder[64];
    char path[80];
};

static struct vyre_replay *make_log(struct place *place, uint32_t capacity)
{
    struct vyre_replay *log;
    snprintf(place->folder, sizeof place->folder, "/tmp/vyre-record-test-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/log", place->folder);
    assert_result(
        VYRE_OK,
        vyre_replay_open(vyre_replay_params(.path = place->path, .capacity = capacity), &log));
    return log;
}

static void remove_log(const struct place *place)
{
    assert_int_equal(unlink(place->path), 0);
    assert_int_equal(rmdir(place->folder), 0);
}

static void make_work(struct vyre_work *work, uint32_t *words)
{
    for (uint32_t i = 0; i < UNITS; i++) {
        words[2 * i] = i % 5 == 1;
        words[2 * i + 1] = 0;
        work[i] = (struct vyre_work){
            .windows = { { i * 8, 8 } },
            .workgroup_base = 100 + i,
            .workgroup_count = 1 + i % 3,
            .tenant = i % 7,
            .tag = i,
        };
    }
}

static void check_record(const struct vyre_replay_record *record, uint32_t i)
{
    const bool denied = i % 7 == 4;
    const bool fault = !denied && i % 5 == 1;
    assert_int_equal(record->tenant, i % 7);
    assert_int_equal(record->opcode, VYRE_OPCODE_PAYLOAD);
    assert_int_equal(record->args[0], 100 + i);
    assert_int_equal(record->args[1], 1 + i % 3);
    assert_true(record->slot < 16);
    assert_int_equal(record->status, denied  ? VYRE_STATUS_PUBLISHED
                                     : fault ? VYRE_STATUS_FAULT
                                             : VYRE_STATUS_DONE);
    assert_int_equal(record->failure, fault ? VYRE_REPLAY_PROGRAM_BUG : VYRE_REPLAY_NO_FAILURE);
    assert_int_equal(record->error_code, fault ? MK_FAULT_TRAP : 0);
}

static void each_unit_of_work_is_recorded_once_and_in_order(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, UNITS * 8, &words);
    struct place place;
    struct vyre_replay *log = make_log(&place, 50); // fewer than there will be records
    struct vyre_ring *ring = test_ring(device, text,
                                       (struct vyre_ring_params){
                                           .segments = &out,
                                           .segment_count = 1,
                                           .slot_count = 16,
                                           .replay = log,
                                       });
    assert_result(VYRE_OK, mk_ring_allow_tenant(ring, 4, false));
    struct vyre_work work[UNITS];
    make_work(work, words);
    const uint64_t before = (uint64_t)time(NULL) * 1000000000u;
    test_run(ring, work, UNITS, NULL, NULL);
    struct vyre_ring_stats stats;
    vyre_ring_get_stats(ring, &stats);
    vyre_ring_destroy(&ring);

    uint64_t last_ns = before;
    uint32_t epoch = 0;
    struct vyre_replay_record record;
    for (uint32_t i = UNITS - 50; i < UNITS; i++) {
        assert_result(VYRE_OK, vyre_replay_next(log, &record, NULL));
        check_record(&record, i);
        assert_true(record.timestamp_ns >= last_ns && record.epoch >= epoch);
        last_ns = record.timestamp_ns;
        epoch = record.epoch;
    }
    assert_result(VYRE_DONE, vyre_replay_next(log, &record, NULL));
    assert_in_range(epoch, 1, stats.epochs);
    vyre_replay_close(&log);
    remove_log(&place);
    vyre_buffer_destroy(&out);
}

static void count_warnings(void *user, enum vyre_log_level level, const char *line)
{
    unsigned *count = user;
    *count += level <= VYRE_LOG_WARNING && strstr(line, "replay log") != NULL;
}

static void a_log_that_fails_does_not_stop_the_ring(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, UNITS * 8, &words);
    struct place place;
    struct vyre_replay *log = make_log(&place, 8);
    vyre_replay_close(&log);
    assert_result(
        VYRE_OK, vyre_replay_open(vyre_replay_params(.path = place.path, .read_only = true), &log));
    struct vyre_program *program = test_program(text);
    struct vyre_ring *ring;
    unsigned warnings = 0;
    assert_result(VYRE_OK, vyre_ring_create(device,
                                            vyre_ring_params(.payload = program, .segments = &out,
                                                             .segment_count = 1, .replay = log,
                                                             .log = { count_warnings, &warnings }),
                                            &ring));
    struct vyre_work work[UNITS];
    make_work(work, words);
    test_run(ring, work, UNITS, NULL, NULL);
    test_run(ring, work, UNITS, NULL, NULL);
    assert_int_equal(warnings, 1);
    for (uint32_t i = 0; i < UNITS; i++)
        assert_int_equal(words[2 * i + 1], i % 5 == 1 ? 0 : 2 * (1 + i % 3));
    vyre_ring_destroy(&ring);
    vyre_program_destroy(&program);
    vyre_replay_close(&log);
    remove_log(&place);
    vyre_buffer_destroy(&out);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_unit_of_work_is_recorded_once_and_in_order,
                                        test_device_set_up, test_device_tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_fails_does_not_stop_the_ring, test_device_set_up,
                                        test_device_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
