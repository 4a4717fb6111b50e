//! The code in a Markdown file: fenced blocks and spans.

/// A piece of code, and where it begins, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) line: usize,
    pub(super) kind: Kind,
    pub(super) text: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A fenced block, with what is written behind the fence.
    Block(String),
    /// Code in a sentence; a line's end in it is a space.
    Span,
}

/// All the code of a file, in its order.
pub(super) fn code(markdown: &str) -> Vec<Code> {
    let mut found = Vec::new();
    let mut prose: Vec<(usize, &str)> = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            prose.push((index + 1, line));
            if line.trim().is_empty() {
                spans(&prose, &mut found);
                prose.clear();
            }
            continue;
        };
        spans(&prose, &mut found);
        prose.clear();
        let indent = line.len() - line.trim_start().len();
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| !line.trim_start().starts_with("```"));
        let body: Vec<&str> = body.map(|line| line.get(indent..).unwrap_or(line.trim_start())).collect();
        found.push(Code { line: index + 2, kind: Kind::Block(info.trim().to_owned()), text: body.join("\n") });
    }
    spans(&prose, &mut found);
    found
}

/// The spans of a paragraph, which may go over the ends of its lines.
fn spans(paragraph: &[(usize, &str)], found: &mut Vec<Code>) {
    let mut open: Option<(usize, String)> = None;
    for (number, line) in paragraph {
        for (index, part) in line.split('`').enumerate() {
            if index > 0 {
                open = match open.take() {
                    None => Some((*number, String::new())),
                    Some((line, text)) => {
                        found.push(Code { line, kind: Kind::Span, text });
                        None
                    }
                };
            }
            if let Some((_, text)) = &mut open {
                text.push_str(if index == 0 { part.trim_start() } else { part });
            }
        }
        if let Some((_, text)) = &mut open {
            text.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: usize, text: &str) -> Code {
        Code { line, kind: Kind::Span, text: text.into() }
    }

    #[test]
    fn blocks_and_spans_are_found_with_their_lines() {
        let markdown =
            "# Title\n\nRun `a b` or `c\n  d`.\n\n```sh\none\n  two\n```\nthen `e`\n  ```json\n  {}\n  ```\n";
        let block = |line, info: &str, text: &str| Code { line, kind: Kind::Block(info.into()), text: text.into() };
        let expected =
            [span(3, "a b"), span(3, "c d"), block(7, "sh", "one\n  two"), span(10, "e"), block(12, "json", "{}")];
        assert_eq!(code(markdown), expected);
    }

    #[test]
    fn a_span_ends_with_its_paragraph() {
        assert_eq!(code("an odd ` here\n\nand `x`\n"), [span(3, "x")]);
    }
}
