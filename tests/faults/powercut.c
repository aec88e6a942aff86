/* Tells, in order, every change that a process makes to the files of one folder.

   Preloaded into the process (LD_PRELOAD) it stands between the process and the C library: each
   write, truncation, sync and change of a name below POWERCUT_ROOT is done and then written down in
   POWERCUT_TRACE, one record each, under one lock, so that the record's order is the true one. What
   the folder would look like after a power cut follows from the record alone (powercut.py).

   powercut_fail() lets operations fail from then on, as a full or a broken disk would: nothing of
   them is done. Maps (mmap) are not seen: SQLite maps the index of its log only, which is not meant
   to last. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))
#define MOST 4096

struct record {
    char kind; /* w write, t truncate, s sync, d folder synced, c created, r renamed, l linked, u gone */
    char padding[7];
    uint64_t file;
    int64_t at;
    uint64_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char root[MOST];
static char ours[MOST]; /* by descriptor: 1 a file of the folder, 2 the folder itself */
static char failing[16];
static long fails_from, fails_until;
static int fails_with;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("POWERCUT_ROOT"), *file = getenv("POWERCUT_TRACE");
    if (!folder || !file || !realpath(folder, root)) return;
    trace = REAL(open)(file, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

/* From the `first` operation of these kinds on (1: the next one), let `count` of them fail. */
void powercut_fail(const char *kinds, long first, long count, int error) {
    pthread_mutex_lock(&lock);
    snprintf(failing, sizeof failing, "%s", kinds);
    fails_from = first;
    fails_until = first + count;
    fails_with = error;
    pthread_mutex_unlock(&lock);
}

/* How many operations of those kinds there were since then. */
static long operations;
long powercut_count(void) { return operations; }
void powercut_reset(void) { operations = 0; }

static int fails(char kind) {
    if (!strchr(failing, kind)) return 0;
    operations++;
    if (operations < fails_from || operations >= fails_until) return 0;
    errno = fails_with;
    return 1;
}

static int is_ours(int fd, char what) { return fd >= 0 && fd < MOST && ours[fd] == what; }

static uint64_t number(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

static void put(const void *what, size_t size) {
    if (REAL(write)(trace, what, size) != (ssize_t)size) abort();
}

static void tell(char kind, uint64_t file, int64_t at, const void *body, size_t size) {
    struct record record = {.kind = kind, .file = file, .at = at, .size = size};
    int kept = errno;
    put(&record, sizeof record);
    if (size) put(body, size);
    errno = kept;
}

/* The name of a path in the folder, or null where it is elsewhere. */
static const char *inside(const char *path, char *space) {
    char folder[MOST], *slash;
    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    const char *name = slash ? path + (slash - folder) + 1 : path;
    if (slash) *slash = 0;
    if (!realpath(slash ? (slash == folder ? "/" : folder) : ".", space)) return 0;
    return strcmp(space, root) ? 0 : name;
}

static int watches(void) { return trace >= 0; }

/* Names -------------------------------------------------------------------------------------- */

static int opened(int fd, const char *path, int flags, int was_there) {
    char space[MOST];
    struct stat found;
    if (fd < 0 || fd >= MOST || !watches()) return fd;
    ours[fd] = 0;
    if (realpath(path, space) && !strcmp(space, root)) {
        ours[fd] = 2;
        return fd;
    }
    const char *name = inside(path, space);
    if (!name || fstat(fd, &found) || !S_ISREG(found.st_mode)) return fd;
    ours[fd] = 1;
    if (!was_there) tell('c', found.st_ino, 0, name, strlen(name));
    else if (flags & O_TRUNC) tell('t', found.st_ino, 0, 0, 0);
    return fd;
}

static int open_it(int at, const char *path, int flags, mode_t mode) {
    int kept = errno, was_there;
    pthread_mutex_lock(&lock);
    was_there = !faccessat(at, path, F_OK, 0);
    errno = kept;
    int fd = opened(REAL(openat)(at, path, flags, mode), path, flags, was_there);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE_OF(flags)                                   \
    mode_t mode = 0;                                     \
    if ((flags) & (O_CREAT | O_TMPFILE)) {               \
        va_list rest;                                    \
        va_start(rest, flags);                           \
        mode = va_arg(rest, mode_t);                     \
        va_end(rest);                                    \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_it(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_it(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
    MODE_OF(flags)
    return at == AT_FDCWD ? open_it(at, path, flags, mode) : REAL(openat)(at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE_OF(flags)
    return at == AT_FDCWD ? open_it(at, path, flags, mode) : REAL(openat)(at, path, flags, mode);
}

int close(int fd) {
    if (fd >= 0 && fd < MOST) ours[fd] = 0;
    return REAL(close)(fd);
}

int unlink(const char *path) {
    char space[MOST];
    pthread_mutex_lock(&lock);
    const char *name = watches() ? inside(path, space) : 0;
    int done = REAL(unlink)(path);
    if (!done && name) tell('u', 0, 0, name, strlen(name));
    pthread_mutex_unlock(&lock);
    return done;
}

/* Both names in one record, a null byte between them. */
static void tell_pair(char kind, const char *from, const char *to) {
    char space[MOST], pair[2 * MOST];
    const char *one = inside(from, space), *other = inside(to, space);
    if (!one || !other) return;
    int size = snprintf(pair, sizeof pair, "%s%c%s", one, 0, other);
    tell(kind, 0, 0, pair, (size_t)size);
}

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    int done = REAL(rename)(from, to);
    if (!done && watches()) tell_pair('r', from, to);
    pthread_mutex_unlock(&lock);
    return done;
}

int link(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    int done = REAL(link)(from, to);
    if (!done && watches()) tell_pair('l', from, to);
    pthread_mutex_unlock(&lock);
    return done;
}

/* Content ------------------------------------------------------------------------------------ */

static ssize_t write_at(int fd, const void *body, size_t size, off64_t at) {
    ssize_t done = -1;
    pthread_mutex_lock(&lock);
    if (!fails('w')) {
        done = REAL(pwrite64)(fd, body, size, at);
        if (done > 0) tell('w', number(fd), at, body, (size_t)done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite64(int fd, const void *body, size_t size, off64_t at) {
    return is_ours(fd, 1) ? write_at(fd, body, size, at) : REAL(pwrite64)(fd, body, size, at);
}
ssize_t pwrite(int fd, const void *body, size_t size, off_t at) {
    return is_ours(fd, 1) ? write_at(fd, body, size, at) : REAL(pwrite64)(fd, body, size, at);
}

ssize_t write(int fd, const void *body, size_t size) {
    if (!is_ours(fd, 1)) return REAL(write)(fd, body, size);
    ssize_t done = -1;
    pthread_mutex_lock(&lock);
    off64_t at = lseek64(fd, 0, SEEK_CUR);
    if (!fails('w')) {
        done = REAL(write)(fd, body, size);
        if (done > 0) tell('w', number(fd), at, body, (size_t)done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int fd, off64_t size) {
    if (!is_ours(fd, 1)) return REAL(ftruncate64)(fd, size);
    int done = -1;
    pthread_mutex_lock(&lock);
    if (!fails('t')) {
        done = REAL(ftruncate64)(fd, size);
        if (!done) tell('t', number(fd), size, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    return done;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

/* Room that is taken beforehand is told as a file that became longer. */
static int longer(int fd, off64_t size) {
    struct stat found;
    if (fstat(fd, &found) || found.st_size >= size) return 0;
    return ftruncate64(fd, size);
}
int posix_fallocate64(int fd, off64_t at, off64_t size) {
    if (!is_ours(fd, 1)) return REAL(posix_fallocate64)(fd, at, size);
    return longer(fd, at + size) ? errno : 0;
}
int posix_fallocate(int fd, off_t at, off_t size) { return posix_fallocate64(fd, at, size); }
int fallocate64(int fd, int mode, off64_t at, off64_t size) {
    if (!is_ours(fd, 1)) return REAL(fallocate64)(fd, mode, at, size);
    return longer(fd, at + size);
}
int fallocate(int fd, int mode, off_t at, off_t size) { return fallocate64(fd, mode, at, size); }

static int sync_it(int fd, int (*syncs)(int)) {
    if (!is_ours(fd, 1) && !is_ours(fd, 2)) return syncs(fd);
    int done = -1;
    pthread_mutex_lock(&lock);
    if (!fails('s')) {
        /* The disk's own sync is spared: only the record counts. */
        done = 0;
        tell(is_ours(fd, 2) ? 'd' : 's', number(fd), 0, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    return done;
}
int fsync(int fd) { return sync_it(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_it(fd, REAL(fdatasync)); }
