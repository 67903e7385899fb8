use crate::ffi;
use std::fmt;

/// A key, a node id, or the id of a public key: 20 bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InfoHash(pub(crate) [u8; 20]);

/// The long id of a public key: 32 bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PkId(pub(crate) [u8; 32]);

impl InfoHash {
    /// All zero: none.
    pub fn new() -> Self {
        Self::default()
    }

    /// A random one.
    pub fn random() -> Self {
        let mut hash = ffi::dht_infohash { d: [0; 20] };
        // SAFETY: the hash is ours to write.
        unsafe { ffi::dht_infohash_random(&mut hash) };
        InfoHash(hash.d)
    }

    /// SHA-1 of the characters.
    pub fn get(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }

    /// SHA-1 of the bytes.
    pub fn from_bytes(data: impl AsRef<[u8]>) -> Self {
        let data = data.as_ref();
        let mut hash = ffi::dht_infohash { d: [0; 20] };
        // SAFETY: the hash is ours to write, and the bytes live as long as the call.
        unsafe { ffi::dht_infohash_get(&mut hash, data.as_ptr(), data.len()) };
        InfoHash(hash.d)
    }

    /// The first 40 hexadecimal digits; anything else, or fewer, gives zero.
    pub fn from_hex(digits: &str) -> Self {
        parse(digits).map_or_else(Self::new, InfoHash)
    }

    /// Whether it is none.
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 20]
    }

    /// The 20 bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    pub(crate) fn c(&self) -> ffi::dht_infohash {
        ffi::dht_infohash { d: self.0 }
    }
}

impl PkId {
    /// 64 hexadecimal digits; anything else gives zero.
    pub fn from_hex(digits: &str) -> Self {
        parse(digits).map_or_else(Self::default, PkId)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn parse<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits = digits.as_bytes().get(..2 * N)?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let digit = |c: u8| (c as char).to_digit(16).map(|value| value as u8);
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

macro_rules! prints_hex {
    ($($name:ident)*) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )* };
}
prints_hex!(InfoHash PkId);

/// Bytes that the library gave.
pub struct Blob(*mut ffi::dht_blob);

// SAFETY: the bytes never change, and a blob has one owner.
unsafe impl Send for Blob {}
unsafe impl Sync for Blob {}

impl Blob {
    /// None for NULL, which is a failure.
    pub(crate) fn from_c(blob: *mut ffi::dht_blob) -> Option<Self> {
        (!blob.is_null()).then_some(Blob(blob))
    }

    /// The bytes.
    pub fn data(&self) -> &[u8] {
        // SAFETY: what it shows lives as long as the blob, which the slice borrows.
        unsafe { slice(ffi::dht_blob_get_data(self.0)) }
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        // SAFETY: ours, and freed once.
        unsafe { ffi::dht_blob_delete(self.0) };
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self.data()
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data().fmt(f)
    }
}

/// # Safety
/// The bytes live as long as `'a`.
pub(crate) unsafe fn slice<'a>(view: ffi::dht_data_view) -> &'a [u8] {
    if view.size == 0 || view.data.is_null() {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(view.data, view.size) }
}
