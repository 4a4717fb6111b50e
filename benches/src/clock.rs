//! The clock of all measurements: the processor time of this thread, for other programs on the machine must not count. All
//! that is measured runs in one thread and waits for nothing.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time that this thread has taken.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // The clock starts with the thread, so neither part is negative.
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// How much of it some work takes.
pub fn cpu_time_of(work: impl FnOnce()) -> Duration {
    let start = cpu_time();
    work();
    cpu_time().saturating_sub(start)
}
