//! Finding commands in a Markdown file.

/// The commands of the first fenced block marked `sh` or `console`; lines that end in a backslash are joined with the next.
pub(crate) fn first_commands(markdown: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut continued = false;
    for line in first_block(markdown) {
        let (text, continues) = match line.strip_suffix('\\') {
            Some(text) => (text.trim(), true),
            None => (line.trim(), false),
        };
        let text = text.strip_prefix("$ ").unwrap_or(text);
        match commands.last_mut() {
            Some(command) if continued => {
                command.push(' ');
                command.push_str(text);
            }
            _ if text.is_empty() || text.starts_with('#') => {}
            _ => commands.push(text.to_owned()),
        }
        continued = continues;
    }
    commands
}

fn first_block(markdown: &str) -> impl Iterator<Item = &str> {
    markdown
        .lines()
        .skip_while(|line| !matches!(line.trim(), "```sh" | "```console"))
        .skip(1)
        .take_while(|line| line.trim() != "```")
}

#[cfg(test)]
mod tests {
    use super::first_commands;

    #[test]
    fn the_first_block_counts_and_lines_are_joined() {
        let markdown = "# Title\n```rust\nlet x;\n```\n```sh\n# a comment\ncargo run --release -- verify \\\n    a.eml --json\n\n$ cargo xtask test\n```\n```sh\nother\n```\n";
        assert_eq!(first_commands(markdown), ["cargo run --release -- verify a.eml --json", "cargo xtask test"]);
    }

    #[test]
    fn a_file_without_a_block_has_no_commands() {
        assert!(first_commands("# Title\n\ncargo run\n").is_empty());
        assert!(first_commands("```sh\n```\n").is_empty());
    }
}
