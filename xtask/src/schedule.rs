//! Which step runs when: two costly ones at once, none beside what disturbs it, in the order of the table where there is a
//! choice.

use crate::select::{Step, Weight};

/// What may run at once: two steps that keep both processors busy, or more of those that mostly wait. What keeps
/// processors busy has its idle moments too, at the end of a build and between programs, which the other fills.
const ROOM: u32 = 4;

impl Weight {
    fn room(self) -> u32 {
        match self {
            Self::Light => 1,
            Self::Heavy => 2,
            Self::Sensitive => 3,
        }
    }
}

/// How far a run has come.
pub(crate) struct Schedule<'a> {
    waiting: Vec<&'a Step>,
    running: Vec<&'a Step>,
}

impl<'a> Schedule<'a> {
    pub(crate) fn new(steps: &[&'a Step]) -> Self {
        Self { waiting: steps.to_vec(), running: Vec::new() }
    }

    /// The next step that may start now, which is then running.
    pub(crate) fn start(&mut self) -> Option<&'a Step> {
        let next = self.waiting.iter().position(|step| self.may_start(step))?;
        let step = self.waiting.remove(next);
        self.running.push(step);
        Some(step)
    }

    pub(crate) fn ended(&mut self, name: &str) {
        self.running.retain(|step| step.name != name);
    }

    fn may_start(&self, step: &Step) -> bool {
        let all = || self.waiting.iter().chain(&self.running);
        let room: u32 = self.running.iter().map(|step| step.weight.room()).sum();
        let is_last = step.last && all().any(|other| !other.last);
        room + step.weight.room() <= ROOM
            && !is_last
            && !step.after.iter().any(|name| all().any(|other| other.name == *name))
            && !step.alone_with.iter().any(|thing| self.running.iter().any(|other| other.alone_with.contains(thing)))
    }
}

/// How long the steps take together, if each takes as long as `seconds` says.
pub(crate) fn total(steps: &[&Step], seconds: impl Fn(&Step) -> f64) -> f64 {
    let mut schedule = Schedule::new(steps);
    let mut ends: Vec<(f64, &str)> = Vec::new();
    let mut now = 0.0;
    loop {
        while let Some(step) = schedule.start() {
            ends.push((now + seconds(step), step.name));
        }
        let Some(first) = ends.iter().map(|(end, _)| *end).reduce(f64::min) else { return now };
        now = first;
        ends.retain(|(end, name)| {
            let is_over = *end <= now;
            if is_over {
                schedule.ended(name);
            }
            !is_over
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::Thing;
    use crate::steps::STEPS;

    fn step(name: &'static str) -> Step {
        Step { name, ..Step::NONE }
    }

    fn started(schedule: &mut Schedule<'_>) -> Vec<&'static str> {
        std::iter::from_fn(|| schedule.start().map(|step| step.name)).collect()
    }

    #[test]
    fn two_costly_steps_run_at_once_and_never_three() {
        let steps = [step("a"), step("b"), step("c")];
        let mut schedule = Schedule::new(&steps.iter().collect::<Vec<_>>());
        assert_eq!(started(&mut schedule), ["a", "b"]);
        schedule.ended("a");
        assert_eq!(started(&mut schedule), ["c"]);
    }

    #[test]
    fn a_step_waits_for_what_it_builds_upon() {
        let steps = [Step { after: &["b"], ..step("a") }, step("b")];
        let mut schedule = Schedule::new(&steps.iter().collect::<Vec<_>>());
        assert_eq!(started(&mut schedule), ["b"]);
        schedule.ended("b");
        assert_eq!(started(&mut schedule), ["a"]);
        // What is not part of the run is not waited for.
        assert_eq!(started(&mut Schedule::new(&[&steps[0]])), ["a"]);
    }

    #[test]
    fn what_two_steps_need_for_themselves_they_use_one_after_the_other() {
        let with = |name| Step { alone_with: &[Thing::Target], ..step(name) };
        let steps = [with("a"), with("b"), step("c")];
        let mut schedule = Schedule::new(&steps.iter().collect::<Vec<_>>());
        assert_eq!(started(&mut schedule), ["a", "c"]);
        schedule.ended("a");
        assert_eq!(started(&mut schedule), ["b"]);
    }

    #[test]
    fn what_depends_on_time_has_none_but_light_ones_beside_it() {
        let of = |name, weight| Step { weight, ..step(name) };
        let steps = [of("a", Weight::Sensitive), step("b"), of("c", Weight::Light)];
        let mut schedule = Schedule::new(&steps.iter().collect::<Vec<_>>());
        assert_eq!(started(&mut schedule), ["a", "c"]);
    }

    #[test]
    fn the_last_step_comes_when_all_else_has_ended() {
        let steps = [Step { last: true, ..step("a") }, step("b")];
        let mut schedule = Schedule::new(&steps.iter().collect::<Vec<_>>());
        assert_eq!(started(&mut schedule), ["b"]);
        schedule.ended("b");
        assert_eq!(started(&mut schedule), ["a"]);
    }

    #[test]
    fn the_total_is_that_of_the_plan() {
        let steps = [step("a"), step("b"), Step { after: &["a"], ..step("c") }];
        let seconds = |step: &Step| if step.name == "b" { 30.0 } else { 10.0 };
        assert_eq!(total(&steps.iter().collect::<Vec<_>>(), seconds), 30.0);
        assert_eq!(total(&[], seconds), 0.0);
    }

    #[test]
    fn every_step_gets_its_turn() {
        let steps: Vec<&Step> = STEPS.iter().collect();
        let mut schedule = Schedule::new(&steps);
        let mut turns = 0;
        while let Some(step) = schedule.start() {
            turns += 1;
            schedule.ended(step.name);
        }
        assert_eq!(turns, STEPS.len());
    }
}
