// What is stored under a key, and how to ask for it.
#pragma once

#include <opendht/crypto.h>

#include <algorithm>
#include <memory>

namespace dht {

/// What is stored: bytes, and who signed them for whom. One that came from the network keeps its signature, or its cypher, until a
/// field is changed: then it is a new value, of nobody.
struct Value {
  using Id = uint64_t;
  /// Whether a value is wanted. One that throws does not want it.
  using Filter = std::function<bool(const Value &)>;
  static constexpr Id INVALID_ID = 0;

  /// 0 until the first put, which gives it one.
  Id id = INVALID_ID;
  /// Number of the type; 0 is user data.
  uint16_t type = 0;
  Blob data;
  std::string user_type;
  /// Who signed it; null for nobody.
  std::shared_ptr<crypto::PublicKey> owner;
  /// Whom it is for; zero for everybody.
  InfoHash recipient;
  /// Number of the edition, of a signed value.
  uint16_t seq = 0;

  Value() = default;
  Value(Blob bytes) : data(std::move(bytes)) {}
  Value(const uint8_t *bytes, size_t size) : data(bytes, bytes + size) {}
  /// Text: user type `text/plain`.
  Value(std::string_view text) : data(text.begin(), text.end()), user_type("text/plain") {}
  Value(const char *text) : Value(std::string_view(text)) {}
  Value(const std::string &text) : Value(std::string_view(text)) {}

  /// A copy of a value of the C library.
  explicit Value(const dht_value *c)
      : id(dht_value_get_id(c)),
        type(odht_value_get_type(c)),
        data(detail::blob_of(dht_value_get_data(c))),
        user_type(dht_value_get_user_type(c)),
        recipient(dht_value_get_recipient(c)),
        seq(odht_value_get_sequence(c)),
        origin_(dht_value_ref(c), &dht_value_unref) {
    if (auto *key = dht_value_get_owner(c)) owner = signer_ = std::make_shared<crypto::PublicKey>(key);
  }

  bool isSigned() const { return odht_value_is_signed(as_it_came()); }
  /// Still encrypted: for somebody else.
  bool isEncrypted() const { return odht_value_is_encrypted(as_it_came()); }
  /// It came encrypted, and was opened.
  bool wasEncrypted() const { return odht_value_was_encrypted(as_it_came()); }
  /// Bytes that count for the limits of the network.
  size_t size() const { return odht_value_get_size(handle().get()); }
  /// The data as text.
  std::string_view text() const { return {reinterpret_cast<const char *>(data.data()), data.size()}; }
  /// `Value[id:992ec4b0ca3eaa12 data(text/plain):"hello"]`
  std::string toString() const {
    size_t size = 0;
    char *printed = odht_value_print(handle().get(), &size);
    return detail::taken(printed, size);
  }

  using Handle = detail::Handle<dht_value, &dht_value_unref>;
  /// For the C library: what it came as, unless a field was changed; else a new value. Throws std::invalid_argument for a user
  /// type with a zero byte.
  Handle handle() const {
    if (auto *origin = as_it_came()) return Handle(dht_value_ref(origin));
    Handle c(odht_value_new(data.data(), data.size(), type, id, detail::c_text(user_type)));
    if (recipient) {
      dht_infohash to = recipient;
      odht_value_set_recipient(c.get(), &to);
    }
    return c;
  }

  friend bool operator==(const Value &a, const Value &b) {
    return a.id == b.id && a.type == b.type && a.data == b.data && a.user_type == b.user_type && a.recipient == b.recipient &&
           a.seq == b.seq && same(a.owner, b.owner);
  }
  friend bool operator!=(const Value &a, const Value &b) { return !(a == b); }
  friend std::ostream &operator<<(std::ostream &out, const Value &value) { return out << value.toString(); }

 private:
  using Key = std::shared_ptr<crypto::PublicKey>;
  static bool same(const Key &a, const Key &b) { return a == b || (a && b && *a == *b); }
  /// What it came as, which says more (signature, cypher), as long as every field is as it was; else null.
  const dht_value *as_it_came() const {
    auto *c = origin_.get();
    if (!c || id != dht_value_get_id(c) || type != odht_value_get_type(c) || seq != odht_value_get_sequence(c) ||
        recipient != InfoHash(dht_value_get_recipient(c)) || user_type != dht_value_get_user_type(c) || !same(owner, signer_))
      return nullptr;
    auto view = dht_value_get_data(c);
    return std::equal(data.begin(), data.end(), view.data, view.data + view.size) ? c : nullptr;
  }
  std::shared_ptr<dht_value> origin_;
  Key signer_;
};

/// Which values are asked for: the network sends no others.
class Where {
 public:
  Where() : Where("") {}
  /// Reads `WHERE value_type=3,user_type="text/plain"`. Throws std::invalid_argument.
  Where(const std::string &text) : query_(odht_query_new(detail::c_text(text))) {
    if (!query_) throw std::invalid_argument(odht_error());
  }
  Where(const char *text) : Where(std::string(text)) {}
  Where(const Where &other) : query_(odht_query_copy(other.get())) {}
  Where(Where &&) noexcept = default;
  Where &operator=(Where other) noexcept {
    query_ = std::move(other.query_);
    return *this;
  }

  // Each narrows this one. Of one without a name, the result may be kept.
  Where &id(Value::Id number) & { return odht_query_where_id(query_.get(), number), *this; }
  Where &&id(Value::Id number) && { return std::move(id(number)); }
  Where &valueType(uint16_t type) & { return odht_query_where_value_type(query_.get(), type), *this; }
  Where &&valueType(uint16_t type) && { return std::move(valueType(type)); }
  Where &owner(const InfoHash &id) & {
    dht_infohash c = id;
    return odht_query_where_owner(query_.get(), &c), *this;
  }
  Where &&owner(const InfoHash &id) && { return std::move(owner(id)); }
  Where &seq(uint16_t number) & { return odht_query_where_sequence(query_.get(), number), *this; }
  Where &&seq(uint16_t number) && { return std::move(seq(number)); }
  Where &userType(const std::string &type) & {
    return odht_query_where_user_type(query_.get(), detail::c_text(type)), *this;
  }
  Where &&userType(const std::string &type) && { return std::move(userType(type)); }
  /// Whether a value passes every condition.
  bool matches(const Value &value) const { return odht_query_matches(get(), value.handle().get()); }
  std::string toString() const { return detail::taken(odht_query_print(get())); }
  const odht_query *get() const { return query_.get(); }
  friend std::ostream &operator<<(std::ostream &out, const Where &where) { return out << where.toString(); }

 private:
  detail::Handle<odht_query, &odht_query_delete> query_;
};

/// A node that took part in an operation.
class Node {
 public:
  explicit Node(const odht_node &node) : node_(node) {}
  InfoHash getId() const { return node_.id; }
  /// `192.0.2.1:4222`
  std::string getAddrStr() const { return node_.address; }
  bool isExpired() const { return node_.expired; }

 private:
  odht_node node_;
};

}  // namespace dht
