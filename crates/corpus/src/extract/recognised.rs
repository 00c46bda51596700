//! What tesseract says of a page: its text, and how sure it is of each word.

/// The column of a word's confidence, 0 … 100, in the table of tesseract (`tessedit_create_tsv`).
const CONFIDENCE: usize = 10;
/// The column of a word.
const WORD: usize = 11;
/// What the first column says of a row that is a word.
const OF_WORD: &str = "5";

/// A page that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Recognised {
    pub(super) text: String,
    /// Words it is made of.
    pub(super) words: u64,
    /// Sum of their confidences, each 0 … 100.
    pub(super) confidence: f64,
}

/// The text, with the confidence of its words out of the table beside it.
pub(super) fn of_table(text: String, table: &str) -> Recognised {
    let mut read = Recognised { text: text.trim().to_owned(), ..Recognised::default() };
    for line in table.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let is_word =
            cells.first() == Some(&OF_WORD) && cells.get(WORD).is_some_and(|word| !word.trim().is_empty());
        let confidence = cells.get(CONFIDENCE).and_then(|cell| cell.trim().parse::<f64>().ok());
        if let Some(confidence) = confidence.filter(|value| is_word && (0.0..=100.0).contains(value)) {
            read.words += 1;
            read.confidence += confidence;
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::of_table;

    #[test]
    fn words_count_and_lines_blocks_and_nonsense_do_not() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t\n5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t96.5\t产业\n\
            5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t95\t \n5\t1\t1\t1\t1\t3\t0\t0\t9\t9\tnan\tx\n5\t1\n";
        let read = of_table(" 产业\n".to_owned(), table);
        assert_eq!((read.text.as_str(), read.words), ("产业", 1));
        assert!((read.confidence - 96.5).abs() < 1e-9);
    }
}
