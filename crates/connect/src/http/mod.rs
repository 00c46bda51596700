//! A JSON interface (HTTP/JSON 接口): pages of records, a batch being as many whole pages as the landing takes.

mod page;
mod since;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brain_egress::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use brain_egress::{Answer, Call, Egress, Method, Url};
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::retry::pause;
use crate::settings::{number, text};
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

use self::since::Since;
use self::walk::{Next, Walk};

/// What calls are accounted for as.
const PURPOSE: &str = "connector.http";
/// Parameters of an address.
const PARAMETERS_MAX: usize = 50;
/// Pages of one batch; a source that never ends is not ours to follow.
const PAGES_MAX: u64 = 100_000;

/// Settings of a JSON interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// 地址；须列入 egress.allow · Address; its origin stands in egress.allow.
    #[schemars(length(min = 1, max = 1_000))]
    pub url: String,
    /// 固定参数 · Parameters of every call.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// 记录数组的位置（JSON 指针），空为整个应答 · Where the array of records is (JSON pointer); empty: all of it.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub records: String,
    /// 认证方式；密钥另存 · How to authenticate; the secret is kept elsewhere.
    #[serde(default)]
    pub authentication: Option<Authentication>,
    /// 分页方式 · How to ask for the next page.
    #[serde(default)]
    pub paging: Paging,
    /// 增量方式；不填则每次取全部 · How to fetch what is new; all of it every time where absent.
    #[serde(default)]
    pub incremental: Option<Incremental>,
    /// 两次请求之间的毫秒数 · Milliseconds between two calls.
    #[serde(default)]
    #[schemars(range(max = 60_000))]
    pub pause_ms: u64,
}

/// How to authenticate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Authentication {
    /// 令牌 · The secret as a bearer token.
    Bearer,
    /// 用户名与口令 · A user name, with the secret as its password.
    Basic {
        /// 用户名 · User name.
        user: String,
    },
    /// 自定义请求头 · The secret as the value of a header.
    Header {
        /// 请求头名称 · Name of the header.
        name: String,
    },
}

/// How pages follow each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paging {
    /// 不分页 · One answer is all.
    #[default]
    None,
    /// 页码 · A page number, until a page is empty.
    Page {
        /// 页码参数 · Parameter of the number.
        parameter: String,
        /// 第一页的页码 · Number of the first page.
        #[serde(default = "one")]
        first: u64,
    },
    /// 偏移量 · How many records to skip, until a page is empty.
    Offset {
        /// 偏移量参数 · Parameter of the offset.
        parameter: String,
    },
    /// 游标 · A token in each answer that asks for the next, until there is none.
    Cursor {
        /// 游标参数 · Parameter of the token.
        parameter: String,
        /// 应答中下一游标的位置（JSON 指针）· Where the next token is in an answer (JSON pointer).
        next: String,
    },
    /// 应答头 Link: <…>; rel="next" · The address in the header `Link` (RFC 8288).
    Link,
}

const fn one() -> u64 {
    1
}

/// How to fetch what is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Incremental {
    /// 记录中递增字段的位置（JSON 指针）· Where a record has the field that grows (JSON pointer).
    pub field: String,
    /// 起始值参数；不填则在本机过滤 · Parameter that takes the last value; where absent, records are left out here.
    #[serde(default)]
    pub parameter: Option<String>,
}

impl HttpSettings {
    pub(crate) fn check(&self) -> Result<()> {
        text("url", &self.url)?;
        Url::parse(&self.url).map_err(|error| {
            Error::setting("url", format!("地址无法识别：{error}"), format!("It is no address: {error}"))
        })?;
        number("query", self.query.len() as u64, 0..=PARAMETERS_MAX as u64)?;
        for (name, value) in &self.query {
            text("query", name)?;
            if !value.is_empty() {
                text("query", value)?;
            }
        }
        pointer("records", &self.records)?;
        match &self.authentication {
            None | Some(Authentication::Bearer) => {}
            Some(Authentication::Basic { user }) => text("authentication/user", user)?,
            Some(Authentication::Header { name }) => header_name(name).map(drop)?,
        }
        match &self.paging {
            Paging::None | Paging::Link => {}
            Paging::Page { parameter, .. } | Paging::Offset { parameter } => {
                text("paging/parameter", parameter)?;
            }
            Paging::Cursor { parameter, next } => {
                text("paging/parameter", parameter)?;
                text("paging/next", next)?;
                pointer("paging/next", next)?;
            }
        }
        if let Some(incremental) = &self.incremental {
            text("incremental/field", &incremental.field)?;
            pointer("incremental/field", &incremental.field)?;
            if let Some(parameter) = &incremental.parameter {
                text("incremental/parameter", parameter)?;
            }
        }
        number("pause_ms", self.pause_ms, 0..=60_000)
    }
}

fn pointer(place: &str, pointer: &str) -> Result<()> {
    if pointer.is_empty() || pointer.starts_with('/') && pointer.len() <= 1_000 {
        return Ok(());
    }
    Err(Error::setting(
        place,
        "JSON 指针以 / 开头，如 /data/list。",
        "A JSON pointer begins with /, as in /data/list.",
    ))
}

/// The name of a header that may carry a key, and not one that says how the message itself is carried.
fn header_name(name: &str) -> Result<HeaderName> {
    let reserved = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer"];
    HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| !reserved.contains(&name.as_str())).ok_or_else(
        || {
            Error::setting(
                "authentication/name",
                "不能用作认证的请求头名称。",
                "It is no name of a header that may carry a key.",
            )
        },
    )
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Everything up to here has landed.
    since: Option<Since>,
    /// A walk over pages that a full batch interrupted.
    walk: Option<Walk>,
}

pub(crate) struct Http {
    settings: HttpSettings,
    headers: HeaderMap,
    egress: Egress,
}

impl Http {
    pub(crate) fn new(
        settings: HttpSettings,
        secret: Option<Secret>,
        surroundings: Surroundings,
    ) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let (Some(authentication), Some(secret)) = (&settings.authentication, &secret) {
            let (name, value) = match authentication {
                Authentication::Bearer => (AUTHORIZATION, format!("Bearer {}", secret.expose())),
                Authentication::Basic { user } => {
                    let pair = STANDARD.encode(format!("{user}:{}", secret.expose()));
                    (AUTHORIZATION, format!("Basic {pair}"))
                }
                Authentication::Header { name } => (header_name(name)?, secret.expose().to_owned()),
            };
            let mut value = HeaderValue::from_str(&value).map_err(|_| {
                Error::setting(
                    "secret",
                    "密钥含有请求头不允许的字符。",
                    "The secret has characters that no header may carry.",
                )
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Self { settings, headers, egress: surroundings.egress })
    }

    /// The address of a page.
    fn address(&self, next: Option<&Next>, since: Option<&Since>) -> Result<Url> {
        let wrong = |error| {
            Error::setting("url", format!("地址无法识别：{error}"), format!("It is no address: {error}"))
        };
        let base = Url::parse(&self.settings.url).map_err(wrong)?;
        if let (Paging::Link, Some(Next::Text(link))) = (&self.settings.paging, next) {
            let link = base.join(link).map_err(wrong)?;
            // The secret goes where the operator said, and nowhere else.
            if link.origin() != base.origin() {
                return Err(self.unlike(
                    "Link",
                    "下一页在另一个站点，已拒绝。",
                    "The next page is on another site; refused.",
                ));
            }
            return Ok(link);
        }
        let mut url = base;
        let mut parameters: Vec<(&str, String)> =
            self.settings.query.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        if let (Some(Incremental { parameter: Some(parameter), .. }), Some(since)) =
            (&self.settings.incremental, since)
        {
            parameters.push((parameter, since.value()));
        }
        match (&self.settings.paging, next) {
            (Paging::Page { parameter, first }, next) => {
                parameters.push((parameter, next.map_or(*first, Next::number).to_string()));
            }
            (Paging::Offset { parameter }, next) => {
                parameters.push((parameter, next.map_or(0, Next::number).to_string()));
            }
            (Paging::Cursor { parameter, .. }, Some(Next::Text(token))) => {
                parameters.push((parameter, token.clone()));
            }
            _ => {}
        }
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(url)
    }

    async fn call(&self, url: &Url) -> Result<Answer> {
        let call = Call::new(PURPOSE, Method::GET, url.as_str()).headers(self.headers.clone());
        let answer = self.egress.fetch(call).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let asked = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Err(Error::Status {
            origin: self.origin(),
            status: answer.status.as_u16(),
            retry_after_s: asked.and_then(|seconds| seconds.trim().parse().ok()),
        })
    }

    /// The page after this one; `None` at the end.
    fn next(&self, answer: &Answer, next: Option<&Next>, records: u64) -> Result<Option<Next>> {
        let following = match &self.settings.paging {
            Paging::None => None,
            // A page shorter than asked for is no end: many interfaces give less than is asked for.
            Paging::Page { first, .. } => {
                (records > 0).then(|| Next::Number(next.map_or(*first, Next::number).saturating_add(1)))
            }
            Paging::Offset { .. } => {
                (records > 0).then(|| Next::Number(next.map_or(0, Next::number).saturating_add(records)))
            }
            Paging::Cursor { next: place, .. } => {
                page::token(&answer.body, place).map_err(|says| self.wrong(place, says))?.map(Next::Text)
            }
            Paging::Link => walk::link(&answer.headers).map(Next::Text),
        };
        if following.is_some() && following.as_ref() == next {
            return Err(self.unlike(
                "下一页 · next page",
                "下一页就是本页，永远读不完。",
                "The next page is this page; it would never end.",
            ));
        }
        Ok(following)
    }

    /// The last part of the path, by which the file and what is made of it are called.
    fn file_name(&self) -> String {
        let url = Url::parse(&self.settings.url).ok();
        let last =
            url.and_then(|url| Some(url.path_segments()?.next_back()?.chars().take(60).collect::<String>()));
        format!("{}.jsonl", last.filter(|last| !last.is_empty()).unwrap_or_else(|| "batch".to_owned()))
    }

    /// Address without parameters, which may hold secrets.
    fn origin(&self) -> String {
        self.settings.url.split(['?', '#']).next().unwrap_or_default().to_owned()
    }

    fn unlike(&self, place: &str, zh: impl Into<String>, en: impl Into<String>) -> Error {
        self.wrong(place, Text::new(zh, en))
    }

    fn wrong(&self, place: &str, says: Text) -> Error {
        let place = if place.is_empty() { "/" } else { place };
        Error::Answer { origin: self.origin(), place: place.to_owned(), says }
    }

    /// Write the new records of a page, without those that were on it `before`; digests of all of them.
    async fn write(
        &self,
        body: &[u8],
        walk: &mut Walk,
        before: &[String],
        place: &Place,
        landing: &mut Landing,
    ) -> Result<Vec<String>> {
        let pointer = &self.settings.records;
        let records = page::records(body, pointer).map_err(|says| self.wrong(pointer, says))?;
        let digests: Vec<String> =
            records.iter().map(|record| walk::digest(record.get().as_bytes())).collect();
        let before: BTreeSet<&String> = before.iter().collect();
        for (index, (record, digest)) in records.iter().zip(&digests).enumerate() {
            let is_new = match &self.settings.incremental {
                _ if before.contains(digest) => false,
                None => true,
                Some(Incremental { field, .. }) => {
                    let at = || format!("{pointer}/{index}{field}");
                    let mark = page::mark(record.get(), field).map_err(|says| self.wrong(&at(), says))?;
                    walk.take(mark, record.get(), place.since.as_ref())
                        .map_err(|says| self.wrong(&at(), says))?
                }
            };
            if is_new {
                landing.line(record.get()).await?;
            }
        }
        Ok(digests)
    }

    /// Where pages are numbered, a page that was the last one may have been filled up before the next was asked for: it
    /// is read again, unless it is known to have been full.
    async fn fill_up(
        &self,
        number: u64,
        walk: &mut Walk,
        place: &Place,
        landing: &mut Landing,
    ) -> Result<()> {
        if walk.full > 0 && walk.previous.len() >= walk.full {
            return Ok(());
        }
        let page = Next::Number(number.saturating_sub(1));
        let answer = self.call(&self.address(Some(&page), place.since.as_ref())?).await?;
        let before = std::mem::take(&mut walk.previous);
        walk.full = self.write(&answer.body, walk, &before, place, landing).await?.len();
        Ok(())
    }
}

#[async_trait::async_trait]
impl Source for Http {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let answer = self.call(&self.address(None, None)?).await?;
        let pointer = &self.settings.records;
        let records = page::records(&answer.body, pointer).map_err(|says| self.wrong(pointer, says))?;
        if let (Some(Incremental { field, .. }), Some(first)) = (&self.settings.incremental, records.first())
        {
            page::mark(first.get(), field)
                .map_err(|says| self.wrong(&format!("{pointer}/0{field}"), says))?;
        }
        Ok(Finding {
            found: Text::new(
                format!("第一页有 {} 条记录", records.len()),
                format!("{} records on the first page", records.len()),
            ),
            fields: records.first().map(|record| page::fields(record.get())).unwrap_or_default(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let place: Place = after.map(Position::read).transpose()?.unwrap_or_default();
        let incremental = self.settings.incremental.is_some();
        let mut walk = place.walk.clone().unwrap_or_else(|| Walk::from(place.since.as_ref()));
        landing.begin(&self.file_name()).await?;
        let mut last_page = None;
        for page in 0..PAGES_MAX {
            control.check()?;
            if page > 0 {
                pause(Duration::from_millis(self.settings.pause_ms), control).await?;
            }
            let answer = self.call(&self.address(walk.next.as_ref(), place.since.as_ref())?).await?;
            let digest = walk::digest(&answer.body);
            let digests = self.write(&answer.body, &mut walk, &[], &place, landing).await?;
            let records = digests.len() as u64;
            if let (true, Paging::Page { .. }, Some(Next::Number(number)), true) =
                (incremental, &self.settings.paging, walk.next.clone(), records > 0)
            {
                self.fill_up(number, &mut walk, &place, landing).await?;
            }
            walk.previous =
                if matches!(self.settings.paging, Paging::Page { .. }) { digests } else { Vec::new() };
            if records > 0 && last_page.replace(digest.clone()) == Some(digest) {
                return Err(self.unlike(
                    &self.settings.records,
                    "连续两页内容完全相同，对方没有翻页；请核对分页参数。",
                    "Two pages in a row are the same; check the parameters of paging.",
                ));
            }
            control.progress.add(answer.body.len() as u64);
            walk.next = self.next(&answer, walk.next.as_ref(), records)?;
            let ended = walk.next.is_none();
            // The end of a walk that a full batch interrupted is remembered, though it brought nothing more.
            if ended && landing.rows() == 0 && place.walk.is_none() {
                return Ok(None);
            }
            if ended || incremental && landing.is_full() {
                let place = if ended {
                    Place { since: walk.high, walk: None }
                } else {
                    Place { since: place.since, walk: Some(walk) }
                };
                return Ok(Some(Fetched { position: Position::of(&place)?, more: !ended }));
            }
        }
        Err(Error::TooMuch {
            what: Text::new("一批数据的页数", "The number of pages of a batch"),
            limit: PAGES_MAX,
            unit: Text::new("页", "pages"),
        })
    }
}
