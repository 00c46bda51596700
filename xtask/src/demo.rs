//! `cargo xtask demo`: from a fresh clone to a running node with real facts in it.

use crate::node::{Profile, Serving, brain, build_portal, build_program};
use crate::shell::root;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};

struct Options {
    /// Folder with the large data sets; `None` loads the curated set in `demo/data`.
    from: Option<PathBuf>,
    listen: String,
    /// Keep the data of the last demonstration instead of starting anew.
    keep: bool,
    /// Build with optimisation: half an hour on two cores where the default takes seven minutes.
    release: bool,
    /// Stop after loading (used by tests of this command).
    no_serve: bool,
}

/// Build, load, serve.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let options = parse(words)?;
    build_portal()?;
    let program = build_program(if options.release { Profile::Release } else { Profile::Dev })?;
    let data = root().join("target").join(if options.from.is_some() { "demo-full" } else { "demo" });
    if !options.keep && data.exists() {
        std::fs::remove_dir_all(&data).with_context(|| format!("cannot empty {}", data.display()))?;
    }
    if !data.exists() {
        load(&program, &data, options.from.as_deref())?;
    }
    if options.no_serve {
        return Ok(());
    }
    let node = Serving::start(&program, &data, &options.listen)?;
    println!("\n  打开 / open   {}\n", node.url);
    println!("  演示账户 / demonstration accounts (密码 / password: {PASSWORD})");
    for (username, role, name, _) in ACCOUNTS {
        println!("    {username:<12} {role:<22} {name}");
    }
    println!("\n  Ctrl-C 停止 / stops\n");
    node.wait()
}

fn parse(words: &[&str]) -> Result<Options> {
    let mut options = Options {
        from: None,
        listen: "127.0.0.1:7600".to_owned(),
        keep: false,
        release: false,
        no_serve: false,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--from" => {
                let folder = PathBuf::from(words.next().context("--from needs a folder")?);
                let folder =
                    folder.canonicalize().with_context(|| format!("no folder {}", folder.display()))?;
                options.from = Some(folder);
            }
            "--listen" => {
                (*words.next().context("--listen needs an address")?).clone_into(&mut options.listen);
            }
            "--keep" => options.keep = true,
            "--release" => options.release = true,
            "--no-serve" => options.no_serve = true,
            other => bail!(
                "unknown option {other}: cargo xtask demo [--from DIR] [--listen ADDR] [--keep] [--release] [--no-serve]"
            ),
        }
    }
    Ok(options)
}

/// Public on purpose: these accounts exist only in a demonstration's configuration file.
pub(crate) const PASSWORD: &str = "Chanye-Danao-2026";
/// Sign-in name, role, name to show, organisation.
const ACCOUNTS: [(&str, &str, &str, Option<&str>); 8] = [
    ("government", "government", "经信局分析员", None),
    ("industry", "industry_body", "行业协会秘书处", None),
    ("enterprise", "enterprise", "宁德时代新能源科技股份有限公司（演示账户）", Some(FIRST_FIRM)),
    ("enterprise2", "enterprise", "比亚迪股份有限公司（演示账户）", Some(SECOND_FIRM)),
    ("author", "component_author", "组件作者", None),
    ("operator", "system_administrator", "系统管理员", None),
    ("secadmin", "security_administrator", "安全管理员", None),
    ("audit", "auditor", "审计员", None),
];
/// 宁德时代新能源科技股份有限公司
const FIRST_FIRM: &str = "91350900587527783P";
/// 比亚迪股份有限公司
const SECOND_FIRM: &str = "91440300192317458F";

/// Sign-in names and roles of the demonstration's accounts.
pub(crate) fn people() -> impl Iterator<Item = (&'static str, &'static str)> {
    ACCOUNTS.into_iter().map(|(username, role, ..)| (username, role))
}

/// Make the data folder: configuration with the demonstration accounts, then every ingest in order.
pub(crate) fn load(program: &Path, data: &Path, from: Option<&Path>) -> Result<()> {
    std::fs::create_dir_all(data)?;
    std::fs::write(data.join("brain.toml"), configuration(from.is_some()))?;
    for (mapping, path) in sources(from) {
        run_ingest(program, data, mapping, &path)?;
    }
    Ok(())
}

fn run_ingest(program: &Path, data: &Path, mapping: &str, path: &Path) -> Result<()> {
    crate::shell::run(brain(program, data).arg("ingest").arg(path).args(["--as", mapping]))
}

/// What is loaded, in an order in which each step finds what it refers to.
fn sources(from: Option<&Path>) -> Vec<(&'static str, PathBuf)> {
    let Some(shared) = from else {
        return vec![("curated", root().join("demo").join("data"))];
    };
    vec![
        ("gbt4754", shared.join("gbt4754_2017")),
        ("regions", shared.join("geo")),
        ("curated", root().join("demo").join("data")),
        ("chain_kg", shared.join("chain_kg")),
        ("listed_companies", shared.join("listed_companies")),
        ("ickg25", shared.join("ickg25")),
        ("sme_invoices", shared.join("sme_invoices_cumcm2020c")),
        ("registry", shared.join("registry")),
    ]
}

#[expect(clippy::format_push_string, reason = "a few accounts, written once")]
fn configuration(full: bool) -> String {
    let name = if full { "浙江产业大脑（全量演示）" } else { "产业大脑（演示）" };
    // A public password is no secret, so a second factor would protect nothing; the portal says that none is asked for.
    // Many people look at one demonstration with the same accounts.
    let mut text = format!(
        "[node]\nname = \"{name}\"\n\n[trust]\nsecond_factor_required_roles = []\nsessions_max = 1000\n"
    );
    for (username, role, display_name, organisation) in ACCOUNTS {
        text.push_str(&format!(
            "\n[[demo.accounts]]\nusername = \"{username}\"\npassword = \"{PASSWORD}\"\nrole = \"{role}\"\ndisplay_name = \"{display_name}\"\n"
        ));
        if let Some(code) = organisation {
            text.push_str(&format!("organisation = \"{code}\"\n"));
        }
    }
    text
}
