// What the reference answers with a crash, a leak or silence, and this library does right.
#include "probe.h"

#include <sys/socket.h>
#include <sys/wait.h>

/// Every function with nothing in the place of its object.
static void nulls(void) {
  dht_infohash key = key_of("null"), hash;
  size_t size = 0;
  dht_infohash_zero(NULL), dht_infohash_random(NULL), dht_infohash_from_hex(NULL, NULL), dht_infohash_from_hex(&hash, NULL);
  dht_infohash_from_hex_null(&hash, NULL), dht_infohash_get(&hash, NULL, 0), dht_infohash_get_from_string(&hash, NULL);
  dht_infohash_print(NULL), dht_infohash_is_zero(NULL), dht_pkid_print(NULL);
  bool all = dht_blob_get_data(NULL).size == 0 && !dht_publickey_import(NULL, 0) && dht_publickey_export(NULL, NULL, &size) &&
             !dht_publickey_check_signature(NULL, NULL, 0, NULL, 0) && !dht_publickey_encrypt(NULL, NULL, 0) &&
             !dht_privatekey_import(NULL, 0, NULL) && dht_privatekey_export(NULL, NULL, NULL, NULL) &&
             !dht_privatekey_get_publickey(NULL) && !dht_privatekey_decrypt(NULL, NULL, 0) && !dht_certificate_import(NULL, 0) &&
             !dht_certificate_get_publickey(NULL) && !dht_value_get_data(NULL).size && !dht_value_get_id(NULL) &&
             !dht_value_get_owner(NULL) && !*dht_value_get_user_type(NULL) && !dht_runner_get_public_address(NULL) &&
             dht_runner_run(NULL, 0) && dht_runner_run_config(NULL, 0, NULL) && !dht_runner_get_bound_port(NULL, AF_INET);
  dht_publickey_get_id(NULL), dht_publickey_get_long_id(NULL), dht_certificate_get_id(NULL), dht_certificate_get_long_id(NULL);
  dht_identity_delete(NULL), dht_value_set_user_type(NULL, NULL), dht_value_get_recipient(NULL);
  dht_value_unref(dht_value_new(NULL, 0)), dht_value_unref(dht_value_new_from_string(NULL)), dht_value_unref(dht_value_ref(NULL));
  dht_runner_config_default(NULL), dht_runner_bootstrap(NULL, NULL, NULL), dht_runner_cancel_put(NULL, &key, 1);
  dht_runner_cancel_listen(NULL, &key, NULL), dht_runner_get_id(NULL), dht_runner_get_node_id(NULL);
  dht_runner_shutdown(NULL, NULL, NULL);
  fact(all, "NULL is an empty object everywhere", "something came of it");

  told t[5];
  for (int i = 0; i < 5; i++) told_init(&t[i]);
  dht_runner_get(NULL, &key, on_value, on_done, &t[0]);
  dht_runner_put(NULL, &key, NULL, on_done, &t[1], false);
  dht_runner_put_signed(NULL, &key, NULL, on_done, &t[2], false);
  dht_runner_ping(NULL, NULL, 0, on_done, &t[3]);
  dht_op_token *token = dht_runner_listen(NULL, &key, on_listen, on_end, &t[4]);
  dht_op_token_delete(token);
  bool once = true;
  for (int i = 0; i < 5; i++) once = once && t[i].dones == 1;
  fact(once, "an operation of no runner ends once", "%d %d %d %d %d", t[0].dones, t[1].dones, t[2].dones, t[3].dones, t[4].dones);

  // A running node, given nothing where something belongs.
  dht_runner *runner = start(NULL, NULL);
  for (int i = 0; i < 5; i++) told_init(&t[i]);
  dht_runner_get(runner, NULL, on_value, on_done, &t[0]);
  dht_runner_put(runner, &key, NULL, on_done, &t[1], false);
  dht_runner_get(runner, &key, NULL, on_done, &t[2]);
  dht_runner_ping(runner, NULL, 0, on_done, &t[3]);
  dht_value *value = dht_value_new_from_string("v");
  dht_runner_put_encrypted(runner, &key, NULL, value, on_done, &t[4], false);
  dht_value_unref(value);
  dht_runner_bootstrap(runner, NULL, NULL);
  dht_runner_cancel_listen(runner, &key, NULL);
  dht_runner_delete(runner);
  once = true;
  for (int i = 0; i < 5; i++) once = once && t[i].dones == 1;
  fact(once, "an operation on nothing ends once", "%d %d %d %d %d", t[0].dones, t[1].dones, t[2].dones, t[3].dones, t[4].dones);
}

/// Encrypted keys: openssl's, the reference's, and a NULL password. The folders hold them.
static void encrypted_keys(const char *folder, const char *reference, const char *reference_id) {
  const char *names[] = {"encrypted.pem", "encrypted.der"};
  for (int i = 0; i < 2; i++) {
    size_t size;
    uint8_t *bytes = contents(folder, names[i], &size);
    dht_privatekey *key = dht_privatekey_import(bytes, size, "secret");
    char name[100];
    snprintf(name, sizeof name, "B-12 privatekey_import of openssl's %s", names[i]);
    fact(key && !dht_privatekey_import(bytes, size, "wrong") && !dht_privatekey_import(bytes, size, NULL), name, "%p",
         (void *)key);
    dht_privatekey_delete(key);
    free(bytes);
  }
  size_t size;
  uint8_t *bytes = contents("/", reference, &size);
  dht_privatekey *key = dht_privatekey_import(bytes, size, "secret");
  free(bytes);
  dht_publickey *half = dht_privatekey_get_publickey(key);
  dht_pkid id = dht_publickey_get_long_id(half);
  fact(key && !strcmp(dht_pkid_print(&id), reference_id), "B-12 privatekey_import of an encrypted key of the reference", "%s",
       dht_pkid_print(&id));
  dht_publickey_delete(half);
  char out[8192];
  size = sizeof out;
  fact(!dht_privatekey_export(key, out, &size, NULL) && !strncmp(out, "-----BEGIN PRIVATE KEY-----", 27),
       "privatekey_export with a NULL password is plain", "%.40s", out);
  size = sizeof out;
  dht_privatekey_export(key, out, &size, "word");
  dht_privatekey *again = dht_privatekey_import((const uint8_t *)out, size, "word");
  fact(again != NULL, "B-12 privatekey_import of its own encrypted export", "NULL");
  dht_privatekey_delete(again);
  dht_privatekey_delete(key);
}

static dht_runner *doomed;
static void delete_runner(void *user_data) {
  dht_runner_delete(doomed);
  on_end(user_data);
}
static bool delete_in_value(const dht_value *value, void *user_data) {
  dht_runner_delete(doomed);
  return on_value(value, user_data);
}

/// A callback that deletes the runner it came from.
static void deleted_within(void) {
  doomed = start(NULL, NULL);
  told t, other;
  told_init(&t), told_init(&other);
  dht_infohash key = key_of("doomed");
  dht_op_token *token = dht_runner_listen(doomed, &key, on_listen, on_end, &other);
  dht_runner_shutdown(doomed, delete_runner, &t);
  fact(reaches(&t, &t.dones, 1, 10), "a callback may delete its runner", "it did not return");
  fact(reaches(&other, &other.dones, 1, 10) && other.dones == 1, "and what ran there ends once", "%d", other.dones);
  dht_op_token_delete(token);

  dht_runner *a = start(NULL, NULL);
  doomed = start(NULL, a);
  settle(doomed);
  dht_value *value = dht_value_new_from_string("v");
  put(a, &key, value, false);
  dht_value_unref(value);
  told_init(&t);
  dht_runner_get(doomed, &key, delete_in_value, on_done, &t);
  fact(reaches(&t, &t.dones, 1, 10), "a value callback may delete its runner", "%d values", t.values);
  nap(0.3);
  fact(t.dones == 1 && t.after_done == 0, "and its get ends once", "%d dones, %d after", t.dones, t.after_done);
  told_free(&t);
  dht_runner_delete(a);
}

/// Operations of each kind, ended by delete: done exactly once each, and before delete returns.
static void deleted_while_running(void) {
  enum { each = 40 };
  dht_runner *a = start(NULL, NULL), *b = start(NULL, a);
  settle(b);
  static told t[4 * each];
  dht_op_token *tokens[each];
  dht_value *value = dht_value_new_from_string("v");
  struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(9)};
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 4 * each; i++) {
    char text[32];
    snprintf(text, sizeof text, "running %d", i % each);
    dht_infohash key = key_of(text);
    told_init(&t[i]);
    switch (i / each) {
      case 0: dht_runner_put(b, &key, value, on_done, &t[i], i % 2); break;
      case 1: dht_runner_get(b, &key, on_value, on_done, &t[i]); break;
      case 2: tokens[i - 2 * each] = dht_runner_listen(b, &key, on_listen, on_end, &t[i]); break;
      default: dht_runner_ping(b, (struct sockaddr *)&nobody, sizeof nobody, on_done, &t[i]);
    }
  }
  dht_runner_delete(b);
  int wrong = 0, after = 0;
  for (int i = 0; i < 4 * each; i++) wrong += t[i].dones != 1;
  fact(wrong == 0, "B-7 delete ends every running operation once, before it returns", "%d of %d", wrong, 4 * each);
  nap(0.5);
  for (int i = 0; i < 4 * each; i++) after += t[i].after_done + (t[i].dones != 1), told_free(&t[i]);
  fact(after == 0, "no callback after delete", "%d", after);
  for (int i = 0; i < each; i++) dht_op_token_delete(tokens[i]);
  dht_value_unref(value);
  dht_runner_delete(a);
}

static int inside, overlaps;
static bool storm_value(const dht_value *value, void *user_data) {
  if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) != 1) __atomic_add_fetch(&overlaps, 1, __ATOMIC_SEQ_CST);
  bool answer = on_value(value, user_data);
  __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
  return answer;
}
static void storm_done(bool ok, void *user_data) {
  if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) != 1) __atomic_add_fetch(&overlaps, 1, __ATOMIC_SEQ_CST);
  on_done(ok, user_data);
  __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

static dht_runner *in_storm;
enum { storm_threads = 8, storm_operations = 100 };
static told storm_told[storm_threads][2 * storm_operations];
static void *storm(void *number) {
  told *t = storm_told[(intptr_t)number];
  for (int i = 0; i < storm_operations; i++) {
    char text[32];
    snprintf(text, sizeof text, "storm %d", i % 10);
    dht_infohash key = key_of(text);
    dht_value *value = dht_value_new_from_string(text);
    told_init(&t[2 * i]), told_init(&t[2 * i + 1]);
    dht_runner_put(in_storm, &key, value, storm_done, &t[2 * i], false);
    dht_runner_get(in_storm, &key, storm_value, storm_done, &t[2 * i + 1]);
    dht_value_unref(value);
  }
  return NULL;
}

/// Eight threads at one runner: every operation ends once, and callbacks never overlap.
static void many_threads(void) {
  dht_runner *a = start(NULL, NULL);
  in_storm = start(NULL, a);
  settle(in_storm);
  pthread_t threads[storm_threads];
  for (intptr_t i = 0; i < storm_threads; i++) pthread_create(&threads[i], NULL, storm, (void *)i);
  for (int i = 0; i < storm_threads; i++) pthread_join(threads[i], NULL);
  int late = 0, wrong = 0, ok = 0;
  for (int i = 0; i < storm_threads; i++)
    for (int j = 0; j < 2 * storm_operations; j++) late += !reaches(&storm_told[i][j], &storm_told[i][j].dones, 1, 30);
  dht_runner_delete(in_storm);
  for (int i = 0; i < storm_threads; i++)
    for (int j = 0; j < 2 * storm_operations; j++) {
      wrong += storm_told[i][j].dones != 1 || storm_told[i][j].after_done;
      ok += storm_told[i][j].oks;
      told_free(&storm_told[i][j]);
    }
  fact(late == 0 && wrong == 0, "8 threads, 1600 operations: each ends once", "%d late, %d wrong", late, wrong);
  fact(ok > 1000, "most of them well", "%d ok", ok);
  fact(overlaps == 0, "B-6 callbacks of one runner never overlap", "%d do", overlaps);
  dht_runner_delete(a);
}

/// A child of fork has dead runners, which it may delete; its parent's go on.
static void forked(void) {
  dht_runner *a = start(NULL, NULL), *b = start(NULL, a);
  settle(b);
  dht_infohash key = key_of("fork");
  dht_op_token *token;
  told listened;
  told_init(&listened);
  token = dht_runner_listen(b, &key, on_listen, on_end, &listened);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    bool dead = !dht_runner_is_running(a) && !dht_runner_get_bound_port(a, AF_INET);
    told t;
    told_init(&t);
    dht_runner_get(b, &key, on_value, on_done, &t);
    dead = dead && t.dones == 1 && t.oks == 0;
    dht_runner_cancel_listen(b, &key, token);
    dht_op_token_delete(token);
    dht_runner_delete(a), dht_runner_delete(b);
    // A child may have runners of its own.
    dht_runner *own = dht_runner_new();
    int code = dht_runner_run(own, 0);
    if (!code) dht_runner_delete(own);
    _exit(dead ? (code ? 4 : 0) : 3);
  }
  int status = -1;
  waitpid(child, &status, 0);
  fact(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child of fork has dead runners, deletes them, and starts its own",
       "%s %d", WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  dht_value *value = dht_value_new_from_string("v");
  fact(put(b, &key, value, false) && reaches(&listened, &listened.values, 1, 10), "and its parent's go on", "they do not");
  dht_value_unref(value);
  dht_op_token_delete(token);
  dht_runner_delete(b), dht_runner_delete(a);
  told_free(&listened);
}

/// Cancelled twice, after its end, after its runner's end.
static void late_cancels(void) {
  dht_runner *runner = start(NULL, NULL);
  dht_infohash key = key_of("late");
  told t;
  told_init(&t);
  dht_op_token *token = dht_runner_listen(runner, &key, on_listen, on_end, &t);
  dht_runner_cancel_listen(runner, &key, token);
  dht_runner_cancel_listen(runner, &key, token);
  reaches(&t, &t.dones, 1, 10);
  dht_runner_cancel_listen(runner, &key, token);
  dht_runner_delete(runner);
  fact(t.dones == 1, "B-7 a listen cancelled three times ends once", "%d", t.dones);
  dht_op_token_delete(token);
}

/// A listen without a running node ends at once.
static void stopped_listen(void) {
  dht_runner *runner = dht_runner_new();
  dht_infohash key = key_of("stopped");
  told t;
  told_init(&t);
  dht_op_token *token = dht_runner_listen(runner, &key, on_listen, on_end, &t);
  fact(t.dones == 1 && pthread_equal(t.thread, pthread_self()), "B-7 a listen before run ends here and now", "%d", t.dones);
  dht_op_token_delete(token);
  told_init(&t);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
  dht_runner_ping(runner, (struct sockaddr *)&address, sizeof address, on_done, &t);
  fact(t.dones == 1 && !t.oks && pthread_equal(t.thread, pthread_self()), "B-5 a ping before run fails here and now", "%d",
       t.dones);
  dht_runner_delete(runner);
}

/// Shutdown lets operations end before it calls back.
static void orderly_shutdown(void) {
  dht_runner *a = start(NULL, NULL), *b = start(NULL, a);
  settle(b);
  told t, end;
  told_init(&t), told_init(&end);
  dht_infohash key = key_of("shutdown");
  dht_op_token *token = dht_runner_listen(b, &key, on_listen, on_end, &t);
  dht_runner_shutdown(b, on_end, &end);
  bool ended = reaches(&end, &end.dones, 1, 20);
  fact(ended && end.dones == 1, "shutdown with a listen calls back once", "%d", end.dones);
  dht_op_token_delete(token);
  dht_runner_delete(b), dht_runner_delete(a);
  fact(t.dones == 1, "B-7 a listen ends once through shutdown and delete", "%d", t.dones);
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  nulls();
  encrypted_keys(arguments[1], arguments[2], arguments[3]);
  stopped_listen();
  late_cancels();
  deleted_within();
  deleted_while_running();
  many_threads();
  orderly_shutdown();
  forked();
  return failures != 0;
}
