//! Nodes, values and keys in networks of two, on loopback.

use opendht::crypto::{DhtCertificate, DhtIdentity, PrivateKey, PublicKey};
use opendht::*;
use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{channel, RecvTimeoutError};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn pair() -> (DhtRunner, DhtRunner) {
    pair_of(DhtRunnerConfig::new(), DhtRunnerConfig::new())
}

fn pair_of(one: DhtRunnerConfig, other: DhtRunnerConfig) -> (DhtRunner, DhtRunner) {
    let (a, b) = (DhtRunner::new(), DhtRunner::new());
    a.run_config(0, one).unwrap();
    b.run_config(0, other).unwrap();
    b.bootstrap("127.0.0.1", a.bound_port());
    assert!(b.wait_connected(PATIENCE) && a.wait_connected(PATIENCE));
    (a, b)
}

fn until(condition: impl Fn() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while !condition() && Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    condition()
}

#[test]
fn hashes() {
    let foo = InfoHash::get("foo");
    assert_eq!(foo.to_string(), "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33");
    assert_eq!(foo, InfoHash::from_hex("0BEEC7b5ea3f0fdbc95d0dd47f3c5bc275da8a33ff"));
    assert_eq!(foo, InfoHash::from_bytes(vec![b'f', b'o', b'o']));
    assert!(InfoHash::new().is_zero() && InfoHash::from_hex("0bee").is_zero() && InfoHash::from_hex(&"z".repeat(40)).is_zero());
    assert!(InfoHash::from_hex(&"é".repeat(40)).is_zero());
    assert_ne!(InfoHash::random(), InfoHash::random());
    assert_eq!(PkId::from_hex(&"1f".repeat(32)).to_string(), "1f".repeat(32));
}

#[test]
fn values() {
    let value = Value::new("hello");
    assert_eq!(
        (value.id(), value.user_type().as_str(), value.as_bytes(), value.to_string().as_str()),
        (0, "text/plain", &b"hello"[..], "hello")
    );
    assert!(value.owner().is_none() && value.recipient().is_zero() && !value.is_signed());
    let bytes = Value::from_bytes([0u8, 255]);
    assert_eq!((bytes.as_bytes(), bytes.to_string().as_str(), bytes.user_type().as_str()), (&[0u8, 255][..], "", ""));
    assert!(Value::from_bytes([]).as_bytes().is_empty());
    let value = Value::with_fields("x", 3, 7, "kind").unwrap();
    assert_eq!((value.value_type(), value.id(), value.clone().user_type().as_str()), (3, 7, "kind"));
    assert!(format!("{value:?}").starts_with("Value[id:7 data(kind):"), "{value:?}");
    assert!(Where::new().id(7).user_type("kind").unwrap().matches(&value) && !Where::new().id(8).matches(&value));
    assert!(Where::parse("WHERE id=7").unwrap().matches(&value));
    assert_eq!(Where::parse("WHERE bogus=7").err().unwrap().kind, ErrorKind::Invalid);
    assert_eq!(Where::new().id(7).to_string(), "Query[SELECT * WHERE id=7]");
}

#[test]
fn keys() {
    let key = PrivateKey::new(2048).unwrap();
    let public = key.public_key();
    assert_eq!(key.decrypt(public.encrypt(b"secret").unwrap()).unwrap().data(), b"secret");
    let signature = key.sign("text").unwrap();
    assert!(public.check_signature("text", &signature) && !public.check_signature("other", &signature));
    assert_eq!(PublicKey::unpack(public.pack().unwrap()).unwrap(), public);
    assert_eq!(InfoHash::from_bytes(public.pack().unwrap()), public.id());
    let pem = key.to_pem("word").unwrap();
    assert_eq!(PrivateKey::from_bytes(&pem, "word").unwrap().public_key().long_id(), public.long_id());
    assert!(PrivateKey::from_bytes(&pem, "other").is_err());
    let error = PublicKey::new(b"nonsense").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Security);
    assert!(!error.to_string().is_empty());
    assert_eq!(DhtCertificate::import("/nonexistent").unwrap_err().kind, ErrorKind::File);
    let ca = DhtIdentity::generate_with("authority", None, 2048).unwrap();
    let identity = DhtIdentity::generate_with("member", Some(&ca), 2048).unwrap();
    assert_eq!(identity.certificate.name(), "member");
    assert_eq!(identity.certificate.publickey(), identity.private_key.public_key());
    assert_eq!(DhtCertificate::from_bytes(identity.certificate.to_string()).unwrap(), identity.certificate);
    assert!(!format!("{:?}", key).contains("PRIVATE"));
}

/// C would read only what stands before it: half a password, or none.
#[test]
fn a_zero_byte_is_refused() {
    fn refuses<T>(result: Result<T, Error>) -> bool {
        result.err().map(|error| error.kind) == Some(ErrorKind::Invalid)
    }
    let key = PrivateKey::new(2048).unwrap();
    let pem = key.to_pem("word").unwrap();
    assert!(refuses(key.to_pem("\0word")) && refuses(key.to_pem("word\0")));
    assert!(refuses(PrivateKey::from_bytes(&pem, "word\0more")));
    assert!(refuses(DhtIdentity::generate_with("a\0b", None, 2048)));
    assert!(refuses(Value::with_user_type("v", "a\0b")) && refuses(Value::with_fields("v", 3, 7, "a\0b")));
    assert!(refuses(Where::parse("WHERE id=7\0,id=8")) && refuses(Where::new().user_type("a\0b")));
    let mut config = DhtRunnerConfig::new();
    config.set_persist_path("/nonexistent\0/path");
    let node = DhtRunner::new();
    assert!(refuses(node.run_config(0, config)) && !node.is_running());

    let other = DhtRunner::new();
    node.run(0).and(other.run(0)).unwrap();
    node.bootstrap("127.0.0.1\0.example.com", other.bound_port());
    let put = block_on(node.put_value(&InfoHash::get("nobody"), &Value::new("v"), false));
    assert_eq!(put.unwrap_err().kind, ErrorKind::Isolated, "half a host is no entry point");
}

#[test]
fn configurations() {
    let (id, mut config) = (InfoHash::get("here"), DhtRunnerConfig::new());
    config.set_node_id(id);
    config.set_bind_ipv4(Ipv4Addr::new(127, 0, 0, 2));
    config.set_bind_ipv6(Ipv6Addr::LOCALHOST);
    config.set_rate_limits(-1, -1);
    let node = DhtRunner::new();
    node.run_config(0, &config).unwrap();
    assert_eq!(node.node_id(), id);
    assert!(UdpSocket::bind((Ipv4Addr::LOCALHOST, node.bound_port())).is_ok(), "only the address that it was given is taken");

    config.set_bind_ipv4(Ipv4Addr::new(192, 0, 2, 1)); // of documentations: nobody's
    assert_eq!(DhtRunner::new().run_config(0, &config).unwrap_err().kind, ErrorKind::CannotBind);
    let mut config = DhtRunnerConfig::new();
    config.set_proxy_server("https://127.0.0.1:1");
    let error = DhtRunner::new().run_config(0, config).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(!error.to_string().is_empty() && error.to_string() != "Unsupported");
}

#[test]
fn closures() {
    let (a, b) = pair();
    let key = InfoHash::get("closures");
    let (tell, told) = channel();
    b.put(&key, Value::new("one"), move |ok| tell.send(ok).unwrap(), false);
    assert!(told.recv_timeout(PATIENCE).unwrap());
    block_on(b.put_value(&key, &Value::new("two"), false)).unwrap();

    let (tell, told) = channel();
    let done = tell.clone();
    let here = thread::current().id();
    a.get(
        &key,
        move |value: Box<Value>| {
            assert_ne!(thread::current().id(), here);
            tell.send(value.to_string()).is_ok()
        },
        move |ok| done.send(ok.to_string()).unwrap(),
    );
    let mut seen: Vec<_> = (0..3).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(seen.pop().unwrap(), "true");
    seen.sort();
    assert_eq!(seen, ["one", "two"]);
    assert_eq!(told.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected), "both closures are dropped");

    // False ends a get, and so does a panic.
    for panics in [false, true] {
        let calls = Arc::new(AtomicUsize::new(0));
        let (counted, (tell, told)) = (calls.clone(), channel());
        a.get(
            &key,
            move |_| {
                counted.fetch_add(1, SeqCst);
                if panics {
                    std::panic::resume_unwind(Box::new("in a closure"));
                }
                false
            },
            move |ok| tell.send(ok).unwrap(),
        );
        assert!(told.recv_timeout(PATIENCE).unwrap());
        assert_eq!(calls.load(SeqCst), 1);
    }
}

/// What panics once more when it is dropped.
struct Bomb;
impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("in a destructor"));
    }
}

/// What closures throw stays on this side of C, and `done` comes whatever else happens.
#[test]
fn panics() {
    let (a, b) = pair();
    let key = InfoHash::get("panics");
    block_on(b.put_value(&key, &Value::new("v"), false)).unwrap();
    let (tell, told) = channel();

    let done = tell.clone();
    a.get(&key, |_| std::panic::resume_unwind(Box::new(Bomb)), move |ok| done.send(ok).unwrap());
    assert_eq!(told.recv_timeout(PATIENCE), Ok(true), "what was thrown panics when it is dropped");

    let (done, bomb) = (tell.clone(), Bomb);
    a.get(&key, move |_| std::mem::size_of_val(&bomb) == 0, move |ok| done.send(ok).unwrap());
    assert_eq!(told.recv_timeout(PATIENCE), Ok(true), "what a closure owns panics when it is dropped");

    a.put(
        &key,
        Value::new("w"),
        move |ok| {
            tell.send(ok).unwrap();
            std::panic::resume_unwind(Box::new(Bomb))
        },
        false,
    );
    assert_eq!(told.recv_timeout(PATIENCE), Ok(true));
    assert_eq!(told.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected));
    assert_eq!(block_on(a.get_all(&key)).unwrap().len(), 2, "the node goes on");
}

#[test]
fn listens() {
    let (a, b) = pair();
    let key = InfoHash::get("listens");
    let told = Arc::new(AtomicUsize::new(0));
    let (counted, refusing) = (told.clone(), Arc::new(AtomicUsize::new(0)));
    let token = a.listen(&key, move |value, expired| {
        assert!(!expired && value.to_string().starts_with("news"));
        counted.fetch_add(1, SeqCst);
        true
    });
    let refused = refusing.clone();
    drop(a.listen(&key, move |_, _| {
        refused.fetch_add(1, SeqCst);
        false
    }));
    block_on(b.put_value(&key, &Value::new("news"), false)).unwrap();
    assert!(until(|| told.load(SeqCst) == 1 && refusing.load(SeqCst) == 1));
    assert!(until(|| Arc::strong_count(&refusing) == 1), "its closure is dropped at its end");
    a.cancel_listen(&key, token);
    assert!(until(|| Arc::strong_count(&told) == 1), "a cancelled listen drops its closure");
    // Another listen of the same node hears what comes later, so that silence is not just slowness.
    let mut control = a.changes(&key, &Where::new());
    block_on(b.put_value(&key, &Value::new("late"), false)).unwrap();
    while block_on(control.next()).unwrap().value.to_string() != "late" {}
    assert_eq!((told.load(SeqCst), refusing.load(SeqCst)), (1, 1));
}

#[test]
fn futures_and_streams() {
    let (a, b) = pair();
    let key = InfoHash::get("streams");
    let mut changes = a.changes(&key, &Where::new());
    let value = Value::new("first");
    let receipt = block_on(b.put_value(&key, &value, false)).unwrap();
    assert_eq!((receipt.value_id, value.id() != 0), (value.id(), true));
    assert_eq!(receipt.nodes, 1);
    let change = block_on(changes.next()).unwrap();
    assert_eq!((change.value.to_string().as_str(), change.expired, changes.dropped()), ("first", false, 0));
    block_on(b.put_value(&key, &Value::with_user_type("second", "kind").unwrap(), false)).unwrap();
    assert_eq!(block_on(changes.next()).unwrap().value.to_string(), "second");
    drop(changes);

    assert_eq!(block_on(a.get_all(&key)).unwrap().len(), 2);
    let kinds = block_on(a.values(&key, &Where::new().user_type("kind").unwrap()).collect()).unwrap();
    assert_eq!(kinds.iter().map(Value::to_string).collect::<Vec<_>>(), ["second"]);
    let mut values = a.values(&key, &Where::new());
    assert!(block_on(values.next()).unwrap().is_ok());
    drop(values); // ends the get
    assert!(block_on(a.get_all(&InfoHash::get("nothing"))).unwrap().is_empty());
    // What ends says so to whoever waits.
    let mut changes = a.changes(&key, &Where::new());
    let waiting = thread::spawn(move || block_on(async move { while changes.next().await.is_some() {} }));
    drop(a);
    waiting.join().unwrap();
}

#[test]
fn signed_and_encrypted() {
    let identity = DhtIdentity::generate_with("rust", None, 2048).unwrap();
    let reader = DhtIdentity::generate_with("reader", None, 2048).unwrap();
    let (mut one, mut other) = (DhtRunnerConfig::new(), DhtRunnerConfig::new());
    one.set_identity(identity.clone());
    other.set_identity(reader.clone());
    let (a, b) = pair_of(one, other);
    assert_eq!(a.id(), identity.certificate.id());
    let key = InfoHash::get("signed");
    block_on(a.put_value_signed(&key, &Value::new("by a"), false)).unwrap();
    let values = block_on(b.get_all(&key)).unwrap();
    assert_eq!(values[0].owner().unwrap().id(), a.id());
    assert!(values[0].is_signed());

    let key = InfoHash::get("encrypted");
    block_on(a.put_value_encrypted(&key, &reader.certificate.publickey(), &Value::new("for b"), false)).unwrap();
    let (tell, told) = channel();
    a.put_encrypted(&key, &reader.certificate.long_id(), Value::new("for b too"), move |ok| tell.send(ok).unwrap(), false);
    assert!(told.recv_timeout(PATIENCE).unwrap());
    let mut texts: Vec<_> = block_on(b.get_all(&key))
        .unwrap()
        .iter()
        .map(|value| {
            assert!(value.was_encrypted() && value.recipient() == b.id());
            value.to_string()
        })
        .collect();
    texts.sort();
    assert_eq!(texts, ["for b", "for b too"]);

    // Nobody is no recipient: nothing is stored, and never in plain text.
    let key = InfoHash::get("for nobody");
    let (tell, told) = channel();
    a.put_encrypted(&key, &PkId::from_hex("xyz"), Value::new("secret"), move |ok| tell.send(ok).unwrap(), false);
    assert!(!told.recv_timeout(PATIENCE).unwrap());
    assert!(block_on(b.get_all(&key)).unwrap().is_empty());

    let plain = DhtRunner::new();
    plain.run(0).unwrap();
    let (tell, told) = channel();
    plain.put_signed(&key, Value::new("v"), move |ok| tell.send(ok).unwrap(), false);
    assert!(!told.recv_timeout(PATIENCE).unwrap());
    assert_eq!(block_on(plain.put_value_signed(&key, &Value::new("v"), false)).unwrap_err().kind, ErrorKind::NoIdentity);
}

#[test]
fn life() {
    let stopped = DhtRunner::new();
    let key = InfoHash::get("life");
    let owned = Arc::new(());
    let (first, second) = (owned.clone(), owned.clone());
    let (tell, told) = channel();
    stopped.put(&key, Value::new("v"), move |ok| tell.send((ok, Arc::strong_count(&first) > 0)).unwrap(), true);
    assert_eq!(told.try_recv(), Ok((false, true)));
    drop(stopped.listen(&key, move |_, _| Arc::strong_count(&second) > 0));
    assert_eq!(Arc::strong_count(&owned), 1, "a node that does not run keeps no closure");
    assert_eq!(block_on(stopped.get_all(&key)).unwrap_err().kind, ErrorKind::NotRunning);
    assert!(stopped.node_id().is_zero() && stopped.public_addresses().is_empty() && !stopped.is_running());

    let (a, b) = pair();
    assert_eq!(DhtRunner::new().run(a.bound_port()).unwrap_err().kind, ErrorKind::PortInUse);
    assert!(a.public_addresses().iter().any(|address| address.ip().is_loopback()), "{:?}", a.public_addresses());
    // Eight threads at one node, which is dropped while operations run: every closure ends once.
    let (b, ends) = (Arc::new(b), Arc::new(AtomicUsize::new(0)));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (b, ends, owned) = (b.clone(), ends.clone(), owned.clone());
            thread::spawn(move || {
                for i in 0..50 {
                    let key = InfoHash::get(&(i % 5).to_string());
                    let (first, second, kept) = (ends.clone(), ends.clone(), owned.clone());
                    b.put(
                        &key,
                        Value::new("v"),
                        move |_| {
                            first.fetch_add(1, SeqCst);
                        },
                        false,
                    );
                    b.get(
                        &key,
                        move |_| Arc::strong_count(&kept) > 0,
                        move |_| {
                            second.fetch_add(1, SeqCst);
                        },
                    );
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    drop(b.listen(&key, {
        let owned = owned.clone();
        move |_, _| Arc::strong_count(&owned) > 0
    }));
    drop(b);
    assert_eq!((ends.load(SeqCst), Arc::strong_count(&owned)), (800, 1));

    // A closure may own its node, and drop it.
    let own = Arc::new(DhtRunner::new());
    own.run(0).unwrap();
    let (inner, (tell, told)) = (own.clone(), channel());
    own.shutdown(move || {
        drop(inner);
        tell.send(()).unwrap();
    });
    drop(own);
    told.recv_timeout(PATIENCE).unwrap();
}
