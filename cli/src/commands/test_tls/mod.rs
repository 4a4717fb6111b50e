//! `passerelle test-tls`: what a route's hosts have of what the route asks for.

mod plan;
mod probe;
mod resolve;
mod told;

use std::process::ExitCode;
use std::time::Duration;

use passerelle::route::hops::{Hops, Request};
use passerelle::route::request::Demands;
use passerelle::route::tls_test::{Trouble, explain, explain_lost};
use passerelle::tls::certificate::CertificateText;
use passerelle::{Trail, UnixTime};
use tokio::runtime;

use super::{EXIT_NO, EXIT_TEMPORARY, EXIT_YES};
use crate::args::TestTls;
use crate::dns::{Recorder, Source};
use crate::failure::Failure;
use crate::host::{NO_DNSSEC, block_on};
use crate::net::Clock;
use crate::output::{color::Palette, print, print_json, tell};

use plan::Plan;
use probe::{Prober, Shown};
use told::Target;

pub(crate) fn run(args: &TestTls) -> Result<ExitCode, Failure> {
    let plan = Plan::of(args)?;
    let source = Source::open(&args.world)?;
    let mut recorder = args.world.record.as_deref().map(Recorder::create).transpose()?;
    let roots = plan.roots()?;
    let now = args.world.now.map(UnixTime);
    let prober = Prober { roots: &roots, patience: Duration::from_secs(args.patience), now };
    let (trail, targets) = block_on(runtime::Builder::new_current_thread(), async {
        if !source.validates().await {
            tell::note(NO_DNSSEC);
        }
        let cache = source.sts_cache();
        if let Some(recorder) = &mut recorder {
            recorder.note_sts_cache(cache.clone());
        }
        let request = Request {
            policy: plan.policy(),
            route: plan.route(),
            recipient: &plan.recipient,
            demands: &Demands::default(),
            sts_cache: &cache,
            now: Clock::new(now).now().unix,
            seed: 0,
        };
        let patience = Duration::from_secs(args.world.timeout);
        let (hops, trail) = resolve::hops(&request, &source, recorder.as_mut(), patience).await?;
        let targets = probe_all(&plan, &prober, &hops).await?;
        Ok::<_, Failure>((trail, targets))
    })??;
    if let Some(recorder) = &recorder {
        recorder.save()?;
    }
    show(args, &trail, &targets)?;
    Ok(ExitCode::from(exit_code(&targets)))
}

async fn probe_all(plan: &Plan, prober: &Prober<'_>, hops: &Hops) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    for looked_at in hops.looked_at.iter().filter(|looked_at| looked_at.skip.is_some()) {
        targets.push(Target::skipped(looked_at));
    }
    for hop in &hops.hops {
        let looked_at =
            hops.looked_at.iter().find(|looked_at| looked_at.host == hop.host && looked_at.port == hop.port);
        for &address in &hop.addresses {
            let Shown { facts, ready, trouble } = prober.probe(hop, address).await?;
            let chain: Vec<CertificateText> =
                facts.iter().flat_map(|facts| &facts.chain).filter_map(|der| CertificateText::of(der)).collect();
            let explained = |trouble: &Trouble| explain(trouble, plan.route(), hop, &chain, prober.now());
            let finding = trouble.as_ref().map(explained);
            targets.push(Target::probed(hop, address, looked_at, facts, chain, ready, finding));
        }
    }
    targets.extend(hops.lost.iter().map(|lost| Target::lost(lost, explain_lost(lost, plan.route()))));
    Ok(targets)
}

fn show(args: &TestTls, trail: &Trail, targets: &[Target]) -> Result<(), Failure> {
    match args.show.json {
        true => {
            let targets: Vec<_> = targets.iter().map(Target::json).collect();
            print_json(&serde_json::json!({"targets": targets, "trail": trail}).to_string())
        }
        false => {
            let palette = Palette::new(args.show.color);
            let mut text = String::new();
            if args.show.verbose {
                trail.steps().iter().for_each(|step| text += &told::step(step, palette));
            }
            targets.iter().for_each(|target| text += &target.human(palette, args.show.verbose));
            print(text.as_bytes())
        }
    }
}

/// A host is as the route asks where one of its addresses is, and none of them is otherwise for good.
fn exit_code(targets: &[Target]) -> u8 {
    if targets.iter().any(|target| target.is_bad_for_good()) {
        return EXIT_NO;
    }
    let is_reached = |host: &str| targets.iter().any(|target| target.ok && target.host == host);
    match !targets.is_empty() && targets.iter().all(|target| is_reached(&target.host)) {
        true => EXIT_YES,
        false => EXIT_TEMPORARY,
    }
}
