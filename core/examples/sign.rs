//! Signs a message with DKIM, and prints it with its signature in front.
//!
//! ```sh
//! cargo run -p passerelle --example sign -- key.pem selector example.com < message.eml
//! ```

use std::error::Error;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Signer, Signing};
use passerelle::message::HeaderReader;
use passerelle::{Domain, UnixTime};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key, selector, domain] = &*arguments else {
        return Err("give a private key in PEM, a selector and a domain".into());
    };
    let mut message = Vec::new();
    io::stdin().read_to_end(&mut message)?;
    let now = UnixTime(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let signature = sign(&message, &std::fs::read_to_string(key)?, selector, domain, now)?;
    io::stdout().write_all(&[signature, message].concat())?;
    Ok(())
}

/// The DKIM-Signature field. The body could as well come in pieces: what signs keeps none of it.
pub fn sign(message: &[u8], key: &str, selector: &str, domain: &str, now: UnixTime) -> Result<Vec<u8>, Box<dyn Error>> {
    let signer = Signer::new(Domain::parse(domain)?).key(selector, SigningKey::from_pem(key)?)?;
    let mut header = HeaderReader::new();
    let body = header.push(message);
    let mut signing = Signing::new(&Arc::new(signer), &header.finish(), now)?;
    signing.body(&message[body..]);
    Ok(signing.finish()?)
}
