// What is stored under a key, and how to ask for it.
#pragma once

#include <opendht/crypto.h>

#include <memory>

namespace dht {

/// What is stored: bytes, and who signed them for whom.
struct Value {
  using Id = uint64_t;
  /// Whether a value is wanted.
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
    if (auto *key = dht_value_get_owner(c)) owner = std::make_shared<crypto::PublicKey>(key);
  }

  bool isSigned() const { return origin_ && odht_value_is_signed(origin_.get()); }
  /// Still encrypted: for somebody else.
  bool isEncrypted() const { return origin_ && odht_value_is_encrypted(origin_.get()); }
  /// It came encrypted, and was opened.
  bool wasEncrypted() const { return origin_ && odht_value_was_encrypted(origin_.get()); }
  /// Bytes that count for the limits of the network.
  size_t size() const { return odht_value_get_size(handle().get()); }
  /// The data as text.
  std::string_view text() const { return {reinterpret_cast<const char *>(data.data()), data.size()}; }
  /// `Value[id:992ec4b0ca3eaa12 data(text/plain):"hello"]`
  std::string toString() const {
    size_t size = 0;
    char *printed = odht_value_print(printable().get(), &size);
    return detail::taken(printed, size);
  }

  using Handle = detail::Handle<dht_value, &dht_value_unref>;
  /// A new value of the C library with these fields.
  Handle handle() const {
    Handle c(odht_value_new(data.data(), data.size(), type, id, user_type.c_str()));
    if (recipient) {
      dht_infohash to = recipient;
      odht_value_set_recipient(c.get(), &to);
    }
    return c;
  }

  friend bool operator==(const Value &a, const Value &b) {
    return a.id == b.id && a.type == b.type && a.data == b.data && a.user_type == b.user_type && a.recipient == b.recipient &&
           a.seq == b.seq && !a.owner == !b.owner && (!a.owner || *a.owner == *b.owner);
  }
  friend bool operator!=(const Value &a, const Value &b) { return !(a == b); }
  friend std::ostream &operator<<(std::ostream &out, const Value &value) { return out << value.toString(); }

 private:
  /// What it came as says more (signatures), as long as nobody changed the fields.
  Handle printable() const {
    if (origin_ && id == dht_value_get_id(origin_.get()) && data == detail::blob_of(dht_value_get_data(origin_.get())) &&
        user_type == dht_value_get_user_type(origin_.get()) && type == odht_value_get_type(origin_.get()))
      return Handle(dht_value_ref(origin_.get()));
    return handle();
  }
  std::shared_ptr<dht_value> origin_;
};

/// Which values are asked for: the network sends no others.
class Where {
 public:
  Where() : Where("") {}
  /// Reads `WHERE value_type=3,user_type="text/plain"`. Throws std::invalid_argument.
  Where(const std::string &text) : query_(odht_query_new(text.c_str())) {
    if (!query_) throw std::invalid_argument(odht_error());
  }
  Where(const char *text) : Where(std::string(text)) {}
  Where(const Where &other) : query_(odht_query_copy(other.get())) {}
  Where(Where &&) noexcept = default;
  Where &operator=(Where other) noexcept {
    query_ = std::move(other.query_);
    return *this;
  }

  Where &&id(Value::Id id) { return odht_query_where_id(query_.get(), id), std::move(*this); }
  Where &&valueType(uint16_t type) { return odht_query_where_value_type(query_.get(), type), std::move(*this); }
  Where &&owner(const InfoHash &owner) {
    dht_infohash c = owner;
    return odht_query_where_owner(query_.get(), &c), std::move(*this);
  }
  Where &&seq(uint16_t number) { return odht_query_where_sequence(query_.get(), number), std::move(*this); }
  Where &&userType(const std::string &type) { return odht_query_where_user_type(query_.get(), type.c_str()), std::move(*this); }
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
