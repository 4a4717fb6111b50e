//! What an error of TLS means: in the words of TLS reporting, and what to do.

use rustls::pki_types::{ServerName, UnixTime as PkiTime};
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::failure::{Failure, ResultType};
use super::signature::{NoKey, SmallKey};
use super::verify::{NoFingerprintFits, NoTlsaFits, is_authority};
use crate::time::UnixTime;

/// The failure that an error of rustls is.
pub(super) fn failure(error: &Error) -> Failure {
    let general = |reason: String, advice| Failure::new(ResultType::ValidationFailure, reason, advice);
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => refused(*alert),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge,
        ) => general(
            "the peer does not speak TLS: what it sent is no TLS record".into(),
            "Check that this port expects TLS at this point: implicit TLS (port 465) and STARTTLS (ports 25 and 587) differ.",
        ),
        Error::PeerIncompatible(error) => general(
            format!("the peer and this side have nothing in common: {}", incompatible(error)),
            "Update the peer's TLS: it needs TLS 1.2 or 1.3 with a current cipher suite.",
        ),
        Error::DecryptError => general(
            "a record can't be deciphered: it was changed on the way, or the peer is faulty".into(),
            "Try again; if it persists, look for a middlebox that changes the connection.",
        ),
        Error::NoCertificatesPresented => general(
            "the peer showed no certificate".into(),
            "Ask the operator of the server to configure a certificate.",
        ),
        // The words in which rustls says that the server's choice came to nothing: there is no variant for it.
        Error::General(what) if what == "no server certificate chain resolved" => general(
            "the client verifies no kind of signature that this server's keys can make".into(),
            "Give the server a certificate with another kind of key as well (RSA beside ECDSA), if the client matters: scanners try each kind.",
        ),
        other => general(printable(&other.to_string()), "Look at the peer's log for the same moment."),
    }
}

/// The handshake took too long.
pub(super) fn timeout() -> Failure {
    Failure::new(
        ResultType::ValidationFailure,
        "the TLS handshake was not finished in time",
        "Try again later; if it persists, look for a firewall that drops large packets.",
    )
}

/// The connection ended during the handshake.
pub(super) fn broken_off() -> Failure {
    Failure::new(
        ResultType::ValidationFailure,
        "the peer ended the connection during the TLS handshake",
        "Look at the peer's log for the same moment: it did not say why.",
    )
}

fn certificate(error: &CertificateError) -> Failure {
    use CertificateError as E;
    let (result, reason, advice) = match error {
        E::Expired | E::ExpiredContext { .. } => {
            (ResultType::CertificateExpired, expired(error), "The operator of the server has to renew its certificate.")
        }
        E::NotValidYet | E::NotValidYetContext { .. } => (
            ResultType::CertificateExpired,
            expired(error),
            "Check the clock of this machine, then the certificate's dates.",
        ),
        E::NotValidForName | E::NotValidForNameContext { .. } => (
            ResultType::CertificateHostMismatch,
            mismatch(error),
            "The operator of the server has to get a certificate for the name in the MX record, or to correct that record.",
        ),
        E::UnknownIssuer => (
            ResultType::CertificateNotTrusted,
            "no authority that this side trusts has issued the certificate, or the server leaves out a certificate of the chain"
                .into(),
            "The operator of the server has to send the whole chain of a certificate from a public authority; a private one's \
             certificate has to be given to this side.",
        ),
        E::Other(error) if error.0.downcast_ref::<NoTlsaFits>().is_some() => (
            ResultType::TlsaInvalid,
            error.0.to_string(),
            "The operator of the server has to publish a TLSA record for its new certificate, or to bring back the old one.",
        ),
        E::Other(error) if error.0.downcast_ref::<NoFingerprintFits>().is_some() => (
            ResultType::CertificateNotTrusted,
            error.0.to_string(),
            "Ask the operator of the server for the fingerprint of its certificate, and compare.",
        ),
        E::Other(error) if error.0.downcast_ref::<SmallKey>().is_some() => (
            ResultType::ValidationFailure,
            error.0.to_string(),
            "The operator of the server has to get a certificate with a larger key, 2048 bits at least.",
        ),
        E::Other(error) if error.0.downcast_ref::<NoKey>().is_some() => (
            ResultType::ValidationFailure,
            error.0.to_string(),
            "The operator of the server has to replace its certificate.",
        ),
        E::Other(error) if is_authority(error.0.as_ref()) => (
            ResultType::CertificateNotTrusted,
            "the certificate is that of an authority, or signs itself".into(),
            "The operator of the server has to get a certificate from an authority, or to publish a TLSA record for this one.",
        ),
        other => (
            ResultType::CertificateNotTrusted,
            printable(&format!("the certificate can't be verified: {other}")),
            "The operator of the server has to replace its certificate.",
        ),
    };
    Failure::new(result, reason, advice)
}

fn expired(error: &CertificateError) -> String {
    let utc = |time: &PkiTime| UnixTime(time.as_secs()).utc().to_string();
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("a certificate in the server's chain was valid until {}", utc(not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("a certificate in the server's chain is valid from {} on", utc(not_before))
        }
        _ => "a certificate in the server's chain is not valid at this time".into(),
    }
}

fn mismatch(error: &CertificateError) -> String {
    match error {
        CertificateError::NotValidForNameContext { expected, presented } => {
            let expected = match expected {
                ServerName::DnsName(name) => name.as_ref().to_owned(),
                other => format!("{other:?}"),
            };
            let presented: Vec<_> = presented.iter().take(8).map(|name| dns_name(name)).collect();
            let names = if presented.is_empty() { "none".into() } else { presented.join(", ") };
            printable(&format!("the certificate is not for {expected}; its names: {names}"))
        }
        _ => "the certificate is not for the server's name".into(),
    }
}

/// webpki shows names as `DnsName("…")`.
fn dns_name(shown: &str) -> String {
    let inside = shown.strip_prefix("DnsName(\"").and_then(|rest| rest.strip_suffix("\")"));
    inside.unwrap_or(shown).to_owned()
}

/// The peer has sent an alert.
fn refused(alert: AlertDescription) -> Failure {
    use AlertDescription as A;
    let name = alert.as_str().map_or_else(|| format!("{}", u8::from(alert)), snake_case);
    let advice = match alert {
        A::ProtocolVersion | A::HandshakeFailure | A::InsufficientSecurity => {
            "The peer has no version or cipher suite in common with this side: it needs TLS 1.2 or 1.3."
        }
        A::UnknownCA | A::BadCertificate | A::CertificateUnknown | A::CertificateExpired | A::CertificateRevoked => {
            "The peer does not accept this side's certificate: check its chain, dates and names."
        }
        A::UnrecognisedName => "The server does not know the name that it was asked for.",
        _ => "Look at the peer's log for the same moment.",
    };
    Failure::new(ResultType::ValidationFailure, format!("the peer refused with the alert {name}"), advice)
}

/// A name of rustls as the RFC writes it: `BadRecordMac` is `bad_record_mac` (RFC 8446 §6).
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    let mut is_start = true;
    for c in name.chars() {
        if c.is_ascii_uppercase() && !is_start {
            text.push('_');
        }
        is_start = c.is_ascii_uppercase();
        text.push(c.to_ascii_lowercase());
    }
    text
}

fn incompatible(error: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as P;
    match error {
        P::NoCipherSuitesInCommon => "no cipher suite",
        P::NoKxGroupsInCommon => "no group for the key exchange",
        P::NoSignatureSchemesInCommon | P::NoCertificateRequestSignatureSchemesInCommon => "no signature scheme",
        P::ServerDoesNotSupportTls12Or13
        | P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled
        | P::SupportedVersionsExtensionRequired => "no version of TLS",
        _ => "an extension that is needed is missing",
    }
}

/// What a peer may have put into an error's text, without control characters and bounded.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).take(400).collect()
}
