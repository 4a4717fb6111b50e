//! What is said when the signature over the header fields does not verify.

use passerelle::crypto::KeyType;
use passerelle::dkim::{Canonicalization, Failure, HeaderChange, HeaderDiagnosis, KeyFit, Signer};
use passerelle::limits::MAX_HEADER_SIZE;

use crate::common::{Dns, ED25519, RSA, crlf, key, plain, replaced, sign, signer, verify, words};

const MESSAGE: &str = "From: Ann <ann@example.com>\nTo: suzie@example.net,\n bob@example.org\nSubject: Is dinner ready?\n\
                       Content-Transfer-Encoding: 8bit\n\nHi.\n";

fn diagnosis(message: &[u8], dns: &Dns) -> HeaderDiagnosis {
    let verdict = verify(message, dns).remove(0);
    let Some(Failure::BadSignature(diagnosis)) = verdict.failure else { panic!("{verdict:?}") };
    assert_eq!(verdict.reason, Some(format!("the signature does not verify: {diagnosis}")));
    diagnosis
}

/// The message signed, then changed.
#[track_caller]
fn proven(signer: Signer, dns: &Dns, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<HeaderChange> {
    let signed = sign(signer, &crlf(MESSAGE));
    assert_eq!(words(&verify(&signed, dns)), ["pass"]);
    let found = diagnosis(&change(signed), dns);
    assert!(found.proven && found.key == KeyFit::Made, "{found}");
    found.changes
}

/// With both kinds of keys and both canonicalizations.
fn each_way(change: impl Fn(Vec<u8>) -> Vec<u8>, expected: &[HeaderChange]) {
    for pem in [RSA, ED25519] {
        for canonicalization in [Canonicalization::Relaxed, Canonicalization::Simple] {
            let (signer, dns) = signer(pem);
            let found = proven(signer.canonicalization(canonicalization, canonicalization), &dns, &change);
            assert_eq!(found, expected, "{canonicalization}");
        }
    }
}

fn added(name: &str) -> HeaderChange {
    HeaderChange::Added { name: name.into() }
}

#[test]
fn a_tag_in_front_of_the_subject() {
    for tag in ["[list]", "***SPAM***", "EXTERNAL:", "(bulk)"] {
        let change = |message: Vec<u8>| replaced(&message, "Subject: ", &format!("Subject: {tag} "));
        each_way(change, &[HeaderChange::SubjectTag(tag.into())]);
    }
}

#[test]
fn a_tag_behind_a_reply_prefix() {
    let (signer, dns) = signer(RSA);
    let signed = sign(signer, &crlf("From: a@example.com\nSubject: Re: Dinner\n\nHi.\n"));
    let found = diagnosis(&replaced(&signed, "Re: ", "Re: [list] "), &dns);
    assert_eq!((found.proven, found.changes), (true, vec![HeaderChange::SubjectTag("[list]".into())]));
}

#[test]
fn a_field_that_was_added_although_it_is_oversigned() {
    for field in ["Reply-To: list@lists.example", "Cc: eve@example.org", "To: eve@example.org", "Subject: Other"] {
        let name = field.split(':').next().unwrap();
        each_way(|message| [field.as_bytes(), b"\r\n", &message].concat(), &[added(name)]);
        // Below the field that was signed.
        let (signer, dns) = signer(RSA);
        let below = |message: Vec<u8>| replaced(&message, "\r\n\r\n", &format!("\r\n{field}\r\n\r\n"));
        assert_eq!(proven(signer, &dns, below), [added(name)]);
    }
}

#[test]
fn what_mailing_lists_do_at_once() {
    let (signer, dns) = signer(RSA);
    let change = |message: Vec<u8>| {
        let message = replaced(&message, "Subject: ", "Subject: [list] ");
        [b"Reply-To: list@lists.example\r\n", &message[..]].concat()
    };
    assert_eq!(proven(signer, &dns, change), [HeaderChange::SubjectTag("[list]".into()), added("Reply-To")]);
}

/// A list puts its own address into From, and the author's elsewhere.
#[test]
fn an_author_that_was_moved() {
    let (signer, dns) = signer(RSA);
    let change = |message: Vec<u8>| {
        let message = replaced(&message, "From: Ann <ann@example.com>", "From: Ann via list <list@lists.example>");
        let message = replaced(&message, "Subject: ", "Subject: [list] ");
        [b"X-Original-From: Ann <ann@example.com>\r\n", &message[..]].concat()
    };
    let from = HeaderChange::Changed {
        name: "From".into(),
        signed: "Ann <ann@example.com>".into(),
        found: "Ann via list <list@lists.example>".into(),
    };
    assert_eq!(proven(signer, &dns, change), [from, HeaderChange::SubjectTag("[list]".into())]);
}

#[test]
fn a_transfer_encoding_that_a_relay_changed() {
    let change = |message: Vec<u8>| replaced(&message, "8bit", "quoted-printable");
    let (signer, dns) = signer(RSA);
    let expected = HeaderChange::Changed {
        name: "Content-Transfer-Encoding".into(),
        signed: "8bit".into(),
        found: "quoted-printable".into(),
    };
    assert_eq!(proven(signer, &dns, change), [expected]);
}

#[test]
fn folding_matters_to_the_simple_canonicalization() {
    let simple = || {
        let (signer, dns) = signer(RSA);
        (signer.canonicalization(Canonicalization::Simple, Canonicalization::Relaxed), dns)
    };
    let changes: [(&str, &str); 3] = [
        ("suzie@example.net,\r\n bob", "suzie@example.net, bob"),
        ("net,\r\n bob", "net,\r\n\tbob"),
        ("net,\r\n bob", "net,\r\n      bob"),
    ];
    for (from, to) in changes {
        let (signer, dns) = simple();
        let signed = sign(signer, &crlf(&MESSAGE.replace(",\n bob", ", bob")));
        assert_eq!(words(&verify(&signed, &dns)), ["pass"]);
        let folded = replaced(&signed, "net, bob", to.strip_prefix("suzie@example.").unwrap_or(to));
        if folded != signed {
            let found = diagnosis(&folded, &dns);
            assert!(found.proven && matches!(found.changes[..], [HeaderChange::Folding(_)]), "{from}: {found}");
        }
    }
    // A relay that writes every field on one line, the signature too.
    let (signer, dns) = simple();
    let unfold = |message: Vec<u8>| {
        let text = String::from_utf8(message).unwrap();
        let (header, body) = text.split_once("\r\n\r\n").unwrap();
        format!("{}\r\n\r\n{body}", header.replace("\r\n ", " ")).into_bytes()
    };
    let long = format!("To: {}suzie@example.net", "bob@example.org, ".repeat(6));
    let message = crlf(&MESSAGE.replace("To: suzie@example.net,\n bob@example.org", &long));
    let signed = sign(signer, &message);
    let found = diagnosis(&unfold(signed.clone()), &dns);
    assert_eq!((found.proven, &found.changes[..]), (true, &[HeaderChange::Folding(Some("DKIM-Signature".into()))][..]));
    // And one that folds a long line.
    let found = diagnosis(
        &replaced(&signed, &long, &long.replacen(", bob@example.org, bob", ",\r\n bob@example.org, bob", 1)),
        &dns,
    );
    assert!(
        found.proven && matches!(&found.changes[..], [HeaderChange::Folding(Some(name))] if name == "To"),
        "{found}"
    );
}

/// A signature with `z=`, which our signer does not write: the key signs what a signer with it would have.
fn with_copies(copies: &str, fields: &str) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use passerelle::crypto::Sha256;
    let (key, _) = key(RSA);
    let bh = STANDARD.encode(Sha256::digest(b"Hi.\r\n"));
    let tags = format!(
        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sel; h=from:subject:cc; z={copies}; bh={bh}; b="
    );
    let mut signed = String::new();
    for name in ["from", "subject", "cc"] {
        let field = fields.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
        if let Some(field) = field {
            signed += &format!("{name}:{}\r\n", field.split_once(':').unwrap().1.trim());
        }
    }
    let digest = Sha256::digest(format!("{signed}dkim-signature:{tags}").as_bytes());
    let b = STANDARD.encode(key.sign_digest(&digest).unwrap());
    crlf(&format!("DKIM-Signature: {tags}{b}\n{fields}\nHi.\n"))
}

const COPIES: &str = "From:ann@example.com|Subject:Is=20dinner=20ready?|Cc:bob@example.org";
const FIELDS: &str = "From: ann@example.com\nSubject: Is dinner ready?\nCc: bob@example.org\n";

#[test]
fn copies_in_z_name_what_was_changed() {
    let dns = key(RSA).1;
    let message = with_copies(COPIES, FIELDS);
    assert_eq!(words(&verify(&message, &dns)), ["pass"]);
    let found = diagnosis(&replaced(&message, "Subject: Is dinner", "Subject: Was dinner"), &dns);
    let changed = HeaderChange::Changed {
        name: "subject".into(),
        signed: "Is dinner ready?".into(),
        found: "Was dinner ready?".into(),
    };
    assert_eq!((found.proven, &found.changes), (true, &vec![changed.clone()]));
    assert_eq!(found.to_string(), "subject was 'Is dinner ready?' when it was signed and is 'Was dinner ready?' here");
    let found = diagnosis(&replaced(&message, "Cc: bob@example.org\r\n", ""), &dns);
    let removed = HeaderChange::Removed { name: "cc".into(), signed: "bob@example.org".into() };
    assert_eq!((found.proven, found.changes), (true, vec![removed]));
    // Not proven where something else was changed as well; here `z=` itself.
    let both = replaced(
        &replaced(&message, "Subject: Is dinner", "Subject: Was dinner"),
        "bob@example.org; bh",
        "eve@example.org; bh",
    );
    let found = diagnosis(&both, &dns);
    assert!(!found.proven && found.changes.contains(&changed), "{found}");
    assert!(found.to_string().contains("By the copies in z=, subject was 'Is dinner ready?'"), "{found}");
}

#[test]
fn what_copies_show_is_short_and_tame() {
    let dns = key(RSA).1;
    let copies = format!("Subject:=1B[31m{}|From:ann@example.com", "x".repeat(5000));
    let message = with_copies(&copies, FIELDS);
    let verdict = verify(&replaced(&message, "dinner", "supper"), &dns).remove(0);
    let reason = verdict.reason.unwrap();
    assert!(reason.len() < 600 && !reason.contains('\x1b'), "{reason}");
}

/// RSA's padding tells them apart, and an Ed25519 signature does not.
#[test]
fn another_key_or_a_changed_header() {
    let (rsa, rsa_dns) = signer(RSA);
    let signed = sign(rsa, &plain());
    let found = diagnosis(&replaced(&signed, "Joe <joe", "Jim <jim"), &rsa_dns);
    assert_eq!((found.key, found.proven), (KeyFit::Made, false));
    assert!(
        found.to_string().starts_with("the published key signed, and a signed header field was changed since"),
        "{found}"
    );
    let octet = signed.windows(3).position(|w| w == b" b=").unwrap() + 20;
    let mut damaged = signed.clone();
    damaged[octet] = if damaged[octet] == b'A' { b'B' } else { b'A' };
    let found = diagnosis(&damaged, &rsa_dns);
    assert_eq!(found.key, KeyFit::Other);
    assert!(found.to_string().starts_with("another key signed than the one that is published"), "{found}");

    let (ed25519, dns) = signer(ED25519);
    let signed = sign(ed25519, &plain());
    let changed = replaced(&signed, "Joe <joe", "Jim <jim");
    let found = diagnosis(&changed, &dns);
    assert_eq!((found.key, found.proven), (KeyFit::Unknown(KeyType::Ed25519), false));
    assert!(found.to_string().contains("(an Ed25519 signature does not tell which)"), "{found}");
}

#[test]
fn names_without_a_field_are_told() {
    let (signer, dns) = signer(RSA);
    let signer = signer.fields(&["From", "To", "Cc", "Date"]).unwrap().oversigned_fields(&["Reply-To"]).unwrap();
    let signed = sign(signer, &crlf("From: a@example.com\nTo: b@example.org\nCc: c@example.org\n\nHi.\n"));
    let found = diagnosis(&replaced(&signed, "Cc: c@example.org\r\n", ""), &dns);
    assert_eq!((found.proven, found.absent), (false, vec!["Cc".to_owned(), "Reply-To".to_owned()]));
}

/// A changed body and a changed header at once, as mailing lists leave them.
#[test]
fn a_footer_and_a_tag() {
    let (signer, dns) = signer(RSA);
    let signed = sign(signer, &plain());
    let changed = [&replaced(&signed, "Subject: ", "Subject: [list] ")[..], b"a footer\r\n"].concat();
    let reason = verify(&changed, &dns).remove(0).reason.unwrap();
    assert!(
        reason.contains("followed by 10 octets") && reason.contains("'[list]' was put in front of the Subject"),
        "{reason}"
    );
}

/// A header section of the largest size, changed so that every trial is made, for as many signatures as are looked at.
#[test]
fn trials_are_bounded() {
    let (signer, dns) = signer(RSA);
    let simple = signer.canonicalization(Canonicalization::Simple, Canonicalization::Simple);
    let filler = format!("To: {}\n", "a@example.org,\n ".repeat(1000)).repeat(10);
    let message = sign(simple, &crlf(&format!("From: a@example.com\n{filler}Subject: [a] b\n\nHi.\n")));
    let end = message.windows(6).position(|w| w == b"From: ").unwrap();
    let changed = replaced(&[&message[..end].repeat(9), &message[..]].concat(), "[a] b", "[a] c");
    assert!(changed.len() < MAX_HEADER_SIZE, "{}", changed.len());
    let start = std::time::Instant::now();
    assert_eq!(words(&verify(&changed, &dns)), ["fail"; 10]);
    // Without a bound it would be ten times a hundred hashes of 150 KB: minutes in a test build.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
