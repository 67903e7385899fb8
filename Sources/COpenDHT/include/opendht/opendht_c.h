/*
 * OpenDHT from C: names, layouts and meaning of the C library of OpenDHT 2.4.12 (OPENDHT_C_ABI 2) and 4.x (4).
 * `opendht/odht.h` has what that library lacks.
 *
 * Ownership. What a function returns as "own" is the caller's, who frees it with the function named. What is "borrowed"
 * is valid while the object it came from lives, in a callback until the callback returns.
 *
 * Threads. Every function may be called from any thread. Each runner has a thread of its own, and every callback of its
 * operations comes on that thread, one at a time; only on a runner that is not running, an operation calls back on the
 * caller's thread, with failure, before the call returns. A callback may call every function here, also those that
 * delete or wait: `dht_runner_delete` on the runner's own thread returns at once and leaves the rest to that thread.
 *
 * Ends. Every operation with a done callback calls it exactly once, and nothing with the same user data afterwards. No
 * callback comes after `dht_runner_delete` has returned.
 *
 * A `cancel` or `stop` on one thread may meet a callback that has begun on the runner's.
 *
 * A NULL object is taken as an empty one, never a crash. In a child of fork(2) the runners of its parent are dead:
 * nothing runs there, and deleting them is safe. The child can have its own. Do not fork while another thread is within a
 * call of this library.
 */
#ifndef OPENDHT_C_H
#define OPENDHT_C_H

#include <netinet/in.h>
#include <opendht/def.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the interface: "2.4.12", or "4.3.1". Static. `odht_version` has that of this library. */
OPENDHT_C_PUBLIC const char *dht_version(void);

/* ---- Bytes ---------------------------------------------------------------------------------------------------- */

/** Borrowed bytes. */
struct dht_data_view {
  const uint8_t *data;
  size_t size;
};
typedef struct dht_data_view dht_data_view;

/** Bytes that the library allocated. */
typedef struct dht_blob dht_blob;
/** The bytes; borrowed. */
OPENDHT_C_PUBLIC dht_data_view dht_blob_get_data(const dht_blob *blob);
/** NULL is allowed. */
OPENDHT_C_PUBLIC void dht_blob_delete(dht_blob *blob);

/* ---- Hashes --------------------------------------------------------------------------------------------------- */

/** A key, a node id, or the id of a public key. */
struct dht_infohash {
  uint8_t d[HASH_LEN];
};
typedef struct dht_infohash dht_infohash;
OPENDHT_C_PUBLIC void dht_infohash_zero(dht_infohash *hash);
OPENDHT_C_PUBLIC void dht_infohash_random(dht_infohash *hash);
/** Reads exactly 40 hexadecimal digits, no terminator needed; anything else gives zero. */
OPENDHT_C_PUBLIC void dht_infohash_from_hex(dht_infohash *hash, const char *digits);
/** Reads the first 40 hexadecimal digits of a terminated string; anything else, or fewer, gives zero. */
OPENDHT_C_PUBLIC void dht_infohash_from_hex_null(dht_infohash *hash, const char *digits);
/** SHA-1 of some bytes. */
OPENDHT_C_PUBLIC void dht_infohash_get(dht_infohash *hash, const uint8_t *data, size_t size);
/** SHA-1 of the characters of a string. */
OPENDHT_C_PUBLIC void dht_infohash_get_from_string(dht_infohash *hash, const char *string);
/** 40 lower-case digits, in a buffer of this thread that its next call overwrites. */
OPENDHT_C_PUBLIC const char *dht_infohash_print(const dht_infohash *hash);
OPENDHT_C_PUBLIC bool dht_infohash_is_zero(const dht_infohash *hash);

/** The long id of a public key: SHA-256. */
struct dht_pkid {
  uint8_t d[32];
};
typedef struct dht_pkid dht_pkid;
/** 64 lower-case digits, in a buffer of this thread that its next call overwrites. */
OPENDHT_C_PUBLIC const char *dht_pkid_print(const dht_pkid *id);

/* ---- Public keys ---------------------------------------------------------------------------------------------- */

typedef struct dht_publickey dht_publickey;
/** Reads a SubjectPublicKeyInfo, PEM or DER. NULL if it is none. Own: `dht_publickey_delete`. */
OPENDHT_C_PUBLIC dht_publickey *dht_publickey_import(const uint8_t *data, size_t size);
/** NULL is allowed. */
OPENDHT_C_PUBLIC void dht_publickey_delete(dht_publickey *key);
/** Writes the DER. `size`: capacity, then length. 0; or -51 when it is too small, with the size needed. */
OPENDHT_C_PUBLIC int dht_publickey_export(const dht_publickey *key, char *out, size_t *size);
OPENDHT_C_PUBLIC dht_infohash dht_publickey_get_id(const dht_publickey *key);
OPENDHT_C_PUBLIC dht_pkid dht_publickey_get_long_id(const dht_publickey *key);
OPENDHT_C_PUBLIC bool dht_publickey_check_signature(const dht_publickey *key, const char *data, size_t size,
                                                    const char *signature, size_t signature_size);
/** Encrypts bytes of any length. NULL when the key cannot. Own: `dht_blob_delete`. */
OPENDHT_C_PUBLIC dht_blob *dht_publickey_encrypt(const dht_publickey *key, const char *data, size_t size);

/* ---- Private keys --------------------------------------------------------------------------------------------- */

typedef struct dht_privatekey dht_privatekey;
/** Makes an RSA key; 0 bits are 4096. Takes seconds. NULL for a length that is none. Own: `dht_privatekey_delete`. */
OPENDHT_C_PUBLIC dht_privatekey *dht_privatekey_generate(unsigned bits);
/** Reads a private key, PEM or DER; password NULL or "" for none. NULL when it cannot be read. Own. */
OPENDHT_C_PUBLIC dht_privatekey *dht_privatekey_import(const uint8_t *data, size_t size, const char *password);
/** Writes PEM, encrypted unless the password is NULL or "". 0; -1 when an argument is missing; -51 when it is too small,
 * with the size needed, terminator included. */
OPENDHT_C_PUBLIC int dht_privatekey_export(const dht_privatekey *key, char *out, size_t *size, const char *password);
/** Own: `dht_publickey_delete`. */
OPENDHT_C_PUBLIC dht_publickey *dht_privatekey_get_publickey(const dht_privatekey *key);
/** Opens what was encrypted to its public key. NULL when it was not. Own: `dht_blob_delete`. */
OPENDHT_C_PUBLIC dht_blob *dht_privatekey_decrypt(const dht_privatekey *key, const char *data, size_t size);
/** NULL is allowed. */
OPENDHT_C_PUBLIC void dht_privatekey_delete(dht_privatekey *key);

/* ---- Certificates, identities --------------------------------------------------------------------------------- */

typedef struct dht_certificate dht_certificate;
/** Reads a chain of PEM, or DER. NULL if it is none. Own: `dht_certificate_delete`. */
OPENDHT_C_PUBLIC dht_certificate *dht_certificate_import(const uint8_t *data, size_t size);
/** Id of its public key. */
OPENDHT_C_PUBLIC dht_infohash dht_certificate_get_id(const dht_certificate *certificate);
/** Long id of its public key. */
OPENDHT_C_PUBLIC dht_pkid dht_certificate_get_long_id(const dht_certificate *certificate);
/** Own: `dht_publickey_delete`. */
OPENDHT_C_PUBLIC dht_publickey *dht_certificate_get_publickey(const dht_certificate *certificate);
/** NULL is allowed. */
OPENDHT_C_PUBLIC void dht_certificate_delete(dht_certificate *certificate);

/** A private key and the certificate of its public half; both NULL for none. */
struct dht_identity {
  dht_privatekey *privatekey;
  dht_certificate *certificate;
};
typedef struct dht_identity dht_identity;
/** Makes an RSA key of 4096 bits and its certificate, signed by `ca`, by itself when that is NULL. Takes seconds. Both
 * members own: `dht_identity_delete`. Both NULL when `ca` cannot sign. */
OPENDHT_C_PUBLIC dht_identity dht_identity_generate(const char *common_name, const dht_identity *ca);
/** Deletes both members and sets them NULL. */
OPENDHT_C_PUBLIC void dht_identity_delete(dht_identity *identity);

/* ---- Values --------------------------------------------------------------------------------------------------- */

/** A handle of a value. Handles of the same value are distinct pointers. */
typedef struct dht_value dht_value;
typedef uint64_t dht_value_id;
/** Copies the bytes; type 0, id 0, no user type. Own: `dht_value_unref`. */
OPENDHT_C_PUBLIC dht_value *dht_value_new(const uint8_t *data, size_t size);
#if OPENDHT_C_ABI >= 4
/** The same with an id. */
OPENDHT_C_PUBLIC dht_value *dht_value_with_id_new(const uint8_t *data, size_t size, dht_value_id id);
#endif
/** The characters of a string, with the user type `text/plain`. */
OPENDHT_C_PUBLIC dht_value *dht_value_new_from_string(const char *string);
/** One more handle of the same value: the way to keep one after its callback. Own: `dht_value_unref`. */
OPENDHT_C_PUBLIC dht_value *dht_value_ref(const dht_value *value);
/** Frees one handle; NULL is allowed. */
OPENDHT_C_PUBLIC void dht_value_unref(dht_value *value);
/** The data; borrowed. Empty for a value that is still encrypted. */
OPENDHT_C_PUBLIC dht_data_view dht_value_get_data(const dht_value *value);
/** 0 until the first put, which gives it an id unless it has one. */
OPENDHT_C_PUBLIC dht_value_id dht_value_get_id(const dht_value *value);
/** Who signed it; NULL for a value without owner. Own: `dht_publickey_delete`. */
OPENDHT_C_PUBLIC dht_publickey *dht_value_get_owner(const dht_value *value);
/** Whom it is for; zero for nobody. */
OPENDHT_C_PUBLIC dht_infohash dht_value_get_recipient(const dht_value *value);
/** Never NULL; borrowed. */
OPENDHT_C_PUBLIC const char *dht_value_get_user_type(const dht_value *value);
OPENDHT_C_PUBLIC void dht_value_set_user_type(dht_value *value, const char *user_type);

/* ---- Callbacks ------------------------------------------------------------------------------------------------ */

/** One value of a get; false ends the get. */
typedef bool (*dht_get_cb)(const dht_value *value, void *user_data);
/** A value is there, or not any more; false ends the listen. */
typedef bool (*dht_value_cb)(const dht_value *value, bool expired, void *user_data);
/** The end of an operation. */
typedef void (*dht_done_cb)(bool ok, void *user_data);
/** The end of a listen or a shutdown. */
typedef void (*dht_shutdown_cb)(void *user_data);

/** A handle of a listen. */
typedef struct dht_op_token dht_op_token;
/** Frees the handle; the listen goes on. NULL is allowed. */
OPENDHT_C_PUBLIC void dht_op_token_delete(dht_op_token *token);

/* ---- The node ------------------------------------------------------------------------------------------------- */

struct dht_node_config {
  /** Zero: that of the identity, else a random one. */
  dht_infohash node_id;
  /** Keeps networks apart; 0 is the public one. */
  uint32_t network;
  bool is_bootstrap;
  bool maintain_storage;
  /** Where the node's state is to be kept; NULL or "" for nowhere. Not yet: nothing is written there, and nothing read. */
  const char *persist_path;
};
typedef struct dht_node_config dht_node_config;

struct dht_secure_config {
  dht_node_config node_config;
  /** Who the node is: signs what it puts, opens what is for it. */
  dht_identity id;
};
typedef struct dht_secure_config dht_secure_config;

/** How a node is set up. Strings and handles are copied; NULL is empty. */
struct dht_runner_config {
  dht_secure_config dht_config;
  /** Ignored: a node always has its thread. */
  bool threaded;
  const char *proxy_server;
  const char *push_node_id;
  const char *push_token;
  const char *push_topic;
  const char *push_platform;
#if OPENDHT_C_ABI >= 4
  const char *proxy_user_agent;
#endif
  /** Not yet: other nodes of the local network are neither looked for nor told. */
  bool peer_discovery;
  bool peer_publish;
  dht_certificate *server_ca;
  dht_identity client_identity;
  /** Tells on standard error what the node does. */
  bool log;
};
typedef struct dht_runner_config dht_runner_config;
/** Everything zero, but `threaded`. */
OPENDHT_C_PUBLIC void dht_runner_config_default(dht_runner_config *config);

/** A node. */
typedef struct dht_runner dht_runner;
/** Own: `dht_runner_delete`. */
OPENDHT_C_PUBLIC dht_runner *dht_runner_new(void);
/** Ends every operation, stops the node, waits for its thread. NULL is allowed. */
OPENDHT_C_PUBLIC void dht_runner_delete(dht_runner *runner);
/** Starts the node on a UDP port of both families, 0 for any. 0; or ENOTCONN, and `odht_error()` says why. A node that
 * runs already goes on as it is: 0. */
OPENDHT_C_PUBLIC int dht_runner_run(dht_runner *runner, in_port_t port);
/** The same with a configuration; NULL for the defaults. */
OPENDHT_C_PUBLIC int dht_runner_run_config(dht_runner *runner, in_port_t port, const dht_runner_config *config);
/** Asks an address for a sign of life; port 0 is 4222. `done_cb` may be NULL, here and below. */
OPENDHT_C_PUBLIC void dht_runner_ping(dht_runner *runner, struct sockaddr *address, socklen_t address_size,
                                      dht_done_cb done_cb, void *user_data);
/** Adds an entry point, tried now and whenever the node is cut off. `service` NULL: it, or 4222, is taken from `host`. */
OPENDHT_C_PUBLIC void dht_runner_bootstrap(dht_runner *runner, const char *host, const char *service);
/** Finds the values of a key: one call of `cb` each. */
OPENDHT_C_PUBLIC void dht_runner_get(dht_runner *runner, const dht_infohash *key, dht_get_cb cb, dht_done_cb done_cb,
                                     void *user_data);
/** Tells of the values of a key and their changes, until cancelled. `done_cb` comes when the listen is really gone.
 * Own: `dht_op_token_delete`. NULL when the node does not run; `done_cb` has come then. */
OPENDHT_C_PUBLIC dht_op_token *dht_runner_listen(dht_runner *runner, const dht_infohash *key, dht_value_cb cb,
                                                 dht_shutdown_cb done_cb, void *user_data);
/** Ends a listen. Does not free its handle. */
OPENDHT_C_PUBLIC void dht_runner_cancel_listen(dht_runner *runner, const dht_infohash *key, dht_op_token *token);
/** Stores a value at the nodes nearest to a key, and keeps it alive there if it is permanent. */
OPENDHT_C_PUBLIC void dht_runner_put(dht_runner *runner, const dht_infohash *key, const dht_value *value,
                                     dht_done_cb done_cb, void *user_data, bool permanent);
/** The same, signed with the node's identity. */
OPENDHT_C_PUBLIC void dht_runner_put_signed(dht_runner *runner, const dht_infohash *key, const dht_value *value,
                                            dht_done_cb done_cb, void *user_data, bool permanent);
#if OPENDHT_C_ABI >= 4
/** The same, signed, and encrypted so that only `to` can read it, whose certificate is looked up. */
OPENDHT_C_PUBLIC void dht_runner_put_encrypted(dht_runner *runner, const dht_infohash *key, const dht_pkid *to,
                                               const dht_value *value, dht_done_cb done_cb, void *user_data,
                                               bool permanent);
#else
/** The same, signed, and encrypted so that only `to` can read it, whose certificate is looked up. */
OPENDHT_C_PUBLIC void dht_runner_put_encrypted(dht_runner *runner, const dht_infohash *key, const dht_infohash *to,
                                               const dht_value *value, dht_done_cb done_cb, void *user_data,
                                               bool permanent);
#endif
/** Stops keeping a value alive. */
OPENDHT_C_PUBLIC void dht_runner_cancel_put(dht_runner *runner, const dht_infohash *key, dht_value_id value_id);
/** Lets running operations end, then calls back. The node goes on answering others until it is deleted. */
OPENDHT_C_PUBLIC void dht_runner_shutdown(dht_runner *runner, dht_shutdown_cb done_cb, void *user_data);
/** Zero when it does not run. */
OPENDHT_C_PUBLIC dht_infohash dht_runner_get_node_id(const dht_runner *runner);
/** Id of the identity's key; zero without one. */
OPENDHT_C_PUBLIC dht_infohash dht_runner_get_id(const dht_runner *runner);
OPENDHT_C_PUBLIC bool dht_runner_is_running(const dht_runner *runner);
/** Family 0 is IPv4. 0 when it does not run. */
OPENDHT_C_PUBLIC in_port_t dht_runner_get_bound_port(const dht_runner *runner, sa_family_t family);
/** Our addresses as others see them. NULL for none; else an array that NULL ends: free(3) each element, then it. */
OPENDHT_C_PUBLIC struct sockaddr **dht_runner_get_public_address(const dht_runner *runner);

#ifdef __cplusplus
}
#endif
#endif
