//! `passerelle config`

use std::process::ExitCode;
use std::sync::Arc;

use passerelle::Evaluation;
use passerelle::route::check::{self, Names, Report};
use passerelle::route::policy::{Compiled, Finding};
use passerelle::route::prove::prove;

use super::{EXIT_NO, EXIT_YES};
use crate::args::{Config, ConfigCheck, ConfigCommand, ConfigProve, Show};
use crate::failure::Failure;
use crate::host::{Host, unix_time};
use crate::output::color::Palette;
use crate::output::{print, print_json, routing};
use crate::policy;
use crate::roots;

pub(crate) fn run(args: &Config) -> Result<ExitCode, Failure> {
    match &args.command {
        ConfigCommand::Check(args) => run_check(args),
        ConfigCommand::Prove(args) => self::prove_laws(args),
    }
}

fn run_check(args: &ConfigCheck) -> Result<ExitCode, Failure> {
    let compiled = policy::compile(&args.file)?;
    let mut findings = check::findings(&compiled, unix_time(args.world.now)?);
    if let (Some(names), false) = (Names::of(&compiled), args.offline) {
        findings.extend(ask(args, names)?);
    }
    findings.extend(own_certificate(args, &compiled)?);
    let report = Report::new(compiled.policy.as_ref(), findings, Vec::new());
    let report = match &compiled.policy {
        Some(policy) => report.summarized(policy),
        None => report,
    };
    show(&report, &args.show)
}

/// What the DNS has of the policy's names. A system without a resolver is none that has anything to say.
fn ask(args: &ConfigCheck, names: Names) -> Result<Vec<Finding>, Failure> {
    match Host::new(&args.world) {
        Ok(mut host) => host.run(Evaluation::new(names), None),
        Err(failure) if args.world.dns.is_some() || args.world.resolver.is_some() => Err(failure),
        Err(_) => Ok(Vec::new()),
    }
}

/// Our own certificate, as a peer with the platform's authorities judges it.
fn own_certificate(args: &ConfigCheck, compiled: &Compiled) -> Result<Vec<Finding>, Failure> {
    let Some(tls) = compiled.policy.as_ref().and_then(|policy| policy.listen.tls.as_ref()) else {
        return Ok(Vec::new());
    };
    let chain = policy::file_of(&args.file, &tls.certificate)?;
    let key = policy::file_of(&args.file, &tls.key)?;
    // Peers have authorities of their own; where this system has none, theirs are not known.
    let roots = roots::system().ok();
    Ok(check::certificate(compiled, &chain, &key, roots.as_ref(), unix_time(args.world.now)?))
}

fn prove_laws(args: &ConfigProve) -> Result<ExitCode, Failure> {
    let compiled = policy::compile(&args.file)?;
    let now = unix_time(args.now)?;
    let findings = check::findings(&compiled, now);
    let policy = compiled.policy;
    let laws = policy.as_ref().map(|policy| prove(&Arc::new(policy.clone()), now)).unwrap_or_default();
    show(&Report::new(policy.as_ref(), findings, laws), &args.show)
}

fn show(report: &Report, show: &Show) -> Result<ExitCode, Failure> {
    let json = report.to_json();
    match show.json {
        true => print_json(&json)?,
        false => print(routing::findings(&json, Palette::new(show.color))?.as_bytes())?,
    }
    Ok(ExitCode::from(if report.ok { EXIT_YES } else { EXIT_NO }))
}
