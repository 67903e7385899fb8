// Sizes and offsets of everything that programs were compiled with: `type.field offset size`, one a line.
#include <opendht/opendht_c.h>
#include <stdio.h>

#define SIZE(type) printf(#type " %zu %zu\n", sizeof(type), _Alignof(type))
#define FIELD(type, field) printf(#type "." #field " %zu %zu\n", offsetof(type, field), sizeof(((type *)0)->field))

int main(void) {
  SIZE(bool);
  SIZE(dht_value_id);
  SIZE(in_port_t);
  SIZE(dht_data_view);
  FIELD(dht_data_view, data);
  FIELD(dht_data_view, size);
  SIZE(dht_infohash);
  SIZE(dht_pkid);
  SIZE(dht_identity);
  FIELD(dht_identity, privatekey);
  FIELD(dht_identity, certificate);
  SIZE(dht_node_config);
  FIELD(dht_node_config, node_id);
  FIELD(dht_node_config, network);
  FIELD(dht_node_config, is_bootstrap);
  FIELD(dht_node_config, maintain_storage);
  FIELD(dht_node_config, persist_path);
  SIZE(dht_secure_config);
  FIELD(dht_secure_config, node_config);
  FIELD(dht_secure_config, id);
  SIZE(dht_runner_config);
  FIELD(dht_runner_config, dht_config);
  FIELD(dht_runner_config, threaded);
  FIELD(dht_runner_config, proxy_server);
  FIELD(dht_runner_config, push_node_id);
  FIELD(dht_runner_config, push_token);
  FIELD(dht_runner_config, push_topic);
  FIELD(dht_runner_config, push_platform);
#if OPENDHT_C_ABI >= 4
  FIELD(dht_runner_config, proxy_user_agent);
#endif
  FIELD(dht_runner_config, peer_discovery);
  FIELD(dht_runner_config, peer_publish);
  FIELD(dht_runner_config, server_ca);
  FIELD(dht_runner_config, client_identity);
  FIELD(dht_runner_config, log);
  return 0;
}
