//! Pages as people and machines write them.

use super::*;
use proptest::prelude::*;

fn read(page: &str) -> Reading {
    let address = Url::parse("https://site.example/a/b.html").unwrap();
    Reading::of(page.as_bytes(), Some("text/html; charset=utf-8"), &address, "IndustryBrain").unwrap()
}

#[test]
fn a_page_gives_title_language_text_and_links() {
    let reading = read(
        "<!DOCTYPE html><html lang=zh-CN><head><title> 支持\n政策 &amp; 办法 </title><style>p{}</style></head>\
         <body><nav><a href=/>首页</a></nav><h1>支持政策</h1><p>第一段，<b>重点</b>。<br>第二行</p>\
         <ul><li>甲<li>乙</ul><table><tr><th>企业<td>产值</table>\
         <a href='c.html#x'>c</a> <a href=c.html>again</a> <a href='mailto:a@b.example'>mail</a>\
         <a rel='external nofollow' href=/d>d</a><a href='https://other.example/e'>e</a>\
         <script>var a = '<p>x</p>'</script><footer>版权</footer></body></html>",
    );
    assert_eq!(reading.title.as_deref(), Some("支持 政策 & 办法"));
    assert_eq!(reading.language.as_deref(), Some("zh-CN"));
    assert_eq!(reading.text, "支持政策\n第一段，重点。\n第二行\n甲\n乙\n企业 产值\nc again mailde",);
    let links: Vec<&str> = reading.links.iter().map(Url::as_str).collect();
    assert_eq!(links, ["https://site.example/", "https://site.example/a/c.html", "https://other.example/e"]);
    assert_eq!((reading.links_count, reading.index, reading.follow), (6, true, true));
}

#[test]
fn the_main_part_is_read_where_there_is_one() {
    let page = "<body><p>around</p><main><header>题</header><p>inside</main><p>after";
    assert_eq!(read(page).text, "题\ninside");
    assert_eq!(read("<body><main></main><p>after").text, "after");
}

#[test]
fn a_base_moves_the_links() {
    let reading = read("<head><base href='/z/'></head><body><a href=y>y</a>");
    assert_eq!(reading.links[0].as_str(), "https://site.example/z/y");
}

#[test]
fn what_a_page_says_to_robots_is_heard() {
    for (name, content, index, follow) in [
        ("robots", "noindex", false, true),
        ("ROBOTS", "NoIndex, NoFollow", false, false),
        ("robots", "none", false, false),
        ("industrybrain", "nofollow", true, false),
        ("otherbot", "noindex", true, true),
        ("robots", "all, max-snippet:-1", true, true),
    ] {
        let reading = read(&format!("<meta name='{name}' content='{content}'><p>x"));
        assert_eq!((reading.index, reading.follow), (index, follow), "{name} {content}");
    }
    for (header, index, follow) in [
        ("noindex", false, true),
        ("otherbot: noindex, nofollow", true, true),
        ("otherbot: noindex, industrybrain: nofollow", true, false),
        ("max-snippet: 3, noindex", false, true),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow", true, false),
    ] {
        let mut reading = read("<p>x");
        reading.heed(header, "IndustryBrain");
        assert_eq!((reading.index, reading.follow), (index, follow), "{header}");
    }
}

#[test]
fn the_encoding_is_found() {
    let address = Url::parse("https://site.example/").unwrap();
    let text = "<p>产业政策";
    let gbk = GB18030.encode(text).0.into_owned();
    let said = [&b"<meta http-equiv=Content-Type content=\"text/html; charset=gb2312\">"[..], &gbk].concat();
    let marked = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
    for (body, header) in [
        (text.as_bytes(), None),
        (text.as_bytes(), Some("text/html")),
        (gbk.as_slice(), Some("text/html;charset=GBK")),
        (gbk.as_slice(), None),
        (said.as_slice(), Some("text/html")),
        (marked.as_slice(), Some("text/html;charset=gbk")),
    ] {
        let reading = Reading::of(body, header, &address, "a").unwrap();
        assert_eq!(reading.text, "产业政策", "{header:?}");
    }
}

#[test]
fn a_page_made_to_be_slow_is_refused_and_a_long_or_deep_one_is_not() {
    let address = Url::parse("https://site.example/").unwrap();
    let many: String = (0..10_000).map(|n| format!(" a{n}")).collect();
    assert!(Reading::of(format!("<p{many}>").as_bytes(), None, &address, "a").is_none());
    let sly: String = (0..10_000).map(|n| format!(" a{n}='>'")).collect();
    assert!(Reading::of(format!("<p{sly}>").as_bytes(), None, &address, "a").is_none());
    let deep = format!("{}x{}<p>y", "<div><font color=1>".repeat(20_000), "</font></div>".repeat(20_000));
    assert_eq!(read(&deep).text, "x\ny");
    let comment = format!("<!--{}--><p>x", "    <b>old</b>\n".repeat(2_000));
    assert_eq!(read(&comment).text, "x");
    let image = format!("<img src='data:image/png;base64,{}'><p>x", "Ab/9".repeat(3_000));
    assert_eq!(read(&image).text, "x");
}

#[test]
fn what_is_left_open_ends_somewhere() {
    assert_eq!(read("<head><title>t</title><body><p>x").text, "x");
    assert_eq!(read("<head><title>t</title><script>a</script><p>x").text, "x");
    assert_eq!(read("<nav>a<nav>b</nav>c</nav>d").text, "d");
    assert_eq!(read("<p>a<script>b").text, "a");
    assert_eq!(read("<p>a<script/>b</script>c<svg/>d").text, "acd");
    assert_eq!(read("<head><title>t</title><nav>a</nav>b").text, "b");
    assert_eq!(read("").text, "");
}

proptest! {
    #[test]
    fn whatever_comes_is_read_within_its_length(
        page in "(<(/?(p|a href=x|title|nav|main|script|body|meta name=robots content=noindex)|!--)>?|[a-z &;\"'=-]{0,6}){0,40}",
        cut in 0usize..200,
    ) {
        let address = Url::parse("https://site.example/").unwrap();
        let body = &page.as_bytes()[..cut.min(page.len())];
        let reading = Reading::of(body, None, &address, "a").unwrap();
        prop_assert!(reading.text.len() <= body.len() * 3);
        prop_assert!(reading.links.len() as u64 <= reading.links_count);
        let lines = reading.text.lines().all(|line| !line.is_empty() && line.trim() == line);
        prop_assert!(lines, "{:?}", reading.text);
    }
}
