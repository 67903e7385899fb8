// What a C++ program does with a node, in a network of its own; prints facts as the probes in C do.
//   surface FOLDER [ROUNDS [forget]]     rounds of work with nodes, so that a leak shows as growth; `forget` leaks on purpose
#include <opendht.h>

#include <arpa/inet.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <unordered_map>

using namespace std::chrono_literals;

static int failures;

static bool fact(bool holds, const std::string &name, const std::string &seen = "") {
  std::cout << (holds ? "ok " : "FAIL ") << name << (holds ? "" : ": " + seen) << std::endl;
  failures += !holds;
  return holds;
}

template <typename Condition>
static bool until(Condition condition, std::chrono::milliseconds time = 15s) {
  for (auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(5ms))
    if (condition()) return true;
  return condition();
}

static dht::Blob contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

template <typename Error, typename Body>
static bool throws(Body body) {
  try {
    body();
  } catch (const Error &error) {
    return *error.what();
  } catch (...) {
  }
  return false;
}

static void hashes() {
  auto hash = dht::InfoHash::get("foo");
  fact(hash.toString() == "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33", "InfoHash::get", hash.toString());
  fact(hash == dht::InfoHash("0BEEC7b5ea3f0fdbc95d0dd47f3c5bc275da8a33") && hash != dht::InfoHash("zz") && !dht::InfoHash("0bee") && hash,
       "InfoHash of digits");
  fact(hash == dht::InfoHash::get(dht::Blob{'f', 'o', 'o'}) && dht::InfoHash::getRandom() != dht::InfoHash::getRandom(), "InfoHash of a blob");
  std::unordered_map<dht::InfoHash, int> numbers{{hash, 1}};
  std::ostringstream out;
  out << hash;
  fact(numbers.at(dht::InfoHash::get("foo")) == 1 && out.str() == hash.toString() && dht::InfoHash() < hash, "InfoHash is ordered, hashed, printed");
}

static void values() {
  dht::Value value(dht::Blob{1, 2, 255});
  fact(value.toString() == "Value[id:0000000000000000 data:0102ff]" || value.toString() == "Value[id:0 data:0102ff]", "a value prints its bytes",
       value.toString());
  dht::Value text("hello");
  fact(text.user_type == "text/plain" && text.toString().find("data(text/plain):\"hello\"]") != std::string::npos, "a text prints as text",
       text.toString());
  dht::Value copy = text;
  copy.id = 5;
  fact(copy != text && copy.text() == "hello" && dht::Where().id(5).matches(copy) && !dht::Where("WHERE id=6").matches(copy), "where matches");
  fact(dht::Where().id(5).userType("a").toString().find("WHERE id=5,user_type=") != std::string::npos, "where prints",
       dht::Where().id(5).userType("a").toString());
  fact(throws<std::invalid_argument>([] { dht::Where("WHERE bogus=1"); }), "a bad where is an invalid_argument");
  dht::Where base;
  auto narrow = base.id(5).seq(1).owner(dht::InfoHash::get("o")).valueType(3).userType("a");
  fact(base.get() && !base.matches(text) && base.toString() == narrow.toString(), "a where with a name is narrowed, and stays whole");
  const std::string cut("a\0b", 3);
  value.user_type = cut;
  fact(throws<std::invalid_argument>([&] { value.handle(); }) && throws<std::invalid_argument>([&] { dht::Where().userType(cut); }) &&
           throws<std::invalid_argument>([&] { dht::Where{"WHERE id=1" + cut}; }),
       "a user type or a condition with a zero byte is an invalid_argument");
}

static dht::crypto::Identity keys(const std::string &folder) {
  auto key = std::make_shared<dht::crypto::PrivateKey>(contents(folder + "/key.pem"));
  auto certificate = std::make_shared<dht::crypto::Certificate>(contents(folder + "/certificate.pem"));
  auto half = key->getPublicKey();
  fact(half == certificate->getPublicKey() && half.getId() == certificate->getId() && half.getLongId() == certificate->getLongId(),
       "key and certificate belong together");
  fact(certificate->getName() == "alice" && !certificate->getIssuer() && certificate->toString().find("BEGIN CERTIFICATE") != std::string::npos,
       "a certificate has a name", certificate->getName());
  dht::Blob data{1, 2, 3};
  auto signature = key->sign(data);
  fact(half.checkSignature(data, signature) && !half.checkSignature({1, 2}, signature), "sign and check");
  fact(key->decrypt(half.encrypt(data)) == data, "encrypt and decrypt");
  fact(dht::crypto::PublicKey(half.getPacked()) == half, "a public key is packed");
  fact(dht::crypto::PrivateKey(key->serialize("word"), "word").getPublicKey() == half, "a private key is serialized, encrypted");
  fact(throws<dht::crypto::DecryptError>([&] { key->decrypt(data); }), "what cannot be opened is a DecryptError");
  fact(throws<dht::crypto::CryptoException>([&] { dht::crypto::PublicKey(dht::Blob{1}); }), "what is no key is a CryptoException");
  fact(dht::crypto::aesDecrypt(dht::crypto::aesEncrypt(data, "word"), "word") == data &&
           throws<dht::crypto::DecryptError>([&] { dht::crypto::aesDecrypt(dht::crypto::aesEncrypt(data, "word"), "other"); }),
       "aes with a password");
  using Invalid = std::invalid_argument;
  const std::string cut("\0word", 5), file = folder + "/cut";
  dht::crypto::Identity self{key, certificate};
  fact(throws<Invalid>([&] { key->serialize(cut); }) && throws<Invalid>([&] { dht::crypto::aesEncrypt(data, cut); }) &&
           throws<Invalid>([&] { dht::crypto::aesDecrypt(data, cut); }) &&
           throws<Invalid>([&] { dht::crypto::PrivateKey(key->serialize(), cut); }) &&
           throws<Invalid>([&] { dht::crypto::saveIdentity(self, file, cut); }) &&
           throws<Invalid>([&] { dht::crypto::loadIdentity(file, cut); }) && contents(file + ".pem").empty(),
       "a password with a zero byte is an invalid_argument");
  fact(throws<Invalid>([&] { dht::crypto::Certificate::generate(*key, cut); }) &&
           throws<Invalid>([&] { dht::crypto::generateIdentity(cut, {}, 2048); }) &&
           throws<Invalid>([&] { dht::crypto::saveIdentity(self, file + cut); }),
       "a name or a path with a zero byte too");
  auto authority = dht::crypto::generateIdentity("authority", {}, 2048);
  auto member = dht::crypto::generateIdentity("member", authority, 2048);
  fact(authority.second->isCA() && !member.second->isCA() && member.second->getIssuer()->getId() == authority.second->getId(), "an identity of an authority");
  dht::crypto::TrustList trust;
  fact(!trust.verify(*member.second), "nobody is trusted at first");
  trust.add(*authority.second);
  fact(trust.verify(*member.second).isValid() && !trust.verify(*certificate).isValid(), "a trust list trusts what it was given");
  return {key, certificate};
}

/// The end of a put may come on its thread before the call has returned here.
static void ids_of_puts() {
  dht::DhtRunner node;
  node.run(0);
  int nameless = 0;
  for (int i = 0; i < 400; i++) {
    auto value = std::make_shared<dht::Value>("many");
    std::promise<dht::Value::Id> seen;
    node.put(dht::InfoHash::get("many"), value, [&](bool) { seen.set_value(value->id); });
    auto id = seen.get_future().get();
    nameless += !id || id != value->id;
  }
  fact(!nameless, "the end of a put sees the id that it gave", std::to_string(nameless) + " of 400 did not");
}

/// A value that a signed, got by somebody else.
static void passed_on(dht::DhtRunner &a, dht::DhtRunner &b, dht::DhtRunner &c, const dht::Value &value) {
  fact(dht::Where().owner(a.getId()).matches(value) && !dht::Where().owner(c.getId()).matches(value) && value.size() > dht::Value("by a").size(),
       "a where matches the owner of what was got, and its size counts the signature");
  auto elsewhere = dht::InfoHash::get("passed on");
  fact(b.putAsync(elsewhere, value).get(), "what was got is put again");
  auto found = a.get(elsewhere).get();
  fact(found.size() == 1 && *found[0] == value && found[0]->isSigned() && found[0]->owner && found[0]->owner->getId() == a.getId(),
       "with its signature, owner and id", found.empty() ? "nothing" : found[0]->toString());
  using Value = dht::Value;
  int still = 0;
  for (auto change : {+[](Value &v) { v.data = {1}; }, +[](Value &v) { v.user_type = "a"; }, +[](Value &v) { v.type = 3; }, +[](Value &v) { v.id++; },
                      +[](Value &v) { v.seq++; }, +[](Value &v) { v.owner = nullptr; }, +[](Value &v) { v.recipient = v.owner->getId(); }}) {
    auto changed = value;
    change(changed);
    still += changed.isSigned() || changed.toString().find("signed") != std::string::npos;
  }
  fact(!still, "a change of any field ends the signature", std::to_string(still));
  auto changed = value;
  changed.data = {1};
  auto third = dht::InfoHash::get("changed");
  fact(b.putAsync(third, changed).get(), "what was changed is put");
  found = a.get(third).get();
  fact(found.size() == 1 && !found[0]->isSigned() && !found[0]->owner && found[0]->data == dht::Blob{1}, "and is nobody's");
  auto fourth = dht::InfoHash::get("signed again");
  fact(c.putSignedAsync(fourth, value).get(), "what another signed is put signed");
  found = a.get(fourth).get();
  fact(found.size() == 1 && found[0]->isSigned() && found[0]->owner && found[0]->owner->getId() == c.getId(), "and has its new owner");
}

/// No recipient is no reason to put a secret in plain text.
static void to_nobody(dht::DhtRunner &writer, dht::DhtRunner &stranger) {
  auto key = dht::InfoHash::get("to nobody");
  auto one_digit_short = dht::InfoHash("0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a3");
  fact(!writer.putEncryptedAsync(key, one_digit_short, dht::Value("secret")).get(), "putEncrypted to a zero id fails");
  fact(!writer.putEncryptedAsync(key, dht::PkId("xyz"), dht::Value("secret")).get(), "putEncrypted to a zero long id fails");
  fact(throws<std::invalid_argument>([&] { writer.putEncryptedAsync(key, dht::crypto::PublicKey(), dht::Value("secret")); }) &&
           throws<std::invalid_argument>([&] { writer.putEncrypted(key, std::shared_ptr<dht::crypto::PublicKey>(), dht::Value("secret")); }),
       "putEncrypted to no key is an invalid_argument");
  // What was put after it is there, it is not.
  fact(writer.putAsync(key, dht::Value("open")).get(), "a plain put under the same key");
  auto found = stranger.get(key).get(), kept = writer.get(key).get();
  fact(found.size() == 1 && kept.size() == 1 && found[0]->text() == "open" && kept[0]->text() == "open", "and nothing of the secret is stored");
}

static void node(const dht::crypto::Identity &identity, const dht::crypto::Identity &writer) {
  dht::DhtRunner a, b;
  a.run(0, identity);
  b.run(0);
  b.bootstrap("127.0.0.1", std::to_string(a.getBoundPort()));
  if (!fact(b.waitConnected(30s) && a.waitConnected(30s), "two nodes connect")) return;
  fact(throws<dht::DhtException>([&] { dht::DhtRunner other; other.run(a.getBoundPort()); }), "a busy port is a DhtException");
  fact(a.getId() == identity.second->getId() && !b.getId() && a.getNodeId() && a.getNodeId() != b.getNodeId(), "ids");

  auto key = dht::InfoHash::get("key");
  auto value = std::make_shared<dht::Value>("one");
  std::promise<size_t> nodes;
  b.put(key, value, [&](bool ok, const std::vector<std::shared_ptr<dht::Node>> &stored) { nodes.set_value(ok ? stored.size() : 0); });
  fact(nodes.get_future().get() == 1 && value->id, "put tells who stored, and gives an id");
  fact(b.putAsync("key", dht::Value(dht::Blob{1, 2})).get(), "putAsync of a key of text");
  auto found = a.get(key).get();
  fact(found.size() == 2, "get gives a future of all values", std::to_string(found.size()));
  found = a.get(key, {}, dht::Where().id(value->id)).get();
  fact(found.size() == 1 && *found[0] == *value && found[0]->text() == "one", "get with a where");
  found = a.get(key, [](const dht::Value &v) { return v.data.size() == 2; }).get();
  fact(found.size() == 1 && found[0]->data == dht::Blob{1, 2}, "get with a filter");

  found = a.get(key, [](const dht::Value &v) { return v.data.size() == 2 ? true : throw std::runtime_error("in a filter"); }).get();
  fact(found.size() == 1 && found[0]->data == dht::Blob{1, 2}, "a filter that throws does not want the value, and the get goes on");
  using Invalid = std::invalid_argument;
  const std::string cut("127.0.0.1\0", 10);
  dht::Config bound;
  bound.bind4 = cut;
  fact(throws<Invalid>([&] { b.bootstrap(cut); }) && throws<Invalid>([&] { b.bootstrap("127.0.0.1", cut); }) &&
           throws<Invalid>([&] { b.ping(cut, "4222"); }) && throws<Invalid>([&] { dht::DhtRunner().run(0, bound); }),
       "a host with a zero byte is an invalid_argument");

  std::atomic<int> calls{0};
  std::promise<bool> done;
  a.get(key, [&](const std::vector<std::shared_ptr<dht::Value>> &) { return ++calls, false; }, [&](bool ok) { done.set_value(ok); });
  fact(done.get_future().get() && calls == 1, "false ends a get", std::to_string(calls));
  std::promise<bool> thrown;
  calls = 0;
  a.get(key, [&](std::shared_ptr<dht::Value>) -> bool { ++calls; throw std::runtime_error("in a callback"); }, [&](bool ok) { thrown.set_value(ok); });
  fact(thrown.get_future().get() && calls == 1, "what a callback throws ends the get", std::to_string(calls));

  std::atomic<int> fresh{0}, expired{0}, simple{0};
  auto held = std::make_shared<int>();  // by each callback, until its listen has ended
  auto heard = dht::InfoHash::get("heard");
  auto token = a.listen(heard, [&, held](const std::vector<std::shared_ptr<dht::Value>> &values, bool gone) {
    (gone ? expired : fresh) += static_cast<int>(values.size());
    return true;
  });
  auto other = a.listen("heard", [&, held](std::shared_ptr<dht::Value>) { return ++simple, false; });
  fact(b.putAsync(heard, dht::Value("news")).get() && until([&] { return fresh == 1 && simple == 1; }), "listen tells of a put");
  a.cancelListen(heard, std::move(token));
  a.cancelListen(heard, std::move(other));
  fact(until([&] { return held.use_count() == 1; }), "a cancelled listen ends, and one whose callback said false", std::to_string(held.use_count()));
  // One that still listens says when the news is here: when it has heard the second, nobody can still be about to hear the first.
  std::atomic<bool> last{false};
  auto control = a.listen(heard, [&, held](std::shared_ptr<dht::Value> value) { return last = last || value->text() == "last", true; });
  fact(b.putAsync(heard, dht::Value("more")).get() && b.putAsync(heard, dht::Value("last")).get() && until([&] { return last.load(); }),
       "another listen goes on");
  fact(fresh == 1 && simple == 1, "and they are silent", std::to_string(fresh) + " and " + std::to_string(simple));
  a.cancelListen(heard, std::move(control));
  until([&] { return held.use_count() == 1; });

  fact(a.putSignedAsync("signed", dht::Value("by a")).get(), "putSigned");
  found = b.get(dht::InfoHash::get("signed")).get();
  fact(found.size() == 1 && found[0]->isSigned() && found[0]->owner && found[0]->owner->getId() == a.getId(), "a signed value has its owner");
  if (!found.empty()) fact(found[0]->toString().find(" signed (v0) ") != std::string::npos, "and prints it", found[0]->toString());
  auto by_a = found;
  fact(!b.putSignedAsync("signed", dht::Value("by b")).get(), "putSigned without identity fails");
  dht::DhtRunner c;
  c.run(0, writer);
  c.bootstrap("127.0.0.1:" + std::to_string(a.getBoundPort()));
  c.waitConnected(30s);
  if (!by_a.empty()) passed_on(a, b, c, *by_a[0]);
  to_nobody(c, b);
  auto secret = dht::InfoHash::get("secret");
  fact(c.putEncryptedAsync(secret, *identity.second->getSharedPublicKey(), dht::Value("for a")).get(), "putEncrypted to a key");
  fact(c.putEncryptedAsync(secret, a.getId(), dht::Value("for a, by id")).get(), "putEncrypted to an id");
  fact(c.putEncryptedAsync(secret, identity.second->getLongId(), dht::Value("for a, by long id")).get(), "putEncrypted to a long id");
  found = a.get(secret).get();
  fact(found.size() == 3 && found[0]->wasEncrypted() && found[0]->recipient == a.getId(), "its recipient reads all three", std::to_string(found.size()));
  if (!found.empty()) {
    found[0]->data.push_back(0);
    fact(!found[0]->wasEncrypted(), "what was changed did not come encrypted");
  }
  std::promise<std::shared_ptr<dht::crypto::Certificate>> certificate;
  b.findCertificate(a.getId(), [&](std::shared_ptr<dht::crypto::Certificate> found) { certificate.set_value(found); });
  auto of_a = certificate.get_future().get();
  fact(of_a && of_a->getId() == a.getId(), "findCertificate");

  fact(!a.getStorageLog().empty() && !a.getRoutingTablesLog().empty() && a.getStatistics().ipv4.good >= 1, "logs and statistics");
  std::promise<bool> answered;
  b.ping("127.0.0.1", std::to_string(a.getBoundPort()), [&](bool ok) { answered.set_value(ok); });
  fact(answered.get_future().get(), "ping");

  // Ends: what runs is ended, and every callback comes.
  std::atomic<int> ended{0};
  for (int i = 0; i < 50; i++) b.get(dht::InfoHash::getRandom(), dht::GetCallbackSimple(), [&](bool) { ended++; });
  b.join();
  fact(ended == 50 && !b.isRunning(), "join lets running operations end", std::to_string(ended));
  b.run(0);
  fact(b.isRunning(), "and the node can run again");
  auto listening = std::make_shared<int>(1);
  {
    dht::DhtRunner d;
    d.run(0);
    d.listen(key, [listening](std::shared_ptr<dht::Value>) { return true; });
    d.put(key, dht::Value("v"), [listening](bool) {});
    d.shutdown([listening] {});
  }
  fact(listening.use_count() == 1, "the end of a runner frees every callback", std::to_string(listening.use_count()));
  dht::DhtRunner stopped;
  fact(!stopped.putAsync("key", dht::Value("v")).get() && stopped.get(key).get().empty(), "a node that does not run fails at once");
  stopped.listen(key, [listening](std::shared_ptr<dht::Value>) { return true; });
  fact(listening.use_count() == 1, "and keeps no callback");
}

int main(int count, char **arguments) {
  hashes();
  values();
  auto identity = keys(arguments[1]);
  auto writer = dht::crypto::generateIdentity("writer", {}, 2048);
  for (int round = 0; round < (count > 2 ? std::atoi(arguments[2]) : 1); round++) {
    node(identity, writer);
    ids_of_puts();
    if (count > 3) new dht::Value("forgotten");
  }
  return failures != 0;
}
