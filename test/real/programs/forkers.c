/* Children that make children, or threads, all the time are killed in the middle of it.
 *   forkers fork|vfork|thread|exec ROUNDS
 * Each waits until the last of its children is gone: none is left behind, stopped. With `exec`
 * they are not killed, but a thread of theirs ends the others by execve. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *nothing(void *argument) { return argument; }

static void *fork_on(void *argument) {
  for (;;)
    if (fork() == 0) _exit(0);
  return argument;
}

static void begin_one(const char *how) {
  if (strcmp(how, "vfork") == 0) {
    if (vfork() == 0) _exit(0);
  } else if (strcmp(how, "thread") == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0) pthread_detach(thread);
  } else if (fork() == 0) _exit(0);
}

static void begin_on(const char *how, int pause_us) {
  signal(SIGCHLD, SIG_IGN);
  if (strcmp(how, "exec") == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, fork_on, NULL) != 0) _exit(2);
    usleep(pause_us);
    execl("/bin/true", "true", NULL);
    _exit(2);
  }
  for (;;) begin_one(how);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  srand(1);
  for (int round = 0; round < atoi(argv[2]); round++) {
    int ends[2], pause_us = 500 + rand() % 3000;
    if (pipe(ends) != 0) return 2;
    pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      begin_on(argv[1], pause_us);
    }
    close(ends[1]);
    if (strcmp(argv[1], "exec") != 0) {
      usleep(pause_us);
      kill(child, SIGKILL);
    }
    waitpid(child, NULL, 0);
    char byte;
    if (read(ends[0], &byte, 1) != 0) return 2;
    close(ends[0]);
  }
  puts("done");
  return 0;
}
