/* A file system of one file, `f`, which a thread of the program serves, and is asked each time. */
#ifndef SERVED_H
#define SERVED_H

#include "target.h"
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>

enum { SERVED_SIZE = 8192, FILE_NODE = 2 };

static char served_place[] = "/tmp/belay-served-XXXXXX";
static char served_file[sizeof served_place + 2];
static int served_device;

static void served_answer(uint64_t unique, int error, void *answer, size_t size) {
  struct fuse_out_header header = {(uint32_t)(sizeof header + size), error, unique};
  struct iovec parts[] = {{&header, sizeof header}, {answer, size}};
  CHECK(writev(served_device, parts, size > 0 ? 2 : 1) > 0);
}

static struct fuse_attr served_attributes(uint64_t node) {
  struct fuse_attr attributes = {.ino = node, .nlink = 1, .size = SERVED_SIZE};
  attributes.mode = node == FILE_NODE ? S_IFREG | 0755 : S_IFDIR | 0755;
  return attributes;
}

/* Nothing is told for longer than for the moment: each look is asked for anew. */
static void served_reply(const struct fuse_in_header *request, const void *argument) {
  static char content[SERVED_SIZE];
  switch (request->opcode) {
    case FUSE_INIT: {
      struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = 4096};
      served_answer(request->unique, 0, &init, sizeof init);
      return;
    }
    case FUSE_LOOKUP: {
      struct fuse_entry_out entry = {.nodeid = FILE_NODE, .attr = served_attributes(FILE_NODE)};
      int is_there = strcmp((const char *)argument, "f") == 0;
      served_answer(request->unique, is_there ? 0 : -ENOENT, &entry, is_there ? sizeof entry : 0);
      return;
    }
    case FUSE_GETATTR: {
      struct fuse_attr_out attributes = {.attr = served_attributes(request->nodeid)};
      served_answer(request->unique, 0, &attributes, sizeof attributes);
      return;
    }
    case FUSE_OPEN: {
      struct fuse_open_out opened = {0};
      served_answer(request->unique, 0, &opened, sizeof opened);
      return;
    }
    case FUSE_READ: {
      const struct fuse_read_in *read = (const struct fuse_read_in *)argument;
      size_t left = read->offset < SERVED_SIZE ? SERVED_SIZE - read->offset : 0;
      served_answer(request->unique, 0, content, left < read->size ? left : read->size);
      return;
    }
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      return;
    case FUSE_RELEASE:
    case FUSE_ACCESS:
      served_answer(request->unique, 0, NULL, 0);
      return;
    /* No FLUSH: that of the end would wait for a thread that has ended. */
    default:
      served_answer(request->unique, -ENOSYS, NULL, 0);
  }
}

static void *serve(void *unused) {
  static char request[1 << 18];
  for (;;) {
    ssize_t size = read(served_device, request, sizeof request);
    if (size < 0 && errno != EINTR && errno != EAGAIN && errno != ENOENT) return unused;
    const struct fuse_in_header *header = (const struct fuse_in_header *)request;
    if (size > 0) served_reply(header, request + sizeof *header);
  }
}

/* Where no file system may be served there is none to wait for. */
UNUSED static int begin_serving(void) {
  char options[100];
  pthread_t thread;
  served_device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (served_device < 0 || mkdtemp(served_place) == NULL) return 0;
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", served_device);
  if (mount("fuse", served_place, "fuse", 0, options) != 0) return 0;
  snprintf(served_file, sizeof served_file, "%s/f", served_place);
  CHECK(pthread_create(&thread, NULL, serve, NULL) == 0);
  return 1;
}

UNUSED static void unmount_served(void) {
  umount2(served_place, MNT_DETACH);
  rmdir(served_place);
}

UNUSED static int end_serving(void) {
  unmount_served();
  return ok();
}

#endif
