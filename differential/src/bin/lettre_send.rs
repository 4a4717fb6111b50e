//! lettre as a client with the options of `passerelle send`, exit codes too: a peer for `cargo xtask interop`.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let (mut options, mut recipients, mut file) = (BTreeMap::new(), Vec::new(), String::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            Some("rcpt") => recipients.push(words.next().ok_or("--rcpt whom?")?.parse()?),
            Some(name) => drop(options.insert(name.to_owned(), words.next().unwrap_or_default())),
            None => file = word,
        }
    }
    let option = |name: &str| options.get(name).map(String::as_str);
    let (host, port) = option("to").and_then(|to| to.rsplit_once(':')).ok_or("--to HOST:PORT")?;
    let tls = match option("tls") {
        None | Some("none") => Tls::None,
        Some(when) => {
            let authority = Certificate::from_pem(&std::fs::read(option("ca").ok_or("--ca FILE")?)?)?;
            let name = option("tls-name").unwrap_or(host).to_owned();
            let parameters = TlsParameters::builder(name).add_root_certificate(authority).build()?;
            if when == "implicit" { Tls::Wrapper(parameters) } else { Tls::Required(parameters) }
        }
    };
    let mut transport = SmtpTransport::builder_dangerous(host)
        .port(port.parse()?)
        .tls(tls)
        .hello_name(ClientId::Domain("client.test".to_owned()));
    if let Some((user, password)) = option("auth").and_then(|auth| auth.split_once(':')) {
        let password = std::fs::read_to_string(password)?.trim_end().to_owned();
        let mechanism = if option("auth-mechanism") == Some("LOGIN") { Mechanism::Login } else { Mechanism::Plain };
        transport = transport.credentials(Credentials::new(user.to_owned(), password)).authentication(vec![mechanism]);
    }
    let envelope = Envelope::new(option("from").map(str::parse).transpose()?, recipients)?;
    let message = std::fs::read(file)?;
    // It ends the last line itself, whether or not that has an end already.
    let message = message.strip_suffix(b"\r\n").unwrap_or(&message);
    match transport.build().send_raw(&envelope, message) {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("{error:?}");
            Ok(ExitCode::from(if error.is_permanent() { 1 } else { 3 }))
        }
    }
}
