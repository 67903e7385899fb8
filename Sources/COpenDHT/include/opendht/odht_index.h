/*
 * The prefix index: finds entries, pairs of a hash and an id, by keys of several fields, exactly or by the longest common
 * prefix. It lives in the network, shared by all who use its name and its fields. OpenDHT calls it Pht; entries written
 * by either are found by the other.
 *
 * The rules of `opendht/odht.h` hold here too.
 */
#ifndef OPENDHT_ODHT_INDEX_H
#define OPENDHT_ODHT_INDEX_H

#include <opendht/odht.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Entries that a node of the index holds before it is split. */
#define ODHT_INDEX_NODE_ENTRIES 16

/** A field of the keys of an index. */
typedef struct odht_index_field {
  const char *name;
  /** Bytes that its longest value has. Everyone who uses the index must say the same: it shapes what is stored. */
  size_t size;
} odht_index_field;

/** The value of one field, of a key. Borrowed while the function runs. */
typedef struct odht_index_key {
  const char *name;
  const uint8_t *data;
  size_t size;
} odht_index_key;

/** What an index finds. */
typedef struct odht_index_entry {
  dht_infohash hash;
  dht_value_id id;
} odht_index_entry;

/** An index of a runner. */
typedef struct odht_index odht_index;
/** Opens the index of this name, which may hold any bytes. Sends nothing. NULL without fields, or when two have one name.
 * The order of the fields does not matter. Own: `odht_index_delete`. */
OPENDHT_C_PUBLIC odht_index *odht_index_new(dht_runner *runner, const uint8_t *name, size_t name_size,
                                            const odht_index_field *fields, size_t field_count);
/** Ends what runs, with ODHT_CANCELLED, and stops tending the entries that it inserted; they stay until they expire. When
 * this returns, no callback comes any more; but on the runner's own thread it returns at once, and they come after it.
 * May be called before or after `dht_runner_delete`. NULL is allowed. */
OPENDHT_C_PUBLIC void odht_index_delete(odht_index *index);

/** Whether a key has just the fields of the index, each as long as it may be. False, and `odht_error()` says why not. */
OPENDHT_C_PUBLIC bool odht_index_is_valid(const odht_index *index, const odht_index_key *key, size_t field_count);

/** What a lookup found, each entry once. Called once, before the done callback, and only if the lookup succeeded; without
 * entries when there are none. `prefix` is the node of the index where it ended, as OpenDHT prints it. All borrowed. */
typedef void (*odht_index_cb)(const odht_index_entry *entries, size_t count, const char *prefix, void *user_data);

/** Which entries a lookup finds. */
enum {
  /** Those of just the key. */
  ODHT_INDEX_EXACT = 0,
  /** Those that share the most leading bits with the key; of very many that share as many, some. */
  ODHT_INDEX_NEAREST = 1
};

/** Finds entries. NULL for a key that is not valid: nothing was sent, and no callback comes. Else own:
 * `odht_operation_delete`. Callbacks may be NULL. */
OPENDHT_C_PUBLIC odht_operation *odht_index_lookup(odht_index *index, const odht_index_key *key, size_t field_count,
                                                   int match, odht_index_cb cb, odht_done_cb done_cb,
                                                   void *user_data);
/** Stores an entry, for ten minutes. The index tends it meanwhile: when others split its node, it moves along. NULL as
 * above. Own. */
OPENDHT_C_PUBLIC odht_operation *odht_index_insert(odht_index *index, const odht_index_key *key, size_t field_count,
                                                   const odht_index_entry *entry, odht_done_cb done_cb,
                                                   void *user_data);

#ifdef __cplusplus
}
#endif
#endif
