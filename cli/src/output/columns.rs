//! How wide the text is that people see.

/// Columns that a line of prose has where nobody says how wide the terminal is.
const USUAL: usize = 100;
/// What a line needs for a verdict with some words behind it, and what can be read with ease.
const SENSIBLE: std::ops::RangeInclusive<usize> = 40..=160;

/// What COLUMNS says, if it is a number.
pub(crate) fn given() -> Option<usize> {
    read(&std::env::var("COLUMNS").ok()?)
}

/// Columns for prose: as COLUMNS says, or else the terminal.
pub(crate) fn for_prose() -> usize {
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    given().or_else(terminal).map_or(USUAL, sensible)
}

fn read(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|columns| *columns > 0).map(sensible)
}

fn sensible(columns: usize) -> usize {
    columns.clamp(*SENSIBLE.start(), *SENSIBLE.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_columns_is_kept_within_reason() {
        for (text, columns) in [("72", Some(72)), (" 80 ", Some(80)), ("1", Some(40)), ("9999", Some(160))] {
            assert_eq!(read(text), columns);
        }
        assert_eq!(["", "0", "-1", "wide"].map(read), [None; 4]);
    }
}
