/*
 * A disk that is full, for programs that are started with this in LD_PRELOAD where no disk of their own can be mounted:
 * while the file TORTURE_FULL names a folder, no file in it grows. What overwrites is let through, as on a real one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static bool is_full(int file)
{
    char folder[4096] = {0};
    char link[64];
    char name[4096] = {0};
    const char *path = getenv("TORTURE_FULL");
    int words = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

    if (words < 0)
        return false;
    ssize_t length = syscall(SYS_read, words, folder, sizeof(folder) - 1);
    syscall(SYS_close, words);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    return length > 0 && readlink(link, name, sizeof(name) - 1) > 0 && strncmp(name, folder, (size_t)length) == 0;
}

/* True, with errno set, when bytes up to there would be new. */
static bool must_not(int file, off_t end)
{
    struct stat now;

    if (!is_full(file) || fstat(file, &now) != 0 || !S_ISREG(now.st_mode) || end <= now.st_size)
        return false;
    errno = ENOSPC;
    return true;
}

static off_t place(int file)
{
    struct stat now;

    if ((fcntl(file, F_GETFL) & O_APPEND) != 0 && fstat(file, &now) == 0)
        return now.st_size;
    return lseek(file, 0, SEEK_CUR);
}

ssize_t write(int file, const void *bytes, size_t count)
{
    return must_not(file, place(file) + (off_t)count) ? -1 : syscall(SYS_write, file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    return must_not(file, place(file) + 1) ? -1 : syscall(SYS_writev, file, parts, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset)
{
    return must_not(file, offset + (off_t)count) ? -1 : syscall(SYS_pwrite64, file, bytes, count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset)
{
    return pwrite64(file, bytes, count, offset);
}

int ftruncate64(int file, off64_t length)
{
    return must_not(file, length) ? -1 : (int)syscall(SYS_ftruncate, file, length);
}

int ftruncate(int file, off_t length)
{
    return ftruncate64(file, length);
}

int fallocate64(int file, int mode, off64_t offset, off64_t length)
{
    return must_not(file, offset + length) ? -1 : (int)syscall(SYS_fallocate, file, mode, offset, length);
}

int fallocate(int file, int mode, off_t offset, off_t length)
{
    return fallocate64(file, mode, offset, length);
}

/* This one gives the error instead of setting it. */
int posix_fallocate64(int file, off64_t offset, off64_t length)
{
    return fallocate64(file, 0, offset, length) == 0 ? 0 : errno;
}

int posix_fallocate(int file, off_t offset, off_t length)
{
    return posix_fallocate64(file, offset, length);
}
