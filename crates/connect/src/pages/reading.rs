//! What a web page says: its text, title, language, links, and whether it may be kept and followed.
//!
//! Read by tokens, without a tree: time and memory grow with the length of a page alone, whatever nests in it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use brain_egress::Url;
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Bytes of a page in which it may say its encoding (HTML, 13.2.3.2).
const ENCODING_BYTES: usize = 1_024;
/// Given to the tokenizer at once, bytes.
const PIECE_BYTES: usize = 4_096;
/// Words that one tag or comment may hold. The tokenizer holds each attribute against all before it.
const SEPARATORS_MAX: usize = 8_000;
/// Links of a page that are looked at.
const LINKS_MAX: usize = 5_000;
/// Longest title, characters.
const TITLE_CHARACTERS_MAX: usize = 500;
/// Longest tag of a language, bytes (RFC 5646 §4.4.1).
const LANGUAGE_BYTES_MAX: usize = 35;
/// Elements that are no text of the page.
const DROPPED: [&str; 20] = [
    "nav", "footer", "aside", "script", "style", "noscript", "template", "svg", "math", "iframe", "object",
    "canvas", "audio", "video", "select", "button", "textarea", "dialog", "head", "noframes",
];
/// Elements that a head may hold.
const HEAD: [&str; 10] =
    ["head", "title", "base", "meta", "link", "script", "style", "noscript", "template", "noframes"];
/// Elements that stand on lines of their own.
const LINES: [&str; 36] = [
    "address",
    "article",
    "blockquote",
    "body",
    "br",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "thead",
    "title",
    "tr",
    "ul",
];

/// What was read of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its title.
    pub title: Option<String>,
    /// Tag of the language it says it is in.
    pub language: Option<String>,
    /// Its visible text, a line per block: that of `<main>` or `<article>` where there is one.
    pub text: String,
    /// Addresses of its links that may be followed, each once.
    pub links: Vec<Url>,
    /// How many links it has, those that may not be followed included.
    pub links_count: u64,
    /// Whether it lets itself be kept (no `noindex`).
    pub index: bool,
    /// Whether it lets its links be followed (no `nofollow`).
    pub follow: bool,
}

impl Reading {
    /// Read a page. `None` where one tag or comment of it holds more than is reasonable.
    pub fn of(body: &[u8], content_type: Option<&str>, address: &Url, agent: &str) -> Option<Self> {
        let page = decoded(body, content_type);
        let tokenizer = Tokenizer::new(Gatherer::new(agent), TokenizerOpts::default());
        let (queue, mut rest, mut apart) = (BufferQueue::default(), page.as_str(), 0);
        while !rest.is_empty() {
            let cut = (0..=PIECE_BYTES.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at));
            let (piece, later) = rest.split_at(cut.filter(|at| *at > 0).unwrap_or(rest.len()));
            let before = tokenizer.sink.tokens.get();
            queue.push_back(StrTendril::from(piece));
            // It stops for scripts alone, and no sink of ours asks for that.
            let _ = tokenizer.feed(&queue);
            apart = if tokenizer.sink.tokens.get() == before { apart } else { 0 };
            apart += separators(piece);
            if apart > SEPARATORS_MAX {
                return None;
            }
            rest = later;
        }
        tokenizer.end();
        Some(tokenizer.sink.gathered.into_inner().finish(address))
    }

    /// Heed a header `X-Robots-Tag`.
    pub fn heed(&mut self, header: &str, agent: &str) {
        heed(header, agent, &mut self.index, &mut self.follow);
    }
}

/// How often something that may stand between two attributes begins.
fn separators(piece: &str) -> usize {
    let apart = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'"' | b'\'');
    let (mut before, mut count) = (false, 0);
    for byte in piece.bytes() {
        let now = apart(byte);
        count += usize::from(now && !before);
        before = now;
    }
    count
}

/// The text of a page: by its mark, what its header says, what it says itself, UTF-8 or GB18030 where it fits.
fn decoded(body: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(body.get(mark..).unwrap_or_default()).0.into_owned();
    }
    let head = body.get(..ENCODING_BYTES).unwrap_or(body);
    // A page whose letters could be read to find it there is not in UTF-16, whatever it says.
    let inside = || charset(head).map(|said| if said == UTF_16LE || said == UTF_16BE { UTF_8 } else { said });
    let said = content_type.and_then(|text| charset(text.as_bytes())).or_else(inside);
    let encoding = said.unwrap_or_else(|| {
        let fits = |encoding: &'static Encoding| !encoding.decode_without_bom_handling(body).1;
        if !fits(UTF_8) && fits(GB18030) { GB18030 } else { UTF_8 }
    });
    encoding.decode_without_bom_handling(body).0.into_owned()
}

/// The encoding that follows `charset=`.
fn charset(text: &[u8]) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let at = lower.windows(8).position(|window| window == b"charset=")?;
    let rest = lower.get(at + 8..)?;
    let label = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = label.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_:.".contains(byte));
    Encoding::for_label(label.get(..end.unwrap_or(label.len()))?)
}

/// Heed rules for robots: a list of words, those behind `name:` for that robot alone.
fn heed(rules: &str, agent: &str, index: &mut bool, follow: &mut bool) {
    let mut ours = true;
    for rule in rules.split(',') {
        let mut rule = rule.trim();
        if let Some((name, rest)) = rule.split_once(':') {
            let name = name.trim();
            if name.starts_with("max-") || name.eq_ignore_ascii_case("unavailable_after") {
                continue;
            }
            ours = name.eq_ignore_ascii_case(agent);
            rule = rest.trim();
        }
        let is = |word: &str| rule.eq_ignore_ascii_case(word);
        if ours {
            *index &= !is("noindex") && !is("none");
            *follow &= !is("nofollow") && !is("none");
        }
    }
}

/// Lines of text as they are gathered.
#[derive(Default)]
struct Lines {
    done: String,
    line: String,
}

impl Lines {
    fn end_line(&mut self) {
        let mut words = self.line.split_whitespace();
        if let Some(first) = words.next() {
            if !self.done.is_empty() {
                self.done.push('\n');
            }
            self.done.push_str(first);
            words.for_each(|word| {
                self.done.push(' ');
                self.done.push_str(word);
            });
        }
        self.line.clear();
    }

    fn finish(mut self) -> String {
        self.end_line();
        self.done
    }
}

/// What tokens have said so far.
struct Gathered {
    agent: String,
    reading: Reading,
    /// Text of the whole page, and of its main parts.
    whole: Lines,
    main: Lines,
    /// How many main parts are open.
    mains: usize,
    /// The dropped element that is open, and how many of its name.
    dropped: Option<(String, usize)>,
    title: Option<String>,
    in_title: bool,
    base: Option<String>,
    links: Vec<(String, bool)>,
}

impl Gathered {
    fn tag(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        match tag.kind {
            TagKind::StartTag => self.start(name, tag),
            TagKind::EndTag => self.in_title &= name != "title",
        }
        let opens = tag.kind == TagKind::StartTag;
        if self.drops(name, opens, tag.self_closing) {
            return;
        }
        if LINES.contains(&name) {
            self.whole.end_line();
            self.main.end_line();
        } else if matches!(name, "td" | "th") {
            self.text(" ");
        }
        if matches!(name, "main" | "article") {
            self.mains = if opens { self.mains + 1 } else { self.mains.saturating_sub(1) };
        }
    }

    /// Whether a tag belongs to what is no text of the page.
    fn drops(&mut self, name: &str, opens: bool, self_closing: bool) -> bool {
        // What belongs to no head ends one that was left open (HTML, 13.2.6.4.4).
        if opens && !HEAD.contains(&name) && self.dropped.as_ref().is_some_and(|(open, _)| open == "head") {
            self.dropped = None;
        }
        // Elements of HTML do not close themselves, whatever their slash says.
        let closed = self_closing && matches!(name, "svg" | "math");
        match &mut self.dropped {
            None => {
                if opens && !closed && DROPPED.contains(&name) {
                    self.dropped = Some((name.to_owned(), 1));
                }
                self.dropped.is_some()
            }
            Some((dropped, open)) => {
                if dropped == name && !closed {
                    *open = if opens { *open + 1 } else { *open - 1 };
                }
                if *open == 0 {
                    self.dropped = None;
                }
                true
            }
        }
    }

    fn start(&mut self, name: &str, tag: &Tag) {
        let attribute = |wanted: &str| {
            tag.attrs.iter().find(|attribute| &*attribute.name.local == wanted).map(|found| &*found.value)
        };
        match name {
            "html" => {
                let said = attribute("lang").map(str::trim).filter(|tag| is_language(tag));
                self.reading.language = self.reading.language.take().or(said.map(str::to_owned));
            }
            "title" => self.in_title = self.title.is_none(),
            "base" => self.base = self.base.take().or_else(|| attribute("href").map(str::to_owned)),
            "meta" => {
                let whom = attribute("name").unwrap_or_default().trim();
                if whom.eq_ignore_ascii_case("robots") || whom.eq_ignore_ascii_case(&self.agent) {
                    let rules = attribute("content").unwrap_or_default();
                    heed(rules, &self.agent, &mut self.reading.index, &mut self.reading.follow);
                }
            }
            "a" | "area" => {
                if let Some(target) = attribute("href") {
                    self.reading.links_count += 1;
                    let mut rel = attribute("rel").unwrap_or_default().split_whitespace();
                    let follow = !rel.any(|word| word.eq_ignore_ascii_case("nofollow"));
                    if self.links.len() < LINKS_MAX {
                        self.links.push((target.trim().to_owned(), follow));
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            self.title.get_or_insert_default().push_str(text);
        } else if self.dropped.is_none() {
            self.whole.line.push_str(text);
            if self.mains > 0 {
                self.main.line.push_str(text);
            }
        }
    }

    fn finish(self, address: &Url) -> Reading {
        let mut reading = self.reading;
        let title = self.title.unwrap_or_default();
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        reading.title = Some(title.chars().take(TITLE_CHARACTERS_MAX).collect())
            .filter(|title: &String| !title.is_empty());
        let (whole, main) = (self.whole.finish(), self.main.finish());
        reading.text = if main.is_empty() { whole } else { main };
        let base = self.base.and_then(|base| address.join(&base).ok());
        let base = base.as_ref().unwrap_or(address);
        let mut seen = BTreeSet::new();
        for (target, follow) in self.links {
            let Ok(mut link) = base.join(&target) else { continue };
            link.set_fragment(None);
            if follow && matches!(link.scheme(), "http" | "https") && seen.insert(link.to_string()) {
                reading.links.push(link);
            }
        }
        reading
    }
}

/// Whether a text is a tag of a language.
pub(super) fn is_language(tag: &str) -> bool {
    (2..=LANGUAGE_BYTES_MAX).contains(&tag.len())
        && tag.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
}

/// Takes tokens in.
struct Gatherer {
    gathered: RefCell<Gathered>,
    tokens: Cell<u64>,
}

impl Gatherer {
    fn new(agent: &str) -> Self {
        Self {
            gathered: RefCell::new(Gathered {
                agent: agent.to_owned(),
                reading: Reading { index: true, follow: true, ..Reading::default() },
                whole: Lines::default(),
                main: Lines::default(),
                mains: 0,
                dropped: None,
                title: None,
                in_title: false,
                base: None,
                links: Vec::new(),
            }),
            tokens: Cell::new(0),
        }
    }
}

impl TokenSink for Gatherer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                self.tokens.set(self.tokens.get() + 1);
                self.gathered.borrow_mut().tag(&tag);
                if tag.kind == TagKind::StartTag {
                    return match &*tag.name {
                        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
                        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                        "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                            TokenSinkResult::RawData(RawKind::Rawtext)
                        }
                        _ => TokenSinkResult::Continue,
                    };
                }
            }
            Token::CharacterTokens(text) => {
                self.tokens.set(self.tokens.get() + 1);
                self.gathered.borrow_mut().text(&text);
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests;
