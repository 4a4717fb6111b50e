//! The work as `mail-auth` does it, with a warm cache: its records are parsed once, before.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use mail_auth::common::crypto::{RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::{Canonicalization, DkimSigner, Done};
use mail_auth::spf::Spf;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, SpfResult, Txt};
use passerelle::dkim::SIGNED_FIELDS;
use rustls_pki_types::PrivateKeyDer;

use crate::mail;
use crate::zone::{Client, Zone};

/// The library, and answers to all questions.
pub struct MailAuth {
    authenticator: MessageAuthenticator,
    cache: Cache,
}

/// mail-auth's signer.
pub type Signer = DkimSigner<RsaKey<Sha256>, Done>;

impl MailAuth {
    /// With the key of [`mail`] and the records of `zone` in its cache.
    pub fn new(key_record: &str, zone: &Zone) -> Self {
        let cache = Cache(Mutex::new(HashMap::new()));
        let until = Instant::now();
        let key = DomainKey::parse(key_record.as_bytes()).expect("mail-auth reads the key record");
        cache.insert("sel._domainkey.example.com.".into(), key.into(), until);
        for (name, text) in &zone.texts {
            let record = Spf::parse(text.as_bytes()).expect("mail-auth reads the SPF record");
            cache.insert(format!("{name}.").into(), record.into(), until);
        }
        // A resolver must be named; it is never asked.
        let authenticator = MessageAuthenticator::new_cloudflare().expect("mail-auth starts");
        Self { authenticator, cache }
    }

    /// Verifies all signatures of a message; whether each of them passes.
    pub fn verify(&self, message: &[u8]) -> bool {
        let Some(message) = AuthenticatedMessage::parse(message) else { return false };
        let parameters = Parameters::new(&message).with_txt_cache(&self.cache);
        let outputs = run(self.authenticator.verify_dkim(parameters));
        !outputs.is_empty() && outputs.iter().all(|output| output.result() == &DkimResult::Pass)
    }

    /// An SPF evaluation.
    pub fn spf(&self, client: &Client) -> SpfResult {
        let parameters =
            SpfParameters::verify_mail_from(client.ip.into(), client.helo, "mx.example.org", client.mail_from);
        run(self.authenticator.verify_spf(Parameters::new(parameters).with_txt_cache(&self.cache))).result()
    }
}

/// A signer of the fields that Passerelle signs.
pub fn signer() -> Signer {
    let key = PrivateKeyDer::Pkcs1(mail::key_pkcs1().into());
    DkimSigner::from_key(RsaKey::<Sha256>::from_key_der(key).expect("mail-auth reads the key"))
        .domain("example.com")
        .selector("sel")
        .headers(SIGNED_FIELDS.iter().copied())
        .header_canonicalization(Canonicalization::Relaxed)
        .body_canonicalization(Canonicalization::Relaxed)
}

/// Signs a message and gives the signature field.
pub fn sign(signer: &Signer, message: &[u8]) -> String {
    signer.sign(message).expect("mail-auth signs").to_header()
}

/// Runs a future that never waits, for all answers are in the cache.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("every answer is in the cache"),
    }
}

struct Cache(Mutex<HashMap<Box<str>, Txt>>);

impl ResolverCache<Box<str>, Txt> for Cache {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().ok()?.get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().ok()?.remove(name)
    }

    fn insert(&self, key: Box<str>, value: Txt, _: Instant) {
        if let Ok(mut records) = self.0.lock() {
            records.insert(key, value);
        }
    }
}
