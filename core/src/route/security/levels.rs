//! What each input of the table can say, and which of two asks for more.
//!
//! `a <= b` reads "b asks for everything that a asks for". The orders are partial: an authority's word on a name and a
//! fingerprint, say, are two things, and neither contains the other.

use std::cmp::Ordering;

use serde::Serialize;

/// Whether a connection is encrypted, as a demand and as what comes of it: `none` < `may` < `encrypt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// Clear text, even where TLS is offered.
    None,
    /// TLS where it is offered and works, whatever the certificate (RFC 7435).
    May,
    /// TLS, or no delivery.
    Encrypt,
}

/// What an authority has to vouch for: nothing < any certificate < the host's name < a name that the DNS has no say in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Authority {
    /// Nothing.
    Nothing,
    /// That it issued the certificate, for whatever name.
    Ca,
    /// The name of the host that is connected to, or one of the route's `names`. An MX host's name comes out of the DNS.
    Host,
    /// The recipient's domain, or one of the names given: whoever forges the DNS has none of these.
    Domain,
}

/// What somebody on this side asks for: the route, a rule, a destination, or all of them together. Parts are ordered each
/// for itself, and the whole where all parts agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Demand {
    /// Whether the connection is encrypted.
    pub encryption: Encryption,
    /// What an authority vouches for.
    pub authority: Authority,
    /// The certificate is one of those whose fingerprints are listed.
    pub fingerprint: bool,
    /// DANE vouches for the certificate, or nothing is delivered (`dane-only`).
    pub dane: bool,
}

impl Demand {
    /// `none`: clear text.
    pub const NONE: Self = Self::of(Encryption::None, Authority::Nothing);
    /// `may`: nothing is asked for.
    pub const MAY: Self = Self::of(Encryption::May, Authority::Nothing);
    /// `encrypt`: TLS with whatever certificate.
    pub const ENCRYPT: Self = Self::of(Encryption::Encrypt, Authority::Nothing);
    /// A certificate that an authority has issued (`require_ca` alone).
    pub const CA: Self = Self::of(Encryption::Encrypt, Authority::Ca);
    /// `verify`: such a certificate with the host's name on it.
    pub const VERIFY: Self = Self::of(Encryption::Encrypt, Authority::Host);
    /// `secure`: such a certificate with a name on it that the DNS has no say in.
    pub const SECURE: Self = Self::of(Encryption::Encrypt, Authority::Domain);
    /// `fingerprint`: one of the listed certificates.
    pub const FINGERPRINT: Self = Self { fingerprint: true, ..Self::ENCRYPT };
    /// `dane-only`.
    pub const DANE_ONLY: Self = Self { dane: true, ..Self::ENCRYPT };

    const fn of(encryption: Encryption, authority: Authority) -> Self {
        Self { encryption, authority, fingerprint: false, dane: false }
    }

    /// What the three switches of a route come to. A name without an authority proves nothing, since anybody can write any
    /// name on a certificate that signs itself: `verify_hostname` alone is worth as much as `require_tls`, and
    /// `config check` says so. Both imply `require_tls`.
    pub fn of_route(require_tls: bool, require_ca: bool, verify_hostname: bool) -> Self {
        match (require_ca, verify_hostname) {
            (true, true) => Self::VERIFY,
            (true, false) => Self::CA,
            (false, true) => Self::ENCRYPT,
            (false, false) if require_tls => Self::ENCRYPT,
            (false, false) => Self::MAY,
        }
    }

    /// All that either asks for.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            encryption: self.encryption.max(other.encryption),
            authority: self.authority.max(other.authority),
            fingerprint: self.fingerprint | other.fingerprint,
            dane: self.dane | other.dane,
        }
    }

    /// Whether what it asks for proves to whom one speaks: whom mail that must not leave verified TLS, and credentials, may
    /// be given to.
    pub fn verifies(self) -> bool {
        self.authority >= Authority::Host || self.fingerprint || self.dane
    }

    /// The words of the parts, such as `ca+fingerprint`.
    pub fn words(self) -> String {
        let mut words = Vec::new();
        match (self.encryption, self.authority) {
            (_, Authority::Ca) => words.push("ca"),
            (_, Authority::Host) => words.push("verify"),
            (_, Authority::Domain) => words.push("secure"),
            (_, Authority::Nothing) if self.fingerprint || self.dane => {}
            (Encryption::None, _) => words.push("none"),
            (Encryption::May, _) => words.push("may"),
            (Encryption::Encrypt, _) => words.push("encrypt"),
        }
        if self.fingerprint {
            words.push("fingerprint");
        }
        if self.dane {
            words.push("dane-only");
        }
        words.join("+")
    }
}

impl PartialOrd for Demand {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        together([
            self.encryption.cmp(&other.encryption),
            self.authority.cmp(&other.authority),
            self.fingerprint.cmp(&other.fingerprint),
            self.dane.cmp(&other.dane),
        ])
    }
}

/// The order of a whole whose parts have these orders: none where two parts contradict each other.
pub(super) fn together<const N: usize>(parts: [Ordering; N]) -> Option<Ordering> {
    let mut whole = Ordering::Equal;
    for part in parts {
        match (whole, part) {
            (_, Ordering::Equal) => {}
            (Ordering::Equal, part) => whole = part,
            (whole, part) if whole == part => {}
            _ => return None,
        }
    }
    Some(whole)
}

/// The levels of a `[[destination]]`, by its word `tls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Clear text.
    None,
    /// TLS where it is offered.
    May,
    /// DANE where there are TLSA records, else `may`. Without records it is below `encrypt`; with them it asks for what
    /// DANE asks for anyway. So as a demand it is `may`.
    Dane,
    /// TLS with whatever certificate.
    Encrypt,
    /// An authority vouches for the MX host's name.
    Verify,
    /// An authority vouches for the recipient's domain, or for one of `names`.
    Secure,
    /// One of the listed certificates.
    Fingerprint,
    /// DANE, or nothing is delivered.
    DaneOnly,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::May,
        Self::Dane,
        Self::Encrypt,
        Self::Verify,
        Self::Secure,
        Self::Fingerprint,
        Self::DaneOnly,
    ];

    /// The word of policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::May => "may",
            Self::Dane => "dane",
            Self::Encrypt => "encrypt",
            Self::Verify => "verify",
            Self::Secure => "secure",
            Self::Fingerprint => "fingerprint",
            Self::DaneOnly => "dane-only",
        }
    }

    /// The level with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }

    /// What it asks for.
    pub fn demand(self) -> Demand {
        match self {
            Self::None => Demand::NONE,
            Self::May | Self::Dane => Demand::MAY,
            Self::Encrypt => Demand::ENCRYPT,
            Self::Verify => Demand::VERIFY,
            Self::Secure => Demand::SECURE,
            Self::Fingerprint => Demand::FINGERPRINT,
            Self::DaneOnly => Demand::DANE_ONLY,
        }
    }
}

/// What DNSSEC says of the way to a host: `insecure-mx` < `insecure-addresses` < `secure`. TLSA records are asked for in the last
/// case alone (RFC 7672 §2.2), and in the others nobody looks at what an answer would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dnssec {
    /// The MX records that name the host are not validated.
    InsecureMx,
    /// They are, or a policy names the host; the host's addresses are not validated.
    InsecureAddresses,
    /// Both are: of the addresses one family, or the host's own alias (RFC 7672 §2.2.2).
    Secure,
}

/// What came of the question for TLSA records behind a secure way: `absent` < `unusable` < `usable`. A failed look-up stands beside
/// them: which of the three it hides is not known, and it is taken for none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tlsa {
    /// The look-up failed (RFC 7672 §2.1.1).
    Failed,
    /// There are none.
    Absent,
    /// There are some, and none that can be used: TLS is needed (RFC 7672 §2.2).
    Unusable,
    /// There are some that can be used.
    Usable,
}

impl PartialOrd for Tlsa {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let rank = |tlsa: &Self| match tlsa {
            Self::Failed => None,
            Self::Absent => Some(0),
            Self::Unusable => Some(1),
            Self::Usable => Some(2),
        };
        match (rank(self), rank(other)) {
            (None, None) => Some(Ordering::Equal),
            (a, b) => a.zip(b).map(|(a, b)| a.cmp(&b)),
        }
    }
}

/// The MTA-STS policy in force, and whether it lists the host: `none` < `testing` < `enforce`. Listed or not are two things of which
/// neither is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sts {
    /// There is none, or its mode is `none`.
    None,
    /// Mode `testing`; the host is listed.
    Testing,
    /// Mode `testing`; the host is not listed.
    TestingUnlisted,
    /// Mode `enforce`; the host is listed.
    Enforce,
    /// Mode `enforce`; the host is not listed.
    EnforceUnlisted,
}

impl PartialOrd for Sts {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let rank = |sts: &Self| match sts {
            Self::None => 0,
            Self::Testing | Self::TestingUnlisted => 1,
            Self::Enforce | Self::EnforceUnlisted => 2,
        };
        match rank(self).cmp(&rank(other)) {
            Ordering::Equal if self != other => None,
            order => Some(order),
        }
    }
}

/// What a `destination` with `override` and `until` lifts, by name. The more is lifted, the less is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Overrides {
    /// DANE's demands.
    pub dane: bool,
    /// MTA-STS's demands.
    pub mta_sts: bool,
}

/// What a destination has the destination's own domain vouch for: nothing < MTA-STS < DANE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Published {
    /// Nothing.
    Nothing,
    /// By MTA-STS in mode `enforce`: an authority vouches for the MX host's name (RFC 8461 §4.2).
    MtaSts,
    /// By DANE: a TLSA record fits (RFC 7672 §3).
    Dane,
}
