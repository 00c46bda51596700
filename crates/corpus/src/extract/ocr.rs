//! Character recognition (文字识别) by programs outside: `tesseract`, and `pdftoppm` for the pages of a PDF.

use super::recognised::{Recognised, of_table};
use super::{Extracted, Refused, run};
use crate::error::{Error, Result};
use crate::options::within;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Languages that are asked for where the machine has them, in this order.
const LANGUAGES: [&str; 2] = ["chi_sim", "eng"];

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
    /// Pages of one file that are recognised at most; a file with more of them is refused.
    pub pages_max: usize,
    /// Memory that a program may take, MiB; held on Linux.
    pub memory_mib_max: u64,
}

impl Default for Ocr {
    fn default() -> Self {
        Self {
            tesseract: "tesseract".to_owned(),
            pdftoppm: "pdftoppm".to_owned(),
            languages: LANGUAGES.join("+"),
            dots_per_inch: 300,
            page_seconds_max: 120,
            pages_max: 500,
            memory_mib_max: 2_048,
        }
    }
}

impl Ocr {
    /// What this machine has, asked by running it: the program named, with the languages of ours that it knows, and
    /// `pdftoppm`. `None` where one of them is absent.
    #[must_use]
    pub fn found(tesseract: &str) -> Option<Self> {
        let mut found = Self { tesseract: tesseract.to_owned(), ..Self::default() };
        found.check().ok()?;
        found.version()?;
        let mut ask = Command::new(tesseract);
        ask.arg("--list-langs");
        let known = run::to_end(ask, &found.bounds()).ok()?;
        let languages: Vec<&str> = LANGUAGES
            .into_iter()
            .filter(|wanted| known.lines().any(|known| known.trim() == *wanted))
            .collect();
        if languages.is_empty() {
            return None;
        }
        found.languages = languages.join("+");
        let mut ask = Command::new(&found.pdftoppm);
        ask.arg("-v");
        run::to_end(ask, &found.bounds()).ok()?;
        Some(found)
    }

    pub(crate) fn check(&self) -> Result<()> {
        within("ocr.dots_per_inch", f64::from(self.dots_per_inch), 72.0, 1_200.0)?;
        within("ocr.page_seconds_max", self.page_seconds_max as f64, 1.0, 3_600.0)?;
        within("ocr.pages_max", self.pages_max as f64, 1.0, 100_000.0)?;
        within("ocr.memory_mib_max", self.memory_mib_max as f64, 64.0, 1e6)?;
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
        let mut ask = Command::new(&self.tesseract);
        ask.arg("--version");
        let said = run::to_end(ask, &self.bounds()).ok()?;
        said.lines().next().map(|line| line.chars().take(80).collect())
    }

    /// The text of a picture.
    pub(super) fn image(&self, bytes: &[u8]) -> std::result::Result<Extracted, Refused> {
        let folder = tempfile::tempdir().map_err(failed)?;
        let picture = folder.path().join("page");
        std::fs::write(&picture, bytes).map_err(failed)?;
        let Recognised { text, words, confidence } = self.recognise(&picture)?;
        let confidence = (words > 0).then(|| (confidence / words as f64).round() as u8);
        Ok(Extracted { title: None, text, recognised_pages: 1, confidence })
    }

    /// A PDF whose pages are to be drawn.
    pub(super) fn open(&self, bytes: &[u8]) -> std::result::Result<Scans<'_>, Refused> {
        let folder = tempfile::tempdir().map_err(failed)?;
        let file = folder.path().join("file.pdf");
        std::fs::write(&file, bytes).map_err(failed)?;
        Ok(Scans { ocr: self, folder, file, pages: 0 })
    }

    fn recognise(&self, picture: &Path) -> std::result::Result<Recognised, Refused> {
        let base = picture.with_file_name("read");
        let mut read = Command::new(&self.tesseract);
        read.arg(picture).arg(&base).args(["-l", &self.languages]);
        read.args(["-c", "tessedit_create_txt=1", "-c", "tessedit_create_tsv=1"]);
        // One page a thread of ours; more threads of its own would only be in the way.
        read.env("OMP_THREAD_LIMIT", "1");
        run::to_end(read, &self.bounds())?;
        let text = run::text_of(&base.with_extension("txt"))?;
        let table = run::text_of(&base.with_extension("tsv"))?;
        Ok(of_table(text, &table))
    }

    fn bounds(&self) -> run::Bounds {
        run::Bounds { seconds: self.page_seconds_max, memory_bytes: self.memory_mib_max << 20 }
    }
}

/// A PDF in a private folder that goes with it, page by page drawn and read.
pub(super) struct Scans<'a> {
    ocr: &'a Ocr,
    folder: TempDir,
    file: PathBuf,
    pages: usize,
}

impl Scans<'_> {
    /// The text of a page, counted from 1.
    pub(super) fn page(&mut self, page: u32) -> std::result::Result<Recognised, Refused> {
        self.pages += 1;
        if self.pages > self.ocr.pages_max {
            let reason = format!("more than {} scanned pages (ocr.pages_max)", self.ocr.pages_max);
            return Err(Refused::Recognition { reason });
        }
        let picture = self.folder.path().join("page");
        let page = page.to_string();
        let mut draw = Command::new(&self.ocr.pdftoppm);
        draw.args(["-png", "-gray", "-singlefile", "-f", &page, "-l", &page]);
        draw.args(["-r", &self.ocr.dots_per_inch.to_string()]).arg(&self.file).arg(&picture);
        run::to_end(draw, &self.ocr.bounds())?;
        self.ocr.recognise(&picture.with_extension("png"))
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
        let words = "5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t9\\t9\\t90.4\\t产业\\n5\\t1\\t1\\t1\\t1\\t2\\t0\\t0\\t9\\t9\\t80\\tx";
        let script =
            format!("echo \"$4\" > \"$2.txt\"; cat \"$1\" >> \"$2.txt\"; printf '{words}\\n' > \"$2.tsv\"");
        let slow = Ocr { page_seconds_max: 60, ..program(folder.path(), &script) };
        let told = slow.image("产业".as_bytes()).unwrap();
        assert_eq!((told.text.as_str(), told.recognised_pages), ("chi_sim+eng\n产业", 1));
        assert_eq!(told.confidence, Some(85));
        let failed =
            Ocr { page_seconds_max: 60, ..program(folder.path(), "exit 3") }.image(b"x").unwrap_err();
        assert!(failed.to_string().contains('3'), "{failed}");
        let slow = program(folder.path(), "exec sleep 60").image(b"x").unwrap_err();
        assert!(slow.to_string().contains("longer than 1 s"), "{slow}");
        let absent = Ocr { tesseract: "/nowhere/tesseract".to_owned(), ..Ocr::default() };
        assert_eq!(absent.image(b"x").unwrap_err().code(), "recognition_failed");
        assert_eq!(absent.version(), None);
        assert_eq!(Ocr::found("/nowhere/tesseract"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_wants_more_memory_than_it_may_have_ends_and_the_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let greedy = "sleep 0.3; dd if=/dev/zero of=/dev/null bs=512M count=1 2>/dev/null";
        let bound = Ocr { memory_mib_max: 64, page_seconds_max: 60, ..program(folder.path(), greedy) };
        assert_eq!(bound.image(b"x").unwrap_err().code(), "recognition_failed");
    }
}
