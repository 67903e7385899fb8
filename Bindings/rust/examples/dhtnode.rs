//! Bootstraps, listens, gets and puts with closures: `cargo run --example dhtnode [host port]`.

use opendht::{DhtRunner, DhtRunnerConfig, InfoHash, Value};
use std::{env, thread, time::Duration};

fn main() -> Result<(), opendht::Error> {
    let mut arguments = env::args().skip(1);
    let host = arguments.next().unwrap_or("bootstrap.jami.net".into());
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(4222);

    println!("{} {}", InfoHash::random(), InfoHash::new().is_zero());
    println!("{}", InfoHash::get("alice"));

    let dht = DhtRunner::new();
    let config = DhtRunnerConfig::new();
    dht.run_config(0, config)?;
    dht.bootstrap(&host, port);
    println!("Current node id: {}", dht.node_id());

    let mut count = 0;
    let token = dht.listen(&InfoHash::get("foo"), move |value, expired| {
        count += 1;
        println!("LISTEN: {count} value: {value} expired: {expired}");
        true
    });

    dht.get(
        &InfoHash::get("bob"),
        |value: Box<Value>| {
            println!("GET: value: {value}");
            true
        },
        |ok| println!("GET: done: {ok}"),
    );
    dht.put(&InfoHash::get("foo"), Value::new("hello"), |ok| println!("PUT: done: {ok}"), false);

    thread::sleep(Duration::from_secs(3));
    dht.cancel_listen(&InfoHash::get("foo"), token);
    println!("Public ips: {:?}", dht.public_addresses());
    let (ended, wait) = std::sync::mpsc::channel();
    dht.shutdown(move || ended.send(()).unwrap_or(()));
    wait.recv_timeout(Duration::from_secs(10)).unwrap_or(());
    println!("SHUTDOWN");
    Ok(())
}
