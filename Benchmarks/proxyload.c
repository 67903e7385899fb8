// A load for the REST proxy of OpenDHT, any server of it: one thread, epoll, nothing but libc.
//
//   proxyload PORT requests info|get|put CONNECTIONS SECONDS     keep-alive requests, each after the answer of the last
//   proxyload PORT memory PID LISTENS                            resident memory for each listen, a key for each
//   proxyload PORT fanout LISTENS ROUNDS                         one change to many listeners of one key
//   proxyload PORT hold LISTENS KEYS SECONDS                     a change every 100 ms, and what each listener got of them
//
// Prints one JSON object. Ends with 1 when an answer was wrong, or something was lost.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_BYTES = 64 * 1024, REQUEST_BYTES = 512 };

typedef struct {
  int fd;
  int key;              // which key a listen is on
  double sent;          // when the request was sent
  unsigned put;         // how many values this connection has put
  unsigned long seen;   // changes that arrived
  unsigned last;        // number of the last change
  bool isOpen;          // the head of the stream has come
  size_t length;        // bytes that wait in `input`
  char *input;
} Connection;

static int port, epollFD;
static unsigned run;  // keeps the keys of one run from those of another

static void fail(const char *what) {
  fprintf(stderr, "proxyload: %s: %s\n", what, errno ? strerror(errno) : "wrong answer");
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double part(double *sorted, size_t count, double share) { return count ? sorted[(size_t)((count - 1) * share)] : 0; }

static void open_connection(Connection *c) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0) fail("socket");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  c->length = 0;
  if (!c->input && !(c->input = malloc(INPUT_BYTES))) fail("malloc");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(epollFD, EPOLL_CTL_ADD, c->fd, &event) < 0) fail("epoll_ctl");
}

static void send_text(Connection *c, const char *text) {
  size_t length = strlen(text);
  if (send(c->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
  c->sent = now();
}

// Appends what has arrived; false when the server closed.
static bool receive(Connection *c) {
  for (;;) {
    ssize_t got = recv(c->fd, c->input + c->length, INPUT_BYTES - 1 - c->length, 0);
    if (got == 0) return false;
    if (got < 0) {
      if (errno == EAGAIN) break;
      fail("recv");
    }
    c->length += got;
    if (c->length == INPUT_BYTES - 1) break;
  }
  c->input[c->length] = 0;
  return true;
}

// Bytes of the first whole answer in `input`, or 0. A stream ends with the last chunk.
static size_t answer_length(Connection *c) {
  char *end = strstr(c->input, "\r\n\r\n");
  if (!end) return 0;
  size_t head = end + 4 - c->input;
  char *length = strcasestr(c->input, "\r\ncontent-length:");
  if (length && length < end) {
    size_t whole = head + strtoul(length + 17, NULL, 10);
    return whole <= c->length ? whole : 0;
  }
  char *at = c->input + head;
  for (;;) {
    char *line = strstr(at, "\r\n");
    if (!line) return 0;
    size_t chunk = strtoul(at, NULL, 16);
    at = line + 2 + chunk + 2;
    if (at > c->input + c->length) return 0;
    if (chunk == 0) return at - c->input;
  }
}

static void request(Connection *c, const char *kind, unsigned number) {
  char text[REQUEST_BYTES], body[64];
  if (kind[0] == 'i') {
    snprintf(text, sizeof text, "GET /node/info HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  } else if (kind[0] == 'g') {
    snprintf(text, sizeof text, "GET /key/load-%u HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", run);
  } else {
    int length = snprintf(body, sizeof body, "{\"data\":\"aGVsbG8=\",\"id\":\"%u\"}", c->put + 1);
    snprintf(text, sizeof text,
             "POST /key/load-%u-%u-%u HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
             run, number, c->put++, length, body);
  }
  send_text(c, text);
}

// Puts a value and waits for the answer.
static void put(const char *key, unsigned id, unsigned number) {
  Connection c = {0};
  char text[REQUEST_BYTES], body[96];
  // Any value: its number is its id and its type of user, which every server tells again.
  int length = snprintf(body, sizeof body, "{\"data\":\"aGVsbG8=\",\"id\":\"%u\",\"utype\":\"n%u\"}", id, number);
  open_connection(&c);
  snprintf(text, sizeof text, "POST /key/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", key, length, body);
  send_text(&c, text);
  epoll_ctl(epollFD, EPOLL_CTL_DEL, c.fd, NULL);
  fcntl(c.fd, F_SETFL, 0);
  c.length = 0;
  while (!c.length || !answer_length(&c)) {
    if (!receive(&c)) break;
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    usleep(50);
  }
  if (strncmp(c.input, "HTTP/1.1 200", 12)) fail("put");
  close(c.fd);
  free(c.input);
}

static int requests(const char *kind, int connections, double seconds) {
  Connection *all = calloc(connections, sizeof *all);
  size_t room = 1 << 22, count = 0, wrong = 0;
  double *times = malloc(room * sizeof *times);
  if (kind[0] == 'g') {
    char key[64];
    snprintf(key, sizeof key, "load-%u", run);
    put(key, 1, 1);
  }
  for (int i = 0; i < connections; i++) open_connection(&all[i]);
  double began = now();
  for (int i = 0; i < connections; i++) request(&all[i], kind, i);
  struct epoll_event events[64];
  while (now() - began < seconds) {
    int ready = epoll_wait(epollFD, events, 64, 1000);
    for (int i = 0; i < ready; i++) {
      Connection *c = events[i].data.ptr;
      if (!receive(c)) fail("closed by the server");
      if (!answer_length(c)) continue;
      if (strncmp(c->input, "HTTP/1.1 200", 12)) wrong++;
      if (count < room) times[count++] = now() - c->sent;
      c->length = 0;
      request(c, kind, c - all);
    }
  }
  double took = now() - began;
  qsort(times, count, sizeof *times, compare);
  printf("{\"kind\":\"%s\",\"requests\":%zu,\"wrong\":%zu,\"perSecond\":%.0f,\"p50ms\":%.3f,\"p99ms\":%.3f}\n", kind, count, wrong,
         count / took, part(times, count, 0.5) * 1e3, part(times, count, 0.99) * 1e3);
  return wrong > 0;
}

static long resident(const char *pid) {
  char name[64];
  long pages = 0, rest;
  snprintf(name, sizeof name, "/proc/%s/statm", pid);
  FILE *file = fopen(name, "r");
  if (!file || fscanf(file, "%ld %ld", &rest, &pages) != 2) fail(name);
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

// Opens listens, a few at a time, and waits for the head of each.
static Connection *listens(int count, int keys, double *took) {
  Connection *all = calloc(count, sizeof *all);
  double began = now();
  int open = 0;
  struct epoll_event events[256];
  for (int i = 0; i < count || open < count;) {
    for (int n = 0; n < 64 && i < count && i - open < 512; n++, i++) {
      char text[REQUEST_BYTES];
      all[i].key = i % keys;
      open_connection(&all[i]);
      snprintf(text, sizeof text, "GET /key/load-%u-%d/listen HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", run, all[i].key);
      send_text(&all[i], text);
    }
    int ready = epoll_wait(epollFD, events, 256, 100);
    for (int e = 0; e < ready; e++) {
      Connection *c = events[e].data.ptr;
      if (!receive(c)) fail("a listen was closed");
      char *end = strstr(c->input, "\r\n\r\n");
      if (c->isOpen || !end) continue;
      c->isOpen = true;
      open++;
      size_t head = end + 4 - c->input;
      memmove(c->input, c->input + head, c->length - head + 1);
      c->length -= head;
    }
    if (now() - began > 120) fail("the listens did not open in 120 s");
  }
  *took = now() - began;
  return all;
}

// Takes the changes that have arrived, each by its number; returns how many.
static unsigned long take_changes(Connection *c) {
  unsigned long found = 0;
  char *from = c->input, *line;
  while ((line = memchr(from, '\n', c->input + c->length - from))) {
    *line = 0;
    char *number = strstr(from, "\"utype\":\"n");
    if (number && !strstr(from, "\"expired\"")) {
      c->last = strtoul(number + 10, NULL, 10);
      found++;
    }
    from = line + 1;
  }
  size_t rest = c->input + c->length - from;
  memmove(c->input, from, rest);
  c->length = rest;
  c->seen += found;
  return found;
}

static int memory(const char *pid, int count) {
  double took;
  long before = resident(pid);
  Connection *all = listens(count, count, &took);
  sleep(3);
  long after = resident(pid);
  for (int i = 0; i < count; i++) close(all[i].fd);
  sleep(2);
  printf("{\"listens\":%d,\"openedInSeconds\":%.2f,\"bytesPerListen\":%ld,\"residentAfterClose\":%ld}\n", count, took,
         (after - before) / count, resident(pid));
  return 0;
}

// One change at a time; the time from the start of its put until the last listener has it.
static int fanout(int count, int rounds) {
  double took, *times = malloc(rounds * sizeof *times);
  listens(count, 1, &took);
  char key[64];
  struct epoll_event events[256];
  snprintf(key, sizeof key, "load-%u-0", run);
  sleep(1);
  unsigned lost = 0;
  for (int round = 0; round < rounds; round++) {
    double began = now();
    put(key, 100 + round, round + 1);
    int missing = count;
    while (missing > 0 && now() - began < 10) {
      int ready = epoll_wait(epollFD, events, 256, 100);
      for (int e = 0; e < ready; e++) {
        Connection *c = events[e].data.ptr;
        if (!receive(c)) fail("a listen was closed");
        missing -= take_changes(c);
      }
    }
    times[round] = now() - began;
    lost += missing > 0 ? missing : 0;
    usleep(200 * 1000);
  }
  qsort(times, rounds, sizeof *times, compare);
  printf("{\"listeners\":%d,\"rounds\":%d,\"lost\":%u,\"p50ms\":%.1f,\"worstMs\":%.1f}\n", count, rounds, lost,
         part(times, rounds, 0.5) * 1e3, part(times, rounds, 1) * 1e3);
  return lost > 0;
}

static void drain(double seconds, unsigned long *got) {
  struct epoll_event events[256];
  double end = now() + seconds;
  for (double left = seconds; left > 0; left = end - now()) {
    int ready = epoll_wait(epollFD, events, 256, (int)(left * 1e3) + 1);
    for (int e = 0; e < ready; e++) {
      Connection *c = events[e].data.ptr;
      if (!receive(c)) fail("a listen was closed");
      *got += take_changes(c);
    }
  }
}

static int hold(int count, int keys, double seconds) {
  double took;
  Connection *all = listens(count, keys, &took);
  unsigned long wanted = 0, got = 0;
  unsigned *expected = calloc(keys, sizeof *expected), number = 0;
  double began = now();
  while (now() - began < seconds) {
    int key = number % keys;
    char name[64];
    snprintf(name, sizeof name, "load-%u-%d", run, key);
    number++;
    put(name, number + 1000, number);
    expected[key]++;
    drain(0.1, &got);
  }
  drain(5, &got);
  unsigned lost = 0;
  for (int i = 0; i < count; i++) {
    wanted += expected[all[i].key];
    lost += all[i].seen < expected[all[i].key] ? expected[all[i].key] - all[i].seen : 0;
  }
  printf("{\"listens\":%d,\"keys\":%d,\"seconds\":%.0f,\"changes\":%u,\"wanted\":%lu,\"got\":%lu,\"lost\":%u}\n", count, keys, seconds,
         number, wanted, got, lost);
  return lost > 0;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: proxyload PORT requests info|get|put CONNECTIONS SECONDS | memory PID LISTENS | fanout LISTENS ROUNDS | hold LISTENS KEYS SECONDS\n");
    return 64;
  }
  struct rlimit files = {0};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  port = atoi(argv[1]);
  run = (unsigned)getpid();
  epollFD = epoll_create1(0);
  const char *what = argv[2];
  if (!strcmp(what, "requests") && argc == 6) return requests(argv[3], atoi(argv[4]), atof(argv[5]));
  if (!strcmp(what, "memory") && argc == 5) return memory(argv[3], atoi(argv[4]));
  if (!strcmp(what, "fanout") && argc == 5) return fanout(atoi(argv[3]), atoi(argv[4]));
  if (!strcmp(what, "hold") && argc == 6) return hold(atoi(argv[3]), atoi(argv[4]), atof(argv[5]));
  fprintf(stderr, "proxyload: what is '%s'?\n", what);
  return 64;
}
