//! The models of a node: those of the program, and the operator's own SQL files in `<data>/models`.
//!
//! A file that is wrong is listed as broken with its line and how to mend it; the others go on.

use super::builtin;
use super::front::{FILE_BYTES_MAX, Model};
use super::order::sorted;
use super::wrong::ModelError;
use crate::engine::{CATALOG, DEFAULT_ZONE};
use crate::handle::Inner;
use crate::query::statement;
use crate::{Error, Result};
use brain_kernel::language::Text;
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders of models below `<data>/models`: standard tables, subject library (主题库), industry and business topics
/// (行业专题库、业务专题库).
pub const PLACES: [&str; 4] = ["standard", "subject", "topic/industry", "topic/business"];
/// Most files of models a node takes.
const FILES_MAX: usize = 1_000;
/// Longest name of a table.
const NAME_BYTES_MAX: usize = 60;

/// Every model a node has.
#[derive(Debug, Default)]
pub(crate) struct ModelSet {
    /// Each after those it reads.
    pub(crate) models: Vec<Model>,
    /// Files that cannot be used.
    pub(crate) broken: Vec<ModelError>,
    /// Tables the broken files would make, where their place tells.
    pub(crate) broken_names: BTreeSet<String>,
}

impl ModelSet {
    pub(crate) fn find(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// Whether both hold the same texts.
    fn same(&self, other: &Self) -> bool {
        let digests = |set: &Self| set.models.iter().map(|model| model.digest.clone()).collect::<Vec<_>>();
        digests(self) == digests(other)
    }
}

impl Inner {
    /// The models as they were last read.
    pub(crate) fn model_set(&self) -> Arc<ModelSet> {
        self.model_set.load_full()
    }

    /// Read the models anew; an operator may have changed a file.
    pub(crate) fn reload_models(&self) -> Result<Arc<ModelSet>> {
        let set = Arc::new(load(&self.options.root, self.engine.parser())?);
        let before = self.model_set.swap(Arc::clone(&set));
        if !before.same(&set) {
            self.lineage.outdated();
        }
        for error in &set.broken {
            tracing::warn!(%error, "model file not used");
        }
        Ok(set)
    }
}

/// Models of the program and of the data folder.
fn load(data: &Path, state: &SessionState) -> Result<ModelSet> {
    let built_in = builtin::models()?;
    let reserved: BTreeSet<String> = built_in.iter().map(|model| model.name.clone()).collect();
    let mut set = ModelSet::default();
    let mut own: BTreeMap<String, Model> = BTreeMap::new();
    let folder = data.join("models");
    for (number, file) in files(&folder)?.into_iter().enumerate() {
        let label = file.strip_prefix(data).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let placed = place(&folder, &file);
        let read = if number < FILES_MAX { read(&file, placed.as_ref(), state) } else { Err(too_many()) };
        let read = read.and_then(|model| {
            if reserved.contains(&model.name) {
                return Err(reserved_name(&model.name));
            }
            if own.contains_key(&model.name) {
                return Err(twice(&model.name));
            }
            Ok(Model { file: Some(label.clone()), ..model })
        });
        match read {
            Ok(model) => {
                own.insert(model.name.clone(), model);
            }
            Err(error) => {
                set.broken.push(error.in_file(&label));
                set.broken_names.extend(placed.map(|placed| placed.name));
            }
        }
    }
    let (models, circular) = sorted(built_in.into_iter().chain(own.into_values()).collect());
    for model in circular {
        let file = model.file.clone().unwrap_or_default();
        set.broken.push(
            ModelError::new(
                1,
                ("经其他模型读取自己", "the model reads itself through others"),
                ("从 inputs 中去掉其中一个。", "Take one of them out of the inputs."),
            )
            .in_file(&file),
        );
        set.broken_names.insert(model.name);
    }
    // A file that asks for a name somebody else has breaks nothing but itself.
    set.broken_names.retain(|name| models.iter().all(|model| model.name != *name));
    set.models = models;
    Ok(set)
}

/// SQL files below a folder, up to one level deeper than a place; sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && depth < 3 {
                waiting.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where a file lies, and the table it has to make.
struct Placed {
    place: &'static str,
    name: String,
}

fn place(folder: &Path, file: &Path) -> Option<Placed> {
    let parent = file.parent()?.strip_prefix(folder).ok()?.to_str()?.replace('\\', "/");
    let place = PLACES.into_iter().find(|place| *place == parent)?;
    let zone = place.split('/').next()?;
    Some(Placed { place, name: format!("{zone}.{}", file.file_stem()?.to_str()?) })
}

fn read(file: &Path, placed: Option<&Placed>, state: &SessionState) -> Result<Model, ModelError> {
    let placed = placed.ok_or_else(|| {
        ModelError::new(
            1,
            ("文件不在模型的任何分区中", "the file lies in no folder of models"),
            (
                "放入 models/standard、models/subject、models/topic/industry 或 models/topic/business。",
                "Put it into models/standard, models/subject, models/topic/industry or models/topic/business.",
            ),
        )
    })?;
    let unreadable = |error: std::io::Error| {
        ModelError::new(
            1,
            (&format!("无法读取：{error}"), &format!("it cannot be read: {error}")),
            ("检查文件权限与 UTF-8 编码。", "Check its permissions and that it is UTF-8."),
        )
    };
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > FILE_BYTES_MAX as u64 {
        return Err(ModelError::new(
            1,
            ("文件超过 512 KiB", "the file is longer than 512 KiB"),
            ("把查询拆成几个模型。", "Split the query into several models."),
        ));
    }
    let model = Model::read(&std::fs::read_to_string(file).map_err(unreadable)?)?;
    let line = 1;
    if model.name != placed.name {
        return Err(ModelError::new(
            line,
            (
                &format!("文件位置要求 model: {}，写的是 {}", placed.name, model.name),
                &format!("the file's place asks for model: {}, it says {}", placed.name, model.name),
            ),
            ("改名，或移动文件。", "Change the name, or move the file."),
        ));
    }
    let table = model.table();
    let fits = table.len() <= NAME_BYTES_MAX
        && table.starts_with(|c: char| c.is_ascii_lowercase())
        && table.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !fits {
        return Err(ModelError::new(
            line,
            (&format!("{table:?} 不是合法表名"), &format!("{table:?} is no valid name of a table")),
            (
                "用小写字母开头，只含小写字母、数字和下划线，最长 60。",
                "Start with a lower-case letter; then letters, digits, underscores; at most 60.",
            ),
        ));
    }
    if model.columns.is_empty() {
        return Err(ModelError::new(
            line,
            ("没有一行 `-- column:`", "there is no line `-- column:`"),
            ("按顺序写明查询得出的每一列。", "Document each column the query makes, in order."),
        ));
    }
    check_query(&model, state)?;
    Ok(Model { place: placed.place.to_owned(), ..model })
}

/// One SELECT that reads exactly the tables declared.
fn check_query(model: &Model, state: &SessionState) -> Result<(), ModelError> {
    if model.sql.trim().is_empty() {
        return Err(ModelError::new(
            model.sql_line.max(1),
            ("没有查询", "there is no query"),
            ("在文件开头的说明之后写一条 SELECT。", "Write a SELECT after the front matter."),
        ));
    }
    let parsed = statement::parse(state, &model.sql).map_err(|error| sql_error(model, &error))?;
    if !matches!(&parsed, Statement::Statement(sql) if matches!(**sql, Sql::Query(_))) {
        return Err(sql_error(model, &Error::NotARead { statement: "SHOW".into() }));
    }
    let references = state.resolve_table_references(&parsed);
    let references = references.map_err(|error| sql_error(model, &Error::from(error)))?;
    let mut read = BTreeSet::new();
    for reference in references {
        let resolved = reference.resolve(CATALOG, DEFAULT_ZONE);
        let (zone, table) = (&resolved.schema, &resolved.table);
        if !state.table_functions().contains_key(table.as_ref()) {
            read.insert(format!("{zone}.{table}"));
        }
    }
    let declared: BTreeSet<String> = model.reads().map(str::to_owned).collect();
    if declared.contains(&model.name) || read.contains(&model.name) {
        return Err(ModelError::new(
            model.sql_line,
            ("模型读取自己", "the model reads itself"),
            ("增量请写 `-- incremental:`。", "For increments write `-- incremental:`."),
        ));
    }
    if let Some(name) = read.difference(&declared).next() {
        return Err(ModelError::new(
            model.sql_line,
            (
                &format!("查询读取 {name}，但没有声明"),
                &format!("the query reads {name}, which is not declared"),
            ),
            (
                &format!("加到 `-- inputs:`，或写一行 `-- optional: {name} (…)`。"),
                &format!("Add it to `-- inputs:`, or write a line `-- optional: {name} (…)`."),
            ),
        ));
    }
    if let Some(name) = declared.difference(&read).next() {
        return Err(ModelError::new(
            model.sql_line,
            (
                &format!("声明了 {name}，但查询不读取它"),
                &format!("{name} is declared, but the query never reads it"),
            ),
            ("从 inputs 或 optional 中删去。", "Take it out of inputs or optional."),
        ));
    }
    Ok(())
}

/// An error of the query, at its line of the file.
pub(super) fn sql_error(model: &Model, error: &Error) -> ModelError {
    const FIX: (&str, &str) = (
        "模型是一条 SELECT；修改后运行 brain model check。",
        "A model is one SELECT; mend it and run `brain model check`.",
    );
    match error {
        Error::Sql(fault) => {
            let line = fault.position.map_or(1, |(line, _)| usize::try_from(line).unwrap_or(1));
            let at = model.sql_line.saturating_add(line).saturating_sub(1).max(1);
            let Text { zh, en } = &fault.what;
            let fix = fault.hint.as_ref().map_or(FIX, |hint| (hint.zh.as_str(), hint.en.as_str()));
            ModelError::new(at, (&format!("SQL：{zh}"), &format!("SQL: {en}")), fix)
        }
        other => {
            ModelError::new(model.sql_line.max(1), (&format!("SQL：{other}"), &format!("SQL: {other}")), FIX)
        }
    }
}

fn reserved_name(name: &str) -> ModelError {
    ModelError::new(
        1,
        (&format!("{name} 是系统自带的模型"), &format!("{name} is a model of the program")),
        (
            "换一个表名；自带的模型不能替换。",
            "Choose another name; models of the program cannot be replaced.",
        ),
    )
}

fn twice(name: &str) -> ModelError {
    ModelError::new(
        1,
        (&format!("{name} 已由另一个文件产生"), &format!("another file makes {name}")),
        ("换一个表名。", "Choose another name."),
    )
}

fn too_many() -> ModelError {
    ModelError::new(
        1,
        ("模型文件超过 1000 个", "there are more than 1000 files of models"),
        ("删除不用的模型。", "Remove models that are not used."),
    )
}
