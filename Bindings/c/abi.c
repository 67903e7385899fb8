// The functions whose layout or type differs between the two binary interfaces, on those of odht.h. Compiled once for
// each of them; everything else is the same code in both libraries.
#include <errno.h>
#include <opendht/odht.h>
#include <string.h>

const char *dht_version(void) {
#if OPENDHT_C_ABI >= 4
  return "4.3.1";
#else
  return "2.4.12";
#endif
}

#if OPENDHT_C_ABI >= 4
dht_value *dht_value_with_id_new(const uint8_t *data, size_t size, dht_value_id id) {
  return odht_value_new(data, size, 0, id, NULL);
}
#endif

void dht_runner_config_default(dht_runner_config *config) {
  if (!config) return;
  memset(config, 0, sizeof *config);
  config->threaded = true;
}

int dht_runner_run_config(dht_runner *runner, in_port_t port, const dht_runner_config *config) {
  odht_config all;
  odht_config_default(&all);
  all.port = port;
  if (config) {
    all.node_id = config->dht_config.node_config.node_id;
    all.network = config->dht_config.node_config.network;
    all.is_bootstrap = config->dht_config.node_config.is_bootstrap;
    all.maintain_storage = config->dht_config.node_config.maintain_storage;
    all.persist_path = config->dht_config.node_config.persist_path;
    all.identity = config->dht_config.id;
    all.proxy_server = config->proxy_server;
    all.push_node_id = config->push_node_id;
    all.push_token = config->push_token;
    all.push_topic = config->push_topic;
    all.push_platform = config->push_platform;
#if OPENDHT_C_ABI >= 4
    all.proxy_user_agent = config->proxy_user_agent;
#endif
    all.peer_discovery = config->peer_discovery;
    all.peer_publish = config->peer_publish;
    all.server_ca = config->server_ca;
    all.client_identity = config->client_identity;
    all.log = config->log;
  }
  return odht_runner_run(runner, &all) == ODHT_OK ? 0 : ENOTCONN;
}

int dht_runner_run(dht_runner *runner, in_port_t port) { return dht_runner_run_config(runner, port, NULL); }

#if OPENDHT_C_ABI >= 4
void dht_runner_put_encrypted(dht_runner *runner, const dht_infohash *key, const dht_pkid *to, const dht_value *value,
                              dht_done_cb done_cb, void *user_data, bool permanent) {
  odht_runner_put_encrypted(runner, key, NULL, to, value, done_cb, user_data, permanent);
}
#else
void dht_runner_put_encrypted(dht_runner *runner, const dht_infohash *key, const dht_infohash *to,
                              const dht_value *value, dht_done_cb done_cb, void *user_data, bool permanent) {
  odht_runner_put_encrypted(runner, key, to, NULL, value, done_cb, user_data, permanent);
}
#endif
