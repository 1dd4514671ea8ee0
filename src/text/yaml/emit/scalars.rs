//! Styles of text: plain, single-quoted, double-quoted, literal block.

use super::{Form, Writer, scalar};

/// The styles that a text allows.
struct Allowed {
    plain: bool,
    single: bool,
    block: bool,
}

impl Writer {
    /// Writes a string in the simplest style that reads back as that string.
    pub(super) fn string(&mut self, text: &str, folds: bool) {
        let allowed = analyse(text, self.form);
        if text.contains('\n') {
            if folds && allowed.block {
                self.literal(text);
            } else {
                self.double(text, folds);
            }
        } else if scalar::needs_quotes(text) || !allowed.single {
            self.double(text, folds);
        } else if allowed.plain {
            self.plain(text, folds);
        } else {
            self.single_quoted(text, folds);
        }
    }

    /// Writes text as it is.
    pub(super) fn plain(&mut self, text: &str, folds: bool) {
        if !self.whitespace && !self.out.is_empty() {
            self.put(' ');
        }
        self.folded(text, folds, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, folds: bool) {
        self.indicator("'", true, false, false);
        self.folded(text, folds, true);
        self.indicator("'", false, false, false);
    }

    /// Text without line breaks, folded at single blanks past the width.
    fn folded(&mut self, text: &str, folds: bool, quoted: bool) {
        if self.form == Form::Manifest && !quoted {
            self.out.push_str(text);
            self.column += text.chars().count();
            self.indention &= text.bytes().all(|byte| byte == b' ');
            return;
        }
        let mut chars = text.char_indices().peekable();
        let mut after_blank = false;
        while let Some((at, c)) = chars.next() {
            let inside = !quoted || (at > 0 && at + 1 < text.len());
            let next_is_blank = chars.peek().is_some_and(|&(_, next)| next == ' ');
            if c == ' ' && folds && !after_blank && self.is_full() && inside && !next_is_blank {
                self.line_start();
            } else {
                if quoted && c == '\'' {
                    self.put('\'');
                }
                self.put(c);
            }
            after_blank = c == ' ';
            if !after_blank {
                self.indention = false;
            }
        }
    }

    fn double(&mut self, text: &str, folds: bool) {
        self.indicator("\"", true, false, false);
        let mut chars = text.char_indices().peekable();
        let mut after_blank = false;
        while let Some((at, c)) = chars.next() {
            let inside = at > 0 && at + 1 < text.len();
            if !is_printable(c, self.form) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                after_blank = false;
            } else if c == ' ' && folds && !after_blank && self.is_full() && inside {
                self.line_start();
                if chars.peek().is_some_and(|&(_, next)| next == ' ') {
                    self.put('\\');
                }
                after_blank = true;
            } else {
                self.put(c);
                after_blank = c == ' ';
            }
        }
        self.indicator("\"", false, false, false);
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0b' => 'v',
            '\x0c' => 'f',
            '\r' => 'r',
            '\x1b' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(c);
                let long = match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                long.chars().for_each(|c| self.put(c));
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| is_white(c) || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut backwards = text.chars().rev();
        let last_breaks = backwards.next().is_some_and(is_break);
        if !last_breaks {
            self.indicator("-", false, false, false);
        } else if backwards.next().is_none_or(is_break) {
            self.indicator("+", false, false, false);
        }
        self.line_feed();
        self.indention = true;
        self.whitespace = true;
        let mut at_start = true;
        for c in text.chars() {
            if is_break(c) {
                self.out.push(c);
                self.column = 0;
                self.indention = true;
                at_start = true;
            } else {
                if at_start {
                    self.line_start();
                }
                self.put(c);
                self.indention = false;
                at_start = false;
            }
        }
    }
}

fn analyse(text: &str, form: Form) -> Allowed {
    let mut allowed = Allowed {
        plain: !text.starts_with("---") && !text.starts_with("..."),
        single: true,
        block: true,
    };
    let (mut before_blank, mut before_break) = (false, false);
    let mut before_white = true;
    let mut chars = text.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let before_end_or_white = chars.peek().is_none_or(|&next| is_white(next));
        let indicator = match c {
            '#' => first || before_white,
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => first,
            '?' | '-' => first && before_end_or_white,
            ':' => before_end_or_white,
            _ => false,
        };
        allowed.plain &= !indicator && !is_break(c);
        let special = !is_printable(c, form);
        let tab_in_block = c == '\t' && form == Form::Manifest && chars.peek().is_some();
        let (blank, breaks) = (c == ' ', is_break(c));
        if (blank || breaks) && (first || chars.peek().is_none()) {
            allowed.plain = false;
        }
        if blank && chars.peek().is_none() {
            allowed.block = false;
        }
        if blank && before_break {
            allowed.single = false;
        }
        if special || (breaks && before_blank) {
            allowed.single = false;
            // Blanks at the end of a line and tabs stay what they are in a block.
            allowed.block &= form == Form::Manifest && (tab_in_block || !special);
        }
        (before_blank, before_break) = (blank, breaks);
        before_white = is_white(c) || breaks;
        first = false;
    }
    allowed.plain &= allowed.single;
    allowed
}

fn is_white(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// A line break of YAML 1.1.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What is written without an escape: nothing above U+FFFF by the old library,
/// no break but a line feed in manifests, since readers disagree on the others.
fn is_printable(c: char, form: Form) -> bool {
    match form {
        Form::Manifest if is_break(c) => c == '\n',
        Form::Manifest if c >= '\u{10000}' => true,
        _ => {
            matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
        }
    }
}
