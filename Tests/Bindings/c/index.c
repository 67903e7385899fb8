// The prefix index of odht_index.h.
#include "probe.h"

#include <opendht/odht_index.h>
#include <signal.h>
#include <sys/wait.h>

typedef struct {
  told told;
  int code;
  size_t count;
  odht_index_entry entries[32];
  char prefix[256];
  odht_index *deletes;  // in the callback
} answer;

static void answer_init(answer *a) {
  memset(a, 0, sizeof *a);
  told_init(&a->told);
  a->code = -1;
}

static void on_found(const odht_index_entry *entries, size_t count, const char *prefix, void *user_data) {
  answer *a = user_data;
  a->count = count;
  memcpy(a->entries, entries, (count < 32 ? count : 32) * sizeof *entries);
  snprintf(a->prefix, sizeof a->prefix, "%s", prefix);
  on_value(NULL, &a->told);
}

static void on_outcome(const odht_outcome *outcome, void *user_data) {
  answer *a = user_data;
  a->code = odht_outcome_get_code(outcome);
  if (a->deletes) odht_index_delete(a->deletes);
  on_done(a->code == ODHT_OK, &a->told);
}

static odht_index *open_index(dht_runner *runner) {
  odht_index_field field = {"word", 5};
  return odht_index_new(runner, (const uint8_t *)"books", 5, &field, 1);
}

static odht_index_key word(const char *text) {
  odht_index_key key = {"word", (const uint8_t *)text, strlen(text)};
  return key;
}

static int insert(odht_index *index, const char *text, dht_value_id id) {
  answer a;
  answer_init(&a);
  odht_index_entry entry = {key_of(text), id};
  odht_index_key key = word(text);
  odht_operation_delete(odht_index_insert(index, &key, 1, &entry, on_outcome, &a));
  return reaches(&a.told, &a.told.dones, 1, 30) ? a.code : -1;
}

static void lookup(answer *a, odht_index *index, const char *text, int match) {
  answer_init(a);
  odht_index_key key = word(text);
  odht_operation *operation = odht_index_lookup(index, &key, 1, match, on_found, on_outcome, a);
  if (operation) reaches(&a->told, &a->told.dones, 1, 30);
  odht_operation_delete(operation);
}

static void invalid(dht_runner *runner, odht_index *index) {
  odht_index_field twice[] = {{"a", 1}, {"a", 2}}, huge = {"a", SIZE_MAX};
  const uint8_t *name = (const uint8_t *)"x";
  fact(!odht_index_new(runner, name, 1, twice, 0) && *odht_error(), "an index without fields is refused", "%s", odht_error());
  fact(!odht_index_new(runner, name, 1, twice, 2) && strstr(odht_error(), "a"), "a field twice is refused", "%s", odht_error());
  fact(!odht_index_new(runner, name, 1, &huge, 1), "a field without end is refused", "%s", odht_error());
  odht_index_key wrong[] = {{"word", name, 1}, {"other", name, 1}}, large = word("sixsix");
  answer a;
  answer_init(&a);
  odht_index_entry entry = {key_of("x"), 1};
  bool refused = !odht_index_lookup(index, wrong, 2, ODHT_INDEX_EXACT, on_found, on_outcome, &a) &&
                 !odht_index_lookup(index, &wrong[1], 1, ODHT_INDEX_EXACT, on_found, on_outcome, &a) &&
                 !odht_index_insert(index, &large, 1, &entry, on_outcome, &a) &&
                 !odht_index_insert(index, wrong, 1, NULL, on_outcome, &a) &&
                 !odht_index_lookup(index, NULL, 0, ODHT_INDEX_EXACT, on_found, on_outcome, &a) && *odht_error();
  fact(refused && a.told.dones == 0, "a key with other fields is refused, and nothing called", "%d calls", a.told.dones);
  fact(odht_index_is_valid(index, wrong, 1) && !odht_index_is_valid(index, wrong, 2), "a key can be asked about", "not so");
  odht_index_delete(NULL);
  fact(!odht_index_new(NULL, name, 1, &huge, 1) && !odht_index_lookup(NULL, wrong, 1, 0, on_found, on_outcome, &a) &&
           !odht_index_insert(NULL, wrong, 1, &entry, on_outcome, &a) && !odht_index_is_valid(NULL, wrong, 1),
       "NULL is no index", "something came of it");
}

static void found_by_others(odht_index *mine, odht_index *yours) {
  int failed = 0;
  char text[6];
  for (dht_value_id id = 0; id < 20; id++) {
    snprintf(text, sizeof text, "du%03d", (int)id);
    failed += insert(id % 2 ? mine : yours, text, id) != ODHT_OK;
  }
  fact(!failed, "twenty entries are inserted", "%d failed", failed);
  answer a;
  int missing = 0;
  for (dht_value_id id = 0; id < 20; id++) {
    snprintf(text, sizeof text, "du%03d", (int)id);
    dht_infohash hash = key_of(text);
    // Entries of a node that was split move down in their own time.
    for (int attempt = 0; attempt < 50; attempt++) {
      lookup(&a, mine, text, ODHT_INDEX_EXACT);
      if (a.count == 1) break;
      nap(0.2);
    }
    missing += a.code != ODHT_OK || a.count != 1 || a.entries[0].id != id || memcmp(&a.entries[0].hash, &hash, sizeof hash);
  }
  fact(!missing, "each is found exactly", "%d are not", missing);
  fact(a.told.dones == 1 && a.told.values == 1 && a.told.one_thread && !a.told.after_done && strncmp(a.prefix, "Prefix : \n\tContent_ : \"0", 24) == 0,
       "one answer, then one end, on one thread", "%d answers, %d ends: %s", a.told.values, a.told.dones, a.prefix);
  lookup(&a, yours, "zzz", ODHT_INDEX_EXACT);
  fact(a.code == ODHT_OK && a.count == 0 && a.told.values == 1, "what is not there is an empty answer", "code %d, %zu entries", a.code, a.count);
  lookup(&a, yours, "du0191", ODHT_INDEX_NEAREST);
  fact(a.code == -1, "a key that is too long has no nearest", "code %d", a.code);
  lookup(&a, yours, "du01", ODHT_INDEX_NEAREST);
  bool near = a.count > 0;
  for (size_t i = 0; i < a.count && i < 32; i++) near = near && a.entries[i].id >= 10;
  fact(near, "the nearest are found", "%zu entries, the first %d", a.count, (int)a.entries[0].id);
}

static void deleting(dht_runner *runner, dht_runner *other) {
  answer a[8], b;
  odht_index *index = open_index(runner);
  odht_index_key key = word("gone");
  for (int i = 0; i < 8; i++) {
    answer_init(&a[i]);
    odht_operation_delete(odht_index_lookup(index, &key, 1, ODHT_INDEX_EXACT, on_found, on_outcome, &a[i]));
  }
  odht_index_delete(index);
  bool all = true;
  for (int i = 0; i < 8; i++) all = all && a[i].told.dones == 1 && (a[i].code == ODHT_CANCELLED || a[i].code == ODHT_OK);
  fact(all, "deleting an index ends what runs before it returns", "%d ends of the last, code %d", a[7].told.dones, a[7].code);

  index = open_index(runner);
  answer_init(&b);
  b.deletes = index;
  odht_operation_delete(odht_index_lookup(index, &key, 1, ODHT_INDEX_EXACT, on_found, on_outcome, &b));
  fact(reaches(&b.told, &b.told.dones, 1, 30), "an index can be deleted in its own callback", "no end");

  index = open_index(runner);
  answer_init(&b);
  odht_operation *operation = odht_index_lookup(index, &key, 1, ODHT_INDEX_EXACT, on_found, on_outcome, &b);
  odht_operation_cancel(operation);
  odht_operation_delete(operation);
  fact(reaches(&b.told, &b.told.dones, 1, 30) && (b.code == ODHT_CANCELLED || b.code == ODHT_OK), "a lookup can be cancelled", "code %d", b.code);

  pid_t child = fork();
  if (child == 0) {
    answer_init(&b);
    lookup(&b, index, "gone", ODHT_INDEX_EXACT);
    odht_index_delete(index);
    _exit(b.code == ODHT_NOT_RUNNING ? 0 : 1);
  }
  int status = -1;
  for (int i = 0; i < 200 && waitpid(child, &status, WNOHANG) == 0; i++) nap(0.05);
  fact(WIFEXITED(status) && WEXITSTATUS(status) == 0, "in a child the index is dead and can be deleted", "status %d", status);
  if (status == -1) kill(child, SIGKILL);

  // Another life of the same runner.
  odht_runner_stop(runner);
  lookup(&b, index, "gone", ODHT_INDEX_EXACT);
  fact(b.code == ODHT_NOT_RUNNING && b.told.dones == 1, "nothing is looked up while the node is stopped", "code %d", b.code);
  dht_runner_run(runner, 0);
  char port[8];
  snprintf(port, sizeof port, "%u", (unsigned)dht_runner_get_bound_port(other, AF_INET));
  dht_runner_bootstrap(runner, "127.0.0.1", port);
  odht_runner_wait_connected(runner, 20000);
  fact(insert(index, "again", 7) == ODHT_OK, "an index goes on when its runner is started again", "it does not");
  dht_runner_delete(runner);
  lookup(&b, index, "again", ODHT_INDEX_EXACT);
  fact(b.code == ODHT_NOT_RUNNING, "an index outlives its runner", "code %d", b.code);
  odht_index_delete(index);
}

int main(void) {
  dht_runner *first = start(NULL, NULL), *second = start(NULL, first);
  fact(settle(second) && settle(first), "two nodes know each other", "they do not");
  odht_index *mine = open_index(first), *yours = open_index(second);
  invalid(first, mine);
  found_by_others(mine, yours);
  odht_index_delete(mine);
  deleting(first, second);
  odht_index_delete(yours);
  dht_runner_delete(second);
  return failures != 0;
}
