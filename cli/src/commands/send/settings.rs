//! The command line as the engine wants it.

use std::fmt::Display;

use passerelle::mailbox::{ForwardPath, Host, ReversePath};
use passerelle::smtp::client::{Envelope, Needs, Protocol, Settings, Tls};
use passerelle::smtp::data::EncodePolicy;
use passerelle::smtp::sasl::client::{Account, Settings as SaslSettings};
use passerelle::smtp::sasl::{Mechanism, Secret};
use passerelle::smtp::{Body, Notify, Ret};
use passerelle::tls::{ClientTls, Roots, Verification};

use super::destination::Destination;
use super::name;
use crate::args::{Send, TlsMode};
use crate::failure::Failure;
use crate::roots;

/// The envelope, with what is asked for.
pub(super) fn envelope(args: &Send, needs: Needs) -> Result<Envelope, Failure> {
    let wrong = |what: &str, text: &str, error: &dyn Display| Failure::new(format!("{what} {text}: {error}"));
    let from = ReversePath::parse(&bracketed(&args.from)).map_err(|error| wrong("--from", &args.from, &error))?;
    let to = |text: &String| ForwardPath::parse(&bracketed(text)).map_err(|error| wrong("--rcpt", text, &error));
    let recipients: Vec<ForwardPath> = args.rcpt.iter().map(to).collect::<Result<_, _>>()?;
    let mut envelope = Envelope::new(from, recipients);
    envelope.needs = Some(needs);
    envelope.parameters.require_tls = args.require_tls;
    envelope.parameters.body = args.binary.then_some(Body::BinaryMime);
    if args.envelope_id.is_some() {
        envelope.parameters.envelope_id.clone_from(&args.envelope_id);
        envelope.parameters.ret = Some(Ret::Headers);
    }
    if args.notify {
        let notify = Notify { success: true, failure: true, delay: true };
        envelope.recipients.iter_mut().for_each(|recipient| recipient.parameters.notify = Some(notify));
    }
    Ok(envelope)
}

fn bracketed(path: &str) -> String {
    if path.starts_with('<') { path.to_owned() } else { format!("<{path}>") }
}

/// Our name for EHLO, if the user gives one; an address needs no brackets.
pub(super) fn name(args: &Send) -> Result<Option<Host>, Failure> {
    let parse = |text: &String| match text.parse() {
        Ok(address) => Ok(name::literal(address)),
        Err(_) => Host::parse(text).map_err(|error| Failure::new(format!("--helo {text}: {error}"))),
    };
    args.helo.as_ref().map(parse).transpose()
}

/// How the client behaves.
pub(super) fn client(args: &Send, destination: &Destination, name: Host) -> Settings {
    let mut settings = Settings::new(name);
    if args.lmtp {
        settings.protocol = Protocol::Lmtp;
    }
    settings.tls = match destination.tls() {
        // What is asked of the certificate makes TLS mandatory by itself: see `tls`.
        None => Tls::OPPORTUNISTIC,
        Some(TlsMode::None) => Tls::Off,
        Some(TlsMode::Starttls) => Tls::REQUIRED,
        Some(TlsMode::Implicit) => Tls::Implicit,
    };
    settings.irregular = if args.repair { EncodePolicy::Repair } else { EncodePolicy::Refuse };
    settings.chunking = !args.no_chunking;
    settings.pipelining = !args.no_pipelining;
    settings.trace = args.trace;
    settings
}

/// What the server's certificate has to stand up to; `None` is clear text.
pub(super) fn tls(args: &Send, destination: &Destination) -> Result<Option<ClientTls>, Failure> {
    if destination.tls() == Some(TlsMode::None) {
        // In clear text nobody shows a certificate: who asks to verify one must not get a delivery without.
        return match args.verify || args.ca.is_some() {
            true => Err(Failure::new("--verify and --ca need TLS, and --tls none is without: leave one of them out")),
            false => Ok(None),
        };
    }
    let name = args.tls_name.clone().or_else(|| destination.domain());
    let verification = match args.verifies() {
        false => Verification::None,
        true => {
            let name = name.clone().ok_or_else(|| {
                let what = "a certificate is for a name, and --to has an address: say the name with --tls-name";
                Failure::new(match args.verify || args.ca.is_some() {
                    true => what.to_owned(),
                    false => format!("{what} (--auth verifies, unless there is --auth-unverified)"),
                })
            })?;
            Verification::Name(roots(args)?, vec![name])
        }
    };
    let tls = ClientTls::new(verification);
    let tls = if args.require_tls { tls.mandatory() } else { tls };
    Ok(Some(match &name {
        Some(name) => tls.server_name(name),
        None => tls,
    }))
}

fn roots(args: &Send) -> Result<Roots, Failure> {
    args.ca.as_deref().map_or_else(roots::system, roots::file)
}

/// With what to authenticate, if at all.
pub(super) fn authentication(args: &Send, destination: &Destination) -> Result<Option<SaslSettings>, Failure> {
    let Some(auth) = &args.auth else { return Ok(None) };
    let (user, path) = auth
        .rsplit_once(':')
        .ok_or_else(|| Failure::new("write --auth as USER:FILE; the first line of the file is the password"))?;
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path.as_ref(), &error))?;
    let secret = Secret::new(text.lines().next().unwrap_or_default());
    let mechanism = args.auth_mechanism.as_deref().map(mechanism).transpose()?;
    let account = match mechanism {
        Some(Mechanism::OAuthBearer | Mechanism::XOAuth2) => Account::Token {
            user: user.to_owned(),
            token: secret,
            server: Some((destination.host().to_owned(), destination.port())),
        },
        _ => Account::Password { user: user.to_owned(), password: secret, acting_as: None },
    };
    let mut settings = SaslSettings::new(account);
    if let Some(mechanism) = mechanism {
        settings.mechanisms = vec![mechanism];
    }
    settings.secrets_in_clear_text = args.auth_without_tls;
    settings.secrets_to_unverified = args.auth_unverified;
    Ok(Some(settings))
}

fn mechanism(name: &str) -> Result<Mechanism, Failure> {
    Mechanism::of_name(&name.to_ascii_uppercase()).ok_or_else(|| {
        let known: Vec<_> = Mechanism::ALL.iter().map(|mechanism| mechanism.as_str()).collect();
        Failure::new(format!("--auth-mechanism {name}: choose one of {}", known.join(", ")))
    })
}
