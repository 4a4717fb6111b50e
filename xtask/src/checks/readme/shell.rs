//! Shell text, as far as READMEs have it: commands, their words, and the programs in them.

/// A command, and the line of its file that it begins on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) text: String,
}

/// The commands of a block. What a backslash or, in a synopsis, an indentation continues is one; comments are left out, but
/// for those behind a command.
pub(super) fn lines(block: &str, first: usize) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    let mut continued = false;
    for (index, line) in block.lines().enumerate() {
        let (text, continues) = match line.trim_end().strip_suffix('\\') {
            Some(text) => (text, true),
            None => (line, false),
        };
        let indented = text.starts_with([' ', '\t']) && !text.trim().is_empty();
        let text = text.trim();
        let text = text.strip_prefix("$ ").unwrap_or(text);
        match found.last_mut() {
            Some(last) if continued || (indented && is_synopsis(&last.text)) => {
                last.text.push(' ');
                last.text.push_str(text);
            }
            _ if text.is_empty() || text.starts_with('#') => {}
            _ => found.push(Line { number: first + index, text: text.to_owned() }),
        }
        continued = continues;
    }
    found
}

/// Whether it tells how to call a program, rather than calling it: it has options in brackets or places for names.
pub(super) fn is_synopsis(text: &str) -> bool {
    let ours = matches!(program(text), Some("passerelle" | "cargo"));
    let place = |word: &str| {
        let word = word.trim_matches(|c: char| "[]().".contains(c));
        let name = word.split(['|', ':', '/', '[']).next().unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    ours && (text.contains(" [") || text.contains("...") || text.contains('…') || words(text).into_iter().any(place))
}

/// The words, without assignments in front and a comment behind.
pub(super) fn words(text: &str) -> Vec<&str> {
    let text = text.split(" #").next().unwrap_or(text);
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_assignment = |word: &&str| word.split_once('=').is_some_and(|(name, _)| is_name(name));
    // What is assigned may be what a command says: `x=$(command …)`.
    let inner = |word| match str::split_once(word, "=$(") {
        Some((name, command)) if is_name(name) && !command.is_empty() => command,
        _ => word,
    };
    text.split_whitespace().map(inner).skip_while(is_assignment).collect()
}

/// The first word that is not an assignment.
pub(super) fn program(text: &str) -> Option<&str> {
    words(text).first().copied()
}

/// The single commands of a line, between `|`, `&&`, `;` and at its end `&`.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let text = text.split(" #").next().unwrap_or(text).trim().trim_end_matches('&').trim();
    let parts = text.split(" && ").flat_map(|text| text.split(" | ")).flat_map(|text| text.split("; "));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The exit code that a comment behind the command tells of (`# exit 1`); 0 where there is none.
pub(super) fn exit_code(text: &str) -> u8 {
    let comment = text.split_once(" #").map_or("", |(_, comment)| comment);
    let words: Vec<&str> = comment.split([' ', ',', '.', ':']).collect();
    let at = words.iter().position(|word| matches!(*word, "exit" | "exits" | "Exit"));
    let code = at.and_then(|at| words[at + 1..].iter().find(|word| !matches!(**word, "code" | "with")));
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// The long options that are named, `--x` of `[--x NAME|--y]`.
pub(super) fn options(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.len() > 2 && word.starts_with("--")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_joined_over_lines() {
        let block = "# why\nprogram a \\\n    b --c\n\npasserelle x FILE [--y]\n           [--z]\n$ next &\n";
        let found: Vec<(usize, String)> = lines(block, 10).into_iter().map(|line| (line.number, line.text)).collect();
        let expected = [(11, "program a b --c"), (14, "passerelle x FILE [--y] [--z]"), (16, "next &")];
        assert_eq!(found, expected.map(|(number, text)| (number, text.to_owned())));
    }

    #[test]
    fn a_synopsis_is_told_from_a_call() {
        for text in
            ["passerelle verify FILE|-", "passerelle spf --ip A", "cargo fuzz tmin TARGET FILE", "passerelle x [--y]"]
        {
            assert!(is_synopsis(text), "{text}");
        }
        for text in [
            "passerelle verify examples/message.eml -v",
            "A=B cargo run",
            "dig TXT example.com",
            "passerelle send a.eml --to 127.0.0.1:2525 &",
        ] {
            assert!(!is_synopsis(text), "{text}");
        }
    }

    #[test]
    fn words_parts_and_comments() {
        assert_eq!(words("A=1 B=x cargo run --c=d # why"), ["cargo", "run", "--c=d"]);
        assert_eq!(parts("a b | c && d; e &"), ["a b", "c", "d", "e"]);
        assert_eq!(exit_code("passerelle verify x # not authenticated: exits with 1"), 1);
        assert_eq!(exit_code("passerelle verify x # exit code 2, usage"), 2);
        assert_eq!(exit_code("passerelle verify x"), 0);
        assert_eq!(options("passerelle x [--y A|--z-w] -- --v=1"), ["--y", "--z-w", "--v"]);
    }
}
