// Signed and encrypted values, with the identities in two folders.
#include "probe.h"

int main(int count, char **arguments) {
  if (count < 3) return 2;
  dht_identity me = identity_in(arguments[1]), you = identity_in(arguments[2]);
  dht_runner *a = start(&me, NULL), *b = start(&you, a);
  if (!fact(settle(a) && settle(b), "a put is stored", "never")) return 1;
  dht_infohash id = dht_runner_get_id(a), expected = dht_certificate_get_id(me.certificate), to = dht_runner_get_id(b);
  fact(!memcmp(&id, &expected, sizeof id), "runner_get_id is the id of the key", "%s", dht_infohash_print(&id));

  dht_infohash key = key_of("signed");
  dht_value *value = dht_value_new_from_string("signed");
  told t;
  told_init(&t);
  dht_runner_put_signed(a, &key, value, on_done, &t, false);
  fact(reaches(&t, &t.dones, 1, 20) && t.oks == 1, "put_signed", "%d dones, %d ok", t.dones, t.oks);
  dht_value_unref(value);
  told_init(&t);
  dht_runner_get(b, &key, on_value, on_done, &t);
  reaches(&t, &t.dones, 1, 20);
  if (fact(t.values == 1, "a signed value is found", "%d", t.values)) {
    dht_publickey *owner = dht_value_get_owner(t.last);
    dht_infohash owner_id = dht_publickey_get_id(owner);
    fact(!memcmp(&owner_id, &id, sizeof id), "its owner is who signed it", "%s", dht_infohash_print(&owner_id));
    dht_publickey_delete(owner);
    dht_infohash recipient = dht_value_get_recipient(t.last);
    fact(dht_infohash_is_zero(&recipient), "it is for nobody", "%s", dht_infohash_print(&recipient));
  }
  told_free(&t);

#if OPENDHT_C_ABI >= 4
  dht_pkid address = dht_certificate_get_long_id(you.certificate);
#else
  dht_infohash address = to;
#endif
  key = key_of("encrypted");
  value = dht_value_new_from_string("secret");
  told_init(&t);
  dht_runner_put_encrypted(a, &key, &address, value, on_done, &t, false);
  fact(reaches(&t, &t.dones, 1, 20) && t.oks == 1, "B-11 put_encrypted to the id of a key", "%d dones, %d ok", t.dones, t.oks);
  dht_value_unref(value);
  told_init(&t);
  dht_runner_get(b, &key, on_value, on_done, &t);
  reaches(&t, &t.dones, 1, 20);
  if (fact(t.values == 1, "B-11 its recipient reads it", "%d values", t.values)) {
    dht_data_view view = dht_value_get_data(t.last);
    fact(view.size == 6 && !memcmp(view.data, "secret", 6), "B-11 the data is opened", "%zu bytes", view.size);
    dht_infohash recipient = dht_value_get_recipient(t.last);
    fact(!memcmp(&recipient, &to, sizeof to), "it names its recipient", "%s", dht_infohash_print(&recipient));
  }
  told_free(&t);

  // Somebody unknown: no certificate is found.
  memset(&address, 0x5a, sizeof address);
  value = dht_value_new_from_string("secret");
  told_init(&t);
  dht_runner_put_encrypted(a, &key, &address, value, on_done, &t, false);
  fact(reaches(&t, &t.dones, 1, 30) && t.oks == 0, "put_encrypted to nobody fails", "%d dones, %d ok", t.dones, t.oks);
  dht_value_unref(value);

  dht_runner_delete(a);
  dht_runner_delete(b);
  dht_identity_delete(&me);
  dht_identity_delete(&you);
  return failures != 0;
}
