//! What a client does about TLS with a next hop: what a decision says, in the words of the TLS layer and of the SMTP client.

use super::hop::{Check, Hop, HopTls};
use crate::domain::Domain;
use crate::route::policy::MinTls;
use crate::route::security::Encryption;
use crate::smtp::client::Tls;
use crate::tls::{ClientTls, Fingerprint, Roots, Verification, Version};

impl Hop {
    /// Whether and how TLS comes in.
    pub fn tls_mode(&self) -> Tls {
        match self.tls.encryption {
            _ if self.implicit_tls => Tls::Implicit,
            Encryption::None => Tls::Off,
            Encryption::May => Tls::OPPORTUNISTIC,
            Encryption::Encrypt => Tls::REQUIRED,
        }
    }
}

impl HopTls {
    /// The client's side of the handshakes: it stands up to all that is asked, or fails. `roots` are the authorities that are trusted;
    /// `None` where one has to vouch and there are none.
    pub fn client(&self, roots: Option<&Roots>) -> Option<ClientTls> {
        let mut checks = self.checks(roots)?;
        let verification = match checks.len() {
            0 => Verification::None,
            1 => checks.remove(0),
            _ => Verification::All(checks),
        };
        let tls = self.settle(ClientTls::new(verification));
        Some(if self.is_required() { tls.mandatory() } else { tls })
    }

    /// The same where an MTA-STS policy in mode `testing` wants to know what would have failed (RFC 8461 §5): nothing is asked, and
    /// the facts of the handshake say whether the certificate is one of a trusted authority for the MX host. `None` where nobody
    /// wants to know, or something is asked anyway.
    pub fn client_for_report(&self, roots: Option<&Roots>) -> Option<ClientTls> {
        let asks = self.verify != Check::None || !self.also.is_empty() || self.is_required();
        let (true, Some(name), Some(roots)) = (self.report.is_some() && !asks, &self.server_name, roots) else {
            return None;
        };
        let verification = Verification::Name(roots.clone(), vec![name.clone()]);
        Some(self.settle(ClientTls::new(verification).for_information()))
    }

    fn settle(&self, tls: ClientTls) -> ClientTls {
        let tls = match self.min_tls {
            MinTls::V1_2 => tls,
            MinTls::V1_3 => tls.at_least(Version::Tls13),
        };
        match &self.server_name {
            Some(name) => tls.server_name(name),
            None => tls,
        }
    }

    /// All that the certificate has to stand up to.
    fn checks(&self, roots: Option<&Roots>) -> Option<Vec<Verification>> {
        let asked =
            std::iter::once((self.verify, &self.names)).chain(self.also.iter().map(|(check, names)| (*check, names)));
        asked
            .filter(|(check, _)| *check != Check::None)
            .map(|(check, names)| self.verification(check, names, roots))
            .collect()
    }

    fn verification(&self, check: Check, names: &[Domain], roots: Option<&Roots>) -> Option<Verification> {
        Some(match check {
            Check::None => Verification::None,
            Check::Ca => Verification::Authority(roots?.clone()),
            Check::CaName => Verification::Name(roots?.clone(), names.to_vec()),
            Check::Dane => Verification::Dane(self.tlsa.clone(), names.to_vec()),
            Check::Fingerprint => {
                let digests = self.fingerprints.iter().filter_map(|digest| <[u8; 32]>::try_from(&digest[..]).ok());
                Verification::Fingerprint(digests.map(Fingerprint::from).collect())
            }
        })
    }
}
