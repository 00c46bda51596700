//! Folding (归一): full width, upper case and traditional characters become half width, lower case and simplified
//! ones, each folded character remembering where it stood.

use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Traditional characters with a simplified form. Asked of the dictionary once, then looked up.
static SIMPLIFIED: LazyLock<FxHashMap<char, char>> = LazyLock::new(|| {
    let han = ('\u{3400}'..='\u{4DBF}').chain('\u{4E00}'..='\u{9FFF}');
    han.filter_map(|c| {
        let simple = hanconv::t2s(c.encode_utf8(&mut [0; 4])).chars().next()?;
        (simple != c).then_some((c, simple))
    })
    .collect()
});

/// A folded text. Marks and spaces are each one space.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// The characters.
    pub(crate) chars: Vec<char>,
    /// For each, which character of the text it came from.
    pub(crate) origin: Vec<usize>,
}

/// A stretch of characters of one script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Whether it is Han characters; otherwise it is letters and digits.
    pub(crate) han: bool,
    /// First character.
    pub(crate) start: usize,
    /// One past the last.
    pub(crate) end: usize,
}

/// Whether a character is a Han character (CJK unified ideographs with their extensions, and 〇).
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}

/// The first `characters_max` characters of a text, folded.
pub(crate) fn fold(text: &str, characters_max: usize) -> Folded {
    let mut folded = Folded::default();
    for (at, c) in text.chars().take(characters_max).enumerate() {
        if is_invisible(c) {
            continue;
        }
        let half = half_width(c);
        let simple = SIMPLIFIED.get(&half).copied().unwrap_or(half);
        for c in simple.to_lowercase() {
            folded.chars.push(if c.is_alphanumeric() { c } else { ' ' });
            folded.origin.push(at);
        }
    }
    folded
}

impl Folded {
    /// Its stretches, in order.
    pub(crate) fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut open = false;
        for (at, &c) in self.chars.iter().enumerate() {
            if c == ' ' {
                open = false;
                continue;
            }
            let han = is_han(c);
            match runs.last_mut() {
                Some(run) if open && run.han == han => run.end = at + 1,
                _ => runs.push(Run { han, start: at, end: at + 1 }),
            }
            open = true;
        }
        runs
    }

    /// The characters of a stretch as text.
    pub(crate) fn text(&self, start: usize, end: usize) -> String {
        self.chars.get(start..end).unwrap_or_default().iter().collect()
    }

    /// Everything but the spaces: what an exact match compares.
    pub(crate) fn letters(&self) -> String {
        self.chars.iter().filter(|c| **c != ' ').collect()
    }
}

fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{FFFD}')
        || (c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_full_width_and_upper_case_fold_to_one_spelling() {
        for (text, letters) in [
            ("諧波減速器", "谐波减速器"),
            ("ＩＧＢＴ　模塊（車規）", "igbt模块车规"),
            ("產業鏈圖譜", "产业链图谱"),
            ("subject.Enterprise_Link", "subjectenterpriselink"),
            ("\u{feff}企\u{200b}业", "企业"),
        ] {
            assert_eq!(fold(text, 100).letters(), letters, "{text}");
        }
    }

    #[test]
    fn runs_end_where_the_script_changes_or_a_mark_stands() {
        let folded = fold("6轴机器人, IGBT-模块", 100);
        let runs: Vec<String> = folded.runs().iter().map(|run| folded.text(run.start, run.end)).collect();
        assert_eq!(runs, ["6", "轴机器人", "igbt", "模块"]);
    }

    #[test]
    fn a_folded_character_knows_where_it_stood() {
        // The capital I with a dot folds to two characters.
        let folded = fold("\u{feff}İ車", 100);
        assert_eq!(folded.origin, [1, 1, 2]);
    }
}
