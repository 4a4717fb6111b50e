//! The date and time of header fields (RFC 5322 §3.3, §4.3).

use crate::mailbox::{Cursor, is_wsp};

/// Reads a date-time, with the zones and two-digit years of old; `None` where it is none.
///
/// It may lie before 1970. Comments count as white space, and the day of the week has no say.
pub(super) fn parse(text: &str) -> Option<i64> {
    let mut cursor = Cursor::new(text);
    let mut word = token(&mut cursor)?;
    if word.chars().all(|c| c.is_ascii_alphabetic()) {
        cursor.skip_cfws().ok()?;
        cursor.eat(',');
        word = token(&mut cursor)?;
    }
    let day = number(word, 1..=2).filter(|day| (1..=31).contains(day))?;
    let month = month(token(&mut cursor)?)?;
    let year = year(token(&mut cursor)?)?;
    let hour = number(token(&mut cursor)?, 1..=2).filter(|hour| *hour < 24)?;
    let minute = colon_and_number(&mut cursor)?.filter(|minute| *minute < 60)?;
    // A leap second is the 61st (RFC 5322 §3.3).
    let second = colon_and_number(&mut cursor)?.unwrap_or(0);
    if second > 60 || day > days_in(month, year) {
        return None;
    }
    let zone = zone(&mut cursor)?;
    Some(days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone)
}

/// The next run of letters and digits, behind white space and comments.
fn token<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    cursor.skip_cfws().ok()?;
    Some(cursor.take_while(|c| c.is_ascii_alphanumeric())).filter(|token| !token.is_empty())
}

/// A number of so many digits.
fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let is_one = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_one)
}

/// `:30`, or nothing.
#[allow(clippy::option_option)]
fn colon_and_number(cursor: &mut Cursor<'_>) -> Option<Option<i64>> {
    cursor.skip_cfws().ok()?;
    if !cursor.eat(':') {
        return Some(None);
    }
    number(token(cursor)?, 1..=2).map(Some)
}

fn month(text: &str) -> Option<i64> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    // Some write them out.
    let start = text.get(..3)?;
    NAMES.iter().zip(1..).find(|(name, _)| name.eq_ignore_ascii_case(start)).map(|(_, month)| month)
}

/// RFC 5322 §4.3: two digits are 2000 to 2049 or 1950 to 1999, three are counted from 1900.
fn year(text: &str) -> Option<i64> {
    let year = number(text, 2..=4)?;
    Some(match text.len() {
        2 if year < 50 => year + 2000,
        2 | 3 => year + 1900,
        _ => year,
    })
}

/// Seconds ahead of UTC. A zone that is not known, or none, counts as -0000 (RFC 5322 §4.3), of which nothing is known but
/// the time in UTC.
fn zone(cursor: &mut Cursor<'_>) -> Option<i64> {
    cursor.skip_cfws().ok()?;
    let sign = if cursor.eat('+') {
        1
    } else if cursor.eat('-') {
        -1
    } else {
        let name = cursor.take_while(|c| c.is_ascii_alphabetic());
        let hours = match name.to_ascii_uppercase().as_str() {
            "EDT" => -4,
            "EST" | "CDT" => -5,
            "CST" | "MDT" => -6,
            "MST" | "PDT" => -7,
            "PST" => -8,
            _ => 0,
        };
        return Some(hours * 3600);
    };
    let digits = number(cursor.take_while(|c| !is_wsp(c) && c != '('), 4..=4)?;
    Some(digits).filter(|digits| digits % 100 < 60).map(|digits| sign * (digits / 100 * 3600 + digits % 100 * 60))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Of the Gregorian calendar, for years from 0 on.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let days_of_years = before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    // The same for 1970: 1969 * 365 + 492 - 19 + 4.
    let days_of_months: i64 = (1..month).map(|month| days_in(month, year)).sum();
    days_of_years - 719_162 + days_of_months + day - 1
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_and_their_zones() {
        for (text, unix) in [
            ("Thu, 1 Jan 1970 00:00:00 +0000", 0),
            ("Fri, 21 Nov 1997 09:55:06 -0600", 880_127_706),
            ("21 Nov 97 09:55:06 CST", 880_127_706),
            ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880_127_706),
            (" Tue,\t29 Feb 2000 23:59:60 GMT (leap)", 951_868_800),
            ("1 Mar 2000 00:00 +0530", 951_849_000),
            ("Wed, 31 Dec 1969 23:59:59 -0000", -1),
            ("01 January 2038 00:00:00", 2_145_916_800),
            ("Sat, 28 Nov 2026 09:14:00 +0100 (CET)", 1_795_853_640),
        ] {
            assert_eq!(parse(text), Some(unix), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "yesterday",
            "32 Jan 2000 00:00:00 +0000",
            "29 Feb 2001 00:00:00 +0000",
            "1 Foo 2000 00:00:00 +0000",
            "1 Jan 2000 24:00:00 +0000",
            "1 Jan 2000 00:60:00 +0000",
            "1 Jan 2000 00:00:61 +0000",
            "1 Jan 20000 00:00:00 +0000",
            "1 Jan 2000 00:00:00 +060",
            "1 Jan 2000 00:00:00 +0060",
            "1 Jan 2000",
            "2000-01-01T00:00:00Z",
            "1 J\u{e9}n 2000 00:00:00 +0000",
            "1 Jan 2000 (00:00:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
