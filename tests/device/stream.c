// SPDX-License-Identifier: MIT
// The stream on a device: every path gives the device the same bytes, in order, and says what it
// is. The device's view is looked at through a copy that the device makes.
#include "device.h"

#include "base/memory.h"
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
void __lsan_disable(void);
void __lsan_enable(void);
#else
static void __lsan_disable(void)
{
}
static void __lsan_enable(void)
{
}
#endif

enum { CONTENT = 3 << 20, POOL = 4 << 20, CHUNK = 256 << 10, OVERLAP = 77, HELD = 64 };

static uint8_t content[CONTENT];
static bool io_uring_works;

struct bench {
    struct vyre_device *device;
    struct stream *stream;
    struct vyre_buffer *view; // what the device saw
    uint8_t *seen;
    struct stream_chunk held[HELD];
    unsigned held_count;
};

static enum vyre_result open_stream(struct vyre_device *device, enum vyre_ingest_path path,
                                    struct test_diags *diags, struct stream **stream)
{
    const struct stream_params params = {
        .pool_size = POOL,
        .chunk_size = CHUNK,
        .overlap = OVERLAP,
        .ingest = path,
        .diag = test_diag_sink(diags),
        .log = { test_log, NULL },
    };
    return stream_create(device, &params, stream);
}

static void setup(struct bench *bench, const struct vyre_pretend *pretend,
                  enum vyre_ingest_path path)
{
    struct test_diags diags = { 0 };
    *bench = (struct bench){ .device = test_device(pretend) };
    if (open_stream(bench->device, path, &diags, &bench->stream) != VYRE_OK)
        fail_msg("no stream: %s", diags.text);
    assert_result(VYRE_OK,
                  vyre_buffer_create(
                      bench->device,
                      vyre_buffer_params(.size = vyre_buffer_size(stream_segment(bench->stream))),
                      &bench->view));
    void *seen;
    assert_result(VYRE_OK, vyre_buffer_map(bench->view, &seen));
    bench->seen = seen;
}

static void teardown(struct bench *bench)
{
    vyre_buffer_destroy(&bench->view);
    stream_destroy(&bench->stream);
    assert_null(bench->stream);
    test_device_done(&bench->device);
}

// Lets the device copy all chunks that are held, compares, and releases them.
static void look_and_release(struct bench *bench)
{
    struct vk_commands *commands;
    uint64_t point;
    assert_result(VYRE_OK, vk_commands_begin(bench->device, &commands));
    for (unsigned i = 0; i < bench->held_count; i++) {
        const struct stream_chunk *chunk = &bench->held[i];
        uint64_t words = (chunk->size + 3) / 4 * 4;
        if (words > 0)
            vk_commands_copy(commands, stream_segment(bench->stream), chunk->offset, bench->view,
                             chunk->offset, words);
    }
    assert_result(VYRE_OK, vk_commands_submit(&commands, &point));
    assert_result(VYRE_OK, vk_wait(bench->device, point, test_wait_ns));
    while (bench->held_count > 0) {
        const struct stream_chunk *chunk = &bench->held[--bench->held_count];
        if (chunk->size > 0) {
            assert_memory_equal(stream_bytes(bench->stream, chunk), content + chunk->file_offset,
                                chunk->size);
            assert_memory_equal(bench->seen + chunk->offset, content + chunk->file_offset,
                                chunk->size);
        }
        for (uint64_t i = chunk->size; i % 4 != 0; i++)
            assert_int_equal(bench->seen[chunk->offset + i], 0);
        stream_release(bench->stream, chunk);
    }
}

static int file_of(uint64_t size)
{
    int fd = memfd_create("vyre-test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, size), size);
    return fd;
}

static const uint64_t sizes[] = {
    0,
    1,
    3,
    4095,
    4096,
    4097,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    2 * CHUNK - OVERLAP,
    2 * CHUNK - OVERLAP + 1,
    CONTENT,
    CONTENT,
    5,
    CONTENT - 3,
};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

// Every size as a file and as memory; returns how often the pool was full.
static unsigned stream_everything(struct bench *bench)
{
    int fds[SIZES];
    unsigned fulls = 0;
    for (unsigned i = 0; i < SIZES; i++) {
        fds[i] = file_of(sizes[i]);
        assert_result(VYRE_OK, stream_feed_fd(bench->stream, fds[i], 2 * i));
        assert_result(VYRE_OK, stream_feed_memory(bench->stream, content, sizes[i], 2 * i + 1));
    }
    uint64_t input = 0;
    uint64_t covered = 0;
    for (;;) {
        struct stream_chunk chunk;
        enum vyre_result result = stream_next(bench->stream, test_wait_ns, &chunk);
        if (result == VYRE_FULL || bench->held_count == HELD) {
            assert_true(bench->held_count > 0);
            fulls += result == VYRE_FULL;
            look_and_release(bench);
        }
        if (result == VYRE_DONE)
            break;
        if (result == VYRE_FULL)
            continue;
        assert_result(VYRE_OK, result);
        assert_int_equal(chunk.input, input);
        assert_int_equal(chunk.error, 0);
        assert_int_equal(chunk.file_offset + chunk.overlap, covered);
        assert_int_equal(chunk.overlap, chunk.file_offset ? OVERLAP : 0);
        covered += chunk.size - chunk.overlap;
        bench->held[bench->held_count++] = chunk;
        if (chunk.last) {
            assert_int_equal(covered, sizes[input / 2]);
            covered = 0;
            input++;
        }
    }
    look_and_release(bench);
    assert_int_equal(input, 2 * SIZES);
    for (unsigned i = 0; i < SIZES; i++)
        close(fds[i]);
    return fulls;
}

static bool can_import(void)
{
    struct vyre_device *device = test_device(NULL);
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    test_device_done(&device);
    return info.host_import;
}

static void every_path_gives_the_device_the_same_bytes(void **state)
{
    (void)state;
    bool import = can_import();
    for (enum vyre_ingest_path path = VYRE_INGEST_AUTO; path <= VYRE_INGEST_PREAD; path++)
        for (int pretend = 0; pretend < 2; pretend++) {
            if ((path == VYRE_INGEST_IMPORTED && (pretend || !import)) ||
                (!io_uring_works && (path == VYRE_INGEST_IMPORTED || path == VYRE_INGEST_STAGED)))
                continue;
            struct bench bench;
            const struct vyre_pretend less = { .no_host_import = true };
            setup(&bench, pretend ? &less : NULL, path);
            assert_true(stream_everything(&bench) > 0);
            struct stream_stats stats;
            stream_get_stats(bench.stream, &stats);
            print_message("path %d%s: %d, \"%s\"\n", (int)path, pretend ? ", no import" : "",
                          (int)stats.ingest, stats.reason);
            assert_true(path == VYRE_INGEST_AUTO || stats.ingest == path);
            assert_int_equal(stats.bytes_copied > 0, stats.ingest == VYRE_INGEST_STAGED);
            assert_int_equal(stats.memory_bytes,
                             stats.ingest == VYRE_INGEST_STAGED ? 2 * POOL : POOL);
            assert_true(stats.bytes_read >= 2 * CONTENT && stats.reads >= 2 * SIZES);
            if (path == VYRE_INGEST_AUTO && io_uring_works)
                assert_int_equal(stats.ingest,
                                 import && !pretend ? VYRE_INGEST_IMPORTED : VYRE_INGEST_STAGED);
            if (path == VYRE_INGEST_AUTO && pretend)
                assert_string_equal(stats.reason, "the device does not import host pages");
            teardown(&bench);
        }
}

static void a_path_that_is_closed_is_an_error_with_its_reason(void **state)
{
    (void)state;
    const struct vyre_pretend less = { .no_host_import = true };
    struct vyre_device *device = test_device(&less);
    struct test_diags diags = { 0 };
    struct stream *stream;
    assert_result(VYRE_ERR_UNSUPPORTED, open_stream(device, VYRE_INGEST_IMPORTED, &diags, &stream));
    assert_null(stream);
    assert_string_equal(diags.text, "I003 imported: the device does not import host pages");
    test_device_done(&device);
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const struct vyre_pretend small = { .max_storage_range = 1 << 20 };
    struct vyre_device *device = test_device(&small);
    for (enum vyre_ingest_path path = VYRE_INGEST_AUTO; path <= VYRE_INGEST_PREAD; path++) {
        struct test_diags diags = { 0 };
        struct stream *stream;
        if (!io_uring_works && path != VYRE_INGEST_PREAD)
            continue;
        assert_result(VYRE_ERR_LIMIT, open_stream(device, path, &diags, &stream));
        assert_null(stream);
        assert_int_equal(diags.count, 1);
        assert_int_equal(strncmp(diags.text, "D007 a buffer of 4194304 bytes", 30), 0);
    }
    struct test_diags diags = { 0 };
    struct stream *stream;
    const struct stream_params bad = {
        .pool_size = POOL,
        .chunk_size = CHUNK + 1,
        .diag = test_diag_sink(&diags),
    };
    assert_result(VYRE_ERR_INVALID_ARGUMENT, stream_create(device, &bad, &stream));
    assert_string_equal(diags.text, "I005 pool of 4194304 bytes, chunks of 262145, overlap of 0");
    assert_result(VYRE_ERR_INVALID_ARGUMENT, stream_create(NULL, &bad, &stream));
    test_device_done(&device);
}

static void twenty_thousand_small_files(void **state)
{
    (void)state;
    enum { COUNT = 20000, OPEN = 200 };
    struct bench bench;
    setup(&bench, NULL, VYRE_INGEST_AUTO);
    int fds[OPEN];
    uint64_t fed = 0;
    uint64_t got = 0;
    while (got < COUNT) {
        for (; fed < COUNT && fed - got < OPEN; fed++) {
            fds[fed % OPEN] = file_of(fed % 9000);
            assert_result(VYRE_OK, stream_feed_fd(bench.stream, fds[fed % OPEN], fed));
        }
        struct stream_chunk chunk;
        assert_result(VYRE_OK, stream_next(bench.stream, test_wait_ns, &chunk));
        assert_true(chunk.input == got && chunk.last && !chunk.error);
        assert_int_equal(chunk.size, got % 9000);
        close(fds[got % OPEN]);
        got++;
        bench.held[bench.held_count++] = chunk;
        if (bench.held_count == HELD)
            look_and_release(&bench);
    }
    look_and_release(&bench);
    struct stream_chunk chunk;
    assert_result(VYRE_DONE, stream_next(bench.stream, 0, &chunk));
    teardown(&bench);
}

static void errors_come_with_the_last_chunk(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL, VYRE_INGEST_AUTO);
    int directory = open("/", O_RDONLY | O_DIRECTORY);
    assert_result(VYRE_OK, stream_feed_fd(bench.stream, directory, 1));
    assert_result(VYRE_OK, stream_feed_fd(bench.stream, 1000000, 2));
    struct stream_chunk chunk;
    assert_result(VYRE_OK, stream_next(bench.stream, test_wait_ns, &chunk));
    assert_true(chunk.last && chunk.error == EISDIR && chunk.size == 0);
    assert_result(VYRE_OK, stream_next(bench.stream, test_wait_ns, &chunk));
    assert_true(chunk.last && chunk.error == EBADF && chunk.size == 0);
    close(directory);
    teardown(&bench);
}

// Chunks held, reads in flight, inputs waiting: destroy sorts it out.
static void destroy_in_the_middle(void **state)
{
    (void)state;
    for (enum vyre_ingest_path path = VYRE_INGEST_AUTO; path <= VYRE_INGEST_PREAD;
         path += VYRE_INGEST_PREAD) {
        struct bench bench;
        setup(&bench, NULL, path);
        int fd = file_of(CONTENT);
        for (uint64_t i = 0; i < 100; i++)
            assert_result(VYRE_OK, stream_feed_fd(bench.stream, fd, i));
        struct stream_chunk chunk;
        assert_result(VYRE_OK, stream_next(bench.stream, test_wait_ns, &chunk));
        teardown(&bench);
        close(fd);
    }
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    for (enum vyre_ingest_path path = VYRE_INGEST_AUTO; path <= VYRE_INGEST_PREAD; path++) {
        if (!io_uring_works && path != VYRE_INGEST_PREAD)
            continue;
        uint64_t nth = 1;
        for (;; nth++) {
            struct test_diags diags = { 0 };
            struct stream *stream;
            (void)memory_fail_nth(nth);
            enum vyre_result result = open_stream(device, path, &diags, &stream);
            (void)memory_fail_nth(0);
            if (result == VYRE_OK) {
                stream_destroy(&stream);
                break;
            }
            assert_result(VYRE_ERR_NO_MEMORY, result);
            assert_null(stream);
        }
        assert_true(nth > 6);
    }
    test_device_done(&device);
}

static void pages_of_a_device_that_hangs_stay_mapped(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    struct vyre_device *device = test_device(NULL);
    struct stream *stream;
    // What is abandoned here is not a leak of the test.
    __lsan_disable();
    assert_result(VYRE_OK, open_stream(device, VYRE_INGEST_AUTO, &diags, &stream));
    struct stream_chunk chunk;
    assert_result(VYRE_OK, stream_feed_memory(stream, content, 100, 0));
    assert_result(VYRE_OK, stream_next(stream, test_wait_ns, &chunk));
    const uint8_t *bytes = stream_bytes(stream, &chunk);
    vk_device_poison(device, VYRE_ERR_HANG);
    stream_destroy(&stream);
    assert_null(stream);
    assert_memory_equal(bytes, content, 100);
    vyre_device_destroy(&device);
    __lsan_enable();
}

// The last test: the filter stays for the rest of the process.
static void where_io_uring_is_forbidden_the_path_is_pread(void **state)
{
    (void)state;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        skip();
    struct bench bench;
    setup(&bench, NULL, VYRE_INGEST_AUTO);
    (void)stream_everything(&bench);
    struct stream_stats stats;
    stream_get_stats(bench.stream, &stats);
    assert_int_equal(stats.ingest, VYRE_INGEST_PREAD);
    if (io_uring_works)
        assert_non_null(strstr(stats.reason, "io_uring_setup: Operation not permitted"));
    teardown(&bench);
    struct vyre_device *device = test_device(NULL);
    struct test_diags diags = { 0 };
    struct stream *stream;
    assert_result(VYRE_ERR_UNSUPPORTED, open_stream(device, VYRE_INGEST_STAGED, &diags, &stream));
    assert_non_null(strstr(diags.text, "I003 staged: io_uring"));
    test_device_done(&device);
}

// Whether the kernel lets this process use io_uring at all.
static bool look_for_io_uring(void)
{
    struct vyre_device *device = test_device(NULL);
    struct test_diags diags = { 0 };
    struct stream *stream;
    enum vyre_result result = open_stream(device, VYRE_INGEST_STAGED, &diags, &stream);
    if (result != VYRE_OK)
        print_message("only pread is tested: %s\n", diags.text);
    stream_destroy(&stream);
    test_device_done(&device);
    return result == VYRE_OK;
}

static int look_around(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CONTENT; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 21);
    io_uring_works = look_for_io_uring();
    return 0;
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_gives_the_device_the_same_bytes),
        cmocka_unit_test(a_path_that_is_closed_is_an_error_with_its_reason),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
        cmocka_unit_test(twenty_thousand_small_files),
        cmocka_unit_test(errors_come_with_the_last_chunk),
        cmocka_unit_test(destroy_in_the_middle),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(pages_of_a_device_that_hangs_stay_mapped),
        cmocka_unit_test(where_io_uring_is_forbidden_the_path_is_pread),
    };
    return cmocka_run_group_tests(tests, look_around, NULL);
}
