//! The time, as the host tells it. The engine never reads a clock.

use std::fmt;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// A point on the host's monotonic clock, in milliseconds from an origin of the host's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Add<u64> for Millis {
    type Output = Self;

    /// The point `millis` milliseconds later; it stays at the end of the range instead of wrapping.
    fn add(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted, as DKIM's `t=` and `x=` count them
/// (RFC 6376 §3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(pub u64);

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl UnixTime {
    /// The same moment for people: `2025-01-01 01:00:00 UTC`, in the proleptic Gregorian calendar.
    pub fn utc(self) -> impl fmt::Display {
        Utc(self)
    }

    /// The same moment as header fields have it (RFC 5322 §3.3): `Wed, 1 Jan 2025 01:00:00 +0000`.
    pub fn rfc5322(self) -> impl fmt::Display {
        Rfc5322(self)
    }
}

/// See [`UnixTime::rfc5322`].
struct Rfc5322(UnixTime);

impl fmt::Display for Rfc5322 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 1970-01-01 was a Thursday.
        const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        const DAY: u64 = 24 * 60 * 60;
        let (days, second) = (self.0.0 / DAY, self.0.0 % DAY);
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let name = |names: &[&'static str], index: u64| names.get(index as usize).copied().unwrap_or_default();
        let (weekday, month) = (name(&WEEKDAYS, days % 7), name(&MONTHS, month.saturating_sub(1)));
        write!(f, "{weekday}, {day} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
    }
}

/// See [`UnixTime::utc`].
struct Utc(UnixTime);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: u64 = 24 * 60 * 60;
        let (days, second) = (self.0.0 / DAY, self.0.0 % DAY);
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
    }
}

/// Year, month and day that are so many days after 1970-01-01.
///
/// Years are counted from March here: the leap day is then the last of its year, and months have a regular pattern of
/// 153 days in every five. After 400 years, which are 146,097 days, everything repeats.
fn date(days_since_1970: u64) -> (u64, u64, u64) {
    const CYCLE: u64 = 146_097;
    /// From 0000-03-01 to 1970-01-01.
    const EPOCH: u64 = 719_468;
    // No overflow: days are seconds divided by 86,400.
    let days = days_since_1970 + EPOCH;
    let (cycle, day) = (days / CYCLE, days % CYCLE);
    // The days of the years so far, without the leap days among them: every 1,461st, but for the 36,524th, and again
    // the 146,097th.
    let year = (day - day / 1_460 + day / 36_524 - day / (CYCLE - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    (400 * cycle + year, month, day)
}

/// Both clocks at the moment of a call.
///
/// Timers run on `monotonic`; signatures and certificates are judged by `unix`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock.
    pub monotonic: Millis,
    /// The wall clock.
    pub unix: UnixTime,
}

impl Now {
    /// A moment for hosts that have no timers to run: the wall clock alone.
    pub fn at(unix: u64) -> Self {
        Self { monotonic: Millis(unix.saturating_mul(1000)), unix: UnixTime(unix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expectations are those of `date --utc --date=@SECONDS`.
    #[test]
    fn moments_for_people() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (86_399, "1970-01-01 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (1_735_693_200, "2025-01-01 01:00:00 UTC"),
            (1_767_225_599, "2025-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (13_574_563_200, "2400-02-29 00:00:00 UTC"),
            (999_999_999_999, "33658-09-27 01:46:39 UTC"),
        ] {
            assert_eq!(UnixTime(seconds).utc().to_string(), expected, "{seconds}");
        }
        assert!(UnixTime(u64::MAX).utc().to_string().ends_with(" UTC"));
    }

    /// The expectations are those of `date --utc --rfc-email --date=@SECONDS`.
    #[test]
    fn moments_for_header_fields() {
        for (seconds, expected) in [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_735_693_200, "Wed, 1 Jan 2025 01:00:00 +0000"),
            (1_795_262_400, "Sat, 21 Nov 2026 12:00:00 +0000"),
            (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000"),
        ] {
            assert_eq!(UnixTime(seconds).rfc5322().to_string(), expected, "{seconds}");
        }
    }

    /// The days of 800 years one after the other, by the rule of leap years alone.
    #[test]
    fn every_day_follows_the_one_before() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..2 * 146_097 {
            assert_eq!(date(days), (year, month, day));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }
}
