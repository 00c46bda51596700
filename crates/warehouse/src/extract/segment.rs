//! Cutting a scope into items: punctuation, brackets, boilerplate and exclusions.

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};

use super::{Activity, ExtractError};

const BOILERPLATE: &str = include_str!("../../lexicon/boilerplate.csv");

/// What a marker phrase does to the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// Drops the clause it stands in (依法须经批准…).
    Clause,
    /// Drops the item it stands in (货物进出口).
    Item,
    /// Drops bracket content only (凭, 限, 有效期).
    Bracket,
    /// Drops from here to the end of the clause (不含).
    From,
    /// Drops from here to 外 or the end of the clause (除).
    Except,
    /// Drops the clause backwards (除外).
    Back,
    /// A heading that ends the item and starts afresh (一般经营项目).
    Heading,
    /// Protects a word that contains a marker (拆除, 除尘).
    Word,
}

impl Marker {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "clause" => Self::Clause,
            "item" => Self::Item,
            "bracket" => Self::Bracket,
            "from" => Self::From,
            "except" => Self::Except,
            "back" => Self::Back,
            "heading" => Self::Heading,
            "word" => Self::Word,
            _ => return None,
        })
    }
}

/// The compiled marker phrases.
pub(super) struct Markers {
    automaton: CharwiseDoubleArrayAhoCorasick<u32>,
    kinds: Vec<Marker>,
}

impl Markers {
    pub(super) fn new() -> Result<Self, ExtractError> {
        let mut patterns = Vec::new();
        let mut kinds = Vec::new();
        for line in BOILERPLATE.lines().filter(|line| !line.starts_with('#')) {
            let Some((pattern, kind)) = line.split_once(',') else { continue };
            let Some(kind) = Marker::parse(kind.trim()) else { continue };
            patterns.push((pattern.trim(), patterns.len() as u32));
            kinds.push(kind);
        }
        let automaton = CharwiseDoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build_with_values(patterns)
            .map_err(|error| ExtractError::Patterns(error.to_string()))?;
        Ok(Self { automaton, kinds })
    }
}

/// What ends an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stop {
    /// 、
    Pause,
    /// ，
    Comma,
    /// ：
    Colon,
    /// ；。 and the end of the text.
    #[default]
    Sentence,
}

/// One phrase between separators, brackets taken out.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    /// Evidence byte range in the scope.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Folded text in [`Work::text`].
    pub(super) text: (u32, u32),
    /// The noun part of the text, set by [`super::roles`]; empty for a verb alone.
    pub(super) noun: (u32, u32),
    pub(super) stop: Stop,
    /// Clause number: changes at ， ； 。 ：
    pub(super) clause: u32,
    /// Item that carried the bracket this item stood in.
    pub(super) parent: Option<u32>,
    pub(super) dropped: bool,
    /// Activities as bits of [`super::verb`].
    pub(super) acts: u8,
    /// Service verbs that govern the item, as indexes into the verb table.
    pub(super) service: [u8; 3],
    /// True when the item is a heading before a colon.
    pub(super) heading: bool,
}

/// Reusable buffers of one reading.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) text: String,
    pub(super) items: Vec<Item>,
    marks: Vec<(u32, u32, Marker)>,
    brackets: Vec<(u32, u32, u32)>,
}

impl Work {
    /// A slice of the folded text.
    pub(super) fn slice(&self, range: (u32, u32)) -> &str {
        self.text.get(range.0 as usize..range.1 as usize).unwrap_or("")
    }
}

impl Item {
    /// The words that name the thing: the noun, or the whole item where brackets or wide letters were taken out.
    pub(super) fn evidence(&self) -> (u32, u32) {
        // Folding and skipping only ever shorten the text, so equal lengths mean equal offsets.
        if self.end - self.start == self.text.1 - self.text.0 && self.noun.0 < self.noun.1 {
            (self.start + self.noun.0 - self.text.0, self.start + self.noun.1 - self.text.0)
        } else {
            (self.start, self.end)
        }
    }

    /// The activity that counts: making outranks trading, trading outranks serving.
    pub(super) fn activity(&self) -> Activity {
        if self.acts & super::verb::MAKE != 0 {
            Activity::Make
        } else if self.acts & super::verb::SERVICE != 0 && self.acts & super::verb::TRADE == 0 {
            Activity::Service
        } else {
            Activity::Trade
        }
    }
}

/// Upper-case half-width form, so that `Ｌｅｄ` and `LED` are one word.
pub(super) fn fold(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(character as u32 - 0xfee0).unwrap_or(character).to_ascii_uppercase()
        }
        _ => character.to_ascii_uppercase(),
    }
}

/// Cuts `scope` into items; bracket contents that are not notes follow at the end with their parent.
pub(super) fn segment(scope: &str, markers: &Markers, work: &mut Work) {
    work.text.clear();
    work.items.clear();
    work.marks.clear();
    work.brackets.clear();
    for found in markers.automaton.leftmost_find_iter(scope) {
        let kind = markers.kinds.get(found.value() as usize).copied().unwrap_or(Marker::Word);
        if kind != Marker::Word {
            work.marks.push((found.start() as u32, found.end() as u32, kind));
        }
    }
    let mut cutter = Cutter { scope, work, clause: 0, depth: 0 };
    cutter.run(0, scope.len(), None);
    let mut next = 0;
    while let Some((start, end, parent)) = cutter.work.brackets.get(next).copied() {
        next += 1;
        cutter.clause += 1;
        cutter.depth += 1;
        // Brackets inside brackets are notes in practice; a bound keeps hostile nesting linear.
        if cutter.depth < 64 {
            cutter.run(start as usize, end as usize, Some(parent));
        }
    }
}

/// What may follow a bracket without starting a new item.
const CONTINUING: &[&str] = &[
    "的", "及", "和", "与", "等", "类", "制造", "生产", "加工", "制作", "销售", "批发", "零售", "经销",
    "服务", "业务", "经营", "维修", "修理", "安装", "租赁", "出租", "运输", "设计", "施工", "研发", "研制",
    "开发", "收购", "兼", "种植", "养殖", "印刷", "配件", "管理", "咨询", "回收", "仓储", "承包", "除外",
    "以外", "外",
];

struct Cutter<'a> {
    scope: &'a str,
    work: &'a mut Work,
    clause: u32,
    depth: u32,
}

#[derive(Default)]
struct Open {
    start: Option<usize>,
    end: usize,
    text: usize,
    dropped: bool,
    /// Text is skipped until the clause ends, or until 外 when `until_outside`.
    skipping: bool,
    until_outside: bool,
    clause_dead: bool,
}

impl Cutter<'_> {
    fn run(&mut self, from: usize, to: usize, parent: Option<u32>) {
        let scope = self.scope;
        let mut open = Open { text: self.work.text.len(), ..Open::default() };
        let mut mark = self.work.marks.partition_point(|mark| (mark.0 as usize) < from);
        let mut position = from;
        while let Some(character) = scope.get(position..to).and_then(|rest| rest.chars().next()) {
            let after = position + character.len_utf8();
            while let Some(&(start, end, kind)) = self.work.marks.get(mark) {
                if start as usize > position || start as usize >= to {
                    break;
                }
                mark += 1;
                if start as usize == position {
                    position = self.marker(kind, end as usize, position, parent, &mut open);
                }
            }
            if position >= after {
                continue;
            }
            if let Some(close) = closing(character) {
                position = self.bracket(after, to, close, character, &open);
                // 供水（市政）市政工程: a noun that follows a bracket is a new item, a verb still belongs to the old one.
                if open.text < self.work.text.len() && !self.continues(position, to) {
                    self.close(Stop::Pause, parent, &mut open);
                }
                continue;
            }
            match self.separator(character, position, after, to) {
                Some(stop) => self.close(stop, parent, &mut open),
                None => self.push(character, position, after, &mut open),
            }
            position = after;
        }
        self.close(Stop::Sentence, parent, &mut open);
    }

    /// Acts on a marker and returns where reading goes on.
    fn marker(&mut self, kind: Marker, end: usize, at: usize, parent: Option<u32>, open: &mut Open) -> usize {
        match kind {
            Marker::Clause => {
                open.dropped = true;
                open.clause_dead = true;
                end
            }
            Marker::Back => {
                self.drop_clause();
                open.dropped = true;
                end
            }
            Marker::Item => {
                open.dropped = true;
                end
            }
            Marker::From | Marker::Except => {
                open.skipping = true;
                open.until_outside = kind == Marker::Except;
                end
            }
            Marker::Heading => {
                self.close(Stop::Sentence, parent, open);
                end
            }
            Marker::Bracket | Marker::Word => at,
        }
    }

    fn drop_clause(&mut self) {
        let clause = self.clause;
        for item in self.work.items.iter_mut().rev().take_while(|item| item.clause == clause) {
            item.dropped = true;
        }
    }

    /// Skips a bracket; content that is no note is remembered for later. Returns where reading goes on.
    fn bracket(&mut self, after: usize, to: usize, close: char, opened: char, open: &Open) -> usize {
        let Some(content) = self.scope.get(after..to) else { return to };
        let mut depth = 1_u32;
        let mut end = None;
        for (offset, character) in content.char_indices() {
            if closing(character).is_some_and(|other| fold(other) == fold(close)) {
                depth += 1;
            } else if fold(character) == fold(close) {
                depth -= 1;
                if depth == 0 {
                    end = Some((after + offset, after + offset + character.len_utf8()));
                    break;
                }
            } else if matches!(character, '；' | '。') && offset > 300 {
                break;
            }
        }
        let Some((inside, next)) = end else {
            // Never closed: a note runs to the end of the sentence, anything else is read on.
            let stop = content.find(['；', '。', ';']).map_or(to, |offset| after + offset);
            return if self.is_note(after, stop) { stop } else { after };
        };
        let note =
            !matches!(opened, '(' | '（') || open.skipping || open.clause_dead || self.is_note(after, inside);
        if !note {
            let parent = self.work.items.len() as u32;
            self.work.brackets.push((after as u32, inside as u32, parent));
        }
        next
    }

    fn continues(&self, from: usize, to: usize) -> bool {
        let rest = self.scope.get(from..to).unwrap_or("");
        let punctuation = rest.chars().next().is_none_or(|next| !next.is_alphanumeric());
        punctuation || CONTINUING.iter().any(|word| rest.starts_with(word))
    }

    fn is_note(&self, from: usize, to: usize) -> bool {
        let first = self.work.marks.partition_point(|mark| (mark.0 as usize) < from);
        self.work.marks.iter().skip(first).take_while(|mark| (mark.0 as usize) < to).any(|mark| {
            matches!(mark.2, Marker::Clause | Marker::Bracket | Marker::Back | Marker::Item)
                || (mark.0 as usize == from && matches!(mark.2, Marker::From | Marker::Except))
        })
    }

    fn separator(&self, character: char, position: usize, after: usize, to: usize) -> Option<Stop> {
        Some(match character {
            '、' | ' ' | '\u{3000}' | '\t' | '/' | '／' => Stop::Pause,
            '，' => Stop::Comma,
            '.' | ',' => {
                // 6.1类 and 2,4-二氯 are one word.
                let digit = |text: Option<char>| text.is_some_and(|other| other.is_ascii_digit());
                let before = self.scope.get(..position).and_then(|text| text.chars().next_back());
                let next = self.scope.get(after..to).and_then(|text| text.chars().next());
                if digit(before) && digit(next) {
                    return None;
                }
                if character == ',' { Stop::Comma } else { Stop::Sentence }
            }
            '：' | ':' => Stop::Colon,
            '；' | ';' | '。' | '．' | '\n' | '\r' | '*' | '＊' | '#' | '＃' | '※' | '!' | '！' | '|'
            | '?' | '？' => Stop::Sentence,
            _ => return None,
        })
    }

    fn push(&mut self, character: char, position: usize, after: usize, open: &mut Open) {
        if open.skipping {
            if open.until_outside && character == '外' {
                open.skipping = false;
            }
            return;
        }
        if matches!(character, ')' | '）' | ']' | '】' | '》' | '〉' | '“' | '”' | '"' | '\'')
            || character.is_control()
        {
            return;
        }
        open.start.get_or_insert(position);
        open.end = after;
        self.work.text.push(fold(character));
    }

    fn close(&mut self, stop: Stop, parent: Option<u32>, open: &mut Open) {
        let text = (open.text as u32, self.work.text.len() as u32);
        if let Some(start) = open.start {
            self.work.items.push(Item {
                start: start as u32,
                end: open.end as u32,
                text,
                noun: text,
                stop,
                clause: self.clause,
                parent,
                dropped: open.dropped || open.clause_dead,
                heading: stop == Stop::Colon,
                service: [u8::MAX; 3],
                ..Item::default()
            });
        } else if let Some(last) = self.work.items.last_mut()
            && (stop == Stop::Sentence || last.stop == Stop::Pause)
        {
            last.stop = stop;
        }
        // 不含A、B: the pause keeps the exclusion alive, a comma ends it.
        let keep = stop == Stop::Pause;
        *open = Open {
            text: self.work.text.len(),
            skipping: open.skipping && keep,
            until_outside: open.until_outside,
            clause_dead: open.clause_dead && keep,
            ..Open::default()
        };
        if !keep {
            self.clause += 1;
        }
    }
}

fn closing(character: char) -> Option<char> {
    Some(match character {
        '(' | '（' => '）',
        '[' => ']',
        '【' => '】',
        '〔' => '〕',
        '〈' => '〉',
        '《' => '》',
        _ => return None,
    })
}
