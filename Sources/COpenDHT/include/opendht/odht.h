/*
 * What the C interface of OpenDHT lacks: filters, outcomes that say who stored what, queries, statistics, logs,
 * certificates, trust. C++, Python and Rust stand on it. The rules of `opendht/opendht_c.h` hold here too.
 *
 * Strings and arrays returned as "own" are freed with free(3).
 * A function that fails returns NULL, false or a code, and `odht_error()` says why in one line.
 */
#ifndef OPENDHT_ODHT_H
#define OPENDHT_ODHT_H

#include <opendht/opendht_c.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this library. Static. */
OPENDHT_C_PUBLIC const char *odht_version(void);
/** Why the last function that failed on this thread did; "" before. In a buffer of the thread that the next failure
 * overwrites. */
OPENDHT_C_PUBLIC const char *odht_error(void);

/* ---- Values --------------------------------------------------------------------------------------------------- */

/** Copies everything; `user_type` may be NULL. Own: `dht_value_unref`. */
OPENDHT_C_PUBLIC dht_value *odht_value_new(const uint8_t *data, size_t size, uint16_t type, dht_value_id id,
                                           const char *user_type);
/** Number of the type; 0 for a value that is still encrypted. */
OPENDHT_C_PUBLIC uint16_t odht_value_get_type(const dht_value *value);
OPENDHT_C_PUBLIC void odht_value_set_type(dht_value *value, uint16_t type);
OPENDHT_C_PUBLIC void odht_value_set_id(dht_value *value, dht_value_id id);
/** Copies the bytes. What `dht_value_get_data` gave before is not valid any more. */
OPENDHT_C_PUBLIC void odht_value_set_data(dht_value *value, const uint8_t *data, size_t size);
/** A copy of the data, whatever other threads set meanwhile. `size` gets its length, NULL is allowed. Own. */
OPENDHT_C_PUBLIC char *odht_value_copy_data(const dht_value *value, size_t *size);
/** The same of the user type. Own. */
OPENDHT_C_PUBLIC char *odht_value_copy_user_type(const dht_value *value, size_t *size);
/** Names a recipient, for the application: `odht_put_options` says whom a put is for. */
OPENDHT_C_PUBLIC void odht_value_set_recipient(dht_value *value, const dht_infohash *recipient);
/** Number of the edition of a signed value. */
OPENDHT_C_PUBLIC uint16_t odht_value_get_sequence(const dht_value *value);
/** Bytes that count for the limits of the network. */
OPENDHT_C_PUBLIC size_t odht_value_get_size(const dht_value *value);
OPENDHT_C_PUBLIC bool odht_value_is_signed(const dht_value *value);
/** Still encrypted: for somebody else. */
OPENDHT_C_PUBLIC bool odht_value_is_encrypted(const dht_value *value);
/** It came encrypted for us and was opened. */
OPENDHT_C_PUBLIC bool odht_value_was_encrypted(const dht_value *value);
/** `Value[id:992ec4b0ca3eaa12 data(text/plain):"hello"]`. May hold zeros: `size` gets the length, NULL is allowed. Own. */
OPENDHT_C_PUBLIC char *odht_value_print(const dht_value *value, size_t *size);

/* ---- Queries -------------------------------------------------------------------------------------------------- */

/** Which fields to fetch, of which values. */
typedef struct odht_query odht_query;
/** Fields of a value, for `odht_query_select`. */
enum {
  ODHT_FIELD_ID = 1,
  ODHT_FIELD_VALUE_TYPE = 2,
  ODHT_FIELD_OWNER = 3,
  ODHT_FIELD_SEQUENCE = 4,
  ODHT_FIELD_USER_TYPE = 5
};
/** Reads `SELECT id,user_type WHERE value_type=3,user_type="text/plain"`; NULL or "" is everything. NULL when a condition
 * names no field. Own: `odht_query_delete`. */
OPENDHT_C_PUBLIC odht_query *odht_query_new(const char *text);
OPENDHT_C_PUBLIC odht_query *odht_query_copy(const odht_query *query);
/** NULL is allowed. */
OPENDHT_C_PUBLIC void odht_query_delete(odht_query *query);
/** Adds a field to fetch. False when there is no such field. */
OPENDHT_C_PUBLIC bool odht_query_select(odht_query *query, int field);
OPENDHT_C_PUBLIC void odht_query_where_id(odht_query *query, dht_value_id id);
OPENDHT_C_PUBLIC void odht_query_where_value_type(odht_query *query, uint16_t type);
OPENDHT_C_PUBLIC void odht_query_where_owner(odht_query *query, const dht_infohash *owner);
OPENDHT_C_PUBLIC void odht_query_where_sequence(odht_query *query, uint16_t sequence);
OPENDHT_C_PUBLIC void odht_query_where_user_type(odht_query *query, const char *user_type);
/** Whether the answer to `other` answers this query too. */
OPENDHT_C_PUBLIC bool odht_query_is_satisfied_by(const odht_query *query, const odht_query *other);
/** Whether a value passes every condition. */
OPENDHT_C_PUBLIC bool odht_query_matches(const odht_query *query, const dht_value *value);
/** `Query[SELECT * WHERE id=5]`. Own. */
OPENDHT_C_PUBLIC char *odht_query_print(const odht_query *query);

/** The fetched fields of one value. */
typedef struct odht_record {
  /** Sum of 1 << field, of the fields that are there. */
  uint32_t fields;
  dht_value_id id;
  uint16_t value_type;
  uint16_t sequence;
  dht_infohash owner;
  /** Borrowed; NULL if it is not there. */
  const char *user_type;
} odht_record;

/* ---- Outcomes ------------------------------------------------------------------------------------------------- */

/** How something ended. */
enum {
  ODHT_OK = 0,
  ODHT_NOT_RUNNING = 1,
  ODHT_ALREADY_RUNNING = 2,
  ODHT_PORT_IN_USE = 3,
  ODHT_CANNOT_BIND = 4,
  /** No node could be asked: we are cut off. */
  ODHT_ISOLATED = 5,
  /** Too many operations run. */
  ODHT_THROTTLED = 6,
  ODHT_TIMED_OUT = 7,
  ODHT_CANCELLED = 8,
  /** A newer put under the same id took its place. */
  ODHT_REPLACED = 9,
  /** Nodes were asked and none stored the value. */
  ODHT_NOT_STORED = 10,
  /** The request makes no sense; nothing was sent. */
  ODHT_INVALID = 11,
  ODHT_CANNOT_RESOLVE = 12,
  ODHT_NO_ANSWER = 13,
  ODHT_NO_IDENTITY = 14,
  ODHT_RECIPIENT_UNKNOWN = 15,
  ODHT_SEQUENCE_EXHAUSTED = 16,
  /** A key or cipher; the message says which. */
  ODHT_SECURITY = 17,
  /** This library cannot do it. */
  ODHT_UNSUPPORTED = 18
};

/** What a node did in an operation. */
enum {
  /** It answered a get, a query or a ping. */
  ODHT_NODE_ANSWERED = 0,
  /** It acknowledged the value. */
  ODHT_NODE_STORED = 1,
  /** Three sends, no answer. */
  ODHT_NODE_SILENT = 2,
  /** It answered with an error. */
  ODHT_NODE_REFUSED = 3,
  /** Its answer named no value. */
  ODHT_NODE_ACKNOWLEDGED_NOTHING = 4,
  /** It holds a signed value under the id. */
  ODHT_NODE_HOLDS_SIGNED_VALUE = 5,
  /** It acknowledged, but reading back did not show the value. */
  ODHT_NODE_NOT_FOUND_ON_VERIFY = 6,
  /** It acknowledged, but did not answer when the value was read back. */
  ODHT_NODE_SILENT_ON_VERIFY = 7,
  /** The system could not send to it. */
  ODHT_NODE_UNREACHABLE = 8,
  /** The operation ended before it answered. */
  ODHT_NODE_UNFINISHED = 9
};

/** Room for `[address%scope]:port` and a terminator, in bytes. */
#define ODHT_ADDRESS_SIZE 64

/** A node of the network. */
typedef struct odht_node {
  dht_infohash id;
  /** `192.0.2.1:4222` or `[2001:db8::1]:4222`. */
  char address[ODHT_ADDRESS_SIZE];
  /** ODHT_NODE_…: what it did. */
  int state;
  /** Of ODHT_NODE_REFUSED: its error, 401 for a refused token. */
  uint16_t error;
  /** It does not answer any more. */
  bool expired;
} odht_node;

/** How an operation ended, borrowed until the done callback returns. */
typedef struct odht_outcome odht_outcome;
/** ODHT_OK or why not. A get that only some nodes answered is OK; the counts tell. */
OPENDHT_C_PUBLIC int odht_outcome_get_code(const odht_outcome *outcome);
/** One line for people, "" when all is well. Borrowed. */
OPENDHT_C_PUBLIC const char *odht_outcome_get_message(const odht_outcome *outcome);
/** Nodes that answered or were asked to store, nearest to the key first. */
OPENDHT_C_PUBLIC size_t odht_outcome_get_node_count(const odht_outcome *outcome);
/** False when there is no such index. */
OPENDHT_C_PUBLIC bool odht_outcome_get_node(const odht_outcome *outcome, size_t index, odht_node *node);
/** Of a put: under which id the value stands. */
OPENDHT_C_PUBLIC dht_value_id odht_outcome_get_value_id(const odht_outcome *outcome);
/** Of a put of a signed value: number of the edition. */
OPENDHT_C_PUBLIC uint16_t odht_outcome_get_sequence(const odht_outcome *outcome);
/** Of a put with `verify`: whether the nodes that stored it were asked. */
OPENDHT_C_PUBLIC bool odht_outcome_is_verified(const odht_outcome *outcome);
/** Of a get or query: how many of the `closest` live nodes answered. */
OPENDHT_C_PUBLIC size_t odht_outcome_get_answered(const odht_outcome *outcome);
OPENDHT_C_PUBLIC size_t odht_outcome_get_closest(const odht_outcome *outcome);
/** Of a get: values that were not delivered, badly signed or for somebody else. */
OPENDHT_C_PUBLIC size_t odht_outcome_get_refused(const odht_outcome *outcome);
/** Of a get or query: values or records that were dropped since callbacks were too slow: more than 65536, or 64 MiB,
 * waited. */
OPENDHT_C_PUBLIC size_t odht_outcome_get_dropped(const odht_outcome *outcome);
/** Of a ping: microseconds until the answer. */
OPENDHT_C_PUBLIC uint64_t odht_outcome_get_round_trip(const odht_outcome *outcome);

/** The end of an operation: exactly once, and the last call with its user data. */
typedef void (*odht_done_cb)(const odht_outcome *outcome, void *user_data);
/** One record of a query; false ends it. */
typedef bool (*odht_record_cb)(const odht_record *record, void *user_data);

/* ---- Operations ----------------------------------------------------------------------------------------------- */

/** A handle of a running operation. Never NULL from the functions below; own: `odht_operation_delete`. */
typedef struct odht_operation odht_operation;
/** Ends the operation: its done callback comes, with ODHT_CANCELLED unless it was over. */
OPENDHT_C_PUBLIC void odht_operation_cancel(odht_operation *operation);
/** Frees the handle; the operation goes on. NULL is allowed. */
OPENDHT_C_PUBLIC void odht_operation_delete(odht_operation *operation);

/* `deadline` is in milliseconds from now, 0 for what the network needs. Callbacks may be NULL. */

/** Finds the values of a key that pass the conditions of `where`, NULL for all. */
OPENDHT_C_PUBLIC odht_operation *odht_runner_get(dht_runner *runner, const dht_infohash *key, const odht_query *where,
                                                 uint32_t deadline, dht_get_cb cb, odht_done_cb done_cb,
                                                 void *user_data);
/** Fetches fields of the values of a key, without their data. */
OPENDHT_C_PUBLIC odht_operation *odht_runner_query(dht_runner *runner, const dht_infohash *key,
                                                   const odht_query *query, uint32_t deadline, odht_record_cb cb,
                                                   odht_done_cb done_cb, void *user_data);
/** Tells of values that pass the conditions of `where`, and of their changes, until cancelled. */
OPENDHT_C_PUBLIC odht_operation *odht_runner_listen(dht_runner *runner, const dht_infohash *key,
                                                    const odht_query *where, dht_value_cb cb, odht_done_cb done_cb,
                                                    void *user_data);
/** Pings a host by name or address; `service` as in `dht_runner_bootstrap`. */
OPENDHT_C_PUBLIC odht_operation *odht_runner_ping(dht_runner *runner, const char *host, const char *service,
                                                  uint32_t deadline, odht_done_cb done_cb, void *user_data);

/** How to store a value. */
typedef struct odht_put_options {
  /** sizeof(odht_put_options): later versions add fields. */
  size_t size;
  /** Sign it with the node's identity. */
  bool is_signed;
  /** Keep it alive until it is cancelled. */
  bool permanent;
  /** Read it back from each node that acknowledged it. */
  bool verify;
  /** Milliseconds; 0 for what the network needs. */
  uint32_t deadline;
  /** When the value was made, seconds since 1970; 0 for now. */
  int64_t created;
  /** Whom to encrypt it for, each NULL or known: the key, or ids of it to look its certificate up by. */
  const dht_publickey *to_key;
  const dht_infohash *to_id;
  const dht_pkid *to_long_id;
  /** Encrypt it, for one of these: the put is refused with ODHT_INVALID when all of them are NULL. */
  bool is_encrypted;
} odht_put_options;
/** Zero, but `size`. */
OPENDHT_C_PUBLIC void odht_put_options_default(odht_put_options *options);
/** Stores a value; `options` NULL for a plain put. */
OPENDHT_C_PUBLIC odht_operation *odht_runner_put(dht_runner *runner, const dht_infohash *key, const dht_value *value,
                                                 const odht_put_options *options, odht_done_cb done_cb,
                                                 void *user_data);

/** As `dht_runner_put_encrypted`, by either id of the recipient's key or by both; one may be NULL. */
OPENDHT_C_PUBLIC void odht_runner_put_encrypted(dht_runner *runner, const dht_infohash *key, const dht_infohash *to_id,
                                                const dht_pkid *to_long_id, const dht_value *value,
                                                dht_done_cb done_cb, void *user_data, bool permanent);

/* ---- The node ------------------------------------------------------------------------------------------------- */

/** How a node is set up. Strings and handles are copied; NULL is empty. */
typedef struct odht_config {
  /** sizeof(odht_config): later versions add fields. */
  size_t size;
  /** UDP port of both families; 0 for any. */
  in_port_t port;
  /** Addresses to bind; NULL or "" for any. */
  const char *bind_ipv4;
  const char *bind_ipv6;
  /** Zero: that of the identity, else a random one. */
  dht_infohash node_id;
  uint32_t network;
  bool is_bootstrap;
  bool maintain_storage;
  /** Answered by others, but stores nothing for them. */
  bool is_client;
  /** Not yet: other nodes of the local network are neither looked for nor told. */
  bool peer_discovery;
  bool peer_publish;
  /** Tells on standard error what the node does. */
  bool log;
  /** Requests a second that the node answers, of all and of each address; 0 for the default, -1 for no limit. */
  int64_t requests_per_second;
  int64_t requests_per_second_and_address;
  /** Where the node's state is to be kept. Not yet: nothing is written there, and nothing read. */
  const char *persist_path;
  dht_identity identity;
  const char *proxy_server;
  const char *push_node_id;
  const char *push_token;
  const char *push_topic;
  const char *push_platform;
  const char *proxy_user_agent;
  const dht_certificate *server_ca;
  dht_identity client_identity;
} odht_config;
/** Zero, but `size`. */
OPENDHT_C_PUBLIC void odht_config_default(odht_config *config);
/** Starts the node and waits until its sockets are open; NULL for the defaults. ODHT_OK also when it runs already. */
OPENDHT_C_PUBLIC int odht_runner_run(dht_runner *runner, const odht_config *config);
/** Ends every operation and stops the node: every callback has returned when this does. It can be run again. */
OPENDHT_C_PUBLIC void odht_runner_stop(dht_runner *runner);
/** As `dht_runner_shutdown`, at most for so many milliseconds; `done_cb` gets ODHT_TIMED_OUT then. */
OPENDHT_C_PUBLIC void odht_runner_shutdown(dht_runner *runner, uint32_t timeout, odht_done_cb done_cb, void *user_data);
/** Forgets every entry point. */
OPENDHT_C_PUBLIC void odht_runner_clear_bootstrap(dht_runner *runner);
/** Makes a node known, for example from a saved list. Sends nothing. False for an address that is none. */
OPENDHT_C_PUBLIC bool odht_runner_insert_node(dht_runner *runner, const dht_infohash *id, const struct sockaddr *address,
                                              socklen_t address_size);
/** Nodes that are known to work, best first: a list worth saving. NULL for none. Own. */
OPENDHT_C_PUBLIC odht_node *odht_runner_get_nodes(const dht_runner *runner, size_t *count);
/** Tells the node that this machine's network changed. */
OPENDHT_C_PUBLIC void odht_runner_connectivity_changed(dht_runner *runner);
/** How long values of a type live; the node has to run. False when it does not. */
OPENDHT_C_PUBLIC bool odht_runner_register_type(dht_runner *runner, uint16_t type, const char *name, uint64_t seconds);
/** Waits until a family is connected. ODHT_OK, ODHT_TIMED_OUT or ODHT_NOT_RUNNING. */
OPENDHT_C_PUBLIC int odht_runner_wait_connected(dht_runner *runner, uint32_t timeout);

/** How well a family is connected. */
enum { ODHT_DISCONNECTED = 0, ODHT_CONNECTING = 1, ODHT_CONNECTED = 2 };
/** One family of a node, in numbers. */
typedef struct odht_family_statistics {
  /** ODHT_DISCONNECTED, …; families that the node has no socket for are disconnected. */
  int status;
  uint64_t good, dubious, cached, incoming;
  uint64_t table_depth, searches, known_nodes, network_size_estimate;
} odht_family_statistics;
/** A node, in numbers; counters are since its start. */
typedef struct odht_statistics {
  /** sizeof(odht_statistics): later versions add fields. */
  size_t size;
  odht_family_statistics ipv4, ipv6;
  uint64_t storage_keys, storage_values, storage_bytes, listeners, ongoing_operations;
  uint64_t datagrams_sent, datagrams_received, bytes_sent, bytes_received;
  uint64_t retransmissions, requests_expired, malformed, rate_limited, values_refused, bad_signatures, not_for_us;
} odht_statistics;
/** Fills in what `statistics->size` has room for. False when the node does not run. */
OPENDHT_C_PUBLIC bool odht_runner_get_statistics(const dht_runner *runner, odht_statistics *statistics);
/** Requests sent since the last call: ping, find, get, listen, put. */
OPENDHT_C_PUBLIC void odht_runner_take_request_counts(dht_runner *runner, uint64_t counts[5]);

/** What is stored, under a key or under all with NULL, for people. "" when it does not run. Own, as below. */
OPENDHT_C_PUBLIC char *odht_runner_print_storage(const dht_runner *runner, const dht_infohash *key);
/** The routing table of a family, AF_UNSPEC for both. */
OPENDHT_C_PUBLIC char *odht_runner_print_routing_table(const dht_runner *runner, sa_family_t family);
/** The searches of a family, AF_UNSPEC for both; of a key or of all with NULL. */
OPENDHT_C_PUBLIC char *odht_runner_print_searches(const dht_runner *runner, const dht_infohash *key, sa_family_t family);

/** One line of the log: level 0 (trace) to 6 (critical). On a thread of its own, which may be kept: beyond 1024 waiting
 * lines they are dropped, and counted in the next. */
typedef void (*odht_log_cb)(int level, const char *message, void *user_data);
/** Sends the log of the node to a callback, NULL for nowhere. When it returns, the one before is not called any more; but
 * on that callback's own thread, where it still runs. */
OPENDHT_C_PUBLIC void odht_runner_log_with(dht_runner *runner, odht_log_cb cb, void *user_data);
/** Sends the log of the node to a file, appended; "-" is standard error, NULL nowhere. False when it cannot be opened. */
OPENDHT_C_PUBLIC bool odht_runner_log_to(dht_runner *runner, const char *path);

/* ---- Keys, certificates, trust -------------------------------------------------------------------------------- */

/** Makes a P-384 key. Such a key signs certificates, not values. Own. */
OPENDHT_C_PUBLIC dht_privatekey *odht_privatekey_generate_ec(void);
/** One more handle. Own, as below. */
OPENDHT_C_PUBLIC dht_privatekey *odht_privatekey_ref(const dht_privatekey *key);
OPENDHT_C_PUBLIC dht_publickey *odht_publickey_ref(const dht_publickey *key);
OPENDHT_C_PUBLIC dht_certificate *odht_certificate_ref(const dht_certificate *certificate);
/** The signature that `dht_publickey_check_signature` checks. NULL when the key cannot. Own. */
OPENDHT_C_PUBLIC dht_blob *odht_privatekey_sign(const dht_privatekey *key, const uint8_t *data, size_t size);
/** Makes a certificate of a key, signed by `issuer`, by itself when that is NULL or empty. NULL when it cannot be. Own. */
OPENDHT_C_PUBLIC dht_certificate *odht_certificate_generate(const dht_privatekey *key, const char *name,
                                                            const dht_identity *issuer, bool is_authority);
/** Common name of the subject. Own. */
OPENDHT_C_PUBLIC char *odht_certificate_get_name(const dht_certificate *certificate);
OPENDHT_C_PUBLIC bool odht_certificate_is_authority(const dht_certificate *certificate);
/** PEM, of the issuers too with `chain`. Own. */
OPENDHT_C_PUBLIC char *odht_certificate_print(const dht_certificate *certificate, bool chain);
/** DER of the certificate alone. Own. */
OPENDHT_C_PUBLIC dht_blob *odht_certificate_export(const dht_certificate *certificate);
/** Whose key signed it, if that is known. NULL if not. Own. */
OPENDHT_C_PUBLIC dht_certificate *odht_certificate_get_issuer(const dht_certificate *certificate);
/** Adds `revoked` to the revocation list of `authority`, whose key is given. False when it did not issue it. */
OPENDHT_C_PUBLIC bool odht_certificate_revoke(dht_certificate *authority, const dht_privatekey *key,
                                              const dht_certificate *revoked);
/** As `dht_identity_generate`, with a length of the key in bits (0: 4096). */
OPENDHT_C_PUBLIC dht_identity odht_identity_generate(const char *name, const dht_identity *ca, unsigned bits,
                                                     bool is_authority);
/** Writes `path`.pem (the key, readable by its owner only) and `path`.crt. False when a file is there or cannot be. */
OPENDHT_C_PUBLIC bool odht_identity_save(const dht_identity *identity, const char *path, const char *password);
/** Reads them. Both NULL when they cannot be. Own: `dht_identity_delete`. */
OPENDHT_C_PUBLIC dht_identity odht_identity_load(const char *path, const char *password);

/** Certificates that are trusted, with all that they issued. */
typedef struct odht_trust_list odht_trust_list;
/** Own: `odht_trust_list_delete`. */
OPENDHT_C_PUBLIC odht_trust_list *odht_trust_list_new(void);
/** NULL is allowed. */
OPENDHT_C_PUBLIC void odht_trust_list_delete(odht_trust_list *list);
/** Adds a certificate, its issuers and their revocation lists. */
OPENDHT_C_PUBLIC void odht_trust_list_add(odht_trust_list *list, const dht_certificate *certificate);
/** Removes a certificate and its issuers. */
OPENDHT_C_PUBLIC void odht_trust_list_remove(odht_trust_list *list, const dht_certificate *certificate);
/** 0 when the certificate is valid; else bits that say why not, as GnuTLS numbers them, 2 always among them. */
OPENDHT_C_PUBLIC uint32_t odht_trust_list_verify(const odht_trust_list *list, const dht_certificate *certificate);

/** Encrypts with a password, as `dht::crypto::aesEncrypt` does. Own: `dht_blob_delete`. */
OPENDHT_C_PUBLIC dht_blob *odht_aes_encrypt(const uint8_t *data, size_t size, const char *password);
/** NULL for a wrong password. Own. */
OPENDHT_C_PUBLIC dht_blob *odht_aes_decrypt(const uint8_t *data, size_t size, const char *password);

/** A certificate that was looked up, borrowed; NULL when there is none. */
typedef void (*odht_certificate_cb)(const dht_certificate *certificate, void *user_data);
/** Finds the certificate of a key by its ids, each NULL or known; `trust` NULL takes any. One call of `cb`. */
OPENDHT_C_PUBLIC void odht_runner_find_certificate(dht_runner *runner, const dht_infohash *id, const dht_pkid *long_id,
                                                   const odht_trust_list *trust, odht_certificate_cb cb,
                                                   void *user_data);
/** Makes a certificate known, as if it had been found. */
OPENDHT_C_PUBLIC void odht_runner_register_certificate(dht_runner *runner, const dht_certificate *certificate);

#ifdef __cplusplus
}
#endif
#endif
