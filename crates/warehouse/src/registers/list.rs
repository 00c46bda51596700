//! Code lists: those the program brings along, and those operators import.

use super::{LISTS_MAX, Registers, json, looked_for, may_write, page, refuse, short, standards, taken};
use crate::handle::Inner;
use crate::standard::{industries, regions};
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_standards::list::{Code, Heading, ListFile, Verdict};
use brain_standards::{CodeList, unit};
use brain_store::Page;
use brain_store::code_list::{self as rows, CodeListRow, CodeRow};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Arc, OnceLock};

/// Codes of a list that are named where they would be lost.
const LOST_SHOWN: usize = 5;

/// A list without its codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CodeListCard")]
pub struct ListCard {
    /// What it is.
    #[serde(flatten)]
    pub heading: Heading,
    /// How many codes it has.
    pub codes: u64,
    /// Whether the program brings it along; then nobody changes it.
    pub built_in: bool,
    /// Counts imports, from 1; 0 where built in.
    pub revision: i64,
    /// Account that imported it last.
    pub updated_by: Option<String>,
    /// When.
    pub updated_at: Option<DateTime<Utc>>,
}

/// Which codes of a list to show. Everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CodeQuery {
    /// 代码开头或名称中的文字 · What the code begins with, or text in its name.
    #[schemars(length(max = 200))]
    pub text: Option<String>,
    /// 上级代码 · Code one level up.
    #[schemars(length(max = 64))]
    pub parent: Option<String>,
    /// 该日有效 · Only those that hold on this day.
    pub on: Option<NaiveDate>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 1000 · Codes per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: Option<u64>,
}

/// A list as it is imported.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NewCodeList")]
#[serde(deny_unknown_fields)]
pub struct NewList {
    /// 说明，TOML：标识、名称、标准、来源、列名 · Description in TOML: id, title, standard, source, columns.
    pub description: String,
    /// 代码，CSV，首行为列名 · Codes as CSV with a header.
    pub codes: String,
    /// 所见的修订号；新代码表不写 · Revision that was seen; absent for a new list.
    #[serde(default)]
    pub seen: Option<i64>,
    /// 允许去掉原有代码 · Whether codes of the list that is there may be gone.
    #[serde(default)]
    pub may_drop: bool,
}

/// How a list is imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListImport {
    /// Revision that was seen; none for a new list.
    pub seen: Option<i64>,
    /// Whether codes of the list that is there may be gone.
    pub may_drop: bool,
}

/// A value held against a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "JudgedCode")]
pub struct Judged {
    /// The list.
    pub list: String,
    /// The value, as it was given.
    pub value: String,
    /// The day.
    pub on: NaiveDate,
    /// How it stands.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Registers {
    /// Every list: built-in ones first, then the others by id.
    pub async fn lists(&self) -> Result<Vec<ListCard>> {
        let built_in = built_in()?.iter().map(|list| ListCard {
            heading: list.heading().clone(),
            codes: list.codes().len() as u64,
            built_in: true,
            revision: 0,
            updated_by: None,
            updated_at: None,
        });
        let stored = rows::lists(self.inner.store.db(), LISTS_MAX).await?;
        Ok(built_in.chain(stored.into_iter().map(card)).collect())
    }

    /// Codes of a list in its order.
    pub async fn codes(&self, id: &str, query: &CodeQuery) -> Result<Page<Code>> {
        let text = looked_for(query.text.as_ref())?;
        let list = self.inner.code_list(id).await?.ok_or_else(|| unknown(id))?;
        let takes = |code: &&Code| {
            let mentions = |text: &String| {
                code.code.to_lowercase().starts_with(text)
                    || code.name.zh.to_lowercase().contains(text)
                    || code.name.en.to_lowercase().contains(text)
            };
            text.as_ref().is_none_or(mentions)
                && query.parent.as_ref().is_none_or(|parent| code.parent.as_ref() == Some(parent))
                && query.on.is_none_or(|day| code.holds_on(day))
        };
        let found = list.codes().iter().filter(takes).cloned().collect();
        Ok(page(found, query.page, query.page_size))
    }

    /// A whole list, to be written out.
    pub async fn list(&self, id: &str) -> Result<Arc<CodeList>> {
        self.inner.code_list(id).await?.ok_or_else(|| unknown(id))
    }

    /// How a value stands to a list on a day; today where none is given.
    pub async fn judge(&self, id: &str, value: &str, on: Option<NaiveDate>) -> Result<Judged> {
        let list = self.list(id).await?;
        let on = on.unwrap_or_else(|| self.inner.clock.now().date_naive());
        let verdict = list.judge(value, on);
        Ok(Judged { list: id.to_owned(), value: value.to_owned(), on, verdict })
    }

    /// Import a list out of texts.
    pub async fn import_list(&self, actor: &Party, new: NewList) -> Result<ListCard> {
        let import = ListImport { seen: new.seen, may_drop: new.may_drop };
        self.import_list_table(actor, &new.description, new.codes.as_bytes(), import).await
    }

    /// Import a list, in place of the one of its id that was seen. A code that data may hold does not vanish: it gets a
    /// last day, unless the caller says that it may be gone.
    pub async fn import_list_table(
        &self,
        actor: &Party,
        description: &str,
        table: &[u8],
        new: ListImport,
    ) -> Result<ListCard> {
        may_write(actor)?;
        let list = ListFile::read(description, table).map_err(standards)?;
        let id = list.heading().id.clone();
        if built_in()?.iter().any(|known| known.heading().id == id) || reserved(&id) {
            return Err(pointed(refuse_built_in(&id), "/description"));
        }
        let db = self.inner.store.db();
        let before = self.inner.stored_list(&id).await?;
        if before.is_none() && rows::lists(db, LISTS_MAX).await?.len() as u64 >= LISTS_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/code-lists-full",
                format!("代码表已达上限 {LISTS_MAX} 张。"),
                format!("There are {LISTS_MAX} code lists, and no room for more."),
            ));
        }
        if let Some(before) = before.filter(|_| !new.may_drop) {
            nothing_lost(&before, &list)?;
        }
        let row = self.list_row(actor, &list, new.seen.unwrap_or(0).saturating_add(1));
        let codes = list.codes().iter().enumerate().map(|(place, code)| code_row(&id, place, code));
        let codes = codes.collect::<Result<Vec<_>>>()?;
        let transaction = self.inner.store.transaction().await?;
        rows::put_list(&transaction, row.clone(), codes, new.seen)
            .await
            .map_err(|error| taken(error, ("warehouse/code-list-exists", "代码表", "code list"), &id))?;
        let body = json!({ "codes": row.codes, "revision": row.revision, "standard": row.standard,
                           "edition": row.edition, "digest": self.digest(table) });
        self.inner.record_act(&transaction, actor, ("standard.list", &id), body).await?;
        transaction.commit().await?;
        Ok(card(row))
    }

    fn list_row(&self, actor: &Party, list: &CodeList, revision: i64) -> CodeListRow {
        let Heading { id, title, standard, edition, source } = list.heading().clone();
        CodeListRow {
            id,
            title_zh: title.zh,
            title_en: title.en,
            standard,
            edition,
            source,
            codes: list.codes().len() as i64,
            revision,
            updated_by: actor.account.clone(),
            updated_at: self.inner.store.now(),
        }
    }
}

impl Inner {
    /// A list by its id, built in or imported.
    pub(crate) async fn code_list(&self, id: &str) -> Result<Option<Arc<CodeList>>> {
        if let Some(list) = built_in()?.iter().find(|list| list.heading().id == id) {
            return Ok(Some(Arc::clone(list)));
        }
        Ok(self.stored_list(id).await?.map(Arc::new))
    }

    async fn stored_list(&self, id: &str) -> Result<Option<CodeList>> {
        let Some(row) = rows::list(self.store.db(), id).await? else { return Ok(None) };
        let codes = rows::codes(self.store.db(), id).await?;
        let codes = codes.into_iter().map(code).collect::<Result<Vec<_>>>()?;
        let list = CodeList::new(card(row).heading, codes);
        list.map(Some).map_err(|error| corrupt("code_list_code", &error.to_string()))
    }
}

/// The lists the program brings along.
fn built_in() -> Result<&'static [Arc<CodeList>]> {
    static LISTS: OnceLock<std::result::Result<Vec<Arc<CodeList>>, brain_standards::StandardsError>> =
        OnceLock::new();
    let made = LISTS.get_or_init(|| {
        let lists = [region_list()?, industry_list()?, unit::units()?, unit::currencies()?];
        Ok(lists.map(Arc::new).into())
    });
    made.as_deref().map_err(|error| standards(error.clone()))
}

fn region_list() -> std::result::Result<CodeList, brain_standards::StandardsError> {
    let all: std::collections::BTreeSet<String> = regions::built_in_rows().map(|(code, _)| code).collect();
    let codes = regions::built_in_rows().map(|(code, name)| {
        let above = code.get(..2).map(|province| format!("{province}0000"));
        let parent = above.filter(|above| *above != code && all.contains(above));
        plain(code, parent, name)
    });
    let heading = Heading {
        id: "gb_t_2260".to_owned(),
        title: Text::new("行政区划代码（省、地级）", "Codes of provinces and prefectures"),
        standard: "GB/T 2260".to_owned(),
        edition: "2007".to_owned(),
        source: "GB/T 2260-2007 及后续变更 · and later changes".to_owned(),
    };
    CodeList::new(heading, codes.collect())
}

fn industry_list() -> std::result::Result<CodeList, brain_standards::StandardsError> {
    let codes = industries::built_in_rows().map(|industry| {
        plain(industry.code.to_owned(), industry.parent().map(str::to_owned), industry.name.to_owned())
    });
    let heading = Heading {
        id: "gb_t_4754".to_owned(),
        title: Text::new("国民经济行业分类", "Industrial classification for national economic activities"),
        standard: "GB/T 4754".to_owned(),
        edition: "2017".to_owned(),
        source: "GB/T 4754-2017".to_owned(),
    };
    CodeList::new(heading, codes.collect())
}

fn plain(code: String, parent: Option<String>, name: String) -> Code {
    Code {
        code,
        parent,
        name: Text::new(name, ""),
        valid_from: None,
        valid_until: None,
        successors: Vec::new(),
    }
}

/// Ids that mean something else where lists are named.
fn reserved(id: &str) -> bool {
    id == super::PRODUCTS || id.starts_with(super::PARTNER_PREFIX)
}

fn refuse_built_in(id: &str) -> Failure {
    Failure::new(
        ErrorKind::AlreadyExists,
        "warehouse/code-list-built-in",
        format!("标识 {id} 已由本程序使用，请换一个标识。"),
        format!("The id {id} is taken by the program; choose another."),
    )
}

fn pointed(failure: Failure, pointer: &str) -> Error {
    Error::Failure(failure.with_pointer(pointer))
}

fn nothing_lost(before: &CodeList, after: &CodeList) -> Result<()> {
    let lost: Vec<&str> = before
        .codes()
        .iter()
        .filter(|code| after.get(&code.code).is_none())
        .map(|code| code.code.as_str())
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    let shown = lost.iter().take(LOST_SHOWN).copied().collect::<Vec<_>>().join(", ");
    let count = lost.len();
    Err(Error::Failure(
        Failure::new(
            ErrorKind::Precondition,
            "warehouse/code-list-drops",
            format!("新表缺少原有的 {count} 个代码，如 {shown}；数据里可能还有它们。"),
            format!("The new table lacks {count} codes that are there, such as {shown}; data may still hold them."),
        )
        .with_pointer("/codes")
        .with_hint(
            "请保留这些代码并写明失效日和后继代码；确实是错误录入的，允许去掉后再导入。",
            "Keep them with a last day and successors; if they were never codes, import again and let them be dropped.",
        ),
    ))
}

pub(super) fn unknown(id: &str) -> Error {
    let id = short(id);
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-code-list",
        format!("没有代码表 {id}。"),
        format!("There is no code list {id}."),
    )
}

fn card(row: CodeListRow) -> ListCard {
    ListCard {
        heading: Heading {
            id: row.id,
            title: Text::new(row.title_zh, row.title_en),
            standard: row.standard,
            edition: row.edition,
            source: row.source,
        },
        codes: u64::try_from(row.codes).unwrap_or_default(),
        built_in: false,
        revision: row.revision,
        updated_by: Some(row.updated_by),
        updated_at: Some(row.updated_at),
    }
}

fn code_row(list: &str, place: usize, code: &Code) -> Result<CodeRow> {
    Ok(CodeRow {
        list: list.to_owned(),
        code: code.code.clone(),
        place: i32::try_from(place).unwrap_or(i32::MAX),
        parent: code.parent.clone(),
        name_zh: code.name.zh.clone(),
        name_en: code.name.en.clone(),
        valid_from: code.valid_from.map(|day| day.to_string()),
        valid_until: code.valid_until.map(|day| day.to_string()),
        successors: json(&code.successors)?.to_string(),
    })
}

fn code(row: CodeRow) -> Result<Code> {
    let day = |text: Option<String>| {
        text.map(|text| text.parse::<NaiveDate>().map_err(|_| corrupt("code_list_code.valid", &text)))
            .transpose()
    };
    Ok(Code {
        parent: row.parent,
        name: Text::new(row.name_zh, row.name_en),
        valid_from: day(row.valid_from)?,
        valid_until: day(row.valid_until)?,
        successors: serde_json::from_str(&row.successors)
            .map_err(|_| corrupt("code_list_code.successors", &row.code))?,
        code: row.code,
    })
}

pub(super) fn corrupt(field: &'static str, value: &str) -> Error {
    Error::from(brain_store::Error::Corrupt { field, value: value.to_owned() })
}
