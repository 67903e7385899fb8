// A node with a shell, in C: what `dhtcnode` does. One source for OpenDHT's library and for this one.
//   cc dhtcnode.c -lopendht-c -o dhtcnode && ./dhtcnode -b bootstrap.jami.net
#include <opendht/opendht_c.h>

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A listen of the shell. Its end may come at any time, even before the call returns, so it does not free this: we do,
/// when the node is gone and calls nobody any more.
struct listening {
  struct listening *next;
  dht_op_token *token;
  dht_infohash key;
  size_t total;
};

static bool print_value(const dht_value *value, void *user_data) {
  (void)user_data;
  dht_data_view data = dht_value_get_data(value);
  printf("Get callback: %.*s.\n", (int)data.size, (const char *)data.data);
  return true;
}

static void print_get_end(bool ok, void *user_data) {
  (void)user_data;
  printf("Get completed: %s\n", ok ? "success !" : "failure :-(");
}

static void print_put_end(bool ok, void *user_data) {
  (void)user_data;
  printf("Put completed: %s\n", ok ? "success !" : "failure :-(");
}

static bool print_change(const dht_value *value, bool expired, void *user_data) {
  struct listening *listening = user_data;
  dht_data_view data = dht_value_get_data(value);
  listening->total += expired ? (size_t)-1 : 1;
  printf("Listen: %s value: %.*s (total %zu).\n", expired ? "expired" : "new", (int)data.size, (const char *)data.data,
         listening->total);
  return true;
}

static void print_listen_end(void *user_data) {
  (void)user_data;
  printf("listen_context_free.\n");
}

static void wake(void *user_data) { sem_post(user_data); }

/// Hexadecimal digits are a key as they are, other text is hashed.
static dht_infohash key_of(const char *text) {
  dht_infohash key;
  dht_infohash_from_hex_null(&key, text);
  if (dht_infohash_is_zero(&key)) {
    dht_infohash_get_from_string(&key, text);
    printf("Using h(%s) = %s\n", text, dht_infohash_print(&key));
  }
  return key;
}

static void print_addresses(const dht_runner *runner) {
  struct sockaddr **addresses = dht_runner_get_public_address(runner);
  if (!addresses) return;
  for (struct sockaddr **address = addresses; *address; address++) {
    char text[INET6_ADDRSTRLEN] = "";
    const void *bytes = (*address)->sa_family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)*address)->sin6_addr
                                                          : (const void *)&((struct sockaddr_in *)*address)->sin_addr;
    inet_ntop((*address)->sa_family, bytes, text, sizeof text);
    printf("Found public address: %s\n", text);
    free(*address);
  }
  free(addresses);
}

static struct listening *listen_to(dht_runner *runner, dht_infohash key, struct listening *others) {
  struct listening *listening = calloc(1, sizeof *listening);
  listening->key = key;
  listening->next = others;
  listening->token = dht_runner_listen(runner, &key, print_change, print_listen_end, listening);
  return listening;
}

/// Reads commands until there are no more; gives the listens, which are cancelled by then.
static struct listening *serve(dht_runner *runner) {
  struct listening *listenings = NULL;
  char line[400];
  while (printf("> "), fflush(stdout), fgets(line, sizeof line, stdin)) {
    char command[64] = "", first[64] = "", word[256] = "";
    if (sscanf(line, "%63s %63s %255s", command, first, word) < 1) continue;
    if (!strcmp(command, "ll")) {
      dht_infohash id = dht_runner_get_node_id(runner);
      printf("DHT node %s running on port %u\n", dht_infohash_print(&id), dht_runner_get_bound_port(runner, AF_INET));
      continue;
    }
    if (!strcmp(command, "la")) {
      print_addresses(runner);
      continue;
    }
    if (!strchr("glp", command[0]) || command[1]) {
      printf("Unkown command: %s\n", command);
      continue;
    }
    dht_infohash key = key_of(first);
    if (command[0] == 'g') {
      dht_runner_get(runner, &key, print_value, print_get_end, NULL);
    } else if (command[0] == 'l') {
      listenings = listen_to(runner, key, listenings);
    } else {
      dht_value *value = dht_value_new((const uint8_t *)word, strlen(word));
      dht_runner_put(runner, &key, value, print_put_end, NULL, true);
      dht_value_unref(value);
    }
  }
  for (struct listening *each = listenings; each; each = each->next) dht_runner_cancel_listen(runner, &each->key, each->token);
  return listenings;
}

static void free_listenings(struct listening *listenings) {
  while (listenings) {
    struct listening *next = listenings->next;
    dht_op_token_delete(listenings->token);
    free(listenings);
    listenings = next;
  }
}

int main(int count, char **arguments) {
  static const struct option options[] = {
      {"help", no_argument, NULL, 'h'},          {"port", required_argument, NULL, 'p'},
      {"net", required_argument, NULL, 'n'},     {"bootstrap", required_argument, NULL, 'b'},
      {"identity", no_argument, NULL, 'i'},      {"verbose", no_argument, NULL, 'v'},
      {"service", no_argument, NULL, 's'},       {"peer-discovery", no_argument, NULL, 'D'},
      {"logfile", required_argument, NULL, 'l'}, {"no-rate-limit", no_argument, NULL, 'U'},
      {"syslog", no_argument, NULL, 'L'},        {"version", no_argument, NULL, 'V'},
      {"save-identity", required_argument, NULL, 'f'}, {0}};
  dht_runner_config config;
  dht_runner_config_default(&config);
  in_port_t port = 0;
  char *host = NULL;
  for (int option; (option = getopt_long(count, arguments, "hp:n:b:ivsDl:Uf:V", options, NULL)) != -1;) switch (option) {
      case 'p': port = (in_port_t)atoi(optarg); break;
      case 'n': config.dht_config.node_config.network = (uint32_t)strtoul(optarg, NULL, 10); break;
      case 'b': host = optarg; break;
      case 'v': config.log = true; break;
      case 'D': config.peer_discovery = config.peer_publish = true; break;
      case 'V': printf("OpenDHT version %s\n", dht_version()); return 0;
      case '?': return 1;
    }

  setvbuf(stdout, NULL, _IOLBF, 0);  // also for whoever reads through a pipe
  dht_runner *runner = dht_runner_new();
  int code = dht_runner_run_config(runner, port, &config);
  if (code) {
    printf("Can't start the node: %s\n", strerror(code));
    dht_runner_delete(runner);
    return 1;
  }
  if (host) {
    printf("Bootstrap using %s\n", host);
    dht_runner_bootstrap(runner, host, NULL);
  }
  struct listening *listenings = serve(runner);

  printf("Stopping…\n");
  sem_t ended;
  sem_init(&ended, 0, 0);
  dht_runner_shutdown(runner, wake, &ended);
  while (sem_wait(&ended) && errno == EINTR) {}
  dht_runner_delete(runner);
  free_listenings(listenings);
  printf("Stopped.\n");
  return 0;
}
