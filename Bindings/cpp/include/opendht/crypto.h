// Keys, certificates, identities, trust.
#pragma once

#include <opendht/infohash.h>

#include <utility>

namespace dht::crypto {

// Names, paths and passwords with a zero byte are std::invalid_argument.

/// A key, certificate or cipher text that cannot be used.
struct CryptoException : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// A wrong key or password.
struct DecryptError : CryptoException {
  using CryptoException::CryptoException;
};

namespace detail {
using dht::detail::Handle;
using Bytes = Handle<dht_blob, &dht_blob_delete>;

template <typename Error = CryptoException>
Blob taken(dht_blob *blob) {
  Bytes owned(blob);
  if (!blob) throw Error(odht_error());
  return dht::detail::blob_of(dht_blob_get_data(blob));
}
inline const char *text_of(const Blob &data) { return reinterpret_cast<const char *>(data.data()); }
}  // namespace detail

/// The half of a key that everybody may know.
class PublicKey {
 public:
  PublicKey() = default;
  /// Reads PEM or DER. Throws CryptoException.
  explicit PublicKey(const Blob &data) : key_(dht_publickey_import(data.data(), data.size())) {
    if (!key_) throw CryptoException(odht_error());
  }
  /// Takes over what a C function gave.
  explicit PublicKey(dht_publickey *owned) : key_(owned) {}
  PublicKey(const PublicKey &other) : key_(odht_publickey_ref(other.get())) {}
  PublicKey(PublicKey &&) noexcept = default;
  PublicKey &operator=(PublicKey other) noexcept {
    key_ = std::move(other.key_);
    return *this;
  }

  explicit operator bool() const { return key_ != nullptr; }
  InfoHash getId() const { return dht_publickey_get_id(get()); }
  PkId getLongId() const { return dht_publickey_get_long_id(get()); }
  bool checkSignature(const Blob &data, const Blob &signature) const {
    return dht_publickey_check_signature(get(), detail::text_of(data), data.size(), detail::text_of(signature), signature.size());
  }
  /// Throws CryptoException.
  Blob encrypt(const Blob &data) const { return detail::taken(dht_publickey_encrypt(get(), detail::text_of(data), data.size())); }
  /// DER. Throws CryptoException.
  Blob getPacked() const {
    size_t size = 0;
    char none = 0;
    dht_publickey_export(get(), &none, &size);
    Blob out(size);
    if (!size || dht_publickey_export(get(), reinterpret_cast<char *>(out.data()), &size)) throw CryptoException(odht_error());
    out.resize(size);
    return out;
  }
  const dht_publickey *get() const { return key_.get(); }
  friend bool operator==(const PublicKey &a, const PublicKey &b) { return a.getLongId() == b.getLongId(); }
  friend bool operator!=(const PublicKey &a, const PublicKey &b) { return !(a == b); }

 private:
  detail::Handle<dht_publickey, &dht_publickey_delete> key_;
};

/// The half that its owner keeps.
class PrivateKey {
 public:
  PrivateKey() = default;
  /// Reads PEM or DER. Throws CryptoException.
  explicit PrivateKey(const Blob &data, const std::string &password = {})
      : key_(dht_privatekey_import(data.data(), data.size(), dht::detail::c_text(password))) {
    if (!key_) throw CryptoException(odht_error());
  }
  explicit PrivateKey(dht_privatekey *owned) : key_(owned) {}

  /// RSA; takes seconds. Throws CryptoException for a length that is none.
  static PrivateKey generate(unsigned bits = 4096) { return made(dht_privatekey_generate(bits)); }
  /// P-384: signs certificates, not values.
  static PrivateKey generateEC() { return made(odht_privatekey_generate_ec()); }

  explicit operator bool() const { return key_ != nullptr; }
  PublicKey getPublicKey() const { return PublicKey(dht_privatekey_get_publickey(get())); }
  std::shared_ptr<PublicKey> getSharedPublicKey() const { return std::make_shared<PublicKey>(getPublicKey()); }
  /// Throws CryptoException.
  Blob sign(const Blob &data) const { return detail::taken(odht_privatekey_sign(get(), data.data(), data.size())); }
  /// Throws DecryptError.
  Blob decrypt(const Blob &data) const {
    return detail::taken<DecryptError>(dht_privatekey_decrypt(get(), detail::text_of(data), data.size()));
  }
  /// PEM, encrypted unless the password is empty. Throws CryptoException.
  Blob serialize(const std::string &password = {}) const {
    // Encrypted anew each time, so the size may differ from the one asked for.
    Blob out(1 << 14);
    size_t size = out.size();
    if (dht_privatekey_export(get(), reinterpret_cast<char *>(out.data()), &size, dht::detail::c_text(password)))
      throw CryptoException(odht_error());
    out.resize(size);
    return out;
  }
  dht_privatekey *get() const { return key_.get(); }

 private:
  static PrivateKey made(dht_privatekey *key) {
    if (!key) throw CryptoException(odht_error());
    return PrivateKey(key);
  }
  detail::Handle<dht_privatekey, &dht_privatekey_delete> key_;
};

class Certificate;
/// A private key and the certificate of its public half; empty for nobody.
using Identity = std::pair<std::shared_ptr<PrivateKey>, std::shared_ptr<Certificate>>;

/// A public key with a name, signed by its issuer.
class Certificate {
 public:
  Certificate() = default;
  /// Reads a chain of PEM, or DER. Throws CryptoException.
  explicit Certificate(const Blob &data) : Certificate(data.data(), data.size()) {}
  explicit Certificate(std::string_view pem) : Certificate(reinterpret_cast<const uint8_t *>(pem.data()), pem.size()) {}
  explicit Certificate(dht_certificate *owned) : certificate_(owned) {}

  /// Throws CryptoException when the issuer cannot sign.
  static Certificate generate(const PrivateKey &key, const std::string &name, const Identity &issuer = {}, bool is_ca = false);

  explicit operator bool() const { return certificate_ != nullptr; }
  InfoHash getId() const { return dht_certificate_get_id(get()); }
  PkId getLongId() const { return dht_certificate_get_long_id(get()); }
  PublicKey getPublicKey() const { return PublicKey(dht_certificate_get_publickey(get())); }
  std::shared_ptr<PublicKey> getSharedPublicKey() const { return std::make_shared<PublicKey>(getPublicKey()); }
  std::string getName() const { return dht::detail::taken(odht_certificate_get_name(get())); }
  bool isCA() const { return odht_certificate_is_authority(get()); }
  std::string toString(bool chain = true) const { return dht::detail::taken(odht_certificate_print(get(), chain)); }
  Blob getPacked() const { return detail::taken(odht_certificate_export(get())); }
  /// Whose key signed it; null if that is not known.
  std::shared_ptr<Certificate> getIssuer() const {
    auto *issuer = odht_certificate_get_issuer(get());
    return issuer ? std::make_shared<Certificate>(issuer) : nullptr;
  }
  /// Adds a certificate that this one issued to its revocation list. Throws CryptoException.
  void revoke(const PrivateKey &key, const Certificate &revoked) {
    if (!odht_certificate_revoke(get(), key.get(), revoked.get())) throw CryptoException(odht_error());
  }
  dht_certificate *get() const { return certificate_.get(); }

 private:
  Certificate(const uint8_t *data, size_t size) : certificate_(dht_certificate_import(data, size)) {
    if (!certificate_) throw CryptoException(odht_error());
  }
  detail::Handle<dht_certificate, &dht_certificate_delete> certificate_;
};

namespace detail {
/// Borrowed, for a call.
inline dht_identity borrowed(const Identity &identity) {
  return {identity.first ? identity.first->get() : nullptr, identity.second ? identity.second->get() : nullptr};
}
inline Identity taken(dht_identity identity) {
  if (!identity.privatekey || !identity.certificate) {
    std::string why = odht_error();
    dht_identity_delete(&identity);
    throw CryptoException(why);
  }
  return {std::make_shared<PrivateKey>(identity.privatekey), std::make_shared<Certificate>(identity.certificate)};
}
}  // namespace detail

inline Certificate Certificate::generate(const PrivateKey &key, const std::string &name, const Identity &issuer, bool is_ca) {
  dht_identity by = detail::borrowed(issuer);
  auto *certificate = odht_certificate_generate(key.get(), dht::detail::c_text(name), &by, is_ca);
  if (!certificate) throw CryptoException(odht_error());
  return Certificate(certificate);
}

/// An RSA key and its certificate, signed by `ca`, by itself without one. Takes seconds. Throws CryptoException.
inline Identity generateIdentity(const std::string &name, const Identity &ca, unsigned bits, bool is_ca) {
  dht_identity by = detail::borrowed(ca);
  return detail::taken(odht_identity_generate(dht::detail::c_text(name), ca.first ? &by : nullptr, bits, is_ca));
}
inline Identity generateIdentity(const std::string &name = "dhtnode", const Identity &ca = {}, unsigned bits = 4096) {
  return generateIdentity(name, ca, bits, !ca.first);
}

/// Writes `path`.pem and `path`.crt. Throws CryptoException when a file is there or cannot be.
inline void saveIdentity(const Identity &identity, const std::string &path, const std::string &password = {}) {
  dht_identity borrowed = detail::borrowed(identity);
  if (!odht_identity_save(&borrowed, dht::detail::c_text(path), dht::detail::c_text(password))) throw CryptoException(odht_error());
}
/// Throws CryptoException.
inline Identity loadIdentity(const std::string &path, const std::string &password = {}) {
  return detail::taken(odht_identity_load(dht::detail::c_text(path), dht::detail::c_text(password)));
}

inline Blob aesEncrypt(const Blob &data, const std::string &password) {
  return detail::taken(odht_aes_encrypt(data.data(), data.size(), dht::detail::c_text(password)));
}
/// Throws DecryptError for a wrong password.
inline Blob aesDecrypt(const Blob &data, const std::string &password) {
  return detail::taken<DecryptError>(odht_aes_decrypt(data.data(), data.size(), dht::detail::c_text(password)));
}

/// Certificates that are trusted, with all that they issued.
class TrustList {
 public:
  /// True for a valid certificate; else the bits say why not, as GnuTLS numbers them.
  struct VerifyResult {
    unsigned result;
    bool isValid() const { return result == 0; }
    explicit operator bool() const { return isValid(); }
  };
  TrustList() : list_(odht_trust_list_new()) {}
  void add(const Certificate &certificate) { odht_trust_list_add(list_.get(), certificate.get()); }
  void remove(const Certificate &certificate) { odht_trust_list_remove(list_.get(), certificate.get()); }
  VerifyResult verify(const Certificate &certificate) const { return {odht_trust_list_verify(list_.get(), certificate.get())}; }
  const odht_trust_list *get() const { return list_.get(); }

 private:
  detail::Handle<odht_trust_list, &odht_trust_list_delete> list_;
};

}  // namespace dht::crypto
