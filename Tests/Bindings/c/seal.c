// Puts a text that only one node can read: seal FOLDER PORT ID KEY TEXT, the id in hexadecimal digits as the interface wants it.
#include "probe.h"

int main(int count, char **arguments) {
  if (count < 6) return 2;
  dht_identity me = identity_in(arguments[1]);
  dht_runner *runner = start(&me, NULL);
  dht_runner_bootstrap(runner, "127.0.0.1", arguments[2]);
#if OPENDHT_C_ABI >= 4
  dht_pkid to;
#else
  dht_infohash to;
#endif
  for (size_t i = 0; i < sizeof to.d; i++) sscanf(arguments[3] + 2 * i, "%2hhx", &to.d[i]);
  dht_infohash key = key_of(arguments[4]);
  dht_value *value = dht_value_new_from_string(arguments[5]);
  // The recipient announces its certificate once it knows us.
  bool stored = false;
  for (int attempt = 0; attempt < 20 && !stored; attempt++) {
    told t;
    told_init(&t);
    dht_runner_put_encrypted(runner, &key, &to, value, on_done, &t, false);
    stored = reaches(&t, &t.dones, 1, 20) && t.oks == 1;
    if (!stored) nap(0.5);
  }
  fact(stored, "B-11 put_encrypted to a node of the reference", "never stored");
  dht_infohash id = dht_runner_get_id(runner);
  printf("id %s\n", dht_infohash_print(&id));
  // Until the reader is through: the value may lie with us alone.
  fflush(stdout);
  getchar();
  dht_value_unref(value);
  dht_runner_delete(runner);
  dht_identity_delete(&me);
  return failures != 0;
}
