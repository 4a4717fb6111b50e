//! The work as `mail-auth` does it, with a warm cache: its records are parsed once, before.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use mail_auth::crypto::{RsaKey, Sha256};
use mail_auth::dkim::{Canonicalization, DkimSigner, DomainKey};
use mail_auth::dns::TxtRecordParser;
use mail_auth::headers::HeaderWriter;
use mail_auth::signer::Ready;
use mail_auth::spf::SpfRecord;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsCache, MessageAuthenticator, NoCache, Parameters, ResolverCache, TxtRecord,
};
use passerelle::dkim::SIGNED_FIELDS;
use passerelle_benches::mail;
use passerelle_benches::table::Peer;
use passerelle_benches::zone::{Client, Zone};
use rustls_pki_types::PrivateKeyDer;

/// The library, answers to all questions, and a signer of the fields that Passerelle signs.
pub(crate) struct MailAuth {
    authenticator: MessageAuthenticator,
    cache: Cache,
    signer: DkimSigner<RsaKey<Sha256>, Ready>,
}

impl MailAuth {
    /// With the key of `mail` and the records of `zone` in its cache.
    pub(crate) fn new(key_record: &str, zone: &Zone) -> Self {
        let texts = Texts(Mutex::new(HashMap::new()));
        let until = Instant::now();
        let key = DomainKey::parse(key_record.as_bytes()).expect("mail-auth reads the key record");
        texts.insert("sel._domainkey.example.com.".into(), TxtRecord::DomainKey(key.into()), until);
        for (name, text) in &zone.texts {
            let record = SpfRecord::parse(text.as_bytes()).expect("mail-auth reads the SPF record");
            texts.insert(format!("{name}.").into(), TxtRecord::Spf(record.into()), until);
        }
        let private = PrivateKeyDer::Pkcs1(mail::key_pkcs1().into());
        let signer = DkimSigner::from_key(RsaKey::<Sha256>::from_key_der(private).expect("mail-auth reads the key"))
            .domain("example.com")
            .selector("sel")
            .headers(SIGNED_FIELDS.iter().copied())
            .header_canonicalization(Canonicalization::Relaxed)
            .body_canonicalization(Canonicalization::Relaxed);
        // A resolver must be named; it is never asked.
        let authenticator = MessageAuthenticator::new_cloudflare().expect("mail-auth starts");
        Self { authenticator, cache: Cache(texts), signer }
    }
}

impl Peer for MailAuth {
    fn name(&self) -> &'static str {
        "mail-auth"
    }

    fn verify(&self, message: &[u8]) -> Option<bool> {
        let message = AuthenticatedMessage::parse(message)?;
        let parameters = Parameters::new(&message).with_cache(&self.cache);
        let outputs = run(self.authenticator.verify_dkim(parameters));
        Some(!outputs.is_empty() && outputs.iter().all(|output| output.result() == &DkimResult::Pass))
    }

    fn sign(&self, message: &[u8]) -> Option<bool> {
        let signature = self.signer.sign(message).expect("mail-auth signs");
        Some(!signature.to_header().is_empty())
    }

    fn spf(&self, client: &Client) -> Option<String> {
        let parameters = SpfParameters::mail_from(client.ip.into(), client.helo, "mx.example.org", client.mail_from);
        let output = run(self.authenticator.verify_spf(Parameters::new(parameters).with_cache(&self.cache)));
        Some(output.result().to_string().to_lowercase())
    }
}

/// Runs a future that never waits, for all answers are in the cache.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("every answer is in the cache"),
    }
}

/// TXT records, and no others.
struct Cache(Texts);

impl DnsCache for Cache {
    type Txt = Texts;
    type Mx = NoCache;
    type Ipv4 = NoCache;
    type Ipv6 = NoCache;
    type Ptr = NoCache;

    fn txt(&self) -> Option<&Texts> {
        Some(&self.0)
    }

    fn mx(&self) -> Option<&NoCache> {
        None
    }

    fn ipv4(&self) -> Option<&NoCache> {
        None
    }

    fn ipv6(&self) -> Option<&NoCache> {
        None
    }

    fn ptr(&self) -> Option<&NoCache> {
        None
    }
}

struct Texts(Mutex<HashMap<Box<str>, TxtRecord>>);

impl ResolverCache<Box<str>, TxtRecord> for Texts {
    fn get<Q>(&self, name: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().ok()?.get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().ok()?.remove(name)
    }

    fn insert(&self, key: Box<str>, value: TxtRecord, _: Instant) {
        if let Ok(mut records) = self.0.lock() {
            records.insert(key, value);
        }
    }
}
