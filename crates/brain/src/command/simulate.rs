//! `brain simulate --enterprises N`: needs no data folder and touches none.

use crate::cli::{self, Simulate};
use crate::terminal;
use crate::watch::Watch;
use anyhow::{Context as _, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_kernel::region::RegionCode;
use brain_simulate::{FileFormat, MANIFEST, Manifest, Options, PowerPeriod};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write a province; Ctrl-C cancels and leaves nothing behind.
pub async fn simulate(given: Simulate) -> Result<ExitCode> {
    let options = options(&given)?;
    let folder = given.out.unwrap_or_else(|| {
        let Options { province, enterprises, seed, .. } = &options;
        PathBuf::from(format!("simulated-{province}-{enterprises}-{seed}"))
    });
    let watch = Watch::start(cli::language());
    let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
    let outcome = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || brain_simulate::simulate(&options, &folder, &progress, &cancel))
            .await
    };
    watch.end();
    let manifest = outcome.context("the simulation ended without an answer")?.map_err(Failure::from)?;
    if given.json {
        terminal::line(&serde_json::to_string(&manifest)?);
    } else {
        terminal::print(&told(&manifest, &folder));
    }
    Ok(ExitCode::SUCCESS)
}

fn options(given: &Simulate) -> Result<Options, Failure> {
    let province = RegionCode::parse(&given.province).map_err(|_| {
        Failure::new(
            ErrorKind::InvalidArgument,
            "simulate/option",
            format!("{} 不是行政区划代码；例如 330000", given.province),
            format!("{} is no region code; an example is 330000", given.province),
        )
    })?;
    let mut options = Options::new(given.enterprises, given.seed, province);
    (options.first_year, options.months) = (given.first_year, given.months);
    options.links_per_enterprise = given.links;
    (options.invoiced_share, options.metered_share) = (given.invoiced, given.metered);
    options.dirty_share = given.dirty;
    (options.failures, options.gaps) = (given.failures, given.gaps);
    (options.shard_enterprises, options.threads) = (given.shard, given.threads);
    if given.daily {
        options.power = PowerPeriod::Daily;
    }
    if given.plain {
        options.format = FileFormat::Csv;
    }
    Ok(options)
}

fn told(manifest: &Manifest, folder: &Path) -> String {
    let language = cli::language();
    let mut text = String::new();
    for table in manifest.data.iter().chain(&manifest.truth) {
        let bytes: u64 = table.files.iter().map(|file| file.bytes).sum();
        let megabytes = bytes as f64 / 1e6;
        let title = table.title.get(language);
        text.push_str(&match language {
            Language::Zh => format!("{title}：{} 行，{megabytes:.1} MB\n", table.rows),
            Language::En => format!("{title}: {} rows, {megabytes:.1} MB\n", table.rows),
        });
    }
    text.push_str(manifest.notice.get(language));
    text.push('\n');
    let (folder, manifest) = (folder.display(), folder.join(MANIFEST).display().to_string());
    text.push_str(&match language {
        Language::Zh => format!("清单：{manifest}\n入仓：brain ingest {folder} --as simulated\n"),
        Language::En => format!("Manifest: {manifest}\nLoad it: brain ingest {folder} --as simulated\n"),
    });
    text
}
