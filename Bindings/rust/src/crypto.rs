//! Keys, certificates and identities. They are handles: a clone is the same key.

use crate::error::{Error, ErrorKind};
use crate::ffi;
use crate::hash::{Blob, InfoHash, PkId};
use std::fmt;
use std::path::Path;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $c:ident, $delete:ident, $another:ident) => {
        $(#[$doc])*
        pub struct $name(*mut ffi::$c);

        // SAFETY: the library never changes what it stands for, and each handle has one owner.
        unsafe impl Send for $name {}
        unsafe impl Sync for $name {}

        impl $name {
            /// Takes over a handle; None for NULL.
            pub(crate) fn from_c(c: *mut ffi::$c) -> Option<Self> {
                (!c.is_null()).then_some($name(c))
            }
            /// Of what cannot fail. A handle is never NULL: an operation would take that for nobody.
            fn sure(c: *mut ffi::$c) -> Self {
                Self::from_c(c).expect("the library gives a handle of what is there")
            }
            pub(crate) fn c(&self) -> *mut ffi::$c {
                self.0
            }
            fn or_error(c: *mut ffi::$c) -> Result<Self, Error> {
                Self::from_c(c).ok_or_else(|| Error::last(ErrorKind::Security))
            }
        }
        impl Clone for $name {
            fn clone(&self) -> Self {
                Self::sure(unsafe { ffi::$another(self.0) })
            }
        }
        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: our handle, freed once.
                unsafe { ffi::$delete(self.0) };
            }
        }
    };
}

handle!(
    /// The half of a key that everybody may know.
    PublicKey, dht_publickey, dht_publickey_delete, odht_publickey_ref
);
handle!(
    /// The half that its owner keeps.
    PrivateKey, dht_privatekey, dht_privatekey_delete, odht_privatekey_ref
);
handle!(
    /// A public key with a name, signed by its issuer.
    DhtCertificate, dht_certificate, dht_certificate_delete, odht_certificate_ref
);

fn file(path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
    let path = path.as_ref();
    std::fs::read(path).map_err(|error| Error::new(ErrorKind::File, format!("{}: {error}", path.display())))
}

impl PublicKey {
    /// Reads PEM or DER.
    pub fn new(data: impl AsRef<[u8]>) -> Result<Self, Error> {
        let data = data.as_ref();
        // SAFETY: the bytes live as long as the call, here and below.
        Self::or_error(unsafe { ffi::dht_publickey_import(data.as_ptr(), data.len()) })
    }

    /// Reads what [`PublicKey::pack`] wrote.
    pub fn unpack(data: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::new(data)
    }

    /// The key as DER.
    pub fn pack(&self) -> Result<Vec<u8>, Error> {
        let (mut size, mut none) = (0, 0);
        unsafe { ffi::dht_publickey_export(self.0, &mut none, &mut size) };
        let mut out = vec![0; size];
        if size == 0 || unsafe { ffi::dht_publickey_export(self.0, out.as_mut_ptr().cast(), &mut size) } != 0 {
            return Err(Error::last(ErrorKind::Security));
        }
        out.truncate(size);
        Ok(out)
    }

    /// SHA-1 of the key.
    pub fn id(&self) -> InfoHash {
        InfoHash(unsafe { ffi::dht_publickey_get_id(self.0) }.d)
    }

    /// SHA-256 of the key.
    pub fn long_id(&self) -> PkId {
        PkId(unsafe { ffi::dht_publickey_get_long_id(self.0) }.d)
    }

    /// Whether its owner signed the data.
    pub fn check_signature(&self, data: impl AsRef<[u8]>, signature: impl AsRef<[u8]>) -> bool {
        let (data, signature) = (data.as_ref(), signature.as_ref());
        unsafe {
            ffi::dht_publickey_check_signature(
                self.0,
                data.as_ptr().cast(),
                data.len(),
                signature.as_ptr().cast(),
                signature.len(),
            )
        }
    }

    /// So that only its owner can read it.
    pub fn encrypt(&self, data: impl AsRef<[u8]>) -> Result<Blob, Error> {
        let data = data.as_ref();
        Blob::from_c(unsafe { ffi::dht_publickey_encrypt(self.0, data.as_ptr().cast(), data.len()) })
            .ok_or_else(|| Error::last(ErrorKind::Security))
    }
}

impl PrivateKey {
    /// Makes an RSA key of so many bits, 0 for 4096. Takes seconds.
    pub fn new(bits: u32) -> Result<Self, Error> {
        Self::or_error(unsafe { ffi::dht_privatekey_generate(bits) })
    }

    /// Reads a file of PEM or DER; the password is "" for none.
    pub fn import(path: impl AsRef<Path>, password: &str) -> Result<Self, Error> {
        Self::from_bytes(file(path)?, password)
    }

    /// Reads PEM or DER; the password is "" for none.
    pub fn from_bytes(data: impl AsRef<[u8]>, password: &str) -> Result<Self, Error> {
        let (data, password) = (data.as_ref(), ffi::text(password)?);
        Self::or_error(unsafe { ffi::dht_privatekey_import(data.as_ptr(), data.len(), password.as_ptr()) })
    }

    /// PEM, encrypted unless the password is "".
    pub fn to_pem(&self, password: &str) -> Result<String, Error> {
        let password = ffi::text(password)?;
        // The largest key that is accepted, RSA 16384, takes 13 KB.
        let mut out = vec![0u8; 1 << 14];
        let mut size = out.len();
        let code = unsafe { ffi::dht_privatekey_export(self.0, out.as_mut_ptr().cast(), &mut size, password.as_ptr()) };
        if code != 0 {
            return Err(Error::last(ErrorKind::Security));
        }
        out.truncate(size);
        String::from_utf8(out).map_err(|_| Error::new(ErrorKind::Security, "the key is no text"))
    }

    /// Its public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::sure(unsafe { ffi::dht_privatekey_get_publickey(self.0) })
    }

    /// What [`PublicKey::check_signature`] checks.
    pub fn sign(&self, data: impl AsRef<[u8]>) -> Result<Blob, Error> {
        let data = data.as_ref();
        Blob::from_c(unsafe { ffi::odht_privatekey_sign(self.0, data.as_ptr(), data.len()) })
            .ok_or_else(|| Error::last(ErrorKind::Security))
    }

    /// Opens what was encrypted to its public half.
    pub fn decrypt(&self, data: impl AsRef<[u8]>) -> Result<Blob, Error> {
        let data = data.as_ref();
        Blob::from_c(unsafe { ffi::dht_privatekey_decrypt(self.0, data.as_ptr().cast(), data.len()) })
            .ok_or_else(|| Error::last(ErrorKind::Security))
    }
}

impl DhtCertificate {
    /// Reads a file: a chain of PEM, or DER.
    pub fn import(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::from_bytes(file(path)?)
    }

    /// Reads a chain of PEM, or DER.
    pub fn from_bytes(data: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_slice(data.as_ref())
    }

    /// Reads a chain of PEM, or DER.
    pub fn from_slice(data: &[u8]) -> Result<Self, Error> {
        Self::or_error(unsafe { ffi::dht_certificate_import(data.as_ptr(), data.len()) })
    }

    /// Id of its public key.
    pub fn id(&self) -> InfoHash {
        InfoHash(unsafe { ffi::dht_certificate_get_id(self.0) }.d)
    }

    /// Long id of its public key.
    pub fn long_id(&self) -> PkId {
        PkId(unsafe { ffi::dht_certificate_get_long_id(self.0) }.d)
    }

    /// Its public key.
    pub fn publickey(&self) -> PublicKey {
        PublicKey::sure(unsafe { ffi::dht_certificate_get_publickey(self.0) })
    }

    /// Common name of its subject.
    pub fn name(&self) -> String {
        unsafe { ffi::taken_text(ffi::odht_certificate_get_name(self.0)) }
    }
}

/// PEM of the certificate and of its issuers.
impl fmt::Display for DhtCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&unsafe { ffi::taken_text(ffi::odht_certificate_print(self.0, true)) })
    }
}

/// Who somebody is: a private key and the certificate of its public half.
#[derive(Clone)]
pub struct DhtIdentity {
    /// What signs and opens.
    pub private_key: PrivateKey,
    /// What others may see.
    pub certificate: DhtCertificate,
}

impl DhtIdentity {
    /// Makes an identity that signed itself: RSA 4096, which takes seconds.
    pub fn new(common_name: &str) -> Result<Self, Error> {
        Self::generate_with(common_name, None, 0)
    }

    /// The same, signed by an authority.
    pub fn generate(common_name: &str, ca: &DhtIdentity) -> Result<Self, Error> {
        Self::generate_with(common_name, Some(ca), 0)
    }

    /// The same with a length of the key, in bits.
    pub fn generate_with(common_name: &str, ca: Option<&DhtIdentity>, bits: u32) -> Result<Self, Error> {
        let name = ffi::text(common_name)?;
        let borrowed = ca.map(DhtIdentity::c);
        let by = borrowed.as_ref().map_or(std::ptr::null(), |identity| identity as *const _);
        let made = unsafe { ffi::odht_identity_generate(name.as_ptr(), by, bits, ca.is_none()) };
        let why = Error::last(ErrorKind::Security);
        // Each half is freed also when the other is missing.
        match (PrivateKey::from_c(made.privatekey), DhtCertificate::from_c(made.certificate)) {
            (Some(private_key), Some(certificate)) => Ok(DhtIdentity { private_key, certificate }),
            _ => Err(why),
        }
    }

    /// Lent, for a call.
    pub(crate) fn c(&self) -> ffi::dht_identity {
        ffi::dht_identity { privatekey: self.private_key.c(), certificate: self.certificate.c() }
    }
}

macro_rules! shows_id {
    ($($name:ident by $id:ident)*) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.$id())
            }
        }
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.$id() == other.$id()
            }
        }
    )* };
}
shows_id!(PublicKey by long_id DhtCertificate by long_id);

/// Never shows the key itself.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public_key().long_id())
    }
}
