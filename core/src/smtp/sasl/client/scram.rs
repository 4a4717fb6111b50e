//! SCRAM on the client (RFC 5802).

use zeroize::Zeroizing;

use super::{Binding, Error};
use crate::crypto::{self, Hash};
use crate::smtp::sasl::Mechanism;
use crate::smtp::sasl::scram::{self, AuthMessage, ClientFinal, ServerFinal, ServerFirst, escaped};
use crate::smtp::sasl::secret::Secret;
use crate::smtp::sasl::verifier::{Keys, checked_iterations, checked_salt};
use crate::smtp::sasl::wire;
use crate::tls::{ChannelBinding, Session};

/// After the client's first message.
#[derive(Debug)]
pub(super) struct Opened {
    hash: Hash,
    nonce: String,
    gs2_header: String,
    /// The channel binding's octets.
    binding: Vec<u8>,
    first_bare: String,
}

/// After the client's proof.
#[derive(Debug)]
pub(super) struct Proved {
    /// What the server has to prove itself with.
    signature: Zeroizing<Vec<u8>>,
}

/// Whom the client is, and whom it wants to act as; both prepared and checked.
pub(super) struct Names<'a> {
    pub(super) user: &'a str,
    pub(super) acting_as: Option<&'a str>,
}

impl Opened {
    /// Gives the client's first message, too. `server_binds` is whether the server offers a mechanism with channel binding.
    pub(super) fn new(
        mechanism: Mechanism,
        hash: Hash,
        names: &Names<'_>,
        nonce: String,
        channel: Option<(&Session, Binding)>,
        server_binds: bool,
    ) -> (Self, String) {
        let binding = channel.and_then(|(session, preferred)| chosen_binding(&session.binding, preferred));
        // RFC 5802 §6: `y` where the client could and the server does not offer it, so that a list cut short on the way is noticed.
        let (flag, data) = match binding {
            Some((name, data)) if mechanism.binds_channel() => (format!("p={name}"), data.to_vec()),
            Some(_) if !server_binds => ("y".to_owned(), Vec::new()),
            _ => ("n".to_owned(), Vec::new()),
        };
        let acting_as = names.acting_as.map(|name| format!("a={}", escaped(name))).unwrap_or_default();
        let gs2_header = format!("{flag},{acting_as},");
        let first_bare = format!("n={},r={nonce}", escaped(names.user));
        let first = format!("{gs2_header}{first_bare}");
        (Self { hash, nonce, gs2_header, binding: data, first_bare }, first)
    }

    /// Answers the server's first message with the client's last one.
    pub(super) fn prove(self, message: &[u8], password: &Secret) -> Result<(Proved, String), Error> {
        let first = ServerFirst::parse(message).map_err(Error::Malformed)?;
        if first.nonce.strip_prefix(&self.nonce).is_none_or(str::is_empty) {
            return Err(Error::Nonce);
        }
        let iterations = first.iterations().and_then(|iterations| checked_iterations(iterations).ok());
        let iterations = iterations.ok_or_else(|| Error::Iterations(first.iterations.clone()))?;
        let server_first = std::str::from_utf8(message).map_err(|_| Error::Malformed("not UTF-8"))?;
        let salt = checked_salt(first.salt).map_err(|_| Error::Malformed("salt"))?;
        let keys = Keys::derive(self.hash, password.expose(), &salt, iterations).ok_or(Error::Account("password"))?;
        let binding = [self.gs2_header.as_bytes(), &self.binding].concat();
        let without_proof = ClientFinal::without_proof(&binding, &first.nonce);
        let auth = AuthMessage {
            client_first_bare: &self.first_bare,
            server_first,
            client_final_without_proof: &without_proof,
        };
        let signature = auth.sign(self.hash, &keys.stored_key(self.hash));
        let proof = scram::xor(&keys.client_key, &signature);
        let signature = auth.sign(self.hash, &keys.server_key);
        Ok((Proved { signature }, format!("{without_proof},p={}", wire::encode(&proof))))
    }
}

impl Proved {
    /// Checks the server's last message: `Ok(Some(…))` is its reason to refuse.
    pub(super) fn check(self, message: &[u8]) -> Result<Option<String>, Error> {
        match ServerFinal::parse(message).map_err(Error::Malformed)? {
            ServerFinal::Error(error) => Ok(Some(error)),
            ServerFinal::Signature(signature) if crypto::equal(&signature, &self.signature) => Ok(None),
            ServerFinal::Signature(_) => Err(Error::ServerSignature),
        }
    }
}

/// The preferred channel binding, or the one that there is.
fn chosen_binding(binding: &ChannelBinding, preferred: Binding) -> Option<(&'static str, &[u8])> {
    let names = match preferred {
        Binding::Exporter => [scram::TLS_EXPORTER, scram::TLS_SERVER_END_POINT],
        Binding::ServerEndPoint => [scram::TLS_SERVER_END_POINT, scram::TLS_EXPORTER],
    };
    names.into_iter().find_map(|name| Some((name, scram::binding_data(binding, name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays the client of an RFC's example, whose nonce the interface doesn't let one set.
    fn example(mechanism: Mechanism, hash: Hash, nonce: &str, dialogue: [&str; 4]) {
        let [client_first, server_first, client_final, server_final] = dialogue;
        let names = Names { user: "user", acting_as: None };
        let (opened, text) = Opened::new(mechanism, hash, &names, nonce.into(), None, false);
        assert_eq!(text, client_first);
        let (proved, text) = opened.prove(server_first.as_bytes(), &Secret::new("pencil")).expect("well-formed");
        assert_eq!(text, client_final);
        assert_eq!(proved.check(server_final.as_bytes()), Ok(None));
    }

    #[test]
    fn example_of_rfc_5802() {
        let dialogue = [
            "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ];
        example(Mechanism::ScramSha1, Hash::Sha1, "fyko+d2lbbFgONRv9qkxdawL", dialogue);
    }

    #[test]
    fn example_of_rfc_7677() {
        let dialogue = [
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ];
        example(Mechanism::ScramSha256, Hash::Sha256, "rOprNGfwEbeRWgbNEkqO", dialogue);
    }
}
