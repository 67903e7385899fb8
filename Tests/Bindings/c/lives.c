// Starts, stops and logs in every order, of what this library has beyond OpenDHT's; compiled with its own header.
#include <opendht/odht.h>

#include "probe.h"

static dht_runner *own;

/// Stops and deletes the runner of the callback that it is called in.
static void stop_and_delete(bool ok, void *user_data) {
  odht_runner_stop(own);
  dht_runner_delete(own);
  on_done(ok, user_data);
}

static void stopped_within(void) {
  told t;
  told_init(&t);
  dht_infohash key = key_of("within");
  own = start(NULL, NULL);
  dht_runner_get(own, &key, NULL, stop_and_delete, &t);
  fact(reaches(&t, &t.dones, 1, 20), "a callback stops its runner, then deletes it", "nothing in 20 s");
}

static void stop_too(void *user_data) {
  odht_runner_stop(own);
  on_end(user_data);
}

static void stopped_from_both_sides(void) {
  told t;
  told_init(&t);
  dht_infohash key = key_of("both sides");
  own = start(NULL, NULL);
  dht_op_token *token = dht_runner_listen(own, &key, on_listen, stop_too, &t);
  odht_runner_stop(own);
  fact(t.dones == 1 && !dht_runner_is_running(own), "the end of a listen stops the runner that is being stopped", "%d", t.dones);
  dht_op_token_delete(token);
  dht_runner_delete(own);
}

static void *start_own(void *code) {
  *(int *)code = dht_runner_run(own, 0);
  return NULL;
}

static void started_by_two(void) {
  int failed = 0;
  for (int round = 0; round < 50; round++) {
    own = dht_runner_new();
    int theirs = 0;
    pthread_t starter;
    pthread_create(&starter, NULL, start_own, &theirs);
    int ours = dht_runner_run(own, 0);
    pthread_join(starter, NULL);
    failed += ours || theirs || !dht_runner_is_running(own);
    dht_runner_delete(own);
  }
  fact(failed == 0, "two threads start one runner, and both are told that it runs", "%d of 50", failed);
}

static void *enter_own(void *port) {
  dht_runner_bootstrap(own, "127.0.0.1", port);
  return NULL;
}

static void entered_while_starting(void) {
  dht_runner *door = start(NULL, NULL);
  char port[8];
  snprintf(port, sizeof port, "%u", (unsigned)dht_runner_get_bound_port(door, AF_INET));
  int lost = 0;
  for (int round = 0; round < 20; round++) {
    own = dht_runner_new();
    pthread_t entering;
    pthread_create(&entering, NULL, enter_own, port);
    dht_runner_run(own, 0);
    pthread_join(entering, NULL);
    lost += odht_runner_wait_connected(own, 20000) != ODHT_OK;
    dht_runner_delete(own);
  }
  fact(lost == 0, "an entry point that is named while the node starts is used", "%d of 20 lost", lost);
  dht_runner_delete(door);
}

static int lines;
static void log_off(int level, const char *message, void *runner) {
  (void)level, (void)message;
  __atomic_add_fetch(&lines, 1, __ATOMIC_SEQ_CST);
  dht_runner_get_bound_port(runner, AF_INET);
  odht_runner_log_with(runner, NULL, NULL);
}
static void log_stop(int level, const char *message, void *runner) {
  (void)level, (void)message;
  __atomic_add_fetch(&lines, 1, __ATOMIC_SEQ_CST);
  odht_runner_stop(runner);
}

static void logs_that_call(void) {
  odht_log_cb calls[] = {log_off, log_stop};
  for (int i = 0; i < 2; i++) {
    lines = 0;
    dht_runner *runner = dht_runner_new();
    odht_runner_log_with(runner, calls[i], runner);
    dht_runner_run(runner, 0);
    for (int wait = 0; wait < 200 && !__atomic_load_n(&lines, __ATOMIC_SEQ_CST); wait++) nap(0.05);
    dht_runner_delete(runner);
    int at_delete = __atomic_load_n(&lines, __ATOMIC_SEQ_CST);
    fact(at_delete > 0, i ? "a log callback stops its runner" : "a log callback asks, and turns the log off", "no line");
  }
}

static void cancelled_before_it_was_signed(void) {
  dht_identity identity = odht_identity_generate("signer", NULL, 2048, true);
  dht_runner *a = start(NULL, NULL), *b = start(&identity, a);
  settle(b);
  told t;
  told_init(&t);
  dht_infohash key = key_of("cancelled");
  dht_value *value = dht_value_new_from_string("never kept");
  dht_runner_put_signed(b, &key, value, on_done, &t, true);
  dht_runner_cancel_put(b, &key, dht_value_get_id(value));
  reaches(&t, &t.dones, 1, 20);
  char *searches = odht_runner_print_searches(b, &key, AF_UNSPEC);
  fact(t.dones == 1 && !strstr(searches, "Announcement"), "a signed put is cancelled before it is signed", "%d %s", t.dones, searches);
  free(searches);
  dht_value_unref(value);
  dht_runner_delete(b), dht_runner_delete(a);
  dht_identity_delete(&identity);
}

static void settings(void) {
  odht_config config;
  odht_config_default(&config);
  config.requests_per_second = INT64_MAX, config.requests_per_second_and_address = INT64_MAX;
  dht_runner *runner = dht_runner_new();
  fact(odht_runner_run(runner, &config) == ODHT_OK, "the largest limit is a limit", "%s", odht_error());
  dht_runner_delete(runner);
  runner = dht_runner_new();
  config.size = 0;
  fact(odht_runner_run(runner, &config) == ODHT_INVALID, "a structure without a size is refused", "it runs");
  dht_runner_delete(runner);
  dht_identity nobody = {NULL, NULL}, made = dht_identity_generate("somebody", &nobody);
  fact(!made.privatekey && !made.certificate, "an issuer that is nobody signs nothing", "an identity");
}

int main(void) {
  alarm(100);  // a hang is what most of this would show
  stopped_within();
  stopped_from_both_sides();
  started_by_two();
  entered_while_starting();
  logs_that_call();
  cancelled_before_it_was_signed();
  settings();
  return failures != 0;
}
