/* What every header of this library needs. */
#ifndef OPENDHT_DEF_H
#define OPENDHT_DEF_H

/** Bytes of a key, a node id, and the id of a public key: SHA-1. */
#define HASH_LEN 20u

/** Exported from the library. */
#if defined(__GNUC__) || defined(__clang__)
#define OPENDHT_PUBLIC __attribute__((visibility("default")))
#else
#define OPENDHT_PUBLIC
#endif
/** Exported from the C library. */
#define OPENDHT_C_PUBLIC OPENDHT_PUBLIC

/**
 * Which binary interface to compile for: 4 for `libopendht-c.so.4`, as OpenDHT 4.x has it; 2 for `libopendht-c.so.2`,
 * as OpenDHT 2.x has it. They differ in one configuration field, the type of one argument, and one function.
 */
#ifndef OPENDHT_C_ABI
#define OPENDHT_C_ABI 4
#endif
#if OPENDHT_C_ABI != 2 && OPENDHT_C_ABI != 4
#error "OPENDHT_C_ABI must be 2 or 4"
#endif

#endif
