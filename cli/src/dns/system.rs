//! The DNS through a recursive resolver: the one that was named, or the system's.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::caching_client::CachingClient;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, DnsHandle, NetError, NoRecords, RetryDnsHandle};
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, Query, ResponseCode};
use hickory_resolver::proto::rr::{self, Name, RData};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use passerelle::limits::MAX_CNAME_CHAIN;
use passerelle::{Alias, Answer, DnsAnswer, Domain, Question, Record, RecordType, Status, StsError};

use tokio::net::UdpSocket;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::sts_policy;
use crate::failure::Failure;

/// How long one try may take, and how many there are: 10 s in all, well within the default `--timeout`.
const TRY_FOR: Duration = Duration::from_secs(5);
const TRIES: usize = 2;

/// A stub resolver. It asks over UDP, and over TCP what does not fit.
///
/// It does not validate DNSSEC. It asks for AD, and believes a resolver of the same host: across a network that nobody
/// protects, no answer counts as secure (RFC 4035 §4.9.3). Names under `localhost`, `invalid` and `onion` are answered
/// without asking (RFC 6761).
pub(crate) struct System {
    client: CachingClient<AskingForAd>,
    options: DnsRequestOptions,
    /// Whether the servers run on this host, so that AD may be believed.
    trusted: bool,
    servers: Vec<SocketAddr>,
    /// Whether they were found to validate, once somebody wanted to know.
    validating: OnceCell<bool>,
}

impl System {
    /// The resolver that the system is configured to use.
    pub(super) fn configured() -> Result<Self, Failure> {
        const HELP: &str = "; name a resolver with --resolver IP, or answer from a transcript with --dns FILE";
        let (config, _) = hickory_resolver::system_conf::read_system_conf()
            .map_err(|e| Failure::new(format!("cannot read the system's resolver configuration: {e}{HELP}")))?;
        if config.name_servers().is_empty() {
            return Err(Failure::new(format!("the system's configuration has no resolver{HELP}")));
        }
        Self::with(&config)
    }

    /// The resolver at this address.
    pub(super) fn at(address: SocketAddr) -> Result<Self, Failure> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = address.port();
            connection
        });
        let server = NameServerConfig::new(address.ip(), true, connections.into());
        Self::with(&ResolverConfig::from_name_servers(vec![server]))
    }

    /// Made of hickory's parts and not by its `Resolver`, which cannot be told to ask for AD. It has no use for what that
    /// adds: names are fully qualified, and a verdict must not depend on what /etc/hosts says of the sender's names.
    fn with(config: &ResolverConfig) -> Result<Self, Failure> {
        let cannot = |e: NetError| Failure::new(format!("cannot start a resolver: {e}"));
        let mut settings = ResolverOpts::default();
        (settings.timeout, settings.attempts) = (TRY_FOR, TRIES);
        let mut options = DnsRequestOptions::default();
        (options.use_edns, options.edns_payload_len) = (settings.edns0, settings.edns_payload_len);
        let cache_size = settings.cache_size;
        let context = Arc::new(PoolContext::new(settings, TlsConfig::new().map_err(cannot)?));
        let servers = config.name_servers().to_vec();
        let trusted = are_trusted(servers.iter().map(|server| server.ip));
        const DNS_PORT: u16 = 53;
        let port = |server: &NameServerConfig| server.connections.first().map_or(DNS_PORT, |first| first.port);
        let addresses = servers.iter().map(|server| SocketAddr::new(server.ip, port(server))).collect();
        let pool = NameServerPool::from_config(servers, context, TokioRuntimeProvider::default());
        let client = CachingClient::new(cache_size, AskingForAd(RetryDnsHandle::new(pool, TRIES)), true);
        Ok(Self { client, options, trusted, servers: addresses, validating: OnceCell::new() })
    }

    pub(super) async fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Dns(name, record_type) => Answer::Dns(self.dns(name, *record_type).await),
            Question::StsPolicy(domain) => Answer::StsPolicy(self.sts_policy(domain).await),
            other => Answer::timeout(other),
        }
    }

    async fn sts_policy(&self, domain: &Domain) -> Result<Arc<str>, StsError> {
        let host = domain.prepend("mta-sts").map_err(|_| StsError::Fetch)?;
        let mut addresses = Vec::new();
        for record_type in [RecordType::Aaaa, RecordType::A] {
            addresses.extend(self.dns(&host, record_type).await.records.iter().filter_map(|record| match record {
                Record::A(address) => Some(IpAddr::V4(*address)),
                Record::Aaaa(address) => Some(IpAddr::V6(*address)),
                _ => None,
            }));
        }
        sts_policy::fetch(domain, addresses).await
    }

    async fn dns(&self, name: &Domain, record_type: RecordType) -> DnsAnswer {
        // From labels, not from text: a backslash or an asterisk in a label means itself. Fully qualified, so that no
        // search list applies.
        let Ok(mut name) = Name::from_labels(name.labels().map(str::as_bytes)) else {
            return DnsAnswer::empty(Status::ServFail);
        };
        name.set_fqdn(true);
        let query = Query::query(name.clone(), rr::RecordType::from(record_type.number()));
        let answer = match self.client.lookup(query, self.options).await {
            Ok(lookup) => found(&lookup, &name, record_type).unwrap_or(DnsAnswer::empty(Status::ServFail)),
            Err(error) => failed(&error, &name),
        };
        let believed = self.trusted && self.validating.get().is_none_or(|validates| *validates);
        if believed { answer } else { answer.distrusted() }
    }

    /// Whether AD is to be believed: the servers run on this host, and say that the root zone is authentic, which is signed. One that
    /// does not validate, or hides what others have found, does not say so. It is asked once; where the answer is no, nothing
    /// counts as secure from then on.
    pub(super) async fn validates(&self) -> bool {
        let probe = async {
            if !self.trusted {
                return false;
            }
            for server in &self.servers {
                if !vouches_for_the_root(*server).await {
                    return false;
                }
            }
            true
        };
        *self.validating.get_or_init(|| probe).await
    }
}

/// Whether these servers' word is believed: they run on this host.
fn are_trusted(servers: impl Iterator<Item = IpAddr>) -> bool {
    let mut servers = servers.peekable();
    servers.peek().is_some() && servers.all(|ip| ip.to_canonical().is_loopback())
}

/// Asks for the start of the root zone, which is signed, with AD set (RFC 6840 §5.8); whether the answer has it, too. Asked by hand,
/// since the flags of a denial are of interest as well.
async fn vouches_for_the_root(server: SocketAddr) -> bool {
    const PROBE_FOR: Duration = Duration::from_secs(2);
    /// QR, and AD among the flags of the second octet; the last four bits are RCODE (RFC 1035 §4.1.1, RFC 4035 §3.2).
    const QR: u8 = 0x80;
    const AD: u8 = 0x20;
    // A number, RD and AD, one question: the root, SOA, IN.
    let id = std::process::id().to_be_bytes();
    let query = [id[2], id[3], 0x01, AD, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1];
    let ask = || async {
        let local: IpAddr = if server.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        let socket = UdpSocket::bind((local, 0)).await?;
        socket.connect(server).await?;
        socket.send(&query).await?;
        let mut response = [0; 512];
        let length = socket.recv(&mut response).await?;
        std::io::Result::Ok(response.get(..length).is_some_and(|response| match response {
            [first, second, flags, more, ..] => {
                let rcode = more & 0x0f;
                [*first, *second] == query[..2] && flags & QR != 0 && more & AD != 0 && (rcode == 0 || rcode == 3)
            }
            _ => false,
        }))
    };
    // One datagram may be lost.
    for _ in 0..2 {
        if let Ok(answered) = timeout(PROBE_FOR, ask()).await {
            return answered.unwrap_or(false);
        }
    }
    false
}

/// Sets AD in each query: without it a resolver does not say AD (RFC 6840 §5.8).
#[derive(Clone)]
struct AskingForAd(RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>);

impl DnsHandle for AskingForAd {
    type Response = <RetryDnsHandle<NameServerPool<TokioRuntimeProvider>> as DnsHandle>::Response;
    type Runtime = <RetryDnsHandle<NameServerPool<TokioRuntimeProvider>> as DnsHandle>::Runtime;

    fn send(&self, mut request: DnsRequest) -> Self::Response {
        request.metadata.authentic_data = true;
        self.0.send(request)
    }
}

/// The records of the type that was asked for, at the end of the chain of CNAMEs. `None` where something in it cannot be
/// represented: saying there is none would be another answer than was given.
fn found(lookup: &Lookup, asked: &Name, record_type: RecordType) -> Option<DnsAnswer> {
    let wanted = rr::RecordType::from(record_type.number());
    let answers = lookup.answers();
    // Where hickory had to ask several times, the message is the last one, to another question: it says nothing of the
    // others. Nor does what comes from the cache by an alias.
    let secure = lookup.message().metadata.authentic_data && lookup.query().name() == asked;
    let (mut name, mut aliases) = (asked, Vec::new());
    while !answers.iter().any(|r| r.record_type() == wanted && r.name == *name) {
        let target = answers.iter().filter(|r| r.name == *name).find_map(|r| match &r.data {
            RData::CNAME(target) => Some(&target.0),
            _ => None,
        });
        let Some(target) = target else { break };
        if aliases.len() == MAX_CNAME_CHAIN {
            return None;
        }
        aliases.push(Alias::new(domain(target)?, secure));
        name = target;
    }
    let records = answers.iter().filter(|r| r.record_type() == wanted && r.name == *name);
    let records: Vec<Record> = records.map(|r| record(&r.data)).collect::<Option<_>>()?;
    let ttl = answers.iter().map(|r| r.ttl).min().unwrap_or(0);
    Some(DnsAnswer::found(records).with_ttl(ttl).with_secure(secure).with_aliases(aliases))
}

/// Tells apart what must not be mixed: the name does not exist, it has no such record, a server said that it failed,
/// and nobody answered. Of an alias to nothing hickory tells the last name, and of no denial whether it was validated.
fn failed(error: &NetError, asked: &Name) -> DnsAnswer {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { query, response_code, negative_ttl, .. })) => {
            let status = match *response_code {
                ResponseCode::NXDomain => Status::NxDomain,
                ResponseCode::NoError => Status::NoError,
                _ => return DnsAnswer::empty(Status::ServFail),
            };
            let answer = DnsAnswer::empty(status).with_ttl(negative_ttl.unwrap_or(0));
            match (query.name() == asked, domain(query.name())) {
                (false, Some(last)) => answer.with_aliases([Alias::new(last, false)]),
                _ => answer,
            }
        }
        NetError::Timeout | NetError::Io(_) | NetError::NoConnections | NetError::Busy => {
            DnsAnswer::empty(Status::Timeout)
        }
        _ => DnsAnswer::empty(Status::ServFail),
    }
}

/// The engine's form of a record; `None` when a name in it has octets that the engine's names cannot have.
fn record(data: &RData) -> Option<Record> {
    Some(match data {
        RData::A(a) => Record::A(a.0),
        RData::AAAA(aaaa) => Record::Aaaa(aaaa.0),
        RData::MX(mx) => Record::Mx {
            preference: mx.preference,
            exchange: if mx.exchange.is_root() { None } else { Some(domain(&mx.exchange)?) },
        },
        RData::PTR(ptr) => Record::Ptr(domain(&ptr.0)?),
        RData::CNAME(cname) => Record::Cname(domain(&cname.0)?),
        RData::NS(ns) => Record::Ns(domain(&ns.0)?),
        RData::SOA(soa) => Record::Soa {
            mname: domain(&soa.mname)?,
            rname: domain(&soa.rname)?,
            // On the wire these are unsigned (RFC 1035 §3.3.13).
            numbers: [
                soa.serial,
                soa.refresh.cast_unsigned(),
                soa.retry.cast_unsigned(),
                soa.expire.cast_unsigned(),
                soa.minimum,
            ],
        },
        RData::TLSA(tlsa) => Record::Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        },
        RData::TXT(txt) => Record::Txt(txt.txt_data.concat()),
        _ => return None,
    })
}

/// A name from the wire. A dot inside a label would read as two labels and is refused.
fn domain(name: &Name) -> Option<Domain> {
    let labels: Vec<&str> = name.iter().map(|label| str::from_utf8(label).ok()).collect::<Option<_>>()?;
    if labels.iter().any(|label| label.contains('.')) {
        return None;
    }
    Domain::from_dns(&labels.join(".")).ok()
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::rr::rdata::{A, CNAME, MX, TXT};

    use super::*;

    fn fqdn(name: &str) -> Name {
        Name::from_ascii(name).unwrap()
    }

    fn failed(error: &NetError) -> DnsAnswer {
        super::failed(error, &fqdn("a.example."))
    }

    fn no_records(code: ResponseCode) -> DnsAnswer {
        failed(&NoRecords::new(Query::query(fqdn("a.example."), rr::RecordType::A), code).into())
    }

    #[test]
    fn a_resolver_of_this_host_is_believed_and_no_other() {
        let trusted = |servers: &[&str]| are_trusted(servers.iter().map(|ip| ip.parse().unwrap()));
        for servers in [&["127.0.0.1"][..], &["127.0.0.53"], &["::1"], &["::ffff:127.0.0.1"], &["::1", "127.0.0.1"]] {
            assert!(trusted(servers), "{servers:?}");
        }
        for servers in [&["192.0.2.53"][..], &["127.0.0.1", "192.0.2.53"], &["fe80::1"], &[]] {
            assert!(!trusted(servers), "{servers:?}");
        }
    }

    #[test]
    fn an_alias_to_nothing_tells_its_last_name() {
        let query = Query::query(fqdn("gone.example."), rr::RecordType::A);
        let answer = failed(&NoRecords::new(query, ResponseCode::NXDomain).into());
        assert_eq!(answer.canonical_name(&Domain::parse("a.example").unwrap()).as_str(), "gone.example");
        assert!(no_records(ResponseCode::NXDomain).aliases.is_empty());
    }

    #[test]
    fn aliases_are_followed_and_records_of_other_names_left_out() {
        let cname =
            |owner: &str, target: &str| rr::Record::from_rdata(fqdn(owner), 60, RData::CNAME(CNAME(fqdn(target))));
        let a = |owner: &str, last: u8| rr::Record::from_rdata(fqdn(owner), 60, RData::A(A::new(192, 0, 2, last)));
        let query = Query::query(fqdn("a.example."), rr::RecordType::A);
        let records = [
            a("x.example.", 9),
            cname("b.example.", "C.example."),
            a("c.example.", 1),
            cname("a.example.", "b.example."),
        ];
        let lookup = Lookup::new_with_max_ttl(query.clone(), records);
        let answer = found(&lookup, &fqdn("a.example."), RecordType::A).unwrap();
        assert_eq!(*answer.records, [Record::A([192, 0, 2, 1].into())]);
        let targets: Vec<&str> = answer.aliases.iter().map(|alias| alias.target.as_str()).collect();
        assert_eq!(targets, ["b.example", "c.example"]);
        let lookup =
            Lookup::new_with_max_ttl(query, [cname("a.example.", "b.example."), cname("b.example.", "a.example.")]);
        assert_eq!(found(&lookup, &fqdn("a.example."), RecordType::A), None, "a loop");
    }

    #[test]
    fn failures_are_told_apart() {
        assert_eq!(no_records(ResponseCode::NXDomain).status, Status::NxDomain);
        assert_eq!(no_records(ResponseCode::NoError).status, Status::NoError);
        assert_eq!(no_records(ResponseCode::Unknown(3000)).status, Status::ServFail);
        assert_eq!(failed(&DnsError::ResponseCode(ResponseCode::ServFail).into()).status, Status::ServFail);
        assert_eq!(failed(&DnsError::ResponseCode(ResponseCode::Refused).into()).status, Status::ServFail);
        assert_eq!(failed(&NetError::Timeout).status, Status::Timeout);
        assert_eq!(failed(&NetError::Truncated).status, Status::ServFail);
    }

    #[test]
    fn records_keep_their_octets() {
        let text = TXT::from_bytes(vec![b"v=spf1 ", b"\xff-all"]);
        assert_eq!(record(&RData::TXT(text)), Some(Record::Txt(b"v=spf1 \xff-all".to_vec())));
        let null = MX::new(0, Name::root());
        assert_eq!(record(&RData::MX(null)), Some(Record::Mx { preference: 0, exchange: None }));
        let dotted = Name::from_labels([&b"a.b"[..], b"example"]).unwrap();
        assert_eq!(record(&RData::MX(MX::new(0, dotted))), None);
    }
}
