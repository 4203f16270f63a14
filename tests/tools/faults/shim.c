/* Preloaded into a real command: lets the n-th call that changes files below FAULT_UNDER go wrong.
 *
 *   FAULT_UNDER   only files whose path begins with this
 *   FAULT_AT      number of the call from which on it goes wrong (0: never)
 *   FAULT_ERRNO   the error that this call and all later ones return; 0: the process is killed there
 *   FAULT_STOP    1: the process is stopped there instead, and goes on when it is told to; 2: the same, but what is
 *                 counted are the files that it opens, to read them too
 *   FAULT_CLOCK   seconds by which the wall clock is wrong
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls;
static long fault_at, fault_errno, fault_stop, clock_off;
static const char *under;
static int ready;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

/* Read the orders again: for a process that was forked from one which had none. */
__attribute__((constructor)) void fault_begin(void) {
    atomic_store(&calls, 0);
    under = getenv("FAULT_UNDER");
    fault_at = number("FAULT_AT");
    fault_errno = number("FAULT_ERRNO");
    fault_stop = number("FAULT_STOP");
    clock_off = number("FAULT_CLOCK");
    ready = 1;
}

long fault_calls(void) { return atomic_load(&calls); }

static int comes_to_it(void) {
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (!fault_at || call < fault_at)
        return 0;
    if (fault_stop) {
        if (call == fault_at)
            kill(getpid(), SIGSTOP);
        return 0;
    }
    if (!fault_errno) {
        kill(getpid(), SIGKILL);
        for (;;)
            pause();
    }
    errno = (int)fault_errno;
    return 1;
}

static int goes_wrong(void) { return fault_stop != 2 && comes_to_it(); }

static int concerns_path(const char *path) {
    char whole[4096];
    if (!ready || !under || !path)
        return 0;
    if (path[0] != '/' && getcwd(whole, sizeof whole - strlen(path) - 2)) {
        strcat(strcat(whole, "/"), path);
        path = whole;
    }
    return strncmp(path, under, strlen(under)) == 0;
}

static int concerns(int fd) {
    char link[64], path[4096];
    if (!ready || !under)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return concerns_path(path);
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) \
        real = dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return concerns(fd) && goes_wrong() ? -1 : real(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return concerns(fd) && goes_wrong() ? -1 : real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    return concerns(fd) && goes_wrong() ? -1 : real(fd, data, size, at);
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    return concerns(fd) && goes_wrong() ? -1 : real(fd);
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    return concerns(fd) && goes_wrong() ? -1 : real(fd);
}

int ftruncate(int fd, off_t size) {
    REAL(int, "ftruncate", int, off_t);
    return concerns(fd) && goes_wrong() ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    return concerns(fd) && goes_wrong() ? -1 : real(fd, size);
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    return concerns_path(to) && goes_wrong() ? -1 : real(from, to);
}

int link(const char *from, const char *to) {
    REAL(int, "link", const char *, const char *);
    return concerns_path(to) && goes_wrong() ? -1 : real(from, to);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    return concerns_path(path) && goes_wrong() ? -1 : real(path, mode);
}

/* A full disk lets files be removed; a read-only one does not, and neither is there anything to remove after a kill. */
int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    int may = !ready || fault_errno == ENOSPC || fault_errno == EIO;
    return !may && concerns_path(path) && goes_wrong() ? -1 : real(path);
}

/* How trees are removed. Counted only where somebody wants to be stopped in the midst of it. */
int unlinkat(int folder, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    if (fault_stop && concerns(folder))
        goes_wrong();
    return real(folder, path, flags);
}

static int opens_to_write(int flags) { return (flags & O_CREAT) || (flags & O_ACCMODE) != O_RDONLY; }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        REAL(int, #name, const char *, int, mode_t); \
        if (fault_stop == 2 && concerns_path(path)) \
            comes_to_it(); \
        int counts = (flags & O_CREAT) || fault_errno == EROFS || fault_errno == EACCES; \
        return counts && opens_to_write(flags) && concerns_path(path) && goes_wrong() ? -1 : real(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int answer = real(clock, now);
    if (clock == CLOCK_REALTIME && clock_off)
        now->tv_sec += clock_off;
    return answer;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(int, "gettimeofday", struct timeval *, void *);
    int answer = real(now, zone);
    if (clock_off)
        now->tv_sec += clock_off;
    return answer;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
