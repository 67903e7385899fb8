//! Repeats what programs do, and counts what stays allocated: `operations COUNT [forget]` prints bytes per operation.
//! `forget` loses a handle each time, to prove the method. Run with MALLOC_ARENA_MAX=1 and
//! GLIBC_TUNABLES=glibc.malloc.tcache_count=0, so that malloc counts exactly.

use opendht::{block_on, DhtRunner, InfoHash, Stream, Value, Where};
use std::time::Duration;

#[repr(C)]
struct Mallinfo2 {
    words: [usize; 10],
}
extern "C" {
    fn mallinfo2() -> Mallinfo2;
    fn malloc_trim(pad: usize) -> i32;
}

fn in_use() -> usize {
    // SAFETY: both only read the state of the allocator.
    let info = unsafe {
        malloc_trim(0);
        mallinfo2()
    };
    info.words[4] + info.words[7] // mapped, and in use
}

fn round(count: usize, forget: bool) {
    let (a, b) = (DhtRunner::new(), DhtRunner::new());
    a.run(0).unwrap();
    b.run(0).unwrap();
    b.bootstrap("127.0.0.1", a.bound_port());
    assert!(b.wait_connected(Duration::from_secs(10)));
    let key = InfoHash::get("operations");
    for batch in 0..(count + 99) / 100 {
        let (tell, told) = std::sync::mpsc::channel();
        for i in 0..100.min(count - 100 * batch) {
            let (tell, other) = (tell.clone(), tell.clone()); // to be dropped with the closures
            match i % 4 {
                0 => b.put(&key, Value::new("a value"), move |_| tell.send(()).unwrap(), i % 8 == 0),
                1 => a.get(&key, |value| !value.as_bytes().is_empty(), move |_| tell.send(()).unwrap()),
                2 => {
                    let token = a.listen(&key, move |_, _| other.send(()).is_ok());
                    a.cancel_listen(&key, token);
                }
                _ => drop((a.values(&key, &Where::new()), a.changes(&key, &Where::new()))),
            }
            let value = Value::new("a value that is too long to stand in place");
            if forget {
                std::mem::forget(value);
            }
        }
        drop(tell);
        while told.recv_timeout(Duration::from_secs(20)).is_ok() {}
    }
    let mut changes = a.changes(&key, &Where::new());
    block_on(changes.next());
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(100);
    let forget = arguments.next().is_some();
    let mut before = 0;
    for number in 0..3 {
        round(count, forget);
        std::thread::sleep(Duration::from_millis(200));
        if number == 0 {
            before = in_use();
        }
    }
    println!("{:.2}", (in_use() as f64 - before as f64) / (2 * count) as f64);
}
