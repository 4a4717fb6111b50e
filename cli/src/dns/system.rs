//! The DNS through a recursive resolver: the one that was named, or the system's.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{self, Name, RData};
use passerelle::{Answer, DnsAnswer, Domain, Question, Record, RecordType, Status};

use crate::failure::Failure;

/// How long one try may take, and how many there are: 10 s in all, well within the default `--timeout`.
const TRY_FOR: Duration = Duration::from_secs(5);
const TRIES: usize = 2;

/// A stub resolver. It asks over UDP, and over TCP what does not fit.
///
/// It does not validate DNSSEC, and it does not believe the AD bit of a resolver across an unprotected network: no
/// answer counts as secure. Names under `localhost`, `invalid` and `onion` are answered without asking (RFC 6761).
pub(crate) struct System {
    resolver: TokioResolver,
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
        Self::with(config)
    }

    /// The resolver at this address.
    pub(super) fn at(address: SocketAddr) -> Result<Self, Failure> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = address.port();
            connection
        });
        let server = NameServerConfig::new(address.ip(), true, connections.into());
        Self::with(ResolverConfig::from_name_servers(vec![server]))
    }

    fn with(config: ResolverConfig) -> Result<Self, Failure> {
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = TRY_FOR;
        options.attempts = TRIES;
        // A verdict must not depend on what /etc/hosts says about the sender's names.
        options.use_hosts_file = ResolveHosts::Never;
        let resolver = builder.build().map_err(|e| Failure::new(format!("cannot start a resolver: {e}")))?;
        Ok(Self { resolver })
    }

    pub(super) async fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Dns(name, record_type) => Answer::Dns(self.dns(name, *record_type).await),
            Question::StsPolicy(_) => Answer::StsPolicy(Err("this command does not fetch MTA-STS policies".into())),
            other => Answer::timeout(other),
        }
    }

    async fn dns(&self, name: &Domain, record_type: RecordType) -> DnsAnswer {
        // From labels, not from text: a backslash or an asterisk in a label means itself. Fully qualified, so that no
        // search list applies.
        let Ok(mut name) = Name::from_labels(name.labels().map(str::as_bytes)) else {
            return DnsAnswer::empty(Status::ServFail);
        };
        name.set_fqdn(true);
        match self.resolver.lookup(name, wire_type(record_type)).await {
            Ok(lookup) => found(&lookup, record_type),
            Err(error) => failed(&error),
        }
    }
}

/// The records of the type that was asked for; CNAMEs on the way to them only bound the TTL.
fn found(lookup: &Lookup, record_type: RecordType) -> DnsAnswer {
    let wanted = wire_type(record_type);
    let answers = lookup.answers();
    let records: Option<Vec<Record>> =
        answers.iter().filter(|r| r.record_type() == wanted).map(|r| record(&r.data)).collect();
    match records {
        Some(records) => {
            DnsAnswer { ttl: answers.iter().map(|r| r.ttl).min().unwrap_or(0), ..DnsAnswer::found(records) }
        }
        // A record that cannot be represented: saying there is none would be another answer than was given.
        None => DnsAnswer::empty(Status::ServFail),
    }
}

/// Tells apart what must not be mixed: the name does not exist, it has no such record, a server said that it failed,
/// and nobody answered.
fn failed(error: &NetError) -> DnsAnswer {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, negative_ttl, .. })) => {
            let status = match *response_code {
                ResponseCode::NXDomain => Status::NxDomain,
                ResponseCode::NoError => Status::NoError,
                _ => Status::ServFail,
            };
            DnsAnswer { ttl: negative_ttl.unwrap_or(0), ..DnsAnswer::empty(status) }
        }
        NetError::Timeout | NetError::Io(_) | NetError::NoConnections | NetError::Busy => {
            DnsAnswer::empty(Status::Timeout)
        }
        _ => DnsAnswer::empty(Status::ServFail),
    }
}

fn wire_type(record_type: RecordType) -> rr::RecordType {
    match record_type {
        RecordType::A => rr::RecordType::A,
        RecordType::Aaaa => rr::RecordType::AAAA,
        RecordType::Mx => rr::RecordType::MX,
        RecordType::Ptr => rr::RecordType::PTR,
        RecordType::Cname => rr::RecordType::CNAME,
        RecordType::Ns => rr::RecordType::NS,
        RecordType::Soa => rr::RecordType::SOA,
        RecordType::Tlsa => rr::RecordType::TLSA,
        RecordType::Txt => rr::RecordType::TXT,
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
    use hickory_resolver::proto::op::Query;
    use hickory_resolver::proto::rr::rdata::{MX, TXT};

    use super::*;

    fn no_records(code: ResponseCode) -> DnsAnswer {
        failed(&NoRecords::new(Query::new(), code).into())
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
