//! Rules about the shape of the tree that no compiler checks.

use crate::shell::{capture, command, root};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Which crates a crate may depend on (architecture: kernel ← store ← trust ← warehouse ← component ← apps ← api ← brain).
const EDGES: [(&str, &[&str]); 34] = [
    ("brain-kernel", &[]),
    ("brain-verifier", &[]),
    ("brain-durable", &[]),
    ("brain-crypto", &["brain-kernel", "brain-durable"]),
    ("brain-egress", &["brain-kernel"]),
    ("brain-sbom", &[]),
    ("brain-tls", &["brain-kernel"]),
    ("brain-pkcs11", &["brain-crypto", "brain-kernel"]),
    ("brain-store", &["brain-kernel", "brain-durable"]),
    ("brain-policy", &["brain-kernel"]),
    ("brain-compliance", &["brain-kernel"]),
    (
        "brain-trust",
        &[
            "brain-kernel",
            "brain-durable",
            "brain-crypto",
            "brain-egress",
            "brain-tls",
            "brain-store",
            "brain-policy",
            "brain-verifier",
        ],
    ),
    ("brain-backup", &["brain-kernel", "brain-durable", "brain-crypto", "brain-store", "brain-trust"]),
    (
        "brain-warehouse",
        &[
            "brain-kernel",
            "brain-connect",
            "brain-corpus",
            "brain-durable",
            "brain-egress",
            "brain-store",
            "brain-trust",
            "brain-privacy",
            "brain-lineage",
            "brain-matching",
            "brain-quality",
            "brain-search",
            "brain-standards",
        ],
    ),
    ("brain-cluster", &["brain-kernel", "brain-tls", "brain-warehouse"]),
    ("brain-exchange", &["brain-kernel", "brain-egress", "brain-store", "brain-trust", "brain-warehouse"]),
    ("brain-chain", &["brain-kernel"]),
    ("brain-privacy", &["brain-kernel"]),
    ("brain-lineage", &["brain-kernel"]),
    ("brain-matching", &["brain-kernel"]),
    ("brain-quality", &["brain-kernel"]),
    ("brain-connect", &["brain-kernel", "brain-durable", "brain-egress"]),
    ("brain-search", &["brain-kernel"]),
    ("brain-standards", &["brain-kernel", "brain-matching", "brain-quality"]),
    ("brain-simulate", &["brain-kernel"]),
    ("brain-corpus", &["brain-kernel", "brain-durable", "brain-privacy"]),
    ("brain-component", &["brain-kernel", "brain-store", "brain-trust", "brain-warehouse", "brain-chain"]),
    ("brain-governance", &["brain-kernel", "brain-chain", "brain-component"]),
    ("brain-portal", &[]),
    (
        "brain-api",
        &[
            "brain-kernel",
            "brain-durable",
            "brain-store",
            "brain-trust",
            "brain-warehouse",
            "brain-component",
            "brain-portal",
            "brain-compliance",
            "brain-exchange",
            "brain-egress",
            "brain-lineage",
            "brain-sbom",
            "brain-standards",
            "brain-tls",
        ],
    ),
    (
        "brain-program",
        &[
            "brain-kernel",
            "brain-durable",
            "brain-store",
            "brain-trust",
            "brain-warehouse",
            "brain-component",
            "brain-governance",
            "brain-api",
            "brain-backup",
            "brain-cluster",
            "brain-crypto",
            "brain-compliance",
            "brain-pkcs11",
            "brain-exchange",
            "brain-egress",
            "brain-tls",
            "brain-lineage",
            "brain-matching",
            "brain-simulate",
            "brain-corpus",
            "brain-standards",
        ],
    ),
    (
        "brain-testkit",
        &[
            "brain-kernel",
            "brain-store",
            "brain-trust",
            "brain-warehouse",
            "brain-component",
            "brain-tls",
            "brain-governance",
            "brain-api",
            "brain-exchange",
            "brain-egress",
        ],
    ),
    (
        "brain-fuzz",
        &[
            "brain-kernel",
            "brain-verifier",
            "brain-crypto",
            "brain-egress",
            "brain-tls",
            "brain-policy",
            "brain-trust",
            "brain-exchange",
            "brain-backup",
            "brain-search",
            "brain-quality",
            "brain-lineage",
            "brain-connect",
            "brain-warehouse",
            "brain-chain",
            "brain-privacy",
            "brain-matching",
            "brain-corpus",
            "brain-component",
            "brain-connect",
            "brain-governance",
            "brain-api",
            "brain-testkit",
        ],
    ),
    ("xtask", &[]),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "manager"];
/// A file beyond this is more than one idea.
const LINES_MAX: usize = 700;

/// Check everything; every finding is printed before failing.
pub(crate) fn run() -> Result<()> {
    let mut findings = Vec::new();
    edges(&mut findings)?;
    for file in sources(&root())? {
        names_and_sizes(&file, &mut findings)?;
    }
    for finding in &findings {
        println!("tidy: {finding}");
    }
    if findings.is_empty() { Ok(()) } else { bail!("{} finding(s)", findings.len()) }
}

fn edges(findings: &mut Vec<String>) -> Result<()> {
    let text =
        capture(command("cargo").args(["metadata", "--format-version", "1", "--no-deps", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    for package in metadata["packages"].as_array().context("packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == name) else {
            findings
                .push(format!("{name} is not in tidy's table of crates: say there what it may depend on"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"].as_str() == Some("dev");
            let ours = on.starts_with("brain-");
            if ours && !for_tests && !allowed.contains(&on) {
                findings.push(format!("{name} depends on {on}, against the order of the layers"));
            }
        }
    }
    Ok(())
}

fn names_and_sizes(file: &Path, findings: &mut Vec<String>) -> Result<()> {
    let shown = file.strip_prefix(root()).unwrap_or(file).display().to_string();
    for part in file.components().filter_map(|part| Path::new(part.as_os_str()).file_stem()?.to_str()) {
        if EMPTY_NAMES.contains(&part) {
            findings.push(format!("{shown}: a name that says nothing ({part})"));
        }
    }
    let text = std::fs::read_to_string(file)?;
    if runs_as_a_test(&text) {
        findings.push(format!(
            "{shown}: code in a comment that nobody runs: name its language, or make it a test"
        ));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        findings.push(format!("{shown}: {lines} lines, more than {LINES_MAX}: which two ideas are in it?"));
    }
    Ok(())
}

/// Whether a comment opens a piece of Rust, which rustdoc would take for a test: `verify` runs none, half a minute of
/// looking for them was all that step did.
fn runs_as_a_test(text: &str) -> bool {
    let fences = text.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?.trim().strip_prefix("```")
    });
    fences.step_by(2).any(|opening| opening.is_empty() || opening.starts_with("rust"))
}

/// Rust and TypeScript that people write.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "our own files are named in lower case")]
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            let skipped =
                name.starts_with('.') || matches!(name, "target" | "node_modules" | "dist" | "test-results");
            if !skipped {
                found.extend(sources(&path)?);
            }
        } else if (name.ends_with(".rs") || name.ends_with(".ts") || name.ends_with(".tsx"))
            && !name.contains(".gen.")
        {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::runs_as_a_test;

    #[test]
    fn only_rust_in_a_comment_would_run() {
        assert!(!runs_as_a_test("/// ```text\n/// a\n/// ```\nfn a() {}\n//! ```sql\n//! ```\n"));
        assert!(runs_as_a_test("/// ```\n/// let a = 1;\n/// ```\n"));
        assert!(runs_as_a_test("    /// ```text\n    /// ```\n    /// ```rust,no_run\n    /// ```\n"));
    }
}
