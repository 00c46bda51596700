//! The quality report (质量报告) in either language.

use super::card::split_rows;
use crate::options::Options;
use crate::quality::Rule;
use crate::tally::Tally;
use crate::tokens::Tokens;
use brain_kernel::language::{Language, Text};
use std::collections::BTreeMap;

/// What a report is written in.
struct Page {
    text: String,
    language: Language,
}

impl Page {
    fn say(&mut self, zh: &str, en: &str) {
        self.text.push_str(if self.language == Language::Zh { zh } else { en });
        self.text.push('\n');
    }

    fn table(&mut self, zh: &str, en: &str, rows: impl IntoIterator<Item = (String, u64)>) {
        let rows: Vec<(String, u64)> = rows.into_iter().collect();
        if rows.is_empty() {
            return;
        }
        self.text.push('\n');
        self.say(&format!("| {zh} | 数量 |"), &format!("| {en} | count |"));
        self.text.push_str("|---|---:|\n");
        for (name, count) in rows {
            self.text.push_str(&format!("| {name} | {count} |\n"));
        }
    }

    fn word(&self, words: &Text) -> String {
        words.get(self.language).to_owned()
    }
}

/// The report of a version.
pub(super) fn report(options: &Options, tally: &Tally, language: Language) -> String {
    let mut page = Page { text: String::new(), language };
    let title = options.title.replace('\n', " ");
    page.say(&format!("# {title}：质量报告\n"), &format!("# {title}: quality report\n"));
    steps(&mut page, tally);
    page.table("未能抽取的原因", "no text, by reason", named(&tally.refused));
    let rules = Rule::ALL.into_iter().filter_map(|rule| {
        let count = tally.rejected.get(rule.name()).copied()?;
        let source = if rule.source().is_empty() { String::new() } else { format!(" ({})", rule.source()) };
        Some((format!("{} `{}`{source}", rule.words().get(language), rule.name()), count))
    });
    page.table("未通过的规则", "rejected, by rule", rules);
    duplicates(&mut page, options, tally);
    page.table("已替换的个人信息", "personal identifiers replaced", named(&tally.personal));
    page.table("语种", "language", named(&tally.languages));
    page.table("格式", "format", named(&tally.formats));
    sizes(&mut page, tally);
    tokens(&mut page, &tally.tokens);
    page.say(
        "\n分词数按词典切分（中文）与字母数字（其他）统计；未统计 BPE 词元数。阈值见 manifest.json 的 options.quality。",
        "\nWords are counted by dictionary (Chinese) and by letters and digits (the rest); BPE tokens are not counted. Thresholds are in options.quality of manifest.json.",
    );
    page.text
}

fn named(counts: &BTreeMap<String, u64>) -> Vec<(String, u64)> {
    counts.iter().map(|(name, count)| (format!("`{name}`"), *count)).collect()
}

fn steps(page: &mut Page, tally: &Tally) {
    let rows = [
        (Text::new("文件", "files"), tally.files),
        (Text::new("文档（文件或 JSON 行）", "documents (files or JSON lines)"), tally.documents),
        (Text::new("未能抽取文字", "gave no text"), tally.refused.values().sum()),
        (Text::new("未通过语种或质量规则", "rejected by language or quality"), tally.rejected.values().sum()),
        (Text::new("完全重复", "equal to an earlier one"), tally.exact_duplicates),
        (Text::new("近似重复", "nearly equal to an earlier one"), tally.near_duplicates),
        (Text::new("保留", "stay"), tally.whole().documents),
        (
            Text::new("其中与更早文档相似（同一划分）", "of these similar to an earlier one (same split)"),
            tally.relatives,
        ),
        (Text::new("文字识别页数", "pages by character recognition"), tally.recognised_pages),
    ];
    let rows: Vec<(String, u64)> = rows.iter().map(|(words, count)| (page.word(words), *count)).collect();
    page.table("步骤", "step", rows);
}

fn duplicates(page: &mut Page, options: &Options, tally: &Tally) {
    let given = &options.duplicates;
    if !given.near {
        page.say("\n未查找近似重复。", "\nNear duplicates were not looked for.");
        return;
    }
    let at = |jaccard: f64| 1.0 - (1.0 - jaccard.powi(given.rows as i32)).powi(given.bands as i32);
    let (bands, rows, least) = (given.bands, given.rows, given.jaccard_min);
    let (recall, half) = (at(least), at(0.5));
    page.say(
        &format!(
            "\n近似重复：MinHash {bands} 段 × {rows} 行，中文 {} 字、英文 {} 词一组，估计杰卡德相似度不低于 {least}；相似度 {least} 的一对被比较的概率为 {recall:.3}，0.5 的为 {half:.3}；共比较 {} 对。",
            given.characters, given.words, tally.compared
        ),
        &format!(
            "\nNear duplicates: MinHash of {bands} bands × {rows} rows over {} characters of Chinese or {} words of English, estimated Jaccard similarity of at least {least}; a pair of {least} is compared with probability {recall:.3}, one of 0.5 with {half:.3}; {} pairs were compared.",
            given.characters, given.words, tally.compared
        ),
    );
}

fn tokens(page: &mut Page, tokens: &Tokens) {
    let Tokens { tokens: all, distinct, once, bounded, bytes, lengths, .. } = tokens;
    let [least, tenth, half, most, greatest] = lengths;
    let each = if *all == 0 { 0.0 } else { *bytes as f64 / *all as f64 };
    let (zh, en) = if *bounded { ("至少 ", "at least ") } else { ("", "") };
    page.say(
        &format!("\n词元：共 {all} 个，不同的 {zh}{distinct} 个，只出现一次的 {once} 个；每个词元平均 {each:.2} 字节（UTF-8）。每篇文档的词元数：最少 {least}，10% 分位 {tenth}，中位 {half}，90% 分位 {most}，最多 {greatest}。"),
        &format!("\nTokens: {all}, {en}{distinct} of them different, {once} occurring once; {each:.2} bytes of UTF-8 each on average. Tokens of a document: least {least}, tenth {tenth}, half {half}, nine tenths {most}, greatest {greatest}."),
    );
}

fn sizes(page: &mut Page, tally: &Tally) {
    page.say(
        "\n| 划分 | 文档 | 段落 | 字 | 词 |\n|---|---:|---:|---:|---:|",
        "\n| split | documents | passages | characters | words |\n|---|---:|---:|---:|---:|",
    );
    page.text.push_str(&split_rows(tally));
    let [least, tenth, half, most, greatest] = tally.lengths;
    page.say(
        &format!("\n文档字数：最少 {least}，10% 分位 {tenth}，中位 {half}，90% 分位 {most}，最多 {greatest}。"),
        &format!("\nCharacters of a document: least {least}, tenth {tenth}, half {half}, nine tenths {most}, greatest {greatest}."),
    );
}
