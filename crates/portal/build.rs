//! Copies the built portal (`web/dist`) to where `rust-embed` finds it, so that `cargo build` needs no Node.
//!
//! Never runs npm: a Rust build that downloads JavaScript is not reproducible and fails on a closed network.

use std::{env, fs, io, path::Path, path::PathBuf};

const NOT_BUILT: &str = r#"<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>门户尚未构建</title></head>
<body>
<h1>门户尚未构建</h1>
<p>程序编译时没有找到 <code>web/dist</code>。请在 <code>web/</code> 目录执行 <code>npm ci &amp;&amp; npm run build</code>，然后重新编译。接口 <code>/api/v1</code> 可照常使用。</p>
<h1 lang="en">The portal was not built</h1>
<p lang="en">This program was compiled without <code>web/dist</code>. Run <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> and compile again. The API under <code>/api/v1</code> works as usual.</p>
</body>
</html>
"#;

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("portal");
    let dist = manifest.join("../../web/dist");
    // Cargo treats a watched path that is missing as always changed and would rebuild every dependant each
    // time; an empty (ignored) folder keeps the build incremental until the portal is built.
    if !dist.exists() && dist.parent().is_some_and(Path::exists) {
        fs::create_dir(&dist)?;
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", dist.display());

    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    if dist.join("index.html").is_file() {
        copy(&dist, &out)
    } else {
        println!("cargo:warning=web/dist is missing: the portal will be one page that says how to build it");
        fs::write(out.join("index.html"), NOT_BUILT)
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
