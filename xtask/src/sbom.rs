//! `cargo xtask sbom`: the bill of materials of the program and its portal, and the gate their licences pass.
//!
//! CycloneDX 1.6 as JSON, from `cargo metadata`, `Cargo.lock` and `package-lock.json`. No time and no random number in
//! it: the same lock files give the same bytes.

use crate::shell::{capture, command, root};
use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Programs people get; what only tests and builds need is listed too, but marked as left out of them.
const SHIPPED: [&str; 2] = ["brain-program", "brain-verifier"];
/// The platform whose graph says what is shipped.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";
/// Licences of tools that build and test the portal and are no part of it.
const TOOL_LICENCES: [&str; 4] = ["BlueOak-1.0.0", "CC-BY-4.0", "Python-2.0", "MIT-0"];

/// Write the document, or fail where the one in the repository is another.
pub(crate) fn run(check: bool) -> Result<()> {
    let (document, components) = document()?;
    licences(&components)?;
    let place = place();
    if check {
        if std::fs::read_to_string(&place).unwrap_or_default() != document {
            bail!("crates/sbom/sbom.cdx.json is not what the lock files say: run `cargo xtask sbom`");
        }
        return Ok(());
    }
    std::fs::write(&place, &document).with_context(|| format!("cannot write {}", place.display()))?;
    let shipped = components.values().filter(|one| one.scope == Scope::Required).count();
    println!("{}: {} components, {shipped} of them shipped", place.display(), components.len());
    Ok(())
}

fn place() -> PathBuf {
    root().join("crates").join("sbom").join("sbom.cdx.json")
}

/// Whether a component is part of what is shipped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Required,
    Optional,
    Excluded,
}

struct Component {
    name: String,
    version: String,
    licence: String,
    scope: Scope,
    hash: Option<(&'static str, String)>,
    depends_on: BTreeSet<String>,
}

/// Components by package URL, which is also their reference.
type Components = BTreeMap<String, Component>;

fn document() -> Result<(String, Components)> {
    let mut components = Components::new();
    let mut direct = cargo(&mut components)?;
    direct.extend(npm(&mut components)?);
    let version = env!("CARGO_PKG_VERSION");
    let own = format!("pkg:cargo/brain@{version}");
    let mut lines = Vec::new();
    let list: Vec<String> =
        components.iter().map(|(purl, component)| shown(purl, component).to_string()).collect();
    lines.push(list.join(",\n"));
    let edge = |from: &str, to: &BTreeSet<String>| json!({ "ref": from, "dependsOn": to }).to_string();
    let mut edges = vec![edge(&own, &direct)];
    edges.extend(components.iter().map(|(purl, component)| edge(purl, &component.depends_on)));
    let metadata = json!({
        "tools": { "components": [{ "type": "application", "name": "cargo xtask sbom" }] },
        "component": {
            "bom-ref": own, "type": "application", "name": "brain", "version": version, "purl": own,
            "description": "产业大脑 · the open industry brain",
            "licenses": [{ "expression": "Apache-2.0" }]
        }
    });
    // One component a line: a change of one dependency is a change of one line.
    let text = format!(
        "{{\"$schema\":\"http://cyclonedx.org/schema/bom-1.6.schema.json\",\"bomFormat\":\"CycloneDX\",\
         \"specVersion\":\"1.6\",\"version\":1,\n\"metadata\":{metadata},\n\"components\":[\n{}\n],\n\
         \"dependencies\":[\n{}\n]}}\n",
        lines.concat(),
        edges.join(",\n")
    );
    Ok((text, components))
}

fn shown(purl: &str, component: &Component) -> Value {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("bom-ref", purl.into());
    put("type", "library".into());
    put("name", component.name.as_str().into());
    put("version", component.version.as_str().into());
    let scope = match component.scope {
        Scope::Required => "required",
        Scope::Optional => "optional",
        Scope::Excluded => "excluded",
    };
    put("scope", scope.into());
    if let Some((algorithm, content)) = &component.hash {
        put("hashes", json!([{ "alg": algorithm, "content": content }]));
    }
    put("licenses", json!([{ "expression": component.licence }]));
    put("purl", purl.into());
    Value::Object(fields)
}

/// Add every crate of the lock file; what our own crates use directly.
fn cargo(components: &mut Components) -> Result<BTreeSet<String>> {
    let everything = metadata(&[])?;
    let checksums = checksums()?;
    let purls: BTreeMap<&str, String> = packages(&everything)
        .filter(|package| package["source"].is_string())
        .map(|package| (id(package), purl("cargo", name(package), version(package))))
        .collect();
    let filtered = metadata(&["--filter-platform", PLATFORM])?;
    let shipped = shipped(&filtered)?;
    for package in packages(&everything).filter(|package| package["source"].is_string()) {
        let (name, version) = (name(package), version(package));
        let licence = package["license"].as_str().map(|text| text.replace('/', " OR "));
        let licence = licence.with_context(|| format!("{name} {version} names no licence"))?;
        let hash = checksums.get(&(name.to_owned(), version.to_owned())).cloned();
        let component = Component {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: expression(&licence)?,
            scope: if shipped.contains(id(package)) { Scope::Required } else { Scope::Excluded },
            hash: hash.map(|content| ("SHA-256", content)),
            depends_on: BTreeSet::new(),
        };
        components.insert(purl("cargo", name, version), component);
    }
    let mut direct = BTreeSet::new();
    for node in nodes(&everything) {
        let from = node["id"].as_str().unwrap_or_default();
        let to = dependencies(node).filter(|(_, kinds)| kinds.iter().any(|kind| *kind != "dev"));
        let to: BTreeSet<String> = to.filter_map(|(on, _)| purls.get(on).cloned()).collect();
        match purls.get(from).and_then(|purl| components.get_mut(purl)) {
            Some(component) => component.depends_on = to,
            None => direct.extend(to),
        }
    }
    Ok(direct)
}

fn metadata(more: &[&str]) -> Result<Value> {
    let mut cargo = command("cargo");
    cargo.args(["metadata", "--format-version", "1", "--locked"]).args(more);
    Ok(serde_json::from_str(&capture(&mut cargo)?)?)
}

/// Ids of the packages that run in what people get: reached by plain dependencies, without procedural macros, which run
/// in the compiler.
fn shipped(metadata: &Value) -> Result<BTreeSet<String>> {
    let macros: BTreeSet<&str> = packages(metadata).filter(|package| is_macro(package)).map(id).collect();
    let graph: BTreeMap<&str, Vec<&str>> = nodes(metadata)
        .map(|node| {
            let plain = dependencies(node).filter(|(_, kinds)| kinds.contains(&""));
            (node["id"].as_str().unwrap_or_default(), plain.map(|(on, _)| on).collect())
        })
        .collect();
    let mut waiting: Vec<&str> =
        packages(metadata).filter(|package| SHIPPED.contains(&name(package))).map(id).collect();
    if waiting.len() != SHIPPED.len() {
        bail!("not all of {SHIPPED:?} are in the workspace");
    }
    let mut found = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        if !macros.contains(next) && found.insert(next.to_owned()) {
            waiting.extend(graph.get(next).into_iter().flatten());
        }
    }
    Ok(found)
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn nodes(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["resolve"]["nodes"].as_array().into_iter().flatten()
}

/// Packages a node depends on, with the kinds of dependency: `""`, `build`, `dev`.
fn dependencies(node: &Value) -> impl Iterator<Item = (&str, Vec<&str>)> {
    node["deps"].as_array().into_iter().flatten().map(|on| {
        let kinds = on["dep_kinds"].as_array().into_iter().flatten();
        let kinds = kinds.map(|kind| kind["kind"].as_str().unwrap_or_default()).collect();
        (on["pkg"].as_str().unwrap_or_default(), kinds)
    })
}

fn is_macro(package: &Value) -> bool {
    let targets = package["targets"].as_array().into_iter().flatten();
    targets
        .flat_map(|target| target["kind"].as_array().into_iter().flatten())
        .any(|kind| kind == "proc-macro")
}

fn id(package: &Value) -> &str {
    package["id"].as_str().unwrap_or_default()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

fn version(package: &Value) -> &str {
    package["version"].as_str().unwrap_or_default()
}

/// Package URL: a namespace's `@` and a version's `+` are percent-encoded.
fn purl(kind: &str, name: &str, version: &str) -> String {
    format!("pkg:{kind}/{}@{}", name.replace('@', "%40"), version.replace('+', "%2B"))
}

/// SHA-256 of each crate by name and version, as `Cargo.lock` has them.
fn checksums() -> Result<BTreeMap<(String, String), String>> {
    let text = std::fs::read_to_string(root().join("Cargo.lock"))?;
    let mut found = BTreeMap::new();
    for block in text.split("[[package]]").skip(1) {
        let field = |key: &str| {
            let start = format!("{key} = \"");
            block.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"')).map(str::to_owned)
        };
        if let (Some(name), Some(version), Some(checksum)) =
            (field("name"), field("version"), field("checksum"))
        {
            found.insert((name, version), checksum);
        }
    }
    Ok(found)
}

/// Add every package of the portal's lock file; what the portal uses directly.
fn npm(components: &mut Components) -> Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("web").join("package-lock.json"))?;
    let lock: Value = serde_json::from_str(&text)?;
    let packages = lock["packages"].as_object().context("packages in package-lock.json")?;
    let purl_at = |path: &str| {
        let package = packages.get(path)?;
        Some(purl("npm", path.rsplit_once("node_modules/")?.1, package["version"].as_str()?))
    };
    let mut direct = BTreeSet::new();
    for (path, package) in packages {
        let on = package["dependencies"].as_object().into_iter().flatten().map(|(name, _)| name);
        let on = on.filter_map(|name| purl_at(&installed(packages, path, name)?)).collect();
        let Some(own) = purl_at(path) else {
            direct = on;
            continue;
        };
        let name = path.rsplit_once("node_modules/").map_or(path.as_str(), |(_, name)| name);
        let licence = package["license"].as_str().with_context(|| format!("{name} names no licence"))?;
        let scope =
            match (package["dev"] == true, package["optional"] == true || package["devOptional"] == true) {
                (true, _) => Scope::Excluded,
                (false, true) => Scope::Optional,
                (false, false) => Scope::Required,
            };
        let hash = package["integrity"].as_str().and_then(integrity);
        let component = Component {
            name: name.to_owned(),
            version: version(package).to_owned(),
            licence: expression(licence)?,
            scope,
            hash,
            depends_on: on,
        };
        // The same version in two folders is one component; the wider scope holds.
        match components.get_mut(&own) {
            Some(known) if known.scope != Scope::Required => known.scope = scope,
            Some(_) => {}
            None => drop(components.insert(own, component)),
        }
    }
    Ok(direct)
}

/// Where Node finds a package that one at `path` asks for: beside it or further up.
fn installed(packages: &Map<String, Value>, path: &str, name: &str) -> Option<String> {
    let mut base = path;
    loop {
        let place = if base.is_empty() {
            format!("node_modules/{name}")
        } else {
            format!("{base}/node_modules/{name}")
        };
        if packages.contains_key(&place) {
            return Some(place);
        }
        if base.is_empty() {
            return None;
        }
        base = base.rsplit_once("/node_modules/").map_or("", |(above, _)| above);
    }
}

/// `sha512-<Base64>` → SHA-512 in hexadecimal.
fn integrity(text: &str) -> Option<(&'static str, String)> {
    let digits = text.split_whitespace().find_map(|one| one.strip_prefix("sha512-"))?;
    let mut bits = 0_u32;
    let (mut held, mut hex) = (0, String::new());
    for byte in digits.bytes().take_while(|byte| *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            hex.push_str(&format!("{:02x}", (bits >> held) & 0xff));
        }
    }
    (hex.len() == 128).then_some(("SHA-512", hex))
}

/// The expression in the words of SPDX.
fn expression(text: &str) -> Result<String> {
    let parsed = spdx::Expression::canonicalize(text)?;
    let canonical = parsed.unwrap_or_else(|| text.to_owned());
    spdx::Expression::parse(&canonical).with_context(|| format!("licence {text:?}"))?;
    Ok(canonical)
}

/// Every component may be used by a licence that deny.toml allows; tools that are not shipped by a few more.
fn licences(components: &Components) -> Result<()> {
    let deny = std::fs::read_to_string(root().join("deny.toml"))?;
    let list = deny
        .split_once("allow = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .context("allow in deny.toml")?;
    let allowed: BTreeSet<&str> = list.0.split('"').skip(1).step_by(2).collect();
    let mut refused = Vec::new();
    for (purl, component) in components {
        let tool = component.scope == Scope::Excluded;
        let parsed = spdx::Expression::parse(&component.licence)?;
        let fits = parsed.evaluate(|requirement| {
            let name = requirement.to_string();
            allowed.contains(name.as_str()) || (tool && TOOL_LICENCES.contains(&name.as_str()))
        });
        if !fits {
            refused.push(format!("  {purl}: {}", component.licence));
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    bail!("licences that deny.toml does not allow:\n{}", refused.join("\n"))
}
