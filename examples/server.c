/*
 * A small HTTP server with three real bugs that outlives them by fallback points.
 *
 *     cc -g -I include -o server examples/server.c
 *     belay run --peers=keep -- ./server
 *
 * One thread, one poll loop, connections that stay open. Before each request it sets a fallback
 * point and forgets the former one. A request that makes it fall finds it back there: it closes the
 * connection that the request came over, and serves the others on. Without belay tsetjmp fails with
 * ENOSYS, and the first such request is the last.
 */
#include <arpa/inet.h>
#include <belay.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS_MAX 32
#define REQUEST_SIZE 8192

struct page {
  char path[24];
  struct page *next;
  unsigned long hits;
};

static struct pollfd sockets[1 + CONNECTIONS_MAX]; /* the listener, then the connections */
static struct page *pages;
static unsigned long requests;

static void answer(int connection, const char *status, const char *body) {
  dprintf(connection, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

/* Bug 1: the value of a header goes into 64 bytes on the stack, however long it is. */
static void copy_agent(char *request, char *body) {
  char agent[64] = "somebody";
  char *header = strstr(request, "User-Agent: ");
  if (header != NULL) {
    strcpy(agent, strtok(header + strlen("User-Agent: "), "\r\n"));
  }
  sprintf(body + strlen(body), "thank you, %.60s\n", agent);
}

/* Bug 2: so does the path, into a list on the heap, and whatever follows it there. */
static struct page *count_hit(const char *path) {
  struct page *page = pages;
  while (page != NULL && strcmp(page->path, path) != 0) page = page->next;
  if (page == NULL) {
    page = calloc(1, sizeof *page);
    page->next = pages;
    strcpy(page->path, path);
    pages = page;
  }
  page->hits++;
  return page;
}

static unsigned long count_all_hits(void) {
  unsigned long hits = 0;
  for (struct page *page = pages; page != NULL; page = page->next) hits += page->hits;
  return hits;
}

/* Bug 3: nobody thought of zero. */
static long share_of(const char *path) {
  const char *parts = strchr(path, '=');
  return parts == NULL ? 0 : (long)requests / strtol(parts + 1, NULL, 10);
}

static void handle(int connection, char *request) {
  char body[512];
  char path[REQUEST_SIZE] = "/";
  sscanf(request, "GET %8191s", path);
  requests++;
  struct page *page = count_hit(path);
  unsigned long hits = count_all_hits();
  sprintf(body, "%.20s: hit %lu of %lu, share %ld; ", path, page->hits, hits, share_of(path));
  copy_agent(request, body);
  answer(connection, "200 OK", body);
}

/* One request to its blank line; 0 when the client is gone. */
static int read_request(int connection, char *request) {
  size_t size = 0;
  do {
    ssize_t count = read(connection, request + size, REQUEST_SIZE - 1 - size);
    if (count <= 0) return 0;
    size += (size_t)count;
    request[size] = '\0';
  } while (strstr(request, "\r\n\r\n") == NULL);
  return 1;
}

/* 0: the connection is to be closed. */
static int serve(int connection) {
  static int point;
  char request[REQUEST_SIZE];
  struct tjmp why = {0};
  if (point > 0) tforget(point);
  point = tsetjmp(&why);
  if (why.cause == TJMP_SIGNAL) {
    char body[64];
    sprintf(body, "fell: %s\n", strsignal(why.signo));
    answer(connection, "500 Internal Server Error", body);
    return 0;
  }
  if (!read_request(connection, request)) return 0;
  handle(connection, request);
  return 1;
}

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 16) != 0) {
    perror("server");
    exit(1);
  }
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i <= CONNECTIONS_MAX; i++) sockets[i] = (struct pollfd){-1, POLLIN, 0};
  sockets[0].fd = listen_on_loopback();
  for (;;) {
    poll(sockets, 1 + CONNECTIONS_MAX, -1);
    for (int i = 1; i <= CONNECTIONS_MAX; i++) {
      if (sockets[i].fd >= 0 && sockets[i].revents != 0 && !serve(sockets[i].fd)) {
        close(sockets[i].fd);
        sockets[i].fd = -1;
      } else if (sockets[i].fd < 0 && sockets[0].revents != 0) {
        sockets[i].fd = accept(sockets[0].fd, NULL, NULL);
        sockets[i].revents = sockets[0].revents = 0;
      }
    }
  }
}
