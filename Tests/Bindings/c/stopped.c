// A node that does not run: every operation ends at once, on the caller's thread.
#include "probe.h"

static void ended_here(told *t, const char *name) {
  bool here = t->dones == 1 && t->oks == 0 && pthread_equal(t->thread, pthread_self());
  fact(here, name, "%d calls, %d ok", t->dones, t->oks);
}

int main(void) {
  dht_runner_config config;
  memset(&config, 0x55, sizeof config);
  dht_runner_config_default(&config);
  const uint8_t *bytes = (const uint8_t *)&config;
  int set = 0, where = -1;
  for (size_t i = 0; i < sizeof config; i++)
    if (bytes[i]) set++, where = (int)i;
  fact(set == 1 && where == 56 && bytes[56] == 1, "B-2 config_default sets one byte, at 56", "%d bytes, last %d", set, where);

  dht_runner *runner = dht_runner_new();
  fact(!dht_runner_is_running(NULL) && !dht_runner_is_running(runner), "is_running before run, and of NULL", "true");
  fact(!dht_runner_get_bound_port(runner, 0) && !dht_runner_get_bound_port(runner, AF_INET6), "no port before run", "one");
  dht_infohash id = dht_runner_get_node_id(runner);
  fact(dht_infohash_is_zero(&id), "no node id before run", "%s", dht_infohash_print(&id));
  id = dht_runner_get_id(runner);
  fact(dht_infohash_is_zero(&id), "no id before run", "%s", dht_infohash_print(&id));
  fact(!dht_runner_get_public_address(runner), "no public address before run", "one");

  dht_infohash key = key_of("stopped");
  dht_value *value = dht_value_new_from_string("v");
  told t;
  told_init(&t);
  dht_runner_put(runner, &key, value, on_done, &t, false);
  ended_here(&t, "B-5 put before run fails here and now");
  told_init(&t);
  dht_runner_put(runner, &key, value, on_done, &t, true);
  ended_here(&t, "B-5 a permanent put before run fails here and now");
  told_init(&t);
  dht_runner_put_signed(runner, &key, value, on_done, &t, false);
  ended_here(&t, "B-5 put_signed before run fails here and now");
  told_init(&t);
  dht_runner_get(runner, &key, on_value, on_done, &t);
  ended_here(&t, "B-5 get before run fails here and now");
  dht_runner_put(runner, &key, value, NULL, NULL, false);
  dht_runner_get(runner, &key, on_value, NULL, &t);
  fact(true, "done may be NULL", "crash");
  dht_runner_cancel_put(runner, &key, 5);
  told_init(&t);
  dht_runner_shutdown(runner, on_end, &t);
  fact(t.dones == 1 && pthread_equal(t.thread, pthread_self()), "shutdown before run calls back here and now", "%d calls",
       t.dones);
  dht_runner_shutdown(runner, NULL, NULL);
  dht_value_unref(value);
  dht_runner_delete(runner);
  return failures != 0;
}
