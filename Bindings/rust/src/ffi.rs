//! The C interface, as `opendht/opendht_c.h` and `opendht/odht.h` of libopendht-c.so.4 have it.
#![allow(non_camel_case_types)]

use crate::error::{Error, ErrorKind};
use std::ffi::CString;
use std::marker::{PhantomData, PhantomPinned};
use std::os::raw::{c_char, c_int, c_uint, c_void};

macro_rules! opaque {
    ($($name:ident)*) => { $(
        #[repr(C)]
        pub struct $name {
            bytes: [u8; 0],
            // Neither made nor moved here, and shared between threads only where its owner says why.
            marker: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )* };
}
opaque!(dht_blob dht_publickey dht_privatekey dht_certificate dht_value dht_runner
    odht_query odht_outcome odht_operation);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dht_data_view {
    pub data: *const u8,
    pub size: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dht_infohash {
    pub d: [u8; 20],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dht_pkid {
    pub d: [u8; 32],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct dht_identity {
    pub privatekey: *mut dht_privatekey,
    pub certificate: *mut dht_certificate,
}

#[repr(C)]
pub struct odht_config {
    pub size: usize,
    pub port: u16,
    pub bind_ipv4: *const c_char,
    pub bind_ipv6: *const c_char,
    pub node_id: dht_infohash,
    pub network: u32,
    pub is_bootstrap: bool,
    pub maintain_storage: bool,
    pub is_client: bool,
    pub peer_discovery: bool,
    pub peer_publish: bool,
    pub log: bool,
    pub requests_per_second: i64,
    pub requests_per_second_and_address: i64,
    pub persist_path: *const c_char,
    pub identity: dht_identity,
    pub proxy_server: *const c_char,
    pub push_node_id: *const c_char,
    pub push_token: *const c_char,
    pub push_topic: *const c_char,
    pub push_platform: *const c_char,
    pub proxy_user_agent: *const c_char,
    pub server_ca: *const dht_certificate,
    pub client_identity: dht_identity,
}

#[repr(C)]
pub struct odht_put_options {
    pub size: usize,
    pub is_signed: bool,
    pub permanent: bool,
    pub verify: bool,
    pub deadline: u32,
    pub created: i64,
    pub to_key: *const dht_publickey,
    pub to_id: *const dht_infohash,
    pub to_long_id: *const dht_pkid,
    pub is_encrypted: bool,
    /// Zero: here may be the next field.
    pub unused: [u8; 7],
}

/// An address, of which only the family is common; with its length before that on some systems.
#[repr(C)]
pub struct sockaddr {
    sa_family: u16,
}
impl sockaddr {
    pub fn family(&self) -> u16 {
        if cfg!(target_vendor = "apple") {
            self.sa_family >> 8
        } else {
            self.sa_family
        }
    }
}
#[repr(C)]
pub struct sockaddr_in {
    pub sin_family: u16,
    pub sin_port: u16,
    pub sin_addr: [u8; 4],
}
#[repr(C)]
pub struct sockaddr_in6 {
    pub sin6_family: u16,
    pub sin6_port: u16,
    pub sin6_flowinfo: u32,
    pub sin6_addr: [u8; 16],
    pub sin6_scope_id: u32,
}
pub const AF_INET: u16 = 2;
pub const AF_INET6: u16 = if cfg!(target_vendor = "apple") { 30 } else { 10 };

pub type dht_get_cb = unsafe extern "C" fn(*const dht_value, *mut c_void) -> bool;
pub type dht_value_cb = unsafe extern "C" fn(*const dht_value, bool, *mut c_void) -> bool;
pub type odht_done_cb = unsafe extern "C" fn(*const odht_outcome, *mut c_void);

extern "C" {
    pub fn free(pointer: *mut c_void);
    pub fn odht_error() -> *const c_char;

    pub fn dht_blob_get_data(blob: *const dht_blob) -> dht_data_view;
    pub fn dht_blob_delete(blob: *mut dht_blob);
    pub fn dht_infohash_random(hash: *mut dht_infohash);
    pub fn dht_infohash_get(hash: *mut dht_infohash, data: *const u8, size: usize);

    pub fn dht_publickey_import(data: *const u8, size: usize) -> *mut dht_publickey;
    pub fn dht_publickey_delete(key: *mut dht_publickey);
    pub fn dht_publickey_export(key: *const dht_publickey, out: *mut c_char, size: *mut usize) -> c_int;
    pub fn dht_publickey_get_id(key: *const dht_publickey) -> dht_infohash;
    pub fn dht_publickey_get_long_id(key: *const dht_publickey) -> dht_pkid;
    pub fn dht_publickey_check_signature(
        key: *const dht_publickey,
        data: *const c_char,
        size: usize,
        signature: *const c_char,
        signature_size: usize,
    ) -> bool;
    pub fn dht_publickey_encrypt(key: *const dht_publickey, data: *const c_char, size: usize) -> *mut dht_blob;
    pub fn odht_publickey_ref(key: *const dht_publickey) -> *mut dht_publickey;

    pub fn dht_privatekey_generate(bits: c_uint) -> *mut dht_privatekey;
    pub fn dht_privatekey_import(data: *const u8, size: usize, password: *const c_char) -> *mut dht_privatekey;
    pub fn dht_privatekey_export(
        key: *const dht_privatekey,
        out: *mut c_char,
        size: *mut usize,
        password: *const c_char,
    ) -> c_int;
    pub fn dht_privatekey_get_publickey(key: *const dht_privatekey) -> *mut dht_publickey;
    pub fn dht_privatekey_decrypt(key: *const dht_privatekey, data: *const c_char, size: usize) -> *mut dht_blob;
    pub fn dht_privatekey_delete(key: *mut dht_privatekey);
    pub fn odht_privatekey_ref(key: *const dht_privatekey) -> *mut dht_privatekey;
    pub fn odht_privatekey_sign(key: *const dht_privatekey, data: *const u8, size: usize) -> *mut dht_blob;

    pub fn dht_certificate_import(data: *const u8, size: usize) -> *mut dht_certificate;
    pub fn dht_certificate_get_id(certificate: *const dht_certificate) -> dht_infohash;
    pub fn dht_certificate_get_long_id(certificate: *const dht_certificate) -> dht_pkid;
    pub fn dht_certificate_get_publickey(certificate: *const dht_certificate) -> *mut dht_publickey;
    pub fn dht_certificate_delete(certificate: *mut dht_certificate);
    pub fn odht_certificate_ref(certificate: *const dht_certificate) -> *mut dht_certificate;
    pub fn odht_certificate_get_name(certificate: *const dht_certificate) -> *mut c_char;
    pub fn odht_certificate_print(certificate: *const dht_certificate, chain: bool) -> *mut c_char;
    pub fn odht_identity_generate(name: *const c_char, ca: *const dht_identity, bits: c_uint, is_authority: bool)
        -> dht_identity;

    pub fn odht_value_new(data: *const u8, size: usize, value_type: u16, id: u64, user_type: *const c_char) -> *mut dht_value;
    pub fn dht_value_ref(value: *const dht_value) -> *mut dht_value;
    pub fn dht_value_unref(value: *mut dht_value);
    pub fn dht_value_get_data(value: *const dht_value) -> dht_data_view;
    pub fn dht_value_get_id(value: *const dht_value) -> u64;
    pub fn dht_value_get_owner(value: *const dht_value) -> *mut dht_publickey;
    pub fn dht_value_get_recipient(value: *const dht_value) -> dht_infohash;
    pub fn dht_value_get_user_type(value: *const dht_value) -> *const c_char;
    pub fn odht_value_get_type(value: *const dht_value) -> u16;
    pub fn odht_value_get_sequence(value: *const dht_value) -> u16;
    pub fn odht_value_is_signed(value: *const dht_value) -> bool;
    pub fn odht_value_is_encrypted(value: *const dht_value) -> bool;
    pub fn odht_value_was_encrypted(value: *const dht_value) -> bool;
    pub fn odht_value_print(value: *const dht_value, size: *mut usize) -> *mut c_char;

    pub fn odht_query_new(text: *const c_char) -> *mut odht_query;
    pub fn odht_query_delete(query: *mut odht_query);
    pub fn odht_query_where_id(query: *mut odht_query, id: u64);
    pub fn odht_query_where_value_type(query: *mut odht_query, value_type: u16);
    pub fn odht_query_where_owner(query: *mut odht_query, owner: *const dht_infohash);
    pub fn odht_query_where_sequence(query: *mut odht_query, sequence: u16);
    pub fn odht_query_where_user_type(query: *mut odht_query, user_type: *const c_char);
    pub fn odht_query_matches(query: *const odht_query, value: *const dht_value) -> bool;
    pub fn odht_query_print(query: *const odht_query) -> *mut c_char;

    pub fn odht_outcome_get_code(outcome: *const odht_outcome) -> c_int;
    pub fn odht_outcome_get_message(outcome: *const odht_outcome) -> *const c_char;
    pub fn odht_outcome_get_dropped(outcome: *const odht_outcome) -> usize;
    pub fn odht_outcome_get_node_count(outcome: *const odht_outcome) -> usize;
    pub fn odht_outcome_get_value_id(outcome: *const odht_outcome) -> u64;
    pub fn odht_outcome_get_sequence(outcome: *const odht_outcome) -> u16;

    pub fn odht_operation_cancel(operation: *mut odht_operation);
    pub fn odht_operation_delete(operation: *mut odht_operation);

    pub fn dht_runner_new() -> *mut dht_runner;
    pub fn dht_runner_delete(runner: *mut dht_runner);
    pub fn odht_runner_run(runner: *mut dht_runner, config: *const odht_config) -> c_int;
    pub fn dht_runner_bootstrap(runner: *mut dht_runner, host: *const c_char, service: *const c_char);
    pub fn dht_runner_cancel_put(runner: *mut dht_runner, key: *const dht_infohash, id: u64);
    pub fn dht_runner_get_node_id(runner: *const dht_runner) -> dht_infohash;
    pub fn dht_runner_get_id(runner: *const dht_runner) -> dht_infohash;
    pub fn dht_runner_is_running(runner: *const dht_runner) -> bool;
    pub fn dht_runner_get_bound_port(runner: *const dht_runner, family: u16) -> u16;
    pub fn dht_runner_get_public_address(runner: *const dht_runner) -> *mut *mut sockaddr;
    pub fn odht_runner_wait_connected(runner: *mut dht_runner, timeout: u32) -> c_int;
    pub fn odht_runner_stop(runner: *mut dht_runner);
    pub fn odht_runner_shutdown(runner: *mut dht_runner, timeout: u32, done: Option<odht_done_cb>, data: *mut c_void);
    pub fn odht_runner_get(
        runner: *mut dht_runner,
        key: *const dht_infohash,
        query: *const odht_query,
        deadline: u32,
        cb: Option<dht_get_cb>,
        done: Option<odht_done_cb>,
        data: *mut c_void,
    ) -> *mut odht_operation;
    pub fn odht_runner_listen(
        runner: *mut dht_runner,
        key: *const dht_infohash,
        query: *const odht_query,
        cb: Option<dht_value_cb>,
        done: Option<odht_done_cb>,
        data: *mut c_void,
    ) -> *mut odht_operation;
    pub fn odht_runner_put(
        runner: *mut dht_runner,
        key: *const dht_infohash,
        value: *const dht_value,
        options: *const odht_put_options,
        done: Option<odht_done_cb>,
        data: *mut c_void,
    ) -> *mut odht_operation;
}

/// Text that the library lent; what is not UTF-8 in it is replaced.
///
/// # Safety
/// NULL, or a string that ends.
pub unsafe fn borrowed_text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// Text that the library gave, and that is freed here.
///
/// # Safety
/// NULL, or a string that ends, from the library's malloc; used by nobody else.
pub unsafe fn taken_text(text: *mut c_char) -> String {
    let copy = unsafe { borrowed_text(text) };
    unsafe { free(text.cast()) };
    copy
}

/// For C, whose texts end at the first zero: one within is refused, since half a password is another password.
pub fn text(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::new(ErrorKind::Invalid, "a text has a zero byte"))
}
