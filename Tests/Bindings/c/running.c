// Nodes that run: ports, puts and gets, and the thread of the callbacks.
#include "probe.h"

#include <sys/socket.h>

/// A socket that holds a port of both families.
static int hold(in_port_t *port) {
  int fd = socket(AF_INET6, SOCK_DGRAM, 0), off = 0;
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  struct sockaddr_in6 address = {.sin6_family = AF_INET6};
  socklen_t size = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, size) || getsockname(fd, (struct sockaddr *)&address, &size)) exit(2);
  *port = ntohs(address.sin6_port);
  return fd;
}

static void ports(void) {
  in_port_t port;
  int fd = hold(&port);
  dht_runner *runner = dht_runner_new();
  int code = dht_runner_run(runner, port);
  fact(code == ENOTCONN, "B-10 run on a busy port is ENOTCONN", "%d", code);
  fact(!dht_runner_is_running(runner), "and it does not run", "it does");
  close(fd);
  code = dht_runner_run(runner, port);
  fact(code == 0 && dht_runner_is_running(runner), "run on a port", "%d", code);
  fact(dht_runner_get_bound_port(runner, AF_INET) == port && dht_runner_get_bound_port(runner, 0) == port &&
           dht_runner_get_bound_port(runner, AF_INET6) == port,
       "bound_port, in host order, 0 is IPv4", "%u", dht_runner_get_bound_port(runner, AF_INET));
  code = dht_runner_run(runner, 0);
  fact(code == 0 && dht_runner_get_bound_port(runner, AF_INET) == port, "B-10 run of a running node is 0, nothing happens",
       "%d, %u", code, dht_runner_get_bound_port(runner, AF_INET));
  told t;
  told_init(&t);
  dht_runner_shutdown(runner, on_end, &t);
  fact(reaches(&t, &t.dones, 1, 10), "shutdown calls back", "it does not");
  fact(dht_runner_is_running(runner), "still running after shutdown", "not");
  dht_runner_delete(runner);
}

int main(void) {
  ports();

  dht_runner *a = start(NULL, NULL), *b = start(NULL, a);
  dht_infohash id = dht_runner_get_node_id(a), other = dht_runner_get_node_id(b), none = dht_runner_get_id(a);
  fact(!dht_infohash_is_zero(&id) && memcmp(&id, &other, sizeof id), "node ids are random", "%s", dht_infohash_print(&id));
  fact(dht_infohash_is_zero(&none), "no id without identity", "%s", dht_infohash_print(&none));
  if (!fact(settle(b), "a put is stored", "never")) return 1;

  dht_infohash key = key_of("running");
  dht_value *values[3];
  for (int i = 0; i < 3; i++) {
    values[i] = dht_value_new((const uint8_t *)&i, sizeof i);
    if (i == 1) dht_value_set_user_type(values[i], "probe/type");
    fact(put(b, &key, values[i], false), "put", "failed");
    fact(dht_value_get_id(values[i]) != 0, "B-8 a put gives an id", "0");
  }
  dht_value *handle = dht_value_ref(values[1]);
  fact(dht_value_get_id(handle) == dht_value_get_id(values[1]), "B-8 every handle shows the id", "another");
  dht_value_unref(handle);

  told t;
  told_init(&t);
  dht_runner_get(a, &key, on_value, on_done, &t);
  reaches(&t, &t.dones, 1, 20);
  nap(0.3);
  fact(t.values == 3 && t.dones == 1 && t.oks == 1, "get calls once per value, then done(true)", "%d values, %d dones", t.values,
       t.dones);
  fact(t.one_thread && !pthread_equal(t.thread, pthread_self()), "B-6 callbacks come on one thread, not the caller's",
       "several or ours");
  pthread_t thread = t.thread;
  told_free(&t);

  told_init(&t);
  t.answer = false;
  dht_runner_get(a, &key, on_value, on_done, &t);
  reaches(&t, &t.dones, 1, 20);
  nap(0.3);
  fact(t.values == 1 && t.dones == 1 && t.oks == 1, "B-4 false ends a get: one value, then done(true)",
       "%d values, %d dones, %d ok", t.values, t.dones, t.oks);
  fact(pthread_equal(t.thread, thread), "B-6 the next get calls on the same thread", "another");
  fact(t.after_done == 0, "nothing after done", "%d", t.after_done);
  told_free(&t);

  told_init(&t);
  dht_runner_put(a, &key, values[0], on_done, &t, false);
  reaches(&t, &t.dones, 1, 20);
  fact(pthread_equal(t.thread, thread), "B-6 a put calls on the same thread", "another");
  told_init(&t);
  dht_runner_shutdown(b, on_end, &t);
  reaches(&t, &t.dones, 1, 20);
  fact(t.dones == 1 && !pthread_equal(t.thread, thread) && !pthread_equal(t.thread, pthread_self()),
       "B-6 another runner has another thread", "the same");
  dht_runner_delete(b);
  b = start(NULL, a);
  settle(b);

  told_init(&t);
  dht_runner_put_signed(a, &key, values[0], on_done, &t, false);
  fact(reaches(&t, &t.dones, 1, 20) && t.oks == 0, "put_signed without identity fails", "%d dones, %d ok", t.dones, t.oks);

  told_init(&t);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(dht_runner_get_bound_port(a, AF_INET))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  dht_runner_ping(b, (struct sockaddr *)&address, sizeof address, on_done, &t);
  fact(reaches(&t, &t.dones, 1, 20) && t.oks == 1, "ping of a node", "%d dones, %d ok", t.dones, t.oks);
  fact(t.dones && !pthread_equal(t.thread, pthread_self()), "B-6 ping calls on the runner's thread", "ours");
  int fd = hold(&address.sin_port);
  address.sin_port = htons(address.sin_port);
  told_init(&t);
  dht_runner_ping(b, (struct sockaddr *)&address, sizeof address, on_done, &t);
  fact(reaches(&t, &t.dones, 1, 20) && t.oks == 0, "ping of nobody fails", "%d dones, %d ok", t.dones, t.oks);
  dht_runner_ping(b, (struct sockaddr *)&address, sizeof address, NULL, NULL);
  close(fd);

  struct sockaddr **addresses = dht_runner_get_public_address(a);
  if (fact(addresses && addresses[0], "a public address is known", "none")) {
    char text[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &((struct sockaddr_in *)addresses[0])->sin_addr, text, sizeof text);
    fact(addresses[0]->sa_family == AF_INET && !strcmp(text, "127.0.0.1"), "it is that of loopback", "%s", text);
    for (int i = 0; addresses[i]; i++) free(addresses[i]);
  }
  free(addresses);

  // A permanent put, taken back: nobody can tell within seconds, so only that both calls are taken and the value is there.
  dht_infohash kept = key_of("permanent");
  fact(put(b, &kept, values[1], true), "a permanent put", "failed");
  told_init(&t);
  dht_runner_get(a, &kept, on_value, on_done, &t);
  reaches(&t, &t.dones, 1, 20);
  fact(t.values == 1 && !strcmp(dht_value_get_user_type(t.last), "probe/type") &&
           dht_value_get_id(t.last) == dht_value_get_id(values[1]) && dht_value_get_data(t.last).size == 4,
       "a value arrives with id, user type and data", "%d values", t.values);
  told_free(&t);
  dht_runner_cancel_put(b, &kept, dht_value_get_id(values[1]));

  for (int i = 0; i < 3; i++) dht_value_unref(values[i]);
  dht_runner_delete(b);
  dht_runner_delete(a);
  return failures != 0;
}
