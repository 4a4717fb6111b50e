//! The steps that led to a verdict, for people.

use std::borrow::Cow;

use serde::Serialize;

use crate::limits::MAX_TRAIL_STEPS;

/// One step of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at, such as `spf include:example.net`.
    pub step: Cow<'static, str>,
    /// What came of it, such as `no match`.
    pub outcome: Cow<'static, str>,
    /// Why.
    pub why: Cow<'static, str>,
    /// The rule's source, such as `RFC 7208 §5.2`.
    pub rfc: Cow<'static, str>,
}

/// Steps in the order in which they were taken, at most [`MAX_TRAIL_STEPS`]; what exceeds that is counted, not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Trail {
    steps: Vec<Step>,
    #[serde(skip)]
    dropped: usize,
}

/// What stands in a trail for steps that were not kept.
fn left_out(count: usize) -> Step {
    Step {
        step: "trail".into(),
        outcome: "left out".into(),
        why: format!("{count} more steps were taken before the next one").into(),
        rfc: "limits.rs".into(),
    }
}

impl Trail {
    /// An empty trail.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step.
    pub fn push(
        &mut self,
        step: impl Into<Cow<'static, str>>,
        outcome: impl Into<Cow<'static, str>>,
        why: impl Into<Cow<'static, str>>,
        rfc: impl Into<Cow<'static, str>>,
    ) {
        if self.steps.len() >= MAX_TRAIL_STEPS {
            self.dropped += 1;
            return;
        }
        self.steps.push(Step { step: step.into(), outcome: outcome.into(), why: why.into(), rfc: rfc.into() });
    }

    /// Keeps no more than the first `kept` steps; one more says how many were left out.
    pub(crate) fn shorten(&mut self, kept: usize) {
        self.dropped += self.steps.len().saturating_sub(kept);
        if self.dropped > 0 {
            self.steps.truncate(kept);
            self.steps.push(left_out(self.dropped));
        }
    }

    /// Adds the steps of `other` behind these.
    pub fn append(&mut self, other: &Trail) {
        let room = MAX_TRAIL_STEPS.saturating_sub(self.steps.len());
        self.steps.extend(other.steps.iter().take(room).cloned());
        self.dropped += other.steps.len().saturating_sub(room) + other.dropped;
    }

    /// The steps kept.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many steps were not kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }
}
