// SPDX-License-Identifier: MIT
// The stream while Vulkan misbehaves: a driver that refuses to import pages makes it copy, any
// other refusal is a typed error, and nothing is left behind.
#include "abandon.h"
#include "device.h"
#include "fault.h"

#include "stream/stream.h"

#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = 300000, CHUNK = 64 << 10, OVERLAP = 50 };

static uint8_t content[SIZE];

struct outcome {
    enum vyre_result result;
    unsigned diags;
    struct stream_stats stats;
};

static void read_through(struct stream *stream)
{
    int fd = memfd_create("vyre-test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, SIZE), SIZE);
    assert_result(VYRE_OK, stream_feed_fd(stream, fd, 1));
    uint64_t covered = 0;
    struct stream_chunk chunk = { 0 };
    while (!chunk.last) {
        assert_result(VYRE_OK, stream_next(stream, test_wait_ns, &chunk));
        assert_int_equal(chunk.file_offset + chunk.overlap, covered);
        assert_memory_equal(stream_bytes(stream, &chunk), content + chunk.file_offset, chunk.size);
        covered += chunk.size - chunk.overlap;
        stream_release(stream, &chunk);
    }
    assert_true(covered == SIZE && chunk.error == 0);
    close(fd);
}

// A device and a stream on it, under the faults that were asked for.
static struct outcome run(enum vyre_ingest_path path)
{
    struct outcome outcome = { 0 };
    struct vyre_device *device = NULL;
    struct test_diags diags = { 0 };
    outcome.result =
        vyre_device_create(vyre_device_params(.diag = test_diag_sink(&diags)), &device);
    outcome.diags = diags.count;
    if (outcome.result != VYRE_OK)
        return outcome;
    struct stream *stream;
    const struct stream_params params = {
        .pool_size = 8 * CHUNK,
        .chunk_size = CHUNK,
        .overlap = OVERLAP,
        .ingest = path,
        .diag = test_diag_sink(&diags),
    };
    outcome.result = stream_create(device, &params, &stream);
    outcome.diags = diags.count;
    if (outcome.result == VYRE_OK) {
        stream_get_stats(stream, &outcome.stats);
        read_through(stream);
    } else {
        assert_null(stream);
    }
    stream_destroy(&stream);
    vyre_device_destroy(&device);
    return outcome;
}

// Fails the 1st, 2nd, ... call of a function until no call is left; counts the streams that were
// opened by another path than the fastest.
static unsigned fail_each(const char *function, const char *injected, enum vyre_result expected)
{
    unsigned around = 0;
    for (unsigned nth = 1; nth < 200; nth++) {
        char fault[100];
        snprintf(fault, sizeof fault, "%s:%u:%s", function, nth, injected);
        fault_only("VYRE_FAULT_FAIL", fault);
        struct outcome outcome = run(VYRE_INGEST_AUTO);
        if (!fault_fired()) {
            assert_result(VYRE_OK, outcome.result);
            return around;
        }
        if (outcome.result == VYRE_OK) {
            assert_int_equal(outcome.diags, 0);
            around += strncmp(outcome.stats.reason, "import: ", 8) == 0;
        } else {
            assert_result(expected, outcome.result);
            assert_true(outcome.diags > 0);
        }
    }
    fail_msg("%s is called without end", function);
    return 0;
}

static bool imports(void)
{
    fault_none();
    struct outcome outcome = run(VYRE_INGEST_AUTO);
    assert_result(VYRE_OK, outcome.result);
    return outcome.stats.ingest == VYRE_INGEST_IMPORTED;
}

static void pages_that_are_refused_are_copied(void **state)
{
    (void)state;
    if (!imports())
        skip();
    assert_int_equal(
        fail_each("vkGetMemoryHostPointerPropertiesEXT", "external_handle", VYRE_ERR_UNSUPPORTED),
        1);
    assert_int_equal(fail_each("vkAllocateMemory", "device_memory", VYRE_ERR_NO_MEMORY), 1);
    assert_int_equal(fail_each("vkBindBufferMemory", "device_memory", VYRE_ERR_NO_MEMORY), 1);
    assert_int_equal(fail_each("vkCreateBuffer", "device_memory", VYRE_ERR_NO_MEMORY), 1);
}

static void without_import_every_call_may_fail(void **state)
{
    (void)state;
    static const char *const functions[] = { "vkCreateBuffer", "vkAllocateMemory",
                                             "vkBindBufferMemory", "vkMapMemory" };
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++)
        for (unsigned nth = 1;; nth++) {
            char fault[100];
            snprintf(fault, sizeof fault, "%s:%u:host_memory", functions[i], nth);
            fault_only("VYRE_FAULT_FAIL", fault);
            fault_also("VYRE_FAULT_HIDE", "VK_EXT_external_memory_host");
            struct outcome outcome = run(VYRE_INGEST_AUTO);
            bool fired = fault_fired() > 0;
            if (outcome.result == VYRE_OK)
                assert_string_equal(outcome.stats.reason, "the device does not import host pages");
            else
                assert_result(VYRE_ERR_NO_MEMORY, outcome.result);
            assert_true(fired || outcome.result == VYRE_OK);
            if (!fired)
                break;
        }
}

// Work that never ends may still read imported pages when the stream ends: they stay mapped.
static void pages_of_a_hanging_device_stay_mapped(void **state)
{
    (void)state;
    if (!imports())
        skip();
    for (int frozen = 0; frozen < 2; frozen++) {
        // 1: the probe. 2: the copy.
        fault_only("VYRE_FAULT_FREEZE", frozen ? "1" : "2");
        struct vyre_device *device = NULL;
        struct vyre_buffer *to = NULL;
        struct stream *stream = NULL;
        struct stream_chunk chunk;
        assert_result(VYRE_OK, vyre_device_create(NULL, &device));
        assert_result(VYRE_OK, vyre_buffer_create(device, vyre_buffer_params(.size = 64), &to));
        const struct stream_params params = {
            .pool_size = 8 * CHUNK,
            .chunk_size = CHUNK,
            .ingest = VYRE_INGEST_IMPORTED,
        };
        assert_result(VYRE_OK, stream_create(device, &params, &stream));
        assert_result(VYRE_OK, stream_feed_memory(stream, content, CHUNK, 1));
        assert_result(VYRE_OK, stream_next(stream, test_wait_ns, &chunk));
        void *page = (void *)(uintptr_t)stream_bytes(stream, &chunk);

        struct vk_commands *commands = NULL;
        uint64_t point = 0;
        assert_result(VYRE_OK, vk_commands_begin(device, &commands));
        vk_commands_copy(commands, stream_segment(stream), chunk.offset, to, 0, 64);
        assert_result(VYRE_OK, vk_commands_submit(&commands, &point));
        assert_result(frozen ? VYRE_ERR_HANG : VYRE_OK,
                      vk_wait_or_hang(device, point, frozen ? 10000000 : test_wait_ns));
        stream_release(stream, &chunk);
        stream_destroy(&stream);
        // msync refuses what is not mapped.
        assert_int_equal(msync(page, 4096, MS_ASYNC) == 0, frozen);
        if (frozen)
            assert_memory_equal(page, content, CHUNK);
        vyre_buffer_destroy(&to);
        vyre_device_destroy(&device);
        assert_int_equal(msync(page, 4096, MS_ASYNC) == 0, frozen);
    }
}

int main(void)
{
    fault_enable();
    if (!test_has_device())
        return TEST_SKIPPED;
    for (unsigned i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 21);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_that_are_refused_are_copied),
        cmocka_unit_test(without_import_every_call_may_fail),
        cmocka_unit_test(pages_of_a_hanging_device_stay_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
