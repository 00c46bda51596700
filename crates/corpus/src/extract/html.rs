//! Web pages: the text of the page without what stands around it.
//!
//! The part to read is the page's own `<article>` or `<main>`, else its body. Navigation, headers, footers, forms,
//! scripts and whatever calls itself so go; so do blocks that are mostly links (link density, Kohlschütter et al.,
//! "Boilerplate Detection using Shallow Text Features", WSDM 2010).

use super::{Extracted, Limits, Refused};
use scraper::{Html, Node};

type NodeRef<'a> = ego_tree::NodeRef<'a, Node>;

/// Deepest nesting of a page. The parser looks through all open elements at many tags, so that time grows with depth
/// times length; no page of people goes there.
const DEPTH_MAX: usize = 512;
/// Longest page, bytes, for the same reason.
const PAGE_BYTES_MAX: u64 = 16 << 20;
/// Most elements that unclosed formatting may be repeated into: `<b><i>` before a thousand paragraphs is in each of them.
const REPEATED_MAX: usize = 2_000_000;
/// Elements that the parser opens again in what follows when nobody closed them (HTML standard, 13.2.4.3).
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements that are closed by what follows them, or have no end: many of them open are no nesting.
const ENDLESS: [&str; 30] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr", "p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "thead", "tbody", "tfoot",
    "colgroup", "rt", "html", "body",
];
/// Elements whose content is no markup.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];
/// A block with more than this share of its characters in links is no text.
const LINK_DENSITY_MAX: f64 = 0.5;
/// A block at least this long, characters, is judged by its links; a shorter one only when it is nothing but links.
const JUDGED_CHARACTERS: usize = 20;
const DROPPED: [&str; 24] = [
    "script", "style", "noscript", "template", "svg", "math", "nav", "header", "footer", "aside", "form",
    "button", "select", "option", "iframe", "object", "embed", "canvas", "audio", "video", "picture",
    "input", "textarea", "dialog",
];
const DROPPED_ROLES: [&str; 6] = ["navigation", "banner", "contentinfo", "search", "complementary", "dialog"];
const DROPPED_NAMES: [&str; 16] = [
    "nav",
    "navbar",
    "menu",
    "footer",
    "header",
    "sidebar",
    "breadcrumb",
    "breadcrumbs",
    "comments",
    "share",
    "pagination",
    "advert",
    "ads",
    "cookie",
    "copyright",
    "toolbar",
];
const BLOCKS: [&str; 30] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "figure",
    "figcaption",
    "address",
    "details",
    "summary",
    "body",
    "fieldset",
    "hr",
];
const LINES: [&str; 4] = ["br", "li", "tr", "caption"];

pub(super) fn read(page: &str, limits: &Limits) -> Result<Extracted, Refused> {
    let most = limits.unpacked_bytes_max.min(PAGE_BYTES_MAX);
    if page.len() as u64 > most {
        return Err(Refused::Large { bytes: page.len() as u64, limit: most });
    }
    let nesting = nesting(page);
    if nesting.deepest > DEPTH_MAX || nesting.repeated > REPEATED_MAX {
        return Err(Refused::Deep { limit: DEPTH_MAX });
    }
    let html = Html::parse_document(page);
    let root = html.tree.root();
    let title = first(root, "title").map(|node| squeezed(&plain(node))).filter(|title| !title.is_empty());
    let start = ["article", "main", "body"].into_iter().find_map(|name| first(root, name)).unwrap_or(root);
    let mut blocks = Blocks::default();
    blocks.walk(start);
    Ok(Extracted { title, text: blocks.finish(), ..Extracted::default() })
}

/// How a page is nested, by its tags alone and before anything is built of them.
#[derive(Default)]
struct Nesting {
    /// Elements open at once at most.
    deepest: usize,
    /// Elements that formatting left open may make beyond those that are written.
    repeated: usize,
}

fn nesting(page: &str) -> Nesting {
    let (mut open, mut formatting, mut found, mut rest) = (0_usize, 0_usize, Nesting::default(), page);
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let (closing, tag) = rest.strip_prefix('/').map_or((false, rest), |tag| (true, tag));
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let name = tag.get(..end.min(16)).unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        let formats = FORMATTING.contains(&name.as_str());
        if closing {
            formatting = formatting.saturating_sub(usize::from(formats));
        } else {
            found.repeated = found.repeated.saturating_add(formatting);
            formatting += usize::from(formats);
        }
        if ENDLESS.contains(&name.as_str()) {
            continue;
        }
        if closing {
            open = open.saturating_sub(1);
        } else if RAW.contains(&name.as_str()) {
            rest = rest.find(&format!("</{name}")).and_then(|at| rest.get(at + 2..)).unwrap_or_default();
        } else {
            open += 1;
            found.deepest = found.deepest.max(open);
        }
    }
    found
}

fn name(node: NodeRef<'_>) -> &str {
    node.value().as_element().map_or("", |element| element.name())
}

/// The first element of this name, in the order of the page.
fn first<'a>(root: NodeRef<'a>, wanted: &str) -> Option<NodeRef<'a>> {
    root.descendants().find(|node| name(*node) == wanted)
}

fn plain(node: NodeRef<'_>) -> String {
    node.descendants().filter_map(|node| node.value().as_text()).map(|text| &**text).collect()
}

/// White space as a browser shows it.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn dropped(node: NodeRef<'_>) -> bool {
    let Some(element) = node.value().as_element() else { return false };
    if DROPPED.contains(&element.name()) || element.attr("hidden").is_some() {
        return true;
    }
    if element.attr("aria-hidden") == Some("true")
        || element.attr("role").is_some_and(|role| DROPPED_ROLES.contains(&role))
    {
        return true;
    }
    // The body of some pages calls itself by what it merely has.
    if matches!(element.name(), "body" | "html" | "article" | "main") {
        return false;
    }
    let words = [element.attr("class"), element.attr("id")];
    words
        .into_iter()
        .flatten()
        .flat_map(str::split_whitespace)
        .any(|word| DROPPED_NAMES.contains(&word.to_ascii_lowercase().as_str()))
}

/// Blocks of text as they are gathered.
#[derive(Default)]
struct Blocks {
    done: String,
    block: String,
    linked: usize,
}

impl Blocks {
    /// Along the tree without recursion: depth is what the page says, and memory of the stack is not.
    fn walk(&mut self, start: NodeRef<'_>) {
        let (mut depth, mut links, mut ahead) = (0_usize, 0_usize, Some(start));
        while let Some(node) = ahead {
            self.enter(node, links);
            let skipped = depth >= DEPTH_MAX || (node != start && dropped(node));
            match node.first_child().filter(|_| !skipped) {
                Some(child) => {
                    links += usize::from(name(node) == "a");
                    depth += 1;
                    ahead = Some(child);
                }
                None => ahead = self.leave(node, start, &mut depth, &mut links),
            }
        }
        self.flush();
    }

    /// The next node after this one and all below it, ending what ends on the way.
    fn leave<'a>(
        &mut self,
        mut node: NodeRef<'a>,
        start: NodeRef<'a>,
        depth: &mut usize,
        links: &mut usize,
    ) -> Option<NodeRef<'a>> {
        loop {
            self.exit(node);
            if node == start {
                return None;
            }
            if let Some(next) = node.next_sibling() {
                return Some(next);
            }
            node = node.parent()?;
            *depth = depth.saturating_sub(1);
            *links -= usize::from(name(node) == "a" && *links > 0);
        }
    }

    fn enter(&mut self, node: NodeRef<'_>, links: usize) {
        if let Some(text) = node.value().as_text() {
            if links > 0 {
                self.linked += text.chars().filter(|c| !c.is_whitespace()).count();
            }
            self.block.extend(text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }));
            return;
        }
        let name = name(node);
        if BLOCKS.contains(&name) {
            self.flush();
        } else if LINES.contains(&name) {
            self.block.push('\n');
        } else if matches!(name, "td" | "th") {
            self.block.push('\t');
        }
    }

    fn exit(&mut self, node: NodeRef<'_>) {
        if BLOCKS.contains(&name(node)) {
            self.flush();
        }
    }

    /// End a block: kept where it is text, not a list of links.
    fn flush(&mut self) {
        let lines: Vec<String> =
            self.block.split('\n').map(squeezed).filter(|line| !line.is_empty()).collect();
        let characters: usize = lines.iter().flat_map(|line| line.chars()).filter(|c| *c != ' ').count();
        let density = self.linked as f64 / characters.max(1) as f64;
        let links = if characters < JUDGED_CHARACTERS { density >= 1.0 } else { density > LINK_DENSITY_MAX };
        self.block.clear();
        self.linked = 0;
        if lines.is_empty() || links {
            return;
        }
        if !self.done.is_empty() {
            self.done.push_str("\n\n");
        }
        self.done.push_str(&lines.join("\n"));
    }

    fn finish(mut self) -> String {
        self.flush();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(page: &str) -> String {
        read(page, &Limits::default()).unwrap().text
    }

    #[test]
    fn what_stands_around_the_text_goes() {
        let page = "<html><head><title> 产业 政策 </title><style>p{}</style></head><body><nav>首页</nav>\
            <div class='menu x'><a href=/>全部</a></div><h1>支持政策</h1><p>第一段，<b>重点</b>。<br>第二行</p>\
            <p><a href=/a>链接一链接一链接一</a> <a href=/b>链接二链接二链接二</a></p>\
            <ul><li>甲</li><li>乙</li></ul><script>var a = '<p>x</p>'</script><footer>版权</footer></body></html>";
        let read = read(page, &Limits::default()).unwrap();
        assert_eq!(read.title.as_deref(), Some("产业 政策"));
        assert_eq!(read.text, "支持政策\n\n第一段，重点。\n第二行\n\n甲\n乙");
    }

    #[test]
    fn the_article_is_read_where_there_is_one() {
        let page = "<body><p>around</p><article><p>inside <a href=/x>a link</a> that is part of it</p></article><p>after</p>";
        assert_eq!(text(page), "inside a link that is part of it");
    }

    #[test]
    fn tables_keep_their_cells_apart() {
        let page = "<table><tr><th>企业</th><th>产值</th></tr><tr><td>甲</td><td>1</td></tr></table>";
        assert_eq!(text(page), "企业 产值\n甲 1");
    }

    #[test]
    fn nesting_is_bounded_and_open_ends_are_none() {
        let deep = |levels: usize| {
            format!("<body>{}deep{}<p>after</p>", "<div>".repeat(levels), "</div>".repeat(levels))
        };
        assert_eq!(text(&deep(400)), "deep\n\nafter");
        assert_eq!(read(&deep(50_000), &Limits::default()), Err(Refused::Deep { limit: DEPTH_MAX }));
        let many: String = (0..500).map(|size| format!("<font size={size}>")).collect();
        let repeated = format!("<body>{many}{}", "<p>again".repeat(100_000));
        assert_eq!(read(&repeated, &Limits::default()), Err(Refused::Deep { limit: DEPTH_MAX }));
        let unclosed = "<p>a<br><li>b<img>".repeat(2_000);
        assert!(text(&unclosed).starts_with('a'));
        let script = format!("<script>{}</script><p>x</p>", "'<div>'".repeat(2_000));
        assert_eq!(text(&script), "x");
        assert_eq!(text("<p>unclosed <b>bold <i>both"), "unclosed bold both");
        assert_eq!(text(""), "");
    }
}
