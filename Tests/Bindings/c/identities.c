// Identities that the library makes: two RSA keys of 4096 bits, which takes seconds.
#include "probe.h"

int main(void) {
  dht_identity authority = dht_identity_generate("authority", NULL);
  if (!fact(authority.privatekey && authority.certificate, "identity_generate", "NULL")) return 1;
  dht_identity identity = dht_identity_generate("somebody", &authority);
  if (!fact(identity.privatekey && identity.certificate, "identity_generate with an issuer", "NULL")) return 1;
  dht_publickey *half = dht_privatekey_get_publickey(identity.privatekey);
  dht_pkid one = dht_publickey_get_long_id(half), two = dht_certificate_get_long_id(identity.certificate);
  fact(!memcmp(&one, &two, sizeof one), "key and certificate belong together", "%s", dht_pkid_print(&two));
  dht_pkid three = dht_certificate_get_long_id(authority.certificate);
  fact(memcmp(&one, &three, sizeof one), "two identities have two keys", "%s", dht_pkid_print(&three));
  char out[1024];
  size_t size = sizeof out;
  fact(!dht_publickey_export(half, out, &size) && size == 550, "the key is RSA 4096", "%zu", size);
  dht_publickey_delete(half);

  dht_runner *runner = start(&identity, NULL);
  dht_infohash id = dht_runner_get_id(runner), expected = dht_certificate_get_id(identity.certificate);
  fact(!memcmp(&id, &expected, sizeof id), "runner_get_id is the id of the key", "%s", dht_infohash_print(&id));
  dht_infohash node = dht_runner_get_node_id(runner);
  fact(!dht_infohash_is_zero(&node), "runner_get_node_id", "zero");
  dht_runner_delete(runner);

  dht_identity_delete(&identity);
  dht_identity_delete(&authority);
  fact(!identity.privatekey && !identity.certificate, "identity_delete leaves NULL", "it does not");
  dht_identity_delete(&identity);
  return failures != 0;
}
