//! Reading `Authentication-Results`.

use thiserror::Error;

use super::{
    AuthenticationResults, MethodResult, Property, is_keyword_character, is_plain_pvalue, is_token, is_token_character,
    keyword, value,
};
use crate::limits::{
    MAX_METHOD_RESULTS, MAX_RESULT_KEYWORD, MAX_RESULT_PROPERTIES, MAX_RESULT_VALUE, MAX_RESULTS_SIZE,
};
use crate::mailbox::{AddressError, Cursor, is_atext, is_wsp};
use crate::message::unfold;

/// A field's content, and where it departs from the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedResults {
    /// The content.
    pub results: AuthenticationResults,
    /// What was let pass, each once, in order; empty for a field that RFC 8601 §2.2 allows.
    pub leniencies: Vec<Leniency>,
    /// What stands between semicolons and is no result, in order: with [`Leniency::SkippedItem`].
    pub skipped: Vec<Skipped>,
}

/// A part of a field that was passed over, so that the others are not lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The part, from one semicolon to the next, cut to what the engine keeps.
    pub text: String,
    /// Why it is no result.
    pub because: ResultsError,
}

/// A departure from RFC 8601 §2.2 that is common in real fields and is let pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leniency {
    /// The field begins with a result; it has no authserv-id (Exchange).
    MissingAuthservId,
    /// There are no results and no `none`.
    NoResults,
    /// A semicolon behind the last result.
    TrailingSemicolon,
    /// Two semicolons in a row.
    EmptyResult,
    /// An underscore in a keyword.
    Underscore,
    /// A value without quotes although it has characters that want them, such as the slashes of `header.b`.
    UnquotedValue,
    /// Nothing behind the equals sign, as with the null reverse-path in `smtp.mailfrom=`.
    EmptyValue,
    /// A reason of several words without quotes.
    UnquotedReason,
    /// The reason stands behind a property.
    LateReason,
    /// A property without a type, such as `action=none` (Exchange).
    BareProperty,
    /// What stands between two semicolons is no result, such as `gateway.spf=pass` or a bare host name, and was skipped; so
    /// was `none` beside results. [`ParsedResults::skipped`] has it.
    SkippedItem,
    /// A value or keyword was longer than the engine keeps; its beginning was kept.
    Shortened,
}

/// Why a text is not the value of an `Authentication-Results` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// More than [`MAX_RESULTS_SIZE`] octets.
    #[error("the field has more than {MAX_RESULTS_SIZE} octets")]
    TooLong,
    /// Octets that are not UTF-8 (RFC 6532 §3.1).
    #[error("the field is not valid UTF-8")]
    NotUtf8,
    /// A control character, a bare CR or LF among them.
    #[error("the field has a control character")]
    Control,
    /// A comment that is not closed or too deep.
    #[error("the parentheses of comments do not match, or are nested too deep")]
    Comment,
    /// A quoted string that is not closed.
    #[error("a quoted string is not closed")]
    Quote,
    /// The authserv-id is missing or malformed.
    #[error("the authserv-id is missing or malformed")]
    AuthservId,
    /// Something other than a version between the authserv-id and the first semicolon, or a version that is no number.
    #[error("the version is malformed")]
    Version,
    /// What should be `method=result` is not.
    #[error("a method or its result is malformed")]
    Method,
    /// What should be `ptype.property=value` is not.
    #[error("a property is malformed")]
    Property,
    /// A second reason for one result.
    #[error("a result has two reasons")]
    SecondReason,
    /// `none` beside results.
    #[error("there is 'none' beside results")]
    NoneBesideResults,
    /// More results, or properties of one, than are read.
    #[error("there are more than {MAX_METHOD_RESULTS} results, or {MAX_RESULT_PROPERTIES} properties of one")]
    TooMany,
}

impl From<AddressError> for ResultsError {
    /// From the tokens that address lists and this field share.
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Quote => Self::Quote,
            AddressError::Control => Self::Control,
            _ => Self::Comment,
        }
    }
}

impl AuthenticationResults {
    /// Reads the value of a field, which is what follows the colon.
    ///
    /// A part between semicolons that is no result is skipped, where there is another that is one.
    ///
    /// # Errors
    /// [`ResultsError`] says what is wrong first. Quotes and parentheses that do not match are wrong wherever they
    /// stand: there is no telling then which semicolons separate.
    pub fn parse(field_value: &[u8]) -> Result<ParsedResults, ResultsError> {
        if field_value.len() > MAX_RESULTS_SIZE {
            return Err(ResultsError::TooLong);
        }
        let unfolded = unfold(field_value);
        let text = unfolded.strip_suffix(b"\r\n").unwrap_or(&unfolded);
        let text = str::from_utf8(text).map_err(|_| ResultsError::NotUtf8)?;
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(ResultsError::Control);
        }
        let mut parser = Parser { cursor: Cursor::new(text), leniencies: Vec::new(), skipped: Vec::new() };
        let results = parser.field()?;
        Ok(ParsedResults { results, leniencies: parser.leniencies, skipped: parser.skipped })
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    leniencies: Vec<Leniency>,
    skipped: Vec<Skipped>,
}

impl<'a> Parser<'a> {
    fn field(&mut self) -> Result<AuthenticationResults, ResultsError> {
        self.cursor.skip_cfws()?;
        let has_id = !self.begins_with_result()?;
        let mut field = AuthenticationResults::new("");
        if has_id {
            field.authserv_id = self.authserv_id()?;
            field.version = self.version()?;
            if self.cursor.is_at_end() {
                self.note(Leniency::NoResults);
                return Ok(field);
            }
            self.cursor.eat(';'); // `version` saw it
        } else {
            self.note(Leniency::MissingAuthservId);
        }
        let mut none = None;
        loop {
            self.cursor.skip_cfws()?;
            if self.cursor.is_at_end() {
                let is_empty = field.results.is_empty() && none.is_none() && self.skipped.is_empty();
                self.note(if is_empty { Leniency::NoResults } else { Leniency::TrailingSemicolon });
                break;
            }
            if self.cursor.eat(';') {
                self.note(Leniency::EmptyResult);
                continue;
            }
            let start = self.cursor.clone();
            match self.item() {
                Ok(None) => none = Some(start),
                Ok(Some(result)) => field.push(result),
                Err(because @ (ResultsError::Method | ResultsError::Property | ResultsError::SecondReason)) => {
                    self.cursor = start;
                    self.skip(because)?;
                }
                Err(error) => return Err(error),
            }
            if field.results.len() + self.skipped.len() > MAX_METHOD_RESULTS {
                return Err(ResultsError::TooMany);
            }
            if self.cursor.is_at_end() {
                break;
            }
            self.cursor.eat(';'); // an item ends there or at the end
        }
        match (none, self.skipped.first()) {
            (Some(start), _) if !field.results.is_empty() => {
                self.cursor = start;
                self.skip(ResultsError::NoneBesideResults)?;
            }
            // Where nothing could be read, this is no such field.
            (None, Some(first)) if field.results.is_empty() => return Err(first.because),
            _ => {}
        }
        Ok(field)
    }

    /// A result that ends at a semicolon or the end; `None` for `none`.
    fn item(&mut self) -> Result<Option<MethodResult>, ResultsError> {
        let result = self.result()?;
        match self.cursor.peek() {
            None | Some(';') => Ok(result),
            Some(_) => Err(ResultsError::Property),
        }
    }

    /// Passes over what is no result, up to the semicolon behind it: one in a comment or in quotes is none.
    fn skip(&mut self, because: ResultsError) -> Result<(), ResultsError> {
        let start = self.cursor.rest();
        loop {
            self.cursor.skip_cfws()?;
            match self.cursor.peek() {
                None | Some(';') => break,
                Some('"') => {
                    self.cursor.eat('"');
                    self.cursor.quoted()?;
                }
                Some(_) => {
                    self.cursor.next();
                }
            }
        }
        let text = &start[..start.len() - self.cursor.rest().len()];
        self.note(Leniency::SkippedItem);
        self.skipped.push(Skipped { text: value(text.trim()), because });
        Ok(())
    }

    /// Whether the field begins with `method=` instead of an authserv-id.
    fn begins_with_result(&self) -> Result<bool, ResultsError> {
        let mut ahead = self.cursor.clone();
        if ahead.take_while(is_keyword_character).is_empty() {
            return Ok(false);
        }
        ahead.skip_cfws()?;
        Ok(ahead.eat('='))
    }

    fn authserv_id(&mut self) -> Result<String, ResultsError> {
        let id = if self.cursor.eat('"') {
            self.cursor.quoted()?
        } else {
            let id = self.cursor.take_while(|c| is_token_character(c) || !c.is_ascii());
            if id.is_empty() {
                return Err(ResultsError::AuthservId);
            }
            if !id.is_ascii() {
                self.note(Leniency::UnquotedValue);
            }
            id.to_owned()
        };
        match self.cursor.peek() {
            None | Some(' ' | '\t' | '(' | ';') => Ok(self.value(&id)),
            Some(_) => Err(ResultsError::AuthservId),
        }
    }

    /// The version, if any; the cursor is then at the first semicolon or the end.
    fn version(&mut self) -> Result<Option<u32>, ResultsError> {
        self.cursor.skip_cfws()?;
        let digits = self.cursor.take_while(|c| c.is_ascii_digit());
        let version = match digits {
            "" => None,
            digits => Some(digits.parse().map_err(|_| ResultsError::Version)?),
        };
        self.cursor.skip_cfws()?;
        match self.cursor.peek() {
            None | Some(';') => Ok(version),
            Some(_) => Err(ResultsError::Version),
        }
    }

    /// `methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]`, or `None` for `none`; the cursor is then at a semicolon, at
    /// the end, or at what is wrong.
    fn result(&mut self) -> Result<Option<MethodResult>, ResultsError> {
        let method = self.keyword(ResultsError::Method)?;
        self.cursor.skip_cfws()?;
        if method == "none" && matches!(self.cursor.peek(), None | Some(';')) {
            return Ok(None);
        }
        let mut version = None;
        if self.cursor.eat('/') {
            self.cursor.skip_cfws()?;
            let digits = self.cursor.take_while(|c| c.is_ascii_digit());
            version = Some(digits.parse().map_err(|_| ResultsError::Method)?);
            self.cursor.skip_cfws()?;
        }
        if !self.cursor.eat('=') {
            return Err(ResultsError::Method);
        }
        self.cursor.skip_cfws()?;
        let result = self.keyword(ResultsError::Method)?;
        let mut found = MethodResult { method, version, result, reason: None, properties: Vec::new() };
        while self.cursor.skip_cfws()? && !matches!(self.cursor.peek(), None | Some(';')) {
            self.reason_or_property(&mut found)?;
        }
        Ok(Some(found))
    }

    fn reason_or_property(&mut self, result: &mut MethodResult) -> Result<(), ResultsError> {
        let name = self.keyword(ResultsError::Property)?;
        self.cursor.skip_cfws()?;
        if self.cursor.eat('.') {
            self.cursor.skip_cfws()?;
            let property = self.keyword(ResultsError::Property)?;
            self.cursor.skip_cfws()?;
            return match self.cursor.eat('=') {
                true => self.property(result, name, property),
                false => Err(ResultsError::Property),
            };
        }
        if !self.cursor.eat('=') {
            return Err(ResultsError::Property);
        }
        if name != "reason" {
            self.note(Leniency::BareProperty);
            return self.property(result, String::new(), name);
        }
        if result.reason.is_some() {
            return Err(ResultsError::SecondReason);
        }
        if !result.properties.is_empty() {
            self.note(Leniency::LateReason);
        }
        result.reason = Some(self.reason()?);
        Ok(())
    }

    fn property(&mut self, result: &mut MethodResult, ptype: String, property: String) -> Result<(), ResultsError> {
        if result.properties.len() >= MAX_RESULT_PROPERTIES {
            return Err(ResultsError::TooMany);
        }
        let value = self.pvalue()?;
        result.properties.push(Property { ptype, property, value });
        Ok(())
    }

    /// `[CFWS] ( value / [ [ local-part ] "@" ] domain-name )`
    fn pvalue(&mut self) -> Result<String, ResultsError> {
        self.cursor.skip_cfws()?;
        let start = self.cursor.rest();
        if self.cursor.eat('"') {
            let content = self.cursor.quoted()?;
            // A quoted local part keeps its quotes: they are part of the mailbox.
            if !self.cursor.eat('@') {
                return self.ends_here(&content);
            }
            self.cursor.take_while(|c| is_atext(c) || c == '.');
            let mailbox = &start[..start.len() - self.cursor.rest().len()];
            return self.ends_here(mailbox);
        }
        let text = self.cursor.take_while(|c| !is_wsp(c) && !matches!(c, ';' | '('));
        if text.is_empty() {
            self.note(Leniency::EmptyValue);
        } else if !is_plain_pvalue(text) {
            self.note(Leniency::UnquotedValue);
        }
        Ok(self.value(text))
    }

    fn reason(&mut self) -> Result<String, ResultsError> {
        self.cursor.skip_cfws()?;
        if self.cursor.eat('"') {
            let content = self.cursor.quoted()?;
            return self.ends_here(&content);
        }
        let start = self.cursor.rest();
        let mut end = self.cursor.clone();
        let mut words = 0;
        loop {
            let mut ahead = end.clone();
            ahead.take_while(is_wsp);
            let word = ahead.take_while(|c| !is_wsp(c) && !matches!(c, ';' | '('));
            // The next property begins.
            if word.is_empty() || (words > 0 && word.contains('=')) {
                break;
            }
            words += 1;
            end = ahead;
        }
        let text = &start[..start.len() - end.rest().len()];
        self.cursor = end;
        match words {
            0 => self.note(Leniency::EmptyValue),
            1 if !is_token(text) => self.note(Leniency::UnquotedValue),
            1 => {}
            _ => self.note(Leniency::UnquotedReason),
        }
        Ok(self.value(text))
    }

    /// A value with quotes, when nothing clings to its end.
    fn ends_here(&mut self, text: &str) -> Result<String, ResultsError> {
        match self.cursor.peek() {
            None | Some(' ' | '\t' | '(' | ';') => Ok(self.value(text)),
            Some(_) => Err(ResultsError::Property),
        }
    }

    fn keyword(&mut self, missing: ResultsError) -> Result<String, ResultsError> {
        let text = self.cursor.take_while(is_keyword_character);
        if text.is_empty() || text.ends_with('-') {
            return Err(missing);
        }
        if text.contains('_') {
            self.note(Leniency::Underscore);
        }
        if text.len() > MAX_RESULT_KEYWORD {
            self.note(Leniency::Shortened);
        }
        Ok(keyword(text))
    }

    fn value(&mut self, text: &str) -> String {
        if text.len() > MAX_RESULT_VALUE {
            self.note(Leniency::Shortened);
        }
        value(text)
    }

    fn note(&mut self, leniency: Leniency) {
        if !self.leniencies.contains(&leniency) {
            self.leniencies.push(leniency);
        }
    }
}
