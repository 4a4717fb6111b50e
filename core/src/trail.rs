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
    /// How many of the dropped ones a step tells of.
    #[serde(skip)]
    told: usize,
    /// Nobody wants the steps.
    #[serde(skip)]
    is_off: bool,
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

    /// A trail that keeps no step and counts none: nobody wants it. Where the text of a step costs something,
    /// [`is_off`](Self::is_off) is asked first.
    pub fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// A trail, or one that keeps nothing.
    pub(crate) fn kept_if(wanted: bool) -> Self {
        if wanted { Self::new() } else { Self::off() }
    }

    /// Whether the trail keeps nothing.
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    /// Adds a step.
    pub fn push(
        &mut self,
        step: impl Into<Cow<'static, str>>,
        outcome: impl Into<Cow<'static, str>>,
        why: impl Into<Cow<'static, str>>,
        rfc: impl Into<Cow<'static, str>>,
    ) {
        if self.is_off {
            return;
        }
        if self.steps.len() >= MAX_TRAIL_STEPS {
            self.dropped += 1;
            return;
        }
        self.steps.push(Step { step: step.into(), outcome: outcome.into(), why: why.into(), rfc: rfc.into() });
    }

    /// The steps of several trails, one behind the other. Behind a trail that has dropped some, a step says so.
    pub(crate) fn joined<'t>(trails: impl IntoIterator<Item = &'t Trail>) -> Self {
        let mut steps = Vec::new();
        for trail in trails {
            steps.extend(trail.steps.iter().cloned());
            if trail.dropped > trail.told {
                steps.push(left_out(trail.dropped - trail.told));
            }
        }
        Self { steps, ..Self::default() }
    }

    /// No fewer octets than the trail takes in JSON.
    pub(crate) fn size_at_most(&self) -> usize {
        // An octet becomes at most six (`\u0000`); the names and quotes of a step are less than 50.
        let texts = |step: &Step| step.step.len() + step.outcome.len() + step.why.len() + step.rfc.len();
        self.steps.iter().map(|step| 50 + 6 * texts(step)).sum::<usize>() + 2
    }

    /// Cuts the trail to so many steps and octets of JSON. What is left out is in the middle, where a step says how
    /// much it is: the beginning tells what was looked at, the end what came of it.
    pub(crate) fn fit(&mut self, max_steps: usize, max_octets: usize) {
        let sizes: Vec<usize> = self.steps.iter().map(json_size).collect();
        if sizes.len() <= max_steps && sizes.iter().sum::<usize>() <= max_octets {
            return;
        }
        // One step and its octets are for the one that tells of the others.
        let (max_steps, max_octets) = (max_steps.saturating_sub(1), max_octets.saturating_sub(GAP_SIZE));
        let front = fitting(sizes.iter(), max_steps / 2, max_octets / 2);
        let back = fitting(sizes.iter().skip(front).rev(), max_steps - max_steps / 2, max_octets / 2);
        let gap = front..self.steps.len() - back;
        self.dropped += gap.len();
        self.told += gap.len();
        let step = left_out(gap.len());
        self.steps.splice(gap, [step]);
    }

    /// Keeps no more than the first `kept` steps; one more says how many were left out.
    pub(crate) fn shorten(&mut self, kept: usize) {
        self.dropped += self.steps.len().saturating_sub(kept);
        if self.dropped > 0 {
            self.steps.truncate(kept);
            self.steps.push(left_out(self.dropped));
            self.told = self.dropped;
        }
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

/// The beginning of a text of a third party, for people: at most `max` octets of it, and what is not printable ASCII as
/// `\xNN`, so that neither a terminal nor the reader of a header field takes it for anything but text.
pub(crate) fn shown(text: &[u8], max: usize) -> String {
    let mut shown = String::new();
    for &octet in text.iter().take(max) {
        match octet {
            b' '..=b'~' => shown.push(char::from(octet)),
            _ => shown.push_str(&format!("\\x{octet:02X}")),
        }
    }
    if text.len() > max {
        shown.push_str("...");
    }
    shown
}

/// More octets of JSON than [`left_out`] takes.
const GAP_SIZE: usize = 200;

/// How many of the first steps fit.
fn fitting<'s>(sizes: impl Iterator<Item = &'s usize>, max_steps: usize, max_octets: usize) -> usize {
    let mut octets = 0usize;
    let fits = |size: &&usize| {
        octets += **size;
        octets <= max_octets
    };
    sizes.take(max_steps).take_while(fits).count()
}

/// Octets that something takes in JSON, and one more for the comma behind it.
pub(crate) fn json_size(value: &impl Serialize) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0 += octets.len();
            Ok(octets.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(1);
    // Neither counting nor text can fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(steps: usize, why: &str) -> Trail {
        let mut trail = Trail::new();
        (0..steps).for_each(|n| trail.push(format!("step {n}"), "done", why.to_owned(), "none"));
        trail
    }

    fn json(trail: &Trail) -> String {
        serde_json::to_string(trail).unwrap()
    }

    fn cut(steps: usize, why: &str, max_steps: usize, max_octets: usize) -> Trail {
        let mut trail = trail(steps, why);
        trail.fit(max_steps, max_octets);
        trail
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let exact = json(&trail(7, "\0a")).len();
        assert_eq!(cut(7, "\0a", 7, exact), trail(7, "\0a"));
        assert!(trail(7, "\0\0\0").size_at_most() >= json(&trail(7, "\0\0\0")).len());
    }

    #[test]
    fn a_trail_that_is_off_keeps_and_counts_nothing() {
        let mut trail = Trail::off();
        trail.push("step", "done", "", "none");
        assert_eq!((trail.steps().len(), trail.dropped(), trail.is_off()), (0, 0, true));
        assert!(!Trail::new().is_off());
    }

    #[test]
    fn what_does_not_fit_is_left_out_of_the_middle() {
        let short = cut(100, "\0", 11, usize::MAX);
        assert_eq!((short.steps().len(), short.dropped()), (11, 90));
        assert_eq!((&*short.steps()[4].step, &*short.steps()[10].step), ("step 4", "step 99"));
        assert_eq!(short.steps()[5].why, "90 more steps were taken before the next one");
        for octets in [0, 199, 1000, 5000] {
            let small = cut(100, "\0", 1000, octets);
            assert!(json(&small).len() <= octets.max(GAP_SIZE), "{octets}");
            assert!(small.steps().iter().any(|step| step.outcome == "left out"));
        }
    }

    #[test]
    fn steps_that_a_verdict_did_not_keep_are_told() {
        let joined = Trail::joined([&trail(MAX_TRAIL_STEPS + 5, ""), &trail(1, "")]);
        assert_eq!(joined.steps()[MAX_TRAIL_STEPS].why, "5 more steps were taken before the next one");
        assert_eq!(joined.steps().len(), MAX_TRAIL_STEPS + 2);
    }
}
