//! Whether the author domain exists, on which the choice between `sp` and `np` depends (RFC 9989 §3.2.13, appendix A.4).

use crate::dmarc::record::{PolicyRecord, Subject};
use crate::domain::Domain;
use crate::lookup::{Answers, Pending, RecordType, Status};

/// Any type would do: NXDOMAIN denies the name, not a type of record (RFC 8020 §2), and a name that exists without
/// having an address exists all the same.
const ASKED: RecordType = RecordType::A;

/// Whether the record has different policies for subdomains that exist and for those that do not.
pub(crate) fn matters(record: &PolicyRecord) -> bool {
    record.policy_for(Subject::Subdomain) != record.policy_for(Subject::NonExistent)
}

/// Notes the question.
pub(crate) fn note(domain: &Domain, answers: &mut Answers) {
    answers.note_dns(domain, ASKED);
}

/// What the subdomain is as subject of a policy, or how the lookup failed.
pub(crate) fn subject(domain: &Domain, answers: &mut Answers) -> Result<Result<Subject, Status>, Pending> {
    Ok(match answers.dns(domain, ASKED)?.status {
        Status::NoError => Ok(Subject::Subdomain),
        Status::NxDomain => Ok(Subject::NonExistent),
        failed @ (Status::ServFail | Status::Timeout) => Err(failed),
    })
}
