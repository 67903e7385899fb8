// A listen ends exactly once, in each of its ways.
#include "probe.h"

static void put_text(dht_runner *runner, const dht_infohash *key, const char *text) {
  dht_value *value = dht_value_new_from_string(text);
  put(runner, key, value, false);
  dht_value_unref(value);
}

/// A listen that hears one text: what was put before it has been told to whoever listened by then.
typedef struct {
  told told;
  const char *text;
} control;

static bool on_control(const dht_value *value, bool expired, void *user_data) {
  control *c = user_data;
  dht_data_view data = dht_value_get_data(value);
  if (!expired && data.size == strlen(c->text) && !memcmp(data.data, c->text, data.size)) on_listen(value, expired, &c->told);
  return true;
}

static dht_op_token *listen_for(dht_runner *runner, const dht_infohash *key, const char *text, control *c) {
  told_init(&c->told);
  c->text = text;
  return dht_runner_listen(runner, key, on_control, NULL, c);
}

int main(void) {
  dht_runner *a = start(NULL, NULL), *b = start(NULL, a);
  if (!fact(settle(b) && settle(a), "a put is stored", "never")) return 1;
  const char *names[] = {"cancelled", "refused", "deleted", "token deleted"};
  dht_infohash keys[4];
  told t[4];
  dht_op_token *tokens[4];
  for (int i = 0; i < 4; i++) {
    told_init(&t[i]);
    keys[i] = key_of(names[i]);
    t[i].answer = i != 1;
    tokens[i] = dht_runner_listen(a, &keys[i], on_listen, on_end, &t[i]);
    fact(tokens[i] != NULL, "listen gives a token", "NULL");
  }
  dht_op_token_delete(tokens[3]);
  for (int i = 0; i < 4; i++) {
    put_text(b, &keys[i], names[i]);
    fact(reaches(&t[i], &t[i].values, 1, 10), "a listen tells of a put", "%s: %d", names[i], t[i].values);
  }
  fact(t[3].dones == 0 && t[3].values >= 1, "B-7 deleting a token ends no listen", "%d ends, %d values", t[3].dones, t[3].values);
  fact(reaches(&t[1], &t[1].dones, 1, 10), "B-7 a listen whose callback said false ends", "%d", t[1].dones);
  dht_runner_cancel_listen(a, &keys[0], tokens[0]);
  fact(reaches(&t[0], &t[0].dones, 1, 10), "B-7 a cancelled listen ends", "%d", t[0].dones);
  fact(t[0].dones && !pthread_equal(t[0].thread, pthread_self()), "B-6 a listen ends on the runner's thread", "ours");
  for (int i = 0; i < 4; i++) fact(t[i].one_thread, "B-6 a listen calls on one thread", "several");

  // More puts: what has ended is not told. The same node hears the last of them, so all news before it has come.
  int before = t[0].values, refused = t[1].values;
  control here[2], there[4];
  dht_op_token *controls[6];
  for (int i = 0; i < 2; i++) {
    controls[i] = listen_for(a, &keys[i], "last", &here[i]);
    put_text(b, &keys[i], "later");
    put_text(b, &keys[i], "last");
    fact(reaches(&here[i].told, &here[i].told.values, 1, 20), "a listen on the same key hears the last put", "%s", names[i]);
  }
  fact(t[0].values == before && t[1].values == refused && refused == 1, "nothing is told after the end", "%d, %d",
       t[0].values - before, t[1].values);
  // Another node goes on listening when this one is gone.
  dht_runner *c = start(NULL, b);
  if (!fact(settle(c), "a put of the third node is stored", "never")) return 1;
  for (int i = 0; i < 4; i++) controls[2 + i] = listen_for(c, &keys[i], "afterwards", &there[i]);
  dht_runner_delete(a);
  fact(t[2].dones == 1 && t[3].dones == 1, "B-7 delete ends what listens, before it returns", "%d, %d", t[2].dones, t[3].dones);
  fact(t[0].dones == 1 && t[1].dones == 1, "B-7 every listen ends once", "%d, %d", t[0].dones, t[1].dones);
  int sum = 0;
  for (int i = 0; i < 4; i++) sum += t[i].after_done;
  for (int i = 0; i < 4; i++) {
    put_text(b, &keys[i], "afterwards");
    fact(reaches(&there[i].told, &there[i].told.values, 1, 20), "another node hears a put after the delete", "%s", names[i]);
  }
  int later = 0;
  for (int i = 0; i < 4; i++) later += t[i].after_done, told_free(&t[i]);
  fact(sum == 0 && later == 0, "no callback after the end", "%d, %d", sum, later);
  for (int i = 0; i < 3; i++) dht_op_token_delete(tokens[i]);
  dht_runner_delete(b);
  dht_runner_delete(c);
  for (int i = 0; i < 6; i++) dht_op_token_delete(controls[i]), told_free(i < 2 ? &here[i].told : &there[i - 2].told);
  return failures != 0;
}
