//! `passerelle route`

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use passerelle::mailbox::Mailbox;
use passerelle::message::Header;
use passerelle::route::decide::Conclusion;
use passerelle::route::policy::Policy;
use passerelle::route::{Decide, Envelope, Message, Session};
use passerelle::verify::{self, Settings, Verification};
use passerelle::{Evaluation, StsCache};
use tokio::sync::mpsc;

use super::{EXIT_NO, EXIT_TEMPORARY, EXIT_YES};
use crate::args::Route;
use crate::failure::Failure;
use crate::host::{Chunks, Host};
use crate::input;
use crate::output::color::Palette;
use crate::output::{print, print_json, routing};
use crate::policy;

pub(crate) fn run(args: &Route) -> Result<ExitCode, Failure> {
    let policy = policy::open(&args.config)?;
    let mut host = Host::new(&args.world)?;
    let from = match args.from.as_str() {
        "" => None,
        path => Some(Mailbox::parse(path).map_err(|error| Failure::new(format!("--from: {error}")))?),
    };
    let message = args.message.as_deref().map(|path| message(path, args, &policy, &mut host)).transpose()?;
    let session = Session::new().peer(args.peer).helo(args.helo.clone()).user(args.user.clone()).tls(args.tls);
    let envelope = Envelope::new(from, args.to.clone()).requiretls(args.requiretls);
    host.probe_dnssec()?;
    let mut cache = host.sts_cache();
    for (domain, policy) in args.sts_cache.as_deref().map(read_cache).transpose()?.unwrap_or_default().iter() {
        cache.insert(domain.clone(), policy.clone());
    }
    host.note_sts_cache(&cache);
    let decide = Decide::new(policy, session, envelope, host.now().unix)
        .message(message.map(Arc::new))
        .sts_cache(Arc::new(cache.clone()))
        .seed(args.seed);
    let decision = host.run(Evaluation::new(decide), None)?;
    if let (Some(path), false) = (&args.sts_cache, decision.sts_updates.is_empty()) {
        write_cache(path, cache, &decision.sts_updates)?;
    }
    let json = decision.to_json();
    match args.show.json {
        true => print_json(&json)?,
        false => print(routing::decision(&json, Palette::new(args.show.color), args.show.verbose)?.as_bytes())?,
    }
    Ok(ExitCode::from(match decision.conclusion() {
        Conclusion::Delivered => EXIT_YES,
        Conclusion::Refused => EXIT_NO,
        Conclusion::Deferred => EXIT_TEMPORARY,
    }))
}

/// The message with what the policy has to know of it: verified, where rules or proofs go by that.
fn message(path: &Path, args: &Route, policy: &Policy, host: &mut Host) -> Result<Message, Failure> {
    let mut reader = input::open(path)?.message()?;
    let mut octets = Vec::new();
    let cannot = |error: io::Error| Failure::new(format!("cannot read the message: {error}"));
    while let Some(chunk) = reader.next_chunk().map_err(cannot)? {
        octets.extend(chunk);
    }
    let (header, _) = Header::split(&octets);
    let message = Message::new(header, octets.len() as u64);
    if !policy.needs_verification() {
        return Ok(message);
    }
    let mut envelope = verify::Envelope::new().helo(args.helo.clone()).mail_from(args.from.clone());
    envelope.ip = args.peer;
    let verification = Verification::new(&Settings::new(policy.hostname.as_str()), &envelope, host.now());
    let report = host.run(verification, Some(whole(octets)))?;
    Ok(message.verified(&report))
}

/// A message in one chunk.
fn whole(octets: Vec<u8>) -> Chunks {
    let (sender, receiver) = mpsc::channel(1);
    // There is room for one.
    let _ = sender.try_send(Ok(octets));
    receiver
}

fn read_cache(path: &Path) -> Result<StsCache, Failure> {
    match fs::read(path) {
        Ok(octets) => StsCache::parse(&octets).map_err(|error| Failure::new(format!("{}: {error}", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(StsCache::new()),
        Err(error) => Err(Failure::file("read", path, &error)),
    }
}

fn write_cache(
    path: &Path,
    mut cache: StsCache,
    updates: &[(passerelle::Domain, passerelle::CachedPolicy)],
) -> Result<(), Failure> {
    for (domain, policy) in updates {
        cache.insert(domain.clone(), policy.clone());
    }
    fs::write(path, cache.to_json()).map_err(|error| Failure::file("write", path, &error))
}
