//! How a decision asks the world: questions, answers, and what is pending.

mod answer;
mod answers;
mod question;
mod record;
mod sts_cache;

pub use answer::{Alias, Answer, DnsAnswer, Outcome, Status, StsError};
pub use answers::{Answers, Pending};
pub(crate) use question::Window;
pub use question::{Question, QuotaScope, RecordType};
pub use record::{Record, Records};
pub use sts_cache::{CachedPolicy, StsCache, StsCacheError};

pub use crate::misuse::QuestionId;
