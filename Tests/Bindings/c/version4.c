// What only the interface of 4.x has; compiled with this library's header.
#include "probe.h"

int main(void) {
  dht_runner_config config;
  dht_runner_config_default(&config);
  const uint8_t *bytes = (const uint8_t *)&config;
  int set = 0;
  for (size_t i = 0; i < sizeof config; i++) set += bytes[i] != 0;
  fact(set == 1 && bytes[56] == 1, "B-2 config_default sets one byte, at 56", "%d bytes", set);
  config.proxy_user_agent = "somebody/1";
  config.dht_config.node_config.network = 7;
  dht_runner *a = dht_runner_new(), *b = dht_runner_new();
  int code = dht_runner_run_config(a, 0, &config) | dht_runner_run_config(b, 0, &config);
  fact(code == 0, "run_config with the longer structure", "%d", code);
  char port[8];
  snprintf(port, sizeof port, "%u", (unsigned)dht_runner_get_bound_port(a, AF_INET));
  dht_runner_bootstrap(b, "127.0.0.1", port);
  settle(b);

  dht_value *value = dht_value_with_id_new((const uint8_t *)"abc", 3, 77);
  fact(dht_value_get_id(value) == 77 && dht_value_get_data(value).size == 3, "value_with_id_new", "%llu",
       (unsigned long long)dht_value_get_id(value));
  dht_infohash key = key_of("four");
  fact(put(b, &key, value, false) && dht_value_get_id(value) == 77, "a put keeps the id", "%llu",
       (unsigned long long)dht_value_get_id(value));
  told t;
  told_init(&t);
  dht_runner_get(a, &key, on_value, on_done, &t);
  fact(reaches(&t, &t.dones, 1, 20) && t.values == 1 && dht_value_get_id(t.last) == 77, "and it is found under it", "%d values",
       t.values);
  told_free(&t);
  dht_value_unref(value);
  dht_runner_delete(b), dht_runner_delete(a);
  return failures != 0;
}
