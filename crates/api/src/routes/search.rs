//! Search over everything the catalogue names, and firms.

use crate::answer::Reply;
use crate::call::Call;
use crate::endpoint::{Audience, Endpoint};
use crate::error::Error;
use crate::limits::Cost;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::grade::Grade;
use brain_warehouse::search::{Facets, Filters, FirmHits, Found, Kind, SearchRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Purpose under which firms are looked at; the one of the catalogue.
const PURPOSE: &str = "browse";
/// Hits of a page where none is said.
const PAGE_SIZE: u64 = 20;
/// Most hits of a page.
const PAGE_SIZE_MAX: u64 = 100;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SearchQuery {
    /// 词语：中文、拼音（全拼或首字母）、英文；可写 kind:dataset、zone:raw、-排除词 · Words in Chinese, pinyin (whole or first
    /// letters) or English; also kind:dataset, zone:raw, -excluded.
    #[schemars(length(max = 1000))]
    q: String,
    /// 类型 · Kind of thing.
    kind: Option<Kind>,
    /// 分区 · Zone.
    #[schemars(length(max = 40))]
    zone: Option<String>,
    /// 归属 · Side.
    #[schemars(length(max = 40))]
    side: Option<String>,
    /// 分级 · Grade.
    grade: Option<Grade>,
    /// 所有者 · Owner.
    #[schemars(length(max = 200))]
    owner: Option<String>,
    /// 是否也找企业，缺省为是；读取企业会留审计记录 · Whether firms are looked for too, as they are when left out; reading
    /// firms leaves an audit record.
    firms: Option<bool>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1, max = 1000))]
    page: Option<u64>,
    /// 每页条数，至多 100 · Hits per page, at most 100.
    #[schemars(range(min = 1, max = 100))]
    page_size: Option<u64>,
}

/// A page of hits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SearchPage {
    /// Hits of this page, best first, firms apart.
    pub items: Vec<Found>,
    /// Hits in all, firms apart.
    pub total: u64,
    /// This page, from 1.
    pub page: u64,
    /// Hits per page.
    pub page_size: u64,
    /// Counts by kind, zone, side, grade and owner; a dimension that is filtered by counts as if it were not.
    pub facets: Facets,
    /// Whether nothing has all the words, so that what has half of them is shown.
    pub relaxed: bool,
    /// Whether the text was longer than what is read.
    pub shortened: bool,
    /// Whether the index is behind the catalogue: it is being written, or cannot be.
    pub stale: bool,
    /// Firms: a few beside other hits on the first page, pages of them with `kind=firm`; left out for who may read none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firms: Option<FirmHits>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/search", "search", search)
            .cost(Cost::Sql)
            .about(
                "检索数据集、字段、标准、组件和企业",
                "Search datasets, columns, standards, components and firms",
            )
            .audience(Audience::SignedIn)
            .codes(&["search/folder", "search/engine"])
            .tag("search"),
    ]
}

/// Most characters of each text of a query.
const LENGTHS: [(&str, usize); 4] = [("q", 1000), ("zone", 40), ("side", 40), ("owner", 200)];

impl SearchQuery {
    /// Refuse texts beyond what is read at all.
    fn check(&self) -> Result<(), Error> {
        let texts = [Some(&self.q), self.zone.as_ref(), self.side.as_ref(), self.owner.as_ref()];
        for ((name, most), text) in LENGTHS.into_iter().zip(texts) {
            if text.is_some_and(|text| text.chars().nth(most).is_some()) {
                let pointer = name.to_owned();
                return Err(Error::Malformed { place: "query", pointer, reason: format!("{name} > {most}") });
            }
        }
        Ok(())
    }
}

async fn search(call: Call<SearchQuery>) -> Result<Reply<SearchPage>, Failure> {
    call.query.check()?;
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let session = call.app.warehouse.session(call.party()?, PURPOSE);
    let session = session.coming_from(call.access_origin("search")).held();
    let (page, page_size) = (
        call.query.page.unwrap_or(1).max(1),
        call.query.page_size.unwrap_or(PAGE_SIZE).clamp(1, PAGE_SIZE_MAX),
    );
    let request = SearchRequest {
        text: call.query.q.clone(),
        filters: filters(&call.query),
        offset: usize::try_from((page - 1).saturating_mul(page_size)).unwrap_or(usize::MAX),
        limit: usize::try_from(page_size).unwrap_or(usize::MAX),
        without_firms: call.query.firms == Some(false),
    };
    let answer = call.app.warehouse.search().ask(&session, request, running.cancel()).await?;
    // Firms are rows; what was read of them is on record before they leave.
    if answer.firms.as_ref().is_some_and(|firms| !firms.hits.is_empty()) {
        session.finish().await?;
    }
    Ok(SearchPage {
        items: answer.hits,
        total: answer.total,
        page,
        page_size,
        facets: answer.facets,
        relaxed: answer.relaxed,
        shortened: answer.shortened,
        stale: answer.stale,
        firms: answer.firms,
    }
    .into())
}

fn filters(query: &SearchQuery) -> Filters {
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    // A grade in the word the interfaces write it with.
    let grade = query.grade.and_then(|grade| serde_json::to_value(grade).ok());
    Filters {
        kind: query.kind.into_iter().collect(),
        zone: one(&query.zone),
        side: one(&query.side),
        grade: grade.and_then(|word| Some(word.as_str()?.to_owned())).into_iter().collect(),
        owner: one(&query.owner),
    }
}
