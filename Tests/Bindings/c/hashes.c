// Hashes, blobs and ids. (bindings.md §1.4)
#include "probe.h"

static const char *const abc = "a9993e364706816aba3e25717850c26c9cd0d89d";  // SHA-1 of "abc", FIPS 180

static void *print_elsewhere(void *hash) {
  const char *there = dht_infohash_print(hash);
  static char copy[41];
  strncpy(copy, there, 40);
  return (void *)there;
}

int main(void) {
#if OPENDHT_C_ABI >= 4
  const char *version = "4.3.1";
#else
  const char *version = "2.4.12";
#endif
  fact(!strcmp(dht_version(), version), "dht_version", "%s", dht_version());

  dht_infohash hash, other;
  memset(&hash, 7, sizeof hash);
  dht_infohash_zero(&hash);
  static const dht_infohash zero;
  fact(!memcmp(&hash, &zero, sizeof hash), "zero", "not zero");
  fact(dht_infohash_is_zero(&hash), "zero is zero", "it is not");
  dht_infohash_random(&hash);
  dht_infohash_random(&other);
  fact(memcmp(&hash, &other, sizeof hash) && !dht_infohash_is_zero(&hash), "random differs", "twice the same");

  dht_infohash_get(&hash, (const uint8_t *)"abc", 3);
  fact(!strcmp(dht_infohash_print(&hash), abc), "get is SHA-1", "%s", dht_infohash_print(&hash));
  fact(!dht_infohash_is_zero(&hash), "a hash is not zero", "it is");
  dht_infohash_get_from_string(&other, "abc");
  fact(!memcmp(&hash, &other, sizeof hash), "get_from_string is SHA-1", "%s", dht_infohash_print(&other));
  dht_infohash_get(&other, (const uint8_t *)"", 0);
  fact(!strcmp(dht_infohash_print(&other), "da39a3ee5e6b4b0d3255bfef95601890afd80709"), "get of nothing is SHA-1 of nothing",
       "%s", dht_infohash_print(&other));

  char unterminated[44];
  memset(unterminated, 'f', sizeof unterminated);
  memcpy(unterminated, abc, 40);
  dht_infohash_from_hex(&other, unterminated);
  fact(!memcmp(&hash, &other, sizeof hash), "from_hex reads 40 characters", "%s", dht_infohash_print(&other));
  memset(unterminated, 'z', 40);
  dht_infohash_from_hex(&other, unterminated);
  fact(dht_infohash_is_zero(&other), "from_hex of no digits is zero", "%s", dht_infohash_print(&other));

  dht_infohash_from_hex_null(&other, "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33ff");
  fact(!strcmp(dht_infohash_print(&other), "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"),
       "B-3 from_hex_null takes the first 40 digits", "%s", dht_infohash_print(&other));
  dht_infohash_from_hex_null(&other, "0BEEC7B5EA3F0FDBC95D0DD47F3C5BC275DA8A33");
  fact(!strcmp(dht_infohash_print(&other), "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"), "B-3 from_hex_null takes capitals",
       "%s", dht_infohash_print(&other));
  const char *bad[] = {"0bee", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", ""};
  for (int i = 0; i < 3; i++) {
    memset(&other, 7, sizeof other);
    dht_infohash_from_hex_null(&other, bad[i]);
    char name[100];
    snprintf(name, sizeof name, "B-3 from_hex_null(\"%s\") is zero", bad[i]);
    fact(dht_infohash_is_zero(&other), name, "%s", dht_infohash_print(&other));
  }

  const char *first = dht_infohash_print(&hash), *second = dht_infohash_print(&zero);
  fact(first == second, "print has one buffer", "%p %p", (void *)first, (void *)second);
  pthread_t thread;
  void *there;
  pthread_create(&thread, NULL, print_elsewhere, &hash);
  pthread_join(thread, &there);
  fact(there != (const void *)second && !strcmp(second, "0000000000000000000000000000000000000000"),
       "print has a buffer per thread", "%s", second);

  dht_pkid id;
  for (int i = 0; i < 32; i++) id.d[i] = (uint8_t)(i * 8 + 1);
  fact(!strcmp(dht_pkid_print(&id), "0109111921293139414951596169717981899199a1a9b1b9c1c9d1d9e1e9f1f9"), "pkid_print", "%s",
       dht_pkid_print(&id));

  dht_blob_delete(NULL);
  dht_publickey_delete(NULL);
  dht_privatekey_delete(NULL);
  dht_certificate_delete(NULL);
  dht_value_unref(NULL);
  dht_runner_delete(NULL);
  dht_op_token_delete(NULL);
  fact(true, "NULL may be deleted", "crash");
  return failures != 0;
}
