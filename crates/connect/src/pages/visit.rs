//! One request after another to one site, never sooner than it may be.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brain_egress::header::{
    ACCEPT, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER, USER_AGENT,
};
use brain_egress::{Answer, Call, Egress, Method, StatusCode, Url};
use brain_kernel::clock::Clock;
use brain_kernel::language::Text;
use chrono::{DateTime, TimeDelta, Utc};

use crate::retry::pause;
use crate::{Control, Error, Result, Surroundings};

use super::place::Known;
use super::reading::{Reading, is_language};
use super::robots::Rules;
use super::settings::{PagesSettings, Site};
use super::sitemap::Sitemap;

/// What calls are accounted for as.
const PURPOSE: &str = "connector.pages";
/// Largest page, bytes.
const PAGE_BYTES_MAX: u64 = 2 << 20;
/// Largest sitemap and largest `robots.txt` that is looked at, bytes.
const FILE_BYTES_MAX: u64 = 10 << 20;
/// Redirects to a `robots.txt` that are followed (RFC 9309 §2.3.1.2).
const REDIRECTS_MAX: usize = 5;
/// Longest time between two requests that a site may ask for, seconds; one that asks for more wants no robots.
const CRAWL_DELAY_S_MAX: f32 = 300.0;
/// How often the time is looked at while waiting.
const LOOK: Duration = Duration::from_millis(100);
const ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// What came of a request for a page.
pub(super) enum Visit {
    /// A page, and what to remember of it.
    Page(Box<(Reading, Known)>),
    /// It is as it was.
    Same,
    /// It is somewhere else on this site.
    Moved(Url),
    /// It is no page to keep; the error says why, and the first is what `Told` counts it as.
    Not(Reason, Error),
}

/// Why a page was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is of another type, too large or made to be slow.
    Kind,
    /// It leads to another site, or to a part of this one that is not meant.
    Elsewhere,
    /// It is not there, or not for everybody.
    Status,
    /// The site failed to give it.
    Failed,
    /// The site wants to be asked for it later.
    Busy,
}

/// Somebody who asks one site.
pub(super) struct Visitor {
    pub(super) site: Site,
    headers: HeaderMap,
    agent: String,
    delay: Duration,
    egress: Egress,
    pub(super) clock: Arc<dyn Clock>,
    /// Before this no request is made.
    not_before: Mutex<Option<DateTime<Utc>>>,
}

impl Visitor {
    pub(super) fn new(settings: &PagesSettings, surroundings: Surroundings) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml"));
        headers.insert(USER_AGENT, settings.user_agent()?);
        Ok(Self {
            site: settings.site()?,
            headers,
            agent: settings.agent.clone(),
            delay: settings.delay(),
            egress: surroundings.egress,
            clock: surroundings.clock,
            not_before: Mutex::new(None),
        })
    }

    /// What the site asks of robots.
    pub(super) async fn rules(&self, control: &Control) -> Result<Rules> {
        let mut address = self.site.at("/robots.txt");
        for _ in 0..=REDIRECTS_MAX {
            let Some(url) = address else { break };
            let answer = match self.ask(&url, HeaderMap::new(), FILE_BYTES_MAX, self.delay, control).await {
                Ok(answer) => answer,
                // What cannot be reached forbids everything (RFC 9309 §2.3.1.4).
                Err(error) if error.is_transient() => return Err(self.unreachable(&error.to_string())),
                Err(error) => return Err(error),
            };
            let status = answer.status;
            if status.is_success() {
                return self.heeded(&answer);
            }
            if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
                return Err(self.unreachable(&status.as_u16().to_string()));
            }
            if status.is_client_error() {
                return Ok(Rules::none());
            }
            address = moved(&url, &answer).and_then(|to| self.site.here(&to));
        }
        Err(self.unwanted(
            "robots.txt 转到了别的网站，不知其规定。请填写网站的最终地址（如 https）。",
            "Its robots.txt is on another site, so that its rules are not known. Write the address the site leads to, such as https.",
        ))
    }

    fn heeded(&self, answer: &Answer) -> Result<Rules> {
        let rules = Rules::read(&answer.body, &self.agent).map_err(|cause| {
            self.unwanted(
                format!("robots.txt 无法读懂，按全部禁止处理：{cause}"),
                format!("Its robots.txt is not understood and taken to forbid everything: {cause}"),
            )
        })?;
        match rules.delay_s().filter(|seconds| *seconds > CRAWL_DELAY_S_MAX) {
            None => Ok(rules),
            Some(seconds) => Err(self.unwanted(
                format!("robots.txt 要求两次请求相隔 {seconds} 秒，等于不愿被读取。"),
                format!("Its robots.txt asks for {seconds} seconds between requests, and so not to be read."),
            )),
        }
    }

    /// Least time between two requests under these rules.
    fn delay(&self, rules: &Rules) -> Duration {
        let asked = rules.delay_s().unwrap_or(0.0).clamp(0.0, CRAWL_DELAY_S_MAX);
        self.delay.max(Duration::from_secs_f32(asked))
    }

    /// A sitemap.
    pub(super) async fn sitemap(&self, url: &Url, rules: &Rules, control: &Control) -> Result<Sitemap> {
        if !rules.allow(url) {
            return Err(self.forbidden(url));
        }
        let delay = self.delay(rules);
        let answer = self.ask(url, HeaderMap::new(), FILE_BYTES_MAX, delay, control).await?;
        if !answer.status.is_success() {
            return Err(self.status(url, &answer));
        }
        Sitemap::read(&answer.body).map_err(|cause| {
            self.unlike(
                url,
                format!("网站地图无法读取：{cause}"),
                format!("The sitemap cannot be read: {cause}"),
            )
        })
    }

    /// Ask for a page; `known` only where it may answer that it is as it was.
    pub(super) async fn page(
        &self,
        url: &Url,
        known: Option<&Known>,
        rules: &Rules,
        control: &Control,
    ) -> Result<Visit> {
        let mut conditions = HeaderMap::new();
        let validators =
            known.map(|known| [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.modified)]);
        for (name, validator) in validators.into_iter().flatten() {
            if let Some(value) = validator.as_ref().and_then(|text| HeaderValue::from_str(text).ok()) {
                conditions.insert(name, value);
            }
        }
        let asked = !conditions.is_empty();
        let answer = match self.ask(url, conditions, PAGE_BYTES_MAX, self.delay(rules), control).await {
            Ok(answer) => answer,
            Err(error @ Error::Egress(brain_egress::Error::TooLarge { .. })) => {
                return Ok(Visit::Not(Reason::Kind, error));
            }
            Err(error) if error.is_transient() => return Ok(Visit::Not(Reason::Failed, error)),
            Err(error) => return Err(error),
        };
        match answer.status {
            StatusCode::NOT_MODIFIED if asked => Ok(Visit::Same),
            StatusCode::OK => self.read(url, answer).await,
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => Ok(self.moved(url, &answer)),
            StatusCode::TOO_MANY_REQUESTS => Ok(Visit::Not(Reason::Busy, self.status(url, &answer))),
            StatusCode::SERVICE_UNAVAILABLE if answer.headers.contains_key(RETRY_AFTER) => {
                Ok(Visit::Not(Reason::Busy, self.status(url, &answer)))
            }
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                Ok(Visit::Not(Reason::Failed, self.status(url, &answer)))
            }
            _ => Ok(Visit::Not(Reason::Status, self.status(url, &answer))),
        }
    }

    fn moved(&self, url: &Url, answer: &Answer) -> Visit {
        let to = moved(url, answer);
        match to.as_ref().and_then(|to| self.site.page(to)) {
            Some(to) => Visit::Moved(to),
            None => {
                let to = to.map(|to| to.to_string()).unwrap_or_default();
                let error = self.unlike(
                    url,
                    format!("转到了设定范围之外：{to}"),
                    format!("It leads to where the settings do not: {to}"),
                );
                Visit::Not(Reason::Elsewhere, error)
            }
        }
    }

    async fn read(&self, url: &Url, answer: Answer) -> Result<Visit> {
        let header = |name: HeaderName| answer.headers.get(name).and_then(|value| value.to_str().ok());
        let content_type = header(CONTENT_TYPE).map(str::to_owned);
        let kind = content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("text/html") && !kind.eq_ignore_ascii_case("application/xhtml+xml") {
            let error =
                self.unlike(url, format!("类型为 {kind}，不是网页。"), format!("It is {kind} and no page."));
            return Ok(Visit::Not(Reason::Kind, error));
        }
        let known = Known {
            etag: header(ETAG).map(str::to_owned),
            modified: header(LAST_MODIFIED).map(str::to_owned),
            ..Known::default()
        };
        let language =
            header(CONTENT_LANGUAGE).map(str::trim).filter(|tag| is_language(tag)).map(str::to_owned);
        let tags: Vec<String> = answer
            .headers
            .get_all(ROBOTS_TAG)
            .iter()
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        let (address, agent, body) = (url.clone(), self.agent.clone(), answer.body);
        // A page of two megabytes is work for a moment, and not on a thread that others wait for.
        let reading = tokio::task::spawn_blocking(move || {
            let mut reading = Reading::of(&body, content_type.as_deref(), &address, &agent)?;
            reading.language = reading.language.or(language);
            tags.iter().for_each(|tag| reading.heed(tag, &agent));
            Some(reading)
        });
        let reading = reading.await.map_err(|error| Error::Landing(std::io::Error::other(error)))?;
        Ok(match reading {
            Some(reading) => Visit::Page(Box::new((reading, known))),
            None => {
                let error =
                    self.unlike(url, "标签异常，未读取。", "It has a tag beyond reason and was not read.");
                Visit::Not(Reason::Kind, error)
            }
        })
    }

    /// Make a request once its time has come.
    async fn ask(
        &self,
        url: &Url,
        conditions: HeaderMap,
        bytes_max: u64,
        delay: Duration,
        control: &Control,
    ) -> Result<Answer> {
        self.wait(delay, control).await?;
        let mut headers = self.headers.clone();
        headers.extend(conditions);
        let call = Call::new(PURPOSE, Method::GET, url.as_str()).headers(headers).at_most(bytes_max);
        let outcome = self.egress.fetch(call).await;
        let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
        let next = self.clock.now().checked_add_signed(delay);
        *self.not_before.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(outcome?)
    }

    /// Leave the site alone for so long.
    pub(super) async fn rest(&self, long: Duration, control: &Control) -> Result<()> {
        let until = TimeDelta::from_std(long).ok().and_then(|long| self.clock.now().checked_add_signed(long));
        *self.not_before.lock().unwrap_or_else(PoisonError::into_inner) = until;
        self.wait(long, control).await
    }

    /// Wait until the next request may be made, and no longer than the delay if a clock was set back meanwhile.
    async fn wait(&self, delay: Duration, control: &Control) -> Result<()> {
        let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waited = Duration::ZERO;
        while waited < delay {
            let left = not_before.map_or(TimeDelta::zero(), |time| time - self.clock.now());
            let Some(left) = left.to_std().ok().filter(|left| !left.is_zero()) else { break };
            let step = left.min(LOOK);
            pause(step, control).await?;
            waited += step;
        }
        control.check()
    }

    /// A status that is no success.
    fn status(&self, url: &Url, answer: &Answer) -> Error {
        let asked = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::trim);
        let seconds = asked.and_then(|text| {
            let date = || DateTime::parse_from_rfc2822(text).ok();
            let until = || date().map(|date| (date.to_utc() - self.clock.now()).num_seconds().max(0) as u64);
            text.parse().ok().or_else(until)
        });
        Error::Status { origin: shown(url), status: answer.status.as_u16(), retry_after_s: seconds }
    }

    fn unlike(&self, url: &Url, zh: impl Into<String>, en: impl Into<String>) -> Error {
        Error::Answer { origin: shown(url), place: "page".to_owned(), says: Text::new(zh, en) }
    }

    fn unreachable(&self, cause: &str) -> Error {
        Error::Unwanted {
            site: self.site.name(),
            says: Text::new(
                format!("robots.txt 暂不可得（{cause}），按全部禁止处理。"),
                format!("Its robots.txt cannot be had at present ({cause}), which forbids everything."),
            ),
            transient: true,
        }
    }

    fn unwanted(&self, zh: impl Into<String>, en: impl Into<String>) -> Error {
        Error::Unwanted { site: self.site.name(), says: Text::new(zh, en), transient: false }
    }

    /// An address that the site forbids to robots.
    pub(super) fn forbidden(&self, url: &Url) -> Error {
        let shown = shown(url);
        self.unwanted(
            format!("robots.txt 不允许读取 {shown}。"),
            format!("Its robots.txt does not let {shown} be read."),
        )
    }
}

/// Where a redirect leads.
fn moved(url: &Url, answer: &Answer) -> Option<Url> {
    let location = answer.headers.get(LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

/// An address without its parameters.
pub(super) fn shown(url: &Url) -> String {
    url.as_str().split(['?', '#']).next().unwrap_or_default().to_owned()
}
