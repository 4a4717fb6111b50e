//! SCRAM on the server (RFC 5802): the password does not come, so what is stored is needed before it is proved.

use zeroize::Zeroizing;

use super::stored::{self, Form, Stored};
use super::{Credentials, Failure, Settings, passwords};
use crate::crypto::{self, Hash};
use crate::smtp::sasl::Mechanism;
use crate::smtp::sasl::scram::{self, AuthMessage, ClientFinal, ClientFirst, Flag, ServerFirst};
use crate::smtp::sasl::verifier::ScramVerifier;
use crate::tls::ChannelBinding;

/// Before the client's first message.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) mechanism: Mechanism,
    pub(super) hash: Hash,
    pub(super) nonce: String,
    pub(super) binding: ChannelBinding,
    /// Whether EHLO listed a mechanism with channel binding.
    pub(super) offers_binding: bool,
}

/// After the client's first message: the host is asked.
#[derive(Debug)]
pub(super) struct Asked {
    hash: Hash,
    first: ClientFirst,
    /// What the client has to repeat: `gs2-header`, and the channel binding's octets behind it.
    binding: Vec<u8>,
    /// Both nonces.
    nonce: String,
}

/// After the server's first message: the proof is waited for.
#[derive(Debug)]
pub(super) struct Challenged {
    asked: Asked,
    /// Of one salt and one number of iterations: the proof of any of them will do.
    verifiers: Vec<ScramVerifier>,
    /// Whether the proof may succeed at all.
    genuine: bool,
    server_first: String,
}

impl Opening {
    pub(super) fn first(self, message: &[u8]) -> Result<(Asked, Credentials), Failure> {
        let first = ClientFirst::parse(message).map_err(Failure::Malformed)?;
        let mut binding = first.gs2_header.clone().into_bytes();
        // RFC 5802 §6: which flags go with which mechanism.
        match (&first.flag, self.mechanism.binds_channel()) {
            (Flag::Used(name), true) => {
                let data = scram::binding_data(&self.binding, name);
                binding.extend_from_slice(data.ok_or(Failure::ChannelBinding("this type is not at hand"))?);
            }
            (Flag::Used(_), false) => return Err(Failure::Malformed("channel binding without -PLUS")),
            (_, true) => return Err(Failure::Malformed("-PLUS without channel binding")),
            // The list of mechanisms that the client saw was not ours.
            (Flag::ServerHasNone, false) if self.offers_binding => {
                return Err(Failure::ChannelBinding("the client did not see that it is offered"));
            }
            (Flag::ServerHasNone | Flag::None, false) => {}
        }
        let authcid = passwords::name(&first.user)?;
        let authzid = first.authzid.clone().filter(|authzid| *authzid != authcid);
        let nonce = format!("{}{}", first.nonce, self.nonce);
        let credentials = Credentials::Scram { mechanism: self.mechanism, authzid, authcid };
        Ok((Asked { hash: self.hash, first, binding, nonce }, credentials))
    }
}

impl Asked {
    /// Challenges with the verifiers that fit: the first, and those that have its salt and iterations, so that the client proves
    /// any of these passwords. Where there is none the user only seems to exist. Without `may`, the true salt is shown and no
    /// proof will do.
    pub(super) fn challenge(
        self,
        stored: Vec<Stored>,
        may: bool,
        user: &str,
        settings: &Settings,
    ) -> (Challenged, String) {
        let fitting = |stored: Stored| match stored.form {
            Form::Verifier(verifier) if verifier.hash == self.hash => Some(verifier),
            _ => None,
        };
        let mut verifiers: Vec<ScramVerifier> = stored.into_iter().filter_map(fitting).collect();
        let genuine = !verifiers.is_empty() && may;
        let first = match verifiers.first() {
            Some(first) => first.clone(),
            None => seeming_verifier(self.hash, user, settings),
        };
        verifiers.retain(|other| (&other.salt, other.iterations) == (&first.salt, first.iterations));
        if verifiers.is_empty() {
            verifiers.push(first.clone());
        }
        let (salt, iterations) = (first.salt.clone(), first.iterations.to_string());
        let server_first = ServerFirst { nonce: self.nonce.clone(), salt, iterations }.write();
        (Challenged { asked: self, verifiers, genuine, server_first: server_first.clone() }, server_first)
    }
}

impl Challenged {
    /// Checks the client's proof and gives the server's.
    pub(super) fn last(self, message: &[u8]) -> Result<String, Failure> {
        let last = ClientFinal::parse(message).map_err(Failure::Malformed)?;
        if last.nonce != self.asked.nonce {
            return Err(Failure::Malformed("nonce"));
        }
        let auth = AuthMessage {
            client_first_bare: &self.asked.first.bare,
            server_first: &self.server_first,
            client_final_without_proof: &last.without_proof,
        };
        let hash = self.asked.hash;
        // RFC 5802 §3: ClientKey = ClientProof XOR ClientSignature, and StoredKey = H(ClientKey).
        let mut proven: Option<&ScramVerifier> = None;
        for verifier in &self.verifiers {
            let signature = auth.sign(hash, &verifier.stored_key);
            let client_key = scram::xor(&last.proof, &signature);
            if crypto::equal(&hash.digest(&client_key), &verifier.stored_key) {
                proven = Some(verifier);
            }
        }
        let Some(verifier) = proven.filter(|_| self.genuine && last.proof.len() == hash.length()) else {
            return Err(Failure::Credentials);
        };
        let server_signature = auth.sign(hash, &verifier.server_key);
        // Behind the proof, so that only the password's owner learns of a mismatch.
        if last.binding != self.asked.binding {
            return Err(Failure::ChannelBinding("the client is on another connection"));
        }
        Ok(format!("v={}", crate::smtp::sasl::wire::encode(&server_signature)))
    }
}

/// The verifier of a user who has none: always the same for one name. Nobody knows a password to it.
fn seeming_verifier(hash: Hash, user: &str, settings: &Settings) -> ScramVerifier {
    let key = |label: &[u8]| {
        let mut key = Hash::Sha256.hmac(settings.secret.octets(), &[label, user.as_bytes()]);
        key.truncate(hash.length());
        key
    };
    let [stored_key, server_key]: [Zeroizing<Vec<u8>>; 2] = [key(b"SCRAM stored key"), key(b"SCRAM server key")];
    let salt = stored::salt_of(hash, user, settings);
    ScramVerifier { hash, iterations: settings.iterations, salt, stored_key, server_key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::sasl::{SecretKey, wire};

    /// Plays the server of an RFC's example, whose nonces the interface doesn't let one set.
    fn example(mechanism: Mechanism, hash: Hash, nonce: &str, salt: &str, dialogue: [&str; 4]) {
        let [client_first, server_first, client_final, server_final] = dialogue;
        let opening =
            Opening { mechanism, hash, nonce: nonce.into(), binding: ChannelBinding::default(), offers_binding: false };
        let (asked, credentials) = opening.first(client_first.as_bytes()).expect("well-formed");
        assert_eq!(credentials, Credentials::Scram { mechanism, authzid: None, authcid: "user".into() });
        let salt = wire::decode(salt.as_bytes()).expect("base64");
        let verifier = ScramVerifier::derive(hash, "pencil", &salt, 4096).expect("can be derived");
        let settings = Settings::new(SecretKey::new([0; 32]));
        let (challenged, text) = asked.challenge(vec![Stored::verifier(verifier)], true, "user", &settings);
        assert_eq!(text, server_first);
        assert_eq!(challenged.last(client_final.as_bytes()).as_deref(), Ok(server_final));
    }

    #[test]
    fn example_of_rfc_5802() {
        let dialogue = [
            "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ];
        example(Mechanism::ScramSha1, Hash::Sha1, "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92", dialogue);
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
        let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        example(Mechanism::ScramSha256, Hash::Sha256, nonce, "W22ZaJ0SNY7soEsUEjb6gQ==", dialogue);
    }
}
