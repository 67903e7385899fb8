#include "opendht_private.h"

#include <opendht/odht.h>

// The layouts that programs were compiled with, in bytes, where pointers have 8 of them. (bindings.md §1.2)
#if UINTPTR_MAX == UINT64_MAX
#define LAYOUT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field)
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)

SIZE(bool, 1);
SIZE(dht_data_view, 16);
LAYOUT(dht_data_view, size, 8);
SIZE(dht_infohash, 20);
SIZE(dht_pkid, 32);
_Static_assert(_Alignof(dht_infohash) == 1 && _Alignof(dht_pkid) == 1, "ids stand anywhere");
SIZE(dht_identity, 16);
LAYOUT(dht_identity, certificate, 8);
SIZE(dht_node_config, 40);
LAYOUT(dht_node_config, network, 20);
LAYOUT(dht_node_config, is_bootstrap, 24);
LAYOUT(dht_node_config, maintain_storage, 25);
LAYOUT(dht_node_config, persist_path, 32);
SIZE(dht_secure_config, 56);
LAYOUT(dht_secure_config, id, 40);
LAYOUT(dht_runner_config, threaded, 56);
LAYOUT(dht_runner_config, proxy_server, 64);
LAYOUT(dht_runner_config, push_node_id, 72);
LAYOUT(dht_runner_config, push_token, 80);
LAYOUT(dht_runner_config, push_topic, 88);
LAYOUT(dht_runner_config, push_platform, 96);
#if OPENDHT_C_ABI >= 4
SIZE(dht_runner_config, 152);
LAYOUT(dht_runner_config, proxy_user_agent, 104);
LAYOUT(dht_runner_config, peer_discovery, 112);
LAYOUT(dht_runner_config, peer_publish, 113);
LAYOUT(dht_runner_config, server_ca, 120);
LAYOUT(dht_runner_config, client_identity, 128);
LAYOUT(dht_runner_config, log, 144);
#else
SIZE(dht_runner_config, 144);
LAYOUT(dht_runner_config, peer_discovery, 104);
LAYOUT(dht_runner_config, peer_publish, 105);
LAYOUT(dht_runner_config, server_ca, 112);
LAYOUT(dht_runner_config, client_identity, 120);
LAYOUT(dht_runner_config, log, 136);
#endif
#endif

static _Thread_local char hash_buffer[OPENDHT_DIGITS_SIZE];
static _Thread_local char pkid_buffer[OPENDHT_DIGITS_SIZE];
static _Thread_local char error_buffer[OPENDHT_ERROR_SIZE];

char *opendht_hash_buffer(void) { return hash_buffer; }
char *opendht_pkid_buffer(void) { return pkid_buffer; }
char *opendht_error_buffer(void) { return error_buffer; }
