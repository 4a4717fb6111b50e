//! `passerelle keygen`

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use passerelle::Domain;
use passerelle::crypto::SigningKey;

use super::EXIT_YES;
use crate::args::Keygen;
use crate::failure::Failure;
use crate::output::{escape, print};

/// Octets in one character-string of a TXT record (RFC 1035 §3.3).
const MAX_CHARACTER_STRING: usize = 255;
const PEM_LINE: usize = 64;

pub(crate) fn run(args: &Keygen) -> Result<ExitCode, Failure> {
    let name = record_name(&args.selector, &args.domain)?;
    let pem = match args.ed25519 {
        true => ed25519_pem(),
        false => rsa_pem(args.rsa.unwrap_or(2048)),
    }
    .ok_or_else(|| Failure::new("the system could not make a key; is there a source of randomness?"))?;
    // What the engine reads from the file is what it will sign with: the record comes from there.
    let key = SigningKey::from_pem(&pem).map_err(|e| Failure::new(format!("the new key cannot be used: {e}")))?;
    let record = key.key_record();

    let path = args.out.clone().unwrap_or_else(|| default_path(&args.selector, &args.domain));
    write_private(&path, &pem)?;
    let kind = match args.ed25519 {
        true => "Ed25519".to_owned(),
        false => format!("RSA, {} bits", key.bits()),
    };
    let path = path.display().to_string();
    print(
        format!(
            "Private key ({kind}), to be kept secret, in {}\n\n\
             The TXT record as a line of the zone:\n\n{}\n\n\
             The same for a form, with the name {name} and this value:\n\n{record}\n",
            escape::text(&path),
            zone_line(&name, &record),
        )
        .as_bytes(),
    )?;
    Ok(ExitCode::from(EXIT_YES))
}

/// Where the record goes (RFC 6376 §3.6.2.1).
fn record_name(selector: &str, domain: &str) -> Result<Domain, Failure> {
    let wrong = |what: &str, text: &str, e| Failure::new(format!("{what} '{text}' cannot be used: {e}"));
    let domain_name = Domain::parse(domain).map_err(|e| wrong("the domain", domain, e))?;
    let selector_name = Domain::parse(selector).map_err(|e| wrong("the selector", selector, e))?;
    domain_name
        .prepend(&format!("{selector_name}._domainkey"))
        .map_err(|e| wrong("the name of the record for", &format!("{selector}._domainkey.{domain}"), e))
}

/// `SELECTOR.DOMAIN.pem` in the working directory. Both have been parsed: neither has a slash.
fn default_path(selector: &str, domain: &str) -> PathBuf {
    format!("{}.{}.pem", selector.trim_end_matches('.'), domain.trim_end_matches('.')).into()
}

fn rsa_pem(bits: u16) -> Option<String> {
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        _ => return None,
    };
    let pair = rsa::KeyPair::generate(size).ok()?;
    Some(pem(AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?.as_ref()))
}

fn ed25519_pem() -> Option<String> {
    // Version 1 of PKCS#8, without the public key, which is what OpenSSL writes and reads (RFC 8410 §7).
    let pair = Ed25519KeyPair::generate().ok()?;
    Some(pem(pair.to_pkcs8v1().ok()?.as_ref()))
}

/// RFC 7468 §10.
fn pem(der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let lines: Vec<&str> = ascii_chunks(&base64, PEM_LINE).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

fn zone_line(name: &Domain, record: &str) -> String {
    let strings: Vec<String> = ascii_chunks(record, MAX_CHARACTER_STRING).map(|s| format!("\"{s}\"")).collect();
    format!("{name}. IN TXT {}", strings.join(" "))
}

/// Pieces of at most `size` octets of an ASCII text.
fn ascii_chunks(text: &str, size: usize) -> impl Iterator<Item = &str> {
    text.as_bytes().chunks(size).filter_map(|chunk| str::from_utf8(chunk).ok())
}

/// Writes a file that is new, and that nobody else can read from the moment it exists.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::new(format!(
            "{} exists, and a private key is never overwritten; choose another file with --out",
            path.display()
        )),
        _ => Failure::file("write", path, &error),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| Failure::file("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_short_enough_and_join_to_the_record() {
        let record = format!("v=DKIM1; k=rsa; p={}", "A".repeat(600));
        let line = zone_line(&Domain::parse("s._domainkey.example.com").unwrap(), &record);
        let data = line.strip_prefix("s._domainkey.example.com. IN TXT ").unwrap();
        let strings: Vec<&str> = data.split("\" \"").collect();
        assert_eq!(strings.len(), 3);
        let strings: Vec<&str> = strings.iter().map(|s| s.trim_matches('"')).collect();
        assert!(strings.iter().all(|s| s.len() <= MAX_CHARACTER_STRING));
        assert_eq!(strings.concat(), record);
    }

    #[test]
    fn names_that_cannot_be_published_are_refused() {
        assert_eq!(record_name("a.b", "Example.com").unwrap().as_str(), "a.b._domainkey.example.com");
        for (selector, domain) in [("../x", "example.com"), ("s", "example..com"), ("", "example.com"), ("s s", "a.b")]
        {
            assert!(record_name(selector, domain).is_err());
        }
    }
}
