//! `mail-auth`, in this process. Its caches hold all there is to know; its `test` feature answers what they do not.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::spf::{Macro, Spf};
use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsError, DnssecStatus, Error, MX, MessageAuthenticator, Parameters, RecordSet,
    ResolverCache, SpfResult, Txt,
};

use crate::case::{Theirs, Word};
use crate::dkim::{DkimCase, Key};
use crate::spf::{Node, SpfCase, octets};

/// The library with a resolver that is never asked.
pub(crate) struct MailAuth(MessageAuthenticator);

impl MailAuth {
    /// Makes one.
    ///
    /// # Panics
    /// When the resolver cannot be configured.
    pub(crate) fn new() -> Self {
        Self(MessageAuthenticator::new_cloudflare().expect("a resolver, though nobody asks it"))
    }

    /// What it says about a message.
    pub(crate) fn dkim(&self, case: &DkimCase) -> Theirs {
        guarded(|| {
            let Some(message) = AuthenticatedMessage::parse(&case.message) else {
                return Theirs { word: Word::PermFail, why: "the message is not parsed".into() };
            };
            let caches = Caches::default();
            let name = format!("{}.", case.key_name);
            caches.txt.put(
                name.into(),
                match &case.key {
                    Key::Missing => Txt::Error(not_found()),
                    Key::Failed => Txt::Error(Error::Dns(DnsError::Resolver("SERVFAIL".into()))),
                    Key::Records(records) => first::<DomainKey>(records).into(),
                },
            );
            let outputs = ready(self.0.verify_dkim(caches.parameters(&message)));
            let Some(output) = outputs.first() else {
                return Theirs { word: Word::PermFail, why: "no signature".into() };
            };
            let word = match output.result() {
                DkimResult::Pass => Word::Pass,
                DkimResult::TempError(_) => Word::TempError,
                _ => Word::PermFail,
            };
            Theirs { word, why: format!("{:?}", output.result()) }
        })
    }

    /// What it says about a client.
    pub(crate) fn spf(&self, case: &SpfCase) -> Theirs {
        guarded(|| {
            let caches = Caches::default();
            for (name, node) in &case.zone {
                caches.add(name, node);
            }
            let reverse = passerelle::Domain::reverse(case.ip);
            if let Some(node) = case.zone.get(reverse.as_str()).filter(|node| !node.ptr.is_empty()) {
                let names = node.ptr.iter().map(|name| format!("{name}.").into_boxed_str()).collect();
                caches.ptr.put(case.ip, set(names));
            }
            let parameters = SpfParameters::verify_mail_from(case.ip, &case.helo, "receiver.example", &case.mail_from);
            let output = ready(self.0.verify_spf(caches.parameters(parameters)));
            let word = match output.result() {
                SpfResult::Pass => Word::Pass,
                SpfResult::Fail => Word::Fail,
                SpfResult::SoftFail => Word::SoftFail,
                SpfResult::Neutral => Word::Neutral,
                SpfResult::TempError => Word::TempError,
                SpfResult::PermError => Word::PermError,
                SpfResult::None => Word::None,
            };
            Theirs { word, why: String::new() }
        })
    }
}

impl Default for MailAuth {
    fn default() -> Self {
        Self::new()
    }
}

/// A panic is a verdict too, and has to be explained like any other.
fn guarded(judge: impl FnOnce() -> Theirs) -> Theirs {
    catch_unwind(AssertUnwindSafe(judge))
        .unwrap_or_else(|_| Theirs { word: Word::Crash, why: "mail-auth panicked".into() })
}

/// What a future that waits for nothing gives.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("all answers are in the caches"),
    }
}

/// Which of several records it takes, as its resolver would: the first that it can read.
fn first<T: TxtRecordParser>(records: &[Vec<u8>]) -> Result<T, Error> {
    let mut result = Err(Error::Dns(DnsError::InvalidRecordType));
    for record in records {
        result = T::parse(record);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// What its resolver says of a name that does not exist.
fn not_found() -> Error {
    Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain))
}

fn set<T>(items: Vec<T>) -> RecordSet<T> {
    RecordSet { rrset: Arc::from(items), dnssec_status: DnssecStatus::Indeterminate }
}

#[derive(Default)]
struct Caches {
    txt: Cache<Box<str>, Txt>,
    mx: Cache<Box<str>, RecordSet<MX>>,
    ipv4: Cache<Box<str>, RecordSet<Ipv4Addr>>,
    ipv6: Cache<Box<str>, RecordSet<Ipv6Addr>>,
    ptr: Cache<IpAddr, RecordSet<Box<str>>>,
}

type With<'a, P> = Parameters<
    'a,
    P,
    Cache<Box<str>, Txt>,
    Cache<Box<str>, RecordSet<MX>>,
    Cache<Box<str>, RecordSet<Ipv4Addr>>,
    Cache<Box<str>, RecordSet<Ipv6Addr>>,
    Cache<IpAddr, RecordSet<Box<str>>>,
>;

impl Caches {
    fn add(&self, name: &str, node: &Node) {
        let name = || format!("{name}.").into_boxed_str();
        if !node.txt.is_empty() {
            let records: Vec<Vec<u8>> = node.txt.iter().map(|text| octets(text)).collect();
            // A cache entry has a type. Only explanations are asked for as macros.
            let txt = match name().starts_with("explain.") {
                true => first::<Macro>(&records).into(),
                false => first::<Spf>(&records).into(),
            };
            self.txt.put(name(), txt);
        }
        if !node.a.is_empty() {
            self.ipv4.put(name(), set(node.a.clone()));
        }
        if !node.aaaa.is_empty() {
            self.ipv6.put(name(), set(node.aaaa.clone()));
        }
        if !node.mx.is_empty() {
            let mx = |(preference, name): &(u16, String)| MX {
                preference: *preference,
                exchanges: [format!("{name}.").into_boxed_str()].into(),
            };
            self.mx.put(name(), set(node.mx.iter().map(mx).collect()));
        }
    }

    fn parameters<P>(&self, params: P) -> With<'_, P> {
        Parameters {
            params,
            cache_txt: Some(&self.txt),
            cache_mx: Some(&self.mx),
            cache_ptr: Some(&self.ptr),
            cache_ipv4: Some(&self.ipv4),
            cache_ipv6: Some(&self.ipv6),
        }
    }
}

/// A map that never forgets.
struct Cache<K, V>(std::cell::RefCell<HashMap<K, V>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(std::cell::RefCell::default())
    }
}

impl<K: Hash + Eq, V> Cache<K, V> {
    fn put(&self, key: K, value: V) {
        self.0.borrow_mut().insert(key, value);
    }
}

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Cache<K, V> {
    fn get<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.borrow().get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.borrow_mut().remove(name)
    }

    fn insert(&self, key: K, value: V, _: Instant) {
        self.put(key, value);
    }
}
