//! A host on Tokio with hickory's resolver: it verifies a message while it is read, and looks things up meanwhile.
//!
//! ```sh
//! cargo run -p passerelle-cli --example tokio_host -- 192.0.2.25 mx.example.com ann@example.com < message.eml
//! ```
//!
//! It is built with the dependencies of the command, since the engine's own tree has neither a runtime nor a resolver.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{self, Name, RData};
use passerelle::verify::{Envelope, Event, Input, Report, Settings, Verification};
use passerelle::{Answer, DnsAnswer, Domain, Machine, Now, Output, Question, QuestionId, Record, RecordType, Status};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinSet;

/// How long answers are waited for once the message is complete.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ip, helo, mail_from] = &*arguments else {
        return Err("give the client's address, its name and the return path".into());
    };
    let envelope = Envelope::new().ip(ip.parse()?).helo(helo.as_str()).mail_from(mail_from.as_str());
    let resolver = TokioResolver::builder_tokio()?.build()?;
    let now = Now::at(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    // From a socket it would come in pieces, and the questions would go out meanwhile.
    let message = std::io::read_to_string(std::io::stdin())?;
    let report = verify(message.as_bytes(), &envelope, now, resolver).await?;
    println!("{}", report.to_json());
    Ok(())
}

/// The report on a message that is being read.
pub async fn verify(
    mut message: impl AsyncRead + Unpin,
    envelope: &Envelope,
    now: Now,
    resolver: TokioResolver,
) -> Result<Report, Box<dyn Error>> {
    let mut verification = Verification::new(&Settings::default(), envelope, now);
    let mut lookups: JoinSet<(QuestionId, Answer)> = JoinSet::new();
    let (mut buffer, mut reading) = (vec![0; 64 << 10], true);
    let late = tokio::time::sleep(PATIENCE);
    tokio::pin!(late);
    loop {
        // All that it has to say: questions go out at once, and results come as they are known.
        loop {
            match verification.poll() {
                Output::Ask(id, question) => {
                    let resolver = resolver.clone();
                    lookups.spawn(async move { (id, look_up(&resolver, &question).await) });
                }
                Output::Event(Event::Report(report)) => return Ok(*report),
                // The engine tells of SPF before the message has come: here a server could refuse its sender.
                Output::Event(_) | Output::Transmit(_) => {}
                Output::Idle { .. } => break,
            }
        }
        tokio::select! {
            Some(done) = lookups.join_next() => {
                let (id, answer) = done?;
                verification.handle(now, Input::Answer(id, answer))?;
            }
            read = message.read(&mut buffer), if reading => match read? {
                0 => {
                    reading = false;
                    late.as_mut().reset(tokio::time::Instant::now() + PATIENCE);
                    verification.handle(now, Input::End)?;
                }
                count => verification.handle(now, Input::Octets(&buffer[..count]))?,
            },
            () = &mut late, if !reading => verification.handle(now, Input::Deadline)?,
        }
    }
}

/// One lookup. What failed must not be told as what does not exist.
async fn look_up(resolver: &TokioResolver, question: &Question) -> Answer {
    match question {
        Question::Dns(name, record_type) => Answer::Dns(dns(resolver, name, *record_type).await),
        other => Answer::timeout(other),
    }
}

async fn dns(resolver: &TokioResolver, domain: &Domain, record_type: RecordType) -> DnsAnswer {
    let Ok(mut name) = Name::from_labels(domain.labels().map(str::as_bytes)) else {
        return DnsAnswer::empty(Status::ServFail);
    };
    name.set_fqdn(true); // No search list applies.
    let wire_type = match record_type {
        RecordType::A => rr::RecordType::A,
        RecordType::Aaaa => rr::RecordType::AAAA,
        RecordType::Mx => rr::RecordType::MX,
        RecordType::Ptr => rr::RecordType::PTR,
        RecordType::Txt => rr::RecordType::TXT,
        _ => return DnsAnswer::empty(Status::ServFail), // A verification asks for no others.
    };
    match resolver.lookup(name, wire_type).await {
        Ok(lookup) => {
            // CNAMEs have been followed, and stand in the answer as well.
            let wanted = lookup.answers().iter().filter(|found| found.record_type() == wire_type);
            let records: Option<Vec<Record>> = wanted.map(|found| record(&found.data)).collect();
            records.map_or(DnsAnswer::empty(Status::ServFail), DnsAnswer::found)
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => DnsAnswer::empty(match none.response_code {
            ResponseCode::NoError => Status::NoError,
            ResponseCode::NXDomain => Status::NxDomain,
            _ => Status::ServFail,
        }),
        Err(NetError::Timeout) => DnsAnswer::empty(Status::Timeout),
        Err(_) => DnsAnswer::empty(Status::ServFail),
    }
}

/// The engine's form of a record; `None` where a name in it is none that the engine can have.
fn record(data: &RData) -> Option<Record> {
    let domain = |name: &Name| Domain::from_dns(&name.to_ascii()).ok();
    Some(match data {
        RData::A(address) => Record::A(address.0),
        RData::AAAA(address) => Record::Aaaa(address.0),
        RData::MX(mx) if mx.exchange.is_root() => Record::Mx { preference: mx.preference, exchange: None },
        RData::MX(mx) => Record::Mx { preference: mx.preference, exchange: Some(domain(&mx.exchange)?) },
        RData::PTR(name) => Record::Ptr(domain(&name.0)?),
        RData::TXT(txt) => Record::Txt(txt.txt_data.concat()),
        _ => return None,
    })
}
