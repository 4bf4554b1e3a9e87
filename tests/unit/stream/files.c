// SPDX-License-Identifier: MIT
// The chunker over the kernel: files whose size says nothing, block devices, and one that fails in
// the middle.
#include "test.h"

#include "chunker.h"

#include "ingest/ingest.h"
#include "ingest/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { POOL = 1 << 20, CHUNK = 64 << 10, OVERLAP = 100, DEVICE = 1 << 20 };

static uint8_t content[DEVICE];

struct bench {
    struct ingest_pool *pool;
    struct ingest *ingest;
    struct chunker chunker;
};

static void setup(struct bench *bench, enum ingest_path path)
{
    assert_result(VYRE_OK, ingest_pool_create(POOL, 1, NULL, &bench->pool));
    const struct ingest_params params = { .pool = bench->pool, .path = path };
    assert_result(VYRE_OK, ingest_create(&params, &bench->ingest));
    const struct chunker_params chunks = {
        .bytes = ingest_pool_bytes(bench->pool),
        .size = POOL,
        .chunk_size = CHUNK,
        .overlap = OVERLAP,
        .ingest = bench->ingest,
    };
    assert_result(VYRE_OK, stream_chunker_init(&bench->chunker, &chunks));
}

static void teardown(struct bench *bench)
{
    assert_true(ingest_destroy(&bench->ingest, UINT64_C(5000000000), NULL));
    stream_chunker_fini(&bench->chunker);
    ingest_pool_unref(&bench->pool);
}

// Reads a descriptor through the chunker; returns the bytes that were covered, all equal to
// `expected`, and the errno of the last chunk.
static uint64_t read_all(enum ingest_path path, int fd, const uint8_t *expected, uint64_t size,
                         int *error)
{
    struct bench bench;
    setup(&bench, path);
    assert_result(VYRE_OK, stream_chunker_feed_fd(&bench.chunker, fd, 1));
    uint64_t covered = 0;
    struct stream_chunk chunk = { 0 };
    while (!chunk.last) {
        assert_result(VYRE_OK, stream_chunker_next(&bench.chunker, UINT64_C(20000000000), &chunk));
        assert_true(chunk.file_offset + chunk.size <= size);
        if (chunk.size > 0)
            assert_memory_equal(bench.chunker.params.bytes + chunk.offset,
                                expected + chunk.file_offset, chunk.size);
        assert_true(chunk.size == 0 || chunk.file_offset + chunk.overlap == covered);
        covered += chunk.size - chunk.overlap;
        stream_chunker_release(&bench.chunker, &chunk);
    }
    *error = chunk.error;
    teardown(&bench);
    return covered;
}

static const enum ingest_path paths[] = { INGEST_AUTO, INGEST_PREAD };

// Files in /proc say that they have no bytes.
static void files_that_say_zero_are_read_whole(void **state)
{
    (void)state;
    static const char *const names[] = { "/proc/version", "/proc/filesystems", "/proc/devices" };
    for (unsigned name = 0; name < sizeof names / sizeof names[0]; name++) {
        uint8_t expected[1 << 14];
        int fd = open(names[name], O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        ssize_t size = pread(fd, expected, sizeof expected, 0);
        assert_true(size > 0 && size < (ssize_t)sizeof expected);
        for (unsigned i = 0; i < 2; i++) {
            int error;
            assert_int_equal(read_all(paths[i], fd, expected, (uint64_t)size, &error), size);
            assert_int_equal(error, 0);
        }
        close(fd);
    }
}

// A loop device over a memfd that holds the content; -1 where that is not allowed. It goes away
// when it is closed.
static int open_loop(int backing)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int fd = -1;
    // Somebody else may take the free one first.
    for (unsigned attempt = 0; control >= 0 && attempt < 10 && fd < 0; attempt++) {
        char path[64];
        snprintf(path, sizeof path, "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
        fd = open(path, O_RDONLY | O_CLOEXEC);
        const struct loop_config config = {
            .fd = (uint32_t)backing,
            .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_READ_ONLY,
        };
        if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) != 0) {
            close(fd);
            fd = -1;
        }
    }
    if (control >= 0)
        close(control);
    return fd;
}

static void block_devices_are_read_whole_and_fail_where_they_fail(void **state)
{
    (void)state;
    int backing = memfd_create("vyre-test", MFD_CLOEXEC);
    assert_true(backing >= 0);
    assert_int_equal(write(backing, content, DEVICE), DEVICE);
    int fd = open_loop(backing);
    if (fd < 0) {
        close(backing);
        print_message("loop devices are not allowed here: %s\n", strerror(errno));
        skip();
    }
    int error;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(read_all(paths[i], fd, content, DEVICE, &error), DEVICE);
        assert_int_equal(error, 0);
    }
    // The disk behind the device loses its second half.
    assert_int_equal(ftruncate(backing, DEVICE / 2), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ioctl(fd, BLKFLSBUF, 0), 0);
        uint64_t covered = read_all(paths[i], fd, content, DEVICE, &error);
        assert_int_equal(error, EIO);
        assert_true(covered <= DEVICE / 2 && covered >= DEVICE / 4);
    }
    close(fd);
    close(backing);
}

int main(void)
{
    for (unsigned i = 0; i < DEVICE; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 21);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_say_zero_are_read_whole),
        cmocka_unit_test(block_devices_are_read_whole_and_fail_where_they_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
