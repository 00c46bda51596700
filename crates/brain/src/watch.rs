//! Work on a terminal: a line that says how far it is, and Ctrl-C that stops it in an orderly way.

use brain_kernel::language::Language;
use brain_kernel::progress::{Cancel, Progress};
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What is quicker than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is written over.
const REFRESH: Duration = Duration::from_millis(300);
/// Characters of the bar.
const BAR_WIDTH: usize = 24;
/// Back to the line's beginning, and clear it (ECMA-48).
const CLEAR: &str = "\r\x1b[2K";

/// One piece of work that somebody looks at.
pub struct Watch {
    /// Counters the work advances.
    pub progress: Progress,
    /// Token that Ctrl-C sets.
    pub cancel: Cancel,
    tasks: Vec<JoinHandle<()>>,
    drawn: bool,
}

impl Watch {
    /// Begin to look. The line goes to standard error and only where that is a terminal, so that no log fills with it.
    pub fn start(language: Language) -> Self {
        let (progress, cancel) = (Progress::new(), Cancel::new());
        let stop = cancel.clone();
        let mut tasks = vec![tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        })];
        let drawn = std::io::stderr().is_terminal();
        if drawn {
            tasks.push(tokio::spawn(draw(progress.clone(), cancel.clone(), language)));
        }
        Self { progress, cancel, tasks, drawn }
    }

    /// The work has ended: wipe the line.
    pub fn end(self) {
        for task in self.tasks {
            task.abort();
        }
        if self.drawn {
            eprint!("{CLEAR}");
        }
    }
}

async fn draw(progress: Progress, cancel: Cancel, language: Language) {
    tokio::time::sleep(PATIENCE).await;
    loop {
        eprint!("{CLEAR}{}", line(&progress, cancel.is_cancelled(), language));
        tokio::time::sleep(REFRESH).await;
    }
}

/// Bar, share and stage; where the size is unknown, what is done so far.
fn line(progress: &Progress, cancelled: bool, language: Language) -> String {
    let (done, _) = progress.read();
    let stage = progress.stage().map(|stage| stage.get(language).to_owned()).unwrap_or_default();
    let stopping = match (cancelled, language) {
        (false, _) => "",
        (true, Language::Zh) => "（正在取消）",
        (true, Language::En) => " (stopping)",
    };
    match progress.fraction() {
        Some(share) => {
            let full = (share * BAR_WIDTH as f64).round() as usize;
            let bar: String = (0..BAR_WIDTH).map(|at| if at < full { '█' } else { '░' }).collect();
            format!("{bar} {:>5.1} % {stage}{stopping}", share * 100.0)
        }
        None if done > 0 => format!("{done} {stage}{stopping}"),
        None => format!("… {stage}{stopping}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_share_stage_and_that_it_is_stopping() {
        let progress = Progress::new();
        assert_eq!(line(&progress, false, Language::Zh), "… ");
        progress.begin("装入产业链图谱", "Loading the chain graph", 4);
        progress.add(1);
        let full = format!("{}{}", "█".repeat(6), "░".repeat(18));
        assert_eq!(line(&progress, false, Language::Zh), format!("{full}  25.0 % 装入产业链图谱"));
        let stopping = line(&progress, true, Language::En);
        assert!(stopping.ends_with("Loading the chain graph (stopping)"), "{stopping}");
        progress.begin("读取", "Reading", 0);
        progress.add(7);
        assert_eq!(line(&progress, false, Language::En), "7 Reading");
    }
}
