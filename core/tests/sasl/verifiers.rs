//! What is stored instead of a password.

use passerelle::crypto::Hash;
use passerelle::smtp::sasl::{ScramVerifier, VerifierError};

const SALT: &[u8] = b"sixteen octets..";

fn derive(hash: Hash, password: &str) -> ScramVerifier {
    ScramVerifier::derive(hash, password, SALT, 4096).unwrap()
}

#[test]
fn same_as_pythons_hashlib_derives() {
    for (hash, password, text) in [
        (
            Hash::Sha1,
            "pencil",
            "SCRAM-SHA-1$4096:c2l4dGVlbiBvY3RldHMuLg==$sWjllJKbA6wmPqv2sDqN8oCpxpM=:IMzyHCur+iEeLOXaXuQ3Q6SLYos=",
        ),
        (
            Hash::Sha1,
            "pässwörd\u{aa}",
            "SCRAM-SHA-1$4096:c2l4dGVlbiBvY3RldHMuLg==$Fmviqb6aArVbM41k5Z3bv1rkQZc=:ZPaEtlW2qpifQAOrQc+Mj2NVfLo=",
        ),
        (
            Hash::Sha256,
            "pencil",
            "SCRAM-SHA-256$4096:c2l4dGVlbiBvY3RldHMuLg==$l9hd/6tvLR09a+LZWBhXDTfcXskcwmUJt8YjkAuezQE=:\
             PSYZASrRQQnGkmfx2Oxenppo6Li+jlYmQk/PeF9dJd0=",
        ),
        (
            Hash::Sha256,
            "pässwörd\u{aa}",
            "SCRAM-SHA-256$4096:c2l4dGVlbiBvY3RldHMuLg==$Unye0nI8xbCGVXd5E+g0RG+v2AeCHe3Ot9Rk1NtaY7Q=:\
             LpgYS0uufTo8K2TbEdF4lYLP1pbnP99w1w5G2V8Zi1U=",
        ),
    ] {
        let verifier = derive(hash, password);
        assert_eq!(verifier.text().expose(), text);
        assert_eq!(ScramVerifier::parse(text), Ok(verifier.clone()));
        assert_eq!((verifier.hash(), verifier.iterations().get(), verifier.salt()), (hash, 4096, SALT));
        assert!(verifier.proves(password) && !verifier.proves("pencils") && !verifier.proves(""));
    }
}

#[test]
fn saslprep_by_the_examples_of_rfc_4013() {
    // §3: I<U+00AD>X is IX; U+00AA is a; U+2168 is IX; letters keep their case.
    for (one, other) in [("I\u{ad}X", "IX"), ("\u{aa}", "a"), ("\u{2168}", "IX"), ("user", "user")] {
        assert!(derive(Hash::Sha256, one).proves(other), "{one:?}");
        assert!(derive(Hash::Sha256, other).proves(one), "{one:?}");
    }
    assert!(!derive(Hash::Sha256, "USER").proves("user"));
    // U+0007 is prohibited; U+0627 U+0031 breaks the rule for right-to-left text.
    for prohibited in ["\u{7}", "\u{627}1", "", "\u{ad}", "\u{e000}"] {
        let derived = ScramVerifier::derive(Hash::Sha256, prohibited, SALT, 4096);
        assert_eq!(derived, Err(VerifierError::Password), "{prohibited:?}");
        assert!(!derive(Hash::Sha256, "x").proves(prohibited));
    }
}

#[test]
fn bounds() {
    let with = |salt: &[u8], iterations| ScramVerifier::derive(Hash::Sha256, "pencil", salt, iterations).err();
    // RFC 7677 §4: at least 4096.
    for iterations in [0, 1, 4095, 2_000_001, u32::MAX] {
        assert_eq!(with(SALT, iterations), Some(VerifierError::Iterations));
    }
    assert_eq!(with(&[], 4096), Some(VerifierError::Salt));
    assert_eq!(with(&[7; 257], 4096), Some(VerifierError::Salt));
    assert_eq!(with(&[7; 256], 4096), None);
    let long = ScramVerifier::derive(Hash::Sha256, &"x".repeat(1025), SALT, 4096);
    assert_eq!(long, Err(VerifierError::Password));
}

#[test]
fn what_is_no_verifier() {
    let key = "l9hd/6tvLR09a+LZWBhXDTfcXskcwmUJt8YjkAuezQE=";
    for (text, error) in [
        ("", VerifierError::Form),
        ("pencil", VerifierError::Form),
        (&format!("SCRAM-SHA-512$4096:c2FsdA==${key}:{key}"), VerifierError::Mechanism),
        (&format!("scram-sha-256$4096:c2FsdA==${key}:{key}"), VerifierError::Mechanism),
        (&format!("SCRAM-SHA-256$4095:c2FsdA==${key}:{key}"), VerifierError::Iterations),
        (&format!("SCRAM-SHA-256$4294967296:c2FsdA==${key}:{key}"), VerifierError::Iterations),
        (&format!("SCRAM-SHA-256$+4096:c2FsdA==${key}:{key}"), VerifierError::Iterations),
        (&format!("SCRAM-SHA-256$04096:c2FsdA==${key}:{key}"), VerifierError::Iterations),
        (&format!("SCRAM-SHA-256$4096:${key}:{key}"), VerifierError::Salt),
        (&format!("SCRAM-SHA-256$4096:c2FsdA${key}:{key}"), VerifierError::Form),
        (&format!("SCRAM-SHA-256$4096${key}:{key}"), VerifierError::Form),
        (&format!("SCRAM-SHA-256$4096:c2FsdA==${key}"), VerifierError::Form),
        (&format!("SCRAM-SHA-256$4096:c2FsdA==${key}:{key}:"), VerifierError::Form),
        (&format!("SCRAM-SHA-1$4096:c2FsdA==${key}:{key}"), VerifierError::Key),
        (&format!("SCRAM-SHA-256$4096:c2FsdA==$c2FsdA==:{key}"), VerifierError::Key),
    ] {
        assert_eq!(ScramVerifier::parse(text), Err(error), "{text}");
    }
}
