// A node of the network, and everything it does.
#pragma once

#include <opendht/value.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

namespace dht {

using time_point = std::chrono::system_clock::time_point;

// Every callback of a runner comes on its thread, one at a time. What a callback or a filter throws counts as
// false: the operation ends, or the value is not wanted. A text with a zero byte is std::invalid_argument.

/// Values of a get, as they are found; false ends it.
using GetCallback = std::function<bool(const std::vector<std::shared_ptr<Value>> &)>;
using GetCallbackSimple = std::function<bool(std::shared_ptr<Value>)>;
/// Values of a listen that are new or have expired; false ends it.
using ValueCallback = std::function<bool(const std::vector<std::shared_ptr<Value>> &, bool expired)>;
/// The end of an operation; exactly once.
using DoneCallback = std::function<void(bool success, const std::vector<std::shared_ptr<Node>> &)>;
using DoneCallbackSimple = std::function<void(bool success)>;
using ShutdownCallback = std::function<void()>;

/// How a node is set up.
struct Config {
  /// UDP port of both families; 0 for any.
  in_port_t port = 0;
  /// Addresses to bind; empty for any.
  std::string bind4, bind6;
  crypto::Identity identity;
  InfoHash node_id;
  NetId network = 0;
  bool is_bootstrap = false;
  bool maintain_storage = false;
  /// Not yet: other nodes of the local network are neither looked for nor told.
  bool peer_discovery = false, peer_publish = false;
  /// Tells on standard error what the node does.
  bool log = false;
  /// Where its state is to be kept. Not yet: nothing is written there, and nothing read.
  std::string persist_path;
};

namespace detail {

/// The id that a put gives its value. The put's end may come before the put has returned, and wants it too: whoever is first writes
/// it, the other finds it written.
class NewId {
 public:
  NewId(Value &value, dht_value *c) : value_(&value), c_(dht_value_ref(c)) {}
  void write() {
    std::lock_guard lock(mutex_);
    // Once: after the put has returned the value may be gone.
    if (auto *value = std::exchange(value_, nullptr)) value->id = dht_value_get_id(c_.get());
  }

 private:
  std::mutex mutex_;
  Value *value_;
  Value::Handle c_;
};

/// What the C library carries for an operation; freed by its end, which is its last call.
struct Operation {
  GetCallback each;
  ValueCallback change;
  Value::Filter filter;
  DoneCallback done;
  std::shared_ptr<NewId> new_id;

  bool wants(const Value &value) {
    try {
      return filter(value);
    } catch (...) {
      return false;
    }
  }
  static bool on_value(const dht_value *c, void *user_data) { return on_change(c, false, user_data); }
  static bool on_change(const dht_value *c, bool expired, void *user_data) {
    auto &self = *static_cast<Operation *>(user_data);
    // No exception may cross the frames of C.
    try {
      auto value = std::make_shared<Value>(c);
      if (self.filter && !self.wants(*value)) return true;
      if (self.change) return self.change({value}, expired);
      return !self.each || self.each({value});
    } catch (...) {
      return false;
    }
  }
  static void on_done(const odht_outcome *outcome, void *user_data) {
    std::unique_ptr<Operation> self(static_cast<Operation *>(user_data));
    if (self->new_id) self->new_id->write();
    if (!self->done) return;
    try {
      std::vector<std::shared_ptr<Node>> nodes;
      odht_node node;
      for (size_t i = 0; odht_outcome_get_node(outcome, i, &node); i++) nodes.push_back(std::make_shared<Node>(node));
      self->done(odht_outcome_get_code(outcome) == ODHT_OK, nodes);
    } catch (...) {
    }
  }
};

inline DoneCallback with_nodes(DoneCallbackSimple done) {
  if (!done) return {};
  return [done = std::move(done)](bool ok, const std::vector<std::shared_ptr<Node>> &) { done(ok); };
}
inline GetCallback one_by_one(GetCallbackSimple each) {
  if (!each) return {};
  return [each = std::move(each)](const std::vector<std::shared_ptr<Value>> &values) {
    for (auto &value : values)
      if (!each(value)) return false;
    return true;
  };
}

}  // namespace detail

/// A node. Everything may be called from any thread; the destructor stops it and waits.
class DhtRunner {
 public:
  using Config = dht::Config;
  /// Names a listen.
  using Token = size_t;

  DhtRunner() : runner_(dht_runner_new()) {}
  DhtRunner(const DhtRunner &) = delete;
  DhtRunner &operator=(const DhtRunner &) = delete;

  // ---- Its life

  /// Starts the node. Throws DhtException, for example when the port is taken. A node always has its thread.
  void run(in_port_t port = 4222, const crypto::Identity &identity = {}, bool threaded = true, NetId network = 0) {
    (void)threaded;
    Config config;
    config.identity = identity;
    config.network = network;
    run(port, config);
  }
  void run(in_port_t port, Config config) {
    config.port = port;
    run(config);
  }
  void run(const Config &config) {
    odht_config c;
    odht_config_default(&c);
    c.port = config.port;
    c.bind_ipv4 = detail::c_text(config.bind4);
    c.bind_ipv6 = detail::c_text(config.bind6);
    c.node_id = config.node_id;
    c.network = config.network;
    c.is_bootstrap = config.is_bootstrap;
    c.maintain_storage = config.maintain_storage;
    c.peer_discovery = config.peer_discovery;
    c.peer_publish = config.peer_publish;
    c.log = config.log;
    c.persist_path = detail::c_text(config.persist_path);
    c.identity = crypto::detail::borrowed(config.identity);
    if (odht_runner_run(get(), &c) != ODHT_OK) throw DhtException(odht_error());
  }
  /// Adds an entry point, tried now and whenever the node is cut off.
  void bootstrap(const std::string &host, const std::string &service) {
    dht_runner_bootstrap(get(), detail::c_text(host), detail::c_text(service));
  }
  /// `host` or `host:port`; without port 4222.
  void bootstrap(const std::string &host) { dht_runner_bootstrap(get(), detail::c_text(host), nullptr); }
  void clearBootstrap() { odht_runner_clear_bootstrap(get()); }
  /// Waits until the node knows others; false when the time is over.
  bool waitConnected(std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    return odht_runner_wait_connected(get(), milliseconds(timeout)) == ODHT_OK;
  }
  void connectivityChanged() { odht_runner_connectivity_changed(get()); }
  /// Lets running operations end, then calls back.
  void shutdown(ShutdownCallback ended = {}) {
    auto *operation = new detail::Operation;
    if (ended) operation->done = [ended = std::move(ended)](bool, const auto &) { ended(); };
    odht_runner_shutdown(get(), 0, &detail::Operation::on_done, operation);
  }
  /// Lets running operations end, for at most so long, then stops the node and waits for its thread. It can run again. Not for callbacks.
  void join(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    if (!isRunning()) return;
    auto *operation = new detail::Operation;
    std::promise<void> promise;
    auto ended = promise.get_future();
    operation->done = [&promise](bool, const auto &) { promise.set_value(); };
    odht_runner_shutdown(get(), milliseconds(patience), &detail::Operation::on_done, operation);
    ended.wait();
    odht_runner_stop(get());
  }
  bool isRunning() const { return dht_runner_is_running(get()); }

  // ---- Get

  /// Finds the values of a key.
  void get(const InfoHash &key, GetCallback each, DoneCallback done, Value::Filter filter = {}, const Where &where = {}) {
    start_get(key, {std::move(each), {}, std::move(filter), std::move(done), {}}, where);
  }
  void get(const InfoHash &key, GetCallback each, DoneCallbackSimple done = {}, Value::Filter filter = {}, const Where &where = {}) {
    get(key, std::move(each), detail::with_nodes(std::move(done)), std::move(filter), where);
  }
  void get(const InfoHash &key, GetCallbackSimple each, DoneCallback done, Value::Filter filter = {}, const Where &where = {}) {
    get(key, detail::one_by_one(std::move(each)), std::move(done), std::move(filter), where);
  }
  void get(const InfoHash &key, GetCallbackSimple each, DoneCallbackSimple done = {}, Value::Filter filter = {},
           const Where &where = {}) {
    get(key, detail::one_by_one(std::move(each)), detail::with_nodes(std::move(done)), std::move(filter), where);
  }
  /// The text is hashed.
  void get(const std::string &key, GetCallback each, DoneCallbackSimple done = {}, Value::Filter filter = {},
           const Where &where = {}) {
    get(InfoHash::get(key), std::move(each), std::move(done), std::move(filter), where);
  }
  void get(const std::string &key, GetCallbackSimple each, DoneCallbackSimple done = {}, Value::Filter filter = {},
           const Where &where = {}) {
    get(InfoHash::get(key), std::move(each), std::move(done), std::move(filter), where);
  }
  /// All values, at once.
  std::future<std::vector<std::shared_ptr<Value>>> get(const InfoHash &key, Value::Filter filter = {}, const Where &where = {}) {
    auto promise = std::make_shared<std::promise<std::vector<std::shared_ptr<Value>>>>();
    auto values = std::make_shared<std::vector<std::shared_ptr<Value>>>();
    auto future = promise->get_future();
    get(
        key,
        GetCallbackSimple([values](std::shared_ptr<Value> value) {
          values->push_back(std::move(value));
          return true;
        }),
        DoneCallbackSimple([promise, values](bool) { promise->set_value(std::move(*values)); }), std::move(filter), where);
    return future;
  }
  std::future<std::vector<std::shared_ptr<Value>>> get(const std::string &key, Value::Filter filter = {}, const Where &where = {}) {
    return get(InfoHash::get(key), std::move(filter), where);
  }

  // ---- Put

  /// Stores a value at the nodes nearest to a key, and keeps it alive there if it is permanent. It gets an id at once.
  void put(const InfoHash &key, std::shared_ptr<Value> value, DoneCallback done, time_point created = time_point::max(),
           bool permanent = false) {
    start_put(key, *value, std::move(done), created, permanent, {});
  }
  void put(const InfoHash &key, std::shared_ptr<Value> value, DoneCallbackSimple done = {},
           time_point created = time_point::max(), bool permanent = false) {
    start_put(key, *value, detail::with_nodes(std::move(done)), created, permanent, {});
  }
  void put(const InfoHash &key, Value &&value, DoneCallback done, time_point created = time_point::max(), bool permanent = false) {
    start_put(key, value, std::move(done), created, permanent, {});
  }
  void put(const InfoHash &key, Value &&value, DoneCallbackSimple done = {}, time_point created = time_point::max(),
           bool permanent = false) {
    start_put(key, value, detail::with_nodes(std::move(done)), created, permanent, {});
  }
  void put(const std::string &key, Value &&value, DoneCallbackSimple done = {}, time_point created = time_point::max(),
           bool permanent = false) {
    put(InfoHash::get(key), std::move(value), std::move(done), created, permanent);
  }
  /// Whether it was stored.
  template <typename Key>
  std::future<bool> putAsync(const Key &key, Value value, bool permanent = false) {
    return promised([&](DoneCallbackSimple done) { put(key, std::move(value), std::move(done), time_point::max(), permanent); });
  }
  /// Stops keeping a value alive.
  void cancelPut(const InfoHash &key, Value::Id id) {
    dht_infohash c = key;
    dht_runner_cancel_put(get(), &c, id);
  }
  void cancelPut(const InfoHash &key, const std::shared_ptr<Value> &value) { cancelPut(key, value->id); }

  /// The same, signed with the node's identity; fails without one.
  void putSigned(const InfoHash &key, std::shared_ptr<Value> value, DoneCallback done, bool permanent = false) {
    start_put(key, *value, std::move(done), time_point::max(), permanent, signing());
  }
  void putSigned(const InfoHash &key, std::shared_ptr<Value> value, DoneCallbackSimple done = {}, bool permanent = false) {
    putSigned(key, std::move(value), detail::with_nodes(std::move(done)), permanent);
  }
  void putSigned(const InfoHash &key, Value &&value, DoneCallbackSimple done = {}, bool permanent = false) {
    start_put(key, value, detail::with_nodes(std::move(done)), time_point::max(), permanent, signing());
  }
  void putSigned(const std::string &key, Value &&value, DoneCallbackSimple done = {}, bool permanent = false) {
    putSigned(InfoHash::get(key), std::move(value), std::move(done), permanent);
  }
  template <typename Key>
  std::future<bool> putSignedAsync(const Key &key, Value value, bool permanent = false) {
    return promised([&](DoneCallbackSimple done) { putSigned(key, std::move(value), std::move(done), permanent); });
  }

  /// The same, signed, and encrypted so that only its recipient reads it: an id of its key, whose certificate is looked
  /// up, or the key itself. It is never stored in plain text: an id that nobody has, such as zero, ends it with false, and no key
  /// is std::invalid_argument.
  template <typename To>
  void putEncrypted(const InfoHash &key, const To &to, std::shared_ptr<Value> value, DoneCallbackSimple done = {},
                    bool permanent = false) {
    start_put(key, *value, detail::with_nodes(std::move(done)), time_point::max(), permanent, recipient(to));
  }
  template <typename To>
  void putEncrypted(const InfoHash &key, const To &to, Value &&value, DoneCallbackSimple done = {}, bool permanent = false) {
    start_put(key, value, detail::with_nodes(std::move(done)), time_point::max(), permanent, recipient(to));
  }
  template <typename To>
  void putEncrypted(const std::string &key, const To &to, Value &&value, DoneCallbackSimple done = {}, bool permanent = false) {
    putEncrypted(InfoHash::get(key), to, std::move(value), std::move(done), permanent);
  }
  template <typename To>
  std::future<bool> putEncryptedAsync(const InfoHash &key, const To &to, Value value, bool permanent = false) {
    return promised([&](DoneCallbackSimple done) { putEncrypted(key, to, std::move(value), std::move(done), permanent); });
  }

  // ---- Listen

  /// Tells of the values of a key and their changes, until it is cancelled or its callback says false.
  std::future<Token> listen(const InfoHash &key, ValueCallback change, Value::Filter filter = {}, const Where &where = {}) {
    return start_listen(key, {{}, std::move(change), std::move(filter), {}, {}}, where);
  }
  /// Tells of new values only.
  std::future<Token> listen(const InfoHash &key, GetCallback each, Value::Filter filter = {}, const Where &where = {}) {
    return listen(
        key, ValueCallback([each = std::move(each)](const auto &values, bool expired) { return expired || each(values); }),
        std::move(filter), where);
  }
  std::future<Token> listen(const InfoHash &key, GetCallbackSimple each, Value::Filter filter = {}, const Where &where = {}) {
    return listen(key, detail::one_by_one(std::move(each)), std::move(filter), where);
  }
  std::future<Token> listen(const std::string &key, ValueCallback change, Value::Filter filter = {}, const Where &where = {}) {
    return listen(InfoHash::get(key), std::move(change), std::move(filter), where);
  }
  std::future<Token> listen(const std::string &key, GetCallback each, Value::Filter filter = {}, const Where &where = {}) {
    return listen(InfoHash::get(key), std::move(each), std::move(filter), where);
  }
  std::future<Token> listen(const std::string &key, GetCallbackSimple each, Value::Filter filter = {}, const Where &where = {}) {
    return listen(InfoHash::get(key), std::move(each), std::move(filter), where);
  }
  void cancelListen(const InfoHash &, Token token) {
    // Cancelled without the lock: the end may come on this thread.
    if (auto operation = listens_->take(token)) odht_operation_cancel(operation.get());
  }
  void cancelListen(const InfoHash &key, std::future<Token> token) { cancelListen(key, token.get()); }
  void cancelListen(const InfoHash &key, std::shared_future<Token> token) { cancelListen(key, token.get()); }

  // ---- Others

  /// Finds the certificate of a key; the callback gets null when there is none.
  void findCertificate(const InfoHash &id, std::function<void(std::shared_ptr<crypto::Certificate>)> found) {
    using Found = decltype(found);
    dht_infohash c = id;
    odht_runner_find_certificate(
        get(), &c, nullptr, nullptr,
        [](const dht_certificate *certificate, void *user_data) {
          std::unique_ptr<Found> callback(static_cast<Found *>(user_data));
          try {
            if (*callback)
              (*callback)(certificate ? std::make_shared<crypto::Certificate>(odht_certificate_ref(certificate)) : nullptr);
          } catch (...) {
          }
        },
        new Found(std::move(found)));
  }
  void registerCertificate(const std::shared_ptr<crypto::Certificate> &certificate) {
    odht_runner_register_certificate(get(), certificate ? certificate->get() : nullptr);
  }
  /// Asks a host for a sign of life.
  void ping(const std::string &host, const std::string &service, DoneCallbackSimple done = {}) {
    auto *name = detail::c_text(host), *port = detail::c_text(service);
    auto *operation = new detail::Operation{{}, {}, {}, detail::with_nodes(std::move(done)), {}};
    odht_operation_delete(odht_runner_ping(get(), name, port, 0, &detail::Operation::on_done, operation));
  }
  /// Zero when it does not run.
  InfoHash getNodeId() const { return dht_runner_get_node_id(get()); }
  /// Id of the identity's key; zero without one.
  InfoHash getId() const { return dht_runner_get_id(get()); }
  in_port_t getBoundPort(sa_family_t family = AF_INET) const { return dht_runner_get_bound_port(get(), family); }
  odht_statistics getStatistics() const {
    odht_statistics statistics{};
    statistics.size = sizeof statistics;
    odht_runner_get_statistics(get(), &statistics);
    return statistics;
  }
  std::string getStorageLog() const { return detail::taken(odht_runner_print_storage(get(), nullptr)); }
  std::string getRoutingTablesLog(sa_family_t family = AF_UNSPEC) const {
    return detail::taken(odht_runner_print_routing_table(get(), family));
  }
  std::string getSearchesLog(sa_family_t family = AF_UNSPEC) const {
    return detail::taken(odht_runner_print_searches(get(), nullptr, family));
  }
  dht_runner *get() const { return runner_.get(); }

 private:
  /// How to protect a value: encrypted as soon as a recipient is named, were it by zero. The key lives as long as the call.
  struct Protection {
    bool is_signed = false;
    const dht_publickey *key = nullptr;
    std::optional<dht_infohash> id;
    std::optional<dht_pkid> long_id;
  };
  static Protection signing() { return {true, nullptr, {}, {}}; }
  static Protection recipient(const InfoHash &id) { return {true, nullptr, id, {}}; }
  static Protection recipient(const PkId &id) { return {true, nullptr, {}, id}; }
  static Protection recipient(const crypto::PublicKey &key) {
    if (!key) throw std::invalid_argument("no recipient");
    return {true, key.get(), {}, {}};
  }
  static Protection recipient(const std::shared_ptr<crypto::PublicKey> &key) {
    if (!key) throw std::invalid_argument("no recipient");
    return recipient(*key);
  }

  static uint32_t milliseconds(std::chrono::milliseconds time) {
    auto most = std::chrono::milliseconds(std::numeric_limits<uint32_t>::max());
    return static_cast<uint32_t>(std::min(std::max(time, std::chrono::milliseconds(1)), most).count());
  }

  template <typename Start>
  static std::future<bool> promised(Start start) {
    auto promise = std::make_shared<std::promise<bool>>();
    auto future = promise->get_future();
    start(DoneCallbackSimple([promise](bool ok) { promise->set_value(ok); }));
    return future;
  }

  void start_get(const InfoHash &key, detail::Operation operation, const Where &where) {
    dht_infohash c = key;
    odht_operation_delete(odht_runner_get(get(), &c, where.get(), 0, &detail::Operation::on_value, &detail::Operation::on_done,
                                          new detail::Operation(std::move(operation))));
  }

  void start_put(const InfoHash &key, Value &value, DoneCallback done, time_point created, bool permanent,
                 const Protection &protection) {
    dht_infohash c = key;
    odht_put_options options;
    odht_put_options_default(&options);
    options.is_signed = protection.is_signed;
    options.is_encrypted = protection.key || protection.id || protection.long_id;
    options.permanent = permanent;
    if (created != time_point::max()) options.created = std::chrono::system_clock::to_time_t(created);
    options.to_key = protection.key;
    options.to_id = protection.id ? &*protection.id : nullptr;
    options.to_long_id = protection.long_id ? &*protection.long_id : nullptr;
    auto handle = value.handle();
    // Drawn by the library: an id of ours would count as chosen, and cost a look at what stands under it.
    auto new_id = value.id ? nullptr : std::make_shared<detail::NewId>(value, handle.get());
    auto *operation = new detail::Operation{{}, {}, {}, std::move(done), new_id};
    odht_operation_delete(odht_runner_put(get(), &c, handle.get(), &options, &detail::Operation::on_done, operation));
    if (new_id) new_id->write();
  }

  std::future<Token> start_listen(const InfoHash &key, detail::Operation operation, const Where &where) {
    dht_infohash c = key;
    Token token = listens_->next();
    // The end may come after this runner's: a callback may delete it.
    operation.done = [listens = listens_, token](bool, const auto &) { listens->end(token); };
    auto *started = odht_runner_listen(get(), &c, where.get(), &detail::Operation::on_change, &detail::Operation::on_done,
                                       new detail::Operation(std::move(operation)));
    listens_->add(token, Listens::Handle(started));
    std::promise<Token> promise;
    promise.set_value(token);
    return promise.get_future();
  }

  /// The listens that have not ended.
  class Listens {
   public:
    using Handle = detail::Handle<odht_operation, &odht_operation_delete>;
    Token next() {
      std::lock_guard lock(mutex_);
      return begun_[++last_] = nullptr, last_;
    }
    /// Dropped if its end has come already.
    void add(Token token, Handle operation) {
      std::lock_guard lock(mutex_);
      if (auto found = begun_.find(token); found != begun_.end()) found->second = std::move(operation);
    }
    Handle take(Token token) {
      std::lock_guard lock(mutex_);
      auto found = begun_.find(token);
      return found == begun_.end() ? nullptr : std::move(found->second);
    }
    void end(Token token) {
      std::lock_guard lock(mutex_);
      begun_.erase(token);
    }

   private:
    std::mutex mutex_;
    std::map<Token, Handle> begun_;
    Token last_ = 0;
  };

  std::shared_ptr<Listens> listens_ = std::make_shared<Listens>();
  detail::Handle<dht_runner, &dht_runner_delete> runner_;
};

}  // namespace dht
