use crate::crypto::PublicKey;
use crate::error::{Error, ErrorKind};
use crate::ffi;
use crate::hash::{slice, InfoHash};
use std::ffi::CStr;
use std::fmt;

/// User type of texts.
const TEXT: &CStr = match CStr::from_bytes_with_nul(b"text/plain\0") {
    Ok(text) => text,
    Err(_) => unreachable!(),
};

/// What is stored under a key: bytes, and who signed them for whom. A clone is the same value, with the same id.
pub struct Value(*mut ffi::dht_value);

// SAFETY: the library guards a value by a lock, and each handle has one owner.
unsafe impl Send for Value {}
unsafe impl Sync for Value {}

impl Value {
    /// A text, of user type `text/plain`.
    pub fn new(text: &str) -> Self {
        Self::of_kind(text.as_bytes(), 0, 0, TEXT)
    }

    /// Bytes without user type.
    pub fn from_bytes(data: impl AsRef<[u8]>) -> Self {
        Self::of_kind(data.as_ref(), 0, 0, Default::default())
    }

    /// Bytes of a kind that the application names; fails if there is a zero byte in its name.
    pub fn with_user_type(data: impl AsRef<[u8]>, user_type: &str) -> Result<Self, Error> {
        Self::with_fields(data, 0, 0, user_type)
    }

    /// Everything: number of the type (0 is user data), id (0 for one that the put chooses), user type.
    pub fn with_fields(data: impl AsRef<[u8]>, value_type: u16, id: u64, user_type: &str) -> Result<Self, Error> {
        Ok(Self::of_kind(data.as_ref(), value_type, id, &ffi::text(user_type)?))
    }

    fn of_kind(data: &[u8], value_type: u16, id: u64, user_type: &CStr) -> Self {
        // SAFETY: both are copied.
        Value(unsafe { ffi::odht_value_new(data.as_ptr(), data.len(), value_type, id, user_type.as_ptr()) })
    }

    /// A handle of our own to a value that is lent.
    ///
    /// # Safety
    /// The value lives during the call.
    pub(crate) unsafe fn of(value: *const ffi::dht_value) -> Self {
        Value(unsafe { ffi::dht_value_ref(value) })
    }

    /// In a box, as callbacks get it.
    pub fn boxed(self) -> Box<Self> {
        Box::new(self)
    }

    /// 0 until the first put, which gives it one.
    pub fn id(&self) -> u64 {
        // SAFETY: our handle, here and below.
        unsafe { ffi::dht_value_get_id(self.0) }
    }

    /// Number of the type; 0 is user data.
    pub fn value_type(&self) -> u16 {
        unsafe { ffi::odht_value_get_type(self.0) }
    }

    /// The data. Empty while it is encrypted.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: what the library shows stays in place while a handle of the value lives.
        unsafe { slice(ffi::dht_value_get_data(self.0)) }
    }

    /// Whom it is for; zero for everybody.
    pub fn recipient(&self) -> InfoHash {
        InfoHash(unsafe { ffi::dht_value_get_recipient(self.0) }.d)
    }

    /// Who signed it.
    pub fn owner(&self) -> Option<PublicKey> {
        PublicKey::from_c(unsafe { ffi::dht_value_get_owner(self.0) })
    }

    /// Its kind, named by the application; "" for none.
    pub fn user_type(&self) -> String {
        // SAFETY: lent while the handle lives, and copied here.
        unsafe { ffi::borrowed_text(ffi::dht_value_get_user_type(self.0)) }
    }

    /// Number of the edition, of a signed value.
    pub fn seq(&self) -> u16 {
        unsafe { ffi::odht_value_get_sequence(self.0) }
    }

    /// Whether it carries a signature, which was verified.
    pub fn is_signed(&self) -> bool {
        unsafe { ffi::odht_value_is_signed(self.0) }
    }

    /// Whether it is still encrypted: for somebody else.
    pub fn is_encrypted(&self) -> bool {
        unsafe { ffi::odht_value_is_encrypted(self.0) }
    }

    /// Whether it came encrypted, and was opened.
    pub fn was_encrypted(&self) -> bool {
        unsafe { ffi::odht_value_was_encrypted(self.0) }
    }

    pub(crate) fn c(&self) -> *const ffi::dht_value {
        self.0
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        Value(unsafe { ffi::dht_value_ref(self.0) })
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: our handle, freed once.
        unsafe { ffi::dht_value_unref(self.0) };
    }
}

/// The data, if it is UTF-8.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.as_bytes()).unwrap_or(""))
    }
}

/// `Value[id:992ec4b0ca3eaa12 data(text/plain):"hello"]`
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut size = 0;
        // SAFETY: the text is ours to free, and has `size` bytes: it may hold zeros.
        unsafe {
            let text = ffi::odht_value_print(self.0, &mut size);
            let bytes = slice(ffi::dht_data_view { data: text.cast(), size });
            let result = f.write_str(&String::from_utf8_lossy(bytes));
            ffi::free(text.cast());
            result
        }
    }
}

/// What a listen tells.
#[derive(Clone, Debug)]
pub struct Change {
    /// The value that is there, or not any more.
    pub value: Value,
    /// Whether it is not there any more.
    pub expired: bool,
}

/// Which values are asked for; the network sends no others.
pub struct Where(*mut ffi::odht_query);

// SAFETY: changed through `&mut` only, and it has one owner.
unsafe impl Send for Where {}
unsafe impl Sync for Where {}

impl Where {
    /// Every value.
    pub fn new() -> Self {
        // SAFETY: NULL is every value.
        Where(unsafe { ffi::odht_query_new(std::ptr::null()) })
    }

    /// Reads `WHERE value_type=3,user_type="text/plain"`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = ffi::text(text)?;
        let query = unsafe { ffi::odht_query_new(text.as_ptr()) };
        if query.is_null() {
            return Err(Error::last(ErrorKind::Invalid));
        }
        Ok(Where(query))
    }

    /// With this id.
    pub fn id(self, id: u64) -> Self {
        unsafe { ffi::odht_query_where_id(self.0, id) };
        self
    }

    /// Of this type.
    pub fn value_type(self, value_type: u16) -> Self {
        unsafe { ffi::odht_query_where_value_type(self.0, value_type) };
        self
    }

    /// Signed by the key with this id.
    pub fn owner(self, owner: &InfoHash) -> Self {
        unsafe { ffi::odht_query_where_owner(self.0, &owner.c()) };
        self
    }

    /// Of this edition.
    pub fn seq(self, seq: u16) -> Self {
        unsafe { ffi::odht_query_where_sequence(self.0, seq) };
        self
    }

    /// Of this user type; fails if there is a zero byte in it.
    pub fn user_type(self, user_type: &str) -> Result<Self, Error> {
        let user_type = ffi::text(user_type)?;
        unsafe { ffi::odht_query_where_user_type(self.0, user_type.as_ptr()) };
        Ok(self)
    }

    /// Whether a value passes every condition.
    pub fn matches(&self, value: &Value) -> bool {
        unsafe { ffi::odht_query_matches(self.0, value.c()) }
    }

    pub(crate) fn c(&self) -> *const ffi::odht_query {
        self.0
    }
}

impl Default for Where {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Where {
    fn drop(&mut self) {
        unsafe { ffi::odht_query_delete(self.0) };
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&unsafe { ffi::taken_text(ffi::odht_query_print(self.0)) })
    }
}
