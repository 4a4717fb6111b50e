//! Second opinions: the plainest code that does what an RFC says, for inputs where that is certain.

/// The author's domain of a message whose header section nobody could read in two ways: printable ASCII, every line
/// ended by CRLF and a field of its own, and one `From` with a mailbox of letters, digits and hyphens.
pub fn author_domain(message: &[u8]) -> Option<String> {
    let text = str::from_utf8(message).ok()?;
    let (section, _) = text.split_once("\r\n\r\n")?;
    let mut domain = None;
    for line in section.split("\r\n") {
        let (name, value) = line.split_once(": ")?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return None;
        }
        if value.trim().is_empty() || !value.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return None;
        }
        if name.eq_ignore_ascii_case("from") && domain.replace(plain_mailbox(value)?).is_some() {
            return None;
        }
    }
    domain
}

/// The domain of `ann@a.example` and of `Ann Lee <ann@a.example>`.
fn plain_mailbox(value: &str) -> Option<String> {
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let address = match value.strip_suffix('>') {
        Some(named) => {
            let (name, address) = named.split_once(" <")?;
            name.split(' ').all(is_word).then_some(address)?
        }
        None => value,
    };
    let (local, domain) = address.split_once('@')?;
    let is_label = |label: &str| is_word(&label.replace('-', "x")) && label.len() < 64;
    let certain = is_word(local) && local.len() <= 64 && domain.len() < 250 && domain.split('.').all(is_label);
    certain.then(|| domain.to_ascii_lowercase())
}

/// The domains that the plainest readers take for the author's, each reader having its own idea of a line, of which `From`
/// counts and of what in it is the address.
pub fn authors(message: &[u8]) -> Vec<String> {
    let section = match message.windows(4).position(|window| window == b"\r\n\r\n") {
        _ if message.starts_with(b"\r\n") => &[],
        Some(at) => &message[..at],
        None => message,
    };
    let text: String = section.iter().map(|&b| char::from(b)).collect();
    let crlf = from_values(text.split("\r\n"));
    let lf = from_values(text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)));
    let mut found = Vec::new();
    for values in [crlf, lf] {
        for value in [values.first(), values.last()].into_iter().flatten() {
            let value = bare(value).unwrap_or_else(|| value.clone());
            found.extend(behind_last_angle(&value));
            found.extend(first_with_at(&value));
            found.extend(value.split('@').skip(1).filter_map(leading_domain));
        }
    }
    found
}

/// The values of `From` fields, folding undone, up to an empty line.
fn from_values<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let mut in_from = false;
    for line in lines.take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if in_from && let Some(value) = values.last_mut() {
                value.push_str(line);
            }
            continue;
        }
        let field =
            line.split_once(':').filter(|(name, _)| name.trim_end_matches([' ', '\t']).eq_ignore_ascii_case("from"));
        in_from = field.is_some();
        values.extend(field.map(|(_, value)| value.to_owned()));
    }
    values
}

/// A value without its quoted strings and comments; `None` where they do not match.
fn bare(value: &str) -> Option<String> {
    let (mut bare, mut depth, mut quoted) = (String::new(), 0, false);
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if quoted || depth > 0 => drop(characters.next()?),
            '"' if depth == 0 => {
                quoted = !quoted;
                bare.push(' ');
            }
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth > 0 => {}
            c => bare.push(c),
        }
        if depth < 0 {
            return None;
        }
    }
    (depth == 0 && !quoted).then_some(bare)
}

/// As of `Name <ann@a.example>`.
fn behind_last_angle(value: &str) -> Option<String> {
    let (_, behind) = value.rsplit_once('<')?;
    let (address, _) = behind.split_once('>')?;
    address.rsplit_once('@').and_then(|(_, domain)| leading_domain(domain))
}

/// As of `(Ann) ann@a.example, Bob <bob@b.example>`.
fn first_with_at(value: &str) -> Option<String> {
    let word = value.split([' ', '\t', ',', ';', '<', '>']).find(|word| word.contains('@'))?;
    word.rsplit_once('@').and_then(|(_, domain)| leading_domain(domain))
}

/// The name at the beginning of a text, if it is one for everyone.
fn leading_domain(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    // Another letter or an octet that is no text may be part of it.
    if text[end..].chars().next().is_some_and(|c| !c.is_ascii()) {
        return None;
    }
    let name = text[..end].trim_end_matches('.');
    let is_label = |label: &str| !label.is_empty() && label.len() < 64;
    (name.len() < 254 && name.split('.').all(is_label)).then(|| name.to_ascii_lowercase())
}

/// RFC 6376 §3.4.3.
pub fn simple_body(body: &[u8]) -> Vec<u8> {
    let mut body = body;
    while let Some(shorter) = body.strip_suffix(b"\r\n") {
        body = shorter;
    }
    [body, b"\r\n"].concat()
}

/// RFC 6376 §3.4.4.
pub fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = lines(body).into_iter().map(relaxed_line).collect();
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines.into_iter().flat_map(|line| [line, b"\r\n".to_vec()].concat()).collect()
}

/// RFC 6376 §3.4.2, for a field that was taken out of its header section, so that each CRLF in it is a fold.
pub fn relaxed_field(name: &[u8], value: &[u8]) -> Vec<u8> {
    let value = relaxed_line(lines(value).concat());
    let name = name.trim_ascii_end().to_ascii_lowercase();
    let value = value.strip_prefix(b" ").unwrap_or(&value);
    [&name, &b":"[..], value, b"\r\n"].concat()
}

/// The lines, of which CRLF alone ends one.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with(b"\r\n") {
            lines.push(&text[start..at]);
            at += 2;
            start = at;
        } else {
            at += 1;
        }
    }
    lines.push(&text[start..]);
    lines
}

/// Runs of white space become one space, and none at the end.
fn relaxed_line(line: impl AsRef<[u8]>) -> Vec<u8> {
    let mut relaxed = Vec::new();
    for octet in line.as_ref() {
        match octet {
            b' ' | b'\t' if relaxed.last() == Some(&b' ') => {}
            b' ' | b'\t' => relaxed.push(b' '),
            _ => relaxed.push(*octet),
        }
    }
    if relaxed.last() == Some(&b' ') {
        relaxed.pop();
    }
    relaxed
}

/// Expands a macro-string (RFC 7208 §7.3); `value` says what a letter stands for. `None` where the grammar has no such
/// string.
pub fn expand(text: &str, value: impl Fn(char) -> Option<String>) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        expanded += before;
        let sign = behind.chars().next()?;
        rest = &behind[sign.len_utf8()..];
        match sign {
            '%' => expanded.push('%'),
            '_' => expanded.push(' '),
            '-' => expanded += "%20",
            '{' => {
                let (inner, behind) = rest.split_once('}')?;
                expanded += &expand_macro(inner, &value)?;
                rest = behind;
            }
            _ => return None,
        }
    }
    Some(expanded + rest)
}

fn expand_macro(inner: &str, value: impl Fn(char) -> Option<String>) -> Option<String> {
    let letter = inner.chars().next()?;
    let value = value(letter.to_ascii_lowercase())?;
    let transformers = inner[letter.len_utf8()..].trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &inner[letter.len_utf8()..inner.len() - transformers.len()];
    let keep = match digits {
        "" => usize::MAX,
        // No value has as many parts as a number that is too large.
        digits => digits.parse().unwrap_or(usize::MAX),
    };
    let delimiters = transformers.strip_prefix(['r', 'R']).unwrap_or(transformers);
    if keep == 0 || !delimiters.chars().all(|c| ".-+,/_=".contains(c)) {
        return None;
    }
    let delimiters_or_dot = if delimiters.is_empty() { "." } else { delimiters };
    let mut parts: Vec<&str> = value.split(|c| delimiters_or_dot.contains(c)).collect();
    if delimiters.len() < transformers.len() {
        parts.reverse();
    }
    let kept = parts[parts.len().saturating_sub(keep)..].join(".");
    // RFC 7208 §7.3: an upper-case letter asks for URL escaping (RFC 3986 §2.3).
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let escape = |b: u8| if is_unreserved(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    Some(if letter.is_ascii_uppercase() { kept.bytes().map(escape).collect() } else { kept })
}
