//! From options to a folder of files.

use crate::contagion;
use crate::error::{Error, Result};
use crate::manifest::{MANIFEST, Manifest, NOTE, TableManifest, events, notice};
use crate::options::Options;
use crate::rows::Rows;
use crate::table::{LABEL_COLUMN, Scratch, TABLES, Table};
use crate::world::{BATCH, World};
use crate::write::{Output, Written, whole};
use brain_kernel::language::Text;
use brain_kernel::progress::{Cancel, Progress};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Bytes of rows gathered before they are written.
const GATHERED: usize = 1 << 18;

/// Simulate a province into a folder that does not exist or is empty.
///
/// # Errors
/// An option out of bounds, a folder with something in it, a disk that does not take the files, or a cancel; in each
/// case whatever had been written is removed.
pub fn simulate(options: &Options, folder: &Path, progress: &Progress, cancel: &Cancel) -> Result<Manifest> {
    options.validate()?;
    let made = claim(folder)?;
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .build()
        .map_err(|error| Error::Internal(error.to_string()))?;
    let outcome = threads.install(|| {
        let mut world = World::new(options.clone(), progress, cancel)?;
        contagion::spread(&mut world, progress, cancel)?;
        write_all(&world, folder, progress, cancel)
    });
    if outcome.is_err() {
        sweep(folder, made);
    }
    outcome
}

/// Take the folder: make it, or find it empty. Tells whether it was made.
fn claim(folder: &Path) -> Result<bool> {
    let failed = |error| Error::write(folder, error);
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(false),
            Some(_) => Err(Error::Occupied(folder.to_owned())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(folder).map_err(failed).map(|()| true)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Remove what was written: the folder was empty, so all of it is ours. What cannot be removed stays without a
/// manifest, and the next run refuses the folder.
fn sweep(folder: &Path, made: bool) {
    for name in ["data", "truth"] {
        let _ = std::fs::remove_dir_all(folder.join(name));
    }
    for name in [NOTE, MANIFEST] {
        let _ = std::fs::remove_file(folder.join(name));
        let _ = std::fs::remove_file(folder.join(format!("{name}.part")));
    }
    if made {
        let _ = std::fs::remove_dir(folder);
    }
}

fn write_all(world: &World, folder: &Path, progress: &Progress, cancel: &Cancel) -> Result<Manifest> {
    let note = notice();
    whole(&folder.join(NOTE), format!("{}\n{}\n", note.zh, note.en).as_bytes())?;
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in &TABLES {
        progress.begin(table.title.0, table.title.1, u64::from(world.blueprint.options.enterprises));
        tables.push((table.truth, write_table(world, table, folder, progress, cancel)?));
    }
    let manifest = Manifest::new(world, events(world), tables);
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
    whole(&folder.join(MANIFEST), text.as_bytes())?;
    Ok(manifest)
}

/// Write the files of a table, each by one thread.
fn write_table(
    world: &World,
    table: &Table,
    folder: &Path,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<TableManifest> {
    let options = &world.blueprint.options;
    let below: PathBuf = folder.join(if table.truth { "truth" } else { "data" }).join(table.name);
    std::fs::create_dir_all(&below).map_err(|error| Error::write(&below, error))?;
    let shards: Vec<(usize, u32)> =
        (0..options.enterprises).step_by(options.shard_enterprises as usize).enumerate().collect();
    let files: Vec<Written> = shards
        .par_iter()
        .with_max_len(1)
        .map(|(number, from)| {
            let to = from.saturating_add(options.shard_enterprises).min(options.enterprises);
            let prefix = if table.truth { "truth-" } else { "" };
            let name = format!("{prefix}{}-{number:05}.{}", table.name, options.format.ending());
            let output = Output::create(&below.join(name), options.format)?;
            write_file(world, table, *from..to, output, folder, progress, cancel)
        })
        .collect::<Result<_>>()?;
    let mut columns = table.columns.to_vec();
    columns.push(LABEL_COLUMN);
    let rows = files.iter().map(|file| file.rows).sum();
    let title = Text::new(format!("模拟：{}", table.title.0), format!("Simulated: {}", table.title.1));
    Ok(TableManifest { name: table.name, title, columns, rows, files })
}

fn write_file(
    world: &World,
    table: &Table,
    enterprises: std::ops::Range<u32>,
    mut output: Output,
    folder: &Path,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Written> {
    let mut rows = Rows::default();
    let mut scratch = Scratch::default();
    output.write(format!("{},{LABEL_COLUMN}\n", table.columns.join(",")).as_bytes())?;
    let mut told = 0u64;
    for index in enterprises {
        (table.rows)(world, index, &mut scratch, &mut rows);
        if rows.bytes.len() >= GATHERED {
            output.write(&rows.bytes)?;
            rows.bytes.clear();
        }
        told += 1;
        if told == BATCH as u64 {
            progress.add(told);
            told = 0;
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
        }
    }
    progress.add(told);
    if cancel.is_cancelled() {
        return Err(Error::Cancelled);
    }
    output.write(&rows.bytes)?;
    output.finish(folder, rows.count)
}
