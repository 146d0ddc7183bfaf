/* The floor: what the kernel itself takes to print these files. Opened once, pread at offset 0 until the end, like the agent does.
 * usage: reads ROUNDS FILE...   prints microseconds per round */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char buffer[64 << 10];

int main(int argc, char **argv) {
  int rounds = atoi(argv[1]), files = argc - 2;
  int *fd = malloc(sizeof *fd * (size_t)files);
  struct timespec from, to;
  for (int i = 0; i < files; i++)
    if ((fd[i] = open(argv[i + 2], O_RDONLY)) < 0) return perror(argv[i + 2]), 1;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < files; i++) {
      off_t at = 0;
      ssize_t n;
      while ((n = pread(fd[i], buffer, sizeof buffer, at)) > 0) at += n;
      if (n < 0) return perror(argv[i + 2]), 1;
    }
  clock_gettime(CLOCK_MONOTONIC, &to);
  printf("%.2f\n", ((to.tv_sec - from.tv_sec) * 1e6 + (to.tv_nsec - from.tv_nsec) / 1e3) / rounds);
  return 0;
}
