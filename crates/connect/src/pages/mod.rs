//! Web pages (网页), politely: one line for each new or changed page of a site that wants to be read.
//!
//! Invariants: nothing is asked for that `robots.txt` forbids, nothing sooner than it asks, nothing on another site;
//! a page that says `noindex` is not landed, one that says `nofollow` leads nowhere; every row carries the note by
//! which right it was taken.
//! Start reading at [`Pages`], then `visit.rs`.

mod failures;
mod place;
mod reading;
mod robots;
mod settings;
mod sitemap;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use brain_egress::Url;
use brain_kernel::hexadecimal;
use brain_kernel::language::Text;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use crate::marks::Mark;
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Source, Surroundings};

pub use self::reading::Reading;
pub use self::robots::Rules;
pub use self::settings::PagesSettings;
pub use self::sitemap::Sitemap;

use self::failures::{Failures, rest_of};
use self::place::{Ahead, Known, Place, Walk};
use self::settings::Site;
use self::visit::{Reason, Visit, Visitor};

/// Requests after which a batch lands: what has been asked for politely is not asked for again because of a failure.
const BATCH_VISITS: u32 = 50;
/// Pages that fail one after another, before the site is taken to be down.
const FAILURES_MAX: u32 = 5;
/// Pages one after another for which the site wants to be asked later, before it is left alone until the next run.
const BUSY_MAX: u32 = 2;
/// Times a page is waited for that wants to be asked for later.
const WAITS_MAX: u32 = 2;
/// Further sitemaps of one sitemap that are read.
const SITEMAPS_MAX: usize = 50;
/// Hours for which rules of a site hold (RFC 9309 §2.4).
const RULES_HOURS: i64 = 24;
/// Columns of a row.
const FIELDS: [&str; 11] = [
    "url",
    "title",
    "language",
    "fetched_at",
    "status",
    "etag",
    "sha256",
    "text",
    "links",
    "licence",
    "robots",
];

/// A page as it lands.
#[derive(Debug, Serialize)]
struct Row<'a> {
    url: &'a str,
    title: Option<&'a str>,
    language: Option<&'a str>,
    fetched_at: String,
    status: u16,
    etag: Option<&'a str>,
    sha256: &'a str,
    text: &'a str,
    links: u64,
    licence: &'a str,
    robots: &'a str,
}

/// What came of the pages of a batch, as it is logged.
#[derive(Debug, Default)]
struct Told {
    visits: u32,
    landed: u32,
    same: u32,
    forbidden: u32,
    unindexed: u32,
    other_kinds: u32,
    elsewhere: u32,
    refused: u32,
    failed: u32,
    busy: u32,
    no_room: u32,
    /// Pages that failed one after another just now.
    failed_in_a_row: u32,
    /// Pages one after another just now that wanted to be asked for later.
    busy_in_a_row: u32,
    /// How long the site wants to be left alone before the next page.
    rest: Option<Duration>,
    /// Why the last page that was left out was.
    why: Option<Error>,
}

impl Told {
    fn left_out(&mut self, reason: Reason, error: Error) {
        match reason {
            Reason::Kind => self.other_kinds += 1,
            Reason::Elsewhere => self.elsewhere += 1,
            Reason::Status => self.refused += 1,
            Reason::Failed => {
                self.failed += 1;
                self.failed_in_a_row += 1;
            }
            Reason::Busy => {
                self.busy += 1;
                self.busy_in_a_row += 1;
                self.rest = Some(rest_of(&error));
            }
        }
        tracing::debug!(%error, ?reason, "a page is left out");
        self.why = Some(error);
    }

    /// Whether nothing went wrong but that pages wanted to be asked for later.
    fn only_busy(&self) -> bool {
        let others = [self.other_kinds, self.elsewhere, self.refused, self.failed, self.forbidden];
        self.busy > 0 && others.iter().all(|count| *count == 0)
    }
}

pub(crate) struct Pages {
    settings: PagesSettings,
    visitor: Visitor,
    /// Rules of the site, and when they were asked for.
    rules: Mutex<Option<(DateTime<Utc>, Arc<Rules>)>>,
    /// What the site did not give in this run.
    failures: Failures,
}

impl Pages {
    pub(crate) fn new(settings: PagesSettings, surroundings: Surroundings) -> Result<Self> {
        let visitor = Visitor::new(&settings, surroundings)?;
        Ok(Self { settings, visitor, rules: Mutex::new(None), failures: Failures::default() })
    }

    async fn rules(&self, control: &Control) -> Result<Arc<Rules>> {
        let mut kept = self.rules.lock().await;
        let now = self.visitor.clock.now();
        if let Some((asked, rules)) = &*kept
            && now - *asked < TimeDelta::hours(RULES_HOURS)
        {
            return Ok(rules.clone());
        }
        let rules = Arc::new(self.visitor.rules(control).await?);
        *kept = Some((now, rules.clone()));
        Ok(rules)
    }

    /// Begin a run: what an earlier one left ahead, the pages to begin at, and those of the sitemap whose time has come.
    async fn begin(
        &self,
        left: Walk,
        place: &Place,
        rules: &Rules,
        control: &Control,
        told: &mut Told,
    ) -> Result<Walk> {
        let mut walk = left.begin(self.settings.pages_max);
        for address in self.settings.start.iter().rev() {
            let page = Url::parse(address).ok().and_then(|url| self.visitor.site.here(&url));
            page.iter().for_each(|url| walk.offer_first(Site::path(url), 0));
        }
        let Some(sitemap) = self.settings.sitemap.as_deref().and_then(|address| Url::parse(address).ok())
        else {
            return Ok(walk);
        };
        let map = self.visitor.sitemap(&sitemap, rules, control).await?;
        let mut pages = map.pages;
        for further in map.sitemaps.iter().take(SITEMAPS_MAX) {
            let url = sitemap.join(further).ok().and_then(|url| self.visitor.site.here(&url));
            let Some(url) = url else { continue };
            pages.extend(self.visitor.sitemap(&url, rules, control).await?.pages);
        }
        let urls = pages.iter().filter_map(|page| sitemap.join(page).ok());
        self.offer(urls, 0, place, &mut walk, told);
        Ok(walk)
    }

    /// Put pages ahead that are meant and whose time has come.
    fn offer(
        &self,
        links: impl IntoIterator<Item = Url>,
        depth: u8,
        place: &Place,
        walk: &mut Walk,
        told: &mut Told,
    ) {
        let now = self.visitor.clock.now();
        for link in links {
            let Some(page) = self.visitor.site.page(&link) else { continue };
            let path = Site::path(&page);
            if place.is_due(&path, now) && !walk.offer(path, depth) {
                told.no_room += 1;
            }
        }
    }

    /// Ask for one page, land it if it is new or changed, and put its links ahead.
    async fn visit(
        &self,
        url: &Url,
        ahead: Ahead,
        rules: &Rules,
        (place, walk, told): (&mut Place, &mut Walk, &mut Told),
        landing: &mut Landing,
        control: &Control,
    ) -> Result<()> {
        let path = Site::path(url);
        // A page whose links are wanted has to come whole.
        let leads_on = ahead.depth < self.settings.depth;
        let before = place.known(&path).cloned().unwrap_or_default();
        let known = Some(&before).filter(|_| !leads_on);
        let visit = self.patiently(url, &path, known, rules, control).await?;
        let now = self.visitor.clock.now();
        let next = now.timestamp() + i64::from(self.settings.refresh_days) * 24 * 3_600;
        if !matches!(visit, Visit::Not(Reason::Failed, _)) {
            told.failed_in_a_row = 0;
        }
        if !matches!(visit, Visit::Not(Reason::Busy, _)) {
            told.busy_in_a_row = 0;
        }
        match visit {
            Visit::Page(page) => {
                let (reading, validators) = *page;
                walk.answered = true;
                let sha256 = self.land(url, &reading, &validators, &before, rules, landing, told).await?;
                place.remember(&path, Known { sha256, next, ..validators }, now)?;
                if leads_on && reading.follow {
                    self.offer(reading.links, ahead.depth + 1, place, walk, told);
                }
            }
            Visit::Same => {
                walk.answered = true;
                told.same += 1;
                place.remember(&path, Known { next, ..before }, now)?;
            }
            Visit::Moved(to) => {
                place.remember(&path, Known { next, ..Known::default() }, now)?;
                let due = ahead.depth == 0 || place.is_due(&Site::path(&to), now);
                if due && !walk.offer(Site::path(&to), ahead.depth) {
                    told.no_room += 1;
                }
            }
            Visit::Not(reason, error) => {
                // What failed is asked for again in the next run; what is no page, when its time has come.
                if matches!(reason, Reason::Failed | Reason::Busy) {
                    self.failures.note(&path, url, &error);
                    walk.failed.push_back(ahead);
                } else {
                    place.remember(&path, Known { next, ..Known::default() }, now)?;
                }
                told.left_out(reason, error);
            }
        }
        Ok(())
    }

    /// Ask for a page; one that wants to be asked for later is waited for, a few times in a run and no longer than anybody
    /// waits.
    async fn patiently(
        &self,
        url: &Url,
        path: &str,
        known: Option<&Known>,
        rules: &Rules,
        control: &Control,
    ) -> Result<Visit> {
        let mut visit = self.visitor.page(url, known, rules, control).await?;
        for _ in 0..WAITS_MAX {
            let Visit::Not(Reason::Busy, error) = &visit else { break };
            if self.failures.has(path) || !failures::is_worth_waiting(error) {
                break;
            }
            self.visitor.rest(rest_of(error), control).await?;
            visit = self.visitor.page(url, known, rules, control).await?;
        }
        Ok(visit)
    }

    /// Write a page that may be kept and says something else than before; by what it is known from now on.
    #[expect(clippy::too_many_arguments, reason = "a row is made of all of them, and of nothing else")]
    async fn land(
        &self,
        url: &Url,
        reading: &Reading,
        validators: &Known,
        before: &Known,
        rules: &Rules,
        landing: &mut Landing,
        told: &mut Told,
    ) -> Result<String> {
        if !reading.index {
            told.unindexed += 1;
            return Ok(String::new());
        }
        let title = reading.title.as_deref();
        let said = Mark::of(&[title.unwrap_or_default(), &reading.text]).text();
        if said == before.sha256 {
            told.same += 1;
            return Ok(said);
        }
        let sha256 = hexadecimal::encode(&Sha256::digest(reading.text.as_bytes()));
        let row = Row {
            url: url.as_str(),
            title,
            language: reading.language.as_deref(),
            fetched_at: self.visitor.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true),
            status: 200,
            etag: validators.etag.as_deref(),
            sha256: &sha256,
            text: &reading.text,
            links: reading.links_count,
            licence: &self.settings.licence,
            robots: rules.basis(),
        };
        let line = serde_json::to_string(&row).map_err(|error| Error::Landing(error.into()))?;
        landing.line(&line).await?;
        told.landed += 1;
        Ok(said)
    }

    /// Walk on until the batch is full, the run has asked for all it may, or nothing is ahead.
    async fn walk(
        &self,
        place: &mut Place,
        walk: &mut Walk,
        rules: &Rules,
        told: &mut Told,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<()> {
        while walk.left > 0 && told.visits < BATCH_VISITS && !landing.is_full() {
            control.check()?;
            let Some(ahead) = walk.ahead.pop_front() else { break };
            let Some(url) = self.visitor.site.at(&ahead.path) else { continue };
            if !rules.allow(&url) {
                told.forbidden += 1;
                told.why = Some(self.visitor.forbidden(&url));
                continue;
            }
            if let Some(rest) = told.rest.take() {
                self.visitor.rest(rest, control).await?;
            }
            walk.left -= 1;
            told.visits += 1;
            let states = (&mut *place, &mut *walk, &mut *told);
            self.visit(&url, ahead.clone(), rules, states, landing, control).await.inspect_err(|_| {
                walk.ahead.push_back(ahead);
            })?;
            control.progress.add(1);
            if (told.failed_in_a_row >= FAILURES_MAX || told.busy_in_a_row >= BUSY_MAX)
                && let Some(error) = told.why.take()
            {
                return Err(error);
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Source for Pages {
    async fn test(&self, control: &Control) -> Result<Finding> {
        let (rules, place, mut told) = (self.rules(control).await?, Place::default(), Told::default());
        let walk = self.begin(Walk::default(), &place, &rules, control, &mut told).await?;
        let allowed: Vec<Url> = walk
            .ahead
            .iter()
            .filter_map(|ahead| self.visitor.site.at(&ahead.path))
            .filter(|url| rules.allow(url))
            .collect();
        let Some(first) = allowed.first() else {
            let first = walk.ahead.front().and_then(|ahead| self.visitor.site.at(&ahead.path));
            return Err(self.visitor.forbidden(first.as_ref().unwrap_or(&self.visitor.site.origin)));
        };
        let page = match self.visitor.page(first, None, &rules, control).await? {
            Visit::Page(page) => page.0,
            Visit::Not(_, error) => return Err(error),
            Visit::Same | Visit::Moved(_) => Reading::default(),
        };
        let meant = page.links.iter().filter_map(|link| self.visitor.site.page(link)).count();
        let title = page.title.unwrap_or_default();
        let (pages, basis) = (allowed.len(), rules.basis());
        Ok(Finding {
            found: Text::new(
                format!("可从 {pages} 个网页开始（{basis}）；“{title}”有 {meant} 个范围内的链接"),
                format!("{pages} pages to begin at ({basis}); “{title}” has {meant} links that are meant"),
            ),
            fields: FIELDS.map(str::to_owned).into(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let mut place: Place = after.map(Position::read).transpose()?.unwrap_or_default();
        let rules = self.rules(control).await?;
        let mut told = Told::default();
        let mut walk = match place.walk.take() {
            Some(walk) if walk.left > 0 => walk,
            left => self.begin(left.unwrap_or_default(), &place, &rules, control, &mut told).await?,
        };
        // In an attempt after one that came to nothing, what failed then does not stand in the way of the others.
        walk.put_off(|path| self.failures.has(path));
        landing.begin("pages.jsonl").await?;
        let outcome = self.walk(&mut place, &mut walk, &rules, &mut told, landing, control).await;
        tracing::info!(site = self.visitor.site.name(), ?told, "pages of a site were asked for");
        // Of a site that was read before, pages that are busy for ever are no failure of the run when nothing else is due.
        let excused = told.only_busy() && place.knows_any() && walk.ahead.is_empty();
        match outcome {
            Ok(()) => {}
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            // What was read before lands, and the run ends here: the site wants rest, or is down.
            Err(error) if error.is_transient() && (told.landed + told.same > 0 || excused) => {
                tracing::warn!(%error, "a site is left alone until the next run");
                self.failures.tell(&walk, control);
                walk.left = 0;
                place.walk = Some(walk);
                return Ok(Some(Fetched { position: Position::of(&place)?, more: false }));
            }
            Err(error) => return Err(error),
        }
        let ended = walk.left == 0 || walk.ahead.is_empty();
        // Not one page, and a reason: the settings are wrong, or the site wants no robots.
        if ended
            && !walk.answered
            && !excused
            && let Some(error) = told.why
        {
            return Err(error);
        }
        if told.visits == 0 && ended {
            return Ok(None);
        }
        if ended {
            self.failures.tell(&walk, control);
            walk.left = 0;
        }
        place.walk = Some(walk).filter(|walk| !walk.is_done());
        Ok(Some(Fetched { position: Position::of(&place)?, more: !ended }))
    }
}
