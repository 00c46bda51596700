//! What a site asks of robots (RFC 9309).

use brain_egress::Url;
use texting_robots::Robot;

/// Bytes of a `robots.txt` that count; a site cannot ask for more to be heeded (RFC 9309 §2.5).
const ROBOTS_BYTES: usize = 500 * 1024;

/// Rules that end in `$`. Each is a regular expression of its own, and of some kilobytes.
const ANCHORS_MAX: usize = 1_000;

/// Rules of a site for one robot.
pub struct Rules {
    /// `None` where the site has no `robots.txt`.
    robot: Option<Robot>,
}

impl Rules {
    /// A site without a `robots.txt`: everything may be asked for (RFC 9309 §2.3.1.3).
    #[must_use]
    pub const fn none() -> Self {
        Self { robot: None }
    }

    /// The rules of a `robots.txt` for the robot of this name. The error says what is wrong with it.
    pub fn read(robots: &[u8], agent: &str) -> Result<Self, String> {
        let counts = match robots.get(..ROBOTS_BYTES) {
            None => robots,
            // A rule that is cut in the middle would forbid or allow more than it says.
            Some(beginning) => {
                let end = beginning.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
                beginning.get(..end).unwrap_or_default()
            }
        };
        let lines = counts.split(|byte| matches!(byte, b'\n' | b'\r' | 0));
        if lines.filter(|line| line.contains(&b'$')).count() > ANCHORS_MAX {
            return Err(format!("more than {ANCHORS_MAX} rules with $"));
        }
        let robot = Robot::new(agent, counts).map_err(|error| error.to_string())?;
        Ok(Self { robot: Some(robot) })
    }

    /// Whether an address may be asked for.
    #[must_use]
    pub fn allow(&self, address: &Url) -> bool {
        self.robot.as_ref().is_none_or(|robot| robot.allowed(address.as_str()))
    }

    /// Seconds between two requests that the site asks for.
    #[must_use]
    pub fn delay_s(&self) -> Option<f32> {
        self.robot.as_ref().and_then(|robot| robot.delay)
    }

    /// By what a page may be asked for, as it goes with every row.
    #[must_use]
    pub const fn basis(&self) -> &'static str {
        match self.robot {
            None => "no robots.txt",
            Some(_) => "allowed by robots.txt",
        }
    }
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("basis", &self.basis()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allow(robots: &str, path: &str) -> bool {
        let address = Url::parse(&format!("https://site.example{path}")).unwrap();
        Rules::read(robots.as_bytes(), "IndustryBrain").unwrap().allow(&address)
    }

    #[test]
    fn the_longest_rule_of_our_group_counts() {
        let robots = "User-agent: *\nDisallow: /\n\nUser-agent: industrybrain\nuser-agent: b\nAllow: /open\nDisallow: /open/not\nDisallow: /*.pdf$\n";
        for (path, may) in [
            ("/", true),
            ("/open/x", true),
            ("/open/not/x", false),
            ("/a.pdf", false),
            ("/a.pdf?x", true),
            ("/robots.txt", true),
        ] {
            assert_eq!(allow(robots, path), may, "{path}");
        }
        assert!(!allow("User-agent: *\nDisallow: /政策/", "/政策/a"), "letters are held as they are sent");
        assert!(allow("User-agent: other\nDisallow: /", "/a"));
        assert!(allow("User-agent: *\nDisallow:", "/a"));
        assert!(allow("<html>no robots here</html>", "/a"));
    }

    #[test]
    fn what_is_too_long_counts_to_its_last_whole_line() {
        let padding = format!("# {}\n", "x".repeat(98)).repeat(ROBOTS_BYTES / 101 - 1);
        let robots = format!("User-agent: *\n{padding}Disallow: /a\n{}Disallow: /b\n", "#\n".repeat(400));
        assert!(!allow(&robots, "/a") && allow(&robots, "/b"));
    }

    #[test]
    fn rules_that_cost_much_are_bounded() {
        let many = |count: usize| format!("User-agent: *\n{}", "Disallow: /a*$\n".repeat(count));
        assert!(Rules::read(many(ANCHORS_MAX).as_bytes(), "a").is_ok());
        assert!(Rules::read(many(ANCHORS_MAX + 1).as_bytes(), "a").unwrap_err().contains("more than"));
    }

    #[test]
    fn a_delay_is_told() {
        let delay = |robots: &str| Rules::read(robots.as_bytes(), "IndustryBrain").unwrap().delay_s();
        assert_eq!(delay("User-agent: *\nCrawl-delay: 2.5"), Some(2.5));
        assert_eq!(delay("User-agent: IndustryBrain\nAllow: /\nUser-agent: *\nCrawl-delay: 9"), None);
        assert_eq!(Rules::none().delay_s(), None);
        assert!(Rules::none().allow(&Url::parse("https://site.example/a").unwrap()));
    }

    proptest! {
        #[test]
        fn whatever_a_site_writes_is_read_or_refused(
            robots in "((User-agent|Allow|Disallow|Crawl-delay|Sitemap|x)( ?: ?)(\\*|IndustryBrain|/[a-z*$]{0,8}|-?[0-9.]{1,4}|inf)?[\r\n \0]){0,20}",
            path in "/[a-z]{0,6}",
        ) {
            if let Ok(rules) = Rules::read(robots.as_bytes(), "IndustryBrain") {
                let _ = rules.allow(&Url::parse(&format!("https://site.example{path}")).unwrap());
                prop_assert!(rules.delay_s().is_none_or(|delay| delay >= 0.0));
            }
        }
    }
}
