// SPDX-License-Identifier: MIT
// Real files through every path: the same bytes, and the right reason when a path is closed.
#include "test.h"

#include "ingest/ingest.h"
#include "ingest/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

enum { POOL = 16 << 20 };

static const char *const path_names[] = { "auto", "fixed", "plain", "pread" };

static uint8_t content_at(uint64_t offset)
{
    return (uint8_t)(offset * 0x9e3779b97f4a7c15u >> 40);
}

static int make_file(uint64_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    for (uint64_t i = 0; i < size; i++)
        assert_int_not_equal(putc(content_at(i), file), EOF);
    int fd = dup(fileno(file));
    assert_true(fd >= 0);
    assert_int_equal(fclose(file), 0);
    return fd;
}

// False: this machine closes the path; the reason is printed.
static bool open_path(enum ingest_path path, struct ingest_pool **pool, struct ingest **ingest)
{
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK, ingest_pool_create(POOL, 4096, NULL, pool));
    const struct ingest_params params = {
        .pool = *pool,
        .path = path,
        .depth = 32,
        .diag = test_diag_sink(&diags),
    };
    enum vyre_result result = ingest_create(&params, ingest);
    if (result == VYRE_OK) {
        assert_true(path == INGEST_AUTO || ingest_get_path(*ingest) == path);
        assert_int_not_equal(ingest_get_path(*ingest), INGEST_AUTO);
        return true;
    }
    assert_result(VYRE_ERR_UNSUPPORTED, result);
    assert_null(*ingest);
    assert_int_equal(strncmp(diags.text, "I003 ", 5), 0);
    print_message("%s: not here: %s\n", path_names[path], diags.text);
    ingest_pool_unref(pool);
    return false;
}

static struct ingest_done read_range(struct ingest *ingest, const struct ingest_read *read)
{
    struct ingest_done done = { 0 };
    size_t count;
    assert_result(VYRE_OK, ingest_start(ingest, read, NULL));
    assert_result(VYRE_OK, ingest_poll(ingest, 10 * SECOND, &done, 1, &count));
    assert_int_equal(count, 1);
    assert_int_equal(done.tag, read->tag);
    return done;
}

static void sizes_and_ends_of_files(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 0, 1, 511, 4095, 4096, 4097, 65536, (5 << 20) + 3 };
    for (enum ingest_path path = INGEST_AUTO; path <= INGEST_PREAD; path++) {
        struct ingest_pool *pool;
        struct ingest *ingest;
        if (!open_path(path, &pool, &ingest))
            continue;
        const uint8_t *bytes = ingest_pool_bytes(pool);
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            int fd = make_file(sizes[i]);
            for (uint64_t offset = 0; offset <= sizes[i] + 7; offset += 1 + sizes[i] / 3) {
                uint64_t left = offset < sizes[i] ? sizes[i] - offset : 0;
                const struct ingest_read read = { fd, offset, sizes[i] + 100, 4099, offset };
                struct ingest_done done = read_range(ingest, &read);
                assert_int_equal(done.error, 0);
                assert_int_equal(done.size, left);
                assert_true(done.ended);
                for (uint64_t k = 0; k < left; k++)
                    if (bytes[4099 + k] != content_at(offset + k))
                        fail_msg("%s: byte %llu of %llu", path_names[path],
                                 (unsigned long long)(offset + k), (unsigned long long)sizes[i]);
            }
            // A range that ends with the file does not look for what comes after it.
            const struct ingest_read exact = { fd, 0, sizes[i], 0, 1 };
            struct ingest_done done = read_range(ingest, &exact);
            assert_true(done.size == sizes[i] && !done.ended && !done.error);
            close(fd);
        }
        assert_true(ingest_destroy(&ingest, SECOND, NULL));
        ingest_pool_unref(&pool);
    }
}

static void offsets_beyond_four_gibibytes(void **state)
{
    (void)state;
    const uint64_t end = (UINT64_C(5) << 30) + 11;
    int fd = make_file(100);
    assert_int_equal(pwrite(fd, "needle", 6, (off_t)end - 6), 6);
    for (enum ingest_path path = INGEST_AUTO; path <= INGEST_PREAD; path++) {
        struct ingest_pool *pool;
        struct ingest *ingest;
        if (!open_path(path, &pool, &ingest))
            continue;
        const struct ingest_read read = { fd, end - 7, 100, 0, 1 };
        struct ingest_done done = read_range(ingest, &read);
        assert_true(done.size == 7 && done.ended && !done.error);
        assert_memory_equal(ingest_pool_bytes(pool), "\0needle", 7);
        assert_true(ingest_destroy(&ingest, SECOND, NULL));
        ingest_pool_unref(&pool);
    }
    close(fd);
}

static void many_reads_at_once(void **state)
{
    (void)state;
    enum { FILES = 200, PIECE = 3000 };
    for (enum ingest_path path = INGEST_AUTO; path <= INGEST_PREAD; path++) {
        struct ingest_pool *pool;
        struct ingest *ingest;
        if (!open_path(path, &pool, &ingest))
            continue;
        int fd = make_file(FILES * PIECE);
        unsigned started = 0;
        unsigned finished = 0;
        bool seen[FILES] = { false };
        while (finished < FILES) {
            while (started < FILES) {
                const struct ingest_read read = { fd, started * PIECE, PIECE,
                                                  (FILES - 1 - started) * PIECE, started };
                enum vyre_result result = ingest_start(ingest, &read, NULL);
                if (result == VYRE_FULL)
                    break;
                assert_result(VYRE_OK, result);
                started++;
            }
            struct ingest_done done[7];
            size_t count;
            assert_result(VYRE_OK, ingest_poll(ingest, 10 * SECOND, done, 7, &count));
            for (size_t i = 0; i < count; i++) {
                assert_false(seen[done[i].tag]);
                seen[done[i].tag] = true;
                assert_int_equal(done[i].size, PIECE);
                const uint8_t *bytes = ingest_pool_bytes(pool) + (FILES - 1 - done[i].tag) * PIECE;
                for (unsigned k = 0; k < PIECE; k++)
                    assert_int_equal(bytes[k], content_at(done[i].tag * PIECE + k));
            }
            finished += (unsigned)count;
        }
        struct ingest_stats stats;
        ingest_get_stats(ingest, &stats);
        assert_int_equal(stats.bytes, FILES * PIECE);
        assert_true(stats.batches < stats.reads);
        close(fd);
        assert_true(ingest_destroy(&ingest, SECOND, NULL));
        ingest_pool_unref(&pool);
    }
}

static void descriptors_that_cannot_be_read(void **state)
{
    (void)state;
    int directory = open("/", O_RDONLY | O_DIRECTORY);
    int write_only = open("/dev/null", O_WRONLY);
    const struct {
        int fd;
        int error;
    } cases[] = { { directory, EISDIR }, { write_only, EBADF }, { 1000000, EBADF }, { -1, EBADF } };
    for (enum ingest_path path = INGEST_AUTO; path <= INGEST_PREAD; path++) {
        struct ingest_pool *pool;
        struct ingest *ingest;
        if (!open_path(path, &pool, &ingest))
            continue;
        for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            const struct ingest_read read = { cases[i].fd, 0, 100, 0, i };
            struct ingest_done done = read_range(ingest, &read);
            assert_int_equal(done.error, cases[i].error);
            assert_true(done.size == 0 && !done.ended);
        }
        assert_true(ingest_destroy(&ingest, SECOND, NULL));
        ingest_pool_unref(&pool);
    }
    close(directory);
    close(write_only);
}

static void files_that_change_while_they_are_read(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    for (enum ingest_path path = INGEST_AUTO; path <= INGEST_PREAD; path++) {
        struct ingest_pool *pool;
        struct ingest *ingest;
        if (!open_path(path, &pool, &ingest))
            continue;
        int fd = make_file(SIZE);
        const struct ingest_read first = { fd, 0, SIZE / 2, 0, 1 };
        const struct ingest_read second = { fd, SIZE / 2, SIZE / 2, SIZE / 2, 2 };
        assert_int_equal(read_range(ingest, &first).size, SIZE / 2);
        assert_int_equal(ftruncate(fd, SIZE / 2 + 1000), 0);
        struct ingest_done done = read_range(ingest, &second);
        assert_true(done.size == 1000 && done.ended && !done.error);
        assert_int_equal(ftruncate(fd, 1000), 0);
        done = read_range(ingest, &second);
        assert_true(done.size == 0 && done.ended && !done.error);
        assert_int_equal(ftruncate(fd, SIZE), 0);
        done = read_range(ingest, &second);
        assert_true(done.size == SIZE / 2 && !done.ended && !done.error);

        // A second process cuts and extends the file all the time: any length may come back,
        // never an error, and the bytes are the file's or zero.
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            for (;;)
                if (ftruncate(fd, 100) != 0 || ftruncate(fd, SIZE) != 0)
                    _exit(1);
        }
        const struct ingest_read whole = { fd, 0, SIZE + 1, 0, 3 };
        for (unsigned i = 0; i < 100; i++) {
            done = read_range(ingest, &whole);
            assert_true(done.ended && !done.error && done.size >= 100 && done.size <= SIZE);
            for (unsigned k = 0; k < 100; k++)
                assert_int_equal(ingest_pool_bytes(pool)[k], content_at(k));
        }
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(fd);
        assert_true(ingest_destroy(&ingest, SECOND, NULL));
        ingest_pool_unref(&pool);
    }
}

// ---- Closed paths, in child processes ---------------------------------------------------------

// INGEST_AUTO expects any path but INGEST_FIXED. What a child finds: 0 when the path and a word of
// its reason are as expected and a file reads right, else the number of the step that failed. The
// child must not use the parent's cmocka.
static int look(enum ingest_path expected, const char *word, int fd)
{
    struct ingest_pool *pool;
    struct ingest *ingest;
    if (ingest_pool_create(POOL, 4096, NULL, &pool) != VYRE_OK)
        return 1;
    const struct ingest_params params = { .pool = pool };
    if (ingest_create(&params, &ingest) != VYRE_OK)
        return 2;
    fprintf(stderr, "path %d, reason: %s\n", (int)ingest_get_path(ingest),
            ingest_get_reason(ingest));
    enum ingest_path path = ingest_get_path(ingest);
    if (expected == INGEST_AUTO ? path == INGEST_FIXED : path != expected)
        return 3;
    if (!strstr(ingest_get_reason(ingest), word))
        return 4;
    const struct ingest_read read = { fd, 0, 20000, 0, 1 };
    struct ingest_done done;
    size_t count;
    if (ingest_start(ingest, &read, NULL) != VYRE_OK ||
        ingest_poll(ingest, 10 * SECOND, &done, 1, &count) != VYRE_OK)
        return 5;
    if (done.size != 10000 || !done.ended || done.error)
        return 6;
    for (unsigned i = 0; i < 10000; i++)
        if (ingest_pool_bytes(pool)[i] != content_at(i))
            return 7;
    if (!ingest_destroy(&ingest, SECOND, NULL))
        return 8;
    // Asking for the closed path by name is an error, not a slower path.
    const struct ingest_params forced = { .pool = pool, .path = INGEST_FIXED };
    if (ingest_create(&forced, &ingest) != VYRE_ERR_UNSUPPORTED || ingest)
        return 9;
    ingest_pool_unref(&pool);
    return 0;
}

static int wait_for(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool io_uring_works(void)
{
    struct ingest_pool *pool;
    struct ingest *ingest;
    if (!open_path(INGEST_FIXED, &pool, &ingest))
        return false;
    assert_string_equal(ingest_get_reason(ingest), "");
    assert_true(ingest_destroy(&ingest, SECOND, NULL));
    ingest_pool_unref(&pool);
    return true;
}

static void with_little_locked_memory_there_is_a_slower_path(void **state)
{
    (void)state;
    if (!io_uring_works())
        skip();
    static const struct {
        rlim_t limit;
        enum ingest_path path;
    } cases[] = {
        { 64 << 10, INGEST_PLAIN }, // room for the ring, none for the pool
        { 0, INGEST_AUTO },         // some kernels count the ring too
    };
    int fd = make_file(10000);
    for (unsigned i = 0; i < 2; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            const struct rlimit limit = { cases[i].limit, cases[i].limit };
            if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0)
                _exit(100);
            // Root may lock memory whatever the limit says.
            if (geteuid() == 0 &&
                (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
                _exit(101);
            _exit(look(cases[i].path, "RLIMIT_MEMLOCK", fd));
        }
        assert_int_equal(wait_for(child), 0);
    }
    close(fd);
}

// Makes system call `number` fail with `error` from now on.
static bool forbid(long number, int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void where_io_uring_is_forbidden_reads_are_pread(void **state)
{
    (void)state;
    if (!io_uring_works())
        skip();
    static const struct {
        long number;
        int error;
        enum ingest_path path;
        const char *word;
    } cases[] = {
        { SYS_io_uring_setup, EPERM, INGEST_PREAD, "io_uring_setup: Operation not permitted" },
        { SYS_io_uring_setup, ENOSYS, INGEST_PREAD, "io_uring_setup: Function not implemented" },
        { SYS_io_uring_setup, EACCES, INGEST_PREAD, "io_uring_setup: Permission denied" },
        { SYS_io_uring_enter, EPERM, INGEST_PREAD, "io_uring_enter: Operation not permitted" },
        { SYS_io_uring_register, EPERM, INGEST_PLAIN, "io_uring_register of 16384 KiB: " },
    };
    int fd = make_file(10000);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(forbid(cases[i].number, cases[i].error) ? look(cases[i].path, cases[i].word, fd)
                                                          : 100);
        assert_int_equal(wait_for(child), 0);
    }
    close(fd);
}

// io_uring that stops working after it was chosen: an error, no hang, and nothing is unmapped that
// the kernel might still write to.
static void io_uring_that_breaks_later_is_an_error(void **state)
{
    (void)state;
    if (!io_uring_works())
        skip();
    int fd = make_file(10000);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ingest_pool *pool;
        struct ingest *ingest;
        const struct ingest_read read = { fd, 0, 100, 0, 1 };
        struct ingest_done done;
        size_t count;
        if (ingest_pool_create(POOL, 4096, NULL, &pool) != VYRE_OK)
            _exit(1);
        const struct ingest_params params = { .pool = pool };
        if (ingest_create(&params, &ingest) != VYRE_OK || !forbid(SYS_io_uring_enter, EPERM))
            _exit(2);
        if (ingest_start(ingest, &read, NULL) != VYRE_OK ||
            ingest_poll(ingest, SECOND, &done, 1, &count) != VYRE_ERR_IO || count != 0)
            _exit(3);
        _exit(ingest_destroy(&ingest, SECOND, NULL) ? 4 : 0);
    }
    assert_int_equal(wait_for(child), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_ends_of_files),
        cmocka_unit_test(offsets_beyond_four_gibibytes),
        cmocka_unit_test(many_reads_at_once),
        cmocka_unit_test(descriptors_that_cannot_be_read),
        cmocka_unit_test(files_that_change_while_they_are_read),
        cmocka_unit_test(with_little_locked_memory_there_is_a_slower_path),
        cmocka_unit_test(where_io_uring_is_forbidden_reads_are_pread),
        cmocka_unit_test(io_uring_that_breaks_later_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
