//! Why a connection could not be secured, in the words of TLS reporting.

use std::fmt;

/// The result types of RFC 8460 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResultType {
    /// The server does not offer STARTTLS.
    StarttlsNotSupported,
    /// The certificate is for other names.
    CertificateHostMismatch,
    /// The certificate is past its time, or before it.
    CertificateExpired,
    /// No trusted authority vouches for the certificate.
    CertificateNotTrusted,
    /// Anything else that keeps TLS from coming about.
    ValidationFailure,
    /// No TLSA record fits what the server showed, or none can be used.
    TlsaInvalid,
    /// The answer to the question for TLSA records did not validate.
    DnssecInvalid,
    /// DANE is asked for and the destination has none.
    DaneRequired,
    /// The MTA-STS policy could not be fetched.
    StsPolicyFetchError,
    /// The MTA-STS policy can't be read.
    StsPolicyInvalid,
    /// MTA-STS is asked for, and the certificate of the policy's host did not validate.
    StsWebpkiInvalid,
}

impl ResultType {
    /// The word that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StarttlsNotSupported => "starttls-not-supported",
            Self::CertificateHostMismatch => "certificate-host-mismatch",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateNotTrusted => "certificate-not-trusted",
            Self::ValidationFailure => "validation-failure",
            Self::TlsaInvalid => "tlsa-invalid",
            Self::DnssecInvalid => "dnssec-invalid",
            Self::DaneRequired => "dane-required",
            Self::StsPolicyFetchError => "sts-policy-fetch-error",
            Self::StsPolicyInvalid => "sts-policy-invalid",
            Self::StsWebpkiInvalid => "sts-webpki-invalid",
        }
    }
}

impl fmt::Display for ResultType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why TLS failed, and what to do about it.
///
/// Shown as text it reads `certificate-expired: the certificate was valid until 2024-01-01 00:00:00 UTC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The word for reports (RFC 8460 §4.3).
    pub result: ResultType,
    /// What happened, as a sentence without a full stop. It may quote the peer, printable characters only.
    pub reason: String,
    /// What to do, as a sentence.
    pub advice: &'static str,
}

impl Failure {
    pub(crate) fn new(result: ResultType, reason: impl Into<String>, advice: &'static str) -> Self {
        Self { result, reason: reason.into(), advice }
    }

    /// The server does not offer STARTTLS, and TLS is asked for.
    pub fn starttls_not_supported() -> Self {
        Self::new(
            ResultType::StarttlsNotSupported,
            "the server does not offer STARTTLS",
            "Ask the operator of the server to offer STARTTLS, or send without TLS where the policy allows it.",
        )
    }

    /// The lookup of TLSA records failed ([`Dane::Unknown`](super::Dane::Unknown)): whether DANE is asked for is not known.
    pub fn dnssec_invalid() -> Self {
        Self::new(
            ResultType::DnssecInvalid,
            "the lookup of TLSA records failed, or DNSSEC did not validate the answer",
            "Wait and try again; if it persists, the operator of the domain has to repair its DNSSEC.",
        )
    }

    /// DANE is asked for, and the server has no TLSA records ([`Dane::Absent`](super::Dane::Absent)).
    pub fn dane_required() -> Self {
        Self::new(
            ResultType::DaneRequired,
            "DANE is required for this destination, and the server has no TLSA records that DNSSEC vouches for",
            "Ask the operator of the server to publish TLSA records, or no longer require DANE for this destination.",
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.result, self.reason)
    }
}
