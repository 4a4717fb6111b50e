//! What is tested: a route of a policy, or one made up for a host.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use passerelle::Domain;
use passerelle::mailbox::Host;
use passerelle::route::policy::{NoFiles, Policy, Route};
use passerelle::tls::Roots;

use crate::args::TestTls;
use crate::failure::Failure;
use crate::{policy, roots};

/// A route, and for whom.
pub(super) struct Plan {
    policy: Arc<Policy>,
    route: String,
    pub(super) recipient: Host,
    /// The file of authorities, where it is not the system's.
    ca: Option<PathBuf>,
}

/// The route that is made up for a host.
const MADE_UP: &str = "test-tls";

impl Plan {
    pub(super) fn of(args: &TestTls) -> Result<Self, Failure> {
        let configured = args.config.as_deref().map(policy::open).transpose()?;
        let (policy, route) = match configured {
            Some(policy) if !args.mx && policy.route(&args.target).is_some() => (policy, args.target.clone()),
            configured => {
                let known = configured.as_ref().map(|policy| names(policy)).unwrap_or_default();
                (Arc::new(made_up(args, configured.as_deref(), &known)?), MADE_UP.to_owned())
            }
        };
        let plan = Self {
            recipient: Host::Domain(args.to.clone().unwrap_or_else(|| args.helo.clone())),
            ca: None,
            policy,
            route,
        };
        if plan.route().is_recipient_mx() && args.to.is_none() {
            let text =
                format!("the route {} goes by the recipients' domain: say which one with --to DOMAIN", plan.route);
            return Err(Failure::new(text));
        }
        let folder = args.config.as_deref().and_then(|path| path.parent()).map(PathBuf::from).unwrap_or_default();
        let named = plan.route().ca.as_ref().or(plan.policy.ca.as_ref()).map(|path| folder.join(path));
        Ok(Self { ca: args.ca.clone().or(named), ..plan })
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn route(&self) -> &Route {
        self.policy.route(&self.route).expect("it was looked for")
    }

    pub(super) fn roots(&self) -> Result<Roots, Failure> {
        self.ca.as_deref().map_or_else(roots::system, roots::file)
    }
}

fn names(policy: &Policy) -> String {
    policy.routes.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A policy with one route, to the host of the command line.
fn made_up(args: &TestTls, configured: Option<&Policy>, known: &str) -> Result<Policy, Failure> {
    let is_host = |text: &str| text.parse::<IpAddr>().is_ok() || (text.contains('.') && Domain::parse(text).is_ok());
    let bare = match args.target.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host.trim_start_matches('[').trim_end_matches(']'),
        _ => args.target.trim_start_matches('[').trim_end_matches(']'),
    };
    if !is_host(bare) && bare != "localhost" {
        let routes = if known.is_empty() { String::new() } else { format!("; the policy has {known}") };
        return Err(Failure::new(format!(
            "{} is neither a route nor a host such as mx.example.com, 192.0.2.1:587 or [2001:db8::1]:587{routes}",
            args.target
        )));
    }
    let hostname = configured.map_or(&args.helo, |policy| &policy.hostname);
    let document = serde_json::json!({
        "hostname": hostname.as_str(),
        "domains": [hostname.as_str()],
        "route": [{"name": MADE_UP, "hosts": [args.target], "mx_lookup": args.mx, "names": args.tls_name}],
    });
    let compiled = Policy::compile(&document.to_string(), &NoFiles);
    compiled.accepted().map_err(|findings| {
        let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        Failure::new(format!("{}: {}", args.target, messages.join("; ")))
    })
}
