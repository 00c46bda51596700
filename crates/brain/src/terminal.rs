//! Standard output that a reader may close early (`brain … | head`).

use std::io::{ErrorKind, Write as _};

/// Write text as it is. A closed pipe ends the program quietly, as other tools do; any other failure is reported.
pub fn print(text: &str) {
    let mut output = std::io::stdout().lock();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            eprintln!("standard output: {error}");
            std::process::exit(1);
        }
    }
}

/// [`print`] with a line end.
pub fn line(text: &str) {
    print(&format!("{text}\n"));
}
