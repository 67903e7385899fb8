// Keys, node ids, and the ids of public keys.
#pragma once

#include <opendht/odht.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dht {

using Blob = std::vector<uint8_t>;
using NetId = uint32_t;

/// What could not be done, and why.
struct DhtException : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

/// Owns an object of the C library.
template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T *object) const noexcept {
    Free(object);
  }
};
template <typename T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

/// Text that the C library allocated.
inline std::string taken(char *text, size_t size = std::string::npos) {
  Handle<char, &std::free> owned(text);
  if (!text) return {};
  return size == std::string::npos ? std::string(text) : std::string(text, size);
}

/// Text for C, where a zero byte ends it: one inside would cut a password or a name without a word.
inline const char *c_text(const std::string &text) {
  if (text.find('\0') != std::string::npos) throw std::invalid_argument("a text with a zero byte");
  return text.c_str();
}

inline Blob blob_of(dht_data_view view) { return view.size ? Blob(view.data, view.data + view.size) : Blob(); }

/// So many bytes that name something; zero is none.
template <typename Self, size_t N>
class Hash {
 public:
  Hash() = default;
  /// Of 2N hexadecimal digits; anything else is zero.
  explicit Hash(std::string_view digits) {
    if (digits.size() < 2 * N) return;
    for (size_t i = 0; i < N; i++) {
      int high = digit(digits[2 * i]), low = digit(digits[2 * i + 1]);
      if (high < 0 || low < 0) {
        bytes_.fill(0);
        return;
      }
      bytes_[i] = static_cast<uint8_t>(high << 4 | low);
    }
  }
  /// Of N bytes; fewer give zero.
  Hash(const uint8_t *data, size_t size) {
    if (size >= N) std::memcpy(bytes_.data(), data, N);
  }

  explicit operator bool() const { return bytes_ != std::array<uint8_t, N>{}; }
  const uint8_t *data() const { return bytes_.data(); }
  uint8_t *data() { return bytes_.data(); }
  static constexpr size_t size() { return N; }
  auto begin() const { return bytes_.begin(); }
  auto end() const { return bytes_.end(); }
  uint8_t operator[](size_t i) const { return bytes_[i]; }

  std::string toString() const {
    std::string text;
    for (uint8_t byte : bytes_) text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    return text;
  }

  friend bool operator==(const Self &a, const Self &b) { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const Self &a, const Self &b) { return a.bytes_ != b.bytes_; }
  friend bool operator<(const Self &a, const Self &b) { return a.bytes_ < b.bytes_; }
  friend std::ostream &operator<<(std::ostream &out, const Self &hash) { return out << hash.toString(); }

 private:
  static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }
  std::array<uint8_t, N> bytes_{};
};

}  // namespace detail

/// A key or a node id: SHA-1 of what it names.
class InfoHash : public detail::Hash<InfoHash, HASH_LEN> {
 public:
  using Hash::Hash;
  InfoHash(const dht_infohash &c) : Hash(c.d, sizeof c.d) {}
  operator dht_infohash() const {
    dht_infohash c;
    std::memcpy(c.d, data(), size());
    return c;
  }
  static InfoHash get(std::string_view text) { return get(reinterpret_cast<const uint8_t *>(text.data()), text.size()); }
  static InfoHash get(const Blob &data) { return get(data.data(), data.size()); }
  static InfoHash get(const uint8_t *data, size_t size) {
    dht_infohash c;
    dht_infohash_get(&c, data, size);
    return c;
  }
  static InfoHash getRandom() {
    dht_infohash c;
    dht_infohash_random(&c);
    return c;
  }
};

/// The long id of a public key: SHA-256.
class PkId : public detail::Hash<PkId, 32> {
 public:
  using Hash::Hash;
  PkId(const dht_pkid &c) : Hash(c.d, sizeof c.d) {}
  operator dht_pkid() const {
    dht_pkid c;
    std::memcpy(c.d, data(), size());
    return c;
  }
};

}  // namespace dht

template <>
struct std::hash<dht::InfoHash> {
  size_t operator()(const dht::InfoHash &hash) const noexcept {
    size_t word;  // a hash is random already
    std::memcpy(&word, hash.data(), sizeof word);
    return word;
  }
};
template <>
struct std::hash<dht::PkId> {
  size_t operator()(const dht::PkId &id) const noexcept {
    size_t word;
    std::memcpy(&word, id.data(), sizeof word);
    return word;
  }
};
