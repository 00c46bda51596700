//! What an operator says about pages, and which addresses are among them.

use std::net::IpAddr;
use std::time::Duration;

use brain_egress::Url;
use brain_egress::header::HeaderValue;
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pattern::matches;
use crate::settings::{number, text};
use crate::{Error, Result};

/// Pages to begin at.
const START_MAX: usize = 100;
/// Longest address that is asked for, bytes.
const ADDRESS_BYTES_MAX: usize = 1_000;
/// Least time between two requests to a site of the outside world, milliseconds.
const DELAY_MS_MIN: u64 = 1_000;
/// Longest time between two requests, milliseconds.
const DELAY_MS_MAX: u64 = 600_000;
/// Longest note of a licence, characters.
const LICENCE_CHARACTERS_MAX: usize = 500;
/// Files that are no pages, by their endings.
const FILES: [&str; 30] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "wps", "et", "ofd", "zip", "rar", "7z", "gz", "tar",
    "jpg", "jpeg", "png", "gif", "svg", "webp", "ico", "mp3", "mp4", "avi", "css", "js", "json", "xml",
    "exe",
];

/// Settings of web pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagesSettings {
    /// 起始网页，同一网站；与 sitemap 至少填一项 · Pages to begin at, of one site; these or a sitemap.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub start: Vec<String>,
    /// 网站地图 · Sitemap of the same site.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub sitemap: Option<String>,
    /// 路径前缀 · What paths begin with.
    #[serde(default = "everywhere")]
    #[schemars(length(min = 1, max = 1_000))]
    pub within: String,
    /// 路径样式，* 与 ? 为通配符 · Pattern of paths; * and ? stand for what varies.
    #[serde(default = "any")]
    #[schemars(length(min = 1, max = 1_000))]
    pub pattern: String,
    /// 沿链接走几步，0 到 3 · How many links deep, 0 to 3.
    #[serde(default = "depth")]
    #[schemars(range(max = 3))]
    pub depth: u8,
    /// 每次运行最多请求的网页数 · Most pages asked for in one run.
    #[serde(default = "pages_max")]
    #[schemars(range(min = 1, max = 10_000))]
    pub pages_max: u32,
    /// 两次请求之间的毫秒数；外部网站不少于 1000，且不少于其 Crawl-delay · Milliseconds between two requests; at least
    /// 1000 for a site of the outside world, and never less than its Crawl-delay.
    #[serde(default = "delay_ms")]
    #[schemars(range(max = 600_000))]
    pub delay_ms: u64,
    /// 运营方的机器人名称，robots.txt 按它适用 · Name of the operator's robot, to which robots.txt speaks.
    #[schemars(length(min = 2, max = 40))]
    pub agent: String,
    /// 联系方式：网址或邮箱，随每次请求发送 · Address or mail of the operator, sent with every request.
    #[schemars(length(min = 5, max = 200))]
    pub contact: String,
    /// 许可说明：依据什么取用，随每行数据保存 · By which right the pages are taken; it goes with every row.
    #[schemars(length(min = 1, max = 500))]
    pub licence: String,
    /// 隔多少天再次请求已取过的网页 · Days after which a page is asked for again.
    #[serde(default = "refresh_days")]
    #[schemars(range(min = 1, max = 365))]
    pub refresh_days: u32,
}

fn everywhere() -> String {
    "/".to_owned()
}

fn any() -> String {
    "*".to_owned()
}

const fn depth() -> u8 {
    1
}

const fn pages_max() -> u32 {
    200
}

const fn delay_ms() -> u64 {
    DELAY_MS_MIN
}

const fn refresh_days() -> u32 {
    7
}

impl PagesSettings {
    pub(crate) fn check(&self) -> Result<()> {
        number("start", self.start.len() as u64, 0..=START_MAX as u64)?;
        number("depth", u64::from(self.depth), 0..=3)?;
        number("pages_max", u64::from(self.pages_max), 1..=10_000)?;
        number("refresh_days", u64::from(self.refresh_days), 1..=365)?;
        text("pattern", &self.pattern)?;
        text("within", &self.within)?;
        text("licence", &self.licence)?;
        number("licence", self.licence.chars().count() as u64, 1..=LICENCE_CHARACTERS_MAX as u64)?;
        if !self.within.starts_with('/') {
            return Err(Error::setting("within", "路径以 / 开头。", "A path begins with /."));
        }
        let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        let begins = self.agent.starts_with(|letter: char| letter.is_ascii_alphabetic());
        if !(2..=40).contains(&self.agent.len()) || !begins || !self.agent.chars().all(word) {
            return Err(Error::setting(
                "agent",
                "机器人名称为 2 到 40 个字母、数字、- 或 _，以字母开头，如 ShaoxingBrain。",
                "The name of a robot has 2 to 40 letters, digits, - or _ and begins with a letter, as in ShaoxingBrain.",
            ));
        }
        let contact = &self.contact;
        let reachable =
            contact.starts_with("https://") || contact.starts_with("http://") || contact.contains('@');
        if !(5..=200).contains(&contact.len())
            || !reachable
            || !contact.bytes().all(|letter| letter.is_ascii_graphic() && !b"()\\".contains(&letter))
        {
            return Err(Error::setting(
                "contact",
                "请填写网站管理者能联系到您的网址或邮箱。",
                "Write an address or mail by which the site's people can reach you.",
            ));
        }
        let site = self.site()?;
        let least = if site.is_inner() { 0 } else { DELAY_MS_MIN };
        number("delay_ms", self.delay_ms, least..=DELAY_MS_MAX)
    }

    /// The site, on which all that is begun at lies.
    pub(super) fn site(&self) -> Result<Site> {
        let named = self.start.iter().map(|address| ("start", address));
        let named = named.chain(self.sitemap.iter().map(|address| ("sitemap", address)));
        let mut first: Option<Url> = None;
        for (place, address) in named {
            text(place, address)?;
            let url = Url::parse(address).ok().filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.username().is_empty()
                    && url.password().is_none()
                    && url.as_str().len() <= ADDRESS_BYTES_MAX
            });
            let url = url.ok_or_else(|| {
                Error::setting(
                    place,
                    format!("{address} 不是可用的网址。"),
                    format!("{address} is no address of a page."),
                )
            })?;
            if first.as_ref().is_some_and(|first| first.origin() != url.origin()) {
                return Err(Error::setting(
                    place,
                    "须在同一网站（协议、主机、端口相同）；其他网站另建数据连接器。",
                    "All are of one site (scheme, host and port); make another connector for another site.",
                ));
            }
            first = first.or(Some(url));
        }
        let Some(mut origin) = first else {
            return Err(Error::setting(
                "start",
                "请填写起始网页或网站地图。",
                "Write pages to begin at, or a sitemap.",
            ));
        };
        // As it stands in addresses, whatever letters it was written in.
        origin.set_path(&self.within);
        let within = origin.path().to_owned();
        origin.set_path("/");
        origin.set_query(None);
        origin.set_fragment(None);
        Ok(Site { origin, within, pattern: self.pattern.clone() })
    }

    /// How the robot calls itself.
    pub(super) fn user_agent(&self) -> Result<HeaderValue> {
        HeaderValue::from_str(&format!("{}/1.0 (+{})", self.agent, self.contact)).map_err(|_| {
            Error::setting(
                "contact",
                "含有请求头不允许的字符。",
                "It has characters that no header may carry.",
            )
        })
    }

    /// Least time between two requests.
    pub(super) const fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

/// The site, and which of its addresses are meant.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) origin: Url,
    within: String,
    pattern: String,
}

impl Site {
    /// An address on this site, with what it may not have taken away; `None` for one elsewhere.
    pub(super) fn here(&self, address: &Url) -> Option<Url> {
        let mut url = address.clone();
        url.set_fragment(None);
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && url.origin() == self.origin.origin() && url.as_str().len() <= ADDRESS_BYTES_MAX)
            .then_some(url)
    }

    /// An address of a page that is meant.
    pub(super) fn page(&self, address: &Url) -> Option<Url> {
        let url = self.here(address)?;
        let path = url.path();
        let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
        let is_file = ending.is_some_and(|ending| FILES.iter().any(|file| file.eq_ignore_ascii_case(ending)));
        let meant = !is_file
            && path.starts_with(&self.within)
            && matches(&self.pattern, &percent_decode_str(path).decode_utf8_lossy());
        meant.then_some(url)
    }

    /// The address of a path with its query.
    pub(super) fn at(&self, path: &str) -> Option<Url> {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.origin.clone();
        // Not joined: a path that begins with // would lead to another host.
        url.set_path(path);
        url.set_query(query);
        self.here(&url)
    }

    /// Path and query of an address, by which a position remembers it.
    pub(super) fn path(url: &Url) -> String {
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// As it is told.
    pub(super) fn name(&self) -> String {
        self.origin.as_str().trim_end_matches('/').to_owned()
    }

    /// Whether the host is an address of this machine or of an inner network. What a name leads to is not known here.
    fn is_inner(&self) -> bool {
        let host = self.origin.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match host.parse() {
            Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
            Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn settings(more: Value) -> PagesSettings {
        let mut all = json!({
            "start": ["https://site.example/a/"], "agent": "IndustryBrain", "contact": "data@brain.example",
            "licence": "政府信息公开",
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        assert!(settings(json!({})).check().is_ok());
        for (place, value) in [
            ("start", json!([])),
            ("start", json!(["site.example"])),
            ("start", json!(["ftp://site.example/"])),
            ("start", json!(["https://u:p@site.example/"])),
            ("start", json!(["https://site.example/", "http://site.example/"])),
            ("sitemap", json!("https://other.example/sitemap.xml")),
            ("within", json!("a")),
            ("depth", json!(4)),
            ("pages_max", json!(0)),
            ("delay_ms", json!(999)),
            ("delay_ms", json!(600_001)),
            ("agent", json!("")),
            ("agent", json!("*")),
            ("agent", json!("two words")),
            ("contact", json!("nobody")),
            ("contact", json!("a@b.example)\r\nx: y")),
            ("licence", json!("")),
            ("licence", json!("长".repeat(501))),
            ("refresh_days", json!(0)),
        ] {
            let error = settings(json!({ place: value })).check().unwrap_err();
            assert!(matches!(&error, Error::Setting { place: at, .. } if at == place), "{place}: {error}");
        }
    }

    #[test]
    fn only_inner_addresses_may_be_asked_faster() {
        for (address, inner) in [
            ("http://127.0.0.1:8080/", true),
            ("http://10.1.2.3/", true),
            ("http://[::1]/", true),
            ("http://[fd00::1]/", true),
            ("http://114.114.114.114/", false),
            ("http://intranet.example/", false),
        ] {
            let fast = settings(json!({ "start": [address], "delay_ms": 0 }));
            assert_eq!(fast.check().is_ok(), inner, "{address}");
        }
    }

    #[test]
    fn pages_are_those_of_the_site_the_prefix_and_the_pattern() {
        let site = settings(json!({ "within": "/政策/", "pattern": "*通知*" })).site().unwrap();
        for (address, meant) in [
            ("https://site.example/政策/通知1.html#x", true),
            ("https://site.example/%E6%94%BF%E7%AD%96/a?x=%E9%80%9A%E7%9F%A5", false),
            ("https://site.example/政策/公告.html", false),
            ("https://site.example/新闻/通知.html", false),
            ("https://site.example/政策/通知.PDF", false),
            ("http://site.example/政策/通知", false),
            ("https://site.example:8443/政策/通知", false),
            ("https://u@site.example/政策/通知", false),
            ("https://other.example/政策/通知", false),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(site.page(&url).is_some(), meant, "{address}");
        }
        let url = Url::parse("https://site.example/政策/通知?a=1#b").unwrap();
        let path = Site::path(&site.page(&url).unwrap());
        assert_eq!(site.at(&path).unwrap().as_str(), url.as_str().trim_end_matches("#b"));
        let here = site.at("//other.example/x").unwrap();
        assert_eq!(here.as_str(), "https://site.example//other.example/x", "a path does not lead elsewhere");
    }
}
