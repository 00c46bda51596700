//! Which texts are good enough (质量过滤): published rules with their thresholds, applied to words.
//!
//! Sources: Rae et al., "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", 2021, A.1.1
//! (quality and repetition); Raffel et al., "Exploring the Limits of Transfer Learning", 2020 (C4); Penedo et al., "The
//! FineWeb Datasets", 2024, 3.6. They count words; for Chinese a word is what the dictionary cuts, and where a threshold
//! is of characters it is scaled (see [`Thresholds::chinese`]).

use crate::language::{CHINESE, ENGLISH, Tongue};
use crate::options::{Quality, Thresholds};
use brain_kernel::language::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// A rule by which a text is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Share of the text in its own language.
    Language,
    /// Share of damaged characters (ours).
    Garbled,
    /// Words too few (Gopher).
    WordsMin,
    /// Words too many (Gopher).
    WordsMax,
    /// Mean length of a word too small (Gopher).
    MeanWordMin,
    /// Mean length of a word too great (Gopher).
    MeanWordMax,
    /// Symbols for each word (Gopher).
    Symbols,
    /// Words with a letter (Gopher).
    LetterWords,
    /// Lines that begin with a bullet (Gopher).
    BulletLines,
    /// Lines that end with an ellipsis (Gopher).
    EllipsisLines,
    /// Different function words (Gopher).
    StopWords,
    /// Share of function words (ours, after Gopher).
    StopWordShare,
    /// Filler text (C4).
    Filler,
    /// Sentences too few (C4).
    Sentences,
    /// Lines that end as a sentence ends (FineWeb).
    ClosedLines,
    /// Short lines (FineWeb).
    ShortLines,
    /// Repeated lines (Gopher).
    DuplicateLines,
    /// Characters in repeated lines (Gopher).
    DuplicateLineCharacters,
    /// Repeated paragraphs (Gopher).
    DuplicateParagraphs,
    /// Characters in repeated paragraphs (Gopher).
    DuplicateParagraphCharacters,
    /// Characters in the most frequent run of 2 … 4 words (Gopher).
    TopRun,
    /// Characters in repeated runs of 5 … 10 words (Gopher).
    DuplicateRun,
}

impl Rule {
    /// Every rule in the order they are applied.
    pub const ALL: [Self; 22] = [
        Self::Language,
        Self::Garbled,
        Self::WordsMin,
        Self::WordsMax,
        Self::MeanWordMin,
        Self::MeanWordMax,
        Self::Symbols,
        Self::LetterWords,
        Self::BulletLines,
        Self::EllipsisLines,
        Self::StopWords,
        Self::StopWordShare,
        Self::Filler,
        Self::Sentences,
        Self::ClosedLines,
        Self::ShortLines,
        Self::DuplicateLines,
        Self::DuplicateLineCharacters,
        Self::DuplicateParagraphs,
        Self::DuplicateParagraphCharacters,
        Self::TopRun,
        Self::DuplicateRun,
    ];

    /// Stable word, source, and what it means.
    const fn row(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Language => {
                ("language", "", "语种不在保留之列或占比不足", "language not kept, or too small a share")
            }
            Self::Garbled => ("garbled", "", "乱码字符占比过高", "damaged characters"),
            Self::WordsMin => ("words_min", "Gopher", "词数过少", "too few words"),
            Self::WordsMax => ("words_max", "Gopher", "词数过多", "too many words"),
            Self::MeanWordMin => ("mean_word_min", "Gopher", "平均词长过短", "words too short on average"),
            Self::MeanWordMax => ("mean_word_max", "Gopher", "平均词长过长", "words too long on average"),
            Self::Symbols => ("symbols", "Gopher", "符号与词之比过高", "symbols for each word"),
            Self::LetterWords => ("letter_words", "Gopher", "含文字的词占比过低", "words with a letter"),
            Self::BulletLines => ("bullet_lines", "Gopher", "项目符号行占比过高", "lines with a bullet"),
            Self::EllipsisLines => {
                ("ellipsis_lines", "Gopher", "省略号结尾的行占比过高", "lines ending with an ellipsis")
            }
            Self::StopWords => ("stop_words", "Gopher", "不同虚词过少", "too few different function words"),
            Self::StopWordShare => ("stop_word_share", "Gopher", "虚词占比过低", "share of function words"),
            Self::Filler => ("filler", "C4", "占位文字", "filler text"),
            Self::Sentences => ("sentences", "C4", "句子过少", "too few sentences"),
            Self::ClosedLines => {
                ("closed_lines", "FineWeb", "以句末标点结尾的行占比过低", "lines that end as a sentence")
            }
            Self::ShortLines => ("short_lines", "FineWeb", "短行占比过高", "short lines"),
            Self::DuplicateLines => ("duplicate_lines", "Gopher", "重复行占比过高", "repeated lines"),
            Self::DuplicateLineCharacters => {
                ("duplicate_line_characters", "Gopher", "重复行字符占比过高", "characters in repeated lines")
            }
            Self::DuplicateParagraphs => {
                ("duplicate_paragraphs", "Gopher", "重复段落占比过高", "repeated paragraphs")
            }
            Self::DuplicateParagraphCharacters => (
                "duplicate_paragraph_characters",
                "Gopher",
                "重复段落字符占比过高",
                "characters in repeated paragraphs",
            ),
            Self::TopRun => {
                ("top_run", "Gopher", "最常见的 2–4 词串占比过高", "most frequent run of 2–4 words")
            }
            Self::DuplicateRun => {
                ("duplicate_run", "Gopher", "重复的 5–10 词串占比过高", "repeated runs of 5–10 words")
            }
        }
    }

    /// Stable word, as written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// Who published it; empty where it is ours.
    #[must_use]
    pub const fn source(self) -> &'static str {
        self.row().1
    }

    /// What it means.
    #[must_use]
    pub fn words(self) -> Text {
        Text::new(self.row().2, self.row().3)
    }
}

/// A text rejected: by which rule, with which value, against which threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The first rule that it breaks.
    pub rule: Rule,
    /// What was measured.
    pub value: f64,
    /// What is allowed.
    pub limit: f64,
}

/// Judge a text in normal form, given its words; `None` where it stays.
#[must_use]
pub fn judge(text: &str, words: &[&str], tongue: Tongue, quality: &Quality) -> Option<Verdict> {
    if !quality.enabled {
        return None;
    }
    let (limits, stop_words): (_, &[&str]) = match tongue {
        Tongue::Zh => (&quality.zh, &CHINESE),
        Tongue::En | Tongue::Other => (&quality.en, &ENGLISH),
    };
    let mut bench = Bench(None);
    damage(text, limits, &mut bench);
    of_words(text, words, stop_words, tongue, limits, &mut bench);
    if bench.0.is_none() {
        of_lines(text, limits, &mut bench);
    }
    if bench.0.is_none() {
        of_repetition(text, words, limits, &mut bench);
    }
    bench.0
}

/// Holds the first verdict.
struct Bench(Option<Verdict>);

impl Bench {
    fn at_most(&mut self, rule: Rule, value: f64, limit: f64) {
        if self.0.is_none() && value > limit {
            self.0 = Some(Verdict { rule, value, limit });
        }
    }

    fn at_least(&mut self, rule: Rule, value: f64, limit: f64) {
        if self.0.is_none() && value < limit {
            self.0 = Some(Verdict { rule, value, limit });
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Signs of text decoded wrongly: replacement characters, private use, and what GBK and UTF-8 make of each other.
fn damage(text: &str, limits: &Thresholds, bench: &mut Bench) {
    const SIGNS: [&str; 8] = ["锟斤拷", "锟叫", "烫烫烫", "屯屯屯", "â€", "Ã©", "Ã¤", "ï»¿"];
    let lone = text.chars().filter(|c| matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}')).count();
    let signs: usize = SIGNS.iter().map(|sign| text.matches(sign).count() * sign.chars().count()).sum();
    bench.at_most(Rule::Garbled, share(lone + signs, text.chars().count()), limits.garbled_max);
}

fn of_words(
    text: &str,
    words: &[&str],
    stop_words: &[&str],
    tongue: Tongue,
    limits: &Thresholds,
    bench: &mut Bench,
) {
    bench.at_least(Rule::WordsMin, words.len() as f64, limits.words_min as f64);
    bench.at_most(Rule::WordsMax, words.len() as f64, limits.words_max as f64);
    let characters: usize = words.iter().map(|word| word.chars().count()).sum();
    let mean = share(characters, words.len());
    bench.at_least(Rule::MeanWordMin, mean, limits.mean_word_min);
    bench.at_most(Rule::MeanWordMax, mean, limits.mean_word_max);
    let symbols =
        text.chars().filter(|c| matches!(c, '#' | '…' | '■' | '★' | '●' | '|' | '~' | '_' | '^')).count()
            + text.matches("...").count();
    bench.at_most(Rule::Symbols, share(symbols, words.len()), limits.symbols_max);
    let lettered = words.iter().filter(|word| word.chars().any(char::is_alphabetic)).count();
    bench.at_least(Rule::LetterWords, share(lettered, words.len()), limits.letter_words_min);
    let (mut seen, mut count) = (FxHashSet::default(), 0);
    for word in words {
        let found = match tongue {
            Tongue::Zh => stop_words.iter().find(|stop| *stop == word),
            Tongue::En | Tongue::Other => stop_words.iter().find(|stop| stop.eq_ignore_ascii_case(word)),
        };
        if let Some(stop) = found {
            count += 1;
            seen.insert(*stop);
        }
    }
    bench.at_least(Rule::StopWords, seen.len() as f64, limits.stop_words_min as f64);
    bench.at_least(Rule::StopWordShare, share(count, words.len()), limits.stop_word_share_min);
    let filler = text.matches("lorem ipsum").count() + text.matches("Lorem ipsum").count();
    bench.at_most(Rule::Filler, filler as f64, 0.0);
    // A full stop inside a number or a name ends no sentence; between two words there is a space.
    let latin_ends = [". ", ".\n", "! ", "!\n", "? ", "?\n"].iter().map(|end| text.matches(end).count());
    let ends = text.matches(['。', '！', '？', '；']).count()
        + latin_ends.sum::<usize>()
        + usize::from(text.ends_with(['.', '!', '?']));
    bench.at_least(Rule::Sentences, ends as f64, limits.sentences_min as f64);
}

fn of_lines(text: &str, limits: &Thresholds, bench: &mut Bench) {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let count =
        |test: &dyn Fn(&str) -> bool| share(lines.iter().filter(|line| test(line)).count(), lines.len());
    let bullet = |line: &str| line.starts_with(['•', '-', '*', '●', '·', '■', '‣', '▪', '◆', '◇', '※']);
    bench.at_most(Rule::BulletLines, count(&bullet), limits.bullet_lines_max);
    let ellipsis = |line: &str| line.ends_with('…') || line.ends_with("...");
    bench.at_most(Rule::EllipsisLines, count(&ellipsis), limits.ellipsis_lines_max);
    let closed = |line: &str| {
        line.trim_end_matches(['”', '"', '’', '）', ')', '」', '》'])
            .ends_with(['。', '！', '？', '；', '：', '.', '!', '?', ';', ':', '…'])
    };
    bench.at_least(Rule::ClosedLines, count(&closed), limits.closed_lines_min);
    let short = |line: &str| line.chars().count() as u64 <= limits.short_line_characters;
    bench.at_most(Rule::ShortLines, count(&short), limits.short_lines_max);
}

fn of_repetition(text: &str, words: &[&str], limits: &Thresholds, bench: &mut Bench) {
    let pieces = |mark: &'static str| text.split(mark).map(str::trim).filter(|piece| !piece.is_empty());
    let (lines, line_characters) = repeated(pieces("\n"));
    bench.at_most(Rule::DuplicateLines, lines, limits.duplicate_lines_max);
    bench.at_most(Rule::DuplicateLineCharacters, line_characters, limits.duplicate_line_characters_max);
    let (paragraphs, paragraph_characters) = repeated(pieces("\n\n"));
    bench.at_most(Rule::DuplicateParagraphs, paragraphs, limits.duplicate_paragraphs_max);
    bench.at_most(
        Rule::DuplicateParagraphCharacters,
        paragraph_characters,
        limits.duplicate_paragraph_characters_max,
    );
    if bench.0.is_some() {
        return;
    }
    let hashes: Vec<u64> = words.iter().map(|word| xxh3_64(word.as_bytes())).collect();
    let lengths: Vec<usize> = words.iter().map(|word| word.chars().count()).collect();
    let characters: usize = lengths.iter().sum();
    for (run, limit) in (2..).zip(limits.top_run_max) {
        bench.at_most(Rule::TopRun, share(top_run(&hashes, &lengths, run), characters), limit);
    }
    for (run, limit) in (5..).zip(limits.duplicate_run_max) {
        bench.at_most(Rule::DuplicateRun, share(duplicate_run(&hashes, &lengths, run), characters), limit);
    }
}

/// Shares of pieces that were there before, and of their characters.
fn repeated<'a>(pieces: impl Iterator<Item = &'a str>) -> (f64, f64) {
    let mut seen = FxHashSet::default();
    let (mut count, mut characters, mut again, mut again_characters) = (0, 0, 0, 0);
    for piece in pieces {
        let length = piece.chars().count();
        count += 1;
        characters += length;
        if !seen.insert(piece) {
            again += 1;
            again_characters += length;
        }
    }
    (share(again, count), share(again_characters, characters))
}

/// Hash of the words of a run, in order.
fn joined(hashes: &[u64]) -> u64 {
    hashes
        .iter()
        .fold(0, |joined: u64, hash| joined.rotate_left(11).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash)
}

fn length(lengths: &[usize], at: usize, run: usize) -> usize {
    lengths.get(at..at + run).unwrap_or_default().iter().sum()
}

/// Characters of the most frequent run, all its places together; of equally frequent ones the longest.
fn top_run(hashes: &[u64], lengths: &[usize], run: usize) -> usize {
    let mut counts: FxHashMap<u64, (usize, usize)> = FxHashMap::default();
    for (at, window) in hashes.windows(run).enumerate() {
        counts.entry(joined(window)).or_insert((0, at)).0 += 1;
    }
    let most = counts.values().map(|(count, at)| (*count, length(lengths, *at, run))).max();
    most.filter(|(count, _)| *count > 1).map_or(0, |(count, length)| count * length)
}

/// Characters in runs that were there before, no character twice.
fn duplicate_run(hashes: &[u64], lengths: &[usize], run: usize) -> usize {
    let (mut seen, mut at, mut characters) = (FxHashSet::default(), 0, 0);
    while let Some(window) = hashes.get(at..at + run) {
        if seen.insert(joined(window)) {
            at += 1;
        } else {
            characters += length(lengths, at, run);
            at += run;
        }
    }
    characters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Shares;
    use crate::words::words;

    const ZH: &str = "产业大脑汇集产业链上下游企业的数据，为政府和企业提供分析。平台对每一项数据进行分类分级，并记录谁在何时\
        使用了它。企业可以在平台上发布需求，也可以查找合作伙伴。这些能力以组件的形式开放，其他系统可以直接调用。\n\n\
        数据进入平台以前须经过质量检查，不合格的记录被隔离，等待人工处理。检查的结果与规则一起保存，任何人都可以核对。";
    const EN: &str = "The industry brain gathers the data of a chain and answers to the firms in it. Each set of data is \
        graded before it is used, and the act of using it leaves a record that can be checked by everybody. Firms publish \
        what they need and find partners on the platform.\n\nBefore data enters the platform it is checked against rules; \
        rows that fail are set aside for a person to look at, with the reason beside them.";

    fn verdict(text: &str) -> Option<(&'static str, f64)> {
        let tongue = Shares::of(text).main().0;
        judge(text, &words(text), tongue, &Quality::default())
            .map(|verdict| (verdict.rule.name(), verdict.value))
    }

    #[test]
    fn good_texts_of_both_languages_stay() {
        assert_eq!(verdict(ZH), None);
        assert_eq!(verdict(EN), None);
    }

    #[test]
    fn each_rule_rejects_what_it_is_for() {
        let lines = |line: &str, times: usize| vec![line; times].join("\n");
        let menu = "产品中心\n解决方案\n新闻动态\n联系我们\n关于的企业和政府。\n";
        let cases: [(&str, String); 12] = [
            ("words_min", "产业大脑。".to_owned()),
            ("garbled", format!("{ZH}锟斤拷锟斤拷")),
            ("symbols", format!("{ZH}{}", "#".repeat(40))),
            ("letter_words", format!("{ZH}{}", " 12 34 56".repeat(40))),
            ("bullet_lines", ZH.split_inclusive('。').map(|line| format!("- {}\n", line.trim())).collect()),
            ("ellipsis_lines", ZH.replace('。', "。…\n")),
            ("stop_word_share", "钢铁 水泥 玻璃 电缆 轴承 电机 齿轮 阀门。管道。泵体。".repeat(12) + "在的"),
            ("filler", format!("{EN} Lorem ipsum dolor sit amet.")),
            ("sentences", ZH.replace(['。', '；'], "，")),
            (
                "short_lines",
                format!("{ZH}\n{}", lines("产品。", 3) + "\n" + menu + "甲。\n乙。\n丙。\n丁。\n戊。"),
            ),
            ("duplicate_lines", format!("{ZH}\n{}", lines("点击这里了解更多关于本平台的信息。", 9))),
            ("duplicate_run", format!("{ZH}{}", ZH.replace('\n', ""))),
        ];
        for (rule, text) in cases {
            let found = verdict(&text);
            assert_eq!(found.map(|(rule, _)| rule), Some(rule), "{found:?} in {text}");
        }
    }

    #[test]
    fn runs_are_counted_by_characters_and_no_character_twice() {
        let words = ["a", "bb", "a", "bb", "a", "bb", "c"];
        let hashes: Vec<u64> = words.iter().map(|word| xxh3_64(word.as_bytes())).collect();
        let lengths: Vec<usize> = words.iter().map(|word| word.len()).collect();
        assert_eq!(top_run(&hashes, &lengths, 2), 9);
        assert_eq!(duplicate_run(&hashes, &lengths, 2), 6);
        assert_eq!((top_run(&hashes, &lengths, 9), duplicate_run(&hashes, &lengths, 9)), (0, 0));
    }

    #[test]
    fn names_are_apart_and_what_is_off_rejects_nothing() {
        let names: std::collections::BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), Rule::ALL.len());
        let off = Quality { enabled: false, ..Quality::default() };
        assert_eq!(judge("", &[], Tongue::Zh, &off), None);
    }
}
