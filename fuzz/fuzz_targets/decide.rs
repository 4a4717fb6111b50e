//! Decisions under random answers: none panics, a stranger is never admitted to others, every recipient comes to something, and
//! the same answers give the same decision.
#![no_main]

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use arbitrary::{Arbitrary, Unstructured};
use passerelle::message::Header;
use passerelle::route::policy::Policy;
use passerelle::route::{Decide, Envelope, Message, Session};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, RecordType, Status, StsError, UnixTime};
use passerelle_fuzz::fuzz_target;

static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let files = |name: &str| match name {
        "users.json" => Ok(br#"{"user": [{"name": "ann", "senders": ["ann@example.com"]}]}"#.to_vec()),
        _ => Ok(b"open sesame, open sesame\n".to_vec()),
    };
    let text = include_str!("../seeds/policy/whole.json");
    Arc::new(Policy::compile(text, &files).accepted().expect("the policy of this target is sound"))
});

#[derive(Debug, Arbitrary)]
struct Case {
    peer: u8,
    helo: u8,
    user: u8,
    tls: bool,
    requiretls: bool,
    from: u8,
    to: Vec<u8>,
    message: Option<Vec<u8>>,
    seed: u64,
}

const PEERS: [&str; 5] = ["192.0.2.7", "203.0.113.5", "198.51.100.9", "2001:db8::7", "::ffff:192.0.2.7"];
const ADDRESSES: [&str; 6] =
    ["ann@example.com", "bob@example.com", "x@partner.example", "x@bank.example", "x@[192.0.2.1]", "y@none.example"];

fn pick<'a>(of: &[&'a str], number: u8) -> Option<&'a str> {
    of.get(usize::from(number) % (of.len() + 1)).copied()
}

fn records(record_type: RecordType, bytes: &mut Unstructured<'_>) -> arbitrary::Result<Vec<Record>> {
    let name = |bytes: &mut Unstructured<'_>| -> arbitrary::Result<Option<Domain>> {
        let names = ["mx.partner.example", "gw.example.com", "localhost", "bank.example"];
        Ok(pick(&names, bytes.arbitrary()?).and_then(|name| Domain::parse(name).ok()))
    };
    let mut all = Vec::new();
    for _ in 0..bytes.int_in_range(0..=3)? {
        all.push(match record_type {
            RecordType::A => Record::A(bytes.arbitrary::<[u8; 4]>()?.into()),
            RecordType::Aaaa => Record::Aaaa(bytes.arbitrary::<[u8; 16]>()?.into()),
            RecordType::Mx => Record::Mx { preference: bytes.arbitrary()?, exchange: name(bytes)? },
            RecordType::Txt => Record::Txt(match bytes.arbitrary::<u8>()? % 4 {
                0 => b"v=spf1 ip4:203.0.113.0/24 -all".to_vec(),
                1 => b"v=STSv1; id=1;".to_vec(),
                2 => b"v=spf1 +all".to_vec(),
                _ => bytes.arbitrary()?,
            }),
            _ => break,
        });
    }
    Ok(all)
}

fn answer(question: &Question, bytes: &mut Unstructured<'_>) -> Answer {
    let made = |bytes: &mut Unstructured<'_>| -> arbitrary::Result<Answer> {
        Ok(match question {
            Question::Dns(_, record_type) => {
                let status = match bytes.arbitrary::<u8>()? % 8 {
                    0 => Status::NxDomain,
                    1 => Status::ServFail,
                    2 => Status::Timeout,
                    _ => Status::NoError,
                };
                let mut answer = DnsAnswer::empty(status);
                if status == Status::NoError {
                    answer = DnsAnswer::found(records(*record_type, bytes)?);
                }
                Answer::Dns(answer.with_secure(bytes.arbitrary()?))
            }
            Question::StsPolicy(_) => match bytes.arbitrary::<bool>()? {
                true => Answer::StsPolicy(Ok(
                    "version: STSv1\nmode: enforce\nmx: mx.partner.example\nmax_age: 86400\n".into(),
                )),
                false => Answer::StsPolicy(Err(StsError::Fetch)),
            },
            Question::Quota { .. } => Answer::Quota(bytes.arbitrary()?),
            other => Answer::timeout(other),
        })
    };
    made(bytes).unwrap_or_else(|_| Answer::timeout(question))
}

fuzz_target!(|input: &[u8]| {
    let mut bytes = Unstructured::new(input);
    let Ok(case) = Case::arbitrary(&mut bytes) else { return };
    let peer: Option<IpAddr> = pick(&PEERS, case.peer).and_then(|peer| peer.parse().ok());
    let user = pick(&["ann", "zed"], case.user);
    let helo = pick(&["gw.example.com", "mail.elsewhere.example"], case.helo).unwrap_or_default();
    let session = Session::new().peer(peer).helo(helo.into()).user(user.map(str::to_owned)).tls(case.tls);
    let mailbox = |text: &str| text.parse().expect("a mailbox");
    let from = pick(&ADDRESSES, case.from).map(mailbox);
    let mut to: Vec<_> = case.to.iter().take(20).filter_map(|number| pick(&ADDRESSES, *number).map(mailbox)).collect();
    to.sort();
    to.dedup();
    let envelope = Envelope::new(from, to.clone()).requiretls(case.requiretls);
    let message = case.message.as_ref().map(|octets| {
        let (header, _) = Header::split(octets);
        Arc::new(Message::new(header, octets.len() as u64))
    });
    let decide = || {
        Decide::new(POLICY.clone(), session.clone(), envelope.clone(), UnixTime(1_795_867_200))
            .message(message.clone())
            .seed(case.seed)
    };
    let run = || {
        let mut bytes = bytes.peek_bytes(bytes.len()).map(Unstructured::new).unwrap_or_else(|| Unstructured::new(&[]));
        Evaluation::new(decide()).run_with(|question| answer(question, &mut bytes))
    };
    let decision = run();
    assert_eq!(decision.to_json(), run().to_json());

    // Whom nothing lists and who has not authenticated relays nothing; whom a shared range lists, nothing without the secret.
    // An SPF record may list the one that has an address, but for the shared range, and not all the world.
    let is_stranger = user.is_none() && peer.is_none_or(|peer| peer.to_string() == "198.51.100.9");
    if is_stranger && peer.is_some() {
        assert!(decision.relay.as_ref().is_none_or(|relay| relay == "shared"), "{decision:#?}");
    } else if is_stranger {
        assert!(decision.relay.is_none(), "{decision:#?}");
        assert!(decision.groups.iter().all(|group| group.direction.as_str() == "inbound"), "{decision:#?}");
    }
    let is_shared =
        user.is_none() && peer.is_some_and(|peer| ["203.0.113.5", "198.51.100.9"].contains(&peer.to_string().as_str()));
    let has_secret = message.as_ref().is_some_and(|message| message.header.named("X-T").count() == 1);
    if is_shared && message.is_some() && !has_secret {
        assert!(decision.relay.is_none(), "{decision:#?}");
    }
    // Everybody comes to something, once.
    let refused = decision.refused.iter().map(|refused| &refused.recipient);
    let grouped = decision.groups.iter().filter(|group| !group.copy).flat_map(|group| &group.recipients);
    let mut all: Vec<_> = refused.chain(grouped).cloned().collect();
    all.sort();
    assert_eq!(all, to, "{decision:#?}");
    for group in &decision.groups {
        let wants_reply = matches!(
            group.outcome.to_owned(),
            passerelle::route::decide::Fate::Defer | passerelle::route::decide::Fate::Bounce
        );
        assert_eq!(wants_reply, group.reply.is_some(), "{group:#?}");
        for hop in &group.hops {
            assert!(!hop.addresses.is_empty(), "{hop:#?}");
            assert!(hop.credentials.is_none() || hop.tls.is_required() && hop.tls.verifies(), "{hop:#?}");
        }
    }
});
