//! Pages of a web site that listens.

use brain_connect::{Control, Position, Settings};
use brain_kernel::progress::Cancel;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::node::Node;
use crate::site::{Page, Site};

const LICENCE: &str = "《政府信息公开条例》主动公开信息，注明来源";

fn settings(site: &Site, more: Value) -> Settings {
    let mut all = json!({
        "kind": "pages", "start": [format!("{}/", site.origin)], "delay_ms": 0,
        "agent": "IndustryBrain", "contact": "data@brain.example", "licence": LICENCE,
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn node(site: &Site) -> Node {
    Node::new(&[site.origin.clone()])
}

/// One run: its rows, and where it leads.
async fn run(node: &Node, settings: &Settings, position: Option<Position>) -> (Vec<Value>, Option<Position>) {
    let (texts, position) = node.drain(settings, position).await;
    let lines = texts.iter().flat_map(|text| text.lines());
    (lines.map(|line| serde_json::from_str(line).unwrap()).collect(), position)
}

fn paths(site: &Site, rows: &[Value]) -> Vec<String> {
    let path = |row: &Value| row["url"].as_str().unwrap().strip_prefix(&site.origin).unwrap().to_owned();
    rows.iter().map(path).collect()
}

fn page(title: &str, inside: &str) -> Page {
    Page::html(format!("<html lang=zh><title>{title}</title><body>{inside}</body></html>"))
}

#[tokio::test]
async fn pages_that_may_be_read_land_with_text_and_licence_and_no_others_are_asked_for() {
    let (site, other) = (Site::start().await, Site::start().await);
    site.put("/robots.txt", Page::other("text/plain", "User-agent: industrybrain\nDisallow: /private\n"));
    let links = format!(
        "<a href=/a.html>甲</a><a href='/a.html#b'>甲</a><a href=/private/x>x</a><a href={}/y>y</a>\
         <a href=/file.pdf>f</a><a rel=nofollow href=/no>n</a><a href=/picture>p</a><a href=/gone>g</a>",
        other.origin
    );
    site.put("/", page("首页", &links));
    site.put("/a.html", page("甲", "<p>正文</p><a href=/deeper>d</a>").with("etag", "\"1\""));
    site.put("/picture", Page::other("image/png", "png"));
    for path in ["/private/x", "/no", "/deeper"] {
        site.put(path, page("never", "never"));
    }
    let node = Node::new(&[site.origin.clone(), other.origin.clone()]);
    let (rows, _) = run(&node, &settings(&site, json!({})), None).await;
    assert_eq!(paths(&site, &rows), ["/", "/a.html"]);
    let row = &rows[1];
    for (field, expected) in [
        ("title", json!("甲")),
        ("language", json!("zh")),
        ("status", json!(200)),
        ("etag", json!("\"1\"")),
        ("text", json!("正文\nd")),
        ("links", json!(1)),
        ("robots", json!("allowed by robots.txt")),
    ] {
        assert_eq!(row[field], expected, "{field}");
    }
    let digest: String = Sha256::digest("正文\nd").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(row["sha256"], digest);
    assert!(row["fetched_at"].as_str().unwrap().ends_with('Z'));
    assert!(rows.iter().all(|row| row["licence"] == LICENCE), "the note goes with every row");

    let asked = site.asked();
    let seen: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(seen, ["/robots.txt", "/", "/a.html", "/picture", "/gone"]);
    assert!(
        asked.iter().all(|asked| asked.headers["user-agent"] == "IndustryBrain/1.0 (+data@brain.example)")
    );
    assert!(other.paths().is_empty(), "another site is not asked, although the operator lists it");
}

#[tokio::test]
async fn what_robots_txt_does_not_say_or_cannot_say_decides() {
    for (robots, tried, code) in [
        (Page::status(503), 3, "connect/unwanted"),
        (Page::status(429), 3, "connect/unwanted"),
        (Page::other("text/plain", "User-agent: *\nDisallow: /"), 1, "connect/unwanted"),
        (Page::other("text/plain", "User-agent: *\nCrawl-delay: 86400"), 1, "connect/unwanted"),
        (Page::status(302).with("location", "http://other.example/robots.txt"), 1, "connect/unwanted"),
    ] {
        let site = Site::start().await;
        site.put("/robots.txt", robots);
        site.put("/", page("t", "x"));
        let (outcome, attempts) = node(&site).batch(&settings(&site, json!({})), None, None).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), attempts), (code, tried), "{error}");
        assert!(site.paths().iter().all(|path| path == "/robots.txt"), "no page was asked for");
    }
    for (robots, basis) in [
        (Page::status(404), "no robots.txt"),
        (Page::status(403), "no robots.txt"),
        (Page::status(301).with("location", "/robots"), "allowed by robots.txt"),
    ] {
        let site = Site::start().await;
        site.put("/robots.txt", robots);
        site.put("/robots", Page::other("text/plain", "User-agent: *\nDisallow: /x"));
        site.put("/", page("t", "<a href=/x>x</a>"));
        let (rows, _) = run(&node(&site), &settings(&site, json!({})), None).await;
        assert_eq!((rows.len(), &rows[0]["robots"]), (1, &json!(basis)));
    }
}

#[tokio::test]
async fn no_request_is_sooner_after_another_than_the_site_asks() {
    let site = Site::start().await;
    site.put("/robots.txt", Page::other("text/plain", "User-agent: *\nCrawl-delay: 7"));
    site.put("/", page("t", "<a href=/a>a</a><a href=/b>b</a>"));
    site.put("/a", page("a", "a"));
    site.put("/b", page("b", "b"));
    let mut node = node(&site);
    node.surroundings.clock = site.clock();
    let (rows, _) = run(&node, &settings(&site, json!({ "delay_ms": 3_000 })), None).await;
    assert_eq!(rows.len(), 3);
    let asked = site.asked();
    let gaps: Vec<i64> = asked.windows(2).map(|pair| (pair[1].at - pair[0].at).num_seconds()).collect();
    assert_eq!(gaps.len(), 3);
    assert!(gaps[0] >= 3, "the delay of the settings until the rules are known: {gaps:?}");
    assert!(gaps[1..].iter().all(|gap| *gap >= 7), "then that of the site: {gaps:?}");
}

#[tokio::test]
async fn what_has_not_changed_is_asked_for_by_its_tag_and_does_not_land_again() {
    let site = Site::start().await;
    let start: Vec<String> = ["/a", "/b", "/c"].iter().map(|path| format!("{}{path}", site.origin)).collect();
    let settings = settings(&site, json!({ "start": start, "depth": 0 }));
    let date = "Mon, 30 Nov 2026 08:00:00 GMT";
    site.put("/a", page("a", "一").with("etag", "\"a1\""));
    site.put("/b", page("b", "二").with("last-modified", date));
    site.put("/c", page("c", "三"));
    let node = node(&site);
    let (rows, position) = run(&node, &settings, None).await;
    assert_eq!(paths(&site, &rows), ["/a", "/b", "/c"]);
    site.asked();

    site.put("/c", Page::html("<html lang=zh><title>c</title><body class=new><p>三</p></body></html>"));
    let (rows, position) = run(&node, &settings, position).await;
    assert!(rows.is_empty(), "other markup around the same words is no change: {rows:?}");
    let asked = site.asked();
    assert_eq!(asked[1].headers["if-none-match"], "\"a1\"");
    assert_eq!(asked[2].headers["if-modified-since"], date);

    site.put("/a", page("a", "一一").with("etag", "\"a2\""));
    let (rows, _) = run(&node, &settings, position).await;
    assert_eq!(paths(&site, &rows), ["/a"]);
    assert_eq!((&rows[0]["text"], &rows[0]["etag"]), (&json!("一一"), &json!("\"a2\"")));
}

#[tokio::test]
async fn pages_found_by_links_are_asked_for_again_when_their_time_has_come() {
    let site = Site::start().await;
    site.put("/", page("t", "<a href=/a>a</a>"));
    site.put("/a", page("a", "1").with("etag", "\"1\""));
    let settings = settings(&site, json!({ "refresh_days": 3 }));
    let node = node(&site).ahead_by(TimeDelta::zero());
    let (_, position) = run(&node, &settings, None).await;
    site.put("/", page("t", "<a href=/a>a</a><a href=/b>b</a>"));
    site.put("/b", page("b", "2"));
    site.asked();
    let (rows, position) = run(&node, &settings, position).await;
    assert_eq!(paths(&site, &rows), ["/", "/b"], "a page to begin at is looked at in every run");
    assert_eq!(site.paths(), ["/robots.txt", "/", "/b"]);
    let later = node.ahead_by(TimeDelta::days(4));
    let (rows, _) = run(&later, &settings, position).await;
    assert!(rows.is_empty());
    assert_eq!(site.paths(), ["/robots.txt", "/", "/a", "/b"]);
}

#[tokio::test]
async fn what_a_page_says_to_robots_is_obeyed() {
    let site = Site::start().await;
    site.put("/", page("t", "<a href=/noindex>1</a><a href=/nofollow>2</a><a href=/header>3</a>"));
    let meta = |rule: &str, link: &str| {
        page("x", &format!("<meta name=robots content={rule}><p>x<a href={link}>l</a>"))
    };
    site.put("/noindex", meta("noindex", "/behind-noindex"));
    site.put("/nofollow", meta("nofollow", "/behind-nofollow"));
    site.put(
        "/header",
        page("h", "<a href=/behind-header>l</a>").with("x-robots-tag", "industrybrain: none"),
    );
    for path in ["/behind-noindex", "/behind-nofollow", "/behind-header"] {
        site.put(path, page("b", path));
    }
    let (rows, _) = run(&node(&site), &settings(&site, json!({ "depth": 2 })), None).await;
    assert_eq!(paths(&site, &rows), ["/", "/nofollow", "/behind-noindex"]);
    let asked = site.paths();
    assert!(!asked.iter().any(|path| path == "/behind-nofollow" || path == "/behind-header"), "{asked:?}");
}

#[tokio::test]
async fn pages_are_bounded_in_size_and_in_number() {
    let site = Site::start().await;
    let links: String = (0..5).map(|n| format!("<a href=/{n}>{n}</a>")).collect();
    site.put("/", page("t", &format!("{links}<a href=/large>l</a>")));
    site.put("/large", page("large", &"长".repeat(1 << 20)));
    for number in 0..5 {
        site.put(&format!("/{number}"), page("n", &number.to_string()));
    }
    let (node, settings) = (node(&site), settings(&site, json!({ "pages_max": 4 })));
    let (rows, position) = run(&node, &settings, None).await;
    assert_eq!(paths(&site, &rows), ["/", "/0", "/1", "/2"]);
    let (rows, position) = run(&node, &settings, position).await;
    assert_eq!(paths(&site, &rows), ["/3", "/4"], "the next run goes on, and leaves out what is too large");
    let (rows, _) = run(&node, &settings, position).await;
    assert!(rows.is_empty());
}

#[tokio::test]
async fn a_page_that_is_always_busy_is_waited_for_a_few_times_told_and_asked_for_in_the_next_run() {
    let site = Site::start().await;
    site.put("/", page("t", "<a href=/a>a</a><a href=/busy?q=1>b</a><a href=/c>c</a>"));
    site.put("/a", page("a", "a"));
    site.put("/busy?q=1", Page::status(429).with("retry-after", "0"));
    site.put("/c", page("c", "c"));
    let (mut node, settings) = (node(&site), settings(&site, json!({})));
    let (rows, position) = run(&node, &settings, None).await;
    assert_eq!(paths(&site, &rows), ["/", "/a", "/c"], "the others land");
    let busy = ["/busy?q=1"; 3];
    assert_eq!(site.paths(), [&["/robots.txt", "/", "/a"][..], &busy, &["/c"]].concat());
    let told = node.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("1 page was not had"), "{told:?}");
    assert!(
        told[1].contains("/busy was not had (it answered 429"),
        "the reason is told, without parameters: {told:?}"
    );

    // The start page is as it was, and the busy one is all that is left: the run ends, and says so again.
    node.control = Control::default();
    let (rows, position) = run(&node, &settings, position).await;
    assert!(rows.is_empty() && node.told().len() == 2, "{:?}", node.told());
    site.put("/busy?q=1", page("b", "b"));
    node.control = Control::default();
    let (rows, _) = run(&node, &settings, position).await;
    assert_eq!(paths(&site, &rows), ["/busy?q=1"]);
    assert!(node.told().is_empty());
}

#[tokio::test]
async fn pages_that_are_always_busy_do_not_keep_a_sitemap_from_being_read() {
    let site = Site::start().await;
    let urls: String =
        ["/x", "/y", "/a", "/b"].map(|at| format!("<url><loc>{}{at}</loc></url>", site.origin)).concat();
    site.put("/sitemap.xml", Page::other("application/xml", format!("<urlset>{urls}</urlset>")));
    for busy in ["/x", "/y"] {
        site.put(busy, Page::status(503).with("retry-after", "0"));
    }
    for good in ["/a", "/b"] {
        site.put(good, page(good, good));
    }
    let sitemap = format!("{}/sitemap.xml", site.origin);
    let settings = settings(&site, json!({ "start": [], "sitemap": sitemap, "depth": 0 }));
    let mut node = node(&site);
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    let (text, fetched) = outcome.unwrap().unwrap();
    assert_eq!((text.lines().count(), attempts), (2, 2), "two that are busy wait for the others");
    let asked = site.paths();
    let times = |path: &str| asked.iter().filter(|asked| *asked == path).count();
    assert_eq!((times("/a"), times("/b")), (1, 1), "{asked:?}");
    assert!((4..=8).contains(&(times("/x") + times("/y"))), "{asked:?}");
    // Nothing but those two is due: a run that finds them busy again ends well, and tells.
    node.control = Control::default();
    let (outcome, _) = node.batch(&settings, None, Some(&fetched.position)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(node.told().iter().any(|told| told.starts_with("2 pages were not had")), "{:?}", node.told());
}

#[tokio::test]
async fn a_site_that_wants_rest_for_longer_than_anybody_waits_is_left_alone() {
    let site = Site::start().await;
    site.put("/", Page::status(429).with("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT"));
    let (node, settings) = (node(&site), settings(&site, json!({})));
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    let error = outcome.unwrap_err();
    assert!(error.retry_after_s().is_some_and(|seconds| seconds > 3_600), "{error}");
    let asked = site.paths().into_iter().filter(|path| path == "/").count();
    assert_eq!((asked, attempts), (3, 3), "once in each attempt");
}

#[tokio::test]
async fn a_page_that_fails_waits_for_the_next_run_and_a_site_that_is_down_is_told() {
    let site = Site::start().await;
    site.put("/", page("t", "<a href=/a>a</a><a href=/b>b</a>"));
    site.put("/a", Page::status(500));
    site.put("/b", page("b", "b"));
    let (node, pages) = (node(&site), settings(&site, json!({})));
    let (rows, position) = run(&node, &pages, None).await;
    assert_eq!(paths(&site, &rows), ["/", "/b"]);
    site.put("/a", page("a", "a"));
    let (rows, _) = run(&node, &pages, position).await;
    assert_eq!(paths(&site, &rows), ["/a"]);

    for (status, tried) in [(500, 3), (404, 1)] {
        site.put("/", Page::status(status));
        let (outcome, attempts) = node.batch(&pages, None, None).await;
        assert_eq!((outcome.unwrap_err().code(), attempts), ("connect/status", tried), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_on_the_site_and_told_elsewhere() {
    let site = Site::start().await;
    site.put("/", Page::status(302).with("location", "index.html"));
    site.put("/index.html", page("i", "<a href=/round>r</a>"));
    site.put("/round", Page::status(301).with("location", "/round"));
    let (rows, _) = run(&node(&site), &settings(&site, json!({})), None).await;
    assert_eq!(paths(&site, &rows), ["/index.html"]);
    assert_eq!(site.paths(), ["/robots.txt", "/", "/index.html", "/round"]);
    site.put("/", Page::status(302).with("location", "https://other.example/"));
    let error = node(&site).batch(&settings(&site, json!({})), None, None).await.0.unwrap_err();
    assert!(error.to_string().contains("https://other.example/"), "{error}");
}

#[tokio::test]
async fn a_sitemap_lists_pages_of_its_site() {
    let site = Site::start().await;
    let loc = |path: &str| format!("<loc>{}{path}</loc>", site.origin);
    let index = format!("<sitemapindex><sitemap>{}</sitemap></sitemapindex>", loc("/one.xml"));
    site.put("/sitemap.xml", Page::other("application/xml", index));
    let elsewhere = "<url><loc>http://other.example/z</loc></url>";
    let one = format!("<urlset><url>{}</url><url>{}</url>{elsewhere}</urlset>", loc("/news/a"), loc("/b"));
    site.put("/one.xml", Page::other("application/xml", one));
    site.put("/news/a", page("a", "a").with("content-language", "en"));
    let sitemap = format!("{}/sitemap.xml", site.origin);
    let settings =
        settings(&site, json!({ "start": [], "sitemap": sitemap, "within": "/news/", "depth": 0 }));
    let (rows, position) = run(&node(&site), &settings, None).await;
    assert_eq!(paths(&site, &rows), ["/news/a"]);
    assert_eq!(site.paths(), ["/robots.txt", "/sitemap.xml", "/one.xml", "/news/a"]);
    let (rows, _) = run(&node(&site), &settings, position).await;
    assert!(rows.is_empty());
    assert_eq!(site.paths(), ["/robots.txt", "/sitemap.xml", "/one.xml"], "its time has not come");
}

#[tokio::test]
async fn a_long_walk_lands_in_batches_and_goes_on_where_it_was() {
    let site = Site::start().await;
    let links: String = (0..120).map(|n| format!("<a href=/{n}>{n}</a>")).collect();
    site.put("/", page("t", &links));
    for number in 0..120 {
        site.put(&format!("/{number}"), page("n", &number.to_string()));
    }
    let settings = settings(&site, json!({}));
    let (texts, _) = node(&site).drain(&settings, None).await;
    assert_eq!(texts.len(), 3, "50 pages are a batch");
    assert_eq!(texts.iter().map(|text| text.lines().count()).sum::<usize>(), 121);
    let mut asked = site.paths();
    asked.retain(|path| path != "/robots.txt");
    assert_eq!(asked.len(), 121, "none is asked for twice");
}

#[tokio::test]
async fn nothing_is_called_that_the_operator_does_not_list_and_a_test_shows_what_is_there() {
    let site = Site::start().await;
    site.put("/", page("首页", "<a href=/a>a</a><a href=/b.pdf>b</a>"));
    let settings = settings(&site, json!({}));
    let error = Node::new(&[]).batch(&settings, None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
    assert!(site.paths().is_empty());
    let source = settings.open(None, node(&site).surroundings).unwrap();
    let finding = source.test(&Control::default()).await.unwrap();
    assert!(finding.found.en.contains("“首页” has 1 links"), "{}", finding.found.en);
    assert!(finding.fields.contains(&"licence".to_owned()));
    let cancelled = Control { cancel: Cancel::new(), ..Control::default() };
    cancelled.cancel.cancel();
    assert_eq!(source.test(&cancelled).await.unwrap_err().code(), "connect/cancelled");
}
