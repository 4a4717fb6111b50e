//! DNS messages put together by hand (RFC 1035 §4), from nothing of ours.

pub(crate) const A: u16 = 1;
pub(crate) const NS: u16 = 2;
pub(crate) const CNAME: u16 = 5;
pub(crate) const SOA: u16 = 6;
pub(crate) const PTR: u16 = 12;
pub(crate) const MX: u16 = 15;
pub(crate) const TXT: u16 = 16;
pub(crate) const AAAA: u16 = 28;
pub(crate) const DNAME: u16 = 39;
pub(crate) const OPT: u16 = 41;
pub(crate) const RRSIG: u16 = 46;
pub(crate) const TLSA: u16 = 52;

/// QR, RD and RA.
pub(crate) const RESPONSE: u16 = 0x8180;
pub(crate) const AD: u16 = 0x0020;
pub(crate) const TC: u16 = 0x0200;

/// A name, uncompressed.
pub(crate) fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').filter(|label| !label.is_empty());
    let mut octets: Vec<u8> = labels.flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
    octets.push(0);
    octets
}

pub(crate) fn record(owner: &str, kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    record_of(&name(owner), kind, 1, ttl, data)
}

pub(crate) fn record_of(owner: &[u8], kind: u16, class: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let mut octets = owner.to_vec();
    octets.extend(kind.to_be_bytes());
    octets.extend(class.to_be_bytes());
    octets.extend(ttl.to_be_bytes());
    octets.extend((data.len() as u16).to_be_bytes());
    octets.extend(data);
    octets
}

pub(crate) fn soa(owner: &str, ttl: u32, minimum: u32) -> Vec<u8> {
    let mut data = [name("ns.example"), name("root.example")].concat();
    data.extend([1, 2, 3, 4, minimum].into_iter().flat_map(u32::to_be_bytes));
    record(owner, SOA, ttl, &data)
}

/// The OPT record with the upper octet of an extended RCODE.
pub(crate) fn opt(extended: u8) -> Vec<u8> {
    record_of(&[0], OPT, 1232, u32::from(extended) << 24, &[])
}

/// A response to one question.
#[derive(Clone, Default)]
pub(crate) struct Message {
    pub(crate) flags: u16,
    pub(crate) question: Vec<u8>,
    pub(crate) questions: u16,
    pub(crate) sections: [Vec<Vec<u8>>; 3],
}

impl Message {
    pub(crate) fn to(asked: &str, kind: u16) -> Self {
        let question = [&name(asked)[..], &kind.to_be_bytes(), &[0, 1]].concat();
        Self { flags: RESPONSE, question, questions: 1, sections: Default::default() }
    }

    pub(crate) fn flags(self, flags: u16) -> Self {
        Self { flags, ..self }
    }

    pub(crate) fn answer(self, record: Vec<u8>) -> Self {
        self.with(0, record)
    }

    pub(crate) fn authority(self, record: Vec<u8>) -> Self {
        self.with(1, record)
    }

    pub(crate) fn additional(self, record: Vec<u8>) -> Self {
        self.with(2, record)
    }

    fn with(mut self, section: usize, record: Vec<u8>) -> Self {
        self.sections[section].push(record);
        self
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        let [answers, authorities, additionals] = self.sections.each_ref().map(|section| section.len() as u16);
        let header = [0xbeef, self.flags, self.questions, answers, authorities, additionals];
        let mut octets: Vec<u8> = header.into_iter().flat_map(u16::to_be_bytes).collect();
        octets.extend(&self.question);
        octets.extend(self.sections.iter().flatten().flatten());
        octets
    }
}
