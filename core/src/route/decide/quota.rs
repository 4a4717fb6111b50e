//! `[limits]`: how much may be sent. Asking takes nothing away.

use std::collections::BTreeSet;

use super::{Decide, Plan, Refused};
use crate::lookup::{Answers, Pending, QuotaScope};
use crate::mailbox::Mailbox;
use crate::route::policy::Quota;
use crate::route::replies::{Reason, Reply};
use crate::trail::Trail;

/// Refuses the recipients for which a quota has no room.
pub(super) fn apply(
    request: &Decide,
    plan: &mut Plan<'_>,
    answers: &mut Answers,
    trail: &mut Trail,
) -> Result<(), Pending> {
    if !plan.is_ours() || plan.targets.is_empty() {
        return Ok(());
    }
    let quotas = &request.policy.quotas;
    let user = request.session.user.as_ref().map(|user| format!("user:{user}"));
    let mut asked: Vec<(QuotaScope, &str, &Quota, u64)> = Vec::new();
    for (key, quota) in [(user.as_deref(), &quotas.per_user), (Some("organisation"), &quotas.per_organisation)] {
        let (Some(key), Some(quota)) = (key, quota) else { continue };
        asked.extend(quota.messages.map(|limit| (QuotaScope::Messages, key, quota, limit)));
        asked.extend(quota.recipients.map(|limit| (QuotaScope::Recipients, key, quota, limit)));
    }
    // All of them go out before the first is waited for.
    for (scope, key, quota, _) in &asked {
        let _ = answers.quota(*scope, key, quota.window);
    }
    for (scope, key, quota, limit) in asked {
        let used = answers.quota(scope, key, quota.window)?;
        let refusal = match (used, scope) {
            (None, _) => Some((0, Reason::NotAnswered.reply())),
            (Some(used), QuotaScope::Recipients) => {
                Some((limit.saturating_sub(used).saturating_sub(request.taken), exceeded(scope, key, limit)))
            }
            (Some(used), _) => (used >= limit).then(|| (0, exceeded(scope, key, limit))),
        };
        if !trail.is_off() {
            let used = used.map_or("not known".to_owned(), |used| used.to_string());
            trail.push(
                format!("quota {scope} {key}"),
                used,
                format!("{limit} in {} seconds", quota.window),
                "[limits]",
            );
        }
        let Some((room, reply)) = refusal else { continue };
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let taken: BTreeSet<Mailbox> = plan.targets.recipients().cloned().collect();
        let in_order = request.envelope.to.iter().filter(|recipient| taken.contains(*recipient));
        let mut seen = BTreeSet::new();
        let over: Vec<Mailbox> = in_order.filter(|recipient| seen.insert(*recipient)).skip(room).cloned().collect();
        for recipient in over {
            plan.targets.remove(&recipient);
            plan.refused.push(Refused { recipient, reply: reply.clone() });
        }
    }
    Ok(())
}

fn exceeded(scope: QuotaScope, key: &str, limit: u64) -> Reply {
    let mut reply = Reason::QuotaExceeded.reply();
    let whose = key.strip_prefix("user:").map_or("the organisation".to_owned(), |user| format!("the account {user}"));
    let text = format!("The quota of {whose}, {limit} {scope}, is used up; try again later");
    reply.text = Reply::new(reply.code, reply.enhanced, text).text;
    reply
}
