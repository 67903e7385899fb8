use crate::ffi;
use std::fmt;

/// Why something could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What a program decides by.
    pub kind: ErrorKind,
    message: String,
}

/// How something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The node does not run.
    NotRunning,
    /// Another program has the port.
    PortInUse,
    /// The node cannot have that address or port.
    CannotBind,
    /// No node could be asked: we are cut off.
    Isolated,
    /// Too many operations run.
    Throttled,
    /// The time was over.
    TimedOut,
    /// It was cancelled, or its node ended.
    Cancelled,
    /// A newer put under the same id took its place.
    Replaced,
    /// Nodes were asked, and none stored the value.
    NotStored,
    /// The request makes no sense.
    Invalid,
    /// A name could not be resolved.
    CannotResolve,
    /// Nobody answered.
    NoAnswer,
    /// The node has no identity to sign with.
    NoIdentity,
    /// The certificate of the recipient was not found.
    RecipientUnknown,
    /// A key, certificate or cipher text.
    Security,
    /// This library cannot do it.
    Unsupported,
    /// The reader was too slow: some of what came is lost.
    Dropped,
    /// A file.
    File,
    /// Something else; the message says what.
    Other,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into() }
    }

    /// Of a code ODHT_…, and why.
    pub(crate) fn of_code(code: i32, message: String) -> Self {
        use ErrorKind::*;
        let kind = match code {
            1 => NotRunning,
            3 => PortInUse,
            4 => CannotBind,
            5 => Isolated,
            6 => Throttled,
            7 => TimedOut,
            8 => Cancelled,
            9 => Replaced,
            10 => NotStored,
            11 => Invalid,
            12 => CannotResolve,
            13 => NoAnswer,
            14 => NoIdentity,
            15 => RecipientUnknown,
            17 => Security,
            18 => Unsupported,
            _ => Other,
        };
        Error { kind, message }
    }

    /// What the library said last on this thread.
    pub(crate) fn last(kind: ErrorKind) -> Self {
        // SAFETY: the string is the thread's, and copied before the next call.
        Error { kind, message: unsafe { ffi::borrowed_text(ffi::odht_error()) } }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(f, "{:?}", self.kind)
        } else {
            f.write_str(&self.message)
        }
    }
}

impl std::error::Error for Error {}
