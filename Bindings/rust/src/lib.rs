//! OpenDHT, a distributed hash table: nodes that store values under keys, and tell who listens.
//!
//! ```no_run
//! use opendht::{block_on, DhtRunner, InfoHash, Value};
//!
//! let node = DhtRunner::new();
//! node.run(4222)?;
//! node.bootstrap("bootstrap.jami.net", 4222);
//! block_on(node.put_value(&InfoHash::get("greeting"), &Value::new("hello"), false))?;
//! for value in block_on(node.get_all(&InfoHash::get("greeting")))? {
//!     println!("{value}");
//! }
//! # Ok::<(), opendht::Error>(())
//! ```
//!
//! Operations come twice: with closures, under the names of OpenDHT's own crate, and as futures and streams. Closures run on
//! the thread of their node, one at a time; they may call everything here. The last one of an operation says how it ended,
//! exactly once, and then all of them are dropped.
//!
//! Nothing is needed but the standard library and libopendht-c 4.x. Any executor can poll the futures; [`block_on`] is one.

pub mod crypto;
mod dhtrunner;
mod error;
mod ffi;
mod future;
mod hash;
mod operation;
mod value;

pub use dhtrunner::{DhtRunner, DhtRunnerConfig, OpToken};
pub use error::{Error, ErrorKind};
pub use future::{block_on, Changes, Next, Pending, Stream, Values};
pub use hash::{Blob, InfoHash, PkId};
pub use operation::Receipt;
pub use value::{Change, Value, Where};
