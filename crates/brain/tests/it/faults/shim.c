/*
 * A disk that fails on request, between the program and the C library (LD_PRELOAD).
 *
 * Operations on files below DISK_FAULT_ROOT are counted, and the one the test chose fails. The test talks through the
 * file DISK_FAULT_CONTROL, which both sides share: see `enum field`. What was made to fail is written to
 * DISK_FAULT_LOG, one line each. Only what changes a disk is looked at; reading never fails here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum field { ARMED, CLASSES, MODE, AT, STICKY, COUNT, INJECTED, BUDGET, SYNCED_AGAIN, FAILED_INODE, FIELDS };
enum class { WRITE = 1, SYNC = 2, CREATE = 4, RENAME = 8, TRUNCATE = 16, REMOVE = 32, FOLDER = 64 };
enum mode { EIO_MODE = 1, ENOSPC_MODE = 2, SHORT_MODE = 3, KILL_MODE = 4, BUDGET_MODE = 5 };

static _Atomic uint64_t *control;
static char root[PATH_MAX];
static size_t root_length;
static int log_fd = -1;

/* Raw calls, so that setting up meets none of the functions below. */
__attribute__((constructor)) static void set_up(void) {
  const char *folder = getenv("DISK_FAULT_ROOT");
  const char *file = getenv("DISK_FAULT_CONTROL");
  const char *log = getenv("DISK_FAULT_LOG");
  if (!folder || !file || !log) return;
  if (!realpath(folder, root)) return;
  root_length = strlen(root);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (shared == MAP_FAILED) return;
  log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  control = shared;
}

static int below_root(const char *path) {
  return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static int fd_path(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return below_root(path);
}

/* A path as the caller gave it, made absolute where that needs no look at the disk. */
static int named(int folder, const char *name, char *path) {
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
  } else {
    char base[PATH_MAX];
    if (folder == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return 0;
    } else if (!fd_path(folder, base)) {
      return 0;
    }
    if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return 0;
  }
  return below_root(path);
}

static void say(const char *what, const char *path, const char *how) {
  char line[PATH_MAX + 64];
  int length = snprintf(line, sizeof line, "%s %s %s\n", how, what, path);
  if (log_fd >= 0 && length > 0) syscall(SYS_write, log_fd, line, (size_t)length);
}

enum verdict { PASS, FAIL, SHORT };

/* Whether this operation fails; errno is set when it does. `bytes` is what it would write, 0 for others. */
static enum verdict judge(enum class class, const char *what, const char *path, size_t bytes) {
  if (!control || !control[ARMED] || !(control[CLASSES] & class)) return PASS;
  uint64_t mode = control[MODE];
  if (mode == BUDGET_MODE) {
    if (class == SYNC || class == REMOVE) return PASS;
    int64_t left = (int64_t)atomic_fetch_sub(&control[BUDGET], bytes ? bytes : 64) - (int64_t)(bytes ? bytes : 64);
    if (left >= 0) return PASS;
    atomic_fetch_add(&control[INJECTED], 1);
    say(what, path, "full");
    errno = ENOSPC;
    return FAIL;
  }
  uint64_t number = atomic_fetch_add(&control[COUNT], 1) + 1;
  uint64_t at = control[AT];
  if (at == 0 || (control[STICKY] ? number < at : number != at)) return PASS;
  atomic_fetch_add(&control[INJECTED], 1);
  switch (mode) {
  case KILL_MODE:
    say(what, path, "kill");
    syscall(SYS_kill, getpid(), SIGKILL);
    return FAIL;
  case SHORT_MODE:
    if (class == WRITE && bytes > 1) {
      say(what, path, "short");
      return SHORT;
    }
    say(what, path, "EIO");
    errno = EIO;
    return FAIL;
  case ENOSPC_MODE:
    say(what, path, "ENOSPC");
    errno = ENOSPC;
    return FAIL;
  default:
    say(what, path, "EIO");
    errno = EIO;
    return FAIL;
  }
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* Writing */
ssize_t write(int fd, const void *data, size_t bytes) {
  char path[PATH_MAX];
  if (control && fd_path(fd, path)) {
    enum verdict verdict = judge(WRITE, "write", path, bytes);
    if (verdict == FAIL) return -1;
    if (verdict == SHORT) return REAL(write)(fd, data, bytes / 2);
  }
  return REAL(write)(fd, data, bytes);
}

static ssize_t write_at(int fd, const void *data, size_t bytes, off_t at) {
  char path[PATH_MAX];
  if (control && fd_path(fd, path)) {
    enum verdict verdict = judge(WRITE, "pwrite", path, bytes);
    if (verdict == FAIL) return -1;
    if (verdict == SHORT) bytes /= 2;
  }
  return syscall(SYS_pwrite64, fd, data, bytes, at);
}
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at) { return write_at(fd, data, bytes, at); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t at) { return write_at(fd, data, bytes, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  size_t bytes = 0;
  for (int i = 0; i < count; i++) bytes += parts[i].iov_len;
  if (control && fd_path(fd, path)) {
    enum verdict verdict = judge(WRITE, "writev", path, bytes);
    if (verdict == FAIL) return -1;
    if (verdict == SHORT) return REAL(writev)(fd, parts, 1);
  }
  return REAL(writev)(fd, parts, count);
}

ssize_t copy_file_range(int in, off_t *from, int out, off_t *to, size_t bytes, unsigned flags) {
  char path[PATH_MAX];
  if (control && fd_path(out, path) && judge(WRITE, "copy_file_range", path, bytes) == FAIL) return -1;
  return REAL(copy_file_range)(in, from, out, to, bytes, flags);
}

/* Syncing */
static int synced(int fd, const char *what, int (*sync)(int)) {
  char path[PATH_MAX];
  if (control && control[ARMED] && fd_path(fd, path)) {
    struct stat found;
    uint64_t inode = fstat(fd, &found) == 0 ? (uint64_t)found.st_ino : 0;
    if (inode && control[FAILED_INODE] == inode) {
      atomic_fetch_add(&control[SYNCED_AGAIN], 1);
      say(what, path, "again");
    }
    if (judge(SYNC, what, path, 0) != PASS) {
      control[FAILED_INODE] = inode;
      return -1;
    }
  }
  return sync(fd);
}
int fsync(int fd) { return synced(fd, "fsync", REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, "fdatasync", REAL(fdatasync)); }

/* Opening for writing */
static int open_at(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  if (control && (flags & (O_CREAT | O_TRUNC)) && named(folder, name, path)) {
    /* A file that is there needs no room to be opened or emptied, whatever the flags allow. */
    int there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    int changes = !there || (flags & O_TRUNC && control[MODE] != BUDGET_MODE);
    if (changes && judge(CREATE, "open", path, 0) != PASS) return -1;
  }
  return (int)syscall(SYS_openat, folder, name, flags, mode);
}
#define MODE_OF(flags, mode)                                                                                           \
  mode_t mode = 0;                                                                                                     \
  if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                               \
    va_list more;                                                                                                      \
    va_start(more, flags);                                                                                             \
    mode = va_arg(more, mode_t);                                                                                       \
    va_end(more);                                                                                                      \
  }
int open(const char *name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, name, flags, mode);
}
int open64(const char *name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char *name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, name, flags, mode);
}
int openat64(int folder, const char *name, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, name, flags | O_LARGEFILE, mode);
}

/* Names */
int rename(const char *from, const char *to) {
  char path[PATH_MAX];
  if (control && named(AT_FDCWD, to, path) && judge(RENAME, "rename", path, 0) != PASS) return -1;
  return REAL(rename)(from, to);
}
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char path[PATH_MAX];
  if (control && named(to_folder, to, path) && judge(RENAME, "link", path, 0) != PASS) return -1;
  return REAL(linkat)(from_folder, from, to_folder, to, flags);
}
int unlink(const char *name) {
  char path[PATH_MAX];
  if (control && named(AT_FDCWD, name, path) && judge(REMOVE, "unlink", path, 0) != PASS) return -1;
  return REAL(unlink)(name);
}
int mkdir(const char *name, mode_t mode) {
  char path[PATH_MAX];
  if (control && named(AT_FDCWD, name, path) && judge(FOLDER, "mkdir", path, 0) != PASS) return -1;
  return REAL(mkdir)(name, mode);
}

/* Lengths */
static int truncated(int fd, off_t length) {
  char path[PATH_MAX];
  if (control && fd_path(fd, path)) {
    struct stat found;
    int grows = fstat(fd, &found) == 0 && length > found.st_size;
    /* Making a file shorter needs no room. */
    if ((grows || control[MODE] != BUDGET_MODE) && judge(TRUNCATE, "ftruncate", path, 0) != PASS) return -1;
  }
  return (int)syscall(SYS_ftruncate, fd, length);
}
int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off_t length) { return truncated(fd, length); }
