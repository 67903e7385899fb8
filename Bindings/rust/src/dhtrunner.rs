use crate::crypto::{DhtCertificate, DhtIdentity, PublicKey};
use crate::error::{Error, ErrorKind};
use crate::ffi;
use crate::future::{Changes, Pending, Shared, Values};
use crate::hash::{InfoHash, PkId};
use crate::operation::{on_change, on_done, on_value, Callbacks, Operation, Receipt};
use crate::value::{Value, Where};
use std::borrow::Borrow;
use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// A node of the network. Dropping it ends every operation and waits for its thread.
pub struct DhtRunner(*mut ffi::dht_runner);

// SAFETY: every function of the library may be called from any thread; the closures it holds are Send.
unsafe impl Send for DhtRunner {}
unsafe impl Sync for DhtRunner {}

/// A listen. Dropping it lets the listen go on; [`DhtRunner::cancel_listen`] ends it.
pub struct OpToken(Operation);

impl Default for DhtRunner {
    fn default() -> Self {
        Self::new()
    }
}

impl DhtRunner {
    /// A node that does not run yet.
    pub fn new() -> Self {
        DhtRunner(unsafe { ffi::dht_runner_new() })
    }

    /// Starts the node on a UDP port of both families, 0 for any. A node that runs goes on as it is.
    pub fn run(&self, port: u16) -> Result<(), Error> {
        self.run_config(port, DhtRunnerConfig::new())
    }

    /// The same with a configuration.
    pub fn run_config(&self, port: u16, config: impl Borrow<DhtRunnerConfig>) -> Result<(), Error> {
        let texts = Texts::of(config.borrow())?;
        // SAFETY: everything that the structure points to lives in `config` and `texts`, and is copied by the call.
        match unsafe { ffi::odht_runner_run(self.0, &config.borrow().c(port, &texts)) } {
            0 => Ok(()),
            code => Err(Error::of_code(code, Error::last(ErrorKind::Other).to_string())),
        }
    }

    /// Adds an entry point, tried now and whenever the node is cut off; what is no host is left out.
    pub fn bootstrap(&self, host: &str, service: u16) {
        let (Ok(host), Ok(service)) = (ffi::text(host), ffi::text(&service.to_string())) else { return };
        unsafe { ffi::dht_runner_bootstrap(self.0, host.as_ptr(), service.as_ptr()) };
    }

    /// Waits until the node knows others; false when the time is over.
    pub fn wait_connected(&self, timeout: Duration) -> bool {
        unsafe { ffi::odht_runner_wait_connected(self.0, milliseconds(timeout)) == 0 }
    }

    /// Zero when it does not run.
    pub fn node_id(&self) -> InfoHash {
        InfoHash(unsafe { ffi::dht_runner_get_node_id(self.0) }.d)
    }

    /// Id of the identity's key; zero without one.
    pub fn id(&self) -> InfoHash {
        InfoHash(unsafe { ffi::dht_runner_get_id(self.0) }.d)
    }

    /// Whether it was started and not stopped.
    pub fn is_running(&self) -> bool {
        unsafe { ffi::dht_runner_is_running(self.0) }
    }

    /// The UDP port of IPv4; 0 when it does not run.
    pub fn bound_port(&self) -> u16 {
        unsafe { ffi::dht_runner_get_bound_port(self.0, ffi::AF_INET) }
    }

    /// Finds the values of a key: one call of `each`, which ends the get by false; then `done`, once.
    pub fn get(
        &self,
        key: &InfoHash,
        mut each: impl FnMut(Box<Value>) -> bool + Send + 'static,
        done: impl FnOnce(bool) + Send + 'static,
    ) {
        let callbacks = Callbacks::new(Some(Box::new(move |value, _| each(value.boxed()))), |end| done(end.is_ok()));
        drop(self.start_get(key, &Where::new(), callbacks));
    }

    /// The values of a key, as they are found.
    pub fn values(&self, key: &InfoHash, condition: &Where) -> Values {
        let (shared, callbacks) = shared(true);
        let operation = self.start_get(key, condition, callbacks);
        Values { changes: Changes { shared, operation }, told: false }
    }

    /// All values of a key.
    pub async fn get_all(&self, key: &InfoHash) -> Result<Vec<Value>, Error> {
        self.values(key, &Where::new()).collect().await
    }

    /// Stores a value at the nodes nearest to a key, and keeps it alive there if it is permanent; then `done`, once.
    pub fn put(&self, key: &InfoHash, value: impl Borrow<Value>, done: impl FnOnce(bool) + Send + 'static, permanent: bool) {
        self.start_put(key, value.borrow(), permanent, Protection::None, Callbacks::new(None, |end| done(end.is_ok())));
    }

    /// The same, signed with the node's identity; fails without one.
    pub fn put_signed(
        &self,
        key: &InfoHash,
        value: impl Borrow<Value>,
        done: impl FnOnce(bool) + Send + 'static,
        permanent: bool,
    ) {
        self.start_put(key, value.borrow(), permanent, Protection::Signed, Callbacks::new(None, |end| done(end.is_ok())));
    }

    /// The same, signed, and encrypted so that only `to` reads it, whose certificate is looked up.
    pub fn put_encrypted(
        &self,
        key: &InfoHash,
        to: &PkId,
        value: impl Borrow<Value>,
        done: impl FnOnce(bool) + Send + 'static,
        permanent: bool,
    ) {
        let callbacks = Callbacks::new(None, |end| done(end.is_ok()));
        self.start_put(key, value.borrow(), permanent, Protection::EncryptedToId(to), callbacks);
    }

    /// As [`DhtRunner::put`]; the future says where the value stands. It is begun at once.
    pub fn put_value(&self, key: &InfoHash, value: &Value, permanent: bool) -> Pending {
        self.start_pending(key, value, permanent, Protection::None)
    }

    /// As [`DhtRunner::put_signed`], begun at once.
    pub fn put_value_signed(&self, key: &InfoHash, value: &Value, permanent: bool) -> Pending {
        self.start_pending(key, value, permanent, Protection::Signed)
    }

    /// As [`DhtRunner::put_encrypted`], to a key that is known, begun at once.
    pub fn put_value_encrypted(&self, key: &InfoHash, to: &PublicKey, value: &Value, permanent: bool) -> Pending {
        self.start_pending(key, value, permanent, Protection::EncryptedToKey(to))
    }

    /// Stops keeping a value alive.
    pub fn cancel_put(&self, key: &InfoHash, value_id: u64) {
        unsafe { ffi::dht_runner_cancel_put(self.0, &key.c(), value_id) };
    }

    /// Tells of the values of a key (false) and of those that are not there any more (true), until `change` says false
    /// or the listen is cancelled.
    pub fn listen(&self, key: &InfoHash, mut change: impl FnMut(Box<Value>, bool) -> bool + Send + 'static) -> OpToken {
        let callbacks = Callbacks::new(Some(Box::new(move |value, expired| change(value.boxed(), expired))), |_| ());
        OpToken(self.start_listen(key, &Where::new(), callbacks))
    }

    /// The changes of a key, as they come.
    pub fn changes(&self, key: &InfoHash, condition: &Where) -> Changes {
        let (shared, callbacks) = shared(true);
        let operation = self.start_listen(key, condition, callbacks);
        Changes { shared, operation }
    }

    /// Ends a listen.
    pub fn cancel_listen(&self, _key: &InfoHash, token: OpToken) {
        token.0.cancel();
    }

    /// Lets running operations end, then calls back. The node goes on answering others until it is dropped.
    pub fn shutdown(&self, done: impl FnOnce() + Send + 'static) {
        let callbacks = Callbacks::new(None, |_| done());
        // SAFETY: `on_done` frees what it is given.
        unsafe { ffi::odht_runner_shutdown(self.0, 0, Some(on_done), callbacks.into_user_data()) };
    }

    /// Ends every operation and stops the node: every closure has returned and is dropped. It can be run again.
    pub fn stop(&self) {
        unsafe { ffi::odht_runner_stop(self.0) };
    }

    /// Our addresses as others see them.
    pub fn public_addresses(&self) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        // SAFETY: an array that NULL ends; it and each element are ours to free.
        unsafe {
            let array = ffi::dht_runner_get_public_address(self.0);
            let mut element = array;
            while !element.is_null() && !(*element).is_null() {
                addresses.extend(address_of(*element));
                ffi::free((*element).cast());
                element = element.add(1);
            }
            ffi::free(array.cast());
        }
        addresses
    }

    fn start_get(&self, key: &InfoHash, condition: &Where, callbacks: Callbacks) -> Operation {
        let data = callbacks.into_user_data();
        // SAFETY: key and condition are copied; `on_done` comes exactly once and last, and frees the data.
        Operation(unsafe { ffi::odht_runner_get(self.0, &key.c(), condition.c(), 0, Some(on_value), Some(on_done), data) })
    }

    fn start_listen(&self, key: &InfoHash, condition: &Where, callbacks: Callbacks) -> Operation {
        let data = callbacks.into_user_data();
        // SAFETY: as above.
        Operation(unsafe { ffi::odht_runner_listen(self.0, &key.c(), condition.c(), Some(on_change), Some(on_done), data) })
    }

    fn start_pending(&self, key: &InfoHash, value: &Value, permanent: bool, protection: Protection<'_>) -> Pending {
        let (shared, callbacks) = shared(false);
        self.start_put(key, value, permanent, protection, callbacks);
        Pending { shared }
    }

    fn start_put(&self, key: &InfoHash, value: &Value, permanent: bool, protection: Protection<'_>, callbacks: Callbacks) {
        let to = match &protection {
            Protection::EncryptedToId(id) => Some(ffi::dht_pkid { d: *id.as_bytes() }),
            _ => None,
        };
        let options = ffi::odht_put_options {
            size: std::mem::size_of::<ffi::odht_put_options>(),
            is_signed: !matches!(protection, Protection::None),
            permanent,
            verify: false,
            deadline: 0,
            created: 0,
            to_key: if let Protection::EncryptedToKey(key) = &protection { key.c() } else { ptr::null() },
            to_id: ptr::null(),
            to_long_id: to.as_ref().map_or(ptr::null(), |id| id as *const _),
            is_encrypted: matches!(protection, Protection::EncryptedToId(_) | Protection::EncryptedToKey(_)),
            unused: [0; 7],
        };
        let data = callbacks.into_user_data();
        // SAFETY: everything is copied or held by the library; `on_done` frees the data.
        drop(Operation(unsafe { ffi::odht_runner_put(self.0, &key.c(), value.c(), &options, Some(on_done), data) }));
    }
}

impl Drop for DhtRunner {
    fn drop(&mut self) {
        // SAFETY: ours, freed once. No callback comes afterwards; on the runner's own thread it does not wait.
        unsafe { ffi::dht_runner_delete(self.0) };
    }
}

/// How to protect a value.
enum Protection<'a> {
    None,
    Signed,
    EncryptedToId(&'a PkId),
    EncryptedToKey(&'a PublicKey),
}

/// What a future or stream shares with the callbacks of its operation.
fn shared(values: bool) -> (Arc<Shared>, Callbacks) {
    let shared = Arc::<Shared>::default();
    let (adding, finishing) = (shared.clone(), shared.clone());
    let each: Option<Box<dyn FnMut(Value, bool) -> bool + Send>> =
        if values { Some(Box::new(move |value, expired| adding.add(value, expired))) } else { None };
    (shared, Callbacks::new(each, move |end: Result<Receipt, Error>| finishing.finish(end)))
}

fn milliseconds(time: Duration) -> u32 {
    time.as_millis().clamp(1, u32::MAX.into()) as u32
}

/// # Safety
/// An address of its family's size.
unsafe fn address_of(address: *const ffi::sockaddr) -> Option<SocketAddr> {
    unsafe {
        match (*address).family() {
            ffi::AF_INET => {
                let address = &*address.cast::<ffi::sockaddr_in>();
                Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(address.sin_addr)), u16::from_be(address.sin_port)))
            }
            ffi::AF_INET6 => {
                let address = &*address.cast::<ffi::sockaddr_in6>();
                Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::from(address.sin6_addr)), u16::from_be(address.sin6_port)))
            }
            _ => None,
        }
    }
}

/// How a node is set up. A text with a zero byte in it is refused by [`DhtRunner::run_config`].
#[derive(Default)]
pub struct DhtRunnerConfig {
    node_id: InfoHash,
    network: u32,
    bind_ipv4: Option<Ipv4Addr>,
    bind_ipv6: Option<Ipv6Addr>,
    requests_per_second: i64,
    requests_per_second_and_address: i64,
    peer_discovery: bool,
    log: bool,
    persist_path: String,
    proxy_server: String,
    push_node_id: String,
    push_token: String,
    push_topic: String,
    push_platform: String,
    proxy_user_agent: String,
    identity: Option<DhtIdentity>,
    server_ca: Option<DhtCertificate>,
}

impl DhtRunnerConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who the node is: signs what it puts, opens what is for it.
    pub fn set_identity(&mut self, identity: DhtIdentity) {
        self.identity = Some(identity);
    }

    /// Where the node stands; zero for where its identity does, else for anywhere.
    pub fn set_node_id(&mut self, id: InfoHash) {
        self.node_id = id;
    }

    /// Keeps networks apart; 0 is the public one.
    pub fn set_network(&mut self, network: u32) {
        self.network = network;
    }

    /// The address to bind, of IPv4; any if it is not set.
    pub fn set_bind_ipv4(&mut self, address: Ipv4Addr) {
        self.bind_ipv4 = Some(address);
    }

    /// The address to bind, of IPv6; any if it is not set.
    pub fn set_bind_ipv6(&mut self, address: Ipv6Addr) {
        self.bind_ipv6 = Some(address);
    }

    /// Requests a second that the node answers, of all and of each address; 0 for the default, -1 for no limit.
    pub fn set_rate_limits(&mut self, of_all: i64, of_each_address: i64) {
        (self.requests_per_second, self.requests_per_second_and_address) = (of_all, of_each_address);
    }

    /// Not done yet, which the log says. To find nodes of the local network, and to be found.
    pub fn set_peer_discovery(&mut self, discovers: bool) {
        self.peer_discovery = discovers;
    }

    /// Tells on standard error what the node does.
    pub fn set_log(&mut self, logs: bool) {
        self.log = logs;
    }

    /// Not done yet, which the log says: nothing is written. Where the node's state is to be kept.
    pub fn set_persist_path(&mut self, path: &str) {
        self.persist_path = path.into();
    }

    /// Not done yet: a node with a proxy does not start ([`ErrorKind::Unsupported`]). To reach the network through one,
    /// `https://host:port`.
    pub fn set_proxy_server(&mut self, server: &str) {
        self.proxy_server = server.into();
    }

    /// Whom the proxy pushes to.
    pub fn set_push_node_id(&mut self, id: &str) {
        self.push_node_id = id.into();
    }

    /// What the proxy pushes with.
    pub fn set_push_token(&mut self, token: &str) {
        self.push_token = token.into();
    }

    /// Topic of the pushes.
    pub fn set_push_topic(&mut self, topic: &str) {
        self.push_topic = topic.into();
    }

    /// Platform of the pushes.
    pub fn set_push_platform(&mut self, platform: &str) {
        self.push_platform = platform.into();
    }

    /// How we call ourselves to the proxy.
    pub fn set_proxy_user_agent(&mut self, agent: &str) {
        self.proxy_user_agent = agent.into();
    }

    /// Who may vouch for the proxy.
    pub fn set_server_ca(&mut self, certificate: DhtCertificate) {
        self.server_ca = Some(certificate);
    }

    /// Lent: what it points to lives in `self` and in `texts`.
    fn c(&self, port: u16, texts: &Texts) -> ffi::odht_config {
        let nobody = ffi::dht_identity { privatekey: ptr::null_mut(), certificate: ptr::null_mut() };
        ffi::odht_config {
            size: std::mem::size_of::<ffi::odht_config>(),
            port,
            bind_ipv4: texts.bind_ipv4.as_ptr(),
            bind_ipv6: texts.bind_ipv6.as_ptr(),
            node_id: self.node_id.c(),
            network: self.network,
            is_bootstrap: false,
            maintain_storage: false,
            is_client: false,
            peer_discovery: self.peer_discovery,
            peer_publish: self.peer_discovery,
            log: self.log,
            requests_per_second: self.requests_per_second,
            requests_per_second_and_address: self.requests_per_second_and_address,
            persist_path: texts.persist_path.as_ptr(),
            identity: self.identity.as_ref().map_or(nobody, DhtIdentity::c),
            proxy_server: texts.proxy_server.as_ptr(),
            push_node_id: texts.push_node_id.as_ptr(),
            push_token: texts.push_token.as_ptr(),
            push_topic: texts.push_topic.as_ptr(),
            push_platform: texts.push_platform.as_ptr(),
            proxy_user_agent: texts.proxy_user_agent.as_ptr(),
            server_ca: self.server_ca.as_ref().map_or(ptr::null(), |certificate| certificate.c()),
            client_identity: nobody,
        }
    }
}

/// The texts of a configuration, as C has them.
struct Texts {
    bind_ipv4: CString,
    bind_ipv6: CString,
    persist_path: CString,
    proxy_server: CString,
    push_node_id: CString,
    push_token: CString,
    push_topic: CString,
    push_platform: CString,
    proxy_user_agent: CString,
}

impl Texts {
    fn of(config: &DhtRunnerConfig) -> Result<Self, Error> {
        Ok(Texts {
            bind_ipv4: ffi::text(&config.bind_ipv4.map_or(String::new(), |address| address.to_string()))?,
            bind_ipv6: ffi::text(&config.bind_ipv6.map_or(String::new(), |address| address.to_string()))?,
            persist_path: ffi::text(&config.persist_path)?,
            proxy_server: ffi::text(&config.proxy_server)?,
            push_node_id: ffi::text(&config.push_node_id)?,
            push_token: ffi::text(&config.push_token)?,
            push_topic: ffi::text(&config.push_topic)?,
            push_platform: ffi::text(&config.push_platform)?,
            proxy_user_agent: ffi::text(&config.proxy_user_agent)?,
        })
    }
}
