// What stays allocated after rounds of the same work: bytes of each round but the first, `<what> <bytes an operation>`.
//   leaks puts|listens|gets|values|identities|keys OPERATIONS FOLDER [forget], the operations of each of three rounds
// Each round has a node of its own, whose end frees what it kept for others. `forget` leaks on purpose, to prove the method.
// Run with MALLOC_ARENA_MAX=1 and without the caches of threads, so that malloc counts exactly.
#include "probe.h"

#include <malloc.h>

static bool forget;

static void work_puts(dht_runner *runner, int count) {
  for (int i = 0; i < count;) {
    enum { batch = 500 };
    told t;
    told_init(&t);
    int begun = 0;
    for (; begun < batch && i < count; begun++, i++) {
      dht_infohash key = key_of(i % 2 ? "one" : "other");
      dht_value *value = dht_value_new((const uint8_t *)&i, sizeof i);
      dht_value_set_user_type(value, "a type that is too long to stand in place");
      dht_runner_put(runner, &key, value, on_done, &t, i % 3 == 0);
      if (i % 3 == 0) dht_runner_cancel_put(runner, &key, dht_value_get_id(value));
      if (!forget) dht_value_unref(value);
    }
    reaches(&t, &t.dones, begun, 20);
  }
}

static bool on_value_forgotten(const dht_value *value, void *user_data) {
  return dht_value_ref(value) && on_value(value, user_data);
}

static void work_gets(dht_runner *runner, int count) {
  dht_infohash key = key_of("gets");
  dht_value *value = dht_value_new_from_string("found");
  put(runner, &key, value, false);
  dht_value_unref(value);
  for (int i = 0; i < count;) {
    enum { batch = 500 };
    told t;
    told_init(&t);
    int begun = 0;
    for (; begun < batch && i < count; begun++, i++) dht_runner_get(runner, &key, forget ? on_value_forgotten : on_value, on_done, &t);
    reaches(&t, &t.dones, begun, 20);
    told_free(&t);
  }
}

static void work_listens(dht_runner *runner, int count) {
  for (int i = 0; i < count;) {
    enum { batch = 20 };
    told t;
    told_init(&t);
    dht_infohash key = key_of("listens");
    dht_op_token *tokens[batch];
    int begun = 0;
    for (; begun < batch && i < count; begun++, i++) tokens[begun] = dht_runner_listen(runner, &key, on_listen, on_end, &t);
    for (int j = 0; j < begun; j++) {
      dht_runner_cancel_listen(runner, &key, tokens[j]);
      if (!forget) dht_op_token_delete(tokens[j]);
    }
    reaches(&t, &t.dones, begun, 20);
  }
}

static void work_values(int count) {
  for (int i = 0; i < count; i++) {
    dht_value *value = dht_value_new_from_string("a value that is too long to stand in place"), *handle = dht_value_ref(value);
    dht_value_get_data(handle);
    dht_value_set_user_type(value, "another type that is too long");
    dht_value_unref(value);
    if (!forget) dht_value_unref(handle);
  }
}

static void work_identities(const char *folder, int count) {
  for (int i = 0; i < count; i++) {
    dht_identity identity = identity_in(folder);
    dht_publickey *half = dht_privatekey_get_publickey(identity.privatekey),
                  *other = dht_certificate_get_publickey(identity.certificate);
    dht_blob *sealed = dht_publickey_encrypt(half, "some text", 9);
    dht_data_view view = dht_blob_get_data(sealed);
    dht_blob *opened = dht_privatekey_decrypt(identity.privatekey, (const char *)view.data, view.size);
    dht_blob_delete(opened), dht_blob_delete(sealed);
    dht_publickey_delete(half), dht_publickey_delete(other);
    if (!forget) dht_identity_delete(&identity);
  }
}

static void work_keys(int count) {
  for (int i = 0; i < count; i++) {
    dht_privatekey *key = dht_privatekey_generate(2048);
    if (!forget) dht_privatekey_delete(key);
  }
}

static size_t in_use(void) {
  malloc_trim(0);
  struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  const char *what = arguments[1], *folder = arguments[3];
  int operations = atoi(arguments[2]);
  forget = count > 4;
  enum { rounds = 3 };
  size_t before = 0;
  for (int round = 0; round < rounds; round++) {
    dht_runner *a = NULL, *b = NULL;
    if (strcmp(what, "values") && strcmp(what, "identities") && strcmp(what, "keys")) a = start(NULL, NULL), b = start(NULL, a), settle(b);
    if (!strcmp(what, "puts")) work_puts(b, operations);
    if (!strcmp(what, "gets")) work_gets(b, operations);
    if (!strcmp(what, "listens")) work_listens(b, operations);
    if (!strcmp(what, "values")) work_values(operations);
    if (!strcmp(what, "keys")) work_keys(operations);
    if (!strcmp(what, "identities")) work_identities(folder, operations);
    dht_runner_delete(b), dht_runner_delete(a);
    nap(0.2);
    size_t now = in_use();
    if (round == 0) before = now;
    if (round == rounds - 1)
      printf("%s %.2f\n", what, ((double)now - (double)before) / ((double)operations * (rounds - 1)));
  }
  return 0;
}
