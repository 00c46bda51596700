//! Character recognition (文字识别) by programs outside: `tesseract`, and `pdftoppm` for the pages of a PDF.

use super::{Extracted, Refused};
use crate::error::{Error, Result};
use crate::options::within;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest text of a page, bytes.
const PAGE_BYTES_MAX: u64 = 4 << 20;
const LOOK: Duration = Duration::from_millis(20);

/// Which programs recognise characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ocr {
    /// The program `tesseract`, by name or path.
    pub tesseract: String,
    /// The program `pdftoppm`, by name or path.
    pub pdftoppm: String,
    /// Languages as tesseract names them.
    pub languages: String,
    /// Dots per inch at which a page is drawn.
    pub dots_per_inch: u32,
    /// Seconds that a page may take.
    pub page_seconds_max: u64,
}

impl Default for Ocr {
    fn default() -> Self {
        Self {
            tesseract: "tesseract".to_owned(),
            pdftoppm: "pdftoppm".to_owned(),
            languages: "chi_sim+eng".to_owned(),
            dots_per_inch: 300,
            page_seconds_max: 120,
        }
    }
}

impl Ocr {
    pub(crate) fn check(&self) -> Result<()> {
        within("ocr.dots_per_inch", f64::from(self.dots_per_inch), 72.0, 1_200.0)?;
        within("ocr.page_seconds_max", self.page_seconds_max as f64, 1.0, 3_600.0)?;
        for (name, program) in [("ocr.tesseract", &self.tesseract), ("ocr.pdftoppm", &self.pdftoppm)] {
            if program.is_empty() || program.starts_with('-') {
                return Err(Error::option(name, "须为程序名或路径", "must be a program's name or path"));
            }
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '/');
        if self.languages.is_empty() || !self.languages.chars().all(plain) {
            return Err(Error::option(
                "ocr.languages",
                "须为 chi_sim+eng 的形式",
                "must be of the form chi_sim+eng",
            ));
        }
        Ok(())
    }

    /// The first line of the program's version, for the manifest: another version may read another text.
    pub(crate) fn version(&self) -> Option<String> {
        let output = Command::new(&self.tesseract).arg("--version").stdin(Stdio::null()).output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let said =
            if said.trim().is_empty() { String::from_utf8_lossy(&output.stderr).into_owned() } else { said };
        said.lines().next().map(|line| line.chars().take(80).collect())
    }

    /// The text of a picture.
    pub(super) fn image(&self, bytes: &[u8]) -> std::result::Result<Extracted, Refused> {
        let folder = tempfile::tempdir().map_err(failed)?;
        let picture = folder.path().join("page");
        std::fs::write(&picture, bytes).map_err(failed)?;
        Ok(Extracted { title: None, text: self.recognise(&picture)?, recognised_pages: 1 })
    }

    /// The text of a page of a PDF.
    pub(super) fn page(&self, bytes: &[u8], page: u32) -> std::result::Result<String, Refused> {
        let folder = tempfile::tempdir().map_err(failed)?;
        let (file, picture) = (folder.path().join("file.pdf"), folder.path().join("page"));
        std::fs::write(&file, bytes).map_err(failed)?;
        let page = page.to_string();
        let mut draw = Command::new(&self.pdftoppm);
        draw.args([
            "-png",
            "-gray",
            "-singlefile",
            "-r",
            &self.dots_per_inch.to_string(),
            "-f",
            &page,
            "-l",
            &page,
        ]);
        draw.arg(&file).arg(&picture);
        self.run(draw)?;
        self.recognise(&picture.with_extension("png"))
    }

    fn recognise(&self, picture: &Path) -> std::result::Result<String, Refused> {
        let mut read = Command::new(&self.tesseract);
        read.arg(picture).args(["stdout", "-l", &self.languages]);
        // One page a thread of ours; more threads of its own would only be in the way.
        read.env("OMP_THREAD_LIMIT", "1");
        self.run(read)
    }

    /// Run to the end or to the end of patience; what it wrote.
    fn run(&self, mut command: Command) -> std::result::Result<String, Refused> {
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |what: String| Refused::Recognition { reason: format!("{program}: {what}") };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let output = child.stdout.take();
        let reader = std::thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(output) = output {
                output.take(PAGE_BYTES_MAX).read_to_end(&mut text)?;
            }
            Ok::<_, std::io::Error>(text)
        });
        let patience = Instant::now() + Duration::from_secs(self.page_seconds_max);
        let status = loop {
            match child.try_wait().map_err(|error| failed(error.to_string()))? {
                Some(status) => break status,
                None if Instant::now() > patience => {
                    child.kill().and_then(|()| child.wait()).map_err(|error| failed(error.to_string()))?;
                    return Err(failed(format!("longer than {} s", self.page_seconds_max)));
                }
                None => std::thread::sleep(LOOK),
            }
        };
        let text = reader.join().map_err(|_| failed("its output could not be read".to_owned()))?;
        let text = text.map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
        Ok(String::from_utf8_lossy(&text).trim().to_owned())
    }
}

fn failed(error: std::io::Error) -> Refused {
    Refused::Recognition { reason: error.to_string() }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A program that stands where tesseract would.
    fn program(folder: &Path, script: &str) -> Ocr {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join("reader.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        Ocr { tesseract: path.display().to_string(), page_seconds_max: 1, ..Ocr::default() }
    }

    #[test]
    fn what_the_program_writes_is_the_text_and_its_failure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = program(folder.path(), "echo \"$2 $4\"; cat \"$1\"").image("产业".as_bytes()).unwrap();
        assert_eq!((told.text.as_str(), told.recognised_pages), ("stdout chi_sim+eng\n产业", 1));
        let failed = program(folder.path(), "exit 3").image(b"x").unwrap_err();
        assert!(failed.to_string().contains('3'), "{failed}");
        let slow = program(folder.path(), "exec sleep 60").image(b"x").unwrap_err();
        assert!(slow.to_string().contains("longer than 1 s"), "{slow}");
        let absent = Ocr { tesseract: "/nowhere/tesseract".to_owned(), ..Ocr::default() };
        assert_eq!(absent.image(b"x").unwrap_err().code(), "recognition_failed");
        assert_eq!(absent.version(), None);
    }
}
