//! Starting the subject library of a new industry (行业模板): models and the mappings that feed them, written as files
//! of the operator's own, to be changed as needed.

use crate::Result;
use brain_kernel::error::{ErrorKind, Failure};
use std::path::{Path, PathBuf};

/// One library: its name, the mapping of its raw table, the model of its subject table.
struct Template {
    name: &'static str,
    mapping: &'static str,
    model: &'static str,
}

macro_rules! template {
    ($name:literal) => {
        Template {
            name: $name,
            mapping: include_str!(concat!("../../templates/", $name, ".toml")),
            model: include_str!(concat!("../../templates/", $name, ".sql")),
        }
    };
}

/// The standard libraries.
const TEMPLATES: [Template; 10] = [
    template!("enterprise"),
    template!("product"),
    template!("chain"),
    template!("policy"),
    template!("talent"),
    template!("patent"),
    template!("capacity"),
    template!("order"),
    template!("device"),
    template!("energy"),
];
/// Longest name of an industry; a table's name follows it.
const INDUSTRY_BYTES_MAX: usize = 40;
/// Longest title of an industry, in characters.
const TITLE_CHARACTERS_MAX: usize = 40;

/// Names of the libraries there are templates for.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|template| template.name)
}

/// Write mappings and models of these libraries, all where none is named. A file that is there is never replaced: then
/// nothing is written. Returns the files, relative to the data folder.
pub fn write(data: &Path, industry: &str, title: &str, wanted: &[String]) -> Result<Vec<String>> {
    named(industry)?;
    titled(title)?;
    let mut files = Vec::new();
    for template in chosen(wanted)? {
        let filled = |text: &str| text.replace("{{industry}}", industry).replace("{{title}}", title);
        let name = template.name;
        files.push((format!("mappings/{industry}_{name}.toml"), filled(template.mapping)));
        files.push((format!("models/subject/{industry}_{name}.sql"), filled(template.model)));
    }
    if let Some((file, _)) = files.iter().find(|(file, _)| data.join(file).exists()) {
        return Err(refused(
            ErrorKind::AlreadyExists,
            format!("文件 {file} 已存在，什么也没有写。"),
            format!("The file {file} is there already; nothing was written."),
            ("换一个行业名，或只选其他模板。", "Choose another name, or other templates."),
        ));
    }
    for (file, text) in &files {
        let path: PathBuf = data.join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut new = std::fs::File::create_new(&path)?;
        std::io::Write::write_all(&mut new, text.as_bytes())?;
        brain_durable::sync_file(&new, &path)?;
    }
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

fn chosen(wanted: &[String]) -> Result<Vec<&'static Template>> {
    if wanted.is_empty() {
        return Ok(TEMPLATES.iter().collect());
    }
    let mut found: Vec<&Template> = Vec::new();
    for name in wanted {
        let known = TEMPLATES.iter().find(|template| template.name == name.trim()).ok_or_else(|| {
            let known = names().collect::<Vec<_>>().join(", ");
            refused(
                ErrorKind::InvalidArgument,
                format!("没有模板 {name}。"),
                format!("There is no template {name}."),
                (&format!("可用：{known}。"), &format!("There are {known}.")),
            )
        })?;
        if !found.iter().any(|template| template.name == known.name) {
            found.push(known);
        }
    }
    Ok(found)
}

fn named(industry: &str) -> Result<()> {
    let fits = industry.len() <= INDUSTRY_BYTES_MAX
        && industry.starts_with(|c: char| c.is_ascii_lowercase())
        && industry.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fits {
        return Ok(());
    }
    Err(refused(
        ErrorKind::InvalidArgument,
        format!("{industry:?} 不是合法行业名。"),
        format!("{industry:?} is no valid name of an industry."),
        (
            "用小写字母开头，只含小写字母、数字和下划线，最长 40；中文名写在 --title。",
            "Start with a lower-case letter; then letters, digits, underscores; at most 40. Other words go to --title.",
        ),
    ))
}

/// The title becomes part of comments and of quoted text, so it must end neither.
fn titled(title: &str) -> Result<()> {
    let fits = !title.trim().is_empty()
        && title.chars().count() <= TITLE_CHARACTERS_MAX
        && !title.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | '|' | '{' | '}'));
    if fits {
        return Ok(());
    }
    Err(refused(
        ErrorKind::InvalidArgument,
        "行业中文名须为 1 至 40 个字符，不含引号、反斜杠、竖线、花括号和换行。",
        "The title has 1 to 40 characters and no quotes, backslashes, bars, braces or line ends.",
        ("例如 --title 现代纺织。", "For example --title Textiles."),
    ))
}

fn refused(kind: ErrorKind, zh: impl Into<String>, en: impl Into<String>, fix: (&str, &str)) -> crate::Error {
    crate::Error::Failure(Failure::new(kind, "warehouse/model-template", zh, en).with_hint(fix.0, fix.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_a_mapping_and_a_model_of_the_industry() {
        for template in &TEMPLATES {
            let filled =
                |text: &str| text.replace("{{industry}}", "textile").replace("{{title}}", "现代纺织");
            let mapping = crate::mapping::parse(template.name, &filled(template.mapping)).unwrap();
            assert_eq!(mapping.name, format!("textile_{}", template.name));
            let model = crate::model::Model::read(&filled(template.model)).unwrap();
            assert!(model.inputs.contains(&mapping.tables[0].dataset), "{}", template.name);
            assert!(!model.tests.is_empty() && !model.keys.is_empty(), "{}", template.name);
            assert_eq!(model.restricted_by.is_some(), mapping.tables[0].restricted_by.is_some());
        }
    }

    #[test]
    fn what_would_break_a_file_is_no_name_and_nothing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let write = |industry: &str, title: &str, wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            write(folder.path(), industry, title, &wanted)
        };
        for (industry, title, wanted) in [
            ("", "a", "order"),
            ("Textile", "a", "order"),
            ("../x", "a", "order"),
            ("x", "a\"b", "order"),
            ("x", "a\nb", "order"),
            ("x", "", "order"),
            ("x", "a", "orders"),
        ] {
            assert!(write(industry, title, &[wanted]).is_err(), "{industry} {title} {wanted}");
        }
        assert_eq!(write("x", "某", &["order", "order"]).unwrap().len(), 2);
        assert!(write("x", "某", &["energy", "order"]).is_err());
        assert!(!folder.path().join("models/subject/x_energy.sql").exists(), "nothing was written");
    }
}
