//! `brain-verifier BUNDLE`: check a proof bundle without a node and without a network.
//!
//! Ends with 0 when everything is good, 1 when something is not, 2 when the call or the file cannot be understood.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use brain_verifier::{Bundle, Trusted, VerifierKey};

const USAGE: &str = "用法 · usage:
  brain-verifier BUNDLE.json [--key VKEY]... [--witness VKEY]... [--quorum N] [--checkpoint FILE]... [--json]

  --key         日志公钥，另行取得 · key of the log, got elsewhere than from the bundle
  --witness     见证方公钥 · key of a witness
  --quorum      至少几家见证 · witnesses that must have signed
  --checkpoint  别处取得的检查点，用于发现分叉 · a checkpoint of the log got elsewhere, to find a fork
  --json        以 JSON 输出 · print the report as JSON";
/// Largest file that is read, bytes.
const FILE_BYTES_MAX: u64 = 256 << 20;

struct Arguments {
    bundle: String,
    trusted: Trusted,
    json: bool,
}

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            // Nothing can be done about a terminal that is gone.
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::from(2)
        }
    }
}

fn run(words: impl Iterator<Item = String>) -> Result<bool, String> {
    let arguments = parse(words)?;
    let text = read(&arguments.bundle)?;
    let bundle: Bundle = serde_json::from_str(&text).map_err(|error| {
        format!("{0}：不是证明包（{error}）。 {0} is not a proof bundle: {error}.", arguments.bundle)
    })?;
    let report = bundle.check(&arguments.trusted);
    let text = if arguments.json {
        serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?
    } else {
        report.lines().join("\n")
    };
    writeln!(io::stdout(), "{text}").map_err(|error| error.to_string())?;
    Ok(report.ok)
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut bundle = None;
    let mut trusted = Trusted::default();
    let mut json = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} 缺少值 · needs a value\n{USAGE}"));
        match word.as_str() {
            "--key" => trusted.keys.push(key(&value()?)?),
            "--witness" => trusted.witnesses.push(key(&value()?)?),
            "--checkpoint" => trusted.checkpoints.push(read(&value()?)?),
            "--quorum" => {
                let text = value()?;
                trusted.quorum =
                    text.parse().map_err(|_| format!("--quorum {text}：须为整数 · needs a number"))?;
            }
            "--json" => json = true,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            _ if word.starts_with("--") => {
                return Err(format!("未知选项 · unknown option: {word}\n{USAGE}"));
            }
            _ if bundle.is_none() => bundle = Some(word),
            _ => return Err(format!("多余的参数 · one bundle at a time: {word}\n{USAGE}")),
        }
    }
    bundle.map(|bundle| Arguments { bundle, trusted, json }).ok_or_else(|| USAGE.to_owned())
}

fn key(text: &str) -> Result<VerifierKey, String> {
    VerifierKey::parse(text).ok_or_else(|| {
        format!("{text}：公钥应为 名称+编号+公钥 的形式。 {text}: a key has the form name+id+key.")
    })
}

fn read(path: &str) -> Result<String, String> {
    let failed = |cause: io::Error| format!("无法读取 {path}：{cause} · cannot read {path}: {cause}");
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if read as u64 > FILE_BYTES_MAX {
        return Err(format!("{path} 超过 256 MiB · is larger than 256 MiB"));
    }
    Ok(text)
}
