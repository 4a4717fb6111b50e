//! `[[route]]`, `[[credentials]]`, `[[destination]]`, `outbound_gateway`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Reader, once, unknown, values};
use crate::domain::Domain;
use crate::limits::{MAX_POLICY_ENTRIES, MAX_ROUTE_HOSTS};
use crate::route::policy::finding::Findings;
use crate::route::policy::routes::{
    Credentials, Destination, Host, HostTarget, Level, MX_ROUTE, MinTls, OUTBOUND_GATEWAY, OnTlsFailure, Overrides,
    Provider, Route, Tier,
};
use crate::route::policy::table::{Item, Table, quoted};
use crate::smtp::sasl::Secret;

const SMTP: u16 = 25;
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

const ROUTE: [&str; 22] = [
    "name",
    "provider",
    "hosts",
    "mx_lookup",
    "require_tls",
    "require_ca",
    "verify_hostname",
    "names",
    "implicit_tls",
    "min_tls",
    "credentials",
    "source",
    "ehlo",
    "on_tls_failure",
    "fallback",
    "max_recipients",
    "max_messages",
    "max_size",
    "split_domains",
    "ca",
    "offers",
    "queue",
];

impl Reader<'_> {
    pub(super) fn credentials(&mut self, table: &Table<'_>) -> BTreeMap<String, Arc<Credentials>> {
        let mut all = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for item in table.list("credentials") {
            let Some(table) = item.table(&mut self.found, &["name", "user", "password_file"]) else { continue };
            let name = table.name(&mut self.found, "[[credentials]]");
            let user = table.text(&mut self.found, "user").map(str::to_owned);
            if !table.has("user") {
                self.found.error(table.place, "user", "user is missing: who logs in");
            }
            let secret = self.secret(&table, "password_file");
            if let (Some(name), Some(user), Some((password_file, password))) = (name, user, secret) {
                once(&mut self.found, &mut seen, &table, &name, "[[credentials]]");
                let password = Secret::new(password);
                all.insert(name.clone(), Arc::new(Credentials { name, user, password_file, password }));
            }
        }
        all
    }

    /// All routes, with those that are there without being written.
    pub(super) fn routes(
        &mut self,
        table: &Table<'_>,
        hostname: &Domain,
        credentials: &BTreeMap<String, Arc<Credentials>>,
    ) -> Option<BTreeMap<String, Route>> {
        let mut routes = BTreeMap::new();
        let mut seen = BTreeSet::new();
        // Credentials that could not be read are errors where they stand, and those of a name that is there all the same.
        let declared: Vec<&str> =
            table.list("credentials").filter_map(|item| Some(item.get("name")?.as_text()?.trim())).collect();
        if table.list("route").count() > MAX_POLICY_ENTRIES {
            self.found.error(
                table.place_of("route"),
                "route",
                format!("there are more than {MAX_POLICY_ENTRIES} routes"),
            );
            return None;
        }
        for item in table.list("route") {
            let Some(table) = item.table(&mut self.found, &ROUTE) else { continue };
            let Some(name) = table.name(&mut self.found, "[[route]]") else { continue };
            once(&mut self.found, &mut seen, &table, &name, "[[route]]");
            if name == OUTBOUND_GATEWAY {
                self.found.error(table.place_of("name"), "name", "this is the name of the old setting; choose another");
            }
            if let Some(route) = route(&table, name, hostname, (credentials, &declared), &mut self.found) {
                routes.insert(route.name.clone(), route);
            }
        }
        routes.entry(MX_ROUTE.to_owned()).or_insert_with(|| plain(MX_ROUTE, hostname, true, Vec::new()));
        if let Some(item) = table.item(OUTBOUND_GATEWAY)
            && let Some((target, port)) = item.parse(&mut self.found, values::host)
        {
            if port.is_some_and(|port| port != SMTP) {
                item.wrong(
                    &mut self.found,
                    "the old setting is for port 25; for another one write a [[route]] and a [[rule]]",
                );
            }
            let host = Host { target, port: SMTP, implicit_tls: false, load: 100, tier: Tier::Primary };
            routes.insert(OUTBOUND_GATEWAY.to_owned(), plain(OUTBOUND_GATEWAY, hostname, false, vec![host]));
        }
        Some(routes)
    }

    pub(super) fn destinations(&mut self, table: &Table<'_>) -> Vec<Destination> {
        let keys = ["domain", "tls", "names", "fingerprints", "until", "override"];
        let found = &mut self.found;
        let mut all = Vec::new();
        for item in table.list("destination") {
            let Some(table) = item.table(found, &keys) else { continue };
            all.extend(destination(&table, found));
        }
        all
    }
}

/// A route that comes with the gateway: opportunistic TLS.
fn plain(name: &str, hostname: &Domain, mx_lookup: bool, hosts: Vec<Host>) -> Route {
    Route {
        name: name.to_owned(),
        provider: None,
        hosts,
        mx_lookup,
        require_tls: false,
        require_ca: false,
        verify_hostname: false,
        names: Vec::new(),
        min_tls: MinTls::default(),
        credentials: None,
        source: Vec::new(),
        ehlo: hostname.clone(),
        on_tls_failure: OnTlsFailure::default(),
        fallback: None,
        max_recipients: 100,
        max_messages: 0,
        max_size: 0,
        split_domains: false,
        ca: None,
        offers: Vec::new(),
        built_in: true,
    }
}

fn route(
    table: &Table<'_>,
    name: String,
    hostname: &Domain,
    (credentials, declared): (&BTreeMap<String, Arc<Credentials>>, &[&str]),
    found: &mut Findings,
) -> Option<Route> {
    let provider = table.item("provider").and_then(|item| item.word(found, &Provider::WORDS));
    let preset = provider.map(Provider::route);
    let base = plain(&name, hostname, false, Vec::new());
    let mx_lookup = table.flag(found, "mx_lookup", false);
    let implicit = table.item("implicit_tls").and_then(|item| Some((item, item.flag(found)?)));
    let hosts = hosts(table, implicit.map(|(_, flag)| flag), found);
    let hosts = match (hosts.is_empty(), preset.and_then(|preset| Some((preset, preset.host?)))) {
        (true, Some((preset, host))) if !table.has("hosts") => {
            let target = values::host(host).map(|(target, _)| target).ok()?;
            vec![Host { target, port: preset.port, implicit_tls: false, load: 100, tier: Tier::Primary }]
        }
        _ => hosts,
    };
    // Where there are hosts that cannot be read, they are errors already.
    let is_unknown_provider = table.has("provider") && provider.is_none();
    if hosts.is_empty() && !mx_lookup && table.list("hosts").next().is_none() && !is_unknown_provider {
        let hint = preset.map_or("", |preset| preset.hint);
        let message = match (table.has("hosts"), hint) {
            (true, _) => {
                "there is no host in it; write at least one, or mx_lookup = true for the recipient's own MX hosts"
                    .to_owned()
            }
            (false, "") => {
                "hosts is missing: the hosts that this route leads to, such as [\"mail.example.net:587\"]".to_owned()
            }
            (false, hint) => format!("hosts is missing: {hint}"),
        };
        found.error(table.place_of("hosts"), "hosts", message);
    }
    if let Some(address) = hosts.iter().find(|host| mx_lookup && host.target.name().is_none()) {
        found.error(
            table.place_of("hosts"),
            "hosts",
            format!("{} is an address, which has no MX records; leave mx_lookup out", address.target),
        );
    }
    for host in &hosts {
        let wrong = match (host.port, host.implicit_tls) {
            (SUBMISSIONS, false) => {
                "port 465 is for TLS from the first octet, and implicit_tls is false: STARTTLS is not spoken there"
            }
            (SUBMISSION | SMTP, true) => {
                "with implicit_tls, TLS begins with the connection; on ports 25 and 587 it begins with STARTTLS"
            }
            _ => continue,
        };
        found.warn(table.place_of("implicit_tls"), "implicit_tls", format!("{}:{}: {wrong}", host.target, host.port));
    }
    let require_ca = table.flag(found, "require_ca", true);
    let verify_hostname = table.flag(found, "verify_hostname", true);
    let wants_tls = table.flag(found, "require_tls", true);
    if !wants_tls && (require_ca || verify_hostname) {
        let message =
            "this does nothing: require_ca and verify_hostname are on unless switched off, and both ask for TLS";
        found.warn(table.place_of("require_tls"), "require_tls", message);
    }
    if verify_hostname && !require_ca {
        let message = "a name that no trusted authority vouches for proves nothing: whoever is on the way can make such a certificate";
        found.warn(table.place_of("require_ca"), "require_ca", message);
    }
    let nameless = hosts.iter().find(|host| host.target.name().is_none());
    if let (Some(host), true) = (nameless, require_ca && verify_hostname && !table.has("names")) {
        let message = format!(
            "{} is an address, and a certificate is verified for names: no certificate fits, so that nothing is delivered; write the host's name, or the names on its certificate: names = [\"…\"]",
            host.target
        );
        found.warn(table.place_of("hosts"), "hosts", message);
    }
    let credentials = table.item("credentials").and_then(|item| {
        let name = item.text(found)?;
        match credentials.get(name) {
            Some(credentials) => Some(credentials.clone()),
            None if declared.contains(&name) => None,
            None => {
                item.wrong(found, unknown(name, "[[credentials]]", declared));
                None
            }
        }
    });
    if credentials.is_some() && !(require_ca && verify_hostname) {
        let message = "credentials are sent only to a host whose certificate is verified for its name, whatever else this route asks";
        found.warn(table.place_of("credentials"), "credentials", message);
    }
    if credentials.is_some() && mx_lookup && hosts.is_empty() {
        let message = "every recipient's mail host would be given these credentials; name the hosts that they are for";
        found.flaw(table.place_of("credentials"), "credentials", message);
    }
    let min_tls =
        table.item("min_tls").and_then(|item| item.word(found, &[("1.2", MinTls::V1_2), ("1.3", MinTls::V1_3)]));
    let failure = [("defer", OnTlsFailure::Defer), ("bounce", OnTlsFailure::Bounce)];
    let limit = |found: &mut Findings, key, least, otherwise: u32| {
        let number = table.number(found, key, least, u64::from(u32::MAX));
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(otherwise)
    };
    Some(Route {
        provider,
        mx_lookup,
        require_tls: wants_tls || require_ca || verify_hostname,
        require_ca,
        verify_hostname,
        names: table.each(found, "names", values::domain),
        min_tls: min_tls.unwrap_or_default(),
        credentials,
        source: table.each(found, "source", values::address),
        ehlo: table.parse(found, "ehlo", values::own_name).unwrap_or(base.ehlo),
        on_tls_failure: table.item("on_tls_failure").and_then(|item| item.word(found, &failure)).unwrap_or_default(),
        fallback: table.text(found, "fallback").map(str::to_owned),
        max_recipients: limit(found, "max_recipients", 1, preset.map_or(100, |preset| preset.max_recipients)),
        max_messages: limit(found, "max_messages", 0, preset.map_or(0, |preset| preset.max_messages)),
        max_size: table.parse(found, "max_size", values::size).unwrap_or(preset.map_or(0, |preset| preset.max_size)),
        split_domains: table.flag(found, "split_domains", false),
        ca: table.text(found, "ca").map(str::to_owned),
        offers: table.each(found, "offers", |text| Ok(text.trim().to_ascii_uppercase())),
        built_in: false,
        name,
        hosts,
    })
}

fn hosts(table: &Table<'_>, implicit: Option<bool>, found: &mut Findings) -> Vec<Host> {
    let mut all: Vec<Host> = Vec::new();
    for item in table.list("hosts") {
        let host = if item.is_table() { described(&item, implicit, found) } else { short(&item, implicit, found) };
        if let Some(host) = host {
            if all.iter().any(|other| (&other.target, other.port) == (&host.target, host.port)) {
                item.wrong(found, format!("{}:{} is there twice", host.target, host.port));
            }
            all.push(host);
        }
    }
    if all.len() > MAX_ROUTE_HOSTS {
        found.error(table.place_of("hosts"), "hosts", format!("there are more than {MAX_ROUTE_HOSTS} hosts"));
    }
    all
}

/// `"mail.example.com:587"`
fn short(item: &Item<'_>, implicit: Option<bool>, found: &mut Findings) -> Option<Host> {
    let (target, port) = item.parse(found, values::host)?;
    Some(at(target, port, implicit, 100, Tier::Primary))
}

/// `{ address = "mail.example.com", port = 587, load = 50, tier = "secondary" }`
fn described(item: &Item<'_>, implicit: Option<bool>, found: &mut Findings) -> Option<Host> {
    let table = item.table(found, &["address", "port", "load", "tier"])?;
    let Some(address) = table.item("address") else {
        found.error(table.place, "address", "address is missing: the host's name or address");
        return None;
    };
    let (target, in_address) = address.parse(found, values::host)?;
    let port = table.number(found, "port", 1, u64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok());
    if let (Some(_), Some(_)) = (in_address, port) {
        address.wrong(found, "the port is there twice, in address and in port");
    }
    let load = table.number(found, "load", 0, 1_000_000).and_then(|load| u32::try_from(load).ok()).unwrap_or(100);
    let tiers = [("primary", Tier::Primary), ("secondary", Tier::Secondary)];
    let tier = table.item("tier").and_then(|item| item.word(found, &tiers)).unwrap_or_default();
    Some(at(target, port.or(in_address), implicit, load, tier))
}

fn at(target: HostTarget, port: Option<u16>, implicit: Option<bool>, load: u32, tier: Tier) -> Host {
    let port = port.unwrap_or(if implicit == Some(true) { SUBMISSIONS } else { SMTP });
    Host { target, port, implicit_tls: implicit.unwrap_or(port == SUBMISSIONS), load, tier }
}

fn destination(table: &Table<'_>, found: &mut Findings) -> Option<Destination> {
    if !table.has("domain") {
        found.error(table.place, "domain", "domain is missing: the recipients' domain, or the next host");
    }
    let (domain, below) = table.parse(found, "domain", |text| match text.trim().strip_prefix("*.") {
        Some(name) => Ok((values::domain(name)?, true)),
        None => Ok((values::domain(text)?, false)),
    })?;
    let overrides = table.item("override").map(|item| overrides(&item, found)).unwrap_or_default();
    let is_override = overrides != Overrides::default();
    let tls = match table.item("tls") {
        Some(item) => item.word(found, &Level::WORDS)?,
        None if is_override => Level::May,
        None => {
            let words: Vec<&str> = Level::WORDS.iter().map(|(word, _)| *word).collect();
            found.error(table.place, "tls", format!("tls is missing: one of {}", words.join(", ")));
            return None;
        }
    };
    let until = table.parse(found, "until", values::day);
    if is_override && !table.has("until") {
        found.flaw(table.place_of("override"), "override", "override needs until: the last day on which it holds");
    }
    let fingerprints = table.each(found, "fingerprints", fingerprint);
    match (tls, table.has("fingerprints")) {
        (Level::Fingerprint, false) => {
            found.error(table.place_of("tls"), "fingerprints", "fingerprint needs fingerprints = [\"sha256:…\"]")
        }
        (Level::Fingerprint, true) | (_, false) => {}
        (_, true) => {
            found.warn(table.place_of("fingerprints"), "fingerprints", "these count only with tls = \"fingerprint\"")
        }
    }
    let names = table.each(found, "names", values::domain);
    if !names.is_empty() && !matches!(tls, Level::Secure | Level::Verify) {
        found.warn(table.place_of("names"), "names", "these count only with tls = \"secure\"");
    }
    let says_tls = table.has("tls");
    Some(Destination { domain, below, tls, says_tls, names, fingerprints, until, overrides })
}

fn overrides(item: &Item<'_>, found: &mut Findings) -> Overrides {
    let mut overrides = Overrides::default();
    for item in item.list() {
        match item.word(found, &[("dane", false), ("mta-sts", true)]) {
            Some(false) => overrides.dane = true,
            Some(true) => overrides.mta_sts = true,
            None => {}
        }
    }
    overrides
}

fn fingerprint(text: &str) -> Result<Vec<u8>, String> {
    let form = || format!("{} is no fingerprint: write sha256: and 64 hexadecimal digits", quoted(text));
    let digits = text.trim().strip_prefix("sha256:").ok_or_else(form)?;
    let digits: Vec<u8> = digits.bytes().filter(|b| *b != b':').collect();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(form());
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0);
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | value(*digit))).collect())
}
