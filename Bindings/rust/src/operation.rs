//! What the library carries for an operation, from its start to its done callback.

use crate::error::Error;
use crate::ffi;
use crate::value::Value;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// How an operation ended well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Of a put: the id under which the value stands.
    pub value_id: u64,
    /// Of a signed put: number of the edition.
    pub seq: u16,
    /// Nodes that answered or were asked to store.
    pub nodes: usize,
    /// Of a get: values that were lost since callbacks were too slow.
    pub dropped: usize,
}

type Each = Box<dyn FnMut(Value, bool) -> bool + Send>;
type Done = Box<dyn FnOnce(Result<Receipt, Error>) + Send>;

/// The closures of one operation. The library calls `on_done` exactly once and last, which frees them.
pub(crate) struct Callbacks {
    each: Option<Each>,
    done: Option<Done>,
}

impl Callbacks {
    pub fn new(each: Option<Each>, done: impl FnOnce(Result<Receipt, Error>) + Send + 'static) -> Self {
        Callbacks { each, done: Some(Box::new(done)) }
    }

    /// The user data to start an operation with, together with `on_done`.
    pub fn into_user_data(self) -> *mut c_void {
        Box::into_raw(Box::new(self)).cast()
    }
}

/// Runs what others wrote; None after a panic, which must not cross the frames of C. Its message is printed by then.
fn guarded<R>(work: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // What was thrown may panic when it is dropped; what that throws is kept for ever.
            if let Err(again) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
                std::mem::forget(again);
            }
            None
        }
    }
}

/// Calls the closure; a panic ends its operation.
unsafe fn call(value: *const ffi::dht_value, expired: bool, user_data: *mut c_void) -> bool {
    // SAFETY: made by `into_user_data`, not freed before `on_done`, and no two callbacks of a runner overlap.
    let callbacks = unsafe { &mut *user_data.cast::<Callbacks>() };
    let Some(each) = &mut callbacks.each else { return true };
    let value = unsafe { Value::of(value) };
    guarded(|| each(value, expired)).unwrap_or(false)
}

pub(crate) unsafe extern "C" fn on_value(value: *const ffi::dht_value, user_data: *mut c_void) -> bool {
    unsafe { call(value, false, user_data) }
}

pub(crate) unsafe extern "C" fn on_change(value: *const ffi::dht_value, expired: bool, user_data: *mut c_void) -> bool {
    unsafe { call(value, expired, user_data) }
}

pub(crate) unsafe extern "C" fn on_done(outcome: *const ffi::odht_outcome, user_data: *mut c_void) {
    // SAFETY: as above; this is the last call, so the box is ours again.
    let callbacks = unsafe { Box::from_raw(user_data.cast::<Callbacks>()) };
    // SAFETY: the outcome is lent until we return.
    let result = unsafe {
        match ffi::odht_outcome_get_code(outcome) {
            0 => Ok(Receipt {
                value_id: ffi::odht_outcome_get_value_id(outcome),
                seq: ffi::odht_outcome_get_sequence(outcome),
                nodes: ffi::odht_outcome_get_node_count(outcome),
                dropped: ffi::odht_outcome_get_dropped(outcome),
            }),
            code => Err(Error::of_code(code, ffi::borrowed_text(ffi::odht_outcome_get_message(outcome)))),
        }
    };
    let Callbacks { each, done } = *callbacks;
    // A destructor of what `each` owns may panic; `done` comes nevertheless.
    guarded(move || drop(each));
    if let Some(done) = done {
        guarded(move || done(result));
    }
}

/// A running operation: it goes on when this is dropped.
pub(crate) struct Operation(pub *mut ffi::odht_operation);

// SAFETY: every function of the library may be called from any thread, and the handle has one owner.
unsafe impl Send for Operation {}
unsafe impl Sync for Operation {}

impl Operation {
    /// Ends it; its done callback comes.
    pub fn cancel(&self) {
        unsafe { ffi::odht_operation_cancel(self.0) };
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::odht_operation_delete(self.0) };
    }
}
