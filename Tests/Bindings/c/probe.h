// Facts about a library that has the C interface of OpenDHT: one line each, `ok <name>` or `FAIL <name>: <what was seen>`.
// Every probe is compiled once, against the header and library of Debian, and run with both libraries.
#define _GNU_SOURCE
#include <opendht/opendht_c.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int failures;

/// What was seen explains a failure; it is printed only then.
__attribute__((format(printf, 3, 4), unused)) static bool fact(bool holds, const char *name, const char *seen, ...) {
  if (holds) {
    printf("ok %s\n", name);
  } else {
    failures++;
    printf("FAIL %s: ", name);
    va_list arguments;
    va_start(arguments, seen);
    vprintf(seen, arguments);
    va_end(arguments);
    printf("\n");
  }
  fflush(stdout);
  return holds;
}

/// What the callbacks of one operation told.
typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int values, expired, dones, oks, after_done;
  bool answer;               // what value callbacks return
  pthread_t thread;          // of the last callback
  bool one_thread;           // every callback came on the same
  dht_value *last;           // a handle of the last value
} told;

__attribute__((unused)) static void told_init(told *t) {
  memset(t, 0, sizeof *t);
  pthread_mutex_init(&t->lock, NULL);
  pthread_cond_init(&t->changed, NULL);
  t->answer = t->one_thread = true;
}

__attribute__((unused)) static void told_free(told *t) {
  dht_value_unref(t->last);
  t->last = NULL;
}

__attribute__((unused)) static void note_thread(told *t) {
  if (t->values + t->expired + t->dones && !pthread_equal(t->thread, pthread_self())) t->one_thread = false;
  t->thread = pthread_self();
  if (t->dones) t->after_done++;
}

__attribute__((unused)) static bool on_listen(const dht_value *value, bool expired, void *user_data) {
  told *t = user_data;
  pthread_mutex_lock(&t->lock);
  note_thread(t);
  if (expired) {
    t->expired++;
  } else {
    t->values++;
    dht_value_unref(t->last);
    t->last = dht_value_ref(value);
  }
  bool answer = t->answer;
  pthread_cond_broadcast(&t->changed);
  pthread_mutex_unlock(&t->lock);
  return answer;
}

__attribute__((unused)) static bool on_value(const dht_value *value, void *user_data) {
  return on_listen(value, false, user_data);
}

__attribute__((unused)) static void on_done(bool ok, void *user_data) {
  told *t = user_data;
  pthread_mutex_lock(&t->lock);
  note_thread(t);
  t->dones++;
  t->oks += ok;
  pthread_cond_broadcast(&t->changed);
  pthread_mutex_unlock(&t->lock);
}

__attribute__((unused)) static void on_end(void *user_data) { on_done(true, user_data); }

/// Waits until a counter has reached a number; false after the time.
__attribute__((unused)) static bool reaches(told *t, const int *counter, int wanted, double seconds) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += (time_t)seconds;
  end.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
  if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
  pthread_mutex_lock(&t->lock);
  int late = 0;
  while (*counter < wanted && !late) late = pthread_cond_timedwait(&t->changed, &t->lock, &end);
  bool reached = *counter >= wanted;
  pthread_mutex_unlock(&t->lock);
  return reached;
}

__attribute__((unused)) static void nap(double seconds) { usleep((useconds_t)(seconds * 1e6)); }

__attribute__((unused)) static dht_infohash key_of(const char *text) {
  dht_infohash key;
  dht_infohash_get_from_string(&key, text);
  return key;
}

/// A node on any port, with an identity or without, that enters through another one if there is one.
__attribute__((unused)) static dht_runner *start(const dht_identity *identity, const dht_runner *door) {
  dht_runner *runner = dht_runner_new();
  dht_runner_config config;
  dht_runner_config_default(&config);
  if (identity) config.dht_config.id = *identity;
  int code = dht_runner_run_config(runner, 0, &config);
  if (code) {
    printf("FAIL a node starts: %d\n", code);
    exit(1);
  }
  if (door) {
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)dht_runner_get_bound_port(door, AF_INET));
    dht_runner_bootstrap(runner, "127.0.0.1", port);
  }
  return runner;
}

/// Puts and waits for the end; whether it was stored.
__attribute__((unused)) static bool put(dht_runner *runner, const dht_infohash *key, const dht_value *value, bool permanent) {
  told t;
  told_init(&t);
  dht_runner_put(runner, key, value, on_done, &t, permanent);
  return reaches(&t, &t.dones, 1, 20) && t.oks == 1;
}

/// A node stores once it knows another one: the first put of two fresh nodes may come too early, so it is repeated.
__attribute__((unused)) static bool settle(dht_runner *runner) {
  for (int attempt = 0; attempt < 30; attempt++) {
    char text[32];
    snprintf(text, sizeof text, "settle %d", attempt);
    dht_infohash key = key_of(text);
    dht_value *value = dht_value_new_from_string(text);
    bool stored = put(runner, &key, value, false);
    dht_value_unref(value);
    if (stored) return true;
    nap(0.3);
  }
  return false;
}

/// The bytes of a file, terminated; NULL when there is none.
__attribute__((unused)) static uint8_t *contents(const char *folder, const char *name, size_t *size) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) {
    printf("FAIL %s is there\n", path);
    exit(1);
  }
  uint8_t *bytes = malloc(1 << 16);
  *size = fread(bytes, 1, (1 << 16) - 1, file);
  bytes[*size] = 0;
  fclose(file);
  return bytes;
}

/// The identity that a folder holds as key.pem and certificate.pem.
__attribute__((unused)) static dht_identity identity_in(const char *folder) {
  dht_identity identity;
  size_t size;
  uint8_t *bytes = contents(folder, "key.pem", &size);
  identity.privatekey = dht_privatekey_import(bytes, size, NULL);
  free(bytes);
  bytes = contents(folder, "certificate.pem", &size);
  identity.certificate = dht_certificate_import(bytes, size);
  free(bytes);
  return identity;
}
