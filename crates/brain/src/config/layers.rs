//! The layers of a configuration: which file, what the environment says, and how one is laid over another.

use super::{DEFAULTS, Overrides};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

pub(super) fn find_file(
    explicit: Option<&Path>,
    environment: &[(String, Value, String)],
    flags: &Overrides,
    defaults: &Table,
) -> Result<Option<PathBuf>> {
    if let Some(path) = explicit {
        if !path.is_file() {
            bail!(
                "配置文件 {0} 不存在。\nThere is no configuration file {0}; check --config.",
                path.display()
            );
        }
        return Ok(Some(path.to_owned()));
    }
    let flag = flags.iter().find(|(key, _)| *key == "node.data").map(|(_, value)| value);
    let variable = environment.iter().find(|(key, ..)| key == "node.data").map(|(_, value, _)| value);
    let default = defaults.get("node").and_then(|node| node.get("data"));
    let data = flag.or(variable).or(default).and_then(Value::as_str).unwrap_or("brain-data");
    let candidates = [Path::new(data).join("brain.toml"), PathBuf::from("brain.toml")];
    Ok(candidates.into_iter().find(|path| path.is_file()))
}

/// `BRAIN_HTTP_LISTEN` → `http.listen`: the first part is the section, the rest the key.
pub(super) fn environment(
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Vec<(String, Value, String)>> {
    const NOT_CONFIGURATION: [&str; 5] =
        ["BRAIN_SHARED_DATA", "BRAIN_TEST_POSTGRES", "BRAIN_TEST_MYSQL", "BRAIN_WRITE_REPORTS", "BRAIN_URL"];
    let defaults: Table = DEFAULTS.parse().context("built-in defaults")?;
    let mut layer = Vec::new();
    for (name, text) in environment {
        let Some(rest) = name.strip_prefix("BRAIN_") else { continue };
        if NOT_CONFIGURATION.contains(&name.as_str()) {
            continue;
        }
        let Some((section, key)) = rest.split_once('_') else {
            bail!(
                "环境变量 {name} 不对应任何配置项。\n{name} names no configuration key; use BRAIN_<SECTION>_<KEY>."
            );
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        let known = defaults.get(&section).and_then(|s| s.get(&key));
        let Some(known) = known else {
            bail!(
                "环境变量 {name} 不对应任何配置项（{section}.{key}）。\n\
                 {name} names no configuration key: there is no {section}.{key}; see `brain config`."
            );
        };
        let value = match known {
            Value::Boolean(_) => text.parse().map(Value::Boolean).ok(),
            Value::Integer(_) => text.parse().map(Value::Integer).ok(),
            Value::String(_) => Some(Value::String(text.clone())),
            _ => None,
        };
        let Some(value) = value else {
            bail!(
                "环境变量 {name} 的值 {text:?} 类型不对，应为{0}。\n{name}={text:?} should be {0}.",
                known.type_str()
            );
        };
        layer.push((format!("{section}.{key}"), value, name));
    }
    Ok(layer)
}

pub(super) fn merge(
    into: &mut Table,
    layer: Table,
    prefix: &str,
    source: &str,
    sources: &mut BTreeMap<String, String>,
) {
    for (key, value) in layer {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match (into.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(table)) => merge(inner, table, &path, source, sources),
            (_, value) => {
                into.insert(key, value);
                sources.insert(path, source.to_owned());
            }
        }
    }
}

pub(super) fn set(
    table: &mut Table,
    key: &str,
    value: Value,
    source: &str,
    sources: &mut BTreeMap<String, String>,
) -> Result<()> {
    let (section, name) = key.split_once('.').context("configuration keys have the form section.key")?;
    let Some(Value::Table(inner)) = table.get_mut(section) else {
        bail!("unknown configuration section {section}");
    };
    inner.insert(name.to_owned(), value);
    sources.insert(key.to_owned(), source.to_owned());
    Ok(())
}
