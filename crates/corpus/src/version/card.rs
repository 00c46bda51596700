//! The card of the data set (数据集卡片), as the Hugging Face hub reads it: a YAML header and words.

use crate::options::Options;
use crate::split::Split;
use crate::tally::{Size, Tally};

/// README.md of a version.
pub(super) fn card(options: &Options, tally: &Tally) -> String {
    let mut text = header(options, tally);
    let whole = tally.whole();
    let licence = options.licence.as_ref().map(|licence| licence.as_str());
    let origin = if options.origin.is_empty() { "—" } else { options.origin.as_str() };
    text.push_str(&format!("\n# {}\n\n", options.title.replace('\n', " ")));
    text.push_str(&format!(
        "{} 篇文档，{} 个段落，{} 字，{} 词。来源：{origin}\n\n{} documents, {} passages, {} characters, {} words. Origin: {origin}\n\n",
        whole.documents, whole.passages, whole.characters, whole.words,
        whole.documents, whole.passages, whole.characters, whole.words,
    ));
    text.push_str("| split | documents | passages | characters | words |\n|---|---:|---:|---:|---:|\n");
    text.push_str(&split_rows(tally));
    text.push_str(match licence {
        Some(_) => "\n许可证由构建者声明，本程序不作核实。\nThe licence is what whoever built this states; the program does not check it.\n",
        None => "\n未声明许可证：在确认来源许可之前不得对外提供。\nNo licence is stated: not to be passed on before the licences of the sources are known.\n",
    });
    text.push_str(
        "\n个人信息按规则识别并替换为方括号中的类型名；规则可能漏识，使用前请抽查。\n\
         Personal identifiers were recognised by rules and replaced by their kind in brackets; rules miss some, so look before use.\n\
         \n近似重复的文档只保留最早的一篇；相似文档（同一 family）在同一划分中。\n\
         Of near duplicates the earliest stays; similar documents (one family) are in one split.\n\
         \n参数、逐步计数与每个文件的 SHA-256 见 manifest.json，输入文件见 inputs.jsonl，未保留的文档及原因见 rejected.jsonl，质量报告见 report.zh.md。\n\
         Parameters, counts of every step and the SHA-256 of every file are in manifest.json, inputs in inputs.jsonl, documents that did not stay and why in rejected.jsonl, the quality report in report.en.md.\n\
         \n版本号即文件夹名，由 manifest.json 的 SHA-256 得出。\nThe version is the name of the folder, from the SHA-256 of manifest.json.\n",
    );
    text
}

fn header(options: &Options, tally: &Tally) -> String {
    let licence = options
        .licence
        .as_ref()
        .map_or("unknown".to_owned(), |licence| licence.as_str().to_ascii_lowercase());
    let mut text = format!("---\nlicense: {licence}\npretty_name: {}\n", quoted(&options.title));
    text.push_str("language:\n");
    for language in tally.languages.keys().filter(|language| *language != "other") {
        text.push_str(&format!("- {language}\n"));
    }
    if tally.languages.keys().all(|language| language == "other") {
        text.push_str("- und\n");
    }
    text.push_str(&format!("size_categories:\n- {}\n", size(tally.whole().documents)));
    text.push_str("source_datasets:\n- original\ntask_categories:\n- text-generation\nannotations_creators:\n- no-annotation\nconfigs:\n");
    let ending = if options.output.parquet { "parquet" } else { "jsonl" };
    let mut config = |name: &str, folder: &str, has: &dyn Fn(&Split) -> bool| {
        let splits: Vec<&Split> = tally.splits.keys().filter(|split| has(split)).collect();
        if splits.is_empty() {
            return;
        }
        text.push_str(&format!("- config_name: {name}\n  data_files:\n"));
        for split in splits {
            let split = split.name();
            text.push_str(&format!("  - split: {split}\n    path: {folder}/{split}-*.{ending}\n"));
        }
    };
    config("default", "data", &|_| true);
    config("passages", "passages", &|split| tally.splits.get(split).is_some_and(|size| size.passages > 0));
    text.push_str("---\n");
    text
}

/// Rows of the table of splits, whatever language its head has.
pub(super) fn split_rows(tally: &Tally) -> String {
    let row = |(split, size): (&Split, &Size)| {
        format!(
            "| {} | {} | {} | {} | {} |\n",
            split.name(),
            size.documents,
            size.passages,
            size.characters,
            size.words
        )
    };
    tally.splits.iter().map(row).collect()
}

/// A YAML scalar in double quotes, which takes the escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The hub's word for a number of rows.
fn size(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        _ => "100M<n<1B",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Licence;

    #[test]
    fn the_header_names_licence_languages_size_and_files() {
        let mut tally = Tally::default();
        tally.splits.insert(Split::Train, Size { documents: 1_200, passages: 3, ..Size::default() });
        tally.splits.insert(Split::Test, Size { documents: 5, ..Size::default() });
        tally.languages.insert("zh".to_owned(), 1_205);
        let licence = Some(Licence::parse("CC-BY-4.0").unwrap());
        let options =
            Options { title: "产业 \"政策\": 语料".to_owned(), licence, ..Options::default() };
        let card = card(&options, &tally);
        let header = card.split("---\n").nth(1).unwrap();
        for line in [
            "license: cc-by-4.0\n",
            "pretty_name: \"产业 \\\"政策\\\": 语料\"\n",
            "language:\n- zh\n",
            "size_categories:\n- 1K<n<10K\n",
            "- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*.parquet\n  - split: test\n",
            "- config_name: passages\n  data_files:\n  - split: train\n    path: passages/train-*.parquet\n",
        ] {
            assert!(header.contains(line), "{line} not in {header}");
        }
        let unknown = super::card(&Options::default(), &tally);
        assert!(unknown.contains("license: unknown\n") && unknown.contains("No licence is stated"));
    }
}
